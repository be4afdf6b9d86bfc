"""guardian approve: exactly this text, for a policy that wants it approved; and a changed letter needs a new approval."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest


@pytest.fixture
def call(guardian, server, database, tmp_path):
    def run(*words, status=0, answer=False, **env):
        environment = {**server.env(database), "GUARDIAN_STORE": f"file://{tmp_path}/store", "LC_ALL": "C.UTF-8", **env}
        done = subprocess.run([guardian, *map(str, words)], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 or answer else done.stderr
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


# --- what there is, and taking it back ---

def listed(call, *words):
    return json.loads(call("approve", "--list", "--json", *words))["approvals"]


def test_an_approval_is_taken_back_by_a_record_beside_it(call, change, server, database, tmp_path):
    first, = json.loads(call("approve", "--json", "--reason", "read", change))["approved"]
    second, = json.loads(call("approve", "--json", change))["approved"]
    before = {path: path.read_bytes() for path in approvals(tmp_path)}
    said = call("approve", "--revoke", first["id"], "--reason", "the view is needed until May")
    assert "REVOKED" in said and "the view is needed until May" in " ".join(said.split()) and first["id"] in said
    assert {path: path.read_bytes() for path in before} == before and len(approvals(tmp_path)) == 3
    assert [one["state"] for one in listed(call)] == ["revoked", "holds"]
    call("plan", "--policy", "strict", change)  # the second one holds
    revoked, = json.loads(call("approve", "--json", "--revoke", second["id"][:24]))["revoked"]
    assert revoked["state"] == "revoked" and revoked["revoked"]["who"] and revoked["revoked"]["time"] > revoked["time"]
    refused = call("apply", "--policy", "strict", change, status=3)
    assert "needs approval" in refused and view_there(server, database)
    again, = json.loads(call("approve", "--json", "--revoke", first["id"], "--reason", "twice"))["revoked"]
    assert again["revoked"]["reason"] == "the view is needed until May" and len(approvals(tmp_path)) == 4
    call("approve", change)  # and given anew
    call("apply", "--policy", "strict", change)
    assert not view_there(server, database)


def test_a_refusal_says_what_became_of_an_approval(call, change):
    one, = json.loads(call("approve", "--json", change))["approved"]
    call("approve", "--revoke", one["id"], "--reason", "the view is needed until May")
    answer = json.loads(call("apply", "--policy", "strict", "--json", change, status=3, answer=True))
    assert any("that was revoked by" in note and "needed until May" in note for note in answer["notes"]), answer


def test_a_revocation_that_is_damaged_revokes(call, change, tmp_path):
    one, = json.loads(call("approve", "--json", change))["approved"]
    call("approve", "--revoke", one["id"])
    record, = tmp_path.glob("store/v1/approvals/*/*.revoked.json")
    record.chmod(0o600)
    record.write_bytes(b"")
    assert "needs approval" in call("apply", "--policy", "strict", change, status=3)
    assert listed(call)[0]["state"] == "revoked" and "nobody knows whom" in call("approve", "--list", "--verbose")


def test_the_list_is_of_all_texts_or_of_some(call, change, tmp_path):
    other = tmp_path / "other.sql"
    other.write_text("DROP TABLE t;\n")
    (tmp_path / "store").mkdir()
    assert "No approval holds in file://" in call("approve", "--list")
    call("approve", change, "--expires", "1h")
    call("approve", other)
    assert [pathlib.Path(one["path"]).name for one in listed(call)] == ["drop.sql", "other.sql"]
    assert [pathlib.Path(one["path"]).name for one in listed(call, other)] == ["other.sql"]
    record = next(path for path in approvals(tmp_path) if "drop.sql" in path.read_text())
    record.chmod(0o600)
    record.write_text(json.dumps({**json.loads(record.read_text()), "expires": "2026-01-01T00:00:00Z"}))
    said = call("approve", "--list")
    assert "other.sql" in said and "drop.sql" not in said and "1 more holds no longer" in said
    assert "EXPIRED" in call("approve", "--list", "--verbose")
    record.write_text("{}")
    assert "UNREADABLE" in call("approve", "--list", "--verbose", change)


def test_what_is_asked_of_approve_must_make_sense(call, change, tmp_path):
    call("approve", change)
    assert "no approval" in call("approve", "--revoke", "2020", status=2)
    assert "do not go together" in call("approve", "--list", "--revoke", "2", status=2)
    assert "no file" in call("approve", "--revoke", "2", change, status=2)
    call("approve", change)
    assert "2 approvals begin with" in call("approve", "--revoke", "2", status=2)
    assert len(approvals(tmp_path)) == 2


def test_every_key_is_explained(call, change, tmp_path):
    page = pathlib.Path(os.environ.get("GD_SOURCE", "."), "docs/formats/approval.md").read_text()
    answer = json.loads(call("approve", "--json", change))
    revoked = json.loads(call("approve", "--json", "--revoke", answer["approved"][0]["id"]))
    record, = tmp_path.glob("store/v1/approvals/*/*.revoked.json")
    assert json.loads(record.read_text())["guardian_revocation"] == 1
    for document in (json.loads(approvals(tmp_path)[0].read_text()), answer, answer["approved"][0], json.loads(record.read_text()), revoked,
                     revoked["revoked"][0], revoked["revoked"][0]["revoked"], json.loads(call("approve", "--list", "--json"))):
        assert all(f"`{key}`" in page for key in document)
