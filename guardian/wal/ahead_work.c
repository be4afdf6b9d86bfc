/* The process in the background, see ahead.h. */
#include <dirent.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/crew.h"
#include "guardian/wal/ahead.h"

enum {
    BATCH_MAX = 64,
    NOTES_MAX = 256, /* that nobody asked for yet: no reason to go further ahead */
    POLL_MS = 100,
};
static const int64_t idle_us_max = (int64_t)15 * 1000000;
static const int64_t life_us_max = (int64_t)600 * 1000000; /* keys and settings may have changed */

struct work {
    const struct gd_wal_ahead *ahead;
    const struct gd_wal_place *place;
    const char *wal; /* <data directory>/pg_wal */
    char names[BATCH_MAX][GD_WAL_NAME_SIZE];
    size_t count;
    size_t notes;
};

/* ---- what is to be done ---- */

/* "<WAL file's name><suffix>", and nothing else. */
static bool name_before(const char *text, const char *suffix, char out_name[GD_WAL_NAME_SIZE])
{
    struct gd_wal_name name;
    size_t size = strlen(text), end = strlen(suffix);
    if (size <= end || size - end >= GD_WAL_NAME_SIZE || strcmp(text + size - end, suffix) != 0)
        return false;
    memcpy(out_name, text, size - end);
    out_name[size - end] = '\0';
    return gd_wal_name_read(out_name, &name);
}

static bool has_file(const char *folder, const char *name, const char *suffix)
{
    gd_auto_arena arena = gd_arena_new();
    return access(gd_arena_printf(arena, "%s/%s%s", folder, name, suffix), F_OK) == 0;
}

static bool is_ready(const struct work *work, const char *name)
{
    gd_auto_arena arena = gd_arena_new();
    return has_file(gd_arena_printf(arena, "%s/archive_status", work->wal), name, ".ready");
}

/* The server has its answer, or does not want one any more. */
static void look_at_note(void *context, const char *text)
{
    struct work *work = context;
    char name[GD_WAL_NAME_SIZE];
    bool ok = name_before(text, ".ok", name);
    if (!ok && !name_before(text, ".error", name))
        return;
    if (!is_ready(work, name))
        gd_wal_spool_remove(&work->ahead->spool, text);
    else if (ok)
        work->notes++;
}

/* As the server archives: histories first, then by name. */
static int earlier(const char *one, const char *other)
{
    bool first = strchr(one, '.') != NULL && strstr(one, ".history") != NULL;
    bool second = strchr(other, '.') != NULL && strstr(other, ".history") != NULL;
    return first != second ? (first ? -1 : 1) : strcmp(one, other);
}

/* The earliest `max` of all that come, in order. */
static void keep_earliest(struct work *work, size_t max, const char *name)
{
    size_t at = work->count;
    while (at > 0 && earlier(name, work->names[at - 1]) < 0)
        at--;
    if (at >= max)
        return;
    if (work->count < max)
        work->count++;
    memmove(work->names[at + 1], work->names[at], (work->count - at - 1) * sizeof work->names[0]);
    memcpy(work->names[at], name, strlen(name) + 1);
}

static void collect(struct work *work, size_t max)
{
    gd_auto_arena arena = gd_arena_new();
    struct dirent *entry;
    char name[GD_WAL_NAME_SIZE];
    DIR *folder = opendir(gd_arena_printf(arena, "%s/archive_status", work->wal));
    work->count = work->notes = 0;
    gd_wal_spool_each(&work->ahead->spool, true, look_at_note, work);
    while (folder != NULL && work->notes < NOTES_MAX && (entry = readdir(folder)) != NULL)
        if (name_before(entry->d_name, ".ready", name) &&
            !has_file(work->ahead->spool.folder, name, ".ok"))
            keep_earliest(work, max, name);
    if (folder != NULL)
        (void)closedir(folder);
}

/* ---- doing it ---- */

GD_MUST static struct gd_status note_ok(const struct work *work, const char *name,
                                        const struct gd_wal_put *put, struct gd_arena *scratch,
                                        struct gd_error *err)
{
    struct gd_json *note = gd_json_object();
    gd_json_put(note, "name", gd_json_new_text(name));
    gd_json_put(note, "bytes", gd_json_new_int((int64_t)put->bytes));
    gd_json_put(note, "sha256", gd_json_new_text(put->sha256));
    gd_json_put(note, "time", gd_json_new_time(gd_clock_now_us()));
    struct gd_status status =
        gd_wal_spool_write(&work->ahead->spool, gd_arena_printf(scratch, "%s.ok", name), note, err);
    gd_json_free(note);
    return status;
}

static void note_error(const struct work *work, const char *name, struct gd_arena *scratch,
                       const struct gd_error *what)
{
    struct gd_error ignored = {0}; /* whoever asks finds nobody at work, and puts it itself */
    struct gd_json *note = gd_json_object();
    gd_json_put(note, "code", gd_json_new_int((int64_t)what->code));
    gd_json_put(note, "text", gd_json_new_text(what->text));
    gd_json_put(note, "hint", gd_json_new_text(what->hint));
    struct gd_status status = gd_wal_spool_write(
        &work->ahead->spool, gd_arena_printf(scratch, "%s.error", name), note, &ignored);
    (void)status;
    gd_json_free(note);
}

static struct gd_status put_one(void *context, size_t index, struct gd_arena *scratch,
                                struct gd_error *err)
{
    struct work *work = context;
    const char *text = work->names[index];
    struct gd_wal_name name;
    struct gd_wal_put put;
    if (!gd_wal_name_read(text, &name) || !is_ready(work, text))
        return GD_DONE; /* somebody else was faster */
    struct gd_status status = gd_wal_put(
        work->place, &name, gd_arena_printf(scratch, "%s/%s", work->wal, text), &put, err);
    if (status.code == GD_OK)
        return note_ok(work, text, &put, scratch, err);
    if (!is_ready(work, text))
        return GD_DONE;
    note_error(work, text, scratch, err);
    return status;
}

struct gd_status gd_wal_ahead_work(const struct gd_wal_ahead *ahead,
                                   const struct gd_wal_place *place, unsigned workers,
                                   struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct work *work = gd_arena_zalloc(arena, 1, sizeof *work);
    int64_t start_us = gd_clock_monotonic_us(), busy_us = start_us;
    size_t max = (size_t)workers * 2 < BATCH_MAX ? (size_t)workers * 2 : BATCH_MAX;
    work->ahead = ahead;
    work->place = place;
    work->wal = gd_arena_printf(arena, "%s/pg_wal", ahead->data_directory);
    for (int64_t now_us = start_us;
         now_us - busy_us < idle_us_max && now_us - start_us < life_us_max;
         now_us = gd_clock_monotonic_us()) {
        GD_TRY(gd_interrupt_check(err));
        collect(work, max);
        GD_TRY(gd_crew_run(work->count, workers, put_one, work, err));
        if (work->count > 0)
            busy_us = gd_clock_monotonic_us();
        else
            gd_sleep_ms(POLL_MS);
    }
    return GD_DONE;
}
