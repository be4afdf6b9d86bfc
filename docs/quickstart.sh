#!/bin/bash
# See Guardian at work: builds it, starts a throwaway PostgreSQL in a temporary folder (a unix socket, no
# port), loads a small shop with data, changes it, loses something, takes the change back, and fetches a table from a moment ago.
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
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }

say "1. Packages and build"
.ci/packages demo
cmake -S . -B build/quickstart -G Ninja -D GUARDIAN_PRESET=release -D GUARDIAN_TESTS=OFF >/dev/null
ninja -C build/quickstart --quiet
guardian=$PWD/build/quickstart/guardian
"$guardian" --version

say "2. A throwaway PostgreSQL, and the application's repository"
work=$(mktemp -d /tmp/guardian-quickstart-XXXXXX)
streamer=
finish() {
    [ -z "$streamer" ] || kill "$streamer" 2>/dev/null || true
    "$root/tests/harness/pg.sh" stop "$work/server" immediate || true
    rm -rf "$work"
}
trap finish EXIT
chmod 0711 "$work" # root's server runs as another user
tests/harness/pg.sh start "$work/server" >"$work/env"
# shellcheck disable=SC1091
source "$work/env"
psql -X -q -v ON_ERROR_STOP=1 -f docs/quickstart/shop.sql
ask "SELECT 'PostgreSQL ' || current_setting('server_version') || ' with ' ||
    (SELECT count(*) FROM customers) || ' customers and ' || (SELECT count(*) FROM orders) || ' orders'"
database="postgresql:///$PGDATABASE?host=$PGHOST&port=$PGPORT&user=$PGUSER"
export GUARDIAN_STORE="file://$work/store" DATABASE_URL="$database" HOME="$work"

mkdir "$work/shop" && cd "$work/shop"
git init -q -b main
git config user.name Ann && git config user.email ann@example.org
commit() { git add . && git commit -q -m "$1"; }
cp "$root"/docs/quickstart/{init,1-add-loyalty,2-order-returns}.sql . && commit "The shop"
cp "$root"/docs/quickstart/3-clean-up.sql . && commit "Clean up"
cp "$root"/docs/quickstart/4-drop-notes.sql . && echo "// no notes any more" >mail.ts && commit "Drop the notes"

say "3. One that looks tidy in review, compared with the live database"
show "$guardian" classify --db "$database" 3-clean-up.sql

say "4. An enum change that people split by hand: what would be done"
show "$guardian" plan 2-order-returns.sql

say "5. And done: the new value first, the rest in the file's own transaction, behind a proven backup"
show "$guardian" apply --yes --quiet 2-order-returns.sql

say "6. A change that must fail fails at once, with the rows counted and nothing touched"
show "$guardian" apply --yes --quiet 3-clean-up.sql

say "7. A script that runs at every boot: once, and then never again"
show "$guardian" apply --policy boot init.sql
show "$guardian" apply --policy boot init.sql

say "8. One that loses data, on a boot: stopped"
show "$guardian" apply --policy boot --quiet 4-drop-notes.sql

say "9. Somebody insists. Writers are stopped, the backup is made and read back, then the change runs"
show "$guardian" apply --yes --quiet 4-drop-notes.sql

say "10. Too late they notice. Meanwhile a customer has signed up"
ask "INSERT INTO customers (email, name) VALUES ('new@example.org', 'New') RETURNING 'customer ' || id"

say "11. One command back: the notes return, the customer stays, and the commit to revert is named"
show "$guardian" rollback --last --yes --quiet
ask "SELECT count(marketing_notes) || ' notes, ' || count(*) || ' customers' FROM customers"

say "12. The commit goes, too; what runs at every boot has nothing to do"
show git revert --no-edit HEAD
show "$guardian" apply --policy boot init.sql

say "13. A migration tool behind the door (psql plays it): what boots may do goes through, what loses data is an SQL error"
show "$guardian" run --policy boot --quiet -- psql -X -q -c "ALTER TABLE customers ADD COLUMN nickname text"
show "$guardian" run --policy boot --quiet -- psql -X -q -c "ALTER TABLE customers DROP COLUMN marketing_notes"

say "14. Everything that happened, on one time line"
show "$guardian" list

say "15. Any moment: a base backup, and WAL that streams into the store. Then somebody drops a table, without Guardian"
owner=$(stat -c %U "$work/server") # the recovered server is run by this user, who must be able to read the store
like=() && [ "$owner" = "$(id -un)" ] || like=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups)
cp "$guardian" "$work/guardian" && guardian=$work/guardian
mkdir "$work/points" && chown "$owner" "$work/points" && cd "$work/points"
export GUARDIAN_STORE="file://$work/points/store" HOME="$work/points" TMPDIR=/tmp
asked() { printf '\n$ %s\n' "$*" | sed "s|$guardian|guardian|g"; "${like[@]}" "$@" || printf '(exit status %s)\n' $?; }
"${like[@]}" "$guardian" wal stream 2>"$work/points/log" &
streamer=$!
asked "$guardian" base --quiet
moment=$(ask "SELECT now()")
sleep 1
ask "DROP TABLE order_items"
for _ in 1 2 3 4 5; do ask "SELECT pg_logical_emit_message(true, 'quickstart', 'a commit')" >/dev/null; sleep 0.5; done
asked "$guardian" wal check --quiet
asked "$guardian" restore --quiet --table order_items --time "$moment"
kill "$streamer" && wait "$streamer" && streamer=

say "The server is stopped and removed. Guardian itself stays in build/quickstart/guardian."
