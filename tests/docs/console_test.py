#!/usr/bin/env python3
"""console_test.py TURNTABLE [--update]: runs the console blocks of the docs.

A block holds commands after "$ " and below each what it prints, both streams; a line "[exit 3]"
tells an exit code that is not 0. The blocks of one page run one after the other in one empty
folder. The block after "<!-- console: file NAME -->" is not run: it is the content of that file.
docs/cli.md has to name every verb and option.
With --update the pages get what the commands print.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import docs_blocks  # noqa: E402

VARIES = [
    (r"\b\d+(\.\d+)? (ms|s)\b", "<time>"),
    (r'"latency_ms":[0-9.e-]+', '"latency_ms":<time>'),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\b[0-9a-f]{16}0000\b", "<versionstamp>"),
    (r"\b\d{4}-\d\d-\d\dT[0-9:]{8}Z", "<moment>"),
    (r'"modified_ms":\d+,"etag":"[^"]*"', '"modified_ms":<moment>,"etag":"<etag>"'),
    (r"[ \t]+$", ""),
]


def normal(text):
    for pattern, replacement in VARIES:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text


def run(command, folder, environment):
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    text = done.stdout if not done.stdout or done.stdout.endswith("\n") else done.stdout + "\n"
    return text + (f"[exit {done.returncode}]\n" if done.returncode else "")


def played(block, folder, environment):
    text, lines = "", block.text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.startswith("$ "):
            continue  # output of the command before
        command = line[2:]
        text += line + "\n"
        while command.endswith("\\") and at < len(lines):
            command += "\n" + lines[at]
            text += lines[at] + "\n"
            at += 1
        text += run(command, folder, environment)
    return text


def check_page(page, tools, update):
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    problems = []
    content = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        environment["HOME"] = environment["TMPDIR"] = folder
        for block in docs_blocks.blocks(page):
            if block.how.startswith("console: file "):
                name = block.how.removeprefix("console: file ")
                (pathlib.Path(folder) / name).write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                got = played(block, folder, environment)
                if normal(got) == normal(block.text):
                    continue
                if update:
                    content = content.replace(f"```console\n{block.text}", f"```console\n{got}", 1)
                else:
                    problems += [block.place() + ":"] + list(difflib.unified_diff(
                        normal(block.text).splitlines(), normal(got).splitlines(), lineterm="",
                        fromfile="the page", tofile="what is printed"))
    if update:
        page.write_text(content, encoding="utf-8")
    return problems


def undocumented(program):
    """The verbs and options that docs/cli.md does not name."""
    script = subprocess.run([program, "completion", "bash"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    words = {word for found in re.findall(r'words="([^"]+)"', script) for word in found.split()}
    page = (docs_blocks.ROOT / "docs/cli.md").read_text(encoding="utf-8")
    for word in sorted(words - {"--help"}):
        if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", page):
            yield f"docs/cli.md does not name {word}"


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    tools = program.parent
    problems = list(undocumented(program))
    for page in docs_blocks.pages():
        problems += check_page(page, tools, "--update" in sys.argv)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
