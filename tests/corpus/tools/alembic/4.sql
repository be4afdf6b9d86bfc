-- alembic upgrade a4

BEGIN;

ROLLBACK;

BEGIN;

ROLLBACK;

BEGIN;

SELECT alembic_version.version_num
FROM alembic_version;

ALTER TYPE sensor_state RENAME TO sensor_state_old;

CREATE TYPE sensor_state AS ENUM ('on', 'broken');

ALTER TABLE sensors ALTER COLUMN state DROP DEFAULT;

ALTER TABLE sensors ALTER COLUMN state TYPE sensor_state USING (CASE state::text WHEN 'off' THEN 'broken' ELSE state::text END)::sensor_state;

ALTER TABLE sensors ALTER COLUMN state SET DEFAULT 'on';

DROP TYPE sensor_state_old;

UPDATE alembic_version SET version_num='a4' WHERE alembic_version.version_num = 'a3';

COMMIT;
