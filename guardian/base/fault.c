#include "guardian/base/fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CRASH_STATUS = 99 };

static atomic_uint reached, armed;
static atomic_bool fired, crashes;

#ifdef GD_FAULTS
static void tell_count(void)
{
    dprintf(STDERR_FILENO, "fault points reached: %u\n", gd_fault_count());
}

static void read_environment(void)
{
    const char *wanted = getenv("GUARDIAN_FAULT");
    if (wanted == NULL)
        return;
    if (strcmp(wanted, "count") == 0) {
        (void)atexit(tell_count);
        return;
    }
    char *end = NULL;
    unsigned long nth = strtoul(wanted, &end, 10);
    atomic_store(&crashes, strcmp(end, ":exit") == 0);
    atomic_store(&armed, (unsigned)nth);
}
#else
static void read_environment(void)
{
}
#endif

static void look_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, read_environment);
}

struct gd_status gd_fault(const char *point, struct gd_error *err)
{
    look_once();
    unsigned nth = atomic_fetch_add(&reached, 1) + 1;
    if (nth != atomic_load(&armed))
        return GD_DONE;
    if (atomic_load(&crashes))
        _exit(CRASH_STATUS);
    atomic_store(&fired, true);
    return gd_fail(err, GD_INJECTED, "a test broke the point \"%s\"", point);
}

static void arm(unsigned nth, bool crash)
{
    look_once(); /* or the environment would come later and win */
    atomic_store(&armed, 0);
    atomic_store(&reached, 0);
    atomic_store(&fired, false);
    atomic_store(&crashes, crash);
    atomic_store(&armed, nth);
}

void gd_fault_arm(unsigned nth)
{
    arm(nth, false);
}

void gd_fault_arm_crash(unsigned nth)
{
    arm(nth, true);
}

bool gd_fault_fired(void)
{
    return atomic_load(&fired);
}

unsigned gd_fault_count(void)
{
    return atomic_load(&reached);
}
