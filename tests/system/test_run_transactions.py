"""guardian run: what a tool's transactions do to its statements. Savepoints, chains, two phases, what is bound and never executed;
in the simple and the extended protocol, with psycopg 2 and 3 as the tool."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from harness import guarded
from harness import server as servers
from harness.lack import lack

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE tags (id int PRIMARY KEY, label text);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(settings={"max_prepared_transactions": 5}, memory=True) as one:
        one.create("moves_base")
        one.psql("moves_base", stdin=BASE)
        yield one


class World(guarded.World):
    def run(self, *command, status=0, **more):
        """The report of a run."""
        return json.loads(self.cli("run", "--json", "--retry", "0", "--", *command, status=status, **more).stdout)

    def psql(self, script, status=0, **more):
        return self.run("psql", "-X", "-q", stdin=script, status=status, **more)

    def psycopg3(self, script, status=0, **more):
        text = "import os, psycopg\nc = psycopg.connect('')\n" + script
        return self.run("/usr/bin/python3", "-c", text, status=status, **more)


    def rows(self):
        return self.value("SELECT to_jsonb(u) FROM users u UNION ALL SELECT to_jsonb(t) FROM tags t ORDER BY 1")


@pytest.fixture
def world(server, tmp_path):
    with guarded.world(server, tmp_path, "moves_base", World) as one:
        yield one


def states(document):
    return [step["state"] for step in document["steps"]]


def test_what_is_behind_a_savepoint_goes_with_it(world):
    document = world.psql("""BEGIN; ALTER TABLE tags ADD COLUMN a int;
SAVEPOINT One; CREATE TABLE behind (i int);
ROLLBACK TO one; CREATE TABLE again (i int);
RELEASE one; COMMIT;""")
    assert states(document) == ["in", "not in", "in"] and document["outcome"] == "applied"
    shown = json.loads(world.cli("show", "--json", document["change"]).stdout)
    assert states(shown) == ["in", "not in", "in"]
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT to_regclass('again') IS NULL AND to_regclass('behind') IS NULL") == "t"


def test_an_error_behind_a_savepoint_is_healed(world):
    document = world.psql("""BEGIN; CREATE TABLE kept (i int);
SAVEPOINT s; CREATE TABLE kept (i int);
ROLLBACK TO s; CREATE TABLE more (i int);
COMMIT;""")
    assert states(document) == ["in", "not in", "in"]
    document = world.psql("CREATE TABLE a (i int)\\; BEGIN\\; CREATE TABLE b (i int)\\; COMMIT\\; CREATE TABLE b (i int);\n")
    assert states(document) == ["in"] and document["changed"]


def test_chains(world):
    document = world.psql("BEGIN; CREATE TABLE a (i int);\nCOMMIT AND CHAIN;\nCREATE TABLE b (i int);\nROLLBACK AND CHAIN;\nCREATE TABLE c (i int);\nCOMMIT;")
    assert states(document) == ["in", "not in", "in"]


def test_two_phases_of_one_run(world):
    document = world.psql("BEGIN; CREATE TABLE a (i int);\nPREPARE TRANSACTION 'one';\nBEGIN; CREATE TABLE b (i int);\nPREPARE TRANSACTION 'two';\n"
                          "COMMIT PREPARED 'one';\nROLLBACK PREPARED 'two';")
    told = {step["text"].strip("; "): step["state"] for step in document["steps"]}
    assert told["CREATE TABLE a (i int)"] == "in" and told["CREATE TABLE b (i int)"] == "not in", told
    assert document["outcome"] == "applied"


def test_the_same_by_the_extended_protocol(world):
    if subprocess.run(["/usr/bin/python3", "-c", "import psycopg"], capture_output=True).returncode != 0:
        lack("psycopg 3")
    document = world.psycopg3("""
c.execute('ALTER TABLE tags ADD COLUMN a int')
try:
    with c.transaction():
        c.execute("INSERT INTO tags VALUES (%s, %s)", (100, 'undone'))
        raise ValueError
except ValueError:
    pass
with c.transaction():
    c.execute("INSERT INTO tags VALUES (%s, %s)", (101, 'kept'))
c.commit()
""")
    assert states(document) == ["in", "not in", "in"]


def test_what_is_sent_in_the_extended_protocol_has_its_id_on_record(world):
    document = world.psycopg3("""
c.autocommit = True
c.execute('ALTER TABLE tags ADD COLUMN a int', binary=True, prepare=False)
c.execute('ALTER TABLE users DROP COLUMN age', binary=True, prepare=True)
assert c.execute("INSERT INTO tags VALUES (%s, %s) RETURNING id", (100, 'x')).fetchone() == (100,)
try:
    c.execute("INSERT INTO tags VALUES (%s, %s)", (1, 'twice'))
    raise SystemExit('no error')
except psycopg.errors.UniqueViolation:
    pass
try:
    c.execute("CREATE INDEX CONCURRENTLY late ON tags (label)", binary=True)
except psycopg.Error as error:
    raise SystemExit(str(error))
assert c.execute("SELECT count(*) FROM tags").fetchone() == (21,)
""")
    steps = document["steps"]
    assert [(step["kind"], step["state"]) for step in steps] == [("transaction", "in")] * 3 + [("transaction", "not in"), ("alone", "in")], steps
    assert document["sealed"]
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(age) FROM users") == "200" and world.value("SELECT count(*) FROM tags") == "20"


PIPELINE = """
c.autocommit = True
failed = ''
try:
    with c.pipeline():
        one = c.execute('SELECT %s::int', (1,))
        a = c.execute("INSERT INTO tags VALUES (%s, %s) RETURNING id", (100, 'x'))
        c.execute("ALTER TABLE users DROP COLUMN age", binary=True)
        b = c.execute("INSERT INTO tags VALUES (%s, %s) RETURNING id", (LAST, 'y'))
        two = c.execute('SELECT %s::int', (2,))
except psycopg.errors.UniqueViolation as error:
    failed = 'unique'
assert failed == FAILED, failed
if not failed:
    assert [x.fetchone() for x in (one, a, b, two)] == [(1,), (100,), (101,), (2,)]
assert c.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
c.execute('CREATE TABLE after (i int)')
"""


def test_a_pipeline_is_one_transaction_as_before(world):
    document = world.psycopg3(PIPELINE.replace("LAST", "101").replace("FAILED", "''"))
    assert [(step["kind"], step["state"]) for step in document["steps"]] == [("transaction", "in")] * 4, document["steps"]
    world.cli("rollback", "--last", "--yes")
    document = world.psycopg3(PIPELINE.replace("LAST", "1").replace("FAILED", "'unique'"))
    assert [(step["kind"], step["state"]) for step in document["steps"]] == [("transaction", "not in")] * 3 + [("transaction", "in")], document["steps"]
    assert world.value("SELECT count(*) FROM tags") == "20" and world.value("SELECT count(age) FROM users") == "200"


def test_a_block_that_begins_within_a_batch_is_the_tools_own(world):
    """BEGIN and what follows in one batch, as the JDBC driver sends it."""
    document = world.psycopg3("""
c.autocommit = True
with c.pipeline():
    c.execute('BEGIN', binary=True)
    c.execute("CREATE TABLE one (i int)", binary=True)
assert c.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
with c.pipeline():
    c.execute("CREATE TABLE two (i int)", binary=True)
    c.execute("COMMIT", binary=True)
with c.pipeline():
    c.execute("CREATE TABLE three (i int)", binary=True)
    c.execute("BEGIN", binary=True)
    c.execute("CREATE TABLE four (i int)", binary=True)
assert c.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
c.execute('ROLLBACK')
""")
    assert states(document) == ["in", "in", "not in", "not in"], document["steps"]
    assert world.value("SELECT to_regclass('two') IS NOT NULL AND to_regclass('three') IS NULL") == "t"


def test_what_is_bound_and_never_executed_is_not_in(world):
    document = world.psycopg3("""
from psycopg import pq
p = c.pgconn
p.exec_(b'BEGIN')
p.prepare(b'one', b'DELETE FROM tags')
""" + "p.exec_(b'COMMIT')\n")
    assert document["steps"] == []


@pytest.mark.parametrize("after", ["ALTER TABLE users DROP COLUMN age", "INSERT INTO tags VALUES (%s, 'x')"])
def test_killed_behind_the_pass_the_next_one_tells(world, after):
    text = f"import psycopg\nc = psycopg.connect('', autocommit=True)\nc.execute({after!r}, {'(900,)' if '%s' in after else '()'}, prepare=True, binary=True)\nimport time; time.sleep(60)\n"
    run = subprocess.Popen([GUARDIAN, "run", "--", "/usr/bin/python3", "-c", text], env=world.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    there = "SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'age') = 1 AND NOT EXISTS (SELECT FROM tags WHERE id = 900)"
    until = time.monotonic() + 30
    while world.value(there) == "t" and time.monotonic() < until:
        time.sleep(0.1)
    run.send_signal(signal.SIGKILL)
    run.wait()
    ran = world.cli("run", "--", "psql", "-X", "-c", "CREATE TABLE next (i int)")
    assert re.search(r"was cut off.*Steps that are in: 1", " ".join(ran.stderr.split())), ran.stderr


def test_killed_before_it_is_passed_nothing_is_in(world):
    world.cli("run", "--", "/usr/bin/python3", "-c", "import psycopg\nc = psycopg.connect('', autocommit=True)\nc.execute('DROP TABLE tags', binary=True)",
              status=None, GUARDIAN_FAULT="@run: announced, not passed#1:exit")
    assert world.value("SELECT count(*) FROM tags") == "20"
    ran = world.cli("run", "--", "psql", "-X", "-c", "CREATE TABLE next (i int)")
    assert "Nothing of it is in the database" in " ".join(ran.stderr.split()), ran.stderr


def test_rows_that_go_behind_a_savepoint_are_sealed_there_and_come_back(world):
    before = world.rows()
    document = world.psql("""BEGIN;
INSERT INTO tags VALUES (100, 'outer');
SAVEPOINT s; INSERT INTO tags VALUES (101, 'inner'); UPDATE tags SET label = 'x' WHERE id = 1; RELEASE s;
SAVEPOINT s; DELETE FROM tags WHERE id = 2; ROLLBACK TO s; DELETE FROM tags WHERE id = 3;
COMMIT;""")
    assert states(document) == ["in", "in", "in", "not in", "in"] and document["sealed"]
    world.cli("rollback", "--last", "--yes")
    assert world.rows() == before


def test_what_was_sealed_can_be_put_off(world):
    document = world.psql("BEGIN;\nDELETE FROM tags WHERE id < 5;\nPREPARE TRANSACTION 'kept';\nCOMMIT PREPARED 'kept';\n")
    assert set(states(document)) == {"in"} and document["outcome"] == "applied"
    assert world.value("SELECT count(*) FROM tags") == "16"
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(*) FROM tags") == "20"


def test_copy_in_the_extended_protocol(world):
    document = world.psycopg3("""
p = c.pgconn
from psycopg import pq
for text, rows in ((b'COPY tags FROM STDIN', b'200\\ta\\n201\\tb\\n'), (b'COPY tags FROM STDIN', b'200\\ttwice\\n')):
    result = p.exec_params(text, None)
    assert result.status == pq.ExecStatus.COPY_IN, result.status
    assert p.put_copy_data(rows) == 1 and p.put_copy_end() == 1
    print(p.get_result().status, p.get_result())
    assert p.transaction_status == pq.TransactionStatus.IDLE
assert c.execute("SELECT count(*) FROM tags").fetchone() == (22,)
""")
    assert states(document) == ["in", "not in"]


def back_as_it_was(world, before):
    world.cli("rollback", "--last", "--yes")
    assert world.rows() == before


def test_a_lock_before_the_first_change(world):
    """What is there is recorded before the first change; the tool's own lock is in the way of that, and the next try is not."""
    before = world.rows()
    file = world.folder / "lock.sql"
    file.write_text("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE;\nDELETE FROM users WHERE id < 4;\nCOMMIT;")
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(file)]
    refused = world.run(*command, status=None)
    assert refused["outcome"] == "refused" and "holds public.users already" in json.dumps(refused["error"]) and world.rows() == before
    document = json.loads(world.cli("run", "--json", "--", *command).stdout)
    assert document["outcome"] == "applied" and world.value("SELECT count(*) FROM users") == "197"
    back_as_it_was(world, before)


@pytest.mark.parametrize("begin", [
    "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1;",
    "BEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nBEGIN;",
])
def test_a_transaction_that_looks_back(world, begin):
    before = world.rows()
    document = world.psql(f"{begin}\nDELETE FROM users WHERE id < 10;\nDELETE FROM tags;\nCOMMIT;")
    assert document["outcome"] == "applied" and document["sealed"] and world.value("SELECT count(*) FROM users") == "191"
    back_as_it_was(world, before)


def test_a_lone_statement_that_looks_back(world):
    before = world.rows()
    document = world.psql("SET default_transaction_isolation TO 'repeatable read';\nDELETE FROM users WHERE id < 10;")
    assert document["outcome"] == "applied" and document["sealed"]
    back_as_it_was(world, before)


def test_what_others_wrote_behind_its_back_is_kept(world):
    """It does not see that row, and TRUNCATE takes it along."""
    where = f"host={world.server.dir} port={world.server.port} dbname={world.name} user=postgres"
    document = world.psql("BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT count(*) FROM users;\n"
                          f"\\! PGOPTIONS= psql -Xqd '{where}' -c \"INSERT INTO tags VALUES (77, 'late')\"\n"
                          "TRUNCATE tags;\nCOMMIT;")
    assert document["outcome"] == "applied" and world.value("SELECT count(*) FROM tags") == "0"
    world.cli("rollback", "--last", "--yes")
    assert world.value("SELECT count(*), count(*) FILTER (WHERE label = 'late') FROM tags") == "21|1"


def test_one_statement_many_times_in_one_batch(world):
    ran = world.cli("run", "--", "/usr/bin/python3", "-c", f"""
import os, sys
sys.path.insert(0, {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))!r})
from harness import wire as w
c = w.Client(os.environ)
batch = [w.parse("UPDATE users SET name = 'z' WHERE id = $1", "u")]
for i in range(3):
    batch += [w.bind([b"%d" % (i + 1)], "u"), w.execute()]
print(b"".join(kind for kind, _ in c.ask(*batch, w.SYNC)).decode())
""")
    assert ran.stdout.strip() == "12C2C2CZ" and world.value("SELECT count(*) FROM users WHERE name = 'z'") == "3"
