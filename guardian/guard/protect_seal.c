/*
 * Seal: stop those who write, let those who read go on.
 *
 * Invariant 1  All locks or none: a try that fails gives back what it took before it waits.
 * Invariant 2  The snapshot is taken after the last lock, so that it sees every write that was
 *              committed on these tables; until the transaction ends, there are no others. What is
 *              locked is what the names stand for once it is locked: nobody attached a partition,
 *              or renamed, in between.
 * Invariant 3  While it waits in the queue of one table, traffic waits behind it: no longer than
 *              `lock_ms`, then it steps out of the way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/guard/holders.h"
#include "guardian/guard/protect_own.h"

enum {
    LOCKS_AT_ONCE = 100,
    PAUSE_MS = 100,
    PAUSE_MAX_MS = 3000,
    REPLY_MS = 30000,
};

struct sealing {
    struct gd_pg *pg;
    struct gd_arena *arena;
    const struct gd_seal_options *options;
    const struct gd_backup *backup;
    const struct gd_protected *tables;
    size_t count;
    uint32_t lock_ms;
    const char *lock_timeout, *statement_timeout; /* as they were */
};

/* --- the transaction that it happens in ---------------------------------------------------------
 */

/* The session says nothing while the backup is made, and that is no fault; but when this machine is
 * gone, the server must notice within a minute, for its locks stop others. A snapshot that is older
 * than the locks would not hold what was written in between. */
GD_MUST static struct gd_status look_at_session(struct sealing *sealing, struct gd_error *err)
{
    struct gd_pg_call isolation = {.what = "look at the transaction",
                                   .sql = "SHOW transaction_isolation"};
    struct gd_pg_call limits = {.what = "look at the session",
                                .sql = "SELECT pg_catalog.current_setting('lock_timeout'), "
                                       "pg_catalog.current_setting('statement_timeout'), "
                                       "pg_catalog.set_config(name, value, true) FROM (VALUES "
                                       "('idle_in_transaction_session_timeout', '0'), "
                                       "('tcp_keepalives_idle', '30'), "
                                       "('tcp_keepalives_interval', '10'), "
                                       "('tcp_keepalives_count', '3')) AS wanted (name, value)"};
    gd_auto_pg_rows level = NULL;
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(sealing->pg, &isolation, &level, err));
    if (sealing->options->eyes == NULL && strcmp(gd_pg_cell(level, 0, 0), "read committed") != 0)
        return gd_hint(
            err,
            gd_fail(err, GD_UNPROTECTED,
                    "could not seal the tables: the transaction is %s, and would not "
                    "see what was written while it waited for locks",
                    gd_pg_cell(level, 0, 0)),
            "Leave ISOLATION LEVEL out of the file: the locks keep writers away anyway.");
    GD_TRY(gd_pg_run(sealing->pg, &limits, &rows, err));
    sealing->lock_timeout = gd_arena_strdup(sealing->arena, gd_pg_cell(rows, 0, 0));
    sealing->statement_timeout = gd_arena_strdup(sealing->arena, gd_pg_cell(rows, 0, 1));
    return GD_DONE;
}

static struct gd_pg_call limits_call(const char *const values[2])
{
    return (struct gd_pg_call){
        .what = "set limits",
        .sql = "SELECT pg_catalog.set_config('lock_timeout', $1, true), "
               "pg_catalog.set_config('statement_timeout', $2, true)",
        .values = values,
        .value_count = 2,
    };
}

/* Who sees what is committed by now. */
static struct gd_pg *eyes_of(const struct sealing *sealing)
{
    return sealing->options->eyes == NULL ? sealing->pg : sealing->options->eyes;
}

/* --- locks --------------------------------------------------------------------------------------
 */

/* LOCK TABLE ONLY a, ONLY b: children are in the list themselves. */
static const char *lock_sql(const struct sealing *sealing, size_t *at)
{
    const char *names = "";
    size_t count = 0;
    for (; *at < sealing->count && count < LOCKS_AT_ONCE; (*at)++) {
        if (sealing->tables[*at].kind == 'f')
            continue;
        names = gd_arena_printf(sealing->arena, "%s%sONLY %s", names, count == 0 ? "" : ", ",
                                sealing->tables[*at].qualified);
        count++;
    }
    return count == 0 ? NULL
                      : gd_arena_printf(sealing->arena, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE",
                                        names);
}

static bool is_same(const struct gd_protected *one, const struct gd_protected *other, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (one[i].oid != other[i].oid || strcmp(one[i].qualified, other[i].qualified) != 0)
            return false;
    return true;
}

/* Do the names still stand for what was locked? Otherwise the next try is for what they stand for
 * now. */
GD_MUST static struct gd_status look_again(struct sealing *sealing, struct gd_error *err)
{
    struct gd_protected *now = NULL;
    size_t count = 0;
    GD_TRY(
        gd_protected_tables(eyes_of(sealing), sealing->backup, sealing->arena, &now, &count, err));
    bool same = count == sealing->count && is_same(now, sealing->tables, count);
    sealing->tables = now;
    sealing->count = count;
    if (same)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "could not stop those who write: tables were renamed, attached or made "
                           "while they were locked"),
                   "Somebody else changes the schema. Try again when that is over.");
}

GD_MUST static struct gd_status step_back(struct sealing *sealing, struct gd_error *err)
{
    struct gd_pg_call calls[] = {
        {.what = "give back locks", .sql = "ROLLBACK TO SAVEPOINT guardian_seal"},
        {.what = "give back locks", .sql = "RELEASE SAVEPOINT guardian_seal"}};
    return gd_pg_batch(sealing->pg, calls, 2, NULL, NULL, err);
}

/* @param out_state  the SQLSTATE of what the server refused; "" */
GD_MUST static struct gd_status lock_all(struct sealing *sealing, char out_state[6],
                                         struct gd_error *err)
{
    char lock[16], statement[16];
    snprintf(lock, sizeof lock, "%u", sealing->lock_ms);
    snprintf(statement, sizeof statement, "%u", 2 * sealing->lock_ms + 1000);
    const char *const limits[] = {lock, statement};
    struct gd_pg_call open[] = {{.what = "set a savepoint", .sql = "SAVEPOINT guardian_seal"},
                                limits_call(limits)};
    out_state[0] = '\0';
    GD_TRY(gd_pg_batch(sealing->pg, open, 2, NULL, NULL, err));
    gd_seal_clock_start(sealing->options->clock);
    for (size_t at = 0; at < sealing->count;) {
        struct gd_pg_call call = {.what = "lock the tables",
                                  .sql = lock_sql(sealing, &at),
                                  .limit_ms = 2 * sealing->lock_ms + REPLY_MS};
        struct gd_status status =
            call.sql == NULL ? GD_DONE : gd_pg_run(sealing->pg, &call, NULL, err);
        memcpy(out_state, call.sqlstate, sizeof call.sqlstate);
        GD_TRY(status);
    }
    GD_TRY(look_again(sealing, err));
    const char *const before[] = {sealing->lock_timeout, sealing->statement_timeout};
    struct gd_pg_call end[] = {
        {.what = "release a savepoint", .sql = "RELEASE SAVEPOINT guardian_seal"},
        limits_call(before)};
    return gd_pg_batch(sealing->pg, end, 2, NULL, NULL, err);
}

/* NULL: nobody any more. Our own wait is over by now: those who hold what we wanted are asked for.
 */
static const char *holders(struct sealing *sealing)
{
    struct gd_holders_query query = {
        .tables = gd_protect_oids(sealing->tables, sealing->count, sealing->arena)};
    struct gd_holders found = {0};
    struct gd_error ignored = {0};
    if (gd_holders_find(sealing->pg, &query, sealing->arena, &found, &ignored).code != GD_OK)
        return NULL;
    return found.count == 0 ? NULL : found.text;
}

/* --- tries --------------------------------------------------------------------------------------
 */

static const char *tables_text(const struct sealing *sealing)
{
    if (sealing->count == 1)
        return gd_arena_printf(sealing->arena, "table %s", sealing->tables[0].qualified);
    return gd_arena_printf(sealing->arena, "%zu tables (%s …)", sealing->count,
                           sealing->tables[0].qualified);
}

GD_MUST static struct gd_status explain(struct sealing *sealing, const char *state,
                                        struct gd_status status, struct gd_error *err)
{
    const char *said = gd_arena_strdup(sealing->arena, err->text);
    if (strcmp(state, "42501") == 0)
        return gd_hint(err, gd_fail(err, GD_UNPROTECTED, "%s", said),
                       "To stop writers, a role must own the tables or may write to them (since "
                       "PostgreSQL 17: GRANT MAINTAIN). Connect as the owner.");
    if (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0)
        return gd_hint(err, gd_fail(err, GD_BUSY, "%s", said),
                       "Somebody else changes the schema. Try again when that is over.");
    if (strcmp(state, "53200") == 0)
        return gd_hint(err, gd_fail(err, GD_UNPROTECTED, "%s", said),
                       "Raise max_locks_per_transaction, or let the policy name fewer tables.");
    return status;
}

GD_MUST static struct gd_status too_busy(struct sealing *sealing, const char *who, uint32_t tries,
                                         struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "could not stop those who write to %s: %u tries of %u ms did not get "
                           "the locks%s%s",
                           tables_text(sealing), tries, sealing->lock_ms, who == NULL ? "" : "; ",
                           who == NULL ? "" : who),
                   "Nothing was changed. Try again when that transaction is over, or raise "
                   "lock_wait and lock_retries in the policy.");
}

/* The next try begins after a while that grows, and is not the same for two who meet. */
static void pause_before(uint32_t next)
{
    uint32_t most = (uint32_t)PAUSE_MS << (next > 5 ? 5 : next);
    uint32_t spread =
        (uint32_t)((uint64_t)gd_clock_monotonic_us() * 2654435761u + (uint64_t)getpid() * 40503u);
    most = most > PAUSE_MAX_MS ? PAUSE_MAX_MS : most;
    gd_sleep_ms(most / 2 + spread % (most / 2 + 1));
}

GD_MUST static struct gd_status try_to_lock(struct sealing *sealing, struct gd_error *err)
{
    for (uint32_t tries = 1;; tries++) {
        char state[6];
        struct gd_error later = {0};
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_fault("seal: before the locks", err));
        struct gd_status status = lock_all(sealing, state, err);
        if (status.code == GD_OK)
            return gd_fault("seal: locked", err);
        if (gd_pg_broken(sealing->pg) || step_back(sealing, &later).code != GD_OK)
            return status;
        gd_seal_clock_stop(sealing->options->clock);
        /* 57014: our own limit for a list of locks */
        if (status.code != GD_BUSY && strcmp(state, "57014") != 0)
            return explain(sealing, state, status, err);
        const char *who = holders(sealing);
        if (tries > sealing->options->retries)
            return too_busy(sealing, who, tries, err);
        gd_tell_note(sealing->options->events,
                     "the locks that stop writers did not come within %u ms%s%s", sealing->lock_ms,
                     who == NULL ? "" : ": ", who == NULL ? "" : who);
        pause_before(tries);
    }
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static void tell(const struct sealing *sealing, const struct gd_backup *backup)
{
    if (backup->scope == GD_SCOPE_DATABASE && backup->tables.count > 0)
        gd_tell_note(sealing->options->events,
                     "the whole database is backed up; kept from being written to are the %zu "
                     "tables that lose something",
                     sealing->count);
    for (size_t i = 0; i < sealing->count; i++)
        if (sealing->tables[i].kind == 'f')
            gd_tell_warning(sealing->options->events,
                            "Rows that are written there meanwhile may be lost.",
                            "foreign table %s cannot be kept from being written to",
                            sealing->tables[i].qualified);
}

GD_MUST static struct gd_status export_snapshot(struct sealing *sealing, const char **out_snapshot,
                                                struct gd_error *err)
{
    struct gd_pg_call call = {.what = "export a snapshot",
                              .sql = "SELECT pg_catalog.pg_export_snapshot()"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(sealing->pg, &call, &rows, err));
    *out_snapshot = gd_arena_strdup(sealing->arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

struct gd_status gd_protect_seal(struct gd_pg *pg, const struct gd_backup *backup,
                                 const struct gd_seal_options *options, struct gd_arena *arena,
                                 const char **out_snapshot, struct gd_error *err)
{
    struct sealing sealing = {.pg = pg,
                              .backup = backup,
                              .arena = arena,
                              .options = options,
                              .lock_ms = options->lock_ms == 0 ? 2000 : options->lock_ms};
    struct gd_protected *tables = NULL;
    GD_TRY(look_at_session(&sealing, err));
    GD_TRY(gd_protected_tables(eyes_of(&sealing), backup, arena, &tables, &sealing.count, err));
    sealing.tables = tables;
    gd_tell_stage(options->events, "stopping writers", 0);
    tell(&sealing, backup);
    if (sealing.count > 0)
        GD_TRY(try_to_lock(&sealing, err));
    return out_snapshot == NULL ? GD_DONE : export_snapshot(&sealing, out_snapshot, err);
}
