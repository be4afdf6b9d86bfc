-- class: destructive
-- the generated column goes
DROP FUNCTION app.gross(numeric) CASCADE;
