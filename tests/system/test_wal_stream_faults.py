"""guardian wal stream and everything that can break: itself, the server, the network, the store. Nothing that was acknowledged is ever missing, and no
hole is left without a word."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from harness import pitr, streaming
from harness.streaming import Stored, Stream, Told, lsn, write

MIB = 1 << 20
CRASHED = 99


@pytest.fixture(scope="module")
def kept():
    """A server that keeps its WAL."""
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "300MB"}) as one:
        yield one


def emptied(archive):
    subprocess.run(["find", archive.store, "-mindepth", "1", "-delete"], check=True)
    return archive


@pytest.fixture
def fresh(kept):
    return emptied(kept)


def holds(archive, told, end=0):
    stored = Stored(archive, MIB)
    assert stored.has_no_hole(), {timeline: sorted(segments) for timeline, segments in stored.segments.items()}
    assert stored.end()[1] >= max(told.most, end), (hex(stored.end()[1]), hex(told.most), hex(end))
    stored.compare(pathlib.Path(archive.data, "pg_wal"))
    return stored


def points(archive):
    """The names of the fault points that one ordinary life passes."""
    with Stream(archive, "--partial", "50ms", env={"GUARDIAN_FAULT": "list"}).started() as stream:
        for _ in range(3):
            stream.wait_durable(write(archive.server, 0.5))
        stream.end()
    return sorted({line[len("fault point: "):] for line in stream.log if line.startswith("fault point: ")})



def test_killed_at_every_point(fresh):
    """As by kill -9 at the very place; then a second one that must find all of it."""
    names = points(fresh)
    assert any("before a piece is stored" in name for name in names) and any("removed" in name for name in names), names
    emptied(fresh)
    crashed = 0
    with Told(fresh.server) as told:
        for name in names:
            for nth in (1, 4):
                with Stream(fresh, "--partial", "30ms", env={"GUARDIAN_FAULT": f"@{name}#{nth}:exit"}) as stream:
                    for _ in range(8):
                        if stream.process.poll() is not None:
                            break
                        write(fresh.server, 0.25)
                        time.sleep(0.05)
                    crashed += stream.process.poll() == CRASHED
                    stream.kill()
                stored = Stored(fresh, MIB)
                assert not stored.segments or stored.end()[1] >= told.most, (name, nth, hex(stored.end()[1]), hex(told.most))
        with Stream(fresh).started() as stream:
            end = write(fresh.server, 0.5)
            stream.wait_durable(end)
            stream.end()
        stored = holds(fresh, told, end)
    assert crashed >= len(names), (crashed, names)
    assert not {path.parent.name[:24] for path in stored.pieces} & stored.whole  # what an earlier one left was tidied up


def test_failures_at_every_point_are_survived(fresh):
    names = points(fresh)
    emptied(fresh)
    with Told(fresh.server) as told:
        for name in names:
            with Stream(fresh, "--partial", "30ms", env={"GUARDIAN_FAULT": f"@{name}#2"}) as stream:
                end = write(fresh.server, 0.6)
                stream.wait_durable(end)
                end = write(fresh.server, 0.6)
                stream.wait_durable(end)
                stream.end()
        holds(fresh, told, end)


def test_the_server_ends_the_session(fresh):
    with Told(fresh.server) as told, Stream(fresh).started() as stream:
        for n in range(3):
            write(fresh.server, 0.4)
            fresh.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
            stream.wait_for("receiving timeline", times=n + 2)
        end = write(fresh.server, 0.4)
        assert stream.wait_durable(end)["reconnects_total"] >= 3
        stream.end()
        holds(fresh, told, end)


def store_goes(archive):
    archive.store.rename(archive.place / "away")
    archive.store.write_text("no folder")


def store_comes(archive):
    archive.store.unlink()
    (archive.place / "away").rename(archive.store)


def test_the_store_is_away_for_a_while(fresh):
    """The session goes on, the slot keeps what came, memory does not grow, and all of it gets in afterwards."""
    with Told(fresh.server) as told, Stream(fresh, "--rpo", "1s", "--partial", "100ms").started() as stream:
        stream.wait_durable(write(fresh.server, 0.4))
        store_goes(fresh)
        try:
            end = write(fresh.server, 6)
            stream.wait_for("the store does not take WAL")
            stream.wait_for("--rpo allows 1.0")
            assert stream.page("readyz")[0] == 503
            assert stream.numbers()["store_lost"] == 1
            acknowledged = told.most
            time.sleep(1)
            assert fresh.value("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'guardian wal stream'") == 1
        finally:
            store_comes(fresh)
        assert acknowledged <= Stored(fresh, MIB).end()[1]
        numbers = stream.wait_durable(end, seconds=40)
        assert numbers["reconnects_total"] == 0
        stream.wait_for("the store takes WAL again")
        stream.end()
        holds(fresh, told, end)


def test_asked_to_end_while_the_store_is_away(fresh):
    with Told(fresh.server) as told, Stream(fresh, "--drain-timeout", "1s").started() as stream:
        stream.wait_durable(write(fresh.server, 0.3))
        store_goes(fresh)
        try:
            end = write(fresh.server, 0.3)
            stream.wait_number("received_lsn_bytes", lambda value: value >= end)
            stream.end(status=4)
            assert "bytes did not get into the store" in stream.text
        finally:
            store_comes(fresh)
    with Stream(fresh).started() as stream:
        stream.wait_durable(end)
        stream.end()
    holds(fresh, told, end)


def test_a_damaged_piece_is_asked_for_again(fresh):
    fresh.server.run("SELECT pg_switch_wal()")
    with Told(fresh.server) as told:
        with Stream(fresh, "--partial", "20ms").started() as stream:
            for _ in range(3):
                stream.wait_durable(write(fresh.server, 0.2))
            stream.kill()
        piece = max(fresh.store.glob("v1/*/wal/*/*.part/*.zst"))
        data = bytearray(piece.read_bytes())
        data[-20] ^= 0xFF
        piece.write_bytes(data)
        with Stream(fresh, "--partial", "20ms").started() as stream:
            stream.wait_for("cannot be used")
            end = write(fresh.server, 1.5)
            stream.wait_durable(end)
            stream.end()
    names = [path.name for path in fresh.store.glob("v1/*/wal/*/*.zst")]
    assert piece.parent.name[:24] + ".zst" in names


def test_other_wal_of_the_same_cluster_is_not_mixed_in(fresh, tmp_path):
    """A server that was copied and runs on without a timeline of its own: its WAL is not the one that the store has."""
    fresh.server.run("SELECT pg_switch_wal()")
    with Stream(fresh, "--partial", "20ms").started() as stream:
        stream.wait_durable(write(fresh.server, 0.2))
        stream.end()
    piece = max(fresh.store.glob("v1/*/wal/*/*.part/*.zst"))
    folder, name, start, end = piece.parent, piece.parent.name[:24], piece.name[:8], piece.name[9:17]
    wal = bytearray(b"".join(streaming.unpack(path) for path in sorted(folder.glob("*.zst"))))
    wal[-1] ^= 0xFF
    for path in folder.glob("*.zst"):
        path.unlink()
    import hashlib
    label = json.dumps({"format": 1, "name": f"{name}.part/00000000-{end}", "bytes": len(wal), "sha256": hashlib.sha256(wal).hexdigest(), "key": None}).encode()
    packed = subprocess.run(["zstd", "-q", "-c"], input=bytes(wal), capture_output=True, check=True).stdout
    (folder / f"00000000-{end}.zst").write_bytes(b"\x50\x2a\x4d\x18" + len(label).to_bytes(4, "little") + label + packed)
    with Stream(fresh) as stream:
        stream.wait_for("is not the one that the store has")
        stream.end()
