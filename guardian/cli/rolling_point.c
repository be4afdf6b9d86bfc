/* Rollback of a point in time, see cmd_rollback.h. Apart, since "recovered" has two meanings. */
#include "guardian/cli/cmd_rollback.h"
#include "guardian/cli/recovering.h"

struct gd_status gd_cli_rollback_recover(const struct gd_config *config, struct gd_store *store,
                                         const struct gd_key *key, struct gd_arena *arena,
                                         const struct gd_events *events,
                                         const struct gd_recover_options **out_options,
                                         struct gd_error *err)
{
    struct gd_recover_options *options = gd_arena_zalloc(arena, 1, sizeof *options);
    GD_TRY(gd_cli_recover_options(config, store, key, arena, events, options, err));
    *out_options = options;
    return GD_DONE;
}
