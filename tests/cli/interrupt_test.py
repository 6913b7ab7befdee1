#!/usr/bin/env python3
"""interrupt_test.py TURNTABLE: an import that Ctrl-C stops is gone on with by the same command."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ENTRIES = 30_000


def export_of(program, folder):
    """The lines of an export of many entries."""
    for start in range(0, ENTRIES, 5000):
        steps = "".join(f"set n/{i}n value{i}\n" for i in range(start, start + 5000))
        subprocess.run([program, "kv", "atomic", "-s", "from.db"], input=steps, text=True,
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "kv", "export", "all.jsonl", "-s", "from.db"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    return (folder / "all.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)


def import_and_interrupt(program, folder, lines):
    """Some blocks, the signal, and then far more than is imported before it is noticed."""
    child = subprocess.Popen([program, "kv", "import", "-", "-s", "to.db"], cwd=folder, bufsize=0,
                             stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write("".join(lines[:6000]).encode())
    child.send_signal(signal.SIGINT)
    try:
        for start in range(6000, len(lines), 100):
            child.stdin.write("".join(lines[start:start + 100]).encode())
        child.stdin.close()
    except BrokenPipeError:
        pass
    said = child.stderr.read().decode()
    return child.wait(timeout=60), said


def count(program, folder):
    done = subprocess.run([program, "kv", "count", "n", "-s", "to.db"], cwd=folder, check=True,
                          text=True, stdout=subprocess.PIPE)
    return int(done.stdout)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    os.environ.pop("TURNTABLE_CONFIG", None)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lines = export_of(program, folder)
        status, said = import_and_interrupt(program, folder, lines)
        assert status == 130, (status, said)
        assert "cancelled" in said, said
        assert count(program, folder) < ENTRIES
        again = subprocess.run([program, "kv", "import", "all.jsonl", "-s", "to.db"], cwd=folder,
                               check=True, text=True, stdout=subprocess.PIPE)
        assert "imported 30,000 entries" in again.stdout, again.stdout
        assert count(program, folder) == ENTRIES
        subprocess.run([program, "kv", "verify", "from.db", "to.db"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
