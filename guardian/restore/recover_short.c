/*
 * Recover, what falls short: a time behind the WAL that there is, WAL that is damaged, or of a
 * server that wrote less than a recovery needs. What was committed until then is not known, and
 * less than what was asked for is never handed out as if it were that.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/restore/recover_own.h"

static const char *time_text(int64_t time_us, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_TIME_SIZE);
    gd_clock_text(time_us, text);
    return text;
}

static const char *lsn_text(uint64_t lsn, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_LSN_SIZE);
    gd_lsn_write(lsn, text);
    return text;
}

struct gd_status gd_recover_fail_time(const struct gd_recover_plan *plan, int64_t time_us,
                                      int64_t known_us, struct gd_arena *arena,
                                      struct gd_error *err)
{
    const char *known = time_text(known_us, arena), *end = lsn_text(plan->end_lsn, arena);
    const char *unknown =
        gd_arena_printf(arena,
                        "the newest moment that is known to be in it is %s, and what was "
                        "committed from then until %s is not known",
                        known, time_text(time_us, arena));
    if (plan->hole || plan->hole_why != NULL)
        return gd_hint(err,
                       gd_fail(err, GD_CORRUPT, "the WAL has a hole at %s of timeline %u%s%s: %s",
                               end, plan->end_timeline, plan->hole_why == NULL ? "" : ", ",
                               plan->hole_why == NULL ? "" : plan->hole_why, unknown),
                       "What lies before the hole can be had: --latest, or --time %s. guardian wal "
                       "check says what closes it.",
                       known);
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "the WAL in the store ends at %s of timeline %u: %s", end,
                           plan->end_timeline, unknown),
                   "What there is can be had: --latest, or --time %s. If the old server's pg_wal "
                   "is still there, guardian wal push brings what is missing.",
                   known);
}

struct gd_status gd_recover_fail_damage(const struct gd_recovering *recovering,
                                        const struct gd_recover_damage *damage,
                                        struct gd_error *err)
{
    struct gd_arena *arena = recovering->arena;
    const char *end = lsn_text(damage->end_lsn, arena);
    const char *again = recovering->server.throwaway ? "" : "; --delta goes on in the same folder";
    struct gd_status status = gd_fail(
        err, GD_CORRUPT, "%s; what is before it leads to %s of timeline %u%s", damage->what, end,
        damage->end_timeline,
        damage->sure_us == 0 ? ""
                             : gd_arena_printf(arena, ", and all that was committed until %s is in",
                                               time_text(damage->sure_us, arena)));
    if (damage->last_record == 0)
        return gd_hint(err, status,
                       "Put back what is damaged: guardian wal check tells how, and what can be "
                       "recovered without it%s.",
                       again);
    return gd_hint(err, status,
                   "All that is before it can be had with --lsn %s%s. guardian wal check tells how "
                   "to put back what is damaged.",
                   end, again);
}

struct gd_status gd_recover_check_way(const struct gd_recovering *recovering, uint64_t replayed_lsn,
                                      struct gd_error *err)
{
    const struct gd_recover_plan *plan = recovering->plan;
    const char *left = lsn_text(plan->end_lsn, recovering->arena);
    if (!plan->parted || replayed_lsn <= plan->end_lsn)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT,
                           "recovery went past %s, where timeline %u began, into WAL that is not "
                           "of that timeline: its own first segment is not in the store",
                           left, plan->end_timeline),
                   "Recover into another folder with --latest or --lsn %s: that is as far as it "
                   "goes. What the timeline before has behind it needs --timeline.",
                   left);
}

/* --- the level fell --- */

const char gd_recover_barred[] =
    "the server wrote with wal_level=minimal from here on: what it did then is not in the WAL";

bool gd_recover_is_barred(const struct gd_server_log *log)
{
    return log->fatal != NULL && (strstr(log->fatal, "wal_level=minimal") != NULL ||
                                  strstr(log->fatal, "wal_level was not set to") != NULL);
}

/* CONTEXT:  WAL redo at 0/3000108 for XLOG/PARAMETER_CHANGE: … */
struct gd_status gd_recover_fail_barred(const struct gd_server *server, const char *what,
                                        struct gd_error *err)
{
    static const char redo[] = "WAL redo at ";
    char place[GD_LSN_SIZE] = "";
    for (size_t i = 0; i < server->log.tail_count; i++) {
        const char *at = strstr(server->log.tail[i], redo);
        if (at == NULL || strstr(at, "PARAMETER_CHANGE") == NULL)
            continue;
        at += sizeof redo - 1;
        (void)snprintf(place, sizeof place, "%.*s", (int)strcspn(at, " "), at);
    }
    struct gd_status status =
        gd_fail(err, GD_CORRUPT,
                "%s: the server that wrote the WAL did so with wal_level=minimal%s%s on, and what "
                "it did then is not in it",
                what, *place == '\0' ? " from some place" : " from ", place);
    return *place == '\0'
               ? status
               : gd_hint(err, status,
                         "All that was committed before can be had, in an empty folder: --lsn %s.",
                         place);
}
