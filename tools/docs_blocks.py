"""What tools/generate_docs and tests/docs know of the pages: their blocks and generated parts."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)[ \t]*$")
DIRECTIVE = re.compile(r"^<!-- (cpp|console|from): *(.*?) *-->$")
GENERATED = re.compile(r"(<!-- generated: (.+?) -->\n)(.*?)(<!-- end generated -->)", re.S)


def pages():
    """Every page that is checked, README.md first."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page):
    return str(page.relative_to(ROOT))


class Block:
    """One fenced block: `how` is what the comment before it says, `line` where its text begins."""

    def __init__(self, page, language, how, line, text):
        self.page, self.language, self.how = page, language, how
        self.line, self.text = line, text

    def place(self):
        return f"{name_of(self.page)}:{self.line}"


def blocks(page):
    found, how, opened = [], "", None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if opened is not None:
            if line == "```":
                found.append(Block(page, opened[0], how, opened[1], "".join(opened[2])))
                how, opened = "", None
            else:
                opened[2].append(line + "\n")
        elif match := FENCE.match(line):
            opened = (match.group(1), number + 1, [])
        elif match := DIRECTIVE.match(line):
            how = f"{match.group(1)}: {match.group(2)}"
        elif line:
            how = ""
    if opened is not None:
        raise SystemExit(f"{name_of(page)}:{opened[1]}: the block is not closed")
    return found
