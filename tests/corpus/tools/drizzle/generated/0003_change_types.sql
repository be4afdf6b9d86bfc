ALTER TABLE "accounts" ALTER COLUMN "email" SET DATA TYPE varchar(60);--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "credits" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "projects" ALTER COLUMN "budget" SET DATA TYPE numeric(8, 0);
