"""What a store holds: list, show and prune on real snapshots, on a folder and on S3; ids as people give them; a store of
format 1 read by Guardian and by stock tools."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, total numeric);
INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 50) AS i;
INSERT INTO orders SELECT i, 1 + i % 50, i / 3.0 FROM generate_series(1, 500) AS i;
"""
GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "store-1"
GOLDEN_KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
ONE = ["--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0"]


class Shelf:
    """A store, a database, and a hand on guardian."""

    def __init__(self, guardian, server, database, url, **environment):
        self.guardian, self.url = guardian, url
        self.environment = {**server.env(database), "GUARDIAN_STORE": url, **environment}
        self.folder = pathlib.Path(url.removeprefix("file://")) if url.startswith("file://") else None

    def call(self, *words, status=0, **environment):
        env = {**self.environment, **environment}
        env = {name: value for name, value in env.items() if value is not None}
        ran = subprocess.run([self.guardian, *words], env=env, capture_output=True, text=True, timeout=120)
        assert ran.returncode == status, f"{' '.join(words)}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def json(self, *words, **more):
        return json.loads(self.call(*words, "--json", **more).stdout)

    def take(self, *words, **more):
        return self.json("snapshot", *words, **more)["snapshot"]

    def list(self, *words, **more):
        return self.json("list", *words, **more)["snapshots"]

    def ids(self, *words, **more):
        return [one["id"] for one in self.list(*words, **more)]

    def cluster(self):
        return next(self.folder.glob("v1/*"))

    def place(self, snapshot):
        return self.cluster() / "snapshots" / snapshot

    def copy(self, snapshot, new, prove=True):
        """The same snapshot under another id: what was taken then."""
        shutil.copytree(self.place(snapshot), self.place(new))
        manifest = self.place(new) / "manifest.json"
        manifest.write_text(manifest.read_text().replace(snapshot, new))
        if prove:
            self.call("verify", new)
        return new


@pytest.fixture(scope="module")
def shops(server):
    for name in ("shelf_a", "shelf_b"):
        server.create(name)
        with server.connect(name) as connection:
            connection.cursor().execute(SHOP)
        connection.close()
    yield ["shelf_a", "shelf_b"]
    for name in ("shelf_a", "shelf_b"):
        server.drop(name)


@pytest.fixture
def shelf(guardian, server, shops, tmp_path):
    return Shelf(guardian, server, shops[0], f"file://{tmp_path}/store")


# ---- list ----


def test_a_folder_that_is_not_there_is_no_empty_store(shelf, tmp_path):
    """A disk that is not mounted: nobody may take it for a store without snapshots, and nothing is written where it should be."""
    for words in (["list"], ["show", "latest"], ["verify"], ["prune"], ["restore", "latest", "--into", "x"], ["export", "latest", "--to", "x.tar"]):
        said = shelf.call(*words, status=10).stderr
        assert f'there is no store in "{shelf.folder}"' in said and "mounted" in said, words
    for below in ("not/there", "not"):
        far = f"file://{tmp_path}/gone/{below}"
        said = shelf.call("snapshot", "--store", far, status=4).stderr
        assert "mounted" in said and "is not there" in said and not (tmp_path / "gone").exists()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "mounted" in shelf.call("list", "--store", f"file://{tmp_path}/link", status=10).stderr
    shelf.take()
    assert len(shelf.list()) == 1


def test_without_a_setting_the_first_run_makes_its_folders(shelf):
    """Not as root, whose folder is the machine's."""
    somebody = {} if os.geteuid() else {"user": "postgres", "group": "postgres", "extra_groups": []}
    with tempfile.TemporaryDirectory(dir=os.environ.get("GUARDIAN_TEST_TMP", "/tmp")) as home:
        os.chmod(home, 0o777)
        env = {**shelf.environment, "HOME": home, "GUARDIAN_DB": ""}
        env.pop("GUARDIAN_STORE")
        env.pop("XDG_STATE_HOME", None)
        call = lambda *words: subprocess.run([shelf.guardian, *words], env=env, cwd=home, capture_output=True, text=True, timeout=60, **somebody)
        try:
            assert "There is no snapshot" in call("list").stdout
        except PermissionError:
            pytest.skip("the binary lies where only root may go")
        ran = call("snapshot", "--scope", "schema", "--json")
        assert ran.returncode == 0, ran.stderr
        assert list(pathlib.Path(home, ".local/state/guardian/v1").glob("*/snapshots/*/manifest.json"))


def test_other_databases_are_named(shelf, shops):
    other = {"PGDATABASE": shops[1]}
    shelf.take("--scope", "schema")
    assert "other databases" not in shelf.call("list").stdout and shelf.json("list")["others"] is False
    text = " ".join(shelf.call("list", **other).stdout.split())
    assert "There is no snapshot of this database" in text and "snapshots of other databases" in text and "--all" in text
    assert shelf.json("list", **other)["others"] is True and shelf.json("list", "--all", **other)["others"] is False
    shelf.take("--scope", "schema", **other)
    assert "snapshots of other databases" in " ".join(shelf.call("list").stdout.split())


def test_a_list_says_what_there_is(shelf):
    shelf.folder.mkdir()
    assert "There is no snapshot of this database" in shelf.call("list").stdout
    database = shelf.take("--reason", "by hand \x1b[2J")
    schema = shelf.take("--scope", "schema", "--prove", "none")
    listed = shelf.list()
    assert [one["id"] for one in listed] == [database, schema]
    assert [one["scope"] for one in listed] == ["database", "schema"]
    assert listed[0]["rows"] == 550 and listed[0]["tables"] == 2 and listed[0]["database"] == "shelf_a"
    assert listed[0]["proof"]["kind"] == "digest" and listed[1]["proof"] is None
    assert listed[0]["reason"] == "by hand \x1b[2J" and listed[0]["problem"] is None
    text = shelf.call("list").stdout
    assert re.search(rf"{database} +shelf_a +database +550 +[\d.]+ kB +digest", text)
    assert re.search(rf"{schema} +shelf_a +schema +[\d.]+ kB +none", text)
    assert "2 snapshots" in text and "1 proven" in " ".join(text.split())
    assert "\x1b" not in shelf.call("show", database).stdout


def test_what_is_missing_or_unfinished_is_no_snapshot(shelf):
    good, damaged, foreign, litter = (shelf.take() for _ in range(4))
    (shelf.place(damaged) / "data" / "000001.copy.zst").unlink()
    (shelf.place(litter) / "manifest.json").unlink()
    manifest = shelf.place(foreign) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    listed = {one["id"]: one for one in shelf.list()}
    assert listed[good]["problem"] is None
    assert re.search(r'object ".*data/000001.copy.zst" is missing', listed[damaged]["problem"])
    assert listed[litter]["unfinished"] and "no manifest" in listed[litter]["problem"]
    assert "it has format 2" in listed[foreign]["problem"]
    text = shelf.call("list").stdout
    assert text.count("DAMAGED") == 2 and text.count("unfinished") == 1 and "3 snapshots" in text
    assert "1 proven" in " ".join(text.split())
    assert "has no manifest" in shelf.call("show", litter, status=2).stderr
    assert "reads formats up to 1" in shelf.call("show", foreign, status=2).stderr
    assert "DAMAGED" in shelf.call("show", damaged).stdout
    assert shelf.json("show", "latest")["snapshot"] == good


def test_what_was_found_damaged_is_proven_no_more(shelf):
    good, damaged = shelf.take(), shelf.take()
    part = next((shelf.place(damaged) / "data").iterdir())
    before = part.read_bytes()
    part.write_bytes(before[:60] + bytes([before[60] ^ 1]) + before[61:])  # as long as before
    assert shelf.list()[1]["problem"] is None
    time.sleep(1.1)  # ids tell seconds apart
    shelf.call("verify", damaged, "--no-record", status=8)
    assert shelf.list()[1]["problem"] is None
    shelf.call("verify", damaged, status=8)
    assert "read back and is damaged" in shelf.list()[1]["problem"]
    assert "DAMAGED" in shelf.call("show", damaged).stdout
    assert shelf.json("show", "latest")["snapshot"] == good
    shelf.call("prune", *ONE, "--apply")
    assert shelf.ids() == [good, damaged]
    part.write_bytes(before)
    time.sleep(1.1)
    shelf.call("verify", damaged)
    assert shelf.list()[1]["problem"] is None and shelf.json("show", "latest")["snapshot"] == damaged


def test_one_without_all_rows_pushes_none_out(shelf):
    whole = shelf.take()
    later = [shelf.take("--exclude-table-data", "*.*") for _ in range(2)]
    shelf.call("prune", *ONE, "--apply")
    assert shelf.ids() == [whole, later[1]] or shelf.ids() == [whole, *later]


def test_each_database_has_its_own(shelf, guardian, server, shops):
    other = Shelf(guardian, server, shops[1], shelf.url)
    mine, theirs = shelf.take(), other.take()
    assert shelf.ids() == [mine] and other.ids() == [theirs]
    assert sorted(shelf.ids("--all")) == sorted([mine, theirs])
    assert shelf.json("show", "latest")["snapshot"] == mine
    assert other.json("show", "latest")["snapshot"] == theirs
    assert shelf.json("show", theirs)["snapshot"] == theirs  # an id needs no database
    nobody = dict.fromkeys(["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"])
    assert len(shelf.ids(**nobody)) == 2
    assert "several databases" in shelf.call("show", "latest", status=2, **nobody).stderr
    assert "several databases" in shelf.call("prune", status=2, **nobody).stderr
    assert len(shelf.json("prune", "--all", **nobody)["snapshots"]) == 2


def test_a_lost_database_does_not_hide_its_snapshots(shelf, tmp_path):
    mine = shelf.take()
    lost = shelf.call("list", PGHOST=str(tmp_path))
    assert mine in lost.stdout and "could not be asked which it is" in lost.stderr
    assert shelf.json("show", "latest", PGHOST=str(tmp_path))["snapshot"] == mine
    shelf.call("prune", PGHOST=str(tmp_path), status=10)  # what removes must know whose


# ---- show, and ids ----


def test_show_has_the_manifest_and_the_proofs(shelf):
    mine = shelf.take("--exclude-table-data", "orders", "--reason", "x")
    shelf.call("verify", mine)
    shown = shelf.json("show", mine[:20])
    assert shown["manifest"] == json.loads((shelf.place(mine) / "manifest.json").read_text())
    assert shown["proof"] == "digest" and len(shown["proofs"]) == 2
    assert shown["way_back"][0] == f"guardian restore {mine} --into NEW_DATABASE"
    text = shelf.call("show", mine).stdout
    for words in ('database "shelf_a"', "2 tables, 50 rows", "left out  public.orders", "every byte read back",
                  "public.customers", "not encrypted", f"guardian restore {mine} --replace", "UTF8"):
        assert words in text, words


def test_ids_are_given_by_people(shelf):
    first = shelf.take()
    second = shelf.take()
    assert "may be any of 2 snapshots" in shelf.call("show", first[:6], status=2).stderr
    wrong = first[:-1] + ("0" if first[-1] != "0" else "1")
    assert f"Did you mean {first}?" in shelf.call("show", wrong, status=2).stderr
    assert "there is no snapshot" in shelf.call("show", "../../etc/passwd", status=2).stderr
    shelf.call("show", status=2)
    shelf.call("show", first, second, status=2)


def test_latest_is_proven_whole_and_enough(shelf, server):
    shelf.take("--prove", "none")
    assert "is proven" in shelf.call("show", "latest", status=4).stderr
    good = shelf.take()
    shelf.take("--prove", "none")
    damaged = shelf.take()
    (shelf.place(damaged) / "schema.dump").write_bytes(b"")
    schema = shelf.take("--scope", "schema")
    assert shelf.json("show", "latest")["snapshot"] == schema
    shelf.take("--exclude-table-data", "orders")  # nor is one that leaves rows out
    try:
        shelf.call("restore", "latest", "--into", "shelf_copy")  # definitions alone are not enough
        with server.connect("shelf_copy") as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT count(*) FROM orders")
            assert cursor.fetchone() == (500,)
        connection.close()
    finally:
        server.drop("shelf_copy")
    assert good in shelf.ids()


# ---- prune ----


def test_those_that_leave_out_other_rows_are_counted_apart(shelf):
    orders, customers, later = (shelf.take("--exclude-table-data", name) for name in ("orders", "customers", "orders"))
    shelf.call("prune", *ONE, "--apply")
    assert shelf.ids() == [customers, later]
    again = shelf.take("--exclude-table-data", "customers")
    shelf.call("prune", *ONE, "--apply")
    assert shelf.ids() == [later, again]


def test_prune_shows_before_it_removes(shelf):
    newest = shelf.take()
    old = [shelf.copy(newest, f"2026010{day}T000000Z-00000000aa") for day in range(1, 5)]
    shown = shelf.json("prune", *ONE)
    assert [one["id"] for one in shown["snapshots"] if one["keep"] is None] == old
    assert not shown["applied"] and shown["removed"] == 0 and len(shelf.ids()) == 5
    text = shelf.call("prune", "--keep-last", "2", *ONE[2:]).stdout
    assert "3 of 5 snapshots would go" in text and "--apply does it" in text
    assert re.search(rf"{old[3]} .*stays +last 2", text) and re.search(rf"{newest} .*stays +the last proven one", text)
    assert not shelf.json("prune", *ONE, GUARDIAN_YES="1")["applied"] and len(shelf.ids()) == 5  # who answers questions has not asked for this
    done = shelf.json("prune", "--apply", "--keep-last", "2", *ONE[2:])
    assert done["applied"] and done["removed"] == 3
    assert shelf.ids() == [old[3], newest]
    assert not list(shelf.cluster().glob(f"*/{old[0]}*"))  # its proofs are gone, too
    assert "no rule keeps" in shelf.call("prune", "--keep-last", "0", *ONE[2:], status=2).stderr


def test_prune_keeps_what_somebody_needs(shelf):
    newest = shelf.take()
    held, changed, closed, plain = (shelf.copy(newest, f"2026020{i}T000000Z-00000000aa", prove=False) for i in range(1, 5))
    for one, change in ((changed, "open-1"), (closed, "done-1")):
        manifest = shelf.place(one) / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"change": ""', f'"change": "{change}"'))
    journal = shelf.cluster() / "changes"
    for change, record in (("open-1", "0001-received"), ("done-1", "closed")):
        (journal / change).mkdir(parents=True)
        (journal / change / record).write_text("{}")
    assert shelf.json("prune", "--hold", held, "--reason", "audit")["held"] == [held]
    decided = {one["id"]: one["keep"] for one in shelf.json("prune", *ONE, "--yes")["snapshots"]}
    assert decided == {held: "held", changed: "open_change", closed: None, plain: None, newest: "last_proven"}
    assert shelf.ids() == [held, changed, newest]
    assert json.loads((shelf.cluster() / "holds" / held).read_text())["reason"] == "audit"
    shelf.call("prune", "--release", held)
    shelf.call("prune", *ONE, "--apply")
    assert shelf.ids() == [changed, newest]


def test_prune_does_nothing_without_a_success(shelf):
    newest = shelf.take("--prove", "none")
    shelf.copy(newest, "20260301T000000Z-00000000aa", prove=False)
    shelf.call("prune", *ONE, "--apply")
    assert len(shelf.ids()) == 2
    shelf.call("verify", newest)
    (shelf.place(newest) / "schema.dump").unlink()  # proven once, and damaged since
    shelf.call("prune", *ONE, "--apply")
    assert len(shelf.ids()) == 2


def test_prune_drops_what_is_damaged_when_asked(shelf):
    damaged, foreign, newest = (shelf.take() for _ in range(3))
    (shelf.place(damaged) / "schema.dump").unlink()
    manifest = shelf.place(foreign) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    shelf.call("prune", *ONE, "--apply")
    assert len(shelf.ids()) == 3
    shelf.call("prune", *ONE, "--apply", "--drop-damaged")
    assert shelf.ids() == [foreign, newest]


def test_prune_takes_old_litter_and_no_young_one(shelf):
    newest = shelf.take()
    old, young = (shelf.copy(newest, f"2026040{i}T000000Z-00000000aa", prove=False) for i in (1, 2))
    for one in (old, young):
        (shelf.place(one) / "manifest.json").unlink()
    long_ago = time.time() - 2 * 86400
    for path in shelf.place(old).rglob("*"):
        os.utime(path, (long_ago, long_ago))
    decided = {one["id"]: one["keep"] for one in shelf.json("prune", "--apply")["snapshots"]}
    assert decided == {old: None, young: "young", newest: "last_proven"}
    assert shelf.ids() == [young, newest]


def test_a_crash_of_prune_leaves_whole_snapshots_or_litter(shelf):
    newest = shelf.take()
    old = "20260501T000000Z-00000000aa"
    for nth in range(1, 40):
        shutil.rmtree(shelf.place(old), ignore_errors=True)
        shelf.copy(newest, old, prove=False)
        ran = subprocess.run([shelf.guardian, "prune", "--apply", *ONE], capture_output=True, timeout=60,
                             env={**shelf.environment, "GUARDIAN_FAULT": f"{nth}:exit"})
        listed = {one["id"]: one for one in shelf.list()}
        assert listed[newest]["problem"] is None
        assert old not in listed or listed[old]["unfinished"] or listed[old]["problem"] is None
        if ran.returncode == 0:
            assert old not in listed and nth > 4
            return
        assert ran.returncode == 99
    raise AssertionError("it never came to its end")


# ---- S3 ----


@pytest.fixture
def cloud(guardian, server, shops, liar):
    return Shelf(guardian, server, shops[0], "s3://guardian/backups", **liar.variables())


def test_a_credential_that_may_not_delete_says_so(cloud, liar):
    newest = [cloud.take(), cloud.take()][1]
    liar.lie("remove", "status", times=-1, status=403, code="AccessDenied")
    assert "1 of 2 snapshots would go" in cloud.call("prune", *ONE).stdout
    refused = cloud.call("prune", *ONE, "--apply", status=10)
    assert "could not remove snapshot" in refused.stderr and "DeleteObject" in refused.stderr and "LEFT" in refused.stdout
    assert len(cloud.ids()) == 2
    liar.lies.clear()
    cloud.call("prune", *ONE, "--apply")
    assert cloud.ids() == [newest]


def test_a_store_that_fails_is_no_empty_store(cloud, liar):
    cloud.take()
    liar.lie("list", "status", times=-1, status=403, code="AccessDenied")
    cloud.call("list", status=10)
    cloud.call("prune", "--apply", status=10)


def test_a_real_server_is_pruned_to_the_last_byte(guardian, server, shops, rgw):
    cloud = Shelf(guardian, server, shops[0], "s3://guardian/shelf", **rgw.variables)
    ids = [cloud.take() for _ in range(3)]
    assert cloud.ids() == ids and cloud.json("show", "latest")["snapshot"] == ids[2]
    cloud.call("prune", "--hold", ids[0])
    assert cloud.json("prune", *ONE, "--apply")["removed"] == 1
    assert cloud.ids() == [ids[0], ids[2]]
    keys = rgw.client().list("guardian", "shelf/")
    assert keys and not [key for key in keys if ids[1] in str(key)]


# ---- a store of format 1 ----


@pytest.fixture
def golden(guardian, server, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(GOLDEN, store)
    nobody = dict.fromkeys(["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"])
    return Shelf(guardian, server, "postgres", f"file://{store}", **nobody)


def test_format_1_is_read_for_ever(golden, server):
    plain, sealed = golden.ids()
    assert [one["proof"]["kind"] for one in golden.list()] == ["digest", "digest"]
    golden.call("verify", plain)
    golden.call("verify", sealed, GUARDIAN_KEY=GOLDEN_KEY)
    to = server.env("postgres")
    for one, name, key in ((plain, "golden_plain", None), (sealed, "golden_sealed", GOLDEN_KEY)):
        try:
            golden.call("restore", one, "--into", name, "--no-owner", GUARDIAN_KEY=key,
                        **{k: v for k, v in to.items() if k.startswith("PG")})
            with server.connect(name) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT string_agg(name || coalesce(born::text, '-') || tag, ',' ORDER BY id) FROM people")
                assert cursor.fetchone()[0] == "Ada1815-12-10ADA,Grace-GRACE,Zoë0044-03-15 BCZOË"
                cursor.execute("SELECT nextval('counter'), convert_from(lo_get(4242), 'UTF8'), (SELECT count(*) FROM names)")
                assert cursor.fetchone() == (3, "a large object", 3)
            connection.close()
        finally:
            server.drop(name)


def test_format_1_is_read_by_stock_tools(golden):
    folder = golden.place(golden.ids()[0])
    contents = subprocess.run(["pg_restore", "-l", folder / "schema.dump"], capture_output=True, text=True, check=True).stdout
    assert "TABLE public people" in contents and "MATERIALIZED VIEW public names" in contents
    contents = subprocess.run(["pg_restore", "-l", folder / "blobs.dump"], capture_output=True, text=True, check=True).stdout
    assert "4242" in contents
    manifest = json.loads((folder / "manifest.json").read_text())
    table = next(one for one in manifest["tables"] if one["name"] == "people")
    rows = subprocess.run(["zstd", "-dc", folder / table["parts"][0]["object"]], capture_output=True, check=True).stdout
    assert rows.count(b"\n") == table["rows"] == 3 and rows.startswith(b"1\tAda\t1815-12-10\ttab\\there, line\\nthere, back\\\\slash\t")
