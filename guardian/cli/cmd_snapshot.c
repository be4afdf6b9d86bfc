/*
 * guardian snapshot: take a backup now, read it back, and say where it is and how to use it.
 */
#include <inttypes.h>
#include <stdio.h>
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
#include "guardian/policy/policy.h"
#include "guardian/prove/prove.h"
#include "guardian/snapshot/take.h"

/* What one run came to. */
struct outcome {
    const struct gd_manifest *manifest;
    const char *store;
    enum gd_proof_kind proof;
    double take_seconds, proof_seconds;
    size_t parts, left_out;
};

static enum gd_snapshot_scope scope_of(const struct gd_config *config)
{
    switch ((enum gd_take_scope)config->scope) {
    case GD_TAKE_SCHEMA:
        return GD_SNAPSHOT_SCHEMA;
    case GD_TAKE_TABLES:
        return GD_SNAPSHOT_TABLES;
    case GD_TAKE_DATABASE:
        return GD_SNAPSHOT_DATABASE;
    case GD_TAKE_AUTO:
        break;
    }
    return config->tables.count > 0 ? GD_SNAPSHOT_TABLES : GD_SNAPSHOT_DATABASE;
}

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if (argc > 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "snapshot takes no operands"),
                       "Name the database with --db, and tables with --table.");
    if (config->tables.count > 0 && scope_of(config) != GD_SNAPSHOT_TABLES)
        return gd_fail(err, GD_USAGE, "--table goes with --scope tables only");
    if (config->tables.count == 0 && scope_of(config) == GD_SNAPSHOT_TABLES)
        return gd_hint(err, gd_fail(err, GD_USAGE, "--scope tables needs tables"),
                       "Name them with --table, which can be given several times.");
    return GD_DONE;
}

GD_MUST static struct gd_status take(const struct gd_config *config, struct gd_store *store,
                                     const struct gd_key *key, const struct gd_events *events,
                                     struct gd_arena *arena, struct outcome *out_outcome,
                                     struct gd_error *err)
{
    const char *uri;
    GD_TRY(gd_cli_need_database(config, &uri, err));
    struct gd_pg_options pg = {.target = gd_text_or_null(uri),
                               .lock_ms = (uint32_t)config->lock_timeout_ms};
    struct gd_take_options options = {
        .pg = &pg,
        .store = store,
        .key = key,
        .scope = scope_of(config),
        .tables = config->tables.items,
        .table_count = config->tables.count,
        .exclude_data = config->exclude_table_data.items,
        .exclude_count = config->exclude_table_data.count,
        .workers = (unsigned)config->workers,
        .level = (int)config->level,
        .part_bytes = (uint64_t)config->part_bytes,
        .foreign_data = config->foreign_data,
        .pg_dump = gd_text_or_null(config->pg_dump),
        .reason = config->reason,
        .lock_ms = (uint32_t)config->lock_timeout_ms,
        .events = events,
    };
    struct gd_manifest *manifest = NULL;
    int64_t begin = gd_clock_monotonic_us();
    GD_TRY(gd_snapshot_take(&options, arena, &manifest, err));
    out_outcome->manifest = manifest;
    out_outcome->take_seconds = (double)(gd_clock_monotonic_us() - begin) / 1e6;
    return GD_DONE;
}

/* A backup is what was read back. A snapshot that fails here stays in the store, without a proof:
 * what is wrong with it may be the way back from the store, and it may be all there is. */
GD_MUST static struct gd_status prove(const struct gd_config *config, struct gd_store *store,
                                      const struct gd_key *key, const struct gd_events *events,
                                      struct gd_arena *arena, struct outcome *outcome,
                                      struct gd_error *err)
{
    struct gd_pg_options scratch = {.target = config->scratch};
    struct gd_prove_options options = {.store = store,
                                       .key = key,
                                       .workers = (unsigned)config->workers,
                                       .events = events,
                                       .scratch = *config->scratch == '\0' ? NULL : &scratch,
                                       .pg_bin = gd_text_or_null(config->pg_bin)};
    enum gd_prove how = (enum gd_prove)config->prove;
    struct gd_prove_outcome proven = {0};
    const struct gd_proof *proof = NULL;
    const char *id = outcome->manifest->id;
    if (how == GD_PROVE_NONE)
        return GD_DONE;
    struct gd_status status = (how == GD_PROVE_DRILL ? gd_prove_drill : gd_prove_digest)(
        &options, outcome->manifest->cluster, id, arena, &proof, &proven, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "snapshot %s was written, but it is not proven: ", id);
    outcome->proof = gd_proof_kind(proof);
    outcome->proof_seconds = proven.seconds;
    return GD_DONE;
}

static void count_tables(struct outcome *outcome)
{
    const struct gd_manifest *manifest = outcome->manifest;
    for (size_t i = 0; i < manifest->table_count; i++) {
        outcome->parts += manifest->tables[i].part_count;
        outcome->left_out += manifest->tables[i].left_out;
    }
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static const char *in_words(const struct outcome *outcome, struct gd_arena *arena)
{
    switch (outcome->proof) {
    case GD_PROOF_NONE:
        break;
    case GD_PROOF_DIGEST:
        return gd_arena_printf(arena, "every byte was read back and is as it was recorded (%s)",
                               gd_text_seconds(arena, outcome->proof_seconds));
    case GD_PROOF_DRILL:
        return gd_arena_printf(arena, "it was restored into a scratch place, and is the same (%s)",
                               gd_text_seconds(arena, outcome->proof_seconds));
    }
    return "NONE: it was not read back; guardian verify does that";
}

static void print_text(const struct gd_config *config, const struct outcome *outcome,
                       struct gd_arena *arena)
{
    const struct gd_manifest *manifest = outcome->manifest;
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    double seconds = outcome->take_seconds;
    bool schema = manifest->scope == GD_SNAPSHOT_SCHEMA;
    gd_screen_put(&screen, GD_INK_BOLD, manifest->id);
    gd_screen_end_line(&screen);
    gd_screen_row(
        &screen, "holds", GD_INK_PLAIN,
        schema ? gd_arena_printf(arena, "the definitions of \"%s\", no rows", manifest->database)
               : gd_arena_printf(arena, "%s of \"%s\": %" PRIu64 " rows of %zu tables",
                                 manifest->scope == GD_SNAPSHOT_TABLES ? "definitions, and rows"
                                 : outcome->left_out > 0               ? "all but what was left out"
                                                                       : "all",
                                 manifest->database, manifest->rows,
                                 manifest->table_count - outcome->left_out));
    gd_screen_row(&screen, "size", GD_INK_PLAIN,
                  gd_arena_printf(arena, "%s, stored as %s%s", gd_size_text(manifest->bytes, arena),
                                  gd_size_text(manifest->stored_bytes, arena),
                                  manifest->key_id[0] == '\0' ? "" : ", encrypted"));
    const char *rate = schema ? "" : gd_text_rate(arena, manifest->bytes, seconds);
    gd_screen_row(&screen, "took", GD_INK_PLAIN,
                  gd_arena_printf(arena, "%s%s%s", gd_text_seconds(arena, seconds),
                                  *rate == '\0' ? "" : ", ", rate));
    gd_screen_row(&screen, "where", GD_INK_PLAIN, outcome->store);
    gd_screen_row(&screen, "proof", outcome->proof == GD_PROOF_NONE ? GD_INK_YELLOW : GD_INK_GREEN,
                  in_words(outcome, arena));
    gd_screen_row(&screen, "restore", GD_INK_PLAIN,
                  gd_arena_printf(arena, "guardian restore %s --into NEW_DATABASE", manifest->id));
}

static struct gd_json *way_back(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    struct gd_json *list = gd_json_list();
    gd_json_push(list, gd_json_new_text(gd_arena_printf(
                           arena, "guardian restore %s --into NEW_DATABASE", manifest->id)));
    return list;
}

GD_MUST static struct gd_status print_json(const struct outcome *outcome,
                                           struct gd_json *take_warnings, struct gd_arena *arena,
                                           struct gd_error *err)
{
    const struct gd_manifest *manifest = outcome->manifest;
    struct gd_json *answer = gd_json_object(), *seconds = gd_json_object();
    gd_json_put(answer, "snapshot", gd_json_new_text(manifest->id));
    gd_json_put(answer, "proof", gd_json_new_text(gd_proof_name(outcome->proof)));
    gd_json_put(answer, "store", gd_json_new_text(outcome->store));
    gd_json_put(answer, "cluster", gd_json_new_text(manifest->cluster));
    gd_json_put(answer, "database", gd_json_new_text(manifest->database));
    gd_json_put(answer, "scope", gd_json_new_text(gd_snapshot_scope_name(manifest->scope)));
    gd_json_put(answer, "lsn", gd_json_new_text(manifest->lsn));
    gd_json_put(answer, "tables", gd_json_new_int((int64_t)manifest->table_count));
    gd_json_put(answer, "left_out", gd_json_new_int((int64_t)outcome->left_out));
    gd_json_put(answer, "parts", gd_json_new_int((int64_t)outcome->parts));
    gd_json_put(answer, "rows", gd_json_new_int((int64_t)manifest->rows));
    gd_json_put(answer, "bytes", gd_json_new_int((int64_t)manifest->bytes));
    gd_json_put(answer, "stored_bytes", gd_json_new_int((int64_t)manifest->stored_bytes));
    gd_json_put(answer, "encrypted", gd_json_new_bool(manifest->key_id[0] != '\0'));
    gd_json_put(seconds, "snapshot", gd_json_new_real(outcome->take_seconds));
    gd_json_put(seconds, "proof", gd_json_new_real(outcome->proof_seconds));
    gd_json_put(answer, "seconds", seconds);
    gd_json_put(answer, "way_back", way_back(manifest, arena));
    gd_json_put(answer, "warnings", take_warnings);
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

GD_MUST static struct gd_status run(const struct gd_config *config, struct gd_progress *progress,
                                    struct gd_arena *arena, struct outcome *outcome,
                                    struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    GD_TRY(gd_cli_store(config, arena, events, &store, err));
    outcome->store = gd_store_url(store);
    GD_TRY(take(config, store, key, events, arena, outcome, err));
    GD_TRY(prove(config, store, key, events, arena, outcome, err));
    count_tables(outcome);
    gd_progress_end(progress, GD_DONE);
    if (config->json)
        return print_json(outcome, gd_progress_warnings(progress), arena, err);
    print_text(config, outcome, arena);
    return GD_DONE;
}

int gd_cmd_snapshot(const struct gd_config *config, int argc, char **argv)
{
    (void)argv;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    if (check_request(config, argc, &err).code != GD_OK)
        return gd_cli_fail(&err);
    gd_auto_progress progress = gd_progress_new(config);
    struct outcome outcome = {.proof = GD_PROOF_NONE};
    struct gd_status status = run(config, progress, arena, &outcome, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        return gd_cli_end(0);
    return gd_cli_fail_with(&err, outcome.manifest == NULL
                                      ? NULL
                                      : "No database was changed. The snapshot is in the store.");
}
