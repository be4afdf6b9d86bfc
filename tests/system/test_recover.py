"""What the next guardian says of a change that was cut off, for every last record, and for steps that only the server can tell about."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from harness.lack import lack

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and pathlib.Path(BUILD, "system", "drive_recover")
LEDGER = BUILD and pathlib.Path(BUILD, "system", "drive_ledger")
CHANGE = "20261123T021500Z-2c0de4aa11"
LATER = "20261123T031500Z-2c0de4aa11"
RECORDS = ["received", "decided", "protecting", "protected", "proven", "applying", "applied", "checked"]
ALTER, INDEX = "ALTER TABLE t ADD b int", "CREATE INDEX CONCURRENTLY t_a ON public.t (a)"


@pytest.fixture
def store(tmp_path):
    return f"file://{tmp_path}/store"


@pytest.fixture
def guardian(server, database, store):
    def run(*words, stdin="", status=0):
        ran = subprocess.run([DRIVER, server.uri(database), store, *words], input=stdin, capture_output=True, text=True, timeout=60)
        assert ran.returncode == status, ran.stderr
        return ran.stdout if status == 0 else ran.stderr
    return run


@pytest.fixture
def ledger(server, database):
    subprocess.run([LEDGER, server.uri(database), "open", "make"], check=True, capture_output=True)

    def sql(*words):
        return subprocess.run([LEDGER, server.uri(database), "sql", *map(str, words)], check=True, capture_output=True, text=True).stdout
    return sql


def step(number, kind="transaction", text=ALTER, **more):
    return {"number": number, "kind": kind, "text": text, "class": "destructive", "hash": f"h{number}", "state": "planned", **more}


def write(guardian, last, body, change=CHANGE):
    """A journal that stops with `last`; every record says what `body` says."""
    records = RECORDS[:RECORDS.index(last) + 1]
    guardian("write", change, *records, stdin=(json.dumps({"began": "2026-11-23T02:15:00Z", **body}) + "\n") * len(records))


def recover(guardian, *words):
    return json.loads(guardian("recover", *words))


def closed(store, change=CHANGE):
    return [path.name for path in pathlib.Path(store[7:]).glob(f"v1/*/changes/{change}/closed-*")] != []


@pytest.mark.parametrize("last", RECORDS[:5])
def test_before_it_began_nothing_was_touched(guardian, store, last):
    write(guardian, last, {"steps": [step(1)]})
    found, = recover(guardian)
    assert (found["what"], found["outcome"], found["changed"], found["steps"]) == (
        "untouched", "failed", False, [] if last == "received" else ["not in"])
    assert found["text"] == f"Change {CHANGE} of 2026-11-23 02:15:00 UTC was cut off (last record: {last}). Nothing of it is in the database."
    assert closed(store) and recover(guardian) == []


@pytest.mark.parametrize("last, unchecked", [("applied", True), ("checked", False)])
def test_what_was_seen_to_be_in_is_in(guardian, store, last, unchecked):
    write(guardian, last, {"steps": [step(1, state="in")], "changed": True})
    found, = recover(guardian)
    assert (found["what"], found["outcome"], found["steps"]) == ("in", "applied", ["in"])
    assert ("it was not checked" in found["text"]) == unchecked and closed(store)


def transaction(server, database, end):
    """The id of a transaction that ended so."""
    link = server.connect(database, autocommit=False)
    with link.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        xid = cursor.fetchone()[0]
    getattr(link, end)()
    link.close()
    return xid


def test_the_transaction_id_tells(server, database, guardian, store):
    good, bad = transaction(server, database, "commit"), transaction(server, database, "rollback")
    write(guardian, "applying", {"steps": [step(1, xid=good, state="applying")]})
    found, = recover(guardian)
    assert (found["what"], found["outcome"], found["changed"]) == ("in", "applied", True)
    write(guardian, "applying", {"steps": [step(1, xid=bad, state="applying")]}, LATER)
    found, = recover(guardian)
    assert (found["what"], found["outcome"], found["changed"]) == ("untouched", "failed", False)
    assert closed(store) and closed(store, LATER)


def test_the_row_tells_and_no_row_and_no_id_is_not_in(server, database, guardian, ledger):
    server.run(ledger("step", CHANGE, 1, "h1", "in"), database)
    server.run(ledger("step", CHANGE, 2, "another text", "in"), database)
    steps = [step(1), step(2), step(3, kind="session", **{"class": "none"})]
    write(guardian, "applying", {"steps": steps, "rows_kept": True, "text_sha256": "abc"})
    found, = recover(guardian, "abc")
    assert (found["what"], found["still_open"], found["steps"]) == ("part", True, ["in", "not in", "not in"])
    assert "Steps that are in: 1. Steps that are not: 2." in found["text"]
    found, = recover(guardian, "another request")
    assert (found["what"], found["still_open"], found["outcome"]) == ("part", False, "partial")
    assert recover(guardian) == []


def test_a_commit_without_its_row_is_not_believed(server, database, guardian, ledger):
    """After a fail-over the id may belong to another transaction."""
    xid = transaction(server, database, "commit")
    write(guardian, "applying", {"steps": [step(1, xid=xid)], "rows_kept": True})
    found, = recover(guardian)
    assert (found["what"], found["still_open"]) == ("unknown", True)
    assert f"Step 1: the server says that transaction {xid} committed, but the row that it wrote is not there" in found["text"]


def test_rows_that_cannot_be_looked_for(guardian):
    write(guardian, "applying", {"steps": [step(1)], "rows_kept": True})
    found, = recover(guardian)
    assert found["what"] == "unknown" and "its row cannot be looked for: it was not made yet" in found["text"]


@pytest.mark.parametrize("xid, words", [("999999999", "in the future"), ("3", 'says "unknown" of transaction 3')])
def test_an_id_that_this_server_does_not_know(guardian, store, xid, words):
    write(guardian, "applying", {"steps": [step(1, xid=xid)]})
    found, = recover(guardian)
    if found["what"] != "in":  # a young server still knows its first ones
        assert (found["what"], found["still_open"]) == ("unknown", True) and words in found["text"]
        assert not closed(store)


ALONE = [
    # what the database looks like, the statement, its state
    ("CREATE INDEX t_a ON t (a)", INDEX, "in"),
    ("CREATE INDEX other ON t (a)", INDEX, "not in"),
    ("CREATE TABLE u (a int); CREATE INDEX t_a ON u (a)", INDEX, "not in"),
    ("CREATE INDEX t_a ON t (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a'::regclass", INDEX, "not in"),
    ("CREATE INDEX t_a ON t (a)", "CREATE INDEX CONCURRENTLY ON t (a)", "unknown"),
    ("", "DROP INDEX CONCURRENTLY IF EXISTS public.t_a", "in"),
    ("CREATE INDEX t_a ON t (a)", "DROP INDEX CONCURRENTLY t_a", "not in"),
    ("CREATE TYPE e AS ENUM ('x', 'it''s')", "ALTER TYPE e ADD VALUE 'it''s'", "in"),
    ("CREATE TYPE e AS ENUM ('x')", "ALTER TYPE public.e ADD VALUE IF NOT EXISTS 'y' BEFORE 'x'", "not in"),
    ("", "CREATE DATABASE postgres", "in"),
    ("", "CREATE DATABASE missing", "not in"),
    ("", "DROP DATABASE missing", "in"),
    ("", "VACUUM t", "not in"),
    ("", "REINDEX TABLE CONCURRENTLY t", "not in"),
    ("", "ALTER SYSTEM SET work_mem = '5MB'", "unknown"),
    ("", "CREATE INDEX CONCURRENTLY cut ON t (a, b, ", "unknown"),
]


@pytest.mark.parametrize("made, text, state", ALONE, ids=range(len(ALONE)))
def test_the_catalogue_tells_of_what_commits_by_itself(server, database, guardian, made, text, state):
    server.run("CREATE TABLE t (a int);" + made, database)
    write(guardian, "applying", {"steps": [step(1, kind="alone", text=text, state="applying")]})
    found, = recover(guardian)
    assert found["steps"] == [state]
    assert found["what"] == {"in": "in", "not in": "untouched", "unknown": "unknown"}[state]
    assert ("left invalid" in found["text"]) == ("indisvalid" in made)


def test_one_that_was_not_begun_is_not_asked_for(server, database, guardian):
    server.run("CREATE TABLE t (a int); CREATE INDEX t_a ON t (a)", database)
    write(guardian, "applying", {"steps": [step(1, kind="alone", text=INDEX)]})
    assert recover(guardian)[0]["steps"] == ["not in"]


def test_a_begun_row_and_a_seen_end(server, database, guardian, ledger):
    server.run("CREATE TABLE t (a int); CREATE INDEX t_a ON t (a)", database)
    server.run(ledger("step", CHANGE, 1, "h1", "begun"), database)
    server.run(ledger("step", CHANGE, 2, "h2", "in"), database)
    write(guardian, "applying", {"rows_kept": True, "steps": [
        step(1, kind="alone", text=INDEX), step(2, kind="alone", text="ALTER SYSTEM SET work_mem = '5MB'")]})
    assert recover(guardian)[0]["steps"] == ["in", "in"]


def test_applied_with_an_error_is_asked_for(server, database, guardian):
    good = transaction(server, database, "commit")
    write(guardian, "applied", {"steps": [step(1, state="in"), step(2, xid=good, state="unknown")], "unsettled": True, "error": "lost"})
    assert recover(guardian)[0]["what"] == "in"


def test_the_session_that_was_left_behind_is_waited_for(server, database, guardian, store):
    link = server.connect(database, autocommit=False, application_name=f"guardian {CHANGE}")
    with link.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text, pg_backend_pid()")
        xid, pid = cursor.fetchone()
    write(guardian, "applying", {"steps": [step(1, xid=xid, state="applying")]})
    running = subprocess.Popen([DRIVER, server.uri(database), store, "recover"],
                               stdout=subprocess.PIPE, text=True)
    time.sleep(0.7)
    assert running.poll() is None
    link.commit()
    link.close()
    assert json.loads(running.communicate(timeout=30)[0])[0]["what"] == "in"


def test_a_session_that_stays_is_busy(server, database, guardian):
    link = server.connect(database, autocommit=False, application_name=f"guardian {CHANGE}")
    with link.cursor() as cursor:
        cursor.execute("SELECT 1")
    write(guardian, "applying", {"steps": [step(1)]})
    text = guardian("recover", status=7)
    assert "still runs" in text and "pg_terminate_backend" in text
    link.close()


def test_a_rollback_that_swapped_databases(server, database, guardian, store):
    oid = server.value("SELECT oid FROM pg_database WHERE datname = %s", database, (database,))
    write(guardian, "checked", {"steps": [step(1, state="in")], "changed": True})
    recover(guardian)
    body = {"kind": "rollback", "of": CHANGE, "way": "database", "steps": [step(1, hash=f"database {oid}", state="applying")]}
    write(guardian, "applying", body, LATER)
    assert recover(guardian)[0]["what"] == "untouched"
    third = "20261123T041500Z-2c0de4aa11"
    body["steps"][0]["hash"] = "database 1"
    write(guardian, "applying", body, third)
    assert recover(guardian)[0]["what"] == "in"
    assert list(pathlib.Path(store[7:]).glob(f"v1/*/changes/{CHANGE}/rolled-back-{third}"))


def test_a_journal_that_cannot_be_read_stops_until_a_person_looked(guardian, store):
    write(guardian, "proven", {"steps": [step(1)]})
    record, = pathlib.Path(store[7:]).glob(f"v1/*/changes/{CHANGE}/000002")
    kept = record.read_bytes()
    record.write_bytes(b"?")
    found, = recover(guardian)
    assert (found["what"], found["still_open"]) == ("unknown", True) and "000002" in found["text"]
    record.write_bytes(kept)
    assert recover(guardian)[0]["what"] == "untouched"


def test_a_person_closes_what_nobody_could_tell(guardian, store):
    write(guardian, "applying", {"steps": [step(1, kind="alone", text="ALTER SYSTEM SET work_mem = '5MB'", state="applying")]})
    assert recover(guardian)[0]["still_open"]
    guardian("close", CHANGE, "1")
    assert closed(store) and recover(guardian) == []
    assert "closed already" in guardian("close", CHANGE, "1", status=2)


def test_a_mark_that_is_missing_is_set_without_a_word(guardian, store):
    write(guardian, "checked", {"steps": [step(1, state="in")]})
    recover(guardian)
    mark, = pathlib.Path(store[7:]).glob(f"v1/*/changes/{CHANGE}/closed-*")
    mark.unlink()
    assert recover(guardian) == [] and closed(store)


def test_errors_at_every_point_leave_it_to_the_next(server, database, guardian, store):
    """Recovery that breaks anywhere is done again, and comes to the same end."""
    good = transaction(server, database, "commit")
    write(guardian, "applying", {"steps": [step(1, xid=good, state="applying")]})
    for nth in range(1, 200):
        ran = subprocess.run([DRIVER, server.uri(database), store, "recover"], capture_output=True, text=True, timeout=60,
                             env={**os.environ, "GUARDIAN_FAULT": f"{nth}:exit"})
        if ran.returncode == 0:
            break
        assert ran.returncode == 99
    else:
        raise AssertionError("it never came to an end")
    if nth == 1:
        lack("the driver has no fault points")
    assert nth > 3 and closed(store) and recover(guardian) == []
