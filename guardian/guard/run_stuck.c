/*
 * Run, sessions that stand in each other's way because of us. A seal keeps writers off until its
 * transaction ends. Without it a second session of the command would go on; with it that waits, and
 * when one thread drives both, the first is never ended. The server sees no deadlock: half of the
 * circle is in the command.
 *
 * Invariant 1  Nothing is ended but a statement of this run that waits for a lock of this run's
 *              seal, and would not wait without it.
 * Invariant 2  … while who holds that lock says nothing, for as long as the policy's sealed_wait.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "guardian/base/clock.h"
#include "guardian/guard/run_own.h"

enum { LOOK_MS = 500, LOCK_MS = 200, SECOND_NS = 1000000000 };

/* ---- who waits for whom ---- */

/* $1: sessions of the run; $2: those that may hold a seal, and whose clients say nothing; $3: whose
 * statement is to be ended. A chain may lead through sessions of others. Of what a seal holds up,
 * ROW EXCLUSIVE and SHARE UPDATE EXCLUSIVE alone would get by what the statement behind the seal
 * locks itself. */
static const char find[] =
    "WITH RECURSIVE waits (waiter, at) AS ("
    "SELECT l.pid, l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted "
    "AND l.pid OPERATOR(pg_catalog.=) ANY ($1::int[]) "
    "UNION SELECT w.waiter, b.pid FROM waits w "
    "CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.at)) AS b (pid)), "
    "found AS (SELECT DISTINCT ON (w.waiter) w.waiter, h.pid AS holder, "
    "pg_catalog.format('%s.%s', n.nspname, c.relname) AS relation, "
    "pg_catalog.format('%s %s %s', h.pid, a.state_change, s.query_start) AS key "
    "FROM waits w "
    "JOIN pg_catalog.pg_locks l ON l.pid OPERATOR(pg_catalog.=) w.at AND NOT l.granted "
    "AND l.locktype OPERATOR(pg_catalog.=) 'relation' "
    "AND l.mode OPERATOR(pg_catalog.=) ANY ('{RowExclusiveLock,ShareUpdateExclusiveLock}'::text[]) "
    "JOIN pg_catalog.pg_locks h ON h.granted AND h.locktype OPERATOR(pg_catalog.=) 'relation' "
    "AND h.database OPERATOR(pg_catalog.=) l.database "
    "AND h.relation OPERATOR(pg_catalog.=) l.relation "
    "AND h.mode OPERATOR(pg_catalog.=) 'ShareRowExclusiveLock' "
    "AND h.pid OPERATOR(pg_catalog.=) ANY ($2::int[]) "
    "AND h.pid OPERATOR(pg_catalog.<>) w.waiter "
    "JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) h.pid "
    "AND a.wait_event OPERATOR(pg_catalog.=) 'ClientRead' "
    "JOIN pg_catalog.pg_stat_activity s ON s.pid OPERATOR(pg_catalog.=) w.waiter "
    "JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation "
    "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
    "WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_locks o WHERE o.granted "
    "AND o.pid OPERATOR(pg_catalog.=) h.pid "
    "AND o.locktype OPERATOR(pg_catalog.=) 'relation' "
    "AND o.database OPERATOR(pg_catalog.=) l.database "
    "AND o.relation OPERATOR(pg_catalog.=) l.relation AND (o.mode OPERATOR(pg_catalog.=) ANY "
    "('{ShareLock,ExclusiveLock,AccessExclusiveLock}'::text[]) "
    "OR (o.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock' "
    "AND l.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock'))) "
    "ORDER BY w.waiter, h.pid) "
    "SELECT f.waiter, f.holder, f.relation, f.key, "
    "CASE WHEN f.waiter OPERATOR(pg_catalog.=) ANY ($3::int[]) "
    "THEN pg_catalog.pg_cancel_backend(f.waiter) ELSE false END FROM found f";

static bool is_here(const struct gd_gate_session *session)
{
    return !atomic_load(&session->left) && atomic_load(&session->backend) != 0;
}

static bool is_silent_holder(const struct gd_gate_session *session)
{
    return is_here(session) && atomic_load(&session->sealed) && !atomic_load(&session->judging);
}

static struct gd_gate_session *first_session(struct gd_run *run)
{
    pthread_mutex_lock(&run->heard_lock);
    struct gd_gate_session *first = run->sessions; /* none leaves the list before the run ends */
    pthread_mutex_unlock(&run->heard_lock);
    return first;
}

static struct gd_gate_session *session_of(struct gd_gate_session *first, int backend)
{
    struct gd_gate_session *at = first;
    while (at != NULL && (!is_here(at) || atomic_load(&at->backend) != backend))
        at = at->next;
    return at;
}

/* "{12,34}" */
static const char *backends(const struct gd_gate_session *first,
                            bool (*wanted)(const struct gd_gate_session *session),
                            struct gd_arena *arena)
{
    const char *all = "";
    for (const struct gd_gate_session *at = first; at != NULL; at = at->next)
        if (wanted(at))
            all = gd_arena_printf(arena, "%s%s%d", all, *all == '\0' ? "" : ",",
                                  atomic_load(&at->backend));
    return gd_arena_printf(arena, "{%s}", all);
}

/* ---- what is ended ---- */

static uint32_t limit_ms(const struct gd_run *run)
{
    const struct gd_limits *limits = gd_policy_limits(run->options->guard->policy);
    return limits->sealed_wait.value == 0 ? 1 : gd_guard_bounded(&limits->sealed_wait);
}

static void give_words(struct gd_run *run, struct gd_gate_session *session, const char *relation)
{
    struct gd_gate_answer *words = gd_arena_zalloc(run->arena, 1, sizeof *words);
    snprintf(words->sqlstate, sizeof words->sqlstate, "55P03"); /* lock_not_available */
    words->message = gd_arena_printf(
        run->arena,
        "guardian: another session of the command has an open transaction that must keep writers "
        "off %s, and said nothing while this statement waited for it for %.1f s",
        relation, (double)(gd_clock_monotonic_us() - session->stuck.since_us) / 1e6);
    words->detail = "The rows that are changed there were backed up under a lock that lasts until "
                    "that transaction ends. Nothing of this statement ran.";
    words->hint = "End that transaction before another session writes to the same table, or send "
                  "both through one session. The policy's sealed_wait says how long is waited.";
    session->stuck.words = words;
    atomic_store(&session->ended, words);
}

static void tell(struct gd_run *run, const struct gd_gate_answer *words)
{
    static const size_t prefix = sizeof "guardian: " - 1;
    const char *text =
        gd_arena_printf(run->arena, "A statement was ended: %s.", words->message + prefix);
    gd_texts_add(&run->outcome->notes, text, run->arena);
    gd_tell_warning(run->options->guard->events, words->hint, "%s", text);
    if (run->first_refusal != NULL)
        return;
    run->first_refusal = words->message + prefix;
    run->first_hint = words->hint;
}

/* ---- looking ---- */

struct looking {
    struct gd_run *run;
    struct gd_gate_session *first;
    struct gd_arena *arena;
    const char *ripe; /* those that are to be ended: "12,34" */
};

static const char *key_of(const struct looking *looking, int holder, const char *seen)
{
    const struct gd_gate_session *session = session_of(looking->first, holder);
    return gd_arena_printf(looking->arena, "%s %u", seen,
                           session == NULL ? 0 : atomic_load(&session->said));
}

static void note_waiter(struct looking *looking, const struct gd_pg_rows *rows, size_t row)
{
    struct gd_gate_session *session = session_of(looking->first, (int)gd_pg_int(rows, row, 0));
    const char *key = key_of(looking, (int)gd_pg_int(rows, row, 1), gd_pg_cell(rows, row, 3));
    int64_t now = gd_clock_monotonic_us();
    if (session == NULL)
        return;
    if (strncmp(session->stuck.key, key, sizeof session->stuck.key - 1) != 0) {
        snprintf(session->stuck.key, sizeof session->stuck.key, "%s", key);
        session->stuck.since_us = now;
    }
    if (now - session->stuck.since_us < (int64_t)limit_ms(looking->run) * 1000)
        return;
    give_words(looking->run, session, gd_pg_cell(rows, row, 2));
    looking->ripe =
        gd_arena_printf(looking->arena, "%s%s%d", looking->ripe, *looking->ripe == '\0' ? "" : ",",
                        atomic_load(&session->backend));
}

static bool is_among(const struct gd_pg_rows *rows, int waiter)
{
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        if (gd_pg_int(rows, i, 0) == waiter)
            return true;
    return false;
}

/* The session does not wait any more. */
static void forget_others(const struct looking *looking, const struct gd_pg_rows *rows)
{
    for (struct gd_gate_session *at = looking->first; at != NULL; at = at->next)
        if (!is_among(rows, atomic_load(&at->backend)))
            at->stuck.key[0] = '\0';
}

GD_MUST static struct gd_status ask(const struct looking *looking, const char *ripe,
                                    struct gd_pg_rows **out_rows, struct gd_error *err)
{
    const char *values[] = {backends(looking->first, is_here, looking->arena),
                            backends(looking->first, is_silent_holder, looking->arena),
                            gd_arena_printf(looking->arena, "{%s}", ripe)};
    struct gd_pg_call call = {.what = "look who waits for whom",
                              .sql = find,
                              .values = values,
                              .value_count = 3,
                              .keep = "guardian stuck"};
    return gd_pg_run(looking->run->pg, &call, out_rows, err);
}

/* Asked again, and ended in the same moment: it may have come through meanwhile. */
static void end_ripe(const struct looking *looking)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    bool asked = ask(looking, looking->ripe, &rows, &ignored).code == GD_OK;
    for (struct gd_gate_session *at = looking->first; at != NULL; at = at->next) {
        const struct gd_gate_answer *words = at->stuck.words;
        bool done = false;
        at->stuck.words = NULL;
        for (size_t i = 0; asked && i < gd_pg_rows_count(rows); i++)
            done |= gd_pg_int(rows, i, 0) == atomic_load(&at->backend) &&
                    gd_pg_cell(rows, i, 4)[0] == 't';
        if (words != NULL && done)
            tell(looking->run, words);
        else if (words != NULL)
            atomic_store(&at->ended, NULL);
    }
}

/* Under the run's lock: nobody is judged, so what waits was passed. */
static void look_for_stuck(struct gd_run *run)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    struct looking looking = {.run = run, .first = first_session(run), .arena = arena, .ripe = ""};
    if (ask(&looking, "", &rows, &ignored).code != GD_OK)
        return;
    forget_others(&looking, rows);
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        note_waiter(&looking, rows, i);
    if (*looking.ripe != '\0')
        end_ripe(&looking);
}

/* ---- its thread ---- */

static bool is_worth_it(struct gd_run *run)
{
    size_t here = 0, holders = 0;
    for (struct gd_gate_session *at = first_session(run); at != NULL; at = at->next) {
        here += is_here(at);
        holders += is_silent_holder(at);
    }
    return holders > 0 && here > 1;
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    int64_t ns = when.tv_nsec + ms * (SECOND_NS / 1000);
    when.tv_sec += ns / SECOND_NS;
    when.tv_nsec = ns % SECOND_NS;
    return when;
}

static void *watch(void *context)
{
    struct gd_run *run = context;
    struct gd_run_watch *watch = &run->watch;
    pthread_mutex_lock(&watch->lock);
    while (!watch->ends) {
        struct timespec when = in_ms(LOOK_MS);
        if (pthread_cond_clockwait(&watch->wake, &watch->lock, CLOCK_MONOTONIC, &when) != ETIMEDOUT)
            continue;
        pthread_mutex_unlock(&watch->lock);
        struct timespec until = in_ms(LOCK_MS);
        if (is_worth_it(run) && pthread_mutex_clocklock(&run->lock, CLOCK_MONOTONIC, &until) == 0) {
            look_for_stuck(run);
            pthread_mutex_unlock(&run->lock);
        }
        pthread_mutex_lock(&watch->lock);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

/* Signals are for whoever waits for the command. A run of one session has nobody who could wait. */
void gd_run_note_sealed(struct gd_run *run, struct gd_gate_session *session)
{
    sigset_t all, before;
    atomic_store(&session->sealed, true);
    if (run->watch.runs || run->options->visit)
        return;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    run->watch.runs = pthread_create(&run->watch.thread, NULL, watch, run) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void gd_run_watch_init(struct gd_run_watch *watch)
{
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->wake, NULL);
}

void gd_run_watch_done(struct gd_run_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->ends = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    if (watch->runs)
        (void)pthread_join(watch->thread, NULL);
    watch->runs = false;
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
}

/* ---- what its client is told ---- */

bool gd_run_explains(void *context, struct gd_gate_session *session, const char *sqlstate,
                     struct gd_gate_answer *out_words)
{
    const struct gd_gate_answer *words = atomic_exchange(&session->ended, NULL);
    (void)context;
    if (words == NULL || strcmp(sqlstate, "57014") != 0) /* query_canceled */
        return false;
    *out_words = *words;
    return true;
}
