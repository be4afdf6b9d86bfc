"""A command as it runs under guardian: a terminal with job control, process 1 of a container, and what is left when one of the two dies."""

import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time

import pytest

DRIVER = os.environ.get("GD_BUILD") and str(pathlib.Path(os.environ["GD_BUILD"], "system", "drive_run"))
TARGET = ["postgresql://nobody@localhost:1/none", "none"]  # nobody knocks at the door here


class Terminal:
    """An interactive bash on a terminal of its own."""

    def __init__(self, folder):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(PS1="READY$ ", RUN=" ".join([DRIVER, *TARGET]), TERM="dumb", HISTFILE="")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
        self.expect(r"READY\$ ")

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern, seconds=15):
        """Wait for `pattern` in what was not yet expected; forget it and what came before."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text)
            if found:
                before = self.text[: found.start()]
                self.text = self.text[found.end():]
                return before
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} did not come; this did: {self.text!r}")
            self.text += os.read(self.fd, 65536).decode().replace("\r\n", "\n")

    def command(self, text):
        self.type(text + "\n")
        self.expect(re.escape(text.splitlines()[-1]) + r"\n")  # the echo

    def close(self):
        os.close(self.fd)
        try:
            os.kill(self.pid, signal.SIGKILL)
        finally:
            os.waitpid(self.pid, 0)


@pytest.fixture
def terminal(tmp_path):
    one = Terminal(tmp_path)
    yield one
    one.close()


def script(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    return name


def await_file(path, seconds=10):
    end = time.monotonic() + seconds
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end, f"{path} was not written"
        time.sleep(0.02)
    return path.read_text().strip()


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def await_death(pid, seconds=10):
    end = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < end, f"{pid} lives on"
        time.sleep(0.02)


# --- with a terminal ---------------------------------------------------------------------------------


def test_a_question_is_answered_on_the_terminal(terminal):
    terminal.command("$RUN sh -c 'printf name?; read name; echo hello $name; exit 7'; echo status $?")
    terminal.expect(r"name\?")
    terminal.type("you\n")
    terminal.expect(r"hello you")
    terminal.expect(r"status 7")


def test_what_is_typed_reaches_the_command_once(terminal, tmp_path):
    script(tmp_path, "count", "trap 'echo one-more' INT\ntrap 'echo quit; exit 5' QUIT\necho started\nwhile :; do sleep 0.05; done\n")
    terminal.command("$RUN bash count; echo status $?")
    terminal.expect("started")
    terminal.type("\x03")
    terminal.expect("one-more")
    time.sleep(0.5)
    terminal.type("\x1c")
    assert "one-more" not in terminal.expect("quit")
    terminal.expect("status 5")


def test_psql_is_used_as_ever(terminal, server, database):
    terminal.command(f"export {' '.join(f'{name}={value}' for name, value in server.env(database).items() if name.startswith('PG'))} PAGER=cat")
    terminal.expect(r"READY\$ ")
    terminal.command(f"{DRIVER} '{server.uri(database)}' {database} psql -X; echo status $?")
    terminal.expect(re.escape(database) + "=# ")
    terminal.type("SELECT 6 * 7 AS answer;\n")
    terminal.expect(r"\n +42\n")
    terminal.expect("=# ")
    terminal.type("SELECT 'half a stat\x03")  # ^C gives up a line, and not psql
    terminal.expect("=# ")
    terminal.type("SELECT pg_sleep(30);\n")
    time.sleep(0.5)
    terminal.type("\x03")
    terminal.expect("canceling statement due to user request")
    terminal.expect("=# ")
    terminal.type("\\prompt 'who? ' who\n")
    terminal.expect(r"who\? $")
    terminal.type("me\n")
    terminal.expect("=# ")
    terminal.type("\\echo hello :who\n")
    terminal.expect(r"\nhello me\n")
    terminal.type("\\q\n")
    terminal.expect("status 0")


def test_stopping_and_going_on_is_for_both(terminal, tmp_path):
    script(tmp_path, "ticks", "echo started\nfor i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; echo all\n")
    terminal.command("$RUN bash ticks; echo status $?")
    terminal.expect("started")
    terminal.type("\x1a")
    terminal.expect("Stopped")
    terminal.expect(r"READY\$ ")
    time.sleep(1.5)  # longer than the work takes
    assert not select.select([terminal.fd], [], [], 0)[0], "it went on while it was stopped"
    terminal.command("fg")
    terminal.expect("all")


def test_where_no_shell_could_wake_it_nothing_typed_stops_it():
    """As in a container or behind ssh: guardian leads the session, and its process group is an orphan."""
    text = ""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(DRIVER, [DRIVER, *TARGET, "bash", "-c", "echo started; sleep 1; echo all"])
    end = time.monotonic() + 10
    while "all" not in text and time.monotonic() < end and select.select([fd], [], [], 10)[0]:
        before, text = text, text + os.read(fd, 1000).decode()
        if "started" in text and "started" not in before:
            os.write(fd, b"\x1a")
    if "all" not in text:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)  # not before: a terminal that goes away is a reason to end
    assert status == 0 and "all" in text, text


def test_in_the_background_a_question_stops_it_until_it_is_in_front(terminal):
    terminal.command("$RUN sh -c 'read name; echo hello $name' &")
    time.sleep(1)  # bash tells of it with its next prompt
    terminal.type("\n")
    terminal.expect("Stopped")
    terminal.command("fg")
    terminal.type("you\n")
    terminal.expect("hello you")


def test_the_rest_of_a_pipeline_keeps_the_terminal(terminal):
    terminal.command("$RUN sh -c 'echo asked; sleep 1' | sh -c 'read it; echo was $it; read name </dev/tty; echo hello $name'")
    terminal.expect("was asked")
    terminal.type("you\n")
    terminal.expect("hello you")


def test_a_script_around_it_ends_with_it(terminal, tmp_path):
    script(tmp_path, "boot.sh", "echo started\n$RUN sleep 30\necho AFTER\n")
    terminal.command("bash boot.sh")
    terminal.expect("started")
    time.sleep(0.5)
    terminal.type("\x03")
    assert "AFTER" not in terminal.expect(r"READY\$ ")
    terminal.command("echo status $?")
    terminal.expect("status 130")


def test_a_shell_with_jobs_of_its_own(terminal):
    terminal.command("$RUN bash --norc --noprofile --noediting -i; echo status $?")
    terminal.expect(r"READY\$ ")
    terminal.command("bash -c 'echo in''side; exec sleep 30'")
    terminal.expect("inside")  # it is in front now; ^C before would have met the shell
    terminal.type("\x03")
    terminal.expect(r"READY\$ ")
    terminal.command("kill -KILL $$")
    terminal.expect("status 137")
    terminal.expect(r"READY\$ ")
    terminal.command("cat")  # the shell in front can read again: it has the terminal
    terminal.type("still here\n")
    terminal.expect("still here\nstill here\n")
    terminal.type("\x04")


def test_one_that_does_not_end_is_ended_with_all_it_started(terminal, tmp_path):
    script(tmp_path, "deaf", "trap '' TERM\nbash -c 'trap \"\" TERM; echo $$ >below; while :; do sleep 0.05; done' &\n"
                             "echo $$ >itself\nwhile :; do sleep 0.05; done\n")
    terminal.command("${RUN/drive_run /drive_run --grace 300 } bash deaf; echo status $?")
    itself, below = int(await_file(tmp_path / "itself")), int(await_file(tmp_path / "below"))
    guardian = int(pathlib.Path(f"/proc/{itself}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(guardian, signal.SIGTERM)
    terminal.expect("status 137")
    await_death(below)


# --- without one -------------------------------------------------------------------------------------


def start(*command, options=(), **more):
    return subprocess.Popen([DRIVER, *options, *TARGET, *command], start_new_session=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **more)


@pytest.mark.parametrize("text, status", [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -TERM $$", 143)])
def test_the_status_is_the_commands(text, status):
    assert start("sh", "-c", text).wait(20) == status


def test_what_cannot_be_run_is_a_wrong_request():
    one = start("no-such-program-anywhere")
    assert one.wait(20) == 2 and "not in PATH" in one.stderr.read()


def test_a_script_without_an_interpreter_is_for_the_shell(tmp_path):
    start_sh = tmp_path / "start.sh"
    start_sh.write_text('echo "$1 of $#"; exit 6\n')
    start_sh.chmod(0o755)
    one = start(str(start_sh), "first word", "second")
    assert one.communicate(timeout=20) == ("first word of 2\n", "") and one.returncode == 6
    start_sh.write_bytes(b"\1\2\0\3 no program")
    one = start(str(start_sh))
    assert "Exec format error" in one.communicate(timeout=20)[1] and one.returncode == 10


def test_it_dies_with_guardian(tmp_path):
    one = start("bash", "-c", "trap 'echo asked >end; exit' TERM; echo $$ >pid; while :; do sleep 0.05; done", cwd=tmp_path)
    pid = int(await_file(tmp_path / "pid"))
    one.kill()
    one.wait(20)
    assert await_file(tmp_path / "end") == "asked"
    await_death(pid)


def test_stopped_and_continued_by_others(tmp_path):
    one = start("bash", "-c", "echo $$ >pid; while :; do sleep 0.05; done", cwd=tmp_path)
    pid = int(await_file(tmp_path / "pid"))

    def state(of):
        return pathlib.Path(f"/proc/{of}/stat").read_text().rsplit(")", 1)[1].split()[0]

    def await_state(of, wanted):
        end = time.monotonic() + 10
        while state(of) not in wanted:
            assert time.monotonic() < end, f"{state(of)} is none of {wanted}"
            time.sleep(0.02)

    os.kill(one.pid, signal.SIGTSTP)
    await_state(pid, "T")
    await_state(one.pid, "T")
    os.kill(one.pid, signal.SIGCONT)
    await_state(pid, "SR")
    await_state(one.pid, "SR")
    one.terminate()
    assert one.wait(20) == 143


# --- as process 1 ------------------------------------------------------------------------------------

UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"]


def may_unshare():
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="no right to make a process namespace")
def test_process_1_reaps_what_is_left_behind(tmp_path):
    text = "(sleep 0.2 &); (setsid sleep 0.3 &); (exit 3 &); sleep 0.8; cat /proc/[0-9]*/stat; exit 9"
    one = subprocess.run([*UNSHARE, DRIVER, *TARGET, "sh", "-c", text], capture_output=True, text=True, timeout=30)
    assert one.returncode == 9
    states = [line.rsplit(")", 1)[1].split()[0] for line in one.stdout.splitlines()]
    assert len(states) == 2 and "Z" not in states, one.stdout  # guardian and sh


@pytest.mark.skipif(not may_unshare(), reason="no right to make a process namespace")
def test_process_1_passes_signals_on(tmp_path):
    text = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"
    one = subprocess.Popen([*UNSHARE, "--kill-child", DRIVER, *TARGET, "sh", "-c", text], stdout=subprocess.PIPE, text=True)
    assert one.stdout.readline() == "ready\n"
    guardian = int(pathlib.Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text())
    os.kill(guardian, signal.SIGTERM)
    assert one.wait(20) == 7
