-- class: destructive|unknown
-- a server file, in no dump
ALTER SYSTEM SET archive_command = 'true';
