"""What a file takes back itself is not said to be in; and a change that was cut off is closed when a look finds that nothing is left of it."""

import json
import subprocess
import time

import pytest
from test_apply import Shop

BACK = "BEGIN;\nALTER TABLE users DROP COLUMN age CASCADE;\nDELETE FROM users;\nROLLBACK;\n"
INSERT = "INSERT INTO users VALUES (901, 'once', 1);\n"


@pytest.fixture
def shop(guardian, server, database, tmp_path):
    return Shop(guardian, server, database, tmp_path)


def crash(shop, text, point, *arguments):
    process = shop.start(shop.file(text), *arguments, environment={"GUARDIAN_FAULT": f"@{point}:exit"})
    process.communicate(timeout=60)
    if process.returncode != 99:
        pytest.skip("this build has no fault points")


def told(shop, *words):
    ran = subprocess.run([shop.guardian, *words, "--store", f"file://{shop.store}"], env={**shop.server.env(shop.database), "COLUMNS": "150"},
                         capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def changes(shop):
    return json.loads(told(shop, "list", "--json"))["changes"]


def test_a_file_that_takes_all_of_it_back_leaves_nothing(shop):
    for _ in range(2):  # it is not "applied already" either
        done = shop.apply(BACK, outcome="nothing")
        assert "with ROLLBACK: nothing of it is in" in done["because"] and done["way_back"] == [] and done["problems"] == []
        assert [step["state"] for step in done["steps"]] == ["not in"] and "age" in shop.columns() and done["proof"] == "digest"
    assert shop.value("SELECT count(*) FROM guardian.files") == shop.value("SELECT count(*) FROM guardian.changes") == 0
    text = told(shop, "show", done["change"])
    assert text.startswith("NOTHING") and "All of it is in" not in text and "taken back by the file" in text
    assert [change["open"] for change in changes(shop)] == [False, False]


def test_what_stands_beside_it_is_in(shop):
    done = shop.apply(INSERT + BACK)
    assert done["because"] == "the file took back step 3, with ROLLBACK; all the rest is in" and "age" in shop.columns()
    assert [step["state"] for step in done["steps"]] == ["in", "not in"]
    text = told(shop, "show", done["change"])
    assert text.startswith("APPLIED  The file took back step 3") and "All of it is in" not in text
    assert "applied already" in shop.apply(INSERT + BACK, outcome="nothing")["because"]
    assert shop.value("SELECT count(*) FROM users") == 501


def test_a_migration_that_takes_all_of_it_back_is_on_record(shop):
    folder = shop.folder / "migrations"
    folder.mkdir()
    (folder / "001_try.sql").write_text(BACK)
    done = shop.end(shop.start(folder), "applied")
    assert "took back" in done["because"]
    shop.end(shop.start(folder), "nothing")


@pytest.mark.parametrize("rest, point", [(BACK, "apply: after a step#1"), (BACK, "apply: after a step#2"), (BACK, "guard: applied"),
                                         ("RESET work_mem;\n", "apply: after a step#1"), ("RESET work_mem;\n", "apply: after a step#2")])
def test_cut_off_beside_what_writes_nothing_it_still_is_in_once(shop, rest, point):
    crash(shop, INSERT + rest, point)
    process = shop.start(shop.file(INSERT + rest))
    said, wrong = process.communicate(timeout=60)
    assert process.returncode == 0, wrong
    shop.apply(INSERT + rest, outcome="nothing")
    assert shop.value("SELECT count(*) FROM users") == 501 and "age" in shop.columns()
    assert not any(change["open"] for change in changes(shop))


TWO = "CREATE TABLE IF NOT EXISTS one (n int);\nCREATE TABLE IF NOT EXISTS two (n int);\n"


@pytest.mark.parametrize("ledger", [True, False])
def test_what_was_cut_off_is_closed_when_the_rest_is_found_to_be_there(shop, ledger):
    if not ledger:
        shop.rows("CREATE SCHEMA guardian")  # somebody else's
    crash(shop, TWO, "apply: after a step#1")
    shop.rows("CREATE TABLE two (n int)")
    done = shop.apply(TWO, outcome="nothing")
    assert any("was cut off" in note for note in done["notes"])
    change, = changes(shop)
    assert (change["open"], change["outcome"], change["changed"]) == (False, "partial", True)
    assert shop.apply(TWO, outcome="nothing")["notes"] == []
    if ledger:  # and its steps are not passed over later
        shop.rows("DROP TABLE one")
        shop.apply(TWO)
        assert shop.value("SELECT count(*) FROM one") == 0


def test_a_look_that_finds_nothing_does_not_wait_for_who_is_at_work(shop):
    crash(shop, TWO, "apply: after a step#1")
    shop.rows("CREATE TABLE two (n int)")
    with shop.server.connect(shop.database) as link, link.cursor() as cursor:
        cursor.execute("LOCK TABLE users")
        working = shop.start(shop.file("ALTER TABLE users ADD COLUMN b int;\n", "other.sql"))
        for _ in range(200):
            if shop.value("SELECT count(*) FROM pg_locks WHERE NOT granted") == 1:
                break
            time.sleep(0.05)
        began = time.monotonic()
        shop.apply(TWO, outcome="nothing")
        assert time.monotonic() - began < 5
        link.rollback()
    shop.end(working, "applied")
