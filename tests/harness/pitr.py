"""Point in time: a server whose WAL goes into a store, a ledger of what it has committed, and copies of it that recover.

The ledger is what recoveries are compared with: numbers that grow by one with each commit, and when and where in the WAL each was acknowledged.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from . import server as servers
GUARDIAN = servers.guardian_path()

AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


class Ledger:
    """One writer, one row a transaction, in a thread of its own; survives that the server goes away and comes back."""

    def __init__(self, server, database="postgres", pause=0.005):
        self.server, self.database, self.pause = server, database, pause
        self.rows = []  # (number, seconds since 1970 before COMMIT and after it, LSN behind it), of what was acknowledged
        self.tried = 0  # the last number that may be in although nobody acknowledged it
        self._stop = threading.Event()
        server.run("CREATE TABLE IF NOT EXISTS ledger (n bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())", database)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self):
        link = None
        while not self._stop.is_set():
            try:
                link = link or self.server.connect(self.database)
                with link.cursor() as cursor:
                    number = max(self.tried, self.rows[-1][0] if self.rows else 0) + 1
                    self.tried = number
                    before = time.time()
                    cursor.execute("INSERT INTO ledger (n) VALUES (%s)", (number,))
                    after = time.time()
                    cursor.execute("SELECT pg_current_wal_insert_lsn()")
                    self.rows.append((number, before, after, lsn(cursor.fetchone()[0])))
            except Exception:  # the server is away: what was tried may be in or not
                link = None
                time.sleep(0.1)
            time.sleep(self.pause)
        if link is not None:
            link.close()

    def wait(self, more):
        """Until so many more rows are acknowledged; the last of them."""
        goal = len(self.rows) + more
        for _ in range(6000):
            if len(self.rows) >= goal:
                return self.rows[-1]
            time.sleep(0.01)
        raise AssertionError("the ledger stands still")

    def stop(self):
        self._stop.set()
        self._thread.join(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def must_be_there(self, *, until_lsn=None, until=None):
        """The greatest number that is acknowledged before this LSN or time (seconds since 1970); 0: none."""
        return max((row[0] for row in list(self.rows) if (until_lsn is None or row[3] <= until_lsn) and (until is None or row[2] <= until)), default=0)

    def must_not_be_there(self, *, from_time):
        """The smallest number that was begun after this time, or None."""
        return min((row[0] for row in list(self.rows) if row[1] > from_time), default=None)


def lsn(text):
    high, low = text.split("/")
    return (int(high, 16) << 32) | int(low, 16)


class Archive:
    """A server with a store beside it. archive: archive_command pushes into it; else nothing goes there by itself.

    Every setting of Guardian can be given as more="export GUARDIAN_KEY_FILE=…" to the scripts push and fetch (file `more` in the folder, read each time).
    """

    def __init__(self, archive=True, major=None, settings=None, standby_of=None, place=None, tcp=False, segment_mb=None):
        self.own_place = place is None
        self.place = pathlib.Path(place or tempfile.mkdtemp(prefix="gd-pitr."))
        self.place.chmod(0o777)
        self.store = self.place / "store"
        self.store.mkdir(exist_ok=True)
        self.store.chmod(0o777)
        self.url = f"file://{self.store}"
        self.env = {**os.environ, "GUARDIAN_STORE": self.url}
        for name in ("push", "fetch"):
            script = self.place / name
            script.write_text(f'#!/bin/sh\nexport GUARDIAN_STORE="{self.url}"\n[ ! -f {self.place}/more ] || . {self.place}/more\n'
                              f'exec {GUARDIAN} wal {name} "$@" 2>>{self.place}/{name}.log\n')
            script.chmod(0o755)
        more = {"archive_mode": "on", "archive_command": f"{self.place}/push %p", "archive_timeout": "0"} if archive else {}
        self.server = servers.Server(major=major, settings={"wal_level": "replica", **more, **(settings or {})}, standby_of=standby_of, tcp=tcp, segment_mb=segment_mb)
        self.data = pathlib.Path(self.server.dir, "data")
        self.value = self.server.value
        self.tools = pathlib.Path(subprocess.run([servers.PG_SH, "bin", *([str(major)] if major else [])], capture_output=True, text=True, check=True).stdout.strip())

    def stop(self):
        self.server.stop()
        if self.own_place:
            shutil.rmtree(self.place, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def guardian(self, *words, status=0, cwd=None, env=None, as_server=False, timeout=120):
        """Run guardian with the store (and the server as its database) in the environment; status None: any."""
        environment = {**self.server.env(), "GUARDIAN_STORE": self.url, "GUARDIAN_DB": self.server.uri(), **(env or {})}
        ran = subprocess.run([*(AS_SERVER if as_server else []), GUARDIAN, *map(str, words)], cwd=cwd or self.place, env=environment, capture_output=True, text=True,
                             timeout=timeout)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def wal(self, *words, status=0, cwd=None, env=None):
        """guardian wal, as the server's user in its data directory."""
        return self.guardian("wal", *words, status=status, cwd=cwd or self.data, env=env, as_server=True)

    def switch(self):
        """The name of the segment that was being written, when the server has archived it."""
        name = self.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn()) FROM pg_logical_emit_message(true, 'x', 'x')")
        self.server.run("SELECT pg_switch_wal()")
        for _ in range(600):
            if self.value("SELECT last_archived_wal >= %s FROM pg_stat_archiver", parameters=[name]):
                return name
            time.sleep(0.05)
        raise AssertionError((self.place / "push.log").read_text())

    def stored(self, name):
        """The object of a WAL file."""
        return next(self.store.glob(f"v1/*/wal/*/{name}.zst"))

    def copy(self, settings=""):
        """A copy by pg_basebackup, without WAL, that recovers with `guardian wal fetch` and then promotes itself."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gd-pitr-copy.", dir=self.place))
        shutil.rmtree(folder)
        subprocess.run([*AS_SERVER, shutil.which("pg_basebackup", path=self.tools) or "pg_basebackup", "-D", folder, "-X", "none", "-c", "fast", "--no-manifest"], env=self.server.env(), check=True,
                       capture_output=True)
        with open(folder / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"restore_command = '{self.place}/fetch %f %p'\narchive_mode = off\nlisten_addresses = ''\n"
                       f"unix_socket_directories = '{folder}'\nrecovery_target_action = promote\nlog_min_messages = info\n{settings}")
        for name in ("recovery.signal", "more.log"):
            (folder / name).touch()
            if AS_SERVER:
                shutil.chown(folder / name, "postgres")
        return folder

    def start(self, folder):
        """Start a copy: (status of pg_ctl, which says nothing about the end of recovery; the log)."""
        ran = subprocess.run([*AS_SERVER, self.tools / "pg_ctl", "-D", folder, "-l", folder / "log", "-w", "-t", "60", "start"], capture_output=True, text=True)
        return ran.returncode, (folder / "log").read_text()

    def end(self, folder):
        subprocess.run([*AS_SERVER, self.tools / "pg_ctl", "-D", folder, "-m", "immediate", "-w", "stop"], capture_output=True)

    def ask(self, folder, sql, database="postgres"):
        """What a copy answers, as psql -At writes it."""
        env = {**self.server.env(database), "PGHOST": str(folder)}
        return subprocess.run(["psql", "-XAtqc", sql], env=env, capture_output=True, text=True, check=True).stdout.strip()

    def recovered(self, folder):
        """Start a copy and wait until it has recovered and promoted itself."""
        status, log = self.start(folder)
        assert status == 0, log
        for _ in range(600):
            if self.ask(folder, "SELECT pg_is_in_recovery() FROM pg_sleep(0.1)") == "f":
                return
        raise AssertionError((folder / "log").read_text())
