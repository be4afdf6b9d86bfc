ALTER TABLE "drafts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE VIEW "public"."paying" AS (select "id", "email", "plan", "verified", "credits", "created_at" from "accounts" where plan <> 'free');--> statement-breakpoint
CREATE POLICY "drafts_read" ON "drafts" AS PERMISSIVE FOR SELECT TO public USING (true);
