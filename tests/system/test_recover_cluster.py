"""Several clusters in one store: which one is meant is asked of the database while it answers, and chosen by a person when it does not."""

import json

import pytest

from harness import pitr
from harness import server as servers
from harness.recoveries import recover

ALONE = {name: "" for name in ("GUARDIAN_DB", "DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGPASSWORD")}


def backed_up(one):
    one.server.run("CREATE TABLE t (n int)")
    one.base = json.loads(one.guardian("base", "--json", as_server=True).stdout)["base"]
    one.switch()
    one.system = str(one.value("SELECT system_identifier FROM pg_control_system()"))
    return one


@pytest.fixture(scope="module")
def first():
    with pitr.Archive() as one:
        one.server.run('CREATE DATABASE "shop-1"')
        yield backed_up(one)


@pytest.fixture(scope="module")
def second(first):
    with pitr.Archive(place=first.place) as one:
        yield backed_up(one)


@pytest.fixture(scope="module")
def other():
    """One of which nothing is in any store."""
    with servers.Server() as one:
        yield one


def preview(world, *words, status=0, env=None):
    ran = world.guardian("recover", "--preview", "--latest", "--json", *words, status=status, env=env)
    return json.loads(ran.stdout) if status == 0 else None, " ".join(ran.stderr.split())


def test_the_only_one_is_meant_when_the_database_is_down(first):
    said, wrong = preview(first, env=ALONE)
    assert said["system_identifier"] == first.system and wrong == ""
    said, wrong = preview(first, env={"GUARDIAN_DB": "postgresql://nobody@127.0.0.1:1/x"})
    assert said["system_identifier"] == first.system and "could not be asked of which cluster it is" in wrong
    preview(first, "--db", "postgresql://h/x?nonsense=1&port=no", status=2)


def test_a_database_of_another_cluster_is_not_taken_for_this_one(first, other):
    system = str(other.value("SELECT system_identifier FROM pg_control_system()"))
    folder, _, wrong = recover(first, "--latest", "--db", other.uri(), status=2)
    assert f"the database of --db is of cluster {system}" in wrong and first.system in wrong and "--system" in wrong and not folder.exists()
    said, _ = preview(first, "--db", other.uri(), "--system", first.system)
    assert said["system_identifier"] == first.system


def test_of_several_the_one_whose_database_answers(first, second):
    for one, other in ((first, second), (second, first)):
        said, wrong = preview(one)
        assert (said["system_identifier"], said["base"]) == (one.system, one.base) and f"cluster {one.system}, that of GUARDIAN_DB; the store holds 1 more" in wrong
        said, _ = preview(one, "--db", other.server.uri())
        assert said["base"] == other.base
        said, _ = preview(one, "--system", other.system)
        assert said["base"] == other.base


def test_when_none_answers_a_person_can_choose(first, second):
    first.guardian("snapshot", "--db", first.server.uri("shop-1"))
    for env in ALONE, {"GUARDIAN_DB": "postgresql://nobody@127.0.0.1:1/x"}:
        _, wrong = preview(first, status=2, env=env)
        assert f"holds 2 clusters: {second.system} (newest base backup of " in wrong, wrong
        assert f"; {first.system}, database shop-1 (newest base backup of " in wrong and wrong.count("WAL stored until ") == 2 and "with --system" in wrong


def checked(world, *words, env=None):
    ran = world.guardian("wal", "check", "--json", *words, env=env)
    return [one["system_identifier"] for one in json.loads(ran.stdout)["clusters"]], ran.stderr


def test_wal_check_looks_at_the_one_that_is_set_and_says_so(first, second, other):
    found, wrong = checked(first)
    assert found == [first.system] and "--all looks at them, too" in wrong
    assert sorted(checked(first, "--all")[0]) == sorted(checked(first, env=ALONE)[0]) == sorted([first.system, second.system])
    found, wrong = checked(first, env={"GUARDIAN_DB": "postgresql://nobody@127.0.0.1:1/x"})
    assert len(found) == 2 and "could not be asked" in wrong
    found, wrong = checked(first, env={"GUARDIAN_DB": other.uri()})
    assert len(found) == 2 and "all clusters are looked at" in wrong
