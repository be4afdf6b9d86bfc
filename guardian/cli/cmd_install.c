/*
 * guardian install and uninstall: the second net (guard/net.h), for what does not come by Guardian.
 */
#include <stdio.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/netting.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/net.h"
#include "guardian/io/json.h"

GD_MUST static struct gd_status print_json(const struct gd_config *config, const struct gd_pg *pg,
                                           const struct gd_net *before, const struct gd_net *now,
                                           struct gd_error *err)
{
    struct gd_json *answer = gd_json_object();
    gd_json_put(answer, "installed", gd_json_new_bool(now->triggers > 0));
    gd_json_put(answer, "changed", gd_json_new_bool(true));
    gd_json_put(answer, "was_there", gd_json_new_bool(before->triggers > 0));
    gd_json_put(answer, "version", gd_json_new_int(now->version));
    gd_json_put(answer, "refuses", gd_json_new_text(config->all_ddl ? "all" : "risky"));
    gd_json_put(answer, "key", gd_json_new_text(now->key_id));
    gd_json_put(answer, "owner", gd_json_new_text(now->owner));
    gd_json_put(answer, "where", gd_json_new_text(gd_pg_where(pg)));
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

static void print_text(const struct gd_config *config, const struct gd_pg *pg,
                       const struct gd_net *before)
{
    printf("%s the second net in %s.\n", before->triggers > 0 ? "Renewed" : "Installed",
           gd_pg_where(pg));
    puts(config->all_ddl
             ? "All DDL is refused from now on unless it comes by Guardian; temporary objects are "
               "free."
             : "DDL that drops, rewrites, renames a column or alters a type is refused from now on "
               "unless it comes by\nGuardian; temporary objects are free.");
    puts("It does not see INSERT, UPDATE, DELETE and TRUNCATE, nor what is not of this database "
         "alone (roles, databases).\n"
         "Its key is in the store, where guardian looks for it. guardian uninstall takes it out "
         "again.");
}

GD_MUST static struct gd_status install(const struct gd_config *config,
                                        struct gd_progress *progress, struct gd_arena *arena,
                                        struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    gd_auto_pg pg = NULL;
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    struct gd_net before = {0}, now = {0};
    GD_TRY(gd_cli_store(config, arena, events, &store, err));
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    GD_TRY(gd_cli_net_connect(config, &pg, err));
    struct gd_net_options options = {.store = store, .key = key, .all = config->all_ddl};
    GD_TRY(gd_net_install(pg, &options, arena, &before, &now, err));
    gd_progress_end(progress, GD_DONE);
    if (config->json)
        return print_json(config, pg, &before, &now, err);
    if (!config->quiet)
        print_text(config, pg, &before);
    return GD_DONE;
}

int gd_cmd_install(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    if (gd_cli_net_operands("install", argc, argv, &err).code != GD_OK)
        return gd_cli_fail(&err);
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_status status = install(config, progress, arena, &err);
    gd_progress_end(progress, status);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
