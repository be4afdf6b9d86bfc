#include "guardian/snapshot/retain.h"

struct gd_status gd_coverage_read(const struct gd_wal_place *place, struct gd_arena *arena,
                                  struct gd_coverage **out_coverage, struct gd_error *err)
{
    struct gd_coverage *coverage = gd_arena_zalloc(arena, 1, sizeof *coverage);
    coverage->system_identifier = place->system_identifier;
    GD_TRY(gd_base_list(place->store, place->system_identifier, arena, &coverage->bases,
                        &coverage->base_count, err));
    GD_TRY(gd_wal_chain_read(place, arena, &coverage->chain, err));
    GD_TRY(gd_wal_marks(place->store, place->system_identifier, arena, &coverage->marks,
                        &coverage->mark_count, err));
    GD_TRY(gd_wal_sure_read(place->store, place->system_identifier, arena, &coverage->sure,
                            &coverage->sure_count, err));
    struct gd_pruned pruned;
    GD_TRY(gd_retain_pruned(place->store, place->system_identifier, arena, &pruned, err));
    coverage->pruned_timeline = pruned.timeline;
    coverage->pruned_lsn = pruned.lsn;
    gd_coverage_build(coverage, arena);
    *out_coverage = coverage;
    return GD_DONE;
}
