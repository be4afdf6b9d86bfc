/*
 * Protect, by a point in time: the same whatever the size.
 *
 * Nothing is copied now. Should it be wanted, a rollback recovers a server beside, up to the mark,
 * and takes of it the very snapshot that would have been taken here. What is in no WAL (unlogged
 * tables, foreign ones) has no point in time.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/guard/protect_own.h"
#include "guardian/snapshot/cluster.h"

GD_MUST static struct gd_status point_options(const struct gd_protect_options *options,
                                              const char *cluster,
                                              struct gd_point_options *out_options,
                                              struct gd_error *err)
{
    const struct gd_limits *limits = options->decision->limits;
    char *end;
    uint64_t identifier = strtoull(cluster, &end, 10); /* "7301234567890123456-shop" */
    if (identifier == 0 || *end != '-')
        return gd_fail(err, GD_SYSTEM, "could not read the system identifier in \"%s\"", cluster);
    *out_options = (struct gd_point_options){
        .pg = options->pg,
        .place = {.store = options->store, .key = options->key, .system_identifier = identifier},
        .wanted = options->decision->backup.proof,
        .proof_age_max_ms = limits == NULL ? 0 : limits->base_proof_age_max.value,
        .change = options->change,
        .database = options->database,
        .git_commit = options->git_commit,
        .within = options->within,
        .wait_ms = options->point_ms,
        .held = options->point_held,
        .events = options->events,
    };
    return GD_DONE;
}

/* ---- what no WAL holds ---- */

/* clang-format off */
static const char unlogged_sql[] =
#include "guardian/guard/sql/protect_unlogged.sql.inc"
    ;
/* clang-format on */

/* @param out_why  NULL: all that the backup is about is in the WAL */
GD_MUST static struct gd_status look_for_unlogged(struct gd_pg *pg, const struct gd_backup *backup,
                                                  struct gd_arena *arena, const char **out_why,
                                                  struct gd_error *err)
{
    bool all = backup->scope == GD_SCOPE_DATABASE || backup->tables.count == 0;
    const char *const values[] = {gd_protect_array(&backup->tables, arena), all ? "t" : "f"};
    struct gd_pg_call call = {.what = "look for what is in no WAL",
                              .sql = unlogged_sql,
                              .values = values,
                              .value_count = 2};
    gd_auto_pg_rows rows = NULL;
    *out_why = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    if (gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    const char *name = gd_pg_cell(rows, 0, 0);
    char kind = gd_pg_char(rows, 0, 1);
    *out_why = kind == 'f'
                   ? gd_arena_printf(arena, "%s is a foreign table: its rows are in no WAL", name)
                   : gd_arena_printf(arena, "%s %s is unlogged: %s in no WAL",
                                     kind == 'S' ? "sequence" : "table", name,
                                     kind == 'S' ? "its value is" : "its rows are");
    return GD_DONE;
}

GD_MUST static struct gd_status find_unlogged(const struct gd_protect_options *options,
                                              struct gd_arena *arena, const char **out_why,
                                              struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(options->pg, &pg, err));
    return look_for_unlogged(pg, &options->decision->backup, arena, out_why, err);
}

struct gd_status gd_protect_find_cover(const struct gd_protect_options *options,
                                       const char *cluster, bool prepare, struct gd_arena *arena,
                                       struct gd_cover **out_cover, const char **out_why,
                                       struct gd_error *err)
{
    struct gd_point_options pointing;
    *out_cover = NULL;
    GD_TRY(find_unlogged(options, arena, out_why, err));
    if (*out_why != NULL)
        return GD_DONE;
    GD_TRY(point_options(options, cluster, &pointing, err));
    return (prepare ? gd_point_prepare : gd_point_foresee)(&pointing, arena, out_cover, out_why,
                                                           err);
}

/* ---- made ---- */

/* What the names stand for now: later, they may stand for something else. */
GD_MUST static struct gd_status note_tables(const struct gd_protect_options *options,
                                            struct gd_arena *arena,
                                            struct gd_protection *protection, const char **cluster,
                                            struct gd_error *err)
{
    const struct gd_backup *backup = &options->decision->backup;
    struct gd_protected *tables = NULL;
    const char *unlogged = NULL;
    size_t count = 0;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(options->pg, &pg, err));
    GD_TRY(gd_cluster_of(pg, arena, cluster, err));
    GD_TRY(look_for_unlogged(pg, backup, arena, &unlogged, err)); /* since it was prepared */
    if (unlogged != NULL)
        return gd_fail(err, GD_UNPROTECTED, "%s", unlogged);
    if (backup->tables.count > 0)
        GD_TRY(gd_protected_tables(pg, backup, arena, &tables, &count, err));
    uint32_t *oids = gd_arena_zalloc(arena, count + 1, sizeof *oids);
    for (size_t i = 0; i < count; i++)
        oids[i] = tables[i].oid;
    protection->oids = oids;
    protection->oid_count = count;
    protection->holds = *backup;
    protection->holds.tables = (struct gd_texts){0};
    for (size_t i = 0; i < backup->tables.count; i++)
        gd_texts_add(&protection->holds.tables, gd_arena_strdup(arena, backup->tables.items[i]),
                     arena);
    return GD_DONE;
}

struct gd_status gd_protect_by_point(const struct gd_protect_options *options, bool held,
                                     struct gd_arena *arena, struct gd_protection *out_protection,
                                     struct gd_error *err)
{
    struct gd_protection protection = {.cover = options->cover, .sealed = held};
    struct gd_point_options pointing;
    const char *cluster;
    int64_t began_us = gd_clock_monotonic_us();
    gd_tell_stage(options->events, "making a restore point", 0);
    GD_TRY(note_tables(options, arena, &protection, &cluster, err));
    GD_TRY(point_options(options, cluster, &pointing, err));
    GD_TRY(gd_prove_point(&pointing, options->cover, arena, &protection.proof,
                          &protection.pg_snapshot, err));
    protection.proof_seconds = (double)(gd_clock_monotonic_us() - began_us) / 1e6;
    *out_protection = protection;
    return GD_DONE;
}

struct gd_story_point gd_protect_told(const struct gd_protection *protection,
                                      struct gd_arena *arena)
{
    const struct gd_mark *mark = gd_proof_mark(protection->proof);
    char lsn[GD_LSN_SIZE];
    gd_lsn_write(mark->lsn, lsn);
    return (struct gd_story_point){
        .mark = mark->id,
        .name = mark->name,
        .timeline = mark->timeline,
        .lsn = gd_arena_strdup(arena, lsn),
        .time_us = mark->time_us,
        .base = protection->cover->base,
        .proof = gd_proof_kind(protection->proof),
        .since_us = protection->cover->since_us,
        .seen = protection->pg_snapshot,
        .database =
            protection->holds.scope == GD_SCOPE_DATABASE || protection->holds.tables.count == 0,
        .tables = protection->holds.tables,
    };
}
