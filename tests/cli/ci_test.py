#!/usr/bin/env python3
"""ci_test.py TURNTABLE: runs the steps of examples/ci/replay.yml that use turntable.

They succeed as they stand, and the last one fails, with the nearest request, for a client that asks
something else than was recorded.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(step, folder, path):
    return subprocess.run(["bash", "-e", "-c", step], cwd=folder, text=True, capture_output=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})


def main():
    path = pathlib.Path(sys.argv[1]).resolve().parent
    workflow = (ROOT / "examples/ci/replay.yml").read_text(encoding="utf-8")
    steps = [step for step in re.findall(r"^ +run: (.*)$", workflow, re.M)
             if " && ./run && " not in step]
    assert len(steps) == 2, steps
    for step in steps:
        done = run(step, ROOT, path)
        assert done.returncode == 0, (step, done.stdout, done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        examples = pathlib.Path(folder) / "examples"
        (examples / "ci").mkdir(parents=True)
        (examples / "data").symlink_to(ROOT / "examples/data")
        client = (ROOT / "examples/ci/client.py").read_text(encoding="utf-8")
        assert '"buy milk"}' in client
        (examples / "ci/client.py").write_text(client.replace('"buy milk"}', '"buy wine"}'),
                                               encoding="utf-8")
        done = run(steps[-1], folder, path)
        assert done.returncode == 4, done
        assert "frame 7 comes nearest" in done.stderr, done.stderr
        assert '"buy milk" on the tape, "buy wine" asked' in done.stderr, done.stderr
    print("the workflow works, and fails for a client that asks something else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
