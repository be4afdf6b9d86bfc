/*
 * A base backup on the command line: which one is meant, and what it holds.
 */
#ifndef GUARDIAN_CLI_SHOW_BASE_H
#define GUARDIAN_CLI_SHOW_BASE_H

#include "guardian/cli/progress.h"
#include "guardian/config/config.h"
#include "guardian/store/store.h"

/** Does `text` mean a base backup? What is a snapshot is none, and neither is what is neither: then
 *  `out_system_identifier` is 0, and the answer is that of snapshots. */
GD_MUST struct gd_status gd_cli_find_base(struct gd_store *store, const char *text,
                                          struct gd_arena *arena, uint64_t *out_system_identifier,
                                          const char **out_id, struct gd_error *err);

GD_MUST struct gd_status gd_cli_show_base(const struct gd_config *config, struct gd_store *store,
                                          uint64_t system_identifier, const char *id,
                                          struct gd_progress *progress, struct gd_arena *arena,
                                          struct gd_error *err);

#endif
