/*
 * The look: all that has to be known of a database, read under the snapshot in a handful of
 * queries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/take_own.h"

/* clang-format off */
#define SQL(name) static const char name##_sql[] =
SQL(identity)
#include "guardian/snapshot/sql/identity.sql.inc"
    ;
SQL(extensions)
#include "guardian/snapshot/sql/extensions.sql.inc"
    ;
SQL(tables)
#include "guardian/snapshot/sql/tables.sql.inc"
    ;
SQL(columns)
#include "guardian/snapshot/sql/columns.sql.inc"
    ;
SQL(sizes)
#include "guardian/snapshot/sql/sizes.sql.inc"
    ;
SQL(parents)
#include "guardian/snapshot/sql/parents.sql.inc"
    ;
SQL(sequences)
#include "guardian/snapshot/sql/sequences.sql.inc"
    ;
SQL(matviews)
#include "guardian/snapshot/sql/matviews.sql.inc"
    ;
SQL(globals)
#include "guardian/snapshot/sql/globals.sql.inc"
    ;
/* clang-format on */

/* The catalogue of a very large database, on a busy server. */
enum { QUERY_MS = 600000, SEQUENCES_AT_ONCE = 100 };

struct gd_status gd_take_query(struct gd_take *take, const char *what, const char *sql,
                               const char *value, struct gd_pg_rows **out_rows,
                               struct gd_error *err)
{
    struct gd_pg_call call = {.what = what,
                              .sql = sql,
                              .values = &value,
                              .value_count = value == NULL ? 0 : 1,
                              .limit_ms = QUERY_MS};
    return gd_pg_run(take->pg, &call, out_rows, err);
}

static const char *keep(struct gd_take *take, const struct gd_pg_rows *rows, size_t row,
                        size_t column)
{
    const char *text = gd_pg_cell(rows, row, column);
    return text == NULL ? "" : gd_arena_strdup(take->arena, text);
}

struct gd_status gd_take_identify(struct gd_take *take, struct gd_error *err)
{
    struct gd_manifest *manifest = take->manifest;
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read what database it is", identity_sql, NULL, &rows, err));
    const char **const texts[] = {&manifest->system_identifier,
                                  &manifest->database,
                                  &manifest->database_owner,
                                  &manifest->server_text,
                                  &manifest->encoding,
                                  &manifest->collate,
                                  &manifest->ctype,
                                  &manifest->provider,
                                  &manifest->icu_locale,
                                  &manifest->collation_version,
                                  &manifest->lsn,
                                  &manifest->pg_snapshot};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = keep(take, rows, 0, i);
    if (take->options->pg_snapshot != NULL)
        manifest->pg_snapshot = take->options->pg_snapshot;
    manifest->snapshot_us = gd_pg_int(rows, 0, 12);
    take->in_recovery = gd_pg_bool(rows, 0, 13);
    take->block_bytes = (uint32_t)gd_pg_int(rows, 0, 14);
    manifest->server_version = gd_pg_version(take->pg);
    manifest->cluster =
        gd_cluster_name(manifest->system_identifier, manifest->database, take->arena);
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_extensions(struct gd_take *take, struct gd_error *err)
{
    struct gd_manifest *manifest = take->manifest;
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read the extensions", extensions_sql, NULL, &rows, err));
    manifest->extension_count = gd_pg_rows_count(rows);
    manifest->extensions =
        gd_arena_zalloc(take->arena, manifest->extension_count + 1, sizeof *manifest->extensions);
    for (size_t i = 0; i < manifest->extension_count; i++)
        manifest->extensions[i] = (struct gd_extension){.name = keep(take, rows, i, 0),
                                                        .version = keep(take, rows, i, 1),
                                                        .schema = keep(take, rows, i, 2)};
    return GD_DONE;
}

/* A table that was written anew since has one writer for all of its rows: nothing is told by that.
 */
static const char *without_own(const struct gd_take *take, const struct gd_pg_rows *rows,
                               size_t row)
{
    const struct gd_take_options *options = take->options;
    if (options->own_ids == NULL || gd_pg_char(rows, row, 3) != 'r' ||
        gd_pg_cell(rows, row, 7) != NULL ||
        gd_map_get(options->own_files, gd_pg_oid(rows, row, 0)) != gd_pg_oid(rows, row, 5))
        return NULL;
    return gd_arena_printf(take->arena, "xmin::text::pg_catalog.int8 NOT IN (%s)",
                           options->own_ids);
}

static void read_table(struct gd_take *take, const struct gd_pg_rows *rows, size_t row,
                       struct gd_take_table *out_table)
{
    *out_table = (struct gd_take_table){
        .table = {.oid = gd_pg_oid(rows, row, 0),
                  .schema = keep(take, rows, row, 1),
                  .name = keep(take, rows, row, 2),
                  .kind = gd_pg_char(rows, row, 3),
                  .config = gd_pg_cell(rows, row, 7) != NULL,
                  .condition = keep(take, rows, row, 7),
                  .root_schema = "",
                  .root_name = ""},
        .only = without_own(take, rows, row),
        .persistence = gd_pg_char(rows, row, 4),
        .file = gd_pg_oid(rows, row, 5),
        .heap = gd_pg_bool(rows, row, 6),
        .may_read = gd_pg_bool(rows, row, 8),
        .may_enter = gd_pg_bool(rows, row, 9),
        .row_security = gd_pg_bool(rows, row, 10),
        .hash = gd_pg_char(rows, row, 11) == 'h',
        .upper = GD_MAP_NONE,
    };
}

GD_MUST static struct gd_status look_at_tables(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read the tables", tables_sql, NULL, &rows, err));
    take->table_count = gd_pg_rows_count(rows);
    take->tables = gd_arena_zalloc(take->arena, take->table_count + 1, sizeof *take->tables);
    for (size_t i = 0; i < take->table_count; i++) {
        read_table(take, rows, i, &take->tables[i]);
        (void)gd_map_add(&take->by_oid, take->tables[i].table.oid, (uint32_t)i, take->arena);
    }
    return GD_DONE;
}

/* Rows of a table hashed by an enum, or under another collation or machine, belong elsewhere after
 * a restore: they go in through the root. */
static void set_root(struct gd_take *take, struct gd_take_table *table)
{
    const struct gd_take_table *root = table;
    bool hash = false;
    while (root->upper != GD_MAP_NONE) {
        root = &take->tables[root->upper];
        hash = hash || root->hash;
    }
    table->table.by_root = hash;
    table->table.root_schema = hash ? root->table.schema : "";
    table->table.root_name = hash ? root->table.name : "";
}

GD_MUST static struct gd_status look_at_parents(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read partitions and heirs", parents_sql, NULL, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    take->links = gd_arena_zalloc(take->arena, count + 1, sizeof *take->links);
    for (size_t i = 0; i < count; i++) {
        struct gd_take_link link = {.child = gd_map_get(&take->by_oid, gd_pg_oid(rows, i, 0)),
                                    .parent = gd_map_get(&take->by_oid, gd_pg_oid(rows, i, 1)),
                                    .partition = gd_pg_bool(rows, i, 2)};
        if (link.child == GD_MAP_NONE || link.parent == GD_MAP_NONE)
            continue;
        take->links[take->link_count++] = link;
        if (link.partition)
            take->tables[link.child].upper = link.parent;
    }
    for (size_t i = 0; i < take->table_count; i++)
        set_root(take, &take->tables[i]);
    return GD_DONE;
}

/* "{1,2,3}" of the tables that are wanted. */
static const char *wanted_oids(struct gd_take *take)
{
    char *list = gd_arena_alloc(take->arena, take->table_count * 11 + 3), *at = list;
    *at++ = '{';
    for (size_t i = 0; i < take->table_count; i++)
        if (take->tables[i].wanted)
            at += snprintf(at, 12, "%s%u", at == list + 1 ? "" : ",", take->tables[i].table.oid);
    *at++ = '}';
    *at = '\0';
    return list;
}

GD_MUST static struct gd_status look_at_columns(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read the columns", columns_sql, wanted_oids(take), &rows, err));
    size_t count = gd_pg_rows_count(rows);
    const char **names = gd_arena_zalloc(take->arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = keep(take, rows, i, 1);
        struct gd_table *table =
            &take->tables[gd_map_get(&take->by_oid, gd_pg_oid(rows, i, 0))].table;
        if (table->column_count == 0)
            table->columns = &names[i];
        table->column_count++;
    }
    return GD_DONE;
}

struct gd_status gd_take_measure(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "measure the tables", sizes_sql, wanted_oids(take), &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        struct gd_take_table *table =
            &take->tables[gd_map_get(&take->by_oid, gd_pg_oid(rows, i, 0))];
        table->heap_bytes = (uint64_t)gd_pg_int(rows, i, 1);
        table->toast_bytes = (uint64_t)gd_pg_int(rows, i, 2);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_matviews(struct gd_take *take, struct gd_error *err)
{
    struct gd_manifest *manifest = take->manifest;
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read the materialized views", matviews_sql, NULL, &rows, err));
    manifest->matview_count = gd_pg_rows_count(rows);
    manifest->matviews =
        gd_arena_zalloc(take->arena, manifest->matview_count + 1, sizeof *manifest->matviews);
    for (size_t i = 0; i < manifest->matview_count; i++)
        manifest->matviews[i] = (struct gd_matview){.schema = keep(take, rows, i, 0),
                                                    .name = keep(take, rows, i, 1),
                                                    .populated = gd_pg_bool(rows, i, 2)};
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_sequences(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read the sequences", sequences_sql, NULL, &rows, err));
    take->sequence_count = gd_pg_rows_count(rows);
    take->sequences =
        gd_arena_zalloc(take->arena, take->sequence_count + 1, sizeof *take->sequences);
    for (size_t i = 0; i < take->sequence_count; i++)
        take->sequences[i] =
            (struct gd_take_sequence){.sequence = {.schema = keep(take, rows, i, 0),
                                                   .name = keep(take, rows, i, 1),
                                                   .last_value = gd_pg_int(rows, i, 2),
                                                   .is_called = true},
                                      .known = gd_pg_cell(rows, i, 2) != NULL,
                                      .may_read = gd_pg_bool(rows, i, 3),
                                      .persistence = gd_pg_char(rows, i, 4)};
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_globals(struct gd_take *take, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_take_query(take, "read roles and settings", globals_sql, NULL, &rows, err));
    take->manifest->globals_json = keep(take, rows, 0, 0);
    return GD_DONE;
}

/* Where a name without a schema is looked for: what the target says, or the server's default. Read
 * before the session for reading, in which nothing is looked for. */
GD_MUST static struct gd_status search_path(struct gd_take *take, const char ***out_path,
                                            size_t *out_count, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "read the search path",
                              .sql = "SELECT unnest(current_schemas(false))"};
    gd_auto_pg own = NULL;
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_connect_like(take->pg, NULL, &own, err));
    GD_TRY(gd_pg_begin(own, err));
    GD_TRY(gd_pg_run(own, &call, &rows, err));
    *out_count = gd_pg_rows_count(rows);
    *out_path = gd_arena_zalloc(take->arena, *out_count + 1, sizeof **out_path);
    for (size_t i = 0; i < *out_count; i++)
        (*out_path)[i] = keep(take, rows, i, 0);
    return GD_DONE;
}

/* What is no table of ours must have no rows: those of an extension's table are in no backup. */
GD_MUST static struct gd_status check_rowless(struct gd_take *take, struct gd_error *err)
{
    static const char sql[] =
        "SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass($1)";
    for (size_t i = 0; i < take->rowless.count; i++) {
        const char *name = take->rowless.items[i];
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_take_query(take, "look what is named", sql, name, &rows, err));
        if (gd_pg_rows_count(rows) > 0 && strchr("rpf", gd_pg_char(rows, 0, 0)) != NULL)
            return gd_fail(err, GD_UNPROTECTED,
                           "could not back up table \"%s\": it belongs to an extension or to the "
                           "server, and its rows are in no snapshot",
                           name);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status choose(struct gd_take *take, struct gd_error *err)
{
    const char **path = NULL;
    size_t count = 0;
    if (take->options->table_count + take->options->exclude_count > 0)
        GD_TRY(search_path(take, &path, &count, err));
    GD_TRY(gd_take_choose(take, path, count, err));
    return check_rowless(take, err);
}

struct gd_status gd_take_look(struct gd_take *take, struct gd_error *err)
{
    GD_TRY(look_at_extensions(take, err));
    GD_TRY(look_at_tables(take, err));
    GD_TRY(look_at_parents(take, err));
    GD_TRY(choose(take, err));
    if (take->options->scope != GD_SNAPSHOT_SCHEMA)
        GD_TRY(look_at_columns(take, err));
    GD_TRY(look_at_matviews(take, err));
    GD_TRY(look_at_sequences(take, err));
    return look_at_globals(take, err);
}

/* --- sequences ----------------------------------------------------------------------------------
 */

/* A standby has no values of unlogged sequences. */
static bool is_asked(const struct gd_take *take, const struct gd_take_sequence *sequence)
{
    bool there = !take->in_recovery || sequence->persistence != 'u';
    return there && sequence->may_read && !sequence->known;
}

/* One query for up to SEQUENCES_AT_ONCE, from `*at` on, which stands behind the last afterwards. */
static const char *sequences_query(struct gd_take *take, size_t *at, struct gd_arena *arena)
{
    const char *sql = NULL;
    for (unsigned count = 0; *at < take->sequence_count && count < SEQUENCES_AT_ONCE; (*at)++) {
        const struct gd_take_sequence *one = &take->sequences[*at];
        if (!is_asked(take, one))
            continue;
        count++;
        sql = gd_arena_printf(arena, "%s%sSELECT %zu, last_value, is_called FROM %s.%s",
                              sql == NULL ? "" : sql, sql == NULL ? "" : " UNION ALL ", *at,
                              gd_take_quote(one->sequence.schema, arena),
                              gd_take_quote(one->sequence.name, arena));
    }
    return sql;
}

GD_MUST static struct gd_status ask_sequences(struct gd_take *take, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    for (size_t at = 0; at < take->sequence_count;) {
        gd_auto_pg_rows rows = NULL;
        const char *sql = sequences_query(take, &at, arena);
        if (sql == NULL)
            break;
        GD_TRY(gd_take_query(take, "read what sequences stand at", sql, NULL, &rows, err));
        for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
            struct gd_take_sequence *one = &take->sequences[gd_pg_int(rows, i, 0)];
            one->sequence.last_value = gd_pg_int(rows, i, 1);
            one->sequence.is_called = gd_pg_bool(rows, i, 2);
            one->known = true;
        }
        gd_arena_reset(arena);
    }
    return GD_DONE;
}

/* The second look is for the values, which do not belong to any snapshot: they have to be read
 * after the rows, so that none is handed out twice. */
struct gd_status gd_take_read_sequences(struct gd_take *take, struct gd_error *err)
{
    struct gd_manifest *manifest = take->manifest;
    GD_TRY(look_at_sequences(take, err));
    GD_TRY(ask_sequences(take, err));
    manifest->sequences =
        gd_arena_zalloc(take->arena, take->sequence_count + 1, sizeof *manifest->sequences);
    for (size_t i = 0; i < take->sequence_count; i++)
        if (take->sequences[i].known)
            manifest->sequences[manifest->sequence_count++] = take->sequences[i].sequence;
        else
            gd_tell_warning(
                take->options->events,
                "Restored, it begins anew; take the snapshot from the primary to keep "
                "its value.",
                "the value of the unlogged sequence \"%s.%s\" is not known to a standby",
                take->sequences[i].sequence.schema, take->sequences[i].sequence.name);
    return GD_DONE;
}
