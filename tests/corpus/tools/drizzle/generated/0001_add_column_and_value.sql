ALTER TYPE "public"."plan" ADD VALUE 'enterprise';--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "verified" boolean DEFAULT false NOT NULL;
