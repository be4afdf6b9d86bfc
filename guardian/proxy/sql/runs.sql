-- Beside the ledger's tables, made when the first run is remembered: what was run to its end, and the
-- schema's stamp afterwards. Two that make it at once: the second finds it there.
DO $guardian$
DECLARE
    owner_name name;
BEGIN
    IF pg_catalog.to_regclass('guardian.runs') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE TABLE guardian.runs (
        key text PRIMARY KEY,
        stamp text NOT NULL,
        change text NOT NULL,
        version text NOT NULL,
        at timestamptz NOT NULL);
    COMMENT ON TABLE guardian.runs IS
        'Commands that need not be run again while neither their files nor the schema change (--skip-unchanged).';
    SELECT pg_catalog.pg_get_userbyid(datdba) INTO owner_name
        FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database();
    IF owner_name OPERATOR(pg_catalog.<>) CURRENT_USER THEN
        EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON guardian.runs TO %I', owner_name);
    END IF;
EXCEPTION
    WHEN duplicate_table OR duplicate_object OR unique_violation THEN
        NULL;
END
$guardian$
