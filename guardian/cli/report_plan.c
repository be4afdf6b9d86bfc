/*
 * The plan for people: what the policy decides and which line of it, what is backed up before, what
 * is done step by step, then the statements as `guardian classify` shows them.
 */
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_text.h"

enum { TABLES_MOST = 8, LOCKS_MOST = 6 };

/* clang-format off */
static const struct { enum gd_ink ink; const char *word, *sentence; } actions[] = {
    [GD_ACTION_GO]      = {GD_INK_GREEN,  "GO",       "Nothing has to be done before it."},
    [GD_ACTION_BACKUP]  = {GD_INK_YELLOW, "BACK UP",  "A backup is made and proven before anything runs."},
    [GD_ACTION_APPROVE] = {GD_INK_YELLOW, "APPROVE",  "Somebody must approve exactly this text first."},
    [GD_ACTION_REFUSE]  = {GD_INK_RED,    "REFUSED",  "Nothing runs."},
};

static const char *const proofs[] = {
    [GD_PROOF_NONE]   = "not proven",
    [GD_PROOF_DIGEST] = "every byte read back and compared",
    [GD_PROOF_DRILL]  = "restored somewhere else and compared",
};

static const char *const asks[] = {
    [GD_ASK_NEVER]    = "",
    [GD_ASK_TERMINAL] = "on a terminal, before anything runs (--yes answers)",
    [GD_ASK_ALWAYS]   = "before anything runs; without a terminal --yes must answer",
};
/* clang-format on */

static void row(const struct gd_page *page, const char *label, enum gd_ink ink, const char *text)
{
    if (text[0] != '\0')
        gd_screen_row(page->screen, label, ink, text);
}

static const char *policy_of(const struct gd_page *page)
{
    const struct gd_decision *decision = page->decision;
    const char *file = decision->policy_file == NULL ? "built in" : decision->policy_file;
    if (decision->environment == NULL)
        return gd_arena_printf(page->arena, "%s (%s)", decision->policy, file);
    return gd_arena_printf(page->arena, "%s (%s), environment %s", decision->policy, file,
                           decision->environment);
}

/* The line of the policy that decided, and the statement that it was about. */
static void print_ground(const struct gd_page *page)
{
    const struct gd_ruling *lead = page->decision->lead;
    if (lead == NULL || lead->ground_count == 0)
        return;
    row(page, "because", GD_INK_BOLD, gd_ground_text(lead->grounds[0], page->arena));
    row(page, "for", GD_INK_CYAN,
        gd_arena_printf(page->arena, "%s:%u", lead->file->path, lead->judged->line));
}

static const char *what_is_backed_up(const struct gd_page *page)
{
    const struct gd_backup *backup = &page->decision->backup;
    switch (backup->scope) {
    case GD_SCOPE_NONE:
        return "nothing";
    case GD_SCOPE_SCHEMA:
        return "the schema with roles, no rows";
    case GD_SCOPE_DATABASE:
        return "the whole database";
    case GD_SCOPE_TABLES:
        break;
    }
    return gd_arena_printf(
        page->arena, "the schema, and the rows of %s",
        gd_words_join(page->arena, &backup->tables,
                      page->screen->verbose ? backup->tables.count : TABLES_MOST));
}

/* It costs the same, whatever is backed up. */
static const char *by_point(const struct gd_page *page)
{
    const struct gd_by_point *point = &page->decision->point;
    const char *age = gd_words_proof_age(point->proven_us, page->arena);
    char since[GD_TIME_SIZE];
    gd_clock_text(point->since_us, since);
    return gd_arena_printf(page->arena,
                           "point in time, covered since %.16sZ by base backup %s%s; its restore "
                           "point is seen in the store before anything runs; writers wait until "
                           "the change is in",
                           since, point->base,
                           age[0] == '\0' ? "" : gd_arena_printf(page->arena, " (proven%s)", age));
}

static void print_backup(const struct gd_page *page)
{
    const struct gd_backup *backup = &page->decision->backup;
    const char *text = what_is_backed_up(page);
    const struct gd_by_point *point = &page->decision->point;
    if (point->base != NULL) {
        row(page, "backup", GD_INK_PLAIN, by_point(page));
        return;
    }
    if (point->why_not != NULL)
        row(page, point->use == GD_POINT_REQUIRE ? "lacks" : "note",
            point->use == GD_POINT_REQUIRE ? GD_INK_RED : GD_INK_PLAIN,
            gd_arena_printf(page->arena, "no point in time can be the backup: %s", point->why_not));
    if (backup->bytes > 0 && backup->scope >= GD_SCOPE_TABLES)
        text =
            gd_arena_printf(page->arena, "%s, %s", text, gd_size_text(backup->bytes, page->arena));
    if (backup->scope != GD_SCOPE_NONE)
        text = gd_arena_printf(page->arena, "%s; %s", text, proofs[backup->proof]);
    if (backup->sealed)
        text = gd_arena_printf(page->arena, "%s; writers wait until the change is in", text);
    row(page, "backup", GD_INK_PLAIN, text);
    if (!backup->covers)
        row(page, "not in it", GD_INK_RED,
            "what the policy takes the risk of losing: see the statements below");
}

static void print_limits(const struct gd_page *page)
{
    const struct gd_limits *limits = page->decision->limits;
#define X(field, kind, value, meaning)                                                             \
    row(page, "limit", GD_INK_DIM,                                                                 \
        gd_arena_printf(page->arena, "%s: %s", meaning, limits->field.text));
    GD_LIMITS(X)
#undef X
}

static void print_decision(const struct gd_page *page)
{
    const struct gd_decision *decision = page->decision;
    const char *word = actions[decision->action].word;
    gd_screen_put(page->screen, actions[decision->action].ink, word);
    gd_screen_put(page->screen, GD_INK_PLAIN, "  "); /* "GO" ends where a paragraph begins */
    gd_screen_paragraph(page->screen, GD_INK_BOLD, strlen(word) + 2, strlen(word) + 2,
                        actions[decision->action].sentence);
    print_ground(page);
    row(page, "policy", GD_INK_PLAIN, policy_of(page));
    if (decision->action != GD_ACTION_REFUSE) {
        print_backup(page);
        row(page, "asks", GD_INK_PLAIN, asks[decision->ask]);
    }
    row(page, "tells", GD_INK_PLAIN,
        gd_words_join(page->arena, &decision->tell, decision->tell.count));
    for (size_t i = 0; i < decision->notes.count; i++)
        row(page, "note", GD_INK_PLAIN, decision->notes.items[i]);
    if (page->screen->verbose)
        print_limits(page);
    gd_screen_end_line(page->screen);
}

/* --- steps --- */

/* A statement on its own that nobody will notice: neighbours of that kind share a line. */
static bool is_quiet(const struct gd_step *step)
{
    if (step->kind != GD_STEP_TRANSACTION || step->own_block || step->statement_count != 1)
        return false;
    for (size_t i = 0; i < step->lock_count; i++)
        if (step->locks[i].rewrite || step->locks[i].scan)
            return false;
    return step->statements[0]->verdict.class <= GD_CLASS_ADDITIVE;
}

/* How many steps from `first` on share a line. */
static size_t run_length(const struct gd_page *page, const struct gd_plan *plan, size_t first)
{
    size_t length = 1;
    if (page->screen->verbose || !is_quiet(plan->steps[first]))
        return 1;
    while (first + length < plan->step_count && is_quiet(plan->steps[first + length]) &&
           plan->steps[first + length]->file == plan->steps[first]->file)
        length++;
    return length;
}

static const char *lines_of(const struct gd_page *page, const struct gd_step *first,
                            const struct gd_step *last)
{
    if (first->statement_count == 0 || last->statement_count == 0)
        return "no statement";
    uint32_t from = first->statements[0]->line;
    uint32_t to = last->statements[last->statement_count - 1]->line;
    const char *lines = from == to ? gd_arena_printf(page->arena, "line %u", from)
                                   : gd_arena_printf(page->arena, "lines %u to %u", from, to);
    if (page->report->file_count == 1)
        return lines;
    return gd_arena_printf(page->arena, "%s, %s", first->file->path, lines);
}

static uint64_t statements_in(const struct gd_plan *plan, size_t first, size_t length)
{
    uint64_t count = 0;
    for (size_t i = first; i < first + length; i++)
        for (size_t s = 0; s < plan->steps[i]->statement_count; s++) {
            uint64_t times = plan->steps[i]->statements[s]->repeated;
            count += times == 0 ? 1 : times;
        }
    return count;
}

static const char *manner_of(const struct gd_step *step, size_t length)
{
    if (length > 1)
        return ", each committed on its own";
    switch (step->kind) {
    case GD_STEP_ENUM_VALUE:
        return step->moved ? ", goes first and is committed alone" : ", committed alone";
    case GD_STEP_ALONE:
        return ", outside of any transaction";
    case GD_STEP_TRANSACTION:
        return step->rolled_back ? ", and the file rolls them back"
               : step->left_open ? ", and no COMMIT follows"
               : step->own_block ? ", in the file's own transaction"
               : step->grouped   ? ", all or nothing"
                                 : "";
    case GD_STEP_SESSION:
    case GD_STEP_BACKUP:
        break;
    }
    return "";
}

static const char *deed_of(const struct gd_page *page, const struct gd_plan *plan, size_t first,
                           size_t length)
{
    const struct gd_step *step = plan->steps[first];
    if (step->kind == GD_STEP_BACKUP)
        return page->decision->point.base != NULL ? "a restore point, seen in the store"
                                                  : what_is_backed_up(page);
    const char *where = lines_of(page, step, plan->steps[first + length - 1]);
    uint64_t count = statements_in(plan, first, length);
    if (count == 1)
        return gd_arena_printf(page->arena, "%s%s: %s", where, manner_of(step, length),
                               gd_words_statement(page->arena, step->statements[0]));
    return gd_arena_printf(page->arena, "%s: %s%s", where,
                           gd_words_many(page->arena, count, "statement", "statements"),
                           manner_of(step, length));
}

static void print_lock(const struct gd_page *page, const struct gd_step_lock *lock)
{
    const char *size = lock->bytes == 0 ? ""
                                        : gd_arena_printf(page->arena, " (%s)",
                                                          gd_size_text(lock->bytes, page->arena));
    if (gd_lock_stops(lock->lock)[0] == '\0' && !page->screen->verbose)
        return;
    const char *stops = gd_lock_stops(lock->lock);
    row(page, "lock", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%s%s: %s%s%s%s", lock->relation, size,
                        gd_lock_name(lock->lock), stops[0] == '\0' ? "" : ", ", stops,
                        lock->rewrite ? ", while it is rewritten"
                        : lock->scan  ? ", while all of it is read"
                                      : ""));
}

static void print_step_locks(const struct gd_page *page, const struct gd_step *step)
{
    size_t most = page->screen->verbose ? step->lock_count : LOCKS_MOST;
    for (size_t i = 0; i < step->lock_count && i < most; i++)
        print_lock(page, &step->locks[i]);
    if (step->lock_count > most)
        row(page, "lock", GD_INK_PLAIN,
            gd_arena_printf(
                page->arena, "and %s",
                gd_words_many(page->arena, step->lock_count - most, "more table", "more tables")));
    if (step->rewrite_bytes > 0)
        row(page, "disk", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "%s more, until the old files are gone",
                            gd_size_text(step->rewrite_bytes, page->arena)));
}

/* A sentence that the step before had, too, is not said again. */
static void print_if_new(const struct gd_page *page, const char *label, const char *text,
                         const char **last)
{
    if (text == NULL || (*last != NULL && strcmp(*last, text) == 0))
        return;
    row(page, label, GD_INK_PLAIN, text);
    *last = text;
}

static void print_step_title(const struct gd_page *page, const struct gd_plan *plan, size_t first,
                             size_t length)
{
    const struct gd_step *step = plan->steps[first];
    const char *number = length == 1 ? gd_arena_printf(page->arena, "%u", step->number)
                                     : gd_arena_printf(page->arena, "%u to %u", step->number,
                                                       plan->steps[first + length - 1]->number);
    const char *title = gd_arena_printf(page->arena, "%s. %s", number,
                                        length == 1 ? gd_step_kind_name(step->kind) : "one by one");
    size_t column = gd_screen_columns(page->screen, title);
    gd_screen_put(page->screen,
                  step->moved || step->kind == GD_STEP_BACKUP ? GD_INK_YELLOW : GD_INK_BOLD, title);
    const char *deed = deed_of(page, plan, first, length);
    if (step->seconds > 0)
        deed = gd_arena_printf(page->arena, "%s; about %s, by %s", deed,
                               gd_text_seconds(page->arena, step->seconds), step->seconds_from);
    gd_screen_paragraph(page->screen, GD_INK_PLAIN, column, 4,
                        step->statement_count == 1 ? gd_screen_cut(page->screen, page->arena, deed,
                                                                   page->screen->width - column - 2)
                                                   : deed);
}

static void print_steps(const struct gd_page *page, const struct gd_plan *plan)
{
    const char *on_error = NULL, *way_back = NULL;
    if (plan->step_count > 0)
        gd_screen_paragraph(page->screen, GD_INK_BOLD, 0, 2,
                            plan->decision->action >= GD_ACTION_APPROVE
                                ? "Steps, once the policy lets them:"
                                : "Steps:");
    for (size_t i = 0, length; i < plan->step_count; i += length) {
        const struct gd_step *step = plan->steps[i];
        length = run_length(page, plan, i);
        print_step_title(page, plan, i, length);
        if (length == 1)
            print_step_locks(page, step);
        print_if_new(page, "on error", step->if_it_fails, &on_error);
        print_if_new(page, "way back", step->way_back, &way_back);
    }
    for (size_t i = 0; i < plan->notes.count; i++)
        row(page, "note", GD_INK_YELLOW, plan->notes.items[i]);
    if (plan->step_count > 0)
        gd_screen_end_line(page->screen);
}

struct gd_status gd_report_plan_text(const struct gd_plan *plan, const struct gd_screen *screen,
                                     struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_page page = gd_page_of(plan->change->report, plan->decision, screen, arena);
    print_decision(&page);
    print_steps(&page, plan);
    gd_page_head(&page);
    gd_page_files(&page);
    gd_page_body(&page);
    return gd_page_end(&page, err);
}
