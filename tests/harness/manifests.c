#include "harness/manifests.h"

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof list / sizeof list[0])

/* A digest that is none of anything: 64 times the same two digits. */
static void fill_sha256(char out_hex[GD_DIGEST_HEX_SIZE], unsigned seed)
{
    for (size_t i = 0; i + 1 < GD_DIGEST_HEX_SIZE; i += 2)
        snprintf(out_hex + i, 3, "%02x", seed & 0xff);
}

static struct gd_stored stored(const char *name, uint64_t bytes, uint64_t stored_bytes)
{
    struct gd_stored object = {.name = name, .bytes = bytes, .stored_bytes = stored_bytes};
    fill_sha256(object.sha256, (unsigned)bytes);
    fill_sha256(object.stored_sha256, (unsigned)stored_bytes);
    return object;
}

static struct gd_part part(const char *name, uint64_t rows, uint64_t bytes, uint64_t stored_bytes)
{
    return (struct gd_part){
        .stored = stored(name, bytes, stored_bytes),
        .digest = {.rows = rows,
                   .low = rows * 0x9e3779b97f4a7c15,
                   .high = rows * 0xd1b54a32d192ed03},
    };
}

static void fill_source(struct gd_manifest *manifest)
{
    manifest->cluster = TEST_CLUSTER;
    manifest->guardian_version = "0.1.0";
    manifest->system_identifier = "7301234567890123456";
    manifest->database = "shop";
    manifest->database_owner = "shop_owner";
    manifest->server_version = 150018;
    manifest->server_text = "15.18 (Debian 15.18-0+deb12u1)";
    manifest->pg_dump_text = "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
    manifest->encoding = "UTF8";
    manifest->collate = "en_GB.UTF-8";
    manifest->ctype = "en_GB.UTF-8";
    manifest->provider = "libc";
    manifest->icu_locale = "";
    manifest->collation_version = "2.36";
    manifest->lsn = "0/16B3740";
    manifest->pg_snapshot = "741:745:742";
    manifest->started_us = 1795384087000000;
    manifest->snapshot_us = 1795384087123456;
    manifest->finished_us = 1795384091500000;
}

struct gd_manifest *test_manifest_small(const char *id, struct gd_arena *arena)
{
    struct gd_manifest *manifest = gd_arena_zalloc(arena, 1, sizeof *manifest);
    fill_source(manifest);
    snprintf(manifest->id, sizeof manifest->id, "%s", id == NULL ? TEST_SNAPSHOT_ID : id);
    manifest->change = manifest->reason = manifest->key_id = manifest->globals_json = "";
    manifest->scope = GD_SNAPSHOT_SCHEMA;
    manifest->schema_dump = stored("schema.dump", 4711, 4711);
    gd_manifest_add_up(manifest);
    return manifest;
}

static void fill_tables(struct gd_manifest *manifest, struct gd_arena *arena)
{
    static const char *const columns[] = {"id", "e-mail", "Größe \"in\" cm"};
    static const char *const dash[] = {"a"};
    struct gd_part orders[] = {part("data/000001.copy.zst", 1000, 52000, 9000),
                               part("data/000002.copy.zst", 234, 12100, 2100)};
    struct gd_part codes[] = {part("data/000003.copy.zst", 3, 60, 120)};
    struct gd_part leaf[] = {part("data/000004.copy.zst", 2, 8, 90)};
    struct gd_table tables[] = {
        {.oid = 16401,
         .schema = "public",
         .name = "orders",
         .kind = 'r',
         .columns = columns,
         .column_count = COUNT(columns),
         .parts = orders,
         .part_count = COUNT(orders)},
        {.oid = 16402, .schema = "public", .name = "empty one", .kind = 'r'},
        {.oid = 16403,
         .schema = "odd.schema",
         .name = "log\n",
         .kind = 'r',
         .columns = dash,
         .column_count = 1,
         .left_out = true},
        {.oid = 16404,
         .schema = "ext",
         .name = "codes",
         .kind = 'r',
         .columns = dash,
         .column_count = 1,
         .config = true,
         .condition = "WHERE NOT built_in",
         .parts = codes,
         .part_count = COUNT(codes)},
        {.oid = 16406,
         .schema = "public",
         .name = "events_0",
         .kind = 'r',
         .columns = dash,
         .column_count = 1,
         .by_root = true,
         .root_schema = "public",
         .root_name = "events",
         .parts = leaf,
         .part_count = COUNT(leaf)},
    };
    manifest->table_count = COUNT(tables);
    manifest->tables = gd_arena_alloc(arena, sizeof tables);
    memcpy(manifest->tables, tables, sizeof tables);
    for (size_t i = 0; i < COUNT(tables); i++) {
        size_t size = tables[i].part_count * sizeof(struct gd_part);
        manifest->tables[i].parts = gd_arena_alloc(arena, size);
        if (size > 0)
            memcpy(manifest->tables[i].parts, tables[i].parts, size);
    }
}

#define FILL(member, ...)                                                                          \
    do {                                                                                           \
        static const __VA_ARGS__;                                                                  \
        manifest->member##_count = COUNT(member##_rows);                                           \
        manifest->member##s = gd_arena_alloc(arena, sizeof member##_rows);                         \
        memcpy(manifest->member##s, member##_rows, sizeof member##_rows);                          \
    } while (0)

/* clang-format off */
static void fill_the_rest(struct gd_manifest *manifest, struct gd_arena *arena)
{
    FILL(extension, struct gd_extension extension_rows[] = {{"plpgsql", "1.0", "pg_catalog"},
                                                            {"uuid-ossp", "1.1", "ext"}});
    FILL(sequence, struct gd_sequence sequence_rows[] = {
        {"public", "orders_id_seq", 1234, true}, {"public", "down", INT64_MIN, false}});
    FILL(matview, struct gd_matview matview_rows[] = {{"public", "totals", true},
                                                      {"public", "later", false}});
}
/* clang-format on */

struct gd_manifest *test_manifest(struct gd_arena *arena)
{
    struct gd_manifest *manifest = test_manifest_small(NULL, arena);
    manifest->scope = GD_SNAPSHOT_DATABASE;
    manifest->change = "20261122T214700Z-0011223344";
    manifest->reason = "before \"orders\" loses a column";
    manifest->sealed = true;
    manifest->key_id = "00f1e2d3c4b5a697";
    manifest->schema_dump = stored("schema.dump", 20011, 20107);
    manifest->blobs_dump = stored("blobs.dump", 3000, 3096);
    manifest->large_objects = (struct gd_large_objects){
        .count = 2, .bytes = 2048, .digest = "0123456789abcdef0123456789abcdef"};
    fill_tables(manifest, arena);
    fill_the_rest(manifest, arena);
    manifest->globals_json = "{\"roles\":[{\"name\":\"shop_owner\",\"login\":true}]}";
    gd_manifest_add_up(manifest);
    return manifest;
}
