"""guardian run --rehearse and guardian plan --rehearse: what a command does is learned on a scratch copy, decided on and backed up as a
whole, and nothing that was not seen there gets through when it counts."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
TOOLS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"
deep = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="GUARDIAN_TEST_DEEP=1 runs it")

_spec = importlib.util.spec_from_file_location("regenerate", TOOLS / "regenerate.py")
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, name text, age int, mood mood);
CREATE TABLE schema_migrations (version text PRIMARY KEY);
INSERT INTO schema_migrations VALUES ('1');
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
CREATE VIEW names AS SELECT name FROM users;
"""
PSQL = ("psql", "-X", "-v", "ON_ERROR_STOP=1")


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        one.create("rehearse_base")
        one.psql("rehearse_base", stdin=BASE)
        one.run("CREATE ROLE plain LOGIN; ")
        yield one


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder, self.store = server, name, folder, folder / "store"
        self.env = {**server.env(name), "PGHOST": "127.0.0.1", "DATABASE_URL": tools.url(server, name), "GUARDIAN_STORE": f"file://{self.store}",
                    "NO_COLOR": "1", "CI": "1"}

    def cli(self, *words, status=0, stdin=subprocess.DEVNULL, cwd=None, **more):
        ran = subprocess.run([GUARDIAN, *map(str, words)], env={**self.env, **more}, stdin=stdin, capture_output=True, text=True, timeout=120, cwd=cwd)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        assert self.databases() == set(), self.databases()
        return ran

    def run(self, *sql, options=(), **more):
        return self.cli("run", "--rehearse", *options, "--", *PSQL, *[word for one in sql for word in ("-c", one)], **more)

    def plan(self, *words, options=(), **more):
        ran = self.cli("plan", "--rehearse", "--json", *options, "--", *words, **more)
        return [one["text"].rstrip(";") for file in json.loads(ran.stdout)["files"] for one in file["statements"]]

    def databases(self):
        return {name for name, in self.server.run("SELECT datname FROM pg_database WHERE datname ~ 'guardian_drill|shadow'")}

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def changes(self):
        return json.loads(self.cli("list", "--json").stdout)["changes"] if self.store.exists() else []

    def schema(self):
        ran = subprocess.run(["pg_dump", "-s", "-N", "guardian"], env=self.server.env(self.name), capture_output=True, text=True, check=True)
        return [line for line in ran.stdout.splitlines() if line and not re.match(r"--|\\(un)?restrict", line)]


@pytest.fixture
def world(server, tmp_path):
    name = f"rehearse_{abs(hash(str(tmp_path))) % 10**9}"
    server.create(name, template="rehearse_base")
    yield World(server, name, tmp_path)
    server.drop(name)


def test_all_is_decided_and_backed_up_before_the_first_statement(world):
    ran = world.run("SELECT version FROM schema_migrations", "ALTER TABLE users DROP COLUMN age", "CREATE TABLE later (id int)",
                    "INSERT INTO schema_migrations VALUES (clock_timestamp()::text)")
    assert ran.stdout.count("ALTER TABLE") == 1 and "APPLIED" in ran.stderr and "rehearsed 3 statements" in ran.stderr
    assert ran.stderr.index("rehearsing on a database beside the live one") < ran.stderr.index("ALTER TABLE") < ran.stderr.index("APPLIED")
    assert [one["kind"] for one in world.changes()] == ["run"]
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(age) FROM users") == "200"


def test_the_trap_is_none(world):
    """Without a rehearsal the transaction's own lock stands in the way of its backup, and all begins again."""
    trap = "BEGIN; ALTER TABLE users ADD COLUMN x int", "ALTER TABLE users DROP COLUMN age", "COMMIT"
    ran = world.run(*trap, options=["--retry", "0"])
    assert "APPLIED" in ran.stderr and "again" not in ran.stderr
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(age) FROM users") == "200"


def test_a_refusal_comes_before_anything_runs(world):
    before = world.schema()
    ran = world.run("CREATE TABLE first (id int)", "ALTER TABLE users DROP COLUMN name CASCADE", options=["--policy", "boot"], status=3)
    assert "REFUSED  Nothing was changed." in ran.stderr and "policy boot refuses" in ran.stderr and "guardian plan --rehearse -- psql" in ran.stderr
    assert ran.stdout == "" and world.schema() == before and world.changes() == []
    assert "needs approval" in world.run("ALTER TABLE users DROP COLUMN age", options=["--policy", "strict"], status=3).stderr


def test_what_was_not_seen_does_not_get_through(world):
    ran = world.cli("run", "--rehearse", "--", "sh", "-c", 'psql -X -c "CREATE TABLE one ()" -c "CREATE TABLE t_$$ ()"', status=1)
    assert "this statement was not seen in the rehearsal" in ran.stderr
    assert world.value("SELECT to_regclass('one')") == "one" and world.value("SELECT count(*) FROM pg_class WHERE relname LIKE 't\\_%'") == "0"
    assert "PARTIAL" in ran.stderr and "guardian rollback" in ran.stderr
    # rows decide what it does: there are none in the copy
    loop = "psql -XAt -c 'SELECT id FROM users LIMIT 3' | while read id; do psql -X -c \"UPDATE users SET age = $id WHERE id = $id\"; done"
    ran = world.cli("run", "--rehearse", "--", "sh", "-c", loop, status=None)
    assert "not seen in the rehearsal" in ran.stderr and world.value("SELECT count(*) FROM users WHERE age <> id") == "0"


def test_what_only_adds_rows_is_known_by_its_shape(world):
    adds = "psql -X -v ON_ERROR_STOP=1 -c \"INSERT INTO users (name, age) VALUES ('$(date +%N)', -$$), ('b', NULL)\""
    assert "APPLIED" in world.cli("run", "--rehearse", "--", "sh", "-c", adds).stderr
    assert world.value("SELECT count(*) FROM users") == "202"
    other = "psql -X -v ON_ERROR_STOP=1 -c \"INSERT INTO users (name) SELECT 'n' FROM generate_series(1, $$)\""
    assert "APPLIED" in world.cli("run", "--rehearse", "--", "sh", "-c", other).stderr
    updates = "psql -X -v ON_ERROR_STOP=1 -c \"UPDATE users SET name = '$(date +%N)'\""
    assert "not seen" in world.cli("run", "--rehearse", "--", "sh", "-c", updates, status=1).stderr
    record = "psql -X -v ON_ERROR_STOP=1 -c \"UPDATE schema_migrations SET version = '$(date +%N)'\""
    assert "APPLIED" in world.cli("run", "--rehearse", "--policy", "boot", "--", "sh", "-c", record).stderr


def test_a_command_that_fails_there_is_not_run(world):
    ran = world.run("CREATE TABLE first (id int)", "SELECT 1/0", status=1)
    assert "ended with status 1 in the rehearsal" in ran.stderr and "division by zero" in ran.stderr and ran.stdout == ""
    assert world.value("SELECT to_regclass('first') IS NULL") == "t" and world.changes() == []
    assert world.cli("run", "--rehearse", "--", "sh", "-c", "exit 7", status=7)
    assert "no-such-program" in world.cli("run", "--rehearse", "--", "no-such-program", status=2).stderr
    document = json.loads(world.run("SELECT 1/0", options=["--json"], status=1).stdout)
    assert document["rehearsal"]["exit_status"] == 1 and document["outcome"] == "failed" and not document["changed"]


def test_the_document_tells_of_it(world):
    document = json.loads(world.run("CREATE TABLE t2 (id int)", options=["--json"]).stdout)
    assert document["rehearsal"]["statements"] == 1 and document["rehearsal"]["copy_seconds"] > 0 and document["outcome"] == "applied"
    assert json.loads(world.cli("run", "--json", "--", *PSQL, "-c", "CREATE TABLE t3 (id int)").stdout)["rehearsal"] is None


def test_the_second_net_is_in_the_copy_too(world):
    world.cli("install")
    ran = world.run("ALTER TABLE users DROP COLUMN age", "CREATE TABLE later (id int)")
    assert "rehearsed 2 statements" in ran.stderr and "APPLIED" in ran.stderr


def test_an_enum_value_and_its_use(world):
    ran = world.run("ALTER TYPE mood ADD VALUE 'great'; UPDATE users SET mood = 'great' WHERE id = 1")
    assert "APPLIED" in ran.stderr and world.value("SELECT mood FROM users WHERE id = 1") == "great"


def test_beside_the_live_database_nothing_else_is_touched(world):
    words = ("CREATE ROLE sneaky", "ALTER ROLE plain SET work_mem = '8MB'", f"ALTER DATABASE {world.name} SET work_mem = '8MB'", "DROP DATABASE rehearse_base",
             "DO $$ BEGIN EXECUTE 'CREATE ROLE sneaky'; END $$", f"COMMENT ON DATABASE {world.name} IS 'x'", f"GRANT CONNECT ON DATABASE {world.name} TO plain",
             f"ALTER DATABASE {world.name} OWNER TO plain", "COMMENT ON ROLE plain IS 'x'", "COPY users TO PROGRAM 'true'")
    ran = world.cli("run", "--rehearse", "--", "psql", "-X", *[word for sql in words for word in ("-c", sql)], status=1)
    assert ran.stderr.count("ERROR:  guardian: this statement cannot be rehearsed beside the live database") == len(words), ran.stderr
    assert world.server.run("SELECT 1 FROM pg_roles WHERE rolname = 'sneaky'") == [] and world.changes() == []
    assert "cannot be rehearsed" in world.cli("plan", "--rehearse", "--", *PSQL, "-c", words[0], status=5).stderr


def test_every_name_of_the_database_leads_to_the_copy(world):
    ask = "SELECT current_database() <> '{0}', count(*) = 0 FROM users".format(world.name)
    ran = world.cli("plan", "--rehearse", "--env", "OTHER", "--", "sh", "-c",
                    f'for to in "$DATABASE_URL" "$OTHER" "$DIRECT_URL" {world.name} ""; do psql -XAt -c "{ask}" "$to" || exit 1; done; exit 9',
                    status=5, DIRECT_URL=world.env["DATABASE_URL"])
    assert ran.stderr.count("t|t") == 5 and "status 9" in ran.stderr


def test_a_preview_runs_nothing(world):
    before = world.schema()
    said = world.plan(*PSQL, "-c", "BEGIN", "-c", "ALTER TABLE users DROP COLUMN age", "-c", "COMMIT", "-c", "SELECT 1", "-c", "CREATE TABLE t (id int)")
    assert [one for one in said if not one.startswith(("BEGIN", "COMMIT"))] == ["ALTER TABLE users DROP COLUMN age", "CREATE TABLE t (id int)"]
    assert world.schema() == before and not world.store.exists()
    text = world.cli("plan", "--rehearse", "--policy", "boot", "--", *PSQL, "-c", "ALTER TABLE users DROP COLUMN age", status=3).stdout
    assert "REFUSED" in text and "200 values in public.users.age" in text
    assert "one command" in world.cli("plan", "--rehearse", status=2).stderr


def test_a_file_is_read_twice_and_a_pipe_once(world, tmp_path):
    script = tmp_path / "script.sql"
    script.write_text("CREATE TABLE from_file (id int);\n")
    with open(script) as opened:
        assert "APPLIED" in world.cli("run", "--rehearse", "--", *PSQL, stdin=opened).stderr
    reading, writing = os.pipe()
    os.write(writing, b"CREATE TABLE from_pipe (id int);\n")
    os.close(writing)
    ran = world.cli("run", "--rehearse", "--", *PSQL, stdin=reading, status=None)
    os.close(reading)
    assert "a pipe, which can be read only once" in ran.stderr and "not seen in the rehearsal" in ran.stderr


def test_without_the_right_to_make_one_the_copy_is_in_a_throwaway_server(world):
    world.value("ALTER ROLE plain SET search_path = 'side', public; CREATE SCHEMA side AUTHORIZATION plain; ALTER TABLE users OWNER TO plain;"
                f"GRANT ALL ON SCHEMA public TO plain; GRANT CREATE ON DATABASE {world.name} TO plain; ALTER VIEW names OWNER TO plain; ALTER TABLE schema_migrations OWNER TO plain")
    env = {"DATABASE_URL": world.env["DATABASE_URL"].replace("postgres:unused", "plain:unused"), "PGUSER": "plain"}
    ran = world.run("CREATE TABLE here (id int)", "SELECT current_user, current_schema()", "ALTER TABLE users DROP COLUMN age", **env)
    assert "rehearsing on a throwaway server" in ran.stderr and "APPLIED" in ran.stderr and ran.stderr.count(" plain | side") + ran.stderr.count("plain        | side") == 1
    assert world.value("SELECT to_regclass('side.here') IS NOT NULL") == "t"
    # what is shared there is shared with nobody
    assert world.plan(*PSQL, "-c", "ALTER ROLE plain SET work_mem = '8MB'", options=["--policy", "development"], **env) == ["ALTER ROLE plain SET work_mem = '8MB'"]
    world.server.run("ALTER ROLE plain RESET search_path")


def test_a_server_that_was_named(world):
    with servers.Server() as other:
        ran = world.run("CREATE TABLE here (id int)", options=["--scratch", other.uri()])
        assert "rehearsing on the server that was named" in ran.stderr and "APPLIED" in ran.stderr
        assert "CREATE ROLE" in world.cli("plan", "--rehearse", "--scratch", other.uri(), "--", *PSQL, "-c", "CREATE ROLE somebody").stdout
        assert other.run("SELECT 1 FROM pg_database WHERE datname LIKE 'guardian%'") == []
        assert other.run("SELECT 1 FROM pg_roles WHERE rolname = 'somebody'") == [(1,)]


def test_a_copy_that_a_killed_one_left_is_removed_by_the_next(world):
    ran = subprocess.Popen([GUARDIAN, "run", "--rehearse", "--", "sleep", "60"], env=world.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert "rehearsing" in ran.stderr.readline()
    ran.send_signal(signal.SIGKILL)
    ran.wait()
    ran.stderr.close()
    assert len(world.databases()) == 1
    for _ in range(50):  # its sessions end
        if not world.server.run("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'guardian%'"):
            break
        time.sleep(0.1)
    assert "is removed" in world.run("SELECT 1").stderr
    # asked to stop, it removes it itself
    ran = subprocess.Popen([GUARDIAN, "run", "--rehearse", "--", "sleep", "60"], env=world.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert "rehearsing" in ran.stderr.readline()
    ran.send_signal(signal.SIGTERM)
    assert ran.wait(30) in (10, 128 + signal.SIGTERM)  # before the command, or behind it
    ran.stderr.close()
    assert world.databases() == set() and world.changes() == []


def test_somebody_else_changes_the_schema_meanwhile(world):
    """The rehearsal is repeated on the schema as it is now."""
    side = f"psql -X -d {world.name} -h {world.server.dir} -p {world.server.port} -U postgres"
    script = world.folder / "tool.sh"
    script.write_text(f"""#!/bin/sh
if [ ! -e {world.folder}/done ]; then touch {world.folder}/done; {side} -c 'CREATE TABLE other ()' >&2; fi
exec psql -X -v ON_ERROR_STOP=1 -c 'CREATE TABLE mine ()'
""")
    script.chmod(0o755)
    ran = world.cli("run", "--rehearse", "--", script)
    assert "rehearsing again: somebody else changed the schema" in ran.stderr and "APPLIED" in ran.stderr


def test_the_plan_knows_what_is_committed_together(world):
    """What stands in one message does; neighbours do not, whatever the policy says of files."""
    sent = "ALTER TABLE users ADD one int", "ALTER TABLE users ADD two int; ALTER TABLE users ADD three int", "BEGIN", "ALTER TABLE users ADD four int", \
        "ALTER TABLE users ADD five int", "COMMIT", "ALTER TABLE users ADD six int", "ALTER TABLE users ADD seven int"
    ran = world.cli("plan", "--rehearse", "--policy", "boot", "--verbose", "--", *PSQL, *[word for one in sent for word in ("-c", one)])
    steps = [line for line in ran.stdout.splitlines() if re.match(r"\s*\d+\. transaction", line)]
    assert len(steps) == 5 and [("all or nothing" in line, "own transaction" in line) for line in steps] == \
        [(False, False), (True, False), (False, True), (False, False), (False, False)], ran.stdout
