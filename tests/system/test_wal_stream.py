"""guardian wal stream: what it stores is what the server wrote, what it says to be durable is in the store, and it ends well."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from harness import pitr, server as servers, streaming
from harness.streaming import Stored, Stream, Told, lsn, write

MIB = 1 << 20
USAGE, REFUSED = 2, 3


@pytest.fixture(scope="module")
def archive():
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "200MB"}) as one:
        yield one


@pytest.fixture
def fresh(archive):
    """The same server, an empty store."""
    subprocess.run(["find", archive.store, "-mindepth", "1", "-delete"], check=True)
    return archive


def until(test, seconds=20):
    for _ in range(int(seconds * 20)):
        if test():
            return
        time.sleep(0.05)
    raise AssertionError("it does not become so")


def objects(archive):
    return sorted(str(path) for path in archive.store.rglob("*") if path.is_file())


def test_what_is_stored_is_what_pg_receivewal_gets_and_pg_waldump_reads(fresh, tmp_path):
    mine = tmp_path / "received"
    mine.mkdir()
    with Told(fresh.server) as told, Stream(fresh).started() as stream:
        other = subprocess.Popen([streaming.program(fresh, "pg_receivewal"), "-D", mine, "-s", "1"], env=fresh.server.env(), stderr=subprocess.PIPE, text=True)
        where = "SELECT coalesce(max(write_lsn)::text, '0/0') FROM pg_stat_replication WHERE application_name = 'pg_receivewal'"
        try:
            until(lambda: lsn(fresh.value(where)) > 0 or other.poll() is not None)
            assert other.poll() is None, other.stderr.read()
            end = write(fresh.server, 4)
            stream.wait_durable(end)
            until(lambda: lsn(fresh.value(where)) >= end)
        finally:
            other.send_signal(signal.SIGINT)
            other.wait(20)
        stream.end()
        stored = Stored(fresh, MIB)
        assert stored.has_no_hole() and stored.end()[1] >= max(end, told.most) and told.most >= end
    assert stored.compare(mine) >= 3 * MIB  # its first file begins where it began
    assert stored.compare(pathlib.Path(fresh.data, "pg_wal")) >= 3 * MIB
    assert len(stored.whole) >= 3
    name = sorted(stored.whole)[1]
    path = tmp_path / name
    path.write_bytes(streaming.unpack(fresh.stored(name)))
    dump = subprocess.run([streaming.program(fresh, "pg_waldump"), "-q", path], capture_output=True, text=True)
    assert "rmgr: Heap" in dump.stdout or "INSERT" in subprocess.run([streaming.program(fresh, "pg_waldump"), path], capture_output=True, text=True).stdout


def test_pieces_of_a_whole_segment_go(fresh):
    with Stream(fresh, "--partial", "100ms").started() as stream:
        for _ in range(6):
            end = write(fresh.server, 0.25)
            stream.wait_durable(end)
        numbers = stream.end().text
    stored = Stored(fresh, MIB)
    whole = {path.parent.name[:24] for path in stored.pieces} & stored.whole
    assert not whole, f"{whole}\n{numbers}"
    assert stored.has_no_hole()


def test_small_pieces_are_put_together(fresh):
    fresh.server.run("SELECT pg_switch_wal()")
    with Stream(fresh, "--partial", "10ms").started() as stream:
        for n in range(45):
            fresh.server.run("SELECT pg_logical_emit_message(true, 'x', repeat('y', 300))")
            stream.wait_durable(streaming.flush(fresh.server))
        put = stream.end().text
    stored = Stored(fresh, MIB)
    assert 1 <= len(stored.pieces) < 40, put
    assert stored.has_no_hole() and stored.compare(pathlib.Path(fresh.data, "pg_wal")) > 0


def test_nothing_is_stored_for_an_idle_server(fresh):
    with Stream(fresh, "--partial", "50ms").started() as stream:
        stream.wait_durable(write(fresh.server, 0.25))
        stream.wait_number("lag_bytes", lambda value: value == 0)
        time.sleep(0.5)
        before, at = objects(fresh), fresh.value("SELECT pg_current_wal_lsn()::text")
        time.sleep(2)
        if at == fresh.value("SELECT pg_current_wal_lsn()::text"):
            assert objects(fresh) == before
        status, text = stream.page("readyz")
        assert status == 200 and "0.0 s behind" in text
        stream.end()


def test_how_far_behind_the_store_is(fresh):
    """RPO: from the commit to its piece in the store, with the default of one piece a second."""
    with Stream(fresh).started() as stream:
        waits = []
        for _ in range(4):
            time.sleep(0.3)
            fresh.server.run("SELECT pg_logical_emit_message(true, 'x', 'y')")
            end, began = streaming.flush(fresh.server), time.monotonic()
            stream.wait_durable(end)
            waits.append(time.monotonic() - began)
        stream.end()
    assert max(waits) < 2, waits


def test_numbers_and_pages(fresh):
    with Stream(fresh, "--json").started() as stream:
        stream.wait_durable(write(fresh.server, 2.5))
        numbers = stream.wait_number("slot_bytes", lambda value: value >= 0)
        for name in ("streaming", "lag_bytes", "lag_seconds", "durable_timestamp_seconds", "segments_total", "reconnects_total", "gaps_total", "store_lost"):
            assert name in numbers
        assert numbers["streaming"] == 1 and numbers["segments_total"] >= 1 and numbers["gaps_total"] == 0
        assert numbers['slot_status{status="reserved"}'] == 1
        assert stream.page("healthz") == (200, "it runs\n")
        assert stream.page("other")[0] == 404
        stream.end()
    for line in stream.log:
        assert json.loads(line)


def test_sigterm_brings_in_what_came(fresh):
    """With an hour between two pieces: what is in the store afterwards is there because it was asked to end."""
    with Told(fresh.server) as told, Stream(fresh, "--partial", "1h").started() as stream:
        end = write(fresh.server, 0.4)
        stream.wait_number("received_lsn_bytes", lambda value: value >= end)
        stream.end()
        stored = Stored(fresh, MIB)
        assert stored.end()[1] >= end
    with Stream(fresh, "--partial", "1h").started() as stream:  # goes on where that ended
        again = write(fresh.server, 0.4)
        stream.wait_number("received_lsn_bytes", lambda value: value >= again)
        stream.end()
    stored = Stored(fresh, MIB)
    assert stored.has_no_hole() and stored.end()[1] >= again and told.most <= stored.end()[1]


def test_sigterm_while_the_server_writes_and_writes(fresh):
    with pitr.Ledger(fresh.server, pause=0) as ledger, Told(fresh.server) as told, Stream(fresh).started() as stream:
        ledger.wait(200)
        began = time.monotonic()
        stream.end()
        assert time.monotonic() - began < 5
        ledger.stop()
        assert Stored(fresh, MIB).end()[1] >= told.most
    fresh.server.run("DROP TABLE ledger")


def test_sighup_connects_anew(fresh):
    with Stream(fresh).started() as stream:
        stream.wait_durable(write(fresh.server, 0.3))
        stream.process.send_signal(signal.SIGHUP)
        stream.wait_for("receiving timeline", times=2)
        end = write(fresh.server, 0.5)
        stream.wait_durable(end)
        stream.end()
    assert Stored(fresh, MIB).has_no_hole()


def test_two_at_once_do_no_harm(fresh):
    with Stream(fresh, "--partial", "50ms").started() as one, Stream(fresh, "--partial", "70ms").started() as two:
        for _ in range(8):
            end = write(fresh.server, 0.25)
        one.wait_durable(end)
        two.wait_durable(end)
        one.end()
        two.end()
    stored = Stored(fresh, MIB)
    assert stored.has_no_hole() and stored.end()[1] >= end
    assert stored.compare(pathlib.Path(fresh.data, "pg_wal")) > MIB


def test_the_same_slot_twice_is_said(fresh):
    with Stream(fresh, "--slot", "guardian_one").started() as one:
        with Stream(fresh, "--slot", "guardian_one") as two:
            two.wait_for("Another guardian wal stream runs already" if False else "is active for PID")
            two.end()
        one.end()
    fresh.server.run("SELECT pg_drop_replication_slot('guardian_one')")


def test_it_is_no_synchronous_standby_by_accident(fresh):
    with Stream(fresh).started() as stream:
        assert "synchronous_standby_names" not in stream.text
        stream.end()
    fresh.server.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
    fresh.server.run("SELECT pg_reload_conf()")
    try:
        with Stream(fresh).started() as stream:
            stream.wait_for("synchronous_standby_names is '*'")
            stream.end()
    finally:
        fresh.server.run("ALTER SYSTEM RESET synchronous_standby_names")
        fresh.server.run("SELECT pg_reload_conf()")


def test_what_can_never_work_ends_it(fresh):
    fresh.server.run("DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN")
    with Stream(fresh, target=fresh.server.uri(user="plain")) as stream:
        assert stream.process.wait(20) == USAGE
        stream.kill()
        assert "ALTER ROLE" in stream.text
    with Stream(fresh, "--slot", "No Name") as stream:
        assert stream.process.wait(20) == USAGE


def test_a_key_and_its_streamed_segments(fresh, tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4)
    key.chmod(0o600)
    with Stream(fresh, env={"GUARDIAN_KEY_FILE": str(key)}).started() as stream:
        end = write(fresh.server, 2)
        stream.wait_durable(end)
        stream.end()
    name = sorted(path.name[:24] for path in fresh.store.glob("v1/*/wal/*/*.zst"))[0]
    assert b"xxxxxxxxxxxxxxxx" not in fresh.stored(name).read_bytes()
    out = fresh.place / "segment"
    fresh.guardian("wal", "fetch", name, out, cwd=fresh.data, env={"GUARDIAN_KEY_FILE": str(key)})
    assert out.read_bytes() == pathlib.Path(fresh.data, "pg_wal", name).read_bytes()
    out.unlink()
