#!/usr/bin/env python3
"""operation_test.py TURNTABLE: how a server is set up, watched over, backed up and killed."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import threading
import time
import urllib.error
import urllib.request

from serving import TOKEN, TURNTABLE, ServerCase, environment, main, until


EXCHANGE = {"supportedVersions": [1, 2, 3]}


def post(url, body, token=TOKEN, timeout=60):
    """Status and text."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {
        "authorization": f"Bearer {token}", "content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def names_in(folder):
    """All that is in a folder of backups but the lock, which stays."""
    names = set(os.listdir(folder)) if folder.exists() else set()
    return names - {"main.backup-lock"}


class OperationTest(ServerCase):
    def configure(self, text):
        path = self.folder / "turntable.toml"
        path.write_text(text.replace("FOLDER", str(self.folder)))
        return str(path)

    def test_the_file_says_what_is_served_and_the_command_line_is_stronger(self):
        config = self.configure(
            '[kv.app]\nurl = "sqlite:FOLDER/app.db"\n'
            '[serve]\naccess_token = "${SERVE_TOKEN}"\nmetrics_listen = "127.0.0.1:0"\n'
            '[serve.databases.app]\nrequests = 1\nrequests_burst = 2\n'
            '[serve.databases.other]\nurl = "memory:"\nread_only = true\n')
        server = self.serve("--config", config, SERVE_TOKEN=TOKEN)
        for _ in range(2):
            self.assertEqual(post(server.url, EXCHANGE)[0], 200)
        self.assertEqual(post(server.url + "/db/app", EXCHANGE)[0], 429)
        status, text = post(server.url + "/db/other/queue/enqueue", {"value": 1})
        self.assertEqual((status, "reading only" in text), (403, True))
        until(lambda: "metrics: " in "".join(server.said))
        self.assertEqual(server.end(), 0)
        self.assertNotIn(TOKEN, server.text)
        server = self.serve("single=memory:", "--config", config, "--set", "requests=1",
                            "--access-token", "another-token-of-tests", SERVE_TOKEN=TOKEN)
        self.assertEqual(post(server.url + "/db/single", EXCHANGE)[0], 401)
        self.assertEqual(post(server.url + "/db/app", EXCHANGE, "another-token-of-tests")[0], 404)

    def test_a_store_of_the_command_line_is_served_instead_of_those_of_the_file(self):
        config = self.configure(f'[serve]\naccess_token = "{TOKEN}"\n'
                                '[serve.databases.app]\nurl = "memory:"\n')
        self.assertEqual(self.cli("kv", "set", "a", "1", "-s", str(self.folder / "s.db"))[0], 0)
        server = self.serve("--config", config, "--store", f"{self.folder}/s.db")
        self.assertEqual(post(server.url + "/db/app", EXCHANGE)[0], 404)
        self.assertEqual(post(server.url + "/db/main", EXCHANGE)[0], 200)
        self.assertIn("main: ", "".join(server.said) + get(server.url + "/readyz"))

    def test_mistakes_in_the_file_are_told_with_their_place(self):
        for text, says in (
                ('[serve]\nlissen = ":1"\n',
                 ':2:10: serve: unknown setting "lissen"; did you mean "listen"?'),
                ('[serve.databases.a]\nurl = "memory:"\nbackup_evry = "1h"\n',
                 'did you mean "backup_every"?'),
                ('[serve.database.a]\n',
                 'unknown table "serve.database"; did you mean "databases"?'),
                ('[serve]\nread_only = true\n[serve.databases.a]\nurl = "memory:"\n'
                 'webhook_url = "http://h"\n', "pushes no messages"),
                ('[serve.databases.a]\nurl = "memory:"\nwebhook_url = "h"\n', "begins with http"),
                ('[serve]\naccess_token = "short"\n', "12 to 1024")):
            config = self.configure(text)
            done = subprocess.run([TURNTABLE, "serve", "--config", config], capture_output=True,
                                  text=True, timeout=60, env=environment(), cwd=self.folder)
            self.assertEqual(done.returncode, 5, text)
            self.assertIn(says, done.stderr)
            self.assertNotIn('"short"', done.stderr)

    def test_a_kill_in_the_midst_of_a_backup_leaves_the_older_ones_whole(self):
        store = f"sqlite:{self.folder}/app.db"
        self.serve(f"main={store}", "--access-token", TOKEN).end()
        with sqlite3.connect(self.folder / "app.db") as database:
            for i in range(500):
                database.execute("insert into kv (k, v, v_encoding, version, seq) "
                                 "values (?, ?, 3, 1, 0)",
                                 (b"\x02k\x00\x02%d\x00" % i, b"x" * 40_000))
        database.close()
        config = self.configure(
            f'[serve]\naccess_token = "{TOKEN}"\n[serve.databases.main]\nurl = "{store}"\n'
            'backup_folder = "FOLDER/backups"\nbackup_every = "1s"\nbackup_keep = 3\n')
        folder = self.folder / "backups"
        rounds = torn = 0
        while torn < 4 or rounds < 12:
            rounds += 1
            self.assertLess(rounds, 100, "no kill came in the midst of a backup")
            server = self.serve("--config", config)
            # A new one is due within a second. The kill comes while it is written, or as it is
            # given its name and the oldest goes.
            ending = ".backup" if rounds % 3 == 0 else ""
            before = names_in(folder)
            until(lambda: any(name.endswith(ending) for name in names_in(folder) - before), 30,
                  pause=0)
            server.end(signal.SIGKILL)
            names = sorted(names_in(folder))
            torn += any(not name.endswith(".backup") for name in names)
            whole = [name for name in names if name.endswith(".backup")]
            for name in whole:
                copy = sqlite3.connect(f"file:{folder / name}?immutable=1", uri=True)
                self.assertEqual(copy.execute("pragma integrity_check").fetchone(), ("ok",))
                self.assertEqual(copy.execute("select count(*) from kv").fetchone(), (500,))
                copy.close()
            self.assertLessEqual(len(whole), 4)  # one more, when killed before the oldest went
        server = self.serve("--config", config)
        # What was torn is gone, three stay, and health and metrics tell of the newest.
        until(lambda: "a backup was made" in "".join(server.said))
        until(lambda: len([n for n in names_in(folder) if n.endswith(".backup")]) == 3)
        self.assertIn("backup of main: 20", get(server.url + "/readyz"))
        server.end()
        self.assertEqual(len(names_in(folder)), 3, names_in(folder))
        newest = folder / max(names_in(folder))
        restored = str(self.folder / "restored.db")
        self.assertEqual(self.cli("kv", "restore", str(newest), "-s", restored)[0], 0)
        self.assertEqual(self.cli("kv", "verify", store, restored)[0], 0)

    def test_a_kill_while_the_token_file_is_made_leaves_none_or_a_whole_one(self):
        tokens = self.folder / "tokens"
        made = 0
        for number in range(40):
            process = subprocess.Popen(
                [TURNTABLE, "serve", "memory:", "--listen", "127.0.0.1:0", "--token-file", tokens],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=environment())
            # As it is there, or as soon as anything of it is.
            until((lambda: tokens.exists()) if number % 2 else
                  (lambda: any(name.startswith("tokens") for name in names_in(self.folder))),
                  pause=0)
            process.kill()
            process.wait()
            if tokens.exists():
                made += 1
                self.assertEqual(stat.S_IMODE(tokens.stat().st_mode), 0o600)
                lines = [line for line in tokens.read_text().splitlines()
                         if line and not line.startswith("#")]
                self.assertEqual(len(lines), 1)
                tokens.unlink()
            for rest in self.folder.glob("tokens.new-*"):
                rest.unlink()
        self.assertGreaterEqual(made, 20)
        self.serve("memory:", "--token-file", str(tokens))  # whatever the kills left

    def rotate(self, tokens, text):
        beside = tokens.with_name("tokens.new")
        beside.write_text(text)
        beside.chmod(0o600)
        beside.rename(tokens)

    def test_a_kill_in_the_midst_of_a_rotation_leaves_the_file_that_counts(self):
        tokens, old = self.folder / "tokens", "token-of-the-day-0"
        self.rotate(tokens, old + "\n")
        for day in range(1, 6):
            server = self.serve("memory:", "--token-file", str(tokens))
            self.assertEqual(post(server.url, EXCHANGE, old)[0], 200)
            new = f"token-of-the-day-{day}"
            self.rotate(tokens, new + "\n")
            if day % 2:
                until(lambda: post(server.url, EXCHANGE, new)[0] == 200)
            server.end(signal.SIGKILL)
            server = self.serve("memory:", "--token-file", str(tokens))
            self.assertEqual(post(server.url, EXCHANGE, new)[0], 200)
            self.assertEqual(post(server.url, EXCHANGE, old)[0], 401)
            server.end(signal.SIGKILL)
            old = new

    def test_a_take_that_waits_ends_with_its_token(self):
        tokens = self.folder / "tokens"
        self.rotate(tokens, f"{TOKEN}\nthe-token-that-stays\n")
        server = self.serve("memory:", "--token-file", str(tokens), "--set", "keep_alive=200ms")
        answers = []
        taker = threading.Thread(target=lambda: answers.append(
            post(server.url + "/queue/take", {"waitMs": 60000})))
        taker.start()
        time.sleep(0.5)  # it waits; were it answered meanwhile, this would tell
        self.assertEqual(answers, [])
        self.rotate(tokens, "the-token-that-stays\n")
        taker.join(timeout=30)
        self.assertEqual(answers[0][0], 401)
        self.assertEqual(post(server.url, EXCHANGE, "the-token-that-stays")[0], 200)


if __name__ == "__main__":
    main()
