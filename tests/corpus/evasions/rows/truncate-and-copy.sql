-- class: destructive
-- reload
BEGIN; TRUNCATE app.settings; COPY app.settings FROM '/dev/null' WITH (FREEZE); COMMIT;
