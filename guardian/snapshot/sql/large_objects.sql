-- How many, how large, and which are too large to be read in one piece (262144: for reading; 2: the end).
SELECT count(*), pg_catalog.sum(o.size), pg_catalog.string_agg(CASE WHEN o.size > 268435456 THEN o.oid::pg_catalog.text END, ',' ORDER BY o.oid)
FROM (SELECT s.oid, pg_catalog.lo_lseek64(s.fd, 0, 2) AS size, pg_catalog.lo_close(s.fd)
      FROM (SELECT m.oid, pg_catalog.lo_open(m.oid, 262144) AS fd FROM pg_catalog.pg_largeobject_metadata AS m OFFSET 0) AS s
      OFFSET 0) AS o
