"""The three daily uses, as people do them: the start script, the enum migration by hand, the bad migration."""

import concurrent.futures
import hashlib
import os
import time

import pytest

from harness import project as projects
from harness import server as servers

SLOW = 10 if os.environ.get("GD_SLOW") or "asan" in os.environ.get("GD_BUILD", "") else 1
BAD = "\n-- tidy up\nALTER TABLE customers DROP COLUMN marketing_notes;\nDELETE FROM order_items WHERE quantity = 3;\n"
ENUM = (projects.SHOP / "2-order-returns.sql").read_text()


@pytest.fixture(scope="module")
def own():
    with servers.Server(memory=True) as one:
        yield one


@pytest.fixture
def project(own, guardian, tmp_path):
    return projects.Project(own, guardian, tmp_path)


# --- 1. the schema at every start ----------------------------------------------------------------

def test_ten_starts_change_the_database_once(project):
    first = project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql")
    assert first["outcome"] == "applied" and first["changed"]
    state, snapshots, seconds = project.state(), project.snapshots(), []
    for _ in range(9):
        began = time.monotonic()
        again = project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql")
        seconds.append(time.monotonic() - began)
        assert again["outcome"] == "nothing" and not again["changed"]
    assert project.state() == state and project.snapshots() == snapshots
    assert min(seconds) < 0.25 * SLOW, seconds


def test_a_start_finds_what_somebody_took_away(project):
    project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql")
    project.rows("ALTER TABLE orders DROP CONSTRAINT orders_placed_check")
    assert project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql")["outcome"] == "applied"
    assert project.value("SELECT count(*) FROM pg_constraint WHERE conname = 'orders_placed_check'") == 1


def test_ten_starts_at_once_are_one_change(project):
    project.put("db/init.sql", (projects.SHOP / "init.sql").read_text() + "CREATE TABLE once (id int);\nINSERT INTO once VALUES (1);\n")
    with concurrent.futures.ThreadPoolExecutor(10) as crew:
        done = list(crew.map(lambda _: project.run("apply", "--policy", "boot", "db/init.sql"), range(10)))
    assert sorted(one["outcome"] for one in done) == ["applied"] + ["nothing"] * 9
    assert project.value("SELECT count(*) FROM once") == 1


def test_a_start_that_would_lose_rows_is_stopped(project):
    project.put("db/init.sql", (projects.SHOP / "init.sql").read_text() + BAD)
    before = project.state()
    stopped = project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql", status=3)
    assert stopped["outcome"] == "refused" and not stopped["changed"]
    assert project.state() == before


# --- 2. the enum migration by hand ---------------------------------------------------------------

def test_an_unsplit_enum_migration_is_one_command(project):
    project.put("db/order-returns.sql", ENUM)
    refused = project.run("apply", "--policy", "strict", "db/order-returns.sql", status=3)
    assert refused["outcome"] == "refused" and project.value("SELECT count(*) FROM pg_enum WHERE enumlabel = 'returned'") == 0
    approved = hashlib.sha256(ENUM.encode()).hexdigest()
    done = project.run("apply", "--policy", "strict", "--yes", "--approve", approved, "db/order-returns.sql")
    assert done["outcome"] == "applied" and done["class"] in ("enum", "destructive") and done["proof"] in ("digest", "drill") and done["sealed"]
    assert project.value("SELECT count(*) FROM orders WHERE status::text = 'returned' AND returned_at IS NOT NULL") == 50
    again = project.run("apply", "--policy", "strict", "--yes", "db/order-returns.sql")
    assert again["outcome"] == "nothing"


def test_one_that_was_split_by_hand_works_the_same(project):
    lines = [line for line in ENUM.splitlines() if not line.startswith(("BEGIN", "COMMIT", "--"))]
    project.put("db/1.sql", lines[0] + "\n")
    project.put("db/2.sql", "\n".join(lines[1:]) + "\n")
    assert project.run("apply", "db/1.sql", "db/2.sql")["outcome"] == "applied"
    assert project.value("SELECT count(*) FROM orders WHERE status::text = 'returned'") == 50


# --- 3. the bad migration ------------------------------------------------------------------------

def test_a_bad_migration_is_taken_back_and_the_next_start_changes_nothing(project):
    project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql")
    before = project.state()
    notes = project.rows("SELECT id, marketing_notes FROM customers ORDER BY id")
    items = project.rows("SELECT * FROM order_items ORDER BY 1, 2")
    bad = project.commit("Tidy up", {"db/init.sql": (projects.SHOP / "init.sql").read_text() + BAD, "src/mail.ts": "// no notes any more\n"})
    project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql", status=3)
    done = project.run("apply", "--yes", "db/init.sql")  # somebody overrules it by hand
    assert done["outcome"] == "applied" and done["snapshot"] and done["proof"] == "digest"
    assert project.state() != before and any("rollback" in way for way in done["way_back"])

    # traffic goes on
    project.rows("INSERT INTO customers (email, name) VALUES ('late@example.org', 'Late')")
    project.rows("INSERT INTO orders (customer_id) SELECT max(id) FROM customers")

    back = project.run("rollback", "--last", "--yes")
    assert back["outcome"] == "rolled_back"
    assert project.rows("SELECT id, marketing_notes FROM customers WHERE email <> 'late@example.org' ORDER BY id") == notes
    assert project.rows("SELECT * FROM order_items ORDER BY 1, 2") == items
    assert project.value("SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.email = 'late@example.org'") == 1

    git = back["git"]
    assert git["commit"] == bad and git["path"] == "db/init.sql" and git["applies"] and git["others"] == ["src/mail.ts"]
    project.sh(git["command"])
    again = project.run("apply", "--policy", "boot", "db/constraints.sql", "db/init.sql")
    assert again["outcome"] == "nothing" and not again["changed"]
