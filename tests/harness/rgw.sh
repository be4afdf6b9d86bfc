#!/bin/bash
# A throwaway S3 server for the tests: Ceph's radosgw with one monitor and one object server behind it, from Debian's packages.
#
#   rgw.sh start DIR [--tls] [--bluestore] [--bucket NAME]...   makes DIR, starts all three; prints the variables of the S3 client
#   rgw.sh env   DIR                                           prints them again: eval "$(rgw.sh env DIR)"
#   rgw.sh sts   DIR                                           prints the same with a session token (15 minutes, by AssumeRole)
#   rgw.sh crash DIR                                           kills the S3 daemon with SIGKILL; the objects stay
#   rgw.sh again DIR                                           starts the S3 daemon again on the same port
#   rgw.sh stop  DIR                                           stops everything by pid (the folder stays: it is the caller's)
#
# Objects live in memory, or with --bluestore in a sparse file in DIR. Everything listens on 127.0.0.1 only. With --tls there is
# a second port with a certificate of its own (DIR/ca.pem); without it AWS_CA_BUNDLE and the https endpoint are not printed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
access=guardiantest
secret=guardian/test+secret0123456789
other_access=strangertest
other_secret=strangersecret0123456789

fail() { echo "rgw.sh: $*" >&2; exit 1; }

write_conf() { # DIR FIRST_PORT STORE TLS
    local dir=$1 mon=$2 tls=''
    [ -z "$4" ] || tls=" ssl_endpoint=127.0.0.1:$((mon + 3)) ssl_certificate=$dir/cert.pem ssl_private_key=$dir/key.pem"
    cat >"$dir/ceph.conf" <<CONF
[global]
fsid = 3f1c6a0e-9a52-4a4e-8a43-6f2f0f6f7c11
mon host = [v2:127.0.0.1:$mon,v1:127.0.0.1:$((mon + 1))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = false
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
mon cluster log file = $dir/log/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data = $dir/mon
mon data avail warn = 2
mon data avail crit = 1
mon max pg per osd = 1000
paxos propose interval = 0.02
paxos min wait = 0.01
mon tick interval = 1
mon election timeout = 1
[osd]
osd data = $dir/osd
osd objectstore = $3
memstore device bytes = 4294967296
bluestore block size = 8589934592
osd memory target = 939524096
osd op num shards = 2
[client.rgw]
rgw data = $dir/rgw
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:$((mon + 2))$tls
rgw dns name = localhost
rgw enable usage log = false
rgw gc obj min wait = 1
rgw gc processor period = 5
rgw gc processor max time = 5
rgw thread pool size = 64
rgw sts key = abcdefghijklmnop
rgw s3 auth use sts = true
CONF
}

wait_for() { # SECONDS WHAT COMMAND...
    local _ tries=$(($1 * 10)) what=$2
    shift 2
    for _ in $(seq $tries); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    fail "$what did not come up"
}

osd_is_up() { ceph -c "$1/ceph.conf" --connect-timeout 5 osd stat 2>/dev/null | grep -q '1 up'; }
port_of() { sed -n 's/^rgw frontends = beast endpoint=127.0.0.1:\([0-9]*\).*/\1/p' "$1/ceph.conf"; }
tls_port_of() { sed -n 's/.* ssl_endpoint=127.0.0.1:\([0-9]*\).*/\1/p' "$1/ceph.conf"; }
answers() { curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$(port_of "$1")/"; }

make_certificate() { # DIR
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=guardian-test-ca \
        -keyout "$1/ca-key.pem" -out "$1/ca.pem" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$1/key.pem" -out "$1/csr.pem" 2>/dev/null
    openssl x509 -req -in "$1/csr.pem" -CA "$1/ca.pem" -CAkey "$1/ca-key.pem" -CAcreateserial -days 30 -out "$1/cert.pem" \
        -extfile <(echo 'subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1') 2>/dev/null
}

make_cluster() { # DIR
    local mon
    mon=$(sed -n 's/^mon host = //p' "$1/ceph.conf")
    mkdir -p "$1"/{mon,osd,rgw,log,run}
    {
        monmaptool --create --fsid 3f1c6a0e-9a52-4a4e-8a43-6f2f0f6f7c11 --addv a "$mon" "$1/monmap"
        ceph-mon -c "$1/ceph.conf" --mkfs -i a --monmap "$1/monmap"
    } >"$1/log/make.log" 2>&1 || { cat "$1/log/make.log" >&2; fail "could not make the monitor"; }
}

make_osd() { # DIR
    local uuid=7b0f4f53-51a5-4b0f-9e0a-2f1c5a1f8e22
    {
        ceph -c "$1/ceph.conf" --connect-timeout 20 osd new $uuid
        ceph-osd -c "$1/ceph.conf" -i 0 --mkfs --osd-uuid $uuid
        ceph -c "$1/ceph.conf" osd crush add osd.0 1.0 root=default host=localhost
    } >>"$1/log/make.log" 2>&1 || { tail -20 "$1/log/make.log" >&2; fail "could not make the object server"; }
}

make_users() { # DIR
    {
        radosgw-admin -c "$1/ceph.conf" user create --uid=test --display-name=test --access-key="$access" --secret-key="$secret"
        radosgw-admin -c "$1/ceph.conf" user create --uid=stranger --display-name=stranger --access-key="$other_access" --secret-key="$other_secret"
    } >>"$1/log/make.log" 2>&1 || { tail -20 "$1/log/make.log" >&2; fail "could not make the users"; }
}

start_rgw() { # DIR
    radosgw -c "$1/ceph.conf" -n client.rgw
    wait_for 30 radosgw answers "$1"
}

start() {
    local dir=$1 tls='' store=memstore buckets=() bucket
    shift
    while [ $# -gt 0 ]; do
        case $1 in
        --tls) tls=1; shift ;;
        --bluestore) store=bluestore; shift ;;
        --bucket) buckets+=("$2"); shift 2 ;;
        *) fail "unknown option \"$1\"" ;;
        esac
    done
    for program in ceph-mon ceph-osd radosgw; do
        command -v $program >/dev/null || fail "$program is not here: run .ci/packages s3"
    done
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ ! -e "$dir/ceph.conf" ] || fail "\"$dir\" was used already"
    [ ${#dir} -lt 80 ] || fail "the path \"$dir\" is too long for a unix socket"
    write_conf "$dir" "$(/usr/bin/python3 "$here/s3.py" free-ports 4)" $store "$tls"
    [ -z "$tls" ] || make_certificate "$dir"
    make_cluster "$dir"
    ceph-mon -c "$dir/ceph.conf" -i a >>"$dir/log/make.log" 2>&1
    make_osd "$dir"
    ceph-osd -c "$dir/ceph.conf" -i 0 >>"$dir/log/make.log" 2>&1
    wait_for 30 "the object server" osd_is_up "$dir"
    make_users "$dir"
    start_rgw "$dir"
    for bucket in "${buckets[@]:-guardian}"; do
        eval "$(print_env "$dir")"
        /usr/bin/python3 "$here/s3.py" make-bucket "$bucket" || fail "could not make bucket \"$bucket\""
    done
    print_env "$dir"
}

print_keys() { # ACCESS SECRET TOKEN DIR
    printf 'export AWS_ACCESS_KEY_ID=%q AWS_SECRET_ACCESS_KEY=%q\n' "$1" "$2"
    [ -z "$3" ] || printf 'export AWS_SESSION_TOKEN=%q\n' "$3"
    printf 'export AWS_ENDPOINT_URL=http://127.0.0.1:%s AWS_REGION=us-east-1\n' "$(port_of "$4")"
    [ -z "$(tls_port_of "$4")" ] ||
        printf 'export GD_TLS_ENDPOINT=https://127.0.0.1:%s GD_TLS_CA=%q\n' "$(tls_port_of "$4")" "$4/ca.pem"
}

print_env() {
    print_keys "$access" "$secret" '' "$1"
    printf 'export GD_OTHER_ACCESS_KEY_ID=%q GD_OTHER_SECRET_ACCESS_KEY=%q\n' "$other_access" "$other_secret"
}

sts() { # a role that may do everything in S3, taken on by the first user
    local dir=$1 role='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/test"]},"Action":["sts:AssumeRole"]}]}'
    local policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::*"}]}'
    {
        radosgw-admin -c "$dir/ceph.conf" role create --role-name=guardian --path=/ --assume-role-policy-doc="$role" || true
        radosgw-admin -c "$dir/ceph.conf" role-policy put --role-name=guardian --policy-name=all --policy-doc="$policy"
    } >>"$dir/log/make.log" 2>&1 || fail "could not make the role"
    eval "$(print_env "$dir")"
    /usr/bin/python3 "$here/s3.py" assume-role arn:aws:iam:::role/guardian >"$dir/session" || fail "could not take on the role"
    # shellcheck disable=SC2046 # three words
    print_keys $(cat "$dir/session") "$dir"
    rm -f "$dir/session"
}

is_gone() { # PID; one that nobody has reaped yet is gone, too
    ! kill -0 "$1" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

end_one() { # DIR NAME SIGNAL
    local pid file=$1/run/$2.pid _
    [ -f "$file" ] || return 0
    pid=$(cat "$file")
    kill "-$3" "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        is_gone "$pid" && { rm -f "$file"; return 0; }
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$file"
}

stop() {
    local signal=TERM
    # What lies in memory is gone anyway; only bluestore has something to write.
    grep -q '^osd objectstore = bluestore' "$1/ceph.conf" 2>/dev/null || signal=KILL
    end_one "$1" client.rgw KILL
    end_one "$1" osd.0 $signal
    end_one "$1" mon.a $signal
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
start) [ $# -ge 1 ] || fail "start needs a folder"; start "$@" ;;
env) [ $# = 1 ] || fail "env needs a folder"; print_env "$(cd "$1" && pwd)" ;;
sts) [ $# = 1 ] || fail "sts needs a folder"; sts "$(cd "$1" && pwd)" ;;
crash) [ $# = 1 ] || fail "crash needs a folder"; end_one "$1" client.rgw KILL ;;
again) [ $# = 1 ] || fail "again needs a folder"; start_rgw "$(cd "$1" && pwd)" ;;
stop) [ $# = 1 ] || fail "stop needs a folder"; stop "$1" ;;
*) sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "$0"; [ "$command" = help ] || exit 2 ;;
esac
