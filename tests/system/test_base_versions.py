"""guardian base of older and newer servers: both forms of the protocol, and what goes on from the backup before."""

import os
import time

import pytest

from harness import pitr
from harness.bases import UNPROTECTED, accepted, base, fill, manifest_of, unpack

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


@pytest.mark.parametrize("major", [13, 14, 16, 17, 18] if DEEP else [13, 17])
def test_other_versions(major):
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
