"""guardian base: what is stored is the server, whole, and stock tools accept it."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import pitr
from harness.bases import CORRUPT, UNPROTECTED, USAGE, accepted, base, damage, fill, folder_of, listed, manifest_of, object_path, unpack, zstd

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


@pytest.fixture(scope="module")
def world():
    with pitr.Archive(archive=False) as one:
        fill(one)
        yield one


@pytest.fixture
def fresh(world):
    """The same server, an empty store."""
    subprocess.run(["find", world.store, "-mindepth", "1", "-delete"], check=True)
    return world


# ---- what is stored ----


def test_stock_tools_unpack_and_accept_what_was_taken_while_others_wrote(fresh, tmp_path):
    with pitr.Ledger(fresh.server) as ledger:
        ledger.wait(20)
        taken = base(fresh, "--label", "it's a \"label\"")
        ledger.wait(20)
    assert listed(fresh) == [taken["base"]] and taken["proof"] == "digest" and taken["shared_objects"] == 0
    data = unpack(fresh, taken, tmp_path)
    accepted(fresh, data)
    assert "LABEL: it's a \"label\"" in (data / "backup_label").read_text()
    assert (data / "odd ' name\n\tü").read_bytes() == b"kept"
    assert pathlib.Path(os.fsdecode(os.fsencode(str(data)) + b"/no \xff utf-8")).read_bytes() == b"kept, too"
    unlogged = fresh.value("SELECT pg_relation_filepath('gone')")
    assert not (data / unlogged).exists() and (data / (unlogged + "_init")).exists()
    manifest = manifest_of(fresh, taken)
    last = manifest["objects"][-1]
    assert (last["file"], last["files"], last["tablespace"]) == ("global/pg_control", 1, None)
    assert sum(one["files"] for one in manifest["objects"]) == len(json.loads((data / "backup_manifest").read_bytes())["Files"])


def test_each_object_is_what_the_manifest_says(fresh):
    taken = base(fresh)
    manifest = manifest_of(fresh, taken)
    for one in manifest["objects"]:
        path = object_path(fresh, taken, one)
        assert path.stat().st_size == one["stored_bytes"]
        assert subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0] == one["stored_sha256"]
        assert len(zstd(path)) == one["bytes"]
    own = [one for one in manifest["objects"] if one["file"] and one["tablespace"] is None][0]
    place = fresh.place / "one"
    place.mkdir()
    subprocess.run(["bash", "-c", 'zstd -dcq "$0" | tar -xC "$1"', object_path(fresh, taken, own), place], check=True)
    said = subprocess.run(["sha256sum", own["file"]], cwd=place, capture_output=True, check=True).stdout
    again = subprocess.run(["sha256sum"], input=said, capture_output=True, check=True).stdout.split()[0]
    assert again.decode() == own["files_sha256"]
    shutil.rmtree(place)


def test_a_recovered_copy_has_what_was_committed_when_the_backup_ended(fresh, tmp_path):
    """Without guardian: the archives, the WAL that lies beside them, and the server's own programs."""
    fresh.server.run("DROP TABLE IF EXISTS ledger")
    with pitr.Ledger(fresh.server) as ledger:
        ledger.wait(5)
        sure = ledger.rows[-1][0]
        taken = base(fresh)
    data = unpack(fresh, taken, fresh.place / "copy")
    (data / "postgresql.auto.conf").write_text(f"unix_socket_directories = '{data}'\nlisten_addresses = ''\narchive_mode = off\n")
    subprocess.run(["chmod", "-R", "go-rwx", fresh.place / "copy"], check=True)
    if pitr.AS_SERVER:
        subprocess.run(["chown", "-R", "postgres", fresh.place / "copy"], check=True)
    try:
        status, log = fresh.start(data)
        assert status == 0, log
        assert int(fresh.ask(data, "SELECT max(n) FROM ledger")) >= sure
        assert fresh.ask(data, "SELECT count(*) FROM here") == fresh.ask(data, "SELECT count(*) FROM there") == "120000"
    finally:
        fresh.end(data)
        shutil.rmtree(fresh.place / "copy")


def test_what_has_not_changed_is_stored_once_and_read_back_all_the_same(fresh, tmp_path):
    fresh.server.run("VACUUM (FREEZE, ANALYZE) here, there")
    fresh.server.run("CHECKPOINT")
    first = base(fresh)
    second = base(fresh)
    assert second["shared_objects"] >= 2 and second["stored_bytes"] < first["stored_bytes"] / 2
    accepted(fresh, unpack(fresh, second, tmp_path / "shared"))
    fresh.server.run("UPDATE here SET x = 'new' WHERE g = 1")
    third = base(fresh)
    assert 0 < third["shared_objects"] < second["shared_objects"]
    assert {one["owner"] for one in manifest_of(fresh, third)["objects"]} == {first["base"], third["base"]}
    accepted(fresh, unpack(fresh, third, tmp_path / "changed"))
    assert base(fresh, "--no-share")["shared_objects"] == 0
    # what is shared is not believed: one that was damaged in the meantime makes no backup
    shared = next(one for one in manifest_of(fresh, third)["objects"] if one["owner"] == first["base"])
    subprocess.run(["find", fresh.store, "-name", "manifest.json", "-newer", folder_of(fresh, third) / "manifest.json", "-delete"], check=True)
    damage(object_path(fresh, third, shared))
    before = listed(fresh)
    ran = base(fresh, status=UNPROTECTED)
    assert shared["object"] in ran.stderr and listed(fresh) == before
    # and when it is found, every backup that names it is worth nothing any more
    fresh.guardian("verify", first["base"], status=CORRUPT)
    for one in (second, third):
        names = any((its["owner"], its["object"]) == (first["base"], shared["object"]) for its in manifest_of(fresh, one)["objects"])
        assert names and len(list(fresh.store.glob(f"v1/*/proofs/{one['base']}/*.damaged"))) == 1


def test_what_changed_late_is_made_of_what_was_the_same_and_what_came(fresh, tmp_path):
    """Only the last page differs: what is before it is not kept back, and comes out of the earlier object."""
    fresh.server.run("VACUUM (FREEZE, ANALYZE) here, there")
    fresh.server.run("CHECKPOINT")
    key = fresh.place / "late.key"
    key.write_text(KEY)
    for at, env in enumerate(({}, {"GUARDIAN_KEY_FILE": str(key)})):
        first = base(fresh, env=env)
        fresh.server.run("BEGIN; SELECT x FROM here WHERE g = 120000 FOR UPDATE; COMMIT")  # in place: the size stays
        fresh.server.run("CHECKPOINT")
        path = fresh.value("SELECT pg_relation_filepath('here')")
        mine = next(one for one in manifest_of(fresh, first)["objects"] if one["file"] == path)
        second = base(fresh, env=env)
        now = next(one for one in manifest_of(fresh, second)["objects"] if one["file"] == path)
        assert mine["bytes"] == now["bytes"] and mine["files_sha256"] != now["files_sha256"] and now["owner"] == second["base"]
        assert 0 < second["shared_objects"] < len(manifest_of(fresh, second)["objects"])
        fresh.guardian("verify", second["base"], env=env)
        if not env:
            accepted(fresh, unpack(fresh, second, tmp_path / "late"))
        fresh.server.run("BEGIN; SELECT x FROM here WHERE g = 119999 FOR UPDATE; COMMIT")
        damage(object_path(fresh, second, now))  # in the middle: nothing is taken from there on, so that it does no harm
        third = base(fresh, env=env)
        fresh.guardian("verify", third["base"], env=env)
        assert next(one for one in manifest_of(fresh, third)["objects"] if one["file"] == path)["owner"] == third["base"]
        subprocess.run(["find", fresh.store, "-mindepth", "1", "-delete"], check=True)


# ---- verify and show ----


def test_verify_finds_damage_in_every_kind_of_object(fresh):
    taken = base(fresh)
    fine = json.loads(fresh.guardian("verify", taken["base"][:20], "--json").stdout)["snapshots"][0]
    assert fine["base"] == taken["base"] and fine["outcome"] == "proven" and fine["recorded"]
    manifest = manifest_of(fresh, taken)
    wal = next(fresh.store.glob("v1/*/wal/*/*.zst"))
    victims = [object_path(fresh, taken, manifest["objects"][0]), object_path(fresh, taken, manifest["objects"][-1]),
               object_path(fresh, taken, manifest["backup_manifest"])]
    for path in victims:
        kept = path.read_bytes()
        damage(path)
        ran = fresh.guardian("verify", taken["base"], "--json", status=CORRUPT)
        assert path.name in ran.stdout, path
        path.write_bytes(kept)
    subprocess.run(["rm", "-rf", *fresh.store.glob("v1/*/wal-proven")], check=True)
    kept = wal.read_bytes()
    wal.unlink()
    ran = fresh.guardian("verify", taken["base"], status=CORRUPT)
    assert "WAL" in ran.stdout + ran.stderr or wal.stem in ran.stdout
    shown = json.loads(fresh.guardian("show", taken["base"], "--json").stdout)
    assert shown["proof"] == "none" and "damaged" in shown["problem"]
    wal.write_bytes(kept)
    fresh.guardian("verify", taken["base"])
    victims[0].unlink()
    assert "missing" in fresh.guardian("show", taken["base"]).stdout
    fresh.guardian("verify", taken["base"], status=CORRUPT)


def test_a_file_that_is_not_what_the_servers_manifest_says_is_named(fresh):
    """An object that was made anew, consistently, with another file in it."""
    taken = base(fresh)
    path = folder_of(fresh, taken) / "manifest.json"
    text = path.read_text()
    one = next(one for one in json.loads(text)["objects"] if one["file"])
    path.chmod(0o600)
    path.write_text(text.replace(one["files_sha256"], "0" * 64))
    ran = fresh.guardian("verify", taken["base"], status=CORRUPT)
    assert one["file"] in ran.stdout + ran.stderr or one["object"] in ran.stdout + ran.stderr


def test_with_a_key_everything_but_the_manifest_is_sealed(fresh):
    key = fresh.place / "key"
    key.write_text(KEY)
    sealed = {"GUARDIAN_KEY_FILE": str(key)}
    taken = base(fresh, env=sealed)
    assert taken["encrypted"]
    for path in folder_of(fresh, taken).rglob("*.zst"):
        assert subprocess.run(["zstd", "-tq", path], capture_output=True).returncode != 0
    fresh.guardian("verify", taken["base"], env=sealed)
    assert "encrypted with key" in fresh.guardian("verify", taken["base"], status=USAGE).stderr
    assert base(fresh, env=sealed)["shared_objects"] > 0
    assert base(fresh)["shared_objects"] == 0  # another key, or none: nothing is shared
