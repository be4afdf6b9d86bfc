/* Feeder, see feeder.h. */
#include "guardian/restore/feeder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/io/fd.h"
#include "guardian/io/leftover.h"
#include "guardian/restore/ahead.h"
#include "guardian/wal/outside.h"

enum { PAUSE_MS = 5, ASK_MAX = 80, FOLDER_MAX = 200, FETCHED = 0, ABSENT = 1, TROUBLE = 255 };
static const char taken_end[] = ".taken";

struct gd_feeder {
    struct gd_feeder_options options;
    struct gd_wal_fetch_options fetching;
    char folder[FOLDER_MAX];
    char ready[FOLDER_MAX + 16];
    int held; /* the folder; -1 */
    struct gd_process *janitor;
    struct gd_ahead *ahead;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards what follows */
    struct gd_error last;
};

/* The server's own shell runs it. It has no rights here but to ask, to read, and to take its
   question back when it has read the answer. Who may not see other users' processes (hidepid) does
   not see the first one either: then our folder tells whether we live. */
static const char script[] =
    "#!/bin/sh\n"
    "# name path folder pid\n"
    "if [ -e \"$3/ready/$1\" ] && cp \"$3/ready/$1\" \"$2\" 2>/dev/null; then\n"
    "    : >\"$3/ask/$1.taken\" && exit 0\n"
    "fi\n"
    "ask=$3/ask/$1.$$ answer=$3/answer/$1.$$\n"
    ": >\"$ask\" || exit 255\n"
    "until [ -e \"$answer\" ]; do\n"
    "    [ -d \"/proc/$4\" ] || [ ! -d /proc/1 ] || exit 255\n"
    "    [ -e \"$ask\" ] || exit 255\n"
    "    sleep 0.02\n"
    "done\n"
    "read -r status <\"$answer\" || exit 255\n"
    "if [ \"$status\" = 0 ]; then cp \"$3/files/$1.$$\" \"$2\" || status=255; fi\n"
    "rm -f \"$ask\"\n"
    "case $status in 0 | 1) exit \"$status\" ;; esac\n"
    "exit 255\n";

/* --- one question --- */

/* "000000010000000000000003.4711" */
static bool read_ask(const char *text, struct gd_wal_name *out_name)
{
    char name[ASK_MAX];
    const char *dot = strrchr(text, '.');
    if (dot == NULL || strlen(text) >= ASK_MAX || dot[1] == '\0' ||
        strspn(dot + 1, "0123456789") != strlen(dot + 1))
        return false;
    (void)snprintf(name, sizeof name, "%.*s", (int)(dot - text), text);
    return gd_wal_name_read(name, out_name);
}

static void keep_failure(struct gd_feeder *feeder, const struct gd_error *err)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->last = *err;
    pthread_mutex_unlock(&feeder->lock);
}

GD_MUST static struct gd_status own(const struct gd_feeder *feeder, const char *path,
                                    struct gd_error *err)
{
    if (feeder->options.uid == 0 || chown(path, feeder->options.uid, feeder->options.gid) == 0)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM, "could not give \"%s\" to the server's user: %s", path,
                   strerror(errno));
}

GD_MUST static struct gd_status fetch(struct gd_feeder *feeder, const struct gd_wal_name *name,
                                      const char *path, bool *out_there, struct gd_error *err)
{
    const struct gd_feeder_options *options = &feeder->options;
    struct gd_wal_fetched fetched;
    *out_there = true;
    if (gd_ahead_take(feeder->ahead, name, path))
        return GD_DONE;
    GD_TRY(gd_wal_fetch(&options->place, name, &feeder->fetching, path, &fetched, err));
    *out_there = fetched.found != GD_WAL_ABSENT;
    if (!*out_there)
        return GD_DONE;
    if (name->kind == GD_WAL_SEGMENT)
        GD_TRY(gd_wal_outside(&options->place, name, path, fetched.segment_bytes,
                              options->data_directory, err));
    return own(feeder, path, err);
}

static int fetch_for(struct gd_feeder *feeder, const struct gd_wal_name *name, const char *path)
{
    struct gd_error err = {0};
    bool there = false;
    struct gd_status status = fetch(feeder, name, path, &there, &err);
    if (status.code != GD_OK) {
        keep_failure(feeder, &err);
        return TROUBLE;
    }
    if (there)
        gd_ahead_given(feeder->ahead, name);
    return there ? FETCHED : ABSENT;
}

/* Whole or not there: the other side waits for its name. */
static void put_answer(const struct gd_feeder *feeder, const char *path, int status)
{
    char text[8], hidden[FOLDER_MAX + ASK_MAX + 16];
    struct gd_error ignored = {0};
    (void)snprintf(text, sizeof text, "%d\n", status);
    (void)snprintf(hidden, sizeof hidden, "%s/hidden", feeder->folder);
    gd_auto_fd fd = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd >= 0 && fchmod(fd, 0644) == 0 &&
        gd_fd_write_all(fd, hidden, text, strlen(text), &ignored).code == GD_OK)
        (void)rename(hidden, path);
}

/* "000000010000000000000003.taken": what was ready */
static bool is_taken(const struct gd_feeder *feeder, const char *ask)
{
    char path[FOLDER_MAX + ASK_MAX + 16], text[ASK_MAX];
    struct gd_wal_name name;
    size_t size = strlen(ask), end = sizeof taken_end - 1;
    if (size >= ASK_MAX || size <= end || strcmp(ask + size - end, taken_end) != 0)
        return false;
    (void)snprintf(text, sizeof text, "%.*s", (int)(size - end), ask);
    (void)snprintf(path, sizeof path, "%s/ask/%s", feeder->folder, ask);
    if (gd_wal_name_read(text, &name))
        gd_ahead_given(feeder->ahead, &name);
    (void)unlink(path);
    return true;
}

static void answer(struct gd_feeder *feeder, const char *ask)
{
    char path[FOLDER_MAX + ASK_MAX + 16], file[FOLDER_MAX + ASK_MAX + 16];
    struct gd_wal_name name;
    if (is_taken(feeder, ask) || !read_ask(ask, &name))
        return;
    (void)snprintf(path, sizeof path, "%s/answer/%s", feeder->folder, ask);
    (void)snprintf(file, sizeof file, "%s/files/%s", feeder->folder, ask);
    if (access(path, F_OK) != 0)
        put_answer(feeder, path, fetch_for(feeder, &name, file));
}

/* Whose question was taken back has been served. */
static void sweep(const struct gd_feeder *feeder, const char *inner)
{
    gd_auto_arena arena = gd_arena_new();
    const char *path = gd_arena_printf(arena, "%s/%s", feeder->folder, inner);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct stat about;
        const char *ask = gd_arena_printf(arena, "%s/ask/%s", feeder->folder, entry->d_name);
        if (entry->d_name[0] != '.' && lstat(ask, &about) != 0)
            (void)unlink(gd_arena_printf(arena, "%s/%s", path, entry->d_name));
    }
    if (folder != NULL)
        (void)closedir(folder);
}

static void *work(void *context)
{
    struct gd_feeder *feeder = context;
    while (!atomic_load(&feeder->stop)) {
        gd_auto_arena arena = gd_arena_new();
        DIR *folder = opendir(gd_arena_printf(arena, "%s/ask", feeder->folder));
        const struct dirent *entry;
        while (folder != NULL && (entry = readdir(folder)) != NULL)
            if (entry->d_name[0] != '.')
                answer(feeder, entry->d_name);
        if (folder != NULL)
            (void)closedir(folder);
        sweep(feeder, "answer");
        sweep(feeder, "files");
        gd_sleep_ms(PAUSE_MS);
    }
    return NULL;
}

/* --- its folder --- */

static const char *const inner[] = {"ask", "answer", "files", "ready"};
enum { INNER = sizeof inner / sizeof inner[0] };

GD_MUST static struct gd_status make_inner(const struct gd_feeder *feeder, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < INNER; i++) {
        const char *path = gd_arena_printf(arena, "%s/%s", feeder->folder, inner[i]);
        if (mkdir(path, 0711) != 0 || chmod(path, i == 0 ? 0700 : 0711) != 0)
            return gd_fail(err, GD_SYSTEM, "could not make folder \"%s\": %s", path,
                           strerror(errno));
        if (i == 0)
            GD_TRY(own(feeder, path, err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status make_folder(struct gd_feeder *feeder, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *work_folder = getenv("TMPDIR");
    if (work_folder == NULL || *work_folder != '/' || strlen(work_folder) > FOLDER_MAX - 32)
        work_folder = "/tmp";
    gd_leftovers_remove(work_folder, geteuid());
    (void)snprintf(feeder->folder, sizeof feeder->folder, "%s/guardian-feed.XXXXXX", work_folder);
    if (mkdtemp(feeder->folder) == NULL || chmod(feeder->folder, 0711) != 0) {
        feeder->folder[0] = '\0';
        return gd_fail(err, GD_SYSTEM, "could not make a folder in \"%s\": %s", work_folder,
                       strerror(errno));
    }
    GD_TRY(gd_leftover_hold(feeder->folder, &feeder->held, err));
    GD_TRY(gd_leftover_janitor(feeder->folder, &feeder->janitor, err));
    GD_TRY(make_inner(feeder, err));
    (void)snprintf(feeder->ready, sizeof feeder->ready, "%s/ready", feeder->folder);
    const char *path = gd_arena_printf(arena, "%s/feed", feeder->folder);
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || fchmod(fd, 0644) != 0)
        return gd_fail(err, GD_SYSTEM, "could not write \"%s\": %s", path, strerror(errno));
    return gd_fd_write_all(fd, path, script, sizeof script - 1, err);
}

GD_MUST static struct gd_status begin(struct gd_feeder *feeder, struct gd_error *err)
{
    const struct gd_feeder_options *options = &feeder->options;
    GD_TRY(make_folder(feeder, err));
    const struct gd_ahead_options ahead = {.place = &options->place,
                                           .ready = feeder->ready,
                                           .hidden = feeder->folder,
                                           .uid = options->uid,
                                           .gid = options->gid,
                                           .timeline = options->timeline,
                                           .start_lsn = options->start_lsn,
                                           .until_lsn = options->until_lsn,
                                           .segment_bytes = options->segment_bytes};
    GD_TRY(gd_ahead_new(&ahead, &feeder->ahead, err));
    if (gd_thread_start(&feeder->thread, work, feeder) != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread");
    feeder->started = true;
    return GD_DONE;
}

struct gd_status gd_feeder_new(const struct gd_feeder_options *options,
                               struct gd_feeder **out_feeder, struct gd_error *err)
{
    struct gd_feeder *feeder = gd_memory_new(sizeof *feeder);
    feeder->options = *options;
    feeder->fetching.hole_is_end = options->hole_is_end;
    feeder->held = -1;
    pthread_mutex_init(&feeder->lock, NULL);
    struct gd_status status = begin(feeder, err);
    if (status.code != GD_OK)
        gd_feeder_free(feeder);
    else
        *out_feeder = feeder;
    return status;
}

const char *gd_feeder_command(const struct gd_feeder *feeder, struct gd_arena *arena)
{
    char *folder = gd_arena_alloc(arena, 5 * strlen(feeder->folder) + 1), *at = folder;
    for (const char *from = feeder->folder; *from != '\0'; from++) {
        if (*from == '\'') {
            memcpy(at, "'\\'", 3);
            at += 3;
        }
        if (*from == '%')
            *at++ = '%';
        *at++ = *from;
    }
    *at = '\0';
    return gd_arena_printf(arena, "/bin/sh '%s/feed' %%f %%p '%s' %ld", folder, folder,
                           (long)getpid());
}

const char *gd_feeder_said(struct gd_feeder *feeder, struct gd_arena *arena)
{
    pthread_mutex_lock(&feeder->lock);
    const char *text = feeder->last.code == GD_OK && feeder->last.text[0] == '\0'
                           ? NULL
                           : gd_arena_strdup(arena, feeder->last.text);
    pthread_mutex_unlock(&feeder->lock);
    return text;
}

void gd_feeder_free(struct gd_feeder *feeder)
{
    if (feeder == NULL)
        return;
    atomic_store(&feeder->stop, true);
    if (feeder->started)
        pthread_join(feeder->thread, NULL);
    gd_ahead_free(feeder->ahead);
    gd_leftover_done(feeder->janitor);
    if (feeder->folder[0] != '\0')
        (void)rmdir(feeder->folder); /* there was no janitor yet */
    gd_fd_drop(&feeder->held);
    pthread_mutex_destroy(&feeder->lock);
    free(feeder);
}
