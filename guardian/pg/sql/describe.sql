-- $1, $2, $3: addresses.
SELECT w.class, w.oid, w.col, i.type, i.identity,
       CASE w.class WHEN 1259 THEN w.oid
                    WHEN 2606 THEN (SELECT NULLIF(conrelid, 0) FROM pg_constraint WHERE oid = w.oid)
                    WHEN 2604 THEN (SELECT adrelid FROM pg_attrdef WHERE oid = w.oid)
                    WHEN 2618 THEN (SELECT ev_class FROM pg_rewrite WHERE oid = w.oid)
                    WHEN 2620 THEN (SELECT tgrelid FROM pg_trigger WHERE oid = w.oid)
                    WHEN 3256 THEN (SELECT polrelid FROM pg_policy WHERE oid = w.oid) END
FROM unnest($1::oid[], $2::oid[], $3::int[]) AS w (class, oid, col)
CROSS JOIN LATERAL pg_identify_object(w.class, w.oid, w.col) AS i
