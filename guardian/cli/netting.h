/* Netting: what install and uninstall share. */
#ifndef GUARDIAN_CLI_NETTING_H
#define GUARDIAN_CLI_NETTING_H

#include "guardian/config/config.h"
#include "guardian/pg/connect.h"

/** There are none. @return GD_USAGE */
GD_MUST struct gd_status gd_cli_net_operands(const char *verb, int argc, char **argv,
                                             struct gd_error *err);
/** @return GD_USAGE  no database is named; as gd_pg_connect() */
GD_MUST struct gd_status gd_cli_net_connect(const struct gd_config *config, struct gd_pg **out_pg,
                                            struct gd_error *err);

#endif
