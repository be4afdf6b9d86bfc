/* What the files of recover.h share. */
#ifndef GUARDIAN_RESTORE_RECOVER_OWN_H
#define GUARDIAN_RESTORE_RECOVER_OWN_H

#include "guardian/base/texts.h"
#include "guardian/restore/feeder.h"
#include "guardian/restore/lay.h"
#include "guardian/restore/recover.h"
#include "guardian/restore/server.h"

struct gd_recovering {
    const struct gd_recover_options *options;
    const struct gd_recover_plan *plan;
    struct gd_arena *arena;
    struct gd_base *base; /* with its objects */
    struct gd_server server;
    struct gd_recovered *out;
    struct gd_texts left_out;
    struct gd_texts settings;      /* what was done about those outside of the data directory */
    struct gd_feeder *feeder;      /* while the server replays */
    const char *tablespace_folder; /* of a throwaway; or NULL */
};

/** recover.c: lay down, start, replay, prove, open it: a server that takes writes. */
GD_MUST struct gd_status gd_recover_bring_up(struct gd_recovering *recovering,
                                             struct gd_error *err);

/** recover_cluster.c: the one that the place names, or else the only one of the store.
 *  @return GD_USAGE there is none, or there are several: the text tells them */
GD_MUST struct gd_status gd_recover_find_cluster(const struct gd_wal_place *place,
                                                 struct gd_arena *arena, uint64_t *out_identifier,
                                                 struct gd_error *err);

/** recover_short.c: the WAL ends before this time, and nobody knows what was committed from the
 *  last moment on that is known to be in it (0: none is). @return GD_USAGE, or GD_CORRUPT: a hole
 */
GD_MUST struct gd_status gd_recover_fail_time(const struct gd_recover_plan *plan, int64_t time_us,
                                              int64_t known_us, struct gd_arena *arena,
                                              struct gd_error *err);

/** recover_damage.c: why the server could not be given the file that its words name. */
struct gd_recover_damage {
    const char *what; /* segment "…" is damaged: …; NULL: it can be read, or nothing is known */
    uint64_t end_lsn; /* the way is good up to here, on this timeline; */
    uint32_t end_timeline;
    uint64_t last_record; /* the last whole record before that; 0: not known */
    int64_t sure_us;      /* the newest moment that is known to be before it; 0: none is */
};
GD_MUST struct gd_status gd_recover_find_damage(const struct gd_recovering *recovering,
                                                const char *fatal,
                                                struct gd_recover_damage *out_damage,
                                                struct gd_error *err);
/** recover_short.c: nothing behind it can be had. @return GD_CORRUPT */
GD_MUST struct gd_status gd_recover_fail_damage(const struct gd_recovering *recovering,
                                                const struct gd_recover_damage *damage,
                                                struct gd_error *err);
/** Did it end because the WAL says wal_level=minimal? Then no run in the same folder goes further
 * or less far: its control file says so, too. */
bool gd_recover_is_barred(const struct gd_server_log *log);
GD_MUST struct gd_status gd_recover_fail_barred(const struct gd_server *server, const char *what,
                                                struct gd_error *err);
extern const char gd_recover_barred[]; /* what --latest says that stops before it */

/** recover_short.c: is WAL in that another timeline has behind the point at which the way left it?
 *  @return GD_CORRUPT it is */
GD_MUST struct gd_status gd_recover_check_way(const struct gd_recovering *recovering,
                                              uint64_t replayed_lsn, struct gd_error *err);

unsigned gd_recover_workers(const struct gd_recover_options *options);

/** recover_fetch.c: try restore_command as the server's user; who may not read the store is handed
 *  its WAL. */
GD_MUST struct gd_status gd_recover_settle_fetch(struct gd_recovering *recovering,
                                                 struct gd_error *err);

/** recover_replay.c: up to the target and no further, and then out of recovery. */
GD_MUST struct gd_status gd_recover_replay(struct gd_recovering *recovering, struct gd_error *err);

/** recover_combine.c: lay down a chain of incremental base backups. */
GD_MUST struct gd_status gd_recover_lay(struct gd_recovering *recovering, struct gd_error *err);

/** recover_settings.c: postgresql.conf, pg_hba.conf and pg_ident.conf, where the folder has none.
 */
GD_MUST struct gd_status gd_recover_settings(struct gd_recovering *recovering,
                                             struct gd_error *err);

#endif
