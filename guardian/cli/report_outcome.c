#include "guardian/cli/report_outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/cli/progress.h"
#include "guardian/cli/report_words.h"
#include "guardian/guard/rehearse.h"
#include "guardian/policy/policy.h"

enum { FILES_MOST = 8, STEPS_MOST = 12, LINES_MOST = 12, GUTTER = 12, TEXT_LEAST = 30 };

struct page {
    const struct gd_outcome *outcome;
    const struct gd_story *story;
    const struct gd_screen *screen;
    struct gd_arena *arena;
};

/* clang-format off */
static const struct { enum gd_ink ink; const char *word, *sentence; } kinds[] = {
    [GD_OUTCOME_OPEN]        = {GD_INK_YELLOW, "OPEN",        "Nobody has written yet how it ended."},
    [GD_OUTCOME_APPLIED]     = {GD_INK_GREEN,  "APPLIED",     "All of it is in."},
    [GD_OUTCOME_NOTHING]     = {GD_INK_GREEN,  "NOTHING",     "There was nothing to do."},
    [GD_OUTCOME_REFUSED]     = {GD_INK_RED,    "REFUSED",     "Nothing was changed."},
    [GD_OUTCOME_FAILED]      = {GD_INK_RED,    "FAILED",      "Nothing of it is in."},
    [GD_OUTCOME_PARTIAL]     = {GD_INK_RED,    "PARTIAL",     "A part of it is in."},
    [GD_OUTCOME_ROLLED_BACK] = {GD_INK_GREEN,  "ROLLED BACK", "The state before it was brought back."},
};
/* clang-format on */

struct gd_outcome *gd_outcome_of_story(struct gd_story *story, struct gd_arena *arena)
{
    struct gd_outcome *outcome = gd_arena_zalloc(arena, 1, sizeof *outcome);
    bool in = story->outcome == GD_OUTCOME_APPLIED || story->outcome == GD_OUTCOME_PARTIAL ||
              story->outcome == GD_OUTCOME_OPEN;
    outcome->story = story;
    outcome->journaled = true;
    outcome->because = gd_story_because(story, arena);
    outcome->seconds[GD_PHASE_BACKUP] = story->backup_seconds;
    outcome->seconds[GD_PHASE_PROOF] = story->proof_seconds;
    outcome->seconds[GD_PHASE_SEALED] = story->sealed_seconds;
    if (story->ended_us > story->began_us)
        outcome->seconds[GD_PHASE_TOTAL] = (double)(story->ended_us - story->began_us) / 1e6;
    if (in && story->kind != GD_STORY_ROLLBACK && story->rolled_back_by[0] == '\0')
        gd_texts_add(&outcome->way_back,
                     gd_arena_printf(arena, "guardian rollback %s", story->change), arena);
    bool backed_up = story->snapshot[0] != '\0' || story->point_count > 0;
    if (outcome->way_back.count > 0 && backed_up && !story->covers)
        gd_texts_add(&outcome->notes, gd_story_lacks, arena);
    (void)snprintf(outcome->error.text, sizeof outcome->error.text, "%s", story->error);
    (void)snprintf(outcome->error.hint, sizeof outcome->error.hint, "%s", story->hint);
    return outcome;
}

/* ---- for people ---- */

static void row(const struct page *page, const char *label, enum gd_ink ink, const char *text)
{
    if (text != NULL && text[0] != '\0')
        gd_screen_row(page->screen, label, ink, text);
}

static void rows(const struct page *page, const char *label, enum gd_ink ink,
                 const struct gd_texts *texts, size_t most)
{
    most = page->screen->verbose ? texts->count : most;
    for (size_t i = 0; i < texts->count && i < most; i++)
        row(page, label, ink, texts->items[i]);
    if (texts->count > most)
        row(page, label, ink,
            gd_arena_printf(page->arena, "and %zu more (--verbose shows them)",
                            texts->count - most));
}

static void print_title(const struct page *page)
{
    const struct gd_story *story = page->story;
    enum gd_outcome_kind kind = story->outcome;
    if (story->kind == GD_STORY_ROLLBACK && kind == GD_OUTCOME_APPLIED)
        kind = GD_OUTCOME_ROLLED_BACK;
    const char *word = kinds[kind].word;
    char *because = gd_arena_printf(page->arena, "%s.", page->outcome->because);
    bool known = page->outcome->because[0] != '\0';
    if (because[0] >= 'a' && because[0] <= 'z')
        because[0] = (char)(because[0] - 'a' + 'A');
    gd_screen_put(page->screen, kinds[kind].ink, word);
    gd_screen_put(page->screen, GD_INK_PLAIN, "  ");
    gd_screen_paragraph(page->screen, GD_INK_BOLD, strlen(word) + 2, strlen(word) + 2,
                        known ? because : kinds[kind].sentence);
}

static void print_head(const struct page *page)
{
    const struct gd_story *story = page->story;
    char when[GD_TIME_SIZE];
    if (!page->outcome->journaled)
        return;
    gd_clock_text(story->began_us, when);
    row(page, "change", GD_INK_BOLD, story->change);
    if (story->of[0] != '\0')
        row(page, "of", GD_INK_PLAIN, gd_arena_printf(page->arena, "change %s", story->of));
    row(page, "when", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%.19sZ, by %s on %s%s%s", when, story->who, story->host,
                        page->outcome->seconds[GD_PHASE_TOTAL] > 0 ? ", took " : "",
                        page->outcome->seconds[GD_PHASE_TOTAL] > 0
                            ? gd_text_seconds(page->arena, page->outcome->seconds[GD_PHASE_TOTAL])
                            : ""));
    row(page, "where", GD_INK_PLAIN, story->where);
    row(page, "command", GD_INK_PLAIN, story->command);
    bool files = story->kind != GD_STORY_RUN; /* of a run it is the texts that came by */
    for (size_t i = 0; files && i < story->file_count && (page->screen->verbose || i < FILES_MOST);
         i++)
        row(page, "file", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "%s (%s)", story->files[i].path,
                            gd_class_name(story->files[i].class)));
    if (story->file_count > FILES_MOST && !page->screen->verbose)
        row(page, "file", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "and %zu more", story->file_count - FILES_MOST));
}

static const char *drift_of(const struct page *page)
{
    const struct gd_story *story = page->story;
    if (story->sealed)
        return "; sealed: nothing was written in between";
    if (story->drift_rows < 0)
        return "";
    if (story->drift_rows == 0)
        return "; nothing was written in between";
    return gd_arena_printf(page->arena, "; %" PRId64 " rows were written in between",
                           story->drift_rows);
}

/* All but the newest; they count as well. */
static const char *earlier_of(const struct page *page)
{
    const struct gd_texts *ids = &page->story->snapshots;
    const char *text = "";
    for (size_t i = 0; i + 1 < ids->count; i++)
        text = gd_arena_printf(page->arena, "%s%s%s", text, i == 0 ? "" : ", ", ids->items[i]);
    return text;
}

/* The newest first, as with snapshots. */
static void print_points(const struct page *page)
{
    const struct gd_story *story = page->story;
    char since[GD_TIME_SIZE];
    for (size_t i = story->point_count; i-- > 0;) {
        const struct gd_story_point *point = &story->points[i];
        bool last = i + 1 == story->point_count;
        gd_clock_text(point->since_us, since);
        row(page, last ? "backup" : "before it", GD_INK_GREEN,
            gd_arena_printf(
                page->arena, "point in time %s, covered since %.16sZ by base backup %s (%s)%s",
                point->name, since, point->base,
                point->proof == GD_PROOF_DRILL ? "restored on trial" : "every byte read back",
                last && story->snapshot[0] == '\0' ? drift_of(page) : ""));
    }
    if (story->point_count > 0 && story->snapshot[0] == '\0')
        row(page, "took", GD_INK_PLAIN,
            gd_arena_printf(
                page->arena, "%s until it was seen in the store%s",
                gd_text_seconds(page->arena, story->proof_seconds),
                story->sealed_seconds > 0
                    ? gd_arena_printf(page->arena, "; writers waited %s",
                                      gd_text_seconds(page->arena, story->sealed_seconds))
                    : ""));
}

static void print_backup(const struct page *page)
{
    const struct gd_story *story = page->story;
    bool waited = story->sealed_seconds > 0;
    print_points(page);
    if (story->point_count > 0 && story->snapshot[0] == '\0')
        return;
    if (waited && (story->snapshot[0] == '\0' || story->backup_seconds <= 0))
        row(page, "took", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "writers waited %s",
                            gd_text_seconds(page->arena, story->sealed_seconds)));
    if (story->snapshot[0] == '\0')
        return;
    row(page, "backup", story->proof == GD_PROOF_NONE ? GD_INK_YELLOW : GD_INK_GREEN,
        gd_arena_printf(page->arena, "%s, %s%s", story->snapshot,
                        story->proof == GD_PROOF_NONE     ? "not proven"
                        : story->proof == GD_PROOF_DIGEST ? "every byte read back and compared"
                                                          : "restored on trial and compared",
                        drift_of(page)));
    if (story->snapshots.count > 1)
        row(page, "before it", GD_INK_PLAIN, earlier_of(page));
    if (story->backup_seconds > 0)
        row(page, "took", GD_INK_PLAIN,
            gd_arena_printf(
                page->arena, "%s to copy, %s to prove%s",
                gd_text_seconds(page->arena, story->backup_seconds),
                gd_text_seconds(page->arena, story->proof_seconds),
                waited ? gd_arena_printf(page->arena, "; writers waited %s",
                                         gd_text_seconds(page->arena, story->sealed_seconds))
                       : ""));
}

static enum gd_ink ink_of(enum gd_step_state state)
{
    switch (state) {
    case GD_STEP_IN:
        return GD_INK_GREEN;
    case GD_STEP_NOT_IN:
    case GD_STEP_PLANNED:
        return GD_INK_DIM;
    case GD_STEP_APPLYING:
    case GD_STEP_UNKNOWN:
        break;
    }
    return GD_INK_RED;
}

/* A step that was only planned will not come any more when the change is over. */
static const char *state_of(const struct page *page, const struct gd_story_step *step)
{
    bool over = page->story->closed || page->outcome->because[0] != '\0' ||
                page->story->outcome != GD_OUTCOME_OPEN;
    if (step->rolled_back && step->state == GD_STEP_NOT_IN)
        return "taken back by the file";
    return over && step->state == GD_STEP_PLANNED ? "not run" : gd_step_state_name(step->state);
}

/* In one line of the screen, as far as that can be. */
static void print_step(const struct page *page, const struct gd_story_step *step)
{
    struct gd_arena *arena = page->arena;
    const char *file =
        page->story->file_count > 1 ? gd_arena_printf(arena, ", %s", step->file) : "";
    const char *where = step->line == 0 ? "" : gd_arena_printf(arena, ", line %u", step->line);
    const char *head = gd_arena_printf(arena, "%s%s%s: ", state_of(page, step), file, where);
    const char *more =
        step->statements < 2 ? "" : gd_arena_printf(arena, " (and %u more)", step->statements - 1);
    size_t used = GUTTER + gd_screen_columns(page->screen, head) + strlen(more) + 1;
    size_t left = page->screen->width > used + TEXT_LEAST ? page->screen->width - used : TEXT_LEAST;
    row(page, gd_arena_printf(arena, "step %u", step->number), ink_of(step->state),
        gd_arena_printf(arena, "%s%s%s", head, gd_screen_cut(page->screen, arena, step->text, left),
                        more));
}

/* When all is in, or nothing is, one line says so; otherwise each one counts. */
static void print_steps(const struct page *page)
{
    const struct gd_story *story = page->story;
    bool each = page->screen->verbose || story->outcome == GD_OUTCOME_PARTIAL ||
                story->outcome == GD_OUTCOME_OPEN;
    if (story->step_count == 0 || !page->outcome->journaled)
        return;
    size_t most = each ? story->step_count : STEPS_MOST;
    for (size_t i = 0; i < story->step_count && i < most; i++)
        print_step(page, &story->steps[i]);
    if (story->step_count > most)
        row(page, "steps", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "and %zu more", story->step_count - most));
}

/* What was not run is no step: it changed nothing. */
static void print_kept(const struct page *page)
{
    const struct gd_story *story = page->story;
    size_t most = page->screen->verbose ? story->kept_count : LINES_MOST;
    for (size_t i = 0; i < story->kept_count && i < most; i++)
        row(page, "kept", GD_INK_GREEN,
            gd_arena_printf(page->arena, "%s (%s): %s was not run", story->kept[i].object,
                            story->kept[i].owner, story->kept[i].wanted));
    if (story->kept_count > most)
        row(page, "kept", GD_INK_GREEN,
            gd_arena_printf(page->arena, "and %zu more (--verbose shows them)",
                            story->kept_count - most));
}

void gd_report_git(const struct gd_git_guidance *git, const struct gd_screen *screen,
                   struct gd_arena *arena)
{
    struct gd_texts lines = {0};
    if (git != NULL)
        gd_git_lines(git, arena, &lines);
    for (size_t i = 0; i < lines.count; i++)
        gd_screen_row(screen, i == 0 ? "git" : "", GD_INK_PLAIN, lines.items[i]);
}

static void print_rehearsal(const struct page *page)
{
    const struct gd_rehearsal *rehearsal = page->outcome->rehearsal;
    if (rehearsal == NULL)
        return;
    row(page, "rehearsed", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%zu statement%s on %s: %.1f s for the copy, %.1f s to run",
                        rehearsal->changes, rehearsal->changes == 1 ? "" : "s", rehearsal->where,
                        rehearsal->copy_seconds, rehearsal->seconds));
}

void gd_report_outcome_text(const struct gd_outcome *outcome, const struct gd_screen *screen,
                            struct gd_arena *arena)
{
    struct page page = {outcome, outcome->story, screen, arena};
    print_title(&page);
    print_head(&page);
    print_rehearsal(&page);
    print_backup(&page);
    print_steps(&page);
    print_kept(&page);
    rows(&page, "schema", GD_INK_PLAIN, &outcome->differences, LINES_MOST);
    rows(&page, "problem", GD_INK_RED, &outcome->problems, LINES_MOST);
    rows(&page, "note", GD_INK_YELLOW, &outcome->notes, LINES_MOST);
    if (outcome->story->error[0] != '\0' && outcome->error.code == GD_OK)
        row(&page, "error", GD_INK_RED, outcome->story->error);
    if (outcome->git != NULL && outcome->git->commit_count > 0)
        gd_report_git(outcome->git, screen, arena);
    if (outcome->story->rolled_back_by[0] != '\0')
        row(&page, "undone by", GD_INK_PLAIN,
            gd_arena_printf(arena, "change %s", outcome->story->rolled_back_by));
    rows(&page, "way back", GD_INK_BOLD, &outcome->way_back, LINES_MOST);
}

/* ---- the document ---- */

static struct gd_json *steps_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "number", gd_json_new_int(step->number));
        gd_json_put_text(object, "kind", step->kind);
        gd_json_put_text(object, "file", step->file);
        gd_json_put(object, "line", gd_json_new_int(step->line));
        gd_json_put(object, "statements", gd_json_new_int(step->statements));
        gd_json_put_text(object, "class", gd_class_name(step->class));
        gd_json_put_text(object, "loses", gd_loss_name(step->loses));
        gd_json_put_text(object, "text", step->text);
        gd_json_put_text(object, "state", gd_step_state_name(step->state));
        gd_json_put(object, "seconds", gd_json_new_real(step->seconds));
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *files_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->file_count; i++) {
        struct gd_json *object = gd_json_object();
        gd_json_put_text(object, "path", story->files[i].path);
        gd_json_put_text(object, "sha256", story->files[i].sha256);
        gd_json_put_text(object, "class", gd_class_name(story->files[i].class));
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *kept_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->kept_count; i++) {
        struct gd_json *object = gd_json_object();
        gd_json_put_text(object, "object", story->kept[i].object);
        gd_json_put_text(object, "owner", story->kept[i].owner);
        gd_json_put_text(object, "wanted", story->kept[i].wanted);
        gd_json_put_text(object, "text", story->kept[i].text);
        gd_json_push(list, object);
    }
    return list;
}

/* All of them, also when there is only one. */
static struct gd_json *snapshots_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->snapshots.count; i++)
        gd_json_push(list, gd_json_new_text(story->snapshots.items[i]));
    if (story->snapshots.count == 0 && story->snapshot[0] != '\0')
        gd_json_push(list, gd_json_new_text(story->snapshot));
    return list;
}

static struct gd_json *points_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->point_count; i++) {
        const struct gd_story_point *point = &story->points[i];
        struct gd_json *object = gd_json_object();
        gd_json_put_text(object, "mark", point->mark);
        gd_json_put_text(object, "name", point->name);
        gd_json_put(object, "timeline", gd_json_new_int(point->timeline));
        gd_json_put_text(object, "lsn", point->lsn);
        gd_json_put(object, "time", gd_json_new_time(point->time_us));
        gd_json_put_text(object, "base", point->base);
        gd_json_put_text(object, "base_proof", gd_proof_name(point->proof));
        gd_json_put(object, "covered_since", gd_json_new_time(point->since_us));
        gd_json_put(object, "tables", gd_json_new_texts(&point->tables));
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *drifts_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->drift_count; i++) {
        struct gd_json *object = gd_json_object();
        gd_json_put_text(object, "table", story->drifts[i].table);
        gd_json_put(object, "rows_new", gd_json_new_int(story->drifts[i].rows_new));
        gd_json_put(object, "rows_gone", gd_json_new_int(story->drifts[i].rows_gone));
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *seconds_of(const struct gd_outcome *outcome)
{
    static const char *const names[] = {
#define X(name, text) text,
        GD_PHASES(X)
#undef X
    };
    struct gd_json *object = gd_json_object();
    for (size_t i = 0; i < GD_PHASE_COUNT; i++)
        gd_json_put(object, names[i], gd_json_new_real(outcome->seconds[i]));
    return object;
}

static struct gd_json *error_of(const struct gd_outcome *outcome)
{
    if (outcome->story->error[0] == '\0')
        return gd_json_new_null();
    struct gd_json *object = gd_json_object();
    gd_json_put_text(object, "text", outcome->story->error);
    gd_json_put_text(object, "hint", outcome->story->hint);
    return object;
}

static void put_backup(struct gd_json *object, const struct gd_story *story)
{
    gd_json_put_text(object, "snapshot", story->snapshot);
    gd_json_put(object, "snapshots", snapshots_of(story));
    gd_json_put(object, "points", points_of(story));
    gd_json_put_text(object, "proof", gd_proof_name(story->proof));
    gd_json_put(object, "sealed", gd_json_new_bool(story->sealed));
    gd_json_put(object, "drift_rows",
                story->drift_rows < 0 ? gd_json_new_null() : gd_json_new_int(story->drift_rows));
    gd_json_put(object, "drifts", drifts_of(story));
}

static void put_who(struct gd_json *object, const struct gd_story *story)
{
    gd_json_put_text(object, "kind", gd_story_kind_name(story->kind));
    gd_json_put_text(object, "of", story->of);
    gd_json_put_text(object, "cluster", story->cluster);
    gd_json_put_text(object, "database", story->database);
    gd_json_put_text(object, "policy", story->policy);
    gd_json_put_text(object, "who", story->who);
    gd_json_put_text(object, "host", story->host);
    gd_json_put(object, "began", gd_json_new_time(story->began_us));
    gd_json_put(object, "ended", gd_json_new_time(story->ended_us));
    gd_json_put_text(object, "rolled_back_by", story->rolled_back_by);
}

static struct gd_json *rehearsal_of(const struct gd_outcome *outcome)
{
    const struct gd_rehearsal *rehearsal = outcome->rehearsal;
    if (rehearsal == NULL)
        return gd_json_new_null();
    struct gd_json *object = gd_json_object();
    gd_json_put_text(object, "where", rehearsal->where);
    gd_json_put(object, "statements", gd_json_new_int((int64_t)rehearsal->changes));
    gd_json_put(object, "exit_status", gd_json_new_int(rehearsal->exit_status));
    gd_json_put(object, "copy_seconds", gd_json_new_real(rehearsal->copy_seconds));
    gd_json_put(object, "seconds", gd_json_new_real(rehearsal->seconds));
    return object;
}

struct gd_json *gd_report_outcome_json(const struct gd_outcome *outcome,
                                       struct gd_json *take_warnings)
{
    const struct gd_story *story = outcome->story;
    struct gd_json *object = gd_json_object();
    gd_json_put_text(object, "change", outcome->journaled ? story->change : NULL);
    gd_json_put_text(object, "outcome", gd_outcome_name(story->outcome));
    gd_json_put_text(object, "because", outcome->because);
    gd_json_put_text(object, "class", gd_class_name(story->class));
    gd_json_put_text(object, "loses", gd_loss_name(story->loses));
    gd_json_put(object, "changed", gd_json_new_bool(story->changed));
    put_backup(object, story);
    gd_json_put(object, "files", files_of(story));
    gd_json_put(object, "steps", steps_of(story));
    gd_json_put(object, "kept", kept_of(story));
    gd_json_put(object, "seconds", seconds_of(outcome));
    gd_json_put(object, "way_back", gd_json_new_texts(&outcome->way_back));
    gd_json_put(object, "git",
                outcome->git == NULL ? gd_json_new_null() : gd_git_json(outcome->git));
    gd_json_put(object, "notes", gd_json_new_texts(&outcome->notes));
    gd_json_put(object, "problems", gd_json_new_texts(&outcome->problems));
    gd_json_put(object, "differences", gd_json_new_texts(&outcome->differences));
    gd_json_put(object, "rehearsal", rehearsal_of(outcome));
    put_who(object, story);
    gd_json_put(object, "error", error_of(outcome));
    gd_json_put(object, "warnings", take_warnings == NULL ? gd_json_list() : take_warnings);
    return object;
}
