"""guardian wal check: what it says can be recovered can be, and what cannot is named.

A server archives, is backed up, and its standby is promoted; then objects are taken away and damaged, one by one.
"""

import json
import os
import subprocess
import time

import pytest

from harness import pitr
from harness import server as servers


class World:
    """Base backups on both timelines, WAL of both, and a ledger of what was committed."""

    def __init__(self):
        self.old = pitr.Archive()
        try:
            self._make()
        except BaseException:
            self.stop()
            raise

    def _make(self):
        old = self.old
        old.server.run("CREATE TABLE IF NOT EXISTS fill (t text)")
        self.bases = [self.base(old)]
        with pitr.Ledger(old.server) as ledger:
            for _ in range(3):
                ledger.wait(20)
                old.switch()
            self.bases.append(self.base(old))
            ledger.wait(20)
            old.switch()
        self.rows = ledger.rows
        self.new = pitr.Archive(standby_of=old.server, place=old.place)
        old.server.run("INSERT INTO fill VALUES ('x')")
        for _ in range(200):
            if self.new.value("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", parameters=[old.value("SELECT pg_current_wal_lsn()::text")]):
                break
            self.new.server.run("SELECT pg_sleep(0.05)")
        old.server.run("SELECT pg_switch_wal()")
        old.server.stop()
        self.new.server.run("SELECT pg_promote()")
        self.new.switch()
        self.bases.append(self.base(self.new))
        self.new.switch()

    def stop(self):
        if hasattr(self, "new"):
            self.new.stop()
        self.old.stop()

    def base(self, archive):
        return json.loads(archive.guardian("base", "--json", as_server=True).stdout)["base"]

    def check(self, *words, status=0):
        ran = self.new.guardian("wal", "check", "--json", *words, status=status, as_server=True)
        return json.loads(ran.stdout)["clusters"][0]

    def objects(self, pattern):
        return sorted(self.old.store.glob(f"v1/*/{pattern}"))


@pytest.fixture(scope="module")
def world():
    one = World()
    yield one
    one.stop()


def window_of(seen):
    return max(seen["windows"], key=lambda one: (one["timeline"], pitr.lsn(one["to_lsn"])))


def claims(seen, timeline, at):
    """Is this byte of the WAL in a window of that timeline?"""
    return any(one["timeline"] >= timeline and pitr.lsn(one["from_lsn"]) <= at < pitr.lsn(one["to_lsn"]) for one in seen["windows"])


def segments(world):
    return [path for path in world.objects("wal/*/*.zst") if len(path.name) == 28]


def place_of(path):
    """(timeline, LSN) of a segment's first byte."""
    return int(path.name[:8], 16), (int(path.name[8:16], 16) << 32) + (int(path.name[16:24], 16) << 24)


def test_the_whole_way_is_proven_and_read_once(world):
    first = world.check()
    window = window_of(first)
    assert (window["timeline"], window["first_base"], window["last_base"]) == (2, world.bases[0], world.bases[2])
    assert window["proven_lsn"] == window["to_lsn"] and not first["holes"] and first["faults"] == 0
    again = world.check()
    assert again["checked"]["read_now"] == 0 and window_of(again)["to"] == window["to"]
    assert world.check("--read-all")["checked"]["read_now"] == first["checked"]["segments"]


def test_the_end_is_the_newest_commit_and_not_when_it_was_stored(world):
    window = window_of(world.check())
    assert window["from"] < window["to"] < window["stored"]


def test_compared_with_the_server(world):
    seen = world.check("--db", world.new.server.uri())
    assert seen["server"]["timeline"] == 2 and seen["server"]["up_to_date"]
    world.new.server.run("INSERT INTO fill VALUES ('y')")
    behind = world.check("--db", world.new.server.uri())
    assert not behind["server"]["up_to_date"], (behind["server"], behind["windows"])
    text = world.new.guardian("wal", "check", "--db", world.new.server.uri(), as_server=True).stdout
    assert "is not here yet" in " ".join(text.split()) and "recover   any moment from" in text
    world.new.switch()


def test_each_segment_that_is_missing_is_named(world):
    whole = world.check()
    start = pitr.lsn(next(base for base in whole["bases"] if base["id"] == world.bases[0])["start_lsn"])
    end = pitr.lsn(window_of(whole)["to_lsn"])
    branch = pitr.lsn(whole["timelines"][0]["at_lsn"])
    for path in segments(world):
        timeline, lsn = place_of(path)
        last = lsn + (16 << 20) >= end
        needed = lsn + (16 << 20) > start and not (timeline == 1 and lsn + (16 << 20) > branch)
        away = path.with_name(".away")
        path.rename(away)
        try:
            seen = world.check(status=8 if needed and not last else 0)
            if needed and not last:
                assert any(path.name[:24] in hole["why"] for hole in seen["holes"]), (path, seen["holes"])
            if needed:
                assert not claims(seen, timeline, lsn + 100), (path, seen["windows"])
        finally:
            away.rename(path)
    assert world.check()["faults"] == 0


DAMAGES = {
    "flipped": lambda kept, other: kept[: len(kept) // 2] + bytes([kept[len(kept) // 2] ^ 0x55]) + kept[len(kept) // 2 + 1 :],
    "cut": lambda kept, other: kept[:-7],
    "empty": lambda kept, other: b"",
    "swapped": lambda kept, other: other,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_and_never_claimed(world, damage):
    inner = [path for path in segments(world) if place_of(path)[0] == 1][3:6]
    path, other = inner[0], inner[1]
    timeline, lsn = place_of(path)
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(DAMAGES[damage](kept, other.read_bytes()))
    try:
        seen = world.check(status=8)
        assert [one["name"] for one in seen["damaged"]] == [path.name[:24]]
        assert any(path.name[:24] in hole["why"] for hole in seen["holes"])
        assert not claims(seen, timeline, lsn + 100)
        assert window_of(seen)["first_base"] == world.bases[1]  # what is behind the next base backup is not lost
        told = world.new.guardian("wal", "check", status=8, as_server=True).stdout
        assert "HOLE" in told and path.name[:24] in told
    finally:
        path.write_bytes(kept)
    assert world.check()["faults"] == 0


def test_decay_without_a_trace_is_found_when_all_is_read(world):
    path = [path for path in segments(world) if place_of(path)[0] == 1][3]
    kept, times = path.read_bytes(), path.stat()
    path.chmod(0o644)
    path.write_bytes(DAMAGES["flipped"](kept, b""))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    try:
        assert world.check("--read-all", status=8)["damaged"][0]["name"] == path.name[:24]
        again = world.check(status=8)
        assert again["damaged"][0]["name"] == path.name[:24] and again["checked"]["read_now"] == 1, "it is not forgotten"
    finally:
        path.write_bytes(kept)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert world.check()["checked"]["read_now"] == 1 and world.check()["checked"]["read_now"] == 0


def test_a_history_file_that_is_missing_or_wrong_parts_the_timelines(world):
    path = world.objects("wal/*/*.history.zst")[0]
    away = path.with_name(".away")
    path.rename(away)
    try:
        seen = world.check(status=8)
        assert "00000002.history is missing" in seen["timelines"][0]["problem"]
        assert "00000002.history is missing" in world.new.guardian("list", as_server=True, status=None).stdout
        assert not any(one["timeline"] == 2 and one["first_base"] != world.bases[2] for one in seen["windows"])
    finally:
        away.rename(path)
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(kept[:-3])
    try:
        seen = world.check(status=8)
        assert seen["timelines"][0]["problem"]
    finally:
        path.write_bytes(kept)
    assert world.check()["faults"] == 0


def test_a_base_backup_that_lacks_something_begins_no_window(world):
    for path in world.objects(f"base/{world.bases[0]}/data/*")[:2] + world.objects(f"base/{world.bases[0]}/backup_manifest.zst"):
        away = path.with_name(".away")
        path.rename(away)
        try:
            seen = world.check(status=8)
            assert next(base for base in seen["bases"] if base["id"] == world.bases[0])["problem"]
            assert all(one["first_base"] != world.bases[0] for one in seen["windows"])
        finally:
            away.rename(path)
    manifest = world.objects(f"base/{world.bases[0]}/manifest.json")[0]
    kept = manifest.read_bytes()
    manifest.chmod(0o644)
    manifest.write_bytes(kept[:-20])
    try:
        assert all(one["first_base"] != world.bases[0] for one in world.check(status=8)["windows"])
    finally:
        manifest.write_bytes(kept)


def test_a_base_backup_that_was_found_to_be_damaged_begins_none_until_it_is_proven_again(world):
    base = world.bases[0]
    proof = world.objects(f"proofs/{base}/*.json")[-1]
    noted = proof.with_name(time.strftime("%Y%m%dT%H%M%SZ-0000000000.damaged", time.gmtime()))
    noted.write_text("{}")
    again = proof.with_name(time.strftime("%Y%m%dT%H%M%SZ-0000000001.json", time.gmtime(time.time() + 1)))
    try:
        seen = world.check(status=8)
        assert "was found to be damaged" in next(one for one in seen["bases"] if one["id"] == base)["problem"]
        assert all(one["first_base"] != base for one in seen["windows"])
        again.write_bytes(proof.read_bytes())
        assert world.check()["faults"] == 0
    finally:
        noted.unlink()
        again.unlink(missing_ok=True)


def test_nothing_at_all_is_no_protection(world, tmp_path):
    (tmp_path / "v1").mkdir()
    ran = world.new.guardian("wal", "check", "--store", f"file://{tmp_path}", status=4)
    assert "neither WAL nor a base backup" in ran.stderr
    world.new.guardian("wal", "check", "--store", f"file://{tmp_path}/gone", status=10)


def test_what_is_claimed_is_recovered(world):
    """A moment of the old timeline is recovered in one command."""
    seen = world.check()
    window = window_of(seen)
    number, _, _, at = world.rows[len(world.rows) // 2]
    assert pitr.lsn(window["from_lsn"]) < at < pitr.lsn(window["to_lsn"])
    folder = world.old.place / "recovered"
    world.new.guardian("recover", "--lsn", f"{at >> 32:X}/{at & 0xFFFFFFFF:X}", "--keep-running", "--json", folder, as_server=True)
    try:
        sockets = subprocess.run(["sed", "-n", "5p", folder / "postmaster.pid"], capture_output=True, text=True, check=True).stdout.strip()
        port = subprocess.run(["sed", "-n", "4p", folder / "postmaster.pid"], capture_output=True, text=True, check=True).stdout.strip()
        env = {**world.new.server.env(), "PGHOST": sockets, "PGPORT": port}
        got = subprocess.run([*pitr.AS_SERVER, "psql", "-XAtqc", "SELECT max(n) FROM ledger"], env=env, capture_output=True, text=True, check=True).stdout.strip()
        assert number <= int(got) <= number + 1
    finally:
        world.new.end(folder)


def test_other_clusters_are_told_apart(world):
    with servers.Server() as other:
        ran = world.new.guardian("wal", "check", "--json", "--db", other.uri(), status=4)
        seen = json.loads(ran.stdout)["clusters"][0]
        assert seen["windows"] == [] and seen["wal_end"] is None
