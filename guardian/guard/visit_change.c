/*
 * The changes of visits: made for the first text that needs one, and ended by a thread of their
 * own, for neither a loop of sockets nor a client that has left waits for a store.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/visit_own.h"

static const int64_t breath_us = 500000; /* between two looks for visits that are idle */

/* ---- turns ---- */

static const struct gd_visit_change *holder_of(const struct gd_visits *visits, const char *database)
{
    for (const struct gd_visit_change *at = visits->turns; at != NULL; at = at->next_turn)
        if (strcmp(at->client.database, database) == 0)
            return at;
    return NULL;
}

static struct timespec in_us(int64_t from_now_us)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    int64_t nanoseconds = when.tv_nsec + from_now_us % 1000000 * 1000;
    when.tv_sec += from_now_us / 1000000 + nanoseconds / 1000000000;
    when.tv_nsec = nanoseconds % 1000000000;
    return when;
}

GD_MUST static struct gd_status too_late(const struct gd_visit_change *holder, struct gd_error *err)
{
    int64_t seconds = (gd_clock_monotonic_us() - holder->since_us) / 1000000;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "another session changes database \"%s\": that of \"%s\" from %s, for "
                           "%" PRId64 " s, change %s",
                           holder->client.database, holder->client.user, holder->client.address,
                           seconds, holder->id),
                   "One session at a time changes a database through this door. Its turn is over "
                   "when it leaves, or is idle for a while outside of a transaction.");
}

/* Called with the run's lock, by the visit's own judge. */
static struct gd_status take_turn(void *context, struct gd_error *err)
{
    struct gd_visit_change *change = context;
    struct gd_visits *visits = change->visits;
    const struct gd_gate_request *request = change->request;
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)visits->options.guard->busy_ms * 1000;
    const struct gd_visit_change *holder = NULL;
    struct gd_status status = GD_DONE;
    bool told = false;
    pthread_mutex_lock(&visits->lock);
    while (!change->has_turn && (holder = holder_of(visits, change->client.database)) != NULL) {
        if (!told)
            gd_tell_stage(change->run->options->guard->events, "waiting for another session", 0);
        told = true;
        int64_t left_us = until_us - gd_clock_monotonic_us();
        if (left_us <= 0 || (request->gone != NULL && request->gone(request->gone_context)))
            break;
        const struct timespec when = in_us(left_us < breath_us ? left_us : breath_us);
        (void)pthread_cond_timedwait(&visits->turn, &visits->lock, &when);
    }
    if (!change->has_turn && holder != NULL) {
        status = too_late(holder, err);
    } else if (!change->has_turn) {
        change->has_turn = true;
        change->since_us = gd_clock_monotonic_us();
        change->next_turn = visits->turns;
        visits->turns = change;
    }
    if (status.code == GD_OK)
        memcpy(change->id, change->run->change_id, sizeof change->id);
    pthread_mutex_unlock(&visits->lock);
    return status;
}

void gd_visit_give_turn(struct gd_visit_change *change)
{
    struct gd_visit_change **place = &change->visits->turns;
    if (!change->has_turn)
        return;
    while (*place != change)
        place = &(*place)->next_turn;
    *place = change->next_turn;
    change->has_turn = false;
    pthread_cond_broadcast(&change->visits->turn);
}

/* ---- begin ---- */

static struct gd_visit_change *change_new(struct gd_visit *visit)
{
    struct gd_arena *arena = gd_arena_new();
    struct gd_visit_change *change = gd_arena_zalloc(arena, 1, sizeof *change);
    const struct gd_gate_client *client = &visit->client;
    *change = (struct gd_visit_change){.visits = visit->visits, .arena = arena};
    change->client = (struct gd_gate_client){
        .database = gd_arena_strdup(arena, client->database),
        .user = gd_arena_strdup(arena, client->user),
        .address = gd_arena_strdup(arena, client->address),
        .application = gd_arena_strdup(arena, client->application),
    };
    return change;
}

/* For whoever asks what it waits for. */
static void show(struct gd_visit_change *change, struct gd_run *run)
{
    pthread_mutex_lock(&change->visits->lock);
    change->shown = run;
    pthread_mutex_unlock(&change->visits->lock);
}

GD_MUST static struct gd_status begin(struct gd_visit *visit, struct gd_visit_change *change,
                                      struct gd_error *err)
{
    const struct gd_visits *visits = change->visits;
    const struct gd_gate_client *client = &change->client;
    change->pg = *visits->options.guard->pg;
    change->pg.database = client->database;
    change->guard = *visits->options.guard;
    change->guard.pg = &change->pg;
    change->options = (struct gd_run_options){
        .guard = &change->guard,
        .command = gd_arena_printf(change->arena, "session of %s from %s%s%s", client->user,
                                   client->address, *client->application == '\0' ? "" : ", ",
                                   client->application),
        .yes = visits->options.yes,
        .harmless = visits->harmless,
        .visit = true,
        .turn = take_turn,
        .turn_context = change,
    };
    GD_TRY(gd_run_begin(&change->options, change->arena, &change->run, err));
    change->number = ++visit->runs;
    change->began_us = gd_clock_monotonic_us();
    show(change, change->run);
    return gd_run_admit(change->run, client, &visit->seen, &change->session, err);
}

static void change_free(struct gd_visit_change *change)
{
    if (change == NULL)
        return;
    gd_run_free(change->run);
    gd_arena_free(change->arena);
}

struct gd_status gd_visit_begin(struct gd_visit *visit, struct gd_visit_change **out_change,
                                struct gd_error *err)
{
    struct gd_visit_change *change = change_new(visit);
    struct gd_status status = begin(visit, change, err);
    if (status.code == GD_OK)
        *out_change = change;
    else
        change_free(change);
    return status;
}

/* ---- end ---- */

/* What changed nothing and was refused nothing is not worth a word. */
static void tell(const struct gd_visit_change *change, const struct gd_outcome *outcome,
                 struct gd_status status, const struct gd_error *err)
{
    const struct gd_visits_options *options = &change->visits->options;
    const struct gd_visit_end end = {
        .client = &change->client, .outcome = outcome, .status = status, .err = err};
    if (options->ended != NULL && outcome != NULL && outcome->journaled)
        options->ended(options->context, &end);
}

static void end_run(struct gd_visit_change *change)
{
    show(change, NULL);
    struct gd_outcome *outcome = NULL;
    struct gd_error err = {0};
    struct gd_status status = gd_run_end(change->run, 0, &outcome, &err);
    tell(change, outcome, status, &err);
    gd_run_free(GD_MOVE(change->run));
}

struct gd_status gd_visit_renew(struct gd_visit *visit, struct gd_visit_change *change,
                                struct gd_error *err)
{
    end_run(change);
    change->session = NULL;
    if (change->yields) { /* who waits has it before this one has connected */
        pthread_mutex_lock(&change->visits->lock);
        gd_visit_give_turn(change);
        pthread_mutex_unlock(&change->visits->lock);
    }
    change->yields = false;
    return begin(visit, change, err);
}

void gd_visit_hand_over(struct gd_visits *visits, struct gd_visit_change *take_change)
{
    take_change->next_ended = NULL;
    *visits->last_ended = take_change;
    visits->last_ended = &take_change->next_ended;
    pthread_cond_signal(&visits->work);
}

static void end_one(struct gd_visits *visits)
{
    struct gd_visit_change *change = visits->ended;
    visits->ended = change->next_ended;
    if (visits->ended == NULL)
        visits->last_ended = &visits->ended;
    pthread_mutex_unlock(&visits->lock);
    if (change->run != NULL)
        end_run(change);
    pthread_mutex_lock(&visits->lock);
    gd_visit_give_turn(change);
    change_free(change);
}

/* Changes whose clients are silent outside of a transaction. */
static void look_for_idle(struct gd_visits *visits)
{
    int64_t before_us = gd_clock_monotonic_us() - (int64_t)visits->options.idle_ms * 1000;
    for (struct gd_visit *at = visits->visits; at != NULL; at = at->next)
        if (at->change != NULL && !at->judging && !atomic_load(&at->watched) &&
            at->last_us < before_us)
            gd_visit_hand_over(visits, GD_MOVE(at->change));
}

void *gd_visit_end_all(void *context)
{
    struct gd_visits *visits = context;
    pthread_mutex_lock(&visits->lock);
    while (!visits->stops || visits->ended != NULL) {
        look_for_idle(visits);
        if (visits->ended != NULL) {
            end_one(visits);
            continue;
        }
        const struct timespec when = in_us(breath_us);
        (void)pthread_cond_timedwait(&visits->work, &visits->lock, &when);
    }
    pthread_mutex_unlock(&visits->lock);
    return NULL;
}
