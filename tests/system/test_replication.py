"""The replication session: what it says of a server, what it says when something is missing, slots, and COPY in it."""

import json
import os
import pathlib
import socket
import subprocess
import threading

import pytest

from harness import server as servers

DRIVER = pathlib.Path(os.environ["GD_BUILD"], "system", "drive_replication")
USAGE, CORRUPT, BUSY, SYSTEM = 2, 8, 7, 10


def drive(target, *words, status=0):
    ran = subprocess.run([DRIVER, target, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def server():
    with servers.Server(settings={"wal_level": "replica"}) as one:
        yield one


def test_a_server_says_who_it_is(server):
    said = drive(server.uri(), "open")
    assert said["system_identifier"] == server.value("SELECT system_identifier::text FROM pg_control_system()")
    assert (said["timeline"], said["version"]) == (1, server.version)
    assert said["segment_bytes"] == 16 << 20
    assert said["server_lsn"] > 0


@pytest.mark.parametrize("major", [13, 14, 16, 17, 18])
def test_other_majors_too(major):
    servers.other_major(major)
    with servers.Server(major=major, settings={"wal_level": "replica"}) as one:
        said = drive(one.uri(), "open")
        assert said["version"] // 10000 == major
        assert (drive(one.uri(), "slot", "create", "mine")["lsn"] > 0) == (major >= 15)
        read = drive(one.uri(), "slot", "read", "mine")
        assert read["known"] == (major >= 15) and read["there"] == read["known"]
        drive(one.uri(), "slot", "drop", "mine")
        one.run("CREATE TABLE t AS SELECT generate_series(1, 20000)")
        high, low = one.value("SELECT pg_current_wal_flush_lsn()::text").split("/")
        start = f"{high}/{int(low, 16) & ~0xffffff:X}"
        got = drive(one.uri(), "copy", 100000, f"START_REPLICATION PHYSICAL {start} TIMELINE 1")
        assert got["bytes"] >= 100000 and got["copies"] == 1


def test_slots(server):
    assert drive(server.uri(), "slot", "read", "slot_1")["there"] is False
    made = drive(server.uri(), "slot", "create", "slot_1")
    assert drive(server.uri(), "slot", "read", "slot_1")["lsn"] == made["lsn"] > 0
    assert "already exists" in drive(server.uri(), "slot", "create", "slot_1", status=BUSY)["error"]
    drive(server.uri(), "slot", "drop", "slot_1")
    drive(server.uri(), "slot", "drop", "slot_1")  # gone already
    drive(server.uri(), "slot", "temporary", "slot_2")
    assert drive(server.uri(), "slot", "read", "slot_2")["there"] is False
    assert "no name of a replication slot" in drive(server.uri(), "slot", "create", 'x" LOGICAL', status=USAGE)["error"]


def test_a_refused_command_leaves_the_session_usable_and_has_its_sqlstate(server):
    assert drive(server.uri(), "run", "IDENTIFY_SYSTEM")["rows"] == 1
    assert drive(server.uri(), "run", "DROP_REPLICATION_SLOT nobody", status=SYSTEM)["sqlstate"] == "42704"
    assert drive(server.uri(), "history", 7, status=CORRUPT)["error"].startswith("could not read the history of timeline 7")


def test_a_copy_that_ends_and_one_that_fails(server):
    lsn = server.value("SELECT pg_current_wal_flush_lsn()::text")
    high, low = lsn.split("/")
    start = f"{high}/{int(low, 16) & ~0xffffff:X}"
    assert drive(server.uri(), "copy", 1000, f"START_REPLICATION PHYSICAL {start} TIMELINE 1")["bytes"] >= 1000
    ahead = drive(server.uri(), "copy", 1000, "START_REPLICATION PHYSICAL FF/0 TIMELINE 1", status=SYSTEM)
    assert "ahead of the WAL flush position" in ahead["error"]
    base = drive(server.uri(), "copy", 0, "BASE_BACKUP LABEL 'x' FAST" if server.major < 15 else "BASE_BACKUP (LABEL 'x', CHECKPOINT 'fast')")
    assert base["copies"] >= 1 and base["bytes"] > 1 << 20


def test_what_is_missing_is_named(server):
    server.run("CREATE ROLE plain LOGIN")
    said = drive(server.uri(user="plain"), "open", status=USAGE)
    assert "ALTER ROLE" in said["hint"] and "REPLICATION" in said["hint"]
    said = drive(server.uri() + "?pgbouncer=true", "open", status=USAGE)
    assert "pooler" in said["error"] and "without the pooler" in said["hint"]
    said = drive("postgresql://postgres@127.0.0.1:1/x", "open", status=SYSTEM)
    assert "No server listens there" in said["hint"]


def test_no_wal_sender():
    with servers.Server(settings={"wal_level": "minimal", "max_wal_senders": "0"}) as one:
        said = drive(one.uri(), "open", status=SYSTEM)
        assert "max_wal_senders" in said["error"] and "wal_level" in said["hint"]


def test_no_entry_of_pg_hba(server):
    hba = pathlib.Path(server.dir, "data", "pg_hba.conf")
    before = hba.read_text()
    try:
        hba.write_text("local all all trust\n")
        server.run("SELECT pg_reload_conf()")
        server.run("SELECT pg_sleep(0.3)")
        said = drive(server.uri(), "open", status=USAGE)
        assert "pg_hba.conf" in said["error"] and '"replication"' in said["hint"]
    finally:
        hba.write_text(before)
        server.run("SELECT pg_reload_conf()")


def test_a_pooler_that_refuses_and_one_that_does_not_know(tmp_path):
    """As pgbouncer before 1.23 answers, and as a pooler that passes the parameter over."""
    def answer(reply):
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            link, _ = listener.accept()
            with link:
                link.recv(4096)
                link.sendall(reply)
                link.recv(4096)
                link.sendall(b"E" + (4 + len(wrong)).to_bytes(4, "big") + wrong + b"Z\0\0\0\5I")
                link.recv(4096)
        threading.Thread(target=serve, daemon=True).start()
        return f"postgresql://me@127.0.0.1:{listener.getsockname()[1]}/x?sslmode=disable&gssencmode=disable"

    wrong = b'SERROR\0C42601\0Msyntax error at or near "IDENTIFY_SYSTEM"\0\0'
    text = b"SFATAL\0C08P01\0Munsupported startup parameter: replication\0\0"
    said = drive(answer(b"E" + (4 + len(text)).to_bytes(4, "big") + text), "open", status=USAGE)
    assert "without the pooler" in said["hint"]
    status = b"server_version\0" + b"15.1\0"
    hello = b"R\0\0\0\x08\0\0\0\0" + b"S" + (4 + len(status)).to_bytes(4, "big") + status + b"Z\0\0\0\5I"
    said = drive(answer(hello), "open", status=USAGE)
    assert "without the pooler" in said["hint"]

