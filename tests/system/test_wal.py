"""guardian wal push and fetch: a server archives with them, and a copy of it recovers with them.

What restore_command must never do is say that the WAL ends when it does not: the server would promote itself and report success.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
SEGMENT = 1 << 20
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
TOOLS = pathlib.Path(subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip())


class World:
    """A server that archives into a store beside it, with segments of 1 MiB."""

    def __init__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="gd-wal."))
        self.place.chmod(0o777)
        self.store = self.place / "store"
        self.env = {**os.environ, "GUARDIAN_STORE": f"file://{self.store}"}
        for name in ("push", "fetch"):
            script = self.place / name
            script.write_text(f'#!/bin/sh\nexport GUARDIAN_STORE="file://{self.store}"\n[ ! -f {self.place}/more ] || . {self.place}/more\n'
                              f'exec {GUARDIAN} wal {name} "$@" 2>>{self.place}/{name}.log\n')
            script.chmod(0o755)
        self.server = servers.Server(settings={"archive_mode": "on", "archive_command": f"{self.place}/push %p", "wal_level": "replica",
                                               "archive_timeout": "0"})
        self.data = pathlib.Path(self.server.dir, "data")
        self.value = self.server.value

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    def wal(self, *words, status=0, cwd=None, env=None):
        ran = subprocess.run([*AS_SERVER, GUARDIAN, "wal", *map(str, words)], cwd=cwd or self.data, env={**self.env, **(env or {})}, capture_output=True, text=True,
                             timeout=60)
        assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def switch(self):
        """The name of the segment that was being written, when it is in the store."""
        name = self.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn()) FROM pg_logical_emit_message(true, 'x', 'x')")
        self.server.run("SELECT pg_switch_wal()")
        for _ in range(600):
            if self.value("SELECT last_archived_wal >= %s FROM pg_stat_archiver", parameters=[name]):
                return name
            self.server.run("SELECT pg_sleep(0.05)")
        raise AssertionError((self.place / "push.log").read_text())

    def stored(self, name):
        return next(self.store.glob(f"v1/*/wal/*/{name}.zst"))

    def base(self):
        """A copy of the data directory that recovers with fetch."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gd-wal-copy.", dir=self.place))
        shutil.rmtree(folder)
        subprocess.run([*AS_SERVER, TOOLS / "pg_basebackup", "-D", folder, "-X", "none", "-c", "fast", "--no-manifest"], env=self.server.env(), check=True,
                       capture_output=True)
        with open(folder / "postgresql.auto.conf", "a") as conf:
            conf.write(f"restore_command = '{self.place}/fetch %f %p'\narchive_mode = off\nlisten_addresses = ''\n"
                       f"unix_socket_directories = '{folder}'\nrecovery_target_action = promote\nlog_min_messages = info\n")
        for name in ("recovery.signal", "more.log"):
            (folder / name).touch()
            shutil.chown(folder / name, "postgres" if AS_SERVER else None, None) if AS_SERVER else None
        return folder

    def start(self, folder):
        """(status of pg_ctl, the log)"""
        ran = subprocess.run([*AS_SERVER, TOOLS / "pg_ctl", "-D", folder, "-l", folder / "log", "-w", "-t", "60", "start"], capture_output=True, text=True)
        return ran.returncode, (folder / "log").read_text()

    def end(self, folder):
        subprocess.run([*AS_SERVER, TOOLS / "pg_ctl", "-D", folder, "-m", "immediate", "-w", "stop"], capture_output=True)


@pytest.fixture(scope="module")
def world():
    one = World()
    yield one
    one.stop()


def copy_value(world, folder, sql):
    env = {**world.server.env(), "PGHOST": str(folder)}
    return subprocess.run(["psql", "-XAtqc", sql], env=env, capture_output=True, text=True, check=True).stdout.strip()


def test_what_was_archived_recovers(world):
    world.server.run("CREATE TABLE ledger (n int)")
    folder = world.base()
    for n in range(5):
        world.server.run(f"INSERT INTO ledger SELECT {n} FROM generate_series(1, 1000)")
        world.switch()
    try:
        status, log = world.start(folder)
        assert status == 0, log
        for _ in range(600):  # the status of pg_ctl says nothing about the end of recovery
            if copy_value(world, folder, "SELECT pg_is_in_recovery() FROM pg_sleep(0.1)") == "f":
                break
        assert copy_value(world, folder, "SELECT count(*), max(n) FROM ledger") == "5000|4"
    finally:
        world.end(folder)


def test_an_object_is_the_file_for_zstd_too(world):
    name = world.switch()
    plain = subprocess.run(["zstd", "-dc", world.stored(name)], capture_output=True, check=True).stdout
    assert len(plain) == 16 << 20
    world.wal("fetch", name, world.place / "again")
    assert (world.place / "again").read_bytes() == plain
    (world.place / "again").unlink()


def test_the_same_again_is_fine_and_another_is_not(world):
    name = world.switch()
    path = world.place / name
    world.wal("fetch", name, path)
    assert json.loads(world.wal("push", path, "--json").stdout)["there_before"]
    text = path.read_bytes()
    other = bytearray(text)
    other[100] ^= 1
    path.write_bytes(other)
    refused = world.wal("push", path, status=3)
    assert "another file is stored" in refused.stderr and "one system identifier" in refused.stderr
    assert subprocess.run(["zstd", "-dc", world.stored(name)], capture_output=True, check=True).stdout == text


def test_a_file_that_is_not_what_its_name_says_is_not_stored(world):
    name = world.switch()
    path = world.place / name
    world.wal("fetch", name, path)
    later = world.place / "0000000100000000000000FE"
    path.rename(later)
    assert "first page is that of" in world.wal("push", later, status=8).stderr
    with open(later, "r+b") as file:
        file.truncate(16 << 19)
    later.rename(path)
    world.stored(name).unlink()
    assert "should have 16777216" in world.wal("push", path, status=8).stderr
    path.write_bytes(b"")
    world.wal("push", path, status=8)
    world.wal("push", "pg_wal/nonsense", status=2)
    assert not list(world.store.glob(f"v1/*/wal/*/{name}.zst"))


def test_another_clusters_file_is_not_stored(world):
    name = world.switch()
    path = world.place / name
    world.wal("fetch", name, path)
    with servers.Server() as other:
        data = pathlib.Path(other.dir, "data")
        shutil.copy(path, data / name)
        (data / name).chmod(0o644)
        assert "system identifier" in world.wal("push", name, "--data-directory", data, status=8, cwd=data).stderr


def test_history_and_labels_are_stored(world):
    (world.place / "00000002.history").write_text("1\t0/3000000\tno recovery target specified\n")
    world.wal("push", world.place / "00000002.history")
    world.wal("fetch", "00000002.history", world.place / "back")
    assert (world.place / "back").read_text().startswith("1\t0/3000000")
    world.base()
    world.switch()
    assert list(world.store.glob("v1/*/wal/*/*.backup.zst"))
    world.stored("00000002.history").unlink()


def test_absent_is_said_only_when_the_store_said_so(world):
    world.switch()
    gone, target = world.place / "store.gone", world.place / "target"
    world.wal("fetch", "0000000900000000000000FE", target, status=1)
    world.wal("fetch", "00000009.history", target, status=1)
    world.store.rename(gone)
    world.wal("fetch", "0000000900000000000000FE", target, status=255)
    gone.rename(world.store)
    for words in (["fetch", "nonsense", target], ["fetch", "00000009.history"], ["fetch"], ["fetch", "00000009.history", "/nowhere/at/all/x", "--store", "ftp://x"]):
        world.wal(*words, status=255)
    world.wal("fetch", "00000009.history", target, status=255, cwd="/")
    world.wal("fetch", "00000009.history", target, status=255, env={"GUARDIAN_STORE": "s3://no-such-bucket", "GUARDIAN_STORE_ENDPOINT": "http://127.0.0.1:9",
                                                                    "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "GUARDIAN_STORE_RETRY": "1s"})
    assert not target.exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "another"])
def test_damage_is_no_end(world, damage):
    name = world.switch()
    path, target = world.stored(name), world.place / "target"
    kept = path.read_bytes()
    other = bytearray(kept)
    other[len(kept) // 2] ^= 0x55
    path.chmod(0o644)
    path.write_bytes({"cut": kept[:-9], "flipped": bytes(other), "empty": b"", "another": world.stored(world.switch()).read_bytes()}[damage])
    assert world.wal("fetch", name, target, status=255).stderr
    assert not target.exists()
    assert not [left for left in world.place.iterdir() if "target" in left.name]
    path.write_bytes(kept)
    world.wal("fetch", name, target)
    target.unlink()


@pytest.mark.parametrize("trouble", ["gone", "damaged"])
def test_recovery_stops_and_never_promotes_short(world, trouble):
    folder = world.base()
    world.server.run("CREATE TABLE IF NOT EXISTS more (n int); INSERT INTO more VALUES (1)")
    world.switch()
    world.server.run("INSERT INTO more VALUES (2)")
    second = world.stored(world.switch())
    kept = second.read_bytes()
    gone = world.place / "store.gone"
    second.chmod(0o644)
    second.write_bytes(kept[: len(kept) // 2])
    if trouble == "gone":
        (world.place / "more").write_text(f'case $1 in *{second.name[16:24]}) GUARDIAN_STORE="file://{gone}" ;; esac\n')
    try:
        world.start(folder)
        log = (folder / "log").read_text()
        assert "archive recovery complete" not in log, log
        assert "FATAL" in log and "restored log file" in log, log
    finally:
        second.write_bytes(kept)
        (world.place / "more").unlink(missing_ok=True)
        world.end(folder)


def test_sealed_with_a_key(world):
    key, name = world.place / "key", world.switch()
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o644)
    path, other = world.place / name, {"GUARDIAN_STORE": f"file://{world.place}/sealed", "GUARDIAN_KEY_FILE": str(key)}
    world.wal("fetch", name, path)
    world.wal("push", path, env=other)
    assert b"\xd1" not in next((world.place / "sealed").glob("v1/*/wal/*/*.zst")).read_bytes()[:8]
    assert json.loads(world.wal("push", path, "--json", env=other).stdout)["there_before"]
    world.wal("fetch", name, world.place / "open", env=other)
    assert (world.place / "open").read_bytes() == path.read_bytes()
    refused = world.wal("fetch", name, world.place / "shut", status=255, env={"GUARDIAN_STORE": other["GUARDIAN_STORE"]})
    assert "encrypted with key" in refused.stderr


def test_killed_before_a_file_is_whole(world):
    name = world.switch()
    path = world.place / name
    world.wal("fetch", name, path)
    world.stored(name).unlink()
    ran = subprocess.run([*AS_SERVER, GUARDIAN, "wal", "push", str(path)], cwd=world.data, env={**world.env, "GUARDIAN_FAULT": "@wal: before a file is whole:exit"},
                         capture_output=True, text=True)
    if ran.returncode == 0:
        lack("this build has no fault points")
    world.wal("fetch", name, world.place / "x", status=1)
    world.wal("push", path)
    world.wal("fetch", name, world.place / "x")
