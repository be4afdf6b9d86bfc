/*
 * Archive: see archive.h. One thread feeds the program, the caller's reads what it says, so that
 * neither pipe can fill up and stop both.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/io/process.h"
#include "guardian/prove/archive.h"

enum {
    CHUNK_BYTES = 64 * 1024,
    LINE_BYTES_MAX = 256 * 1024 * 1024,
    ARGUMENTS_MAX = 16,
};

struct feed {
    struct gd_source *source;
    struct gd_sink *sink; /* a view of the program's input */
    struct gd_status status;
    struct gd_error
        err; /* of the source only: a program that stops reading is asked how it ended */
};

struct lines {
    char *data;
    size_t filled, capacity;
    gd_archive_line_fn *each;
    void *context;
    struct gd_status status; /* what `each` said first */
    struct gd_error err;
};

/* Everything from the source; into the sink as long as it takes any. */
static struct gd_status feed_all(struct feed *feed, char *chunk)
{
    struct gd_error deaf = {0};
    for (;;) {
        size_t size;
        GD_TRY(gd_interrupt_check(&feed->err));
        GD_TRY(gd_source_read(feed->source, chunk, CHUNK_BYTES, &size, &feed->err));
        if (size == 0)
            return GD_DONE;
        if (feed->sink->state == GD_SINK_OPEN)
            (void)gd_sink_write(feed->sink, chunk, size, &deaf).code;
    }
}

static void *feed_main(void *context)
{
    struct feed *feed = context;
    struct gd_error deaf = {0};
    char *chunk = gd_memory_new(CHUNK_BYTES);
    feed->status = feed_all(feed, chunk);
    if (feed->sink->state == GD_SINK_OPEN)
        (void)gd_sink_finish(feed->sink, &deaf).code;
    free(chunk);
    return NULL;
}

static void show_line(struct lines *lines, const char *line, size_t size)
{
    if (lines->status.code == GD_OK)
        lines->status = lines->each(lines->context, line, size, &lines->err);
}

/* Hand out the whole lines of the buffer, from `fresh` on, and keep the begun one. */
static void show_lines(struct lines *lines, size_t fresh)
{
    size_t begin = 0;
    const char *newline;
    while ((newline = memchr(lines->data + fresh, '\n', lines->filled - fresh)) != NULL) {
        size_t end = (size_t)(newline - lines->data);
        show_line(lines, lines->data + begin, end - begin);
        begin = fresh = end + 1;
    }
    memmove(lines->data, lines->data + begin, lines->filled - begin);
    lines->filled -= begin;
}

static struct gd_status read_lines(struct gd_source *output, struct lines *lines,
                                   struct gd_error *err)
{
    for (;;) {
        if (lines->capacity - lines->filled < CHUNK_BYTES) {
            if (lines->capacity >= LINE_BYTES_MAX)
                return gd_fail(err, GD_CORRUPT, "a line of it is longer than %d MiB",
                               LINE_BYTES_MAX >> 20);
            lines->capacity = lines->capacity * 2 + CHUNK_BYTES;
            lines->data = gd_memory_grow(lines->data, lines->capacity);
        }
        size_t size;
        GD_TRY(gd_source_read(output, lines->data + lines->filled, CHUNK_BYTES, &size, err));
        if (size == 0)
            break;
        size_t fresh = lines->filled;
        lines->filled += size;
        show_lines(lines, fresh);
    }
    if (lines->filled > 0)
        show_line(lines, lines->data, lines->filled);
    return GD_DONE;
}

static struct gd_status program_start(const struct gd_archive *archive,
                                      struct gd_process **out_process, struct gd_error *err)
{
    const char *argv[ARGUMENTS_MAX + 2] = {archive->pg_restore};
    for (size_t i = 0; i < ARGUMENTS_MAX && archive->arguments[i] != NULL; i++)
        argv[i + 1] = archive->arguments[i];
    static const char *const environment[] = {"LC_ALL=C", NULL};
    struct gd_process_options options = {
        .argv = argv, .environment = environment, .write_input = true, .read_output = true};
    return gd_process_start(&options, out_process, err);
}

/* By somebody: a Ctrl-C for all, the kernel that is out of memory. That says nothing about bytes.
 */
static bool was_ended(int code)
{
    return code == 128 + SIGINT || code == 128 + SIGTERM || code == 128 + SIGKILL ||
           code == 128 + SIGHUP || code == 128 + SIGQUIT;
}

/* Feed and listen at once, then ask how the program ended. */
static struct gd_status run(struct gd_process *process, struct feed *feed, struct lines *lines,
                            struct gd_error *err)
{
    pthread_t thread;
    int failed = gd_thread_start(&thread, feed_main, feed);
    if (failed != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
    struct gd_status heard = read_lines(gd_process_output(process), lines, err);
    if (heard.code != GD_OK)
        gd_process_signal(process,
                          SIGTERM); /* or the feeder would wait for a program that nobody hears */
    (void)pthread_join(thread, NULL);
    if (feed->status.code != GD_OK) {
        *err = feed->err;
        return feed->status;
    }
    GD_TRY(heard);
    int code = 0;
    struct gd_status finished = gd_process_finish(process, &code, err);
    GD_TRY(gd_interrupt_check(err)); /* the signal may have ended the program, too */
    if (was_ended(code))
        return finished;
    if (finished.code != GD_OK)
        return gd_wrap(err, (struct gd_status){err->code = GD_CORRUPT},
                       "its bytes are as recorded, but ");
    if (lines->status.code != GD_OK)
        *err = lines->err;
    return lines->status;
}

struct gd_status gd_archive_read(const struct gd_archive *archive, gd_archive_line_fn *each,
                                 void *context, struct gd_error *err)
{
    gd_auto_source source = NULL;
    GD_TRY(gd_object_source_new(archive->place, archive->stored, &source, err));
    gd_auto_process process = NULL;
    GD_TRY(program_start(archive, &process, err));
    struct feed feed = {.source = source, .sink = gd_process_input(process)};
    struct lines lines = {.each = each, .context = context};
    struct gd_status status = run(process, &feed, &lines, err);
    free(lines.data);
    return status;
}

struct gd_status gd_lines_read(struct gd_source *source, gd_archive_line_fn *each, void *context,
                               struct gd_error *err)
{
    struct lines lines = {.each = each, .context = context};
    struct gd_status status = read_lines(source, &lines, err);
    free(lines.data);
    if (status.code == GD_OK && lines.status.code != GD_OK) {
        *err = lines.err;
        return lines.status;
    }
    return status;
}

struct gd_status gd_object_drain(struct gd_source *source, struct gd_error *err)
{
    char *chunk = gd_memory_new(CHUNK_BYTES);
    size_t size = 1;
    struct gd_status status = GD_DONE;
    while (status.code == GD_OK && size > 0) {
        status = gd_interrupt_check(err);
        if (status.code == GD_OK)
            status = gd_source_read(source, chunk, CHUNK_BYTES, &size, err);
    }
    free(chunk);
    return status;
}
