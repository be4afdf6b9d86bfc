"""docs/runbooks/bad-migration.md: its own commands, in their order, while traffic goes on."""

import threading

import pytest

from harness import project as projects
from harness import server as servers

PAGE = servers.ROOT / "docs" / "runbooks" / "bad-migration.md"
BAD = "\nALTER TABLE customers DROP COLUMN marketing_notes;\nALTER TABLE products ALTER COLUMN title TYPE varchar(20) USING left(title, 20);\n"


@pytest.fixture(scope="module")
def own():
    with servers.Server() as one:
        yield one


@pytest.fixture
def project(own, guardian, tmp_path):
    made = projects.Project(own, guardian, tmp_path)
    yield made
    own.drop(made.name)


class Traffic:
    """Orders come in all the time; every one that was committed is counted."""

    def __init__(self, project):
        self.project, self.stop, self.committed = project, threading.Event(), []
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        link = None
        while not self.stop.wait(0.02):
            try:
                link = link or self.project.server.connect(self.project.name)
                with link.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '5s'; INSERT INTO orders (customer_id) SELECT 1 + (random() * 4000)::int RETURNING id")
                    self.committed.append(cursor.fetchone()[0])
            except Exception:  # noqa: the database may be swapped under us
                link = None

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def test_the_page_from_top_to_bottom(project):
    project.sh("guardian apply --policy boot db/constraints.sql db/init.sql")
    notes = project.rows("SELECT id, marketing_notes FROM customers ORDER BY id")
    titles = project.rows("SELECT id, title FROM products ORDER BY id")
    init = (project.top / "db" / "init.sql").read_text()
    project.commit("Tidy up", {"db/init.sql": init + BAD})
    project.sh("guardian apply db/init.sql", GUARDIAN_YES="yes")
    assert project.rows("SELECT id, title FROM products ORDER BY id") != titles

    listing, plan, rollback = projects.commands(PAGE)
    revert, again = projects.blocks(PAGE)
    with Traffic(project) as traffic:
        assert "applied" in project.sh(listing).stdout
        state = project.rows("SELECT count(*) FROM customers")
        shown = project.sh(plan).stdout
        assert "customers" in shown and project.rows("SELECT count(*) FROM customers") == state
        told = project.sh(rollback, GUARDIAN_YES="yes").stdout
    assert project.git("rev-parse", "--short", "HEAD") in told
    assert project.rows("SELECT id, marketing_notes FROM customers ORDER BY id") == notes
    assert project.rows("SELECT id, title FROM products ORDER BY id") == titles
    assert len(traffic.committed) > 3
    kept = {row[0] for row in project.rows("SELECT id FROM orders")}
    assert set(traffic.committed) <= kept, "a committed order is gone"
    project.sh(revert)
    assert (project.top / "db" / "init.sql").read_text() == init
    assert "NOTHING" in project.sh(again).stdout


def test_the_revert_can_be_made_on_a_branch_of_its_own(project):
    assert "guardian rollback --last --git-revert" in PAGE.read_text()
    init = (project.top / "db" / "init.sql").read_text()
    bad = project.commit("Tidy up", {"db/init.sql": init + BAD})
    project.sh("guardian apply db/init.sql", GUARDIAN_YES="yes")
    project.sh("guardian rollback --last --git-revert", GUARDIAN_YES="yes")
    assert project.git("rev-parse", "HEAD") == bad and project.git("status", "--porcelain") == "" and project.git("branch", "--show-current") == "main"
    made, = [name for name in project.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split() if name != "main"]
    assert project.git("show", f"{made}:db/init.sql") == init.strip() and project.git("rev-parse", f"{made}^") == bad
    assert "This reverts commit" in project.git("log", "-1", "--format=%B", made)
