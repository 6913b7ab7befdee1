#!/usr/bin/env python3
"""interrupt_test.py TURNTABLE: an import that Ctrl-C stops is gone on with by the same command; of
a blob that it stops nothing is left."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

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


def put_and_interrupt(program, folder, location):
    """A part of a blob, the signal, and nothing more: it has to be noticed while nothing comes."""
    child = subprocess.Popen([program, "blob", "put", "-", location], cwd=folder, bufsize=0,
                             stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(b"x" * 3_000_000)
    child.send_signal(signal.SIGINT)
    said = child.stderr.read().decode()
    return child.wait(timeout=60), said


def interrupted_when(begun, program, folder, *arguments):
    """Runs a verb and sends the signal as soon as `begun` says so."""
    with subprocess.Popen([program, "blob", *arguments], cwd=folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as child:
        while child.poll() is None and not begun():
            time.sleep(0.001)
        child.send_signal(signal.SIGINT)
        return child.wait(timeout=60), child.stderr.read().decode()


def check_copies(program, folder):
    """One file into a folder, and a folder into a store, which then goes on."""
    (folder / "source").mkdir()
    with open(folder / "source/big", "wb") as big:
        big.truncate(4 << 30)  # takes no room, and is not copied in the time that a signal takes
    partial = folder / "got.partial"
    status, said = interrupted_when(partial.exists, program, folder, "get", "./source/big", "got")
    assert status == 130 and "cancelled" in said, (status, said)
    assert not partial.exists() and not (folder / "got").exists()

    staging = folder / "target/.turntable-fs/staging"

    def is_staged():
        return staging.exists() and any(staging.iterdir())

    sync = ["sync", "./source", "fs:target::copy"]
    status, said = interrupted_when(is_staged, program, folder, *sync)
    assert status == 130 and "cancelled" in said, (status, said)
    assert not is_staged() and not (folder / "target/copy/big").exists()
    os.truncate(folder / "source/big", 10)
    subprocess.run([program, "blob", *sync], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    assert (folder / "target/copy/big").stat().st_size == 10


def check_blobs(program, folder):
    store = folder / "store"
    for location in ("fs:store::a/new", "fs:store::old"):
        subprocess.run([program, "blob", "put", "-", "fs:store::old"], input="old", text=True,
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        status, said = put_and_interrupt(program, folder, location)
        assert status == 130 and "cancelled" in said, (status, said)
    assert (store / "old").read_text(encoding="utf-8") == "old"
    sizes = {path: path.stat().st_size for path in store.rglob("*") if path.is_file()}
    assert sum(sizes.values()) == 3, sizes


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
        check_blobs(program, folder)
        check_copies(program, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
