#!/usr/bin/env python3
"""clients_test.py RESPONDER: our server as curl, nghttp, h2load and plain sockets see it."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

RESPONDER = sys.argv.pop(1)


def run(*command, **more):
    return subprocess.run(command, capture_output=True, timeout=60, check=True, **more).stdout


def make_certificate(folder, name, subject):
    files = [str(folder / f"{name}.pem"), str(folder / f"{name}.key")]
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", f"/CN={subject}", "-addext", "subjectAltName=IP:127.0.0.1",
        "-out", files[0], "-keyout", files[1])
    return files


class Responder:
    def __init__(self, *arguments, listen=("127.0.0.1:0",)):
        self.process = subprocess.Popen([RESPONDER, *arguments, *listen], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.addresses = [self.process.stdout.readline().strip() for _ in listen]
        self.address = self.addresses[0]

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def numbers(self):
        words = self.say("numbers").split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def stop(self):
        answer = self.say("stop")
        self.process.wait(timeout=20)
        self.process.stdin.close()
        self.process.stdout.close()
        return answer, self.process.returncode


class ClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.certificate, cls.key = make_certificate(cls.folder, "server", "first")
        cls.socket = str(cls.folder / "s")
        cls.plain = Responder(listen=("127.0.0.1:0", f"unix:{cls.socket}"))
        cls.secure = Responder("--tls", cls.certificate, cls.key)

    @classmethod
    def tearDownClass(cls):
        results = [cls.plain.stop(), cls.secure.stop()]
        shutil.rmtree(cls.folder)
        if results != [("stopped", 0)] * 2:
            raise AssertionError(results)

    def each_way(self):
        """URL and options of curl, for each way to the server; and the version that it uses."""
        plain = f"http://{self.plain.address}"
        secure = f"https://{self.secure.address}"
        yield "1.1", plain, ["--http1.1"]
        yield "1.1", plain, ["--http1.0"]
        yield "2", plain, ["--http2-prior-knowledge"]
        yield "1.1", secure, ["--http1.1", "--cacert", self.certificate]
        yield "2", secure, ["--http2", "--cacert", self.certificate]
        yield "1.1", "http://localhost", ["--http1.1", "--unix-socket", self.socket]
        yield "2", "http://localhost", ["--http2-prior-knowledge", "--unix-socket", self.socket]

    def curl(self, *arguments, **more):
        return run("curl", "--silent", "--show-error", "--noproxy", "*", *arguments, **more)

    def test_every_way_gets_the_same_answers(self):
        big = os.urandom(300_000)
        for version, url, options in self.each_way():
            with self.subTest(url=url, options=options):
                got = self.curl(*options, "-w", "%{http_version} %{http_code}", url + "/")
                self.assertEqual(got.decode(), f"hello\n{version} 200")
                self.assertEqual(self.curl(*options, url + "/later"), b"later\n")
                self.assertEqual(self.curl(*options, url + "/big"), b"x" * (1 << 20))
                self.assertEqual(
                    self.curl(*options, url + "/stream"),
                    b"".join(b"piece %d\n" % i for i in range(1, 11)))
                self.assertEqual(
                    self.curl(*options, "--data-binary", "@-", url + "/echo", input=big), big)
                code = [*options, "-o", "/dev/null", "-w", "%{http_code}"]
                self.assertEqual(self.curl(*code, url + "/no"), b"404")
                self.assertEqual(self.curl(*code, "-I", url + "/big"), b"200")

    def test_answers_come_in_gzip_if_wanted(self):
        for _, url, options in self.each_way():
            self.assertEqual(self.curl(*options, "--compressed", url + "/big"), b"x" * (1 << 20))
            size = self.curl(*options, "-H", "accept-encoding: gzip", "-o", "/dev/null", "-w",
                             "%{size_download}", url + "/big")
            self.assertLess(int(size), 50_000)

    def test_one_connection_serves_many_requests(self):
        for _, url, options in self.each_way():
            if "--http1.0" in options or "--http2-prior-knowledge" in options:
                continue  # curl 7.88 cannot use a connection of prior knowledge twice; see h2load
            connects = self.curl(*options, "-w", "%{num_connects} ", *["-o", "/dev/null"] * 3,
                                 *[url + "/"] * 3)
            self.assertEqual(connects, b"1 0 0 ")

    def test_a_body_that_is_too_large_is_refused(self):
        body = b"x" * (5 << 20)
        for _, url, options in self.each_way():
            code = self.curl(*options, "--data-binary", "@-", "-o", "/dev/null",
                             "-w", "%{http_code}", url + "/echo", input=body)
            self.assertEqual(code, b"413", (url, options))

    def test_nghttp_reads_it(self):
        url = f"http://{self.plain.address}"
        out = run("nghttp", "-v", "-n", url + "/big", url + "/stream", url + "/no").decode()
        self.assertEqual(out.count(":status: 200"), 2, out)
        self.assertEqual(out.count(":status: 404"), 1, out)
        self.assertEqual(out.count("recv SETTINGS frame <length=18"), 1)  # one connection

    def test_h2load_finds_no_fault(self):
        ways = [[f"http://{self.plain.address}/"], [f"https://{self.secure.address}/"],
                [f"http://{self.plain.address}/later"],
                ["--h1", f"http://{self.plain.address}/"]]
        for way in ways:
            out = run("h2load", "-n", "2000", "-c", "20", "-m", "10", *way).decode()
            self.assertIn("2000 succeeded, 0 failed, 0 errored, 0 timeout", out)

    def test_a_new_certificate_is_shown_without_a_restart(self):
        def subject():
            out = run("openssl", "s_client", "-connect", self.secure.address, "-CAfile",
                      self.certificate, stdin=subprocess.DEVNULL).decode()
            return out.split("subject=")[1].splitlines()[0].replace(" ", "")
        self.assertEqual(subject(), "CN=first")
        kept = pathlib.Path(self.key).read_text()
        pathlib.Path(self.key).write_text("no key")
        self.assertIn("invalid_config", self.secure.say("reload"))
        self.assertEqual(subject(), "CN=first")
        pathlib.Path(self.key).write_text(kept)
        make_certificate(self.folder, "server", "second")
        self.assertEqual(self.secure.say("reload"), "reloaded")
        self.assertEqual(subject(), "CN=second")

    def test_old_tls_is_refused(self):
        done = subprocess.run(["curl", "--silent", "--insecure", "--tls-max", "1.1",
                               "--noproxy", "*", f"https://{self.secure.address}/"],
                              capture_output=True, timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)

    def connect(self, responder=None):
        host, port = (responder or self.plain).address.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=20)

    def test_who_leaves_in_the_middle_harms_nobody(self):
        for path in ("/big", "/never", "/stream", "/later"):
            for _ in range(20):
                with self.connect() as client:
                    client.sendall(f"GET {path} HTTP/1.1\r\nhost: h\r\n\r\n".encode())
        with self.connect(self.secure) as client:
            client.sendall(b"this is no TLS\r\n\r\n")
            self.assertNotIn(b"HTTP", client.recv(1000))
        self.assertEqual(self.curl(f"http://{self.plain.address}/"), b"hello\n")

    def test_a_refusal_arrives_though_more_was_sent(self):
        with self.connect() as client:
            client.sendall(b"POST /echo HTTP/1.1\r\nhost: h\r\ncontent-length: 9999999\r\n\r\n")
            client.sendall(b"x" * 100_000)
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)

    def test_no_more_connections_than_allowed(self):
        responder = Responder("--connections", "3")
        clients = [self.connect(responder) for _ in range(3)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            self.assertIn(b"200 OK", client.recv(1000))
        with self.connect(responder) as one_more:
            self.assertEqual(one_more.recv(1000), b"")
        clients.pop().close()
        while responder.numbers()["connections"] == 3:
            pass
        with self.connect(responder) as next_one:
            next_one.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            self.assertIn(b"200 OK", next_one.recv(1000))
        for client in clients:
            client.close()
        self.assertEqual(responder.stop(), ("stopped", 0))

    def test_it_ends_with_what_is_under_way(self):
        responder = Responder()
        busy = self.connect(responder)
        busy.sendall(b"GET /stream HTTP/1.1\r\nhost: h\r\n\r\n")
        never = self.connect(responder)
        never.sendall(b"GET /never HTTP/1.1\r\nhost: h\r\n\r\n")
        answer = []
        reader = threading.Thread(target=lambda: answer.append(busy.makefile("rb").read()))
        reader.start()
        while responder.numbers()["connections"] != 2:
            pass
        # The one that is never answered is broken off when the time is over.
        self.assertEqual(responder.stop(), ("broken off", 0))
        reader.join(timeout=20)
        self.assertTrue(answer[0].endswith(b"piece 10\n\r\n0\r\n\r\n"), answer)
        self.assertEqual(never.recv(1000), b"")
        never.close()
        busy.close()

    def test_an_address_in_use_is_named(self):
        for address in (self.plain.address, f"unix:{self.socket}"):
            done = subprocess.run([RESPONDER, address], capture_output=True, timeout=20,
                                  check=False, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"cannot listen on {address}: another program does", done.stderr)
        done = subprocess.run([RESPONDER, "nowhere"], capture_output=True, timeout=20, check=False,
                              text=True)
        self.assertIn("\"nowhere\" is no address", done.stderr)

    def test_a_socket_that_was_left_behind_is_no_hindrance(self):
        path = str(self.folder / "left")
        responder = Responder(listen=(f"unix:{path}",))
        responder.process.kill()
        responder.process.wait()
        responder.process.stdin.close()
        responder.process.stdout.close()
        self.assertTrue(os.path.exists(path))
        again = Responder(listen=(f"unix:{path}",))
        self.assertEqual(self.curl("--unix-socket", path, "http://localhost/"), b"hello\n")
        self.assertEqual(again.stop(), ("stopped", 0))
        self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
