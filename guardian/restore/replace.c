/*
 * Replace: restored beside, compared, then swapped by two renames in one transaction.
 *
 * Steps        1 fill the new database under a name of its own; 2 compare it with the manifest;
 *              3 no new sessions for the old one; 4 wait for those that are there, then end them;
 *              5 both renames, in one transaction, which also lets sessions in again.
 * A failure up to 5 leaves the old database in its place, open again, and drops the new one. After
 * a crash the comment of the new database says what it is and what to do; the next run reads it
 * (gd_replace_explain()).
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

enum { WAIT_MS = 30000, GONE_MS = 15000, LOOK_EVERY_MS = 200, NAME_BYTES_MAX = 63 };

struct swap {
    struct gd_restoring *restoring;
    const char *target; /* the name that both want */
    const char *beside; /* of the new one until then */
    const char *kept;   /* of the old one afterwards */
    bool allowed;       /* as the old one had it */
    int64_t limit;
    bool closed;
    char session[24]; /* the server process that renames */
};

/* "app" and "_before_20261122_214807_3fa1": cut so that the end stays, at a character's boundary.
 */
static const char *with_suffix(const char *name, const char *suffix, struct gd_arena *arena)
{
    size_t room = NAME_BYTES_MAX - strlen(suffix), size = strlen(name);
    if (size > room)
        for (size = room; size > 0 && ((unsigned char)name[size] & 0xC0) == 0x80;)
            size--;
    return gd_arena_printf(arena, "%.*s%s", (int)size, name, suffix);
}

/* Two runs in one second differ by the random digits of an id. */
static const char *named(const struct swap *swap, const char *what, const char *id)
{
    struct gd_arena *arena = swap->restoring->arena;
    return with_suffix(swap->target,
                       gd_arena_printf(arena, "_%s_%.8s_%.6s_%.4s", what, id, id + 9, id + 17),
                       arena);
}

static void name_both(struct swap *swap)
{
    char id[GD_ID_SIZE]; /* 20261122T214807Z-3fa1… */
    gd_id_new(id);
    swap->beside = named(swap, "restoring", id);
    swap->kept = named(swap, "before", id);
}

/* --- what an earlier run left -----------------------------------------------------------------*/

GD_MUST static struct gd_status explain_earlier(struct swap *swap, struct gd_error *err)
{
    const char *target = swap->target;
    struct gd_pg_call call = {
        .what = "look for what an earlier restore left",
        .sql = "SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database') "
               "FROM pg_catalog.pg_database d WHERE "
               "pg_catalog.shobj_description(d.oid, 'pg_database') LIKE 'guardian: %' "
               "AND d.datname LIKE pg_catalog.left($1, 20) || '%' ORDER BY 1",
        .values = &target,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(swap->restoring->home, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        gd_restoring_warn(swap->restoring,
                          "An earlier restore did not end. Drop it when nothing of it is needed.",
                          "database \"%s\" says: %s", gd_pg_cell(rows, i, 0),
                          gd_pg_cell(rows, i, 1));
    return GD_DONE;
}

/* --- the old one ------------------------------------------------------------------------------*/

GD_MUST static struct gd_status look_at_old(struct swap *swap, struct gd_error *err)
{
    const char *target = swap->target;
    struct gd_pg_call call = {
        .what = "look at the database",
        .sql = "SELECT d.datallowconn, d.datconnlimit, "
               "pg_catalog.pg_has_role(d.datdba, 'MEMBER'), "
               "(SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = "
               "current_user), (SELECT count(*) FROM pg_catalog.pg_replication_slots s WHERE "
               "s.database = d.datname), (SELECT count(*) FROM pg_catalog.pg_prepared_xacts p "
               "WHERE p.database = d.datname) "
               "FROM pg_catalog.pg_database d WHERE d.datname = $1",
        .values = &target,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(swap->restoring->home, &call, &rows, err));
    if (gd_pg_rows_count(rows) == 0)
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "could not replace \"%s\": there is no such database", target),
            "Use --into to make it.");
    swap->allowed = gd_pg_bool(rows, 0, 0);
    swap->limit = gd_pg_int(rows, 0, 1);
    if (!gd_pg_bool(rows, 0, 2) || !gd_pg_bool(rows, 0, 3))
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "could not replace \"%s\": the role must own it, and have the right "
                               "to create databases",
                               target),
                       "Restore with --into beside it, and let the owner rename both.");
    if (gd_pg_int(rows, 0, 5) > 0)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "could not replace \"%s\": it has prepared transactions", target),
                       "Commit them or roll them back (pg_prepared_xacts) first.");
    if (gd_pg_int(rows, 0, 4) > 0)
        gd_restoring_warn(
            swap->restoring, "Their readers go on with the old database until they are made anew.",
            "\"%s\" has logical replication slots, which stay with the old database", target);
    return GD_DONE;
}

GD_MUST static struct gd_status let_in(struct swap *swap, const char *database, bool allowed,
                                       struct gd_error *err)
{
    struct gd_arena *arena = swap->restoring->arena;
    return gd_undo(swap->restoring->home,
                   allowed ? "open the database to sessions" : "close the database to sessions",
                   gd_arena_printf(arena, "ALTER DATABASE %s WITH ALLOW_CONNECTIONS %s",
                                   gd_quoted(database, arena), allowed ? "true" : "false"),
                   err);
}

GD_MUST static struct gd_status say_in_comment(struct swap *swap, const char *text,
                                               struct gd_error *err)
{
    struct gd_arena *arena = swap->restoring->arena;
    return gd_pg_command(swap->restoring->home, "mark the new database",
                         gd_arena_printf(arena, "COMMENT ON DATABASE %s IS %s",
                                         gd_quoted(swap->beside, arena), gd_literal(text, arena)),
                         err);
}

/* From here on a crash leaves the old database closed: the mark says so, and pg/closed.c reads it.
 */
GD_MUST static struct gd_status close_old(struct swap *swap, struct gd_error *err)
{
    struct gd_arena *arena = swap->restoring->arena;
    if (!swap->allowed)
        return GD_DONE;
    GD_TRY(say_in_comment(
        swap,
        gd_arena_printf(arena,
                        "guardian: restored from snapshot %s and compared, about to take the place "
                        "of \"%s\" (server process %s); when that lets no session in, run: ALTER "
                        "DATABASE %s WITH ALLOW_CONNECTIONS true",
                        swap->restoring->options->manifest->id, swap->target, swap->session,
                        gd_quoted(swap->target, arena)),
        err));
    GD_TRY(gd_fault("restore: before the old database is closed", err));
    GD_TRY(let_in(swap, swap->target, false, err));
    swap->closed = true;
    return gd_fault("restore: after the old database was closed", err);
}

/* --- those who are still there ----------------------------------------------------------------*/

static const char sessions_sql[] =
    "SELECT count(*), string_agg(DISTINCT coalesce(nullif(application_name, ''), '?') || ' (' || "
    "coalesce(usename, '?') || ')', ', ') FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND "
    "pid <> pg_catalog.pg_backend_pid() AND backend_type <> 'autovacuum worker'";

GD_MUST static struct gd_status count_sessions(struct swap *swap, int64_t *out_count,
                                               const char **out_who, struct gd_error *err)
{
    const char *target = swap->target;
    struct gd_pg_call call = {
        .what = "look for sessions", .sql = sessions_sql, .values = &target, .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(swap->restoring->home, &call, &rows, err));
    *out_count = gd_pg_int(rows, 0, 0);
    const char *who = gd_pg_cell(rows, 0, 1);
    *out_who = gd_arena_strdup(swap->restoring->arena, who == NULL ? "" : who);
    return GD_DONE;
}

GD_MUST static struct gd_status wait_for_sessions(struct swap *swap, uint32_t limit_ms,
                                                  int64_t *out_left, const char **out_who,
                                                  struct gd_error *err)
{
    int64_t deadline = gd_clock_monotonic_us() + (int64_t)limit_ms * 1000;
    for (;;) {
        GD_TRY(count_sessions(swap, out_left, out_who, err));
        if (*out_left == 0 || gd_clock_monotonic_us() >= deadline)
            return GD_DONE;
        if (gd_interrupted())
            return gd_fail(err, GD_SYSTEM, "could not replace \"%s\": asked to stop", swap->target);
        gd_sleep_ms(LOOK_EVERY_MS);
    }
}

/* Nobody comes in any more; those who are in get time to leave, and are then shown out. */
GD_MUST static struct gd_status clear_old(struct swap *swap, struct gd_error *err)
{
    const struct gd_restore_options *options = swap->restoring->options;
    uint32_t wait_ms = options->wait_ms == 0 ? WAIT_MS : options->wait_ms;
    const char *who, *target = swap->target;
    int64_t left;
    GD_TRY(wait_for_sessions(swap, 0, &left, &who, err));
    if (left == 0)
        return GD_DONE;
    gd_tell_note(options->events, "waiting for %lld session%s of \"%s\" to end: %s",
                 (long long)left, left == 1 ? "" : "s", target, who);
    GD_TRY(wait_for_sessions(swap, wait_ms, &left, &who, err));
    if (left == 0)
        return GD_DONE;
    gd_restoring_warn(swap->restoring, "", "ended %lld session%s of \"%s\": %s", (long long)left,
                      left == 1 ? "" : "s", target, who);
    struct gd_pg_call call = {.what = "end the sessions of the database",
                              .sql = "SELECT pg_catalog.pg_terminate_backend(pid) FROM "
                                     "pg_catalog.pg_stat_activity WHERE datname = $1 AND pid <> "
                                     "pg_catalog.pg_backend_pid()",
                              .values = &target,
                              .value_count = 1};
    GD_TRY(gd_pg_run(swap->restoring->home, &call, NULL, err));
    GD_TRY(wait_for_sessions(swap, 5000, &left, &who, err));
    if (left == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY, "could not replace \"%s\": %lld session%s did not end: %s",
                           target, (long long)left, left == 1 ? "" : "s", who),
                   "End them, and try again.");
}

/* --- the swap ---------------------------------------------------------------------------------*/

GD_MUST static struct gd_status rename_both(struct swap *swap, struct gd_error *err)
{
    struct gd_arena *arena = swap->restoring->arena;
    const char *target = gd_quoted(swap->target, arena), *kept = gd_quoted(swap->kept, arena);
    const char *sql =
        gd_arena_printf(arena,
                        "BEGIN; ALTER DATABASE %s RENAME TO %s; ALTER DATABASE %s RENAME TO %s; "
                        "ALTER DATABASE %s WITH ALLOW_CONNECTIONS %s; %s; COMMIT",
                        target, kept, gd_quoted(swap->beside, arena), target, kept,
                        swap->allowed ? "true" : "false",
                        gd_database_comment(swap->restoring, swap->target, arena));
    GD_TRY(gd_fault("restore: before the renames", err));
    struct gd_status status = gd_pg_command(swap->restoring->home, "swap the databases", sql, err);
    if (status.code != GD_OK && !gd_pg_broken(swap->restoring->home)) {
        struct gd_error ignored = {0};
        (void)!gd_undo(swap->restoring->home, "undo", "ROLLBACK", &ignored).code;
    }
    return status;
}

/* A session that we lost may still rename: it is ended, and waited for, before anybody looks. */
GD_MUST static struct gd_status end_lost_session(struct swap *swap, struct gd_pg *home,
                                                 struct gd_error *err)
{
    static const char sql[] = "SELECT count(pg_catalog.pg_terminate_backend(pid)) "
                              "FROM pg_catalog.pg_stat_activity WHERE pid = $1::int";
    const char *session = swap->session;
    int64_t deadline = gd_clock_monotonic_us() + (int64_t)GONE_MS * 1000;
    for (;;) {
        struct gd_pg_call call = {.what = "wait for the session that was lost",
                                  .sql = sql,
                                  .values = &session,
                                  .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(home, &call, &rows, err));
        if (gd_pg_int(rows, 0, 0) == 0)
            return GD_DONE;
        if (gd_clock_monotonic_us() >= deadline)
            return gd_fail(err, GD_SYSTEM, "server process %s does not end", session);
        gd_sleep_ms(LOOK_EVERY_MS);
    }
}

GD_MUST static struct gd_status remember_session(struct swap *swap, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "ask for a session's process",
                              .sql = "SELECT pg_catalog.pg_backend_pid()"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(swap->restoring->home, &call, &rows, err));
    snprintf(swap->session, sizeof swap->session, "%s", gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

/* The connection broke at COMMIT: a new one sees which of the two names is there. */
GD_MUST static struct gd_status settle(struct swap *swap, struct gd_status status, bool *out_done,
                                       struct gd_error *err)
{
    struct gd_restoring *restoring = swap->restoring;
    gd_auto_pg home = NULL;
    struct gd_error second = {0};
    *out_done = false;
    if (!gd_pg_broken(restoring->home))
        return status;
    if (gd_restore_home(restoring->options, swap->target, &home, &second).code != GD_OK ||
        end_lost_session(swap, home, &second).code != GD_OK ||
        gd_database_exists(home, swap->kept, out_done, &second).code != GD_OK) {
        err->code = GD_PARTIAL;
        return gd_hint(
            err, (struct gd_status){GD_PARTIAL},
            "The connection broke at the moment of the swap. When database \"%s\" is "
            "there, the swap was done; otherwise \"%s\" is as before, and ALTER DATABASE "
            "… WITH ALLOW_CONNECTIONS true opens it.",
            swap->kept, swap->target);
    }
    gd_pg_close(restoring->home);
    restoring->home = GD_MOVE(home);
    return *out_done ? GD_DONE : status;
}

/* The old one lets sessions in again, whatever failed. */
GD_MUST static struct gd_status undo(struct swap *swap, struct gd_status status,
                                     struct gd_error *err)
{
    struct gd_error failed = {0};
    if (!swap->closed || let_in(swap, swap->target, true, &failed).code == GD_OK)
        return status;
    err->code = GD_PARTIAL;
    return gd_hint(err, (struct gd_status){GD_PARTIAL},
                   "\"%s\" is as before but lets no session in, because opening it failed, too "
                   "(%.120s): ALTER DATABASE \"%s\" WITH ALLOW_CONNECTIONS true.",
                   swap->target, failed.text, swap->target);
}

GD_MUST static struct gd_status do_swap(struct swap *swap, struct gd_error *err)
{
    GD_TRY(close_old(swap, err));
    GD_TRY(clear_old(swap, err));
    return rename_both(swap, err);
}

GD_MUST static struct gd_status swap_both(struct swap *swap, struct gd_error *err)
{
    bool done = false;
    gd_tell_stage(swap->restoring->options->events, "swapping the databases", 0);
    GD_TRY(remember_session(swap, err));
    struct gd_status status = do_swap(swap, err);
    if (status.code == GD_OK)
        return status;
    status = settle(swap, status, &done, err);
    return done || status.code == GD_PARTIAL ? status : undo(swap, status, err);
}

GD_MUST static struct gd_status make_beside(struct swap *swap, struct gd_arena *arena,
                                            struct gd_error *err)
{
    struct gd_restoring *restoring = swap->restoring;
    GD_TRY(gd_restore_fill(restoring, err));
    GD_TRY(say_in_comment(swap,
                          gd_arena_printf(arena,
                                          "guardian: restored from snapshot %s to take the place "
                                          "of \"%s\"; being compared",
                                          restoring->options->manifest->id, swap->target),
                          err));
    return gd_restore_compare(restoring->options, swap->beside, arena, err);
}

static void drop_beside(struct swap *swap)
{
    struct gd_error failed = {0};
    struct gd_restoring *restoring = swap->restoring;
    if (!restoring->made)
        return;
    if (restoring->options->keep_on_failure)
        gd_restoring_warn(restoring, "Drop it when you have seen enough.",
                          "database \"%s\" is kept", swap->beside);
    else if (gd_database_drop(restoring->home, swap->beside, &failed).code != GD_OK)
        gd_restoring_warn(restoring, "Drop it.", "database \"%s\" could not be removed: %s",
                          swap->beside, failed.text);
}

struct gd_status gd_restore_replace(const struct gd_restore_options *options, const char *database,
                                    struct gd_arena *arena, struct gd_restored *out_restored,
                                    struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    struct gd_restoring restoring = {.options = options, .arena = scratch, .creates = true};
    struct swap swap = {.restoring = &restoring, .target = database};
    name_both(&swap);
    restoring.database = swap.beside;
    GD_TRY(gd_restore_home(options, database, &restoring.home, err));
    struct gd_status status = explain_earlier(&swap, err);
    if (status.code == GD_OK)
        status = look_at_old(&swap, err);
    if (status.code == GD_OK)
        status = gd_restore_prepare(&restoring, err);
    if (status.code == GD_OK) {
        status = make_beside(&swap, scratch, err);
        if (status.code == GD_OK)
            status = swap_both(&swap, err);
        if (status.code != GD_OK && status.code != GD_PARTIAL)
            drop_beside(&swap);
    }
    if (status.code == GD_OK) {
        restoring.database = database;
        gd_restoring_report(&restoring, arena, out_restored);
        out_restored->old = gd_arena_strdup(arena, swap.kept);
    }
    gd_pg_close(restoring.home);
    return status;
}
