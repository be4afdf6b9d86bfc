"""Who waits for whom: how long a sealed change holds those who write, and what it says of that; those who hold what Guardian reads."""

import json
import subprocess
import threading
import time

import pytest

POLICY = """policy: site
about: short waits
limits: {{lock_wait: {wait}, lock_retries: {retries}, sealed_wait: {sealed}}}
rules:
  - {{loses: [data], action: back up, scope: tables, proof: digest, sealed: always, because: rows go}}
  - {{class: [none, additive, enum, destructive], action: back up, scope: schema, proof: digest, because: a dump is cheap}}
"""


class Site:
    def __init__(self, guardian, server, database, folder):
        self.guardian, self.server, self.database, self.folder = guardian, server, database, folder
        self.store = f"file://{folder}/store"
        self.policy()
        server.run("CREATE TABLE users (id int PRIMARY KEY, name text, age int CHECK (age >= 0)); "
                   "INSERT INTO users SELECT n, 'user ' || n, n % 90 FROM generate_series(1, 500) n; "
                   "CREATE VIEW adults AS SELECT id FROM users WHERE age >= 18", database)

    def policy(self, wait="300ms", retries=50, sealed="1500ms"):
        (self.folder / "policy.yaml").write_text(POLICY.format(wait=wait, retries=retries, sealed=sealed))

    def run(self, *words, text=False):
        return subprocess.run([self.guardian, *words, "--store", self.store, *([] if text else ["--json"])],
                              env=self.server.env(self.database), capture_output=True, text=True, timeout=60, cwd=self.folder)

    def apply(self, sql, status=0, verb="apply", more=("--yes",), wait="300ms"):
        (self.folder / "change.sql").write_text(sql)
        ran = self.run(verb, "change.sql", *more, "--policy", "policy.yaml", "--lock-timeout", wait)
        assert ran.returncode == status, f"{ran.stdout}\n{ran.stderr}"
        return json.loads(ran.stdout), ran.stderr

    def connect(self, **options):
        return self.server.connect(self.database, autocommit=False, **options)

    def sealed(self):
        return self.server.value("SELECT count(*) FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted "
                                 "AND relation = 'users'::regclass", self.database) > 0

    def columns(self):
        return [name for name, in self.server.run("SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass "
                                                  "AND attnum > 0 AND NOT attisdropped", self.database)]


@pytest.fixture
def site(guardian, server, database, tmp_path):
    return Site(guardian, server, database, tmp_path)


def read(link):
    with link.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")


def read_once_sealed(site, link):
    """Somebody who begins to read while the backup is made, and does not end."""
    def wait():
        while not site.sealed():
            time.sleep(0.005)
        read(link)
    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_who_reads_for_long_is_waited_for_before_anybody_is_stopped(site):
    site.policy(retries=3)
    with site.connect(application_name="report") as reader:
        read(reader)
        time.sleep(0.4)
        began = time.monotonic()
        told, said = site.apply("ALTER TABLE users DROP COLUMN age CASCADE;", status=7)
        assert time.monotonic() - began < 6
        reader.rollback()
    assert "somebody was still reading" in told["error"]["text"] and "report" in told["error"]["text"], told["error"]
    assert "reads users" in told["error"]["text"] and "waits, before anybody is stopped" in said
    assert not told["changed"] and told["snapshot"] is None and told["seconds"]["sealed"] == 0
    assert "age" in site.columns()


def test_who_reads_for_long_and_ends_lets_the_change_go_on(site):
    reader = site.connect()
    read(reader)
    time.sleep(0.4)
    timer = threading.Timer(1.0, reader.rollback)
    timer.start()
    told, _ = site.apply("ALTER TABLE users DROP COLUMN age CASCADE;")
    timer.join()
    reader.close()
    assert told["outcome"] == "applied" and told["sealed"] and "age" not in site.columns()
    assert told["seconds"]["sealed"] < told["seconds"]["total"] - 0.5  # nobody was stopped while it waited


def test_readers_that_come_meanwhile_hold_writers_no_longer_than_the_policy_says(site):
    with site.connect(application_name="dashboard") as reader:
        thread = read_once_sealed(site, reader)
        told, _ = site.apply("ALTER TABLE users DROP COLUMN age CASCADE;", status=7)
        thread.join()
        free = time.monotonic()
        site.server.run("UPDATE users SET name = 'free' WHERE id = 1", site.database)  # at once, beside the reader
        assert time.monotonic() - free < 1
        reader.rollback()
    text = told["error"]["text"]
    assert "given up after 1500 ms" in text and "dashboard" in text and "were kept waiting" in text, text
    assert not told["changed"] and told["proof"] == "digest" and "sealed_wait" in told["error"]["hint"]
    spent = told["seconds"]
    assert 1.5 <= spent["sealed"] <= spent["backup"] + spent["proof"] + 1.5 + 1.0, spent
    shown = json.loads(site.run("show", told["change"]).stdout)
    assert shown["seconds"]["sealed"] == pytest.approx(spent["sealed"], abs=0.01)
    assert "writers waited" in site.run("show", told["change"], text=True).stdout


def test_the_time_that_writers_waited_is_that_of_the_whole_transaction(site):
    told, _ = site.apply("BEGIN; DELETE FROM users WHERE id < 10; SELECT pg_sleep(1); COMMIT;")
    assert told["sealed"] and told["seconds"]["sealed"] >= 1 + told["seconds"]["backup"] + told["seconds"]["proof"] - 0.05
    assert told["seconds"]["sealed"] < told["seconds"]["total"]
    told, _ = site.apply("BEGIN; DELETE FROM users WHERE id < 20; SELECT pg_sleep(0.7); SELECT 1 / 0; COMMIT;", status=5)
    assert told["seconds"]["sealed"] >= 0.7
    assert json.loads(site.run("show", told["change"]).stdout)["seconds"]["sealed"] >= 0.7


def test_a_backup_that_fails_lets_writers_go_before_anything_else(site):
    site.server.run("ALTER TABLE users ADD COLUMN big text; UPDATE users SET big = repeat(md5(id::text), 200)", site.database)
    store = site.folder / "store"
    (site.folder / "harmless.sql").write_text("CREATE TABLE first (id int);")
    site.run("apply", "harmless.sql", "--yes", "--policy", "policy.yaml")  # so that the store is made
    for path in store.glob("v1/*/snapshots"):
        path.rename(path.with_name("snapshots.away"))
        path.write_text("no folder")
    told, _ = site.apply("DELETE FROM users;", status=4)
    assert not told["changed"] and 0 < told["seconds"]["sealed"] < told["seconds"]["total"]
    assert site.server.value("SELECT count(*) FROM users", site.database) == 500


# --- what Guardian itself reads


def hold(site, seconds):
    holder = site.connect(application_name="vacuum full by hand")
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE users, adults IN ACCESS EXCLUSIVE MODE")
    timer = threading.Timer(seconds, holder.rollback)
    timer.start()
    return holder, timer


@pytest.mark.parametrize("sql", ["ALTER TABLE users ADD COLUMN email text;", "DROP VIEW adults;"])
def test_who_holds_what_is_surveyed_is_waited_for(site, sql):
    holder, timer = hold(site, 1.0)
    told, said = site.apply(sql)
    timer.join()
    holder.close()
    assert told["outcome"] == "applied"
    assert "trying again" in said and "vacuum full by hand" in said


@pytest.mark.parametrize("verb", ["apply", "plan"])
def test_who_holds_what_is_surveyed_for_long_is_named(site, verb):
    site.policy(retries=2)
    holder, timer = hold(site, 30)
    began = time.monotonic()
    (site.folder / "change.sql").write_text("ALTER TABLE users ADD COLUMN email text;")
    ran = site.run(verb, "change.sql", "--policy", "policy.yaml", "--lock-timeout", "300ms", *(["--yes"] if verb == "apply" else []))
    timer.cancel()
    assert time.monotonic() - began < 10
    holder.rollback()
    holder.close()
    assert ran.returncode == 7, ran.stdout + ran.stderr
    assert "vacuum full by hand" in ran.stdout + ran.stderr and "users" in ran.stdout + ran.stderr
