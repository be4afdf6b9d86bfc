/*
 * The list of snapshots and what prune makes of it, for people and as JSON
 * (docs/formats/snapshots.md).
 */
#ifndef GUARDIAN_CLI_REPORT_SHELF_H
#define GUARDIAN_CLI_REPORT_SHELF_H

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/journal/story.h"
#include "guardian/prove/shelf.h"

struct gd_shelf_view {
    const char *store;   /* its URL */
    const char *cluster; /* NULL: of all databases */
    const struct gd_shelved *items;
    size_t count;
    int64_t now_us;
    bool others; /* snapshots of other databases lie there, too */
    struct gd_told_list changes;
};

/** A table, a line for each snapshot and each change, oldest first, and what it comes to. */
void gd_report_list(const struct gd_shelf_view *view, const struct gd_screen *screen,
                    struct gd_arena *arena);
/** The same as a document; the caller frees it. */
struct gd_json *gd_report_list_json(const struct gd_shelf_view *view);

/** One snapshot of a list, as JSON; for documents that hold some. */
struct gd_json *gd_report_shelved_json(const struct gd_shelved *item);

/** What was decided of one snapshot, and what became of it. */
struct gd_prune_item {
    const struct gd_shelved *shelved;
    enum gd_keep keep;
    const char *because;
    bool removed;
};
struct gd_prune_view {
    const char *store;
    const struct gd_prune_item *items;
    size_t count;
    const struct gd_keep_rules *rules;
    bool apply;            /* really, or only shown */
    uint64_t uploads_left; /* unfinished uploads that were given up */
};
void gd_report_prune(const struct gd_prune_view *view, const struct gd_screen *screen,
                     struct gd_arena *arena);
struct gd_json *gd_report_prune_json(const struct gd_prune_view *view);

/* ---- words ---- */

/** "2026-11-22 21:48"; by `seconds`, "2026-11-22 21:48:07 UTC". */
const char *gd_shelf_time(int64_t time_us, bool seconds, struct gd_arena *arena);
/** "moments", "5 min", "3 h", "12 days": a length of time for people. */
const char *gd_shelf_age(int64_t us, struct gd_arena *arena);
/** "none", "digest", "drill". */
const char *gd_shelf_proof(enum gd_proof_kind kind);

#endif
