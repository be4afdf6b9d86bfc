"""What a database is: every definition, every row, every sequence value, as plain text that can be compared.

Two captures of databases that were copied from one template share their OIDs, so tables and columns are followed through
renames and type changes by OID and number, not by name. Nothing here knows any SQL statement: it only looks at results.
"""

import dataclasses

# The parts of a definition that PostgreSQL changes by itself, or that are only numbers of this copy.
_NOISE = ("oid relfilenode relfrozenxid relminmxid relpages reltuples relallvisible relallfrozen relhastriggers relhasindex"
          " relhasrules relhassubclass relrewrite reltoastrelid relnatts relchecks reltype datfrozenxid datminmxid").split()

_USER = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'gd_watch') AND n.nspname !~ '^pg_(toast_)?temp_'"

# kind -> query that gives (name, definition). Names are unique within a kind.
_DEFINITIONS = {
    "schema": f"SELECT n.nspname, jsonb_build_array(n.nspowner::regrole, n.nspacl)::text FROM pg_namespace n WHERE {_USER}",
    "relation": f"""
        SELECT n.nspname || '.' || c.relname,
               jsonb_build_array(c.relkind, c.relpersistence, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
                                 c.reloptions, c.relreplident, c.relacl, c.reltablespace, c.relam, c.reloftype::regtype,
                                 pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid))::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND {_USER}""",
    "column": f"""
        SELECT n.nspname || '.' || c.relname || '.' || a.attname,
               jsonb_build_array(format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
                                 a.attidentity, a.attgenerated, a.attcollation::regcollation, a.attstorage,
                                 (SELECT array_agg(o ORDER BY o) FROM unnest(a.attoptions) AS o WHERE left(o, 10) <> 'pg_attver='), -- the server's own
                                 a.attacl, to_jsonb(a) -> 'attcompression', a.attfdwoptions,
                                 NULLIF(to_jsonb(a) ->> 'attstattarget', '-1'))::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {_USER}""",
    "inheritance": f"""
        SELECT i.inhrelid::regclass || ' of ' || i.inhparent::regclass, ''
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_USER}""",
    "constraint": f"""
        SELECT CASE WHEN c.conrelid <> 0 THEN c.conrelid::regclass::text ELSE c.contypid::regtype::text END || '.' || c.conname,
               jsonb_build_array(pg_get_constraintdef(c.oid), c.convalidated, c.condeferrable, c.condeferred,
                                 to_jsonb(c) -> 'conenforced', c.connoinherit)::text
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.contype <> 'n' AND {_USER}""",
    "index": f"""
        SELECT n.nspname || '.' || c.relname,
               jsonb_build_array(pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident,
                                 c.reloptions, c.reltablespace)::text
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_USER}""",
    "view": f"""
        SELECT n.nspname || '.' || c.relname, pg_get_viewdef(c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {_USER}""",
    "rule": f"""
        SELECT c.oid::regclass || '.' || r.rulename, jsonb_build_array(pg_get_ruledef(r.oid), r.ev_enabled)::text
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND {_USER}""",
    "trigger": f"""
        SELECT c.oid::regclass || '.' || t.tgname, jsonb_build_array(pg_get_triggerdef(t.oid), t.tgenabled)::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND {_USER}""",
    # the triggers behind foreign keys have numbers for names: only how many are on and off is of interest
    "key trigger": f"""
        SELECT c.oid::regclass || ' ' || t.tgenabled::text, count(*)::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE t.tgisinternal AND t.tgenabled <> 'O' AND {_USER} GROUP BY 1""",
    "policy": "SELECT schemaname || '.' || tablename || '.' || policyname, to_jsonb(p)::text FROM pg_policies p",
    "function": f"""
        SELECT p.oid::regprocedure::text,
               (to_jsonb(p) - 'oid' - 'proowner' - 'prosqlbody' || jsonb_build_object('owner', p.proowner::regrole,
                'body', to_jsonb(p) -> 'prosqlbody' IS NOT NULL))::text
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_USER}
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')""",
    "aggregate": f"""
        SELECT a.aggfnoid::regprocedure::text, to_jsonb(a)::text
        FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_USER}""",
    "enum": f"""
        SELECT n.nspname || '.' || t.typname, string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_enum e ON e.enumtypid = t.oid
        WHERE t.typtype = 'e' AND {_USER} GROUP BY 1""",
    "type": f"""
        SELECT n.nspname || '.' || t.typname,
               jsonb_build_array(t.typtype, t.typowner::regrole, t.typnotnull, t.typdefault, t.typacl, t.typcollation::regcollation,
                                 format_type(t.typbasetype, t.typtypmod), t.typstorage)::text
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE t.typelem = 0 AND (c.oid IS NULL OR c.relkind = 'c') AND {_USER}
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')""",
    "sequence": f"""
        SELECT s.seqrelid::regclass::text,
               (to_jsonb(s) - 'seqrelid' || jsonb_build_object('owned by', (
                    SELECT string_agg(d.refobjid::regclass || '.' || d.refobjsubid || d.deptype::text, ',') FROM pg_depend d
                    WHERE d.objid = s.seqrelid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))))::text
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relpersistence <> 't'""",
    "statistics": "SELECT stxnamespace::regnamespace || '.' || stxname, jsonb_build_array(pg_get_statisticsobjdef(oid),"
                  " to_jsonb(s) -> 'stxstattarget')::text FROM pg_statistic_ext s",
    "publication": """
        SELECT p.pubname, jsonb_build_array(to_jsonb(p) - 'oid', (
            SELECT jsonb_agg(to_jsonb(r) - 'oid' ORDER BY r.prrelid) FROM pg_publication_rel r WHERE r.prpubid = p.oid))::text
        FROM pg_publication p""",
    "default rights": "SELECT concat_ws(' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype), defaclacl::text FROM pg_default_acl",
    "extension": "SELECT extname, concat_ws(' ', extversion, extnamespace::regnamespace) FROM pg_extension",
    "members": "SELECT extname, (SELECT count(*) FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass"
               " AND d.refobjid = e.oid AND d.deptype = 'e')::text FROM pg_extension e",
    "comment": """
        SELECT i.type || ' ' || i.identity, d.description
        FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
        WHERE d.objoid >= 16384 AND NOT EXISTS (
            SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')""",
    "large object": "SELECT oid::text, jsonb_build_array(lomowner::regrole, lomacl)::text FROM pg_largeobject_metadata",
    "role": "SELECT rolname, (to_jsonb(a) - 'oid')::text FROM pg_authid a WHERE rolname !~ '^pg_'",
    "membership": "SELECT concat_ws(' ', roleid::regrole, member::regrole), (to_jsonb(m) - 'oid')::text FROM pg_auth_members m WHERE member >= 16384",
    "setting": "SELECT concat_ws(' ', setdatabase = 0, setrole::regrole), setconfig::text FROM pg_db_role_setting",
    "tablespace": "SELECT spcname, (to_jsonb(t) - 'oid')::text FROM pg_tablespace t",
    "slot": "SELECT slot_name::text, concat_ws(' ', plugin, slot_type) FROM pg_replication_slots",
    "server file": "SELECT sourceline || name, setting FROM pg_file_settings WHERE sourcefile ~ 'auto.conf$'",
}

# Catalogues that need no special care: the whole row is the definition.
_PLAIN = ("pg_cast pg_operator pg_opclass pg_opfamily pg_collation pg_conversion pg_language pg_transform pg_am pg_event_trigger"
          " pg_foreign_data_wrapper pg_foreign_server pg_ts_config pg_ts_dict pg_ts_parser pg_ts_template pg_user_mapping").split()


def _plain_query(catalogue):
    noise = "".join(f" - '{column}'" for column in _NOISE)
    return f"""SELECT (pg_identify_object('{catalogue}'::regclass, x.oid, 0)).identity, (to_jsonb(x){noise})::text
               FROM {catalogue} x WHERE x.oid >= 16384 AND NOT EXISTS (
                   SELECT FROM pg_depend d WHERE d.classid = '{catalogue}'::regclass AND d.objid = x.oid AND d.deptype = 'e')"""


@dataclasses.dataclass
class Table:
    """One table (or filled materialized view) with its rows as text."""

    name: str
    columns: dict  # attnum -> (name, type as text, is it generated)
    rows: list  # tuples in the order of columns


@dataclasses.dataclass
class State:
    definitions: dict  # (kind, name) -> text
    tables: dict  # oid -> Table
    sequences: dict  # oid -> (name, last value, is called)
    large_objects: dict  # oid -> digest
    files: dict  # oid -> (name, relkind, file node, bytes)

    def same_as(self, other):
        """Equal for anyone who looks by name: a table that was made anew with the same rows counts as the same."""
        return self._by_name() == other._by_name()

    def other_types(self, tables):
        """Of `tables` as they are now, those with a column of another type than here: oid -> {attnum: the type here}."""
        found = {}
        for oid in tables.keys() & self.tables.keys():
            was = self.tables[oid].columns
            old = {number: was[number][1] for number, (_, kind, _) in tables[oid].columns.items() if number in was and was[number][1] != kind}
            if old:
                found[oid] = old
        return found

    def _by_name(self):
        rows = {table.name: sorted(map(repr, table.rows)) for table in self.tables.values()}
        return self.definitions, rows, sorted(self.sequences.values()), self.large_objects


def _quoted(name):
    return '"' + name.replace('"', '""') + '"'


def _definitions(cursor):
    parts = [f"SELECT '{kind}'::text, a.* FROM ({query}) AS a(name, body)" for kind, query in _DEFINITIONS.items()]
    parts += [f"SELECT '{name}'::text, a.* FROM ({_plain_query(name)}) AS a(name, body)" for name in _PLAIN]
    cursor.execute(" UNION ALL ".join(parts))
    return {(kind, name): body for kind, name, body in cursor.fetchall()}


def _tables(cursor):
    """Every table with its columns, and with no rows yet; and by OID what to call it in a query."""
    cursor.execute(f"""
        SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attgenerated <> ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND {_USER} ORDER BY c.oid, a.attnum""")
    tables, names = {}, {}
    for oid, schema, relation, number, column, kind, generated in cursor.fetchall():
        table = tables.setdefault(oid, Table(f"{schema}.{relation}", {}, []))
        names[oid] = f"{_quoted(schema)}.{_quoted(relation)}"
        if number is not None:
            table.columns[number] = (column, kind, generated)
    return tables, names


def _fill(cursor, tables, names, cast_to):
    """Rows of every table. `cast_to`, a State taken earlier, gives the types in which its columns are to be seen."""
    casts = cast_to.other_types(tables) if cast_to else {}
    plain = [oid for oid in tables if oid not in casts]
    if plain:  # in one query: there are many tables, and a State is taken several times for each statement
        parts = [f"SELECT {oid}, ARRAY[{', '.join(f'{_quoted(column)}::text' for column, _, _ in tables[oid].columns.values())}]::text[]"
                 f" FROM ONLY {names[oid]}" for oid in plain]
        cursor.execute(" UNION ALL ".join(parts))
        for oid, row in cursor.fetchall():
            tables[oid].rows.append(tuple(row))
    for oid, old_types in casts.items():
        tables[oid].rows = _cast_rows(cursor, names[oid], tables[oid], old_types)


def _cast_rows(cursor, name, table, old_types):
    """An explicit cast back to the old type shows whether the old value can still be told."""
    wanted = []
    for number, (column, _, _) in table.columns.items():
        text = f"{_quoted(column)}::text"
        wanted.append((f"{_quoted(column)}::{old_types[number]}::text" if number in old_types else text, text))
    for choice in (0, 1):
        cursor.execute("SAVEPOINT gd_rows")
        try:
            cursor.execute(f"SELECT {', '.join(w[choice] for w in wanted)} FROM ONLY {name}")
            return cursor.fetchall()
        except Exception:  # no such cast, or a value that does not fit the old type: compare the texts themselves
            cursor.execute("ROLLBACK TO SAVEPOINT gd_rows")
            if choice == 1:
                raise
    return []


def _sequences(cursor):
    cursor.execute("SELECT c.oid, c.oid::regclass::text FROM pg_class c WHERE relkind = 'S' AND relpersistence <> 't'")
    names = dict(cursor.fetchall())
    if names:
        cursor.execute(" UNION ALL ".join(f"SELECT {oid}, last_value, is_called FROM {name}" for oid, name in names.items()))
    return {oid: (names[oid], last, called) for oid, last, called in cursor.fetchall()}


def capture(link, cast_to=None):
    """The State of the database behind `link`, which must not be in autocommit mode; leaves no trace in it."""
    with link.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1;"
                       "SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off")
        definitions = _definitions(cursor)
        tables, names = _tables(cursor)
        _fill(cursor, tables, names, cast_to)
        sequences = _sequences(cursor)
        cursor.execute("SELECT loid, md5(string_agg(data, '' ORDER BY pageno)) FROM pg_largeobject GROUP BY loid")
        large_objects = dict(cursor.fetchall())
        files = file_nodes(cursor)
    link.rollback()
    return State(definitions, tables, sequences, large_objects, files)


def file_nodes(cursor):
    """oid -> (name, relkind, file node, bytes) of every user relation that has a file; part of the caller's transaction."""
    cursor.execute(f"""
        SELECT c.oid, n.nspname || '.' || c.relname, c.relkind, pg_relation_filenode(c.oid), pg_relation_size(c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm', 'i', 'S') AND {_USER}""")
    return {oid: (name, kind, node, size) for oid, name, kind, node, size in cursor.fetchall()}


# What all databases of a server share, as text: a script that changed it has spoiled the server for others.
CLUSTER = """
    SELECT array_agg(t::text ORDER BY t::text) FROM (
        SELECT to_jsonb(a) - 'oid' AS t FROM pg_authid a UNION ALL SELECT to_jsonb(m) FROM pg_auth_members m
        UNION ALL SELECT to_jsonb(s) FROM pg_db_role_setting s WHERE setdatabase = 0 OR EXISTS (
            SELECT FROM pg_database d WHERE d.oid = setdatabase AND datname !~ '^scratch')
        UNION ALL SELECT to_jsonb(x) FROM pg_tablespace x
        UNION ALL SELECT jsonb_build_array(datname, datdba, datallowconn, datconnlimit, datacl) FROM pg_database
                  WHERE datname !~ '^scratch[0-9]+$'
        UNION ALL SELECT to_jsonb(f) FROM pg_file_settings f WHERE f.sourcefile ~ 'auto.conf$'
        UNION ALL SELECT to_jsonb(slot_name) FROM pg_replication_slots
        UNION ALL SELECT to_jsonb(subname) FROM pg_subscription) AS one"""
