"""guardian recover: every kind of point in time, compared with a ledger of what was committed; and what it refuses."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness import pitr
from harness.lack import lack
from harness.recoveries import ask, ended, folder_of, recover, running, utc


def archived(server, call):
    """WAL that a function writes, and no commit."""
    name = server.value(f"SELECT pg_walfile_name({call})")
    server.run("SELECT pg_switch_wal()")
    while server.value("SELECT last_archived_wal < %s FROM pg_stat_archiver", parameters=[name]):
        time.sleep(0.05)


class Past:
    """A ledger that was written before, during and after a base backup, and points in it."""

    def __init__(self, world):
        self.world, server = world, world.server
        self.ledger = ledger = pitr.Ledger(server)
        ledger.wait(5)
        server.run("CREATE UNLOGGED TABLE bulk AS SELECT 1 AS n")
        self.before_base = time.time()
        self.base = json.loads(world.guardian("base", "--json", as_server=True).stdout)["base"]
        self.base_row = ledger.wait(1)
        self.row = ledger.wait(20)  # somewhere in the middle
        self.time = time.time()
        self.before_twice = ledger.wait(5)[0]
        server.run("SELECT pg_create_restore_point('twice')")
        self.first_twice = ledger.wait(1)[0]
        ledger.wait(5)
        server.run("SELECT pg_create_restore_point('twice')")
        link = server.connect(autocommit=False)
        with link.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            self.xid = cursor.fetchone()[0]
            cursor.execute("CREATE TABLE of_xid AS SELECT 1")
        link.commit()
        ledger.wait(5)
        ledger.stop()
        self.last = ledger.rows[-1]
        world.switch()
        time.sleep(1.1)
        self.idle = time.time()
        time.sleep(0.2)
        archived(server, "pg_logical_emit_message(false, 'x', 'x')")


@pytest.fixture(scope="module")
def world():
    with pitr.Archive() as one:
        yield one


@pytest.fixture(scope="module")
def past(world):
    return Past(world)


def test_preview_writes_nothing(world, past):
    said = json.loads(world.guardian("recover", "--preview", "--json", "--time", utc(past.time)).stdout)
    assert said["base"] == past.base and said["timeline"] == 1 and said["recovered"] is None
    assert said["lost_until"] > said["target_time"] and said["wal_bytes"] > 0
    text = world.guardian("recover", "--preview", "--latest").stdout
    assert past.base in text and "nothing that the store holds" in text


def test_latest_has_everything(world, past):
    with running(world, "--latest") as (said, ask):
        assert int(ask("SELECT max(n) FROM ledger")) == past.last[0] and ask("SELECT pg_is_in_recovery()") == "f"
        assert said["recovered"]["exact"] and said["recovered"]["timeline"] == 2
        assert ask("SHOW archive_mode") == "off" and ask("SHOW archive_command") in ("", "(disabled)") and ask("SHOW listen_addresses") == ""


def test_a_time(world, past):
    with running(world, "--time", utc(past.time)) as (said, ask):
        there = int(ask("SELECT max(n) FROM ledger"))
        assert there >= past.ledger.must_be_there(until=past.time)
        assert there < past.ledger.must_not_be_there(from_time=past.time)
        assert int(ask("SELECT count(*) FROM ledger")) == there and said["recovered"]["exact"]


def test_an_lsn_is_all_before_it(world, past):
    lsn = f"{past.row[3] >> 32:X}/{past.row[3] & 0xFFFFFFFF:08X}"
    with running(world, "--lsn", lsn) as (_, ask):
        assert int(ask("SELECT max(n) FROM ledger")) == past.row[0]


def test_a_transaction_with_it(world, past):
    with running(world, "--xid", past.xid) as (said, ask):
        assert ask("SELECT count(*) FROM of_xid") == "1" and f"transaction {past.xid}" in said["recovered"]["said"]
        assert int(ask("SELECT max(n) FROM ledger")) < past.last[0]


def test_of_two_restore_points_the_first(world, past):
    with running(world, "--name", "twice") as (said, ask):
        assert int(ask("SELECT max(n) FROM ledger")) in range(past.before_twice, past.first_twice + 1)
        assert "first one of that name" in said["notes"][0]


def test_immediate_is_the_base_backup(world, past):
    with running(world, "--immediate") as (_, ask):
        there = int(ask("SELECT max(n) FROM ledger"))
        assert past.ledger.must_be_there(until=past.before_base) <= there <= past.base_row[0]


def test_no_transaction_at_that_time_is_the_last_one_before(world, past):
    assert "is not known" in recover(world, "--time", utc(past.idle), status=2)[2]
    archived(world.server, "pg_create_restore_point('later')")  # now the WAL reaches so far
    with running(world, "--time", utc(past.idle)) as (said, ask):
        assert int(ask("SELECT max(n) FROM ledger")) == past.last[0]
        assert not said["recovered"]["exact"] and "no transaction was committed at that time" in said["recovered"]["said"] and not said["warnings"]


def test_a_stopped_folder_starts_as_any_other(world, past):
    folder, said, _ = recover(world, "--latest")
    conf = (folder / "postgresql.auto.conf").read_text()
    assert "restore_command" not in conf and "recovery_target" not in conf and "archive_mode = 'off'" in conf
    assert not (folder / "recovery.signal").exists() and not (folder / "guardian.recovering").exists() and not (folder / "postmaster.pid").exists()
    assert folder.stat().st_mode & 0o777 == 0o700 and said["recovered"]["running"] is None
    assert "not empty" in recover(world, "--latest", folder=folder, status=2)[2]


@pytest.mark.parametrize("words, text", [
    (["--time", "2026-11-23 12:00:00"], "names no zone"), (["--time", "yesterday"], "could not read the time"), (["--time", "2020-01-01T00:00:00Z"], "earliest point"),
    (["--time", "2099-01-01T00:00:00Z"], "in the future"), (["--lsn", "0/1000000"], "older than the target"), (["--lsn", "F/0"], "the target lies behind it"),
    (["--lsn", "x"], "could not read the LSN"), (["--before", "20990101T000000Z-0000000000"], "no restore point was made before change"),
    (["--latest", "--immediate"], "more than one"), ([], "no point in time"), (["--latest", "--timeline", "7"], "timeline 7"),
    (["--latest", "--base", "2099"], "no base backup"), (["--latest", "--system", "12345"], "can be recovered"), (["--xid", "2"], "not the id"),
    (["--latest", "--map-tablespace", "/x=/y"], "no tablespace"), (["--latest", "--user", "no-such-user"], "no such user" if pitr.AS_SERVER == [] else "there is no user")])
def test_what_cannot_be_is_said_before_anything_is_written(world, past, words, text):
    if "--user" in words and not pitr.AS_SERVER:
        pytest.skip("only root gives the server away")
    folder, _, said = recover(world, *words, status=2)
    assert text in said and not (folder / "global").exists()


def test_an_unknown_name_and_transaction_are_found_to_be_unknown(world, past):
    assert "there is no restore point \"nowhere\" in the WAL" in recover(world, "--name", "nowhere", status=2)[2]
    assert "no end of transaction 4000000000" in recover(world, "--xid", "4000000000", status=2)[2]


def test_a_foreign_a_running_and_a_full_folder_stay_as_they_are(world, past):
    assert "a server runs in it" in recover(world, "--latest", "--delta", folder=world.data, status=2)[2]
    assert world.value("SELECT 1") == 1
    full = folder_of(world)
    full.mkdir()
    (full / "letter").write_text("dear")
    assert "not empty" in recover(world, "--latest", folder=full, status=2)[2]
    assert "no data directory" in recover(world, "--latest", "--delta", folder=full, status=2)[2]
    assert [one.name for one in full.iterdir()] == ["letter"]


def last_segment(world, before=0):
    return sorted((one for one in world.store.glob("v1/*/wal/00000001/0*.zst") if len(one.name) == 28), key=lambda one: one.name)[-1 - before]


def test_a_store_in_trouble_stops_recovery_and_nothing_is_promoted(world, past):
    path = last_segment(world, before=1)
    path.chmod(0)
    try:
        folder, _, said = recover(world, "--latest", status=10, as_server=True)  # root may read what is closed
        assert "a WAL file could not be fetched" in said and "archive recovery complete" not in said
        assert (folder / "guardian.recovering").exists() and (folder / "recovery.signal").exists()
    finally:
        path.chmod(0o666)
    assert recover(world, "--latest", "--delta", folder=folder)[1]["recovered"]["exact"]  # and it can be gone on with


def test_wal_that_is_damaged_is_named_with_what_can_be_had_before_it(world, past):
    archived(world.server, "pg_create_restore_point('near')")
    archived(world.server, "pg_logical_emit_message(false, 'x', 'x')")
    path = last_segment(world)
    kept = path.read_bytes()
    path.chmod(0o666)
    path.write_bytes(kept[:-20] + b"x" * 20)
    try:
        folder, _, wrong = recover(world, "--latest", status=8)
        said = " ".join(wrong.split())
        assert f'segment "{path.name[:24]}" is damaged: ' in said and "all that was committed until " in said, said
        assert (folder / "guardian.recovering").exists() and (folder / "recovery.signal").exists()
        before = said.split("--lsn ")[1].split(";")[0]
        _, done, _ = recover(world, "--lsn", before, "--delta", "--keep-running", folder=folder)
        try:
            assert int(ask(done["recovered"]["running"], "SELECT max(n) FROM ledger")) == past.last[0]
        finally:
            world.end(folder)
        assert recover(world, "--name", "near")[1]["recovered"]["exact"]  # the server reads ahead into the damage
        assert 'is damaged: ' in recover(world, "--name", "nowhere", status=8)[2]
    finally:
        path.write_bytes(kept)


def test_wal_that_goes_away_meanwhile_is_no_end(world, past):
    folder, path = folder_of(world), last_segment(world)
    kept = path.read_bytes()
    env = {**os.environ, "GUARDIAN_STORE": world.url, "GUARDIAN_FAULT": "@recover: before the server starts:stop"}
    running = subprocess.Popen([pitr.GUARDIAN, "recover", folder, "--latest", "--no-check"], env=env, stderr=subprocess.PIPE, text=True)
    while pathlib.Path(f"/proc/{running.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "TZ":
        time.sleep(0.02)
    if running.poll() is not None:
        lack("this build has no fault points")
    path.unlink()
    running.send_signal(signal.SIGCONT)
    said = running.communicate(timeout=60)[1]
    path.write_bytes(kept)
    path.chmod(0o644)
    assert running.returncode == 8 and "and the store holds WAL up to" in said, said


def test_one_table_comes_back_from_a_point_in_time(world, past):
    world.server.run("DROP TABLE ledger")
    ran = world.guardian("restore", "--table", "ledger", "--table", "bulk", "--time", utc(past.time), "--side-schema", "past")
    assert "Restored" in ran.stdout and "unlogged tables come back empty, because their rows are in no WAL: \"public.bulk\"" in " ".join(ran.stderr.split()), ran.stderr
    there = world.value("SELECT max(n) FROM past.ledger")
    assert past.ledger.must_be_there(until=past.time) <= there < past.ledger.must_not_be_there(from_time=past.time)
    assert not list(world.store.glob("v1/*/snapshots/*"))
    assert "goes with --table" in ended(world.guardian("restore", "--time", utc(past.time), "--into", "x", status=None), 2)
