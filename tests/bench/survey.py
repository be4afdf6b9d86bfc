#!/usr/bin/python3
"""How long a survey takes on a database with thousands of tables. Prints times; decides nothing.

    GD_BUILD=build tests/bench/survey.py [TABLES]

Each round opens its own connection, as a command does, so that the server's caches are cold; the connection itself is
not timed. Every table has ten columns, a primary key from a sequence, two more indexes, a CHECK, defaults, one row, and nine in ten refer
to another table by a foreign key.
"""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import server as servers  # noqa: E402

MAKE = """
    SET client_min_messages = warning;
    DO $$ BEGIN
        FOR i IN {first}..{last} LOOP
            EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, parent int {refers}, name varchar(100) NOT NULL,
                email text UNIQUE, amount numeric(10, 2) DEFAULT 0 CHECK (amount >= 0), note text, flag boolean NOT NULL
                DEFAULT false, made timestamptz NOT NULL DEFAULT now(), tags text[], data jsonb)', i, (i / 10) * 10);
            EXECUTE format('CREATE INDEX ON t%s (parent)', i);
        END LOOP;
    END $$
"""


def measure(uri, names, rounds=7):
    driver = pathlib.Path(os.environ["GD_BUILD"], "system", "drive_survey")
    words = ["time", str(rounds), *names]
    answer = json.loads(subprocess.run([driver, uri, *words], capture_output=True, text=True, check=True).stdout)
    return sorted(answer["rounds"], key=lambda one: one["seconds"])


def report(what, rounds):
    best, middle = rounds[0], rounds[len(rounds) // 2]
    print(f"{what:<44} {best['seconds'] * 1000:8.1f} ms best {middle['seconds'] * 1000:8.1f} ms median  "
          f"{best['relations']:6} relations {best['dependencies']:7} dependencies {best['bytes'] >> 20:4} MiB", flush=True)


def main():
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with servers.Server(settings={"max_locks_per_transaction": "1024"}) as server:
        # every tenth first, in transactions of 500: the others refer to one of them
        for first in range(0, tables, 500):
            server.run(MAKE.format(first=first, last=min(first + 499, tables - 1), refers="{}").replace(
                "parent int {}", "parent int"))
        for first in range(0, tables, 500):
            server.run(f"DO $$ BEGIN FOR i IN {first}..{min(first + 499, tables - 1)} LOOP IF i % 10 <> 0 THEN "
                       "EXECUTE format('ALTER TABLE t%s ADD FOREIGN KEY (parent) REFERENCES t%s ON DELETE CASCADE', i, i / 10 * 10); "
                       "END IF; END LOOP; END $$")
        server.run(f"DO $$ BEGIN FOR i IN 0..{tables - 1} LOOP EXECUTE format('INSERT INTO t%s (name) VALUES (1)', i); END LOOP; END $$")
        server.run("VACUUM ANALYZE")
        print(f"PostgreSQL {server.major}, {tables} tables")
        uri = server.uri()
        report("no name at all", measure(uri, ["nothing_of_this_name"]))
        report("one table, referred to by nine", measure(uri, ["t10"]))
        report("ten tables that nobody refers to", measure(uri, [f"t{i}" for i in range(1, 100, 10)]))
        report(f"all {tables}", measure(uri, [f"t{i}" for i in range(tables)]))
        report("the schema opened", measure(uri, ["+", "public"]))


main()
