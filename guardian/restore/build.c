/*
 * Build: rows, indexes and what hangs on them, by all sessions at once, without a stage in between.
 *
 *   load       rows; a table that is very large by all sessions
 *   index      a key of a large table as a unique index. Those of small tables many at a time, all
 *              of one table in the same session, when all rows are in
 *   attach     a large table's unique indexes become its keys, when all of its indexes are there
 *   refer      its foreign keys are added NOT VALID, when those that they refer to have their keys
 *   check      and validated
 *   analyze    its statistics
 *
 * The last four are for large plain tables only: what else there is of them waits for post.c, in
 * the order of the dump. Of what can begin, that goes first which has the most work behind it: the
 * checks of one table run one after the other, and must not be left alone at the end.
 * Invariant 1  A job begins only when no other holds its tables in a way that conflicts: no session
 *              waits for another one's lock in the server, and none can deadlock.
 * Invariant 2  What may read other tables (an expression) does not begin before all rows are in.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/pool.h"

enum { CALL_LIMIT_MS = 3600000 };
static const uint64_t helpers_bytes = 64 << 20; /* a smaller table is not worth parallel helpers */
static const char building[] = "building indexes";

/* --- what can begin ---------------------------------------------------------------------------*/

static bool is_free(const struct gd_filled *place)
{
    return place->shared == 0 && !place->exclusive;
}

static bool is_keyed(const struct gd_filled *place)
{
    return place->loads == 0 && place->builds == 0 && place->attaches == 0;
}

static bool can_build(const struct gd_pool *pool, const struct gd_job *job)
{
    const struct gd_filled *place = job->place;
    if (place->loads > 0 || (job->patient && pool->loads_left > 0))
        return false;
    return job->alone ? is_free(place) : !place->exclusive;
}

static bool can_refer(const struct gd_job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (!is_keyed(job->refers[i]) || !is_free(job->refers[i]))
            return false;
    return is_keyed(job->place) && is_free(job->place);
}

static bool is_ready(const struct gd_pool *pool, const struct gd_job *job)
{
    switch (job->task) {
    case GD_TASK_LOAD:
        return true;
    case GD_TASK_INDEX:
        return can_build(pool, job);
    case GD_TASK_INDEX_SMALL:
        return pool->loads_left == 0;
    case GD_TASK_ATTACH:
        return job->place->builds == 0 && is_free(job->place);
    case GD_TASK_REFER:
        return can_refer(job);
    case GD_TASK_CHECK:
        return job->behind->ended && is_free(job->place);
    case GD_TASK_ANALYZE:
        return is_keyed(job->place) && is_free(job->place);
    }
    return false;
}

static void hold(struct gd_job *job, bool held)
{
    if (job->task == GD_TASK_LOAD || job->task == GD_TASK_INDEX_SMALL)
        return; /* nothing else begins at a table that is not loaded, or is small */
    if (job->task == GD_TASK_INDEX && !job->alone)
        job->place->shared += held ? 1 : (size_t)-1;
    else
        job->place->exclusive = held;
    for (size_t i = 0; job->task == GD_TASK_REFER && i < job->count; i++)
        job->refers[i]->exclusive = held;
}

static enum gd_team_turn pick(void *context, size_t *out_job)
{
    struct gd_pool *pool = context;
    if (pool->begun == pool->count)
        return GD_TEAM_END;
    while (pool->jobs[pool->first].begun)
        pool->first++;
    for (size_t i = pool->first; i < pool->count; i++) {
        struct gd_job *job = &pool->jobs[i];
        if (job->begun || !is_ready(pool, job))
            continue;
        hold(job, true);
        job->begun = true;
        pool->begun++;
        pool->indexes_left -= job->task == GD_TASK_INDEX || job->task == GD_TASK_INDEX_SMALL;
        job->last = pool->indexes_left == 0 && pool->loads_left == 0;
        *out_job = i;
        return GD_TEAM_JOB;
    }
    return GD_TEAM_WAIT;
}

struct gd_filled *gd_pool_place(const struct gd_pool *pool, const struct gd_dump_item *item)
{
    return gd_lookup_get(&pool->posting->places, "table", item->schema, item->table);
}

static void ended(void *context, size_t number)
{
    struct gd_pool *pool = context;
    struct gd_job *job = &pool->jobs[number];
    hold(job, false);
    job->ended = true;
    if (job->task == GD_TASK_LOAD) {
        pool->loads_left--;
        if (job->place != NULL)
            job->place->loads--;
    } else if (job->task == GD_TASK_INDEX) {
        job->place->builds--;
    } else if (job->task == GD_TASK_ATTACH) {
        job->place->attaches--;
    }
    for (size_t i = 0; job->task == GD_TASK_INDEX_SMALL && i < job->count; i++)
        gd_pool_place(pool, job->items[i])->builds--;
}

/* --- work -------------------------------------------------------------------------------------*/

static void fill_call(struct gd_pg_call *call, const char *what, const char *sql)
{
    *call = (struct gd_pg_call){.what = what, .sql = sql, .limit_ms = CALL_LIMIT_MS};
}

GD_MUST static struct gd_status build_small(const struct gd_job *job, struct gd_pg *pg,
                                            struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    struct gd_pg_call *calls = gd_arena_zalloc(scratch, 2 * job->count + 1, sizeof *calls);
    const char *tablespace = "";
    size_t count = 0;
    for (size_t i = 0; i < job->count; i++) {
        const struct gd_dump_item *item = job->items[i];
        if (strcmp(tablespace, item->tablespace) != 0)
            fill_call(&calls[count++], "set the tablespace",
                      gd_arena_printf(scratch, "SET default_tablespace = %s",
                                      gd_literal(item->tablespace, scratch)));
        tablespace = item->tablespace;
        fill_call(&calls[count++], item->what, item->sql);
    }
    if (*tablespace != '\0')
        fill_call(&calls[count++], "set the tablespace", "SET default_tablespace = ''");
    return gd_pg_batch(pg, calls, count, NULL, NULL, err);
}

bool gd_is_btree(const char *sql)
{
    return strstr(sql, " USING ") == NULL || strstr(sql, " USING btree ") != NULL;
}

/* While others build, too, a build gets no helpers: the processors are taken. The last one does,
 * and all of the memory, because helpers are given a share of it each. */
GD_MUST static struct gd_status build_large(const struct gd_job *job, struct gd_team *team,
                                            struct gd_pg *pg, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    bool helpers = job->last && job->bytes >= helpers_bytes;
    uint64_t kib = helpers || !gd_is_btree(job->sql) ? gd_team_memory_kib(team)
                                                     : gd_team_sort_kib(team, job->bytes);
    const char *set_up =
        gd_arena_printf(scratch,
                        "SET default_tablespace = %s;"
                        "SET maintenance_work_mem = %llu; %s",
                        gd_literal(job->items[0]->tablespace, scratch), (unsigned long long)kib,
                        helpers ? "RESET max_parallel_maintenance_workers"
                                : "SET max_parallel_maintenance_workers = 0");
    GD_TRY(gd_pg_command(pg, "set up a session for indexes", set_up, err));
    GD_TRY(gd_pg_command(pg, job->items[0]->what, job->sql, err));
    return gd_pg_command(pg, "set the tablespace", "SET default_tablespace = ''", err);
}

GD_MUST static struct gd_status attach(const struct gd_job *job, struct gd_pg *pg,
                                       struct gd_error *err)
{
    for (size_t i = 0; i < job->count; i++)
        GD_TRY(gd_pg_command(pg, job->items[i]->what, job->items[i]->attach, err));
    return GD_DONE;
}

GD_MUST static struct gd_status refer(const struct gd_job *job, struct gd_pg *pg,
                                      struct gd_error *err)
{
    for (size_t i = 0; i < job->count; i++)
        GD_TRY(gd_pg_command(pg, job->items[i]->what, job->items[i]->build, err));
    return GD_DONE;
}

GD_MUST static struct gd_status check(const struct gd_pool *pool, const struct gd_job *job,
                                      struct gd_pg *pg, struct gd_error *err)
{
    for (size_t i = 0; i < job->count; i++) {
        GD_TRY(gd_fault("restore: before a foreign key is checked", err));
        GD_TRY(gd_validate(pool->posting, pg, job->items[i], err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status analyze(const struct gd_job *job, struct gd_pg *pg,
                                        struct gd_error *err)
{
    GD_TRY(gd_fault("restore: before ANALYZE", err));
    return gd_pg_command(pg, "analyze tables", job->sql, err);
}

GD_MUST static struct gd_status do_job(const struct gd_pool *pool, const struct gd_job *job,
                                       unsigned worker, struct gd_pg *pg, struct gd_error *err)
{
    struct gd_team *team = pool->posting->team;
    switch (job->task) {
    case GD_TASK_LOAD:
        return gd_restore_load(&pool->loads, job->load, team, worker, pg, err);
    case GD_TASK_INDEX:
    case GD_TASK_INDEX_SMALL:
        GD_TRY(gd_fault("restore: before an index", err));
        return job->task == GD_TASK_INDEX ? build_large(job, team, pg, err)
                                          : build_small(job, pg, err);
    case GD_TASK_ATTACH:
        return attach(job, pg, err);
    case GD_TASK_REFER:
        return refer(job, pg, err);
    case GD_TASK_CHECK:
        return check(pool, job, pg, err);
    case GD_TASK_ANALYZE:
        return analyze(job, pg, err);
    }
    return GD_DONE;
}

/* Rows are told while they are loaded. Then it is the others' turn: what was built before the last
 * row was in no longer counts. */
static void tell(struct gd_pool *pool, const struct gd_job *job, unsigned worker)
{
    struct gd_team *team = pool->posting->team;
    pthread_mutex_lock(&pool->telling);
    if (job->task != GD_TASK_LOAD && pool->loads_to_tell > 0)
        pool->bytes_before += job->bytes;
    else if (job->task != GD_TASK_LOAD && job->bytes > 0)
        gd_team_progress(team, worker, job->items[0]->name, job->bytes, 0);
    else if (job->task == GD_TASK_LOAD && --pool->loads_to_tell == 0 && pool->other_bytes > 0)
        gd_team_stage(team, building, pool->other_bytes - pool->bytes_before);
    pthread_mutex_unlock(&pool->telling);
}

GD_MUST static struct gd_status work(void *context, struct gd_team *team, unsigned worker,
                                     struct gd_pg *pg, size_t number, struct gd_error *err)
{
    (void)team;
    struct gd_pool *pool = context;
    const struct gd_job *job = &pool->jobs[number];
    GD_TRY(do_job(pool, job, worker, pg, err));
    tell(pool, job, worker);
    return GD_DONE;
}

struct gd_status gd_restore_builds(struct gd_posting *posting, struct gd_error *err)
{
    struct gd_pool pool = {.posting = posting, .telling = PTHREAD_MUTEX_INITIALIZER};
    gd_pool_plan(&pool);
    bool rows = pool.loads_left > 0;
    pool.loads_to_tell = pool.loads_left;
    struct gd_team_list list = {.pick = pick, .ended = ended, .work = work, .context = &pool};
    struct gd_status status =
        gd_team_pool(posting->team, rows ? "copying data" : building, pool.count,
                     rows ? pool.load_bytes : pool.other_bytes, &list, err);
    pthread_mutex_destroy(&pool.telling);
    return status;
}
