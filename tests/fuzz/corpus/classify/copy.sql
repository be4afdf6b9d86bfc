CREATE TABLE a (id int);
DROP TABLE a;
COPY a FROM stdin;
1
\\.
