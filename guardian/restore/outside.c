/*
 * Outside: will anything that the snapshot brings reach outside the database while it is restored?
 *
 * The statements are judged as a script would be, in their order, the loading of rows in between:
 * so a function counts when something runs it (an index, a CHECK, a generated column, a domain, a
 * materialized view), not when it is merely defined.
 */
#include <string.h>

#include "guardian/classify/classify.h"
#include "guardian/classify/rule.h"
#include "guardian/restore/steps.h"

static void add_text(struct gd_sink *script, const char *text, const char *end)
{
    struct gd_error ignored = {0};
    (void)!gd_sink_write(script, text, strlen(text), &ignored).code;
    (void)!gd_sink_write(script, end, strlen(end), &ignored).code;
}

static void add_items(struct gd_sink *script, const struct gd_dump *dump)
{
    for (size_t i = 0; i < dump->count; i++)
        if (dump->items[i].kind != GD_DUMP_DATABASE)
            add_text(script, dump->items[i].sql, ";\n");
}

static void add_loads(struct gd_sink *script, const struct gd_manifest *manifest,
                      struct gd_arena *arena)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        add_text(script,
                 gd_arena_printf(
                     arena, "COPY %s FROM STDIN",
                     gd_quoted_pair(manifest->tables[i].schema, manifest->tables[i].name, arena)),
                 ";\n\\.\n");
}

/* Files of the server are outside, too, though reading one loses nothing. */
static bool reaches_outside(const struct gd_finding *finding)
{
    static const char *const reading[] = {"J012", "J016", "J025", "J026"};
    for (size_t i = 0; i < sizeof reading / sizeof reading[0]; i++)
        if (strcmp(finding->rule->id, reading[i]) == 0)
            return true;
    return finding->loses == GD_LOSES_OUTSIDE || finding->loses == GD_LOSES_CLUSTER;
}

static const struct gd_finding *find_outside(const struct gd_judged *judged)
{
    for (size_t i = 0; i < judged->verdict.finding_count; i++)
        if (reaches_outside(judged->verdict.findings[i]))
            return judged->verdict.findings[i];
    return NULL;
}

GD_MUST static struct gd_status check_file(const struct gd_judged_file *file, struct gd_error *err)
{
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *judged = file->entries[i];
        /* What the grammar is too old for was let in by its first words (dump_judge.c). */
        const struct gd_finding *finding = judged->unread ? NULL : find_outside(judged);
        if (finding == NULL)
            continue;
        return gd_hint(
            err,
            gd_fail(err, GD_REFUSED,
                    "could not restore: \"%.100s\" would run what reaches "
                    "outside the database: %s",
                    judged->text, finding->reason),
            "When you know who made the snapshot, and trust them as much as the server, say "
            "--trust.");
    }
    return GD_DONE;
}

struct gd_status gd_restore_outside(struct gd_restoring *restoring, struct gd_error *err)
{
    if (restoring->options->trust)
        return GD_DONE;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_sink script = gd_mem_sink_new(1U << 30);
    add_items(script, &restoring->before);
    add_loads(script, restoring->options->manifest, arena);
    add_items(script, &restoring->after);
    size_t size = 0;
    const char *text = gd_mem_sink_data(script, &size);
    struct gd_input input = {.path = "snapshot", .text = text, .size = size};
    struct gd_classify_options options = {.entries_max = 1000};
    struct gd_report *report;
    GD_TRY(gd_classify(&input, 1, &options, arena, &report, err));
    return check_file(report->files[0], err);
}
