#!/bin/bash
# Which lines of guardian/ no quick test reaches: builds with preset coverage, runs, prints a table per
# file and the lines that were missed.
#
# BUILD=DIR  where to build (default build/coverage)
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/coverage}
.ci/packages test
CC=gcc cmake -S . -B "$build" -G Ninja -D GUARDIAN_PRESET=coverage >/dev/null
ninja -C "$build"
find "$build" -name '*.gcda' -delete # what an earlier run reached does not count
ctest --test-dir "$build" -L quick --output-on-failure </dev/null
gcovr --root . --filter guardian/ --object-directory "$build" "$build" \
    --gcov-ignore-parse-errors --sort-uncovered
