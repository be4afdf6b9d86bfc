"""guardian run: an enum value that is added and used in one transaction goes first, whatever messages it comes in; with psql, psycopg 3,
alembic and node-pg-migrate as the tools that do so. What becomes of it when their transaction fails."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from harness import guarded
from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
TOOLS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, name text, mood mood DEFAULT 'ok');
INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 20) g;
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        one.create("values_base")
        one.psql("values_base", stdin=BASE)
        yield one


class World(guarded.World):
    def run(self, *command, status=0, options=(), **more):
        """The report of a run, and what was said."""
        ran = self.cli("run", "--json", *options, "--", *command, status=status, **more)
        return json.loads(ran.stdout), "\n".join(line for line in ran.stderr.splitlines() if not line.startswith("{"))

    def psql(self, script, *words, **more):
        return self.run("psql", "-X", "-v", "ON_ERROR_STOP=1", *words, stdin=script, **more)

    def psycopg3(self, script, **more):
        if subprocess.run(["/usr/bin/python3", "-c", "import psycopg"], capture_output=True).returncode != 0:
            lack("psycopg 3")
        return self.run("/usr/bin/python3", "-c", "import psycopg\nc = psycopg.connect('')\n" + script, **more)


    def labels(self):
        return self.value("SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = 'mood'::regtype")

    def moods(self):
        return self.value("SELECT mood || ' ' || count(*) FROM users GROUP BY mood ORDER BY mood")


@pytest.fixture
def world(server, tmp_path):
    with guarded.world(server, tmp_path, "values_base", World) as one:
        yield one


def steps(document):
    return [(step["kind"], step["state"]) for step in document["steps"]]


def test_psql_in_one_transaction(world):
    (world.folder / "m.sql").write_text("ALTER TYPE mood ADD VALUE 'great' BEFORE 'ok';\nALTER TYPE public.mood ADD VALUE 'mad';\n"
                                        "UPDATE users SET mood = 'great' WHERE id < 10;\nALTER TABLE users ALTER mood SET DEFAULT 'mad';\n")
    document, said = world.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-1", "-f", "m.sql", options=["--retry", "0"])
    assert steps(document) == [("enum value", "in")] * 2 + [("transaction", "in")] * 2 and document["outcome"] == "applied"
    assert said.count("NOTICE:  guardian: the enum value was committed first") == 2
    assert world.labels() == "sad great ok mad" and world.moods() == "great 9\nok 11"
    world.cli("rollback", "--last", "--yes")
    assert world.labels() == "sad ok" and world.moods() == "ok 20"


def test_the_extended_protocol_and_a_pipeline(world):
    document, _ = world.psycopg3("""
c.execute("ALTER TYPE mood ADD VALUE 'great'", binary=True)
c.execute("UPDATE users SET mood = %s WHERE id = 1", ('great',))
c.commit()
c.autocommit = True
with c.pipeline():
    c.execute("ALTER TYPE mood ADD VALUE 'mad'", binary=True)
    c.execute("UPDATE users SET mood = %s WHERE id = 2", ('mad',))
    c.execute("ALTER TYPE mood ADD VALUE 'glad'", binary=True)
    c.execute("UPDATE users SET mood = %s WHERE id = 3", ('glad',))
""", options=["--retry", "0"])
    assert sorted(steps(document)) == [("enum value", "in")] * 3 + [("transaction", "in")] * 3
    assert world.moods() == "ok 17\ngreat 1\nmad 1\nglad 1"


def test_a_value_stays_when_its_transaction_fails_and_is_there_the_next_time(world):
    script = "BEGIN;\nALTER TYPE mood ADD VALUE 'great';\nUPDATE users SET mood = 'great';\n{};\nCOMMIT;\n"
    document, _ = world.psql(script.format("SELECT 1/0"), status=3)
    assert steps(document) == [("enum value", "in"), ("transaction", "not in")] and document["outcome"] == "partial"
    assert any("Step 1 went first and stays" in note for note in document["notes"]), document["notes"]
    assert world.labels() == "sad ok great" and world.moods() == "ok 20"
    document, said = world.psql(script.format("SELECT 1"))
    assert steps(document) == [("transaction", "in")] and world.moods() == "great 20"
    world.cli("rollback", "--last", "--yes")
    assert world.labels() == "sad ok great" and world.moods() == "ok 20"
    world.cli("rollback", "--yes", json.loads(world.cli("list", "--json").stdout)["changes"][0]["id"])
    assert world.labels() == "sad ok"


def test_a_value_that_somebody_else_made_is_the_servers_error(world):
    _, said = world.psql("BEGIN;\nALTER TYPE mood ADD VALUE 'ok';\n", status=3)
    assert 'enum label "ok" already exists' in said


def test_a_type_of_the_same_transaction_needs_no_help(world):
    document, _ = world.psql("BEGIN;\nCREATE TYPE size AS ENUM ('s');\nALTER TYPE size ADD VALUE 'm';\nCREATE TABLE t (s size DEFAULT 's');\nCOMMIT;\n")
    assert steps(document) == [("transaction", "in")] * 3


def test_a_type_that_the_transaction_has_changed_is_left_to_the_server(world):
    script = "BEGIN;\nALTER TYPE mood RENAME TO old;\nCREATE TYPE mood AS ENUM ('a');\nALTER TYPE old ADD VALUE 'great';\n{};\nCOMMIT;\n"
    document, _ = world.psql(script.format("SELECT 1"))
    assert steps(document) == [("transaction", "in")] * 3
    assert world.value("SELECT enum_range(NULL::old)") == "{sad,ok,great}"
    document, said = world.psql("BEGIN;\nALTER TYPE old RENAME VALUE 'sad' TO 'blue';\nALTER TYPE old ADD VALUE 'new';\nUPDATE users SET mood = 'new';\nCOMMIT;\n", status=3)
    assert "unsafe use of new value" in said and any("could not go first" in note for note in document["notes"]), document["notes"]


def test_what_a_lock_keeps_back_is_there_at_the_second_try(world):
    """The first text runs as it is, and so its transaction locks the type."""
    script = ("BEGIN;\nALTER TYPE mood ADD VALUE 'a'\\; SELECT 1;\nALTER TYPE mood ADD VALUE 'b';\nUPDATE users SET mood = 'a' WHERE id = 1;\n"
              "UPDATE users SET mood = 'b' WHERE id = 2;\nCOMMIT;\n")
    (world.folder / "m.sql").write_text(script)
    document, said = world.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "m.sql", options=["--retry", "0"], status=3)
    assert "unsafe use of new value" in said
    document, said = world.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "m.sql")
    assert document["outcome"] == "applied" and world.moods() == "ok 18\na 1\nb 1", document


def test_a_text_that_opens_the_transaction(world):
    document, _ = world.psql("BEGIN\\; ALTER TYPE mood ADD VALUE 'great';\nUPDATE users SET mood = 'great';\nCOMMIT;\n")
    assert steps(document)[0] == ("enum value", "in") and world.moods() == "great 20"


def test_alembic(world):
    if not shutil.which("alembic"):
        lack("alembic is not installed")
    (world.folder / "alembic.ini").write_text("[alembic]\nscript_location = scripts\n")
    versions = world.folder / "scripts" / "versions"
    versions.mkdir(parents=True)
    (world.folder / "scripts" / "env.py").write_text("""import os
from alembic import context
from sqlalchemy import create_engine
with create_engine(os.environ['DATABASE_URL'].replace('postgres://', 'postgresql://')).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
""")
    (versions / "one.py").write_text("""from alembic import op
revision = 'one'
down_revision = None
def upgrade():
    op.execute("ALTER TYPE mood ADD VALUE 'great'")
    op.execute("UPDATE users SET mood = 'great' WHERE id < 5")
""")
    document, said = world.run("alembic", "upgrade", "head", options=["--retry", "0"], DATABASE_URL=f"postgresql://postgres@127.0.0.1:{world.env['PGPORT']}/{world.name}")
    assert document["outcome"] == "applied" and world.moods() == "ok 16\ngreat 4", said
    world.cli("rollback", "--last", "--yes")
    assert world.labels() == "sad ok" and world.moods() == "ok 20"


def test_node_pg_migrate(world):
    if not shutil.which("npm"):
        lack("npm is not installed")
    sys.path.insert(0, str(TOOLS))
    import regenerate
    home = regenerate.npm("node-pg-migrate", "node-pg-migrate@9.0.0", "pg@8.16.3")
    (world.folder / "node_modules").symlink_to(home / "node_modules")
    (world.folder / "migrations").mkdir()
    (world.folder / "migrations" / "1700000000000_one.sql").write_text(
        "-- Up Migration\nALTER TYPE mood ADD VALUE 'great';\nUPDATE users SET mood = 'great' WHERE id < 5;\n-- Down Migration\n")
    (world.folder / "migrations" / "1700000000001_two.js").write_text(
        "exports.up = pgm => { pgm.sql(\"ALTER TYPE mood ADD VALUE 'mad'\"); pgm.sql(\"UPDATE users SET mood = 'mad' WHERE id = 6\"); };\n")
    # Both run in one transaction: the first locks the type, and so the second value is there at the second try.
    document, said = world.run("node_modules/.bin/node-pg-migrate", "up", "-m", "migrations",
                               DATABASE_URL=f"postgresql://postgres@127.0.0.1:{world.env['PGPORT']}/{world.name}")
    assert document["outcome"] == "applied" and world.moods() == "ok 15\ngreat 4\nmad 1", said


def test_drizzle_kit(world):
    if not shutil.which("npm"):
        lack("npm is not installed")
    sys.path.insert(0, str(TOOLS))
    import regenerate
    home = regenerate.npm("drizzle", "drizzle-kit@0.31.11", "drizzle-orm@0.45.1", "pg@8.16.3")
    (world.folder / "node_modules").symlink_to(home / "node_modules")
    meta = world.folder / "drizzle" / "meta"
    meta.mkdir(parents=True)
    (world.folder / "drizzle.config.ts").write_text("import { defineConfig } from 'drizzle-kit'\n"
                                                    "export default defineConfig({ dialect: 'postgresql', out: './drizzle', dbCredentials: { url: process.env.DATABASE_URL! } })\n")
    (meta / "_journal.json").write_text(json.dumps({"version": "7", "dialect": "postgresql", "entries": [
        {"idx": 0, "version": "7", "when": 1700000000000, "tag": "0000_one", "breakpoints": True}]}))
    (world.folder / "drizzle" / "0000_one.sql").write_text(
        "ALTER TYPE \"public\".\"mood\" ADD VALUE 'great' BEFORE 'ok';--> statement-breakpoint\nUPDATE users SET mood = 'great' WHERE id < 5;\n")
    document, said = world.run("node_modules/.bin/drizzle-kit", "migrate", options=["--retry", "0"],
                               DATABASE_URL=f"postgresql://postgres@127.0.0.1:{world.env['PGPORT']}/{world.name}")
    assert document["outcome"] == "applied" and world.moods() == "great 4\nok 16", said
    assert world.labels() == "sad great ok"
