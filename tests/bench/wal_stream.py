#!/usr/bin/env python3
"""What streaming WAL costs the server: pgbench alone, beside pg_receivewal, beside `guardian wal stream`, in turns.

usage: wal_stream.py GUARDIAN [--rounds 3] [--seconds 10] [--json FILE]

Prints the median of transactions a second for each, the ratio to the server alone and to pg_receivewal, processor time and greatest resident memory of the
receiver, and how far behind the store was when pgbench ended. Both receivers write to a folder on the server's own disk.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))


def pgbench(world, seconds):
    ran = subprocess.run(["pgbench", "-n", "-c", "4", "-j", "1", "-T", str(seconds), "bench"], env=world.server.env("bench"), capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([0-9.]+)", ran.stdout)[1])


def watched(process):
    """Processor seconds and greatest resident KiB of a running process."""
    words = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    peak = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"), int(peak[1])


def start(world, words, env=None):
    from harness import pitr
    return subprocess.Popen(words, env={**world.server.env(), **(env or {})}, cwd=world.place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            user="postgres" if pitr.AS_SERVER else None)


def receivers(world, guardian):
    folder = world.place / "received"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    folder.chmod(0o777)
    return {"server alone": None,
            "pg_receivewal": lambda: start(world, ["pg_receivewal", "-D", str(folder), "--synchronous"]),
            "guardian wal stream": lambda: start(world, [guardian, "wal", "stream"], {"GUARDIAN_STORE": world.url, "GUARDIAN_DB": world.server.uri()})}


def behind(world):
    """Bytes that the receiver has not made safe."""
    return world.value("SELECT coalesce(min(pg_current_wal_flush_lsn() - flush_lsn), 0)::bigint FROM pg_stat_replication")


def turn(world, begin, seconds):
    process = begin() if begin else None
    time.sleep(2)
    world.server.run("CHECKPOINT")
    tps = pgbench(world, seconds)
    row = {"tps": tps, "behind": behind(world) if process else 0}
    if process:
        row["processor"], row["peak_kib"] = watched(process)
        process.send_signal(signal.SIGINT if "receivewal" in process.args[0] else signal.SIGTERM)
        process.wait(timeout=120)
    return row


def main():
    options = argparse.ArgumentParser()
    options.add_argument("guardian")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=10)
    options.add_argument("--json")
    given = options.parse_args()
    guardian = os.path.abspath(given.guardian)
    os.environ["GUARDIAN"] = guardian
    from harness import pitr

    with pitr.Archive(archive=False, settings={"max_wal_size": "4GB", "shared_buffers": "256MB", "synchronous_commit": "on", "full_page_writes": "on", "fsync": "on"}) as world:
        world.server.create("bench")
        subprocess.run(["pgbench", "-i", "-q", "-s", "20", "bench"], env=world.server.env("bench"), check=True, capture_output=True)
        rows = {name: [] for name in receivers(world, guardian)}
        for _ in range(given.rounds):
            for name, begin in receivers(world, guardian).items():
                rows[name].append(turn(world, begin, given.seconds))
    middle = {name: {key: statistics.median(row.get(key, 0) for row in turns) for key in ("tps", "behind", "processor", "peak_kib")} for name, turns in rows.items()}
    print(f"load {os.getloadavg()[0]:.1f}, {given.rounds} rounds of {given.seconds} s, 4 clients\n")
    print(f"{'':>20} {'tps':>8} {'to alone':>9} {'to pg_receivewal':>17} {'processor':>10} {'peak':>9} {'behind':>9}")
    for name, row in middle.items():
        print(f"{name:>20} {row['tps']:>8.0f} {row['tps'] / middle['server alone']['tps']:>9.2f} {row['tps'] / middle['pg_receivewal']['tps']:>17.2f} {row['processor']:>8.2f} s "
              f"{row['peak_kib'] / 1024:>5.0f} MiB {row['behind'] / 1024:>5.0f} KiB")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
