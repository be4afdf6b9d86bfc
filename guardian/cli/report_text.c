/*
 * The report for people: one line that says how bad it is, what stands behind it, the worst
 * statements first, then what costs time, then how much was left out because it is harmless.
 */
#include <errno.h>
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_text.h"
#include "guardian/cli/report_words.h"

enum {
    DETAILS_MOST = 20,
    HAZARDS_MOST = 8,
    FILES_MOST = 12,
    SAMPLES_MOST = 5,
    ALSO_MOST = 8,
    STEPS_MOST = 12,
    NOTES_MOST = 4,
    PLACES_MOST = 6,
    TAKES_MOST = 8
};

/* clang-format off */
static const struct { enum gd_ink ink; const char *word; } faces[] = {
    [GD_CLASS_NONE]        = {GD_INK_DIM,     "NONE"},
    [GD_CLASS_ADDITIVE]    = {GD_INK_GREEN,   "ADDITIVE"},
    [GD_CLASS_ENUM]        = {GD_INK_YELLOW,  "ENUM"},
    [GD_CLASS_DESTRUCTIVE] = {GD_INK_RED,     "DESTRUCTIVE"},
    [GD_CLASS_UNKNOWN]     = {GD_INK_MAGENTA, "UNKNOWN"},
};
/* clang-format on */

static void row(const struct gd_page *page, const char *label, enum gd_ink ink, const char *text)
{
    if (text != NULL && text[0] != '\0')
        gd_screen_row(page->screen, label, ink, text);
}

/* --- head --- */

static const char *counts_of(const struct gd_page *page, const struct gd_judged_file *file)
{
    const char *text = "";
    for (int level = GD_CLASS_UNKNOWN; level >= GD_CLASS_NONE; level--) {
        uint64_t count = 0;
        for (size_t i = 0; i < page->report->file_count; i++)
            if (file == NULL || file == page->report->files[i])
                count += gd_words_count(page->report->files[i], (enum gd_class)level);
        if (count > 0)
            text = gd_arena_printf(page->arena, "%s%s%s %s", text, text[0] == '\0' ? "" : ", ",
                                   gd_words_number(page->arena, count),
                                   gd_class_name((enum gd_class)level));
    }
    return text;
}

static const char *subject(const struct gd_page *page)
{
    const struct gd_report *report = page->report;
    uint64_t statements = 0;
    for (size_t i = 0; i < report->file_count; i++)
        statements += report->files[i]->statements;
    const char *many = statements == 0
                           ? "No statement"
                           : gd_words_many(page->arena, statements, "statement", "statements");
    const char *where =
        report->file_count == 1
            ? (strcmp(report->files[0]->path, "-") == 0 ? "standard input" : report->files[0]->path)
            : gd_words_many(page->arena, report->file_count, "file", "files");
    return gd_arena_printf(page->arena, "%s in %s", many, where);
}

static const char *basis(const struct gd_page *page)
{
    const struct gd_report *report = page->report;
    if (report->server == NULL)
        return "Judged by the text alone; --db compares it with a database.";
    return gd_arena_printf(page->arena, "Compared with database \"%s\", PostgreSQL %s.",
                           report->database == NULL ? "" : report->database, report->server);
}

/* Where statements stand that fail as things are, in the order of the files; how many there are. */
static uint64_t blocked_statements(const struct gd_page *page, struct gd_texts *out_places)
{
    uint64_t blocked = 0;
    for (size_t f = 0; f < page->report->file_count; f++) {
        const struct gd_judged_file *file = page->report->files[f];
        for (size_t e = 0; e < file->entry_count; e++) {
            if (!gd_words_blocked(file->entries[e]))
                continue;
            if (blocked++ < PLACES_MOST)
                gd_texts_add(
                    out_places,
                    page->report->file_count == 1
                        ? gd_arena_printf(page->arena, "%u", file->entries[e]->line)
                        : gd_arena_printf(page->arena, "%s:%u", file->path, file->entries[e]->line),
                    page->arena);
        }
    }
    return blocked;
}

static void print_blocked(const struct gd_page *page)
{
    struct gd_texts places = {0};
    uint64_t blocked = blocked_statements(page, &places);
    if (blocked == 0)
        return;
    const char *where = gd_words_join(page->arena, &places, PLACES_MOST);
    if (page->report->file_count == 1)
        where = gd_arena_printf(page->arena, "line%s %s", places.count == 1 ? "" : "s", where);
    if (blocked > places.count)
        where = gd_arena_printf(page->arena, "%s …", where);
    gd_screen_paragraph(
        page->screen, GD_INK_RED, 0, 2,
        gd_arena_printf(page->arena, "It will fail: %s cannot work as things are (%s).",
                        gd_words_many(page->arena, blocked, "statement", "statements"), where));
}

static const char *place(const struct gd_page *page, const struct gd_row *statement)
{
    return gd_arena_printf(page->arena, "%s:%u", statement->file->path, statement->entry->line);
}

void gd_page_head(const struct gd_page *page)
{
    const struct gd_report *report = page->report;
    gd_screen_put(page->screen, faces[report->class].ink, faces[report->class].word);
    gd_screen_paragraph(page->screen, GD_INK_BOLD, strlen(faces[report->class].word), 2,
                        gd_words_verdict(page->arena, report));

    print_blocked(page);
    const char *counts = counts_of(page, NULL);
    gd_screen_paragraph(page->screen, GD_INK_PLAIN, 0, 2,
                        gd_arena_printf(page->arena, "%s%s%s.", subject(page),
                                        counts[0] == '\0' ? "" : ": ", counts));
    gd_screen_paragraph(page->screen, GD_INK_DIM, 0, 2, basis(page));
}

/* --- files --- */

static const char *rerun_of_file(const struct gd_page *page, const struct gd_judged_file *file,
                                 const char **out_instead)
{
    uint64_t more = 0;
    const struct gd_judged *first = NULL;
    for (size_t i = 0; i < file->entry_count; i++) {
        enum gd_rerun rerun = file->entries[i]->verdict.rerun;
        if (rerun != GD_RERUN_FAILS && rerun != GD_RERUN_REPEATS)
            continue;
        more += file->entries[i]->repeated - (first == NULL ? 1 : 0);
        first = first == NULL ? file->entries[i] : first;
    }
    if (file->rerun_safe)
        return "leaves the same state, without an error";
    if (first == NULL)
        return "depends on what it calls or writes";
    *out_instead = first->verdict.lead == NULL ? "" : first->verdict.lead->instead;
    const char *does = first->verdict.rerun == GD_RERUN_FAILS ? "fails at line" : "repeats line";
    if (more == 0)
        return gd_arena_printf(page->arena, "%s %u", does, first->line);
    return gd_arena_printf(page->arena, "%s %u, and %s would not be the same either", does,
                           first->line,
                           gd_words_many(page->arena, more, "more statement", "more statements"));
}

static const char *transaction_of_file(const struct gd_page *page,
                                       const struct gd_judged_file *file)
{
    for (size_t i = 0; i < file->entry_count; i++)
        if (!file->entries[i]->verdict.transaction)
            return gd_arena_printf(page->arena,
                                   "line %u cannot run inside a transaction block, so the file "
                                   "cannot be all or nothing",
                                   file->entries[i]->line);
    return "";
}

static void print_file_facts(const struct gd_page *page, const struct gd_judged_file *file)
{
    const char *instead = "";
    if (file->statements == 0)
        return;
    if (file->split_needed)
        row(page, "enum", GD_INK_YELLOW,
            "a value is added and used in one go: it must be committed first");
    row(page, "alone", GD_INK_PLAIN, file->transaction ? "" : transaction_of_file(page, file));
    row(page, "again", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "a second run %s", rerun_of_file(page, file, &instead)));
    if (page->screen->verbose)
        row(page, "instead", GD_INK_PLAIN, instead);
}

static void print_file_line(const struct gd_page *page, const struct gd_judged_file *file)
{
    gd_screen_put(page->screen, GD_INK_PLAIN, "  ");
    gd_screen_put(page->screen, faces[file->class].ink,
                  gd_arena_printf(page->arena, "%-11s", gd_class_name(file->class)));
    gd_screen_put(page->screen, GD_INK_PLAIN, " ");
    gd_screen_paragraph(page->screen, GD_INK_PLAIN, 14, 14,
                        gd_arena_printf(page->arena, "%s: %s", file->path, counts_of(page, file)));
    if (page->screen->verbose || file->split_needed)
        print_file_facts(page, file);
}

/* Files of each class, worst first; those with nothing to tell are counted. */
static void print_files(const struct gd_page *page)
{
    const struct gd_report *report = page->report;
    size_t told = 0;
    for (int level = GD_CLASS_UNKNOWN; level >= GD_CLASS_NONE; level--) {
        for (size_t i = 0; i < report->file_count; i++) {
            bool tell = (level >= GD_CLASS_ENUM && told < FILES_MOST) || page->screen->verbose;
            if ((int)report->files[i]->class != level || !tell)
                continue;
            print_file_line(page, report->files[i]);
            told++;
        }
    }
    if (told > 0 && told < report->file_count)
        gd_screen_paragraph(
            page->screen, GD_INK_DIM, 0, 2,
            gd_arena_printf(page->arena, "  and %s",
                            gd_words_many(page->arena, report->file_count - told,
                                          "file with nothing worse", "files with nothing worse")));
}

/* --- one statement --- */

static void print_title(struct gd_page *page, const struct gd_row *statement, const char *more)
{
    enum gd_class class = statement->entry->verdict.class;
    const struct gd_finding *lead = statement->entry->verdict.lead;
    const char *at = place(page, statement);
    const char *rule =
        lead == NULL || lead->rule == NULL
            ? ""
            : gd_arena_printf(page->arena, "%s %s", lead->rule->id, lead->rule->title);
    if (page->example == NULL && lead != NULL && lead->rule != NULL)
        page->example = lead->rule->id;
    gd_screen_end_line(page->screen);
    gd_screen_put(page->screen, faces[class].ink, faces[class].word);
    gd_screen_put(page->screen, GD_INK_PLAIN, "  ");
    gd_screen_put(page->screen, GD_INK_CYAN, at);
    gd_screen_paragraph(page->screen, GD_INK_DIM,
                        strlen(faces[class].word) + 2 + gd_screen_columns(page->screen, at), 4,
                        gd_arena_printf(page->arena, "%s%s", rule, more));
}

static void print_statement(const struct gd_page *page, const struct gd_judged *entry)
{
    const struct gd_screen *screen = page->screen;
    const char *times = entry->repeated > 1
                            ? gd_arena_printf(page->arena, "  (%s in a row)",
                                              gd_words_many(page->arena, entry->repeated,
                                                            "statement", "statements"))
                            : "";
    size_t room = screen->width - 2 - gd_screen_columns(screen, times);
    const char *line =
        gd_screen_cut(screen, page->arena, gd_words_statement(page->arena, entry), room);
    gd_screen_put(screen, GD_INK_PLAIN, "  ");
    gd_screen_put(screen, GD_INK_BOLD, line);
    gd_screen_put(screen, GD_INK_DIM, times);
    gd_screen_end_line(screen);
}

static void print_samples(const struct gd_page *page, const struct gd_check *check)
{
    if (check->samples.count > 0)
        row(page, "", GD_INK_DIM,
            gd_arena_printf(page->arena, "such as %s",
                            gd_words_join(page->arena, &check->samples, SAMPLES_MOST)));
}

static void print_check(const struct gd_page *page, const struct gd_check *check)
{
    const char *text = gd_words_check(page->arena, check);
    if (check->gave_up != NULL) {
        row(page, "not known", GD_INK_YELLOW, text);
        return;
    }
    if (!check->done) {
        if (page->screen->verbose)
            row(page, "to check", GD_INK_DIM, check->count_sql);
        return;
    }
    bool bad = check->fails && check->count > 0;
    if (check->fails && !bad && !page->screen->verbose)
        return;
    if (bad && check->sqlstate != NULL)
        text = gd_arena_printf(page->arena, "%s (%s)", text, check->sqlstate);
    row(page,
        bad            ? "fails"
        : check->fails ? "passes"
                       : "at stake",
        bad ? GD_INK_RED : GD_INK_PLAIN, text);
    print_samples(page, check);
}

static void print_checks(const struct gd_page *page, const struct gd_judged *entry)
{
    for (size_t i = 0; i < entry->verdict.check_count; i++)
        print_check(page, entry->verdict.checks[i]);
}

static const char *where(const struct gd_page *page, const struct gd_judged *entry,
                         const struct gd_finding *finding)
{
    if (finding->within == NULL || finding->within[0] == '\0')
        return "";
    if (finding->line == 0 || finding->line == entry->line)
        return finding->within;
    return gd_arena_printf(page->arena, "%s, line %u", finding->within, finding->line);
}

/* The other risky things that the same statement does. */
static void print_also(const struct gd_page *page, const struct gd_judged *entry)
{
    size_t told = 0, left = 0;
    for (size_t i = 0; i < entry->verdict.finding_count; i++) {
        const struct gd_finding *finding = entry->verdict.findings[i];
        bool risky = finding->class >= GD_CLASS_ENUM || page->screen->verbose;
        if (finding == entry->verdict.lead || !risky)
            continue;
        if (told == ALSO_MOST && !page->screen->verbose) {
            left++;
            continue;
        }
        const char *in = where(page, entry, finding);
        const char *title = finding->rule == NULL ? "" : finding->rule->title;
        row(page, "also", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "%s%s%s%s: %s", title, in[0] == '\0' ? "" : " (", in,
                            in[0] == '\0' ? "" : ")", finding->reason));
        told++;
    }
    if (left > 0)
        row(page, "also", GD_INK_PLAIN,
            gd_words_many(page->arena, left, "more thing like these", "more things like these"));
}

static void print_notes(const struct gd_page *page, const struct gd_judged *entry)
{
    struct gd_texts notes = {0};
    for (size_t i = 0; i < entry->verdict.finding_count; i++)
        for (size_t n = 0; n < entry->verdict.findings[i]->notes.count; n++)
            gd_texts_add(&notes, entry->verdict.findings[i]->notes.items[n], page->arena);
    for (size_t i = 0; i < notes.count && (i < NOTES_MOST || page->screen->verbose); i++)
        row(page, "note", GD_INK_PLAIN, notes.items[i]);
}

static void print_takes(const struct gd_page *page, const struct gd_judged *entry)
{
    struct gd_texts takes = {0};
    for (size_t i = 0; i < entry->verdict.finding_count; i++)
        for (size_t n = 0; n < entry->verdict.findings[i]->takes.count; n++)
            gd_texts_add(&takes, entry->verdict.findings[i]->takes.items[n], page->arena);
    row(page, "also goes", GD_INK_RED,
        gd_words_join(page->arena, &takes, page->screen->verbose ? takes.count : TAKES_MOST));
}

static void row_if_new(const struct gd_page *page, const char *label, enum gd_ink ink,
                       const char *text, const char **last)
{
    bool told = *last != NULL && text != NULL && strcmp(*last, text) == 0;
    if (!told || page->screen->verbose)
        row(page, label, ink, text);
    *last = text;
}

static void print_why(struct gd_page *page, const struct gd_judged *entry)
{
    const struct gd_finding *lead = entry->verdict.lead;
    if (lead == NULL)
        return;
    row(page, "in", GD_INK_PLAIN, where(page, entry, lead));
    row_if_new(page, "because", GD_INK_PLAIN, lead->reason, &page->reason);
    row(page, "runs", GD_INK_PLAIN, gd_words_join(page->arena, &lead->fires, TAKES_MOST));
    row_if_new(page, "instead", GD_INK_GREEN, lead->instead, &page->instead);
    if (lead->fresh != NULL && page->screen->verbose)
        row(page, "new", GD_INK_PLAIN, lead->fresh);
}

static void print_hazards(const struct gd_page *page, const struct gd_judged *entry)
{
    row(page, "lock", GD_INK_PLAIN, gd_words_lock(page->arena, entry));
    if (!entry->verdict.transaction)
        row(page, entry->in_block ? "fails" : "alone", entry->in_block ? GD_INK_RED : GD_INK_PLAIN,
            entry->in_block
                ? "cannot run inside a transaction block, and BEGIN is open here (25001)"
                : "cannot run inside a transaction block");
    if (page->screen->verbose || entry->verdict.rerun == GD_RERUN_REPEATS)
        row(page, "again", GD_INK_PLAIN, gd_words_rerun(page->arena, entry));
}

/* Every other step of the change that `statement` is a part of, in the order of the file. */
static void print_steps(const struct gd_page *page, const struct gd_row *statement)
{
    size_t told = 0;
    const struct gd_judged_file *file = statement->file;
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *step = file->entries[i];
        if (step->part_of == NULL || step == statement->entry ||
            strcmp(step->part_of, statement->entry->part_of) != 0)
            continue;
        if (told++ >= STEPS_MOST && !page->screen->verbose)
            continue;
        size_t room = page->screen->width - 12;
        const char *text = gd_arena_printf(page->arena, "line %u  %s", step->line,
                                           gd_words_statement(page->arena, step));
        row(page, told == 1 ? "steps" : "", GD_INK_DIM,
            gd_screen_cut(page->screen, page->arena, text, room));
    }
}

static void print_waiver(const struct gd_page *page, const struct gd_waiver *waiver)
{
    bool counts = waiver->state == GD_WAIVER_COUNTS;
    const char *why = counts ? "" : waiver->why == NULL ? "it lifted nothing" : waiver->why;
    row(page, "waiver", counts ? GD_INK_YELLOW : GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%s%s%s", waiver->text, counts ? "" : ": ", why));
}

/* What the policy demands, and the line that says so. */
static void print_ruling(struct gd_page *page, const struct gd_ruling *ruling)
{
    static const enum gd_ink inks[] = {[GD_ACTION_GO] = GD_INK_PLAIN,
                                       [GD_ACTION_BACKUP] = GD_INK_PLAIN,
                                       [GD_ACTION_APPROVE] = GD_INK_YELLOW,
                                       [GD_ACTION_REFUSE] = GD_INK_RED};
    if (ruling == NULL)
        return;
    const struct gd_ground *first = ruling->ground_count == 0 ? NULL : ruling->grounds[0];
    const char *ground = first == NULL           ? ""
                         : first == page->ground ? "as above"
                                                 : gd_ground_text(first, page->arena);
    page->ground = page->screen->verbose ? NULL : first;
    row(page, "policy", inks[ruling->action],
        gd_arena_printf(page->arena, "%s%s%s", gd_action_name(ruling->action),
                        ground[0] == '\0' ? "" : ": ", ground));
    for (size_t i = 1; i < ruling->ground_count && page->screen->verbose; i++)
        row(page, "", GD_INK_DIM, gd_ground_text(ruling->grounds[i], page->arena));
    for (size_t i = 0; i < ruling->waiver_count; i++)
        print_waiver(page, ruling->waivers[i]);
    if (ruling->action == GD_ACTION_APPROVE)
        row(page, "approve", GD_INK_PLAIN, ruling->judged->hash);
    else if (ruling->approved_by != NULL)
        row(page, "approved", GD_INK_PLAIN, ruling->approved_by);
}

static void print_detail(struct gd_page *page, const struct gd_row *statement)
{
    const struct gd_judged *entry = statement->entry;
    const char *part =
        entry->part_of == NULL ? "" : gd_arena_printf(page->arena, "%s%s", " · ", entry->part_of);
    print_title(page, statement, part);
    print_statement(page, entry);
    row(page, "loses", GD_INK_RED, gd_words_loses(page->arena, entry));
    print_takes(page, entry);
    print_checks(page, entry);
    row(page, "backup", GD_INK_PLAIN, gd_words_backup(page->arena, entry));
    print_ruling(page, statement->ruling);
    print_why(page, entry);
    print_also(page, entry);
    print_hazards(page, entry);
    print_notes(page, entry);
    if (entry->part_of != NULL)
        print_steps(page, statement);
}

/* A risky statement after the first DETAILS_MOST: nothing risky is left out, only made short. */
static void print_short(struct gd_page *page, const struct gd_row *statement)
{
    print_title(page, statement, "");
    print_statement(page, statement->entry);
    row(page, "loses", GD_INK_RED, gd_words_loses(page->arena, statement->entry));
}

/* --- all statements --- */

static void tell_with_its_steps(struct gd_row *rows, size_t count, struct gd_row *statement)
{
    statement->told = true;
    if (statement->entry->part_of == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        if (rows[i].file == statement->file && rows[i].entry->part_of != NULL &&
            strcmp(rows[i].entry->part_of, statement->entry->part_of) == 0)
            rows[i].told = true;
}

/* Words about one statement are given back before the next one. */
static void print_one(struct gd_page *page, const struct gd_row *statement,
                      void (*print)(struct gd_page *page, const struct gd_row *statement))
{
    struct gd_arena_mark mark = gd_arena_mark(page->arena);
    print(page, statement);
    gd_arena_rewind(page->arena, mark);
}

static void print_risky(struct gd_page *page)
{
    size_t details = 0;
    for (size_t i = 0; i < page->row_count; i++) {
        if (page->rows[i].told)
            continue;
        bool full = details++ < DETAILS_MOST || page->screen->verbose;
        print_one(page, &page->rows[i], full ? print_detail : print_short);
        tell_with_its_steps(page->rows, page->row_count, &page->rows[i]);
    }
}

static void print_cost(struct gd_page *page, const struct gd_row *statement)
{
    const struct gd_judged *entry = statement->entry;
    print_title(page, statement, "");
    print_statement(page, entry);
    print_checks(page, entry);
    print_hazards(page, entry);
    print_notes(page, entry);
    if (entry->verdict.lead != NULL)
        row(page, "instead", GD_INK_GREEN, entry->verdict.lead->instead);
}

static void print_costly(struct gd_page *page)
{
    struct gd_row *rows = NULL;
    size_t count =
        gd_words_rows(page->report, page->decision, GD_ATTENTION_HAZARD, page->arena, &rows);
    size_t most = page->screen->verbose ? count : HAZARDS_MOST;
    for (size_t i = 0; i < count && i < most; i++)
        print_one(page, &rows[i], page->screen->verbose ? print_detail : print_cost);
    if (count <= most)
        return;
    gd_screen_end_line(page->screen);
    gd_screen_paragraph(
        page->screen, GD_INK_PLAIN, 0, 2,
        gd_arena_printf(page->arena, "%s that lock, rewrite or stand alone (--verbose).",
                        gd_words_many(page->arena, count - most, "more harmless statement",
                                      "more harmless statements")));
}

/* Lists the harmless ones when asked to; counts them by class. */
static void count_harmless(struct gd_page *page, uint64_t counts[GD_CLASS_UNKNOWN + 1])
{
    size_t nth = 0;
    for (size_t f = 0; f < page->report->file_count; f++) {
        const struct gd_judged_file *file = page->report->files[f];
        for (size_t e = 0; e < file->entry_count; e++) {
            struct gd_row statement = {.file = file, .entry = file->entries[e]};
            statement.ruling = gd_words_ruling(page->decision, nth++, statement.entry);
            if (gd_words_attention(statement.entry, statement.ruling) != GD_ATTENTION_NONE)
                continue;
            uint64_t times = statement.entry->repeated;
            counts[statement.entry->verdict.class] += times == 0 ? 1 : times;
            if (page->screen->verbose)
                print_one(page, &statement, print_detail);
        }
    }
}

static void print_harmless(struct gd_page *page)
{
    uint64_t counts[GD_CLASS_UNKNOWN + 1] = {0};
    struct gd_texts told = {0};
    count_harmless(page, counts);
    for (int level = GD_CLASS_ADDITIVE; level >= GD_CLASS_NONE; level--)
        if (counts[level] > 0)
            gd_texts_add(&told,
                         gd_arena_printf(page->arena, "%s %s",
                                         gd_words_number(page->arena, counts[level]),
                                         gd_class_name((enum gd_class)level)),
                         page->arena);
    if (told.count == 0 || page->screen->verbose)
        return;
    gd_screen_end_line(page->screen);
    gd_screen_paragraph(page->screen, GD_INK_DIM, 0, 2,
                        gd_arena_printf(page->arena, "Not shown: %s; --verbose lists them.",
                                        gd_words_join(page->arena, &told, told.count)));
}

void gd_page_body(struct gd_page *page)
{
    print_risky(page);
    print_costly(page);
    print_harmless(page);
    if (page->example != NULL)
        gd_screen_paragraph(page->screen, GD_INK_DIM, 0, 2,
                            gd_arena_printf(page->arena,
                                            "guardian explain %s says more about a rule.",
                                            page->example));
}

void gd_page_files(const struct gd_page *page)
{
    if (page->report->file_count == 1)
        print_file_facts(page, page->report->files[0]);
    else
        print_files(page);
}

struct gd_page gd_page_of(const struct gd_report *report, const struct gd_decision *decision,
                          const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_page page = {
        .screen = screen, .report = report, .decision = decision, .arena = arena};
    page.row_count = gd_words_rows(report, decision, GD_ATTENTION_FULL, arena, &page.rows);
    return page;
}

struct gd_status gd_page_end(const struct gd_page *page, struct gd_error *err)
{
    if (fflush(page->screen->stream) != 0 || ferror(page->screen->stream))
        return gd_fail(err, GD_SYSTEM, "could not write the report: %s", strerror(errno));
    return GD_DONE;
}

struct gd_status gd_report_text(const struct gd_report *report, const struct gd_screen *screen,
                                struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_page page = gd_page_of(report, NULL, screen, arena);
    gd_page_head(&page);
    gd_page_files(&page);
    gd_page_body(&page);
    return gd_page_end(&page, err);
}
