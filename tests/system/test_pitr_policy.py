"""A point in time as the backup of a change: where the database is covered it stands in for a copy, and nowhere else."""

import hashlib
import json
import os
import re
import shutil
import time

import pytest

from harness import pitr
from harness.lack import lack

SHOP = """CREATE TABLE IF NOT EXISTS public.users (id int PRIMARY KEY, name text, age int);
CREATE TABLE IF NOT EXISTS public.orders (id int PRIMARY KEY, note text);
TRUNCATE public.users, public.orders;
INSERT INTO public.users SELECT n, 'user ' || n, n % 90 FROM generate_series(1, 100) AS n;
INSERT INTO public.orders SELECT n, 'order ' || n FROM generate_series(1, 100) AS n"""


class World(pitr.Archive):
    def __init__(self, **more):
        super().__init__(**more)
        self.counter = 0
        self.switch()  # the first folder is the archiver's
        self.base = json.loads(self.guardian("base", "--json", as_server=True).stdout)["base"]

    def fresh(self):
        """A database of its own for a test."""
        self.counter += 1
        name = f"shop{self.counter}"
        self.server.create(name)
        self.server.run(SHOP, name)
        return name

    def file(self, sql):
        self.counter += 1
        path = self.place / f"change-{self.counter}.sql"
        path.write_text(sql)
        return path

    def apply(self, database, sql, *more, status=0, env=None):
        ran = self.guardian("apply", self.file(sql), "--db", self.server.uri(database), "--json", "--yes", *more, status=status, env=env)
        return json.loads(ran.stdout), ran.stderr

    def system(self):
        return self.value("SELECT system_identifier::text FROM pg_control_system()")

    def marks(self, change):
        found = [json.loads(path.read_text()) for path in sorted((self.store / f"v1/{self.system()}/marks").glob("*.json"))]
        return [one for one in found if one["change"] == change]

    def gate(self, open_):
        (self.place / "more").write_text("" if open_ else "exit 1\n")


@pytest.fixture(scope="module")
def world():
    with World() as one:
        yield one


def test_covered_nothing_is_copied(world):
    shop = world.fresh()
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
    assert done["outcome"] == "applied" and done["snapshot"] is None and done["snapshots"] == []
    [point] = done["points"]
    before, after = world.marks(done["change"])
    assert point["mark"] == before["id"] and point["name"] == before["name"] and point["base"] == world.base
    assert before["seen"] and not before["after"] and after["after"] and before["database"] == shop
    assert done["proof"] == "digest" and done["sealed"] and point["base_proof"] == "digest" and point["tables"] == ["public.users"]
    assert pitr.lsn(before["lsn"]) < pitr.lsn(after["lsn"])
    shown = json.loads(world.guardian("show", done["change"], "--db", world.server.uri(shop), "--json").stdout)
    assert shown["points"] == done["points"] and shown["proof"] == "digest"
    text = world.guardian("show", done["change"], "--db", world.server.uri(shop)).stdout
    assert f"point in time {before['name']}" in " ".join(text.split()) and world.base in text


def test_the_age_of_the_proof_and_what_is_gone_are_said(world):
    shop = world.fresh()
    system = world.store / f"v1/{world.system()}"
    [path] = (system / f"proofs/{world.base}").glob("*.json")
    kept, record = path.read_bytes(), json.loads(path.read_text())
    record["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 6 * 86400))
    path.chmod(0o644)
    path.write_text(json.dumps(record))
    file = world.file("ALTER TABLE users DROP COLUMN age;")
    try:
        assert "(proven 6 days ago)" in " ".join(world.guardian("plan", file, "--db", world.server.uri(shop)).stdout.split())
        done = world.guardian("apply", file, "--db", world.server.uri(shop), "--yes").stdout
    finally:
        path.write_bytes(kept)
    change = re.search(r"change +(\S+)", done)[1]
    show = ["show", change, "--db", world.server.uri(shop)]
    assert "cannot be recovered any more" not in world.guardian(*show).stderr
    mark = next(one for one in (system / "marks").glob("*.json") if json.loads(one.read_text())["change"] == change and json.loads(one.read_text())["seen"])
    mark.unlink()
    assert "cannot be recovered any more: its restore point is gone" in " ".join(world.guardian(*show).stderr.split())
    assert json.loads(world.guardian(*show, "--json").stdout)["warnings"]


def test_the_plan_says_so(world):
    shop = world.fresh()
    file = world.file("DROP TABLE orders;")
    planned = world.guardian("plan", file, "--db", world.server.uri(shop)).stdout
    assert "point in time, covered since" in " ".join(planned.split()) and world.base in planned
    told = json.loads(world.guardian("plan", file, "--db", world.server.uri(shop), "--json").stdout)
    assert told["decision"]["point_in_time"]["base"] == world.base and told["decision"]["point_in_time"]["use"] == "use"
    known = len(list((world.store / f"v1/{world.system()}/marks").glob("*.json")))
    told = json.loads(world.guardian("plan", file, "--db", world.server.uri(shop), "--json", "--point-in-time", "never").stdout)
    assert told["decision"]["point_in_time"] == {"use": "never", "base": None, "covered_since": None, "why_not": None}
    assert len(list((world.store / f"v1/{world.system()}/marks").glob("*.json"))) == known


def test_a_base_backup_that_the_key_does_not_open_is_no_cover():
    """Everything of it was read back before, so nobody opens anything: the key has to be asked about."""
    old, new = (os.urandom(32).hex() for _ in range(2))
    with World() as one:
        def archiver(*keys):
            (one.place / "more").write_text(f'export GUARDIAN_KEY="{" ".join(keys)}"\n')
        archiver(old)
        locked = json.loads(one.guardian("base", "--json", as_server=True, env={"GUARDIAN_KEY": old}).stdout)["base"]
        said, shop = f"base backup {locked} is encrypted with key", one.fresh()
        one.switch()
        assert json.loads(one.guardian("wal", "check", "--json", env={"GUARDIAN_KEY": old}).stdout)["warnings"] == []
        archiver(new, old)
        one.switch()
        done, _ = one.apply(shop, "ALTER TABLE users DROP COLUMN age;", env={"GUARDIAN_KEY": new})
        assert [point["base"] for point in done["points"]] == [one.base]
        shutil.rmtree(one.store / f"v1/{one.system()}/base/{one.base}")
        done, _ = one.apply(shop, "ALTER TABLE users DROP COLUMN name;", env={"GUARDIAN_KEY": new})
        assert done["snapshot"] and not done["points"] and said in "".join(done["notes"])
        assert said in json.dumps(json.loads(one.guardian("wal", "check", "--json", env={"GUARDIAN_KEY": new}).stdout)["warnings"])
        assert said in " ".join(one.guardian("doctor", env={"GUARDIAN_KEY": new}, status=None).stdout.split())
        done, _ = one.apply(shop, "ALTER TABLE orders DROP COLUMN note;", env={"GUARDIAN_KEY": f"{new} {old}"})
        assert [point["base"] for point in done["points"]] == [locked]


def test_what_holds_no_rows_gets_its_restore_points_all_the_same(world):
    shop = world.fresh()
    done, _ = world.apply(shop, "CREATE INDEX users_name ON users (name);")
    assert done["snapshot"] and done["points"] == []
    assert [(one["after"], one["seen"]) for one in world.marks(done["change"])] == [(False, False), (True, False)]
    done, _ = world.apply(shop, "CREATE INDEX users_age ON users (age);", "--point-in-time", "never")
    assert world.marks(done["change"]) == []


def test_never_is_never(world):
    shop = world.fresh()
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;", "--point-in-time", "never")
    assert done["snapshot"] and done["points"] == [] and world.marks(done["change"]) == []


def test_a_request_may_be_stricter_than_the_policy_and_not_laxer(world):
    shop = world.fresh()
    policy = world.place / "must.yaml"
    policy.write_text("policy: must\nextends: default\npoint_in_time: require\nexamples:\n  - {class: destructive, expect: back up}\n")
    world.guardian("apply", world.file("DROP TABLE orders;"), "--db", world.server.uri(shop), "--policy", policy, "--point-in-time", "never", status=3)
    done, _ = world.apply(shop, "DROP TABLE orders;", "--policy", policy)
    assert done["points"]
    policy.write_text("policy: no\nextends: default\npoint_in_time: never\n")
    done, _ = world.apply(shop, "DROP TABLE users;", "--policy", policy)
    assert done["snapshot"] and not done["points"]
    policy.write_text("policy: no\nextends: default\npoint_in_time: sometimes\n")
    assert "sometimes" in world.guardian("plan", world.file("DROP TABLE users;"), "--db", world.server.uri(shop), "--policy", policy, status=2).stderr


def test_a_boot_that_changes_nothing_makes_none(world):
    shop = world.fresh()
    file = world.file("CREATE TABLE IF NOT EXISTS users (id int);")
    known = len(list((world.store / f"v1/{world.system()}/marks").glob("*.json")))
    done = json.loads(world.guardian("apply", file, "--db", world.server.uri(shop), "--json").stdout)
    assert done["outcome"] == "nothing"
    assert len(list((world.store / f"v1/{world.system()}/marks").glob("*.json"))) == known


def test_a_recovery_to_the_mark_has_what_the_change_lost(world):
    folder = world.copy()
    shop = world.fresh()
    world.server.run("INSERT INTO users VALUES (1000, 'last', 77)", shop)
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
    world.server.run("INSERT INTO users VALUES (1001, 'later')", shop)
    world.switch()
    with open(folder / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
        conf.write(f"recovery_target_name = '{done['points'][0]['name']}'\n")
    try:
        world.recovered(folder)
        assert world.ask(folder, "SELECT count(*), max(id), sum(age) > 0 FROM users", shop) == "101|1000|t"
    finally:
        world.end(folder)


# ---- what is missing ----


def _hole(world):
    """A base backup behind which a segment is gone."""
    world.switch()
    world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
    name = world.switch()
    world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
    world.switch()
    path = world.stored(name)
    kept = path.read_bytes()
    path.unlink()
    return lambda: path.write_bytes(kept)


def _damaged_wal(world):
    name = world.switch()
    world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
    world.switch()
    path = world.stored(name)
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(kept[:-200] + bytes(200))
    return lambda: path.write_bytes(kept)


def _drilled(world):
    """The record of a drill that nobody made: what is looked at here is only that its kind counts."""
    folder = world.store / f"v1/{world.system()}/proofs/{world.base}"
    newest = max(folder.glob("*.json"))
    record = json.loads(newest.read_text())
    manifest = world.store / f"v1/{world.system()}/base/{world.base}/manifest.json"
    assert record["manifest_sha256"] == hashlib.sha256(manifest.read_bytes()).hexdigest()
    record["id"], record["kind"] = newest.stem[:-1] + ("0" if newest.stem[-1] == "f" else "f"), "drill"
    (folder / (record["id"] + ".json")).write_text(json.dumps(record))


def _no_proof(world):
    folder, away = world.store / f"v1/{world.system()}/proofs", world.place / "proofs.away"
    folder.rename(away)
    return lambda: away.rename(folder)


def _damaged_base(world):
    """What was found damaged counts no more."""
    folder = world.store / f"v1/{world.system()}/proofs/{world.base}"
    record = folder / (time.strftime("%Y%m%dT%H%M%SZ-0000000000", time.gmtime()) + ".damaged")
    record.write_text(json.dumps({"guardian_damage": 1, "snapshot": world.base}))
    return record.unlink


def _no_base(world):
    folder, away = world.store / f"v1/{world.system()}/base", world.place / "base.away"
    folder.rename(away)
    return lambda: away.rename(folder)


def _stale(world):
    """The archiver stands still, and the server writes on."""
    world.gate(False)
    for _ in range(6):
        world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
        world.server.run("SELECT pg_switch_wal()")

    def end():
        world.gate(True)
        world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
        world.switch()

    return end


TROUBLES = {"a hole": (_hole, "WAL is missing from byte"), "damaged WAL": (_damaged_wal, "not proven|damaged|could not"), "no proof": (_no_proof, "is not proven"),
            "damage was found": (_damaged_base, "was found to be damaged"), "no base backup": (_no_base, "there is no base backup"),
            "nobody archives": (_stale, "ends .* MB before that of the server")}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_not_covered_gets_a_snapshot(world, trouble):
    shop = world.fresh()
    make, words = TROUBLES[trouble]
    mend = make(world)
    try:
        done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;", "--point-in-time", "require", status=4)
        assert done["changed"] is False and re.search(words, done["error"]["text"]), done["error"]
        assert world.server.value("SELECT count(*) FROM users WHERE age IS NOT NULL", shop) == 100
        done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
        assert done["outcome"] == "applied" and done["snapshot"] and not done["points"]
        [note] = [one for one in done["notes"] if "no point in time" in one]
        assert re.search(words, note)
        if trouble == "no base backup":  # nothing is said of a snapshot that was not taken
            done, _ = world.apply(shop, "DROP TABLE orders;", "--pg-dump", "/bin/false", status=4)
            assert not [one for one in done["notes"] if "snapshot was taken" in one]
    finally:
        mend()
    done, _ = world.apply(shop, "ALTER TABLE orders DROP COLUMN note;")
    assert done["points"]


def test_the_archiver_stops_just_now(world):
    """All was there when it was looked at, and the mark does not arrive: then a snapshot under the same locks, or nothing."""
    shop = world.fresh()
    world.switch()
    world.gate(False)
    try:
        began = time.monotonic()
        done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;", "--point-in-time", "require", status=4)
        assert "did not reach the store" in done["error"]["text"] and time.monotonic() - began < 20
        done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")
        assert done["snapshot"] and not done["points"] and done["sealed"]
    finally:
        world.gate(True)
    world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
    world.switch()


@pytest.mark.parametrize("command", ["apply", pytest.param("run", marks=pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="deep"))])
def test_nobody_streams_and_nobody_waits(world, command):
    """Where writers are held off before the copy, a restore point is tried first: here no lock is even asked for."""
    shop = world.fresh()
    policy = world.place / "held.yaml"
    policy.write_text("policy: held\nextends: default\nrules:\n  - {class: [destructive], action: back up, scope: tables, sealed: always, because: x}\n")
    world.switch()
    for path in world.store.glob("v1/*/wal/**/*.zst"):
        os.utime(path, (time.time() - 60,) * 2)
    world.gate(False)
    writer = world.server.connect(shop, autocommit=False)
    try:
        with writer.cursor() as cursor:
            cursor.execute("INSERT INTO users VALUES (5000, 'open')")
        words = [world.file("ALTER TABLE users DROP COLUMN age;")] if command == "apply" else ["--", "psql", "-XAtqc", "ALTER TABLE users DROP COLUMN age"]
        ran = world.guardian(command, "--yes", "--db", world.server.uri(shop), "--policy", policy, "--point-in-time", "require", *words, status=None)
        assert ran.returncode and "did not reach the store within 5.0 s" in " ".join((ran.stdout + ran.stderr).split()), ran.stdout + ran.stderr
    finally:
        writer.close()
        world.gate(True)
    world.server.run("SELECT pg_logical_emit_message(true, 'x', 'x')")
    world.switch()


def test_a_drill_of_the_base_backup_is_a_drill(world):
    shop = world.fresh()
    policy = world.place / "drilled.yaml"
    policy.write_text("policy: drilled\nextends: default\npoint_in_time: require\nrules:\n  - {class: [destructive], action: back up, scope: tables, proof: drill, because: x}\n")
    done, _ = world.apply(shop, "DROP TABLE orders;", "--policy", policy, status=4)
    assert "was read back, and not restored on trial" in done["error"]["text"]
    _drilled(world)
    done, _ = world.apply(shop, "DROP TABLE orders;", "--policy", policy)
    assert done["proof"] == "drill" and done["points"][0]["base_proof"] == "drill"


def test_a_plain_owner_may_be_granted_it(world):
    shop = world.fresh()
    world.server.run("CREATE ROLE owner LOGIN")
    world.server.run("GRANT CREATE ON DATABASE " + shop + " TO owner; GRANT ALL ON SCHEMA public TO owner; ALTER TABLE users OWNER TO owner; ALTER TABLE orders OWNER TO owner", shop)
    words = ["apply", world.file("ALTER TABLE users DROP COLUMN age;"), "--db", world.server.uri(shop, user="owner"), "--json", "--yes"]
    refused = json.loads(world.guardian(*words, "--point-in-time", "require", status=4).stdout)
    assert 'role "owner" may not make restore points (GRANT EXECUTE' in refused["error"]["text"]
    done = json.loads(world.guardian(*words).stdout)
    assert done["snapshot"] and len([one for one in done["notes"] if "restore point" in one and "no restore point" in one]) == 1
    world.server.run("GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal() TO owner", shop)
    words[1] = world.file("DROP TABLE orders;")
    assert json.loads(world.guardian(*words).stdout)["points"]


def test_nobody_keeps_wal_and_nobody_speaks_of_it(world):
    shop = world.fresh()
    done, _ = world.apply(shop, "DROP TABLE orders;", "--store", f"file://{world.place}/other")
    assert done["snapshot"] and not [one for one in done["notes"] if "point" in one]
    world.guardian("apply", world.file("DROP TABLE users;"), "--db", world.server.uri(shop), "--yes", "--store", f"file://{world.place}/other", "--point-in-time", "require",
                   status=4)


# ---- who writes meanwhile ----


def test_tables_too_large_to_be_copied_while_writers_wait(world):
    shop = world.fresh()
    policy = world.place / "sealed.yaml"
    policy.write_text("policy: sealed\nextends: default\nlimits: {sealed_table_max: 1kB}\nrules:\n"
                      "  - {class: [destructive], action: back up, scope: tables, sealed: always, because: x}\n")
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;", "--policy", policy)
    assert done["sealed"] and done["points"]
    world.apply(shop, "ALTER TABLE orders DROP COLUMN note;", "--policy", policy, "--point-in-time", "never", status=3)
    policy.write_text("policy: sealed\nextends: default\nlimits: {sealed_table_max: 1kB}\n")
    done, _ = world.apply(shop, "ALTER TABLE orders DROP COLUMN note;", "--policy", policy)
    assert done["sealed"] and done["points"] and done["drift_rows"] in (0, None)
    assert len(world.marks(done["change"])) == 3  # before it, under the locks, behind it


def test_several_transactions_that_lose_something(world):
    shop = world.fresh()
    done, _ = world.apply(shop, "BEGIN; ALTER TABLE users DROP COLUMN age; COMMIT; BEGIN; ALTER TABLE orders DROP COLUMN note; COMMIT;")
    assert done["outcome"] == "applied" and done["points"]


def test_outside_of_any_transaction_it_is_said(world):
    shop = world.fresh()
    policy = world.place / "tables.yaml"
    policy.write_text("policy: tables\nextends: default\nrules:\n  - {class: [destructive], action: back up, scope: tables, because: x}\n")
    world.server.run("CREATE INDEX users_name ON users (name)", shop)
    done, _ = world.apply(shop, "DROP INDEX CONCURRENTLY users_name;", "--policy", policy)
    assert not done["points"] or [one for one in done["notes"] if "holds those who write" in one]


@pytest.mark.parametrize("point", ["mark: made", "mark: seen", "mark: recorded", "point: proven", "protect: proven", "guard: protected", "guard: permitted",
                                   "guard: applied", "guard: checked"])
def test_killed_on_the_way(world, point):
    shop = world.fresh()
    file = world.file("ALTER TABLE users DROP COLUMN age;")
    words = ["apply", file, "--db", world.server.uri(shop), "--json", "--yes"]
    ran = world.guardian(*words, env={"GUARDIAN_FAULT": f"@{point}:exit"}, status=None)
    if ran.returncode == 0 and point != "protect: proven":
        lack("this build has no fault points")
    there = world.server.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'", shop)
    assert there == (0 if point in ("guard: applied", "guard: checked") or ran.returncode == 0 else 1)
    world.server.run("SELECT count(*) FROM users", shop)
    world.guardian(*words)
    assert world.server.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'", shop) == 0
    listed = json.loads(world.guardian("list", "--db", world.server.uri(shop), "--json").stdout)
    assert all(not one["open"] for one in listed["changes"])


# ---- run ----


def _run(world, shop, *sqls, more=(), status=0):
    command = ["sh", "-c", 'for sql in "$@"; do psql -Xqc "$sql" || exit 1; done', "sh", *sqls]
    ran = world.guardian("run", "--db", world.server.uri(shop), "--json", "--yes", *more, "--", *command, status=status)
    return json.loads(ran.stdout), ran.stderr


def test_run_is_protected_by_points(world):
    shop = world.fresh()
    done, _ = _run(world, shop, "CREATE TABLE more (id int)", "ALTER TABLE users DROP COLUMN age", "ALTER TABLE orders DROP COLUMN note")
    assert done["outcome"] == "applied" and done["sealed"]
    assert [one["tables"] for one in done["points"]] == [["public.users"], ["public.orders"]]
    assert len(done["snapshots"]) == 1  # the definitions, before the first change
    marks = world.marks(done["change"])
    assert [one["after"] for one in marks] == [False, False, False, True]
    assert ["-within-" in one["name"] for one in marks] == [False, True, True, False]  # something of it is in by then
    assert done["points"][0]["name"] == marks[1]["name"]
    world.apply(shop, "CREATE TABLE again (id int);")
    world.switch()
    where = ["--system", world.system(), "--preview", "--json"]
    assert json.loads(world.guardian("recover", "--before", done["change"], *where).stdout)["mark"] == marks[0]["name"]
    assert json.loads(world.guardian("recover", "--after", done["change"], *where).stdout)["mark"] == marks[3]["name"]
    for way in ("--before", "--after"):  # of several changes
        assert "begins the id of several changes" in world.guardian("recover", way, "20", *where, status=2).stderr


def test_run_without_cover(world):
    shop = world.fresh()
    mend = _no_base(world)
    try:
        done, said = _run(world, shop, "ALTER TABLE users DROP COLUMN age", more=("--point-in-time", "require"), status=None)
        assert done["changed"] is False and "there is no base backup" in json.dumps(done) + said
        done, _ = _run(world, shop, "ALTER TABLE users DROP COLUMN age")
        assert done["snapshot"] and not done["points"] and [one for one in done["notes"] if "no point in time" in one]
    finally:
        mend()


# ---- what is in no WAL ----


@pytest.mark.parametrize("made", ["UNLOGGED TABLE bulk (id int)", "TABLE bulk (id int) PARTITION BY LIST (id); CREATE UNLOGGED TABLE bulk_1 PARTITION OF bulk FOR VALUES IN (1)"])
def test_what_is_unlogged_gets_a_snapshot(world, made):
    shop = world.fresh()
    world.server.run(f"CREATE {made}; INSERT INTO bulk VALUES (1)", shop)
    planned = json.loads(world.guardian("plan", world.file("DROP TABLE bulk;"), "--db", world.server.uri(shop), "--json").stdout)
    assert "is unlogged: its rows are in no WAL" in planned["decision"]["point_in_time"]["why_not"]
    done, _ = world.apply(shop, "DROP TABLE bulk;", "--point-in-time", "require", status=4)
    assert "is unlogged: its rows are in no WAL" in done["error"]["text"] and world.server.value("SELECT count(*) FROM bulk", shop) == 1
    ran = world.guardian("run", "--yes", "--point-in-time", "require", "--db", world.server.uri(shop), "--", "psql", "-XAtqc", "DROP TABLE bulk", status=None)
    assert ran.returncode and "is unlogged: its rows are in no WAL" in ran.stdout + ran.stderr
    done, _ = world.apply(shop, "ALTER TABLE users DROP COLUMN age;")  # all of the database is to be protected
    assert done["snapshot"] and not done["points"]
    policy = world.place / "tables.yaml"
    policy.write_text("policy: tables\nextends: default\nrules:\n  - {class: [destructive], action: back up, scope: tables, because: x}\n")
    done, _ = world.apply(shop, "ALTER TABLE orders DROP COLUMN note;", "--policy", policy)  # another table's matter
    assert done["points"]
    done, _ = world.apply(shop, "DROP TABLE bulk;", "--policy", policy)
    assert done["snapshot"] and not done["points"]


# ---- what a base backup is worth ----


def _incremental(world):
    """As if the newest base backup went on from the one before it, and were proven as such; this server takes none. Its folder and that of its proofs."""
    newer = json.loads(world.guardian("base", "--json").stdout)["base"]  # as whoever made changes: what is remembered of proven WAL is theirs
    system = world.store / f"v1/{world.system()}"
    manifest, proofs = system / f"base/{newer}/manifest.json", system / f"proofs/{newer}"
    told = json.loads(manifest.read_text())
    told["after"] = world.base
    manifest.chmod(0o644)
    manifest.write_text(json.dumps(told, indent=2) + "\n")
    [path] = proofs.glob("*.json")
    record = json.loads(path.read_text())
    record["manifest_sha256"] = hashlib.sha256(manifest.read_bytes()).hexdigest()
    path.chmod(0o644)
    path.write_text(json.dumps(record))
    return newer, manifest.parent, proofs


def test_an_incremental_one_is_worth_what_those_before_it_are(world):
    shop = world.fresh()
    newer, folder, proofs = _incremental(world)
    before = world.store / f"v1/{world.system()}/base/{world.base}/manifest.json"
    away = world.place / "manifest.away"
    plan = ["plan", world.file("DROP TABLE orders;"), "--db", world.server.uri(shop), "--json"]

    def cover():
        return json.loads(world.guardian(*plan).stdout)["decision"]["point_in_time"]

    try:
        assert cover()["base"] == newer
        before.rename(away)
        assert cover()["base"] is None and f"base backup {newer} is not whole" in cover()["why_not"]
        away.rename(before)
        mend = _damaged_base(world)
        assert cover()["base"] is None and f"base backup {world.base}: it was found to be damaged" in cover()["why_not"]
        assert f'it goes on from: base backup "{world.base}" was found to be damaged' in " ".join(world.guardian("verify", newer, "--no-record", status=8).stdout.split())
        mend()
        assert cover()["base"] == newer
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(proofs)
    assert cover()["base"] == world.base


def test_a_proof_that_is_too_old_is_none(world):
    policy = world.place / "fresh.yaml"
    policy.write_text("policy: fresh\nextends: default\nlimits: {base_proof_age_max: 1s}\n")
    shop = world.fresh()
    time.sleep(1.1)
    done, said = world.apply(shop, "ALTER TABLE users DROP COLUMN age;", "--policy", policy)
    assert done["outcome"] == "applied" and done["points"] == [] and done["snapshot"]
    assert "longer than base_proof_age_max allows (guardian verify" in json.dumps(done) + said, (done, said)
