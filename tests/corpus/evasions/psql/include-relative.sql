-- class: unknown|refused effect=none
-- run: psql
-- a relative one
\ir nothing-here.sql
