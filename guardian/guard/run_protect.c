/*
 * Run, the half that keeps a way back: one backup for all that it covers, and the traps of somebody
 * else's transaction.
 *
 * A statement stands inside the tool's own transaction, or alone. What the transaction has done so
 * far is not in a snapshot that is taken behind our locks, and need not be: it goes with it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/run_own.h"
#include "guardian/pg/copy.h"

/* ---- the trap ---- */

static bool wants_rows(const struct gd_backup *backup)
{
    return backup->scope >= GD_SCOPE_TABLES;
}

/* Locks that the command's own open transaction holds, and that a backup would wait for until the
 * end of days: of relations that others can see, so not of those that it has just made. */
GD_MUST static struct gd_status find_trap(struct gd_run *run, const struct gd_run_look *look,
                                          const char **out_relation, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    const char *values[] = {gd_arena_printf(look->arena, "%d", look->request->backend)};
    struct gd_pg_call call = {
        .what = "look at the locks of the command's transaction",
        .sql = "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_locks l "
               "JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation "
               "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
               "WHERE l.pid OPERATOR(pg_catalog.=) $1::int AND l.granted "
               "AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock' "
               "AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d "
               "WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) "
               "AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm', 'S', 'f', 'v']"
               "::\"char\"[]) ORDER BY 1 LIMIT 1",
        .values = values,
        .value_count = 1,
    };
    *out_relation = NULL;
    if (look->request->state == GD_PG_OUTSIDE && look->request->earlier[0] == '\0')
        return GD_DONE;
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    if (gd_pg_rows_count(rows) > 0)
        *out_relation = gd_arena_strdup(run->arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

/* All that the tries so far wanted, in one. */
static void remember_need(struct gd_run *run, const struct gd_decision *decision)
{
    if (run->needs == NULL) {
        run->needs = gd_arena_zalloc(run->arena, 1, sizeof *run->needs);
        run->needs->limits = decision->limits;
        run->needs->policy = decision->policy;
        run->needs->action = GD_ACTION_BACKUP;
    }
    run->lacking = true;
    struct gd_backup *all = &run->needs->backup;
    const struct gd_backup *one = &decision->backup;
    all->scope = one->scope > all->scope ? one->scope : all->scope;
    if (wants_rows(all) && gd_run_is_small(run))
        all->scope = GD_SCOPE_DATABASE; /* whatever else the command will ask for is in it */
    all->proof = one->proof > all->proof ? one->proof : all->proof;
    all->covers = one->covers;
    for (size_t i = 0; i < one->tables.count; i++)
        gd_texts_add(&all->tables, gd_arena_strdup(run->arena, one->tables.items[i]), run->arena);
}

GD_MUST static struct gd_status trapped(struct gd_run *run, const struct gd_run_look *look,
                                        const char *relation, struct gd_error *err)
{
    bool rows = look->decision->backup.scope != GD_SCOPE_NONE;
    remember_need(run, look->decision);
    run->trapped = run->trapped || run->first_refusal == NULL; /* which this becomes */
    run->again = gd_arena_printf(
        run->arena, "its open transaction held %s, which the backup must read", relation);
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           rows ? "this statement needs a backup first, and the transaction that "
                                  "it is in holds %s already, so that no backup can be made"
                                : "the schema is recorded before the first change, and the "
                                  "transaction holds %s already, so that it cannot be read",
                           relation),
                   "%s", gd_run_trap_hint(run));
}

/* What is there is recorded before the first change, and that waits for such a lock, too. */
struct gd_status gd_run_check_trap(struct gd_run *run, const struct gd_run_look *look,
                                   struct gd_error *err)
{
    const char *relation;
    if (run->begun || run->stuck)
        return GD_DONE;
    GD_TRY(find_trap(run, look, &relation, err));
    return relation == NULL ? GD_DONE : trapped(run, look, relation, err);
}

/* ---- take and prove ---- */

struct gd_status gd_run_record(struct gd_run *run, enum gd_record_kind kind, struct gd_error *err)
{
    struct gd_status status =
        gd_journal_write(run->journal, kind, gd_story_body(run->story, kind), err);
    if (status.code == GD_OK)
        return status;
    run->stuck = true; /* nobody knows whether it is there: nothing more may be written */
    run->stuck_err = *err;
    return status;
}

/* Transactions of the run whose rows a backup may see. */
const char *gd_run_own_ids(const struct gd_run *run)
{
    const struct gd_story *story = run->story;
    const char *ids = NULL;
    for (size_t i = 0; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        uint32_t id = (uint32_t)strtoull(step->xid, NULL, 10);
        bool same = i > 0 && strcmp(step->xid, story->steps[i - 1].xid) == 0 && ids != NULL;
        bool nested = step->nested != NULL && *step->nested != '\0';
        bool lock = gd_map_get(&run->locks, step->number) != GD_MAP_NONE;
        if (id != 0 && step->state != GD_STEP_NOT_IN && !same && !lock)
            ids = gd_arena_printf(run->arena, "%s%s%" PRIu32, ids == NULL ? "" : ids,
                                  ids == NULL ? "" : ",", id);
        if (nested && step->state != GD_STEP_NOT_IN)
            ids = gd_arena_printf(run->arena, "%s%s%s", ids == NULL ? "" : ids,
                                  ids == NULL ? "" : ",", step->nested);
    }
    return ids;
}

struct gd_protect_options gd_run_protect_options(const struct gd_run *run,
                                                 const struct gd_decision *decision)
{
    const struct gd_guard_options *options = run->options->guard;
    return (struct gd_protect_options){
        .own_ids = gd_run_own_ids(run),
        .own_files = &run->old,
        .pg = options->pg,
        .store = options->store,
        .key = options->key,
        .decision = decision,
        .change = run->change_id,
        .reason = options->reason,
        .workers = options->workers,
        .level = options->level,
        .pg_dump = options->pg_dump,
        .pg_bin = options->pg_bin,
        .scratch = options->scratch,
        .lock_ms = gd_guard_bounded(&decision->limits->lock_wait),
        .database = run->story->database,
        .point_only = options->point == GD_POINT_REQUIRE,
        .notes = &run->outcome->notes,
        .events = options->events,
    };
}

/* Has the command been let do anything that is more than a setting? */
static bool something_may_be_in(const struct gd_run *run)
{
    for (size_t i = 0; i < run->story->step_count; i++) {
        const struct gd_story_step *step = &run->story->steps[i];
        if (step->state != GD_STEP_PLANNED && step->state != GD_STEP_NOT_IN &&
            step->class != GD_CLASS_NONE)
            return true;
    }
    return false;
}

/* `missing`: what of the decision's backup no earlier one holds. */
GD_MUST static struct gd_status back_up(struct gd_run *run, const struct gd_decision *decision,
                                        const struct gd_backup *missing, const char *snapshot,
                                        bool held, const struct gd_cover *cover,
                                        struct gd_error *err)
{
    struct gd_decision part = *decision;
    part.backup = *missing;
    struct gd_protect_options protect = gd_run_protect_options(run, &part);
    struct gd_protection *protection = gd_arena_zalloc(run->arena, 1, sizeof *protection);
    protect.held = held;
    protect.cover = cover;
    protect.no_point = run->no_point;
    protect.within = something_may_be_in(run);
    protect.point_only |=
        cover != NULL && held && !missing->sealed; /* too large to be copied now */
    protect.point_ms = held ? GD_POINT_HELD_MS : 0;
    GD_TRY(gd_run_record(run, GD_RECORD_PROTECTING, err));
    const struct gd_wish *before = gd_run_heed(run);
    struct gd_status status = gd_protect(&protect, snapshot, run->arena, protection, err);
    (void)gd_interrupt_by(before);
    GD_TRY(status);
    GD_TRY(gd_fault("run: another backup is proven, and not on record", err));
    run->story->covers = decision->backup.covers && (run->kept_count == 0 || run->story->covers);
    gd_run_keep(run, protection);
    return gd_run_tell_kept(run, err);
}

/* ---- one statement ---- */

/* @param out_sealed  writers are held off since before the copy, until this statement is over */
GD_MUST static struct gd_status make_backup(struct gd_run *run, struct gd_run_look *look,
                                            const struct gd_backup *missing, bool *out_sealed,
                                            struct gd_error *err)
{
    const char *snapshot = NULL, *relation;
    const struct gd_cover *cover;
    GD_TRY(find_trap(run, look, &relation, err));
    if (relation != NULL)
        return trapped(run, look, relation, err);
    gd_run_hush(look);
    bool can_seal = wants_rows(missing) && gd_run_can_seal(look);
    GD_TRY(gd_run_prepare_point(run, look->decision, missing, can_seal, &cover, err));
    *out_sealed = can_seal && (missing->sealed || cover != NULL);
    if (*out_sealed) /* a transaction of the tool's may be within a savepoint, or be prepared */
        GD_TRY(gd_run_seal(run, look, missing, look->wrapped ? &snapshot : NULL, err));
    return back_up(run, look->decision, missing, snapshot, *out_sealed, cover, err);
}

GD_MUST static struct gd_status have_backup(struct gd_run *run, struct gd_run_look *look,
                                            struct gd_error *err)
{
    const struct gd_decision *decision = look->decision;
    const struct gd_survey *survey = look->change.survey;
    struct gd_backup missing;
    bool sealed = false;
    GD_TRY(gd_run_note_nested(run, look->request, err));
    if (gd_run_can_seal(look))
        gd_run_let_go_of_loose(run);
    if (gd_run_missing(run, &decision->backup, survey, look->arena, &missing))
        GD_TRY(make_backup(run, look, &missing, &sealed, err));
    GD_TRY(gd_run_strengthen(run, decision, survey, err));
    if (!wants_rows(&decision->backup) || look->records)
        return GD_DONE;
    size_t count = sealed ? run->kept_count - 1 : run->kept_count;
    for (size_t i = 0; i < count; i++)
        GD_TRY(gd_run_check_drift(run, look, run->kept[i], err));
    return GD_DONE;
}

struct gd_status gd_run_protect(struct gd_run *run, struct gd_run_look *look,
                                const struct gd_permit **out_permit, struct gd_error *err)
{
    run->uncovered |= !look->decision->backup.covers;
    if (look->decision->backup.scope == GD_SCOPE_NONE)
        return gd_permit_without(look->decision, run->arena, out_permit, err);
    GD_TRY(have_backup(run, look, err));
    return gd_run_permit(run, look->decision, out_permit, err);
}

struct gd_status gd_run_back_up(struct gd_run *run, const struct gd_decision *decision,
                                struct gd_error *err)
{
    struct gd_backup missing;
    const struct gd_cover *cover;
    if (gd_run_missing(run, &decision->backup, NULL, run->arena, &missing)) {
        GD_TRY(gd_run_prepare_point(run, decision, &missing, false, &cover, err));
        GD_TRY(back_up(run, decision, &missing, NULL, false, cover, err));
    }
    return gd_run_strengthen(run, decision, NULL, err);
}

/* ---- between two tries ---- */

GD_MUST static struct gd_status back_up_needs(struct gd_run *run, struct gd_error *err)
{
    struct gd_backup missing;
    const struct gd_cover *cover;
    if (gd_run_missing(run, &run->needs->backup, NULL, run->arena, &missing)) {
        GD_TRY(gd_run_prepare_point(run, run->needs, &missing, false, &cover, err));
        GD_TRY(back_up(run, run->needs, &missing, NULL, false, cover, err));
        run->further = true;
    }
    return gd_run_strengthen(run, run->needs, NULL, err);
}

struct gd_status gd_run_protect_foreseen(struct gd_run *run, struct gd_run_look *look,
                                         struct gd_error *err)
{
    const char *relation;
    if (!run->foreseen)
        return GD_DONE;
    gd_run_hush(look);
    GD_TRY(find_trap(run, look, &relation, err));
    run->foreseen = relation != NULL;
    return relation == NULL ? back_up_needs(run, err) : GD_DONE;
}

const struct gd_backup *gd_run_needs(const struct gd_run *run)
{
    return run->lacking ? &run->needs->backup : NULL;
}

void gd_run_foresee(struct gd_run *run, const struct gd_backup *backup)
{
    const struct gd_policy *policy = run->options->guard->policy;
    const struct gd_decision foreseen = {
        .limits = gd_policy_limits(policy), .policy = gd_policy_name(policy), .backup = *backup};
    pthread_mutex_lock(&run->lock);
    remember_need(run, &foreseen);
    run->foreseen = true;
    run->lacking = false;
    pthread_mutex_unlock(&run->lock);
}

struct gd_status gd_run_prepare_again(struct gd_run *run, struct gd_error *err)
{
    pthread_mutex_lock(&run->lock);
    gd_run_take_heard(run);
    run->again = NULL;
    run->trapped = false;
    run->further = false;
    run->failed = 0;
    run->try_steps = run->story->step_count;
    run->refused = 0; /* what counts is how the last try ends */
    run->first_refusal = run->first_hint = NULL;
    gd_run_ask_again(run);
    run->stirred = false;
    struct gd_status status = gd_run_took_look(run, err);
    if (status.code == GD_OK && !run->begun)
        status = gd_pg_stamp(run->pg, run->arena, &run->stamp, err);
    if (status.code == GD_OK && run->needs != NULL) {
        bool begun = run->begun;
        status = gd_run_make_change(run, err); /* its locks came first: now they do not */
        if (status.code == GD_OK)
            status = back_up_needs(run, err);
        run->further |= !begun;
    }
    if (status.code == GD_OK)
        status = gd_run_late_values(run, err);
    pthread_mutex_unlock(&run->lock);
    return status;
}
