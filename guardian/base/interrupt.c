/* Being asked to stop, see clock.h. */
#include <signal.h>
#include <string.h>

#include "guardian/base/clock.h"

static volatile sig_atomic_t stopped_by;
static _Thread_local const struct gd_wish *own_wish;

static void on_signal(int number)
{
    if (stopped_by != 0) { /* the second one: no more patience */
        (void)signal(number, SIG_DFL);
        (void)raise(number); /* comes when this returns */
        return;
    }
    stopped_by = number;
}

/* Without SA_RESTART: a wait ends, and whoever waits asks gd_interrupted(). What was ignored when
 * we were started (nohup) stays so. */
static void watch(int number)
{
    struct sigaction before = {0};
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

void gd_interrupt_watch(void)
{
    watch(SIGINT);
    watch(SIGTERM);
    watch(SIGHUP);
}

void gd_interrupt_set(int number)
{
    stopped_by = number;
}

void gd_interrupt_forget(void)
{
    stopped_by = 0;
}

bool gd_interrupted(void)
{
    return stopped_by != 0 || (own_wish != NULL && own_wish->asks(own_wish->context));
}

const struct gd_wish *gd_interrupt_by(const struct gd_wish *wish)
{
    const struct gd_wish *before = own_wish;
    own_wish = wish;
    return before;
}

int gd_interrupt_signal(void)
{
    return stopped_by;
}

struct gd_status gd_interrupt_check(struct gd_error *err)
{
    if (!gd_interrupted())
        return GD_DONE;
    if (stopped_by == 0)
        return gd_fail(err, GD_SYSTEM, "given up, because nobody waits for it any more");
    return gd_fail(err, GD_SYSTEM, "stopped by SIG%s", sigabbrev_np(stopped_by));
}
