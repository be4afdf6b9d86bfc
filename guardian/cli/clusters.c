#include "guardian/cli/clusters.h"

#include <inttypes.h>
#include <stdlib.h>

#include "guardian/restore/recover.h"
#include "guardian/snapshot/cluster.h"

enum { CONNECT_MS = 5000 }; /* it may be down: that is what this is for */

static struct gd_status ask_server(const char *uri, struct gd_arena *arena, uint64_t *out_system,
                                   struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    const char *cluster = NULL;
    struct gd_pg_options options = {.target = uri[0] == '\0' ? NULL : uri,
                                    .connect_ms = CONNECT_MS};
    GD_TRY(gd_pg_connect(&options, &pg, err));
    GD_TRY(gd_cluster_of(pg, arena, &cluster, err));
    *out_system = strtoull(cluster, NULL, 10);
    return GD_DONE;
}

static bool is_among(uint64_t system, const uint64_t *systems, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (systems[i] == system)
            return true;
    return false;
}

static struct gd_status fail_foreign(struct gd_store *store, const char *called, uint64_t system,
                                     const uint64_t *systems, size_t count, struct gd_arena *arena,
                                     struct gd_error *err)
{
    const char *all = "";
    GD_TRY(gd_recover_clusters(store, systems, count, arena, &all, err));
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "the database of %s is of cluster %" PRIu64
                           ", of which \"%s\" has no base backup and no WAL; it has %s",
                           called, system, gd_store_url(store), all),
                   "If another cluster is meant (its server may have been made anew), name it by "
                   "its system identifier, with --system.");
}

struct gd_status gd_cli_system(const struct gd_config *config, struct gd_store *store,
                               const char *others, struct gd_arena *arena,
                               const struct gd_events *events, uint64_t *out_system,
                               struct gd_error *err)
{
    struct gd_database_choice choice = gd_config_database(config, true);
    struct gd_error why = {0};
    uint64_t *systems = NULL, system = 0;
    size_t count = 0;
    *out_system = 0;
    if (choice.uri == NULL)
        return GD_DONE;
    GD_TRY(gd_base_systems(store, arena, &systems, &count, err));
    if (count == 0)
        return GD_DONE;
    struct gd_status status = ask_server(choice.uri, arena, &system, &why);
    if (status.code == GD_USAGE) {
        *err = why;
        return status;
    }
    if (status.code != GD_OK) {
        gd_tell_note(events, "the database of %s could not be asked of which cluster it is: %s",
                     choice.called, why.text);
        return GD_DONE;
    }
    if (!is_among(system, systems, count))
        return fail_foreign(store, choice.called, system, systems, count, arena, err);
    if (count > 1)
        gd_tell_note(events, "cluster %" PRIu64 ", that of %s; the store holds %zu more: %s",
                     system, choice.called, count - 1, others);
    *out_system = system;
    return GD_DONE;
}
