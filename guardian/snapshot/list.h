/*
 * List: which snapshots a store holds, and which of them may go.
 */
#ifndef GUARDIAN_SNAPSHOT_LIST_H
#define GUARDIAN_SNAPSHOT_LIST_H

#include "guardian/snapshot/manifest.h"

struct gd_listed {
    const char *cluster, *id;
    const struct gd_manifest *manifest; /* NULL: it cannot be read, or there is none */
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    const char
        *problem;    /* why not, in words; NULL: fine. "no manifest: not finished, or being made" */
    bool unfinished; /* objects without a manifest */
    bool held;       /* a hold stands in the store */
    int64_t time_us; /* of the id */
};

/** Every snapshot of a cluster (NULL: of all), oldest first. One that cannot be read is listed with
 * its problem. */
GD_MUST struct gd_status gd_snapshot_list(struct gd_store *store, const char *cluster,
                                          struct gd_arena *arena, struct gd_listed **out_listed,
                                          size_t *out_count, struct gd_error *err);

/** Hold (keep whatever prune says) or release; v1/<cluster>/holds/<id>. */
GD_MUST struct gd_status gd_snapshot_hold(struct gd_store *store, const char *cluster,
                                          const char *id, bool hold, const char *reason,
                                          struct gd_error *err);

/** Pure decision, over one cluster at a time. */
struct gd_keep_rules {
    unsigned last, hourly, daily, weekly,
        monthly;               /* UTC; the newest of each period; weeks are ISO's */
    uint32_t unfinished_age_s; /* litter older than this goes: 86,400 */
};
enum gd_keep {
    GD_KEEP_NOT,
    GD_KEEP_RULE,
    GD_KEEP_HELD,
    GD_KEEP_LAST_PROVEN,
    GD_KEEP_OPEN_CHANGE,
    GD_KEEP_UNREADABLE,
    GD_KEEP_YOUNG
};
struct gd_expire_item {
    const char *id;
    int64_t time_us;
    enum gd_snapshot_scope scope; /* each scope kind has rules of its own: a schema snapshot does
                                     not push out a database */
    bool proven, held, open_change, unreadable, unfinished;
    enum gd_keep keep;   /* out */
    const char *because; /* out: "daily 2026-11-22", static or in the arena */
};
/** Items in any order. Never drops the newest proven one of each scope; drops nothing at all when
 * there is none. */
void gd_expire_decide(struct gd_expire_item *items, size_t count, const struct gd_keep_rules *rules,
                      int64_t now_us, struct gd_arena *arena);

/** Remove one: the manifest first (from then on it is litter, whatever happens), then what the
 * store lists below its folder. */
GD_MUST struct gd_status gd_snapshot_remove(struct gd_store *store, const char *cluster,
                                            const char *id, struct gd_error *err);

#endif
