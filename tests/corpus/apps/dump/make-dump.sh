#!/bin/bash
# Makes fixture.sql anew: pg_dump of the corpus fixture by the server of this machine.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
pg=$here/../../../harness/pg.sh
dir=$(mktemp -d /tmp/gd-dump.XXXXXX)
trap '"$pg" stop "$dir"; rm -rf "$dir"' EXIT
eval "$("$pg" start "$dir")"
createdb shop
psql -qX -v ON_ERROR_STOP=1 -d shop -f "$here/../../fixture.sql" >/dev/null
pg_dump -d shop >"$here/fixture.sql"
