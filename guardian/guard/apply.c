#include "guardian/guard/apply.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/guard/apply_own.h"

struct gd_status gd_apply_new(const struct gd_apply_options *options, struct gd_pg *pg,
                              struct gd_arena *arena, struct gd_applier **out_applier,
                              struct gd_error *err)
{
    struct gd_applier *applier = gd_arena_zalloc(arena, 1, sizeof *applier);
    applier->options = *options;
    applier->pg = pg;
    applier->arena = arena;
    applier->scratch = gd_arena_new();
    applier->watch = gd_watch_new(applier);
    applier->rows =
        options->ledger == NULL || !options->ledger->there ? GD_ROWS_NONE : GD_ROWS_PLAIN;
    options->story->rows_kept = applier->rows != GD_ROWS_NONE;
    if (options->total_ms != 0)
        applier->deadline_us = gd_clock_monotonic_us() + (int64_t)options->total_ms * 1000;
    struct gd_status status = gd_apply_read(applier, err);
    if (status.code == GD_OK)
        status = gd_apply_pin(applier, err);
    if (status.code != GD_OK) {
        gd_apply_free(applier);
        return status;
    }
    options->story->backend_pid = gd_arena_printf(arena, "%d", gd_pg_backend(pg));
    *out_applier = applier;
    return GD_DONE;
}

void gd_apply_let_go(struct gd_applier *applier)
{
    if (applier == NULL)
        return;
    struct gd_error ignored = {0};
    enum gd_pg_state state = gd_pg_state(applier->pg);
    if (state == GD_PG_INSIDE || state == GD_PG_ABORTED) {
        struct gd_status status =
            gd_apply_send_own(applier, "roll back", "ROLLBACK", NULL, &ignored);
        (void)status.code;
    }
    applier->open = false;
    gd_seal_clock_stop(applier->options.held);
}

void gd_apply_free(struct gd_applier *applier)
{
    if (applier == NULL)
        return;
    gd_apply_let_go(applier);
    for (size_t i = 0; applier->texts != NULL && i < applier->options.file_count; i++)
        free(applier->texts[i].stmts);
    gd_watch_free(applier->watch);
    gd_arena_free(applier->scratch);
}

const struct gd_texts *gd_apply_notices(const struct gd_applier *applier)
{
    return &applier->notices;
}

/* ---- what is in ---- */

/* The steps that are in: "step 2 is in", "steps 1 to 3, 5 are in"; "" for none. */
static const char *steps_in(const struct gd_applier *applier)
{
    const char *out = "";
    size_t count = 0;
    for (size_t i = 0; i < applier->step_count; i++) {
        const struct gd_apply_step *first = &applier->steps[i];
        size_t last = i;
        if (first->story->state != GD_STEP_IN)
            continue;
        while (last + 1 < applier->step_count &&
               applier->steps[last + 1].story->state == GD_STEP_IN)
            last++;
        const char *comma = *out == '\0' ? "" : ", ";
        count += last - i + 1;
        out = last == i ? gd_arena_printf(applier->arena, "%s%s%u", out, comma, first->step->number)
                        : gd_arena_printf(applier->arena, "%s%s%u to %u", out, comma,
                                          first->step->number, applier->steps[last].step->number);
        i = last;
    }
    if (count == 0)
        return "";
    return gd_arena_printf(applier->arena, "%s %s %s in", count == 1 ? "step" : "steps", out,
                           count == 1 ? "is" : "are");
}

/* Every failure in the words of the contract: is something in? */
GD_MUST static struct gd_status told(const struct gd_applier *applier, struct gd_status status,
                                     struct gd_error *err)
{
    struct gd_error why = *err;
    enum gd_code code = status.code;
    if (code == GD_OK)
        return status;
    if (applier->options.story->unsettled || applier->something_in)
        code = GD_PARTIAL;
    else if (code == GD_SYSTEM || code == GD_INJECTED)
        code = GD_FAILED;
    const char *in = steps_in(applier);
    struct gd_status out = code == GD_PARTIAL && *in != '\0'
                               ? gd_fail(err, code, "%s; %s", why.text, in)
                               : gd_fail(err, code, "%s", why.text);
    return why.hint[0] == '\0' ? out : gd_hint(err, out, "%s", why.hint);
}

/* ---- running ---- */

static bool is_risky(const struct gd_apply_step *step)
{
    return step->class >= GD_CLASS_ENUM || step->loses > GD_LOSES_NOTHING;
}

GD_MUST static struct gd_status check_permit(struct gd_applier *applier,
                                             const struct gd_permit *permit, struct gd_error *err)
{
    if (permit == NULL || gd_permit_decision(permit) != applier->options.plan->decision)
        return gd_fail(err, GD_UNPROTECTED,
                       "could not begin: the permit was not made for this change");
    applier->permitted = true;
    return GD_DONE;
}

/* A new session stands where the others had left theirs: what a step that is in already had set is
 * set again, and nothing else of it runs. */
GD_MUST static struct gd_status set_again(struct gd_applier *applier,
                                          const struct gd_apply_step *step, struct gd_error *err)
{
    for (size_t i = 0; i < step->step->statement_count && !step->step->rolled_back; i++) {
        size_t first, end;
        gd_apply_range(step->text, step->step->statements[i], &first, &end);
        for (size_t at = first; at < end; at++)
            if ((step->text->stmts[at].flags & (GD_APPLY_SETS | GD_APPLY_RESETS)) != 0 &&
                step->step->statements[i]->verdict.class == GD_CLASS_NONE)
                GD_TRY(gd_apply_send(applier, step, at, step->step->statements[i], NULL, err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status skip(struct gd_applier *applier, struct gd_error *err)
{
    size_t skipped = applier->options.skip_steps;
    for (; applier->next < skipped && applier->next < applier->step_count; applier->next++) {
        const struct gd_apply_step *step = &applier->steps[applier->next];
        GD_TRY(set_again(applier, step, err));
        step->story->state = step->step->rolled_back ? GD_STEP_NOT_IN : GD_STEP_IN;
        applier->something_in =
            applier->something_in || (step->class != GD_CLASS_NONE && !step->step->rolled_back);
        applier->next_file = (size_t)(step->text - applier->texts) + 1;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status check_session(const struct gd_applier *applier,
                                              struct gd_error *err)
{
    if (!applier->cut_off)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM,
                           "the connection was lost behind step %u, which is in; what follows did "
                           "not run",
                           applier->steps[applier->next - 1].step->number),
                   "Run the same again: guardian goes on behind what is in.");
}

GD_MUST static struct gd_status run_to(struct gd_applier *applier, size_t end, struct gd_error *err)
{
    while (applier->next < end) {
        GD_TRY(check_session(applier, err));
        GD_TRY(gd_apply_step_run(applier, err));
    }
    return GD_DONE;
}

/* Rows, values or numbers go: what was written up to that moment must be in the backup. */
static bool loses_rows(const struct gd_apply_step *step)
{
    return step->loses > GD_LOSES_DEFINITION || step->class == GD_CLASS_UNKNOWN;
}

/* The step to seal: the first that loses rows. Where none does, and none has yet, the first that is
 * risky at all. */
static size_t first_risky(const struct gd_applier *applier)
{
    bool lost = false;
    for (size_t i = 0; i < applier->step_count; i++) {
        if (i >= applier->next && loses_rows(&applier->steps[i]))
            return i;
        lost = lost || loses_rows(&applier->steps[i]);
    }
    size_t at = lost || applier->sealed_once ? applier->step_count : applier->next;
    while (at < applier->step_count && !is_risky(&applier->steps[at]))
        at++;
    return at;
}

static bool only_sessions_before(const struct gd_applier *applier, size_t end)
{
    for (size_t i = applier->next; i < end; i++)
        if (applier->steps[i].step->kind != GD_STEP_SESSION)
            return false;
    return true;
}

GD_MUST static struct gd_status to_seal(struct gd_applier *applier, bool permitted, bool *out_open,
                                        struct gd_error *err)
{
    GD_TRY(skip(applier, err));
    if (applier->open)
        GD_TRY(run_to(applier, applier->next + 1, err));
    size_t risky = first_risky(applier);
    bool can = risky < applier->step_count && applier->steps[risky].step->kind != GD_STEP_ALONE;
    if (!permitted && (!can || !only_sessions_before(applier, risky)))
        return GD_DONE;
    GD_TRY(run_to(applier, risky, err));
    if (!can)
        return GD_DONE;
    GD_TRY(check_session(applier, err));
    GD_TRY(gd_apply_begin(applier, &applier->steps[risky], err));
    *out_open = applier->open = applier->sealed_once = true;
    return GD_DONE;
}

struct gd_status gd_apply_to_seal(struct gd_applier *applier, const struct gd_permit *permit,
                                  bool *out_open, struct gd_error *err)
{
    *out_open = false;
    if (permit != NULL)
        GD_TRY(check_permit(applier, permit, err));
    return told(applier, to_seal(applier, permit != NULL, out_open, err), err);
}

GD_MUST static struct gd_status run(struct gd_applier *applier, struct gd_error *err)
{
    GD_TRY(skip(applier, err));
    GD_TRY(run_to(applier, applier->step_count, err));
    return gd_apply_around(applier, applier->options.file_count, err);
}

struct gd_status gd_apply_run(struct gd_applier *applier, const struct gd_permit *permit,
                              struct gd_error *err)
{
    GD_TRY(check_permit(applier, permit, err));
    struct gd_error ignored = {0};
    struct gd_status status = told(applier, run(applier, err), err);
    if (gd_apply_reset(applier, &ignored).code != GD_OK)
        gd_tell_warning(applier->options.events, NULL, "%s", ignored.text);
    return status;
}
