"""Clients that speak another encoding than UTF-8: judged by what the server makes of their bytes, which are passed on as they came."""

import json
import os
import subprocess

import pytest

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]
LIES_THERE = """
CREATE TABLE "Größe" (id int PRIMARY KEY, "Name" text, "Maß" int);
INSERT INTO "Größe" VALUES (1, 'Zoë', 7), (2, 'Åse', 8);
CREATE TABLE "таблица" (id int);  -- nothing of it can be said in LATIN1
CREATE TYPE mood AS ENUM ('süß');
"""
STATE = """SELECT to_jsonb(t)::text FROM "Größe" t ORDER BY id"""


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        yield one


class Place:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        server.create("letters")
        server.psql("letters", stdin=LIES_THERE)
        self.env = {**os.environ, **server.env("letters"), "GUARDIAN_STORE": f"file://{folder}/store", "NO_COLOR": "1"}

    def guardian(self, *words, **env):
        return subprocess.run([GUARDIAN, *map(str, words)], env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def psql(self, text, *options, encoding="latin-1", name="LATIN1"):
        path = self.folder / "script.sql"
        path.write_bytes(text.encode(encoding))
        return self.guardian("run", "--yes", *options, "--", "psql", "-XqAtf", path, PGCLIENTENCODING=name)

    def state(self):
        return self.server.psql("letters", stdin=STATE).stdout.splitlines()

    def steps(self):
        return [step["text"] for step in json.loads(self.guardian("show", "--json", "--last").stdout)["steps"]]


@pytest.fixture
def place(server, tmp_path):
    yield Place(server, tmp_path)
    server.drop("letters")


@pytest.mark.parametrize("encoding, name", [("latin-1", "LATIN1"), ("cp1252", "WIN1252"), ("iso8859-15", "LATIN9")])
def test_their_letters_are_what_they_are_for_the_server(place, encoding, name):
    before = place.state()
    ran = place.psql("""SELECT "Name" FROM "Größe" ORDER BY id;
SELECT 'é', '€uro' IS NOT NULL;
INSERT INTO "Größe" VALUES (3, 'Noël', 9);
BEGIN;
UPDATE "Größe" SET "Name" = 'Chloé' WHERE id = 1;
COMMIT;
ALTER TABLE "Größe" DROP COLUMN "Maß";
SHOW client_encoding;
SELECT "Name" FROM "Größe" ORDER BY id;
""".replace("€", "€" if encoding != "latin-1" else "e"), encoding=encoding, name=name)
    assert ran.returncode == 0 and b"ERROR" not in ran.stderr, ran.stderr.decode(errors="replace")
    assert ran.stdout.decode(encoding).split() == ["Zoë", "Åse", "é|t", name, "Chloé", "Åse", "Noël"]
    assert place.state() == ['{"id": 1, "Name": "Chloé"}', '{"id": 2, "Name": "Åse"}', '{"id": 3, "Name": "Noël"}']
    assert any('DROP COLUMN "Maß"' in text for text in place.steps()), place.steps()
    back = place.guardian("rollback", "--last", "--yes")
    assert back.returncode == 0 and place.state() == before, back.stderr


def test_a_refusal_is_said_in_their_letters(place):
    ran = place.psql('DROP TABLE "Größe";\nDROP TABLE IF EXISTS nothing, "Größe";\nSHOW client_encoding;\n', "--policy", "boot")
    assert 'table public."Größe"'.encode("latin-1") in ran.stderr and ran.stdout == b"LATIN1\n", ran.stderr
    assert len(place.state()) == 2


def test_the_setting_is_theirs_whatever_becomes_of_a_transaction(place):
    ran = place.psql("""BEGIN;
INSERT INTO "Größe" VALUES (3, 'Noël', 9);
ROLLBACK;
SHOW client_encoding;
BEGIN;
SET LOCAL client_encoding = 'WIN1252';
INSERT INTO "Größe" VALUES (4, 'Noël', 9);
COMMIT;
SHOW client_encoding;
INSERT INTO "Größe" VALUES (1, 'é', 9);
SHOW client_encoding;
SET client_encoding = 'UTF8';
SHOW client_encoding;
""")
    assert ran.stdout.split() == [b"LATIN1", b"LATIN1", b"LATIN1", b"UTF8"], ran.stderr
    assert place.state()[2:] == ['{"id": 4, "Maß": 9, "Name": "Noël"}']


def test_a_text_in_our_words_goes_in_theirs(place):
    """Of a value that is added and used in one text the value goes first, and the rest is passed anew."""
    ran = place.psql("CREATE TABLE t (m mood);\nALTER TYPE mood ADD VALUE 'é'\\; INSERT INTO t VALUES ('é');\n")
    assert ran.returncode == 0 and b"ERROR" not in ran.stderr, ran.stderr
    assert place.server.psql("letters", stdin="SELECT m FROM t").stdout.split() == ["é"]


def test_bytes_that_are_no_letter_there_are_refused(place):
    path = place.folder / "bad.sql"
    path.write_bytes(b"SELECT '\x81';\nINSERT INTO \"Gr\xf6\xdfe\" VALUES (9, '\x81', 1);\nSHOW client_encoding;\n")
    ran = place.guardian("run", "--yes", "--", "psql", "-XqAtf", path, PGCLIENTENCODING="WIN1252")
    assert b"ERROR" in ran.stderr and ran.stdout == b"WIN1252\n" and len(place.state()) == 2, ran.stderr
