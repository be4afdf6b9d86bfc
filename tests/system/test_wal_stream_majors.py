"""guardian wal stream from servers 13 to 18: killed and begun again, nothing is missing."""

import pathlib

import pytest

from harness import pitr, server as servers
from harness.streaming import Stored, Stream, Told, write

MIB = 1 << 20


@pytest.mark.parametrize("major", [13, 14, 16, 17, 18])
def test_other_majors(major):
    servers.other_major(major)
    with pitr.Archive(archive=False, segment_mb=1, major=major) as one, Told(one.server) as told:
        with Stream(one, "--slot", "keeps").started() as stream:
            stream.wait_durable(write(one.server, 1.2))
            stream.kill()
        end = write(one.server, 1.2)
        with Stream(one, "--slot", "keeps").started() as stream:
            stream.wait_durable(end)
            stream.end()
        stored = Stored(one, MIB)
        assert stored.has_no_hole() and stored.end()[1] >= max(end, told.most)
        assert stored.compare(pathlib.Path(one.data, "pg_wal")) > 0
