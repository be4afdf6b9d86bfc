/*
 * The WAL of a base backup: from where it began to where it ended, in the store and read back.
 *
 * Without it a base backup is nothing. It is waited for with a limit: whoever archives or streams
 * has to bring it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/snapshot/base_own.h"
#include "guardian/wal/chain.h"

enum { WAIT_MS = 60000, LOOK_MS = 250 };

struct gd_base_wal {
    const struct gd_base_options *options;
    struct gd_wal_place place;
};

struct gd_status gd_base_wal_start(const struct gd_base_options *options,
                                   const struct gd_replication_system *system,
                                   struct gd_base_wal **out_wal, struct gd_error *err)
{
    (void)err;
    struct gd_base_wal *wal = gd_memory_new(sizeof *wal);
    wal->options = options;
    wal->place = (struct gd_wal_place){.store = options->store,
                                       .key = options->key,
                                       .system_identifier = system->system_identifier,
                                       .level = options->level == 0 ? 1 : options->level};
    *out_wal = wal;
    return GD_DONE;
}

static struct gd_status missing(const struct gd_base *base, uint32_t timeline, uint64_t lsn,
                                struct gd_error *err)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    return gd_hint(
        err,
        gd_fail(err, GD_UNPROTECTED,
                "the WAL of base backup \"%s\" is not in the store: what is missing begins "
                "at %s of timeline %" PRIu32,
                base->id, text, timeline),
        "Let \"guardian wal stream\" run, or archive_command push to this store.");
}

GD_MUST static struct gd_status await(const struct gd_base_wal *wal, const struct gd_base *base,
                                      struct gd_error *err)
{
    int64_t until = gd_clock_monotonic_us() + WAIT_MS * INT64_C(1000);
    for (;;) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_wal_chain *chain = NULL;
        uint32_t timeline = base->timeline;
        uint64_t lsn = base->start_lsn;
        GD_TRY(gd_wal_chain_read(&wal->place, arena, &chain, err));
        if (gd_wal_chain_reaches(chain, base->timeline, base->start_lsn, base->stop_timeline,
                                 base->stop_lsn, &timeline, &lsn))
            return GD_DONE;
        if (gd_clock_monotonic_us() >= until)
            return missing(base, timeline, lsn, err);
        gd_sleep_ms(LOOK_MS);
        GD_TRY(gd_interrupt_check(err));
    }
}

GD_MUST static struct gd_status prove(const struct gd_base_wal *wal, const struct gd_base *base,
                                      struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_wal_chain *chain = NULL;
    uint32_t timeline = 0;
    uint64_t proven = 0;
    GD_TRY(gd_fault("base: before its WAL is read back", err));
    GD_TRY(gd_wal_chain_read(&wal->place, arena, &chain, err));
    GD_TRY(gd_wal_chain_prove(&wal->place, chain, base->timeline, base->start_lsn,
                              base->stop_timeline, base->stop_lsn, NULL, &timeline, &proven, err));
    return proven >= base->stop_lsn ? GD_DONE : missing(base, timeline, proven, err);
}

struct gd_status gd_base_wal_finish(struct gd_base_wal *wal, const struct gd_base *base,
                                    struct gd_error *err)
{
    GD_TRY(await(wal, base, err));
    struct gd_status status = prove(wal, base, err);
    if (status.code != GD_CORRUPT)
        return status;
    err->code = GD_UNPROTECTED;
    return gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                   "the WAL of base backup \"%s\" does not hold: ", base->id);
}

void gd_base_wal_free(struct gd_base_wal *wal)
{
    free(wal);
}
