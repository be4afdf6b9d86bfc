"""A quiet hour: until when nothing was committed is known of a server that streams, and never longer than it is so."""

import json
import time

import pytest

from harness import pitr
from harness.recoveries import recover, running, utc
from harness.streaming import Stream, flush

USAGE = 2


def known(world):
    """[(timeline, LSN, seconds since 1970)] as the store has them."""
    names = [path.name.split("-") for path in world.store.glob("v1/*/wal-sure/*") if not path.name.startswith(".")]
    return sorted((int(timeline, 16), int(lsn, 16), int(time_us) / 1e6) for timeline, lsn, time_us in names)


def wait_known(world, until, seconds=30):
    for _ in range(int(seconds * 10)):
        if any(time_s >= until for _, _, time_s in known(world)):
            return
        time.sleep(0.1)
    raise AssertionError((until, known(world)))


@pytest.fixture(scope="module")
def world():
    with pitr.Archive(archive=False, settings={"full_page_writes": "on", "max_prepared_transactions": "2"}) as one:
        one.server.run("CREATE TABLE t (n int)")
        with Stream(one, "--partial", "100ms", "--sure", "1s", as_server=True).started() as stream:
            one.guardian("base", "--quiet", as_server=True)
            one.server.run("INSERT INTO t VALUES (1)")
            stream.wait_durable(flush(one.server))
            time.sleep(0.1)
            one.last = time.time()
            wait_known(one, one.last + 2)
            stream.kill()
        yield one


def test_a_time_without_a_commit_is_exact_as_far_as_it_is_known(world):
    assert len(known(world)) == 1, "there is more than the newest one"
    known_until = known(world)[-1][2]
    with running(world, "--time", utc(world.last + 2)) as (said, answer):
        assert answer("SELECT string_agg(n::text, ',') FROM t") == "1"
        assert "no transaction was committed at that time" in said["recovered"]["said"] and not said["notes"], said
    window = json.loads(world.guardian("wal", "check", "--json", as_server=True).stdout)["clusters"][0]["windows"][-1]
    assert window["to"][:19] == utc(known_until)[:19] and window["stored"] >= window["to"]
    folder, said, refused = recover(world, "--time", utc(known_until + 1), status=None)
    assert said is None or "no transaction" not in said["recovered"]["said"], said


def test_what_is_in_the_wal_is_needed_as_well(world):
    """It says something about the server; what of its WAL is in the store is looked at anew."""
    pieces = sorted(world.store.glob("v1/*/wal/*/*.part/*"))
    moved = pieces[-1].rename(pieces[-1].with_name("." + pieces[-1].name))
    try:
        window = json.loads(world.guardian("wal", "check", "--json", as_server=True).stdout)["clusters"][0]["windows"][-1]
        assert window["to"] < utc(world.last)
    finally:
        moved.rename(pieces[-1])


@pytest.mark.parametrize("under_way", ["open", "prepared"])
def test_nothing_is_said_beside_a_transaction_that_may_be_committing(world, under_way):
    before = known(world)
    with world.server.connect() as link, link.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO t VALUES (2)")
        if under_way == "prepared":
            cursor.execute("PREPARE TRANSACTION 'later'")
        with Stream(world, "--sure", "200ms", as_server=True).started() as stream:
            stream.wait_durable(flush(world.server))
            time.sleep(2)
            stream.end()
        assert known(world) == before
        cursor.execute("ROLLBACK PREPARED 'later'" if under_way == "prepared" else "ROLLBACK")
    with Stream(world, as_server=True).started() as stream:
        now = time.time()
        stream.wait_durable(flush(world.server))
        stream.end()
    after = known(world)
    assert len(after) == 1 and after[0][2] >= now - 2, "SIGTERM writes it once more"
    with Stream(world, "--sure", "0", as_server=True).started() as stream:
        stream.end()
    assert known(world) == after


def test_a_standby_says_nothing(world):
    before = known(world)
    with pitr.Archive(archive=False, standby_of=world.server, place=world.place) as standby:
        with Stream(standby, "--sure", "200ms", as_server=True).started() as stream:
            stream.wait_durable(flush(world.server))
            time.sleep(1.5)
            stream.end()
    assert known(world) == before
