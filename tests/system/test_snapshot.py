"""Snapshots as they lie in the store, read with stock tools; and every way in which taking one can fail: whole or absent."""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile
import threading
import time

import psycopg2
import pytest

from harness import server as servers
from harness import world
from harness.lack import lack

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


def start(guardian, server, database, store, *arguments, **options):
    environment = {**server.env(database), **options.pop("environment", {})}
    return subprocess.Popen([guardian, "snapshot", "--store", f"file://{store}", "--json", *arguments], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def call(guardian, server, database, store, *arguments, status=0, **options):
    process = start(guardian, server, database, store, *arguments, **options)
    said, wrong = process.communicate(timeout=120)
    assert process.returncode == status, f"{process.returncode}\n{said}\n{wrong}"
    return json.loads(said) if status == 0 else wrong


def files(store):
    return sorted(path for path in pathlib.Path(store).rglob("*") if path.is_file()) if pathlib.Path(store).exists() else []


def manifest_of(store, taken):
    path, = pathlib.Path(store).glob(f"v1/*/snapshots/{taken['snapshot']}/manifest.json")
    return path.parent, json.loads(path.read_text())


def lines_of(folder, table):
    found = []
    for part in table["parts"]:
        text = subprocess.run(["zstd", "-dcq", str(folder / part["object"])], capture_output=True, check=True).stdout
        found += text.split(b"\n")[:-1]
    return sorted(found)


def lines_in(server, database, table):
    class Sink:
        got = b""

        def write(self, data):
            self.got += data
    name = ".".join('"' + table[key].replace('"', '""') + '"' for key in ("schema", "name"))
    columns = ",".join('"' + column.replace('"', '""') + '"' for column in table["columns"])
    sink = Sink()
    with server.connect(database, autocommit=False) as link, link.cursor() as cursor:
        cursor.execute(world.PINNED)
        where = table["config"] or ""
        if where:
            cursor.copy_expert(f"COPY (SELECT {columns} FROM ONLY {name} {where}) TO STDOUT", sink)
        else:
            cursor.copy_expert(f"COPY {name}{f' ({columns})' if columns else ''} TO STDOUT", sink)
    return sorted(sink.got.split(b"\n")[:-1])


@pytest.fixture(scope="module")
def busy():
    with servers.Server(settings={"wal_level": "logical"}) as one:
        yield one


@pytest.fixture(scope="module")
def everything(busy):
    world.build_everything(busy, "everything")
    return "everything"


@pytest.fixture
def small(server, database):
    server.run("""CREATE TABLE a (id int PRIMARY KEY, t text); INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, 1000) i;
        CREATE TABLE b (id serial, t text); INSERT INTO b (t) VALUES ('x'), (NULL); CREATE TABLE empty (x int);
        SELECT lo_from_bytea(0, 'large')""", database)
    return database


# --- what is in it


@pytest.mark.parametrize("extra", [[], ["--part-size", "16kB", "--workers", "3"]], ids=["whole", "cut"])
def test_stock_tools_read_every_row(guardian, busy, everything, tmp_path, extra):
    taken = call(guardian, busy, everything, tmp_path, *extra)
    folder, manifest = manifest_of(tmp_path, taken)
    assert taken["proof"] == "digest" and taken["scope"] == "database"
    assert any(len(table["parts"]) > 2 for table in manifest["tables"]) == bool(extra)
    there = {(n, t) for n, t in busy.run("""SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'""", everything)}
    assert {(table["schema"], table["name"]) for table in manifest["tables"]} == there
    for table in manifest["tables"]:
        assert lines_of(folder, table) == lines_in(busy, everything, table), table["name"]
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "schema.dump", "blobs.dump", "data"}
    listed = subprocess.run(["pg_restore", "-l", str(folder / "blobs.dump")], capture_output=True, text=True, check=True).stdout
    assert listed.count(" BLOB - ") == 4 and "COMMENT - LARGE OBJECT 424202" in listed and "ACL - LARGE OBJECT 424203" in listed


def test_what_is_not_rows_is_recorded(guardian, busy, everything, tmp_path):
    _, manifest = manifest_of(tmp_path, call(guardian, busy, everything, tmp_path, "--reason", "before lunch"))
    sequences = {(one["schema"], one["name"]): (int(one["last_value"]), one["is_called"]) for one in manifest["sequences"]}
    for schema, name in sequences:
        wanted = busy.run(f'SELECT last_value, is_called FROM "{schema}"."{name}"', everything)[0]
        assert sequences[schema, name] == wanted, name
    assert len(sequences) == busy.value("SELECT count(*) FROM pg_sequences", everything)
    assert {one["name"]: one["populated"] for one in manifest["materialized_views"]}["mv_empty"] is False
    assert manifest["large_objects"]["count"] == 4 and manifest["large_objects"]["bytes"] == 6300006
    assert {one["name"] for one in manifest["globals"]["roles"]} >= {"world_owner", "world_reader", 'Rôle "odd"; --'}
    assert {"role": "world_owner", "database": True, "settings": ["IntervalStyle=sql_standard"]} in manifest["globals"]["settings"]
    assert manifest["reason"] == "before lunch" and manifest["source"]["database"] == everything
    by_name = {table["name"]: table for table in manifest["tables"]}
    assert by_name["by_hash_1"]["root"] == {"schema": "public", "name": "by_hash"}
    assert not by_name["events_2024"]["root"]


def test_all_is_of_one_moment(guardian, server, database, tmp_path):
    """Two tables are written in one transaction, all the time: their sums stay equal in every snapshot."""
    server.run("CREATE TABLE l AS SELECT i AS id, 0 AS n FROM generate_series(1, 3000) i; CREATE TABLE r AS TABLE l", database)
    stop = threading.Event()

    def write():
        with server.connect(database) as link, link.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("BEGIN; UPDATE l SET n = n + 1 WHERE id % 50 = 7; UPDATE r SET n = n + 1 WHERE id % 50 = 7; COMMIT")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            folder, manifest = manifest_of(tmp_path, call(guardian, server, database, tmp_path, "--part-size", "16kB"))
            left, right = (lines_of(folder, table) for table in manifest["tables"])
            assert left == right and len(left) == 3000
    finally:
        stop.set()
        writer.join()


def test_scopes(guardian, busy, everything, tmp_path):
    taken = call(guardian, busy, everything, tmp_path, "--scope", "schema")
    folder, manifest = manifest_of(tmp_path, taken)
    assert manifest["tables"] == [] and manifest["sequences"] and not (folder / "data").exists()
    taken = call(guardian, busy, everything, tmp_path, "--table", "events", "--table", 'books', "--exclude-table-data", "events_old")
    _, manifest = manifest_of(tmp_path, taken)
    names = {table["name"]: table for table in manifest["tables"]}
    assert set(names) == {"books", "events_2024", "events_2025_good", "events_2025_other", "events_old"}
    assert names["events_old"]["left_out"] and names["events_old"]["parts"] == [] and taken["left_out"] == 1
    assert manifest["scope"] == "tables" and manifest["wanted"] == ["events", "books"]
    assert 'Did you mean "public.books"' in call(guardian, busy, everything, tmp_path, "--table", "public.boks", status=2)
    assert "--scope tables" in call(guardian, busy, everything, tmp_path, "--table", "a", "--scope", "database", status=2)
    assert "needs tables" in call(guardian, busy, everything, tmp_path, "--scope", "tables", status=2)


def test_the_search_path_of_a_url_finds_tables(guardian, server, database, tmp_path):
    server.run("CREATE SCHEMA app; CREATE TABLE app.users (id int); CREATE TABLE public.users (id int); INSERT INTO app.users VALUES (1)", database)
    url = server.uri(database) + "?schema=app"
    taken = call(guardian, server, database, tmp_path, "--table", "users", environment={"GUARDIAN_DB": url})
    _, manifest = manifest_of(tmp_path, taken)
    assert [(table["schema"], table["rows"]) for table in manifest["tables"]] == [("app", 1)]


def test_tables_without_rows_make_no_object(guardian, server, database, tmp_path):
    server.run("CREATE TABLE a (x int); CREATE TABLE b (x int); INSERT INTO b VALUES (1)", database)
    taken = call(guardian, server, database, tmp_path)
    folder, manifest = manifest_of(tmp_path, taken)
    assert taken["parts"] == 1 and len(list((folder / "data").iterdir())) == 1


def test_bytes_of_sql_ascii_stay_as_they_are(guardian, server, tmp_path):
    server.run("CREATE DATABASE anybytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        link = server.connect("anybytes")
        link.set_client_encoding("SQL_ASCII")
        link.cursor().execute(b"CREATE TABLE t AS SELECT E'\\377\\200'::text AS x; COMMENT ON TABLE t IS 'caf\xe9'")
        link.close()
        folder, manifest = manifest_of(tmp_path, call(guardian, server, "anybytes", tmp_path))
        assert lines_of(folder, manifest["tables"][0]) == [b"\xff\x80"]
    finally:
        server.drop("anybytes")


def test_other_encodings_become_utf8_and_bytes_without_a_meaning_are_told(guardian, server, tmp_path):
    server.run("CREATE DATABASE windows ENCODING 'WIN1252' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        server.run("CREATE TABLE t AS SELECT 'café €'::text AS x", "windows")
        folder, manifest = manifest_of(tmp_path, call(guardian, server, "windows", tmp_path))
        assert lines_of(folder, manifest["tables"][0]) == ["café €".encode()]
        link = server.connect("windows")
        link.set_client_encoding("WIN1252")
        link.cursor().execute(b"INSERT INTO t VALUES (E'\\x81')")
        link.close()
        wrong = call(guardian, server, "windows", tmp_path / "no", status=10)
        assert '0x81' in wrong and '"public.t"' in wrong and "--exclude-table-data" in wrong and files(tmp_path / "no") == []
    finally:
        server.drop("windows")


# --- from a standby


def test_a_standby_is_a_source_like_any_other(guardian, tmp_path):
    """But for what it does not have: rows of unlogged tables, values of unlogged sequences."""
    with servers.Server() as primary:
        primary.create("app")
        primary.psql("app", stdin="""CREATE TABLE people (id serial PRIMARY KEY, name text UNIQUE); INSERT INTO people (name) SELECT 'p' || i FROM generate_series(1, 5000) i;
            CREATE UNLOGGED TABLE gone (a int); INSERT INTO gone VALUES (1); CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people;
            CREATE TABLE pets (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner int REFERENCES people, born date) PARTITION BY RANGE (id);
            CREATE TABLE pets_1 PARTITION OF pets FOR VALUES FROM (1) TO (500); CREATE TABLE pets_2 PARTITION OF pets DEFAULT;
            INSERT INTO pets (owner) SELECT i FROM generate_series(1, 900) i; SELECT lo_from_bytea(0, 'large');""")
        with servers.Server(standby_of=primary) as standby:
            here = primary.value("SELECT pg_current_wal_lsn()")
            while standby.value("SELECT pg_last_wal_replay_lsn() < %s", parameters=[here]):
                time.sleep(0.05)
            assert standby.value("SELECT pg_is_in_recovery()")
            wrong = call(guardian, standby, "app", tmp_path / "none", status=4)
            assert "it is a standby" in wrong and '"public.gone"' in wrong and files(tmp_path / "none") == []
            store = tmp_path / "store"
            taken = call(guardian, standby, "app", store, "--exclude-table-data", "gone", "--workers", "2")
            assert taken["proof"] == "digest" and taken["rows"] == 5900
        restored = subprocess.run([guardian, "restore", taken["snapshot"], "--store", f"file://{store}", "--into", "copy", "--compare"],
                                  env=primary.env("app"), capture_output=True, text=True, timeout=120)
        assert restored.returncode == 0, restored.stderr
        assert world.definitions(primary, "app") == world.definitions(primary, "copy")
        primary.run("TRUNCATE gone", "app")
        assert not world.differences(primary, "app", "copy")


# --- nothing may be left of what failed


def test_a_lock_is_waited_for_only_so_long_and_its_holder_named(guardian, server, small, tmp_path):
    with server.connect(small, autocommit=False, application_name="migration") as link, link.cursor() as cursor:
        cursor.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
        begin = time.time()
        wrong = call(guardian, server, small, tmp_path, "--lock-timeout", "300ms", status=7)
        assert time.time() - begin < 5 and "lock" in wrong
        assert f'Session {link.info.backend_pid} (application "migration", idle in transaction) holds an exclusive lock on a:' in wrong, wrong
        link.rollback()
    assert files(tmp_path) == []
    call(guardian, server, small, tmp_path)


def test_who_queues_for_an_exclusive_lock_while_rows_are_copied_is_named(guardian, server, database, tmp_path):
    """He waits for our main session, and our worker waits behind him: neither would ever get on."""
    server.run("CREATE TABLE large (a text); INSERT INTO large SELECT repeat(md5(i::text), 30) FROM generate_series(1, 60000) i; CREATE TABLE small (a int)", database)
    copying = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'guardian' AND query LIKE 'COPY%large%' AND state = 'active'"
    for _ in range(5):  # the copy may be over before it is seen
        store = tempfile.mkdtemp(dir=tmp_path)
        taking = start(guardian, server, database, store, "--workers", "1", "--lock-timeout", "500ms", "--part-size", "1GB")
        while taking.poll() is None and not server.run(copying):
            time.sleep(0.01)
        taking.send_signal(signal.SIGSTOP)
        if server.run(copying):
            break
        taking.send_signal(signal.SIGCONT)
        taking.communicate(timeout=60)
    else:
        lack("the copy is too quick to be seen")
    with server.connect(database, autocommit=False, application_name="migration") as link, link.cursor() as cursor:
        queued = threading.Thread(target=lambda: cursor.execute("ALTER TABLE small ADD COLUMN b int"))
        queued.start()
        while not server.run("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"):
            time.sleep(0.01)
        taking.send_signal(signal.SIGCONT)
        said = taking.communicate(timeout=60)[1]
        queued.join(timeout=60)
        link.rollback()
    assert taking.returncode == 7, said
    pid = link.info.backend_pid
    assert re.search(rf'Session {pid} \(application "migration"\) waits for an exclusive lock on small behind session \d+ \(application "guardian', said), said


def test_rights_that_are_missing_are_named_all_at_once(guardian, server, small, tmp_path):
    server.run("DO $$ BEGIN CREATE ROLE snap_poor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    poor = {"PGUSER": "snap_poor"}
    wrong = call(guardian, server, small, tmp_path, status=4, environment=poor)
    assert '"public.a", "public.b", "public.empty"' in wrong and 'sequence "public.b_id_seq"' in wrong and "GRANT SELECT" in wrong
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO snap_poor; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO snap_poor", small)
    assert "1 of 1 large objects" in call(guardian, server, small, tmp_path, status=4, environment=poor)
    server.run("DO $$ BEGIN EXECUTE (SELECT 'GRANT SELECT ON LARGE OBJECT ' || oid || ' TO snap_poor' FROM pg_largeobject_metadata); END $$", small)
    assert files(tmp_path) == []
    server.run("ALTER TABLE a ENABLE ROW LEVEL SECURITY", small)
    assert 'row security would hide rows of "public.a"' in call(guardian, server, small, tmp_path, status=4, environment=poor)
    server.run("ALTER TABLE a DISABLE ROW LEVEL SECURITY", small)
    assert call(guardian, server, small, tmp_path, environment=poor)["rows"] == 1002
    server.run("DROP OWNED BY snap_poor", small)


def test_a_pooler_is_refused(guardian, server, small, tmp_path):
    wrong = call(guardian, server, small, tmp_path, status=4, environment={"GUARDIAN_DB": server.uri(small) + "?pgbouncer=true"})
    assert "a pooler stands between" in wrong and files(tmp_path) == []


def test_a_pg_dump_that_does_not_fit_is_said_before_anything_starts(guardian, server, small, tmp_path):
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.3'\n")
    old.chmod(0o755)
    wrong = call(guardian, server, small, tmp_path / "store", "--pg-dump", str(old), status=2)
    assert "it is of PostgreSQL 12, and the server is" in wrong and files(tmp_path / "store") == []
    assert "it is of PostgreSQL 12" in call(guardian, server, small, tmp_path / "store", "--pg-dump", str(tmp_path), status=2)
    assert "it is no program" in call(guardian, server, small, tmp_path / "store", "--pg-dump", "/nowhere", status=2)


def test_a_pg_dump_that_fails_is_no_snapshot(guardian, server, small, tmp_path):
    liar = tmp_path / "pg_dump"
    liar.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 99.1' && exit\necho PGDMP; echo 'disk on fire' >&2; exit 3\n")
    liar.chmod(0o755)
    wrong = call(guardian, server, small, tmp_path / "store", "--pg-dump", str(liar), status=10)
    assert "disk on fire" in wrong and files(tmp_path / "store") == []


@pytest.fixture
def slow(server, database):
    """A table whose COPY takes seconds."""
    server.run("""CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN $1; END $$;
        CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), 100) AS t FROM generate_series(1, 30000) i""", database)
    return database


def wait_for(server, condition, seconds=20):
    deadline = time.time() + seconds
    while time.time() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def copying(server, database):
    return server.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'COPY %%' AND state = 'active'", parameters=[database])


@pytest.mark.parametrize("what", ["worker", "main", "SIGTERM", "SIGINT"])
def test_what_is_cut_off_leaves_nothing(guardian, server, slow, tmp_path, what):
    process = start(guardian, server, slow, tmp_path, "--level", "19", "--workers", "2")
    wait_for(server, lambda: copying(server, slow) > 0)
    if what == "worker":
        wait_for(server, lambda: server.value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'COPY %%'", parameters=[slow]))
    elif what == "main":
        wait_for(server, lambda: server.value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND query LIKE '%%pg_relation_size%%'", parameters=[slow]))
    else:
        process.send_signal(getattr(signal, what))
    _, wrong = process.communicate(timeout=60)
    assert process.returncode == 10, wrong
    said = "terminat" if what in ("worker", "main") else f"stopped by {what}"
    assert said in wrong, wrong
    assert files(tmp_path) == [], wrong
    wait_for(server, lambda: not server.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", parameters=[slow]))


def test_a_store_that_is_full_leaves_nothing(guardian, server, slow, tmp_path):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
    server.run("INSERT INTO big SELECT i, string_agg(md5(random()::text), '') FROM generate_series(1, 2000) i, generate_series(1, 50) GROUP BY i", slow)
    wrong = call(guardian, server, slow, tmp_path, status=4, preexec_fn=limit)
    assert "File too large" in wrong and files(tmp_path) == []


def test_nothing_is_kept_on_local_disk(guardian, server, slow, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    seen = []
    process = start(guardian, server, slow, tmp_path / "store", "--prove", "none", environment={"TMPDIR": str(scratch)})
    while process.poll() is None:
        seen += list(scratch.iterdir())
        seen += [link for link in _open_files(process.pid) if "deleted" in link and "memfd" not in link]
        time.sleep(0.01)
    assert process.returncode == 0 and not seen, seen


def _open_files(pid):
    for path in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
        try:
            yield os.readlink(path)
        except OSError:
            pass


def test_memory_does_not_grow_with_the_data(guardian, server, database, tmp_path):
    plain = {"ASAN_OPTIONS": "quarantine_size_mb=1"}  # freed memory is kept by the sanitizer, not by us
    def peak(rows, name):
        server.run(f"CREATE TABLE {name} AS SELECT i AS id, md5(i::text) || repeat(md5((i * 7)::text), 3) AS t FROM generate_series(1, {rows}) i", database)
        process = start(guardian, server, database, tmp_path, "--prove", "none", "--table", name, environment=plain)
        process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        assert status == 0
        return used.ru_maxrss
    little, much = peak(20000, "little"), peak(200000, "much")
    assert much < little * 1.3 + 4096, (little, much)


def test_whole_or_absent_under_every_failure_and_every_crash(guardian, server, small, tmp_path):
    counted = start(guardian, server, small, tmp_path / "count", "--prove", "none", environment={"GUARDIAN_FAULT": "count"})
    wrong = counted.communicate(timeout=60)[1]
    assert counted.returncode == 0
    if "fault" not in wrong:
        lack("the binary under test has no fault points")
    count = int([word for word in wrong.split() if word.isdigit()][-1])
    assert count > 10
    step = 1 if DEEP else 3
    for nth in range(1, count + 1, step):
        for how in ("", ":exit"):
            store = tmp_path / f"s{nth}{how[1:]}"
            process = start(guardian, server, small, store, "--prove", "none", environment={"GUARDIAN_FAULT": f"{nth}{how}"})
            said, wrong = process.communicate(timeout=60)
            manifests = [path for path in files(store) if path.name == "manifest.json"]
            if process.returncode == 0:
                assert len(manifests) == 1, (nth, how, wrong)
            elif how == "":
                assert files(store) == [], (nth, wrong, files(store))
            if manifests:
                checked = subprocess.run([guardian, "verify", manifests[0].parent.name, "--store", f"file://{store}"], capture_output=True, text=True)
                assert checked.returncode == 0, (nth, how, checked.stderr)
            if process.returncode != 0:
                assert process.returncode == 99, (nth, how, wrong)
    wait_for(server, lambda: not server.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", parameters=[small]))


def test_a_table_truncated_while_it_begins_is_never_empty_in_a_snapshot(guardian, server, small, tmp_path):
    """TRUNCATE is not MVCC-safe: under an older snapshot the table looks empty. The race is run again and again."""
    stop = threading.Event()

    def churn():
        with server.connect(small) as link, link.cursor() as cursor:
            while not stop.is_set():
                try:
                    cursor.execute("SET lock_timeout = '50ms'; TRUNCATE a; INSERT INTO a SELECT i, 't' FROM generate_series(1, 10) i")
                except psycopg2.errors.LockNotAvailable:
                    pass
    with server.connect(small) as link:
        link.cursor().execute("TRUNCATE a; INSERT INTO a VALUES (1, 't')")
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(3):
            process = start(guardian, server, small, tmp_path, "--prove", "none")
            said, wrong = process.communicate(timeout=60)
            assert process.returncode in (0, 7), wrong
            if process.returncode == 0:
                _, manifest = manifest_of(tmp_path, json.loads(said))
                rows = {table["name"]: table["rows"] for table in manifest["tables"]}["a"]
                assert rows in (1, 10, 1000)
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(not DEEP, reason="GUARDIAN_TEST_DEEP=1 takes one of every major")
@pytest.mark.parametrize("major", [13, 14, 15, 16, 17, 18])
def test_every_major(guardian, major, tmp_path):
    with servers.Server(major=major, settings={"wal_level": "logical"}) as one:
        world.build_everything(one, "everything")
        process = start(guardian, one, "everything", tmp_path, "--part-size", "64kB")
        said, wrong = process.communicate(timeout=120)
        if process.returncode == 2 and "could not find a pg_dump" in wrong:
            lack(f"there is no pg_dump for PostgreSQL {major}")
        assert process.returncode == 0, wrong
        folder, manifest = manifest_of(tmp_path, json.loads(said))
        for table in manifest["tables"]:
            assert lines_of(folder, table) == lines_in(one, "everything", table), table["name"]
