"""serve.py TURNTABLE PROGRAMS PEERS FOLDER: a server of ours beside Redis and etcd, as JSON.

Clients and servers share the machine, and have the same number of requests in flight. Ours and etcd
are asked over HTTP/2: for gets by h2load, for writes, of which no two are equal, by a client of
ours; Redis by redis-benchmark. PEERS is a folder with `redis-server` and `etcd`.
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.request

TURNTABLE, PROGRAMS, PEERS, FOLDER = sys.argv[1:5]
FOLDER = pathlib.Path(FOLDER)
MODULES = pathlib.Path("tests/interop/node_modules/.bin")
TOKEN = "a-token-of-the-benchmarks"
KEY = b"\x02get\x00"  # the key ["get"]
VALUE = b"v" * 100
TICKS = os.sysconf("SC_CLK_TCK")


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A field of a protobuf message: bytes, or a number that is not negative."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


READ = field(1, field(1, KEY) + field(2, KEY + b"\x00") + field(3, 1))
NUMBER = b"00000000"  # where bench_load puts another number in each request


def set_of(key, value):
    return field(2, field(1, key) + field(2, field(1, value) + field(2, 3)) + field(3, 1))


WRITE = set_of(KEY, VALUE)
WRITES = set_of(b"\x02" + NUMBER + b"\x00", NUMBER + VALUE)


def grpc(message):
    return b"\x00" + len(message).to_bytes(4, "big") + message


class Process:
    """A server that ends with the block."""

    count = 0

    def __init__(self, *command, **more):
        Process.count += 1
        self.log = open(FOLDER / f"server-{Process.count}.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

    def status(self, name):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    def cpu_seconds(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        fields = text.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


class Ours(Process):
    def __init__(self, store, *arguments):
        super().__init__(TURNTABLE, "serve", store, "--listen", "127.0.0.1:0", "--set",
                         "access_log=false", *arguments,
                         env={**os.environ, "DENO_KV_ACCESS_TOKEN": TOKEN})
        for _ in range(200):
            line = pathlib.Path(self.log.name).read_text(encoding="utf-8")
            if line.startswith("Listening on ") and line.endswith("\n"):
                self.url = line.split()[2].rstrip("/")
                return
            time.sleep(0.05)
        self.__exit__()
        raise SystemExit(f"the server does not listen: {line}")

    def exchange(self):
        request = urllib.request.Request(
            self.url + "/", data=b'{"supportedVersions":[3]}', method="POST",
            headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def headers(self):
        metadata = json.loads(self.exchange())
        return [f"authorization: Bearer {metadata['token']}", "x-denokv-version: 3",
                f"x-denokv-database-id: {metadata['databaseId']}",
                "content-type: application/x-protobuf"]

    def call(self, method, message):
        request = urllib.request.Request(
            f"{self.url}/kv/{method}", data=message, method="POST",
            headers=dict(line.split(": ", 1) for line in self.headers()))
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def load(self, method, message, clients, count):
        return h2load(f"{self.url}/kv/{method}", message, self.headers(), clients, count)

    def write(self, in_flight, count):
        return writes_of(self.url, "/kv/atomic_write", WRITES, self.headers(), in_flight, count)


def h2load(url, message, headers, clients, count):
    body = FOLDER / "body"
    body.write_bytes(message)
    command = ["h2load", "-c", str(clients), "-m1", "-t1", "-n", str(count), "-d", str(body)]
    for line in headers:
        command += ["-H", line]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if f"{count} succeeded, 0 failed" not in out:
        raise SystemExit(f"{url}: not every request was answered\n{out}")
    return float(re.search(r"([\d.]+) req/s", out)[1])


def writes_of(origin, target, message, headers, in_flight, count):
    body = FOLDER / "body"
    body.write_bytes(message)
    out = subprocess.run([f"{PROGRAMS}/bench_load", origin, target, str(in_flight), str(count),
                          str(body), *headers], capture_output=True, text=True, check=True).stdout
    return float(out)


class Redis(Process):
    def __init__(self, *arguments):
        super().__init__(f"{PEERS}/redis-server", "--port", "16379", "--bind", "127.0.0.1",
                         "--save", "", "--dir", str(FOLDER), *arguments)
        for _ in range(200):
            if self.ask("ping").strip() == "PONG":
                return
            time.sleep(0.05)
        self.__exit__()
        raise SystemExit("Redis does not answer")

    @staticmethod
    def ask(*words):
        return subprocess.run(["redis-cli", "-p", "16379", *words], capture_output=True, text=True,
                              check=False).stdout

    @staticmethod
    def load(words, clients, count):
        out = subprocess.run(
            ["redis-benchmark", "-p", "16379", "-c", str(clients), "-n", str(count), "-P", "1",
             "-r", "1000000", "--csv", *words], capture_output=True, text=True, check=True).stdout
        return float(re.search(r'"([\d.]+)"', out.splitlines()[-1].split('",', 1)[1])[1])


class Etcd(Process):
    URL = "http://127.0.0.1:12379"
    HEADERS = ["content-type: application/grpc", "te: trailers"]

    def __init__(self):
        super().__init__(f"{PEERS}/etcd", "--data-dir", str(FOLDER / "etcd"),
                         "--listen-client-urls", self.URL, "--advertise-client-urls", self.URL,
                         "--listen-peer-urls", "http://127.0.0.1:12380")
        for _ in range(200):
            try:
                with urllib.request.urlopen(self.URL + "/health") as answer:
                    if b"true" in answer.read():
                        return
            except OSError:
                pass
            time.sleep(0.05)
        self.__exit__()
        raise SystemExit("etcd does not answer")

    def load(self, method, message, clients, count):
        return h2load(f"{self.URL}/etcdserverpb.KV/{method}", grpc(message), self.HEADERS, clients,
                      count)

    def write(self, in_flight, count):
        message = field(1, b"k" + NUMBER) + field(2, NUMBER + VALUE)
        return writes_of(self.URL, "/etcdserverpb.KV/Put", grpc(message), self.HEADERS, in_flight,
                         count)


def row(name, peer, unit, target, ours, theirs, rounds=5):
    """Two pieces of work in turns; the pair whose ratio is the median."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    middle = statistics.median_low(a / b for a, b in pairs)
    first, second = next(pair for pair in pairs if pair[0] / pair[1] == middle)
    print(json.dumps({"name": name, "peer": peer, "unit": unit, "ours": first, "theirs": second,
                      "larger_is_better": True, "target": target}), flush=True)


def value(name, figure):
    print(json.dumps({"name": name, "value": figure}), flush=True)


def gets():
    put = field(1, KEY) + field(2, VALUE)
    with Ours("memory:") as ours, Redis("--appendonly", "no") as redis:
        ours.call("atomic_write", WRITE)
        redis.ask("set", "key", VALUE.decode())
        row("server get, memory, 32 connections", "Redis GET", "op/s", 0.7,
            lambda: ours.load("snapshot_read", READ, 32, 60_000),
            lambda: redis.load(["get", "key"], 32, 60_000))
        before = ours.cpu_seconds()
        ours.load("snapshot_read", READ, 32, 100_000)
        value("server CPU of a get over HTTP/2, microseconds",
              (ours.cpu_seconds() - before) / 100_000 * 1e6)
    with Ours(f"sqlite:{FOLDER / 'get.db'}") as ours, Etcd() as etcd:
        ours.call("atomic_write", WRITE)
        etcd.load("Put", put, 1, 1)
        row("server get, sqlite, 32 connections", "etcd Range, linearizable", "op/s", 5,
            lambda: ours.load("snapshot_read", READ, 32, 40_000),
            lambda: etcd.load("Range", field(1, KEY), 32, 10_000))


def writes():
    with Ours(f"sqlite:{FOLDER / 'write.db'}") as ours:
        with Etcd() as etcd:
            row("server durable write, sqlite, 100 in flight", "etcd Put, one node", "op/s", 2.5,
                lambda: ours.write(100, 10_000), lambda: etcd.write(100, 4_000))
        with Redis("--appendonly", "yes", "--appendfsync", "always") as redis:
            row("server durable write, sqlite, 100 in flight, again",
                "Redis SET, appendfsync always", "op/s", 0.4,
                lambda: ours.write(100, 10_000),
                lambda: redis.load(["set", "key:__rand_int__", VALUE.decode()], 100, 20_000))


def certificate():
    files = [str(FOLDER / "certificate.pem"), str(FOLDER / "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-addext",
                    "basicConstraints=critical,CA:FALSE", "-out", files[0], "-keyout", files[1]],
                   check=True, capture_output=True)
    return files


def deno_gets(url, files):
    environment = {**os.environ, "DENO_KV_ACCESS_TOKEN": TOKEN, "DENO_CERT": files[0],
                   "DENO_DIR": str(FOLDER / "deno"), "DENO_NO_UPDATE_CHECK": "1"}
    out = subprocess.run([MODULES / "deno", "run", "--quiet", "-A", "--unstable-kv",
                          "bench/deno_get.mjs", url], env=environment, capture_output=True,
                         text=True, check=True).stdout
    return float(out)


def deno():
    files = certificate()
    tls = ["--tls-certificate", files[0], "--tls-key", files[1]]
    with Ours("memory:") as plain:
        plain.call("atomic_write", WRITE)
        metadata = json.loads(plain.exchange())
        for endpoint in metadata["endpoints"]:
            endpoint["url"] = "/kv"
        (FOLDER / "metadata").write_text(json.dumps(metadata), encoding="utf-8")
        (FOLDER / "read").write_bytes(plain.call("snapshot_read", READ))
    with Ours("memory:", *tls) as ours, \
            Process(f"{PROGRAMS}/bench_responder", *files, str(FOLDER)) as responder:
        empty = "https://" + responder.process.stdout.readline().strip()
        deno_gets(ours.url + "#set", files)
        row("Deno client, serial gets over HTTP/2", "the same, an empty responder", "op/s", 0.9,
            lambda: deno_gets(ours.url, files), lambda: deno_gets(empty, files))


def watches():
    with Ours("memory:") as ours:
        metadata = json.loads(ours.exchange())
        ours.call("atomic_write", WRITE)
        before = ours.status("VmRSS")
        client = [f"{PROGRAMS}/bench_watches", ours.url, metadata["token"], metadata["databaseId"],
                  "10000", "100"]
        with Process(*client) as streams:
            if streams.process.stdout.readline().strip() != "open":
                raise SystemExit("the watches did not open")
            value("idle watch stream, 10,000 over 100 connections, KiB each",
                  (ours.status("VmRSS") - before) / 10_000)


gets()
writes()
deno()
watches()
