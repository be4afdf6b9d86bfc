"""A small application as a team has it: a git repository with SQL files, a database that holds its data, a store for backups.

The database is docs/quickstart/shop.sql; the files are the two that run at every boot. Commands run in a shell in the
repository, with the environment that the application has.
"""

import itertools
import json
import os
import pathlib
import re
import subprocess

from . import server as servers

SHOP = servers.ROOT / "docs" / "quickstart"
_serial = itertools.count(1)

CONSTRAINTS = """-- Runs at every boot: takes each constraint away and makes it again, so that its text can be edited here.
ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_placed_check;
ALTER TABLE orders ADD CONSTRAINT orders_placed_check CHECK (placed_at > '2000-01-01');
ALTER TABLE customers DROP CONSTRAINT IF EXISTS customers_name_check;
ALTER TABLE customers ADD CONSTRAINT customers_name_check CHECK (name <> '');
CREATE UNIQUE INDEX IF NOT EXISTS customers_phone_key ON customers (phone) WHERE phone IS NOT NULL;
"""


class Project:
    def __init__(self, server, guardian, folder):
        self.server, self.guardian, self.name = server, guardian, f"shop_{next(_serial)}"
        self.top, self.store, self.home = folder / "shop", folder / "store", folder
        server.create(self.name, self._template(server))
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "GUARDIAN_", "GIT_")) and key != "DATABASE_URL"}
        self.env = {**kept, "PATH": f"{pathlib.Path(guardian).parent}:{os.environ['PATH']}", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
                    "DATABASE_URL": server.uri(self.name), "GUARDIAN_STORE": f"file://{self.store}", "NO_COLOR": "1", "COLUMNS": "100"}
        self._repository()

    @staticmethod
    def _template(server):
        if not server.run("SELECT 1 FROM pg_database WHERE datname = 'shop_template'"):
            server.create("shop_template")
            server.psql("shop_template", "-f", str(SHOP / "shop.sql"))
        return "shop_template"

    def _repository(self):
        self.top.mkdir()
        (self.home / ".gitconfig").write_text("[user]\n name = Ann\n email = ann@example.org\n[init]\n defaultBranch = main\n")
        self.git("init", "-q")
        self.commit("The shop", {"db/init.sql": (SHOP / "init.sql").read_text(), "db/constraints.sql": CONSTRAINTS})

    def git(self, *words):
        ran = subprocess.run(["git", "-C", str(self.top), *words], env=self.env, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def put(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, subject, files):
        for name, text in files.items():
            self.put(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def sh(self, script, status=0, **env):
        """Run shell lines in the repository, as in a container: no terminal."""
        ran = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=self.top, env={**self.env, **env}, capture_output=True, text=True,
                             timeout=90, stdin=subprocess.DEVNULL)
        assert status is None or ran.returncode == status, f"{script}: status {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def run(self, *words, status=0, stdin=None, **env):
        """The document of one `guardian …`."""
        ran = subprocess.run([self.guardian, *map(str, words), "--json"], cwd=self.top, env={**self.env, **env}, capture_output=True, text=True,
                             timeout=90, **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        assert status is None or ran.returncode == status, f"{words}: status {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        document = json.loads(ran.stdout) if ran.stdout.strip() else {}
        document["status"], document["stderr"] = ran.returncode, ran.stderr
        return document

    def rows(self, sql):
        return self.server.run(sql, self.name)

    def value(self, sql):
        return self.rows(sql)[0][0]

    def snapshots(self):
        return sorted(self.store.glob("v1/*/snapshots/*/manifest.json"))

    def state(self):
        """All that the application owns, definitions and rows, as text."""
        dump = subprocess.run(["pg_dump", "-N", "guardian", "--inserts"], env=self.server.env(self.name), capture_output=True, text=True)
        assert dump.returncode == 0, dump.stderr
        return re.sub(r"(?m)^(--.*|\\(un)?restrict .*)\n", "", dump.stdout)


def blocks(document, kind="sh"):
    """The fenced blocks of a page."""
    return re.findall(rf"```{kind}\n(.*?)```", document.read_text(), re.S)


def commands(document):
    """The indented `guardian …` lines of a page."""
    return re.findall(r"^    (guardian .*)$", document.read_text(), re.M)
