-- Up Migration
CREATE TYPE ticket_state AS ENUM ('open', 'closed');
CREATE TABLE tickets (id serial PRIMARY KEY, title text NOT NULL, state ticket_state NOT NULL DEFAULT 'open', body text);
INSERT INTO tickets (title, body) VALUES ('first', 'a; b');
CREATE FUNCTION close_all() RETURNS int LANGUAGE plpgsql AS $$ BEGIN UPDATE tickets SET state = 'closed'; RETURN 1; END $$;
-- Down Migration
DROP TABLE tickets;
