#include "guardian/proxy/ready.h"

#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/pg/ping.h"

enum { PAUSE_MIN_MS = 100, PAUSE_MAX_MS = 1000, TRY_MS = 10000, PING_MS = 3000 };

struct waiting {
    const struct gd_ready_options *options;
    int64_t began_us;
    char said[GD_ERROR_TEXT_SIZE]; /* the reason that was told last; "": none yet */
};

static uint32_t waited_ms(const struct waiting *waiting)
{
    return (uint32_t)((gd_clock_monotonic_us() - waiting->began_us) / 1000);
}

static uint32_t left_ms(const struct waiting *waiting)
{
    uint32_t waited = waited_ms(waiting), limit = waiting->options->limit_ms;
    return waited < limit ? limit - waited : 0;
}

static void tell(struct waiting *waiting, const struct gd_error *reason)
{
    if (strcmp(waiting->said, reason->text) == 0)
        return;
    (void)snprintf(waiting->said, sizeof waiting->said, "%s", reason->text);
    gd_tell_note(waiting->options->events, "waiting for the database, %.0f s more at most: %s",
                 (double)left_ms(waiting) / 1000, reason->text);
}

static struct gd_status try_once(const struct waiting *waiting, struct gd_pg **out_pg,
                                 struct gd_error *err)
{
    struct gd_pg_options pg = *waiting->options->pg;
    uint32_t left = left_ms(waiting), usual = pg.connect_ms == 0 ? TRY_MS : pg.connect_ms;
    if (waiting->options->limit_ms > 0)
        pg.connect_ms = left < PAUSE_MIN_MS ? PAUSE_MIN_MS : left < usual ? left : usual;
    return gd_pg_connect(&pg, out_pg, err);
}

/* Only now, since a server that is there is not to be asked twice. One that came up between the two
 * questions is asked once more. */
static bool may_come(const struct waiting *waiting, bool *answered)
{
    if (gd_pg_ping(waiting->options->pg, PING_MS) != GD_PG_ANSWERS) {
        *answered = false;
        return true;
    }
    bool first = !*answered;
    *answered = true;
    return first;
}

GD_MUST static struct gd_status gave_up(const struct waiting *waiting, struct gd_status status,
                                        struct gd_error *err)
{
    if (waiting->said[0] == '\0')
        return status;
    return gd_wrap(err, status,
                   "waited %.1f s for the database: ", (double)waited_ms(waiting) / 1000);
}

GD_MUST static struct gd_status wait_for_it(struct waiting *waiting, struct gd_pg **out_pg,
                                            struct gd_error *err)
{
    uint32_t pause = PAUSE_MIN_MS;
    bool answered = false;
    for (;;) {
        struct gd_error reason = {0};
        struct gd_status status = try_once(waiting, out_pg, &reason);
        if (status.code == GD_OK)
            return status;
        bool over = status.code != GD_SYSTEM || left_ms(waiting) == 0;
        if (over || !may_come(waiting, &answered)) {
            *err = reason;
            return answered && !over ? status : gave_up(waiting, status, err);
        }
        if (!answered)
            tell(waiting, &reason);
        GD_TRY(gd_interrupt_check(err));
        gd_sleep_ms(pause < left_ms(waiting) ? pause : left_ms(waiting));
        GD_TRY(gd_interrupt_check(err));
        pause = pause * 3 / 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause * 3 / 2;
    }
}

struct gd_status gd_ready_wait(const struct gd_ready_options *options, struct gd_pg **out_pg,
                               struct gd_error *err)
{
    struct waiting waiting = {.options = options, .began_us = gd_clock_monotonic_us()};
    gd_auto_pg pg = NULL;
    GD_TRY(wait_for_it(&waiting, &pg, err));
    if (waiting.said[0] != '\0')
        gd_tell_note(options->events, "the database is there, after %.1f s",
                     (double)waited_ms(&waiting) / 1000);
    if (out_pg != NULL)
        *out_pg = GD_MOVE(pg);
    return GD_DONE;
}
