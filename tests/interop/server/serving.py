"""What the tests of `turntable serve` share: servers, clients, and a folder for each test. The
program is the first argument of the test."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TURNTABLE = os.path.abspath(sys.argv.pop(1))
HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent / "node_modules"
DENO = MODULES / ".bin" / "deno"
NODE = MODULES / ".bin" / "node"
TOKEN = "a-token-of-the-tests"


def environment(**more):
    names = ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "DENO_CERT")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "DENO_NO_UPDATE_CHECK": "1", **more}


def until(condition, seconds=60, pause=0.01):
    """Waits for a condition, and fails when it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come in time")
        time.sleep(pause)


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
            self.process.kill()
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


class ServerCase(unittest.TestCase):
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

    def cli(self, *arguments):
        """Exit code and output of a verb."""
        done = subprocess.run([TURNTABLE, *arguments], capture_output=True, text=True, timeout=60,
                              env=environment())
        return done.returncode, done.stdout

    def said(self, process):
        out, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, error)
        return out

    def ask(self, *arguments, **more):
        return self.said(self.peer(*arguments, **more))


def main():
    if not DENO.exists() or not NODE.exists():
        print("deno and node are not installed: npm install in tests/interop brings them")
        sys.exit(77)
    unittest.main()
