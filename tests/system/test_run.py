"""guardian run: a command behind the door. psql stands for the tools here; what they see, what is backed up, what comes back."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from harness import guarded
from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE tags (id int PRIMARY KEY, label text);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        one.create("run_base")
        one.psql("run_base", stdin=BASE)
        yield one


class World(guarded.World):
    def psql(self, *words, options=(), **more):
        return self.cli("run", *options, "--", "psql", "-X", "-v", "ON_ERROR_STOP=1", *words, **more)


@pytest.fixture
def world(server, tmp_path):
    with guarded.world(server, tmp_path, "run_base", World) as one:
        yield one


def test_reading_is_seen_by_nobody(world):
    ran = world.psql("-At", "-c", "SELECT count(*) FROM users")
    assert ran.stdout == "200\n" and ran.stderr == ""
    assert not (world.folder / "store").exists()


def test_the_status_is_the_commands_own(world):
    assert world.cli("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7", status=7).stdout == "out\n"
    assert world.cli("run", "--", "sh", "-c", "kill -TERM $$", status=128 + signal.SIGTERM)
    ran = world.cli("run", "--", "no-such-program-anywhere", status=2)
    assert "no-such-program-anywhere" in ran.stderr
    assert "two dashes" in world.cli("run", status=2).stderr


def test_nothing_of_the_door_is_left_and_no_secret_shows(world):
    ran = world.cli("run", "--", "sh", "-c", "env; tr '\\0' ' ' </proc/$PPID/cmdline; psql -Atc 'SELECT 1'")
    password = re.search(r"^PGPASSWORD=(\S+)", ran.stdout, re.M)[1]
    assert len(password) >= 40 and ran.stdout.count(f"guardian run") == 1
    port = re.search(r"^PGPORT=(\d+)", ran.stdout, re.M)[1]
    late = subprocess.run(["psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-c", "SELECT 1"], capture_output=True, text=True,
                          env={**os.environ, "PGPASSWORD": password})
    assert late.returncode == 2 and "refused" in late.stderr
    assert password not in ran.stderr


def test_a_run_is_one_change_and_comes_back(world):
    before = world.value("SELECT string_agg(u::text, ',' ORDER BY id) FROM users u")
    ran = world.psql("-c", "ALTER TABLE users ADD COLUMN bio text", "-c", "ALTER TABLE users DROP COLUMN age", "-c", "DELETE FROM tags WHERE id > 5",
                     "-c", "CREATE TABLE more (i int)")
    assert "APPLIED" in ran.stderr and ran.stdout.splitlines() == ["ALTER TABLE", "ALTER TABLE", "DELETE 15", "CREATE TABLE"]
    shown = json.loads(world.cli("list", "--json").stdout)
    assert len(shown["changes"]) == 1 and shown["changes"][0]["kind"] == "run"
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(*) FROM tags") == "20"
    assert world.value("SELECT string_agg((u.id, u.name, u.age)::text, ',' ORDER BY id) FROM users u") == before
    assert world.value("SELECT to_regclass('more')") == ""


def test_boot_policy_refuses_in_the_tools_own_language(world):
    ran = world.psql("-c", "ALTER TABLE users DROP COLUMN name", options=["--policy", "boot"], status=1)
    assert re.search(r"ERROR:  guardian: policy boot refuses.*\nDETAIL:  It would lose: column public.users.name, not null values: 200\.\nHINT:", ran.stderr)
    assert "REFUSED  Nothing was changed." in ran.stderr
    assert world.value("SELECT count(name) FROM users") == "200"


@pytest.mark.parametrize("analysed", [True, False])
def test_a_refusal_names_all_that_would_go_along(world, analysed):
    world.value("CREATE SCHEMA shop; CREATE TABLE shop.items (id int PRIMARY KEY); INSERT INTO shop.items SELECT generate_series(1, 50);"
                "CREATE VIEW shop.many AS SELECT * FROM shop.items; CREATE TABLE notes (item int REFERENCES shop.items); INSERT INTO notes SELECT 1 FROM generate_series(1, 7);"
                "ALTER TABLE notes SET (autovacuum_enabled = off); ALTER TABLE shop.items SET (autovacuum_enabled = off);" + ("ANALYZE;" if analysed else ""))
    fifty, seven = ("about 50 rows", "about 7 rows") if analysed else ("8192 bytes", "8192 bytes")
    for text, told in [("DROP SCHEMA shop CASCADE", [f"schema shop, table shop.items ({fifty})", "view shop.many"]),
                       ("TRUNCATE shop.items CASCADE", [f"all rows of table public.notes ({seven})"]),
                       ("DROP TABLE shop.items CASCADE", ["rows: 50", "view shop.many", "table constraint notes_item_fkey on public.notes"])]:
        ran = world.psql("-c", text, options=["--policy", "boot"], status=1)
        detail = re.search(r"\nDETAIL:  It would lose: (.*)\n", ran.stderr)
        assert detail and all(one in detail[1] for one in told), ran.stderr
    assert world.value("SELECT count(*) FROM shop.items") == "50"


def test_a_refusal_names_what_a_role_owns(world):
    world.value("CREATE ROLE keeper; CREATE TABLE kept (id serial); INSERT INTO kept SELECT generate_series(1, 9); CREATE VIEW seen AS SELECT 1;"
                "CREATE SEQUENCE counted; CREATE MATERIALIZED VIEW summed AS SELECT 1; ANALYZE kept;"
                "ALTER TABLE kept OWNER TO keeper; ALTER VIEW seen OWNER TO keeper; ALTER SEQUENCE counted OWNER TO keeper; ALTER MATERIALIZED VIEW summed OWNER TO keeper")
    ran = world.psql("-c", "DROP OWNED BY keeper", options=["--policy", "boot"], status=1)
    detail = re.search(r"\nDETAIL:  It would lose: all that role keeper owns, (.*)\.\n", ran.stderr)
    told = ["table public.kept (about 9 rows)", "view public.seen", "sequence public.counted", "materialized view public.summed"]
    assert detail and sorted(detail[1].split(", ")) == sorted(told), ran.stderr
    world.value("DROP OWNED BY keeper; DROP ROLE keeper")


def test_a_refusal_in_a_transaction_rolls_it_back(world):
    script = "BEGIN;\nCREATE TABLE before (i int);\nALTER TABLE users DROP COLUMN name;\nCREATE TABLE after (i int);\nCOMMIT;\n"
    ran = world.cli("run", "--policy", "boot", "--", "psql", "-X", stdin=script, status=3)  # psql itself says 0
    assert "current transaction is aborted" in ran.stderr
    assert ran.stdout.splitlines()[-1] == "ROLLBACK"
    assert world.value("SELECT to_regclass('before') IS NULL AND to_regclass('after') IS NULL") == "t"


def test_the_trap_is_escaped_by_a_second_try(world):
    ran = world.psql("-1", "-c", "ALTER TABLE tags ADD COLUMN x int", "-c", "ALTER TABLE users DROP COLUMN name")
    assert "running it again: its open transaction held public.tags" in ran.stderr
    assert world.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'name'") == "0"
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(name) FROM users") == "200"
    ran = world.psql("-1", "-c", "ALTER TABLE tags ADD COLUMN x int", "-c", "ALTER TABLE users DROP COLUMN name", options=["--retry", "0"], status=1)
    assert "ERROR:  guardian: this statement needs a backup first" in ran.stderr
    assert world.value("SELECT count(name) FROM users") == "200"


def test_copy_both_ways_and_large_texts(world):
    rows = "".join(f"{g}\tlabel {g}\n" for g in range(1000, 30000))
    ran = world.cli("run", "--", "psql", "-X", "-c", "\\copy tags FROM STDIN", stdin=rows)
    assert ran.stdout == "COPY 29000\n"
    ran = world.psql("-At", "-c", "\\copy (SELECT * FROM tags WHERE id >= 1000 ORDER BY id) TO STDOUT")
    assert ran.stdout == rows
    large = "CREATE TABLE big (" + ", ".join(f"c{g} int" for g in range(1500)) + ");\n" + "".join(f"COMMENT ON COLUMN big.c{g} IS '{'x' * 400}';\n" for g in range(300))
    (world.folder / "big.sql").write_text(large)
    world.psql("-q", "-f", str(world.folder / "big.sql"))
    assert world.value("SELECT count(*) FROM pg_description d WHERE objoid = 'big'::regclass AND length(description) = 400") == "300"


def test_unchanged_is_skipped_and_starts_nothing(world):
    schema = world.folder / "schema.sql"
    schema.write_text("CREATE TABLE IF NOT EXISTS k (i int)")
    words = ["run", "--skip-unchanged", "--inputs", str(schema), "--", "sh", "-c", f"echo started; psql -q -X -f {schema}"]
    assert "started" in world.cli(*words).stdout
    again = world.cli(*words)
    assert again.stdout == "" and "nothing is started" in again.stderr
    world.server.psql(world.name, stdin="DROP TABLE k")
    assert "started" in world.cli(*words).stdout
    schema.write_text("CREATE TABLE IF NOT EXISTS k2 (i int)")
    assert "started" in world.cli(*words).stdout
    assert world.cli("run", "--skip-unchanged", "--", "true", status=2).stderr


def test_json_is_one_document_on_stdout(world):
    ran = world.psql("-c", "DROP TABLE tags", options=["--json"])
    document = json.loads(ran.stdout)
    assert document["outcome"] == "applied" and document["kind"] == "run" and document["changed"]
    assert "DROP TABLE\n" in ran.stderr
    assert document["steps"][0]["text"] == "DROP TABLE tags" and document["seconds"]["sealed"] > 0


def test_killed_the_next_one_knows(world):
    run = subprocess.Popen([GUARDIAN, "run", "--", "psql", "-X", "-c", "ALTER TABLE users DROP COLUMN age", "-c", "SELECT pg_sleep(60)"],
                           env=world.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while world.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'") == "1" and time.monotonic() < until:
        time.sleep(0.1)
    run.send_signal(signal.SIGKILL)
    run.wait()
    ran = world.psql("-c", "CREATE TABLE next (i int)")
    assert re.search(r"was cut off.*Steps that are in: 1", " ".join(ran.stderr.split()))
    changes = json.loads(world.cli("list", "--json").stdout)["changes"]
    assert [change["outcome"] for change in changes] == ["partial", "applied"]


def test_ten_at_once_all_get_there(world):
    words = [GUARDIAN, "run", "--busy-timeout", "60s", "--retry", "10", "--", "psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "CREATE TABLE IF NOT EXISTS once (i int)"]
    runs = [subprocess.Popen(words, env=world.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(6)]
    said = [run.communicate(timeout=110)[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 6, said
    changes = json.loads(world.cli("list", "--json").stdout)["changes"]
    assert sum(change["outcome"] == "applied" for change in changes) == 1, changes
