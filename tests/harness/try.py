#!/usr/bin/python3
"""What one statement does to the corpus fixture, measured: try.py [--major N] [--first SQL] STATEMENT"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import measure, server  # noqa: E402 (the path comes first)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--major", type=int, help="major version; default: the one of this machine")
    parser.add_argument("--first", default="", help="what runs before, not measured")
    parser.add_argument("statement")
    wanted = parser.parse_args()
    with server.Server(major=wanted.major) as one:
        found = measure.measure(one, wanted.statement, wanted.first)
    for name in ("error", "message", "lock", "locks", "rewritten", "scanned", "transaction", "rerun", "rerun_state"):
        print(f"{name:12} {getattr(found, name)}")
    if found.effects:
        print(f"{'demands':12} {found.effects.least_class}")
        for fact in found.effects.summary().split("], "):
            print(f"{'':12} {fact}")


if __name__ == "__main__":
    main()
