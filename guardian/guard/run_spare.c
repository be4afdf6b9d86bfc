/*
 * Run, kept objects: a statement that would drop or change what others own is refused, or answered
 * without being run. What was answered is no change; it is told, and stands in the journal.
 */
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/keep.h"
#include "guardian/guard/run_own.h"
#include "guardian/guard/secret_text.h"
#include "guardian/sql/parse.h"

struct keeping {
    struct gd_run *run;
    const struct gd_run_look *look;
    struct gd_keep_look in;
    struct gd_keep_found found;
};

/* ---- where to look ---- */

/* Where a file's bare names are meant: in our own session, as psql would have it. */
GD_MUST static struct gd_status find_path(struct gd_run *run, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "ask for the search path",
                              .sql = "SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))"};
    if (run->keep_path_known)
        return GD_DONE;
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        gd_texts_add(&run->keep_path, gd_arena_strdup(run->arena, gd_pg_cell(rows, i, 0)),
                     run->arena);
    run->keep_path_known = true;
    return GD_DONE;
}

/* In the middle of a pipeline the tool's own session cannot be asked: ours sees what is committed.
 */
GD_MUST static struct gd_status find_survey(struct keeping *keeping, struct gd_error *err)
{
    const struct gd_gate_request *request = keeping->look->request;
    const struct gd_guard_options *options = keeping->run->options->guard;
    struct gd_change change = {0};
    struct gd_input input = {
        .by_wire = true, .path = "statement", .text = request->text, .size = request->size};
    struct gd_change_options reading = {
        .database = "",
        .pg = keeping->run->pg,
        .lock_ms = options->pg->lock_ms,
        .statement_bytes_max = options->statement_bytes_max,
    };
    keeping->in.survey = keeping->look->change.survey;
    if (keeping->in.survey != NULL)
        return GD_DONE;
    GD_TRY(gd_change_read(&input, 1, &reading, keeping->look->arena, &change, err));
    keeping->in.survey = change.survey;
    return GD_DONE;
}

/* ---- what is touched ---- */

static void look_within(struct keeping *keeping, const struct gd_verdict *verdict)
{
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct gd_finding *finding = verdict->findings[i];
        struct gd_texts names = {0};
        if (finding->within == NULL || finding->within[0] == '\0' ||
            finding->loses == GD_LOSES_NOTHING)
            continue;
        gd_texts_add(&names, finding->object, keeping->look->arena);
        for (size_t t = 0; t < finding->takes.count; t++)
            gd_texts_add(&names, finding->takes.items[t], keeping->look->arena);
        gd_keep_look_within(&keeping->in, &names, finding->within, &keeping->found);
    }
}

static struct gd_status look_deep(void *context, struct gd_error *err)
{
    struct keeping *keeping = context;
    const struct gd_gate_request *request = keeping->look->request;
    const struct gd_report *report = keeping->look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    (void)err;
    keeping->found = gd_keep_look(&keeping->in, request->text, request->size);
    for (size_t e = 0; !keeping->found.own && e < file->entry_count; e++)
        look_within(keeping, &file->entries[e]->verdict);
    return GD_DONE;
}

/* ---- refusing ---- */

static const char *deed_of(const struct gd_keep_touch *touch, struct gd_arena *arena)
{
    const char *deed = touch->want == GD_KEEP_TAKE
                           ? "take it along"
                           : gd_arena_printf(arena, "%s it", gd_keep_want_name(touch->want));
    return touch->within[0] == '\0' ? deed : gd_arena_printf(arena, "%s (%s)", deed, touch->within);
}

/* The one that cannot be left out says most. */
static const struct gd_keep_touch *worst_of(const struct gd_keep_found *found)
{
    for (size_t i = 0; i < found->touch_count; i++)
        if (found->touches[i].fixed)
            return &found->touches[i];
    return &found->touches[0];
}

GD_MUST static struct gd_status refuse(const struct keeping *keeping, const char *why,
                                       struct gd_error *err)
{
    const struct gd_keep_found *found = &keeping->found;
    const struct gd_keep_touch *touch = worst_of(found);
    const char *more =
        found->touch_count < 2
            ? ""
            : gd_arena_printf(keeping->look->arena, ", and %zu more", found->touch_count - 1);
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED, "%s belongs to %s, and this statement would %s%s",
                           touch->object, touch->owner, deed_of(touch, keeping->look->arena), more),
                   "%s", why);
}

static const char *place_of(const struct gd_ground *ground, struct gd_arena *arena)
{
    return ground->line == 0 || ground->file == NULL
               ? ""
               : gd_arena_printf(arena, " (%s:%u)", ground->file, ground->line);
}

GD_MUST static struct gd_status check_action(const struct keeping *keeping, struct gd_error *err)
{
    const struct gd_keep_rule *rule = gd_policy_keep(keeping->run->options->guard->policy);
    if (rule->action == GD_KEEP_ACTION_ANSWER)
        return GD_DONE;
    return refuse(keeping,
                  gd_arena_printf(keeping->look->arena,
                                  "Policy %s refuses that%s. Where a policy has keep: {action: "
                                  "answer}, as boot has, the tool is told that it was done, and "
                                  "goes on.",
                                  gd_policy_name(keeping->run->options->guard->policy),
                                  place_of(&rule->ground, keeping->look->arena)),
                  err);
}

/* ---- answering ---- */

static const char *notice_of(const struct keeping *keeping, const struct gd_gate_request *request)
{
    const struct gd_keep_found *found = &keeping->found;
    const char *text = "guardian: kept, not run:";
    for (size_t i = 0; i < found->touch_count; i++)
        text = gd_arena_printf(request->arena, "%s%s %s of %s (%s)", text, i == 0 ? "" : ",",
                               gd_keep_want_name(found->touches[i].want), found->touches[i].object,
                               found->touches[i].owner);
    return text;
}

GD_MUST static struct gd_status answer_it(const struct keeping *keeping,
                                          struct gd_gate_answer *answer,
                                          struct gd_spared *out_spared, struct gd_error *err)
{
    const struct gd_gate_request *request = keeping->look->request;
    const struct gd_keep_found *found = &keeping->found;
    if (found->fixed)
        return refuse(
            keeping,
            "That is more than the drop of one object, and cannot be left out: nothing of "
            "the statement ran. Let the owner's script make the change first, or the "
            "tool know the object.",
            err);
    if (found->tag == NULL && request->name != NULL)
        return refuse(keeping,
                      "It does more than that, and a prepared statement is run whole or not at "
                      "all: nothing of it ran.",
                      err);
    out_spared->notice = notice_of(keeping, request);
    out_spared->touches = found->touches;
    out_spared->touch_count = found->touch_count;
    if (found->tag == NULL) {
        out_spared->left = gd_arena_strdup(request->arena, found->left);
        return GD_DONE;
    }
    answer->verdict = GD_GATE_ANSWER;
    answer->tag = gd_arena_strdup(request->arena, found->tag);
    answer->notice = out_spared->notice;
    return GD_DONE;
}

struct gd_status gd_run_spare(struct gd_run *run, const struct gd_run_look *look,
                              struct gd_gate_answer *answer, struct gd_spared *out_spared,
                              struct gd_error *err)
{
    struct keeping keeping = {
        .run = run,
        .look = look,
        .in = {.keep = run->options->guard->keep,
               .path = &run->keep_path,
               .spared = &run->spared,
               .arena = look->arena},
    };
    *out_spared = (struct gd_spared){0};
    if (run->options->guard->keep == NULL || run->options->mode == GD_RUN_READ ||
        look->request->state == GD_PG_ABORTED)
        return GD_DONE;
    GD_TRY(find_path(run, err));
    GD_TRY(find_survey(&keeping, err));
    GD_TRY(gd_deep_call(look_deep, &keeping, err));
    if (keeping.found.touch_count == 0)
        return GD_DONE;
    GD_TRY(check_action(&keeping, err));
    return answer_it(&keeping, answer, out_spared, err);
}

/* ---- telling ---- */

static struct gd_story_kept *next_kept(struct gd_run *run)
{
    struct gd_story *story = run->story;
    if (story->kept_count == run->spared_capacity) {
        size_t capacity = run->spared_capacity == 0 ? 8 : 2 * run->spared_capacity;
        struct gd_story_kept *kept = gd_arena_zalloc(run->arena, capacity, sizeof *kept);
        if (story->kept_count > 0)
            memcpy(kept, story->kept, story->kept_count * sizeof *kept);
        story->kept = kept;
        run->spared_capacity = capacity;
    }
    return &story->kept[story->kept_count++];
}

void gd_run_tell_spared(struct gd_run *run, const struct gd_gate_request *request,
                        const struct gd_spared *spared)
{
    struct gd_story *story = run->story;
    for (size_t i = 0; i < spared->touch_count; i++) {
        const struct gd_keep_touch *touch = &spared->touches[i];
        const char *object = gd_arena_strdup(run->arena, touch->object);
        const char *wanted = gd_keep_want_name(touch->want);
        bool known = false;
        for (size_t k = 0; k < story->kept_count; k++)
            known |= strcmp(story->kept[k].object, object) == 0 &&
                     strcmp(story->kept[k].wanted, wanted) == 0;
        gd_texts_add(&run->spared, object, run->arena);
        if (!known)
            *next_kept(run) = (struct gd_story_kept){
                .object = object,
                .owner = gd_arena_strdup(run->arena, touch->owner),
                .wanted = wanted,
                .text = gd_first_words(request->text, run->arena),
            };
    }
}
