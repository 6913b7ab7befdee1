#!/usr/bin/env python3
"""server_test.py TURNTABLE: `turntable serve` as Deno and @deno/kv on Node see it."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

TURNTABLE = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent / "node_modules"
DENO = MODULES / ".bin" / "deno"
NODE = MODULES / ".bin" / "node"
TOKEN = "a-token-of-the-tests"


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS")
            if name in os.environ}
    return {**kept, "DENO_NO_UPDATE_CHECK": "1", **more}


class Server:
    """A server on a port that was free, and its folder."""

    def __init__(self, *arguments, before=(), listen=True, **variables):
        command = [TURNTABLE, *before, "serve", *arguments]
        if listen:
            command += ["--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment(**variables))
        line = self.process.stderr.readline()
        if not line.startswith("Listening on http"):
            raise AssertionError(line + self.process.stderr.read())
        self.url = line.split()[-1]
        # What it logs has to be read, or it would wait for us.
        self.said = [line]
        self.readers = [threading.Thread(target=self.said.extend, args=(stream,))
                        for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.text = "".join(self.said)
        return code


class ServerTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.servers = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for server in self.servers:
            if server.process.poll() is None:
                self.assertEqual(server.end(), 0)

    def serve(self, *arguments, **more):
        server = Server(*arguments, **more)
        self.servers.append(server)
        return server

    def peer(self, kind, verb, place, *rest, token=TOKEN, script=None):
        if kind == "deno":
            command = [DENO, "run", "--quiet", "--no-remote", "--no-lock", "-A", "--unstable-kv"]
        else:
            command = [NODE]
        command.append(HERE / (script or f"{kind}_peer.mjs"))
        return subprocess.Popen([*command, verb, place, *map(str, rest)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=environment(DENO_KV_ACCESS_TOKEN=token,
                                                DENO_DIR=str(self.folder / "deno")))

    def said(self, process):
        out, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, error)
        return out

    def ask(self, *arguments, **more):
        return self.said(self.peer(*arguments, **more))

    def test_every_operation_is_as_in_denos_own_database(self):
        own = self.ask("deno", "everything", str(self.folder / "own.db"))
        self.assertGreaterEqual(len(own.splitlines()), 30)
        stores = {"memory": "memory:", "sqlite": f"sqlite:{self.folder}/s.db",
                  "lmdb": f"lmdb:{self.folder}/l"}
        for name, store in stores.items():
            with self.subTest(name):
                server = self.serve(f"deno={store}", f"node={store}.node" if name != "memory"
                                    else "node=memory:other", "--access-token", TOKEN)
                self.assertEqual(self.ask("deno", "everything", server.url + "/db/deno"), own)
                self.assertEqual(self.ask("node", "everything", server.url + "/db/node"), own)
                self.assertEqual(server.end(), 0)
                self.assertNotIn(TOKEN, server.text)

    def test_one_client_sees_what_another_writes(self):
        server = self.serve(f"sqlite:{self.folder}/s.db", "--access-token", TOKEN)
        for writer, watcher in (("deno", "node"), ("node", "deno")):
            # @deno/kv tells nothing while no watched key is there.
            self.ask(writer, "set", server.url, writer, "first")
            process = self.peer(watcher, "watch", server.url, writer, "last")
            self.assertEqual(process.stdout.readline(), '"first"\n')
            for value in ("one", "two", "last"):
                self.ask(writer, "set", server.url, writer, value)
            states = [json.loads(line) for line in self.said(process).splitlines()]
            self.assertEqual(states[-1], "last")
            order = [value for value in ("one", "two", "last") if value in states]
            self.assertEqual(states, order)

    def test_concurrent_writers_lose_nothing_and_see_nothing_torn(self):
        server = self.serve(f"sqlite:{self.folder}/s.db", "--access-token", TOKEN)
        peers = [self.peer(kind, "count", server.url, "n", 25) for kind in ("deno", "node") * 2]
        peers += [self.peer("deno", "pairs", server.url, "p", 50),
                  self.peer("node", "pairs", server.url, "q", 50)]
        for process in peers:
            self.said(process)
        self.assertEqual(self.ask("node", "get", server.url, "n"), "100\n")

    def test_what_was_acknowledged_survives_a_kill_and_clients_come_back(self):
        store = f"sqlite:{self.folder}/s.db"
        server = self.serve(store, "--access-token", TOKEN)
        port = server.url.rsplit(":", 1)[1]
        writer = self.peer("deno", "write_on", server.url, "k")
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        server.end(signal.SIGKILL)
        again = Server(store, "--access-token", TOKEN, "--listen", f"127.0.0.1:{port}",
                       listen=False)
        self.servers.append(again)
        # The client tries again by itself, and goes on.
        for line in writer.stdout:
            if int(line) > acknowledged + 20:
                break
        writer.kill()
        writer.communicate()
        last = int(line)
        listed = subprocess.run([TURNTABLE, "kv", "count", "k", "-s", store],
                                capture_output=True, text=True, check=True).stdout
        self.assertGreaterEqual(int(listed), last + 1)

    def test_everybody_has_queues(self):
        store = f"sqlite:{self.folder}/s.db"
        server = self.serve(store, "--access-token", TOKEN)
        for sender, listener in (("deno", "node"), ("node", "deno")):
            sent = self.ask(sender, "enqueue", server.url, script="queue_peer.mjs")
            self.assertEqual(sent, "stored\n")
            heard = self.ask(listener, "listen", server.url, script="queue_peer.mjs")
            self.assertEqual(heard, "all there\n")

    def test_a_wrong_token_is_refused_at_once(self):
        server = self.serve("memory:", "--access-token", TOKEN)
        for kind in ("deno", "node"):
            process = self.peer(kind, "get", server.url, "a", token="another-token-entirely")
            _, error = process.communicate(timeout=60)
            self.assertNotEqual(process.returncode, 0)
            self.assertIn("401", error)

    def test_read_only_refuses_writes_and_serves_reads(self):
        store = f"sqlite:{self.folder}/s.db"
        self.ask("deno", "set", str(self.folder / "s.db"), "a", "there")
        server = self.serve(store, "--access-token", TOKEN, "--read-only")
        self.assertEqual(self.ask("deno", "get", server.url, "a"), '"there"\n')
        process = self.peer("deno", "set", server.url, "a", "changed")
        process.communicate(timeout=60)
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(self.ask("node", "get", server.url, "a"), '"there"\n')

    def test_the_command_line_and_environment_of_denokv_work_as_they_are(self):
        file = str(self.folder / "s.db")
        self.ask("deno", "set", file, "a", "by deno")
        server = self.serve("--access-token", TOKEN, "--addr", "127.0.0.1:0", listen=False,
                            before=("--sqlite-path", file))
        self.assertEqual(self.ask("node", "get", server.url, "a"), '"by deno"\n')
        self.ask("node", "set", server.url, "a", "by node")
        self.assertEqual(server.end(), 0)
        server = self.serve("--addr", "127.0.0.1:0", listen=False, DENO_KV_SQLITE_PATH=file,
                            DENO_KV_ACCESS_TOKEN=TOKEN)
        self.assertEqual(self.ask("deno", "get", server.url, "a"), '"by node"\n')
        self.assertEqual(server.end(), 0)
        self.assertEqual(self.ask("deno", "get", file, "a"), '"by node"\n')

    def test_the_first_start_makes_a_token_that_its_owner_alone_reads(self):
        tokens = self.folder / "tokens"
        server = self.serve("memory:", "--token-file", str(tokens))
        self.assertEqual(tokens.stat().st_mode & 0o777, 0o600)
        secret = next(line.split()[0] for line in tokens.read_text().splitlines()
                      if line and not line.startswith("#"))
        self.assertEqual(self.ask("deno", "get", server.url, "a", token=secret), "null\n")
        self.assertEqual(server.end(), 0)
        self.assertNotIn(secret, server.text)
        self.assertIn(str(tokens), server.text)

    def test_a_public_address_needs_a_token(self):
        refused = subprocess.run([TURNTABLE, "serve", "memory:", "--no-token", "--listen",
                                  "0.0.0.0:0"], capture_output=True, text=True, timeout=60)
        self.assertEqual(refused.returncode, 5)
        self.assertIn("token", refused.stderr)


if __name__ == "__main__":
    if not DENO.exists() or not NODE.exists():
        print("deno and node are not installed: npm install in tests/interop brings them")
        sys.exit(77)
    unittest.main()
