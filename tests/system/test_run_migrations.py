"""guardian run with many migrations at once, each of which takes something away: in one transaction, and each in its own; with a backup
of the whole database, and with one of tables only, as for a database that is big. One rollback takes all of it back."""

import json
import re
import shutil

import pytest

from harness import server as servers
from test_run_tools import Database, deep, need, npm, run, tool_env

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE tags (id int PRIMARY KEY, label text);
CREATE TABLE orders (id int PRIMARY KEY, total numeric(12,4), note text);
CREATE TABLE notes (id int PRIMARY KEY, body text, "user" int REFERENCES users);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 50) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
INSERT INTO orders SELECT g, g * 1.2345, 'n' || g FROM generate_series(1, 30) g;
INSERT INTO notes SELECT g, 'b' || g, g FROM generate_series(1, 10) g;
"""
# The first has been done before; of the others each takes something away, but for one that adds, and one that fills.
STEPS = [
    "CREATE TABLE first (id int PRIMARY KEY)",
    "ALTER TABLE users ADD COLUMN bio text; INSERT INTO tags VALUES (100, 'mine'); CREATE INDEX by_note ON orders (note)",
    "ALTER TABLE users DROP COLUMN age",
    "DROP TABLE tags; CREATE TABLE tags (other text)",
    "DELETE FROM orders WHERE id > 20; INSERT INTO tags VALUES ('new')",
    "ALTER TABLE orders ALTER COLUMN total TYPE numeric(8,1)",
    "ALTER TABLE notes DROP COLUMN body; UPDATE users SET name = upper(name) WHERE id < 10",
]
SMALL = """policy: small
extends: default
about: no backup holds the whole database
limits:
  database_backup_max: 1kB
"""
ENV = """
import os

from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=os.environ["EACH"] == "1")
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        one.create("many_base", template="template0")
        one.psql("many_base", stdin=BASE)
        yield one


@pytest.fixture
def pair(server, tmp_path):
    names = [f"{kind}_{abs(hash(str(tmp_path))) % 10**9}" for kind in ("bare", "guarded")]
    for name in names:
        server.create(name, template="many_base")
    yield [Database(server, name, tmp_path) for name in names]
    for name in names:
        server.drop(name)


def alembic(work):
    need("alembic")
    (work / "versions").mkdir(parents=True)
    (work / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    (work / "env.py").write_text(ENV)
    for number, text in enumerate(STEPS):
        before = f"'m{number - 1}'" if number else None
        (work / "versions" / f"m{number}.py").write_text(
            f"from alembic import op\nrevision = 'm{number}'\ndown_revision = {before}\n\n\ndef upgrade():\n"
            + "".join(f"    op.execute({part.strip()!r})\n" for part in text.split(";")))
    return lambda to: ["alembic", "upgrade", f"m{to}"]


def node_pg_migrate(work):
    (work / "migrations").mkdir(parents=True)
    (work / "node_modules").symlink_to(npm("node-pg-migrate", "node-pg-migrate@9.0.0", "pg@8.16.3") / "node_modules")
    for number, text in enumerate(STEPS):
        (work / "migrations" / f"{1700000000000 + number}_m{number}.js").write_text(
            "exports.up = pgm => {" + "".join(f"pgm.sql({json.dumps(part.strip())});" for part in text.split(";")) + "}\n")
    return lambda to: ["sh", "-c", f"node_modules/.bin/node-pg-migrate up {to + 1 if to == 0 else to} -m migrations $([ \"$EACH\" = 1 ] && echo --no-single-transaction)"]


def knex(work):
    work.mkdir(parents=True)
    (work / "node_modules").symlink_to(npm("knex", "knex@3.3.0", "pg@8.16.3") / "node_modules")
    (work / "knexfile.cjs").write_text("module.exports = { client: 'pg', connection: process.env.DATABASE_URL,"
                                       " migrations: { directory: './migrations', loadExtensions: ['.js'] } }\n")
    (work / "migrations").mkdir()
    for number, text in enumerate(STEPS):
        (work / "migrations" / f"m{number}.js").write_text(
            "exports.up = async knex => {" + "".join(f"await knex.raw({json.dumps(part.strip())});" for part in text.split(";")) + "}\nexports.down = async () => {}\n")
    return lambda to: ["node_modules/.bin/knex", "migrate:up" if to == 0 else "migrate:latest", "--knexfile", "knexfile.cjs"]


CASES = [
    pytest.param(alembic, "0", "small", id="alembic-one-transaction-tables"),
    pytest.param(alembic, "1", "small", id="alembic-each-tables"),
    pytest.param(alembic, "0", "default", id="alembic-one-transaction"),
    pytest.param(alembic, "1", "default", id="alembic-each", marks=deep),
    pytest.param(node_pg_migrate, "0", "small", id="node-pg-migrate-one-transaction-tables", marks=deep),
    pytest.param(node_pg_migrate, "1", "small", id="node-pg-migrate-each-tables", marks=deep),
    pytest.param(node_pg_migrate, "0", "default", id="node-pg-migrate-one-transaction", marks=deep),
    pytest.param(knex, "0", "small", id="knex-one-transaction-tables", marks=deep),
    pytest.param(knex, "0", "default", id="knex-one-transaction", marks=deep),
]


@pytest.mark.parametrize("tool, each, policy", CASES)
def test_many_at_once_and_one_way_back(tool, each, policy, pair, tmp_path):
    small = tmp_path / "small.yaml"
    small.write_text(SMALL)
    bare, guarded = pair
    work = tmp_path / "work"
    words = tool(work)
    for one in pair:
        run(words(0), work, {**tool_env(one, work), "EACH": each})
    before = guarded.content()
    run(words(len(STEPS) - 1), work, {**tool_env(bare, work), "EACH": each})
    ran = run(guarded.guarded(words(len(STEPS) - 1), ["--policy", small if policy == "small" else policy]), work, {**tool_env(guarded, work), "EACH": each})
    assert "APPLIED" in ran.stderr, ran.stderr
    assert guarded.dump("-T", "*migrations*") == bare.dump("-T", "*migrations*")
    tries = ran.stderr.count("running it again")
    assert tries <= (1 if each == "1" or policy == "default" else 6), ran.stderr
    assert len([change for change in guarded.shelf()["changes"] if change["kind"] == "run"]) == 1
    shown = guarded.cli("show", guarded.shelf()["changes"][-1]["id"])
    assert policy == "default" or re.search(r"backups|backup ", shown), shown
    guarded.cli("rollback", "--last", "--yes")
    assert guarded.content() == before
    shutil.rmtree(work)
