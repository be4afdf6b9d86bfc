"""What a command that takes its time says on stderr: on a terminal, in a log, for a program, and not at all."""

import json
import os
import pty
import re
import subprocess
import threading

import pytest

from harness.server import ROOT

ROWS = 200000


@pytest.fixture
def snapshot(guardian, server, database, tmp_path):
    """Takes a snapshot of a table of ROWS rows."""
    server.run(f"CREATE TABLE many AS SELECT i, md5(i::text) FROM generate_series(1, {ROWS}) AS i", database)

    def run(*options, stderr=subprocess.PIPE, **variables):
        surroundings = {"PATH": os.environ["PATH"], "DATABASE_URL": server.uri(database), "LANG": "C.UTF-8",
                        "GUARDIAN_STORE": f"file://{tmp_path}/store", **variables}
        done = subprocess.run([guardian, "snapshot", *options], cwd=tmp_path, env=surroundings, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done
    return run


def test_in_a_log_each_stage_is_one_line(snapshot):
    lines = snapshot().stderr.splitlines()
    copied = [line for line in lines if line.startswith("copying data: ")]
    assert len(copied) == 1 and "200,000 rows" in copied[0]
    assert "\x1b" not in "".join(lines)


def test_quiet_says_nothing(snapshot):
    assert snapshot("--quiet").stderr == ""


def test_for_programs_each_line_is_an_object_and_documented(snapshot):
    done = snapshot("--json", "--verbose")
    json.loads(done.stdout)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    page = (ROOT / "docs" / "formats" / "progress.md").read_text()
    documented = set(re.findall(r"`([a-z_]+)`", page))
    for event in events:
        assert event["event"] in documented and set(event) - {"event"} <= documented, event
    done_with = [event for event in events if event["event"] == "done" and event["stage"] == "copying data"]
    assert len(done_with) == 1 and done_with[0]["rows"] == ROWS and done_with[0]["bytes"] > ROWS


def read_to_the_end(descriptor, into):
    while True:
        try:
            into += os.read(descriptor, 65536)
        except OSError:  # that is how a pseudo terminal says that it is over
            return


def test_on_a_terminal_a_block_is_drawn_and_goes_away(snapshot):
    ours, theirs = pty.openpty()
    shown = bytearray()
    reader = threading.Thread(target=read_to_the_end, args=(ours, shown))
    reader.start()
    try:
        snapshot(stderr=theirs, TERM="xterm", COLUMNS="90")
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)
    text = shown.decode()
    assert re.search(r"\x1b\[\d+A\r\x1b\[J", text), "no block was taken away"
    assert "200,000 rows" in text
    left = text[text.rindex("\x1b[J"):]  # what stands there after the last block was taken away
    assert "█" not in left and "public.many" not in left
