#!/usr/bin/env python3
"""wrap_test.py TURNTABLE: a recorder goes into the configurations of clients and comes out again,
and everything else stays as it was, byte for byte."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tapes

# As clients and people write them.
CONFIGS = {
    "one line": b'{"mcpServers":{"a":{"command":"cat","args":["-u"]}}}',
    "no arguments": b'{"mcpServers": {"a": {"command": "cat"}}}',
    "no arguments, more behind": b'{"mcpServers":{"a":{"command":"cat","env":{"X":"1"}}}}\n',
    "empty arguments": b'{"mcpServers":{"a":{"command":"cat","args":[]}}}',
    "empty arguments with space": b'{"mcpServers":{"a":{"command":"cat", "args" : [ ] }}}',
    "arguments first": b'{"mcpServers":{"a":{"args":["-u", "-"],"command":"cat"}}}',
    "many lines": b"""{
  "theme": "dark", "size": 1.50e1, "text": "\\u00e9\\/ { [ \\"args\\": [",
  "mcpServers": {
    "a": {
      "type": "stdio",
      "command": "/bin/c\\u0061t",
      "args": [
        "-u",
        "-"
      ],
      "env": {"API_KEY": "k"}
    },
    "web": {"type": "http", "url": "https://example.com/mcp"}
  },
  "last": null
}
""",
    "tabs and carriage returns": b'{\r\n\t"servers": {\r\n\t\t"a": {\r\n\t"command":\t"cat",\r\n'
                                 b'\t"args": [\r\n\t\t"-u"\r\n\t]\r\n\t\t}\r\n\t}\r\n}',
    "a mark of the order of bytes": b'\xef\xbb\xbf{"mcpServers":{"a":{"command":"cat"}}}',
    "projects": b'{"numStartups": 3, "mcpServers": {"a": {"command": "cat", "args": ["-"]}},\n'
                b' "projects": {"/x": {"history": [], "mcpServers": {"b": {"command": "cat"}}}}}',
    "inside mcp": b'{"mcp": {"inputs": [], "servers": {"a": {"command": "cat", "args": ["-"]}}}}',
    "odd names": '{"mcpServers":{"é \\" -- \\u4e16":{"command":"cat","args":["--","record"]}}}'
                 .encode(),
}
REFUSED = {
    "comments": (b'{\n  // mine\n  "mcpServers": {"a": {"command": "cat"}}\n}', b"comments"),
    "no JSON": (b"{", b"no JSON"),
    "a comma too much": (b'{"mcpServers":{"a":{"command":"cat",}}}', b"no JSON"),
    "empty": (b"", b"no JSON"),
    "no servers": (b'{"a":1}', b"no servers"),
    "a list": (b"[]", b"no servers"),
    "a number for a command": (b'{"mcpServers":{"a":{"command":1}}}', b"a text"),
    "words that are none": (b'{"mcpServers":{"a":{"command":"cat","args":["a",1]}}}', b"texts"),
    "a server that is none": (b'{"mcpServers":{"a":"cat"}}', b"object"),
}


class Clients:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.config = folder / "config.json"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False)

    def done(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 0, result
        return result.stdout.decode()

    def backups(self):
        return sorted(self.folder.glob("*.backup-*"))


def servers_in(value):
    """All servers of a configuration, by name."""
    found = dict(value.get("mcpServers", {}), **value.get("servers", {}))
    found.update(value.get("mcp", {}).get("servers", {}))
    for project in value.get("projects", {}).values():
        found.update(project["mcpServers"])
    return found


def without_servers(value):
    """The configuration without what wrapping changes."""
    copy = json.loads(json.dumps(value))
    for server in servers_in(copy).values():
        server.pop("command", None)
        server.pop("args", None)
    return copy


def check_there_and_back(it):
    for name, text in CONFIGS.items():
        it.config.write_bytes(text)
        before = json.loads(text.decode("utf-8-sig"))
        shown = it.done("wrap", str(it.config), "--dry-run")
        assert it.config.read_bytes() == text and not it.backups(), name
        assert shown.count("@@ line") >= 1 and '"record"' in shown, (name, shown)
        it.done("wrap", str(it.config), "--dir", "tapes", "--tag", "x")
        wrapped = it.config.read_bytes()
        assert [one.read_bytes() for one in it.backups()] == [text], name
        after = json.loads(wrapped.decode("utf-8-sig"))
        assert without_servers(before) == without_servers(after), name
        for server, was in servers_in(before).items():
            now = servers_in(after)[server]
            if "command" not in was:
                assert now == was, name
                continue
            assert now["command"] == it.program, (name, now)
            assert now["args"] == ["record", "--best-effort", "--dir", str(it.folder / "tapes"),
                                   "--tag", "x", "--name", server, "--", was["command"],
                                   *was.get("args", [])], (name, now)
        # Again: nothing to do, and no further backup.
        assert "already" in it.done("wrap", str(it.config))
        assert it.config.read_bytes() == wrapped and len(it.backups()) == 1, name
        it.done("unwrap", str(it.config))
        assert it.config.read_bytes() == text, (name, it.config.read_bytes())
        assert "is not wrapped" in it.done("unwrap", str(it.config))
        for one in it.backups():
            one.unlink()


def check_rewritten(it):
    """A client that writes its configuration anew, in its own form."""
    for text in CONFIGS.values():
        it.config.write_bytes(text)
        before = json.loads(text.decode("utf-8-sig"))
        it.done("wrap", str(it.config))
        value = json.loads(it.config.read_bytes().decode("utf-8-sig"))
        it.config.write_text(json.dumps(value, indent=4), encoding="utf-8")
        it.done("unwrap", str(it.config))
        after = json.loads(it.config.read_text(encoding="utf-8"))
        for server in servers_in(before).values():
            if "command" in server:
                server.setdefault("args", [])  # nobody can tell any more
        for server in servers_in(after).values():
            if "command" in server:
                server.setdefault("args", [])
        assert after == before, (before, after)


def check_refusals(it):
    for name, (text, reason) in REFUSED.items():
        it.config.write_bytes(text)
        for verb in ("wrap", "unwrap"):
            done = it.run(verb, str(it.config))
            assert done.returncode in (2, 3) and reason in done.stderr, (name, done)
            assert it.config.read_bytes() == text and not it.backups(), name
    done = it.run("wrap", "no/such/file.json")
    assert done.returncode == 3 and b"claude-desktop" in done.stderr, done
    # A folder that nobody may write into.
    folder = it.folder / "locked"
    folder.mkdir()
    config = folder / "config.json"
    config.write_bytes(CONFIGS["one line"])
    folder.chmod(0o555)
    if os.geteuid() != 0:
        assert it.run("wrap", str(config)).returncode == 1
    folder.chmod(0o755)
    assert config.read_bytes() == CONFIGS["one line"]
    # A backup is never written over.
    it.config.write_bytes(CONFIGS["one line"])
    taken = pathlib.Path(f"{it.config}.backup-1")
    taken.write_text("mine")
    it.done("wrap", str(it.config))
    assert taken.read_text() == "mine" and len(it.backups()) == 2


def check_choice(it):
    text = b'{"mcpServers":{"a":{"command":"cat"},"files":{"command":"cat"}}}'
    it.config.write_bytes(text)
    it.config.chmod(0o600)
    lines = it.done("wrap", str(it.config), "--server", "files", "--json").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"file": str(it.config.resolve()), "server": "files", "action": "wrapped"}], lines
    now = servers_in(json.loads(it.config.read_bytes()))
    assert now["a"] == {"command": "cat"} and now["files"]["command"] == it.program, now
    assert it.config.stat().st_mode & 0o777 == 0o600
    assert it.backups()[0].stat().st_mode & 0o777 == 0o600
    done = it.run("wrap", str(it.config), "--server", "file")
    assert done.returncode == 3 and b'did you mean "files"' in done.stderr, done


def check_clients_by_name(it):
    files = {"claude-desktop": ".config/Claude/claude_desktop_config.json",
             "claude-code": ".claude.json", "cursor": ".cursor/mcp.json",
             "vscode": ".config/Code/User/mcp.json",
             "windsurf": ".codeium/windsurf/mcp_config.json", "gemini-cli": ".gemini/settings.json"}
    for client, path in files.items():
        file = it.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if client == "cursor":  # kept elsewhere, with a link to it
            real = it.folder / "dotfiles.json"
            real.write_bytes(CONFIGS["many lines"])
            file.symlink_to(real)
        else:
            file.write_bytes(CONFIGS["many lines"])
        it.done("wrap", client)
        assert servers_in(json.loads(file.read_bytes()))["a"]["command"] == it.program, client
        assert file.is_symlink() == (client == "cursor")
        it.done("unwrap", client)
        assert file.read_bytes() == CONFIGS["many lines"], client


def check_that_it_records(it):
    it.config.write_bytes(CONFIGS["many lines"])
    shown = it.done("wrap", str(it.config), "--dir", "recorded", "--dry-run")
    assert "web: has no command" in shown, shown
    it.done("wrap", str(it.config), "--dir", "recorded")
    server = servers_in(json.loads(it.config.read_bytes()))["a"]
    done = subprocess.run([server["command"], *server["args"]], input=b"hello\n", cwd="/",
                          env=it.environment, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"hello\n"
    [tape] = (it.folder / "recorded").iterdir()
    [head] = tapes.of_kind(tape, "head")
    assert head["name"] == "a" and head["command"] == ["/bin/cat", "-u", "-"], head


def check_secrets(it):
    it.config.write_bytes(
        b'{"mcpServers":{"a":{"command":"cat","env":{"API_KEY":"canary-81723"}}}}')
    assert "canary" not in it.done("wrap", str(it.config), "--dry-run")


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    checks = [value for name, value in globals().items() if name.startswith("check_")]
    for check in checks:
        with tempfile.TemporaryDirectory() as folder:
            check(Clients(program, pathlib.Path(folder).resolve()))
    print(len(checks), "checks of turntable wrap hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
