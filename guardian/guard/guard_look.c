/*
 * Guard, the half that changes nothing: what is asked for, what is there, what the policy says.
 *
 * Looking happens before anybody is kept waiting: a boot that has nothing to do takes no lease.
 * Once the lease is ours the schema's stamp is compared with the one that was judged; when it is
 * another one, or we stood in line, everything is looked at again.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/approved.h"
#include "guardian/guard/guard_own.h"
#include "guardian/guard/known_as.h"
#include "guardian/snapshot/cluster.h"

/* Somebody who changes the schema as fast as we look at it is left alone. */
enum { LOOKS_MAX = 5 };

struct gd_status gd_guard_read(struct gd_guard *guard, struct gd_error *err)
{
    if (guard->options->inputs != NULL) {
        gd_scripts_of(guard->options->inputs, guard->options->input_count, guard->arena,
                      &guard->asked);
        return GD_DONE;
    }
    return gd_scripts_read(guard->options->paths, guard->options->path_count, guard->arena,
                           &guard->asked, err);
}

struct gd_status gd_guard_connect(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_pg_options options = *guard->options->pg;
    options.application = gd_arena_printf(guard->arena, "guardian %s", guard->change_id);
    GD_TRY(gd_pg_connect(&options, &guard->pg, err));
    guard->story->where = gd_arena_strdup(guard->arena, gd_pg_where(guard->pg));
    GD_TRY(gd_cluster_of(guard->pg, guard->arena, &guard->story->cluster, err));
    guard->story->place = gd_known_place(&options, guard->arena);
    gd_scripts_name(&guard->asked, guard->story->place);
    return gd_ledger_open(guard->pg, false, guard->arena, &guard->ledger, err);
}

static const char *nothing_to_do(const struct gd_guard *guard, const struct gd_ledger_file *last)
{
    char when[GD_TIME_SIZE];
    if (last == NULL)
        return guard->asked.folder_count > 0 && guard->todo.file_count == 0
                   ? "no migration is pending"
                   : "the database is as the files say already";
    gd_clock_text(last->at_us, when);
    return gd_arena_printf(guard->arena, "applied already, as change %s at %.19sZ", last->change,
                           when);
}

/* ---- look ---- */

/* A migration leaves a record, whatever it does. */
static bool has_migration(const struct gd_scripts *scripts)
{
    for (size_t i = 0; i < scripts->file_count; i++)
        if (scripts->files[i].migration != NULL)
            return true;
    return false;
}

static const struct gd_decision *noted(const struct gd_guard *guard)
{
    struct gd_decision *decision = gd_arena_zalloc(guard->arena, 1, sizeof *decision);
    *decision = *guard->decision;
    decision->point.use = guard->options->point;
    for (size_t i = 0; i < guard->kept.count; i++)
        gd_texts_add(&decision->notes, guard->kept.items[i], guard->arena);
    return decision;
}

GD_MUST static struct gd_status decide(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_guard_options *options = guard->options;
    struct gd_decide_input input = {
        .policy = options->policy,
        .report = guard->change.report,
        .survey = guard->change.survey,
        .environment = options->environment,
        .approvals = options->approvals,
        .approval_count = options->approval_count,
    };
    bool *single = gd_arena_zalloc(guard->arena, guard->todo.file_count + 1, sizeof *single);
    const struct gd_sent **sent =
        gd_arena_zalloc(guard->arena, guard->todo.file_count + 1, sizeof *sent);
    for (size_t i = 0; i < guard->todo.file_count; i++) {
        sent[i] = guard->todo.files[i].sent;
        single[i] = guard->todo.files[i].folder != NULL &&
                    guard->todo.files[i].folder->kind == GD_FOLDER_PRISMA;
    }
    if (options->no_waivers)
        gd_change_forget_waivers(guard->change.report);
    GD_TRY(gd_decide_approved(&input, options->store, &guard->outcome->notes, guard->arena,
                              &guard->decision, err));
    GD_TRY(gd_guard_decide_by_point(guard, &input, err));
    GD_TRY(gd_guard_find_kept(guard, err));
    guard->decision = noted(guard);
    guard->planning.single_transaction =
        options->whole || guard->decision->single_transaction || guard->decision->backup.sealed;
    guard->planning.single_files = single;
    guard->planning.sent = sent;
    guard->plan = gd_plan_make(&guard->change, guard->decision, &guard->planning, guard->arena);
    guard->outcome->plan = guard->plan;
    return GD_DONE;
}

/* What the data says will fail, fails now and not after twenty minutes of backup. */
GD_MUST static struct gd_status foretell(const struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_report *report = guard->change.report;
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            const struct gd_judged *judged = report->files[f]->entries[e];
            for (size_t c = 0; c < judged->verdict.check_count; c++) {
                const struct gd_check *check = judged->verdict.checks[c];
                if (!check->fails || !check->done || check->count <= 0)
                    continue;
                return gd_hint(
                    err,
                    gd_fail(err, GD_FAILED,
                            "%s:%u cannot succeed: %s, %s: %" PRId64 " (SQLSTATE %s)",
                            report->files[f]->path, judged->line, check->object, check->kind,
                            check->count, check->sqlstate == NULL ? "?" : check->sqlstate),
                    "The rows were counted before anything ran; guardian plan --samples 5 shows "
                    "which they are.");
            }
        }
    return GD_DONE;
}

/* A file that ends inside of BEGIN would be rolled back by the server, without a word. */
GD_MUST static struct gd_status check_blocks(const struct gd_plan *plan, struct gd_error *err)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i]->left_open)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "%s ends inside a transaction: nothing of it would stay",
                                   plan->steps[i]->file->path),
                           "Add COMMIT at its end, or take BEGIN out.");
    return GD_DONE;
}

/* What was found to be done by looking need not be looked at again while nobody changes the schema.
 * A database that cannot be written to keeps no such memory, and that is no harm. */
static void remember_stamp(const struct gd_guard *guard)
{
    struct gd_error ignored = {0};
    if (!guard->ledger.there)
        return;
    for (size_t i = 0; i < guard->todo.file_count; i++) {
        const char *sql = gd_ledger_file_stamp_sql(&guard->ledger, guard->todo.files[i].known_as,
                                                   guard->stamp, guard->arena);
        if (gd_pg_command(guard->pg, "remember the schema's stamp", sql, &ignored).code != GD_OK)
            return;
    }
}

static struct gd_status survey_once(void *context, struct gd_error *err)
{
    struct gd_guard *guard = context;
    const struct gd_guard_options *options = guard->options;
    struct gd_change_options reading = {
        .database = "",
        .pg = guard->pg,
        .statement_bytes_max = options->statement_bytes_max,
        .lock_ms = options->pg->lock_ms,
        .check_ms = options->check_ms,
        .samples = options->samples,
    };
    struct gd_input *inputs = gd_scripts_inputs(&guard->todo, guard->arena);
    return gd_change_read(inputs, guard->todo.file_count, &reading, guard->arena, &guard->change,
                          err);
}

struct gd_status gd_guard_patiently(struct gd_guard *guard, gd_look_fn *look, void *context,
                                    struct gd_error *err)
{
    const struct gd_patience patience = {
        .retries = gd_guard_bounded(&gd_policy_limits(guard->options->policy)->lock_retries),
        .events = guard->options->events,
    };
    return gd_look_patiently(guard->pg, &patience, look, context, guard->arena, err);
}

GD_MUST static struct gd_status survey(struct gd_guard *guard, struct gd_error *err)
{
    return gd_guard_patiently(guard, survey_once, guard, err);
}

static struct gd_status find_pending(void *context, struct gd_error *err)
{
    struct gd_guard *guard = context;
    return gd_scripts_pending(&guard->asked, guard->pg, &guard->ledger, guard->arena, &guard->todo,
                              err);
}

/* What is still to be done; `*out_because` when that is nothing. */
GD_MUST static struct gd_status look_up(struct gd_guard *guard, const char **out_because,
                                        struct gd_error *err)
{
    const struct gd_ledger_file *last;
    *out_because = NULL;
    GD_TRY(gd_pg_stamp(guard->pg, guard->arena, &guard->stamp, err));
    GD_TRY(gd_guard_patiently(guard, find_pending, guard, err));
    for (size_t f = 0; f < guard->asked.folder_count; f++)
        for (size_t i = 0; i < guard->asked.folders[f]->notes.count; i++)
            gd_texts_add(&guard->outcome->notes, guard->asked.folders[f]->notes.items[i],
                         guard->arena);
    GD_TRY(gd_guard_leave_out_done(guard, &last, err));
    if (guard->todo.file_count == 0)
        *out_because = nothing_to_do(guard, last);
    return GD_DONE;
}

/* ---- whose turn it is, and what was left ---- */

GD_MUST static struct gd_status take_lease(struct gd_guard *guard, uint32_t wait_ms,
                                           struct gd_error *err)
{
    const struct gd_guard_options *options = guard->options;
    struct gd_lease_options lease = {
        .pg = guard->pg,
        .store = options->store,
        .cluster = guard->story->cluster,
        .change = guard->change_id,
        .who = gd_arena_printf(guard->arena, "%s@%s", guard->story->who, guard->story->host),
        .wait_ms = wait_ms,
        .events = options->events,
    };
    if (gd_pg_pooled(guard->pg))
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED,
                               "could not hold %s: a pooler stands between, and a lock taken "
                               "through it is nobody's",
                               guard->story->where),
                       "Name the server itself, without the pooler, with --db.");
    return gd_lease_take(&lease, &guard->lease, err);
}

GD_MUST static struct gd_status recover(struct gd_guard *guard, bool *out_moved,
                                        const struct gd_recovered **out_unfinished,
                                        struct gd_error *err)
{
    struct gd_recovered *recovered;
    size_t count;
    GD_TRY(gd_recover(guard->pg, guard->options->store, guard->story->cluster, guard->change_id,
                      guard->asked.sha256, &guard->ledger, guard->options->events, guard->arena,
                      &recovered, &count, err));
    *out_moved = count > 0;
    *out_unfinished = NULL;
    for (size_t i = 0; i < count; i++) {
        gd_texts_add(&guard->outcome->notes, recovered[i].text, guard->arena);
        if (recovered[i].what == GD_RECOVERY_PART && recovered[i].still_open)
            *out_unfinished = &recovered[i];
        if (recovered[i].what == GD_RECOVERY_UNKNOWN && recovered[i].still_open)
            return gd_hint(
                err,
                gd_fail(err, GD_PARTIAL,
                        "change %s was cut off, and nobody can tell what of it is in: %s",
                        recovered[i].story->change, recovered[i].text),
                "Look at the steps with guardian show %s and at the database, then say what you "
                "found: "
                "guardian settle %s --as applied, partial or failed; guardian rollback brings "
                "back the state before it.",
                recovered[i].story->change, recovered[i].story->change);
    }
    return GD_DONE;
}

/* A change that was cut off, whose end is known by now. */
GD_MUST static struct gd_status close_unfinished(struct gd_guard *guard,
                                                 const struct gd_recovered *recovered,
                                                 const char *why, struct gd_error *err)
{
    const struct gd_story *old = recovered->story;
    struct gd_journal *journal = NULL;
    struct gd_story closing = *old;
    closing.outcome = GD_OUTCOME_PARTIAL;
    closing.changed = true;
    closing.ended_us = gd_clock_now_us();
    closing.error = gd_arena_printf(guard->arena, "cut off; %s", why);
    if (guard->ledger.there)
        GD_TRY(gd_ledger_tell_part(guard->pg, &guard->ledger, &closing, 0, guard->arena, err));
    GD_TRY(gd_journal_resume(guard->options->store, old->cluster, old->change, &journal, err));
    struct gd_status status =
        gd_journal_write(journal, GD_RECORD_CLOSED, gd_story_body(&closing, GD_RECORD_CLOSED), err);
    gd_journal_free(journal);
    return status;
}

/* What is missing of it was found to be there: nobody goes on behind its steps any more. */
GD_MUST static struct gd_status close_as_found(struct gd_guard *guard,
                                               const struct gd_recovered *unfinished,
                                               struct gd_error *err)
{
    if (unfinished == NULL)
        return GD_DONE;
    GD_TRY(close_unfinished(guard, unfinished, "the rest of it was found to be there", err));
    return !guard->ledger.there
               ? GD_DONE
               : gd_pg_command(guard->pg, "note that nothing is left of a change",
                               gd_ledger_continued_sql(&guard->ledger, unfinished->story->change,
                                                       "", guard->arena),
                               err);
}

/* There is nothing to do, but the last who worked here may have died before he wrote so. Whoever
 * holds the lease lives, and does it himself; what nobody can tell concerns the next change. */
GD_MUST static struct gd_status settle(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_recovered *unfinished = NULL;
    struct gd_error why = {0};
    bool unended, moved;
    GD_TRY(gd_ledger_unended(guard->pg, &guard->ledger, &unended, err));
    if ((!unended && !guard->seen_open) || guard->lease != NULL || gd_pg_pooled(guard->pg))
        return GD_DONE;
    struct gd_status status = take_lease(guard, 0, &why);
    if (status.code == GD_OK)
        status = recover(guard, &moved, &unfinished, &why);
    if (status.code == GD_OK)
        status = close_as_found(guard, unfinished, &why);
    if (status.code == GD_OK || status.code == GD_BUSY)
        return GD_DONE;
    gd_texts_add(&guard->outcome->notes, gd_arena_strdup(guard->arena, why.text), guard->arena);
    if (why.hint[0] != '\0')
        gd_texts_add(&guard->outcome->notes, gd_arena_strdup(guard->arena, why.hint), guard->arena);
    return GD_DONE;
}

struct gd_status gd_guard_look(struct gd_guard *guard, struct gd_error *err)
{
    const char *because;
    GD_TRY(look_up(guard, &because, err));
    if (because != NULL) {
        GD_TRY(settle(guard, err));
        gd_guard_over(guard, GD_OUTCOME_NOTHING, because);
        return GD_DONE;
    }
    GD_TRY(survey(guard, err));
    GD_TRY(decide(guard, err));
    gd_guard_story_decided(guard);
    if (gd_guard_does_nothing(guard->change.report) && !has_migration(&guard->todo)) {
        remember_stamp(guard);
        GD_TRY(settle(guard, err));
        gd_guard_over(guard, GD_OUTCOME_NOTHING, nothing_to_do(guard, NULL));
        return GD_DONE;
    }
    GD_TRY(gd_guard_check_kept(guard, err));
    GD_TRY(gd_plan_check(guard->plan, guard->arena, err));
    GD_TRY(check_blocks(guard->plan, err));
    return foretell(guard, err);
}

struct gd_status gd_guard_foresee(struct gd_guard *guard, struct gd_error *err)
{
    GD_TRY(look_up(guard, &guard->planning.note, err));
    GD_TRY(survey(guard, err));
    GD_TRY(decide(guard, err));
    if (guard->options->store == NULL || guard->decision->backup.scope == GD_SCOPE_NONE)
        return GD_DONE;
    GD_TRY(gd_guard_foresee_point(guard, err));
    if (guard->decision->point.base == NULL)
        GD_TRY(gd_protect_estimate(
            guard->options->store, guard->story->cluster, &guard->decision->backup, guard->arena,
            &guard->planning.backup_seconds, &guard->planning.backup_from, err));
    guard->plan = gd_plan_make(&guard->change, guard->decision, &guard->planning, guard->arena);
    return GD_DONE;
}

struct gd_status gd_guard_ask(struct gd_guard *guard, struct gd_error *err)
{
    if (guard->options->ask == NULL || guard->decision->ask == GD_ASK_NEVER)
        return GD_DONE;
    return guard->options->ask(guard->options->ask_context, guard->plan, err);
}

/* ---- hold ---- */

static bool story_has(const struct gd_story *old, const char *hash)
{
    for (size_t i = 0; old != NULL && i < old->step_count; i++)
        if (old->steps[i].state == GD_STEP_IN && strcmp(old->steps[i].hash, hash) == 0)
            return true;
    return false;
}

static const struct gd_ledger_step *row_of(const struct gd_ledger_step *rows, size_t count,
                                           const char *hash)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].hash, hash) == 0)
            return &rows[i];
    return NULL;
}

/* Steps of these very files that an earlier change brought in before it failed or was cut off are
 * not run again: those that stand first, in the journal of that change (`old`) or in the ledger.
 * What writes nothing, or is rolled back by the file itself, leaves no trace, and counts when
 * something behind it is in. */
GD_MUST static struct gd_status skip_what_is_in(struct gd_guard *guard, const struct gd_story *old,
                                                struct gd_error *err)
{
    struct gd_story *story = guard->story;
    const char **hashes = gd_arena_zalloc(guard->arena, story->step_count + 1, sizeof *hashes);
    struct gd_ledger_step *rows = NULL;
    size_t count = 0, skip = 0;
    for (size_t i = 0; i < story->step_count; i++)
        hashes[i] = story->steps[i].hash;
    if (old == NULL && !guard->ledger.there)
        GD_TRY(gd_guard_left_in_journal(guard, &old, err));
    GD_TRY(gd_ledger_steps_left(guard->pg, &guard->ledger, hashes, story->step_count, guard->arena,
                                &rows, &count, err));
    for (size_t i = 0; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        const struct gd_ledger_step *row = row_of(rows, count, hashes[i]);
        bool in = row != NULL || story_has(old, hashes[i]);
        if (in)
            skip = i + 1;
        else if (step->class != GD_CLASS_NONE && !guard->plan->steps[step->number - 1]->rolled_back)
            break;
        if (in)
            gd_texts_add(&guard->goes_on, row == NULL ? old->change : row->state, guard->arena);
    }
    for (size_t i = 0; i < skip; i++)
        story->steps[i].state = GD_STEP_IN;
    guard->skip_steps = (uint32_t)skip;
    if (skip > 0)
        gd_texts_add(&guard->outcome->notes,
                     gd_arena_printf(guard->arena,
                                     "goes on behind step %u, which change %s "
                                     "brought in before it failed",
                                     story->steps[skip - 1].number,
                                     guard->goes_on.items[guard->goes_on.count - 1]),
                     guard->arena);
    return GD_DONE;
}

/* Look again until nothing moves under us. */
GD_MUST static struct gd_status look_until_still(struct gd_guard *guard, bool moved,
                                                 struct gd_error *err)
{
    for (int looks = 0; looks < LOOKS_MAX; looks++) {
        const char *judged = guard->stamp, *now;
        GD_TRY(gd_pg_stamp(guard->pg, guard->arena, &now, err));
        if (!moved && strcmp(judged, now) == 0)
            return GD_DONE;
        moved = false;
        GD_TRY(gd_ledger_open(guard->pg, false, guard->arena, &guard->ledger, err));
        GD_TRY(gd_guard_look(guard, err));
        if (guard->over)
            return GD_DONE;
        GD_TRY(gd_guard_ask(guard, err));
    }
    return gd_hint(err,
                   gd_fail(err, GD_BUSY, "the schema of %s is being changed by somebody else",
                           guard->story->where),
                   "Wait until the other change is over, then run this again.");
}

struct gd_status gd_guard_hold(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_recovered *unfinished;
    bool moved;
    GD_TRY(take_lease(guard, guard->options->busy_ms, err));
    GD_TRY(recover(guard, &moved, &unfinished, err));
    GD_TRY(look_until_still(guard, moved || gd_lease_waited(guard->lease), err));
    if (guard->over)
        return close_as_found(guard, unfinished, err);
    if (!guard->options->again)
        GD_TRY(skip_what_is_in(guard, unfinished == NULL ? NULL : unfinished->story, err));
    const char *why = gd_arena_printf(guard->arena, "change %s goes on with it", guard->change_id);
    return unfinished == NULL ? GD_DONE : close_unfinished(guard, unfinished, why, err);
}
