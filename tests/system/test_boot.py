"""Boots: a database that is still starting is waited for, and what was done before is not done again."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

import pytest

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and str(pathlib.Path(BUILD, "system", "drive_skip"))


def drive(*words):
    began = time.monotonic()
    ran = subprocess.run([DRIVER, *map(str, words)], capture_output=True, text=True, timeout=60)
    ran.seconds = time.monotonic() - began
    return ran


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class NotYet:
    """A server that says for a while that it is starting, as PostgreSQL does, and then is another one."""

    def __init__(self, port, seconds):
        self.asked = 0
        self.listener = socket.create_server(("127.0.0.1", port))
        self.end = time.monotonic() + seconds
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
        self.listener.settimeout(0.05)
        while time.monotonic() < self.end:
            try:
                client, _ = self.listener.accept()
            except TimeoutError:
                continue
            self.asked += 1
            with client:
                if client.recv(8)[4:] == b"\x04\xd2\x16\x2f":  # SSLRequest
                    client.sendall(b"N")
                    client.recv(1000)
                client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        self.listener.close()


# --- waiting -----------------------------------------------------------------------------------------


def test_one_that_is_there_is_not_waited_for(server, database):
    ran = drive("wait", server.uri(database), 5000)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ready\n", "")


def test_one_that_starts_is_waited_for_and_it_is_said():
    port = free_port()
    not_yet = NotYet(port, 2.0)
    ran = drive("wait", f"postgresql://me@127.0.0.1:{port}/app", 3000)
    assert ran.returncode == 10 and not_yet.asked > 3
    lines = ran.stderr.splitlines()
    assert re.match(r"waiting for the database, [23] s more at most: .*the database system is starting up", lines[0])
    assert "Connection refused" in lines[1]  # it is told again when the reason is another one
    assert re.match(r"waited 3\.\d s for the database: could not connect", lines[-2])


def forward(port, path):
    """The server's unix socket, on a port of this machine from now on."""
    listener = socket.create_server(("127.0.0.1", port))

    def pump(one, other):
        with contextlib.suppress(OSError):  # one of the two is gone
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def serve():
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def test_one_that_comes_up_is_used(server, database):
    port = free_port()
    uri = f"postgresql://postgres@127.0.0.1:{port}/{database}"
    waiting = subprocess.Popen([DRIVER, "wait", uri, "20000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    forward(port, f"{server.dir}/.s.PGSQL.{server.port}")
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, out) == (0, "ready\n"), err
    assert "Connection refused" in err and re.search(r"the database is there, after \d+\.\d s", err)


@pytest.mark.parametrize("what, words", [("database", 'database "no_such_database" does not exist'), ("role", 'role "no_such_role" does not exist')])
def test_what_will_not_come_by_itself_is_said_at_once(server, what, words):
    uri = server.uri("no_such_database") if what == "database" else server.uri("postgres", user="no_such_role")
    ran = drive("wait", uri, 20000)
    assert ran.returncode == 10 and words in ran.stderr and "waiting" not in ran.stderr
    assert ran.seconds < 5


def test_a_target_that_cannot_be_read_is_said_at_once():
    ran = drive("wait", "mysql://db/app", 20000)
    assert ran.returncode == 2 and ran.seconds < 5


def test_a_name_that_is_not_known_yet_is_waited_for():
    ran = drive("wait", "postgresql://me@not-yet.invalid/app", 600)
    assert ran.returncode == 10 and "waiting for the database" in ran.stderr and "translate host name" in ran.stderr


@pytest.fixture
def change(tmp_path):
    (tmp_path / "change.sql").write_text("CREATE TABLE made (a int);\n")
    return ["apply", str(tmp_path / "change.sql"), "--policy", "development", "--store", f"file://{tmp_path}/store"]


def guardian(*words):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "GUARDIAN_")) and key != "DATABASE_URL"}
    return subprocess.Popen([os.environ["GD_BINARY"], *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept)


def test_apply_waits_when_it_is_told_to(server, database, change):
    port = free_port()
    uri = f"postgresql://postgres@127.0.0.1:{port}/{database}"
    one = guardian(*change, "--db", uri)
    assert "Connection refused" in one.communicate(timeout=30)[1] and one.returncode == 10
    one = guardian(*change, "--db", uri, "--start-wait", "20s")
    time.sleep(0.5)
    forward(port, f"{server.dir}/.s.PGSQL.{server.port}")
    out, err = one.communicate(timeout=60)
    assert one.returncode == 0 and re.search(r"waiting for the database, 20 s more at most: .*Connection refused", err), out + err
    assert "the database is there, after" in err
    assert server.value("SELECT count(*) FROM made", database) == 0


def test_apply_does_not_wait_for_ever(change):
    began = time.monotonic()
    one = guardian(*change, "--db", f"postgresql://postgres@127.0.0.1:{free_port()}/none", "--start-wait", "700ms")
    _, err = one.communicate(timeout=30)
    assert one.returncode == 10 and "waited 0." in err and 0.6 < time.monotonic() - began < 10
    assert "No server listens there" in err  # and what to do


def test_apply_that_waits_can_be_stopped(change):
    one = guardian(*change, "--db", f"postgresql://postgres@127.0.0.1:{free_port()}/none", "--start-wait", "60s")
    time.sleep(1)
    began = time.monotonic()
    one.terminate()
    _, err = one.communicate(timeout=30)
    assert one.returncode == 10 and "stopped by SIGTERM" in err and time.monotonic() - began < 5


# --- skipping ----------------------------------------------------------------------------------------

PUSH = ["--", "prisma", "db", "push"]


@pytest.fixture
def inputs(tmp_path):
    folder = tmp_path / "prisma"
    folder.mkdir()
    (folder / "schema.prisma").write_text("model A {}")
    return folder


def look(uri, inputs):
    ran = drive("all", uri, inputs, *PUSH)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def record(uri, inputs, change=""):
    key = drive("key", uri, inputs, *PUSH).stdout.strip()
    return drive("record", uri, key, change)


def test_it_is_skipped_until_a_file_or_the_schema_changes(server, database, inputs):
    uri = server.uri(database)
    assert look(uri, inputs) == "this command was not run here before with these files"
    assert record(uri, inputs, "20261123T021500Z-2c0de4aa11").returncode == 0
    assert look(uri, inputs) == "unchanged 20261123T021500Z-2c0de4aa11"
    server.run("CREATE TABLE a (b int)", database)
    assert look(uri, inputs).startswith("the schema has changed since 20")
    server.run("ALTER TABLE a DROP COLUMN b", database)
    assert look(uri, inputs).startswith("the schema has changed since 20")
    server.run("DROP TABLE a", database)
    assert look(uri, inputs).startswith("unchanged")  # nothing is left of it
    server.run("CREATE TABLE a (b int)", database)
    assert record(uri, inputs).returncode == 0
    assert look(uri, inputs) == "unchanged"
    (inputs / "schema.prisma").write_text("model B {}")
    assert look(uri, inputs) == "this command was not run here before with these files"
    (inputs / "schema.prisma").write_text("model A {}")
    assert look(uri, inputs) == "unchanged"
    server.run("DROP SCHEMA guardian CASCADE", database)
    assert look(uri, inputs) == "this command was not run here before with these files"


def test_rows_do_not_count(server, database, inputs):
    server.run("CREATE TABLE a (b int)", database)
    record(server.uri(database), inputs)
    server.run("INSERT INTO a SELECT generate_series(1, 1000)", database)
    server.run("VACUUM ANALYZE a", database)
    assert look(server.uri(database), inputs) == "unchanged"


def test_the_plain_owner_remembers_and_one_who_may_not_write_is_told(server, database, inputs):
    server.run("CREATE ROLE boot_owner LOGIN")
    server.run("CREATE ROLE boot_guest LOGIN")
    server.run(f'ALTER DATABASE "{database}" OWNER TO boot_owner')
    try:
        guest, owner = (server.uri(database, user=f"boot_{who}") for who in ("guest", "owner"))
        refused = record(guest, inputs)
        assert refused.returncode == 3 and "may not create a schema" in refused.stderr
        assert record(owner, inputs).returncode == 0
        assert look(owner, inputs) == "unchanged"
        assert look(guest, inputs) == "this command was not run here before with these files"  # may not read it
        assert record(guest, inputs).returncode == 3
    finally:
        server.run(f'ALTER DATABASE "{database}" OWNER TO postgres')
        server.run("DROP OWNED BY boot_owner CASCADE", database)
        server.run("DROP ROLE boot_owner")
        server.run("DROP ROLE boot_guest")


def test_a_restored_copy_is_another_database(server, database, inputs):
    server.run("CREATE TABLE a (b int)", database)
    record(server.uri(database), inputs)
    env = server.env(database)
    copy = f"{database}_copy"
    server.create(copy)
    try:
        dump = subprocess.run(["pg_dump"], env=env, capture_output=True, check=True).stdout
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", copy], env=env, input=dump, check=True, capture_output=True)
        assert server.value("SELECT count(*) FROM guardian.runs", copy) == 1
        key = drive("key", server.uri(database), inputs, *PUSH).stdout.strip()
        assert drive("look", server.uri(copy), key).stdout.startswith("the schema has changed")
    finally:
        server.drop(copy)


def test_ten_that_remember_at_once(server, database, inputs):
    key = drive("key", server.uri(database), inputs, *PUSH).stdout.strip()
    many = [subprocess.Popen([DRIVER, "record", server.uri(database), key, ""], stderr=subprocess.PIPE, text=True) for _ in range(10)]
    for one in many:
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    assert server.value("SELECT count(*) FROM guardian.runs", database) == 1
