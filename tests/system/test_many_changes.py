"""Months of changes: a start looks at the last days, summaries are only a cache, and nothing is begun before what is summed up."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import skew

DRIVER = os.environ.get("GD_BUILD") and pathlib.Path(os.environ["GD_BUILD"], "system", "drive_journal")
CLUSTER = "7301234567890123456-shop"


def drive(url, cluster, *steps, env=None):
    """What each step says."""
    ran = subprocess.run([DRIVER, url, cluster, *map(str, steps)], capture_output=True, text=True, timeout=300, env=env)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture(params=["file", "rgw", "swift"])
def place(request, tmp_path):
    """Where it lies, and the environment to get there."""
    if request.param == "file":
        return f"file://{tmp_path}/store", None
    server = request.getfixturevalue(request.param)
    return server.url(f"many-{tmp_path.name[-20:]}"), server.env()


def test_what_is_listed_is_the_same_before_and_after(place):
    url, env = place
    made, _, recent, *before = drive(url, CLUSTER, "make", 40, 30, 0, "open", 4, "recent", "stories", 0, "stories", 20, "last", env=env)
    assert made["count"] == 40 and (recent["count"], recent["open"], recent["folded"]) == (41, 1, 0)
    fold, recent, *after = drive(url, CLUSTER, "fold", 10, "recent", "stories", 0, "stories", 20, "last", env=env)
    assert fold["count"] + recent["count"] == 41 and recent["count"] < 10 and recent["open"] == 1 and not recent["problem"]
    assert [{**one, "seconds": 0} for one in before] == [{**one, "seconds": 0} for one in after]
    assert drive(url, CLUSTER, "fold-all", env=env)[0]["count"] == 0  # the open one is in the way


def test_a_start_makes_a_handful_of_requests(liar):
    url, env = "s3://guardian/many", {**os.environ, **liar.variables()}
    liar.page = 100
    drive(url, CLUSTER, "make", 300, 60, 0, env=env)

    def requests(*steps):
        liar.seen.clear()
        drive(url, CLUSTER, *steps, env=env)
        return len(liar.seen)
    many = requests("recent")
    assert many > 10
    requests("fold-all")
    assert requests("recent") <= 4
    assert requests("stories", 30) <= 34 and requests("stories", 200) <= 20


# ---- with the binary ----


class Shop:
    def __init__(self, guardian, server, database, folder):
        self.guardian, self.server, self.database, self.folder, self.store = guardian, server, database, folder, folder / "store"
        server.psql(database, stdin="CREATE TABLE users (id int PRIMARY KEY, age int); INSERT INTO users VALUES (1, 40);")

    def call(self, *words, status=0, **more):
        ran = subprocess.run([self.guardian, *words, "--store", f"file://{self.store}"], capture_output=True, text=True, timeout=120, cwd=self.folder,
                             env={**self.server.env(self.database), **more})
        assert ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def apply(self, text, name, **options):
        (self.folder / name).write_text(text)
        return json.loads(self.call("apply", "--json", name, **options).stdout)

    def cluster(self):
        return next(self.store.glob("v1/*/changes")).parent.name

    def summaries(self):
        return sorted(self.store.glob("v1/*/folded/*"))


@pytest.fixture
def shop(guardian, server, database, tmp_path):
    return Shop(guardian, server, database, tmp_path)


def test_the_start_of_a_change_sums_up_and_prune_sums_up_all(shop):
    shop.apply("ALTER TABLE users DROP COLUMN age;\n", "one.sql")
    drive(f"file://{shop.store}", shop.cluster(), "make", 40, 60, 40)
    shop.apply("CREATE TABLE a (i int);\n", "two.sql")
    assert not shop.summaries()  # not worth it
    drive(f"file://{shop.store}", shop.cluster(), "make", 120, 39, 20)
    third = shop.apply("CREATE TABLE b (i int);\n", "three.sql")
    one, = shop.summaries()
    drive(f"file://{shop.store}", shop.cluster(), "make", 5, 19, 2)
    shop.call("prune", "--keep-last", "1", "--apply")
    assert len(shop.summaries()) == 2
    document = json.loads(shop.call("list", "--json").stdout)
    assert len(document["changes"]) == 168 and not document["warnings"]
    assert "138 older changes are not shown" in shop.call("list").stdout
    back = json.loads(shop.call("rollback", third["change"], "--yes", "--json").stdout)
    assert back["outcome"] == "rolled_back"
    assert json.loads(shop.call("show", "last", "--json").stdout)["change"] == back["change"]
    assert json.loads(shop.call("show", third["change"], "--json").stdout)["rolled_back_by"] == back["change"]
    one.chmod(0o600)
    one.write_bytes(one.read_bytes()[:-7])
    listed = shop.call("list", "--json")
    assert [warning["text"] for warning in json.loads(listed.stdout)["warnings"] if one.name in warning["text"]]
    assert len(json.loads(listed.stdout)["changes"]) == 169
    one.unlink()
    shop.apply("CREATE TABLE c (i int);\n", "four.sql")
    assert len(json.loads(shop.call("list", "--json").stdout)["changes"]) == 170


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler")
def test_one_that_waited_for_days_does_not_begin(shop, tmp_path):
    """Its id is older than what is summed up: where nobody looks any more, nothing may begin."""
    shop.apply("CREATE TABLE a (i int);\n", "one.sql")
    drive(f"file://{shop.store}", shop.cluster(), "make", 20, 6, 2, "fold-all")
    failed = shop.apply("CREATE TABLE b (i int);\n", "two.sql", status=7, **skew.skewed(tmp_path, -9 * 86400))
    assert not failed["changed"] and "summed up" in failed["error"]["text"] and "clock" in failed["error"]["hint"]
    assert shop.apply("CREATE TABLE b (i int);\n", "two.sql")["outcome"] == "applied"
