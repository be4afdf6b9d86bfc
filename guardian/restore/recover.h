/*
 * Recover: a server as it was at one point in time, out of a base backup and WAL.
 *
 *     target ▸ base backup, timeline ▸ folder laid down ▸ settings ▸ server on a private socket
 *     ▸ recovery really ended, target proven ▸ checked ▸ stopped or left running
 *
 * Invariant 1  Only an empty folder (or, with `delta`, the stopped data directory of the same
 *              cluster) is written to; global/pg_control comes last: what was cut off does not
 *              start.
 * Invariant 2  Success is said only of a server that has reached the target: never because a
 *              program ended with 0, never because it promoted.
 * Invariant 3  What was recovered never archives into the old place.
 */
#ifndef GUARDIAN_RESTORE_RECOVER_H
#define GUARDIAN_RESTORE_RECOVER_H

#include "guardian/base/events.h"
#include "guardian/snapshot/coverage.h"

enum gd_target_kind {
    GD_TARGET_LATEST,
    GD_TARGET_IMMEDIATE,
    GD_TARGET_NAME,   /* a restore point: text */
    GD_TARGET_TIME,   /* time_us */
    GD_TARGET_LSN,    /* lsn */
    GD_TARGET_XID,    /* xid */
    GD_TARGET_BEFORE, /* a change: text is its id */
    GD_TARGET_AFTER,
};

struct gd_target {
    enum gd_target_kind kind;
    const char *text;
    int64_t time_us;
    uint64_t lsn, xid;
    uint32_t timeline; /* 0: the one on which the target lies, or else the newest */
    const char *base;  /* NULL: chosen */
};

/** What would be used, and what would be lost: --preview. */
struct gd_recover_plan {
    uint64_t system_identifier;
    const struct gd_base_listed *base;
    size_t chain_count; /* base backups that it needs, itself included */
    uint32_t timeline;
    const struct gd_mark *mark; /* or NULL */
    uint64_t target_lsn;        /* 0: it is found by replaying */
    int64_t target_us;          /* 0: not known */
    uint64_t end_lsn;           /* of the WAL that leads on from the base backup on this timeline */
    uint32_t end_timeline;
    bool parted;  /* end_lsn is where end_timeline began, and nothing of it leads on: in its place
                     the server would replay what the timeline before has behind that */
    bool barrier; /* end_lsn is where the server began to write with wal_level=minimal: nothing is
                     replayed past it */
    bool hole;    /* … and behind it there is more, that cannot be reached */
    const char *hole_why;    /* "segment 0000000100000000000000A4 is missing"; NULL: not known */
    int64_t end_us;          /* when its last byte was stored, by the store's clock */
    int64_t sure_us;         /* the server's clock: the newest moment that is known to be in it */
    uint64_t wal_bytes;      /* to be replayed, at most */
    uint64_t lost_wal_bytes; /* behind the target; 0 with target_lsn 0: not known */
    int64_t lost_until_us;   /* the newest moment that is covered */
    uint64_t data_bytes;
    const char *const *notes;
    size_t note_count;
};

struct gd_recover_options {
    struct gd_wal_place place; /* its system identifier 0: the only one of the store */
    struct gd_target target;
    const char *folder;             /* the data directory to be made */
    bool delta;                     /* what is there and the same is kept */
    const char *const *tablespaces; /* "old=new", or "oid=new" */
    size_t tablespace_count;
    const char *pg_bin; /* folder of postgres; NULL: looked for */
    const char *user;   /* whose folder and server it is, when we are root; NULL: chosen */
    /* What restore_command is, with %f and %p, for a shell; and what it needs in its environment
     * ("NAME=value", NULL-terminated; may be NULL): guardian wal fetch, as this one was called;
     * options may stand behind it. */
    const char *fetch_command;
    const char *const *environment;
    unsigned workers; /* 0: the processors, at most 8 */
    bool leave_running;
    bool check; /* pg_amcheck and checksums */
    const struct gd_events *events;
};

struct gd_recovered {
    const char *folder, *socket_folder; /* socket_folder: a private one, when it is left running */
    const char *target;                 /* a connection string, then */
    unsigned port;
    uint32_t timeline; /* after recovery */
    uint64_t reached_lsn;
    int64_t last_commit_us; /* of the last transaction that is in; 0: none was replayed */
    bool exact;             /* false: the last one before the target; `said` tells */
    const char *said;       /* where recovery stopped, in words */
    uint64_t bytes, kept_bytes;
    double lay_seconds, replay_seconds;
    bool checked, checksums;     /* pg_amcheck ran; every checksum was looked at */
    const char *const *left_out; /* what could not be checked, in words */
    size_t left_out_count;
    /* What stands in the folder instead of settings that lay outside of the data directory, in
     * words: `guardian recover` only. */
    const char *const *settings;
    size_t setting_count;
};

/** A time as a person writes it: "2026-11-23T12:00:00Z", "2026-11-23 13:00:00.5+01:00".
 *  @return GD_USAGE it cannot be read, or names no zone */
GD_MUST struct gd_status gd_recover_time(const char *text, int64_t *out_time_us,
                                         struct gd_error *err);

/** What is known of each of these clusters, for whoever has to choose one: its databases, the
 * newest base backup, the newest WAL; what was written to last comes first. */
GD_MUST struct gd_status gd_recover_clusters(struct gd_store *store, const uint64_t *systems,
                                             size_t count, struct gd_arena *arena,
                                             const char **out_text, struct gd_error *err);

/** @return GD_USAGE   nothing leads there; the hint names the nearest that can be had
 *          GD_CORRUPT WAL that leads there is missing */
GD_MUST struct gd_status gd_recover_plan(const struct gd_recover_options *options,
                                         struct gd_arena *arena, struct gd_recover_plan *out_plan,
                                         struct gd_error *err);
/** @return GD_USAGE   the folder, a user, no programs
 *          GD_CORRUPT a stored byte differs or is missing, or the server found damage
 *          GD_SYSTEM  it did not get there; the text says why, and what the server said */
GD_MUST struct gd_status gd_recover_run(const struct gd_recover_options *options,
                                        const struct gd_recover_plan *plan, struct gd_arena *arena,
                                        struct gd_recovered *out_recovered, struct gd_error *err);

/** A recovered server that lives for a while: for a drill, for one table back. Stopped and removed
 *  by gd_throwaway_free(), and when this process dies. */
struct gd_throwaway;
/** @param options  folder, delta, tablespaces, leave_running and check do not count
 *  @param work_folder  NULL: TMPDIR, /tmp. There has to be room for all of it */
GD_MUST struct gd_status gd_throwaway_new(const struct gd_recover_options *options,
                                          const struct gd_recover_plan *plan,
                                          const char *work_folder, struct gd_throwaway **out_server,
                                          struct gd_error *err);
/** A connection string as the superuser; database NULL: postgres. */
const char *gd_throwaway_target(const struct gd_throwaway *server, const char *database,
                                struct gd_arena *arena);
const struct gd_recovered *gd_throwaway_recovered(const struct gd_throwaway *server);
/** Have it looked at (pg_amcheck, then stopped: every checksum): see what gd_throwaway_recovered()
 *  says afterwards. It does not run any more then. @return GD_CORRUPT damage was found */
GD_MUST struct gd_status gd_throwaway_check(struct gd_throwaway *server, struct gd_error *err);
void gd_throwaway_free(struct gd_throwaway *server);

static inline void gd_throwaway_cleanup_(struct gd_throwaway **server)
{
    gd_throwaway_free(*server);
}
#define gd_auto_throwaway __attribute__((cleanup(gd_throwaway_cleanup_))) struct gd_throwaway *

#endif
