#include "guardian/cli/shelves.h"

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
