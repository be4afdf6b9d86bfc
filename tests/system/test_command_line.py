"""The program as a shell sees it: streams, exit statuses, words about mistakes."""

import subprocess

import pytest


@pytest.fixture
def call(guardian, tmp_path):
    """Runs the binary in an empty folder, with nothing in its environment but what is given."""
    def run(*words, env=None, **more):
        more.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([guardian, *words], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **(env or {})},
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=30, **more)
    return run


def test_version_and_help_go_to_stdout(call):
    for words in (["--version"], ["--help"], ["help"], ["help", "help"], ["help", "--help"]):
        done = call(*words)
        assert done.returncode == 0 and done.stdout and not done.stderr, words


def test_no_command_is_a_wrong_request(call):
    done = call()
    assert done.returncode == 2
    assert not done.stdout and "usage: guardian" in done.stderr


@pytest.mark.parametrize("words, text, hint", [
    (["hepl"], 'there is no command "hepl"', 'Did you mean "help"?'),
    (["--hepl"], 'there is no option "--hepl"', "Did you mean --help?"),
    (["help", "hepl"], 'there is no command "hepl"', 'Did you mean "help"?'),
    (["help", "help", "help"], "help is about one command at a time", None),
    (["help", "--color"], "--color needs a value", "Write --color WHEN, or --color=WHEN."),
    (["generate", "optoins"], '"optoins" cannot be generated', 'Did you mean "options"?'),
    (["help", "--config", "none.yaml"], 'could not read settings from "none.yaml": No such file or directory', None),
])
def test_a_mistake_ends_with_status_2_and_names_the_right_word(call, words, text, hint):
    done = call(*words)
    assert done.returncode == 2 and not done.stdout
    lines = done.stderr.splitlines()
    assert lines[0] == f"guardian: {text}"
    assert lines[1:-1] == ([f"hint: {hint}"] if hint else [])
    assert lines[-1] == "Nothing was changed."


def test_a_mistake_in_the_file_is_named_with_its_line(call, tmp_path):
    (tmp_path / "guardian.yaml").write_text("# ours\nquiet: yes\npolcy: strict\n")
    done = call("help")
    assert done.returncode == 2
    assert done.stderr.splitlines()[:2] == ['guardian: guardian.yaml:3:1: "polcy" is not a setting',
                                            'hint: Did you mean "policy"?']


def test_a_mistake_in_the_environment_is_named(call):
    done = call("help", env={"GUARDIAN_COLOUR": "never"})
    assert done.returncode == 2
    assert done.stderr.splitlines()[:2] == ["guardian: GUARDIAN_COLOUR is not a setting",
                                            "hint: Did you mean GUARDIAN_COLOR?"]


def test_an_answer_that_could_not_be_written_is_a_failure(call):
    with open("/dev/full", "w") as full:
        done = call("--help", stdout=full)
    assert done.returncode == 10
    assert "could not write the answer: No space left on device" in done.stderr


def test_a_key_in_a_file_that_others_can_read_is_warned_about(call, tmp_path):
    file = tmp_path / "guardian.yaml"
    file.write_text("store-customer-key: hunter2\n")
    file.chmod(0o644)
    assert "holds the key of the store" in call("help").stderr and "hunter2" not in call("help").stderr
    file.chmod(0o600)
    assert not call("help").stderr


def test_quiet_hushes_warnings_and_a_warning_does_not_show_the_secret(call, tmp_path):
    file = tmp_path / "guardian.yaml"
    file.write_text("db: postgresql://u:hunter2@h/d\n")
    file.chmod(0o644)
    loud, quiet = call("help"), call("help", "--quiet")
    assert loud.returncode == 0 and loud.stderr.startswith("warning: ") and "hunter2" not in loud.stderr
    assert quiet.returncode == 0 and not quiet.stderr
