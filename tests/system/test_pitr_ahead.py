"""guardian recover: WAL is fetched ahead of the server that replays it; that makes a recovery faster, and never another one."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness import pitr
from harness.lack import lack
from harness.recoveries import folder_of, recover, running

COUNT, AHEAD = 12, 8
POINT = "recover: a segment was fetched ahead"


@pytest.fixture(scope="module")
def world():
    with pitr.Archive(segment_mb=1) as one:
        one.tmp = one.place / "tmp"
        one.tmp.mkdir()
        one.tmp.chmod(0o777)
        one.server.run("CREATE TABLE ledger (n int)")
        one.guardian("base", "--quiet", as_server=True)
        one.names = []
        for n in range(COUNT):
            one.server.run(f"INSERT INTO ledger VALUES ({n})")
            one.names.append(one.switch())
            if n == 1:
                one.server.run("SELECT pg_create_restore_point('early')")
        yield one


def tmp(world, **more):
    return {"TMPDIR": str(world.tmp), **more}


def fed(world):
    return list(world.tmp.glob("guardian-feed.*"))


def rows(world, *words, **env):
    with running(world, *words, env=tmp(world, **env)) as (said, ask):
        return said, int(ask("SELECT count(*) FROM ledger"))


def test_many_at_once_and_nothing_is_left(world):
    folder, said, log = recover(world, "--latest", env=tmp(world, GUARDIAN_FAULT="list"))
    if POINT not in log:
        lack("this build has no fault points")
    assert log.count(POINT) >= COUNT - 2 and said["recovered"]["exact"] and not fed(world)
    assert not (folder / "pg_wal" / "guardian").exists()


@pytest.mark.parametrize("nth", [1, 4])
def test_what_cannot_be_fetched_ahead_is_asked_for(world, nth):
    said, there = rows(world, "--latest", GUARDIAN_FAULT=f"@{POINT}#{nth}")
    assert there == COUNT and said["recovered"]["exact"]


def test_what_is_damaged_stops_it(world):
    path = world.stored(world.names[7])
    kept = path.read_bytes()
    path.chmod(0o666)
    path.write_bytes(kept[:-20] + b"x" * 20)
    said = recover(world, "--latest", env=tmp(world), status=8)[2]
    path.write_bytes(kept)
    assert f'segment "{world.names[7]}" is damaged: ' in " ".join(said.split()) and not fed(world)


def stopped(world, *words, point):
    """A recovery that is stopped at a point: (process, folder)."""
    folder = folder_of(world)
    env = {**os.environ, "GUARDIAN_STORE": world.url, "TMPDIR": str(world.tmp), "GUARDIAN_FAULT": f"@{point}:stop"}
    process = subprocess.Popen([pitr.GUARDIAN, "recover", folder, "--no-check", *words], env=env, stderr=subprocess.DEVNULL)
    while pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "TZ":
        time.sleep(0.02)
    if process.poll() is not None:
        lack("this build has no fault points")
    return process, folder


def test_not_more_than_some_are_ahead(world):
    env = {**os.environ, "GUARDIAN_STORE": world.url, "TMPDIR": str(world.tmp)}
    process = subprocess.Popen([pitr.GUARDIAN, "recover", folder_of(world), "--no-check", "--latest"], env=env, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, len(list(world.tmp.glob("guardian-feed.*/ready/*"))))
        time.sleep(0.005)
    assert process.returncode == 0 and 0 < most <= AHEAD, most


def test_none_behind_the_target(world):
    process, _ = stopped(world, "--name", "early", point="recover: the target is reached")
    there = list(fed(world)[0].glob("ready/*"))
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 0 and not there, there


def test_killed_on_the_way_nothing_stays_and_it_can_be_gone_on_with(world):
    process, folder = stopped(world, "--latest", point=f"{POINT}#5")
    assert len(fed(world)) == 1
    process.kill()
    process.wait()
    until = time.monotonic() + 30
    while fed(world) and time.monotonic() < until:
        time.sleep(0.05)
    assert not fed(world)
    assert recover(world, "--latest", "--delta", folder=folder, env=tmp(world))[1]["recovered"]["exact"]
