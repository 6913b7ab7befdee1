#!/usr/bin/env python3
"""server_test.py TURNTABLE: `turntable serve` as Deno and @deno/kv on Node see it."""

import json
import signal
import subprocess

from serving import TOKEN, TURNTABLE, Server, ServerCase, environment, main


class ServerTest(ServerCase):
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
        # And back: denokv's own engine, in Deno and in the package for Node, goes on with the file.
        self.assertEqual(self.ask("deno", "get", file, "a"), '"by node"\n')
        self.assertEqual(self.ask("node", "get", file, "a"), '"by node"\n')
        self.ask("node", "set", file, "a", "by denokv")
        self.assertEqual(self.ask("deno", "get", file, "a"), '"by denokv"\n')

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

    def refusal(self, *arguments, before=()):
        """What a server that does not start says."""
        done = subprocess.run([TURNTABLE, *before, "serve", *arguments], capture_output=True,
                              text=True, timeout=60, env=environment(), cwd=self.folder)
        self.assertEqual(done.returncode, 5, done.stderr)
        return done.stderr

    def test_only_what_stands_in_for_denokv_listens_for_others(self):
        path = ("--sqlite-path", str(self.folder / "s.db"))
        missing = ("--tls-certificate", "missing.pem", "--tls-key", "missing.pem")
        self.assertIn("others reach 0.0.0.0", self.refusal("--no-token", before=path))
        for other in (("memory:",), ("--store", "memory:")):
            said = self.refusal(*other, "--no-token", *missing, before=path)
            self.assertNotIn("others reach", said)
            self.assertIn("missing.pem", said)


if __name__ == "__main__":
    main()
