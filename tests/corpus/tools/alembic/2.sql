-- alembic upgrade a2

BEGIN;

ROLLBACK;

BEGIN;

ROLLBACK;

BEGIN;

SELECT alembic_version.version_num
FROM alembic_version;

COMMIT;

BEGIN;

ROLLBACK;

ALTER TYPE sensor_state ADD VALUE IF NOT EXISTS 'broken';

BEGIN ISOLATION LEVEL READ COMMITTED;

UPDATE sensors SET state = 'broken' WHERE label = 'two';

UPDATE alembic_version SET version_num='a2' WHERE alembic_version.version_num = 'a1';

COMMIT;
