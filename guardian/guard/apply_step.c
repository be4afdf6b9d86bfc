/*
 * One step: its transaction, its tries, and the moment of COMMIT.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/apply_own.h"

enum {
    CALLS_MAX = 8,
    BACK_OFF_MS = 100,
    BACK_OFF_MAX_MS = 5000,
    BACK_OFF_SEALED_MS = 200, /* those who write wait in it, too */
    LOCK_LEAST_MS = 10,
};

/* ---- the journal ---- */

/* What it says must be true of the moment before what follows. */
struct gd_status gd_apply_record(struct gd_applier *applier, struct gd_error *err)
{
    const struct gd_apply_options *options = &applier->options;
    GD_TRY(gd_fault("apply: before the record", err));
    if (options->journal == NULL)
        return GD_DONE;
    options->story->rows_kept = gd_apply_keeps_rows(applier);
    struct gd_status status =
        gd_journal_write(options->journal, GD_RECORD_APPLYING,
                         gd_story_body(options->story, GD_RECORD_APPLYING), err);
    if (status.code != GD_OK) {
        applier->journal_failed = true;
        return status;
    }
    return gd_fault("apply: after the record", err);
}

struct gd_status gd_apply_announce(struct gd_applier *applier, struct gd_error *err)
{
    if (applier->announced)
        return GD_DONE;
    GD_TRY(gd_apply_record(applier, err));
    applier->announced = true;
    return GD_DONE;
}

struct gd_status gd_apply_still_ours(struct gd_applier *applier, struct gd_error *err)
{
    const struct gd_apply_options *options = &applier->options;
    GD_TRY(gd_interrupt_check(err));
    if (applier->deadline_us != 0 && gd_clock_monotonic_us() > applier->deadline_us)
        return gd_fail(err, GD_SYSTEM, "the change took longer than %u ms, and was stopped",
                       options->total_ms);
    if (options->still_ours == NULL)
        return GD_DONE;
    struct gd_status status = options->still_ours(options->still_ours_context, err);
    applier->not_repeatable = applier->not_repeatable || status.code != GD_OK;
    return status;
}

/* ---- begin ---- */

GD_MUST static struct gd_status begin_block(struct gd_applier *applier,
                                            const struct gd_apply_step *step, struct gd_error *err)
{
    if (step->begin == SIZE_MAX)
        GD_TRY(gd_apply_send_own(applier, "begin a transaction", "BEGIN", NULL, err));
    else
        GD_TRY(gd_apply_send(applier, step, step->begin, NULL, NULL, err));
    return gd_apply_send_some(applier, step, 0, step->leading, err);
}

struct gd_status gd_apply_begin(struct gd_applier *applier, const struct gd_apply_step *step,
                                struct gd_error *err)
{
    GD_TRY(gd_fault("apply: before BEGIN", err));
    GD_TRY(begin_block(applier, step, err));
    return gd_fault("apply: after BEGIN", err);
}

static const char xid_sql[] = "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text";

struct xid {
    size_t at; /* the call that asks for it */
    char text[32];
    struct gd_arena *arena;
    const char *counts; /* what the session had written by then; "" nothing */
};

GD_MUST static struct gd_status take_xid(size_t index, const struct gd_pg_rows *rows, void *context,
                                         struct gd_error *err)
{
    (void)err;
    struct xid *xid = context;
    if (index == xid->at && gd_pg_rows_count(rows) == 1 && gd_pg_cell(rows, 0, 0) != NULL)
        snprintf(xid->text, sizeof xid->text, "%s", gd_pg_cell(rows, 0, 0));
    if (index == xid->at && xid->arena != NULL && gd_pg_rows_count(rows) == 1 &&
        gd_pg_cell(rows, 0, 1) != NULL)
        xid->counts = gd_arena_strdup(xid->arena, gd_pg_cell(rows, 0, 1));
    return GD_DONE;
}

/* The step's row, and with it the transaction's id, in one round trip; with BEGIN in front of them
 * where that is ours. */
GD_MUST static struct gd_status write_row(struct gd_applier *applier,
                                          const struct gd_apply_step *step, bool begin,
                                          bool *out_again, struct gd_error *err)
{
    struct gd_pg_call calls[CALLS_MAX] = {{.what = "begin a transaction", .sql = "BEGIN"}};
    size_t front = begin ? 1 : 0;
    size_t rows = gd_apply_row_calls(applier, step, "in", calls + front);
    *out_again = applier->row_written = false;
    if (front + rows == 0)
        return GD_DONE;
    struct xid xid = {.at = front + rows, .arena = applier->arena, .counts = ""};
    size_t count = xid.at;
    if (rows > 0)
        calls[count++] = (struct gd_pg_call){.what = "ask for the transaction's id",
                                             .sql = gd_ledger_counts_sql};
    struct gd_status status = gd_pg_batch(applier->pg, calls, count, take_xid, &xid, err);
    applier->row_written = status.code == GD_OK && rows > 0;
    applier->counts = xid.counts;
    if (status.code == GD_OK)
        step->story->xid = gd_arena_strdup(applier->arena, xid.text);
    *out_again = status.code != GD_OK && !gd_pg_broken(applier->pg) &&
                 gd_apply_row_fallback(applier, step, calls, count);
    return status;
}

/* What the story says of the transaction must be there before COMMIT. */
GD_MUST static struct gd_status ask_xid(struct gd_applier *applier,
                                        const struct gd_apply_step *step, struct gd_error *err)
{
    struct xid xid = {0};
    struct gd_pg_call call = {.what = "ask for the transaction's id", .sql = xid_sql};
    GD_TRY(gd_pg_batch(applier->pg, &call, 1, take_xid, &xid, err));
    step->story->xid = gd_arena_strdup(applier->arena, xid.text);
    return GD_DONE;
}

/* ---- commit ---- */

GD_MUST static struct gd_status not_committed(const struct gd_apply_step *step, const char *why,
                                              struct gd_error *err)
{
    return gd_fail(err, GD_FAILED, "COMMIT of step %u (%s:%u) did not happen: %s",
                   step->step->number, step->text->file->file->path, step->story->line, why);
}

GD_MUST static struct gd_status after_lost_commit(struct gd_applier *applier,
                                                  const struct gd_apply_step *step,
                                                  struct gd_error *err)
{
    const char *why = "";
    struct gd_error first = *err;
    enum gd_settled settled = gd_apply_settle(applier, step, &why);
    if (settled == GD_SETTLED_IN) {
        *err = (struct gd_error){0};
        return GD_DONE;
    }
    if (settled == GD_SETTLED_NOT_IN)
        return not_committed(step, first.text, err);
    step->story->state = GD_STEP_UNKNOWN;
    applier->options.story->unsettled = true;
    return gd_hint(err,
                   gd_fail(err, GD_PARTIAL,
                           "nobody can tell whether step %u (%s:%u) is in: the connection was lost "
                           "at COMMIT, and %s",
                           step->step->number, step->text->file->file->path, step->story->line,
                           why),
                   "When the server answers again, run guardian once more: it asks what became of "
                   "it.");
}

GD_MUST static struct gd_status commit(struct gd_applier *applier, const struct gd_apply_step *step,
                                       struct gd_error *err)
{
    char tag[64] = "";
    GD_TRY(gd_fault("apply: before COMMIT", err));
    struct gd_status status = step->end == SIZE_MAX
                                  ? gd_apply_send_own(applier, "commit", "COMMIT", tag, err)
                                  : gd_apply_send(applier, step, step->end, NULL, tag, err);
    if (gd_pg_broken(applier->pg) && !step->step->rolled_back)
        return after_lost_commit(applier, step, err);
    if (status.code == GD_INJECTED)
        /* The point behind the statement broke: what the server did, it did. */
        return strcmp(tag, "COMMIT") == 0 ? GD_DONE : status;
    if (status.code != GD_OK && step->end == SIZE_MAX)
        return gd_wrap(err, status, "%s:%u: ", step->text->file->file->path, step->story->line);
    GD_TRY(status);
    bool wanted = step->step->rolled_back;
    if (strcmp(tag, wanted ? "ROLLBACK" : "COMMIT") != 0)
        return not_committed(step,
                             "the server rolled the transaction back, because a statement in it "
                             "had failed",
                             err);
    return GD_DONE;
}

/* ---- one try ---- */

/* Without a row, the id on record is all that can tell later whether the step is in. */
static bool needs_record(const struct gd_applier *applier, const struct gd_apply_step *step)
{
    if (step->step->rolled_back || step->class == GD_CLASS_NONE)
        return false;
    return step->class >= GD_CLASS_ENUM || step->loses > GD_LOSES_NOTHING || !applier->row_written;
}

GD_MUST static struct gd_status before_commit(struct gd_applier *applier,
                                              const struct gd_apply_step *step,
                                              struct gd_error *err)
{
    if (step->class != GD_CLASS_NONE && !applier->row_written)
        GD_TRY(ask_xid(applier, step, err));
    if (applier->row_written)
        GD_TRY(gd_apply_send_own(applier, "note what was written",
                                 gd_apply_wrote_sql(applier, step), NULL, err));
    if (needs_record(applier, step))
        GD_TRY(gd_apply_record(applier, err));
    return gd_apply_still_ours(applier, err);
}

static const char *own_sql(const struct gd_applier *applier, const struct gd_apply_step *step,
                           bool after)
{
    size_t at = (size_t)(step - applier->steps);
    const struct gd_apply_file *file = step->text->file;
    if (after)
        return step->text->last_step == at ? file->after : NULL;
    return step->text->first_step == at ? file->before : NULL;
}

GD_MUST static struct gd_status send_around(struct gd_applier *applier,
                                            const struct gd_apply_step *step, bool after,
                                            struct gd_error *err)
{
    const char *sql = own_sql(applier, step, after);
    if (sql == NULL)
        return GD_DONE;
    if (applier->touched) /* the file may have taken a role */
        sql = gd_arena_printf(applier->arena, "%s;\n%s\n;%s", gd_apply_to_own_role, sql,
                              gd_apply_back_to_role);
    return gd_apply_send_own_ddl(applier, "keep the record of migrations", sql, err);
}

/* What is not the file's own transaction, or is one that will not be there. */
static bool around_stands_alone(const struct gd_apply_step *step)
{
    return step->step->kind == GD_STEP_SESSION || step->step->kind == GD_STEP_ALONE ||
           step->step->rolled_back;
}

/* Milliseconds in which those who write may still be held; UINT32_MAX: no limit. */
static uint32_t sealed_left(const struct gd_applier *applier)
{
    if (applier->sealed_until_us == 0)
        return UINT32_MAX;
    int64_t left_ms = (applier->sealed_until_us - gd_clock_monotonic_us()) / 1000;
    return left_ms <= 0 ? 0 : (uint32_t)left_ms;
}

/* Inside of the seal: where a try begins. Its locks must come while there is time. */
GD_MUST static struct gd_status set_savepoint(struct gd_applier *applier, struct gd_error *err)
{
    uint32_t left = sealed_left(applier);
    if (left >= applier->options.lock_ms)
        return gd_apply_send_own(applier, "set a savepoint", "SAVEPOINT guardian_sealed", NULL,
                                 err);
    const char *sql = gd_arena_printf(
        applier->arena,
        "SAVEPOINT guardian_sealed; SELECT pg_catalog.set_config('lock_timeout', LEAST((extract("
        "epoch FROM pg_catalog.current_setting('lock_timeout')::pg_catalog.interval) * 1000)::"
        "pg_catalog.int8, %u)::pg_catalog.text, true)",
        left < LOCK_LEAST_MS ? LOCK_LEAST_MS : left);
    return gd_apply_send_own(applier, "set a savepoint", sql, NULL, err);
}

GD_MUST static struct gd_status try_transaction(struct gd_applier *applier,
                                                const struct gd_apply_step *step, bool *out_again,
                                                struct gd_error *err)
{
    bool inside = !around_stands_alone(step);
    bool plain = !applier->open && step->begin == SIZE_MAX && step->leading == 0;
    step->story->xid = "";
    if (applier->open)
        GD_TRY(set_savepoint(applier, err));
    else if (!plain)
        GD_TRY(gd_apply_begin(applier, step, err));
    GD_TRY(gd_fault("apply: before the step's row", err));
    GD_TRY(write_row(applier, step, plain, out_again, err));
    if (applier->open && step->step->kind == GD_STEP_ENUM_VALUE) /* see apply_value.c */
        GD_TRY(gd_apply_send_own(applier, "give up a savepoint",
                                 "RELEASE SAVEPOINT guardian_sealed", NULL, err));
    if (inside)
        GD_TRY(send_around(applier, step, false, err));
    GD_TRY(gd_apply_send_some(applier, step, step->leading, step->step->statement_count, err));
    if (inside)
        GD_TRY(send_around(applier, step, true, err));
    GD_TRY(before_commit(applier, step, err));
    return commit(applier, step, err);
}

static bool roll_back(struct gd_applier *applier, const char *sql)
{
    struct gd_error ignored = {0};
    return gd_apply_send_own(applier, "roll back", sql, NULL, &ignored).code == GD_OK;
}

/* Back to where the try began. @return false: the seal is lost with it */
static bool undo(struct gd_applier *applier, bool keep_seal)
{
    enum gd_pg_state state = gd_pg_state(applier->pg);
    bool sealed = applier->open;
    applier->open = false;
    if (state == GD_PG_UNKNOWN || state == GD_PG_OUTSIDE)
        return !sealed;
    applier->open =
        sealed && keep_seal && roll_back(applier, "ROLLBACK TO SAVEPOINT guardian_sealed");
    return applier->open || (roll_back(applier, "ROLLBACK") && !sealed);
}

void gd_apply_back_off(const struct gd_applier *applier, uint32_t tries)
{
    uint32_t most = (uint32_t)BACK_OFF_MS << (tries > 6 ? 6 : tries);
    uint32_t limit = applier->open ? BACK_OFF_SEALED_MS : BACK_OFF_MAX_MS;
    most = most > limit ? limit : most;
    /* Two that met once shall not meet again at the same moment: any time will do as randomness. */
    uint64_t mixed = (uint64_t)gd_clock_monotonic_us() * UINT64_C(0x9E3779B97F4A7C15);
    gd_sleep_ms((uint32_t)((mixed >> 33) % most) + 1);
}

static bool may_repeat(const struct gd_applier *applier, struct gd_status status)
{
    return status.code == GD_BUSY && !applier->not_repeatable && !applier->journal_failed &&
           !gd_pg_broken(applier->pg);
}

/* A lock of the lease that is gone is BUSY, too, and no reason to try again. */
static bool lock_is_missing(const struct gd_applier *applier)
{
    enum gd_pg_state state = gd_pg_state(applier->pg);
    return state == GD_PG_ABORTED || state == GD_PG_OUTSIDE;
}

/* Another try? Inside of the seal others wait all the while: then time counts, and not tries. */
static bool has_tries(const struct gd_applier *applier, uint32_t tries)
{
    if (applier->open && applier->sealed_until_us != 0)
        return sealed_left(applier) > 0;
    return tries <= applier->options.lock_retries;
}

static void tell_again(const struct gd_applier *applier, uint32_t tries, const char *why)
{
    if (applier->open && applier->sealed_until_us != 0)
        gd_tell_note(applier->options.events, "trying again for %u ms more: %s",
                     sealed_left(applier), why);
    else
        gd_tell_note(applier->options.events, "trying again (%u of %u): %s", tries,
                     applier->options.lock_retries, why);
}

/* Nobody waits any more for what did not come. */
static struct gd_status given_up(const struct gd_applier *applier, uint32_t tries,
                                 struct gd_status status, struct gd_error *err)
{
    struct gd_error why = *err;
    if (status.code != GD_BUSY)
        return status;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "%s; given up after %u ms (tries: %u), because those who write to the "
                           "tables were kept waiting",
                           why.text, applier->options.sealed_ms, tries),
                   "%s The policy's sealed_wait says how long writers may wait for that; the "
                   "backup that was made is proven and stays.",
                   why.hint);
}

GD_MUST static struct gd_status run_tries(struct gd_applier *applier,
                                          const struct gd_apply_step *step, struct gd_error *err)
{
    for (uint32_t tries = 1;;) {
        bool again = false;
        struct gd_error failure = {0};
        applier->not_repeatable = false;
        struct gd_status status = try_transaction(applier, step, &again, &failure);
        if (status.code == GD_OK)
            return status;
        bool late = applier->sealed_until_us != 0 && sealed_left(applier) == 0;
        bool busy = !again && may_repeat(applier, status) && lock_is_missing(applier) &&
                    has_tries(applier, tries);
        bool whole = undo(applier, again || busy);
        if (step->story->state != GD_STEP_UNKNOWN)
            step->story->state = GD_STEP_NOT_IN;
        if (!whole || (!again && !busy)) {
            *err = failure;
            return late ? given_up(applier, tries, status, err) : status;
        }
        if (busy) {
            tell_again(applier, tries, failure.text);
            gd_apply_back_off(applier, tries++);
            GD_TRY(gd_interrupt_check(err));
        }
    }
}

GD_MUST static struct gd_status run_transaction(struct gd_applier *applier,
                                                const struct gd_apply_step *step,
                                                struct gd_error *err)
{
    uint32_t limit_ms = applier->options.sealed_ms;
    applier->sealed_until_us =
        applier->open && limit_ms != 0 ? gd_clock_monotonic_us() + (int64_t)limit_ms * 1000 : 0;
    struct gd_status status = run_tries(applier, step, err);
    gd_seal_clock_stop(applier->options.held); /* whichever way, the transaction is over */
    applier->sealed_until_us = 0;
    return status;
}

/* ---- bare ---- */

/* Nothing is written by it: as psql would send it. */
GD_MUST static struct gd_status run_bare(struct gd_applier *applier,
                                         const struct gd_apply_step *step, struct gd_error *err)
{
    for (uint32_t tries = 1;; tries++) {
        struct gd_error failure = {0};
        applier->not_repeatable = false;
        struct gd_status status =
            gd_apply_send_some(applier, step, 0, step->step->statement_count, &failure);
        if (status.code == GD_OK)
            return status;
        if (!may_repeat(applier, status) || tries > applier->options.lock_retries ||
            step->step->statement_count > 1) {
            *err = failure;
            return status;
        }
        gd_apply_back_off(applier, tries);
    }
}

/* ---- around ---- */

/* In a transaction of its own. */
GD_MUST static struct gd_status own_transaction(struct gd_applier *applier, const char *before,
                                                const char *after, struct gd_error *err)
{
    const char *sql = gd_arena_printf(applier->arena, "BEGIN;%s;\n%s\n;%s\n;COMMIT",
                                      applier->touched ? gd_apply_to_own_role : "",
                                      before == NULL ? "" : before, after == NULL ? "" : after);
    if (before == NULL && after == NULL)
        return GD_DONE;
    GD_TRY(gd_apply_announce(applier, err));
    GD_TRY(gd_apply_still_ours(applier, err));
    struct gd_status status =
        gd_apply_send_own_ddl(applier, "keep the record of migrations", sql, err);
    if (status.code != GD_OK)
        (void)undo(applier, false);
    else
        applier->something_in = true;
    return status;
}

struct gd_status gd_apply_around(struct gd_applier *applier, size_t end, struct gd_error *err)
{
    for (; applier->next_file < end; applier->next_file++) {
        const struct gd_apply_text *text = &applier->texts[applier->next_file];
        if (text->first_step == SIZE_MAX)
            GD_TRY(own_transaction(applier, text->file->before, text->file->after, err));
    }
    return GD_DONE;
}

/* ---- the step ---- */

GD_MUST static struct gd_status run_kind(struct gd_applier *applier,
                                         const struct gd_apply_step *step, struct gd_error *err)
{
    if (step->bare)
        return run_bare(applier, step, err);
    if (step->step->kind == GD_STEP_ALONE)
        return gd_apply_alone(applier, step, err);
    return run_transaction(applier, step, err);
}

GD_MUST static struct gd_status run_with_around(struct gd_applier *applier,
                                                const struct gd_apply_step *step,
                                                struct gd_error *err)
{
    bool outside = around_stands_alone(step);
    if (outside)
        GD_TRY(own_transaction(applier, own_sql(applier, step, false), NULL, err));
    step->story->state = GD_STEP_APPLYING;
    struct gd_status status = run_kind(applier, step, err);
    if (status.code != GD_OK) {
        if (step->story->state == GD_STEP_APPLYING)
            step->story->state = GD_STEP_NOT_IN;
        return status;
    }
    step->story->state = step->step->rolled_back ? GD_STEP_NOT_IN : GD_STEP_IN;
    applier->something_in =
        applier->something_in || (step->class != GD_CLASS_NONE && !step->step->rolled_back);
    GD_TRY(gd_fault("apply: after a step", err));
    return outside ? own_transaction(applier, NULL, own_sql(applier, step, true), err) : GD_DONE;
}

struct gd_status gd_apply_step_run(struct gd_applier *applier, struct gd_error *err)
{
    const struct gd_apply_step *step = &applier->steps[applier->next];
    int64_t started = gd_clock_monotonic_us();
    GD_TRY(gd_apply_around(applier, (size_t)(step->text - applier->texts), err));
    if (step->step->kind != GD_STEP_SESSION)
        GD_TRY(gd_apply_announce(applier, err));
    struct gd_status status = run_with_around(applier, step, err);
    step->story->seconds = (double)(gd_clock_monotonic_us() - started) / 1e6;
    applier->open = false;
    if (status.code == GD_OK)
        applier->next++;
    return status;
}
