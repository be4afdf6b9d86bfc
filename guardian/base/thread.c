#include "guardian/base/thread.h"

#include <stdlib.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"

struct start {
    const struct gd_wish *wish;
    void *(*work)(void *context);
    void *context;
};

static void *begin(void *context)
{
    struct start start = *(struct start *)context;
    free(context);
    (void)gd_interrupt_by(start.wish);
    return start.work(start.context);
}

int gd_thread_start(pthread_t *out_thread, void *(*work)(void *context), void *context)
{
    struct start *start = gd_memory_new(sizeof *start);
    const struct gd_wish *wish = gd_interrupt_by(NULL);
    (void)gd_interrupt_by(wish);
    *start = (struct start){.wish = wish, .work = work, .context = context};
    int failed = pthread_create(out_thread, NULL, begin, start);
    if (failed != 0)
        free(start);
    return failed;
}
