#!/usr/bin/python3
"""How long writers are stopped: the sealed backup of one table beside COPY of it to nowhere, in one run, in turns. Prints ratios.

    GD_BUILD=build /usr/bin/python3 tests/bench/sealed.py [--quick] [--megabytes N] [--rounds N]

The time runs from the last lock to the proof, as whoever wants to write feels it; the change itself comes on top. COPY t TO '/dev/null' is done by
the server alone: nothing is sent, compressed, hashed, stored or read back.
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
DRIVER = BUILD / "system" / "drive_protect"


def sealed(server, folder, table):
    """Seconds from the last lock to the proven backup, and of them for the proof."""
    store = folder / "store"
    with subprocess.Popen([DRIVER, server.uri("bench"), f"file://{store}", "sealed", "tables", "2000", "3", table],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        began = time.monotonic()
        found = json.loads(process.stdout.readline())
        seconds = time.monotonic() - began
        process.communicate("\n")
    shutil.rmtree(store)
    return seconds, found["prove"]


def timed(*words, env):
    began = time.monotonic()
    subprocess.run(words, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def measure(server, folder, table, rounds):
    env = server.env("bench")
    size = server.value(f"SELECT pg_table_size('{table}')", "bench")
    kept = {"COPY to nowhere, by the server": [], "COPY to nowhere, through psql": [], "sealed backup, proven": [], "of it the proof": []}
    for _ in range(rounds):
        kept["COPY to nowhere, by the server"].append(timed("psql", "-qXc", f"COPY {table} TO '/dev/null'", env=env))
        kept["COPY to nowhere, through psql"].append(timed("psql", "-qXc", f"COPY {table} TO STDOUT", env=env))
        whole, proof = sealed(server, folder, table)
        kept["sealed backup, proven"].append(whole)
        kept["of it the proof"].append(proof)
    base = statistics.median(kept["COPY to nowhere, by the server"])
    print(f"\n{table}: {size / 1e6:.0f} MB on disk")
    for name, runs in kept.items():
        middle = statistics.median(runs)
        print(f"  {name:<34}{middle:>10.3f} s{middle / base:>10.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.megabytes, arguments.rounds = 2, 1
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gd-bench."))
    try:
        with servers.Server(settings={"shared_buffers": "1GB", "max_wal_size": "8GB"}) as server:
            world.build_large(server, "bench", max(1, arguments.megabytes // 4))
            for table in ("public.orders", "public.audit"):  # short rows; JSON
                size = server.value(f"SELECT pg_table_size('{table}')", "bench")
                times = max(1, round(arguments.megabytes * 1e6 / size))
                server.run(f"CREATE TABLE {table}_part AS SELECT t.* FROM {table} AS t, generate_series(1, {times})", "bench")
                measure(server, folder, f"{table}_part", arguments.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
