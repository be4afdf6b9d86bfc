"""guardian plan --from: what a tool prints is planned like a file, and the tool that prints it can change nothing."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
TOOLS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"

_spec = importlib.util.spec_from_file_location("regenerate", TOOLS / "regenerate.py")
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        one.create("from_base")
        one.psql("from_base", stdin="CREATE TABLE users (id serial PRIMARY KEY, age int); INSERT INTO users (age) SELECT g FROM generate_series(1, 50) g;")
        yield one


@pytest.fixture
def plan(server, tmp_path):
    def run(command, *words, database="from_base", status=0, cwd=tmp_path, **more):
        env = {**server.env(database), "PGHOST": "127.0.0.1", "DATABASE_URL": tools.url(server, database), **more}
        ran = subprocess.run([GUARDIAN, "plan", "--from", command, *words], env=env, cwd=cwd, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran
    return run


def statements(ran):
    return [one["text"].rstrip(";") for file in json.loads(ran.stdout)["files"] for one in file["statements"]]


def test_what_is_printed_is_planned_like_a_file(plan, server):
    printed = plan("echo 'ALTER TABLE users DROP COLUMN age'", "--json")
    assert statements(printed) == ["ALTER TABLE users DROP COLUMN age"]
    text = plan("echo 'ALTER TABLE users DROP COLUMN age;'").stdout
    assert "echo 'ALTER TABLE" in text and "public.users" in text
    assert plan("echo 'ALTER TABLE users DROP COLUMN age'", "--policy", "boot", status=3)
    assert statements(plan("true", "--json")) == []
    assert server.value("SELECT count(age) FROM users", "from_base") == 50


def test_it_may_look_at_the_database_and_nothing_more(plan, server):
    ask = "psql -XAt -c \"SELECT format('DROP TABLE %I', relname) FROM pg_class WHERE relname = 'users'\""
    assert statements(plan(ask, "--json")) == ["DROP TABLE users"]
    assert statements(plan(ask.replace("psql", 'psql "$OTHER"'), "--json", "--env", "OTHER")) == ["DROP TABLE users"]
    for change in ("DELETE FROM users", "CREATE TABLE sneaky ()", "BEGIN; DROP TABLE users; COMMIT", "SELECT setval('users_id_seq', 1)"):
        ran = plan(f'psql -X -v ON_ERROR_STOP=1 -c "{change}"', status=10)
        assert "preview" in ran.stderr and "may only read" in ran.stderr and "Nothing was changed" in ran.stderr
    assert server.value("SELECT count(*) FROM users", "from_base") == 50
    assert server.value("SELECT to_regclass('sneaky') IS NULL", "from_base")


def test_without_a_database_the_text_alone_is_planned(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG") and key != "DATABASE_URL"}
    ran = subprocess.run([GUARDIAN, "plan", "--from", "echo DROP TABLE users", "--json"], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0 and statements(ran) == ["DROP TABLE users"], ran.stderr


def test_a_command_that_fails_is_quoted(plan):
    ran = plan("echo 'DROP TABLE users'; echo cannot see it >&2; exit 4", status=10)
    assert "ended with status 4" in ran.stderr and "cannot see it" in ran.stderr and ran.stdout == ""
    assert "status 127" in plan("no-such-tool --script", status=2).stderr
    assert plan("echo 'DROP TABLE users'; exit 2", status=10)
    assert statements(plan("f() { echo 'DROP TABLE users'; return 2; }; f --exit-code", "--json")) == ["DROP TABLE users"]
    assert plan("f() { return 3; }; f --exit-code", status=10)
    assert "both files and a command" in plan("true", "some.sql", status=2).stderr
    secret = plan("exit 5 # postgresql://me:hidden@db/app", status=10)
    assert "hidden" not in secret.stderr


def test_prisma(plan, server, tmp_path):
    if not shutil.which("npm"):
        lack("npm is not installed")
    prisma = tools.Prisma(7, server, tmp_path / "prisma")
    source = sorted((TOOLS / "prisma" / "schemas").glob("0[12]-*.prisma"))
    prisma.database("prisma_from")
    prisma.schema(source[0])
    words = "migrate diff --from-config-datasource --to-schema schema.prisma --script"
    env = {key: value for key, value in prisma.env.items() if key.startswith(("PRISMA_", "CHECKPOINT", "NO_COLOR"))}
    diff = f"node node_modules/prisma/build/index.js {words}"
    made = statements(plan(diff, "--json", database="prisma_from", cwd=prisma.work, **env))
    assert any(one.startswith('CREATE TABLE "User"') for one in made)
    assert server.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", "prisma_from") == 0
    assert prisma.run("db", "push").returncode == 0
    prisma.schema(source[1])
    made = statements(plan(diff + " --exit-code", "--json", database="prisma_from", cwd=prisma.work, **env))
    assert made and all("ADD COLUMN" in one for one in made), made
    assert prisma.run("db", "push").returncode == 0
    assert statements(plan(diff, "--json", database="prisma_from", cwd=prisma.work, **env)) == []


def test_alembic(plan, server, tmp_path):
    if not shutil.which("alembic"):
        lack("alembic is not installed")
    server.create("alembic_from")
    work = tmp_path / "work"
    shutil.copytree(TOOLS / "alembic" / "src", work)
    made = statements(plan("alembic upgrade head --sql", "--json", database="alembic_from", cwd=work))
    assert any(one.startswith("CREATE TABLE alembic_version") for one in made) and len(made) > 10
    assert server.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", "alembic_from") == 0
