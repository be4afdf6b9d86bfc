"""Base backups as tests see them: taken by guardian, unpacked by zstd and tar, judged by pg_verifybackup."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess

from . import pitr

USAGE, UNPROTECTED, CORRUPT, SYSTEM = 2, 4, 8, 10
PLENTY = "SELECT g, md5(g::text) x, random() r FROM generate_series(1, 120000) g"  # a table of more than 4 MiB


def base(world, *words, status=0, **more):
    ran = world.guardian("base", "--json", *words, status=status, **more)
    return json.loads(ran.stdout) if ran.returncode == 0 else ran


def folder_of(world, taken):
    return world.store / "v1" / taken["system_identifier"] / "base" / taken["base"]


def manifest_of(world, taken):
    return json.loads((folder_of(world, taken) / "manifest.json").read_text())


def object_path(world, taken, one):
    return folder_of(world, taken).parent / one.get("owner", taken["base"]) / one["object"]


def listed(world):
    """Ids of what counts as a base backup: what has a manifest."""
    return sorted(path.parent.name for path in world.store.glob("v1/*/base/*/manifest.json"))


def litter(world):
    return sorted(path.name for path in world.store.glob("v1/*/base/*") if not (path / "manifest.json").exists())


def unpack(world, taken, place):
    """By zstd and tar alone. The data directory, ready for pg_verifybackup, WAL included."""
    manifest = manifest_of(world, taken)
    data = place / "data"
    data.mkdir(parents=True)
    spaces = {None: data}
    for space in manifest["tablespaces"]:
        spaces[space["oid"]] = place / str(space["oid"])
        spaces[space["oid"]].mkdir()
    for one in manifest["objects"]:
        command = 'zstd -dcq "$0" | tar -xC "$1"'
        subprocess.run(["bash", "-o", "pipefail", "-c", command, object_path(world, taken, one), spaces[one["tablespace"]]], check=True)
    for oid, folder in spaces.items():
        if oid is not None:
            link = data / "pg_tblspc" / str(oid)
            link.unlink(missing_ok=True)
            link.symlink_to(folder)
    (data / "backup_manifest").write_bytes(zstd(object_path(world, taken, manifest["backup_manifest"])))
    for path in world.store.glob("v1/*/wal/*/*.zst"):
        (data / "pg_wal" / path.stem).write_bytes(zstd(path))
    return data


def zstd(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


def accepted(world, data):
    """pg_verifybackup says that it is whole; of another version it cannot read WAL, and of a newer one not the manifest."""
    if world.server.major > 15:
        return accepted_by_hand(data)
    tool = shutil.which("pg_verifybackup", path=f"{world.tools}:/usr/lib/postgresql/15/bin")
    more = [] if world.server.major == 15 else ["-n"]
    ran = subprocess.run([tool, *more, data], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def accepted_by_hand(data):
    listed_files = {}
    for one in json.loads((data / "backup_manifest").read_bytes())["Files"]:
        path = one["Path"] if "Path" in one else os.fsdecode(bytes.fromhex(one["Encoded-Path"]))
        listed_files[path] = (one["Size"], one["Checksum"])
    found = {}
    for folder, _, names in os.walk(data, followlinks=True):
        for name in names:
            path = os.path.join(folder, name)
            body = pathlib.Path(path).read_bytes()
            found[os.path.relpath(path, data)] = (len(body), hashlib.sha256(body).hexdigest())
    found = {path: what for path, what in found.items() if path != "backup_manifest" and not path.startswith("pg_wal/")}
    assert found == listed_files


def fill(world):
    space = world.place / "space of its own"
    space.mkdir(exist_ok=True)
    if pitr.AS_SERVER:
        shutil.chown(space, "postgres")
    world.server.run(f"CREATE TABLESPACE apart LOCATION '{space}'")
    world.server.run(f"CREATE TABLE here AS {PLENTY}")
    world.server.run(f"CREATE TABLE there TABLESPACE apart AS {PLENTY}")
    world.server.run("CREATE UNLOGGED TABLE gone AS SELECT g FROM generate_series(1, 1000) g")
    odd = world.data / "odd ' name\n\tü"
    odd.write_bytes(b"kept")
    bad = pathlib.Path(os.fsdecode(os.fsencode(str(world.data)) + b"/no \xff utf-8"))
    bad.write_bytes(b"kept, too")
    for path in (odd, bad):
        if pitr.AS_SERVER:
            shutil.chown(path, "postgres")


def damage(path, at=None):
    body = bytearray(path.read_bytes())
    body[len(body) // 2 if at is None else at] ^= 1
    path.chmod(0o600)
    path.write_bytes(body)
