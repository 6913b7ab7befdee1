#!/usr/bin/env python3
"""client.py -- COMMAND ...: the test of a client, against any server of MCP that COMMAND starts.

It asks the notes server of examples/data/notes.tape what a client would, and fails when an answer
is not what it expects or when the server ends with an error.
"""

import json
import subprocess
import sys


class Client:
    def __init__(self, command):
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
        self.last_id = 0

    def send(self, message):
        self.server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.server.stdin.flush()

    def ask(self, method, **params):
        self.last_id += 1
        self.send({"id": self.last_id, "method": method, "params": params})
        for line in self.server.stdout:
            message = json.loads(line)
            if message.get("id") == self.last_id:
                return message
        raise SystemExit(f"no answer to {method}")

    def end(self):
        self.server.stdin.close()
        return self.server.wait(timeout=30)


def main():
    client = Client(sys.argv[sys.argv.index("--") + 1:])
    hello = client.ask("initialize", protocolVersion="2025-11-25", capabilities={},
                       clientInfo={"name": "example", "version": "2"})
    assert hello["result"]["serverInfo"]["name"] == "notes", hello
    client.send({"method": "notifications/initialized"})
    tools = client.ask("tools/list")["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["add", "find"], tools
    client.ask("tools/call", name="add", arguments={"text": "buy milk"})
    found = client.ask("tools/call", name="find", arguments={"word": "milk"})
    assert found["result"]["content"][0]["text"] == "1: buy milk", found
    wrong = client.ask("tools/call", name="find", arguments={"word": ""})
    assert wrong["result"]["isError"], wrong
    return client.end()


if __name__ == "__main__":
    sys.exit(main())
