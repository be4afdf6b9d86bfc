/* Making a mark, and waiting until it was seen. See mark.h. */
#include "guardian/wal/mark.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/wal/mark_own.h"
#include "guardian/wal/restore_point.h"

enum {
    WAIT_MS = 10000,
    STATEMENT_MS = 10000,
    LOOK_MS = 10, /* between the first two looks; then longer each time */
    LOOK_MAX_MS = 250,
};

struct marking {
    const struct gd_mark_options *options;
    struct gd_arena *arena;
    struct gd_wal_place place;
    uint64_t segment_bytes;
    bool may_switch;
    struct gd_mark mark;
};

/* ---- may it be made here? ---- */

GD_MUST static struct gd_status no_right(const struct marking *marking, struct gd_error *err)
{
    const char *user = gd_pg_user(marking->options->pg);
    return gd_hint(
        err,
        gd_fail(err, GD_UNPROTECTED, "could not make a restore point: role \"%s\" may not", user),
        "As a superuser: GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal() "
        "TO \"%s\". Where nobody can grant that (managed servers), snapshots protect changes.",
        user);
}

GD_MUST static struct gd_status check_server(struct marking *marking, const struct gd_pg_rows *rows,
                                             struct gd_error *err)
{
    uint64_t identifier = strtoull(gd_pg_cell(rows, 0, 0), NULL, 10);
    const char *level = gd_pg_cell(rows, 0, 2);
    if (gd_pg_bool(rows, 0, 1))
        return gd_hint(
            err, gd_fail(err, GD_UNPROTECTED, "could not make a restore point: this is a standby"),
            "Connect to the primary.");
    if (strcmp(level, "minimal") == 0)
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED,
                               "could not make a restore point: the server's wal_level is minimal"),
                       "Set wal_level = replica and restart the server.");
    if (marking->place.system_identifier == 0)
        marking->place.system_identifier = identifier;
    if (marking->place.system_identifier != identifier)
        return gd_fail(err, GD_UNPROTECTED,
                       "could not make a restore point: the server has the system identifier "
                       "%" PRIu64 ", and the WAL is that of %" PRIu64,
                       identifier, marking->place.system_identifier);
    marking->segment_bytes = (uint64_t)gd_pg_int(rows, 0, 3);
    if (!gd_wal_segment_bytes_valid(marking->segment_bytes))
        return gd_fail(err, GD_UNPROTECTED,
                       "could not make a restore point: the server says that its segments have %s "
                       "bytes",
                       gd_pg_cell(rows, 0, 3));
    marking->may_switch = gd_pg_bool(rows, 0, 5);
    return gd_pg_bool(rows, 0, 4) ? GD_DONE : no_right(marking, err);
}

GD_MUST static struct gd_status look_at_server(struct marking *marking, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look whether a restore point can be made",
        .sql = "SELECT c.system_identifier, pg_catalog.pg_is_in_recovery(), "
               "pg_catalog.current_setting('wal_level'), (SELECT s.setting FROM "
               "pg_catalog.pg_settings AS s WHERE s.name = 'wal_segment_size'), "
               "pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(text)', "
               "'EXECUTE'), pg_catalog.has_function_privilege('pg_catalog.pg_switch_wal()', "
               "'EXECUTE') FROM pg_catalog.pg_control_system() AS c",
        .limit_ms = STATEMENT_MS,
    };
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(marking->options->pg, &call, &rows, err));
    return check_server(marking, rows, err);
}

/* ---- made ---- */

static const char *text_or_none(const char *text)
{
    return text == NULL ? "" : text;
}

bool gd_wal_mark_is_within(const struct gd_mark *mark)
{
    size_t size = strlen(mark->change);
    return size > 0 && strncmp(mark->name, "guardian-", 9) == 0 &&
           strncmp(mark->name + 9, mark->change, size) == 0 &&
           strncmp(mark->name + 9 + size, "-within-", 8) == 0;
}

/* "guardian-<change>-before-<random>": the change is found by its name, and a second try has
 * another one. */
static void name_it(struct marking *marking)
{
    const struct gd_mark_options *options = marking->options;
    struct gd_arena *arena = marking->arena;
    struct gd_mark *mark = &marking->mark;
    char id[GD_ID_SIZE];
    gd_id_new(id);
    *mark = (struct gd_mark){
        .id = gd_arena_strdup(arena, id),
        .change = gd_arena_strdup(arena, text_or_none(options->change)),
        .database = gd_arena_strdup(arena, text_or_none(options->database)),
        .git_commit = gd_arena_strdup(arena, text_or_none(options->git_commit)),
        .after = options->after,
        .system_identifier = marking->place.system_identifier,
    };
    mark->name = mark->change[0] == '\0' ? gd_arena_printf(arena, "guardian-%s", id)
                                         : gd_arena_printf(arena, "guardian-%s-%s-%s", mark->change,
                                                           options->within ? "within"
                                                           : mark->after   ? "after"
                                                                           : "before",
                                                           strchr(id, '-') + 1);
    assert(strlen(mark->name) < GD_MARK_NAME_SIZE);
}

/* The transaction that it is made in gets an id, so that its end, and with it the restore point,
 * is on the server's disk when it is over. */
GD_MUST static struct gd_status make(struct marking *marking, struct gd_error *err)
{
    struct gd_mark *mark = &marking->mark;
    struct gd_pg_call call = {
        .what = "make a restore point",
        .sql = "WITH made AS MATERIALIZED (SELECT pg_catalog.pg_create_restore_point($1) AS lsn) "
               "SELECT made.lsn, pg_catalog.left(pg_catalog.pg_walfile_name(made.lsn), 8), "
               "(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000000)::int8, "
               "pg_catalog.pg_current_xact_id()::text FROM made",
        .values = &mark->name,
        .value_count = 1,
        .limit_ms = STATEMENT_MS,
    };
    gd_auto_pg_rows rows = NULL;
    struct gd_status status = gd_pg_run(marking->options->pg, &call, &rows, err);
    if (status.code != GD_OK && strcmp(call.sqlstate, "42501") == 0)
        return no_right(marking, err);
    GD_TRY(status);
    mark->timeline = (uint32_t)strtoul(gd_pg_cell(rows, 0, 1), NULL, 16);
    mark->time_us = gd_pg_int(rows, 0, 2);
    mark->transaction = strtoull(gd_pg_cell(rows, 0, 3), NULL, 10);
    if (!gd_lsn_read(gd_pg_cell(rows, 0, 0), &mark->lsn) || mark->timeline == 0)
        return gd_fail(err, GD_UNPROTECTED, "could not read where the restore point is: \"%s\"",
                       gd_pg_cell(rows, 0, 0));
    return gd_fault("mark: made", err);
}

/* What is not whole stays on the server, unless somebody streams it. */
GD_MUST static struct gd_status close_segment(struct marking *marking, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "end the WAL segment that holds the restore point",
        .sql = "SELECT pg_catalog.pg_switch_wal()",
        .limit_ms = STATEMENT_MS,
    };
    if (!marking->may_switch)
        return GD_DONE;
    GD_TRY(gd_pg_run(marking->options->pg, &call, NULL, err));
    return gd_fault("mark: segment ended", err);
}

/* ---- seen ---- */

/* The bytes [from, to) of a segment, kept while it passes. */
struct window {
    struct gd_sink sink;
    uint64_t at, from, to;
    unsigned char *bytes;
};

static struct gd_status keep_window(struct gd_sink *sink, const void *data, size_t size,
                                    struct gd_error *err)
{
    (void)err;
    struct window *window = (struct window *)sink;
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size && window->at + i < window->to; i++)
        if (window->at + i >= window->from)
            window->bytes[window->at + i - window->from] = bytes[i];
    window->at += size;
    return GD_DONE;
}

static struct gd_status end_window(struct gd_sink *sink, struct gd_error *err)
{
    (void)sink, (void)err;
    return GD_DONE;
}

static void free_window(struct gd_sink *sink)
{
    (void)sink;
}

/* All of the segment is read and checked, whatever of it is kept. */
GD_MUST static struct gd_status read_window(const struct gd_wal_place *place, uint32_t timeline,
                                            uint64_t segment_bytes, struct window *window,
                                            bool *out_there, struct gd_error *err)
{
    static const struct gd_sink_ops ops = {keep_window, end_window, free_window};
    const struct gd_wal_name name = gd_wal_segment_at(timeline, window->from, segment_bytes);
    window->sink = (struct gd_sink){.ops = &ops};
    window->at = window->from - window->from % segment_bytes;
    return gd_wal_get(place, &name, &window->sink, out_there, err);
}

struct gd_status gd_wal_mark_look(const struct gd_wal_place *place, const struct gd_mark *mark,
                                  uint64_t segment_bytes, bool *out_seen, struct gd_error *err)
{
    unsigned char bytes[GD_RESTORE_POINT_SPAN];
    uint64_t from = mark->lsn - sizeof bytes;
    uint64_t border = (mark->lsn - 1) / segment_bytes * segment_bytes;
    border = border < from ? from : border;
    struct window before = {.from = from, .to = border, .bytes = bytes};
    struct window behind = {.from = border, .to = mark->lsn, .bytes = bytes + (border - from)};
    struct gd_restore_point point;
    char lsn[GD_LSN_SIZE];
    bool there = true;
    *out_seen = false;
    if (from < border)
        GD_TRY(read_window(place, mark->timeline, segment_bytes, &before, &there, err));
    if (there)
        GD_TRY(read_window(place, mark->timeline, segment_bytes, &behind, &there, err));
    if (!there)
        return GD_DONE;
    gd_lsn_write(mark->lsn, lsn);
    if (!gd_restore_point_read(bytes, sizeof bytes, mark->lsn, segment_bytes, &point) ||
        strcmp(point.name, mark->name) != 0)
        return gd_fail(err, GD_CORRUPT,
                       "the WAL in the store does not have restore point \"%s\" before byte %s of "
                       "timeline %" PRIu32,
                       mark->name, lsn, mark->timeline);
    *out_seen = true;
    return GD_DONE;
}

GD_MUST static struct gd_status too_late(const struct marking *marking, uint32_t wait_ms,
                                         struct gd_error *err)
{
    char name[GD_WAL_NAME_SIZE];
    const struct gd_wal_name segment =
        gd_wal_segment_at(marking->mark.timeline, marking->mark.lsn - 1, marking->segment_bytes);
    gd_wal_name_write(&segment, name);
    return gd_hint(
        err,
        gd_fail(err, GD_UNPROTECTED,
                "the WAL of the restore point (segment %s) did not reach the store within "
                "%.1f s",
                name, wait_ms / 1000.0),
        marking->may_switch
            ? "Look whether \"guardian wal stream\" or archive_command runs: "
              "\"guardian wal check\" tells what is missing."
            : "Grant EXECUTE on function pg_switch_wal() to role \"%s\": without it a "
              "segment goes out only when it is full.",
        gd_pg_user(marking->options->pg));
}

GD_MUST static struct gd_status wait_for_it(struct marking *marking, struct gd_error *err)
{
    uint32_t wait_ms = marking->options->wait_ms == 0 ? WAIT_MS : marking->options->wait_ms;
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    gd_tell_stage(marking->options->events, "waiting for the WAL in the store", 0);
    for (uint32_t pause_ms = LOOK_MS;; pause_ms = pause_ms * 3 / 2) {
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_wal_mark_look(&marking->place, &marking->mark, marking->segment_bytes,
                                &marking->mark.seen, err));
        if (marking->mark.seen)
            return gd_fault("mark: seen", err);
        if (gd_clock_monotonic_us() >= until_us)
            return too_late(marking, wait_ms, err);
        gd_sleep_ms(pause_ms < LOOK_MAX_MS ? pause_ms : LOOK_MAX_MS);
    }
}

struct gd_status gd_wal_mark(const struct gd_mark_options *options, struct gd_arena *arena,
                             struct gd_mark *out_mark, struct gd_error *err)
{
    struct marking marking = {.options = options, .arena = arena, .place = options->place};
    GD_TRY(look_at_server(&marking, err));
    name_it(&marking);
    GD_TRY(make(&marking, err));
    if (options->wait) {
        GD_TRY(close_segment(&marking, err));
        GD_TRY(wait_for_it(&marking, err));
    }
    GD_TRY(gd_wal_mark_record(options->place.store, &marking.mark, err));
    GD_TRY(gd_fault("mark: recorded", err));
    *out_mark = marking.mark;
    return GD_DONE;
}
