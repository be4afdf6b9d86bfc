"""guardian wal stream and a server that goes away: killed, or shutting down, with and without a store to take its last word."""

import os
import pathlib
import re
import subprocess
import time

import pytest

from harness import pitr, streaming
from harness.streaming import Stored, Stream, Told, lsn, write

MIB = 1 << 20


def store_goes(archive):
    archive.store.rename(archive.place / "away")
    archive.store.write_text("no folder")


def store_comes(archive):
    archive.store.unlink()
    (archive.place / "away").rename(archive.store)


def test_the_server_is_killed_and_comes_back():
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "100MB"}) as one:
        with Told(one.server) as told, Stream(one).started() as stream:
            for n in range(2):
                write(one.server, 0.5)
                one.server.crash()
                stream.wait_number("streaming", lambda value: value == 0)
                again(one)
                stream.wait_for("receiving timeline", times=n + 2)
            end = write(one.server, 0.5)
            stream.wait_durable(end)
            stream.end()
        stored = Stored(one, MIB)
        assert stored.has_no_hole() and stored.end()[1] >= max(told.most, end)
        assert stored.compare(pathlib.Path(one.data, "pg_wal")) > 0


def again(archive):
    subprocess.run([streaming.servers.PG_SH, "start", archive.server.dir, "-c", "wal_level=replica"], check=True, capture_output=True)


@pytest.mark.parametrize("blocked", [False, True])
def test_the_server_can_shut_down(blocked):
    """With the store there, at once, and its last word is in the store; without, after a while, and what is missing comes later."""
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "100MB"}) as one:
        with Stream(one, "--slot", "keeps", "--partial", "1h").started() as stream:
            end = write(one.server, 0.5)
            began = time.monotonic()
            subprocess.run([streaming.servers.PG_SH, "stop", one.server.dir], check=True, timeout=60)
            assert time.monotonic() - began < 8
            stream.wait_for("the server ended the stream")
            last = Stored(one, MIB).end()[1]
            assert last > end
            checkpoint = subprocess.run([streaming.program(one, "pg_controldata"), one.data], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
            assert lsn(re.search(r"Latest checkpoint location:\s+(\S+)", checkpoint).group(1)) < last
            again(one)
            stream.wait_for("receiving timeline", times=2)
            store_goes(one)
            end = write(one.server, 4 if blocked else 0.5)
            began = time.monotonic()
            subprocess.run([streaming.servers.PG_SH, "stop", one.server.dir], check=True, timeout=60)
            assert time.monotonic() - began < 28
            stream.wait_for("the server shuts down, and the store ")
            store_comes(one)
            again(one)
            stream.wait_for("receiving timeline", times=3)
            stream.wait_number("received_lsn_bytes", lambda value: value >= end, seconds=40)
            stream.end()
        stored = Stored(one, MIB)
        assert stored.has_no_hole() and stored.end()[1] >= end


def test_asked_to_end_between_two_sessions():
    """What had come and was not stored is still the server's: that is said."""
    with pitr.Archive(archive=False, segment_mb=1) as one:
        with Stream(one, "--partial", "1h").started() as stream:
            end = write(one.server, 0.3)
            stream.wait_number("received_lsn_bytes", lambda value: value >= end)
            one.server.crash()
            stream.wait_number("streaming", lambda value: value == 0)
            time.sleep(0.5)
            stream.end(status=4)
            assert "bytes that had come did not get into the store" in stream.text
