"""Marks: restore points that were seen in the store, and recoveries that stop at them."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from harness import pitr
from harness import server as servers
from harness.lack import lack

DRIVE = str(pathlib.Path(os.environ.get("GD_BUILD", "build"), "system", "drive_mark"))
CHANGE = "20261122T214807Z-3f9c01d2aa"
OTHER = "20261122T214808Z-0000000000"


class World(pitr.Archive):
    def drive(self, *words, user="postgres", env=None, status=0):
        ran = subprocess.run([DRIVE, self.server.uri(user=user), self.url, *map(str, words)], env={**os.environ, **(env or {})}, capture_output=True, text=True,
                             timeout=60)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        self.said = ran.stderr
        marks = [line.split(" ", 1) for line in ran.stdout.splitlines()]
        self.seconds = [float(seconds) for seconds, _ in marks]
        return [json.loads(text) for _, text in marks]

    def make(self, change=CHANGE, where="before", wait_ms=10000, **options):
        return (self.drive("make", change, where, wait_ms, **options) or [None])[0]

    def system(self):
        return self.value("SELECT system_identifier::text FROM pg_control_system()")

    def gate(self, open_):
        (self.place / "more").write_text("" if open_ else "exit 1\n")


@pytest.fixture(scope="module")
def world():
    with World() as one:
        yield one


def test_a_mark_is_seen_before_it_counts(world):
    mark = world.make()
    assert mark["seen"] and not mark["after"] and mark["change"] == CHANGE and mark["database"] == "postgres"
    assert mark["name"].startswith(f"guardian-{CHANGE}-before-") and len(mark["name"]) <= 63
    assert mark["system_identifier"] == world.system() and mark["timeline"] == 1
    segment = world.value("SELECT pg_walfile_name(%s)", parameters=[mark["lsn"]])
    if (world.tools / "pg_waldump").exists():
        dumped = subprocess.run([world.tools / "pg_waldump", "--rmgr=XLOG", "-p", world.data / "pg_wal", segment], capture_output=True, text=True)
        assert f"RESTORE_POINT {mark['name']}" in dumped.stdout
    plain = subprocess.run(["zstd", "-dc", world.stored(segment)], capture_output=True, check=True).stdout
    assert mark["name"].encode() in plain
    stored = json.loads((world.store / f"v1/{world.system()}/marks/{mark['id']}.json").read_text())
    assert stored == mark
    assert world.value("SELECT %s::xid8 < pg_snapshot_xmax(pg_current_snapshot())", parameters=[str(mark["transaction"])])
    assert world.value("SELECT abs(extract(epoch FROM clock_timestamp() - %s::timestamptz)) < 60", parameters=[mark["time"]])


def test_it_is_quick(world):
    best = 9.0
    for _ in range(3):
        world.make()
        best = min(best, world.seconds[0])
    assert best < 2.0


def test_no_name_is_used_twice_and_each_is_found(world):
    first, second, behind = world.make(), world.make(), world.make(where="after", wait_ms=0)
    assert len({first["name"], second["name"], behind["name"]}) == 3 and behind["after"] and not behind["seen"]
    listed = world.drive("list", world.system())
    assert [one["id"] for one in listed] == sorted(one["id"] for one in listed) and len(listed) >= 3
    first_of_all = next(one for one in listed if one["change"] == CHANGE and not one["after"] and one["seen"])
    assert world.drive("find", world.system(), CHANGE, "before") == [first_of_all]
    assert world.drive("find", world.system(), CHANGE, "after") == [behind]
    assert world.drive("find", world.system(), OTHER, "before") == []
    assert world.make(change="")["name"].startswith("guardian-2")


def test_what_cannot_be_read_marks_nothing(world):
    known = world.drive("list", world.system())
    folder = world.store / f"v1/{world.system()}/marks"
    for name, text in {"20261122T214900Z-0000000001.json": "{", "20261122T214900Z-0000000002.json": json.dumps(known[0]), "x.json": json.dumps(known[0])}.items():
        (folder / name).write_text(text)
    assert world.drive("list", world.system()) == known
    for name in ("20261122T214900Z-0000000001.json", "20261122T214900Z-0000000002.json", "x.json"):
        (folder / name).unlink()


def test_a_recovery_stops_there(world):
    world.server.run("CREATE TABLE IF NOT EXISTS kept (n int)")
    folder = None
    settings = []
    marks = []
    for n in (1, 2):
        world.server.run("INSERT INTO kept VALUES (%s)", parameters=[n])
        if n == 1:
            folder = world.copy()
        marks.append(world.make())
        settings.append(marks[-1]["name"])
    world.server.run("INSERT INTO kept VALUES (3)")
    world.switch()
    with open(folder / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
        conf.write(f"recovery_target_name = '{marks[1]['name']}'\n")
    try:
        world.recovered(folder)
        assert world.ask(folder, "SELECT array_agg(n ORDER BY n) FROM kept") == "{1,2}"
    finally:
        world.end(folder)


def test_what_does_not_arrive_does_not_count(world):
    world.gate(False)
    known = world.drive("list", world.system())
    try:
        began = time.monotonic()
        assert world.make(wait_ms=700, status=4) is None
        assert time.monotonic() - began < 5
        assert "did not reach the store within 0.7 s" in world.said and "archive_command" in world.said
        assert world.drive("list", world.system()) == known
        late = subprocess.Popen([DRIVE, world.server.uri(), world.url, "make", CHANGE, "before", "60000"], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        assert late.poll() is None
    finally:
        world.gate(True)
    out, _ = late.communicate(timeout=70)
    assert json.loads(out.split(" ", 1)[1])["seen"]


@pytest.mark.parametrize("damage", ["flipped", "cut", "another"])
def test_what_is_stored_wrongly_is_seen(world, damage):
    """A lying store: what was put is not what it gives."""
    world.switch()
    good = world.make()
    segment = world.value("SELECT pg_walfile_name(%s)", parameters=[good["lsn"]])
    path = world.stored(segment)
    kept = path.read_bytes()
    path.chmod(0o644)
    world.gate(False)
    try:
        late = subprocess.Popen([DRIVE, world.server.uri(), world.url, "make", CHANGE, "before", "5000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        name = world.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn() - 16777216)")
        data = {"flipped": kept[: len(kept) // 2] + bytes([kept[len(kept) // 2] ^ 0x55]) + kept[len(kept) // 2 + 1 :], "cut": kept[:-9], "another": kept}[damage]
        (path.parent / f"{name}.zst").write_bytes(data)
        out, said = late.communicate(timeout=30)
        assert late.returncode == 8 and out == "", said
        (path.parent / f"{name}.zst").unlink()
    finally:
        world.gate(True)
    world.switch()


def test_who_may_not_is_told_what_to_grant(world):
    world.server.run("DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN")
    world.make(user="plain", status=4)
    assert 'role "plain" may not' in world.said and "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal()" in world.said
    world.server.run("GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO plain")
    world.make(user="plain", wait_ms=300, status=4)
    assert "pg_switch_wal" in world.said
    assert not world.make(user="plain", wait_ms=0)["seen"]
    world.server.run("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO plain")
    assert world.make(user="plain")["seen"]
    world.server.run("REVOKE ALL ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) FROM plain; DROP ROLE plain")


def test_another_clusters_place(world):
    world.make(env={"SYSTEM": "7301234567890123456"}, status=4)
    assert "7301234567890123456" in world.said and world.system() in world.said


def test_wal_level_minimal_and_a_standby(world):
    with servers.Server(settings={"wal_level": "minimal", "max_wal_senders": "0"}) as other:
        ran = subprocess.run([DRIVE, other.uri(), world.url, "make", CHANGE, "before", "0"], capture_output=True, text=True)
        assert ran.returncode == 4 and "wal_level is minimal" in ran.stderr and "wal_level = replica" in ran.stderr
    with servers.Server(standby_of=world.server) as other:
        ran = subprocess.run([DRIVE, other.uri(), world.url, "make", CHANGE, "before", "0"], capture_output=True, text=True)
        assert ran.returncode == 4 and "standby" in ran.stderr


@pytest.mark.parametrize("point", ["made", "segment ended", "seen"])
def test_killed_on_the_way_nothing_counts(world, point):
    known = world.drive("list", world.system())
    ran = subprocess.run([DRIVE, world.server.uri(), world.url, "make", CHANGE, "before", "10000"], env={**os.environ, "GUARDIAN_FAULT": f"@mark: {point}:exit"},
                         capture_output=True, text=True)
    if ran.returncode == 0:
        lack("this build has no fault points")
    assert world.drive("list", world.system()) == known
    assert world.make()["seen"]
