-- Seeds that keep what is there.
INSERT INTO "User" ("id", "email", "name", "role", "updatedAt") VALUES
    (1, 'user1@example.org', 'User 1', 'ADMIN', now()),
    (9001, 'house@example.org', 'The house', 'HOST', now())
ON CONFLICT ("id") DO NOTHING;
INSERT INTO "Setting" ("key", "value") VALUES ('theme', '"light"'), ('currencies', '["EUR", "CHF"]')
ON CONFLICT DO NOTHING;
