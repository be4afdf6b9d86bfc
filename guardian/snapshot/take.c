#include "guardian/snapshot/take.h"
#include "guardian/base/thread.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/snapshot/take_own.h"
#include "guardian/version.h"

enum { LEVEL = 1, WORKERS_MAX = 8, WORKERS_LIMIT = 64 };

/* --- before anything starts ---------------------------------------------------------------------
 */

static unsigned default_workers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > WORKERS_MAX ? WORKERS_MAX : (unsigned)processors;
}

GD_MUST static struct gd_status connect(struct gd_take *take, struct gd_error *err)
{
    GD_TRY(gd_pg_connect(take->options->pg, &take->pg, err));
    if (!gd_pg_pooled(take->pg))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "could not back up %s: a pooler stands between, and the sessions of a "
                           "backup must reach one server and keep what they set",
                           gd_pg_where(take->pg)),
                   "Give the address of the server itself (for Prisma: directUrl; for Neon: the "
                   "host without \"-pooler\"; for Supabase: port 5432 of the direct host).");
}

/* In SQL_ASCII anything goes, and MULE_INTERNAL cannot be converted: there the bytes stay. */
static const char *dump_encoding(const char *encoding)
{
    bool as_is = strcmp(encoding, "SQL_ASCII") == 0 || strcmp(encoding, "MULE_INTERNAL") == 0;
    return as_is ? encoding : "UTF8";
}

GD_MUST static struct gd_status share_snapshot(struct gd_take *take, struct gd_error *err)
{
    const char *shared = take->options->shared_snapshot;
    GD_TRY(gd_pg_reader_begin(take->pg, shared, err));
    if (shared != NULL) {
        take->snapshot = gd_arena_strdup(take->arena, shared);
        return GD_DONE;
    }
    return gd_pg_export_snapshot(take->pg, take->arena, &take->snapshot, err);
}

/* --- the manifest -------------------------------------------------------------------------------
 */

static const char *keep(struct gd_take *take, const char *text)
{
    return gd_arena_strdup(take->arena, text == NULL ? "" : text);
}

static void begin_manifest(struct gd_take *take)
{
    const struct gd_take_options *options = take->options;
    struct gd_manifest *manifest = take->manifest;
    bool tables = options->scope == GD_SNAPSHOT_TABLES;
    gd_id_new(manifest->id);
    manifest->scope = options->scope;
    manifest->change = keep(take, options->change);
    manifest->reason = keep(take, options->reason);
    if (options->recovered)
        manifest->reason = gd_arena_printf(take->arena, GD_OF_THEN "%s", manifest->reason);
    manifest->sealed = options->sealed;
    manifest->guardian_version = gd_version();
    manifest->key_id = options->key == NULL ? "" : keep(take, gd_key_id(options->key));
    manifest->wanted_count = tables ? options->table_count : 0;
    const char **wanted =
        gd_arena_zalloc(take->arena, manifest->wanted_count + 1, sizeof(const char *));
    for (size_t i = 0; i < manifest->wanted_count; i++)
        wanted[i] = keep(take, options->tables[i]);
    manifest->wanted = wanted;
}

static int by_place(const void *left, const void *right)
{
    const struct gd_take_part *one = left, *other = right;
    if (one->table != other->table)
        return one->table < other->table ? -1 : 1;
    return one->first_page < other->first_page ? -1 : one->first_page > other->first_page;
}

/* The parts of each table, in the order of its pages; those without rows have left no object. */
static void add_parts(struct gd_take *take, struct gd_table *table, uint32_t position, size_t *at)
{
    size_t first = *at, count = 0;
    while (*at < take->part_count && take->parts[*at].table == position)
        (*at)++;
    table->parts = gd_arena_zalloc(take->arena, *at - first + 1, sizeof *table->parts);
    for (size_t i = first; i < *at; i++) {
        assert(take->parts[i].done);
        if (take->parts[i].part.stored.name != NULL)
            table->parts[count++] = take->parts[i].part;
    }
    table->part_count = count;
}

static void add_tables(struct gd_take *take)
{
    struct gd_manifest *manifest = take->manifest;
    size_t at = 0;
    manifest->tables =
        gd_arena_zalloc(take->arena, take->table_count + 1, sizeof *manifest->tables);
    qsort(take->parts, take->part_count, sizeof *take->parts, by_place);
    for (size_t i = 0; i < take->table_count; i++) {
        if (!take->tables[i].wanted)
            continue;
        struct gd_table *table = &manifest->tables[manifest->table_count++];
        *table = take->tables[i].table;
        add_parts(take, table, (uint32_t)i, &at);
    }
    assert(at == take->part_count);
}

GD_MUST static struct gd_status store_manifest(struct gd_take *take, struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    add_tables(take);
    take->manifest->pg_dump_text = take->pg_dump.text;
    take->manifest->finished_us = gd_clock_now_us();
    gd_manifest_add_up(take->manifest);
    GD_TRY(gd_interrupt_check(err));
    gd_tell_stage(take->options->events, "writing the manifest", 0);
    GD_TRY(gd_fault("take: before the manifest", err));
    return gd_take_store_failed(
        gd_manifest_store(take->options->store, take->manifest, sha256, err), err);
}

/* --- threads for pg_dump ------------------------------------------------------------------------
 */

struct dump {
    struct gd_take *take;
    struct gd_status (*run)(struct gd_take *take, struct gd_arena *arena, struct gd_error *err);
    struct gd_arena *arena;
    pthread_t thread;
    bool started;
};

static void *run_dump(void *context)
{
    struct dump *dump = context;
    struct gd_error err = {0};
    struct gd_status status = dump->run(dump->take, dump->arena, &err);
    if (status.code != GD_OK)
        gd_take_failed(dump->take, status, &err);
    return NULL;
}

GD_MUST static struct gd_status start_dump(struct dump *dump, struct gd_error *err)
{
    if (gd_thread_start(&dump->thread, run_dump, dump) != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread");
    dump->started = true;
    return GD_DONE;
}

static void end_dump(struct dump *dump)
{
    if (dump->started)
        (void)pthread_join(dump->thread, NULL);
    dump->started = false;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static uint64_t estimate(const struct gd_take *take)
{
    uint64_t total = 0;
    for (size_t i = 0; i < take->part_count; i++)
        total += take->parts[i].weight;
    return total;
}

GD_MUST static struct gd_status copy_data(struct gd_take *take, struct dump *blobs,
                                          struct gd_error *err)
{
    GD_TRY(gd_take_look(take, err));
    GD_TRY(gd_take_check_rights(take, err));
    GD_TRY(gd_fault("take: looked", err));
    if (take->options->scope != GD_SNAPSHOT_SCHEMA) {
        GD_TRY(gd_take_lock(take, err));
        GD_TRY(gd_take_measure(take, err));
    }
    gd_take_plan_parts(take, gd_pg_version(take->pg));
    take->total_bytes = estimate(take);
    gd_tell_stage(take->options->events,
                  take->options->scope == GD_SNAPSHOT_SCHEMA ? "dumping the schema"
                                                             : "copying data",
                  take->total_bytes);
    if (take->large_object_count > 0)
        GD_TRY(start_dump(blobs, err));
    return gd_take_copy_all(take, err);
}

/* The others lean on the snapshot of the main session: when that is gone, what they say of it is
 * not the cause. */
static void blame_main_session(struct gd_take *take, struct gd_error *err)
{
    struct gd_error lost = {0};
    struct gd_pg_call call = {.what = "hold on to the snapshot", .sql = "SELECT 1"};
    if (err->code == GD_SYSTEM && !gd_pg_broken(take->pg) &&
        gd_pg_run(take->pg, &call, NULL, &lost).code != GD_OK && gd_pg_broken(take->pg))
        *err = lost;
}

/* pg_dump begins at once: while it works its way through the catalogue, we do. All threads have
 * ended when this returns. */
GD_MUST static struct gd_status read_all(struct gd_take *take, struct dump *schema,
                                         struct dump *blobs, struct gd_error *err)
{
    struct gd_status status = start_dump(schema, err);
    if (status.code == GD_OK)
        status = copy_data(take, blobs, err);
    if (status.code != GD_OK)
        gd_take_failed(take, status, err);
    end_dump(schema);
    end_dump(blobs);
    if (take->first.code != GD_OK) {
        *err = take->first_err;
        if (take->first.code == GD_BUSY && err->hint[0] == '\0')
            return gd_take_name_blocker(take, NULL, take->first, err);
        blame_main_session(take, err);
        return take->first;
    }
    return GD_DONE;
}

static void keep_name(struct gd_take *take, struct gd_stored *stored)
{
    if (stored->name != NULL)
        stored->name = gd_arena_strdup(take->arena, stored->name);
}

GD_MUST static struct gd_status read_server(struct gd_take *take, struct gd_error *err)
{
    struct dump schema = {.take = take, .run = gd_take_dump_schema, .arena = gd_arena_new()};
    struct dump blobs = {.take = take, .run = gd_take_dump_blobs, .arena = gd_arena_new()};
    struct gd_status status = read_all(take, &schema, &blobs, err);
    keep_name(take, &take->manifest->schema_dump);
    keep_name(take, &take->manifest->blobs_dump);
    gd_arena_free(schema.arena);
    gd_arena_free(blobs.arena);
    return status;
}

GD_MUST static struct gd_status prepare(struct gd_take *take, struct gd_error *err)
{
    GD_TRY(connect(take, err));
    GD_TRY(gd_program_find("pg_dump", take->options->pg_dump, gd_pg_version(take->pg), take->arena,
                           &take->pg_dump, err));
    gd_tell_stage(take->options->events, "reading the catalogue", 0);
    GD_TRY(share_snapshot(take, err));
    GD_TRY(gd_take_limit_waits(take, err));
    GD_TRY(gd_take_identify(take, err));
    take->environment = gd_pg_environment(take->pg, NULL, take->arena);
    take->dump_encoding = dump_encoding(take->manifest->encoding);
    take->place = (struct gd_place){.store = take->options->store,
                                    .key = take->options->key,
                                    .cluster = take->manifest->cluster,
                                    .id = take->manifest->id,
                                    .level = take->options->level};
    if (take->place.level == 0)
        take->place.level = LEVEL;
    return GD_DONE;
}

GD_MUST static struct gd_status snapshot(struct gd_take *take, struct gd_error *err)
{
    begin_manifest(take);
    take->manifest->started_us = gd_clock_now_us();
    GD_TRY(prepare(take, err));
    GD_TRY(read_server(take, err));
    GD_TRY(gd_take_read_sequences(take, err));
    gd_pg_end(take->pg); /* the server is free again, whatever the store does */
    GD_TRY(gd_fault("take: the server is released", err));
    return store_manifest(take, err);
}

/* What an attempt stored that came to nothing. A credential that cannot delete leaves it, as
 * litter that nobody lists. */
static void clean_up(struct gd_take *take)
{
    struct gd_error ignored = {0};
    if (take->place.store == NULL)
        return;
    struct gd_status status =
        gd_snapshot_remove(take->place.store, take->place.cluster, take->place.id, &ignored);
    if (status.code != GD_OK)
        gd_tell_warning(take->options->events,
                        "It is not listed as a snapshot; guardian prune removes it later.",
                        "what was stored of attempt %s could not be removed: %s", take->place.id,
                        ignored.text);
}

struct gd_status gd_snapshot_take(const struct gd_take_options *options, struct gd_arena *arena,
                                  struct gd_manifest **out_manifest, struct gd_error *err)
{
    struct gd_take take = {.options = options,
                           .arena = arena,
                           .manifest = gd_arena_zalloc(arena, 1, sizeof *take.manifest),
                           .workers = options->workers == 0 ? default_workers() : options->workers};
    if (take.workers > WORKERS_LIMIT)
        take.workers = WORKERS_LIMIT;
    (void)pthread_mutex_init(&take.lock, NULL);
    struct gd_status status = snapshot(&take, err);
    gd_pg_close(take.pg);
    if (status.code != GD_OK)
        clean_up(&take);
    else
        *out_manifest = take.manifest;
    (void)pthread_mutex_destroy(&take.lock);
    return status;
}
