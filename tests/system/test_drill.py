"""guardian verify --drill: restored into a scratch place, compared, and the place thrown away; and what happens in that
place stays there."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

SHOP = """
CREATE ROLE drill_owner NOLOGIN;
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'fine',
                     state varchar(9) CHECK (state IN ('open', 'closed')));
INSERT INTO people (name, state) SELECT 'name ' || i, 'open' FROM generate_series(1, 500) AS i;
CREATE INDEX people_name ON people (lower(name));
CREATE VIEW open_people AS SELECT id, name FROM people WHERE state = 'open';
CREATE MATERIALIZED VIEW people_count AS SELECT count(*) AS n FROM people;
ALTER TABLE people OWNER TO drill_owner;
GRANT SELECT ON people TO PUBLIC;
CREATE SEQUENCE s; SELECT setval('s', 42);
"""
# Runs while the index is built anew. `what` is done there; what goes wrong is swallowed, as an attacker would.
TRAP = """
CREATE FUNCTION trap(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN i; END';
CREATE TABLE trapped (i int); INSERT INTO trapped VALUES (1);
CREATE INDEX trapped_i ON trapped (trap(i));
CREATE FUNCTION spring() RETURNS void VOLATILE LANGUAGE plpgsql AS $$ BEGIN %s END $$;
CREATE OR REPLACE FUNCTION trap(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
'BEGIN PERFORM public.spring(); RETURN i; END';
"""
ONLY_A_SUPERUSER = """
CREATE FUNCTION nothing() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER nothing ON ddl_command_end EXECUTE FUNCTION nothing();
ALTER EVENT TRIGGER nothing DISABLE;
"""


@pytest.fixture
def work(tmp_path_factory):
    """A folder for the throwaway server, which another user must reach; looked at when the drill is over."""
    folder = pathlib.Path("/tmp") / f"gd-drill-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Drill:
    key = None

    def __init__(self, binary, server, store, work):
        self.binary, self.server, self.store, self.work = binary, server, store, work

    def env(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "GUARDIAN_", "DATABASE_URL"))}
        return {**kept, "TMPDIR": str(self.work), **({"GUARDIAN_KEY": self.key} if self.key else {})}

    def take(self, database):
        subprocess.run([self.binary, "snapshot", "--quiet", "--db", self.server.uri(database), "--store", f"file://{self.store}"],
                       check=True, capture_output=True, timeout=120, env=self.env())

    def command(self, *arguments):
        return [self.binary, "verify", "--drill", "--json", *arguments, "--store", f"file://{self.store}"]

    def run(self, *arguments):
        ran = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=180, env=self.env())
        items = json.loads(ran.stdout)["snapshots"] if ran.stdout else [None]
        return ran.returncode, items[0], ran.stderr

    def manifest(self):
        return next(self.store.glob("v1/*/snapshots/*/manifest.json"))

    def forget_proofs(self):
        for folder in self.store.glob("v1/*/proofs"):
            shutil.rmtree(folder)

    def nothing_is_left(self):
        return not list(self.work.iterdir()) and not subprocess.run(["pgrep", "-f", str(self.work)], capture_output=True).stdout


@pytest.fixture
def drill(guardian, server, tmp_path, work):
    return Drill(guardian, server, tmp_path / "store", work)


@pytest.fixture
def shop_drill(drill, database):
    drill.server.run("DROP ROLE IF EXISTS drill_owner")
    drill.server.run(SHOP, database)
    drill.take(database)
    drill.forget_proofs()
    yield drill
    drill.server.run("DROP OWNED BY drill_owner CASCADE", database)
    drill.server.run("DROP ROLE drill_owner")


def test_a_throwaway_server_proves_it_and_is_gone(shop_drill):
    status, item, said = shop_drill.run()
    assert status == 0, said
    assert item["proof"] == "drill" and "throwaway server" in item["place"] and item["left_out"] == [], item
    assert shop_drill.nothing_is_left()
    record = json.loads(next(shop_drill.store.glob("v1/*/proofs/*/*.json")).read_text())
    assert record["kind"] == "drill" and record["place"] == item["place"]


def test_an_encrypted_snapshot_is_drilled_as_well(shop_drill, database):
    shutil.rmtree(shop_drill.store)
    shop_drill.key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    shop_drill.take(database)
    status, item, said = shop_drill.run()
    assert status == 0 and item["proof"] == "drill" and item["left_out"] == [], said


def test_a_scratch_database_proves_it_and_is_gone(shop_drill):
    before = shop_drill.server.run("SELECT datname FROM pg_database ORDER BY 1")
    status, item, said = shop_drill.run("--scratch", shop_drill.server.uri("postgres"))
    assert status == 0, said
    assert item["proof"] == "drill" and item["left_out"] == []
    assert shop_drill.server.run("SELECT datname FROM pg_database ORDER BY 1") == before


def test_damage_is_found_before_anything_is_started(shop_drill):
    part = next(shop_drill.store.glob("v1/*/snapshots/*/data/*.zst"))
    part.write_bytes(part.read_bytes()[:-3])
    status, item, said = shop_drill.run()
    assert status == 8 and item["damage"] and "throwaway" not in said
    assert shop_drill.nothing_is_left()


def test_no_server_programs_is_said_before_anything_is_started(shop_drill, tmp_path):
    (tmp_path / "empty").mkdir()
    status, item, said = shop_drill.run("--pg-bin", str(tmp_path / "empty"))
    assert status == 2 and "PostgreSQL" in item["error"]["text"] and "--scratch" in item["error"]["hint"]


def test_a_locale_that_is_not_here_is_said(shop_drill):
    path = shop_drill.manifest()
    manifest = json.loads(path.read_text())
    manifest["source"]["collate"] = "tlh_QO.UTF-8"
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    status, item, said = shop_drill.run()
    assert status == 0, said
    assert any("tlh_QO" in text for text in item["left_out"])
    record = json.loads(next(shop_drill.store.glob("v1/*/proofs/*/*.json")).read_text())
    assert record["left_out"] == item["left_out"]


def test_a_column_that_was_renamed_in_the_manifest_does_not_load(shop_drill):
    path = shop_drill.manifest()
    path.write_text(path.read_text().replace('"name",\n        "mood"', '"title",\n        "mood"'))
    assert '"title"' in path.read_text()
    status, item, said = shop_drill.run()
    assert status != 0 and "title" in item["error"]["text"], said
    assert shop_drill.nothing_is_left() and not list(shop_drill.store.glob("v1/*/proofs/*/*.json"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_whatever_it_dies_of(shop_drill, number):
    running = subprocess.Popen(shop_drill.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=shop_drill.env())
    deadline = time.monotonic() + 60
    while not list(shop_drill.work.glob("*/data/postmaster.pid")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode != 0
    while not shop_drill.nothing_is_left():
        assert time.monotonic() < deadline, list(shop_drill.work.rglob("*"))[:5]
        time.sleep(0.1)
    assert not list(shop_drill.store.glob("v1/*/proofs/*/*.json"))


def test_the_snapshots_functions_run_without_rights(drill, database):
    """No superuser where none is needed: the trap springs when it is run as one."""
    drill.server.run(TRAP % "IF current_setting('is_superuser') = 'on' THEN RAISE 'superuser'; END IF;", database)
    drill.take(database)
    status, item, said = drill.run()
    assert status == 0 and item["left_out"] == [], (item, said)


def test_the_snapshots_functions_cannot_get_out(drill, database):
    """Where a superuser is needed the kernel holds the server: no file, no program's deed, no connection reaches out."""
    outside = drill.work.parent / f"gd-outside-{os.getpid()}"
    outside.mkdir(mode=0o777)
    outside.chmod(0o777)
    (outside / "secret").write_text("secret")
    marks = {"program": f"COPY (SELECT 1) TO PROGRAM 'echo x >{outside}/program'",
             "file": f"COPY (SELECT 1) TO '{outside}/file'",
             "secret": f"PERFORM pg_read_file('{outside}/secret'); RAISE 'READ'",
             "network": f"PERFORM public.dblink_connect('c', 'host={drill.server.dir} port={drill.server.port} user=postgres "
                        "dbname=postgres'); RAISE 'CONNECTED'"}
    tries = "".join(f"BEGIN {sql}; EXCEPTION WHEN raise_exception THEN RAISE; WHEN others THEN NULL; END; "
                    for sql in marks.values())
    try:
        drill.server.run("CREATE EXTENSION dblink; " + ONLY_A_SUPERUSER, database)
        drill.server.run(TRAP % tries, database)
        drill.take(database)
        status, item, said = drill.run()
        if any("cannot confine" in text for text in item["left_out"]):
            pytest.skip("the kernel of this machine has no Landlock")
        assert status == 0, said
        assert sorted(path.name for path in outside.iterdir()) == ["secret"]
        assert item["left_out"] == []
        # the same trap springs where nothing holds it: the test above can fail
        with pytest.raises(Exception, match="READ"):
            drill.server.run("REINDEX INDEX trapped_i", database)
        assert sorted(path.name for path in outside.iterdir()) == ["file", "program", "secret"]
    finally:
        shutil.rmtree(outside)
    assert drill.nothing_is_left()
