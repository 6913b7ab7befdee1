#!/usr/bin/env python3
"""extract_cpp.py BLOCKING.cpp AWAITED.cpp: makes test programs of the C++ blocks of the docs.

What a block is, says the comment before it:
  (none)                   statements; they find an empty database `db` and a `registry`
  <!-- cpp: program -->    a whole program with main()
  <!-- cpp: declarations -->  for the blocks that follow on the page
  <!-- cpp: blob -->       statements; they find an empty blob::Store `store`, and its `registry`
  <!-- cpp: coroutine -->  statements of a coroutine; `db` is a kv::AsyncDatabase
  <!-- cpp: test -->       a GoogleTest of its own
Each block is compiled, and all but declarations run, each in an empty folder.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import docs_blocks  # noqa: E402

KINDS = ("", "cpp: program", "cpp: declarations", "cpp: blob", "cpp: coroutine", "cpp: test")
INCLUDE = re.compile(r"^#include .*$", re.M)
HEAD = '#include "docs/docs_test.hpp"\n'


def page_namespace(page):
    return "docs_" + re.sub(r"\W", "_", docs_blocks.name_of(page))


def test_name(block):
    page = docs_blocks.name_of(block.page).removesuffix(".md").removeprefix("docs/")
    return re.sub(r"\W", "_", page) + f"_line_{block.line}"


def code_of(block):
    """The text without its includes, which go to the top, and with its own line numbers."""
    text = INCLUDE.sub("", block.text)
    return f'#line {block.line} "{docs_blocks.name_of(block.page)}"\n{text}'


def wrapped(block):
    code, name = code_of(block), test_name(block)
    if block.how in ("cpp: declarations", "cpp: test"):
        return code
    if block.how == "cpp: program":
        code = re.sub(r"\bint main\(\)", "int program_main()", code)
        end = code.rindex("}")  # of main, which needs no return
        code = code[:end] + "return 0; " + code[end:]
        return (f"namespace {name} {{\n{code}\n}}\n"
                f"TEST_F(Docs, {name}) {{ EXPECT_EQ({name}::program_main(), 0); }}\n")
    if block.how == "cpp: coroutine":
        return (f"inline Async<void> {name}(kv::AsyncDatabase db) {{\n{code}\nco_return {{}};\n}}\n"
                f"TEST_F(Docs, {name}) {{ expect_ok({name}(database()).wait()); }}\n")
    if block.how == "cpp: blob":
        return (f"inline Result<void> {name}(blob::Registry& registry, blob::Store& store) {{\n"
                f"{code}\nreturn {{}};\n}}\n"
                f"TEST_F(Docs, {name}) {{\nblob::Store store = blob_store();\n"
                f"expect_ok({name}(blob_registry(), store));\n}}\n")
    return (f"inline Result<void> {name}(kv::Registry& registry, kv::Database& db) {{\n"
            f"{code}\nreturn {{}};\n}}\n"
            f"TEST_F(Docs, {name}) {{\nauto db = database();\n"
            f"expect_ok({name}(registry(), db));\n}}\n")


def main():
    texts = {False: [], True: []}
    includes = {False: set(), True: {"#include <turntable/kv_async.hpp>"}}
    for page in docs_blocks.pages():
        awaited = [b for b in docs_blocks.blocks(page) if b.how == "cpp: coroutine"]
        for block in docs_blocks.blocks(page):
            if block.language != "cpp" or block.how.startswith("from:"):
                continue
            if block.how not in KINDS:
                raise SystemExit(f"{block.place()}: unknown kind of block: {block.how}")
            # Declarations of a page with coroutines may be what those call.
            is_awaited = block.how == "cpp: coroutine"
            includes[is_awaited].update(INCLUDE.findall(block.text))
            body = (f"namespace {page_namespace(page)} {{\nusing namespace turntable;\n"
                    f"namespace kv = turntable::kv;\nnamespace blob = turntable::blob;\n"
                    f"using namespace std::chrono_literals;\n"
                    f"{wrapped(block)}}}\n")
            texts[is_awaited].append(body)
            if block.how == "cpp: declarations" and awaited:
                includes[True].update(INCLUDE.findall(block.text))
                texts[True].append(body)
    for out, is_awaited in ((sys.argv[1], False), (sys.argv[2], True)):
        text = HEAD + "\n".join(sorted(includes[is_awaited])) + "\n" + "\n".join(texts[is_awaited])
        path = pathlib.Path(out)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
