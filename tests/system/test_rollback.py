"""The disaster, as people live it: a bad migration is committed and applied, data is lost, traffic goes on, `guardian rollback`
brings the state before back, the commit is reverted, and the next run of the migrations finds nothing to do."""

import json
import os
import pathlib
import subprocess
import threading

import pytest

from harness import server as servers

SHOP = """
CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, age int);
CREATE TABLE orders (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, total numeric(10,2) NOT NULL);
INSERT INTO users (email, age) SELECT 'u' || g || '@example.org', 20 + g % 50 FROM generate_series(1, 500) g;
INSERT INTO orders (user_id, total) SELECT 1 + g % 500, g / 3.0 FROM generate_series(1, 2000) g;
"""
BAD = "ALTER TABLE users DROP COLUMN age;\nUPDATE orders SET total = 0;\nCREATE TABLE audit (what text);\n"


class Team:
    """A repository, a database, and a hand on guardian in it."""

    def __init__(self, guardian, server, name, folder, user="postgres"):
        self.guardian, self.server, self.name, self.user, self.repo = guardian, server, name, user, pathlib.Path(folder, "repo")
        self.env = {**server.env(name), "PGUSER": user, "GUARDIAN_STORE": f"file://{folder}/store"}
        (self.repo / "db").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.commit("README", "shop", "begin")

    def git(self, *words):
        identity = {**os.environ, "GIT_AUTHOR_NAME": "dev", "GIT_AUTHOR_EMAIL": "dev@example.org", "GIT_COMMITTER_NAME": "dev", "GIT_COMMITTER_EMAIL": "dev@example.org"}
        return subprocess.run(["git", *words], cwd=self.repo, env=identity, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, path, text, subject):
        (self.repo / path).write_text(text)
        self.git("add", ".")
        self.git("commit", "-qm", subject)
        return self.git("rev-parse", "HEAD")

    def call(self, *words, status=0):
        ran = subprocess.run([self.guardian, *words], cwd=self.repo, env=self.env, capture_output=True, text=True, timeout=120)
        assert status is None or ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def rows(self, sql):
        return self.server.psql(self.name, "-c", sql).stdout.splitlines()


@pytest.fixture(scope="module")
def own():
    with servers.Server(memory=True) as one:
        yield one


@pytest.fixture
def team(guardian, own, tmp_path):
    name = f"team_{tmp_path.name[-12:]}".lower().replace("-", "_")
    own.create(name)
    own.psql(name, stdin=SHOP)
    yield Team(guardian, own, name, tmp_path)
    own.drop(name)


def test_the_disaster(team):
    good = team.rows("SELECT * FROM users ORDER BY id") + team.rows("SELECT * FROM orders ORDER BY id")
    commit = team.commit("db/002_bad.sql", BAD, "drop age")
    applied = json.loads(team.call("apply", "--json", "db/002_bad.sql").stdout)
    assert applied["outcome"] == "applied" and applied["way_back"][0] == f"guardian rollback {applied['change']}"
    team.rows("INSERT INTO users (email) VALUES ('since@example.org'); INSERT INTO orders (user_id, total) VALUES (501, 42); UPDATE orders SET total = 7 WHERE id = 3")

    planned = json.loads(team.call("plan", "--rollback", "last", "--json").stdout)
    assert (planned["way"], planned["rows_lost"], planned["of"]) == ("tables", 0, applied["change"])
    assert any("public.users" in one["table"] and one["rows_new"] == 1 for one in planned["since"])
    assert team.rows("SELECT count(*) FROM information_schema.columns WHERE column_name = 'age'") == ["0"]

    done = json.loads(team.call("rollback", "--last", "--git-revert", "--json").stdout)
    assert (done["outcome"], done["changed"], done["differences"], done["kind"]) == ("rolled_back", True, [], "rollback")
    assert done["git"]["commit"] == commit and done["way_back"][-1].startswith("git revert") and done["branch"].startswith("guardian/")
    assert team.git("rev-parse", "HEAD") == commit and team.git("status", "--porcelain") == "", "the work tree is nobody's business"
    assert team.git("show", "-s", "--format=%s", done["branch"]) == 'Revert "drop age"'

    now = team.rows("SELECT id, email, age FROM users WHERE id <= 500 ORDER BY id") + team.rows("SELECT * FROM orders WHERE id <= 2000 AND id <> 3 ORDER BY id")
    assert now == [row for row in good if not row.startswith("3|4|")]
    assert team.rows("SELECT total FROM orders WHERE id IN (3, 2001) ORDER BY id") == ["7.00", "42.00"]
    assert team.rows("SELECT email, age FROM users WHERE id > 500") == ["since@example.org|"]
    assert team.rows("SELECT to_regclass('audit') IS NULL") == ["t"]

    team.git("merge", "-q", done["branch"])
    assert not (team.repo / "db" / "002_bad.sql").exists()
    shown = json.loads(team.call("show", "--json", applied["change"], status=None).stdout or "{}")
    assert shown.get("rolled_back_by", done["change"]) == done["change"]


def test_the_same_file_can_be_applied_again(team):
    team.commit("db/add.sql", "CREATE TABLE extra (x int);\n", "extra")
    team.call("apply", "db/add.sql")
    assert json.loads(team.call("apply", "--json", "db/add.sql").stdout)["outcome"] == "nothing"
    team.call("rollback", "--last")
    assert json.loads(team.call("apply", "--json", "db/add.sql").stdout)["outcome"] == "applied"
    assert team.rows("SELECT to_regclass('extra') IS NULL") == ["f"]


def test_a_change_that_never_came_in_needs_no_way_back(team):
    (team.repo / "db" / "wrong.sql").write_text("BEGIN;\nCREATE TABLE a (x int);\nSELECT 1 / 0;\nCOMMIT;\n")
    failed = json.loads(team.call("apply", "--json", "db/wrong.sql", status=5).stdout)
    said = team.call("rollback", failed["change"])
    assert "There was nothing to undo" in said.stdout


def test_as_the_plain_owner_of_the_database(guardian, own, tmp_path):
    own.psql("postgres", "-c", "CREATE ROLE plain LOGIN NOSUPERUSER CREATEDB")
    own.psql("postgres", "-c", "CREATE DATABASE plain OWNER plain")
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"], env={**own.env("plain"), "PGUSER": "plain"}, input=SHOP, text=True, check=True)
    team = Team(guardian, own, "plain", tmp_path, user="plain")
    before = team.rows("SELECT id, email, age FROM users ORDER BY id")
    team.commit("db/bad.sql", BAD, "bad")
    team.call("apply", "db/bad.sql")
    assert json.loads(team.call("rollback", "--last", "--json").stdout)["way"] == "tables"
    assert team.rows("SELECT id, email, age FROM users ORDER BY id") == before
    team.commit("db/worse.sql", "DROP TABLE orders;\n", "worse")
    team.call("apply", "db/worse.sql")
    done = json.loads(team.call("rollback", "--last", "--way", "database", "--yes", "--json").stdout)
    assert done["way"] == "database" and done["old_database"] and done["differences"] == []
    assert team.rows("SELECT count(*), sum(total) > 0 FROM orders") == ["2000|t"]
    own.psql("postgres", "-c", f'DROP DATABASE "{done["old_database"]}"')
    own.psql("postgres", "-c", "DROP DATABASE plain")


def test_not_one_write_of_others_is_lost(team):
    """Writers go on through the change and the rollback: what was committed before the seal, or after the change, is there."""
    stop, ids = threading.Event(), []

    def write():
        connection = servers.psycopg2.connect(host=team.server.dir, port=team.server.port, user="postgres", dbname=team.name)
        connection.autocommit = True
        cursor = connection.cursor()
        while not stop.wait(0.01):
            cursor.execute("INSERT INTO users (email) VALUES (md5(random()::text)) RETURNING id")
            ids.append(cursor.fetchone()[0])
        connection.close()

    team.commit("db/bad.sql", BAD, "bad")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        team.call("apply", "db/bad.sql")
        team.call("rollback", "--last")
    finally:
        stop.set()
        writer.join()
    there = {int(row) for row in team.rows("SELECT id FROM users WHERE id > 500")}
    assert len(ids) > 10 and set(ids) == there
    assert team.rows("SELECT count(*) FROM users WHERE id <= 500 AND age IS NULL") == ["0"]
    assert team.rows("SELECT count(*) FROM orders WHERE total = 0") == ["0"]


PUBLICS = {
    "as it was made": "",
    "closed to all": "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO pg_monitor",
    "another comment and owner": "COMMENT ON SCHEMA public IS 'of the shop'; ALTER SCHEMA public OWNER TO pg_monitor; GRANT ALL ON SCHEMA public TO PUBLIC",
    "default privileges": "ALTER DEFAULT PRIVILEGES GRANT CREATE ON SCHEMAS TO pg_monitor; COMMENT ON SCHEMA public IS NULL",
}


@pytest.mark.parametrize("public, after", [*((public, "") for public in PUBLICS), ("as it was made", "CREATE SCHEMA public; CREATE TABLE orders ();")])
def test_schema_public_comes_back_as_it_was(team, public, after):
    team.rows(PUBLICS[public] + ";")
    asked = ("SELECT pg_get_userbyid(nspowner), array(SELECT a::text FROM unnest(nspacl) a ORDER BY 1), obj_description(oid, 'pg_namespace') "
             "FROM pg_namespace WHERE nspname = 'public'")
    before = team.rows(asked) + team.rows("SELECT * FROM users ORDER BY id") + team.rows("SELECT * FROM orders ORDER BY id")
    team.commit("db/reset.sql", f"DROP SCHEMA public CASCADE;\n{after}\n", "reset")
    team.call("apply", "--yes", "db/reset.sql")
    assert team.rows("SELECT to_regclass('public.users') IS NULL") == ["t"]
    done = json.loads(team.call("rollback", "--last", "--json").stdout)
    assert (done["outcome"], done["way"], done["differences"]) == ("rolled_back", "tables", [])
    assert team.rows(asked) + team.rows("SELECT * FROM users ORDER BY id") + team.rows("SELECT * FROM orders ORDER BY id") == before
