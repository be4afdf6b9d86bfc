"""Whole commands over S3: taken, proven, listed and restored on real servers; and honest about it when the store lies."""

import concurrent.futures
import json
import signal
import subprocess
import time

import pytest

from harness import lying_store

ROWS = 3000
CONTENT = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM app.things AS t"


@pytest.fixture(scope="module")
def source(server):
    """A small database with something of each kind."""
    server.create("s3source")
    server.run(f"""
        CREATE SCHEMA app;
        CREATE TYPE app.mood AS ENUM ('fine', 'bad');
        CREATE TABLE app.things (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, how app.mood, at timestamptz);
        INSERT INTO app.things (name, how, at)
            SELECT md5(n::text) || repeat(E'\\t\\\\\\n', n % 4), 'fine', '2026-01-01'::timestamptz + n * interval '1 s'
            FROM generate_series(1, {ROWS}) AS n;
        CREATE TABLE app.links (thing bigint REFERENCES app.things, note text);
        INSERT INTO app.links SELECT id, NULL FROM app.things WHERE id % 7 = 0""", "s3source")
    yield "s3source"
    server.drop("s3source")


def environment(server, database, variables):
    kept = {name: value for name, value in server.env(database).items() if not name.startswith(("AWS_", "GUARDIAN_"))}
    return {**kept, "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", **variables}


def run(guardian, server, database, variables, *words):
    ran = subprocess.run([guardian, *words], capture_output=True, text=True, timeout=120, env=environment(server, database, variables))
    assert variables["AWS_SECRET_ACCESS_KEY"] not in ran.stdout + ran.stderr
    return ran


def done(guardian, server, database, variables, *words):
    ran = run(guardian, server, database, variables, *words, "--json")
    assert ran.returncode == 0, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return json.loads(ran.stdout)


def round_trip(guardian, server, source, variables):
    """Taken and proven, listed, proven again, restored: the copy holds the same rows."""
    taken = done(guardian, server, source, variables, "snapshot")
    listed = done(guardian, server, source, variables, "list")["snapshots"]
    assert [one["id"] for one in listed] == [taken["snapshot"]] and not listed[0].get("problem"), listed
    done(guardian, server, source, variables, "verify", "latest")
    copy = "s3copy" + str(time.monotonic_ns())
    try:
        done(guardian, server, source, variables, "restore", taken["snapshot"], "--into", copy, "--yes")
        assert server.value(CONTENT, copy) == server.value(CONTENT, source)
        assert server.value("SELECT count(*) FROM app.links", copy) == ROWS // 7
    finally:
        server.drop(copy)
    return taken


def aws(server):
    return {name: value for name, value in server.variables.items() if name.startswith("AWS_")}


def test_radosgw_by_tls_locked_and_encrypted(guardian, server, source, rgw):
    client = rgw.client()
    client.make_bucket("backups", lock=True)
    variables = {**aws(rgw), "AWS_ENDPOINT_URL": rgw.tls_endpoint, "GUARDIAN_STORE": "s3://backups/prod", "GUARDIAN_STORE_CA_FILE": rgw.ca_file,
                 "GUARDIAN_STORE_LOCK": "governance", "GUARDIAN_STORE_LOCK_DAYS": "2", "GUARDIAN_STORE_TAGS": "team=db",
                 "GUARDIAN_KEY": bytes(range(32)).hex()}
    ran = run(guardian, server, source, {**variables, "GUARDIAN_STORE_CA_FILE": ""}, "snapshot")
    assert ran.returncode != 0 and client.list("backups") == []
    round_trip(guardian, server, source, variables)
    keys = client.list("backups", "prod/v1/")
    data = [key for key in keys if "/data/" in key]
    assert data and [key for key in keys if key.endswith("manifest.json")]
    for key in keys:
        if "/snapshots/" in key and "probe-" not in key:
            assert client.head("backups", key).headers.get("x-amz-object-lock-mode") == "GOVERNANCE", key
    assert client.get("backups", data[0])[:4] != b"\x28\xb5\x2f\xfd"  # no zstd frame: it is sealed
    assert client.uploads("backups") == []


def test_swift(guardian, server, source, swift):
    round_trip(guardian, server, source, {**aws(swift), "GUARDIAN_STORE": "s3://guardian/prod"})
    assert swift.client().list("guardian", "prod/v1/")


def test_a_session_token_is_enough(guardian, server, source, rgw):
    session = rgw.session()
    variables = {name: value for name, value in session.items() if name.startswith("AWS_")}
    round_trip(guardian, server, source, {**variables, "GUARDIAN_STORE": "s3://guardian/by-session"})


# -- the store lies

def lie(op, do, **more):
    return {"op": op, "do": do, **more}


def lying(liar):
    return {**liar.variables(), "GUARDIAN_STORE": "s3://guardian/p", "GUARDIAN_STORE_RETRY": "2s", "GUARDIAN_STORE_STALL": "1s"}


def proven(guardian, server, source, liar):
    """Ids that the list calls proven, asked of an honest store."""
    liar.lies.clear()
    listed = done(guardian, server, source, lying(liar), "list")["snapshots"]
    return [one["id"] for one in listed if one.get("proof", "none") not in (None, "none") and not one.get("problem")]


OVERCOME = [lie("*", "status", times=3), lie("put", "lost", times=2), lie("get", "cut", after=100, times=2), lie("put", "lost", key="manifest.json"),
            lie("*", "status", status=400, code="ExpiredToken"), lie("get", "reset", key="manifest.json"), lie("head", "status", times=1, body="")]

FOUND_OUT = [lie("get", "flip", key="/data/", after=30, times=-1), lie("get", "flip", key="schema.dump", after=200, times=-1),
             lie("get", "flip", key="manifest.json", after=40, times=-1), lie("put", "store_flip", key="/data/", after=40),
             lie("put", "store_short", key="/data/", after=40), lie("put", "store_short", key="schema.dump", after=300),
             lie("put", "store_flip", key="manifest.json", after=50), lie("put", "status", key="manifest.json", times=-1),
             lie("put", "status", key="/data/", times=-1), lie("get", "status", status=404, code="NoSuchKey", key="/data/", times=-1),
             lie("get", "short_body", key="/data/", after=20, times=-1), lie("put", "status", status=403, code="AccessDenied", key="schema.dump", times=-1)]


def each(rows, check):
    def one(row):
        try:
            with lying_store.LyingStore() as liar:
                check(liar, row)
            return None
        except Exception as problem:
            return f"{json.dumps(row)}: {type(problem).__name__}: {problem}"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        problems = [problem for problem in pool.map(one, rows) if problem]
    assert not problems, "\n".join(problems)


def test_a_store_that_stumbles_does_not_matter(guardian, server, source):
    def check(liar, row):
        liar.lie(**row)
        taken = done(guardian, server, source, lying(liar), "snapshot")
        assert proven(guardian, server, source, liar) == [taken["snapshot"]] and not liar.uploads
    each(OVERCOME, check)


def test_a_store_that_lies_gives_no_proven_snapshot(guardian, server, source):
    def check(liar, row):
        liar.lie(**row)
        begin = time.monotonic()
        ran = run(guardian, server, source, lying(liar), "snapshot", "--json")
        assert ran.returncode in (4, 8, 10), f"{ran.returncode} {ran.stdout} {ran.stderr}"
        assert ran.stderr or ran.stdout
        assert time.monotonic() - begin < 60
        assert proven(guardian, server, source, liar) == [] and not liar.uploads
    each(FOUND_OUT, check)


def test_being_asked_to_stop_leaves_nothing_that_is_listed(guardian, server, source, liar):
    liar.lie("put", "hang", key="/data/", seconds=20, times=-1)
    started = subprocess.Popen([guardian, "snapshot"], env=environment(server, source, {**lying(liar), "GUARDIAN_STORE_STALL": "30s"}),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while not any("/data/" in ask["key"] for ask in liar.seen):
        assert time.monotonic() < end and started.poll() is None
        time.sleep(0.02)
    begin = time.monotonic()
    started.send_signal(signal.SIGTERM)
    started.communicate(timeout=30)
    assert started.returncode != 0 and time.monotonic() - begin < 10
    liar.lies.clear()
    assert not any(key.endswith("manifest.json") for key in liar.objects) and not liar.uploads
    assert done(guardian, server, source, lying(liar), "list")["snapshots"] == []


def test_an_old_listing_does_not_remove_what_is_needed(guardian, server, source, liar):
    """Listings lag behind: a hold that they do not show yet holds, and a manifest that they leave out is there."""
    variables = lying(liar)
    first, second = [done(guardian, server, source, variables, "snapshot")["snapshot"] for _ in range(2)]
    liar.freeze()
    done(guardian, server, source, variables, "prune", "--hold", first)
    before = set(liar.objects)
    liar.lie("list", "stale", times=-1)
    ran = run(guardian, server, source, variables, "prune", "--keep-last", "1", "--yes")
    assert set(liar.objects) == before and ran.returncode == 0 and "held just now" in ran.stdout, ran.stdout + ran.stderr

    liar.lies.clear()
    day = 2 * 86400
    for one in liar.objects.values():
        one.at -= day
    liar.frozen = {key: one for key, one in liar.objects.items() if not key.endswith("manifest.json")}
    liar.lie("list", "stale", times=-1)
    run(guardian, server, source, variables, "prune", "--keep-last", "5", "--yes")
    liar.lies.clear()
    assert set(liar.objects) == before
    assert {one["id"] for one in done(guardian, server, source, variables, "list")["snapshots"]} == {first, second}
