/*
 * Run: from the first look to the last record.
 */
#include "guardian/guard/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/base/whoami.h"
#include "guardian/guard/run_own.h"
#include "guardian/pg/copy.h"
#include "guardian/snapshot/cluster.h"
#include "guardian/version.h"

enum { KEEP_MAX = 64 << 20 }; /* bytes of statements that are kept */

/* ---- sessions ---- */

static struct gd_status enter(void *context, const struct gd_gate_client *client, struct gd_pg *pg,
                              struct gd_gate_session **out_session, struct gd_error *err)
{
    struct gd_gate_session seen = {0};
    gd_run_reported(NULL, &seen, "standard_conforming_strings",
                    gd_pg_reported(pg, "standard_conforming_strings"));
    gd_run_reported(NULL, &seen, "client_encoding", gd_pg_reported(pg, "client_encoding"));
    return gd_run_admit(context, client, &seen, out_session, err);
}

struct gd_status gd_run_admit(struct gd_run *run, const struct gd_gate_client *client,
                              const struct gd_gate_session *seen,
                              struct gd_gate_session **out_session, struct gd_error *err)
{
    GD_TRY(gd_run_await(run, err));
    struct gd_gate_session *session = gd_memory_new(sizeof *session);
    *session =
        (struct gd_gate_session){.odd_quotes = seen->odd_quotes, .odd_letters = seen->odd_letters};
    memcpy(session->letters, seen->letters, sizeof session->letters);
    session->database = gd_memory_strdup(client->database);
    session->user = gd_memory_strdup(client->user);
    session->elsewhere = strcmp(client->database, run->story->database) != 0;
    pthread_mutex_lock(&run->heard_lock); /* `lock` may be held for as long as a backup takes */
    session->next = run->sessions;
    run->sessions = session;
    pthread_mutex_unlock(&run->heard_lock);
    *out_session = session;
    return GD_DONE;
}

/* It is freed with the run: what it passed last may still be told. */
static void leave(void *context, struct gd_gate_session *session)
{
    struct gd_run *run = context;
    atomic_store(&session->left, true);
    struct gd_gate_result gone = {.tag = "", .state = GD_PG_OUTSIDE, .failed = true};
    if (atomic_load(&session->watched)) /* a transaction that is left open is rolled back */
        gd_run_passed(run, session, 0, &gone);
}

/* ---- begin ---- */

GD_MUST static struct gd_status connect(struct gd_run *run, struct gd_error *err)
{
    struct gd_pg_options options = *run->options->guard->pg;
    struct gd_story *story = run->story;
    options.application = gd_arena_printf(run->arena, "guardian %s", run->change_id);
    GD_TRY(gd_pg_connect(&options, &run->pg, err));
    if (gd_pg_pooled(run->pg))
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED,
                               "could not guard %s: a pooler stands between, and a lock taken "
                               "through it is nobody's",
                               gd_pg_where(run->pg)),
                       "Name the server itself, without the pooler, with --db.");
    story->where = gd_arena_strdup(run->arena, gd_pg_where(run->pg));
    story->database = gd_arena_strdup(run->arena, gd_pg_database(run->pg));
    story->server_version = gd_arena_strdup(run->arena, gd_pg_reported(run->pg, "server_version"));
    run->user = gd_arena_strdup(run->arena, gd_pg_user(run->pg));
    return GD_DONE;
}

/* ---- the first look: while the command starts ---- */

static void *look_first(void *context)
{
    struct gd_run_first *first = context;
    first->status = gd_cluster_of(first->pg, first->arena, &first->cluster, &first->err);
    if (first->status.code == GD_OK)
        first->status = gd_pg_stamp(first->pg, first->arena, &first->stamp, &first->err);
    return NULL;
}

/* With no thread to be had it is done at once. */
static void begin_first(struct gd_run *run)
{
    struct gd_run_first *first = &run->first;
    first->pg = run->pg;
    first->arena = gd_arena_new();
    sigset_t all, before; /* signals are for whoever waits for the command */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    first->runs = gd_thread_start(&first->thread, look_first, first) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!first->runs)
        (void)look_first(first);
}

struct gd_status gd_run_await(struct gd_run *run, struct gd_error *err)
{
    struct gd_run_first *first = &run->first;
    pthread_mutex_lock(&first->lock);
    if (first->runs)
        (void)pthread_join(first->thread, NULL);
    first->runs = false;
    pthread_mutex_unlock(&first->lock);
    if (first->status.code != GD_OK)
        *err = first->err;
    return first->status;
}

struct gd_status gd_run_took_look(struct gd_run *run, struct gd_error *err)
{
    struct gd_run_first *first = &run->first;
    GD_TRY(gd_run_await(run, err));
    if (first->arena == NULL)
        return GD_DONE;
    run->story->cluster = gd_arena_strdup(run->arena, first->cluster);
    run->stamp = gd_arena_strdup(run->arena, first->stamp);
    gd_arena_free(GD_MOVE(first->arena));
    return GD_DONE;
}

static struct gd_run *run_new(const struct gd_run_options *options, struct gd_arena *arena)
{
    struct gd_run *run = gd_arena_zalloc(arena, 1, sizeof *run);
    struct gd_story *story = gd_story_new(arena);
    run->options = options;
    run->arena = arena;
    run->began_us = gd_clock_monotonic_us();
    run->outcome = gd_arena_zalloc(arena, 1, sizeof *run->outcome);
    run->outcome->story = run->story = story;
    run->outcome->because = "";
    gd_id_new(run->change_id);
    story->change = run->change_id;
    story->kind = GD_STORY_RUN;
    story->began_us = gd_clock_now_us();
    story->who = gd_whoami(arena);
    story->host = gd_hostname(arena);
    story->version = gd_version();
    story->command = options->command;
    if (options->harmless == NULL)
        run->own_harmless = gd_harmless_new();
    run->harmless = options->harmless == NULL ? run->own_harmless : options->harmless;
    pthread_mutex_init(&run->lock, NULL);
    pthread_mutex_init(&run->heard_lock, NULL);
    pthread_mutex_init(&run->doing.lock, NULL);
    pthread_mutex_init(&run->first.lock, NULL);
    gd_run_watch_init(&run->watch);
    gd_run_overhear(run);
    run->gate = (struct gd_gate){
        .context = run,
        .enter = enter,
        .leave = leave,
        .glance = gd_run_glance,
        .judge = gd_run_judge,
        .still = gd_run_still,
        .reported = gd_run_reported,
        .passed = gd_run_passed,
        .refused = gd_run_refused,
        .waits_for = gd_run_waits_for,
        .explains = gd_run_explains,
    };
    return run;
}

struct gd_status gd_run_begin(const struct gd_run_options *options, struct gd_arena *arena,
                              struct gd_run **out_run, struct gd_error *err)
{
    struct gd_run *run = run_new(options, arena);
    struct gd_status status = connect(run, err);
    if (status.code != GD_OK) {
        gd_run_free(run);
        return status;
    }
    begin_first(run);
    *out_run = run;
    return GD_DONE;
}

const struct gd_gate *gd_run_gate(struct gd_run *run)
{
    return &run->gate;
}

const char *gd_run_database(const struct gd_run *run)
{
    return run->story->database;
}

const char *gd_run_user(const struct gd_run *run)
{
    return run->user;
}

bool gd_run_begun(const struct gd_run *run)
{
    return run->begun;
}

bool gd_run_worn(struct gd_run *run)
{
    struct gd_error ignored = {0};
    pthread_mutex_lock(&run->lock);
    bool worn = run->stuck || gd_pg_broken(run->pg) ||
                (run->lease != NULL && gd_lease_check(run->lease, &ignored).code != GD_OK);
    pthread_mutex_unlock(&run->lock);
    return worn;
}

/* ---- end ---- */

static size_t count_steps(const struct gd_story *story, enum gd_step_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < story->step_count; i++)
        count += story->steps[i].state == state;
    return count;
}

/* What nobody heard the end of: the session is gone, and what it had not committed with it. */
static void settle_rest(struct gd_run *run)
{
    gd_run_take_heard(run);
    for (size_t i = 0; i < run->story->step_count; i++)
        if (run->story->steps[i].state == GD_STEP_APPLYING)
            run->story->steps[i].state = GD_STEP_UNKNOWN;
}

/* The schema after it, and what that tells of steps whose end nobody saw. */
GD_MUST static struct gd_status look_after(struct gd_run *run, struct gd_error *err)
{
    struct gd_story *story = run->story;
    struct gd_fingerprint after = {0};
    if (gd_pg_broken(run->pg))
        GD_TRY(gd_pg_reconnect(run->pg, err));
    GD_TRY(gd_pg_fingerprint(run->pg, run->arena, &after, err));
    story->fingerprint_after = gd_arena_strdup(run->arena, after.sha256);
    gd_fingerprint_compare(&run->before, &after, run->arena, &run->outcome->differences);
    return GD_DONE;
}

static void decide_outcome(struct gd_run *run, int exit_status)
{
    struct gd_story *story = run->story;
    size_t in = count_steps(story, GD_STEP_IN), unknown = count_steps(story, GD_STEP_UNKNOWN);
    bool differs = run->outcome->differences.count > 0;
    story->changed = in > 0 || differs;
    story->unsettled = unknown > 0;
    bool whole = run->refused == 0 || (run->options->visit && story->changed);
    if (exit_status == 0 && unknown == 0 && whole)
        story->outcome = story->changed ? GD_OUTCOME_APPLIED : GD_OUTCOME_NOTHING;
    else if (story->changed || unknown > 0)
        story->outcome = GD_OUTCOME_PARTIAL;
    else
        story->outcome = run->refused > 0 ? GD_OUTCOME_REFUSED : GD_OUTCOME_FAILED;
}

/* The command says that all went well: what it did not stop at is told all the same. */
static void tell_rest(struct gd_run *run)
{
    const struct gd_story *story = run->story;
    bool applied = story->outcome == GD_OUTCOME_APPLIED;
    size_t out = 0;
    if (!applied && story->outcome != GD_OUTCOME_NOTHING)
        return;
    for (size_t i = run->try_steps; i < story->step_count; i++)
        out += story->steps[i].state == GD_STEP_NOT_IN;
    run->outcome->failed = run->failed;
    if (run->failed > 0)
        run->outcome->because = gd_arena_printf(
            run->arena, "%s: the database refused %u statement%s, and the command went on",
            applied ? "Not all of it is in" : "Nothing is in", run->failed,
            run->failed == 1 ? "" : "s");
    else if (out > 0)
        run->outcome->because = applied ? "What the command committed is in; the rest it took back"
                                        : "The command took back all that it did";
}

/* Nobody said no, and still it is no success. */
static const char *how_it_ended(struct gd_run *run, int exit_status)
{
    size_t unknown = count_steps(run->story, GD_STEP_UNKNOWN);
    const char *who = run->options->visit ? "the session ended" : "the command ended";
    const char *lost = gd_arena_printf(
        run->arena, "before anybody saw what became of %zu of its statements", unknown);
    if (exit_status == 0)
        return gd_arena_printf(run->arena, "%s %s", who, lost);
    return gd_arena_printf(run->arena, "%s with status %d%s%s", who, exit_status,
                           unknown > 0 ? ", " : "", unknown > 0 ? lost : "");
}

static void tell_failure(struct gd_run *run, int exit_status)
{
    struct gd_story *story = run->story;
    if (story->outcome == GD_OUTCOME_APPLIED || story->outcome == GD_OUTCOME_NOTHING)
        return;
    story->error = run->first_refusal != NULL ? run->first_refusal : how_it_ended(run, exit_status);
    story->hint = run->trapped && !run->options->visit
                      ? "With --rehearse the backup is made before the command starts."
                  : run->first_hint != NULL ? run->first_hint
                                            : "";
}

/* All that was passed, as a file that can be read again: a rollback looks there for what was
 * written to. */
GD_MUST static struct gd_status keep_statements(struct gd_run *run, struct gd_error *err)
{
    struct gd_story *story = run->story;
    size_t size = 0;
    for (size_t i = 0; i < run->statements.count; i++)
        size += strlen(run->statements.items[i]);
    if (size > KEEP_MAX || size == 0)
        return GD_DONE;
    char *all = gd_arena_alloc(run->arena, size + 1), *at = all;
    for (size_t i = 0; i < run->statements.count; i++) {
        size_t length = strlen(run->statements.items[i]);
        memcpy(at, run->statements.items[i], length);
        at += length;
    }
    char *sha256 = gd_arena_alloc(run->arena, GD_DIGEST_HEX_SIZE);
    gd_digest_of(all, size, sha256);
    story->files = gd_arena_zalloc(run->arena, 1, sizeof *story->files);
    story->file_count = 1;
    story->files[0] = (struct gd_story_file){
        .path = "statements of the run",
        .origin = "",
        .sha256 = sha256,
        .known_as = sha256,
        .class = story->class,
        .text_key = "",
    };
    return gd_journal_attach(run->journal, "statements", all, size, run->options->guard->key,
                             run->arena, &story->files[0].text_key, err);
}

GD_MUST static struct gd_status write_end(struct gd_run *run, struct gd_error *err)
{
    struct gd_story *story = run->story;
    if (run->stuck)
        return GD_DONE; /* it stays open: the next guardian settles it */
    GD_TRY(keep_statements(run, err));
    story->ended_us = gd_clock_now_us();
    GD_TRY(gd_journal_write(run->journal, GD_RECORD_CLOSED, gd_story_body(story, GD_RECORD_CLOSED),
                            err));
    const char *sql = gd_ledger_change_sql(&run->ledger, story, run->arena);
    return sql == NULL ? GD_DONE
                       : gd_pg_command(run->pg, "write the run into the ledger", sql, err);
}

GD_MUST static struct gd_status close_change(struct gd_run *run, int exit_status,
                                             struct gd_error *err)
{
    settle_rest(run);
    GD_TRY(look_after(run, err));
    decide_outcome(run, exit_status);
    if (run->story->changed)
        gd_run_mark(run, true);
    tell_rest(run);
    tell_failure(run, exit_status);
    GD_TRY(gd_fault("run: before the end is written", err));
    return write_end(run, err);
}

/* Nothing that changes anything came by. */
static void close_nothing(struct gd_run *run, int exit_status)
{
    struct gd_story *story = run->story;
    story->outcome = run->refused > 0   ? GD_OUTCOME_REFUSED
                     : exit_status == 0 ? GD_OUTCOME_NOTHING
                                        : GD_OUTCOME_FAILED;
    story->ended_us = gd_clock_now_us();
    tell_rest(run);
    tell_failure(run, exit_status);
}

static struct gd_status status_of(struct gd_run *run, struct gd_error *err)
{
    const struct gd_story *story = run->story;
    enum gd_code code = story->outcome == GD_OUTCOME_REFUSED   ? GD_REFUSED
                        : story->outcome == GD_OUTCOME_FAILED  ? GD_FAILED
                        : story->outcome == GD_OUTCOME_PARTIAL ? GD_PARTIAL
                                                               : GD_OK;
    if (code == GD_OK)
        return GD_DONE;
    struct gd_status status = gd_fail(err, code, "%s", story->error);
    return story->hint[0] == '\0' ? status : gd_hint(err, status, "%s", story->hint);
}

struct gd_status gd_run_end(struct gd_run *run, int exit_status, struct gd_outcome **out_outcome,
                            struct gd_error *err)
{
    struct gd_outcome *outcome = run->outcome;
    pthread_mutex_lock(&run->lock);
    struct gd_status status = gd_run_took_look(run, err);
    if (status.code != GD_OK) { /* nobody was let in */
        pthread_mutex_unlock(&run->lock);
        return status;
    }
    *out_outcome = outcome;
    gd_run_take_heard(run);
    if (run->begun)
        status = close_change(run, exit_status, err);
    else
        close_nothing(run, exit_status);
    outcome->journaled = run->journal != NULL && gd_journal_begun(run->journal);
    outcome->seconds[GD_PHASE_SEALED] = run->story->sealed_seconds;
    outcome->seconds[GD_PHASE_TOTAL] = (double)(gd_clock_monotonic_us() - run->began_us) / 1e6;
    if (run->story->changed && outcome->journaled)
        gd_texts_add(&outcome->way_back,
                     gd_arena_printf(run->arena, "guardian rollback %s", run->change_id),
                     run->arena);
    if (run->story->changed && outcome->journaled && run->uncovered)
        gd_texts_add(&outcome->notes, gd_story_lacks, run->arena);
    pthread_mutex_unlock(&run->lock);
    return status.code == GD_OK ? status_of(run, err) : status;
}

static void free_sessions(struct gd_run *run)
{
    while (run->sessions != NULL) {
        struct gd_gate_session *next = run->sessions->next;
        free(run->sessions->database);
        free(run->sessions->user);
        free(run->sessions);
        run->sessions = next;
    }
}

void gd_run_free(struct gd_run *run)
{
    struct gd_error ignored = {0};
    if (run == NULL)
        return;
    (void)gd_run_await(run, &ignored).code;
    gd_run_watch_done(&run->watch);
    gd_run_take_heard(run);
    if (run->lease != NULL)
        (void)gd_lease_release(run->lease, &ignored).code;
    gd_lease_free(run->lease);
    gd_journal_free(run->journal);
    gd_pg_close(run->pg);
    free_sessions(run);
    gd_harmless_free(run->own_harmless);
    gd_arena_free(run->first.arena);
    pthread_mutex_destroy(&run->lock);
    pthread_mutex_destroy(&run->heard_lock);
    pthread_mutex_destroy(&run->doing.lock);
    pthread_mutex_destroy(&run->first.lock);
}
