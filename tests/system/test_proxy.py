"""guardian proxy: the door that stays open. Clients are psql; what they see, what is kept, how it ends."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import yaml

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
PASSWORD = "open sesame 1"

BASE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE tags (id int PRIMARY KEY, label text);
INSERT INTO users (name, age) SELECT 'u' || g, g FROM generate_series(1, 200) g;
INSERT INTO tags SELECT g, 't' || g FROM generate_series(1, 20) g;
CREATE FUNCTION nothing() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        one.create("proxy_base")
        one.psql("proxy_base", stdin=BASE)
        yield one


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Proxy:
    """One that runs, and clients of it."""

    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, folder
        self.env = {**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{folder}/store"}
        self.users = folder / "users"
        self.process, self.log = None, folder / "log"
        self.tls = ()

    def cli(self, *words, status=0, stdin=""):
        ran = subprocess.run([GUARDIAN, *words], env=self.env, input=stdin, capture_output=True, text=True, timeout=60)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def add(self, name, password=PASSWORD):
        return self.cli("proxy", "--users", str(self.users), "--add-user", name, stdin=password + "\n")

    def start(self, *options, wait=True, **more):
        if not self.users.exists():
            self.add("ann")
            self.add("bob")
        self.port = free_port()
        self.said_before = len(self.log.read_text()) if self.log.exists() else 0
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([GUARDIAN, "proxy", "--listen", f"127.0.0.1:{self.port}", "--users", str(self.users), *options],
                                            env={**self.env, **more}, stderr=log, stdout=open(self.folder / "out", "a"))
        if wait:
            self.hears("listening on")
        return self

    def hears(self, pattern, seconds=20):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := re.search(pattern, self.log.read_text()[self.said_before:]):
                return found
            time.sleep(0.03)
        raise AssertionError(f"not said: {pattern}\n{self.log.read_text()}")

    def command(self, *words, user="ann"):
        return ["psql", "-X", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-d", self.name, "-At", "-v", "ON_ERROR_STOP=1", *words]

    def client_env(self, password=PASSWORD, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**kept, "PGPASSWORD": password, "PGSSLMODE": "disable", **more}

    def psql(self, *words, user="ann", password=PASSWORD, status=0, stdin=None, **more):
        ran = subprocess.run(self.command(*words, user=user), env=self.client_env(password, **more), input=stdin, capture_output=True, text=True,
                             timeout=60)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}\n{self.log.read_text()}"
        return ran

    def session(self, user="ann"):
        return Session(self, user)

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()

    def changes(self):
        return json.loads(self.cli("list", "--json").stdout)["changes"]

    def stop(self, number=signal.SIGTERM, status=0):
        self.process.send_signal(number)
        assert self.process.wait(30) == status, self.log.read_text()
        self.process = None


class Session:
    """A psql that stays."""

    def __init__(self, proxy, user):
        self.ran = subprocess.Popen([word for word in proxy.command(user=user) if word not in ("ON_ERROR_STOP=1", "-v")], env=proxy.client_env(),
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.asked = 0

    def send(self, sql):
        self.ran.stdin.write(sql + "\n")
        self.ran.stdin.flush()

    def __call__(self, sql):
        self.asked += 1
        self.send(f"{sql}\n\\echo done-{self.asked}")
        lines = []
        while (line := self.ran.stdout.readline()) and line.strip() != f"done-{self.asked}":
            lines.append(line.rstrip("\n"))
        return "\n".join(lines)

    def leave(self):
        self.ran.stdin.close()
        rest = self.ran.stdout.read()
        self.ran.wait(20)
        return rest


@pytest.fixture
def proxy(server, tmp_path):
    name = f"proxy_{abs(hash(str(tmp_path))) % 10**9}"
    server.run(f"CREATE DATABASE {name} TEMPLATE proxy_base")
    one = Proxy(server, name, tmp_path)
    yield one
    if one.process is not None:
        one.process.kill()
        one.process.wait(20)
    server.drop(name)


def test_who_comes_in(proxy):
    proxy.start()
    assert proxy.psql("-c", "SELECT count(*) FROM users").stdout == "200\n"
    assert proxy.psql("-c", "SELECT 1", user="bob").stdout == "1\n"
    wrong = proxy.psql("-c", "SELECT 1", password="something else", status=2).stderr
    nobody = proxy.psql("-c", "SELECT 1", user="carl", status=2).stderr
    assert 'password authentication failed for user "ann"' in wrong
    assert wrong.replace("ann", "carl").split("FATAL")[1] == nobody.split("FATAL")[1]
    # Upstream it is the target's user, and whose session it is can be seen there.
    seen = proxy.psql("-c", "SELECT session_user, application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()", user="bob", PGAPPNAME="").stdout
    assert seen.strip() in ("postgres|guardian proxy: bob", "postgres|psql")


def test_a_users_file_is_made_and_must_be_closed(proxy):
    assert re.fullmatch(r'"o""neil" "SCRAM-SHA-256\$4096:[^$]+\$[^:]+:[^"]+"\n', proxy.cli("proxy", "--add-user", 'o"neil', stdin=PASSWORD + "\n").stdout)
    proxy.add("ann", "first password")
    proxy.add("bob")
    proxy.add("ann")
    assert [line.split('"')[1] for line in proxy.users.read_text().splitlines()] == ["bob", "ann"]
    assert proxy.users.stat().st_mode & 0o777 == 0o600 and PASSWORD not in proxy.users.read_text()
    assert "too short" in proxy.cli("proxy", "--users", str(proxy.users), "--add-user", "carl", stdin="short\n", status=2).stderr
    assert "no --users" in proxy.cli("proxy", status=2).stderr
    assert "takes no operand" in proxy.cli("proxy", "psql", status=2).stderr
    proxy.users.chmod(0o644)
    ran = proxy.cli("proxy", "--listen", "127.0.0.1:0", "--users", str(proxy.users), status=2)
    assert "its mode is 0644" in ran.stderr and "chmod 600" in ran.stderr
    proxy.users.chmod(0o600)
    ran = proxy.cli("proxy", "--listen", "0.0.0.0:0", "--users", str(proxy.users), status=2)
    assert "no certificate for TLS" in ran.stderr


def test_a_session_is_one_change_and_comes_back(proxy):
    proxy.start()
    before = proxy.value("SELECT string_agg(u::text, ',' ORDER BY id) FROM users u")
    proxy.psql("-c", "SELECT nothing()", "-c", "ALTER TABLE users DROP COLUMN age", "-c", "DELETE FROM tags WHERE id > 5", "-c", "CREATE TABLE more (i int)")
    said = proxy.hears(r'change (\S+) of "ann" from 127.0.0.1 in "\S+": applied, 3 statements, backup \S+, way back: guardian rollback (\S+)')
    changes = proxy.changes()
    assert len(changes) == 1 and changes[0]["kind"] == "run" and said[1] == said[2]
    proxy.cli("rollback", said[2], "--yes")
    assert proxy.value("SELECT string_agg((u.id, u.name, u.age)::text, ',' ORDER BY id) FROM users u") == before
    assert proxy.value("SELECT count(*) FROM tags") == "20" and proxy.value("SELECT to_regclass('more')") == ""
    proxy.stop()


def test_reading_makes_no_change(proxy):
    proxy.start()
    proxy.psql("-c", "SELECT count(*) FROM users", "-c", "BEGIN", "-c", "SELECT nothing()", "-c", "COMMIT", "-c", "SET work_mem = '8MB'")
    proxy.stop()
    assert not (proxy.folder / "store").exists() and "change" not in proxy.log.read_text()


def test_two_sessions_take_turns(proxy):
    proxy.start("--busy-timeout", "1s")
    ann, bob = proxy.session(), proxy.session("bob")
    ann("BEGIN;\nCREATE TABLE a (i int);")
    said = bob("INSERT INTO tags VALUES (100, 'x');")
    assert re.search(r'ERROR:  guardian: another session changes database "\S+": that of "ann" from 127.0.0.1, for \d+ s, change \S+', said), said
    assert bob("SELECT count(*) FROM tags;") == "20"
    ann("COMMIT;")
    ann.leave()
    assert bob("INSERT INTO tags VALUES (100, 'x');") == "INSERT 0 1"
    bob.leave()
    proxy.stop()
    assert len(proxy.changes()) == 2


def test_who_waits_goes_on_when_the_other_is_idle(proxy):
    proxy.start("--change-idle", "700ms", "--busy-timeout", "20s")
    ann, bob = proxy.session(), proxy.session("bob")
    assert ann("ALTER TABLE tags ADD COLUMN x int;") == "ALTER TABLE"
    assert bob("ALTER TABLE tags ADD COLUMN y int;") == "ALTER TABLE"  # ann's schema change was seen by it
    assert ann("ALTER TABLE tags ADD COLUMN z int;") == "ALTER TABLE"  # another change of hers
    ann.leave()
    bob.leave()
    proxy.stop()
    assert [change["outcome"] for change in proxy.changes()] == ["applied"] * 3


def test_a_backup_that_was_in_the_way_is_made_first_the_next_time(proxy):
    proxy.start()
    words = ("-1", "-c", "ALTER TABLE tags ADD COLUMN x int", "-c", "ALTER TABLE users DROP COLUMN name")
    ran = proxy.psql(*words, status=1)
    assert "holds public.tags already" in ran.stderr and "run all of it again: the backup is made first then" in ran.stderr
    assert proxy.value("SELECT count(name) FROM users") == "200"
    proxy.psql(*words)
    proxy.hears("applied, 2 statements, backup")
    proxy.cli("rollback", "--last", "--yes")
    assert proxy.value("SELECT count(name) FROM users") == "200"


def test_a_refusal_leaves_the_session_usable(proxy):
    proxy.start("--policy", "boot")
    ann = proxy.session()
    assert "guardian: policy boot refuses" in ann("ALTER TABLE users DROP COLUMN name;")
    assert ann("ALTER TABLE users ADD COLUMN bio text;") == "ALTER TABLE"
    ann.leave()
    proxy.hears("applied, 1 statement, backup")


def test_it_drains_and_then_cuts(proxy):
    proxy.start("--drain-timeout", "2s")
    resting, working = proxy.session(), proxy.session()
    assert resting("SELECT 1;") == "1" and working("BEGIN;\nCREATE TABLE w (i int);") == "BEGIN\nCREATE TABLE"
    proxy.process.send_signal(signal.SIGTERM)
    proxy.hears("SIGTERM: nobody new comes in")
    assert "terminating connection due to administrator command" in resting("SELECT 1;")
    assert working("INSERT INTO w VALUES (1);") == "INSERT 0 1"
    assert "COMMIT" in (working("COMMIT;") + working.leave()).splitlines()
    assert proxy.process.wait(20) == 0
    proxy.process = None
    assert proxy.value("SELECT count(*) FROM w") == "1" and "cut" not in proxy.log.read_text()
    proxy.start("--drain-timeout", "500ms")
    open_one = proxy.session()
    open_one("BEGIN;\nINSERT INTO w VALUES (2);")
    proxy.stop(signal.SIGINT)
    assert re.search("the time to drain has passed: cut 1 sessions", proxy.log.read_text())
    assert proxy.value("SELECT count(*) FROM w") == "1"
    proxy.start("--drain-timeout", "1h")
    open_one = proxy.session()
    open_one("BEGIN;")
    proxy.process.send_signal(signal.SIGTERM)
    proxy.hears("nobody new")
    proxy.stop()
    assert "asked to stop again: cut 1 sessions" in proxy.log.read_text()


def test_a_kill_is_recovered_from_by_the_next_change(proxy):
    proxy.start()
    ann = proxy.session()
    ann("CREATE TABLE k (i int);")
    ann("BEGIN;\nINSERT INTO k VALUES (1);")
    proxy.process.kill()
    proxy.process.wait()
    proxy.start()
    deadline = time.monotonic() + 30
    while proxy.psql("-c", "CREATE TABLE l (i int)", status=None).returncode != 0 and time.monotonic() < deadline:
        time.sleep(1)
    proxy.stop()
    changes = proxy.changes()
    assert len(changes) == 2 and changes[0]["outcome"] == "partial" and changes[1]["outcome"] == "applied", changes
    assert proxy.value("SELECT count(*) FROM k") == "0"


def fetch(port, path):
    with socket.create_connection(("127.0.0.1", port), 10) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        all_of_it = b""
        while piece := one.recv(65536):
            all_of_it += piece
    head, _, body = all_of_it.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


def numbers(port):
    status, text = fetch(port, "/metrics")
    assert status == 200
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")}


def test_numbers_are_told(proxy):
    proxy.start("--metrics-listen", "127.0.0.1:0")
    port = int(proxy.hears(r"numbers are told on 127.0.0.1:0, port (\d+)")[1])
    assert fetch(port, "/healthz") == (200, "it runs\n") and fetch(port, "/readyz") == (200, "ready\n") and fetch(port, "/other")[0] == 404
    for _ in range(3):
        proxy.psql(*["-c", "SELECT 1"] * 10)
    proxy.psql("-c", "SELECT 1", password="wrong wrong", status=2)
    proxy.psql("-c", "ALTER TABLE users DROP COLUMN age")
    proxy.hears("applied, 1 statement, backup")
    resting = proxy.session()
    resting("SELECT 1;")
    found = numbers(port)
    assert found["guardian_sessions"] == 1 and found["guardian_sessions_entered_total"] == 5 and found["guardian_entries_refused_total"] == 1
    assert found['guardian_statements_total{class="destructive",verdict="pass"}'] == 1 and found["guardian_statements_glanced_total"] >= 3
    looked_at = found['guardian_statements_total{class="none",verdict="pass"}']  # the first of a session, and after 100 ms again
    assert looked_at >= 4 and looked_at + found["guardian_statements_glanced_total"] == 31 and found["guardian_backups_total"] == 1
    assert found['guardian_changes_total{outcome="applied"}'] == 1 and found["guardian_statement_held_seconds_count"] == looked_at + 1
    assert found['guardian_statement_held_seconds_bucket{le="+Inf"}'] == looked_at + 1 and found['guardian_bytes_total{direction="in"}'] > 100
    assert any(name.startswith("guardian_build_info{version=") for name in found)
    resting("BEGIN;")
    proxy.process.send_signal(signal.SIGTERM)
    proxy.hears("nobody new")
    assert fetch(port, "/readyz")[0] == 503 and fetch(port, "/healthz")[0] == 200
    resting.leave()
    assert proxy.process.wait(20) == 0
    proxy.process = None


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_audit_log_has_each_statement_and_no_literal(proxy):
    path = proxy.folder / "audit"
    proxy.start("--audit", str(path))
    proxy.psql("-c", "SELECT name FROM users WHERE id = 4711 AND name = 'hidden-1' -- hidden-2", "-c", "UPDATE tags SET label = 'hidden-3' WHERE id < 5",
               "-c", "DO $x$ BEGIN PERFORM 'hidden-4'; END $x$", "-c", "COMMENT ON TABLE tags IS 'hidden-5'",
               "-c", "SET my.secret = hidden_7", "-c", "SET my.secret = hidden_7", status=None, PGAPPNAME="deploy")
    proxy.psql("-c", "DROP TABLE nowhere", status=1)
    proxy.psql("-c", "SELECT 'hidden-6", status=1)
    proxy.stop()
    lines, text = lines_of(path), path.read_text()
    assert "hidden" not in text and "4711" not in text
    first = lines[0]
    assert first["text"] == "SELECT name FROM users WHERE id = ? AND name = ?" and first["class"] == "none" and first["verdict"] == "pass"
    assert (first["user"], first["address"], first["database"], first["application"]) == ("ann", "127.0.0.1", proxy.name, "deploy")
    update = next(line for line in lines if line["event"] == "statement" and "UPDATE" in (line["text"] or ""))
    end = next(line for line in lines if line["event"] == "end" and (line["session"], line["statement"]) == (update["session"], update["statement"]))
    assert update["text"] == "UPDATE tags SET label = ? WHERE id < ?" and update["change"] == proxy.changes()[0]["id"] and update["rules"]
    assert end["tag"] == "UPDATE 4" and end["sqlstate"] == "00000" and 0 <= end["seconds"] < 30
    gone = next(line for line in lines if line["event"] == "statement" and line["text"] == "DROP TABLE nowhere")
    assert [line["sqlstate"] for line in lines if line["event"] == "end" and line["session"] == gone["session"]] == ["42P01"]
    assert any(line["event"] == "statement" and line["text"] is None and len(line["hash"]) == 64 for line in lines)
    kept = [line["hash"] for line in lines if line["event"] == "statement" and line["text"] == "SET my.secret = ?"]
    assert len(kept) == 2 and len(set(kept)) == 1 and "sha256" not in text
    assert hashlib.sha256(b"SET my.secret = hidden_7").hexdigest() not in text, "and nobody finds it by trying"


def test_all_of_it_can_be_in_the_audit_log(proxy):
    path = proxy.folder / "audit"
    proxy.start("--audit", str(path), "--audit-all")
    proxy.psql(*[word for n in range(30) for word in ("-c", f"SELECT {n}")])
    proxy.stop()
    shown = [line for line in lines_of(path) if line["event"] == "statement"]
    glanced = [line.get("glanced", False) for line in shown]
    assert len(glanced) == 30 and not glanced[0] and any(glanced) and {line["text"] for line in shown} == {"SELECT ?"}


def test_nothing_changes_that_is_not_in_the_audit_log(proxy):
    proxy.start("--audit", "/dev/full")
    assert proxy.psql("-c", "SELECT count(*) FROM tags").stdout == "20\n"
    ran = proxy.psql("-c", "DELETE FROM tags", status=1)
    assert "could not write to the audit log" in ran.stderr and "No space left" in ran.stderr
    ran = proxy.psql("-1", "-c", "INSERT INTO tags VALUES (77, 'x')", "-c", "DELETE FROM tags", status=1)
    assert "could not write to the audit log" in ran.stderr
    proxy.stop()
    assert proxy.value("SELECT count(*) FROM tags") == "20"
    assert {change["outcome"] for change in proxy.changes()} <= {"nothing", "failed"}


def certificate(folder, name, host="localhost"):
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
            "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
    subprocess.run(made, check=True, capture_output=True)
    return folder / f"{name}.crt", folder / f"{name}.key"


def test_tls_and_what_sighup_takes_anew(proxy):
    first, second = certificate(proxy.folder, "first"), certificate(proxy.folder, "second")
    cert, key, path = proxy.folder / "door.crt", proxy.folder / "door.key", proxy.folder / "audit"
    cert.write_bytes(first[0].read_bytes())
    key.write_bytes(first[1].read_bytes())
    proxy.start("--tls-cert", str(cert), "--tls-key", str(key), "--audit", str(path))

    def verified(by, user="ann", status=0):
        env = proxy.client_env(PGSSLMODE="verify-full", PGSSLROOTCERT=str(by), PGHOST="localhost", PGHOSTADDR="127.0.0.1", PGCHANNELBINDING="require")
        command = [word for word in proxy.command("-c", "SELECT 1", user=user) if word not in ("-h", "127.0.0.1")]
        ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)
        assert ran.returncode == status, ran.stderr
        return ran

    assert verified(first[0]).stdout == "1\n"
    assert "encrypted connections only" in proxy.psql("-c", "SELECT 1", status=2).stderr
    assert "certificate verify failed" in verified(second[0], status=2).stderr
    old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-starttls", "postgres", "-tls1_1"], input="", capture_output=True,
                         text=True, timeout=30)
    assert old.returncode != 0
    # A wrong key: all stays as it was.
    cert.write_bytes(second[0].read_bytes())
    proxy.process.send_signal(signal.SIGHUP)
    proxy.hears("not all was taken anew: could not use key")
    assert verified(first[0]).stdout == "1\n"
    key.write_bytes(second[1].read_bytes())
    proxy.add("dora")
    path.rename(proxy.folder / "audit.1")
    proxy.process.send_signal(signal.SIGHUP)
    proxy.hears("certificate, users and logs were taken anew")
    assert verified(second[0], user="dora").stdout == "1\n" and path.exists()
    proxy.stop()


def test_clients_can_be_asked_for_a_certificate(proxy):
    door, ours = certificate(proxy.folder, "door"), certificate(proxy.folder, "ours")
    ours[1].chmod(0o600)
    proxy.start("--tls-cert", str(door[0]), "--tls-key", str(door[1]), "--tls-client-ca", str(ours[0]))
    assert proxy.psql("-c", "SELECT 1", PGSSLMODE="require", PGSSLCERT=str(ours[0]), PGSSLKEY=str(ours[1])).stdout == "1\n"
    proxy.psql("-c", "SELECT 1", status=2, PGSSLMODE="require", PGSSLCERT="/nowhere")


def test_a_unix_socket(proxy):
    folder = proxy.folder / "s"
    proxy.start(wait=False)
    proxy.process.kill()
    proxy.process.wait()
    proxy.process = None
    proxy.process = subprocess.Popen([GUARDIAN, "proxy", "--listen", f"unix:{folder}", "--users", str(proxy.users), "--json"], env=proxy.env,
                                     stderr=open(proxy.log, "a"))
    proxy.hears("listening on unix socket")
    ran = subprocess.run(["psql", "-X", "-h", str(folder), "-U", "ann", "-d", proxy.name, "-Atc", "CREATE TABLE u (i int)"], env=proxy.client_env(),
                         capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr
    proxy.stop()
    said = [json.loads(line) for line in proxy.log.read_text()[proxy.said_before:].splitlines() if line.startswith("{")]
    assert any("detail" in line and line["detail"]["outcome"] == "applied" for line in said) and not folder.exists()


def test_the_service_manager_is_told(proxy):
    path = str(proxy.folder / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(path)
        told.settimeout(20)
        proxy.start(NOTIFY_SOCKET=path)
        assert told.recv(100) == b"READY=1"
        proxy.stop()
        assert told.recv(100) == b"STOPPING=1"


DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "docs" / "deploy"


def test_what_is_there_to_deploy_it_is_right(proxy):
    unit = (DEPLOY / "guardian-proxy.service").read_text()
    assert "Type=notify" in unit and "ExecReload=/bin/kill -HUP $MAINPID" in unit
    if shutil.which("systemd-analyze"):
        copy = proxy.folder / "guardian-proxy.service"
        copy.write_text(unit.replace("/usr/bin/guardian", GUARDIAN).replace("Documentation=man:guardian(1)\n", ""))
        ran = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60)
        assert not [line for line in ran.stderr.splitlines() if "guardian-proxy" in line], ran.stderr
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    named = set(compose["services"]["door"]["environment"]) | {line.partition("=")[0] for line in (DEPLOY / "proxy.env").read_text().splitlines()
                                                               if line and line[0] != "#"}
    known = proxy.cli("help", "proxy").stdout
    for name in named - {"DATABASE_URL"}:
        assert f"--{name.removeprefix('GUARDIAN_').lower().replace('_', '-')}" in known, name


def test_it_works_as_process_1(proxy):
    inside = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine allows no namespaces of processes")
    proxy.add("ann")
    proxy.port = free_port()
    proxy.said_before = 0
    # An orphan that ends is reaped by process 1; nobody is left as a zombie.
    script = f"(sh -c 'sleep 0.3' &) ; exec {GUARDIAN} proxy --listen 127.0.0.1:{proxy.port} --users {proxy.users}"
    with open(proxy.log, "w") as log:
        proxy.process = subprocess.Popen([*inside, "sh", "-c", script], env=proxy.env, stderr=log)
    proxy.hears("listening on")
    proxy.psql("-c", "ALTER TABLE users DROP COLUMN age")
    time.sleep(0.5)
    first = int(subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()[0])
    states = [pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
              for pid in subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True).stdout.split()]
    assert "Z" not in states
    os.kill(first, signal.SIGTERM)
    assert proxy.process.wait(20) == 0, proxy.log.read_text()
    proxy.process = None


@pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="a thousand sessions")
def test_memory_stays_flat(proxy):
    psycopg2 = pytest.importorskip("psycopg2")
    proxy.start("--audit", str(proxy.folder / "audit"), "--audit-all", "--policy", "development")
    proxy.value("ALTER TABLE tags ADD COLUMN hits int DEFAULT 0")

    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{proxy.process.pid}/status").read_text())[1])

    def come_and_go(count):
        for i in range(count):
            one = psycopg2.connect(host="127.0.0.1", port=proxy.port, user="ann", password=PASSWORD, dbname=proxy.name, sslmode="disable")
            one.autocommit = True
            with one.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM users WHERE id < %s", (i,))
                if i % 20 == 0:
                    cursor.execute("UPDATE tags SET hits = hits + 1 WHERE id = 1")
            one.close()
        time.sleep(2)
        return resident()

    first, last = come_and_go(200), come_and_go(800)
    print(f"resident: {first} kB after 200 sessions, {last} kB after 1,000")
    assert last < first * 1.2


def test_databases_do_not_wait_for_each_other(proxy):
    other = proxy.name + "_b"
    proxy.server.run(f"CREATE DATABASE {other} TEMPLATE proxy_base")
    try:
        proxy.start("--busy-timeout", "1s")
        ann = proxy.session()
        assert ann("BEGIN;\nCREATE TABLE a (i int);") == "BEGIN\nCREATE TABLE"
        assert proxy.psql("-d", other, "-c", "ALTER TABLE users DROP COLUMN age", user="bob").stdout == "ALTER TABLE\n"
        proxy.hears(f'change \\S+ of "bob" from 127.0.0.1 in "{other}": applied, 1 statement, backup')
        ann("COMMIT;")
        ann.leave()
        proxy.stop()
        assert len(proxy.changes()) == 1
    finally:
        proxy.server.drop(other)


def test_a_driver_with_prepared_statements(proxy):
    psycopg = pytest.importorskip("psycopg")
    path = proxy.folder / "audit"
    proxy.start("--audit", str(path))
    address = f"host=127.0.0.1 port={proxy.port} user=ann password='{PASSWORD}' dbname={proxy.name} sslmode=disable"
    with psycopg.connect(address, prepare_threshold=0) as one:
        for i in range(4):
            one.execute("INSERT INTO tags VALUES (%s, %s)", (100 + i, "hidden"))
        assert one.execute("SELECT count(*) FROM tags WHERE id >= %s", (100,)).fetchone() == (4,)
        one.commit()
        with pytest.raises(psycopg.errors.UniqueViolation):
            one.execute("INSERT INTO tags VALUES (%s, %s)", (100, "hidden"))
        one.rollback()
        with one.pipeline():
            one.execute("DELETE FROM tags WHERE id = %s", (100,))
            one.execute("DELETE FROM tags WHERE id = %s", (101,))
        one.commit()
    proxy.stop()
    assert proxy.value("SELECT count(*) FROM tags") == "22" and "hidden" not in path.read_text()
    lines = lines_of(path)
    ends = [(line["tag"], line["sqlstate"]) for line in lines if line["event"] == "end"]
    assert ends.count(("INSERT 0 1", "00000")) == 4 and "23505" in [state for _, state in ends]
    proxy.cli("rollback", "--last", "--yes")
    assert proxy.value("SELECT count(*) FROM tags") == "20"


def test_a_server_that_goes_away_ends_sessions_and_not_the_door(proxy):
    proxy.start("--busy-timeout", "3s")
    ann = proxy.session()
    ann("BEGIN;\nINSERT INTO tags VALUES (300, 'x');")
    proxy.server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{proxy.name}'")
    assert "FATAL" in ann("SELECT 1;") or "server closed" in ann("SELECT 1;") or ann.ran.poll() is not None
    assert proxy.psql("-c", "INSERT INTO tags VALUES (301, 'y')").stdout == "INSERT 0 1\n"
    proxy.stop()
    assert proxy.value("SELECT string_agg(id::text, ',') FROM tags WHERE id > 100") == "301"


def test_who_waits_can_give_up(proxy):
    proxy.start("--busy-timeout", "1h")
    ann, bob = proxy.session(), proxy.session("bob")
    ann("BEGIN;\nCREATE TABLE a (i int);")
    bob.asked += 1
    bob.send(f"INSERT INTO tags VALUES (100, 'x');\n\\echo done-{bob.asked}")
    time.sleep(0.7)
    bob.ran.send_signal(signal.SIGINT)
    assert "canceling statement due to user request" in bob.leave()
    ann("COMMIT;")
    ann.leave()
    proxy.stop()
    assert proxy.value("SELECT count(*) FROM tags") == "20"
