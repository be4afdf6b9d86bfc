/*
 * Manifest, checked: do its values agree with each other?
 *
 * Whether each of them has the right form is snapshot/manifest_read.c's question; whether the
 * objects are what the manifest says is prove/'s.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/map.h"
#include "guardian/base/texts.h"
#include "guardian/io/crypt.h"
#include "guardian/snapshot/manifest.h"

enum { COLUMNS_MAX = 1600 }; /* of a PostgreSQL table */

struct totals {
    uint64_t rows, bytes, stored_bytes;
    bool too_large;
};

static void add(uint64_t *sum, uint64_t more, struct totals *totals)
{
    if (__builtin_add_overflow(*sum, more, sum) || *sum > INT64_MAX)
        totals->too_large = true;
}

static void add_stored(struct totals *totals, const struct gd_stored *stored)
{
    if (stored->name == NULL)
        return;
    add(&totals->bytes, stored->bytes, totals);
    add(&totals->stored_bytes, stored->stored_bytes, totals);
}

static struct gd_status differs(struct gd_error *err, const char *key, uint64_t says,
                                const char *what, uint64_t are)
{
    return gd_fail(err, GD_CORRUPT, "\"%s\" is %llu, but %s %llu", key, (unsigned long long)says,
                   what, (unsigned long long)are);
}

/* ---- objects ---- */

/* What pg_dump compressed already is stored as it is; with a key it grows. */
static struct gd_status check_dump(const char *key, const struct gd_stored *stored, bool encrypted,
                                   struct gd_error *err)
{
    if (stored->bytes == 0)
        return gd_fail(err, GD_CORRUPT, "\"%s.bytes\" is 0: no archive is empty", key);
    if (encrypted && stored->stored_bytes != gd_sealed_bytes(stored->bytes))
        return gd_fail(err, GD_CORRUPT,
                       "\"%s.stored_bytes\" is %llu, but %llu bytes become %llu when they are "
                       "encrypted",
                       key, (unsigned long long)stored->stored_bytes,
                       (unsigned long long)stored->bytes,
                       (unsigned long long)gd_sealed_bytes(stored->bytes));
    if (encrypted)
        return GD_DONE;
    if (stored->stored_bytes != stored->bytes)
        return gd_fail(err, GD_CORRUPT,
                       "\"%s.stored_bytes\" is %llu, but it is stored as it is, "
                       "with %llu bytes",
                       key, (unsigned long long)stored->stored_bytes,
                       (unsigned long long)stored->bytes);
    if (strcmp(stored->sha256, stored->stored_sha256) != 0)
        return gd_fail(err, GD_CORRUPT,
                       "\"%s.stored_sha256\" is not \"sha256\", and it is not "
                       "compressed or encrypted",
                       key);
    return GD_DONE;
}

static struct gd_status check_dumps(const struct gd_manifest *manifest, struct gd_error *err)
{
    bool encrypted = manifest->key_id != NULL && manifest->key_id[0] != '\0';
    if (strcmp(manifest->schema_dump.name, "schema.dump") != 0)
        return gd_fail(err, GD_CORRUPT, "\"schema_dump.object\" is not \"schema.dump\"");
    GD_TRY(check_dump("schema_dump", &manifest->schema_dump, encrypted, err));
    const struct gd_large_objects *large = &manifest->large_objects;
    const char *name = manifest->blobs_dump.name;
    if ((name != NULL) != (large->count > 0))
        return gd_fail(err, GD_CORRUPT, "\"large_objects.dump\" is %s, but their count is %llu",
                       name == NULL ? "null" : "there", (unsigned long long)large->count);
    if ((large->digest[0] != '\0') != (large->count > 0) || (large->count == 0 && large->bytes > 0))
        return gd_fail(err, GD_CORRUPT,
                       "\"large_objects.digest\" and \"large_objects.bytes\" do not fit to their "
                       "count %llu",
                       (unsigned long long)large->count);
    if (name == NULL)
        return GD_DONE;
    if (strcmp(name, "blobs.dump") != 0)
        return gd_fail(err, GD_CORRUPT, "\"large_objects.dump.object\" is not \"blobs.dump\"");
    return check_dump("large_objects.dump", &manifest->blobs_dump, encrypted, err);
}

/* ---- tables ---- */

struct seen {
    struct gd_texts names, objects;
    struct gd_map oids;
    struct gd_arena *arena;
};

static struct gd_status once(struct gd_texts *names, const char *list, size_t index,
                             const char *schema, const char *name, struct gd_arena *arena,
                             struct gd_error *err)
{
    const char *both = gd_arena_printf(arena, "%zu %s.%s", strlen(schema), schema, name);
    if (gd_texts_add(names, both, arena))
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "\"%s[%zu]\" is \"%s\".\"%s\", which stands there before", list,
                   index, schema, name);
}

/* A row is at least a line feed, and no bytes come from no rows. */
static bool rows_fit_bytes(const struct gd_part *part)
{
    uint64_t rows = part->digest.rows, bytes = part->stored.bytes;
    return rows == 0 ? bytes == 0 : bytes >= rows;
}

static struct gd_status check_part(const struct gd_part *part, size_t table, size_t index,
                                   struct seen *seen, struct gd_error *err)
{
    const char *name = part->stored.name;
    if (name == NULL || strncmp(name, "data/", 5) != 0)
        return gd_fail(err, GD_CORRUPT,
                       "\"tables[%zu].parts[%zu].object\" is not an object with "
                       "rows",
                       table, index);
    if (!gd_texts_add(&seen->objects, name, seen->arena))
        return gd_fail(err, GD_CORRUPT,
                       "\"tables[%zu].parts[%zu].object\" is \"%s\", which "
                       "another part names, too",
                       table, index, name);
    if (!rows_fit_bytes(part))
        return gd_fail(err, GD_CORRUPT,
                       "\"tables[%zu].parts[%zu].rows\" is %llu, which does not "
                       "fit into %llu bytes",
                       table, index, (unsigned long long)part->digest.rows,
                       (unsigned long long)part->stored.bytes);
    if (part->stored.stored_bytes == 0)
        return gd_fail(err, GD_CORRUPT, "\"tables[%zu].parts[%zu].stored_bytes\" is 0", table,
                       index);
    return GD_DONE;
}

static struct gd_status check_parts(const struct gd_table *table, size_t at, struct seen *seen,
                                    struct totals *totals, struct gd_error *err)
{
    struct gd_rows_digest sum = {0};
    char key[64];
    snprintf(key, sizeof key, "tables[%zu].rows", at);
    for (size_t i = 0; i < table->part_count; i++) {
        GD_TRY(check_part(&table->parts[i], at, i, seen, err));
        add(&totals->rows, table->parts[i].digest.rows, totals);
        add_stored(totals, &table->parts[i].stored);
        gd_rows_digest_join(&sum, &table->parts[i].digest);
    }
    if (sum.rows != table->digest.rows)
        return differs(err, key, table->digest.rows, "its parts hold", sum.rows);
    if (sum.low != table->digest.low || sum.high != table->digest.high)
        return gd_fail(err, GD_CORRUPT, "\"tables[%zu].digest\" is not the sum over its parts", at);
    return GD_DONE;
}

static struct gd_status check_columns(const struct gd_table *table, size_t at,
                                      struct gd_arena *arena, struct gd_error *err)
{
    if (table->column_count > COLUMNS_MAX)
        return differs(err, "columns", table->column_count, "a table has at most", COLUMNS_MAX);
    struct gd_arena_mark mark = gd_arena_mark(arena);
    struct gd_texts columns = {0};
    for (size_t i = 0; i < table->column_count; i++)
        if (!gd_texts_add(&columns, table->columns[i], arena))
            return gd_fail(err, GD_CORRUPT,
                           "\"tables[%zu].columns[%zu]\" is \"%s\", which stands "
                           "there before",
                           at, i, table->columns[i]);
    gd_arena_rewind(arena, mark);
    return GD_DONE;
}

static struct gd_status check_table(const struct gd_manifest *manifest, size_t at,
                                    struct seen *seen, struct totals *totals, struct gd_error *err)
{
    const struct gd_table *table = &manifest->tables[at];
    GD_TRY(check_columns(table, at, seen->arena, err));
    GD_TRY(once(&seen->names, "tables", at, table->schema, table->name, seen->arena, err));
    if (!gd_map_add(&seen->oids, table->oid, (uint32_t)at, seen->arena))
        return gd_fail(err, GD_CORRUPT, "\"tables[%zu].oid\" is %u, which stands there before", at,
                       table->oid);
    if (table->left_out && table->part_count > 0)
        return gd_fail(err, GD_CORRUPT, "\"tables[%zu].left_out\" is true, but there are parts",
                       at);
    return check_parts(table, at, seen, totals, err);
}

static struct gd_status check_tables(const struct gd_manifest *manifest, struct totals *totals,
                                     struct gd_arena *arena, struct gd_error *err)
{
    struct seen seen = {.arena = arena};
    if (manifest->scope == GD_SNAPSHOT_SCHEMA && manifest->table_count > 0)
        return gd_fail(err, GD_CORRUPT, "\"tables\" has members, but \"scope\" is \"schema\"");
    for (size_t i = 0; i < manifest->table_count; i++)
        GD_TRY(check_table(manifest, i, &seen, totals, err));
    return GD_DONE;
}

/* ---- the rest ---- */

static struct gd_status check_names(const struct gd_manifest *manifest, struct gd_arena *arena,
                                    struct gd_error *err)
{
    struct gd_texts sequences = {0}, matviews = {0}, extensions = {0};
    for (size_t i = 0; i < manifest->sequence_count; i++)
        GD_TRY(once(&sequences, "sequences", i, manifest->sequences[i].schema,
                    manifest->sequences[i].name, arena, err));
    for (size_t i = 0; i < manifest->matview_count; i++)
        GD_TRY(once(&matviews, "materialized_views", i, manifest->matviews[i].schema,
                    manifest->matviews[i].name, arena, err));
    for (size_t i = 0; i < manifest->extension_count; i++)
        GD_TRY(once(&extensions, "extensions", i, "", manifest->extensions[i].name, arena, err));
    return GD_DONE;
}

static struct gd_status check_totals(const struct gd_manifest *manifest,
                                     const struct totals *totals, struct gd_error *err)
{
    if (totals->too_large)
        return gd_fail(err, GD_CORRUPT, "\"total\" would be larger than any number here can be");
    if (manifest->rows != totals->rows)
        return differs(err, "total.rows", manifest->rows, "the tables hold", totals->rows);
    if (manifest->bytes != totals->bytes)
        return differs(err, "total.bytes", manifest->bytes, "the objects hold", totals->bytes);
    if (manifest->stored_bytes != totals->stored_bytes)
        return differs(err, "total.stored_bytes", manifest->stored_bytes, "the objects take",
                       totals->stored_bytes);
    return GD_DONE;
}

static struct gd_status check_head(const struct gd_manifest *manifest, struct gd_arena *arena,
                                   struct gd_error *err)
{
    const char *cluster = gd_cluster_name(manifest->system_identifier, manifest->database, arena);
    if (strcmp(manifest->cluster, cluster) != 0 || !gd_cluster_valid(cluster))
        return gd_fail(err, GD_CORRUPT,
                       "\"cluster\" is \"%s\", but the database it is of makes it \"%s\"",
                       manifest->cluster, cluster);
    if ((manifest->scope == GD_SNAPSHOT_TABLES) != (manifest->wanted_count > 0))
        return gd_fail(err, GD_CORRUPT, "\"wanted\" has %zu members, but \"scope\" is \"%s\"",
                       manifest->wanted_count, gd_snapshot_scope_name(manifest->scope));
    return GD_DONE;
}

struct gd_status gd_manifest_check(const struct gd_manifest *manifest, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct totals totals = {0};
    GD_TRY(check_head(manifest, arena, err));
    GD_TRY(check_dumps(manifest, err));
    GD_TRY(check_tables(manifest, &totals, arena, err));
    GD_TRY(check_names(manifest, arena, err));
    add_stored(&totals, &manifest->schema_dump);
    add_stored(&totals, &manifest->blobs_dump);
    return check_totals(manifest, &totals, err);
}
