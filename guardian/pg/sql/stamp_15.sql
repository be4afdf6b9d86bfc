-- What a stamp counts beyond stamp.sql since PostgreSQL 15.
SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(
           oid::pg_catalog.int8 << 32 | xmin::pg_catalog.text::pg_catalog.int8, 0))
FROM pg_catalog.pg_publication_namespace
