/*
 * Guard: what is done already, and what is never done for good.
 *
 * The ledger knows the files that were applied; where none may be made, the journal does. A file
 * that does its work anew each time it is run (REFRESH, VACUUM, NOTIFY …) is done only when a
 * second run of the rest of it would do harm.
 */
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/guard_own.h"

enum { JOURNAL_LOOKS_MAX = 500 };

static const struct gd_ledger_file *known(const struct gd_ledger_file *files, size_t count,
                                          const char *sha256)
{
    for (size_t i = count; i > 0; i--)
        if (strcmp(files[i - 1].sha256, sha256) == 0)
            return &files[i - 1];
    return NULL;
}

/* Its text was applied before. One that a second run would harm is done for good; one that can be
 * run again is done as long as nobody changed the schema since. */
static bool is_done(const struct gd_guard *guard, const struct gd_ledger_file *file)
{
    return file != NULL && (!file->rerun_safe || strcmp(file->stamp, guard->stamp) == 0);
}

/* The changes that the journal remembers, for a database that keeps no ledger; NULL items where
 * there is no store. */
GD_MUST static struct gd_status list_changes(const struct gd_guard *guard,
                                             struct gd_told_list *out_list, struct gd_error *err)
{
    *out_list = (struct gd_told_list){0};
    if (guard->options->store == NULL)
        return GD_DONE;
    return gd_story_list(guard->options->store, guard->story->cluster, JOURNAL_LOOKS_MAX,
                         guard->arena, out_list, err);
}

/* Without a ledger the journal remembers: the texts of changes that came to their end. Whether one
 * can be run again it does not know, so none is. */
GD_MUST static struct gd_status files_of_journal(struct gd_guard *guard,
                                                 struct gd_ledger_file **out_files,
                                                 size_t *out_count, struct gd_error *err)
{
    struct gd_told_list list = {0};
    size_t count = 0;
    *out_files = NULL;
    *out_count = 0;
    GD_TRY(list_changes(guard, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        guard->seen_open = guard->seen_open || list.items[i].open;
        count += list.items[i].story == NULL ? 0 : list.items[i].story->file_count;
    }
    struct gd_ledger_file *files = gd_arena_zalloc(guard->arena, count + 1, sizeof *files);
    for (size_t i = 0; i < list.count; i++) {
        const struct gd_story *story = list.items[i].story;
        if (story == NULL || story->outcome != GD_OUTCOME_APPLIED ||
            story->kind != GD_STORY_APPLY || *story->rolled_back_by != '\0')
            continue;
        for (size_t f = 0; f < story->file_count; f++)
            files[(*out_count)++] = (struct gd_ledger_file){.sha256 = story->files[f].known_as,
                                                            .path = story->files[f].path,
                                                            .change = story->change,
                                                            .stamp = "",
                                                            .at_us = story->ended_us};
    }
    *out_files = files;
    return GD_DONE;
}

struct gd_status gd_guard_leave_out_done(struct gd_guard *guard,
                                         const struct gd_ledger_file **out_last,
                                         struct gd_error *err)
{
    struct gd_scripts *todo = &guard->todo;
    const char **hashes = gd_arena_zalloc(guard->arena, todo->file_count + 1, sizeof *hashes);
    struct gd_ledger_file *files = NULL;
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < todo->file_count; i++)
        hashes[i] = todo->files[i].known_as;
    *out_last = NULL;
    if (guard->options->again || todo->file_count == 0)
        return GD_DONE;
    GD_TRY(guard->ledger.there
               ? gd_ledger_files(guard->pg, &guard->ledger, hashes, todo->file_count, guard->arena,
                                 &files, &count, err)
               : files_of_journal(guard, &files, &count, err));
    for (size_t i = 0; i < todo->file_count; i++) {
        const struct gd_scripts_file *asked = &todo->files[i];
        const struct gd_ledger_file *file = known(files, count, todo->files[i].known_as);
        bool told = asked->migration != NULL && /* by gd_scripts_pending() */
                    (guard->ledger.there || asked->folder->kind == GD_FOLDER_PRISMA);
        bool done = !told && is_done(guard, file);
        if (!done)
            todo->files[kept++] = todo->files[i];
        else if (*out_last == NULL || (*out_last)->at_us < file->at_us)
            *out_last = file;
    }
    todo->file_count = kept;
    return GD_DONE;
}

struct gd_status gd_guard_left_in_journal(const struct gd_guard *guard,
                                          const struct gd_story **out_old, struct gd_error *err)
{
    struct gd_told_list list = {0};
    *out_old = NULL;
    GD_TRY(list_changes(guard, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        const struct gd_story *story = list.items[i].story;
        if (story == NULL || story->kind != GD_STORY_APPLY || !story->closed ||
            *story->rolled_back_by != '\0' || strcmp(story->text_sha256, guard->asked.sha256) != 0)
            continue;
        if (story->outcome == GD_OUTCOME_PARTIAL)
            *out_old = story;
        else if (story->changed)
            *out_old = NULL;
    }
    return GD_DONE;
}

/* ---- what stays ---- */

bool gd_guard_leaves_something(const struct gd_guard *guard)
{
    for (size_t i = 0; i < guard->todo.file_count; i++)
        if (guard->todo.files[i].migration != NULL)
            return true;
    return gd_story_stays(guard->story, NULL);
}

/* ---- each time ---- */

/* Statements that do their work each time, although they change nothing that could be lost. */
static bool acts_each_time(enum gd_kind kind)
{
    switch (kind) {
    case GD_KIND_VacuumStmt:
    case GD_KIND_ReindexStmt:
    case GD_KIND_NotifyStmt:
    case GD_KIND_CheckPointStmt:
    case GD_KIND_ClusterStmt:
    case GD_KIND_RefreshMatViewStmt:
    case GD_KIND_CallStmt:
    case GD_KIND_LoadStmt:
        return true;
    default:
        return false;
    }
}

/* Housekeeping and statistics, and the function that sends a message. */
static bool calls_each_time(const struct gd_finding *finding)
{
    const char *id = finding->rule->id;
    return strcmp(id, "J013") == 0 || strcmp(id, "J014") == 0 ||
           (strcmp(id, "J007") == 0 && strstr(finding->object, "pg_notify") != NULL);
}

/* Also in a DO block, in a function that it calls, behind EXPLAIN ANALYZE. */
static bool entry_acts(const struct gd_judged *judged)
{
    if (acts_each_time(judged->kind))
        return true;
    for (size_t i = 0; i < judged->verdict.finding_count; i++)
        if (acts_each_time(judged->verdict.findings[i]->rule->kind) ||
            calls_each_time(judged->verdict.findings[i]))
            return true;
    return false;
}

bool gd_guard_acts_each_time(const struct gd_judged_file *file)
{
    for (size_t e = 0; e < file->entry_count; e++)
        if (entry_acts(file->entries[e]))
            return true;
    return false;
}

bool gd_guard_does_nothing(const struct gd_report *report)
{
    if (report->class != GD_CLASS_NONE || report->loses != GD_LOSES_NOTHING)
        return false;
    for (size_t f = 0; f < report->file_count; f++)
        if (gd_guard_acts_each_time(report->files[f]))
            return false;
    return true;
}
