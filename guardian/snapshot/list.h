/*
 * List: which snapshots a store holds, and which of them may go.
 *
 * Invariant 1  What cannot be read is listed with its problem; only a store that cannot be asked
 *              makes the list fail.
 * Invariant 2  The decision is pure: time and rules are given, nothing is looked up.
 * Invariant 3  A snapshot goes only when a proven one of its kind stays that is as new or newer.
 */
#ifndef GUARDIAN_SNAPSHOT_LIST_H
#define GUARDIAN_SNAPSHOT_LIST_H

#include "guardian/snapshot/manifest.h"

struct gd_listed {
    const char *cluster, *id;
    /* Without its lists (tables, sequences, …) and globals; gd_manifest_load() gives all of it.
     * NULL: it cannot be read, or there is none. */
    const struct gd_manifest *manifest;
    size_t tables; /* how many the manifest names */
    /* Whose rows were left out (--exclude-table-data), in a fixed form; NULL: nobody's. Numbers in
     * names do not count: "log_2026_11" is what "log_2026_10" was. */
    const char *left_out;
    bool foreign; /* rows of foreign tables are in it */
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    /* What is wrong with it, in words; NULL: nothing that can be seen without reading it all. "no
     * manifest: not finished, or being made"; an object that is missing or has another size. */
    const char *problem;
    bool unfinished; /* objects without a manifest */
    bool newer;      /* its manifest has a format that this guardian does not read */
    bool held;       /* a hold stands in the store */
    int64_t time_us; /* of the id, and within its second that of the manifest */
    /* Of an unfinished one: when something was stored there last, by the store's clock, and what
     * lies there. */
    int64_t touched_us;
    uint64_t litter_bytes;
};

/** Every snapshot of a cluster (NULL: of all), oldest first. One that cannot be read, or of which
 * something is missing, is listed with its problem. */
GD_MUST struct gd_status gd_snapshot_list(struct gd_store *store, const char *cluster,
                                          struct gd_arena *arena, struct gd_listed **out_listed,
                                          size_t *out_count, struct gd_error *err);

/** The ids of a cluster's snapshots, finished or not, oldest first. */
GD_MUST struct gd_status gd_snapshot_ids(struct gd_store *store, const char *cluster,
                                         struct gd_arena *arena, const char *const **out_ids,
                                         size_t *out_count, struct gd_error *err);

/** The time that a valid id carries. */
int64_t gd_snapshot_time_us(const char *id);

/** Hold (keep whatever prune says) or release; v1/<cluster>/holds/<id>. Held twice stays held with
 * the first reason; a release of what is not held is no error. */
GD_MUST struct gd_status gd_snapshot_hold(struct gd_store *store, const char *cluster,
                                          const char *id, bool hold, const char *reason,
                                          struct gd_error *err);

/** Was it made for a change that is not closed yet (no key begins with
 * v1/<cluster>/changes/<change>/closed)? `change` "" or NULL: no. */
GD_MUST struct gd_status gd_snapshot_change_open(struct gd_store *store, const char *cluster,
                                                 const char *change, bool *out_open,
                                                 struct gd_error *err);

/** Pure decision, over one cluster at a time. */
struct gd_keep_rules {
    unsigned last, hourly, daily, weekly,
        monthly;               /* UTC; the newest of each period; weeks are ISO's */
    uint32_t unfinished_age_s; /* litter older than this goes: 86,400 */
    bool drop_damaged;         /* what is damaged goes when a success is as new or newer */
};
enum gd_keep {
    GD_KEEP_NOT,
    GD_KEEP_RULE,
    GD_KEEP_HELD,
    GD_KEEP_LAST_PROVEN,
    GD_KEEP_OPEN_CHANGE,
    GD_KEEP_UNREADABLE,
    GD_KEEP_YOUNG /* newer than the last proven one, or litter that may still be growing */
};
struct gd_expire_item {
    const char *id;
    int64_t time_us;              /* of an unfinished one: when it was touched last */
    enum gd_snapshot_scope scope; /* each scope kind has rules of its own: a schema snapshot does
                                     not push out a database */
    /* Scope tables: which ones, in any fixed form. The last proven one of other tables stays, too,
     * unless a newer proven database has them. NULL: "". */
    const char *tables;
    /* Rows that were left out on purpose, in any fixed form; NULL: none. It stands for nothing that
     * has them, nor for one that lacks others, and rules count each kind apart. */
    const char *left_out;
    const char *change; /* that it was made for: its proven ones stay together. NULL or "": none */
    bool foreign; /* holds rows of foreign tables: one that does not stands for nothing that does */
    bool of_then; /* of a recovered server: its rows are older than it is, so it is no success */
    bool empty;   /* not one row in it: it is no success while an older proven one has rows */
    bool unreadable; /* counts for nothing, and stays */
    bool damaged;    /* unreadable, and not for being of a newer guardian: drop_damaged may drop it;
                        `scope` is GD_SNAPSHOT_DATABASE when nobody knows */
    bool proven, held, open_change, unfinished;
    enum gd_keep keep;   /* out */
    const char *because; /* out: "daily 2026-11-22", static or in the arena */
};
/** Items in any order. Never drops the newest proven one of each scope; drops nothing at all when
 * there is none (litter apart). What carries a time of tomorrow is kept and counts for nothing. */
void gd_expire_decide(struct gd_expire_item *items, size_t count, const struct gd_keep_rules *rules,
                      int64_t now_us, struct gd_arena *arena);

/** Remove one: the manifest first (from then on it is litter, whatever happens), then what the
 * store lists below its folder, then the records of its proofs. */
GD_MUST struct gd_status gd_snapshot_remove(struct gd_store *store, const char *cluster,
                                            const char *id, struct gd_error *err);

#endif
