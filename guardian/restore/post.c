/*
 * Post-data: indexes and keys by all sessions at once, foreign keys last, the rest in its order.
 *
 *   build     every index; a key of a large table as a unique index. Largest first; those of small
 *             tables many at a time, all of one table in the same session
 *   settle    in the order of the dump: unique indexes become keys, comments, triggers, rules …
 *   refer     foreign keys: added NOT VALID where the table is large, then validated side by side
 *   secure    what the dump has behind the foreign keys: policies, publications, subscriptions
 *
 * Nothing is built ahead of its turn that may need what the dump makes later: see can_go_first().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

enum { SMALL_AT_ONCE = 40, CALL_LIMIT_MS = 3600000 };
static const uint64_t large_bytes = 4 << 20; /* from here on an index is a job of its own */

struct place {
    char kind;
    uint64_t bytes;
};

struct job {
    const struct gd_dump_item *item; /* large: one index */
    const char *sql;
    const struct gd_dump_item **items; /* small: several; `item` is NULL */
    size_t count;
    uint64_t bytes, cost;
};

struct posting {
    struct gd_restoring *restoring;
    struct gd_team *team;
    struct gd_lookup places; /* ("table", schema, name) → struct place */
    bool *built;             /* by position in after.items */
    struct job *jobs;
    size_t job_count;
};

/* --- what is where ----------------------------------------------------------------------------*/

GD_MUST static struct gd_status look_at_sizes(struct posting *posting, struct gd_error *err)
{
    struct gd_arena *arena = posting->restoring->arena;
    struct gd_pg_call call = {
        .what = "ask for the sizes of tables",
        .limit_ms = CALL_LIMIT_MS,
        .sql = "SELECT n.nspname, c.relname, c.relkind, CASE WHEN c.relkind IN ('r', 'm') "
               "THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END FROM pg_catalog.pg_class c "
               "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
               "WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_'"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(gd_team_first(posting->team), &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        struct place *place = gd_arena_zalloc(arena, 1, sizeof *place);
        place->kind = gd_pg_char(rows, i, 2);
        place->bytes = (uint64_t)gd_pg_int(rows, i, 3);
        gd_lookup_set(&posting->places, "table", gd_arena_strdup(arena, gd_pg_cell(rows, i, 0)),
                      gd_arena_strdup(arena, gd_pg_cell(rows, i, 1)), place, arena);
    }
    return GD_DONE;
}

static struct place place_of(const struct posting *posting, const struct gd_dump_item *item)
{
    static const struct place nowhere = {.kind = ' '};
    const struct place *found = gd_lookup_get(&posting->places, "table", item->schema, item->table);
    return found == NULL ? nowhere : *found;
}

static bool is_large(const struct posting *posting, const struct gd_dump_item *item)
{
    struct place place = place_of(posting, item);
    return place.kind == 'r' && place.bytes >= large_bytes;
}

/* --- build ------------------------------------------------------------------------------------*/

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
static bool can_go_first(const struct posting *posting, const struct gd_dump_item *item,
                         bool something_made)
{
    if (item->kind != GD_DUMP_INDEX && item->kind != GD_DUMP_KEY)
        return false;
    char kind = place_of(posting, item).kind;
    return (kind == 'r' || kind == 'p' || kind == 'm') && !(something_made && item->expression);
}

static int by_table(const void *left, const void *right)
{
    const struct gd_dump_item *a = *(const struct gd_dump_item *const *)left;
    const struct gd_dump_item *b = *(const struct gd_dump_item *const *)right;
    int order = strcmp(a->schema, b->schema);
    if (order == 0)
        order = strcmp(a->table, b->table);
    return order != 0 ? order : a < b ? -1 : a > b;
}

static bool same_table(const struct gd_dump_item *left, const struct gd_dump_item *right)
{
    return strcmp(left->table, right->table) == 0 && strcmp(left->schema, right->schema) == 0;
}

/* All of one table in one job: two sessions would wait for each other. */
static void group_small(struct posting *posting, const struct gd_dump_item **small, size_t count)
{
    qsort(small, count, sizeof(void *), by_table);
    for (size_t from = 0; from < count;) {
        size_t to = from + 1;
        while (to < count && (to - from < SMALL_AT_ONCE || same_table(small[to - 1], small[to])))
            to++;
        posting->jobs[posting->job_count++] =
            (struct job){.items = small + from, .count = to - from};
        from = to;
    }
}

static int dearest_first(const void *left, const void *right)
{
    const struct job *a = left, *b = right;
    return a->cost > b->cost ? -1 : a->cost < b->cost;
}

static bool is_btree(const char *sql)
{
    return strstr(sql, " USING ") == NULL || strstr(sql, " USING btree ") != NULL;
}

/* A guess, for the order alone: what takes longest must not begin last and run by itself. Sorting
 * by more columns takes longer, and so does every method but btree. */
static uint64_t cost_of(const char *sql, uint64_t bytes)
{
    uint64_t weight = 2;
    for (const char *at = sql; (at = strchr(at, ',')) != NULL && weight < 8; at++)
        weight++;
    if (!is_btree(sql))
        weight *= 2;
    return bytes / 2 * weight;
}

static void add_large(struct posting *posting, const struct gd_dump_item *item)
{
    const char *sql = item->build == NULL ? item->sql : item->build;
    uint64_t bytes = place_of(posting, item).bytes;
    posting->jobs[posting->job_count++] =
        (struct job){.item = item, .sql = sql, .bytes = bytes, .cost = cost_of(sql, bytes)};
}

static void plan_builds(struct posting *posting)
{
    struct gd_dump *after = &posting->restoring->after;
    struct gd_arena *arena = posting->restoring->arena;
    const struct gd_dump_item **small = gd_arena_zalloc(arena, after->count + 1, sizeof(void *));
    size_t small_count = 0;
    bool something_made = false;
    posting->jobs = gd_arena_zalloc(arena, after->count + 1, sizeof *posting->jobs);
    posting->built = gd_arena_zalloc(arena, after->count + 1, sizeof *posting->built);
    for (size_t i = 0; i < after->count; i++) {
        const struct gd_dump_item *item = &after->items[i];
        something_made |= makes_something(item);
        posting->restoring->indexes += item->kind == GD_DUMP_INDEX || item->kind == GD_DUMP_KEY;
        if (!can_go_first(posting, item, something_made))
            continue;
        posting->built[i] = true;
        if (is_large(posting, item))
            add_large(posting, item);
        else
            small[small_count++] = item;
    }
    group_small(posting, small, small_count);
    qsort(posting->jobs, posting->job_count, sizeof *posting->jobs, dearest_first);
}

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

/* While others build, too, a build gets no helpers: the processors are taken. The last ones do, and
 * all of the memory, because helpers are given a share of it each. */
GD_MUST static struct gd_status build_large(const struct job *job, struct gd_team *team,
                                            struct gd_pg *pg, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    bool last = gd_team_left(team) == 0;
    uint64_t kib =
        last || !is_btree(job->sql) ? gd_team_memory_kib(team) : gd_team_sort_kib(team, job->bytes);
    const char *set_up =
        gd_arena_printf(scratch,
                        "SET default_tablespace = %s;"
                        "SET maintenance_work_mem = %llu; %s",
                        gd_literal(job->item->tablespace, scratch), (unsigned long long)kib,
                        last ? "RESET max_parallel_maintenance_workers"
                             : "SET max_parallel_maintenance_workers = 0");
    GD_TRY(gd_pg_command(pg, "set up a session for indexes", set_up, err));
    GD_TRY(gd_pg_command(pg, job->item->what, job->sql, err));
    return gd_pg_command(pg, "set the tablespace", "SET default_tablespace = ''", err);
}

GD_MUST static struct gd_status build(void *context, struct gd_team *team, unsigned worker,
                                      struct gd_pg *pg, size_t number, struct gd_error *err)
{
    struct posting *posting = context;
    const struct job *job = &posting->jobs[number];
    GD_TRY(gd_fault("restore: before an index", err));
    if (job->item == NULL)
        return build_small(job, pg, err);
    GD_TRY(build_large(job, team, pg, err));
    gd_team_progress(team, worker, job->item->name, job->bytes, 0);
    return GD_DONE;
}

static uint64_t bytes_of(const struct posting *posting)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < posting->job_count; i++)
        bytes += posting->jobs[i].bytes;
    return bytes;
}

/* --- settle, refer, secure --------------------------------------------------------------------*/

struct rest {
    struct gd_dump_item *items;
    size_t count;
};

static void add_rest(struct rest *rest, const struct gd_dump_item *item, const char *sql)
{
    rest->items[rest->count] = *item;
    rest->items[rest->count++].sql = sql;
}

/* What is left of an item that was built: nothing, or the key that the index becomes. */
static void add_built(const struct posting *posting, struct rest *rest,
                      const struct gd_dump_item *item)
{
    if (is_large(posting, item) && item->kind == GD_DUMP_KEY && item->build != NULL)
        add_rest(rest, item, item->attach);
}

static bool runs_later(const struct gd_dump_item *item)
{
    return item->kind == GD_DUMP_GRANT || item->kind == GD_DUMP_LATE ||
           item->kind == GD_DUMP_DATABASE;
}

static void sort_rest(const struct posting *posting, struct rest *settle, struct rest *refer,
                      struct rest *secure)
{
    const struct gd_dump *after = &posting->restoring->after;
    for (size_t i = 0; i < after->count; i++) {
        const struct gd_dump_item *item = &after->items[i];
        struct rest *rest = refer->count == 0 ? settle : secure;
        if (posting->built[i])
            add_built(posting, settle, item);
        else if (item->kind == GD_DUMP_FOREIGN_KEY)
            add_rest(refer, item, item->sql);
        else if (!runs_later(item))
            add_rest(rest, item, item->sql);
    }
}

static const struct gd_table *find_table(const struct gd_manifest *manifest, const char *schema,
                                         const char *name)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        if (strcmp(manifest->tables[i].name, name) == 0 &&
            strcmp(manifest->tables[i].schema, schema) == 0)
            return &manifest->tables[i];
    return NULL;
}

/* A partitioned table is not in the manifest; in a snapshot of everything its rows are there. */
bool gd_reference_is_open(const struct gd_manifest *manifest, const struct gd_dump_item *item)
{
    if (item->kind != GD_DUMP_FOREIGN_KEY || item->build == NULL ||
        manifest->scope == GD_SNAPSHOT_SCHEMA)
        return false;
    const struct gd_table *here = find_table(manifest, item->schema, item->table);
    const struct gd_table *there = find_table(manifest, item->refers_schema, item->refers_table);
    bool open = there == NULL ? manifest->scope == GD_SNAPSHOT_TABLES : there->left_out;
    return open && here != NULL && here->digest.rows > 0;
}

struct checking {
    const struct gd_dump_item **items; /* sorted by table: one session checks all of one */
    size_t *starts;
    size_t count;
    const struct posting *posting;
};

static uint64_t bytes_referred_to(const struct posting *posting, const struct gd_dump_item *item)
{
    const struct place *found =
        gd_lookup_get(&posting->places, "table", item->refers_schema, item->refers_table);
    return found == NULL ? 0 : found->bytes;
}

GD_MUST static struct gd_status set_memory(struct gd_pg *pg, uint64_t kib, struct gd_error *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SET maintenance_work_mem = %llu", (unsigned long long)kib);
    return gd_pg_command(pg, "set up a session for checking", sql, err);
}

GD_MUST static struct gd_status check_table(void *context, struct gd_team *team, unsigned worker,
                                            struct gd_pg *pg, size_t job, struct gd_error *err)
{
    struct checking *checking = context;
    for (size_t i = checking->starts[job]; i < checking->starts[job + 1]; i++) {
        const struct gd_dump_item *item = checking->items[i];
        GD_TRY(gd_fault("restore: before a foreign key is checked", err));
        GD_TRY(set_memory(pg, gd_team_sort_kib(team, bytes_referred_to(checking->posting, item)),
                          err));
        GD_TRY(gd_pg_command(pg, item->what, item->attach, err));
        gd_team_progress(team, worker, checking->items[i]->name,
                         place_of(checking->posting, checking->items[i]).bytes, 0);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status refer_in_two_steps(struct posting *posting, struct rest *refer,
                                                   struct gd_error *err)
{
    struct gd_arena *arena = posting->restoring->arena;
    struct checking checking = {.posting = posting};
    size_t count = 0;
    uint64_t bytes = 0;
    checking.items = gd_arena_zalloc(arena, refer->count + 1, sizeof(void *));
    checking.starts = gd_arena_zalloc(arena, refer->count + 2, sizeof(size_t));
    for (size_t i = 0; i < refer->count; i++) {
        struct gd_dump_item *item = &refer->items[i];
        if (gd_reference_is_open(posting->restoring->options->manifest, item)) {
            gd_restoring_warn(posting->restoring, "Validate it when those rows are there.",
                              "foreign key \"%s\" of \"%s.%s\" is left NOT VALID: the rows that it "
                              "refers to are not in the snapshot",
                              item->name, item->schema, item->table);
            item->sql = item->build;
            continue;
        }
        if (item->build == NULL || !is_large(posting, item))
            continue;
        item->sql = item->build;
        checking.items[count++] = item;
        bytes += place_of(posting, item).bytes;
    }
    struct gd_pg *first = gd_team_first(posting->team);
    GD_TRY(gd_restore_items(posting->restoring, first, refer->items, refer->count, NULL, err));
    qsort(checking.items, count, sizeof(void *), by_table);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !same_table(checking.items[i - 1], checking.items[i]))
            checking.starts[checking.count++] = i;
    checking.starts[checking.count] = count;
    return gd_team_work(posting->team, "checking foreign keys", checking.count, bytes, check_table,
                        &checking, err);
}

struct gd_status gd_restore_post(struct gd_restoring *restoring, struct gd_team *team,
                                 struct gd_error *err)
{
    struct posting posting = {.restoring = restoring, .team = team};
    struct rest settle, refer, secure;
    size_t room = restoring->after.count + 1;
    struct rest *const rests[] = {&settle, &refer, &secure};
    for (size_t i = 0; i < 3; i++)
        *rests[i] =
            (struct rest){gd_arena_zalloc(restoring->arena, room, sizeof(struct gd_dump_item)), 0};
    GD_TRY(look_at_sizes(&posting, err));
    plan_builds(&posting);
    GD_TRY(gd_team_work(team, "building indexes", posting.job_count, bytes_of(&posting), build,
                        &posting, err));
    sort_rest(&posting, &settle, &refer, &secure);
    struct gd_pg *first = gd_team_first(team);
    GD_TRY(gd_restore_items(restoring, first, settle.items, settle.count, NULL, err));
    GD_TRY(refer_in_two_steps(&posting, &refer, err));
    return gd_restore_items(restoring, first, secure.items, secure.count, NULL, err);
}
