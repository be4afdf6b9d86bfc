"""guardian wal fetch: what is not there, what is there in part, and what must not pass for the end of the WAL."""

import hashlib
import json
import shutil
import struct
import subprocess

import pytest

from harness.pitr import AS_SERVER, Archive

SEGMENT = 1 << 20


def packed(name, content):
    """An object as docs/formats/wal.md has it, made without Guardian."""
    label = json.dumps({"format": 1, "name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "key": None}).encode()
    return struct.pack("<II", 0x184D2A50, len(label)) + label + subprocess.run(["zstd", "-c", "--check"], input=content, capture_output=True, check=True).stdout


class World(Archive):
    def timeline(self, name):
        return next(self.store.glob("v1/*/wal")) / name[:8]

    def put(self, timeline, key, name, content):
        path = self.timeline(timeline) / f"{key}.zst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(name, content))
        for one in (path, path.parent):
            shutil.chown(one, "postgres") if AS_SERVER else None
        return path

    def piece(self, segment, start, content):
        key = f"{segment}.part/{start:08X}-{start + len(content):08X}"
        return self.put(segment, key, key, content)

    def plain(self, name):
        return subprocess.run(["zstd", "-dc", self.stored(name)], capture_output=True, check=True).stdout

    def fetch(self, name, *words, status=0, cwd=None):
        target = self.place / "target"
        ran = self.wal("fetch", name, target, *words, status=status, cwd=cwd)
        content = target.read_bytes() if status == 0 else None
        assert status == 0 or not target.exists()
        target.unlink(missing_ok=True)
        return content if status == 0 else ran.stderr


@pytest.fixture(scope="module")
def world():
    with World(segment_mb=1) as one:
        one.server.run("CREATE TABLE ledger (n int)")
        yield one


@pytest.fixture
def last(world):
    """The last segment in the store, taken out of it: its name, its bytes, and where its WAL ends."""
    world.switch()
    world.server.run("INSERT INTO ledger SELECT g FROM generate_series(1, 1000) g")
    name = world.switch()
    content = world.plain(name)
    path = world.stored(name)
    kept = path.read_bytes()
    path.unlink()
    used = len(content.rstrip(b"\0"))
    yield name, content, (used + 8191) // 8192 * 8192
    shutil.rmtree(path.parent / f"{name}.part", ignore_errors=True)
    (path.parent / f"{name}.partial.zst").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(kept)
    shutil.chown(path, "postgres") if AS_SERVER else None


def test_pieces_are_given_with_zeros_behind_them(world, last):
    name, content, used = last
    cut = 8192 * 3 + 1000
    world.piece(name, 0, content[:cut])
    given = world.fetch(name)
    assert given == content[:cut] + bytes(SEGMENT - cut)
    world.piece(name, cut, content[cut:used])
    world.piece(name, 8192, content[8192:cut])  # of another receiver: they overlap
    assert world.fetch(name) == content
    (world.timeline(name) / f"{name}.part/{0:08X}-{cut:08X}.zst").unlink()
    assert "a hole" in world.fetch(name, status=255)
    assert world.fetch(name, "--end-at-hole", status=1) is not None


@pytest.mark.parametrize("end", [8192 + 10, 30, 39])
def test_a_head_that_is_cut_off_says_nothing(world, last, end):
    name, content, _ = last
    world.piece(name, 0, content[:end])
    if end < 8192:
        world.fetch(name, status=1)
    else:
        assert world.fetch(name) == content[:8192] + bytes(SEGMENT - 8192)


def test_a_recovery_comes_to_the_end_of_what_was_streamed(world):
    folder = world.copy()
    world.server.run("INSERT INTO ledger VALUES (-1)")
    world.switch()
    world.server.run("INSERT INTO ledger VALUES (-2)")
    name = world.switch()
    content, path = world.plain(name), world.stored(name)
    kept = path.read_bytes()
    path.unlink()
    used = (len(content.rstrip(b"\0")) + 8191) // 8192 * 8192
    piece = world.piece(name, 0, content[:used])
    try:
        world.recovered(folder)
        assert world.ask(folder, "SELECT count(*) FROM ledger WHERE n < 0") == "2"
    finally:
        world.end(folder)
        path.write_bytes(kept)
        shutil.rmtree(piece.parent)


def test_damaged_pieces_are_no_end(world, last):
    name, content, used = last
    path = world.piece(name, 0, content[:used])
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 0x40
    path.write_bytes(text)
    world.fetch(name, status=255)
    other = bytearray(content[:used])
    other[24:32] = b"otherone"
    path.unlink()
    world.piece(name, 0, bytes(other))
    assert "not of this cluster" in world.fetch(name, status=255)


def test_wal_behind_a_missing_segment_makes_it_a_hole(world, last):
    name, content, used = last
    behind = world.switch()
    said = world.fetch(name, status=255)
    assert "a hole" in said and "wal check" in said
    world.fetch(name, "--end-at-hole", status=1)
    world.piece(name, 0, content[:used])
    assert "is not whole, and the store holds WAL behind it" in world.fetch(name, status=255)
    assert world.fetch(name, "--end-at-hole") == content
    data = world.place / f"standby-{behind}"
    (data / "global").mkdir(parents=True)
    shutil.copy(world.data / "global" / "pg_control", data / "global")
    (data / "standby.signal").touch()
    for one in (data / "global" / "pg_control", data / "global", data):
        one.chmod(0o755)
    assert world.fetch(name, cwd=data) == content  # it will ask again
    shutil.rmtree(world.timeline(name) / f"{name}.part")
    world.fetch(name, status=1, cwd=data)


def test_what_a_promoted_standby_had_is_better_than_nothing(world, last):
    name, content, used = last
    foreign = content[:used] + content[: SEGMENT - used]  # what the segment held before it was recycled
    world.put(name, f"{name}.partial", f"{name}.partial", foreign)
    assert world.fetch(name) == content
    world.piece(name, 0, content[:8192])
    assert world.fetch(name) == content
    world.wal("fetch", f"{name}.partial", world.place / "target")
    assert (world.place / "target").read_bytes() == foreign
    (world.place / "target").unlink()


def test_a_history_file_is_not_absent_when_its_timeline_is_there(world):
    name = world.switch()
    world.fetch("00000005.history", status=1)
    other = world.put("00000005", f"00000005{name[8:]}", f"00000005{name[8:]}", b"x")
    assert "the history file of timeline 5" in world.fetch("00000005.history", status=255)
    other.unlink()
    other.parent.rmdir()
    world.fetch("00000001.history", status=1)


def test_another_store_is_not_an_empty_one(world):
    """A store that was never archived into: the URL is wrong, or the variable did not reach the server."""
    name = world.switch()
    empty = world.place / "empty"
    empty.mkdir(exist_ok=True)
    empty.chmod(0o777)
    assert "holds no WAL of this cluster" in world.fetch(name, "--store", f"file://{empty}", status=255)
    home = world.place / "home"
    home.mkdir(exist_ok=True)
    target = world.place / "target"
    world.wal("fetch", name, target, status=255, env={"GUARDIAN_STORE": "", "HOME": str(home), "XDG_STATE_HOME": str(home)})
    assert not target.exists()


def test_what_was_filled_up_is_not_archived_as_whole(world, last):
    """archive_mode=always: a server that recovers archives what restore_command gave it."""
    name, content, used = last
    world.piece(name, 0, content[:used])
    data = world.place / "recovering"
    (data / "global").mkdir(parents=True)
    shutil.copy(world.data / "global" / "pg_control", data / "global")
    (data / "recovery.signal").touch()
    path = data / name
    path.write_bytes(world.fetch(name))
    for one in (data / "global" / "pg_control", data / "global", data, path):
        one.chmod(0o755)
    assert "not whole in the store yet" in world.wal("push", path, status=3, cwd=data).stderr
    (data / "recovery.signal").unlink()
    world.wal("push", path, cwd=data)  # a primary that switched there
