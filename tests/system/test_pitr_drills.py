"""Point in time, broken on purpose: a server that is written to all the time, a streamer, base backups; server, streamer, store and network are killed.

After each blow, the window that `wal check` claims is recovered at targets within it, and compared with what was committed: nothing that was acknowledged before
the target is missing, nothing that was begun behind it is there. GUARDIAN_TEST_DEEP=1 deals more blows; GUARDIAN_TEST_MAJORS names other servers.
"""

import datetime
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import pitr, server as servers

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"
SEED = int(os.environ.get("GUARDIAN_TEST_SEED", "1"))
SETTINGS = {"synchronous_commit": "on", "full_page_writes": "on", "wal_keep_size": "512MB", "checkpoint_timeout": "30s"}


class Wire:
    """A way to the server that can be cut and hung."""

    def __init__(self, server):
        self.target = f"{server.dir}/.s.PGSQL.{server.port}"
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.links, self.hung, self.shut = [], threading.Event(), threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.shut.is_set():
                client.close()
                continue
            upstream = socket.socket(socket.AF_UNIX)
            try:
                upstream.connect(self.target)
            except OSError:
                client.close()
                continue
            self.links += [client, upstream]
            for source, sink in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                while self.hung.is_set():
                    time.sleep(0.05)
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for link in self.links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.links = []

    def close(self):
        self.listener.close()
        self.cut()


class Streamer:
    def __init__(self, world, wire):
        self.world, self.wire, self.process = world, wire, None
        self.log = world.place / "stream.log"

    def start(self):
        environment = {**os.environ, "GUARDIAN_STORE": self.world.url,
                       "GUARDIAN_DB": f"postgresql://postgres@127.0.0.1:{self.wire.port}/postgres?sslmode=disable"}
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([pitr.GUARDIAN, "wal", "stream"], env=environment, cwd=self.world.place, stdout=log, stderr=log,
                                            user="postgres" if pitr.AS_SERVER else None)

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


class Drill:
    def __init__(self, major=None, settings=None):
        self.world = pitr.Archive(archive=False, major=major, settings={**SETTINGS, **(settings or {})})
        self.wire = Wire(self.world.server)
        self.streamer = Streamer(self.world, self.wire)
        self.streamer.start()
        self.ledger = pitr.Ledger(self.world.server)
        self.random = random.Random(SEED)
        self.recovered = 0

    def stop(self):
        self.ledger.stop()
        if self.streamer.process.poll() is None:
            self.streamer.kill(signal.SIGTERM)
        self.wire.close()
        self.world.stop()

    def durable(self):
        """Until the last row that was acknowledged is claimed to be covered: how long that took, and the claim."""
        goal, began = self.ledger.rows[-1][3], time.time()
        while time.time() - began < 60:
            claim = self.claim()
            if claim is not None and claim["to"] >= goal:
                return time.time() - began, claim
            time.sleep(0.2)
        raise AssertionError(f"never covered: {claim}, wanted {goal:X}\n{self.streamer.log.read_text()[-3000:]}")

    def claim(self):
        """The newest window that `wal check` claims, as numbers."""
        ran = self.world.guardian("wal", "check", "--json", status=None, env={"GUARDIAN_DB": "", "DATABASE_URL": ""}, as_server=True)
        if ran.returncode != 0 and not ran.stdout.strip():
            raise AssertionError(ran.stderr)
        windows = [window for cluster in json.loads(ran.stdout)["clusters"] for window in cluster["windows"]]
        if not windows:
            return None
        newest = max(windows, key=lambda window: pitr.lsn(window["to_lsn"]))
        return {"from": pitr.lsn(newest["from_lsn"]), "to": pitr.lsn(newest["to_lsn"]), "document": newest}

    def recover(self, *target):
        """Recover in a new folder; the greatest number of the ledger in it and how many there are, and what guardian said."""
        self.recovered += 1
        folder = pathlib.Path(self.world.server.dir, f"recovered{self.recovered}")  # the server's user may go there
        ran = self.world.guardian("recover", folder, *target, "--keep-running", "--json", "--pg-bin", self.world.tools, status=None,
                                  env={"GUARDIAN_DB": "", "DATABASE_URL": ""}, timeout=300, as_server=True)
        assert ran.returncode == 0, f"{target}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        said = json.loads(ran.stdout)["recovered"]
        try:
            rows = subprocess.run(["psql", "-XAtqc", "SELECT coalesce(max(n), 0), count(*) FROM ledger", "-d", said["running"]], capture_output=True, text=True,
                                  env={**os.environ, "PGUSER": "postgres"}, check=True).stdout.strip()
        finally:
            self.world.end(folder)
            shutil.rmtree(folder, ignore_errors=True)
        return *map(int, rows.split("|")), said

    def check_targets(self, claim, count):
        """Recover to rows of the ledger that the claim covers, by LSN and by time."""
        rows = [row for row in list(self.ledger.rows) if claim["from"] < row[3] <= claim["to"]]
        assert rows, "nothing was committed in the window"
        kinds = ["--lsn", "--time"]
        for at in range(count):
            row = self.random.choice(rows[:-1] or rows)
            kind = kinds[at % len(kinds)]
            if kind == "--lsn":
                value, allowed = f"{row[3] >> 32:X}/{row[3] & 0xFFFFFFFF:X}", row[0]
            else:
                value, allowed = datetime.datetime.fromtimestamp(row[2], datetime.timezone.utc).isoformat(), row[0]
                later = self.ledger.must_not_be_there(from_time=row[2])
                allowed = later - 1 if later is not None else None
            greatest, have, said = self.recover(kind, value)
            assert greatest >= row[0], f"{kind} {value}: {row[0]} was acknowledged, and {greatest} is the last: {said}"
            assert allowed is None or greatest <= allowed, f"{kind} {value}: {greatest} is there, which was begun behind {allowed}: {said}"
            assert have >= len([one for one in list(self.ledger.rows) if one[0] <= row[0]]), "numbers between are missing"


@pytest.fixture(scope="module", params=servers.wanted_majors() or [None], ids=lambda major: str(major or "own"))
def drill(request):
    one = Drill(request.param)
    one.ledger.wait(20)
    one.world.guardian("base", as_server=True)
    yield one
    one.stop()


def crash_streamer(drill):
    drill.streamer.kill()
    drill.ledger.wait(30)
    drill.streamer.start()


def crash_server(drill):
    drill.world.server.crash()
    subprocess.run([servers.PG_SH, "start", drill.world.server.dir, "--major", str(drill.world.server.major), *[word for name, value in
                    {"wal_level": "replica", **SETTINGS}.items() for word in ("-c", f"{name}={value}")]],
                   check=True, capture_output=True)


def lose_store(drill):
    gone = drill.world.place / "store.gone"
    drill.world.store.rename(gone)
    drill.ledger.wait(60)
    if drill.world.store.exists():  # somebody made a new, empty one where a disk was not mounted
        shutil.rmtree(drill.world.store)
    gone.rename(drill.world.store)


def cut_network(drill):
    drill.wire.shut.set()
    drill.wire.cut()
    drill.ledger.wait(30)
    drill.wire.shut.clear()


def hang_network(drill):
    drill.wire.hung.set()
    time.sleep(3)
    drill.wire.hung.clear()


def end_streamer(drill):
    assert drill.streamer.kill(signal.SIGTERM) == 0, drill.streamer.log.read_text()[-3000:]
    drill.streamer.start()


BLOWS = [crash_streamer, crash_server, lose_store, cut_network, hang_network, end_streamer]


@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: blow.__name__)
def test_what_is_claimed_can_be_recovered(drill, blow):
    for _ in range(3 if DEEP else 1):
        drill.ledger.wait(30)
        blow(drill)
        drill.ledger.wait(30)
        _, claim = drill.durable()
        drill.check_targets(claim, 4 if DEEP else 1)


def test_what_is_acknowledged_is_covered_two_seconds_later(drill):
    """The goal for the time that can be lost, looked at kindly: this machine may be busy."""
    worst = 0
    for _ in range(5):
        drill.ledger.wait(10)
        took, _ = drill.durable()
        worst = max(worst, took)
    assert worst < 10, f"{worst:.1f} s"


def test_a_mark_between_is_exact(drill):
    drill.ledger.wait(10)
    drill.world.server.run("SELECT pg_create_restore_point('drill')")
    behind = drill.ledger.wait(20)
    drill.durable()
    greatest, _, said = drill.recover("--name", "drill")
    assert 0 < greatest < behind[0], said
