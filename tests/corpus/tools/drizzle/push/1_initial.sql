-- drizzle-kit push --force

select schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size from pg_sequences as seq WHERE schemaname = 'public';

SELECT rolname, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles;

SELECT schemaname, tablename, policyname as name, permissive as "as", roles as to, cmd as for, qual as using, with_check as "withCheck" FROM pg_policies WHERE schemaname = 'public';

CREATE TYPE "public"."plan" AS ENUM('free', 'team', 'legacy');

CREATE TABLE "accounts" (
	"id" serial PRIMARY KEY NOT NULL,
	"email" varchar(120) NOT NULL,
	"plan" "plan" DEFAULT 'free' NOT NULL,
	"bio" text,
	"credits" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "drafts" (
	"id" serial PRIMARY KEY NOT NULL,
	"body" text
);

CREATE TABLE "projects" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" integer NOT NULL,
	"title" text NOT NULL,
	"budget" numeric(12, 2),
	"settings" jsonb DEFAULT '{}'::jsonb
);

ALTER TABLE "projects" ADD CONSTRAINT "projects_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;

CREATE UNIQUE INDEX "accounts_email" ON "accounts" USING btree ("email");

CREATE INDEX "projects_owner" ON "projects" USING btree ("owner_id");
