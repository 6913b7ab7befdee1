"""Shows that tools/report counts what passed, failed, was skipped, and what did not run at all."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

REPORT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "report"
PASSED = '<testcase name="a" status="run"/>'
FAILED = '<testcase name="b" status="fail"><failure/><system-out>it broke</system-out></testcase>'
SKIPPED = ('<testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
           '<system-out>x.cpp:3: Skipped\nno server here\n</system-out></testcase>')
NOT_BUILT = ('<testcase name="d" status="notrun">'
             '<skipped message="Unable to find executable"/></testcase>')


WHOLE = '<testcase name="part.unit.1" status="run"/>'
GTEST = ('<testcase name="{}" classname="Unit" status="run" result="{}">{}</testcase>')
GTEST_PASSED = GTEST.format("Works", "completed", "")
GTEST_FAILED = GTEST.format("Breaks", "completed", '<failure message="it broke"/>')
GTEST_SKIPPED = GTEST.format("Waits", "skipped", '<skipped message="x.cpp:3&#x0A;no server here"/>')


def report(cases, steps="", tests=None):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if cases is not None:
            (folder / "unit.xml").write_text(f"<testsuite>{''.join(cases)}</testsuite>")
        if tests is not None:
            (folder / "asan.gtest").mkdir()
            (folder / "asan.gtest" / "unit.1.xml").write_text(
                f"<testsuites><testsuite>{''.join(tests)}</testsuite></testsuites>")
        if steps:
            (folder / "steps.txt").write_text(steps)
        done = subprocess.run([sys.executable, REPORT, name], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout.splitlines()


class Report(unittest.TestCase):
    def test_all_passed(self):
        self.assertEqual(report([PASSED, PASSED]), (0, ["2 passed, 0 failed"]))

    def test_a_failure_is_shown_and_fails(self):
        code, lines = report([PASSED, FAILED])
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED unit: b", lines)
        self.assertIn("    it broke", lines)

    def test_a_skip_is_counted_with_its_reason(self):
        code, lines = report([PASSED, SKIPPED])
        self.assertEqual((code, lines),
                         (0, ["skipped unit: c: no server here", "1 passed, 0 failed, 1 skipped"]))

    def test_a_test_that_was_not_built_has_failed(self):
        self.assertEqual(report([PASSED, NOT_BUILT])[1][-1], "1 passed, 1 failed")

    def test_steps_count(self):
        steps = "passed\tfuzz_a\t\nfailed\tbuild of asan\tsee the log\n"
        self.assertEqual(report([PASSED], steps)[1][-1], "2 passed, 1 failed")

    def test_the_tests_of_a_part_count_and_not_the_part(self):
        code, lines = report([WHOLE], tests=[GTEST_PASSED, GTEST_PASSED, GTEST_SKIPPED])
        self.assertEqual((code, lines), (0, ["skipped asan: Unit.Waits: no server here",
                                             "2 passed, 0 failed, 1 skipped"]))

    def test_a_failure_in_a_part_is_named(self):
        code, lines = report([FAILED], tests=[GTEST_PASSED, GTEST_FAILED])
        self.assertEqual((code, lines[-1]), (1, "1 passed, 2 failed"))
        self.assertIn("FAILED asan: Unit.Breaks", lines)
        self.assertIn("    it broke", lines)

    def test_what_did_not_fail_does_not_hide_what_did(self):
        quiet = "[ RUN      ] A.b\n[       OK ] A.b (0 ms)\n[  SKIPPED ] A.c\n" * 50
        failed = FAILED.replace("it broke", "it broke\n" + quiet)
        self.assertEqual(report([failed])[1],
                         ["FAILED unit: b", "    it broke", "0 passed, 1 failed"])

    def test_nothing_run_is_a_failure(self):
        for cases in [None, [], [SKIPPED]]:
            self.assertEqual(report(cases)[0], 1)

    def test_an_unreadable_file_is_a_failure(self):
        self.assertEqual(report(["<testcase"])[1][-1], "0 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
