"""One guarded change per database: what the lock in the database and the lease in the store keep apart, and what they outlive."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from harness import skew

DRIVER = os.environ.get("GD_BUILD") and pathlib.Path(os.environ["GD_BUILD"], "system", "drive_lease")
ONE, OTHER, THIRD = (f"20261123T02150{n}Z-2c0de4aa11" for n in range(3))
CLUSTER = "7301234567890123456-shop"


class Holder:
    """A process that has, or wants, the lease."""

    def __init__(self, target, store, change=ONE, wait=0, lease=60000, *more, environment=None):
        self.process = subprocess.Popen([DRIVER, target, store, change, str(wait), str(lease), *more], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def said(self):
        return self.process.stdout.readline().strip()

    def do(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.said()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Its exit status, what it still said, and what it told on the way."""
        said, told = self.process.communicate(timeout=60)
        return self.process.returncode, said.strip(), told


@pytest.fixture
def store(tmp_path):
    return f"file://{tmp_path}/store"


@pytest.fixture
def start(server, database, store):
    """start(change, …) with the database and the store; `target` and `place` name others."""
    running = []

    def begin(*words, target=None, place=None, **options):
        holder = Holder(target or server.uri(database), place or store, *words, **options)
        running.append(holder)
        return holder
    yield begin
    for holder in running:
        holder.kill()


def objects(store):
    return sorted(path.name for path in pathlib.Path(store[7:], "v1", CLUSTER, "lease").iterdir() if path.name[0] != ".")


def test_taken_kept_and_given_back(start, store):
    one = start(ONE)
    assert one.said() == "taken" and one.do("check") == "ours"
    assert objects(store) == ["00000001"]
    other = start(OTHER, 0)
    assert other.said() == "BUSY:"
    text = other.said()
    assert f'"guardian {ONE}"' in text and "process" in text and "since 20" in text
    assert other.end()[0] == 7
    assert one.do("release") == "released"
    assert one.end()[0] == 0
    other = start(OTHER)
    assert other.said() == "taken" and other.do("release") == "released"
    assert objects(store)[-2:] == ["00000002", "00000002.released"]
    third = start(THIRD)
    assert third.said() == "taken"
    for _ in range(50):  # what is older is removed beside the work
        if objects(store) == ["00000003"]:
            break
        time.sleep(0.1)
    assert objects(store) == ["00000003"]


def test_a_second_one_waits_and_says_for_whom(start):
    one = start(ONE)
    assert one.said() == "taken"
    other = start(OTHER, 20000)
    time.sleep(0.7)
    assert one.do("release") == "released"
    assert other.said() == "taken after waiting"
    status, _, told = other.end()
    assert status == 0 and told.count("note: waiting for another guardian") == 1 and ONE in told


@pytest.mark.parametrize("target, place", [(None, None), (None, "-"), ("-", None)])
def test_ten_at_once_go_one_after_the_other(start, tmp_path, target, place):
    """Each holds a folder that only one can make while it has the lease."""
    mark = tmp_path / "held"
    holders = [start(ONE, 60000, target=target, place=place) for _ in range(10)]
    done = 0
    waiting = list(holders)
    while waiting:
        for holder in list(waiting):
            os.set_blocking(holder.process.stdout.fileno(), False)
            said = holder.process.stdout.readline().strip()
            if said == "":
                continue
            os.set_blocking(holder.process.stdout.fileno(), True)
            assert said.startswith("taken"), said + holder.said()
            mark.mkdir()
            assert holder.do("check") == "ours"
            time.sleep(0.02)
            mark.rmdir()
            assert holder.do("release") == "released"
            waiting.remove(holder)
            done += 1
        time.sleep(0.005)
    assert done == 10


def test_a_killed_holder_is_followed_at_once(start):
    one = start(ONE, 0, 60000)
    assert one.said() == "taken"
    one.kill()
    began = time.monotonic()
    other = start(OTHER, 20000)
    assert other.said().startswith("taken")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("words, target", [(["elsewhere"], None), ([], "-")])
def test_who_works_in_other_sessions_or_has_none_is_waited_for(start, words, target):
    one = start(ONE, 0, 2000, *words, target=target)
    assert one.said() == "taken"
    one.kill()
    began = time.monotonic()
    busy = start(OTHER, 300)
    assert busy.said() == "BUSY:" and f"change {ONE}" in busy.said()
    other = start(OTHER, 20000, 2000)
    assert other.said() == "taken after waiting"
    assert time.monotonic() - began > 3


def test_a_lease_is_renewed_as_long_as_its_holder_lives(start, store):
    one = start(ONE, 0, 600, target="-")
    assert one.said() == "taken"
    other = start(OTHER, 3500, target="-")
    assert other.said() == "BUSY:"
    assert one.do("check") == "ours"
    assert int(objects(store)[0][:8]) > 6


def test_a_holder_that_stalls_loses_the_lease_and_knows(start):
    one = start(ONE, 0, 1000, target="-")
    assert one.said() == "taken"
    os.kill(one.process.pid, signal.SIGSTOP)
    other = start(OTHER, 20000, 60000, target="-")
    assert other.said() == "taken after waiting"
    os.kill(one.process.pid, signal.SIGCONT)
    assert one.do("check") == "BUSY:" and "another guardian took the lease" in one.said()
    assert other.do("check") == "ours"
    assert one.do("release") == "released"  # what is not its own stays
    assert other.do("check") == "ours" and other.do("release") == "released"


def test_a_holder_that_stalls_goes_on_when_nobody_came(start):
    one = start(ONE, 0, 1000, target="-")
    assert one.said() == "taken"
    os.kill(one.process.pid, signal.SIGSTOP)
    time.sleep(2.5)
    os.kill(one.process.pid, signal.SIGCONT)
    assert one.do("check") == "ours"


def test_a_stalled_session_still_keeps_others_out(start):
    one = start(ONE, 0, 500)
    assert one.said() == "taken"
    os.kill(one.process.pid, signal.SIGSTOP)
    other = start(OTHER, 4000)
    assert other.said() == "BUSY:" and "process" in other.said()
    os.kill(one.process.pid, signal.SIGCONT)
    assert one.do("check") == "ours"


def test_discard_all_is_made_good_unless_somebody_was_quicker(start, server, database):
    one = start(ONE, 0, 60000)
    assert one.said() == "taken" and one.do("discard") == "discarded"
    assert one.do("check") == "ours"
    assert start(OTHER, 0).said() == "BUSY:"
    assert one.do("discard") == "discarded"
    with server.connect(database) as link, link.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1735745906, 1)")
        assert one.do("check") == "BUSY:" and "locked by another guardian" in one.said()


def test_a_lost_session_is_said(start):
    one = start(ONE, 0, 60000)
    assert one.said() == "taken"
    assert one.do("lose").startswith("SYSTEM") and one.said() != ""
    assert one.do("check") == "SYSTEM:"
    other = start(OTHER, 20000)
    assert other.said().startswith("taken")


def test_another_database_is_another_lock(start, server, database):
    server.create("beside")
    try:
        one = start(ONE, place="-")
        assert one.said() == "taken"
        other = start(OTHER, place="-", target=server.uri("beside"))
        assert other.said() == "taken"
        other.kill()
    finally:
        server.drop("beside")


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler")
def test_no_machine_s_time_of_day_matters(start, tmp_path):
    """One runs an hour ahead, one an hour behind: neither takes what the other has, nor waits longer for what is free."""
    def skewed(seconds):
        return {**os.environ, **skew.skewed(tmp_path, seconds)}
    for mine, theirs in ((3600, -3600), (-3600, 3600)):
        one = start(ONE, 0, 1000, target="-", environment=skewed(mine))
        assert one.said() == "taken"
        other = start(OTHER, 3500, 1000, target="-", environment=skewed(theirs))
        assert other.said() == "BUSY:"
        one.kill()
        began = time.monotonic()
        other = start(OTHER, 20000, 1000, target="-", environment=skewed(theirs))
        assert other.said() == "taken after waiting"
        assert 1 < time.monotonic() - began < 10
        assert other.do("release") == "released"
