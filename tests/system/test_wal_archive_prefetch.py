"""guardian wal fetch --prefetch: what is fetched ahead makes a recovery faster, and never another one."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from harness.lack import lack
from harness.pitr import AS_SERVER, Archive

COUNT = 8


class World(Archive):
    """A server with some segments in its store behind a base backup, of which copies are made."""

    def __init__(self):
        super().__init__(segment_mb=1)
        (self.place / "fetch").write_text((self.place / "fetch").read_text().replace("wal fetch", "wal fetch --prefetch 4"))
        self.server.run("CREATE TABLE ledger (n int)")
        self.base = self.copy()
        self.names = []
        for n in range(COUNT):
            self.server.run(f"INSERT INTO ledger VALUES ({n})")
            self.names.append(self.switch())

    def another(self):
        """A copy of the base backup: recoveries begin at the same place."""
        folder = pathlib.Path(f"{self.base}.{time.time_ns()}")
        subprocess.run(["cp", "-a", self.base, folder], check=True)
        conf = folder / "postgresql.auto.conf"
        conf.write_text(conf.read_text().replace(str(self.base), str(folder)))
        return folder

    def background(self, folder):
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                if b"fetch" in words and os.readlink(process / "cwd") == str(folder) and os.readlink(process / "fd" / "2") == "/dev/null":
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def forget(self, folder):
        self.end(folder)
        for pid in self.background(folder):
            os.kill(pid, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)

    def more(self, text):
        (self.place / "more").write_text(text)

    def spooled(self, folder):
        return sorted(folder.glob("pg_wal/guardian/*/fetch/0*.????????????????????????????????????????????????????????????????"))


@pytest.fixture(scope="module")
def world():
    with World() as one:
        yield one


@pytest.fixture
def copy(world):
    folder = world.another()
    yield folder
    world.more("")
    world.forget(folder)


def step(world, folder, name, status=0):
    """One call of restore_command; what is in place then."""
    (folder / "postmaster.pid").touch()  # as if a server ran here
    ran = subprocess.run([*AS_SERVER, world.place / "fetch", name, "pg_wal/RECOVERYXLOG"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == status, (ran.returncode, (world.place / "fetch.log").read_text()[-2000:])
    target = folder / "pg_wal" / "RECOVERYXLOG"
    content = target.read_bytes() if status == 0 else None
    target.unlink(missing_ok=True)
    return content


def wait(condition, seconds=20):
    for _ in range(seconds * 50):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it does not come")


def plain(world, name):
    return subprocess.run(["zstd", "-dc", world.stored(name)], capture_output=True, check=True).stdout


def test_a_recovery_takes_what_was_fetched_ahead(world, copy):
    world.recovered(copy)
    assert world.ask(copy, "SELECT count(*) FROM ledger") == str(COUNT)


def test_what_is_ahead_is_bounded_and_moves_on(world, copy):
    assert step(world, copy, world.names[0]) == plain(world, world.names[0])
    wait(lambda: len(world.spooled(copy)) == 4)
    time.sleep(0.3)
    assert [path.name[:24] for path in world.spooled(copy)] == world.names[1:5]
    (pid,) = world.background(copy)
    for name in world.names[1:6]:
        assert step(world, copy, name) == plain(world, name)
    assert world.background(copy) == [pid]
    step(world, copy, world.names[0])  # a server that begins again
    wait(lambda: [path.name[:24] for path in world.spooled(copy)] == world.names[1:5])
    os.kill(pid, signal.SIGTERM)
    wait(lambda: not world.spooled(copy) and not world.background(copy))


def test_the_end_is_asked_of_the_store_each_time(world, copy):
    """What was absent when it was looked for ahead is there when it is needed."""
    late = world.stored(world.names[3])
    aside = world.place / "late"
    shutil.move(late, aside)
    try:
        step(world, copy, world.names[0])
        wait(lambda: len(world.spooled(copy)) >= 2)
        time.sleep(0.3)
        for name in world.names[1:3]:
            step(world, copy, name)
        step(world, copy, world.names[3], status=255)  # a hole, and no end
    finally:
        shutil.move(aside, late)
    for name in world.names[3:]:
        assert step(world, copy, name) == plain(world, name)
    following = f"{int(world.names[-1], 16) + 1:024X}"
    step(world, copy, following, status=1)


@pytest.mark.parametrize("damage", ["flipped", "short", "another", "empty"])
def test_a_disk_that_lies_is_found(world, copy, damage):
    step(world, copy, world.names[0])
    wait(lambda: len(world.spooled(copy)) == 4)
    path = world.spooled(copy)[0]
    content = bytearray(path.read_bytes())
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    path.write_bytes({"flipped": flipped, "short": content[:-8192], "another": world.spooled(copy)[1].read_bytes(), "empty": b""}[damage])
    assert step(world, copy, world.names[1]) == content
    assert step(world, copy, world.names[2]) == plain(world, world.names[2])


def test_killed_while_it_fetches(world, copy):
    world.more("export GUARDIAN_FAULT='@wal: before a segment that is fetched ahead is whole#2:exit'\n")
    for name in world.names[:5]:
        assert step(world, copy, name) == plain(world, name)
    if "fault" not in subprocess.run(["strings", "-n", "8", os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]], capture_output=True, text=True).stdout:
        lack("this build has no fault points")
    world.more("")
    for pid in world.background(copy):
        os.kill(pid, signal.SIGKILL)
    for name in world.names[5:]:
        assert step(world, copy, name) == plain(world, name)
    wait(lambda: not list(copy.glob("pg_wal/guardian/*/fetch/.#*")))


@pytest.mark.parametrize("trouble", ["gone", "damaged"])
def test_recovery_stops_where_the_store_does(world, copy, trouble):
    """The store goes away, or is damaged, in the middle: what was fetched ahead is used, and then the server stops."""
    victim = world.stored(world.names[5])
    kept = victim.read_bytes()
    gone = world.place / "store.gone"
    if trouble == "damaged":
        victim.write_bytes(kept[: len(kept) // 2])
    else:
        world.more(f'case $3 in *{world.names[5]}) mv {world.store} {gone} 2>/dev/null ;; esac\n'.replace("$3", "$1"))
        world.place.chmod(0o777)
    try:
        world.start(copy)
        wait(lambda: "FATAL" in (copy / "log").read_text())
        log = (copy / "log").read_text()
        assert "archive recovery complete" not in log, log
        assert f'restored log file "{world.names[4]}"' in log, log
    finally:
        if gone.exists():
            gone.rename(world.store)
        victim.write_bytes(kept)


def test_the_spool_cannot_be_written(world, copy):
    world.more("export GUARDIAN_SPOOL=/proc/guardian\n")
    assert step(world, copy, world.names[0]) == plain(world, world.names[0])
    assert not world.background(copy)


def test_a_spool_on_another_file_system(world, copy):
    if os.stat("/dev/shm").st_dev == os.stat(copy).st_dev:
        pytest.skip("this machine has one file system only: nothing that .ci/packages could install")
    folder = pathlib.Path(f"/dev/shm/gd-spool-{os.getpid()}")
    folder.mkdir()
    shutil.chown(folder, "postgres") if AS_SERVER else None
    world.more(f"export GUARDIAN_SPOOL={folder}\n")
    try:
        step(world, copy, world.names[0])
        wait(lambda: len(list(folder.glob("*/fetch/0*"))) >= 4)
        for name in world.names[1:5]:
            assert step(world, copy, name) == plain(world, name)
    finally:
        for pid in world.background(copy):
            os.kill(pid, signal.SIGTERM)
        wait(lambda: not world.background(copy))
        shutil.rmtree(folder)
