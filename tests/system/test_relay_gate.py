"""What the gate says, at its place: refusals, answers, holds, and what happens when somebody goes away meanwhile."""

import os
import random
import signal
import subprocess
import threading
import time

import pytest

from harness import server as servers
from harness import wire
from harness.relay import Relay

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"


@pytest.fixture
def relay(server, database):
    with Relay(server.env(database), gate="test") as one:
        yield one


@pytest.fixture
def client(relay):
    with wire.Client(relay.env) as one:
        yield one


def refused(messages):
    found = wire.errors(messages)
    return len(found) == 1 and found[0]["C"] == "GD001" and found[0]["M"] == "the gate says no"


def value(client, sql):
    return wire.rows(client.ask(wire.query(sql)))[0][0]


def test_a_refusal_is_an_ordinary_error(client):
    found = client.ask(wire.query("CREATE TABLE t () /*gate:refuse*/"))
    assert wire.kinds(found) == "EZ" and found[-1][1] == b"I" and refused(found)
    words = wire.errors(found)[0]
    assert (words["S"], words["V"], words["D"], words["H"]) == ("ERROR", "ERROR", "in detail", "Ask for something else.")
    assert value(client, "SELECT to_regclass('t')") is None


def test_a_refusal_aborts_the_transaction_as_any_error(client):
    client.ask(wire.query("BEGIN; CREATE TABLE t ()"))
    found = client.ask(wire.query("DROP TABLE t /*gate:refuse*/"))
    assert refused(found) and found[-1][1] == b"E"
    found = client.ask(wire.query("DROP TABLE t /*gate:refuse*/"))  # and once more in the failed one
    assert refused(found) and found[-1][1] == b"E"
    assert wire.errors(client.ask(wire.query("SELECT 1")))[0]["C"] == "25P02"
    assert client.ask(wire.query("COMMIT"))[-1][1] == b"I"
    assert value(client, "SELECT to_regclass('t')") is None


def test_nothing_of_a_refused_text_runs(client):
    found = client.ask(wire.query("CREATE TABLE t (); DROP TABLE t /*gate:refuse*/; CREATE TABLE u ()"))
    assert wire.kinds(found) == "EZ" and refused(found)
    assert value(client, "SELECT to_regclass('t')") is None


def test_a_refusal_has_its_place_among_queries_sent_ahead(client):
    client.send(wire.query("SELECT 1"), wire.query("SELECT 2 /*gate:refuse*/"), wire.query("SELECT 3"), wire.query("SELECT 4 /*gate:refuse*/"))
    answers = [client.until(b"Z") for _ in range(4)]
    assert [wire.kinds(one) for one in answers] == ["TDCZ", "EZ", "TDCZ", "EZ"]
    assert refused(answers[1]) and refused(answers[3]) and wire.rows(answers[2]) == [["3"]]


def test_a_refused_parse_skips_to_the_sync(client):
    found = client.ask(wire.parse("CREATE TABLE before ()"), wire.bind(), wire.execute(), wire.parse("CREATE TABLE t () /*gate:refuse*/", "s"), wire.bind(statement="s"),
                       wire.describe(b"P"), wire.execute(), wire.parse("CREATE TABLE after ()"), wire.bind(), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "12CEZ" and refused(found) and found[-1][1] == b"I"
    assert value(client, "SELECT coalesce(to_regclass('before'), to_regclass('t'), to_regclass('after'))") is None
    found = client.ask(wire.bind(statement="s"), wire.execute(), wire.SYNC)
    assert wire.errors(found)[0]["C"] == "26000"
    found = client.ask(wire.parse("SELECT 5", "s"), wire.bind(statement="s"), wire.execute(), wire.SYNC)
    assert wire.rows(found) == [["5"]]


def test_two_refusals_and_an_error_in_one_pipeline(client):
    batch = (wire.parse("SELECT 1"), wire.bind(), wire.execute(), wire.SYNC, wire.parse("SELECT 2 /*gate:refuse*/"), wire.bind(), wire.execute(), wire.SYNC,
             wire.parse("SELECT 1/0"), wire.bind(), wire.execute(), wire.parse("SELECT 3 /*gate:refuse*/"), wire.SYNC, wire.parse("SELECT 4 /*gate:refuse*/"), wire.SYNC,
             wire.parse("SELECT 6"), wire.bind(), wire.execute(), wire.SYNC)
    client.send(*batch)
    answers = [client.until(b"Z") for _ in range(5)]
    assert [wire.kinds(one) for one in answers] == ["12DCZ", "EZ", "1EZ", "EZ", "12DCZ"]
    assert [bool(refused(one)) for one in answers] == [False, True, False, True, False]
    assert wire.errors(answers[2])[0]["C"] == "22012"


def test_what_the_gate_is_told(client):
    def told(*messages):
        return wire.errors(client.ask(*messages))[0]["M"]
    assert told(wire.query("SELECT 1 /*gate:tell*/")) == "state 0, rest, name none, run, earlier: "
    client.ask(wire.query("BEGIN"))
    assert told(wire.query("SELECT 1 /*gate:tell*/")) == "state 1, rest, name none, run, earlier: "
    assert told(wire.query("SELECT 1 /*gate:tell*/")) == "state 2, rest, name none, run, earlier: "
    client.ask(wire.query("ROLLBACK"))
    assert told(wire.parse("SELECT 1 /*gate:tell*/", "n"), wire.SYNC) == "state 0, rest, name n, parse, earlier: "
    client.ask(wire.parse("SELECT 'old'", "old"), wire.SYNC)
    earlier = told(wire.parse("BEGIN"), wire.bind(), wire.execute(), wire.bind(statement="old"), wire.execute(), wire.parse("SELECT 1 /*gate:tell*/"), wire.SYNC)
    assert earlier == "state 3, busy, name , parse, earlier: BEGIN;\nSELECT 'old'"


def test_held_and_passed(relay, client):
    begin = time.monotonic()
    assert value(client, "SELECT 'through' /*gate:hold 300*/") == "through"
    assert time.monotonic() - begin > 0.29
    assert relay.wait_for("passed") == "passed done - SELECT 1 state 0"
    found = client.ask(wire.query("BEGIN; SELECT 1/0 /*gate:hold 10*/"))
    assert wire.kinds(found) == "CEZ" and relay.wait_for("passed") == "passed failed 22012 BEGIN state 2"
    client.ask(wire.query("ROLLBACK"))
    found = client.ask(wire.parse("SELECT $1::int /*gate:hold 50*/", "p"), wire.bind([b"8"], "p"), wire.execute(), wire.SYNC)
    assert wire.rows(found) == [["8"]]
    assert relay.wait_for("passed") == "passed done - - state 0"
    client.ask(wire.parse("SELECT 5 /*gate:stale*/", "q"), wire.SYNC)
    assert relay.wait_for("passed") == "passed done - - state 0"
    client.ask(wire.bind(statement="q"), wire.execute(), wire.bind(statement="p", values=[b"9"]), wire.execute(), wire.SYNC)
    assert relay.wait_for("passed") == "passed done - SELECT 1 state 0"
    client.ask(wire.parse("SELECT 1/$1::int /*gate:stale*/", "r"), wire.SYNC)
    client.ask(wire.bind(statement="r", values=[b"0"]), wire.execute(), wire.SYNC)
    assert [relay.wait_for("passed") for _ in range(2)] == ["passed done - - state 0", "passed failed 22012 - state 0"]


def test_a_commit_that_fails_at_the_sync_is_told(relay, client):
    client.ask(wire.query("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    found = client.ask(wire.parse("INSERT INTO t VALUES (1), (1) /*gate:hold 1*/"), wire.bind(), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "12CEZ"
    assert relay.wait_for("passed") == "passed failed 23505 - state 0"


def test_while_one_is_held_others_work_and_come_in(relay, server, database):
    held = [wire.Client(relay.env) for _ in range(8)]
    for one in held:
        one.send(wire.query("SELECT 'late' /*gate:hold 1500*/"))
    begin = time.monotonic()
    with wire.Client(relay.env) as other:
        assert value(other, "SELECT 1") == "1"
    assert time.monotonic() - begin < 1.2
    for one in held:
        assert wire.rows(one.until(b"Z")) == [["late"]]
        one.close()


def test_held_in_the_middle_of_a_pipeline(client):
    found = client.ask(wire.parse("SELECT 1"), wire.bind(), wire.execute(), wire.parse("SELECT 2 /*gate:hold 50*/"), wire.bind(), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "12DC12DCZ" and wire.rows(found) == [["1"], ["2"]]
    found = client.ask(wire.parse("SELECT 1/0"), wire.bind(), wire.execute(), wire.parse("CREATE TABLE t () /*gate:hold 50*/"), wire.bind(), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "1EZ"


def test_a_cancel_ends_the_hold(relay, client):
    client.ask(wire.query("BEGIN"))
    client.send(wire.query("CREATE TABLE t () /*gate:hold 20000*/"))
    relay.wait_for("held")
    begin = time.monotonic()
    client.cancel()
    found = client.until(b"Z")
    assert time.monotonic() - begin < 2
    assert wire.errors(found)[0]["C"] == "57014" and found[-1][1] == b"E"
    client.ask(wire.query("ROLLBACK"))
    assert value(client, "SELECT to_regclass('t')") is None


@pytest.mark.parametrize("parting", ["close", "terminate", "reset"])
def test_a_client_that_leaves_ends_the_hold(relay, server, database, parting):
    client = wire.Client(relay.env)
    client.send(wire.query("CREATE TABLE t () /*gate:hold 20000*/"))
    relay.wait_for("held")
    if parting == "terminate":
        client.send(wire.TERMINATE)
    if parting == "reset":
        import socket
        import struct
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    assert relay.wait_for("let go", limit=5)
    assert relay.wait_for("leave", limit=5)
    assert server.value("SELECT to_regclass('t')", database) is None


def test_a_client_that_is_held_is_told_now_and_then(server, database):
    with Relay(server.env(database), gate="test", notice=250) as relay, wire.Client(relay.env) as client:
        client.send(wire.query("SELECT 'held' /*gate:hold 900*/"))
        found = client.until(b"Z")
        assert wire.kinds(found).lstrip("N") == "TDCZ" and 2 <= wire.kinds(found).count("N") <= 3
        assert wire.fields(found[0][1])["M"] == "guardian holds this statement for 0 s now: it is testing"
        assert wire.fields(found[0][1])["S"] == "NOTICE" and wire.fields(found[0][1])["C"] == "00000"
        client.send(wire.parse("SELECT 1"), wire.bind(), wire.execute(), wire.parse("SELECT 2 /*gate:hold 600*/"), wire.bind(), wire.execute(), wire.SYNC)
        found = client.until(b"Z")
        assert wire.rows(found) == [["1"], ["2"]] and wire.kinds(found).replace("N", "") == "12DC12DCZ" and "N" in wire.kinds(found)
        client.send(wire.query("CREATE TABLE t () /*gate:hold 600;gate:refuse*/"))
        assert wire.kinds(client.until(b"Z")).lstrip("N") == "EZ"


def test_what_was_let_pass_and_is_given_up_is_told_as_failed(relay, client):
    """The gate has written down that it will run: it hears that it did not."""
    client.send(wire.query("CREATE TABLE t () /*gate:hold 20000;gate:wrap*/"))
    relay.wait_for("held")
    client.cancel()
    found = client.until(b"Z")
    assert wire.errors(found)[0]["C"] == "57014" and found[-1][1] == b"I"
    assert relay.wait_for("passed").startswith("passed failed ")
    client.send(wire.query("CREATE TABLE t () /*gate:hold 20000*/"))
    relay.wait_for("held")
    client.close()
    assert relay.wait_for("passed") == "passed failed 57014 - state 0"


def test_answered_without_being_run(client):
    client.ask(wire.query("CREATE TABLE t (a int); CREATE INDEX i ON t (a)"))
    found = client.ask(wire.query("DROP INDEX i /*gate:answer DROP INDEX;*/"))
    assert wire.kinds(found) == "NCZ" and wire.fields(found[0][1])["M"] == "not run" and found[1][1] == b"DROP INDEX\0"
    found = client.ask(wire.parse("DROP INDEX i /*gate:answer DROP INDEX;*/", "d"), wire.describe(b"S", "d"), wire.bind(statement="d"), wire.describe(b"P"), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "N1tn2nCZ" and found[-2][1] == b"DROP INDEX\0"
    found = client.ask(wire.bind(statement="d"), wire.execute(), wire.bind(statement="d"), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "2C2CZ" and found[-2][1] == b"DROP INDEX\0"
    assert value(client, "SELECT to_regclass('i')") == "i"
    client.ask(wire.query("BEGIN"))
    assert client.ask(wire.query("DROP INDEX i /*gate:answer DROP INDEX;*/"))[-1][1] == b"T"
    client.ask(wire.query("COMMIT"))


def test_sent_home(client):
    client.send(wire.query("DROP TABLE t /*gate:return*/"))
    found = client.rest()
    assert wire.kinds(found) == "E" and wire.errors(found)[0] | {} == {"S": "FATAL", "V": "FATAL", "C": "57P01", "M": "go home"}


def test_not_let_in(relay):
    with pytest.raises(wire.Refused) as why:
        wire.Client(relay.env, database="postgres", parameters={"work_mem": "nonsense"})
    assert why.value.words["C"] == "22023"
    assert "entered=0" not in relay.said


def test_the_gate_works_in_the_clients_session(relay, client):
    """Queries of its own at rest: the client's unnamed statement, notifications and transaction stay as they were."""
    client.ask(wire.query("LISTEN ears; BEGIN; CREATE TABLE mine ()"))
    assert value(client, "SELECT 1 /*gate:run SELECT 'mine'::regclass;*/") == "1"
    assert relay.wait_for("ran") == "ran SELECT 'mine'::regclass: done"
    client.ask(wire.query("COMMIT"))
    found = client.ask(wire.parse("SELECT 40 + $1::int"), wire.SYNC)
    found = client.ask(wire.parse("SELECT 1 /*gate:run SELECT pg_notify('ears', 'psst');*/", "other"), wire.SYNC)
    assert "A" in wire.kinds(found) and wire.kinds(found).replace("A", "") == "1Z"
    found = client.ask(wire.bind([b"2"]), wire.describe(b"P"), wire.execute(), wire.SYNC)
    assert wire.kinds(found) == "2TDCZ" and wire.rows(found) == [["42"]]
    client.ask(wire.query("SELECT 1"))  # which ends the unnamed statement
    found = client.ask(wire.bind(), wire.execute(), wire.SYNC)
    assert wire.errors(found)[0]["C"] == "26000" and "unnamed" in wire.errors(found)[0]["M"]


def test_no_query_of_ours_is_ever_bound_by_the_client(client):
    found = client.ask(wire.bind(), wire.execute(), wire.SYNC)
    assert wire.errors(found)[0]["C"] == "26000"
    found = client.ask(wire.describe(b"S"), wire.SYNC)
    assert wire.errors(found)[0]["C"] == "26000"


def test_judged_anew_when_it_runs(relay, client):
    for name in ("", "named"):
        client.ask(wire.query("CREATE TABLE t ()"))
        client.ask(wire.query("BEGIN"))
        found = client.ask(wire.parse("DROP TABLE t /*gate:stale gate:refuse*/", name), wire.SYNC)
        assert wire.kinds(found) == "1Z"
        found = client.ask(wire.bind(statement=name), wire.execute(), wire.SYNC)
        assert refused(found) and wire.kinds(found) == "EZ" and found[-1][1] == b"E"
        client.ask(wire.query("ROLLBACK"))
        found = client.ask(wire.parse("DROP TABLE t /*gate:stale gate:answer DROP TABLE;*/", name + "2"), wire.SYNC)
        found = client.ask(wire.bind(statement=name + "2"), wire.describe(b"P"), wire.execute(), wire.SYNC)
        assert wire.kinds(found) == "N2nCZ" and found[-2][1] == b"DROP TABLE\0"
        assert value(client, "SELECT to_regclass('t')") == "t"
        found = client.ask(wire.parse("DROP TABLE t /*gate:stale gate:hold 20*/", name + "3"), wire.SYNC)
        found = client.ask(wire.bind(statement=name + "3"), wire.execute(), wire.SYNC)
        assert wire.kinds(found) == "2CZ"
        assert value(client, "SELECT to_regclass('t')") is None
        client.ask(wire.query("DEALLOCATE ALL"))


def test_a_name_means_what_the_server_means(client):
    """A Parse that fails leaves the older text; names count by their first 63 bytes."""
    client.ask(wire.parse("SELECT 'harmless'", "s"), wire.SYNC)
    found = client.ask(wire.parse("SELECT 'other' /*gate:stale gate:refuse*/", "s"), wire.SYNC)
    assert wire.errors(found)[0]["C"] == "42P05"
    long = "n" * 63
    client.ask(wire.parse("SELECT 'long' /*gate:stale gate:refuse*/", long + "one"), wire.SYNC)
    assert refused(client.ask(wire.bind(statement=long + "two"), wire.execute(), wire.SYNC))


def test_a_statement_by_prepare_that_the_relay_has_not_seen(relay, client):
    client.ask(wire.query("PREPARE p AS SELECT 'by SQL'"))
    assert wire.rows(client.ask(wire.bind(statement="p"), wire.execute(), wire.SYNC)) == [["by SQL"]]
    client.ask(wire.query("PREPARE \"gate:stale gate:tell \"\"\" AS SELECT 'by SQL'"))
    found = client.ask(wire.bind(statement='gate:stale gate:tell "'), wire.execute(), wire.SYNC)
    assert wire.errors(found)[0]["M"] == 'state 0, rest, name gate:stale gate:tell ", run, earlier: '
    client.ask(wire.query("DECLARE c CURSOR WITH HOLD FOR SELECT 'cursor'"))
    assert wire.rows(client.ask(wire.execute("c"), wire.SYNC)) == [["cursor"]]


def test_wrapped_in_a_block_of_ours(relay, client):
    found = client.ask(wire.query("CREATE TABLE t () /*gate:wrap*/"))
    assert wire.kinds(found) == "CZ" and found[-1][1] == b"I"
    assert relay.wait_for("passed") == "passed done - CREATE TABLE state 0"
    assert value(client, "SELECT to_regclass('t')") == "t"
    found = client.ask(wire.query("DROP TABLE t; SELECT 1/0 /*gate:wrap*/"))
    assert wire.kinds(found) == "CEZ" and found[-1][1] == b"I" and relay.wait_for("passed") == "passed failed 22012 DROP TABLE state 0"
    assert value(client, "SELECT to_regclass('t')") == "t"
    client.ask(wire.query("CREATE TABLE u (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    client.send(wire.query("INSERT INTO u VALUES (1), (1) /*gate:wrap*/"), wire.query("SELECT count(*) FROM u"))
    found = client.until(b"Z")
    assert wire.kinds(found) == "CEZ" and wire.errors(found)[0]["C"] == "23505" and found[-1][1] == b"I"
    assert wire.rows(client.until(b"Z")) == [["0"]]
    found = client.ask(wire.query("DROP TABLE t /*gate:wrap gate:refuse*/"))
    assert refused(found) and found[-1][1] == b"I"
    assert value(client, "SELECT to_regclass('t')") == "t"


def step(text, *marks):
    return wire.parse(f"{text} /*{' '.join(marks)}*/"), wire.bind(), wire.execute()


def test_a_batch_comes_to_a_rest_and_nobody_sees_it(relay, client):
    client.ask(wire.query("CREATE TABLE t (i int PRIMARY KEY)"))
    found = client.ask(*step("INSERT INTO t VALUES (1)", "gate:stale", "gate:settle"), wire.SYNC)
    assert wire.kinds(found) == "12CZ" and found[-1][1] == b"I" and relay.wait_for("settle") == "settle 1"
    found = client.ask(*step("INSERT INTO t VALUES (2)", "gate:stale", "gate:settle gate:wrap"), wire.SYNC)
    assert wire.kinds(found) == "12CZ" and found[-1][1] == b"I" and relay.wait_for("settle") == "settle 1"
    found = client.ask(*step("INSERT INTO t VALUES (2)", "gate:stale", "gate:settle gate:wrap"), wire.SYNC)
    assert wire.kinds(found) == "12EZ" and found[-1][1] == b"I" and relay.wait_for("settle") == "settle 1"
    found = client.ask(wire.query("BEGIN"))
    found = client.ask(*step("INSERT INTO t VALUES (3)"), *step("INSERT INTO t VALUES (4)", "gate:stale", "gate:settle"), wire.SYNC)
    assert wire.kinds(found) == "12C12CZ" and found[-1][1] == b"T" and relay.wait_for("settle") == "settle 1"
    client.ask(wire.query("ROLLBACK"))
    assert value(client, "SELECT string_agg(i::text, ',' ORDER BY i) FROM t") == "1,2"


def test_what_a_batch_has_done_goes_into_a_block(relay, client):
    client.ask(wire.query("CREATE TABLE t (i int PRIMARY KEY)"))
    batch = *step("INSERT INTO t VALUES (1)"), *step("INSERT INTO t VALUES (2)", "gate:stale", "gate:settle"), *step("SELECT count(*) FROM t")
    found = client.ask(*batch, wire.SYNC)
    assert wire.kinds(found) == "12C12C12DCZ" and found[-1][1] == b"I" and relay.wait_for("settle") == "settle 2" and wire.rows(found) == [["2"]]
    found = client.ask(*step("INSERT INTO t VALUES (3)"), *step("INSERT INTO t VALUES (1)", "gate:stale", "gate:settle"), *step("SELECT 1"), wire.SYNC)
    assert wire.kinds(found) == "12C12EZ" and found[-1][1] == b"I" and relay.wait_for("settle") == "settle 2"
    found = client.ask(*step("INSERT INTO t VALUES (4)"), *step("INSERT INTO t VALUES (5)", "gate:stale", "gate:settle"), *step("SELECT 1 /*gate:refuse*/"), wire.SYNC)
    assert refused(found) and found[-1][1] == b"I" and relay.wait_for("settle") == "settle 2"
    assert value(client, "SELECT string_agg(i::text, ',' ORDER BY i) FROM t") == "1,2"
    # A block of the client's own, begun behind ours, or before.
    found = client.ask(*step("INSERT INTO t VALUES (6)"), *step("INSERT INTO t VALUES (7)", "gate:stale", "gate:settle"), *step("BEGIN"), wire.SYNC)
    assert found[-1][1] == b"T" and not wire.errors(found) and relay.wait_for("settle") == "settle 2"
    client.ask(wire.query("COMMIT"))
    found = client.ask(*step("BEGIN"), *step("INSERT INTO t VALUES (8)", "gate:stale", "gate:settle"), wire.SYNC)
    assert wire.kinds(found) == "12C12CZ" and found[-1][1] == b"T" and relay.wait_for("settle") == "settle 1"
    client.ask(wire.query("ROLLBACK"))
    assert value(client, "SELECT string_agg(i::text, ',' ORDER BY i) FROM t") == "1,2,6,7"
    # What may have ended a block is not touched, and a Query ends the batch as a Sync does.
    found = client.ask(*step("BEGIN"), *step("COMMIT"), *step("INSERT INTO t VALUES (9)", "gate:stale", "gate:settle"), wire.SYNC)
    assert wire.kinds(found) == "12C12C12CZ" and found[-1][1] == b"I"
    found = client.ask(*step("INSERT INTO t VALUES (10)"), *step("INSERT INTO t VALUES (11)", "gate:stale", "gate:settle"), wire.query("SELECT count(*) FROM t"))
    assert wire.kinds(found) == "12C12CTDCZ" and found[-1][1] == b"I" and wire.rows(found) == [["7"]]
    assert value(client, "SELECT count(*) FROM t") == "7"


def test_a_batch_whose_client_leaves_is_rolled_back(relay, server, database):
    with wire.Client(relay.env) as one:
        one.ask(wire.query("CREATE TABLE t (i int)"))
        one.send(*step("INSERT INTO t VALUES (1)"), *step("INSERT INTO t VALUES (2)", "gate:stale", "gate:settle"), *step("SELECT 1"), wire.message(b"H"))
        one.until(b"D")
        assert relay.wait_for("settle") == "settle 2"
    relay.wait_for("leave")
    with wire.Client(relay.env) as other:
        assert value(other, "SELECT count(*) FROM t") == "0"


def test_large_objects_are_shown_to_the_gate(client):
    client.ask(wire.query("BEGIN"))
    number = int.from_bytes(client.ask(wire.message(b"F", (957).to_bytes(4, "big") + b"\0\1\0\1\0\1\0\0\0\4\0\0\0\0\0\1"))[0][1][4:], "big")
    assert value(client, f"SELECT count(*) FROM pg_largeobject_metadata WHERE oid = {number}") == "1"
    client.ask(wire.query("ROLLBACK"))


def test_a_statement_within_a_copy_ends_the_session(relay, server, database):
    """The server would take it for a broken COPY, and the answers could not be told apart any more."""
    for text in ("SELECT 1", "SELECT 1 /*gate:refuse*/"):
        with wire.Client(relay.env) as client:
            client.ask(wire.query("CREATE TEMP TABLE t (a int)"))
            client.send(wire.query("COPY t FROM STDIN"), wire.query(text))
            found = client.rest()
            assert wire.errors(found)[-1]["C"] == "08P01"
    said = []
    for env in (server.env(database), relay.env):
        with wire.Client({"PGPASSWORD": "", **env}) as client:
            client.ask(wire.query("CREATE TEMP TABLE t (a int)"))
            client.send(wire.parse("COPY t FROM STDIN"), wire.bind(), wire.execute(), wire.parse("SELECT 1"), wire.SYNC)
            said.append(client.rest())
    assert said[0] == said[1] and wire.errors(said[0])[-1]["C"] == "08P01"


def test_what_breaks_a_copy_behind_what_is_not_sent_yet(relay, server, database):
    """Data and a statement in one packet: the session ends, and nothing but the session."""
    with wire.Client(relay.env) as client:
        client.ask(wire.query("CREATE TEMP TABLE t (a int)"))
        client.send(wire.query("COPY t FROM STDIN"))
        client.until(b"G")
        client.send(wire.message(b"d", b"1\n"), wire.query("SELECT 1"))
        assert wire.errors(client.rest())[-1]["C"] == "08P01"
    with wire.Client(relay.env) as other:
        assert value(other, "SELECT 1") == "1"


def test_statements_sent_ahead_without_end(relay, server, database):
    """Far more texts than are kept, never waiting for an answer: what was judged is forgotten at the next rest."""
    before = relay.memory()
    with wire.Client(relay.env) as client:
        text = wire.query("SELECT length('" + "x" * 10000 + "')")
        sender = threading.Thread(target=client.send, args=[text * 1000])
        sender.start()
        for _ in range(1000):
            assert wire.kinds(client.until(b"Z")) == "TDCZ"
        sender.join()
        assert "asan" in os.environ.get("GD_BUILD", "") or relay.memory() - before < 4 << 20


# --- going away ---------------------------------------------------------------------------------

def test_a_server_that_dies_is_told_and_let_go(tmp_path):
    with servers.Server() as server, Relay(server.env(), gate="test") as relay:
        idle, busy, held = (wire.Client(relay.env) for _ in range(3))
        busy.send(wire.query("SELECT pg_sleep(60) /*gate:hold 1*/"))
        relay.wait_for("held")
        held.send(wire.query("SELECT 1 /*gate:hold 1500*/"))
        relay.wait_for("held")
        time.sleep(0.3)
        server.crash()
        assert wire.kinds(idle.rest()) in ("", "E") and wire.kinds(busy.rest()) in ("", "E") and wire.kinds(held.rest()) in ("", "E")
        assert relay.wait_for("passed failed").endswith("lost")
        with pytest.raises(wire.Refused) as why:
            wire.Client(relay.env)
        assert why.value.words["C"] in ("08001", "57P03")


def test_backends_and_clients_that_are_killed_at_any_moment(server, database, relay):
    """Many short lives, cut anywhere: nobody hangs, nothing is left behind."""
    dice = random.Random(11)
    server.run("CREATE TABLE work (n int)", database)
    stop, wrong = threading.Event(), []

    def live():
        mine = random.Random(dice.random())
        while not stop.is_set():
            try:
                with wire.Client(relay.env, piece=mine.choice([None, None, 3, 50])) as client:
                    for _ in range(mine.randrange(1, 6)):
                        what = mine.randrange(6)
                        parts = [[wire.query("INSERT INTO work VALUES (1)")], [wire.query("SELECT repeat('x', 100000) FROM generate_series(1, 5)")],
                                 [wire.parse("SELECT 1 /*gate:hold 20*/"), wire.bind(), wire.execute(), wire.SYNC], [wire.query("SELECT pg_sleep(0.02) /*gate:refuse*/")],
                                 [wire.query("COPY work FROM STDIN"), wire.message(b"d", b"1\n" * 3000), wire.message(b"c")], [wire.query("SELECT 2 /*gate:hold 30*/")]][what]
                        if mine.random() < 0.3:
                            whole = b"".join(parts)
                            client.send(whole[:mine.randrange(len(whole))])
                            break
                        client.send(*parts)
                        if mine.random() < 0.2:
                            break
                        client.until(b"Z")
            except (wire.Ended, wire.Refused, ConnectionError, BrokenPipeError):
                pass
            except Exception as error:  # noqa: BLE001 - told below
                wrong.append(repr(error))
                return

    lives = [threading.Thread(target=live) for _ in range(6)]
    for one in lives:
        one.start()
    until = time.monotonic() + (60 if DEEP else 5)
    while time.monotonic() < until and not wrong:
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1", database, [database])
        time.sleep(0.05)
    stop.set()
    for one in lives:
        one.join(30)
        assert not one.is_alive()
    assert not wrong
    until = time.monotonic() + 10
    while server.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", parameters=[database]) and time.monotonic() < until:
        time.sleep(0.1)
    assert server.value("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", parameters=[database]) == 0
    counts = relay.stop()
    assert counts["sessions"] == 0 and counts["entered"] > 20


def test_a_statement_that_went_in_part_is_never_completed(server, database, relay):
    """What is said to the server at the end of a session must not become part of a message that was cut."""
    server.run("CREATE TABLE cut (a text)", database)
    for missing in range(1, 7):
        with wire.Client(relay.env) as client:
            client.ask(wire.query("BEGIN"))
            whole = wire.message(b"d", b"x" * 70000 + b"\n")
            client.send(wire.query("COPY cut FROM STDIN"), wire.message(b"d", b"one\n"), whole[:-missing])
            time.sleep(0.05)
    with Relay(server.env(database)) as other, wire.Client(other.env) as client:
        assert wire.rows(client.ask(wire.query("SELECT count(*) FROM cut"))) == [["0"]]


def test_drained_when_asked_to_stop(server, database):
    with Relay(server.env(database), gate="test", drain=1500) as relay:
        idle, working, open_block = (wire.Client(relay.env) for _ in range(3))
        open_block.ask(wire.query("BEGIN"))
        working.send(wire.query("SELECT pg_sleep(0.7), 'whole'"))
        time.sleep(0.2)
        relay.process.send_signal(signal.SIGTERM)
        assert wire.errors(idle.rest())[0]["C"] == "57P01"
        with pytest.raises((OSError, wire.Ended)):
            wire.Client(relay.env)
        found = working.rest()
        assert wire.rows(found) == [["", "whole"]] and wire.errors(found)[0]["C"] == "57P01"
        begin = time.monotonic()
        assert wire.errors(open_block.rest())[0]["C"] == "57P01"
        assert 0.3 < time.monotonic() - begin < 3
        assert relay.stop()["sessions"] == 0


def test_limits(server, database):
    with Relay(server.env(database), idle=500, entrance=400, clients=2) as relay:
        import socket
        silent = socket.create_connection((relay.env["PGHOST"], int(relay.env["PGPORT"])))
        silent.settimeout(5)
        with wire.Client(relay.env) as client:
            with pytest.raises((wire.Refused, wire.Ended)):
                wire.Client(relay.env)
            begin = time.monotonic()
            assert silent.recv(10) == b"" and time.monotonic() - begin < 2
            client.send(wire.query("SELECT pg_sleep(0.9)"))
            assert wire.kinds(client.until(b"Z")) == "TDCZ"  # which is not silence
            assert wire.errors(client.rest())[0]["C"] == "57P05"


def test_many_sessions(server, database):
    with Relay(server.env(database)) as relay:
        before, sessions = relay.memory(), []
        try:
            for _ in range(25):
                sessions.append(wire.Client(relay.env))
                sessions[-1].ask(wire.query("SELECT repeat('x', 50000)"))
            each = (relay.memory() - before) / 25
            assert "asan" in os.environ.get("GD_BUILD", "") or each < 200 * 1024
            for one in sessions:
                assert wire.rows(one.ask(wire.query("SELECT 1"))) == [["1"]]
        finally:
            for one in sessions:
                one.close()
        ran = subprocess.run(["pgbench", "-n", "-C", "-c", "8", "-t", "5", "-f", "/dev/stdin"], input="SELECT 1;", env=relay.env, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
