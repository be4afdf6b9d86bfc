"""The checks that ask the data: each counts what really fails when the statement runs, and nothing when it passes.

A case says what stands there, what is changed, how many rows a kind of check finds, the error that the statement then
raises (None: it succeeds, and the count is what it loses or changes), and what has to be repaired for it to pass.
"""

import dataclasses

import psycopg2
import pytest

from harness import guardian as binary

ODD = '"Odd Schema"."a ""quoted"" table"'


@dataclasses.dataclass
class Case:
    name: str
    there: str
    change: str
    kind: str
    count: int
    error: str = None
    repair: str = "SELECT 1"
    after: int = 0  # what the check still counts after the repair


CASES = [
    # NULLs
    Case("not null", "CREATE TABLE t (id int PRIMARY KEY, c text); INSERT INTO t VALUES (1, NULL), (2, 'a'), (3, NULL)",
         "ALTER TABLE t ALTER COLUMN c SET NOT NULL", "nulls", 2, "23502", "UPDATE t SET c = '' WHERE c IS NULL"),
    Case("a row of NULLs is not NULL", "CREATE TYPE pair AS (a int, b int); CREATE TABLE t (c pair); INSERT INTO t VALUES (ROW(NULL, NULL)), (NULL)",
         "ALTER TABLE t ALTER COLUMN c SET NOT NULL", "nulls", 1, "23502", "DELETE FROM t WHERE c IS NOT DISTINCT FROM NULL"),
    Case("not null in a child", "CREATE TABLE t (c int); CREATE TABLE k () INHERITS (t); INSERT INTO k VALUES (NULL)",
         "ALTER TABLE t ALTER COLUMN c SET NOT NULL", "nulls", 1, "23502", "DELETE FROM k"),
    Case("new column without a default", "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 7)",
         "ALTER TABLE t ADD COLUMN c int NOT NULL", "rows", 7, "23502", "DELETE FROM t"),
    Case("primary key, NULL", "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, NULL), (2, 2)",
         "ALTER TABLE t ADD PRIMARY KEY (a, b)", "nulls", 1, "23502", "DELETE FROM t WHERE b IS NULL"),
    # duplicates
    Case("unique index", "CREATE TABLE t (c text); INSERT INTO t VALUES ('a'), ('a'), ('a'), ('b'), ('b'), ('c'), (NULL), (NULL)",
         "CREATE UNIQUE INDEX ON t (c)", "duplicates", 3, "23505", "DELETE FROM t WHERE c IN ('a', 'b')"),
    Case("unique index, partial", "CREATE TABLE t (c text, gone bool); INSERT INTO t VALUES ('a', true), ('a', true), ('b', false), ('b', false)",
         "CREATE UNIQUE INDEX t_c ON t (c) WHERE NOT gone", "duplicates", 1, "23505", "DELETE FROM t WHERE c = 'b'"),
    Case("unique index, expression", "CREATE TABLE t (c text); INSERT INTO t VALUES ('A'), ('a'), ('b')",
         "CREATE UNIQUE INDEX t_c ON t (lower(c))", "duplicates", 1, "23505", "DELETE FROM t WHERE c = 'A'"),
    Case("unique constraint of two", "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (1, 1), (1, 2), (1, NULL), (1, NULL)",
         "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)", "duplicates", 1, "23505", "DELETE FROM t WHERE b = 1"),
    Case("nulls not distinct", "CREATE TABLE t (a int); INSERT INTO t VALUES (NULL), (NULL), (NULL), (1)",
         "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a)", "duplicates", 2, "23505", "DELETE FROM t WHERE a IS NULL"),
    Case("primary key, duplicates", "CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (1), (1)",
         "ALTER TABLE t ADD PRIMARY KEY (a)", "duplicates", 1, "23505", "DELETE FROM t"),
    Case("unique on a parent looks at no child", "CREATE TABLE t (a int); CREATE TABLE k () INHERITS (t); INSERT INTO t VALUES (1); INSERT INTO k VALUES (1), (1)",
         "CREATE UNIQUE INDEX t_a ON t (a)", "duplicates", 0),
    Case("unique on a partitioned table", "CREATE TABLE t (a int, b int) PARTITION BY RANGE (a); CREATE TABLE p PARTITION OF t FOR VALUES FROM (0) TO (9); INSERT INTO t VALUES (1, 1), (1, 1)",
         "CREATE UNIQUE INDEX t_a ON t (a, b)", "duplicates", 1, "23505", "DELETE FROM t"),
    Case("unique, odd names", f'CREATE SCHEMA "Odd Schema"; CREATE TABLE {ODD} ("Select" text, "it\'s" text); INSERT INTO {ODD} VALUES (\'a\', E\'\\\\\'), (\'a\', E\'\\\\\')',
         f'CREATE UNIQUE INDEX "odd index" ON {ODD} ("Select", "it\'s")', "duplicates", 1, "23505", f"DELETE FROM {ODD}"),
    # conditions
    Case("check", "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (-1), (-2), (NULL)",
         "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "violations", 2, "23514", "DELETE FROM t WHERE a < 0"),
    Case("check, odd names", f'CREATE SCHEMA "Odd Schema"; CREATE TABLE {ODD} ("Order" text); INSERT INTO {ODD} VALUES (\'it\'\'s\'), (\'b\')',
         f'ALTER TABLE {ODD} ADD CONSTRAINT "c c" CHECK ("Order" <> \'it\'\'s\' AND "a ""quoted"" table"."Order" <> \'x\')', "violations", 1, "23514", f"DELETE FROM {ODD}"),
    Case("check without children", "CREATE TABLE t (a int); CREATE TABLE k () INHERITS (t); INSERT INTO k VALUES (-1)",
         "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT", "violations", 0),
    Case("check with children", "CREATE TABLE t (a int); CREATE TABLE k () INHERITS (t); INSERT INTO k VALUES (-1)",
         "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "violations", 1, "23514", "DELETE FROM k"),
    Case("validate a check", "CREATE TABLE t (a int); INSERT INTO t VALUES (-1); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
         "ALTER TABLE t VALIDATE CONSTRAINT c", "violations", 1, "23514", "DELETE FROM t"),
    # foreign keys
    Case("foreign key", "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int); INSERT INTO p VALUES (1); INSERT INTO t VALUES (1), (2), (3), (NULL)",
         "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES p", "orphans", 2, "23503", "DELETE FROM t WHERE p > 1"),
    Case("foreign key of two, simple", "CREATE TABLE p (a int, b int, UNIQUE (b, a)); CREATE TABLE t (x int, y int); INSERT INTO p VALUES (1, 2); INSERT INTO t VALUES (1, 2), (2, 1), (7, NULL), (NULL, NULL)",
         "ALTER TABLE t ADD FOREIGN KEY (x, y) REFERENCES p (a, b)", "orphans", 1, "23503", "DELETE FROM t WHERE x = 2"),
    Case("foreign key of two, full", "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE t (x int, y int); INSERT INTO p VALUES (1, 2); INSERT INTO t VALUES (1, 2), (7, NULL), (NULL, NULL)",
         "ALTER TABLE t ADD FOREIGN KEY (x, y) REFERENCES p MATCH FULL", "orphans", 1, "23503", "DELETE FROM t WHERE x = 7"),
    Case("foreign key to itself", "CREATE TABLE t (id int PRIMARY KEY, up int); INSERT INTO t VALUES (1, 1), (2, 9)",
         "ALTER TABLE t ADD FOREIGN KEY (up) REFERENCES t", "orphans", 1, "23503", "DELETE FROM t WHERE id = 2"),
    Case("validate a foreign key", "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int); INSERT INTO t VALUES (1); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES p NOT VALID",
         "ALTER TABLE t VALIDATE CONSTRAINT f", "orphans", 1, "23503", "DELETE FROM t"),
    # types
    Case("int to smallint", "CREATE TABLE t (c int); INSERT INTO t VALUES (32767), (32768), (-32768), (-32769), (NULL)",
         "ALTER TABLE t ALTER COLUMN c TYPE smallint", "uncastable", 2, "22003", "DELETE FROM t WHERE abs(c) > 32768 OR c = 32768"),
    Case("numeric loses precision", "CREATE TABLE t (c numeric); INSERT INTO t VALUES (99.994), (99.995), (-1000), (0.5), ('NaN')",
         "ALTER TABLE t ALTER COLUMN c TYPE numeric(4, 2)", "uncastable", 2, "22003", "DELETE FROM t WHERE c = 99.995 OR c = -1000"),
    Case("numeric rounds", "CREATE TABLE t (c numeric(10, 2)); INSERT INTO t VALUES (1.25), (1.20), (2), (NULL)",
         "ALTER TABLE t ALTER COLUMN c TYPE numeric(10, 1)", "changed values", 1),
    Case("float to int rounds", "CREATE TABLE t (c float8); INSERT INTO t VALUES (2.5), (3), (0.1)",
         "ALTER TABLE t ALTER COLUMN c TYPE int", "changed values", 2),
    Case("float to int fails", "CREATE TABLE t (c float8); INSERT INTO t VALUES ('NaN'), ('Infinity'), (2147483647.4), (2147483647.5), (-2147483648.5)",
         "ALTER TABLE t ALTER COLUMN c TYPE int", "uncastable", 3, "22003", "DELETE FROM t WHERE c IN ('NaN', 'Infinity') OR c = 2147483647.5"),
    Case("double to real fails", "CREATE TABLE t (c float8); INSERT INTO t VALUES (1e39), (1e-50), (1), ('Infinity')",
         "ALTER TABLE t ALTER COLUMN c TYPE real", "uncastable", 2, "22003", "DELETE FROM t WHERE c IN (1e39, 1e-50)"),
    Case("text to varchar fails", "CREATE TABLE t (c text); INSERT INTO t VALUES ('abcd'), ('abc'), ('abc   '), (NULL), ('äöüß')",
         "ALTER TABLE t ALTER COLUMN c TYPE varchar(3)", "uncastable", 2, "22001", "DELETE FROM t WHERE c IN ('abcd', 'äöüß')"),
    Case("text to varchar cuts blanks", "CREATE TABLE t (c text); INSERT INTO t VALUES ('abc'), ('abc   '), (NULL)",
         "ALTER TABLE t ALTER COLUMN c TYPE varchar(3)", "changed values", 1),
    Case("an explicit cast cuts", "CREATE TABLE t (c text); INSERT INTO t VALUES ('abcd'), ('abc'), (NULL)",
         "ALTER TABLE t ALTER COLUMN c TYPE varchar(3) USING c::varchar(3)", "changed values", 1),
    Case("timestamp to date", "CREATE TABLE t (c timestamp); INSERT INTO t VALUES ('2024-01-01 10:00'), ('2024-01-01'), (NULL), ('infinity')",
         "ALTER TABLE t ALTER COLUMN c TYPE date", "changed values", 1),
    Case("inet to cidr", "CREATE TABLE t (c inet); INSERT INTO t VALUES ('10.0.0.1/24'), ('10.0.0.0/24'), ('10.0.0.1')",
         "ALTER TABLE t ALTER COLUMN c TYPE cidr", "changed values", 1),
    Case("json to jsonb", """CREATE TABLE t (c json); INSERT INTO t VALUES ('{"b": 1, "a": 2}'), ('{"a": 1}'), ('"\\\\u0000"')""",
         "ALTER TABLE t ALTER COLUMN c TYPE jsonb", "uncastable", 0),
    Case("json that jsonb refuses", """CREATE TABLE t (c json); INSERT INTO t VALUES ('"a\\u0000"'), ('"a\\\\u0000"'), ('1')""",
         "ALTER TABLE t ALTER COLUMN c TYPE jsonb", "uncastable", 1, "22P05", """DELETE FROM t WHERE c::text = '"a\\u0000"'"""),
    Case("text to int", "CREATE TABLE t (c text); INSERT INTO t VALUES ('1'), (' 2 '), ('x'), (''), ('99999999999'), (NULL), ('+3'), ('1.5')",
         "ALTER TABLE t ALTER COLUMN c TYPE int USING c::int", "uncastable", 4, None, "DELETE FROM t WHERE c IN ('x', '', '99999999999', '1.5')"),
    Case("text to uuid", "CREATE TABLE t (c text); INSERT INTO t VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('{a0eebc999c0b4ef8bb6d6bb9bd380a11}'), ('x')",
         "ALTER TABLE t ALTER COLUMN c TYPE uuid USING c::uuid", "uncastable", 1, "22P02", "DELETE FROM t WHERE c = 'x'"),
    Case("text to boolean", "CREATE TABLE t (c varchar(9)); INSERT INTO t VALUES ('t'), ('TRUE'), ('yes'), ('of'), ('0'), ('2'), ('o'), ('tru')",
         "ALTER TABLE t ALTER COLUMN c TYPE boolean USING c::boolean", "uncastable", 2, "22P02", "DELETE FROM t WHERE c IN ('2', 'o')"),
    Case("using computes", "CREATE TABLE t (c text); INSERT INTO t VALUES ('a'), ('B'), (NULL)",
         "ALTER TABLE t ALTER COLUMN c TYPE text USING upper(c)", "changed values", 1),
    Case("to a domain", "CREATE DOMAIN d AS int CHECK (VALUE > 0) CHECK (VALUE < 10); CREATE TABLE t (c int); INSERT INTO t VALUES (0), (5), (11), (NULL)",
         "ALTER TABLE t ALTER COLUMN c TYPE d", "violations", 2, "23514", "DELETE FROM t WHERE c IN (0, 11)"),
    # enums
    Case("enum swap", "CREATE TYPE e AS ENUM ('a', 'b', 'it''s'); CREATE TABLE t (c e); INSERT INTO t VALUES ('a'), ('b'), ('it''s'), ('it''s'), (NULL)",
         "BEGIN; CREATE TYPE e_new AS ENUM ('a', 'b'); ALTER TABLE t ALTER COLUMN c TYPE e_new USING (c::text::e_new); COMMIT",
         "enum values", 2, "22P02", "DELETE FROM t WHERE c = 'it''s'"),
    Case("enum swap of an array", "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (c e[]); INSERT INTO t VALUES ('{a,b}'), ('{a}'), ('{}'), (NULL), ('{b,NULL}')",
         "BEGIN; CREATE TYPE e_new AS ENUM ('a'); ALTER TABLE t ALTER COLUMN c TYPE e_new[] USING (c::text[]::e_new[]); COMMIT",
         "enum values", 2, "22P02", "DELETE FROM t WHERE 'b' = ANY (c)"),
    Case("text to an enum", 'CREATE TYPE "E" AS ENUM (\'a\'); CREATE TABLE t (c text); INSERT INTO t VALUES (\'a\'), (\'A\'), (NULL)',
         'ALTER TABLE t ALTER COLUMN c TYPE "E" USING c::"E"', "enum values", 1, "22P02", "DELETE FROM t WHERE c = 'A'"),
    Case("an enum by CASE", "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (c e); INSERT INTO t VALUES ('a'), ('b')",
         "BEGIN; CREATE TYPE e_new AS ENUM ('a'); ALTER TABLE t ALTER COLUMN c TYPE e_new USING (CASE c::text WHEN 'b' THEN 'a' ELSE c::text END)::e_new; COMMIT",
         "enum values", 0),
    # domains
    Case("domain constraint", "CREATE DOMAIN d AS int; CREATE TABLE t (c d); CREATE TABLE u (\"C c\" d); INSERT INTO t VALUES (1), (-1), (NULL); INSERT INTO u VALUES (-2), (-3)",
         "ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0)", "violations", 3, "23514", "DELETE FROM t; DELETE FROM u"),
    Case("domain not null", "CREATE DOMAIN d AS int; CREATE TABLE t (c d); INSERT INTO t VALUES (1), (NULL)",
         "ALTER DOMAIN d SET NOT NULL", "nulls", 1, "23502", "DELETE FROM t WHERE c IS NULL"),
    Case("domain validate", "CREATE DOMAIN d AS int; CREATE TABLE t (c d); INSERT INTO t VALUES (-1); ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID",
         "ALTER DOMAIN d VALIDATE CONSTRAINT positive", "violations", 1, "23514", "DELETE FROM t"),
    Case("domain over partitions", "CREATE DOMAIN d AS int; CREATE TABLE t (a int, c d) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1); INSERT INTO t VALUES (1, -1)",
         "ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0)", "violations", 1, "23514", "DELETE FROM t"),
    # partitions
    Case("attach, range", "CREATE TABLE t (a date) PARTITION BY RANGE (a); CREATE TABLE p (a date); INSERT INTO p VALUES ('2023-12-31'), ('2024-01-01'), ('2024-12-31'), ('2025-01-01'), (NULL)",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", "violations", 3, "23514", "DELETE FROM p WHERE a IS NULL OR a NOT BETWEEN '2024-01-01' AND '2024-12-31'"),
    Case("attach, range of two", "CREATE TABLE t (a int, b text) PARTITION BY RANGE (a, b); CREATE TABLE p (a int, b text); INSERT INTO p VALUES (1, 'a'), (1, 'm'), (2, 'z'), (3, 'a'), (3, 'm'), (9, '')",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1, 'b') TO (3, 'b')", "violations", 3, "23514", "DELETE FROM p WHERE (a, b) < (1, 'b') OR (a, b) >= (3, 'b')"),
    Case("attach, unbounded", "CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE p (a int); INSERT INTO p VALUES (-5), (9), (10)",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (MINVALUE) TO (10)", "violations", 1, "23514", "DELETE FROM p WHERE a = 10"),
    Case("attach, list", "CREATE TABLE t (a text) PARTITION BY LIST (a); CREATE TABLE p (a text); INSERT INTO p VALUES ('x'), ('y'), ('z'), (NULL)",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES IN ('x', 'y')", "violations", 2, "23514", "DELETE FROM p WHERE a IS NULL OR a = 'z'"),
    Case("attach, list with NULL", "CREATE TABLE t (a text) PARTITION BY LIST (a); CREATE TABLE p (a text); INSERT INTO p VALUES ('x'), ('z'), (NULL)",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES IN ('x', NULL)", "violations", 1, "23514", "DELETE FROM p WHERE a = 'z'"),
    Case("attach, hash", "CREATE TABLE t (a int) PARTITION BY HASH (a); CREATE TABLE p (a int); INSERT INTO p SELECT i FROM generate_series(1, 20) AS i WHERE satisfies_hash_partition('t'::regclass, 4, 1, i) OR i = 1",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES WITH (MODULUS 4, REMAINDER 1)", "violations", 1, "23514", "DELETE FROM p WHERE a = 1"),
    Case("attach, expression", "CREATE TABLE t (a text) PARTITION BY LIST (lower(a)); CREATE TABLE p (a text); INSERT INTO p VALUES ('X'), ('y')",
         "ALTER TABLE t ATTACH PARTITION p FOR VALUES IN ('x')", "violations", 1, "23514", "DELETE FROM p WHERE a = 'y'"),
    Case("the default partition holds rows", "CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE d PARTITION OF t DEFAULT; INSERT INTO t VALUES (1), (5), (NULL)",
         "CREATE TABLE p PARTITION OF t FOR VALUES FROM (0) TO (3)", "violations", 1, "23514", "DELETE FROM t WHERE a = 1"),
    # what goes
    Case("drop column", "CREATE TABLE t (id int PRIMARY KEY, c text); INSERT INTO t VALUES (1, 'a'), (2, NULL)",
         "ALTER TABLE t DROP COLUMN c", "not null values", 1),
    Case("drop table", "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 4)", "DROP TABLE t", "rows", 4),
    Case("drop a partitioned table", "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1); INSERT INTO t VALUES (1), (1)",
         "DROP TABLE t", "rows", 2),
    Case("truncate only", "CREATE TABLE t (a int); CREATE TABLE k () INHERITS (t); INSERT INTO t VALUES (1); INSERT INTO k VALUES (2)",
         "TRUNCATE ONLY t", "rows", 1),
    Case("delete", "CREATE TABLE t (id int, c text); INSERT INTO t SELECT i, 'it''s' FROM generate_series(1, 9) AS i",
         "DELETE FROM t AS x WHERE x.id > 3 AND c = 'it''s'", "rows", 6),
    Case("delete using", "CREATE TABLE t (id int); CREATE TABLE u (id int); INSERT INTO t VALUES (1), (2); INSERT INTO u VALUES (1), (1)",
         "DELETE FROM t USING u WHERE t.id = u.id", "rows", 1),
    Case("update with a query", "CREATE TABLE t (id int, n int); CREATE TABLE u (id int); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0); INSERT INTO u VALUES (1), (3)",
         "WITH chosen AS (SELECT id FROM u) UPDATE t SET n = 1 FROM chosen c WHERE c.id = t.id", "rows", 2),
    Case("update all", "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)", "UPDATE t SET id = 0", "rows", 2),
]


def checks(guardian, server, database, path, kind):
    """The checks of a kind that `classify --db` makes and runs, of all statements."""
    document = binary.classify(guardian, path, "--db", server.uri(database))
    return [one for statement in binary.statements(document) for one in statement["checks"] if one["kind"] == kind]


def run(server, database, sql):
    """The SQLSTATE with which a script fails; None when it succeeds."""
    link = server.connect(database)
    try:
        with link.cursor() as cursor:
            cursor.execute(sql)
        return None
    except psycopg2.Error as error:
        return error.pgcode
    finally:
        link.close()


def total(found):
    assert found, "no check of that kind was made"
    for one in found:
        assert one["done"] and one["gave_up"] is None, f"{one['sql']}: {one['gave_up']}"
    return sum(one["count"] for one in found)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_check_counts_what_fails(case, server, database, guardian, tmp_path):
    path = tmp_path / "change.sql"
    path.write_text(case.change + ";\n")
    assert run(server, database, case.there) is None
    found = checks(guardian, server, database, path, case.kind)
    assert total(found) == case.count, [one["sql"] for one in found]
    fails = case.count > 0 and found[0]["fails"]
    if case.error:
        assert fails and found[0]["sqlstate"] == case.error
    if fails:
        failed = run(server, database, case.change)
        assert failed is not None and (case.error is None or failed == case.error)
        assert run(server, database, case.repair) is None
        assert total(checks(guardian, server, database, path, case.kind)) == case.after
    assert run(server, database, case.change) is None


# What a check must leave alone: it would be refused, would tell nothing, or would run what the script's author wrote.
SILENT = [
    ("a table of the script", "SELECT 1", "CREATE TABLE t (a int); CREATE UNIQUE INDEX ON t (a)", "duplicates"),
    ("a column of the script", "CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN b int; CREATE UNIQUE INDEX ON t (b)", "duplicates"),
    ("a function of the user's", "CREATE TABLE t (a int); CREATE FUNCTION f(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
     "ALTER TABLE t ADD CONSTRAINT c CHECK (f(a))", "violations"),
    ("not valid", "CREATE TABLE t (a int)", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "violations"),
    ("a variable of a body", "CREATE TABLE t (a int)", "DO $$ DECLARE x int := 1; BEGIN DELETE FROM t WHERE a = x; END $$", "rows"),
]


@pytest.mark.parametrize("name, there, change, kind", SILENT, ids=[one[0] for one in SILENT])
def test_what_cannot_be_asked_is_not(name, there, change, kind, server, database, guardian, tmp_path):
    path = tmp_path / "change.sql"
    path.write_text(change + ";\n")
    assert run(server, database, there) is None
    assert checks(guardian, server, database, path, kind) == []


def test_a_backfill_before_is_taken_into_account(server, database, guardian, tmp_path):
    """The NULLs are counted, but the script fills them first: nothing says that it fails."""
    path = tmp_path / "change.sql"
    path.write_text("UPDATE t SET a = 0 WHERE a IS NULL;\nALTER TABLE t ALTER COLUMN a SET NOT NULL;\n")
    run(server, database, "CREATE TABLE t (a int); INSERT INTO t VALUES (NULL)")
    found = checks(guardian, server, database, path, "nulls")
    assert total(found) == 1 and not found[0]["fails"]


def test_a_renamed_table_is_asked_under_its_old_name(server, database, guardian, tmp_path):
    path = tmp_path / "change.sql"
    path.write_text("ALTER TABLE t RENAME TO u;\nALTER TABLE u RENAME COLUMN a TO b;\nALTER TABLE u ALTER COLUMN b SET NOT NULL;\n")
    run(server, database, "CREATE TABLE t (a int); INSERT INTO t VALUES (NULL)")
    assert total(checks(guardian, server, database, path, "nulls")) == 1


def test_samples_name_rows(server, database, guardian, tmp_path):
    path = tmp_path / "change.sql"
    path.write_text("ALTER TABLE t ALTER COLUMN a SET NOT NULL;\n")
    run(server, database, "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (7, NULL)")
    document = binary.classify(guardian, path, "--samples", "3", "--db", server.uri(database))
    assert binary.statements(document)[0]["checks"][0]["samples"] == ["id=7"]
