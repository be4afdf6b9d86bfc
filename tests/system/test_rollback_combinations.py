"""Changes of several statements that give names away, take, lose, make: what the command line applies, it takes back exactly, or
says before anything is touched why it cannot."""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness import server as servers
from test_rollback_ways import BASE, BUILD, QUIET, World

MORE = """
CREATE SCHEMA shop; CREATE TABLE shop.items (id int PRIMARY KEY, label text NOT NULL, qty int DEFAULT 3);
CREATE TABLE shop.tags (item int REFERENCES shop.items, tag text, PRIMARY KEY (item, tag));
INSERT INTO shop.items SELECT g, 'i' || g, g FROM generate_series(1, 20) g; INSERT INTO shop.tags SELECT g, 't' FROM generate_series(1, 20) g;
CREATE TABLE arch (LIKE days); ALTER TABLE arch ADD PRIMARY KEY (d); INSERT INTO arch VALUES ('2026-03-05', 7);
COMMENT ON TABLE users IS 'the users'; COMMENT ON COLUMN users.age IS 'years';
ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON orders USING (user_id = 1);
CREATE VIEW both_v AS SELECT u.name, o.note FROM users u JOIN orders o ON o.user_id = u.id;
CREATE MATERIALIZED VIEW sums AS SELECT user_id, count(*) AS n FROM orders GROUP BY 1;
CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO gen (id, a) SELECT g, g FROM generate_series(1, 10) g;
CREATE TYPE state AS ENUM ('new', 'done'); CREATE TABLE jobs (id int PRIMARY KEY, s state NOT NULL DEFAULT 'new', s2 state); INSERT INTO jobs SELECT g, CASE WHEN g%2=0 THEN 'new' ELSE 'done' END::state FROM generate_series(1,10) g;
DO $$ BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT SELECT ON users TO reader; GRANT SELECT (note), UPDATE (note) ON orders TO reader;
CREATE FUNCTION f_total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.orders';
"""
CHANGES = {
    "swap of column names": "ALTER TABLE users RENAME name TO tmp; ALTER TABLE users ADD COLUMN name2 text; ALTER TABLE users RENAME name2 TO name; ALTER TABLE users RENAME tmp TO title",
    "swap two tables": "ALTER TABLE log RENAME TO log_x; ALTER TABLE gen RENAME TO log; ALTER TABLE log_x RENAME TO gen",
    "swap two int columns": "ALTER TABLE jobs RENAME s TO t; ALTER TABLE jobs RENAME s2 TO s; ALTER TABLE jobs RENAME t TO s2",
    "drop+create same table": "DROP TABLE log; CREATE TABLE log (line text, at int)",
    "drop+create same table with key": "DROP TABLE gen; CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
    "drop+create another shape": "DROP TABLE gen; CREATE TABLE gen (id bigint PRIMARY KEY, c text); INSERT INTO gen VALUES (1, 'x')",
    "drop+add same column": "ALTER TABLE users DROP COLUMN price; ALTER TABLE users ADD COLUMN price numeric(10,3)",
    "rename column, drop other": "ALTER TABLE users RENAME COLUMN price TO cost; ALTER TABLE users DROP COLUMN age CASCADE",
    "rename table, drop column": "ALTER TABLE users RENAME TO people; ALTER TABLE people DROP COLUMN price",
    "drop column, rename table": "ALTER TABLE orders DROP COLUMN note CASCADE; ALTER TABLE orders RENAME TO purchases",
    "rename table, delete rows": "ALTER TABLE log RENAME TO logs; DELETE FROM logs WHERE at > 10",
    "rename table keyed, update rows": "ALTER TABLE jobs RENAME TO tasks; UPDATE tasks SET s = 'done'",
    "rename schema, drop column": "ALTER SCHEMA shop RENAME TO store; ALTER TABLE store.items DROP COLUMN qty",
    "rename schema": "ALTER SCHEMA shop RENAME TO store",
    "rename schema, drop table in it": "ALTER SCHEMA shop RENAME TO store; DROP TABLE store.tags",
    "set schema, drop column": "ALTER TABLE gen SET SCHEMA shop; ALTER TABLE shop.gen DROP COLUMN a CASCADE",
    "set schema, delete": "ALTER TABLE jobs SET SCHEMA shop; DELETE FROM shop.jobs WHERE id < 5",
    "set schema": "ALTER TABLE jobs SET SCHEMA shop",
    "rename table and column, drop another table": "ALTER TABLE jobs RENAME TO tasks; ALTER TABLE tasks RENAME COLUMN s2 TO second; DROP TABLE log",
    "rename column and narrow it": "ALTER TABLE users RENAME COLUMN price TO cost; ALTER TABLE users ALTER cost TYPE numeric(10,1)",
    "rename column, then drop it": "ALTER TABLE users RENAME COLUMN price TO cost; ALTER TABLE users DROP COLUMN cost",
    "rename table, then drop it": "ALTER TABLE log RENAME TO logs; DROP TABLE logs",
    "rename away, create anew, copy": "ALTER TABLE gen RENAME TO gen_old; CREATE TABLE gen (id int PRIMARY KEY, a int); INSERT INTO gen SELECT id, a FROM gen_old",
    "new table, copy, drop, rename": "CREATE TABLE gen_new (id int PRIMARY KEY, a int); INSERT INTO gen_new SELECT id, a FROM gen; DROP TABLE gen; ALTER TABLE gen_new RENAME TO gen",
    "type change and constraint": "ALTER TABLE users ALTER price TYPE numeric(10,1); ALTER TABLE users ADD CONSTRAINT positive CHECK (price >= 0)",
    "type change and drop constraint": "ALTER TABLE users ALTER price TYPE int; ALTER TABLE users DROP CONSTRAINT users_name_key",
    "enum swap": "ALTER TYPE state RENAME TO state_old; CREATE TYPE state AS ENUM ('done', 'new', 'late'); ALTER TABLE jobs ALTER s DROP DEFAULT, ALTER s TYPE state USING s::text::state, ALTER s SET DEFAULT 'new', ALTER s2 TYPE state USING s2::text::state; DROP TYPE state_old",
    "enum swap that loses": "UPDATE jobs SET s = 'done'; ALTER TYPE state RENAME TO state_old; CREATE TYPE state AS ENUM ('done'); ALTER TABLE jobs ALTER s DROP DEFAULT, ALTER s TYPE state USING s::text::state, ALTER s SET DEFAULT 'done', ALTER s2 TYPE state USING s2::text::state; DROP TYPE state_old",
    "enum rename value and drop column": "ALTER TYPE state RENAME VALUE 'new' TO 'fresh'; ALTER TABLE jobs DROP COLUMN s2",
    "enum add value and drop": "ALTER TYPE mood ADD VALUE 'mad'; ALTER TABLE users DROP COLUMN price",
    "drop schema cascade": "DROP SCHEMA shop CASCADE",
    "drop schema cascade and create": "DROP SCHEMA shop CASCADE; CREATE SCHEMA shop; CREATE TABLE shop.items (id int)",
    "detach partition": "ALTER TABLE days DETACH PARTITION days_1",
    "detach and drop": "ALTER TABLE days DETACH PARTITION days_1; DROP TABLE days_1",
    "detach and delete": "ALTER TABLE days DETACH PARTITION days_1; DELETE FROM days_1 WHERE n > 5",
    "attach": "ALTER TABLE days ATTACH PARTITION arch FOR VALUES FROM ('2026-03-01') TO ('2026-04-01'); DELETE FROM log",
    "partition rows deleted": "DELETE FROM days WHERE n > 40; ALTER TABLE users DROP COLUMN price",
    "drop identity, drop column": "ALTER TABLE orders ALTER id DROP IDENTITY; ALTER TABLE orders DROP COLUMN note CASCADE",
    "generated dropped": "ALTER TABLE gen ALTER b DROP EXPRESSION; UPDATE gen SET b = 0",
    "generated col dropped and a": "ALTER TABLE gen DROP COLUMN b; ALTER TABLE gen DROP COLUMN a",
    "default changes and drop": "ALTER TABLE users ALTER mood SET DEFAULT 'sad'; ALTER TABLE users ALTER age SET DEFAULT 1; ALTER TABLE users DROP COLUMN price",
    "comments": "COMMENT ON TABLE users IS 'people'; COMMENT ON COLUMN users.age IS NULL; ALTER TABLE users DROP COLUMN age CASCADE",
    "grants": "REVOKE ALL ON users FROM reader; GRANT ALL ON orders TO reader; DROP TABLE log",
    "column grants": "ALTER TABLE orders DROP COLUMN note CASCADE; GRANT INSERT ON users TO reader",
    "rls": "DROP POLICY own ON orders; ALTER TABLE orders DISABLE ROW LEVEL SECURITY; DELETE FROM orders WHERE id < 5",
    "rls force": "ALTER TABLE orders FORCE ROW LEVEL SECURITY; ALTER POLICY own ON orders USING (true); ALTER TABLE orders DROP COLUMN note CASCADE",
    "trigger": "DROP TRIGGER never ON users; DROP FUNCTION never; DELETE FROM users WHERE id > 290",
    "trigger disabled": "ALTER TABLE users DISABLE TRIGGER never; UPDATE users SET age = 0",
    "views dependent": "DROP TABLE orders CASCADE",
    "view replaced": "CREATE OR REPLACE VIEW adults AS SELECT id, name, age FROM users WHERE age >= 21; ALTER TABLE users DROP COLUMN price",
    "column type under view": "DROP VIEW adults; ALTER TABLE users ALTER age TYPE smallint; CREATE VIEW adults AS SELECT id, name FROM users WHERE age >= 18; DELETE FROM orders WHERE id < 3",
    "primary key changed": "ALTER TABLE gen DROP CONSTRAINT gen_pkey; ALTER TABLE gen ADD PRIMARY KEY (a); DELETE FROM gen WHERE id = 3",
    "drop pk column": "ALTER TABLE gen DROP COLUMN id; ALTER TABLE gen ADD COLUMN id serial",
    "split of a column": "ALTER TABLE users ADD COLUMN first text, ADD COLUMN last text; UPDATE users SET first = name, last = name; ALTER TABLE users DROP COLUMN name CASCADE",
    "merge of columns": "ALTER TABLE users ADD COLUMN info jsonb; UPDATE users SET info = jsonb_build_object('a', age, 'p', price); ALTER TABLE users DROP COLUMN age CASCADE, DROP COLUMN price",
    "sequence restart and drop": "ALTER SEQUENCE users_id_seq RESTART 5000; DROP TABLE log",
    "unlogged": "ALTER TABLE log SET UNLOGGED; DELETE FROM log",
    "owner and drop": "ALTER TABLE log OWNER TO reader; DELETE FROM log",
    "rename constraint and drop": "ALTER TABLE users RENAME CONSTRAINT users_name_key TO names; ALTER INDEX orders_user RENAME TO o_u; ALTER TABLE users DROP COLUMN price",
    "rename view func": "ALTER VIEW adults RENAME TO grown; ALTER FUNCTION f_total() RENAME TO total; ALTER TABLE users DROP COLUMN price",
    "set not null after fill": "UPDATE users SET age = 0 WHERE age IS NULL; ALTER TABLE users ALTER age SET NOT NULL; ALTER TABLE users ALTER age SET DEFAULT 0",
    "truncate and rename": "TRUNCATE orders; ALTER TABLE orders RENAME TO purchases",
    "rename seq and restart": "ALTER SEQUENCE users_id_seq RENAME TO s_u; DELETE FROM orders",
    "inherit": "CREATE TABLE kid (extra int) INHERITS (gen); DROP TABLE log",
    "rename, and a view takes the name": "ALTER TABLE jobs RENAME TO tasks; CREATE VIEW jobs AS SELECT * FROM tasks; ALTER TABLE log DROP COLUMN at",
    "a cycle of three names": "ALTER TABLE gen RENAME TO x; ALTER TABLE jobs RENAME TO gen; ALTER TABLE log RENAME TO jobs; ALTER TABLE x RENAME TO log; DELETE FROM gen WHERE id > 8",
    "key renamed, other dropped": "ALTER TABLE jobs RENAME id TO job_id; ALTER TABLE jobs DROP COLUMN s2",
    "enum type and column renamed": "ALTER TYPE state RENAME TO status; ALTER TABLE jobs RENAME s TO status; ALTER TYPE status ADD VALUE 'late'; ALTER TABLE jobs RENAME TO tasks",
    "schema renamed, an enum of it relabelled": "CREATE TYPE shop.size AS ENUM ('s', 'l'); ALTER TABLE shop.items ADD COLUMN size shop.size; ALTER SCHEMA shop RENAME TO store; UPDATE store.items SET label = upper(label); DELETE FROM store.tags WHERE item = 3",
}
# Below are those whose cheapest exact way is the whole database: nothing else knows what a sequence stood at, or whose row it was.
OFTEN = ["swap of column names", "rename table, drop column", "rename schema, drop column", "rename away, create anew, copy", "a cycle of three names", "grants"]


class Shop(World):
    def rows(self):
        names = self.sql("SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text IN ('public', 'shop', 'store')").split()
        return {name: sorted(self.sql(f"SELECT to_jsonb(t) FROM {name} t").splitlines()) for name in names}

    def guarded(self, text, *words):
        path = pathlib.Path(self.folder, "change.sql")
        path.write_text(f"{QUIET}{text};\n")
        ran = self.cli("apply", "--yes", "--json", *words, str(path))
        assert ran.returncode == 0, ran.stderr
        self.change = json.loads(ran.stdout)["change"]
        self.snapshot = json.loads(ran.stdout)["snapshot"]
        self.notes = " ".join(json.loads(ran.stdout)["notes"])


@pytest.fixture(scope="module")
def own():
    with servers.Server(memory=True) as one:
        one.create("ways_base")
        one.psql("ways_base", stdin=BASE + MORE)
        yield one


@pytest.fixture
def shop(own, tmp_path):
    one = Shop(own, tmp_path)
    yield one
    own.drop(one.name)


@pytest.mark.parametrize("name", CHANGES if os.environ.get("GUARDIAN_TEST_DEEP") else OFTEN)
def test_it_is_as_before(shop, name):
    schema, rows = shop.dump(), shop.rows()
    shop.guarded(CHANGES[name])
    back = shop.cli("rollback", "--last", "--yes", "--json")
    assert back.returncode == 0, back.stderr
    assert shop.dump() == schema
    assert shop.rows() == rows
    if name in OFTEN:
        assert json.loads(back.stdout)["way"] in ("inverse", "columns", "tables")


def test_a_later_guess_at_names_is_never_made(shop):
    """Only what the text says is followed: the names that a block gave are found by oid, or not at all."""
    shop.guarded("DO $$ BEGIN ALTER TABLE jobs RENAME TO tasks; END $$; DELETE FROM log")
    assert shop.cli("rollback", "--last", "--yes").returncode == 0
    assert shop.sql("SELECT count(*) FROM jobs").strip() == "10"


STOPS = {"rollback: before the bad state is backed up": False, "rollback: the tables are locked": False, "rollback: the schema is half back": False,
         "rollback: it is received": False, "rollback: before rows are loaded": False, "rollback: before the transaction is announced": False,
         "rollback: before the commit": True, "rollback: after the commit": True}
STOPS_OFTEN = ["rollback: before the bad state is backed up", "rollback: before the transaction is announced", "rollback: before the commit"]


@pytest.mark.parametrize("point", STOPS if os.environ.get("GUARDIAN_TEST_DEEP") else STOPS_OFTEN)
def test_ctrl_c_ends_with_one_sentence_about_the_database(shop, point):
    before = shop.dump(), shop.rows()
    shop.guarded("ALTER TABLE users DROP COLUMN price; DROP TABLE log")
    after = shop.dump(), shop.rows()
    env = {**shop.server.env(shop.name), "GUARDIAN_STORE": shop.store, "GUARDIAN_FAULT": f"@{point}:stop"}
    ran = subprocess.Popen([pathlib.Path(BUILD, "guardian"), "rollback", "--last", "--yes", "--quiet"], env=env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.waitid(os.P_PID, ran.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    ran.send_signal(signal.SIGINT)
    ran.send_signal(signal.SIGCONT)
    out, said = ran.communicate(timeout=60)
    if STOPS[point]:  # it counts by then, and is ended
        assert ran.returncode == 0 and "ROLLED BACK" in out, said
        assert (shop.dump(), shop.rows()) == before
    else:
        assert ran.returncode == 10 and "stopped by SIGINT" in said and said.count("Nothing was changed.") == 1, said
        assert "hint:" not in said and out == ""
        assert (shop.dump(), shop.rows()) == after


EVENTS = """
CREATE TABLE ddl_log (tag text);
CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ddl_log VALUES (tg_tag);
IF current_setting('test.allow', true) IS NULL THEN RAISE EXCEPTION 'no ddl today'; END IF; END $$;
CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note();
SET test.allow = 1;
CREATE EVENT TRIGGER always ON sql_drop EXECUTE FUNCTION note();
ALTER EVENT TRIGGER always ENABLE ALWAYS;
"""


def test_event_triggers_of_the_user_are_silent(shop):
    shop.sql(EVENTS)
    schema = shop.dump()
    shop.guarded("SET test.allow = 1; ALTER TABLE users DROP COLUMN price; ALTER TABLE jobs RENAME TO tasks")
    log = shop.sql("SELECT count(*) FROM ddl_log")
    done = shop.cli("rollback", "--last", "--yes")
    assert done.returncode == 0, done.stderr
    assert shop.dump() == schema and shop.sql("SELECT count(*) FROM ddl_log") == log
    assert shop.sql("SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY 1").split() == ["always|A", "note|O"]


def test_who_may_not_silence_them_is_told_before(shop):
    shop.sql("DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
             "DROP VIEW both_v; DROP MATERIALIZED VIEW sums; DROP SCHEMA shop CASCADE;"
             f"ALTER DATABASE {shop.name} OWNER TO plain; ALTER SCHEMA public OWNER TO plain; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO plain;"
             + "".join(f"ALTER TABLE {name} OWNER TO plain;" for name in ("users", "orders", "log", "days", "days_1", "days_2", "arch", "gen", "jobs", "adults")))
    shop.sql(EVENTS + "ALTER TABLE ddl_log OWNER TO plain")
    before = shop.server.env
    shop.server.env = lambda name: {**before(name), "PGUSER": "plain"}
    try:
        shop.guarded("SET test.allow = 1; ALTER TABLE users DROP COLUMN price")
        state = shop.dump(), shop.rows()
        planned = shop.cli("plan", "--rollback", "last").stdout
        assert 'Event triggers "always", "note" will fire' in " ".join(planned.split())
        refused = shop.cli("rollback", "--last", "--yes")
        assert refused.returncode == 5 and "no ddl today" in refused.stderr and "Nothing was changed." in refused.stderr
        assert (shop.dump(), shop.rows()) == state
    finally:
        shop.server.env = before


def test_what_was_only_added_goes_without_a_backup(shop):
    state = shop.dump(), shop.rows()
    shop.guarded("CREATE TABLE extra (id serial PRIMARY KEY, t text CHECK (t <> ''), u int REFERENCES users); INSERT INTO extra (t) VALUES ('a');"
                 "ALTER TABLE users ADD COLUMN nick text DEFAULT 'x', ADD CONSTRAINT short CHECK (length(nick) < 9); CREATE INDEX nicks ON users (nick);"
                 "COMMENT ON COLUMN users.nick IS 'n'; COMMENT ON TABLE log IS 'lines'; GRANT SELECT ON log TO reader; CREATE VIEW names AS SELECT name FROM users;"
                 "CREATE POLICY mine ON log; CREATE FUNCTION one(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TABLE jobs ADD UNIQUE (s, id);"
                 "INSERT INTO log VALUES ('seed', 0)", "--policy", "development")
    assert shop.snapshot is None and "less than what went" not in shop.notes
    back = shop.cli("rollback", "--last", "--yes", "--json")
    assert back.returncode == 0 and json.loads(back.stdout)["way"] == "inverse", back.stderr
    assert (shop.dump(), shop.rows()) == state


def test_what_went_without_a_backup_is_named(shop):
    shop.guarded("DROP VIEW adults; ALTER TABLE jobs ALTER s DROP NOT NULL; CREATE TABLE extra (x int)", "--policy", "development")
    assert shop.snapshot is None and "the backup holds less than what went" in shop.notes
    state = shop.dump(), shop.rows()
    refused = shop.cli("rollback", "--last", "--yes")
    assert refused.returncode == 4 and "view public.adults is missing" in refused.stderr and "column public.jobs.s is now" in refused.stderr
    assert "extra" not in refused.stderr and (shop.dump(), shop.rows()) == state


def test_values_that_the_backup_does_not_hold_are_named(shop):
    shop.guarded("ALTER TABLE users DROP COLUMN price", "--policy", "development")
    shown = shop.cli("show", shop.change, "--json").stdout
    assert all("the backup holds less than what went" in said for said in (shop.notes, shown))
    refused = shop.cli("rollback", "--last", "--yes")
    assert refused.returncode == 4 and "the backup has no values of column price of table public.users, which went" in refused.stderr
    assert "does not show" not in refused.stderr


def break_all(shop, pattern):
    for path in pathlib.Path(shop.folder).glob(f"store/v1/*/snapshots/{shop.snapshot}/{pattern}"):
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


@pytest.mark.parametrize("pattern, older", [("schema.dump", False), ("data/*", True)])
def test_a_damaged_snapshot_is_named_with_what_else_there_is(shop, pattern, older):
    older and shop.cli("snapshot", "--quiet")
    other = older and json.loads(shop.cli("list", "--json").stdout)
    shop.guarded("ALTER TABLE users DROP COLUMN price")
    break_all(shop, pattern)
    state = shop.dump(), shop.rows()
    refused = shop.cli("rollback", "--last", "--yes")
    assert refused.returncode == 4 and shop.snapshot in refused.stderr, refused.stderr
    assert f"guardian verify {shop.snapshot}" in refused.stderr and "The database was not touched." in refused.stderr
    assert bool(re.search(r"guardian restore \S+ --into NEW", refused.stderr)) == bool(other)
    assert (shop.dump(), shop.rows()) == state
