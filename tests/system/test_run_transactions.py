"""guardian run: what a tool's transactions do to its statements. Savepoints, chains, two phases, what is bound and never executed;
in the simple and the extended protocol, with psycopg 2 and 3 as the tool."""

import json
import os
import subprocess

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE tags (id int PRIMARY KEY, label text);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(settings={"max_prepared_transactions": 5}) as one:
        one.create("moves_base")
        one.psql("moves_base", stdin=BASE)
        yield one


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, folder
        self.env = {**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{folder}/store"}

    def cli(self, *words, status=0, stdin="", **more):
        ran = subprocess.run([GUARDIAN, *words], env={**self.env, **more}, input=stdin, capture_output=True, text=True, timeout=120)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def run(self, *command, status=0, **more):
        """The report of a run."""
        return json.loads(self.cli("run", "--json", "--retry", "0", "--", *command, status=status, **more).stdout)

    def psql(self, script, status=0, **more):
        return self.run("psql", "-X", "-q", stdin=script, status=status, **more)

    def psycopg3(self, script, status=0, **more):
        text = "import os, psycopg\nc = psycopg.connect('')\n" + script
        return self.run("/usr/bin/python3", "-c", text, status=status, **more)

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def rows(self):
        return self.value("SELECT to_jsonb(u) FROM users u UNION ALL SELECT to_jsonb(t) FROM tags t ORDER BY 1")


@pytest.fixture
def world(server, tmp_path):
    name = f"moves_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE moves_base")
    yield World(server, name, tmp_path)
    server.drop(name)


def states(document):
    return [step["state"] for step in document["steps"]]


def test_what_is_behind_a_savepoint_goes_with_it(world):
    document = world.psql("""BEGIN; ALTER TABLE tags ADD COLUMN a int;
SAVEPOINT One; CREATE TABLE behind (i int);
ROLLBACK TO one; CREATE TABLE again (i int);
RELEASE one; COMMIT;""")
    assert states(document) == ["in", "not in", "in"] and document["outcome"] == "applied"
    shown = json.loads(world.cli("show", "--json", document["change"]).stdout)
    assert states(shown) == ["in", "not in", "in"]
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT to_regclass('again') IS NULL AND to_regclass('behind') IS NULL") == "t"


def test_an_error_behind_a_savepoint_is_healed(world):
    document = world.psql("""BEGIN; CREATE TABLE kept (i int);
SAVEPOINT s; CREATE TABLE kept (i int);
ROLLBACK TO s; CREATE TABLE more (i int);
COMMIT;""")
    assert states(document) == ["in", "not in", "in"]
    document = world.psql("CREATE TABLE a (i int)\\; BEGIN\\; CREATE TABLE b (i int)\\; COMMIT\\; CREATE TABLE b (i int);\n")
    assert states(document) == ["in"] and document["changed"]


def test_chains(world):
    document = world.psql("BEGIN; CREATE TABLE a (i int);\nCOMMIT AND CHAIN;\nCREATE TABLE b (i int);\nROLLBACK AND CHAIN;\nCREATE TABLE c (i int);\nCOMMIT;")
    assert states(document) == ["in", "not in", "in"]


def test_two_phases_of_one_run(world):
    document = world.psql("BEGIN; CREATE TABLE a (i int);\nPREPARE TRANSACTION 'one';\nBEGIN; CREATE TABLE b (i int);\nPREPARE TRANSACTION 'two';\n"
                          "COMMIT PREPARED 'one';\nROLLBACK PREPARED 'two';")
    told = {step["text"].split(";")[-1].strip(): step["state"] for step in document["steps"]}
    assert told["CREATE TABLE a (i int)"] == "in" and told["CREATE TABLE b (i int)"] == "not in", told
    assert document["outcome"] == "applied"


def test_the_same_by_the_extended_protocol(world):
    if subprocess.run(["/usr/bin/python3", "-c", "import psycopg"], capture_output=True).returncode != 0:
        lack("psycopg 3")
    document = world.psycopg3("""
c.execute('ALTER TABLE tags ADD COLUMN a int')
try:
    with c.transaction():
        c.execute("INSERT INTO tags VALUES (%s, %s)", (100, 'undone'))
        raise ValueError
except ValueError:
    pass
with c.transaction():
    c.execute("INSERT INTO tags VALUES (%s, %s)", (101, 'kept'))
c.commit()
""")
    assert states(document) == ["in", "not in", "in"]
