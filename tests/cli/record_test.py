#!/usr/bin/env python3
"""record_test.py TURNTABLE: what `turntable record` promises beside the bytes: exit codes, signals,
one tape for one process, limits, and that no secret reaches a tape."""

import base64
import os
import pathlib
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import tapes

COUNT_SIGNALS = """
import os, signal, sys
seen = []
def take(number, frame):
    seen.append(number)
    os.write(1, b'got %d\\n' % number)
for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(one, take)
print('ready', flush=True)
sys.stdin.readline()
print('seen', len(seen), flush=True)
sys.exit(40 + len(seen))
"""


class Recording:
    """Runs recordings in a folder of its own."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home")}

    def command(self, *arguments):
        return [self.program, "record", *arguments]

    def run(self, *arguments, said="", environment=None, **more):
        return subprocess.run(self.command(*arguments), input=said.encode(), cwd=self.folder,
                              env={**self.environment, **(environment or {})}, timeout=60,
                              capture_output=True, check=False, **more)

    def start(self, *arguments, **more):
        return subprocess.Popen(self.command(*arguments), cwd=self.folder, env=self.environment,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)

    def tape(self, folder="tapes"):
        [path] = (self.folder / folder).iterdir()
        return path


def check_library(it):
    said = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
    done = it.run("-q", "--to", "tape:library", "--name", "one", "--tag", "t", "--", "cat",
                  said=said)
    assert (done.returncode, done.stdout, done.stderr) == (0, said.encode(), b""), done
    found = subprocess.run([it.program, "tape", "ls", "--library", "tape:library", "--json"],
                           cwd=it.folder, env=it.environment, capture_output=True, check=True)
    assert b'"one"' in found.stdout and b'"complete"' in found.stdout, found.stdout
    environment = {**it.environment, "TURNTABLE_TAPE": "tape:library"}
    for name in ("one", "@last"):
        shown = subprocess.run([it.program, "tape", "show", name], cwd=it.folder, env=environment,
                               capture_output=True, check=True)
        assert b"ping" in shown.stdout, shown.stdout
    absent = subprocess.run([it.program, "tape", "show", "two"], cwd=it.folder, env=environment,
                            capture_output=True, check=False)
    assert absent.returncode != 0 and b"two" in absent.stderr, absent
    done = it.run("--to", "nothing:x", "--", "cat", said=said)
    assert (done.returncode, done.stdout) == (5, b""), done
    done = it.run("--best-effort", "--to", "nothing:x", "--", "cat", said=said)
    assert (done.returncode, done.stdout) == (0, said.encode()), done
    assert b"nothing is recorded" in done.stderr, done


def check_exit_codes(it):
    for status in (0, 1, 7, 255):
        done = it.run("-q", "--dir", f"exit{status}", "--", "sh", "-c", f"exit {status}")
        assert (done.returncode, done.stdout, done.stderr) == (status, b"", b""), done
        [life] = [one for one in tapes.of_kind(it.tape(f"exit{status}"), "life")
                  if one["event"] == "exit"]
        assert life.get("code", 0) == status, life
    done = it.run("-q", "--dir", "killed", "--", "sh", "-c", "kill -9 $$")
    assert done.returncode == 128 + 9, done
    done = it.run("--dir", "missing", "--", "no-such-program")
    assert done.returncode == 127 and b"no-such-program" in done.stderr, done
    assert tapes.of_kind(it.tape("missing"), "end")[0]["reason"] == "error"
    (it.folder / "plain").write_text("no program")
    assert it.run("--dir", "plain_file", "--", "./plain").returncode == 126


def check_arguments(it):
    """All behind -- is the server's, whatever it looks like."""
    script = "import sys; print(sys.argv[1:])"
    words = ["--dir", "-q", "[a,b]", "", "kv", "record", "--", "*", "a b", "é"]
    done = it.run("-q", "--dir", "words", "--name", "../../x", "--tag", "a", "--tag", "b", "--",
                  sys.executable, "-c", script, *words)
    assert done.stdout.decode().strip() == str(words), done
    tape = it.tape("words")
    [head] = tapes.of_kind(tape, "head")
    assert head["command"] == [sys.executable, "-c", script, *words], head
    assert head["name"] == "../../x" and head["id"] + ".tape" == tape.name, head
    assert head["attributes"]["tags"] == "a,b" and head["transport"] == "stdio", head
    assert head["attributes"]["cwd"] == str(it.folder.resolve()), head
    assert (it.folder / "words").stat().st_mode & 0o777 == 0o700
    for wrong in (["--", ], [], ["cat"], ["--max-frame", "33MiB", "--", "cat"],
                  ["--max-frame", "0", "--", "cat"], ["--max-tape", "much", "--", "cat"],
                  ["--tag", "a b", "--", "cat"], ["--redact-value", "(", "--", "cat"],
                  ["-o", "a", "--dir", "b", "--", "cat"]):
        done = it.run(*wrong)
        assert done.returncode == 2 and done.stderr and not done.stdout, (wrong, done)
    # Without a place of the user's, tapes lie below HOME.
    assert it.run("--", "true").returncode == 0
    assert len(list((it.folder / "home/.local/share/turntable/tapes").iterdir())) == 1


def check_one_process_one_tape(it):
    assert it.run("-o", "one.tape", "--", "echo", "first").returncode == 0
    before = (it.folder / "one.tape").read_bytes()
    done = it.run("-o", "one.tape", "--", "touch", "started")
    assert done.returncode == 5 and b"--dir" in done.stderr, done
    assert not (it.folder / "started").exists(), "the server was started without a tape"
    done = it.run("-o", "one.tape", "--best-effort", "--", "sh", "-c", "echo on; exit 3")
    assert done.returncode == 3 and done.stdout == b"on\n", done
    assert b"nothing is recorded" in done.stderr, done
    done = it.run("-q", "-o", "no/such/folder/a.tape", "--best-effort", "--", "cat", said="x")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x", b""), done
    assert (it.folder / "one.tape").read_bytes() == before
    children = [it.start("-q", "--dir", "many", "--", "cat") for _ in range(8)]
    for child in children:
        child.communicate(b"x\n", timeout=60)
        assert child.returncode == 0
    assert len(list((it.folder / "many").iterdir())) == 8


def check_signals(it):
    child = it.start("-q", "--dir", "signals", "--", sys.executable, "-c", COUNT_SIGNALS)
    assert child.stdout.readline() == b"ready\n"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        child.send_signal(number)
        assert child.stdout.readline() == b"got %d\n" % number
    out = child.communicate(b"\n", timeout=60)[0]
    assert out == b"seen 4\n" and child.returncode == 44, (out, child.returncode)
    # A server that does as it is told; and the client that does not wait for it to start.
    child = it.start("-q", "--dir", "term", "--", "cat")
    child.send_signal(signal.SIGTERM)
    child.wait(timeout=60)  # the end of its input would end it too
    assert child.returncode in (128 + signal.SIGTERM, -signal.SIGTERM, 130), child.returncode
    # The server gets SIGPIPE back.
    done = it.run("-q", "--dir", "pipe", "--", sys.executable, "-c",
                  "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_DFL);"
                  "print(open('/proc/self/status').read())")
    masks = dict(line.split(":\t") for line in done.stdout.decode().splitlines() if ":\t" in line)
    assert int(masks["SigBlk"], 16) == 0, masks["SigBlk"]
    assert done.stdout.startswith(b"True"), done
    # SIGHUP still ends verbs that take no signals themselves.
    other = subprocess.Popen([it.program, "kv", "listen", "-s", "memory:"], stdin=subprocess.PIPE,
                             env=it.environment, stdout=subprocess.PIPE)
    while other.poll() is None:
        other.send_signal(signal.SIGHUP)
        try:
            other.wait(0.05)
        except subprocess.TimeoutExpired:
            pass
    assert other.returncode == -signal.SIGHUP, other.returncode


def check_terminal(it):
    """Ctrl-C reaches the server once: from the terminal, and not from us again."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(it.folder)
        os.execve(it.program, it.command("-q", "--dir", "tty", "--", sys.executable, "-c",
                                         COUNT_SIGNALS), it.environment)
    shown = b""

    def until(text):
        nonlocal shown
        while text not in shown:
            shown += os.read(terminal, 4096)

    until(b"ready")
    os.write(terminal, b"\x03")
    until(b"got 2")
    os.write(terminal, b"\n")
    until(b"seen")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 41, shown
    os.close(terminal)


def check_limits(it):
    long = "x" * 5000
    done = it.run("-q", "--dir", "cut", "--max-frame", "1000", "--", "cat", said=long + "\nshort\n")
    assert done.stdout.decode() == long + "\nshort\n"
    frames = [one for one in tapes.of_kind(it.tape("cut"), "frame") if one["dir"] == "c2s"]
    assert [one.get("truncated") for one in frames] == [5001, None], frames
    assert [len(tapes.frame_bytes(one)) for one in frames] == [1000, 6]

    lines = "".join(f"line {i} {'y' * 50}\n" for i in range(200))
    done = it.run("--dir", "capped", "--max-tape", "1000", "--", "cat", said=lines)
    assert done.stdout.decode() == lines and b"--max-tape" in done.stderr, done
    tape = it.tape("capped")
    assert sum(len(tapes.frame_bytes(one)) for one in tapes.of_kind(tape, "frame")) <= 1000
    [end] = tapes.of_kind(tape, "end")
    assert end["reason"] == "limit", end
    assert end["dropped"] + end["frames"] == 400, end
    assert tape.stat().st_size < 10_000

    done = it.run("-q", "-o", "s.tape", "--segment-size", "2000", "--", "cat", said=lines)
    assert done.stdout.decode() == lines
    files = [it.folder / "s.tape"]
    while (following := it.folder / f"s.{len(files) + 1}.tape").exists():
        files.append(following)
    assert len(files) > 5, files
    assert b"".join(tapes.said(one, "c2s") for one in files).decode() == lines
    numbers = [one["n"] for file in files for one in tapes.of_kind(file, "frame")]
    assert numbers == list(range(1, 401))


def check_full_disk(it):
    """A file that may not grow stands for a full disk: the traffic goes on."""
    lines = "".join(f"line {i} {'y' * 200}\n" for i in range(300))
    done = it.run("--dir", "full", "--", "cat", said=lines, preexec_fn=lambda: (
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))))
    assert done.stdout.decode() == lines and done.returncode == 0, done.stderr
    assert b"missing" in done.stderr or b"has no end" in done.stderr, done.stderr
    for record in tapes.records(it.tape("full")):
        assert record["kind"] in ("head", "life", "frame", "gap", "end"), record


def check_probe(it):
    """The second process of one client knows the tape of the first, which only asked what the
    server speaks; another client does not."""
    discover = '{"jsonrpc":"2.0","id":0,"method":"server/discover","params":{}}\n'
    hello = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}\n'
    command = ["-q", "--dir", "probed", "--", "cat"]
    heads = []

    def record(said, *way):
        before = set((it.folder / "probed").glob("*"))
        if way:
            it_done = subprocess.run([*way, *it.command(*command)], input=said.encode(),
                                     cwd=it.folder, env=it.environment, timeout=60, check=True,
                                     stdout=subprocess.DEVNULL)
            assert it_done.returncode == 0
        else:
            it.run(*command, said=said)
        [new] = set((it.folder / "probed").glob("*")) - before
        heads.append(tapes.of_kind(new, "head")[0])

    record(discover)
    record(hello)
    record(hello)
    record(discover)
    record(hello, "sh", "-c", '"$@"; exit 0', "sh")
    ids = [head["id"] for head in heads]
    assert [head.get("links") for head in heads] == [
        None, [{"relation": "probed_by", "id": ids[0]}], None, None, None], heads


CANARIES = {name: f"canary-{name}-{index}f3A9zQ" for index, name in enumerate(
    ["environment", "argument", "flag", "parameter", "result", "errors", "cut", "own"])}
TELL = """
import base64, json, os, sys
message = json.loads(sys.stdin.readline())
secret = os.environ['SERVICE_TOKEN']
print(json.dumps({'result': {'access_token': os.environ['RESULT'], 'text': secret,
                             'coded': base64.b64encode(('x' + secret).encode()).decode()}}))
print(json.dumps({'again': os.environ['RESULT'], 'and': message['params']['password']}))
print('PASSWORD=' + os.environ['ERRORS'], file=sys.stderr)
sys.stdout.flush()
print(sys.stdin.readline(), end='')
"""


def check_canaries(it):
    c = CANARIES
    message = '{"method":"login","params":{"password":"%s","pin":"%s"}}\n' % (
        c["parameter"], c["own"])
    cut = '{"filling":"%s","token":"%s"}\n' % ("x" * 960, c["cut"])
    assert 1000 - len(c["cut"]) < cut.index(c["cut"]) < 1000, "the secret lies across the cut"
    done = it.run("--dir", "secret/tapes", "--redact", "p?n", "--max-frame", "1000",
                  "--segment-size", "300", "--name", "token=" + c["argument"], "--",
                  sys.executable, "-c", TELL, "--api-key", c["argument"],
                  "--auth-token=" + c["flag"], said=message + cut,
                  environment={"SERVICE_TOKEN": c["environment"], "RESULT": c["result"],
                               "ERRORS": c["errors"]})
    assert done.returncode == 0, done.stderr
    for name in ("environment", "result", "parameter", "cut"):
        assert c[name].encode() in done.stdout, "the client gets all of it"
    stored = b"".join(path.name.encode() + path.read_bytes()
                      for path in (it.folder / "secret").rglob("*") if path.is_file())
    assert stored.count(b"redacted:") > 8, stored
    for name, secret in c.items():
        forms = [secret.encode()] + [
            base64.b64encode(b"x" * before + secret.encode())[4:-4] for before in range(3)]
        for form in forms:
            assert form not in stored, (name, form)
    for name in ("cut", "result"):
        assert c[name][:12].encode() not in stored, "not even a part"


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    checks = [value for name, value in globals().items() if name.startswith("check_")]
    for check in checks:
        folder = tempfile.mkdtemp()
        try:
            check(Recording(program, folder))
        finally:
            shutil.rmtree(folder)
    print(len(checks), "checks of turntable record hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
