-- Types, domains, functions, aggregates and operators: key and definition of each line.
WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_catalog.pg_depend
    WHERE deptype = 'e' OR deptype = 'i' AND classid = 1255),
space AS MATERIALIZED (
    SELECT oid, nspname FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'guardian')),
typ AS MATERIALIZED (
    SELECT t.*, pg_catalog.format('%I.%I', n.nspname, t.typname) AS name,
        CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END AS kind
    FROM pg_catalog.pg_type AS t JOIN space AS n ON n.oid = t.typnamespace
    WHERE (t.typtype IN ('d', 'e', 'r', 'p')
        OR t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
        OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
      AND t.oid NOT IN (SELECT objid FROM member WHERE classid = 1247)),
proc AS MATERIALIZED (
    SELECT p.*, p.oid::pg_catalog.regprocedure::text AS name,
        CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind
    FROM pg_catalog.pg_proc AS p JOIN space AS n ON n.oid = p.pronamespace
    WHERE p.oid NOT IN (SELECT objid FROM member WHERE classid = 1255)),
op AS MATERIALIZED (
    SELECT o.*, o.oid::pg_catalog.regoperator::text AS name
    FROM pg_catalog.pg_operator AS o JOIN space AS n ON n.oid = o.oprnamespace
    WHERE o.oid NOT IN (SELECT objid FROM member WHERE classid = 2617))
SELECT kind || ' ' || name, CASE typtype
    WHEN 'e' THEN 'enum (' || coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = typ.oid), '') || ')'
    WHEN 'd' THEN pg_catalog.concat(pg_catalog.format_type(typbasetype, typtypmod),
        CASE WHEN typcollation <> (SELECT b.typcollation FROM pg_catalog.pg_type AS b WHERE b.oid = typ.typbasetype)
            THEN ' collate ' || (SELECT pg_catalog.format('%I.%I', n.nspname, l.collname) FROM pg_catalog.pg_collation AS l
                JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace WHERE l.oid = typcollation) END,
        CASE WHEN typnotnull THEN ' not null' END, ' default ' || typdefault)
    WHEN 'r' THEN (SELECT pg_catalog.concat_ws(' ', 'range of', pg_catalog.format_type(r.rngsubtype, NULL),
            'class ' || (SELECT pg_catalog.format('%I.%I', n.nspname, o.opcname) FROM pg_catalog.pg_opclass AS o
                JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
            'collate ' || (SELECT pg_catalog.format('%I.%I', n.nspname, l.collname) FROM pg_catalog.pg_collation AS l
                JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace WHERE l.oid = r.rngcollation),
            'canonical ' || nullif(r.rngcanonical::text, '-'), 'difference ' || nullif(r.rngsubdiff::text, '-'))
        FROM pg_catalog.pg_range AS r WHERE r.rngtypid = typ.oid)
    WHEN 'c' THEN ''
    WHEN 'p' THEN 'a shell'
    ELSE pg_catalog.concat_ws(' ', 'base', typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typlen, typbyval,
        typcategory, typispreferred, typdelim, nullif(typelem::pg_catalog.regtype::text, '-'), typalign, typstorage, typcollation <> 0, typdefault) END
FROM typ WHERE typtype <> 'c'
UNION ALL
SELECT 'owner of ' || kind || ' ' || name, pg_catalog.pg_get_userbyid(typowner) FROM typ WHERE typtype <> 'c'
UNION ALL
SELECT 'privileges on ' || kind || ' ' || name,
    (SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(typacl) AS x)
FROM typ WHERE NOT (typacl @> pg_catalog.acldefault('T', typowner) AND typacl <@ pg_catalog.acldefault('T', typowner))
UNION ALL
SELECT pg_catalog.format('constraint %I on domain %s', k.conname, t.name), pg_catalog.pg_get_constraintdef(k.oid)
FROM typ AS t JOIN pg_catalog.pg_constraint AS k ON k.contypid = t.oid
UNION ALL
SELECT kind || ' ' || name, CASE WHEN prokind <> 'a' THEN pg_catalog.pg_get_functiondef(oid)
    ELSE (SELECT pg_catalog.concat_ws(' ', 'returns', pg_catalog.format_type(proc.prorettype, NULL), a.aggkind, a.aggnumdirectargs,
            'sfunc', a.aggtransfn, 'stype', pg_catalog.format_type(a.aggtranstype, NULL), 'sspace ' || nullif(a.aggtransspace, 0),
            'finalfunc ' || nullif(a.aggfinalfn::text, '-'), a.aggfinalextra, a.aggfinalmodify, 'combinefunc ' || nullif(a.aggcombinefn::text, '-'),
            'serialfunc ' || nullif(a.aggserialfn::text, '-'), 'deserialfunc ' || nullif(a.aggdeserialfn::text, '-'),
            'msfunc ' || nullif(a.aggmtransfn::text, '-'), 'minvfunc ' || nullif(a.aggminvtransfn::text, '-'),
            'mstype ' || pg_catalog.format_type(nullif(a.aggmtranstype, 0), NULL), 'mfinalfunc ' || nullif(a.aggmfinalfn::text, '-'),
            a.aggmfinalextra, a.aggmfinalmodify, 'initcond ' || pg_catalog.quote_literal(a.agginitval),
            'minitcond ' || pg_catalog.quote_literal(a.aggminitval), 'sortop ' || nullif(a.aggsortop::pg_catalog.regoperator::text, '0'),
            'parallel', proc.proparallel)
        FROM pg_catalog.pg_aggregate AS a WHERE a.aggfnoid = proc.oid) END
FROM proc
UNION ALL
SELECT 'owner of ' || kind || ' ' || name, pg_catalog.pg_get_userbyid(proowner) FROM proc
UNION ALL
SELECT 'privileges on ' || kind || ' ' || name,
    (SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(proacl) AS x)
FROM proc WHERE NOT (proacl @> pg_catalog.acldefault('f', proowner) AND proacl <@ pg_catalog.acldefault('f', proowner))
UNION ALL
SELECT 'operator ' || name, pg_catalog.concat_ws(' ', 'function', nullif(oprcode::pg_catalog.regprocedure::text, '0'), 'returns',
    nullif(oprresult::pg_catalog.regtype::text, '-'), 'commutator ' || nullif(oprcom::pg_catalog.regoperator::text, '0'),
    'negator ' || nullif(oprnegate::pg_catalog.regoperator::text, '0'), 'restrict ' || nullif(oprrest::text, '-'), 'join ' || nullif(oprjoin::text, '-'),
    CASE WHEN oprcanmerge THEN 'merges' END, CASE WHEN oprcanhash THEN 'hashes' END, 'owner', pg_catalog.pg_get_userbyid(oprowner))
FROM op
