/*
 * process, see process.h.
 *
 * A thread of its own watches each child: it reads what the child says, so that the child never
 * waits for us, keeps the end of it, enforces the time limit and reaps.
 *
 * Invariant 1  A signal is only sent under the lock and before `ended`: the pid is the child's.
 * Invariant 2  The watcher ends when the child has ended, also when a grandchild that lives on
 * holds the pipes open.
 */
#include "guardian/io/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/io/spawn.h"

enum { SAID_SIZE = 8192, GRACE_MS = 5000, SLICE_MS = 100, LOOK_MS = 20, SAID_IN_ERROR = 600 };

/* The last bytes of what was said: [start, start + size) of a buffer of twice the size. */
struct tail {
    char bytes[2 * SAID_SIZE];
    size_t start, size;
};

struct gd_process {
    struct gd_sink input;
    struct gd_source output;
    char *called; /* argv[0] */
    int input_fd, output_fd;
    uint32_t limit_ms;

    /* the watcher's own */
    pthread_t watcher;
    bool watched, joined;
    int pid_fd; /* -1: the kernel has none */
    int said_fds[2];
    int64_t deadline_us; /* 0: none; when it passes: SIGTERM, then SIGKILL */

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t ending;
    pid_t pid;
    bool ended, too_late;
    int wait_status;
    struct tail tail;
    char said[SAID_SIZE + 1]; /* the copy that was given out */
};

/* --- what it says ------------------------------------------------------------------------------
 */

static void tail_add(struct tail *tail, const char *data, size_t size)
{
    if (tail->start + tail->size + size > sizeof tail->bytes) {
        size_t kept = tail->size < SAID_SIZE ? tail->size : SAID_SIZE;
        memmove(tail->bytes, tail->bytes + tail->start + tail->size - kept, kept);
        tail->start = 0;
        tail->size = kept;
    }
    memcpy(tail->bytes + tail->start + tail->size, data, size);
    tail->size += size;
    if (tail->size > SAID_SIZE) {
        tail->start += tail->size - SAID_SIZE;
        tail->size = SAID_SIZE;
    }
}

static void copy_said(const struct tail *tail, char *out_said)
{
    for (size_t i = 0; i < tail->size; i++) {
        char byte = tail->bytes[tail->start + i];
        bool control = ((unsigned char)byte < ' ' && byte != '\n' && byte != '\t') || byte == 127;
        out_said[i] = control ? '?' : byte;
    }
    out_said[tail->size] = '\0';
}

const char *gd_process_said(struct gd_process *process)
{
    (void)pthread_mutex_lock(&process->lock);
    copy_said(&process->tail, process->said);
    (void)pthread_mutex_unlock(&process->lock);
    return process->said;
}

/* --- the watcher -------------------------------------------------------------------------------
 */

/* Read what is there. @return false when there will be no more */
static bool hear(struct gd_process *process, int fd)
{
    for (;;) {
        char data[4096];
        ssize_t got = read(fd, data, sizeof data);
        if (got == 0)
            return false;
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        (void)pthread_mutex_lock(&process->lock);
        tail_add(&process->tail, data, (size_t)got);
        (void)pthread_mutex_unlock(&process->lock);
    }
}

static bool reap(struct gd_process *process)
{
    (void)pthread_mutex_lock(&process->lock);
    if (!process->ended && waitpid(process->pid, &process->wait_status, WNOHANG) == process->pid)
        process->ended = true;
    bool ended = process->ended;
    (void)pthread_mutex_unlock(&process->lock);
    return ended;
}

static void enforce_limit(struct gd_process *process)
{
    if (process->deadline_us == 0 || gd_clock_monotonic_us() < process->deadline_us)
        return;
    gd_process_signal(process, process->too_late ? SIGKILL : SIGTERM);
    (void)pthread_mutex_lock(&process->lock);
    process->too_late = true;
    (void)pthread_mutex_unlock(&process->lock);
    process->deadline_us = gd_clock_monotonic_us() + (int64_t)GRACE_MS * 1000;
}

static int wait_ms(const struct gd_process *process)
{
    int64_t ms = process->pid_fd < 0 ? LOOK_MS : -1;
    if (process->deadline_us != 0) {
        int64_t left = (process->deadline_us - gd_clock_monotonic_us()) / 1000 + 1;
        if (left < 0)
            left = 0;
        if (ms < 0 || left < ms)
            ms = left;
    }
    return (int)ms;
}

static void hear_all(struct gd_process *process)
{
    for (size_t i = 0; i < 2; i++) {
        if (process->said_fds[i] >= 0 && !hear(process, process->said_fds[i]))
            gd_fd_drop(&process->said_fds[i]);
    }
}

static void *watch(void *context)
{
    struct gd_process *process = context;
    bool ended = false;
    while (!ended) {
        struct pollfd fds[] = {{process->pid_fd, POLLIN, 0},
                               {process->said_fds[0], POLLIN, 0},
                               {process->said_fds[1], POLLIN, 0}};
        (void)poll(fds, 3, wait_ms(process));
        ended = reap(process); /* first: what it said before its end is all there afterwards */
        hear_all(process);
        enforce_limit(process);
    }
    (void)pthread_mutex_lock(&process->lock);
    (void)pthread_cond_broadcast(&process->ending);
    (void)pthread_mutex_unlock(&process->lock);
    return NULL;
}

static struct gd_status start_watcher(struct gd_process *process, struct gd_error *err)
{
    if (process->limit_ms != 0)
        process->deadline_us = gd_clock_monotonic_us() + (int64_t)process->limit_ms * 1000;
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&process->watcher, NULL, watch, process);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(error));
    process->watched = true;
    return GD_DONE;
}

/* Wait until it has ended and all it said was heard; `limit_ms` 0: for ever, or until we are asked
 * to stop. */
static bool wait_ended(struct gd_process *process, uint32_t limit_ms)
{
    int64_t end = gd_clock_monotonic_us() + (int64_t)limit_ms * 1000;
    bool ended = false;
    (void)pthread_mutex_lock(&process->lock);
    while (!process->ended) {
        bool stop = limit_ms != 0 ? gd_clock_monotonic_us() >= end : gd_interrupted();
        if (stop)
            break;
        int64_t wake = gd_clock_now_us() + (int64_t)SLICE_MS * 1000;
        struct timespec until = {.tv_sec = wake / 1000000, .tv_nsec = wake % 1000000 * 1000};
        (void)pthread_cond_timedwait(&process->ending, &process->lock, &until);
    }
    ended = process->ended;
    (void)pthread_mutex_unlock(&process->lock);
    if (ended && !process->joined) {
        (void)pthread_join(process->watcher, NULL);
        process->joined = true;
    }
    return ended;
}

/* --- its pipes ---------------------------------------------------------------------------------
 */

/* How it ended and what it said last, behind "could not …: ". */
static struct gd_status fail_ended(struct gd_process *process, struct gd_error *err);

static struct gd_status input_write(struct gd_sink *sink, const void *data, size_t size,
                                    struct gd_error *err)
{
    struct gd_process *process = (struct gd_process *)sink;
    struct gd_status status = gd_fd_write_all(process->input_fd, process->called, data, size, err);
    if (status.code != GD_OK && !gd_interrupted() && wait_ended(process, 2000))
        return gd_wrap(err, fail_ended(process, err), "it did not take all: ");
    return status;
}

static struct gd_status input_finish(struct gd_sink *sink, struct gd_error *err)
{
    (void)err;
    gd_fd_drop(&((struct gd_process *)sink)->input_fd);
    return GD_DONE;
}

static struct gd_status output_read(struct gd_source *source, void *buffer, size_t size,
                                    size_t *out_size, struct gd_error *err)
{
    struct gd_process *process = (void *)((char *)source - offsetof(struct gd_process, output));
    return gd_fd_read(process->output_fd, process->called, buffer, size, out_size, err);
}

static void nothing_to_free(struct gd_sink *sink)
{
    (void)sink;
}

static void nothing_to_free_either(struct gd_source *source)
{
    (void)source;
}

struct gd_sink *gd_process_input(struct gd_process *process)
{
    return process->input.ops == NULL ? NULL : &process->input;
}

struct gd_source *gd_process_output(struct gd_process *process)
{
    return process->output.ops == NULL ? NULL : &process->output;
}

/* --- start -------------------------------------------------------------------------------------
 */

/* Descriptors 0 to 2 are the child's: one of ours that got such a number goes elsewhere. */
static int lift(int fd)
{
    if (fd > 2)
        return fd;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    (void)close(fd);
    return lifted;
}

/* Our end does not block: who waits must see a signal that another thread was given. */
static struct gd_status make_pipe(int *out_read, int *out_write, const int *ours,
                                  struct gd_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return gd_fail(err, GD_SYSTEM, "could not make a pipe: %s", strerror(errno));
    *out_read = lift(ends[0]);
    *out_write = lift(ends[1]);
    if (*out_read < 0 || *out_write < 0 || fcntl(*ours, F_SETFL, O_NONBLOCK) != 0)
        return gd_fail(err, GD_SYSTEM, "could not make a pipe: %s", strerror(errno));
    return GD_DONE;
}

static size_t name_length(const char *setting)
{
    return strcspn(setting, "=");
}

static bool is_overridden(const char *setting, const char *const *by)
{
    size_t length = name_length(setting);
    for (; by != NULL && *by != NULL; by++) {
        if (name_length(*by) == length && strncmp(*by, setting, length) == 0)
            return true;
    }
    return false;
}

char **gd_process_environment(const char *const *changes, struct gd_arena *arena)
{
    size_t count = 0, used = 0;
    for (char **setting = environ; *setting != NULL; setting++)
        count++;
    for (const char *const *change = changes; change != NULL && *change != NULL; change++)
        count++;
    char **environment = gd_arena_zalloc(arena, count + 1, sizeof *environment);
    for (char **setting = environ; *setting != NULL; setting++) {
        if (!is_overridden(*setting, changes))
            environment[used++] = gd_arena_strdup(arena, *setting);
    }
    for (const char *const *change = changes; change != NULL && *change != NULL; change++) {
        if (strchr(*change, '=') != NULL)
            environment[used++] = gd_arena_strdup(arena, *change);
    }
    return environment;
}

char **gd_process_argv(const char *const *argv, struct gd_arena *arena)
{
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    char **copy = gd_arena_zalloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = gd_arena_strdup(arena, argv[i]);
    return copy;
}

static struct gd_status find_program(const char *program, struct gd_arena *arena,
                                     const char **out_path, struct gd_error *err)
{
    const char *path = strchr(program, '/') != NULL ? program : gd_process_find(program, arena);
    if (path == NULL)
        return gd_fail(err, GD_SYSTEM, "could not start \"%s\": it is not in PATH", program);
    *out_path = path;
    return GD_DONE;
}

/* The child's ends of the pipes; closed here as soon as it runs. */
struct ends {
    int input, output, errors;
};

static void ends_cleanup(struct ends *ends)
{
    gd_fd_drop(&ends->input);
    gd_fd_drop(&ends->output);
    gd_fd_drop(&ends->errors);
}

static struct gd_status make_ends(struct gd_process *process,
                                  const struct gd_process_options *options, struct ends *ends,
                                  struct gd_error *err)
{
    GD_TRY(make_pipe(&process->said_fds[0], &ends->errors, &process->said_fds[0], err));
    int *output = options->read_output ? &process->output_fd : &process->said_fds[1];
    GD_TRY(make_pipe(output, &ends->output, output, err));
    if (options->write_input)
        return make_pipe(&ends->input, &process->input_fd, &process->input_fd, err);
    ends->input = lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (ends->input < 0)
        return gd_fail(err, GD_SYSTEM, "could not open /dev/null: %s", strerror(errno));
    return GD_DONE;
}

static struct gd_status run(struct gd_process *process, const struct gd_process_options *options,
                            struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct ends ends __attribute__((cleanup(ends_cleanup))) = {-1, -1, -1};
    struct gd_spawn spawn = {.argv = gd_process_argv(options->argv, arena),
                             .environment = gd_process_environment(options->environment, arena),
                             .folder = options->folder,
                             .uid = options->uid,
                             .gid = options->gid,
                             .before = options->before,
                             .before_context = options->before_context};
    GD_TRY(find_program(options->argv[0], arena, &spawn.path, err));
    GD_TRY(make_ends(process, options, &ends, err));
    spawn.input = ends.input;
    spawn.output = ends.output;
    spawn.errors = ends.errors;
    GD_TRY(gd_spawn(&spawn, &process->pid, err));
    process->pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0U);
    return start_watcher(process, err);
}

static struct gd_process *process_new(const struct gd_process_options *options)
{
    static const struct gd_sink_ops input_ops = {input_write, input_finish, nothing_to_free};
    static const struct gd_source_ops output_ops = {output_read, nothing_to_free_either};
    struct gd_process *process = gd_memory_new(sizeof *process);
    if (options->write_input)
        process->input.ops = &input_ops;
    if (options->read_output)
        process->output.ops = &output_ops;
    process->called = gd_memory_new(strlen(options->argv[0]) + 3);
    (void)snprintf(process->called, strlen(options->argv[0]) + 3, "\"%s\"", options->argv[0]);
    process->input_fd = process->output_fd = process->pid_fd = -1;
    process->said_fds[0] = process->said_fds[1] = -1;
    process->limit_ms = options->limit_ms;
    (void)pthread_mutex_init(&process->lock, NULL);
    (void)pthread_cond_init(&process->ending, NULL);
    return process;
}

struct gd_status gd_process_start(const struct gd_process_options *options,
                                  struct gd_process **out_process, struct gd_error *err)
{
    gd_auto_process process = process_new(options);
    GD_TRY(run(process, options, err));
    *out_process = GD_MOVE(process);
    return GD_DONE;
}

/* --- end ---------------------------------------------------------------------------------------
 */

bool gd_process_running(struct gd_process *process)
{
    (void)pthread_mutex_lock(&process->lock);
    bool running = !process->ended;
    (void)pthread_mutex_unlock(&process->lock);
    return running;
}

void gd_process_signal(struct gd_process *process, int number)
{
    (void)pthread_mutex_lock(&process->lock);
    if (!process->ended && process->pid > 0)
        (void)kill(process->pid, number);
    (void)pthread_mutex_unlock(&process->lock);
}

static void end_it(struct gd_process *process)
{
    gd_process_signal(process, SIGTERM);
    if (wait_ended(process, GRACE_MS))
        return;
    gd_process_signal(process, SIGKILL);
    bool ended = wait_ended(process, UINT32_MAX);
    assert(ended);
    (void)ended;
}

/* The end of what it said in one line: the last bytes from the beginning of a line on. */
static void last_words(const char *said, char *out_words, size_t size)
{
    size_t length = strlen(said);
    const char *from = said;
    if (length > SAID_IN_ERROR) {
        from = said + length - SAID_IN_ERROR;
        const char *line = strchr(from, '\n');
        from = line != NULL && line[1] != '\0' ? line + 1 : from;
    }
    size_t used = 0;
    for (; *from != '\0' && used + 3 < size; from++) {
        if (*from != '\n') {
            out_words[used++] = *from;
        } else if (from[strspn(from, "\n")] != '\0') {
            from += strspn(from, "\n") - 1;
            out_words[used++] = ';';
            out_words[used++] = ' ';
        }
    }
    out_words[used] = '\0';
}

static struct gd_status fail_ended(struct gd_process *process, struct gd_error *err)
{
    char words[SAID_IN_ERROR + 8];
    last_words(gd_process_said(process), words, sizeof words);
    const char *colon = words[0] == '\0' ? "" : ": ";
    int status = process->wait_status;
    if (process->too_late)
        return gd_fail(err, GD_SYSTEM, "%s took longer than %u ms and was ended%s%s",
                       process->called, process->limit_ms, colon, words);
    if (WIFSIGNALED(status))
        return gd_fail(err, GD_SYSTEM, "%s was ended by SIG%s%s%s", process->called,
                       sigabbrev_np(WTERMSIG(status)), colon, words);
    return gd_fail(err, GD_SYSTEM, "%s ended with status %d%s%s", process->called,
                   WEXITSTATUS(status), colon, words);
}

struct gd_status gd_process_finish(struct gd_process *process, int *out_exit, struct gd_error *err)
{
    bool given_up = process->input.ops != NULL && process->input.state == GD_SINK_OPEN;
    if (given_up)
        gd_process_signal(process, SIGTERM); /* before it can see the end of its input */
    gd_fd_drop(&process->input_fd);
    gd_fd_drop(&process->output_fd);
    if (!wait_ended(process, 0)) {
        end_it(process);
        GD_TRY(gd_interrupt_check(err));
    }
    int status = process->wait_status;
    if (out_exit != NULL)
        *out_exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (given_up)
        return gd_fail(err, GD_SYSTEM, "%s was ended: its input was given up", process->called);
    if (status != 0 || process->too_late)
        return fail_ended(process, err);
    return GD_DONE;
}

void gd_process_free(struct gd_process *process)
{
    if (process == NULL)
        return;
    if (process->watched && !process->joined)
        end_it(process);
    else if (process->pid > 0 && !process->watched) { /* no thread could be made for it */
        (void)kill(process->pid, SIGKILL);
        (void)waitpid(process->pid, NULL, 0);
    }
    gd_fd_drop(&process->input_fd);
    gd_fd_drop(&process->output_fd);
    gd_fd_drop(&process->pid_fd);
    gd_fd_drop(&process->said_fds[0]);
    gd_fd_drop(&process->said_fds[1]);
    (void)pthread_cond_destroy(&process->ending);
    (void)pthread_mutex_destroy(&process->lock);
    free(process->called);
    free(process);
}

static bool is_program(const char *file)
{
    struct stat about = {0};
    return stat(file, &about) == 0 && S_ISREG(about.st_mode) && access(file, X_OK) == 0;
}

/* An empty element would mean the working directory: nothing is run from there by accident. */
const char *gd_process_find(const char *program, struct gd_arena *arena)
{
    for (const char *folder = getenv("PATH"); folder != NULL && *folder != '\0';) {
        size_t length = strcspn(folder, ":");
        const char *file = gd_arena_printf(arena, "%.*s/%s", (int)length, folder, program);
        if (length > 0 && is_program(file))
            return file;
        folder += length + (folder[length] == ':' ? 1 : 0);
    }
    return NULL;
}
