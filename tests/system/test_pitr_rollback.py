"""Rolling back what a point in time protects: a server is recovered beside, and the rest is as with any snapshot."""

import json
import os
import subprocess
import time

import pytest

from harness import pitr
from test_pitr_policy import World, _run


deep = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="deep")


@pytest.fixture(scope="module")
def world():
    with World() as one:
        yield one


def _rollback(world, shop, change, *more, status=0, env=None):
    ran = world.guardian("rollback", change, "--db", world.server.uri(shop), "--json", "--yes", *more, status=status, env=env)
    return json.loads(ran.stdout), ran.stderr


@deep
def test_a_column_comes_back_and_what_was_written_since_stays(world):
    shop = world.fresh()
    before = world.server.run("SELECT id, age FROM users ORDER BY id", shop)
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
    assert done["points"] and done["way_back"][0] == f"guardian rollback {done['change']}"
    world.server.run("INSERT INTO users VALUES (2000, 'later'); UPDATE users SET name = 'other' WHERE id = 1", shop)
    planned = json.loads(world.guardian("plan", "--rollback", done["change"], "--db", world.server.uri(shop), "--json").stdout)
    assert planned["way"] == "columns" and planned["rows_lost"] == 0
    back, said = _rollback(world, shop, done["change"])
    assert back["way"] == "columns" and "recovered beside" not in said.replace("is recovered beside", "")  # the plan has taken it already
    assert world.server.run("SELECT id, age FROM users WHERE id < 2000 ORDER BY id", shop) == before
    assert world.server.run("SELECT name FROM users WHERE id IN (1, 2000) ORDER BY id", shop) == [("other",), ("later",)]
    listed = json.loads(world.guardian("list", "--db", world.server.uri(shop), "--json").stdout)["snapshots"]
    assert [one["scope"] for one in listed if one["change"] == done["change"]] == ["tables"]


@deep
def test_a_table_comes_back(world):
    shop = world.fresh()
    before = world.server.run("SELECT * FROM orders ORDER BY id", shop)
    done, _ = world.apply(shop, "DROP TABLE orders;")
    back, _ = _rollback(world, shop, done["change"])
    assert back["way"] == "tables" and world.server.run("SELECT * FROM orders ORDER BY id", shop) == before


@deep
def test_everything_on_request(world):
    shop = world.fresh()
    before = world.server.run("SELECT * FROM users ORDER BY id", shop)
    done, _ = world.apply(shop, "UPDATE users SET age = 0 WHERE true;")
    back, _ = _rollback(world, shop, done["change"], "--way", "database")
    assert back["way"] == "database" and world.server.run("SELECT * FROM users ORDER BY id", shop) == before


def test_of_a_run_with_several(world):
    shop = world.fresh()
    users, orders = (world.server.run(f"SELECT * FROM {table} ORDER BY id", shop) for table in ("users", "orders"))
    done, _ = _run(world, shop, "CREATE TABLE more (id int)", "ALTER TABLE users DROP COLUMN age", "DROP TABLE orders")
    assert len(done["points"]) == 2 and len(done["snapshots"]) == 1
    world.server.run("INSERT INTO users VALUES (2000, 'later')", shop)
    _rollback(world, shop, done["change"])
    assert world.server.run("SELECT id, name, age FROM users WHERE id < 2000 ORDER BY id", shop) == users
    assert world.server.run("SELECT * FROM orders ORDER BY id", shop) == orders
    assert world.server.value("SELECT to_regclass('public.more')", shop) is None
    # what was taken out of the points is of then: neither the newest nor a reason to let another go
    now = world.guardian("snapshot", "--db", world.server.uri(shop), "--quiet").stdout.split()[0]
    world.guardian("plan", "--rollback", done["change"], "--way", "database", "--db", world.server.uri(shop), status=None)
    listed = json.loads(world.guardian("list", "--db", world.server.uri(shop), "--json").stdout)["snapshots"]
    assert [one["scope"] for one in listed if (one["reason"] or "").startswith("of a recovered server: ")] and listed[-1]["id"] >= now
    assert now in world.guardian("show", "latest", "--db", world.server.uri(shop)).stdout


def test_what_cannot_be_recovered_says_what_to_do(world):
    shop = world.fresh()
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
    segment = world.value("SELECT pg_walfile_name(%s)", parameters=[done["points"][0]["lsn"]])
    path = world.stored(segment)
    away = path.rename(world.place / "away")
    try:
        ran = world.guardian("rollback", done["change"], "--db", world.server.uri(shop), "--yes", status=4)
        assert f"guardian recover FOLDER --before {done['change']}" in " ".join(ran.stderr.split()) and "--table TABLE" in ran.stderr
    finally:
        away.rename(path)
    assert world.server.value("SELECT count(*) FROM users", shop) == 100
    _rollback(world, shop, done["change"])
    assert world.server.value("SELECT count(age) FROM users", shop) == 100


def test_killed_on_the_way_and_done_again(world, point="proof: before it is recorded"):
    shop = world.fresh()
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
    words = ["plan", "--rollback", done["change"], "--db", world.server.uri(shop)]  # which takes no lease that would have to run out
    assert world.guardian(*words, env={"GUARDIAN_FAULT": f"@{point}:exit"}, status=None).returncode != 0
    assert world.server.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'", shop) == 0
    _rollback(world, shop, done["change"])
    assert world.server.value("SELECT count(age) FROM users", shop) == 100
    assert not [line for line in subprocess.run(["ps", "axo", "args"], capture_output=True, text=True).stdout.splitlines() if "guardian-drill" in line]


def test_streamed_it_is_as_quick():
    """Nobody archives; a streamer stands beside the server. The end of a segment reaches the store at once."""
    with pitr.Archive(archive=False) as world:
        stream = subprocess.Popen([*pitr.AS_SERVER, pitr.GUARDIAN, "wal", "stream"], cwd=world.place, stderr=subprocess.DEVNULL,
                                  env={**world.server.env(), "GUARDIAN_STORE": world.url, "GUARDIAN_DB": world.server.uri()})
        try:
            for _ in range(200):
                if list(world.store.glob("v1/*/wal/*/*")):
                    break
                time.sleep(0.1)
            base = json.loads(world.guardian("base", "--json", as_server=True).stdout)["base"]
            world.server.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t SELECT n, n, n FROM generate_series(1, 100) n")
            (world.place / "change.sql").write_text("ALTER TABLE t DROP COLUMN a;")
            done = json.loads(world.guardian("apply", world.place / "change.sql", "--json", "--yes").stdout)
            assert done["points"][0]["base"] == base and done["sealed"] and done["seconds"]["proof"] < 5
        finally:
            stream.terminate()
            stream.wait(timeout=60)
