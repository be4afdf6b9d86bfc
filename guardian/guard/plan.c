#include "guardian/guard/plan.h"

#include <assert.h>
#include <string.h>

struct maker {
    struct gd_arena *arena;
    const struct gd_change *change;
    const struct gd_decision *decision;
    const struct gd_plan_options *options;
    struct gd_plan *plan;
    size_t step_capacity;
};

/* A step that is being filled. */
struct draft {
    struct gd_step *step;
    size_t capacity, lock_capacity;
    struct gd_step_lock *locks;
};

static const char *const kind_names[] = {
#define X(name, text) text,
    GD_STEP_KINDS(X)
#undef X
};

const char *gd_step_kind_name(enum gd_step_kind kind)
{
    return kind_names[kind];
}

static void *grown(struct gd_arena *arena, const void *items, size_t count, size_t *capacity,
                   size_t size)
{
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    void *wider = gd_arena_zalloc(arena, *capacity, size);
    if (count > 0)
        memcpy(wider, items, count * size);
    return wider;
}

static struct draft add_step(struct maker *maker, enum gd_step_kind kind,
                             const struct gd_judged_file *file)
{
    struct gd_plan *plan = maker->plan;
    if (plan->step_count == maker->step_capacity)
        plan->steps = grown(maker->arena, plan->steps, plan->step_count, &maker->step_capacity,
                            sizeof *plan->steps);
    struct gd_step *step = gd_arena_zalloc(maker->arena, 1, sizeof *step);
    step->number = (uint32_t)plan->step_count + 1;
    step->kind = kind;
    step->file = file;
    plan->steps[plan->step_count++] = step;
    return (struct draft){.step = step};
}

/* ---- locks ---- */

static const struct gd_relation *relation_called(const struct gd_survey *survey,
                                                 const char *qualified)
{
    for (size_t i = 0; survey != NULL && i < survey->relation_count; i++)
        if (strcmp(survey->relations[i].qualified, qualified) == 0)
            return &survey->relations[i];
    return NULL;
}

static struct gd_step_lock *lock_on(struct maker *maker, struct draft *draft, const char *relation)
{
    struct gd_step *step = draft->step;
    assert(step->lock_count == 0 || draft->locks != NULL);
    for (size_t i = 0; i < step->lock_count; i++)
        if (strcmp(draft->locks[i].relation, relation) == 0)
            return &draft->locks[i];
    if (step->lock_count == draft->lock_capacity)
        step->locks = draft->locks = grown(maker->arena, draft->locks, step->lock_count,
                                           &draft->lock_capacity, sizeof *draft->locks);
    struct gd_step_lock *lock = &draft->locks[step->lock_count++];
    const struct gd_relation *known = relation_called(maker->change->survey, relation);
    *lock = (struct gd_step_lock){.relation = relation, .rows = -1};
    if (known != NULL) {
        lock->bytes = known->bytes;
        lock->rows = known->rows;
    }
    return lock;
}

static void add_locks(struct maker *maker, struct draft *draft, const struct gd_judged *judged)
{
    for (size_t i = 0; i < judged->verdict.finding_count; i++) {
        const struct gd_finding *finding = judged->verdict.findings[i];
        if (finding->lock == GD_LOCK_NONE || finding->lock_on == NULL || finding->fresh != NULL)
            continue;
        struct gd_step_lock *lock = lock_on(maker, draft, finding->lock_on);
        lock->lock = finding->lock > lock->lock ? finding->lock : lock->lock;
        if (finding->rewrite && !lock->rewrite)
            draft->step->rewrite_bytes += lock->bytes;
        lock->rewrite = lock->rewrite || finding->rewrite;
        lock->scan = lock->scan || finding->scan;
    }
}

static void sort_locks(struct draft *draft)
{
    assert(draft->step->lock_count == 0 || draft->locks != NULL);
    for (size_t i = 1; i < draft->step->lock_count; i++)
        for (size_t j = i; j > 0 && draft->locks[j].lock > draft->locks[j - 1].lock; j--) {
            struct gd_step_lock swap = draft->locks[j];
            draft->locks[j] = draft->locks[j - 1];
            draft->locks[j - 1] = swap;
        }
}

static void add_statement(struct maker *maker, struct draft *draft, const struct gd_judged *judged)
{
    struct gd_step *step = draft->step;
    if (step->statement_count == draft->capacity)
        step->statements = grown(maker->arena, step->statements, step->statement_count,
                                 &draft->capacity, sizeof *step->statements);
    step->statements[step->statement_count++] = judged;
    add_locks(maker, draft, judged);
}

/* ---- what to say of a step ---- */

static enum gd_loss worst_loss(const struct gd_step *step)
{
    enum gd_loss worst = GD_LOSES_NOTHING;
    for (size_t i = 0; i < step->statement_count; i++)
        if (step->statements[i]->verdict.loses > worst)
            worst = step->statements[i]->verdict.loses;
    return worst;
}

static enum gd_class worst_class(const struct gd_step *step)
{
    enum gd_class worst = GD_CLASS_NONE;
    for (size_t i = 0; i < step->statement_count; i++)
        if (step->statements[i]->verdict.class > worst)
            worst = step->statements[i]->verdict.class;
    return worst;
}

static const char *scope_in_words(const struct gd_backup *backup, struct gd_arena *arena)
{
    if (backup->scope == GD_SCOPE_SCHEMA)
        return "the definitions of the database";
    if (backup->scope == GD_SCOPE_DATABASE)
        return "the whole database";
    const char *out = backup->tables.count == 1 ? "the table" : "the tables";
    for (size_t i = 0; i < backup->tables.count; i++)
        out = gd_arena_printf(arena, "%s%s %s", out, i == 0 ? "" : ",", backup->tables.items[i]);
    return out;
}

static const char *way_back_of(const struct maker *maker, const struct gd_step *step)
{
    const struct gd_backup *backup = &maker->decision->backup;
    if (step->kind == GD_STEP_ENUM_VALUE)
        return "A value cannot be dropped by SQL; left unused, it does no harm.";
    if (worst_loss(step) == GD_LOSES_OUTSIDE)
        return "None: what it does lies outside of the database, and no backup holds it.";
    if (worst_class(step) == GD_CLASS_NONE)
        return "Nothing to undo.";
    if (backup->scope == GD_SCOPE_NONE)
        return "No backup is made: only by hand.";
    if (!backup->covers)
        return gd_arena_printf(maker->arena,
                               "The backup brings back %s, which is less than what can be lost.",
                               scope_in_words(backup, maker->arena));
    return gd_arena_printf(maker->arena, "The backup brings back %s.",
                           scope_in_words(backup, maker->arena));
}

/* Does it do, or may it do, what no ROLLBACK reaches? */
static bool reaches_outside(const struct gd_step *step)
{
    for (size_t i = 0; i < step->statement_count; i++) {
        const struct gd_verdict *verdict = &step->statements[i]->verdict;
        if (verdict->class == GD_CLASS_UNKNOWN || verdict->loses == GD_LOSES_OUTSIDE)
            return true;
    }
    return false;
}

static const char *failure_of(const struct gd_step *step)
{
    if (step->kind == GD_STEP_TRANSACTION && reaches_outside(step))
        return "PostgreSQL rolls back what it did inside of the transaction; anything that it did "
               "outside of it stays.";
    switch (step->kind) {
    case GD_STEP_BACKUP:
        return "Nothing has been changed: the change does not start.";
    case GD_STEP_ENUM_VALUE:
        return "Nothing of it is in; values that were added before it stay.";
    case GD_STEP_ALONE:
        return "It may leave a part behind, such as an invalid index: PostgreSQL cannot roll it "
               "back.";
    case GD_STEP_SESSION:
        return "Nothing has been changed by it.";
    case GD_STEP_TRANSACTION:
        break;
    }
    return step->statement_count == 1 && !step->own_block
               ? "PostgreSQL rolls it back; the steps before it stay."
               : "PostgreSQL rolls all of its statements back; the steps before it stay.";
}

static void close_step(struct maker *maker, struct draft *draft)
{
    sort_locks(draft);
    draft->step->way_back = way_back_of(maker, draft->step);
    draft->step->if_it_fails = failure_of(draft->step);
}

/* ---- the steps of a file ---- */

static bool form_is(const struct gd_judged *judged, const char *form)
{
    return judged->kind == GD_KIND_TransactionStmt && strcmp(judged->form, form) == 0;
}

static bool begins(const struct gd_judged *judged)
{
    return form_is(judged, "TRANS_STMT_BEGIN") || form_is(judged, "TRANS_STMT_START");
}

static bool ends(const struct gd_judged *judged)
{
    return form_is(judged, "TRANS_STMT_COMMIT") || form_is(judged, "TRANS_STMT_ROLLBACK") ||
           form_is(judged, "TRANS_STMT_PREPARE");
}

/* Only settings and reads: no transaction is worth a line. */
static bool only_session(const struct gd_judged *judged)
{
    return judged->kind == GD_KIND_VariableSetStmt || judged->kind == GD_KIND_VariableShowStmt;
}

static bool goes_first(const struct gd_judged_file *file, const struct gd_judged *judged)
{
    return file->split_needed && judged->adds_value_to != NULL && judged->value_can_go_first;
}

static void add_values_first(struct maker *maker, const struct gd_judged_file *file)
{
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *judged = file->entries[i];
        if (!goes_first(file, judged))
            continue;
        struct draft draft = add_step(maker, GD_STEP_ENUM_VALUE, file);
        draft.step->moved = true;
        add_statement(maker, &draft, judged);
        close_step(maker, &draft);
    }
}

static enum gd_step_kind kind_outside_block(const struct gd_judged *judged)
{
    if (only_session(judged))
        return GD_STEP_SESSION;
    if (judged->adds_value_to != NULL)
        return GD_STEP_ENUM_VALUE;
    return judged->verdict.transaction ? GD_STEP_TRANSACTION : GD_STEP_ALONE;
}

/* Neighbours that only set something share a step. */
static bool continues_session(const struct gd_plan *plan, const struct gd_judged_file *file,
                              enum gd_step_kind kind)
{
    if (kind != GD_STEP_SESSION || plan->step_count == 0)
        return false;
    const struct gd_step *last = plan->steps[plan->step_count - 1];
    return last->kind == GD_STEP_SESSION && last->file == file;
}

static const struct gd_sent *sent_of(const struct maker *maker, size_t index)
{
    return maker->options->sent == NULL ? NULL : maker->options->sent[index];
}

static bool is_single(const struct maker *maker, size_t index)
{
    return sent_of(maker, index) != NULL || maker->options->single_transaction ||
           (maker->options->single_files != NULL && maker->options->single_files[index]);
}

/* May it join a transaction that was not the file's idea? A setting may: it holds on behind COMMIT.
 */
static bool can_be_grouped(enum gd_step_kind kind)
{
    return kind == GD_STEP_TRANSACTION || kind == GD_STEP_SESSION;
}

/* `message`: how many have begun. */
static bool begins_message(const struct gd_sent *sent, const struct gd_judged *judged,
                           size_t *message)
{
    size_t before = *message;
    while (sent != NULL && *message < sent->count && sent->offsets[*message] <= judged->offset)
        (*message)++;
    return *message > before;
}

static void add_file(struct maker *maker, const struct gd_judged_file *file, bool grouping,
                     const struct gd_sent *sent)
{
    size_t message = 0;
    struct draft block = {0}, session = {0}, run = {0};
    add_values_first(maker, file);
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *judged = file->entries[i];
        if (goes_first(file, judged))
            continue;
        if (begins_message(sent, judged, &message))
            run.step = NULL;
        if (begins(judged) && block.step == NULL) {
            run.step = NULL;
            block = add_step(maker, GD_STEP_TRANSACTION, file);
            block.step->own_block = true;
            continue;
        }
        if (ends(judged) && block.step != NULL) {
            block.step->rolled_back = form_is(judged, "TRANS_STMT_ROLLBACK");
            close_step(maker, &block);
            block.step = NULL;
            continue;
        }
        if (block.step != NULL) {
            add_statement(maker, &block, judged);
            continue;
        }
        enum gd_step_kind kind = kind_outside_block(judged);
        if (grouping && can_be_grouped(kind) && (run.step != NULL || kind == GD_STEP_TRANSACTION)) {
            if (run.step == NULL)
                run = add_step(maker, GD_STEP_TRANSACTION, file);
            run.step->grouped = run.step->statement_count > 0;
            add_statement(maker, &run, judged);
            close_step(maker, &run);
            continue;
        }
        run.step = NULL;
        bool joined = continues_session(maker->plan, file, kind);
        struct draft draft = joined ? session : add_step(maker, kind, file);
        add_statement(maker, &draft, judged);
        close_step(maker, &draft);
        session = draft;
    }
    if (block.step != NULL) {
        block.step->left_open = true;
        close_step(maker, &block);
    }
}

static void add_backup(struct maker *maker)
{
    if (maker->decision->backup.scope == GD_SCOPE_NONE)
        return;
    struct draft draft = add_step(maker, GD_STEP_BACKUP, NULL);
    close_step(maker, &draft);
    draft.step->way_back = "";
    draft.step->seconds = maker->options->backup_seconds;
    draft.step->seconds_from = maker->options->backup_from;
}

static void note_split(struct maker *maker, const struct gd_judged_file *file)
{
    size_t moved = 0, stuck = 0;
    for (size_t i = 0; i < file->entry_count; i++) {
        moved += goes_first(file, file->entries[i]);
        stuck += file->entries[i]->adds_value_to != NULL && !file->entries[i]->value_can_go_first;
    }
    if (moved > 0)
        gd_texts_add(&maker->plan->notes,
                     gd_arena_printf(maker->arena,
                                     "%s uses %s that it adds: %s first, committed alone, and "
                                     "%s if a later step fails",
                                     file->path, moved == 1 ? "an enum value" : "enum values",
                                     moved == 1 ? "it goes" : "they go",
                                     moved == 1 ? "stays" : "stay"),
                     maker->arena);
    if (file->split_needed && stuck > 0)
        gd_texts_add(&maker->plan->notes,
                     gd_arena_printf(maker->arena,
                                     "%s adds a value to an enum that it makes or renames itself: "
                                     "that value cannot go first; name it in CREATE TYPE instead",
                                     file->path),
                     maker->arena);
}

static void note_open_blocks(struct maker *maker)
{
    for (size_t i = 0; i < maker->plan->step_count; i++)
        if (maker->plan->steps[i]->left_open)
            gd_texts_add(&maker->plan->notes,
                         gd_arena_printf(maker->arena,
                                         "%s ends inside a transaction: without COMMIT the server "
                                         "would roll it back",
                                         maker->plan->steps[i]->file->path),
                         maker->arena);
}

const struct gd_plan *gd_plan_make(const struct gd_change *change,
                                   const struct gd_decision *decision,
                                   const struct gd_plan_options *options, struct gd_arena *arena)
{
    static const struct gd_plan_options file_s_own = {0};
    struct gd_plan *plan = gd_arena_zalloc(arena, 1, sizeof *plan);
    struct maker maker = {.arena = arena, .change = change, .decision = decision, .plan = plan};
    maker.options = options == NULL ? &file_s_own : options;
    /* The caller's may stand on its stack; a plan is read when the caller is gone. */
    struct gd_change *own = gd_arena_alloc(arena, sizeof *own);
    *own = *change;
    plan->change = own;
    plan->decision = decision;
    if (maker.options->note != NULL)
        gd_texts_add(&plan->notes, maker.options->note, arena);
    add_backup(&maker);
    for (size_t i = 0; i < change->report->file_count; i++) {
        note_split(&maker, change->report->files[i]);
        add_file(&maker, change->report->files[i], is_single(&maker, i), sent_of(&maker, i));
    }
    note_open_blocks(&maker);
    return plan;
}

struct gd_status gd_plan_check(const struct gd_plan *plan, struct gd_arena *arena,
                               struct gd_error *err)
{
    const struct gd_ruling *lead = plan->decision->lead;
    if (plan->decision->action < GD_ACTION_APPROVE)
        return GD_DONE;
    const char *ground = lead == NULL || lead->ground_count == 0
                             ? "no rule allows it"
                             : gd_ground_text(lead->grounds[0], arena);
    const char *path = lead == NULL ? "the change" : lead->file->path;
    uint32_t line = lead == NULL ? 0 : lead->judged->line;
    if (plan->decision->action == GD_ACTION_APPROVE)
        return gd_hint(
            err, gd_fail(err, GD_REFUSED, "%s:%u needs approval: %s", path, line, ground),
            "Whoever has read it approves exactly this text with: guardian approve %s", path);
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED, "policy %s refuses %s:%u: %s", plan->decision->policy,
                           path, line, ground),
                   "guardian plan %s shows what it would lose, and what to do instead.", path);
}
