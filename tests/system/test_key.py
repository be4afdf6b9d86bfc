"""guardian key: keys are made once, kept apart, and no word of one is ever shown."""
import json
import re
import subprocess

import pytest


@pytest.fixture
def call(guardian, tmp_path):
    def run(*words, **env):
        return subprocess.run([guardian, *words], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **env},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    return run


@pytest.fixture
def made(call, tmp_path):
    """A key file, and its id."""
    done = call("key", "a.key")
    assert done.returncode == 0, done.stderr
    return tmp_path / "a.key", re.search(r"made the key ([0-9a-f]{16}): a.key", done.stdout).group(1)


def test_a_key_is_private_and_not_printed(made, call):
    file, key_id = made
    text = file.read_text().strip()
    assert re.fullmatch(r"[0-9a-f]{64}", text) and key_id not in text
    assert file.stat().st_mode & 0o777 == 0o600
    for done in (call("key", "--key-file", "a.key"), call("key", "--json", "--key-file", "a.key")):
        assert done.returncode == 0 and key_id in done.stdout
        assert text not in done.stdout + done.stderr


def test_a_key_that_is_there_stays(made, call):
    file, _ = made
    before = file.read_text()
    done = call("key", "a.key")
    assert done.returncode == 2 and "is there already" in done.stderr
    assert file.read_text() == before


def test_a_key_for_a_vault_goes_to_stdout_alone(call):
    done = call("key", "-")
    assert re.fullmatch(r"[0-9a-f]{64}\n", done.stdout)
    assert "A lost key is a lost backup" in done.stderr and done.stdout.strip() not in done.stderr


def test_every_place_of_a_key_gives_the_same_key(made, call, tmp_path):
    file, key_id = made
    (tmp_path / "guardian.yaml").write_text("key-file: a.key\n")
    for done in (call("key"), call("key", GUARDIAN_KEY=file.read_text()), call("key", GUARDIAN_KEY_FILE="a.key"),
                 call("key", "--key-command", "cat a.key")):
        assert done.returncode == 0 and done.stdout == f"{key_id}  seals and opens\n", done.stderr


def test_the_stronger_place_counts_and_two_in_one_place_are_refused(made, call, tmp_path):
    file, key_id = made
    assert call("key", "b.key").returncode == 0
    done = call("key", "--key-file", "a.key", GUARDIAN_KEY=(tmp_path / "b.key").read_text())
    assert key_id in done.stdout
    done = call("key", GUARDIAN_KEY_FILE="a.key", GUARDIAN_KEY=file.read_text())
    assert done.returncode == 2 and "GUARDIAN_KEY" in done.stderr and "GUARDIAN_KEY_FILE" in done.stderr


def test_older_keys_stand_behind(made, call, tmp_path):
    file, key_id = made
    call("key", "b.key")
    (tmp_path / "b.key").write_text((tmp_path / "b.key").read_text() + file.read_text())
    document = json.loads(call("key", "--json", "--key-file", "b.key").stdout)
    assert [key["seals"] for key in document["keys"]] == [True, False]
    assert document["keys"][1]["id"] == key_id


def test_without_a_key_it_says_so(call):
    assert call("key").stdout == "No key is set: snapshots are stored without encryption.\n"


@pytest.mark.parametrize("mode, status, word", [(0o644, 0, "everybody on this machine can read"),
                                                (0o640, 0, None), (0o660, 2, "can write to the key file"),
                                                (0o602, 2, "can write to the key file")])
def test_what_others_may_do_with_the_file_is_looked_at(made, call, mode, status, word):
    file, _ = made
    file.chmod(mode)
    done = call("key", "--key-file", "a.key")
    assert done.returncode == status
    assert word in done.stderr if word else not done.stderr


@pytest.mark.parametrize("words, env, status, text", [
    ([], {"GUARDIAN_KEY": "Secret word"}, 2, "GUARDIAN_KEY: this is no key"),
    ([], {"GUARDIAN_KEY": "0" * 64}, 2, "all of its bytes are the same"),
    (["--key-file", "none"], {}, 2, "No such file"),
    (["--key-file", "/"], {}, 10, "Is a directory"),
    (["--key-command", "false"], {}, 10, '"false" ended with status 1'),
    (["--key-command", "echo Secret"], {}, 2, "this is no key"),
    (["--key-command", "no-such-program"], {}, 10, "is not in PATH"),
    (["--key-command", "yes Secret"], {}, 2, "there are more than"),
    (["a", "b"], {}, 2, "key takes one file"),
])
def test_what_gives_no_key_is_said_without_a_word_of_it(call, words, env, status, text):
    done = call("key", *words, **env)
    assert done.returncode == status and text in done.stderr
    assert "Secret" not in (done.stdout + done.stderr).replace("yes Secret", "").replace("echo Secret", "")


def test_a_key_is_not_taken_from_a_command_line(call):
    assert call("key", "--key", "00" * 32).returncode == 2
