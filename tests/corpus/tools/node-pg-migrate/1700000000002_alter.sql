-- node-pg-migrate up

SELECT pg_try_advisory_lock(7241865325823964) AS "lockObtained";

SET search_path TO "public";

SELECT name FROM "public"."pgmigrations" ORDER BY run_on, id;

BEGIN;

SELECT close_all();

ALTER TABLE "tickets"
  DROP "body";

ALTER TABLE "tickets"
  ADD "priority" smallint DEFAULT 1 NOT NULL;

ALTER TABLE "tickets"
  ALTER "title" SET DATA TYPE varchar(80) USING left(title, 80);

ALTER TABLE "tickets" RENAME "state" TO "status";

ALTER TABLE "tickets"
  ADD CONSTRAINT "tickets_priority" CHECK (priority BETWEEN 1 AND 5);

CREATE INDEX "tickets_status_index" ON "tickets" ("status") WHERE status = 'open';

CREATE OR REPLACE FUNCTION "tickets_note"()
  RETURNS trigger
  AS $pga$BEGIN NEW.title := trim(NEW.title); RETURN NEW; END$pga$
  VOLATILE
  LANGUAGE plpgsql;
CREATE TRIGGER "tickets_note"
  BEFORE UPDATE ON "tickets"
  FOR EACH ROW
  EXECUTE PROCEDURE "tickets_note"();

INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('1700000000002_alter', NOW());

COMMIT;

SELECT pg_advisory_unlock(7241865325823964) AS "lockReleased";
