-- alembic upgrade a3

BEGIN;

ROLLBACK;

BEGIN;

ROLLBACK;

BEGIN;

SELECT alembic_version.version_num
FROM alembic_version;

ALTER TABLE sensors DROP COLUMN remark;

ALTER TABLE sensors ADD COLUMN room INTEGER DEFAULT '1' NOT NULL;

ALTER TABLE sensors ALTER COLUMN threshold TYPE NUMERIC(6, 1);

ALTER TABLE sensors RENAME label TO name;

ALTER TABLE sensors ALTER COLUMN room DROP DEFAULT;

ALTER TABLE sensors ADD CONSTRAINT sensors_room CHECK (room > 0);

ALTER TABLE readings DROP CONSTRAINT readings_sensor_id_fkey;

ALTER TABLE readings ADD CONSTRAINT readings_sensor FOREIGN KEY(sensor_id) REFERENCES sensors (id) ON DELETE CASCADE;

CREATE INDEX readings_at ON readings USING brin (at);

UPDATE alembic_version SET version_num='a3' WHERE alembic_version.version_num = 'a2';

COMMIT;
