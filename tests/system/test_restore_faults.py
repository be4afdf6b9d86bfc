"""A restore into a new database, broken at every point at which it can be."""

import os

import pytest

from harness import server as servers
from test_restore import Shop, points_of, same

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


@pytest.fixture(scope="module")
def own():
    with servers.Server() as one:
        yield one


@pytest.fixture(scope="module")
def tiny(guardian, own, tmp_path_factory):
    own.create("tiny")
    own.psql("tiny", stdin="""CREATE TABLE a (id serial PRIMARY KEY, t text); INSERT INTO a (t) SELECT i FROM generate_series(1, 100) i; CREATE INDEX ON a (t);
        CREATE TABLE b (a int REFERENCES a); INSERT INTO b VALUES (1), (2); CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM a; SELECT lo_from_bytea(0, 'large');
        GRANT SELECT ON a TO PUBLIC; COMMENT ON DATABASE tiny IS 'the source';""")
    one = Shop(guardian, own, "tiny", tmp_path_factory.mktemp("tiny"))
    one.take()
    yield one
    own.drop("tiny")


@pytest.mark.parametrize("how", ["", ":exit"], ids=["fails", "dies"])
def test_a_new_database_is_whole_or_says_what_it_is(tiny, how):
    """Every fault point of a whole restore; half of them fail and the others die, unless the deep tests are asked for. A failure leaves
    nothing; a death leaves what says that it is not complete."""
    says = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'swept'"
    points = points_of(tiny, "--into", "swept")
    tiny.server.drop("swept")
    left = set()
    for nth in range(1 if DEEP or how else 2, points + 1, 1 if DEEP else 2):
        ran = tiny.restore("--into", "swept", status=None, GUARDIAN_FAULT=f"{nth}{how}")
        there = "swept" in tiny.databases()
        if ran.returncode == 0 or (there and tiny.server.value(says) == "the source"):
            same(tiny.server, "tiny", "swept")
        elif not how:
            assert not there, f"fault {nth} of {points}: {ran.stderr}"
        elif there:
            assert tiny.server.value(says).startswith("guardian: being restored from"), f"fault {nth} of {points}"
        left.add(there)
        assert ran.returncode == 0 or not how or ran.returncode == 99, ran.stderr
        tiny.server.drop("swept")
    assert points > 20 and left == ({True, False} if how else {False})
