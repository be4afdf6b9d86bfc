/*
 * Contents: rows, indexes and keys by all sessions at once, then the rest in its order.
 *
 *   build     rows, indexes, and of large plain tables the keys, foreign keys and statistics:
 * build.c settle    in the order of the dump: unique indexes become keys, comments, triggers, rules
 * … refer     foreign keys that are left: added NOT VALID where the table is large, then validated
 *             side by side
 *   secure    what the dump has behind the foreign keys: policies, publications, subscriptions
 */
#include "guardian/restore/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"

enum { CALL_LIMIT_MS = 3600000 };
static const uint64_t large_bytes = 4 << 20;

/* --- what is where ----------------------------------------------------------------------------*/

GD_MUST static struct gd_status look_at_tables(struct gd_posting *posting, struct gd_error *err)
{
    struct gd_arena *arena = posting->restoring->arena;
    struct gd_pg_call call = {
        .what = "ask for tables",
        .limit_ms = CALL_LIMIT_MS,
        .sql =
            "SELECT n.nspname, c.relname, c.relkind, EXISTS (SELECT FROM pg_catalog.pg_inherits i "
            "WHERE c.oid IN (i.inhrelid, i.inhparent)) OR c.relkind = 'p', "
            "pg_catalog.pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class c "
            "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_'"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(gd_team_first(posting->team), &call, &rows, err));
    posting->count = gd_pg_rows_count(rows);
    posting->all = gd_arena_zalloc(arena, posting->count + 1, sizeof *posting->all);
    for (size_t i = 0; i < posting->count; i++) {
        struct gd_filled *place = &posting->all[i];
        *place = (struct gd_filled){.schema = gd_arena_strdup(arena, gd_pg_cell(rows, i, 0)),
                                    .name = gd_arena_strdup(arena, gd_pg_cell(rows, i, 1)),
                                    .kind = gd_pg_char(rows, i, 2),
                                    .related = gd_pg_bool(rows, i, 3),
                                    .ours = gd_pg_bool(rows, i, 4)};
        gd_lookup_set(&posting->places, "table", place->schema, place->name, place, arena);
    }
    return GD_DONE;
}

const struct gd_filled *gd_filled_of(const struct gd_posting *posting, const char *schema,
                                     const char *table)
{
    static const struct gd_filled nowhere = {.kind = ' '};
    const struct gd_filled *found = gd_lookup_get(&posting->places, "table", schema, table);
    return found == NULL ? &nowhere : found;
}

bool gd_filled_is_large(const struct gd_filled *place)
{
    return place->kind == 'r' && place->bytes >= large_bytes;
}

static bool is_large(const struct gd_posting *posting, const struct gd_dump_item *item)
{
    return gd_filled_is_large(gd_filled_of(posting, item->schema, item->table));
}

int gd_items_by_table(const void *left, const void *right)
{
    const struct gd_dump_item *a = *(const struct gd_dump_item *const *)left;
    const struct gd_dump_item *b = *(const struct gd_dump_item *const *)right;
    int order = strcmp(a->schema, b->schema);
    if (order == 0)
        order = strcmp(a->table, b->table);
    return order != 0 ? order : a < b ? -1 : a > b;
}

size_t gd_items_of_table(const struct gd_dump_item *const *items, size_t count, size_t from)
{
    size_t to = from + 1;
    while (to < count && strcmp(items[from]->table, items[to]->table) == 0 &&
           strcmp(items[from]->schema, items[to]->schema) == 0)
        to++;
    return to;
}

/* The hash of the other table's keys stays in the processor's cache; the server takes
 * maintenance_work_mem for it. */
struct gd_status gd_validate(const struct gd_posting *posting, struct gd_pg *pg,
                             const struct gd_dump_item *item, struct gd_error *err)
{
    char set_up[64];
    const struct gd_filled *there = gd_filled_of(posting, item->refers_schema, item->refers_table);
    snprintf(set_up, sizeof set_up, "SET maintenance_work_mem = %llu",
             (unsigned long long)gd_team_sort_kib(posting->team, there->bytes));
    GD_TRY(gd_pg_command(pg, "set up a session for checking", set_up, err));
    return gd_pg_command(pg, item->what, item->attach, err);
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

static bool runs_later(const struct gd_dump_item *item)
{
    return item->kind == GD_DUMP_GRANT || item->kind == GD_DUMP_LATE ||
           item->kind == GD_DUMP_DATABASE;
}

static void sort_rest(const struct gd_posting *posting, struct rest *settle, struct rest *refer,
                      struct rest *secure)
{
    const struct gd_dump *after = &posting->restoring->after;
    struct rest *rest = settle;
    for (size_t i = 0; i < after->count; i++) {
        const struct gd_dump_item *item = &after->items[i];
        if (item->kind == GD_DUMP_FOREIGN_KEY)
            rest = secure;
        if (posting->settled[i])
            continue;
        if (posting->built[i])
            add_rest(settle, item, item->attach);
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
    const struct gd_posting *posting;
};

GD_MUST static struct gd_status check_table(void *context, struct gd_team *team, unsigned worker,
                                            struct gd_pg *pg, size_t job, struct gd_error *err)
{
    struct checking *checking = context;
    for (size_t i = checking->starts[job]; i < checking->starts[job + 1]; i++) {
        const struct gd_dump_item *item = checking->items[i];
        GD_TRY(gd_fault("restore: before a foreign key is checked", err));
        GD_TRY(gd_validate(checking->posting, pg, item, err));
        gd_team_progress(team, worker, item->name,
                         gd_filled_of(checking->posting, item->schema, item->table)->bytes, 0);
    }
    return GD_DONE;
}

/* The rows of pg_constraint that a foreign key has for each partition of the other table are not
 * reached by VALIDATE. */
static bool is_validated_whole(const struct gd_posting *posting, const struct gd_dump_item *item)
{
    return gd_filled_of(posting, item->refers_schema, item->refers_table)->kind != 'p';
}

GD_MUST static struct gd_status refer_in_two_steps(struct gd_posting *posting, struct rest *refer,
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
        if (item->build == NULL || !is_large(posting, item) || !is_validated_whole(posting, item))
            continue;
        item->sql = item->build;
        checking.items[count++] = item;
        bytes += gd_filled_of(posting, item->schema, item->table)->bytes;
    }
    struct gd_pg *first = gd_team_first(posting->team);
    GD_TRY(gd_restore_items(posting->restoring, first, refer->items, refer->count, NULL, err));
    qsort(checking.items, count, sizeof(void *), gd_items_by_table);
    for (size_t from = 0; from < count; from = gd_items_of_table(checking.items, count, from))
        checking.starts[checking.count++] = from;
    checking.starts[checking.count] = count;
    return gd_team_work(posting->team, "checking foreign keys", checking.count, bytes, check_table,
                        &checking, err);
}

struct gd_status gd_restore_contents(struct gd_restoring *restoring, struct gd_team *team,
                                     struct gd_error *err)
{
    struct gd_posting posting = {.restoring = restoring, .team = team};
    struct rest settle, refer, secure;
    size_t room = restoring->after.count + 1;
    struct rest *const rests[] = {&settle, &refer, &secure};
    for (size_t i = 0; i < 3; i++)
        *rests[i] =
            (struct rest){gd_arena_zalloc(restoring->arena, room, sizeof(struct gd_dump_item)), 0};
    GD_TRY(look_at_tables(&posting, err));
    posting.built = gd_arena_zalloc(restoring->arena, room, sizeof *posting.built);
    posting.settled = gd_arena_zalloc(restoring->arena, room, sizeof *posting.settled);
    GD_TRY(gd_restore_builds(&posting, err));
    sort_rest(&posting, &settle, &refer, &secure);
    struct gd_pg *first = gd_team_first(team);
    GD_TRY(gd_restore_items(restoring, first, settle.items, settle.count, NULL, err));
    GD_TRY(refer_in_two_steps(&posting, &refer, err));
    return gd_restore_items(restoring, first, secure.items, secure.count, NULL, err);
}
