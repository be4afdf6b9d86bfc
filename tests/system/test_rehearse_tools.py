"""guardian run --rehearse with the real migration tools: the same end state as without it, decided before anything runs, and nothing unseen."""

import pytest

from test_run_tools import (OTHERS, comes_back, deep, history, home, pair, prisma, push, run, server, source, states,  # noqa: F401
                            tool_env)

REHEARSE = ["--rehearse", "--policy", "default"]


def left(database):
    return database.server.run("SELECT datname FROM pg_database WHERE datname LIKE 'guardian_drill%' OR datname LIKE 'prisma_migrate_shadow%'")


def test_push(prisma, pair):
    bare, guarded = pair(6)
    content = guarded.content()
    push(prisma, bare, 7, "--accept-data-loss")
    ran = push(prisma, guarded, 7, "--accept-data-loss", guard=REHEARSE)
    assert "APPLIED" in ran.stderr and "rehearsed" in ran.stderr and guarded.dump() == bare.dump() and left(guarded) == []
    assert [one["kind"] for one in guarded.shelf()["changes"]] == ["run"] and len(guarded.shelf()["snapshots"]) == 1
    comes_back(guarded, content)


def test_push_that_loses_is_refused_before_it_begins(prisma, pair):
    _, guarded = pair(19)  # without a rehearsal its foreign keys go before the policy sees a table go
    before = guarded.dump()
    ran = push(prisma, guarded, 20, "--accept-data-loss", guard=["--rehearse", "--policy", "boot"], status=3)
    assert "REFUSED  Nothing was changed." in ran.stderr and "policy boot refuses" in ran.stderr
    assert guarded.dump() == before and not guarded.shelf()["changes"]


def test_push_that_prisma_refuses_only_where_there_are_rows(prisma, pair):
    _, guarded = pair(6)
    before = guarded.dump("-N", "guardian")
    ran = push(prisma, guarded, 7, guard=REHEARSE, status=1)
    assert "rehearsed" in ran.stderr and "--accept-data-loss" in ran.stdout + ran.stderr
    assert guarded.dump("-N", "guardian") == before


def test_deploy(prisma, pair, history):
    bare, guarded = pair(0)
    words = ["node", "node_modules/prisma/build/index.js", "migrate", "deploy"]
    prisma.schema(source(6))
    for steps in (range(1, 5), range(1, 7)):
        history(steps)
        run(words, prisma.work, {**prisma.env, **bare.env})
        ran = run(guarded.guarded(words, ["--rehearse", "--policy", "boot"]), prisma.work, {**prisma.env, **guarded.env})
        assert "APPLIED" in ran.stderr and guarded.schema() == bare.schema()
    ran = run(guarded.guarded(words, REHEARSE), prisma.work, {**prisma.env, **guarded.env})
    assert "0 statements would change" in ran.stderr and "No pending migrations" in ran.stdout and "APPLIED" not in ran.stderr


@deep
def test_dev_and_its_shadow_database(prisma, pair, history):
    """The first run makes the migration's file, the second applies it: both on a terminal, where Prisma asks. What the tests have for an
    engine gives up at its third shadow database, behind the migration."""
    _, guarded = pair(0)
    prisma.schema(source(1))
    history([])
    env = {key: value for key, value in prisma.env.items() if key != "SHADOW_URL"}
    line = " ".join(map(str, guarded.guarded(["node", "node_modules/prisma/build/index.js", "migrate", "dev", "--name", "first"], [*REHEARSE, "--yes"])))
    answers = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; printf 'y\\r'; done"
    ran = run(["bash", "-c", f"({answers}) 2>/dev/null | script -qec '{line}' /dev/null"], prisma.work, {**env, **guarded.env}, None)
    assert "rehearsed" in ran.stdout and "not seen" not in ran.stdout and "guards another" not in ran.stdout, ran.stdout
    assert guarded.value("SELECT count(*) FROM _prisma_migrations") == "1" and left(guarded) == []


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=() if tool == "alembic" else deep) for tool in OTHERS])
def test_others(tool, pair, tmp_path):
    bare, guarded = pair(0)
    bare_work, work = home(tool, tmp_path / "bare"), home(tool, tmp_path / "guarded")
    for expected, words in zip(OTHERS[tool](bare_work), OTHERS[tool](work)):
        run(expected, bare_work, tool_env(bare, bare_work), None)
        ran = run(guarded.guarded(words, REHEARSE), work, tool_env(guarded, work), None)
        assert guarded.schema() == bare.schema(), ran.stdout + ran.stderr
        assert len(guarded.content()) == len(bare.content())
    assert left(guarded) == []
