#include "guardian/proxy/relay.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/proxy/relay_own.h"

enum { EVENTS = 64, TICK_MS = 200, ACCEPTS = 16 };

static const uint32_t always = EPOLLIN | EPOLLRDHUP | EPOLLET;

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value == 0 ? fallback : value;
}

static bool watch(const struct gd_relay *relay, int operation, int descriptor, uint32_t events,
                  void *who)
{
    struct epoll_event event = {.events = events, .data.ptr = who};
    return epoll_ctl(relay->poll, operation, descriptor, &event) == 0;
}

bool gd_relay_watch(struct gd_relay *relay, struct gd_side *side)
{
    return watch(relay, EPOLL_CTL_ADD, gd_stream_descriptor(side->stream), always, side);
}

/* Only while a write waits: a local socket would tell of every byte that is taken from it. */
void gd_relay_watch_write(struct gd_relay *relay, struct gd_side *side, bool wanted)
{
    if (side->watches_write == wanted)
        return;
    side->watches_write = wanted;
    (void)watch(relay, EPOLL_CTL_MOD, gd_stream_descriptor(side->stream),
                wanted ? always | EPOLLOUT : always, side);
}

void gd_relay_busy(struct gd_relay *relay, struct gd_session *session)
{
    if (session->is_busy)
        return;
    session->is_busy = true;
    session->next_busy = relay->busy;
    relay->busy = session;
}

/* --- making --------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status open_poll(struct gd_relay *relay, struct gd_error *err)
{
    relay->poll = epoll_create1(EPOLL_CLOEXEC);
    relay->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int door = gd_door_descriptor(relay->options.door);
    if (relay->poll < 0 || relay->wake < 0 ||
        !watch(relay, EPOLL_CTL_ADD, relay->wake, EPOLLIN, &relay->wake) ||
        !watch(relay, EPOLL_CTL_ADD, door, EPOLLIN, relay->options.door))
        return gd_fail(err, GD_SYSTEM, "could not set up the door's loop: %s", strerror(errno));
    return GD_DONE;
}

struct gd_status gd_relay_new(const struct gd_relay_options *options, struct gd_relay **out_relay,
                              struct gd_error *err)
{
    struct gd_relay *relay = gd_memory_new(sizeof *relay);
    relay->options = *options;
    relay->poll = relay->wake = -1;
    if (relay->options.statement_bytes_max == 0)
        relay->options.statement_bytes_max = (size_t)64 << 20;
    relay->options.entrance_ms = or_default(options->entrance_ms, 10000);
    relay->options.notice_ms = or_default(options->notice_ms, 10000);
    relay->options.drain_ms = or_default(options->drain_ms, 30000);
    relay->options.workers = or_default(options->workers, 4);
    struct gd_status status = open_poll(relay, err);
    if (status.code != GD_OK) {
        gd_relay_free(relay);
        return status;
    }
    relay->crew = gd_relay_crew_new(relay->options.workers, relay->wake);
    *out_relay = relay;
    return GD_DONE;
}

void gd_relay_free(struct gd_relay *relay)
{
    if (relay == NULL)
        return;
    assert(relay->sessions == NULL);
    gd_relay_crew_free(relay->crew);
    gd_fd_drop(&relay->poll);
    gd_fd_drop(&relay->wake);
    free(relay);
}

void gd_relay_stop(struct gd_relay *relay)
{
    static const uint64_t one = 1;
    int before = errno;
    atomic_store(&relay->stopping, true);
    ssize_t told = write(relay->wake, &one, sizeof one);
    (void)told; /* full: it is awake */
    errno = before;
}

void gd_relay_cut(struct gd_relay *relay)
{
    atomic_store(&relay->cut, true);
    gd_relay_stop(relay);
}

void gd_relay_counts(const struct gd_relay *relay, struct gd_relay_counts *out_counts)
{
    const struct gd_relay_counters *from = &relay->counters;
    *out_counts = (struct gd_relay_counts){
        .sessions = atomic_load(&from->sessions),
        .entered = atomic_load(&from->entered),
        .refused_entry =
            atomic_load(&from->refused_entry) + gd_door_turned_away(relay->options.door),
        .statements = atomic_load(&from->statements),
        .held = atomic_load(&from->held),
        .refused = atomic_load(&from->refused),
        .answered = atomic_load(&from->answered),
        .cancels = atomic_load(&from->cancels),
        .upstream_failed = atomic_load(&from->upstream_failed),
        .bytes_in = atomic_load(&from->bytes_in),
        .bytes_out = atomic_load(&from->bytes_out),
    };
}

/* --- the loop ------------------------------------------------------------------------------------
 */

static void accept_clients(struct gd_relay *relay)
{
    for (int i = 0; i < ACCEPTS; i++) {
        struct gd_stream *client = gd_door_accept(relay->options.door);
        if (client == NULL)
            return;
        if (!atomic_load(&relay->stopping)) {
            gd_session_new(relay, client);
            continue;
        }
        gd_stream_free(client); /* who comes now must not wait for those who leave */
        gd_door_left(relay->options.door);
    }
}

static void hear_wake(struct gd_relay *relay)
{
    uint64_t ignored;
    ssize_t got = read(relay->wake, &ignored, sizeof ignored);
    (void)got; /* nothing there: somebody else was faster */
    struct gd_job *job;
    while ((job = gd_relay_crew_take(relay->crew)) != NULL)
        gd_session_event(job->session, GD_ON_DONE);
}

static void hear_socket(struct gd_side *side, uint32_t events)
{
    if (side->stream == NULL)
        return; /* closed in this very round */
    side->hung_up = side->hung_up || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    side->can_read = side->can_read || (events & ~(uint32_t)EPOLLOUT) != 0;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
        side->can_write = side->can_read = true; /* TLS may want either for the other */
    if ((events & EPOLLOUT) != 0)
        gd_relay_watch_write(side->session->relay, side, false);
    gd_session_event(side->session, GD_ON_SOCKET);
}

static void hear(struct gd_relay *relay, const struct epoll_event *event)
{
    if (event->data.ptr == &relay->wake)
        hear_wake(relay);
    else if (event->data.ptr == relay->options.door)
        accept_clients(relay);
    else
        hear_socket(event->data.ptr, event->events);
}

/* Those in the list may end themselves, and no others. */
static void tick(struct gd_relay *relay)
{
    bool stopping = atomic_load(&relay->stopping);
    if (stopping && relay->stopped_ms == 0)
        relay->stopped_ms = relay->now_ms;
    if (!stopping && relay->now_ms - relay->ticked_ms < TICK_MS)
        return;
    relay->ticked_ms = relay->now_ms;
    for (struct gd_session *at = relay->sessions, *next; at != NULL; at = next) {
        next = at->next;
        gd_session_event(at, GD_ON_TICK);
        if (stopping)
            gd_session_event(at, GD_ON_STOP);
    }
}

static void go_on(struct gd_relay *relay)
{
    struct gd_session *busy = GD_MOVE(relay->busy);
    while (busy != NULL) {
        struct gd_session *session = busy;
        busy = session->next_busy;
        session->is_busy = false;
        gd_session_event(session, GD_ON_SOCKET);
    }
}

/* Events of this round may still have named them. */
static void bury(struct gd_relay *relay)
{
    struct gd_session **place = &relay->over;
    while (*place != NULL) {
        struct gd_session *session = *place;
        if (session->pins > 0 || session->is_busy) {
            place = &session->next;
            continue;
        }
        *place = session->next;
        gd_session_free(session);
    }
}

static int wait_ms(const struct gd_relay *relay)
{
    if (relay->busy != NULL)
        return 0;
    return relay->sessions != NULL || relay->over != NULL ? TICK_MS : -1;
}

GD_MUST static struct gd_status loop(struct gd_relay *relay, struct gd_error *err)
{
    struct epoll_event events[EVENTS];
    while (!atomic_load(&relay->stopping) || relay->sessions != NULL || relay->over != NULL) {
        int count = epoll_wait(relay->poll, events, EVENTS, wait_ms(relay));
        if (count < 0 && errno != EINTR)
            return gd_fail(err, GD_SYSTEM, "could not wait for clients: %s", strerror(errno));
        relay->now_ms = gd_clock_monotonic_us() / 1000;
        for (int i = 0; i < count; i++)
            hear(relay, &events[i]);
        go_on(relay);
        tick(relay);
        bury(relay);
    }
    return GD_DONE;
}

/* TLS writes to sockets whose other side is gone; nobody else's signal is taken away. */
static void hush(sigset_t *out_before)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, out_before);
}

static void unhush(const sigset_t *before)
{
    static const struct timespec at_once = {0};
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (sigismember(before, SIGPIPE) == 0)
        (void)sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

struct gd_status gd_relay_run(struct gd_relay *relay, struct gd_error *err)
{
    sigset_t before;
    hush(&before);
    relay->now_ms = gd_clock_monotonic_us() / 1000;
    struct gd_status status = loop(relay, err);
    /* After a failure of the loop: what workers have is theirs until they give it back. */
    gd_relay_crew_free(GD_MOVE(relay->crew));
    while (relay->sessions != NULL)
        gd_session_end(relay->sessions);
    relay->busy = NULL;
    for (struct gd_session *at = relay->over; at != NULL; at = at->next) {
        at->is_busy = false;
        at->pins = 0;
    }
    bury(relay);
    unhush(&before);
    return status;
}
