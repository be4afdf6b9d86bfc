/*
 * Drives pg/copy.h for tests/system/test_copy.py.
 *
 *   drive_copy TARGET out SQL [STALL_MS]   the rows to stdout; "rows digest bytes" to stderr.
 *   drive_copy TARGET fail SQL BYTES       the sink fails after BYTES; then SELECT in the same
 *                                          session.
 *   drive_copy TARGET in SQL               rows from stdin.
 *   drive_copy TARGET cut SQL BYTES        rows from stdin, whose source fails after BYTES.
 *   drive_copy TARGET command SQL          a statement.
 *   drive_copy TARGET shared SQL           in a second session that shares the first one's
 *                                          snapshot.
 *   drive_copy TARGET environment [DB]     NAME=value lines.
 *   drive_copy TARGET like [DB]            where a second connection goes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/file.h"
#include "guardian/pg/copy.h"

/* Breaks after some bytes, as a full store does. */
struct breaking {
    struct gd_sink sink;
    size_t left;
};

static struct gd_status breaking_write(struct gd_sink *sink, const void *data, size_t size,
                                       struct gd_error *err)
{
    struct breaking *breaking = (struct breaking *)sink;
    (void)data;
    if (size > breaking->left)
        return gd_fail(err, GD_UNPROTECTED, "the store is full");
    breaking->left -= size;
    return GD_DONE;
}

static struct gd_status breaking_finish(struct gd_sink *sink, struct gd_error *err)
{
    (void)sink;
    return gd_fail(err, GD_UNPROTECTED, "never asked");
}

static void breaking_free(struct gd_sink *sink)
{
    (void)sink;
}

struct cut {
    struct gd_source source;
    size_t left;
};

static struct gd_status cut_read(struct gd_source *source, void *buffer, size_t size,
                                 size_t *out_size, struct gd_error *err)
{
    struct cut *cut = (struct cut *)source;
    if (cut->left == 0)
        return gd_fail(err, GD_CORRUPT, "the stored bytes end here");
    size_t wanted = size < cut->left ? size : cut->left;
    ssize_t got = read(0, buffer, wanted);
    if (got <= 0)
        return gd_fail(err, GD_SYSTEM, "the test gave too little");
    cut->left -= (size_t)got;
    *out_size = (size_t)got;
    return GD_DONE;
}

static void cut_free(struct gd_source *source)
{
    (void)source;
}

static struct gd_status tell(void *context, uint64_t bytes, uint64_t rows, struct gd_error *err)
{
    (void)err;
    (void)rows;
    uint64_t *last = context;
    if (bytes < *last)
        abort();
    *last = bytes;
    return GD_DONE;
}

static struct gd_status one_value(struct gd_pg *pg, const char *sql, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "read a value", .sql = sql};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    printf("%s\n", gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

static struct gd_status out(struct gd_pg *pg, struct gd_pg_copy *copy, int count, char **words,
                            struct gd_error *err)
{
    struct gd_rows_digest digest;
    uint64_t bytes = 0;
    char hex[GD_ROWS_DIGEST_SIZE];
    copy->stall_ms = count > 1 ? (uint32_t)strtoul(words[1], NULL, 10) : 0;
    GD_TRY(gd_pg_reader_begin(pg, NULL, err));
    gd_auto_sink sink = gd_fd_sink_new(1, "stdout");
    GD_TRY(gd_pg_copy_out(pg, copy, sink, &digest, &bytes, err));
    gd_rows_digest_hex(&digest, hex);
    fprintf(stderr, "%" PRIu64 " %s %" PRIu64 "\n", digest.rows, hex, bytes);
    return gd_sink_finish(sink, err);
}

static struct gd_status fail(struct gd_pg *pg, struct gd_pg_copy *copy, char **words,
                             struct gd_error *err)
{
    static const struct gd_sink_ops ops = {breaking_write, breaking_finish, breaking_free};
    struct breaking sink = {{&ops, GD_SINK_OPEN}, strtoul(words[1], NULL, 10)};
    struct gd_rows_digest digest;
    struct gd_error first = {0};
    uint64_t bytes;
    if (gd_pg_copy_out(pg, copy, &sink.sink, &digest, &bytes, &first).code == GD_OK)
        return gd_fail(err, GD_FAILED, "a broken sink was not noticed");
    printf("%s\n", first.text);
    return one_value(pg, "SELECT 'the session goes on'", err);
}

static struct gd_status in(struct gd_pg *pg, struct gd_pg_copy *copy, char **words,
                           struct gd_error *err)
{
    static const struct gd_source_ops ops = {cut_read, cut_free};
    struct cut cut = {{&ops}, words[1] == NULL ? 0 : strtoul(words[1], NULL, 10)};
    gd_auto_source input = gd_fd_source_new(0, "stdin");
    uint64_t rows = 0;
    struct gd_error first = {0};
    struct gd_status status =
        gd_pg_copy_in(pg, copy, words[1] == NULL ? input : &cut.source, &rows, &first);
    printf("%" PRIu64 " %s\n", rows, first.text);
    (void)status.code;
    return one_value(pg, "SELECT 'the session goes on'", err);
}

static struct gd_status shared(struct gd_pg *pg, const char *sql, struct gd_arena *arena,
                               struct gd_error *err)
{
    const char *snapshot = NULL;
    gd_auto_pg other = NULL;
    GD_TRY(gd_pg_reader_begin(pg, NULL, err));
    GD_TRY(gd_pg_export_snapshot(pg, arena, &snapshot, err));
    GD_TRY(gd_pg_connect_like(pg, NULL, &other, err));
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        return gd_fail(err, GD_USAGE, "nobody said go");
    GD_TRY(gd_pg_reader_begin(other, snapshot, err));
    return one_value(other, sql, err);
}

static struct gd_status drive(struct gd_pg *pg, int count, char **words, struct gd_arena *arena,
                              struct gd_error *err)
{
    const char *task = words[0], *sql = count > 1 ? words[1] : NULL;
    uint64_t last = 0;
    struct gd_pg_copy copy = {
        .what = "copy for the test", .sql = sql, .progress = tell, .context = &last};
    if (strcmp(task, "out") == 0)
        return out(pg, &copy, count - 1, words + 1, err);
    if (strcmp(task, "fail") == 0)
        return fail(pg, &copy, words + 1, err);
    if (strcmp(task, "in") == 0 || strcmp(task, "cut") == 0)
        return in(pg, &copy, words + 1, err);
    if (strcmp(task, "command") == 0)
        return gd_pg_command(pg, "run the test's command", sql, err);
    if (strcmp(task, "shared") == 0)
        return shared(pg, sql, arena, err);
    if (strcmp(task, "environment") == 0) {
        const char *const *environment = gd_pg_environment(pg, sql, arena);
        for (size_t i = 0; environment[i] != NULL; i++)
            printf("%s\n", environment[i]);
        return GD_DONE;
    }
    gd_auto_pg other = NULL;
    GD_TRY(gd_pg_connect_like(pg, sql, &other, err));
    printf("%s\n", gd_pg_where(other));
    return GD_DONE;
}

int main(int count, char **words)
{
    struct gd_error err = {0};
    struct gd_pg_options options = {.target = words[1]};
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg pg = NULL;
    if (count < 3)
        return 2;
    gd_interrupt_watch();
    struct gd_status status = gd_pg_connect(&options, &pg, &err);
    if (status.code == GD_OK)
        status = drive(pg, count - 2, words + 2, arena, &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
    return gd_exit_status(status.code);
}
