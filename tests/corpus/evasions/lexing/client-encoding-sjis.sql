-- class: destructive|unknown
-- in SJIS the second byte of a character may be a backslash
SET client_encoding = 'SJIS'; DROP TABLE archive.old_orders;
