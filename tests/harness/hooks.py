"""Hooks: every way in which PostgreSQL runs a function that no statement calls, each with statements that fire it.

A hook is armed (a default is set, an operator is made …) and fires later, when something harmless is done. The functions
behind all hooks end in app.deed(), whose one statement either deletes the row of app.canary or does nothing. Four ways to
arm are tried, because each hides the deed elsewhere:

    live      the hook and the deed are in the catalogue; the script only fires
    replaced  the hook is in the catalogue and harmless; the script replaces the functions, then fires
    script    the script makes the functions, arms, and fires
    late      the script makes harmless functions, arms, replaces the functions, and fires

A fire that begins with "!" cannot run inside a transaction block.
"""

import dataclasses

WORLD = """
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.canary (id int);
CREATE TABLE app.t (id int, a int, note text);
INSERT INTO app.t VALUES (1, 1, 'x'), (2, 2, 'y');
CREATE INDEX t_a ON app.t (a);
GRANT ALL ON app.t TO PUBLIC;
CREATE TABLE app.p (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10);
CREATE TABLE app.parent (id int, a int);
CREATE TABLE app.child () INHERITS (app.parent);
INSERT INTO app.child VALUES (1, 1);
CREATE TYPE app.c AS (x int);
CREATE TABLE app.hold (id int, c app.c);
INSERT INTO app.hold VALUES (1, ROW(1)), (2, ROW(2)), (3, ROW(1));
CREATE VIEW app.plain AS SELECT id, a FROM app.t;
"""

BASE_FUNCTIONS = """
CREATE OR REPLACE FUNCTION app.deed() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN {deed} RETURN 1; END $$;
CREATE OR REPLACE FUNCTION app.num(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN $1; END $$;
CREATE OR REPLACE FUNCTION app.fixed(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN $1; END $$;
CREATE OR REPLACE FUNCTION app.ok(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN true; END $$;
"""


@dataclasses.dataclass
class Hook:
    arm: str
    fires: tuple
    functions: str = ""  # more than the base's; {deed} and {call} stand for what they do
    since: int = 13

    def bodies(self, deed):
        return (BASE_FUNCTIONS + self.functions).replace("{deed}", deed).replace("{call}", "PERFORM app.deed();" if deed else "")


EVIL, CALM = "DELETE FROM app.canary;", ""
INSERT = "INSERT INTO app.t (id) VALUES (9)"
REWRITE = "ALTER TABLE app.t ALTER COLUMN a TYPE bigint"
TRIGGER = "CREATE OR REPLACE FUNCTION app.trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN NEW; END $$;\n"
EVENT = "CREATE OR REPLACE FUNCTION app.evt() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {deed} END $$;\n"
ON_C = """CREATE OR REPLACE FUNCTION app.c_int(app.c) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN $1.x; END $$;
CREATE OR REPLACE FUNCTION app.int_c(int) RETURNS app.c LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN ROW($1)::app.c; END $$;
CREATE OR REPLACE FUNCTION app.c_test(app.c, int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN true; END $$;
CREATE OR REPLACE FUNCTION app.c_cmp(app.c, app.c) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN pg_catalog.btint4cmp($1.x, $2.x); END $$;
CREATE OR REPLACE FUNCTION app.c_both(app.c, app.c) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN $1.x = $2.x; END $$;
CREATE OR REPLACE FUNCTION app.c_less(app.c, app.c) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x < $2.x $$;
"""
LIKE = ("CREATE TABLE app.n (LIKE app.t INCLUDING ALL); INSERT INTO app.n (id) VALUES (1)",
        "CREATE TABLE app.n (x int, LIKE app.t INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING INDEXES); INSERT INTO app.n (id) VALUES (1)")
INHERITS = ("CREATE TABLE app.n () INHERITS (app.t); INSERT INTO app.n (id) VALUES (1)",)


def operator(name, left="app.c", right="int", function="app.c_test"):
    return f"CREATE OPERATOR app.{name} (FUNCTION = {function}, LEFTARG = {left}, RIGHTARG = {right});"


HOOKS = {
    # ---- what a row that is written runs
    "default": Hook("ALTER TABLE app.t ADD COLUMN d int; ALTER TABLE app.t ALTER d SET DEFAULT app.num(1);", (
        INSERT, "INSERT INTO app.t (id) SELECT 5", "UPDATE app.t SET d = DEFAULT WHERE false OR id = 1",
        "CREATE VIEW app.v AS SELECT id, d FROM app.t; INSERT INTO app.v (id) VALUES (1)",
        "WITH w AS (INSERT INTO app.t (id) VALUES (7) RETURNING id) SELECT * FROM w",
        "DO $$ BEGIN INSERT INTO app.t (id) VALUES (7); END $$",
        "ALTER TABLE app.t RENAME TO t9; INSERT INTO app.t9 (id) VALUES (1)",
        "ALTER TABLE app.t SET SCHEMA public; INSERT INTO public.t (id) VALUES (1)",
        "ALTER SCHEMA app RENAME TO app9; INSERT INTO app9.t (id) VALUES (1)",
        "CREATE TABLE app.n (LIKE app.t INCLUDING DEFAULTS); INSERT INTO app.n (id) VALUES (1)",
        "ALTER TABLE app.t ADD COLUMN z int",
        *LIKE, *INHERITS)),
    "default of a view": Hook("CREATE VIEW app.v AS SELECT id, a FROM app.t; ALTER VIEW app.v ALTER a SET DEFAULT app.num(1);", (
        "INSERT INTO app.v (id) VALUES (1)", "ALTER VIEW app.v RENAME TO v9; INSERT INTO app.v9 (id) VALUES (1)")),
    "default of a column that is added": Hook("ALTER TABLE app.t ADD COLUMN d int DEFAULT app.num(1);", (INSERT,)),
    "default of a partition's parent": Hook("ALTER TABLE app.p ALTER a SET DEFAULT app.num(1);", (
        "INSERT INTO app.p (id) VALUES (1)", "CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20); INSERT INTO app.p2 (id) VALUES (11)")),
    "default of a parent": Hook("ALTER TABLE ONLY app.parent ALTER a SET DEFAULT app.num(1);", (
        "INSERT INTO app.parent (id) VALUES (1)", "CREATE TABLE app.n () INHERITS (app.parent); INSERT INTO app.n (id) VALUES (1)")),
    "generated column": Hook("ALTER TABLE app.t ADD COLUMN g int GENERATED ALWAYS AS (app.fixed(id)) STORED;", (
        INSERT, "UPDATE app.t SET id = id + 1", REWRITE, "ALTER TABLE app.t ALTER COLUMN id TYPE bigint", "ALTER TABLE app.t ADD COLUMN z int",
        "ALTER TABLE app.t ADD COLUMN z float DEFAULT random()", *LIKE, *INHERITS)),
    "check": Hook("ALTER TABLE app.t ADD CONSTRAINT c CHECK (app.ok(id)) NOT VALID;", (
        INSERT, "UPDATE app.t SET note = 'z'", "ALTER TABLE app.t VALIDATE CONSTRAINT c", REWRITE, "ALTER TABLE app.t ALTER id TYPE bigint",
        "ALTER TABLE app.t ADD COLUMN z int", "ALTER TABLE app.t RENAME TO t9; ALTER TABLE app.t9 VALIDATE CONSTRAINT c",
        "ALTER TABLE app.t RENAME CONSTRAINT c TO c9; ALTER TABLE app.t VALIDATE CONSTRAINT c9", *LIKE, *INHERITS)),
    "check of a partition": Hook("ALTER TABLE app.p1 ADD CHECK (app.ok(id));", ("INSERT INTO app.p VALUES (1, 1)",)),
    "check of a partition's parent": Hook("ALTER TABLE app.p ADD CHECK (app.ok(id));", ("INSERT INTO app.p1 VALUES (1, 1)",)),
    "check of a child": Hook("ALTER TABLE app.child ADD CHECK (app.ok(id)) NOT VALID;", ("UPDATE app.parent SET a = 5",)),
    "index on an expression": Hook("CREATE INDEX ti ON app.t (app.fixed(id));", (
        INSERT, "UPDATE app.t SET id = id + 10", "REINDEX TABLE app.t", "REINDEX INDEX app.ti", "!REINDEX SCHEMA app", "!REINDEX DATABASE {database}",
        "!REINDEX TABLE CONCURRENTLY app.t", "CLUSTER app.t USING t_a", "!VACUUM FULL app.t", "!VACUUM FULL", "ANALYZE app.t", "ANALYZE",
        "!VACUUM ANALYZE app.t", "!VACUUM (ANALYZE)", "ANALYZE app.t (note)", "!VACUUM app.t", REWRITE, "ALTER TABLE app.t ALTER id TYPE bigint",
        "ALTER TABLE app.t SET UNLOGGED", "ALTER TABLE app.t ADD COLUMN z float DEFAULT random()", "ALTER TABLE app.t ADD COLUMN z int",
        "ALTER TABLE app.t ADD COLUMN z serial", "ALTER TABLE app.t CLUSTER ON t_a; CLUSTER app.t", "!ALTER TABLE app.t CLUSTER ON t_a; CLUSTER",
        "ALTER TABLE app.t RENAME TO t9; REINDEX TABLE app.t9", "ALTER INDEX app.ti RENAME TO ti9; REINDEX INDEX app.ti9",
        "DO $$ BEGIN REINDEX TABLE app.t; END $$", *LIKE)),
    "predicate of an index": Hook("CREATE INDEX ti ON app.t (a) WHERE app.ok(id);", (
        INSERT, "REINDEX TABLE app.t", "REINDEX INDEX app.ti", "!VACUUM FULL app.t", "CLUSTER app.t USING t_a", REWRITE, "ANALYZE app.t", *LIKE)),
    "exclusion constraint": Hook("ALTER TABLE app.t ADD CONSTRAINT x EXCLUDE USING btree ((app.fixed(id)) WITH =);", (INSERT, "REINDEX TABLE app.t", *LIKE)),
    "index of a partition's parent": Hook("CREATE INDEX pi ON app.p (app.fixed(id));", (
        "INSERT INTO app.p VALUES (1, 1)", "INSERT INTO app.p1 VALUES (1, 1)",
        "CREATE TABLE app.p2 (id int, a int); INSERT INTO app.p2 VALUES (11, 1); ALTER TABLE app.p ATTACH PARTITION app.p2 FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20); INSERT INTO app.p2 VALUES (11)")),
    "key of a partitioned table": Hook("CREATE TABLE app.q (id int) PARTITION BY RANGE (app.fixed(id)); CREATE TABLE app.q1 PARTITION OF app.q FOR VALUES FROM (0) TO (10);", (
        "INSERT INTO app.q VALUES (1)", "INSERT INTO app.q1 VALUES (1)")),
    "statistics on an expression": Hook("CREATE STATISTICS app.s ON (app.fixed(id)), a FROM app.t;", (
        "ANALYZE app.t", "ANALYZE", "!VACUUM ANALYZE app.t", "!VACUUM (ANALYZE)", "ANALYZE app.t (id)"), since=14),
    # ---- triggers and rules
    "trigger": Hook("CREATE TRIGGER x BEFORE INSERT OR UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.trg();", (
        INSERT, "INSERT INTO app.plain VALUES (5, 5)", "ALTER TABLE app.t RENAME TO t9; INSERT INTO app.t9 (id) VALUES (1)",
        "ALTER TABLE app.t SET SCHEMA public; INSERT INTO public.t (id) VALUES (1)",
        "ALTER SCHEMA app RENAME TO app9; INSERT INTO app9.t (id) VALUES (1)",
        "ALTER TRIGGER x ON app.t RENAME TO y; INSERT INTO app.t (id) VALUES (1)",
        "ALTER FUNCTION app.trg() RENAME TO trg9; INSERT INTO app.t (id) VALUES (1)",
        "ALTER TABLE app.t DISABLE TRIGGER x; ALTER TABLE app.t ENABLE TRIGGER x; INSERT INTO app.t (id) VALUES (1)"), TRIGGER),
    "condition of a trigger": Hook(
        "CREATE FUNCTION app.rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW WHEN (app.ok(NEW.id)) EXECUTE FUNCTION app.rest();", (
        INSERT,)),
    "condition of a trigger on a partition's parent": Hook(
        "CREATE FUNCTION app.rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER x AFTER INSERT ON app.p FOR EACH ROW WHEN (app.ok(NEW.id)) EXECUTE FUNCTION app.rest();", (
            "INSERT INTO app.p1 VALUES (1, 1)", "INSERT INTO app.p VALUES (1, 1)")),
    "deferred trigger": Hook("CREATE CONSTRAINT TRIGGER x AFTER INSERT ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.trg();", (INSERT,), TRIGGER),
    "disabled trigger": Hook("CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.trg(); ALTER TABLE app.t DISABLE TRIGGER x;", (
        "ALTER TABLE app.t ENABLE TRIGGER x; INSERT INTO app.t (id) VALUES (1)", "ALTER TABLE app.t ENABLE ALWAYS TRIGGER x; INSERT INTO app.t (id) VALUES (1)",
        "ALTER TABLE app.t ENABLE TRIGGER ALL; INSERT INTO app.t (id) VALUES (1)", "ALTER TABLE app.t ENABLE TRIGGER USER; INSERT INTO app.t (id) VALUES (1)",
        "ALTER TABLE app.t ENABLE REPLICA TRIGGER x; SET session_replication_role = replica; INSERT INTO app.t (id) VALUES (1)",
        "ALTER TABLE app.t RENAME TO t9; ALTER TABLE app.t9 ENABLE TRIGGER x; INSERT INTO app.t9 (id) VALUES (1)", INSERT), TRIGGER),
    "trigger of a replica": Hook("CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.trg(); ALTER TABLE app.t ENABLE REPLICA TRIGGER x;", (
        "SET session_replication_role = replica; INSERT INTO app.t (id) VALUES (1)", "SELECT set_config('session_replication_role', 'replica', false); INSERT INTO app.t (id) VALUES (1)", INSERT), TRIGGER),
    "trigger of a partition": Hook("CREATE TRIGGER x BEFORE INSERT ON app.p1 FOR EACH ROW EXECUTE FUNCTION app.trg();", (
        "INSERT INTO app.p VALUES (1, 1)", "INSERT INTO app.p1 VALUES (1, 1)", "ALTER TABLE app.p DETACH PARTITION app.p1; INSERT INTO app.p1 VALUES (1, 1)"), TRIGGER),
    "trigger of a partition's parent": Hook("CREATE TRIGGER x AFTER INSERT ON app.p FOR EACH ROW EXECUTE FUNCTION app.trg();", (
        "INSERT INTO app.p VALUES (1, 1)", "INSERT INTO app.p1 VALUES (1, 1)",
        "CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20); INSERT INTO app.p2 VALUES (11, 1)",
        "CREATE TABLE app.p2 (LIKE app.p); ALTER TABLE app.p ATTACH PARTITION app.p2 FOR VALUES FROM (10) TO (20); INSERT INTO app.p2 VALUES (11, 1)"), TRIGGER),
    "trigger of a table that is attached": Hook(
        "CREATE TABLE app.p2 (id int, a int); CREATE TRIGGER x BEFORE INSERT ON app.p2 FOR EACH ROW EXECUTE FUNCTION app.trg();", (
            "ALTER TABLE app.p ATTACH PARTITION app.p2 FOR VALUES FROM (10) TO (20); INSERT INTO app.p VALUES (11, 1)",), TRIGGER),
    "trigger of a child": Hook("CREATE TRIGGER x BEFORE UPDATE ON app.child FOR EACH ROW EXECUTE FUNCTION app.trg();", ("UPDATE app.parent SET a = 5",), TRIGGER),
    "rule": Hook("CREATE RULE r AS ON INSERT TO app.t DO ALSO SELECT app.num(1);", (
        INSERT, "ALTER TABLE app.t RENAME TO t9; INSERT INTO app.t9 (id) VALUES (1)", "ALTER RULE r ON app.t RENAME TO r9; INSERT INTO app.t (id) VALUES (1)")),
    "disabled rule": Hook("CREATE RULE r AS ON INSERT TO app.t DO ALSO SELECT app.num(1); ALTER TABLE app.t DISABLE RULE r;", (
        "ALTER TABLE app.t ENABLE RULE r; INSERT INTO app.t (id) VALUES (1)", "ALTER TABLE app.t ENABLE ALWAYS RULE r; INSERT INTO app.t (id) VALUES (1)", INSERT)),
    # ---- what reading runs
    "view": Hook("CREATE VIEW app.v AS SELECT id, app.num(id) AS e FROM app.t;", (
        "SELECT * FROM app.v", "TABLE app.v", "COPY (SELECT * FROM app.v) TO '/dev/null'", "CREATE TABLE app.n AS SELECT * FROM app.v", "SELECT * INTO app.n FROM app.v",
        "CREATE MATERIALIZED VIEW app.m AS TABLE app.v", "CREATE VIEW app.w AS SELECT * FROM app.v; SELECT * FROM app.w", "INSERT INTO app.t (id) SELECT e FROM app.v",
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM app.v LOOP NULL; END LOOP; END $$", "DO $$ BEGIN PERFORM max(e) FROM app.v; END $$",
        "EXPLAIN ANALYZE SELECT * FROM app.v", "PREPARE q AS SELECT * FROM app.v; EXECUTE q", "DECLARE c CURSOR FOR SELECT * FROM app.v; FETCH ALL FROM c",
        "ALTER VIEW app.v RENAME TO v9; SELECT * FROM app.v9", "ALTER VIEW app.v SET SCHEMA public; SELECT * FROM public.v", "SET search_path = app; SELECT * FROM v",
        "SELECT id FROM app.t WHERE EXISTS (SELECT FROM app.v WHERE e > 0)")),
    "view that is written": Hook("CREATE VIEW app.v AS SELECT id, a FROM app.t WHERE app.ok(id);", (
        "SELECT * FROM app.v", "UPDATE app.v SET a = 7", "SELECT * FROM app.v FOR UPDATE")),
    "view over a view": Hook("CREATE VIEW app.v AS SELECT id, app.num(id) AS e FROM app.t; CREATE VIEW app.w AS SELECT e + 1 AS f FROM app.v;", ("SELECT * FROM app.w",)),
    "function behind a view": Hook("CREATE FUNCTION app.through(x int) RETURNS int LANGUAGE sql AS $$ SELECT app.num(x) $$; CREATE VIEW app.v AS SELECT app.through(id) AS e FROM app.t;", (
        "SELECT * FROM app.v",)),
    "materialized view": Hook("CREATE MATERIALIZED VIEW app.m AS SELECT id, app.num(id) AS e FROM app.t; CREATE UNIQUE INDEX mi ON app.m (id);", (
        "REFRESH MATERIALIZED VIEW app.m", "!REFRESH MATERIALIZED VIEW CONCURRENTLY app.m", "DO $$ BEGIN REFRESH MATERIALIZED VIEW app.m; END $$",
        "ALTER MATERIALIZED VIEW app.m RENAME TO m9; REFRESH MATERIALIZED VIEW app.m9", "SELECT * FROM app.m")),
    "materialized view over a view": Hook("CREATE VIEW app.v AS SELECT id, app.num(id) AS e FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.v;", (
        "REFRESH MATERIALIZED VIEW app.m",)),
    "index of a materialized view": Hook("CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t; CREATE INDEX mi ON app.m (app.fixed(id));", (
        "REFRESH MATERIALIZED VIEW app.m", "REINDEX TABLE app.m")),
    "policy": Hook("CREATE POLICY p ON app.t USING (app.ok(id)); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;", (
        "SET ROLE hook_reader; SELECT * FROM app.t; RESET ROLE", "SET SESSION AUTHORIZATION hook_reader; SELECT * FROM app.t; RESET SESSION AUTHORIZATION",
        "SELECT set_config('role', 'hook_reader', false); SELECT * FROM app.t", "SET ROLE hook_reader; INSERT INTO app.t (id) VALUES (5); RESET ROLE",
        "ALTER TABLE app.t OWNER TO hook_reader; ALTER TABLE app.t FORCE ROW LEVEL SECURITY; SET ROLE hook_reader; SELECT * FROM app.t; RESET ROLE",
        "SET ROLE hook_reader; COPY (SELECT * FROM app.t) TO STDOUT; RESET ROLE", "SELECT * FROM app.t")),
    "policy without row security": Hook("CREATE POLICY p ON app.t USING (app.ok(id));", (
        "ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; SET ROLE hook_reader; SELECT * FROM app.t; RESET ROLE", "SELECT * FROM app.t")),
    "policy for new rows": Hook("CREATE POLICY p ON app.t FOR INSERT WITH CHECK (app.ok(id)); ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;", (
        "SET ROLE hook_reader; INSERT INTO app.t (id) VALUES (5); RESET ROLE",)),
    # ---- types
    "domain": Hook("CREATE DOMAIN app.d AS int CHECK (app.ok(VALUE)); CREATE TABLE app.dt (id int, v app.d);", (
        "SELECT 1::app.d", "SELECT CAST(a AS app.d) FROM app.t", "INSERT INTO app.dt VALUES (1, 1)", "INSERT INTO app.dt SELECT id, a FROM app.t", "ALTER TABLE app.t ALTER a TYPE app.d",
        "ALTER TABLE app.t ADD COLUMN z app.d DEFAULT 1", "ALTER TABLE app.t ADD COLUMN z app.d", "CREATE TABLE app.n (v app.d); INSERT INTO app.n VALUES (1)",
        "DO $$ DECLARE v app.d := 1; BEGIN NULL; END $$", "SELECT '{1}'::app.d[]", "CREATE TYPE app.k AS (v app.d); SELECT '(1)'::app.k",
        "CREATE DOMAIN app.e AS app.d; SELECT 1::app.e", "CREATE FUNCTION app.f(v app.d) RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT app.f(1)",
        "SELECT * FROM json_to_record('{\"v\": 1}') AS r (v app.d)", "SELECT json_populate_record(NULL::app.dt, '{\"v\": 1}')", "CREATE TABLE app.n (v app.d DEFAULT 1); INSERT INTO app.n DEFAULT VALUES",
        "CREATE TABLE app.n AS SELECT 1::app.d AS v", "ALTER DOMAIN app.d RENAME TO d9; SELECT 1::app.d9", "SET search_path = app; SELECT d '1'")),
    "domain that is used": Hook("DROP VIEW app.plain; CREATE DOMAIN app.d AS int; ALTER TABLE app.t ALTER a TYPE app.d; ALTER DOMAIN app.d ADD CONSTRAINT k CHECK (app.ok(VALUE)) NOT VALID;", (
        "ALTER DOMAIN app.d VALIDATE CONSTRAINT k", "INSERT INTO app.t VALUES (5, 5)", "ALTER TABLE app.t ALTER a TYPE bigint; ALTER TABLE app.t ALTER a TYPE app.d")),
    "domain over a domain": Hook("CREATE DOMAIN app.d AS int CHECK (app.ok(VALUE)); CREATE DOMAIN app.e AS app.d; CREATE TABLE app.dt (v app.e, w app.d[]); CREATE TYPE app.k AS (v app.d); CREATE TABLE app.kt (k app.k);", (
        "SELECT 1::app.e", "INSERT INTO app.dt (v) VALUES (1)", "INSERT INTO app.dt (w) VALUES ('{1}')", "INSERT INTO app.kt VALUES ('(1)')", "SELECT ROW(1)::app.k")),
    "default of a domain": Hook("CREATE DOMAIN app.d AS int DEFAULT app.num(1); CREATE TABLE app.dt (id int, v app.d);", (
        "INSERT INTO app.dt (id) VALUES (1)", "ALTER TABLE app.t ADD COLUMN z app.d", "CREATE TABLE app.n (id int, v app.d); INSERT INTO app.n (id) VALUES (1)", "SELECT 1::app.d")),
    "explicit cast": Hook("CREATE CAST (app.c AS int) WITH FUNCTION app.c_int(app.c);", (
        "SELECT c::int FROM app.hold", "SELECT CAST(c AS int) FROM app.hold", "SELECT int4(c) FROM app.hold", "SELECT c::integer + 1 FROM app.hold WHERE id = 1",
        "DO $$ BEGIN PERFORM c::int FROM app.hold; END $$", "ALTER TABLE app.hold ADD COLUMN z int; INSERT INTO app.hold (id, z) SELECT 9, c::int FROM app.hold",
        "CREATE VIEW app.v AS SELECT c::int FROM app.hold; SELECT * FROM app.v", "SELECT id FROM app.hold"), ON_C),
    "cast on assignment": Hook("CREATE CAST (app.c AS int) WITH FUNCTION app.c_int(app.c) AS ASSIGNMENT;", (
        "INSERT INTO app.t (a) SELECT c FROM app.hold", "UPDATE app.t SET a = c FROM app.hold", "DO $$ DECLARE v int; BEGIN SELECT c INTO v FROM app.hold LIMIT 1; END $$"), ON_C),
    "implicit cast": Hook("CREATE CAST (app.c AS int) WITH FUNCTION app.c_int(app.c) AS IMPLICIT;", (
        "SELECT c + 1 FROM app.hold", "SELECT abs(c) FROM app.hold", "SELECT * FROM app.hold JOIN app.t ON t.a = hold.c", "SELECT sum(c) FROM app.hold",
        "INSERT INTO app.t (a) SELECT c FROM app.hold", "SELECT * FROM app.hold WHERE c = 1"), ON_C),
    "cast to a type of one's own": Hook("CREATE CAST (int AS app.c) WITH FUNCTION app.int_c(int) AS ASSIGNMENT;", (
        "SELECT 5::app.c", "INSERT INTO app.hold SELECT 1, 5", "UPDATE app.hold SET c = id", "INSERT INTO app.hold SELECT id, a FROM app.t"), ON_C),
    "range type": Hook("CREATE TYPE app.r AS RANGE (subtype = int, subtype_diff = app.gap); CREATE TABLE app.rt (r app.r); INSERT INTO app.rt SELECT app.r(g, g + 5) FROM generate_series(1, 30) g;", (
        "ANALYZE app.rt", "ANALYZE", "CREATE INDEX ON app.rt USING gist (r)"),
        "CREATE OR REPLACE FUNCTION app.gap(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN $1 - $2; END $$;\n"),
    "range type with an index": Hook("CREATE TYPE app.r AS RANGE (subtype = int, subtype_diff = app.gap); CREATE TABLE app.rt (r app.r); CREATE INDEX ri ON app.rt USING gist (r); INSERT INTO app.rt SELECT app.r(g, g + 5) FROM generate_series(1, 300) g;", (
        "INSERT INTO app.rt SELECT app.r(g, g + 5) FROM generate_series(1, 300) g", "REINDEX TABLE app.rt"),
        "CREATE OR REPLACE FUNCTION app.gap(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN $1 - $2; END $$;\n"),
    # ---- operators, aggregates, functions
    "operator": Hook(operator("==="), (
        "SELECT * FROM app.hold WHERE c OPERATOR(app.===) 1", "SET search_path = app; SELECT * FROM hold WHERE c === 1", "SELECT id FROM app.hold",
        "CREATE VIEW app.v AS SELECT c OPERATOR(app.===) 1 FROM app.hold; SELECT * FROM app.v"), ON_C),
    "operator with a builtin's name": Hook(operator("=") + operator("+") + operator(">=") + operator("<=") + operator("~~") + operator("<>"), (
        "SET search_path = app; SELECT * FROM hold WHERE c = 1", "SET search_path = app; SELECT c + 1 FROM hold", "SET search_path = app; SELECT * FROM hold WHERE c BETWEEN 1 AND 2",
        "SET search_path = app; SELECT * FROM hold WHERE c IN (1, 2)", "SET search_path = app; SELECT * FROM hold WHERE c LIKE 1", "SET search_path = app; SELECT * FROM hold WHERE c = ANY (ARRAY[1])",
        "SET search_path = app; SELECT CASE c WHEN 1 THEN 2 END FROM hold", "SET search_path = app; SELECT NULLIF(c, 1) FROM hold", "SET search_path = app; SELECT * FROM hold WHERE c IS DISTINCT FROM 1",
        "SET search_path = app; SELECT * FROM hold WHERE c IN (SELECT a FROM t)", "SET search_path = app; SELECT * FROM hold WHERE c NOT IN (1)",
        "SET search_path = app; SELECT * FROM hold JOIN (SELECT 1 AS c) AS o USING (c)", "SET search_path = app; SELECT * FROM hold WHERE c = ALL (SELECT 1)",
        "SELECT * FROM app.hold WHERE c OPERATOR(app.+) 1", "SET search_path = app; DO $$ BEGIN PERFORM c + 1 FROM hold; END $$"), ON_C),
    "operator behind a view": Hook(operator("+") + "CREATE VIEW app.v AS SELECT c OPERATOR(app.+) 1 AS e FROM app.hold;", ("SELECT * FROM app.v",), ON_C),
    "operator behind an index": Hook("CREATE OPERATOR app.@@@ (FUNCTION = app.fixed, RIGHTARG = int); CREATE INDEX ti ON app.t ((OPERATOR(app.@@@) id));", (INSERT, "REINDEX TABLE app.t")),
    "operator behind a default": Hook("CREATE OPERATOR app.@@@ (FUNCTION = app.num, RIGHTARG = int); ALTER TABLE app.t ALTER a SET DEFAULT OPERATOR(app.@@@) 1;", (INSERT,)),
    "operator class": Hook("CREATE OPERATOR app.< (FUNCTION = app.c_less, LEFTARG = app.c, RIGHTARG = app.c); CREATE OPERATOR app.= (FUNCTION = app.c_both, LEFTARG = app.c, RIGHTARG = app.c); "
                           "CREATE OPERATOR app.> (FUNCTION = app.c_less, LEFTARG = app.c, RIGHTARG = app.c); "
                           "CREATE OPERATOR CLASS app.c_ops DEFAULT FOR TYPE app.c USING btree AS OPERATOR 1 app.<, OPERATOR 3 app.=, OPERATOR 5 app.>, FUNCTION 1 app.c_cmp(app.c, app.c);", (
        "SELECT * FROM app.hold ORDER BY c", "SELECT DISTINCT c FROM app.hold", "CREATE INDEX ON app.hold (c)", "SELECT c, count(*) FROM app.hold GROUP BY c", "SELECT count(DISTINCT c) FROM app.hold",
        "SELECT rank() OVER (ORDER BY c) FROM app.hold", "SELECT c FROM app.hold UNION SELECT c FROM app.hold", "ANALYZE app.hold", "SELECT greatest(c, c) FROM app.hold", "SELECT id FROM app.hold"), ON_C),
    "operator class of an index": Hook("CREATE OPERATOR CLASS app.i_ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 app.i_cmp(int, int); CREATE INDEX ti ON app.t (id app.i_ops);", (
        INSERT, "REINDEX TABLE app.t", "INSERT INTO app.t (id) VALUES (7), (8), (9)", "SELECT * FROM app.hold"),
        "CREATE OR REPLACE FUNCTION app.i_cmp(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN {call} RETURN pg_catalog.btint4cmp($1, $2); END $$;\n"),
    "aggregate": Hook("CREATE AGGREGATE app.agg (int) (SFUNC = app.step, STYPE = int);", (
        "SELECT app.agg(a) FROM app.t", "SET search_path = app; SELECT agg(a) FROM t", "SELECT app.agg(a) OVER () FROM app.t", "ALTER AGGREGATE app.agg(int) RENAME TO agg9; SELECT app.agg9(a) FROM app.t",
        "CREATE VIEW app.v AS SELECT app.agg(a) FROM app.t; SELECT * FROM app.v", "DO $$ BEGIN PERFORM app.agg(a) FROM app.t; END $$"),
        "CREATE OR REPLACE FUNCTION app.step(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"),
    "aggregate with a builtin's name": Hook("CREATE AGGREGATE app.sum (app.c) (SFUNC = app.step, STYPE = int);", (
        "SET search_path = app; SELECT sum(c) FROM hold", "SELECT app.sum(c) FROM app.hold"),
        "CREATE OR REPLACE FUNCTION app.step(int, app.c) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"),
    "end of an aggregate": Hook("CREATE AGGREGATE app.agg (int) (SFUNC = int4pl, STYPE = int, FINALFUNC = app.num);", ("SELECT app.agg(a) FROM app.t",)),
    "aggregate behind a view": Hook("CREATE AGGREGATE app.agg (int) (SFUNC = app.step, STYPE = int); CREATE VIEW app.v AS SELECT app.agg(a) AS e FROM app.t;", ("SELECT * FROM app.v",),
                                    "CREATE OR REPLACE FUNCTION app.step(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"),
    "function": Hook("", (
        "SELECT app.num(1)", "ALTER FUNCTION app.num(int) RENAME TO calm; SELECT app.calm(1)", "ALTER FUNCTION app.num(int) RENAME TO lower; SELECT app.lower(1)",
        "ALTER FUNCTION app.num(int) RENAME TO lower; SET search_path = app; SELECT lower(1)", "ALTER FUNCTION app.num(int) RENAME TO lower; ALTER FUNCTION app.lower(int) SET SCHEMA public; SELECT lower(1)",
        "ALTER FUNCTION app.num(int) SET SCHEMA public; SELECT num(1)", "ALTER ROUTINE app.num(int) RENAME TO calm; SELECT app.calm(1)", "ALTER SCHEMA app RENAME TO app9; SELECT app9.deed()",
        "ALTER FUNCTION app.deed() SET SCHEMA pg_catalog; SELECT deed()", "ALTER FUNCTION app.num RENAME TO upper; SET search_path = app; SELECT id FROM t WHERE upper(id) > 0",
        "SET search_path = app; SELECT t.id, (SELECT num(t.id)) FROM t", "SELECT * FROM app.num(1)", "SELECT * FROM ROWS FROM (app.num(1), app.num(2)) AS r", "SELECT id FROM app.t LIMIT app.num(1)",
        "CREATE FUNCTION app.g(x int DEFAULT app.num(1)) RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT app.g()",
        "CREATE FUNCTION app.g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT app.num(1); END; SELECT app.g()",
        "CREATE PROCEDURE app.g() LANGUAGE sql AS 'SELECT app.num(1)'; CALL app.g()", "SELECT app.num(id) FROM app.t ORDER BY app.num(id)",
        "ALTER TABLE app.t ADD COLUMN z int DEFAULT app.num(1)", "CREATE TABLE app.n PARTITION OF app.p FOR VALUES FROM (app.num(10)) TO (20)", "COPY (SELECT app.num(1)) TO STDOUT")),
    "function with a builtin's name": Hook("", (
        "SET search_path = app; SELECT lower(5)", "SELECT app.lower(5)", "SET search_path = app; SELECT id FROM t WHERE lower(id) > 0", "SET search_path = app, pg_catalog; SELECT length('x')"),
        "CREATE OR REPLACE FUNCTION app.lower(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"
        "CREATE OR REPLACE FUNCTION app.length(text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"),
    "function in pg_catalog": Hook("", ("SELECT pg_catalog.quiet(5)", "SELECT quiet(5)"),
                                   "CREATE OR REPLACE FUNCTION pg_catalog.quiet(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"),
    "function as a column": Hook("", ("SELECT h.tidy FROM app.hold h", "SET search_path = app; SELECT (h).tidy FROM hold h", "SET search_path = app; SELECT h.tidy FROM hold h"),
                                 "CREATE OR REPLACE FUNCTION app.tidy(app.hold) RETURNS int LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN 1; END $$;\n"),
    "argument's default": Hook("CREATE FUNCTION app.g(x int DEFAULT app.num(1)) RETURNS int LANGUAGE sql AS 'SELECT $1';", ("SELECT app.g()",)),
    "SQL body": Hook("CREATE FUNCTION app.g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT app.num(1); END;", ("SELECT app.g()", "ALTER FUNCTION app.g() RENAME TO g9; SELECT app.g9()"), since=14),
    # ---- event triggers
    "event trigger": Hook("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION app.evt();", (
        "CREATE TABLE app.n (id int)", "CREATE TEMP TABLE n (id int)", "ALTER TABLE app.t ADD COLUMN z int", "COMMENT ON TABLE app.t IS 'x'", "GRANT SELECT ON app.t TO PUBLIC", "CREATE INDEX ON app.t (id)",
        "SELECT 1 AS x INTO app.n", "CREATE TABLE app.n AS SELECT 1", "DO $$ BEGIN CREATE TABLE app.n (id int); END $$", "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE VIEW app.v AS SELECT 1", "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SEQUENCE app.s", "CREATE TYPE app.m AS ENUM ('a')", "CREATE SCHEMA s9",
        "ALTER TABLE app.t ALTER a SET DEFAULT 1", "CREATE TABLE IF NOT EXISTS app.t (id int)", "CREATE DOMAIN app.d AS int", "SELECT * FROM app.t", "INSERT INTO app.t (id) VALUES (5)",
        "ALTER FUNCTION app.num(int) IMMUTABLE", "CREATE TRIGGER x BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
        "CREATE STATISTICS app.s ON id, a FROM app.t", "CREATE EXTENSION IF NOT EXISTS plpgsql", "SECURITY LABEL ON TABLE app.t IS NULL", "DROP TABLE IF EXISTS app.nothing",
        "CREATE OPERATOR app.=== (FUNCTION = app.c_eq, LEFTARG = int, RIGHTARG = int)", "ALTER TYPE app.c ADD ATTRIBUTE y int", "CREATE RULE r AS ON UPDATE TO app.t DO ALSO NOTHING", "CREATE POLICY p ON app.t"),
        EVENT + "CREATE OR REPLACE FUNCTION app.c_eq(int, int) RETURNS bool LANGUAGE sql AS $$ SELECT true $$;\n"),
    "event trigger at the start": Hook("CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION app.evt();", (
        "CREATE TABLE app.n (id int)", "CREATE MATERIALIZED VIEW app.m AS SELECT 1", "IMPORT FOREIGN SCHEMA x FROM SERVER y INTO app", "DROP TABLE IF EXISTS app.nothing"), EVENT),
    "event trigger on drops": Hook("CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION app.evt();", (
        "CREATE TABLE app.n (id int); DROP TABLE app.n", "ALTER TABLE app.t ALTER a SET DEFAULT 1; ALTER TABLE app.t ALTER a DROP DEFAULT", "CREATE TEMP TABLE n (id int); DROP TABLE n",
        "CREATE VIEW app.v AS SELECT 1 AS x; DROP VIEW app.v", "CREATE TABLE app.n (id int)", "ALTER TABLE app.t ADD CONSTRAINT k CHECK (true); ALTER TABLE app.t DROP CONSTRAINT k"), EVENT),
    "event trigger on rewrites": Hook("CREATE EVENT TRIGGER e ON table_rewrite EXECUTE FUNCTION app.evt();", (
        REWRITE, "ALTER TABLE app.t ADD COLUMN z float DEFAULT random()", "ALTER TABLE app.t ADD COLUMN z int"), EVENT),
    "event trigger with tags": Hook("CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'COMMENT') EXECUTE FUNCTION app.evt();", (
        "CREATE TABLE app.n (id int)", "COMMENT ON TABLE app.t IS 'x'", "CREATE VIEW app.v AS SELECT 1", "CREATE SCHEMA s9 CREATE TABLE n (id int)", "ALTER TABLE app.t ADD COLUMN z int"), EVENT),
    "disabled event trigger": Hook("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION app.evt(); ALTER EVENT TRIGGER e DISABLE;", (
        "ALTER EVENT TRIGGER e ENABLE; CREATE TABLE app.n (id int)", "ALTER EVENT TRIGGER e ENABLE ALWAYS; CREATE TABLE app.n (id int)",
        "ALTER EVENT TRIGGER e RENAME TO e9; ALTER EVENT TRIGGER e9 ENABLE; CREATE TABLE app.n (id int)", "CREATE TABLE app.n (id int)"), EVENT),
}
