#include "guardian/cli/report_words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/classify/rule.h"
#include "guardian/cli/report_shelf.h"

enum { NAMES_MOST = 6, STATEMENT_MAX = 600 };

/* clang-format off */
static const char *const loss_sentences[] = {
    [GD_LOSES_NOTHING]    = "Nothing can be lost.",
    [GD_LOSES_DEFINITION] = "Definitions can be lost, no data.",
    [GD_LOSES_SEQUENCE]   = "The value of a sequence can be lost.",
    [GD_LOSES_DATA]       = "Data can be lost.",
    [GD_LOSES_CLUSTER]    = "Settings of the whole cluster can be lost.",
    [GD_LOSES_OUTSIDE]    = "It reaches outside the database: no backup brings that back.",
};

/* What a statement loses, before the names of the objects. */
static const char *const loss_words[] = {
    [GD_LOSES_NOTHING]    = "",
    [GD_LOSES_DEFINITION] = "definition",
    [GD_LOSES_SEQUENCE]   = "sequence value",
    [GD_LOSES_DATA]       = "data",
    [GD_LOSES_CLUSTER]    = "cluster settings",
    [GD_LOSES_OUTSIDE]    = "outside the database",
};

static const struct { const char *kind, *one, *many; } check_words[] = {
    {"duplicates",      "duplicate",                "duplicates"},
    {"nulls",           "NULL",                     "NULLs"},
    {"violations",      "row that breaks it",       "rows that break it"},
    {"orphans",         "row without its parent",   "rows without their parent"},
    {"uncastable",      "value that does not cast", "values that do not cast"},
    {"changed values",  "value that changes",       "values that change"},
    {"enum values",     "row with a value that goes", "rows with a value that goes"},
    {"not null values", "value",                    "values"},
    {"rows",            "row",                      "rows"},
};
/* clang-format on */

/* --- what deserves attention --- */

static bool check_fails(const struct gd_check *check)
{
    return check->fails && check->done && check->count > 0;
}

bool gd_words_blocked(const struct gd_judged *entry)
{
    for (size_t i = 0; i < entry->verdict.check_count; i++)
        if (check_fails(entry->verdict.checks[i]))
            return true;
    return entry->in_block && !entry->verdict.transaction;
}

/* A rewrite or a scan of a table that the same script has just made costs nothing. */
static bool costs(const struct gd_finding *finding)
{
    if (finding->fresh != NULL)
        return false;
    return finding->rewrite || (finding->scan && finding->lock >= GD_LOCK_S);
}

static bool hazardous(const struct gd_judged *entry)
{
    const struct gd_verdict *verdict = &entry->verdict;
    for (size_t i = 0; i < verdict->finding_count; i++)
        if (costs(verdict->findings[i]))
            return true;
    for (size_t i = 0; i < verdict->check_count; i++)
        if (verdict->checks[i]->gave_up != NULL)
            return true;
    return !verdict->transaction;
}

const struct gd_ruling *gd_words_ruling(const struct gd_decision *decision, size_t nth,
                                        const struct gd_judged *entry)
{
    if (decision == NULL)
        return NULL;
    assert(nth < decision->ruling_count && decision->rulings[nth]->judged == entry);
    return decision->rulings[nth];
}

/* Does somebody have to do something, or is the way closed? */
static bool held(const struct gd_ruling *ruling)
{
    return ruling != NULL && ruling->action >= GD_ACTION_APPROVE;
}

enum gd_attention gd_words_attention(const struct gd_judged *entry, const struct gd_ruling *ruling)
{
    if (entry->verdict.class >= GD_CLASS_ENUM || gd_words_blocked(entry) || held(ruling))
        return GD_ATTENTION_FULL;
    return hazardous(entry) ? GD_ATTENTION_HAZARD : GD_ATTENTION_NONE;
}

static int worse(int left, int right)
{
    return (left < right) - (left > right);
}

/* Worst first; rows start out in the order of the text, and equal ones keep it by their address. */
static int compare_rows(const void *left_row, const void *right_row)
{
    const struct gd_row *left = *(const struct gd_row *const *)left_row;
    const struct gd_row *right = *(const struct gd_row *const *)right_row;
    const struct gd_verdict *a = &left->entry->verdict, *b = &right->entry->verdict;
    int order = worse(held(left->ruling) ? (int)left->ruling->action : 0,
                      held(right->ruling) ? (int)right->ruling->action : 0);
    if (order == 0)
        order = worse((int)a->class, (int)b->class);
    if (order == 0)
        order = worse((int)a->loses, (int)b->loses);
    if (order == 0)
        order = worse(gd_words_blocked(left->entry), gd_words_blocked(right->entry));
    if (order == 0)
        order = worse((int)a->scope, (int)b->scope);
    return order != 0 ? order : (left > right) - (left < right);
}

static size_t collect(const struct gd_report *report, const struct gd_decision *decision,
                      enum gd_attention attention, struct gd_row *rows)
{
    size_t count = 0, nth = 0;
    for (size_t f = 0; f < report->file_count; f++) {
        const struct gd_judged_file *file = report->files[f];
        for (size_t e = 0; e < file->entry_count; e++) {
            const struct gd_judged *entry = file->entries[e];
            const struct gd_ruling *ruling = gd_words_ruling(decision, nth++, entry);
            if (gd_words_attention(entry, ruling) != attention)
                continue;
            if (rows != NULL)
                rows[count] = (struct gd_row){.file = file, .entry = entry, .ruling = ruling};
            count++;
        }
    }
    return count;
}

size_t gd_words_rows(const struct gd_report *report, const struct gd_decision *decision,
                     enum gd_attention attention, struct gd_arena *arena, struct gd_row **out_rows)
{
    size_t count = collect(report, decision, attention, NULL);
    struct gd_row *rows = gd_arena_zalloc(arena, count, sizeof *rows);
    collect(report, decision, attention, rows);

    const struct gd_row **order = gd_arena_zalloc(arena, count, sizeof(struct gd_row *));
    for (size_t i = 0; i < count; i++)
        order[i] = &rows[i];
    if (count > 1)
        qsort(order, count, sizeof order[0], compare_rows);
    *out_rows = gd_arena_zalloc(arena, count, sizeof **out_rows);
    for (size_t i = 0; i < count; i++)
        (*out_rows)[i] = *order[i];
    return count;
}

uint64_t gd_words_count(const struct gd_judged_file *file, enum gd_class class)
{
    uint64_t count = 0;
    for (size_t i = 0; i < file->entry_count; i++)
        if (file->entries[i]->verdict.class == class)
            count += file->entries[i]->repeated == 0 ? 1 : file->entries[i]->repeated;
    return count;
}

/* --- small phrases --- */

const char *gd_words_number(struct gd_arena *arena, uint64_t number)
{
    char digits[32], grouped[48];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            grouped[used++] = ',';
        grouped[used++] = digits[i];
    }
    return gd_arena_strndup(arena, grouped, used);
}

const char *gd_words_many(struct gd_arena *arena, uint64_t number, const char *one,
                          const char *many)
{
    return gd_arena_printf(arena, "%s %s", gd_words_number(arena, number),
                           number == 1 ? one : many);
}

const char *gd_words_join(struct gd_arena *arena, const struct gd_texts *texts, size_t most)
{
    /* "and 1 more" is longer than most names */
    size_t shown = texts->count <= most + 1 ? texts->count : most;
    const char *joined = "";
    for (size_t i = 0; i < shown; i++) {
        const char *before = i == 0 ? "" : i + 1 < texts->count ? ", " : " and ";
        joined = gd_arena_printf(arena, "%s%s%s", joined, before, texts->items[i]);
    }
    if (shown < texts->count)
        joined = gd_arena_printf(arena, "%s and %zu more", joined, texts->count - shown);
    return joined;
}

/* A statement while it is squeezed into one line. */
struct squeeze {
    char line[STATEMENT_MAX + 16];
    size_t used;
    bool quoted; /* inside '…' or "…", or after a dollar: what a comment is cannot be told */
};

static void squeeze_mark(struct squeeze *squeeze)
{
    static const char mark[] = "… ";
    if (squeeze->used > 0 && squeeze->line[squeeze->used - 1] != ' ')
        squeeze->line[squeeze->used++] = ' ';
    memcpy(squeeze->line + squeeze->used, mark, sizeof mark - 1);
    squeeze->used += sizeof mark - 1;
}

/* Take what stands at `text`; returns what follows, NULL when the line ends here. */
static const char *squeeze_one(struct squeeze *squeeze, const char *text)
{
    if (strncmp(text, "--", 2) == 0) {
        if (squeeze->quoted)
            return NULL; /* joined with the next line, this one would comment it away */
        squeeze_mark(squeeze);
        return text + strcspn(text, "\n");
    }
    bool blank = strchr(" \t\r\n\f", *text) != NULL;
    if (!blank)
        squeeze->line[squeeze->used++] = *text;
    else if (squeeze->used > 0 && squeeze->line[squeeze->used - 1] != ' ')
        squeeze->line[squeeze->used++] = ' ';
    if (*text == '\'' || *text == '"')
        squeeze->quoted = !squeeze->quoted;
    else if (*text == '$')
        squeeze->quoted = true;
    return text + 1;
}

const char *gd_words_statement(struct gd_arena *arena, const struct gd_judged *entry)
{
    struct squeeze squeeze = {0};
    const char *text = entry->text;
    while (text != NULL && *text != '\0' && squeeze.used < STATEMENT_MAX)
        text = squeeze_one(&squeeze, text);
    if (text == NULL || *text != '\0') {
        while (squeeze.used > 0 && (unsigned char)squeeze.line[squeeze.used - 1] >= 0x80)
            squeeze.used--; /* no half of a character before the mark */
        squeeze_mark(&squeeze);
    }
    while (squeeze.used > 0 && squeeze.line[squeeze.used - 1] == ' ')
        squeeze.used--;
    return gd_arena_strndup(arena, squeeze.line, squeeze.used);
}

const char *gd_words_rule(const struct gd_finding *finding)
{
    return finding == NULL || finding->rule == NULL ? "unread" : finding->rule->id;
}

/* --- the whole --- */

void gd_words_add_all(struct gd_texts *to, const struct gd_texts *from, struct gd_arena *arena)
{
    for (size_t i = 0; i < from->count; i++)
        gd_texts_add(to, from->items[i], arena);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* How many different tables the files name. A list of texts looks at each for each: that would take
 * minutes for a script of 100,000 DROP TABLE. */
static size_t count_tables(struct gd_arena *arena, const struct gd_report *report)
{
    size_t count = 0, different = 0;
    for (size_t i = 0; i < report->file_count; i++)
        count += report->files[i]->tables.count;
    const char **all = gd_arena_zalloc(arena, count, sizeof *all);
    count = 0;
    for (size_t i = 0; i < report->file_count; i++)
        for (size_t t = 0; t < report->files[i]->tables.count; t++)
            all[count++] = report->files[i]->tables.items[t];
    if (count > 1)
        qsort(all, count, sizeof *all, compare_texts);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || strcmp(all[i], all[i - 1]) != 0;
    return different;
}

/* The first tables by name, and how many there are. */
static const char *tables_of(struct gd_arena *arena, const struct gd_report *report)
{
    struct gd_texts first = {0};
    size_t all = count_tables(arena, report);
    for (size_t i = 0; i < report->file_count; i++)
        for (size_t t = 0; t < report->files[i]->tables.count && first.count <= NAMES_MOST; t++)
            gd_texts_add(&first, report->files[i]->tables.items[t], arena);
    if (first.count == all)
        return gd_words_join(arena, &first, NAMES_MOST);
    assert(first.count > NAMES_MOST && first.items != NULL);
    first.count = NAMES_MOST;
    const char *names = gd_arena_strdup(arena, first.items[0]);
    for (size_t i = 1; i < first.count; i++)
        names = gd_arena_printf(arena, "%s, %s", names, first.items[i]);
    return gd_arena_printf(arena, "%s and %s more", names,
                           gd_words_number(arena, all - first.count));
}

static const char *backup_sentence(struct gd_arena *arena, const struct gd_report *report)
{
    switch (report->scope) {
    case GD_SCOPE_NONE:
        return "";
    case GD_SCOPE_SCHEMA:
        return " A schema dump brings them back.";
    case GD_SCOPE_DATABASE:
        return " A backup must hold the whole database.";
    case GD_SCOPE_TABLES:
        break;
    }
    const char *tables = tables_of(arena, report);
    if (tables[0] == '\0')
        return " A backup must hold the rows of the tables named below.";
    return gd_arena_printf(arena, " A backup must hold the rows of %s.", tables);
}

const char *gd_words_verdict(struct gd_arena *arena, const struct gd_report *report)
{
    const char *loses = loss_sentences[report->loses];
    if (report->class == GD_CLASS_UNKNOWN)
        loses = report->loses == GD_LOSES_OUTSIDE
                    ? "What cannot be judged counts as the worst, and outside the database no "
                      "backup helps."
                    : "What cannot be judged can lose anything.";
    if (report->loses == GD_LOSES_NOTHING && report->scope == GD_SCOPE_SCHEMA)
        return gd_arena_printf(arena, "%s A schema dump holds the way back.", loses);
    return gd_arena_printf(arena, "%s%s", loses, backup_sentence(arena, report));
}

/* --- one statement --- */

static const char *object_of(struct gd_arena *arena, const struct gd_finding *finding)
{
    if (finding->class == GD_CLASS_UNKNOWN)
        return "whatever it reaches"; /* its object is what could not be judged */
    const char *object = finding->object == NULL ? "" : finding->object;
    return finding->empty ? gd_arena_printf(arena, "%s (hits nothing that is there now)", object)
                          : object;
}

const char *gd_words_loses(struct gd_arena *arena, const struct gd_judged *entry)
{
    const char *all = "";
    for (int loss = GD_LOSES_OUTSIDE; loss > GD_LOSES_NOTHING; loss--) {
        struct gd_texts objects = {0};
        bool any = false;
        for (size_t i = 0; i < entry->verdict.finding_count; i++) {
            const struct gd_finding *finding = entry->verdict.findings[i];
            if ((int)finding->loses != loss)
                continue;
            any = true;
            const char *object = object_of(arena, finding);
            if (object[0] != '\0')
                gd_texts_add(&objects, object, arena);
        }
        if (any)
            all = gd_arena_printf(arena, "%s%s%s%s%s", all, all[0] == '\0' ? "" : "; ",
                                  loss_words[loss], objects.count > 0 ? ": " : "",
                                  gd_words_join(arena, &objects, NAMES_MOST));
    }
    return all;
}

const char *gd_words_backup(struct gd_arena *arena, const struct gd_judged *entry)
{
    if (entry->verdict.scope == GD_SCOPE_DATABASE)
        return "the whole database";
    if (entry->verdict.scope != GD_SCOPE_TABLES)
        return "";
    struct gd_texts tables = {0}, columns = {0};
    for (size_t i = 0; i < entry->verdict.finding_count; i++) {
        gd_words_add_all(&tables, &entry->verdict.findings[i]->tables, arena);
        gd_words_add_all(&columns, &entry->verdict.findings[i]->columns, arena);
    }
    const char *rows =
        gd_arena_printf(arena, "rows of %s", gd_words_join(arena, &tables, NAMES_MOST));
    if (columns.count == 0)
        return rows;
    return gd_arena_printf(arena, "%s; %s %s enough", rows,
                           gd_words_join(arena, &columns, NAMES_MOST),
                           columns.count == 1 ? "is" : "are");
}

static const struct gd_finding *strongest_lock(const struct gd_judged *entry)
{
    const struct gd_finding *found = NULL;
    for (size_t i = 0; i < entry->verdict.finding_count; i++) {
        const struct gd_finding *finding = entry->verdict.findings[i];
        if (finding->fresh == NULL && (found == NULL || finding->lock > found->lock))
            found = finding;
    }
    return found;
}

const char *gd_words_lock(struct gd_arena *arena, const struct gd_judged *entry)
{
    const struct gd_finding *finding = strongest_lock(entry);
    if (finding == NULL || gd_lock_stops(finding->lock)[0] == '\0')
        return "";
    bool rewrite = false, scan = false;
    for (size_t i = 0; i < entry->verdict.finding_count; i++) {
        rewrite =
            rewrite || (entry->verdict.findings[i]->rewrite && costs(entry->verdict.findings[i]));
        scan = scan || (entry->verdict.findings[i]->scan && costs(entry->verdict.findings[i]));
    }
    const char *on = finding->lock_on == NULL ? "" : finding->lock_on;
    return gd_arena_printf(arena, "%s%s%s: %s%s", gd_lock_name(finding->lock),
                           on[0] == '\0' ? "" : " on ", on, gd_lock_stops(finding->lock),
                           rewrite ? ", while the table is rewritten"
                           : scan  ? ", while the whole table is read"
                                   : "");
}

const char *gd_words_rerun(struct gd_arena *arena, const struct gd_judged *entry)
{
    const struct gd_finding *lead = entry->verdict.lead;
    const char *sqlstate = lead == NULL || lead->rule == NULL ? NULL : lead->rule->sqlstate;
    switch (entry->verdict.rerun) {
    case GD_RERUN_OK:
    case GD_RERUN_SKIPS:
        return "";
    case GD_RERUN_FAILS:
        return sqlstate == NULL ? "a second run fails"
                                : gd_arena_printf(arena, "a second run fails (%s)", sqlstate);
    case GD_RERUN_REPEATS:
        return "a second run does it again";
    case GD_RERUN_DEPENDS:
        break;
    }
    return "what a second run does depends on what is called or written";
}

const char *gd_words_check(struct gd_arena *arena, const struct gd_check *check)
{
    const char *one = check->kind, *many = check->kind;
    for (size_t i = 0; i < sizeof check_words / sizeof check_words[0]; i++) {
        if (strcmp(check->kind, check_words[i].kind) != 0)
            continue;
        one = check_words[i].one;
        many = check_words[i].many;
    }
    if (!check->done || check->gave_up != NULL || check->count < 0)
        return gd_arena_printf(arena, "%s in %s: not counted%s%s", many, check->object,
                               check->gave_up == NULL ? "" : ", ",
                               check->gave_up == NULL ? "" : check->gave_up);
    return gd_arena_printf(arena, "%s in %s",
                           gd_words_many(arena, (uint64_t)check->count, one, many), check->object);
}

/* --- one sentence --- */

static const char *with(struct gd_arena *arena, const char *before, const char *what,
                        const char *text)
{
    if (text == NULL || text[0] == '\0')
        return before;
    char last = text[strlen(text) - 1];
    return gd_arena_printf(arena, "%s%s%s%s%s", before, before[0] == '\0' ? "" : " ", what, text,
                           last == '.' || last == '!' || last == '?' ? "" : ".");
}

const char *gd_words_message(struct gd_arena *arena, const struct gd_judged *entry,
                             const struct gd_finding *finding)
{
    const char *message = "";
    if (finding != NULL && finding == entry->verdict.lead) {
        message = with(arena, message, "Loses ", gd_words_loses(arena, entry));
        for (size_t i = 0; i < entry->verdict.check_count; i++)
            if (check_fails(entry->verdict.checks[i]))
                message = with(arena, message,
                               "Will fail: ", gd_words_check(arena, entry->verdict.checks[i]));
    }
    if (finding == NULL)
        return with(arena, message, "", "This statement could not be judged");
    message =
        with(arena, message, "Takes along ", gd_words_join(arena, &finding->takes, NAMES_MOST));
    message = with(arena, message, "", finding->reason);
    if (finding == entry->verdict.lead)
        message = with(arena, message, "Lock: ", gd_words_lock(arena, entry));
    return with(arena, message, "Instead: ", finding->instead);
}

const char *gd_words_proof_age(int64_t proven_us, struct gd_arena *arena)
{
    int64_t age_us = gd_clock_now_us() - proven_us;
    if (proven_us == 0 || age_us < (int64_t)3600 * 1000 * 1000)
        return "";
    return gd_arena_printf(arena, " %s ago", gd_shelf_age(age_us, arena));
}
