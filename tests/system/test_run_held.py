"""A statement that is held: its client is told why, may give it up, may go; nothing of it runs then, and the backup is stopped."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
CREATE TABLE tags (id int PRIMARY KEY);
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        one.create("held_base")
        one.psql("held_base", stdin=BASE)
        yield one


class World:
    """With a pg_dump that takes its time: a file says when it began, and whether it came to its end."""

    def __init__(self, server, name, folder, seconds=30):
        self.server, self.name, self.folder = server, name, pathlib.Path(folder)
        self.env = {**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{folder}/store"}
        self.begun, self.ended = self.folder / "begun", self.folder / "ended"
        self.slow = self.folder / "pg_dump"
        real = subprocess.run(["sh", "-c", "command -v pg_dump"], capture_output=True, text=True, check=True).stdout.strip()
        self.slow.write_text(f'#!/bin/sh\ncase " $* " in *" --version "*) exec {real} "$@";; esac\ntouch {self.begun}\nsleep {seconds}\n'
                             f'touch {self.ended}\nexec {real} "$@"\n')
        self.slow.chmod(0o755)

    def start(self, *command, options=(), **more):
        return subprocess.Popen([GUARDIAN, "run", "--json", "--pg-dump", str(self.slow), *options, "--", *command], env=self.env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def until_begun(self):
        until = time.monotonic() + 30
        while not self.begun.exists():
            assert time.monotonic() < until, "no backup began"
            time.sleep(0.02)
        time.sleep(0.1)

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def end(self, run, limit=15):
        """What it said, and its document. It has not waited for the backup."""
        begin = time.monotonic()
        out, err = run.communicate(timeout=40)
        assert time.monotonic() - begin < limit and not self.ended.exists(), err
        assert self.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'") == "1"
        assert not [path for path in (self.folder / "store").rglob("manifest.json")]
        return json.loads(out), err

    def closed(self, change):
        ran = subprocess.run([GUARDIAN, "list", "--json"], env=self.env, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        again = subprocess.run([GUARDIAN, "run", "--json", "--", "psql", "-Xqc", "CREATE TABLE afterwards ()"], env=self.env, capture_output=True, text=True, timeout=60)
        assert again.returncode == 0 and "cut off" not in again.stderr + again.stdout, again.stderr
        assert json.loads(again.stdout)["outcome"] == "applied"


@pytest.fixture
def world(server, tmp_path):
    name = f"held_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE held_base")
    yield World(server, name, tmp_path)
    server.drop(name)


DROP = "ALTER TABLE users DROP COLUMN age"


@pytest.mark.parametrize("text", [DROP, f"BEGIN; SELECT 1; {DROP}"])
def test_typing_ctrl_c_gives_the_statement_up(world, text):
    lines = f"\\echo :ERROR\n{text};\n\\echo :SQLSTATE\nROLLBACK;\nSELECT 'still here';\n"
    run = world.start("psql", "-XAtq", "-f", "-", stdin=subprocess.PIPE)
    run.stdin.write(lines)
    run.stdin.flush()
    world.until_begun()
    child = subprocess.run(["pgrep", "-P", str(run.pid), "psql"], capture_output=True, text=True).stdout.split()
    os.kill(int(child[0]), signal.SIGINT)
    document, err = world.end(run)
    assert "canceling statement due to user request" in err and "given up by the command" in err
    world.closed(document["change"])


def test_a_killed_client_stops_the_backup(world):
    run = world.start("psql", "-Xqc", DROP)
    world.until_begun()
    child = subprocess.run(["pgrep", "-P", str(run.pid), "psql"], capture_output=True, text=True).stdout.split()
    os.kill(int(child[0]), signal.SIGKILL)
    document, _ = world.end(run)
    assert run.returncode == 137 and document["outcome"] == "failed" and document["changed"] is False
    world.closed(document["change"])


def test_a_term_to_guardian_stops_the_backup(world):
    run = world.start("psql", "-Xqc", DROP)
    world.until_begun()
    run.send_signal(signal.SIGTERM)
    document, _ = world.end(run)
    assert run.returncode == 143 and document["changed"] is False
    world.closed(document["change"])


@pytest.fixture
def slow_proof(world):
    """The backup is written at once; the program that reads it back takes its time."""
    real = subprocess.run(["sh", "-c", "command -v pg_restore"], capture_output=True, text=True, check=True).stdout.strip()
    folder = world.folder / "bin"
    folder.mkdir()
    (folder / "pg_restore").write_text(f'#!/bin/sh\ncase " $* " in *" --version "*) exec {real} "$@";; esac\ntouch {world.begun}\nexec sleep 30\n')
    (folder / "pg_restore").chmod(0o755)
    world.env["GUARDIAN_PG_BIN"] = str(folder)
    return world


def proof_given_up(world, run):
    """It ended in its own way, and at once; no damage was found; nothing of the change is left open."""
    begin = time.monotonic()
    out, err = run.communicate(timeout=40)
    assert time.monotonic() - begin < 15 and run.returncode > 0, (run.returncode, err)
    assert "Assertion" not in err and "damaged" not in err and "corrupt" not in (out + err).lower(), err
    assert world.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'") == "1"
    del world.env["GUARDIAN_PG_BIN"]
    return json.loads(out)


@pytest.mark.parametrize("who", ["client", "guardian", "both"])
def test_whoever_leaves_during_the_proof_finds_no_damage(slow_proof, who):
    """Both: Ctrl-C in a terminal ends the program that reads, too."""
    run = subprocess.Popen([GUARDIAN, "run", "--json", "--", "psql", "-Xqc", DROP], env=slow_proof.env, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, start_new_session=True)
    slow_proof.until_begun()
    if who == "client":
        child = subprocess.run(["pgrep", "-P", str(run.pid), "psql"], capture_output=True, text=True).stdout.split()
        os.kill(int(child[0]), signal.SIGKILL)
    elif who == "guardian":
        run.send_signal(signal.SIGTERM)
    else:
        os.killpg(run.pid, signal.SIGINT)
    document = proof_given_up(slow_proof, run)
    assert document["outcome"] == "failed" and document["changed"] is False
    slow_proof.closed(document["change"])


def test_apply_that_is_ended_during_the_proof(slow_proof):
    text = slow_proof.folder / "drop.sql"
    text.write_text(DROP + ";\n")
    run = subprocess.Popen([GUARDIAN, "apply", "--json", "--yes", str(text)], env=slow_proof.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    slow_proof.until_begun()
    run.send_signal(signal.SIGTERM)
    document = proof_given_up(slow_proof, run)
    slow_proof.closed(document["change"])


def test_a_client_with_a_time_limit_of_its_own(world):
    """One that gives up waiting, closes, and goes on with another session."""
    script = world.folder / "client.py"
    script.write_text(f"""
import psycopg2, threading, pathlib, time
one = psycopg2.connect("")
one.autocommit = True
def late():
    while not pathlib.Path({str(world.begun)!r}).exists():
        time.sleep(0.02)
    one.cancel()
threading.Thread(target=late).start()
try:
    one.cursor().execute({DROP!r})
except psycopg2.errors.QueryCanceled as why:
    print("given up:", why)
cursor = one.cursor()
cursor.execute("SELECT count(age) FROM users")
print("rows", cursor.fetchone()[0])
""")
    run = world.start("/usr/bin/python3", str(script))
    document, err = world.end(run, limit=35)
    assert "given up: canceling statement" in err and "rows 200" in err
    assert run.returncode == 0 and document["changed"] is False and document["outcome"] in ("nothing", "failed")
    world.closed(document["change"])


def test_who_waits_behind_another_ones_backup_may_go_too(world):
    script = world.folder / "client.py"
    script.write_text(f"""
import psycopg2, threading, pathlib, time
def held():
    one = psycopg2.connect("")
    links.append(one)
    try:
        one.cursor().execute({DROP!r})
    except psycopg2.Error as why:
        print("first:", why)
links = []
first = threading.Thread(target=held)
first.start()
while not pathlib.Path({str(world.begun)!r}).exists():
    time.sleep(0.02)
other = psycopg2.connect("")
threading.Timer(0.5, other.cancel).start()
begin = time.monotonic()
try:
    other.cursor().execute("DROP TABLE tags")
except psycopg2.errors.QueryCanceled:
    print("second gave up in time:", time.monotonic() - begin < 5)
links[0].cancel()
first.join()
""")
    run = world.start("/usr/bin/python3", str(script))
    _, err = world.end(run, limit=35)
    assert "second gave up in time: True" in err and "first: canceling statement" in err
    assert world.value("SELECT to_regclass('tags')") == "tags"


def test_clients_hear_what_they_wait_for(world, tmp_path):
    """psycopg in the simple, psql's \\bind in the extended protocol: a notice, and nothing else is different."""
    slow = World(world.server, world.name, tmp_path, seconds=12)
    script = tmp_path / "client.py"
    script.write_text(f"""
import psycopg2
one = psycopg2.connect("")
one.autocommit = True
cursor = one.cursor()
cursor.execute({DROP!r})
print(cursor.statusmessage, "|", [notice.strip() for notice in one.notices])
cursor.execute("SELECT 1")
print(cursor.fetchall())
""")
    run = slow.start("/usr/bin/python3", str(script))
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    said = re.search(r"ALTER TABLE \| \[(.*)\]", err)[1]
    assert re.search(r"guardian holds this statement for 1\d s now: it is copying data", said), said
    assert "[(1,)]" in err and json.loads(out)["outcome"] == "applied"


@pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="GUARDIAN_TEST_DEEP=1 runs it")
def test_prisma_is_told_and_goes_on(tmp_path):
    """Its engine speaks the protocol by a client of its own (Rust): two notices while its first statement is held."""
    corpus = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"
    spec = importlib.util.spec_from_file_location("regenerate", corpus / "regenerate.py")
    tools = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tools)
    if not shutil.which("npm"):
        lack("npm is not installed")
    with servers.Server(tcp=True, memory=True) as server:
        server.create("pushed")
        world = World(server, "pushed", tmp_path, seconds=22)
        prisma = tools.Prisma(7, server, tmp_path / "work")
        prisma.schema(next((corpus / "prisma" / "schemas").glob("01-*.prisma")))
        url = tools.url(server, "pushed")
        world.env = {**prisma.env, **world.env, "PGHOST": "127.0.0.1", "DATABASE_URL": url}
        run = world.start("node", "node_modules/prisma/build/index.js", "db", "push", cwd=prisma.work)
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0 and world.ended.exists(), err
        assert json.loads(out)["outcome"] == "applied" and "in sync with your Prisma schema" in err
