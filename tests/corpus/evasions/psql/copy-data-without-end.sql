-- class: unknown|refused|additive
-- run: psql
-- COPY data that never ends: all of the rest is data
COPY app.settings FROM stdin;
DROP TABLE archive.old_orders;	1
