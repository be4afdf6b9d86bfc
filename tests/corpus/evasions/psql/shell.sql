-- class: unknown|refused effect=none
-- run: psql
-- a shell command
\! true
