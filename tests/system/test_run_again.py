"""guardian run, the second try: only what the command knows to be done, or what is not in, may come a second time."""

import json

import pytest

from harness import server as servers
from test_run import World

BASE = """
CREATE TABLE people (id serial PRIMARY KEY, email text);
INSERT INTO people (email) SELECT 'p' || g FROM generate_series(1, 5) g;
CREATE TABLE archive (id int, email text);
CREATE TABLE schema_migrations (version int PRIMARY KEY);
"""

TRAP = """
BEGIN;
ALTER TABLE people ADD COLUMN gone boolean;
INSERT INTO archive SELECT id, email FROM people;
DELETE FROM people WHERE id < 3;
COMMIT;
"""

# What any migration tool does: look what is done, do the rest, each step with its record.
TOOL = """
set -e
done_by_now() { psql -XAtqc "SELECT count(*) FROM schema_migrations WHERE version = $1"; }
apply() { [ "$(done_by_now $1)" = 1 ] || psql -Xq -v ON_ERROR_STOP=1 -c "BEGIN" -c "$2" -c "$3" -c "INSERT INTO schema_migrations VALUES ($1)" -c "COMMIT"; }
apply 1 "INSERT INTO people (email) VALUES ('once')" "SELECT 1"
%s
apply 2 "ALTER TABLE people ADD COLUMN gone boolean" "DELETE FROM archive"
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        one.create("again_base")
        one.psql("again_base", stdin=BASE)
        yield one


@pytest.fixture
def world(server, tmp_path):
    name = f"again_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE again_base")
    yield World(server, name, tmp_path)
    server.drop(name)


def script(world, text, *options, status=0):
    (world.folder / "m.sql").write_text(text)
    return world.cli("run", *options, "--", "psql", "-Xq", "-f", str(world.folder / "m.sql"), status=status)


def policy(world):
    """The whole database is not copied at the first record: the trap stays where it is."""
    small = world.folder / "small.yaml"
    small.write_text("policy: small\nextends: default\nabout: no backup holds the whole database\nlimits:\n  database_backup_max: 1kB\n")
    return ["--policy", str(small)]


def test_what_follows_the_transaction_is_not_done_twice(world):
    ran = script(world, TRAP + "DELETE FROM people WHERE id = 5;\n", status=6)
    assert "running it again" not in ran.stderr and "not run again: step" in ran.stderr, ran.stderr
    assert "PARTIAL" in ran.stderr and "--rehearse" in ran.stderr and "runs the command again (--retry)." not in ran.stderr
    assert world.value("SELECT count(*) FROM people") == "4" and world.value("SELECT count(*) FROM archive") == "0"
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(*) FROM people") == "5"


def test_what_came_before_it_is_not_done_twice(world):
    ran = script(world, "INSERT INTO people (email) VALUES ('once');" + TRAP, status=6)
    assert "not run again: step 1 is in already" in ran.stderr, ran.stderr
    assert world.value("SELECT count(*) FROM people WHERE email = 'once'") == "1"


def test_nothing_committed_is_run_again(world):
    ran = script(world, TRAP)
    assert "running it again" in ran.stderr and "APPLIED" in ran.stderr
    assert world.value("SELECT count(*) FROM people") == "3" and world.value("SELECT count(*) FROM archive") == "5"


def test_a_record_that_nobody_reads_tells_nothing(world):
    ran = script(world, "INSERT INTO people (email) VALUES ('once'); INSERT INTO schema_migrations VALUES (1);" + TRAP, *policy(world), status=6)
    assert "not run again" in ran.stderr, ran.stderr
    assert world.value("SELECT count(*) FROM people WHERE email = 'once'") == "1"


@pytest.mark.parametrize("between, again", [("", True), ("psql -Xqc \"INSERT INTO people (email) VALUES ('unrecorded')\"", False)])
def test_a_tool_is_run_again_where_its_record_tells_all(world, between, again):
    ran = world.cli("run", *policy(world), "--", "sh", "-c", TOOL % between, status=None)
    assert ("running it again" in ran.stderr) == again, ran.stderr
    assert ("not run again" in ran.stderr) != again, ran.stderr
    assert world.value("SELECT count(*) FROM people WHERE email = 'once'") == "1"
    assert world.value("SELECT count(*) FROM people WHERE email = 'unrecorded'") == ("0" if again else "1")
    assert world.value("SELECT count(*) FROM schema_migrations") == ("2" if again else "1")


def test_hints_without_a_second_try_are_true(world):
    ran = script(world, TRAP, "--retry", "0", status=3)
    assert "REFUSED" in ran.stderr and "--rehearse" in ran.stderr and "--retry" not in ran.stderr, ran.stderr
    assert world.value("SELECT count(*) FROM people") == "5"


# ---- what failed, though the command says that all is well ----

def skipping(world, text, *options, status=0):
    (world.folder / "m.sql").write_text(text)
    file = str(world.folder / "m.sql")
    return world.cli("run", "--skip-unchanged", "--inputs", file, *options, "--", "psql", "-Xq", "-f", file, status=status)


@pytest.mark.parametrize("text, word, said", [
    ("ALTER TABLE people ADD a1 int;\nALTER TABLE nosuch ADD x int;\n", "APPLIED", "Not all of it is in"),
    ("ALTER TABLE nosuch ADD x int;\n", "NOTHING", "Nothing is in: the database refused 1 statement"),
    ("SELEC 1;\n", "NOTHING", "Nothing is in: the database refused 1 statement"),
])
def test_what_the_server_refused_is_told_and_not_skipped(world, text, word, said):
    for _ in range(2 if word == "NOTHING" else 1):
        ran = skipping(world, text)
        flat = " ".join(ran.stderr.split())
        assert word in flat and said in flat and "All of it is in" not in flat and "nothing is started" not in flat, ran.stderr
    ran = skipping(world, text)
    assert "nothing is started" not in ran.stderr, ran.stderr


def test_what_all_went_well_is_skipped(world):
    ran = skipping(world, "CREATE TABLE IF NOT EXISTS fine (i int);\n")
    assert "All of it is in" in ran.stderr
    assert "nothing is started" in skipping(world, "CREATE TABLE IF NOT EXISTS fine (i int);\n").stderr


def test_what_the_relay_refuses_itself_is_a_refusal(world):
    large = "INSERT INTO people (email) VALUES ('" + "x" * 8000 + "');\n"
    for _ in range(2):
        ran = skipping(world, large, "--policy", "boot", "--statement-size-max", "4kB", status=3)
        assert "REFUSED" in ran.stderr and "larger than guardian reads" in ran.stderr and "nothing is started" not in ran.stderr, ran.stderr
    ran = skipping(world, "CREATE TABLE fine (i int);\n" + large, "--statement-size-max", "4kB", status=6)
    assert "PARTIAL" in ran.stderr


def test_the_commands_own_status_says_nothing_of_the_database(world):
    """As the documents say: psql's own 3 stands, and the outcome tells."""
    ran = world.psql("-q", "-c", "CREATE TABLE fine (i int)", "-f", "/dev/stdin", options=["--json"], stdin="ALTER TABLE nosuch ADD x int;\n", status=3)
    assert json.loads(ran.stdout)["outcome"] == "partial"
    assert world.value("SELECT to_regclass('fine') IS NOT NULL") == "t"
