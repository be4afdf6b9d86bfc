/*
 * Build plan: which jobs the rows, indexes and keys of a database are, and which goes before which.
 *
 * Costs are guesses, for the order alone; their unit is the time in which the server sorts one byte
 * of rows by a simple column.
 * Invariant    No index is built ahead of its turn that may need what the dump makes later: see
 *              can_go_first().
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/restore/pool.h"

enum { SMALL_AT_ONCE = 40 };

static struct gd_job *add_job(struct gd_pool *pool, enum gd_task task, struct gd_filled *place,
                              const struct gd_dump_item **items, size_t count)
{
    struct gd_job *job = &pool->jobs[pool->count++];
    *job = (struct gd_job){.task = task, .place = place, .items = items, .count = count};
    return job;
}

/* --- rows -------------------------------------------------------------------------------------*/

static struct gd_filled *target_of(const struct gd_pool *pool, const struct gd_load *load)
{
    const char *side = pool->posting->restoring->side;
    if (load->root)
        return NULL; /* nobody knows into which partitions */
    return gd_lookup_get(&pool->posting->places, "table", side == NULL ? load->table->schema : side,
                         load->table->name);
}

/* Reading rows takes the server some four times as long as sorting one column of them. */
enum { LOAD_WEIGHT = 4 };

static void plan_loads(struct gd_pool *pool)
{
    unsigned sessions = gd_team_size(pool->posting->team);
    for (size_t i = 0; i < pool->loads.count; i++) {
        const struct gd_load *load = &pool->loads.items[i];
        struct gd_filled *place = target_of(pool, load);
        add_job(pool, GD_TASK_LOAD, place, NULL, 0)->load = i;
        pool->load_bytes += load->bytes;
        if (place == NULL)
            continue;
        place->loads++;
        place->bytes += load->bytes;
    }
    pool->loads_left = pool->count;
    for (size_t i = 0; i < pool->count; i++) {
        struct gd_job *job = &pool->jobs[i];
        const struct gd_load *load = &pool->loads.items[i];
        bool split = load->count < load->table->part_count;
        job->cost = LOAD_WEIGHT *
                    (split && job->place != NULL ? job->place->bytes / sessions : load->bytes);
    }
}

/* --- indexes ------------------------------------------------------------------------*/

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

/* All of one table in one job: two sessions would wait for each other. */
static void group_small(struct gd_pool *pool, const struct gd_dump_item **small, size_t count)
{
    qsort(small, count, sizeof(void *), gd_items_by_table);
    for (size_t from = 0; from < count;) {
        size_t to = from;
        while (to < count && to - from < SMALL_AT_ONCE)
            to = gd_items_of_table(small, count, to);
        add_job(pool, GD_TASK_INDEX_SMALL, NULL, small + from, to - from);
        from = to;
    }
}

/* Sorting by more columns takes longer, and so does every method but btree; a condition leaves most
 * rows out. */
static uint64_t cost_of(const char *sql, uint64_t bytes)
{
    uint64_t weight = 2;
    for (const char *at = sql; (at = strchr(at, ',')) != NULL && weight < 8; at++)
        weight++;
    if (!gd_is_btree(sql))
        weight *= 2;
    if (strstr(sql, " WHERE ") != NULL)
        bytes /= 4;
    return bytes / 2 * weight;
}

static void add_large(struct gd_pool *pool, struct gd_filled *place,
                      const struct gd_dump_item *item, bool patient)
{
    const struct gd_dump_item **items =
        gd_arena_zalloc(pool->posting->restoring->arena, 1, sizeof(void *));
    items[0] = item;
    struct gd_job *job = add_job(pool, GD_TASK_INDEX, place, items, 1);
    job->sql = item->build == NULL ? item->sql : item->build;
    job->alone = item->kind == GD_DUMP_KEY && item->build == NULL;
    job->patient = patient || place->related || item->expression;
    job->bytes = place->bytes;
    job->cost = cost_of(job->sql, place->bytes);
}

/* Nobody knows what the functions of an operator class read. */
static bool has_own_order(const struct gd_dump *before)
{
    for (size_t i = 0; i < before->count; i++)
        if (before->items[i].node == GD_KIND_CreateOpClassStmt ||
            before->items[i].node == GD_KIND_AlterOpFamilyStmt)
            return true;
    return false;
}

static void plan_indexes(struct gd_pool *pool)
{
    struct gd_restoring *restoring = pool->posting->restoring;
    const struct gd_dump *after = &restoring->after;
    const struct gd_dump_item **small =
        gd_arena_zalloc(restoring->arena, after->count + 1, sizeof(void *));
    size_t small_count = 0, before = pool->count;
    bool something_made = false, patient = has_own_order(&restoring->before);
    for (size_t i = 0; i < after->count; i++) {
        const struct gd_dump_item *item = &after->items[i];
        something_made |= makes_something(item);
        bool counts = item->kind == GD_DUMP_INDEX || item->kind == GD_DUMP_KEY;
        restoring->indexes += counts;
        struct gd_filled *place = counts ? gd_pool_place(pool, item) : NULL;
        if (!can_go_first(place, item, something_made))
            continue;
        bool large = gd_filled_is_large(place);
        bool attached = large && item->kind == GD_DUMP_KEY && item->build != NULL;
        pool->posting->built[i] = true;
        pool->posting->settled[i] = !attached;
        place->builds++;
        if (large)
            add_large(pool, place, item, patient);
        else
            small[small_count++] = item;
    }
    group_small(pool, small, small_count);
    pool->indexes_left = pool->count - before;
}

/* --- what follows -------------------------------------------------------------------*/

/* Partitions and children are left to the order of the dump: a statement may reach further. */
static bool is_finished_here(const struct gd_filled *place)
{
    return place != NULL && gd_filled_is_large(place) && !place->related;
}

struct chosen {
    const struct gd_dump_item **items;
    size_t count;
};

static struct chosen choose(const struct gd_pool *pool,
                            bool (*wanted)(const struct gd_pool *pool, size_t number))
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

static void settle(const struct gd_pool *pool, const struct gd_job *job)
{
    for (size_t i = 0; i < job->count; i++)
        pool->posting->settled[job->items[i] - pool->posting->restoring->after.items] = true;
}

static bool is_attached(const struct gd_pool *pool, size_t number)
{
    const struct gd_posting *posting = pool->posting;
    return posting->built[number] && !posting->settled[number] &&
           is_finished_here(gd_pool_place(pool, &posting->restoring->after.items[number]));
}

static void plan_keys(struct gd_pool *pool)
{
    struct chosen keys = choose(pool, is_attached);
    for (size_t from = 0, to; from < keys.count; from = to) {
        struct gd_filled *place = gd_pool_place(pool, keys.items[from]);
        to = gd_items_of_table(keys.items, keys.count, from);
        settle(pool, add_job(pool, GD_TASK_ATTACH, place, keys.items + from, to - from));
        place->attaches++;
    }
}

static bool is_reference(const struct gd_pool *pool, size_t number)
{
    const struct gd_dump_item *item = &pool->posting->restoring->after.items[number];
    return item->kind == GD_DUMP_FOREIGN_KEY && is_finished_here(gd_pool_place(pool, item));
}

static struct gd_filled *referred_to(const struct gd_pool *pool, const struct gd_dump_item *item)
{
    struct gd_filled *place =
        gd_lookup_get(&pool->posting->places, "table", item->refers_schema, item->refers_table);
    return place != NULL && place->kind == 'r' && !place->related ? place : NULL;
}

/* All foreign keys of a table or none: they keep their order. */
static bool can_refer_here(const struct gd_pool *pool, const struct gd_dump_item *const *items,
                           size_t count)
{
    const struct gd_manifest *manifest = pool->posting->restoring->options->manifest;
    for (size_t i = 0; i < count; i++)
        if (items[i]->build == NULL || items[i]->attach == NULL || items[i]->not_valid ||
            gd_reference_is_open(manifest, items[i]) || referred_to(pool, items[i]) == NULL)
            return false;
    return true;
}

static void at_least(uint64_t *cost, uint64_t least)
{
    if (*cost < least)
        *cost = least;
}

static void add_references(struct gd_pool *pool, const struct gd_dump_item **items, size_t count)
{
    struct gd_filled *place = gd_pool_place(pool, items[0]);
    struct gd_job *adding = add_job(pool, GD_TASK_REFER, place, items, count);
    struct gd_job *checking = add_job(pool, GD_TASK_CHECK, place, items, count);
    adding->refers =
        gd_arena_zalloc(pool->posting->restoring->arena, count, sizeof(struct gd_filled *));
    checking->bytes = place->bytes;
    checking->cost = place->bytes * count;
    for (size_t i = 0; i < count; i++) {
        adding->refers[i] = referred_to(pool, items[i]);
        at_least(&adding->refers[i]->after_builds, checking->cost);
    }
    at_least(&place->after_builds, checking->cost);
    settle(pool, adding);
}

static void plan_references(struct gd_pool *pool)
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

static void plan_statistics(struct gd_pool *pool)
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
        struct gd_job *job = add_job(pool, GD_TASK_ANALYZE, place, NULL, 0);
        job->sql = gd_arena_printf(restoring->arena, "ANALYZE %s", name);
        gd_texts_add(&restoring->analyzed, name, restoring->arena);
    }
}

/* --- the order --------------------------------------------------------------------------------*/

static void rank_small(const struct gd_pool *pool, struct gd_job *job)
{
    for (size_t i = 0; i < job->count; i++)
        at_least(&job->rank, gd_pool_place(pool, job->items[i])->after_builds);
}

/* Loads last: they wait for nothing, and the rest of their table waits for them. */
static void rank_jobs(struct gd_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        struct gd_job *job = &pool->jobs[i];
        job->rank = job->cost;
        if (job->task == GD_TASK_INDEX_SMALL)
            rank_small(pool, job);
        else if (job->task == GD_TASK_INDEX || job->task == GD_TASK_ATTACH ||
                 job->task == GD_TASK_REFER)
            job->rank += job->place->after_builds;
        if (job->task == GD_TASK_INDEX)
            at_least(&job->place->after_rows, job->rank);
    }
    for (size_t i = 0; i < pool->count; i++)
        if (pool->jobs[i].task == GD_TASK_LOAD && pool->jobs[i].place != NULL)
            pool->jobs[i].rank += pool->jobs[i].place->after_rows;
}

static int by_rank(const void *left, const void *right)
{
    const struct gd_job *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    if (a->task != b->task)
        return (int)a->task - (int)b->task;
    return a->load < b->load ? -1 : a->load > b->load;
}

/* A table's REFER, to which its CHECK points, has moved. */
static void sort_jobs(struct gd_pool *pool)
{
    rank_jobs(pool);
    qsort(pool->jobs, pool->count, sizeof *pool->jobs, by_rank);
    struct gd_lookup adding = {0};
    for (size_t i = 0; i < pool->count; i++)
        if (pool->jobs[i].task == GD_TASK_REFER)
            gd_lookup_set(&adding, "", pool->jobs[i].place->schema, pool->jobs[i].place->name,
                          &pool->jobs[i], pool->posting->restoring->arena);
    for (size_t i = 0; i < pool->count; i++)
        if (pool->jobs[i].task == GD_TASK_CHECK)
            pool->jobs[i].behind =
                gd_lookup_get(&adding, "", pool->jobs[i].place->schema, pool->jobs[i].place->name);
}

void gd_pool_plan(struct gd_pool *pool)
{
    struct gd_posting *posting = pool->posting;
    struct gd_restoring *restoring = posting->restoring;
    gd_restore_plan_loads(restoring, gd_team_size(posting->team), &pool->loads);
    size_t room = pool->loads.count + 3 * restoring->after.count + posting->count + 1;
    pool->jobs = gd_arena_zalloc(restoring->arena, room, sizeof *pool->jobs);
    plan_loads(pool);
    plan_indexes(pool);
    plan_keys(pool);
    plan_references(pool);
    plan_statistics(pool);
    sort_jobs(pool);
    for (size_t i = 0; i < pool->count; i++)
        pool->other_bytes += pool->jobs[i].bytes;
}
