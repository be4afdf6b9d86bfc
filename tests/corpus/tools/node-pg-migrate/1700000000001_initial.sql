-- node-pg-migrate up

SELECT pg_try_advisory_lock(7241865325823964) AS "lockObtained";

SET search_path TO "public";

CREATE TABLE "public"."pgmigrations" (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);

SELECT name FROM "public"."pgmigrations" ORDER BY run_on, id;

BEGIN;

-- Up Migration
CREATE TYPE ticket_state AS ENUM ('open', 'closed');
CREATE TABLE tickets (id serial PRIMARY KEY, title text NOT NULL, state ticket_state NOT NULL DEFAULT 'open', body text);
INSERT INTO tickets (title, body) VALUES ('first', 'a; b');
CREATE FUNCTION close_all() RETURNS int LANGUAGE plpgsql AS $$ BEGIN UPDATE tickets SET state = 'closed'; RETURN 1; END $$;
;

INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('1700000000001_initial', NOW());

COMMIT;

SELECT pg_advisory_unlock(7241865325823964) AS "lockReleased";
