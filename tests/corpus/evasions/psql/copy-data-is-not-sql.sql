-- class: additive
-- run: psql
-- lines of COPY data that read like SQL
COPY app.settings FROM stdin;
DROP TABLE users;	1
\.
