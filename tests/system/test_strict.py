"""Policy strict from end to end: nobody's change without an approval, and none without a way back that was walked once."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

SHOP = """
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, age int);
INSERT INTO users SELECT n, 'user ' || n, n % 90 FROM generate_series(1, 500) n;
CREATE VIEW grown AS SELECT id, name FROM users WHERE age >= 18;
"""
LOSES = "ALTER TABLE users DROP COLUMN name CASCADE;\n"


class Strict:
    def __init__(self, guardian, server, database, folder, work):
        self.guardian, self.server, self.database, self.folder, self.work = guardian, server, database, folder, work
        self.path = folder / "change.sql"
        self.path.write_text(LOSES)
        server.psql(database, stdin=SHOP)

    def start(self, *words, **more):
        environment = {**self.server.env(self.database), "TMPDIR": str(self.work), "GUARDIAN_STORE": f"file://{self.folder}/store",
                       "GUARDIAN_POLICY": "strict", **more}
        return subprocess.Popen([self.guardian, *words, "--json"], env=environment, cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def apply(self, *words, status=0, **more):
        process = self.start("apply", *words, str(self.path), **more)
        said, wrong = process.communicate(timeout=120)
        assert process.returncode == status, f"{process.returncode}\n{said}\n{wrong}"
        return json.loads(said)

    def approve(self):
        subprocess.run([self.guardian, "approve", str(self.path)], check=True, capture_output=True,
                       env={**self.server.env(), "GUARDIAN_STORE": f"file://{self.folder}/store"})

    def columns(self):
        return self.server.value("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'users'::regclass "
                                 "AND attnum > 0 AND NOT attisdropped", self.database)

    def scratch(self):
        return self.server.uri("postgres")

    def scratch_databases(self):
        return [name for name, in self.server.run("SELECT datname FROM pg_database WHERE datname LIKE 'guardian_drill%'")]

    def kill_at(self, *words, until, **more):
        """SIGKILL as soon as `until` is true."""
        process = self.start("apply", *words, str(self.path), **more)
        end = time.monotonic() + 60
        while not until():
            assert process.poll() is None and time.monotonic() < end, process.communicate()
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def work():
    """Where throwaway servers are made: another user must reach it."""
    folder = pathlib.Path("/tmp") / f"gd-strict-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def strict(guardian, server, database, tmp_path, work):
    return Strict(guardian, server, database, tmp_path, work)


@pytest.mark.parametrize("place", ["throwaway", "scratch"])
def test_an_approved_change_is_drilled_and_applied(strict, place):
    words = ["--scratch", strict.scratch()] if place == "scratch" else []
    refused = strict.apply(*words, status=3)
    assert "needs approval" in refused["error"]["text"] and strict.columns() == "id,name,age"
    strict.approve()
    done = strict.apply(*words)
    assert done["outcome"] == "applied" and done["proof"] == "drill" and done["sealed"] and strict.columns() == "id,age"
    assert not list(strict.work.iterdir()) and not strict.scratch_databases()


def test_a_drill_that_cannot_be_done_refuses_the_change(strict):
    """The bytes are good, and that is not enough."""
    strict.approve()
    failed = strict.apply("--scratch", strict.server.uri("nowhere"), status=4)
    assert failed["outcome"] == "failed" and not failed["changed"] and strict.columns() == "id,name,age"
    assert "the drill failed" in failed["error"]["text"]
    assert strict.apply()["outcome"] == "applied"


def test_a_drill_that_finds_a_difference_refuses_the_change(strict):
    """A default that says another thing on the second server: what comes back is not what was there."""
    strict.server.psql(strict.database, stdin="CREATE FUNCTION f() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN "
                       "IF current_database() LIKE 'guardian_drill%' THEN RAISE 'not here'; END IF; RETURN 1; END $$; "
                       "CREATE INDEX users_f ON users ((id + f()));")
    strict.approve()
    failed = strict.apply(status=4)
    assert "not here" in failed["error"]["text"] and strict.columns() == "id,name,age"
    assert not list(strict.work.iterdir())


def test_a_throwaway_server_is_gone_after_kill(strict):
    strict.approve()
    strict.kill_at(until=lambda: list(strict.work.glob("*/data/postmaster.pid")))
    end = time.monotonic() + 30
    while list(strict.work.iterdir()) and time.monotonic() < end:
        time.sleep(0.1)
    assert not list(strict.work.iterdir()) and strict.columns() == "id,name,age"
    assert strict.apply("--busy-timeout", "90s")["outcome"] == "applied"


def test_a_throwaway_server_whose_helper_was_killed_too_is_removed_by_the_next(strict):
    """As when a whole container is killed, and TMPDIR stays."""
    def pids():
        found = subprocess.run(["pgrep", "-f", f"{strict.work}/guardian-drill[.]"], capture_output=True, text=True).stdout.split()
        return [int(pid) for pid in found]
    strict.approve()
    process = strict.start("apply", str(strict.path))
    end = time.monotonic() + 60
    while not list(strict.work.glob("*/data/postmaster.pid")):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGSTOP)
    for pid in pids():
        with open(f"/proc/{pid}/comm", encoding="ascii") as name:
            if name.read().strip() in ("sh", "dash"):
                os.kill(pid, signal.SIGKILL)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    while pids() and time.monotonic() < end:
        time.sleep(0.05)
    left, = strict.work.iterdir()
    young = strict.work / "guardian-drill.abcdef"
    young.mkdir(mode=0o700)
    os.utime(left, (1, 1))
    assert strict.apply("--busy-timeout", "90s")["outcome"] == "applied"
    assert list(strict.work.iterdir()) == [young]


def test_a_scratch_database_that_was_left_behind_is_removed_by_the_next(strict):
    strict.approve()
    words = ["--scratch", strict.scratch()]
    strict.kill_at(*words, until=strict.scratch_databases)
    left = strict.scratch_databases()
    assert left and strict.columns() == "id,name,age"
    done = strict.apply(*words, "--busy-timeout", "90s")
    assert done["outcome"] == "applied" and done["proof"] == "drill"
    assert not strict.scratch_databases()


def test_a_scratch_database_that_is_in_use_is_left_alone(strict):
    strict.approve()
    strict.server.run("CREATE DATABASE guardian_drill_0123456789")
    strict.server.run("CREATE DATABASE guardian_drill_of_somebody")
    link = strict.server.connect("postgres")
    with link.cursor() as cursor:
        cursor.execute("SET application_name = 'guardian drill guardian_drill_0123456789'")
    try:
        assert strict.apply("--scratch", strict.scratch())["outcome"] == "applied"
        assert strict.scratch_databases() == ["guardian_drill_0123456789", "guardian_drill_of_somebody"]
    finally:
        link.close()
        for name in strict.scratch_databases():
            strict.server.drop(name)
