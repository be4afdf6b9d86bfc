"""guardian base: whatever fails leaves no backup."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from harness import lying_store, pitr, server as servers
from harness.bases import PLENTY, SYSTEM, UNPROTECTED, USAGE, accepted, base, fill, listed, unpack

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


@pytest.fixture(scope="module")
def world():
    with pitr.Archive(archive=False, segment_mb=1) as one:  # every backup brings a segment with it, and its size is of no matter here
        fill(one)
        yield one


@pytest.fixture
def fresh(world):
    """The same server, an empty store."""
    subprocess.run(["find", world.store, "-mindepth", "1", "-delete"], check=True)
    return world


# ---- what fails leaves nothing ----


# Behind the manifest all is complete: it was put last of all.
BEHIND = ("manifest: before it is read back", "base: before what is shared", "base: before its manifest is loaded", "proof:")


class Aside:
    """The same server with a store of its own, in which one backup lies."""

    def __init__(self, world, place, first):
        self.server, self.place, self.store, self.tools = world.server, place, place / "store", world.tools
        shutil.copytree(first, self.store)
        self.guardian = lambda *words, env=None, **more: world.guardian(*words, env={"GUARDIAN_STORE": f"file://{self.store}", **(env or {})}, **more)

    def change(self):
        """One table differs from the backup before, in its last page only; the other one is the same."""
        self.server.run("BEGIN; SELECT x FROM here WHERE g > 119990 FOR UPDATE; COMMIT")


def points(world):
    world.change()
    ran = world.guardian("base", "--json", env={"GUARDIAN_FAULT": "list"})
    names = {line.split(": ", 1)[1] for line in ran.stderr.splitlines() if line.startswith("fault point: ")}
    return sorted(name for name in names if name.startswith(("base:", "object:", "manifest:", "proof:")))


def break_at(world, name, how):
    before = listed(world)
    world.change()
    ran = world.guardian("base", "--json", env={"GUARDIAN_FAULT": f"@{name}{how}"}, status=None)
    new = [one for one in listed(world) if one not in before]
    assert ran.returncode != 0 or (new and name == BEHIND[2]), (name, how)
    assert not new or name.startswith(BEHIND), (name, how)
    for one in new:
        world.guardian("verify", one)


def test_a_kill_or_a_failure_at_any_point_leaves_nothing_that_is_listed(fresh, tmp_path):
    """What has changed, what has not and what is compared with the backup before stands in the way of every fault."""
    base(fresh)
    aside = Aside(fresh, tmp_path, fresh.store)
    names = points(aside)
    assert len([name for name in names if name.startswith("base:")]) >= 10, names
    for at, name in enumerate(names):
        for how in (":exit", "") if DEEP else ((":exit", "")[at % 2],):
            break_at(aside, name, how)
    taken = base(aside)
    accepted(aside, unpack(aside, taken, tmp_path / "after"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_backup(fresh, number):
    process = subprocess.Popen([pitr.GUARDIAN, "base", "--rate", "1MB"], env={**fresh.server.env(), "GUARDIAN_STORE": fresh.url, "GUARDIAN_DB": fresh.server.uri()},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(number)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == SYSTEM and signal.Signals(number).name in said
    assert listed(fresh) == []
    for _ in range(100):
        if fresh.value("SELECT count(*) FROM pg_replication_slots") == 0:
            return
        time.sleep(0.1)
    raise AssertionError("a slot was left")


LIES = [("put part", "store_flip"), ("put part", "store_short"), ("put part", "status"), ("get", "flip")]


@pytest.mark.parametrize("op, do", LIES)
def test_a_store_that_fails_or_lies_about_an_object_has_no_backup(world, op, do):
    with lying_store.LyingStore() as liar:
        env = {**liar.variables(), "GUARDIAN_STORE": "s3://guardian/p", "GUARDIAN_STORE_RETRY": "2s"}
        liar.lie(op, do, times=-1 if do == "status" else 1, key="/data/", after=100, status=503)
        ran = base(world, status=UNPROTECTED, env=env)
        assert "data/" in ran.stderr
        assert not [key for key in liar.objects if key.endswith("manifest.json")] and not liar.uploads
        liar.lies.clear()
        assert base(world, env=env)["proof"] == "digest"


def test_a_damaged_page_makes_no_backup():
    with pitr.Archive(archive=False) as world:
        server = world.server
        world.server.run(f"CREATE TABLE here AS {PLENTY}")
        world.server.run("CHECKPOINT")
        path = world.data / world.value("SELECT pg_relation_filepath('here')")
        subprocess.run([servers.PG_SH, "stop", server.dir], check=True)
        tool = shutil.which("pg_checksums", path=f"{world.tools}:/usr/lib/postgresql/15/bin")
        subprocess.run([*pitr.AS_SERVER, tool, "--enable", "-N", "-D", world.data], check=True, capture_output=True)
        with open(path, "r+b") as file:
            file.seek(3 * 8192 + 4000)
            file.write(b"bitrot")
        subprocess.run([servers.PG_SH, "start", server.dir, "-c", "wal_level=replica"], check=True, capture_output=True)
        ran = base(world, status=UNPROTECTED)
        assert "checksum" in ran.stderr and "pg_amcheck" in ran.stderr
        assert listed(world) == []


def test_a_server_that_dies_in_the_middle_has_no_backup():
    with pitr.Archive(archive=False) as world:
        process = subprocess.Popen([pitr.GUARDIAN, "base", "--rate", "1MB"], env={**world.server.env(), "GUARDIAN_STORE": world.url, "GUARDIAN_DB": world.server.uri()},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        assert process.poll() is None
        world.server.crash()
        said = process.communicate(timeout=30)[1]
        assert process.returncode in (UNPROTECTED, SYSTEM) and "base backup" in said, said
        assert listed(world) == []


def test_what_is_missing_is_said(fresh):
    server = fresh.server
    server.run("DROP ROLE IF EXISTS plain")
    server.run("CREATE ROLE plain LOGIN")
    env = {"GUARDIAN_DB": server.uri(user="plain")}
    ran = base(fresh, status=USAGE, env=env)
    assert "REPLICATION" in ran.stderr and "guardian snapshot" in ran.stderr
    server.run("ALTER ROLE plain REPLICATION")
    taken = base(fresh, env=env)
    assert taken["proof"] == "digest"
    assert "takes an operand with --incremental only" in base(fresh, "x", status=USAGE).stderr
    assert "no incremental base backups" in base(fresh, "--incremental", status=USAGE).stderr
    assert "there is no snapshot" in fresh.guardian("verify", "20990101", status=USAGE).stderr
    server.run("DROP ROLE plain")
