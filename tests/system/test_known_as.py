"""One identity for a file: its text and the schemas that the request names."""

import json
import subprocess

import pytest
from test_apply import Shop

from harness.lack import lack

PARTIAL = "CREATE TABLE first (a int);\nINSERT INTO t VALUES (1);\nINSERT INTO t SELECT * FROM fails;\n"
GUEST = "guest_of_two_schemas"


class Two(Shop):
    """A shop with the schemas a and b, in which the same table is."""

    def __init__(self, *words):
        super().__init__(*words)
        self.rows("CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (n int); CREATE TABLE b.t (n int)")

    def to(self, schema, user=None):
        return "--db", self.server.uri(self.database, *([user] if user else [])) + f"?schema={schema}"

    def counts(self):
        return self.rows("SELECT (SELECT count(*) FROM a.t), (SELECT count(*) FROM b.t)")[0]


@pytest.fixture
def two(guardian, server, database, tmp_path):
    return Two(guardian, server, database, tmp_path)


@pytest.fixture
def guest(two):
    """Who may make no schema, so that there is no ledger."""
    two.rows(f"DROP ROLE IF EXISTS {GUEST}")
    two.rows(f"CREATE ROLE {GUEST} LOGIN")
    two.rows(f'REVOKE CREATE, TEMPORARY ON DATABASE "{two.database}" FROM PUBLIC')
    two.rows(f"ALTER SCHEMA a OWNER TO {GUEST}; ALTER SCHEMA b OWNER TO {GUEST}; ALTER TABLE a.t OWNER TO {GUEST}; ALTER TABLE b.t OWNER TO {GUEST};"
             f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {GUEST}")
    yield GUEST
    two.rows(f"DROP OWNED BY {GUEST} CASCADE")
    two.rows(f"DROP ROLE {GUEST}")



def prepare_failure(two):
    """Its last statement fails when it runs, and cannot be foretold."""
    two.rows("CREATE FUNCTION public.boom() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF current_setting('app.fine', true) = 'yes' THEN RETURN 7; END IF;"
             " RAISE 'not yet'; END $$; CREATE VIEW a.fails AS SELECT public.boom() n; CREATE VIEW b.fails AS SELECT public.boom() n;"
             "GRANT SELECT ON a.fails, b.fails TO PUBLIC")


@pytest.mark.parametrize("user", [None, "guest"])
def test_what_failed_half_way_in_one_schema_runs_from_its_beginning_in_the_other(two, user, request):
    prepare_failure(two)
    user = user and request.getfixturevalue(user)
    done = two.apply(PARTIAL, *two.to("a", user), outcome="partial")
    assert [step["state"] for step in done["steps"]] == ["in", "in", "not in"] and two.counts() == (1, 0)
    done = two.apply(PARTIAL, *two.to("b", user), outcome="partial")
    assert two.counts() == (1, 1), "the steps of the other schema were skipped"
    assert not any("goes on behind" in note for note in done["notes"])
    two.rows(f"ALTER DATABASE \"{two.database}\" SET app.fine = 'yes'")
    for schema, counts in (("b", (1, 2)), ("a", (2, 2))):
        done = two.apply(PARTIAL, *two.to(schema, user))
        assert any("goes on behind step" in note for note in done["notes"]) and two.counts() == counts
        assert two.apply(PARTIAL, *two.to(schema, user), outcome="nothing")


def test_what_went_on_behind_a_part_and_is_rolled_back_leaves_that_part(two):
    """The steps of the part are in, and are not run again."""
    prepare_failure(two)
    to = two.to("a")
    two.apply(PARTIAL, *to, outcome="partial")
    two.rows(f"ALTER DATABASE \"{two.database}\" SET app.fine = 'yes'")
    for _ in range(2):
        two.apply(PARTIAL, *to)
        assert two.counts() == (2, 0)
        said, wrong = two.start("--last", "--yes", *to, verb="rollback").communicate(timeout=120)
        assert json.loads(said)["outcome"] == "rolled_back", said
        assert two.counts() == (1, 0)
        assert not any("did not count" in note for note in json.loads(said)["notes"])
    done = two.apply(PARTIAL, *to)
    assert two.counts() == (2, 0) and any("goes on behind step" in note for note in done["notes"])


@pytest.mark.parametrize("ledger", [True, False])
def test_what_was_written_without_a_schema_is_taken_back_where_it_was_written(two, ledger):
    """Also where no counts in the database tell which table it was."""
    if not ledger:
        two.rows("CREATE SCHEMA guardian")
    insert = "INSERT INTO t VALUES (5);\n"
    for text, to, counts in ((insert, two.to("a"), (1, 0)), ("SET search_path = b;\n" + insert, (), (0, 1))):
        two.apply(text, *to)
        assert two.counts() == counts
        said, wrong = two.start("--last", "--yes", *to, verb="rollback").communicate(timeout=120)
        assert json.loads(said)["outcome"] == "rolled_back" and two.counts() == (0, 0), wrong


def test_what_was_cut_off_in_one_schema_is_not_gone_on_with_in_the_other(two):
    text = "CREATE TABLE first (a int);\nINSERT INTO t VALUES (1);\n"
    crashed = two.start(two.file(text), *two.to("a"), environment={"GUARDIAN_FAULT": "@apply: after a step:exit"})
    crashed.communicate(timeout=60)
    if crashed.returncode != 99:
        lack("this build has no fault points")
    two.apply(text, *two.to("b"))
    assert two.counts() == (0, 1)
    done = two.apply(text, *two.to("a"))
    assert two.counts() == (1, 1) and any("goes on behind step" in note for note in done["notes"])


def test_without_a_ledger_nothing_runs_twice_and_every_schema_has_its_turn(two, guest):
    text = "INSERT INTO t VALUES (1);\n"
    for _ in range(2):
        for schema in ("a", "b"):
            expected = "applied" if two.counts()[schema == "b"] == 0 else "nothing"
            two.apply(text, *two.to(schema, guest), outcome=expected)
    assert two.counts() == (1, 1)


@pytest.mark.parametrize("user", [None, "guest"])
def test_a_folder_has_its_turn_in_every_schema_and_only_once(two, user, request):
    user = user and request.getfixturevalue(user)
    folder = two.folder / "migrations"
    folder.mkdir()
    (folder / "001_one.sql").write_text("INSERT INTO t VALUES (1);\n")
    for counts in ((1, 0), (1, 1)):
        schema = "ab"[counts[1]]
        two.end(two.start(folder, *two.to(schema, user)), "applied")
        assert two.counts() == counts
    (folder / "002_two.sql").write_text("INSERT INTO t VALUES (2);\n")
    for schema in ("a", "b"):
        two.end(two.start(folder, *two.to(schema, user)), "applied")
        two.end(two.start(folder, *two.to(schema, user)), "nothing")
    assert two.counts() == (2, 2)


def test_settled_by_a_person_in_one_schema_is_not_done_in_the_other(two):
    for schema in ("a", "b"):
        two.rows(f"CREATE PROCEDURE {schema}.call_it() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO {schema}.t VALUES (1); COMMIT; END $$")
    path, policy = two.file("CALL call_it();\n"), ("--policy", "development")
    crashed = two.start(path, *policy, *two.to("a"), environment={"GUARDIAN_FAULT": "@apply: after a statement that runs alone:exit"})
    crashed.communicate(timeout=60)
    if crashed.returncode != 99:
        lack("this build has no fault points")
    change, = two.changes()
    settled = subprocess.run([two.guardian, "settle", "--store", f"file://{two.store}", "--as", "applied", change], env=two.server.env(two.database),
                             capture_output=True, text=True)
    assert settled.returncode == 0, settled.stderr
    two.end(two.start(path, *policy, *two.to("a")), "nothing")
    two.end(two.start(path, *policy, *two.to("b")), "applied")
    assert two.counts() == (1, 1)


def test_the_usual_schema_and_startup_options_are_places_too(two):
    text = "INSERT INTO t VALUES (1);\n"
    two.rows("CREATE TABLE public.t (n int)")
    two.apply(text)
    two.apply(text, *two.to("public"), outcome="nothing")
    two.apply(text, "--db", two.server.uri(two.database) + '?search_path="$user",public', outcome="nothing")
    two.apply(text, environment={"PGOPTIONS": "-c statement_timeout=60s"}, outcome="nothing")
    two.apply(text, environment={"PGOPTIONS": "-c statement_timeout=60s -c search_path=b"})
    two.apply(text, *two.to("b"), outcome="nothing")
    assert two.counts() == (0, 1) and two.value("SELECT count(*) FROM public.t") == 1
    done = two.apply(text, *two.to("a"))
    folder, = two.store.glob(f"v1/*/changes/{done['change']}")
    data = sorted(path for path in folder.iterdir() if path.name.startswith("closed-"))[0].read_bytes()
    closed = json.loads(data[44:])
    assert closed["place"] == "a" and closed["files"][0]["known_as"] != closed["files"][0]["sha256"]
