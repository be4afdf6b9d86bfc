"""guardian run with more migration tools of npm and Debian: the same end state as without it, step by step, and every step comes back.

One small history for all of them: tables and rows, an index, a column that goes with its values, an enum value, a type that
changes. What differs is how each of them speaks: Go's lib/pq (dbmate), node-postgres in five wrappings, Ruby's pg.
"""

import os
import shutil

import pytest

from harness import server as servers
from harness.lack import lack
from test_run_tools import Database, comes_back, npm, run

deep = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="GUARDIAN_TEST_DEEP=1 runs it")

STEPS = [
    ["CREATE TYPE mood AS ENUM ('sad', 'ok')",
     "CREATE TABLE people (id serial PRIMARY KEY, email text NOT NULL UNIQUE, note text, felt mood DEFAULT 'ok')",
     "INSERT INTO people (email, note) SELECT 'p' || i, 'note ' || i FROM generate_series(1, 5) i"],
    ["ALTER TABLE people ADD COLUMN age integer",
     "CREATE INDEX people_age ON people (age)",
     "UPDATE people SET age = 20 + id"],
    ["ALTER TYPE mood ADD VALUE 'happy'"],
    ["ALTER TABLE people DROP COLUMN note",
     "CREATE TABLE visits (id bigserial PRIMARY KEY, person integer NOT NULL REFERENCES people (id), at timestamptz)"],
    ["ALTER TABLE people ALTER COLUMN age TYPE text USING age::text",
     "DELETE FROM people WHERE email = 'p5'"],
]


def text(step):
    return "".join(line + ";\n" for line in step)


def script(step, call):
    """The step's statements as lines of JavaScript."""
    return "".join(f"  await {call.format(line.join('``'))};\n" for line in step)


def names(suffix):
    return [f"2025010{i}000000_step{suffix}" for i in range(1, len(STEPS) + 1)]


def home(work, name, *packages):
    work.mkdir(parents=True)
    (work / "node_modules").symlink_to(npm(name, *packages) / "node_modules")
    return work


def dbmate(work):
    home(work, "dbmate", "dbmate@2.36.0")
    (work / "db").mkdir()
    for name, step in zip(names(".sql"), STEPS):
        alone = " transaction:false" if "ADD VALUE" in step[0] else ""
        (work / "db" / name).write_text(f"-- migrate:up{alone}\n{text(step)}\n-- migrate:down\n")
        yield ["sh", "-c", 'case $DATABASE_URL in *sslmode*) ;; *) DATABASE_URL="$DATABASE_URL?sslmode=disable" ;; esac;'
               " exec node_modules/.bin/dbmate -d db --no-dump-schema migrate"]


def graphile(work):
    """`migrate` runs what is committed; each file's hash stands on that of the one before."""
    home(work, "graphile", "graphile-migrate@1.4.1")
    (work / ".gmrc").write_text("{}")
    (work / "migrations" / "committed").mkdir(parents=True)
    for i, step in enumerate(STEPS):
        (work / "migrations" / "current.sql").write_text(("--! no-transaction\n" if "ADD VALUE" in step[0] else "") + text(step))
        run(["node", "-e", COMMIT, str(i + 1)], work, {**os.environ}, 0)
        yield ["node_modules/.bin/graphile-migrate", "migrate"]


COMMIT = """
const fs = require('fs'), { createHash } = require('crypto')
const n = Number(process.argv[1]), file = k => `migrations/committed/00000${k}.sql`
const last = n === 1 ? null : /^--! Hash: (.*)$/m.exec(fs.readFileSync(file(n - 1), 'utf8'))[1]
const body = fs.readFileSync('migrations/current.sql', 'utf8').trim()
const hash = 'sha1:' + createHash('sha1').update(`${last ? last + '\\n' : ''}${body}`.trim() + '\\n').digest('hex')
fs.writeFileSync(file(n), `--! Previous: ${last || '-'}\\n--! Hash: ${hash}\\n\\n${body}\\n`)
"""


def postgrator(work):
    home(work, "postgrator", "postgrator-cli@9.1.1", "pg@8.16.3")
    for i, step in enumerate(STEPS):
        (work / f"{i + 1:03}.do.step.sql").write_text(text(step))
        yield ["sh", "-c", f"node_modules/.bin/postgrator {i + 1} --driver pg --host $PGHOST --port $PGPORT --database $PGDATABASE"
                           " --username $PGUSER --password \"$PGPASSWORD\" --migration-pattern '*.do.*.sql'"]


def db_migrate(work):
    home(work, "db-migrate", "db-migrate@0.11.14", "db-migrate-pg@1.5.2")
    (work / "migrations").mkdir()
    for name, step in zip(names(".js"), STEPS):
        body = script(step, "db.runSql({})")
        (work / "migrations" / name.replace("_", "-")).write_text(f"exports.up = async db => {{\n{body}}}\nexports.down = async () => null\n")
        yield ["node_modules/.bin/db-migrate", "up"]


def sequelize(work):
    home(work, "sequelize", "sequelize@6.37.8", "sequelize-cli@6.6.5", "pg@8.16.3")
    (work / "migrations").mkdir()
    for name, step in zip(names(".js"), STEPS):
        body = script(step, "q.sequelize.query({})")
        (work / "migrations" / name).write_text(f"exports.up = async q => {{\n{body}}}\n")
        yield ["sh", "-c", 'node_modules/.bin/sequelize db:migrate --url "$DATABASE_URL"']


def typeorm(work):
    home(work, "typeorm", "typeorm@0.3.27", "pg@8.16.3")
    (work / "migrations").mkdir()
    (work / "source.js").write_text("const { DataSource } = require('typeorm')\nexports.source = new DataSource({ type: 'postgres',"
                                    " url: process.env.DATABASE_URL, migrations: ['migrations/*.js'] })\n")
    for i, step in enumerate(STEPS):
        body = script(step, "q.query({})")
        (work / "migrations" / f"{i + 1}-step.js").write_text(
            f"class Step170000000000{i + 1} {{ async up(q) {{\n{body}}} async down() {{}} }}\nmodule.exports = {{ Step170000000000{i + 1} }}\n")
        yield ["node_modules/.bin/typeorm", "migration:run", "-d", "source.js", "-t", "each"]


def kysely(work):
    home(work, "kysely", "kysely@0.28.8", "pg@8.16.3")
    (work / "migrations").mkdir()
    (work / "migrate.js").write_text("""
const { Kysely, Migrator, FileMigrationProvider, PostgresDialect } = require('kysely'), { Pool } = require('pg')
const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: process.env.DATABASE_URL }) }) })
const provider = new FileMigrationProvider({ fs: require('fs/promises'), path: require('path'), migrationFolder: __dirname + '/migrations' })
new Migrator({ db, provider }).migrateToLatest().then(async ({ error }) => {
  if (error) console.error(error)
  process.exitCode = error ? 1 : 0
  await db.destroy()
})
""")
    for name, step in zip(names(".js"), STEPS):
        body = script(step, "sql.raw({}).execute(db)")
        (work / "migrations" / name).write_text(f"const {{ sql }} = require('kysely')\nexports.up = async db => {{\n{body}}}\n")
        yield ["node", "migrate.js"]


def ley(work):
    home(work, "ley", "ley@0.8.1", "pg@8.16.3")
    (work / "migrations").mkdir()
    for name, step in zip(names(".js"), STEPS):
        body = script(step, "db.query({})")
        (work / "migrations" / name).write_text(f"exports.up = async db => {{\n{body}}}\n")
        yield ["node_modules/.bin/ley", "up"]


def sequel(work):
    if not shutil.which("sequel"):
        lack("sequel is not installed")
    (work / "migrations").mkdir(parents=True)
    for i, step in enumerate(STEPS):
        body = "".join(f"    run {line!r}\n" if "'" not in line else f"    run %q({line})\n" for line in step)
        alone = "no_transaction\n  " if "ADD VALUE" in step[0] else ""
        (work / "migrations" / f"{i + 1:03}_step.rb").write_text(f"Sequel.migration do\n  {alone}up do\n{body}  end\nend\n")
        yield ["sh", "-c", 'sequel -m migrations "postgres${DATABASE_URL#postgresql}"']


OTHERS = {one.__name__: one for one in (dbmate, graphile, postgrator, db_migrate, sequelize, typeorm, kysely, ley, sequel)}
DAILY = ["dbmate", "sequel"]


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        yield one


@pytest.fixture
def pair(server, tmp_path, request):
    made = [f"{kind}_{abs(hash(request.node.name)) % 10**9}" for kind in ("bare", "guarded")]
    for name in made:
        server.create(name)
    yield [Database(server, name, tmp_path) for name in made]
    for name in made:
        server.drop(name)


@pytest.mark.parametrize("tool", [pytest.param(name, marks=[] if name in DAILY else [deep]) for name in OTHERS])
def test_every_step_is_the_same_and_comes_back(tool, pair, tmp_path):
    bare, guarded = pair
    works = tmp_path / "bare", tmp_path / "guarded"
    for expected, words in zip(OTHERS[tool](works[0]), OTHERS[tool](works[1])):
        before = guarded.content()
        ran = run(expected, works[0], {**bare.env, "NO_COLOR": "1"}, None)
        behind = run(guarded.guarded(words), works[1], {**guarded.env, "NO_COLOR": "1"}, None)
        assert behind.returncode == ran.returncode == 0, ran.stdout + ran.stderr + behind.stdout + behind.stderr
        assert guarded.schema() == bare.schema(), behind.stdout + behind.stderr
        assert "APPLIED" in behind.stderr
        comes_back(guarded, before)
        again = run(words, works[1], {**guarded.env, "NO_COLOR": "1"}, None)
        assert again.returncode == 0, again.stdout + again.stderr
        assert len(guarded.schema()) == len(bare.schema())
