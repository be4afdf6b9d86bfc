"""The backup of a change: sealed while others write, or online with its drift counted; what is locked, and who is in the way."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from harness import server as servers
from harness import writers as clients

DRIVER = pathlib.Path(os.environ.get("GD_BUILD", ""), "system", "drive_protect")


class Drive:
    """One run of the driver; next() gives the stage that it has come to."""

    def __init__(self, server, database, tmp_path, kind, scope, *tables, lock_ms=500, retries=2, user="postgres", environment=None):
        self.store = f"file://{tmp_path}/store"
        self.process = subprocess.Popen(
            [DRIVER, server.uri(database, user), self.store, kind, scope, str(lock_ms), str(retries), *tables],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})

    def next(self, stage):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        found = json.loads(line)
        assert found["stage"] == stage
        return found

    def go(self, sql=""):
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()

    def end(self):
        """Status, and what was said on standard error."""
        said = self.process.communicate(timeout=60)[1]
        return self.process.returncode, said


def failed(drive, status):
    code, said = drive.end()
    assert code == status, said
    return said


@pytest.fixture
def busy(server, database):
    server.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i; "
               "CREATE VIEW seen AS SELECT * FROM t; CREATE SEQUENCE numbers; CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM t; "
               'CREATE SCHEMA "Odd"; CREATE TABLE "Odd"."a.b ""c""" (a int); INSERT INTO "Odd"."a.b ""c""" VALUES (1), (2); '
               "CREATE TABLE root (a int, b text) PARTITION BY RANGE (a); CREATE TABLE leaf_1 PARTITION OF root FOR VALUES FROM (0) TO (10); "
               "CREATE TABLE leaf_2 PARTITION OF root FOR VALUES FROM (10) TO (20); INSERT INTO root SELECT i, 'x' FROM generate_series(0, 19) i", database)
    return database


def locked(server, database):
    """Tables on which writers are stopped."""
    return {row[0] for row in server.run(
        "SELECT relation::regclass::text FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", database)}


# --- sealed


def test_not_one_committed_write_is_outside_of_a_sealed_backup(guardian, server, database, tmp_path):
    with clients.Writers(server, database, 4) as writers:
        writers.wait_for(200)
        drive = Drive(server, database, tmp_path, "sealed", "tables", "public.writes", lock_ms=2000)
        drive.next("sealed")
        mark = writers.mark()
        server.run("SELECT count(*) FROM writes", database)  # readers go on
        found = drive.next("protected")
        assert writers.mark() == mark  # and writers do not
        drive.go("DELETE FROM public.writes")
        drive.next("committed")
        assert drive.end()[0] == 0
        writers.wait_for(20)
    assert found["sealed"] and found["proof"] == "digest" and found["rows"] >= mark
    assert not clients.rows(server, database) & writers.confirmed(mark)  # the change took them all …
    ran = subprocess.run([guardian, "restore", found["snapshot"], "--store", drive.store, "--into", "copy_of_writes"],
                         env=server.env(database), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    try:
        assert not writers.lost(mark, clients.rows(server, "copy_of_writes"))  # … and the backup has each
        assert writers.doubtful == [] and writers.errors == []
    finally:
        server.drop("copy_of_writes")


def test_names_become_the_tables_behind_them(server, busy, tmp_path):
    drive = Drive(server, busy, tmp_path, "sealed", "tables", "public.root", '"Odd"."a.b ""c"""', "public.seen", "public.numbers",
                  "public.sums", "public.gone")
    drive.next("sealed")
    assert locked(server, busy) == {"root", "leaf_1", "leaf_2", '"Odd"."a.b ""c"""'}
    found = drive.next("protected")
    assert sorted(found["tables"]) == ['a.b "c"', "leaf_1", "leaf_2"] and found["scope"] == "tables" and found["rows"] == 22
    drive.go()
    drive.next("committed")
    assert drive.end()[0] == 0


def test_names_without_any_rows_are_no_trouble(server, busy, tmp_path):
    drive = Drive(server, busy, tmp_path, "sealed", "tables", "public.seen", "public.gone")
    drive.next("sealed")
    assert drive.next("protected")["tables"] == []
    drive.go()
    drive.next("committed")
    assert drive.end()[0] == 0


def test_of_a_whole_database_what_loses_is_locked(server, busy, tmp_path):
    drive = Drive(server, busy, tmp_path, "sealed", "database", "public.t")
    drive.next("sealed")
    assert locked(server, busy) == {"t"}
    found = drive.next("protected")
    assert found["scope"] == "database" and found["rows"] == 1022
    drive.go()
    drive.next("committed")
    assert "kept from being written to are the 1 tables that lose something" in drive.end()[1]
    drive = Drive(server, busy, tmp_path, "sealed", "database")
    drive.next("sealed")
    assert locked(server, busy) == {"t", "root", "leaf_1", "leaf_2", '"Odd"."a.b ""c"""'}
    drive.process.kill()
    drive.end()


def test_who_writes_is_named_and_nothing_stays_locked(server, busy, tmp_path):
    writer = server.connect(busy, autocommit=False, application_name="importer")
    cursor = writer.cursor()
    cursor.execute("UPDATE t SET v = 'secret value' WHERE id = 5")
    drive = Drive(server, busy, tmp_path, "sealed", "tables", "public.t", "public.root", lock_ms=100, retries=2)
    said = failed(drive, 7)
    assert "3 tries of 100 ms" in said and f"process {writer.info.backend_pid} (postgres, importer)" in said
    assert "UPDATE t SET v = '…' WHERE id = 5" in said and "idle in transaction" in said and "secret" not in said
    assert locked(server, busy) == set()
    writer.close()


def test_a_lock_that_comes_late_is_waited_for(server, busy, tmp_path):
    writer = server.connect(busy, autocommit=False)
    writer.cursor().execute("DELETE FROM t WHERE id = 5")
    drive = Drive(server, busy, tmp_path, "sealed", "tables", "public.t", lock_ms=100, retries=50)
    time.sleep(0.5)
    assert drive.process.poll() is None
    writer.commit()
    drive.next("sealed")
    assert drive.next("protected")["rows"] == 999
    drive.go()
    drive.next("committed")
    writer.close()
    assert "did not come within 100 ms" in drive.end()[1]


def test_what_is_attached_while_it_waits_is_locked_too(server, busy, tmp_path):
    writer = server.connect(busy, autocommit=False)
    writer.cursor().execute("DELETE FROM leaf_2")
    drive = Drive(server, busy, tmp_path, "sealed", "tables", "public.root", lock_ms=100, retries=50)
    time.sleep(0.3)
    server.run("CREATE TABLE leaf_3 (a int, b text); INSERT INTO leaf_3 VALUES (25, 'z'); "
               "ALTER TABLE root ATTACH PARTITION leaf_3 FOR VALUES FROM (20) TO (30)", busy)
    writer.commit()
    drive.next("sealed")
    assert locked(server, busy) == {"root", "leaf_1", "leaf_2", "leaf_3"}
    assert drive.next("protected")["rows"] == 11
    drive.go()
    drive.next("committed")
    writer.close()
    assert "did not come within 100 ms" in drive.end()[1]


def test_readers_and_a_prepared_transaction(server, busy, tmp_path):
    reader = server.connect(busy, autocommit=False)
    reader.cursor().execute("SELECT * FROM t FOR SHARE")
    drive = Drive(server, busy, tmp_path, "sealed", "tables", "public.t")
    drive.next("sealed")  # a reader, even one that locks rows, is in nobody's way
    drive.process.kill()
    drive.end()
    reader.close()
    server.run("BEGIN; INSERT INTO t VALUES (5000); PREPARE TRANSACTION 'old'", busy)
    said = failed(Drive(server, busy, tmp_path, "sealed", "tables", "public.t", lock_ms=100, retries=0), 7)
    server.run("ROLLBACK PREPARED 'old'", busy)
    assert "a prepared transaction holds a lock on t" in said


def test_a_role_that_may_not_lock_is_told_so(server, busy, tmp_path):
    server.run("DO $$ BEGIN CREATE ROLE seal_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; "
               "GRANT SELECT ON ALL TABLES IN SCHEMA public TO seal_reader", busy)
    said = failed(Drive(server, busy, tmp_path, "sealed", "tables", "public.t", user="seal_reader"), 4)
    assert "permission denied for table t" in said and "must own the tables" in said


def test_rows_that_no_snapshot_holds_are_not_protected(server, busy, tmp_path):
    server.run("CREATE TABLE of_extension (a int); CREATE EXTENSION hstore; ALTER EXTENSION hstore ADD TABLE of_extension", busy)
    said = failed(Drive(server, busy, tmp_path, "online", "tables", "public.of_extension"), 4)
    assert 'table "public.of_extension"' in said and "extension" in said


# --- online


def drift(server, database, tmp_path, between, *tables, scope="tables", user="postgres"):
    drive = Drive(server, database, tmp_path, "online", scope, *tables, user=user)
    drive.next("protected")
    between()
    drive.go()
    found = drive.next("drift")
    assert drive.end()[0] == 0
    return found["rows"], found["tables"]


def test_drift_counts_what_was_written_since(server, busy, tmp_path):
    def between():
        server.run("INSERT INTO t SELECT i, 'new' FROM generate_series(2001, 2003) i", busy)
        server.run("UPDATE t SET v = 'x' WHERE id IN (1, 2)", busy)
        server.run("DELETE FROM t WHERE id = 3", busy)
        server.run("INSERT INTO t VALUES (9999, 'gone again')", busy)
        server.run("DELETE FROM t WHERE id = 9999", busy)
        server.run("INSERT INTO root VALUES (15, 'y')", busy)
        server.run("VACUUM t", busy)
        server.run("VACUUM FREEZE root", busy)

    assert drift(server, busy, tmp_path, between, "public.t", "public.root") == (9, {"public.t": [5, 3], "public.leaf_2": [1, 0]})
    assert drift(server, busy, tmp_path, lambda: server.run("TRUNCATE t", busy), "public.t")[1] == {"public.t": [0, 1002]}
    assert drift(server, busy, tmp_path, lambda: server.run("INSERT INTO t VALUES (1)", busy), scope="database") == (1, {"public.t": [1, 0]})


def test_what_changes_no_row_is_no_drift(server, busy, tmp_path):
    def between():
        server.run("ANALYZE t", busy)
        server.run("VACUUM FULL t", busy)
        server.run("VACUUM FREEZE t", busy)
        server.run("CREATE TABLE unrelated (a int); INSERT INTO unrelated VALUES (1)", busy)

    assert drift(server, busy, tmp_path, between, "public.t", "public.root") == (0, {})


def test_a_transaction_that_was_open_during_the_backup_is_drift(server, busy, tmp_path):
    writer = server.connect(busy, autocommit=False)
    writer.cursor().execute("INSERT INTO t VALUES (7777, 'begun before, committed after')")
    assert drift(server, busy, tmp_path, writer.commit, "public.t") == (1, {"public.t": [1, 0]})
    writer.close()


def test_what_could_not_be_counted_in_time_is_not_known(server, busy, tmp_path):
    server.run("CREATE TABLE large AS SELECT i FROM generate_series(1, 1500000) i", busy)
    for limit, unknown in (("100", {"public.large"}), ("1", {"public.large", "public.t"})):
        drive = Drive(server, busy, tmp_path, "online", "tables", "public.t", "public.large", environment={"DRIFT_MS": limit})
        drive.next("protected")
        server.run("INSERT INTO large VALUES (0)", busy)
        drive.go()
        found = drive.next("drift")
        assert found["rows"] == -1 and unknown <= {name for name, counts in found["tables"].items() if counts == [-1, -1]}
        assert drive.end()[0] == 0


def test_a_partition_that_was_attached_since_is_new(server, busy, tmp_path):
    def between():
        server.run("CREATE TABLE leaf_3 (a int, b text); INSERT INTO leaf_3 VALUES (25, 'z'), (26, 'z'); "
                   "ALTER TABLE root ATTACH PARTITION leaf_3 FOR VALUES FROM (20) TO (30)", busy)

    assert drift(server, busy, tmp_path, between, "public.root") == (2, {"public.leaf_3": [2, 0]})


@pytest.mark.parametrize("xid", ["4294967200"] + ["2147483000"] * bool(os.environ.get("GUARDIAN_TEST_DEEP")))
def test_transaction_ids_that_come_round_again_are_told_apart(xid, tmp_path):
    with servers.Server() as server:
        server.run("CREATE TABLE t AS SELECT i FROM generate_series(1, 100) i")
        server.run("VACUUM FREEZE t")
        server.run("VACUUM FREEZE")
        subprocess.run([str(servers.PG_SH), "stop", server.dir], check=True)
        programs = subprocess.run([str(servers.PG_SH), "bin"], check=True, capture_output=True, text=True).stdout.strip()
        as_server = ["runuser", "-u", os.environ.get("GUARDIAN_PG_USER", "postgres"), "--"] if os.getuid() == 0 else []
        data = f"{server.dir}/data"
        subprocess.run(as_server + [f"{programs}/pg_resetwal", "-f", "-x", xid, "-u", str(int(xid) - 1000), data], check=True, capture_output=True)
        segment = pathlib.Path(data, "pg_xact", f"{int(xid) // (8192 * 4 * 32):04X}")
        if not segment.exists():
            subprocess.run(as_server + ["dd", "if=/dev/zero", f"of={segment}", "bs=256K", "count=1"], check=True, capture_output=True)
        subprocess.run([str(servers.PG_SH), "start", server.dir], check=True, capture_output=True)

        def between():
            for i in range(101, 104):
                server.run(f"INSERT INTO t VALUES ({i})")
            if int(xid) > 4000000000:  # over the edge
                server.run("DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
            server.run("INSERT INTO t VALUES (104)")
            server.run("DELETE FROM t WHERE i = 1")

        assert drift(server, "postgres", tmp_path, between, "public.t") == (5, {"public.t": [4, 1]})


# --- how long


def test_the_estimate_follows_the_last_snapshots(server, busy, tmp_path):
    def estimate(scope, size, cluster):
        ran = subprocess.run([DRIVER, server.uri(busy), f"file://{tmp_path}/store", "estimate", scope, str(size), cluster],
                             capture_output=True, text=True, check=True)
        return json.loads(ran.stdout)

    assert estimate("schema", 0, "1-none") == {"stage": "estimate", "seconds": 0.0, "from": ""}
    server.run("INSERT INTO t SELECT i, repeat('x', 300) FROM generate_series(10000, 20000) i", busy)
    drive = Drive(server, busy, tmp_path, "online", "tables", "public.t")
    found = drive.next("protected")
    drive.process.kill()
    drive.end()
    once = estimate("schema", 0, found["cluster"])
    assert once["from"] == "the last snapshot" and 0 < once["seconds"] <= found["take"] + found["prove"] + 0.1
    more = estimate("tables", 300_000_000, found["cluster"])
    assert more["seconds"] > 20 * once["seconds"]
