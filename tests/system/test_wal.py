"""guardian wal push and fetch: a server archives with them, and a copy of it recovers with them.

What restore_command must never do is say that the WAL ends when it does not: the server would promote itself and report success.
"""

import json
import pathlib
import shutil
import subprocess
import time

import pytest

from harness import pitr, server as servers
from harness.lack import lack
from harness.pitr import AS_SERVER, GUARDIAN


@pytest.fixture(scope="module")
def world():
    one = pitr.Archive()
    yield one
    one.stop()


def test_what_was_archived_recovers(world):
    world.server.run("CREATE TABLE ledger (n int)")
    folder = world.copy()
    for n in range(5):
        world.server.run(f"INSERT INTO ledger SELECT {n} FROM generate_series(1, 1000)")
        world.switch()
    try:
        world.recovered(folder)
        assert world.ask(folder, "SELECT count(*), max(n) FROM ledger") == "5000|4"
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
        assert ": it is of the cluster with system identifier" in world.wal("push", name, "--data-directory", data, status=8, cwd=data).stderr


def test_history_and_labels_are_stored(world):
    (world.place / "00000002.history").write_text("1\t0/3000000\tno recovery target specified\n")
    world.wal("push", world.place / "00000002.history")
    world.wal("fetch", "00000002.history", world.place / "back")
    assert (world.place / "back").read_text().startswith("1\t0/3000000")
    world.copy()
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


def test_what_cannot_be_understood_is_no_end_either(world):
    """A misspelt restore_command, a variable that cannot be read: anything but 255 and the server promotes."""
    name, target = "00000009.history", world.place / "target"
    for words in (["fetch", name, target, "--stor", "x"], ["fetch", name, target, "more"], ["fetsh", name, target], [], ["--level", "many", "fetch", name, target]):
        world.wal(*words, status=255)
    world.wal("fetch", name, target, status=255, env={"GUARDIAN_LEVEL": "many"})
    world.wal("push", status=2)
    world.wal("push", "x", "--stor", "x", status=2)
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
    folder = world.copy()
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
        for _ in range(600):  # pg_ctl ends before recovery does
            log = (folder / "log").read_text()
            if "FATAL" in log or "archive recovery complete" in log:
                break
            time.sleep(0.05)
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
