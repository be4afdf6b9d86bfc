#!/usr/bin/python3
"""Base backups beside the peers, in one run, on one server. Prints ratios; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/base.py [--quick] [--s3] [--megabytes N] [--rounds N] [--level N] [--major N]

Every program is run as a whole process, in turns with those it is compared with; the median counts. All write to the same disk, with zstd of the same
level and two workers, and with the WAL that the backup needs. Peers: pg_basebackup (tar, client-zstd and server-zstd, with its default
manifest of CRC-32C, and with SHA-256 as Guardian's), pgBackRest (Debian's package pgbackrest; zst, process-max 2). Of the peers none reads back what it has
written, so Guardian's time has that in it; what `verify` costs is shown beside.
"""

import argparse
import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import server as servers  # noqa: E402
from harness import world  # noqa: E402

BUILD = pathlib.Path(os.environ.get("GD_BUILD", "build")).resolve()
GUARDIAN = os.environ.get("GD_BINARY", str(BUILD / "guardian"))
MEASURE = str(BUILD / "bench" / "measure")
RGW = str(HERE.parent / "harness" / "rgw.sh")
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


class Run:
    """One process from start to end: seconds, processor seconds, most memory; and the bytes that it left behind."""

    def __init__(self, env, words, made):
        before = size_of(made)
        ran = subprocess.run([MEASURE, *map(str, words)], capture_output=True, text=True, env=env)
        if ran.returncode != 0 or ran.stdout.splitlines()[-1].split()[0] != "0":
            sys.exit(f"{' '.join(map(str, words))}: {ran.stdout[-2000:]}{ran.stderr.strip()[-2000:]}")
        _, seconds, processor, kib = ran.stdout.splitlines()[-1].split()
        self.seconds, self.processor, self.mib = float(seconds), float(processor), int(kib) / 1024
        self.bytes = size_of(made) - before


def size_of(path):
    return sum(each.stat().st_size for each in pathlib.Path(path).rglob("*") if each.is_file()) if pathlib.Path(path).exists() else 0


def median(runs, what="seconds"):
    return statistics.median(getattr(run, what) for run in runs)


class Bench:
    def __init__(self, arguments, server, folder):
        self.arguments, self.server, self.folder = arguments, server, folder
        self.env = {**server.env("postgres"), "GUARDIAN_STORE": f"file://{folder}/store", "GUARDIAN_DB": server.uri(), "GUARDIAN_LEVEL": str(arguments.level)}
        self.tools = pathlib.Path(server.value("SELECT setting FROM pg_config() WHERE name = 'BINDIR'"))
        if not (self.tools / "pg_basebackup").exists():
            self.tools = pathlib.Path("/usr/lib/postgresql/15/bin")

    def fresh(self, name):
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def base(self, name, *words):
        folder = self.folder / name
        return lambda: (self.fresh(name), [GUARDIAN, "base", "--quiet", "--workers", "2", "--store", f"file://{folder}", *words])

    def basebackup(self, name, where, checksums):
        compress = f"{where}-zstd:level={self.arguments.level},workers=2"
        return lambda: (self.fresh(name), [self.tools / "pg_basebackup", "-D", self.folder / name, "-Ft", "-Xstream" if where == "client" else "-Xfetch", "-cfast",
                                           f"--compress={compress}", f"--manifest-checksums={checksums}"])

    def backrest(self):
        """Runs as the server's user, beside its files; its archive is the same repository."""
        place = self.folder / "backrest"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        conf = place / "conf"
        conf.write_text(f"[global]\nrepo1-path={place}/repo\nrepo1-retention-full=1\nprocess-max=2\ncompress-type=zst\ncompress-level={self.arguments.level}\nstart-fast=y\n"
                        f"log-path={place}\nlock-path={place}/lock\nspool-path={place}/spool\nlog-level-console=warn\n"
                        f"[bench]\npg1-path={self.server.dir}/data\npg1-socket-path={self.server.dir}\npg1-port={self.server.port}\npg1-user=postgres\n")
        if AS_SERVER:
            shutil.chown(place, "postgres", pwd.getpwnam("postgres").pw_gid)
        words = [*AS_SERVER, "pgbackrest", f"--config={conf}", "--stanza=bench"]
        self.server.run(f"ALTER SYSTEM SET archive_command = 'pgbackrest --config={conf} --stanza=bench archive-push %p'")
        self.server.run("SELECT pg_reload_conf()")
        made = subprocess.run([*words, "stanza-create"], capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(made.stdout + made.stderr)
        return place / "repo", [*words, "--type=full", "backup"]

    def ways(self):
        ways = {
            "pg_basebackup, client-zstd": self.basebackup("bb", "client", "CRC32C"),
            "pg_basebackup, client-zstd, SHA-256": self.basebackup("bb", "client", "SHA256"),
        }
        server_zstd = self.server.value("SELECT strpos(setting, '--with-zstd') > 0 FROM pg_config() WHERE name = 'CONFIGURE'")
        if server_zstd:
            ways["pg_basebackup, server-zstd"] = self.basebackup("bb", "server", "CRC32C")
        if shutil.which("pgbackrest"):
            ways["pgBackRest, zst, process-max 2"] = self.backrest
        else:
            print("pgBackRest: not measured: Debian's package pgbackrest is not installed")
        ways["guardian base, read back"] = self.base("store", "--no-share")
        return ways

    def backups(self):
        ways = self.ways()
        kept = {name: [] for name in ways}
        for _ in range(self.arguments.rounds):
            for name, way in ways.items():
                made, words = way()
                self.server.run("CHECKPOINT")
                kept[name].append(Run(self.env, words, made))
                self.server.run("ALTER SYSTEM SET archive_command = '/bin/true'")
                self.server.run("SELECT pg_reload_conf()")
        peers = [name for name in ways if "guardian" not in name]
        fastest, smallest = min(median(kept[name]) for name in peers), min(median(kept[name], "bytes") for name in peers)
        print(f"\n  {'':<38}{'seconds':>10}{'to fastest':>12}{'processor':>11}{'MB':>10}{'to smallest':>13}{'MiB resident':>14}")
        for name, runs in kept.items():
            print(f"  {name:<38}{median(runs):>10.2f}{median(runs) / fastest:>12.2f}{median(runs, 'processor'):>11.2f}{median(runs, 'bytes') / 1e6:>10.1f}"
                  f"{median(runs, 'bytes') / smallest:>13.2f}{median(runs, 'mib'):>14.0f}", flush=True)

    def again(self):
        """What has not changed is not stored again; and reading it all."""
        store = self.folder / "store"
        words = [GUARDIAN, "base", "--quiet", "--workers", "2", "--store", f"file://{store}"]
        second = Run(self.env, words, store)
        read = Run(self.env, [GUARDIAN, "verify", sorted(path.name for path in store.glob("v1/*/base/*"))[-1], "--quiet", "--store", f"file://{store}"], store)
        print(f"\n  a second one, nothing has changed: {second.seconds:.2f} s, {second.processor:.2f} s of processor, {second.bytes / 1e6:.1f} MB more, {second.mib:.0f} MiB resident"
              f"\n  verify: {read.seconds:.2f} s, {read.mib:.0f} MiB resident")

    def on_s3(self):
        """The same into radosgw on the loopback: the first one, and a second one of what has not changed."""
        place = str(self.folder / "rgw")
        started = subprocess.run([RGW, "start", place, "--bucket", "bench"], capture_output=True, text=True)
        if started.returncode != 0:
            print(f"\n  S3: not measured: {started.stderr.strip().splitlines()[-1:]}")
            return
        try:
            text = subprocess.run(["sh", "-c", f"{started.stdout}\nenv"], capture_output=True, text=True, check=True).stdout
            there = dict(line.split("=", 1) for line in text.splitlines() if line.startswith(("AWS_", "GUARDIAN_", "GD_")))
            for at in range(self.arguments.rounds):
                env = {**self.env, **there, "GUARDIAN_STORE": f"s3://bench/{at}"}
                for name in ("the first one", "a second one, nothing has changed"):
                    self.server.run("CHECKPOINT")
                    ran = Run(env, [GUARDIAN, "base", "--quiet", "--workers", "2"], self.folder / "none")
                    print(f"  S3, {name}: {ran.seconds:.2f} s, {ran.processor:.2f} s of processor, {ran.mib:.0f} MiB resident", flush=True)
        finally:
            subprocess.run([RGW, "stop", place], capture_output=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--megabytes", type=int, default=1100, help="1100 makes a database of 1.5 GB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--major", type=int)
    parser.add_argument("--s3", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.megabytes, arguments.rounds = 3, 1
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gd-bench."))
    folder.chmod(0o755)
    try:
        settings = {"shared_buffers": "512MB", "max_wal_size": "8GB", "max_locks_per_transaction": "256", "archive_mode": "on", "wal_level": "replica"}
        with servers.Server(major=arguments.major, settings=settings) as server:
            server.run("ALTER SYSTEM SET archive_command = '/bin/true'")
            server.run("SELECT pg_reload_conf()")
            world.build_large(server, "bench", arguments.megabytes)
            server.run("CHECKPOINT")
            print(f"data directory: {size_of(pathlib.Path(server.dir, 'data', 'base')) / 1e6:.0f} MB, PostgreSQL {server.major}, {os.cpu_count()} cores, zstd level {arguments.level}, {arguments.rounds} round(s)")
            bench = Bench(arguments, server, folder)
            bench.backups()
            bench.again()
            if arguments.s3:
                bench.on_s3()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
