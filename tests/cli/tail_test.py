#!/usr/bin/env python3
"""tail_test.py TURNTABLE: `tape tail` shows what is recorded while it is recorded, in both forms of
a tape, and ends with it.
"""

import pathlib
import subprocess
import sys
import tempfile


def follow(program, folder, name, options):
    """Each line is printed before the next one is said."""
    tape = pathlib.Path(folder) / name
    with subprocess.Popen([program, "record", "-q", "-o", str(tape), *options, "--", "cat"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as recorder:
        recorder.stdin.write('{"method":"first"}\n')
        recorder.stdin.flush()
        recorder.stdout.readline()
        with subprocess.Popen([program, "tape", "tail", str(tape), "--direction", "s2c", "--raw"],
                              stdout=subprocess.PIPE, text=True) as tail:
            assert tail.stdout.readline() == '{"method":"first"}\n'
            for number in range(5):
                line = f'{{"method":"later","params":[{number}]}}\n'
                recorder.stdin.write(line)
                recorder.stdin.flush()
                assert tail.stdout.readline() == line
            recorder.stdin.close()
            assert tail.stdout.read() == ""
            assert tail.wait(timeout=30) == 0


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        follow(program, folder, "plain.tape", [])
        follow(program, folder, "packed.tape.zst", ["--zstd"])
    print("tail follows a recording")
    return 0


if __name__ == "__main__":
    sys.exit(main())
