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
#include "guardian/wal/outside.h"

enum { PAUSE_MS = 10, ASK_MAX = 80, FOLDER_MAX = 200, FETCHED = 0, ABSENT = 1, TROUBLE = 255 };

struct gd_feeder {
    struct gd_wal_place place;
    struct gd_wal_fetch_options options;
    const char *data_directory;
    char folder[FOLDER_MAX];
    uid_t uid;
    gid_t gid;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards what follows */
    struct gd_error last;
};

/* The server's own shell runs it. It has no rights here but to ask, to read, and to take its
   question back when it has read the answer. */
static const char script[] =
    "#!/bin/sh\n"
    "# name path folder pid\n"
    "ask=$3/ask/$1.$$ answer=$3/answer/$1.$$\n"
    ": >\"$ask\" || exit 255\n"
    "until [ -e \"$answer\" ]; do\n"
    "    [ -d \"/proc/$4\" ] || exit 255\n"
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

static int fetch(struct gd_feeder *feeder, const struct gd_wal_name *name, const char *path)
{
    struct gd_wal_fetched fetched;
    struct gd_error err = {0};
    struct gd_status status =
        gd_wal_fetch(&feeder->place, name, &feeder->options, path, &fetched, &err);
    if (status.code == GD_OK && fetched.found == GD_WAL_ABSENT)
        return ABSENT;
    if (status.code == GD_OK && name->kind == GD_WAL_SEGMENT)
        status = gd_wal_outside(&feeder->place, name, path, fetched.segment_bytes,
                                feeder->data_directory, &err);
    if (status.code == GD_OK && chown(path, feeder->uid, feeder->gid) != 0)
        status = gd_fail(&err, GD_SYSTEM, "could not give \"%s\" to the server's user: %s", path,
                         strerror(errno));
    if (status.code == GD_OK)
        return FETCHED;
    keep_failure(feeder, &err);
    return TROUBLE;
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

static void answer(struct gd_feeder *feeder, const char *ask)
{
    char path[FOLDER_MAX + ASK_MAX + 16], file[FOLDER_MAX + ASK_MAX + 16];
    struct gd_wal_name name;
    if (!read_ask(ask, &name))
        return;
    (void)snprintf(path, sizeof path, "%s/answer/%s", feeder->folder, ask);
    (void)snprintf(file, sizeof file, "%s/files/%s", feeder->folder, ask);
    if (access(path, F_OK) != 0)
        put_answer(feeder, path, fetch(feeder, &name, file));
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

static struct gd_status make_folder(struct gd_feeder *feeder, struct gd_error *err)
{
    static const char *const inner[] = {"ask", "answer", "files"};
    gd_auto_arena arena = gd_arena_new();
    const char *work_folder = getenv("TMPDIR");
    if (work_folder == NULL || *work_folder != '/' || strlen(work_folder) > FOLDER_MAX - 32)
        work_folder = "/tmp";
    (void)snprintf(feeder->folder, sizeof feeder->folder, "%s/guardian-feed.XXXXXX", work_folder);
    if (mkdtemp(feeder->folder) == NULL || chmod(feeder->folder, 0711) != 0)
        return gd_fail(err, GD_SYSTEM, "could not make a folder in \"%s\": %s", work_folder,
                       strerror(errno));
    for (size_t i = 0; i < 3; i++) {
        const char *path = gd_arena_printf(arena, "%s/%s", feeder->folder, inner[i]);
        if (mkdir(path, 0711) != 0 || chmod(path, i == 0 ? 0700 : 0711) != 0 ||
            (i == 0 && chown(path, feeder->uid, feeder->gid) != 0))
            return gd_fail(err, GD_SYSTEM, "could not make folder \"%s\": %s", path,
                           strerror(errno));
    }
    const char *path = gd_arena_printf(arena, "%s/feed", feeder->folder);
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || fchmod(fd, 0644) != 0)
        return gd_fail(err, GD_SYSTEM, "could not write \"%s\": %s", path, strerror(errno));
    return gd_fd_write_all(fd, path, script, sizeof script - 1, err);
}

struct gd_status gd_feeder_new(const struct gd_wal_place *place, bool hole_is_end,
                               const char *data_directory, uid_t uid, gid_t gid,
                               struct gd_feeder **out_feeder, struct gd_error *err)
{
    struct gd_feeder *feeder = gd_memory_new(sizeof *feeder);
    feeder->place = *place;
    feeder->options.hole_is_end = hole_is_end;
    feeder->data_directory = data_directory;
    feeder->uid = uid;
    feeder->gid = gid;
    pthread_mutex_init(&feeder->lock, NULL);
    struct gd_status status = make_folder(feeder, err);
    if (status.code == GD_OK && gd_thread_start(&feeder->thread, work, feeder) != 0)
        status = gd_fail(err, GD_SYSTEM, "could not start a thread");
    if (status.code != GD_OK) {
        gd_feeder_free(feeder);
        return status;
    }
    feeder->started = true;
    *out_feeder = feeder;
    return GD_DONE;
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
    if (feeder->folder[0] != '\0') {
        gd_auto_arena arena = gd_arena_new();
        static const char *const inner[] = {"ask", "answer", "files"};
        for (size_t i = 0; i < 3; i++) {
            const char *path = gd_arena_printf(arena, "%s/%s", feeder->folder, inner[i]);
            DIR *folder = opendir(path);
            const struct dirent *entry;
            while (folder != NULL && (entry = readdir(folder)) != NULL)
                (void)unlink(gd_arena_printf(arena, "%s/%s", path, entry->d_name));
            if (folder != NULL)
                (void)closedir(folder);
            (void)rmdir(path);
        }
        (void)unlink(gd_arena_printf(arena, "%s/feed", feeder->folder));
        (void)unlink(gd_arena_printf(arena, "%s/hidden", feeder->folder));
        (void)rmdir(feeder->folder);
    }
    pthread_mutex_destroy(&feeder->lock);
    free(feeder);
}
