-- Seeds that undo at every boot what people changed.
INSERT INTO "Setting" ("key", "value") VALUES ('theme', '"light"')
ON CONFLICT ("key") DO UPDATE SET "value" = EXCLUDED."value";
UPDATE "User" SET "role" = 'ADMIN' WHERE "email" = 'user1@example.org';
SELECT setval(pg_get_serial_sequence('"User"', 'id'), (SELECT max("id") FROM "User"));
