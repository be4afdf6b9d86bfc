-- class: unknown|refused effect=none
-- run: psql
-- one more setting of the lexer
SET backslash_quote = on;
SELECT E'a\'b';
