/*
 * Dump, reading: the archive goes into pg_restore through a pipe, and its text comes out of one.
 *
 * A thread feeds, because pg_restore may write before it has read everything. The source is read to
 * its end whatever pg_restore does, so that its digests are compared before anything is run.
 */
#include "guardian/restore/dump.h"
#include "guardian/base/thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/process.h"
#include "guardian/snapshot/programs.h"
#include "guardian/sql/parse.h"

enum { FEED_BYTES = 65536 };

/* --- feeding ----------------------------------------------------------------------------------*/

struct feed {
    struct gd_source *source;
    struct gd_sink *sink;
    struct gd_status status;
    struct gd_error err;
};

/* What pg_restore no longer wants is still read: the end of the source is where it is verified. */
static void *feed(void *context)
{
    struct feed *feed = context;
    struct gd_error ignored = {0};
    bool wanted = true;
    size_t size = 0;
    char *buffer = malloc(FEED_BYTES);
    if (buffer == NULL)
        abort();
    do {
        feed->status = gd_source_read(feed->source, buffer, FEED_BYTES, &size, &feed->err);
        if (feed->status.code == GD_OK && size > 0 && wanted)
            wanted = gd_sink_write(feed->sink, buffer, size, &ignored).code == GD_OK;
    } while (feed->status.code == GD_OK && size > 0);
    if (wanted)
        (void)!gd_sink_finish(feed->sink, &ignored).code;
    free(buffer);
    return NULL;
}

/* --- cutting ----------------------------------------------------------------------------------*/

struct cutting {
    const struct gd_restore_options *options;
    gd_read_fn *read;
    void *read_context;
    struct gd_arena *arena;
    struct gd_dump *dump;
    gd_dump_each_fn *each; /* NULL: the items are kept */
    void *each_context;
    char what[320]; /* the entry that is being read, for messages */
};

/* "-- Name: users; Type: TABLE; Schema: public; Owner: x" as pg_dump writes it above an entry; only
 * for messages. */
static void describe(const char *comment, char *what, size_t size)
{
    const char *name = comment == NULL ? NULL : strstr(comment, "Name: ");
    const char *type = name == NULL ? NULL : strstr(name, "; Type: ");
    const char *schema = type == NULL ? NULL : strstr(type, "; Schema: ");
    if (schema == NULL)
        return;
    name += strlen("Name: ");
    const char *kind = type + strlen("; Type: "), *of = schema + strlen("; Schema: ");
    int kind_size = (int)(schema - kind), name_size = (int)(type - name);
    int of_size = (int)strcspn(of, ";\n");
    if (of_size == 1 && *of == '-')
        snprintf(what, size, "restore %.*s \"%.*s\"", kind_size, kind, name_size, name);
    else
        snprintf(what, size, "restore %.*s \"%.*s\" of schema \"%.*s\"", kind_size, kind, name_size,
                 name, of_size, of);
}

static struct gd_dump_item *add_item(struct gd_dump *dump, struct gd_arena *arena)
{
    if (dump->count == dump->capacity) {
        size_t capacity = dump->capacity == 0 ? 256 : 2 * dump->capacity;
        struct gd_dump_item *items = gd_arena_zalloc(arena, capacity, sizeof *items);
        if (dump->count > 0)
            memcpy(items, dump->items, dump->count * sizeof *items);
        dump->items = items;
        dump->capacity = capacity;
    }
    return &dump->items[dump->count++];
}

GD_MUST static struct gd_status take_statement(struct cutting *cutting, const struct gd_stmt *stmt,
                                               struct gd_dump_item *settings,
                                               struct gd_arena *arena, struct gd_error *err)
{
    bool taken = false;
    describe(stmt->comment, cutting->what, sizeof cutting->what);
    GD_TRY(gd_dump_setting(stmt, cutting->dump, settings, &taken, err));
    if (taken)
        return GD_DONE;
    struct gd_dump_item *item = gd_arena_zalloc(arena, 1, sizeof *item);
    *item = *settings;
    item->what = gd_arena_strdup(arena, cutting->what);
    GD_TRY(gd_dump_judge(cutting->options, stmt, arena, cutting->dump, item, err));
    if (item->sql == NULL) /* left out, as the options ask */
        return GD_DONE;
    if (cutting->each != NULL)
        return cutting->each(item, cutting->each_context, err);
    *add_item(cutting->dump, arena) = *item;
    return GD_DONE;
}

static struct gd_status cut(void *context, struct gd_error *err)
{
    struct cutting *cutting = context;
    struct gd_script_options options = {.skip_connect = true};
    struct gd_dump_item settings = {
        .tablespace = "", .access_method = "", .schema = "", .table = "", .name = ""};
    gd_auto_arena scratch = gd_arena_new();
    struct gd_script *script =
        gd_script_new("schema", cutting->read, cutting->read_context, &options);
    struct gd_status status;
    for (;;) {
        const struct gd_stmt *stmt = NULL;
        gd_arena_reset(scratch);
        status = gd_script_next(script, scratch, &stmt, err);
        if (status.code != GD_OK || stmt == NULL)
            break;
        status = take_statement(cutting, stmt, &settings,
                                cutting->each == NULL ? cutting->arena : scratch, err);
        if (status.code != GD_OK)
            break;
    }
    gd_script_free(script);
    return status;
}

GD_MUST static struct gd_status check_refused(const struct gd_dump *dump, struct gd_error *err)
{
    if (dump->refused.count == 0)
        return GD_DONE;
    char more[64] = "";
    if (dump->refused.count > 1)
        snprintf(more, sizeof more, ", and %zu more", dump->refused.count - 1);
    return gd_hint(err, gd_fail(err, GD_REFUSED, "could not %s%s", dump->refused.items[0], more),
                   "The snapshot holds what reaches outside its database. When you know who made "
                   "it, and trust them as much as the server, say --trust.");
}

struct gd_status gd_dump_cut(const struct gd_restore_options *options, gd_read_fn *read,
                             void *context, struct gd_arena *arena, struct gd_dump *out_dump,
                             struct gd_error *err)
{
    struct cutting cutting = {.options = options,
                              .read = read,
                              .read_context = context,
                              .arena = arena,
                              .dump = out_dump,
                              .what = "restore the schema"};
    out_dump->arena = arena;
    GD_TRY(gd_deep_call(cut, &cutting, err));
    return check_refused(out_dump, err);
}

/* --- pg_restore -------------------------------------------------------------------------------*/

static struct gd_status read_source(void *source, char *buffer, size_t size, size_t *out_got,
                                    struct gd_error *err)
{
    return gd_source_read(source, buffer, size, out_got, err);
}

/* "pg_dump (PostgreSQL) 15.18 …" made it: pg_restore must not be older than that. */
static int version_of(const char *text)
{
    const char *at = text == NULL ? NULL : strchr(text, ')');
    int major = at == NULL ? 0 : (int)strtol(at + 1, NULL, 10);
    return major >= 9 && major < 1000 ? major * 10000 : 0;
}

GD_MUST static struct gd_status cut_fed(struct cutting *cutting, struct gd_process *process,
                                        struct gd_source *source, struct gd_error *err)
{
    struct feed feeder = {.source = source, .sink = gd_process_input(process)};
    pthread_t thread;
    if (gd_thread_start(&thread, feed, &feeder) != 0)
        return gd_fail(err, GD_SYSTEM, "could not read the schema: no thread could be started");
    cutting->read = read_source;
    cutting->read_context = gd_process_output(process);
    struct gd_error cut_err = {0};
    struct gd_status status = gd_deep_call(cut, cutting, &cut_err);
    /* Whatever stopped the reading: pg_restore must not hang on a full pipe while it is fed. */
    struct gd_sink *rest = gd_null_sink_new();
    struct gd_error ignored = {0};
    (void)!gd_pump(gd_process_output(process), rest, NULL, &ignored).code;
    gd_sink_free(rest);
    pthread_join(thread, NULL);
    if (feeder.status.code != GD_OK) { /* damage comes first: it explains the rest */
        *err = feeder.err;
        return feeder.status;
    }
    int exit_status = 0;
    struct gd_error said = {0};
    struct gd_status finished = gd_process_finish(process, &exit_status, &said);
    if (finished.code != GD_OK || status.code == GD_OK) {
        *err = said;
        return finished;
    }
    *err = cut_err;
    return status;
}

GD_MUST static struct gd_status run(struct cutting *cutting, const struct gd_stored *stored,
                                    enum gd_dump_section section, struct gd_error *err)
{
    static const char *const sections[] = {"--section=pre-data", "--section=post-data", NULL};
    const struct gd_restore_options *options = cutting->options;
    struct gd_program program;
    gd_auto_arena arena = gd_arena_new();
    GD_TRY(gd_program_find("pg_restore", options->pg_restore,
                           version_of(options->manifest->pg_dump_text), arena, &program, err));
    /* -C brings what is said of the database itself: settings, comment, grants. */
    const char *argv[] = {program.path, "-f", "-", sections[section], NULL, NULL};
    if (section == GD_DUMP_PRE_DATA)
        argv[4] = "-C";
    struct gd_process_options start = {.argv = argv, .write_input = true, .read_output = true};
    gd_auto_source source = NULL;
    GD_TRY(gd_object_source_new(options->place, stored, &source, err));
    gd_auto_process process = NULL;
    GD_TRY(gd_process_start(&start, &process, err));
    struct gd_status status = cut_fed(cutting, process, source, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not read \"%s\": ", stored->name);
    return GD_DONE;
}

struct gd_status gd_dump_read(const struct gd_restore_options *options,
                              const struct gd_stored *stored, enum gd_dump_section section,
                              struct gd_arena *arena, struct gd_dump *out_dump,
                              struct gd_error *err)
{
    struct cutting cutting = {
        .options = options, .arena = arena, .dump = out_dump, .what = "restore the schema"};
    out_dump->arena = arena;
    GD_TRY(run(&cutting, stored, section, err));
    return check_refused(out_dump, err);
}

struct gd_status gd_dump_stream(const struct gd_restore_options *options,
                                const struct gd_stored *stored, gd_dump_each_fn *each,
                                void *context, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_dump dump = {.arena = arena};
    struct cutting cutting = {.options = options,
                              .arena = arena,
                              .dump = &dump,
                              .each = each,
                              .each_context = context,
                              .what = "restore large objects"};
    GD_TRY(run(&cutting, stored, GD_DUMP_ALL, err));
    return check_refused(&dump, err);
}
