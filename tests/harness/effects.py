"""The true effect of a script: run it on a scratch copy of the fixture and see what is gone afterwards.

The verdict comes from comparing two States (see state.py), which no wording of the script can deceive. What a comparison
of end states cannot show is watched while the script runs: event triggers record what was dropped and rewritten, the
statistics which rows were touched, file nodes which tables were emptied. None of it survives a script that rolls back,
and none of it should: then nothing was lost.
"""

import collections
import dataclasses
import itertools
import json
import re
import subprocess

import psycopg2

from . import state

CLASSES = ["none", "additive", "enum", "destructive", "unknown"]

_serial = itertools.count(1)

_WATCH = """
CREATE SCHEMA gd_watch;
CREATE TABLE gd_watch.seen (what text, object text, original boolean);
CREATE FUNCTION gd_watch.on_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO gd_watch.seen SELECT 'drop ' || object_type, object_identity, original
    FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary AND schema_name IS DISTINCT FROM 'pg_toast';
END $$;
CREATE FUNCTION gd_watch.on_rewrite() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO gd_watch.seen VALUES ('rewrite', pg_event_trigger_table_rewrite_oid()::regclass::text, true);
END $$;
CREATE EVENT TRIGGER gd_watch_drop ON sql_drop EXECUTE FUNCTION gd_watch.on_drop();
CREATE EVENT TRIGGER gd_watch_rewrite ON table_rewrite EXECUTE FUNCTION gd_watch.on_rewrite();
"""


@dataclasses.dataclass
class Effects:
    """What a script did. `lost` is what a backup would have to bring back."""

    error: str = None  # SQLSTATE or psql's words when the script stopped
    lost_rows: dict = dataclasses.field(default_factory=dict)  # table -> rows that are no longer told
    lost_columns: dict = dataclasses.field(default_factory=dict)  # table.column -> values that went with it
    lost_definitions: list = dataclasses.field(default_factory=list)  # (kind, name) gone, or no longer what it was
    changed_definitions: list = dataclasses.field(default_factory=list)  # other changes of a definition
    new_definitions: list = dataclasses.field(default_factory=list)
    changed_enums: list = dataclasses.field(default_factory=list)
    new_rows: dict = dataclasses.field(default_factory=dict)
    moved_sequences: dict = dataclasses.field(default_factory=dict)  # sequence -> (from, to), set back or gone
    outside: list = dataclasses.field(default_factory=list)  # slots, server settings, other databases
    seen: list = dataclasses.field(default_factory=list)  # what the event triggers recorded
    touched: dict = dataclasses.field(default_factory=dict)  # table -> (inserted, updated, deleted)
    emptied: list = dataclasses.field(default_factory=list)  # new and empty file: TRUNCATE

    @property
    def lost_data(self):
        return bool(self.lost_rows or self.lost_columns)

    @property
    def least_class(self):
        """The lowest class that is honest about this effect."""
        if self.lost_data or self.lost_definitions or self.moved_sequences or self.outside:
            return "destructive"
        if self.changed_enums:
            return "enum"
        if self.new_definitions or self.changed_definitions or self.new_rows:
            return "additive"
        return "none"

    @property
    def lost_tables(self):
        """The tables that a backup of rows would have to hold."""
        return sorted(set(self.lost_rows) | {name.rsplit(".", 1)[0] for name in self.lost_columns})

    def summary(self):
        facts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return ", ".join(f"{name}={value}" for name, value in facts.items() if value)


# Kinds of definition whose every change loses the old text.
_TEXT_IS_WORTH = {"view", "rule", "trigger", "policy", "function", "aggregate", "comment", "sequence", "index", "publication",
                  "statistics", "setting", "constraint", "members", "role", "pg_foreign_server", "pg_event_trigger",
                  "pg_user_mapping", "pg_ts_config", "pg_ts_dict", "pg_operator", "pg_opfamily", "pg_collation", "key trigger"}


def _rights(acl):
    """(who, one right) pairs of an access list."""
    return {(entry.rpartition("=")[0], right) for entry in acl or []
            for right in re.findall(r"[A-Za-z]\*?", entry.rpartition("=")[2].partition("/")[0])}


def _relation_lost(old, new):
    """Of a relation's facts (see state.py), in their order: did one that somebody chose go away?"""
    (_, persistence, owner, secured, forced, _, identity, acl, *_), (_, now_persistence, now_owner, now_secured, now_forced, _,
                                                                    now_identity, now_acl, *_) = old, new
    return (persistence == "p" and now_persistence == "u" or owner != now_owner or secured != now_secured or forced != now_forced
            or identity != now_identity or bool(_rights(acl) - _rights(now_acl)) or old[10] not in ("-", None) != new[10]
            or old[0] == "v" and old[5] != new[5])


def _column_lost(old, new):
    """Of a column's facts: a default, a formula, NOT NULL, an identity or a right that is gone. Types are judged by values."""
    _, required, default, identity, generated, *_ = old
    return (required and not new[1] or default is not None and default != new[2] or identity != new[3] and bool(identity)
            or generated != new[4] and bool(generated) or bool(_rights(old[8]) - _rights(new[8])))


def _is_lost(kind, text, now):
    """Has a definition that is still there lost what it said before?"""
    if kind in ("relation", "column"):
        return (_relation_lost if kind == "relation" else _column_lost)(json.loads(text), json.loads(now))
    if kind in ("schema", "default rights"):
        return bool(_rights(_acl_of(text)) - _rights(_acl_of(now)))
    if kind in ("constraint", "index"):  # what became valid has lost nothing
        plain = [one.replace(" NOT VALID", "").replace("false", "true") for one in (text, now)]
        return plain[0] != plain[1]
    return kind in _TEXT_IS_WORTH


def _acl_of(text):
    """The entries of an access list in any textual form."""
    return re.findall(r"[\w ]*=[\w*]+/\w+", text)


_OUTSIDE = {"slot", "server file", "tablespace"}


def compare(before, after):
    """The Effects that lead from one State to the other."""
    effects = Effects()
    _compare_definitions(before, after, effects)
    for oid, table in before.tables.items():
        _compare_table(table, after.tables.get(oid), effects)
    for oid, table in after.tables.items():
        if table.rows and oid not in before.tables:
            effects.new_rows[table.name] = len(table.rows)
    for oid, (name, last, called) in before.sequences.items():
        now = after.sequences.get(oid)
        if now is None or (now[1], now[2]) < (last, called):
            effects.moved_sequences[name] = (last, now and now[1])
    for oid, digest in before.large_objects.items():
        if after.large_objects.get(oid) != digest:
            effects.lost_rows[f"large object {oid}"] = 1
    for oid, (name, kind, node, size) in before.files.items():
        now = after.files.get(oid)
        if now and kind == "r" and now[2] != node and size and not now[3]:
            effects.emptied.append(name)
    return effects


def _compare_definitions(before, after, effects):
    for key, text in before.definitions.items():
        kind, name = key
        now = after.definitions.get(key)
        if now == text:
            continue
        if kind in _OUTSIDE:
            effects.outside.append(key)
        elif kind == "enum" and now is not None:
            effects.changed_enums.append(name)
        elif now is None or _is_lost(kind, text, now):
            effects.lost_definitions.append(key)
        else:
            effects.changed_definitions.append(key)
    for kind, name in after.definitions.keys() - before.definitions.keys():
        if kind in _OUTSIDE:
            effects.outside.append((kind, name))
        elif kind == "enum":
            effects.changed_enums.append(name)
        else:
            effects.new_definitions.append((kind, name))


def _compare_table(table, now, effects):
    if now is None:
        if table.rows:
            effects.lost_rows[table.name] = len(table.rows)
        return
    order = list(table.columns)
    kept = [number for number in order if number in now.columns]
    for number in order:
        column, _, generated = table.columns[number]
        values = sum(row[order.index(number)] is not None for row in table.rows)
        if number not in now.columns and values and not generated:
            effects.lost_columns[f"{table.name}.{column}"] = values
    # a formula's values come back with the formula: what was typed in counts
    told = [number for number in kept if not table.columns[number][2]]
    old = _projected(table, told)
    new = _projected(now, told)
    lost = sum((old - new).values())
    if lost:
        effects.lost_rows[table.name] = lost
    added = sum((new - old).values()) - lost
    if added > 0:
        effects.new_rows[table.name] = added


def _projected(table, numbers):
    places = [list(table.columns).index(number) for number in numbers]
    return collections.Counter(tuple(row[place] for place in places) for row in table.rows)


def _watchers_say(cursor):
    """What the event triggers saw, and which rows were touched, by table."""
    seen = []
    cursor.execute("SELECT to_regclass('gd_watch.seen')")
    if cursor.fetchone()[0]:
        cursor.execute("SELECT what, object, original FROM gd_watch.seen")
        seen = cursor.fetchall()
    cursor.execute("SELECT schemaname || '.' || relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"
                   " WHERE schemaname <> 'gd_watch' AND n_tup_ins + n_tup_upd + n_tup_del > 0")
    return seen, {table: counts for table, *counts in cursor.fetchall()}


def _watched(server):
    """The template with what watches, made once per server; its name."""
    name = f"{server.load_fixture()}_watched"
    if name not in server.fresh:
        server.create(name, server.load_fixture())
        server.run(_WATCH, name)
    return name


class Scratch:
    """A copy of the fixture, with the State that it had, that a script may destroy."""

    _looker = None  # the session that takes the States: the first query of a session costs more than all others

    def __init__(self, server, watch=True):
        self.server = server
        self.name = f"scratch{next(_serial)}"
        template = _watched(server) if watch else server.load_fixture()
        self.cluster = self._cluster()
        server.copy(self.name, template)
        if template not in server.fresh:  # copies of one template are alike, to their OIDs
            server.fresh[template] = self.capture()
        self.before = server.fresh[template]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        ask = self.server.ask
        self._look_away()
        ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self.name])
        for gid, in ask("SELECT gid FROM pg_prepared_xacts WHERE database = %s", [self.name]):
            self.server.run("ROLLBACK PREPARED %s", self.name, [gid])
        for name, in ask("SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = %s", [self.name]):
            for step in (f"ALTER SUBSCRIPTION {name} DISABLE", f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)",
                         f"DROP SUBSCRIPTION {name}"):
                self.server.run(step, self.name)
        ask("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = %s", [self.name])
        ask(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        self.server.spoiled |= self._cluster() != self.cluster

    def _cluster(self):
        return self.server.ask(state.CLUSTER)[0][0]

    def look(self):
        """A session in the database, in no transaction, for whoever only reads; it is kept, unless a script ended it."""
        if self._looker is not None:
            try:
                with self._looker.cursor() as cursor:
                    cursor.execute("SELECT")
                self._looker.rollback()
            except psycopg2.Error:
                self._look_away()
        if self._looker is None:
            self._looker = self.server.connect(self.name, autocommit=False)
        return self._looker

    def _look_away(self):
        if self._looker is not None:
            self._looker.close()
            self._looker = None

    def capture(self, cast_to=None):
        return state.capture(self.look(), cast_to)

    def seen_from(self, before, now):
        """The State `now`, just captured, with rows in the types of `before`: taken again only where types differ."""
        return self.capture(before) if before.other_types(now.tables) else now

    def run(self, text, how="simple"):
        """Send a script as one simple query ("simple") or through psql ("psql"); its error, or None."""
        if how == "psql":
            # as people run it: psql goes on after an error
            ran = subprocess.run(["psql", "-X", "-q", "-v", "VERBOSITY=sqlstate", "-f", "-"], env=self.server.env(self.name),
                                 input=text.encode("utf-8", "surrogateescape"), capture_output=True, timeout=60)
            errors = re.findall(rb"(?:ERROR|FATAL): +(\w{5})", ran.stderr)
            return errors[0].decode() if errors else None
        link = self.server.connect(self.name)
        try:
            with link.cursor() as cursor:
                cursor.execute("SET statement_timeout = '20s'")
                cursor.execute(text)
            return None
        except psycopg2.Error as error:
            return error.pgcode or str(error)
        finally:
            link.close()

    def effects(self, text, how="simple"):
        error = self.run(text, how)
        effects = compare(self.before, self.capture(self.before))
        effects.error = error
        link = self.look()
        with link.cursor() as cursor:
            effects.seen, effects.touched = _watchers_say(cursor)
        link.rollback()
        return effects


def at_least(said, demanded):
    """Is the class `said` as bad as `demanded`, or worse?"""
    return CLASSES.index(said) >= CLASSES.index(demanded)
