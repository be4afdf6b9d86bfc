"""A whole transaction in one message, as a migration's file is often sent: byte for byte what the server would have said, and its id
is on record before it runs."""

import json
import os
import re
import subprocess

import pytest

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
LIES_THERE = """
CREATE TABLE people (id serial PRIMARY KEY, email text); INSERT INTO people (email) SELECT 'p' || g FROM generate_series(1, 5) g;
CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1);
"""
# text, and whether its step is in; what follows shows in which state the session is left
TEXTS = {
    "plain": (r"BEGIN\; INSERT INTO people (email) VALUES ('x')\; DELETE FROM other\; COMMIT;", "in", True),
    "fails": (r"START TRANSACTION\; INSERT INTO people (email) VALUES ('x')\; SELECT 1/0\; COMMIT;", "not in", True),
    "cannot be read": (r"BEGIN\; INSERT INTO people (email) VALUES ('x')\; selec 1\; COMMIT;", None, False),
    "with options": (r"BEGIN ISOLATION LEVEL SERIALIZABLE\; DELETE FROM other\; COMMIT;", "in", False),
    "savepoints": (r"BEGIN\; SAVEPOINT a\; DELETE FROM other\; ROLLBACK TO a\; INSERT INTO people (email) VALUES ('x')\; END;", "in", True),
    "more behind it": (r"BEGIN\; DELETE FROM other\; COMMIT\; SELECT 1;", "in", False),
    "in the tool's own": ("BEGIN;\n" r"BEGIN\; DELETE FROM other\; COMMIT;", "in", True),
    "left open": (r"BEGIN\; DELETE FROM other\; SELECT 1;" "\nCOMMIT;", "in", False),
    "rolled back": (r"BEGIN\; DELETE FROM other\; ROLLBACK;", "not in", False),
    "a deferred check fails": (r"BEGIN\; CREATE TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)\; INSERT INTO d VALUES (1), (1)\; COMMIT;", "not in", True),
}
AFTER = "\nSELECT 1;\nROLLBACK;\nBEGIN;\nBEGIN;\nCOMMIT;\nSELECT count(*) FROM people;\nSELECT count(*) FROM other;\n"


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        yield one


@pytest.mark.parametrize("name", TEXTS)
def test_one_message_is_one_transaction(server, tmp_path, name):
    text, state, known = TEXTS[name]
    path, told = tmp_path / "script.sql", tmp_path / "told"
    path.write_text(text + AFTER)
    said = []
    for ahead in ([], [GUARDIAN, "run", "--yes", "--retry", "0", "--"]):
        server.drop("whole")
        server.create("whole")
        server.psql("whole", stdin=LIES_THERE)
        env = {**os.environ, **server.env("whole"), "GUARDIAN_STORE": f"file://{tmp_path}/store"}
        ran = subprocess.run([*ahead, "sh", "-c", f"psql -Xef {path} 2>{told}"], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        said.append((ran.stdout, told.read_text()))
    assert said[0] == said[1]
    change = re.search(r"change +(\S+)", ran.stderr)
    assert (change is None) == (state is None), ran.stderr
    if state:
        show = subprocess.run([GUARDIAN, "show", change[1], "--json"], env=env, capture_output=True, text=True)
        assert [step["state"] for step in json.loads(show.stdout)["steps"]] == [state]
        records = "".join(one.read_text(errors="replace") for one in (tmp_path / "store").glob("v1/*/changes/*/*") if one.is_file())
        assert bool(re.search(r'"xid": ?"\d+"', records)) == known, records
    server.drop("whole")
