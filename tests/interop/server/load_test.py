#!/usr/bin/env python3
"""load_test.py TURNTABLE: many clients for long, and very many watches; in ./test --full."""

import json
import os
import resource
import selectors
import socket
import time
import urllib.request

from serving import TOKEN, Server, ServerCase, main

CLIENTS, PROCESSES = 100, 10
# Fewer would not tell whether memory stays flat.
SECONDS = min(max(int(os.environ.get("TURNTABLE_FULL_SECONDS", "60")), 60), 3000)
STREAMS, KEYS, UPDATES = 10_000, 100, 20


def resident_bytes(process):
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def field(number, content):
    """A field of protobuf that holds bytes."""
    size, prefix = len(content), bytes([number << 3 | 2])
    while size > 127:
        prefix += bytes([size & 127 | 128])
        size >>= 7
    return prefix + bytes([size]) + content


def key_of(number):
    return b"\x02k%03d\x00" % number


def set_message(key, value):
    as_bytes = field(1, value) + bytes([2 << 3, 3])  # encoding: bytes
    return field(2, field(1, key) + field(2, as_bytes) + bytes([3 << 3, 1]))


class Connected:
    """What the metadata exchange gave, for calls by hand."""

    def __init__(self, url):
        request = urllib.request.Request(url, json.dumps({"supportedVersions": [3]}).encode(), {
            "authorization": f"Bearer {TOKEN}", "content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            metadata = json.load(answer)
        host, port = url.removeprefix("http://").split(":")
        self.address = (host, int(port))
        self.head = (f"host: {host}:{port}\r\nauthorization: Bearer {metadata['token']}\r\n"
                     f"content-type: application/x-protobuf\r\n"
                     f"x-denokv-database-id: {metadata['databaseId']}\r\n"
                     f"x-denokv-version: 3\r\n")

    def request(self, method, body):
        return (f"POST /kv/{method} HTTP/1.1\r\n{self.head}content-length: {len(body)}\r\n\r\n"
                .encode() + body)


class LoadTest(ServerCase):
    def serve_loaded(self):
        server = Server(f"sqlite:{self.folder}/s.db", "--access-token", TOKEN, "--set",
                        "access_log=false")
        self.servers.append(server)
        return server

    def test_a_hundred_clients_lose_nothing_and_memory_stays_flat(self):
        server = self.serve_loaded()
        peers = [self.peer(kind, server.url, str(SECONDS), CLIENTS // PROCESSES, f"{kind}{n}",
                           script="load_peer.mjs")
                 for kind in ("deno", "node") for n in range(PROCESSES // 2)]
        # After a third everything that is kept has been made.
        time.sleep(SECONDS / 3)
        early = resident_bytes(server.process)
        time.sleep(SECONDS * 2 / 3 - 1)
        late = resident_bytes(server.process)
        totals = [json.loads(self.said(process)) for process in peers]
        writes, reads, lost = (sum(total[name] for total in totals)
                               for name in ("writes", "reads", "lost"))
        print(f"{CLIENTS} clients, {SECONDS} s: {writes} writes, {reads} reads, {lost} lost; "
              f"resident {early / 2**20:.1f} MiB, then {late / 2**20:.1f} MiB", flush=True)
        self.assertEqual(lost, 0)
        self.assertGreater(writes, CLIENTS)
        self.assertLess(late, early * 1.2 + (8 << 20))
        self.assertEqual(server.end(), 0)
        self.assertNotIn("level=error", server.text)

    def test_ten_thousand_watches_reach_the_latest_state(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = STREAMS + 1000
        if hard != resource.RLIM_INFINITY and hard < wanted:
            print(f"skipped: needs {wanted} open files, and {hard} are allowed", flush=True)
            self.skipTest("too few open files are allowed")
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        server = self.serve_loaded()
        idle = resident_bytes(server.process)
        connected = Connected(server.url)
        writer = socket.create_connection(connected.address)
        self.addCleanup(writer.close)
        self.write_all(connected, writer, b"state-first.")
        selector = selectors.DefaultSelector()
        self.addCleanup(selector.close)
        seen = [b""] * STREAMS
        begun = time.monotonic()
        for number in range(STREAMS):
            stream = socket.create_connection(connected.address)
            self.addCleanup(stream.close)
            stream.sendall(connected.request("watch", field(1, field(1, key_of(number % KEYS)))))
            stream.setblocking(False)
            selector.register(stream, selectors.EVENT_READ, number)
        self.read_until(selector, seen, b"state-first.")
        opened = time.monotonic() - begun
        resident = resident_bytes(server.process)
        begun = time.monotonic()
        for update in range(UPDATES):
            self.write_all(connected, writer, b"state-%d." % update)
        written = time.monotonic() - begun
        self.write_all(connected, writer, b"state-last.")
        self.read_until(selector, seen, b"state-last.")
        print(f"{STREAMS} watches of {KEYS} keys: opened in {opened:.1f} s, "
              f"{(resident - idle) / STREAMS / 1024:.1f} KiB each; {KEYS * UPDATES} writes in "
              f"{written:.1f} s, all saw the last after {time.monotonic() - begun:.1f} s",
              flush=True)
        server.end()

    def write_all(self, connected, writer, value):
        for number in range(KEYS):
            writer.sendall(connected.request("atomic_write", set_message(key_of(number), value)))
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = writer.recv(4096)
                self.assertTrue(piece, "the server closed the connection")
                answer += piece
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
            head, _, body = answer.partition(b"\r\n\r\n")
            length = int(next(line.split(b":")[1] for line in head.lower().split(b"\r\n")
                              if line.startswith(b"content-length")))
            while len(body) < length:
                body += writer.recv(4096)

    def read_until(self, selector, seen, value):
        """Until each stream was told `value`; the end of what came is kept, for a value may come in
        two pieces."""
        waiting = set(range(STREAMS))
        end = time.monotonic() + 240
        for number in list(waiting):
            if value in seen[number]:
                waiting.discard(number)
        while waiting:
            self.assertLess(time.monotonic(), end, f"{len(waiting)} streams did not see {value}")
            for key, _ in selector.select(timeout=5):
                piece = key.fileobj.recv(65536)
                self.assertTrue(piece, f"stream {key.data} ended")
                seen[key.data] = seen[key.data][-200:] + piece
                if value in seen[key.data]:
                    waiting.discard(key.data)


if __name__ == "__main__":
    main()
