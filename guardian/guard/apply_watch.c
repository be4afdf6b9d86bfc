/*
 * Watch: a second connection that looks at the first while that waits or works.
 *
 * It is opened when there is something to see, reads statistics only, and its failures are nobody's
 * trouble: then there is less to tell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/apply_own.h"
#include "guardian/pg/copy.h"

enum {
    FIRST_LOOK_MS = 300,
    EVERY_MS = 1000,
    BLOCKERS_SIZE = 512,
    QUERY_MAX = 80,
    BLOCKERS_MAX = 3,
    TELL_AGAIN_MS = 10000,
    LOOK_LIMIT_MS = 2000,
};

struct gd_watch {
    struct gd_applier *applier;
    struct gd_pg *pg;
    bool gave_up, staged;
    uint32_t flags;
    int64_t next_ms, told_ms;
    const struct gd_apply_stmt *told_of; /* each try of one statement need not say it again */
    char blockers[BLOCKERS_SIZE];
};

struct gd_watch *gd_watch_new(struct gd_applier *applier)
{
    struct gd_watch *watch = gd_arena_zalloc(applier->arena, 1, sizeof *watch);
    watch->applier = applier;
    return watch;
}

void gd_watch_free(struct gd_watch *watch)
{
    if (watch != NULL)
        gd_pg_close(watch->pg);
}

static int64_t now_ms(void)
{
    return gd_clock_monotonic_us() / 1000;
}

void gd_watch_begin(struct gd_watch *watch, uint32_t flags)
{
    uint32_t half = watch->applier->options.lock_ms / 2;
    watch->flags = flags;
    /* Of the next try of the same statement, which may be too short to look, it still holds. */
    if (watch->applier->at != NULL && watch->told_of != watch->applier->at) {
        watch->blockers[0] = '\0';
        watch->told_ms = 0;
        watch->told_of = watch->applier->at;
    }
    watch->staged = false;
    watch->next_ms = now_ms() + (half > 0 && half < FIRST_LOOK_MS ? half : FIRST_LOOK_MS);
}

const char *gd_watch_blockers(const struct gd_watch *watch)
{
    return watch->blockers;
}

/* ---- who is in the way ---- */

static const char blockers_sql[] =
    "SELECT b.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''),"
    " coalesce(a.state, ''), coalesce(extract(epoch FROM now() - CASE WHEN a.state LIKE 'idle%'"
    " THEN a.state_change ELSE a.query_start END), 0)::int8, coalesce(a.query, ''),"
    " coalesce(a.backend_type, '')"
    " FROM unnest(pg_catalog.pg_blocking_pids($1::int4)) AS b (pid)"
    " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY 5 DESC";

static void age_text(int64_t seconds, char out[32])
{
    if (seconds < 120)
        snprintf(out, 32, "%lld s", (long long)seconds);
    else if (seconds < 7200)
        snprintf(out, 32, "%lld min", (long long)seconds / 60);
    else
        snprintf(out, 32, "%lld h", (long long)seconds / 3600);
}

/* Its first words, on one line; what stands in quotes may be a password or somebody's data. */
static void query_text(const char *query, char *out, size_t size)
{
    size_t used = 0;
    bool quoted = false;
    for (const char *at = query; *at != '\0' && used + 5 < size; at++) {
        char c = *at == '\n' || *at == '\t' || *at == '\r' ? ' ' : *at;
        if (c == ' ' && used > 0 && out[used - 1] == ' ')
            continue;
        bool mark = c == '\'';
        if (!quoted || mark)
            out[used++] = c;
        quoted = mark ? !quoted : quoted;
    }
    while (used > 0 && ((unsigned char)out[used - 1] & 0x80) != 0)
        used--; /* no half of a character */
    out[used] = '\0';
}

static void add_blocker(struct gd_watch *watch, const struct gd_pg_rows *rows, size_t row)
{
    char age[32], query[QUERY_MAX];
    const char *state = gd_pg_cell(rows, row, 3), *program = gd_pg_cell(rows, row, 2);
    size_t used = strlen(watch->blockers);
    char *out = watch->blockers + used;
    size_t room = sizeof watch->blockers - used;
    const char *comma = used == 0 ? "" : "; ";
    age_text(gd_pg_int(rows, row, 4), age);
    query_text(gd_pg_cell(rows, row, 5), query, sizeof query);
    if (gd_pg_int(rows, row, 0) == 0) {
        snprintf(out, room, "%sa prepared transaction", comma);
        return;
    }
    bool idle = strncmp(state, "idle", 4) == 0;
    snprintf(out, room, "%sprocess %lld (%s%s%s), %s for %s%s%s", comma,
             (long long)gd_pg_int(rows, row, 0), gd_pg_cell(rows, row, 1),
             *program == '\0' ? "" : ", ", program,
             *state == '\0' ? gd_pg_cell(rows, row, 6) : state, age,
             *query == '\0' ? ""
             : idle         ? ", last: "
                            : ": ",
             query);
}

static bool ask(struct gd_watch *watch, const char *sql, struct gd_pg_rows **out_rows)
{
    char pid[16];
    const char *values[] = {pid};
    struct gd_error ignored = {0};
    struct gd_pg_call call = {.what = "look at the session",
                              .sql = sql,
                              .values = values,
                              .value_count = 1,
                              .limit_ms = LOOK_LIMIT_MS};
    snprintf(pid, sizeof pid, "%d", gd_pg_backend(watch->applier->pg));
    return gd_pg_run(watch->pg, &call, out_rows, &ignored).code == GD_OK;
}

static void look_for_blockers(struct gd_watch *watch)
{
    gd_auto_pg_rows rows = NULL;
    if (!ask(watch, blockers_sql, &rows) || gd_pg_rows_count(rows) == 0)
        return;
    watch->blockers[0] = '\0';
    for (size_t i = 0; i < gd_pg_rows_count(rows) && i < BLOCKERS_MAX; i++)
        add_blocker(watch, rows, i);
    if (watch->told_ms != 0 && now_ms() < watch->told_ms + TELL_AGAIN_MS)
        return;
    watch->told_ms = now_ms();
    gd_tell_note(watch->applier->options.events, "%s waits for %s",
                 watch->applier->at == NULL ? "the change" : gd_apply_place(watch->applier),
                 watch->blockers);
}

/* ---- how far it is ---- */

/* phase, what, done, total, tuples done: blocks of 8 kB but for COPY */
/* clang-format off */
static const struct { uint32_t flag; int since; uint64_t unit; const char *sql; } views[] = {
    {GD_APPLY_INDEXES, 130000, 8192,
     "SELECT p.phase, coalesce(nullif(p.index_relid, 0)::regclass, p.relid::regclass)::text,"
     " p.blocks_done, p.blocks_total, p.tuples_done"
     " FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = $1::int4"},
    {GD_APPLY_VACUUMS, 130000, 8192,
     "SELECT p.phase, p.relid::regclass::text, p.heap_blks_scanned, p.heap_blks_total, 0"
     " FROM pg_catalog.pg_stat_progress_vacuum p WHERE p.pid = $1::int4"
     " UNION ALL SELECT p.phase, p.relid::regclass::text, p.sample_blks_scanned,"
     " p.sample_blks_total, 0 FROM pg_catalog.pg_stat_progress_analyze p WHERE p.pid = $1::int4"},
    {GD_APPLY_CLUSTERS, 130000, 8192,
     "SELECT p.phase, p.relid::regclass::text, p.heap_blks_scanned, p.heap_blks_total,"
     " p.heap_tuples_written FROM pg_catalog.pg_stat_progress_cluster p WHERE p.pid = $1::int4"},
    {GD_APPLY_COPIES, 140000, 1,
     "SELECT 'copying', p.relid::regclass::text, p.bytes_processed, p.bytes_total,"
     " p.tuples_processed FROM pg_catalog.pg_stat_progress_copy p WHERE p.pid = $1::int4"},
};
/* clang-format on */

static void tell_progress(const struct gd_watch *watch, const struct gd_pg_rows *rows,
                          uint64_t unit)
{
    const char *what = gd_pg_cell(rows, 0, 1);
    const char *object =
        gd_arena_printf(watch->applier->scratch, "%s: %s", what == NULL ? "" : what,
                        gd_pg_cell(rows, 0, 0) == NULL ? "" : gd_pg_cell(rows, 0, 0));
    gd_tell(watch->applier->options.events,
            &(struct gd_event){
                .kind = GD_EVENT_PROGRESS,
                .object = object,
                .worker = 0,
                .bytes = (uint64_t)gd_pg_int(rows, 0, 2) * unit,
                .total_bytes = (uint64_t)gd_pg_int(rows, 0, 3) * unit,
                .rows = (uint64_t)gd_pg_int(rows, 0, 4),
            });
}

static void look_at_progress(struct gd_watch *watch)
{
    int version = gd_pg_version(watch->applier->pg);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        gd_auto_pg_rows rows = NULL;
        if ((watch->flags & views[i].flag) == 0 || version < views[i].since)
            continue;
        if (ask(watch, views[i].sql, &rows) && gd_pg_rows_count(rows) > 0)
            tell_progress(watch, rows, views[i].unit);
    }
}

static bool is_open(struct gd_watch *watch)
{
    struct gd_error ignored = {0};
    if (watch->pg != NULL && !gd_pg_broken(watch->pg))
        return true;
    if (watch->gave_up)
        return false;
    gd_pg_close(watch->pg);
    watch->pg = NULL;
    watch->gave_up = true; /* one try each time it gets lost would hold up what it watches */
    return gd_pg_connect_like(watch->applier->pg, NULL, &watch->pg, &ignored).code == GD_OK;
}

/* What takes a while is a stage of its own; a hundred quick statements are none. */
static void tell_stage(struct gd_watch *watch)
{
    const struct gd_applier *applier = watch->applier;
    if (watch->staged)
        return;
    watch->staged = true;
    gd_tell_stage(applier->options.events,
                  applier->at == NULL
                      ? "committing"
                      : gd_arena_printf(applier->scratch, "running %s", gd_apply_place(applier)),
                  0);
}

void gd_watch_tick(struct gd_watch *watch)
{
    if (now_ms() < watch->next_ms)
        return;
    tell_stage(watch);
    if (!is_open(watch))
        return;
    look_for_blockers(watch);
    look_at_progress(watch);
    watch->next_ms = now_ms() + EVERY_MS;
}
