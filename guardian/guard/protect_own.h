/*
 * Protect, from within: what its files share. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_PROTECT_OWN_H
#define GUARDIAN_GUARD_PROTECT_OWN_H

#include "guardian/guard/protect.h"

/** A table that holds rows, or stands for tables that do. */
struct gd_protected {
    uint32_t oid, file;    /* pg_class.relfilenode */
    const char *qualified; /* quoted as needed */
    const char *schema, *name;
    char kind; /* pg_class.relkind: r, p, f */
};

/** What the backup's names stand for now, as `pg` sees it, with partitions and heirs: in the order
 *  of oids, the one order in which every guardian locks. */
GD_MUST struct gd_status gd_protected_tables(struct gd_pg *pg, const struct gd_backup *backup,
                                             struct gd_arena *arena,
                                             struct gd_protected **out_tables, size_t *out_count,
                                             struct gd_error *err);

/** An SQL array of text, to be given as a parameter. */
const char *gd_protect_oids(const struct gd_protected *tables, size_t count,
                            struct gd_arena *arena);
const char *gd_protect_array(const struct gd_texts *texts, struct gd_arena *arena);

/** A mark, proven (prove/point.h). @param held  those who write are kept off */
GD_MUST struct gd_status gd_protect_by_point(const struct gd_protect_options *options, bool held,
                                             struct gd_arena *arena,
                                             struct gd_protection *out_protection,
                                             struct gd_error *err);

#endif
