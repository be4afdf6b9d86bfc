"""What is restored is what was there: a database with everything in it, out of the store and back, compared without Guardian."""

import difflib
import json
import os
import shutil
import subprocess

import pytest

from harness import server as servers
from harness import world

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


def call(guardian, server, database, *arguments, status=0, **environment):
    ran = subprocess.run([guardian, *arguments], env={**server.env(database), **environment}, capture_output=True, text=True)
    assert ran.returncode == status, f"guardian {' '.join(arguments)}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


@pytest.fixture(scope="module")
def busy():
    """A server that can hold everything: logical replication is named in it."""
    with servers.Server(settings={"wal_level": "logical"}) as one:
        yield one


@pytest.fixture(scope="module")
def everything(busy):
    world.build_everything(busy, "everything")
    return "everything"


def lose(busy, database):
    """Drop a database; a subscription in it would stand in the way."""
    if not busy.run("SELECT 1 FROM pg_database WHERE datname = %s", "postgres", [database]):
        return
    busy.run(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
    for (name,) in busy.run("SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE datname = current_database()", database):
        busy.run(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)", database)
        busy.run(f"DROP SUBSCRIPTION {name}", database)
    busy.drop(database)


def compare(busy, one, other):
    before, after = world.definitions(busy, one), world.definitions(busy, other)
    different = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))
    assert not different, "\n".join(different[:40])
    found = world.differences(busy, one, other)
    assert not found, "\n".join(found[:40])
    assert world.database_itself(busy, one) == world.database_itself(busy, other)


@pytest.mark.parametrize("extra", [[], ["--workers", "4", "--part-size", "64kB"]], ids=["plain", "small-parts"])
def test_everything_comes_back(guardian, busy, everything, tmp_path, extra):
    store = f"file://{tmp_path}/store"
    taken = json.loads(call(guardian, busy, everything, "snapshot", "--store", store, "--json", *extra).stdout)
    assert taken["proof"] == "digest"
    call(guardian, busy, everything, "verify", taken["snapshot"], "--store", store)
    try:
        call(guardian, busy, everything, "restore", taken["snapshot"], "--store", store, "--into", "copy")
        compare(busy, everything, "copy")
    finally:
        lose(busy, "copy")


def test_everything_comes_back_encrypted_and_drilled(guardian, busy, everything, tmp_path):
    store, key = f"file://{tmp_path}/store", "00112233445566778899aabbccddeeff" * 2
    taken = json.loads(call(guardian, busy, everything, "snapshot", "--store", store, "--json", GUARDIAN_KEY=key).stdout)
    for path in (tmp_path / "store").rglob("*"):
        assert not path.is_file() or b"large object" not in path.read_bytes()
    call(guardian, busy, everything, "verify", taken["snapshot"], "--drill", "--store", store, GUARDIAN_KEY=key)
    call(guardian, busy, everything, "verify", taken["snapshot"], "--store", store, status=2)
    call(guardian, busy, everything, "restore", taken["snapshot"], "--store", store, "--into", "copy", status=2)
    listed = json.loads(call(guardian, busy, everything, "list", "--store", store, "--json").stdout)
    assert [entry["proof"]["kind"] for entry in listed["snapshots"]] == ["drill"]


def test_replace_brings_back_what_was_dropped(guardian, busy, tmp_path):
    store = f"file://{tmp_path}/store"
    world.build_everything(busy, "victim")
    world.build_everything(busy, "twin")
    try:
        taken = json.loads(call(guardian, busy, "victim", "snapshot", "--store", store, "--json").stdout)
        busy.run('DROP TABLE books CASCADE; DROP SCHEMA "we""ird sch;ema" CASCADE; DELETE FROM triggered WHERE id > 1; DROP TYPE mood CASCADE', "victim")
        call(guardian, busy, "postgres", "restore", taken["snapshot"], "--store", store, "--replace", "--yes", "--db", busy.uri("victim"))
        compare(busy, "twin", "victim")
        kept = busy.run("SELECT datname FROM pg_database WHERE datname LIKE 'victim\\_before\\_%'")
        assert len(kept) == 1
    finally:
        for (name,) in busy.run("SELECT datname FROM pg_database WHERE datname LIKE 'victim%' OR datname = 'twin'"):
            lose(busy, name)


@pytest.mark.skipif(not DEEP, reason="GUARDIAN_TEST_DEEP=1 runs it on every major")
@pytest.mark.parametrize("source,target", [(13, 13), (14, 14), (15, 15), (13, 15), (14, 15), (16, 16), (17, 17), (18, 18), (15, 18), (13, 18)])
def test_majors(guardian, source, target, tmp_path):
    store = f"file://{tmp_path}/store"
    with servers.Server(major=source, settings={"wal_level": "logical"}) as old, servers.Server(major=target, settings={"wal_level": "logical"}) as new:
        world.build_everything(old, "everything")
        for role in ("world_owner LOGIN", "world_reader", '"Rôle ""odd""; --"'):
            new.run(f"CREATE ROLE {role}")
        # Debian's pg_dump is 15: for newer servers there are the programs of 18.
        tools = {} if target < 16 else {"GUARDIAN_PG_BIN": subprocess.run([servers.PG_SH, "tools"], capture_output=True, text=True, check=True).stdout.strip()}
        taken = json.loads(call(guardian, old, "everything", "snapshot", "--store", store, "--json", **tools).stdout)
        call(guardian, new, "postgres", "restore", taken["snapshot"], "--store", store, "--into", "everything", **tools)
        found = world.differences(old, "everything", "everything", new)
        assert not found, "\n".join(found[:40])


@pytest.mark.skipif(not DEEP, reason="GUARDIAN_TEST_DEEP=1 runs it: 1 GB and 5,000 tables")
@pytest.mark.parametrize("shape", ["large", "many"])
def test_much(guardian, shape, tmp_path):
    store = f"file://{tmp_path}/store"
    with servers.Server(settings={"shared_buffers": "512MB", "max_locks_per_transaction": "1000"}) as one:
        (world.build_large if shape == "large" else world.build_many_tables)(one, "much", {"large": 1000, "many": 5000}[shape])
        taken = json.loads(call(guardian, one, "much", "snapshot", "--store", store, "--json").stdout)
        call(guardian, one, "much", "restore", taken["snapshot"], "--store", store, "--into", "copy")
        found = world.differences(one, "much", "copy")
        assert not found, "\n".join(found[:40])
        assert world.definitions(one, "much") == world.definitions(one, "copy")
    shutil.rmtree(tmp_path / "store")
