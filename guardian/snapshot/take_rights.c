/*
 * Rights and locks: what would fail half way is found before anything starts, all of it at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/take_own.h"

/* clang-format off */
static const char forbidden_sql[] =
#include "guardian/snapshot/sql/large_objects_forbidden.sql.inc"
    ;
/* clang-format on */

enum { NAMED_MAX = 12, LOCKS_AT_ONCE = 200, LOCK_MS = 2000 };

/* A list for an error's text: the first few by name, the rest by number. */
struct list {
    struct gd_arena *arena;
    const char *text;
    size_t count;
};

static void name_it(struct list *list, const char *name)
{
    if (list->count++ < NAMED_MAX)
        list->text = gd_arena_printf(list->arena, "%s%s%s", list->text == NULL ? "" : list->text,
                                     list->text == NULL ? "" : ", ", name);
}

static const char *listed(const struct list *list)
{
    if (list->count <= NAMED_MAX)
        return list->text;
    return gd_arena_printf(list->arena, "%s and %zu more", list->text, list->count - NAMED_MAX);
}

static const char *table_name(const struct gd_take_table *table, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "\"%s.%s\"", table->table.schema, table->table.name);
}

static bool is_copied(const struct gd_take_table *table)
{
    return table->wanted && !table->table.left_out;
}

/* pg_dump locks every table, and for that needs the right to read it. */
static struct list unreadable(struct gd_take *take)
{
    struct list list = {.arena = take->arena};
    for (size_t i = 0; i < take->table_count; i++) {
        const struct gd_take_table *table = &take->tables[i];
        if (!table->may_read || !table->may_enter)
            name_it(&list, table_name(table, take->arena));
    }
    for (size_t i = 0; i < take->sequence_count; i++) {
        const struct gd_sequence *sequence = &take->sequences[i].sequence;
        if (!take->sequences[i].may_read)
            name_it(&list, gd_arena_printf(take->arena, "sequence \"%s.%s\"", sequence->schema,
                                           sequence->name));
    }
    return list;
}

GD_MUST static struct gd_status check_reading(struct gd_take *take, struct gd_error *err)
{
    struct list list = unreadable(take);
    if (list.count == 0)
        return GD_DONE;
    return gd_hint(
        err,
        gd_fail(err, GD_UNPROTECTED, "could not back up %s: no right to read %s",
                gd_pg_where(take->pg), listed(&list)),
        "Connect as the owner or a superuser, or GRANT SELECT on them and USAGE on their "
        "schemas (since PostgreSQL 14: GRANT pg_read_all_data).");
}

GD_MUST static struct gd_status check_row_security(struct gd_take *take, struct gd_error *err)
{
    struct list list = {.arena = take->arena};
    for (size_t i = 0; i < take->table_count; i++)
        if (is_copied(&take->tables[i]) && take->tables[i].row_security)
            name_it(&list, table_name(&take->tables[i], take->arena));
    if (list.count == 0)
        return GD_DONE;
    return gd_hint(
        err,
        gd_fail(err, GD_UNPROTECTED,
                "could not back up %s: row security would hide rows of %s from this user",
                gd_pg_where(take->pg), listed(&list)),
        "Connect as a superuser, as a role with BYPASSRLS, or as an owner on whom row "
        "security is not forced.");
}

GD_MUST static struct gd_status check_unlogged(struct gd_take *take, struct gd_error *err)
{
    struct list list = {.arena = take->arena};
    bool recovered = take->options->recovered;
    for (size_t i = 0; (take->in_recovery || recovered) && i < take->table_count; i++)
        if (is_copied(&take->tables[i]) && take->tables[i].persistence == 'u' &&
            take->tables[i].table.kind == 'r')
            name_it(&list, table_name(&take->tables[i], take->arena));
    if (list.count == 0)
        return GD_DONE;
    if (recovered) {
        gd_tell_warning(take->options->events, "",
                        "unlogged tables come back empty, because their rows are in no WAL: %s",
                        listed(&list));
        return GD_DONE;
    }
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "could not back up %s: it is a standby, which has no rows of the "
                           "unlogged tables %s",
                           gd_pg_where(take->pg), listed(&list)),
                   "Take it from the primary, or leave their rows out with --exclude-table-data.");
}

GD_MUST static struct gd_status check_large_objects(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    if (take->options->scope != GD_SNAPSHOT_DATABASE)
        return GD_DONE;
    GD_TRY(gd_take_query(take, "count the large objects", forbidden_sql, NULL, &rows, err));
    take->large_object_count = (uint64_t)gd_pg_int(rows, 0, 0);
    int64_t forbidden = gd_pg_int(rows, 0, 1);
    if (forbidden == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "could not back up %s: no right to read %" PRId64 " of %" PRIu64
                           " large objects",
                           gd_pg_where(take->pg), forbidden, take->large_object_count),
                   "Connect as their owner or as a superuser, or GRANT SELECT ON LARGE OBJECT.");
}

struct gd_status gd_take_check_rights(struct gd_take *take, struct gd_error *err)
{
    GD_TRY(check_reading(take, err));
    GD_TRY(check_row_security(take, err));
    GD_TRY(check_unlogged(take, err));
    return check_large_objects(take, err);
}

/* --- locks --------------------------------------------------------------------------------------
 */

/* Who stands in the way is asked for in a session of its own: in ours the transaction is over. One
 * who waits for an exclusive lock holds up all that come after him. */
static const char blockers_sql[] =
    "SELECT l.relation::pg_catalog.regclass::text, l.pid, coalesce(nullif(a.application_name, ''), "
    "'?'), coalesce(a.state, '?'), l.granted, (SELECT pg_catalog.string_agg(DISTINCT b.pid || ' "
    "(application \"' || coalesce(nullif(b.application_name, ''), '?') || '\")', ', ') FROM "
    "pg_catalog.pg_stat_activity AS b WHERE b.pid = ANY (pg_catalog.pg_blocking_pids(l.pid))) "
    "FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a USING (pid) WHERE "
    "l.locktype = 'relation' AND ($1::text IS NULL OR l.relation = ANY ($1::pg_catalog.oid[])) AND "
    "l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE "
    "datname = pg_catalog.current_database()) AND l.relation >= 16384 ORDER BY l.granted DESC, "
    "l.relation LIMIT 1";

struct gd_status gd_take_name_blocker(struct gd_take *take, const char *oids,
                                      struct gd_status status, struct gd_error *err)
{
    struct gd_error ignored = {0};
    gd_auto_pg other = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "look who holds a lock", .sql = blockers_sql, .values = &oids, .value_count = 1};
    if (gd_pg_connect_like(take->pg, NULL, &other, &ignored).code != GD_OK ||
        gd_pg_run(other, &call, &rows, &ignored).code != GD_OK || gd_pg_rows_count(rows) == 0)
        return gd_hint(err, status,
                       "Another session holds an exclusive lock on a table, or waits for one: try "
                       "again later, or with a longer --lock-timeout.");
    const char *behind = gd_pg_cell(rows, 0, 5);
    if (gd_pg_bool(rows, 0, 4) || behind == NULL)
        return gd_hint(err, status,
                       "Session %s (application \"%s\", %s) holds an exclusive lock on %s: try "
                       "again when it is done.",
                       gd_pg_cell(rows, 0, 1), gd_pg_cell(rows, 0, 2), gd_pg_cell(rows, 0, 3),
                       gd_pg_cell(rows, 0, 0));
    return gd_hint(err, status,
                   "Session %s (application \"%s\") waits for an exclusive lock on %s behind "
                   "session %.120s, and nobody gets past it: try again when it is done.",
                   gd_pg_cell(rows, 0, 1), gd_pg_cell(rows, 0, 2), gd_pg_cell(rows, 0, 0), behind);
}

struct batch {
    const char *names, *oids; /* "a", "b" and {1,2} */
    size_t next;
};

static struct batch next_batch(struct gd_take *take, size_t from, struct gd_arena *arena)
{
    struct batch batch = {.next = from};
    size_t count = 0;
    for (; batch.next < take->table_count && count < LOCKS_AT_ONCE; batch.next++) {
        const struct gd_take_table *table = &take->tables[batch.next];
        if (!is_copied(table) || table->table.kind != 'r')
            continue;
        const char *name =
            gd_arena_printf(arena, "ONLY %s", gd_take_qualified(&table->table, arena));
        batch.names = count == 0 ? name : gd_arena_printf(arena, "%s, %s", batch.names, name);
        batch.oids = count == 0 ? gd_arena_printf(arena, "%u", table->table.oid)
                                : gd_arena_printf(arena, "%s,%u", batch.oids, table->table.oid);
        count++;
    }
    return batch;
}

/* A table whose file changed between the snapshot and the lock was truncated or rewritten: under
 * the snapshot it looks empty, and a backup would be a lie. */
GD_MUST static struct gd_status check_files(struct gd_take *take, const char *oids,
                                            struct gd_error *err)
{
    static const char sql[] =
        "SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid = ANY ($1::pg_catalog.oid[]) "
        "AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid) "
        "AND c.relfilenode <> 0 LIMIT 1";
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "look at the tables again", sql, oids, &rows, err));
    if (gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    uint32_t at = gd_map_get(&take->by_oid, gd_pg_oid(rows, 0, 0));
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "could not back up table %s: it was truncated or rewritten while the "
                           "backup began",
                           table_name(&take->tables[at], take->arena)),
                   "Nothing was stored. Try again.");
}

/* What the server says of a table that went away, or of a full lock table, in words that help. */
GD_MUST static struct gd_status lock_failed(struct gd_take *take, const struct gd_pg_call *call,
                                            const char *oids, struct gd_status status,
                                            struct gd_error *err)
{
    if (status.code == GD_BUSY)
        return gd_take_name_blocker(take, oids, status, err);
    if (strcmp(call->sqlstate, "42P01") == 0)
        return gd_hint(err, status, "It was dropped or renamed while the backup began: try again.");
    if (strcmp(call->sqlstate, "53200") == 0)
        return gd_hint(err, status,
                       "There are more tables than the server can lock: raise "
                       "max_locks_per_transaction.");
    return status;
}

uint32_t gd_take_lock_ms(const struct gd_take *take)
{
    return take->options->lock_ms == 0 ? LOCK_MS : take->options->lock_ms;
}

struct gd_status gd_take_limit_waits(struct gd_take *take, struct gd_error *err)
{
    char limit[16];
    snprintf(limit, sizeof limit, "%" PRIu32, gd_take_lock_ms(take));
    return gd_take_query(take, "limit the wait for locks",
                         "SELECT pg_catalog.set_config('lock_timeout', $1, true)", limit, NULL,
                         err);
}

GD_MUST static struct gd_status lock_batch(struct gd_take *take, const struct batch *batch,
                                           struct gd_arena *arena, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "lock the tables",
        .sql = gd_arena_printf(arena, "LOCK TABLE %s IN ACCESS SHARE MODE", batch->names),
        .limit_ms = gd_take_lock_ms(take) * LOCKS_AT_ONCE};
    struct gd_status status = gd_pg_run(take->pg, &call, NULL, err);
    const char *oids = gd_arena_printf(arena, "{%s}", batch->oids);
    if (status.code != GD_OK)
        return lock_failed(take, &call, oids, status, err);
    return check_files(take, oids, err);
}

struct gd_status gd_take_lock(struct gd_take *take, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    for (size_t at = 0; at < take->table_count;) {
        struct batch batch = next_batch(take, at, arena);
        at = batch.next;
        if (batch.names != NULL)
            GD_TRY(lock_batch(take, &batch, arena, err));
        gd_arena_reset(arena);
    }
    return GD_DONE;
}
