/* Team: see team.h. */
#include "guardian/restore/team.h"
#include "guardian/base/thread.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/journal/net_key.h"
#include "guardian/pg/copy.h"

enum { WORKERS_MAX = 64, WORKERS_DEFAULT = 8 };

struct gd_team {
    const struct gd_restore_options *options;
    struct gd_pg *home; /* a view */
    struct gd_pg *sessions[WORKERS_MAX];
    char pids[WORKERS_MAX][16];
    uint64_t memory_kib; /* maintenance_work_mem of a session, as it was set up */
    bool may_spill;      /* temp_file_limit does not stand in the way */
    unsigned size;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* the list that is worked through */
    struct gd_team_list list;
    unsigned running; /* threads */
    unsigned busy;    /* of them those at a job */
    bool stop;
    struct gd_status status;
    struct gd_error err;
    uint64_t bytes, rows, total_bytes;
    const char *stage;
};

/* --- sessions ---------------------------------------------------------------------------------*/

/* What a server does not know is left alone. maintenance_work_mem is the server's memory, and is
 * raised modestly: half a gigabyte for all of the team. */
static const char session_settings[] =
    "SELECT pg_catalog.set_config(name, value, false) FROM (VALUES "
    "('search_path', ''),"
    "('client_encoding', CASE WHEN pg_catalog.getdatabaseencoding() IN "
    "  ('SQL_ASCII', 'MULE_INTERNAL') THEN pg_catalog.getdatabaseencoding() ELSE 'UTF8' END),"
    "('standard_conforming_strings', 'on'), ('check_function_bodies', 'off'),"
    "('xmloption', 'content'), ('client_min_messages', 'warning'), ('row_security', 'off'),"
    "('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'),"
    "('lc_monetary', 'C'), ('bytea_output', 'hex'), ('extra_float_digits', '3'),"
    "('synchronous_commit', 'off'), ('default_tablespace', ''),"
    "('statement_timeout', '0'), ('lock_timeout', '0'), ('jit', 'off'),"
    "('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),"
    "('idle_session_timeout', '0'),"
    "('maintenance_work_mem', greatest(pg_catalog.pg_size_bytes("
    "   pg_catalog.current_setting('maintenance_work_mem')) / 1024,"
    "   least(262144, 524288 / %u))::text)"
    ") AS wanted (name, value)"
    " WHERE pg_catalog.current_setting(name, true) IS NOT NULL";

static unsigned team_size(const struct gd_restore_options *options)
{
    if (options->workers > 0)
        return options->workers > WORKERS_MAX ? WORKERS_MAX : options->workers;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1)
        return 1;
    return processors > WORKERS_DEFAULT ? WORKERS_DEFAULT : (unsigned)processors;
}

/* What is done here was decided: the second net is told that the session is ours. */
GD_MUST static struct gd_status pass_the_net(const struct gd_restore_options *options,
                                             struct gd_pg *pg, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_net net;
    GD_TRY(gd_net_open(pg, options->place->store, options->place->key, arena, &net, err));
    return gd_net_own(&net, pg, err);
}

struct gd_status gd_restore_session(const struct gd_restore_options *options, struct gd_pg *like,
                                    const char *database, struct gd_pg **out_pg,
                                    struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    char settings[sizeof session_settings + 16];
    snprintf(settings, sizeof settings, session_settings, team_size(options));
    GD_TRY(gd_pg_connect_like(like, database, &pg, err));
    GD_TRY(gd_pg_command(pg, "set up a session for restoring", settings, err));
    GD_TRY(pass_the_net(options, pg, err));
    *out_pg = GD_MOVE(pg);
    return GD_DONE;
}

GD_MUST static struct gd_status open_one(struct gd_team *team, const char *database,
                                         struct gd_error *err)
{
    unsigned at = team->size;
    GD_TRY(gd_restore_session(team->options, team->home, database, &team->sessions[at], err));
    team->size++;
    struct gd_pg_call call = {
        .what = "ask for a session's process and memory",
        .sql = "SELECT pg_catalog.pg_backend_pid(),"
               " pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem'))"
               " / 1024, pg_catalog.current_setting('temp_file_limit') = '-1'"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(team->sessions[at], &call, &rows, err));
    snprintf(team->pids[at], sizeof team->pids[at], "%s", gd_pg_cell(rows, 0, 0));
    team->memory_kib = (uint64_t)gd_pg_int(rows, 0, 1);
    team->may_spill = gd_pg_bool(rows, 0, 2);
    return GD_DONE;
}

/* Sorting by runs that stay in the processor's cache, and merging them, takes two thirds of the
 * time of sorting all at once in a quarter of a gigabyte; so does hashing by batches. A run costs
 * 272 KiB while it is merged: memory grows with the square root of what is sorted, so that one
 * merge is enough. */
uint64_t gd_team_sort_kib(const struct gd_team *team, uint64_t bytes)
{
    enum { LEAST_KIB = 4096, FACTOR_KIB = 100 };
    uint64_t wanted = LEAST_KIB;
    if (!team->may_spill)
        return team->memory_kib;
    while (wanted < team->memory_kib && wanted * wanted < bytes / 1024 * FACTOR_KIB)
        wanted += wanted / 4;
    return wanted < team->memory_kib ? wanted : team->memory_kib;
}

struct gd_status gd_team_open(const struct gd_restore_options *options, struct gd_pg *home,
                              const char *database, struct gd_team **out_team, struct gd_error *err)
{
    gd_auto_team team = calloc(1, sizeof *team);
    if (team == NULL)
        abort();
    team->options = options;
    team->home = home;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->changed, NULL);
    unsigned wanted = team_size(options);
    for (unsigned i = 0; i < wanted; i++)
        GD_TRY(open_one(team, database, err));
    *out_team = GD_MOVE(team);
    return GD_DONE;
}

void gd_team_close(struct gd_team *team)
{
    if (team == NULL)
        return;
    for (unsigned i = 0; i < team->size; i++)
        gd_pg_close(team->sessions[i]);
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->lock);
    free(team);
}

unsigned gd_team_size(const struct gd_team *team)
{
    return team->size;
}

uint64_t gd_team_memory_kib(const struct gd_team *team)
{
    return team->memory_kib;
}

struct gd_pg *gd_team_first(struct gd_team *team)
{
    return team->sessions[0];
}

/* --- working ----------------------------------------------------------------------------------*/

struct worker {
    struct gd_team *team;
    unsigned number;
    pthread_t thread;
};

/* @return false when there is nothing left to do */
static bool take_job(struct gd_team *team, size_t *out_job)
{
    enum gd_team_turn turn = GD_TEAM_END;
    pthread_mutex_lock(&team->lock);
    while (!team->stop) {
        turn = team->list.pick(team->list.context, out_job);
        if (turn != GD_TEAM_WAIT)
            break;
        assert(team->busy > 0); /* or it would never end */
        pthread_cond_wait(&team->changed, &team->lock);
    }
    bool there = !team->stop && turn == GD_TEAM_JOB;
    team->busy += there;
    pthread_mutex_unlock(&team->lock);
    return there;
}

static void put_job(struct gd_team *team, size_t job, bool done)
{
    pthread_mutex_lock(&team->lock);
    team->busy--;
    if (done && team->list.ended != NULL)
        team->list.ended(team->list.context, job);
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
}

/* The first failure is the one that counts: those after it are its consequences. */
static void note_failure(struct gd_team *team, struct gd_status status, const struct gd_error *err)
{
    pthread_mutex_lock(&team->lock);
    if (!team->stop) {
        team->status = status;
        team->err = *err;
    }
    team->stop = true;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct gd_team *team = worker->team;
    size_t job = 0;
    while (take_job(team, &job)) {
        struct gd_error err = {0};
        struct gd_status status = gd_interrupted()
                                      ? gd_fail(&err, GD_SYSTEM, "could not go on: asked to stop")
                                      : team->list.work(team->list.context, team, worker->number,
                                                        team->sessions[worker->number], job, &err);
        if (status.code != GD_OK)
            note_failure(team, status, &err);
        put_job(team, job, status.code == GD_OK);
    }
    pthread_mutex_lock(&team->lock);
    team->running--;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

/* A long CREATE INDEX of another session would be waited for in vain. */
static void end_stragglers(struct gd_team *team)
{
    for (unsigned i = 0; i < team->size; i++) {
        const char *pid = team->pids[i];
        struct gd_error ignored = {0};
        struct gd_pg_call call = {.what = "end a session",
                                  .sql = "SELECT pg_catalog.pg_terminate_backend($1::int)",
                                  .values = &pid,
                                  .value_count = 1};
        (void)!gd_pg_run(team->home, &call, NULL, &ignored).code;
    }
}

static void await_all(struct gd_team *team)
{
    bool ended = false;
    pthread_mutex_lock(&team->lock);
    while (team->running > 0) {
        if (team->stop && !ended) {
            ended = true;
            pthread_mutex_unlock(&team->lock);
            end_stragglers(team);
            pthread_mutex_lock(&team->lock);
            continue;
        }
        pthread_cond_wait(&team->changed, &team->lock);
    }
    pthread_mutex_unlock(&team->lock);
}

void gd_team_stage(struct gd_team *team, const char *stage, uint64_t total_bytes)
{
    gd_tell_stage(team->options->events, stage, total_bytes);
    pthread_mutex_lock(&team->lock);
    team->stage = stage;
    team->bytes = team->rows = 0;
    team->total_bytes = total_bytes;
    pthread_mutex_unlock(&team->lock);
}

struct gd_status gd_team_pool(struct gd_team *team, const char *stage, size_t count,
                              uint64_t total_bytes, const struct gd_team_list *list,
                              struct gd_error *err)
{
    struct worker workers[WORKERS_MAX];
    unsigned started = 0;
    assert(!team->stop);
    if (count == 0)
        return GD_DONE;
    gd_team_stage(team, stage, total_bytes);
    team->list = *list;
    team->busy = 0;
    team->running = team->size < count ? team->size : (unsigned)count;
    unsigned wanted = team->running;
    for (; started < wanted; started++) {
        workers[started] = (struct worker){.team = team, .number = started};
        if (gd_thread_start(&workers[started].thread, work, &workers[started]) != 0)
            break;
    }
    if (started < wanted) {
        struct gd_error failed = {0};
        note_failure(team, gd_fail(&failed, GD_SYSTEM, "could not start a thread"), &failed);
        pthread_mutex_lock(&team->lock);
        team->running -= wanted - started;
        pthread_mutex_unlock(&team->lock);
    }
    await_all(team);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    if (team->stop)
        *err = team->err;
    return team->stop ? team->status : GD_DONE;
}

/* A list in its order. */
struct in_order {
    size_t next, count;
    gd_team_fn *work;
    void *context;
};

static enum gd_team_turn pick_next(void *context, size_t *out_job)
{
    struct in_order *list = context;
    if (list->next == list->count)
        return GD_TEAM_END;
    *out_job = list->next++;
    return GD_TEAM_JOB;
}

static struct gd_status work_next(void *context, struct gd_team *team, unsigned worker,
                                  struct gd_pg *pg, size_t job, struct gd_error *err)
{
    const struct in_order *list = context;
    return list->work(list->context, team, worker, pg, job, err);
}

struct gd_status gd_team_work(struct gd_team *team, const char *stage, size_t count,
                              uint64_t total_bytes, gd_team_fn *fn, void *context,
                              struct gd_error *err)
{
    struct in_order order = {.count = count, .work = fn, .context = context};
    struct gd_team_list list = {.pick = pick_next, .work = work_next, .context = &order};
    return gd_team_pool(team, stage, count, total_bytes, &list, err);
}

void gd_team_progress(struct gd_team *team, unsigned worker, const char *object, uint64_t bytes,
                      uint64_t rows)
{
    pthread_mutex_lock(&team->lock);
    team->bytes += bytes;
    team->rows += rows;
    struct gd_event event = {.kind = GD_EVENT_PROGRESS,
                             .text = team->stage,
                             .object = object,
                             .worker = (int)worker,
                             .bytes = team->bytes,
                             .total_bytes = team->total_bytes,
                             .rows = team->rows};
    pthread_mutex_unlock(&team->lock);
    gd_tell(team->options->events, &event);
}

bool gd_team_stopped(struct gd_team *team)
{
    pthread_mutex_lock(&team->lock);
    bool stopped = team->stop;
    pthread_mutex_unlock(&team->lock);
    return stopped;
}
