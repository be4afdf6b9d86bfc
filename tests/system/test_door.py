"""The door: real clients come in with what they find in their environment, and nobody else does."""

import importlib.util
import os
import pathlib
import shutil
import socket
import struct
import subprocess

import pytest

from harness.lack import lack

DRIVER = os.environ.get("GD_BUILD") and str(pathlib.Path(os.environ["GD_BUILD"], "system", "drive_run"))
TOOLS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "tools"
DOORS = {"loopback": [], "socket": ["--listen", "unix:"]}


def run(server, database, *command, options=(), env=None, target=None):
    return subprocess.run([DRIVER, *options, target or server.uri(database), database, *command], capture_output=True, text=True,
                          timeout=60, env={**server.env(), **(env or {})})


@pytest.fixture(params=DOORS, ids=list(DOORS))
def door(request):
    return DOORS[request.param]


class Open:
    """A door without a command."""

    def __init__(self, server, database, *options):
        self.process = subprocess.Popen([DRIVER, *options, server.uri(database), database], stdout=subprocess.PIPE, text=True)
        self.where = self.process.stdout.readline().strip()
        self.host, _, port = self.where.rpartition(":")
        self.port = int(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def talk(self, *packets):
        """Send and hear what comes until the door closes, or says nothing for a while."""
        heard = b""
        with socket.create_connection((self.host, self.port), timeout=2) as client:
            for packet in packets:
                client.sendall(packet)
            try:
                while data := client.recv(65536):
                    heard += data
            except (TimeoutError, ConnectionResetError):
                pass
        return heard


# --- those that were invited -------------------------------------------------------------------------


def test_psql_comes_in_without_a_word(server, database, door):
    ran = run(server, database, "psql", "-XAtc", "SELECT current_user, current_database(), current_setting('application_name')", options=door)
    assert (ran.stdout, ran.stderr, ran.returncode) == (f"postgres|{database}|psql\n", "", 0)


def test_the_url_leads_there_too(server, database, door):
    ran = run(server, database, "sh", "-c", 'PGPASSWORD= PGHOST= PGPORT= psql -XAt "$DATABASE_URL" -c "SELECT 7" && test "$MY_URL" = "$DATABASE_URL"',
              options=[*door, "--env", "MY_URL"])
    assert (ran.stdout, ran.stderr, ran.returncode) == ("7\n", "", 0)


def test_much_data_both_ways(server, database, door):
    text = r"""psql -Xqc 'CREATE TABLE t (a text)' && seq 100000 | psql -Xqc '\copy t FROM STDIN' && psql -Xqc '\copy t TO STDOUT' | md5sum; seq 100000 | md5sum"""
    ran = run(server, database, "bash", "-c", text, options=door)
    first, second = ran.stdout.splitlines()
    assert first == second and ran.stderr == ""


@pytest.mark.parametrize("module", ["psycopg2", "psycopg"])
def test_python(server, database, door, module):
    if importlib.util.find_spec(module) is None:
        lack(f"python3-{module} is not here")
    text = f"""
import os, {module}
for words in (os.environ['DATABASE_URL'], '', 'application_name=mine'):
    with {module}.connect(words) as link, link.cursor() as cursor:
        cursor.execute('SELECT %s::int + 1', (41,))
        print(cursor.fetchone()[0])
"""
    ran = run(server, database, "/usr/bin/python3", "-c", text, options=door)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("42\n42\n42\n", "", 0)


@pytest.fixture(scope="session")
def node_pg(tmp_path_factory):
    folder = tmp_path_factory.mktemp("node")
    if shutil.which("npm") is None:
        lack("npm is not here")
    got = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "pg@8.16.3"], capture_output=True, text=True)
    if got.returncode != 0:
        lack(f"npm could not fetch pg: {got.stderr.strip()[-200:]}")
    return folder


def test_node(server, database, door, node_pg):
    text = """
const { Client } = require('pg');
(async () => {
  for (const options of [{ connectionString: process.env.DATABASE_URL }, {}]) {
    const client = new Client(options);
    await client.connect();
    console.log((await client.query('SELECT $1::int + 1 AS n', [41])).rows[0].n);
    await client.end();
  }
})();
"""
    ran = run(server, database, "node", "-e", text, options=door, env={"NODE_PATH": str(node_pg / "node_modules")},
              target=server.uri(database) + "?schema=public&connection_limit=5")
    assert (ran.stdout, ran.stderr, ran.returncode) == ("42\n42\n", "", 0)


def test_a_cancel_request_needs_no_password(server, database):
    text = """
import psycopg2, threading, time
link = psycopg2.connect('')
threading.Timer(0.5, link.cancel).start()
began = time.monotonic()
try:
    link.cursor().execute('SELECT pg_sleep(30)')
except psycopg2.errors.QueryCanceled:
    print('cancelled', time.monotonic() - began < 15)
"""
    ran = run(server, database, "/usr/bin/python3", "-c", text)
    assert (ran.stdout, ran.returncode) == ("cancelled True\n", 0), ran.stderr


def test_other_urls_of_the_server_lead_to_the_door(server, database):
    env = {"DIRECT_URL": server.uri(database) + "?application_name=direct", "OWNER_URL": server.uri(database, user="owner"),
           "REPLICA_URL": "postgresql://postgres@elsewhere.invalid/app"}
    text = """psql -XAt "$DIRECT_URL" -c "SELECT current_setting('application_name')"; psql -X "$OWNER_URL" -c 'SELECT 1'; echo "$REPLICA_URL" """
    ran = run(server, database, "sh", "-c", text, env=env)
    assert ran.stdout == "direct\npostgresql://postgres@elsewhere.invalid/app\n"
    assert ran.stderr.startswith("elsewhere: REPLICA_URL\n")
    assert 'guardian lets user "postgres" in here, not "owner"' in ran.stderr


def test_nothing_of_the_old_way_is_left(server, database, tmp_path):
    (tmp_path / "service").write_text("[prod]\nhost=elsewhere.invalid\n")
    env = {"PGSERVICE": "prod", "PGSERVICEFILE": str(tmp_path / "service"), "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/none",
           "PGCHANNELBINDING": "require", "PGHOSTADDR": "192.0.2.1", "PGTARGETSESSIONATTRS": "read-only", "PGREQUIREPEER": "other"}
    text = "psql -XAtc 'SELECT 1'; env | grep -E '^PG(SERVICE|HOSTADDR|CHANNEL|REQUIRE|TARGET|SSLROOT)'; exit 0"
    ran = run(server, database, "sh", "-c", text, env=env)
    # psql is at the door; behind it the driver itself is led astray by what it was given
    assert ran.stdout == "" and ran.stderr.startswith('psql: error: connection to server at "127.0.0.1"'), ran.stdout
    assert "FATAL:  could not connect to database" in ran.stderr


# --- those that were not -----------------------------------------------------------------------------


def test_a_wrong_password_and_a_wrong_name(server, database):
    text = "PGPASSWORD=wrong psql -Xc 'SELECT 1'; PGPASSWORD= psql -Xwc 'SELECT 1'; PGUSER=other psql -Xc 'SELECT 1'; PGUSER=other PGPASSWORD=wrong psql -Xc 'SELECT 1'"
    ran = run(server, database, "sh", "-c", text)
    errors = [line for line in ran.stderr.splitlines() if "psql: error" in line]
    assert 'password authentication failed for user "postgres"' in errors[0]
    assert "no password supplied" in errors[1]
    assert 'guardian lets user "postgres" in here, not "other"' in errors[2]
    assert 'password authentication failed for user "other"' in errors[3]
    assert ran.stdout == "" and ran.returncode == 2


def test_the_password_is_nowhere_but_in_the_environment(server, database):
    text = r'test ${#PGPASSWORD} = 64 && ! grep -aq "$PGPASSWORD" /proc/[0-9]*/cmdline 2>/dev/null && ! ls -l /proc/$PPID/fd | grep -q "$PGPASSWORD" && echo hidden'
    assert run(server, database, "bash", "-c", text).stdout == "hidden\n"


def test_too_many_at_once(server, database):
    text = """
import psycopg2, time
links = [psycopg2.connect('') for _ in range(3)]
try:
    psycopg2.connect('')
except psycopg2.OperationalError as error:
    print(error.pgcode, str(error).strip().splitlines()[-1])
links.pop().close()
for _ in range(100):
    try:
        psycopg2.connect('')
        print('in')
        break
    except psycopg2.OperationalError:
        time.sleep(0.05)
"""
    ran = run(server, database, "/usr/bin/python3", "-c", text, options=["--clients", "3"])
    assert "FATAL:  sorry, too many clients already" in ran.stdout and ran.stdout.endswith("in\n"), ran.stderr


def test_the_folder_of_a_socket_goes_with_the_door(server, database):
    ran = run(server, database, "sh", "-c", 'stat -c %a "$PGHOST"; echo "$PGHOST"', options=DOORS["socket"])
    mode, folder = ran.stdout.splitlines()
    assert mode == "700" and not os.path.exists(folder)


def test_strangers_are_answered_as_a_server_does(server, database):
    with Open(server, database) as door:
        assert b"invalid length of startup packet" in door.talk(b"GET / HTTP/1.0\r\n\r\n")
        assert b"EFATAL:  unsupported frontend protocol 2.0" in door.talk(struct.pack(">II", 296, 2 << 16) + bytes(288))
        assert door.talk(struct.pack(">II", 8, 80877104), struct.pack(">II", 8, 80877103)) == b"NN"


# --- TLS, and users of a list ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    return folder


def test_tls_with_the_conversation_bound_to_it(server, database, certificate):
    tls = ["--tls", str(certificate / "crt"), str(certificate / "key")]
    words = f"sslmode=verify-full sslrootcert={certificate / 'crt'} channel_binding=require"
    ran = run(server, database, "psql", "-XAt", words, "-c", "SELECT 'bound'", options=tls)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("bound\n", "", 0)
    ran = run(server, database, "psql", "-XAt", "sslmode=require channel_binding=disable", "-c", "SELECT 'not bound'", options=tls)
    assert (ran.stdout, ran.stderr) == ("not bound\n", "")
    ran = run(server, database, "psql", "-X", "sslmode=disable", "-c", "SELECT 1", options=tls)
    assert "open to encrypted connections only" in ran.stderr


def test_nothing_said_before_the_handshake_is_heard_inside_of_it(server, database, certificate):
    startup = b"\0\3\0\0user\0postgres\0\0"
    injected = struct.pack(">II", 8, 80877103) + struct.pack(">I", len(startup) + 4) + startup
    with Open(server, database, "--listen", "127.0.0.1:0", "--tls", str(certificate / "crt"), str(certificate / "key")) as door:
        heard = door.talk(injected)
    assert heard[:1] == b"E" and b"received unencrypted data after SSL request" in heard


def test_all_addresses_only_with_tls(server, database, certificate):
    refused = subprocess.run([DRIVER, "--listen", "0.0.0.0:0", server.uri(database), database], capture_output=True, text=True, timeout=20)
    assert refused.returncode == 2 and "no certificate for TLS" in refused.stderr
    with Open(server, database, "--listen", "0.0.0.0:0", "--tls", str(certificate / "crt"), str(certificate / "key")) as door:
        assert door.where.startswith("0.0.0.0:")


def test_users_of_a_list(server, database, tmp_path):
    server.run("CREATE ROLE door_user LOGIN PASSWORD 'pencil p\u00e4ss'")
    try:
        verifier = server.value("SELECT rolpassword FROM pg_authid WHERE rolname = 'door_user'")
    finally:
        server.run("DROP ROLE door_user")
    (tmp_path / "users").write_text(f'"door_user" "{verifier}"\n"other" "{verifier}"\n')
    (tmp_path / "users").chmod(0o600)
    with Open(server, database, "--users", str(tmp_path / "users")) as door:
        def knock(user, password):
            return subprocess.run(["psql", "-XAt", "-c", "SELECT current_user"], capture_output=True, text=True, timeout=30,
                                  env={**server.env(database), "PGHOST": door.host, "PGPORT": str(door.port), "PGUSER": user, "PGPASSWORD": password})
        assert knock("door_user", "pencil p\u00e4ss").stdout == "postgres\n"  # upstream it is the target's user
        assert knock("other", "pencil p\u00e4ss").stdout == "postgres\n"
        for user in ("door_user", "nobody"):
            said = knock(user, "wrong").stderr
            assert f'password authentication failed for user "{user}"' in said and "HINT" not in said


# --- the real Prisma ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prisma(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("regenerate", TOOLS / "regenerate.py")
    tools = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tools)
    with tools.start() as own:
        try:
            made = tools.Prisma(7, own, tmp_path_factory.mktemp("prisma") / "app")
        except (OSError, subprocess.CalledProcessError) as error:
            lack(f"npm could not fetch Prisma: {error}")
        made.steps = tools.steps()
        yield made


def test_prisma_pushes_and_migrates(prisma, door):
    """Its shadow database is another one of the same server: its URL is led to the door by what it says."""
    name = "socket" if door else "loopback"
    prisma.database(name)
    prisma.schema(prisma.steps[0])

    def through(*words):
        command = [DRIVER, *door, prisma.env["DATABASE_URL"] + "?schema=public&connection_limit=1", name, "node", "node_modules/prisma/build/index.js", *words]
        return subprocess.run(command, cwd=prisma.work, env=prisma.env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)

    pushed = through("db", "push")
    assert pushed.returncode == 0 and "in sync" in pushed.stdout, pushed.stdout + pushed.stderr
    assert prisma.server.value("SELECT count(*) > 3 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace", name)
    folder = prisma.work / "migrations" / "20260101000000_old"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "migration.sql").write_text('CREATE TABLE "Old" (id int);\n')
    (folder.parent / "migration_lock.toml").write_text('provider = "postgresql"\n')
    shadowed = through("migrate", "diff", "--from-migrations", "migrations", "--to-schema", "schema.prisma", "--script")
    assert shadowed.returncode == 0 and 'DROP TABLE "Old"' in shadowed.stdout, shadowed.stdout + shadowed.stderr
    assert "elsewhere" not in shadowed.stderr
