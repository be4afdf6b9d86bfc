#!/bin/bash
# A throwaway S3 server for the tests that is poorer and stricter than most: OpenStack Swift with its S3 layer, from Debian's
# packages. It refuses another region, has no conditional put, no tags and no object lock.
#
#   swift.sh start DIR [--bucket NAME]...   makes DIR, starts the daemons; prints the variables of the S3 client
#   swift.sh env   DIR                      prints them again: eval "$(swift.sh env DIR)"
#   swift.sh stop  DIR                      stops everything by pid (the folder stays: it is the caller's)
#
# Everything listens on 127.0.0.1 only, and every object is a file in DIR, on a file system that must know extended attributes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
parts=(account container object proxy)

fail() { echo "swift.sh: $*" >&2; exit 1; }

write_ring() { # DIR PART PORT
    {
        swift-ring-builder "$1/$2.builder" create 4 1 0
        swift-ring-builder "$1/$2.builder" add "r1z1-127.0.0.1:$3/disk" 1
        swift-ring-builder "$1/$2.builder" rebalance
    } >>"$1/log/make.log" 2>&1 || { tail -5 "$1/log/make.log" >&2; fail "could not make the ring of $2"; }
}

common_conf() { # DIR PORT
    cat <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = 0
user = $(id -un)
swift_dir = $1
devices = $1/disks
mount_check = false
fallocate_reserve = 0
log_address =
CONF
}

write_conf() { # DIR FIRST_PORT
    local dir=$1 port=$2 part
    for part in account container object; do
        write_ring "$dir" $part "$port"
        { common_conf "$dir" "$port"; printf '[pipeline:main]\npipeline = %s-server\n[app:%s-server]\nuse = egg:swift#%s\n' $part $part $part; } >"$dir/$part.conf"
        port=$((port + 1))
    done
    # What each filter is called in the package is what it is called here.
    local filters=(catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth bulk copy slo dlo versioned_writes symlink)
    {
        common_conf "$dir" "$port"
        echo '[pipeline:main]'
        echo "pipeline = ${filters[*]} proxy-server"
        printf '[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\nallow_account_management = true\n'
        for part in "${filters[@]}"; do
            printf '[filter:%s]\nuse = egg:swift#%s\n' "$part" "${part/#cache/memcache}"
            case $part in
            cache) printf 'memcache_servers = 127.0.0.1:%s\n' $((port + 1)) ;;
            s3api) printf 'location = us-east-1\ns3_acl = false\n' ;;
            tempauth) printf 'user_test_tester = testing .admin\nuser_other_stranger = testing2 .admin\nstorage_url_scheme = default\n' ;;
            versioned_writes) printf 'allow_versioned_writes = true\nallow_object_versioning = true\n' ;;
            esac
        done
    } >"$dir/proxy.conf"
    echo "$port" >"$dir/port"
}

all_answer() { # DIR
    local last port
    last=$(cat "$1/port")
    for port in $((last - 3)) $((last - 2)) $((last - 1)) "$last"; do
        curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/healthcheck" || return 1
    done
}

run_daemons() { # DIR
    local part _
    setsid memcached -u nobody -l 127.0.0.1 -p $(($(cat "$1/port") + 1)) -m 32 >"$1/log/memcached.log" 2>&1 </dev/null &
    echo $! >"$1/run/memcached.pid"
    for part in "${parts[@]}"; do
        setsid "swift-$part-server" "$1/$part.conf" >"$1/log/$part.log" 2>&1 </dev/null &
        echo $! >"$1/run/$part.pid"
    done
    for _ in $(seq 300); do
        all_answer "$1" && return 0
        sleep 0.1
    done
    tail -n 5 "$1"/log/*.log >&2
    fail "the proxy did not come up"
}

start() {
    local dir=$1 buckets=() bucket
    shift
    while [ $# -gt 0 ]; do
        case $1 in
        --bucket) buckets+=("$2"); shift 2 ;;
        *) fail "unknown option \"$1\"" ;;
        esac
    done
    command -v swift-proxy-server >/dev/null || fail "swift-proxy-server is not here: run .ci/packages s3"
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ ! -e "$dir/port" ] || fail "\"$dir\" was used already"
    mkdir -p "$dir"/{disks/disk,log,run}
    write_conf "$dir" "$(/usr/bin/python3 "$here/s3.py" free-ports 5)"
    run_daemons "$dir"
    for bucket in "${buckets[@]:-guardian}"; do
        eval "$(print_env "$dir")"
        /usr/bin/python3 "$here/s3.py" make-bucket "$bucket" || fail "could not make bucket \"$bucket\""
    done
    print_env "$dir"
}

print_env() {
    echo 'export AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing'
    printf 'export AWS_ENDPOINT_URL=http://127.0.0.1:%s AWS_REGION=us-east-1\n' "$(cat "$1/port")"
    echo 'export GD_OTHER_ACCESS_KEY_ID=other:stranger GD_OTHER_SECRET_ACCESS_KEY=testing2'
}

is_gone() { # PID; one that nobody has reaped yet is gone, too
    ! kill -0 "$1" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

stop() { # each daemon leads a process group of its own
    local file pid _
    for file in "$1"/run/*.pid; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        kill -KILL -- "-$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            is_gone "$pid" && break
            sleep 0.05
        done
        rm -f "$file"
    done
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
start) [ $# -ge 1 ] || fail "start needs a folder"; start "$@" ;;
env) [ $# = 1 ] || fail "env needs a folder"; print_env "$(cd "$1" && pwd)" ;;
stop) [ $# = 1 ] || fail "stop needs a folder"; stop "$1" ;;
*) sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "$0"; [ "$command" = help ] || exit 2 ;;
esac
