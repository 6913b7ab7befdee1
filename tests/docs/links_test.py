#!/usr/bin/env python3
"""links_test.py: every link from a page of the project leads somewhere, and names that the docs
give to tests are names of tests."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import docs_blocks  # noqa: E402

ROOT = docs_blocks.ROOT
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
TOP = ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "THIRD-PARTY-NOTICES.md")
# Made by running something, so a fresh checkout may lack them.
MADE = {"bench/RESULTS.md"}


def without_blocks(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)


def anchors(page):
    """The anchors of the headings, as GitHub makes them."""
    found = set()
    for title in re.findall(r"^#+ (.*)$", without_blocks(page.read_text(encoding="utf-8")), re.M):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower())
        found.add(plain.replace(" ", "-"))
    return found


def broken_links(page):
    for link in LINK.findall(without_blocks(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_relative_to(ROOT) or (
                not target.exists() and str(target.relative_to(ROOT)) not in MADE):
            yield f"{docs_blocks.name_of(page)}: {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{docs_blocks.name_of(page)}: there is no heading #{anchor} in {target.name}"


def not_in_the_index():
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        name = str(page.relative_to(ROOT / "docs"))
        if name != "README.md" and f"({name})" not in index:
            yield f"docs/README.md does not link {name}"


def tests_without_a_test():
    """A name such as `BetterThanDeno.AnExpiredKeyIsNeverReadable` is that of a GoogleTest."""
    sources = "\n".join(path.read_text(encoding="utf-8", errors="replace")
                        for path in (ROOT / "tests").rglob("*.[ch]pp"))
    known = {f"{suite}.{name}" for suite, name in
             re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", sources)}
    for page in docs_blocks.pages():
        for name in re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", page.read_text(encoding="utf-8")):
            if name not in known:
                yield f"{docs_blocks.name_of(page)}: there is no test {name}"


def main():
    problems = []
    for page in docs_blocks.pages() + [ROOT / name for name in TOP if (ROOT / name).exists()]:
        problems += broken_links(page)
    problems += not_in_the_index()
    problems += tests_without_a_test()
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
