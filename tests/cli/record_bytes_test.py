#!/usr/bin/env python3
"""record_bytes_test.py TURNTABLE: thousands of generated messages go both ways through a recorder,
and arrive, and stand in the tape, byte for byte.

With the words `server SEED COUNT FILE` it is the server: says a stream of its own, and writes what
it hears into the file.
"""

import pathlib
import random
import subprocess
import sys
import tempfile
import threading

import tapes

LETTERS = "abc xyz äöü 世界 \u2028\\\"'/<>&{}[]:,\t"
MIB = 1 << 20
ODD_LINES = [b"\n", b"\r\n", b" \n", b"null\n", b"{}\r\n", b"[]  \n", b"\xef\xbb\xbf{}\n",
             b'{"a":1,"a":2}\n', b"[1e400,-0.0,1.10]\n", b"[NaN]\n", b'{"a":}\n', b"{}{}\n",
             b'{"a":"\xff"}\n']


def text(chance, size):
    return "".join(chance.choices(LETTERS, k=size))


def json_text(chance, size):
    plain = text(chance, size).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'{{"jsonrpc":"2.0", "id":{chance.randrange(1000)},"x":"{plain}\\u0000\\ud800"}}'


def message(chance):
    """A line, or less, or more than one, of every kind that a server may write."""
    kind = chance.randrange(100)
    if kind < 40:
        return json_text(chance, chance.randrange(300)).encode() + b"\n"
    if kind < 50:  # a batch
        return ("[" + ", ".join(json_text(chance, 20) for _ in range(chance.randrange(1, 9))) +
                "]\n").encode()
    if kind < 60:  # noise on the line
        return text(chance, chance.randrange(200)).encode() + b"\n"
    if kind < 70:  # no UTF-8, and NUL
        return bytes(chance.randrange(256) for _ in range(chance.randrange(300))) + b"\n"
    if kind < 78:
        return chance.choice(ODD_LINES)
    if kind < 82:
        return b"[" * chance.randrange(1, 600) + b"\n"
    if kind < 86:
        depth = chance.randrange(250, 260)
        return b"[" * depth + b"]" * depth + b"\n"
    if kind < 88:
        return json_text(chance, chance.randrange(100_000)).encode() + b"\n"
    return b'{"half' + bytes(chance.randrange(1, 10)) + b'":1}\n'


def stream(seed, count):
    chance = random.Random(seed)
    parts = [message(chance) for _ in range(count)]
    for mebibytes in (2, 5):  # larger than any buffer on the way
        parts.insert(chance.randrange(count), b'{"large":"' + bytes([65 + mebibytes]) * (
            mebibytes * MIB) + b'"}\n')
        parts.insert(chance.randrange(count), b"\xfe" * (mebibytes * MIB) + b"\n")
    return b"".join(parts) + b'{"without":"an end"}'


def send(pipe, seed, data):
    """In pieces that end anywhere."""
    chance = random.Random(seed)
    at = 0
    while at < len(data):
        size = chance.choice([1, 7, 100, 1000, 4096, 65536, MIB])
        pipe.write(data[at:at + size])
        pipe.flush()
        at += size


def serve(seed, count, file):
    heard = []
    listener = threading.Thread(target=lambda: heard.append(sys.stdin.buffer.read()))
    listener.start()
    send(sys.stdout.buffer, seed, stream(seed, count))
    sys.stdout.buffer.close()
    listener.join()
    pathlib.Path(file).write_bytes(heard[0])


def check(program, folder, seed, count, *options):
    tape, heard = folder / f"{seed}.tape", folder / "heard"
    sent, expected = stream(seed, count), stream(seed + 1, count)
    with subprocess.Popen(
            [program, "record", "-q", "--max-frame", "32MiB", "--buffer", "512MiB", "-o", str(tape),
             *options, "--", sys.executable, __file__, "server", str(seed + 1), str(count),
             str(heard)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
        def talk():
            send(child.stdin, seed, sent)
            child.stdin.close()

        talker = threading.Thread(target=talk)
        talker.start()
        got = child.stdout.read()
        talker.join()
        assert child.wait(timeout=120) == 0
    assert got == expected, "the client got something else"
    assert heard.read_bytes() == sent, "the server heard something else"
    assert not tapes.of_kind(tape, "gap")
    assert tapes.said(tape, "c2s") == sent, "the tape has something else of the client"
    assert tapes.said(tape, "s2c") == expected, "the tape has something else of the server"
    frames = tapes.of_kind(tape, "frame")
    lines = sent.count(b"\n") + expected.count(b"\n") + 2
    assert len([one for one in frames if one["dir"] != "err"]) == lines
    assert not any("truncated" in one or "redacted" in one for one in frames)
    forms = {form for one in frames for form in ("json", "text", "base64") if form in one}
    assert forms == {"json", "text", "base64"}, forms
    return lines


def main():
    if sys.argv[1] == "server":
        serve(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
        return 0
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        lines = check(program, pathlib.Path(name), 1, 3000, "--no-redact")
        lines += check(program, pathlib.Path(name), 3, 300)  # there are no secrets to take out
    print(lines, "messages arrive, and stand in the tapes, as they are")
    return 0


if __name__ == "__main__":
    sys.exit(main())
