"""guardian doctor: finds what would stand in a backup's way, before anybody needs the backup."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from harness.server import ROOT, Server


@pytest.fixture
def doctor(guardian, server, tmp_path):
    """Runs the doctor on a database with a store in a folder; its status, checks by name, and all it said."""
    def run(database, *options, user="postgres", store=None, env=None):
        surroundings = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path),
                        "GUARDIAN_STORE": store or f"file://{tmp_path}/store", **(env or {})}
        if database:
            surroundings["DATABASE_URL"] = server.uri(database, user)
        done = subprocess.run([guardian, "doctor", "--json", *options], env=surroundings, cwd=tmp_path,
                              capture_output=True, text=True, timeout=60)
        assert done.stdout, done.stderr
        answer = json.loads(done.stdout)
        assert answer["usable"] == (done.returncode == 0) == (answer["problems"] == 0)
        assert done.returncode in (0, 4)
        checks = {}
        for check in answer["checks"]:
            checks.setdefault(check["name"], []).append(check)
        return done.returncode, checks, answer
    return run


def health(checks, name):
    """The worst that is said under a name."""
    order = ["ok", "info", "warning", "problem"]
    return max((check["health"] for check in checks[name]), key=order.index)


def text(checks, name):
    return " ".join(check["text"] for check in checks[name])


@pytest.fixture
def role(server, database):
    """A role without rights, and its name; gone afterwards."""
    name = f"doctor_{database}"
    server.run(f"CREATE ROLE {name} LOGIN")
    yield name
    server.run(f"DROP OWNED BY {name}", database)
    server.run(f"DROP ROLE {name}")


def test_a_healthy_place_is_usable(doctor, database, server, tmp_path):
    server.run("CREATE TABLE a (id serial PRIMARY KEY)", database)
    status, checks, answer = doctor(database)
    assert status == 0, answer
    for name in ("server", "clock", "connections", "restore", "privileges", "pg_dump", "pg_restore", "store",
                 "overwriting", "drill", "room"):
        assert health(checks, name) == "ok", checks[name]
    assert "1 table and 1 sequence can be read" in text(checks, "privileges")
    assert health(checks, "store place") == "warning"  # a folder of this machine is no place for a backup
    assert answer["store"]["conditional"] and answer["store"]["removes"] and answer["store"]["same_machine"]
    assert answer["store"]["seconds"] > 0
    assert not list(p for p in (tmp_path / "store").rglob("*") if p.is_file()), "the doctor left something behind"


def test_the_text_for_people_says_the_same(guardian, server, database, tmp_path):
    done = subprocess.run([guardian, "doctor"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "GUARDIAN_STORE": f"file://{tmp_path}/s",
                               "DATABASE_URL": server.uri(database)})
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok       server           PostgreSQL ") for line in lines)
    assert any(line.startswith("warning  store place ") for line in lines)
    assert lines[-1].startswith("This database can be protected from here: 0 problems, ")
    assert max(len(line) for line in lines) <= 100


def test_tables_that_cannot_be_read_are_named(doctor, database, server, role):
    server.run('CREATE TABLE open (id int); CREATE TABLE "Closed one" (id int); CREATE SCHEMA shut;'
               f"CREATE TABLE shut.in_there (id int); GRANT SELECT ON open, shut.in_there TO {role}", database)
    status, checks, _ = doctor(database, user=role)
    assert status == 4
    assert health(checks, "privileges") == "problem"
    said = text(checks, "privileges")
    assert 'public."Closed one"' in said and "shut.in_there" in said and "open" not in said
    assert "pg_read_all_data" in checks["privileges"][0]["advice"] or server.major < 14
    assert health(checks, "restore") == "warning"  # no CREATEDB either
    server.run(f"GRANT USAGE ON SCHEMA shut TO {role}; GRANT SELECT ON \"Closed one\" TO {role}", database)
    status, checks, _ = doctor(database, user=role)
    assert status == 0 and health(checks, "privileges") == "ok"


def test_rows_that_are_hidden_are_found(doctor, database, server, role):
    server.run(f"CREATE TABLE secret (id int); GRANT SELECT ON secret TO {role};"
               "ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON secret USING (id > 1)", database)
    status, checks, _ = doctor(database, user=role)
    assert status == 4
    assert health(checks, "row security") == "problem" and "public.secret" in text(checks, "row security")
    assert "row security" not in doctor(database)[1]  # a superuser sees all


def test_large_objects_that_cannot_be_read_are_counted(doctor, database, server, role):
    server.run("SELECT lo_create(0), lo_create(0)", database)
    status, checks, _ = doctor(database, user=role)
    assert status == 4 and "2 of 2 large objects" in text(checks, "large objects")
    assert "2 large objects can be read" in text(doctor(database)[1], "large objects")


def test_too_few_connections_are_found(doctor, database, server):
    most = server.value("SELECT current_setting('max_connections')::int")
    status, checks, _ = doctor(database, env={"GUARDIAN_WORKERS": "64"})
    assert health(checks, "connections") == ("ok" if most > 80 else "warning") and status == 0
    links = []
    try:
        while server.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") < most - 5:
            links.append(server.connect(database))
        status, checks, _ = doctor(database)
        assert status == 4 and health(checks, "connections") == "problem"
    finally:
        for link in links:
            link.close()


def test_without_a_server_the_store_is_tried_all_the_same(doctor, tmp_path):
    status, checks, _ = doctor(None, "--db", f"postgresql://nobody@{str(tmp_path).replace('/', '%2F')}/x")
    assert status == 4 and health(checks, "server") == "problem" and health(checks, "store") == "ok"
    status, checks, _ = doctor(None)
    assert status == 4 and "no database is named" in text(checks, "server") and checks["server"][0]["advice"]


def test_a_store_that_cannot_be_written_is_a_problem(doctor, database, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    status, checks, answer = doctor(database, store=f"file://{tmp_path}/file/store")
    assert status == 4 and health(checks, "store") == "problem" and answer["store"] is None


def test_a_full_disk_is_a_problem(guardian, server, database, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    try:
        (disk / "filler").write_bytes(b"x" * 60000)
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/rest", "bs=4k"], capture_output=True)
        done = subprocess.run([guardian, "doctor", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "GUARDIAN_STORE": f"file://{disk}/store",
                                   "DATABASE_URL": server.uri(database)})
        assert done.returncode == 4
        assert "No space left on device" in done.stdout and "Free space" in done.stdout
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_memory_and_containers_are_no_place_for_backups(doctor, database):
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no memory disk here")
    store = f"/dev/shm/guardian-doctor-{os.getpid()}"
    try:
        status, checks, answer = doctor(database, store=f"file://{store}")
        assert status == 0 and not answer["store"]["durable"]
        assert "is in memory" in text(checks, "store place")
    finally:
        subprocess.run(["rm", "-rf", store], check=True)


def test_the_key_opens_what_it_seals_and_is_never_shown(doctor, database):
    key = "00112233445566778899aabbccddeeff" * 2
    status, checks, answer = doctor(database, env={"GUARDIAN_KEY": key})
    assert status == 0 and health(checks, "key") == "ok" and "opens what it seals" in text(checks, "key")
    assert key not in json.dumps(answer) and key[:16] not in json.dumps(answer)
    assert health(doctor(database)[1], "key") == "info"


def test_a_wrong_request_is_no_diagnosis(guardian, tmp_path):
    for words in (["doctor", "patient"], ["doctor", "--store", "ftp://x/y"], ["doctor", "--store-lock", "governance"]):
        done = subprocess.run([guardian, *words], cwd=tmp_path, env={"PATH": "/usr/bin"}, capture_output=True, text=True,
                              timeout=30)
        assert done.returncode == 2 and not done.stdout, words


KEY, OTHER_KEY = "00112233445566778899aabbccddeeff" * 2, "ffeeddccbbaa99887766554433221100" * 2


@pytest.fixture
def encrypted(guardian, server, database, tmp_path):
    """A store with one snapshot of the database that was encrypted with KEY."""
    server.run("CREATE TABLE a AS SELECT generate_series(1, 10) AS id", database)
    done = subprocess.run([guardian, "snapshot"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "GUARDIAN_STORE": f"file://{tmp_path}/store",
                               "GUARDIAN_KEY": KEY, "DATABASE_URL": server.uri(database)})
    assert done.returncode == 0, done.stderr
    return tmp_path / "store"


def test_the_newest_snapshot_is_opened_with_the_key(doctor, database, encrypted):
    status, checks, _ = doctor(database, env={"GUARDIAN_KEY": KEY})
    assert status == 0 and "1 snapshot of this database" in text(checks, "snapshots")
    assert health(checks, "key") == "ok" and "newest snapshot" not in checks
    status, checks, _ = doctor(database)
    assert status == 0 and health(checks, "key") == "warning" and "no key is set" in text(checks, "key")
    status, checks, _ = doctor(database, env={"GUARDIAN_KEY": OTHER_KEY})
    assert status == 0 and health(checks, "key") == "warning" and "which is not set" in text(checks, "key")


def test_a_snapshot_that_does_not_open_is_told(doctor, database, encrypted):
    dump = next(encrypted.rglob("schema.dump"))
    damaged = bytearray(dump.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    dump.chmod(0o600)
    dump.write_bytes(damaged)
    status, checks, _ = doctor(database, env={"GUARDIAN_KEY": KEY})
    assert status == 0 and health(checks, "newest snapshot") == "warning"
    assert "schema.dump" in text(checks, "newest snapshot")


def test_a_snapshot_without_a_manifest_is_a_leftover_when_it_is_old(doctor, database, encrypted):
    manifest = next(encrypted.rglob("manifest.json"))
    manifest.unlink()
    assert "leftovers" not in doctor(database)[1]  # it may be being made
    old = manifest.parent.rename(manifest.parent.parent / "20200101T000000Z-0123456789")
    for path in old.rglob("*"):
        os.utime(path, (1577836800, 1577836800))
    checks = doctor(database)[1]
    assert health(checks, "leftovers") == "warning" and "1 snapshot was not finished" in text(checks, "leftovers")
    assert "upload" not in text(checks, "leftovers")
    hidden = old / ".#20200101T000000Z-0123456789"
    hidden.write_text("begun")
    assert "upload" not in text(doctor(database)[1], "leftovers")  # it may be being written
    os.utime(hidden, (1577836800, 1577836800))
    assert "1 unfinished upload" in text(doctor(database)[1], "leftovers") and hidden.exists()


def test_an_s3_store_is_tried_for_what_it_can_do(doctor, database, rgw):
    status, checks, answer = doctor(database, store=f"s3://{rgw.bucket}/doctor", env=rgw.env())
    large = answer["store"]["conditional_large"]  # Ceph of Debian 12 has no condition on completing an upload
    assert status == 0 and health(checks, "store") == "ok" and health(checks, "overwriting") == ("ok" if large else "info")
    assert large or "several parts" in text(checks, "overwriting")
    assert answer["store"]["conditional"] and answer["store"]["removes"]
    assert answer["store"]["same_machine"]  # it listens on a loopback address
    status, checks, answer = doctor(database, store="s3://there-is-no-such-bucket/x", env=rgw.env())
    assert status == 4 and health(checks, "store") == "problem" and "there-is-no-such-bucket" in text(checks, "store")
    wrong = {**rgw.env(), "AWS_SECRET_ACCESS_KEY": "hunter2hunter2"}
    status, checks, answer = doctor(database, store=f"s3://{rgw.bucket}/doctor", env=wrong)
    assert status == 4 and health(checks, "store") == "problem" and "hunter2" not in json.dumps(answer)


def test_a_pooler_and_another_collation_are_found(doctor, database, server):
    status, checks, _ = doctor(None, env={"DATABASE_URL": server.uri(database) + "?pgbouncer=true"})
    assert status == 4 and health(checks, "pooler") == "problem"
    if server.major >= 15 and server.value("SELECT datcollversion FROM pg_database WHERE datname = 'template1'"):
        server.run("UPDATE pg_database SET datcollversion = '1.2' WHERE datname = current_database()", database)
        status, checks, _ = doctor(database)
        assert status == 0 and health(checks, "collation") == "warning" and "1.2" in text(checks, "collation")


def test_more_tables_than_the_server_can_lock(guardian, tmp_path):
    tight = {"max_connections": "20", "max_locks_per_transaction": "10", "max_prepared_transactions": "0"}
    with Server(settings=tight) as small:
        small.run("DO $$BEGIN FOR i IN 1..180 LOOP EXECUTE 'CREATE TABLE t' || i || '()'; END LOOP; END$$")
        done = subprocess.run([guardian, "doctor", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "GUARDIAN_STORE": f"file://{tmp_path}/store",
                                   "DATABASE_URL": small.uri()})
    locks = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "locks"]
    assert done.returncode == 0 and locks[0]["health"] == "warning" and locks[0]["advice"]
    assert "a backup locks 180 tables, and the server has room for 200 locks" in locks[0]["text"]


def test_every_key_and_every_name_is_documented(doctor, database):
    page = (ROOT / "docs" / "formats" / "doctor.md").read_text()
    documented = set(re.findall(r"`([a-z_ ]+)`", page))
    _, _, answer = doctor(database)
    for part in (answer, answer["checks"][0], answer["store"]):
        assert set(part) <= documented, set(part) - documented
    said = set()
    for path in (ROOT / "guardian" / "prove").glob("doctor*.c"):
        said |= set(re.findall(r'(?:gd_doctor_say(?:_error)?|look_at_program|ask)\(doctor, (?:pg, )?"([^"]+)"',
                               path.read_text()))
    assert len(said) > 15 and said <= documented, said - documented


LIES = [
    # the lie, what is wrong then and how bad, a word of what is said
    ({"op": "put create complete", "do": "unconditional", "times": -1}, "overwriting", "warning", "If-None-Match"),
    ({"op": "get", "do": "flip", "times": -1, "after": 3}, "store", "problem", "probe-"),
    ({"op": "put", "do": "store_flip", "times": -1, "after": 3}, "store", "problem", "probe-"),
    ({"op": "put", "do": "store_short", "times": -1, "after": 3}, "store", "problem", "probe-"),
    ({"op": "list", "do": "omit", "times": -1}, "store", "problem", "in its list"),
    ({"op": "remove", "do": "status", "status": 403, "code": "AccessDenied", "times": -1}, "removing", "info", "cannot remove"),
    ({"op": "put", "do": "status", "status": 403, "code": "AccessDenied", "times": -1}, "store", "problem", "AccessDenied"),
    ({"op": "get", "do": "status", "status": 403, "code": "AccessDenied", "times": -1}, "store", "problem", "AccessDenied"),
]


@pytest.mark.parametrize("lie, name, how_bad, word", LIES, ids=[f"{lie['op'].split()[0]}-{lie['do']}" for lie, *_ in LIES])
def test_a_server_that_does_not_keep_its_word_is_found(doctor, database, liar, lie, name, how_bad, word):
    liar.lie(**lie)
    surroundings = {**liar.variables(), "GUARDIAN_STORE_RETRY": "1s"}
    status, checks, answer = doctor(database, store=f"s3://{liar.bucket}/p", env=surroundings)
    assert health(checks, name) == how_bad and word in text(checks, name), checks.get(name)
    assert status == (4 if how_bad == "problem" else 0)
    assert answer["store"] is None or answer["store"]["removes"] == (name != "removing")


def test_a_clock_that_is_far_off_is_found(doctor, database, liar):
    liar.clock_offset_s = 300
    status, checks, _ = doctor(database, store=f"s3://{liar.bucket}/p", env=liar.variables())
    assert status == 0 and health(checks, "store clock") == "warning" and "ahead of ours" in text(checks, "store clock")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_a_store_of_two_users_is_shared_or_said(guardian, server, database):
    """archive_command runs as the server's user, and changes as somebody else."""
    def run(*words, status=0, user=None):
        done = subprocess.run([*(["runuser", "-u", user, "--"] if user else []), guardian, *words, "--store", f"file://{store}"], cwd="/", capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "DATABASE_URL": server.uri(database)}, timeout=60)
        assert done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return " ".join(done.stdout.split()), " ".join(done.stderr.split())

    def users(user):
        checks = json.loads(run("doctor", "--json", user=user)[0])["checks"]
        return [check["text"] for check in checks if check["name"] == "store users"]

    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        store = pathlib.Path(place, "store")
        store.mkdir()
        store.chmod(0o777)
        run("snapshot")
        assert users(None) == []
        wrong = run("list", status=10, user="postgres")[1]
        assert "Permission denied" in wrong and f'"{store}/v1" belongs to root (group root, mode 0700), and this is postgres.' in wrong and "mode 2770" in wrong, wrong
        shutil.rmtree(store)
        store.mkdir()
        shutil.chown(store, "root", "postgres")
        store.chmod(0o2770)
        run("snapshot")
        run("list", user="postgres")
        run("snapshot", user="postgres")
        run("verify", "--all", user="postgres")
        run("verify", "--all")
        assert users("postgres") == users(None) == []
        for path in store.rglob("*"):
            assert path.stat().st_mode & 0o7777 == (0o2770 if path.is_dir() else 0o640) and path.group() == "postgres", path
        shutil.chown(store / "v1", "postgres")
        (store / "v1").chmod(0o700)
        assert f'"{store}/v1" belongs to postgres (mode 0700), and this is root' in users(None)[0]
