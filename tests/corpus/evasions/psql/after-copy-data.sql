-- class: destructive
-- run: psql
-- SQL behind COPY data
COPY app.settings FROM stdin;
new	1
\.
DROP TABLE archive.old_orders;
