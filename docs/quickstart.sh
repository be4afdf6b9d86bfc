#!/bin/bash
# See Guardian at work: builds it, starts a throwaway PostgreSQL in a temporary folder (a unix socket, no
# port), loads a small shop with data, and lets Guardian read what would be done to it.
#
# Needs Debian 12 or newer and root or sudo for missing packages. Leaves nothing behind but build/quickstart.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '\n$ %s\n' "$*" | sed "s|$guardian|guardian|g; s|$work/||g"; "$@" || true; }

say "1. Packages and build"
.ci/packages demo
cmake -S . -B build/quickstart -G Ninja -D GUARDIAN_PRESET=release -D GUARDIAN_TESTS=OFF >/dev/null
ninja -C build/quickstart --quiet
guardian=$PWD/build/quickstart/guardian
"$guardian" --version

say "2. A throwaway PostgreSQL"
work=$(mktemp -d /tmp/guardian-quickstart-XXXXXX)
finish() {
    tests/harness/pg.sh stop "$work/server" immediate || true
    rm -rf "$work"
}
trap finish EXIT
chmod 0711 "$work" # root's server runs as another user
tests/harness/pg.sh start "$work/server" >"$work/env"
# shellcheck disable=SC1091
source "$work/env"
psql -X -q -c 'SELECT version()' -At

say "3. What Guardian can be asked"
show "$guardian" --help
