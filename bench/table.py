"""Makes the table of bench/RESULTS.md from the rows that bench/run gathered."""

import datetime
import json
import platform
import subprocess
import sys


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{model}, {cores} cores, {platform.system()} {platform.release()}"


def commit():
    return subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
    ).stdout.strip()


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def verdict(holds):
    return "met" if holds else "**missed**"


class Table:
    def __init__(self):
        self.lines = ["| what | ours | against | theirs | ratio | target | |",
                      "|---|--:|---|--:|--:|---|---|"]

    def add(self, what, ours, against, theirs, target, holds):
        cells = [what, number(ours), against, number(theirs), f"{ours / theirs:.2f}", target,
                 verdict(holds)]
        self.lines.append(f"| {' | '.join(cells)} |")

    def at_least(self, what, ours, against, theirs, target):
        self.add(what, ours, against, theirs, f"at least {target:g}", ours / theirs >= target)

    def at_most(self, what, ours, against, theirs, target):
        self.add(what, ours, against, theirs, f"at most {target:g}", ours / theirs <= target)


def print_head():
    today = datetime.date.today().isoformat()
    print("# Benchmarks\n")
    print(f"Written by `./bench/run` on {today}, commit {commit()}, on {machine()}.")
    print("Each ratio compares two runs of the same minute; figures alone do not carry over to "
          "other machines.\n")


def print_notes(values, starts, by_value_ratio):
    growth_name = next(name for name in values if name.startswith("memory growth"))
    growth = values[growth_name]
    ours, raw = starts["ours"], starts["raw"]
    extra_ms = ours["ms"] - raw["ms"]
    allocations = values["allocations of a get through 3 layers"]
    print(f"\n- Trivial get, erased, awaited by value: {by_value_ratio:.2f} times the instructions "
          "of a plain virtual call (reported, no target).")
    print(f"- Allocations of a get through 3 layers: {allocations:g} (target: 0).")
    print(f"- {growth_name[0].upper()}{growth_name[1:]}: {growth:.1f} (target: under 64), "
          f"{verdict(growth < 64)}.")
    for name, target in (("server CPU of a get over HTTP/2, microseconds", 15),
                         ("idle watch stream, 10,000 over 100 connections, KiB each", 20)):
        print(f"- {name[0].upper()}{name[1:]}: {values[name]:.1f} (target: at most {target}), "
              f"{verdict(values[name] <= target)}.")
    print(f"- Start of a kv+SQLite program: {ours['ms']:.2f} ms, of a bare SQLite program "
          f"{raw['ms']:.2f} ms: {extra_ms:+.2f} ms (target: within 2 ms), "
          f"{verdict(extra_ms <= 2)}.")
    print(f"- Stripped size: {ours['bytes'] / 1024:,.0f} KiB, of the bare program "
          f"{raw['bytes'] / 1024:,.0f} KiB (SQLite itself is a shared library in both).")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rates = {row["name"]: row for row in rows if "ours" in row}
    values = {row["name"]: row["value"] for row in rows if "name" in row and "value" in row}
    instructions = {row["instructions"]: row["value"] for row in rows if "instructions" in row}
    deno = {row["deno"]: row["rate"] for row in rows if "deno" in row}
    opendal = {row["opendal"]: row["rate"] for row in rows if "opendal" in row}
    starts = {row["start"]: row for row in rows if "start" in row}

    table = Table()
    concrete = instructions["map_concrete"]
    table.at_most("get on a map, erased, instructions", instructions["map_erased"],
                  "concrete type", concrete, 1.05)
    table.at_most("get on a map, 3 layers, instructions", instructions["map_layers"],
                  "concrete type", concrete, 1.10)
    for name, target in (("get on a map, erased", 1.05), ("get on a map, erased, 3 layers", 1.10)):
        row = rates[name]
        table.at_most(f"{name}, ns", 1e9 / row["ours"], row["peer"], 1e9 / row["theirs"], target)
    virtual = instructions["trivial_virtual"]
    table.at_most("trivial get, erased, awaited in place, instructions",
                  instructions["trivial_lvalue"], "plain virtual call", virtual, 2)
    table.at_most("memory get through metrics, retry, timeout, instructions",
                  instructions["memory_stack"], "bare", instructions["memory_bare"], 1.5)
    for name, row in rates.items():
        if row["larger_is_better"] and not name.startswith("get on a map"):
            table.at_least(f"{name}, {row['unit']}", row["ours"], row["peer"], row["theirs"],
                           row["target"])
        elif not row["larger_is_better"]:
            table.at_most(f"{name}, {row['unit']}", row["ours"], row["peer"], row["theirs"],
                          row["target"])
    for measure, target in (("get", 8), ("scan", 8), ("durable set, 1 in flight", 1.2),
                            ("durable set, 100 in flight", 10)):
        table.at_least(f"sqlite {measure}, op/s", rates[f"sqlite {measure}"]["ours"],
                       "Deno on its own file", deno[measure], target)
    for measure, rate in opendal.items():
        ours = rates[measure]["ours"] if measure in rates else values[measure]
        table.at_least(f"{measure}, op/s", ours, "npm opendal, its faster calls", rate, 1.2)

    print_head()
    print("\n".join(table.lines))
    print_notes(values, starts, instructions["trivial_by_value"] / virtual)


if __name__ == "__main__":
    main()
