#include <inttypes.h>
#include <stdio.h>

#include "guardian/cli/pruning.h"
#include "guardian/cli/report_coverage.h"
#include "guardian/cli/report_words.h"

enum { ID_WIDTH = 28, BYTES_WIDTH = 9, WHAT_WIDTH = 9 };

static void put(const struct gd_screen *screen, enum gd_ink ink, const char *text, size_t width)
{
    size_t own = gd_screen_columns(screen, text);
    gd_screen_put(screen, ink, text);
    (void)fprintf(screen->stream, "%*s", own < width ? (int)(width - own) : 1, "");
}

static void print_base(const struct gd_pruning *pruning, const struct gd_pruned_time *item,
                       size_t at, const struct gd_screen *screen)
{
    const struct gd_retain_base *base = &item->retention.bases[at];
    bool goes = base->keep == GD_RETAIN_NOT;
    const char *what = !goes                    ? "stays"
                       : item->base_removed[at] ? "removed"
                       : pruning->apply         ? "LEFT"
                                                : "goes";
    uint64_t bytes =
        base->listed->base == NULL ? base->listed->litter_bytes : base->listed->base->stored_bytes;
    (void)fputs("  ", screen->stream);
    put(screen, GD_INK_BOLD, base->listed->id, ID_WIDTH);
    put(screen, GD_INK_PLAIN, gd_size_text(bytes, pruning->arena), BYTES_WIDTH);
    put(screen, goes ? GD_INK_YELLOW : GD_INK_GREEN, what, WHAT_WIDTH);
    gd_screen_paragraph(screen, GD_INK_PLAIN, 2 + ID_WIDTH + BYTES_WIDTH + WHAT_WIDTH,
                        2 + ID_WIDTH + BYTES_WIDTH + WHAT_WIDTH, base->because);
}

static void print_wal(const struct gd_pruning *pruning, const struct gd_pruned_time *item,
                      const struct gd_screen *screen)
{
    const struct gd_retention *retention = &item->retention;
    const char *files = gd_words_many(pruning->arena, retention->files, "object", "objects");
    (void)fputs("  ", screen->stream);
    put(screen, GD_INK_BOLD, "WAL", ID_WIDTH);
    put(screen, GD_INK_PLAIN, gd_size_text(retention->file_bytes, pruning->arena), BYTES_WIDTH);
    if (retention->files == 0)
        put(screen, GD_INK_GREEN, "stays", WHAT_WIDTH);
    else
        put(screen, GD_INK_YELLOW,
            item->files_removed > 0              ? "removed"
            : pruning->apply && !item->wal_waits ? "LEFT"
                                                 : "goes",
            WHAT_WIDTH);
    gd_screen_paragraph(
        screen, GD_INK_PLAIN, 2 + ID_WIDTH + BYTES_WIDTH + WHAT_WIDTH,
        2 + ID_WIDTH + BYTES_WIDTH + WHAT_WIDTH,
        retention->files == 0
            ? "nothing of it is older than what stays"
            : gd_arena_printf(pruning->arena, "%s, %s", files,
                              item->wal_waits ? "the next time" : "which nothing needs"));
}

static void print_one(const struct gd_pruning *pruning, const struct gd_pruned_time *item,
                      const struct gd_screen *screen)
{
    const struct gd_retention *retention = &item->retention;
    gd_screen_put(screen, GD_INK_BOLD,
                  gd_arena_printf(pruning->arena, "Cluster %" PRIu64,
                                  retention->coverage->system_identifier));
    gd_screen_put(screen, GD_INK_PLAIN,
                  gd_arena_printf(pruning->arena, ": points in time from %s UTC on stay",
                                  gd_coverage_time(retention->begins_us, pruning->arena)));
    gd_screen_end_line(screen);
    for (size_t i = 0; i < retention->coverage->base_count; i++)
        print_base(pruning, item, i, screen);
    print_wal(pruning, item, screen);
    if (retention->why_nothing != NULL)
        gd_screen_paragraph(screen, GD_INK_YELLOW, 0, 2,
                            gd_arena_printf(pruning->arena, "Nothing goes but litter: %s.",
                                            retention->why_nothing));
    gd_screen_end_line(screen);
}

void gd_pruning_report(const struct gd_pruning *pruning, const struct gd_screen *screen)
{
    for (size_t i = 0; i < pruning->count; i++)
        print_one(pruning, &pruning->items[i], screen);
}

/* ---- JSON ---- */

static const char *const keeps[] = {
    [GD_RETAIN_NOT] = NULL,
    [GD_RETAIN_WINDOW] = "window",
    [GD_RETAIN_NEEDED] = "needed",
    [GD_RETAIN_HELD] = "held",
    [GD_RETAIN_OPEN_CHANGE] = "open_change",
    [GD_RETAIN_DAMAGED] = "damaged",
    [GD_RETAIN_YOUNG] = "young",
    [GD_RETAIN_UNCERTAIN] = "uncertain",
};

static struct gd_json *base_json(const struct gd_pruned_time *item, size_t at)
{
    const struct gd_retain_base *base = &item->retention.bases[at];
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "id", gd_json_new_text(base->listed->id));
    gd_json_put(one, "keep", gd_json_new_text(keeps[base->keep]));
    gd_json_put(one, "because", gd_json_new_text(base->because));
    gd_json_put(one, "removed", gd_json_new_bool(item->base_removed[at]));
    return one;
}

static struct gd_json *one_json(const struct gd_pruned_time *item)
{
    const struct gd_retention *retention = &item->retention;
    struct gd_json *one = gd_json_object(), *list = gd_json_list(), *wal = gd_json_object();
    char identifier[24];
    (void)snprintf(identifier, sizeof identifier, "%" PRIu64,
                   retention->coverage->system_identifier);
    gd_json_put(one, "system_identifier", gd_json_new_text(identifier));
    gd_json_put(one, "begins", gd_json_new_time(retention->begins_us));
    gd_json_put(one, "anchor",
                gd_json_new_text(retention->anchor == NULL ? NULL : retention->anchor->id));
    gd_json_put(one, "why_nothing", gd_json_new_text(retention->why_nothing));
    for (size_t i = 0; i < retention->coverage->base_count; i++)
        gd_json_push(list, base_json(item, i));
    gd_json_put(one, "bases", list);
    gd_json_put(wal, "going", gd_json_new_int((int64_t)retention->files));
    gd_json_put(wal, "bytes", gd_json_new_int((int64_t)retention->file_bytes));
    gd_json_put(wal, "removed", gd_json_new_int((int64_t)item->files_removed));
    gd_json_put(one, "wal", wal);
    gd_json_put(one, "marks_going", gd_json_new_int((int64_t)retention->marks));
    return one;
}

struct gd_json *gd_pruning_json(const struct gd_pruning *pruning)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < pruning->count; i++)
        gd_json_push(list, one_json(&pruning->items[i]));
    return list;
}
