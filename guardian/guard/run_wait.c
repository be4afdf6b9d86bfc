/*
 * Run, while a statement is held: what its client is told meanwhile, and the end of the wait when
 * that client has gone or has asked for it to be cancelled.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "guardian/guard/run_own.h"

/* ---- whoever waits may go ---- */

static bool has_gone(const struct gd_gate_request *request)
{
    return request->gone != NULL && request->gone(request->gone_context);
}

static void set_stage(struct gd_run *run, const char *text, uint64_t total_bytes)
{
    pthread_mutex_lock(&run->doing.lock);
    snprintf(run->doing.stage, sizeof run->doing.stage, "%s", text);
    run->doing.bytes = 0;
    run->doing.total_bytes = total_bytes;
    pthread_mutex_unlock(&run->doing.lock);
}

/* The statement of another session may be held for as long as a backup takes. */
bool gd_run_lock(struct gd_run *run, struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    enum { SLICE_NS = 100000000, SECOND_NS = 1000000000 };
    while (!has_gone(request)) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += SLICE_NS;
        until.tv_sec += until.tv_nsec / SECOND_NS;
        until.tv_nsec %= SECOND_NS;
        if (pthread_mutex_clocklock(&run->lock, CLOCK_MONOTONIC, &until) != 0) {
            gd_run_hush(look);
            continue;
        }
        set_stage(run, "looking at what it does", 0);
        run->wish = (struct gd_wish){.asks = request->gone, .context = request->gone_context};
        return true;
    }
    return false;
}

void gd_run_unlock(struct gd_run *run)
{
    run->wish = (struct gd_wish){0};
    pthread_mutex_unlock(&run->lock);
}

const struct gd_wish *gd_run_heed(struct gd_run *run)
{
    return gd_interrupt_by(run->wish.asks == NULL ? NULL : &run->wish);
}

/* Who holds run->lock and asks for locks in the server may wait for a session that waits for
 * run->lock: with its COMMIT, for instance. */
static bool others_wait(struct gd_run *run, const struct gd_gate_session *own)
{
    bool found = false;
    pthread_mutex_lock(&run->heard_lock);
    for (const struct gd_gate_session *at = run->sessions; at != NULL; at = at->next)
        found |= at != own && atomic_load(&at->judging) && atomic_load(&at->watched) &&
                 !atomic_load(&at->left);
    pthread_mutex_unlock(&run->heard_lock);
    return found;
}

bool gd_run_asks_way(void *context)
{
    enum { TRIES_US = 300000 };
    struct gd_run_way *way = context;
    struct gd_run_look *look = way->look;
    if (has_gone(look->request))
        return true;
    if (look->may_give_way && !look->gave_way && gd_clock_monotonic_us() - way->since_us > TRIES_US)
        look->gave_way = others_wait(way->run, look->request->session);
    return look->gave_way;
}

bool gd_run_given_up(struct gd_run *run, const struct gd_gate_request *request,
                     struct gd_gate_answer *answer)
{
    if (!has_gone(request))
        return false;
    answer->verdict = GD_GATE_REFUSE;
    snprintf(answer->sqlstate, sizeof answer->sqlstate, "57014"); /* query_canceled */
    answer->message = "canceling statement due to user request";
    gd_tell_note(run->options->guard->events,
                 "a statement was given up by the command while it was held: nothing of it ran");
    return true;
}

/* ---- what is being done ---- */

static void note_event(struct gd_run *run, const struct gd_event *event)
{
    if (event->kind == GD_EVENT_STAGE)
        set_stage(run, event->text, event->total_bytes);
    if (event->kind != GD_EVENT_PROGRESS)
        return;
    pthread_mutex_lock(&run->doing.lock);
    run->doing.bytes = event->bytes;
    run->doing.total_bytes = event->total_bytes;
    pthread_mutex_unlock(&run->doing.lock);
}

static void tell(void *context, const struct gd_event *event)
{
    struct gd_run *run = context;
    note_event(run, event);
    gd_tell(run->doing.told_on, event);
}

/* Copies of the options, so that we stand between those who tell and who shows it. */
void gd_run_overhear(struct gd_run *run)
{
    struct gd_run_options *options = gd_arena_zalloc(run->arena, 1, sizeof *options);
    struct gd_guard_options *guard = gd_arena_zalloc(run->arena, 1, sizeof *guard);
    *options = *run->options;
    *guard = *options->guard;
    run->doing.told_on = guard->events;
    run->doing.events = (struct gd_events){.tell = tell, .context = run};
    guard->events = &run->doing.events;
    options->guard = guard;
    run->options = options;
}

static void add_progress(const struct gd_run_doing *doing, char *text, size_t size)
{
    enum { MB = 1000000 };
    size_t at = strlen(text);
    if (doing->bytes >= MB && doing->total_bytes >= doing->bytes)
        snprintf(text + at, size - at, ", %" PRIu64 " of %" PRIu64 " MB", doing->bytes / MB,
                 doing->total_bytes / MB);
    else if (doing->bytes >= MB)
        snprintf(text + at, size - at, ", %" PRIu64 " MB", doing->bytes / MB);
}

void gd_run_waits_for(void *context, struct gd_gate_session *session, char *out_text, size_t size)
{
    struct gd_run *run = context;
    (void)session;
    pthread_mutex_lock(&run->doing.lock);
    snprintf(out_text, size, "%s", run->doing.stage);
    add_progress(&run->doing, out_text, size);
    pthread_mutex_unlock(&run->doing.lock);
}
