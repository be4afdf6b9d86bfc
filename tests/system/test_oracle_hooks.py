"""No hook deceives: where a row really vanishes, Guardian has said that data may be lost.

The hooks, the statements that fire them and the four ways to arm are in harness/hooks.py. Every combination is run for
real and judged; the same hooks with functions that do nothing must not make anything worse. Without GUARDIAN_TEST_DEEP the
two ways that hide best are tried, and of the harmless only some.
"""

import json
import os
import subprocess

import psycopg2
import pytest

from harness import effects, hooks

DEEP = bool(os.environ.get("GUARDIAN_TEST_DEEP"))
# How a hook is armed -> whether the catalogue is looked at.
WAYS = {"live": True, "replaced": True, "script": True, "late": True, "script by its text": False, "late by its text": False}
CALM_FIRES = 4  # of each hook, when time is short


class Armed:
    """Databases of one hook: a world, and the world with the hook armed: harmless first, then evil."""

    CANARY = "TRUNCATE app.canary; INSERT INTO app.canary VALUES (1);"

    def __init__(self, server, hook):
        self.server, self.hook = server, hook
        self.databases = ["hook_live", "hook_calm"] if DEEP else ["hook_live"]
        for name in self.databases:
            server.drop(name)
            server.create(name, "hook_world")
            server.run(hook.bodies(hooks.CALM) + hook.arm + self.CANARY, name)

    def turn_evil(self):
        self.server.run(self.hook.bodies(hooks.EVIL) + self.CANARY, "hook_live")

    def close(self):
        for name in self.databases:
            self.server.drop(name)

    def script(self, way, fire):
        """(database to look at, what is run and judged)"""
        calm, evil = self.hook.bodies(hooks.CALM), self.hook.bodies(hooks.EVIL)
        return {
            "live": ("hook_live", fire),
            "replaced": ("hook_calm", evil + fire),
            "script": ("hook_world", evil + self.hook.arm + fire),
            "late": ("hook_world", calm + self.hook.arm + evil + fire),
            "calm": ("hook_live", fire),
        }[way.split(" by ")[0]]


def vanishes(server, database, script, alone):
    """Is the canary gone after the script?"""
    if alone:
        server.create("hook_try", database)
        database = "hook_try"
    link = server.connect(database)
    try:
        with link.cursor() as cursor:
            try:
                for one in ([script] if not alone else statements(script)):
                    cursor.execute(one if alone else "BEGIN; SET CONSTRAINTS ALL IMMEDIATE; " + one)
                cursor.execute("SET search_path = ''; SELECT coalesce(max(oid::regclass::text), '') FROM pg_class WHERE relname = 'canary'")
                cursor.execute(f"RESET ROLE; SELECT count(*) FROM {cursor.fetchone()[0]}")
                return cursor.fetchone()[0] == 0
            except psycopg2.Error as error:
                return f"{error.pgcode}: {error}".strip()
    finally:
        link.close()
        if alone:
            server.drop("hook_try")


def statements(script):
    """Statement by statement: bodies here hold their semicolons between dollars."""
    parts = script.split("$$")
    for index in range(0, len(parts), 2):
        parts[index] = parts[index].replace(";", "\0")
    return [one for one in "$$".join(parts).split("\0") if one.strip()]


def judged(guardian, script, uri):
    ran = subprocess.run([guardian, "classify", "--json", *(["--db", uri] if uri else []), "-"], input=script, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def world(server):
    server.run("DO $$ BEGIN CREATE ROLE hook_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    server.create("hook_world")
    server.run(hooks.WORLD + "INSERT INTO app.canary VALUES (1);", "hook_world")
    yield server
    server.drop("hook_world")


@pytest.fixture(scope="module", params=list(hooks.HOOKS), ids=[name.replace(" ", "-") for name in hooks.HOOKS])
def armed(request, world):
    hook = hooks.HOOKS[request.param]
    if world.major < hook.since:
        pytest.skip(f"came with PostgreSQL {hook.since}")
    one = Armed(world, hook)
    yield one
    one.close()


def alarms(document):
    """What hooks alone made bad: findings inside of something that the statement does not say itself."""
    return [f"{finding['rule']} in {finding['within']}" for file in document["files"] for statement in file["statements"]
            for finding in statement["findings"] if finding.get("within") and effects.at_least(finding["class"], "destructive")]


def test_harmless_functions_alarm_nobody(armed, guardian):
    false = {}
    for fire in armed.hook.fires[:None if DEEP else CALM_FIRES]:
        database, script = armed.script("calm", fire.lstrip("!").replace("{database}", "hook_try"))
        found = alarms(judged(guardian, script, armed.server.uri(database)))
        if found:
            false[fire] = found
    assert not false


def test_where_a_row_vanishes_guardian_said_so(armed, guardian):
    deceived, fired = [], 0
    armed.turn_evil()
    for fire in armed.hook.fires:
        for way, looks in WAYS.items():
            if not DEEP and way not in (["live"] if fire.startswith("!") else ["live", "late"]):
                continue
            database, script = armed.script(way, fire.lstrip("!").replace("{database}", "hook_try"))
            gone = vanishes(armed.server, database, script, fire.startswith("!"))
            if gone is not True:
                continue
            fired += 1
            said = judged(guardian, script, armed.server.uri(database) if looks else None)["class"]
            if not effects.at_least(said, "destructive"):
                deceived.append(f"{way}: {fire}: {said}")
    assert fired, "the hook never fires: the case tests nothing"
    assert not deceived, "\n".join(deceived)
