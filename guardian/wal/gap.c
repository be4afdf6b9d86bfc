#include "guardian/wal/gap.h"

#include <inttypes.h>
#include <stdlib.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/io/json.h"

enum { FORMAT = 1, GAP_BYTES_MAX = 64 << 10 };

/* ---- writing ---- */

static struct gd_json *json_of(const struct gd_wal_place *place, const struct gd_wal_gap *gap)
{
    gd_auto_arena arena = gd_arena_new();
    char from[GD_LSN_SIZE], to[GD_LSN_SIZE], noticed[GD_TIME_SIZE];
    struct gd_json *json = gd_json_object();
    gd_lsn_write(gap->from_lsn, from);
    gd_lsn_write(gap->to_lsn, to);
    gd_clock_text(gap->noticed_us, noticed);
    gd_json_put(json, "format", gd_json_new_int(FORMAT));
    gd_json_put(json, "system_identifier",
                gd_json_new_text(gd_arena_printf(arena, "%" PRIu64, place->system_identifier)));
    gd_json_put(json, "timeline", gd_json_new_int(gap->timeline));
    gd_json_put(json, "from_lsn", gd_json_new_text(from));
    gd_json_put(json, "to_lsn", gd_json_new_text(to));
    gd_json_put(json, "noticed", gd_json_new_text(noticed));
    gd_json_put(json, "reason", gd_json_new_text(gap->reason));
    return json;
}

struct gd_status gd_wal_gap_put(const struct gd_wal_place *place, const struct gd_wal_gap *gap,
                                struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char *text = NULL;
    size_t size = 0;
    const char *key = gd_arena_printf(
        arena, "v1/%" PRIu64 "/wal-gaps/%08" PRIX32 "/%016" PRIX64 "-%016" PRIX64 ".json",
        place->system_identifier, gap->timeline, gap->from_lsn, gap->to_lsn);
    GD_TRY(gd_fault("stream: before a gap is recorded", err));
    struct gd_json *json = json_of(place, gap);
    FILE *stream = open_memstream(&text, &size);
    struct gd_status status = stream == NULL ? gd_fail(err, GD_SYSTEM, "out of memory")
                                             : gd_json_write(json, stream, 2, err);
    gd_json_free(json);
    if (stream != NULL)
        (void)fclose(stream);
    if (status.code == GD_OK)
        status = gd_store_put_bytes(place->store, key, text, size, err);
    free(text);
    return status.code == GD_REFUSED ? GD_DONE : status;
}

/* ---- reading ---- */

struct reading {
    const struct gd_wal_place *place;
    struct gd_arena *arena;
    struct gd_wal_gap *gaps;
    size_t count, room;
};

GD_MUST static struct gd_status take(struct reading *reading, const struct gd_json *json,
                                     struct gd_error *err)
{
    struct gd_wal_gap gap = {
        .timeline = (uint32_t)gd_json_int(gd_json_get(json, "timeline")),
        .reason = gd_arena_strdup(reading->arena, gd_json_text(gd_json_get(json, "reason"))),
    };
    if (gd_json_int(gd_json_get(json, "format")) > FORMAT)
        return gd_fail(err, GD_USAGE, "it was written by a newer guardian");
    if (!gd_lsn_read(gd_json_text(gd_json_get(json, "from_lsn")), &gap.from_lsn) ||
        !gd_lsn_read(gd_json_text(gd_json_get(json, "to_lsn")), &gap.to_lsn) ||
        !gd_clock_parse(gd_json_text(gd_json_get(json, "noticed")), &gap.noticed_us))
        return gd_fail(err, GD_CORRUPT, "it is no record of a gap");
    reading->gaps = gd_arena_more(reading->arena, reading->gaps, reading->count, &reading->room,
                                  sizeof *reading->gaps);
    reading->gaps[reading->count++] = gap;
    return GD_DONE;
}

GD_MUST static struct gd_status read_one(void *context, const struct gd_store_entry *entry,
                                         struct gd_error *err)
{
    struct reading *reading = context;
    struct gd_json *json = NULL;
    char *text;
    size_t size;
    GD_TRY(gd_store_get_bytes(reading->place->store, entry->key, GAP_BYTES_MAX, &text, &size, err));
    struct gd_status status = gd_json_parse(text, size, &json, err);
    free(text);
    if (status.code == GD_OK)
        status = take(reading, json, err);
    gd_json_free(json);
    return status.code == GD_OK ? status
                                : gd_wrap(err, status, "could not read \"%s\": ", entry->key);
}

struct gd_status gd_wal_gaps(const struct gd_wal_place *place, struct gd_arena *arena,
                             struct gd_wal_gap **out_gaps, size_t *out_count, struct gd_error *err)
{
    struct reading reading = {.place = place, .arena = arena};
    const char *prefix =
        gd_arena_printf(arena, "v1/%" PRIu64 "/wal-gaps/", place->system_identifier);
    GD_TRY(gd_store_list(place->store, prefix, read_one, &reading, err));
    *out_gaps = reading.gaps;
    *out_count = reading.count;
    return GD_DONE;
}
