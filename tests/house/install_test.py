"""Runs tools/install.sh on machines that do not exist: dpkg-query, apt and sudo are scripts."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "install.sh"
TOOLS = ["bash", "cat", "cksum", "stat", "grep", "basename", "paste", "mkdir", "dirname", "env"]
LIST = "# needed\none\ntwo\n\nextra unless a-command\n"

DPKG_QUERY = 'grep -qx "${@: -1}" "$STATE/installed" && echo installed'
APT_CACHE = 'grep -qx "${@: -1}" "$STATE/known"'
APT_GET = """echo "apt-get $*" >>"$STATE/log"
case "$1" in
update) cat "$STATE/known_after_update" >>"$STATE/known" 2>/dev/null || true ;;
install)
    if [ -e "$STATE/broken" ]; then exit 100; fi
    for word in "$@"; do case "$word" in -* | install) ;; *) echo "$word" >>"$STATE/installed" ;;
    esac; done ;;
esac"""


class Machine:
    """A folder with a copy of the script, a PATH of fakes, and what apt knows and has."""

    def __init__(self, folder, installed="", known="one\ntwo\nextra\n", root=True, sudo=False):
        self.root = pathlib.Path(folder)
        self.bin = self.root / "bin"
        (self.root / "tree/tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(SCRIPT, self.root / "tree/tools/install.sh")
        (self.root / "tree/list.txt").write_text(LIST)
        self.state("installed", installed)
        self.state("known", known)
        self.state("log", "")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.command("dpkg-query", DPKG_QUERY)
        self.command("apt-cache", APT_CACHE)
        self.command("apt-get", APT_GET)
        self.command("id", "echo 0" if root else "echo 1000")
        if sudo:
            self.command("sudo", 'echo "sudo" >>"$STATE/log"\nexec "$@"')

    def state(self, name, text=None):
        path = self.root / name
        if text is not None:
            path.write_text(text)
        return path.read_text()

    def command(self, name, body):
        path = self.bin / name
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)

    def run(self):
        done = subprocess.run(
            [shutil.which("bash"), str(self.root / "tree/tools/install.sh"), "list.txt"],
            env={"PATH": str(self.bin), "STATE": str(self.root)}, capture_output=True, text=True,
            check=False)
        return done.returncode, done.stdout + done.stderr


class Install(unittest.TestCase):
    def machine(self, **settings):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Machine(folder.name, **settings)

    def test_says_nothing_when_all_is_there(self):
        machine = self.machine(installed="one\ntwo\nextra\n")
        self.assertEqual(machine.run(), (0, ""))
        self.assertEqual(machine.state("log"), "")

    def test_installs_only_what_is_missing_and_removes_nothing(self):
        machine = self.machine(installed="one\nextra\n")
        code, output = machine.run()
        self.assertEqual((code, output), (0, "Installing with apt: two\n"))
        self.assertEqual(machine.state("log"), "apt-get install -y -q --no-remove "
                         "--no-install-recommends two\n")

    def test_a_command_that_is_there_stands_for_its_package(self):
        machine = self.machine(installed="one\ntwo\n")
        machine.command("a-command", "true")
        self.assertEqual(machine.run(), (0, ""))

    def test_the_second_start_asks_nobody(self):
        machine = self.machine(installed="one\ntwo\nextra\n")
        machine.run()
        machine.command("dpkg-query", "exit 1")
        self.assertEqual(machine.run(), (0, ""))
        (machine.root / "tree/list.txt").write_text(LIST + "three\n")
        self.assertNotEqual(machine.run()[0], 0)

    def test_updates_the_lists_only_when_a_package_is_unknown(self):
        machine = self.machine(known="")
        machine.state("known_after_update", "one\ntwo\nextra\n")
        code, output = machine.run()
        self.assertEqual(code, 0, output)
        self.assertEqual([line.split()[1] for line in machine.state("log").splitlines()],
                         ["update", "install"])

    def test_a_package_that_nobody_knows_is_named(self):
        machine = self.machine(known="one\nextra\n")
        machine.state("known_after_update", "")
        code, output = machine.run()
        self.assertEqual(code, 1)
        self.assertIn("apt knows no such package: two", output)

    def test_without_root_it_uses_sudo(self):
        machine = self.machine(root=False, sudo=True)
        self.assertEqual(machine.run()[0], 0)
        self.assertEqual(machine.state("log").splitlines()[0], "sudo")

    def test_without_root_and_sudo_it_says_what_to_run(self):
        code, output = self.machine(root=False).run()
        self.assertEqual(code, 1)
        self.assertIn("This needs root", output)
        self.assertIn("apt-get install --no-install-recommends one two extra", output)

    def test_a_conflict_is_a_clear_failure(self):
        machine = self.machine()
        machine.state("broken", "")
        code, output = machine.run()
        self.assertEqual(code, 1)
        self.assertIn("apt-get could not install: one two extra", output)


if __name__ == "__main__":
    unittest.main()
