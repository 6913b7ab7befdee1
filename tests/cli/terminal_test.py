#!/usr/bin/env python3
"""terminal_test.py TURNTABLE: what a person at a terminal sees, and a pipe does not."""

import os
import pathlib
import pty
import subprocess
import sys
import tempfile


def at_terminal(program, folder, arguments, answer=b""):
    """Runs a command on a terminal, answers its first question, and gives all that it printed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(program, [program, *arguments])
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            piece = b""
        if not piece:
            break
        shown += piece
        if answer and b"[y/N] " in shown:
            os.write(terminal, answer)
            answer = b""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        def turntable(*arguments, **more):
            return subprocess.run([program, *arguments], cwd=folder, check=True, text=True,
                                  capture_output=True, **more)

        steps = "".join(f"set n/{i}n value{i}\n" for i in range(1000))
        turntable("kv", "atomic", "-s", "a.db", input=steps)
        quiet = turntable("kv", "copy", "a.db", "pipe.db")
        assert quiet.stderr == "" and quiet.stdout.startswith("copied 1,000"), quiet
        status, shown = at_terminal(program, folder, ["kv", "copy", "a.db", "b.db"])
        assert status == 0 and "copying [" in shown and "100% 1,000" in shown, shown
        # The bar is gone before the result is printed.
        assert "\r\x1b[Kcopied 1,000 entries" in shown, shown

        remove = ["kv", "remove", "--prefix", "n", "-s", "b.db"]
        status, shown = at_terminal(program, folder, remove, b"n\n")
        assert status == 1 and "Remove 1,000 entries whose keys extend n?" in shown, shown
        assert turntable("kv", "count", "-s", "b.db").stdout == "1000\n"
        status, shown = at_terminal(program, folder, remove, b"y\n")
        assert status == 0 and "removed 1,000 entries" in shown, shown
        assert turntable("kv", "count", "-s", "b.db").stdout == "0\n"

        pathlib.Path(folder, "big").write_bytes(b"x" * 3_000_000)
        quiet = turntable("blob", "cp", "./big", "fs:store::a")
        assert quiet.stderr == "" and quiet.stdout.startswith("copied 1 file"), quiet
        status, shown = at_terminal(program, folder, ["blob", "cp", "./big", "fs:store::b"])
        assert status == 0 and "copying [" in shown and "100% 3,000,000" in shown, shown
        assert "\r\x1b[Kcopied 1 file, 3,000,000 bytes" in shown, shown

        remove = ["blob", "rm", "-r", "fs:store"]
        status, shown = at_terminal(program, folder, remove, b"n\n")
        assert status == 1 and "Remove 2 files, with their directories?" in shown, shown
        status, shown = at_terminal(program, folder, remove, b"y\n")
        assert status == 0 and "removed 2 files" in shown, shown
        assert turntable("blob", "ls", "fs:store").stdout == ""
    return 0


if __name__ == "__main__":
    sys.exit(main())
