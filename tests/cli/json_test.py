#!/usr/bin/env python3
"""json_test.py TURNTABLE: runs every verb with --json and compares what it prints with its page.

The verbs come from `turntable help --json`, which walks the same table as --help. A verb without
--json, one that is not tried here, and one whose members are not those that the table "What --json
prints" of docs/cli.md gives, is an error.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Verbs without --json, and why.
WITHOUT = {
    "blob cat": "prints the bytes of blobs",
    "completion": "prints a script, which a shell reads",
    "record": "what it prints is the server's",
    "replay": "what it prints is the server's",
    "serve": "prints how to reach it, and goes on",
    "tape cat": "prints what was said",
    "tape tail": "prints what was said",
    "tape play": "prints what was said",
    "tape export": "prints JSON, or Markdown",
    "man": "writes pages, which groff reads",
}
# Whose --json is a JSON Schema, as that standard has it.
SCHEMAS = {"config schema", "help NAME"}
# Row of the page: the commands that try it, in this order, in one folder.
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
    ("kv import --check", "kv import a.jsonl --check"),
    ("kv backup", "kv backup backup -s a.db"),
    ("kv backup", "kv backup portable --portable -s a.db"),
    ("kv restore", "kv restore backup -s d.db"),
    ("kv restore", "kv restore portable -s e.db"),
    ("kv remove --dry-run", "kv remove --prefix nothing --dry-run -s a.db"),
    ("kv remove", "kv remove --prefix nothing --yes -s a.db"),
    ("kv remove", "kv remove a -s a.db"),
    ("kv verify", "kv verify a.db b.db"),
    ("kv bench", "kv bench memory: --entries 10 --seconds 0"),
    ("blob put", "blob put status fs:files::a/status --content-type text/plain --meta k=v"),
    ("blob put", "blob put status fs:files::b"),
    ("blob ls", "blob ls fs:files"),
    ("blob stat", "blob stat fs:files::a/status"),
    ("blob du", "blob du fs:files --depth 1"),
    ("blob tree", "blob tree fs:files"),
    ("blob get", "blob get fs:files::a/status got"),
    ("blob cp", "blob cp fs:files::b fs:files::c"),
    ("blob cp", "blob cp -r ./files ./other"),
    ("blob cp --dry-run", "blob cp fs:files::b fs:files::d --dry-run"),
    ("blob mv --dry-run", "blob mv fs:files::c fs:files::d --dry-run"),
    ("blob mv", "blob mv fs:files::c fs:files::d"),
    ("blob sync --dry-run", "blob sync ./files ./third --dry-run"),
    ("blob sync", "blob sync ./files ./third"),
    ("blob rm --dry-run", "blob rm -r fs:files::a --dry-run"),
    ("blob rm", "blob rm -r fs:files::a --yes"),
    ("tape show", "tape show notes.tape"),
    ("tape show --timeline", "tape show notes.tape --timeline"),
    ("tape verify", "tape verify notes.tape"),
    ("tape repair", "tape repair notes.tape repaired.tape"),
    ("tape diff", "tape diff notes.tape notes.tape"),
    ("tape scan", "tape scan notes.tape --redact text"),
    ("tape redact", "tape redact notes.tape redacted.tape"),
    ("wrap", "wrap mcp.json"),
    ("unwrap", "unwrap mcp.json"),
    ("tape import", "tape import notes.tape --tag x --library tape:t"),
    ("tape import of captures", "tape import snooped.jsonl --library tape:v"),
    ("tape ls", "tape ls --library tape:t"),
    ("tape search", "tape search tag:x --library tape:t"),
    ("tape tag", "tape tag @last y --library tape:t"),
    ("tape note", "tape note @last seen --library tape:t"),
    ("tape rename", "tape rename @last other --library tape:t"),
    ("tape pin", "tape pin other --library tape:t"),
    ("tape stats", "tape stats --library tape:t"),
    ("tape copy", "tape copy --library tape:t --to tape:u"),
    ("tape rebuild --dry-run", "tape rebuild --dry-run --library tape:t"),
    ("tape rebuild", "tape rebuild --library tape:t"),
    ("tape prune --dry-run", "tape prune --keep 0 --dry-run --library tape:t"),
    ("tape prune", "tape prune --keep 0 --yes --library tape:t"),
    ("tape rm --dry-run", "tape rm other --dry-run --library tape:t"),
    ("tape rm", "tape rm other --yes --library tape:t"),
    ("backends", "backends"),
    ("layers", "layers"),
    ("check", "check a.db memory:"),
    ("config check", "config check --config turntable.toml"),
    ("config show", "config show --config turntable.toml"),
    ("config explain", "config explain @app --config turntable.toml"),
    ("config import", "config import shadowcat.toml"),
    ("config schema", "config schema"),
    ("conform", "conform memory: --filter order"),
    ("conform --list", "conform --list"),
    ("help", "help"),
    ("help NAME", "help sqlite"),
    ("tour", "tour status"),
    ("version", "version"),
]
FILES = {
    "mcp.json": '{"mcpServers":{"a":{"command":"cat"}}}',
    "turntable.toml": '[kv.app]\nurl = "memory:"\nlayers = ["metrics"]\n'
                      '[kv.b]\nprovider = "memory"\n',
    "notes.tape": (pathlib.Path(__file__).resolve().parents[2]
                   / "examples/data/notes.tape").read_text(encoding="utf-8"),
    "snooped.jsonl": (pathlib.Path(__file__).resolve().parents[1]
                      / "data/captures/snooped.jsonl").read_text(encoding="utf-8"),
    "shadowcat.toml": '[recording]\noutput_dir = "old"\n[auth]\ntoken = "x"\n',
    "status": "Package: a\nSection: libs\nInstalled-Size: 1\n",
}


def parse(text):
    """The objects of one JSON text, or of one a line."""
    try:
        values = [json.loads(text)]
    except json.JSONDecodeError:
        values = [json.loads(line) for line in text.splitlines()]
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


def documented():
    """{row: members} of the table in docs/cli.md."""
    page = pathlib.Path(__file__).resolve().parents[2] / "docs/cli.md"
    section = page.read_text(encoding="utf-8").partition("## What --json prints")[2]
    table = {}
    for line in section.partition("\n## ")[0].splitlines():
        if line.startswith("| `"):
            cells = line.strip("|").split("|")
            members = set(re.findall(r"`([^`]+)`", cells[2]))
            table.update((row, members) for row in re.findall(r"`([^`]+)`", cells[0]))
    return table


def verb_of(row):
    row = row.partition(" of ")[0]
    return " ".join(word for word in row.split() if word[0] != "-" and word != "NAME")


def run_all(program):
    """(problems, {row: members printed})"""
    problems, printed = [], {}
    environment = {**os.environ, "TURNTABLE_KV": "", "DENO_KV_PATH": "", "TURNTABLE_BLOB": "",
                   "TURNTABLE_CONFIG": ""}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
        for row, command in COMMANDS:
            done = subprocess.run(["bash", "-c", f"'{program}' {command} --json"], cwd=folder,
                                  env=environment, text=True, capture_output=True, timeout=60,
                                  stdin=subprocess.DEVNULL, check=False)
            try:
                objects = parse(done.stdout)
                if not objects:
                    problems.append(f"{command} prints nothing: {done.stderr}")
                printed.setdefault(row, set()).update(name for one in objects for name in one)
            except json.JSONDecodeError as error:
                problems.append(f"{command}: {error}: {done.stdout}{done.stderr}")
    return problems, printed


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    told = json.loads(subprocess.run([program, "help", "--json"], check=True, text=True,
                                     capture_output=True).stdout)
    takes = {one["verb"]: any("--json" in option for option in one["options"])
             for one in told["verbs"]}
    tried = {verb_of(row) for row, _ in COMMANDS}
    problems = [f"{verb}: --json, or its absence, is a surprise" for verb, json_too in takes.items()
                if json_too == (verb in WITHOUT)]
    problems += [f"{verb} is not tried here" for verb in takes.keys() - tried - WITHOUT.keys()]
    problems += [f"{verb} is no verb" for verb in (tried | WITHOUT.keys()) - takes.keys()]
    failed, printed = run_all(program)
    table = documented()
    for row in sorted(printed.keys() | table.keys()):
        if row not in SCHEMAS and printed.get(row) != table.get(row):
            problems.append(f"{row}: prints {sorted(printed.get(row, []))}, "
                            f"but docs/cli.md says {sorted(table.get(row, []))}")
    problems += failed
    print("\n".join(problems) or f"{len(COMMANDS)} commands print what docs/cli.md says")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
