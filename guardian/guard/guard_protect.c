/*
 * Guard, the half that keeps a way back: ledger, session, seal, backup, proof, permit.
 *
 * Sealed when the first step that is to run is the one that loses something: its transaction is
 * begun, its tables are kept from being written to, and what is copied then is what the change
 * finds. Otherwise the backup is made first, and when the losing transaction holds its locks, what
 * was written in between is counted: rows, by table.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/guard_own.h"

static bool demands_backup(const struct gd_guard *guard)
{
    return guard->decision->backup.scope != GD_SCOPE_NONE;
}

/* Statements of our own, one behind the other; any of them may be NULL. */
static const char *joined(const char *first, const char *second, struct gd_arena *arena)
{
    if (first == NULL || second == NULL)
        return first == NULL ? second : first;
    return gd_arena_printf(arena, "%s;\n%s", first, second);
}

/* What a file needs around it to be recorded where its tool looks. With the last one goes the row
 * of the whole change: it is there exactly if all of it is in, and says that nobody has closed it
 * yet. */
static void list_files(struct gd_guard *guard)
{
    const struct gd_report *report = guard->change.report;
    struct gd_arena *arena = guard->arena;
    guard->apply_files = gd_arena_zalloc(arena, report->file_count + 1, sizeof *guard->apply_files);
    for (size_t i = 0; i < report->file_count; i++) {
        const struct gd_scripts_file *file = &guard->todo.files[i];
        const struct gd_story_file *told = &guard->story->files[i];
        const char *after = NULL;
        if (file->migration != NULL || gd_story_stays(guard->story, told))
            after = gd_ledger_file_sql(&guard->ledger, guard->change_id, told, guard->story->place,
                                       arena);
        if (file->migration != NULL)
            after = joined(file->migration->after, after, arena);
        for (size_t k = 0; i + 1 == report->file_count && k < guard->goes_on.count; k++)
            after = joined(after,
                           gd_ledger_continued_sql(&guard->ledger, guard->goes_on.items[k],
                                                   guard->change_id, arena),
                           arena);
        if (i + 1 == report->file_count && gd_guard_leaves_something(guard))
            after = joined(after, gd_ledger_change_sql(&guard->ledger, guard->story, arena), arena);
        guard->apply_files[i] = (struct gd_apply_file){
            .file = report->files[i],
            .text = file->text,
            .size = file->size,
            .before = file->migration == NULL ? NULL : file->migration->before,
            .after = after,
            .whole = file->folder != NULL && file->folder->kind == GD_FOLDER_PRISMA,
        };
    }
}

static struct gd_status still_ours(void *context, struct gd_error *err)
{
    struct gd_guard *guard = context;
    return gd_lease_check(guard->lease, err);
}

/* Milliseconds that are left of the policy's limit; 0: there is none. */
static uint32_t time_left(const struct gd_guard *guard)
{
    uint64_t limit = guard->decision->limits->duration_max.value;
    uint64_t spent = (uint64_t)(gd_clock_monotonic_us() - guard->began_us) / 1000;
    if (limit == UINT64_MAX)
        return 0;
    uint64_t left = limit > spent ? limit - spent : 1;
    return left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

uint32_t gd_guard_bounded(const struct gd_limit *limit)
{
    enum { MOST = 1000000000 };
    return limit->value > MOST ? MOST : (uint32_t)limit->value;
}

bool gd_guard_reads_beside(const struct gd_guard *guard)
{
    return demands_backup(guard) && !guard->decision->backup.sealed;
}

struct gd_status gd_guard_prepare(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_limits *limits = guard->decision->limits;
    GD_TRY(gd_net_open(guard->pg, guard->options->store, guard->options->key, guard->arena,
                       &guard->net, err));
    GD_TRY(gd_ledger_open(guard->pg, true, guard->arena, &guard->ledger, err));
    if (!guard->ledger.there)
        gd_texts_add(&guard->outcome->notes,
                     gd_arena_printf(guard->arena, "no record is kept in the database: %s",
                                     guard->ledger.why),
                     guard->arena);
    list_files(guard);
    struct gd_apply_options options = {
        .plan = guard->plan,
        .files = guard->apply_files,
        .file_count = guard->change.report->file_count,
        .ledger = &guard->ledger,
        .net = &guard->net,
        .journal = guard->journal,
        .story = guard->story,
        .skip_steps = guard->skip_steps,
        .statement_ms = guard->options->statement_ms,
        .lock_ms = gd_guard_bounded(&limits->lock_wait),
        .lock_retries = gd_guard_bounded(&limits->lock_retries),
        .sealed_ms = limits->sealed_wait.value == 0 ? 1 : gd_guard_bounded(&limits->sealed_wait),
        .held = &guard->held,
        .total_ms = time_left(guard),
        .still_ours = still_ours,
        .still_ours_context = guard,
        .events = guard->options->events,
    };
    return gd_apply_new(&options, guard->pg, guard->arena, &guard->applier, err);
}

/* ---- seal ---- */

/* Begin the losing transaction before anything else has run, to copy under its locks. */
struct gd_status gd_guard_open_seal(struct gd_guard *guard, struct gd_error *err)
{
    if (!demands_backup(guard) || !guard->decision->backup.sealed)
        return GD_DONE;
    return gd_apply_to_seal(guard->applier, NULL, &guard->in_loss, err);
}

static void tell_phases(struct gd_guard *guard)
{
    double *seconds = guard->outcome->seconds;
    seconds[GD_PHASE_BACKUP] = guard->story->backup_seconds = guard->protection.take_seconds;
    seconds[GD_PHASE_PROOF] = guard->story->proof_seconds = guard->protection.proof_seconds;
}

static bool is_to_come(const struct gd_guard *guard, const struct gd_step *step)
{
    for (size_t i = 0; i < guard->story->step_count; i++)
        if (guard->story->steps[i].number == step->number)
            return guard->story->steps[i].state != GD_STEP_IN;
    return false; /* the backup */
}

/* Tables that the next step which takes any so must have for itself, readers included. */
static void tables_alone(const struct gd_guard *guard, struct gd_texts *out_tables)
{
    for (size_t i = 0; i < guard->plan->step_count && out_tables->count == 0; i++) {
        const struct gd_step *step = guard->plan->steps[i];
        for (size_t s = 0; is_to_come(guard, step) && s < step->statement_count; s++) {
            const struct gd_verdict *verdict = &step->statements[s]->verdict;
            for (size_t f = 0; f < verdict->finding_count; f++) {
                const struct gd_finding *finding = verdict->findings[f];
                if (finding->lock != GD_LOCK_AX || finding->fresh != NULL)
                    continue;
                if (finding->lock_on != NULL)
                    gd_texts_add(out_tables, finding->lock_on, guard->arena);
                for (size_t t = 0; t < finding->tables.count; t++)
                    gd_texts_add(out_tables, finding->tables.items[t], guard->arena);
            }
        }
    }
}

GD_MUST static struct gd_status lock(struct gd_guard *guard, const struct gd_backup *backup,
                                     const char **out_snapshot, struct gd_error *err)
{
    const struct gd_limits *limits = guard->decision->limits;
    const struct gd_seal_options options = {
        .lock_ms = gd_guard_bounded(&limits->lock_wait),
        .retries = gd_guard_bounded(&limits->lock_retries),
        .clock = &guard->held,
        .events = guard->options->events,
    };
    struct gd_texts alone = {0};
    struct gd_backup locked = *backup;
    if (guard->cover != NULL && locked.tables.count > 0)
        locked.scope = GD_SCOPE_TABLES; /* nothing is copied but what a rollback will want */
    tables_alone(guard, &alone);
    GD_TRY(gd_protect_readers(guard->pg, &alone, &options, guard->arena, err));
    return gd_protect_seal(guard->pg, &locked, &options, guard->arena, out_snapshot, err);
}

GD_MUST static struct gd_status check_duration(const struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_limit *limit = &guard->decision->limits->duration_max;
    double spent = (double)(gd_clock_monotonic_us() - guard->began_us) / 1e6;
    if (limit->value == UINT64_MAX || spent * 1000 < (double)limit->value)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "the backup took %.0f s, and the policy allows %s for all of it", spent,
                           limit->text),
                   "The backup is in the store and proven. Raise duration_max in the policy, or "
                   "back up less with a policy that names tables.");
}

struct gd_protect_options gd_guard_protect_options(const struct gd_guard *guard)
{
    const struct gd_guard_options *options = guard->options;
    return (struct gd_protect_options){
        .pg = options->pg,
        .store = options->store,
        .key = options->key,
        .decision = guard->decision,
        .change = guard->change_id,
        .reason = options->reason,
        .workers = options->workers,
        .level = options->level,
        .pg_dump = options->pg_dump,
        .pg_bin = options->pg_bin,
        .scratch = options->scratch,
        .lock_ms = (uint32_t)guard->decision->limits->lock_wait.value,
        .cover = guard->cover,
        .no_point = guard->no_point,
        .point_only = guard->point_only || options->point == GD_POINT_REQUIRE,
        .database = guard->story->database,
        .git_commit = guard->story->git_commit,
        .notes = &guard->outcome->notes,
        .events = options->events,
    };
}

static void tell_backup(struct gd_guard *guard)
{
    struct gd_story *story = guard->story;
    const struct gd_protection *protection = &guard->protection;
    story->snapshot = protection->cover == NULL ? protection->manifest->id : "";
    story->point_count = 0;
    if (protection->cover == NULL)
        return;
    story->points = gd_arena_zalloc(guard->arena, 1, sizeof *story->points);
    story->points[story->point_count++] = gd_protect_told(protection, guard->arena);
}

/* Under the snapshot that the change's own session exports, or (NULL) one of its own. `alone`:
 * writers are held for a moment only, so a point in time that fails is not made up for. */
GD_MUST static struct gd_status make_backup(struct gd_guard *guard, const char *snapshot,
                                            bool alone, struct gd_error *err)
{
    struct gd_story *story = guard->story;
    struct gd_protect_options protect = gd_guard_protect_options(guard);
    protect.point_only |= alone;
    protect.within = gd_guard_something_is_in(guard);
    protect.point_ms = alone || snapshot != NULL ? GD_POINT_HELD_MS : 0;
    GD_TRY(gd_protect(&protect, snapshot, guard->arena, &guard->protection, err));
    tell_backup(guard);
    story->proof = gd_proof_kind(guard->protection.proof);
    story->sealed = guard->protection.sealed;
    story->covers = guard->decision->backup.covers;
    tell_phases(guard);
    return check_duration(guard, err);
}

static void tell_sealed(struct gd_guard *guard)
{
    guard->story->drift_rows = 0;
    guard->story->drift_count = 0;
}

GD_MUST static struct gd_status protect_beside(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_before before;
    struct gd_error later = {0};
    gd_guard_before_begin(guard, &before);
    struct gd_status status = make_backup(guard, NULL, false, err);
    struct gd_status read =
        gd_guard_before_end(guard, &before, status.code == GD_OK ? err : &later);
    return status.code == GD_OK ? read : status;
}

struct gd_status gd_guard_protect(struct gd_guard *guard, struct gd_error *err)
{
    const char *snapshot = NULL;
    if (!demands_backup(guard))
        return gd_guard_mark(guard, false, err);
    GD_TRY(gd_guard_prepare_point(guard, err));
    if (gd_guard_reads_beside(guard))
        GD_TRY(protect_beside(guard, err));
    else {
        if (guard->in_loss)
            GD_TRY(lock(guard, &guard->decision->backup, &snapshot, err));
        GD_TRY(make_backup(guard, snapshot, false, err));
    }
    if (guard->in_loss)
        tell_sealed(guard);
    return gd_guard_mark(guard, false, err);
}

/* ---- permit ---- */

GD_MUST static struct gd_status make_permit(struct gd_guard *guard, struct gd_error *err)
{
    if (!demands_backup(guard))
        return gd_permit_without(guard->decision, guard->arena, &guard->permit, err);
    if (guard->protection.cover != NULL)
        return gd_permit_point(guard->decision, guard->change_id, guard->protection.proof,
                               guard->arena, &guard->permit, err);
    return gd_permit_proven(guard->decision, guard->protection.manifest, guard->protection.proof,
                            guard->arena, &guard->permit, err);
}

/* The schema that was judged is the schema that is changed. Seen from inside a transaction of ours
 * that has changed nothing yet. */
GD_MUST static struct gd_status check_stamp(struct gd_guard *guard, struct gd_error *err)
{
    const char *now;
    GD_TRY(gd_pg_stamp(guard->pg, guard->arena, &now, err));
    if (strcmp(now, guard->stamp) == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "somebody else changed the schema of %s after it was looked at",
                           guard->story->where),
                   "Run it again: it is judged anew, against the schema as it is now.");
}

static const char *drift_in_words(const struct gd_guard *guard)
{
    const struct gd_story *story = guard->story;
    const char *out = "";
    for (size_t i = 0; i < story->drift_count; i++)
        out = story->drifts[i].rows_new < 0
                  ? gd_arena_printf(guard->arena, "%s%s%s (not counted)", out, i == 0 ? "" : ", ",
                                    story->drifts[i].table)
                  : gd_arena_printf(guard->arena,
                                    "%s%s%s (%" PRId64 " new, %" PRId64 " changed or gone)", out,
                                    i == 0 ? "" : ", ", story->drifts[i].table,
                                    story->drifts[i].rows_new, story->drifts[i].rows_gone);
    return out;
}

GD_MUST static struct gd_status check_drift(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_story *story = guard->story;
    const struct gd_limit *limit = &guard->decision->limits->drift_rows_max;
    if (story->drift_rows == 0)
        return GD_DONE;
    if (story->drift_rows < 0 && limit->value != UINT64_MAX)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "rows that were written between backup and change could not be "
                               "counted in time, and the policy allows %s: %s",
                               limit->text, drift_in_words(guard)),
                       "Let the policy seal the tables (sealed: always): then nobody writes in "
                       "between.");
    if (story->drift_rows < 0) {
        gd_texts_add(&guard->outcome->notes,
                     gd_arena_printf(guard->arena,
                                     "rows that were written between backup and change could not "
                                     "be counted in time: %s",
                                     drift_in_words(guard)),
                     guard->arena);
        return GD_DONE;
    }
    if ((uint64_t)story->drift_rows > limit->value)
        return gd_hint(
            err,
            gd_fail(err, GD_REFUSED,
                    "%" PRId64 " rows were written between backup and change, and the policy "
                    "allows %s: %s",
                    story->drift_rows, limit->text, drift_in_words(guard)),
            "Run it when nobody writes, let the policy seal the tables (sealed: always), or raise "
            "drift_rows_max.");
    gd_texts_add(&guard->outcome->notes,
                 gd_arena_printf(guard->arena,
                                 "%" PRId64 " rows were written between backup and change; a "
                                 "rollback does not bring them back: %s",
                                 story->drift_rows, drift_in_words(guard)),
                 guard->arena);
    return GD_DONE;
}

/* Counting what was written since would read the tables; another restore point, now that nobody
 * writes, takes a moment. Where the tables are too large to be copied now, it is that or nothing.
 */
GD_MUST static struct gd_status point_anew(struct gd_guard *guard, const char *snapshot,
                                           struct gd_error *err)
{
    GD_TRY(make_backup(guard, snapshot, !guard->decision->backup.sealed, err));
    GD_TRY(make_permit(guard, err));
    tell_sealed(guard);
    guard->story->sealed = true;
    return GD_DONE;
}

/* Writers are off now: what they wrote since the backup would be lost by a rollback. Where the
 * policy wants none lost, the backup is made anew under these locks; when nobody wrote, the first
 * one is as good. */
GD_MUST static struct gd_status measure_drift(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_story *story = guard->story;
    const char *snapshot;
    GD_TRY(lock(guard, &guard->decision->backup, &snapshot, err));
    if (guard->protection.cover != NULL)
        return point_anew(guard, snapshot, err);
    GD_TRY(gd_protect_drift(guard->pg, &guard->protection, &guard->decision->backup, guard->arena,
                            &story->drifts, &story->drift_count, &story->drift_rows, err));
    if (!guard->decision->backup.sealed)
        return check_drift(guard, err);
    if (story->drift_rows != 0) {
        GD_TRY(make_backup(guard, snapshot, false, err));
        GD_TRY(make_permit(guard, err));
        tell_sealed(guard);
    }
    story->sealed = true;
    return GD_DONE;
}

/* Do rows depend on the backup? */
static bool loses_rows(const struct gd_decision *decision)
{
    return decision->backup.scope >= GD_SCOPE_TABLES;
}

struct gd_status gd_guard_permit(struct gd_guard *guard, struct gd_error *err)
{
    GD_TRY(make_permit(guard, err));
    GD_TRY(check_stamp(guard, err));
    if (guard->in_loss || !loses_rows(guard->decision))
        return GD_DONE;
    GD_TRY(gd_apply_to_seal(guard->applier, guard->permit, &guard->in_loss, err));
    if (guard->in_loss)
        return measure_drift(guard, err);
    if (guard->protection.cover != NULL)
        gd_texts_add(&guard->outcome->notes,
                     "no transaction of the change holds those who write: what they write between "
                     "the restore point and the change is not in it",
                     guard->arena);
    return GD_DONE;
}

/* ---- transactions behind the first that loses something ---- */

static void add_tables_of(const struct gd_step *step, struct gd_texts *tables,
                          struct gd_arena *arena)
{
    for (size_t s = 0; s < step->statement_count; s++) {
        const struct gd_verdict *verdict = &step->statements[s]->verdict;
        for (size_t f = 0; f < verdict->finding_count; f++)
            for (size_t t = 0; t < verdict->findings[f]->tables.count; t++)
                gd_texts_add(tables, verdict->findings[f]->tables.items[t], arena);
    }
}

static const struct gd_story_step *told_of(const struct gd_story *story, const struct gd_step *step)
{
    for (size_t i = 0; i < story->step_count; i++)
        if (story->steps[i].number == step->number)
            return &story->steps[i];
    return NULL; /* the backup */
}

/* What steps that are in wrote themselves cannot be told from what others wrote: of those tables
 * there is no count. `*out_backup`: the tables of the step that is about to run, without them. */
static void later_tables(const struct gd_guard *guard, struct gd_backup *out_backup,
                         struct gd_texts *out_ours)
{
    struct gd_texts ours = {0}, next = {0};
    bool found = false;
    *out_backup = guard->decision->backup;
    out_backup->tables = (struct gd_texts){0};
    for (size_t i = 0; i < guard->plan->step_count; i++) {
        const struct gd_step *step = guard->plan->steps[i];
        const struct gd_story_step *told = told_of(guard->story, step);
        if (told == NULL)
            continue;
        if (told->state == GD_STEP_IN)
            add_tables_of(step, &ours, guard->arena);
        else if (!found && told->loses > GD_LOSES_DEFINITION) {
            add_tables_of(step, &next, guard->arena);
            found = true;
        }
    }
    for (size_t i = 0; i < next.count; i++)
        gd_texts_add(gd_texts_has(&ours, next.items[i]) ? out_ours : &out_backup->tables,
                     next.items[i], guard->arena);
}

struct gd_status gd_guard_measure_later(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_backup backup;
    struct gd_texts ours = {0};
    struct gd_story_drift *drifts;
    size_t count;
    int64_t rows;
    const char *unused;
    later_tables(guard, &backup, &ours);
    for (size_t i = 0; i < ours.count; i++)
        gd_texts_add(&guard->outcome->notes,
                     gd_arena_printf(guard->arena,
                                     "%s: an earlier transaction of the same files changed it, so "
                                     "what others wrote there meanwhile was not counted",
                                     ours.items[i]),
                     guard->arena);
    if (backup.tables.count == 0)
        return GD_DONE;
    GD_TRY(lock(guard, &backup, &unused, err));
    GD_TRY(gd_protect_drift(guard->pg, &guard->protection, &backup, guard->arena, &drifts, &count,
                            &rows, err));
    if (rows == 0)
        return GD_DONE;
    guard->story->sealed = false;
    guard->story->drifts = drifts;
    guard->story->drift_count = count;
    guard->story->drift_rows = rows;
    return check_drift(guard, err);
}
