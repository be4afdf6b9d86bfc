"""Drivers through the relay: what they get is what they get without it."""

import importlib.util
import pathlib
import shutil
import subprocess

import pytest

from harness.lack import lack
from harness.relay import Relay

try:
    import psycopg
except ImportError:
    psycopg = None

import psycopg2
import psycopg2.extras

_spec = importlib.util.spec_from_file_location("regenerate", pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools" / "regenerate.py")
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)


@pytest.fixture
def ways(server, database):
    with Relay(server.env(database), gate="test") as relay:
        yield relay, (dict(host=server.dir, port=server.port, user="postgres", dbname=database),
                      dict(host=relay.env["PGHOST"], port=relay.env["PGPORT"], user=relay.env["PGUSER"], password=relay.env["PGPASSWORD"], dbname=database))


def both(ways, use):
    """The same from both, which is given back."""
    direct, relayed = (use(way) for way in ways[1])
    assert direct == relayed
    return relayed


@pytest.fixture
def psycopg3(ways):
    return ways if psycopg else lack("python3-psycopg is not here (run .ci/packages test)")


def test_psycopg3_in_a_pipeline(psycopg3):
    def use(way):
        said = []
        with psycopg.connect(**way, autocommit=True) as link:
            link.execute("DROP TABLE IF EXISTS t")
            link.execute("CREATE TABLE t (a int, b text)")
            with link.pipeline() as pipeline:
                cursors = [link.execute("SELECT %s::int, %s", (n, "x" * n * 100)) for n in range(300)]
                link.cursor().executemany("INSERT INTO t VALUES (%s, %s)", [(n, str(n)) for n in range(1000)])
                pipeline.sync()
                said += [cursor.fetchall() for cursor in cursors]
            with pytest.raises(psycopg.errors.DivisionByZero):
                with link.pipeline():
                    link.execute("INSERT INTO t VALUES (-1)")
                    link.execute("SELECT 1/0")
                    link.execute("INSERT INTO t VALUES (-2)")
            said.append(link.execute("SELECT count(*), sum(a) FROM t").fetchall())
            with link.transaction(), link.pipeline():
                for n in range(50):
                    link.execute("UPDATE t SET b = %s WHERE a = %s", (f"new {n}", n), prepare=True)
            said.append(link.execute("SELECT b FROM t WHERE a < 3 ORDER BY a").fetchall())
            said.append(link.info.transaction_status)
        return said
    said = both(psycopg3, use)
    assert said[-2] == [("new 0",), ("new 1",), ("new 2",)] and len(said) == 303


def test_psycopg3_copies_and_cursors(psycopg3):
    def use(way):
        said = []
        with psycopg.connect(**way) as link:
            cursor = link.cursor()
            cursor.execute("CREATE TEMP TABLE t (a int, b bytea, c timestamptz)")
            with cursor.copy("COPY t FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(["int4", "bytea", "timestamptz"])
                for n in range(5000):
                    copy.write_row((n, bytes([n % 256]) * 50, None))
            said.append(cursor.rowcount)
            with cursor.copy("COPY (SELECT * FROM t ORDER BY a) TO STDOUT (FORMAT binary)") as copy:
                said.append(b"".join(bytes(block) for block in copy))
            with link.cursor(name="served") as served:
                served.itersize = 100
                served.execute("SELECT a FROM t ORDER BY a")
                said.append([row[0] for row in served])
            said.append(list(cursor.stream("SELECT a FROM t ORDER BY a LIMIT 20")))
            with pytest.raises(psycopg.errors.QueryCanceled):
                with cursor.copy("COPY t FROM STDIN") as copy:
                    copy.write("1\\t\\\\x00\\t")
                    raise psycopg.errors.QueryCanceled
            link.rollback()
            said.append(cursor.execute("SELECT 'fine'", prepare=True, binary=True).fetchall())
        return said
    assert both(psycopg3, use)[0] == 5000


def test_psycopg3_hears_notices_and_notifications(psycopg3):
    def use(way):
        heard = []
        with psycopg.connect(**way, autocommit=True) as link:
            link.add_notice_handler(lambda notice: heard.append((notice.severity, notice.message_primary)))
            link.add_notify_handler(lambda notify: heard.append((notify.channel, notify.payload, notify.pid == link.info.backend_pid)))
            link.execute("LISTEN ears")
            link.execute("DO $$ BEGIN RAISE WARNING 'look'; END $$")
            link.execute("NOTIFY ears, 'own'")
            link.execute("SELECT 1")
            transaction = link.xid(1, "global", "branch")
            heard.append(transaction.gtrid)
        return heard
    assert both(psycopg3, use) == [("WARNING", "look"), ("ears", "own", True), "global"]


def test_psycopg3_is_refused_in_a_pipeline(psycopg3):
    """The whole of the implicit transaction goes, and the client knows it."""
    relay, (_, way) = psycopg3
    with psycopg.connect(**way, autocommit=True) as link:
        link.execute("CREATE TABLE kept (a int)")
        with pytest.raises(psycopg.Error) as refused:
            with link.pipeline():
                link.execute("INSERT INTO kept VALUES (1)")
                link.execute("DROP TABLE kept /*gate:refuse*/")
                link.execute("INSERT INTO kept VALUES (2)")
        assert refused.value.sqlstate == "GD001" and refused.value.diag.message_hint == "Ask for something else."
        assert link.execute("SELECT count(*) FROM kept").fetchall() == [(0,)]
        link.execute("SELECT 1 /*gate:hold 100*/")
        assert relay.wait_for("passed")


def test_psycopg2_and_its_large_objects(ways):
    def use(way):
        said = []
        link = psycopg2.connect(**way)
        with link.cursor() as cursor:
            psycopg2.extras.execute_values(cursor, "SELECT * FROM (VALUES %s) v", [(n, str(n)) for n in range(50)])
            said.append(cursor.fetchall())
            large = link.lobject(0, "wb")
            large.write(b"0123456789" * 100000)
            number = large.oid
            large.seek(10)
            large.truncate(777777)
            large.close()
            said.append(hash(link.lobject(number, "rb").read()))
            link.lobject(number).unlink()
        link.commit()
        link.set_session(autocommit=True)
        with link.cursor("named", withhold=True) as cursor:
            cursor.execute("SELECT generate_series(1, 5000)")
            said.append(sum(row[0] for row in cursor))
        said.append(link.encoding)
        link.close()
        return said
    assert both(ways, use)[2] == 5000 * 5001 // 2


@pytest.fixture
def telling(server, database):
    """A relay that tells those who are held what they wait for, often."""
    with Relay(server.env(database), gate="test", notice=220) as relay:
        yield relay


def test_psycopg3_is_told_what_it_waits_for(telling, database):
    if not psycopg:
        lack("python3-psycopg is not here (run .ci/packages test)")
    env = telling.env
    said = []
    with psycopg.connect(host=env["PGHOST"], port=env["PGPORT"], user=env["PGUSER"], password=env["PGPASSWORD"], dbname=database, autocommit=True) as link:
        link.add_notice_handler(lambda notice: said.append((notice.severity, notice.sqlstate, notice.message_primary)))
        assert link.execute("SELECT %s::int /*gate:hold 500*/", (7,)).fetchall() == [(7,)]
        simple = len(said)
        assert simple >= 1 and said[0] == ("NOTICE", "00000", "guardian holds this statement for 0 s now: it is testing")
        with link.pipeline():
            cursors = [link.execute("SELECT %s::int" + " /*gate:hold 500*/" * (n == 2), (n,)) for n in range(5)]
        assert [cursor.fetchall() for cursor in cursors] == [[(n,)] for n in range(5)] and len(said) > simple
        with pytest.raises(psycopg.errors.DivisionByZero):
            link.execute("SELECT 1/%s::int /*gate:hold 500*/", (0,))
        assert link.execute("SELECT 'on'").fetchall() == [("on",)]


NODE = r"""
const {Client} = require('pg')
const say = (...words) => console.log(...words.map(word => JSON.stringify(word)))
async function main() {
  const client = new Client()
  const notices = []
  client.on('notice', notice => notices.push([notice.severity, notice.code, notice.message]))
  await client.connect()
  const asked = [
    'SELECT 1 AS one /*gate:hold 500*/',
    {text: 'SELECT $1::int + 1 AS two /*gate:hold 500*/', values: [1]},
    {name: 'named', text: 'SELECT $1::text AS three /*gate:hold 500*/', values: ['drei']},
    {name: 'named', text: 'SELECT $1::text AS three /*gate:hold 500*/', values: ['tres']},
    {text: 'SELECT 1/$1::int /*gate:hold 500*/', values: [0]},
    'SELECT 4 AS four',
  ]
  for (const one of asked)
    await client.query(one).then(found => say(found.command, found.rows), wrong => say(wrong.code, wrong.message))
  say(notices.length >= 4 ? notices[0] : notices)
  const impatient = new Client({query_timeout: 400})
  impatient.on('error', () => {})
  await impatient.connect()
  const begin = Date.now()
  await impatient.query('CREATE TABLE t () /*gate:hold 20000*/').catch(wrong => say(wrong.message, Date.now() - begin < 3000))
  impatient.connection.stream.destroy()
  await client.end()
}
main()
"""


def test_node_pg_is_told_and_keeps_its_own_limit(telling, server, database, tmp_path):
    if not shutil.which("npm"):
        lack("npm is not installed")
    (tmp_path / "node_modules").symlink_to(tools.npm("node-pg", "pg@8.16.3") / "node_modules")
    (tmp_path / "client.js").write_text(NODE)
    ran = subprocess.run(["node", "client.js"], cwd=tmp_path, env=telling.env, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0 and ran.stderr == "", ran.stderr
    assert ran.stdout.splitlines() == [
        '"SELECT" [{"one":1}]', '"SELECT" [{"two":2}]', '"SELECT" [{"three":"drei"}]', '"SELECT" [{"three":"tres"}]',
        '"22012" "division by zero"', '"SELECT" [{"four":4}]',
        '["NOTICE","00000","guardian holds this statement for 0 s now: it is testing"]',
        '"Query read timeout" true']
    assert telling.wait_for("let go", limit=5)
    assert server.value("SELECT to_regclass('t')", database) is None
