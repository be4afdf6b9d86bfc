#!/usr/bin/python3
"""Recovery beside the peers, in one run, on one server: laying a base backup down, and replaying WAL behind it. Prints ratios; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/recover.py [--quick] [--megabytes N] [--segments N] [--rounds N]

Laid down, in turns, the median counts: guardian recover --immediate (its own time for the files, which ends with everything on disk, and that of the whole process, in which a
server is started, gets to the end of the base backup, and is stopped), pgBackRest restore (Debian's; zst, process-max 2), and pg_basebackup's client-zstd tar by zstd and tar,
followed by sync. Replayed: the same WAL by guardian recover --latest, and by a server with pgBackRest's archive-get, with and without archive-async, from its start to the
end of recovery and of a checkpoint. All repositories are folders on the same disk, all servers have the same settings.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import server as servers  # noqa: E402
from harness import world  # noqa: E402

BUILD = pathlib.Path(os.environ.get("GD_BUILD", "build")).resolve()
GUARDIAN = os.environ.get("GD_BINARY", str(BUILD / "guardian"))
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
SETTINGS = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "128MB", "max_wal_size": "4GB", "autovacuum": "off", "archive_mode": "off", "max_locks_per_transaction": "256", "listen_addresses": "",
            "max_connections": "100", "jit": "off", "huge_pages": "off"}


def resident(pid):
    """Of a process, or of the one that it runs as another user."""
    try:
        if AS_SERVER:
            pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError, ValueError):
        return 0


class Bench:
    def __init__(self, arguments, server, folder):
        self.arguments, self.server, self.folder = arguments, server, folder
        self.env = {**server.env("postgres"), "GUARDIAN_STORE": f"file://{folder}/store", "GUARDIAN_LEVEL": "1", "TMPDIR": str(folder)}
        self.tools = pathlib.Path(server.value("SELECT setting FROM pg_config() WHERE name = 'BINDIR'"))
        self.kept, self.mib = {}, {}

    def run(self, *words, env=None):
        """As the server's user, to its end: (seconds, what it wrote, MiB resident at most, of this program alone and not of servers that it starts)."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said:
            began, most = time.monotonic(), 0
            ran = subprocess.Popen([*AS_SERVER, *map(str, words)], stdout=out, stderr=said, text=True, env={**self.env, **(env or {})}, cwd=self.folder)
            while ran.poll() is None:
                most = max(most, resident(ran.pid))
                time.sleep(0.01)
            seconds = time.monotonic() - began
            out.seek(0), said.seek(0)
            text = out.read()
            if ran.returncode != 0:
                sys.exit(f"{' '.join(map(str, words))}: {text[-2000:]}{said.read()[-3000:]}")
            return seconds, text, most

    def note(self, name, seconds, mib=0.0):
        self.kept.setdefault(name, []).append(seconds)
        self.mib[name] = max(mib, self.mib.get(name, 0.0))

    def fresh(self, name):
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        subprocess.run([*AS_SERVER, "mkdir", "-m", "700", path], check=True)
        return path

    # --- what is recovered ---

    def backrest(self, *words, asynchronous=False):
        return ["pgbackrest", f"--config={self.folder}/conf{'-async' if asynchronous else ''}", "--stanza=bench", *words]

    def take(self):
        """The same WAL in both archives, a base backup in each, and a tar."""
        for name, more in (("conf", ""), ("conf-async", f"archive-async=y\nspool-path={self.folder}/spool\n")):
            (self.folder / name).write_text(f"[global]\nrepo1-path={self.folder}/repo\nrepo1-retention-full=1\nprocess-max=2\ncompress-type=zst\ncompress-level=1\nstart-fast=y\n"
                                            f"log-path={self.folder}/log\nlock-path={self.folder}/lock\nlog-level-console=warn\nlog-level-file=off\n{more}"
                                            f"[bench]\npg1-path={self.server.dir}/data\npg1-socket-path={self.server.dir}\npg1-port={self.server.port}\npg1-user=postgres\n")
        script = self.folder / "pgbackrest-and-guardian"
        script.write_text(f"#!/bin/sh\n{' '.join(self.backrest('archive-push'))} \"$1\" && exec {GUARDIAN} wal push --store file://{self.folder}/store \"$1\" 2>>{self.folder}/push.log\n")
        script.chmod(0o755)
        self.run(*self.backrest("stanza-create"))
        self.server.run(f"ALTER SYSTEM SET archive_command = '{script} %p'")
        self.server.run("SELECT pg_reload_conf()")
        self.run(GUARDIAN, "base", "--quiet", "--workers", "2", env={"GUARDIAN_DB": self.server.uri()})
        self.run(*self.backrest("--type=full", "backup"))
        self.run(self.tools / "pg_basebackup", "-D", self.folder / "tar", "-Ft", "-Xstream", "-cfast", "--compress=client-zstd:level=1,workers=2")

    def fill(self):
        """So many segments, and all of them archived."""
        begin = self.server.value("SELECT pg_current_wal_lsn()")
        self.server.run("CREATE TABLE filled (n int PRIMARY KEY, v text, at timestamptz)")
        while self.server.value(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{begin}')") < self.arguments.segments * (16 << 20):
            self.server.run("INSERT INTO filled SELECT (SELECT coalesce(max(n), 0) FROM filled) + g, md5(g::text), now() FROM generate_series(1, 50000) g")
            self.server.run("UPDATE filled SET v = md5(v), at = now() WHERE n % 3 = 0")
        name = self.server.value("SELECT pg_walfile_name(pg_current_wal_lsn())")
        self.rows = self.server.value("SELECT count(*) FROM filled")
        self.server.run("SELECT pg_switch_wal()")
        while self.server.value("SELECT coalesce(last_archived_wal, '') < %s FROM pg_stat_archiver", parameters=[name]):
            time.sleep(0.2)

    # --- laying down ---

    def lay_guardian(self):
        seconds, said, mib = self.run(GUARDIAN, "recover", self.fresh("g"), "--immediate", "--no-check", "--json", "--quiet")
        self.note("guardian recover: files", json.loads(said)["recovered"]["lay_seconds"], mib)
        self.note("guardian recover --immediate, all of it", seconds, mib)

    def lay_backrest(self):
        seconds, _, mib = self.run(*self.backrest(f"--pg1-path={self.fresh('r')}", "--type=immediate", "restore"))
        self.note("pgBackRest restore, process-max 2", seconds, mib)

    def lay_tar(self):
        place = self.fresh("t")
        script = f"set -e; zstd -dc {self.folder}/tar/base.tar.zst | tar -x -C {place}; sync -f {place}"
        seconds, _, mib = self.run("/bin/sh", "-c", script)
        self.note("zstd -d | tar -x of pg_basebackup's, sync", seconds, mib)

    # --- replaying ---

    def replay_guardian(self):
        seconds, said, mib = self.run(GUARDIAN, "recover", self.fresh("g"), "--latest", "--no-check", "--json", "--quiet", "--keep-running")
        recovered = json.loads(said)["recovered"]
        self.check(recovered["running"].split("host='")[1].split("'")[0], self.folder / "g")
        self.note("guardian recover: replay", recovered["replay_seconds"], mib)
        self.note("guardian recover --latest, all of it", seconds, mib)

    def check(self, socket, data):
        rows = self.ask(socket, "SELECT count(*) FROM filled")
        subprocess.run([*AS_SERVER, self.tools / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], check=True, capture_output=True, cwd=self.folder)
        if rows != str(self.rows):
            sys.exit(f"{data}: {rows} rows instead of {self.rows}")

    def ask(self, socket, sql):
        return subprocess.run([*AS_SERVER, "psql", "-XAtq", "-h", socket, "-p", "5432", "-U", "postgres", "-d", "postgres", "-c", sql], capture_output=True, text=True,
                              env={**os.environ, "PGCONNECT_TIMEOUT": "5"}, cwd=self.folder).stdout.strip()

    def replay_backrest(self, asynchronous):
        data = self.fresh("r")
        self.fresh("spool")
        laid, _, mib = self.run(*self.backrest(f"--pg1-path={data}", "--type=default", "restore", asynchronous=asynchronous))
        command = " ".join(self.backrest(f"--pg1-path={data}", "archive-get", "%f", '"%p"', asynchronous=asynchronous))
        with open(data / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"restore_command = '{command}'\n" + "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items()))
            conf.write(f"unix_socket_directories = '{self.folder}'\nport = 5432\nshared_preload_libraries = ''\n")
        began = time.monotonic()
        with open(self.folder / "r.log", "a", encoding="utf-8") as log:
            subprocess.Popen([*AS_SERVER, self.tools / "postgres", "-D", data], stdout=log, stderr=log, cwd=self.folder)
        while self.ask(self.folder, "SELECT pg_is_in_recovery()") != "f":
            time.sleep(0.02)
            if time.monotonic() - began > 600:
                sys.exit((self.folder / "r.log").read_text()[-3000:])
        self.ask(self.folder, "CHECKPOINT")
        seconds = time.monotonic() - began
        self.check(self.folder, data)
        name = f"pgBackRest archive-get{', archive-async' if asynchronous else ''}"
        self.note(f"{name}: replay", seconds, mib)
        self.note(f"{name}: restore and replay", laid + seconds, mib)

    # --- the report ---

    def table(self, title, names, peers):
        best = min(statistics.median(self.kept[name]) for name in names if name in peers) if peers else 1
        print(f"\n  {title:<52}{'seconds':>10}{'to fastest peer':>17}{'MiB resident':>14}")
        for name in names:
            seconds = statistics.median(self.kept[name])
            print(f"  {name:<52}{seconds:>10.2f}{seconds / best:>17.2f}{self.mib[name]:>14.0f}", flush=True)
        self.kept, self.mib = {}, {}

    def laid(self):
        for _ in range(self.arguments.rounds):
            for way in (self.lay_tar, self.lay_backrest, self.lay_guardian):
                way()
        self.table("laid down", list(self.kept), [name for name in self.kept if "guardian" not in name])

    def replayed(self):
        for _ in range(self.arguments.rounds):
            self.replay_backrest(False)
            self.replay_backrest(True)
            self.replay_guardian()
        kept, mib = self.kept, self.mib
        for title, words in (("replayed", ("replay",)), ("from nothing to a server", ("restore and replay", "all of it"))):
            names = [name for name in kept if name.endswith(words) and (title == "replayed") == (not name.endswith(("restore and replay", "all of it")))]
            self.kept, self.mib = kept, mib
            self.table(title, names, [name for name in names if "guardian" not in name])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--megabytes", type=int, default=950, help="950 makes a cluster of about 1.3 GB")
    parser.add_argument("--segments", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.megabytes, arguments.segments, arguments.rounds = 3, 3, 1
    if not shutil.which("pgbackrest"):
        print("pgBackRest is not installed (Debian's package pgbackrest): nothing to compare with")
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gd-bench."))
    folder.chmod(0o777)
    if AS_SERVER:
        shutil.chown(folder, "postgres", "postgres")
    try:
        settings = {"shared_buffers": "512MB", "max_wal_size": "8GB", "max_locks_per_transaction": "256", "archive_mode": "on", "wal_level": "replica"}
        with servers.Server(settings=settings) as server:
            server.run("ALTER SYSTEM SET archive_command = '/bin/true'")
            server.run("SELECT pg_reload_conf()")
            world.build_large(server, "bench", arguments.megabytes)
            server.run("CHECKPOINT")
            data = sum(path.stat().st_size for path in pathlib.Path(server.dir, "data", "base").rglob("*") if path.is_file())
            print(f"data directory: {data / 1e6:.0f} MB, {arguments.segments} segments of WAL, PostgreSQL {server.major}, {os.cpu_count()} cores, zstd level 1, {arguments.rounds} round(s)")
            bench = Bench(arguments, server, folder)
            bench.take()
            bench.fill()
            bench.laid()
            bench.replayed()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
