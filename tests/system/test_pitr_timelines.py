"""guardian recover across promotions, and on other major versions."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from harness import pitr, server as servers
from harness.lack import lack
from harness.recoveries import recover, running, utc

DEEP = os.environ.get("GUARDIAN_TEST_DEEP")


def pushed(world, server):
    """Everything that the server has written so far is in the store."""
    name = server.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn()) FROM pg_logical_emit_message(true, 'x', 'x')")
    server.run("SELECT pg_switch_wal()")
    for _ in range(600):
        if list(world.store.glob(f"v1/*/wal/*/{name}.zst")):
            return
        time.sleep(0.05)
    raise AssertionError((world.place / "push.log").read_text())


def test_before_and_after_a_promotion():
    with pitr.Archive() as world:
        world.server.run("CREATE TABLE t (n int)")
        world.guardian("base", as_server=True)
        with pitr.Archive(standby_of=world.server, place=world.place) as standby:
            world.server.run("INSERT INTO t VALUES (1)")
            time.sleep(0.05)
            before = time.time()
            time.sleep(0.05)
            lsn = world.value("SELECT pg_current_wal_insert_lsn()")
            world.server.run("INSERT INTO t VALUES (2)")
            both = world.value("SELECT pg_current_wal_insert_lsn()")
            for _ in range(600):
                if standby.value("SELECT pg_last_wal_replay_lsn() >= %s", parameters=[both]):
                    break
                time.sleep(0.05)
            assert standby.value("SELECT pg_promote()")
            world.server.run("INSERT INTO t VALUES (-1)")  # the old one goes on: an abandoned end of timeline 1
            change = left_change(world)
            old = time.time()
            pushed(world, world.server)
            standby.server.run("INSERT INTO t VALUES (3)")
            pushed(standby, standby.server)
            what_is_left(standby, change)
            for words, rows in ((["--latest"], "1,2,3"), (["--time", utc(before)], "1"), (["--lsn", lsn], "1"), (["--latest", "--timeline", "1"], "-1,1,2")):
                with running(world, *words) as (said, answer):
                    assert answer("SELECT string_agg(n::text, ',' ORDER BY n) FROM t") == rows, words
                    assert said["timeline"] == (1 if "--timeline" in words else 2)
                    assert said["recovered"]["timeline"] >= 3 or "--timeline" in words
            without_its_first_segment(world, standby, old)


def left_change(world):
    """A guarded change that only the old server has."""
    (world.place / "more.sql").write_text("CREATE TABLE more (n int);\n")
    return json.loads(world.guardian("apply", "--yes", "--json", world.place / "more.sql", as_server=True).stdout)["change"]


def what_is_left(standby, change):
    """What the failover left behind is said, with the change in it, and how to have it."""
    seen = json.loads(standby.guardian("wal", "check", "--json", as_server=True).stdout)["clusters"][0]
    left, = seen["left"]
    assert (left["timeline"], left["successor"], left["changes"], left["reached"]) == (1, 2, [change], True) and left["bytes"] > 1000 and left["after"]
    assert left["at_lsn"] == seen["timelines"][0]["at_lsn"] and seen["faults"] == 0
    text = " ".join(standby.guardian("wal", "check", as_server=True).stdout.split())
    assert "of timeline 1 behind" in text and change in text and "guardian recover --timeline 1 --latest FOLDER" in text, text
    listed = json.loads(standby.guardian("list", "--all", "--json", as_server=True).stdout)
    assert [one["left_on_timeline"] for one in listed["changes"] if one["id"] == change] == [1]
    text = " ".join(standby.guardian("list", "--all", as_server=True).stdout.split())
    assert "not in the server since the failover to timeline 2" in text and f"--timeline 1 --after {change}" in text, text


def without_its_first_segment(world, standby, old):
    """The old primary's copy of the segment goes on where timeline 2 began: what is in it there was never of that timeline."""
    standby.server.run("INSERT INTO t VALUES (4)")
    pushed(standby, standby.server)
    min(world.store.glob("v1/*/wal/00000002/00000002????????????????.zst")).unlink()
    with running(world, "--latest") as (said, answer):
        assert answer("SELECT string_agg(n::text, ',' ORDER BY n) FROM t") == "1,2"
        assert not said["recovered"]["exact"] and "timeline 2 began here" in said["recovered"]["said"] and "--timeline 1" in said["notes"][0]
    assert "of timeline 2, a part of segment 00000002" in recover(world, "--time", utc(old), status=8)[2]


def test_what_came_before_a_clean_failover_is_still_to_be_had():
    """The old primary has ended in good order: nothing of timeline 1 lies beside the way of timeline 2."""
    with pitr.Archive() as world:
        world.server.run("CREATE TABLE t (n int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')")
        base = json.loads(world.guardian("base", "--json", as_server=True).stdout)["base"]
        (world.place / "change.sql").write_text("ALTER TABLE t DROP COLUMN v;\n")
        change = json.loads(world.guardian("apply", "change.sql", "--json", "--yes", as_server=True).stdout)
        assert change["points"]
        with pitr.Archive(standby_of=world.server, place=world.place) as standby:
            subprocess.run([*pitr.AS_SERVER, world.tools / "pg_ctl", "-D", world.data, "-m", "fast", "-w", "stop"], check=True, capture_output=True)
            assert standby.value("SELECT pg_promote()")
            standby.server.run("INSERT INTO t VALUES (2)")
            pushed(standby, standby.server)
            for words, rows in ((["--before", change["change"]], "1a"), (["--latest", "--timeline", "1"], "1")):
                with running(world, *words) as (said, answer):
                    assert answer("SELECT string_agg(t.n || coalesce(to_jsonb(t)->>'v', ''), ',') FROM t") == rows, words
                    assert said["timeline"] == 1 and said["recovered"]["exact"]
            standby.guardian("verify", base, "--drill", as_server=True)
            standby.guardian("rollback", change["change"], "--yes", as_server=True)
            assert standby.value("SELECT string_agg(n || coalesce(v, '-'), ',' ORDER BY n) FROM t") == "1a,2-"


def larger(world, **settings):
    """The server starts again with other settings."""
    for name, value in settings.items():
        world.server.run(f"ALTER SYSTEM SET {name} = {value}")
    subprocess.run([*pitr.AS_SERVER, world.tools / "pg_ctl", "-D", world.data, "-w", "-l", f"{world.server.dir}/log", "restart"], check=True, capture_output=True)


def test_settings_that_were_raised_behind_the_base_backup():
    with pitr.Archive() as world:
        world.server.run("CREATE TABLE t (n int)")
        world.guardian("base", as_server=True)
        larger(world, max_connections=120, max_worker_processes=8)
        larger(world, max_connections=70, max_worker_processes=20)  # never both in pg_control
        world.server.run("INSERT INTO t VALUES (1)")
        pushed(world, world.server)
        with running(world, "--latest") as (said, answer):
            assert answer("SELECT count(*) FROM t") == "1" and said["recovered"]["exact"]
            assert int(answer("SHOW max_connections")) >= 120 and int(answer("SHOW max_worker_processes")) >= 20


@pytest.mark.parametrize("major", [13, 18])
def test_other_majors(major):
    servers.other_major(major)
    with pitr.Archive(major=major) as world:
        world.server.run("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
        base = json.loads(world.guardian("base", "--json", as_server=True).stdout)["base"]
        world.server.run("INSERT INTO t VALUES (2000)")
        world.server.run("SELECT pg_create_restore_point('here')")
        world.server.run("INSERT INTO t VALUES (3000)")
        pushed(world, world.server)
        bins = ("--pg-bin", world.tools)
        with running(world, "--name", "here", *bins) as (said, answer):
            assert answer("SELECT max(n) FROM t") == "2000" and said["recovered"]["exact"]
        folder, said, _ = recover(world, "--latest", *bins)
        assert said["recovered"]["timeline"] == 2
        shown = json.loads(world.guardian("verify", base, "--drill", "--json", *bins).stdout)["snapshots"][0]
        assert shown["proof"] == "drill"


@pytest.mark.skipif(not DEEP, reason="GUARDIAN_TEST_DEEP=1 puts incremental backups together")
def test_incremental_backups_are_put_together():
    tools = pathlib.Path("/var/cache/guardian-test/pg/tools/bin")
    if not tools.exists() or not pathlib.Path("/var/cache/guardian-test/pg/18").exists():
        lack("there is no pg_combinebackup of PostgreSQL 18")
    with pitr.Archive(major=18, settings={"summarize_wal": "on"}) as world:
        world.server.run("CREATE TABLE t AS SELECT g AS n, repeat('x', 200) AS t FROM generate_series(1, 20000) g")
        world.guardian("base", as_server=True)
        for n in (1, 2):
            world.server.run(f"UPDATE t SET n = -{n} WHERE n = {n}")
            world.guardian("base", "--incremental", as_server=True)
        world.server.run("INSERT INTO t VALUES (30000)")
        world.switch()
        said = json.loads(world.guardian("recover", "--preview", "--json", "--latest").stdout)
        assert said["bases"] == 3
        bins = ("--pg-bin", world.tools)
        with running(world, "--latest", *bins, env={"GUARDIAN_PG_BIN": str(tools)}) as (said, answer):
            assert answer("SELECT count(*), min(n), max(n) FROM t") == "20001|-2|30000"
            folder = pathlib.Path(said["recovered"]["folder"])
            assert not (folder / "guardian.chain").exists() and not list(folder.rglob("INCREMENTAL.*"))
        folder, _, refused = recover(world, "--latest", *bins, status=2, env={"PATH": "/usr/bin:/bin"})
        assert "there is no pg_combinebackup" in refused and "--base" in refused and not folder.exists()


def test_a_hole_is_the_end_and_said():
    with pitr.Archive() as world:
        world.server.run("CREATE TABLE t (n int)")
        world.guardian("base", as_server=True)
        for n in (1, 2, 3):
            world.server.run(f"INSERT INTO t VALUES ({n})")
            name = world.switch()
            if n == 1:
                first = world.stored(name).stat().st_mtime - 0.001
            if n == 2:
                hole = name
        world.stored(hole).unlink()
        with running(world, "--latest") as (said, answer):
            assert answer("SELECT string_agg(n::text, ',') FROM t") == "1"
            assert not said["recovered"]["exact"] and "hole" in said["recovered"]["said"] and "hole" in said["notes"][0]
        folder, _, refused = recover(world, "--time", utc(first), status=8)
        assert "the WAL has a hole at" in refused and f"segment {hole} is missing" in refused and not folder.exists()
