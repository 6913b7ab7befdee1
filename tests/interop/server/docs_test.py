#!/usr/bin/env python3
"""docs_test.py TURNTABLE: what docs/server.md gives to copy does what the page says. The proxies
are those of the machine, or those that ./test unpacked."""

import os
import re
import shutil
import socket
import subprocess

from serving import HERE, TOKEN, TURNTABLE, ServerCase, main, until

ROOT = HERE.parents[2]
UNPACKED = ROOT / "build" / "peers" / "unpacked"


def block_of_docs(language):
    """The block of docs/server.md in that language."""
    page = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
    return re.search(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)[1]


def program(name):
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", f"{UNPACKED}/usr/bin",
                            f"{UNPACKED}/usr/sbin"])
    return shutil.which(name, path=path)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class DocsTest(ServerCase):
    def test_the_unit_is_right(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        unit = self.folder / "turntable.service"
        unit.write_text(block_of_docs("ini").replace("/usr/bin/turntable", TURNTABLE)
                        .replace("Documentation=man:turntable(1)\n", ""))
        done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "basicConstraints=critical,CA:FALSE",
                        "-addext", "subjectAltName=DNS:localhost", "-out", self.folder / "kv.pem",
                        "-keyout", self.folder / "kv.key"], check=True, capture_output=True)
        os.environ["DENO_CERT"] = str(self.folder / "kv.pem")
        self.addCleanup(os.environ.pop, "DENO_CERT")

    def start_proxy(self, command, port):
        proxy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env={**os.environ, "HOME": str(self.folder)})
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        until(lambda: is_open(port) or proxy.poll() is not None)
        self.assertIsNone(proxy.poll(), command)

    def check_deno(self, url):
        """Deno does all it can, and a watch is told of a change."""
        self.assertGreaterEqual(len(self.ask("deno", "everything", url).splitlines()), 30)
        self.ask("deno", "set", url, "w", "first")
        watcher = self.peer("deno", "watch", url, "w", "last")
        self.assertEqual(watcher.stdout.readline(), '"first"\n')
        self.ask("deno", "set", url, "w", "last")
        self.assertEqual(self.said(watcher).splitlines()[-1], '"last"')

    def before_a_server(self, name, language):
        """The proxy of that name, a port for it, and its block of the page with a server behind."""
        proxy = program(name)
        if proxy is None:
            self.skipTest(f"there is no {name}, and ./test could not fetch it")
        server = self.serve(f"sqlite:{self.folder}/s.db", "--access-token", TOKEN)
        self.make_certificate()
        block = block_of_docs(language)
        return proxy, free_port(), block.replace("127.0.0.1:4512",
                                                 server.url.removeprefix("http://"))

    def test_nginx_carries_deno_and_watches(self):
        nginx, port, block = self.before_a_server("nginx", "nginx")
        version = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
        if tuple(map(int, re.search(r"/(\d+)\.(\d+)\.(\d+)", version).groups())) < (1, 25, 1):
            block = block.replace("listen 443 ssl;\n    http2 on;", "listen 443 ssl http2;")
        block = (block.replace("listen 443", f"listen 127.0.0.1:{port}")
                 .replace("kv.example.org", "localhost").replace("/etc/ssl", str(self.folder)))
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n" for name in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off;\nmaster_process off;\nerror_log stderr;\npid {self.folder}/pid;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{block}}}\n")
        self.start_proxy([nginx, "-p", self.folder, "-e", "stderr", "-c", config], port)
        self.check_deno(f"https://localhost:{port}")

    def test_caddy_carries_deno_and_watches(self):
        caddy, port, block = self.before_a_server("caddy", "caddyfile")
        # Caddy would ask an authority for a certificate; the rest is as it stands there.
        certificate = f"    tls {self.folder}/kv.pem {self.folder}/kv.key\n"
        block = block.replace("kv.example.org {\n",
                              f"https://localhost:{port} {{\n    bind 127.0.0.1\n{certificate}")
        config = self.folder / "Caddyfile"
        config.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + block)
        self.start_proxy([caddy, "run", "--config", config, "--adapter", "caddyfile"], port)
        self.check_deno(f"https://localhost:{port}")


if __name__ == "__main__":
    main()
