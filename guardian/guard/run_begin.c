/*
 * Run, the change begins: lease, recovery, what is there, journal. Once, at the first statement
 * that changes anything, or before that when it is known to come.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/run_own.h"
#include "guardian/pg/copy.h"

GD_MUST static struct gd_status take_lease(struct gd_run *run, struct gd_error *err)
{
    const struct gd_guard_options *options = run->options->guard;
    struct gd_lease_options lease = {
        .pg = run->pg,
        .store = options->store,
        .cluster = run->story->cluster,
        .change = run->change_id,
        .who = gd_arena_printf(run->arena, "%s@%s", run->story->who, run->story->host),
        .wait_ms = options->busy_ms,
        .events = options->events,
    };
    const struct gd_wish *before = gd_run_heed(run);
    struct gd_status status = gd_lease_take(&lease, &run->lease, err);
    (void)gd_interrupt_by(before);
    return status;
}

GD_MUST static struct gd_status recover(struct gd_run *run, struct gd_error *err)
{
    struct gd_recovered *recovered;
    size_t count;
    GD_TRY(gd_recover(run->pg, run->options->guard->store, run->story->cluster, run->change_id,
                      NULL, &run->ledger, run->options->guard->events, run->arena, &recovered,
                      &count, err));
    for (size_t i = 0; i < count; i++) {
        gd_texts_add(&run->outcome->notes, recovered[i].text, run->arena);
        if (recovered[i].what == GD_RECOVERY_UNKNOWN && recovered[i].still_open)
            return gd_hint(err,
                           gd_fail(err, GD_PARTIAL,
                                   "change %s was cut off, and nobody can tell what of it is in",
                                   recovered[i].story->change),
                           "Look with guardian show %s, then say what you found: guardian settle "
                           "%s --as applied, partial or failed.",
                           recovered[i].story->change, recovered[i].story->change);
    }
    return GD_DONE;
}

/* The command has looked at a schema that is no more: what it would do now was meant for another
 * one. Run again, it looks again. */
GD_MUST static struct gd_status check_stamp(struct gd_run *run, struct gd_error *err)
{
    const char *now;
    if (run->stirred)
        return GD_DONE;
    GD_TRY(gd_pg_stamp(run->pg, run->arena, &now, err));
    if (strcmp(now, run->stamp) == 0)
        return GD_DONE;
    run->again = "somebody else changed the schema while the command looked at it";
    return gd_hint(err,
                   gd_fail(err, GD_BUSY, "somebody else changed the schema of %s meanwhile",
                           run->story->where),
                   "Run the command again: it looks at the schema as it is now.");
}

struct gd_status gd_run_stir(struct gd_run *run, struct gd_error *err)
{
    if (run->begun || run->stirred || run->options->mode != GD_RUN_GUARD)
        return GD_DONE;
    GD_TRY(check_stamp(run, err));
    run->stirred = true;
    return GD_DONE;
}

GD_MUST static struct gd_status read_old(struct gd_run *run, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "list what is there",
        .sql = "SELECT c.oid, c.relfilenode FROM pg_catalog.pg_class c WHERE c.relkind "
               "OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm', 'S', 'f', "
               "'v']::\"char\"[])"};
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        gd_map_add(&run->old, gd_pg_oid(rows, i, 0), gd_pg_oid(rows, i, 1), run->arena);
    return GD_DONE;
}

GD_MUST static struct gd_status open_journal(struct gd_run *run, struct gd_error *err)
{
    struct gd_story *story = run->story;
    const struct gd_guard_options *options = run->options->guard;
    GD_TRY(gd_run_net_open(run, err));
    GD_TRY(gd_ledger_open(run->pg, true, run->arena, &run->ledger, err));
    if (!run->ledger.there)
        gd_texts_add(
            &run->outcome->notes,
            gd_arena_printf(run->arena, "no record is kept in the database: %s", run->ledger.why),
            run->arena);
    gd_journal_free(GD_MOVE(run->journal)); /* of a try that failed before its first record */
    GD_TRY(gd_journal_new(options->store, story->cluster, story->change, &run->journal, err));
    GD_TRY(gd_pg_fingerprint(run->pg, run->arena, &run->before, err));
    story->fingerprint_before = run->before.sha256;
    const char *lines = gd_fingerprint_text(&run->before, run->arena);
    GD_TRY(gd_journal_attach(run->journal, "schema-before", lines, strlen(lines), options->key,
                             run->arena, &story->schema_key, err));
    return gd_journal_hold(run->journal, GD_RECORD_RECEIVED,
                           gd_story_body(story, GD_RECORD_RECEIVED), err);
}

GD_MUST static struct gd_status make_change(struct gd_run *run, struct gd_error *err)
{
    if (run->options->turn != NULL)
        GD_TRY(run->options->turn(run->options->turn_context, err));
    if (run->lease == NULL)
        GD_TRY(take_lease(run, err));
    GD_TRY(gd_ledger_open(run->pg, false, run->arena, &run->ledger, err));
    GD_TRY(recover(run, err));
    GD_TRY(check_stamp(run, err));
    GD_TRY(read_old(run, err));
    GD_TRY(open_journal(run, err));
    gd_run_mark(run, false);
    return gd_fault("run: begun", err);
}

struct gd_status gd_run_make_change(struct gd_run *run, struct gd_error *err)
{
    if (run->stuck) {
        *err = run->stuck_err;
        return (struct gd_status){err->code};
    }
    if (run->begun)
        return GD_DONE;
    GD_TRY(make_change(run, err));
    run->begun = true;
    return GD_DONE;
}
