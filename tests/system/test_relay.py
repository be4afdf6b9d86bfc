"""Through the relay as without it: what clients and servers say to each other arrives byte for byte."""

import itertools
import os
import random
import socket
import subprocess
import threading
import time

import psycopg2
import pytest

from harness import server as servers
from harness import wire
from harness.relay import Relay

# As much of psql and of the server as there is; what is different in each run (times, processes, ports) is left out.
SCRIPT = r"""
\set VERBOSITY verbose
\set SHOW_CONTEXT always
SELECT 1 AS one, 'two' AS two, NULL AS three; SELECT 2 \; SELECT 3;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'ok', at timestamptz);
CREATE INDEX ON people (lower(name));
INSERT INTO people (name, mood) VALUES ('ada', 'happy'), ('bob', 'sad'), (E'tab\tnewline\nback\\slash', NULL) RETURNING *;
\d people
\d+ people
\di
\dt+ people
\dT+
\df
\dn
\du
\l postgres
\sf+ pg_catalog.lower(text)
\x on
SELECT * FROM people ORDER BY id;
\x off
\pset format csv
TABLE people ORDER BY id;
\pset format aligned
\pset null '(null)'
\gdesc
SELECT id, mood FROM people ORDER BY id \gdesc
SELECT 'select ' || g FROM generate_series(1, 3) g \gexec
SELECT count(*) AS people_count FROM people \gset
\echo :people_count
SELECT mood, name, id FROM people ORDER BY 2 \crosstabview
\if yes
\echo there are some
\endif
PREPARE finder (int) AS SELECT name FROM people WHERE id = $1;
EXECUTE finder(1);
EXECUTE finder('x');
DEALLOCATE finder;
EXECUTE finder(1);
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT g FROM generate_series(1, 100) g;
FETCH 3 FROM c;
MOVE 10 IN c;
FETCH BACKWARD 2 FROM c;
CLOSE c;
SAVEPOINT s;
SELECT 1/0;
SELECT 'not now';
ROLLBACK TO s;
SELECT 'again';
COMMIT;
\set FETCH_COUNT 7
SELECT g, repeat('x', g) FROM generate_series(1, 30) g;
\unset FETCH_COUNT
COPY people (name, mood) FROM STDIN;
carl	ok
dora	\N
\.
COPY people (name, mood) FROM STDIN;
ed	furious
\.
COPY people (name) FROM STDIN (FORMAT csv);
"fay, the second"
\.
COPY people (name, mood) TO STDOUT;
COPY (SELECT g FROM generate_series(1, 5) g) TO STDOUT (FORMAT binary);
\copy people (name) TO people.txt
\copy people (name) FROM people.txt
\copy nowhere FROM people.txt
SELECT count(*) FROM people;
LISTEN ears;
NOTIFY ears, 'hello';
DO $$ BEGIN RAISE NOTICE 'a notice'; RAISE WARNING 'a warning' USING HINT = 'a hint', DETAIL = 'a detail'; END $$;
DO $$ BEGIN RAISE EXCEPTION 'an error' USING ERRCODE = 'GD123', HINT = 'a hint', TABLE = 'a table'; END $$;
SELECT bad syntax here;
SELECT * FROM nowhere;
INSERT INTO people (name) VALUES (NULL);
SELECT length(repeat('long ', 1000000));
SELECT md5(repeat('wide', 300000)) FROM generate_series(1, 3);
SELECT repeat('0123456789', 20000);
BEGIN;
SELECT lo_create(4711);
\lo_import people.txt
SELECT lo_put(4711, 0, 'large');
SELECT convert_from(lo_get(4711), 'UTF8');
\lo_unlink 4711
COMMIT;
BEGIN;
INSERT INTO people (name) VALUES ('prepared');
PREPARE TRANSACTION 'two phases';
COMMIT PREPARED 'two phases';
ROLLBACK PREPARED 'none of these';
SET client_encoding = 'LATIN1';
SELECT 'caf' || chr(233);
SET client_encoding = 'UTF8';
SET TIME ZONE 'Asia/Kathmandu';
SET datestyle = 'German';
SELECT timestamptz '2026-01-02 03:04:05+00';
RESET ALL;
SET statement_timeout = 50;
SELECT pg_sleep(5);
SET statement_timeout = 0;
BEGIN; INSERT INTO people (name) VALUES ('gone'); SELECT 1/0; COMMIT;
INSERT INTO people (name) VALUES ('kept') \; SELECT 1 AS first \; SELECT 1/0;
SELECT count(*) FROM people WHERE name IN ('gone', 'kept');
CREATE FUNCTION f(int) RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT generate_series(1, $1); RAISE NOTICE 'done'; END $$;
SELECT * FROM f(3);
EXPLAIN (COSTS off) SELECT * FROM people WHERE lower(name) = 'ada';
CREATE SEQUENCE ticks;
SELECT 1 / (3 - nextval('ticks')) AS tick \watch 0.01
\errverbose
SELECT $1::int + $2::int \bind 1 2 \g
\encoding
\copy (SELECT 1, 'two') TO STDOUT
SELECT g FROM generate_series(1, 50000) g \g /dev/null
\! echo shell
CREATE VIEW grown AS SELECT id, name FROM people WHERE mood = 'ok';
CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM people;
CREATE DOMAIN short AS text CHECK (length(VALUE) < 10);
CREATE PUBLICATION papers FOR TABLE people;
CREATE STATISTICS together ON name, mood FROM people;
COMMENT ON TABLE people IS 'those who are here';
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
GRANT SELECT (name) ON people TO PUBLIC;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON people USING (true);
\d
\d+ grown
\da+ count
\dA
\dAc btree int4
\dAf btree
\dAo btree int4_ops
\dAp btree int4_ops
\db
\dc utf8_to_iso_8859_1
\dC pg_catalog.int4
\dd
\dD+
\ddp
\dE
\des
\det
\deu
\dew
\dF
\dFd
\dFp
\dFt
\df+ f
\dg
\dl
\dL
\dm+
\do +
\dO "C"
\dp people
\dP
\drds
\dRp+
\dRs
\ds
\dt *.people
\dv
\dx
\dX
\dy
\z
\l+ template0
\sf f
\sv grown
\lo_list
SELECT 1 AS again \gx
SELECT 2
\p
\r
\p
SELECT 3 \w written.sql
\g
\i written.sql
\ir written.sql
;
\o told.txt
SELECT 'into a file';
\o
\! cat told.txt
SELECT 'piped' \g | cat
\a
\t
SELECT 1, 2;
\t
\a
\f ;
\C 'a title'
SELECT 1 AS titled;
\C
\H
SELECT '<b>' AS html;
\H
\T border=1
\pset
\x auto
\pset expanded off
\pset border 2
SELECT 1 AS framed;
\pset border 1
\qecho here
\warn there
\setenv FROM_PSQL yes
\getenv back FROM_PSQL
\echo :back
\set name 'bob'
SELECT count(*) FROM people WHERE name = :'name';
\unset name
\if no
\echo never
\elif yes
\echo else-if
\else
\echo never either
\endif
\copyright
\h COMMIT
\? variables
\cd .
\dconfig work_mem
SET ROLE pg_monitor;
SELECT current_user;
RESET ROLE;
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
CREATE TABLE never (i int);
RESET ALL;
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SHOW transaction_isolation;
ROLLBACK;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT 1/0;
SELECT 'goes on';
COMMIT;
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT off
SELECT 'in a transaction';
ROLLBACK;
\set AUTOCOMMIT on
\set SINGLELINE on
SELECT 'one line'
\set SINGLELINE off
BEGIN;
DECLARE b BINARY CURSOR WITH HOLD FOR SELECT 1;
COMMIT;
FETCH ALL FROM b;
CLOSE ALL;
COPY (SELECT 1) TO PROGRAM 'cat >/dev/null';
COPY people (name) FROM STDIN (FORMAT csv, FORCE_NULL (nowhere));
COPY nowhere TO STDOUT;
\copy (SELECT name FROM people ORDER BY id LIMIT 2) TO PROGRAM 'cat'
\copy people (name) FROM PROGRAM 'printf "gus\nhal\n"'
\copy people (name) FROM STDIN
ira
\.
UNLISTEN *;
LOCK TABLE people;
SET CONSTRAINTS ALL IMMEDIATE;
VACUUM people;
ANALYZE people;
CLUSTER people USING people_pkey;
REINDEX TABLE people;
CALL nothing();
DO $$ BEGIN COMMIT; END $$;
\c -
SELECT 'connected again';
SELECT pg_terminate_backend(pg_backend_pid());
SELECT 'after the end';
"""


def psql(env, folder, *words, stdin=None, limit=60):
    ran = subprocess.run(["psql", "-X", "-a", "-v", "HISTFILE=/dev/null", *words], env=env, cwd=folder, input=stdin, capture_output=True, timeout=limit)
    return ran.returncode, ran.stdout, ran.stderr


def neutral(said, env):
    """Without what must be different: the port in psql's own words, process numbers."""
    import re
    status, out, wrong = said
    both = [re.sub(rb"PID \d+", b"PID n", text) for text in (out, wrong)]
    where = re.compile(rb'connection to server (at|on socket) "[^"]*"(, port \d+)? failed|You are now connected .*|lo_import \d+|(?m:^ \d{4,} \| postgres \| )|(?m:^\w{3} \w{3} +\d+ [\d:]+ \d+ \(every 0.01s\))')
    return [status] + [where.sub(b"(place)", text) for text in both]


@pytest.fixture(scope="module")
def two_phase():
    with servers.Server(settings={"max_prepared_transactions": 5}) as one:
        yield one


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "unix:"])
def test_psql_sees_no_difference(two_phase, tmp_path, listen):
    said, server = [], two_phase
    for turn, name in enumerate(("direct", "relay")):
        server.drop("same")
        server.create("same")
        env = server.env("same")
        folder = tmp_path / name
        folder.mkdir()
        if turn == 0:
            said.append(neutral(psql(env, folder, stdin=SCRIPT.encode()), env))
        else:
            with Relay(env, listen=listen) as relay:
                said.append(neutral(psql(relay.env, folder, stdin=SCRIPT.encode()), relay.env))
    assert said[0][0] == said[1][0]
    for direct, relayed in zip(said[0][1:], said[1][1:]):
        differ = [pair for pair in itertools.zip_longest(direct.splitlines(), relayed.splitlines()) if pair[0] != pair[1]]
        assert not [[line and line[:200] for line in pair] for pair in differ[:3]]
    assert b"terminating connection due to administrator command" in said[1][2] and b"there are some" in said[1][1]


@pytest.fixture
def open_relay(server, database):
    with Relay(server.env(database)) as relay:
        yield relay


def test_pgbench_runs_in_every_mode(server, database, open_relay):
    def pgbench(*words):
        ran = subprocess.run(["pgbench", *words], env=open_relay.env, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout
    pgbench("-i", "-q", "-I", "dtgvpf")
    for mode in ("simple", "extended", "prepared"):
        assert "number of failed transactions: 0" in pgbench("-n", "-M", mode, "-c", "4", "-t", "100")
    script = "\\startpipeline\nSELECT 1;\nUPDATE pgbench_branches SET bbalance = 1;\nSELECT 2;\n\\endpipeline\n"
    ran = subprocess.run(["pgbench", "-n", "-M", "extended", "-t", "200", "-f", "/dev/stdin"], env=open_relay.env, input=script, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert server.value("SELECT count(*) FROM pgbench_history", database) == 3 * 4 * 100


def test_a_pipeline_of_ten_thousand(server, database, open_relay):
    """More answers than are remembered at once, and no Sync until the end: nobody waits for the other for ever."""
    with wire.Client(open_relay.env) as client:
        client.ask(wire.query("CREATE TABLE many (n int)"))
        batch = [wire.parse("INSERT INTO many VALUES ($1)", "s", [23])]
        batch += [wire.bind([str(n).encode()], "s") + wire.execute() for n in range(10000)]
        sender = threading.Thread(target=client.send, args=[*batch, wire.SYNC])
        sender.start()
        found = client.until(b"Z")
        sender.join()
        assert wire.kinds(found) == "1" + "2C" * 10000 + "Z"
        found = client.ask(*batch[1:5000], wire.parse("SELECT broken"), *batch[1:5000], wire.SYNC)
        assert wire.kinds(found) == "2C" * 4999 + "EZ"
        sender = threading.Thread(target=client.send, args=[wire.query("SELECT 1") * 6000])
        sender.start()
        for _ in range(6000):
            assert wire.kinds(client.until(b"Z")) == "TDCZ"
        sender.join()
    assert server.value("SELECT count(*) FROM many", database) == 10000


def exchange(client):
    """A bit of everything, whose answers are the same each time."""
    answers = client.ask(wire.query("CREATE TEMP TABLE t (a int, b text)"))
    answers += client.ask(wire.parse("INSERT INTO t VALUES ($1, $2)", "ins"), wire.bind([b"1", b"x" * 40000], "ins"), wire.execute(), wire.bind([b"2", None], "ins"),
                          wire.describe(b"P"), wire.execute(), wire.describe(b"S", "ins"), wire.SYNC)
    answers += client.ask(wire.query("BEGIN"))
    answers += client.ask(wire.parse("SELECT a, b FROM t ORDER BY a"), wire.bind(portal="p"), wire.execute("p", 1), wire.SYNC)
    answers += client.ask(wire.execute("p", 1), wire.execute("p", 1), wire.close(b"P", "p"), wire.SYNC)
    answers += client.ask(wire.query("COMMIT; COPY t FROM STDIN"), wire.message(b"d", b"3\tthree\n"), wire.message(b"d", b"4\tfour\n"), wire.message(b"c"))
    answers += client.ask(wire.query("COPY t FROM STDIN"), wire.message(b"d", b"nonsense\n"), wire.message(b"c"))
    answers += client.ask(wire.query("COPY t FROM STDIN"), wire.message(b"f", b"changed my mind\0"))
    answers += client.ask(wire.parse("COPY t FROM STDIN"), wire.bind(), wire.execute(), wire.SYNC, wire.message(b"d", b"5\tfive\n"), wire.message(b"c"), wire.SYNC)
    answers += client.ask(wire.parse("COPY t TO STDOUT"), wire.bind(), wire.execute(), wire.SYNC)
    answers += client.ask(wire.query(""), )
    answers += client.ask(wire.query(" ; SELECT 1; ; SELECT 2"))
    answers += client.ask(wire.parse("SELECT 1/0"), wire.bind(), wire.execute(), wire.query("SELECT 'skipped'"), wire.parse("SELECT 3"), wire.SYNC)
    answers += client.ask(wire.bind(statement="nowhere"), wire.execute(), wire.SYNC)
    answers += client.ask(wire.execute("nowhere"), wire.SYNC)
    answers += client.ask(wire.close(b"S", "nowhere"), wire.close(b"S", "ins"), wire.bind([b"1", b"2"], "ins"), wire.SYNC)
    client.send(wire.parse("SELECT 7", "seven"), wire.FLUSH)
    answers += client.until(b"1")
    answers += client.ask(wire.bind(statement="seven"), wire.execute(), wire.SYNC)
    answers += client.ask(wire.query("SET application_name = 'x'; SELECT 1; LISTEN e; NOTIFY e, 'p'"))
    return [(kind, body[4:] if kind == b"A" else body) for kind, body in answers]


def test_pieces_of_any_size_change_nothing(server, database, open_relay):
    dice = random.Random(7)
    server.run("CREATE ROLE raw LOGIN PASSWORD 'raw'") if not server.run("SELECT 1 FROM pg_roles WHERE rolname = 'raw'") else None
    direct = {**server.env(database), "PGPASSWORD": "none"}
    with wire.Client(direct) as client:
        wanted = exchange(client)
    for piece in [None, 1, 2, 3, 5, 7] + [dice.randrange(8, 5000) for _ in range(6)]:
        with wire.Client(open_relay.env, piece=piece) as client:
            assert exchange(client) == wanted, piece


def test_start_up_parameters_arrive(server, database, open_relay):
    wanted = {"application_name": "it's \\ me", "DateStyle": "SQL, DMY", "search_path": 'a, "b c"', "options": "-c statement_timeout=777 -c work_mem=4321kB",
              "client_encoding": "LATIN1", "TimeZone": "Asia/Kathmandu", "my.own": "back\\slash and\ttab"}
    with wire.Client(open_relay.env, parameters=wanted) as client:
        found = {name: wire.rows(client.ask(wire.query(f"SHOW {name}")))[0][0] for name in
                 ("application_name", "search_path", "statement_timeout", "work_mem", "client_encoding", "timezone", "my.own", "datestyle")}
        assert found == {"application_name": "it's \\ me", "search_path": 'a, "b c"', "statement_timeout": "777ms", "work_mem": "4321kB",
                         "client_encoding": "LATIN1", "timezone": "Asia/Kathmandu", "my.own": "back\\slash and\ttab", "datestyle": "SQL, DMY"}
        assert client.settings["client_encoding"] == "LATIN1" and client.settings["application_name"] == "it's \\ me"
    with wire.Client(open_relay.env) as client, wire.Client({**server.env(database), "PGPASSWORD": ""}) as direct:
        assert client.settings == direct.settings
        assert wire.rows(client.ask(wire.query("SHOW client_encoding"))) == wire.rows(direct.ask(wire.query("SHOW client_encoding")))
        assert wire.rows(client.ask(wire.query("SELECT pg_backend_pid()")))[0][0] == str(client.key[0])


@pytest.mark.parametrize("parameters, sqlstate, words", [
    ({"replication": "database"}, "0A000", "replication"),
    ({"no_such_setting": "1"}, "42704", "unrecognized configuration parameter"),
    ({"work_mem": "a lot"}, "22023", "invalid value for parameter"),
])
def test_what_cannot_be_passed_on_is_said(open_relay, parameters, sqlstate, words):
    with pytest.raises(wire.Refused) as refused:
        wire.Client(open_relay.env, parameters=parameters)
    assert refused.value.words["C"] == sqlstate and words in refused.value.words["M"] and refused.value.words["S"] == "FATAL"


def test_the_servers_refusal_is_the_clients(server, open_relay):
    with pytest.raises(wire.Refused) as refused:
        wire.Client(open_relay.env, database="nowhere")
    assert (refused.value.words["C"], refused.value.words["M"]) == ("3D000", 'database "nowhere" does not exist')
    for extra, sqlstate in (({"PGPASSWORD": "wrong"}, "28P01"), ({"PGUSER": "somebody"}, "28000")):
        with pytest.raises(wire.Refused) as refused:
            wire.Client({**open_relay.env, **extra})
        assert refused.value.words["C"] == sqlstate


def test_a_server_that_is_not_there(database, server):
    env = {**server.env(database), "PGPORT": "1"}
    with Relay(env) as relay:
        with pytest.raises(wire.Refused) as refused:
            wire.Client(relay.env)
        assert refused.value.words["C"] == "08001" and "could not connect" in refused.value.words["M"]


def test_large_rows_in_bounded_memory(open_relay):
    """Two hundred megabytes in one row, each way: nothing of it stays here."""
    before = open_relay.memory()
    with wire.Client(open_relay.env, limit=60) as client:
        client.send(wire.query("SELECT repeat('0123456789', 20000000)"))
        size, peak = 0, 0
        while size < 200_000_000:
            size += len(client.socket.recv(1 << 20))
            peak = max(peak, open_relay.memory()) if size % 7 == 0 else peak
        client.socket.settimeout(1)
        try:
            while client.socket.recv(1 << 20):
                pass
        except socket.timeout:
            pass
        client.socket.settimeout(60)
        size = 100_000_000
        found = client.ask(wire.parse("SELECT length($1)"), b"B" + (len(b"\0\0\0\0\0\1....\0\0") + size + 4).to_bytes(4, "big") + b"\0\0\0\0\0\1" + size.to_bytes(4, "big"),
                           b"y" * size, b"\0\0", wire.execute(), wire.SYNC)
        assert wire.rows(found) == [[str(size)]]
        assert max(peak, open_relay.memory()) - before < 4 << 20


def test_a_slow_reader_makes_the_server_wait(server, database, open_relay):
    with wire.Client(open_relay.env) as slow, wire.Client(open_relay.env) as other:
        slow.send(wire.query("SELECT repeat('x', 1000) FROM generate_series(1, 200000)"))
        time.sleep(0.5)
        before = open_relay.memory()
        for _ in range(20):
            assert wire.rows(other.ask(wire.query("SELECT 1"))) == [["1"]]
        assert open_relay.memory() < before + (1 << 20)
        assert len(slow.until(b"Z")) == 200003


def test_cancelling(server, database, open_relay):
    with wire.Client(open_relay.env) as client:
        client.send(wire.query("SELECT pg_sleep(30)"))
        time.sleep(0.3)
        begin = time.monotonic()
        client.cancel()
        found = client.until(b"Z")
        assert time.monotonic() - begin < 5 and wire.errors(found)[0]["C"] == "57014"
        client.cancel()  # nothing runs
        assert wire.rows(client.ask(wire.query("SELECT 1"))) == [["1"]]
        other = wire.Client(open_relay.env)
        other.send(wire.query("SELECT pg_sleep(1), 'whole'"))
        time.sleep(0.2)
        other.key, key = (other.key[0], other.key[1] ^ 1), other.key
        other.cancel()  # with the wrong secret
        assert wire.rows(other.until(b"Z")) == [["", "whole"]]
        other.close()


def test_function_calls_are_refused_in_words(open_relay):
    with wire.Client(open_relay.env) as client:
        client.ask(wire.query("BEGIN"))
        call = wire.message(b"F", b"\0\0\0\1\0\0\0\0\0\0")
        found = client.ask(call)
        assert wire.kinds(found) == "EZ" and wire.errors(found)[0]["C"] == "0A000" and found[-1][1] == b"E"
        assert client.ask(wire.query("ROLLBACK"))[-1][1] == b"I"


def test_a_statement_beyond_the_limit_is_refused_and_the_session_lives(server, database):
    with Relay(server.env(database), statement=100000) as relay, wire.Client(relay.env) as client:
        found = client.ask(wire.query("SELECT '" + "x" * 200000 + "'"))
        assert wire.errors(found)[0]["C"] == "54000"
        found = client.ask(wire.parse("SELECT '" + "x" * 200000 + "'"), wire.bind(), wire.execute(), wire.SYNC)
        assert wire.kinds(found) == "EZ" and wire.errors(found)[0]["C"] == "54000"
        assert wire.rows(client.ask(wire.query("SELECT length('" + "x" * 90000 + "')"))) == [["90000"]]


@pytest.mark.parametrize("nonsense", [b"\0", b"Q\0\0\0\1", b"Q\x7f\xff\xff\xff", b"p" + b"\0" * 20, b"\xff\xfe"])
def test_what_is_not_the_protocol_ends_the_session(open_relay, nonsense):
    with wire.Client(open_relay.env) as client:
        client.send(nonsense + b"\0" * 10)
        found = client.rest()
        assert wire.errors(found)[0]["C"] == "08P01" and wire.errors(found)[0]["S"] == "FATAL"


def test_a_text_with_more_behind_it_never_runs(server, database, open_relay):
    with wire.Client(open_relay.env) as client:
        found = client.ask(wire.message(b"Q", b"SELECT 1\0CREATE TABLE hidden ()\0"))
        assert wire.errors(found)[0]["C"] == "08P01"
        found = client.ask(wire.message(b"P", b"n\0SELECT 1\0\0\0CREATE TABLE hidden ()\0"), wire.SYNC)
        assert wire.errors(found)[0]["C"] == "08P01"
        assert wire.rows(client.ask(wire.query("SELECT 1"))) == [["1"]]


def test_notifications_come_while_idle(server, database, open_relay):
    with wire.Client(open_relay.env) as client:
        client.ask(wire.query("LISTEN ears"))
        server.run("NOTIFY ears, 'psst'", database)
        kind, body = client.read()
        assert kind == b"A" and body[4:] == b"ears\0psst\0"


def test_upstream_by_tls_with_channel_binding(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    with servers.Server(tcp=True) as server:
        for name in ("key.pem", "cert.pem"):
            subprocess.run(["install", "-m", "0600", "-o", "postgres", tmp_path / name, os.path.join(server.dir, name)], check=True)
        server.run("CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'geheim'")
        for setting in (f"ssl_cert_file = '{server.dir}/cert.pem'", f"ssl_key_file = '{server.dir}/key.pem'", "ssl = on"):
            server.run(f"ALTER SYSTEM SET {setting}")
        hba = server.value("SHOW hba_file")
        lines = open(hba).read()
        open(hba, "w").write("hostssl all locked 127.0.0.1/32 scram-sha-256\nhostnossl all locked all reject\n" + lines)
        server.run("SELECT pg_reload_conf()")
        env = {**server.env(), "PGUSER": "locked", "PGPASSWORD": "geheim", "PGHOST": "127.0.0.1", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(tmp_path / "cert.pem"), "PGCHANNELBINDING": "require"}
        with Relay(env) as relay, wire.Client(relay.env) as client:
            assert wire.rows(client.ask(wire.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))) == [["t"]]
            found = client.ask(wire.query("SELECT repeat('x', 100000) FROM generate_series(1, 100)"))
            assert [len(row[0]) for row in wire.rows(found)] == [100000] * 100
            client.ask(wire.query("CREATE TABLE t (x text)"))
            found = client.ask(wire.query("COPY t FROM STDIN"), *[wire.message(b"d", b"y" * 30000 + b"\n")] * 300, wire.message(b"c"))
            assert wire.kinds(found)[-2:] == "CZ"
            server.run("ALTER SYSTEM RESET ssl")


def test_by_tls_through_the_door(server, database, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    with Relay(server.env(database), certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem") as relay:
        env = {**relay.env, "PGSSLMODE": "require", "PGSSLROOTCERT": "none"}
        ran = subprocess.run(["psql", "-XAtc", "SELECT repeat('x', 3000000); SELECT 1", "-c", "COPY (SELECT repeat('y', 100) FROM generate_series(1, 50000)) TO STDOUT"], env=env,
                             capture_output=True, text=True, timeout=30)
        assert ran.returncode == 0, ran.stderr
        assert len(ran.stdout) == 3000001 + 2 + 101 * 50000
        link = psycopg2.connect(host=env["PGHOST"], port=env["PGPORT"], user=env["PGUSER"], password=env["PGPASSWORD"], dbname=database, sslmode="require")
        with link.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]
        assert link.info.ssl_in_use
        link.close()
