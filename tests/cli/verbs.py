"""What the tests of the command line know of all its verbs, from its own manual pages."""

import pathlib
import re
import subprocess
import tempfile


def manual(program):
    """{page name: text} of all pages."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "man", folder], check=True)
        return {path.stem: path.read_text(encoding="utf-8")
                for path in pathlib.Path(folder).iterdir()}


def verbs(pages):
    """The verbs that do something, as a person types them, and whether they take --json."""
    for page in pages.values():
        spoken = re.search(r"^\.SH SYNOPSIS\n\.B (.*)$", page, re.M).group(1)
        if ".SH VERBS" not in page:
            words = spoken.replace("\\-", "-").split()[1:]
            yield " ".join(words), "\\-\\-json" in page
