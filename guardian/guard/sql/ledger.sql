-- Layout 1 of Guardian's own record. One statement, so that it is all there or not at all; a second
-- session that makes it at the same moment fails on the name, and finds it there afterwards.
DO $guardian$
DECLARE
    owner_name name;
BEGIN
    CREATE SCHEMA guardian;
    COMMENT ON SCHEMA guardian IS
        'Guardian''s record of the schema changes that it applied here (layout 1). Not part of the application: leave it out of dumps for developers; dropping it loses no data of yours.';
    CREATE TABLE guardian.changes (
        change text PRIMARY KEY,
        kind text NOT NULL,
        began timestamptz,
        ended timestamptz,
        who text NOT NULL,
        host text NOT NULL,
        version text NOT NULL,
        class text NOT NULL,
        outcome text NOT NULL,
        snapshot text NOT NULL,
        text_sha256 text NOT NULL,
        rolled_back_by text);
    CREATE TABLE guardian.steps (
        change text NOT NULL,
        step integer NOT NULL,
        hash text NOT NULL,
        state text NOT NULL,
        xid xid8,
        at timestamptz NOT NULL,
        others text, -- transactions that were open beside it; with xid and xmin it tells whose savepoint wrote a row
        wrote jsonb, -- what it wrote, as it knew at its end: ids of its savepoints, and rows by table
        PRIMARY KEY (change, step));
    CREATE TABLE guardian.files (
        sha256 text NOT NULL,
        path text NOT NULL,
        folder text NOT NULL,
        change text NOT NULL,
        at timestamptz NOT NULL,
        rolled_back_by text,
        rerun_safe boolean NOT NULL,
        stamp text,
        PRIMARY KEY (change, sha256, path));
    CREATE INDEX ON guardian.files (sha256);
    -- Whoever owns the database may go on with it, when a superuser came first.
    SELECT pg_catalog.pg_get_userbyid(datdba) INTO owner_name
        FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database();
    IF owner_name OPERATOR(pg_catalog.<>) CURRENT_USER THEN
        EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA guardian TO %I', owner_name);
        EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE ON guardian.changes, guardian.steps, guardian.files TO %I', owner_name);
    END IF;
END
$guardian$
