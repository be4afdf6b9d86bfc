"""guardian recover --delta: objects of which everything is there already are not read; what differs comes back as backup_manifest has it."""

import hashlib
import json

import pytest

from harness import pitr
from harness.recoveries import recover

TABLES = 44


@pytest.fixture(scope="module")
def world():
    with pitr.Archive() as one:
        one.server.run("CREATE DATABASE many")
        one.server.run(f"""DO $$ BEGIN FOR i IN 1..{TABLES} LOOP EXECUTE format('CREATE TABLE t%1$s AS SELECT g AS n,
            md5((g * %1$s)::text) || md5((g + %1$s)::text) || repeat(md5((g - %1$s)::text), 3) AS v FROM generate_series(1, 13000) g', i); END LOOP; END $$""", "many")
        one.server.run("CHECKPOINT")
        one.paths = one.server.run(f"SELECT string_agg(pg_relation_filepath(('t' || i)::regclass), ' ' ORDER BY i) FROM generate_series(1, {TABLES}) i", "many")[0][0].split()
        one.base = json.loads(one.guardian("base", "--json", as_server=True).stdout)["base"]
        yield one


def read_bytes(said):
    """What came out of the store for the base backup."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"event":"done"')]
    return next(line["stored_bytes"] for line in lines if line["stage"] == "laying down the base backup")


def digests(world, folder):
    return [hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in world.paths]


def test_objects_that_are_there_are_not_read(world):
    folder, _, said = recover(world, "--immediate")
    everything, were = read_bytes(said), digests(world, folder)
    _, document, said = recover(world, "--immediate", "--delta", folder=folder)
    again = read_bytes(said)
    assert again < everything * 0.75 and document["recovered"]["kept_bytes"] > 80e6 and digests(world, folder) == were, (again, everything)
    changed = folder / world.paths[TABLES // 2]
    changed.write_bytes(b"no" + changed.read_bytes()[2:])
    (folder / world.paths[TABLES // 2 + 1]).unlink()
    (folder / "left").mkdir()
    recover(world, "--immediate", "--delta", folder=folder)
    assert digests(world, folder) == were and not (folder / "left").exists()
