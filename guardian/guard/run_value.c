/*
 * Run, enum values: what is added in a transaction cannot be used in it. So values go first, each
 * committed alone; the client gets the answers that it counts on.
 *
 * Outside of a transaction they go first on the client's own session. Inside of one on ours, and
 * only where that is exact: both sessions see the same type with the same labels, and the client's
 * transaction has no lock on it. A statement that comes alone is then answered without being run,
 * for to run it would lock the type; in a longer text it gets IF NOT EXISTS.
 *
 * Invariant  What cannot go first stays as it was written: the server says what it thinks of it. Of
 *            a value that only a lock keeps back, the next try of the command finds it there.
 */
#include <string.h>
#include <strings.h>

#include "guardian/base/fault.h"
#include "guardian/guard/run_own.h"
#include "guardian/guard/value.h"
#include "guardian/pg/copy.h"
#include "guardian/sql/parse.h"

/* ---- may it be split? ---- */

static const struct gd_judged_file *text_of(const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    return report->files[report->file_count - 1];
}

/* Its text is whole, and it stands for no other. */
static bool is_exact(const struct gd_run_look *look, const struct gd_judged *judged)
{
    size_t length = strlen(judged->text);
    return judged->repeated == 1 && judged->offset + length <= look->request->size &&
           memcmp(look->request->text + judged->offset, judged->text, length) == 0;
}

/* Is a transaction open when the text is over? Then its use may come with a later message, as it
 * may with the next one of a batch. */
static bool may_be_used_later(const struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    struct gd_track_text text;
    return request->state == GD_PG_INSIDE || request->name != NULL ||
           (gd_track_read(request->text, request->size, true, look->arena, &text) &&
            text.leaves_open);
}

bool gd_run_splits(const struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    const struct gd_judged_file *file = text_of(look);
    bool adds = false, first = true;
    if (request->pg == NULL || request->state == GD_PG_ABORTED || request->earlier[0] != '\0')
        return false;
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *judged = file->entries[i];
        adds |= judged->adds_value_to != NULL;
        first &=
            judged->adds_value_to == NULL || (judged->value_can_go_first && is_exact(look, judged));
    }
    return adds && first && (file->split_needed || may_be_used_later(look));
}

/* ---- the text that is passed instead ---- */

struct clause {
    const char *sql;
    struct gd_arena *arena;
    size_t offset; /* behind ADD VALUE; 0: it says IF NOT EXISTS already, or cannot be read */
};

static bool says(const char *sql, const struct gd_token *token, const char *word)
{
    return token->word && token->size == strlen(word) &&
           strncasecmp(sql + token->offset, word, token->size) == 0;
}

static struct gd_status find_clause(void *context, struct gd_error *err)
{
    struct clause *clause = context;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    size_t count, kept = 0;
    (void)err;
    if (!gd_scan(clause->sql, clause->arena, &count, &tokens, &refusal))
        return GD_DONE;
    for (size_t i = 0; i < count; i++)
        if (!tokens[i].comment)
            tokens[kept++] = tokens[i];
    for (size_t i = 2; i + 1 < kept && clause->offset == 0; i++)
        if (says(clause->sql, &tokens[i], "add") && says(clause->sql, &tokens[i + 1], "value") &&
            i + 2 < kept && !says(clause->sql, &tokens[i + 2], "if"))
            clause->offset = tokens[i + 1].offset + tokens[i + 1].size;
    return GD_DONE;
}

/* Where IF NOT EXISTS belongs in the whole text; 0: nowhere. */
static size_t place_of(const struct gd_run_look *look, const struct gd_judged *judged)
{
    struct gd_error ignored = {0};
    struct clause clause = {.sql = judged->text, .arena = look->arena};
    if (gd_deep_call(find_clause, &clause, &ignored).code != GD_OK || clause.offset == 0)
        return 0;
    return (size_t)judged->offset + clause.offset;
}

/* ---- may it go first? ---- */

enum standing {
    STANDS,  /* it may */
    IS_OURS, /* it is there, and a step of ours has added it */
    IS_NEW,  /* its type is the transaction's own, or cannot be read: what is added is used at once
              */
    LOCKED,  /* the transaction has a lock on its type */
    MOVED,   /* the transaction has changed its type */
};

struct facts {
    const char *oid, *name, *version, *labels; /* oid NULL: there is no such type */
};

static const char facts_sql[] =
    "SELECT t.oid, pg_catalog.format('%I.%I', n.nspname, t.typname), t.xmin, (SELECT "
    "pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) "
    "FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) t.oid) FROM "
    "pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) "
    "t.typnamespace WHERE t.typtype OPERATOR(pg_catalog.=) 'e' AND t.oid OPERATOR(pg_catalog.=) ";
static const char by_name[] = "pg_catalog.to_regtype($1)";
static const char by_oid[] = "$1::pg_catalog.oid";

GD_MUST static struct gd_status read_facts(struct gd_pg *pg, const char *which, const char *key,
                                           struct gd_arena *arena, struct facts *out_facts,
                                           struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look at an enum type",
                              .sql = gd_arena_printf(arena, "%s%s", facts_sql, which),
                              .values = &key,
                              .value_count = 1};
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_facts = (struct facts){0};
    if (gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    const char *labels = gd_pg_cell(rows, 0, 3);
    *out_facts = (struct facts){.oid = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0)),
                                .name = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 1)),
                                .version = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 2)),
                                .labels = gd_arena_strdup(arena, labels == NULL ? "" : labels)};
    return GD_DONE;
}

static bool are_the_same(const struct facts *here, const struct facts *there)
{
    return strcmp(here->name, there->name) == 0 && strcmp(here->version, there->version) == 0 &&
           strcmp(here->labels, there->labels) == 0;
}

/* ALTER TYPE … ADD VALUE takes an EXCLUSIVE lock of the type. */
GD_MUST static struct gd_status is_locked(struct gd_run *run, const struct gd_run_look *look,
                                          const char *oid, bool *out_locked, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    const char *values[] = {gd_arena_printf(look->arena, "%d", look->request->backend), oid};
    struct gd_pg_call call = {
        .what = "look for locks of an enum type",
        .sql = "SELECT 1 FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) $1::int AND "
               "l.locktype OPERATOR(pg_catalog.=) 'object' AND l.classid OPERATOR(pg_catalog.=) "
               "'pg_catalog.pg_type'::pg_catalog.regclass AND l.objid OPERATOR(pg_catalog.=) "
               "$2::pg_catalog.oid AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock'",
        .values = values,
        .value_count = 2,
    };
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    *out_locked = gd_pg_rows_count(rows) > 0;
    return GD_DONE;
}

GD_MUST static struct gd_status look_where_it_stands(struct gd_run *run,
                                                     const struct gd_run_look *look,
                                                     const struct gd_judged *judged,
                                                     enum standing *out_standing,
                                                     struct gd_error *err)
{
    struct gd_value value;
    struct facts here, there = {0};
    bool locked = false;
    *out_standing = IS_NEW;
    if (!gd_value_read(judged->text, strlen(judged->text), look->arena, &value))
        return GD_DONE;
    GD_TRY(read_facts(look->request->pg, by_name, value.type, look->arena, &here, err));
    if (here.oid != NULL)
        GD_TRY(read_facts(run->pg, by_oid, here.oid, look->arena, &there, err));
    if (there.oid == NULL)
        return GD_DONE;
    if (look->request->state == GD_PG_INSIDE)
        GD_TRY(is_locked(run, look, here.oid, &locked, err));
    value.type = there.name;
    bool ours = run->ledger.there && gd_value_change(run->pg, &value, look->arena) != NULL;
    *out_standing = !are_the_same(&here, &there) ? MOVED
                    : ours                       ? IS_OURS
                    : locked                     ? LOCKED
                                                 : STANDS;
    return GD_DONE;
}

/* ---- one value ---- */

static struct gd_run_value value_of(struct gd_run *run, const struct gd_run_look *look,
                                    const struct gd_judged *judged, const struct gd_permit *permit)
{
    const struct gd_survey *survey = look->change.survey;
    const char *path =
        survey == NULL || survey->search_path_setting == NULL ? "" : survey->search_path_setting;
    return (struct gd_run_value){
        .text = gd_arena_strdup(run->arena, judged->text),
        .hash = gd_arena_strdup(run->arena, judged->hash),
        .search_path = gd_arena_strdup(run->arena, path),
        .class = judged->verdict.class,
        .loses = judged->verdict.loses,
        .permit = permit,
    };
}

GD_MUST static struct gd_status begin(struct gd_pg *pg, const struct gd_run_value *value,
                                      struct gd_arena *arena, const char **out_xid,
                                      struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call ask = {.what = "ask for its id",
                             .sql = "SELECT pg_catalog.pg_current_xact_id()::text, "
                                    "pg_catalog.set_config('search_path', $1, true)",
                             .values = &value->search_path,
                             .value_count = 1};
    GD_TRY(gd_pg_command(pg, "begin a transaction", "BEGIN", err));
    GD_TRY(gd_pg_run(pg, &ask, &rows, err));
    *out_xid = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

/* By its row in the ledger the next run knows the value for ours. Without the right to write one it
 * is the server's error then. */
GD_MUST static struct gd_status write_row(struct gd_run *run, struct gd_pg *pg,
                                          const struct gd_story_step *step, struct gd_error *err)
{
    struct gd_error ignored = {0};
    const char *sql = gd_ledger_step_sql(&run->ledger, run->change_id, step->number, step->hash,
                                         "in", run->arena);
    if (sql == NULL)
        return GD_DONE;
    GD_TRY(gd_pg_command(pg, "set a savepoint", "SAVEPOINT guardian_row", err));
    bool written = gd_pg_command(pg, "note the value", sql, &ignored).code == GD_OK;
    if (!written)
        GD_TRY(gd_pg_command(pg, "go back", "ROLLBACK TO SAVEPOINT guardian_row", err));
    return gd_pg_command(pg, "forget a savepoint", "RELEASE SAVEPOINT guardian_row", err);
}

/* @param out_added  false: the server does not want it, and nothing of it is in */
GD_MUST static struct gd_status add(struct gd_run *run, struct gd_pg *pg,
                                    const struct gd_gate_request *request,
                                    const struct gd_run_value *value, uint32_t *out_step,
                                    bool *out_added, struct gd_error *err)
{
    struct gd_error refused = {0};
    const char *xid;
    GD_TRY(begin(pg, value, run->arena, &xid, err));
    uint32_t number = *out_step = gd_run_tell_value(run, value, xid);
    struct gd_story_step *step = &run->story->steps[number - 1];
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(gd_run_announce(run, number, request, value->permit, err));
    GD_TRY(gd_run_net_announce(run, request, gd_pg_backend(pg), value->text, err));
    GD_TRY(gd_fault("run: announced a value", err));
    GD_TRY(write_row(run, pg, step, err));
    struct gd_status status = gd_pg_command(pg, "add the value", value->text, &refused);
    if (status.code == GD_OK)
        status = gd_pg_command(pg, "commit the value", "COMMIT", err);
    else
        GD_TRY(gd_pg_command(pg, "end a transaction", "ROLLBACK", err));
    *out_added = status.code == GD_OK;
    if (refused.text[0] == '\0')
        GD_TRY(status); /* the answer to COMMIT was lost: the step stays in doubt */
    step->state = *out_added ? GD_STEP_IN : GD_STEP_NOT_IN;
    step->seconds = (double)(gd_clock_monotonic_us() - began_us) / 1e6;
    run->outcome->seconds[GD_PHASE_APPLY] += step->seconds;
    return GD_DONE;
}

/* What is left of a transaction of ours on our own session. */
GD_MUST static struct gd_status add_beside(struct gd_run *run,
                                           const struct gd_gate_request *request,
                                           const struct gd_run_value *value, uint32_t *out_step,
                                           bool *out_added, struct gd_error *err)
{
    struct gd_error ignored = {0};
    struct gd_status status = add(run, run->pg, request, value, out_step, out_added, err);
    if (status.code != GD_OK && !gd_pg_broken(run->pg) && gd_pg_state(run->pg) != GD_PG_OUTSIDE)
        (void)gd_pg_command(run->pg, "end a transaction", "ROLLBACK", &ignored).code;
    return status;
}

/* ---- those that have to wait for the next try ---- */

static void put_back(struct gd_run *run, const struct gd_run_value *value)
{
    for (size_t i = 0; i < run->late_count; i++)
        if (strcmp(run->late[i].text, value->text) == 0)
            return;
    run->late = gd_arena_more(run->arena, run->late, run->late_count, &run->late_capacity,
                              sizeof *run->late);
    run->late[run->late_count++] = *value;
}

void gd_run_unsafe(struct gd_run *run)
{
    if (run->late_count > 0)
        run->again = "its transaction uses an enum value that it adds, and had locked the type";
    else if (run->kept_back != NULL)
        gd_texts_add(&run->outcome->notes, run->kept_back, run->arena);
}

struct gd_status gd_run_late_values(struct gd_run *run, struct gd_error *err)
{
    bool added;
    uint32_t step;
    for (size_t i = 0; i < run->late_count; i++)
        GD_TRY(add_beside(run, NULL, &run->late[i], &step, &added, err));
    run->late_count = 0;
    return GD_DONE;
}

/* ---- all of them ---- */

/* @param out_there  its statement finds it there now */
GD_MUST static struct gd_status put_first(struct gd_run *run, const struct gd_run_look *look,
                                          const struct gd_judged *judged,
                                          const struct gd_permit *permit, bool *out_there,
                                          struct gd_error *err)
{
    const struct gd_gate_request *request = look->request;
    struct gd_run_value value = value_of(run, look, judged, permit);
    enum standing standing;
    uint32_t step;
    GD_TRY(look_where_it_stands(run, look, judged, &standing, err));
    *out_there = standing == IS_OURS;
    if (standing == LOCKED)
        put_back(run, &value);
    if (standing == MOVED)
        run->kept_back = gd_arena_printf(
            run->arena,
            "A value of %s could not go first, for the transaction that adds it has changed the "
            "type before: what uses it has to be a transaction of its own.",
            judged->adds_value_to);
    if (standing != STANDS)
        return GD_DONE;
    if (request->state == GD_PG_INSIDE)
        GD_TRY(add_beside(run, request, &value, &step, out_there, err));
    else
        GD_TRY(add(run, request->pg, request, &value, &step, out_there, err));
    if (*out_there && (request->state == GD_PG_INSIDE || request->name == NULL))
        gd_run_expect_of_value(run, request->session, step);
    return GD_DONE;
}

/* The only statement of its text, and nothing of it is left to do. */
static void answer_alone(const struct gd_run_look *look, struct gd_gate_answer *answer)
{
    answer->verdict = GD_GATE_ANSWER;
    answer->tag = "ALTER TYPE";
    answer->notice =
        "guardian: the enum value was committed first, so that the same transaction can use it";
    atomic_store(&look->request->session->watched, true);
}

static const char *notice_of(size_t told, struct gd_arena *arena)
{
    return gd_arena_printf(arena,
                           "guardian: %zu enum value%s that the same text uses %s committed first",
                           told, told == 1 ? "" : "s", told == 1 ? "was" : "were");
}

struct gd_status gd_run_values_first(struct gd_run *run, const struct gd_run_look *look,
                                     const struct gd_permit *permit, struct gd_gate_answer *answer,
                                     struct gd_error *err)
{
    static const char words[] = " IF NOT EXISTS";
    const struct gd_gate_request *request = look->request;
    const struct gd_judged_file *file = text_of(look);
    const char *text = "";
    size_t told = 0, from = 0;
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *judged = file->entries[i];
        bool there = false;
        if (judged->adds_value_to == NULL)
            continue;
        size_t place = place_of(look, judged);
        GD_TRY(put_first(run, look, judged, permit, &there, err));
        if (there && file->statements == 1) {
            answer_alone(look, answer);
            return GD_DONE;
        }
        if (!there)
            break;
        told++;
        if (place == 0)
            continue;
        text = gd_arena_printf(request->arena, "%s%.*s%s", text, (int)(place - from),
                               request->text + from, words);
        from = place;
    }
    if (told == 0)
        return GD_DONE;
    answer->text = gd_arena_printf(request->arena, "%s%s", text, request->text + from);
    answer->notice = notice_of(told, request->arena);
    return GD_DONE;
}
