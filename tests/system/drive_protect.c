/*
 * Drives guard/protect.h for tests/system/test_protect.py. Prints a line of JSON when a stage is
 * over, and waits for a line of standard input before it goes on; a line that is not empty is SQL,
 * run in the session that holds the locks.
 *
 *   drive_protect TARGET STORE sealed SCOPE LOCK_MS RETRIES TABLE…   lock, back up, wait, commit
 *   drive_protect TARGET STORE online SCOPE LOCK_MS RETRIES TABLE…   back up, wait, lock, drift
 *   DRIFT_MS in the environment: the longest time to count it
 *   drive_protect TARGET STORE estimate SCOPE BYTES CLUSTER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/guard/protect.h"
#include "guardian/io/json.h"
#include "guardian/pg/copy.h"

struct run {
    struct gd_arena *arena;
    struct gd_pg *pg;
    struct gd_protect_options options;
    struct gd_decision decision;
    struct gd_protection protection;
    uint32_t lock_ms, retries;
    double sealed_seconds;
};

static void show_event(void *context, const struct gd_event *event)
{
    (void)context;
    if (event->kind == GD_EVENT_NOTE || event->kind == GD_EVENT_WARNING)
        fprintf(stderr, "%s\n", event->text);
}

static const struct gd_events events = {.tell = show_event};

GD_MUST static struct gd_status say(struct gd_json *take_json, struct gd_error *err)
{
    struct gd_status status = gd_json_write(take_json, stdout, 0, err);
    gd_json_free(take_json);
    (void)fflush(stdout);
    return status;
}

static struct gd_json *stage(const char *name)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "stage", gd_json_new_text(name));
    return one;
}

GD_MUST static struct gd_status wait_for_line(struct run *run, struct gd_error *err)
{
    char line[4096];
    if (fgets(line, sizeof line, stdin) == NULL || line[0] == '\n')
        return GD_DONE;
    return gd_pg_command(run->pg, "run the change", line, err);
}

GD_MUST static struct gd_status protect(struct run *run, const char *snapshot, struct gd_error *err)
{
    const struct gd_permit *permit = NULL;
    GD_TRY(gd_protect(&run->options, snapshot, run->arena, &run->protection, err));
    const struct gd_manifest *manifest = run->protection.manifest;
    GD_TRY(gd_permit_proven(&run->decision, manifest, run->protection.proof, run->arena, &permit,
                            err));
    struct gd_json *one = stage("protected");
    gd_json_put(one, "snapshot", gd_json_new_text(manifest->id));
    gd_json_put(one, "cluster", gd_json_new_text(manifest->cluster));
    gd_json_put(one, "scope", gd_json_new_text(gd_snapshot_scope_name(manifest->scope)));
    gd_json_put(one, "sealed", gd_json_new_bool(run->protection.sealed && manifest->sealed));
    gd_json_put(one, "rows", gd_json_new_int((int64_t)manifest->rows));
    gd_json_put(one, "proof",
                gd_json_new_text(gd_proof_name(gd_proof_kind(gd_permit_proof(permit)))));
    gd_json_put(one, "take", gd_json_new_real(run->protection.take_seconds));
    gd_json_put(one, "prove", gd_json_new_real(run->protection.proof_seconds));
    struct gd_json *tables = gd_json_list();
    for (size_t i = 0; i < manifest->table_count; i++)
        gd_json_push(tables, gd_json_new_text(manifest->tables[i].name));
    gd_json_put(one, "tables", tables);
    return say(one, err);
}

GD_MUST static struct gd_status seal(struct run *run, const char **out_snapshot,
                                     struct gd_error *err)
{
    const struct gd_seal_options options = {
        .lock_ms = run->lock_ms, .retries = run->retries, .events = &events};
    return gd_protect_seal(run->pg, &run->decision.backup, &options, run->arena, out_snapshot, err);
}

GD_MUST static struct gd_status sealed(struct run *run, struct gd_error *err)
{
    const char *snapshot = NULL;
    GD_TRY(gd_pg_command(run->pg, "begin", "BEGIN", err));
    int64_t began = gd_clock_monotonic_us();
    GD_TRY(seal(run, &snapshot, err));
    GD_TRY(say(stage("sealed"), err));
    GD_TRY(protect(run, snapshot, err));
    GD_TRY(wait_for_line(run, err));
    GD_TRY(gd_pg_command(run->pg, "commit", "COMMIT", err));
    struct gd_json *one = stage("committed");
    gd_json_put(one, "seconds", gd_json_new_real((double)(gd_clock_monotonic_us() - began) / 1e6));
    return say(one, err);
}

GD_MUST static struct gd_status online(struct run *run, struct gd_error *err)
{
    const char *unused = NULL;
    struct gd_story_drift *drifts = NULL;
    size_t count = 0;
    int64_t rows = 0;
    const char *drift_ms = getenv("DRIFT_MS");
    GD_TRY(protect(run, NULL, err));
    run->protection.drift_ms = drift_ms == NULL ? 0 : (uint32_t)strtoul(drift_ms, NULL, 10);
    GD_TRY(wait_for_line(run, err));
    GD_TRY(gd_pg_command(run->pg, "begin", "BEGIN", err));
    GD_TRY(seal(run, &unused, err));
    int64_t began = gd_clock_monotonic_us();
    GD_TRY(gd_protect_drift(run->pg, &run->protection, &run->decision.backup, run->arena, &drifts,
                            &count, &rows, err));
    struct gd_json *one = stage("drift"), *tables = gd_json_object();
    for (size_t i = 0; i < count; i++) {
        struct gd_json *pair = gd_json_list();
        gd_json_push(pair, gd_json_new_int(drifts[i].rows_new));
        gd_json_push(pair, gd_json_new_int(drifts[i].rows_gone));
        gd_json_put(tables, drifts[i].table, pair);
    }
    gd_json_put(one, "seconds", gd_json_new_real((double)(gd_clock_monotonic_us() - began) / 1e6));
    gd_json_put(one, "rows", gd_json_new_int(rows));
    gd_json_put(one, "tables", tables);
    GD_TRY(say(one, err));
    return gd_pg_command(run->pg, "roll back", "ROLLBACK", err);
}

static enum gd_scope scope_named(const char *name)
{
    return strcmp(name, "schema") == 0   ? GD_SCOPE_SCHEMA
           : strcmp(name, "tables") == 0 ? GD_SCOPE_TABLES
                                         : GD_SCOPE_DATABASE;
}

GD_MUST static struct gd_status estimate(struct gd_store *store, char **argv,
                                         struct gd_arena *arena, struct gd_error *err)
{
    struct gd_backup backup = {.scope = scope_named(argv[4]), .bytes = strtoull(argv[5], NULL, 10)};
    double seconds = 0;
    const char *from = "";
    GD_TRY(gd_protect_estimate(store, argv[6], &backup, arena, &seconds, &from, err));
    struct gd_json *one = stage("estimate");
    gd_json_put(one, "seconds", gd_json_new_real(seconds));
    gd_json_put(one, "from", gd_json_new_text(from));
    return say(one, err);
}

GD_MUST static struct gd_status drive(int argc, char **argv, struct gd_arena *arena,
                                      struct gd_error *err)
{
    gd_auto_store store = NULL;
    struct gd_pg_options pg = {.target = argv[1]};
    struct run run = {.arena = arena};
    GD_TRY(gd_store_open(&(struct gd_store_options){.url = argv[2]}, &store, err));
    if (strcmp(argv[3], "estimate") == 0)
        return estimate(store, argv, arena, err);
    run.lock_ms = (uint32_t)strtoul(argv[5], NULL, 10);
    run.retries = (uint32_t)strtoul(argv[6], NULL, 10);
    run.decision.policy = "test";
    run.decision.action = GD_ACTION_BACKUP;
    run.decision.backup =
        (struct gd_backup){.scope = scope_named(argv[4]), .proof = GD_PROOF_DIGEST};
    for (int i = 7; i < argc; i++)
        gd_texts_add(&run.decision.backup.tables, argv[i], arena);
    run.options = (struct gd_protect_options){.pg = &pg,
                                              .store = store,
                                              .decision = &run.decision,
                                              .change = "",
                                              .reason = "a test",
                                              .events = &events,
                                              .lock_ms = run.lock_ms};
    GD_TRY(gd_pg_connect(&pg, &run.pg, err));
    struct gd_status status =
        strcmp(argv[3], "sealed") == 0 ? sealed(&run, err) : online(&run, err);
    gd_pg_close(run.pg);
    return status;
}

int main(int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status = argc < 7 ? gd_fail(&err, GD_USAGE, "see the head of the source")
                                       : drive(argc, argv, arena, &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s: %s\n%s\n", gd_code_name(err.code), err.text, err.hint);
    return gd_exit_status(status.code);
}
