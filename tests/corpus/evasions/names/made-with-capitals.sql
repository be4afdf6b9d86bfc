-- class: destructive
-- "Users" is not users
CREATE TABLE "Users" (id int); DROP TABLE users CASCADE;
