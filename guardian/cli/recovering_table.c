/*
 * Recovering, one table back: recovered beside, taken from there like any snapshot, and restored
 * with everything that holds for one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/cli/recovering.h"
#include "guardian/snapshot/cluster.h"
#include "guardian/snapshot/list.h"

/* The live database tells its name, and of which cluster it is. */
GD_MUST static struct gd_status look_at_database(const struct gd_pg_options *options,
                                                 struct gd_arena *arena, const char **out_database,
                                                 uint64_t *out_system, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    const char *cluster = NULL;
    GD_TRY(gd_pg_connect(options, &pg, err));
    *out_database = gd_arena_strdup(arena, gd_pg_database(pg));
    GD_TRY(gd_cluster_of(pg, arena, &cluster, err));
    *out_system = strtoull(cluster, NULL, 10);
    return GD_DONE;
}

GD_MUST static struct gd_status take(const struct gd_config *config,
                                     const struct gd_throwaway *server, const char *database,
                                     struct gd_store *store, const struct gd_key *key,
                                     struct gd_arena *arena, const struct gd_events *events,
                                     struct gd_cli_point *point, struct gd_error *err)
{
    struct gd_manifest *manifest = NULL;
    struct gd_pg_options source = {.target = gd_throwaway_target(server, database, arena)};
    struct gd_take_options options = {.pg = &source,
                                      .store = store,
                                      .key = key,
                                      .scope = GD_SNAPSHOT_TABLES,
                                      .tables = (const char *const *)config->tables.items,
                                      .table_count = config->tables.count,
                                      .workers = (unsigned)config->workers,
                                      .recovered = true,
                                      .reason = "taken out of a point in time, to be restored",
                                      .events = events};
    GD_TRY(gd_snapshot_take(&options, arena, &manifest, err));
    *point =
        (struct gd_cli_point){.store = store, .cluster = manifest->cluster, .id = manifest->id};
    return GD_DONE;
}

static void tell_point(const struct gd_recovered *recovered, const struct gd_events *events)
{
    if (recovered->exact)
        gd_tell_note(events, "recovered beside: %s", recovered->said);
    else
        gd_tell_warning(events, "", "recovered beside: %s", recovered->said);
}

struct gd_status gd_cli_point_take(const struct gd_config *config, const struct gd_pg_options *pg,
                                   struct gd_store *store, const struct gd_key *key,
                                   struct gd_arena *arena, const struct gd_events *events,
                                   struct gd_cli_point *out_point, struct gd_error *err)
{
    struct gd_recover_options options;
    struct gd_recover_plan plan;
    gd_auto_throwaway server = NULL;
    const char *database = NULL;
    uint64_t system = 0;
    GD_TRY(gd_cli_recover_options(config, store, key, arena, events, &options, err));
    GD_TRY(gd_cli_target(config, arena, &options.target, err));
    GD_TRY(look_at_database(pg, arena, &database, &system, err));
    if (options.place.system_identifier == 0)
        options.place.system_identifier = system;
    GD_TRY(gd_recover_plan(&options, arena, &plan, err));
    GD_TRY(gd_throwaway_new(&options, &plan, NULL, &server, err));
    tell_point(gd_throwaway_recovered(server), events);
    struct gd_status status =
        take(config, server, database, store, key, arena, events, out_point, err);
    return status.code == GD_OK
               ? status
               : gd_wrap(err, status, "could not take the tables out of the recovered server: ");
}

void gd_cli_point_remove(const struct gd_cli_point *point, const struct gd_events *events)
{
    struct gd_error why = {0};
    if (point->store == NULL)
        return;
    if (gd_snapshot_remove(point->store, point->cluster, point->id, &why).code != GD_OK)
        gd_tell_note(events, "the snapshot of that point in time stays in the store as %s: %s",
                     point->id, why.text);
}
