#!/usr/bin/env python3
"""json_test.py TURNTABLE: runs every verb with --json and parses what it prints.

A verb without --json, or one that is not tried here, is an error.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import verbs  # noqa: E402

# What prints no data, or nothing but JSON, or a text that somebody else reads.
WITHOUT = {"completion", "man", "tour", "config show", "config schema"}
# Verb: the commands that try it, in this order, in one folder.
COMMANDS = [
    ("kv set", "kv set a x -s a.db"),
    ("kv set", "kv set c 1 --type u64 -s a.db"),
    ("kv get", "kv get a -s a.db"),
    ("kv list", "kv list -s a.db"),
    ("kv count", "kv count -s a.db"),
    ("kv atomic", "kv atomic -e 'sum c 1' -s a.db"),
    ("kv atomic", "kv atomic -e 'check a absent' -s a.db"),
    ("kv watch", "kv watch a none --steps 1 -s a.db"),
    ("kv enqueue", "kv enqueue hello -s a.db"),
    ("kv listen", "kv listen --count 1 -s a.db"),
    ("kv copy", "kv copy a.db b.db"),
    ("kv verify", "kv verify a.db b.db"),
    ("kv export", "kv export a.jsonl -s a.db"),
    ("kv import", "kv import a.jsonl -s c.db"),
    ("kv import", "kv import a.jsonl --check"),
    ("kv backup", "kv backup backup -s a.db"),
    ("kv backup", "kv backup portable --portable -s a.db"),
    ("kv restore", "kv restore backup -s d.db"),
    ("kv restore", "kv restore portable -s e.db"),
    ("kv remove", "kv remove --prefix nothing --dry-run -s a.db"),
    ("kv remove", "kv remove --prefix nothing --yes -s a.db"),
    ("kv remove", "kv remove a -s a.db"),
    ("kv verify", "kv verify a.db b.db"),
    ("kv bench", "kv bench memory: --entries 10 --seconds 0"),
    ("backends", "backends"),
    ("layers", "layers"),
    ("config explain", "config explain @app --config turntable.toml"),
    ("check", "check a.db memory:"),
    ("config check", "config check --config turntable.toml"),
    ("conform", "conform memory: --filter order"),
    ("help", "help sqlite"),
]


def parse(text):
    """One JSON text, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    found = dict(verbs.verbs(verbs.manual(program)))
    tried = {verb for verb, _ in COMMANDS}
    problems = [f"{verb} takes no --json" for verb, takes in found.items()
                if not takes and verb not in WITHOUT]
    problems += [f"{verb} is not tried here" for verb in found.keys() - tried - WITHOUT]
    environment = {**os.environ, "TURNTABLE_KV": "", "DENO_KV_PATH": "", "TURNTABLE_CONFIG": ""}
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "turntable.toml").write_text("[kv.app]\nurl = \"memory:\"\n")
        for _, command in COMMANDS:
            done = subprocess.run(["bash", "-c", f"'{program}' {command} --json"], cwd=folder,
                                  env=environment, text=True, capture_output=True, timeout=60,
                                  stdin=subprocess.DEVNULL, check=False)
            try:
                if not parse(done.stdout):
                    problems.append(f"{command} prints nothing: {done.stderr}")
            except json.JSONDecodeError as error:
                problems.append(f"{command}: {error}: {done.stdout}{done.stderr}")
    print("\n".join(problems) or f"{len(COMMANDS)} commands print JSON that parses")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
