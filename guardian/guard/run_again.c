/*
 * Run, may it be repeated? What a try has committed is done a second time by the next one, unless
 * the command knows by itself that it is done. Migration tools do: they read their records, and
 * write what is done into them, with it or after it. A plain script knows nothing.
 *
 * Invariant  In doubt it is not repeated.
 */
#include <ctype.h>
#include <string.h>

#include "guardian/guard/run_own.h"

enum sort {
    SORT_CHANGE = 0,
    SORT_REPEATS, /* a second time it does nothing, or is the tool's lock */
    SORT_RECORD,  /* it writes what is done into a tool's record */
    SORT_MAKES_DATABASE,
    SORT_DROPS_OWN_DATABASE,
};

enum { NAME_MAX = 64, READ_MAX = 64 << 10 };

/* Tools that name their table as they like call it so. Only whether a run is repeated depends on
 * that, not what is kept. */
static const char *const likely[] = {
    "migrat",           "alembic_version",       "schema_version",
    "schemaversion",    "schema_info",           "flyway_schema_history",
    "schema_history",   "databasechangelog",     "sequelizemeta",
    "goose_db_version", "__efmigrationshistory", "phinxlog",
    "ar_internal_me",   "typeorm_metadata",      "sqitch.",
};

static bool mentions(const char *text, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    size_t length = size < READ_MAX ? size : READ_MAX;
    char *lower = gd_arena_strndup(arena, text, length);
    for (char *at = lower; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    for (size_t i = 0; i < sizeof likely / sizeof likely[0]; i++)
        if (strstr(lower, likely[i]) != NULL)
            return true;
    return false;
}

void gd_run_note_read(struct gd_run *run, const struct gd_gate_request *request)
{
    if (!run->reads_records)
        run->reads_records = mentions(request->text, request->size);
}

/* ---- what sort of step ---- */

static bool writes_rows(enum gd_kind kind)
{
    return kind == GD_KIND_InsertStmt || kind == GD_KIND_UpdateStmt || kind == GD_KIND_DeleteStmt;
}

static bool makes(enum gd_kind kind)
{
    return kind == GD_KIND_CreateStmt || kind == GD_KIND_CreateSchemaStmt ||
           kind == GD_KIND_IndexStmt || kind == GD_KIND_CreateExtensionStmt ||
           kind == GD_KIND_CreateSeqStmt;
}

static bool is_about_records(const struct gd_judged *judged)
{
    static const char word[] = "table ";
    for (size_t i = 0; i < judged->verdict.finding_count; i++) {
        const char *object = judged->verdict.findings[i]->object;
        if (strncmp(object, word, sizeof word - 1) == 0 && mentions(object, strlen(object)))
            return true;
    }
    return false;
}

static bool makes_only(const struct gd_judged_file *file)
{
    for (size_t e = 0; e < file->entry_count; e++)
        if (!makes(file->entries[e]->kind))
            return false;
    return file->entry_count > 0;
}

/* In a text of several statements all stand or fall together, or nothing is said of them. */
static bool writes_record(const struct gd_judged_file *file)
{
    bool found = false;
    for (size_t e = 0; e < file->entry_count; e++) {
        const struct gd_judged *judged = file->entries[e];
        if (judged->form != NULL && judged->form[0] != '\0')
            return false;
        found |= writes_rows(judged->kind) && is_about_records(judged);
    }
    return found;
}

static enum sort sort_of(const struct gd_run *run, const struct gd_run_look *look, uint32_t step)
{
    const struct gd_gate_session *session = look->request->session;
    const struct gd_report *report = look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    if (session->makes != NULL && session->makes_by == step)
        return SORT_MAKES_DATABASE;
    if (gd_run_drops_own_database(run, look))
        return SORT_DROPS_OWN_DATABASE;
    if (look->lock)
        return SORT_REPEATS;
    if (look->records || writes_record(file))
        return SORT_RECORD;
    if (makes_only(file) &&
        (file->rerun_safe || mentions(look->request->text, look->request->size)))
        return SORT_REPEATS;
    return SORT_CHANGE;
}

void gd_run_note_sort(struct gd_run *run, const struct gd_run_look *look, uint32_t step)
{
    enum sort sort = sort_of(run, look, step);
    if (sort != SORT_CHANGE)
        gd_map_add(&run->sorts, step, (uint32_t)sort, run->arena);
}

/* ---- may it be repeated? ---- */

const char *gd_run_again(struct gd_run *run)
{
    pthread_mutex_lock(&run->lock);
    gd_run_take_heard(run);
    const char *why = run->again;
    pthread_mutex_unlock(&run->lock);
    return why;
}

bool gd_run_got_further(const struct gd_run *run)
{
    return run->further;
}

static enum sort sort_at(const struct gd_run *run, const struct gd_story_step *step)
{
    uint32_t sort = gd_map_get(&run->sorts, step->number);
    if (sort != GD_MAP_NONE)
        return (enum sort)sort;
    /* A value that went first is found there by the next try. */
    return strcmp(step->kind, "enum value") == 0 ? SORT_REPEATS : SORT_CHANGE;
}

static bool is_recorded_in(const struct gd_run *run, const char *xid)
{
    const struct gd_story *story = run->story;
    for (size_t i = 0; *xid != '\0' && i < story->step_count; i++)
        if (story->steps[i].state == GD_STEP_IN && strcmp(story->steps[i].xid, xid) == 0 &&
            sort_at(run, &story->steps[i]) == SORT_RECORD)
            return true;
    return false;
}

/* A shadow database that is gone again is nothing that was done. */
static bool databases_are_gone(const struct gd_run *run)
{
    size_t made = 0, dropped = 0;
    for (size_t i = 0; i < run->story->step_count; i++) {
        const struct gd_story_step *step = &run->story->steps[i];
        made += step->state != GD_STEP_NOT_IN && sort_at(run, step) == SORT_MAKES_DATABASE;
        dropped += step->state == GD_STEP_IN && sort_at(run, step) == SORT_DROPS_OWN_DATABASE;
    }
    return made == dropped;
}

/* @return what is done, and would be done again; NULL: nothing */
static const struct gd_story_step *find_bar(const struct gd_run *run)
{
    bool gone = databases_are_gone(run), recorded = false;
    for (size_t i = run->story->step_count; i > 0; i--) {
        const struct gd_story_step *step = &run->story->steps[i - 1];
        enum sort sort = sort_at(run, step);
        bool of_database = sort == SORT_MAKES_DATABASE || sort == SORT_DROPS_OWN_DATABASE;
        if (step->state == GD_STEP_NOT_IN || sort == SORT_REPEATS || (of_database && gone))
            continue;
        if (sort == SORT_RECORD && run->reads_records)
            recorded = recorded || step->state == GD_STEP_IN;
        else if (!recorded && !(run->reads_records && is_recorded_in(run, step->xid)))
            return step;
    }
    return NULL;
}

const char *gd_run_bar(struct gd_run *run)
{
    pthread_mutex_lock(&run->lock);
    gd_run_take_heard(run);
    const struct gd_story_step *step = find_bar(run);
    const char *why =
        step == NULL
            ? NULL
            : gd_arena_printf(run->arena, "step %u %s, and would be done a second time",
                              step->number,
                              step->state == GD_STEP_IN ? "is in already" : "may be in already");
    pthread_mutex_unlock(&run->lock);
    return why;
}

const char *gd_run_trap_hint(const struct gd_run *run)
{
    if (run->options->visit && !run->begun)
        return "Leave that lock out: the first change locks what it needs itself.";
    if (run->options->visit)
        return "Roll back, and run all of it again: the backup is made first then.";
    if (run->options->retries && find_bar(run) == NULL)
        return "The transaction is rolled back; guardian run makes the backup then, and runs the "
               "command again (--retry), if it commits nothing more that it would repeat.";
    return "The transaction is rolled back. With --rehearse the backup is made before the command "
           "starts.";
}
