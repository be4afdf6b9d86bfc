/*
 * What pg_dump does for us: definitions, and large objects. Both under the snapshot that the
 * workers share, both straight into the store.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/io/process.h"
#include "guardian/snapshot/take_own.h"

/* clang-format off */
static const char large_objects_sql[] =
#include "guardian/snapshot/sql/large_objects.sql.inc"
    ;
/* clang-format on */

enum { DUMP_BUFFER = 64 << 10, ARGUMENTS_MAX = 16, PIECE_BYTES = 1 << 20 };

/* --- pg_dump ------------------------------------------------------------------------------------
 */

struct command {
    const char *argv[ARGUMENTS_MAX];
    size_t count;
};

static void say(struct command *command, const char *word)
{
    command->argv[command->count++] = word;
    command->argv[command->count] = NULL;
}

/* Nothing of the target stands here: it goes by environment. */
static struct command command_of(const struct gd_take *take, struct gd_arena *arena)
{
    struct command command = {.count = 0};
    say(&command, take->pg_dump.path);
    say(&command, "--format=custom");
    say(&command, "--no-password");
    say(&command, gd_arena_printf(arena, "--encoding=%s", take->dump_encoding));
    say(&command, gd_arena_printf(arena, "--snapshot=%s", take->snapshot));
    say(&command, gd_arena_printf(arena, "--lock-wait-timeout=%" PRIu32, gd_take_lock_ms(take)));
    return command;
}

GD_MUST static struct gd_status pump(struct gd_take *take, struct gd_source *source,
                                     struct gd_sink *sink, char *buffer, struct gd_error *err)
{
    for (;;) {
        size_t size = 0;
        GD_TRY(gd_source_read(source, buffer, DUMP_BUFFER, &size, err));
        if (size == 0)
            return GD_DONE;
        GD_TRY(gd_interrupt_check(err));
        if (atomic_load(&take->stop))
            return gd_fail(err, GD_SYSTEM, "another part of the backup failed");
        GD_TRY(gd_take_store_failed(gd_sink_write(sink, buffer, size, err), err));
    }
}

/* The server's words reach us through pg_dump only. */
static struct gd_status name_reason(struct gd_status status, const char *said, struct gd_error *err)
{
    bool locking = strstr(said, "LOCK TABLE") != NULL; /* which it limits as a statement */
    if ((locking && strstr(said, "statement timeout") != NULL) ||
        strstr(said, "lock timeout") != NULL) {
        err->code = GD_BUSY; /* who is in the way, the main thread asks at the end */
        return (struct gd_status){GD_BUSY};
    }
    if (strstr(said, "out of shared memory") != NULL)
        return gd_hint(err, status,
                       "There are more tables than the server can lock: raise "
                       "max_locks_per_transaction.");
    return status;
}

static void tell_warnings(struct gd_take *take, const char *said)
{
    for (const char *at = said; *at != '\0';) {
        int length = (int)strcspn(at, "\n");
        if (length > 0)
            gd_tell_warning(take->options->events, "", "%.*s", length, at);
        at += length + (at[length] == '\n');
    }
}

GD_MUST static struct gd_status run(struct gd_take *take, const struct command *command,
                                    struct gd_object_writer *writer, struct gd_error *err)
{
    struct gd_process_options options = {
        .argv = command->argv, .environment = take->environment, .read_output = true};
    gd_auto_process process = NULL;
    int ended = 0;
    GD_TRY(gd_process_start(&options, &process, err));
    char *buffer = gd_memory_new(DUMP_BUFFER);
    struct gd_status status =
        pump(take, gd_process_output(process), gd_object_writer_sink(writer), buffer, err);
    free(buffer);
    GD_TRY(status);
    status = gd_process_finish(process, &ended, err);
    if (status.code != GD_OK)
        return name_reason(status, gd_process_said(process), err);
    tell_warnings(take, gd_process_said(process));
    return GD_DONE;
}

GD_MUST static struct gd_status dump_into(struct gd_take *take, const struct command *command,
                                          const char *name, struct gd_arena *arena,
                                          struct gd_stored *out_stored, struct gd_error *err)
{
    gd_auto_object_writer writer = NULL;
    struct gd_place place = take->place;
    GD_TRY(gd_take_store_failed(gd_object_writer_new(&place, name, 0, &writer, err), err));
    struct gd_status status = run(take, command, writer, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not dump into \"%s\": ", name);
    GD_TRY(gd_fault("take: a dump is complete", err));
    status = gd_object_writer_finish(writer, arena, out_stored, err);
    return gd_take_store_failed(status, err);
}

struct gd_status gd_take_dump_schema(struct gd_take *take, struct gd_arena *arena,
                                     struct gd_error *err)
{
    struct command command = command_of(take, arena);
    say(&command, "--schema-only");
    return dump_into(take, &command, "schema.dump", arena, &take->manifest->schema_dump, err);
}

/* A dump of the schema carries no large objects, whatever it is asked; a dump of the data without
 * any table does, with their owners, privileges and comments. */
struct gd_status gd_take_dump_blobs(struct gd_take *take, struct gd_arena *arena,
                                    struct gd_error *err)
{
    struct command command = command_of(take, arena);
    say(&command, "--data-only");
    say(&command, "--blobs");
    say(&command, "--exclude-table-data=*.*");
    return dump_into(take, &command, "blobs.dump", arena, &take->manifest->blobs_dump, err);
}

/* --- large objects, known again -----------------------------------------------------------------
 */

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void hash_hex(struct gd_digest *digest, const char *hex, size_t count)
{
    unsigned char bytes[4096];
    for (size_t at = 0; at < count;) {
        size_t filled = 0;
        for (; filled < sizeof bytes && at < count; filled++, at++)
            bytes[filled] = (unsigned char)(digit(hex[2 * at]) << 4 | digit(hex[2 * at + 1]));
        gd_digest_add(digest, bytes, filled);
    }
}

/* One that the server cannot hand out in one piece. */
GD_MUST static struct gd_status hash_large(struct gd_take *take, const char *oid,
                                           struct gd_digest *hash, struct gd_error *err)
{
    for (uint64_t at = 0;; at += PIECE_BYTES) {
        char sql[128];
        gd_auto_pg_rows rows = NULL;
        snprintf(sql, sizeof sql,
                 "SELECT pg_catalog.encode(pg_catalog.lo_get($1::oid, %" PRIu64 ", %d), 'hex')", at,
                 PIECE_BYTES);
        GD_TRY(gd_take_query(take, "read a large object", sql, oid, &rows, err));
        const char *hex = gd_pg_cell(rows, 0, 0);
        hash_hex(hash, hex, strlen(hex) / 2);
        if (strlen(hex) / 2 < PIECE_BYTES)
            return GD_DONE;
        GD_TRY(gd_interrupt_check(err));
        if (atomic_load(&take->stop))
            return gd_fail(err, GD_SYSTEM, "could not read large object %s: it was called off",
                           oid);
    }
}

GD_MUST static struct gd_status digest_large(struct gd_take *take, const char *oids,
                                             struct gd_rows_digest *sum, struct gd_error *err)
{
    char line[16 + GD_DIGEST_HEX_SIZE], oid[16];
    for (const char *at = oids; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        snprintf(oid, sizeof oid, "%.*s", (int)length, at);
        struct gd_digest *hash = gd_digest_new();
        char hex[GD_DIGEST_HEX_SIZE];
        struct gd_status status = hash_large(take, oid, hash, err);
        gd_digest_hex(hash, hex);
        gd_digest_free(hash);
        GD_TRY(status);
        snprintf(line, sizeof line, "%s\t%s", oid, hex);
        gd_rows_digest_line(sum, line, strlen(line));
        at += length + (at[length] == ',');
    }
    return GD_DONE;
}

GD_MUST static struct gd_status digest_small(struct gd_take *take, const char *except,
                                             struct gd_rows_digest *sum, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_sink nowhere = gd_null_sink_new();
    uint64_t bytes = 0;
    struct gd_rows_digest digest = {0};
    struct gd_pg_copy copy = {
        .what = "read the large objects",
        .sql = gd_arena_printf(arena,
                               "COPY (SELECT m.oid, pg_catalog.encode(pg_catalog.sha256("
                               "pg_catalog.lo_get(m.oid)), 'hex') FROM "
                               "pg_catalog.pg_largeobject_metadata AS m WHERE m.oid <> ALL "
                               "('{%s}'::pg_catalog.oid[])) TO STDOUT",
                               except == NULL ? "" : except),
        .stop = &take->stop};
    GD_TRY(gd_pg_copy_out(take->pg, &copy, nowhere, &digest, &bytes, err));
    gd_rows_digest_join(sum, &digest);
    return GD_DONE;
}

struct gd_status gd_take_digest_blobs(struct gd_take *take, struct gd_error *err)
{
    struct gd_large_objects *large = &take->manifest->large_objects;
    gd_auto_pg_rows rows = NULL;
    struct gd_rows_digest sum = {0};
    if (take->large_object_count == 0)
        return GD_DONE;
    GD_TRY(gd_take_query(take, "measure the large objects", large_objects_sql, NULL, &rows, err));
    GD_TRY(digest_small(take, gd_pg_cell(rows, 0, 2), &sum, err));
    GD_TRY(digest_large(take, gd_pg_cell(rows, 0, 2), &sum, err));
    large->count = (uint64_t)gd_pg_int(rows, 0, 0);
    large->bytes = (uint64_t)gd_pg_int(rows, 0, 1);
    gd_rows_digest_hex(&sum, large->digest);
    return GD_DONE;
}
