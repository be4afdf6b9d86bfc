/*
 * guardian base: take a base backup now, and say where it is and what it is good for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_screen.h"
#include "guardian/cli/stores.h"
#include "guardian/config/config.h"
#include "guardian/io/json.h"
#include "guardian/prove/base_digest.h"
#include "guardian/wal/name.h"

struct outcome {
    const struct gd_base *base;
    const char *store;
    double seconds;
    bool proven;
    size_t shared;
    uint64_t shared_bytes;
};

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if (argc > 0 && !config->incremental)
        return gd_hint(err, gd_fail(err, GD_USAGE, "base takes an operand with --incremental only"),
                       "Name the server with --db; the operand is the backup that an incremental "
                       "one goes on from.");
    if (argc > 1)
        return gd_fail(err, GD_USAGE, "base takes one backup to go on from, not %d", argc);
    return GD_DONE;
}

GD_MUST static struct gd_status take(const struct gd_config *config, int argc, char **argv,
                                     struct gd_store *store, const struct gd_key *key,
                                     const struct gd_events *events, struct gd_arena *arena,
                                     struct outcome *outcome, struct gd_error *err)
{
    const char *uri = NULL;
    GD_TRY(gd_cli_need_database(config, &uri, err));
    struct gd_pg_options pg = {.target = gd_text_or_null(uri)};
    struct gd_base_options options = {
        .pg = &pg,
        .store = store,
        .key = key,
        .level = (int)config->level,
        .workers = (unsigned)config->workers,
        .spread_checkpoint = config->checkpoint == GD_CHECKPOINT_SPREAD,
        .rate_bytes = (uint64_t)config->rate_bytes,
        .label = gd_text_or_null(config->label),
        .after = !config->incremental ? NULL
                 : argc > 0           ? argv[0]
                                      : "latest",
        .share = !config->no_share,
        .events = events,
    };
    struct gd_base *base = NULL;
    int64_t begin = gd_clock_monotonic_us();
    GD_TRY(gd_base_take(&options, arena, &base, err));
    outcome->seconds = (double)(gd_clock_monotonic_us() - begin) / 1e6;
    outcome->base = base;
    return GD_DONE;
}

GD_MUST static struct gd_status record(const struct gd_config *config, struct gd_store *store,
                                       const struct gd_key *key, struct gd_arena *arena,
                                       struct outcome *outcome, struct gd_error *err)
{
    (void)config;
    struct gd_prove_options options = {.store = store, .key = key};
    const struct gd_proof *proof = NULL;
    GD_TRY(gd_prove_base_taken(&options, outcome->base, outcome->seconds, arena, &proof, err));
    outcome->proven = true;
    return GD_DONE;
}

static void count_shared(struct outcome *outcome)
{
    const struct gd_base *base = outcome->base;
    for (size_t i = 0; i < base->object_count; i++)
        if (strcmp(base->objects[i].owner, base->id) != 0) {
            outcome->shared++;
            outcome->shared_bytes += base->objects[i].stored.bytes;
        }
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static const char *position(uint64_t lsn, struct gd_arena *arena)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    return gd_arena_strdup(arena, text);
}

static const char *holds(const struct outcome *outcome, struct gd_arena *arena)
{
    const struct gd_base *base = outcome->base;
    const char *spaces =
        base->tablespace_count == 0
            ? ""
            : gd_arena_printf(arena, " with %zu tablespace%s", base->tablespace_count,
                              base->tablespace_count == 1 ? "" : "s");
    return base->after[0] == '\0'
               ? gd_arena_printf(arena, "all of the server (PostgreSQL %s)%s", base->server_text,
                                 spaces)
               : gd_arena_printf(arena, "what changed since %s%s", base->after, spaces);
}

static const char *size(const struct outcome *outcome, struct gd_arena *arena)
{
    const struct gd_base *base = outcome->base;
    const char *shared = outcome->shared == 0
                             ? ""
                             : gd_arena_printf(arena, "; %s were in the store already",
                                               gd_size_text(outcome->shared_bytes, arena));
    return gd_arena_printf(arena, "%s, stored as %s%s%s", gd_size_text(base->bytes, arena),
                           gd_size_text(base->stored_bytes, arena),
                           base->key_id[0] == '\0' ? "" : ", encrypted", shared);
}

static void print_text(const struct gd_config *config, const struct outcome *outcome,
                       struct gd_arena *arena)
{
    const struct gd_base *base = outcome->base;
    char time[GD_TIME_SIZE];
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    gd_clock_text(base->stopped_us, time);
    gd_screen_put(&screen, GD_INK_BOLD, base->id);
    gd_screen_end_line(&screen);
    gd_screen_row(&screen, "holds", GD_INK_PLAIN, holds(outcome, arena));
    gd_screen_row(&screen, "size", GD_INK_PLAIN, size(outcome, arena));
    const char *rate = gd_text_rate(arena, base->bytes, outcome->seconds);
    gd_screen_row(&screen, "took", GD_INK_PLAIN,
                  gd_arena_printf(arena, "%s%s%s", gd_text_seconds(arena, outcome->seconds),
                                  *rate == '\0' ? "" : ", ", rate));
    gd_screen_row(&screen, "where", GD_INK_PLAIN, outcome->store);
    gd_screen_row(&screen, "WAL", GD_INK_PLAIN,
                  gd_arena_printf(arena, "from %s to %s, timeline %u, in the store",
                                  position(base->start_lsn, arena), position(base->stop_lsn, arena),
                                  base->timeline));
    gd_screen_row(&screen, "proof", GD_INK_GREEN,
                  "every file is as the server's manifest says, and was read back from the store");
    gd_screen_row(&screen, "recover", GD_INK_PLAIN,
                  gd_arena_printf(arena, "to %.19sZ and later: guardian recover", time));
}

GD_MUST static struct gd_status print_json(const struct outcome *outcome,
                                           struct gd_json *take_warnings, struct gd_arena *arena,
                                           struct gd_error *err)
{
    const struct gd_base *base = outcome->base;
    struct gd_json *answer = gd_json_object();
    gd_json_put(answer, "base", gd_json_new_text(base->id));
    gd_json_put(answer, "proof", gd_json_new_text(outcome->proven ? "digest" : "none"));
    gd_json_put(answer, "store", gd_json_new_text(outcome->store));
    gd_json_put(answer, "system_identifier",
                gd_json_new_text(gd_base_cluster(base->system_identifier, arena)));
    gd_json_put(answer, "server_version", gd_json_new_int(base->server_version));
    gd_json_put_text(answer, "after", base->after);
    gd_json_put(answer, "timeline", gd_json_new_int(base->timeline));
    gd_json_put(answer, "start_lsn", gd_json_new_text(position(base->start_lsn, arena)));
    gd_json_put(answer, "stop_lsn", gd_json_new_text(position(base->stop_lsn, arena)));
    gd_json_put(answer, "started", gd_json_new_time(base->started_us));
    gd_json_put(answer, "stopped", gd_json_new_time(base->stopped_us));
    gd_json_put(answer, "objects", gd_json_new_int((int64_t)base->object_count));
    gd_json_put(answer, "shared_objects", gd_json_new_int((int64_t)outcome->shared));
    gd_json_put(answer, "bytes", gd_json_new_int((int64_t)base->bytes));
    gd_json_put(answer, "stored_bytes", gd_json_new_int((int64_t)base->stored_bytes));
    gd_json_put(answer, "encrypted", gd_json_new_bool(base->key_id[0] != '\0'));
    gd_json_put(answer, "checksums", gd_json_new_bool(base->checksums));
    gd_json_put(answer, "seconds", gd_json_new_real(outcome->seconds));
    gd_json_put(answer, "warnings", take_warnings);
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

GD_MUST static struct gd_status run(const struct gd_config *config, int argc, char **argv,
                                    struct gd_progress *progress, struct gd_arena *arena,
                                    struct outcome *outcome, struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    GD_TRY(gd_cli_store(config, arena, events, &store, err));
    outcome->store = gd_store_url(store);
    GD_TRY(take(config, argc, argv, store, key, events, arena, outcome, err));
    GD_TRY(record(config, store, key, arena, outcome, err));
    count_shared(outcome);
    gd_progress_end(progress, GD_DONE);
    if (config->json)
        return print_json(outcome, gd_progress_warnings(progress), arena, err);
    print_text(config, outcome, arena);
    return GD_DONE;
}

int gd_cmd_base(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    if (check_request(config, argc, &err).code != GD_OK)
        return gd_cli_fail(&err);
    gd_auto_progress progress = gd_progress_new(config);
    struct outcome outcome = {0};
    struct gd_status status = run(config, argc, argv, progress, arena, &outcome, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        return gd_cli_end(0);
    return gd_cli_fail_with(
        &err,
        outcome.base == NULL ? NULL : "No database was changed. The base backup is in the store.");
}
