-- Deploy library:books to pg

BEGIN;

CREATE SCHEMA library;
CREATE TABLE library.books (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title   TEXT NOT NULL,
    remarks TEXT
);
COPY library.books (title, remarks) FROM stdin;
First	worn; DROP TABLE nothing
Second	\N
\.

COMMIT;
