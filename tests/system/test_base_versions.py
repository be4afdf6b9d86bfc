"""guardian base of older and newer servers: both forms of the protocol, and what goes on from the backup before."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

import pytest

from harness import pitr, server as servers
from harness.bases import PLENTY, UNPROTECTED, USAGE, accepted, base, fill, manifest_of, object_path, unpack

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


def test_settings_outside_of_the_data_directory_are_saved(tmp_path):
    place = pathlib.Path(tempfile.mkdtemp(prefix="gd-etc."))
    place.chmod(0o755)
    (place / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n# grüße\n")
    (place / "pg_hba.conf").chmod(0o644)
    try:
        with pitr.Archive(archive=False, settings={"hba_file": place / "pg_hba.conf"}) as world:
            taken = base(world)
            manifest = manifest_of(world, taken)
            assert manifest["outside"]["files"] == [{"name": "hba_file", "path": str(place / "pg_hba.conf"), "saved": True}]
            archive = object_path(world, taken, manifest["outside"]["archive"])
            subprocess.run(["bash", "-c", 'zstd -dcq "$0" | tar -xC "$1"', archive, tmp_path], check=True)
            assert (tmp_path / "hba_file").read_bytes() == (place / "pg_hba.conf").read_bytes()
            assert str(place / "pg_hba.conf") in world.guardian("show", taken["base"]).stdout
            world.guardian("verify", taken["base"])
            world.server.run("CREATE ROLE plain LOGIN REPLICATION IN ROLE pg_read_all_settings")
            said = base(world, env={"GUARDIAN_DB": world.server.uri(user="plain")})["warnings"]
            assert any(str(place / "pg_hba.conf") in json.dumps(one) for one in said)
    finally:
        shutil.rmtree(place)


def test_of_a_standby(tmp_path):
    """Nobody switches the segment there: what the backup needs of it is in the store as a piece."""
    with servers.Server(settings={"wal_level": "replica", "full_page_writes": "on"}) as primary:
        primary.run(f"CREATE TABLE here AS {PLENTY}")
        with pitr.Archive(archive=False, standby_of=primary) as world:
            writer = threading.Thread(target=lambda: [(primary.run("INSERT INTO here SELECT 1, 'x', 1"), time.sleep(0.02)) for _ in range(300)])
            writer.start()
            taken = base(world)
            writer.join()
            world.guardian("verify", taken["base"])
            assert unpack(world, taken, tmp_path).is_dir()


@pytest.mark.parametrize("major", [13, 14, 16, 17, 18] if DEEP else [13, 17])
def test_other_versions(major):
    servers.other_major(major)
    with pitr.Archive(archive=False, major=major) as world:
        fill(world)
        if major >= 17:
            world.server.run("ALTER SYSTEM SET summarize_wal = on")
            world.server.run("SELECT pg_reload_conf()")
        taken = base(world)
        accepted(world, unpack(world, taken, world.place / "first"))
        world.guardian("verify", taken["base"])
        if major < 17:
            return
        assert "nothing puts incremental ones with tablespaces together" in base(world, "--incremental", status=USAGE).stderr
        world.server.run("DROP TABLE there")
        world.server.run("DROP TABLESPACE apart")
        taken = base(world)
        world.server.run("UPDATE here SET x = 'new' WHERE g = 1")
        later = base(world, "--incremental")
        assert later["after"] == taken["base"] and later["bytes"] < taken["bytes"]
        manifest = manifest_of(world, later)
        assert manifest["after"] == taken["base"]
        world.guardian("verify", later["base"])
        unpacked = unpack(world, later, world.place / "later")
        assert list(unpacked.rglob("INCREMENTAL.*"))
        world.server.run("ALTER SYSTEM SET summarize_wal = off")
        world.server.run("SELECT pg_reload_conf()")
        time.sleep(0.2)
        assert "summarize_wal" in base(world, "--incremental", status=UNPROTECTED).stderr
