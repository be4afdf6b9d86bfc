"""Guardian's rows in the database: made as the plain owner, or a reason; and SQL that nothing in the session turns around."""

import os
import pathlib
import subprocess

import psycopg2
import pytest

DRIVER = os.environ.get("GD_BUILD") and pathlib.Path(os.environ["GD_BUILD"], "system", "drive_ledger")
CHANGE = "20261123T021500Z-2c0de4aa11"
SHA = "a" * 64


def drive(target, *words):
    ran = subprocess.run([DRIVER, target, *map(str, words)], capture_output=True, text=True, timeout=60)
    return ran.returncode, (ran.stdout + ran.stderr).strip()


def sql(target, *words):
    status, text = drive(target, "sql", *words)
    assert status == 0
    return text


@pytest.fixture
def owner(server, database):
    """A role without any right but to own this database; gives its URI."""
    server.run("DROP ROLE IF EXISTS plain")
    server.run("CREATE ROLE plain LOGIN")
    server.run(f'ALTER DATABASE "{database}" OWNER TO plain')
    yield server.uri(database, user="plain")
    server.run(f'ALTER DATABASE "{database}" OWNER TO postgres')
    server.run("DROP OWNED BY plain CASCADE", database)
    server.run("DROP ROLE plain")


def test_the_plain_owner_makes_it_once(server, database, owner):
    assert drive(owner, "open") == (0, "may make: it was not made yet")
    assert server.run("SELECT 1 FROM pg_namespace WHERE nspname = 'guardian'", database) == []
    assert drive(owner, "open", "make") == (0, "there:")
    assert drive(owner, "open", "make") == (0, "there:")
    comment = server.value("SELECT obj_description('guardian'::regnamespace)", database)
    assert "schema changes" in comment and "(layout 1)" in comment


def test_a_superuser_who_came_first_leaves_it_to_the_owner(server, database, owner):
    assert drive(server.uri(database), "open", "make") == (0, "there:")
    assert drive(owner, "open") == (0, "there:")
    server.run(sql(owner, "step", CHANGE, 1, "h", "in"), database)
    with server.connect(database, user="plain") as link, link.cursor() as cursor:
        cursor.execute(sql(owner, "step", CHANGE, 1, "h", "begun"))
        cursor.execute(sql(owner, "file", CHANGE, "a.sql", "", SHA))
        cursor.execute(sql(owner, "change", CHANGE, "ada"))
    server.run("REASSIGN OWNED BY plain TO postgres", database)


def test_what_stands_in_the_way_is_said(server, database, owner):
    server.run("CREATE ROLE guest LOGIN")
    guest = server.uri(database, user="guest")
    try:
        assert drive(guest, "open", "make") == (0, 'not there: role "guest" may not create a schema in this database')
        assert drive(guest, "sql", "step", CHANGE, 1, "h", "in") == (0, "(none)")
        assert drive(guest, "steps", CHANGE) == (0, "") and drive(guest, "files") == (0, "")
        drive(owner, "open", "make")
        assert drive(guest, "open") == (0, 'not there: role "guest" may not write to the tables of schema "guardian"')
    finally:
        server.run("DROP ROLE guest")
    server.run("DROP TABLE guardian.steps", database)
    assert drive(owner, "open", "make") == (0, 'not there: tables of schema "guardian" are missing')
    server.run("DROP SCHEMA guardian CASCADE; CREATE SCHEMA guardian", database)
    assert drive(owner, "open", "make") == (0, 'not there: a schema "guardian" is there that is not Guardian\'s')
    server.run("DROP SCHEMA guardian", database)
    server.run(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on', database)
    assert drive(owner, "open", "make") == (0, "not there: the server takes no writes")
    server.run(f'ALTER DATABASE "{database}" RESET default_transaction_read_only')


def test_subscribers_are_not_sent_tables_that_they_lack(server, database, owner):
    server.run("CREATE PUBLICATION everything FOR ALL TABLES", database)
    status, text = drive(owner, "open", "make")
    assert status == 0 and text.startswith('not there: publication "everything" would send its rows')


def test_a_later_layout_is_refused(server, database, owner):
    drive(owner, "open", "make")
    server.run("COMMENT ON SCHEMA guardian IS 'Guardian''s record (layout 2)'", database)
    status, text = drive(owner, "open", "make")
    assert status == 2 and 'has layout 2' in text and "newer guardian" in text


def test_two_that_make_it_at_once_both_find_it(server, database, owner):
    both = [subprocess.Popen([DRIVER, owner, "open", "make"], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == ["there:"] * 6


NASTY = "it's a \\ 'path'; DROP TABLE guardian.files; -- \u2192 \u00e9 $$ \t.sql"


@pytest.mark.parametrize("strings", ["on", "off"])
def test_no_text_and_no_setting_turns_the_sql_around(server, database, owner, strings):
    drive(owner, "open", "make")
    with server.connect(database, user="plain", autocommit=False) as link, link.cursor() as cursor:
        cursor.execute(f"SET standard_conforming_strings = {strings}; SET escape_string_warning = off; SET backslash_quote = off")
        cursor.execute("CREATE SCHEMA evil; CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';"
                       "SET search_path = evil, pg_catalog")
        for words in (("step", CHANGE, 3, NASTY, "in"), ("file", CHANGE, NASTY, "", SHA), ("change", CHANGE, NASTY),
                      ("stamp", CHANGE, NASTY), ("step", CHANGE, 3, NASTY, "in")):
            cursor.execute(sql(owner, *words))
        cursor.execute("SELECT pg_current_xact_id()::text")
        xid = cursor.fetchone()[0]
        link.commit()
        assert drive(owner, "steps", CHANGE) == (0, f"3 {NASTY} in {xid}")
        assert drive(owner, "files", SHA) == (0, f"{SHA}|{NASTY}||{CHANGE}|{NASTY}|1")
        cursor.execute("DROP SCHEMA evil CASCADE")
        link.commit()
    assert server.value("SELECT who FROM guardian.changes", database) == NASTY


def test_a_row_is_there_exactly_when_its_transaction_is_in(server, database, owner):
    drive(owner, "open", "make")
    link = server.connect(database, autocommit=False)
    with link.cursor() as cursor:
        cursor.execute(sql(owner, "step", CHANGE, 1, "h", "in"))
    assert drive(owner, "steps", CHANGE) == (0, "")
    link.rollback()
    assert drive(owner, "steps", CHANGE) == (0, "")
    link.close()


def test_files_are_found_until_they_are_rolled_back(server, database, owner):
    drive(owner, "open", "make")
    other = "b" * 64
    later = CHANGE.replace("11", "22")
    server.run(sql(owner, "file", CHANGE, "one.sql", "/srv/app/sql/one.sql", SHA), database)
    server.run(sql(owner, "change", CHANGE, "ada"), database)
    server.run(sql(owner, "file", later, "two.sql", "", other), database)
    assert drive(owner, "files", SHA, "no digest'}")[1] == f"{SHA}|one.sql|/srv/app/sql|{CHANGE}||1"
    assert len(drive(owner, "files")[1].splitlines()) == 2
    server.run(sql(owner, "text", SHA, "s1"), database)
    assert drive(owner, "files", SHA)[1].split("|")[4] == "s1"
    server.run(sql(owner, "stamp", later, "s2"), database)
    assert drive(owner, "files", other)[1].split("|")[4] == "s2"
    server.run(sql(owner, "back", CHANGE, later), database)
    assert drive(owner, "files", SHA) == (0, "")
    assert server.run("SELECT rolled_back_by, outcome FROM guardian.changes", database) == [(later, "rolled_back")]
    server.run(sql(owner, "file", CHANGE, "one.sql", "/srv/app/sql/one.sql", SHA), database)
    assert drive(owner, "files", SHA)[1] != ""


def test_a_database_that_cannot_store_every_letter(server):
    server.run("CREATE DATABASE latin ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        target = server.uri("latin")
        drive(target, "open", "make")
        server.run(sql(target, "file", CHANGE, "\u2192.sql", "", SHA), "latin")
        assert drive(target, "files")[1].split("|")[1] == "%E2%86%92.sql"
    finally:
        server.drop("latin")


def test_the_owner_may_drop_it(server, database, owner):
    drive(owner, "open", "make")
    with server.connect(database, user="plain") as link, link.cursor() as cursor:
        cursor.execute("DROP SCHEMA guardian CASCADE")
    assert drive(owner, "open")[1] == "may make: it was not made yet"


def test_a_half_made_one_cannot_be(server, database, owner):
    """An event trigger that forbids one table leaves nothing behind."""
    server.run("CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN "
               "IF EXISTS (SELECT 1 FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'guardian.files') THEN "
               "RAISE 'no files here'; END IF; END$$; CREATE EVENT TRIGGER no ON ddl_command_end EXECUTE FUNCTION no()", database)
    status, text = drive(owner, "open", "make")
    assert status == 0 and text.startswith("not there: ") and "no files here" in text
    with pytest.raises(psycopg2.Error):
        server.run("SELECT 1 FROM guardian.changes", database)
