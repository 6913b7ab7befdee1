#!/usr/bin/env python3
"""remote_test.py TURNTABLE [EXAMPLE]: the verbs on a database that `turntable serve` has."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

TURNTABLE = pathlib.Path(sys.argv.pop(1)).resolve()
EXAMPLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
TOKEN = "a-token-of-the-tests"


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS")
            if name in os.environ}
    return {**kept, **more}


class Remote(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.log = open(self.folder / "server.log", "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.server = subprocess.Popen(
            [TURNTABLE, "serve", "memory:", "--listen", "127.0.0.1:0"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.PIPE,
            text=True, env=environment(DENO_KV_ACCESS_TOKEN=TOKEN))
        self.addCleanup(self.stop)
        line = self.server.stderr.readline()
        self.assertTrue(line.startswith("Listening on http"), line)
        self.url = line.split()[-1]
        # What it logs has to be read, or it would wait for us.
        self.reader = threading.Thread(target=self.server.stderr.read)
        self.reader.start()

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(timeout=30)
        self.reader.join()
        self.server.stderr.close()

    def run_program(self, program, *arguments, status=0, token=TOKEN):
        variables = {} if token is None else {"DENO_KV_ACCESS_TOKEN": token}
        done = subprocess.run([program, *arguments], cwd=self.folder, text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              env=environment(**variables))
        self.assertEqual(done.returncode, status, done.stdout)
        self.assertNotIn(TOKEN, done.stdout)
        return done.stdout

    def turntable(self, *arguments, **how):
        return self.run_program(TURNTABLE, *arguments, **how)

    def kv(self, verb, *arguments, store=None, **how):
        return self.turntable("--store", store or self.url, "kv", verb, *arguments, **how)

    def test_the_verbs(self):
        for number in range(3):
            self.kv("set", f"users/{number}", f"user {number}")
        self.assertIn("user 1", self.kv("get", "users/1"))
        self.assertEqual(self.kv("list").count("user "), 3)
        # Copies want one state of the whole source, which the protocol does not give.
        self.assertIn("inconsistent",
                      self.turntable("kv", "copy", self.url, "sqlite:copy.db", status=1))
        self.turntable("kv", "copy", "--inconsistent", self.url, "sqlite:copy.db")
        self.assertEqual(self.kv("list", store="sqlite:copy.db").count("user "), 3)
        self.turntable("kv", "copy", "--merge", "sqlite:copy.db", self.url + "?http=1.1")

    def test_a_token_is_needed_and_never_shown(self):
        self.assertIn("permission_denied", self.kv("get", "a", status=1, token=None))
        secret = "another-secret-token"
        said = self.kv("get", "a", store=f"{self.url}?access_token={secret}", status=1)
        self.assertIn("access_token=***", said)
        self.assertNotIn(secret, said)
        (self.folder / "token").write_text(f"# mine\n{TOKEN} all\n", encoding="utf-8")
        self.kv("set", "a", "b", store=f"{self.url}?token_file=token", token=None)

    def test_it_is_certified(self):
        said = self.turntable("conform", self.url, "--rounds", "5")
        self.assertIn("0 failed", said)

    @unittest.skipIf(EXAMPLE is None, "examples are not built")
    def test_the_example(self):
        for number in (1, 2):
            self.assertEqual(self.run_program(EXAMPLE, self.url), f"visits: {number}\n")


if __name__ == "__main__":
    unittest.main()
