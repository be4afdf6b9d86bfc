/*
 * prune --forget: a server that is no more.
 */
#ifndef GUARDIAN_CLI_FORGETTING_H
#define GUARDIAN_CLI_FORGETTING_H

#include "guardian/base/events.h"
#include "guardian/cli/progress.h"
#include "guardian/config/config.h"
#include "guardian/store/store.h"

/** @param living  the cluster of the database that is set; NULL: none is, or it does not answer
 *  @return GD_REFUSED something speaks against it: it lives, it is held, it was written to lately,
 *  a change of it is not closed; nothing was removed */
GD_MUST struct gd_status gd_forgetting(const struct gd_config *config, struct gd_store *store,
                                       const char *living, int64_t keep_us, bool apply,
                                       struct gd_progress *progress, struct gd_arena *arena,
                                       struct gd_error *err);

#endif
