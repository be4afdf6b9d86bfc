DROP POLICY "drafts_read" ON "drafts" CASCADE;--> statement-breakpoint
DROP TABLE "drafts" CASCADE;
