"""guardian run on a terminal: a risky statement is shown and asked for while it is held, and the command keeps its terminal. And the
time that the policy gives a run."""

import json
import os
import pathlib
import pty
import re
import select
import subprocess
import time

import pytest

from harness import guarded
from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
POLICY = pathlib.Path(__file__).resolve().parents[2] / "policies" / "default.yaml"

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE tags (id int PRIMARY KEY, label text);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
"""
QUESTION = "anything else refuses it: "


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        one.create("ask_base")
        one.psql("ask_base", stdin=BASE)
        yield one


class Terminal:
    """A person in front of a terminal of their own."""

    def __init__(self, words, env):
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(words[0], words, {**env, "TERM": "xterm", "NO_COLOR": "1", "PSQL_PAGER": "cat"})

    def wait_for(self, text, seconds=40):
        until = time.monotonic() + seconds
        while text not in self.said:
            assert time.monotonic() < until, f"{text!r} did not come: {self.said}"
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.said += os.read(self.fd, 65536).decode(errors="replace").replace("\r\n", "\n")
                except OSError:
                    break
        assert text in self.said, self.said
        before, self.said = self.said.split(text, 1)
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        try:
            while True:
                self.said += os.read(self.fd, 65536).decode(errors="replace").replace("\r\n", "\n")
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class World(guarded.World):
    def terminal(self, *words):
        return Terminal([GUARDIAN, "run", *words], self.env)


@pytest.fixture
def world(server, tmp_path):
    with guarded.world(server, tmp_path, "ask_base", World) as one:
        yield one


def psql(*commands):
    return ["--", "psql", "-X", *(word for command in commands for word in ("-c", command))]


def test_yes_lets_it_run_and_the_command_keeps_its_terminal(world):
    run = world.terminal("--", "sh", "-c", "psql -X -c 'SELECT 1' -c 'CREATE TABLE extra (i int)' -c 'ALTER TABLE users DROP COLUMN age'; printf 'name? '; read name; echo hello $name")
    shown = run.wait_for(QUESTION)
    assert "CREATE TABLE" in shown and "ALTER TABLE users DROP COLUMN age" in shown
    assert re.search(r"loses +column public.users.age, not null values: 200", " ".join(shown.split())), shown
    assert world.value("SELECT count(age) FROM users") == "200"
    run.type("yex\x7fs\r")  # typed wrong, and mended: "yes"
    run.wait_for("name? ")
    run.type("Ada\n")
    run.wait_for("hello Ada")
    assert run.end() == 0
    assert world.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age'") == "0"


@pytest.mark.parametrize("typed", ["\x03", "\x04", "no\n", "\n", "YES\n"])
def test_anything_else_refuses_and_ends_nobody(world, typed):
    run = world.terminal(*psql("DROP TABLE tags", "SELECT 'still' || ' here'"))
    run.wait_for(QUESTION)
    run.type(typed)
    run.wait_for("the answer to this statement was not yes")
    run.wait_for("still here")
    assert run.end() == 3
    assert world.value("SELECT count(*) FROM tags") == "20"


def test_all_is_for_the_rest_of_the_run(world):
    run = world.terminal(*psql("DELETE FROM tags WHERE id = 1", "DELETE FROM tags WHERE id = 1", "ALTER TABLE users DROP COLUMN age", "DROP TABLE tags"))
    for answer in ["yes\n", "yes\n", "all\n"]:  # an answer is for one statement
        run.wait_for(QUESTION)
        run.type(answer)
    assert run.end() == 0 and QUESTION not in run.said
    assert world.value("SELECT to_regclass('tags') IS NULL") == "t"


def test_the_second_try_does_not_ask_again(world):
    run = world.terminal("--", "psql", "-X", "-1", "-c", "ALTER TABLE tags ADD COLUMN x int", "-c", "ALTER TABLE users DROP COLUMN name")
    run.wait_for(QUESTION)
    run.type("yes\n")
    run.wait_for("running it again")
    assert run.end() == 0 and QUESTION not in run.said
    assert world.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'name'") == "0"


def test_yes_answers_and_without_a_terminal_nobody_is_asked(world):
    run = world.terminal("--yes", *psql("DELETE FROM tags WHERE id = 1"))
    assert run.end() == 0 and QUESTION not in run.said
    ran = world.cli("run", *psql("DELETE FROM tags WHERE id = 2"))
    assert QUESTION not in ran.stderr
    assert world.value("SELECT count(*) FROM tags") == "18"


def test_in_the_background_nobody_is_asked(world):
    words = " ".join(f"'{word}'" for word in [GUARDIAN, "run", *psql("DELETE FROM tags WHERE id = 1")])
    run = Terminal(["/bin/bash", "-c", f"set -m; {words} </dev/null & wait"], world.env)
    assert run.end() == 0 and QUESTION not in run.said
    assert world.value("SELECT count(*) FROM tags") == "19"


def test_the_command_goes_while_the_question_stands(world):
    run = world.terminal("--", "sh", "-c", "timeout 2 psql -X -c 'DROP TABLE tags'; echo gone; read more; echo more $more")
    run.wait_for(QUESTION)
    run.wait_for("gone")
    run.type("typed\n")
    run.wait_for("more typed")
    run.end()
    assert world.value("SELECT count(*) FROM tags") == "20"


def limited(world, limit):
    path = world.folder / "limited.yaml"
    path.write_text(POLICY.read_text().replace("policy: default", "policy: limited").replace("duration_max: 30min", f"duration_max: {limit}"))
    return ["--policy", str(path)]


def test_a_run_has_its_time(world):
    ran = world.cli("run", *limited(world, "10ms"), *psql("ALTER TABLE users DROP COLUMN age"), status=1)
    assert re.search(r"ERROR:  guardian: backup and proof of this run took [\d.]+ s and its statements 0.0 s, and the policy allows 10ms for all of it", ran.stderr), ran.stderr
    assert "Raise duration_max" in ran.stderr and world.value("SELECT count(age) FROM users") == "200"


def test_a_statement_has_no_more_than_what_is_left(world):
    ran = world.cli("run", *limited(world, "4s"), *psql("SHOW statement_timeout", "DELETE FROM tags WHERE id = 1 AND pg_sleep(60) IS NULL", "SHOW statement_timeout"), status=0)
    assert "canceling statement due to statement timeout" in ran.stderr and ran.stdout.count("\n 0\n") == 2
    document = json.loads(world.cli("list", "--json").stdout)["changes"][0]
    assert document["outcome"] == "nothing", document
