#include "guardian/base/fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CRASH_STATUS = 99 };

static atomic_uint reached, armed;
static atomic_bool fired, crashes;

#ifdef GD_FAULTS
/* From the environment, before any other thread asks. */
static const char *named; /* the point that is meant, up to '#' or ':' */
static size_t named_size;
static atomic_uint named_left; /* how often it may still be reached */
static bool lists, stops;

static void tell_count(void)
{
    dprintf(STDERR_FILENO, "fault points reached: %u\n", gd_fault_count());
}

static void read_ending(const char *ending)
{
    atomic_store(&crashes, strcmp(ending, ":exit") == 0);
    stops = strcmp(ending, ":stop") == 0;
}

/* @NAME, @NAME#3, each with :exit or :stop behind it. Names hold ": ", so the last colon counts. */
static void read_name(const char *text)
{
    const char *ending = strrchr(text, ':');
    if (ending == NULL || (strcmp(ending, ":exit") != 0 && strcmp(ending, ":stop") != 0))
        ending = text + strlen(text);
    const char *times = memchr(text, '#', (size_t)(ending - text));
    named = text;
    named_size = (size_t)((times == NULL ? ending : times) - text);
    atomic_store(&named_left, times == NULL ? 1u : (unsigned)strtoul(times + 1, NULL, 10));
    read_ending(ending);
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
    if (strcmp(wanted, "list") == 0) {
        lists = true;
        return;
    }
    if (wanted[0] == '@') {
        read_name(wanted + 1);
        return;
    }
    char *end = NULL;
    unsigned long nth = strtoul(wanted, &end, 10);
    read_ending(end);
    atomic_store(&armed, (unsigned)nth);
}

static bool is_named(const char *point)
{
    if (lists)
        dprintf(STDERR_FILENO, "fault point: %s\n", point);
    if (named == NULL || strlen(point) != named_size || memcmp(point, named, named_size) != 0)
        return false;
    return atomic_fetch_sub(&named_left, 1) == 1;
}

/* The test does something to the world meanwhile, and then sends SIGCONT. */
static bool stopped(void)
{
    return stops && raise(SIGSTOP) == 0;
}
#else
static void read_environment(void)
{
}

static bool is_named(const char *point)
{
    (void)point;
    return false;
}

static bool stopped(void)
{
    return false;
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
    if (!is_named(point) && nth != atomic_load(&armed))
        return GD_DONE;
    if (stopped())
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
