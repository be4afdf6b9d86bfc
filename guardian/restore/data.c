/*
 * Data: rows back into the tables, by all sessions; build.c says when.
 *
 * A table that one session loads is truncated and filled in one transaction, so that its rows can
 * be written frozen: nothing needs to look at them again later. One that is so large that the
 * others would wait for it is loaded by all of them, part by part, without that.
 * Invariant    A transaction ends only after the source has been compared with the manifest to its
 *              true end, and the server has taken the recorded number of rows.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

static uint64_t table_bytes(const struct gd_table *table)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < table->part_count; i++)
        bytes += table->parts[i].stored.bytes;
    return bytes;
}

/* --- one job ----------------------------------------------------------------------------------*/

struct progress {
    struct gd_team *team;
    const struct gd_load *load;
    unsigned worker;
    uint64_t bytes, rows;
};

GD_MUST static struct gd_status tell_progress(void *context, uint64_t bytes, uint64_t rows,
                                              struct gd_error *err)
{
    struct progress *progress = context;
    if (progress->team == NULL)
        return GD_DONE;
    gd_team_progress(progress->team, progress->worker, progress->load->table->name,
                     bytes - progress->bytes, rows - progress->rows);
    progress->bytes = bytes;
    progress->rows = rows;
    if (gd_team_stopped(progress->team))
        return gd_fail(err, GD_SYSTEM, "could not go on: another session failed");
    return GD_DONE;
}

GD_MUST static struct gd_status copy_part(struct gd_restoring *restoring, struct gd_pg *pg,
                                          struct progress *progress, const struct gd_part *part,
                                          struct gd_error *err)
{
    const struct gd_load *load = progress->load;
    uint64_t rows = 0;
    gd_auto_source source = NULL;
    GD_TRY(gd_fault("restore: before a part", err));
    GD_TRY(gd_object_source_new(restoring->options->place, &part->stored, &source, err));
    struct gd_pg_copy copy = {
        .what = load->what, .sql = load->copy, .progress = tell_progress, .context = progress};
    progress->bytes = progress->rows = 0;
    GD_TRY(gd_pg_copy_in(pg, &copy, source, &rows, err));
    if (rows != part->digest.rows)
        return gd_fail(err, GD_CORRUPT,
                       "could not %s: the server took %llu rows of \"%s\", and the manifest says "
                       "%llu",
                       load->what, (unsigned long long)rows, part->stored.name,
                       (unsigned long long)part->digest.rows);
    if (progress->team != NULL)
        gd_team_progress(progress->team, progress->worker, load->table->name,
                         part->stored.bytes - progress->bytes, rows - progress->rows);
    return GD_DONE;
}

struct gd_status gd_restore_load(const struct gd_loads *loads, size_t number, struct gd_team *team,
                                 unsigned worker, struct gd_pg *pg, struct gd_error *err)
{
    const struct gd_load *load = &loads->items[number];
    struct progress progress = {.team = team, .load = load, .worker = worker};
    bool alone = load->truncate != NULL || load->count > 1;
    if (alone)
        GD_TRY(
            gd_pg_command(pg, load->what, load->truncate == NULL ? "BEGIN" : load->truncate, err));
    for (size_t i = 0; i < load->count; i++)
        GD_TRY(
            copy_part(loads->restoring, pg, &progress, &load->table->parts[load->first + i], err));
    GD_TRY(gd_fault("restore: before the rows count", err));
    if (alone)
        GD_TRY(gd_pg_command(pg, load->what, "COMMIT", err));
    struct gd_event event = {.kind = GD_EVENT_OBJECT,
                             .object = load->table->name,
                             .worker = (int)worker,
                             .bytes = load->bytes,
                             .rows = load->table->digest.rows};
    gd_tell(loads->restoring->options->events, &event);
    return GD_DONE;
}

/* --- planning ---------------------------------------------------------------------------------*/

static const char *column_list(const struct gd_table *table, struct gd_arena *arena)
{
    if (table->column_count == 0)
        return "";
    return gd_arena_printf(arena, " (%s)",
                           gd_quoted_list(table->columns, table->column_count, arena));
}

static bool is_wanted(const struct gd_restoring *restoring, const char *schema, const char *name)
{
    return restoring->only == NULL ||
           gd_texts_has(restoring->only, gd_quoted_pair(schema, name, restoring->arena));
}

/* A partition by hash whose root is not restored stands alone, and takes its rows itself. */
static bool through_root(const struct gd_restoring *restoring, const struct gd_table *table)
{
    return table->by_root && is_wanted(restoring, table->root_schema, table->root_name);
}

static const char *target_of(const struct gd_restoring *restoring, const struct gd_table *table)
{
    bool root = through_root(restoring, table);
    const char *schema = root ? table->root_schema : table->schema;
    return gd_quoted_pair(restoring->side == NULL ? schema : restoring->side,
                          root ? table->root_name : table->name, restoring->arena);
}

static struct gd_load load_of(const struct gd_restoring *restoring, const struct gd_table *table,
                              bool freeze)
{
    struct gd_arena *arena = restoring->arena;
    const char *target = target_of(restoring, table);
    struct gd_load load = {.table = table,
                           .root = through_root(restoring, table),
                           .count = table->part_count,
                           .bytes = table_bytes(table)};
    load.what = gd_arena_printf(arena, "load table \"%s.%s\"", table->schema, table->name);
    load.copy = gd_arena_printf(arena, "COPY %s%s FROM STDIN%s", target, column_list(table, arena),
                                freeze ? " WITH (FREEZE)" : "");
    if (freeze)
        load.truncate = gd_arena_printf(arena, "BEGIN; TRUNCATE ONLY %s", target);
    return load;
}

/* A new file for a table of a few pages costs more than its rows. */
static bool load_is_worth_freezing(const struct gd_table *table)
{
    return table_bytes(table) >= 256 * 1024;
}

static void add_table(struct gd_loads *loads, const struct gd_table *table, uint64_t large)
{
    bool split = table->part_count > 1 && table_bytes(table) > large;
    bool freeze = !split && !through_root(loads->restoring, table) && !table->config &&
                  load_is_worth_freezing(table);
    struct gd_load load = load_of(loads->restoring, table, freeze);
    if (!split) {
        loads->items[loads->count++] = load;
        return;
    }
    for (size_t i = 0; i < table->part_count; i++) {
        load.first = i;
        load.count = 1;
        load.bytes = table->parts[i].stored.bytes;
        loads->items[loads->count++] = load;
    }
}

/* Rows of a foreign table lie on another server. */
static bool is_loaded(struct gd_restoring *restoring, const struct gd_table *table)
{
    if (!is_wanted(restoring, table->schema, table->name))
        return false;
    if (table->left_out)
        gd_restoring_warn(restoring, "",
                          "table \"%s.%s\" stays empty: its rows were left out of "
                          "the snapshot",
                          table->schema, table->name);
    if (table->kind == 'f' && table->part_count > 0)
        gd_restoring_warn(restoring, "Load them with COPY when they are to be written there.",
                          "the rows of foreign table \"%s.%s\" are in the snapshot, and are left "
                          "out: they belong to another server",
                          table->schema, table->name);
    return table->kind != 'f' && table->digest.rows > 0;
}

void gd_restore_plan_loads(struct gd_restoring *restoring, unsigned sessions,
                           struct gd_loads *out_loads)
{
    const struct gd_manifest *manifest = restoring->options->manifest;
    struct gd_loads loads = {.restoring = restoring};
    size_t parts = 0;
    uint64_t total = 0;
    for (size_t i = 0; i < manifest->table_count; i++) {
        parts += manifest->tables[i].part_count;
        total += table_bytes(&manifest->tables[i]);
    }
    loads.items = gd_arena_zalloc(restoring->arena, parts + 1, sizeof *loads.items);
    for (size_t i = 0; i < manifest->table_count; i++) {
        const struct gd_table *table = &manifest->tables[i];
        restoring->tables += is_wanted(restoring, table->schema, table->name);
        if (!is_loaded(restoring, table))
            continue;
        add_table(&loads, table, total / sessions);
        restoring->rows += table->digest.rows;
        restoring->bytes += table_bytes(table);
    }
    *out_loads = loads;
}

struct gd_status gd_restore_rows(struct gd_restoring *restoring, struct gd_pg *pg,
                                 const struct gd_table *table, struct gd_error *err)
{
    struct gd_load load = load_of(restoring, table, false);
    struct progress progress = {.load = &load};
    for (size_t i = 0; i < table->part_count; i++)
        GD_TRY(copy_part(restoring, pg, &progress, &table->parts[i], err));
    restoring->tables++;
    restoring->rows += table->digest.rows;
    restoring->bytes += load.bytes;
    return GD_DONE;
}
