#!/usr/bin/env python3
"""wrong_descriptions_test.py COMPILER INCLUDE: what wrong_descriptions.cpp expects is printed."""

import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent / "wrong_descriptions.cpp"


def main():
    compiler, include = sys.argv[1:]
    command = [compiler, "-std=c++20", "-fsyntax-only", f"-I{include}", str(SOURCE)]
    if "clang" in compiler:
        command.append("-ferror-limit=0")
    run = subprocess.run(command, capture_output=True, text=True, check=False,
                         env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    if run.returncode == 0:
        raise SystemExit("wrong descriptions have compiled")
    # The lines of errors alone: notes repeat the source.
    errors = "\n".join(line for line in run.stderr.splitlines() if "error:" in line)
    expected = re.findall(r"// expect: (.*)", SOURCE.read_text(encoding="utf-8"))
    missing = [text for text in expected
               if not any(part.strip() in errors for part in text.split("|"))]
    if missing or not expected:
        raise SystemExit(f"{compiler} does not say:\n" + "\n".join(missing) + "\nbut:\n" + errors)


if __name__ == "__main__":
    main()
