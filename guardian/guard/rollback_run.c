/*
 * Rollback, carried out: the bad state is backed up and proven, then the way is gone.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

struct running {
    const struct gd_rollback_options *options;
    const struct gd_rollback_plan *plan;
    struct gd_journal *journal;
    struct gd_story *story; /* of the rollback */
    struct gd_arena *arena;
    struct gd_back *back;
    struct gd_rolled_back *out;
    const char *bad_snapshot; /* as the server tells it: xmin:xmax:xip */
    struct gd_back_locks locks;
};

GD_MUST static struct gd_status record(struct running *of, enum gd_record_kind kind,
                                       struct gd_error *err)
{
    return gd_journal_write(of->journal, kind, gd_story_body(of->story, kind), err);
}

/* --- the bad state ----------------------------------------------------------------------------*/

/* Every table that is there now and that the script or a merge touches; its definitions are in
 * every snapshot. */
static void tables_concerned(struct running *of, struct gd_texts *out_tables)
{
    struct gd_back *back = of->back;
    for (size_t i = 0; i < back->now.count; i++) {
        const struct gd_back_item *item = &back->now.items[i];
        bool concerned = strcmp(item->class, "table") == 0 && !item->columns->foreign &&
                         (item->alone || gd_texts_has(&back->script->locked, item->columns->name));
        for (size_t t = 0; t < back->task_count && !concerned; t++)
            concerned = strcmp(item->class, "table") == 0 &&
                        strcmp(item->columns->name, back->tasks[t].name_before) == 0;
        if (concerned)
            gd_texts_add(out_tables, gd_back_now_name(&back->names, item->schema, item->name),
                         of->arena);
    }
}

GD_MUST static struct gd_status take(struct running *of, struct gd_manifest **out_manifest,
                                     struct gd_error *err)
{
    struct gd_texts tables = {0};
    tables_concerned(of, &tables);
    struct gd_take_options options = {
        .pg = of->options->pg,
        .store = of->options->store,
        .key = of->options->key,
        .scope = tables.count == 0 ? GD_SNAPSHOT_SCHEMA : GD_SNAPSHOT_TABLES,
        .tables = tables.items,
        .table_count = tables.count,
        .workers = of->options->workers,
        .pg_dump = of->options->pg_dump,
        .change = of->story->change,
        .reason = gd_arena_printf(of->arena, "the state that change %s left, before its rollback",
                                  of->options->change),
        .lock_ms = of->options->lock_ms,
        .events = of->options->events};
    return gd_snapshot_take(&options, of->arena, out_manifest, err);
}

GD_MUST static struct gd_status prove(struct running *of, const struct gd_manifest *manifest,
                                      struct gd_error *err)
{
    struct gd_prove_options options = {.store = of->options->store,
                                       .key = of->options->key,
                                       .workers = of->options->workers,
                                       .events = of->options->events};
    const struct gd_proof *proof;
    struct gd_prove_outcome outcome;
    GD_TRY(gd_prove_digest(&options, manifest->cluster, manifest->id, of->arena, &proof, &outcome,
                           err));
    of->story->proof = gd_proof_kind(proof);
    of->story->proof_seconds = outcome.seconds;
    return GD_DONE;
}

/* What could not be backed up is not touched. */
static struct gd_status as_unprotected(struct gd_status status, struct gd_error *err)
{
    if (status.code == GD_OK || status.code == GD_BUSY || status.code == GD_INJECTED ||
        gd_interrupted())
        return status;
    err->code = GD_UNPROTECTED;
    return gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                   "could not back up the state as it is now, so nothing was undone: ");
}

GD_MUST static struct gd_status protect(struct running *of, struct gd_error *err)
{
    struct gd_manifest *manifest;
    int64_t begin = gd_clock_monotonic_us();
    gd_tell_stage(of->options->events, "backing up the state as it is now", 0);
    GD_TRY(record(of, GD_RECORD_PROTECTING, err));
    GD_TRY(gd_fault("rollback: before the bad state is backed up", err));
    GD_TRY(as_unprotected(take(of, &manifest, err), err));
    of->story->backup_seconds = (double)(gd_clock_monotonic_us() - begin) / 1e6;
    of->story->snapshot = manifest->id;
    of->story->covers = true;
    of->bad_snapshot = manifest->pg_snapshot;
    of->out->bad_state = manifest->id;
    GD_TRY(record(of, GD_RECORD_PROTECTED, err));
    GD_TRY(as_unprotected(prove(of, manifest, err), err));
    return record(of, GD_RECORD_PROVEN, err);
}

/* --- the ways ---------------------------------------------------------------------------------*/

/* It was planned a while ago, perhaps asked for: what was shown must still be what is done. */
GD_MUST static struct gd_status look_again(struct running *of, struct gd_error *err)
{
    GD_TRY(gd_back_open(of->options, of->arena, of->back, err));
    GD_TRY(gd_back_look(of->back, err));
    if (of->plan->way != GD_WAY_DATABASE && of->back->reasons.count > 0)
        return gd_hint(err,
                       gd_fail(err, GD_BUSY, "the database was changed meanwhile: %s",
                               of->back->reasons.items[0]),
                       "Nothing was changed. Run it again.");
    return GD_DONE;
}

GD_MUST static struct gd_status go_by_transaction(struct running *of, struct gd_error *err)
{
    GD_TRY(protect(of, err));
    return gd_back_transact(of->back, of->plan->rows_lost != 0, of->bad_snapshot, of->journal,
                            of->story, of->out, err);
}

/* The oid of what the name stands for: after a swap it is another one. */
GD_MUST static struct gd_status name_database(struct running *of, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "ask for the database",
                              .sql =
                                  "SELECT oid, datname FROM pg_catalog.pg_database WHERE datname = "
                                  "pg_catalog.current_database()"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(of->back->pg, &call, &rows, err));
    of->story->steps[0].hash = gd_arena_printf(of->arena, "database %s", gd_pg_cell(rows, 0, 0));
    of->story->steps[0].text = gd_arena_printf(of->arena, "swap database %s",
                                               gd_quoted(gd_pg_cell(rows, 0, 1), of->arena));
    return GD_DONE;
}

/* Files that were done in the state that is back are done: the next start has nothing to do. */
GD_MUST static struct gd_status stamp_again(struct running *of, struct gd_pg *pg,
                                            struct gd_error *err)
{
    const char *now = NULL;
    if (of->out->differences.count > 0)
        return GD_DONE;
    GD_TRY(gd_pg_stamp(pg, of->arena, &now, err));
    const char *sql =
        gd_ledger_stamp_again_sql(&of->back->ledger, of->back->story->stamp_before, now, of->arena);
    return sql == NULL ? GD_DONE : gd_pg_command(pg, "write the ledger", sql, err);
}

/* The restored database is as it was before the change: its ledger does not know of it. */
GD_MUST static struct gd_status finish_restored(struct running *of, struct gd_error *err)
{
    struct gd_back *back = of->back;
    struct gd_fingerprint is = {.sha256 = ""};
    struct gd_texts notes = {0};
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(of->options->pg, &pg, err));
    GD_TRY(gd_back_write_locks(&of->locks, pg, of->arena, err));
    GD_TRY(gd_pg_fingerprint(pg, of->arena, &is, err));
    of->story->fingerprint_after = gd_arena_strdup(of->arena, is.sha256);
    if (*back->story->fingerprint_before != '\0' &&
        strcmp(is.sha256, back->story->fingerprint_before) != 0) {
        if (back->was_known)
            gd_back_differences(&back->was, &is, of->arena, &of->out->differences, &notes);
        else
            gd_texts_add(
                &of->out->differences,
                "the schema is not the one before the change, and what it was is not known",
                of->arena);
    }
    GD_TRY(gd_ledger_open(pg, false, of->arena, &back->ledger, err));
    const char *sql = gd_ledger_change_sql(&back->ledger, of->story, of->arena);
    if (sql != NULL)
        GD_TRY(gd_pg_command(pg, "write the ledger", sql, err));
    sql =
        gd_ledger_rolled_back_sql(&back->ledger, of->options->change, of->story->change, of->arena);
    if (sql != NULL)
        GD_TRY(gd_pg_command(pg, "write the ledger", sql, err));
    return stamp_again(of, pg, err);
}

GD_MUST static struct gd_status go_by_database(struct running *of, struct gd_error *err)
{
    struct gd_restored restored = {0};
    struct gd_back *back = of->back;
    const char *database = NULL;
    GD_TRY(name_database(of, err));
    of->story->steps[0].state = GD_STEP_APPLYING;
    if (of->options->still_ours != NULL)
        GD_TRY(of->options->still_ours(of->options->still_ours_context, err));
    GD_TRY(record(of, GD_RECORD_APPLYING, err));
    GD_TRY(gd_back_read_locks(back, &of->locks, err));
    gd_back_close(back);
    gd_back_use_source(back, back->whole);
    GD_TRY(gd_restore_database_of(&back->restore, of->arena, &database, err));
    struct gd_status status =
        gd_restore_replace(&back->restore, database, of->arena, &restored, err);
    if (status.code != GD_OK) {
        of->story->steps[0].state = status.code == GD_PARTIAL ? GD_STEP_UNKNOWN : GD_STEP_NOT_IN;
        return status;
    }
    of->story->steps[0].state = GD_STEP_IN;
    of->out->old_database = restored.old;
    GD_TRY(gd_fault("rollback: the databases are swapped", err));
    return finish_restored(of, err);
}

/* --- the end ----------------------------------------------------------------------------------*/

/* The state before is back; what fails from here on is told, and a second run completes it. */
GD_MUST static struct gd_status close_rolled_back(struct running *of, struct gd_error *err)
{
    of->story->outcome = GD_OUTCOME_APPLIED;
    of->story->changed = true;
    of->story->ended_us = gd_clock_now_us();
    GD_TRY(record(of, GD_RECORD_APPLIED, err));
    GD_TRY(gd_fault("rollback: before the change is marked", err));
    GD_TRY(gd_journal_rolled_back(of->options->store, of->options->cluster, of->options->change,
                                  of->story->change, err));
    GD_TRY(record(of, GD_RECORD_CHECKED, err));
    return record(of, GD_RECORD_CLOSED, err);
}

/* One that nothing came of is closed, too, when the store can be written. */
static void close_failed(struct running *of, struct gd_status status, const struct gd_error *err)
{
    struct gd_error second = {0};
    if (status.code == GD_UNPROTECTED || status.code == GD_INJECTED ||
        of->story->steps[0].state == GD_STEP_UNKNOWN || gd_journal_closed(of->journal))
        return;
    of->story->outcome = GD_OUTCOME_FAILED;
    of->story->error = err->text;
    of->story->hint = err->hint;
    of->story->ended_us = gd_clock_now_us();
    (void)!record(of, GD_RECORD_CLOSED, &second).code;
}

static void begin_story(struct running *of)
{
    struct gd_story *story = of->story;
    story->kind = GD_STORY_ROLLBACK;
    story->of = of->options->change;
    story->way = gd_way_name(of->plan->way);
    story->class = of->plan->story->class;
    story->files = NULL;
    story->file_count = 0;
    story->fingerprint_before = of->plan->story->fingerprint_after;
    story->steps = gd_arena_zalloc(of->arena, 1, sizeof *story->steps);
    story->step_count = 1;
    story->steps[0] =
        (struct gd_story_step){.number = 1,
                               .kind = "transaction",
                               .class = GD_CLASS_DESTRUCTIVE,
                               .file = "",
                               .text = gd_arena_printf(of->arena, "roll back change %s, way %s",
                                                       of->options->change, story->way),
                               .hash = of->options->change,
                               .xid = ""};
}

GD_MUST static struct gd_status go(struct running *of, struct gd_error *err)
{
    GD_TRY(record(of, GD_RECORD_RECEIVED, err));
    GD_TRY(gd_fault("rollback: it is received", err));
    GD_TRY(look_again(of, err));
    of->story->rows_kept = of->plan->way != GD_WAY_DATABASE && of->back->ledger.there;
    GD_TRY(record(of, GD_RECORD_DECIDED, err));
    return of->plan->way == GD_WAY_DATABASE ? go_by_database(of, err) : go_by_transaction(of, err);
}

struct gd_status gd_rollback_run(const struct gd_rollback_options *options,
                                 const struct gd_rollback_plan *plan, struct gd_journal *journal,
                                 struct gd_story *story, struct gd_arena *arena,
                                 struct gd_rolled_back *out_rolled_back, struct gd_error *err)
{
    int64_t begin = gd_clock_monotonic_us();
    struct gd_back *back = gd_arena_zalloc(arena, 1, sizeof *back);
    struct running of = {.options = options,
                         .plan = plan,
                         .journal = journal,
                         .story = story,
                         .arena = arena,
                         .back = back,
                         .out = out_rolled_back,
                         .bad_snapshot = ""};
    *out_rolled_back = (struct gd_rolled_back){.bad_state = ""};
    if (plan->way == GD_WAY_NOTHING)
        return GD_DONE;
    begin_story(&of);
    struct gd_status status = gd_back_damaged(options, plan->story, go(&of, err), err);
    bool in = story->steps[0].state == GD_STEP_IN;
    if (status.code == GD_OK)
        status = close_rolled_back(&of, err);
    else if (!in)
        close_failed(&of, status, err);
    gd_back_close(back);
    out_rolled_back->rows_lost = plan->rows_lost;
    out_rolled_back->seconds = (double)(gd_clock_monotonic_us() - begin) / 1e6;
    if (status.code != GD_OK && in && status.code != GD_INJECTED) {
        err->code = GD_PARTIAL;
        return gd_hint(err, (struct gd_status){GD_PARTIAL},
                       "The state before the change is back; only its records are not complete: "
                       "run it again.");
    }
    return status;
}
