"""The second net: what guardian install refuses, what goes on, what Guardian itself may do, and how it is taken out again."""

import json
import os
import pathlib
import subprocess

import psycopg2
import pytest

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (x int, y int);
CREATE TABLE users (id serial PRIMARY KEY, name text, age int, mood mood DEFAULT 'ok');
CREATE TABLE tags (id int PRIMARY KEY, label text);
CREATE INDEX tags_label ON tags (label);
CREATE VIEW names AS SELECT name FROM users;
CREATE MATERIALIZED VIEW counted AS SELECT generate_series(1, 3) AS n;
CREATE UNIQUE INDEX ON counted (n);
CREATE FUNCTION clean() RETURNS int LANGUAGE plpgsql AS 'BEGIN EXECUTE ''DROP TABLE IF EXISTS '' || chr(116) || ''ags''; RETURN 1; END';
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 50) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
"""


@pytest.fixture(scope="module", params=servers.wanted_majors() or [None])
def server(request):
    with servers.Server(major=request.param, memory=True) as one:
        one.run("CREATE ROLE app LOGIN CREATEDB")
        one.create("net_base")
        one.psql("net_base", stdin=BASE)
        yield one


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, folder
        tools = {} if server.major < 16 else {"GUARDIAN_PG_BIN": subprocess.run([servers.PG_SH, "tools"], capture_output=True, text=True, check=True).stdout.strip()}
        self.env = {**os.environ, **server.env(name), **tools, "GUARDIAN_STORE": f"file://{folder}/store"}

    def cli(self, *words, status=0, stdin="", **more):
        ran = subprocess.run([GUARDIAN, *words], env={**self.env, **more}, input=stdin, capture_output=True, text=True, timeout=120)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def install(self, *words):
        return json.loads(self.cli("install", "--json", *words).stdout)

    def apply(self, sql, **more):
        path = self.folder / "change.sql"
        path.write_text(sql)
        return self.cli("apply", "--yes", str(path), **more)

    def psql(self, *words, options=(), **more):
        return self.cli("run", *options, "--", "psql", "-X", "-v", "ON_ERROR_STOP=1", *words, **more)

    def try_(self, sql, user="postgres"):
        """What somebody without Guardian gets: None, or (SQLSTATE, first line)."""
        link = self.server.connect(self.name, user=user)
        try:
            with link.cursor() as cursor:
                cursor.execute(sql)
        except psycopg2.Error as error:
            return error.pgcode, str(error).splitlines()[0]
        finally:
            link.close()

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def triggers(self):
        return self.value("SELECT string_agg(evtname || evtenabled::text, ' ' ORDER BY evtname) FROM pg_event_trigger")


WHOLE = "guardian_net_dropA guardian_net_endA guardian_net_rewriteA guardian_net_startA"


@pytest.fixture
def world(server, tmp_path):
    name = f"net_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE net_base")
    yield World(server, name, tmp_path)
    server.drop(name)


RISKY = [
    "DROP TABLE tags", "DROP TABLE tags, users CASCADE", "ALTER TABLE users DROP COLUMN age", "DROP VIEW names", "DROP FUNCTION clean()",
    "ALTER TABLE users ALTER age TYPE bigint", "ALTER TABLE tags ALTER label TYPE varchar(1) USING label::varchar(1)",
    "ALTER TABLE users RENAME name TO nick", "ALTER TYPE mood ADD VALUE 'great'", "ALTER TYPE mood RENAME VALUE 'sad' TO 'bad'",
    "ALTER TYPE pair DROP ATTRIBUTE y", "DROP TYPE pair", "DROP SCHEMA public CASCADE", "CREATE TABLE mine (i int); ALTER TABLE mine OWNER TO app; DROP OWNED BY app", "ALTER TABLE users SET UNLOGGED",
    "ALTER TABLE users ALTER mood DROP DEFAULT", "DROP INDEX tags_label", "DROP INDEX CONCURRENTLY tags_label", "SELECT clean()",
    "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'tags'; END $$", "SET session_replication_role = replica; DROP TABLE tags", "SELECT 1; DROP TABLE tags; SELECT 2",
    "CREATE EXTENSION IF NOT EXISTS plpgsql; DROP TABLE tags", "ALTER TABLE users ADD COLUMN r double precision DEFAULT random()",
    "SET standard_conforming_strings = off; DROP INDEX CONCURRENTLY tags_label", "DROP MATERIALIZED VIEW counted",
    "BEGIN; CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP TABLE tags; COMMIT",
]

FREE = [
    "CREATE TABLE more (i int, t text)", "ALTER TABLE users ADD COLUMN c int DEFAULT 3", "CREATE INDEX ON users (name)", "CREATE INDEX CONCURRENTLY ON users (age)",
    "CREATE OR REPLACE VIEW names AS SELECT name, 1 AS more FROM users", "CREATE TEMP TABLE t (i int DEFAULT 2, s text); CREATE INDEX ti ON t (i); "
    "ALTER TABLE t ALTER i DROP DEFAULT; ALTER TABLE t ALTER i TYPE bigint; ALTER TABLE t DROP COLUMN s; DROP INDEX ti; DROP TABLE t",
    "BEGIN; CREATE TEMP TABLE t (i int) ON COMMIT DROP; COMMIT", "CREATE TEMP VIEW v AS SELECT 1; DROP VIEW v", "ALTER TABLE users ALTER age SET DEFAULT 1",
    "ALTER TABLE users ALTER age SET DEFAULT 2", "ALTER TABLE users ADD CHECK (id > 0)", 
    "REFRESH MATERIALIZED VIEW counted", "REFRESH MATERIALIZED VIEW CONCURRENTLY counted", "REINDEX TABLE tags", "REINDEX TABLE CONCURRENTLY tags",
    "VACUUM FULL tags", "CLUSTER tags USING tags_pkey", "TRUNCATE tags", "DELETE FROM users", "CREATE TYPE c AS ENUM ('a'); SELECT 1", "GRANT SELECT ON users TO app",
    "DROP TABLE IF EXISTS nowhere", "CREATE EXTENSION citext", "COMMENT ON TABLE users IS 'x'", "SELECT * INTO copied FROM tags", "ANALYZE",
]


def test_what_may_lose_something_is_refused_and_the_rest_goes_on(world):
    said = world.install()
    assert "where" in said and {**said, "where": 0, "key": 0} == {"installed": True, "changed": True, "was_there": False, "version": 1,
                                                                 "refuses": "risky", "owner": "postgres", "where": 0, "key": 0}
    through = {}
    for sql in RISKY:
        said = world.try_(sql)
        if said is None or said[0] != "42501" or not said[1].startswith("guardian: "):
            through[sql] = said
    assert not through
    assert world.value("SELECT count(*) FROM tags") == "20" and world.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'tags_label'::regclass") == "t"
    assert {sql: said for sql in FREE if (said := world.try_(sql))} == {}


def test_all_of_it_can_be_refused(world):
    world.install("--all-ddl")
    for sql in ("CREATE TABLE more (i int)", "ALTER TABLE users ADD COLUMN c int", "CREATE OR REPLACE VIEW names AS SELECT name FROM users",
                "GRANT SELECT ON users TO app", "COMMENT ON TABLE users IS 'x'", "SELECT * INTO copied FROM tags", "DROP TABLE tags", "CREATE INDEX ON users (age)"):
        assert world.try_(sql)[0] == "42501", sql
    for sql in ("CREATE TEMP TABLE t (i int); DROP TABLE t", "REFRESH MATERIALIZED VIEW counted", "CREATE EXTENSION citext", "INSERT INTO tags VALUES (99, 'x')",
                "CREATE TABLE IF NOT EXISTS tags (i int)"):
        assert world.try_(sql) is None, sql
    world.apply("CREATE TABLE more (i int); CREATE INDEX CONCURRENTLY ON users (age); COMMENT ON TABLE more IS 'x'; DROP TABLE tags;")
    world.psql("-c", "CREATE TABLE still_more (i int)", "-c", "DROP TABLE more", "-c", "CREATE INDEX CONCURRENTLY ON users (name)")
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT to_regclass('more'), to_regclass('still_more'), to_regclass('tags')") == "more||"


def test_guardian_goes_through_and_back(world):
    world.install()
    before = world.value("SELECT string_agg(u::text, ',' ORDER BY id) FROM users u")
    world.apply("ALTER TABLE users DROP COLUMN age;\nALTER TYPE mood ADD VALUE 'great';\nUPDATE users SET mood = 'great';\nDROP INDEX CONCURRENTLY tags_label;")
    assert world.value("SELECT count(*) FROM users WHERE mood = 'great'") == "50"
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT string_agg((id, name, age, mood)::text, ',' ORDER BY id) FROM users u") == before
    world.psql("-c", "ALTER TYPE mood ADD VALUE 'great'; UPDATE users SET mood = 'great'", "-c", "ALTER TABLE users ALTER age TYPE bigint", "-c", "BEGIN",
               "-c", "DROP TABLE tags CASCADE", "-c", "ALTER TABLE users RENAME name TO nick", "-c", "COMMIT", "-c", "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'great'")
    assert world.value("SELECT to_regclass('tags')") == ""
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT string_agg((id, name, age, mood)::text, ',' ORDER BY id) FROM users u") == before
    assert world.value("SELECT count(*) FROM tags") == "20" and world.triggers() == WHOLE
    assert world.try_("DROP TABLE tags")[0] == "42501"
    world.apply("SELECT clean();")  # it was looked up, found to be what it is, and backed up
    assert world.value("SELECT to_regclass('tags')") == ""


def test_a_token_is_for_its_text_and_its_session(world):
    """A text that Guardian lets pass as harmless brings none with it, and what one session may another may not."""
    world.install()
    run = subprocess.Popen([GUARDIAN, "run", "--yes", "--", "psql", "-X", "-q", "-v", "ON_ERROR_STOP=0"], env=world.env, text=True, bufsize=1,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    run.stdin.write("DROP VIEW names;\n\\echo ready\n")
    while "ready" not in run.stdout.readline():
        pass
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    assert world.try_("DROP VIEW names")[0] == "42P01" and world.try_("DROP TABLE tags")[0] == "42501"
    held = int(world.value(locks))
    run.stdin.write("ALTER TABLE users ADD COLUMN q int;\n\\echo ready\n")
    while "ready" not in run.stdout.readline():
        pass
    assert int(world.value(locks)) == held  # the one before is given back
    run.stdin.close()
    assert run.wait() == 0
    run.stdout.close()


def test_the_plain_owner_has_the_key_from_the_store(server, tmp_path):
    name = "net_plain"
    server.run(f"CREATE DATABASE {name} OWNER app")
    server.run("GRANT CREATE ON SCHEMA public TO app; SET ROLE app; CREATE TABLE t (i int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')", name)
    world = World(server, name, tmp_path)
    ran = world.cli("install", PGUSER="app", status=3)
    assert "permission denied to create event trigger" in ran.stderr and "superuser" in ran.stderr
    assert world.triggers() == ""
    world.install()
    assert world.try_("ALTER TABLE t DROP COLUMN v", user="app")[0] == "42501"
    assert world.try_("SELECT * FROM guardian.net_key", user="app")[0] == "42501"
    for sql in ("DROP FUNCTION guardian.net() CASCADE", "DROP SCHEMA guardian CASCADE", "DROP EVENT TRIGGER guardian_net_drop", "DROP MATERIALIZED VIEW guardian.net_key",
                "REFRESH MATERIALIZED VIEW guardian.net_key", "ALTER SCHEMA guardian RENAME TO g", "DROP TABLE guardian.changes"):
        assert world.try_(sql, user="app")[0] == "42501", sql
    app = {"PGUSER": "app"}
    world.apply("ALTER TABLE t DROP COLUMN v;", **app)
    world.cli("rollback", "--last", "--yes", **app)
    assert world.value("SELECT string_agg(v, '' ORDER BY i) FROM t") == "ab"
    world.psql("-c", "ALTER TABLE t DROP COLUMN v", **app)
    world.cli("rollback", "--last", "--yes", **app)
    assert world.value("SELECT string_agg(v, '' ORDER BY i) FROM t") == "ab" and world.triggers() == WHOLE
    dumped = subprocess.run([pathlib.Path(world.env.get("GUARDIAN_PG_BIN", "/usr/bin"), "pg_dump"), "-s"], env={**world.env, **app}, capture_output=True, text=True)
    assert dumped.returncode == 0, dumped.stderr
    ran = world.apply("DROP TABLE t;", status=4, **app, GUARDIAN_STORE=f"file://{tmp_path}/another")
    assert "its key" in ran.stderr and "guardian install again" in ran.stderr
    assert world.value("SELECT count(*) FROM t") == "2"
    world.cli("uninstall")
    assert world.value("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'guardian'") == "app"
    server.drop(name)


def test_it_comes_along_when_the_database_is_restored(world):
    world.install()
    taken = json.loads(world.cli("snapshot", "--json").stdout)["snapshot"]
    world.cli("restore", "--replace", "--yes", taken)
    assert world.triggers() == WHOLE and world.try_("DROP TABLE tags")[0] == "42501"
    world.apply("DROP TABLE tags;")  # a superuser reads the new copy's key where it is
    world.cli("verify", "--drill", "--scratch", world.server.uri(), taken)
    world.cli("rollback", "--last", "--yes", "--way", "database")
    assert world.triggers() == WHOLE and world.value("SELECT count(*) FROM tags") == "20"
    assert world.try_("DROP TABLE tags")[0] == "42501"
    world.cli("restore", "--table", "tags", taken)
    assert world.value("SELECT count(*) FROM pg_class WHERE relname = 'tags'") == "2"


def test_it_is_no_difference_and_no_hook(world):
    world.apply("CREATE TABLE one (i int);")
    classified = world.cli("classify", "--json", "--db", world.server.uri(world.name), "-", stdin="ALTER TABLE users ADD COLUMN q int; DROP VIEW names").stdout
    world.install()
    assert world.cli("classify", "--json", "--db", world.server.uri(world.name), "-", stdin="ALTER TABLE users ADD COLUMN q int; DROP VIEW names").stdout == classified
    ran = world.cli("rollback", "--last", "--yes", "--json")
    assert json.loads(ran.stdout)["outcome"] == "rolled_back" and world.triggers() == WHOLE


def test_it_is_brought_up_to_date_and_taken_out(world):
    first = world.install()
    world.value("ALTER EVENT TRIGGER guardian_net_drop DISABLE; DROP EVENT TRIGGER guardian_net_start")
    again = world.install("--all-ddl")
    assert again["was_there"] and again["key"] == first["key"] and again["refuses"] == "all" and world.triggers() == WHOLE
    assert json.loads(world.cli("uninstall", "--json").stdout)["changed"]
    assert world.triggers() == "" and world.value("SELECT to_regclass('guardian.net_key'), to_regproc('guardian.net')") == "|"
    assert not json.loads(world.cli("uninstall", "--json").stdout)["changed"]
    assert world.try_("DROP TABLE tags") is None


def test_half_an_install_is_mended_by_the_next(world):
    world.cli("install", status=None, GUARDIAN_FAULT="net: installed, the key is not in the store")
    assert world.triggers() == WHOLE
    world.install()
    assert list(pathlib.Path(world.folder, "store", "v1", "nets").iterdir())


def test_a_schema_of_somebody_elses_is_left_alone(world):
    world.value("CREATE SCHEMA guardian; CREATE TABLE guardian.mine (i int)")
    assert "not Guardian's" in world.cli("install", status=2).stderr
    assert world.triggers() == ""


def test_it_costs_less_than_a_millisecond(world):
    world.install()
    timed = """DO $$ DECLARE began timestamptz := clock_timestamp(); BEGIN
        FOR i IN 1..100 LOOP EXECUTE 'ALTER TABLE users ALTER age SET STATISTICS ' || i; END LOOP;
        RAISE NOTICE 'took %', extract(epoch FROM clock_timestamp() - began) * 10; END $$"""
    link = world.server.connect(world.name)
    with link.cursor() as cursor:
        cursor.execute(timed)
        assert float(link.notices[-1].split("took ")[1]) < 1 or os.environ.get("CI")
    link.close()
