"""Folders of migrations: what is pending is applied in order, and the record agrees with the tool whose folder it is."""

import concurrent.futures
import importlib.util
import os
import shutil
import subprocess

import pytest

from harness import project as projects
from harness import server as servers

TOOLS = servers.ROOT / "tests" / "corpus" / "tools"
HISTORY = TOOLS / "prisma" / "history7"
DEEP = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="deep: Prisma takes seconds for each answer")
RECORD = "SELECT migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS NULL, applied_steps_count, logs FROM _prisma_migrations ORDER BY started_at"


@pytest.fixture(scope="module")
def own():
    with servers.Server(tcp=True, memory=True) as one:
        yield one


@pytest.fixture
def project(own, guardian, tmp_path):
    made = projects.Project(own, guardian, tmp_path)
    own.create(f"{made.name}_new")
    made.shop, made.name = made.name, f"{made.name}_new"
    made.env["DATABASE_URL"] = own.uri(made.name)
    return made


def copy_history(target, first=0, last=None):
    """Migrations as Prisma wrote them; the one that it cannot run itself in one piece."""
    names = [one for one in sorted(HISTORY.iterdir()) if "split-by-hand" not in one.name]
    for one in names[first:last]:
        shutil.copytree(one, target / one.name)
    (target / "migration_lock.toml").write_text('provider = "postgresql"\n')
    return [one.name for one in names[first:last]]


# --- Prisma, by its record -----------------------------------------------------------------------

def test_a_history_that_prisma_cannot_run_is_one_command_and_then_nothing(project):
    names = copy_history(project.top / "prisma" / "migrations", 0, 12)
    assert project.run("apply", "prisma/migrations")["outcome"] == "applied"
    rows = project.rows(RECORD)
    assert [row[0] for row in rows] == names and all(row[2:] == (True, True, 1, None) for row in rows)
    again = project.run("apply", "prisma/migrations")
    assert again["outcome"] == "nothing" and project.rows(RECORD) == rows


def test_only_what_is_pending_runs_an_empty_one_too(project):
    folder = project.top / "prisma" / "migrations"
    copy_history(folder, 0, 2)
    project.run("apply", "prisma/migrations")
    (folder / "90_empty").mkdir()
    (folder / "90_empty" / "migration.sql").write_text("-- This is an empty migration.\n")
    (folder / "00_late").mkdir()
    (folder / "00_late" / "migration.sql").write_text("\ufeffCREATE TABLE late (id int);\r\n")
    assert project.run("apply", "prisma/migrations")["outcome"] == "applied"
    assert [row[0] for row in project.rows(RECORD)][2:] == ["00_late", "90_empty"]
    assert project.run("apply", "prisma/migrations")["outcome"] == "nothing"


def test_one_that_fails_leaves_no_record_and_is_run_again(project):
    folder = project.top / "prisma" / "migrations"
    copy_history(folder, 0, 1)
    bad = folder / "99_bad"
    bad.mkdir()
    (bad / "migration.sql").write_text('CREATE TABLE half (id int);\nALTER TABLE nowhere ADD COLUMN x int;\n')
    failed = project.run("apply", "prisma/migrations", status=None)
    assert failed["status"] in (5, 6), failed["stderr"]
    assert "99_bad" not in [row[0] for row in project.rows(RECORD)]
    assert project.value("SELECT to_regclass('half') IS NULL")
    (bad / "migration.sql").write_text('CREATE TABLE half (id int);\n')
    assert project.run("apply", "prisma/migrations")["outcome"] == "applied"


@pytest.mark.parametrize("sql,words", [
    ("UPDATE _prisma_migrations SET finished_at = NULL, logs = 'A migration failed to apply.\nDatabase error: ERROR: no such thing'", "no such thing"),
    ("UPDATE _prisma_migrations SET checksum = repeat('0', 64)", "its text is not the one that was applied"),
    ("DROP TABLE _prisma_migrations", "no _prisma_migrations"),
], ids=["a failed one (P3009)", "another text", "no record (P3005)"])
def test_what_prisma_would_stop_at_stops_us(project, sql, words):
    copy_history(project.top / "prisma" / "migrations", 0, 1)
    project.run("apply", "prisma/migrations")
    project.rows(sql)
    copy_history(project.top / "prisma" / "migrations", 1, 2)
    before = project.state()
    stopped = project.run("apply", "prisma/migrations", status=2)
    assert words in stopped["stderr"] and project.state() == before


def test_ten_at_once_run_each_migration_once(project):
    names = copy_history(project.top / "prisma" / "migrations", 0, 4)
    with concurrent.futures.ThreadPoolExecutor(10) as crew:
        done = list(crew.map(lambda _: project.run("apply", "prisma/migrations"), range(10)))
    assert sorted(one["outcome"] for one in done) == ["applied"] + ["nothing"] * 9
    assert [row[0] for row in project.rows(RECORD)] == names


# --- the real Prisma -----------------------------------------------------------------------------

@pytest.fixture
def prisma(project, own):
    spec = importlib.util.spec_from_file_location("regenerate", TOOLS / "regenerate.py")
    tools = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tools)
    try:
        made = tools.Prisma(7, own, project.top / "app")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"npm could not fetch Prisma: {error}")
    made.env["DATABASE_URL"] = tools.url(own, project.name)
    made.steps = tools.steps()
    made.schema(made.steps[5])
    return made


def test_the_real_prisma_agrees_both_ways(project, prisma):
    folder = prisma.work / "migrations"
    names = copy_history(folder, 0, 6)
    assert project.run("apply", "app/migrations")["outcome"] == "applied"
    status = prisma.run("migrate", "status")
    assert status.returncode == 0 and "Database schema is up to date!" in status.stdout, status.stdout
    assert "No pending migrations to apply" in prisma.run("migrate", "deploy").stdout

    names += copy_history(folder, 6, 7)
    assert prisma.run("migrate", "deploy").returncode == 0
    assert project.run("apply", "app/migrations")["outcome"] == "nothing"
    assert [row[0] for row in project.rows(RECORD)] == names and all(row[2:5] == (True, True, 1) for row in project.rows(RECORD))
    table = project.rows("SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0 ORDER BY attnum")
    project.server.create(f"{project.name}_by_prisma")
    prisma.env["DATABASE_URL"] = prisma.env["DATABASE_URL"].replace(project.name, f"{project.name}_by_prisma")
    shutil.rmtree(folder)
    folder.mkdir()
    copy_history(folder, 0, 1)
    assert prisma.run("migrate", "deploy").returncode == 0
    project.name += "_by_prisma"
    assert project.rows("SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0 ORDER BY attnum") == table


@DEEP
def test_a_migration_that_prisma_failed_at_is_explained_and_goes_on_once_resolved(project, prisma):
    folder = prisma.work / "migrations"
    copy_history(folder, 0, 1)
    (folder / "99_bad").mkdir()
    (folder / "99_bad" / "migration.sql").write_text("SELECT 1 / 0;\n")
    assert prisma.run("migrate", "deploy").returncode != 0
    stopped = project.run("apply", "app/migrations", status=2)
    assert '"99_bad"' in stopped["stderr"] and "division by zero" in stopped["stderr"] and "prisma migrate resolve --rolled-back 99_bad" in stopped["stderr"]
    assert prisma.run("migrate", "resolve", "--rolled-back", "99_bad").returncode == 0
    (folder / "99_bad" / "migration.sql").write_text("SELECT 1;\n")
    assert project.run("apply", "app/migrations")["outcome"] in ("applied", "nothing")
    assert "Database schema is up to date!" in prisma.run("migrate", "status").stdout


@DEEP
def test_a_push_goes_through_a_file_that_can_be_read(project, prisma):
    """docs/runbooks/boot-sync.md: `migrate diff --script` from the live database, and Guardian runs it."""
    diff = ["migrate", "diff", "--from-config-datasource", "--to-schema", "schema.prisma", "--script"]
    prisma.schema(prisma.steps[0])
    script = prisma.run(*diff)
    assert script.returncode == 0, script.stderr
    project.put("push.sql", script.stdout)
    assert project.run("apply", "--policy", "boot", "push.sql")["outcome"] == "applied"
    script = prisma.run(*diff)
    project.put("push.sql", script.stdout)
    assert project.run("apply", "--policy", "boot", "push.sql")["outcome"] == "nothing"


# --- others --------------------------------------------------------------------------------------

def test_a_plain_folder_has_a_record_of_its_own(project):
    project.put("migrations/2_b.sql", "CREATE TABLE b (id int REFERENCES a);\n")
    project.put("migrations/1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n")
    assert project.run("apply", "migrations")["outcome"] == "applied"
    assert project.run("apply", project.top / "migrations")["outcome"] == "nothing"
    project.put("migrations/10_c.sql", "CREATE TABLE c (id int);\n")
    done = project.run("apply", "migrations")
    assert done["outcome"] == "applied" and len(done["steps"]) == 1


def test_two_migrations_of_one_text_are_two(project):
    project.put("migrations/1.sql", "CREATE TABLE a (n serial);\n")
    for number in (2, 3):
        project.put(f"migrations/{number}.sql", "INSERT INTO a DEFAULT VALUES;\n")
    project.run("apply", "migrations")
    assert project.value("SELECT count(*) FROM a") == 2
    assert project.run("apply", "migrations")["outcome"] == "nothing"
    project.put("migrations/4.sql", "INSERT INTO a DEFAULT VALUES;\n")
    assert project.run("apply", "migrations")["outcome"] == "applied"
    assert project.value("SELECT count(*) FROM a") == 3


def test_pairs_run_upwards_only(project):
    project.put("pairs/1_a.up.sql", "CREATE TABLE a (id int);\n")
    project.put("pairs/1_a.down.sql", "DROP TABLE a;\n")
    assert project.run("apply", "pairs")["outcome"] == "applied"
    assert project.value("SELECT to_regclass('a') IS NOT NULL")


def test_a_moved_checkout_and_a_new_name_are_no_new_migrations(project):
    project.put("migrations/1_a.sql", "CREATE TABLE a (id int);\n")
    project.run("apply", "migrations")
    shutil.move(project.top / "migrations", project.home / "migrations")
    assert project.run("apply", project.home / "migrations")["outcome"] == "nothing"
    (project.home / "migrations" / "1_a.sql").rename(project.home / "migrations" / "1_better.sql")
    assert project.run("apply", project.home / "migrations")["outcome"] == "nothing"


@pytest.mark.parametrize("name,text,words", [
    ("migrations/2_b.sql", "CREATE TABLE b (id int, more int);\n", "its text is not the one that change"),
    ("migrations/1_z.sql", "CREATE TABLE z (id int);\n", "stands before"),
], ids=["an applied text was edited", "a new one stands before an applied one"])
def test_history_is_not_rewritten_in_silence(project, name, text, words):
    project.put("migrations/2_b.sql", "CREATE TABLE b (id int);\n")
    project.run("apply", "migrations")
    project.put(name, text)
    stopped = project.run("apply", "migrations", status=2)
    assert words in stopped["stderr"]


def test_a_script_that_may_run_again_may_be_edited(project):
    project.put("boot/views.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n")
    project.put("boot/zz.sql", "CREATE TABLE IF NOT EXISTS z (id int);\n")
    project.run("apply", "boot")
    project.put("boot/views.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS one, 2 AS two;\n")
    assert project.run("apply", "boot")["outcome"] == "applied"
    assert project.rows("SELECT * FROM v") == [(1, 2)]
