/*
 * Child, see child.h.
 *
 * With a terminal the child stays in our process group: the kernel tells both of us what is typed
 * (^C, ^Z), a pipeline or a script around us stays whole, and stopping and going on need nothing of
 * us. What the terminal has told it is not told again. Without one it leads a group of its own, so
 * that all of it can be ended at once.
 */
#include "guardian/proxy/child.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/io/process.h"
#include "guardian/io/spawn.h"
#include "guardian/proxy/child_signals.h"

enum { GRACE_MS = 10000 };

struct gd_child {
    pid_t pid;
    uint32_t grace_ms;
    int poller, timer; /* what the caller waits for: signals, and the end of the grace */
    int terminal;      /* -1: there is none, and the child has a group of its own */
    pid_t foreground;  /* the group that had the terminal when we began */
    int reaper_before;
    bool watching, ending, ended;
    int asked; /* the signal that asked it to end, whoever told it; 0: none */
    bool interrupts;
    int exit;
};

/* --- start -------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status no_program(const char *program, const char *why,
                                           struct gd_error *err)
{
    return gd_fail(err, GD_USAGE, "could not run \"%s\": %s", program, why);
}

GD_MUST static struct gd_status find_program(const char *program, struct gd_arena *arena,
                                             const char **out_path, struct gd_error *err)
{
    struct stat about = {0};
    if (strchr(program, '/') == NULL) {
        *out_path = gd_process_find(program, arena);
        return *out_path != NULL ? GD_DONE : no_program(program, "it is not in PATH", err);
    }
    if (stat(program, &about) != 0)
        return no_program(program, strerror(errno), err);
    if (!S_ISREG(about.st_mode) || access(program, X_OK) != 0)
        return no_program(program, "it is not a program that may be run", err);
    *out_path = program;
    return GD_DONE;
}

/* Between fork and exec. */
static bool lead_a_group(const void *context)
{
    const struct gd_child *child = context;
    return child->terminal >= 0 || setpgid(0, 0) == 0;
}

/* The child's 0, 1 and 2 are ours or those that were named, by way of copies that are above. */
struct standard {
    int copies[3];
};

static void standard_drop(struct standard *standard)
{
    for (int i = 0; i < 3; i++)
        gd_fd_drop(&standard->copies[i]);
}

GD_MUST static struct gd_status copy_standard(const int *descriptors, struct standard *standard,
                                              struct gd_error *err)
{
    for (int i = 0; i < 3; i++) {
        standard->copies[i] = fcntl(descriptors == NULL ? i : descriptors[i], F_DUPFD_CLOEXEC, 3);
        if (standard->copies[i] < 0 && errno == EBADF) { /* closed: nothing is what it gets */
            gd_auto_fd nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
            standard->copies[i] = fcntl(nothing, F_DUPFD_CLOEXEC, 3);
        }
        if (standard->copies[i] < 0)
            return gd_fail(err, GD_SYSTEM, "could not copy a descriptor: %s", strerror(errno));
    }
    return GD_DONE;
}

/* Text without "#!" in front: what the kernel does not run, and every shell does. */
static bool is_bare_script(const char *path)
{
    char head[80];
    gd_auto_fd file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t size = file < 0 ? 0 : read(file, head, sizeof head);
    return size > 1 && memchr(head, '\0', (size_t)size) == NULL && memcmp(head, "#!", 2) != 0;
}

GD_MUST static struct gd_status spawn_or_interpret(struct gd_child *child, struct gd_spawn *spawn,
                                                   struct gd_arena *arena, struct gd_error *err)
{
    struct gd_error why = {0};
    struct gd_status status = gd_spawn(spawn, &child->pid, &why);
    if (status.code != GD_OK && is_bare_script(spawn->path)) {
        size_t count = 0;
        while (spawn->argv[count] != NULL)
            count++;
        char **argv = gd_arena_zalloc(arena, count + 2, sizeof *argv);
        memcpy(argv + 1, spawn->argv, count * sizeof *argv);
        argv[0] = gd_arena_strdup(arena, "sh");
        argv[1] = gd_arena_strdup(arena, spawn->path);
        spawn->argv = argv;
        spawn->path = "/bin/sh";
        status = gd_spawn(spawn, &child->pid, &why);
    }
    if (status.code != GD_OK)
        *err = why;
    return status;
}

GD_MUST static struct gd_status spawn(struct gd_child *child,
                                      const struct gd_child_options *options,
                                      struct gd_arena *arena, struct gd_error *err)
{
    struct standard standard __attribute__((cleanup(standard_drop))) = {{-1, -1, -1}};
    size_t count = options->environment == NULL ? 0 : options->environment->count;
    const char **changes = gd_arena_zalloc(arena, count + 1, sizeof *changes);
    for (size_t i = 0; i < count; i++)
        changes[i] = options->environment->items[i];
    struct gd_spawn spawn = {.argv = gd_process_argv(options->argv, arena),
                             .environment = gd_process_environment(changes, arena),
                             .before = lead_a_group,
                             .before_context = child};
    GD_TRY(find_program(options->argv[0], arena, &spawn.path, err));
    GD_TRY(copy_standard(options->descriptors, &standard, err));
    spawn.input = standard.copies[0];
    spawn.output = standard.copies[1];
    spawn.errors = standard.copies[2];
    return spawn_or_interpret(child, &spawn, arena, err);
}

GD_MUST static struct gd_status add_to_poller(const struct gd_child *child, int descriptor,
                                              struct gd_error *err)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (child->poller < 0 || descriptor < 0 ||
        epoll_ctl(child->poller, EPOLL_CTL_ADD, descriptor, &event) != 0)
        return gd_fail(err, GD_SYSTEM, "could not watch a child: %s", strerror(errno));
    return GD_DONE;
}

GD_MUST static struct gd_status watch(struct gd_child *child, struct gd_error *err)
{
    int signals = -1;
    child->poller = epoll_create1(EPOLL_CLOEXEC);
    child->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    GD_TRY(gd_signals_watch(&signals, err));
    child->watching = true;
    GD_TRY(add_to_poller(child, signals, err));
    return add_to_poller(child, child->timer, err);
}

/* What a child of the child leaves behind comes to us, as process 1 or by asking for it. */
static void adopt_orphans(struct gd_child *child)
{
    (void)prctl(PR_GET_CHILD_SUBREAPER, &child->reaper_before);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

struct gd_status gd_child_start(const struct gd_child_options *options, struct gd_child **out_child,
                                struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_child child = gd_memory_new(sizeof *child);
    child->poller = child->timer = -1;
    child->ended = true; /* until it runs */
    child->grace_ms = options->grace_ms == 0 ? GRACE_MS : options->grace_ms;
    child->terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    child->foreground = child->terminal < 0 ? -1 : tcgetpgrp(child->terminal);
    adopt_orphans(child);
    GD_TRY(watch(child, err));
    GD_TRY(gd_interrupt_check(err)); /* who asked before anybody watched is heard, too */
    GD_TRY(spawn(child, options, arena, err));
    child->ended = false;
    *out_child = GD_MOVE(child);
    return GD_DONE;
}

/* --- end ---------------------------------------------------------------------------------------
 */

void gd_child_signal(struct gd_child *child, int number)
{
    if (!child->ended)
        (void)kill(child->terminal < 0 ? -child->pid : child->pid, number);
}

static void start_grace(struct gd_child *child)
{
    struct itimerspec when = {
        .it_value = {child->grace_ms / 1000, (long)(child->grace_ms % 1000) * 1000000}};
    if (child->ending)
        return;
    child->ending = true;
    (void)timerfd_settime(child->timer, 0, &when, NULL);
}

struct process {
    pid_t pid, parent;
    bool doomed;
};

/* "4711 (a name) S 4242 …": a name may hold blanks and brackets. @return 0: it is gone */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    gd_auto_fd file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    text[size < 0 ? 0 : size] = '\0';
    const char *bracket = strrchr(text, ')');
    return bracket == NULL || strlen(bracket) < 4 ? 0 : (pid_t)strtol(bracket + 4, NULL, 10);
}

static size_t list_processes(struct process **out_processes)
{
    size_t count = 0, capacity = 0;
    struct process *processes = NULL;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0)
            continue;
        if (count == capacity) {
            capacity = capacity == 0 ? 256 : 2 * capacity;
            processes = gd_memory_grow(processes, capacity * sizeof *processes);
        }
        processes[count++] = (struct process){pid, parent_of(pid), false};
    }
    if (folder != NULL)
        (void)closedir(folder);
    *out_processes = processes;
    return count;
}

/* The child and all that it has started, where it has no group of its own. */
static void kill_tree(pid_t root)
{
    struct process *processes = NULL;
    size_t count = list_processes(&processes);
    for (bool found = true; found;) {
        found = false;
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < count && !processes[i].doomed; k++) {
                bool below = processes[i].pid == root ||
                             (processes[k].doomed && processes[k].pid == processes[i].parent);
                processes[i].doomed = below;
                found = found || below;
            }
        }
    }
    (void)kill(root, SIGKILL);
    for (size_t i = 0; i < count; i++)
        if (processes[i].doomed)
            (void)kill(processes[i].pid, SIGKILL);
    free(processes);
}

static void kill_all(struct gd_child *child)
{
    if (child->ended)
        return;
    if (child->terminal < 0)
        (void)kill(-child->pid, SIGKILL);
    else
        kill_tree(child->pid);
}

/* --- signals -----------------------------------------------------------------------------------
 */

/* What is typed on a terminal goes to its whole foreground group, the child among it. */
static bool was_told(const struct gd_child *child, const struct gd_signal *signal)
{
    int number = signal->number;
    return child->terminal >= 0 && signal->by_kernel &&
           (number == SIGINT || number == SIGQUIT || number == SIGTSTP || number == SIGWINCH);
}

static bool asks_to_end(int number)
{
    return number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP;
}

/* ^C in psql gives up a query and not psql: only what did not come from a terminal means the end.
 */
static void pass_on(struct gd_child *child, const struct gd_signal *signal)
{
    bool told = was_told(child, signal);
    if (signal->number == SIGCHLD)
        return;
    if (asks_to_end(signal->number))
        child->asked = signal->number;
    if (!told)
        gd_child_signal(child, signal->number);
    if (!told && asks_to_end(signal->number))
        start_grace(child);
}

/* What is typed stops nobody where no shell could wake us again (an orphaned process group): that
 * the kernel knows, when the signal does what it does by itself. What a process asks for is done.
 */
static void stop_ourselves(bool typed)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ours = {0};
    (void)sigemptyset(&usual.sa_mask);
    if (!typed) {
        (void)kill(getpid(), SIGSTOP);
        return;
    }
    (void)sigaction(SIGTSTP, &usual, &ours);
    (void)raise(SIGTSTP);
    (void)sigaction(SIGTSTP, &ours, NULL);
}

/* All that came, in order. To go on may have been asked for right behind the wish to stop. */
static void take_signals(struct gd_child *child)
{
    struct gd_signal signal = {0};
    bool stop = false, typed = false;
    while (gd_signals_next(&signal)) {
        pass_on(child, &signal);
        stop = signal.number == SIGTSTP || (stop && signal.number != SIGCONT);
        typed = signal.number == SIGTSTP ? was_told(child, &signal) : typed;
    }
    if (stop)
        stop_ourselves(typed);
}

/* Orphans are children of the main thread, programs of our own those of the thread that forks:
 * so nobody's status is taken away. */
static void reap_orphans(void)
{
    while (waitpid(-1, NULL, WNOHANG | __WNOTHREAD) > 0)
        continue;
}

static void reap(struct gd_child *child)
{
    int status = 0;
    reap_orphans();
    if (child->ended || waitpid(child->pid, &status, WNOHANG) != child->pid)
        return;
    child->ended = true;
    child->exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A child with groups of its own (a shell) that did not live to give the terminal back. */
static void take_terminal_back(const struct gd_child *child)
{
    sigset_t output, kept;
    if (child->terminal < 0 || child->foreground != getpgrp() ||
        tcgetpgrp(child->terminal) == child->foreground)
        return;
    (void)sigemptyset(&output);
    (void)sigaddset(&output, SIGTTOU);
    (void)pthread_sigmask(SIG_BLOCK, &output, &kept);
    (void)tcsetpgrp(child->terminal, child->foreground);
    (void)pthread_sigmask(SIG_SETMASK, &kept, NULL);
}

static void come_to_the_end(struct gd_child *child)
{
    take_terminal_back(child);
    child->interrupts = child->asked != 0 && child->exit != 0;
    if (child->interrupts)
        gd_interrupt_set(child->asked);
}

int gd_child_descriptor(const struct gd_child *child)
{
    return child->poller;
}

bool gd_child_look(struct gd_child *child, int *out_exit)
{
    uint64_t expired = 0;
    take_signals(child);
    if (read(child->timer, &expired, sizeof expired) == (ssize_t)sizeof expired)
        kill_all(child);
    bool before = child->ended;
    reap(child);
    if (!before && child->ended)
        come_to_the_end(child);
    if (child->ended)
        *out_exit = child->exit;
    return child->ended;
}

int gd_child_wait(struct gd_child *child)
{
    int exit = 0;
    while (!gd_child_look(child, &exit)) {
        struct pollfd one = {.fd = child->poller, .events = POLLIN};
        (void)poll(&one, 1, -1);
    }
    return exit;
}

void gd_child_free(struct gd_child *child)
{
    if (child == NULL)
        return;
    if (!child->ended) {
        gd_child_signal(child, SIGTERM);
        start_grace(child);
        (void)gd_child_wait(child);
    }
    if (child->watching)
        gd_signals_restore();
    if (child->interrupts)
        gd_interrupt_forget();
    (void)prctl(PR_SET_CHILD_SUBREAPER, child->reaper_before);
    gd_fd_drop(&child->poller);
    gd_fd_drop(&child->timer);
    gd_fd_drop(&child->terminal);
    free(child);
}

/* A shell that runs a script asks how its command ended, and not with which status. */
void gd_child_follow(int exit)
{
    if (exit != 128 + SIGINT)
        return;
    (void)signal(SIGINT, SIG_DFL);
    (void)raise(SIGINT);
}
