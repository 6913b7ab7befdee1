#!/usr/bin/env python3
"""servers_test.py ASKER: our client beside servers of others, nghttpd and Python's."""

import http.server
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ASKER = sys.argv.pop(1)
# Debian has it where programs of administrators are.
NGHTTPD = shutil.which("nghttpd", path=os.environ["PATH"] + ":/usr/sbin") or "nghttpd"


def ask(*arguments, body=b""):
    done = subprocess.run([ASKER, *arguments], input=body, capture_output=True, timeout=60,
                          check=False)
    return done.stdout.decode().splitlines(), done.stderr


class Handler(http.server.BaseHTTPRequestHandler):
    """/chunked: in chunks; /close: until the end of the connection; /cut: less than it says."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in (b"one", b"two" * 10_000, b""):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        elif self.path == "/close":
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(b"all of it")
        elif self.path == "/cut":
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        else:
            self.send_header("content-length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Http1Test(unittest.TestCase):
    def serve(self, protocol):
        handler = type("Handler", (Handler,), {"protocol_version": protocol})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def test_answers_however_they_end(self):
        for protocol in ("HTTP/1.1", "HTTP/1.0"):
            origin = self.serve(protocol)
            self.assertEqual(ask(origin, "/"), (["1.1", "200 5"], b"hello"))
            self.assertEqual(ask(origin, "/close"), (["1.1", "200 9"], b"all of it"))
            if protocol == "HTTP/1.1":
                self.assertEqual(ask(origin, "/chunked")[0], ["1.1", "200 30003"])
            body = b"x" * 2_000_000
            self.assertEqual(ask(origin, "/", body=body), (["1.1", "200 2000000"], body))
            self.assertEqual(ask("--times", "50", origin, "/")[0], ["1.1"] + ["200 5"] * 50)

    def test_an_answer_that_is_cut_is_an_error(self):
        said, _ = ask(self.serve("HTTP/1.1"), "/cut")
        self.assertIn("the server closed the connection (io, temporary; sent=maybe)", said[-1])

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        said, _ = ask(f"http://127.0.0.1:{port}", "/")
        self.assertIn("sent=no", said[0])


class NghttpdTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "small").write_bytes(b"hello")
        (self.folder / "big").write_bytes(b"x" * 3_000_000)

    def serve(self, *arguments):
        """nghttpd takes no port of its own choice, so one that was free a moment ago."""
        for _ in range(10):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            process = subprocess.Popen(
                [NGHTTPD, "-a", "127.0.0.1", "-d", str(self.folder), "--echo-upload", "-v",
                 str(port), *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if b"listen" in process.stdout.readline():
                drain = threading.Thread(target=process.stdout.read)
                drain.start()
                self.addCleanup(process.stdout.close)
                self.addCleanup(drain.join)
                self.addCleanup(process.wait)
                self.addCleanup(process.kill)
                return port
            process.kill()
            process.wait()
            process.stdout.close()
        raise AssertionError("nghttpd does not start")

    def try_all(self, origin, *options):
        self.assertEqual(ask(*options, origin, "/small"), (["2", "200 5"], b"hello"))
        self.assertEqual(ask(*options, origin, "/none")[0][1].split()[0], "404")
        self.assertEqual(ask(*options, origin, "/big")[0], ["2", "200 3000000"])
        self.assertEqual(ask("--times", "300", *options, origin, "/small")[0],
                         ["2"] + ["200 5"] * 300)
        body = b"y" * 1_000_000
        self.assertEqual(ask(*options, origin, "/echo", body=body), (["2", "200 1000000"], body))

    def test_plain(self):
        self.try_all(f"http://127.0.0.1:{self.serve('--no-tls')}", "--http2")

    def test_encrypted(self):
        key, certificate = str(self.folder / "key"), str(self.folder / "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout",
                        key], check=True, capture_output=True, timeout=60)
        port = self.serve(key, certificate)
        self.try_all(f"https://localhost:{port}", "--authorities", certificate)
        said, _ = ask("--authorities", certificate, f"https://127.0.0.1:{port}", "/small")
        self.assertIn("IP address mismatch", said[0])


if __name__ == "__main__":
    unittest.main()
