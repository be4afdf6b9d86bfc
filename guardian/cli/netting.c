/* Netting: see netting.h. */
#include "guardian/cli/netting.h"

struct gd_status gd_cli_net_operands(const char *verb, int argc, char **argv, struct gd_error *err)
{
    if (argc == 0)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "%s takes no operand, as \"%s\"", verb, argv[0]),
                   "Name the database with --db.");
}

struct gd_status gd_cli_net_connect(const struct gd_config *config, struct gd_pg **out_pg,
                                    struct gd_error *err)
{
    struct gd_database_choice database = gd_config_database(config, true);
    struct gd_pg_options options = {
        .target = database.uri == NULL || database.uri[0] == '\0' ? NULL : database.uri,
        .lock_ms = (uint32_t)config->lock_timeout_ms};
    if (database.uri == NULL)
        return gd_hint(err, gd_fail(err, GD_USAGE, "no database is named"),
                       "Name one with --db, DATABASE_URL or the variables of libpq.");
    return gd_pg_connect(&options, out_pg, err);
}
