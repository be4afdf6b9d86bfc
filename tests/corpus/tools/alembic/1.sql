-- alembic upgrade a1

BEGIN;

ROLLBACK;

BEGIN;

ROLLBACK;

BEGIN;

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

COMMIT;

BEGIN;

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

INSERT INTO sensors (label, remark) VALUES ('one', 'it''s; fine'),('two', NULL);

INSERT INTO alembic_version (version_num) VALUES ('a1') RETURNING alembic_version.version_num;

COMMIT;
