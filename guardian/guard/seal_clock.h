/*
 * Seal clock: how long those who write were kept waiting, in all.
 *
 * It runs from the moment the locks are asked for (who comes behind a request that waits, waits,
 * too) to the end of the transaction that holds them, whichever end that is; a try that gave its
 * locks back counts as well, the pause behind it does not.
 */
#ifndef GUARDIAN_GUARD_SEAL_CLOCK_H
#define GUARDIAN_GUARD_SEAL_CLOCK_H

#include "guardian/base/clock.h"

struct gd_seal_clock {
    int64_t since_us; /* monotonic; 0: nobody is kept waiting */
    int64_t total_us; /* of what is over */
};

static inline void gd_seal_clock_start(struct gd_seal_clock *clock)
{
    if (clock != NULL && clock->since_us == 0)
        clock->since_us = gd_clock_monotonic_us();
}

static inline void gd_seal_clock_stop(struct gd_seal_clock *clock)
{
    if (clock == NULL || clock->since_us == 0)
        return;
    clock->total_us += gd_clock_monotonic_us() - clock->since_us;
    clock->since_us = 0;
}

static inline double gd_seal_clock_seconds(const struct gd_seal_clock *clock)
{
    int64_t open = clock->since_us == 0 ? 0 : gd_clock_monotonic_us() - clock->since_us;
    return (double)(clock->total_us + open) / 1e6;
}
#endif
