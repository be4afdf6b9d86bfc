"""guardian recover across promotions, and on other major versions."""

import json
import pathlib
import time

import pytest

from harness import pitr
from harness.lack import lack
from harness.recoveries import recover, running, utc


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
            pushed(world, world.server)
            standby.server.run("INSERT INTO t VALUES (3)")
            pushed(standby, standby.server)
            for words, rows in ((["--latest"], "1,2,3"), (["--time", utc(before)], "1"), (["--lsn", lsn], "1"), (["--latest", "--timeline", "1"], "-1,1,2")):
                with running(world, *words) as (said, answer):
                    assert answer("SELECT string_agg(n::text, ',' ORDER BY n) FROM t") == rows, words
                    assert said["timeline"] == (1 if "--timeline" in words else 2)
                    assert said["recovered"]["timeline"] >= 3 or "--timeline" in words


@pytest.mark.parametrize("major", [13, 18])
def test_other_majors(major):
    if not pathlib.Path(f"/var/cache/guardian-test/pg/{major}").exists():
        lack(f"PostgreSQL {major} is not here")
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
