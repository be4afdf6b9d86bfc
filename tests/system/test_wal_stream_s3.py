"""guardian wal stream into an S3 server that answers as badly as it can: what is acknowledged is what was read back."""

import os
import pathlib
import re
import subprocess
import types

import pytest

from harness import pitr
from harness.lying_store import LyingStore
from harness.streaming import Stored, Stream, Told, flush, write

MIB = 1 << 20
ASAN = "asan" in os.environ.get("GD_BUILD", "")


@pytest.fixture(scope="module")
def server():
    with pitr.Archive(archive=False, segment_mb=1, settings={"wal_keep_size": "200MB"}) as one:
        yield one


def stored(s3, folder, size=MIB):
    """What the S3 server really has."""
    for key, one in dict(s3.objects).items():
        path = folder / key.removeprefix("wal/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.body)
    return Stored(types.SimpleNamespace(store=folder), size)


def target(server, s3):
    server.url = f"s3://{s3.bucket}/wal"
    return {**s3.variables(), "GUARDIAN_STORE_RETRY": "2s", "GUARDIAN_STORE_STALL": "2s"}


LIES = [
    ("put", "status", {"status": 503, "times": 3}),
    ("put", "lost", {}),
    ("put", "reset", {"after": 1000}),
    ("put", "store_short", {"after": 500}),
    ("put", "store_flip", {"after": 400}),
    ("put", "unconditional", {}),
    ("get", "flip", {"after": 300}),
    ("get", "cut", {"after": 200}),
    ("get", "status", {"status": 500, "times": 4}),
    ("head", "status", {"status": 500, "times": 2}),
    ("list", "status", {"status": 503, "times": 2}),
    ("remove", "status", {"status": 403, "code": "AccessDenied", "times": 2}),
    ("put", "hang", {"seconds": 3}),
]


@pytest.mark.parametrize("op, do, more", LIES, ids=[f"{op}-{do}" for op, do, _ in LIES])
def test_a_store_that_lies(server, tmp_path, op, do, more):
    with LyingStore() as s3, Told(server.server) as told, Stream(server, "--partial", "50ms", env=target(server, s3)).started() as stream:
        stream.wait_durable(write(server.server, 0.3))
        s3.lie(op, do, **{"key": ".zst" if op != "list" else "", **more})
        for _ in range(3):
            end = write(server.server, 0.5)
        stream.wait_durable(end, seconds=40)
        stream.end()
        found = stored(s3, tmp_path)
    assert found.has_no_hole() and found.end()[1] >= max(end, told.most)
    assert found.compare(server.data / "pg_wal") > MIB


@pytest.mark.parametrize("partial", ["50ms", "0"])
def test_what_is_spoiled_and_cannot_be_removed(server, tmp_path, partial):
    """The WAL is in the store all the same: in other pieces, or in pieces at all."""
    with LyingStore() as s3, Stream(server, "--partial", partial, env=target(server, s3)).started() as stream:
        s3.lie("remove", "status", status=403, code="AccessDenied", times=-1)
        write(server.server, 0.3)
        s3.lie("put", "store_flip", after=400, key="/00000001/", times=1)
        for _ in range(6):
            end = write(server.server, 0.5)
        stream.wait_number("received_lsn_bytes", lambda value: value >= end)
        stream.end()
        spoiled = [key for key in s3.objects if key.endswith(".zst") and not is_good(s3.objects[key].body)]
        assert len(spoiled) == 1 and (partial != "0" or "a segment is stored in pieces only" in stream.text)
        for key in spoiled:
            del s3.objects[key]
        found = stored(s3, tmp_path)
    assert found.has_no_hole() and found.end()[1] >= end


def is_good(body):
    return subprocess.run(["zstd", "-tq"], input=body, capture_output=True).returncode == 0


def test_memory_with_segments_of_16_mb_that_do_not_compress(tmp_path):
    with pitr.Archive(archive=False, settings={"max_wal_size": "2GB", "wal_keep_size": "1GB"}) as one, LyingStore() as s3:
        one.server.run("CREATE EXTENSION pgcrypto")
        one.server.run("CREATE TABLE random (x bytea)")
        one.server.run("ALTER TABLE random ALTER x SET STORAGE EXTERNAL")
        with Stream(one, env=target(one, s3)).started() as stream:
            for _ in range(4):
                one.server.run("INSERT INTO random SELECT gen_random_bytes(1024) FROM generate_series(1, 12000)")
            stream.wait_durable(flush(one.server), seconds=60)
            peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{stream.process.pid}/status").read_text()).group(1)) >> 10
            stream.end()
        found = stored(s3, tmp_path, 16 * MIB)
        assert found.has_no_hole() and found.compare(one.data / "pg_wal") > 48 * MIB
    assert ASAN or peak < 64, peak
