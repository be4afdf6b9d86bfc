/*
 * Rollback, the transaction: definitions and rows, compared before they count.
 *
 * Order        load the snapshot's rows into temporary tables; begin; lock; note who wrote which
 *              row; take away; make; merge; firm up; indexes, keys, the rest; compare; write the
 *              ledger; announce with the transaction's id; commit.
 * Invariant 1  Until COMMIT nothing is changed, and whatever fails rolls back; temporary tables go
 *              with the session.
 * Invariant 2  COMMIT is sent only when the schema is the one from before the change.
 * Invariant 3  The id of the transaction is in the journal before COMMIT, so that its outcome
 *              can be asked for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/guard/folder.h"
#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

enum { LIMIT_MS = 24 * 3600 * 1000, BACK_OFF_MS = 250 };

struct transacting {
    struct gd_back *back;
    struct gd_pg *pg;
    struct gd_arena *arena;
    bool drop_unfit;
    const char *bad_snapshot; /* pg_current_snapshot() of the backup of the bad state; "" */
    struct gd_journal *journal;
    struct gd_story *story;
    struct gd_rolled_back *out;
    struct gd_texts triggers; /* statements that switch them on again */
    struct gd_texts events;   /* the same for event triggers */
    const char *prisma;       /* NULL: it has no record here */
    bool committing;
};

GD_MUST static struct gd_status run(struct transacting *of, const char *what, const char *sql,
                                    struct gd_error *err)
{
    return sql == NULL ? GD_DONE : gd_pg_command(of->pg, what, sql, err);
}

/* --- locks ------------------------------------------------------------------------------------*/

static void lock_moved(struct transacting *of, struct gd_texts *names)
{
    for (size_t i = 0; i < of->back->names.count; i++) {
        const struct gd_back_moved *moved = &of->back->names.items[i];
        bool column = strcmp(moved->kind, "COLUMN") == 0;
        bool table = strcmp(moved->kind, "TABLE") == 0 && !moved->made;
        if (!moved->invalid && (column || table))
            gd_texts_add(names,
                         gd_back_now_name(&of->back->names, moved->schema,
                                          column ? moved->table : moved->name),
                         of->arena);
    }
}

/* Sorted, so that two never wait for each other; those that are not there yet cannot be locked. */
static const char *tables_to_lock(struct transacting *of)
{
    struct gd_back *back = of->back;
    struct gd_texts names = {0};
    const char *list = "";
    for (size_t i = 0; i < back->now.count; i++) {
        const struct gd_back_item *item = &back->now.items[i];
        bool ours = strcmp(item->class, "table") == 0 && !item->columns->foreign &&
                    (item->alone || gd_texts_has(&back->script->locked, item->columns->name));
        for (size_t t = 0; t < back->task_count && !ours; t++)
            ours = strcmp(item->class, "table") == 0 && !back->tasks[t].whole &&
                   strcmp(item->columns->name, back->tasks[t].name_before) == 0;
        if (ours)
            gd_texts_add(&names, gd_back_now_name(&back->names, item->schema, item->name),
                         of->arena);
    }
    lock_moved(of, &names);
    for (size_t i = 0; i < names.count; i++)
        list = gd_arena_printf(of->arena, "%s%s%s", list, i == 0 ? "" : ", ", names.items[i]);
    return list;
}

/* All or none; between two tries nobody waits behind us. */
GD_MUST static struct gd_status begin_locked(struct transacting *of, struct gd_error *err)
{
    const char *tables = tables_to_lock(of);
    struct gd_status status = GD_DONE;
    for (uint32_t try = 0; try <= of->back->options->lock_retries; try++) {
        GD_TRY(gd_pg_command(of->pg, "begin", "BEGIN", err));
        if (*tables == '\0')
            return GD_DONE;
        *err = (struct gd_error){0};
        status = gd_pg_command(
            of->pg, "lock the tables",
            gd_arena_printf(of->arena, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", tables), err);
        if (status.code != GD_BUSY)
            return status;
        struct gd_error ignored = {0};
        (void)!gd_pg_command(of->pg, "undo", "ROLLBACK", &ignored).code;
        gd_sleep_ms(BACK_OFF_MS * (try + 1));
    }
    return gd_hint(err, status,
                   "Somebody holds one of %s: SELECT * FROM pg_stat_activity shows who.", tables);
}

/* What will be lost must be in the backup of the bad state. */
GD_MUST static struct gd_status check_bad_state(struct transacting *of, const char *table,
                                                struct gd_error *err)
{
    struct gd_back_writers since = {.backup = of->bad_snapshot, .now = of->back->rows.writers.now};
    int64_t count = 0;
    GD_TRY(gd_back_number(of->pg, "look for rows that were written meanwhile",
                          gd_arena_printf(of->arena, "SELECT count(*) FROM %s l WHERE %s <> 'b'",
                                          table, gd_back_who(&since, "l", of->arena)),
                          &count, err));
    if (count == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "could not roll back: %" PRId64
                           " rows of table %s were written while the "
                           "bad state was backed up, and would be lost",
                           count, table),
                   "Nothing was changed. Run it again, or stop what writes there.");
}

GD_MUST static struct gd_status check_losses(struct transacting *of, struct gd_error *err)
{
    struct gd_back *back = of->back;
    GD_TRY(gd_back_number(of->pg, "ask for the newest transaction",
                          "SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())"
                          "::text::bigint",
                          &back->rows.writers.now, err));
    for (size_t i = 0; i < back->script->leave_count; i++) {
        const struct gd_back_item *item =
            gd_back_find(&back->now, "table", back->script->leaves[i].schema,
                         back->script->leaves[i].name, NULL);
        if (!item->columns->foreign && strstr(item->columns->tail, "PARTITION BY") == NULL)
            GD_TRY(check_bad_state(of, item->columns->name, err));
    }
    for (size_t i = 0; i < back->task_count; i++)
        if (of->drop_unfit && back->tasks[i].unfit > 0)
            GD_TRY(check_bad_state(of, back->tasks[i].name, err));
    return GD_DONE;
}

/* --- the script -------------------------------------------------------------------------------*/

GD_MUST static struct gd_status run_phases(struct transacting *of, enum gd_back_phase first,
                                           enum gd_back_phase last, struct gd_error *err)
{
    const struct gd_back_script *script = of->back->script;
    for (enum gd_back_phase phase = first; phase <= last; phase++)
        for (size_t i = 0; i < script->count; i++) {
            const struct gd_back_statement *statement = &script->statements[i];
            if (statement->phase != phase)
                continue;
            if (*statement->tablespace != '\0')
                GD_TRY(run(of, "set the tablespace",
                           gd_arena_printf(of->arena, "SET LOCAL default_tablespace = %s",
                                           gd_literal(statement->tablespace, of->arena)),
                           err));
            GD_TRY(run(of, gd_arena_printf(of->arena, "bring back %s", statement->what),
                       statement->sql, err));
            if (*statement->tablespace != '\0')
                GD_TRY(run(of, "set the tablespace", "SET LOCAL default_tablespace = ''", err));
        }
    return GD_DONE;
}

/* --- triggers ---------------------------------------------------------------------------------*/

static const char awake_triggers[] =
    "SELECT pg_catalog.format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname), "
    "pg_catalog.format('ALTER TABLE %s ENABLE%s TRIGGER %I', t.tgrelid::regclass, CASE t.tgenabled "
    "WHEN 'A' THEN ' ALWAYS' WHEN 'R' THEN ' REPLICA' ELSE '' END, t.tgname) FROM "
    "pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass($1) AND NOT t.tgisinternal "
    "AND "
    "t.tgenabled <> 'D'";

/* Ours is no change of the application's: nothing fires, and each trigger is then as it was. */
GD_MUST static struct gd_status silence(struct transacting *of, const char *table,
                                        struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look at triggers", .sql = awake_triggers, .values = &table, .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(of->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        gd_texts_add(&of->triggers, gd_arena_strdup(of->arena, gd_pg_cell(rows, i, 1)), of->arena);
        GD_TRY(run(of, "switch a trigger off", gd_pg_cell(rows, i, 0), err));
    }
    return GD_DONE;
}

static const char sleeping_triggers[] =
    "SELECT 'ALTER TABLE ' || t.tgrelid::regclass || ' ENABLE' || mode || ' TRIGGER ' || "
    "pg_catalog.quote_ident(t.tgname) FROM pg_catalog.pg_trigger t, (VALUES (''), (' ALWAYS'), (' "
    "REPLICA')) m (mode) WHERE t.tgenabled = 'D' AND NOT t.tgisinternal AND 'ALTER TABLE ' || "
    "t.tgrelid::regclass || ' ENABLE' || mode || ' TRIGGER ' || pg_catalog.quote_ident(t.tgname) = "
    "$1";

/* One that was taken away meanwhile is made again later. */
GD_MUST static struct gd_status wake_all(struct transacting *of, struct gd_error *err)
{
    for (size_t i = 0; i < of->triggers.count; i++) {
        struct gd_pg_call call = {.what = "look at triggers",
                                  .sql = sleeping_triggers,
                                  .values = &of->triggers.items[i],
                                  .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(of->pg, &call, &rows, err));
        if (gd_pg_rows_count(rows) > 0)
            GD_TRY(run(of, "switch a trigger on", of->triggers.items[i], err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status merge_all(struct transacting *of, struct gd_error *err)
{
    struct gd_back *back = of->back;
    gd_tell_stage(back->options->events, "bringing back rows", 0);
    for (size_t i = back->task_count; i-- > 0;)
        GD_TRY(gd_back_merge_away(&back->rows, &back->tasks[i], err));
    for (size_t i = 0; i < back->task_count; i++) {
        GD_TRY(gd_back_merge(&back->rows, &back->tasks[i], of->drop_unfit, err));
    }
    GD_TRY(run(of, "check what was deferred", "SET CONSTRAINTS ALL IMMEDIATE", err));
    return wake_all(of, err);
}

/* --- what stands beside rows ------------------------------------------------------------------*/

GD_MUST static struct gd_status fill_views(struct transacting *of, struct gd_error *err)
{
    struct gd_back *back = of->back;
    for (size_t i = 0; i < back->script->matview_count; i++) {
        const struct gd_back_named *view = &back->script->matviews[i];
        bool filled = back->manifest == NULL;
        for (size_t m = 0; !filled && m < back->manifest->matview_count; m++)
            filled |= strcmp(back->manifest->matviews[m].schema, view->schema) == 0 &&
                      strcmp(back->manifest->matviews[m].name, view->name) == 0 &&
                      back->manifest->matviews[m].populated;
        if (filled)
            GD_TRY(run(of, "fill a materialized view",
                       gd_arena_printf(of->arena, "REFRESH MATERIALIZED VIEW %s",
                                       gd_quoted_pair(view->schema, view->name, of->arena)),
                       err));
    }
    return GD_DONE;
}

/* --- proof and commit -------------------------------------------------------------------------*/

GD_MUST static struct gd_status compare(struct transacting *of, struct gd_error *err)
{
    struct gd_back *back = of->back;
    struct gd_fingerprint is = {.sha256 = ""};
    struct gd_texts notes = {0};
    gd_tell_stage(back->options->events, "comparing the schema with the one before", 0);
    GD_TRY(gd_pg_fingerprint(of->pg, of->arena, &is, err));
    of->story->fingerprint_after = gd_arena_strdup(of->arena, is.sha256);
    if (strcmp(is.sha256, back->story->fingerprint_before) == 0)
        return GD_DONE;
    if (back->was_known)
        gd_back_differences(&back->was, &is, of->arena, &of->out->differences, &notes);
    if (back->was_known && of->out->differences.count == 0)
        return GD_DONE; /* the order of columns alone */
    const char *first = of->out->differences.count > 0 ? of->out->differences.items[0]
                                                       : "and what it was is not known";
    return gd_hint(err,
                   gd_fail(err, GD_FAILED,
                           "the schema would not be the one before the change: %s%s", first,
                           of->out->differences.count > 1 ? ", and more" : ""),
                   "Nothing was changed. --way database restores all of it beside, and swaps.");
}

/* Files that were done in the state that is back are done: the next start has nothing to do. */
GD_MUST static struct gd_status stamp_again(struct transacting *of, struct gd_error *err)
{
    const char *now = NULL;
    GD_TRY(gd_pg_stamp(of->pg, of->arena, &now, err));
    return run(
        of, "write the ledger",
        gd_ledger_stamp_again_sql(&of->back->ledger, of->back->story->stamp_before, now, of->arena),
        err);
}

GD_MUST static struct gd_status write_ledger(struct transacting *of, struct gd_error *err)
{
    const struct gd_ledger *ledger = &of->back->ledger;
    const char *change = of->back->options->change;
    struct gd_story_step *step = &of->story->steps[0];
    of->story->outcome = GD_OUTCOME_APPLIED; /* in this row, which is there only if it is true */
    of->story->ended_us = gd_clock_now_us();
    GD_TRY(run(of, "write the ledger",
               gd_ledger_step_sql(ledger, of->story->change, 1, step->hash, "in", of->arena), err));
    GD_TRY(run(of, "write the ledger", gd_ledger_change_sql(ledger, of->story, of->arena), err));
    GD_TRY(run(of, "write the ledger",
               gd_ledger_rolled_back_sql(ledger, change, of->story->change, of->arena), err));
    GD_TRY(stamp_again(of, err));
    return run(of, "mark migrations as rolled back", of->prisma, err);
}

GD_MUST static struct gd_status announce(struct transacting *of, struct gd_error *err)
{
    struct gd_story_step *step = &of->story->steps[0];
    struct gd_pg_call call = {.what = "ask for the transaction's id",
                              .sql = "SELECT pg_catalog.pg_current_xact_id()::text"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(of->pg, &call, &rows, err));
    step->xid = gd_arena_strdup(of->arena, gd_pg_cell(rows, 0, 0));
    step->state = GD_STEP_APPLYING;
    return gd_journal_write(of->journal, GD_RECORD_APPLYING,
                            gd_story_body(of->story, GD_RECORD_APPLYING), err);
}

/* The connection broke at COMMIT: another one asks what became of the transaction. */
GD_MUST static struct gd_status settle(struct transacting *of, struct gd_status status,
                                       struct gd_error *err)
{
    struct gd_story_step *step = &of->story->steps[0];
    struct gd_error second = {0};
    gd_auto_pg pg = NULL;
    struct gd_pg_call call = {.what = "ask what became of the transaction",
                              .sql = "SELECT pg_catalog.pg_xact_status($1::text::xid8)",
                              .values = &step->xid,
                              .value_count = 1};
    for (int try = 0; try < 40; try++) {
        gd_auto_pg_rows rows = NULL;
        gd_pg_close(GD_MOVE(pg));
        if (gd_pg_connect(of->back->options->pg, &pg, &second).code == GD_OK &&
            gd_pg_run(pg, &call, &rows, &second).code == GD_OK && gd_pg_cell(rows, 0, 0) != NULL) {
            if (strcmp(gd_pg_cell(rows, 0, 0), "committed") == 0)
                return GD_DONE;
            if (strcmp(gd_pg_cell(rows, 0, 0), "aborted") == 0) {
                step->state = GD_STEP_NOT_IN;
                return status;
            }
        }
        gd_sleep_ms(250);
    }
    step->state = GD_STEP_UNKNOWN;
    err->code = GD_PARTIAL;
    return gd_hint(err, (struct gd_status){GD_PARTIAL},
                   "The connection broke at COMMIT. SELECT pg_xact_status('%s') says whether it "
                   "counts; guardian finds that out when it runs next.",
                   step->xid);
}

GD_MUST static struct gd_status commit(struct transacting *of, struct gd_error *err)
{
    const struct gd_rollback_options *options = of->back->options;
    GD_TRY(gd_fault("rollback: before the transaction is announced", err));
    if (options->still_ours != NULL)
        GD_TRY(options->still_ours(options->still_ours_context, err));
    GD_TRY(gd_interrupt_check(err)); /* the last moment: from here on it counts, and is ended */
    GD_TRY(announce(of, err));
    of->committing = true;
    GD_TRY(gd_fault("rollback: before the commit", err));
    struct gd_status status = gd_pg_command(of->pg, "commit", "COMMIT", err);
    if (status.code != GD_OK)
        GD_TRY(settle(of, status, err));
    of->story->steps[0].state = GD_STEP_IN;
    return gd_fault("rollback: after the commit", err);
}

/* --- all of it --------------------------------------------------------------------------------*/

GD_MUST static struct gd_status load_all(struct transacting *of, struct gd_error *err)
{
    for (size_t i = 0; i < of->back->task_count; i++)
        GD_TRY(gd_back_load(&of->back->rows, &of->back->tasks[i], err));
    return GD_DONE;
}

GD_MUST static struct gd_status prepare(struct transacting *of, struct gd_error *err)
{
    struct gd_back *back = of->back;
    bool loud = back->loud.count > 0; /* what event triggers write must go, too, when it fails */
    if (!loud)
        GD_TRY(load_all(of, err));
    GD_TRY(begin_locked(of, err));
    if (loud)
        GD_TRY(load_all(of, err));
    GD_TRY(gd_fault("rollback: the tables are locked", err));
    GD_TRY(gd_back_disable_events(back, &of->events, err));
    GD_TRY(run_phases(of, GD_BACK_RENAME, GD_BACK_RENAME, err));
    for (size_t i = 0; i < back->task_count; i++) {
        back->tasks[i].name = back->tasks[i].name_before;
        back->tasks[i].only = back->tasks[i].only_before;
    }
    GD_TRY(check_losses(of, err));
    for (size_t i = 0; i < back->task_count; i++) {
        struct gd_back_task *task = &back->tasks[i];
        GD_TRY(silence(of, task->name, err));
        GD_TRY(gd_back_weigh(&back->rows, task, err));
        if (task->moved)
            return gd_hint(err,
                           gd_fail(err, GD_FAILED,
                                   "could not bring back rows of table %s: the change gave some of "
                                   "them another key",
                                   task->plain),
                           "Nothing was changed. --way database restores everything, and loses "
                           "what was written since.");
        if (!task->whole && !task->own_only && task->key_count == 0)
            GD_TRY(gd_back_empty(&back->rows, task, err));
        GD_TRY(gd_back_clear(&back->rows, task, err));
    }
    for (size_t i = back->task_count; i-- > 0;)
        if (back->tasks[i].own_only)
            GD_TRY(gd_back_delete_own(&back->rows, &back->tasks[i], err));
    return GD_DONE;
}

GD_MUST static struct gd_status do_all(struct transacting *of, struct gd_error *err)
{
    GD_TRY(prepare(of, err));
    gd_tell_stage(of->back->options->events, "bringing back the schema", 0);
    GD_TRY(run_phases(of, GD_BACK_UNDO, GD_BACK_MAKE, err));
    GD_TRY(gd_fault("rollback: the schema is half back", err));
    for (size_t i = 0; i < of->back->task_count; i++) /* one may have been switched on again */
        GD_TRY(silence(of, of->back->tasks[i].name, err));
    GD_TRY(merge_all(of, err));
    GD_TRY(run_phases(of, GD_BACK_FIRM, GD_BACK_POST, err));
    GD_TRY(gd_back_set_sequences(of->back, err));
    GD_TRY(fill_views(of, err));
    GD_TRY(run_phases(of, GD_BACK_GRANT, GD_BACK_LAST, err));
    GD_TRY(gd_back_enable_events(of->back, &of->events, err));
    GD_TRY(compare(of, err));
    GD_TRY(write_ledger(of, err));
    return commit(of, err);
}

static void tell_rows(struct transacting *of, const struct gd_back_task *task)
{
    struct gd_texts phrases = {0};
    gd_back_tell_rows(task, of->arena, &phrases);
    for (size_t i = 0; i < phrases.count; i++)
        gd_texts_add(&of->out->conflicts,
                     gd_arena_printf(of->arena, "table %s: %s", task->plain, phrases.items[i]),
                     of->arena);
}

static void add_up(struct transacting *of)
{
    for (size_t i = 0; i < of->back->task_count; i++) {
        const struct gd_back_task *task = &of->back->tasks[i];
        of->out->rows_kept += task->since_new - (of->drop_unfit ? task->unfit : 0);
        if (task->collided > 0)
            gd_texts_add(
                &of->out->conflicts,
                gd_arena_printf(of->arena,
                                "%" PRId64 " %s of table %s did not come back: others "
                                "have taken their place under a unique constraint, or what "
                                "they refer to is not there",
                                task->collided, task->collided == 1 ? "row" : "rows", task->plain),
                of->arena);
        tell_rows(of, task);
        if (task->kept > 0)
            gd_texts_add(&of->out->conflicts,
                         gd_arena_printf(
                             of->arena, "%" PRId64 " %s of table %s, written since, %s as they are",
                             task->kept, task->kept == 1 ? "value" : "values", task->plain,
                             task->kept == 1 ? "stays" : "stay"),
                         of->arena);
    }
}

/* A statement of ours that the server refuses is a rollback that failed: nothing was changed. */
static struct gd_status as_failed(struct transacting *of, struct gd_status status,
                                  struct gd_error *err)
{
    if (status.code != GD_SYSTEM || of->committing || gd_pg_broken(of->pg) || gd_interrupted())
        return status;
    err->code = GD_FAILED;
    return gd_hint(err, (struct gd_status){GD_FAILED},
                   "Nothing was changed. --way database restores all of it beside, and swaps.");
}

/* The statement is made where names mean what they mean to the target. */
GD_MUST static struct gd_status ask_prisma(struct transacting *of, struct gd_error *err)
{
    const struct gd_story *story = of->back->story;
    const char **paths = gd_arena_zalloc(of->arena, story->file_count + 1, sizeof *paths);
    const char **hashes = gd_arena_zalloc(of->arena, story->file_count + 1, sizeof *hashes);
    for (size_t i = 0; i < story->file_count; i++) {
        paths[i] = story->files[i].path;
        hashes[i] = story->files[i].sha256;
    }
    return gd_folder_undo_sql(of->back->plain, paths, hashes, story->file_count, of->arena,
                              &of->prisma, err);
}

struct gd_status gd_back_transact(struct gd_back *back, bool drop_unfit, const char *bad_snapshot,
                                  struct gd_journal *journal, struct gd_story *story,
                                  struct gd_rolled_back *out_rolled_back, struct gd_error *err)
{
    struct transacting of = {.back = back,
                             .pg = back->pg,
                             .arena = back->arena,
                             .drop_unfit = drop_unfit,
                             .bad_snapshot = bad_snapshot,
                             .journal = journal,
                             .story = story,
                             .out = out_rolled_back};
    struct gd_error ignored = {0};
    struct gd_status status = ask_prisma(&of, err);
    if (status.code == GD_OK)
        status = do_all(&of, err);
    if (status.code == GD_OK) {
        add_up(&of);
        return GD_DONE;
    }
    if (!gd_pg_broken(of.pg) && story->steps[0].state != GD_STEP_IN)
        (void)!gd_pg_command(of.pg, "undo", "ROLLBACK", &ignored).code;
    return as_failed(&of, status, err);
}
