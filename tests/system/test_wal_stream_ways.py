"""guardian wal stream over timelines, slots, gaps, and segments of other sizes."""

import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from harness import pitr, server as servers, streaming
from harness.streaming import Stored, Stream, Told, lsn, write

MIB = 1 << 20
REFUSED = 3
ASAN = "asan" in os.environ.get("GD_BUILD", "")


def gaps(archive):
    return [json.loads(path.read_text()) for path in sorted(archive.store.glob("v1/*/wal-gaps/*/*.json"))]


def test_a_standby_is_promoted_and_streaming_goes_on_from_it():
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "100MB"}) as one, \
            pitr.Archive(archive=False, standby_of=one.server, settings={"wal_keep_size": "100MB"}) as two:
        target = f"host={one.server.dir},{two.server.dir} port={one.server.port},{two.server.port} user=postgres target_session_attrs=read-write"
        with Told(one.server) as told, Stream(one, target=target).started() as stream:
            end = write(one.server, 2)
            stream.wait_durable(end)
            while lsn(two.value("SELECT pg_last_wal_replay_lsn()::text")) < end:
                time.sleep(0.05)
            one.server.crash()
            two.server.run("SELECT pg_promote()")
            stream.wait_for("receiving timeline 2")
            after = write(two.server, 2)
            stream.wait_durable(after)
            stream.end()
        stored = Stored(one, MIB)
        assert stored.has_no_hole(1) and stored.end(1)[1] >= max(end, told.most)
        assert stored.has_no_hole(2) and stored.end(2)[1] >= after and stored.end(2)[0] <= stored.end(1)[1]
        assert stored.compare(two.data / "pg_wal", 2) > MIB
        history = streaming.unpack(next(one.store.glob("v1/*/wal/00000002/00000002.history.zst"))).decode()
        assert history == (two.data / "pg_wal" / "00000002.history").read_text()
        left = lsn(re.search(r"^1\t(\S+)", history, re.M).group(1))
        assert stored.end(1)[1] >= left
        # the old primary, back by mistake: its timeline was left
        subprocess.run([servers.PG_SH, "start", one.server.dir, "-c", "wal_level=replica"], check=True, capture_output=True)
        with Stream(one) as stream:
            assert stream.process.wait(20) == REFUSED
            stream.kill()
            assert "Is it the old primary?" in stream.text


def test_what_a_failover_left_behind_is_said():
    """The standby lacks the last commits, which are in the store."""
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "100MB"}) as one, \
            pitr.Archive(archive=False, standby_of=one.server, settings={"wal_keep_size": "100MB"}) as two:
        target = f"host={one.server.dir},{two.server.dir} port={one.server.port},{two.server.port} user=postgres target_session_attrs=read-write"
        with Stream(one, target=target).started() as stream:
            both = write(one.server, 0.3)
            while lsn(two.value("SELECT pg_last_wal_replay_lsn()::text")) < both:
                time.sleep(0.05)
            two.server.run("ALTER SYSTEM SET primary_conninfo = ''")
            two.server.run("SELECT pg_reload_conf()")
            while two.value("SELECT count(*) FROM pg_stat_wal_receiver WHERE pid IS NOT NULL"):
                time.sleep(0.05)
            end = write(one.server, 2.2)
            stream.wait_durable(end)
            assert stream.numbers()["left_bytes_total"] == 0
            one.server.crash()
            two.server.run("SELECT pg_promote()")
            stream.wait_for("receiving timeline 2")
            stream.wait_durable(write(two.server, 0.2))
            said = [line for line in stream.log if "behind that are in the store, and not in the server" in line]
            assert len(said) == 1 and "timeline 2 began at" in said[0] and "recover --timeline 1 --latest" in stream.text
            assert end - both - MIB <= stream.numbers()["left_bytes_total"] <= end - both + MIB
            stream.end()


def test_a_standby_is_promoted_while_it_is_streamed_from():
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "100MB"}) as one, \
            pitr.Archive(archive=False, standby_of=one.server, settings={"wal_keep_size": "100MB"}) as two:
        with Stream(two).started() as stream:
            end = write(one.server, 1.3)
            stream.wait_durable(end)
            two.server.run("SELECT pg_promote()")
            after = write(two.server, 1.3)
            stream.wait_for("timeline 1 ended, and 2 goes on")
            numbers = stream.wait_durable(after)
            assert numbers["reconnects_total"] == 0 and numbers["timeline"] == 2
            stream.end()
        stored = Stored(two, MIB)
        assert stored.has_no_hole(1) and stored.has_no_hole(2) and stored.end(2)[1] >= after
        with Stream(two).started() as stream:  # and from there again
            again = write(two.server, 0.5)
            stream.wait_durable(again)
            stream.end()
        assert Stored(two, MIB).has_no_hole(2)


def throw_away_wal(archive, megabytes=12):
    """Until the server has removed what was written at first."""
    oldest = min(path.name for path in (archive.data / "pg_wal").glob("0*[0-9A-F]") if len(path.name) == 24)
    for _ in range(10):
        write(archive.server, megabytes / 3)
        archive.server.run("CHECKPOINT")
        if not (archive.data / "pg_wal" / oldest).exists():
            return
    raise AssertionError("it keeps everything")


SMALL = {"min_wal_size": "2MB", "max_wal_size": "4MB", "wal_recycle": "off"}


def test_a_gap_is_said_recorded_and_gone_on_behind():
    with pitr.Archive(archive=False, segment_mb=1, settings=SMALL) as one:
        with Stream(one).started() as stream:
            before = write(one.server, 1)
            stream.wait_durable(before)
            stream.end()
        throw_away_wal(one)
        with Stream(one).started() as stream:
            stream.wait_for("a gap: the server has removed its WAL")
            end = write(one.server, 0.5)
            numbers = stream.wait_durable(end)
            assert numbers["gaps_total"] == 1
            stream.end()
        assert "Take a base backup now" in stream.text
        said = gaps(one)
        assert len(said) == 1 and said[0]["timeline"] == 1 and said[0]["system_identifier"] == one.value("SELECT system_identifier::text FROM pg_control_system()")
        stored = Stored(one, MIB)
        assert stored.end()[1] == lsn(said[0]["from_lsn"]) >= before
        behind = min(number for number in stored.segments[1] if number * MIB >= lsn(said[0]["to_lsn"]))
        assert behind * MIB == lsn(said[0]["to_lsn"])
        assert (max(stored.segments[1]) * MIB + len(stored.segments[1][max(stored.segments[1])])) >= end
        # the gap is as small as it can be: the segment before is gone from the server
        assert not (one.data / "pg_wal" / stored.name(1, behind - 1)).exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root has files that the server's user may not read")
def test_what_root_remembered_does_not_stop_it():
    """Somebody looked as root: what he found out lies in the store, for his eyes only."""
    with pitr.Archive(archive=False, segment_mb=1) as one:
        with Stream(one, as_server=True).started() as stream:
            stream.wait_durable(write(one.server, 2))
            stream.end()
        one.guardian("wal", "check", status=None)
        made = [path for path in one.store.glob("v1/*/wal-proven/*") if path.stat().st_uid == 0]
        assert made
        with Stream(one, as_server=True).started() as stream:
            stream.wait_durable(write(one.server, 1))
            stream.end()
            assert "it is gone on without" in stream.text and "wal-proven" in stream.text
        assert Stored(one, MIB).has_no_hole(1)


def test_a_permanent_slot_leaves_no_gap():
    with pitr.Archive(archive=False, segment_mb=1, settings=SMALL) as one:
        with Stream(one, "--slot", "guardian").started() as stream:
            stream.wait_durable(write(one.server, 1))
            stream.kill()
        for _ in range(3):
            end = write(one.server, 3)
            one.server.run("CHECKPOINT")
        with Stream(one, "--slot", "guardian").started() as stream:
            stream.wait_durable(end)
            stream.wait_number("slot_bytes", lambda value: value >= 0)
            stream.end()
        assert not gaps(one) and Stored(one, MIB).has_no_hole()


def test_a_slot_that_the_server_gave_up_is_made_anew():
    settings = {**SMALL, "max_slot_wal_keep_size": "2MB"}
    with pitr.Archive(archive=False, segment_mb=1, settings=settings) as one:
        with Stream(one, "--slot", "guardian").started() as stream:
            stream.wait_durable(write(one.server, 1))
            stream.kill()
        throw_away_wal(one)
        assert one.value("SELECT wal_status FROM pg_replication_slots") == "lost"
        with Stream(one, "--slot", "guardian") as stream:
            stream.wait_for("it is made anew")
            stream.wait_for("a gap: the server has removed its WAL")
            end = write(one.server, 0.5)
            stream.wait_durable(end)
            stream.end()
        assert len(gaps(one)) == 1


def test_a_slot_that_holds_too_much_is_said_and_dropped_where_that_is_wanted():
    with pitr.Archive(archive=False, segment_mb=1, settings=SMALL) as one:
        with Stream(one, "--slot", "guardian", "--slot-size-max", "4MB", "--slot-drop").started() as stream:
            stream.wait_durable(write(one.server, 0.5))
            one.store.rename(one.place / "away")
            one.store.write_text("no folder")
            write(one.server, 8)
            stream.wait_for("of WAL for the replication slot")
            stream.wait_for("was dropped: the server kept too much for it")
            one.store.unlink()
            (one.place / "away").rename(one.store)
            end = write(one.server, 0.5)
            stream.wait_durable(end, seconds=40)
            stream.end()
        stored = Stored(one, MIB)
        assert stored.has_no_hole() or gaps(one)


@pytest.mark.parametrize("megabytes", [64])
def test_large_segments_are_put_together_of_their_pieces(megabytes):
    size = megabytes * MIB
    with pitr.Archive(archive=False, segment_mb=megabytes, settings={"wal_keep_size": "1GB", "max_wal_size": "2GB", "min_wal_size": "256MB"}) as one:
        with Told(one.server) as told:
            with Stream(one, "--partial", "500ms").started() as stream:
                stream.wait_durable(write(one.server, 24), seconds=60)
                stream.kill()  # in the second stretch
            with Stream(one, "--partial", "500ms").started() as stream:
                end = write(one.server, megabytes)
                stream.wait_durable(end, seconds=60)
                status = pathlib.Path(f"/proc/{stream.process.pid}/status").read_text()
                peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) >> 10
                stream.end(seconds=60)
        stored = Stored(one, size)
        assert stored.has_no_hole() and stored.end()[1] >= max(end, told.most)
        assert len(stored.whole) >= 1
        assert stored.compare(one.data / "pg_wal") >= size
        assert not {path.parent.name[:24] for path in stored.pieces} & stored.whole
        assert ASAN or peak < 64, peak
