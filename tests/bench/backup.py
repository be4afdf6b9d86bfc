#!/usr/bin/python3
"""Snapshot, proof and restore beside the peers, in one run, on one server. Prints ratios; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/backup.py [--quick] [--megabytes N] [--rounds N] [--s3] [--major N]

Every program is run as a whole process, in turns with those it is compared with; the median counts. Peers: pg_dump -Fc, pg_dump -Fd
-j2 -Z1, pg_dump | zstd, pg_restore -j2. --s3 repeats the snapshot on a radosgw on loopback (tests/harness/rgw.sh).
"""

import argparse
import os
import pathlib
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


class Run:
    """One process from start to end: seconds, most memory; and the bytes that it left behind."""

    def __init__(self, env, words, made=None):
        ran = subprocess.run([MEASURE, *words], capture_output=True, text=True, env=env)
        if ran.returncode != 0:
            sys.exit(f"{' '.join(words)}: {ran.stderr.strip()}")
        status, seconds, processor, kib = ran.stdout.splitlines()[-1].split()
        self.seconds, self.processor, self.mib = float(seconds), float(processor), int(kib) / 1024
        if status != "0":
            sys.exit(f"{' '.join(words)}: exit status {status}: {ran.stderr.strip()[-2000:]}")
        self.bytes = size_of(made) if made else 0


def size_of(path):
    path = pathlib.Path(path)
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) if path.is_dir() else path.stat().st_size


def shell(text):
    return ["sh", "-c", text]


def median(runs, what="seconds"):
    return statistics.median(getattr(run, what) for run in runs)


def rows(title, columns, lines):
    print(f"\n{title}")
    print("  " + f"{'':<34}" + "".join(f"{column:>14}" for column in columns))
    for name, *cells in lines:
        print("  " + f"{name:<34}" + "".join(f"{cell:>14}" for cell in cells))


class Bench:
    def __init__(self, arguments, server, folder):
        self.arguments, self.server, self.folder = arguments, server, folder
        self.env = {**server.env("bench"), "GUARDIAN_STORE": f"file://{folder}/store"}

    def fresh(self, name):
        path = self.folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        return path

    def backups(self):
        """Each way to make a backup, in turns."""
        ways = {
            "pg_dump -Fc": lambda: (["pg_dump", "-Fc", "-f", str(self.fresh("fc")), "bench"], self.folder / "fc"),
            "pg_dump -Fd -j2 -Z1": lambda: (["pg_dump", "-Fd", "-j2", "-Z1", "-f", str(self.fresh("fd")), "bench"], self.folder / "fd"),
            "pg_dump | zstd": lambda: (shell(f"pg_dump bench | zstd -q -3 -o {self.fresh('zst')}"), self.folder / "zst"),
            "guardian snapshot (not proven)": lambda: ([GUARDIAN, "snapshot", "--quiet", "--prove", "none", "--store", f"file://{self.fresh('raw')}"], self.folder / "raw"),
            "guardian snapshot, read back": lambda: ([GUARDIAN, "snapshot", "--quiet", "--store", f"file://{self.fresh('store')}"], self.folder / "store"),
        }
        kept = {name: [] for name in ways}
        for _ in range(self.arguments.rounds):
            for name, way in ways.items():
                words, made = way()
                kept[name].append(Run(self.env, words, made))
        best = min(median(kept[name]) for name in list(ways)[:3])
        custom = median(kept["pg_dump -Fc"], "bytes")
        plain = median(kept["guardian snapshot (not proven)"])
        rows("Backup", ["seconds", "to the best", "MB", "to -Fc", "MiB resident", "to unproven"],
             [(name, f"{median(runs):.2f}", f"{median(runs) / best:.2f}", f"{median(runs, 'bytes') / 1e6:.1f}", f"{median(runs, 'bytes') / custom:.2f}",
               f"{median(runs, 'mib'):.0f}", f"{median(runs) / plain:.2f}" if "guardian" in name else "") for name, runs in kept.items()])

    def restores(self):
        """Each way to restore, in turns, into a new database. pg_restore leaves out the statistics, which Guardian gathers: both are shown both ways."""
        folder, custom = self.folder / "fd", self.folder / "fc"
        ways = {
            "pg_restore -j2 (of -Fd)": ["pg_restore", "-j2", "-d", "copy", str(folder)],
            "pg_restore -j2 (of -Fc)": ["pg_restore", "-j2", "-d", "copy", str(custom)],
            "pg_restore -j2, vacuumdb -Z -j2": shell(f"pg_restore -j2 -d copy {folder} && vacuumdb -q -Z -j2 copy"),
            "guardian restore": [GUARDIAN, "restore", "latest", "--into", "copy", "--quiet"],
            "guardian restore --no-analyze": [GUARDIAN, "restore", "latest", "--into", "copy", "--quiet", "--no-analyze"],
        }
        kept = {name: [] for name in ways}
        for _ in range(self.arguments.rounds):
            for name, words in ways.items():
                self.server.drop("copy")
                if "guardian" not in name:
                    self.server.create("copy")
                self.server.run("CHECKPOINT")  # nobody pays for what the one before left
                kept[name].append(Run(self.env, words))
        self.server.drop("copy")
        best = min(median(runs) for name, runs in kept.items() if name.endswith(")"))
        rows("Restore", ["seconds", "to the best", "MiB resident"],
             [(name, f"{median(runs):.2f}", f"{median(runs) / best:.2f}", f"{median(runs, 'mib'):.0f}") for name, runs in kept.items()])

    def proofs(self):
        """Reading back, and reading back again when parts are remembered."""
        full = [Run(self.env, [GUARDIAN, "verify", "latest", "--quiet", "--remember", "0"]) for _ in range(self.arguments.rounds)]
        again = [Run(self.env, [GUARDIAN, "verify", "latest", "--quiet", "--remember", "1d"]) for _ in range(self.arguments.rounds)]
        drill = [Run(self.env, [GUARDIAN, "verify", "latest", "--quiet", "--drill"])]
        rows("Proof", ["seconds", "MiB resident"], [(name, f"{median(runs):.2f}", f"{median(runs, 'mib'):.0f}") for name, runs in
                                                     (("verify, everything read", full), ("verify, parts remembered", again), ("verify --drill", drill))])

    def schema_only(self):
        world.build_many_tables(self.server, "many", 500)
        env = {**self.env, "PGDATABASE": "many"}
        runs = {"pg_dump -s": [], "guardian snapshot --scope schema": []}
        for _ in range(max(3, self.arguments.rounds)):
            runs["pg_dump -s"].append(Run(env, ["pg_dump", "-Fc", "-s", "-f", str(self.fresh("s")), "many"]))
            runs["guardian snapshot --scope schema"].append(Run(env, [GUARDIAN, "snapshot", "--quiet", "--scope", "schema", "--store", f"file://{self.fresh('sstore')}"]))
        rows("Definitions of 500 tables", ["seconds", "ratio"], [(name, f"{median(each):.3f}", f"{median(each) / median(runs['pg_dump -s']):.2f}") for name, each in runs.items()])

    def one_table(self):
        """One big table: do several workers help?"""
        lines = []
        for workers in ("1", "2"):
            runs = [Run(self.env, [GUARDIAN, "snapshot", "--quiet", "--prove", "none", "--workers", workers, "--scope", "tables", "--table", "public.orders",
                                   "--store", f"file://{self.fresh('one')}"]) for _ in range(self.arguments.rounds)]
            lines.append((f"public.orders, {workers} worker(s)", median(runs)))
        rows("One table", ["seconds", "ratio"], [(name, f"{seconds:.2f}", f"{seconds / lines[0][1]:.2f}") for name, seconds in lines])

    def on_s3(self):
        started = subprocess.run([str(HERE.parent / "harness" / "rgw.sh"), "start", str(self.folder / "rgw"), "--bucket", "bench"], capture_output=True, text=True)
        if started.returncode != 0:
            print(f"\nS3: not measured: {started.stderr.strip().splitlines()[-1:]}")
            return
        try:
            text = subprocess.run(["sh", "-c", f"{started.stdout}\nenv"], capture_output=True, text=True, check=True).stdout
            there = dict(line.split("=", 1) for line in text.splitlines() if line.startswith(("AWS_", "GUARDIAN_", "GD_")))
            env = {**self.env, **there, "GUARDIAN_STORE": "s3://bench/snapshots"}
            runs = {name: [Run(env, [GUARDIAN, "snapshot", "--quiet", *extra]) for _ in range(self.arguments.rounds)]
                    for name, extra in (("guardian snapshot (not proven)", ["--prove", "none"]), ("guardian snapshot, read back", []))}
            rows("Snapshot on S3 (radosgw on loopback, same two cores)", ["seconds", "MiB resident"], [(name, f"{median(each):.2f}", f"{median(each, 'mib'):.0f}") for name, each in runs.items()])
        finally:
            subprocess.run([str(HERE.parent / "harness" / "rgw.sh"), "stop", str(self.folder / "rgw")], capture_output=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--megabytes", type=int, default=1100, help="1100 makes a database of 1.5 GB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--major", type=int)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.megabytes, arguments.rounds = 3, 1
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gd-bench."))
    try:
        with servers.Server(major=arguments.major, settings={"shared_buffers": "1GB", "max_wal_size": "8GB", "max_locks_per_transaction": "256"}) as server:
            world.build_large(server, "bench", arguments.megabytes)
            print(f"database: {server.value('SELECT pg_database_size(%s)', 'postgres', ['bench']) / 1e6:.0f} MB, PostgreSQL {server.major}, {os.cpu_count()} cores, {arguments.rounds} round(s)")
            bench = Bench(arguments, server, folder)
            bench.backups()
            bench.restores()
            bench.proofs()
            bench.schema_only()
            bench.one_table()
            if arguments.s3:
                bench.on_s3()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
