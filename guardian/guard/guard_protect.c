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

/* What a file needs around it to be recorded where its tool looks. */
static void list_files(struct gd_guard *guard)
{
    const struct gd_report *report = guard->change.report;
    guard->apply_files =
        gd_arena_zalloc(guard->arena, report->file_count + 1, sizeof *guard->apply_files);
    for (size_t i = 0; i < report->file_count; i++) {
        const struct gd_scripts_file *file = &guard->todo.files[i];
        struct gd_story_file *told = &guard->story->files[i];
        const char *own = file->migration == NULL ? NULL : file->migration->after;
        const char *row = gd_ledger_file_sql(&guard->ledger, guard->change_id, told,
                                             report->files[i]->rerun_safe, guard->arena);
        guard->apply_files[i] = (struct gd_apply_file){
            .file = report->files[i],
            .text = file->text,
            .size = file->size,
            .before = file->migration == NULL ? NULL : file->migration->before,
            .after = own == NULL   ? row
                     : row == NULL ? own
                                   : gd_arena_printf(guard->arena, "%s;\n%s", own, row),
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

struct gd_status gd_guard_prepare(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_limits *limits = guard->decision->limits;
    GD_TRY(gd_ledger_open(guard->pg, true, guard->arena, &guard->ledger, err));
    if (!guard->ledger.there)
        gd_texts_add(&guard->outcome->notes,
                     gd_arena_printf(guard->arena, "no record is kept in the database: %s",
                                     guard->ledger.why),
                     guard->arena);
    GD_TRY(gd_pg_fingerprint(guard->pg, guard->arena, &guard->before, err));
    list_files(guard);
    struct gd_apply_options options = {
        .plan = guard->plan,
        .files = guard->apply_files,
        .file_count = guard->change.report->file_count,
        .ledger = &guard->ledger,
        .journal = guard->journal,
        .story = guard->story,
        .skip_steps = guard->skip_steps,
        .statement_ms = guard->options->statement_ms,
        .lock_ms = (uint32_t)limits->lock_wait.value,
        .lock_retries = (uint32_t)limits->lock_retries.value,
        .total_ms = time_left(guard),
        .still_ours = still_ours,
        .still_ours_context = guard,
        .events = guard->options->events,
    };
    return gd_apply_new(&options, guard->pg, guard->arena, &guard->applier, err);
}

/* --- seal
 * ----------------------------------------------------------------------------------------- */

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

GD_MUST static struct gd_status lock(struct gd_guard *guard, const char **out_snapshot,
                                     struct gd_error *err)
{
    const struct gd_limits *limits = guard->decision->limits;
    return gd_protect_seal(guard->pg, &guard->decision->backup, (uint32_t)limits->lock_wait.value,
                           (uint32_t)limits->lock_retries.value, guard->options->events,
                           guard->arena, out_snapshot, err);
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

struct gd_status gd_guard_protect(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_guard_options *options = guard->options;
    const char *snapshot = NULL;
    if (!demands_backup(guard))
        return GD_DONE;
    int64_t sealed_since = gd_clock_monotonic_us();
    if (guard->in_loss)
        GD_TRY(lock(guard, &snapshot, err));
    struct gd_protect_options protect = {
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
        .events = options->events,
    };
    GD_TRY(gd_protect(&protect, snapshot, guard->arena, &guard->protection, err));
    struct gd_story *story = guard->story;
    story->snapshot = guard->protection.manifest->id;
    story->proof = gd_proof_kind(guard->protection.proof);
    story->sealed = guard->protection.sealed;
    story->covers = guard->decision->backup.covers;
    if (guard->in_loss) {
        story->drift_rows = 0;
        story->sealed_seconds = (double)(gd_clock_monotonic_us() - sealed_since) / 1e6;
    }
    tell_phases(guard);
    return check_duration(guard, err);
}

/* --- permit
 * --------------------------------------------------------------------------------------- */

GD_MUST static struct gd_status make_permit(struct gd_guard *guard, struct gd_error *err)
{
    if (!demands_backup(guard))
        return gd_permit_without(guard->decision, guard->arena, &guard->permit, err);
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
        out = gd_arena_printf(guard->arena, "%s%s%s (%" PRId64 " new, %" PRId64 " changed or gone)",
                              out, i == 0 ? "" : ", ", story->drifts[i].table,
                              story->drifts[i].rows_new, story->drifts[i].rows_gone);
    return out;
}

/* Writers are off now: what they wrote since the backup would be lost by a rollback. */
GD_MUST static struct gd_status measure_drift(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_story *story = guard->story;
    const struct gd_limit *limit = &guard->decision->limits->drift_rows_max;
    const char *unused;
    GD_TRY(lock(guard, &unused, err));
    GD_TRY(gd_protect_drift(guard->pg, &guard->protection, &guard->decision->backup, guard->arena,
                            &story->drifts, &story->drift_count, &story->drift_rows, err));
    if (story->drift_rows <= 0)
        return GD_DONE;
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
    return guard->in_loss ? measure_drift(guard, err) : GD_DONE;
}
