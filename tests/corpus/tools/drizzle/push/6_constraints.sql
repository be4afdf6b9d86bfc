-- drizzle-kit push --force

select schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size from pg_sequences as seq WHERE schemaname = 'public';

SELECT rolname, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles;

SELECT schemaname, tablename, policyname as name, permissive as "as", roles as to, cmd as for, qual as using, with_check as "withCheck" FROM pg_policies WHERE schemaname = 'public';

select count(*) as count from "projects";

CREATE INDEX "projects_title" ON "projects" USING btree ("title" DESC NULLS LAST) WHERE budget > 0;

ALTER TABLE "projects" ADD CONSTRAINT "projects_title_unique" UNIQUE("title");

ALTER TABLE "projects" ADD CONSTRAINT "projects_budget" CHECK ("projects"."budget" >= 0);
