CREATE INDEX "projects_title" ON "projects" USING btree ("title" DESC NULLS LAST) WHERE budget > 0;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_title_unique" UNIQUE("title");--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_budget" CHECK ("projects"."budget" >= 0);
