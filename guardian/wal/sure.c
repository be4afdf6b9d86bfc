#include "guardian/wal/sure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/wal/page.h"

/* Two processors, and a clock that is slowed down or put right by a little, may differ by this. */
enum { CLOCK_SLACK_US = 1000000 };

/* ---- asking ---- */

/* One after the other: each is answered before the next one is asked. */
static const char clock_sql[] =
    "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
    " pg_catalog.pg_is_in_recovery(),"
    " (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,"
    " pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))";
/* Whoever has a transaction id holds this lock until his commit is in the WAL, and a prepared
 * transaction does, too; everybody may see that. A snapshot would not show the newest ones. */
static const char under_way_sql[] =
    "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'transactionid'"
    " AND mode = 'ExclusiveLock' AND granted";
static const char end_sql[] =
    "SELECT ('x' || pg_catalog.left(pg_catalog.pg_walfile_name(lsn), 8))::bit(32)::bigint, lsn"
    " FROM pg_catalog.pg_current_wal_insert_lsn() AS lsn";

GD_MUST static struct gd_status ask(struct gd_pg *pg, const char *sql, struct gd_pg_rows **out_rows,
                                    struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "ask until when nothing was committed", .sql = sql, .limit_ms = 5000};
    return gd_pg_run(pg, &call, out_rows, err);
}

struct gd_status gd_wal_sure_ask(struct gd_pg *pg, uint64_t system_identifier,
                                 struct gd_wal_sure *out_sure, bool *out_known,
                                 struct gd_error *err)
{
    gd_auto_pg_rows clock = NULL;
    gd_auto_pg_rows under_way = NULL;
    gd_auto_pg_rows end = NULL;
    struct gd_wal_sure sure = {0};
    *out_known = false;
    GD_TRY(ask(pg, clock_sql, &clock, err));
    if (strtoull(gd_pg_cell(clock, 0, 0), NULL, 10) != system_identifier || gd_pg_bool(clock, 0, 1))
        return GD_DONE;
    sure.time_us = gd_pg_int(clock, 0, 2) - CLOCK_SLACK_US;
    GD_TRY(gd_fault("stream: after the clock was read", err));
    GD_TRY(ask(pg, under_way_sql, &under_way, err));
    if (gd_pg_int(under_way, 0, 0) != 0)
        return GD_DONE;
    GD_TRY(ask(pg, end_sql, &end, err));
    if (!gd_lsn_read(gd_pg_cell(end, 0, 1), &sure.lsn))
        return gd_fail(err, GD_SYSTEM, "the server does not say where its WAL ends");
    sure.timeline = (uint32_t)gd_pg_int(end, 0, 0);
    sure.lsn = gd_wal_page_end(sure.lsn, (uint64_t)gd_pg_int(clock, 0, 3));
    *out_sure = sure;
    *out_known = true;
    return GD_DONE;
}

/* ---- names ---- */

static const char *prefix_of(uint64_t system_identifier, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%" PRIu64 "/wal-sure/", system_identifier);
}

/* "00000001-0000000012000028-1795445552000000" */
static const char *key_of(uint64_t system_identifier, const struct gd_wal_sure *sure,
                          struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s%08" PRIX32 "-%016" PRIX64 "-%016" PRId64,
                           prefix_of(system_identifier, arena), sure->timeline, sure->lsn,
                           sure->time_us);
}

static bool read_name(const char *name, struct gd_wal_sure *sure)
{
    enum { TIMELINE = 8, LSN = 16, TIME = 16, ALL = TIMELINE + 1 + LSN + 1 + TIME };
    char *end;
    if (strlen(name) != ALL || strspn(name, "0123456789ABCDEF") != TIMELINE ||
        name[TIMELINE] != '-' || strspn(name + TIMELINE + 1, "0123456789ABCDEF") != LSN ||
        name[TIMELINE + 1 + LSN] != '-' ||
        strspn(name + TIMELINE + 1 + LSN + 1, "0123456789") != TIME)
        return false;
    sure->timeline = (uint32_t)strtoul(name, &end, 16);
    sure->lsn = strtoull(end + 1, &end, 16);
    sure->time_us = (int64_t)strtoll(end + 1, &end, 10);
    return *end == '\0' && sure->timeline > 0;
}

/* ---- in the store ---- */

struct gd_status gd_wal_sure_put(const struct gd_wal_place *place, const struct gd_wal_sure *sure,
                                 struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char time[GD_TIME_SIZE], lsn[GD_LSN_SIZE];
    struct gd_error there = {0};
    gd_clock_text(sure->time_us, time);
    gd_lsn_write(sure->lsn, lsn);
    const char *text = gd_arena_printf(
        arena, "{\"format\":1,\"timeline\":%" PRIu32 ",\"lsn\":\"%s\",\"time\":\"%s\"}\n",
        sure->timeline, lsn, time);
    GD_TRY(gd_fault("stream: before a time is written down", err));
    struct gd_status status = gd_store_put_bytes(
        place->store, key_of(place->system_identifier, sure, arena), text, strlen(text), &there);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE;
    *err = there;
    return status;
}

struct reading {
    struct gd_arena *arena;
    struct gd_wal_sure *all;
    size_t prefix, count, room;
};

GD_MUST static struct gd_status see(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    struct reading *reading = context;
    struct gd_wal_sure sure = {.stored_us = entry->modified_us};
    (void)err;
    if (!read_name(entry->key + reading->prefix, &sure))
        return GD_DONE;
    reading->all = gd_arena_more(reading->arena, reading->all, reading->count, &reading->room,
                                 sizeof *reading->all);
    reading->all[reading->count++] = sure;
    return GD_DONE;
}

GD_MUST static struct gd_status read_all(struct gd_store *store, uint64_t system_identifier,
                                         struct reading *reading, struct gd_error *err)
{
    const char *prefix = prefix_of(system_identifier, reading->arena);
    reading->prefix = strlen(prefix);
    return gd_store_list(store, prefix, see, reading, err);
}

static int by_lsn(const void *left, const void *right)
{
    const struct gd_wal_sure *a = left, *b = right;
    if (a->timeline != b->timeline)
        return a->timeline < b->timeline ? -1 : 1;
    return a->lsn < b->lsn ? -1 : a->lsn > b->lsn;
}

static int by_storing(const void *left, const void *right)
{
    const struct gd_wal_sure *a = left, *b = right;
    if (a->timeline != b->timeline)
        return a->timeline < b->timeline ? -1 : 1;
    return a->stored_us < b->stored_us ? -1 : a->stored_us > b->stored_us;
}

/* Leave out those behind which, in this order, another one of the timeline has an earlier time: the
 * clock was set back in between. */
static void leave_out(struct reading *reading, int (*order)(const void *, const void *))
{
    size_t kept = reading->count, at = reading->count;
    if (reading->count == 0)
        return;
    qsort(reading->all, reading->count, sizeof *reading->all, order);
    int64_t behind_us = INT64_MAX;
    while (at > 0) {
        size_t first = at - 1; /* of those that are equal in this order */
        while (first > 0 && order(&reading->all[first - 1], &reading->all[at - 1]) == 0)
            first--;
        int64_t earliest_us = behind_us;
        for (size_t i = at; i > first; i--) {
            const struct gd_wal_sure one = reading->all[i - 1];
            earliest_us = one.time_us < earliest_us ? one.time_us : earliest_us;
            if (one.time_us <= behind_us)
                reading->all[--kept] = one;
        }
        bool over = first == 0 || reading->all[first - 1].timeline != reading->all[first].timeline;
        behind_us = over ? INT64_MAX : earliest_us;
        at = first;
    }
    reading->count -= kept;
    memmove(reading->all, reading->all + kept, reading->count * sizeof *reading->all);
}

struct gd_status gd_wal_sure_read(struct gd_store *store, uint64_t system_identifier,
                                  struct gd_arena *arena, struct gd_wal_sure **out_sure,
                                  size_t *out_count, struct gd_error *err)
{
    struct reading reading = {.arena = arena};
    GD_TRY(read_all(store, system_identifier, &reading, err));
    leave_out(&reading, by_storing);
    leave_out(&reading, by_lsn);
    *out_sure = reading.all;
    *out_count = reading.count;
    return GD_DONE;
}

static bool is_same(const struct gd_wal_sure *a, const struct gd_wal_sure *b)
{
    return a->timeline == b->timeline && a->lsn == b->lsn && a->time_us == b->time_us;
}

struct gd_status gd_wal_sure_tidy(struct gd_store *store, uint64_t system_identifier,
                                  struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct reading reading = {.arena = arena};
    struct gd_wal_sure *hold, *stays;
    size_t count;
    GD_TRY(read_all(store, system_identifier, &reading, err));
    GD_TRY(gd_wal_sure_read(store, system_identifier, arena, &hold, &count, err));
    for (size_t i = 0; i < reading.count; i++) {
        stays = NULL; /* the last one that holds, of its timeline */
        for (size_t k = 0; k < count; k++)
            if (hold[k].timeline == reading.all[i].timeline &&
                (stays == NULL || hold[k].time_us >= stays->time_us))
                stays = &hold[k];
        if (stays != NULL && !is_same(stays, &reading.all[i]) &&
            reading.all[i].stored_us <= stays->stored_us)
            GD_TRY(gd_store_remove(store, key_of(system_identifier, &reading.all[i], arena), err));
    }
    return GD_DONE;
}
