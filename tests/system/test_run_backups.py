"""A run whose statements need more than one backup: each is made before the first loss of what it holds, and one rollback takes
everything back. Here a policy lets no backup hold the whole database, as with one that is big."""

import json
import os
import re

import pytest

from harness import server as servers
from test_run_gate import World, said, server  # noqa: F401  (the fixture)

deep = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="GUARDIAN_TEST_DEEP=1 runs it")
POLICY = """policy: small
extends: default
about: no backup holds the whole database
limits:
  database_backup_max: 1kB
"""


class Big(World):
    def __init__(self, server, name, folder):
        super().__init__(server, name, folder)
        self.policy = folder / "small.yaml"
        self.policy.write_text(POLICY)

    def run(self, *lines, **more):
        return super().run(*lines, **{"policy": self.policy, **more})

    def snapshots(self):
        return [snapshot["scope"] for snapshot in json.loads(self.cli("list", "--json"))["snapshots"]]


@pytest.fixture
def world(server, tmp_path):  # noqa: F811
    name = f"big_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE gate_base")
    yield Big(server, name, tmp_path)
    server.drop(name)


def comes_back(world, *lines, snapshots=None):
    before = world.dump()
    out = world.run(*lines)
    assert "outcome: applied" in out and "refused" not in out
    assert snapshots is None or world.snapshots() == snapshots
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


def test_add_take_away_and_take_another_away(world):
    comes_back(world, "ALTER TABLE users ADD COLUMN bio text", "ALTER TABLE users DROP COLUMN age", "DROP TABLE tags", "CREATE TABLE tags (other int)",
               "INSERT INTO tags VALUES (1)", snapshots=["schema", "tables", "tables"])


def test_a_record_comes_first(world):
    comes_back(world, "INSERT INTO _prisma_migrations VALUES ('a', 0)", "ALTER TABLE users ADD COLUMN bio text", "UPDATE _prisma_migrations SET steps = 1 WHERE id = 'a'",
               "INSERT INTO _prisma_migrations VALUES ('b', 0)", "ALTER TABLE users DROP COLUMN age", "UPDATE _prisma_migrations SET steps = 1 WHERE id = 'b'",
               "DELETE FROM tags WHERE id > 10", snapshots=["schema", "tables", "tables", "tables"])


def test_in_one_transaction_each(world):
    comes_back(world, "BEGIN", "ALTER TABLE users DROP COLUMN age", "COMMIT", "BEGIN", "DELETE FROM tags WHERE id = 3", "ALTER TABLE users DROP COLUMN name", "COMMIT",
               snapshots=["tables", "tables"])


def test_what_the_transaction_wrote_itself_is_nobody_elses(world):
    lines = ["UPDATE _prisma_migrations SET steps = 2", "BEGIN", "INSERT INTO tags VALUES (100, 'x')", "SAVEPOINT s", "INSERT INTO tags VALUES (101, 'y')", "RELEASE s",
             "INSERT INTO users (name) VALUES ('z')", "ALTER TABLE users DROP COLUMN age", "ALTER TABLE tags DROP COLUMN label", "COMMIT"]
    world.policy = "default"
    out = world.run(*lines)
    assert "outcome: applied" in out and "refused" not in out
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(*), count(age) FROM users") == "200|200" and world.value("SELECT count(*) FROM tags") == "20"


def test_rows_behind_savepoints_go_too(world):
    """Written before the backup of their table, and by a transaction that is over by then."""
    comes_back(world, "BEGIN", "CREATE TABLE new (i int)", "SAVEPOINT s", "INSERT INTO tags VALUES (100, 'x')", "SAVEPOINT t", "INSERT INTO tags VALUES (101, 'x')", "RELEASE t",
               "INSERT INTO new VALUES (1)", "COMMIT", "INSERT INTO tags VALUES (102, 'x')", "ALTER TABLE tags DROP COLUMN label")


@pytest.mark.parametrize("lines", [
    pytest.param(["INSERT INTO tags VALUES (100, 'x')", "ALTER TABLE tags DROP COLUMN label"], id="rows-of-its-own"),
    pytest.param(["ALTER TABLE users RENAME COLUMN name TO full_name", "UPDATE users SET full_name = 'x' WHERE id < 5", "ALTER TABLE users DROP COLUMN age"], id="column-renamed"),
    pytest.param(["ALTER TABLE users RENAME TO people", "ALTER TABLE people DROP COLUMN age"], id="table-renamed"),
    pytest.param(["ALTER TABLE tags ADD COLUMN x int DEFAULT 5", "DROP TABLE tags"], id="column-added-then-dropped"),
    pytest.param(["ALTER TABLE tags ADD COLUMN x int DEFAULT 5", "DELETE FROM tags WHERE id < 4"], id="column-added-then-deleted"),
    pytest.param(["ALTER TABLE users ALTER COLUMN age TYPE bigint", "ALTER TABLE users DROP COLUMN name"], id="widened"),
    pytest.param(["DROP TABLE tags", "ALTER TABLE users RENAME TO tags", "ALTER TABLE tags DROP COLUMN age"], id="the-name-of-another"),
])
@pytest.mark.parametrize("policy", ["small", pytest.param("default", marks=deep)])
def test_what_was_done_before_the_backup_goes_too(world, lines, policy):
    if policy == "default":
        world.policy = "default"
    comes_back(world, *lines)


def test_a_lock_that_was_held_is_not_put_back(world):
    """What only a backup of the whole database brings back was lost while a tool held its lock."""
    world.value("CREATE TABLE knex_migrations_lock (index int PRIMARY KEY, is_locked int); INSERT INTO knex_migrations_lock VALUES (1, 0); SELECT lo_from_bytea(4711, 'abc')")
    before = world.dump()
    world.policy = "default"
    out = world.run("UPDATE knex_migrations_lock SET is_locked = 1", "SELECT lo_unlink(4711)", "DELETE FROM tags", "UPDATE knex_migrations_lock SET is_locked = 0")
    assert "outcome: applied" in out
    assert "way       database" in world.cli("rollback", "--last", "--yes")
    assert world.dump() == before and world.value("SELECT lo_get(4711)") == "\\x616263"


def test_the_trap_is_learned_at_once_or_gets_further(world):
    """A tool that does everything in one transaction: each try needs one table more."""
    lines = ["BEGIN", "ALTER TABLE users DROP COLUMN age", "ALTER TABLE tags DROP COLUMN label", "UPDATE _prisma_migrations SET steps = 9", "COMMIT"]
    before = world.dump()
    out = world.run(*lines[:3], "ROLLBACK", "@again", *lines, policy="default")
    assert "outcome: applied" in out and len(said(out, "COMMIT")) == 1
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before


POINTS = ["run: another backup is proven, and not on record", "run: another backup is on record, and not its proof", "protect: taken, not proven", "run: announced, not passed"]
LINES = ["ALTER TABLE users ADD COLUMN bio text", "ALTER TABLE users DROP COLUMN age", "DROP TABLE tags"]


def killed(world, fault):
    """Broken off by a fault, told by the next start; then all of it is taken back."""
    before = world.dump()
    world.run(*LINES, status=None, GUARDIAN_FAULT=fault)
    half = world.dump()
    out = world.run("CREATE TABLE next (i int)")
    told = re.findall(r"note: (Change .* was cut off.*)", out)
    assert told or half == before or "exit" not in fault, out
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == half
    runs = [change for change in json.loads(world.cli("list", "--json"))["changes"] if change["kind"] == "run"]
    if half != before:
        world.cli("rollback", runs[0]["id"], "--yes")
    assert world.dump() == before
    return half != before


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("nth", [2, pytest.param(3, marks=deep)])
def test_killed_at_a_later_backup(world, point, nth):
    assert killed(world, f"@{point}#{nth}:exit")


def test_killed_between_two_tries(world):
    before = world.dump()
    world.run("BEGIN", "ALTER TABLE tags ADD COLUMN x int", "ALTER TABLE users DROP COLUMN name", "ROLLBACK", "@again", status=None,
              GUARDIAN_FAULT="@run: another backup is proven, and not on record#2:exit")
    assert world.dump() == before
    out = world.run("CREATE TABLE next (i int)")
    assert re.search(r"note: Change .* was cut off.*(Nothing of it|Steps that are in: none)", out), out


@deep
@pytest.mark.parametrize("nth", range(5, 300, 11))
def test_killed_anywhere(world, nth):
    killed(world, f"{nth}:exit")


@pytest.mark.parametrize("nth", [2, 3, 4])
def test_a_record_that_cannot_be_written_ends_it(world, nth):
    before = world.dump()
    out = world.run(*LINES, "CREATE TABLE later (i int)", status=None, GUARDIAN_FAULT=f"@journal: after an object#{nth}")
    became = [line.split(" | ", 2)[2] for line in out.splitlines() if " | told | " in line or " | judged | " in line]
    first = next(i for i, text in enumerate(became) if text.startswith("refused"))
    assert len(became) == 4 and all(text.startswith("refused") for text in became[first:]), out
    half = world.dump()
    assert (half != before) == (first > 0)
    out = world.run("CREATE TABLE next (i int)")
    assert "outcome: applied" in out and "was cut off" in out
