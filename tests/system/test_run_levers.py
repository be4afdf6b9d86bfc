"""What a run makes for itself, and then reaches others' rows by: each message alone looks like nothing.

The session's own temporary tables and views are worth nothing; what fires or is called when they are written or read may
be. Policy boot has to refuse it; under default it has a backup that brings all of it back. And what was found to be
harmless is only as long so as nobody else has changed the definitions.
"""

import os
import subprocess

import pytest

from harness import server as servers
from harness import wire

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
DEEP = os.environ.get("GUARDIAN_TEST_DEEP")

LIES_THERE = """
CREATE TABLE people (id serial PRIMARY KEY, email text);
INSERT INTO people (email) SELECT 'p' || g FROM generate_series(1, 5) g;
"""
FUNCTION = "CREATE FUNCTION {} LANGUAGE plpgsql AS 'BEGIN DELETE FROM people; RETURN {}; END';"
WIPE = FUNCTION.format("pg_temp.wipe() RETURNS int", 1)
TRIGGER = (FUNCTION.format("pg_temp.t() RETURNS trigger", "NEW") +
           "CREATE TEMP TABLE tt (a int); CREATE TRIGGER g {} ON tt FOR EACH {} EXECUTE FUNCTION pg_temp.t();")
LEVERS = {
    "rule": "CREATE TEMP TABLE tt (a int); CREATE RULE r AS ON INSERT TO tt DO ALSO DELETE FROM people; INSERT INTO tt VALUES (1)",
    "rule instead": "CREATE TEMP TABLE tt (a int); CREATE RULE r AS ON INSERT TO tt DO INSTEAD UPDATE people SET email = 'x'; INSERT INTO pg_temp.tt VALUES (1)",
    "rule of a view": "CREATE TEMP VIEW tv AS SELECT 1 AS a; CREATE RULE r AS ON INSERT TO tv DO INSTEAD DELETE FROM people; INSERT INTO tv VALUES (1)",
    "trigger": TRIGGER.format("BEFORE INSERT", "ROW") + "INSERT INTO tt VALUES (1)",
    "trigger, copy": TRIGGER.format("AFTER INSERT", "ROW") + "COPY tt FROM STDIN;\n1\n\\.\n",
    "trigger of the statement": TRIGGER.format("BEFORE INSERT", "STATEMENT") + "INSERT INTO tt SELECT 1 WHERE false",
    "default": WIPE + "CREATE TEMP TABLE tt (a int, b int DEFAULT pg_temp.wipe()); INSERT INTO tt (a) VALUES (1)",
    "default, copy": WIPE + "CREATE TEMP TABLE tt (a int, b int DEFAULT pg_temp.wipe()); COPY tt (a) FROM STDIN;\n1\n\\.\n",
    "check": WIPE + "CREATE TEMP TABLE tt (a int CHECK (pg_temp.wipe() = 1)); INSERT INTO tt VALUES (1)",
    "view": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe(); SELECT * FROM tv",
    "view, table": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe(); TABLE pg_temp.tv",
    "view, copy": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe(); COPY (TABLE tv) TO STDOUT",
    "view over a view": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe() AS w; CREATE TEMP VIEW tu AS SELECT w FROM tv; SELECT count(w) FROM tu",
    "view of a lasting function": FUNCTION.format("wipe() RETURNS int", 1) + "CREATE TEMP VIEW tv AS SELECT wipe(); SELECT * FROM tv",
    "view, row written from it": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe() AS a; CREATE TEMP TABLE tt (a int); INSERT INTO tt SELECT a FROM tv",
    "view, declared": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe(); BEGIN; DECLARE c CURSOR FOR TABLE tv; FETCH ALL FROM c; COMMIT",
    "view, prepared": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe(); PREPARE p AS TABLE tv; EXECUTE p",
    "view, temporary copy": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe(); CREATE TEMP TABLE tc AS TABLE tv",
    "view, selected into": WIPE + "CREATE TEMP VIEW tv AS SELECT pg_temp.wipe() AS a; SELECT a INTO TEMP tc FROM tv",
    "domain": FUNCTION.format("pg_temp.ok(int) RETURNS bool", "true") +
              "CREATE DOMAIN pg_temp.d AS int CHECK (pg_temp.ok(VALUE)); CREATE TEMP TABLE tt (a pg_temp.d); INSERT INTO tt VALUES (1)",
    "index": FUNCTION.format("pg_temp.i(int) RETURNS int IMMUTABLE", 1) + "CREATE TEMP TABLE tt (a int); CREATE INDEX ON tt (pg_temp.i(a)); INSERT INTO tt VALUES (1)",
    "upsert": TRIGGER.format("BEFORE UPDATE", "ROW") + "CREATE UNIQUE INDEX ON tt (a); INSERT INTO tt VALUES (1); INSERT INTO tt VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1",
    "trigger, update": TRIGGER.format("BEFORE UPDATE", "ROW") + "INSERT INTO tt VALUES (1); UPDATE tt SET a = 2",
    "trigger, delete": TRIGGER.format("AFTER DELETE", "STATEMENT") + "DELETE FROM tt",
    "trigger, truncate": TRIGGER.format("BEFORE TRUNCATE", "STATEMENT") + "TRUNCATE tt",
    "view, deleted from": "CREATE TEMP VIEW tv AS SELECT * FROM people; DELETE FROM tv",
    "view, updated": "CREATE TEMP VIEW tv AS SELECT * FROM people; UPDATE pg_temp.tv SET email = 'x'",
    "view, made anew": WIPE + "CREATE TEMP VIEW tv AS SELECT 1 AS a; TABLE tv; TABLE tv; DROP VIEW tv; CREATE TEMP VIEW tv AS SELECT pg_temp.wipe() AS a; TABLE tv",
    "altered": WIPE + "CREATE TEMP TABLE tt (a int); INSERT INTO tt VALUES (1); ALTER TABLE tt ADD COLUMN b int DEFAULT pg_temp.wipe()",
}
HARMLESS = """
CREATE TEMP TABLE tt (a int DEFAULT 1, b text);
INSERT INTO tt SELECT id, email FROM people;
COPY tt (b) FROM STDIN;
x
\\.
CREATE TEMP VIEW tv AS SELECT a, lower(b) FROM tt JOIN people ON id = a;
SELECT count(*) FROM tv;
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        yield one


class Place:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        server.create("lever")
        server.psql("lever", stdin=LIES_THERE)
        self.env = {**os.environ, **server.env("lever"), "GUARDIAN_STORE": f"file://{folder}/store"}

    def people(self):
        return self.server.value("SELECT count(*) FILTER (WHERE email <> 'x') FROM people", "lever")

    def guardian(self, *words, text=None):
        return subprocess.run([GUARDIAN, *words], env=self.env, input=text, capture_output=True, text=True, timeout=60)

    def script(self, policy, text):
        """By psql, statement after statement."""
        path = self.folder / "script.sql"
        path.write_text(text.replace("BEGIN;", "BEGIN;\n"))
        return self.guardian("run", "--yes", "--retry", "0", "--policy", policy, "--", "psql", "-X", "-f", str(path))


@pytest.fixture
def place(server, tmp_path):
    yield Place(server, tmp_path)
    server.drop("lever")


@pytest.mark.parametrize("lever", LEVERS)
def test_boot_refuses_what_the_lever_moves(place, lever):
    ran = place.script("boot", LEVERS[lever])
    assert place.people() == 5, ran.stderr
    assert "guardian:" in ran.stderr  # and psql was told


@pytest.mark.parametrize("lever", LEVERS if DEEP else ["rule", "trigger, copy", "view"])
def test_by_default_it_is_backed_up_first(place, lever):
    ran = place.script("default", LEVERS[lever])
    assert place.people() == 0, ran.stderr  # it is a lever
    back = place.guardian("rollback", "--last", "--yes")
    if "--way database" in back.stderr:  # a function that may do anything is in the midst of it
        back = place.guardian("rollback", "--last", "--yes", "--way", "database")
    assert place.people() == 5, ran.stderr + back.stderr


def test_what_is_calm_is_asked_again_when_others_may_have_changed_it(place):
    place.server.psql("lever", stdin="CREATE VIEW v0 AS SELECT 1 AS one")
    change = FUNCTION.format("wipe() RETURNS int", 1) + "CREATE OR REPLACE VIEW v0 AS SELECT wipe() AS one;"
    (place.folder / "others.sql").write_text(change)
    outside = " ".join(f"{name}='{place.server.env('lever')[name]}'" for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"))
    script = place.folder / "script.sql"
    script.write_text(f"TABLE v0;\nTABLE v0;\n\\! env -u PGPASSWORD {outside} psql -Xq -f {place.folder}/others.sql\n\\! sleep 0.3\nTABLE v0;\n")
    ran = place.guardian("run", "--yes", "--policy", "boot", "--", "psql", "-X", "-f", str(script))
    assert place.people() == 5 and "guardian:" in ran.stderr, ran.stderr
    place.server.psql("lever", "-c", "TABLE v0")
    assert place.people() == 0  # and it was a trap


def test_temporary_things_that_reach_nothing_are_nobodys_concern(place):
    ran = place.script("boot", HARMLESS)
    assert ran.returncode == 0 and "guardian:" not in ran.stderr and place.people() == 5, ran.stderr
