-- alembic upgrade a5

BEGIN;

ROLLBACK;

BEGIN;

ROLLBACK;

BEGIN;

SELECT alembic_version.version_num
FROM alembic_version;

DROP INDEX readings_at;

ALTER TABLE readings RENAME TO measurements;

DROP TABLE measurements;

UPDATE alembic_version SET version_num='a5' WHERE alembic_version.version_num = 'a4';

COMMIT;
