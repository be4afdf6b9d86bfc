/*
 * Recover, the replay: a server replays WAL up to the target, waits there, and is believed only
 * when its log, its own answers and the plan agree that it is the target.
 *
 * Invariant  Recovery always ends in a pause at a target that was set, which is looked at; only for
 *            --latest it ends by itself, and then as much was replayed as the store holds. A
 *            server that ended recovery in another way is stopped, and that is an error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/recover_own.h"

enum {
    POLL_MS = 40,
    POLL_MAX_MS = 250,
    SILENT_S = 1800,
    READY_S = 60,
    PROMOTE_S = 600,
    STARTS_MAX = 32, /* each raises one of five sizes, for one restart of the source */
    SPREAD = 64,     /* bytes between the end of a record and where the next one begins */
    PAGE = 8192,
};

enum outcome { PAUSED, PROMOTED, ENDED_BEFORE, TOO_SMALL, CUT_OFF /* no WAL was given to it */ };

struct replay {
    struct gd_recovering *recovering;
    struct gd_server *server;
    enum gd_target_kind kind; /* of this run of the server */
    uint64_t lsn;             /* of a second run: the last record that there is */
    struct gd_server_state state;
};

static const char *time_text(int64_t time_us, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_TIME_SIZE);
    gd_clock_text(time_us, text);
    return text;
}

static const char *lsn_text(uint64_t lsn, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_LSN_SIZE);
    gd_lsn_write(lsn, text);
    return text;
}

/* --- settings --- */

/* "2026-11-23 12:00:00.000000+00": names of zones, "Z" among them, are not known yet when the
   server reads its settings. */
static const char *setting_time(int64_t time_us, struct gd_arena *arena)
{
    const char *text = time_text(time_us, arena);
    return gd_arena_printf(arena, "%.10s %.15s+00", text, text + 11);
}

static const char *mark_name(const struct gd_recovering *recovering)
{
    const struct gd_mark *mark = recovering->plan->mark;
    return mark != NULL ? mark->name : recovering->options->target.text;
}

/* --latest on a way that ends where a timeline began stops there. */
static uint64_t lsn_target(const struct replay *replay)
{
    const struct gd_recovering *recovering = replay->recovering;
    return recovering->options->target.kind == GD_TARGET_LSN ? recovering->options->target.lsn
                                                             : recovering->plan->end_lsn;
}

static const char *target_lines(const struct replay *replay)
{
    const struct gd_recovering *recovering = replay->recovering;
    const struct gd_target *target = &recovering->options->target;
    struct gd_arena *arena = recovering->arena;
    if (replay->lsn != 0)
        return gd_arena_printf(arena,
                               "recovery_target_lsn = '%s'\nrecovery_target_inclusive = true\n",
                               lsn_text(replay->lsn, arena));
    switch (replay->kind) {
    case GD_TARGET_NAME:
    case GD_TARGET_BEFORE:
    case GD_TARGET_AFTER:
        return gd_arena_printf(arena, "recovery_target_name = %s\n",
                               gd_server_quoted(mark_name(recovering), arena));
    case GD_TARGET_TIME:
        return gd_arena_printf(arena,
                               "recovery_target_time = '%s'\nrecovery_target_inclusive = true\n",
                               setting_time(target->time_us, arena));
    case GD_TARGET_LSN: /* all before this byte */
        return gd_arena_printf(arena,
                               "recovery_target_lsn = '%s'\nrecovery_target_inclusive = false\n",
                               lsn_text(lsn_target(replay), arena));
    case GD_TARGET_XID:
        return gd_arena_printf(
            arena, "recovery_target_xid = '%" PRIu32 "'\nrecovery_target_inclusive = true\n",
            (uint32_t)target->xid);
    case GD_TARGET_IMMEDIATE:
        return "recovery_target = 'immediate'\n";
    case GD_TARGET_LATEST:
        break;
    }
    return "";
}

/* That there is a hole is known: recovery ends at it, and is then compared with it. Otherwise
   `wal fetch` takes a segment that is missing for trouble when there are later ones. */
static const char *fetch_command(const struct gd_recovering *recovering)
{
    const char *command = recovering->options->fetch_command;
    return recovering->plan->hole ? gd_arena_printf(recovering->arena, "%s --end-at-hole", command)
                                  : command;
}

static struct gd_status write_settings(const struct replay *replay, struct gd_error *err)
{
    const struct gd_recovering *recovering = replay->recovering;
    const struct gd_server *server = replay->server;
    const char *lines = gd_arena_printf(
        recovering->arena,
        "# guardian recover\nrestore_command = %s\nrecovery_target_timeline = '%u'\n"
        "recovery_target_action = 'pause'\n%sarchive_mode = 'off'\narchive_command = ''\n",
        gd_server_quoted(fetch_command(recovering), recovering->arena), recovering->plan->timeline,
        target_lines(replay));
    GD_TRY(gd_server_settings(server->data, lines, server->uid, server->gid, err));
    return gd_server_touch(server->data, "recovery.signal", server->uid, server->gid, err);
}

/* --- waiting --- */

static const char missed[] = "recovery did not get to its target";

static bool is_cut_off(const struct gd_server *server)
{
    return server->log.fatal != NULL && strstr(server->log.fatal, "could not restore file") != NULL;
}

static struct gd_status fail_server(const struct replay *replay, const char *what,
                                    struct gd_error *err)
{
    struct gd_server *server = replay->server;
    gd_server_read_log(server);
    const struct gd_server_log *log = &server->log;
    struct gd_feeder *feeder = replay->recovering->feeder;
    const char *fetching =
        feeder == NULL ? NULL : gd_feeder_said(feeder, replay->recovering->arena);
    fetching = fetching == NULL ? log->fetching : fetching; /* its copying, say */
    if (is_cut_off(server))
        return gd_hint(err,
                       gd_fail(err, GD_SYSTEM, "%s: a WAL file could not be fetched: %s; %s", what,
                               fetching == NULL ? "nothing is known of it" : fetching, log->fatal),
                       "The server stopped, and did not promote itself. guardian wal check looks "
                       "at all of the WAL.");
    if (gd_recover_is_barred(log))
        return gd_recover_fail_barred(server, what, err);
    return gd_fail(err, GD_SYSTEM, "%s; the server said last: %s", what, gd_server_said(server));
}

static void tell(const struct replay *replay)
{
    const struct gd_recovering *recovering = replay->recovering;
    uint64_t start = recovering->base->start_lsn, lsn = replay->state.lsn;
    gd_tell(recovering->options->events,
            &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                               .worker = -1,
                               .object = replay->server->log.last_restored,
                               .bytes = lsn > start ? lsn - start : 0});
}

struct watch {
    uint64_t lsn, offset;
    int64_t moved_us, ready_us;
};

/* Nothing happens any more, or it takes connections and refuses ours. */
static struct gd_status check_watch(struct replay *replay, struct watch *watch,
                                    const struct gd_error *why, struct gd_error *err)
{
    int64_t now = gd_clock_monotonic_us();
    const struct gd_server_log *log = &replay->server->log;
    if (replay->state.lsn != watch->lsn || log->offset != watch->offset || watch->moved_us == 0) {
        watch->lsn = replay->state.lsn;
        watch->offset = log->offset;
        watch->moved_us = now;
    }
    if (!log->ready || replay->state.answers)
        watch->ready_us = 0;
    else if (watch->ready_us == 0)
        watch->ready_us = now;
    if (watch->ready_us != 0 && now - watch->ready_us > (int64_t)READY_S * 1000000)
        return gd_fail(err, GD_SYSTEM, "could not connect to the recovered server: %s", why->text);
    if (now - watch->moved_us > (int64_t)SILENT_S * 1000000)
        return fail_server(replay, "recovery has not moved for half an hour", err);
    return GD_DONE;
}

static bool has_ended(struct replay *replay, enum outcome *out_outcome)
{
    struct gd_server *server = replay->server;
    if (!replay->state.answers)
        return false;
    gd_server_read_log(server); /* what it said before it answered */
    if (!replay->state.in_recovery)
        *out_outcome = PROMOTED;
    else if (replay->state.paused && server->log.pausing)
        *out_outcome = PAUSED;
    else
        return false;
    return true;
}

static struct gd_status wait_for_end(struct replay *replay, enum outcome *out_outcome,
                                     struct gd_error *err)
{
    struct gd_server *server = replay->server;
    struct watch watch = {.moved_us = 0};
    for (uint32_t pause_ms = POLL_MS;;
         pause_ms = pause_ms < POLL_MAX_MS ? pause_ms + 10 : pause_ms) {
        struct gd_error why = {0};
        GD_TRY(gd_interrupt_check(err));
        bool running = gd_server_running(server);
        gd_server_read_log(server);
        if (server->log.insufficient || (!running && server->log.ended_before)) {
            *out_outcome = server->log.insufficient ? TOO_SMALL : ENDED_BEFORE;
            return GD_DONE;
        }
        if (!running && is_cut_off(server)) {
            *out_outcome = CUT_OFF;
            return GD_DONE;
        }
        if (!running)
            return fail_server(replay, missed, err);
        gd_server_ask(server, &replay->state, &why);
        if (has_ended(replay, out_outcome))
            return GD_DONE;
        tell(replay);
        GD_TRY(check_watch(replay, &watch, &why, err));
        gd_sleep_ms(pause_ms);
    }
}

/* --- is it the target? --- */

static struct gd_status fail_target(const struct replay *replay, struct gd_error *err)
{
    const char *stopping = replay->server->log.stopping;
    return gd_fail(err, GD_CORRUPT, "recovery did not stop at its target, but at %s: %s",
                   lsn_text(replay->state.lsn, replay->recovering->arena),
                   stopping == NULL ? "the server does not say why" : stopping);
}

static bool is_mark(const struct replay *replay, const char *stopping)
{
    const struct gd_recovering *recovering = replay->recovering;
    const struct gd_mark *mark = recovering->plan->mark;
    const char *wanted =
        gd_arena_printf(recovering->arena, "restore point \"%s\"", mark_name(recovering));
    if (strstr(stopping, wanted) == NULL)
        return false;
    uint64_t lsn = replay->state.lsn;
    return mark == NULL || (lsn >= mark->lsn ? lsn - mark->lsn : mark->lsn - lsn) <= SPREAD;
}

static bool is_xid(const struct replay *replay, const char *stopping)
{
    const struct gd_recovering *recovering = replay->recovering;
    const char *wanted = gd_arena_printf(recovering->arena, "transaction %" PRIu32 ",",
                                         (uint32_t)recovering->options->target.xid);
    return strncmp(stopping, "recovery stopping after ", 24) == 0 &&
           strstr(stopping, wanted) != NULL;
}

static bool is_target(const struct replay *replay)
{
    const struct gd_recovering *recovering = replay->recovering;
    const struct gd_target *target = &recovering->options->target;
    const struct gd_server_state *state = &replay->state;
    const char *stopping = replay->server->log.stopping;
    if (stopping == NULL || state->lsn < recovering->base->stop_lsn)
        return false;
    if (replay->lsn != 0)
        return strstr(stopping, "after WAL location") != NULL && state->lsn > replay->lsn;
    switch (replay->kind) {
    case GD_TARGET_NAME:
    case GD_TARGET_BEFORE:
    case GD_TARGET_AFTER:
        return is_mark(replay, stopping);
    case GD_TARGET_TIME:
        return strncmp(stopping, "recovery stopping before ", 25) == 0 &&
               state->last_commit_us <= target->time_us;
    case GD_TARGET_LSN:
        return strstr(stopping, "before WAL location") != NULL &&
               state->lsn <= lsn_target(replay) + SPREAD;
    case GD_TARGET_XID:
        return is_xid(replay, stopping);
    case GD_TARGET_IMMEDIATE:
        return strstr(stopping, "after reaching consistency") != NULL;
    case GD_TARGET_LATEST:
        break;
    }
    return false;
}

/* Did it replay up to the end of what the store holds? A record that begins a page or less before
   the last segment may be cut off at its end. */
static bool is_end(const struct replay *replay, uint64_t last_record)
{
    const struct gd_recover_plan *plan = replay->recovering->plan;
    uint64_t size = replay->recovering->base->segment_bytes;
    uint64_t last = (plan->end_lsn - 1) / size * size;
    return last_record >= last || (plan->end_lsn - last <= PAGE && last_record + size >= last);
}

static struct gd_status fail_short(const struct replay *replay, struct gd_error *err)
{
    struct gd_arena *arena = replay->recovering->arena;
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT,
                           "recovery ended at %s, and the store holds WAL up to %s; the server "
                           "said last: %s",
                           lsn_text(replay->server->log.redo_done_lsn, arena),
                           lsn_text(replay->recovering->plan->end_lsn, arena),
                           gd_server_said(replay->server)),
                   "guardian wal check says where the WAL does not follow.");
}

static struct gd_status fail_unknown(const struct replay *replay, struct gd_error *err)
{
    const struct gd_recovering *recovering = replay->recovering;
    struct gd_arena *arena = recovering->arena;
    const char *what =
        replay->kind == GD_TARGET_XID
            ? gd_arena_printf(arena, "no end of transaction %" PRIu64,
                              recovering->options->target.xid)
            : gd_arena_printf(arena, "no restore point \"%s\"", mark_name(recovering));
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "there is %s in the WAL from base backup \"%s\" on to %s of timeline %u",
                           what, recovering->base->id, lsn_text(recovering->plan->end_lsn, arena),
                           recovering->plan->end_timeline),
                   "With --base an older base backup can be named, with --timeline another "
                   "timeline.");
}

static struct gd_status fail_inconsistent(const struct replay *replay, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT,
                   "base backup \"%s\" did not become consistent; the server said last: %s",
                   replay->recovering->base->id, gd_server_said(replay->server));
}

/* --- several runs of the server --- */

static struct gd_status start(struct replay *replay, struct gd_error *err)
{
    GD_TRY(write_settings(replay, err));
    GD_TRY(gd_fault("recover: before the server starts", err));
    GD_TRY(gd_server_start(replay->server, err));
    return gd_fault("recover: after the server started", err);
}

/* The source's max_connections and the like were raised behind the base backup: the server wants as
   much, one value after the other, and its control file has them by then. */
static struct gd_status run_once(struct replay *replay, enum outcome *out_outcome,
                                 struct gd_error *err)
{
    for (unsigned starts = 1;; starts++) {
        GD_TRY(start(replay, err));
        GD_TRY(wait_for_end(replay, out_outcome, err));
        if (*out_outcome != TOO_SMALL)
            return GD_DONE;
        if (starts == STARTS_MAX)
            return fail_server(replay, "the server wants larger settings, again and again", err);
        gd_server_halt(replay->server);
        gd_tell_note(
            replay->recovering->options->events,
            "the source was given larger settings here: the server starts again with them");
    }
}

/* That nothing was committed can be said only when something later is in the WAL: the time at which
   an object was stored says nothing about the moments that are in it. */
static const char *end_text(const struct replay *replay, int64_t last_us)
{
    const struct gd_recovering *recovering = replay->recovering;
    struct gd_arena *arena = recovering->arena;
    if (replay->kind == GD_TARGET_LSN)
        return gd_arena_printf(arena,
                               "nothing was written between %s, where the WAL in the store ends, "
                               "and the target",
                               lsn_text(replay->state.lsn, arena));
    if (last_us == recovering->options->target.time_us)
        return gd_arena_printf(arena,
                               "the transaction of %s is in, and the WAL in the store ends with it",
                               time_text(last_us, arena));
    return gd_arena_printf(arena,
                           "no transaction was committed at that time: the last one before it is "
                           "in, of %s, and the WAL in the store ends with it",
                           last_us == 0 ? "before the base backup" : time_text(last_us, arena));
}

/* The WAL ends before anything that lies behind the target: then the last record is the target, and
   the server goes there and waits. */
static struct gd_status go_to_end(struct replay *replay, struct gd_error *err)
{
    struct gd_recovering *recovering = replay->recovering;
    struct gd_recovered *out = recovering->out;
    const struct gd_server_log *log = &replay->server->log;
    enum outcome outcome = PAUSED;
    uint64_t last = log->redo_done_lsn;
    int64_t last_us = log->last_commit_us;
    int64_t known_us = last_us > recovering->plan->sure_us ? last_us : recovering->plan->sure_us;
    if (replay->kind != GD_TARGET_TIME && replay->kind != GD_TARGET_LSN)
        return replay->kind == GD_TARGET_IMMEDIATE ? fail_inconsistent(replay, err)
                                                   : fail_unknown(replay, err);
    GD_TRY(gd_recover_check_way(replay->recovering, last + (last != 0),
                                err)); /* a record is longer than a byte */
    if (last == 0 || !is_end(replay, last))
        return fail_short(replay, err);
    if (replay->kind == GD_TARGET_TIME && recovering->options->target.time_us > known_us)
        return gd_recover_fail_time(recovering->plan, recovering->options->target.time_us, known_us,
                                    recovering->arena, err);
    replay->lsn = last;
    GD_TRY(run_once(replay, &outcome, err));
    if (outcome == CUT_OFF)
        return fail_server(replay, missed, err);
    if (outcome != PAUSED || !is_target(replay))
        return fail_target(replay, err);
    out->exact = false;
    out->said = end_text(replay, last_us);
    return GD_DONE;
}

/* Does the target lie before the damage, behind all that is there? Then the last record before it
   is the target. */
static bool is_before_damage(const struct replay *replay, const struct gd_recover_damage *damage)
{
    const struct gd_target *target = &replay->recovering->options->target;
    if (damage->last_record == 0)
        return false;
    return replay->kind == GD_TARGET_LSN
               ? lsn_target(replay) <= damage->end_lsn
               : replay->kind == GD_TARGET_TIME && target->time_us <= damage->sure_us;
}

/* A damaged file is like a hole, but nobody knew of it. The server asks for WAL ahead of what it
   replays: a target shortly before the damage is found when it does not. */
static struct gd_status go_before_damage(struct replay *replay, struct gd_error *err)
{
    struct gd_recovering *recovering = replay->recovering;
    struct gd_recover_damage damage;
    enum outcome outcome = CUT_OFF;
    struct gd_error unread = {0};
    struct gd_status found =
        gd_recover_find_damage(recovering, replay->server->log.fatal, &damage, &unread);
    GD_TRY(gd_interrupt_check(err));
    if (found.code != GD_OK || damage.what == NULL)
        return fail_server(replay, missed, err);
    replay->server->no_prefetch = true;
    if (replay->kind != GD_TARGET_LATEST)
        GD_TRY(run_once(replay, &outcome, err));
    recovering->out->said = NULL;
    if (outcome == CUT_OFF && is_before_damage(replay, &damage)) {
        replay->lsn = damage.last_record;
        recovering->out->exact = false;
        recovering->out->said = "the last record before WAL that is damaged is in";
        GD_TRY(run_once(replay, &outcome, err));
    }
    if (outcome == CUT_OFF)
        return gd_recover_fail_damage(recovering, &damage, err);
    if (outcome != PAUSED || !is_target(replay))
        return fail_target(replay, err);
    if (recovering->out->said == NULL)
        recovering->out->said = replay->server->log.stopping;
    return gd_recover_check_way(replay->recovering, replay->state.lsn, err);
}

/* --latest got to where a timeline began that goes no further, or to where the level fell. */
static struct gd_status is_parting(const struct replay *replay, enum outcome outcome,
                                   struct gd_error *err)
{
    const struct gd_recovering *recovering = replay->recovering;
    if (outcome == PROMOTED || (outcome == PAUSED && !is_target(replay)))
        return fail_target(replay, err);
    recovering->out->exact = false;
    recovering->out->said = recovering->plan->barrier
                                ? gd_recover_barred
                                : gd_arena_printf(recovering->arena,
                                                  "timeline %u began here, and its WAL from here "
                                                  "on is not in the store",
                                                  recovering->plan->end_timeline);
    return gd_recover_check_way(replay->recovering, replay->state.lsn, err);
}

static struct gd_status reach(struct replay *replay, struct gd_error *err)
{
    struct gd_recovered *out = replay->recovering->out;
    enum outcome outcome = ENDED_BEFORE;
    const struct gd_recover_plan *plan = replay->recovering->plan;
    bool parting = replay->kind == GD_TARGET_LATEST && (plan->parted || plan->barrier);
    if (parting)
        replay->kind = GD_TARGET_LSN;
    GD_TRY(run_once(replay, &outcome, err));
    if (outcome == CUT_OFF)
        return go_before_damage(replay, err);
    if (outcome == ENDED_BEFORE)
        GD_TRY(go_to_end(replay, err));
    if (parting)
        return is_parting(replay, outcome, err);
    if (outcome == ENDED_BEFORE)
        return GD_DONE;
    if (replay->kind == GD_TARGET_LATEST && outcome == PROMOTED) {
        out->said = "all WAL of the store was replayed";
        if (replay->recovering->plan->hole) {
            out->exact = false;
            out->said = "the WAL has a hole here: what was written behind it is not in";
        }
        return is_end(replay, replay->server->log.redo_done_lsn) ? GD_DONE
                                                                 : fail_short(replay, err);
    }
    if (outcome != PAUSED || !is_target(replay))
        return fail_target(replay, err);
    out->said = replay->server->log.stopping;
    return gd_recover_check_way(replay->recovering, replay->state.lsn, err);
}

/* --- out of recovery --- */

static struct gd_status command(const struct gd_server *server, const char *what, const char *sql,
                                struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg pg = NULL;
    struct gd_pg_options options = {.target = gd_server_target(server, NULL, arena),
                                    .no_advice = true};
    GD_TRY(gd_pg_connect(&options, &pg, err));
    return gd_pg_command(pg, what, sql, err);
}

static struct gd_status open_up(struct replay *replay, struct gd_error *err)
{
    struct gd_server *server = replay->server;
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)PROMOTE_S * 1000000;
    if (replay->state.in_recovery)
        GD_TRY(command(server, "end recovery", "SELECT pg_wal_replay_resume()", err));
    while (replay->state.in_recovery || !replay->state.answers) {
        struct gd_error why = {0};
        GD_TRY(gd_interrupt_check(err));
        if (!gd_server_running(server))
            return fail_server(replay, "the server ended while it left recovery", err);
        if (gd_clock_monotonic_us() > until_us)
            return fail_server(replay, "the server did not leave recovery", err);
        gd_sleep_ms(POLL_MS);
        gd_server_ask(server, &replay->state, &why);
    }
    GD_TRY(command(server, "write a checkpoint", "CHECKPOINT", err));
    struct gd_error why = {0};
    gd_server_ask(server, &replay->state, &why);
    return replay->state.answers
               ? GD_DONE
               : gd_fail(err, GD_SYSTEM, "the recovered server went away: %s", why.text);
}

static void keep_answers(const struct replay *replay)
{
    struct gd_recovered *out = replay->recovering->out;
    bool latest = replay->kind == GD_TARGET_LATEST && replay->lsn == 0;
    out->reached_lsn = latest ? replay->server->log.redo_done_lsn : replay->state.lsn;
    out->last_commit_us = replay->state.last_commit_us != 0 ? replay->state.last_commit_us
                                                            : replay->server->log.last_commit_us;
}

struct gd_status gd_recover_replay(struct gd_recovering *recovering, struct gd_error *err)
{
    struct replay replay = {.recovering = recovering,
                            .server = &recovering->server,
                            .kind = recovering->options->target.kind};
    int64_t started_us = gd_clock_monotonic_us();
    recovering->out->exact = true;
    GD_TRY(gd_recover_settle_fetch(recovering, err));
    gd_tell_stage(recovering->options->events, "replaying WAL", recovering->plan->wal_bytes);
    GD_TRY(reach(&replay, err));
    keep_answers(&replay);
    GD_TRY(gd_fault("recover: the target is reached", err));
    GD_TRY(open_up(&replay, err));
    gd_feeder_free(GD_MOVE(recovering->feeder));
    recovering->server.restore_command = NULL;
    recovering->out->timeline = replay.state.timeline;
    recovering->out->replay_seconds = (double)(gd_clock_monotonic_us() - started_us) / 1e6;
    return GD_DONE;
}
