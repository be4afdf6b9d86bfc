"""guardian apply on a real server, from end to end: what is in, what was backed up, and what the exit status says."""

import json
import pathlib
import subprocess
import threading
import time

import psycopg2
import pytest

from harness.lack import lack

STATUS = {"applied": 0, "nothing": 0, "refused": 3, "failed": 5, "partial": 6}


class Shop:
    """A small database with a store, and guardian in front of it."""

    def __init__(self, guardian, server, database, folder):
        self.guardian, self.server, self.database = guardian, server, database
        self.folder, self.store = folder, folder / "store"
        self.store.mkdir()
        server.psql(database, stdin="""
            CREATE TYPE status AS ENUM ('new', 'paid');
            CREATE TABLE users (id int PRIMARY KEY, name text, age int, state status DEFAULT 'new');
            INSERT INTO users SELECT n, 'user ' || n, n % 90 FROM generate_series(1, 500) n;
            CREATE VIEW adults AS SELECT id FROM users WHERE age >= 18;
        """)

    def file(self, text, name="change.sql"):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *arguments, verb="apply", environment=None):
        return subprocess.Popen([self.guardian, verb, "--store", f"file://{self.store}", "--json", *map(str, arguments)],
                                env={**self.server.env(self.database), **(environment or {})}, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)

    def end(self, process, outcome):
        said, wrong = process.communicate(timeout=120)
        assert said, wrong
        document = json.loads(said)
        assert document["outcome"] == outcome, f"{said}\n{wrong}"
        assert process.returncode == STATUS[outcome], wrong
        assert document["changed"] == (outcome in ("applied", "partial")), said
        return document

    def apply(self, text, *arguments, outcome="applied", name="change.sql", **options):
        return self.end(self.start(self.file(text, name), *arguments, **options), outcome)

    def rows(self, sql):
        return self.server.run(sql, self.database)

    def value(self, sql):
        return self.server.value(sql, self.database)

    def columns(self, table="users"):
        return [name for name, in self.rows(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass "
                                            "AND attnum > 0 AND NOT attisdropped ORDER BY attnum")]

    def manifest(self, document):
        path, = self.store.glob(f"v1/*/snapshots/{document['snapshot']}/manifest.json")
        return json.loads(path.read_text())

    def records(self, document):
        """What the journal's frames say, in order (docs/formats/journal.md)."""
        folder, = self.store.glob(f"v1/*/changes/{document['change']}")
        found = []
        for path in sorted(folder.iterdir()):
            data = path.read_bytes() if path.name.isdigit() else b""
            while data:
                assert data[:4] == b"GDJ1"
                size = int.from_bytes(data[4:8], "little")
                found.append(json.loads(data[44:44 + size])["record"])
                data = data[44 + size:]
        return found

    def changes(self):
        return sorted(path.name for path in self.store.glob("v1/*/changes/*"))


@pytest.fixture
def shop(guardian, server, database, tmp_path):
    return Shop(guardian, server, database, tmp_path)


def test_an_additive_change_is_in_and_the_schema_before_is_kept(shop):
    done = shop.apply("ALTER TABLE users ADD COLUMN email text;\n")
    assert shop.columns()[-1] == "email"
    assert done["class"] == "additive" and done["proof"] == "digest"
    assert shop.manifest(done)["scope"] == "schema"
    assert shop.manifest(done)["change"] == done["change"]
    assert [step["state"] for step in done["steps"]] == ["in"]
    assert done["way_back"] == [f"guardian rollback {done['change']}"]
    assert "column public.users.email" in " ".join(done["differences"])
    assert shop.rows("SELECT change, outcome FROM guardian.changes") == [(done["change"], "applied")]


def test_the_journal_says_what_was_done_in_order(shop):
    done = shop.apply("ALTER TABLE users DROP COLUMN age CASCADE;\n")
    records = shop.records(done)
    assert [record for at, record in enumerate(records) if record not in records[:at]] == ["received", "decided", "protecting", "protected", "proven",
                                                                                     "applying", "applied", "checked", "closed"]


def test_a_dropped_column_is_in_a_proven_snapshot_first(shop):
    done = shop.apply("ALTER TABLE users DROP COLUMN name;\n")
    assert "name" not in shop.columns()
    assert done["class"] == "destructive" and done["loses"] == "data" and done["proof"] == "digest"
    manifest = shop.manifest(done)
    assert manifest["scope"] == "database"
    users, = [table for table in manifest["tables"] if table["name"] == "users"]
    assert users["rows"] == 500 and "name" in users["columns"]


def test_a_sealed_backup_holds_writers_off_and_misses_nothing(shop):
    stop, committed, wrong = threading.Event(), [], []

    def write():
        link = shop.server.connect(shop.database)
        with link.cursor() as cursor:
            for number in range(1000, 100000):
                if stop.is_set():
                    break
                try:
                    cursor.execute("INSERT INTO users (id, name) VALUES (%s, 'late')", [number])
                    committed.append(number)
                except psycopg2.errors.UndefinedColumn:
                    break
                except psycopg2.Error as error:
                    wrong.append(error)
                    break
        link.close()
    policy = shop.file("policy: sealing\nextends: default\nrules:\n  - loses: [data]\n    action: back up\n    scope: tables\n"
                       "    proof: digest\n    sealed: always\n    because: test\n", "sealing.yaml")
    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.3)
    try:
        done = shop.apply("ALTER TABLE users DROP COLUMN name;\n", "--policy", policy)
    finally:
        stop.set()
        writer.join()
    assert not wrong, wrong
    assert done["sealed"] and done["drift_rows"] == 0
    users, = [table for table in shop.manifest(done)["tables"] if table["name"] == "users"]
    assert users["rows"] == shop.value("SELECT count(*) FROM users") == 500 + len(committed)


def test_rows_that_come_between_an_online_backup_and_the_change_are_counted_and_refused(shop):
    policy = shop.file("policy: online\nextends: default\nlimits:\n  drift_rows_max: 0\nrules:\n  - loses: [data]\n    action: back up\n"
                       "    scope: tables\n    proof: digest\n    sealed: never\n    because: test\n", "online.yaml")
    stop = threading.Event()

    def write():
        link = shop.server.connect(shop.database)
        with link.cursor() as cursor:
            for number in range(1000, 1000000):
                if stop.is_set():
                    break
                cursor.execute("INSERT INTO users (id, name) VALUES (%s, 'late')", [number])
        link.close()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = shop.apply("ALTER TABLE users DROP COLUMN name;\n", "--policy", policy, outcome="refused")
    finally:
        stop.set()
        writer.join()
    assert done["drift_rows"] > 0 and done["drifts"][0]["table"] == "public.users"
    assert "name" in shop.columns()


ENUM = """-- the file as people write it, and PostgreSQL refuses it
ALTER TYPE status ADD VALUE 'returned';
BEGIN;
UPDATE users SET state = 'returned' WHERE id = 7;
ALTER TABLE users ALTER COLUMN state SET DEFAULT 'returned';
COMMIT;
"""


def test_an_enum_file_that_uses_its_own_value_is_one_command(shop):
    bare = ENUM.replace("BEGIN;\n", "").replace("COMMIT;\n", "")
    refused = subprocess.run(["psql", "-X", "-1", "-v", "ON_ERROR_STOP=1", "-c", bare], env=shop.server.env(shop.database),
                             capture_output=True, text=True)
    assert "unsafe use of new value" in refused.stderr
    done = shop.apply(bare, "--single-transaction")
    assert done["class"] in ("enum", "destructive") and done["proof"] == "digest"
    assert [step["kind"] for step in done["steps"]][0] == "enum value"
    assert shop.value("SELECT state FROM users WHERE id = 7") == "returned"


def test_an_enum_file_that_was_split_by_hand_is_done_when_the_values_are_there(shop):
    shop.apply("ALTER TYPE status ADD VALUE IF NOT EXISTS 'returned';\n", name="1-values.sql")
    shop.apply(ENUM.replace("ALTER TYPE status ADD VALUE 'returned';\n", ""), name="2-use.sql")
    done = shop.apply("ALTER TYPE status ADD VALUE IF NOT EXISTS 'returned'; -- again\n", outcome="nothing")
    assert done["steps"] == [] or {step["state"] for step in done["steps"]} <= {"planned"}


def test_the_same_file_again_is_nothing_and_again_runs_it(shop):
    text = "CREATE TABLE IF NOT EXISTS notes (t text);\nINSERT INTO notes VALUES ('one');\n"
    shop.apply(text)
    before = shop.changes()
    done = shop.apply(text, outcome="nothing")
    assert "applied already" in done["because"] and shop.changes() == before
    assert shop.value("SELECT count(*) FROM notes") == 1
    shop.apply(text, "--again")
    assert shop.value("SELECT count(*) FROM notes") == 2


def test_a_script_of_every_boot_is_nothing_from_the_second_boot_on(shop):
    text = "CREATE TABLE IF NOT EXISTS flags (name text PRIMARY KEY, on_ boolean);\n" \
           "INSERT INTO flags VALUES ('a', true) ON CONFLICT DO NOTHING;\n" \
           "CREATE INDEX IF NOT EXISTS users_name ON users (name);\n"
    shop.apply(text)
    for _ in range(9):
        shop.apply(text, outcome="nothing")
    shop.rows("DROP TABLE flags")
    shop.apply(text)  # somebody took it away: the script brings it back
    assert shop.value("SELECT count(*) FROM flags") == 1


def test_a_statement_that_fails_leaves_what_the_file_committed_before_it(shop):
    done = shop.apply("CREATE TABLE one (a int);\nCREATE TABLE two (a nosuch);\nCREATE TABLE three (a int);\n", outcome="partial")
    assert [step["state"] for step in done["steps"]] == ["in", "not in", "planned"] or \
        [step["state"] for step in done["steps"]] == ["in", "not in", "not in"]
    assert "nosuch" in done["error"]["text"] and "change.sql:2" in done["error"]["text"]
    assert shop.value("SELECT to_regclass('one') IS NOT NULL AND to_regclass('three') IS NULL")
    assert done["way_back"]


def test_all_or_nothing_leaves_nothing(shop):
    done = shop.apply("CREATE TABLE one (a int);\nCREATE TABLE two (a nosuch);\n", "--single-transaction", outcome="failed")
    assert shop.value("SELECT to_regclass('one') IS NULL")
    assert {step["state"] for step in done["steps"]} == {"not in"}
    assert shop.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'guardian'") == 0 or \
        shop.rows("SELECT * FROM guardian.steps") == []


def test_what_the_data_forbids_fails_before_the_backup(shop):
    shop.rows("UPDATE users SET name = NULL WHERE id <= 3")
    begin = time.monotonic()
    done = shop.apply("ALTER TABLE users ALTER COLUMN name SET NOT NULL;\n", outcome="failed")
    assert "3" in done["error"]["text"] and "name" in done["error"]["text"]
    assert time.monotonic() - begin < 5
    assert not list(shop.store.glob("v1/*/snapshots/*"))


def test_the_policy_refuses_and_nothing_is_touched(shop):
    done = shop.apply("ALTER TABLE users DROP COLUMN name;\n", "--policy", "boot", outcome="refused")
    assert "boot" in done["error"]["text"]
    assert "name" in shop.columns() and not shop.changes()
    assert shop.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'guardian'") == 0


def test_without_a_store_that_takes_the_backup_nothing_runs(shop):
    process = shop.start(shop.file("ALTER TABLE users DROP COLUMN name;\n"), environment={"GUARDIAN_STORE": ""})
    process.communicate()
    blocked = shop.folder / "blocked"
    blocked.write_text("a file where the store's folder would be")
    ran = subprocess.run([shop.guardian, "apply", "--store", f"file://{blocked}", str(shop.file("ALTER TABLE users DROP COLUMN age;\n"))],
                         env=shop.server.env(shop.database), capture_output=True, text=True)
    assert ran.returncode in (4, 10), ran.stdout + ran.stderr
    assert "Nothing was changed." in ran.stderr and "age" in shop.columns()


def test_ten_at_once_do_the_work_once(shop):
    path = shop.file("CREATE TABLE jobs (id int);\nINSERT INTO jobs VALUES (1);\n")
    started = [shop.start(path) for _ in range(10)]
    outcomes = []
    for process in started:
        said, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, wrong
        outcomes.append(json.loads(said)["outcome"])
    assert sorted(outcomes) == ["applied"] + ["nothing"] * 9
    assert shop.value("SELECT count(*) FROM jobs") == 1


def test_a_schema_change_of_somebody_else_is_judged_again(shop):
    """A file that is harmless when it is looked at, and would drop a table with rows by the time it runs."""
    path = shop.file("DROP TABLE IF EXISTS later;\n")
    with shop.server.connect(shop.database, autocommit=False) as link, link.cursor() as cursor:
        cursor.execute("CREATE TABLE later AS SELECT 1 AS a")
        process = shop.start(path, "--busy-timeout", "20s")
        time.sleep(0.5)
        link.commit()
    said, wrong = process.communicate(timeout=60)
    document = json.loads(said)
    if document["outcome"] == "applied":
        assert document["proof"] == "digest" and shop.manifest(document)["scope"] == "database"


def test_an_index_that_is_built_concurrently_runs_alone(shop):
    done = shop.apply("CREATE INDEX CONCURRENTLY users_age ON users (age);\nALTER TABLE users ADD COLUMN b int;\n")
    assert [step["kind"] for step in done["steps"]] == ["alone", "transaction"]
    assert shop.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_age'::regclass")


def test_a_concurrent_unique_index_that_fails_leaves_no_invalid_one(shop):
    done = shop.apply("CREATE UNIQUE INDEX CONCURRENTLY users_age ON users (age);\n", "--check-timeout", "100ms", outcome="failed")
    assert "users_age" in done["error"]["text"] or "age" in done["error"]["text"]
    assert shop.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


def test_a_lock_that_does_not_come_is_named_with_who_holds_it(shop):
    policy = shop.file("policy: hasty\nextends: default\nlimits:\n  lock_wait: 1s\n  lock_retries: 1\n", "hasty.yaml")
    with shop.server.connect(shop.database, autocommit=False) as link, link.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
        process = shop.start(shop.file("ALTER TABLE users ADD COLUMN b int;\n"), "--policy", policy)
        said, wrong = process.communicate(timeout=60)
        assert process.returncode == 7, said + wrong
        assert str(link.get_backend_pid()) in wrong, wrong
        link.rollback()
    assert "b" not in shop.columns()


def test_a_file_that_ends_inside_a_transaction_is_no_change(shop):
    process = shop.start(shop.file("BEGIN;\nCREATE TABLE one (a int);\n"))
    said, wrong = process.communicate(timeout=60)
    assert process.returncode == 2 and "COMMIT" in wrong, said + wrong


def test_rows_of_copy_in_the_file_arrive(shop):
    shop.apply("CREATE TABLE loaded (a int, b text);\nCOPY loaded FROM stdin;\n1\tone\n2\t\\N\n\\.\nCREATE INDEX ON loaded (a);\n")
    assert shop.rows("SELECT a, b FROM loaded ORDER BY a") == [(1, "one"), (2, None)]


def test_text_for_people_says_what_is_in_and_how_to_go_back(shop):
    ran = subprocess.run([shop.guardian, "apply", "--store", f"file://{shop.store}", "--quiet",
                          str(shop.file("ALTER TABLE users DROP COLUMN name;\n"))],
                         env={**shop.server.env(shop.database), "COLUMNS": "110"}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("APPLIED") and "guardian rollback" in ran.stdout and "every byte read back" in ran.stdout


def test_the_keys_of_the_document_are_documented(shop):
    done = shop.apply("ALTER TABLE users ADD COLUMN email text;\n")
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs/formats/outcome.md").read_text()
    for key in [*done, *done["steps"][0], *done["files"][0], *done["seconds"]]:
        assert f"`{key}`" in page, key


def test_a_change_of_which_nobody_can_tell_waits_for_a_person(shop):
    shop.rows("CREATE TABLE calls (n int)")
    shop.rows("CREATE PROCEDURE call_it() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO calls VALUES (1); COMMIT; END $$")
    path = shop.file("CALL call_it();\n")
    crashed = shop.start(path, "--policy", "development", environment={"GUARDIAN_FAULT": "@apply: after a statement that runs alone:exit"})
    crashed.communicate(timeout=60)
    if crashed.returncode != 99:
        lack("the binary under test has no fault points")
    assert shop.value("SELECT count(*) FROM calls") == 1
    stopped = shop.start(path, "--policy", "development")
    said, wrong = stopped.communicate(timeout=60)
    assert stopped.returncode == 6 and "guardian settle" in wrong, wrong
    change, = shop.changes()
    bare = subprocess.run([shop.guardian, "settle", "--store", f"file://{shop.store}", change], env=shop.server.env(shop.database),
                          capture_output=True, text=True)
    assert bare.returncode == 2 and "--as" in bare.stderr
    settled = subprocess.run([shop.guardian, "settle", "--store", f"file://{shop.store}", "--as", "applied", "--reason", "one row is there", change],
                             env=shop.server.env(shop.database), capture_output=True, text=True)
    assert settled.returncode == 0 and settled.stdout.startswith("APPLIED"), settled.stderr
    shop.end(shop.start(path, "--policy", "development"), "nothing")
    assert shop.value("SELECT count(*) FROM calls") == 1


def test_a_password_is_kept_nowhere(shop):
    done = shop.apply("CREATE ROLE guarded_test_role LOGIN PASSWORD 'hunter2';\nALTER TABLE users ADD COLUMN b int;\n", "--policy", "development")
    shop.rows("DROP ROLE guarded_test_role")
    assert "hunter2" not in json.dumps(done)
    for path in shop.store.glob(f"v1/*/changes/{done['change']}/*"):
        data = subprocess.run(["zstd", "-dcqf", str(path)], capture_output=True).stdout if path.suffix == ".zst" else path.read_bytes()
        assert b"hunter2" not in data, path


def test_the_same_file_for_another_schema_is_another_change(shop):
    shop.rows("CREATE SCHEMA a")
    shop.rows("CREATE SCHEMA b")
    for schema in ("a", "b"):
        shop.rows(f"CREATE TABLE {schema}.t (id int)")
        done = shop.apply("ALTER TABLE t ADD COLUMN n int;\n", "--db", shop.server.uri(shop.database) + f"?schema={schema}")
        assert f"{schema}.t" in " ".join(done["differences"])
    shop.apply("ALTER TABLE t ADD COLUMN n int;\n", "--db", shop.server.uri(shop.database) + "?schema=b", outcome="nothing")


def test_who_may_make_no_schema_runs_nothing_twice(shop):
    shop.rows("DROP ROLE IF EXISTS guest_of_the_shop")
    shop.rows("CREATE ROLE guest_of_the_shop LOGIN")
    shop.rows(f'REVOKE CREATE, TEMPORARY ON DATABASE "{shop.database}" FROM PUBLIC')
    shop.rows("CREATE TABLE mine (n int)")
    shop.rows("ALTER TABLE mine OWNER TO guest_of_the_shop")
    shop.rows("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest_of_the_shop")
    target = ("--db", shop.server.uri(shop.database, "guest_of_the_shop"))
    try:
        done = shop.apply("INSERT INTO mine VALUES (1);\n", *target)
        assert any("no record is kept in the database" in note for note in done["notes"])
        shop.apply("INSERT INTO mine VALUES (1);\n", *target, outcome="nothing")
        assert shop.value("SELECT count(*) FROM mine") == 1
    finally:
        shop.rows("DROP OWNED BY guest_of_the_shop")
        shop.rows("DROP ROLE guest_of_the_shop")


@pytest.mark.parametrize("text, sql", [
    ("ALTER TABLE users DROP COLUMN name;\nALTER TABLE users ADD COLUMN name text;\n", "SELECT count(name) FROM users"),
    ("DROP TABLE users CASCADE;\nCREATE TABLE users (id int PRIMARY KEY, name text, age int, state status DEFAULT 'new');\n"
     "CREATE VIEW adults AS SELECT id FROM users WHERE age >= 18;\n", "SELECT count(name) FROM users"),
    ("SELECT lo_unlink(4242);\n", "SELECT count(*) FROM pg_largeobject_metadata"),
])
def test_what_is_lost_without_a_trace_in_the_definitions_comes_back(shop, text, sql):
    shop.rows("SELECT lo_create(4242)")
    before = shop.value(sql)
    assert before > 0
    done = shop.apply(text)
    assert shop.value(sql) == 0
    ran = subprocess.run([shop.guardian, "rollback", "--yes", "--quiet", "--store", f"file://{shop.store}", done["change"]],
                         env=shop.server.env(shop.database), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert shop.value(sql) == before
    for name, in shop.server.run("SELECT datname FROM pg_database WHERE datname LIKE %s", parameters=[f"{shop.database}\\_before%"]):
        shop.server.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        shop.server.drop(name)
