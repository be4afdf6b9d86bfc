-- alembic upgrade head --sql

BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> a1

CREATE TYPE sensor_state AS ENUM ('on', 'off');

CREATE TABLE sensors (
    id SERIAL NOT NULL,
    label VARCHAR(100) NOT NULL,
    state sensor_state DEFAULT 'on' NOT NULL,
    remark TEXT,
    threshold NUMERIC(10, 3),
    PRIMARY KEY (id),
    UNIQUE (label)
);

CREATE TABLE readings (
    sensor_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    value FLOAT,
    PRIMARY KEY (sensor_id, at),
    FOREIGN KEY(sensor_id) REFERENCES sensors (id)
);

INSERT INTO sensors (label, remark) VALUES ('one', 'it''s; fine');

INSERT INTO sensors (label, remark) VALUES ('two', NULL);

INSERT INTO alembic_version (version_num) VALUES ('a1') RETURNING alembic_version.version_num;

-- Running upgrade a1 -> a2

COMMIT;

ALTER TYPE sensor_state ADD VALUE IF NOT EXISTS 'broken';

BEGIN;

UPDATE sensors SET state = 'broken' WHERE label = 'two';

UPDATE alembic_version SET version_num='a2' WHERE alembic_version.version_num = 'a1';

-- Running upgrade a2 -> a3

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

-- Running upgrade a3 -> a4

ALTER TYPE sensor_state RENAME TO sensor_state_old;

CREATE TYPE sensor_state AS ENUM ('on', 'broken');

ALTER TABLE sensors ALTER COLUMN state DROP DEFAULT;

ALTER TABLE sensors ALTER COLUMN state TYPE sensor_state USING (CASE state::text WHEN 'off' THEN 'broken' ELSE state::text END)::sensor_state;

ALTER TABLE sensors ALTER COLUMN state SET DEFAULT 'on';

DROP TYPE sensor_state_old;

UPDATE alembic_version SET version_num='a4' WHERE alembic_version.version_num = 'a3';

-- Running upgrade a4 -> a5

DROP INDEX readings_at;

ALTER TABLE readings RENAME TO measurements;

DROP TABLE measurements;

UPDATE alembic_version SET version_num='a5' WHERE alembic_version.version_num = 'a4';

COMMIT;
