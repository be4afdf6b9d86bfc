"""What guardian wal stream says to be in the store can be recovered: a ledger of commits against a server that is gone with all its disks."""

import time

import pytest

from harness import pitr, streaming
from harness.streaming import Stream, Told, lsn


def recovered(archive, folder):
    try:
        archive.recovered(folder)
        return int(archive.ask(folder, "SELECT coalesce(max(n), 0) FROM ledger")), int(archive.ask(folder, "SELECT count(*) FROM ledger"))
    finally:
        archive.end(folder)


@pytest.mark.parametrize("how", ["killed", "drained"])
def test_nothing_that_was_acknowledged_is_missing(how):
    with pitr.Archive(archive=False, segment_mb=1, settings={"synchronous_commit": "on", "full_page_writes": "on"}) as one:
        with Told(one.server) as told, Stream(one, "--partial", "100ms", as_server=True).started() as stream, pitr.Ledger(one.server, pause=0) as ledger:
            folder = one.copy()
            ledger.wait(300)
            if how == "killed":
                stream.kill()
                stream = Stream(one, "--partial", "100ms", as_server=True).started()
                ledger.wait(300)
            crashed_at = time.time()
            one.server.crash()
            ledger.stop()
            if how == "killed":
                stream.kill()
            else:
                stream.wait_number("streaming", lambda value: value == 0)
                stream.process.terminate()
                stream.process.wait(20)
        most, count = recovered(one, folder)
        assert most == count, "there is a hole"
        assert ledger.must_be_there(until_lsn=told.most) <= most <= ledger.tried, (hex(told.most), most)
        assert ledger.must_be_there(until=crashed_at - 2) <= most, "more than two seconds are lost"


def test_over_a_promotion():
    with pitr.Archive(archive=False, segment_mb=1, settings={"synchronous_commit": "on", "wal_keep_size": "100MB", "full_page_writes": "on"}) as one, \
            pitr.Archive(archive=False, standby_of=one.server, settings={"wal_keep_size": "100MB", "synchronous_commit": "on"}) as two:
        target = f"host={one.server.dir},{two.server.dir} port={one.server.port},{two.server.port} user=postgres target_session_attrs=read-write"
        with Stream(one, "--partial", "100ms", target=target, as_server=True).started() as stream:
            folder = one.copy()
            one.server.run("CREATE TABLE ledger (n bigint)")
            one.server.run("INSERT INTO ledger SELECT generate_series(1, 1000)")
            end = streaming.flush(one.server)
            stream.wait_durable(end)
            while lsn(two.value("SELECT pg_last_wal_replay_lsn()::text")) < end:
                time.sleep(0.05)
            one.server.crash()
            two.server.run("SELECT pg_promote()")
            two.server.run("INSERT INTO ledger SELECT generate_series(1001, 2000)")
            stream.wait_for("receiving timeline 2")
            stream.wait_durable(streaming.flush(two.server))
            stream.end()
        assert recovered(one, folder) == (2000, 2000)
