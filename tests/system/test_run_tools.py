"""guardian run with the real migration tools: the same end state as without it, a backup where something is lost, and the way back.

Each case begins from two copies of one database. The tool runs on the first as it is, on the second behind the door. Prisma's
evolving schema and the sources of the others are those of tests/corpus/tools; what is not needed every day is behind
GUARDIAN_TEST_DEEP=1.
"""

import importlib.util
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
TOOLS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"
HISTORY = TOOLS / "prisma" / "history7"
deep = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="GUARDIAN_TEST_DEEP=1 runs it")

_spec = importlib.util.spec_from_file_location("regenerate", TOOLS / "regenerate.py")
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)

SEED = """INSERT INTO "User" (email, name, "updatedAt", "createdAt") SELECT 'u' || i, 'User ' || i, '2026-01-01', '2026-01-01' FROM generate_series(1, 5) i;
INSERT INTO "Venue" (title, description, rating, capacity, "ownerId") SELECT 'Venue ' || i, 'about ' || i, 'good', 10 * i, i FROM generate_series(1, 5) i;
INSERT INTO "Booking" ("startsAt", "endsAt", note, "userId", "venueId") SELECT '2026-02-01 10:00', '2026-02-02', 'note', i, i FROM generate_series(1, 5) i;
INSERT INTO "Payment" (amount, "bookingId") SELECT 10.55, i FROM generate_series(1, 5) i;
"""
# What a step finds in columns and tables that an earlier one made.
FILL = {
    2: """UPDATE "User" SET phone = '+1' || id;""",
    4: """INSERT INTO "Tag" (label) SELECT 'tag ' || i FROM generate_series(1, 3) i; INSERT INTO "_TagToVenue" SELECT i, i FROM generate_series(1, 3) i;""",
    7: """UPDATE "User" SET mobile = '+2' || id;""",
}


def lines_of(step):
    """The migration of one step as Prisma wrote it, by hand on a database that holds rows."""
    if step == 12:  # what its author must do where there are rows
        return ['ALTER TABLE "Booking" ADD COLUMN reference text; UPDATE "Booking" SET reference = id; ALTER TABLE "Booking" ALTER COLUMN reference SET NOT NULL;']
    names = ["05-split-by-hand-1", "05-split-by-hand-2"] if step == 5 else [path.name for path in HISTORY.glob(f"{step:02}-*")]
    return [(HISTORY / name / "migration.sql").read_text() for name in names]


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        yield one


@pytest.fixture(scope="module")
def states(server):
    """Databases as they are after step n, with rows; made when they are asked for."""
    made = {}

    def state(step):
        if step not in made:
            name = f"state_{step}"
            server.create(name, template=state(step - 1) if step > 0 else "template0")
            for text in lines_of(step) if step > 0 else []:
                server.psql(name, "-1", stdin=text)
            server.psql(name, stdin=(SEED if step == 1 else "") + FILL.get(step, ""))
            made[step] = name
        return made[step]
    return state


@pytest.fixture
def pair(server, states, request, tmp_path):
    """Two copies of one state: for the tool as it is, and for the tool behind the door."""
    made = []

    def two(step):
        label = f"{abs(hash(request.node.name)) % 10**9}_{len(made)}"
        for kind in ("bare", "guarded"):
            made.append(f"{kind}_{label}")
            server.create(made[-1], template=states(step))
        return [Database(server, name, tmp_path) for name in made[-2:]]
    yield two
    for name in made:
        server.drop(name)


class Database:
    def __init__(self, server, name, folder):
        self.server, self.name, self.store = server, name, folder / f"{name}.store"
        self.url = tools.url(server, name)
        self.env = {**server.env(name), "PGHOST": "127.0.0.1", "DATABASE_URL": self.url, "GUARDIAN_STORE": f"file://{self.store}"}

    def cli(self, *words, status=0):
        ran = subprocess.run([GUARDIAN, *words], env=self.env, capture_output=True, text=True, timeout=120)
        assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def shelf(self):
        return json.loads(self.cli("list", "--json")) if self.store.exists() else {"changes": [], "snapshots": []}

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def dump(self, *words):
        ran = subprocess.run(["pg_dump", "-N", "guardian", *words], env=self.server.env(self.name), capture_output=True, text=True, check=True)
        return [line for line in ran.stdout.splitlines() if line and not re.match(r"--|\\(un)?restrict", line)]

    def schema(self):
        return self.dump("-s")

    def content(self):
        """Definitions and rows, whatever the order of columns: a column that came back is the last one."""
        names = self.value("SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$|guardian$)' ORDER BY 1::text")
        rows = [self.value(f"SELECT '{name}', to_jsonb(t) FROM {name} t ORDER BY 2") for name in names.split()]
        return sorted(line.strip().rstrip(",") for line in self.schema()) + sorted(rows)

    def guarded(self, words, options=()):
        return [GUARDIAN, "run", *options, "--", *words]


def run(words, work, env, status=0):
    ran = subprocess.run([str(word) for word in words], cwd=work, env=env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert status is None or ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


def npm(name, *packages):
    if not shutil.which("npm"):
        lack("npm is not installed")
    return tools.npm(name, *packages)


# ---- Prisma ----

@pytest.fixture(scope="module")
def prisma(server, tmp_path_factory):
    npm("prisma7", *tools.PRISMA[7])
    return tools.Prisma(7, server, tmp_path_factory.mktemp("prisma") / "work")


def source(step):
    return next((TOOLS / "prisma" / "schemas").glob(f"{step:02}-*.prisma"))


PUSH = ["node", "node_modules/prisma/build/index.js", "db", "push"]


def push(prisma, database, step, *options, guard=None, status=0):
    prisma.schema(source(step))
    words = [*PUSH, *options]
    env = {**prisma.env, **database.env}
    return run(words if guard is None else database.guarded(words, guard), prisma.work, env, status)


def same_as_bare(prisma, pair, step, *options, status=0, policy="default", before=None):
    """Pushes onto both copies; the guarded one, and what it looked like before."""
    bare, guarded = pair(step - 1)
    for one in (bare, guarded):
        if before:
            one.value(before)
    content = guarded.content()
    expected = push(prisma, bare, step, *options, status=status)
    ran = push(prisma, guarded, step, *options, guard=["--policy", policy], status=status)
    assert guarded.dump() == bare.dump()
    assert [line for line in ran.stdout.splitlines() if "127.0.0.1" not in line and "Done in" not in line and " in " not in line] == \
        [line for line in expected.stdout.splitlines() if "127.0.0.1" not in line and "Done in" not in line and " in " not in line]
    return guarded, content, ran


def comes_back(database, content):
    database.cli("rollback", "--last", "--yes")
    assert database.content() == content


def test_first_push_then_nothing_to_do_then_back(prisma, pair):
    guarded, content, ran = same_as_bare(prisma, pair, 1, policy="boot")
    assert "APPLIED" in ran.stderr
    shelf = guarded.shelf()
    assert len(shelf["changes"]) == 1 and len(shelf["snapshots"]) == 1
    ran = push(prisma, guarded, 1, guard=["--policy", "boot"])
    assert "already in sync" in ran.stdout and "guardian" not in ran.stderr and "APPLIED" not in ran.stderr
    assert guarded.shelf() == shelf
    comes_back(guarded, content)


# step, options, what the shelf must hold to bring it back
STEPS = [
    pytest.param(2, [], "schema", id="additive", marks=deep),
    pytest.param(3, [], "database", id="enum-value", marks=deep),
    pytest.param(4, [], "schema", id="tables", marks=deep),
    pytest.param(5, [], "database", id="enum-values-and-use", marks=deep),
    pytest.param(6, ["--accept-data-loss"], "database", id="enum-value-removed"),
    pytest.param(7, ["--accept-data-loss"], "database", id="column-renamed-by-drop"),
    pytest.param(8, ["--accept-data-loss"], None, id="widened", marks=deep),
    pytest.param(9, ["--accept-data-loss"], "database", id="narrowed", marks=deep),
    pytest.param(10, ["--accept-data-loss"], "database", id="type-changed", marks=deep),
    pytest.param(11, [], "schema", id="required-with-default", marks=deep),
    pytest.param(15, [], "schema", id="referential-actions", marks=deep),
    pytest.param(17, ["--accept-data-loss"], "database", id="column-and-index-dropped", marks=deep),
    pytest.param(19, ["--accept-data-loss"], None, id="primary-key", marks=deep),
    pytest.param(20, ["--accept-data-loss"], "database", id="model-dropped", marks=deep),
]


@pytest.mark.parametrize("step, options, scope", STEPS)
def test_push_is_the_same_and_comes_back(prisma, pair, step, options, scope):
    guarded, content, ran = same_as_bare(prisma, pair, step, *options)
    assert "APPLIED" in ran.stderr
    shelf = guarded.shelf()
    assert len(shelf["changes"]) == 1 and shelf["changes"][0]["kind"] == "run"
    assert scope is None or scope in [snapshot["scope"] for snapshot in shelf["snapshots"]], shelf["snapshots"]
    comes_back(guarded, content)


@deep
def test_enum_value_that_rows_hold_fails_as_ever(prisma, pair):
    """Prisma gives up inside its own transaction, and leaves without a ROLLBACK."""
    guarded, content, ran = same_as_bare(prisma, pair, 6, "--accept-data-loss", status=1, before="UPDATE \"Booking\" SET status = 'NO_SHOW' WHERE id = 3")
    assert "FAILED" in ran.stderr and "APPLIED" not in ran.stderr
    assert guarded.content() == content


def test_half_way_is_told_and_goes_back(prisma, pair):
    guarded, content, ran = same_as_bare(prisma, pair, 14, "--accept-data-loss", status=1, before="UPDATE \"Booking\" SET reference = 'same'")
    assert "PARTIAL" in ran.stderr.upper() and "guardian rollback" in ran.stderr
    comes_back(guarded, content)


def refused(prisma, pair, step, *options, policy="boot", words=()):
    _, guarded = pair(step - 1)
    before = guarded.dump()
    ran = push(prisma, guarded, step, *options, guard=["--policy", policy], status=1)
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", ran.stdout + ran.stderr).split())
    for word in words:
        assert word in said, said
    assert "REFUSED" in ran.stderr
    assert guarded.dump() == before
    return ran


def test_boot_refuses_what_prisma_would_do(prisma, pair):
    refused(prisma, pair, 7, "--accept-data-loss", words=["guardian: policy boot refuses", "public.\"User\".phone"])


@deep
def test_boot_refuses_more(prisma, pair):
    refused(prisma, pair, 9, "--accept-data-loss", words=["guardian: policy boot refuses"])
    _, guarded = pair(19)  # foreign keys go before their tables do, each by itself: a part is in, and that is said
    content = guarded.content()
    ran = push(prisma, guarded, 20, "--accept-data-loss", guard=["--policy", "boot"], status=1)
    assert "PARTIAL" in ran.stderr and "policy boot refuses" in ran.stderr
    comes_back(guarded, content)


def test_force_reset(prisma, pair):
    refused(prisma, pair, 3, "--force-reset", words=["guardian: policy boot refuses"])
    bare, guarded = pair(2)
    content = guarded.content()
    push(prisma, bare, 3, "--force-reset")
    ran = push(prisma, guarded, 3, "--force-reset", guard=["--policy", "default"])
    assert guarded.dump() == bare.dump() and "APPLIED" in ran.stderr
    comes_back(guarded, content)


@deep
def test_prisma_refuses_by_itself(prisma, pair):
    guarded, content, ran = same_as_bare(prisma, pair, 12, status=1)
    assert guarded.content() == content and not guarded.store.exists()
    guarded, content, ran = same_as_bare(prisma, pair, 7, status=1)
    assert guarded.content() == content and not guarded.store.exists()


RECORDS = "SELECT migration_name, finished_at IS NOT NULL, applied_steps_count FROM _prisma_migrations ORDER BY 1"


@pytest.fixture
def history(prisma):
    """The project's folder of migrations; yields how to put steps in it."""
    folder = prisma.work / "migrations"

    def put(steps):
        folder.mkdir(exist_ok=True)
        for path in HISTORY.iterdir():
            if int(path.name[:2]) in steps and path.name != "05-add-enum-values-and-use-one":
                shutil.copytree(path, folder / path.name.replace("-split", "-x"), dirs_exist_ok=True)
        (folder / "migration_lock.toml").write_text('provider = "postgresql"\n')
    yield put
    shutil.rmtree(folder, ignore_errors=True)


def test_migrate_deploy(prisma, pair, history):
    bare, guarded = pair(0)
    words = ["node", "node_modules/prisma/build/index.js", "migrate", "deploy"]
    prisma.schema(source(6))

    def deploy(steps):
        history(steps)
        run(words, prisma.work, {**prisma.env, **bare.env})
        return run(guarded.guarded(words, ["--policy", "default"]), prisma.work, {**prisma.env, **guarded.env})
    ran = deploy(range(1, 5))
    assert "APPLIED" in ran.stderr
    assert guarded.schema() == bare.schema() and guarded.value(RECORDS) == bare.value(RECORDS)
    guarded.value(SEED)
    bare.value(SEED)
    content, shelf = guarded.content(), guarded.shelf()
    ran = deploy(range(1, 5))
    assert "No pending migrations" in ran.stdout and "APPLIED" not in ran.stderr
    assert guarded.shelf() == shelf
    deploy(range(1, 8))
    assert guarded.schema() == bare.schema() and guarded.value(RECORDS) == bare.value(RECORDS)
    comes_back(guarded, content)


def test_a_migration_that_uses_the_enum_value_it_adds(prisma, pair, history, states, server):
    """Prisma's own history at step 5 cannot be applied; behind the door it can."""
    bare, guarded = pair(0)
    prisma.schema(source(6))
    words = ["node", "node_modules/prisma/build/index.js", "migrate", "deploy"]
    history(range(1, 5))
    shutil.copytree(HISTORY / "05-add-enum-values-and-use-one", prisma.work / "migrations" / "05-add-enum-values-and-use-one")
    assert "unsafe use of new value" in run(words, prisma.work, {**prisma.env, **bare.env}, 1).stderr
    ran = run(guarded.guarded(words), prisma.work, {**prisma.env, **guarded.env})
    assert "APPLIED" in ran.stderr and "ALTER TYPE" in ran.stderr
    guarded.value("DROP TABLE _prisma_migrations")
    assert guarded.schema() == Database(server, states(5), prisma.work).schema()


ANSWERS = {rb"\(y/N\)|\(Y/n\)": b"y", rb"Type yes to let it run": b"all\r"}  # by what is shown; one key answers Prisma


def at_a_terminal(command, folder, env, limit=120):
    """Say yes to each question when it is shown; status, and all that was."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(str(command[0]), [str(word) for word in command], {**env, "TERM": "xterm"})
    shown, answered, until = b"", 0, time.monotonic() + limit
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # nobody has the other side any more
            break
        for question, answer in ANSWERS.items():
            if re.search(question, shown[answered:]):
                answered = len(shown)
                os.write(terminal, answer)
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


@deep
def test_migrate_dev_and_its_shadow_database(prisma, pair, history):
    bare, guarded = pair(0)
    prisma.schema(source(1))
    env = {key: value for key, value in prisma.env.items() if key != "SHADOW_URL"}
    words = ["node", "node_modules/prisma/build/index.js", "migrate", "dev", "--name", "first"]
    for one, command in ((bare, words), (guarded, guarded.guarded(words))):
        status, shown = at_a_terminal(command, prisma.work, {**env, **one.env})
        assert status == 0, shown
        shutil.rmtree(prisma.work / "migrations")
    assert guarded.schema() == bare.schema()
    assert guarded.value("SELECT count(*) FROM pg_database WHERE datname LIKE '%shadow_%' AND datname NOT LIKE 'guarded%'") == "0"


# ---- the others ----

def home(tool, folder):
    work = folder / tool
    shutil.copytree(TOOLS / tool / "src", work)
    return work


def knex(work):
    (work / "node_modules").symlink_to(npm("knex", "knex@3.3.0", "pg@8.16.3") / "node_modules")
    (work / "knexfile.cjs").write_text("module.exports = { client: 'pg', connection: process.env.DATABASE_URL,"
                                       " migrations: { directory: '.', loadExtensions: ['.js'] } }\n")
    for _ in sorted((TOOLS / "knex" / "src").glob("*.js")):
        yield ["node_modules/.bin/knex", "migrate:up", "--knexfile", "knexfile.cjs"]


def node_pg_migrate(work):
    (work / "node_modules").symlink_to(npm("node-pg-migrate", "node-pg-migrate@9.0.0", "pg@8.16.3") / "node_modules")
    (work / "migrations").mkdir()
    for step in sorted((TOOLS / "node-pg-migrate" / "src").glob("1*")):
        shutil.copy(step, work / "migrations")
        yield ["node_modules/.bin/node-pg-migrate", "up", "-m", "migrations"]


def drizzle(work):
    (work / "node_modules").symlink_to(npm("drizzle", "drizzle-kit@0.31.11", "drizzle-orm@0.45.1", "pg@8.16.3") / "node_modules")
    (work / "drizzle.config.ts").write_text("""import { defineConfig } from 'drizzle-kit'
export default defineConfig({ dialect: 'postgresql', schema: './schema.ts', out: './out', entities: { roles: false },
  dbCredentials: { url: process.env.DATABASE_URL! } })
""")
    for step in sorted((TOOLS / "drizzle" / "src").glob("*.ts")):
        shutil.copy(step, work / "schema.ts")
        yield ["script", "-qec", "node_modules/.bin/drizzle-kit push --force", "/dev/null"]


def need(program):
    if not shutil.which(program):
        lack(f"{program} is not installed")


def sqitch(work):
    need("sqitch")
    for step in ("books", "loans", "drop-remarks"):
        yield ["sh", "-c", f'sqitch deploy --verify --to {step} "db:pg:${{DATABASE_URL#postgresql:}}"']


def alembic(work):
    need("alembic")
    for revision in ("a1", "a2", "a3", "a4", "a5"):
        yield ["alembic", "upgrade", revision]


def django(work):
    need("django-admin")
    (work / "app" / "migrations").mkdir(parents=True)
    for name in ("app/__init__.py", "app/migrations/__init__.py"):
        (work / name).touch()
    for step in sorted((TOOLS / "django" / "src").glob("[0-9]*.py")):
        shutil.copy(step, work / "app" / "models.py")
        yield ["sh", "-c", f"django-admin makemigrations app -n {step.stem.partition('_')[2]} && django-admin migrate"]


def activerecord(work):
    need("ruby")
    (work / "migrations").mkdir()
    for step in sorted((TOOLS / "activerecord" / "src").glob("2*.rb")):
        shutil.copy(step, work / "migrations")
        yield ["ruby", "migrate.rb", "migrations"]


OTHERS = {"knex": knex, "node-pg-migrate": node_pg_migrate, "drizzle": drizzle, "sqitch": sqitch, "alembic": alembic, "django": django,
          "activerecord": activerecord}
DAILY = ["alembic", "sqitch", "activerecord"]


def tool_env(database, work):
    return {**database.env, "NO_COLOR": "1", "CI": "1", "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(work)}


@pytest.mark.parametrize("tool", [pytest.param(name, marks=[] if name in DAILY else [deep]) for name in OTHERS])
def test_every_step_is_the_same_and_comes_back(tool, pair, tmp_path):
    bare, guarded = pair(0)
    bare_work, work = home(tool, tmp_path / "bare"), home(tool, tmp_path / "guarded")
    for expected, words in zip(OTHERS[tool](bare_work), OTHERS[tool](work)):
        content = guarded.content()
        run(expected, bare_work, tool_env(bare, bare_work), None)
        ran = run(guarded.guarded(words), work, tool_env(guarded, work), None)
        assert guarded.schema() == bare.schema(), ran.stdout + ran.stderr
        assert len(guarded.content()) == len(bare.content())
        if "APPLIED" not in ran.stderr:
            assert guarded.content() == content, ran.stderr
            continue
        comes_back(guarded, content)
        run(words, work, tool_env(guarded, work), None)
        assert len(guarded.schema()) == len(bare.schema())
