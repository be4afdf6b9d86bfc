/*
 * Those who read: a change that needs its tables alone waits for them before it stops anybody.
 *
 * It asks for no lock meanwhile, so that nobody queues behind it. A transaction that outlasts here
 * as many waits as the change itself would make would have outlasted those, too, with all who write
 * standing by.
 */
#include "guardian/base/clock.h"
#include "guardian/guard/holders.h"
#include "guardian/guard/protect_own.h"

enum { PAUSE_MS = 50, PAUSE_MAX_MS = 1000, LOCK_MS = 2000 };

static struct gd_status too_long(const struct gd_holders *readers, uint32_t waited_ms,
                                 struct gd_error *err)
{
    return gd_hint(
        err,
        gd_fail(err, GD_BUSY,
                "the change needs its tables alone, and after %u ms somebody was still "
                "reading: %s",
                waited_ms, readers->text),
        "Nobody was kept waiting meanwhile. Try again when that transaction is over, end "
        "it with pg_terminate_backend(PID), or raise lock_wait and lock_retries in the "
        "policy.");
}

struct gd_status gd_protect_readers(struct gd_pg *pg, const struct gd_texts *tables,
                                    const struct gd_seal_options *options, struct gd_arena *arena,
                                    struct gd_error *err)
{
    const struct gd_backup named = {.scope = GD_SCOPE_TABLES, .tables = *tables};
    const uint32_t lock_ms = options->lock_ms == 0 ? LOCK_MS : options->lock_ms;
    const uint64_t limit_ms = (uint64_t)lock_ms * ((uint64_t)options->retries + 1);
    const int64_t began = gd_clock_monotonic_us();
    struct gd_protected *found = NULL;
    size_t count = 0;
    struct gd_holders_query query = {.readers = true, .older_ms = lock_ms};
    struct gd_holders readers = {0};
    GD_TRY(gd_protected_tables(pg, &named, arena, &found, &count, err));
    if (count == 0)
        return GD_DONE;
    query.tables = gd_protect_oids(found, count, arena);
    GD_TRY(gd_holders_find(pg, &query, arena, &readers, err));
    if (readers.count > 0)
        gd_tell_note(options->events,
                     "the change needs its tables alone, and waits, before anybody is stopped, for "
                     "who has been reading for long: %s",
                     readers.text);
    for (uint32_t pause_ms = PAUSE_MS; readers.count > 0; pause_ms *= 2) {
        uint64_t waited_ms = (uint64_t)(gd_clock_monotonic_us() - began) / 1000;
        const struct gd_texts among = readers.transactions;
        if (waited_ms >= limit_ms)
            return too_long(&readers, (uint32_t)waited_ms, err);
        pause_ms = pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms;
        gd_sleep_ms(pause_ms < limit_ms - waited_ms ? pause_ms : (uint32_t)(limit_ms - waited_ms));
        GD_TRY(gd_interrupt_check(err));
        query.among = &among;
        GD_TRY(gd_holders_find(pg, &query, arena, &readers, err));
    }
    return GD_DONE;
}
