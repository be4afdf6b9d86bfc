/*
 * What became of a step whose COMMIT was sent, and whose answer never came.
 *
 * The row that the step wrote in its own transaction is the proof; without a ledger it is the
 * transaction's id. Both are asked only when the process of the lost session is gone: until then
 * "not there" means nothing.
 */
#include <string.h>

#include "guardian/guard/apply_own.h"

enum { TRIES_MAX = 40, FIRST_WAIT_MS = 100, WAIT_MAX_MS = 3000, GONE_MAX_MS = 30000 };

static uint32_t wait_of(uint32_t tries)
{
    uint32_t wait = (uint32_t)FIRST_WAIT_MS << (tries > 6 ? 6 : tries);
    return wait > WAIT_MAX_MS ? WAIT_MAX_MS : wait;
}

/* A server that restarts, or fails over, takes a while. */
static bool reconnect(struct gd_applier *applier, const char **out_why)
{
    struct gd_error err = {0};
    for (uint32_t tries = 0; tries < TRIES_MAX && !gd_interrupted(); tries++) {
        err = (struct gd_error){0};
        if (gd_pg_reconnect(applier->pg, &err).code == GD_OK)
            return true;
        if (tries == 3)
            gd_tell_note(applier->options.events,
                         "the connection was lost; trying to reach the server again");
        gd_sleep_ms(wait_of(tries));
    }
    *out_why = gd_arena_strdup(applier->arena, err.text);
    return false;
}

/* Is the lost session's process still there? One that began later only has its number. */
GD_MUST static struct gd_status is_there(struct gd_applier *applier, bool *out_there,
                                         struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look for the lost session",
        .sql = "SELECT 1 FROM pg_catalog.pg_stat_activity old, pg_catalog.pg_stat_activity own"
               " WHERE old.pid = $1::pg_catalog.int4 AND own.pid = pg_catalog.pg_backend_pid()"
               " AND old.pid <> own.pid AND old.datid = own.datid"
               " AND old.backend_start <= own.backend_start",
        .values = &applier->options.story->backend_pid,
        .value_count = 1,
    };
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(applier->pg, &call, &rows, err));
    *out_there = gd_pg_rows_count(rows) > 0;
    return GD_DONE;
}

bool gd_apply_come_back(struct gd_applier *applier, const char **out_why)
{
    applier->cut_off = true;
    if (!reconnect(applier, out_why))
        return false;
    int64_t until = gd_clock_monotonic_us() + (int64_t)GONE_MAX_MS * 1000;
    for (uint32_t tries = 0; !gd_interrupted(); tries++) {
        struct gd_error err = {0};
        bool there = true;
        if (is_there(applier, &there, &err).code != GD_OK) {
            *out_why = gd_arena_strdup(applier->arena, err.text);
            return false;
        }
        if (!there)
            return gd_apply_pin(applier, &err).code == GD_OK;
        if (gd_clock_monotonic_us() > until)
            break;
        gd_sleep_ms(wait_of(tries));
    }
    *out_why = gd_arena_printf(applier->arena, "its process %s still runs",
                               applier->options.story->backend_pid);
    return false;
}

static enum gd_settled by_row(struct gd_applier *applier, const struct gd_apply_step *step,
                              const char **out_why)
{
    struct gd_error err = {0};
    struct gd_ledger_step *rows = NULL;
    size_t count = 0;
    struct gd_status status =
        gd_ledger_steps(applier->pg, applier->options.ledger, applier->options.story->change,
                        applier->arena, &rows, &count, &err);
    if (status.code != GD_OK) {
        *out_why = gd_arena_strdup(applier->arena, err.text);
        return GD_SETTLED_UNKNOWN;
    }
    for (size_t i = 0; i < count; i++)
        if (rows[i].step == step->step->number && strcmp(rows[i].state, "in") == 0)
            return GD_SETTLED_IN;
    return GD_SETTLED_NOT_IN;
}

static enum gd_settled by_xid(struct gd_applier *applier, const struct gd_apply_step *step,
                              const char **out_why)
{
    struct gd_error err = {0};
    struct gd_pg_call call = {
        .what = "ask what became of the transaction",
        .sql = "SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8)",
        .values = &step->story->xid,
        .value_count = 1,
    };
    gd_auto_pg_rows rows = NULL;
    if (step->story->xid == NULL || step->story->xid[0] == '\0') /* it had written nothing */
        return GD_SETTLED_NOT_IN;
    if (gd_pg_run(applier->pg, &call, &rows, &err).code != GD_OK) {
        *out_why = gd_arena_strdup(applier->arena, err.text);
        return GD_SETTLED_UNKNOWN;
    }
    const char *answer = gd_pg_cell(rows, 0, 0);
    if (answer != NULL && strcmp(answer, "committed") == 0)
        return GD_SETTLED_IN;
    if (answer != NULL && strcmp(answer, "aborted") == 0)
        return GD_SETTLED_NOT_IN;
    *out_why = gd_arena_printf(applier->arena, "the server says \"%s\" of transaction %s",
                               answer == NULL ? "unknown" : answer, step->story->xid);
    return GD_SETTLED_UNKNOWN;
}

enum gd_settled gd_apply_settle(struct gd_applier *applier, const struct gd_apply_step *step,
                                const char **out_why)
{
    struct gd_pg_call calls[8] = {{0}};
    *out_why = "";
    if (!gd_apply_come_back(applier, out_why))
        return GD_SETTLED_UNKNOWN;
    bool row = gd_apply_row_calls(applier, step, "in", calls) > 0;
    enum gd_settled settled = row ? by_row(applier, step, out_why) : GD_SETTLED_UNKNOWN;
    /* A row that a later statement of the step took away, with the schema, proves nothing. */
    if (settled != GD_SETTLED_IN)
        settled = by_xid(applier, step, out_why);
    return settled;
}
