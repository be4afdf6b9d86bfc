/*
 * Guard: the order of things.
 *
 * One table, one row for each stage: what it does, which record says that it is over, and what is
 * certain when the process dies right behind it. Nothing else writes a change's journal, but for
 * guard/apply.c, which announces the deeds themselves.
 */
#include "guardian/guard/guard.h"

#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/guard_own.h"
#include "guardian/guard/secret_text.h"

/* ---- stages that are one call ---- */

GD_MUST static struct gd_status write_record(struct gd_guard *guard, enum gd_record_kind kind,
                                             struct gd_error *err)
{
    return gd_journal_write(guard->journal, kind, gd_story_body(guard->story, kind), err);
}

/* Does it announce a deed, or end the change? The others go out together with the next one. */
static bool must_be_there(enum gd_record_kind kind)
{
    return kind == GD_RECORD_PROTECTING || kind == GD_RECORD_PROVEN || kind == GD_RECORD_APPLYING ||
           kind == GD_RECORD_CLOSED;
}

GD_MUST static struct gd_status note_record(struct gd_guard *guard, enum gd_record_kind kind,
                                            struct gd_error *err)
{
    if (must_be_there(kind))
        return write_record(guard, kind, err);
    return gd_journal_hold(guard->journal, kind, gd_story_body(guard->story, kind), err);
}

/* The files themselves: they may be gone when somebody asks what was run. */
GD_MUST static struct gd_status keep_texts(struct gd_guard *guard, struct gd_error *err)
{
    for (size_t i = 0; i < guard->story->file_count; i++) {
        const struct gd_scripts_file *file = &guard->todo.files[i];
        const char *name = gd_arena_printf(guard->arena, "text-%zu", i + 1);
        if (guard->options->key == NULL && gd_secret_in_text(file->text) != NULL) {
            gd_texts_add(&guard->outcome->notes,
                         gd_arena_printf(guard->arena,
                                         "%s seems to hold a password, so its text is not kept in "
                                         "the store: with a key it would be, encrypted",
                                         file->path),
                         guard->arena);
            continue;
        }
        GD_TRY(gd_journal_attach(guard->journal, name, file->text, file->size, guard->options->key,
                                 guard->arena, &guard->story->files[i].text_key, err));
    }
    return GD_DONE;
}

static struct gd_status receive(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_story *story = guard->story;
    GD_TRY(
        gd_journal_new(guard->options->store, story->cluster, story->change, &guard->journal, err));
    return keep_texts(guard, err);
}

static struct gd_status look_at_schema(struct gd_guard *guard, struct gd_error *err)
{
    GD_TRY(gd_guard_prepare(guard, err));
    return gd_guard_reads_beside(guard) ? GD_DONE : gd_guard_before_now(guard, err);
}

bool gd_guard_something_is_in(const struct gd_guard *guard)
{
    const struct gd_story *story = guard->story;
    for (size_t i = guard->skip_steps; i < story->step_count; i++)
        if (story->steps[i].state == GD_STEP_IN && story->steps[i].class != GD_CLASS_NONE)
            return true;
    return false;
}

/* From one transaction that loses something to the next, and then to the end. */
GD_MUST static struct gd_status run_losses(struct gd_guard *guard, struct gd_error *err)
{
    while (guard->in_loss) {
        GD_TRY(gd_apply_to_seal(guard->applier, guard->permit, &guard->in_loss, err));
        if (!guard->in_loss)
            break;
        GD_TRY(gd_guard_measure_later(guard, err));
    }
    return gd_apply_run(guard->applier, guard->permit, err);
}

static void tell_held(struct gd_guard *guard)
{
    guard->story->sealed_seconds = gd_seal_clock_seconds(&guard->held);
    guard->outcome->seconds[GD_PHASE_SEALED] = guard->story->sealed_seconds;
}

static struct gd_status apply(struct gd_guard *guard, struct gd_error *err)
{
    GD_TRY(run_losses(guard, err));
    tell_held(guard);
    bool stays = gd_guard_leaves_something(guard);
    guard->story->changed = stays;
    guard->story->outcome = stays ? GD_OUTCOME_APPLIED : GD_OUTCOME_NOTHING;
    guard->outcome->because = gd_story_because(guard->story, guard->arena);
    if (stays)
        (void)gd_guard_mark(guard, true, err).code;
    return GD_DONE;
}

/* With it, a file that can be run again is done while nobody changes the schema. One that acts each
 * time has none, and is looked at each time. */
GD_MUST static struct gd_status write_stamps(struct gd_guard *guard, const char *stamp,
                                             struct gd_error *err)
{
    static const char what[] = "write the schema's stamp";
    const struct gd_report *report = guard->change.report;
    const struct gd_ledger *ledger = &guard->ledger;
    GD_TRY(gd_pg_command(guard->pg, what,
                         gd_ledger_stamp_sql(ledger, guard->change_id, stamp, guard->arena), err));
    for (size_t i = 0; i < report->file_count; i++) {
        const char *name = guard->todo.files[i].known_as;
        if (gd_guard_acts_each_time(report->files[i]))
            GD_TRY(gd_pg_command(guard->pg, what,
                                 gd_ledger_file_stamp_sql(ledger, name, "", guard->arena), err));
    }
    return GD_DONE;
}

/* That it ended is told once the journal is closed. */
GD_MUST static struct gd_status tell_ledger(struct gd_guard *guard, const char *stamp,
                                            struct gd_error *err)
{
    if (!guard->ledger.there)
        return GD_DONE;
    GD_TRY(gd_pg_command(guard->pg, "write the change into the ledger",
                         gd_ledger_change_sql(&guard->ledger, guard->story, guard->arena), err));
    return write_stamps(guard, stamp, err);
}

/* What the checks find is told; the change is in. */
struct checking {
    struct gd_guard *guard;
    struct gd_checked checked;
};

static struct gd_status check_once(void *context, struct gd_error *err)
{
    struct checking *checking = context;
    struct gd_guard *guard = checking->guard;
    return gd_check_after(guard->pg, guard->plan, &guard->before, guard->arena, &checking->checked,
                          err);
}

static struct gd_status check(struct gd_guard *guard, struct gd_error *err)
{
    struct checking checking = {.guard = guard};
    GD_TRY(gd_guard_patiently(guard, check_once, &checking, err));
    const struct gd_checked checked = checking.checked;
    guard->outcome->problems = checked.problems;
    guard->outcome->differences = checked.differences;
    guard->story->fingerprint_after = checked.fingerprint;
    if (guard->story->changed)
        GD_TRY(tell_ledger(guard, checked.stamp, err));
    guard->story->ended_us = gd_clock_now_us();
    return GD_DONE;
}

/* The journal is closed: from now on a run that finds nothing to do need not look at it. */
static void note_closed(struct gd_guard *guard)
{
    struct gd_error ignored = {0};
    const char *sql = gd_ledger_change_sql(&guard->ledger, guard->story, guard->arena);
    if (sql != NULL &&
        gd_pg_command(guard->pg, "note that the change is closed", sql, &ignored).code != GD_OK)
        gd_texts_add(&guard->outcome->notes,
                     "the ledger does not know that the change is closed; the next run looks into "
                     "the journal",
                     guard->arena);
}

/* ---- the table ---- */

enum { NO_RECORD = -1 };

/* clang-format off */
static const struct stage {
    const char *name;       /* of the point behind it, at which tests break things */
    gd_guard_stage_fn *run; /* NULL: it only writes its record */
    int records[2];         /* written once it is over: what announces a deed belongs to the stage before it */
    enum gd_phase phase;
    const char *crash;      /* what is certain when the process dies behind it */
} stages[] = {
    {"guard: read",       gd_guard_read,      {NO_RECORD, NO_RECORD},                         GD_PHASE_READ,   "nothing was touched"},
    {"guard: connected",  gd_guard_connect,   {NO_RECORD, NO_RECORD},                         GD_PHASE_READ,   "nothing was touched"},
    {"guard: looked",     gd_guard_look,      {NO_RECORD, NO_RECORD},                         GD_PHASE_READ,   "nothing was touched"},
    {"guard: asked",      gd_guard_ask,       {NO_RECORD, NO_RECORD},                         GD_PHASE_TOTAL,  "nothing was touched"},
    {"guard: held",       gd_guard_hold,      {NO_RECORD, NO_RECORD},                         GD_PHASE_WAIT,   "nothing was touched; the lease runs out"},
    {"guard: received",   receive,            {GD_RECORD_RECEIVED, NO_RECORD},                GD_PHASE_READ,   "nothing was touched"},
    {"guard: decided",    look_at_schema,     {GD_RECORD_DECIDED, GD_RECORD_PROTECTING},      GD_PHASE_READ,   "nothing was touched; objects may be half written"},
    {"guard: opened",     gd_guard_open_seal, {NO_RECORD, NO_RECORD},                         GD_PHASE_BACKUP, "the server rolls the empty transaction back"},
    {"guard: protected",  gd_guard_protect,   {GD_RECORD_PROTECTED, GD_RECORD_PROVEN},        GD_PHASE_TOTAL,  "nothing was touched; there is a way back"},
    {"guard: permitted",  gd_guard_permit,    {NO_RECORD, NO_RECORD},                         GD_PHASE_APPLY,  "steps before the first that loses rows may be in, and that one is rolled back: guard/recover.c asks"},
    {"guard: applied",    apply,              {GD_RECORD_APPLIED, NO_RECORD},                 GD_PHASE_APPLY,  "what is in is asked of the database: guard/recover.c"},
    {"guard: checked",    check,              {GD_RECORD_CHECKED, NO_RECORD},                 GD_PHASE_CHECK,  "the change is in"},
    {"guard: closed",     NULL,               {GD_RECORD_CLOSED, NO_RECORD},                  GD_PHASE_CHECK,  "it is over"},
};
/* clang-format on */

/* A change that no backup is made for has nothing to say of one. */
static bool is_wanted(const struct gd_guard *guard, int record)
{
    if (record == NO_RECORD || guard->journal == NULL)
        return false;
    bool about_backup = record == GD_RECORD_PROTECTING || record == GD_RECORD_PROTECTED ||
                        record == GD_RECORD_PROVEN;
    return !about_backup || guard->decision->backup.scope != GD_SCOPE_NONE;
}

GD_MUST static struct gd_status run_stage(struct gd_guard *guard, const struct stage *stage,
                                          struct gd_error *err)
{
    int64_t begin = gd_clock_monotonic_us();
    struct gd_status status = stage->run == NULL ? GD_DONE : stage->run(guard, err);
    for (size_t i = 0; i < 2 && status.code == GD_OK && !guard->over; i++)
        if (is_wanted(guard, stage->records[i]))
            status = note_record(guard, (enum gd_record_kind)stage->records[i], err);
    if (status.code == GD_OK)
        status = gd_fault(stage->name, err);
    guard->outcome->seconds[stage->phase] += (double)(gd_clock_monotonic_us() - begin) / 1e6;
    return status;
}

GD_MUST static struct gd_status run_stages(struct gd_guard *guard, struct gd_error *err)
{
    for (size_t i = 0; i < sizeof stages / sizeof stages[0] && !guard->over; i++)
        GD_TRY(run_stage(guard, &stages[i], err));
    return GD_DONE;
}

/* ---- the end ---- */

static enum gd_outcome_kind outcome_of(const struct gd_guard *guard, enum gd_code code)
{
    if (guard->story->changed)
        return code == GD_PARTIAL ? GD_OUTCOME_PARTIAL : GD_OUTCOME_APPLIED;
    switch (code) {
    case GD_PARTIAL:
        return GD_OUTCOME_PARTIAL;
    case GD_REFUSED:
        return GD_OUTCOME_REFUSED;
    default:
        return GD_OUTCOME_FAILED;
    }
}

/* What is in is told to the ledger, too, where the last row did not get there: the next run of the
 * same files begins behind it. @return false: it could not be told, so the journal has to stay open
 */
static bool note_steps(struct gd_guard *guard)
{
    struct gd_error ignored = {0};
    struct gd_fingerprint left = {0};
    gd_auto_pg pg = NULL;
    if (gd_pg_connect(guard->options->pg, &pg, &ignored).code != GD_OK)
        return !guard->ledger.there;
    /* What it left behind: a rollback must be able to tell what others did since. */
    if (gd_pg_fingerprint(pg, guard->arena, &left, &ignored).code == GD_OK)
        guard->story->fingerprint_after = gd_arena_strdup(guard->arena, left.sha256);
    return !guard->ledger.there || gd_ledger_tell_part(pg, &guard->ledger, guard->story,
                                                       guard->skip_steps, guard->arena, &ignored)
                                           .code == GD_OK;
}

/* What cannot run in a transaction block has a row from before it began. */
static void note_not_in(struct gd_guard *guard)
{
    struct gd_error ignored = {0};
    gd_auto_pg pg = NULL;
    bool begun = false;
    for (size_t i = 0; i < guard->story->step_count; i++)
        begun = begun || (strcmp(guard->story->steps[i].kind, "alone") == 0 &&
                          guard->story->steps[i].state == GD_STEP_NOT_IN);
    if (!begun || !guard->ledger.there ||
        gd_pg_connect(guard->options->pg, &pg, &ignored).code != GD_OK)
        return;
    /* Otherwise the next run that has nothing to do asks the journal, and finds it closed. */
    (void)!gd_pg_command(pg, "note that a step is not in",
                         gd_ledger_not_in_sql(&guard->ledger, guard->change_id, guard->arena),
                         &ignored)
        .code;
}

/* The next run settles it; what was backed up for it is kept until then, and then by the rules. */
static void tell_left_open(struct gd_guard *guard, const char *why)
{
    const char *snapshot = guard->story->snapshot;
    const char *kept =
        *snapshot == '\0' ? "" : gd_arena_printf(guard->arena, "; its backup %s stays", snapshot);
    gd_texts_add(&guard->outcome->notes,
                 gd_arena_printf(guard->arena,
                                 "the journal could not be closed%s%s%s: the next run does it%s",
                                 *why == '\0' ? "" : " (", why, *why == '\0' ? "" : ")", kept),
                 guard->arena);
}

/* A change that failed is closed, too, unless nobody knows what of it is in: that the next start
 * settles. A store that cannot be written to any more leaves it open, which is as safe. */
static void close_failed(struct gd_guard *guard, struct gd_status status,
                         const struct gd_error *err)
{
    struct gd_story *story = guard->story;
    struct gd_error ignored = {0};
    bool in_already = story->outcome == GD_OUTCOME_APPLIED;
    story->changed = story->changed || status.code == GD_PARTIAL;
    story->outcome = outcome_of(guard, status.code);
    story->error = gd_arena_strdup(guard->arena, err->text);
    story->hint = gd_arena_strdup(guard->arena, err->hint);
    story->ended_us = gd_clock_now_us();
    if (guard->journal == NULL || !gd_journal_begun(guard->journal) || story->unsettled ||
        in_already || (story->outcome == GD_OUTCOME_PARTIAL && !note_steps(guard)))
        return;
    if (story->outcome != GD_OUTCOME_PARTIAL)
        note_not_in(guard);
    if (gd_journal_broken(guard->journal)) /* which is why it failed */
        tell_left_open(guard, "");
    else if (write_record(guard, GD_RECORD_CLOSED, &ignored).code != GD_OK)
        tell_left_open(guard, ignored.text);
}

/* The change is in, and something behind it went wrong: that is no reason to say that it failed. */
GD_MUST static struct gd_status only_a_problem(struct gd_guard *guard, struct gd_error *err)
{
    gd_texts_add(&guard->outcome->problems,
                 gd_arena_printf(guard->arena, "the change is in, but what follows it failed: %s",
                                 err->text),
                 guard->arena);
    *err = (struct gd_error){0};
    return GD_DONE;
}

static void tell_git(struct gd_guard *guard)
{
    struct gd_error why = {0};
    if (gd_guard_git(guard, &why).code != GD_OK)
        gd_texts_add(&guard->outcome->notes,
                     gd_arena_printf(guard->arena, "git could not be asked: %s", why.text),
                     guard->arena);
}

GD_MUST static struct gd_status end_badly(struct gd_guard *guard, struct gd_status status,
                                          struct gd_error *err)
{
    bool in = guard->story->outcome == GD_OUTCOME_APPLIED;
    gd_apply_let_go(guard->applier);
    tell_held(guard);
    if (!in && gd_guard_something_is_in(guard))
        err->code = status.code = GD_PARTIAL;
    close_failed(guard, status, err);
    guard->outcome->error = *err;
    if (in)
        return only_a_problem(guard, err);
    if (status.code == GD_FAILED || status.code == GD_PARTIAL)
        tell_git(guard);
    return status;
}

/* Whatever stays of the lease runs out by itself. */
static void let_go(struct gd_guard *guard)
{
    struct gd_error why = {0};
    gd_apply_free(guard->applier);
    if (guard->lease != NULL && gd_lease_release(guard->lease, &why).code != GD_OK)
        gd_texts_add(
            &guard->outcome->notes,
            gd_arena_printf(guard->arena, "the lease could not be given back: %s", why.text),
            guard->arena);
    gd_lease_free(guard->lease);
    gd_journal_free(guard->journal);
    gd_pg_close(guard->pg);
}

static struct gd_guard begin(const struct gd_guard_options *options, struct gd_arena *arena)
{
    struct gd_guard guard = {
        .options = options,
        .arena = arena,
        .outcome = gd_arena_zalloc(arena, 1, sizeof(struct gd_outcome)),
        .story = gd_story_new(arena),
        .began_us = gd_clock_monotonic_us(),
    };
    gd_id_new(guard.change_id);
    guard.outcome->story = guard.story;
    guard.outcome->because = "";
    gd_guard_story_begin(&guard);
    guard.story->change = gd_arena_strdup(arena, guard.change_id);
    return guard;
}

struct gd_status gd_guard_apply(const struct gd_guard_options *options, struct gd_arena *arena,
                                struct gd_outcome **out_outcome, struct gd_error *err)
{
    struct gd_guard guard = begin(options, arena);
    struct gd_outcome *outcome = guard.outcome;
    *out_outcome = outcome;
    struct gd_status status = run_stages(&guard, err);
    if (status.code != GD_OK)
        status = end_badly(&guard, status, err);
    else if (guard.story->outcome == GD_OUTCOME_APPLIED)
        note_closed(&guard);
    outcome->journaled = guard.journal != NULL && gd_journal_begun(guard.journal);
    gd_guard_way_back(&guard);
    outcome->seconds[GD_PHASE_TOTAL] = (double)(gd_clock_monotonic_us() - guard.began_us) / 1e6;
    let_go(&guard);
    return status;
}

GD_MUST static struct gd_status foresee(struct gd_guard *guard, struct gd_error *err)
{
    GD_TRY(gd_guard_read(guard, err));
    GD_TRY(gd_guard_connect(guard, err));
    return gd_guard_foresee(guard, err);
}

struct gd_status gd_guard_plan(const struct gd_guard_options *options, struct gd_arena *arena,
                               const struct gd_plan **out_plan, struct gd_error *err)
{
    struct gd_guard guard = begin(options, arena);
    struct gd_status status = foresee(&guard, err);
    gd_pg_close(guard.pg);
    if (status.code == GD_OK)
        *out_plan = guard.plan;
    return status;
}
