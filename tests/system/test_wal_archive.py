"""guardian wal push --async: several files at once in the background, and still nothing is recycled that is not in the store."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from harness.lack import lack
from harness.pitr import AS_SERVER, Archive


class World(Archive):
    def __init__(self):
        place = tempfile.mkdtemp(prefix="gd-wal-archive.")
        super().__init__(place=place, settings={"archive_command": f"{place}/push --async %p", "wal_keep_size": "2GB"})
        self.own_place = True
        self.spool = self.data / "pg_wal" / "guardian"

    def more(self, text):
        (self.place / "more").write_text(text)

    def background(self):
        """Pids of the processes in the background, of this server's folder alone."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"push" in words and os.readlink(folder / "cwd") == str(self.data.resolve()) and os.readlink(folder / "fd" / "2") == "/dev/null":
                    found.append(int(folder.name))
            except (OSError, ValueError):
                continue
        return found

    def fill(self, count):
        """So many segments at once, faster than one after the other is archived; the name of the last."""
        with self.server.connect() as link, link.cursor() as cursor:
            for _ in range(count):
                cursor.execute("SELECT pg_logical_emit_message(false, 'x', repeat('x', 50000)), pg_switch_wal()")
            cursor.execute("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
            return cursor.fetchone()[0]

    def archived(self, name, seconds=60):
        for _ in range(seconds * 20):
            if self.value("SELECT last_archived_wal >= %s FROM pg_stat_archiver", parameters=[name]):
                return
            time.sleep(0.05)
        raise AssertionError((self.place / "push.log").read_text())

    def whole(self):
        """Every segment that the server calls archived is in the store and is what the server wrote."""
        done = [path.name[:-5] for path in (self.data / "pg_wal" / "archive_status").glob("*.done")]
        assert done
        for name in done:
            plain = subprocess.run(["zstd", "-dc", self.stored(name)], capture_output=True, check=True).stdout
            assert plain == (self.data / "pg_wal" / name).read_bytes(), name
        return done


@pytest.fixture(scope="module")
def world():
    with World() as one:
        yield one
        for pid in one.background():
            os.kill(pid, signal.SIGTERM)


def test_what_was_archived_in_the_background_recovers(world):
    world.server.run("CREATE TABLE ledger (n int)")
    folder = world.copy()
    for n in range(4):
        world.server.run(f"INSERT INTO ledger SELECT {n} FROM generate_series(1, 1000)")
        world.fill(2)
    world.archived(world.fill(1))
    assert len(world.background()) == 1
    world.whole()
    try:
        world.recovered(folder)
        assert world.ask(folder, "SELECT count(*), max(n) FROM ledger") == "4000|3"
    finally:
        world.end(folder)


def test_notes_are_taken_away_when_the_server_has_its_answer(world):
    world.archived(world.fill(6))
    for _ in range(200):
        left = [path.name for path in world.spool.glob("*/push/*") if path.name != "lock"]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(left)


def test_a_note_is_held_against_the_file(world):
    """A note that says that a file of this name is stored says nothing about other bytes under this name."""
    name = world.switch()
    path = world.data / "pg_wal" / name
    for pid in world.background():
        os.kill(pid, signal.SIGKILL)
    folder = next(world.spool.glob("*/push"))
    note = {"name": name, "bytes": path.stat().st_size, "sha256": "0" * 64, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    (folder / f"{name}.ok").write_text(json.dumps(note))
    shutil.chown(folder / f"{name}.ok", "postgres") if AS_SERVER else None
    ready = world.data / "pg_wal" / "archive_status" / f"{name}.ready"
    world.stored(name).unlink()
    ready.touch()
    try:
        world.wal("push", f"pg_wal/{name}", "--async")
        assert world.stored(name).exists()
    finally:
        ready.unlink(missing_ok=True)


@pytest.mark.parametrize("point", ["before a file is whole", "before a file is read back", "before a note in the spool", "before a spool is opened"])
def test_killed_anywhere_nothing_is_lost(world, point):
    before = world.value("SELECT failed_count FROM pg_stat_archiver")
    for pid in world.background():
        os.kill(pid, signal.SIGKILL)
    world.more(f"export GUARDIAN_FAULT='@wal: {point}:exit'\n")
    try:
        last = world.fill(3)
        for _ in range(200):
            if world.value("SELECT failed_count FROM pg_stat_archiver") > before:
                break
            if world.value("SELECT last_archived_wal >= %s FROM pg_stat_archiver", parameters=[last]):
                if point == "before a note in the spool":
                    break  # the caller put it itself
                lack("this build has no fault points")
            time.sleep(0.05)
    finally:
        world.more("")
    world.server.run("SELECT pg_reload_conf()")  # wakes the archiver
    world.archived(world.fill(1), seconds=120)
    world.whole()


def test_a_process_that_hangs_stops_nothing(world):
    name = world.fill(1)
    world.archived(name)
    (pid,) = world.background()
    os.kill(pid, signal.SIGSTOP)
    world.more("export GUARDIAN_STORE_RETRY=100ms\n")
    try:
        name = world.fill(1)
        world.archived(name)
    finally:
        world.more("")
        os.kill(pid, signal.SIGKILL)


def test_the_spool_cannot_be_written(world):
    """Full, or not ours: each file is put by the call itself, and the log says why."""
    world.more("export GUARDIAN_SPOOL=/proc/guardian\n")
    try:
        world.archived(world.fill(2))
        assert "could not make the spool folder" in (world.place / "push.log").read_text()
    finally:
        world.more("")


def test_another_file_under_its_name_is_refused(world):
    """Also when the process in the background meets it first; the server counts the failures and keeps the file."""
    before = world.value("SELECT failed_count FROM pg_stat_archiver")
    following = world.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
    donor = world.stored(world.value("SELECT last_archived_wal FROM pg_stat_archiver"))
    target = donor.parent / f"{following}.zst"
    target.write_bytes(donor.read_bytes())
    world.fill(2)
    for _ in range(400):
        if world.value("SELECT failed_count FROM pg_stat_archiver") > before:
            break
        time.sleep(0.05)
    assert world.value("SELECT failed_count FROM pg_stat_archiver") > before
    assert target.read_bytes() == donor.read_bytes()
    target.unlink()
    world.server.run("SELECT pg_reload_conf()")
    world.archived(world.fill(1), seconds=120)
    world.whole()


def test_two_at_once_and_other_paths(world):
    """Any number of calls for one file, and files that the server does not wait for."""
    name = world.switch()
    copy = world.place / name
    shutil.copy(world.data / "pg_wal" / name, copy)
    copy.chmod(0o644)
    running = [subprocess.Popen([*AS_SERVER, os.environ.get("GD_BINARY") or os.environ["GUARDIAN"], "wal", "push", "--async", path], cwd=world.data, env=world.env)
               for path in [f"pg_wal/{name}", str(copy)] * 3]
    assert [one.wait(timeout=60) for one in running] == [0] * 6
    assert len(world.background()) <= 1
