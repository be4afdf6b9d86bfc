/*
 * Visits, the gate: see the header.
 *
 * A ticket of a run is its step's number, or UINT64_MAX; ours carries the number of the visit's run
 * in front, so that a late answer to what an ended run has passed is not taken for another's.
 */
#include "guardian/guard/visit.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/guard/calm.h"
#include "guardian/guard/visit_own.h"

enum { IDLE_MS = 30000, RENEWALS_MAX = 3, STEPS_MAX = 5000, STEP_BITS = 32 };
static const int64_t long_us = (int64_t)600 * 1000000;

/* ---- tickets ---- */

static uint64_t ticket_of(const struct gd_visit_change *change, uint64_t step)
{
    uint64_t low = step == UINT64_MAX ? UINT32_MAX : step;
    return step == 0 ? 0 : (uint64_t)(change->number & 0xFF) << STEP_BITS | low;
}

static uint64_t step_of(uint64_t ticket)
{
    uint64_t low = ticket & UINT32_MAX;
    return low == UINT32_MAX ? UINT64_MAX : low;
}

static bool is_of(uint64_t ticket, const struct gd_visit_change *change)
{
    return change != NULL && ticket >> STEP_BITS == (change->number & 0xFF);
}

/* ---- coming and going ---- */

static struct gd_visit *visit_of(struct gd_gate_session *session)
{
    return (void *)session; /* the relay knows no more than that it is one */
}

static struct gd_status enter(void *context, const struct gd_gate_client *client, struct gd_pg *pg,
                              struct gd_gate_session **out_session, struct gd_error *err)
{
    struct gd_visits *visits = context;
    struct gd_arena *arena = gd_arena_new();
    struct gd_visit *visit = gd_arena_zalloc(arena, 1, sizeof *visit);
    (void)err;
    visit->visits = visits;
    visit->arena = arena;
    visit->client = (struct gd_gate_client){
        .database = gd_arena_strdup(arena, client->database),
        .user = gd_arena_strdup(arena, client->user),
        .address = gd_arena_strdup(arena, client->address),
        .application = gd_arena_strdup(arena, client->application),
    };
    gd_run_reported(NULL, &visit->seen, "standard_conforming_strings",
                    gd_pg_reported(pg, "standard_conforming_strings"));
    gd_run_reported(NULL, &visit->seen, "client_encoding", gd_pg_reported(pg, "client_encoding"));
    pthread_mutex_lock(&visits->lock);
    visit->next = visits->visits;
    visit->link = &visits->visits;
    if (visit->next != NULL)
        visit->next->link = &visit->next;
    visits->visits = visit;
    pthread_mutex_unlock(&visits->lock);
    *out_session = (void *)visit;
    return GD_DONE;
}

static void leave(void *context, struct gd_gate_session *session)
{
    struct gd_visits *visits = context;
    struct gd_visit *visit = visit_of(session);
    pthread_mutex_lock(&visits->lock);
    *visit->link = visit->next;
    if (visit->next != NULL)
        visit->next->link = visit->link;
    struct gd_visit_change *change = GD_MOVE(visit->change);
    if (change != NULL) {
        const struct gd_gate *gate = gd_run_gate(change->run);
        gate->leave(gate->context, change->session);
        gd_visit_hand_over(visits, change);
    }
    pthread_mutex_unlock(&visits->lock);
    gd_arena_free(visit->arena);
}

/* ---- what goes on at once ---- */

static bool glance(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse)
{
    struct gd_visits *visits = context;
    struct gd_visit *visit = visit_of(session);
    bool sets = false;
    (void)parse;
    bool seen = !atomic_load(&visit->watched) && gd_calm_known(&visit->seen, visits->harmless) &&
                gd_harmless_misread(&visit->seen, text, size) == NULL &&
                !gd_run_letters_foreign(&visit->seen, text, size) &&
                gd_harmless_seen(visits->harmless, text, size, &sets);
    if (seen && sets)
        gd_calm_forget(&visit->seen);
    return seen;
}

static bool still(void *context, struct gd_gate_session *session, const char *text, size_t size)
{
    return glance(context, session, text, size, false);
}

static void reported(void *context, struct gd_gate_session *session, const char *name,
                     const char *value)
{
    struct gd_visits *visits = context;
    struct gd_visit *visit = visit_of(session);
    pthread_mutex_lock(&visits->lock);
    gd_run_reported(NULL, &visit->seen, name, value);
    if (visit->change != NULL)
        gd_run_reported(NULL, visit->change->session, name, value);
    pthread_mutex_unlock(&visits->lock);
}

/* ---- judging ---- */

/* A first text that is harmless by itself, in a session that is calm, needs no run. */
static bool is_harmless(struct gd_visit *visit, const struct gd_gate_request *request)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_harmless *harmless = visit->visits->harmless;
    struct gd_error ignored = {0};
    enum gd_calm calm = GD_CALM_LOOK;
    if (gd_run_letters_foreign(&visit->seen, request->text, request->size))
        return false;
    const struct gd_report *alone = gd_harmless_alone(harmless, request, arena);
    return alone != NULL &&
           gd_harmless_misread(&visit->seen, request->text, request->size) == NULL &&
           gd_calm_ask(&visit->seen, harmless, request, alone, &calm, &ignored).code == GD_OK &&
           calm == GD_CALM;
}

static bool is_alone(const struct gd_gate_request *request)
{
    return request->pg != NULL && request->state == GD_PG_OUTSIDE && request->earlier[0] == '\0';
}

/* Should a fresh run be asked? One that waited has looked at a schema that is no more; one that has
 * lost its lease or its journal, or whose backup cannot be followed by another, is over, and what
 * stands alone can be a change of its own. */
static bool wants_another(struct gd_visit_change *change, const struct gd_gate_request *request,
                          const struct gd_gate_answer *answer)
{
    struct gd_run *run = change->run;
    if (answer->verdict != GD_GATE_REFUSE)
        return false;
    if (!gd_run_begun(run))
        return gd_run_again(run) != NULL;
    if (!is_alone(request))
        return false;
    return gd_run_worn(run) || (gd_run_needs(run) != NULL && gd_run_again(run) == NULL);
}

/* Its records, and the patience of others, have an end. */
static bool is_too_long(const struct gd_visit_change *change, const struct gd_gate_request *request)
{
    return change != NULL && change->session != NULL && is_alone(request) &&
           (change->run->story->step_count >= STEPS_MAX ||
            gd_clock_monotonic_us() - change->began_us > long_us);
}

static void refuse(const struct gd_gate_request *request, const struct gd_error *err,
                   struct gd_gate_answer *out_answer)
{
    *out_answer = (struct gd_gate_answer){
        .verdict = GD_GATE_REFUSE,
        .sqlstate = "58000",
        .message = gd_arena_printf(request->arena, "guardian: %s", err->text),
        .detail = "",
        .hint = gd_arena_strdup(request->arena, err->hint),
    };
}

static void publish(struct gd_visit *visit, struct gd_visit_change *change)
{
    pthread_mutex_lock(&visit->visits->lock);
    visit->change = change;
    pthread_mutex_unlock(&visit->visits->lock);
}

static void ask(struct gd_visit *visit, struct gd_visit_change **change,
                const struct gd_gate_request *request, struct gd_gate_answer *out_answer)
{
    struct gd_error err = {0};
    if (is_too_long(*change, request)) {
        (*change)->session = NULL;
        (*change)->yields = true;
    }
    for (int turn = 0;; turn++) {
        struct gd_status status = *change == NULL ? gd_visit_begin(visit, change, &err)
                                  : (*change)->session == NULL
                                      ? gd_visit_renew(visit, *change, &err)
                                      : GD_DONE;
        if (status.code != GD_OK) {
            refuse(request, &err, out_answer);
            return;
        }
        publish(visit, *change);
        struct gd_gate_request inner = *request;
        inner.session = (*change)->session;
        inner.again = is_of(request->again, *change) ? step_of(request->again) : 0;
        (*change)->request = &inner;
        gd_visit_recall(visit->visits, *change, request);
        gd_run_judge((*change)->run, &inner, out_answer);
        if (turn == RENEWALS_MAX || !wants_another(*change, request, out_answer))
            return;
        (*change)->session = NULL;
    }
}

/* Who changed nothing keeps nobody waiting. */
static void settle(struct gd_visit *visit, struct gd_visit_change *change)
{
    struct gd_visits *visits = visit->visits;
    pthread_mutex_lock(&visits->lock);
    visit->judging = false;
    visit->last_us = gd_clock_monotonic_us();
    if (change != NULL && (change->run == NULL || !gd_run_begun(change->run)))
        gd_visit_give_turn(change);
    visit->change = change;
    if (change != NULL && change->session == NULL)
        gd_visit_hand_over(visits, GD_MOVE(visit->change));
    pthread_mutex_unlock(&visits->lock);
}

static void judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer)
{
    struct gd_visits *visits = context;
    struct gd_visit *visit = visit_of(request->session);
    pthread_mutex_lock(&visits->lock);
    visit->judging = true;
    struct gd_visit_change *change = visit->change;
    pthread_mutex_unlock(&visits->lock);
    if (change == NULL && is_harmless(visit, request)) {
        *out_answer = (struct gd_gate_answer){
            .verdict = GD_GATE_PASS, .message = "", .detail = "", .hint = "", .class = "none"};
        gd_calm_note_text(&visit->seen, request->text);
        settle(visit, NULL);
        return;
    }
    ask(visit, &change, request, out_answer);
    bool known = change != NULL && change->session != NULL;
    if (known)
        atomic_store(&visit->seen.calm_us, atomic_load(&change->session->calm_us));
    atomic_store(&visit->seen.calm_at, known ? atomic_load(&change->session->calm_at) : 0);
    if (change != NULL && change->run != NULL && out_answer->verdict == GD_GATE_REFUSE &&
        gd_run_needs(change->run) != NULL)
        gd_visit_remember(visits, change, request);
    if (change != NULL && out_answer->ticket != 0) {
        atomic_store(&visit->watched, true);
        out_answer->ticket = ticket_of(change, out_answer->ticket);
    }
    settle(visit, change);
}

static void passed(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result)
{
    struct gd_visits *visits = context;
    struct gd_visit *visit = visit_of(session);
    pthread_mutex_lock(&visits->lock);
    struct gd_visit_change *change = visit->change;
    visit->last_us = gd_clock_monotonic_us();
    if ((result->state == GD_PG_OUTSIDE && !result->more) || result->lost)
        atomic_store(&visit->watched, false);
    if (is_of(ticket, change))
        gd_run_passed(change->run, change->session, step_of(ticket), result);
    pthread_mutex_unlock(&visits->lock);
}

static void waits_for(void *context, struct gd_gate_session *session, char *out_text, size_t size)
{
    struct gd_visits *visits = context;
    const struct gd_visit *visit = visit_of(session);
    out_text[0] = '\0';
    pthread_mutex_lock(&visits->lock);
    if (visit->change != NULL && visit->change->shown != NULL)
        gd_run_waits_for(visit->change->shown, NULL, out_text, size);
    pthread_mutex_unlock(&visits->lock);
}

/* ---- all of them ---- */

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void free_all(struct gd_visits *visits)
{
    gd_visit_forget_all(visits);
    gd_harmless_free(visits->harmless);
    pthread_mutex_destroy(&visits->lock);
    pthread_cond_destroy(&visits->turn);
    pthread_cond_destroy(&visits->work);
    free(visits);
}

struct gd_status gd_visits_new(const struct gd_visits_options *options,
                               struct gd_visits **out_visits, struct gd_error *err)
{
    struct gd_visits *visits = gd_memory_new(sizeof *visits);
    *visits = (struct gd_visits){.options = *options, .harmless = gd_harmless_new()};
    visits->last_ended = &visits->ended;
    if (visits->options.idle_ms == 0)
        visits->options.idle_ms = IDLE_MS;
    visits->gate = (struct gd_gate){
        .context = visits,
        .enter = enter,
        .leave = leave,
        .glance = glance,
        .judge = judge,
        .still = still,
        .reported = reported,
        .passed = passed,
        .waits_for = waits_for,
    };
    pthread_mutex_init(&visits->lock, NULL);
    init_condition(&visits->turn);
    init_condition(&visits->work);
    int failed = pthread_create(&visits->thread, NULL, gd_visit_end_all, visits);
    if (failed != 0) {
        free_all(visits);
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
    }
    *out_visits = visits;
    return GD_DONE;
}

const struct gd_gate *gd_visits_gate(struct gd_visits *visits)
{
    return &visits->gate;
}

void gd_visits_free(struct gd_visits *visits)
{
    if (visits == NULL)
        return;
    pthread_mutex_lock(&visits->lock);
    visits->stops = true;
    pthread_cond_signal(&visits->work);
    pthread_mutex_unlock(&visits->lock);
    pthread_join(visits->thread, NULL);
    free_all(visits);
}
