#!/bin/bash
# See Guardian at work: builds it, starts a throwaway PostgreSQL in a temporary folder (a unix socket, no
# port), loads a small shop with data, lets Guardian read what would be done to it, and loses and restores it.
#
# Needs Debian 12 or newer and root or sudo for missing packages. Leaves nothing behind but build/quickstart.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

database=
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# A refusal ends with a status of its own; here it is part of the show.
show() {
    printf '\n$ %s\n' "$*" | sed "s|$guardian|guardian|g; s|${database:-none}|\"\$DATABASE_URL\"|g"
    "$@" || printf '(exit status %s)\n' $?
}

say "1. Packages and build"
.ci/packages demo
cmake -S . -B build/quickstart -G Ninja -D GUARDIAN_PRESET=release -D GUARDIAN_TESTS=OFF >/dev/null
ninja -C build/quickstart --quiet
guardian=$PWD/build/quickstart/guardian
"$guardian" --version

say "2. A throwaway PostgreSQL"
work=$(mktemp -d /tmp/guardian-quickstart-XXXXXX)
finish() {
    "$root/tests/harness/pg.sh" stop "$work/server" immediate || true
    rm -rf "$work"
}
trap finish EXIT
chmod 0711 "$work" # root's server runs as another user
tests/harness/pg.sh start "$work/server" >"$work/env"
# shellcheck disable=SC1091
source "$work/env"
psql -X -q -v ON_ERROR_STOP=1 -f docs/quickstart/shop.sql
psql -X -A -t -c "SELECT 'PostgreSQL ' || current_setting('server_version') || ' with ' ||
    (SELECT count(*) FROM customers) || ' customers and ' || (SELECT count(*) FROM orders) || ' orders'"
database="postgresql:///$PGDATABASE?host=$PGHOST&port=$PGPORT&user=$PGUSER"

cd docs/quickstart
say "3. A migration, read by its text alone"
show "$guardian" classify 1-add-loyalty.sql

say "4. One that destroys data, compared with the live database"
show "$guardian" classify --db "$database" 3-clean-up.sql

say "5. An enum change that people split by hand: the plan, under the policy for production"
show "$guardian" plan --db "$database" --policy strict 2-order-returns.sql

say "6. A script that runs at every boot: nothing to do, nothing to back up"
show "$guardian" classify --db "$database" --verbose init.sql

say "7. Why a rule says what it says"
show "$guardian" explain A015

say "8. A backup, read back before it counts"
export GUARDIAN_STORE="file://$work/store" DATABASE_URL="$database"
show "$guardian" snapshot --quiet

say "9. Is it one? Restored on trial, and compared"
show "$guardian" verify latest --drill --quiet

say "10. The bad night: rows and a table are gone, one command brings them back"
psql -X -q -c "DROP TABLE order_items" -c "UPDATE customers SET marketing_notes = NULL"
show "$guardian" restore latest --replace --yes --quiet
psql -X -A -t -c "SELECT count(*) || ' order items, ' || (SELECT count(marketing_notes) FROM customers) || ' notes'  FROM order_items"

say "The server is stopped and removed. Guardian itself stays in build/quickstart/guardian."
