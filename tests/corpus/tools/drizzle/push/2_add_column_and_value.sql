-- drizzle-kit push --force

select schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size from pg_sequences as seq WHERE schemaname = 'public';

SELECT rolname, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles;

SELECT schemaname, tablename, policyname as name, permissive as "as", roles as to, cmd as for, qual as using, with_check as "withCheck" FROM pg_policies WHERE schemaname = 'public';

ALTER TYPE "public"."plan" ADD VALUE 'enterprise';

ALTER TABLE "accounts" ADD COLUMN "verified" boolean DEFAULT false NOT NULL;
