/*
 * The part of prune that is about points in time: base backups, WAL and marks older than a window
 * (--keep 14d). Without a window none of them is touched.
 */
#ifndef GUARDIAN_CLI_PRUNING_H
#define GUARDIAN_CLI_PRUNING_H

#include "guardian/base/events.h"
#include "guardian/cli/report_screen.h"
#include "guardian/config/config.h"
#include "guardian/io/json.h"
#include "guardian/snapshot/retain.h"

/** One cluster. */
struct gd_pruned_time {
    struct gd_retention retention;
    bool *base_removed; /* for each base backup */
    uint64_t files_removed;
    bool wal_waits; /* a base backup was held just now: its WAL stays until the next time */
};

struct gd_pruning {
    struct gd_store *store;
    const struct gd_key *key;
    const struct gd_events *events;
    struct gd_arena *arena;
    int64_t keep_us; /* 0: no window was given */
    int64_t now_us;
    bool drop_damaged, apply;
    struct gd_pruned_time *items;
    size_t count;
    uint64_t removed; /* objects of all kinds */
};

/** The window that was asked for; 0: none. @return GD_USAGE it cannot be read */
GD_MUST struct gd_status gd_pruning_window(const struct gd_config *config, struct gd_arena *arena,
                                           int64_t *out_keep_us, struct gd_error *err);

/** @param cluster  "7301…-shop": that server; NULL: `all`, or the only one there is */
GD_MUST struct gd_status gd_pruning_decide(struct gd_pruning *pruning, const char *cluster,
                                           bool all, struct gd_error *err);
GD_MUST struct gd_status gd_pruning_apply(struct gd_pruning *pruning, struct gd_error *err);

void gd_pruning_report(const struct gd_pruning *pruning, const struct gd_screen *screen);
struct gd_json *gd_pruning_json(const struct gd_pruning *pruning);

#endif
