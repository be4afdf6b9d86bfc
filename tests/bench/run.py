#!/usr/bin/python3
"""Guardian against the bare parser, in one run, side by side. Prints a report; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/run.py [--quick] [--rounds N] [--no-survey]

Each program is run as a whole process, in turns with those it is compared with, so that a busy machine slows all of them;
the median counts. --quick takes small scripts: it shows that everything runs, not how fast.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import scripts

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("GD_BUILD", "build"))
GUARDIAN = os.environ.get("GD_BINARY", str(BUILD / "guardian"))
BARE = str(BUILD / "bench" / "bare")
MEASURE = str(BUILD / "bench" / "measure")
MIB = 1 << 20


class Run:
    """One process from start to end: wall and processor seconds, and the most memory it held."""

    def __init__(self, *words):
        ran = subprocess.run([MEASURE, *words], capture_output=True, text=True, check=True)
        status, seconds, processor, kib = ran.stdout.split()
        self.seconds, self.processor, self.mib = float(seconds), float(processor), int(kib) / 1024
        if status != "0":
            sys.exit(f"{' '.join(words)}: exit status {status}: {ran.stderr.strip()}")


def in_turns(rounds, *commands):
    """The runs of each command, taken in turns."""
    runs = [[] for _ in commands]
    for _ in range(rounds):
        for kept, words in zip(runs, commands):
            kept.append(Run(*words))
    return runs


def middle(runs, what="seconds"):
    return statistics.median(getattr(run, what) for run in runs)


def heading(text, *columns):
    print(f"\n{text}\n{'':<34}" + "".join(f"{column:>14}" for column in columns))


def row(name, *values):
    print(f"{name:<34}" + "".join(f"{value:>14}" for value in values), flush=True)


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def startup(folder, rounds):
    one = folder / "one.sql"
    one.write_text("ALTER TABLE app.users ADD COLUMN age int;\n")
    heading("Startup", "median", "best", "memory")
    cases = [("guardian --version", (GUARDIAN, "--version")), ("classify, one statement", (GUARDIAN, "classify", str(one))),
             ("plan, one statement", (GUARDIAN, "plan", str(one))), ("bare parser, one statement", (BARE, "each", str(one)))]
    for (name, _), runs in zip(cases, in_turns(rounds, *(words for _, words in cases))):
        row(name, milliseconds(middle(runs)), milliseconds(min(run.seconds for run in runs)), f"{middle(runs, 'mib'):.1f} MiB")


def against_parser(folder, sizes, rounds):
    """`each` parses the same statements one after the other, `whole` the text at once."""
    heading("classify against the bare parser", "each", "whole", "classify", "ratio", "ratio, json", "processor", "memory")
    usual = [("migrations", scripts.migrations), ("tables only", scripts.tables), ("rows and changes", scripts.inserts_and_changes)]
    costly = [("functions and calls", scripts.functions), ("tables dropped", scripts.dropped), ("one DO block", scripts.one_do_block)]
    for size in sizes:
        for name, maker in usual + (costly if size == sizes[0] else []):
            path = str(scripts.write(folder / "script.sql", maker, size))
            each, whole, text, json = in_turns(rounds, (BARE, "each", path), (BARE, "whole", path), (GUARDIAN, "classify", path),
                                               (GUARDIAN, "classify", "--json", path))
            row(f"{name}, {size / MIB:g} MiB", milliseconds(middle(each)), milliseconds(middle(whole)), milliseconds(middle(text)),
                f"{middle(text) / middle(each):.2f}", f"{middle(json) / middle(each):.2f}",
                f"{middle(text, 'processor') / middle(each, 'processor'):.2f}", f"{middle(text, 'mib'):.0f} MiB")


def memory(folder, small, large):
    heading("Memory over a long script", f"{small / MIB:g} MiB", f"{large / MIB:g} MiB", "growth", "time ratio", "MiB/s")
    for name, maker in [("rows, table by table", scripts.rows_by_table), ("rows, tables in turns", scripts.inserts_and_changes),
                        ("dump with COPY data", scripts.dump), ("migrations", scripts.migrations),
                        ("tables only", scripts.tables)]:
        path = folder / "script.sql"
        short = Run(GUARDIAN, "classify", str(scripts.write(path, maker, small)))
        long = Run(GUARDIAN, "classify", str(scripts.write(path, maker, large)))
        row(name, f"{short.mib:.0f} MiB", f"{long.mib:.0f} MiB", f"{long.mib / short.mib:.2f}", f"{long.seconds / short.seconds:.1f}",
            f"{large / MIB / long.seconds:.0f}")


def shapes(folder, size):
    """A shape is linear when four times the text takes four times as long, for Guardian as for the parser."""
    heading("Unkind shapes, four times the size", f"{size / MIB:.3g} MiB", f"{4 * size / MIB:.3g} MiB", "growth", "bare growth",
            "memory")
    small = {scripts.one_chain: size // 4, scripts.nested: min(size // 100, 2500)}
    for maker in (scripts.commented, scripts.functions, scripts.triggers, scripts.enums, scripts.values_added, scripts.dropped,
                  scripts.columns, scripts.one_insert, scripts.one_chain, scripts.one_do_block, scripts.one_string,
                  scripts.one_comment, scripts.nested):
        base = small.get(maker, size)
        paths = [scripts.write(folder / f"shape{factor}.sql", maker, base * factor) for factor in (1, 4)]
        guarded = [Run(GUARDIAN, "classify", str(path)) for path in paths]
        bare = [Run(BARE, "each", str(path)) for path in paths]
        row(maker.__name__.replace("_", " "), milliseconds(guarded[0].seconds), milliseconds(guarded[1].seconds),
            f"{guarded[1].seconds / guarded[0].seconds:.1f}", f"{bare[1].seconds / bare[0].seconds:.1f}", f"{guarded[1].mib:.0f} MiB")


def survey(tables):
    print("\nSurvey of the live catalogue", flush=True)
    subprocess.run([sys.executable, str(HERE / "survey.py"), str(tables)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--no-survey", action="store_true")
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 5)
    version = subprocess.run([GUARDIAN, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}; {platform.system()} {platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
          f"median of {rounds}")
    with tempfile.TemporaryDirectory(prefix="gd-bench.") as name:
        folder = pathlib.Path(name)
        startup(folder, rounds if options.quick else 4 * rounds)
        against_parser(folder, [MIB // 16] if options.quick else [MIB, 5 * MIB], rounds)
        memory(folder, MIB // 16 if options.quick else 5 * MIB, MIB // 8 if options.quick else 50 * MIB)
        shapes(folder, MIB // 64 if options.quick else MIB // 4)
    if not options.quick and not options.no_survey:
        survey(5000)


main()
