"""Programs that talk a lot, through the real gate; and Guardian killed at each message of a client."""

import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from harness import guarded
from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
HERE = pathlib.Path(__file__).resolve().parent
deep = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="GUARDIAN_TEST_DEEP=1 runs it")

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'ok', CHECK (name <> ''));
CREATE INDEX ON users (lower(name));
CREATE VIEW happy AS SELECT * FROM users WHERE mood = 'ok';
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO users (name) SELECT 'user ' || g FROM generate_series(1, 300) g;
INSERT INTO parts SELECT g, '2026-03-04' FROM generate_series(1, 100) g;
SELECT lo_from_bytea(4711, 'large');
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(tcp=True, memory=True) as one:
        one.create("wire_base")
        one.psql("wire_base", stdin=BASE)
        yield one


class World(guarded.World):
    def run(self, *command, status=0, **more):
        ran = subprocess.run([GUARDIAN, "run", "--", *command], env={**self.env, **more}, capture_output=True, text=True, timeout=120)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran


    def dump(self):
        ran = subprocess.run(["pg_dump", "-N", "guardian"], env=self.server.env(self.name), capture_output=True, text=True, check=True)
        return [line for line in ran.stdout.splitlines() if line and not re.match(r"--|\\(un)?restrict", line)]


@pytest.fixture
def worlds(server, tmp_path):
    made = []

    def make(template):
        name = f"wire_{abs(hash(str(tmp_path))) % 10**9}_{len(made)}"
        server.create(name, template=template)
        made.append(World(server, name, tmp_path))
        return made[-1]
    yield make
    for one in made:
        server.drop(one.name)


@pytest.mark.parametrize("options", [[], ["-1"], ["--clean", "--if-exists"]])
def test_pg_restore_brings_the_same(server, worlds, tmp_path, options):
    archive = tmp_path / "archive"
    subprocess.run(["pg_dump", "-Fc", "-f", archive], env=server.env("wire_base"), check=True)
    template = "wire_base" if "--clean" in options else "template0"
    bare, guarded = worlds(template), worlds(template)
    subprocess.run(["pg_restore", "-d", bare.name, *options, archive], env=bare.env, check=True)
    guarded.run("pg_restore", "-d", guarded.name, *options, str(archive))
    assert guarded.dump() == bare.dump()


def test_pgbench_comes_to_the_same(worlds):
    world = worlds("template0")
    world.run("pgbench", "-i", "-q")
    for mode in ("simple", "extended", "prepared"):
        # One client: pgbench prepares by waiting, and could not end the transaction of another that keeps writers off.
        ran = world.run("pgbench", "-n", "-M", mode, "-c", "2" if mode == "simple" else "1", "-t", "10" if mode == "simple" else "20")
        assert "number of failed transactions: 0" in ran.stdout
    assert world.value("SELECT count(*), sum(delta) = (SELECT sum(bbalance) FROM pgbench_branches) FROM pgbench_history") == "60|t"
    ran = world.run("pgbench", "-n", "-S", "-M", "prepared", "-c", "4", "-t", "200")
    assert "number of transactions actually processed: 800/800" in ran.stdout


# ---- Guardian is killed ----

MESSAGES = """[
    wire.query("SELECT count(*) FROM users"),
    wire.query("CREATE TABLE one (i int)"),
    wire.query("BEGIN"), wire.query("ALTER TABLE users DROP COLUMN mood CASCADE"), wire.query("INSERT INTO one VALUES (1)"), wire.query("COMMIT"),
    wire.parse("ALTER TABLE users ADD COLUMN age int"), wire.bind(), wire.execute(), wire.SYNC,
    wire.query("COPY one FROM STDIN"), wire.message(b"d", b"2\\n"), wire.message(b"c"),
    wire.query("DROP TABLE parts"),
]"""

CLIENT = f"""
import os, signal, sys, time
sys.path.insert(0, {str(HERE.parent)!r})
from harness import wire
at, late = int(sys.argv[1]), sys.argv[2] == "late"
messages = {MESSAGES}
client = wire.Client(dict(os.environ))
for n, message in enumerate(messages):
    client.send(message)
    if n == at:
        if late:
            time.sleep(0.05)
        os.kill(os.getppid(), signal.SIGKILL)
        sys.exit()
    if message[:1] in (b"Q", b"S", b"c") and b"COPY" not in message:
        client.until(b"Z")
    elif b"COPY" in message:
        client.until(b"G")
"""
COUNT = 14


@pytest.mark.parametrize("late", ["at once", "late"])
@pytest.mark.parametrize("at", range(COUNT) if os.environ.get("GUARDIAN_TEST_DEEP") else [1, 3, 5, 8, 9, 12, 13])
def test_killed_at_a_message_the_next_one_knows(worlds, at, late):
    if late == "late" and at in (1, 8, 12) and not os.environ.get("GUARDIAN_TEST_DEEP"):
        pytest.skip("every day one of the two is enough")
    world = worlds("wire_base")
    before = world.dump()
    ran = subprocess.run([GUARDIAN, "run", "--", sys.executable, "-c", CLIENT, str(at), late], env=world.env, capture_output=True, text=True, timeout=60)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    until = time.monotonic() + 20 # the server has to notice
    while world.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'") != "0":
        assert time.monotonic() < until, world.value("SELECT query FROM pg_stat_activity")
        time.sleep(0.05)
    changed = world.dump() != before
    again = world.run("psql", "-Xqc", "CREATE TABLE next_one ()")
    told = re.findall(r"Change .* was cut off.*", again.stdout + again.stderr)
    assert "APPLIED" in again.stderr
    if told:
        assert ("Nothing of it is in the database" in told[0]) != changed, told
    else:
        assert not changed


# ---- JDBC ----

JDBC = r"""
import java.sql.*;
public class Client {
    static void show(ResultSet rows) throws Exception {
        while (rows.next()) System.out.println(rows.getObject(1));
    }
    public static void main(String[] words) throws Exception {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        String password = System.getenv("PGPASSWORD");
        try (Connection link = DriverManager.getConnection(url, System.getenv("PGUSER"), password == null ? "" : password)) {
            try (Statement ask = link.createStatement()) {
                ask.execute("CREATE TABLE java (id int PRIMARY KEY, note text)");
                show(ask.executeQuery("SELECT count(*) FROM users"));
            }
            try (PreparedStatement put = link.prepareStatement("INSERT INTO java VALUES (?, ?)")) {
                for (int n = 0; n < 20; n++) { put.setInt(1, n); put.setString(2, "note " + n); put.addBatch(); }
                System.out.println(put.executeBatch().length);
            }
            link.setAutoCommit(false);
            try (PreparedStatement find = link.prepareStatement("SELECT note FROM java WHERE id >= ? ORDER BY id")) {
                find.setFetchSize(3);
                for (int n = 0; n < 8; n++) { find.setInt(1, 18); show(find.executeQuery()); }
            }
            Savepoint point = link.setSavepoint();
            try (Statement ask = link.createStatement()) { ask.execute("SELECT 1/0"); }
            catch (SQLException wrong) { System.out.println(wrong.getSQLState()); link.rollback(point); }
            try (Statement ask = link.createStatement()) { ask.execute("ALTER TABLE java ADD COLUMN more int"); }
            link.commit();
            link.setAutoCommit(true);
            show(link.getMetaData().getColumns(null, "public", "java", "%"));
        }
    }
}
"""


@deep
def test_jdbc_does_the_same(worlds, tmp_path):
    jars = [jar for jar in glob.glob("/usr/share/java/*.jar") if re.search(r"/(postgresql|scram-common|scram-client|stringprep|saslprep)[^/]*\.jar", jar)]
    if not shutil.which("java") or not any("postgresql" in jar for jar in jars):
        pytest.skip("neither Java nor its driver is here (Debian: default-jdk-headless, libpostgresql-jdbc-java)")
    (tmp_path / "Client.java").write_text(JDBC)
    command = ["java", "-cp", ":".join(jars), str(tmp_path / "Client.java")]
    bare, guarded = worlds("wire_base"), worlds("wire_base")
    expected = subprocess.run(command, env={**bare.env, "PGHOST": "127.0.0.1"}, capture_output=True, text=True, timeout=120)
    assert expected.returncode == 0, expected.stderr
    ran = guarded.run(*command)
    assert ran.stdout.replace(guarded.name, "db") == expected.stdout.replace(bare.name, "db") and guarded.dump() == bare.dump()
