"""The ways back against a real server: what each kind of change loses comes back exactly, what others wrote since stays, and
what cannot be exact is said before anything is touched."""

import itertools
import json
import os
import pathlib
import re
import subprocess

import pytest

from harness import server as servers

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and pathlib.Path(BUILD, "system", "drive_change")

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL UNIQUE, age int, mood mood NOT NULL DEFAULT 'ok', price numeric(10,3));
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE, note varchar(80));
CREATE TABLE log (line text, at int);
CREATE TABLE days (d date NOT NULL, n int, PRIMARY KEY (d)) PARTITION BY RANGE (d);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE INDEX orders_user ON orders (user_id);
CREATE VIEW adults AS SELECT id, name FROM users WHERE age >= 18;
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('test.quiet', true) IS NULL THEN RAISE EXCEPTION 'a trigger ran'; END IF; RETURN coalesce(NEW, OLD); END $$;
SET test.quiet = 1;
INSERT INTO users (name, age, mood, price) SELECT 'u' || g, g % 90, CASE g % 3 WHEN 0 THEN 'sad' WHEN 1 THEN 'ok' ELSE 'happy' END::mood, g / 7.0 FROM generate_series(1, 300) g;
INSERT INTO users (name, age) VALUES (E'tab\\there \\\\N "q" ''s', NULL);
INSERT INTO orders (user_id, note) SELECT 1 + g % 300, 'n' || g FROM generate_series(1, 1000) g;
INSERT INTO log SELECT 'l' || g, g FROM generate_series(1, 50) g;
INSERT INTO days SELECT date '2026-01-01' + g, g FROM generate_series(0, 50) g;
CREATE TRIGGER never BEFORE UPDATE OR INSERT OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION never();
"""
QUIET = "SET test.quiet = 1;\n"

serial = itertools.count(1)


class World:
    def __init__(self, server, folder):
        self.server, self.name, self.store, self.folder = server, f"ways{next(serial)}", f"file://{folder}/store", folder
        server.run(f"CREATE DATABASE {self.name} TEMPLATE ways_base")

    def sql(self, text):
        return self.server.psql(self.name, stdin=QUIET + text).stdout

    def drive(self, *words, status=0, **environment):
        ran = subprocess.run([DRIVER, self.server.uri(self.name), self.store, *words], capture_output=True, text=True, timeout=120,
                             env={**os.environ, **environment})
        assert status is None or ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def apply(self, scope, text, *losses):
        path = pathlib.Path(self.folder, "change.sql")
        path.write_text(QUIET.replace("SET", "SET LOCAL") + text)
        self.before = self.rows()
        self.schema = self.dump()
        self.change = self.drive("apply", scope, str(path), *losses).stdout.strip()

    def back(self, *way, **more):
        return self.drive("rollback", self.change, *way, **more)

    def cli(self, *words):
        env = {**self.server.env(self.name), "GUARDIAN_STORE": self.store}
        return subprocess.run([pathlib.Path(BUILD, "guardian"), *words], env=env, capture_output=True, text=True, timeout=120)

    def rows(self):
        """All rows of all tables, by table."""
        names = self.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1").split()
        return {name: sorted(self.sql(f"SELECT to_jsonb(t) FROM {name} t").splitlines()) for name in names}

    def dump(self):
        ran = subprocess.run(["pg_dump", "--schema-only", "-N", "guardian"], env=self.server.env(self.name), capture_output=True, text=True, check=True)
        lines = [line.strip().rstrip(",") for line in ran.stdout.splitlines() if line and not re.match(r"--|\\", line)]
        return sorted(lines)

    def is_as_before(self):
        assert self.dump() == self.schema
        assert self.rows() == self.before


@pytest.fixture(scope="module")
def own():
    with servers.Server(memory=True) as one:
        one.create("ways_base")
        one.psql("ways_base", stdin=BASE)
        yield one


@pytest.fixture
def world(own, tmp_path):
    one = World(own, tmp_path)
    yield one
    own.drop(one.name)


# name: (scope, change, losses, way)
EXACT = {
    "inverse: a table, seeded": ("schema", "CREATE TABLE tags (id serial PRIMARY KEY, t text); INSERT INTO tags (t) VALUES ('a'), ('b'); ALTER TABLE orders ADD COLUMN tag int REFERENCES tags", [], "inverse"),
    "inverse: a column with values": ("schema", "ALTER TABLE users ADD COLUMN nick text DEFAULT 'x'; UPDATE users SET nick = name", [], "inverse"),
    "inverse: a view, an index, a function": ("schema", "DROP VIEW adults; DROP INDEX orders_user; CREATE OR REPLACE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'", [], "inverse"),
    "inverse: an enum value": ("schema", "ALTER TABLE users ADD COLUMN other mood; CREATE TYPE mood2 AS ENUM ('a')", [], "inverse"),
    "inverse: widened": ("schema", "ALTER TABLE orders ALTER note TYPE text", [], "inverse"),
    "inverse: renamed": ("schema", "ALTER TABLE users RENAME COLUMN age TO years; ALTER TABLE orders RENAME TO purchases; ALTER SEQUENCE users_id_seq RENAME TO numbers; ALTER TYPE mood RENAME TO feeling; ALTER TABLE users ADD COLUMN nick text", [], "inverse"),
    "columns: dropped": ("public.users", "ALTER TABLE users DROP COLUMN age CASCADE", ["public.users.age"], "columns"),
    "columns: dropped, all of the database in the backup": ("database", "ALTER TABLE users DROP COLUMN price, DROP COLUMN mood", ["public.users.price", "public.users.mood"], "columns"),
    "columns: narrowed": ("public.users", "ALTER TABLE users ALTER price TYPE numeric(10,1)", ["public.users.price"], "columns"),
    "columns: narrowed to nothing": ("public.orders", "ALTER TABLE orders ALTER note TYPE varchar(2) USING left(note, 2)", ["public.orders.note"], "columns"),
    "columns: another type": ("public.users", "DROP VIEW adults; ALTER TABLE users ALTER age TYPE text USING 'old'; CREATE VIEW adults AS SELECT id, name FROM users WHERE age >= '18'", ["public.users.age"], None),
    "columns: of a partitioned table": ("public.days", "ALTER TABLE days DROP COLUMN n", ["public.days.n"], "columns"),
    "columns: an enum without a label": ("public.users", "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('ok', 'happy'); UPDATE users SET mood = 'ok' WHERE mood = 'sad'; ALTER TABLE users ALTER mood DROP DEFAULT; ALTER TABLE users ALTER mood TYPE mood USING mood::text::mood; ALTER TABLE users ALTER mood SET DEFAULT 'ok'; DROP TYPE old", ["public.users.mood"], "tables"),
    "tables: dropped": ("public.orders", "DROP TABLE orders", ["public.orders"], "tables"),
    "tables: dropped with what refers": ("public.users,public.orders", "DROP TABLE users CASCADE", ["public.users"], "tables"),
    "tables: partitions dropped": ("public.days", "DROP TABLE days", ["public.days"], "tables"),
    "tables: a partition dropped": ("public.days", "DROP TABLE days_1", ["public.days_1"], "tables"),
    "tables: truncated": ("public.users,public.orders", "TRUNCATE users RESTART IDENTITY CASCADE", ["public.users", "public.orders"], "tables"),
    "tables: deleted": ("public.users,public.orders", "DELETE FROM orders WHERE id > 10; DELETE FROM users WHERE id > 100", ["public.users", "public.orders"], "tables"),
    "tables: updated": ("public.users", "UPDATE users SET name = 'gone ' || id, age = NULL", ["public.users.name", "public.users.age"], "tables"),
    "tables: updated in a savepoint": ("public.users", "SAVEPOINT a; UPDATE users SET age = NULL; RELEASE a", ["public.users.age"], "tables"),
    "inverse: inserted": ("schema", "INSERT INTO users (name, age) VALUES ('new', 1); SAVEPOINT a; INSERT INTO log VALUES ('seed', 1); INSERT INTO orders (user_id, note) VALUES (302, 'n'); RELEASE a; INSERT INTO days VALUES ('2026-02-28', 1); ALTER TABLE orders ADD COLUMN extra int", [], "inverse"),
    "tables: inserted or updated": ("public.users", "INSERT INTO users (name, age) VALUES ('new', 1), ('u5', 2) ON CONFLICT (name) DO UPDATE SET age = excluded.age", [], "tables"),
    "tables: without a key": ("public.log", "UPDATE log SET at = 0; DELETE FROM log WHERE line = 'l3'", ["public.log"], "tables"),
    "tables: all at once": ("database", "DROP TABLE orders; ALTER TABLE users DROP COLUMN price; UPDATE users SET age = 1 WHERE age < 50; CREATE TABLE t (x int); DELETE FROM log", ["public.orders", "public.users.price", "public.users.age", "public.log"], "tables"),
    "database: storage": ("database", "ALTER TABLE users ALTER name SET STORAGE EXTERNAL; DELETE FROM orders", ["public.orders"], "database"),
}


OFTEN = ["inverse: a table, seeded", "inverse: inserted", "columns: dropped", "columns: narrowed", "columns: an enum without a label", "tables: dropped with what refers",
         "tables: updated in a savepoint", "tables: all at once", "database: storage"]


@pytest.mark.parametrize("name", EXACT if os.environ.get("GUARDIAN_TEST_DEEP") else OFTEN)
def test_it_is_as_before(world, name):
    scope, change, losses, way = EXACT[name]
    world.apply(scope, change, *losses)
    said = world.back().stdout
    assert way is None or f"way: {way}\n" in said, said
    assert "lost: 0\n" in said, said
    world.is_as_before()
    assert world.drive("plan", world.change, status=2).stderr.count("rolled back already") == 1


def test_what_others_wrote_since_stays(world):
    world.apply("public.users,public.orders", "ALTER TABLE users DROP COLUMN age CASCADE; ALTER TABLE users ALTER price TYPE numeric(10,1)", "public.users.age", "public.users.price")
    world.sql("UPDATE users SET name = 'renamed' WHERE id = 1; UPDATE users SET price = 99.9 WHERE id = 2; DELETE FROM users WHERE id = 3;"
              "INSERT INTO users (name, price) VALUES ('since', 5.5); INSERT INTO orders (user_id, note) VALUES (1, 'since')")
    said = world.back().stdout
    assert "since: public.users new 1 changed 2 gone 1" in said and "lost: 0" in said
    assert world.sql("SELECT name, age, price FROM users WHERE id IN (1, 2) OR name = 'since' ORDER BY id").splitlines() == [
        "renamed|1|0.143", "u2|2|99.900", "since||5.500"]
    assert world.sql("SELECT count(*) FROM users WHERE id = 3").strip() == "0"
    assert world.sql("SELECT count(*) FROM orders WHERE note = 'since'").strip() == "1"
    assert world.dump() == world.schema


def test_an_update_is_undone_where_nobody_wrote_another_value_since(world):
    world.apply("public.users", "UPDATE users SET age = NULL, name = upper(name)", "public.users.age", "public.users.name")
    world.sql("UPDATE users SET price = 1 WHERE id = 1; UPDATE users SET age = 77 WHERE id = 2; INSERT INTO users (name, age) VALUES ('since', 3)")
    world.back()
    assert world.sql("SELECT name, age, price FROM users WHERE id IN (1, 2) OR name = 'since' ORDER BY id").splitlines() == [
        "u1|1|1.000", "u2|77|0.286", "since|3|"]
    assert world.sql("SELECT count(*) FROM users WHERE id > 2 AND age IS NULL AND name <> 'since'").strip() == "1"


def test_deleted_rows_come_back_beside_new_ones(world):
    world.apply("public.users,public.orders", "TRUNCATE users RESTART IDENTITY CASCADE", "public.users", "public.orders")
    world.sql("INSERT INTO users (name) VALUES ('since'); INSERT INTO users (id, name) VALUES (5000, 'u7'), (5001, 'more')")
    said = world.back().stdout
    assert "conflict: 1 row of table public.users did not come back" in said
    assert world.sql("SELECT name FROM users WHERE id IN (1, 5000, 5001) ORDER BY id").split() == ["since", "u7", "more"]
    assert world.sql("SELECT count(*) FROM users").strip() == "302"
    assert int(world.sql("SELECT nextval('users_id_seq')")) == 302


def test_rows_that_cannot_be_kept_are_counted_before(world):
    world.apply("public.orders", "ALTER TABLE orders DROP COLUMN user_id", "public.orders.user_id")
    world.sql("INSERT INTO orders (note) VALUES ('no user'), ('nor here')")
    said = world.back().stdout
    assert "way: tables" in said and "lost: 2\n" in said
    assert world.rows() == world.before and world.dump() == world.schema


def test_new_tables_and_columns_with_others_rows_are_counted(world):
    world.apply("schema", "CREATE TABLE tags (t text); INSERT INTO tags VALUES ('seed'); ALTER TABLE users ADD COLUMN nick text")
    world.sql("INSERT INTO tags VALUES ('a'), ('b'); UPDATE users SET nick = 'n' WHERE id < 4")
    said = world.back().stdout
    assert "lost: 5\n" in said and "since: public.tags new 2" in said
    world.is_as_before()
    assert "done: bad state 2" in said


def test_a_rename_that_is_not_seen_as_one_throws_nothing_away(world):
    world.apply("schema", "DO $$ BEGIN ALTER TABLE users RENAME COLUMN price TO cost; END $$")
    refused = world.drive("rollback", world.change, status=4)
    assert "column cost of public.users holds what was there before the change, under another name" in refused.stderr
    world.sql("ALTER TABLE users RENAME COLUMN cost TO price")
    world.is_as_before()


def test_an_enum_value_in_use(world):
    world.apply("public.users", "CREATE TABLE x (); ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'great'); ALTER TABLE users ALTER mood DROP DEFAULT; ALTER TABLE users ALTER mood TYPE mood USING mood::text::mood; ALTER TABLE users ALTER mood SET DEFAULT 'ok'; DROP TYPE old")
    world.sql("UPDATE users SET mood = 'great' WHERE id = 5; UPDATE users SET mood = 'sad' WHERE id = 7; INSERT INTO users (name, mood) VALUES ('since', 'great'), ('too', 'ok')")
    said = world.back().stdout
    assert "lost: 1\n" in said, said
    assert world.sql("SELECT mood FROM users WHERE id IN (5, 7) ORDER BY id").split() == ["happy", "sad"]
    assert world.sql("SELECT name FROM users WHERE id > 301").split() == ["too"]
    assert world.dump() == world.schema


def test_a_table_without_a_key_that_was_written_to_needs_the_whole_database(world):
    world.apply("public.log", "UPDATE log SET at = 0", "public.log")
    world.sql("INSERT INTO log VALUES ('since', 1)")
    refused = world.drive("rollback", world.change, status=4)
    assert "it has no key by which rows could be told apart, and 1 rows were written to it since" in refused.stderr


def test_what_came_later_is_not_undone_by_the_way(world):
    world.apply("schema", "CREATE TABLE first (x int)")
    first = world.change
    world.apply("schema", "CREATE TABLE second (x int)")
    refused = world.drive("rollback", first, status=3)
    assert world.change in refused.stderr
    world.back()
    world.drive("rollback", first)
    world.sql("CREATE TABLE by_hand (x int)")
    world.apply("schema", "CREATE TABLE third (x int)")
    world.sql("DROP TABLE by_hand")
    assert "somebody changed it since" in world.drive("plan", world.change, status=3).stderr


def test_changes_on_top_of_each_other_go_back_newest_first(world):
    """A column that came back stands last: that is no change of the schema that would keep the next older one from its way back."""
    states = []
    for scope, text, *losses in [
        ("public.users", "ALTER TABLE users DROP COLUMN age CASCADE", "public.users.age"),
        ("public.users,public.log", "ALTER TABLE users DROP COLUMN price; DELETE FROM log", "public.users.price", "public.log"),
        ("public.users,public.orders", "ALTER TABLE users DROP COLUMN mood; ALTER TABLE orders DROP COLUMN note", "public.users.mood", "public.orders.note"),
    ]:
        world.apply(scope, text, *losses)
        states.append((world.change, world.schema, world.before))
    newest = states[-1][0]
    for older, _, _ in states[:2]:
        refused = world.drive("rollback", older, status=3)
        assert f"change {newest} changed it since" in refused.stderr and f"guardian rollback {newest}" in refused.stderr
    for change, schema, rows in reversed(states):
        world.drive("rollback", change)
        assert world.dump() == schema and world.rows() == rows
    assert world.sql("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attisdropped").strip() == "3"


def test_a_lock_that_does_not_come_leaves_all_as_it_is(world):
    world.apply("public.users", "ALTER TABLE users DROP COLUMN age CASCADE", "public.users.age")
    schema, rows = world.dump(), world.rows()
    holder = subprocess.Popen(["psql", "-X", "-q", "-c", "BEGIN; LOCK TABLE users IN ROW SHARE MODE; SELECT pg_sleep(60)"], env=world.server.env(world.name))
    try:
        while not world.server.run("SELECT 1 FROM pg_locks WHERE mode = 'RowShareLock' AND relation = 'users'::regclass", world.name):
            pass
        assert "users" in world.back(status=7).stderr
    finally:
        holder.kill()
        holder.wait()
        world.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()")
    assert world.dump() == schema and world.rows() == rows
    world.back()
    world.is_as_before()


def test_the_command_asks_for_what_is_lost_and_says_what_to_do(world):
    world.apply("public.users", "ALTER TABLE users DROP COLUMN price; CREATE TABLE tags (t text)", "public.users.price")
    world.sql("INSERT INTO tags VALUES ('since')")
    planned = world.cli("plan", "--rollback", "last")
    assert planned.returncode == 0 and "columns: lost values return by key" in planned.stdout and "public.tags: 1 row written since" in planned.stdout
    refused = world.cli("rollback", "--last")
    assert refused.returncode == 3 and "1 row or value that was written since would be lost" in refused.stderr and "Nothing was changed." in refused.stderr
    wrong = world.cli("rollback", "--last", "--way", "inverse", "--yes")
    assert wrong.returncode == 3 and 'way "inverse" is not exact here' in wrong.stderr
    done = json.loads(world.cli("rollback", world.change[:-3], "--yes", "--json").stdout)
    assert (done["outcome"], done["way"], done["of"], done["changed"], done["rows_lost"], done["differences"]) == ("rolled_back", "columns", world.change, True, 1, [])
    assert done["snapshot"] and done["proof"] == "digest" and done["since"][0]["table"] == "public.tags"
    world.is_as_before()
    assert world.cli("rollback", "--last").returncode == 2
    assert world.sql("SELECT outcome, rolled_back_by FROM guardian.changes WHERE kind = 'apply'").strip() == f"rolled_back|{done['change']}"


SOURCES = pathlib.Path(__file__).resolve().parents[2] / "guardian" / "guard"
POINTS = sorted({name for path in SOURCES.glob("rollback*.c") for name in re.findall(r'gd_fault\("(rollback: [^"]+)"', path.read_text())})


@pytest.mark.parametrize("how", ["", ":exit"] if os.environ.get("GUARDIAN_TEST_DEEP") else [":exit"])
def test_a_second_run_ends_well_wherever_the_first_one_died(own, tmp_path, how):
    """Each point in the rollback itself; those of the store and of snapshots have sweeps of their own."""
    world = World(own, tmp_path)
    change = "ALTER TABLE users DROP COLUMN age CASCADE; DELETE FROM orders WHERE id < 100; CREATE TABLE t (x int)"
    scope, losses = "public.users,public.orders", ["public.users.age", "public.orders"]
    for point in POINTS:
        if point == "rollback: the databases are swapped":
            continue
        world.apply(scope, change, *losses)
        assert world.back(GUARDIAN_FAULT=f"@{point}{how}", status=None).returncode == 99, point
        again = world.cli("rollback", world.change)
        assert again.returncode in (0, 2), f"{point}: {again.stderr}"
        world.is_as_before()
        assert "rolled back already" in world.cli("rollback", world.change).stderr
    own.drop(world.name)


@pytest.mark.parametrize("how", ["UPDATE {table} SET {key} = {key} + 1000", "DO $$ BEGIN UPDATE {table} SET {key} = {key} + 1000; END $$"])
def test_rows_whose_key_was_updated_come_back(world, how):
    world.sql("CREATE TABLE versions (n int PRIMARY KEY, t text); INSERT INTO versions SELECT g, 't' || g FROM generate_series(1, 20) g")
    world.schema = world.dump()
    before = world.sql("SELECT * FROM versions ORDER BY 1")
    world.apply("public.versions", how.format(table="versions", key="n"), "public.versions")
    world.back()
    assert world.sql("SELECT * FROM versions ORDER BY 1") == before
