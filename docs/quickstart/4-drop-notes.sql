-- Looks harmless, and has been agreed on: nobody reads the notes any more. Do they?
ALTER TABLE customers DROP COLUMN marketing_notes;
