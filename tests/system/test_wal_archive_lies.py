"""A store on S3 that lies, is slow or away: archiving and restore_command believe nothing that was not read back."""

import os
import shutil

import pytest

from harness import lying_store
from harness.pitr import AS_SERVER, Archive


class World(Archive):
    def __init__(self):
        super().__init__(segment_mb=1)
        self.name = self.switch()
        self.file = self.place / self.name
        self.wal("fetch", self.name, self.file)
        self.target = self.place / "target"

    def on(self, liar, *words, status=0):
        env = {**liar.variables(), "GUARDIAN_STORE": "s3://guardian/p", "GUARDIAN_STORE_RETRY": "700ms", "GUARDIAN_STORE_STALL": "1s"}
        return self.wal(*words, status=status, env=env)

    def fetched(self):
        content = self.target.read_bytes()
        self.target.unlink()
        return content


@pytest.fixture(scope="module")
def world():
    with World() as one:
        yield one


@pytest.fixture
def liar():
    with lying_store.LyingStore() as one:
        yield one


@pytest.mark.parametrize("do", ["store_flip", "store_short"])
def test_a_put_that_the_store_spoilt_is_no_success(world, liar, do):
    """It says that all is well; what was read back says otherwise. It is taken back, the server keeps its file and tries again."""
    liar.lie("put", do, times=-1, key="/wal/", after=300)
    said = world.on(liar, "push", world.file, status=10).stderr
    assert "could not be read back" in said
    assert not [key for key in liar.objects if "/wal/" in key]
    liar.lies.clear()
    world.on(liar, "push", world.file)
    world.on(liar, "fetch", world.name, world.target)
    assert world.fetched() == world.file.read_bytes()


@pytest.mark.parametrize("op, do, more", [("put", "lost", {}), ("put", "reset", {"after": 1000}), ("put", "status", {"status": 503}), ("get", "cut", {"after": 2000}),
                                          ("head", "status", {"status": 500})])
def test_what_went_wrong_once_is_tried_again(world, liar, op, do, more):
    liar.lie(op, do, key="/wal/", **more)
    world.on(liar, "push", world.file)
    liar.lie(op, do, key="/wal/", **more)
    world.on(liar, "fetch", world.name, world.target)
    assert world.fetched() == world.file.read_bytes()


@pytest.mark.parametrize("op, do, more", [
    ("*", "status", {"status": 503}), ("*", "status", {"status": 403, "code": "AccessDenied"}), ("*", "status", {"status": 404, "code": "NoSuchBucket"}),
    ("*", "hang", {"seconds": 3}), ("get", "short_body", {"after": 2000}), ("get", "flip", {"after": 2000}), ("*", "garbage", {}),
])
def test_no_trouble_is_an_end(world, liar, op, do, more):
    """Whatever the store says but that it has no such object, restore_command ends with 255: of a file that is there, and of one that is not."""
    world.on(liar, "push", world.file)
    liar.lie(op, do, times=-1, **more)
    world.on(liar, "fetch", world.name, world.target, status=255)
    if op == "*":
        world.on(liar, "fetch", "00000007.history", world.target, status=255)
        world.on(liar, "fetch", f"{world.name[:-2]}F0", world.target, status=255)
    assert not world.target.exists()
    liar.lies.clear()
    world.on(liar, "fetch", "00000007.history", world.target, status=1)
    world.on(liar, "fetch", f"{world.name[:-2]}F0", world.target, status=1)


def test_two_servers_with_one_identifier(world, liar):
    """Where the store lets both put, the one whose bytes are not there any more hears it."""
    other = world.place / "other"
    other.mkdir(exist_ok=True)
    content = bytearray(world.file.read_bytes())
    content[8000] ^= 1
    (other / world.name).write_bytes(content)
    liar.lie("put", "unconditional", times=-1)
    world.on(liar, "push", world.file)
    assert "another file is stored" in world.on(liar, "push", other / world.name, status=3).stderr
    shutil.rmtree(other)


def test_segments_of_one_mebibyte_in_the_background_and_ahead(world):
    """From the server to a copy of it, with --async and --prefetch all the way."""
    place = world.place
    for name, more in (("push", "--async"), ("fetch", "--prefetch 8")):
        script = place / name
        script.write_text(script.read_text().replace(f"wal {name}", f"wal {name} {more}"))
    folder = world.copy()
    world.server.run("CREATE TABLE ledger (n int)")
    for n in range(12):
        world.server.run(f"INSERT INTO ledger SELECT {n} FROM generate_series(1, 5000)")
    world.server.run("SELECT pg_switch_wal()")
    world.switch()
    labels = list(world.store.glob("v1/*/wal/*/*.backup.zst"))
    assert labels
    assert {path.stat().st_size for path in (world.data / "pg_wal").glob("0*0") if "." not in path.name} <= {1 << 20}
    try:
        world.recovered(folder)
        assert world.ask(folder, "SELECT count(*), max(n) FROM ledger") == "60000|11"
    finally:
        world.end(folder)


def test_all_kinds_of_files_go_the_background_way(world):
    """Histories first; .partial files; and a file that is none of this cluster's stops nothing but itself."""
    wal, status = world.data / "pg_wal", world.data / "pg_wal" / "archive_status"
    (wal / "00000003.history").write_text("1\t0/3000000\tno recovery target specified\n")
    shutil.copy(world.file, wal / f"{world.name}.partial")
    foreign = bytearray(world.file.read_bytes())
    foreign[24:32] = b"foreign!"
    (wal / "000000010000000A000000F0").write_bytes(foreign)
    names = ["00000003.history", f"{world.name}.partial", "000000010000000A000000F0"]
    for name in names:
        (status / f"{name}.ready").touch()
        for path in (wal / name, status / f"{name}.ready"):
            shutil.chown(path, "postgres") if AS_SERVER else None
    for name in names[:2]:
        world.wal("push", "--async", f"pg_wal/{name}")
        assert world.stored(name).exists()
    world.wal("push", "--async", f"pg_wal/{names[2]}", status=8)
    for name in names:
        (status / f"{name}.ready").unlink(missing_ok=True)
        (wal / name).unlink(missing_ok=True)
    world.stored(names[0]).unlink()
    assert os.path.exists(world.stored(names[1]))
