#include "guardian/io/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/io/fd.h"

/* --- in the child: only what is allowed between fork and exec -------------------------------- */

/* What the child says through a pipe that closes when exec succeeds. */
struct failure {
    int error;
    char step[32];
};

static void __attribute__((noreturn)) give_up(int report, const char *step)
{
    struct failure failure = {.error = errno};
    strncpy(failure.step, step, sizeof failure.step - 1);
    ssize_t written = write(report, &failure, sizeof failure); /* fits into a pipe at once */
    (void)written;
    _exit(127);
}

/* Signals as a program expects them; what was ignored from the start (nohup) stays ignored. Before
 * they are let through: a handler of ours would swallow the child's. */
static void reset_signals(void)
{
    static const int ours[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
                               SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT, SIGCHLD};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        struct sigaction now = {0};
        if (sigaction(ours[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            (void)signal(ours[i], SIG_DFL);
    }
    (void)signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_user(const struct gd_spawn *spawn, int report)
{
    if (spawn->uid == 0)
        return;
    if (setgroups(1, &spawn->gid) != 0 || setgid(spawn->gid) != 0 || setuid(spawn->uid) != 0)
        give_up(report, "become its user");
}

static void __attribute__((noreturn))
run_child(const struct gd_spawn *spawn, pid_t parent, int report)
{
    reset_signals();
    if (dup2(spawn->input, 0) < 0 || dup2(spawn->output, 1) < 0 || dup2(spawn->errors, 2) < 0)
        give_up(report, "connect its pipes");
    become_user(spawn, report);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) /* behind setuid(), which would undo it */
        give_up(report, "bind its life to ours");
    if (getppid() != parent)
        _exit(127); /* the parent died before that */
    if (spawn->folder != NULL && chdir(spawn->folder) != 0)
        give_up(report, "go to its folder");
#ifdef SYS_close_range
    enum { MARK_ONLY = 1 << 2 }; /* CLOSE_RANGE_CLOEXEC; old kernels do not know it, and need not */
    (void)syscall(SYS_close_range, 3U, ~0U, (unsigned)MARK_ONLY);
#endif
    if (spawn->before != NULL && !spawn->before(spawn->before_context))
        give_up(report, "confine it");
    (void)execve(spawn->path, spawn->argv, spawn->environment);
    give_up(report, "run it");
}

/* --- the thread that forks ---------------------------------------------------------------------
 */

struct request {
    const struct gd_spawn *spawn;
    int report;
    pid_t pid; /* 0: not done yet; -1: failed with `error` */
    int error;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *waiting;
static pid_t forker_in; /* the process that has the thread: a fork of ours does not */

static void fork_for(struct request *request)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_child(request->spawn, parent, request->report);
    request->error = errno;
    request->pid = pid;
}

static void *fork_for_ever(void *unused)
{
    (void)pthread_mutex_lock(&lock);
    for (;;) {
        while (waiting == NULL)
            (void)pthread_cond_wait(&changed, &lock);
        fork_for(waiting);
        waiting = NULL;
        (void)pthread_cond_broadcast(&changed);
    }
    return unused;
}

/* With all signals blocked: they are for the threads that do the work. In a fork of ours the
 * condition still counts a thread that is not there: it is made anew. */
static int start_forker(void)
{
    sigset_t all, before;
    pthread_t thread;
    waiting = NULL;
    (void)pthread_cond_init(&changed, NULL);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&thread, NULL, fork_for_ever, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return error;
    (void)pthread_detach(thread);
    forker_in = getpid();
    return 0;
}

static void ask_forker(struct request *request)
{
    (void)pthread_mutex_lock(&lock);
    if (forker_in != getpid())
        request->error = start_forker();
    if (request->error != 0) {
        request->pid = -1;
    } else {
        while (waiting != NULL) /* another one's */
            (void)pthread_cond_wait(&changed, &lock);
        waiting = request;
        (void)pthread_cond_broadcast(&changed);
        while (request->pid == 0)
            (void)pthread_cond_wait(&changed, &lock);
    }
    (void)pthread_mutex_unlock(&lock);
}

/* --- and whoever asks it -----------------------------------------------------------------------
 */

static struct gd_status fail_step(const struct gd_spawn *spawn, const char *step, int error,
                                  struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "could not start \"%s\": could not %s: %s", spawn->path, step,
                   strerror(error));
}

static struct gd_status hear_report(const struct gd_spawn *spawn, int report, pid_t pid,
                                    struct gd_error *err)
{
    struct failure failure = {0};
    ssize_t got = -1;
    do
        got = read(report, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return GD_DONE;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    failure.step[sizeof failure.step - 1] = '\0';
    return fail_step(spawn, failure.step, failure.error, err);
}

struct gd_status gd_spawn(const struct gd_spawn *spawn, pid_t *out_pid, struct gd_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail_step(spawn, "make a pipe", errno, err);
    gd_auto_fd report = ends[0];
    struct request request = {.spawn = spawn, .report = ends[1]};
    ask_forker(&request);
    gd_fd_drop(&ends[1]);
    if (request.pid < 0)
        return fail_step(spawn, "fork", request.error, err);
    GD_TRY(hear_report(spawn, report, request.pid, err));
    *out_pid = request.pid;
    return GD_DONE;
}
