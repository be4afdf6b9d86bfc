/*
 * Guard: what is told of a change, in its journal and to people.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "guardian/base/whoami.h"
#include "guardian/classify/rule.h"
#include "guardian/guard/guard_own.h"
#include "guardian/guard/secret_text.h"
#include "guardian/version.h"

void gd_guard_story_begin(struct gd_guard *guard)
{
    struct gd_story *story = guard->story;
    story->kind = GD_STORY_APPLY;
    story->began_us = gd_clock_now_us();
    story->who = gd_whoami(guard->arena);
    story->host = gd_hostname(guard->arena);
    story->version = gd_version();
}

/* ---- what was decided ---- */

static void tell_files(struct gd_guard *guard)
{
    struct gd_story *story = guard->story;
    const struct gd_report *report = guard->change.report;
    story->files = gd_arena_zalloc(guard->arena, report->file_count + 1, sizeof *story->files);
    story->file_count = report->file_count;
    for (size_t i = 0; i < report->file_count; i++)
        story->files[i] = (struct gd_story_file){
            .path = guard->todo.files[i].path,
            .origin = guard->todo.files[i].origin,
            .sha256 = guard->todo.files[i].sha256,
            .known_as = guard->todo.files[i].known_as,
            .class = report->files[i]->class,
            .rerun_safe = report->files[i]->rerun_safe,
            .text_key = "",
        };
}

static void tell_losses(struct gd_guard *guard)
{
    struct gd_story *story = guard->story;
    const struct gd_report *report = guard->change.report;
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            story->losses = gd_arena_zalloc(guard->arena, count + 1, sizeof *story->losses);
        count = 0;
        for (size_t f = 0; f < report->file_count; f++)
            for (size_t e = 0; e < report->files[f]->entry_count; e++) {
                const struct gd_verdict *verdict = &report->files[f]->entries[e]->verdict;
                for (size_t i = 0; i < verdict->finding_count; i++) {
                    const struct gd_finding *finding = verdict->findings[i];
                    if (finding->loses == GD_LOSES_NOTHING || finding->fresh != NULL)
                        continue;
                    if (pass == 1)
                        story->losses[count] = (struct gd_story_loss){
                            .rule = finding->rule->id,
                            .object = finding->object,
                            .loses = finding->loses,
                            .tables = finding->tables,
                            .columns = finding->columns,
                        };
                    count++;
                }
            }
    }
    story->loss_count = count;
}

/* What commits by itself must be looked up after a crash: all of its words count. */
static const char *exact_text(const struct gd_step *step)
{
    if (step->kind != GD_STEP_ALONE || step->statement_count == 0)
        return "";
    const char *text = step->statements[0]->text;
    return gd_secret_in_text(text) == NULL ? text : "";
}

static const char *known_as(const struct gd_guard *guard, const struct gd_judged_file *file)
{
    const struct gd_report *report = guard->change.report;
    size_t at = 0;
    while (at < report->file_count && report->files[at] != file)
        at++;
    assert(at < report->file_count);
    return guard->todo.files[at].known_as;
}

/* The same step of the same text for the same place. */
static const char *step_hash(const struct gd_guard *guard, const struct gd_step *step)
{
    struct gd_arena *arena = guard->arena;
    struct gd_digest *digest = gd_digest_new();
    char *hex = gd_arena_alloc(arena, GD_DIGEST_HEX_SIZE);
    const char *place = gd_arena_printf(arena, "%s:%u:%s", known_as(guard, step->file),
                                        step->statement_count == 0 ? 0 : step->statements[0]->line,
                                        gd_step_kind_name(step->kind));
    gd_digest_add(digest, place, strlen(place) + 1);
    for (size_t i = 0; i < step->statement_count; i++)
        gd_digest_add(digest, step->statements[i]->hash, sizeof step->statements[i]->hash);
    gd_digest_hex(digest, hex);
    gd_digest_free(digest);
    return hex;
}

static void tell_worst(struct gd_story_step *told, const struct gd_step *step)
{
    for (size_t i = 0; i < step->statement_count; i++) {
        const struct gd_judged *judged = step->statements[i];
        told->statements += (uint32_t)judged->repeated;
        told->class = judged->verdict.class > told->class ? judged->verdict.class : told->class;
        told->loses = judged->verdict.loses > told->loses ? judged->verdict.loses : told->loses;
    }
}

static void tell_steps(struct gd_guard *guard)
{
    struct gd_story *story = guard->story;
    const struct gd_plan *plan = guard->plan;
    story->steps = gd_arena_zalloc(guard->arena, plan->step_count + 1, sizeof *story->steps);
    story->step_count = 0;
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct gd_step *step = plan->steps[i];
        if (step->kind == GD_STEP_BACKUP)
            continue;
        struct gd_story_step *told = &story->steps[story->step_count++];
        *told = (struct gd_story_step){
            .number = step->number,
            .kind = gd_step_kind_name(step->kind),
            .file = step->file->path,
            .line = step->statement_count == 0 ? 0 : step->statements[0]->line,
            .text = step->statement_count == 0
                        ? ""
                        : gd_first_words(step->statements[0]->text, guard->arena),
            .hash = step_hash(guard, step),
            .xid = "",
            .sql = exact_text(step),
            .search_path = "",
            .rolled_back = step->rolled_back,
            .state = GD_STEP_PLANNED,
        };
        tell_worst(told, step);
    }
}

static void tell_waivers(struct gd_guard *guard)
{
    const struct gd_decision *decision = guard->decision;
    guard->story->waived = (struct gd_texts){0};
    for (size_t r = 0; r < decision->ruling_count; r++)
        for (size_t w = 0; w < decision->rulings[r]->waiver_count; w++)
            if (decision->rulings[r]->waivers[w]->state == GD_WAIVER_COUNTS)
                gd_texts_add(&guard->story->waived, decision->rulings[r]->waivers[w]->text,
                             guard->arena);
}

void gd_guard_story_decided(struct gd_guard *guard)
{
    struct gd_story *story = guard->story;
    const struct gd_decision *decision = guard->decision;
    const struct gd_ruling *lead = decision->lead;
    story->database = guard->change.survey->database;
    story->server_version = guard->change.survey->server_text;
    story->text_sha256 = guard->asked.sha256;
    story->class = guard->change.report->class;
    story->loses = guard->change.report->loses;
    story->policy = decision->policy;
    story->action = gd_action_name(decision->action);
    story->because = lead == NULL || lead->ground_count == 0
                         ? ""
                         : gd_ground_text(lead->grounds[0], guard->arena);
    story->approved_by = lead == NULL || lead->approved_by == NULL ? "" : lead->approved_by;
    story->stamp_before = guard->stamp;
    tell_files(guard);
    tell_losses(guard);
    tell_steps(guard);
    tell_waivers(guard);
}

/* ---- how it ended ---- */

void gd_guard_over(struct gd_guard *guard, enum gd_outcome_kind kind, const char *because)
{
    guard->story->outcome = kind;
    guard->outcome->because = because;
    guard->over = true;
}

GD_MUST static struct gd_status find_guidance(struct gd_guard *guard,
                                              struct gd_git_guidance **out_guidance,
                                              struct gd_error *err)
{
    const struct gd_story *story = guard->story;
    const char **paths = gd_arena_zalloc(guard->arena, story->file_count + 1, sizeof *paths);
    const char **hashes = gd_arena_zalloc(guard->arena, story->file_count + 1, sizeof *hashes);
    size_t count = 0;
    for (size_t i = 0; i < story->file_count; i++) {
        if (story->files[i].origin[0] == '\0')
            continue;
        paths[count] = story->files[i].origin;
        hashes[count++] = story->files[i].sha256;
    }
    struct gd_git_options options = {
        .paths = paths,
        .sha256 = hashes,
        .count = count,
        .events = guard->options->events,
    };
    return gd_git_guide(&options, guard->arena, out_guidance, err);
}

/* What to revert: said when a change failed, for then somebody must do it now. */
struct gd_status gd_guard_git(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_git_guidance *guidance = NULL;
    if (guard->story->file_count == 0 || guard->story->files[0].origin[0] == '\0')
        return GD_DONE;
    GD_TRY(find_guidance(guard, &guidance, err));
    guard->outcome->git = guidance;
    if (guidance->commit_count > 0) {
        guard->story->git_commit = guidance->commits[0].hash;
        guard->story->git_path = guidance->files[0].repo_path;
    }
    return GD_DONE;
}

void gd_guard_way_back(struct gd_guard *guard)
{
    struct gd_outcome *outcome = guard->outcome;
    const struct gd_story *story = guard->story;
    bool in = story->outcome == GD_OUTCOME_APPLIED || story->outcome == GD_OUTCOME_PARTIAL;
    if (in && guard->journal != NULL)
        gd_texts_add(&outcome->way_back,
                     gd_arena_printf(guard->arena, "guardian rollback %s", story->change),
                     guard->arena);
    if (in && guard->journal != NULL && !guard->decision->backup.covers)
        gd_texts_add(&outcome->notes, gd_story_lacks, guard->arena);
    if (outcome->git != NULL && outcome->git->command != NULL && outcome->git->command[0] != '\0')
        gd_texts_add(&outcome->way_back, outcome->git->command, guard->arena);
}
