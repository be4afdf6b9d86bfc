/*
 * Run, sealed: our locks, and our snapshot behind them, in the very transaction of the statement,
 * so that nobody writes between backup and change; and what others wrote where it was not so.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/run_own.h"

/* Our locks and our snapshot can be taken where the statement will run. */
bool gd_run_can_seal(const struct gd_run_look *look)
{
    return look->request->pg != NULL && (look->wrapped || look->request->state == GD_PG_INSIDE);
}

/* REPEATABLE READ and SERIALIZABLE: it may have taken its look before our locks, and does not see
 * what others wrote in between; another session, which looks after them, does. */
GD_MUST static struct gd_status looks_back(const struct gd_run_look *look, bool *out_back,
                                           struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look at the transaction",
                              .sql = "SHOW transaction_isolation"};
    *out_back = false;
    if (!gd_run_can_seal(look))
        return GD_DONE;
    GD_TRY(gd_pg_run(look->request->pg, &call, &rows, err));
    *out_back = strcmp(gd_pg_cell(rows, 0, 0), "read committed") != 0;
    return GD_DONE;
}

struct gd_status gd_run_seal(struct gd_run *run, struct gd_run_look *look,
                             const struct gd_backup *backup, const char **out_snapshot,
                             struct gd_error *err)
{
    const struct gd_limits *limits = look->decision->limits;
    bool back;
    GD_TRY(looks_back(look, &back, err));
    const struct gd_seal_options options = {
        .lock_ms = gd_guard_bounded(&limits->lock_wait),
        .retries = gd_guard_bounded(&limits->lock_retries),
        .clock = &run->held,
        .eyes = back ? run->pg : NULL,
        .events = run->options->guard->events,
    };
    gd_run_hush(look);
    gd_run_note_sealed(run, look->request->session);
    struct gd_run_way way = {.run = run, .look = look, .since_us = gd_clock_monotonic_us()};
    const struct gd_wish wish = {.asks = gd_run_asks_way, .context = &way};
    look->may_give_way &= !gd_run_splits(look); /* a value may have gone first by now */
    const struct gd_wish *before = gd_interrupt_by(&wish);
    struct gd_status status = gd_protect_seal(look->request->pg, backup, &options, run->arena,
                                              back ? NULL : out_snapshot, err);
    (void)gd_interrupt_by(before);
    look->gave_way &= status.code != GD_OK;
    return status;
}

/* ---- what was written since ---- */

/* Where the statement will run, with writers held off until it is over: then nothing comes in
 * between. Of a transaction that looks back from our own session, behind its locks. Elsewhere from
 * there without any, and what is written from here on is not seen. */
GD_MUST static struct gd_status count_drift(struct gd_run *run, struct gd_run_look *look,
                                            const struct gd_protection *since,
                                            const struct gd_backup *backup,
                                            struct gd_story_drift **out_drifts, size_t *out_count,
                                            int64_t *out_rows, struct gd_error *err)
{
    bool back;
    GD_TRY(looks_back(look, &back, err));
    if (gd_run_can_seal(look))
        GD_TRY(gd_run_seal(run, look, backup, NULL, err));
    if (gd_run_can_seal(look) && !back)
        return gd_protect_drift(look->request->pg, since, backup, run->arena, out_drifts, out_count,
                                out_rows, err);
    GD_TRY(gd_pg_begin(run->pg, err));
    struct gd_status status =
        gd_protect_drift(run->pg, since, backup, run->arena, out_drifts, out_count, out_rows, err);
    gd_pg_end(run->pg);
    if (back && status.code == GD_BUSY)
        return gd_hint(err, status,
                       "What others wrote cannot be counted while the transaction itself locks the "
                       "table against reading. At READ COMMITTED it can.");
    return status;
}

struct gd_status gd_run_check_drift(struct gd_run *run, struct gd_run_look *look,
                                    const struct gd_protection *since, struct gd_error *err)
{
    const struct gd_limit *limit = &look->decision->limits->drift_rows_max;
    struct gd_story *story = run->story;
    struct gd_backup backup;
    struct gd_story_drift *drifts;
    size_t count;
    int64_t rows;
    gd_run_to_count(run, look, since, &backup);
    if (backup.tables.count == 0)
        return GD_DONE;
    struct gd_protection others = *since;
    others.own_ids = gd_run_own_ids(run);
    others.own_files = &run->old;
    GD_TRY(count_drift(run, look, &others, &backup, &drifts, &count, &rows, err));
    if (rows == 0 || limit->value == UINT64_MAX)
        return GD_DONE;
    story->drifts = drifts;
    story->drift_count = count;
    story->drift_rows = rows;
    story->sealed = false;
    if (rows >= 0 && (uint64_t)rows <= limit->value)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           rows < 0 ? "rows that others wrote to %s since the backup could not be "
                                      "counted in time (%" PRId64 ")"
                                    : "others wrote to %s since the backup (%" PRId64
                                      " rows), and a rollback would lose that",
                           backup.tables.items[0], rows),
                   "Run it when nobody writes, or raise drift_rows_max in the policy.");
}
