#include "guardian/cli/report_left.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/texts.h"
#include "guardian/cli/report_words.h"
#include "guardian/snapshot/left.h"

enum { CHANGES_MOST = 5 };

static bool has(const struct gd_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

/* The changes with a restore point in it, each once. */
static struct gd_texts changes_of(const struct gd_coverage *coverage, const struct gd_left *left,
                                  struct gd_arena *arena)
{
    struct gd_texts changes = {0};
    for (size_t i = 0; i < coverage->mark_count; i++) {
        const struct gd_mark *mark = &coverage->marks[i];
        if (mark->change[0] != '\0' && gd_left_of(left, 1, mark) != NULL &&
            !has(&changes, mark->change))
            gd_texts_add(&changes, mark->change, arena);
    }
    return changes;
}

static const char *since_of(const struct gd_left *left, struct gd_arena *arena)
{
    return left->after_us == 0 ? ""
                               : gd_arena_printf(arena, ", committed after %s UTC",
                                                 gd_coverage_time(left->after_us, arena));
}

static void print_one(const struct gd_coverage *coverage, const struct gd_left *left,
                      const struct gd_screen *screen, struct gd_arena *arena)
{
    char at[GD_LSN_SIZE];
    struct gd_texts changes = changes_of(coverage, left, arena);
    gd_lsn_write(left->at_lsn, at);
    gd_screen_row(screen, "left", GD_INK_YELLOW,
                  gd_arena_printf(arena,
                                  "%s of timeline %" PRIu32 " behind %s%s: a failover to timeline "
                                  "%" PRIu32 " went on without that, and the server does not have "
                                  "it",
                                  gd_size_text(left->bytes, arena), left->timeline, at,
                                  since_of(left, arena), left->successor));
    if (changes.count > 0)
        gd_screen_row(screen, "", GD_INK_PLAIN,
                      gd_arena_printf(arena, "Among it: %s %s.",
                                      changes.count == 1 ? "change" : "changes",
                                      gd_words_join(arena, &changes, CHANGES_MOST)));
    gd_screen_row(screen, "", GD_INK_DIM,
                  left->reached
                      ? gd_arena_printf(arena,
                                        "\"guardian recover --timeline %" PRIu32
                                        " --latest FOLDER\" makes a server beside it that has it.",
                                        left->timeline)
                      : "No base backup leads to all of it.");
}

void gd_report_left(const struct gd_coverage *coverage, const struct gd_screen *screen,
                    struct gd_arena *arena)
{
    struct gd_left *left;
    size_t count;
    gd_left_find(coverage, arena, &left, &count);
    for (size_t i = 0; i < count; i++)
        print_one(coverage, &left[i], screen, arena);
}

static void put_int(struct gd_json *object, const char *key, uint64_t number)
{
    gd_json_put(object, key, gd_json_new_int((int64_t)number));
}

struct gd_json *gd_report_left_json(const struct gd_coverage *coverage)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_json *list = gd_json_list();
    struct gd_left *left;
    size_t count;
    char at[GD_LSN_SIZE];
    gd_left_find(coverage, arena, &left, &count);
    for (size_t i = 0; i < count; i++) {
        struct gd_json *one = gd_json_object(), *names = gd_json_list();
        struct gd_texts changes = changes_of(coverage, &left[i], arena);
        for (size_t k = 0; k < changes.count; k++)
            gd_json_push(names, gd_json_new_text(changes.items[k]));
        gd_lsn_write(left[i].at_lsn, at);
        put_int(one, "timeline", left[i].timeline);
        put_int(one, "successor", left[i].successor);
        gd_json_put(one, "at_lsn", gd_json_new_text(at));
        put_int(one, "bytes", left[i].bytes);
        gd_json_put(one, "after",
                    left[i].after_us == 0 ? gd_json_new_null()
                                          : gd_json_new_time(left[i].after_us));
        gd_json_put(one, "stored", gd_json_new_time(left[i].stored_us));
        gd_json_put(one, "reached", gd_json_new_bool(left[i].reached));
        gd_json_put(one, "changes", names);
        gd_json_push(list, one);
    }
    return list;
}

/* ---- changes ---- */

static bool was_made(const struct gd_told *told)
{
    return told->story != NULL && !told->open &&
           (told->story->outcome == GD_OUTCOME_APPLIED ||
            told->story->outcome == GD_OUTCOME_PARTIAL ||
            told->story->outcome == GD_OUTCOME_ROLLED_BACK);
}

void gd_report_left_changes(const struct gd_coverage *coverage, struct gd_told_list *changes,
                            struct gd_arena *arena)
{
    struct gd_left *left;
    size_t count;
    gd_left_find(coverage, arena, &left, &count);
    for (size_t i = 0; i < changes->count && count > 0; i++) {
        struct gd_told *told = &changes->items[i];
        bool all;
        if (strtoull(told->cluster, NULL, 10) != coverage->system_identifier || !was_made(told))
            continue;
        const struct gd_left *one = gd_left_of_change(coverage, left, count, told->change, &all);
        if (one == NULL)
            continue;
        told->left_timeline = one->timeline;
        told->remark = gd_arena_printf(
            arena,
            "%s in the server since the failover to timeline %" PRIu32
            ": guardian recover --timeline %" PRIu32 " --after %s makes one that has it",
            all ? "not" : "perhaps not", one->successor, one->timeline, told->change);
    }
}
