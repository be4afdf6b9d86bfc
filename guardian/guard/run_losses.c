/*
 * Run, losses: what a statement would lose, in words for who is refused or asked.
 *
 * Rows that were counted, and what goes along; of many only the first.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/run_own.h"

enum { DETAILS_MAX = 4, TAKEN_MAX = 8 };

/* A table that goes along, with its rows as ANALYZE saw them, or its size. */
static const char *taken_rows(const struct gd_run_look *look, const char *taken)
{
    const struct gd_survey *survey = look->change.survey;
    const char *table = strstr(taken, "table ");
    for (size_t i = 0; table != NULL && survey != NULL && i < survey->relation_count; i++) {
        const struct gd_relation *one = &survey->relations[i];
        if (strchr("rpm", one->kind) == NULL || strcmp(one->qualified, table + 6) != 0)
            continue;
        if (one->rows > 0)
            return gd_arena_printf(look->request->arena, " (about %.0f rows)", one->rows);
        return one->bytes == 0
                   ? ""
                   : gd_arena_printf(look->request->arena, " (%" PRIu64 " bytes)", one->bytes);
    }
    return "";
}

/* Nobody misses an index or a constraint whose table is told to go. */
static bool goes_unsaid(const struct gd_finding *finding, const char *taken, struct gd_arena *arena)
{
    if (strncmp(taken, "index ", 6) == 0)
        return true;
    const char *table = strncmp(taken, "table constraint ", 17) == 0 ? strstr(taken, " on ") : NULL;
    if (table == NULL)
        return false;
    const char *whole = gd_arena_printf(arena, "table %s", table + 4);
    return strcmp(finding->object, whole) == 0 || gd_texts_has(&finding->takes, whole);
}

/* What goes along with it: tables first, whose rows are missed most. */
static const char *taken_along(const struct gd_run_look *look, const struct gd_finding *finding)
{
    struct gd_arena *arena = look->request->arena;
    const struct gd_texts *takes = &finding->takes;
    const char *text = "";
    size_t told = 0;
    for (int tables = 1; tables >= 0; tables--)
        for (size_t i = 0; i < takes->count; i++) {
            bool rows = strncmp(takes->items[i], "table ", 6) == 0 ||
                        strncmp(takes->items[i], "all rows of ", 12) == 0;
            if (rows != (tables == 1) || goes_unsaid(finding, takes->items[i], arena) ||
                told++ >= TAKEN_MAX)
                continue;
            text = gd_arena_printf(arena, "%s, %s%s", text, takes->items[i],
                                   taken_rows(look, takes->items[i]));
        }
    if (told > TAKEN_MAX)
        text = gd_arena_printf(arena, "%s and %zu more", text, told - TAKEN_MAX);
    return text;
}

/* What it would lose, with the rows that were counted. */
const char *gd_run_losses(const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    struct gd_arena *arena = look->request->arena;
    const char *text = "";
    size_t told = 0;
    if (report == NULL)
        return text;
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            const struct gd_verdict *verdict = &report->files[f]->entries[e]->verdict;
            for (size_t i = 0; i < verdict->finding_count; i++) {
                const struct gd_finding *finding = verdict->findings[i];
                if (finding->loses == GD_LOSES_NOTHING || told++ >= DETAILS_MAX)
                    continue;
                text = gd_arena_printf(arena, "%s%s%s", text, text[0] == '\0' ? "" : "; ",
                                       finding->object[0] == '\0' ? finding->rule->title
                                                                  : finding->object);
                for (size_t c = 0; c < finding->check_count; c++)
                    if (finding->checks[c]->done && finding->checks[c]->count > 0)
                        text = gd_arena_printf(arena, "%s, %s: %" PRId64, text,
                                               finding->checks[c]->kind, finding->checks[c]->count);
                text = gd_arena_printf(arena, "%s%s", text, taken_along(look, finding));
            }
        }
    if (told > DETAILS_MAX)
        text = gd_arena_printf(arena, "%s; and %zu more", text, told - DETAILS_MAX);
    return text;
}
