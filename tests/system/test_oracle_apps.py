"""The files of applications: what they do at the first and second run on a server, and what guardian says of them."""

import re
import subprocess

import pytest

from harness import corpus, effects, guardian as binary
from harness import server as servers

APPS = corpus.ROOT / "apps"
TOOLS = corpus.ROOT / "tools"
WRITTEN = sorted(path for path in TOOLS.rglob("*.sql") if "src" not in path.parts)


# DROP ... IF EXISTS and CREATE: the policy and the trigger are really gone for a moment
_REMADE = re.compile(r"(POLICY|TRIGGER) (IF EXISTS )?booking_(own|record)\b")
_RIGHTS = re.compile(r"GRANT|ALTER DEFAULT PRIVILEGES")


class Booking:
    """A database with the application's tables; remembers its State."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        server.psql(database, "-f", str(APPS / "booking" / "00-tables.sql"))
        self.before = self.state()

    def state(self, cast_to=None):
        scratch = effects.Scratch.__new__(effects.Scratch)
        scratch.server, scratch.name = self.server, self.database
        return scratch.capture(cast_to)

    def psql(self, name):
        return self.server.psql(self.database, "-f", str(APPS / name), check=False)

    def as_one_query(self, name):
        link = self.server.connect(self.database)
        try:
            with link.cursor() as cursor:
                cursor.execute((APPS / name).read_text())
        except Exception as error:
            return error.pgcode
        finally:
            link.close()
        return None


@pytest.fixture
def booking(clean_server):
    clean_server.create("scratch0")
    yield Booking(clean_server, "scratch0")
    clean_server.drop("scratch0")
    clean_server.spoiled = True  # the files make roles


def test_the_boot_script_leaves_the_same_state_at_every_run(booking):
    assert booking.psql("booking/init.sql").returncode == 0
    first = booking.state()
    assert not effects.compare(booking.before, booking.state(booking.before)).lost_data
    assert booking.psql("booking/init.sql").returncode == 0
    assert first.same_as(booking.state())
    assert booking.as_one_query("booking/init-plain.sql") is None
    assert first.same_as(booking.state())


def test_constraints_without_guards_fail_the_second_time(booking):
    assert booking.psql("booking/_constraints.sql").returncode == 0
    assert booking.psql("booking/_constraints.sql").returncode == 3


def test_an_enum_file_that_is_not_split_fails_as_one_query(booking):
    assert booking.as_one_query("booking/enum-unsplit.sql") == "55P04"
    assert booking.before.same_as(booking.state())
    assert booking.psql("booking/enum-unsplit.sql").returncode == 0


def test_an_enum_file_split_by_hand_goes_through(booking):
    assert booking.as_one_query("booking/enum-split-1.sql") is None
    assert booking.as_one_query("booking/enum-split-2.sql") is None
    assert booking.as_one_query("booking/enum-split-1.sql") is None
    assert booking.as_one_query("booking/enum-split-2.sql") == "42P07"


def test_seeds_add_or_overwrite_as_their_names_say(booking):
    assert booking.as_one_query("booking/seed.sql") is None
    seeded = booking.state()
    assert not effects.compare(booking.before, booking.state(booking.before)).lost_data
    assert booking.as_one_query("booking/seed.sql") is None and seeded.same_as(booking.state())
    booking.server.run("UPDATE \"Setting\" SET value = '\"dark\"'; UPDATE \"User\" SET role = 'HOST'", booking.database)
    edited = booking.state()
    assert booking.as_one_query("booking/seed-overwrites.sql") is None
    assert set(effects.compare(edited, booking.state(edited)).lost_tables) == {"public.Setting", "public.User"}


def test_a_psql_script_runs_in_psql(booking):
    assert booking.psql("psql/deploy.sql").returncode == 0
    assert booking.server.value('SELECT count(*) FROM "Setting"', booking.database) == 1


def test_the_dump_loads_into_an_empty_database(server, database):
    server.load_fixture()  # a dump holds no roles
    ran = server.psql(database, "-f", str(APPS / "dump" / "fixture.sql"), check=False)
    assert ran.returncode == 0, ran.stderr
    assert server.value("SELECT count(*) FROM public.orders", database) == 400


def said(guardian, path, *options):
    document = binary.classify(guardian, path, *options)
    return document["class"], binary.statements(document)


@pytest.mark.parametrize("name, allowed", [
    ("booking/_constraints.sql", {"additive"}), ("booking/enum-unsplit.sql", {"destructive"}),
    ("booking/enum-split-1.sql", {"enum"}), ("booking/enum-split-2.sql", {"destructive"}),
    ("booking/seed.sql", {"additive"}), ("booking/seed-overwrites.sql", {"destructive"}),
])
def test_guardian_names_the_class_of_each_file(guardian, name, allowed):
    assert said(guardian, APPS / name)[0] in allowed


def test_guardian_says_that_unguarded_constraints_fail_or_pile_up(guardian):
    reruns = [one["rerun"] for one in said(guardian, APPS / "booking" / "_constraints.sql")[1]]
    assert reruns == ["fails", "fails", "repeats", "fails", "repeats"]


def test_a_boot_that_changes_nothing_is_of_class_none(guardian, booking):
    """Otherwise people pay for a backup at every boot, and switch the guard off."""
    assert booking.as_one_query("booking/init-plain.sql") is None
    _, statements = said(guardian, APPS / "booking" / "init-plain.sql", "--db", booking.server.uri(booking.database))
    assert not [one for one in statements if one["loses"] not in ("nothing", "definition")]
    noisy = [f"line {one['line']}: {one['class']}: {one['text'][:60]}" for one in statements
             if one["class"] != "none" and not _REMADE.search(one["text"])]
    assert not noisy


def test_rights_that_are_there_are_not_granted_again(guardian, booking):
    assert booking.as_one_query("booking/init-plain.sql") is None
    _, statements = said(guardian, APPS / "booking" / "init-plain.sql", "--db", booking.server.uri(booking.database))
    assert not [one["text"] for one in statements if _RIGHTS.match(one["text"]) and one["class"] != "none"]


def test_the_first_boot_loses_nothing_and_guardian_sees_it(guardian, booking):
    found, statements = said(guardian, APPS / "booking" / "init-plain.sql", "--db", booking.server.uri(booking.database))
    assert effects.at_least("additive", found) or not [one for one in statements if one["loses"] == "data"], statements


def test_guardian_reads_a_dump_with_its_data(guardian):
    found, statements = said(guardian, APPS / "dump" / "fixture.sql")
    copies = [one for one in statements if one["text"].startswith("COPY ")]
    assert len(copies) >= 20 and all(one["class"] == "additive" for one in copies)


def test_psql_commands_are_refused_by_line_with_a_hint(guardian):
    ran = subprocess.run([guardian, "classify", str(APPS / "psql" / "deploy.sql")], capture_output=True, text=True)
    assert ran.returncode == 2
    assert "deploy.sql:1" in ran.stderr and "guardian run" in ran.stderr


_TAKES = re.compile(r"(?:DROP TABLE(?: IF EXISTS)?|TRUNCATE(?: TABLE)?|DELETE FROM|UPDATE|ALTER TABLE)\s+([\w.\"]+)", re.I)


@pytest.mark.parametrize("path", WRITTEN, ids=[str(path.relative_to(TOOLS)) for path in WRITTEN])
def test_guardian_reads_what_migration_tools_write(guardian, path):
    """Nothing that a tool writes is unreadable, and what drops or empties a table that was there is destructive."""
    _, statements = said(guardian, path)
    for one in statements:
        assert one["class"] != "unknown" or "grammar" not in one["reason"], f"line {one['line']} was not read: {one['reason']}"
        takes, words = _TAKES.match(one["text"]), one["text"].upper()
        if not takes or words.startswith("ALTER") and "DROP COLUMN" not in words:
            continue
        name = re.escape(takes[1])
        made = any(re.search(rf"CREATE TABLE {name}\s|RENAME TO {name}\b", other["text"], re.I) for other in statements)
        assert made or effects.at_least(one["class"], "destructive"), f"line {one['line']} passes as {one['class']}: {one['text']}"


@pytest.mark.parametrize("path", sorted((TOOLS / "prisma").glob("diff7/*.sql")), ids=lambda path: path.stem)
def test_guardian_follows_an_application_step_by_step(guardian, path, clean_server):
    """Each Prisma step on a database that has taken the steps before it, with rows: what really goes is announced."""
    name = "scratch0"
    clean_server.create(name)
    try:
        steps = sorted(path.parent.glob("*.sql"))
        for step in steps[:steps.index(path)]:
            clean_server.psql(name, "-f", str(step))
        if path != steps[0]:
            _fill(clean_server, name)
        scratch = effects.Scratch.__new__(effects.Scratch)
        scratch.server, scratch.name = clean_server, name
        before = scratch.capture()
        found, statements = said(guardian, path, "--db", clean_server.uri(name))
        clean_server.psql(name, "-f", str(path), check=False)
        really = effects.compare(before, scratch.capture(before))
        enum = found == "enum" and really.changed_enums
        assert effects.at_least(found, "enum" if enum and really.least_class == "destructive" else really.least_class), really.summary()
        if really.lost_data and not enum:
            held = {table for one in statements for table in one["scope"].get("tables", [])}
            whole = any(one["scope"]["kind"] == "database" for one in statements)
            assert whole or {_quoted(table) for table in really.lost_tables} <= held, (held, really.lost_tables)
    finally:
        clean_server.drop(name)


def _quoted(table):
    """public.User as Guardian writes it: public."User"."""
    return ".".join(part if part.islower() else f'"{part}"' for part in table.split("."))


def _fill(server, database):
    """One row per table, in whatever columns it has by now: values by type, foreign keys off."""
    server.run("""
        DO $$
        DECLARE
            t record;
        BEGIN
            SET LOCAL session_replication_role = replica;
            FOR t IN
                SELECT c.oid::regclass AS name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns,
                       string_agg(CASE
                           WHEN typname ~ '^(int|float|numeric)' THEN '7'
                           WHEN typname ~ '^(timestamp|date)' THEN 'now()'
                           WHEN typname = 'uuid' THEN 'gen_random_uuid()'
                           WHEN typname LIKE 'json%' THEN quote_literal('{}')
                           WHEN typcategory = 'A' THEN quote_literal('{}')
                           WHEN typtype = 'e' THEN quote_literal((SELECT min(enumlabel) FROM pg_enum WHERE enumtypid = ty.oid))
                           ELSE quote_literal('x') END, ', ' ORDER BY attnum) AS row
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                JOIN pg_type ty ON ty.oid = atttypid
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' GROUP BY c.oid
            LOOP
                EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', t.name, t.columns, t.row);
            END LOOP;
        END $$""", database)
