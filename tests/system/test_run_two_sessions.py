"""A command that drives several sessions: a seal that one of them holds must not stop another one for good. The server sees no
deadlock where one thread drives both, so Guardian ends the wait; and no wait that is not of its making."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
LIMIT = 60  # seconds; a hang fails

BASE = """
CREATE TABLE t (id int PRIMARY KEY, v int);
INSERT INTO t SELECT g, 0 FROM generate_series(1, 10) g;
CREATE TABLE other (id int PRIMARY KEY, v int);
INSERT INTO other SELECT g, 0 FROM generate_series(1, 10) g;
CREATE INDEX t_v ON t (v);
"""

POLICY = "policy: short\nextends: default\nabout: a wait is soon over\nlimits:\n  sealed_wait: {wait}\n{more}"

HEAD = """
import json, threading, time, psycopg2
def session():
    return psycopg2.connect("")
def said(what):
    print(json.dumps(what), file=open(SAID, "a"))
def do(one, text):
    begin = time.monotonic()
    try:
        one.cursor().execute(text)
        return {"seconds": time.monotonic() - begin, "state": None}
    except psycopg2.Error as why:
        return {"seconds": time.monotonic() - begin, "state": why.pgcode, "text": why.diag.message_primary, "detail": why.diag.message_detail, "hint": why.diag.message_hint}
a, b = session(), session()
"""


@pytest.fixture(scope="module", params=[None, *servers.wanted_majors()])
def server(request):
    with servers.Server(request.param, memory=True) as one:
        one.create("two_base")
        one.psql("two_base", stdin=BASE)
        yield one


def programs(server):
    """The folder of those that can read it; None: Debian's, which are of 15."""
    if server.major <= 15:
        return None
    return subprocess.run([servers.PG_SH, "tools"], capture_output=True, text=True, check=True).stdout.strip()


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, pathlib.Path(folder)
        self.env = {**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{folder}/store"}
        self.programs = programs(server)
        if self.programs:
            self.env["GUARDIAN_PG_BIN"] = self.programs

    def start(self, script, wait="1s", more="", command=None, options=()):
        policy = self.folder / "short.yaml"
        policy.write_text(POLICY.format(wait=wait, more=more))
        self.said = self.folder / "said"
        self.said.write_text("")
        (self.folder / "client.py").write_text(f"SAID = {str(self.said)!r}\n" + HEAD + script)
        command = command or [sys.executable, str(self.folder / "client.py")]
        return subprocess.Popen([GUARDIAN, "run", "--json", "--policy", str(policy), *options, "--", *command], env=self.env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, run, status=0):
        """What the command said, and the document of the run."""
        try:
            out, err = run.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            run.kill()
            raise AssertionError("it hangs") from None
        assert run.returncode == status, out + err
        return [json.loads(line) for line in self.said.read_text().splitlines()], json.loads(out)

    def run(self, script, status=0, **more):
        return self.end(self.start(script, **more), status)

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def until(self, sql):
        end = time.monotonic() + 30
        while self.value(sql) != "t":
            assert time.monotonic() < end, f"never: {sql}"
            time.sleep(0.05)


@pytest.fixture
def world(server, tmp_path):
    name = f"two_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE two_base")
    yield World(server, name, tmp_path)
    server.drop(name)


def test_one_thread_with_two_sessions_does_not_hang(world):
    lines, document = world.run("""
said(do(a, "DELETE FROM t WHERE id = 1"))
said(do(b, "UPDATE t SET v = 2 WHERE id = 2"))
b.rollback(); a.commit()
said(do(b, "UPDATE t SET v = 3 WHERE id = 3")); b.commit()
""")
    first, ended, after = lines
    assert first["state"] is None and after["state"] is None
    assert ended["state"] == "55P03" and 0.8 < ended["seconds"] < 20
    assert ended["text"].startswith("guardian: another session of the command has an open transaction that must keep writers off public.t")
    assert "Nothing of this statement ran" in ended["detail"] and "sealed_wait" in ended["hint"]
    assert document["outcome"] == "applied" and document["sealed"] and [step["state"] for step in document["steps"]] == ["in", "not in", "in"]
    assert [note for note in document["notes"] if note.startswith("A statement was ended: another session of the command")]
    assert world.value("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t WHERE id < 4") == "2:0 3:3"
    subprocess.run([GUARDIAN, "rollback", "--last", "--yes", "--quiet"], env=world.env, check=True, timeout=LIMIT)
    assert world.value("SELECT count(*), sum(v) FROM t") == "10|0"


def test_others_are_kept_off_and_not_ended(world):
    """Somebody else's write waits for the seal as before, longer than the run's own may; also when the run's own waits for that one."""
    run = world.start("""
said(do(a, "DELETE FROM t WHERE id = 1"))
time.sleep(2)
said(do(b, "INSERT INTO other VALUES (100, 7)"))
b.rollback(); a.commit()
""")
    theirs = world.server.connect(world.name, autocommit=False)
    theirs.cursor().execute("INSERT INTO other VALUES (100, 5)")
    world.until("SELECT EXISTS (SELECT FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted AND relation = 't'::regclass)")
    their = {}

    def write():
        theirs.cursor().execute("UPDATE t SET v = 5 WHERE id = 2")
        theirs.commit()
        their["done"] = time.monotonic()

    thread = threading.Thread(target=write)
    thread.start()
    (_, ended), _ = world.end(run)
    thread.join(LIMIT)
    assert "done" in their and ended["state"] == "55P03", ended
    assert world.value("SELECT v FROM t WHERE id = 2") == "5" and world.value("SELECT v FROM other WHERE id = 100") == "5"


def test_a_wait_that_ends_in_time_is_a_wait(world):
    lines, document = world.run("""
said(do(a, "DELETE FROM t WHERE id = 1"))
late = threading.Timer(1, a.commit); late.start()
said(do(b, "UPDATE t SET v = 2 WHERE id = 2"))
late.join(); b.commit()
""", wait="20s")
    assert [line["state"] for line in lines] == [None, None] and lines[1]["seconds"] > 0.7
    assert document["outcome"] == "applied" and not [note for note in document["notes"] if "was ended" in note]


def test_who_goes_on_saying_something_is_not_silent(world):
    lines, _ = world.run("""
said(do(a, "DELETE FROM t WHERE id = 1"))
def chat():
    for n in range(15):
        do(a, "SELECT count(*) FROM other"); time.sleep(0.2)
    a.commit()
late = threading.Thread(target=chat); late.start()
said(do(b, "UPDATE t SET v = 2 WHERE id = 2"))
late.join(); b.commit()
""")
    assert [line["state"] for line in lines] == [None, None] and lines[1]["seconds"] > 1.5


def test_a_seal_gives_way_to_the_commit_that_it_waits_for(world):
    """Statements of a run are judged one at a time: the COMMIT must not wait behind the statement that waits for it."""
    lines, document = world.run("""
said(do(a, "INSERT INTO t VALUES (50, 0)"))
late = threading.Timer(1, a.commit); late.start()
said(do(b, "DELETE FROM t WHERE id = 2"))
late.join(); b.commit()
""")
    assert [line["state"] for line in lines] == [None, None], lines
    assert document["outcome"] == "applied" and world.value("SELECT count(*) FROM t") == "10"


def test_a_wait_of_the_commands_own_making_is_left_alone(world):
    """Without Guardian it would wait as well: the command's own limit ends it, in the server's own words."""
    lines, _ = world.run("""
said(do(a, "DELETE FROM t WHERE id = 1"))
said(do(a, "LOCK TABLE t IN EXCLUSIVE MODE"))
said(do(b, "SET lock_timeout TO '4s'"))
said(do(b, "UPDATE t SET v = 2 WHERE id = 2"))
b.rollback(); a.commit()
""")
    assert lines[3]["state"] == "55P03" and lines[3]["text"] == "canceling statement due to lock timeout" and lines[3]["seconds"] > 3


def test_pgbench_with_prepared_statements(world):
    """It prepares a second session's statements while the first one's transaction is open: already that takes a lock. Where both did
    so before either was sealed, neither can be, and one is refused."""
    pgbench = shutil.which("pgbench") or lack("no pgbench")
    script = world.folder / "script.sql"
    script.write_text("\\set id random(1, 10)\nBEGIN;\nUPDATE t SET v = v + 1 WHERE id = :id;\nSELECT v FROM t WHERE id = :id;\nEND;\n")
    run = world.start("", more="  lock_wait: 200ms\n  lock_retries: 2\n", command=[pgbench, "-n", "-M", "prepared", "-c", "2", "-j", "1", "-t", "20", "-f", str(script)])
    out, err = run.communicate(timeout=LIMIT)
    assert run.returncode in (0, 2), out + err
    done = json.loads(out)
    assert done["outcome"] in ("applied", "partial")
    assert done["outcome"] == "applied" or "another session of the command has an open transaction" in err or "could not stop those who write" in err


@pytest.mark.parametrize("limit", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_limits_of_the_session_do_not_count_while_it_is_held(world, server, limit):
    """A backup that needs no seal, in the command's own transaction; behind it the limit is as it was."""
    if limit == "transaction_timeout" and server.major < 17:
        pytest.skip("PostgreSQL 17 brings it")
    real = f"{world.programs}/pg_dump" if world.programs else shutil.which("pg_dump")
    slow = world.folder / "pg_dump"
    slow.write_text(f'#!/bin/sh\ncase " $* " in *" --version "*) exec {real} "$@";; esac\nsleep 2\nexec {real} "$@"\n')
    slow.chmod(0o755)
    lines, document = world.run(f"""
a.cursor().execute("SET {limit} TO '1s'"); a.commit()
said(do(a, "DROP INDEX t_v"))
cursor = a.cursor(); cursor.execute("SHOW {limit}"); said(cursor.fetchone()[0])
time.sleep(2)
said(do(a, "SELECT 1"))
""", options=["--pg-dump", str(slow)])
    dropped, shown, late = lines
    assert dropped["state"] is None and dropped["seconds"] > 2 and shown == "1s"
    assert "text" in late, "its session goes on, and nobody says anything in it"
    assert [step["state"] for step in document["steps"]] == ["not in"]
