#!/bin/bash
# Build Guardian and run every test of it, on a bare Debian 12 (or newer): installs what is missing.
#
#   tests/run.sh              everything: gcc with ASan and UBSan, every test, then the lint of all files
#   tests/run.sh quick        only tests with that label (quick, system, lint, bench, …)
#
# BUILD=DIR  where to build (default build/asan, kept, so that the next run is short)
# JOBS=N     how many at a time (default: the cores of this machine)
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/asan}
jobs=${JOBS:-$(nproc)}

.ci/packages test

echo "== building in $build"
CC=gcc cmake -S . -B "$build" -G Ninja -D GUARDIAN_PRESET=asan >/dev/null
ninja -C "$build" -j "$jobs"

echo "== testing"
export GD_REQUIRE_TOOLS=1 # a test that lacks its tool fails here: all of them were just installed
label=()
[ $# -eq 0 ] || label=(-L "$1")
exec ctest --test-dir "$build" --output-on-failure -j "$jobs" "${label[@]}" </dev/null
