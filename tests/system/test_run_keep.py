"""guardian run --keep: what another script owns is left alone. psql stands for the tools here, then the real Prisma."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
HARNESS = pathlib.Path(servers.__file__).resolve().parent.parent

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int, role text, team_id int);
CREATE TABLE teams (id int PRIMARY KEY, title text);
INSERT INTO teams SELECT g, 'team ' || g FROM generate_series(1, 5) g;
INSERT INTO users (name, age, role, team_id) SELECT 'u' || g, g, 'user', 1 + g % 5 FROM generate_series(1, 50) g;
"""
INIT = """-- what the schema file does not know
CREATE INDEX IF NOT EXISTS users_name_idx ON users (name);
ALTER TABLE users ALTER COLUMN role SET DEFAULT 'user';
ALTER TABLE users ADD COLUMN IF NOT EXISTS note text;
CREATE TABLE IF NOT EXISTS audit_log (id bigserial PRIMARY KEY, what text NOT NULL, user_id int REFERENCES users (id));
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'users_team_fkey') THEN
        ALTER TABLE users ADD CONSTRAINT users_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'c') THEN
        ALTER TABLE users ADD CHECK (age >= 0);
    END IF;
END $$;
DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad', 'ok'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
DROP TRIGGER IF EXISTS users_touch ON users;
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE OR REPLACE VIEW grown AS SELECT id, name FROM users WHERE age >= 18;
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        one.create("keep_base")
        one.psql("keep_base", stdin=BASE + INIT)
        yield one


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, folder
        self.env = {**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{folder}/store", "GUARDIAN_POLICY": "boot"}
        (folder / "init.sql").write_text(INIT)

    def cli(self, *words, status=0, stdin="", **more):
        ran = subprocess.run([GUARDIAN, *words], env={**self.env, **more}, input=stdin, capture_output=True, text=True, timeout=120, cwd=self.folder)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def psql(self, *texts, options=(), keep=("init.sql",), **more):
        words = [word for text in texts for word in ("-c", text)]
        kept = [word for one in keep for word in ("--keep", one)]
        return self.cli("run", *kept, *options, "--", "psql", "-X", "-v", "ON_ERROR_STOP=1", *words, **more)

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def dump(self):
        ran = subprocess.run(["pg_dump", "-N", "guardian"], env=self.server.env(self.name), capture_output=True, text=True, check=True)
        return [line for line in ran.stdout.splitlines() if line and not line.startswith(("--", "\\"))]

    def changes(self):
        return json.loads(self.cli("list", "--json").stdout)["changes"] if (self.folder / "store").exists() else []


@pytest.fixture
def world(server, tmp_path):
    name = f"keep_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE keep_base")
    yield World(server, name, tmp_path)
    server.drop(name)


# statement, object, what the server would have said
ANSWERED = [
    ("DROP INDEX users_name_idx", "index public.users_name_idx", "DROP INDEX"),
    ('DROP INDEX "public"."users_name_idx"', "index public.users_name_idx", "DROP INDEX"),
    ("DROP INDEX IF EXISTS users_name_idx CASCADE", "index public.users_name_idx", "DROP INDEX"),
    ("ALTER INDEX users_name_idx RENAME TO other", "index public.users_name_idx", "ALTER INDEX"),
    ("ALTER TABLE users ALTER COLUMN role DROP DEFAULT", "default of public.users.role", "ALTER TABLE"),
    ("ALTER TABLE users ALTER COLUMN role SET DEFAULT 'x'", "default of public.users.role", "ALTER TABLE"),
    ("ALTER TABLE users DROP COLUMN note", "column public.users.note", "ALTER TABLE"),
    ("ALTER TABLE users DROP COLUMN note, ADD COLUMN note int", "column public.users.note", "ALTER TABLE"),
    ("ALTER TABLE users DROP CONSTRAINT users_team_fkey", "constraint users_team_fkey on public.users", "ALTER TABLE"),
    ("ALTER TABLE users DROP CONSTRAINT users_age_check", "constraint users_age_check on public.users", "ALTER TABLE"),
    ("ALTER TABLE audit_log DROP CONSTRAINT audit_log_user_id_fkey", "constraint audit_log_user_id_fkey on public.audit_log", "ALTER TABLE"),
    ("ALTER TABLE audit_log ALTER COLUMN what DROP NOT NULL", "NOT NULL of public.audit_log.what", "ALTER TABLE"),
    ("DROP TABLE audit_log", "table public.audit_log", "DROP TABLE"),
    ("DROP TYPE mood", "type public.mood", "DROP TYPE"),
    ("DROP TRIGGER users_touch ON users", "trigger users_touch on public.users", "DROP TRIGGER"),
    ("DROP VIEW grown", "view public.grown", "DROP VIEW"),
    ("CREATE OR REPLACE VIEW grown AS SELECT id, name FROM users", "view public.grown", "CREATE VIEW"),
    ("DROP FUNCTION touch() CASCADE", "function public.touch", "DROP FUNCTION"),
]


def test_what_others_own_is_answered_and_costs_nothing(world):
    before = world.dump()
    script = "".join(f"{sql};\n" for sql, _, _ in ANSWERED)
    ran = world.cli("run", "--keep", "init.sql", "--", "psql", "-X", "-v", "ON_ERROR_STOP=1", stdin=script)
    assert ran.stdout.splitlines() == [tag for _, _, tag in ANSWERED]
    notices = [line for line in ran.stderr.splitlines() if line.startswith("NOTICE:  guardian: kept, not run: ")]
    assert len(notices) == len(ANSWERED)
    for (_, name, _), notice in zip(ANSWERED, notices):
        assert f" of {name} (init.sql:" in notice, notice
    assert "NOTHING  There was nothing to do." in ran.stderr and "kept" in ran.stderr
    assert world.dump() == before and not (world.folder / "store").exists()


def test_another_policy_refuses(world):
    before = world.dump()
    for policy, cases in (("default", ANSWERED[::6]), ("strict", ANSWERED[-1:])):
        for sql, name, _ in cases:
            ran = world.psql(sql, options=["--policy", policy], status=1)
            assert f"ERROR:  guardian: {name} belongs to init.sql:" in ran.stderr and re.search(rf"Policy {policy} refuses that \({policy}.yaml:\d+\)\. Where", ran.stderr), ran.stderr
            assert "REFUSED  Nothing was changed." in ran.stderr
    assert world.dump() == before


def test_what_is_not_declared_goes_its_way(world):
    world.server.psql(world.name, stdin="CREATE INDEX mine ON users (role); CREATE INDEX two ON teams (title);")
    ran = world.psql("DROP INDEX mine", "ALTER TABLE users ALTER COLUMN age TYPE bigint", "ALTER TABLE teams ADD COLUMN x int",
                     options=["--policy", "default"], status=1)
    assert "cannot alter type of a column used by a view" in ran.stderr
    ran = world.psql("DROP INDEX two", "ALTER TABLE users ALTER COLUMN role TYPE varchar(40)", "ALTER TABLE teams ADD COLUMN x int", "CREATE INDEX ON users (name)")
    assert "APPLIED" in ran.stderr and "kept, not run" not in ran.stderr
    assert world.psql("DROP INDEX nothing_there", status=1).stderr.startswith('ERROR:  index "nothing_there" does not exist')


def test_json_and_journal_tell_what_was_kept(world):
    ran = world.psql("ALTER TABLE teams ADD COLUMN motto text", "DROP INDEX users_name_idx", "DROP INDEX users_name_idx", options=["--json"])
    document = json.loads(ran.stdout)
    expected = [{"object": "index public.users_name_idx", "owner": "init.sql:2", "wanted": "drop", "text": "DROP INDEX users_name_idx"}]
    assert document["kept"] == expected and document["outcome"] == "applied" and len(document["steps"]) == 1
    shown = world.cli("show", document["change"], "--json")
    assert json.loads(shown.stdout)["kept"] == expected
    assert "index public.users_name_idx (init.sql:2): drop was not run" in world.cli("show", document["change"]).stdout
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT to_regclass('users_name_idx')") == "users_name_idx"


def test_the_rest_of_a_statement_runs(world):
    world.server.psql(world.name, stdin="CREATE INDEX mine ON users (role); ALTER TABLE teams ADD COLUMN spare int;")
    ran = world.psql("DROP INDEX users_name_idx, mine", "ALTER TABLE users ALTER role DROP DEFAULT, ADD COLUMN x numeric(10, 2), DROP CONSTRAINT users_team_fkey;",
                     "DROP TABLE audit_log; ALTER TABLE teams DROP COLUMN spare; -- done\n DROP INDEX users_name_idx; SELECT 1 AS one")
    assert ran.stdout.count("DROP INDEX") == 1 and ran.stdout.splitlines()[:2] == ["DROP INDEX", "ALTER TABLE"]
    assert "APPLIED" in ran.stderr
    assert world.value("SELECT to_regclass('users_name_idx'), to_regclass('mine'), to_regclass('audit_log')") == "users_name_idx||audit_log"
    assert world.value("SELECT count(*) FROM pg_attribute WHERE attname IN ('x', 'spare') AND NOT attisdropped") == "1"
    assert world.value("SELECT count(*) FROM pg_constraint WHERE conname = 'users_team_fkey'") == "1"


# What cannot be left out, and what is said.
FIXED = [
    ("DROP TABLE users CASCADE", "take it along"),
    ("DROP SCHEMA public CASCADE", "take it along"),
    ("ALTER TABLE users DROP COLUMN age CASCADE", "take it along"),
    ("ALTER TABLE audit_log RENAME TO log", "rename it"),
    ("ALTER TYPE mood RENAME TO humour", "rename it"),
    ("ALTER TABLE users RENAME COLUMN name TO title", "change it"),
    ("ALTER TABLE users RENAME role TO kind", "change it"),
    ("ALTER TABLE users RENAME team_id TO team", "change it"),
    ("DO $$ BEGIN DROP INDEX users_name_idx; END $$", "change it (DO block)"),
]


@pytest.mark.parametrize("sql, deed", FIXED)
def test_what_cannot_be_left_out_is_refused(world, sql, deed):
    before = world.dump()
    ran = world.psql(sql, status=1)
    assert "belongs to init.sql:" in ran.stderr and deed in ran.stderr, ran.stderr
    assert "HINT:  That is more than the drop of one object" in ran.stderr
    assert world.dump() == before


def test_the_owner_itself_is_let_through(world):
    world.psql("-- nothing", keep=())
    changed = INIT.replace("SET DEFAULT 'user'", "SET DEFAULT 'guest'").replace("age >= 18", "age >= 21")
    (world.folder / "init.sql").write_text(changed)
    world.cli("run", "--keep", "init.sql", "--", "psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "init.sql")
    assert "21" in world.value("SELECT pg_get_viewdef('grown')")
    assert "guest" in world.value("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'users'::regclass AND adnum = 4")


def test_names_in_place_of_files_and_in_a_policy(world):
    ran = world.psql("DROP INDEX users_name_idx", "ALTER TABLE users ALTER role DROP DEFAULT", keep=["public.users_name_idx", "public.users.role"])
    assert "(--keep)" in ran.stderr and "NOTHING" in ran.stderr
    (world.folder / "ci").mkdir()
    (world.folder / "ci" / "keep.yaml").write_text("policy: ours\nextends: boot\nkeep:\n  files: [../in*.sql]\n  objects: [public.teams.title]\n")
    ran = world.psql("DROP INDEX users_name_idx", "ALTER TABLE teams DROP COLUMN title", keep=[], GUARDIAN_POLICY="ci/keep.yaml")
    assert "init.sql:2" in ran.stderr and "(ci/keep.yaml:5)" in ran.stderr and "NOTHING" in ran.stderr


# option, file's text, what is said
WRONG = [
    ("nowhere.sql", None, 'could not open "nowhere.sql"'),
    ("no*.sql", None, "no file fits"),
    ("users", None, '"users" is no file, and no name of an object'),
    ("bad.sql", "CREATE TABLE x (i int);\nCREATE TABEL y (i int);\n", "bad.sql:2:8: could not read what it declares"),
    ("bad.sql", "\\i other.sql\n", "bad.sql:1"),
]


@pytest.mark.parametrize("keep, text, said", WRONG)
def test_what_cannot_be_read_is_an_error(world, keep, text, said):
    if text:
        (world.folder / keep).write_text(text)
    ran = world.psql("SELECT 1", keep=[keep], status=2)
    assert said in ran.stderr and ran.stdout == ""


def test_the_policys_words_have_their_place(world):
    for text, said in (("keep:\n  action: maybe\n", "bad.yaml:3:11"), ("keep:\n  file: [x]\n", "bad.yaml:3:3"),
                       ("keep:\n  objects: [users]\n", "bad.yaml:3:13"), ("keep:\n  files: [gone.sql]\n", "bad.yaml:3:11: keep: could not open")):
        (world.folder / "bad.yaml").write_text("policy: bad\n" + text + "extends: boot\n")
        assert said in world.psql("SELECT 1", options=["--policy", "./bad.yaml"], status=2).stderr


CLIENT = """
import os, sys
sys.path.insert(0, sys.argv[1])
from harness.wire import *

def show(messages):
    print(" ".join(kind.decode() + ("=" + body[:-1].decode() if kind == b"C" else "=" + fields(body)["M"][:40] if kind == b"E" else
                                    "=" + body.decode() if kind == b"Z" else "") for kind, body in messages if kind != b"N"))

def lone(sql, name=""):
    return parse(sql, name) + bind(statement=name) + describe(b"P") + execute()

client = Client(os.environ)
"""


def client(world, text, **more):
    (world.folder / "client.py").write_text(CLIENT + text)
    return world.cli("run", "--keep", "init.sql", "--", sys.executable, "client.py", str(HARNESS), **more)


def test_the_extended_protocol_gets_the_same_answers(world):
    ran = client(world, """
show(client.ask(lone("DROP INDEX users_name_idx"), SYNC))
show(client.ask(parse("DROP INDEX users_name_idx", "again"), describe(b"S", "again"), SYNC))
show(client.ask(bind(statement="again"), execute(), SYNC))
show(client.ask(bind(statement="again"), execute(), SYNC))
""")
    assert ran.stdout.splitlines() == ["1 2 n C=DROP INDEX Z=I", "1 t n Z=I", "2 C=DROP INDEX Z=I", "2 C=DROP INDEX Z=I"]
    assert "NOTHING" in ran.stderr and world.value("SELECT to_regclass('users_name_idx')") == "users_name_idx"


def test_in_a_pipeline_and_in_a_transaction(world):
    ran = client(world, """
show(client.ask(lone("CREATE TABLE one (i int)"), lone("DROP INDEX users_name_idx"), lone("CREATE TABLE two (i int)"), SYNC))
show(client.ask(query("BEGIN")))
show(client.ask(query("CREATE TABLE three (i int)")))
show(client.ask(query("DROP INDEX users_name_idx")))
show(client.ask(lone("DROP TABLE audit_log"), lone("ALTER TABLE users ALTER role DROP DEFAULT"), SYNC))
show(client.ask(query("SELECT nonsense")))
show(client.ask(query("DROP INDEX users_name_idx")))
show(client.ask(query("ROLLBACK")))
show(client.ask(query("BEGIN; DROP INDEX users_name_idx; CREATE TABLE four (i int); COMMIT")))
""", status=None)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "1 2 n C=CREATE TABLE 1 2 n C=DROP INDEX 1 2 n C=CREATE TABLE Z=I",
        "C=BEGIN Z=T", "C=CREATE TABLE Z=T", "C=DROP INDEX Z=T",
        "1 2 n C=DROP TABLE 1 2 n C=ALTER TABLE Z=T",
        "E=column \"nonsense\" does not exist Z=E", "E=current transaction is aborted, commands Z=E", "C=ROLLBACK Z=I",
        "C=BEGIN C=DO C=CREATE TABLE C=COMMIT Z=I"]
    assert world.value("SELECT to_regclass('one'), to_regclass('two'), to_regclass('three'), to_regclass('four'), to_regclass('users_name_idx'), to_regclass('audit_log')") \
        == "one|two||four|users_name_idx|audit_log"


def test_a_prepared_statement_is_answered_whole_or_refused(world):
    world.server.psql(world.name, stdin="CREATE INDEX mine ON users (role)")
    ran = client(world, """
show(client.ask(lone("DROP INDEX users_name_idx, mine"), SYNC))
""", status=3)
    assert ran.stdout.startswith("E=guardian: index public.users_name_idx be") and "REFUSED" in ran.stderr
    assert world.value("SELECT to_regclass('mine')") == "mine"


def test_what_is_answered_can_be_made_again(world):
    """As Prisma changes a foreign key: it is dropped, and later made again under the same name."""
    before = world.dump()
    ran = world.psql("ALTER TABLE users DROP CONSTRAINT users_team_fkey", "DROP INDEX users_name_idx", "CREATE INDEX users_name_idx ON users (age)",
                     "ALTER TABLE users ADD CONSTRAINT users_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE",
                     "ALTER TABLE users DROP COLUMN note", "ALTER TABLE users ADD COLUMN note int DEFAULT 5")
    assert "make again of constraint users_team_fkey on public.users" in ran.stderr and "NOTHING" in ran.stderr
    assert world.dump() == before
    ran = world.psql("CREATE INDEX users_name_idx ON users (age)", status=1)  # by itself it is the server's business
    assert "already exists" in ran.stderr


def test_a_file_that_touches_it_is_named_by_plan_and_refused_by_apply(world):
    (world.folder / "push.sql").write_text("ALTER TABLE teams ADD COLUMN motto text;\nDROP INDEX users_name_idx;\n")
    said = "push.sql:2 would drop index public.users_name_idx, which belongs to init.sql:2"
    assert said in world.cli("plan", "--keep", "init.sql", "push.sql").stdout
    before = world.dump()
    assert said in " ".join(world.cli("apply", "--keep", "init.sql", "push.sql", status=3).stderr.split())
    assert world.dump() == before
    world.cli("apply", "--keep", "init.sql", "init.sql")  # the owner's own
    (world.folder / "init.sql").write_text(INIT.replace("CREATE INDEX IF NOT EXISTS users_name_idx ON users (name);\n", ""))
    world.cli("apply", "--keep", "init.sql", "push.sql")
    assert world.value("SELECT to_regclass('users_name_idx')") == ""


def test_a_rehearsal_gets_the_same_answers(world):
    ran = world.psql("DROP INDEX users_name_idx", "DROP TABLE audit_log; ALTER TABLE teams ADD COLUMN k text", options=["--rehearse", "--json"])
    document = json.loads(ran.stdout)
    assert document["outcome"] == "applied" and len(document["steps"]) == 1 and [row["object"] for row in document["kept"]] == [
        "index public.users_name_idx", "table public.audit_log"]
    assert world.value("SELECT to_regclass('users_name_idx'), to_regclass('audit_log'), count(k) FROM teams") == "users_name_idx|audit_log|0"


def test_boot_after_boot(world):
    """Push and script, again and again: the same answers, no change, and then nothing is started."""
    words = ["run", "--keep", "init.sql", "--skip-unchanged", "--inputs", "init.sql", "--", "sh", "-c",
             "psql -Xq -c 'DROP INDEX users_name_idx' && psql -Xq -v ON_ERROR_STOP=1 -f init.sql"]
    world.cli(*words)
    changes, before = len(world.changes()), world.dump()
    ran = world.cli(*words)
    assert "nothing is started" in ran.stderr
    (world.folder / "init.sql").write_text(INIT + "-- more\n")
    assert "kept, not run" in world.cli(*words).stderr
    assert world.dump() == before and len(world.changes()) <= changes + 1


# ---- the real Prisma: what its push does to objects that it does not know ----

TOOLS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"
_spec = importlib.util.spec_from_file_location("regenerate", TOOLS / "regenerate.py")
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)

SCHEMA = """generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "postgresql"
}
model User {
  id       Int       @id @default(autoincrement())
  email    String    @unique
  name     String?
  bookings Booking[]
}
model Booking {
  id     Int  @id @default(autoincrement())
  userId Int
  user   User @relation(fields: [userId], references: [id], onDelete: Cascade)
}
"""
PRISMA_INIT = """
CREATE INDEX IF NOT EXISTS "User_name_idx" ON "User" (name);
ALTER TABLE "User" ALTER COLUMN name SET DEFAULT 'nobody';
ALTER TABLE "User" ADD COLUMN IF NOT EXISTS note text;
CREATE TABLE IF NOT EXISTS audit_log (id bigserial PRIMARY KEY, what text, user_id int REFERENCES "User" (id));
DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad', 'ok'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN
    IF (SELECT confdeltype FROM pg_constraint WHERE conname = 'Booking_userId_fkey') <> 'r' THEN
        ALTER TABLE "Booking" DROP CONSTRAINT "Booking_userId_fkey";
        ALTER TABLE "Booking" ADD CONSTRAINT "Booking_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" (id) ON UPDATE CASCADE ON DELETE RESTRICT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'user_manager') THEN
        ALTER TABLE "Booking" ADD COLUMN manager int, ADD CONSTRAINT user_manager FOREIGN KEY (manager) REFERENCES "User" (id);
    END IF;
END $$;
"""


@pytest.fixture(scope="module")
def prisma(server, tmp_path_factory):
    if not shutil.which("npm"):
        lack("npm is not installed")
    tools.npm("prisma7", *tools.PRISMA[7])
    made = tools.Prisma(7, server, tmp_path_factory.mktemp("prisma") / "work")
    (made.work / "schema.prisma").write_text(SCHEMA)
    (made.work / "init.sql").write_text(PRISMA_INIT)
    return made


def push(prisma, world, *options, status=0, **more):
    env = {**world.env, **prisma.env, "DATABASE_URL": tools.url(world.server, world.name), "GUARDIAN_STORE": f"file://{world.folder}/store", **more}
    words = [GUARDIAN, "run", *options, "--", "node", "node_modules/prisma/build/index.js", "db", "push"]
    ran = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, cwd=prisma.work, stdin=subprocess.DEVNULL)
    assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


def test_prisma_pushes_and_init_sql_stays(prisma, server, tmp_path):
    name = f"keep_prisma_{abs(hash(str(tmp_path))) % 10**9}"
    server.create(name)
    world = World(server, name, tmp_path)
    push(prisma, world)
    assert "NOTICE" not in server.psql(name, stdin="INSERT INTO \"User\" (email) VALUES ('a'), ('b'); INSERT INTO \"Booking\" (\"userId\") VALUES (1);").stderr
    server.psql(name, stdin=PRISMA_INIT)
    before, changes = world.dump(), world.changes()
    for _ in range(2):  # boot after boot
        ran = push(prisma, world, "--keep", "init.sql", "--json")
        document = json.loads(ran.stdout)
        assert document["outcome"] == "nothing" and document["change"] is None and document["steps"] == []
        wanted = {f"{row['wanted']} {row['object']}" for row in document["kept"]}
        assert wanted == {
            'drop index public."User_name_idx"', 'drop default of public."User".name', 'drop column public."User".note', 'drop column public."Booking".manager',
            'drop constraint user_manager on public."Booking"', 'drop constraint audit_log_user_id_fkey on public.audit_log', "drop table public.audit_log",
            "drop type public.mood", 'drop constraint "Booking_userId_fkey" on public."Booking"',
            'make again constraint "Booking_userId_fkey" on public."Booking"'}, wanted
        assert "Your database is now in sync" in ran.stderr
        assert world.dump() == before and world.changes() == changes
        server.psql(name, stdin=PRISMA_INIT)
        assert world.dump() == before
    refused = push(prisma, world, "--keep", "init.sql", "--policy", "default", status=1)
    assert "belongs to init.sql:" in " ".join((refused.stdout + refused.stderr).split()) and world.dump() == before
    # What the schema file does change goes in beside it.
    (prisma.work / "schema.prisma").write_text(SCHEMA.replace("  name     String?", "  name     String?\n  phone    String?"))
    ran = push(prisma, world, "--keep", "init.sql")
    assert "APPLIED" in ran.stderr and "kept" in ran.stderr and world.value("SELECT count(phone) FROM \"User\"") == "0"
    world.cli("rollback", "--last", "--yes")
    assert world.dump() == before
    server.drop(name)


DRIZZLE = """import { pgTable, serial, text, integer } from 'drizzle-orm/pg-core'
export const users = pgTable('users', { id: serial().primaryKey(), name: text(), age: integer(), role: text(), team_id: integer() })
export const teams = pgTable('teams', { id: integer().primaryKey(), title: text() })
"""


def test_drizzle_pushes_and_init_sql_stays(world):
    """It looks at public whole, drops every table that its file does not know, and every index and constraint of those it does."""
    if not shutil.which("npm"):
        lack("npm is not installed")
    home = tools.npm("drizzle", "drizzle-kit@0.31.11", "drizzle-orm@0.45.1", "pg@8.16.3")
    (world.folder / "node_modules").symlink_to(home / "node_modules")
    (world.folder / "schema.ts").write_text(DRIZZLE)
    (world.folder / "drizzle.config.ts").write_text("""import { defineConfig } from 'drizzle-kit'
export default defineConfig({ dialect: 'postgresql', schema: './schema.ts', dbCredentials: { url: process.env.DATABASE_URL! } })
""")
    before = world.dump()
    url = {"DATABASE_URL": tools.url(world.server, world.name), "NO_COLOR": "1"}
    ran = world.cli("run", "--keep", "init.sql", "--json", "--", "script", "-qec", "node_modules/.bin/drizzle-kit push --force", "/dev/null", status=None, **url)
    document = json.loads(ran.stdout)
    assert ran.returncode == 0 and "Changes applied" in ran.stderr, ran.stderr
    wanted = {f"{row['wanted']} {row['object']}" for row in document["kept"]}
    assert document["outcome"] == "nothing" and wanted >= {"drop table public.audit_log", "drop index public.users_name_idx", "drop column public.users.note"}, wanted
    assert world.dump() == before
