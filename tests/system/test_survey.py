"""The survey, the connection and the probe against real servers.

What a DROP takes along is not believed: each one is run on the server, rolled back, and the objects that were gone in
between are compared with what the survey said.
"""

import json
import os
import pathlib
import subprocess
import threading

import psycopg2
import pytest

from harness import server as servers

BUILD = os.environ.get("GD_BUILD")
PLAIN = "survey_plain"  # owns the database, nothing more


def drive(target, *words, environment=None, check=True):
    driver = pathlib.Path(BUILD, "system", "drive_survey")
    ran = subprocess.run([driver, target, *map(str, words)], capture_output=True, text=True, timeout=120, env=environment)
    answer = json.loads(ran.stdout)
    if check:
        assert ran.returncode == 0, answer
    return answer


def survey(server, database, *words, user="postgres", check=True):
    return drive(server.uri(database, user), "survey", *words, check=check)


def role(server, name):
    server.run(f"DO $$ BEGIN CREATE ROLE {name} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")


# --- connection


def test_a_prisma_url_connects_and_its_schema_is_searched(server, shop):
    url = server.uri(shop) + "?schema=app&connection_limit=1&pool_timeout=0&sslmode=disable"
    seen = drive(url, "connect")
    assert seen["search_path"] == "app"
    assert (seen["application_name"], seen["client_encoding"], seen["read_only"]) == ("guardian", "UTF8", "on")
    assert (seen["statement_timeout"], seen["lock_timeout"]) == ("30s", "500ms")
    assert seen["version"] // 10000 == server.major and seen["pooled"] is False
    assert drive(url + "&pgbouncer=true", "connect")["pooled"] is True


def test_without_a_target_the_environment_decides(server, shop):
    plain = server.env(shop)
    assert drive("", "connect", environment=plain)["where"].startswith(f'database "{shop}"')
    url = {**plain, "PGDATABASE": "elsewhere", "DATABASE_URL": server.uri(shop)}
    assert drive("", "connect", environment=url)["where"].startswith(f'database "{shop}"')


@pytest.mark.parametrize("target, said", [
    ("postgresql://me:hush-hush@127.0.0.1:1/app", "Connection refused"),
    ("postgresql://me:hush-hush@no-such-host.invalid/app", "could not translate host name"),
    ("host=/nowhere password=hush-hush", "No such file"),
    ("postgresql://me:hush-hush@127.0.0.1:1/app?sslmode=nonsense", "sslmode"),
    ("postgresql://me:hush-hush@127.0.0.1/app?conect_timeout=1", "unknown parameter"),
])
def test_a_connection_that_fails_says_why_and_hides_the_password(target, said):
    answer = drive(target, "connect", check=False)
    assert said in answer["error"]
    assert "hush" not in json.dumps(answer)


def test_a_role_or_database_that_is_not_there_is_named(server):
    for uri, missing in [(server.uri("no_such_db"), "no_such_db"), (server.uri(user="nobody_at_all"), "nobody_at_all")]:
        answer = drive(uri, "connect", check=False)
        assert f'"{missing}" does not exist' in answer["error"] and answer["hint"] and answer["code"] == "SYSTEM"


def test_a_server_that_never_answers_is_given_up():
    import socket
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        answer = drive(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=1", "connect", check=False)
    assert "no answer" in answer["error"]


# --- what a survey holds


def test_a_table_comes_with_everything_that_hangs_on_it(server, shop):
    seen = survey(server, shop, "users")
    users = seen["relations"]["public.users"]
    assert users["comment"] == "People who buy" and users["expanded"] and users["readable"]
    columns = {column["name"]: column for column in users["columns"]}
    assert columns["name"]["type"] == "character varying(100)" and columns["name"]["not_null"]
    assert columns["role"]["type"] == "public.user_role" and columns["role"]["default"] == "'user'::public.user_role"
    assert columns["email"]["comment"] == "Unique, as typed"
    assert columns["id"]["identity"] == "d" and columns["id"]["owned_sequence"] == "public.users_id_seq"
    assert columns["search"]["generated"] == "s"
    assert columns["nickname"]["null_fraction"] == pytest.approx(0.5)
    assert {c["name"]: c["type"] for c in users["constraints"] if c["type"] != "n"} == {
        "users_pkey": "p", "users_email_key": "u", "users_age_check": "c"}
    assert {"users_name_idx", "users_lower_email_idx", "users_pkey", "users_email_key"} == {i["name"] for i in users["indexes"]}
    assert len(users["triggers"]) == 1 and "app.touch()" in seen["functions"]
    assert seen["relations"]["public.users_id_seq"]["sequence_last"] == 200
    assert seen["relations"]["public.users_id_seq"]["sequence_owner"] == "public.users.id"
    assert "WHERE" in seen["relations"]["public.active_users"]["view_sql"]
    assert seen["types"]["public.user_role"]["labels"] == ["user", "admin", "moderator"]
    assert users["bytes"] == server.value("SELECT pg_table_size('users')", shop)
    assert seen["complete"] and seen["large_objects"] and seen["search_path"] == ["public"]


def test_tables_behind_foreign_keys_are_followed_in_both_directions(server, shop):
    relations = survey(server, shop, "users")["relations"]
    assert {"public.orders", "public.order_items", "public.loose_items"} <= relations.keys()  # refer to it, and to those
    assert relations["public.orders"]["expanded"] and not relations["public.coupons"]["expanded"]  # referred to
    deletes = {c["name"]: c["on_delete"] for c in relations["public.orders"]["constraints"] if c["type"] == "f"}
    assert deletes == {"orders_user_fk": "c", "orders_coupon_fk": "n"}
    assert "public.audit_log" not in relations


def test_partitions_and_parents_come_along(server, shop):
    relations = survey(server, shop, "events", "cars")["relations"]
    events = relations["public.events"]
    assert events["partition_key"] == "RANGE (at)" and len(events["children"]) == 3
    assert relations["public.events_default"]["partition_bound"] == "DEFAULT"
    assert relations["public.cars"]["parents"] == [relations["public.vehicles"]["oid"]]


def test_an_enum_comes_with_the_columns_that_hold_it(server, shop):
    server.run("CREATE DOMAIN app.mild AS app.priority CHECK (VALUE <> 'high'); "
               "CREATE TABLE app.uses (plain app.priority, many app.mild[])", shop)
    uses = survey(server, shop, "priority")["types"]["app.priority"]["uses"]
    assert sorted((u["relation"], u["column"], u["array"]) for u in uses) == [
        ("app.tickets", "levels", True), ("app.uses", "many", True), ("app.uses", "plain", False)]


def test_everything_of_a_name_is_found_whatever_its_kind(server, shop):
    seen = survey(server, shop, "corpus_pub", "app", "corpus_app", "hstore", "plain", "words", "orders_stats",
                  "corpus_server", "postgres_fdw", shop, "===", "plpgsql", "order_total", "email_address", "pg_default")
    for other in ("publication corpus_pub", "schema app", "role corpus_app", "extension hstore", "collation plain",
                  "text search configuration words", "statistics orders_stats", "server corpus_server",
                  "foreign-data wrapper postgres_fdw", f"database {shop}", "language plpgsql", "tablespace pg_default"):
        assert other in seen["others"], other
    assert seen["others"]["statistics orders_stats"]["detail"] == "public.orders"
    assert seen["others"]["extension hstore"]["detail"] == server.value("SELECT extversion FROM pg_extension WHERE extname = 'hstore'", shop)
    assert seen["operators"] == ["==="] and "app.same(integer,integer)" in seen["functions"]
    assert seen["functions"]["app.order_total(bigint)"]["volatility"] == "s"
    assert seen["types"]["app.email_address"]["constraints"] == 1


def test_event_triggers_are_there_without_being_named(server, shop):
    assert survey(server, shop, "nothing")["others"]["event trigger corpus_noop"]["detail"] is None
    server.run("ALTER EVENT TRIGGER corpus_noop ENABLE", shop)
    seen = survey(server, shop, "nothing")
    assert seen["others"]["event trigger corpus_noop"]["detail"] == "app.on_ddl()" and "app.on_ddl()" in seen["functions"]


def test_an_index_or_constraint_leads_to_its_table(server, shop):
    relations = survey(server, shop, "users_name_idx", "orders_total_check")["relations"]
    assert relations["public.users_name_idx"]["index_table"] == relations["public.users"]["oid"]
    assert relations["public.users"]["expanded"] and relations["public.orders"]["expanded"]


def test_volatile_defaults_are_told_from_stable_ones(server, shop):
    server.run("CREATE FUNCTION app.any_time() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()'; "
               "CREATE TABLE defaults (a uuid DEFAULT gen_random_uuid(), b timestamptz DEFAULT now(), c int DEFAULT 1, "
               "d float DEFAULT random() * 2, e timestamptz DEFAULT app.any_time(), f text DEFAULT upper('x'), "
               "g int DEFAULT nextval('app.spare_seq'), h timestamptz DEFAULT CURRENT_TIMESTAMP, i text DEFAULT 'a (b)', "
               "j timestamptz DEFAULT now() + interval '1 day')", shop)
    columns = survey(server, shop, "defaults")["relations"]["public.defaults"]["columns"]
    assert "".join(c["name"] for c in columns if c["volatile"]) == "adeg"


def test_a_name_that_needs_quotes_is_found_and_quoted(server, shop):
    name = 'We"ird, {Näme} \\ \'x\''
    server.run('CREATE TABLE "{}" ("select" int DEFAULT 1 CONSTRAINT "My Check" CHECK ("select" > 0), UNIQUE ("select"))'.format(
        name.replace('"', '""')), shop)
    seen = survey(server, shop, name)
    table = seen["relations"]['public."' + name.replace('"', '""') + '"']
    assert [c["name"] for c in table["columns"]] == ["select"]


def test_what_is_named_later_is_added(server, shop):
    both = survey(server, shop, "users", "settings", "touch")
    step = survey(server, shop, "users", ",", "users", "settings", ",", "touch", ",")
    for part in ("relations", "types", "functions", "descriptions"):
        assert step[part] == both[part], part


def test_what_is_not_named_is_not_read(server, shop):
    seen = survey(server, shop, "settings")
    assert list(seen["relations"]) == ["app.settings"]


def test_a_schema_is_only_opened_when_asked(server, shop):
    closed = survey(server, shop, "app")
    assert "schema app" in closed["others"] and not closed["relations"]
    opened = survey(server, shop, "+", "app")
    assert {"app.settings", "app.contacts", "app.tickets", "app.spare_seq"} <= opened["relations"].keys()
    assert "app.slug(text)" in opened["functions"] and "app.mood" in opened["types"]


def test_descriptions_are_those_of_the_server(server, shop):
    seen = survey(server, shop, "users", "events", "priority", "touch", "vehicles", "+", "app", "hstore", "corpus_owner")
    assert len(seen["descriptions"]) > 150
    link = server.connect(shop)
    link.cursor().execute("SET search_path = ''")
    with link.cursor() as cursor:
        for one in seen["descriptions"]:
            cursor.execute("SELECT type, identity FROM pg_catalog.pg_identify_object(%s, %s, %s)",
                           (one["class"], one["oid"], one["column"]))
            assert (one["kind"], one["identity"]) == cursor.fetchone()
    link.close()


# --- what a DROP takes along

CATALOGUES = """
    SELECT 1259, oid, 0 FROM pg_class WHERE relkind <> 't' AND relnamespace <> 'pg_toast'::regnamespace
    UNION ALL SELECT 1259, attrelid, attnum FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
              WHERE attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'p', 'f', 'c')
    UNION ALL SELECT 1247, oid, 0 FROM pg_type
    UNION ALL SELECT 2606, oid, 0 FROM pg_constraint
    UNION ALL SELECT 2620, oid, 0 FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 2618, oid, 0 FROM pg_rewrite
    UNION ALL SELECT 2604, oid, 0 FROM pg_attrdef
    UNION ALL SELECT 3256, oid, 0 FROM pg_policy
    UNION ALL SELECT 1255, oid, 0 FROM pg_proc
    UNION ALL SELECT 2617, oid, 0 FROM pg_operator
    UNION ALL SELECT 2605, oid, 0 FROM pg_cast
    UNION ALL SELECT 3381, oid, 0 FROM pg_statistic_ext
    UNION ALL SELECT 6106, oid, 0 FROM pg_publication_rel
    UNION ALL SELECT 2615, oid, 0 FROM pg_namespace
    UNION ALL SELECT 3079, oid, 0 FROM pg_extension
    UNION ALL SELECT 2616, oid, 0 FROM pg_opclass
    UNION ALL SELECT 2753, oid, 0 FROM pg_opfamily
    UNION ALL SELECT 3456, oid, 0 FROM pg_collation
    UNION ALL SELECT 3602, oid, 0 FROM pg_ts_config
    UNION ALL SELECT 1417, oid, 0 FROM pg_foreign_server
    UNION ALL SELECT 3466, oid, 0 FROM pg_event_trigger
"""
CLASSES = {1259, 1247, 2606, 2620, 2618, 2604, 3256, 1255, 2617, 2605, 3381, 6106, 2615, 3079, 2616, 2753, 3456, 3602, 1417, 3466}

# what to run, the address of its object, the names to look at (behind a plus: opened)
DROPS = [
    ("DROP TABLE public.users", "1259, 'public.users'::regclass, 0", "users"),
    ("DROP TABLE public.orders", "1259, 'public.orders'::regclass, 0", "orders"),
    ("DROP TABLE public.products", "1259, 'public.products'::regclass, 0", "products"),
    ("DROP TABLE public.empty_table", "1259, 'public.empty_table'::regclass, 0", "empty_table"),
    ("DROP TABLE app.tickets", "1259, 'app.tickets'::regclass, 0", "tickets"),
    ("DROP TABLE public.events", "1259, 'public.events'::regclass, 0", "events"),
    ("DROP TABLE public.events_2024", "1259, 'public.events_2024'::regclass, 0", "events_2024"),
    ("DROP TABLE public.vehicles", "1259, 'public.vehicles'::regclass, 0", "vehicles"),
    ("DROP TABLE app.pairs", "1259, 'app.pairs'::regclass, 0", "pairs"),
    ("DROP VIEW public.active_users", "1259, 'public.active_users'::regclass, 0", "active_users"),
    ("DROP MATERIALIZED VIEW public.product_sales", "1259, 'public.product_sales'::regclass, 0", "product_sales"),
    ("DROP SEQUENCE app.ticket_no_seq", "1259, 'app.ticket_no_seq'::regclass, 0", "ticket_no_seq"),
    ("DROP INDEX public.users_name_idx", "1259, 'public.users_name_idx'::regclass, 0", "users_name_idx"),
    ("DROP INDEX public.events_kind_idx", "1259, 'public.events_kind_idx'::regclass, 0", "events_kind_idx"),
    ("ALTER TABLE public.users DROP COLUMN email", "1259, 'public.users'::regclass, 2", "users"),
    ("ALTER TABLE public.users DROP COLUMN id", "1259, 'public.users'::regclass, 1", "users"),
    ("ALTER TABLE public.users DROP COLUMN nickname", "1259, 'public.users'::regclass, 4", "users"),
    ("ALTER TABLE public.products DROP COLUMN price", "1259, 'public.products'::regclass, 4", "products"),
    ("ALTER TABLE public.events DROP COLUMN kind", "1259, 'public.events'::regclass, 3", "events"),
    ("ALTER TABLE public.orders DROP COLUMN status", "1259, 'public.orders'::regclass, 3", "orders"),
    ("DROP TYPE public.user_role", "1247, 'public.user_role'::regtype, 0", "user_role"),
    ("DROP TYPE app.priority", "1247, 'app.priority'::regtype, 0", "priority"),
    ("DROP TYPE app.mood", "1247, 'app.mood'::regtype, 0", "mood"),
    ("DROP TYPE app.pair", "1247, 'app.pair'::regtype, 0", "pair"),
    ("DROP TYPE app.address", "1247, 'app.address'::regtype, 0", "address"),
    ("DROP DOMAIN app.email_address", "1247, 'app.email_address'::regtype, 0", "email_address"),
    ("DROP FUNCTION app.touch()", "1255, 'app.touch()'::regprocedure, 0", "touch"),
    ("DROP FUNCTION app.gross(numeric)", "1255, 'app.gross(numeric)'::regprocedure, 0", "gross"),
    ("DROP FUNCTION app.same(int, int)", "1255, 'app.same(int, int)'::regprocedure, 0", "same"),
    ("DROP FUNCTION app.spare_fn()", "1255, 'app.spare_fn()'::regprocedure, 0", "spare_fn"),
    ("ALTER TABLE public.users DROP CONSTRAINT users_pkey", "2606, (SELECT oid FROM pg_constraint WHERE conname = 'users_pkey'), 0", "users"),
    ("ALTER TABLE public.coupons DROP CONSTRAINT coupons_pkey", "2606, (SELECT oid FROM pg_constraint WHERE conname = 'coupons_pkey'), 0", "coupons_pkey"),
    ("DROP SCHEMA app", "2615, 'app'::regnamespace, 0", "+ app"),
    ("DROP SCHEMA public", "2615, 'public'::regnamespace, 0", "+ public"),
    ("DROP SCHEMA spare", "2615, 'spare'::regnamespace, 0", "+ spare"),
    ("DROP EXTENSION hstore", "3079, (SELECT oid FROM pg_extension WHERE extname = 'hstore'), 0", "+ hstore"),
    ("DROP EXTENSION citext", "3079, (SELECT oid FROM pg_extension WHERE extname = 'citext'), 0", "+ citext"),
    ("DROP OWNED BY corpus_owner", "1260, 'corpus_owner'::regrole, 0", "+ corpus_owner"),
]


def really_gone(server, database, statement):
    """The addresses that were gone after `statement`, or None when it was refused."""
    link = server.connect(database, autocommit=False)
    try:
        with link.cursor() as cursor:
            cursor.execute(CATALOGUES)
            before = set(cursor.fetchall())
            try:
                cursor.execute(statement)
            except psycopg2.errors.DependentObjectsStillExist:
                return None
            cursor.execute(CATALOGUES)
            return before - set(cursor.fetchall())
    finally:
        link.rollback()
        link.close()


def expected_gone(server, database, address, behaviour, words, user="postgres"):
    class_oid, object_oid, column = address.rsplit(", ", 2) if address.count(", ") == 2 else (address[:4], address[6:-3], "0")
    root = (int(class_oid), server.value(f"SELECT ({object_oid})::oid::bigint", database), int(column))
    said = drive(server.uri(database, user), "gone", *root, behaviour, *words.split())
    return root, said


# what every table brings along and a survey leaves out: row types that nothing else uses
LEFT_OUT = """
    SELECT t.oid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE c.relkind <> 'c'
    UNION ALL SELECT t.typarray FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE c.relkind <> 'c'
"""


@pytest.mark.parametrize("behaviour", ["cascade", "restrict"])
@pytest.mark.parametrize("drop, address, words", DROPS, ids=[row[0] for row in DROPS])
def test_what_a_drop_takes_along_is_what_was_said(server, shop, drop, address, words, behaviour):
    compare_drop(server, shop, drop, address, words, behaviour)


def compare_drop(server, shop, drop, address, words, behaviour, user="postgres"):
    gone = really_gone(server, shop, f"{drop} {behaviour}")
    root, said = expected_gone(server, shop, address, behaviour, words, user)
    left_out = {oid for (oid,) in server.run(LEFT_OUT, shop)}
    claimed = {(one["class"], one["oid"], one["column"]) for one in said} | {root}
    assert len(claimed) == len(said) + 1, "something was said twice"
    if gone is None:
        everything = {(o["class"], o["oid"], o["column"]) for o in expected_gone(server, shop, address, "cascade", words, user)[1]}
        assert everything - claimed, "refused, so there is something that only CASCADE takes"
        return
    relations_gone = {oid for class_oid, oid, column in gone if class_oid == 1259 and column == 0}
    gone = {one for one in gone if not (one[0] == 1247 and one[1] in left_out) and not (one[2] and one[1] in relations_gone)}
    claimed = {one for one in claimed if one[0] in CLASSES and not (one[0] == 1247 and one[1] in left_out)
               and not (one[0] == 1259 and one[2] and one[1] in relations_gone)}
    names = {(o["class"], o["oid"], o["column"]): f'{o["kind"]} {o["identity"]}' for o in said}
    assert {names.get(one, one) for one in gone - claimed} == set(), "gone, and not said"
    assert {names.get(one, one) for one in claimed - gone} == set(), "said, and not gone"
    assert all(one["kind"] and one["identity"] for one in said), "not described"


def test_thousands_of_names_give_the_same_answers(server, shop):
    server.run("DO $$ BEGIN FOR i IN 1..700 LOOP EXECUTE format('CREATE TABLE app.filler_%s (id int primary key)', i); END LOOP; END $$", shop)
    fillers = [f"filler_{i}" for i in range(1, 701)]
    few, many = survey(server, shop, "users", "touch", "priority"), survey(server, shop, "users", "touch", "priority", *fillers)
    for part in ("relations", "types"):
        shared = {name: one for name, one in many[part].items() if not name.startswith("app.filler_")}
        for one in list(shared.values()) + list(few[part].values()):
            one["bytes"] = one["estimated"] = None  # measured for a few relations only
            for column in one.get("columns", []):
                column["null_fraction"] = None  # read for a few relations only
        assert shared == few[part]
    assert len(many["relations"]) == len(few["relations"]) + 700
    words = " ".join(["users", *fillers])
    compare_drop(server, shop, "DROP TABLE public.users", "1259, 'public.users'::regclass, 0", words, "cascade")
    compare_drop(server, shop, "DROP SCHEMA app", "2615, 'app'::regnamespace, 0", "users + app", "cascade")
    compare_drop(server, shop, "DROP TYPE app.priority", "1247, 'app.priority'::regtype, 0", words + " priority", "cascade")


# --- rights, locks, concurrent changes


def test_a_plain_role_sees_what_the_superuser_sees(server, shop):
    role(server, PLAIN)
    full, plain = survey(server, shop, "users", "corpus_pub", "tickets"), survey(server, shop, "users", "corpus_pub", "tickets", user=PLAIN)
    assert plain["complete"] and not plain["superuser"]
    assert plain["relations"].keys() == full["relations"].keys() and plain["descriptions"] == full["descriptions"]
    assert not plain["relations"]["public.users"]["readable"] and not plain["relations"]["public.users_id_seq"]["sequence_known"]
    server.run(f"GRANT SELECT ON users TO {PLAIN}; GRANT SELECT ON app.tickets TO {PLAIN}; GRANT USAGE ON SCHEMA app TO {PLAIN}", shop)
    plain = survey(server, shop, "users", "tickets", user=PLAIN)["relations"]
    assert plain["public.users"]["readable"] and not plain["app.tickets"]["readable"]  # row level security hides rows
    server.run(f"DROP OWNED BY {PLAIN}", shop)


def test_a_catalogue_that_may_not_be_read_makes_the_survey_incomplete(server, shop):
    role(server, PLAIN)
    server.run("REVOKE SELECT ON pg_catalog.pg_policy FROM PUBLIC", shop)
    seen = survey(server, shop, "tickets", "users", user=PLAIN)
    assert not seen["complete"] and "pg_policy" in seen["trouble"]
    assert len(seen["relations"]["app.tickets"]["columns"]) == 4 and seen["relations"]["public.users"]["indexes"]
    assert survey(server, shop, "tickets")["complete"]


def test_a_locked_table_is_measured_without_waiting(server, shop):
    holder = server.connect(shop, autocommit=False)
    holder.cursor().execute("LOCK TABLE public.empty_table, public.users IN ACCESS EXCLUSIVE MODE")
    try:
        table = survey(server, shop, "empty_table")["relations"]["public.empty_table"]
        assert table["columns"] and table["estimated"]
        busy = survey(server, shop, "users", check=False)  # reading the views on it needs its lock
        assert busy["code"] == "BUSY" and "lock" in busy["error"] and busy["hint"]
    finally:
        holder.close()
    assert survey(server, shop, "users")["complete"]


def test_schema_changes_meanwhile_give_an_answer_or_a_clear_refusal(server, shop):
    stop = threading.Event()

    def change():
        link = server.connect(shop)
        with link.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("CREATE VIEW public.flicker AS SELECT * FROM public.users; CREATE INDEX flicker_idx ON public.users (age); "
                               "ALTER TABLE public.users ADD COLUMN flick int DEFAULT 1 CHECK (flick > 0)")
                cursor.execute("DROP VIEW public.flicker; DROP INDEX public.flicker_idx; ALTER TABLE public.users DROP COLUMN flick")
        link.close()

    changer = threading.Thread(target=change)
    changer.start()
    try:
        for _ in range(25):
            seen = survey(server, shop, "users", check=False)
            assert "relations" in seen or seen["code"] == "BUSY", seen
    finally:
        stop.set()
        changer.join()


def test_nothing_of_the_user_is_executed(server, shop):
    server.run("CREATE FUNCTION public.lower(name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'executed'; END $$; "
               "CREATE FUNCTION public.current_database() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'executed'; END $$; "
               "CREATE VIEW public.trap AS SELECT 1 / 0 AS x", shop)
    server.run(f'ALTER DATABASE "{shop}" SET search_path = public, pg_catalog', shop)
    seen = survey(server, shop, "trap", "users")
    assert seen["complete"] and seen["search_path"] == ["public", "pg_catalog"] and "public.trap" in seen["relations"]


def test_a_survey_leaves_nothing_behind(server, shop):
    before = server.value("SELECT pg_current_xact_id()::text::bigint", shop)
    survey(server, shop, "users", "+", "app")
    assert server.value("SELECT pg_current_xact_id()::text::bigint", shop) == before + 1
    assert server.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guardian'", shop) == 0


# --- the probe


def probe(server, database, *words, user="postgres", check_ms=2000, total_ms=10000, samples=3):
    return drive(server.uri(database, user), "probe", check_ms, total_ms, samples, *words)


def test_a_check_counts_and_shows_samples(server, shop):
    seen = probe(server, shop, "SELECT count(*) FROM public.users WHERE nickname IS NULL",
                 "SELECT id::text FROM public.users WHERE nickname IS NULL ORDER BY users.id LIMIT $1",
                 ",", "SELECT count(*) FROM public.empty_table", "SELECT 1/0 LIMIT $1")
    assert [(c["done"], c["count"], c["gave_up"]) for c in seen["checks"]] == [(True, 100, None), (True, 0, None)]
    assert seen["checks"][0]["samples"] == ["1", "3", "5"] and seen["answered"] == 2


def test_a_check_that_fails_costs_its_own_answer_only(server, shop):
    role(server, PLAIN)
    server.run(f"GRANT SELECT ON public.big_counts, app.tickets TO {PLAIN}; GRANT USAGE ON SCHEMA app TO {PLAIN}", shop)
    seen = probe(server, shop, "SELECT count(*) FROM public.users", ",", "SELECT count(label::date) FROM public.big_counts", ",",
                 "SELECT count(*) FROM app.tickets", ",", "SELECT NULL::bigint", ",", "DELETE FROM public.big_counts", ",",
                 "WITH gone AS (DELETE FROM public.big_counts RETURNING 1) SELECT count(*) FROM gone", ",",
                 "SELECT count(*) FROM public.big_counts", user=PLAIN)
    reasons = [c["gave_up"] or c["count"] for c in seen["checks"]]
    for reason, said in zip(reasons, ["permission denied", "date/time field value out of range", "row-level security", "no count",
                                      "no query", "read-only transaction"]):
        assert said in reason
    assert reasons[6] == 20 and seen["answered"] == 1
    server.run(f"DROP OWNED BY {PLAIN}", shop)


def test_a_check_that_takes_too_long_is_stopped(server, shop):
    slow = "SELECT count(*) FROM pg_sleep(5)"
    seen = probe(server, shop, slow, ",", "SELECT 1::bigint", check_ms=200)
    assert seen["checks"][0]["gave_up"] == "stopped after 200 ms" and seen["checks"][1]["count"] == 1
    seen = probe(server, shop, slow, ",", slow, ",", "SELECT 1::bigint", check_ms=300, total_ms=400)
    assert [c["done"] for c in seen["checks"]] == [False] * 3 and "used up" in seen["checks"][2]["gave_up"]


def test_a_check_on_a_locked_table_gives_up(server, shop):
    holder = server.connect(shop, autocommit=False)
    holder.cursor().execute("LOCK TABLE public.empty_table IN ACCESS EXCLUSIVE MODE")
    try:
        seen = probe(server, shop, "SELECT count(*) FROM public.empty_table", ",", "SELECT count(*) FROM public.coupons")
    finally:
        holder.close()
    assert "lock timeout" in seen["checks"][0]["gave_up"] and seen["checks"][1]["count"] == 5


def test_a_server_that_dies_takes_answers_but_not_the_program():
    with servers.Server() as mortal:
        threading.Timer(0.7, mortal.crash).start()
        seen = probe(mortal, "postgres", "SELECT count(*) FROM pg_sleep(8)", ",", "SELECT 1::bigint", check_ms=9000)
    assert [c["done"] for c in seen["checks"]] == [False, False] and all(c["gave_up"] for c in seen["checks"])


# --- other majors


@pytest.mark.deep
@pytest.mark.parametrize("major", servers.wanted_majors() or [None])
def test_every_supported_major_gives_the_same_survey(server, major):
    if major is None:
        pytest.skip("GUARDIAN_TEST_MAJORS names no server versions")
    with servers.Server(major=major) as other:
        name = other.load_fixture()
        role(other, PLAIN)
        for user in ("postgres", PLAIN):
            seen = survey(other, name, "users", "events", "priority", "touch", "corpus_pub", "+", "app", "hstore", user=user)
            assert seen["complete"], seen["trouble"]
            assert seen["version"] // 10000 == major and len(seen["relations"]["public.users"]["columns"]) == 20
        for drop, address, words in DROPS:
            for behaviour in ("cascade", "restrict"):
                compare_drop(other, name, drop, address, words, behaviour)
