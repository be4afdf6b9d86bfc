-- class: unknown|refused effect=none
-- run: psql
-- \g to a program
SELECT 1 \g |cat
