/*
 * Compare: does a database hold what the manifest says? Rows and content digest of every table,
 * sequences, populated state, large objects; and is everything valid that the snapshot had valid?
 *
 * All sessions read; every difference is told, the first is returned. Rows of partitions by hash
 * may lie in another partition here, because hashes of some types differ between servers: those are
 * compared together, through their root.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

enum { CALL_LIMIT_MS = 3600000, SEQUENCES_AT_ONCE = 100 };

/* One table, or all partitions of one root. */
struct compared {
    const char *name; /* schema.name, for messages */
    const char *sql;
    struct gd_rows_digest wanted;
    uint64_t bytes;
    bool rows_only; /* the columns of the partitions stand in different orders */
};

struct comparing {
    const struct gd_restore_options *options;
    struct gd_arena *arena;
    struct compared *items;
    size_t count;
    pthread_mutex_t lock;
    struct gd_error first; /* difference */
};

GD_PRINTF(2, 3) static void differ(struct comparing *comparing, const char *format, ...)
{
    struct gd_error one = {0};
    va_list arguments;
    va_start(arguments, format);
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)!gd_fail(&one, GD_CORRUPT, "the database differs from the snapshot: %s", text).code;
    gd_tell_warning(comparing->options->events, "", "%s", one.text);
    pthread_mutex_lock(&comparing->lock);
    if (comparing->first.code == GD_OK)
        comparing->first = one;
    pthread_mutex_unlock(&comparing->lock);
}

/* --- tables -----------------------------------------------------------------------------------*/

static const char *copy_of(const struct gd_table *table, struct gd_arena *arena)
{
    const char *columns = gd_quoted_list(table->columns, table->column_count, arena);
    const char *name = table->by_root ? gd_quoted_pair(table->root_schema, table->root_name, arena)
                                      : gd_quoted_pair(table->schema, table->name, arena);
    if (table->by_root)
        return gd_arena_printf(arena, "COPY (SELECT %s FROM %s) TO STDOUT", columns, name);
    if (table->condition[0] != '\0' || table->kind != 'r')
        return gd_arena_printf(arena, "COPY (SELECT %s FROM ONLY %s %s) TO STDOUT", columns, name,
                               table->condition);
    return *columns == '\0' ? gd_arena_printf(arena, "COPY %s TO STDOUT", name)
                            : gd_arena_printf(arena, "COPY %s (%s) TO STDOUT", name, columns);
}

static uint64_t bytes_of(const struct gd_table *table)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < table->part_count; i++)
        bytes += table->parts[i].stored.bytes;
    return bytes;
}

static void add_table(struct comparing *comparing, struct gd_lookup *roots,
                      const struct gd_table *table)
{
    struct gd_arena *arena = comparing->arena;
    const char *sql = copy_of(table, arena);
    struct compared *item = NULL;
    if (table->by_root)
        item = gd_lookup_get(roots, "root", table->root_schema, table->root_name);
    if (item == NULL) {
        item = &comparing->items[comparing->count++];
        item->sql = sql;
        item->name =
            gd_arena_printf(arena, "%s.%s", table->by_root ? table->root_schema : table->schema,
                            table->by_root ? table->root_name : table->name);
        if (table->by_root)
            gd_lookup_set(roots, "root", table->root_schema, table->root_name, item, arena);
    }
    item->rows_only |= strcmp(item->sql, sql) != 0;
    item->bytes += bytes_of(table);
    gd_rows_digest_join(&item->wanted, &table->digest);
}

static int largest_first(const void *left, const void *right)
{
    const struct compared *a = left, *b = right;
    return a->bytes > b->bytes ? -1 : a->bytes < b->bytes;
}

struct reading {
    struct gd_team *team;
    unsigned worker;
    const char *name;
    uint64_t bytes, rows;
};

GD_MUST static struct gd_status tell_progress(void *context, uint64_t bytes, uint64_t rows,
                                              struct gd_error *err)
{
    struct reading *reading = context;
    gd_team_progress(reading->team, reading->worker, reading->name, bytes - reading->bytes,
                     rows - reading->rows);
    reading->bytes = bytes;
    reading->rows = rows;
    if (gd_team_stopped(reading->team))
        return gd_fail(err, GD_SYSTEM, "could not go on: another session failed");
    return GD_DONE;
}

GD_MUST static struct gd_status read_table(const struct compared *item, struct gd_pg *pg,
                                           struct reading *reading, struct gd_rows_digest *digest,
                                           struct gd_error *err)
{
    gd_auto_sink nowhere = gd_null_sink_new();
    uint64_t bytes = 0;
    struct gd_pg_copy copy = {
        .what = "read a table", .sql = item->sql, .progress = tell_progress, .context = reading};
    GD_TRY(gd_pg_reader_begin(pg, NULL, err));
    struct gd_status status = gd_pg_copy_out(pg, &copy, nowhere, digest, &bytes, err);
    gd_pg_end(pg);
    return status;
}

GD_MUST static struct gd_status compare_table(void *context, struct gd_team *team, unsigned worker,
                                              struct gd_pg *pg, size_t job, struct gd_error *err)
{
    struct comparing *comparing = context;
    const struct compared *item = &comparing->items[job];
    struct reading reading = {.team = team, .worker = worker, .name = item->name};
    struct gd_rows_digest found = {0};
    struct gd_status status = read_table(item, pg, &reading, &found, err);
    if (status.code != GD_OK && !gd_pg_broken(pg) && !gd_team_stopped(team) &&
        strstr(err->text, "does not exist") != NULL) {
        differ(comparing, "table \"%s\" cannot be read: %s", item->name, err->text);
        return GD_DONE;
    }
    GD_TRY(status);
    if (found.rows != item->wanted.rows)
        differ(comparing, "table \"%s\" has %" PRIu64 " rows, and had %" PRIu64, item->name,
               found.rows, item->wanted.rows);
    else if (!item->rows_only && (found.low != item->wanted.low || found.high != item->wanted.high))
        differ(comparing, "table \"%s\" has as many rows as it had, but not the same", item->name);
    return GD_DONE;
}

GD_MUST static struct gd_status compare_tables(struct comparing *comparing, struct gd_team *team,
                                               struct gd_error *err)
{
    const struct gd_manifest *manifest = comparing->options->manifest;
    struct gd_lookup roots = {0};
    uint64_t total = 0;
    comparing->items =
        gd_arena_zalloc(comparing->arena, manifest->table_count + 1, sizeof *comparing->items);
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].kind != 'f' && !manifest->tables[i].left_out)
            add_table(comparing, &roots, &manifest->tables[i]);
    for (size_t i = 0; i < comparing->count; i++)
        total += comparing->items[i].bytes;
    qsort(comparing->items, comparing->count, sizeof *comparing->items, largest_first);
    return gd_team_work(team, "comparing tables", comparing->count, total, compare_table, comparing,
                        err);
}

/* --- sequences and materialized views ---------------------------------------------------------*/

GD_MUST static struct gd_status compare_some_sequences(struct comparing *comparing,
                                                       struct gd_pg *pg, size_t from, size_t to,
                                                       struct gd_error *err)
{
    const struct gd_manifest *manifest = comparing->options->manifest;
    const char *sql = "";
    for (size_t i = from; i < to; i++)
        sql = gd_arena_printf(comparing->arena, "%s%sSELECT %zu, last_value, is_called FROM %s",
                              sql, i == from ? "" : " UNION ALL ", i,
                              gd_quoted_pair(manifest->sequences[i].schema,
                                             manifest->sequences[i].name, comparing->arena));
    struct gd_pg_call call = {.what = "read sequences", .sql = sql, .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    struct gd_status status = gd_pg_run(pg, &call, &rows, err);
    if (status.code != GD_OK && strcmp(call.sqlstate, "42P01") == 0) {
        differ(comparing, "a sequence cannot be read: %s", call.reason);
        return GD_DONE;
    }
    GD_TRY(status);
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const struct gd_sequence *wanted = &manifest->sequences[gd_pg_int(rows, i, 0)];
        if (gd_pg_int(rows, i, 1) != wanted->last_value ||
            gd_pg_bool(rows, i, 2) != wanted->is_called)
            differ(comparing, "sequence \"%s.%s\" is at %" PRId64 ", and was at %" PRId64 "%s",
                   wanted->schema, wanted->name, gd_pg_int(rows, i, 1), wanted->last_value,
                   gd_pg_int(rows, i, 1) == wanted->last_value ? " (is_called differs)" : "");
    }
    return GD_DONE;
}

GD_MUST static struct gd_status compare_matviews(struct comparing *comparing, struct gd_pg *pg,
                                                 struct gd_error *err)
{
    const struct gd_manifest *manifest = comparing->options->manifest;
    for (size_t i = 0; i < manifest->matview_count; i++) {
        const struct gd_matview *view = &manifest->matviews[i];
        const char *const values[] = {view->schema, view->name};
        struct gd_pg_call call = {
            .what = "look at materialized views",
            .sql = "SELECT c.relispopulated FROM pg_catalog.pg_class c JOIN "
                   "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND "
                   "c.relname = $2 AND c.relkind = 'm'",
            .values = values,
            .value_count = 2};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(pg, &call, &rows, err));
        if (gd_pg_rows_count(rows) == 0)
            differ(comparing, "materialized view \"%s.%s\" is not there", view->schema, view->name);
        else if (gd_pg_bool(rows, 0, 0) != view->populated)
            differ(comparing, "materialized view \"%s.%s\" is %s", view->schema, view->name,
                   view->populated ? "empty, and was filled" : "filled, and was empty");
    }
    return GD_DONE;
}

/* --- large objects ----------------------------------------------------------------------------*/

/* One that is too large for one value is read in pieces, as it was for the manifest. */
GD_MUST static struct gd_status hash_large_object(struct gd_pg *pg, const char *oid,
                                                  struct gd_digest *hash, struct gd_error *err)
{
    enum { PIECE_BYTES = 4 << 20 };
    char offset[24], *bytes = malloc(PIECE_BYTES);
    struct gd_status status = GD_DONE;
    if (bytes == NULL)
        abort();
    for (uint64_t at = 0; status.code == GD_OK; at += PIECE_BYTES) {
        snprintf(offset, sizeof offset, "%" PRIu64, at);
        const char *const values[] = {oid, offset};
        struct gd_pg_call call = {
            .what = "read a large object",
            .sql = "SELECT pg_catalog.encode(pg_catalog.lo_get($1::oid, $2, 4194304), 'hex')",
            .values = values,
            .value_count = 2,
            .limit_ms = CALL_LIMIT_MS};
        gd_auto_pg_rows rows = NULL;
        status = gd_pg_run(pg, &call, &rows, err);
        const char *hex = status.code == GD_OK ? gd_pg_cell(rows, 0, 0) : "";
        size_t size = strlen(hex) / 2;
        for (size_t i = 0; i < size; i++) {
            char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
            bytes[i] = (char)strtoul(pair, NULL, 16);
        }
        gd_digest_add(hash, bytes, size);
        if (size < PIECE_BYTES)
            break;
    }
    free(bytes);
    return status;
}

GD_MUST static struct gd_status add_large(struct comparing *comparing, struct gd_pg *pg,
                                          struct gd_rows_digest *sum, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "measure large objects",
        .sql = "SELECT oid FROM (SELECT s.oid, pg_catalog.lo_lseek64(s.fd, 0, 2) AS size, "
               "pg_catalog.lo_close(s.fd) FROM (SELECT m.oid, pg_catalog.lo_open(m.oid, 262144) AS "
               "fd FROM pg_catalog.pg_largeobject_metadata m OFFSET 0) s OFFSET 0) o "
               "WHERE o.size > 268435456",
        .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        struct gd_digest *hash = gd_digest_new();
        char hex[GD_DIGEST_HEX_SIZE];
        struct gd_status status = hash_large_object(pg, gd_pg_cell(rows, i, 0), hash, err);
        gd_digest_hex(hash, hex);
        gd_digest_free(hash);
        GD_TRY(status);
        const char *line = gd_arena_printf(comparing->arena, "%s\t%s", gd_pg_cell(rows, i, 0), hex);
        gd_rows_digest_line(sum, line, strlen(line));
    }
    return GD_DONE;
}

static const char small_objects[] =
    "COPY (SELECT o.oid, pg_catalog.encode(pg_catalog.sha256(pg_catalog.lo_get(o.oid)), 'hex') "
    "FROM (SELECT s.oid, pg_catalog.lo_lseek64(s.fd, 0, 2) AS size, pg_catalog.lo_close(s.fd) FROM "
    "(SELECT m.oid, pg_catalog.lo_open(m.oid, 262144) AS fd FROM "
    "pg_catalog.pg_largeobject_metadata m OFFSET 0) s OFFSET 0) o WHERE o.size <= 268435456) "
    "TO STDOUT";

GD_MUST static struct gd_status compare_large_objects(struct comparing *comparing, struct gd_pg *pg,
                                                      struct gd_error *err)
{
    const struct gd_large_objects *wanted = &comparing->options->manifest->large_objects;
    struct gd_rows_digest sum = {0};
    char hex[GD_ROWS_DIGEST_SIZE];
    uint64_t bytes = 0;
    gd_auto_sink nowhere = gd_null_sink_new();
    struct gd_pg_copy copy = {.what = "read large objects", .sql = small_objects};
    if (comparing->options->manifest->blobs_dump.name == NULL)
        return GD_DONE;
    GD_TRY(gd_pg_copy_out(pg, &copy, nowhere, &sum, &bytes, err));
    GD_TRY(add_large(comparing, pg, &sum, err));
    gd_rows_digest_hex(&sum, hex);
    if (sum.rows != wanted->count)
        differ(comparing, "there are %" PRIu64 " large objects, and there were %" PRIu64, sum.rows,
               wanted->count);
    else if (sum.rows > 0 && strcmp(hex, wanted->digest) != 0)
        differ(comparing, "the large objects are as many as they were, but not the same");
    return GD_DONE;
}

/* --- what must be valid -----------------------------------------------------------------------*/

GD_MUST static struct gd_status find_invalid_indexes(struct comparing *comparing, struct gd_pg *pg,
                                                     struct gd_error *err)
{
    /* The index of a partitioned table may wait for its partitions', at the source as well. */
    struct gd_pg_call call = {
        .what = "look at indexes",
        .sql = "SELECT n.nspname, c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c "
               "ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
               "WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready AND i.indislive)",
        .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        differ(comparing, "index \"%s.%s\" is not valid", gd_pg_cell(rows, i, 0),
               gd_pg_cell(rows, i, 1));
    return GD_DONE;
}

GD_MUST static struct gd_status find_unvalidated(struct comparing *comparing, struct gd_pg *pg,
                                                 const struct gd_texts *not_valid,
                                                 struct gd_error *err)
{
    /* Since 18: NOT ENFORCED is never validated, and a NOT NULL can be NOT VALID, in words that an
     * older grammar does not read. Neither is anything that a restore could leave undone. */
    struct gd_pg_call call = {
        .what = "look at constraints",
        .sql = "SELECT n.nspname || '.' || coalesce(c.relname, t.typname) || '.' || k.conname "
               "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = "
               "k.connamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = k.conrelid LEFT JOIN "
               "pg_catalog.pg_type t ON t.oid = k.contypid WHERE NOT k.convalidated "
               "AND k.contype <> 'n' "
               "AND coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::bool, true) "
               "AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'",
        .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *name = gd_pg_cell(rows, i, 0);
        if (name != NULL && !gd_texts_has(not_valid, name))
            differ(comparing, "constraint \"%s\" is not validated, and was", name);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status compare_validity(struct comparing *comparing, struct gd_pg *pg,
                                                 struct gd_error *err)
{
    const struct gd_restore_options *options = comparing->options;
    struct gd_restore_options reading = *options;
    struct gd_dump before = {0}, after = {0};
    reading.trust = true; /* nothing of it is run */
    const struct gd_stored *stored = &options->manifest->schema_dump;
    GD_TRY(gd_dump_read(&reading, stored, GD_DUMP_PRE_DATA, comparing->arena, &before, err));
    GD_TRY(gd_dump_read(&reading, stored, GD_DUMP_POST_DATA, comparing->arena, &after, err));
    for (size_t i = 0; i < before.not_valid.count; i++)
        gd_texts_add(&after.not_valid, before.not_valid.items[i], comparing->arena);
    for (size_t i = 0; i < after.count; i++)
        if (gd_reference_is_open(options->manifest, &after.items[i]))
            gd_texts_add(&after.not_valid,
                         gd_arena_printf(comparing->arena, "%s.%s.%s", after.items[i].schema,
                                         after.items[i].table, after.items[i].name),
                         comparing->arena);
    GD_TRY(find_invalid_indexes(comparing, pg, err));
    return find_unvalidated(comparing, pg, &after.not_valid, err);
}

/* --- all of it --------------------------------------------------------------------------------*/

GD_MUST static struct gd_status compare_alone(struct comparing *comparing, struct gd_pg *pg,
                                              struct gd_error *err)
{
    const struct gd_manifest *manifest = comparing->options->manifest;
    for (size_t from = 0; from < manifest->sequence_count; from += SEQUENCES_AT_ONCE) {
        size_t to = from + SEQUENCES_AT_ONCE;
        GD_TRY(compare_some_sequences(comparing, pg, from,
                                      to < manifest->sequence_count ? to : manifest->sequence_count,
                                      err));
    }
    GD_TRY(compare_matviews(comparing, pg, err));
    GD_TRY(compare_large_objects(comparing, pg, err));
    return compare_validity(comparing, pg, err);
}

GD_MUST static struct gd_status compare(struct comparing *comparing, struct gd_pg *home,
                                        const char *database, struct gd_error *err)
{
    gd_auto_team team = NULL;
    GD_TRY(gd_team_open(comparing->options, home, database, &team, err));
    GD_TRY(compare_tables(comparing, team, err));
    GD_TRY(compare_alone(comparing, gd_team_first(team), err));
    return GD_DONE;
}

struct gd_status gd_restore_compare(const struct gd_restore_options *options, const char *database,
                                    struct gd_arena *arena, struct gd_error *err)
{
    (void)arena;
    gd_auto_arena scratch = gd_arena_new();
    gd_auto_pg home = NULL;
    struct comparing comparing = {
        .options = options, .arena = scratch, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct gd_pg_options here = *options->pg;
    here.database = database;
    GD_TRY(gd_pg_connect(&here, &home, err));
    GD_TRY(compare(&comparing, home, database, err));
    if (comparing.first.code == GD_OK)
        return GD_DONE;
    *err = comparing.first;
    return (struct gd_status){GD_CORRUPT};
}
