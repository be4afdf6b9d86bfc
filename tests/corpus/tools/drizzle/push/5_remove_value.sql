-- drizzle-kit push --force

select schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size from pg_sequences as seq WHERE schemaname = 'public';

SELECT rolname, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles;

SELECT schemaname, tablename, policyname as name, permissive as "as", roles as to, cmd as for, qual as using, with_check as "withCheck" FROM pg_policies WHERE schemaname = 'public';

ALTER TABLE "accounts" ALTER COLUMN "plan" SET DATA TYPE text;

ALTER TABLE "accounts" ALTER COLUMN "plan" SET DEFAULT 'free'::text;

DROP TYPE "public"."plan";

CREATE TYPE "public"."plan" AS ENUM('free', 'team', 'enterprise');

ALTER TABLE "accounts" ALTER COLUMN "plan" SET DEFAULT 'free'::"public"."plan";

ALTER TABLE "accounts" ALTER COLUMN "plan" SET DATA TYPE "public"."plan" USING "plan"::"public"."plan";
