"""Stamp and fingerprint of a schema: every DDL changes both and is named, nothing else changes them, and a copy of the
schema has the same fingerprint."""

import os
import pathlib
import subprocess

import pytest

from harness import server as servers
from harness import world

DRIVER = pathlib.Path(os.environ.get("GD_BUILD", ""), "system", "drive_fingerprint")


def drive(target, *words, stdin=None):
    ran = subprocess.run([DRIVER, target, *map(str, words)], capture_output=True, text=True, timeout=120, input=stdin)
    assert ran.returncode == 0, ran.stderr
    return ran


def stamp(server, database, user="postgres"):
    return drive(server.uri(database, user), "stamp").stdout


def lines(server, database, user="postgres"):
    return drive(server.uri(database, user), "lines").stdout


def differences(tmp_path, before, after):
    for name, text in (("before", before), ("after", after)):
        (tmp_path / name).write_text(text)
    return drive("-", "compare", tmp_path / "before", tmp_path / "after").stdout.splitlines()


def lose(server, database):
    """Drop a database; a subscription in it would stand in the way."""
    server.run("ALTER SUBSCRIPTION world_sub SET (slot_name = NONE)", database)
    server.run("DROP SUBSCRIPTION world_sub", database)
    server.drop(database)


@pytest.fixture(scope="module")
def everything(server):
    """The database with everything in it."""
    world.build_everything(server, "fingerprints")
    yield "fingerprints"
    lose(server, "fingerprints")


# --- what changes them

SETUP = """
CREATE TABLE u (id int PRIMARY KEY, age int DEFAULT 5, name varchar(20), at timestamptz);
CREATE TABLE other (id serial, u int);
CREATE INDEX u_name ON u (name);
CREATE VIEW seen AS SELECT id FROM u;
CREATE MATERIALIZED VIEW sums AS SELECT count(*) AS n FROM u;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b int);
CREATE DOMAIN small AS int;
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER trig BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION t();
CREATE SEQUENCE s;
CREATE SCHEMA app;
CREATE TABLE parts (a int) PARTITION BY RANGE (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 (a int);
CREATE TABLE child (z int) INHERITS (u);
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
"""
# A statement, and what is said afterwards.
DDL = [
    ("ALTER TABLE u ADD COLUMN more bigint NOT NULL DEFAULT 7", "column public.u.more is new: bigint not null default 7"),
    ("ALTER TABLE u DROP COLUMN at CASCADE", "column public.u.at is missing"),
    ("ALTER TABLE u ALTER age TYPE bigint", "column public.u.age is now bigint default 5; it was integer default 5"),
    ("ALTER TABLE u ALTER age DROP DEFAULT", "column public.u.age is now integer; it was integer default 5"),
    ("ALTER TABLE u ALTER age SET NOT NULL", "column public.u.age is now integer not null default 5; it was integer default 5"),
    ("ALTER TABLE u ALTER name SET STORAGE EXTERNAL", "column public.u.name is now"),
    ("ALTER TABLE u ALTER name SET STATISTICS 55", "column public.u.name is now"),
    ("ALTER TABLE u ALTER name SET (n_distinct = 3)", "column public.u.name is now"),
    ("ALTER TABLE other ALTER u SET NOT NULL, ALTER u ADD GENERATED ALWAYS AS IDENTITY",
     "column public.other.u is now integer not null identity; it was integer"),
    ("ALTER TABLE u RENAME COLUMN age TO years", "column public.u.age is missing"),
    ("ALTER TABLE u RENAME TO people", "table public.u is missing"),
    ("ALTER TABLE u SET SCHEMA app", "table app.u is new"),
    ("ALTER TABLE u SET (fillfactor = 50)", "table public.u is now with (fillfactor=50)"),
    ("ALTER TABLE u ENABLE ROW LEVEL SECURITY", "table public.u is now row security"),
    ("ALTER TABLE u REPLICA IDENTITY FULL", "table public.u is now replica identity full"),
    ("ALTER TABLE other SET UNLOGGED", "table public.other is now unlogged"),
    ("ALTER TABLE u OWNER TO fp_reader", "owner of table public.u is now fp_reader; it was postgres"),
    ("GRANT SELECT ON u TO fp_reader", "privileges on table public.u is new: fp_reader=r/postgres"),
    ("GRANT SELECT (name) ON u TO fp_reader", "privileges on column public.u.name is new: fp_reader=r/postgres"),
    ("COMMENT ON TABLE u IS 'people'", "comment on table public.u is new: people"),
    ("COMMENT ON COLUMN u.age IS 'years'", "comment on column public.u.age is new: years"),
    ("ALTER TABLE u ADD CONSTRAINT positive CHECK (age > 0) NOT VALID", "constraint positive on public.u is new"),
    ("ALTER TABLE other ADD FOREIGN KEY (u) REFERENCES u", "constraint other_u_fkey on public.other is new"),
    ("ALTER TABLE u DROP CONSTRAINT u_pkey", "constraint u_pkey on public.u is missing"),
    ("CREATE INDEX more ON u (age)", "index public.more on public.u is new"),
    ("DROP INDEX u_name", "index public.u_name on public.u is missing"),
    ("CLUSTER u USING u_pkey", "index public.u_pkey on public.u is now"),
    ("CREATE TABLE fresh (a int, b text)", "table public.fresh is new"),
    ("DROP TABLE u CASCADE", "table public.u is missing"),
    ("CREATE VIEW another AS SELECT 1", "view public.another is new"),
    ("CREATE OR REPLACE VIEW seen AS SELECT id + 1 AS id FROM u", "view public.seen is"),
    ("DROP MATERIALIZED VIEW sums", "materialized view public.sums is missing"),
    ("ALTER TYPE mood ADD VALUE 'happy'", "type public.mood is now enum ('sad', 'ok', 'happy'); it was enum ('sad', 'ok')"),
    ("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "type public.mood is now"),
    ("ALTER TYPE pair ADD ATTRIBUTE c int", "column public.pair.c is new: integer"),
    ("ALTER DOMAIN small ADD CONSTRAINT little CHECK (VALUE < 10)", "constraint little on domain public.small is new"),
    ("ALTER DOMAIN small SET DEFAULT 1", "domain public.small is now"),
    ("CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1'", "function public.f(integer) is"),
    ("ALTER FUNCTION f SECURITY DEFINER", "function public.f(integer) is"),
    ("DROP FUNCTION f", "function public.f(integer) is missing"),
    ("REVOKE EXECUTE ON FUNCTION f FROM public", "privileges on function public.f(integer) is new: postgres=X/postgres"),
    ("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO fp_reader", "privileges on function pg_catalog.pg_read_file(pg_catalog.text) is new"),
    ("CREATE AGGREGATE top(int) (SFUNC = int4larger, STYPE = int)", "aggregate public.top(integer) is new"),
    ("CREATE OPERATOR %% (FUNCTION = int4mod, LEFTARG = int, RIGHTARG = int)", "operator public.%%(integer,integer) is new"),
    ("CREATE CAST (mood AS int) WITH INOUT", "cast (public.mood AS integer) is new"),
    ("ALTER TABLE u DISABLE TRIGGER trig", "trigger trig on public.u is"),
    ("DROP TRIGGER trig ON u", "trigger trig on public.u is missing"),
    ("CREATE RULE r AS ON DELETE TO u DO INSTEAD NOTHING", "rule r on public.u is new"),
    ("CREATE POLICY p ON u USING (age > 3)", "policy p on public.u is new"),
    ("ALTER SEQUENCE s INCREMENT 2", "sequence public.s is now"),
    ("ALTER SEQUENCE s OWNED BY u.id", "sequence public.s is now"),
    ("CREATE SCHEMA fresh", "schema fresh is new"),
    ("GRANT USAGE ON SCHEMA app TO fp_reader", "privileges on schema app is new"),
    ("DROP SCHEMA app", "schema app is missing"),
    ("CREATE EXTENSION hstore", "extension hstore is new"),
    ("CREATE STATISTICS st ON id, age FROM u", "statistics public.st on public.u is new"),
    ("ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (10) TO (20)",
     "table public.parts_2 is now partition of public.parts FOR VALUES FROM (10) TO (20)"),
    ("ALTER TABLE parts DETACH PARTITION parts_1", "table public.parts_1 is not any more partition of public.parts"),
    ("ALTER TABLE child NO INHERIT u", "table public.child is not any more inherits public.u"),
    ("CREATE PUBLICATION pub FOR TABLE u", "publication pub is new"),
    ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO fp_reader", "default privileges of postgres on tables is new"),
    ("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e()", "event trigger e is new"),
    ("CREATE COLLATION c (provider = libc, locale = 'C')", "collation public.c is new"),
    ("CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)", "text search dictionary public.d is new"),
    ("CREATE FOREIGN DATA WRAPPER w", "foreign-data wrapper w is new"),
    ("ALTER DATABASE {database} SET work_mem = '8MB'", "setting work_mem of the database is new: 8MB"),
    ("COMMENT ON DATABASE {database} IS 'ours'", "comment on the database is new: ours"),
    ("GRANT CREATE ON DATABASE {database} TO fp_reader", "privileges on the database is new"),
]


def test_every_ddl_changes_both_and_is_named(server, database):
    server.run("DO $$ BEGIN CREATE ROLE fp_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    server.run(SETUP, database)
    cases = "".join(statement.format(database=database) + "\n" for statement, _ in DDL)
    said = drive(server.uri(database), "try", stdin=cases).stdout.splitlines()
    assert len(said) == len(DDL)
    wrong = []
    for (statement, expected), line in zip(DDL, said):
        stamped, *differ = line.split("\t")
        if stamped != "other" or not any(one.startswith(expected) for one in differ):
            wrong.append((statement, expected, stamped, differ))
    assert not wrong


def test_a_lost_table_is_said_once(server, tmp_path):
    server.create("fp_once")
    server.run(SETUP, "fp_once")
    before = lines(server, "fp_once")
    server.run("COMMENT ON COLUMN u.age IS 'x'; GRANT SELECT ON u TO public; CREATE POLICY p ON u", "fp_once")
    full = lines(server, "fp_once")
    server.run("DROP TABLE u CASCADE", "fp_once")
    said = differences(tmp_path, full, lines(server, "fp_once"))
    assert "table public.u is missing" in said and not [line for line in said if "public.u." in line or "on public.u " in line]
    assert [line for line in differences(tmp_path, lines(server, "fp_once"), before) if " is new" in line]
    server.drop("fp_once")


def test_columns_are_told_apart_by_their_order_not_their_numbers(server, tmp_path):
    for name, statements in (("fp_a", "CREATE TABLE t (gone int, a int, b int); ALTER TABLE t DROP COLUMN gone"),
                             ("fp_b", "CREATE TABLE t (a int, b int)"), ("fp_c", "CREATE TABLE t (b int, a int)"),
                             ("fp_d", "CREATE TABLE t (a int, x int, b int)")):
        server.create(name)
        server.run(statements, name)
    numbered, plain, turned, more = (lines(server, name) for name in ("fp_a", "fp_b", "fp_c", "fp_d"))
    assert numbered == plain
    assert differences(tmp_path, plain, turned) == ["the order of the columns of table public.t is now b, a; it was a, b"]
    assert differences(tmp_path, plain, more) == ["column public.t.x is new: integer"]
    for name in ("fp_a", "fp_b", "fp_c", "fp_d"):
        server.drop(name)


def test_a_session_that_has_looked_before_sees_what_came_since(server):
    """Plans are kept, and a stamp is good as long as nobody commits: neither may hide a change, whoever makes it."""
    server.create("fp_since")
    cases = [("@ CREATE TABLE k (a int)", "other", "table public.k is new"), ("! SELECT 1", "same", None),
             ("! CREATE SCHEMA s", "other", "schema s is new"), ("! DISCARD ALL", "same", None),
             ("! CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "other", "function public.f() is new"),
             ("CREATE TABLE l (a int); ALTER TABLE l ADD COLUMN b int", "other", "table public.l is new"),
             ("! SET search_path = s", "same", None), ("@ ALTER TABLE k ADD COLUMN b int", "other", "column public.k.b is new"),
             ("! DEALLOCATE ALL", "same", None), ("@ DROP TABLE k", "other", "table public.k is missing"),
             ("! RESET ALL", "same", None)]
    said = drive(server.uri("fp_since"), "try", stdin="".join(case + "\n" for case, *_ in cases)).stdout.splitlines()
    assert len(said) == len(cases)
    for (case, stamped, difference), line in zip(cases, said):
        found, *differ = line.split("\t")
        assert found == stamped, (case, line)
        assert [one for one in differ if one.startswith(difference)] if difference else not differ, (case, line)
    server.drop("fp_since")


# --- what does not


def test_work_as_usual_changes_neither(server, everything):
    before = stamp(server, everything), lines(server, everything)
    other = server.connect(everything)
    cursor = other.cursor()
    cursor.execute("CREATE TEMP TABLE mine (a int PRIMARY KEY, b text CHECK (b <> '')); CREATE TEMP VIEW of_mine AS SELECT * FROM mine; "
                   "COMMENT ON TABLE mine IS 'temporary'; ANALYZE mine")
    server.run("ANALYZE", everything)
    server.run("VACUUM", everything)
    server.run("VACUUM FREEZE", everything)
    server.run("SELECT nextval('called'), setval('small', 5); INSERT INTO authors VALUES (900, 'x'); UPDATE authors SET name = 'y' WHERE id = 900; "
               "SELECT lo_create(777); REFRESH MATERIALIZED VIEW mv_stale; TRUNCATE shapes", everything)
    server.run("CREATE SCHEMA guardian; CREATE TABLE guardian.changes (id bigserial PRIMARY KEY, body text NOT NULL DEFAULT 'x' CHECK (body <> '')); "
               "CREATE INDEX ON guardian.changes (body); COMMENT ON TABLE guardian.changes IS 'ours'; COMMENT ON COLUMN guardian.changes.body IS 'ours'; "
               "CREATE TYPE guardian.kind AS ENUM ('a'); GRANT SELECT ON guardian.changes TO world_reader; "
               "CREATE VIEW guardian.seen AS SELECT * FROM guardian.changes", everything)
    after = stamp(server, everything), lines(server, everything)
    server.run("DROP SCHEMA guardian CASCADE", everything)
    other.close()
    assert after[1] == before[1]
    assert after[0] == before[0]


def test_inside_a_transaction_its_own_changes_show_and_its_settings_stay(server, everything):
    ran = drive(server.uri(everything), "inside")
    assert "\ncolumn public.inside.a\tinteger\n" in ran.stdout
    told = ran.stderr.splitlines()
    assert len(told) == 2 and told[0] == told[1] and told[0].startswith("pg_catalog German, DMY 77ms ")


def test_a_plain_owner_sees_the_same(server, everything):
    server.run("DO $$ BEGIN CREATE ROLE fp_plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    assert lines(server, everything, "fp_plain") == lines(server, everything)
    assert len(stamp(server, everything, "fp_plain")) == 32


# --- copies


def test_a_dump_that_was_restored_has_the_same_fingerprint(server, tmp_path):
    name = "fp_dumped"
    world.build_everything(server, name)
    # The forms that PostgreSQL writes in another way once it has read them.
    server.run("CREATE TABLE lists (a varchar(20) CHECK (a IN ('x', 'it''s, [ok]', 'z]')), b char(3) CHECK (b IN ('a', 'b')), "
               "c varchar CHECK (c = 'only'), d int CHECK (d IN (1, 2)), CHECK (a <> ALL (ARRAY['p', 'q']))); "
               "CREATE VIEW of_lists AS SELECT a FROM lists WHERE a IN ('x', 'y') AND b || a NOT IN ('x', 'y'); "
               "CREATE INDEX ON lists (a) WHERE a IN ('x', 'y')", name)
    before = lines(server, name)
    dump = tmp_path / "dump"
    subprocess.run(["pg_dump", "-Fc", "-f", dump, name], env=server.env(), check=True)
    server.run(f'ALTER DATABASE "{name}" RENAME TO fp_original')
    ran = subprocess.run(["pg_restore", "-C", "-d", "postgres", dump], env=server.env(), capture_output=True, text=True)
    after = lines(server, name)
    assert differences(tmp_path, before, after) == [], ran.stderr
    assert after == before
    assert stamp(server, name) != stamp(server, "fp_original")
    lose(server, name)
    lose(server, "fp_original")


def test_a_snapshot_that_was_restored_has_the_same_fingerprint(guardian, server, everything, tmp_path):
    store, env = f"file://{tmp_path}/store", server.env(everything)
    for words in (["snapshot", "--quiet"], ["restore", "latest", "--into", "fp_restored", "--quiet"]):
        subprocess.run([guardian, *words, "--store", store], env=env, check=True, capture_output=True)
    assert differences(tmp_path, lines(server, everything), lines(server, "fp_restored")) == []
    lose(server, "fp_restored")


# --- other majors, and time


@pytest.mark.parametrize("major", servers.wanted_majors())
def test_on_every_major(major, tmp_path):
    with servers.Server(major) as server:
        world.build_everything(server, "w")
        seen = lines(server, "w")
        assert "table public.events\tpartition by RANGE (at)\n" in seen and len(stamp(server, "w")) == 32
        server.run("ALTER TABLE public.events ADD COLUMN more int", "w")
        assert "column public.events.more is new: integer" in differences(tmp_path, seen, lines(server, "w"))


@pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="deep: 5,000 tables")
def test_many_tables_take_a_moment(server):
    for count, task, limit_ms in ((500, "lines", 300), (5000, "stamp", 300)):
        world.build_many_tables(server, "fp_many", count)
        took = float(drive(server.uri("fp_many"), task, 5).stdout)
        server.drop("fp_many")
        assert took < limit_ms, (count, task, took)
