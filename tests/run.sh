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

packages=(
    gcc libc6-dev clang cmake ninja-build pkg-config git binutils dpkg-dev
    libpg-query-dev libprotobuf-c-dev libpq-dev libcyaml-dev libyaml-dev libjansson-dev libssl-dev
    libcmocka-dev
    postgresql postgresql-client postgresql-contrib
    python3 python3-pytest python3-psycopg2 python3-jsonschema python3-yaml
    clang-format clang-tidy cppcheck shellcheck groff-base zsh fish
)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_missing() {
    local package missing=()
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "== installing: ${missing[*]}"
    # The servers of the tests are started by the tests; the package must not start one of its own.
    as_root mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Options::=--force-confold \
        "${missing[@]}" </dev/null >/dev/null
}

install_missing

echo "== building in $build"
cmake -S . -B "$build" -G Ninja -D CMAKE_C_COMPILER=gcc -D GUARDIAN_PRESET=asan >/dev/null
ninja -C "$build" -j "$jobs"

echo "== testing"
export GD_REQUIRE_TOOLS=1 # a test that lacks its tool fails here: all of them were just installed
label=()
[ $# -eq 0 ] || label=(-L "$1")
exec ctest --test-dir "$build" --output-on-failure -j "$jobs" "${label[@]}" </dev/null
