#include "guardian/cli/report_rollback.h"

#include <inttypes.h>
#include <string.h>

#include "guardian/cli/progress.h"
#include "guardian/cli/report_outcome.h"
#include "guardian/cli/report_words.h"

enum { LINES_MOST = 12 };

struct page {
    const struct gd_screen *screen;
    struct gd_arena *arena;
};

static void row(const struct page *page, const char *label, enum gd_ink ink, const char *text)
{
    if (text != NULL && *text != '\0')
        gd_screen_row(page->screen, label, ink, text);
}

static void rows(const struct page *page, const char *label, enum gd_ink ink,
                 const struct gd_texts *texts)
{
    size_t most = page->screen->verbose ? texts->count : LINES_MOST;
    for (size_t i = 0; i < texts->count && i < most; i++)
        row(page, label, ink, texts->items[i]);
    if (texts->count > most)
        row(page, label, ink,
            gd_arena_printf(page->arena, "and %zu more (--verbose shows them)",
                            texts->count - most));
}

static const char *counted(struct gd_arena *arena, int64_t count, const char *one, const char *many)
{
    return gd_arena_printf(arena, "%" PRId64 " %s", count, count == 1 ? one : many);
}

/* --- what is lost -----------------------------------------------------------------------------*/

/* "12 rows written since, 3 changed, 1 gone: 12 stay, 0 are lost" */
static const char *since_text(const struct page *page, const struct gd_since *since)
{
    struct gd_arena *arena = page->arena;
    const char *text =
        gd_arena_printf(arena, "%s: %s", since->table,
                        counted(arena, since->rows_new, "row written since", "rows written since"));
    if (since->rows_changed > 0)
        text = gd_arena_printf(arena, "%s, %" PRId64 " changed", text, since->rows_changed);
    if (since->rows_gone > 0)
        text = gd_arena_printf(arena, "%s, %" PRId64 " no longer there", text, since->rows_gone);
    if (since->lost > 0)
        text = gd_arena_printf(arena, "%s; %s", text,
                               counted(arena, since->lost, "is lost", "are lost"));
    else
        text = gd_arena_printf(arena, "%s; nothing is lost", text);
    return since->conflict == NULL ? text : gd_arena_printf(arena, "%s; %s", text, since->conflict);
}

static const char *lost_text(const struct gd_rollback_plan *plan, struct gd_arena *arena)
{
    if (plan->rows_lost < 0)
        return "How many rows that were written since are lost is not known.";
    if (plan->rows_lost == 0)
        return "Nothing that was written since is lost.";
    int64_t not_back = 0;
    for (size_t i = 0; i < plan->since_count; i++)
        not_back += plan->since[i].not_back;
    const char *gone = not_back == 0 ? ""
                                     : gd_arena_printf(arena, "%s.",
                                                       counted(arena, not_back,
                                                               "row of the backup does not come "
                                                               "back",
                                                               "rows of the backup do not come "
                                                               "back"));
    int64_t since = plan->rows_lost - not_back;
    if (since <= 0)
        return gone;
    return gd_arena_printf(arena, "%s. The %s %s.%s%s",
                           counted(arena, since, "row or value that was written since is lost",
                                   "rows or values that were written since are lost"),
                           plan->way == GD_WAY_DATABASE ? "database that is kept has"
                                                        : "backup of the bad state has",
                           since == 1 ? "it" : "them", *gone == '\0' ? "" : " ", gone);
}

/* --- the plan ---------------------------------------------------------------------------------*/

static void print_title(const struct page *page, const struct gd_rollback_plan *plan)
{
    const struct gd_story *story = plan->story;
    char when[GD_TIME_SIZE];
    gd_clock_text(story->began_us, when);
    gd_screen_put(page->screen, GD_INK_BOLD,
                  gd_arena_printf(page->arena, "Roll back change %s", story->change));
    gd_screen_end_line(page->screen);
    row(page, "when", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%.19sZ by %s on %s", when, story->who, story->host));
    row(page, "where", GD_INK_PLAIN, story->where);
    for (size_t i = 0; i < story->file_count && i < LINES_MOST; i++)
        row(page, "file", GD_INK_PLAIN, story->files[i].path);
    row(page, "backup", GD_INK_PLAIN, story->snapshot);
    for (size_t i = story->snapshots.count; i-- > 1;)
        row(page, "", GD_INK_PLAIN, story->snapshots.items[i - 1]);
}

static const char *way_sentence(enum gd_way way)
{
    switch (way) {
    case GD_WAY_NOTHING:
        return "nothing: the change is not in";
    case GD_WAY_INVERSE:
        return "inverse: what it made goes, no rows are needed from the backup";
    case GD_WAY_COLUMNS:
        return "columns: lost values return by key into the living tables";
    case GD_WAY_TABLES:
        return "tables: lost rows return into the living tables";
    case GD_WAY_DATABASE:
        return "database: restored beside, compared, swapped";
    }
    return "";
}

void gd_report_rollback_plan(const struct gd_rollback_plan *plan, const struct gd_git_guidance *git,
                             const struct gd_screen *screen, struct gd_arena *arena)
{
    struct page page = {screen, arena};
    print_title(&page, plan);
    row(&page, "way", GD_INK_BOLD, way_sentence(plan->way));
    rows(&page, "not", GD_INK_DIM, &plan->ruled_out);
    for (size_t i = 0; i < plan->steps.count; i++)
        row(&page, gd_arena_printf(arena, "step %zu", i + 1), GD_INK_PLAIN, plan->steps.items[i]);
    if (screen->verbose)
        rows(&page, "sql", GD_INK_DIM, &plan->sql);
    for (size_t i = 0; i < plan->since_count; i++)
        row(&page, "since", plan->since[i].lost > 0 ? GD_INK_RED : GD_INK_PLAIN,
            since_text(&page, &plan->since[i]));
    if (plan->way != GD_WAY_NOTHING)
        row(&page, "lost", plan->rows_lost == 0 ? GD_INK_GREEN : GD_INK_RED,
            lost_text(plan, arena));
    rows(&page, "note", GD_INK_YELLOW, &plan->notes);
    if (plan->down != NULL)
        row(&page, "down", GD_INK_DIM,
            gd_arena_printf(arena, "%s is there, and is not run: nothing proves that it fits.",
                            plan->down));
    gd_report_git(git, screen, arena);
}

/* --- what came of it --------------------------------------------------------------------------*/

static void print_kept(const struct page *page, const struct gd_rollback_told *told)
{
    const struct gd_rolled_back *done = told->done;
    if (*done->bad_state != '\0')
        row(page, "bad state", GD_INK_PLAIN,
            gd_arena_printf(page->arena,
                            "is kept in snapshot %s, every byte read back; guardian restore %s "
                            "--table … shows it beside",
                            done->bad_state, done->bad_state));
    if (done->old_database != NULL)
        row(page, "bad state", GD_INK_PLAIN,
            gd_arena_printf(page->arena,
                            "is kept as database \"%s\"; drop it when it is no longer "
                            "needed",
                            done->old_database));
    rows(page, "note", GD_INK_YELLOW, &done->conflicts);
    rows(page, "differs", GD_INK_RED, &done->differences);
}

void gd_report_rollback_done(const struct gd_rollback_told *told, const struct gd_screen *screen,
                             struct gd_arena *arena)
{
    struct page page = {screen, arena};
    const struct gd_rollback_plan *plan = told->plan;
    bool nothing = plan->way == GD_WAY_NOTHING;
    bool exact = told->done->differences.count == 0;
    gd_screen_put(screen, exact ? GD_INK_GREEN : GD_INK_RED, nothing ? "NOTHING" : "ROLLED BACK");
    gd_screen_put(screen, GD_INK_BOLD,
                  nothing ? "  There was nothing to undo: nothing of the change is in."
                  : exact
                      ? "  The schema is the one from before the change."
                      : "  The backup is in place, and the schema differs from what was recorded.");
    gd_screen_end_line(screen);
    row(&page, "of", GD_INK_PLAIN, gd_arena_printf(arena, "change %s", plan->story->change));
    if (told->story != NULL && !nothing)
        row(&page, "change", GD_INK_PLAIN, told->story->change);
    row(&page, "way", GD_INK_PLAIN, way_sentence(plan->way));
    if (!nothing) {
        row(&page, "took", GD_INK_PLAIN, gd_text_seconds(arena, told->done->seconds));
        row(&page, "lost", plan->rows_lost == 0 ? GD_INK_GREEN : GD_INK_RED,
            lost_text(plan, arena));
        print_kept(&page, told);
        rows(&page, "note", GD_INK_YELLOW, &plan->notes);
    }
    gd_report_git(told->git, screen, arena);
    if (told->revert != NULL)
        row(&page, "reverted", GD_INK_GREEN,
            gd_arena_printf(arena, "commit %s on branch %s; nothing was pushed", told->revert,
                            told->branch));
    if (told->revert == NULL && told->git != NULL && told->git->commit_count > 0)
        row(&page, "next", GD_INK_BOLD,
            "Revert the commit before the next deployment, or it will apply the change again.");
}

/* --- for programs -----------------------------------------------------------------------------*/

/* -1: not known */
static struct gd_json *number_of(int64_t number)
{
    return number < 0 ? gd_json_new_null() : gd_json_new_int(number);
}

static struct gd_json *since_of(const struct gd_rollback_plan *plan)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < plan->since_count; i++) {
        const struct gd_since *since = &plan->since[i];
        struct gd_json *one = gd_json_object();
        gd_json_put(one, "table", gd_json_new_text(since->table));
        gd_json_put(one, "rows_new", number_of(since->rows_new));
        gd_json_put(one, "rows_changed", number_of(since->rows_changed));
        gd_json_put(one, "rows_gone", number_of(since->rows_gone));
        gd_json_put(one, "lost", number_of(since->lost));
        gd_json_put(one, "not_back", number_of(since->not_back));
        gd_json_put_text(one, "conflict", since->conflict);
        gd_json_push(list, one);
    }
    return list;
}

static enum gd_outcome_kind outcome_of(const struct gd_rollback_told *told)
{
    if (told->error->text[0] != '\0' && told->done == NULL)
        return told->error->code == GD_REFUSED   ? GD_OUTCOME_REFUSED
               : told->error->code == GD_PARTIAL ? GD_OUTCOME_PARTIAL
                                                 : GD_OUTCOME_FAILED;
    if (told->plan->way == GD_WAY_NOTHING)
        return GD_OUTCOME_NOTHING;
    return told->done == NULL ? GD_OUTCOME_OPEN : GD_OUTCOME_ROLLED_BACK;
}

/* The story of the rollback; of a plan, one that has not begun. */
static struct gd_story *story_of(const struct gd_rollback_told *told, struct gd_arena *arena)
{
    struct gd_story *story = gd_story_new(arena);
    if (told->story != NULL)
        *story = *told->story;
    story->kind = GD_STORY_ROLLBACK;
    story->of = told->plan->story->change;
    story->cluster = told->plan->story->cluster;
    story->database = told->plan->story->database;
    story->class = told->plan->story->class;
    story->loses = told->plan->story->loses;
    story->outcome = outcome_of(told);
    return story;
}

static void put_plan(struct gd_json *object, const struct gd_rollback_plan *plan)
{
    gd_json_put(object, "way", gd_json_new_text(gd_way_name(plan->way)));
    gd_json_put(object, "ruled_out", gd_json_new_texts(&plan->ruled_out));
    gd_json_put(object, "plan", gd_json_new_texts(&plan->steps));
    gd_json_put(object, "sql", gd_json_new_texts(&plan->sql));
    gd_json_put(object, "since", since_of(plan));
    gd_json_put(object, "rows_lost", number_of(plan->rows_lost));
    gd_json_put_text(object, "down", plan->down);
}

static void put_done(struct gd_json *object, const struct gd_rollback_told *told)
{
    static const struct gd_texts none = {0};
    gd_json_put_text(object, "old_database", told->done == NULL ? NULL : told->done->old_database);
    gd_json_put(object, "conflicts",
                gd_json_new_texts(told->done == NULL ? &none : &told->done->conflicts));
    gd_json_put_text(object, "revert", told->revert);
    gd_json_put_text(object, "branch", told->revert == NULL ? NULL : told->branch);
}

struct gd_json *gd_report_rollback_json(const struct gd_rollback_told *told,
                                        struct gd_json *take_warnings)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_outcome *outcome = gd_arena_zalloc(arena, 1, sizeof *outcome);
    outcome->story = story_of(told, arena);
    outcome->because = "";
    outcome->journaled = told->story != NULL;
    outcome->seconds[GD_PHASE_BACKUP] = outcome->story->backup_seconds;
    outcome->seconds[GD_PHASE_PROOF] = outcome->story->proof_seconds;
    outcome->git = told->git;
    outcome->notes = told->plan->notes;
    outcome->error = *told->error;
    if (told->done != NULL) {
        outcome->differences = told->done->differences;
        outcome->seconds[GD_PHASE_TOTAL] = told->done->seconds;
    }
    if (told->git != NULL && *told->git->command != '\0')
        gd_texts_add(&outcome->way_back, told->git->command, arena);
    struct gd_json *object = gd_report_outcome_json(outcome, take_warnings);
    put_plan(object, told->plan);
    put_done(object, told);
    return object;
}
