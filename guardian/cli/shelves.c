#include "guardian/cli/shelves.h"

#include <string.h>

#include "guardian/snapshot/cluster.h"

static struct gd_status ask_server(const char *uri, struct gd_arena *arena,
                                   const char **out_cluster, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    struct gd_pg_options options = {.target = uri[0] == '\0' ? NULL : uri};
    GD_TRY(gd_pg_connect(&options, &pg, err));
    return gd_cluster_of(pg, arena, out_cluster, err);
}

struct gd_status gd_cli_cluster(const struct gd_config *config, bool must, struct gd_arena *arena,
                                const struct gd_events *events, const char **out_cluster,
                                struct gd_error *err)
{
    struct gd_error why = {0};
    struct gd_database_choice choice = gd_config_database(config, true);
    *out_cluster = NULL;
    if (config->all || choice.uri == NULL)
        return GD_DONE;
    struct gd_status status = ask_server(choice.uri, arena, out_cluster, &why);
    if (status.code == GD_OK)
        return GD_DONE;
    if (must || status.code == GD_USAGE) {
        *err = why;
        return status;
    }
    gd_tell_warning(events, why.hint,
                    "the database of %s could not be asked which it is, so the snapshots of all "
                    "databases count: %s",
                    choice.called, why.text);
    return GD_DONE;
}

struct gd_status gd_cli_snapshot(const struct gd_config *config, struct gd_store *store,
                                 const char *text, enum gd_snapshot_scope least,
                                 struct gd_arena *arena, const struct gd_events *events,
                                 const char **out_cluster, const char **out_id,
                                 struct gd_error *err)
{
    const char *cluster = NULL;
    if (strcmp(text, "latest") == 0)
        GD_TRY(gd_cli_cluster(config, false, arena, events, &cluster, err));
    return gd_snapshot_resolve(store, cluster, text, least, arena, out_cluster, out_id, err);
}
