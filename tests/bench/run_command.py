#!/usr/bin/python3
"""guardian run, with its real gate, beside the same commands without it, in one run. Prints ratios; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/run_command.py [--seconds N] [--rounds N]

Commands reach the server by TCP on the loopback; guardian goes on by its unix socket. Ways take turns; medians count, and of what a
command's start costs the best of each, too. pgbouncer (Debian's, session mode) is left out where it is not installed.
"""

import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from harness import server as servers  # noqa: E402
from relay import BOUNCER, bouncer, row  # noqa: E402

GUARDIAN = pathlib.Path(os.environ.get("GD_BUILD", "build"), "guardian").resolve()
TABLES = 50


def run(words, env, stdin=None):
    begin = time.monotonic()
    ran = subprocess.run([str(word) for word in words], env=env, capture_output=True, text=True, input=stdin)
    if ran.returncode != 0:
        sys.exit(f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}")
    return time.monotonic() - begin, ran.stdout


def pgbench(before, env, seconds, mode, clients):
    out = run([*before, "pgbench", "-n", "-S", "-M", mode, "-c", clients, "-T", seconds], env)[1]
    return float(dict(line.split(" = ", 1) for line in out.splitlines() if " = " in line)["tps"].split()[0])


def throughput(ways, given):
    print("pgbench -S: transactions a second")
    row("", *ways, *(f"of {name}" for name in list(ways)[:-1]))
    for mode in ("simple", "prepared"):
        for clients in (1, 16):
            found = {name: [] for name in ways}
            for _ in range(given.rounds):
                for name, (before, env) in ways.items():
                    found[name].append(pgbench(before, env, given.seconds, mode, clients))
            middle = [statistics.median(values) for values in found.values()]
            row(f"{mode}, {clients}", *(f"{value:.0f}/s" for value in middle), *(f"{middle[-1] / value:.2f}" for value in middle[:-1]))


def in_turns(rounds, **ways):
    found = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(1000 * way())
    return found


def told(title, found, count=1):
    direct, guarded = found["direct"], found["guardian"]
    row(title, f"{statistics.median(direct):.1f} ms", f"{statistics.median(guarded):.1f} ms",
        f"+{(statistics.median(guarded) - statistics.median(direct)) / count:.1f} ms", f"+{(min(guarded) - min(direct)) / count:.1f} ms")


def starts(server, env, given, folder):
    guarded = [GUARDIAN, "run", "--quiet", "--"]
    print("\nA command's start, and what each statement costs")
    row("", "direct", "guardian", "more, median", "more, best")
    one = ["psql", "-Xqtc", "select 1"]
    told("psql -c 'select 1'", in_turns(10 * given.rounds, direct=lambda: run(one, env)[0], guardian=lambda: run([*guarded, *one], env)[0]))
    schema = pathlib.Path(folder, "schema.sql")
    schema.write_text("".join(f"CREATE TABLE t{i} (id serial PRIMARY KEY, name text NOT NULL, other int REFERENCES t{max(0, i - 1)});\n" for i in range(TABLES)))
    push = ["psql", "-Xqf", schema]

    def fresh(before):
        server.drop("pushed")
        server.create("pushed")
        return run([*before, *push], {**env, "PGDATABASE": "pushed"})[0]
    told(f"{TABLES} CREATE TABLE, all", in_turns(given.rounds, direct=lambda: fresh([]), guardian=lambda: fresh(guarded)))
    skipped = [GUARDIAN, "run", "--quiet", "--skip-unchanged", "--inputs", schema, "--", "true"]
    run(skipped, env)
    times = [1000 * run(skipped, env)[0] for _ in range(10 * given.rounds)]
    row("a boot that is skipped", "", f"{statistics.median(times):.1f} ms", "", f"{min(times):.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gd-bench."))
        server = stack.enter_context(servers.Server(tcp=True))
        here = {**server.env(), "GUARDIAN_STORE": f"file://{folder}/store"}
        run(["pgbench", "-i", "-q"], here)
        direct = {**here, "PGHOST": "127.0.0.1"}
        ways = {"direct": ([], direct)}
        if os.path.exists(BOUNCER):
            ways["pgbouncer"] = ([], stack.enter_context(bouncer(server)))
        ways["guardian"] = ([GUARDIAN, "run", "--quiet", "--"], here)
        throughput(ways, given)
        starts(server, here, given, folder)


if __name__ == "__main__":
    main()
