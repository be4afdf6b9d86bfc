"""list and show tell the whole story of a change, from its journal alone."""

import json
import subprocess

import pytest


@pytest.fixture
def call(guardian, server, database, tmp_path):
    def run(*words, status=0, **env):
        environment = {**server.env(database), "GUARDIAN_STORE": f"file://{tmp_path}/store", "LC_ALL": "C.UTF-8", "COLUMNS": "160", **env}
        done = subprocess.run([guardian, *map(str, words)], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr
    return run


@pytest.fixture
def made(call, server, database, tmp_path):
    """A change that is in, and one that failed; their outcomes."""
    server.run("CREATE TABLE people (id int PRIMARY KEY, age int); INSERT INTO people VALUES (1, 40)", database)
    (tmp_path / "drop_age.sql").write_text("ALTER TABLE people DROP COLUMN age;\n")
    (tmp_path / "wrong.sql").write_text("CREATE TABLE other (a int);\nSELECT 1/0;\n")
    good = json.loads(call("apply", "--json", "drop_age.sql"))
    call("apply", "--single-transaction", "wrong.sql", status=5)
    return good


def test_list_tells_changes_beside_their_snapshots(call, made):
    document = json.loads(call("list", "--json"))
    good, bad = document["changes"]
    assert (good["id"], good["outcome"], good["class"], good["changed"], good["open"]) == (made["change"], "applied", "destructive", True, False)
    assert good["files"] == ["drop_age.sql"] and good["snapshot"] == made["snapshot"] and good["problem"] is None
    assert good["snapshot"] in [snapshot["id"] for snapshot in document["snapshots"] if not snapshot["open_change"]]
    assert (bad["outcome"], bad["changed"], bad["open"]) == ("failed", False, False) and "division by zero" in bad["error"]
    text = call("list")
    assert "change: applied, destructive: drop_age.sql" in text and "change: failed, " in text


def test_show_is_the_document_of_apply(call, made):
    shown = json.loads(call("show", "--json", made["change"]))
    for key in ("change", "outcome", "class", "changed", "snapshot", "proof", "sealed", "steps"):
        assert shown[key] == made[key], key
    assert f"guardian rollback {made['change']}" in shown["way_back"]
    assert json.loads(call("show", "--json", "last"))["change"] == made["change"]
    assert json.loads(call("show", "--json", "--last"))["change"] == made["change"]
    assert "one snapshot or change" in call("show", "--last", made["change"], status=2)
    text = call("show", made["change"])
    assert "APPLIED" in text and "drop_age.sql" in text
    assert "database" in call("show", made["snapshot"]) and "manifest" in json.loads(call("show", "--json", "latest"))


def test_what_is_neither_is_said(call, made):
    assert "20200101" in call("show", "20200101", status=2)
    call("show", "202", status=2)
    call("show", status=2)


def test_a_damaged_journal_is_named_and_hides_nothing_else(call, made, tmp_path):
    record = sorted(tmp_path.glob(f"store/v1/*/changes/{made['change']}/000001"))[0]
    record.chmod(0o600)
    record.write_bytes(record.read_bytes()[:-9] + b"}")
    assert "000001" in call("show", made["change"], status=8)
    changes = json.loads(call("list", "--json"))["changes"]
    assert len(changes) == 2 and changes[0]["outcome"] == "applied"  # the copy of its last record
    sorted(tmp_path.glob(f"store/v1/*/changes/{made['change']}/closed-*"))[0].unlink()
    changes = json.loads(call("list", "--json"))["changes"]
    assert changes[0]["open"] and "damaged" in changes[0]["problem"] and changes[1]["outcome"] == "failed"
    assert "DAMAGED" in call("list")
