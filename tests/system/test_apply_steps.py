"""The runner of steps against real servers: order, transactions, errors, locks, lost answers."""

import json
import os
import pathlib
import socket
import subprocess
import threading
import time

import pytest

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and pathlib.Path(BUILD, "system", "drive_apply")


class Ran:
    def __init__(self, process, said):
        self.status = process.returncode
        self.__dict__.update(json.loads(said) if said.strip() else {})

    def states(self):
        return [step["state"] for step in self.steps]


class Driver:
    def __init__(self, server, database, folder):
        self.server, self.database, self.folder = server, database, folder
        self.target = server.uri(database)

    def file(self, text, name="m.sql"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def start(self, *words, environment=None):
        return subprocess.Popen([DRIVER, self.target, *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})

    def end(self, process):
        said, wrong = process.communicate(timeout=90)
        assert process.returncode >= 0 and not wrong.strip(), wrong.decode()
        return Ran(process, said)

    def run(self, text, *words, environment=None, files=None):
        names = [self.file(body, name).name for name, body in (files or {"m.sql": text}).items()]
        return self.end(self.start(*words, *names, environment=environment))

    def wait(self, sql):
        for _ in range(300):
            if self.value(f"SELECT EXISTS ({sql})"):
                return
            time.sleep(0.1)
        raise AssertionError(f"never: {sql}")

    def value(self, sql):
        return self.server.value(sql, self.database)

    def sql(self, sql):
        return self.server.run(sql, self.database)


@pytest.fixture
def driver(server, database, tmp_path):
    return Driver(server, database, tmp_path)


# --- what a file says is what happens ---


def test_statements_run_one_by_one_and_each_is_kept(driver):
    ran = driver.run("CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\n")
    assert (ran.code, ran.states()) == ("OK", ["in"] * 3)
    assert driver.value("SELECT sum(n) FROM a") == 3
    assert all(step["xid"].isdigit() for step in ran.steps)


def test_the_first_error_ends_it_and_says_where_and_what_is_in(driver):
    ran = driver.run("CREATE TABLE a (n int);\n\nINSERT INTO a\n  VALUES (1, 'é', oops);\nCREATE TABLE b (n int);\n")
    assert (ran.status, ran.code) == (6, "PARTIAL")
    assert ran.text.startswith('m.sql:4:19: column "oops" does not exist (42703)')
    assert "; step 1 is in" in ran.text
    assert ran.states() == ["in", "not in", "planned"]
    assert driver.value("SELECT to_regclass('b')") is None


def test_an_error_in_the_first_statement_leaves_nothing(driver):
    ran = driver.run("SET search_path = public;\nSELECT 1;\nALTER TABLE nowhere ADD x int;\n")
    assert (ran.status, ran.code) == (5, "FAILED")
    assert ran.text.startswith('m.sql:3: relation "nowhere" does not exist (42P01)')


def test_the_files_own_transactions_stay_what_they_are(driver):
    ran = driver.run("BEGIN;\nCREATE TABLE a (n int);\nSAVEPOINT s;\nINSERT INTO a VALUES (1);\nROLLBACK TO s;\nCOMMIT;\n"
                     "BEGIN ISOLATION LEVEL SERIALIZABLE;\nINSERT INTO a VALUES (2);\nROLLBACK;\n"
                     "BEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\nINSERT INTO a VALUES (3);\nEND;\n", "--ledger")
    assert (ran.code, ran.states()) == ("OK", ["in", "not in", "in"])
    assert driver.value("SELECT array_agg(n) FROM a") == [3]
    assert driver.sql("SELECT step, state FROM guardian.steps ORDER BY 1") == [(1, "in"), (3, "in")]


def test_a_block_that_fails_is_gone_as_a_whole(driver):
    ran = driver.run("BEGIN;\nCREATE TABLE a (n int);\nCREATE TABLE a (n int);\nCOMMIT;\n", "--ledger")
    assert (ran.code, ran.states()) == ("FAILED", ["not in"])
    assert 'm.sql:3: relation "a" already exists' in ran.text
    assert driver.value("SELECT count(*) FROM guardian.steps") == 0


def test_all_or_nothing(driver):
    ran = driver.run("CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\nSELECT 1/0;\n", "--single")
    assert (ran.code, ran.states()) == ("FAILED", ["not in"])
    assert driver.value("SELECT to_regclass('a')") is None


def test_a_deferred_constraint_fails_at_commit(driver):
    driver.sql("CREATE TABLE p (n int PRIMARY KEY); CREATE TABLE c (n int REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
    ran = driver.run("INSERT INTO c VALUES (7);\n")
    assert (ran.code, ran.states()) == ("FAILED", ["not in"])
    assert ran.text.startswith("m.sql:1: ") and "violates foreign key" in ran.text
    ran = driver.run("BEGIN;\nINSERT INTO c VALUES (7);\nCOMMIT;\n")
    assert (ran.code, ran.states()) == ("FAILED", ["not in"])
    assert ran.text.startswith("m.sql:3: ") and "violates foreign key" in ran.text and "Key (n)=(7)" in ran.text


@pytest.mark.parametrize("text, wrong", [
    ("BEGIN;\nCREATE TABLE a (n int);\n", "ends inside a transaction"),
    ("BEGIN;\nCREATE TABLE a (n int);\nCOMMIT AND CHAIN;\nCOMMIT;\n", "AND CHAIN"),
    ("BEGIN;\nCREATE TABLE a (n int);\nPREPARE TRANSACTION 'x';\n", "PREPARE TRANSACTION"),
])
def test_what_cannot_be_run_is_refused_before_anything_runs(driver, text, wrong):
    ran = driver.run("CREATE TABLE first (n int);\n" + text)
    assert (ran.status, ran.code) == (2, "USAGE") and wrong in ran.text
    assert driver.value("SELECT to_regclass('first')") is None


def test_a_text_that_is_not_the_judged_one_does_not_run(driver):
    ran = driver.run("CREATE TABLE a (n int);\n", "--altered")
    assert (ran.code, ran.text) == ("USAGE", 'could not run "m.sql": it is not the text that was judged')


def test_enum_values_go_first_each_committed_alone(driver):
    driver.sql("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE p (m mood)")
    ran = driver.run("BEGIN;\nALTER TYPE mood ADD VALUE 'ok';\nINSERT INTO p VALUES ('ok');\nCOMMIT;\n", "--ledger")
    assert (ran.code, ran.states()) == ("OK", ["in", "in"])
    assert [step["kind"] for step in ran.steps] == ["enum value", "transaction"]
    assert driver.value("SELECT count(*) FROM p WHERE m = 'ok'") == 1


def test_a_value_that_an_earlier_run_left_is_no_error(driver):
    driver.sql("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE p (m mood)")
    text = "BEGIN;\nALTER TYPE public.mood ADD VALUE 'it''s ok';\nINSERT INTO p VALUES ('it''s ok');\nSELECT %s;\nCOMMIT;\n"
    ran = driver.run(text % "1/0", "--ledger")
    assert (ran.code, ran.states()) == ("PARTIAL", ["in", "not in"])
    ran = driver.run(text % "1", "--ledger")
    assert (ran.code, ran.states()) == ("OK", ["in"]), ran.text
    assert "the value is there already: change 2" in ran.notices[0]
    assert driver.value("SELECT count(*) FROM p") == 1
    driver.sql("ALTER TYPE mood ADD VALUE 'theirs'")
    ran = driver.run("ALTER TYPE mood ADD VALUE 'theirs';\n", "--ledger")
    assert ran.code == "FAILED" and 'enum label "theirs" already exists (42710)' in ran.text


def test_rows_of_copy_are_streamed(driver):
    rows = "".join(f"{n}\tline {n}\\n é\n" for n in range(50000))
    ran = driver.run("CREATE TABLE a (n int, t text);\nCOPY a (n, t) FROM stdin;\n" + rows + "\\.\nCREATE INDEX ON a (n);\n"
                     "COPY (SELECT * FROM a) TO stdout;\nSELECT * FROM a;\n")
    assert ran.code == "OK", ran.text
    assert driver.sql("SELECT count(*), max(t) FROM a WHERE t LIKE E'%%\\n é'") == [(50000, "line 9999\n é")]


def test_bad_rows_of_copy_are_named(driver):
    rows = "".join(f"{n}\n" for n in range(30000)) + "oops\n" + "7\n" * 100000
    ran = driver.run("CREATE TABLE a (n int);\nCOPY a FROM stdin;\n" + rows + "\\.\nINSERT INTO a VALUES (1);\n")
    assert ran.code == "PARTIAL"
    assert 'm.sql:2: invalid input syntax for type integer: "oops" (22P02)' in ran.text
    assert "COPY a, line 30001" in ran.text
    assert driver.value("SELECT count(*) FROM a") == 0


def test_many_alike_statements_are_folded_and_all_run(driver):
    text = "CREATE TABLE a (n int);\n" + "".join(f"INSERT INTO a VALUES ({n});\n" for n in range(3000))
    ran = driver.run(text, "--ledger")
    assert ran.code == "OK" and len(ran.steps) < 1100
    assert driver.sql("SELECT count(*), sum(n) FROM a") == [(3000, 2999 * 1500)]


def test_notices_are_kept_and_bounded(driver):
    ran = driver.run("DROP TABLE IF EXISTS nowhere;\nDO $$ BEGIN FOR i IN 1..5000 LOOP RAISE WARNING 'w %', i; END LOOP; END $$;\n")
    assert ran.code == "OK" and len(ran.notices) == 100
    assert ran.notices[0] == 'm.sql:1: NOTICE: table "nowhere" does not exist, skipping'
    assert ran.notices[1] == "m.sql:2: WARNING: w 1"


def test_a_procedure_that_commits_runs_alone(driver):
    driver.sql("CREATE TABLE a (n int); CREATE PROCEDURE p() LANGUAGE plpgsql AS "
               "$$ BEGIN INSERT INTO a VALUES (1); COMMIT; INSERT INTO a VALUES (2); END $$")
    ran = driver.run("CALL p();\nDO $$ BEGIN INSERT INTO a VALUES (3); COMMIT; END $$;\n", "--ledger")
    assert ran.code == "OK", ran.text
    assert driver.value("SELECT count(*) FROM a") == 3


# --- the session ---


def test_what_a_file_sets_holds_on_and_limits_stay(driver):
    ran = driver.run("SET search_path = app;\nSET lock_timeout = 0;\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n"
                     "SELECT pg_catalog.set_config('lock_timeout', '1h', false);\n"
                     "CREATE SCHEMA app;\nCREATE TABLE a AS SELECT current_setting('lock_timeout') l, "
                     "current_setting('statement_timeout') s;\n", "--lock-ms", 700, "--statement-ms", 60000)
    assert ran.code == "OK", ran.text
    assert driver.sql("SELECT * FROM app.a") == [("700ms", "1min")]
    assert "m.sql:2: lock_timeout stays at 700 ms" in ran.notices


@pytest.mark.parametrize("setting, says", [
    ("SET client_encoding = 'LATIN1'", "client_encoding"),
    ("SET standard_conforming_strings = off", "standard_conforming_strings"),
    ("DO $$ BEGIN PERFORM set_config('client_encoding', 'SJIS', false); END $$", "client_encoding"),
])
def test_a_file_that_changes_what_its_text_means_is_stopped(driver, setting, says):
    ran = driver.run(f"{setting};\nCREATE TABLE a (n int);\n")
    assert ran.code == "FAILED" and ran.text.startswith("m.sql:1: ") and says in ran.text
    assert driver.value("SELECT to_regclass('a')") is None


def test_the_search_path_is_the_one_of_the_target(driver):
    driver.sql('CREATE SCHEMA "App"')
    driver.target += "?schema=App"
    assert driver.run("CREATE TABLE a (n int);\n").code == "OK"
    assert driver.value("""SELECT to_regclass('"App".a') IS NOT NULL""")


def test_the_session_says_whose_it_is(driver):
    ran = driver.run("CREATE TABLE a AS SELECT current_setting('application_name') n, 'a\\b' t;\n", "--change", "20260101T000000Z-0123456789")
    assert ran.code == "OK"
    assert driver.sql("SELECT * FROM a") == [("guardian 20260101T000000Z-0123456789", "a\\b")]


def test_a_role_that_the_file_takes_does_not_keep_the_row_away(driver):
    driver.sql("DROP ROLE IF EXISTS gd_app; CREATE ROLE gd_app; CREATE SCHEMA s AUTHORIZATION gd_app")
    try:
        ran = driver.run("SET ROLE gd_app;\nCREATE TABLE s.a (n int);\nBEGIN;\nSET LOCAL ROLE gd_app;\nCREATE TABLE s.b (n int);\nCOMMIT;\n",
                         "--ledger")
        assert ran.code == "OK", ran.text
        assert driver.sql("SELECT step FROM guardian.steps ORDER BY 1") == [(2,), (3,)]
        assert driver.sql("SELECT tableowner FROM pg_tables WHERE schemaname = 's'") == [("gd_app",)] * 2
        driver.sql("CREATE TABLE log AS SELECT current_user::text AS who, ''::text AS path")
        ran = driver.run("SET ROLE gd_app;\nSET search_path = s;\nCREATE TABLE c AS SELECT current_user::text AS who;\nCREATE TABLE d AS SELECT current_user::text AS who;\n",
                         "--single", "--check", "--before", "INSERT INTO public.log SELECT current_user, 'before'",
                         "--after", "INSERT INTO public.log SELECT current_user, 'after'")
        assert (ran.code, ran.problems) == ("OK", []), ran.text
        assert driver.sql("SELECT * FROM log UNION ALL SELECT who, 'd' FROM s.d") == [
            ("postgres", ""), ("postgres", "before"), ("postgres", "after"), ("gd_app", "d")]
    finally:
        driver.sql("DROP OWNED BY gd_app CASCADE; DROP ROLE gd_app")


def test_a_file_may_drop_all_schemas(driver):
    driver.sql("CREATE TABLE a (n int)")
    ran = driver.run("DROP SCHEMA public CASCADE;\nDROP SCHEMA IF EXISTS guardian CASCADE;\nCREATE SCHEMA public;\nCREATE TABLE public.b (n int);\n",
                     "--ledger")
    assert ran.code == "OK", ran.text
    assert driver.value("SELECT to_regclass('public.b') IS NOT NULL")


def test_steps_that_are_in_are_skipped_and_their_settings_are_not(driver):
    driver.sql("CREATE SCHEMA app; CREATE TABLE app.a (n int)")
    ran = driver.run("SET search_path = app;\nCREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\n", "--skip", 2)
    assert (ran.code, ran.states()) == ("OK", ["in"] * 3)
    assert driver.value("SELECT count(*) FROM app.a") == 1


def test_sql_around_a_file_commits_with_it(driver):
    driver.sql("CREATE TABLE log (t text)")
    around = ["--before", "INSERT INTO log VALUES ('before'); INSERT INTO log VALUES ('more')", "--after", "INSERT INTO log VALUES ('after')"]
    assert driver.run("CREATE TABLE a (n int);\n", *around).code == "OK"
    assert driver.run("-- nothing\n", *around).code == "OK"
    assert driver.run("BEGIN;\nCREATE TABLE b (n int);\nCOMMIT;\n", *around).code == "OK"
    assert driver.value("SELECT count(*) FROM log") == 9
    assert driver.run("CREATE TABLE a (n int);\n", *around).code == "FAILED"
    assert driver.value("SELECT count(*) FROM log") == 9
    assert driver.run("CREATE INDEX CONCURRENTLY ON a (n);\n", *around).code == "OK"
    assert driver.value("SELECT count(*) FROM log") == 12


# --- locks ---


def holding(driver, sql):
    link = driver.server.connect(driver.database, autocommit=False, application_name="holder")
    link.cursor().execute(sql)
    return link


def test_a_lock_that_does_not_come_names_its_holder(driver):
    driver.sql("CREATE TABLE a (n int)")
    link = holding(driver, "SELECT * FROM a WHERE 'secret' <> ''")
    time.sleep(0.5)
    started = time.monotonic()
    ran = driver.run("ALTER TABLE a ADD b int;\n", "--lock-ms", 600, "--retries", 1)
    link.close()
    assert (ran.status, ran.code, ran.states()) == (7, "BUSY", ["not in"])
    assert f"process {link.info.backend_pid if link.info else ''}"[:8] in ran.text
    assert "idle in transaction for" in ran.text and "last: SELECT * FROM a" in ran.text and "secret" not in ran.text
    assert time.monotonic() - started < 10
    assert any("waits for process" in event for event in ran.events)
    assert any("trying again (1 of 1)" in event for event in ran.events)


def test_a_lock_that_comes_later_is_got(driver):
    driver.sql("CREATE TABLE a (n int)")
    link = holding(driver, "SELECT * FROM a")
    process = driver.start("--lock-ms", 400, "--retries", 20, driver.file(
        "CREATE TABLE other (n int);\nBEGIN;\nINSERT INTO other VALUES (1);\nALTER TABLE a ADD b int;\nCOMMIT;\n").name)
    time.sleep(1.5)
    link.close()
    ran = driver.end(process)
    assert ran.code == "OK", ran.text
    assert driver.value("SELECT count(*) FROM other") == 1


def test_what_reached_outside_is_not_repeated(driver):
    driver.sql("CREATE TABLE a (n int); CREATE SEQUENCE calls; CREATE TABLE todo AS SELECT 'SELECT nextval(''calls'')' AS sql")
    link = holding(driver, "SELECT * FROM a")
    ran = driver.run("BEGIN;\nDO $$ BEGIN EXECUTE (SELECT sql FROM todo); END $$;\nALTER TABLE a ADD b int;\nCOMMIT;\n", "--lock-ms", 300)
    link.close()
    assert ran.code == "BUSY" and driver.value("SELECT last_value FROM calls") == 1


def test_a_deadlock_is_tried_again(driver):
    driver.sql("CREATE TABLE a (n int); CREATE TABLE b (n int)")
    link = holding(driver, "LOCK TABLE b IN EXCLUSIVE MODE")
    link.cursor().execute("SET deadlock_timeout = '30s'")
    process = driver.start("--lock-ms", 20000, driver.file("BEGIN;\nALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nCOMMIT;\n").name)
    driver.wait("SELECT FROM pg_stat_activity WHERE application_name LIKE 'guardian 2%%' AND wait_event_type = 'Lock'")
    try:
        link.cursor().execute("LOCK TABLE a IN SHARE MODE")
        link.commit()
    finally:
        link.close()
    ran = driver.end(process)
    assert ran.code == "OK", ran.text
    assert any("deadlock detected" in event for event in ran.events)


def test_a_sealed_transaction_keeps_its_lock_over_tries(driver):
    driver.sql("CREATE TABLE a (n int)")
    text = driver.file("SET search_path = public;\nALTER TABLE a ADD b int, DROP n;\n").name
    process = driver.start("--seal", "--pause-sealed", 1, "--lock-ms", 300, "--retries", 30, "--ledger", text)
    driver.wait("SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name LIKE 'guardian 2%%'")
    link = holding(driver, "SELECT * FROM a")
    driver.wait("SELECT FROM pg_stat_activity WHERE application_name LIKE 'guardian 2%%' AND wait_event_type = 'Lock'")
    time.sleep(0.5)
    link.close()
    ran = driver.end(process)
    assert (ran.code, ran.open, ran.states()) == ("OK", True, ["in", "in"])
    assert driver.sql("SELECT step, state FROM guardian.steps") == [(2, "in")]


def test_there_is_nothing_to_seal_in_when_something_runs_before(driver):
    driver.sql("CREATE TABLE a (n int)")
    ran = driver.run("CREATE TABLE b (n int);\nDROP TABLE a;\n", "--seal")
    assert (ran.code, ran.open) == ("OK", False)


def test_limits_stop_it(driver):
    ran = driver.run("SELECT pg_sleep(20);\n", "--statement-ms", 300)
    assert ran.code == "FAILED" and "statement timeout" in ran.text
    started = time.monotonic()
    ran = driver.run("CREATE TABLE a (n int);\nSELECT pg_sleep(20);\n", "--total-ms", 700)
    assert ran.code == "PARTIAL" and "took longer than 700 ms" in ran.text
    assert time.monotonic() - started < 5


def test_being_asked_to_stop_rolls_back(driver):
    process = driver.start(driver.file("BEGIN;\nCREATE TABLE a (n int);\nSELECT pg_sleep(20);\nCOMMIT;\n").name)
    driver.wait("SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%'")
    process.terminate()
    ran = driver.end(process)
    assert ran.code == "FAILED" and "SIGTERM" in ran.text
    assert driver.value("SELECT to_regclass('a')") is None


def test_a_lost_lease_stops_before_commit(driver, tmp_path):
    ran = driver.run("CREATE TABLE a (n int);\n", "--stop-file", tmp_path / "gone")
    assert ran.code == "BUSY" and "lease" in ran.text
    assert driver.value("SELECT to_regclass('a')") is None


# --- alone ---


def test_a_concurrent_index_that_fails_is_dropped(driver):
    driver.sql("CREATE TABLE a (n int); INSERT INTO a VALUES (1), (1)")
    ran = driver.run("CREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\n", "--ledger")
    assert (ran.code, ran.states()) == ("FAILED", ["not in"])
    assert "could not create unique index" in ran.text
    assert any("left invalid by the failure: it is dropped" in event for event in ran.events)
    assert driver.value("SELECT to_regclass('i')") is None


def test_an_invalid_index_of_an_earlier_try_is_no_reason_to_skip(driver):
    driver.sql("CREATE TABLE a (n int); INSERT INTO a VALUES (1), (1)")
    with pytest.raises(Exception):
        driver.sql("CREATE UNIQUE INDEX CONCURRENTLY i ON a (n)")
    driver.sql("DELETE FROM a WHERE ctid = '(0,1)'")
    ran = driver.run("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (n);\n", "--ledger")
    assert ran.code == "OK", ran.text
    assert any("left by an earlier try" in event for event in ran.events)
    assert driver.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")
    assert driver.sql("SELECT step, state FROM guardian.steps") == [(1, "in")]


def test_a_concurrent_index_waits_longer_than_a_lock_may(driver):
    driver.sql("CREATE TABLE a (n int)")
    link = holding(driver, "INSERT INTO a VALUES (1)")
    process = driver.start("--lock-ms", 300, "--retries", 0, driver.file("CREATE INDEX CONCURRENTLY i ON a (n);\nVACUUM a;\n").name)
    time.sleep(1.5)
    link.commit()
    link.close()
    ran = driver.end(process)
    assert (ran.code, ran.states()) == ("OK", ["in", "in"])


# --- the connection is cut ---


class Cutter(threading.Thread):
    """Passes bytes to the server until a client's message holds `at`: then the connection is gone, before the server saw
    that message, or after it answered. Later connections are left alone, unless `forever`."""

    def __init__(self, server, at, after=False, forever=False):
        super().__init__(daemon=True)
        self.server, self.at, self.after, self.forever, self.cuts = server, at, after, forever, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            if self.cuts and self.forever:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self.server.dir}/.s.PGSQL.{self.server.port}")
            deaf = threading.Event()
            threading.Thread(target=self.up, args=(client, server, deaf), daemon=True).start()
            threading.Thread(target=self.down, args=(client, server, deaf), daemon=True).start()

    def end(self, *sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def up(self, client, server, deaf):
        try:
            while data := client.recv(65536):
                if self.at in data and not self.cuts:
                    self.cuts += 1
                    if self.after:
                        deaf.set()
                        server.sendall(data)
                        time.sleep(0.3)  # the answer comes, and is thrown away
                    self.end(client, server)
                    return
                server.sendall(data)
        except OSError:
            pass
        self.end(client, server)

    def down(self, client, server, deaf):
        try:
            while data := server.recv(65536):
                if not deaf.is_set():
                    client.sendall(data)
        except OSError:
            pass
        self.end(client, server)

    def target(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}?sslmode=disable&gssencmode=disable"


@pytest.fixture
def cut(driver):
    cutters = []

    def make(*arguments, **options):
        cutters.append(Cutter(driver.server, *arguments, **options))
        driver.target = cutters[-1].target(driver.database)
    yield make
    for one in cutters:
        one.door.close()


COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


@pytest.mark.parametrize("ledger", [["--ledger"], []], ids=["row", "xid"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_lost_commit_is_settled(driver, cut, after, ledger):
    driver.run("CREATE TABLE first (n int);\n", *ledger)  # makes the ledger's own tables
    cut(COMMIT, after=after)
    ran = driver.run("BEGIN;\nCREATE TABLE a (n int);\nCOMMIT;\n", *ledger)
    assert driver.value("SELECT to_regclass('a') IS NOT NULL") is after
    assert (ran.code, ran.states(), ran.unsettled) == (("OK", ["in"], False) if after else ("FAILED", ["not in"], False)), ran.text


def test_what_follows_a_lost_commit_does_not_run(driver, cut):
    cut(COMMIT, after=True)
    ran = driver.run("CREATE TABLE a (n int);\nCREATE TABLE b (n int);\n")
    assert (ran.code, ran.states()) == ("PARTIAL", ["in", "planned"])
    assert "the connection was lost behind step 1, which is in" in ran.text
    assert driver.value("SELECT to_regclass('b')") is None


def test_a_statement_that_is_cut_is_rolled_back(driver, cut):
    cut(b"ALTER TABLE a")
    ran = driver.run("BEGIN;\nCREATE TABLE a (n int);\nALTER TABLE a ADD b int;\nCOMMIT;\n")
    assert (ran.code, ran.states(), ran.unsettled) == ("FAILED", ["not in"], False)
    assert driver.value("SELECT to_regclass('a')") is None


def test_nobody_can_tell_when_the_server_stays_away(driver, cut):
    cut(COMMIT, after=True, forever=True)
    process = driver.start(driver.file("CREATE TABLE a (n int);\n").name)
    time.sleep(2.5)
    process.terminate()  # it would go on trying for a while
    ran = driver.end(process)
    assert (ran.status, ran.code, ran.states(), ran.unsettled) == (6, "PARTIAL", ["unknown"], True)
    assert "nobody can tell whether step 1 (m.sql:1) is in" in ran.text


def test_a_concurrent_index_that_is_cut_is_cleaned_up(driver, cut):
    driver.sql("CREATE TABLE a (n int)")
    link = holding(driver, "INSERT INTO a VALUES (1)")
    cut(b"never")
    process = driver.start(driver.file("CREATE INDEX CONCURRENTLY i ON a (n);\n").name)
    driver.wait("SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%%' AND wait_event_type = 'Lock'")
    driver.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%%'")
    time.sleep(0.5)
    link.close()
    ran = driver.end(process)
    assert (ran.code, ran.states(), ran.unsettled) == ("FAILED", ["not in"], False), ran.text
    assert driver.value("SELECT to_regclass('i')") is None


def test_a_server_that_ends_the_session_is_an_error_with_its_words(driver):
    process = driver.start(driver.file("BEGIN;\nCREATE TABLE a (n int);\nSELECT pg_sleep(30);\nCOMMIT;\n").name)
    driver.wait("SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%'")
    driver.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%'")
    ran = driver.end(process)
    assert (ran.code, ran.states()) == ("FAILED", ["not in"])
    assert "terminating connection due to administrator command" in ran.text


# --- faults ---


def test_every_point_that_breaks_leaves_what_it_says(driver):
    """An error at the nth point: what the answer says of each step is what the database holds."""
    text = ("CREATE TABLE a (n int);\nBEGIN;\nDROP TABLE IF EXISTS gone;\nALTER TABLE a ADD b int;\nCOMMIT;\n"
            "CREATE INDEX CONCURRENTLY i ON a (n);\n")
    seen = set()
    for nth in range(1, 60):
        driver.sql("DROP TABLE IF EXISTS a, gone; CREATE TABLE gone (n int)")
        ran = driver.run(text, environment={"GUARDIAN_FAULT": str(nth)})
        held = ["in" if driver.value(f"SELECT {what}") else "not in" for what in (
            "to_regclass('a') IS NOT NULL", "to_regclass('gone') IS NULL", "to_regclass('i') IS NOT NULL")]
        told = ["in" if state == "in" else "not in" for state in ran.states()]
        assert told == held, (nth, ran.text)
        assert ran.code == ("OK" if told == ["in"] * 3 and not ran.text else "PARTIAL" if "in" in told else "FAILED"), (nth, ran.text)
        seen.add(ran.text)
        if ran.code == "OK" and "a test broke" not in ran.text:
            break
    assert nth < 59 and len(seen) > 5


# --- checks behind it ---


def test_everything_is_there_afterwards(driver):
    driver.sql("CREATE TABLE old (n int); CREATE TYPE mood AS ENUM ('sad')")
    ran = driver.run('CREATE SCHEMA app;\nCREATE TABLE app."T 1" (n int CHECK (n > 0));\nALTER TABLE app."T 1" ADD b text, DROP n;\n'
                     "CREATE INDEX i ON old (n);\nDROP TABLE IF EXISTS never;\nALTER TYPE mood ADD VALUE 'o\\k';\nCREATE VIEW v AS SELECT * FROM old;\n"
                     "ALTER TABLE old ADD CONSTRAINT c CHECK (n > 0) NOT VALID;\nDROP VIEW v;\nCREATE TEMP TABLE x (n int);\nDROP TABLE x;\n", "--check")
    assert (ran.code, ran.problems) == ("OK", []), ran.text


def test_what_is_missing_or_not_valid_afterwards_is_named(driver):
    driver.sql("CREATE TABLE a (n int); INSERT INTO a VALUES (-1); CREATE FUNCTION spoil() RETURNS event_trigger LANGUAGE plpgsql AS "
               "$$ BEGIN IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.b') THEN "
               "DROP TABLE public.b; ALTER TABLE public.a ADD CONSTRAINT c CHECK (n > 0) NOT VALID; END IF; END $$; "
               "CREATE EVENT TRIGGER spoil ON ddl_command_end EXECUTE FUNCTION spoil()")
    ran = driver.run("ALTER TABLE a ADD m int;\nCREATE TABLE public.b (n int);\n", "--check")
    assert ran.problems == ['relation "public"."b" is not there, after m.sql:2', "constraint c on public.a is not validated"], ran.text


def test_a_concurrent_reindex_shows_how_far_it_is(driver):
    driver.sql("CREATE TABLE a AS SELECT n FROM generate_series(1, 10) n; CREATE INDEX i ON a (n)")
    link = holding(driver, "INSERT INTO a VALUES (1)")
    process = driver.start(driver.file("REINDEX INDEX CONCURRENTLY i;\n").name)
    time.sleep(2)
    link.commit()
    link.close()
    ran = driver.end(process)
    assert ran.code == "OK", ran.text
    assert any(event.startswith("progress: ") for event in ran.events), ran.events
    assert any("waits for process" in event for event in ran.events), ran.events
