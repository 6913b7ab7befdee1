#!/usr/bin/env python3
"""compare.py TURNTABLE [--modes MODE,MODE] [--only REGEX]: real clients and real servers of MCP
print the same, whatever stands between them.

Modes: direct (nothing, and always the first), recorded (`turntable record`), replayed (`turntable
replay` of the tape that `recorded` made, and no server). Each scenario is a client with a server;
its standard output in every mode has to be that of direct. What the packages are stands in
../package.json; without them the exit code is 77.
"""

import argparse
import difflib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = HERE.parent / "node_modules"
NODE = str(PACKAGES / ".bin/node")
SERVERS = {
    "everything": [NODE, str(PACKAGES / "@modelcontextprotocol/server-everything/dist/index.js"),
                   "stdio"],
    "filesystem": [NODE, str(PACKAGES / "@modelcontextprotocol/server-filesystem/dist/index.js")],
    "modern": [NODE, str(HERE / "modern_server.mjs")],
}
LAUNCHER = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
INSPECTOR = [NODE, str(PACKAGES / LAUNCHER), "--cli"]


class Scenario:
    """`client`: sdk_v1, sdk_v2, or the arguments of the inspector."""

    def __init__(self, name, client, server, processes=1):
        self.name, self.client, self.server, self.processes = name, client, server, processes

    def server_command(self, work):
        return SERVERS[self.server] + ([str(work)] if self.server == "filesystem" else [])

    def client_command(self, server, work, folder):
        if isinstance(self.client, list):
            config = folder / "inspector.json"
            config.write_text(json.dumps({"mcpServers": {
                "it": {"type": "stdio", "command": server[0], "args": server[1:]}}}))
            return [*INSPECTOR, "--config", str(config), "--server", "it", *self.client]
        kind = self.server + (f"={work}" if self.server == "filesystem" else "")
        return [NODE, str(HERE / f"{self.client}.mjs"), kind, *server]


# A client of the second line starts a server that does not know server/discover twice.
SCENARIOS = [
    Scenario("v1_everything", "sdk_v1", "everything"),
    Scenario("v1_filesystem", "sdk_v1", "filesystem"),
    Scenario("v2_everything", "sdk_v2", "everything", processes=2),
    Scenario("v2_filesystem", "sdk_v2", "filesystem", processes=2),
    Scenario("v2_modern", "sdk_v2", "modern"),
    Scenario("inspector_list", ["--method", "tools/list"], "everything"),
    Scenario("inspector_call", ["--method", "tools/call", "--tool-name", "get-sum", "--tool-arg",
                                "a=2", "b=40"], "everything"),
    Scenario("inspector_modern", ["--method", "tools/call", "--tool-name", "add", "--tool-arg",
                                  "a=2", "b=40"], "modern"),
]


def records(tape):
    return [json.loads(line) for line in tape.read_text(encoding="utf-8").split("\n")[:-1]]


def check_tapes(scenario, tapes):
    """One tape for each process, complete; a probe is known as such."""
    problems = []
    if len(tapes) < scenario.processes:
        problems.append(f"{len(tapes)} tapes for {scenario.processes} processes")
    for tape in tapes:
        kinds = [one["kind"] for one in records(tape)]
        if kinds[0] != "head" or kinds[-1] != "end" or "gap" in kinds or "frame" not in kinds:
            problems.append(f"{tape.name} is not complete: {kinds}")
    heads = [records(tape)[0] for tape in tapes]
    for first, second in zip(heads, heads[1:]):
        if second.get("links") != [{"relation": "probed_by", "id": first["id"]}]:
            problems.append(f"a probe is not linked: {second}")
    return problems


class Run:
    def __init__(self, turntable, scenario, folder):
        self.turntable, self.scenario, self.folder = turntable, scenario, folder
        self.work, self.tapes = folder / "work", folder / "tapes"

    def command(self, mode):
        server = self.scenario.server_command(self.work)
        if mode == "recorded":
            return [self.turntable, "record", "-q", "--dir", str(self.tapes), "--", *server]
        if mode == "replayed":
            return [self.turntable, "replay", str(sorted(self.tapes.iterdir())[-1])]
        return server

    def output(self, mode):
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        command = self.scenario.client_command(self.command(mode), self.work, self.folder)
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, timeout=120,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0 or not done.stdout:
            return f"exit {done.returncode}\n{done.stdout}{done.stderr}", False
        return done.stdout, True


def difference(direct, other, mode):
    lines = difflib.unified_diff(direct.split("\n"), other.split("\n"), "direct", mode, n=0)
    return "\n".join(line[:300] for line in lines)


def compare(turntable, scenario, modes):
    """What is wrong, and what it took."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(turntable, scenario, pathlib.Path(folder))
        direct, well = run.output("direct")
        problems = [] if well else ["direct: " + direct]
        for mode in modes if well else []:
            other, well = run.output(mode)
            if not well:
                problems.append(f"{mode}: {other}")
            elif other != direct:
                problems.append(difference(direct, other, mode))
            if mode == "recorded":
                problems += check_tapes(scenario, sorted(run.tapes.iterdir()))
    return problems, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("turntable")
    parser.add_argument("--modes", default="recorded,replayed")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if not (PACKAGES / "@modelcontextprotocol/client").exists():
        print(f"the packages of {HERE.parent / 'package.json'} are not installed")
        return 77
    turntable = str(pathlib.Path(options.turntable).resolve())
    failed = 0
    for scenario in SCENARIOS:
        if not re.search(options.only, scenario.name):
            continue
        problems, seconds = compare(turntable, scenario, options.modes.split(","))
        failed += bool(problems)
        print(f"{scenario.name:18} {seconds:5.1f} s  {'FAILED' if problems else 'the same'}")
        for problem in problems:
            print("    " + problem.replace("\n", "\n    "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
