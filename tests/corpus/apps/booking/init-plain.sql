-- Runs at every start of the container, after the ORM's own push: everything that the ORM cannot say.
-- Every part finds its work done at the second run.


BEGIN;

SET LOCAL lock_timeout = '5s';
SET LOCAL client_min_messages = warning;

-- 1. extensions
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- 2. roles and schemas
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'booking_api') THEN
        CREATE ROLE booking_api NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'booking_report') THEN
        CREATE ROLE booking_report NOLOGIN;
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS internal;

-- 3. types that only this file knows
DO $$ BEGIN
    CREATE TYPE internal.severity AS ENUM ('info', 'warning', 'error');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END $$;

CREATE TABLE IF NOT EXISTS internal.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    severity internal.severity NOT NULL DEFAULT 'info',
    entity text NOT NULL,
    entity_id text,
    action text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX IF NOT EXISTS audit_entity ON internal.audit (entity, entity_id);
ALTER TABLE internal.audit ADD COLUMN IF NOT EXISTS actor text DEFAULT current_user;

-- 4. functions
CREATE OR REPLACE FUNCTION internal.current_account() RETURNS integer
    LANGUAGE sql STABLE
    AS $$ SELECT NULLIF(current_setting('app.account', true), '')::integer $$;

CREATE OR REPLACE FUNCTION internal.stamp() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW."updatedAt" := now();
    RETURN NEW;
END;
$$;

CREATE OR REPLACE FUNCTION internal.record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = internal, pg_temp
    AS $$
BEGIN
    INSERT INTO internal.audit (entity, entity_id, action, before, after)
    VALUES (TG_TABLE_NAME, COALESCE(NEW.id, OLD.id)::text, lower(TG_OP),
            CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
            CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE FUNCTION internal.forget_user(target integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- called by the API, never here
    DELETE FROM "Booking" WHERE "userId" = target;
    UPDATE "User" SET "email" = 'gone-' || target || '@invalid', "name" = 'gone' WHERE "id" = target;
END;
$$;

-- 5. triggers
CREATE OR REPLACE TRIGGER user_stamp BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION internal.stamp();
DROP TRIGGER IF EXISTS booking_record ON "Booking";
CREATE TRIGGER booking_record AFTER INSERT OR UPDATE OR DELETE ON "Booking" FOR EACH ROW EXECUTE FUNCTION internal.record();

-- 6. constraints that the ORM does not know, each behind a guard
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'booking_ends_later' AND conrelid = '"Booking"'::regclass) THEN
        ALTER TABLE "Booking" ADD CONSTRAINT booking_ends_later CHECK ("endsAt" > "startsAt") NOT VALID;
    END IF;
    ALTER TABLE "Booking" VALIDATE CONSTRAINT booking_ends_later;
END
$$;

DO $$
BEGIN
    ALTER TABLE "Venue" ADD CONSTRAINT venue_capacity CHECK ("capacity" > 0);
EXCEPTION WHEN duplicate_object THEN
    RAISE NOTICE 'venue_capacity is there';
END
$$;

DO $$
BEGIN
    ALTER TABLE "Booking" ADD CONSTRAINT booking_no_overlap
        EXCLUDE USING gist ("venueId" WITH =, tstzrange("startsAt", "endsAt") WITH &&) WHERE ("status" <> 'CANCELLED');
EXCEPTION WHEN duplicate_table OR duplicate_object THEN NULL;
END
$$;

-- 7. indexes
CREATE INDEX IF NOT EXISTS user_name_search ON "User" USING gin ("name" gin_trgm_ops);
CREATE UNIQUE INDEX IF NOT EXISTS user_email_lower ON "User" (lower("email"));

-- 8. row level security
ALTER TABLE "Booking" ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS booking_own ON "Booking";
CREATE POLICY booking_own ON "Booking" FOR ALL TO booking_api
    USING ("userId" = internal.current_account()) WITH CHECK ("userId" = internal.current_account());
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE tablename = 'Booking' AND policyname = 'booking_report_all') THEN
        CREATE POLICY booking_report_all ON "Booking" FOR SELECT TO booking_report USING (true);
    END IF;
END
$$;

-- 9. views
CREATE OR REPLACE VIEW internal.upcoming AS
    SELECT b."id", b."startsAt", u."email", v."title"
    FROM "Booking" b JOIN "User" u ON u."id" = b."userId" JOIN "Venue" v ON v."id" = b."venueId"
    WHERE b."status" = 'CONFIRMED' AND b."startsAt" > now();

-- 10. rights
GRANT USAGE ON SCHEMA public, internal TO booking_api, booking_report;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO booking_api;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO booking_api;
GRANT SELECT ON internal.upcoming TO booking_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO booking_report;

-- 11. words
COMMENT ON TABLE internal.audit IS 'Who changed what; kept for a year';

COMMIT;
