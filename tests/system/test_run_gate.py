"""The gate of guardian run, without the wire: what passes at once, what waits for a backup, what is refused, and that a run is
one change which a rollback takes back and a crash leaves no doubt about."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from harness import server as servers

BUILD = pathlib.Path(os.environ.get("GD_BUILD", "build"))

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, name text, age int, mood mood DEFAULT 'ok');
CREATE TABLE tags (id int PRIMARY KEY, label text);
CREATE TABLE _prisma_migrations (id text PRIMARY KEY, steps int);
CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM users; SELECT 1';
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
INSERT INTO _prisma_migrations VALUES ('first', 1);
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        one.create("gate_base")
        one.psql("gate_base", stdin=BASE)
        yield one


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.store = server, name, f"file://{folder}/store"

    def run(self, *lines, policy="default", exit_status=0, status=0, **more):
        ran = subprocess.run([BUILD / "system" / "drive_gate", self.server.uri(self.name), self.store, policy, str(exit_status)],
                             input="".join(line + "\n" for line in lines), capture_output=True, text=True, timeout=120,
                             env={**os.environ, "DRIVE_DATABASE": self.name, **more})
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def cli(self, *words, status=0):
        ran = subprocess.run([BUILD / "guardian", *words], capture_output=True, text=True, timeout=120,
                             env={**self.server.env(self.name), "GUARDIAN_STORE": self.store})
        assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def dump(self):
        """Schema and rows, whatever the order of columns."""
        ran = subprocess.run(["pg_dump", "-s", "-N", "guardian"], env=self.server.env(self.name), capture_output=True, text=True, check=True)
        names = self.value("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
        rows = [self.value(f"SELECT to_jsonb(t) FROM {name} t ORDER BY 1") for name in names.split()]
        return sorted(line.strip().rstrip(",") for line in ran.stdout.splitlines() if line and not re.match(r"--|\\", line)) + rows


@pytest.fixture
def world(server, tmp_path):
    name = f"gate_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE gate_base")
    yield World(server, name, tmp_path)
    server.drop(name)


def said(out, text):
    """What became of a statement."""
    return [line.split(" | ", 1)[1] for line in out.splitlines() if line.startswith(text[:40])]


def test_reading_leaves_no_trace(world):
    out = world.run("SELECT 1", "SELECT count(*) FROM users WHERE id = 5", "SELECT count(*) FROM users WHERE id = 7",
                    "SET search_path TO public", "BEGIN", "SHOW server_version", "COMMIT")
    assert said(out, "SELECT count(*) FROM users WHERE id = 7") == ["at once | ran SELECT 1"]
    assert "outcome: nothing" in out and "change: none" in out
    assert not pathlib.Path(world.store.removeprefix("file://")).exists()
    assert world.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'guardian'") == "0"


def test_a_number_is_no_shape_where_something_could_hide(world):
    out = world.run("SELECT '5'", "SELECT '6'", "SELECT a5 FROM (SELECT 1 AS a5) x", "SELECT 1.5", "SELECT 2.5")
    assert [line.split(" | ")[1] for line in out.splitlines()[:5]] == ["judged"] * 5


def test_a_function_is_looked_up(world):
    out = world.run("SELECT wipe()", policy="boot", exit_status=1, status=3)
    assert "refused 42501" in said(out, "SELECT wipe()")[0]
    assert world.value("SELECT count(*) FROM users") == "200"


def test_additive_is_backed_up_once_and_taken_back(world):
    before = world.dump()
    out = world.run("ALTER TABLE users ADD COLUMN bio text", "CREATE TABLE z (i int)", "INSERT INTO z VALUES (1)", "UPDATE z SET i = 2",
                    "ALTER TABLE z DROP COLUMN i", "DROP TABLE z", policy="boot")
    assert "outcome: applied" in out and "class: additive" in out
    assert len(re.findall(r"^step \d+ transaction in:", out, re.M)) == 6
    assert len(json.loads(world.cli("list", "--json"))["snapshots"]) == 1
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


def test_the_record_of_a_tool_is_no_loss_but_its_rows_are_kept(world):
    out = world.run("UPDATE _prisma_migrations SET steps = 7 WHERE id = 'first'", policy="boot")
    assert said(out, "UPDATE _prisma")[0].endswith("ran UPDATE 1")
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT steps FROM _prisma_migrations") == "1"


def test_a_column_goes_sealed_in_the_tools_own_transaction_and_comes_back(world):
    before = world.dump()
    out = world.run("BEGIN", "ALTER TABLE users DROP COLUMN age", "ALTER TABLE users ADD COLUMN q int", "COMMIT")
    assert "sealed: 1" in out and "class: destructive" in out
    assert "step 1 transaction in" in out and "step 2 transaction in" in out
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


def test_what_the_tool_rolls_back_is_not_in(world):
    out = world.run("BEGIN", "ALTER TABLE users DROP COLUMN age", "ROLLBACK", "SELECT 1")
    assert "step 1 transaction not in" in out and "outcome: nothing" in out
    out = world.run("BEGIN", "ALTER TABLE users DROP COLUMN age", exit_status=1, status=None)
    assert "step 1 transaction not in" in out and "outcome: failed" in out
    assert world.value("SELECT count(age) FROM users") == "200"


def test_boot_refuses_and_counts(world):
    out = world.run("ALTER TABLE users DROP COLUMN name", policy="boot", exit_status=1, status=3)
    assert "column public.users.name, not null values: 200" in out
    assert "outcome: refused" in out and "change: none" in out
    assert world.value("SELECT count(name) FROM users") == "200"


def test_the_trap_is_seen_and_the_second_try_gets_through(world):
    before = world.dump()
    out = world.run("BEGIN", "ALTER TABLE tags ADD COLUMN x int", "ALTER TABLE users DROP COLUMN name", "ROLLBACK", "@again",
                    "BEGIN", "ALTER TABLE tags ADD COLUMN x int", "ALTER TABLE users DROP COLUMN name", "COMMIT")
    first, second = said(out, "ALTER TABLE users DROP COLUMN name")
    assert "refused 55P03" in first and "public.tags" in first
    assert second.endswith("ran ALTER TABLE")
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


def test_a_schema_that_moved_is_looked_at_again(world, server):
    run = subprocess.Popen([BUILD / "system" / "drive_gate", server.uri(world.name), world.store, "default", "0"], text=True, bufsize=1,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "DRIVE_DATABASE": world.name})
    run.stdin.write("SELECT 1\n")
    assert "ran" in run.stdout.readline()
    world.server.psql(world.name, stdin="CREATE TABLE meanwhile (i int)")
    run.stdin.write("ALTER TABLE users ADD COLUMN a int\n@again\nALTER TABLE users ADD COLUMN a int\n")
    run.stdin.close()
    out = run.stdout.read()
    assert run.wait() == 0
    first, second = said(out, "ALTER TABLE users ADD COLUMN a int")
    assert "refused 55P03" in first and "somebody else changed the schema" in first
    assert second.endswith("ran ALTER TABLE")


def test_what_nobody_reads_is_left_to_the_servers_grammar(world):
    out = world.run("SELCT 1", "SELECT 1 +", "\\dt", "MERGE INTO users USING tags ON true WHEN NOT MATCHED BY SOURCE THEN DELETE",
                    exit_status=1, status=None)
    assert said(out, "SELCT 1")[0].endswith("(42601)")
    assert "outcome: failed" in out or "outcome: nothing" in out
    assert world.value("SELECT count(*) FROM users") == "200"


def test_what_could_be_read_otherwise_is_not_passed(world):
    trap = r"SELECT '\'; DROP TABLE tags; --'"
    out = world.run("SET standard_conforming_strings TO off", trap, "SELECT 'no backslash'", exit_status=1, status=None)
    out += world.run(trap, policy="boot", exit_status=1, status=3)
    first, second = said(out, trap)
    assert "refused 42501" in first and "standard_conforming_strings" in first
    assert "public.tags" in second  # as it stands there it is two statements, and the first is one short string
    assert said(out, "SELECT 'no backslash'")[0].endswith("ran SELECT 1")
    assert world.value("SELECT count(*) FROM tags") == "20"
    out = world.run("SET client_encoding TO sjis", "SELECT 'é'", "SELECT 'e'", exit_status=1, status=3)
    assert "client_encoding" in said(out, "SELECT 'é'")[0]
    assert said(out, "SELECT 'e'")[0].endswith("ran SELECT 1")


def test_a_database_of_its_own_is_its_own(world):
    out = world.run(f"CREATE DATABASE {world.name}_shadow", f"DROP DATABASE {world.name}_shadow", f"DROP DATABASE {world.name}_shadow2",
                    exit_status=1, status=None)
    assert said(out, f"DROP DATABASE {world.name}_shadow")[0].endswith("ran DROP DATABASE")
    assert "refused 42501" in said(out, f"DROP DATABASE {world.name}_shadow2")[-1]


def test_a_database_that_was_there_is_nobodys_own(world):
    world.server.create(f"{world.name}_real")
    out = world.run(f"CREATE DATABASE {world.name}_real", f"DROP DATABASE {world.name}_real", exit_status=1, status=None)
    assert "ERROR" in said(out, f"CREATE DATABASE {world.name}_real")[0]
    assert "refused 42501" in said(out, f"DROP DATABASE {world.name}_real")[0]
    world.server.drop(f"{world.name}_real")


def test_a_seal_ends_with_its_statement(world, server):
    run = subprocess.Popen([BUILD / "system" / "drive_gate", server.uri(world.name), world.store, "default", "1"], text=True, bufsize=1,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "DRIVE_DATABASE": world.name})
    run.stdin.write("ALTER TABLE users DROP COLUMN age\n")
    assert "ran ALTER TABLE" in run.stdout.readline()
    world.server.psql(world.name, stdin="INSERT INTO tags VALUES (99, 'written since')")
    run.stdin.write("DROP TABLE tags\n")
    run.stdin.close()
    out = run.stdout.read()
    run.wait()
    assert "refused 42501" in said(out, "DROP TABLE tags")[0] and "others wrote to public.tags since the backup (1 rows)" in out
    assert world.value("SELECT count(*) FROM tags") == "21"


def test_prepared_statements_are_judged_twice(world):
    out = world.run("@parse DROP TABLE tags", policy="boot", exit_status=1, status=3)
    assert "refused 42501" in said(out, "DROP TABLE tags")[0]
    out = world.run("@parse ALTER TABLE users ADD COLUMN c int", policy="boot")
    assert said(out, "ALTER TABLE users ADD COLUMN c int") == ["judged | may be prepared"]
    assert "change: none" in out


def test_a_record_that_is_written_first_does_not_stand_in_the_way(world):
    """One migration that only adds, its record, and one that takes something away."""
    world.value("CREATE TABLE knex_migrations_lock (i int PRIMARY KEY, is_locked int); INSERT INTO knex_migrations_lock VALUES (1, 0)")
    before = world.dump()
    out = world.run("UPDATE knex_migrations_lock SET is_locked = 1", "INSERT INTO _prisma_migrations VALUES ('a', 0)", "ALTER TABLE users ADD COLUMN bio text",
                    "UPDATE _prisma_migrations SET steps = 1 WHERE id = 'a'", "INSERT INTO _prisma_migrations VALUES ('b', 0)",
                    "ALTER TABLE users DROP COLUMN age", "UPDATE _prisma_migrations SET steps = 1 WHERE id = 'b'", "UPDATE knex_migrations_lock SET is_locked = 0")
    assert "outcome: applied" in out and "refused" not in out
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


def test_a_value_that_the_same_text_uses_goes_first(world):
    before = world.dump()
    text = "ALTER TYPE mood ADD VALUE 'great' /* ; */ BEFORE 'ok'; ALTER TYPE mood ADD VALUE IF NOT EXISTS 'mad'; UPDATE users SET mood = 'great'; UPDATE users SET mood = 'mad' WHERE id = 1"
    out = world.run(text, "SELECT count(*) FROM users WHERE mood = 'great'")
    assert "step 1 enum value in: ALTER TYPE mood ADD VALUE 'great'" in out and "step 2 enum value in:" in out
    assert "step 3 transaction in:" in out and "outcome: applied" in out
    assert world.value("SELECT string_agg(e::text, ' ') FROM unnest(enum_range(NULL::mood)) e") == "sad great ok mad"
    assert world.value("SELECT count(*) FROM users WHERE mood = 'great'") == "199"
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


def test_a_value_that_is_there_already_is_the_servers_error(world):
    out = world.run("ALTER TYPE mood ADD VALUE 'new'; ALTER TYPE mood ADD VALUE 'ok'; UPDATE users SET mood = 'new'", exit_status=1, status=6)
    assert 'enum label "ok" already exists (42710)' in out
    assert "step 1 enum value in" in out and "step 2 enum value not in" in out and "step 3 transaction not in" in out
    assert "outcome: partial" in out


def test_a_value_of_a_type_of_the_same_text_cannot_go_first(world):
    out = world.run("CREATE TYPE size AS ENUM ('s'); ALTER TYPE size ADD VALUE 'm'; SELECT 'm'::size", exit_status=1, status=None)
    assert "enum value" not in out


def test_killed_when_a_value_was_announced(world):
    text = "ALTER TYPE mood ADD VALUE 'great'; UPDATE users SET mood = 'great'"
    world.run(text, status=None, GUARDIAN_FAULT="@run: announced a value#1:exit")
    assert "outcome: applied" in world.run(text)
    assert world.value("SELECT count(*) FROM users WHERE mood = 'great'") == "200"


def test_what_prepare_hides_is_judged_when_it_is_executed(world):
    out = world.run("PREPARE p AS DELETE FROM tags", "EXECUTE p")
    assert re.search(r"^step \d transaction in: EXECUTE p", out, re.M) and "class: unknown" in out
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(*) FROM tags") == "20"
    out = world.run("PREPARE p AS DELETE FROM tags", "EXECUTE p", policy="boot", exit_status=1, status=3)
    assert "refused 42501" in said(out, "EXECUTE p")[0] or "refused 42501" in said(out, "PREPARE p")[0]
    assert world.value("SELECT count(*) FROM tags") == "20"


def test_no_point_of_a_run_is_left_out():
    named = set()
    for path in (pathlib.Path(__file__).parents[2] / "guardian" / "guard").glob("run*.c"):
        named |= set(re.findall(r'gd_fault\(\s*"([^"]+)"', path.read_text()))
    assert named == {point for point in POINTS if point.startswith("run:")} | {"run: announced a value"}


POINTS = ["run: begun", "run: announced, not passed", "run: before the end is written", "protect: taken, not proven", "run: another backup is proven, and not on record",
          "run: another backup is on record, and not its proof"]


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_the_next_one_says_what_is_in(world, point):
    world.run("BEGIN", "ALTER TABLE users DROP COLUMN age", "COMMIT", status=None, GUARDIAN_FAULT=f"@{point}#1:exit")
    gone = world.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'") == "0"
    out = world.run("CREATE TABLE next (i int)")
    assert "outcome: applied" in out
    told = re.findall(r"note: (Change .* was cut off.*)", out)
    if told:
        assert ("Nothing of it is in the database" in told[0]) != gone, told
    else:
        assert not gone
    assert world.value("SELECT count(*) FROM next") == "0"
