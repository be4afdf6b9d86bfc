"""guardian recover --time, where the WAL in the store ends before that time or has a hole: what was committed until then is not known, so less than
that is never handed out as if it were what was asked for; what there is can be had, by a command that the answer names."""

import calendar
import re
import time

import pytest

from harness import pitr
from harness.recoveries import recover, running, utc

ALONE = {name: "" for name in ("GUARDIAN_DB", "DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE")}


class Past:
    """Row 1 is in the first segment behind the base backup, row 2 in the next, …; `push` puts them into the store by hand."""

    def __init__(self, world):
        self.world, self.committed, self.names = world, {}, {}
        world.server.run("CREATE TABLE t (n int)")
        world.guardian("base", as_server=True)

    def row(self, number):
        self.world.server.run("INSERT INTO t VALUES (%s)", parameters=[number])
        self.committed[number] = time.time()
        self.close(number)

    def close(self, number):
        self.names[number] = self.world.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
        self.world.server.run("SELECT pg_switch_wal()")
        time.sleep(0.2)

    def push(self, *numbers):
        for number in numbers:
            self.world.wal("push", f"pg_wal/{self.names[number]}")


@pytest.fixture(scope="module")
def past():
    with pitr.Archive(archive=False) as world:
        yield Past(world)


def seconds_of(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float("0" + text[19:-1])


def refused(past, at, status):
    """What it says, and the time that it names instead."""
    folder, _, wrong = recover(past.world, "--time", utc(at), status=status, env=ALONE)
    said = " ".join(wrong.split())
    assert not (folder / "global").exists(), "laid down for nothing"
    past.world.guardian("recover", "--preview", "--time", utc(at), status=status, env=ALONE)
    assert "--latest" in said
    return said, re.search(r"--time ([0-9TZ:.-]+)", said)[1].rstrip(".")


def holds(past, *words):
    with running(past.world, *words, env=ALONE) as (said, ask):
        return ask("SELECT string_agg(n::text, ' ' ORDER BY n) FROM t"), said


# One store, which is filled from test to test.


def test_what_was_pushed_late_does_not_vouch_for_the_time_at_which_it_was_pushed(past):
    for number in (1, 2, 3):
        past.row(number)
    time.sleep(0.5)
    asked = time.time()
    time.sleep(0.1)
    past.push(1, 2)  # row 3 is nowhere; what is there was stored behind the time that is asked for
    said, instead = refused(past, asked, 2)
    assert "ends at " in said and f"and what was committed from then until {utc(asked)} is not known" in said, said
    rows, known = holds(past, "--time", instead)
    assert rows == "1 2" and not known["warnings"] and past.committed[1] < seconds_of(instead) <= past.committed[2]
    refused(past, time.time() - 0.01, 2)  # and one behind all that was stored


def test_behind_a_hole_nothing_is_known(past):
    asked = time.time()
    past.row(4)
    past.push(4)
    said, instead = refused(past, asked, 8)
    assert "the WAL has a hole at" in said and f"segment {past.names[3]} is missing" in said and "guardian wal check" in said, said
    assert past.committed[1] < seconds_of(instead) <= past.committed[2]
    past.push(3)
    assert holds(past, "--time", utc(asked))[0] == "1 2 3"


def test_that_nothing_was_committed_is_known_by_what_comes_behind(past):
    time.sleep(0.3)
    quiet = time.time()
    past.world.server.run("SELECT pg_create_restore_point('later')")
    past.close(5)
    refused(past, quiet, 2)
    past.push(5)  # nobody has read it back
    rows, said = holds(past, "--time", utc(quiet))
    assert rows == "1 2 3 4" and "no transaction was committed at that time" in said["recovered"]["said"] and not said["warnings"] and not said["notes"]


def test_what_only_the_replay_can_tell_is_refused_there(past):
    """The last segments have no commit, and nobody has read those before."""
    past.row(6)
    asked = time.time()
    for number in range(7, 12):
        past.world.server.run("SELECT pg_logical_emit_message(false, 'x', 'x')")
        past.close(number)
    past.push(*range(6, 12))
    folder, _, wrong = recover(past.world, "--time", utc(asked), status=2, env=ALONE)
    said = " ".join(wrong.split())
    assert "is not known" in said and (folder / "guardian.recovering").exists(), said
    instead = re.search(r"--time ([0-9TZ:.-]+)", said)[1].rstrip(".")
    assert recover(past.world, "--time", instead, "--delta", folder=folder, env=ALONE)[1]["recovered"]["said"].startswith("the transaction of ")
