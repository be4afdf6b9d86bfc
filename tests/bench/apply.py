#!/usr/bin/python3
"""A guarded change beside psql, in one run, on one server. Prints ratios; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/apply.py [--rounds N] [--tables N]

Whole processes, in turns; medians. An additive change is run as a different file each time, so that Guardian finds nothing done; its
schema dump is told apart, because that is what the change is kept back by. The script of a boot is the same each time.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import server as servers  # noqa: E402

BUILD = pathlib.Path(os.environ.get("GD_BUILD", "build")).resolve()
GUARDIAN = os.environ.get("GD_BINARY", str(BUILD / "guardian"))


def timed(words, env, folder):
    begin = time.monotonic()
    ran = subprocess.run(words, env=env, cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - begin
    if ran.returncode != 0:
        sys.exit(f"{' '.join(words)}: status {ran.returncode}: {ran.stderr.strip()[-2000:]}")
    return seconds, ran.stdout


def milliseconds(values):
    return f"{statistics.median(values) * 1000:.1f} ms"


def row(name, *cells):
    print(f"  {name:<44}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def additive(env, folder, rounds):
    """One column more, as a file of its own each time."""
    psql, plain, dump = [], [], []
    for turn in range(rounds):
        for name in ("psql", "guardian"):
            (folder / f"{name}{turn}.sql").write_text(f"ALTER TABLE t1 ADD COLUMN {name}{turn} int;\n")
        psql.append(timed(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", f"psql{turn}.sql"], env, folder)[0])
        seconds, said = timed([GUARDIAN, "apply", "--quiet", "--json", "--store", f"file://{folder}/store", f"guardian{turn}.sql"], env, folder)
        spent = json.loads(said)["seconds"]
        dump.append(spent["backup"] + spent["proof"])
        plain.append(seconds - dump[-1])
    more = statistics.median(plain) - statistics.median(psql)
    print("\nAn additive change (ADD COLUMN)")
    row("psql -f", milliseconds(psql))
    row("guardian apply, without its backup", milliseconds(plain), f"+{more * 1000:.1f} ms")
    row("the schema dump and its proof", milliseconds(dump))


def boot_script():
    """200 statements as boot scripts have them, all of which find their work done."""
    lines = []
    for number in range(1, 51):
        lines += [f"CREATE TABLE IF NOT EXISTS boot{number} (id int PRIMARY KEY, v text);",
                  f"CREATE INDEX IF NOT EXISTS boot{number}_v ON boot{number} (v);",
                  f"ALTER TABLE boot{number} ADD COLUMN IF NOT EXISTS w int;",
                  f"INSERT INTO boot{number} VALUES (1, 'seed') ON CONFLICT DO NOTHING;"]
    return "\n".join(lines) + "\n"


def boot(env, folder, rounds):
    (folder / "init.sql").write_text(boot_script())
    guarded = [GUARDIAN, "apply", "--quiet", "--store", f"file://{folder}/store", "init.sql"]
    bare = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "init.sql"]
    timed(guarded, env, folder)
    timed(guarded, env, folder)
    psql, again = [], []
    for _ in range(rounds):
        psql.append(timed(bare, {**env, "PGOPTIONS": "-c client_min_messages=warning"}, folder)[0])
        again.append(timed(guarded, env, folder)[0])
    print("\nA boot script of 200 statements that are done")
    row("psql -f", milliseconds(psql))
    row("guardian apply", milliseconds(again), f"{statistics.median(again) / statistics.median(psql):.2f}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=11)
    options.add_argument("--tables", type=int, default=100)
    chosen = options.parse_args()
    with servers.Server() as server, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "store").mkdir()
        server.create("bench")
        server.psql("bench", stdin="".join(f"CREATE TABLE t{n} (id int PRIMARY KEY, a text, b numeric, c timestamptz);"
                                           for n in range(1, chosen.tables + 1)))
        env = server.env("bench")
        print(f"PostgreSQL {server.value('SHOW server_version')}, {chosen.tables} tables, medians of {chosen.rounds}")
        additive(env, folder, chosen.rounds)
        boot(env, folder, chosen.rounds)


if __name__ == "__main__":
    main()
