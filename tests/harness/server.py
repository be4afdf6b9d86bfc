"""Throwaway PostgreSQL servers for the system tests.

A Server is a thin hand on pg.sh, which alone knows how to start and stop one. It dies with the process that asked for
it, whatever that process dies of: a watcher holds the other end of a pipe and stops the server when the pipe closes.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

import psycopg2
import psycopg2.extensions

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PG_SH = HERE / "pg.sh"
FIXTURE = HERE.parent / "corpus" / "fixture.sql"
FIXTURE_DB = "corpus_fixture"

_WATCHER = r'cat >/dev/null; "$0" stop "$1" immediate >/dev/null 2>&1; rm -rf "$1" "$2"'

_MEMORY = pathlib.Path("/dev/shm")
_ROOM = 4 << 30  # bytes that must be free for others before a server's files go there


def _has_room():
    """May files lie in memory? To make a database takes a fifth of the time then."""
    try:
        seen = os.statvfs(_MEMORY)
        free = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
        available = int(free["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError):
        return False
    return not seen.f_flag & os.ST_NOEXEC and min(seen.f_bavail * seen.f_frsize, available) > _ROOM


class Server:
    """One server in one folder. Use as a context manager, or call stop().

    memory=True: where there is room its files lie in memory, and DIR/data is a link. For many small databases.
    mould=OTHER: begins with the files of that Server, which has been halted; the same in everything, to its OIDs.
    """

    def __init__(self, major=None, settings=None, tcp=False, standby_of=None, segment_mb=None, memory=False, mould=None):
        self.dir = tempfile.mkdtemp(prefix="gd-pg.", dir=os.environ.get("GUARDIAN_TEST_TMP", "/tmp"))
        self._pipe = None
        self._memory = self._in_memory() if memory and _has_room() else ""
        self._link = None
        self.fresh = mould.fresh if mould else {}  # by template: what a copy of it holds (effects.py)
        self.spoiled = False  # set by a test that changed what all databases of the server share
        arguments = [str(PG_SH), "start", self.dir]
        if major:
            arguments += ["--major", str(major)]
        if tcp:
            arguments.append("--tcp")
        if standby_of:
            arguments += ["--standby-of", standby_of.dir]
        if segment_mb:
            arguments += ["--wal-segsize", str(segment_mb)]
        if mould:
            os.makedirs(f"{self.dir}/data", exist_ok=True)
            subprocess.run(["cp", "-a", f"{mould.dir}/data/.", f"{self.dir}/data/"], check=True)
            settings = {**(settings or {}), "unix_socket_directories": self.dir}
        for name, value in (settings or {}).items():
            arguments += ["-c", f"{name}={value}"]
        self._watch()
        started = subprocess.run(arguments, capture_output=True, text=True)
        if started.returncode != 0:
            self.stop()
            raise RuntimeError(f"no server: {started.stderr.strip()}")
        self.port = int(pathlib.Path(self.dir, "port").read_text())
        self.version = self.value("SELECT current_setting('server_version_num')::int")
        self.major = self.version // 10000

    def _in_memory(self):
        path = tempfile.mkdtemp(prefix="gd-pg.", dir=_MEMORY)
        if os.geteuid() == 0:
            shutil.chown(path, os.environ.get("GUARDIAN_PG_USER", "postgres"))
        os.symlink(path, f"{self.dir}/data")
        return path

    def _watch(self):
        read_end, self._pipe = os.pipe()
        subprocess.Popen(
            ["setsid", "--fork", "bash", "-c", _WATCHER, str(PG_SH), self.dir, self._memory],
            stdin=read_end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ).wait()
        os.close(read_end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def halt(self, how="fast"):
        """Stop it, and keep its files."""
        subprocess.run([str(PG_SH), "stop", self.dir, how], capture_output=True, timeout=60)

    def stop(self, how="fast"):
        if self._pipe is None:
            return
        self.halt(how)
        os.close(self._pipe)  # the watcher now removes the folder, too
        self._pipe = None
        shutil.rmtree(self.dir, ignore_errors=True)
        if self._memory:
            shutil.rmtree(self._memory, ignore_errors=True)

    def crash(self):
        subprocess.run([str(PG_SH), "crash", self.dir], check=True, capture_output=True)

    def env(self, database="postgres"):
        """The environment in which libpq programs reach `database` of this server."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "DATABASE_URL"}
        return {**kept, "PGHOST": self.dir, "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": database}

    def uri(self, database="postgres", user="postgres"):
        host = self.dir.replace("/", "%2F")
        return f"postgresql://{user}@{host}:{self.port}/{database}"

    def connect(self, database="postgres", autocommit=True, user="postgres", **options):
        link = psycopg2.connect(host=self.dir, port=self.port, user=user, dbname=database, **options)
        link.autocommit = autocommit
        return link

    def run(self, sql, database="postgres", parameters=None):
        """Run `sql` in autocommit; the rows of the last statement, or []."""
        link = self.connect(database)
        try:
            with link.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()

    def ask(self, sql, parameters=None):
        """As run(), in database postgres, over one connection that is kept."""
        fresh = self._link is None or self._link.closed
        if fresh:
            self._link = self.connect()
        try:
            with self._link.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error:
            if fresh or not self._link.closed:
                raise
            return self.ask(sql, parameters)  # somebody has ended it meanwhile

    def value(self, sql, database="postgres", parameters=None):
        return self.run(sql, database, parameters)[0][0]

    def create(self, database, template="template0"):
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def copy(self, database, template):
        """As create(), with the template's files copied as they are: half the work, and nothing of them in WAL."""
        self.ask(f'CREATE DATABASE "{database}" TEMPLATE "{template}"' + (" STRATEGY file_copy" if self.major > 14 else ""))

    def drop(self, database):
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def psql(self, database, *arguments, check=True, stdin=None):
        ran = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *arguments],
            env=self.env(database), capture_output=True, text=True, input=stdin,
        )
        if check and ran.returncode != 0:
            raise RuntimeError(f"psql: {ran.stderr.strip()}")
        return ran

    def load_fixture(self):
        """Make the template database of the corpus, once per server; returns its name."""
        if not self.run("SELECT 1 FROM pg_database WHERE datname = %s", parameters=[FIXTURE_DB]):
            self.create(FIXTURE_DB)
            self.psql(FIXTURE_DB, "-f", str(FIXTURE))
        return FIXTURE_DB


def wanted_majors():
    """Majors named in GUARDIAN_TEST_MAJORS ("13 18", "all"); empty when the deep tests were not asked for."""
    text = os.environ.get("GUARDIAN_TEST_MAJORS", "").replace(",", " ")
    return [13, 14, 15, 16, 17, 18] if text.strip() == "all" else [int(word) for word in text.split()]


def other_major(major):
    """For a test that wants the server of another major version: skips it where that is neither asked for (GUARDIAN_TEST_MAJORS) nor installed (pg.sh install)."""
    if major in wanted_majors() or subprocess.run([str(PG_SH), "bin", str(major)], capture_output=True).returncode == 0:
        return major
    import pytest  # not everybody who starts a server has it
    return pytest.skip(f"PostgreSQL {major} is not here, and was not asked for")


def guardian_path():
    """The binary under test, as ctest (GD_BINARY) or a person (GUARDIAN) names it, or None."""
    return os.environ.get("GUARDIAN") or os.environ.get("GD_BINARY")
