#include "guardian/wal/prefetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"
#include "guardian/wal/fetch.h"

enum { POLL_MS = 5, SEGMENT_DIGITS = 24, SHA256_DIGITS = GD_DIGEST_HEX_SIZE - 1 };

bool gd_wal_prefetch_read_name(const char *text, struct gd_wal_name *out_segment,
                               const char **out_sha256_view)
{
    char name[SEGMENT_DIGITS + 1];
    const char *sha256 = text + SEGMENT_DIGITS + 1;
    if (strlen(text) != SEGMENT_DIGITS + 1 + SHA256_DIGITS || text[SEGMENT_DIGITS] != '.' ||
        strspn(sha256, "0123456789abcdef") != SHA256_DIGITS)
        return false;
    memcpy(name, text, SEGMENT_DIGITS);
    name[SEGMENT_DIGITS] = '\0';
    *out_sha256_view = sha256;
    return gd_wal_name_read(name, out_segment) && out_segment->kind == GD_WAL_SEGMENT;
}

/* ---- is it there? ---- */

struct search {
    const struct gd_wal_spool *spool;
    char segment[GD_WAL_NAME_SIZE];
    char found[SEGMENT_DIGITS + 1 + SHA256_DIGITS + 1]; /* "": nothing */
};

/* What is before it was fetched by somebody else meanwhile, and is in the way. */
static void look_at(void *context, const char *text)
{
    struct search *search = context;
    struct gd_wal_name name;
    const char *sha256;
    if (!gd_wal_prefetch_read_name(text, &name, &sha256))
        return;
    int order = strncmp(text, search->segment, SEGMENT_DIGITS);
    if (order == 0)
        memcpy(search->found, text, strlen(text) + 1);
    else if (order < 0)
        gd_wal_spool_remove(search->spool, text);
}

static bool find(const struct gd_wal_prefetch *prefetch, struct search *search)
{
    search->found[0] = '\0';
    gd_wal_spool_each(&prefetch->spool, false, look_at, search);
    return search->found[0] != '\0';
}

static bool is_begun(const struct gd_wal_prefetch *prefetch, const char *segment)
{
    gd_auto_arena arena = gd_arena_new();
    const char *name = gd_arena_printf(arena, "%s.begun", segment);
    return access(gd_wal_spool_path(&prefetch->spool, name, arena), F_OK) == 0;
}

static bool somebody_works(const struct gd_wal_prefetch *prefetch)
{
    gd_auto_fd lock = -1;
    struct gd_error ignored = {0};
    return gd_wal_spool_lock(&prefetch->spool, &lock, &ignored).code == GD_OK && lock < 0;
}

/* Somebody is at it: to begin again would take longer. */
static bool wait_for(const struct gd_wal_prefetch *prefetch, struct search *search)
{
    int64_t end_us = gd_clock_monotonic_us() + (int64_t)prefetch->wait_ms * 1000;
    while (!find(prefetch, search)) {
        if (!is_begun(prefetch, search->segment) || !somebody_works(prefetch) || gd_interrupted() ||
            gd_clock_monotonic_us() > end_us)
            return find(prefetch, search); /* it may have come in between */
        gd_sleep_ms(POLL_MS);
    }
    return true;
}

/* ---- taking it ---- */

GD_MUST static struct gd_status check(const struct gd_wal_prefetch *prefetch,
                                      const struct gd_wal_name *segment, const char *path,
                                      const char *sha256, uint64_t *out_bytes, struct gd_error *err)
{
    struct gd_wal_label label;
    GD_TRY(gd_wal_file_label(prefetch->system_identifier, segment, path, &label, err));
    if (strcmp(label.sha256, sha256) != 0)
        return gd_fail(err, GD_CORRUPT, "its bytes are not those that were fetched");
    *out_bytes = label.bytes;
    return GD_DONE;
}

GD_MUST static struct gd_status sync_folder(const char *path, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash == NULL ? "." : gd_arena_strndup(arena, path, (size_t)(slash - path) + 1);
    gd_auto_fd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        return gd_fail(err, GD_SYSTEM, "could not write to disk the folder \"%s\": %s", folder,
                       strerror(errno));
    return GD_DONE;
}

GD_MUST static struct gd_status copy(const char *from, const char *to, struct gd_error *err)
{
    gd_auto_source source = NULL;
    gd_auto_sink sink = NULL;
    GD_TRY(gd_file_source_new(from, 0, 0, &source, err));
    GD_TRY(gd_file_sink_new(to, GD_FILE_REPLACE, &sink, err));
    GD_TRY(gd_pump(source, sink, NULL, err));
    GD_TRY(gd_sink_finish(sink, err));
    (void)unlink(from);
    return GD_DONE;
}

GD_MUST static struct gd_status move(const char *from, const char *to, struct gd_error *err)
{
    GD_TRY(gd_fault("wal: before a segment that was fetched ahead is in place", err));
    if (rename(from, to) == 0)
        return sync_folder(to, err);
    if (errno == EXDEV)
        return copy(from, to, err);
    return gd_fail(err, GD_SYSTEM, "could not move \"%s\" to \"%s\": %s", from, to,
                   strerror(errno));
}

struct gd_status gd_wal_prefetch_take(const struct gd_wal_prefetch *prefetch,
                                      const struct gd_wal_name *segment, const char *path,
                                      uint64_t *out_segment_bytes, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct search search = {.spool = &prefetch->spool};
    struct gd_error damaged = {0};
    *out_segment_bytes = 0;
    gd_wal_name_write(segment, search.segment);
    if (!wait_for(prefetch, &search))
        return GD_DONE;
    const char *from = gd_wal_spool_path(&prefetch->spool, search.found, arena);
    if (check(prefetch, segment, from, search.found + SEGMENT_DIGITS + 1, out_segment_bytes,
              &damaged)
            .code != GD_OK) {
        *out_segment_bytes = 0; /* the store has it still */
        gd_wal_spool_remove(&prefetch->spool, search.found);
        return GD_DONE;
    }
    return move(from, path, err);
}

/* ---- going on ---- */

bool gd_wal_prefetch_is_wanted(const struct gd_wal_prefetch *prefetch)
{
    gd_auto_arena arena = gd_arena_new();
    const char *pid = gd_arena_printf(arena, "%s/postmaster.pid", prefetch->data_directory);
    return access(pid, F_OK) == 0 && gd_wal_is_recovering(prefetch->data_directory);
}

static void tell_next(const struct gd_wal_prefetch *prefetch, const struct gd_wal_name *segment)
{
    char name[GD_WAL_NAME_SIZE];
    struct gd_error ignored = {0};
    struct gd_json *note = gd_json_object();
    gd_wal_name_write(segment, name);
    gd_json_put(note, "segment", gd_json_new_text(name));
    struct gd_status status = gd_wal_spool_write(&prefetch->spool, "next", note, &ignored);
    (void)status;
    gd_json_free(note);
}

void gd_wal_prefetch_go_on(const struct gd_wal_prefetch *prefetch,
                           const struct gd_wal_name *segment, bool taken)
{
    gd_auto_fd lock = -1;
    struct gd_error ignored = {0};
    if (!gd_wal_prefetch_is_wanted(prefetch) ||
        gd_wal_spool_lock(&prefetch->spool, &lock, &ignored).code != GD_OK)
        return;
    struct gd_status status = GD_DONE;
    if (lock >= 0)
        status = prefetch->start(prefetch->context, lock, &ignored);
    else if (!taken)
        tell_next(prefetch, segment);
    (void)status;
}
