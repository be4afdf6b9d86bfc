"""A database that the run makes itself is no way around the gate: what stays inside of it is the run's own, what reaches out of it is
judged, or refused; and a rehearsal beside the live database leaves nothing on its server."""

import os
import subprocess

import pytest

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
SET_UP = "CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people SELECT generate_series(1, 5)"
OUT = "reaches out of"


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, settings={"max_prepared_transactions": "10", "max_replication_slots": "10"}, memory=True) as one:
        one.run("CREATE ROLE bystander")
        one.create("victim")
        yield one


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, folder
        self.env = {**server.env(name), "PGHOST": "127.0.0.1", "GUARDIAN_STORE": f"file://{folder}/store", "NO_COLOR": "1", "CI": "1"}
        self.before = self.shared()

    def shared(self):
        """What all databases of the server share, and what the guarded one holds."""
        tell = self.server.run
        return [tell("SELECT datname FROM pg_database WHERE datname NOT IN ('own', 'other') ORDER BY 1"),
                tell("SELECT slot_name FROM pg_replication_slots ORDER BY 1"), tell("SELECT rolname, rolsuper, rolpassword FROM pg_authid ORDER BY 1"),
                tell("SELECT spcname FROM pg_tablespace ORDER BY 1"), tell("SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2"),
                tell("SELECT roname FROM pg_replication_origin ORDER BY 1"), tell("SELECT gid FROM pg_prepared_xacts ORDER BY 1"),
                tell("SELECT name, setting FROM pg_file_settings ORDER BY 1, 2"),
                self.server.psql(self.name, stdin="SELECT count(*) FROM people").stdout.split()]

    def cli(self, *words, status=0):
        ran = subprocess.run([GUARDIAN, *map(str, words)], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def run(self, script, *options, status=0, command="run"):
        return self.cli(command, *options, "--", "sh", "-ec", script, status=status)


@pytest.fixture
def world(server, tmp_path):
    name = f"own_{abs(hash(str(tmp_path))) % 10**9}"
    server.create(name)
    server.psql(name, stdin=SET_UP)
    yield World(server, name, tmp_path)
    for one in (name, "own", "other"):
        server.run(f'DROP DATABASE IF EXISTS "{one}" WITH (FORCE)')


def inside(*sql, database="own"):
    return f"psql -Xq -v ON_ERROR_STOP=1 -d {database} " + " ".join(f"-c {quoted(one)}" for one in sql)


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


MAKE = "psql -Xqc 'CREATE DATABASE own'; "
# What a tool does in its shadow database.
AT_HOME = [
    "CREATE TABLE t (id serial PRIMARY KEY, a int)", "INSERT INTO t (a) VALUES (1), (2)", "UPDATE t SET a = 3", "DELETE FROM t WHERE id = 1",
    "CREATE TYPE mood AS ENUM ('a')", "DO $$BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END$$",
    "BEGIN; ALTER TABLE t DROP COLUMN a; ROLLBACK", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM t WHERE id = 9; RETURN NEW; END'",
    "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "INSERT INTO t (a) VALUES (4)", "CREATE VIEW v AS SELECT * FROM t",
    "SELECT * FROM v", "CREATE EXTENSION dblink", "ALTER TABLE t DROP COLUMN a CASCADE", "TRUNCATE t", "DROP TABLE t CASCADE", "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA public", "GRANT ALL ON SCHEMA public TO bystander", "VACUUM",
]
# Each after what makes it ready, which stays inside.
AWAY = [
    ["DROP DATABASE victim"], ["DROP DATABASE victim WITH (FORCE)"], ["CREATE DATABASE other"], ["ALTER DATABASE victim RENAME TO lost"],
    ["ALTER DATABASE victim SET work_mem = '1MB'"],
    ["CREATE ROLE made"], ["DROP ROLE bystander"], ["ALTER ROLE bystander SUPERUSER"], ["ALTER ROLE bystander SET work_mem = '1MB'"],
    ["GRANT pg_read_all_data TO bystander"], ["ALTER SYSTEM SET work_mem = '5MB'"], ["COPY (SELECT 1) TO PROGRAM 'touch {file}'"],
    ["COPY (SELECT 1) TO '{file}'"], ["SELECT lo_export(lo_from_bytea(0, 'x'), '{file}')"],
    ["SELECT pg_create_physical_replication_slot('left_behind')"], ["SELECT pg_replication_origin_create('left_behind')"],
    ["CREATE EXTENSION dblink", "SELECT dblink_exec('dbname={name}', 'DROP TABLE people')"],
    ["CREATE EXTENSION dblink", "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT dblink_exec('dbname={name}', 'DROP TABLE people')$$", "SELECT f()"],
    ["CREATE EXTENSION dblink", "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT dblink_exec('dbname={name}', 'DROP TABLE people')$$",
     "CREATE VIEW v AS SELECT f()", "TABLE v"],
    ["CREATE EXTENSION dblink",
     "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM dblink_exec('dbname={name}', 'DROP TABLE people'); RETURN NEW; END$$",
     "CREATE TABLE t (a int)", "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "INSERT INTO t VALUES (1)"],
    ["DO $$BEGIN EXECUTE 'DROP RO' || 'LE bystander'; END$$"], ["CREATE TABLE t (a int)", "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'left'"],
]


def test_what_stays_inside_is_its_own(world):
    for options in (["--policy", "boot"], ["--policy", "default"], ["--policy", "default", "--rehearse"]):
        world.run(MAKE + "; ".join(inside(one) for one in AT_HOME) + "; psql -Xqc 'DROP DATABASE own' -c 'CREATE TABLE made (id int)' -c 'DROP TABLE made'", *options)
        assert world.shared() == world.before


@pytest.mark.parametrize("options", [["--policy", "boot"], ["--policy", "default"], ["--rehearse", "--policy", "boot"]], ids=" ".join)
def test_what_reaches_out_is_not_let_through(world, tmp_path, options):
    file = f"{world.server.dir}/touched"
    lines = []
    for number, case in enumerate(AWAY):
        *ready, last = (one.format(name=world.name, file=file) for one in ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *case])
        lines.append(f"{inside(*ready)}; {inside(last)} 2> {tmp_path}/{number} && echo '{number} came through'; true")
    script = " && ".join(f"{{ {line}; }}" for line in lines)
    ran = world.run(f"{MAKE}{script}; psql -Xqc 'DROP DATABASE own'", *options, status=None)
    assert "came through" not in ran.stdout, [AWAY[int(line.split()[0])] for line in ran.stdout.splitlines() if "came" in line]
    for number, case in enumerate(AWAY):
        told = (tmp_path / str(number)).read_text()
        assert OUT in told and "own" in told, (case, told, ran.stderr)
    assert world.shared() == world.before and not os.path.exists(file)


def test_a_plan_leaves_nothing_on_the_live_server(world):
    for sql in ("SELECT pg_create_physical_replication_slot('left_behind')", "SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput')",
                "DO $$BEGIN PERFORM pg_replication_origin_create('left_behind'); END$$", "CREATE ROLE made", "DO $$BEGIN CREATE ROLE made; END$$"):
        ran = world.run(inside(sql, database="$PGDATABASE"), "--rehearse", command="plan", status=None)
        assert "cannot be rehearsed beside the live database" in ran.stderr, ran.stderr
        assert world.shared() == world.before
    ran = world.run(MAKE + inside("DROP DATABASE victim") + "||" + inside("CREATE ROLE made"), "--rehearse", command="plan", status=None)
    assert OUT in ran.stderr and world.shared() == world.before
    assert not world.server.run("SELECT 1 FROM pg_database WHERE datname IN ('own', 'other')")


def test_one_that_was_there_before_is_not_its_own(world):
    world.run("psql -Xqc 'CREATE TABLE first ()' -c 'CREATE DATABASE victim' || psql -Xqc 'DROP DATABASE victim'; true", "--policy", "boot", status=None)
    assert world.shared()[0] == world.before[0]


@pytest.mark.parametrize("way", ["renamed", "dropped", "dropped, and renamed by others"])
@pytest.mark.parametrize("last", ["psql -Xqd own -c 'DROP TABLE people'", "psql -Xqc 'DROP DATABASE own'"])
def test_a_name_that_was_its_own_makes_no_other_its_own(world, server, way, last):
    server.create("other")
    server.psql("other", stdin=SET_UP)
    outside = f"env -u PGPASSWORD PGHOST={server.dir} PGPORT={server.port} PGUSER={server.env('postgres')['PGUSER']} PGDATABASE=postgres "
    rename = "psql -Xqc 'ALTER DATABASE other RENAME TO own'"
    ready = {"renamed": "psql -Xqc 'ALTER DATABASE own RENAME TO gone' ; " + rename, "dropped": "psql -Xqc 'DROP DATABASE own' ; " + rename,
             "dropped, and renamed by others": "psql -Xqc 'DROP DATABASE own' ; " + outside + rename}[way]
    ran = world.run(f"{MAKE}{ready}; {last}; true", "--policy", "boot", "--retry", "0", status=None)
    server.run("DROP DATABASE IF EXISTS gone")
    assert server.psql("own", stdin="SELECT count(*) FROM people").stdout.split() == world.before[-1], ran.stderr


def test_a_rollback_tells_what_it_does_not_take_back(world, server):
    """Of what a run made on the server, beside its database."""
    script = ("psql -Xqc 'CREATE TABLE t (a int)' -c 'CREATE DATABASE own' -c 'CREATE DATABASE other' -c 'CREATE ROLE \"Left\"'"
              " -c 'ALTER DATABASE other RENAME TO \"oTher\"' -c 'CREATE DATABASE gone' -c 'DROP DATABASE gone'")
    try:
        world.run(script, "--policy", "default", "--yes")
        text = " ".join(world.cli("rollback", "--last", "--yes").stdout.split())
    finally:
        server.run('DROP ROLE IF EXISTS "Left"')
        server.run('DROP DATABASE IF EXISTS "oTher"')
    assert "Step 2 made database \"own\", outside of this database" in text and 'role "Left"' in text, text
    assert 'renamed database "other" to "oTher"' in text and "gone" not in text and 'made database "other"' not in text, text
