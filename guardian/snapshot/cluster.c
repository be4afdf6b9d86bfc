#include "guardian/snapshot/cluster.h"

#include "guardian/snapshot/manifest.h"

struct gd_status gd_cluster_of(struct gd_pg *pg, struct gd_arena *arena, const char **out_cluster,
                               struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "read which server and database this is",
        .sql = "SELECT system_identifier, pg_catalog.current_database()"
               " FROM pg_catalog.pg_control_system()",
    };
    GD_TRY(gd_pg_begin(pg, err));
    struct gd_status status = gd_pg_run(pg, &call, &rows, err);
    gd_pg_end(pg);
    GD_TRY(status);
    *out_cluster = gd_cluster_name(gd_pg_cell(rows, 0, 0), gd_pg_cell(rows, 0, 1), arena);
    return GD_DONE;
}
