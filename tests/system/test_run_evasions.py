"""What hides from a classifier, sent by the wire: each case of tests/corpus/evasions, and what only the protocol can hide.

One run stands between, under a policy that lets nothing through which changes anything. So nothing may change, whatever
was sent: no transaction may have written, no setting of the server, no slot, no file. Where a transaction has written
(a temporary table may), the whole database is compared with what it was.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from harness import corpus, effects, wire
from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
CASES = corpus.cases("evasions")
DEEP = os.environ.get("GUARDIAN_TEST_DEEP")

NOTHING = """
policy: nothing
about: nothing that changes anything
rules:
  - class: [none]
    loses: [nothing]
    action: go
    because: nothing is changed
  - action: refuse
    because: this policy lets nothing through
examples:
  - {class: none, expect: go}
  - {class: additive, expect: refuse}
"""


class Run:
    """guardian run with a command that only keeps the door open; whoever has its environment may come in."""

    def __init__(self, server, database, folder, policy):
        self.log = folder / "log"
        environment = folder / "environment"
        path = folder / "policy.yaml"
        path.write_text(policy)
        self.process = subprocess.Popen(
            [GUARDIAN, "run", "--policy", path, "--", "sh", "-c", f"env -0 > {environment}.new; mv {environment}.new {environment}; cat"],
            env={**os.environ, **server.env(database), "GUARDIAN_STORE": f"file://{folder}/store"}, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=open(self.log, "w"))
        until = time.monotonic() + 30
        while not environment.exists():
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            time.sleep(0.01)
        self.env = dict(pair.split("=", 1) for pair in environment.read_text().split("\0") if pair)

    def client(self, **more):
        return wire.Client(self.env, **more)

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


# Traps that lie there already: what springs them looks harmless by itself.
ARMED = """
CREATE SCHEMA trap;
CREATE TABLE trap.acct (id int PRIMARY KEY, v text);
CREATE TABLE trap.other (a int);
INSERT INTO trap.acct SELECT g, 'v' || g FROM generate_series(1, 9) g;
INSERT INTO trap.other VALUES (1), (2);
CREATE FUNCTION trap.wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN 1; END';
CREATE FUNCTION trap.made_up() RETURNS int LANGUAGE plpgsql AS $$BEGIN EXECUTE 'DROP TA' || 'BLE trap.acct'; RETURN 1; END$$;
CREATE FUNCTION trap.imm(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM trap.wipe(); RETURN 1; END';
CREATE FUNCTION trap.lower(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN $1; END';
CREATE FUNCTION trap.count_up(int, int) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN $1; END';
CREATE AGGREGATE trap.sum(int) (SFUNC = trap.count_up, STYPE = int);
CREATE FUNCTION trap.opf(int, int) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN $1; END';
CREATE OPERATOR trap.+ (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.opf);
CREATE OPERATOR trap.### (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.opf);
CREATE TYPE trap.point AS (x int, y int);
CREATE FUNCTION trap.cast_it(trap.point) RETURNS text LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN 1; END';
CREATE CAST (trap.point AS text) WITH FUNCTION trap.cast_it(trap.point) AS IMPLICIT;
CREATE DOMAIN trap.checked AS int CHECK (trap.imm(VALUE) > 0);
CREATE DOMAIN trap.text AS pg_catalog.text CHECK (trap.wipe() > 0);
CREATE VIEW trap.seen AS SELECT id FROM trap.acct WHERE trap.wipe() > 0;
CREATE VIEW trap.pg_class AS SELECT trap.wipe() AS relname;
CREATE TABLE trap.guarded (a int); INSERT INTO trap.guarded VALUES (1);
ALTER TABLE trap.guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE trap.guarded FORCE ROW LEVEL SECURITY;
CREATE FUNCTION trap.may() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN DELETE FROM trap.acct; RETURN true; END';
CREATE POLICY p ON trap.guarded USING (trap.may());
CREATE TABLE trap.ruled (a int); CREATE RULE r AS ON INSERT TO trap.ruled DO ALSO DELETE FROM trap.acct;
CREATE TABLE trap.defaulted (a int, b int DEFAULT trap.wipe());
CREATE FUNCTION trap.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN NEW; END';
CREATE TABLE trap.triggered (a int); CREATE TRIGGER t AFTER INSERT ON trap.triggered EXECUTE FUNCTION trap.fires();
CREATE TABLE trap.later (a int);
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON trap.later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap.fires();
CREATE VIEW trap.written AS SELECT id FROM trap.acct;
CREATE FUNCTION trap.instead() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; RETURN NULL; END';
CREATE TRIGGER i INSTEAD OF INSERT ON trap.written FOR EACH ROW EXECUTE FUNCTION trap.instead();
CREATE FUNCTION trap.opens() RETURNS refcursor LANGUAGE plpgsql AS $$DECLARE c refcursor := 'open_one'; BEGIN OPEN c FOR SELECT trap.wipe(); RETURN c; END$$;
CREATE PROCEDURE trap.proc() LANGUAGE plpgsql AS 'BEGIN DELETE FROM trap.acct; COMMIT; END';
CREATE ROLE trapper; GRANT ALL ON SCHEMA trap TO trapper; GRANT ALL ON ALL TABLES IN SCHEMA trap TO trapper;
"""

# What is said in one message after the other. Nothing of it may change anything.
SPRUNG = [
    ["SET search_path = trap, pg_catalog", "SELECT lower('A'::pg_catalog.text)"],
    ["SELECT set_config('search_path', 'trap, pg_catalog', false)", "SELECT lower('A'::pg_catalog.text)"],
    ["SELECT lower('A')", "SET search_path TO trap, pg_catalog", "SELECT lower('A')"], ["EXPLAIN SELECT trap.imm(1)"],
    ["CREATE TEMP VIEW pg_class AS SELECT trap.wipe() AS relname", "SELECT relname FROM pg_class"],
    ["SELECT 1 + 1", "SET search_path TO trap, pg_catalog", "SELECT 1 + 1"],
    ["SELECT 1 + 1", "BEGIN", "SET LOCAL search_path TO trap, pg_catalog", "SELECT 1 + 1", "COMMIT"],
    ["SET search_path TO trap, pg_catalog", "SELECT sum(a) FROM trap.other"],
    ["SET search_path TO trap, pg_catalog", "SELECT 'x'::text"],
    ["SET search_path TO trap, pg_catalog", "SELECT relname FROM pg_class"],
    ["SET search_path TO trap", "SELECT id FROM seen"], ["SELECT id FROM trap.seen"], ["TABLE trap.seen"], ["VALUES (trap.wipe())"], ["SELECT trap.made_up()"],
    ["SELECT 1 OPERATOR(trap.###) 2"], ["SET search_path TO trap", "SELECT 1 ### 2"], ["SELECT ROW(1, 2)::trap.point::text"],
    ["SELECT length(ROW(1, 2)::trap.point)"], ["SELECT 5::trap.checked"], ["SELECT CAST('5' AS trap.checked)"], ["SELECT ARRAY['5']::trap.checked[]"],
    ["SET ROLE trapper", "SELECT * FROM trap.guarded"], ["SET SESSION AUTHORIZATION trapper", "SELECT * FROM trap.guarded"],
    ["INSERT INTO trap.ruled VALUES (1)"], ["INSERT INTO trap.defaulted (a) VALUES (1)"], ["INSERT INTO trap.triggered VALUES (1)"],
    ["INSERT INTO trap.written VALUES (1)"], ["BEGIN", "INSERT INTO trap.later VALUES (1)", "SET CONSTRAINTS ALL IMMEDIATE", "COMMIT"],
    ["BEGIN", "SELECT trap.opens()", "FETCH ALL FROM open_one", "COMMIT"], ["BEGIN", "DECLARE c CURSOR FOR SELECT trap.wipe()", "FETCH c", "COMMIT"],
    ["DECLARE c CURSOR WITH HOLD FOR SELECT trap.wipe()", "FETCH c"], ["CALL trap.proc()"], ["PREPARE x AS SELECT trap.wipe()", "EXECUTE x"],
    ["PREPARE x AS DELETE FROM trap.acct", "EXECUTE x"], ["PREPARE x(int) AS SELECT $1 + 1", "SET search_path TO trap, pg_catalog", "EXECUTE x(1)"],
    ["PREPARE x AS SELECT 1 + 1", "EXECUTE x", "SET search_path TO trap, pg_catalog", "EXECUTE x", "DEALLOCATE x"],
    ["CREATE TEMP TABLE acct (id int)", "SET search_path TO trap", "DELETE FROM acct", "DROP TABLE acct", "DROP TABLE acct"],
    ["CREATE TEMP TABLE acct (id int)", "SET search_path TO trap, pg_temp", "DELETE FROM acct"],
    ["CREATE TEMP TABLE acct (id int)", "PREPARE x AS DELETE FROM acct", "EXECUTE x", "SET search_path TO trap, pg_temp", "EXECUTE x"],
    ["CREATE TEMP TABLE acct (id int)", "BEGIN", "SET LOCAL search_path TO trap", "DROP TABLE acct", "DELETE FROM acct", "COMMIT"],
    ["CREATE TEMP TABLE t AS SELECT trap.wipe()"], ["SELECT trap.wipe() INTO TEMP t"], ["CREATE TEMP VIEW v AS SELECT trap.wipe()", "SELECT * FROM v"],
    ["CREATE TEMP TABLE t (a int DEFAULT trap.wipe())", "INSERT INTO t DEFAULT VALUES"], ["CREATE TEMP TABLE t (a trap.checked)", "INSERT INTO t VALUES (1)"],
    ["CREATE TEMP TABLE t (a int)", "CREATE INDEX ON t (trap.imm(a))", "INSERT INTO t VALUES (1)"],
    ["CREATE TEMP TABLE t (a int)", "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION trap.fires()", "INSERT INTO t VALUES (1)"],
    ["CREATE TEMP TABLE t (a int)", "CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM trap.acct", "INSERT INTO t VALUES (1)"],
    ["CREATE TEMP TABLE t (id int REFERENCES trap.acct ON DELETE CASCADE)"],
    ["CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'DELETE FROM trap.acct; SELECT 1'", "SELECT pg_temp.f()"],
    ["SET LOCAL search_path TO trap", "DROP TABLE acct"], ["SET LOCAL search_path TO trap", "TRUNCATE acct"], ["SET LOCAL search_path TO trap", "DROP TABLE IF EXISTS acct"],
    ["DO $$BEGIN PERFORM trap.wipe(); END$$"], ["EXPLAIN ANALYZE SELECT trap.wipe()"], ["EXPLAIN (ANALYZE) DELETE FROM trap.acct"],
    ["COPY (SELECT trap.wipe()) TO STDOUT"], ["COPY trap.triggered FROM STDIN"], ["COPY trap.acct FROM STDIN"], ["COPY (DELETE FROM trap.acct RETURNING *) TO STDOUT"],
    ["COPY (SELECT 1) TO PROGRAM 'touch /tmp/gd-evasion'"], ["COPY trap.other FROM PROGRAM 'echo 1'"], ["COPY (SELECT 1) TO '/tmp/gd-evasion'"],
    ["SELECT lo_create(4242)"], ["SELECT lo_from_bytea(4242, 'x')"], ["SELECT setval(pg_get_serial_sequence('public.users', 'id'), 1, false)"],
    ["SELECT query_to_xml('SELECT trap.wipe()', true, false, '')"], ["SELECT ts_stat('SELECT trap.wipe()::text::tsvector')"],
    ["SELECT pg_create_logical_replication_slot('s', 'test_decoding')"], ["SELECT pg_create_physical_replication_slot('s')"], ["SELECT pg_reload_conf()"],
    ["ALTER SYSTEM SET work_mem = '5MB'"], ["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND false"],
    ["SET session_replication_role = replica", "DELETE FROM trap.acct"], ["SET standard_conforming_strings = off", r"SELECT 'a\'; DELETE FROM trap.acct; --'"],
    [r"SET standard_conforming_strings = off; SELECT 'a\'; DELETE FROM trap.acct; --'"], [r"SELECT set_config('standard_conforming_strings', 'off', false)", r"SELECT 'a\'; DELETE FROM trap.acct; --'"],
    ["SET client_encoding = 'SJIS'", "DELETE FROM trap.acct"], ["DELETE FROM trap.U&\"\\0061cct\""], ["BEGIN", "DELETE FROM trap.acct", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'"],
    ["BEGIN", "SAVEPOINT a", "DELETE FROM trap.acct", "ROLLBACK TO a", "DELETE FROM trap.acct", "COMMIT"], ["BEGIN; SELECT 1; COMMIT; DELETE FROM trap.acct"],
    ["SELECT 1; DELETE FROM trap.acct"], ["WITH d AS (DELETE FROM trap.acct RETURNING *) SELECT count(*) FROM d"], ["SELECT * FROM trap.acct FOR UPDATE", "TRUNCATE trap.acct"],
    ["LISTEN x", "NOTIFY x, 'DELETE FROM trap.acct'", "DELETE FROM ONLY trap.acct"], ["LOCK TABLE trap.acct", "DELETE FROM trap.acct"], ["DISCARD ALL", "DELETE FROM trap.acct"],
    ["SET role = trapper", "DELETE FROM trap.acct"], ["MERGE INTO trap.acct USING trap.other ON id = a WHEN MATCHED THEN DELETE"], ["DROP OWNED BY trapper"],
    ["REASSIGN OWNED BY CURRENT_USER TO trapper"], ["SECURITY LABEL ON TABLE trap.acct IS 'x'"], ["LOAD 'auto_explain'"], ["CREATE EXTENSION dblink"],
    ["IMPORT FOREIGN SCHEMA public FROM SERVER nowhere INTO trap"], ["REFRESH MATERIALIZED VIEW trap.seen"], ["CLUSTER"], ["DROP DATABASE template1"],
]


class Watched:
    """A copy of the fixture, of which every change is noticed."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        server.psql(server.load_fixture(), stdin=ARMED)
        self.scratch = effects.Scratch(server, watch=False)
        self.link = server.connect("postgres")
        self.run = Run(server, self.scratch.name, folder, NOTHING)
        self.clock = self.now()
        self.compared = 0

    def now(self):
        """What any transaction that writes moves on."""
        with self.link.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text, (SELECT count(*) FROM pg_prepared_xacts),"
                           " (SELECT string_agg(slot_name || active::text || coalesce(confirmed_flush_lsn::text, ''), ',') FROM pg_replication_slots),"
                           " (SELECT count(*) FROM pg_file_settings), (SELECT count(*) FROM pg_database)")
            return cursor.fetchone()

    def arm_again(self):
        """What follows shall show, too."""
        self.server.run("INSERT INTO trap.acct SELECT g, 'v' || g FROM generate_series(1, 9) g ON CONFLICT DO NOTHING", self.scratch.name)
        self.clock, self.scratch.before = self.now(), self.scratch.capture(self.scratch.before)

    def changed(self, thoroughly=False):
        """What is not as it was; "" when all is."""
        now = self.now()
        if now == self.clock and not thoroughly:
            return ""
        self.clock = now
        self.compared += 1
        before, after = self.scratch.before, self.scratch.capture(self.scratch.before)
        self.scratch.before = after
        found = effects.compare(before, after)
        found.new_definitions = [one for one in found.new_definitions if "guardian" not in one[1]]  # Guardian's own record
        found.new_rows = {name: count for name, count in found.new_rows.items() if not name.startswith("guardian.")}
        return found.summary()


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    with servers.Server(memory=True) as server:  # nobody else's transactions are to be seen
        one = Watched(server, tmp_path_factory.mktemp("evasions"))
        yield one
        one.run.process.kill()
        one.run.process.wait()
        one.link.close()


def statements(text):
    """The statements of a script, cut as psql cuts them."""
    found, begin, at, depth = [], 0, 0, 0
    token = re.compile(r"""--[^\n]*|/\*|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[A-Za-z_]\w*)?\$).*?\1|;|[A-Za-z_]\w*|[()]""", re.S)
    while match := token.search(text, at):
        at = match.end()
        word = match[0]
        if word == "/*":
            open_comments = 1
            while open_comments and (inner := re.compile(r"/\*|\*/").search(text, at)):
                open_comments += 1 if inner[0] == "/*" else -1
                at = inner.end()
        elif word.lower() == "atomic":
            depth += 1
        elif word.lower() == "end" and depth:
            depth -= 1
        elif word == ";" and not depth:
            found.append(text[begin:at])
            begin = at
    found.append(text[begin:])
    return [one for one in found if re.sub(r"--[^\n]*|[\s;]", "", one)]


def raw(text):
    return text.encode("utf-8", "surrogateescape") + b"\0"


def parse(text, name=b""):
    return wire.message(b"P", name + b"\0" + raw(text) + b"\0\0")


ABORT = wire.query("ROLLBACK")
RUN = wire.bind() + wire.execute()
COPY_DATA = wire.message(b"d", b"1\tx\n\\.\nDROP TABLE archive.old_orders;\n") + wire.message(b"c")


def settle(client, *parts):
    """Send, and give every COPY that the server asks for some data."""
    client.send(*parts)
    found = []
    while not found or found[-1][0] != b"Z":
        found.append(client.read())
        if found[-1][0] == b"G":
            client.send(COPY_DATA)
    return found


def simple(client, text):
    settle(client, wire.message(b"Q", raw(text)))


def one_by_one(client, text):
    for one in statements(text):
        settle(client, wire.message(b"Q", raw(one)))


def extended(client, text):
    for one in statements(text):
        settle(client, parse(one), RUN, wire.SYNC)


def in_one_go(client, text):
    """All of it before the first answer is read."""
    settle(client, *(parse(one) + RUN for one in statements(text) if "copy" not in one.lower()), wire.SYNC)


def named_first(client, text):
    """All are prepared before any runs; those that cannot be are prepared when what they need is there."""
    waiting = []
    for number, one in enumerate(statements(text)):
        name = b"s%d" % number
        answers = settle(client, parse(one, name), wire.SYNC)
        waiting.append((name, one, b"1" in wire.kinds(answers).encode()))
    for name, one, ready in waiting:
        settle(client, b"" if ready else parse(one, name), wire.message(b"B", b"\0" + name + b"\0\0\0\0\0\0\0"), wire.execute(), wire.SYNC)


def bound_before(client, text):
    """A portal of each, made before those in front of it run."""
    ready = []
    settle(client, wire.query("BEGIN"))
    for number, one in enumerate(statements(text)):
        portal = b"p%d" % number
        answers = settle(client, wire.query("SAVEPOINT here"))
        answers = settle(client, parse(one), wire.message(b"B", portal + b"\0\0\0\0\0\0\0\0"), wire.SYNC)
        if b"2" in wire.kinds(answers).encode():
            ready.append(portal)
        else:
            settle(client, wire.query("ROLLBACK TO here"))
    for portal in ready:
        settle(client, wire.message(b"E", portal + b"\0\0\0\0\0"), wire.SYNC)
    settle(client, wire.query("COMMIT"))


def in_a_transaction(client, text):
    settle(client, wire.query("BEGIN"))
    for one in statements(text):
        settle(client, wire.query("SAVEPOINT here"))
        settle(client, parse(one), RUN, wire.SYNC)
        settle(client, wire.query("RELEASE here"))
    settle(client, wire.query("COMMIT"))


WAYS = [simple, one_by_one, extended, in_one_go, named_first, bound_before, in_a_transaction]
SIMPLE = [case for case in CASES if case.how == "simple"]


def messages(client, texts):
    for one in texts:
        settle(client, wire.message(b"Q", raw(one)))


def bound_each(client, texts):
    for one in texts:
        settle(client, parse(one), RUN, wire.SYNC)


def named_before_the_first(client, texts):
    """What can be prepared is, under the settings that are there before anything ran."""
    ready = []
    for number, one in enumerate(texts):
        name = b"s%d" % number
        ready.append((name, one, "1" in wire.kinds(settle(client, parse(one, name), wire.SYNC))))
    for name, one, prepared in ready:
        settle(client, b"" if prepared else parse(one, name), wire.message(b"B", b"\0" + name + b"\0\0\0\0\0\0\0"), wire.execute(), wire.SYNC)


def all_at_once(client, texts):
    settle(client, *(parse(one) + RUN for one in texts if "STDIN" not in one), wire.SYNC)


def each_by_itself_but_unread(client, texts):
    """Queries that are all sent before the first answer is read."""
    sent = [one for one in texts if "STDIN" not in one]
    client.send(*(wire.message(b"Q", raw(one)) for one in sent))
    for _ in sent:
        client.until(b"Z")


def bound_backwards(client, texts):
    """In one go inside of a transaction: all bound, the last one first, then run in their order."""
    sent = [one for one in texts if not re.match("(BEGIN|COMMIT|COPY)", one)]
    settle(client, wire.query("BEGIN"))
    parsed = [wire.message(b"P", b"s%d\0" % at + raw(one) + b"\0\0") for at, one in enumerate(sent)]
    bound = [wire.message(b"B", b"p%d\0s%d\0\0\0\0\0\0\0" % (at, at)) for at in reversed(range(len(sent)))]
    settle(client, *parsed, *bound, *(wire.message(b"E", b"p%d\0\0\0\0\0" % at) for at in range(len(sent))), wire.SYNC)
    settle(client, wire.query("COMMIT"))


def bound_then_read_on(client, texts):
    """The last is bound to a portal that waits while the others run."""
    settle(client, wire.query("BEGIN"))
    settle(client, parse(texts[-1]), wire.message(b"B", b"late\0\0\0\0\0\0\0\0"), wire.SYNC)
    for one in texts[:-1]:
        if not re.match("(BEGIN|COMMIT|COPY)", one):
            settle(client, parse(one), RUN, wire.SYNC)
    settle(client, wire.message(b"E", b"late\0\0\0\0\0"), wire.SYNC)
    settle(client, wire.query("COMMIT"))


def one_message(client, texts):
    settle(client, wire.message(b"Q", raw("; ".join(texts))))


def try_one(watched, way, text, **more):
    """@return what changed; a session that guardian or the server ends is a refusal, too."""
    with contextlib.suppress(wire.Ended, ConnectionError, wire.Refused):
        with watched.run.client(**more) as client:
            way(client, text)
            client.send(wire.TERMINATE)
            client.rest()
    assert watched.run.process.poll() is None, watched.run.log.read_text()
    return watched.changed()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_gets_through(watched, way):
    cases = SIMPLE if DEEP else SIMPLE[WAYS.index(way)::16 if way in (simple, extended) else 40]
    through = {}
    for case in cases:
        what = try_one(watched, way, case.text)
        if what:
            through[case.id] = what
    assert not through and not watched.changed(thoroughly=True)


TRAP_WAYS = [messages, bound_each, named_before_the_first, all_at_once, each_by_itself_but_unread, one_message, bound_backwards, bound_then_read_on]


@pytest.mark.parametrize("way", TRAP_WAYS, ids=lambda way: way.__name__)
def test_traps_that_lie_there_are_not_sprung(watched, way):
    through, number = {}, TRAP_WAYS.index(way) % 6 if way is not messages else 0
    for texts in SPRUNG if DEEP else SPRUNG[number::2 if way is messages else 6]:
        what = try_one(watched, way, texts)
        if what:
            through[" | ".join(texts)] = what
            watched.arm_again()
    assert not through and not watched.changed(thoroughly=True)
    assert watched.scratch.server.value("SELECT count(*) FROM trap.acct", watched.scratch.name) == 9
    assert not os.path.exists("/tmp/gd-evasion")


def test_in_the_smallest_pieces(watched):
    for texts in SPRUNG[:: 1 if DEEP else 8]:
        assert try_one(watched, messages, texts, piece=3) == ""


def test_what_psql_makes_of_a_script(watched):
    through = {}
    for case in CASES:
        if case.how != "psql":
            continue
        subprocess.run(["psql", "-X", "-q", "-f", "-"], env=watched.run.env, input=case.text.encode("utf-8", "surrogateescape"), cwd=watched.folder,
                       capture_output=True, timeout=60)
        what = watched.changed()
        if what:
            through[case.id] = what
    assert not through and not watched.changed(thoroughly=True)


BAIT = "CREATE TABLE acct (id int); INSERT INTO acct VALUES (1), (2); CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM acct; RETURN 1; END';"
FUNCTION = "CREATE FUNCTION {} LANGUAGE plpgsql AS 'BEGIN DELETE FROM acct; RETURN {}; END';"
ALONE = {  # one trap, in a database that has no other: what lies there, and what springs it
    "view": ("CREATE VIEW v AS SELECT wipe()", "TABLE v"),
    "view over a view": ("CREATE VIEW v AS SELECT wipe() AS w; CREATE VIEW u AS SELECT w FROM v", "SELECT count(w) FROM u"),
    "parsed body": ("CREATE FUNCTION f() RETURNS int IMMUTABLE BEGIN ATOMIC SELECT wipe(); END; CREATE VIEW v AS SELECT f()", "TABLE v"),
    "overload": (FUNCTION.format("lower(int) RETURNS int", 1), "SELECT lower(5)"),
    "aggregate": (FUNCTION.format("g(int, date) RETURNS int", 1) + "CREATE AGGREGATE sum(date) (SFUNC = g, STYPE = int)", "SELECT sum(now()::date) FROM acct"),
    "operator": (FUNCTION.format("g(date, text) RETURNS int", 1) + "CREATE OPERATOR + (LEFTARG = date, RIGHTARG = text, FUNCTION = g)", "SELECT now()::date + 'x'::text"),
    "cast": ("CREATE TYPE p AS (x int); " + FUNCTION.format("g(p) RETURNS int", 1) + "CREATE CAST (p AS int) WITH FUNCTION g(p)", "SELECT CAST('(1)'::p AS int)"),
    "domain": (FUNCTION.format("g(int) RETURNS bool", "true") + "CREATE DOMAIN d AS int CHECK (g(VALUE))", "SELECT 5::d"),
    "policy": (FUNCTION.format("g() RETURNS bool", "true") + "CREATE ROLE reader; GRANT SELECT, DELETE ON acct TO reader; CREATE TABLE r (i int); INSERT INTO r VALUES (1);"
               "GRANT SELECT ON r TO reader; ALTER TABLE r ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON r USING (g())", "SET ROLE reader;TABLE r"),
    "plan": ("CREATE FUNCTION i(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM wipe(); RETURN 1; END'", "EXPLAIN SELECT i(1)"),
    "path of the role": ("CREATE SCHEMA s; " + FUNCTION.format("s.lower(text) RETURNS text", "''x''") + "ALTER ROLE CURRENT_USER SET search_path = s, public, pg_catalog", "SELECT lower('A'::text)"),
}


@pytest.mark.parametrize("name", ALONE)
def test_one_trap_alone_is_enough(watched, tmp_path, name):
    server, (armed, sprung) = watched.server, ALONE[name]
    if "ATOMIC" in armed and server.major < 14:
        pytest.skip("no parsed bodies yet")
    server.create("alone")
    server.psql("alone", stdin=BAIT + armed)
    (tmp_path / "policy.yaml").write_text(NOTHING)
    words = [word for one in sprung.split(";") for word in ("-c", one)]
    subprocess.run([GUARDIAN, "run", "--policy", tmp_path / "policy.yaml", "--", "psql", "-X", "-c", "SELECT 1", *words], capture_output=True, timeout=60,
                   env={**os.environ, **server.env("alone"), "GUARDIAN_STORE": f"file://{tmp_path}/store"})
    kept = server.value("SELECT count(*) FROM acct", "alone")
    subprocess.run(["psql", "-X", *words], capture_output=True, timeout=60, env=server.env("alone"))
    gone = server.value("SELECT count(*) FROM acct", "alone")
    server.run("ALTER ROLE CURRENT_USER RESET search_path")
    server.drop("alone")
    server.run("DROP ROLE IF EXISTS reader")
    assert (kept, gone) == (2, 0)  # and it was a trap


@pytest.mark.parametrize("name", ALONE if DEEP else ["view", "overload", "policy"])
def test_what_a_policy_lets_spring_comes_back(watched, tmp_path, name):
    server, (armed, sprung) = watched.server, ALONE[name]
    server.create("back")
    server.psql("back", stdin=BAIT + armed)
    env = {**os.environ, **server.env("back"), "GUARDIAN_STORE": f"file://{tmp_path}/store"}
    words = [word for one in sprung.split(";") for word in ("-c", one)]
    ran = subprocess.run([GUARDIAN, "run", "--yes", "--", "psql", "-X", *words], capture_output=True, text=True, timeout=60, env=env)
    gone = server.value("SELECT count(*) FROM acct", "back")
    back = subprocess.run([GUARDIAN, "rollback", "--last", "--yes"], capture_output=True, text=True, timeout=60, env=env)
    kept = server.value("SELECT count(*) FROM acct", "back")
    server.run("ALTER ROLE CURRENT_USER RESET search_path")
    server.drop("back")
    server.run("DROP ROLE IF EXISTS reader")
    assert (gone, kept) == (0, 2), ran.stderr + back.stderr
