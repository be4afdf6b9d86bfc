"""guardian approve: exactly this text, for a policy that wants it approved; and a changed letter needs a new approval."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest


@pytest.fixture
def call(guardian, server, database, tmp_path):
    def run(*words, status=0, **env):
        environment = {**server.env(database), "GUARDIAN_STORE": f"file://{tmp_path}/store", "LC_ALL": "C.UTF-8", **env}
        done = subprocess.run([guardian, *map(str, words)], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr
    return run


@pytest.fixture
def change(server, database, tmp_path):
    server.run("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t", database)
    file = tmp_path / "drop.sql"
    file.write_text("DROP VIEW v;\n")
    return file


def view_there(server, database):
    return server.value("SELECT to_regclass('v') IS NOT NULL", database)


def approvals(tmp_path):
    return sorted(tmp_path.glob("store/v1/approvals/*/*.json"))


def test_a_text_that_was_approved_goes_through_and_a_changed_one_does_not(call, change, server, database, tmp_path):
    refused = call("apply", "--policy", "strict", change, status=3)
    assert "needs approval" in refused and f"guardian approve {change}" in refused and view_there(server, database)
    said = call("approve", "--reason", "looked at it twice", change)
    text = hashlib.sha256(change.read_bytes()).hexdigest()
    assert "APPROVED" in said and text in said and "until the text changes" in " ".join(said.split())
    record, = approvals(tmp_path)
    document = json.loads(record.read_text())
    assert document["sha256"] == text == record.parent.name and document["reason"] == "looked at it twice" and document["expires"] is None
    change.write_text("DROP VIEW v; -- really\n")
    assert "needs approval" in call("apply", "--policy", "strict", change, status=3)
    change.write_text("DROP VIEW v;\n")
    outcome = json.loads(call("apply", "--policy", "strict", "--json", change))
    assert outcome["outcome"] == "applied" and not view_there(server, database)


def test_an_approval_can_end(call, change, server, database, tmp_path):
    answer = json.loads(call("approve", "--json", "--expires", "7d", change))["approved"][0]
    assert answer["path"] == str(change) and answer["class"] == "destructive" and answer["expires"] > answer["time"]
    record, = approvals(tmp_path)
    kept = json.loads(record.read_text())
    record.chmod(0o600)
    record.write_text(json.dumps({**kept, "expires": "2026-01-01T00:00:00Z"}))
    assert "needs approval" in call("apply", "--policy", "strict", change, status=3)
    record.write_text(json.dumps(kept))
    call("apply", "--policy", "strict", change)
    assert not view_there(server, database)


@pytest.mark.parametrize("damage", [{"sha256": "0" * 64}, {"guardian_approval": 2}, {"time": "soon"}, {"expires": 7}, None])
def test_what_is_no_approval_of_this_text_approves_nothing(call, change, damage, tmp_path, server, database):
    call("approve", change)
    record, = approvals(tmp_path)
    record.chmod(0o600)
    record.write_text("rubbish" if damage is None else json.dumps({**json.loads(record.read_text()), **damage}))
    assert "needs approval" in call("apply", "--policy", "strict", change, status=3)
    assert view_there(server, database)


def test_what_cannot_be_read_cannot_be_approved(call, tmp_path):
    (tmp_path / "empty.sql").write_text("-- nothing\n")
    assert "no statement" in call("approve", "empty.sql", status=2)
    assert "missing.sql" in call("approve", "missing.sql", status=2)
    call("approve", status=2)
    assert approvals(tmp_path) == []


def test_every_key_is_explained(call, change, tmp_path):
    page = pathlib.Path(os.environ.get("GD_SOURCE", "."), "docs/formats/approval.md").read_text()
    answer = json.loads(call("approve", "--json", change))
    for document in (json.loads(approvals(tmp_path)[0].read_text()), answer, answer["approved"][0]):
        assert all(f"`{key}`" in page for key in document)
