-- A database with everything in it that a backup can forget. For psql, PostgreSQL 13 and newer, as superuser, into an empty
-- database. Each section names what is easy to lose. Roles are cluster-wide: they are made only when they are not there.
\set ON_ERROR_STOP 1
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT current_setting('server_version_num')::int >= 140000 AS v14,
       current_setting('server_version_num')::int >= 150000 AS v15,
       current_setting('server_version_num')::int >= 170000 AS v17,
       current_setting('server_version_num')::int >= 180000 AS v18 \gset

-- Roles, memberships, settings of a role in this database -----------------------------------------
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'world_owner') THEN CREATE ROLE world_owner LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'world_reader') THEN CREATE ROLE world_reader; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'Rôle "odd"; --') THEN CREATE ROLE "Rôle ""odd""; --"; END IF;
END $$;
GRANT world_reader TO world_owner WITH ADMIN OPTION;
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET datestyle = %L', current_database(), 'SQL, DMY');
    EXECUTE format('ALTER DATABASE %I SET bytea_output = %L', current_database(), 'escape');
    EXECUTE format('ALTER DATABASE %I SET extra_float_digits = 0', current_database());
    EXECUTE format('ALTER ROLE world_owner IN DATABASE %I SET intervalstyle = %L', current_database(), 'sql_standard');
    EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'the world, it''s "all" here');
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO world_reader', current_database());
END $$;

-- Extensions --------------------------------------------------------------------------------------
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION btree_gist SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION postgres_fdw SCHEMA ext;
SET search_path = public, ext;

-- Odd names -----------------------------------------------------------------------------------------
CREATE SCHEMA "we""ird sch;ema" AUTHORIZATION world_owner;
CREATE SCHEMA "Ünï.çode ☃";
CREATE TABLE "we""ird sch;ema"."ta'ble -- not a comment" (
    "select" int PRIMARY KEY, "col""umn" text, "new
line" text, "ta	b" text DEFAULT E'\\.\n', "$1" int, "Ünï" text, "a\b" text);
INSERT INTO "we""ird sch;ema"."ta'ble -- not a comment"
    SELECT i, 'q"' || i, E'n\n' || i, E't\t\\' || i, i, 'ü☃' || i, E'\\b' FROM generate_series(1, 50) i;
CREATE TABLE "Ünï.çode ☃"."a.b" (id serial, "%s" text);
INSERT INTO "Ünï.çode ☃"."a.b" ("%s") VALUES ('%n%n%s'), (NULL), ('');
CREATE TABLE "name that has exactly sixty-three bytes in it ................." (x int);
INSERT INTO "name that has exactly sixty-three bytes in it ................." VALUES (63);
COMMENT ON TABLE "we""ird sch;ema"."ta'ble -- not a comment" IS E'quote '' backslash \\ newline\n $$ /* -- ';

-- Types of our own ------------------------------------------------------------------------------------
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE mood ADD VALUE 'ecstatic' AFTER 'happy';
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
ALTER TYPE mood ADD VALUE 'wéird "value"' BEFORE 'sad';
CREATE TYPE empty_enum AS ENUM ();
CREATE DOMAIN positive AS int DEFAULT 7 NOT NULL CONSTRAINT is_positive CHECK (VALUE > 0);
CREATE DOMAIN tag AS citext CHECK (VALUE !~ ' ') COLLATE "C";
CREATE DOMAIN tag_list AS tag[];
ALTER DOMAIN positive ADD CONSTRAINT below_a_million CHECK (VALUE < 1000000) NOT VALID;
CREATE TYPE address AS (street text, "no" int, moods mood[]);
CREATE TYPE empty_row AS ();
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE shell_only;
CREATE TABLE own_types (id int PRIMARY KEY, m mood DEFAULT 'ok', ms mood[], p positive, t tag, tl tag_list, a address, aa address[], s span, e empty_row);
INSERT INTO own_types VALUES
    (1, 'happy', '{sad,meh,"wéird \"value\""}', 1, 'Tag', '{a,B}', ROW('Main "st", (x)', 5, '{ok,sad}'), ARRAY[ROW('a\b', 1, NULL)::address, NULL], '[1.5,2.5)', ROW()),
    (2, NULL, '{}', 999999, NULL, '{}', ROW(NULL, NULL, NULL), '{}', 'empty', NULL),
    (3, 'ecstatic', '{NULL,ok}', 3, '', NULL, NULL, NULL, '(,)', NULL);

-- Built-in types, extreme values ------------------------------------------------------------------------
CREATE TABLE numbers (i2 smallint, i4 int, i8 bigint, n numeric, n2 numeric(1000, 500), f4 real, f8 double precision, mo money, b boolean, o oid, x xid, c cid, t tid, l pg_lsn);
INSERT INTO numbers VALUES
    (-32768, -2147483648, -9223372036854775808, 'NaN', 0, '-0', '-0', '-92233720368547758.08', true, 4294967295, '4294967295', '1', '(4294967295,65535)', 'FFFFFFFF/FFFFFFFF'),
    (32767, 2147483647, 9223372036854775807, 1e1000, 1e-500, 'NaN', 'NaN', '92233720368547758.07', false, 0, '3', '0', '(0,0)', '0/0'),
    (0, 0, 0, -1e-1000, -1e499, 'Infinity', '-Infinity', 0, NULL, NULL, NULL, NULL, NULL, NULL),
    (NULL, NULL, NULL, 0.1 + 0.2, NULL, 1e-45, 5e-324, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (NULL, NULL, NULL, repeat('9', 3000)::numeric, NULL, 3.4028235e38, 1.7976931348623157e308, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (1, 1, 1, 0.00, 1.0, 0.1, 0.1, 1, true, 1, '1', '1', '(1,1)', '0/1'),
    (NULL, NULL, NULL, NULL, NULL, 16777217, 0.30000000000000004, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
\if :v14
INSERT INTO numbers (n) VALUES ('Infinity'), ('-Infinity');
\endif
CREATE TABLE texts (id int GENERATED ALWAYS AS IDENTITY, t text, c char(10), v varchar(5), n name, ch "char", b bytea, bt bit(9), bv bit varying, ci ext.citext);
INSERT INTO texts (t, c, v, n, ch, b, bt, bv, ci) VALUES
    ('', '', '', '', '', '', B'000000000', B'', ''),
    (E'\\N', E'\\N', E'\\.', 'NULL', 'x', '\x00ff0a0d5c2e'::bytea, B'101010101', B'1', 'MiXed'),
    (E'\b\f\n\r\t\v\\', 'a  ', 'é☃', 'n', E'\\', decode('', 'hex'), NULL, NULL, NULL),
    (E'\\.', E'\t', E'\n', '"', '\377', '\x5c2e0a'::bytea, B'111111111', repeat('10', 500)::varbit, 'ß'),
    (E'a\n\\.\nb', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (E'\u0001\u007f\u0080\u2028\U0010FFFF\uFEFF', '☃☃☃', '☃☃☃☃☃', 'ü', 'a', E'\\000\\001\\177\\200\\377', NULL, NULL, NULL),
    (repeat('long ', 100000), NULL, NULL, NULL, NULL, (SELECT string_agg(set_byte('\x00', 0, g % 256), '' ORDER BY g) FROM generate_series(0, 70000) g), NULL, NULL, NULL),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE times (d date, t time, tz timetz, ts timestamp, tstz timestamptz, i interval, t0 time(0), ts3 timestamptz(3));
INSERT INTO times VALUES
    ('4713-01-01 BC', '00:00', '00:00:00+15:59', '4713-01-01 BC', '4713-01-01 00:00:00+00 BC', '-178000000 years', '23:59:59', '2000-01-01 00:00:00.0005+00'),
    ('5874897-12-31', '24:00', '24:00:00-15:59', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '178000000 years', '00:00', 'infinity'),
    ('infinity', '12:34:56.789012', '04:05:06.789-8', 'infinity', '-infinity', '1 mon -1 day +00:00:00.000001', NULL, NULL),
    ('-infinity', NULL, NULL, '-infinity', 'infinity', '-1 mons +1 days -00:00:01', NULL, NULL),
    ('2000-02-29', '00:00:00.000001', NULL, '1999-12-31 23:59:59.999999', '2026-03-29 01:30:00+00', '00:00', NULL, NULL);
CREATE TABLE documents (j json, jb jsonb, x xml, tv tsvector, tq tsquery, u uuid, jp jsonpath, h ext.hstore);
INSERT INTO documents VALUES
    ('{"b":1,  "a" : 2, "b":3}', '{"b":1,"a":2,"b":3}', '<a b="1">&lt;é<!-- c --></a>', 'a:1A,3 fat:2B ''odd \\ word'':4', '''fat'' & ( ''rat'' | !''cat'' <2> ''x'' )', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '$.a[*] ? (@.b > 1)', '"a"=>NULL, "b\"c"=>"d\\e"'),
    ('"\u0000"', '1e100000', NULL, '', '', '00000000-0000-0000-0000-000000000000', 'strict $', ''),
    (E' [1,\n2]', '[]', '<x/>', NULL, NULL, NULL, NULL, NULL),
    ('null', 'null', 'just text', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE networks (i inet, c cidr, m macaddr, m8 macaddr8);
INSERT INTO networks VALUES ('::ffff:1.2.3.4/128', '10/8', '08:00:2b:01:02:03', '08:00:2b:ff:fe:01:02:03'), ('0.0.0.0/0', '::/0', 'ff:ff:ff:ff:ff:ff', NULL), ('fe80::1/64', '192.168.100.128/25', NULL, NULL);
CREATE TABLE shapes (p point, l line, s lseg, b box, pa path, po polygon, c circle);
INSERT INTO shapes VALUES ('(1e300,-0)', '{1,-1,0.1}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(0,0),1e-300>'), ('(NaN,Infinity)', NULL, NULL, NULL, '((0,0),(1,1))', NULL, NULL);
CREATE TABLE ranges (i4 int4range, i8 int8range, n numrange, ts tsrange, tz tstzrange, d daterange);
INSERT INTO ranges VALUES ('empty', '[,]', '(NaN,)', '["2000-01-01 00:00:00.000001",infinity]', '(,)', '[2000-01-01,2000-01-02]'), ('[1,5]', '(1,2]', '[1.1,2.2)', 'empty', '[2020-01-01,)', '(,infinity)');
\if :v14
CREATE TABLE multiranges (m int4multirange, t tstzmultirange) ;
INSERT INTO multiranges VALUES ('{[1,3),[5,9)}', '{}'), ('{(,)}', NULL);
\endif
CREATE TABLE arrays (a int[], b text[][], c numeric[], d "char"[], e box[], f bytea[], g int[3]);
INSERT INTO arrays VALUES ('[-1:1]={1,NULL,3}', '{{"a,b","c\"d"},{"NULL",NULL},{"","\\"}}', '{NaN,1.10}', '{a,"\\"}', '{(1,1),(0,0);(2,2),(1,1)}', ARRAY['\x00'::bytea, ''], '{1,2,3,4}'), ('{}', '{}', NULL, NULL, NULL, '{}', '{{1},{2}}');
CREATE TABLE catalogue_names (r regclass, p regproc, pp regprocedure, t regtype, n regnamespace, ro regrole, op regoperator, c regconfig, col regcollation);
INSERT INTO catalogue_names VALUES ('pg_class', 'now', 'abs(int)', 'int[]', 'pg_catalog', 'world_owner', '+(int,int)', 'english', '"C"');

-- Tables of odd shapes ----------------------------------------------------------------------------------
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (42) STORED);
INSERT INTO only_generated DEFAULT VALUES; INSERT INTO only_generated DEFAULT VALUES;
CREATE TABLE dropped_columns (a int, b text DEFAULT 'gone', c int DEFAULT 3, d int);
INSERT INTO dropped_columns SELECT i, 'x', i, i FROM generate_series(1, 100) i;
ALTER TABLE dropped_columns DROP COLUMN b, DROP COLUMN a;
ALTER TABLE dropped_columns ADD COLUMN e text DEFAULT 'filled in later', ADD COLUMN f int;
INSERT INTO dropped_columns (d) VALUES (-1);
CREATE TABLE all_dropped (a int); INSERT INTO all_dropped VALUES (1), (2); ALTER TABLE all_dropped DROP COLUMN a;
CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text, d text GENERATED ALWAYS AS (upper(c)) STORED);
INSERT INTO generated (a, c) SELECT i, 'c' || i FROM generate_series(1, 100) i;
\if :v18
CREATE TABLE generated_virtual (a int, v int GENERATED ALWAYS AS (a + 1) VIRTUAL);
INSERT INTO generated_virtual (a) VALUES (1), (2);
\endif
SELECT 'CREATE TABLE wide (' || string_agg(format('c%s int', g), ', ') || ')' FROM generate_series(1, 400) g \gexec
INSERT INTO wide (c1, c200, c400) VALUES (1, 200, 400), (NULL, NULL, NULL);
CREATE TABLE holes (id int, pad text) WITH (fillfactor = 40, autovacuum_enabled = false);
INSERT INTO holes SELECT i, repeat('p', 300) FROM generate_series(1, 5000) i;
DELETE FROM holes WHERE id % 3 = 0;
UPDATE holes SET pad = 'u' WHERE id % 5 = 0;
CREATE UNLOGGED TABLE unlogged (id serial PRIMARY KEY, t text);
INSERT INTO unlogged (t) SELECT 'u' || i FROM generate_series(1, 100) i;
CREATE TABLE empty_table (id int PRIMARY KEY);
CREATE TABLE typed OF address (street NOT NULL, PRIMARY KEY ("no"));
INSERT INTO typed VALUES ('s', 1, '{ok}');
CREATE TABLE storage (a text, b text, c text) WITH (toast_tuple_target = 256, toast.autovacuum_enabled = false);
ALTER TABLE storage ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE MAIN, ALTER c SET STATISTICS 321, ALTER c SET (n_distinct = -0.5);
\if :v14
ALTER TABLE storage ALTER b SET COMPRESSION pglz;
\endif
INSERT INTO storage SELECT repeat(md5(i::text), 200), repeat('b', 5000), i::text FROM generate_series(1, 50) i;

-- Sequences -----------------------------------------------------------------------------------------------
CREATE SEQUENCE never_called START 5;
CREATE SEQUENCE called START 5; SELECT nextval('called'), nextval('called');
CREATE SEQUENCE backwards INCREMENT -3 MINVALUE -100 MAXVALUE -1 START -1 CYCLE; SELECT nextval('backwards') FROM generate_series(1, 4);
CREATE SEQUENCE small AS smallint MAXVALUE 32767 START 32767; SELECT nextval('small');
CREATE SEQUENCE set_not_called; SELECT setval('set_not_called', 77, false);
CREATE SEQUENCE extreme MINVALUE -9223372036854775808 START -9223372036854775808; SELECT nextval('extreme');
CREATE SEQUENCE cached CACHE 20; SELECT nextval('cached');
CREATE TABLE identities (a int GENERATED ALWAYS AS IDENTITY (START 1000 INCREMENT 7), b bigint GENERATED BY DEFAULT AS IDENTITY, t text);
INSERT INTO identities (t) SELECT 'i' || g FROM generate_series(1, 9) g;
INSERT INTO identities (a, b, t) OVERRIDING SYSTEM VALUE VALUES (-5, -6, 'by hand');
CREATE TABLE serials (id bigserial PRIMARY KEY, other int DEFAULT nextval('called'));
INSERT INTO serials SELECT FROM generate_series(1, 12);

-- Partitions ------------------------------------------------------------------------------------------------
CREATE TABLE events (id bigint GENERATED BY DEFAULT AS IDENTITY, at timestamptz NOT NULL, kind mood NOT NULL, body text, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE events_2025_good PARTITION OF events_2025 FOR VALUES IN ('happy', 'ecstatic');
CREATE TABLE events_2025_other (extra int, kind mood NOT NULL, at timestamptz NOT NULL, body text, id bigint NOT NULL);
ALTER TABLE events_2025_other DROP COLUMN extra;
ALTER TABLE events_2025 ATTACH PARTITION events_2025_other DEFAULT;
CREATE TABLE events_old PARTITION OF events DEFAULT WITH (fillfactor = 70);
CREATE INDEX events_body ON events (body text_pattern_ops) WHERE kind IS NOT NULL;
CREATE INDEX events_only ON ONLY events (kind);
INSERT INTO events (at, kind, body)
    SELECT '2023-06-01'::timestamptz + i * interval '3 hours', (enum_range(NULL::mood))[1 + i % 6], 'body ' || i FROM generate_series(1, 8000) i;
CREATE TABLE by_hash (k mood NOT NULL, v int) PARTITION BY HASH (k);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE by_hash_2 PARTITION OF by_hash FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO by_hash SELECT (enum_range(NULL::mood))[1 + i % 6], i FROM generate_series(1, 600) i;
CREATE TABLE by_expression (t text) PARTITION BY LIST (lower(t));
CREATE TABLE by_expression_a PARTITION OF by_expression FOR VALUES IN ('a', NULL);
INSERT INTO by_expression VALUES ('A'), ('a'), (NULL);
CREATE TABLE no_partitions (a int) PARTITION BY RANGE (a);

-- Inheritance -------------------------------------------------------------------------------------------------
CREATE TABLE parent (id int, name text DEFAULT 'p', CONSTRAINT named CHECK (name <> ''), CONSTRAINT own CHECK (id > 0) NO INHERIT);
CREATE TABLE parent_2 (id int, other text);
CREATE TABLE child (extra int) INHERITS (parent);
CREATE TABLE grandchild (name text DEFAULT 'g', more int) INHERITS (child, parent_2);
INSERT INTO parent VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES (-3, 'c', 1); INSERT INTO grandchild VALUES (-4, 'd', 2, 'o', 3);

-- Keys and constraints --------------------------------------------------------------------------------------
CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL, boss int REFERENCES authors DEFERRABLE INITIALLY DEFERRED, best_book int);
CREATE TABLE books (id int PRIMARY KEY, author int NOT NULL REFERENCES authors ON DELETE CASCADE ON UPDATE SET NULL, title text, isbn text, price numeric(10, 2),
    CONSTRAINT one_title UNIQUE (author, title) DEFERRABLE, CONSTRAINT isbn_key UNIQUE (isbn) INCLUDE (price), CONSTRAINT cheap CHECK (price < 1000) NOT VALID);
ALTER TABLE authors ADD CONSTRAINT best FOREIGN KEY (best_book) REFERENCES books DEFERRABLE;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO authors SELECT i, 'author ' || i, CASE WHEN i > 1 THEN i / 2 END, i FROM generate_series(1, 200) i;
INSERT INTO books SELECT i, i, 'title ' || i, 'isbn' || i, i FROM generate_series(1, 200) i;
COMMIT;
ALTER TABLE books DROP CONSTRAINT cheap;
INSERT INTO books VALUES (1000, 1, 'dear', 'isbn-dear', 5000);
ALTER TABLE books ADD CONSTRAINT cheap CHECK (price < 1000) NOT VALID;
CREATE TABLE orphans (id int, author int);
INSERT INTO orphans VALUES (1, 1), (2, 99999);
ALTER TABLE orphans ADD CONSTRAINT not_checked FOREIGN KEY (author) REFERENCES authors NOT VALID;
CREATE TABLE event_notes (event_id bigint, event_at timestamptz, event_kind mood, note text, FOREIGN KEY (event_id, event_at, event_kind) REFERENCES events ON DELETE SET NULL);
INSERT INTO event_notes SELECT id, at, kind, 'note' FROM events ORDER BY id LIMIT 50;
CREATE TABLE bookings (room int, during tstzrange, who ext.citext, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO bookings VALUES (1, '[2026-01-01,2026-01-02)', 'A'), (1, '[2026-01-02,2026-01-03)', 'b');
\if :v15
CREATE TABLE nulls_equal (a int, b int, CONSTRAINT one_null UNIQUE NULLS NOT DISTINCT (a));
INSERT INTO nulls_equal VALUES (NULL, 1), (2, NULL);
CREATE TABLE partial_set_null (id int PRIMARY KEY, tenant int, author int, FOREIGN KEY (author) REFERENCES authors ON DELETE SET NULL (author));
INSERT INTO partial_set_null VALUES (1, 2, 3);
\endif
\if :v18
CREATE TABLE not_enforced (a int, CONSTRAINT never CHECK (a > 0) NOT ENFORCED);
INSERT INTO not_enforced VALUES (-1);
CREATE TABLE periods (id int, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
INSERT INTO periods VALUES (1, '[2026-01-01,2026-02-01)');
\endif

-- Indexes and statistics ------------------------------------------------------------------------------------
CREATE TABLE indexed (id int, t text COLLATE "C", j jsonb, r int4range, p point, a int[], tv tsvector GENERATED ALWAYS AS (to_tsvector('simple', t)) STORED);
INSERT INTO indexed SELECT i, 'text ' || md5(i::text), jsonb_build_object('k', i % 10), int4range(i, i + 5), point(i, -i), ARRAY[i, i + 1] FROM generate_series(1, 3000) i;
CREATE UNIQUE INDEX indexed_id ON indexed (id DESC NULLS LAST) INCLUDE (t) WITH (fillfactor = 66);
CREATE INDEX indexed_expression ON indexed ((lower(t) || 'x') text_pattern_ops, (id % 7)) WHERE id > 10 AND t <> 'it''s';
CREATE INDEX indexed_gin ON indexed USING gin (j jsonb_path_ops, a) WITH (fastupdate = off);
CREATE INDEX indexed_trgm ON indexed USING gin (t gin_trgm_ops);
CREATE INDEX indexed_gist ON indexed USING gist (r, p);
CREATE INDEX indexed_spgist ON indexed USING spgist (p);
CREATE INDEX indexed_brin ON indexed USING brin (id) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX indexed_hash ON indexed USING hash (t);
CREATE INDEX indexed_tv ON indexed USING gin (tv);
ALTER INDEX indexed_expression ALTER COLUMN 2 SET STATISTICS 500;
ALTER TABLE indexed CLUSTER ON indexed_id;
ALTER TABLE indexed ALTER id SET NOT NULL;
CREATE UNIQUE INDEX indexed_replica ON indexed (id);
ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_replica;
ALTER TABLE numbers REPLICA IDENTITY FULL;
COMMENT ON INDEX indexed_gin IS 'an index with a comment';
COMMENT ON COLUMN indexed.t IS 'a column''s comment';
COMMENT ON CONSTRAINT isbn_key ON books IS 'a constraint''s comment';
CREATE STATISTICS indexed_stats (ndistinct, dependencies, mcv) ON id, t FROM indexed;
ALTER STATISTICS indexed_stats SET STATISTICS 77;
\if :v14
CREATE STATISTICS indexed_expr ON (lower(t)), (id % 10) FROM indexed;
\endif

-- Code --------------------------------------------------------------------------------------------------------
CREATE FUNCTION add(a int, b int DEFAULT 1, VARIADIC c int[] DEFAULT '{}') RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS 'SELECT a + b';
CREATE FUNCTION rows_of(OUT id int, OUT t text) RETURNS SETOF record LANGUAGE plpgsql ROWS 10 SET search_path = pg_catalog, public SET work_mem = '8MB' AS $body$
BEGIN
    RETURN QUERY SELECT 1, $q$it's "$$" here$q$::text;
END $body$;
CREATE PROCEDURE do_it(INOUT x int) LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN x := x + 1; COMMIT; END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a restore must not fire triggers'; END $$;
\if :v14
CREATE FUNCTION atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT a * 2; SELECT a + (SELECT count(*)::int FROM authors); END;
\endif
CREATE FUNCTION my_eq(address, address) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).street = ($2).street';
CREATE OPERATOR === (FUNCTION = my_eq, LEFTARG = address, RIGHTARG = address, COMMUTATOR = ===, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = SAFE, COMBINEFUNC = int4pl);
CREATE FUNCTION to_address(text) RETURNS address LANGUAGE sql IMMUTABLE AS $$SELECT ROW($1, 0, NULL)::address$$;
CREATE CAST (text AS address) WITH FUNCTION to_address(text) AS ASSIGNMENT;
CREATE COLLATION german (provider = libc, locale = 'C');
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, stopwords = english);
CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION mine ALTER MAPPING FOR word, asciiword WITH plain;
CREATE CONVERSION my_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE OPERATOR FAMILY my_family USING btree;
CREATE ACCESS METHOD heap_again TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE on_heap_again (a int) USING heap_again;
INSERT INTO on_heap_again VALUES (1), (2);

-- Triggers that a restore must not fire, in all their states ---------------------------------------------------
CREATE TABLE triggered (id int PRIMARY KEY, t text);
INSERT INTO triggered SELECT i, 't' FROM generate_series(1, 20) i;
CREATE TRIGGER a_before BEFORE INSERT OR UPDATE OF t ON triggered FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION touch('arg "1"', 'it''s');
CREATE TRIGGER b_disabled AFTER INSERT ON triggered EXECUTE FUNCTION touch(); ALTER TABLE triggered DISABLE TRIGGER b_disabled;
CREATE TRIGGER c_always AFTER INSERT ON triggered EXECUTE FUNCTION touch(); ALTER TABLE triggered ENABLE ALWAYS TRIGGER c_always;
CREATE TRIGGER d_replica AFTER DELETE ON triggered REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION touch(); ALTER TABLE triggered ENABLE REPLICA TRIGGER d_replica;
CREATE CONSTRAINT TRIGGER e_constraint AFTER INSERT ON triggered DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER part_trigger AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE protect AS ON DELETE TO triggered WHERE OLD.id = 1 DO INSTEAD NOTHING;

-- Views -----------------------------------------------------------------------------------------------------------
CREATE VIEW plain_view AS SELECT id, name FROM authors WHERE id < 10 WITH LOCAL CHECK OPTION;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM books;
CREATE VIEW by_key AS SELECT a.*, count(b.id) AS books FROM authors a LEFT JOIN books b ON b.author = a.id GROUP BY a.id;
CREATE RECURSIVE VIEW counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE VIEW updatable AS SELECT 1 AS one; CREATE RULE updatable_ins AS ON INSERT TO updatable DO INSTEAD NOTHING;
CREATE VIEW circle_1 AS SELECT 1 AS x; CREATE VIEW circle_2 AS SELECT x FROM circle_1; CREATE OR REPLACE VIEW circle_1 AS SELECT (SELECT count(*)::int FROM books) AS x;
ALTER VIEW plain_view ALTER COLUMN name SET DEFAULT 'nobody';
CREATE MATERIALIZED VIEW mv AS SELECT kind, count(*) AS n FROM events GROUP BY kind;
CREATE UNIQUE INDEX mv_kind ON mv (kind);
CREATE MATERIALIZED VIEW mv_of_mv WITH (fillfactor = 55) AS SELECT sum(n) AS total FROM mv;
CREATE MATERIALIZED VIEW mv_empty AS SELECT * FROM books WITH NO DATA;
CREATE MATERIALIZED VIEW mv_stale AS SELECT count(*) FROM authors;
\if :v15
CREATE VIEW invoker WITH (security_invoker) AS SELECT * FROM books;
\endif

-- Row security ------------------------------------------------------------------------------------------------------
CREATE TABLE secrets (id int, tenant name DEFAULT current_user, v text);
INSERT INTO secrets SELECT i, 'tenant' || i % 3, 's' FROM generate_series(1, 30) i;
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY; ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON secrets AS RESTRICTIVE FOR ALL TO world_reader, world_owner USING (tenant = current_user) WITH CHECK (id > 0);

-- Foreign data, replication, event triggers ----------------------------------------------------------------------------
CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x');
CREATE USER MAPPING FOR world_reader SERVER nowhere OPTIONS (user 'u', password 'p w''d');
CREATE FOREIGN TABLE far_away (id int OPTIONS (column_name 'ID'), t text) SERVER nowhere OPTIONS (schema_name 's', table_name 't');
CREATE PUBLICATION everything_pub FOR ALL TABLES WITH (publish = 'insert, update');
CREATE PUBLICATION some_pub FOR TABLE authors, ONLY books;
\if :v15
CREATE PUBLICATION filtered FOR TABLE authors (id, name) WHERE (id > 5);
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA "we""ird sch;ema";
\endif
CREATE SUBSCRIPTION world_sub CONNECTION 'host=127.0.0.1 port=1 dbname=x password=hidden' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE TABLE ddl_log (tag text);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ddl_log VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER log_it ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION log_ddl();

-- Large objects ---------------------------------------------------------------------------------------------------------
SELECT lo_from_bytea(424201, '\x'), lo_from_bytea(424202, '\x00ff5c0a27'), lo_from_bytea(424203, convert_to(repeat('large object ', 100000), 'UTF8'));
SELECT lo_create(424204), lo_put(424204, 5000000, '\x01');
COMMENT ON LARGE OBJECT 424202 IS 'a large object''s comment';
GRANT SELECT ON LARGE OBJECT 424203 TO world_reader;
ALTER LARGE OBJECT 424202 OWNER TO world_owner;

-- Ownership and privileges -------------------------------------------------------------------------------------------------
ALTER TABLE books OWNER TO world_owner;
ALTER TABLE event_notes OWNER TO "Rôle ""odd""; --";
GRANT SELECT, INSERT ON authors TO world_reader WITH GRANT OPTION;
GRANT SELECT (id, title), UPDATE (price) ON books TO world_reader;
GRANT USAGE ON SEQUENCE called TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA "we""ird sch;ema" TO "Rôle ""odd""; --";
REVOKE ALL ON FUNCTION add(int, int, int[]) FROM PUBLIC;
GRANT USAGE ON SCHEMA "we""ird sch;ema" TO world_reader;
GRANT USAGE ON TYPE mood TO world_reader; REVOKE USAGE ON TYPE mood FROM PUBLIC;
GRANT USAGE ON FOREIGN SERVER nowhere TO world_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE world_owner IN SCHEMA public GRANT SELECT ON TABLES TO world_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE world_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ANALYZE;
