/*
 * Run, the halves that do not guard: a command that may only read, and one that is rehearsed on a
 * scratch copy. And what the run that follows makes of it: nothing unseen, one backup ahead.
 *
 * Invariant  Beside the live database nothing is rehearsed that reaches what databases share, or
 *            the world outside.
 */
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/run_own.h"

/* ---- only reading ---- */

GD_MUST static struct gd_status refuse_preview(struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "this is a preview, which may only read, and the statement would change "
                           "something"),
                   "What the command prints is what is planned; guardian plan --rehearse is for "
                   "commands that do it.");
}

/* ---- how far it reaches ---- */

/* CREATE DATABASE makes one of the rehearsal's own, which it may drop again. */
static bool drops_other(const struct gd_run *run, const struct gd_run_look *look,
                        const struct gd_judged *judged)
{
    return judged->kind == GD_KIND_DropdbStmt && !gd_run_drops_own_database(run, look);
}

GD_MUST static struct gd_status check_reach(const struct gd_run *run,
                                            const struct gd_run_look *look, struct gd_error *err)
{
    const struct gd_report *report = look->change.report;
    const char *why = NULL;
    for (size_t f = 0; run->options->rehearsal->beside_live && f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count && why == NULL; e++) {
            const struct gd_judged *judged = report->files[f]->entries[e];
            why = drops_other(run, look, judged)
                      ? "it drops a database that is not the rehearsal's own"
                      : gd_run_reach(judged, look->change.survey);
        }
    if (why == NULL)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "this statement cannot be rehearsed beside the live database: %s", why),
                   "Name another server of the same version with --scratch, or run the command "
                   "without --rehearse.");
}

/* ---- learning ---- */

static const struct gd_judged *only_one(const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    return file->entry_count == 1 && file->entries[0]->repeated <= 1 ? file->entries[0] : NULL;
}

/* Ids, times and checksums are others each time. */
static enum gd_seen_by seen_by(const struct gd_run_look *look)
{
    const struct gd_judged *one = only_one(look);
    if (one == NULL)
        return GD_SEEN_BY_TEXT;
    bool adds = one->kind == GD_KIND_InsertStmt && one->verdict.class == GD_CLASS_ADDITIVE &&
                one->verdict.loses == GD_LOSES_NOTHING;
    return adds || look->records || look->lock || one->kind == GD_KIND_CreatedbStmt ||
                   (one->kind == GD_KIND_DropdbStmt && look->fresh)
               ? GD_SEEN_BY_SHAPE
               : GD_SEEN_BY_TEXT;
}

/* The tool's own records, locks and databases are not what is decided about. */
static bool is_own(const struct gd_run_look *look)
{
    const struct gd_judged *one = only_one(look);
    return look->records || look->fresh || (one != NULL && one->kind == GD_KIND_CreatedbStmt);
}

static void note_records(struct gd_rehearsal *rehearsal, const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    if (!look->records)
        return;
    rehearsal->writes_records = true;
    for (size_t t = 0; t < file->tables.count; t++)
        (void)gd_texts_add(&rehearsal->records,
                           gd_arena_strdup(rehearsal->arena, file->tables.items[t]),
                           rehearsal->arena);
}

/* Values go first here as they will when it counts. */
GD_MUST static struct gd_status split(struct gd_run *run, struct gd_run_look *look,
                                      struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_permit *permit;
    if (!gd_run_splits(look))
        return GD_DONE;
    GD_TRY(gd_permit_without(look->decision, run->arena, &permit, err));
    gd_run_tell_decision(run, look);
    return gd_run_values_first(run, look, permit, answer, err);
}

GD_MUST static struct gd_status learn(struct gd_run *run, struct gd_run_look *look,
                                      struct gd_gate_answer *answer, struct gd_error *err)
{
    static const struct gd_decision nobody_s = {.policy = "", .policy_file = ""};
    const struct gd_gate_request *request = look->request;
    GD_TRY(check_reach(run, look, err));
    answer->verdict = GD_GATE_PASS;
    if (request->parse)
        return GD_DONE;
    gd_run_sort(run, look);
    look->decision = &nobody_s;
    gd_rehearsal_add(run->options->rehearsal, request->text, seen_by(look), is_own(look));
    note_records(run->options->rehearsal, look);
    GD_TRY(split(run, look, answer, err));
    if (answer->verdict == GD_GATE_ANSWER) /* nothing is left of it */
        return GD_DONE;
    GD_TRY(gd_run_net_announce(run, request, request->backend,
                               answer->text != NULL ? answer->text : request->text, err));
    GD_TRY(gd_run_note_database(run, look, err));
    uint32_t step = gd_run_tell(run, look);
    answer->ticket = gd_run_ticket(run, request, step);
    request->session->asked_us = gd_clock_monotonic_us();
    atomic_store(&request->session->watched, true);
    return GD_DONE;
}

struct gd_status gd_run_by_mode(struct gd_run *run, struct gd_run_look *look,
                                struct gd_gate_answer *answer, struct gd_error *err)
{
    return run->options->mode == GD_RUN_LEARN ? learn(run, look, answer, err) : refuse_preview(err);
}

/* BEGIN, COMMIT, SET: they group what is learned, and say what its names mean. */
static bool only_groups(const struct gd_report *report)
{
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            enum gd_kind kind = report->files[f]->entries[e]->kind;
            if (kind != GD_KIND_TransactionStmt && kind != GD_KIND_VariableSetStmt)
                return false;
        }
    return report->file_count > 0 && report->files[0]->entry_count > 0;
}

void gd_run_learn_quiet(struct gd_run *run, const struct gd_gate_request *request,
                        struct gd_arena *arena)
{
    struct gd_input input = {
        .by_wire = true, .path = "statement", .text = request->text, .size = request->size};
    struct gd_classify_options options = {0};
    struct gd_report *report;
    struct gd_error ignored = {0};
    if (run->options->mode == GD_RUN_LEARN && !request->parse && !request->session->elsewhere &&
        gd_classify(&input, 1, &options, arena, &report, &ignored).code == GD_OK &&
        only_groups(report))
        gd_rehearsal_add_quiet(run->options->rehearsal, request->text);
}

void gd_run_learned(struct gd_run *run, struct gd_texts *out_databases)
{
    struct gd_rehearsal *rehearsal = run->options->rehearsal;
    pthread_mutex_lock(&run->lock);
    gd_run_take_heard(run);
    for (size_t i = 0; i < run->databases.count; i++)
        (void)gd_texts_add(out_databases, run->databases.items[i], run->arena);
    if (run->refused > 0) {
        rehearsal->refusal = gd_arena_strdup(rehearsal->arena, run->first_refusal);
        rehearsal->refusal_hint = gd_arena_strdup(rehearsal->arena, run->first_hint);
    }
    pthread_mutex_unlock(&run->lock);
}

/* ---- when it counts ---- */

struct gd_status gd_run_check_seen(const struct gd_run *run, const struct gd_run_look *look,
                                   struct gd_error *err)
{
    const struct gd_rehearsal *rehearsal = run->options->rehearsal;
    if (rehearsal == NULL ||
        gd_rehearsal_has(rehearsal, look->request->text, seen_by(look), look->arena))
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_REFUSED, "this statement was not seen in the rehearsal"),
                   "The command does something else on the database than on its empty copy; "
                   "without --rehearse each statement is judged and backed up when it comes.");
}

void gd_run_rehearsed(struct gd_run *run, struct gd_rehearsal *rehearsal, bool yes)
{
    struct gd_run_options *options = gd_arena_zalloc(run->arena, 1, sizeof *options);
    *options = *run->options;
    options->rehearsal = rehearsal;
    options->yes = options->yes || yes;
    run->options = options;
}

/* The records of the tool are written without asking the policy; what holds them is needed, too. */
static void add_records(struct gd_run *run, struct gd_backup *backup)
{
    const struct gd_texts *records = &run->options->rehearsal->records;
    if (!run->options->rehearsal->writes_records || backup->scope == GD_SCOPE_DATABASE)
        return;
    backup->scope = gd_run_is_small(run) ? GD_SCOPE_DATABASE : GD_SCOPE_TABLES;
    for (size_t i = 0; i < records->count; i++)
        (void)gd_texts_add(&backup->tables, records->items[i], run->arena);
    if (backup->proof < GD_PROOF_DIGEST)
        backup->proof = GD_PROOF_DIGEST;
    backup->covers = true;
}

GD_MUST static struct gd_status protect_ahead(struct gd_run *run, struct gd_decision *needed,
                                              struct gd_error *err)
{
    add_records(run, &needed->backup);
    if (needed->backup.scope == GD_SCOPE_NONE)
        return GD_DONE;
    GD_TRY(gd_run_make_change(run, err));
    return gd_run_back_up(run, needed, err);
}

struct gd_status gd_run_protect_ahead(struct gd_run *run, const struct gd_decision *decision,
                                      struct gd_error *err)
{
    struct gd_decision *needed = gd_arena_zalloc(run->arena, 1, sizeof *needed);
    *needed = *decision;
    pthread_mutex_lock(&run->lock);
    struct gd_status status = gd_run_took_look(run, err);
    if (status.code == GD_OK)
        status = protect_ahead(run, needed, err);
    pthread_mutex_unlock(&run->lock);
    return status;
}

void gd_run_call_off(struct gd_run *run, const char *text, const char *hint, bool refused)
{
    pthread_mutex_lock(&run->lock);
    run->refused += refused;
    run->first_refusal = gd_arena_strdup(run->arena, text);
    run->first_hint = gd_arena_strdup(run->arena, hint);
    pthread_mutex_unlock(&run->lock);
}
