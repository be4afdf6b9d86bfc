#!/usr/bin/python3
"""Makes the SQL in this folder anew with the real migration tools: regenerate.py [TOOL...]

Each tool is run against a throwaway server that logs every statement; what it wrote to files is copied, and what it sends
over the wire alone is cut out of the server's log (introspection left out). Tools from npm are installed, with pinned
versions, into the cache folder that tests/harness/pg.sh uses; sqitch, alembic, python3-django and ruby-activerecord come from
Debian. A tool that is not there is named and left out.
"""

import functools
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from harness import server as servers  # noqa: E402 (the path comes first)

PRISMA = {
    6: ["prisma@6.19.3", "@prisma/client@6.19.3", "@prisma/adapter-pg@6.19.3"],
    7: ["prisma@7.10.0", "@prisma/client@7.10.0", "@prisma/adapter-pg@7.10.0",
        "@prisma/schema-engine-wasm@7.10.0-4.0edf323efd1d98336f3f0a68684b56f689b900d3"],
}
_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] a=(?P<app>.*?) d=(?P<db>\S*) .*?LOG:  (?:statement|execute [^:]*): (?P<sql>.*)", re.S)
_LOOKING = re.compile(r"pg_catalog|information_schema|pg_class|pg_namespace|pg_type|pg_attribute|pg_indexes|pg_settings|pg_database|pg_extension|pg_constraint|"
                      r"current_schema|version\(\)|^\s*(SHOW|SET client|SET SESSION|SET standard|SET intervalstyle|SET TIME ZONE|SELECT 1\s*;?$|SELECT t\.oid)", re.I)


def cache():
    return pathlib.Path(os.environ.get("GUARDIAN_TEST_CACHE") or (
        "/var/cache/guardian-test" if os.getuid() == 0 else os.path.expanduser("~/.cache/guardian-test")))


def npm(name, *packages):
    home = cache() / "tools" / name
    home.mkdir(parents=True, exist_ok=True)
    stamp = home / "installed"
    if not stamp.exists() or stamp.read_text() != " ".join(packages):
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(home), *packages],
                       check=True, capture_output=True)
        stamp.write_text(" ".join(packages))
    return home


def have(program):
    if shutil.which(program):
        return True
    print(f"{program} is not installed: left out", file=sys.stderr)
    return False


class Wire:
    """Reads what a tool sent to one database since the last time."""

    def __init__(self, server, database):
        self.log, self.database, self.offset = pathlib.Path(server.dir, "log"), database, 0
        self.sent()

    def sent(self):
        text = self.log.read_text(errors="replace")
        new, self.offset = text[self.offset:], len(text)
        entries = re.split(r"\n(?!\t)", new)
        found = []
        for entry in entries:
            match = _ENTRY.match(entry)
            if match and match["db"] == self.database and not _LOOKING.search(match["sql"]):
                sql = match["sql"].replace("\n\t", "\n").strip()
                bare = sql.rstrip().split("\n")[-1].startswith("--")  # nothing but a comment stands at its end
                sql = sql if sql.endswith(";") or bare else sql + ";"
                # the log has no data lines: without them the data must at least end
                found.append(sql + "\n\\." if re.match(r"COPY\b.*\bFROM\s+stdin", sql, re.I | re.S) else sql)
        return found


def write(path, statements, note=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(([f"-- {note}"] if note else []) + [one for one in statements if one])
    path.write_text(re.sub(r"[ \t]+\n", "\n", text) + "\n" if text else "-- nothing was sent\n")


def start():
    return servers.Server(tcp=True, settings={"log_statement": "all"})


def url(server, database):
    return f"postgresql://postgres:unused@127.0.0.1:{server.port}/{database}"


# --- Prisma --------------------------------------------------------------------------------------

SEED = """INSERT INTO "User" (email, name, "updatedAt") SELECT 'u' || i || '@example.org', 'User ' || i, now() FROM generate_series(1, 5) i;
INSERT INTO "Venue" (title, rating, capacity, "ownerId") SELECT 'Venue ' || i, 'good', 10 * i, i FROM generate_series(1, 5) i;
INSERT INTO "Booking" ("startsAt", "endsAt", note, "userId", "venueId") SELECT now(), now(), 'note', i, i FROM generate_series(1, 5) i;
INSERT INTO "Payment" (amount, "bookingId") SELECT 10.55, i FROM generate_series(1, 5) i;"""


class Prisma:
    def __init__(self, major, server, work):
        self.home, self.major, self.server, self.work = npm(f"prisma{major}", *PRISMA[major]), major, server, work
        work.mkdir(parents=True)
        for name in ("engine.mjs", "adapter.mjs"):
            shutil.copy(HERE / "prisma" / name, work / name)
        (work / "node_modules").symlink_to(self.home / "node_modules")
        self.env = {**os.environ, "CHECKPOINT_DISABLE": "1", "PRISMA_HIDE_UPDATE_MESSAGE": "1", "NO_COLOR": "1"}
        (self._config_6 if major == 6 else self._config_7)()

    def _config_6(self):
        # the wasm engine is inside the CLI; a file must stand where it looks for its native query engine
        (self.work / "none.node").touch()
        self.env["PRISMA_QUERY_ENGINE_LIBRARY"] = str(self.work / "none.node")
        (self.work / "prisma.config.ts").write_text("""
import { defineConfig } from 'prisma/config'
import { createRequire } from 'node:module'
// @ts-ignore
import { makeFactory, letProcessEnd } from './adapter.mjs'
letProcessEnd()
export default defineConfig({
  schema: './schema.prisma', migrations: { path: './migrations' }, experimental: { adapter: true }, engine: 'js',
  adapter: async () => makeFactory(createRequire(process.cwd() + '/x.js'), process.env.DATABASE_URL),
})
""")

    def _config_7(self):
        # the CLI starts the engine with an empty environment
        engine = self.work / "engine"
        engine.write_text(f"#!/bin/sh\nPRISMA_ENGINE_ROOT={self.work} exec {shutil.which('node')} {self.work}/engine.mjs \"$@\"\n")
        engine.chmod(0o755)
        self.env["PRISMA_SCHEMA_ENGINE_BINARY"] = str(engine)
        (self.work / "prisma.config.ts").write_text("""
import { defineConfig } from 'prisma/config'
export default defineConfig({
  schema: './schema.prisma', migrations: { path: './migrations' },
  datasource: { url: process.env.DATABASE_URL!, shadowDatabaseUrl: process.env.SHADOW_URL },
})
""")

    def database(self, name):
        self.server.create(name)
        self.server.create(name + "_shadow")
        self.env["DATABASE_URL"], self.env["SHADOW_URL"] = url(self.server, name), url(self.server, name + "_shadow")

    def schema(self, source, name="schema.prisma"):
        text = source.read_text()
        if self.major == 6:
            text = text.replace('provider = "postgresql"\n', 'provider = "postgresql"\n  url      = env("DATABASE_URL")\n')
        (self.work / name).write_text(text)
        return self.work / name

    def run(self, *words, terminal=False):
        command = ["node", "node_modules/prisma/build/index.js", *words]
        if terminal:  # migrate dev asks whether it may; it wants a terminal to ask on
            answers = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; printf 'y\\r'; done"
            command = ["bash", "-c", f"({answers}) 2>/dev/null | script -qec {shlex.quote(' '.join(command))} /dev/null"]
        return subprocess.run(command, cwd=self.work, env=self.env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


def steps():
    return sorted((HERE / "prisma" / "schemas").glob("*.prisma"))


def prisma_diff(prisma, folder):
    """migrate diff --script between neighbours: what a migration file holds without its comments."""
    flags = ("--from-schema-datamodel", "--to-schema-datamodel") if prisma.major == 6 else ("--from-schema", "--to-schema")
    earlier = None
    for step in steps():
        now = prisma.schema(step, "next.prisma")
        words = [flags[0], "before.prisma"] if earlier else ["--from-empty"]
        ran = prisma.run("migrate", "diff", *words, flags[1], "next.prisma", "--script")
        assert ran.returncode == 0, f"{step.name}: {ran.stdout}{ran.stderr}"
        write(folder / f"{step.stem}.sql", [ran.stdout.strip()])
        shutil.copy(now, prisma.work / "before.prisma")
        earlier = step


def prisma_dev(prisma, folder):
    """migrate dev --create-only for every step, each applied before the next: the files that a project keeps."""
    prisma.database("dev")
    for step in steps():
        prisma.schema(step)
        name = step.stem.partition("-")[2].replace("-", "_")
        ran = prisma.run("migrate", "dev", "--create-only", "--name", name, terminal=True)
        made = list((prisma.work / "migrations").glob(f"*_{name}/migration.sql"))
        assert made, f"{step.name}: {ran.stdout}{ran.stderr}"
        write(folder / f"{step.stem}" / "migration.sql", [made[0].read_text().strip()])
        if "values" in name:
            split_by_hand(made[0], folder)
        ran = prisma.run("migrate", "deploy")
        assert ran.returncode == 0, f"{step.name}: {ran.stdout}{ran.stderr}"


def split_by_hand(path, folder):
    """A file that adds enum values and uses one cannot be applied as one query: part it, as its authors have to."""
    text = path.read_text()
    first = "\n".join(re.findall(r"^ALTER TYPE .* ADD VALUE .*;", text, re.M))
    rest = re.sub(r"^ALTER TYPE .* ADD VALUE .*;\n", "", text, flags=re.M)
    second = path.parent.parent / (path.parent.name + "_part_2") / "migration.sql"
    second.parent.mkdir()
    path.write_text(first + "\n")
    second.write_text(rest)
    write(folder / "05-split-by-hand-1" / "migration.sql", [first])
    write(folder / "05-split-by-hand-2" / "migration.sql", [rest.strip()])


def prisma_push(prisma, folder):
    """db push of every step onto a database with rows: what goes over the wire and is written nowhere."""
    wire = Wire(prisma.server, "push")
    for step in steps():
        prisma.schema(step)
        notes = []
        for options in ([], ["--accept-data-loss"], "emptied"):
            if options == "emptied":
                prisma.server.run('DO $$ DECLARE t text; BEGIN FOR t IN SELECT oid::regclass::text FROM pg_class'
                                  " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP EXECUTE 'TRUNCATE ' || t || ' CASCADE'; END LOOP; END $$",
                                  "push")
                options = ["--accept-data-loss"]
                wire.sent()
            ran = prisma.run("db", "push", *options, *(["--skip-generate"] if prisma.major == 6 else []))
            sent = wire.sent()
            label = " ".join(["db push", *options])
            if ran.returncode == 0:
                write(folder / f"{step.stem}.sql", sent, " ".join([label + " went through", *notes]))
                break
            notes.append(f"(after \"{label}\" was refused)")
            if any(not one.upper().startswith("SELECT") for one in sent):
                write(folder / f"{step.stem}-failed.sql", sent, f"{label} failed here, half applied")
        else:
            raise AssertionError(f"{step.name}: {ran.stdout}{ran.stderr}")
        if step.stem.startswith("01"):
            prisma.server.run(SEED, "push")
            wire.sent()


def regenerate_prisma(major, server, work):
    out, prisma = HERE / "prisma", Prisma(major, server, work)
    for name in ("diff", "push", "history"):
        shutil.rmtree(out / f"{name}{major}", ignore_errors=True)
    prisma.database("push")
    prisma_diff(prisma, out / f"diff{major}")
    prisma_push(prisma, out / f"push{major}")
    if major == 7:
        prisma_dev(prisma, out / "history7")
    for folder in ("diff", "push"):  # version 6 is kept where it differs
        for one in (out / f"{folder}6").glob("*.sql"):
            other = out / f"{folder}7" / one.name
            if other.exists() and one.read_text() == other.read_text():
                one.unlink()


# --- the others ------------------------------------------------------------------------------------

def prepared(server, work, tool):
    """An empty database, a copy of the tool's sources, and the environment in which it finds both."""
    server.create("wire")
    shutil.copytree(HERE / tool / "src", work)
    return {**server.env("wire"), "PGHOST": "127.0.0.1", "DATABASE_URL": url(server, "wire"), "NO_COLOR": "1", "CI": "1"}


def run(words, work, env, may_fail=False):
    ran = subprocess.run([str(word) for word in words], cwd=work, env=env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert may_fail or ran.returncode == 0, f"{' '.join(map(str, words))}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def regenerate_drizzle(server, work):
    home, env = npm("drizzle", "drizzle-kit@0.31.11", "drizzle-orm@0.45.1", "pg@8.16.3"), prepared(server, work, "drizzle")
    out = HERE / "drizzle"
    (work / "node_modules").symlink_to(home / "node_modules")
    (work / "drizzle.config.ts").write_text("""import { defineConfig } from 'drizzle-kit'
export default defineConfig({ dialect: 'postgresql', schema: './schema.ts', out: './out', entities: { roles: false },
  dbCredentials: { url: process.env.DATABASE_URL! } })
""")
    for folder in ("generated", "push"):
        shutil.rmtree(out / folder, ignore_errors=True)
    wire = Wire(server, "wire")
    for step in sorted((out / "src").glob("*.ts")):
        shutil.copy(step, work / "schema.ts")
        run(["node_modules/.bin/drizzle-kit", "generate", "--name", step.stem.partition("_")[2]], work, env)
        run(["script", "-qec", "node_modules/.bin/drizzle-kit push --force", "/dev/null"], work, env, may_fail=True)
        write(out / "push" / f"{step.stem}.sql", wire.sent(), "drizzle-kit push --force")
    for made in sorted((work / "out").glob("*.sql")):
        write(out / "generated" / made.name, [made.read_text().strip()])


def regenerate_knex(server, work):
    home, env = npm("knex", "knex@3.3.0", "pg@8.16.3"), prepared(server, work, "knex")
    (work / "node_modules").symlink_to(home / "node_modules")
    (work / "knexfile.cjs").write_text("module.exports = { client: 'pg', connection: process.env.DATABASE_URL,"
                                       " migrations: { directory: '.', loadExtensions: ['.js'] } }\n")
    wire = Wire(server, "wire")
    for step in sorted((HERE / "knex" / "src").glob("*.js")):
        run(["node_modules/.bin/knex", "migrate:up", "--knexfile", "knexfile.cjs"], work, env)
        write(HERE / "knex" / f"{step.stem}.sql", wire.sent(), "knex migrate:up")


def regenerate_node_pg_migrate(server, work):
    home, env = npm("node-pg-migrate", "node-pg-migrate@9.0.0", "pg@8.16.3"), prepared(server, work, "node-pg-migrate")
    (work / "node_modules").symlink_to(home / "node_modules")
    (work / "migrations").mkdir()
    wire = Wire(server, "wire")
    for step in sorted((HERE / "node-pg-migrate" / "src").glob("1*")):
        shutil.copy(step, work / "migrations")
        run(["node_modules/.bin/node-pg-migrate", "up", "-m", "migrations"], work, env)
        write(HERE / "node-pg-migrate" / f"{step.stem}.sql", wire.sent(), "node-pg-migrate up")


def regenerate_sqitch(server, work):
    if not have("sqitch"):
        return
    env = prepared(server, work, "sqitch")
    target, wire = url(server, "wire").replace("postgresql:", "db:pg:"), Wire(server, "wire")
    for step in ("books", "loans", "drop-remarks"):
        run(["sqitch", "deploy", "--verify", "--to", step, target], work, env)
        write(HERE / "sqitch" / f"deploy-{step}.sql", wire.sent(), "sqitch deploy --verify; lines of COPY data are not in the server's log")
    run(["sqitch", "revert", "-y", target], work, env)
    write(HERE / "sqitch" / "revert-all.sql", wire.sent(), "sqitch revert")


def regenerate_alembic(server, work):
    if not have("alembic"):
        return
    env, wire = prepared(server, work, "alembic"), Wire(server, "wire")
    write(HERE / "alembic" / "offline.sql", [run(["alembic", "upgrade", "head", "--sql"], work, env).strip()], "alembic upgrade head --sql")
    for step, revision in enumerate(("a1", "a2", "a3", "a4", "a5"), 1):
        run(["alembic", "upgrade", revision], work, env)
        write(HERE / "alembic" / f"{step}.sql", wire.sent(), f"alembic upgrade {revision}")


def regenerate_django(server, work):
    if not have("django-admin"):
        return
    env = prepared(server, work, "django")
    env |= {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(work)}
    (work / "app" / "migrations").mkdir(parents=True)
    for name in ("app/__init__.py", "app/migrations/__init__.py"):
        (work / name).touch()
    wire = Wire(server, "wire")
    for step in sorted((HERE / "django" / "src").glob("[0-9]*.py")):
        shutil.copy(step, work / "app" / "models.py")
        run(["django-admin", "makemigrations", "app", "-n", step.stem.partition("_")[2]], work, env)
        wire.sent()
        number = f"{int(step.stem[0]):04d}"
        write(HERE / "django" / "sqlmigrate" / f"{step.stem}.sql", [run(["django-admin", "sqlmigrate", "app", number], work, env).strip()])
        wire.sent()
        run(["django-admin", "migrate"], work, env)
        write(HERE / "django" / "wire" / f"{step.stem}.sql", wire.sent(), "django-admin migrate")


def regenerate_activerecord(server, work):
    if not have("ruby"):
        return
    env, wire = prepared(server, work, "activerecord"), Wire(server, "wire")
    (work / "migrations").mkdir()
    for step in sorted((HERE / "activerecord" / "src").glob("2*.rb")):
        shutil.copy(step, work / "migrations")
        run(["ruby", "migrate.rb", "migrations"], work, env)
        write(HERE / "activerecord" / f"{step.stem}.sql", wire.sent(), "ActiveRecord 6.1")


TOOLS = {"prisma7": functools.partial(regenerate_prisma, 7), "prisma6": functools.partial(regenerate_prisma, 6),
         "drizzle": regenerate_drizzle, "knex": regenerate_knex,
         "node-pg-migrate": regenerate_node_pg_migrate, "sqitch": regenerate_sqitch, "alembic": regenerate_alembic,
         "django": regenerate_django, "activerecord": regenerate_activerecord}


def main():
    wanted = sys.argv[1:] or list(TOOLS)
    for name in wanted:
        with start() as server:
            work = pathlib.Path(server.dir + ".work")
            try:
                TOOLS[name](server, work)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        print(f"{name}: done")


if __name__ == "__main__":
    main()
