"""The generated way back, held against pg_dump: after a change and the statements that undo it, the schema is the same text
again, but for the order of columns."""

import os
import pathlib
import re
import subprocess

import pytest

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and pathlib.Path(BUILD, "system", "drive_rollback")

BASE = """
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN email AS text CHECK (VALUE ~ '@');
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'a,b(c)', age int CHECK (age > 0), mood mood DEFAULT 'ok' NOT NULL, moods mood[],
                    mail email, twice int GENERATED ALWAYS AS (id * 2) STORED, "Odd ""Name" numeric(10,2) DEFAULT 1.5);
CREATE TABLE app.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE, note varchar(80), at timestamptz DEFAULT now());
CREATE TABLE days (d date, n int) PARTITION BY RANGE (d);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') WITH (fillfactor = 70);
CREATE INDEX ON days (n);
CREATE INDEX users_age ON users (age) WHERE mood <> 'sad';
CREATE UNIQUE INDEX users_lower ON users (lower(name));
CREATE VIEW adults AS SELECT id, name, age FROM users WHERE age >= 18;
CREATE VIEW old AS SELECT * FROM adults WHERE age > 60;
CREATE MATERIALIZED VIEW counts AS SELECT mood, count(*) AS n FROM users GROUP BY mood;
CREATE UNIQUE INDEX counts_mood ON counts (mood);
CREATE FUNCTION add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS $$ SELECT a + b $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE OF age ON users FOR EACH ROW WHEN (NEW.age > 1) EXECUTE FUNCTION touch();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY young ON users USING (age < 100);
CREATE SEQUENCE numbers START 5;
CREATE STATISTICS users_stats ON name, age FROM users;
CREATE RULE nothing AS ON DELETE TO app.orders DO INSTEAD NOTHING;
COMMENT ON TABLE users IS 'people; "quoted" IS it';
COMMENT ON COLUMN users.age IS 'in years';
COMMENT ON VIEW adults IS 'grown up';
GRANT SELECT ON adults TO PUBLIC;
GRANT SELECT (name), UPDATE (age) ON users TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
INSERT INTO users (name, age, mood) VALUES ('x', 20, 'happy'), ('y', 70, 'sad');
"""

# What was done, and words that must (+) or must not (-) be in the way back.
CHANGES = {
    "a table": "CREATE TABLE posts (id serial PRIMARY KEY, user_id int REFERENCES users, t text); CREATE INDEX ON posts (t); COMMENT ON TABLE posts IS 'p'; GRANT SELECT ON posts TO PUBLIC;",
    "two tables that refer": "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES a); CREATE VIEW v AS SELECT * FROM a JOIN b USING (id);",
    "tables that refer to each other": "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a, self int REFERENCES b); ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES b;",
    "a schema": "CREATE SCHEMA more; CREATE TYPE more.t AS ENUM ('x'); CREATE TABLE more.m (t more.t DEFAULT 'x'); CREATE FUNCTION more.f(more.t) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "columns": "ALTER TABLE users ADD COLUMN nick text NOT NULL DEFAULT '', ADD COLUMN born date; CREATE INDEX ON users (born); COMMENT ON COLUMN users.born IS 'b';",
    "a column dropped": "DROP VIEW old; DROP VIEW adults; DROP TRIGGER touch ON users; DROP POLICY young ON users; ALTER TABLE users DROP COLUMN age",
    "a column dropped with all": "ALTER TABLE users DROP COLUMN age CASCADE",
    "a generated column dropped": "ALTER TABLE users DROP COLUMN twice",
    "a serial column dropped": "DROP TABLE app.orders; DELETE FROM users; ALTER TABLE users DROP COLUMN id CASCADE",
    "an identity column dropped": "ALTER TABLE app.orders DROP COLUMN id",
    "a table dropped": "DROP TABLE app.orders",
    "a table dropped with all": "DROP TABLE users CASCADE",
    "a partitioned table dropped": "DROP TABLE days",
    "a partition": "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
    "a partition dropped": "DROP TABLE days_1",
    "a partition detached": "ALTER TABLE days DETACH PARTITION days_1",
    "a column of a partitioned table": "ALTER TABLE days ADD COLUMN x int; CREATE INDEX ON days (x)",
    "a column of a partitioned table dropped": "ALTER TABLE days DROP COLUMN n",
    "a type narrowed": "ALTER TABLE app.orders ALTER note TYPE varchar(10)",
    "a type under views": "DROP VIEW old, adults; DROP TRIGGER touch ON users; DROP POLICY young ON users; ALTER TABLE users ALTER age TYPE smallint; CREATE VIEW adults AS SELECT id, name, age FROM users WHERE age >= 18; CREATE VIEW old AS SELECT * FROM adults WHERE age > 60; COMMENT ON VIEW adults IS 'grown up'; GRANT SELECT ON adults TO PUBLIC; CREATE TRIGGER touch BEFORE UPDATE OF age ON users FOR EACH ROW WHEN (NEW.age > 1) EXECUTE FUNCTION touch(); CREATE POLICY young ON users USING (age < 100)",
    "a type of a foreign key": "ALTER TABLE app.orders ALTER user_id TYPE bigint",
    "an enum value": "ALTER TYPE mood ADD VALUE 'great' AFTER 'ok'",
    "an enum value as a default": "ALTER TYPE mood ADD VALUE 'great'; ALTER TABLE users ALTER mood SET DEFAULT 'great'",
    "an enum value in new places": "ALTER TYPE mood ADD VALUE 'great'; CREATE TABLE moods (m mood DEFAULT 'great', all_of mood[]); ALTER TABLE app.orders ADD COLUMN m mood DEFAULT 'great'",
    "an enum value renamed": "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
    "an enum": "CREATE TYPE size AS ENUM ('s', 'm'); ALTER TABLE users ADD COLUMN size size DEFAULT 's'",
    "functions": "CREATE OR REPLACE FUNCTION add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS $$ SELECT a - b $$; CREATE FUNCTION add(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.age = 1; RETURN NEW; END $$",
    "a function of another result": "DROP FUNCTION add; CREATE FUNCTION add(a int, b int DEFAULT 1) RETURNS bigint LANGUAGE sql AS $$ SELECT (a + b)::bigint $$",
    "a procedure": "CREATE PROCEDURE p(INOUT x int, y text) LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)",
    "a view": "CREATE OR REPLACE VIEW adults AS SELECT id, name, age, mood FROM users WHERE age >= 21",
    "views dropped": "DROP MATERIALIZED VIEW counts; DROP VIEW adults CASCADE",
    "indexes": "DROP INDEX users_lower; CREATE INDEX users_lower ON users (name); DROP INDEX days_n_idx",
    "constraints": "ALTER TABLE users DROP CONSTRAINT users_age_check; ALTER TABLE users ADD CONSTRAINT many CHECK (age < 200), ADD UNIQUE (name); ALTER TABLE app.orders DROP CONSTRAINT orders_user_id_fkey",
    "a primary key dropped": "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
    "not null": "ALTER TABLE users ALTER name DROP NOT NULL, ALTER age SET NOT NULL",
    "defaults": "ALTER TABLE users ALTER name DROP DEFAULT, ALTER age SET DEFAULT 7, ALTER \"Odd \"\"Name\" SET DEFAULT 2; ALTER TABLE users ALTER id DROP DEFAULT",
    "comments": "COMMENT ON TABLE users IS NULL; COMMENT ON COLUMN users.age IS 'other'; COMMENT ON FUNCTION add(int, int) IS 'sum'",
    "grants": "REVOKE ALL ON adults FROM PUBLIC; GRANT INSERT ON users TO PUBLIC; REVOKE UPDATE (age) ON users FROM PUBLIC; ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM PUBLIC; REVOKE EXECUTE ON FUNCTION touch() FROM PUBLIC",
    "security": "ALTER TABLE users DISABLE ROW LEVEL SECURITY; DROP POLICY young ON users; ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "sequences": "DROP SEQUENCE numbers; CREATE SEQUENCE others; ALTER SEQUENCE users_id_seq INCREMENT 2",
    "triggers": "ALTER TABLE users DISABLE TRIGGER touch; CREATE TRIGGER more AFTER INSERT ON users EXECUTE FUNCTION touch()",
    "statistics, rules": "DROP STATISTICS users_stats; DROP RULE nothing ON app.orders; CREATE RULE other AS ON INSERT TO app.orders DO INSTEAD NOTHING",
    "parameters": "ALTER TABLE users SET (fillfactor = 50, autovacuum_enabled = off); ALTER TABLE days_1 RESET (fillfactor)",
    "unlogged": "ALTER TABLE app.orders SET UNLOGGED",
    "a publication": "CREATE PUBLICATION changes FOR TABLE users",
}

# What is not undone this way must say so.
UNKNOWN = {
    "a domain": "ALTER DOMAIN email DROP CONSTRAINT email_check",
    "storage": "ALTER TABLE users ALTER name SET STORAGE EXTERNAL",
    "inheritance": "CREATE TABLE parent (age int); ALTER TABLE users INHERIT parent",
    "an operator": "CREATE FUNCTION eq(mood, int) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR === (LEFTARG = mood, RIGHTARG = int, FUNCTION = eq)",
}


def dump(server, database):
    ran = subprocess.run(["pg_dump", "--schema-only"], env=server.env(database), capture_output=True, text=True, check=True)
    return re.sub(r"^\\(un)?restrict .*$", "", ran.stdout, flags=re.M)


def in_any_order(text):
    """Statements sorted, and the columns within CREATE TABLE; comments gone."""
    lines = [line for line in text.splitlines() if line and not line.startswith("--")]
    statements = re.split(r"(?<=;)\n", "\n".join(lines))
    return sorted("\n".join(sorted(line.rstrip(",") for line in one.splitlines())) if one.startswith("CREATE TABLE") else one for one in statements)


@pytest.fixture(scope="module")
def template(server):
    server.create("rollback_base")
    server.psql("rollback_base", stdin=BASE)
    yield dump(server, "rollback_base")
    server.drop("rollback_base")


def way_back(server, before, database, tmp_path, change):
    server.run(f'DROP DATABASE "{database}"')
    server.run(f'CREATE DATABASE "{database}" TEMPLATE rollback_base')
    (tmp_path / "before.sql").write_text(before)
    server.psql(database, stdin=change)
    ran = subprocess.run([DRIVER, server.uri(database), tmp_path / "before.sql"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


OFTEN = [name for at, name in enumerate(CHANGES) if at % 3 == 0]


@pytest.mark.parametrize("name", CHANGES if os.environ.get("GUARDIAN_TEST_DEEP") else OFTEN)
def test_the_schema_is_the_same_again(server, template, database, tmp_path, name):
    script = way_back(server, template, database, tmp_path, CHANGES[name])
    assert "-- unknown" not in script
    try:
        server.psql(database, stdin="BEGIN; SET search_path = ''; SET check_function_bodies = off;\n" + script + "COMMIT;")
    except Exception as failed:
        raise AssertionError(f"{script}\n{failed}") from failed
    assert in_any_order(dump(server, database)) == in_any_order(template), script


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_it_cannot_undo_it_names(server, template, database, tmp_path, name):
    assert "-- unknown" in way_back(server, template, database, tmp_path, UNKNOWN[name])


def test_our_own_records_do_not_count(server, template, database, tmp_path):
    script = way_back(server, template, database, tmp_path,
                      "CREATE SCHEMA guardian; CREATE TABLE guardian.changes (id text PRIMARY KEY); COMMENT ON SCHEMA guardian IS 'ours (layout 1)'; COMMENT ON TABLE guardian.changes IS 'x'; GRANT USAGE ON SCHEMA guardian TO PUBLIC")
    assert script == ""
