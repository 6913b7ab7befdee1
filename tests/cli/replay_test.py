#!/usr/bin/env python3
"""replay_test.py TURNTABLE: what a replay leaves behind when it is killed, stopped or left alone.

A tape that is added to or recorded anew is what it was until the run is over, also when the run is
killed; a signal ends a replay in order; a key that is given tells secrets apart.
"""

import hashlib
import hmac
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTES = (ROOT / "examples/data/notes.tape").read_bytes()
HELLO = '{"jsonrpc":"2.0","id":1,"method":"initialize"}\n'
# Answers every line with an answer of its own.
LIVE = ["sh", "-c", 'while read -r line; do id=$(printf %s "$line" | '
        r'sed "s/.*\"id\":\([^,]*\),.*/\1/"); printf "{\"id\":%s,\"result\":1}\n" "$id"; done']


def ask(number):
    return json.dumps({"id": number, "method": f"new/{number}", "params": {}}) + "\n"


def start(program, *arguments):
    return subprocess.Popen([program, "replay", *map(str, arguments)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def say(process, line):
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()


def killed_runs(program, folder, mode, rounds):
    tape = folder / f"{mode}.tape"
    tape.write_bytes(NOTES)
    for one in range(rounds):
        with start(program, tape, "--mode", mode, "--", *LIVE) as process:
            for number in range(random.Random(one).randrange(5)):
                assert say(process, ask(number))
            process.kill()
        assert tape.read_bytes() == NOTES, f"round {one}"
    with start(program, tape, "--mode", mode, "--allow-unused", "--", *LIVE) as process:
        assert say(process, ask(7)) and say(process, ask(8))
        process.stdin.close()
        assert process.wait(timeout=30) == 0, process.stderr.read()
    assert b"new/8" in tape.read_bytes()
    subprocess.run([program, "tape", "verify", tape], check=True, stdout=subprocess.DEVNULL)
    left = [path.name for path in folder.iterdir() if "unfinished" in path.name]
    assert not left, left


def several_segments(program, folder):
    tape = folder / "long.tape"
    subprocess.run([program, "record", "-q", "-o", tape, "--segment-size", "1KiB", "--", *LIVE],
                   input="".join(ask(number) for number in range(30)), text=True, check=True,
                   stdout=subprocess.DEVNULL)
    files = {path: path.read_bytes() for path in folder.glob("long.*")}
    assert len(files) > 1
    for mode in ("new", "all"):
        with start(program, tape, "--mode", mode, "--", *LIVE) as process:
            process.stdin.close()
            assert process.wait(timeout=30) == 1
            assert "in several segments" in process.stderr.read()
        assert {path: path.read_bytes() for path in folder.glob("long.*")} == files
    with start(program, tape, "--allow-unused") as process:
        assert say(process, ask(0)) and say(process, ask(29))
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def stopped_run(program, folder):
    tape = folder / "stopped.tape"
    tape.write_bytes(NOTES)
    for number in (signal.SIGTERM, signal.SIGINT):
        with start(program, tape, "--allow-unused") as process:
            assert '"id":1,"result"' in say(process, HELLO)
            process.send_signal(number)
            assert process.wait(timeout=30) == 0
            assert "answered 1 request" in process.stderr.read()


def hashed_secret(program, folder):
    """What is recorded already has what stands for a secret."""
    key = b"0123456789abcdef"
    (folder / "key").write_bytes(key)
    digest = hmac.new(key, b"milk", hashlib.sha256).hexdigest()[:16]
    request = {"jsonrpc": "2.0", "id": 1, "method": "find",
               "params": {"token": f"[redacted:token:{digest}]"}}
    server = ["sh", "-c",
              'read -r line; echo "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":1,\\"result\\":1}"']
    subprocess.run([program, "record", "-q", "-o", folder / "plain.tape", "--", *server],
                   input=json.dumps(request) + "\n", text=True, check=True, capture_output=True)
    lines = (folder / "plain.tape").read_text(encoding="utf-8")
    assert digest in lines
    for word, missed in (("milk", False), ("wine", True)):
        with start(program, folder / "plain.tape", "--key-file", folder / "key") as process:
            request["params"]["token"] = word
            answer = say(process, json.dumps(request) + "\n")
            process.stdin.close()
            process.wait(timeout=30)
        assert ('"error"' in answer) == missed, (word, answer)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        killed_runs(program, folder, "new", 5)
        killed_runs(program, folder, "all", 5)
        several_segments(program, folder)
        stopped_run(program, folder)
        hashed_secret(program, folder)
    print("tapes are what they were until a run is over")
    return 0


if __name__ == "__main__":
    sys.exit(main())
