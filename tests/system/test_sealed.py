"""guardian apply while others write: what they were told is committed is in the backup, in the table, or in both."""

import json
import subprocess

import pytest

from harness import writers as clients

POLICY = """policy: {name}
about: {about}
limits: {{lock_wait: 2s, lock_retries: 10, drift_rows_max: {drift}}}
rules:
  - {{loses: [data], action: back up, scope: tables, proof: digest, sealed: {sealed}, because: rows go}}
  - {{class: [none, additive, enum, destructive], action: back up, scope: schema, proof: digest, because: a dump is cheap}}
"""


class Site:
    def __init__(self, guardian, server, database, folder):
        self.guardian, self.server, self.database, self.folder = guardian, server, database, folder
        self.store = f"file://{folder}/store"

    def policy(self, sealed, drift=0):
        path = self.folder / "policy.yaml"
        path.write_text(POLICY.format(name="site", about=f"sealed {sealed}", sealed=sealed, drift=drift))
        return path

    def guard(self, verb, *words, status=0):
        ran = subprocess.run([self.guardian, verb, "--json", "--store", self.store, *map(str, words)],
                             env=self.server.env(self.database), capture_output=True, text=True, timeout=120, cwd=self.folder)
        assert ran.returncode == status, f"{ran.stdout}\n{ran.stderr}"
        return json.loads(ran.stdout)

    def apply(self, sql, sealed="always", drift=0, status=0):
        (self.folder / "change.sql").write_text(sql)
        return self.guard("apply", "change.sql", "--yes", "--policy", self.policy(sealed, drift), status=status)

    def restored(self, snapshot):
        """The writes that the backup has."""
        copy = self.database + "_copy"
        subprocess.run([self.guardian, "restore", snapshot, "--store", self.store, "--into", copy, "--quiet"],
                       env=self.server.env(self.database), check=True, capture_output=True)
        try:
            return clients.rows(self.server, copy)
        finally:
            self.server.drop(copy)


@pytest.fixture
def site(guardian, server, database, tmp_path):
    return Site(guardian, server, database, tmp_path)


def test_a_sealed_change_has_every_write_that_was_confirmed_before_it(site):
    saved = set()
    with clients.Writers(site.server, site.database, 4) as writers:
        for round in range(3):  # each meets the writers at another moment
            writers.wait_for(100)
            told = site.apply(f"DELETE FROM writes; -- {round}")
            after = writers.mark()
            assert told["sealed"] and told["outcome"] == "applied" and told["drift_rows"] == 0
            there = clients.rows(site.server, site.database)
            saved |= site.restored(told["snapshot"])
            # Also of those that were confirmed while it ran, the change took only what a backup has.
            assert not writers.lost(after, saved | there)
    assert writers.doubtful == [] and writers.errors == []


def test_an_online_change_is_refused_while_others_write_and_says_how_much(site):
    with clients.Writers(site.server, site.database, 4) as writers:
        writers.wait_for(100)
        told = site.apply("DELETE FROM writes;", sealed="never", status=3)
        assert told["outcome"] == "refused" and not told["changed"] and told["drift_rows"] > 0
        assert "rows were written between backup and change" in told["error"]["text"] and "public.writes" in told["error"]["text"]
        mark = writers.mark()
    assert not writers.lost(mark, clients.rows(site.server, site.database))
    told = site.apply("DELETE FROM writes;", sealed="never")
    assert told["outcome"] == "applied" and not told["sealed"] and told["drift_rows"] == 0


def test_an_online_change_with_a_limit_counts_what_it_loses(site):
    with clients.Writers(site.server, site.database, 2, pause_s=0.01) as writers:
        writers.wait_for(50)
        told = site.apply("DELETE FROM writes;", sealed="never", drift=1000000)
        mark = writers.mark()
        there = clients.rows(site.server, site.database)
    lost = writers.confirmed(mark) - there - site.restored(told["snapshot"])
    assert told["outcome"] == "applied" and len(lost) <= told["drift_rows"]


def test_writers_wait_for_the_seal_and_not_much_longer(site):
    with clients.Writers(site.server, site.database, 4) as writers:
        writers.wait_for(100)
        since = writers.mark()
        told = site.apply("ALTER TABLE writes DROP COLUMN pad;")
        waited = writers.longest_wait(since)
        writers.wait_for(20)
    sealed = told["seconds"].get("sealed", told["seconds"]["backup"] + told["seconds"]["proof"])
    assert told["sealed"] and waited < 3 * sealed + 3


@pytest.mark.parametrize("change", ["DELETE FROM writes;", "ALTER TABLE writes DROP COLUMN pad;"])
def test_a_rollback_loses_not_one_write_that_was_confirmed_before_the_change(site, change):
    with clients.Writers(site.server, site.database, 4) as writers:
        writers.wait_for(200)
        told = site.apply(change)
        before = writers.mark()  # the change is in: all that was confirmed before it is among these
        writers.wait_for(50)
        site.guard("rollback", told["change"], "--yes")
        since = writers.mark()
        writers.wait_for(20)
        there = clients.rows(site.server, site.database)
        assert not writers.lost(before, there)
        assert not writers.lost(since, there)  # those written after it have keys of their own, and stay
    assert not site.server.run("SELECT 1 FROM writes WHERE pad <> repeat('w', 100)", site.database)
