/*
 * Run, the half that tells: every statement that changes something is a step, announced before it
 * is passed.
 *
 * A step inside the tool's transaction is in when that commits: its transaction's id is on record
 * before. A lone statement is in when the server says so; of one whose answer nobody saw, recovery
 * asks the schema.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/classify/rule.h"
#include "guardian/guard/calm.h"
#include "guardian/guard/run_own.h"
#include "guardian/guard/secret_text.h"

/* ---- steps ---- */

static struct gd_story_step *next_step(struct gd_run *run)
{
    struct gd_story *story = run->story;
    story->steps = gd_arena_more(run->arena, story->steps, story->step_count, &run->step_capacity,
                                 sizeof *story->steps);
    return &story->steps[story->step_count++];
}

static void copy_texts(const struct gd_texts *from, struct gd_texts *to, struct gd_arena *arena)
{
    for (size_t i = 0; i < from->count; i++)
        gd_texts_add(to, gd_arena_strdup(arena, from->items[i]), arena);
}

static void tell_loss(struct gd_run *run, const struct gd_finding *finding)
{
    struct gd_story *story = run->story;
    story->losses = gd_arena_more(run->arena, story->losses, story->loss_count, &run->loss_capacity,
                                  sizeof *story->losses);
    struct gd_story_loss *loss = &story->losses[story->loss_count++];
    *loss = (struct gd_story_loss){
        .rule = finding->rule->id,
        .object = gd_arena_strdup(run->arena, finding->object),
        .loses = finding->loses,
        .step = (uint32_t)story->step_count + 1, /* which is told next */
    };
    copy_texts(&finding->tables, &loss->tables, run->arena);
    copy_texts(&finding->columns, &loss->columns, run->arena);
}

/* What the statement loses and whose rows it writes. What the run made itself is nobody's loss. */
static void tell_findings(struct gd_run *run, const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    for (size_t f = 0; f < report->file_count; f++) {
        copy_texts(&report->files[f]->tables, &run->written, run->arena);
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            const struct gd_verdict *verdict = &report->files[f]->entries[e]->verdict;
            for (size_t i = 0; i < verdict->finding_count && !look->fresh; i++) {
                const struct gd_finding *finding = verdict->findings[i];
                if (finding->loses != GD_LOSES_NOTHING && finding->fresh == NULL)
                    tell_loss(run, finding);
            }
        }
    }
}

void gd_run_tell_decision(struct gd_run *run, const struct gd_run_look *look)
{
    struct gd_story *story = run->story;
    const struct gd_decision *decision = look->decision;
    const struct gd_report *report = look->change.report;
    const struct gd_ruling *lead = decision->lead;
    enum gd_class class = look->fresh || look->records ? GD_CLASS_ADDITIVE : report->class;
    if (story->step_count > 0 && class < story->class)
        return;
    story->class = class;
    story->loses = look->fresh ? GD_LOSES_NOTHING : report->loses;
    story->policy = gd_arena_strdup(run->arena, decision->policy);
    story->action = gd_action_name(decision->action);
    story->because =
        lead == NULL || lead->ground_count == 0 ? "" : gd_ground_text(lead->grounds[0], run->arena);
    story->approved_by = lead == NULL || lead->approved_by == NULL
                             ? ""
                             : gd_arena_strdup(run->arena, lead->approved_by);
}

uint32_t gd_run_tell(struct gd_run *run, const struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    const struct gd_report *report = look->change.report;
    char *hash = gd_arena_alloc(run->arena, GD_DIGEST_HEX_SIZE);
    gd_digest_of(request->text, request->size, hash);
    gd_run_tell_decision(run, look);
    tell_findings(run, look);
    struct gd_story_step *step = next_step(run);
    uint32_t number = (uint32_t)run->story->step_count;
    *step = (struct gd_story_step){
        .number = number,
        .kind = look->xid != NULL ? "transaction" : "alone", /* "alone": recovery looks it up */
        .file = "",
        .statements = (uint32_t)report->files[report->file_count - 1]->statements,
        .class = look->fresh || look->records ? GD_CLASS_ADDITIVE : report->class,
        .loses = look->fresh ? GD_LOSES_NOTHING : report->loses,
        .text = gd_first_words(request->text, run->arena),
        .sql = "",
        .search_path =
            look->change.survey == NULL || look->change.survey->search_path_setting == NULL
                ? ""
                : gd_arena_strdup(run->arena, look->change.survey->search_path_setting),
        .hash = hash,
        .xid = look->xid == NULL ? "" : gd_arena_strdup(run->arena, look->xid),
        .state = GD_STEP_APPLYING,
    };
    const char *whole = gd_secret_in_text(request->text) == NULL
                            ? gd_arena_strndup(run->arena, request->text, request->size)
                            : step->text;
    if (strcmp(step->kind, "alone") == 0 && whole != step->text)
        step->sql = whole;
    gd_run_note_sort(run, look, number);
    if (look->lock)
        gd_map_add(&run->locks, number, 1, run->arena);
    else /* a rollback does not ask for a lock */
        gd_texts_add(&run->statements, gd_arena_printf(run->arena, "-- %u\n%s;\n", number, whole),
                     run->arena);
    return number;
}

uint32_t gd_run_told_before(struct gd_run *run, const struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    char hash[GD_DIGEST_HEX_SIZE];
    uint32_t number = request->again > 0 && request->again <= run->ticket_count
                          ? run->tickets[request->again - 1].step
                          : 0;
    if (number == 0)
        return 0;
    const struct gd_story_step *step = &run->story->steps[number - 1];
    gd_digest_of(request->text, request->size, hash);
    bool here = look->xid == NULL || strcmp(step->xid, look->xid) == 0;
    if (step->state != GD_STEP_APPLYING || strcmp(step->hash, hash) != 0 || !here)
        return 0; /* a portal does not outlive its transaction: it is still that one */
    return number;
}

uint32_t gd_run_tell_value(struct gd_run *run, const struct gd_run_value *value, const char *xid)
{
    struct gd_story_step *step = next_step(run);
    *step = (struct gd_story_step){
        .number = (uint32_t)run->story->step_count,
        .kind = "enum value",
        .file = "",
        .statements = 1,
        .class = value->class,
        .loses = value->loses,
        .text = gd_first_words(value->text, run->arena),
        .sql = "",
        .search_path = value->search_path,
        .hash = value->hash,
        .xid = xid,
        .state = GD_STEP_APPLYING,
    };
    return step->number;
}

/* ---- records ---- */

static bool is_told(const struct gd_run *run, size_t at)
{
    const struct gd_story_step *step = &run->story->steps[at];
    return at < run->told_count && step->state == run->told[at].state &&
           strcmp(step->xid, run->told[at].xid) == 0 && step->nested == run->told[at].nested;
}

/* The story with the steps that are new, or not as they were told: a run may have thousands. */
static struct gd_story news_of(const struct gd_run *run, struct gd_arena *arena)
{
    struct gd_story news = *run->story;
    news.steps = gd_arena_zalloc(arena, run->story->step_count + 1, sizeof *news.steps);
    news.step_count = 0;
    for (size_t i = 0; i < run->story->step_count; i++)
        if (!is_told(run, i))
            news.steps[news.step_count++] = run->story->steps[i];
    return news;
}

static void note_told(struct gd_run *run)
{
    size_t count = run->story->step_count;
    if (run->told_capacity < run->step_capacity) {
        run->told = gd_arena_zalloc(run->arena, run->step_capacity, sizeof *run->told);
        run->told_capacity = run->step_capacity;
    }
    if (count > 0)
        memcpy(run->told, run->story->steps, count * sizeof *run->told);
    run->told_count = count;
}

/* Two records in one object: what was decided, and what follows from it. */
GD_MUST static struct gd_status write_records(struct gd_run *run, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_story news = news_of(run, arena);
    struct gd_status status = gd_journal_hold(run->journal, GD_RECORD_DECIDED,
                                              gd_story_body(&news, GD_RECORD_DECIDED), err);
    if (status.code == GD_OK)
        status = gd_journal_write(run->journal, GD_RECORD_APPLYING,
                                  gd_story_body(&news, GD_RECORD_APPLYING), err);
    note_told(run);
    if (status.code == GD_OK)
        return status;
    run->stuck = true; /* nobody knows whether it is there: nothing more may be written */
    run->stuck_err = *err;
    return status;
}

static void not_passed(struct gd_run *run, uint32_t step)
{
    run->story->steps[step - 1].state = GD_STEP_NOT_IN;
}

struct gd_status gd_run_announce(struct gd_run *run, uint32_t step,
                                 const struct gd_gate_request *request,
                                 const struct gd_permit *permit, struct gd_error *err)
{
    (void)gd_permit_decision(permit); /* there is one, or this could not be called */
    if (run->options->mode == GD_RUN_LEARN)
        return GD_DONE; /* it is a copy, and nobody's loss */
    if (request != NULL)
        run->story->backend_pid = gd_arena_printf(run->arena, "%d", request->backend);
    struct gd_status status = write_records(run, err);
    if (status.code != GD_OK)
        not_passed(run, step);
    return status;
}

/* ---- what became of them ---- */

uint64_t gd_run_ticket(struct gd_run *run, const struct gd_gate_request *request, uint32_t step)
{
    struct gd_track_text text;
    (void)gd_track_read(request->text, request->size, step != 0, run->arena, &text);
    struct gd_error ignored = {0};
    if (step == 0 && !text.controls)
        return UINT64_MAX;
    if (step == 0)
        (void)gd_run_note_nested(run, request, &ignored).code;
    run->tickets = gd_arena_more(run->arena, run->tickets, run->ticket_count, &run->ticket_capacity,
                                 sizeof *run->tickets);
    run->tickets[run->ticket_count++] = (struct gd_run_ticket){.step = step, .text = text};
    return run->ticket_count;
}

/* A number with this bit: a value that went first, and stays whatever becomes of the rest. */
static const uint32_t went_first = UINT32_C(1) << 31;

static void tell_what_stays(struct gd_run *run, uint32_t number)
{
    gd_texts_add(&run->outcome->notes,
                 gd_arena_printf(run->arena,
                                 "Step %u went first and stays, though the transaction that wanted "
                                 "it was rolled back: a rollback of this run takes it away.",
                                 number),
                 run->arena);
}

void gd_run_expect_of_value(struct gd_run *run, struct gd_gate_session *session, uint32_t step)
{
    run->fates.arena = run->arena;
    gd_track_add(&session->track, &run->fates, step | went_first);
}

static void settle(void *context, uint32_t number, enum gd_step_state state)
{
    struct gd_run *run = context;
    if ((number & went_first) != 0) {
        if (state == GD_STEP_NOT_IN)
            tell_what_stays(run, number & ~went_first);
        return;
    }
    struct gd_story_step *step = &run->story->steps[number - 1];
    if (state != GD_STEP_NOT_IN || step->state != GD_STEP_IN) /* of which a part is in */
        step->state = state;
}

static void take_in(struct gd_run *run, const struct gd_run_heard *heard)
{
    struct gd_gate_session *session = heard->session;
    const struct gd_run_ticket *ticket = heard->ticket > 0 && heard->ticket <= run->ticket_count
                                             ? &run->tickets[heard->ticket - 1]
                                             : NULL;
    struct gd_track_told told = {
        .step = ticket == NULL ? 0 : ticket->step,
        .text = ticket == NULL ? NULL : &ticket->text,
        .completed = heard->completed,
        .failed = heard->failed,
        .lost = heard->lost,
        .more = heard->more,
        .rolled_back = heard->rolled_back,
        .state = heard->state,
    };
    if (told.step != 0) {
        run->story->steps[told.step - 1].seconds = heard->seconds;
        run->outcome->seconds[GD_PHASE_APPLY] += heard->seconds;
    }
    /* One that was there before is not the run's own: then the server has refused to make it. */
    if (told.step != 0 && session->makes != NULL && told.step == session->makes_by) {
        if (!heard->failed && !heard->lost && heard->completed > 0)
            gd_texts_add(&run->databases, session->makes, run->arena);
        session->makes = NULL;
    }
    if (heard->lost || (heard->state == GD_PG_OUTSIDE && !heard->more)) {
        gd_seal_clock_stop(&run->held);
        run->story->sealed_seconds = gd_seal_clock_seconds(&run->held);
    }
    run->failed += told.step != 0 && heard->failed && !heard->lost;
    if (heard->unsafe)
        gd_run_unsafe(run);
    run->fates.arena = run->arena;
    run->fates.context = run;
    run->fates.settle = settle;
    gd_track_hear(&session->track, &run->fates, &told);
}

/* It was not run, whoever said no. */
static void take_refusal(struct gd_run *run, const char *why)
{
    run->refused++;
    if (run->first_refusal != NULL)
        return;
    run->first_refusal = gd_arena_strdup(run->arena, why);
    run->first_hint = "";
}

void gd_run_take_heard(struct gd_run *run)
{
    pthread_mutex_lock(&run->heard_lock);
    struct gd_run_heard *heard = run->heard;
    run->heard = run->heard_last = NULL;
    pthread_mutex_unlock(&run->heard_lock);
    while (heard != NULL) {
        struct gd_run_heard *next = heard->next;
        if (heard->refused != NULL)
            take_refusal(run, heard->refused);
        else
            take_in(run, heard);
        free(heard->refused);
        free(heard);
        heard = next;
    }
}

static void add_heard(struct gd_run *run, struct gd_run_heard *heard)
{
    pthread_mutex_lock(&run->heard_lock);
    if (run->heard_last == NULL)
        run->heard = heard;
    else
        run->heard_last->next = heard;
    run->heard_last = heard;
    pthread_mutex_unlock(&run->heard_lock);
}

void gd_run_passed(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result)
{
    struct gd_run *run = context;
    struct gd_run_heard *heard = gd_memory_new(sizeof *heard);
    *heard = (struct gd_run_heard){
        .session = session,
        .ticket = ticket,
        .failed = result->failed,
        .rolled_back = strcmp(result->tag, "ROLLBACK") == 0,
        .unsafe = strcmp(result->sqlstate, "55P04") == 0,
        .completed = result->completed,
        .more = result->more,
        .lost = result->lost,
        .state = result->state,
        .seconds = (double)(gd_clock_monotonic_us() - session->asked_us) / 1e6,
    };
    bool over = (result->state == GD_PG_OUTSIDE && !result->more) || result->lost;
    if (over)
        atomic_store(&session->watched, false);
    if (over)
        atomic_store(&session->sealed, false);
    gd_calm_note_ended(session, run->harmless, over);
    add_heard(run, heard);
}

void gd_run_refused(void *context, struct gd_gate_session *session, const char *why)
{
    struct gd_run_heard *heard = gd_memory_new(sizeof *heard);
    *heard = (struct gd_run_heard){.session = session, .refused = gd_memory_strdup(why)};
    add_heard(context, heard);
}
