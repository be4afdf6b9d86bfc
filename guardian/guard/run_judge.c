/*
 * Run, the half that judges: is it harmless by itself, what does it change, what does the policy
 * say, what is the client told.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "guardian/base/fault.h"
#include "guardian/classify/rule.h"
#include "guardian/guard/approved.h"
#include "guardian/guard/calm.h"
#include "guardian/guard/run_own.h"
#include "guardian/sql/parse.h"

/* ---- what was seen to be harmless before ---- */

void gd_run_reported(void *context, struct gd_gate_session *session, const char *name,
                     const char *value)
{
    static const char *const odd[] = {"SJIS",    "BIG5",  "GBK",           "UHC",
                                      "GB18030", "JOHAB", "SHIFT_JIS_2004"};
    (void)context;
    if (strcasecmp(name, "standard_conforming_strings") == 0)
        session->odd_quotes = strcasecmp(value, "on") != 0;
    if (strcasecmp(name, "client_encoding") == 0) {
        session->odd_letters = false;
        gd_run_letters_are(session, value);
        for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
            session->odd_letters |= strcasecmp(value, odd[i]) == 0;
    }
}

bool gd_run_glance(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse)
{
    (void)parse;
    struct gd_run *run = context;
    bool sets = false;
    bool seen = !atomic_load(&session->watched) && !session->fresh &&
                gd_calm_known(session, run->harmless) &&
                gd_harmless_misread(session, text, size) == NULL &&
                !gd_run_letters_foreign(session, text, size) &&
                gd_harmless_seen(run->harmless, text, size, &sets);
    if (seen && sets)
        gd_calm_forget(session);
    return seen;
}

bool gd_run_still(void *context, struct gd_gate_session *session, const char *text, size_t size)
{
    return gd_run_glance(context, session, text, size, false);
}

/* ---- reading ---- */

bool gd_run_changes(const struct gd_report *report)
{
    return report->class != GD_CLASS_NONE || report->loses != GD_LOSES_NOTHING;
}

/* The statement itself comes last; what the same batch sent before it stands in front. */
static size_t inputs_of(const struct gd_gate_request *request, struct gd_input inputs[2])
{
    size_t count = 0;
    if (request->earlier != NULL && request->earlier[0] != '\0')
        inputs[count++] = (struct gd_input){.by_wire = true,
                                            .path = "earlier",
                                            .text = request->earlier,
                                            .size = strlen(request->earlier)};
    inputs[count++] = (struct gd_input){
        .by_wire = true, .path = "statement", .text = request->text, .size = request->size};
    return count;
}

/* By the text alone; NULL: it cannot be read. */
static const struct gd_report *read_alone(const struct gd_gate_request *request,
                                          struct gd_arena *arena)
{
    struct gd_input input = {
        .by_wire = true, .path = "statement", .text = request->text, .size = request->size};
    struct gd_classify_options options = {0};
    struct gd_report *report;
    struct gd_error ignored = {0};
    return gd_classify(&input, 1, &options, arena, &report, &ignored).code == GD_OK ? report : NULL;
}

/* What may change something is looked at where the catalogue can be asked, and its transaction's id
 * be told. A block around the whole batch is nothing for what cannot run in one, or commits by
 * itself. */
static bool should_settle(const struct gd_gate_request *request, const struct gd_report *alone)
{
    if (request->pg != NULL || request->settle == GD_SETTLE_NO)
        return false;
    if (request->settle == GD_SETTLE_SYNC)
        return true;
    const struct gd_judged_file *file = alone == NULL ? NULL : alone->files[0];
    return file != NULL && file->transaction && file->entry_count == 1 &&
           file->entries[0]->kind != GD_KIND_CallStmt && file->entries[0]->kind != GD_KIND_DoStmt &&
           file->entries[0]->kind != GD_KIND_TransactionStmt;
}

/* In the session itself, whose search path, temporary tables and open transaction count. Where that
 * cannot be asked (in the middle of a pipeline, in a failed transaction), the text alone is judged:
 * another session would see other things under the same names. */
GD_MUST static struct gd_status look(struct gd_run *run, struct gd_run_look *look,
                                     struct gd_error *err)
{
    const struct gd_gate_request *request = look->request;
    const struct gd_guard_options *options = run->options->guard;
    struct gd_input inputs[2];
    bool at_rest = request->pg != NULL && request->state != GD_PG_ABORTED;
    struct gd_change_options reading = {
        .database = at_rest ? "" : NULL,
        .pg = at_rest ? request->pg : NULL,
        .lock_ms = options->pg->lock_ms,
        .statement_bytes_max = options->statement_bytes_max,
        .check_ms = options->check_ms,
        .samples = options->samples,
    };
    return gd_change_read(inputs, inputs_of(request, inputs), &reading, look->arena, &look->change,
                          err);
}

/* ---- the answer ---- */

static void copy_state(struct gd_gate_answer *answer, const char *sqlstate)
{
    memcpy(answer->sqlstate, sqlstate, 5);
    answer->sqlstate[5] = '\0';
}

static const char *sqlstate_of(enum gd_code code)
{
    switch (code) {
    case GD_REFUSED:
        return "42501"; /* insufficient_privilege: no tool takes it for a passing trouble */
    case GD_BUSY:
        return "55P03"; /* lock_not_available */
    case GD_USAGE:
        return "42601"; /* syntax_error */
    default:
        return "58000"; /* system_error */
    }
}

static void refuse(struct gd_run *run, const struct gd_gate_request *request,
                   const struct gd_error *err, const char *detail, struct gd_gate_answer *answer)
{
    struct gd_arena *arena = request->arena;
    answer->verdict = GD_GATE_REFUSE;
    if (request->state == GD_PG_INSIDE && request->pg != NULL)
        request->session->track.aborted = true; /* by the error that is made of it */
    copy_state(answer, sqlstate_of(err->code));
    answer->message = gd_arena_printf(arena, "guardian: %s", err->text);
    answer->detail = detail;
    answer->hint = gd_arena_strdup(arena, err->hint);
    run->refused++;
    if (run->first_refusal == NULL) {
        run->first_refusal = gd_arena_strdup(run->arena, err->text);
        run->first_hint = gd_arena_strdup(run->arena, err->hint);
    }
}

static const char *detail_of(const struct gd_run_look *look)
{
    const char *losses = gd_run_losses(look);
    return *losses == '\0' ? losses
                           : gd_arena_printf(look->request->arena, "It would lose: %s.", losses);
}

/* ---- deciding ---- */

GD_MUST static struct gd_status check_decision(const struct gd_run_look *look, struct gd_error *err)
{
    const struct gd_decision *decision = look->decision;
    const struct gd_ruling *lead = decision->lead;
    const char *ground = lead == NULL || lead->ground_count == 0
                             ? "no rule allows it"
                             : gd_ground_text(lead->grounds[0], look->arena);
    if (decision->action < GD_ACTION_APPROVE)
        return GD_DONE;
    if (decision->action == GD_ACTION_APPROVE)
        return gd_hint(err, gd_fail(err, GD_REFUSED, "this statement needs approval: %s", ground),
                       "Whoever has read it approves exactly this text with: guardian approve "
                       "sha256:%s",
                       lead == NULL ? "" : lead->judged->hash);
    return gd_hint(
        err,
        gd_fail(err, GD_REFUSED, "policy %s refuses this statement: %s", decision->policy, ground),
        "The statement did not run. With --policy another one decides; guardian snapshot "
        "makes a backup by hand.");
}

/* What only this run could miss, or a tool's own record, is not what policies are about; a backup
 * of the definitions, and of the record's rows, is. The next migration may need all, and one change
 * has one backup: where that is cheap, all is kept at once. */
static const struct gd_decision *eased(struct gd_run *run, const struct gd_run_look *look)
{
    struct gd_decision *decision = gd_arena_zalloc(look->arena, 1, sizeof *decision);
    const struct gd_report *report = look->change.report;
    *decision = *look->decision;
    decision->action = GD_ACTION_BACKUP;
    decision->ask = GD_ASK_NEVER;
    decision->backup = (struct gd_backup){
        .scope = look->lock             ? GD_SCOPE_NONE
                 : !look->records       ? GD_SCOPE_SCHEMA
                 : gd_run_is_small(run) ? GD_SCOPE_DATABASE
                                        : GD_SCOPE_TABLES,
        .proof = GD_PROOF_DIGEST,
        .covers = true,
    };
    bool named = decision->backup.scope == GD_SCOPE_TABLES;
    for (size_t f = 0; named && f < report->file_count; f++)
        for (size_t t = 0; t < report->files[f]->tables.count; t++)
            gd_texts_add(&decision->backup.tables, report->files[f]->tables.items[t], look->arena);
    return decision;
}

/* Names that nobody has looked up do not say which tables. */
static const struct gd_decision *widened(const struct gd_run_look *look)
{
    struct gd_decision *decision = gd_arena_zalloc(look->arena, 1, sizeof *decision);
    *decision = *look->decision;
    if (decision->backup.scope == GD_SCOPE_TABLES) {
        decision->backup.scope = GD_SCOPE_DATABASE;
        decision->backup.tables = (struct gd_texts){0};
    }
    return decision;
}

GD_MUST static struct gd_status decide(struct gd_run *run, struct gd_run_look *look,
                                       struct gd_error *err)
{
    const struct gd_guard_options *options = run->options->guard;
    struct gd_decide_input input = {
        .policy = options->policy,
        .report = look->change.report,
        .survey = look->change.survey,
        .environment = options->environment,
        .approvals = options->approvals,
        .approval_count = options->approval_count,
    };
    if (options->no_waivers)
        gd_change_forget_waivers(look->change.report);
    GD_TRY(gd_decide_approved(&input, options->store, &run->outcome->notes, run->arena,
                              &look->decision, err));
    if (look->change.survey == NULL)
        look->decision = widened(look);
    gd_run_sort(run, look);
    if (look->records || look->fresh)
        look->decision = eased(run, look);
    GD_TRY(check_decision(look, err));
    return gd_run_ask(run, look, gd_run_losses(look), err);
}

/* ---- one statement ---- */

/* While something is open, whatever follows may be its end: the answer is waited for. */
static void pass_harmless(struct gd_run *run, const struct gd_gate_request *request,
                          struct gd_gate_answer *answer)
{
    bool watched = atomic_load(&request->session->watched);
    answer->verdict = GD_GATE_PASS;
    answer->class = gd_class_name(GD_CLASS_NONE);
    answer->ticket = !watched ? 0 : request->parse ? UINT64_MAX : gd_run_ticket(run, request, 0);
}

GD_MUST static struct gd_status pass_change(struct gd_run *run, struct gd_run_look *look,
                                            struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_permit *permit;
    GD_TRY(decide(run, look, err));
    GD_TRY(gd_run_check_seen(run, look, err));
    answer->verdict = GD_GATE_PASS;
    if (look->request->parse) /* it is protected when it is executed */
        return GD_DONE;
    GD_TRY(gd_run_check_trap(run, look, err));
    if (!run->begun)
        gd_run_hush(look);
    GD_TRY(gd_run_make_change(run, err));
    GD_TRY(gd_run_protect_foreseen(run, look, err));
    if (gd_run_splits(look)) {
        GD_TRY(gd_run_protect(run, look, &permit, err));
        GD_TRY(gd_lease_check(run->lease, err));
        gd_run_tell_decision(run, look);
        GD_TRY(gd_run_values_first(run, look, permit, answer, err));
        if (answer->verdict == GD_GATE_ANSWER) /* nothing is left of it */
            return GD_DONE;
    }
    GD_TRY(gd_run_count_end(run, look->request, answer, err));
    GD_TRY(gd_run_wrap(run, look, err));
    GD_TRY(gd_run_protect(run, look, &permit, err));
    GD_TRY(gd_run_check_time(run, look, err));
    GD_TRY(gd_run_limit_time(run, look, err));
    GD_TRY(gd_lease_check(run->lease, err));
    GD_TRY(gd_run_note_database(run, look, err));
    uint32_t step = gd_run_told_before(run, look);
    bool again = step != 0;
    if (!again)
        step = gd_run_tell(run, look);
    GD_TRY(gd_run_announce(run, step, look->request, permit, err));
    GD_TRY(gd_run_net_announce(run, look->request, look->request->backend,
                               answer->text != NULL ? answer->text : look->request->text, err));
    GD_TRY(gd_fault("run: announced, not passed", err));
    look->request->session->asked_us = gd_clock_monotonic_us();
    atomic_store(&look->request->session->watched, true);
    answer->wrap = look->wrapped;
    gd_run_count_step(run, look, step, answer);
    answer->ticket = again ? look->request->again : gd_run_ticket(run, look->request, step);
    return GD_DONE;
}

/* Another database than the run's: it may read there. */
GD_MUST static struct gd_status check_database(const struct gd_run_look *look, struct gd_error *err)
{
    const struct gd_gate_session *session = look->request->session;
    if (!session->elsewhere)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "this run guards another database, and may only read in \"%s\"",
                           session->database),
                   "Name this database with --db, in a run of its own.");
}

/* A setting that makes a script hard to read is reported by the server, and looked at with each
 * text that follows (gd_harmless_misread()). */
static bool only_sets(const struct gd_report *report)
{
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            if (report->files[f]->entries[e]->kind != GD_KIND_VariableSetStmt)
                return false;
    return true;
}

/* Its work is done already, and still the server writes the definition anew (SET DEFAULT, CREATE OR
 * REPLACE): the schema's stamp is another one then, by the run's own doing. */
static bool stirs(const struct gd_report *report)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_AlterTableStmt,     GD_KIND_CreateFunctionStmt, GD_KIND_ViewStmt,
        GD_KIND_CreateTrigStmt,     GD_KIND_DropStmt,           GD_KIND_DoStmt,
        GD_KIND_CommentStmt,        GD_KIND_CreatePolicyStmt,   GD_KIND_RuleStmt,
        GD_KIND_AlterOwnerStmt,     GD_KIND_GrantStmt,          GD_KIND_AlterFunctionStmt,
        GD_KIND_AlterDomainStmt,    GD_KIND_AlterPolicyStmt,    GD_KIND_GrantRoleStmt,
        GD_KIND_AlterExtensionStmt, GD_KIND_AlterSeqStmt,
    };
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
                if (report->files[f]->entries[e]->kind == kinds[i])
                    return true;
    return false;
}

/* What we cannot read the server may be able to; what its own parser refuses does no harm, and it
 * shall say so itself. */
static bool server_refuses(struct gd_run *run, const struct gd_gate_request *request)
{
    struct gd_error ignored = {0};
    bool refused = false;
    return gd_pg_parses(run->pg, request->text, &refused, &ignored).code == GD_OK && refused;
}

/* On another server nobody has anything to lose. */
static bool on_scratch_server(const struct gd_run *run)
{
    return run->options->mode == GD_RUN_LEARN && !run->options->rehearsal->beside_live;
}

/* It changes nothing that the catalogue shows. */
GD_MUST static struct gd_status pass_quiet(struct gd_run *run, struct gd_run_look *seen,
                                           struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_gate_request *request = seen->request;
    const struct gd_report *report = seen->change.report;
    if (stirs(report) && !request->session->elsewhere)
        GD_TRY(gd_run_stir(run, err));
    if (!request->parse && gd_run_is_ddl(report))
        GD_TRY(gd_run_net_announce(run, request, request->backend, request->text, err));
    gd_run_learn_quiet(run, request, seen->arena);
    pass_harmless(run, request, answer);
    return GD_DONE;
}

GD_MUST static struct gd_status pass_by_mode(struct gd_run *run, struct gd_run_look *seen,
                                             struct gd_gate_answer *answer, struct gd_error *err)
{
    if (run->options->mode != GD_RUN_GUARD)
        return gd_run_by_mode(run, seen, answer, err);
    return pass_change(run, seen, answer, err);
}

/* What is left of a text, without what is kept. */
GD_MUST static struct gd_status judge_left(struct gd_run *run, struct gd_run_look *seen,
                                           const struct gd_spared *spared,
                                           struct gd_gate_answer *answer, struct gd_error *err)
{
    struct gd_gate_request *left = gd_arena_zalloc(seen->arena, 1, sizeof *left);
    *left = *seen->request;
    left->text = spared->left;
    left->size = strlen(spared->left);
    seen->request = left;
    GD_TRY(look(run, seen, err));
    GD_TRY(gd_run_changes(seen->change.report) ? pass_by_mode(run, seen, answer, err)
                                               : pass_quiet(run, seen, answer, err));
    if (answer->text == NULL)
        answer->text = spared->left;
    answer->notice = answer->notice == NULL
                         ? spared->notice
                         : gd_arena_printf(left->arena, "%s\n%s", spared->notice, answer->notice);
    return GD_DONE;
}

GD_MUST static struct gd_status judge_change(struct gd_run *run, struct gd_run_look *seen,
                                             struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_gate_request *request = seen->request;
    struct gd_spared spared;
    GD_TRY(gd_run_spare(run, seen, answer, &spared, err));
    if (spared.left != NULL)
        GD_TRY(judge_left(run, seen, &spared, answer, err));
    else if (spared.touch_count == 0)
        GD_TRY(pass_by_mode(run, seen, answer, err));
    gd_run_tell_spared(run, request, &spared);
    return GD_DONE;
}

GD_MUST static struct gd_status cannot_look(struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "this statement cannot be looked up here, and what it reads may run "
                           "functions of this database"),
                   "Send it by itself, not behind others in one batch.");
}

GD_MUST static struct gd_status judge(struct gd_run *run, struct gd_run_look *seen,
                                      struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_gate_request *request = seen->request;
    struct gd_gate_session *session = request->session;
    const char *why = gd_harmless_misread(session, request->text, request->size);
    answer->verdict = GD_GATE_PASS;
    if (session->fresh && on_scratch_server(run))
        return GD_DONE;
    if (why != NULL)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED, "this statement cannot be read for sure: %s", why),
                       "SET standard_conforming_strings TO on, and use client_encoding UTF8.");
    const struct gd_report *alone = read_alone(request, seen->arena);
    enum gd_calm calm = GD_CALM_LOOK;
    if (alone != NULL && !gd_run_changes(alone))
        GD_TRY(gd_calm_ask(session, run->harmless, request, alone, &calm, err));
    if (alone != NULL && !gd_run_changes(alone))
        gd_run_note_read(run, request);
    if (calm == GD_CALM_NEVER)
        return cannot_look(err);
    if (calm == GD_CALM_SETTLE) {
        answer->verdict = GD_GATE_SETTLE;
        return GD_DONE;
    }
    if (calm == GD_CALM) {
        if (run->options->mode == GD_RUN_LEARN)
            gd_run_learn_quiet(run, request, seen->arena);
        else
            gd_harmless_remember(run->harmless, request->text, request->size);
        GD_TRY(gd_run_count_end(run, request, answer, err));
        if (answer->verdict == GD_GATE_SETTLE)
            return GD_DONE;
        pass_harmless(run, request, answer);
        return GD_DONE;
    }
    if (should_settle(request, alone)) {
        answer->verdict = GD_GATE_SETTLE;
        return GD_DONE;
    }
    struct gd_status status = look(run, seen, err);
    seen->looked = true;
    bool sent = request->name == NULL || request->parse; /* what is executed was taken before */
    if (status.code == GD_USAGE && sent && server_refuses(run, request)) {
        run->failed++;
        pass_harmless(run, request, answer);
        return GD_DONE;
    }
    GD_TRY(status);
    if (!gd_run_changes(seen->change.report) || only_sets(seen->change.report))
        return pass_quiet(run, seen, answer, err);
    if (session->fresh)
        return gd_run_pass_own(run, seen, answer, err);
    GD_TRY(check_database(seen, err));
    return judge_change(run, seen, answer, err);
}

/* For who looks on: what was found, whatever became of it. */
static void note_findings(const struct gd_run *run, const struct gd_run_look *look,
                          struct gd_gate_answer *answer)
{
    const struct gd_report *report = look->change.report;
    struct gd_arena *arena = look->request->arena;
    if (report == NULL)
        return;
    answer->class = gd_class_name(look->fresh || look->records ? GD_CLASS_ADDITIVE : report->class);
    answer->rules = "";
    answer->change = run->begun ? gd_arena_strdup(arena, run->change_id) : NULL;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    for (size_t e = 0; e < file->entry_count; e++)
        for (size_t i = 0; i < file->entries[e]->verdict.finding_count; i++) {
            const char *id = file->entries[e]->verdict.findings[i]->rule->id;
            if (strstr(answer->rules, id) == NULL)
                answer->rules = gd_arena_printf(arena, "%s%s%s", answer->rules,
                                                *answer->rules == '\0' ? "" : " ", id);
        }
}

/* On one stack for all that reads trees: a thread for each of six looks took a quarter of the time.
 */
struct judging {
    struct gd_run *run;
    struct gd_run_look *look;
    struct gd_gate_answer *answer;
};

static struct gd_status judge_deep(void *context, struct gd_error *err)
{
    const struct judging *judging = context;
    return judge(judging->run, judging->look, judging->answer, err);
}

/* What was looked up is no harmless text; a Parse runs nothing. */
static void note_passed(struct gd_run *run, const struct gd_run_look *look, bool passed)
{
    struct gd_gate_session *session = look->request->session;
    if (!passed || look->request->parse)
        return;
    gd_calm_note_text(session, look->request->text);
    if (look->looked)
        gd_calm_note_passed(session, run->harmless, look->change.report);
}

/* Who has said something does not wait for another session of its own. */
static void note_said(const struct gd_gate_request *request)
{
    struct gd_gate_session *session = request->session;
    atomic_store(&session->judging, true);
    atomic_fetch_add(&session->said, 1);
    atomic_store(&session->backend, request->backend);
    atomic_store(&session->ended, NULL);
}

/* As long as somebody is connected to it, nobody gives its name to another. */
static void note_fresh(const struct gd_run *run, struct gd_gate_session *session)
{
    session->fresh = session->elsewhere && gd_texts_has(&run->databases, session->database) &&
                     (session->fresh || gd_run_owns_database(run, session->database));
}

/* @return false: it has given way to others, and is to be judged anew */
static bool judge_once(struct gd_run *run, const struct gd_gate_request *request, bool may_give_way,
                       struct gd_gate_answer *out_answer)
{
    struct gd_error err = {0};
    gd_auto_arena arena = gd_arena_new();
    struct gd_run_look look = {.request = request, .arena = arena, .may_give_way = may_give_way};
    struct judging judging = {run, &look, out_answer};
    *out_answer = (struct gd_gate_answer){.message = "", .detail = "", .hint = ""};
    if (!gd_run_lock(run, &look)) {
        gd_run_unhush(&look);
        (void)gd_run_given_up(run, request, out_answer);
        return true;
    }
    gd_run_take_heard(run);
    note_fresh(run, request->session);
    run->lacking = false;
    if (run->options->visit)
        run->again = NULL;
    struct gd_status status = gd_run_took_look(run, &err);
    if (status.code == GD_OK)
        status = gd_run_letters_begin(run, &look, &err);
    if (status.code == GD_OK)
        status = gd_deep_call(judge_deep, &judging, &err);
    if (status.code == GD_OK)
        status = gd_run_letters_pass(run, &look, out_answer, &err);
    note_passed(run, &look, status.code == GD_OK && out_answer->verdict == GD_GATE_PASS);
    if (status.code != GD_OK) {
        gd_run_unwrap(&look);
        *out_answer = (struct gd_gate_answer){.message = "", .detail = "", .hint = ""};
        if (!gd_run_given_up(run, request, out_answer) && !look.gave_way)
            refuse(run, request, &err, detail_of(&look), out_answer);
    }
    gd_run_unhush(&look);
    gd_run_letters_end(run, &look, out_answer);
    note_findings(run, &look, out_answer);
    gd_run_unlock(run);
    return !look.gave_way || out_answer->message[0] != '\0';
}

void gd_run_judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer)
{
    enum { WAYS_MAX = 8, PAUSE_MS = 50 };
    struct gd_run *run = context;
    note_said(request);
    for (unsigned i = 0; !judge_once(run, request, i < WAYS_MAX, out_answer); i++)
        gd_sleep_ms(PAUSE_MS);
    atomic_store(&request->session->judging, false);
}
