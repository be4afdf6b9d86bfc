"""COPY in both directions, sessions that share a snapshot, and the way for other programs to the same server."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and pathlib.Path(BUILD, "system", "drive_copy")


def start(target, *words, environment=None, **options):
    return subprocess.Popen([DRIVER, target, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment, **options)


def drive(target, *words, stdin=b"", environment=None):
    process = start(target, *words, environment=environment)
    said, wrong = process.communicate(stdin, timeout=60)
    return process.returncode, said, wrong.decode()


@pytest.fixture
def numbers(server, database):
    server.run("CREATE TABLE numbers AS SELECT n, 'tab\t back\\ line\n é'||n AS text FROM generate_series(1, 30000) n", database)
    server.run("INSERT INTO numbers VALUES (0, NULL), (-1, repeat('wide', 100000))", database)
    return database


def test_rows_come_out_as_the_server_writes_them(server, numbers):
    status, said, counted = drive(server.uri(numbers), "out", "COPY public.numbers TO STDOUT")
    assert status == 0
    with server.connect(numbers) as link, link.cursor() as cursor:
        import io
        wanted = io.BytesIO()
        cursor.copy_expert("COPY numbers TO STDOUT", wanted)
    assert said == wanted.getvalue()
    rows, digest, size = counted.split()
    assert (int(rows), len(digest), int(size)) == (30002, 32, len(said))


def test_the_digest_does_not_know_the_order(server, numbers):
    def digest(order):
        return drive(server.uri(numbers), "out", f"COPY (SELECT * FROM public.numbers ORDER BY {order}) TO STDOUT")[2].split()
    assert digest("n") == digest("n DESC")


def test_no_rows_no_columns_and_an_empty_answer(server, database):
    server.run("CREATE TABLE nothing (); CREATE TABLE empty (a int); INSERT INTO nothing DEFAULT VALUES", database)
    assert drive(server.uri(database), "out", "COPY public.nothing TO STDOUT")[1:] == (b"\n", "1 99aa06d3014798d86001c324468d497f 1\n")
    assert drive(server.uri(database), "out", "COPY public.empty TO STDOUT")[1:] == (b"", "0 " + "0" * 32 + " 0\n")


def test_settings_of_the_server_change_no_byte(server, database):
    server.run("CREATE TABLE forms AS SELECT now() t, interval '1 day 2 hours' i, 0.1::float8 f, '\\xff'::bytea b, 12.5::money m",
               database)
    asked = (server.uri(database), "out", "COPY public.forms TO STDOUT")
    plain = drive(*asked)
    server.run(f"""
        ALTER DATABASE {database} SET DateStyle = 'German, DMY'; ALTER DATABASE {database} SET IntervalStyle = 'iso_8601';
        ALTER DATABASE {database} SET extra_float_digits = -5; ALTER DATABASE {database} SET bytea_output = 'escape';
        ALTER DATABASE {database} SET TimeZone = 'Asia/Tokyo'; ALTER DATABASE {database} SET statement_timeout = '1ms'
    """, database)
    assert plain[0] == 0 and drive(*asked) == plain


def test_bytes_that_are_no_text_survive_in_sql_ascii(server):
    server.run("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        link = server.connect("bytes")
        link.set_client_encoding("SQL_ASCII")
        link.cursor().execute(b"CREATE TABLE t AS SELECT E'\\377\\200'::text AS x")
        link.close()
        assert drive(server.uri("bytes"), "out", "COPY public.t TO STDOUT")[1] == b"\xff\x80\n"
    finally:
        server.drop("bytes")


def test_errors_of_the_server_name_what_was_done(server, database):
    status, said, wrong = drive(server.uri(database), "out", "COPY (SELECT 1/(3-n) FROM generate_series(1,5) n) TO STDOUT")
    assert status == 10 and "could not copy for the test" in wrong and "division by zero (22012)" in wrong
    status, said, wrong = drive(server.uri(database), "out", "COPY public.missing TO STDOUT")
    assert status == 10 and "does not exist (42P01)" in wrong
    assert drive(server.uri(database), "out", "SELECT 1")[0] == 10


def test_a_sink_that_fails_ends_the_copy_and_not_the_session(server, numbers):
    status, said, wrong = drive(server.uri(numbers), "fail", "COPY (SELECT n.* FROM numbers n, generate_series(1, 1000)) TO STDOUT", 300000)
    assert (status, said) == (0, b"the store is full\nthe session goes on\n"), wrong


def test_a_lost_connection_is_said(server, numbers):
    process = start(server.uri(numbers), "out", "COPY (SELECT n, pg_sleep(0.01) FROM public.numbers) TO STDOUT")
    deadline = time.time() + 20
    while time.time() < deadline and not server.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT n, pg_sleep%%'"):
        time.sleep(0.05)
    process.stdin.close()
    process.stdin = None
    wrong = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 10 and "terminating connection" in wrong


def test_a_server_that_falls_silent_is_given_up(server, database):
    begin = time.time()
    status, _, wrong = drive(server.uri(database), "out", "COPY (SELECT pg_sleep(30)) TO STDOUT", 600)
    assert status == 10 and "nothing moved" in wrong and time.time() - begin < 15


def test_a_signal_cancels_the_copy(server, database):
    process = start(server.uri(database), "out", "COPY (SELECT pg_sleep(60)) TO STDOUT")
    while not server.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT pg_sleep(60)%%'"):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    wrong = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 10 and "stopped by SIGTERM" in wrong
    time.sleep(0.2)
    assert server.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT pg_sleep(60)%%' AND state = 'active'") == 0


def test_rows_go_in_and_are_counted(server, numbers):
    said = drive(server.uri(numbers), "out", "COPY public.numbers TO STDOUT")[1]
    server.run("CREATE TABLE again (LIKE numbers)", numbers)
    assert drive(server.uri(numbers), "in", "COPY again FROM STDIN", stdin=said)[1] == b"30002 \nthe session goes on\n"
    assert server.value("SELECT count(*) FROM (TABLE again EXCEPT ALL TABLE numbers) x", numbers) == 0


def test_a_source_that_fails_leaves_no_row(server, database):
    server.run("CREATE TABLE t (a int)", database)
    status, said, _ = drive(server.uri(database), "cut", "COPY t FROM STDIN", 400000, stdin=b"1\n" * 300000)
    assert said == b"0 the stored bytes end here\nthe session goes on\n"
    assert server.value("SELECT count(*) FROM t", database) == 0


def test_rows_that_do_not_fit_are_refused_with_the_servers_reason(server, database):
    server.run("CREATE TABLE t (a int CHECK (a < 100000))", database)
    _, said, _ = drive(server.uri(database), "in", "COPY t FROM STDIN", stdin=b"1\n2\nthree\n")
    assert b"invalid input syntax" in said and said.endswith(b"the session goes on\n")
    _, said, _ = drive(server.uri(database), "in", "COPY t FROM STDIN", stdin=b"100000\n" * 400000)
    assert b"violates check constraint" in said and said.endswith(b"the session goes on\n")


def test_commands_run_where_a_transaction_block_may_not_be(server, database):
    server.run(f"ALTER DATABASE {database} SET statement_timeout = '1s'", database)
    server.run("CREATE TABLE t (a int)", database)
    assert drive(server.uri(database), "command", "CREATE INDEX CONCURRENTLY ON t (a)")[0] == 0
    assert drive(server.uri(database), "command", "SELECT pg_sleep(1.5)")[0] == 0
    status, _, wrong = drive(server.uri(database), "command", "DROP TABLE missing")
    assert status == 10 and "could not run the test's command" in wrong
    assert drive(server.uri(database), "command", "COPY t TO STDOUT")[0] == 10


def test_a_second_session_sees_what_the_first_one_saw(server, numbers):
    process = start(server.uri(numbers), "shared", "SELECT count(*) FROM public.numbers")
    assert process.stdout.readline() == b"ready\n"
    server.run("DELETE FROM numbers", numbers)
    said = process.communicate(b"go\n", timeout=30)[0]
    assert said == b"30002\n"


def test_other_programs_reach_the_same_server_with_nothing_in_argv(server, database):
    server.run(f"""DO $$ BEGIN CREATE ROLE copy_user LOGIN PASSWORD 'a b''c'; EXCEPTION WHEN duplicate_object THEN NULL; END $$""")
    target = server.uri(database, "copy_user").replace("copy_user@", "copy_user:a%20b'c@")
    target += "?options=-c%20work_mem%3D5MB&connect_timeout=7&application_name=mine&keepalives=1"
    other = {**os.environ, "PGDATABASE": "elsewhere", "PGUSER": "nobody"}
    status, said, wrong = drive(target, "environment", environment=other)
    assert status == 0, wrong
    lines = said.decode().splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line)
    assert (given["PGHOST"], given["PGPORT"], given["PGUSER"], given["PGDATABASE"]) == (server.dir, str(server.port), "copy_user", database)
    assert (given["PGPASSWORD"], given["PGOPTIONS"], given["PGCONNECT_TIMEOUT"]) == ("a b'c", "-c work_mem=5MB", "7")
    assert given["PGAPPNAME"] == "mine" and "PGSERVICE" in lines and "PGHOSTADDR" in lines
    environment = {k: v for k, v in os.environ.items() if k not in lines} | given
    asked = subprocess.run(["psql", "-XAtc", "SELECT current_user, current_database(), current_setting('work_mem')"],
                           env=environment, capture_output=True, text=True)
    assert asked.stdout == f"copy_user|{database}|5MB\n", asked.stderr
    assert "PGDATABASE=postgres" in drive(target, "environment", "postgres")[1].decode()


def test_a_service_is_settled_and_does_not_come_back(server, database, tmp_path):
    service = tmp_path / "services"
    service.write_text(f"[app]\nhost={server.dir}\nport={server.port}\nuser=postgres\ndbname={database}\noptions=-c work_mem=6MB\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"PGSERVICEFILE": str(service)}
    status, said, wrong = drive("service=app", "environment", environment=environment)
    assert status == 0, wrong
    lines = said.decode().splitlines()
    assert f"PGDATABASE={database}" in lines and "PGOPTIONS=-c work_mem=6MB" in lines and "PGSERVICE" in lines
    assert drive("service=app", "like", environment=environment)[1].decode().startswith(f'database "{database}"')
    assert drive("service=app", "like", "postgres", environment=environment)[1].decode().startswith('database "postgres"')
