-- class: unknown|refused
-- run: psql
-- the lexer changes
\encoding SJIS
DROP TABLE archive.old_orders;
