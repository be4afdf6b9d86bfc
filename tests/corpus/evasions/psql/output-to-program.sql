-- class: unknown|refused effect=none
-- run: psql
-- output to a program
\o |cat
SELECT 1;
\o
