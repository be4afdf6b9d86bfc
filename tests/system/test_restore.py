"""Restore against real servers: into, replace, tables; as a plain owner; snapshots that are not to be believed; every step
of a swap failing and every step crashing."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from harness import server as servers
from harness import world
from harness.lack import lack

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL UNIQUE, mood mood DEFAULT 'ok', twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers DEFERRABLE, n numeric);
CREATE TABLE days (d date, n int) PARTITION BY RANGE (d);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE INDEX ON days (n);
CREATE VIEW names AS SELECT name FROM customers;
CREATE MATERIALIZED VIEW top AS SELECT customer, sum(n) FROM orders GROUP BY 1;
CREATE MATERIALIZED VIEW topper AS SELECT * FROM top;
CREATE MATERIALIZED VIEW empty AS SELECT 1 AS x WITH NO DATA;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a trigger ran'; END $$;
INSERT INTO customers (name) SELECT 'c' || g FROM generate_series(1, 500) g;
INSERT INTO orders (customer, n) SELECT 1 + g % 500, g / 7.0 FROM generate_series(1, 20000) g;
INSERT INTO days SELECT date '2026-01-01' + g % 59, g FROM generate_series(1, 1000) g;
REFRESH MATERIALIZED VIEW top; REFRESH MATERIALIZED VIEW topper;
CREATE TRIGGER note BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER sleeps BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE orders DISABLE TRIGGER sleeps;
CREATE STATISTICS name_mood (dependencies) ON name, mood FROM customers;
ALTER STATISTICS name_mood SET STATISTICS 50;
COMMENT ON STATISTICS name_mood IS 'names and moods';
CREATE POLICY all_of_them ON customers USING (true);
COMMENT ON TABLE customers IS 'who buys';
"""


class Shop:
    """A database, a snapshot of it, and a hand on guardian."""

    def __init__(self, guardian, server, name, folder, user="postgres"):
        self.guardian, self.server, self.name, self.user = guardian, server, name, user
        self.store = f"file://{folder}"
        self.folder = pathlib.Path(folder)

    def call(self, *words, status=0, database=None, **environment):
        env = {**self.server.env(database or self.name), "PGUSER": self.user, "GUARDIAN_STORE": self.store, **environment}
        ran = subprocess.run([self.guardian, *words], env=env, capture_output=True, text=True, timeout=120)
        assert status is None or ran.returncode == status, f"{' '.join(words)}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def take(self, *words):
        self.id = json.loads(self.call("snapshot", "--json", *words).stdout)["snapshot"]
        return self.id

    def restore(self, *words, **more):
        return self.call("restore", self.id, *words, **more)

    def databases(self):
        return sorted(row[0] for row in self.server.run("SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%' AND datname <> 'postgres'"))


@pytest.fixture(scope="module")
def own():
    with servers.Server() as one:
        yield one


@pytest.fixture(scope="module")
def shop(guardian, own, tmp_path_factory):
    own.create("shop")
    own.psql("shop", stdin=SHOP)
    one = Shop(guardian, own, "shop", tmp_path_factory.mktemp("store"))
    one.take()
    return one


@pytest.fixture
def target(own):
    """A database to be replaced or filled; gone afterwards, with all that was made of it."""
    own.create("target", "shop")
    yield "target"
    for (name,) in own.run("SELECT datname FROM pg_database WHERE datname LIKE 'target%'"):
        own.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        own.drop(name)


def same(server, one, other):
    assert world.definitions(server, one) == world.definitions(server, other)
    assert not world.differences(server, one, other)


def points_of(one, *words, **more):
    """How many fault points a restore reaches; a release build has none, and proves nothing here."""
    counted = one.restore(*words, GUARDIAN_FAULT="count", **more).stderr
    found = re.search(r"fault points reached: (\d+)", counted)
    if found is None:
        lack("the binary under test has no fault points")
    return int(found[1])


# --- into


def test_a_new_database_holds_the_same(shop):
    try:
        answer = json.loads(shop.restore("--into", "copy", "--compare", "--json").stdout)
        assert (answer["database"], answer["compared"], answer["rows"]) == ("copy", True, 21500)
        same(shop.server, "shop", "copy")
        assert shop.server.value("SELECT count(*) FROM pg_stats WHERE tablename = 'orders'", "copy") > 0
        assert shop.server.value("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'copy'") is None
        again = shop.restore("--into", "copy", status=2)
        assert "is there already" in again.stderr and "--replace" in again.stderr
    finally:
        shop.server.drop("copy")


def test_a_database_that_is_gone_can_be_named_all_the_same(shop):
    try:
        shop.restore("--into", "gone", "--db", shop.server.uri("gone"))
        same(shop.server, "shop", "gone")
    finally:
        shop.server.drop("gone")


def test_rows_of_a_large_table_come_in_parts_and_keys_are_attached(guardian, own, tmp_path):
    own.create("large")
    own.psql("large", stdin="""CREATE TABLE big (id int, pad text, other int NOT NULL, CONSTRAINT big_key PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TABLE small (id int PRIMARY KEY);
        INSERT INTO small SELECT generate_series(1, 10);
        INSERT INTO big SELECT g, repeat('x', 150), 1 + g % 10 FROM generate_series(1, 60000) g;
        ALTER TABLE big ADD CONSTRAINT other UNIQUE (other, id) INCLUDE (pad), ADD FOREIGN KEY (other) REFERENCES small;
        ALTER TABLE big REPLICA IDENTITY USING INDEX other; ALTER TABLE big CLUSTER ON other; COMMENT ON CONSTRAINT other ON big IS 'it'; COMMENT ON INDEX big_key IS 'x';
        CREATE INDEX part ON big ((id % 7)) WHERE id > 5; ALTER INDEX part ALTER COLUMN 1 SET STATISTICS 300;""")
    one = Shop(guardian, own, "large", tmp_path)
    one.take("--part-size", "1MB")
    try:
        one.restore("--into", "large2", "--compare", "--workers", "3")
        same(own, "large", "large2")
        frozen = "SELECT age(relfrozenxid) FROM pg_class WHERE relname = 'big'"
        assert own.value(frozen, "large2") >= 0
    finally:
        own.drop("large2")
        own.drop("large")


def test_another_collation_is_told(guardian, own, tmp_path):
    if own.major < 15 or not own.value("SELECT count(*) FROM pg_collation WHERE collprovider = 'i'"):
        pytest.skip("no collation of this server has a version")
    own.run("CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'")
    one = Shop(guardian, own, "sorted", tmp_path)
    one.take()
    try:
        assert "sorted otherwise" not in one.restore("--into", "copy").stderr
        own.drop("copy")
        own.run("UPDATE pg_database SET datcollversion = '1.2' WHERE datname = 'sorted'")
        one.take()
        assert "the collation was version 1.2 there" in " ".join(one.restore("--into", "copy").stderr.split())
    finally:
        own.drop("copy")
        own.drop("sorted")


def test_a_database_with_a_name_that_wants_quotes(guardian, own, tmp_path):
    """pg_restore puts \\encoding around the \\connect to such a name."""
    own.create("my-shop")
    own.psql("my-shop", "-c", "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    one = Shop(guardian, own, "my-shop", tmp_path)
    one.take()
    try:
        one.restore("--into", "copy-of it")
        assert own.run("SELECT a FROM t", "copy-of it") == [(1,)]
        one.call("verify", one.id, "--drill")
    finally:
        own.drop("copy-of it")
        own.drop("my-shop")


@pytest.mark.parametrize("more", ["", "CREATE STATISTICS of_both (dependencies) ON up, other FROM left_one;"])
def test_large_tables_that_refer_to_each_other_have_keys_and_statistics(guardian, own, tmp_path, more):
    own.create("knot")
    own.psql("knot", stdin="""CREATE TABLE few (id int PRIMARY KEY); INSERT INTO few SELECT generate_series(0, 9);
        CREATE TABLE parts (id int PRIMARY KEY, pad text) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (40000); CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (40000) TO (80000);
        CREATE TABLE hashed (id int PRIMARY KEY, few int REFERENCES few) PARTITION BY HASH (id);
        CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (modulus 1, remainder 0);
        CREATE TABLE left_one (id int PRIMARY KEY, up int, other int, few int, part int, late int, pad text);
        CREATE TABLE right_one (id int, other int, pad text, UNIQUE (id), UNIQUE (other, id));
        CREATE TABLE heir (CHECK (id > 0)) INHERITS (right_one);
        INSERT INTO parts SELECT g, repeat('p', 120) FROM generate_series(0, 79999) g;
        INSERT INTO hashed SELECT g, g % 10 FROM generate_series(1, 150000) g;
        INSERT INTO left_one SELECT g, g / 2, g, g % 10, g, g, repeat('l', 100) FROM generate_series(0, 49999) g;
        INSERT INTO right_one SELECT g, g, repeat('r', 100) FROM generate_series(0, 49999) g;
        INSERT INTO heir SELECT g, g, repeat('h', 100) FROM generate_series(1, 50000) g;
        ALTER TABLE heir ADD PRIMARY KEY (id); CREATE INDEX ON heir (other);
        ALTER TABLE left_one ADD FOREIGN KEY (up) REFERENCES left_one, ADD FOREIGN KEY (other) REFERENCES right_one (id), ADD FOREIGN KEY (few) REFERENCES few;
        ALTER TABLE right_one ADD FOREIGN KEY (other) REFERENCES left_one, ADD FOREIGN KEY (id) REFERENCES right_one (id);
        ALTER TABLE heir ADD FOREIGN KEY (other) REFERENCES parts;
        CREATE TABLE bigger AS SELECT * FROM left_one; ALTER TABLE bigger ADD FOREIGN KEY (late) REFERENCES left_one NOT VALID, ADD FOREIGN KEY (part) REFERENCES parts;
        CREATE MATERIALIZED VIEW summed AS SELECT few, count(*) FROM left_one GROUP BY few;""" + more)
    one = Shop(guardian, own, "knot", tmp_path)
    one.take("--part-size", "1MB")
    try:
        one.restore("--into", "knot2", "--compare", "--workers", "3")
        same(own, "knot", "knot2")
        told = {row[0] for row in own.run("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'", "knot2")}
        assert told >= {"few", "parts", "parts_1", "hashed", "left_one", "right_one", "heir", "bigger", "summed"}
        assert own.value("SELECT count(*) FROM pg_statistic_ext_data", "knot2") == (1 if more else 0)
    finally:
        own.drop("knot2")
        own.drop("knot")


def test_being_asked_to_stop_leaves_no_database(shop):
    """SIGTERM at any moment: the half restored database goes, the exit status is that of a failure."""
    stopped = 0
    for pause in (0.15, 0.3, 0.45, 0.6):
        run = subprocess.Popen([shop.guardian, "restore", shop.id, "--into", "stopped"], stderr=subprocess.PIPE, text=True,
                               env={**shop.server.env(), "GUARDIAN_STORE": shop.store})
        time.sleep(pause)
        run.terminate()
        run.communicate(timeout=60)
        if run.returncode == 0:
            shop.server.drop("stopped")
        stopped += run.returncode != 0
        assert "stopped" not in shop.databases(), pause
    assert stopped > 0


def test_some_tables_of_a_snapshot_come_back_with_open_references(guardian, own, shop, tmp_path):
    one = Shop(guardian, own, "shop", tmp_path)
    one.take("--table", "public.orders")
    try:
        ran = one.restore("--into", "some", "--compare")
        assert "NOT VALID" in ran.stderr
        assert own.value("SELECT count(*) FROM orders", "some") == 20000 and own.value("SELECT count(*) FROM customers", "some") == 0
        assert own.value("SELECT convalidated FROM pg_constraint WHERE contype = 'f'", "some") is False
    finally:
        own.drop("some")


def test_damage_is_found_before_it_counts(shop, tmp_path):
    part = sorted(shop.folder.rglob("*.copy.zst"), key=lambda p: p.stat().st_size)[-1]
    whole = part.read_bytes()
    part.chmod(0o600)
    try:
        part.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
        ran = shop.restore("--into", "broken", status=8)
        assert part.name in ran.stderr and "broken" not in shop.databases()
    finally:
        part.write_bytes(whole)


# --- replace


def test_replace_keeps_the_old_database(shop, target):
    shop.server.run("DROP TABLE orders CASCADE", target)
    answer = json.loads(shop.restore("--replace", "--json", database=target).stdout)
    assert answer["database"] == target and answer["old"].startswith("target_before_") and answer["compared"]
    same(shop.server, "shop", target)
    assert shop.server.value("SELECT to_regclass('orders')", answer["old"]) is None


def test_sessions_are_asked_to_leave_and_then_ended(shop, target):
    link = shop.server.connect(target)
    ran = shop.restore("--replace", "--wait", "300ms", database=target)
    assert "ended 1 session" in ran.stderr
    with pytest.raises(Exception):
        link.cursor().execute("SELECT 1")
    same(shop.server, "shop", target)


def test_every_step_of_a_swap_can_fail(shop, target):
    points = points_of(shop, "--replace", "--no-analyze", database=target)
    before = shop.databases()
    for point in range(max(1, points - 4), points + 1):
        ran = shop.restore("--replace", "--no-analyze", database=target, status=None, GUARDIAN_FAULT=str(point))
        assert ran.returncode != 0, f"fault {point} of {points}"
        assert shop.databases() == before, f"fault {point}: {ran.stderr}"
        assert shop.server.value("SELECT datallowconn FROM pg_database WHERE datname = 'target'"), f"fault {point}"


def test_a_connection_that_breaks_before_the_swap_changes_nothing(shop, target):
    before = shop.databases()
    stays = shop.server.connect(target)  # somebody who has to be waited for
    env = {**shop.server.env(target), "GUARDIAN_STORE": shop.store}
    words = [shop.guardian, "restore", shop.id, "--replace", "--no-analyze", "--wait", "30s"]
    replacing = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        closed = "SELECT NOT datallowconn FROM pg_database WHERE datname = 'target'"
        for _ in range(600):
            if shop.server.value(closed):
                break
            time.sleep(0.05)
        assert shop.server.value(closed), "the database was never closed for the swap"
        shop.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'guardian'")
        _, said = replacing.communicate(timeout=60)
    finally:
        replacing.kill()
        stays.close()
    assert replacing.returncode == 10, said
    assert shop.databases() == before, said
    assert not shop.server.value(closed), said


def test_after_a_crash_the_next_run_says_what_is_there(shop, target):
    points = points_of(shop, "--replace", "--no-analyze", database=target)
    for back, open_ in ((8, True), (1, False)):  # while it is filled; after the old one was closed
        shop.restore("--replace", "--no-analyze", database=target, status=99, GUARDIAN_FAULT=f"{points - back}:exit")
        left = [name for name in shop.databases() if name.startswith("target_restoring_")]
        assert len(left) == 1
        assert shop.server.value("SELECT datallowconn FROM pg_database WHERE datname = 'target'") is open_
        said = shop.server.value("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", parameters=left)
        assert said.startswith("guardian: ") and shop.id in said
        if not open_:
            for words in (["snapshot"], ["doctor"]):
                said = shop.call(*words, database=target, status=None)
                assert said.returncode != 0
                text = " ".join((said.stdout + said.stderr).split())
                assert f"restore of snapshot {shop.id} was killed" in text, text
                assert 'ALTER DATABASE "target" WITH ALLOW_CONNECTIONS true' in text
        ran = shop.restore("--replace", database=target)
        assert left[0] in ran.stderr and "guardian: " in ran.stderr
        assert ("is open again" in ran.stderr) is not open_
        shop.server.drop(left[0])
        same(shop.server, "shop", target)


def test_a_database_that_is_closed_by_others_stays_closed(shop, target):
    """Only what a killed restore wrote is believed, and only when its process is gone."""
    run, closed = shop.server.run, "SELECT NOT datallowconn FROM pg_database WHERE datname = 'target'"
    run("ALTER DATABASE target WITH ALLOW_CONNECTIONS false")
    ran = shop.restore("--replace", database=target, status=10)
    assert "Somebody has closed it" in ran.stderr and 'ALTER DATABASE "target"' in ran.stderr
    stays = shop.server.connect("postgres")
    process = stays.info.backend_pid
    note = f"""guardian: restored from snapshot {shop.id} and compared, about to take the place of "target" (server process {process}); when that lets no session in"""
    run("CREATE DATABASE target_beside")
    run(f"COMMENT ON DATABASE target_beside IS '{note}'")
    ran = shop.restore("--replace", database=target, status=10)
    assert f"server process {process}: wait" in " ".join(ran.stderr.split()) and shop.server.value(closed)
    stays.close()


def test_what_another_one_made_meanwhile_is_not_dropped(shop):
    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            ran = list(both.map(lambda _: shop.restore("--into", "twice", status=None), range(2)))
        assert sorted(one.returncode == 0 for one in ran) == [False, True], [one.stderr for one in ran]
        same(shop.server, "shop", "twice")
        shop.server.drop("twice")


# --- tables


def test_tables_come_into_a_schema_of_their_own(shop, target):
    shop.server.run("UPDATE customers SET mood = 'sad'; DELETE FROM orders", target)
    answer = json.loads(shop.restore("--table", "public.customers", "--table", "orders", "--table", "days", "--side-schema", "side", "--json", database=target).stdout)
    assert (answer["schema"], answer["tables"]) == ("side", 4)
    run = shop.server.value
    assert any("triggers (2), row security policies (1), rules (0)" in warning["text"] for warning in answer["warnings"])
    assert run("SELECT count(*) FROM pg_policy WHERE polrelid = 'side.customers'::regclass", target) == 0
    statistics = run("SELECT obj_description(oid, 'pg_statistic_ext') FROM pg_statistic_ext WHERE stxnamespace = 'side'::regnamespace AND stxrelid = 'side.customers'::regclass AND stxname = 'name_mood'", target)
    assert statistics == "names and moods"
    assert run("SELECT count(*) FROM side.orders", target) == 20000 and run("SELECT count(*) FROM side.days", target) == 1000
    assert run("SELECT count(*) FROM side.customers WHERE mood = 'ok'", target) == 500
    assert run("SELECT count(*) FROM public.customers WHERE mood = 'sad'", target) == 500
    outside = """SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relnamespace = 'side'::regnamespace
        JOIN pg_class o ON o.oid = d.refobjid AND o.relnamespace = 'public'::regnamespace"""
    assert run(outside, target) == 0
    assert run("SELECT count(*) FROM pg_constraint WHERE connamespace = 'side'::regnamespace AND contype = 'f' AND confrelid = 'side.customers'::regclass AND convalidated", target) == 1
    assert run("SELECT nextval('side.customers_id_seq')", target) == 501
    assert run("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'side.customers'::regclass", target) == 0
    assert "is there already" in shop.restore("--table", "orders", "--side-schema", "side", database=target, status=2).stderr
    assert "no table" in shop.restore("--table", "nothing_like_it", database=target, status=2).stderr


def test_a_table_alone_refers_to_nothing_that_lives(shop, target):
    ran = shop.restore("--table", "orders", "--side-schema", "alone", database=target)
    assert "refers to a table that is not restored" in ran.stderr
    assert shop.server.value("SELECT count(*) FROM alone.orders", target) == 20000


def test_rows_go_into_empty_tables_and_nothing_fires(shop, target):
    shop.server.run("TRUNCATE customers, orders RESTART IDENTITY", target)
    shop.restore("--table", "orders", "--table", "customers", "--in-place", database=target)
    same(shop.server, "shop", target)
    assert "holds rows" in shop.restore("--table", "orders", "--in-place", database=target, status=3).stderr


def test_rows_in_place_are_all_or_nothing(shop, target):
    shop.server.run("TRUNCATE customers, orders; ALTER TABLE orders ADD CHECK (n < 100)", target)
    ran = shop.restore("--table", "orders", "--table", "customers", "--in-place", database=target, status=10)
    assert "violates check constraint" in ran.stderr
    assert shop.server.value("SELECT count(*) FROM customers", target) == 0
    assert shop.server.value("SELECT string_agg(tgenabled, '' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal", target) == "OD"


# --- rights and roles


@pytest.fixture
def plain(guardian, own, tmp_path):
    """A database that belongs to a role which may create databases, and nothing more."""
    for role in ("plain", "reader"):
        own.run(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    own.run("ALTER ROLE plain CREATEDB NOSUPERUSER")
    own.run("CREATE DATABASE plains OWNER plain")
    own.psql("plains", "-U", "plain", stdin=SHOP.replace("CREATE TYPE mood", "CREATE EXTENSION citext; CREATE TYPE mood", 1) + """
        GRANT SELECT ON customers TO reader; REVOKE INSERT, TRUNCATE ON orders FROM plain;
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON orders TO reader USING (customer = 1);""")
    own.run("ALTER DATABASE plains SET work_mem = '5MB'; COMMENT ON DATABASE plains IS 'theirs'; GRANT CONNECT ON DATABASE plains TO reader", "plains")
    one = Shop(guardian, own, "plains", tmp_path, user="plain")
    one.take()
    yield one
    for name in one.databases():
        if name.startswith("plain"):
            own.drop(name)


def test_a_plain_owner_restores_and_replaces(plain):
    plain.restore("--into", "plain_copy", "--compare")
    same(plain.server, "plains", "plain_copy")
    assert world.database_itself(plain.server, "plains") == world.database_itself(plain.server, "plain_copy")
    plain.server.run("DROP TABLE customers CASCADE", "plains")
    plain.restore("--replace")
    same(plain.server, "plains", "plain_copy")


def test_what_belongs_to_others_in_a_schema_of_the_owner_comes_back(plain):
    """Who owns a table needs CREATE on its schema to be given it, and USAGE when a key that points at it is checked: long before the rest of
    the grants, which wait for the rows."""
    run = plain.server.run
    run("DO $$ BEGIN CREATE ROLE keeper; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT keeper TO plain")
    plain.server.psql("plains", "-U", "plain", stdin="""CREATE SCHEMA "kept ON SCHEMA"; GRANT USAGE, CREATE ON SCHEMA "kept ON SCHEMA" TO keeper; SET search_path = "kept ON SCHEMA";
        CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2); ALTER TABLE t OWNER TO keeper; REVOKE INSERT ON t FROM keeper;
        CREATE TABLE u (t int REFERENCES t); INSERT INTO u VALUES (1); CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM t; ALTER MATERIALIZED VIEW v OWNER TO keeper;
        CREATE SCHEMA own AUTHORIZATION keeper; SET ROLE keeper; CREATE TYPE own.mood AS ENUM ('ok'); CREATE TABLE own.t (m own.mood)""")
    plain.take()
    plain.restore("--into", "plain_copy", "--compare")
    same(plain.server, "plains", "plain_copy")
    plain.server.drop("plain_copy")
    plain.server.drop("plains")
    run("DROP OWNED BY keeper; DROP ROLE keeper")


def test_missing_roles_are_named_before_anything_is_done(plain):
    other = servers.Server()
    try:
        other.run("CREATE ROLE plain LOGIN CREATEDB")
        there = Shop(plain.guardian, other, "postgres", plain.folder, user="plain")
        there.id = plain.id
        ran = there.restore("--into", "copy", status=3)
        assert '"reader"' in ran.stderr and "--map-role" in ran.stderr and there.databases() == []
        for words in (["--skip-missing-roles"], ["--no-owner", "--no-acl", "--skip-missing-roles"], ["--map-role", "reader=plain"]):
            there.restore("--into", "copy", *words)
            assert other.value("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'", "copy") == "plain"
            other.drop("copy")
        assert "not there" in there.restore("--into", "copy", "--owner", "nobody", "--skip-missing-roles", status=None).stderr
    finally:
        other.stop()


def test_what_only_a_superuser_may_make_is_named_or_left_out(guardian, own, plain, tmp_path):
    own.create("events", "plains")
    own.run("CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER ev ON ddl_command_start EXECUTE FUNCTION e()", "events")
    one = Shop(guardian, own, "events", tmp_path)
    try:
        one.take()
        one.user = "plain"
        ran = one.restore("--into", "plain_copy", "--no-owner", status=3)
        assert "EVENT TRIGGER" in ran.stderr and "plain_copy" not in one.databases()
        ran = one.restore("--into", "plain_copy", "--no-owner", "--skip-unprivileged")
        assert "left out" in ran.stderr
    finally:
        own.drop("plain_copy")
        own.drop("events")


# --- what is not to be believed


@pytest.mark.parametrize("evil, said", [
    ("CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN COPY (SELECT 1) TO PROGRAM 'touch /tmp/gd_was_here'; RETURN 1; END $$;"
     "CREATE TABLE t (a int CHECK (f(a) > 0));", "PROGRAM|shell"),
    ("CREATE TABLE t (a int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT length(pg_read_file('/etc/passwd')) $$;"
     "CREATE INDEX ON t (f(a));", "outside"),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';", "machine code"),
])
def test_what_reaches_outside_is_refused(guardian, own, tmp_path, evil, said):
    own.create("evil")
    own.psql("evil", stdin=evil)
    one = Shop(guardian, own, "evil", tmp_path)
    try:
        one.take()
        ran = one.restore("--into", "evil2", status=3)
        assert re.search(said, ran.stderr) and "--trust" in ran.stderr and "evil2" not in one.databases()
        one.restore("--into", "evil2", "--trust")
    finally:
        own.drop("evil2")
        own.drop("evil")


# --- other servers


@pytest.mark.skipif(os.environ.get("GUARDIAN_TEST_DEEP") != "1", reason="GUARDIAN_TEST_DEEP is not 1")
@pytest.mark.parametrize("old, new", [(13, 15), (14, 17), (15, 18)])
def test_into_a_newer_major(guardian, tmp_path, old, new):
    with servers.Server(major=old, settings={"wal_level": "logical"}) as before, servers.Server(major=new) as after:
        world.build_everything(before, "world")
        for name in ("world_owner", "world_reader", 'Rôle ""odd""; --'):
            after.run(f'CREATE ROLE "{name}"')
        taken = Shop(guardian, before, "world", tmp_path)
        taken.take()
        there = Shop(guardian, after, "postgres", tmp_path)
        there.id = taken.id
        there.restore("--into", "world", "--compare")
