"""A guarded change with its store on a real S3 server: applied, taken back, ten at once, killed in the middle; without the right to
delete; and when the database is gone."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from harness import s3
from harness import server as servers

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"
SHOP = """
CREATE TABLE users (id int PRIMARY KEY, name text, age int);
INSERT INTO users SELECT n, 'user ' || n, n % 90 FROM generate_series(1, 500) n;
"""
LOSES = "ALTER TABLE users DROP COLUMN age;\n"
ALL = "SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u"
SEALED = """policy: sealing
extends: default
rules:
  - loses: [data]
    action: back up
    scope: tables
    proof: digest
    sealed: always
    because: a test
"""
STATUS = {"applied": 0, "nothing": 0, "refused": 3, "failed": 5, "partial": 6}


class Cloud:
    """A database whose changes are kept in a bucket, in a folder of its own."""

    def __init__(self, guardian, server, database, folder, place, **more):
        self.guardian, self.server, self.database, self.folder, self.s3 = guardian, server, database, folder, place
        self.prefix = f"{database}/"
        variables = {name: value for name, value in place.variables.items() if name.startswith("AWS_")}
        self.more = {"GUARDIAN_STORE": place.url(database), "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", **variables, **more}
        (folder / "sealed.yaml").write_text(SEALED)
        server.psql(database, stdin=SHOP)

    def file(self, text, name="change.sql"):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def environment(self, **more):
        kept = {name: value for name, value in self.server.env(self.database).items() if not name.startswith(("AWS_", "GUARDIAN_"))}
        return {name: value for name, value in {**kept, **self.more, **more}.items() if value is not None}

    def start(self, *words, **more):
        return subprocess.Popen([self.guardian, *words], env=self.environment(**more), cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def call(self, *words, status=0, **more):
        ran = subprocess.run([self.guardian, *words], env=self.environment(**more), cwd=self.folder, text=True, capture_output=True, timeout=120)
        assert self.more["AWS_SECRET_ACCESS_KEY"] not in ran.stdout + ran.stderr
        assert status is None or ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def json(self, *words, **options):
        return json.loads(self.call(*words, "--json", **options).stdout)

    def sealed(self, text=LOSES, name="change.sql"):
        return ["apply", "--policy", str(self.folder / "sealed.yaml"), self.file(text, name)]

    def columns(self):
        return [name for name, in self.server.run("SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 "
                                                  "AND NOT attisdropped ORDER BY attnum", self.database)]

    def value(self, sql=ALL):
        return self.server.value(sql, self.database)

    def keys(self, part=""):
        return [key for key in self.s3.client().list("guardian", self.prefix) if part in key]


@pytest.fixture(params=["rgw", "swift"])
def cloud(request, guardian, server, database, tmp_path):
    return Cloud(guardian, server, database, tmp_path, request.getfixturevalue(request.param))


@pytest.fixture
def ceph(guardian, server, database, tmp_path, rgw):
    return Cloud(guardian, server, database, tmp_path, rgw)


def test_a_sealed_change_there_and_back(cloud):
    before = cloud.value()
    done = cloud.json(*cloud.sealed())
    assert done["outcome"] == "applied" and done["sealed"] and "age" not in cloud.columns()
    assert cloud.json(*cloud.sealed())["outcome"] == "nothing"
    listed = cloud.json("list")
    assert [one["id"] for one in listed["snapshots"]] == [done["snapshot"]]
    assert [one["id"] for one in listed["changes"]] == [done["change"]]
    assert cloud.json("show", "last")["change"] == done["change"]
    assert cloud.json("show", done["snapshot"])["snapshot"] == done["snapshot"]
    back = cloud.json("rollback", done["change"], "--yes")
    assert back["outcome"] == "rolled_back" and cloud.value() == before
    assert {one["id"]: one["rolled_back_by"] for one in cloud.json("list")["changes"]} == {done["change"]: back["change"], back["change"]: None}
    assert cloud.json("prune", "--keep-last", "1", "--apply")["removed"] >= 0
    assert cloud.call("doctor", status=None).returncode in (0, 4)


def test_what_the_lease_is_worth_is_said(cloud, request):
    """Where two puts can both succeed, only the lock in the database keeps others out, and that is said."""
    said = cloud.call(*cloud.sealed()).stderr
    weaker = "cannot create conditionally" in said and "only the lock in the database" in said
    assert weaker == ("swift" in request.node.name), said


@pytest.mark.parametrize("count", [10 if DEEP else 5])
def test_many_at_once_do_the_work_once(cloud, count):
    words = cloud.sealed("CREATE TABLE jobs (id int);\nINSERT INTO jobs VALUES (1);\nALTER TABLE users DROP COLUMN age;\n")
    started = [cloud.start(*words, "--json", "--busy-timeout", "100s") for _ in range(count)]
    ended = [(process.communicate(timeout=200), process.returncode) for process in started]
    assert all(status == 0 for _, status in ended), ended
    assert sorted(json.loads(said)["outcome"] for (said, _), _ in ended) == ["applied"] + ["nothing"] * (count - 1)
    assert cloud.value("SELECT count(*) FROM jobs") == 1


# Where it dies, and what the next run of the same file finds.
DEATHS = {"guard: decided": "applied", "guard: protected": "applied", "guard: applied": "nothing", "guard: checked": "nothing"}


@pytest.mark.parametrize("point", DEATHS if DEEP else ["guard: protected", "guard: applied"])
def test_killed_in_the_middle(cloud, point):
    process = cloud.start(*cloud.sealed(), "--json", GUARDIAN_FAULT=f"@{point}:stop")
    while True:
        assert process.poll() is None, process.communicate()
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
            if stat.read().rsplit(")", 1)[1].split()[0] == "T":
                break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    began = time.monotonic()
    again = cloud.json(*cloud.sealed(), "--busy-timeout", "100s")
    assert again["outcome"] == DEATHS[point] and "age" not in cloud.columns()
    assert time.monotonic() - began < 40, "a dead holder's lease was waited for"
    changes = cloud.json("list")["changes"]
    assert sum(one["outcome"] == "applied" for one in changes) == 1 and not any(one["open"] for one in changes), changes


# ---- who may not delete ----

KEEPS = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]


def allow(client, *actions):
    """What the other user may do in the bucket."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/stranger"]},
              "Resource": ["arn:aws:s3:::guardian", "arn:aws:s3:::guardian/*"], "Action": list(actions)}]}
    client.request("PUT", "/guardian", [("policy", "")], body=json.dumps(policy).encode()).expect()


@pytest.fixture
def keeper(ceph):
    """The same with keys that may write and read, and remove nothing."""
    allow(ceph.s3.client(), *KEEPS)
    ceph.more.update(AWS_ACCESS_KEY_ID=ceph.s3.variables["GD_OTHER_ACCESS_KEY_ID"], AWS_SECRET_ACCESS_KEY=ceph.s3.variables["GD_OTHER_SECRET_ACCESS_KEY"])
    yield ceph
    ceph.s3.client().request("DELETE", "/guardian", [("policy", "")]).expect()


def test_everything_but_pruning_works_without_the_right_to_delete(keeper):
    before = keeper.value()
    for number in range(3):
        assert keeper.json("apply", keeper.file(f"CREATE TABLE t{number} (i int);\n", f"{number}.sql"))["outcome"] == "applied"
    done = keeper.json(*keeper.sealed())
    assert done["outcome"] == "applied" and "age" not in keeper.columns()
    assert keeper.json("verify", done["snapshot"])["snapshots"]
    assert keeper.json("rollback", done["change"], "--yes")["outcome"] == "rolled_back" and keeper.value() == before
    assert "cannot remove backups" in keeper.call("doctor", "--verbose").stdout
    refused = keeper.call("prune", "--keep-last", "1", "--apply", status=10)
    assert "DeleteObject" in refused.stderr
    assert len(keeper.json("list")["snapshots"]) == len([key for key in keeper.keys() if key.endswith("manifest.json")])
    left = len(keeper.keys("/lease/"))
    allow(keeper.s3.client(), *KEEPS, "s3:DeleteObject")
    keeper.call("prune", "--keep-last", "1", "--apply")
    assert len(keeper.keys("/lease/")) < left


# ---- the store says no in the middle ----



@pytest.fixture
def forbidding(guardian, server, database, tmp_path, liar):
    return Cloud(guardian, server, database, tmp_path, Liar(liar))


class Liar:
    """A lying store in the clothes of a real one."""

    def __init__(self, liar):
        self.liar, self.variables = liar, liar.variables()

    @staticmethod
    def url(prefix):
        return f"s3://guardian/{prefix}"

    def client(self):
        return s3.Client.of(self.variables)

    def refuse(self, key, skip=0):
        self.liar.lie("put", "status", times=-1, status=403, code="AccessDenied", key=key, skip=skip)


# What it refuses to take: whether a snapshot is there then, whether it is proven, whether the journal could be closed.
REFUSED = {"/data/": (False, False, True), "manifest.json": (False, False, True), "/proofs/": (True, False, True)}


@pytest.mark.parametrize("key", REFUSED)
def test_a_store_that_refuses_the_backup_leaves_the_database_as_it_was(forbidding, key):
    there, proven, closed = REFUSED[key]
    forbidding.s3.refuse(key)
    failed = json.loads(forbidding.call(*forbidding.sealed(), "--json", status=4).stdout)
    assert failed["outcome"] == "failed" and not failed["changed"] and "age" in forbidding.columns()
    assert "AccessDenied" in failed["error"]["text"] or "403" in failed["error"]["text"], failed["error"]
    forbidding.s3.liar.lies.clear()
    listed = forbidding.json("list")
    assert [bool(one["proof"]) for one in listed["snapshots"] if not one.get("unfinished")] == ([proven] if there else []), listed
    assert [one["open"] for one in listed["changes"]] == [not closed]
    assert forbidding.json(*forbidding.sealed())["outcome"] == "applied"


# After how many objects of the journal it refuses more: what the last record says then.
CUT = {3: "protecting", 4: "proven", 5: "applying"}


@pytest.mark.parametrize("skip", CUT if DEEP else [4])
def test_a_store_that_refuses_the_journal_after_the_proof(forbidding, skip):
    """The proven backup of a change that never ran stays until somebody prunes it; the next run says so and goes on."""
    forbidding.s3.refuse("/changes/", skip)
    failed = json.loads(forbidding.call(*forbidding.sealed(), "--json", status=4).stdout)
    assert failed["outcome"] == "failed" and not failed["changed"] and "age" in forbidding.columns()
    assert any("the next run does it; its backup" in note and failed["snapshot"] in note for note in failed["notes"]), failed["notes"]
    forbidding.s3.liar.lies.clear()
    listed = forbidding.json("list")
    assert [(one["id"], one["proof"]["kind"], one["open_change"]) for one in listed["snapshots"]] == [(failed["snapshot"], "digest", True)]
    kept, = forbidding.json("prune", "--keep-last", "1")["snapshots"]
    assert kept["keep"] == "open_change"
    again = forbidding.json(*forbidding.sealed())
    assert again["outcome"] == "applied" and any(failed["change"] in note and CUT[skip] in note for note in again["notes"]), again["notes"]
    assert forbidding.json("prune", "--keep-last", "1", "--apply")["removed"] == 1
    assert [one["id"] for one in forbidding.json("list")["snapshots"]] == [again["snapshot"]]


def test_a_change_that_is_in_and_cannot_be_closed_is_in(forbidding):
    forbidding.s3.refuse("/changes/", 6)
    done = forbidding.json(*forbidding.sealed())
    assert done["outcome"] == "applied" and "age" not in forbidding.columns() and "closed" in " ".join(done["problems"])
    forbidding.s3.liar.lies.clear()
    again = forbidding.json(*forbidding.sealed())
    assert again["outcome"] == "nothing" and done["change"] in " ".join(again["notes"])
    assert [one["outcome"] for one in forbidding.json("list")["changes"]] == ["applied"]


@pytest.fixture
def small(tmp_path):
    """A folder on a disk of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fills_up_leaves_the_database_as_it_was_and_is_freed(guardian, server, database, tmp_path, small):
    server.psql(database, stdin=SHOP + "CREATE TABLE noise AS SELECT sha256(n::text::bytea) || sha256((-n)::text::bytea) AS b FROM generate_series(1, 60000) n;")
    environment = {**server.env(database), "GUARDIAN_STORE": f"file://{small}/store"}

    def apply(text, *words):
        (tmp_path / "change.sql").write_text(text)
        ran = subprocess.run([guardian, "apply", "--json", *words, str(tmp_path / "change.sql")], env=environment, capture_output=True, text=True, timeout=120)
        return ran.returncode, json.loads(ran.stdout), ran.stderr

    status, failed, said = apply("ALTER TABLE noise DROP COLUMN b;\n")
    assert status == 4 and failed["outcome"] == "failed" and "No space left" in said
    assert server.value("SELECT count(b) FROM noise", database) == 60000
    assert sum(path.stat().st_size for path in small.rglob("*") if path.is_file()) < 1 << 20, "what could not be finished was left"
    status, done, said = apply("ALTER TABLE users ADD COLUMN note text;\n")
    assert status == 0 and done["outcome"] == "applied", said


# ---- the database is gone ----


RUNBOOK = servers.ROOT / "docs" / "runbooks" / "restore.md"


def test_after_the_database_is_gone_the_store_tells_and_restores(ceph):
    """The runbook's commands for a database that is not there, as they stand."""
    before = ceph.value()
    done = ceph.json(*ceph.sealed(), "--policy", "default")
    assert [one["scope"] for one in ceph.json("list")["snapshots"]] == ["database"]
    ceph.server.drop(ceph.database)
    listed = ceph.call("list")
    assert done["change"] in listed.stdout and done["snapshot"] in listed.stdout and "could not be asked" in listed.stderr
    assert ceph.json("show", "last")["change"] == done["change"] and ceph.json("show", "latest")["snapshot"] == done["snapshot"]
    commands = re.findall(r"^    (guardian .*)$", RUNBOOK.read_text().split("### All of it")[0], re.M)
    assert [line.split()[1] for line in commands] == ["list", "show", "verify", "restore"]
    try:
        for line in commands:
            words = [done["snapshot"][:18] if word == "ID" else word for word in line.split()[1:]]
            ceph.call(*words)
        assert ceph.server.value(ALL, "app_copy") == before
    finally:
        ceph.server.drop("app_copy")
