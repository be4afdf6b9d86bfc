"""The runbook's own commands: what it says to do without Guardian is done, word for word, and gives the same database."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from harness import server as servers
from harness import world

RUNBOOK = servers.ROOT / "docs" / "runbooks" / "restore.md"


@pytest.fixture(scope="module")
def own():
    with servers.Server(settings={"wal_level": "logical"}) as one:
        world.build_everything(one, "app")
        yield one


@pytest.fixture(scope="module")
def taken(guardian, own, tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    ran = subprocess.run([guardian, "snapshot", "--json", "--store", f"file://{store}", "--part-size", "64kB"], env=own.env("app"), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    snapshot = json.loads(ran.stdout)["snapshot"]
    return store, snapshot, next(store.rglob("manifest.json")).parent


def drop(server, pattern):
    """Databases of that name, with the subscriptions that hold them."""
    for (name,) in server.run("SELECT datname FROM pg_database WHERE datname LIKE %s", parameters=[pattern]):
        for (subscription,) in server.run("SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = %s", parameters=[name]):
            server.run(f'ALTER SUBSCRIPTION "{subscription}" SET (slot_name = NONE)', name)
            server.run(f'DROP SUBSCRIPTION "{subscription}"', name)
        server.drop(name)


def without_guardian():
    """The shell blocks below the heading, in their order."""
    text = RUNBOOK.read_text().split("## Without Guardian", 1)[1]
    return re.findall(r"```sh\n(.*?)```", text, re.S)


def test_the_shell_commands_restore_everything(own, taken, tmp_path):
    blocks = without_guardian()
    assert len(blocks) == 5 and not any("guardian" in block for block in blocks)
    script = "\n".join(blocks).replace("/tmp/", f"{tmp_path}/")
    env = {**own.env(), "PATH": f"{os.environ['PATH']}"}
    ran = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=taken[2], env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert world.definitions(own, "app") == world.definitions(own, "app_copy")
    assert not world.differences(own, "app", "app_copy")
    drop(own, "app\\_copy")


def test_the_sums_find_a_damaged_object(own, taken, tmp_path):
    part = sorted((taken[2] / "data").iterdir())[0]
    whole = part.read_bytes()
    part.chmod(0o600)
    part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        ran = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", without_guardian()[0].replace("/tmp/", f"{tmp_path}/")], cwd=taken[2], env=own.env(), capture_output=True, text=True)
        assert ran.returncode != 0 and part.name in ran.stdout + ran.stderr
    finally:
        part.write_bytes(whole)


@pytest.mark.parametrize("command", re.findall(r"^    (guardian restore .*)$", RUNBOOK.read_text(), re.M))
def test_the_commands_of_guardian_run_as_they_stand(guardian, own, taken, command):
    """On a copy that is called as in the runbook; with the tables that are there."""
    store, snapshot, _ = taken
    own.run("CREATE DATABASE spare TEMPLATE app")
    tables = iter(["public.texts", "public.own_types"])
    words = [guardian] + [snapshot[:18] if word == "ID" else next(tables) if word.startswith("public.") else word for word in command.split()[1:]]
    try:
        ran = subprocess.run(words, env={**own.env("spare"), "GUARDIAN_STORE": f"file://{store}"}, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    finally:
        drop(own, "spare%")
        drop(own, "app\\_copy")
