#!/usr/bin/env python3
"""webhook_test.py TURNTABLE: messages that `turntable serve` pushes, to receivers in Deno, in Node
and here, through kills of either side."""

import http.server
import json
import signal
import socket
import threading
import urllib.request

from serving import TOKEN, Server, ServerCase, main, until

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


class Receiver:
    """Acknowledges each message, or answers what `status_of` says; knows what it has seen."""

    def __init__(self, status_of=lambda message: 204, port=0):
        self.seen = []
        self.connections = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.connections.append(self.connection)

            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["content-length"])))
                receiver.seen.append(message)
                self.send_response(status_of(message))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a peer that was killed resets connections
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended


def enqueue(url, value, **options):
    request = urllib.request.Request(
        url + "/queue/enqueue", json.dumps({"value": value, **options}).encode(),
        {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class WebhookTest(ServerCase):
    def configure(self, port, **more):
        settings = {"webhook_url": f"http://127.0.0.1:{port}/hook", "webhook_secret": SECRET,
                    **more}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (self.folder / "turntable.toml").write_text(
            f'[kv.jobs]\nurl = "sqlite:{self.folder}/jobs.db"\nlease = "300ms"\n'
            f'[serve]\naccess_token = "{TOKEN}"\n[serve.databases.jobs]\n'
            + "\n".join(lines) + "\n")

    def serve_jobs(self):
        server = Server("--config", str(self.folder / "turntable.toml"))
        self.servers.append(server)
        return server

    def test_deno_and_node_receive_every_message_with_its_signature(self):
        for kind in ("deno", "node"):
            with self.subTest(kind):
                peer = self.peer(kind, SECRET, "", script="webhook_peer.mjs")
                self.addCleanup(peer.communicate)
                self.addCleanup(peer.kill)
                self.configure(int(peer.stdout.readline()))
                server = self.serve_jobs()
                values = ["text", {"a": [1, None]}, {"$bigint": "42"}, {"$bytes": "AP8="},
                          {"$map": [["k", {"$set": [1]}]]}, True, "last"]
                for number, value in enumerate(values):
                    enqueue(server.url, [number, value], backoffMs=[10, 10])
                # Those that were not acknowledged at first came again, under the same id.
                first_attempts, done = {}, {}
                while len(done) < len(values):
                    line = json.loads(peer.stdout.readline())
                    self.assertIsInstance(line, list, line)
                    attempt, message, number, value = line
                    self.assertEqual(value, values[number])
                    if attempt == 1:
                        first_attempts[number] = message
                    self.assertEqual(message, first_attempts[number])
                    if attempt == 2 or (number % 3 != 0 and number != 1):
                        done[number] = message
                self.assertEqual(server.end(), 0)
                self.assertNotIn(SECRET, server.text)
                self.assertNotIn(SECRET[len("whsec_"):], server.text)
                self.assertNotIn("/hook", server.text)
                peer.kill()

    def test_a_value_that_the_server_could_not_read_is_told(self):
        for kind in ("deno", "node"):
            with self.subTest(kind):
                self.assertEqual(self.ask(kind, "", "", script="unreadable_peer.mjs"), "told\n")

    def test_a_kill_of_the_server_loses_no_message(self):
        receiver = Receiver(lambda message: 500 if message["value"] % 5 == 0
                            and message["attempt"] == 1 else 204)
        self.addCleanup(receiver.end)
        self.configure(receiver.port, webhook_concurrency=3)
        sent = 0
        for kill_round in range(8):
            server = self.serve_jobs()
            for _ in range(40):
                enqueue(server.url, sent)
                sent += 1
            # In the midst of deliveries, each time at another point.
            before = len(receiver.seen)
            until(lambda: len(receiver.seen) >= min(before + kill_round, sent))
            server.end(signal.SIGKILL)
        self.serve_jobs()
        until(lambda: len({m["value"] for m in receiver.seen
                           if m["attempt"] > 1 or m["value"] % 5}) == sent)

    def test_a_receiver_that_was_down_gets_everything(self):
        receiver = Receiver()
        port = receiver.port
        self.configure(port)
        server = self.serve_jobs()
        enqueue(server.url, 0)
        until(lambda: len(receiver.seen) == 1)
        receiver.end()
        for number in range(1, 20):
            enqueue(server.url, number)
        until(lambda: "Connection refused" in "".join(server.said))
        receiver = Receiver(port=port)
        self.addCleanup(receiver.end)
        until(lambda: {m["value"] for m in receiver.seen} == set(range(1, 20)))

    def test_what_is_never_acknowledged_goes_to_its_keys(self):
        receiver = Receiver(lambda message: 503)
        self.addCleanup(receiver.end)
        self.configure(receiver.port)
        server = self.serve_jobs()
        enqueue(server.url, 7, backoffMs=[10, 20], keysIfUndelivered=[["dead", "mail"]])
        until(lambda: len(receiver.seen) == 3)
        self.assertEqual([m["attempt"] for m in receiver.seen], [1, 2, 3])
        self.assertEqual(len({m["id"] for m in receiver.seen}), 1)
        store = str(self.folder / "jobs.db")
        until(lambda: self.cli("kv", "get", "dead/mail", "-s", store)[1].strip() == "7")
        self.assertEqual(len(receiver.seen), 3)


if __name__ == "__main__":
    main()
