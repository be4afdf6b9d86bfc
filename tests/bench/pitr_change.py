#!/usr/bin/env python3
"""A guarded change whose backup is a point in time, against the same change with a snapshot: time in protection, at two sizes.

usage: pitr_change.py GUARDIAN [MEGABYTES…]      (100 and 2000)

Prints a table and, with --json FILE, writes the numbers. The server archives with `guardian wal push` into a folder beside it.
"""

import argparse
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))


def fill(world, database, megabytes):
    """A table of about that size, with rows that do not compress well."""
    world.server.create(database)
    world.server.run("CREATE TABLE events (id int, age int, note text) WITH (autovacuum_enabled = off)", database)
    for part in range(max(1, megabytes // 100)):
        rows = 100 * 7100
        world.server.run(f"INSERT INTO events SELECT n, n % 90, md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text) FROM generate_series({part * rows + 1}, {(part + 1) * rows}) n",
                         database)
    world.server.run("CREATE TABLE small (id int PRIMARY KEY, age int); INSERT INTO small SELECT n, n FROM generate_series(1, 1000) n; CHECKPOINT", database)


def change(world, database, column, *more):
    file = world.place / "change.sql"
    file.write_text(f"ALTER TABLE events DROP COLUMN {column};\n")
    began = time.monotonic()
    ran = world.guardian("apply", file, "--db", world.server.uri(database), "--json", "--yes", *more, as_server=True, timeout=1800)
    done = json.loads(ran.stdout)
    seconds = done["seconds"]
    return {"by": "point in time" if done["points"] else "snapshot", "protection": seconds["backup"] + seconds["proof"], "writers_waited": seconds["sealed"],
            "total": time.monotonic() - began, "notes": done["notes"]}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("guardian")
    options.add_argument("megabytes", nargs="*", type=int, default=[100, 2000])
    options.add_argument("--json")
    given = options.parse_args()
    os.environ["GUARDIAN"] = os.path.abspath(given.guardian)
    from harness import pitr

    rows = []
    with pitr.Archive(settings={"max_wal_size": "4GB", "shared_buffers": "256MB", "fsync": "off"}) as world:
        world.switch()
        for megabytes in given.megabytes:
            fill(world, f"size{megabytes}", megabytes)
            began = time.monotonic()
            world.guardian("base", as_server=True, timeout=1800)
            base = time.monotonic() - began
            size = world.value("SELECT pg_database_size(%s)", parameters=[f"size{megabytes}"])
            world.guardian("wal", "check", as_server=True, timeout=1800)
            for column, more in (("age", []), ("note", ["--point-in-time", "never"])):
                rows.append({"megabytes": size >> 20, "base_seconds": base, **change(world, f"size{megabytes}", column, *more)})
    print(f"{'database':>10} {'backup':>14} {'protection':>11} {'writers waited':>15} {'total':>8}")
    for row in rows:
        print(f"{row['megabytes']:>7} MB {row['by']:>14} {row['protection']:>9.2f} s {row['writers_waited']:>13.2f} s {row['total']:>6.2f} s  {'; '.join(row['notes'])}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
