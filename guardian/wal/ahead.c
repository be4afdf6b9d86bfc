#include "guardian/wal/ahead.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/fd.h"

enum {
    START_MAX = 2,
    POLL_MS_MIN = 2,
    POLL_MS_MAX = 50,
};
static const int64_t note_us_max =
    (int64_t)3600 * 1000000; /* what is older is asked of the store */

static bool same_folder(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool gd_wal_ahead_knows(const struct gd_wal_ahead *ahead, const struct gd_wal_name *name,
                        const char *path)
{
    gd_auto_arena arena = gd_arena_new();
    char own[GD_WAL_NAME_SIZE];
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash == NULL ? "." : gd_arena_strndup(arena, path, (size_t)(slash - path) + 1);
    const char *wal = gd_arena_printf(arena, "%s/pg_wal", ahead->data_directory);
    gd_wal_name_write(name, own);
    return same_folder(folder, wal) &&
           access(gd_arena_printf(arena, "%s/archive_status/%s.ready", wal, own), F_OK) == 0;
}

/* ---- what the background has noted ---- */

struct asked {
    const struct gd_wal_ahead *ahead;
    struct gd_wal_label label; /* of the file as it is now */
    char ok[GD_WAL_NAME_SIZE + 8], error[GD_WAL_NAME_SIZE + 8];
};

enum note { NONE, STORED, OTHER };

static enum note read_ok(const struct asked *asked)
{
    struct gd_json *note;
    int64_t time_us = 0;
    gd_wal_spool_read(&asked->ahead->spool, asked->ok, &note);
    if (note == NULL)
        return NONE;
    bool same = strcmp(gd_json_text(gd_json_get(note, "sha256")), asked->label.sha256) == 0 &&
                strcmp(gd_json_text(gd_json_get(note, "name")), asked->label.name) == 0 &&
                gd_json_int(gd_json_get(note, "bytes")) == (int64_t)asked->label.bytes &&
                gd_clock_parse(gd_json_text(gd_json_get(note, "time")), &time_us);
    gd_json_free(note);
    int64_t age_us = gd_clock_now_us() - time_us;
    return same && age_us >= 0 && age_us < note_us_max ? STORED : OTHER;
}

GD_MUST static struct gd_status read_error(const struct asked *asked, struct gd_error *err)
{
    struct gd_json *note;
    gd_wal_spool_read(&asked->ahead->spool, asked->error, &note);
    if (note == NULL)
        return GD_DONE;
    enum gd_code code = (enum gd_code)gd_json_int(gd_json_get(note, "code"));
    struct gd_status status = gd_fail(err, gd_exit_status(code) > 0 ? code : GD_SYSTEM, "%s",
                                      gd_json_text(gd_json_get(note, "text")));
    status = gd_hint(err, status, "%s", gd_json_text(gd_json_get(note, "hint")));
    gd_json_free(note);
    gd_wal_spool_remove(&asked->ahead->spool, asked->error);
    return status;
}

/* ---- waiting for it ---- */

/* Nobody is at work: start somebody. The lock is taken first, so that nobody else does. */
GD_MUST static struct gd_status see_to_it(const struct asked *asked, unsigned *inout_started,
                                          bool *out_alone, struct gd_error *err)
{
    const struct gd_wal_ahead *ahead = asked->ahead;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_fd lock = -1;
    GD_TRY(gd_wal_spool_lock(&ahead->spool, &lock, err));
    if (lock < 0 || read_ok(asked) != NONE) /* it was noted before the lock came free */
        return GD_DONE;
    if (access(gd_wal_spool_path(&ahead->spool, asked->error, arena), F_OK) == 0)
        return GD_DONE;
    if (*inout_started == START_MAX) {
        *out_alone = true;
        return GD_DONE;
    }
    ++*inout_started;
    return ahead->start(ahead->context, lock, err);
}

GD_MUST static struct gd_status wait_for(const struct asked *asked, bool *out_alone,
                                         struct gd_error *err)
{
    int64_t end_us = gd_clock_monotonic_us() + (int64_t)asked->ahead->wait_ms * 1000;
    unsigned started = 0;
    uint32_t poll_ms = POLL_MS_MIN;
    *out_alone = false;
    for (;;) {
        enum note note = read_ok(asked);
        *out_alone = note == OTHER || gd_clock_monotonic_us() >= end_us;
        if (note == STORED || *out_alone)
            return GD_DONE;
        GD_TRY(read_error(asked, err));
        struct gd_error unable = {0};
        if (see_to_it(asked, &started, out_alone, &unable).code != GD_OK || *out_alone) {
            *out_alone = true;
            return GD_DONE;
        }
        GD_TRY(gd_interrupt_check(err));
        gd_sleep_ms(poll_ms);
        poll_ms = poll_ms * 2 < POLL_MS_MAX ? poll_ms * 2 : POLL_MS_MAX;
    }
}

struct gd_status gd_wal_ahead_ask(const struct gd_wal_ahead *ahead, const struct gd_wal_name *name,
                                  const char *path, bool *out_alone, struct gd_wal_put *out_put,
                                  struct gd_error *err)
{
    struct asked asked = {.ahead = ahead};
    char text[GD_WAL_NAME_SIZE];
    gd_wal_name_write(name, text);
    (void)snprintf(asked.ok, sizeof asked.ok, "%s.ok", text);
    (void)snprintf(asked.error, sizeof asked.error, "%s.error", text);
    GD_TRY(gd_wal_file_label(ahead->system_identifier, name, path, &asked.label, err));
    gd_wal_spool_remove(&ahead->spool, asked.error); /* of another time */
    GD_TRY(wait_for(&asked, out_alone, err));
    if (*out_alone)
        gd_wal_spool_remove(&ahead->spool, asked.ok);
    *out_put = (struct gd_wal_put){.bytes = asked.label.bytes};
    memcpy(out_put->sha256, asked.label.sha256, sizeof out_put->sha256);
    return GD_DONE;
}
