#include "guardian/proxy/tally.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/version.h"

/* A ticket of the gate behind has 40 bits (all ones: UINT64_MAX); above it stands the number of the
 * statement in its session. */
enum { TICKET_BITS = 40, NUMBER_BITS = 24, RECENT = 16 };
static const uint64_t ticket_mask = ((uint64_t)1 << TICKET_BITS) - 1;

/* The upper ends of the histogram of held statements, in seconds. */
static const double bounds[] = {0.001, 0.01, 0.1, 1, 10, 60, 600};
enum { BOUNDS = sizeof bounds / sizeof bounds[0] };

static const char *const classes[] = {"none", "additive", "enum", "destructive", "unknown"};
enum { CLASSES = sizeof classes / sizeof classes[0] };
static const char *const verdicts[] = {"pass", "refuse", "answer", "end"};
enum { VERDICTS = sizeof verdicts / sizeof verdicts[0] };
static const char *const outcomes[] = {"applied", "nothing",     "refused", "failed",
                                       "partial", "rolled_back", "other"};
enum { OUTCOMES = sizeof outcomes / sizeof outcomes[0] };

struct session {
    struct gd_tally *tally;
    struct gd_arena *arena;
    struct gd_gate_client client;
    struct gd_gate_session *inner;
    uint64_t number;
    atomic_uint_fast64_t statements;
    struct {
        uint64_t number;
        int64_t passed_us;
    } recent[RECENT]; /* by a worker before it hands over, then by the loop */
};

struct gd_tally {
    struct gd_tally_options options;
    struct gd_gate gate;
    atomic_uint_fast64_t sessions, glanced, audit_failures, lost, backups;
    atomic_uint_fast64_t judged[CLASSES][VERDICTS], changes[OUTCOMES];
    pthread_mutex_t lock; /* over all that follows */
    uint64_t held[BOUNDS + 1];
    double held_seconds;
    const struct gd_relay *relay;
};

static void add(atomic_uint_fast64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static size_t index_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (name != NULL && strcmp(names[i], name) == 0)
            return i;
    return count - 1;
}

static struct session *session_of(struct gd_gate_session *session)
{
    return (void *)session; /* the relay knows no more than that it is one */
}

/* ---- the audit log ---- */

static void note_failure(struct gd_tally *tally, const struct gd_error *err)
{
    if (atomic_fetch_add(&tally->audit_failures, 1) % 1000 == 0) /* it may go on for hours */
        gd_tell_warning(tally->options.events,
                        "What changes something is refused as long as it is so.", "%s", err->text);
}

GD_MUST static struct gd_status write_statement(struct session *session, const char *text,
                                                size_t size, bool prepared, bool glanced,
                                                const struct gd_gate_answer *answer,
                                                uint64_t number, double held, struct gd_error *err)
{
    struct gd_tally *tally = session->tally;
    const struct gd_audit_statement statement = {
        .client = &session->client,
        .session = session->number,
        .number = number,
        .text = text,
        .size = size,
        .prepared = prepared,
        .glanced = glanced,
        .answer = answer,
        .held_seconds = held,
    };
    if (tally->options.audit == NULL)
        return GD_DONE;
    struct gd_status status = gd_audit_statement(tally->options.audit, &statement, err);
    if (status.code != GD_OK)
        note_failure(tally, err);
    return status;
}

/* ---- sessions ---- */

static struct gd_status enter(void *context, const struct gd_gate_client *client, struct gd_pg *pg,
                              struct gd_gate_session **out_session, struct gd_error *err)
{
    struct gd_tally *tally = context;
    const struct gd_gate *gate = tally->options.gate;
    struct gd_gate_session *inner = NULL;
    GD_TRY(gate->enter(gate->context, client, pg, &inner, err));
    struct gd_arena *arena = gd_arena_new();
    struct session *session = gd_arena_zalloc(arena, 1, sizeof *session);
    session->tally = tally;
    session->arena = arena;
    session->inner = inner;
    session->number = atomic_fetch_add(&tally->sessions, 1) + 1;
    session->client = (struct gd_gate_client){
        .database = gd_arena_strdup(arena, client->database),
        .user = gd_arena_strdup(arena, client->user),
        .address = gd_arena_strdup(arena, client->address),
        .application = gd_arena_strdup(arena, client->application),
    };
    *out_session = (void *)session;
    return GD_DONE;
}

static void leave(void *context, struct gd_gate_session *given)
{
    struct gd_tally *tally = context;
    struct session *session = session_of(given);
    tally->options.gate->leave(tally->options.gate->context, session->inner);
    gd_arena_free(session->arena);
}

static void reported(void *context, struct gd_gate_session *given, const char *name,
                     const char *value)
{
    struct gd_tally *tally = context;
    const struct gd_gate *gate = tally->options.gate;
    if (gate->reported != NULL)
        gate->reported(gate->context, session_of(given)->inner, name, value);
}

static void waits_for(void *context, struct gd_gate_session *given, char *out_text, size_t size)
{
    struct gd_tally *tally = context;
    const struct gd_gate *gate = tally->options.gate;
    out_text[0] = '\0';
    if (gate->waits_for != NULL)
        gate->waits_for(gate->context, session_of(given)->inner, out_text, size);
}

/* ---- statements ---- */

static bool note_glance(struct session *session, const char *text, size_t size, bool parse,
                        bool passes)
{
    static const struct gd_gate_answer harmless = {.verdict = GD_GATE_PASS, .class = "none"};
    struct gd_tally *tally = session->tally;
    struct gd_error ignored = {0};
    if (!passes)
        return false;
    add(&tally->glanced, 1);
    if (tally->options.all)
        (void)write_statement(session, text, size, parse, true, &harmless,
                              atomic_fetch_add(&session->statements, 1) + 1, 0, &ignored)
            .code;
    return true;
}

static bool glance(void *context, struct gd_gate_session *given, const char *text, size_t size,
                   bool parse)
{
    struct gd_tally *tally = context;
    const struct gd_gate *gate = tally->options.gate;
    struct session *session = session_of(given);
    return note_glance(session, text, size, parse,
                       gate->glance(gate->context, session->inner, text, size, parse));
}

static bool still(void *context, struct gd_gate_session *given, const char *text, size_t size)
{
    struct gd_tally *tally = context;
    const struct gd_gate *gate = tally->options.gate;
    struct session *session = session_of(given);
    return note_glance(session, text, size, false,
                       gate->still(gate->context, session->inner, text, size));
}

static uint64_t ticket_of(struct session *session, uint64_t number, uint64_t inner)
{
    session->recent[number % RECENT].number = number;
    session->recent[number % RECENT].passed_us = gd_clock_monotonic_us();
    return (number & ((1U << NUMBER_BITS) - 1)) << TICKET_BITS |
           (inner == UINT64_MAX ? ticket_mask : inner);
}

/* Nobody would know of it: then it does not happen. */
static void fail_closed(struct session *session, const struct gd_gate_request *request,
                        const struct gd_error *err, struct gd_gate_answer *answer)
{
    const struct gd_gate *gate = session->tally->options.gate;
    const struct gd_gate_result undone = {.failed = true, .tag = "", .state = request->state};
    bool wrap = answer->wrap; /* what was opened is ended by the relay */
    if (answer->ticket != 0)
        gate->passed(gate->context, session->inner, answer->ticket, &undone);
    *answer = (struct gd_gate_answer){
        .verdict = GD_GATE_REFUSE,
        .sqlstate = "58030",
        .message = gd_arena_printf(request->arena, "guardian: %s", err->text),
        .detail = "",
        .hint = "Nothing that changes something is passed without a line in the audit log.",
        .wrap = wrap,
        .class = answer->class,
        .rules = answer->rules,
        .change = answer->change,
    };
}

static void count_judged(struct gd_tally *tally, const struct gd_gate_answer *answer, double held)
{
    size_t bucket = 0;
    add(&tally->judged[index_of(classes, CLASSES, answer->class)][answer->verdict], 1);
    while (bucket < BOUNDS && held > bounds[bucket])
        bucket++;
    pthread_mutex_lock(&tally->lock);
    tally->held[bucket]++;
    tally->held_seconds += held;
    pthread_mutex_unlock(&tally->lock);
}

static bool is_harmless(const struct gd_gate_answer *answer)
{
    return answer->class != NULL && strcmp(answer->class, classes[0]) == 0;
}

static void judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer)
{
    struct gd_tally *tally = context;
    struct session *session = session_of(request->session);
    struct gd_gate_request inner = *request;
    struct gd_error err = {0};
    int64_t began_us = gd_clock_monotonic_us();
    inner.session = session->inner;
    tally->options.gate->judge(tally->options.gate->context, &inner, out_answer);
    if (out_answer->verdict == GD_GATE_SETTLE)
        return; /* it is asked about again */
    double held = (double)(gd_clock_monotonic_us() - began_us) / 1e6;
    uint64_t number = atomic_fetch_add(&session->statements, 1) + 1;
    bool written = write_statement(session, request->text, request->size, request->parse, false,
                                   out_answer, number, held, &err)
                       .code == GD_OK;
    bool passes = out_answer->verdict == GD_GATE_PASS || out_answer->verdict == GD_GATE_ANSWER;
    if (!written && passes && !is_harmless(out_answer))
        fail_closed(session, request, &err, out_answer);
    else if (out_answer->verdict == GD_GATE_PASS)
        out_answer->ticket = ticket_of(session, number, out_answer->ticket);
    count_judged(tally, out_answer, held);
}

static void note_end(struct session *session, uint64_t low, const struct gd_gate_result *result)
{
    struct gd_tally *tally = session->tally;
    struct gd_error err = {0};
    uint64_t number = session->recent[low % RECENT].number;
    bool known = (number & ((1U << NUMBER_BITS) - 1)) == low;
    double seconds =
        known ? (double)(gd_clock_monotonic_us() - session->recent[low % RECENT].passed_us) / 1e6
              : -1;
    if (tally->options.audit != NULL && gd_audit_end(tally->options.audit, session->number,
                                                     known ? number : low, result, seconds, &err)
                                                .code != GD_OK)
        note_failure(tally, &err);
}

static void passed(void *context, struct gd_gate_session *given, uint64_t ticket,
                   const struct gd_gate_result *result)
{
    struct gd_tally *tally = context;
    const struct gd_gate *gate = tally->options.gate;
    struct session *session = session_of(given);
    uint64_t inner = ticket & ticket_mask;
    if (result->lost)
        add(&tally->lost, 1);
    if (inner != 0)
        gate->passed(gate->context, session->inner, inner == ticket_mask ? UINT64_MAX : inner,
                     result);
    if (result->failed || result->lost || result->completed > 0)
        note_end(session, ticket >> TICKET_BITS, result);
}

/* ---- numbers ---- */

static void put_head(FILE *to, const char *name, const char *type, const char *help)
{
    fprintf(to, "# HELP guardian_%s %s\n# TYPE guardian_%s %s\n", name, help, name, type);
}

static void put_one(FILE *to, const char *name, const char *type, const char *help, uint64_t value)
{
    put_head(to, name, type, help);
    fprintf(to, "guardian_%s %" PRIu64 "\n", name, value);
}

static void put_relay(FILE *to, const struct gd_relay_counts *counts)
{
    put_one(to, "sessions", "gauge", "Clients that are there.", counts->sessions);
    put_one(to, "sessions_entered_total", "counter", "Clients that came in.", counts->entered);
    put_one(to, "entries_refused_total", "counter", "Clients that were not let in.",
            counts->refused_entry);
    put_one(to, "upstream_errors_total", "counter",
            "Clients for whom there was no connection to the server.", counts->upstream_failed);
    put_one(to, "cancels_total", "counter", "Requests to cancel a statement.", counts->cancels);
    put_head(to, "bytes_total", "counter", "Bytes from clients (in) and to them (out).");
    fprintf(to, "guardian_bytes_total{direction=\"in\"} %" PRIu64 "\n", counts->bytes_in);
    fprintf(to, "guardian_bytes_total{direction=\"out\"} %" PRIu64 "\n", counts->bytes_out);
}

static void put_judged(FILE *to, struct gd_tally *tally)
{
    put_head(to, "statements_total", "counter", "Statements that were judged.");
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t v = 0; v < VERDICTS; v++)
            fprintf(to, "guardian_statements_total{class=\"%s\",verdict=\"%s\"} %" PRIu64 "\n",
                    classes[c], verdicts[v], (uint64_t)atomic_load(&tally->judged[c][v]));
    put_one(to, "statements_glanced_total", "counter",
            "Statements known to be harmless, let through at a glance.",
            atomic_load(&tally->glanced));
    put_one(to, "statements_lost_total", "counter",
            "Statements whose end nobody heard, for the connection was lost.",
            atomic_load(&tally->lost));
}

/* Under the lock. */
static void put_held(FILE *to, const struct gd_tally *tally)
{
    uint64_t so_far = 0;
    put_head(to, "statement_held_seconds", "histogram", "How long statements were judged.");
    for (size_t i = 0; i < BOUNDS; i++) {
        so_far += tally->held[i];
        fprintf(to, "guardian_statement_held_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", bounds[i],
                so_far);
    }
    so_far += tally->held[BOUNDS];
    fprintf(to,
            "guardian_statement_held_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
            "guardian_statement_held_seconds_sum %.6f\n"
            "guardian_statement_held_seconds_count %" PRIu64 "\n",
            so_far, tally->held_seconds, so_far);
}

static void put_changes(FILE *to, struct gd_tally *tally)
{
    put_head(to, "changes_total", "counter", "Changes of sessions that are over.");
    for (size_t i = 0; i < OUTCOMES; i++)
        fprintf(to, "guardian_changes_total{outcome=\"%s\"} %" PRIu64 "\n", outcomes[i],
                (uint64_t)atomic_load(&tally->changes[i]));
    put_one(to, "backups_total", "counter", "Backups that were made and proven for them.",
            atomic_load(&tally->backups));
    put_one(to, "audit_errors_total", "counter", "Lines that could not be written.",
            atomic_load(&tally->audit_failures));
}

char *gd_tally_metrics(struct gd_tally *tally)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_relay_counts counts = {0};
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        abort();
    put_head(to, "build_info", "gauge", "Which guardian this is.");
    fprintf(to, "guardian_build_info{version=\"%s\"} 1\n", gd_version());
    pthread_mutex_lock(&tally->lock);
    if (tally->relay != NULL)
        gd_relay_counts(tally->relay, &counts);
    put_held(to, tally);
    pthread_mutex_unlock(&tally->lock);
    put_relay(to, &counts);
    put_judged(to, tally);
    put_changes(to, tally);
    if (fclose(to) != 0)
        abort();
    return text;
}

/* ---- all of it ---- */

struct gd_tally *gd_tally_new(const struct gd_tally_options *options)
{
    struct gd_tally *tally = gd_memory_new(sizeof *tally);
    tally->options = *options;
    tally->gate = (struct gd_gate){
        .context = tally,
        .enter = enter,
        .leave = leave,
        .glance = glance,
        .judge = judge,
        .still = still,
        .reported = reported,
        .passed = passed,
        .waits_for = waits_for,
    };
    pthread_mutex_init(&tally->lock, NULL);
    return tally;
}

const struct gd_gate *gd_tally_gate(struct gd_tally *tally)
{
    return &tally->gate;
}

void gd_tally_relay(struct gd_tally *tally, const struct gd_relay *relay)
{
    pthread_mutex_lock(&tally->lock);
    tally->relay = relay;
    pthread_mutex_unlock(&tally->lock);
}

void gd_tally_count_change(struct gd_tally *tally, const char *outcome, size_t backups)
{
    add(&tally->changes[index_of(outcomes, OUTCOMES, outcome)], 1);
    add(&tally->backups, backups);
}

void gd_tally_free(struct gd_tally *tally)
{
    if (tally == NULL)
        return;
    pthread_mutex_destroy(&tally->lock);
    free(tally);
}
