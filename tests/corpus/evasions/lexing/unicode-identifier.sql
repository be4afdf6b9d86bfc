-- class: destructive
-- the scanner resolves U&"" names
DROP TABLE archive.U&"old\005Forders";
