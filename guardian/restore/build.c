/*
 * Build: indexes and what hangs on them, by all sessions at once, without a stage in between.
 *
 *   index      largest first; a key of a large table as a unique index. Those of small tables many
 *              at a time, all of one table in the same session
 *   attach     a large table's unique indexes become its keys, when all of its indexes are there
 *   refer      its foreign keys are added NOT VALID, when those that they refer to have their keys
 *   check      and validated
 *   analyze    its statistics
 *
 * The last four are for large plain tables only: what else there is of them waits for post.c, in
 * the order of the dump. Of what can begin, that goes first which has the most work behind it: the
 * checks of one table run one after the other, and must not be left alone at the end. Invariant  No
 * index is built ahead of its turn that may need what the dump makes later: see can_go_first().
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/post.h"

enum { SMALL_AT_ONCE = 40, CALL_LIMIT_MS = 3600000 };
static const uint64_t helpers_bytes = 64 << 20; /* a smaller table is not worth parallel helpers */

enum task { INDEX, INDEX_SMALL, ATTACH, REFER, CHECK, ANALYZE };

struct job {
    enum task task;
    struct gd_filled *place;           /* the table; NULL for small ones */
    const struct gd_dump_item **items; /* one index; several of anything else */
    size_t count;
    struct gd_filled **refers; /* REFER: one for each item */
    const struct job *behind;  /* CHECK: its REFER */
    const char *sql;           /* INDEX, ANALYZE */
    uint64_t bytes;            /* for progress */
    uint64_t cost, rank;       /* rank: with all that waits for it */
    bool alone;                /* INDEX: adds a constraint as it is, which locks the table */
    bool begun, ended;
    bool last; /* no other index is left to begin */
};

struct pool {
    struct gd_posting *posting;
    struct job *jobs;
    size_t count, begun;
    size_t first;        /* everything before was begun */
    size_t indexes_left; /* not begun */
};

/* --- what can begin ---------------------------------------------------------------------------*/

static bool is_free(const struct gd_filled *place)
{
    return place->shared == 0 && !place->exclusive;
}

static bool is_keyed(const struct gd_filled *place)
{
    return place->builds == 0 && place->attaches == 0;
}

static bool can_refer(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (!is_keyed(job->refers[i]) || !is_free(job->refers[i]))
            return false;
    return is_keyed(job->place) && is_free(job->place);
}

static bool is_ready(const struct job *job)
{
    switch (job->task) {
    case INDEX:
        return job->alone ? is_free(job->place) : !job->place->exclusive;
    case INDEX_SMALL:
        return true;
    case ATTACH:
        return job->place->builds == 0 && is_free(job->place);
    case REFER:
        return can_refer(job);
    case CHECK:
        return job->behind->ended && is_free(job->place);
    case ANALYZE:
        return is_keyed(job->place) && is_free(job->place);
    }
    return false;
}

static void hold(struct job *job, bool held)
{
    if (job->task == INDEX && !job->alone)
        job->place->shared += held ? 1 : (size_t)-1;
    else if (job->task != INDEX_SMALL)
        job->place->exclusive = held;
    for (size_t i = 0; job->task == REFER && i < job->count; i++)
        job->refers[i]->exclusive = held;
}

static enum gd_team_turn pick(void *context, size_t *out_job)
{
    struct pool *pool = context;
    if (pool->begun == pool->count)
        return GD_TEAM_END;
    while (pool->jobs[pool->first].begun)
        pool->first++;
    for (size_t i = pool->first; i < pool->count; i++) {
        struct job *job = &pool->jobs[i];
        if (job->begun || !is_ready(job))
            continue;
        hold(job, true);
        job->begun = true;
        pool->begun++;
        pool->indexes_left -= job->task == INDEX || job->task == INDEX_SMALL;
        job->last = pool->indexes_left == 0;
        *out_job = i;
        return GD_TEAM_JOB;
    }
    return GD_TEAM_WAIT;
}

static struct gd_filled *place_of(const struct pool *pool, const struct gd_dump_item *item)
{
    return gd_lookup_get(&pool->posting->places, "table", item->schema, item->table);
}

static void ended(void *context, size_t number)
{
    struct pool *pool = context;
    struct job *job = &pool->jobs[number];
    hold(job, false);
    job->ended = true;
    if (job->task == INDEX)
        job->place->builds--;
    else if (job->task == ATTACH)
        job->place->attaches--;
    for (size_t i = 0; job->task == INDEX_SMALL && i < job->count; i++)
        place_of(pool, job->items[i])->builds--;
}

/* --- work -------------------------------------------------------------------------------------*/

static void fill_call(struct gd_pg_call *call, const char *what, const char *sql)
{
    *call = (struct gd_pg_call){.what = what, .sql = sql, .limit_ms = CALL_LIMIT_MS};
}

GD_MUST static struct gd_status build_small(const struct job *job, struct gd_pg *pg,
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

static bool is_btree(const char *sql)
{
    return strstr(sql, " USING ") == NULL || strstr(sql, " USING btree ") != NULL;
}

/* While others build, too, a build gets no helpers: the processors are taken. The last one does,
 * and all of the memory, because helpers are given a share of it each. */
GD_MUST static struct gd_status build_large(const struct job *job, struct gd_team *team,
                                            struct gd_pg *pg, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    bool helpers = job->last && job->bytes >= helpers_bytes;
    uint64_t kib = helpers || !is_btree(job->sql) ? gd_team_memory_kib(team)
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

GD_MUST static struct gd_status attach(const struct job *job, struct gd_pg *pg,
                                       struct gd_error *err)
{
    for (size_t i = 0; i < job->count; i++)
        GD_TRY(gd_pg_command(pg, job->items[i]->what, job->items[i]->attach, err));
    return GD_DONE;
}

GD_MUST static struct gd_status refer(const struct job *job, struct gd_pg *pg, struct gd_error *err)
{
    for (size_t i = 0; i < job->count; i++)
        GD_TRY(gd_pg_command(pg, job->items[i]->what, job->items[i]->build, err));
    return GD_DONE;
}

GD_MUST static struct gd_status check(const struct pool *pool, const struct job *job,
                                      struct gd_pg *pg, struct gd_error *err)
{
    for (size_t i = 0; i < job->count; i++) {
        GD_TRY(gd_fault("restore: before a foreign key is checked", err));
        GD_TRY(gd_validate(pool->posting, pg, job->items[i], err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status analyze(const struct job *job, struct gd_pg *pg,
                                        struct gd_error *err)
{
    GD_TRY(gd_fault("restore: before ANALYZE", err));
    return gd_pg_command(pg, "analyze tables", job->sql, err);
}

GD_MUST static struct gd_status do_job(const struct pool *pool, const struct job *job,
                                       struct gd_pg *pg, struct gd_error *err)
{
    struct gd_team *team = pool->posting->team;
    switch (job->task) {
    case INDEX:
    case INDEX_SMALL:
        GD_TRY(gd_fault("restore: before an index", err));
        return job->task == INDEX ? build_large(job, team, pg, err) : build_small(job, pg, err);
    case ATTACH:
        return attach(job, pg, err);
    case REFER:
        return refer(job, pg, err);
    case CHECK:
        return check(pool, job, pg, err);
    case ANALYZE:
        return analyze(job, pg, err);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status work(void *context, struct gd_team *team, unsigned worker,
                                     struct gd_pg *pg, size_t number, struct gd_error *err)
{
    const struct pool *pool = context;
    const struct job *job = &pool->jobs[number];
    GD_TRY(do_job(pool, job, pg, err));
    if (job->bytes > 0)
        gd_team_progress(team, worker, job->items[0]->name, job->bytes, 0);
    return GD_DONE;
}

/* --- planning: indexes ------------------------------------------------------------------------*/

static bool makes_something(const struct gd_dump_item *item)
{
    switch (item->node) {
    case GD_KIND_CreateFunctionStmt:
    case GD_KIND_ViewStmt:
    case GD_KIND_CreateTableAsStmt:
    case GD_KIND_CreateStmt:
    case GD_KIND_CreateDomainStmt:
    case GD_KIND_DefineStmt:
    case GD_KIND_NONE:
        return item->kind == GD_DUMP_OTHER;
    default:
        return false;
    }
}

/* pg_dump moves a definition behind the data when it needs a key. What could need that definition
 * in turn keeps its place: an expression may call it, and its table may be what it makes. */
static bool can_go_first(const struct gd_filled *place, const struct gd_dump_item *item,
                         bool something_made)
{
    if ((item->kind != GD_DUMP_INDEX && item->kind != GD_DUMP_KEY) || place == NULL)
        return false;
    return (place->kind == 'r' || place->kind == 'p' || place->kind == 'm') &&
           !(something_made && item->expression);
}

static struct job *add_job(struct pool *pool, enum task task, struct gd_filled *place,
                           const struct gd_dump_item **items, size_t count)
{
    struct job *job = &pool->jobs[pool->count++];
    *job = (struct job){.task = task, .place = place, .items = items, .count = count};
    return job;
}

/* All of one table in one job: two sessions would wait for each other. */
static void group_small(struct pool *pool, const struct gd_dump_item **small, size_t count)
{
    qsort(small, count, sizeof(void *), gd_items_by_table);
    for (size_t from = 0; from < count;) {
        size_t to = from;
        while (to < count && to - from < SMALL_AT_ONCE)
            to = gd_items_of_table(small, count, to);
        add_job(pool, INDEX_SMALL, NULL, small + from, to - from);
        from = to;
    }
}

/* A guess, for the order alone. Sorting by more columns takes longer, and so does every method but
 * btree. */
static uint64_t cost_of(const char *sql, uint64_t bytes)
{
    uint64_t weight = 2;
    for (const char *at = sql; (at = strchr(at, ',')) != NULL && weight < 8; at++)
        weight++;
    if (!is_btree(sql))
        weight *= 2;
    return bytes / 2 * weight;
}

static void add_large(struct pool *pool, struct gd_filled *place, const struct gd_dump_item *item)
{
    const struct gd_dump_item **items =
        gd_arena_zalloc(pool->posting->restoring->arena, 1, sizeof(void *));
    items[0] = item;
    struct job *job = add_job(pool, INDEX, place, items, 1);
    job->sql = item->build == NULL ? item->sql : item->build;
    job->alone = item->kind == GD_DUMP_KEY && item->build == NULL;
    job->bytes = place->bytes;
    job->cost = cost_of(job->sql, place->bytes);
}

static void plan_indexes(struct pool *pool)
{
    struct gd_restoring *restoring = pool->posting->restoring;
    const struct gd_dump *after = &restoring->after;
    const struct gd_dump_item **small =
        gd_arena_zalloc(restoring->arena, after->count + 1, sizeof(void *));
    size_t small_count = 0;
    bool something_made = false;
    for (size_t i = 0; i < after->count; i++) {
        const struct gd_dump_item *item = &after->items[i];
        something_made |= makes_something(item);
        bool counts = item->kind == GD_DUMP_INDEX || item->kind == GD_DUMP_KEY;
        restoring->indexes += counts;
        struct gd_filled *place = counts ? place_of(pool, item) : NULL;
        if (!can_go_first(place, item, something_made))
            continue;
        bool large = gd_filled_is_large(place);
        bool attached = large && item->kind == GD_DUMP_KEY && item->build != NULL;
        pool->posting->built[i] = true;
        pool->posting->settled[i] = !attached;
        place->builds++;
        if (large)
            add_large(pool, place, item);
        else
            small[small_count++] = item;
    }
    group_small(pool, small, small_count);
    pool->indexes_left = pool->count;
}

/* --- planning: what follows -------------------------------------------------------------------*/

/* Partitions and children are left to the order of the dump: a statement may reach further. */
static bool is_finished_here(const struct gd_filled *place)
{
    return place != NULL && gd_filled_is_large(place) && !place->related;
}

struct chosen {
    const struct gd_dump_item **items;
    size_t count;
};

static struct chosen choose(const struct pool *pool,
                            bool (*wanted)(const struct pool *pool, size_t number))
{
    const struct gd_restoring *restoring = pool->posting->restoring;
    struct chosen chosen = {
        .items = gd_arena_zalloc(restoring->arena, restoring->after.count + 1, sizeof(void *))};
    for (size_t i = 0; i < restoring->after.count; i++)
        if (wanted(pool, i))
            chosen.items[chosen.count++] = &restoring->after.items[i];
    qsort(chosen.items, chosen.count, sizeof(void *), gd_items_by_table);
    return chosen;
}

static void settle(const struct pool *pool, const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        pool->posting->settled[job->items[i] - pool->posting->restoring->after.items] = true;
}

static bool is_attached(const struct pool *pool, size_t number)
{
    const struct gd_posting *posting = pool->posting;
    return posting->built[number] && !posting->settled[number] &&
           is_finished_here(place_of(pool, &posting->restoring->after.items[number]));
}

static void plan_keys(struct pool *pool)
{
    struct chosen keys = choose(pool, is_attached);
    for (size_t from = 0, to; from < keys.count; from = to) {
        struct gd_filled *place = place_of(pool, keys.items[from]);
        to = gd_items_of_table(keys.items, keys.count, from);
        settle(pool, add_job(pool, ATTACH, place, keys.items + from, to - from));
        place->attaches++;
    }
}

static bool is_reference(const struct pool *pool, size_t number)
{
    const struct gd_dump_item *item = &pool->posting->restoring->after.items[number];
    return item->kind == GD_DUMP_FOREIGN_KEY && is_finished_here(place_of(pool, item));
}

static struct gd_filled *referred_to(const struct pool *pool, const struct gd_dump_item *item)
{
    struct gd_filled *place =
        gd_lookup_get(&pool->posting->places, "table", item->refers_schema, item->refers_table);
    return place != NULL && place->kind == 'r' && !place->related ? place : NULL;
}

/* All foreign keys of a table or none: they keep their order. */
static bool can_refer_here(const struct pool *pool, const struct gd_dump_item *const *items,
                           size_t count)
{
    const struct gd_manifest *manifest = pool->posting->restoring->options->manifest;
    for (size_t i = 0; i < count; i++)
        if (items[i]->build == NULL || items[i]->attach == NULL || items[i]->not_valid ||
            gd_reference_is_open(manifest, items[i]) || referred_to(pool, items[i]) == NULL)
            return false;
    return true;
}

static void raise_tail(struct gd_filled *place, uint64_t cost)
{
    if (place->tail < cost)
        place->tail = cost;
}

static void add_references(struct pool *pool, const struct gd_dump_item **items, size_t count)
{
    struct gd_filled *place = place_of(pool, items[0]);
    struct job *adding = add_job(pool, REFER, place, items, count);
    struct job *checking = add_job(pool, CHECK, place, items, count);
    adding->refers =
        gd_arena_zalloc(pool->posting->restoring->arena, count, sizeof(struct gd_filled *));
    checking->bytes = place->bytes;
    checking->cost = place->bytes / 2 * count;
    for (size_t i = 0; i < count; i++) {
        adding->refers[i] = referred_to(pool, items[i]);
        raise_tail(adding->refers[i], checking->cost);
    }
    raise_tail(place, checking->cost);
    settle(pool, adding);
}

static void plan_references(struct pool *pool)
{
    struct chosen keys = choose(pool, is_reference);
    for (size_t from = 0, to; from < keys.count; from = to) {
        to = gd_items_of_table(keys.items, keys.count, from);
        if (can_refer_here(pool, keys.items + from, to - from))
            add_references(pool, keys.items + from, to - from);
    }
}

/* ANALYZE gathers what CREATE STATISTICS and ALTER INDEX … SET STATISTICS ask for: they come
 * later. */
static bool has_more_statistics(const struct gd_dump *after)
{
    for (size_t i = 0; i < after->count; i++)
        if (after->items[i].node == GD_KIND_CreateStatsStmt ||
            (after->items[i].node == GD_KIND_AlterTableStmt &&
             strstr(after->items[i].sql, " SET STATISTICS ") != NULL))
            return true;
    return false;
}

static void plan_statistics(struct pool *pool)
{
    struct gd_posting *posting = pool->posting;
    struct gd_restoring *restoring = posting->restoring;
    if (!restoring->options->analyze || has_more_statistics(&restoring->after))
        return;
    for (size_t i = 0; i < posting->count; i++) {
        struct gd_filled *place = &posting->all[i];
        if (!is_finished_here(place) || !place->ours)
            continue;
        const char *name = gd_quoted_pair(place->schema, place->name, restoring->arena);
        struct job *job = add_job(pool, ANALYZE, place, NULL, 0);
        job->sql = gd_arena_printf(restoring->arena, "ANALYZE %s", name);
        gd_texts_add(&restoring->analyzed, name, restoring->arena);
    }
}

/* --- the pool ---------------------------------------------------------------------------------*/

static uint64_t rank_of(const struct pool *pool, const struct job *job)
{
    uint64_t tail = 0;
    switch (job->task) {
    case INDEX:
    case ATTACH:
    case REFER:
        return job->cost + job->place->tail;
    case INDEX_SMALL:
        for (size_t i = 0; i < job->count; i++)
            if (place_of(pool, job->items[i])->tail > tail)
                tail = place_of(pool, job->items[i])->tail;
        return tail;
    case CHECK:
    case ANALYZE:
        return job->cost;
    }
    return 0;
}

static int by_rank(const void *left, const void *right)
{
    const struct job *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    return (int)a->task - (int)b->task;
}

/* A table's REFER, to which its CHECK points, has moved. */
static void sort_jobs(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        pool->jobs[i].rank = rank_of(pool, &pool->jobs[i]);
    qsort(pool->jobs, pool->count, sizeof *pool->jobs, by_rank);
    struct gd_lookup adding = {0};
    for (size_t i = 0; i < pool->count; i++)
        if (pool->jobs[i].task == REFER)
            gd_lookup_set(&adding, "", pool->jobs[i].place->schema, pool->jobs[i].place->name,
                          &pool->jobs[i], pool->posting->restoring->arena);
    for (size_t i = 0; i < pool->count; i++)
        if (pool->jobs[i].task == CHECK)
            pool->jobs[i].behind =
                gd_lookup_get(&adding, "", pool->jobs[i].place->schema, pool->jobs[i].place->name);
}

struct gd_status gd_restore_builds(struct gd_posting *posting, struct gd_error *err)
{
    struct pool pool = {.posting = posting};
    uint64_t bytes = 0;
    size_t room = 3 * posting->restoring->after.count + posting->count + 1;
    pool.jobs = gd_arena_zalloc(posting->restoring->arena, room, sizeof *pool.jobs);
    plan_indexes(&pool);
    plan_keys(&pool);
    plan_references(&pool);
    plan_statistics(&pool);
    sort_jobs(&pool);
    for (size_t i = 0; i < pool.count; i++)
        bytes += pool.jobs[i].bytes;
    struct gd_team_list list = {.pick = pick, .ended = ended, .work = work, .context = &pool};
    return gd_team_pool(posting->team, "building indexes", pool.count, bytes, &list, err);
}
