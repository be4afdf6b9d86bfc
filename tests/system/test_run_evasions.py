"""What hides from a classifier, sent by the wire: each case of tests/corpus/evasions, and what only the protocol can hide.

One run stands between, under a policy that lets nothing through which changes anything. So nothing may change, whatever
was sent: no transaction may have written, no setting of the server, no slot, no file. Where a transaction has written
(a temporary table may), the whole database is compared with what it was.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from harness import corpus, effects, wire
from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
CASES = corpus.cases("evasions")
DEEP = os.environ.get("GUARDIAN_TEST_DEEP")

NOTHING = """
policy: nothing
about: nothing that changes anything
rules:
  - class: [none]
    loses: [nothing]
    action: go
    because: nothing is changed
  - action: refuse
    because: this policy lets nothing through
examples:
  - {class: none, expect: go}
  - {class: additive, expect: refuse}
"""


class Run:
    """guardian run with a command that only keeps the door open; whoever has its environment may come in."""

    def __init__(self, server, database, folder, policy):
        self.log = folder / "log"
        environment = folder / "environment"
        path = folder / "policy.yaml"
        path.write_text(policy)
        self.process = subprocess.Popen(
            [GUARDIAN, "run", "--policy", path, "--", "sh", "-c", f"env -0 > {environment}.new; mv {environment}.new {environment}; cat"],
            env={**os.environ, **server.env(database), "GUARDIAN_STORE": f"file://{folder}/store"}, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=open(self.log, "w"))
        until = time.monotonic() + 30
        while not environment.exists():
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            time.sleep(0.01)
        self.env = dict(pair.split("=", 1) for pair in environment.read_text().split("\0") if pair)

    def client(self, **more):
        return wire.Client(self.env, **more)

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


class Watched:
    """A copy of the fixture, of which every change is noticed."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.scratch = effects.Scratch(server, watch=False)
        self.link = server.connect("postgres")
        self.run = Run(server, self.scratch.name, folder, NOTHING)
        self.clock = self.now()
        self.compared = 0

    def now(self):
        """What any transaction that writes moves on."""
        with self.link.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text, (SELECT count(*) FROM pg_prepared_xacts),"
                           " (SELECT string_agg(slot_name || active::text || coalesce(confirmed_flush_lsn::text, ''), ',') FROM pg_replication_slots),"
                           " (SELECT count(*) FROM pg_file_settings), (SELECT count(*) FROM pg_database)")
            return cursor.fetchone()

    def changed(self, thoroughly=False):
        """What is not as it was; "" when all is."""
        now = self.now()
        if now == self.clock and not thoroughly:
            return ""
        self.clock = now
        self.compared += 1
        before, after = self.scratch.before, self.scratch.capture(self.scratch.before)
        self.scratch.before = after
        return effects.compare(before, after).summary()


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    with servers.Server() as server:  # nobody else's transactions are to be seen
        one = Watched(server, tmp_path_factory.mktemp("evasions"))
        yield one
        one.run.process.kill()
        one.run.process.wait()
        one.link.close()


def statements(text):
    """The statements of a script, cut as psql cuts them."""
    found, begin, at, depth = [], 0, 0, 0
    token = re.compile(r"""--[^\n]*|/\*|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[A-Za-z_]\w*)?\$).*?\1|;|[A-Za-z_]\w*|[()]""", re.S)
    while match := token.search(text, at):
        at = match.end()
        word = match[0]
        if word == "/*":
            open_comments = 1
            while open_comments and (inner := re.compile(r"/\*|\*/").search(text, at)):
                open_comments += 1 if inner[0] == "/*" else -1
                at = inner.end()
        elif word.lower() == "atomic":
            depth += 1
        elif word.lower() == "end" and depth:
            depth -= 1
        elif word == ";" and not depth:
            found.append(text[begin:at])
            begin = at
    found.append(text[begin:])
    return [one for one in found if re.sub(r"--[^\n]*|[\s;]", "", one)]


def raw(text):
    return text.encode("utf-8", "surrogateescape") + b"\0"


def parse(text, name=b""):
    return wire.message(b"P", name + b"\0" + raw(text) + b"\0\0")


ABORT = wire.query("ROLLBACK")
RUN = wire.bind() + wire.execute()
COPY_DATA = wire.message(b"d", b"1\tx\n\\.\nDROP TABLE archive.old_orders;\n") + wire.message(b"c")


def settle(client, *parts):
    """Send, and give every COPY that the server asks for some data."""
    client.send(*parts)
    found = []
    while not found or found[-1][0] != b"Z":
        found.append(client.read())
        if found[-1][0] == b"G":
            client.send(COPY_DATA)
    return found


def simple(client, text):
    settle(client, wire.message(b"Q", raw(text)))


def one_by_one(client, text):
    for one in statements(text):
        settle(client, wire.message(b"Q", raw(one)))


def extended(client, text):
    for one in statements(text):
        settle(client, parse(one), RUN, wire.SYNC)


def in_one_go(client, text):
    """All of it before the first answer is read."""
    settle(client, *(parse(one) + RUN for one in statements(text) if "copy" not in one.lower()), wire.SYNC)


def named_first(client, text):
    """All are prepared before any runs; those that cannot be are prepared when what they need is there."""
    waiting = []
    for number, one in enumerate(statements(text)):
        name = b"s%d" % number
        answers = settle(client, parse(one, name), wire.SYNC)
        waiting.append((name, one, b"1" in wire.kinds(answers).encode()))
    for name, one, ready in waiting:
        settle(client, b"" if ready else parse(one, name), wire.message(b"B", b"\0" + name + b"\0\0\0\0\0\0\0"), wire.execute(), wire.SYNC)


def bound_before(client, text):
    """A portal of each, made before those in front of it run."""
    ready = []
    settle(client, wire.query("BEGIN"))
    for number, one in enumerate(statements(text)):
        portal = b"p%d" % number
        answers = settle(client, wire.query("SAVEPOINT here"))
        answers = settle(client, parse(one), wire.message(b"B", portal + b"\0\0\0\0\0\0\0\0"), wire.SYNC)
        if b"2" in wire.kinds(answers).encode():
            ready.append(portal)
        else:
            settle(client, wire.query("ROLLBACK TO here"))
    for portal in ready:
        settle(client, wire.message(b"E", portal + b"\0\0\0\0\0"), wire.SYNC)
    settle(client, wire.query("COMMIT"))


def in_a_transaction(client, text):
    settle(client, wire.query("BEGIN"))
    for one in statements(text):
        settle(client, wire.query("SAVEPOINT here"))
        settle(client, parse(one), RUN, wire.SYNC)
        settle(client, wire.query("RELEASE here"))
    settle(client, wire.query("COMMIT"))


WAYS = [simple, one_by_one, extended, in_one_go, named_first, bound_before, in_a_transaction]
SIMPLE = [case for case in CASES if case.how == "simple"]


def try_one(watched, way, text, **more):
    """@return what changed; a session that guardian or the server ends is a refusal, too."""
    with contextlib.suppress(wire.Ended, ConnectionError, wire.Refused):
        with watched.run.client(**more) as client:
            way(client, text)
            client.send(wire.TERMINATE)
            client.rest()
    assert watched.run.process.poll() is None, watched.run.log.read_text()
    return watched.changed()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_gets_through(watched, way):
    cases = SIMPLE if DEEP else SIMPLE[WAYS.index(way)::3 if way in (simple, extended) else 24]
    through = {}
    for case in cases:
        what = try_one(watched, way, case.text)
        if what:
            through[case.id] = what
    assert not through and not watched.changed(thoroughly=True)
