"""What a run's transactions wrote beyond what their texts say: rows of triggers in other tables, of functions, of cascades. Each
transaction counts at its end, and a rollback takes all of it back, whatever way the statements came."""

import json
import os
import subprocess
import sys

import pytest

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
LIES_THERE = """
CREATE TABLE people (id int PRIMARY KEY, email text, seen int DEFAULT 0);
CREATE TABLE log (id serial PRIMARY KEY, what text);
CREATE TABLE keyless (what text);
CREATE TABLE tally (id int PRIMARY KEY, n int);
INSERT INTO people SELECT g, 'p' || g FROM generate_series(1, 5) g; INSERT INTO log (what) VALUES ('before'); INSERT INTO keyless VALUES ('before');
INSERT INTO tally VALUES (1, 0);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO log (what) VALUES (tg_op); INSERT INTO keyless VALUES (tg_op); UPDATE tally SET n = n + 1; RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION note();
GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO clerk;
"""
STATE = "SELECT 'p', p::text FROM people p UNION ALL SELECT 'l', what FROM log UNION ALL SELECT 'k', what FROM keyless UNION ALL SELECT 't', t::text FROM tally t ORDER BY 1, 2"
# By psql, message after message.
SCRIPTS = {
    "alone": "INSERT INTO people VALUES (9, 'n');\nUPDATE people SET email = 'x' WHERE id = 2;\nDELETE FROM people WHERE id = 3;",
    "in a transaction": "BEGIN;\nINSERT INTO people VALUES (9, 'n');\nUPDATE people SET email = 'x' WHERE id = 2;\nDELETE FROM people WHERE id = 3;\nCOMMIT;",
    "two transactions": "BEGIN;\nINSERT INTO people VALUES (9, 'n');\nEND;\nBEGIN;\nDELETE FROM people WHERE id = 3;\nCOMMIT;",
    "behind savepoints": "BEGIN;\nSAVEPOINT a;\nINSERT INTO people VALUES (8, 'o');\nROLLBACK TO a;\nUPDATE people SET email = 'x' WHERE id = 2;\nRELEASE a;\nCOMMIT;",
    "chained": "BEGIN;\nINSERT INTO people VALUES (9, 'n');\nCOMMIT AND CHAIN;\nDELETE FROM people WHERE id = 3;\nCOMMIT;",
    "in two phases": "BEGIN;\nINSERT INTO people VALUES (9, 'n');\nPREPARE TRANSACTION 'later';\nCOMMIT PREPARED 'later';",
    "another role": "SET ROLE clerk;\nUPDATE people SET email = 'x' WHERE id = 2;\nBEGIN;\nINSERT INTO people VALUES (9, 'n');\nCOMMIT;",
    "a column, too": "ALTER TABLE people ADD COLUMN bio text;\nUPDATE people SET bio = 'b', email = 'x' WHERE id = 2;",
    "copied in": "COPY people (id, email) FROM STDIN;\n9\tn\n10\to\n\\.\n",
    "in one message": "INSERT INTO people VALUES (9, 'n')\\; DELETE FROM people WHERE id = 3;",
    "by a block": "DO $$BEGIN INSERT INTO people VALUES (9, 'n'); DELETE FROM people WHERE id = 3; END$$;",
}
# By the extended protocol: what each list holds is sent up to one Sync.
BATCHES = {
    "alone": [["INSERT INTO people VALUES (9, 'n')"], ["DELETE FROM people WHERE id = 3"]],
    "one batch": [["INSERT INTO people VALUES (9, 'n')", "DELETE FROM people WHERE id = 3"]],
    "as drivers do": [["BEGIN"], ["INSERT INTO people VALUES (9, 'n')"], ["DELETE FROM people WHERE id = 3"], ["COMMIT"]],
    "begun and ended within": [["BEGIN", "INSERT INTO people VALUES (9, 'n')"], ["UPDATE people SET email = 'x' WHERE id = 2", "COMMIT"]],
}
CLIENT = f"""
import json, os, sys
sys.path.insert(0, {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))!r})
from harness import wire
with wire.Client(os.environ) as client:
    for batch in json.loads(sys.argv[1]):
        said = client.ask(*(part for text in batch for part in (wire.parse(text), wire.bind(), wire.execute())), wire.SYNC)
        assert not wire.errors(said), wire.errors(said)
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(settings={"max_prepared_transactions": "10"}, memory=True) as one:
        one.run("CREATE ROLE clerk")
        yield one


class Place:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        server.create("counted")
        server.psql("counted", stdin=LIES_THERE)
        self.env = {**os.environ, **server.env("counted"), "GUARDIAN_STORE": f"file://{folder}/store", "NO_COLOR": "1"}
        self.before = self.state()

    def state(self):
        return self.server.psql("counted", stdin=STATE).stdout.splitlines()

    def guardian(self, *words):
        return subprocess.run([GUARDIAN, *map(str, words)], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def comes_back(self, *command, exact=True):
        ran = self.guardian("run", "--yes", "--", *command)
        assert ran.returncode == 0 and "APPLIED" in ran.stderr, ran.stderr
        assert self.state() != self.before
        back = self.guardian("rollback", "--last", "--yes")
        assert back.returncode == 0 and "did not count" not in back.stdout, ran.stderr + back.stdout + back.stderr
        assert exact == ("counted_before_" not in back.stdout), back.stdout  # only what was touched
        assert self.state() == self.before, back.stderr


@pytest.fixture
def place(server, tmp_path):
    yield Place(server, tmp_path)
    server.drop("counted")


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_triggers_wrote_goes_back(place, script):
    path = place.folder / "script.sql"
    path.write_text(SCRIPTS[script])
    place.comes_back("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", path, exact=script != "behind savepoints")


@pytest.mark.parametrize("batch", BATCHES)
def test_nor_does_the_extended_protocol_leave_any(place, batch):
    place.comes_back(sys.executable, "-c", CLIENT, json.dumps(BATCHES[batch]))


def test_a_count_that_is_cut_off_takes_the_statement_along(place):
    """A limit of the session's own may pass while we count: nothing is in then, and the client hears it."""
    place.server.psql("counted", stdin="CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'")
    path = place.folder / "script.sql"
    path.write_text("CREATE TRIGGER slow AFTER INSERT ON guardian.steps EXECUTE FUNCTION slow();\nSET statement_timeout = 500;\n"
                    "INSERT INTO people VALUES (9, 'n');\nRESET statement_timeout;\nDROP TRIGGER slow ON guardian.steps;\nSELECT 'rest', count(*) FROM people;\n")
    place.guardian("run", "--yes", "--", "psql", "-Xc", "CREATE TABLE first ()")  # the ledger is there
    ran = place.guardian("run", "--yes", "--retry", "0", "--", "psql", "-XAtf", path)
    assert "statement timeout" in ran.stderr and "rest|5" in ran.stdout, ran.stdout + ran.stderr


def test_what_is_bound_before_and_executed_later_is_told_once(place):
    text = "UPDATE people SET email = 'x' || id WHERE id = $1"
    client = CLIENT[:CLIENT.index("    for batch")] + f"""    said = client.ask(wire.parse({text!r}, 'u'), wire.bind([b'1'], 'u', 'p1'), wire.bind([b'2'], 'u', 'p2'), wire.execute('p1'), wire.execute('p2'), wire.SYNC)
    assert wire.kinds(said) == '122CCZ', said
"""
    place.comes_back(sys.executable, "-c", client)
    ended = json.loads(place.guardian("run", "--yes", "--json", "--", sys.executable, "-c", client).stdout)
    assert [step["state"] for step in ended["steps"]] == ["in", "in"]
