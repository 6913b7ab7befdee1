"""Shows for every rule of tools/tidy that it can fail, and that right code passes it."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("tidy", str(ROOT / "tools" / "tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

DOC = "/// One thing.\n/// Purpose: x. Ownership: x. Threads: x. Errors: x.\n"
HEADER = "#pragma once\n\n" + DOC + "class Thing {\n};\n"
TO_DO = "TO" + "DO"


def found(rule, tree):
    """The names of what the rule finds."""
    return [name for _, _, name, _ in rule(tree)]


def lines_of(count, line="    x();\n"):
    return line * count


class Arrows(unittest.TestCase):
    FILES = {
        "include/turntable/core/a.hpp": "", "include/turntable/kv/b.hpp": "",
        "src/kv/own.hpp": "", "src/net/http.hpp": "", "src/backends/sqlite/s.hpp": "",
        "src/backends/lmdb/l.hpp": "", "src/cli/main.hpp": "",
    }

    def arrows(self, path, included):
        tree = dict(self.FILES)
        tree[path] = f'#include "{included}"\n'
        return found(tidy.rule_arrows, tree)

    def test_downward_passes(self):
        for path, included in [
                ("src/kv/x.cpp", "turntable/core/a.hpp"), ("src/kv/x.cpp", "own.hpp"),
                ("src/backends/sqlite/x.cpp", "turntable/kv/b.hpp"),
                ("src/backends/sqlite/x.cpp", "net/http.hpp"),
                ("src/backends/sqlite/x.cpp", "s.hpp"), ("src/cli/x.cpp", "net/http.hpp"),
                ("conformance/x.cpp", "turntable/kv/b.hpp")]:
            self.assertEqual(self.arrows(path, included), [], (path, included))

    def test_upward_and_sideways_fail(self):
        for path, included in [
                ("src/core/x.cpp", "turntable/kv/b.hpp"),
                ("include/turntable/core/x.hpp", "turntable/kv/b.hpp"),
                ("src/kv/x.cpp", "backends/sqlite/s.hpp"),
                ("src/kv/x.cpp", "../net/http.hpp"),
                ("src/net/x.cpp", "turntable/kv/b.hpp"),
                ("src/backends/sqlite/x.cpp", "backends/lmdb/l.hpp"),
                ("src/backends/sqlite/x.cpp", "cli/main.hpp"),
                ("conformance/x.cpp", "backends/sqlite/s.hpp")]:
            self.assertEqual(self.arrows(path, included), ["arrows"], (path, included))

    def test_every_layer_has_its_row(self):
        self.assertEqual({layer for _, layer in tidy.LAYERS} - set(tidy.BELOW), set())

    def test_no_two_layers_point_at_each_other(self):
        for layer, below in tidy.BELOW.items():
            for other in below:
                self.assertNotIn(layer, tidy.BELOW[other], (layer, other))

    def test_network_layer_has_no_word_of_storage(self):
        rule = tidy.rule_net_knows_no_storage
        self.assertEqual(found(rule, {"src/net/a.cpp": "// a Database\n"}), ["net"])
        self.assertEqual(found(rule, {"src/net/a.cpp": "// an octet\n"}), [])
        self.assertEqual(found(rule, {"src/kv/a.cpp": "// a database\n"}), [])

    def test_foreign_headers_stay_where_they_belong(self):
        rule = tidy.rule_foreign_headers
        for path, included in [("src/kv/a.cpp", "sqlite3.h"), ("src/kv/a.cpp", "toml++/toml.h"),
                               ("include/turntable/kv/a.hpp", "nlohmann/json.hpp"),
                               ("src/core/a.cpp", "CLI/CLI.hpp"), ("src/kv/a.cpp", "boost/x.hpp")]:
            self.assertEqual(found(rule, {path: f"#include <{included}>\n"}), ["foreign"])
        self.assertEqual(found(rule, {"src/backends/sqlite/a.cpp": "#include <sqlite3.h>\n"}), [])


class Form(unittest.TestCase):
    def test_pragma_once(self):
        self.assertEqual(found(tidy.rule_pragma_once, {"a.hpp": "int x;\n"}), ["pragma_once"])
        self.assertEqual(found(tidy.rule_pragma_once, {"a.hpp": "#pragma once\n"}), [])

    def test_line_length_on_both_sides(self):
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": "x" * 100 + "\n"}), [])
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": "x" * 101 + "\n"}), ["line_length"])
        raw = 'auto t = R"(\n' + "x" * 101 + '\n)";\n'
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": raw}), [])

    def test_file_length_on_both_sides(self):
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": "x;\n" * 700}), [])
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": "x;\n" * 701}), ["file_length"])

    def test_white_space(self):
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": "x; \n"}), ["white_space"])
        self.assertEqual(found(tidy.rule_lines, {"a.cpp": "\tx;\n"}), ["white_space"])

    def test_file_size(self):
        self.assertEqual(found(tidy.rule_file_size, {"a": "x" * (1 << 20)}), [])
        self.assertEqual(found(tidy.rule_file_size, {"a": "x" * ((1 << 20) + 1)}), ["file_size"])

    def test_file_name(self):
        self.assertEqual(found(tidy.rule_snake_case_names, {"src/MyFile.cpp": ""}), ["file_name"])
        self.assertEqual(found(tidy.rule_snake_case_names, {"src/my_file.cpp": ""}), [])

    def test_notes_to_self(self):
        rule = tidy.rule_no_notes_to_self
        self.assertEqual(found(rule, {"a.cpp": f"// {TO_DO}: later\n"}), ["notes"])
        self.assertEqual(found(rule, {"a.cpp": "// done\n"}), [])

    def test_machine_paths(self):
        rule = tidy.rule_no_machine_paths
        self.assertEqual(found(rule, {"a.cpp": '"/' + 'home/me/x"\n'}), ["machine_path"])
        self.assertEqual(found(rule, {"a.cpp": '"/usr/lib/x" "a/home/b"\n'}), [])

    def test_changelog(self):
        self.assertEqual(found(tidy.rule_changelog, {}), ["changelog"])
        self.assertEqual(found(tidy.rule_changelog, {"CHANGELOG.md": "## [Unreleased]\n"}), [])

    def test_links(self):
        tree = {"docs/a.md": "[x](b.md) [y](../src) [z](https://x.org/y)", "docs/b.md": "",
                "src/kv/c.cpp": ""}
        self.assertEqual(found(tidy.rule_links, tree), [])
        self.assertEqual(found(tidy.rule_links, {"docs/a.md": "[x](lost.md)"}), ["link"])


class FunctionLength(unittest.TestCase):
    def length(self, text):
        return found(tidy.rule_function_length, {"a.cpp": text})

    def test_both_sides_of_the_limit(self):
        self.assertEqual(self.length("void f() {\n" + lines_of(68) + "}\n"), [])
        self.assertEqual(self.length("void f() {\n" + lines_of(69) + "}\n"), ["function_length"])

    def test_in_namespaces_classes_and_with_specifiers(self):
        body = lines_of(70)
        for head in ["int f() const noexcept", "template <class T>\nauto g(T a) -> int",
                     "Thing::Thing(int a) : a_(a), b_(a)", "bool operator()(int a) const",
                     "[[nodiscard]] Result<void> h(\n    int a,\n    int b)"]:
            text = f"namespace x {{\nclass Y {{\n  public:\n{head} {{\n{body}}}\n}};\n}}\n"
            self.assertEqual(self.length(text), ["function_length"], head)

    def test_scopes_and_tables_may_be_long(self):
        body = "    int x;\n" * 90
        for head in ["namespace a {", "class [[nodiscard]] A final : public B<int> {",
                     "enum class E : std::uint8_t {", "constexpr Row rows[] = {",
                     "template <class T>\n    requires(sizeof(T) > 1)\nstruct S {"]:
            self.assertEqual(self.length(f"{head}\n{body}}};\n"), [], head)

    def test_a_table_inside_a_function_counts_as_one_line(self):
        rows = '        {"name", 1, [](int a) { return a; }},\n' * 90
        for head in ["    return {\n", "    static const Row rows[] = {\n"]:
            text = "std::vector<Row> rows() {\n" + head + rows + "    };\n"
            self.assertEqual(self.length(text + "}\n"), [], head)
            self.assertEqual(self.length(text + lines_of(70) + "}\n"), ["function_length"], head)

    def test_braces_in_texts_and_comments_do_not_count(self):
        text = 'void f() {\n  g("}{{"); // }}}\n  h(\'{\');\n}\n' + "void g() {\n}\n" * 40
        self.assertEqual(self.length(text), [])


class BannedCalls(unittest.TestCase):
    def banned(self, path, code):
        return found(tidy.rule_banned_calls, {path: code + "\n"})

    def test_each_is_found(self):
        for code, rule in [
                ("std::this_thread::sleep_for(1s);", "sleep"), ("usleep(1);", "sleep"),
                ("int x = rand();", "rand"), ("std::random_device d;", "random_device"),
                ("std::chrono::steady_clock::now();", "clock"), ("time(nullptr);", "clock"),
                ("worker.detach();", "detach"), ("std::system(command);", "system"),
                ('system("ls");', "system"), ("popen(a, b);", "popen"),
                ("std::abort();", "abort"), ("exit(1);", "abort"),
                ('std::getenv("X");', "environment"), ("std::cout << 1;", "stream"),
                ('std::printf("x");', "stream"), ("strcpy(a, b);", "unsafe_c"),
                ("signal(SIGINT, f);", "signal")]:
            self.assertEqual(self.banned("src/kv/a.cpp", code), [rule], code)

    def test_right_code_passes(self):
        for code in ["writer->abort(context);", "Result<void> abort(const Context& context);",
                     "// never call abort() or rand()", 'auto s = "sleep_for(";',
                     "Clock& clock = Clock::system();", "context.deadline = clock.now();",
                     "operand(1);", "my_exit(1);", "fsync(f);"]:
            self.assertEqual(self.banned("src/kv/a.cpp", code), [], code)

    def test_a_program_may_print_but_a_test_may_not_sleep(self):
        self.assertEqual(self.banned("tests/unit/a.cpp", "std::cout << 1;"), [])
        self.assertEqual(self.banned("tests/unit/a.cpp", "sleep_for(x);"), ["sleep"])
        for code in ["std::cerr << 1;", 'getenv("X");', "sigaction(a, b, c);",
                     "std::chrono::steady_clock::now();"]:
            self.assertEqual(self.banned("src/cli/a.cpp", code), [], code)
        for code, rule in [("exit(1);", "abort"), ("sleep_for(x);", "sleep"), ("rand();", "rand")]:
            self.assertEqual(self.banned("src/cli/a.cpp", code), [rule], code)


class Docs(unittest.TestCase):
    def docs(self, text):
        return found(tidy.rule_public_docs, {"include/turntable/core/a.hpp": text})

    def test_a_documented_header_passes(self):
        self.assertEqual(self.docs(HEADER), [])

    def test_each_word_is_needed(self):
        for word in ["Purpose", "Ownership", "Threads", "Errors"]:
            self.assertEqual(self.docs(HEADER.replace(word, "Nothing")),
                             ["header_doc", "type_doc"], word)

    def test_each_type_needs_a_doc(self):
        for declared in ["struct A {\n};\n", "enum class A {\n};\n", "enum class A { a, b };\n",
                         "class TURNTABLE_EXPORT A {\n};\n",
                         "template <class T>\nclass [[nodiscard]] A {\n};\n"]:
            self.assertEqual(self.docs(HEADER + declared), ["type_doc"], declared)

    def test_details_and_forward_declarations_need_none(self):
        text = "namespace detail {\nstruct A {\n};\n}  // namespace detail\nclass B;\n"
        self.assertEqual(self.docs(HEADER + text), [])


class ErrorCodes(unittest.TestCase):
    HEADER = {"include/turntable/core/error.hpp":
              "enum class ErrorCode : int {\n    io,  ///< x\n    busy,  ///< y\n};\n"}

    def test_each_code_is_named_by_a_test(self):
        rule = tidy.rule_error_codes_are_tested
        both = {"tests/unit/a.cpp": "ErrorCode::io ErrorCode::busy"}
        self.assertEqual(found(rule, {**self.HEADER, **both}), [])
        one = {"tests/unit/a.cpp": "ErrorCode::io"}
        self.assertEqual(found(rule, {**self.HEADER, **one}), ["error_codes"])
        self.assertEqual(found(rule, {}), ["error_codes"])


class AllowList(unittest.TestCase):
    TREE = {"CHANGELOG.md": "## [Unreleased]\n", "src/kv/a.cpp": "abort();\n"}

    def names(self, allow):
        findings = tidy.check({**self.TREE, **ErrorCodes.HEADER, tidy.ALLOW_LIST: allow,
                               "tests/a.cpp": "// ErrorCode::io ErrorCode::busy\n"})
        return [name for path, _, name, _ in findings if path in ("src/kv/a.cpp", tidy.ALLOW_LIST)]

    def test_an_entry_excuses_one_rule_in_one_file(self):
        self.assertEqual(self.names(""), ["abort"])
        self.assertEqual(self.names("abort src/kv/a.cpp it cannot go on\n"), [])
        self.assertEqual(self.names("abort src/kv/b.cpp reason\n"), ["abort", "allow_list"])

    def test_an_entry_needs_a_reason_and_a_use(self):
        self.assertEqual(self.names("abort src/kv/a.cpp\n"), ["allow_list"])
        self.assertEqual(self.names("abort src/kv/a.cpp why\nrand src/kv/a.cpp why\n"),
                         ["allow_list"])


class Everything(unittest.TestCase):
    def test_every_rule_has_a_test_here(self):
        own = pathlib.Path(__file__).read_text()
        for rule in tidy.RULES:
            self.assertIn(f"tidy.{rule.__name__}", own)


if __name__ == "__main__":
    unittest.main()
