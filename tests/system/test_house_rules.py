"""The house rules, each with tests that try to break it.

1  No enum change without a proven backup.
2  Nobody unattended takes a schema apart.
3  No column that holds data goes in silence.
4  No SQL reaches production that nobody has read.
"""

import hashlib
import json
import os
import threading
import time

import pytest

from harness import project as projects
from harness import server as servers

ADD = "ALTER TYPE order_status ADD VALUE 'returned';\n"
DROP = "ALTER TABLE customers DROP COLUMN marketing_notes;\n"
LABELS = "SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum"


@pytest.fixture(scope="module")
def own():
    with servers.Server(memory=True) as one:
        yield one


@pytest.fixture
def project(own, guardian, tmp_path):
    made = projects.Project(own, guardian, tmp_path)
    yield made
    own.drop(made.name)


# --- 1. enums ------------------------------------------------------------------------------------

ENUM_CHANGES = {
    "added": ADD,
    "added and used": "BEGIN;\n" + ADD + "UPDATE orders SET status = 'returned' WHERE id = 1;\nCOMMIT;\n",
    "renamed": "ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled';\n",
    "swapped": "CREATE TYPE s AS ENUM ('pending', 'paid', 'shipped', 'cancelled', 'new');\nDROP VIEW open_orders;\n"
               "ALTER TABLE orders ALTER status DROP DEFAULT, ALTER status TYPE s USING status::text::s, ALTER status SET DEFAULT 'pending';\n",
    "in a block": "DO $$ BEGIN EXECUTE 'ALTER TYPE order_status RENAME VALUE ''paid'' TO ''settled'''; END $$;\n",
    "in the catalogue": "UPDATE pg_enum SET enumlabel = 'settled' WHERE enumlabel = 'paid';\n",
}

# A store that fails openly, and ones that lie.
LIES = {
    "no rights": ("put", "status", {"status": 403, "code": "AccessDenied"}),
    "full": ("put", "status", {"status": 507, "code": "QuotaExceeded", "key": "snapshots/"}),
    "stores other bytes": ("put", "store_flip", {"after": 40, "key": "snapshots/"}),
    "stores half": ("put", "store_short", {"after": 10, "key": "snapshots/"}),
    "gives other bytes": ("get", "flip", {"after": 5, "key": "snapshots/"}),
}


@pytest.mark.parametrize("change", ENUM_CHANGES)
def test_no_enum_change_without_a_backup(project, change):
    """Where the backup cannot be made, nothing is changed; where it can, it is there, proven, when the change is in."""
    project.put("enum.sql", ENUM_CHANGES[change])
    before, labels = project.state(), project.value(LABELS)
    (project.home / "wall").write_text("no folder")
    failed = project.run("apply", "--yes", "enum.sql", status=None, GUARDIAN_STORE=f"file://{project.home}/wall/store")
    assert failed["status"] in (3, 4, 10) and project.value(LABELS) == labels and project.state() == before, failed
    done = project.run("apply", "--yes", "enum.sql", status=None)
    if done["status"] == 3:  # refused: what no backup can bring back
        assert project.state() == before
        return
    assert done["status"] == 0, done["stderr"]
    assert done["proof"] in ("digest", "drill") and any(done["snapshot"] in str(path) for path in project.snapshots())
    assert project.state() != before


@pytest.mark.parametrize("lie", LIES)
def test_a_store_that_lies_or_is_full_stops_an_enum_change(project, liar, lie):
    project.put("enum.sql", ADD)
    before = project.state()
    op, do, more = LIES[lie]
    liar.lie(op, do, times=-1, **more)
    failed = project.run("apply", "--yes", "enum.sql", status=None, GUARDIAN_STORE="s3://guardian/p", GUARDIAN_STORE_RETRY="1s", **liar.variables())
    assert failed["status"] in (4, 8, 10), failed["stderr"]
    assert project.state() == before and project.value(LABELS) == "pending paid shipped cancelled"


def test_a_disk_that_is_full_stops_an_enum_change(project):
    """Files of 8 kB at most are what the process may write."""
    project.put("enum.sql", ADD)
    before = project.state()
    failed = project.sh("trap '' XFSZ; ulimit -f 8; guardian apply --yes enum.sql", status=None)
    assert failed.returncode in (4, 10), failed.stderr
    assert project.state() == before


# --- 2. unattended -------------------------------------------------------------------------------

TAKEN_APART = {
    "a reset": "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n",
    "a reset in a block": "DO $$ BEGIN EXECUTE 'DROP SCHEMA public CASCADE'; END $$;\n",
    "a reset in pieces": "DO $$ BEGIN EXECUTE 'DR' || 'OP SCHEMA pub' || 'lic CASCADE'; END $$;\n",
    "one behind a function": "CREATE FUNCTION helper() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE order_items; END $$;\nSELECT helper();\n",
    "one behind a name": "SET search_path = public;\nCREATE TEMP TABLE t AS SELECT 1;\nDROP TABLE order_items;\n",
    "one after a rename": "ALTER TABLE order_items RENAME TO scratch;\nDROP TABLE scratch;\n",
    "every table by loop": "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP EXECUTE 'TRUNCATE ' || quote_ident(t) || ' CASCADE'; END LOOP; END $$;\n",
    "rows": "DELETE FROM order_items;\n",
    "rows in a CTE": "WITH gone AS (DELETE FROM order_items RETURNING *) SELECT count(*) FROM gone;\n",
    "owned": "DROP OWNED BY CURRENT_USER CASCADE;\n",
    "a column turned round": "ALTER TABLE customers ALTER marketing_notes TYPE int USING NULL;\n",
    "a comment in between": "DROP/* harmless */TABLE order_items;\n",
    "another quoting": "SET standard_conforming_strings = off;\nSELECT '\\'; DROP TABLE order_items; --';\n",
    "the database": "DROP DATABASE postgres;\n",
    "a shell": "COPY (SELECT 1) TO PROGRAM 'true';\n",
}


@pytest.mark.parametrize("what", TAKEN_APART)
def test_nobody_unattended_takes_a_schema_apart(project, what):
    project.put("push.sql", TAKEN_APART[what])
    before = project.state()
    stopped = project.run("apply", "--policy", "boot", "--yes", "push.sql", status=None)
    assert stopped["status"] in (2, 3), stopped["stderr"]
    assert project.state() == before


# --- 3. columns ----------------------------------------------------------------------------------

@pytest.mark.parametrize("how", [DROP, "DO $$ BEGIN EXECUTE 'ALTER TABLE customers DROP COLUMN ' || 'marketing_notes'; END $$;\n",
                                 "ALTER TABLE customers DROP COLUMN IF EXISTS marketing_notes, ADD COLUMN marketing_notes text;\n",
                                 "UPDATE customers SET marketing_notes = NULL;\n"],
                         ids=["dropped", "in a block", "and made again", "emptied"])
def test_no_column_that_holds_data_goes_in_silence(project, how):
    """Unattended it does not go; by hand it goes with a proven backup that holds its values."""
    project.put("push.sql", how)
    before, notes = project.state(), project.rows("SELECT id, marketing_notes FROM customers ORDER BY id")
    stopped = project.run("apply", "--policy", "boot", "push.sql", status=3)
    assert "customers" in stopped["stderr"] + json.dumps(stopped) and project.state() == before
    done = project.run("apply", "--yes", "push.sql")
    assert done["outcome"] == "applied" and done["proof"] == "digest" and done["drift_rows"] in (0, None)
    project.sh(f"guardian restore {done['snapshot']} --table public.customers --side-schema back")
    assert project.rows("SELECT id, marketing_notes FROM back.customers ORDER BY id") == notes


def test_an_empty_column_may_go(project):
    project.rows("ALTER TABLE customers ADD COLUMN nothing text")
    project.put("push.sql", "ALTER TABLE customers DROP COLUMN nothing;\n")
    done = project.run("apply", "--policy", "boot", "push.sql")
    assert done["outcome"] == "applied" and done["proof"] == "digest"


def test_values_that_come_while_one_decides_are_counted(project):
    """The column is empty when the change is read, and holds a value when the writers are stopped."""
    project.rows("ALTER TABLE customers ADD COLUMN nothing text")
    project.put("push.sql", "ALTER TABLE customers DROP COLUMN nothing;\n")
    writer = project.server.connect(project.name, autocommit=False)
    writer.cursor().execute("UPDATE customers SET nothing = 'late' WHERE id = 1")
    answer = {}
    runner = threading.Thread(target=lambda: answer.update(project.run("apply", "--policy", "boot", "push.sql", status=None)))
    runner.start()
    try:
        time.sleep(1)
        writer.commit()
    finally:
        writer.close()
        runner.join()
    if answer["status"] == 0:  # then the backup has it
        project.sh(f"guardian restore {answer['snapshot']} --table public.customers --side-schema back")
        assert project.rows("SELECT nothing FROM back.customers WHERE id = 1") == [("late",)]
    else:
        assert project.rows("SELECT nothing FROM customers WHERE id = 1") == [("late",)]


# --- 4. production -------------------------------------------------------------------------------

def approved(text):
    """What whoever has read this very text adds to the command."""
    return ["--approve", hashlib.sha256(text.encode()).hexdigest()]


@pytest.mark.parametrize("text", [ADD, DROP, "DROP VIEW open_orders;\n"], ids=["enum", "column", "view"])
def test_production_wants_each_text_approved(project, text):
    project.put("change.sql", text)
    before = project.state()
    assert project.run("apply", "--policy", "strict", "--yes", "change.sql", status=3)["outcome"] == "refused"
    other = text + "DROP TABLE order_items;\n"
    project.run("apply", "--policy", "strict", "--yes", *approved(other), "change.sql", status=3)
    project.put("change.sql", other)
    project.run("apply", "--policy", "strict", "--yes", *approved(text), "change.sql", status=3)
    assert project.state() == before
    project.put("change.sql", text)
    done = project.run("apply", "--policy", "strict", "--yes", *approved(text), "change.sql")
    assert done["outcome"] == "applied" and project.state() != before


def test_an_approval_in_the_store_is_for_one_text(project):
    project.put("change.sql", ADD)
    project.put("other.sql", ADD + "-- the same, nearly\n")
    before = project.state()
    project.sh("guardian approve other.sql")
    project.run("apply", "--policy", "strict", "--yes", "change.sql", status=3)
    assert project.state() == before
    project.sh("guardian approve change.sql")
    assert project.run("apply", "--policy", "strict", "--yes", "change.sql")["outcome"] == "applied"


UNREADABLE = {
    "another language": "SELECT set_config('x.y', pg_read_file('PG_VERSION'), false);\nDO LANGUAGE plpython3u $$ x $$;\n",
    "a text that is made": "DO $$ BEGIN EXECUTE convert_from(decode('44524f50205441424c45206f726465725f6974656d73', 'hex'), 'UTF8'); END $$;\n",
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_production_refuses_what_nobody_can_read(project, what):
    project.put("change.sql", UNREADABLE[what])
    before = project.state()
    stopped = project.run("apply", "--policy", "strict", "--yes", *approved(UNREADABLE[what]), "change.sql", status=None)
    assert stopped["status"] in (2, 3) and project.state() == before


def test_no_comment_in_the_text_talks_production_round(project):
    project.put("change.sql", "-- guardian: allow destructive because I say so\n" + DROP)
    before = project.state()
    project.run("apply", "--policy", "strict", "--yes", "change.sql", status=3)
    assert project.state() == before


def test_a_file_that_is_changed_while_it_is_read_runs_as_it_was_read(project):
    """What is approved, judged and run is one reading of the file."""
    project.put("change.sql", ADD)
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            for text in ("DROP TABLE order_items;\n", ADD):
                (project.top / "next.sql").write_text(text)
                os.replace(project.top / "next.sql", project.top / "change.sql")
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(4):
            ended = project.run("apply", "--policy", "strict", "--yes", *approved(ADD), "change.sql", status=None)
            assert ended["status"] in (0, 3), ended["stderr"]
    finally:
        stop.set()
        thread.join()
    assert project.value("SELECT count(*) FROM order_items") == 20000
