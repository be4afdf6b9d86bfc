-- miss: F007
ALTER PROCEDURE app.spare_proc() SET search_path = spare;
