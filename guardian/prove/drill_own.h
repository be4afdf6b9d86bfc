/*
 * Drill, from within: the place is also that of a scratch copy. No file outside of prove/ includes
 * it.
 */
#ifndef GUARDIAN_PROVE_DRILL_OWN_H
#define GUARDIAN_PROVE_DRILL_OWN_H

#include "guardian/base/texts.h"
#include "guardian/prove/cluster.h"
#include "guardian/prove/prove.h"
#include "guardian/restore/restore.h"

struct gd_drill {
    const struct gd_prove_options *options;
    struct gd_arena *arena;
    struct gd_manifest manifest; /* as it can be restored here */
    struct gd_place place;
    struct gd_cluster *cluster;   /* NULL: a server that was named */
    struct gd_pg *keeper;         /* there: says that the scratch database is ours */
    const char *role;             /* of the throwaway server */
    struct gd_pg_options pg;      /* as whom it is restored */
    struct gd_pg_options looking; /* as whom it is compared */
    char database[64];
    bool made, plain_locale;
    const char *where;
    struct gd_texts left_out;
};

void gd_drill_leave_out(struct gd_drill *drill, const char *text);
const char *gd_drill_quoted(const char *name, struct gd_arena *arena);

/** A server for it: the one that was named, or a throwaway one. */
GD_MUST struct gd_status gd_drill_open(struct gd_drill *drill, struct gd_error *err);
/** The snapshot into the scratch database. */
GD_MUST struct gd_status gd_drill_restore(struct gd_drill *drill, struct gd_error *err);
struct gd_restore_options gd_drill_restore_options(const struct gd_drill *drill);
GD_MUST struct gd_status gd_drill_restore_as(struct gd_drill *drill,
                                             const struct gd_restore_options *options,
                                             struct gd_error *err);
/** It failed for want of a right. */
bool gd_drill_was_denied(const struct gd_error *err);
void gd_drill_drop(struct gd_drill *drill);

#endif
