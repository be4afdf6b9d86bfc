#include "guardian/pg/probe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct probe {
    struct gd_pg *pg;
    struct gd_arena *arena;
    uint32_t check_ms, total_ms, samples;
    double started;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* @return 0 when the time for all is used up. */
static uint32_t limit_for_next(const struct probe *probe)
{
    double left = (double)probe->total_ms - (now() - probe->started) * 1000;
    if (left < 1)
        return 0;
    return left < probe->check_ms ? (uint32_t)left : probe->check_ms;
}

static const char *reason_of(const struct probe *probe, const struct gd_pg_call *call,
                             uint32_t limit_ms, const struct gd_error *err)
{
    if (strcmp(call->sqlstate, "57014") == 0)
        return gd_arena_printf(probe->arena, "stopped after %u ms", limit_ms);
    if (call->reason == NULL)
        return gd_arena_strdup(probe->arena, err->text);
    return gd_arena_printf(probe->arena, "%s (%s)", call->reason, call->sqlstate);
}

struct answer {
    struct probe *probe;
    struct gd_check *check;
    size_t from; /* the call whose rows are meant */
    bool samples;
};

GD_MUST static struct gd_status take_answer(size_t index, const struct gd_pg_rows *rows,
                                            void *context, struct gd_error *err)
{
    (void)err;
    struct answer *answer = context;
    if (index != answer->from)
        return GD_DONE;
    if (!answer->samples) {
        answer->check->done = gd_pg_rows_count(rows) == 1 && gd_pg_cell(rows, 0, 0) != NULL;
        if (answer->check->done)
            answer->check->count = gd_pg_int(rows, 0, 0);
        return GD_DONE;
    }
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        const char *text = gd_pg_cell(rows, row, 0);
        gd_texts_add(&answer->check->samples,
                     text == NULL ? "NULL" : gd_arena_strdup(answer->probe->arena, text),
                     answer->probe->arena);
    }
    return GD_DONE;
}

/* One query behind its savepoint. @return NULL, or why there is no answer. */
static const char *ask(struct probe *probe, struct gd_check *check, bool samples)
{
    uint32_t limit = limit_for_next(probe);
    if (limit == 0)
        return "the time for all checks was used up";
    char timeout[16], some[16];
    snprintf(timeout, sizeof timeout, "%u", limit);
    snprintf(some, sizeof some, "%u", probe->samples);
    const char *const timeouts[] = {timeout}, *const somes[] = {some};
    struct gd_pg_call calls[] = {
        {.what = "set a savepoint", .sql = "SAVEPOINT guardian"},
        {.what = "set a limit",
         .sql = "SELECT pg_catalog.set_config('statement_timeout', $1, true)",
         .values = timeouts,
         .value_count = 1},
        {.what = samples ? "fetch samples" : "count",
         .sql = samples ? check->sample_sql : check->count_sql,
         .values = samples ? somes : NULL,
         .value_count = samples,
         .limit_ms = limit},
    };
    struct answer answer = {.probe = probe, .check = check, .from = 2, .samples = samples};
    struct gd_error err = {0};
    if (gd_pg_batch(probe->pg, calls, 3, take_answer, &answer, &err).code == GD_OK)
        return samples || check->done ? NULL : "the query gave no count";
    const char *reason = reason_of(probe, &calls[2], limit, &err);
    struct gd_pg_call back = {.what = "return to a savepoint",
                              .sql = "ROLLBACK TO SAVEPOINT guardian"};
    struct gd_error ignored = {0};
    (void)gd_pg_run(probe->pg, &back, NULL, &ignored).code; /* broken: the next one finds out */
    return reason;
}

static bool is_query(const char *sql)
{
    return sql != NULL && (strncasecmp(sql, "SELECT", 6) == 0 || strncasecmp(sql, "WITH", 4) == 0);
}

static void run_check(struct probe *probe, struct gd_check *check)
{
    double started = now();
    check->done = false;
    check->count = -1;
    check->gave_up = is_query(check->count_sql) ? ask(probe, check, false) : "there is no query";
    if (check->gave_up == NULL && check->count > 0 && probe->samples > 0 &&
        is_query(check->sample_sql))
        (void)ask(probe, check, true); /* the count stands without samples */
    check->seconds = now() - started;
}

static void give_up_all(struct gd_check *const *checks, size_t count, const char *why)
{
    for (size_t i = 0; i < count; i++) {
        checks[i]->done = false;
        checks[i]->count = -1;
        checks[i]->gave_up = why;
    }
}

size_t gd_probe_run(struct gd_pg *pg, struct gd_check *const *checks, size_t count,
                    const struct gd_probe_limits *limits, struct gd_arena *arena)
{
    struct probe probe = {
        .pg = pg,
        .arena = arena,
        .check_ms = limits->check_ms == 0 ? 2000 : limits->check_ms,
        .total_ms = limits->total_ms == 0 ? 10000 : limits->total_ms,
        .samples = limits->samples,
        .started = now(),
    };
    struct gd_error err = {0};
    struct gd_pg_call hidden = {.what = "see all rows",
                                .sql = "SELECT pg_catalog.set_config('row_security', 'off', true)"};
    struct gd_status status = count == 0 ? GD_DONE : gd_pg_begin(pg, &err);
    if (status.code == GD_OK && count > 0)
        status = gd_pg_run(pg, &hidden, NULL, &err);
    if (status.code != GD_OK)
        give_up_all(checks, count, gd_arena_strdup(arena, err.text));
    size_t answered = 0;
    for (size_t i = 0; status.code == GD_OK && i < count; i++) {
        run_check(&probe, checks[i]);
        answered += checks[i]->done;
    }
    gd_pg_end(pg);
    return answered;
}
