/*
 * guardian uninstall: the second net is taken out. Its key stays in the store, where it is nothing
 * without the net.
 */
#include <stdio.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/netting.h"
#include "guardian/guard/net.h"
#include "guardian/io/json.h"

GD_MUST static struct gd_status print_json(const struct gd_pg *pg, const struct gd_net *before,
                                           struct gd_error *err)
{
    struct gd_json *answer = gd_json_object();
    gd_json_put(answer, "installed", gd_json_new_bool(false));
    gd_json_put(answer, "changed", gd_json_new_bool(before->triggers > 0));
    gd_json_put(answer, "was_there", gd_json_new_bool(before->triggers > 0));
    gd_json_put(answer, "where", gd_json_new_text(gd_pg_where(pg)));
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

GD_MUST static struct gd_status uninstall(const struct gd_config *config, struct gd_arena *arena,
                                          struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    struct gd_net before = {0};
    GD_TRY(gd_cli_net_connect(config, &pg, err));
    GD_TRY(gd_net_uninstall(pg, arena, &before, err));
    if (config->json)
        return print_json(pg, &before, err);
    if (!config->quiet)
        printf(before.triggers > 0 ? "Removed the second net from %s.\n"
                                   : "There is no second net in %s: nothing to do.\n",
               gd_pg_where(pg));
    return GD_DONE;
}

int gd_cmd_uninstall(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status = gd_cli_net_operands("uninstall", argc, argv, &err);
    if (status.code == GD_OK)
        status = uninstall(config, arena, &err);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
