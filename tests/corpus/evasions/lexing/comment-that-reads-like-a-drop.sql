-- class: none
-- a comment is only a comment
SELECT 1; -- DROP TABLE archive.old_orders;
/* TRUNCATE users; */
