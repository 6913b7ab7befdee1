#!/usr/bin/env python3
"""man_test.py TURNTABLE: groff has nothing to say about any manual page, and each is complete."""

import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import verbs  # noqa: E402


def main():
    pages = verbs.manual(sys.argv[1])
    problems = [f"{name}: no section {section}" for name, page in pages.items()
                for section in ("NAME", "SYNOPSIS", "OPTIONS") if f".SH {section}\n" not in page]
    if shutil.which("groff") is None:
        print("groff is not installed, so the pages were not formatted; skipped")
        return 1 if problems else 77
    for name, page in sorted(pages.items()):
        done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8"], input=page, text=True,
                              capture_output=True, timeout=60, check=False)
        if done.returncode != 0 or done.stderr:
            problems.append(f"{name}: {done.stderr}")
    print("\n".join(problems) or f"{len(pages)} pages are fine")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
