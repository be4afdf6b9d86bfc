"""What commits by itself and was cut off: the catalogue is asked where it knows, in the schemas in which the statement was read."""

import json
import subprocess
import time

import pytest
from test_apply import Shop

from harness.lack import lack

BEFORE, AFTER = "apply: after the record", "apply: after a statement that runs alone"
DETACH = "ALTER TABLE sales DETACH PARTITION sales_old CONCURRENTLY;\n"
OTHER = "CREATE TABLE other (n int);\n"
DEVELOPMENT = ("--policy", "development")


@pytest.fixture
def shop(guardian, server, database, tmp_path):
    shop = Shop(guardian, server, database, tmp_path)
    shop.rows("CREATE TABLE sales (n int) PARTITION BY RANGE (n); CREATE TABLE sales_old PARTITION OF sales FOR VALUES FROM (0) TO (10);"
              "CREATE TABLE sales_new PARTITION OF sales FOR VALUES FROM (10) TO (20); INSERT INTO sales SELECT generate_series(0, 19)")
    return shop


def crash(shop, text, point, *arguments, number=1):
    process = shop.start(shop.file(text), *arguments, environment={"GUARDIAN_FAULT": f"@{point}#{number}:exit"})
    process.communicate(timeout=60)
    if process.returncode != 99:
        lack("this build has no fault points")


def changes(shop):
    ran = subprocess.run([shop.guardian, "list", "--json", "--store", f"file://{shop.store}"], env=shop.server.env(shop.database),
                         capture_output=True, text=True, timeout=60)
    return [(change["outcome"], change["open"]) for change in json.loads(ran.stdout)["changes"]]


def parts(shop):
    return [name for name, in shop.rows("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'sales'::regclass ORDER BY 1")]


def pending(shop):
    return shop.value("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")


@pytest.mark.parametrize("text, left", [
    (DETACH, "SELECT count(*) FROM pg_inherits WHERE inhrelid = 'sales_old'::regclass"),
    ("DROP INDEX CONCURRENTLY users_age;\n", "SELECT count(*) FROM pg_class WHERE relname = 'users_age'"),
    # longer than what a journal shows of a statement, and with a comment that a line ends
    ("CREATE INDEX CONCURRENTLY users_names -- by name\n  ON users (name) WHERE " + " AND ".join(f"age <> {n}" for n in range(100, 140)) + ";\n",
     "SELECT count(*) - 1 FROM pg_class WHERE relname = 'users_names'"),
])
@pytest.mark.parametrize("point", [BEFORE, AFTER])
def test_cut_off_before_or_behind_it_nobody_needs_to_look(shop, text, left, point):
    if shop.server.major < 14 and text == DETACH:
        pytest.skip("there is no DETACH … CONCURRENTLY")
    shop.rows("CREATE INDEX users_age ON users (age)")
    crash(shop, text, point)
    assert (shop.value(left) == 0) == (point == AFTER)
    shop.apply(text, outcome="nothing" if point == AFTER else "applied")
    assert shop.value(left) == 0
    assert changes(shop) == ([("applied", False)] if point == AFTER else [("failed", False), ("applied", False)])


def hold_half(shop):
    """Guardian stands between the two transactions of DETACH, behind a reader; gives both."""
    reader = shop.server.connect(shop.database, autocommit=False)
    reader.cursor().execute("SELECT count(*) FROM sales")
    process = shop.start(shop.file(DETACH))
    for _ in range(400):
        if pending(shop) == 1:
            return reader, process
        time.sleep(0.05)
    raise AssertionError("it did not come so far")


def end_sessions(shop):
    shop.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'guardian%' AND datname = current_database()")


@pytest.mark.parametrize("killed", [True, False])
def test_a_partition_that_is_half_detached_is_finished_by_the_next_run(shop, killed):
    if shop.server.major < 14:
        pytest.skip("there is no DETACH … CONCURRENTLY")
    reader, process = hold_half(shop)
    if killed:
        process.kill()
    end_sessions(shop)
    said, wrong = process.communicate(timeout=60)
    reader.rollback()
    reader.close()
    assert pending(shop) == 1
    if not killed:
        assert process.returncode == 5, said + wrong
    done = shop.apply(DETACH)
    if killed:
        assert any("half detached" in note for note in done["notes"])
    assert parts(shop) == ["sales_new"] and shop.value("SELECT count(*) FROM sales_old") == 10
    assert changes(shop) == [("failed", False), ("applied", False)]


def test_a_detach_whose_answer_was_lost_is_in(shop):
    """The connection goes, and somebody else finishes it before guardian is back."""
    if shop.server.major < 14:
        pytest.skip("there is no DETACH … CONCURRENTLY")
    reader, process = hold_half(shop)
    process.send_signal(19)
    end_sessions(shop)
    reader.rollback()
    reader.close()
    shop.rows("ALTER TABLE sales DETACH PARTITION sales_old FINALIZE")
    process.send_signal(18)
    shop.end(process, "applied")


def test_a_database_is_there_or_not(shop):
    name = f"{shop.database}_made"
    for text, point, outcome in ((f"CREATE DATABASE {name};\n", BEFORE, "failed"), (f"CREATE DATABASE {name};\n", AFTER, "applied"),
                                 (f"DROP DATABASE {name};\n", BEFORE, "failed"), (f"DROP DATABASE {name};\n", AFTER, "applied")):
        crash(shop, text, point, *DEVELOPMENT, "--yes")
        shop.apply(OTHER.replace("other", f"other_{len(changes(shop))}"))
        assert changes(shop)[-2:] == [(outcome, False), ("applied", False)], text
    assert shop.server.run("SELECT 1 FROM pg_database WHERE datname = %s", parameters=[name]) == []


def test_names_are_read_in_the_schemas_of_the_statement(shop):
    shop.rows("CREATE SCHEMA a; CREATE TABLE a.t (n int); CREATE TABLE t (n int)")
    crash(shop, "CREATE INDEX CONCURRENTLY t_n ON t (n);\n", AFTER, "--db", shop.server.uri(shop.database) + "?schema=a")
    crash(shop, "SET search_path = a;\nDROP INDEX CONCURRENTLY t_n;\n", AFTER)
    shop.apply(OTHER)
    assert changes(shop) == [("applied", False)] * 3


def test_what_a_reindex_left_behind_is_named(shop):
    shop.rows("CREATE INDEX users_age ON users (age)")
    crash(shop, "REINDEX INDEX CONCURRENTLY users_age;\n", AFTER)
    shop.rows("CREATE INDEX users_age_ccnew ON users (age); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_age_ccnew'::regclass")
    done = shop.apply(OTHER)
    assert any("public.users_age_ccnew" in note for note in done["notes"]), done["notes"]
    assert changes(shop)[0] == ("failed", False)
