"""What one statement really does to a running server: locks, rewrites, scans, transaction block, second run.

The statement runs in a transaction on a copy of the fixture; before the commit pg_locks, the file nodes and the statistics
of the transaction are read, then it is committed and run a second time. A statement that refuses a transaction block
(25001) runs alone instead; its lock is read by another session while it waits behind an EXCLUSIVE lock on every table.

Definitions, so that a test can compare numbers and not opinions:
  lock     the strongest mode on any relation that was there before: tables, views, sequences, composite types; of
           indexes only when nothing else was locked. None when nothing was.
  rewrite  a table or materialized view that was there before has a new file with content (an emptied one is no rewrite)
  scan     a table that was there before was read from end to end. Not measured (None) for statements that go through
           the planner, where it depends on the plan, for rewrites, which read everything anyway, and outside a block.
  rerun    "fails" (SQLSTATE in `rerun_state`), "skips" (succeeds with a notice that it skips, changes nothing), "ok"
           (succeeds, same state as after the first run), "repeats" (succeeds and changes the state once more)
"""

import dataclasses
import re
import threading
import time

import psycopg2
import psycopg2.extensions

from . import effects as effect
from . import state

MODES = ["AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
         "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]
_PLANNED = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|COPY|EXPLAIN|EXECUTE|CALL|DO|"
                      r"DECLARE|FETCH|PREPARE|REFRESH)\b|.*\bAS\s+(SELECT|TABLE|VALUES|EXECUTE|WITH)\b", re.I | re.S)


def spoken(mode):
    """pg_locks' name of a lock mode as the manual writes it: "ShareRowExclusiveLock" is "SHARE ROW EXCLUSIVE"."""
    return " ".join(re.findall("[A-Z][a-z]+", mode[:-4])).upper() if mode else "none"


@dataclasses.dataclass
class Measured:
    error: str = None  # SQLSTATE of the first run; nothing else below is known then
    message: str = None
    locks: dict = dataclasses.field(default_factory=dict)  # relation -> (relkind, strongest mode)
    rewritten: list = dataclasses.field(default_factory=list)
    scanned: list = dataclasses.field(default_factory=list)
    scan_known: bool = True
    transaction: bool = True
    rerun: str = None
    rerun_state: str = None
    needs_prologue: bool = False  # the prologue left a block open, in which the statement belongs
    effects: effect.Effects = None
    overall: effect.Effects = None  # of the prologue and the statement together: what was made there is no loss here

    @property
    def least_class(self):
        """The lowest class that is honest about the statement, as part of its script."""
        own = self.effects.least_class
        return "none" if own == "destructive" and self.overall.least_class != "destructive" else own

    @property
    def lock(self):
        """The strongest mode, as the manual writes it."""
        for kinds in ("rpvmfSc", "iI"):
            modes = [mode for kind, mode in self.locks.values() if kind in kinds]
            if modes:
                return spoken(max(modes, key=MODES.index))
        return "none"

    @property
    def rewrite(self):
        return bool(self.rewritten)

    @property
    def scan(self):
        return bool(self.scanned) if self.scan_known and not self.rewritten else None

    def summary(self):
        held = {name: spoken(mode) for name, (_, mode) in self.locks.items()}
        return (f"error={self.error} {self.message or ''} lock={self.lock} {held} rewrite={self.rewritten} scan={self.scanned}"
                f" transaction={self.transaction} rerun={self.rerun} {self.rerun_state or ''} effects: {self.effects and self.effects.summary()}")


_LOCKS = """
    SELECT l.relation, l.mode FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.pid = %s AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_SCANS = "SELECT relid, seq_tup_read FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0"


def _known_relations(cursor):
    """oid -> (name, relkind) of every relation that a user can name, taken before the statement."""
    cursor.execute("""
        SELECT c.oid, n.nspname || '.' || c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')""")
    return {oid: (name, kind) for oid, name, kind in cursor.fetchall()}


def _strongest(rows, known):
    locks = {}
    for oid, mode in rows:
        if oid not in known:
            continue
        name, kind = known[oid]
        held = locks.get(name)
        if held is None or MODES.index(mode) > MODES.index(held[1]):
            locks[name] = (kind, mode)
    return locks


def _rewritten(before, after):
    return [name for oid, (name, kind, node, _) in before.items()
            if kind in "rm" and oid in after and after[oid][2] != node and after[oid][3] > 0]


def measure(server, statement, prologue=None):
    """Measure `statement` on its own copy of the fixture, after `prologue` ran in the same session."""
    with effect.Scratch(server, watch=False) as scratch:
        found = Measured(scan_known=not _PLANNED.match(statement))
        link = server.connect(scratch.name)
        try:
            with link.cursor() as cursor:
                cursor.execute("SET statement_timeout = '20s'")
                if prologue:
                    cursor.execute(prologue)
                found.needs_prologue = link.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE
                base = scratch.capture() if prologue else scratch.before
                _in_block(link, cursor, statement, found)
            if found.error == "25001":
                found.error, found.transaction, found.scan_known = None, False, False
                _alone(server, scratch.name, link, statement, found)
            if found.error:
                return found
            settled = scratch.capture()
            found.effects = effect.compare(base, scratch.seen_from(base, settled))
            found.overall = effect.compare(scratch.before, scratch.seen_from(scratch.before, settled)) if prologue else found.effects
            _again(scratch, link, statement, prologue, settled, found)
        finally:
            link.close()
    return found


def _in_block(link, cursor, statement, found):
    known = _known_relations(cursor)
    if link.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE:
        cursor.execute("BEGIN")
    cursor.execute(_LOCKS, [link.info.backend_pid])
    held = set(cursor.fetchall())
    nodes = state.file_nodes(cursor)
    cursor.execute(_SCANS)
    scans = dict(cursor.fetchall())
    try:
        cursor.execute(statement)
        if link.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE:
            return  # the statement itself ended the block: its locks are gone, its effects are there
        cursor.execute(_LOCKS, [link.info.backend_pid])
        found.locks = _strongest(set(cursor.fetchall()) - held, known)
        cursor.execute(_SCANS)
        found.scanned = [known[oid][0] for oid, rows in cursor.fetchall() if oid in known and rows > scans.get(oid, 0)]
        found.rewritten = _rewritten(nodes, state.file_nodes(cursor))
        cursor.execute("COMMIT")
    except psycopg2.Error as error:
        found.error, found.message = error.pgcode or "XX000", str(error).splitlines()[0]
        if not link.closed:
            cursor.execute("ROLLBACK")


def _alone(server, database, link, statement, found):
    """Run a statement that wants no transaction block, behind a session that holds every table.

    EXCLUSIVE lets ACCESS SHARE through, which some take for a moment to look a name up, and stops whatever comes after it.
    """
    holder, watcher = server.connect(database, autocommit=False), server.connect(database)
    with holder.cursor() as hold, watcher.cursor() as watch, link.cursor() as cursor:
        known = _known_relations(watch)
        nodes = state.file_nodes(watch)
        watch.execute("SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE oid = ANY (%s) AND relkind IN ('r', 'p')",
                      [list(known)])
        hold.execute(f"LOCK TABLE {watch.fetchone()[0]} IN EXCLUSIVE MODE")
        runner = threading.Thread(target=_execute, args=(cursor, statement, found))
        runner.start()
        deadline, waited = time.monotonic() + 3, []
        while runner.is_alive() and time.monotonic() < deadline and not waited:
            watch.execute(_LOCKS + " AND NOT l.granted", [link.info.backend_pid])
            waited = watch.fetchall()
            runner.join(0.01)
        watch.execute(_LOCKS, [link.info.backend_pid])
        if waited:
            found.locks = _strongest(watch.fetchall() + waited, known)
        holder.rollback()
        runner.join(30)
        found.rewritten = _rewritten(nodes, state.file_nodes(watch))
    holder.close()
    watcher.close()


def _execute(cursor, statement, found):
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        found.error, found.message = error.pgcode or "XX000", str(error).splitlines()[0]


def _again(scratch, link, statement, prologue, settled, found):
    del link.notices[:]
    try:
        with link.cursor() as cursor:
            if prologue and found.needs_prologue:
                cursor.execute(prologue)
            cursor.execute(statement)
            if link.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
                cursor.execute("COMMIT")
    except psycopg2.Error as error:
        found.rerun, found.rerun_state = "fails", error.pgcode
        return
    same = settled.same_as(scratch.capture())
    skipped = any("skipping" in notice for notice in link.notices)
    found.rerun = "repeats" if not same else "skips" if skipped else "ok"
