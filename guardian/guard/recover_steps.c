/*
 * The steps of a change that was cut off: which of them are in?
 *
 * What apply promises: a step of a transaction that is in has a row in the ledger, or its
 * transaction's id was on record before COMMIT; a step that commits by itself was on record as
 * applying before it began. So no row and no id means that it is not in.
 */
#include <string.h>

#include "guardian/guard/recover_catalogue.h"
#include "guardian/guard/recover_own.h"

bool gd_recover_writes(const struct gd_story_step *step)
{
    return step->class != GD_CLASS_NONE && !step->rolled_back &&
           strcmp(step->kind, "session") != 0 && strcmp(step->kind, "backup") != 0;
}

struct settling {
    struct gd_pg *pg;
    const struct gd_ledger *ledger;
    struct gd_story *story;
    struct gd_ledger_step *rows;
    size_t row_count;
    struct gd_texts *notes;
    struct gd_arena *arena;
};

static void note(struct settling *settling, const struct gd_story_step *step, const char *text)
{
    if (text[0] != '\0')
        gd_texts_add(settling->notes,
                     gd_arena_printf(settling->arena, "Step %u: %s", step->number, text),
                     settling->arena);
}

static const struct gd_ledger_step *row_of(const struct settling *settling,
                                           const struct gd_story_step *step)
{
    for (size_t i = 0; i < settling->row_count; i++)
        if (settling->rows[i].step == step->number &&
            strcmp(settling->rows[i].hash, step->hash) == 0)
            return &settling->rows[i];
    return NULL;
}

/* "committed", "aborted", "in progress"; "" when the server does not know, or not any more. */
static struct gd_status ask_xid(struct settling *settling, const struct gd_story_step *step,
                                const char **out_answer, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error refused = {0};
    struct gd_pg_call call = {
        .what = "ask what became of a transaction",
        .sql = "SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8)",
        .values = &step->xid,
        .value_count = 1,
    };
    struct gd_status status = gd_pg_run(settling->pg, &call, &rows, &refused);
    *out_answer = "";
    if (status.code != GD_OK && call.sqlstate[0] == '\0') {
        *err = refused;
        return status;
    }
    if (status.code != GD_OK) /* an id of the future: this is not the server that it was */
        note(settling, step, refused.text);
    else if (gd_pg_cell(rows, 0, 0) != NULL)
        *out_answer = gd_arena_strdup(settling->arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

static struct gd_status by_xid(struct settling *settling, const struct gd_story_step *step,
                               enum gd_step_state *out_state, struct gd_error *err)
{
    const char *answer = "";
    GD_TRY(ask_xid(settling, step, &answer, err));
    *out_state = GD_STEP_UNKNOWN;
    if (strcmp(answer, "aborted") == 0)
        *out_state = GD_STEP_NOT_IN;
    else if (strcmp(answer, "committed") == 0 &&
             (!settling->story->rows_kept || !settling->ledger->there))
        *out_state = GD_STEP_IN;
    else if (strcmp(answer, "committed") == 0)
        note(settling, step,
             gd_arena_printf(settling->arena,
                             "the server says that transaction %s committed, but the row that it "
                             "wrote is not there: was the server failed over or restored, or the "
                             "row removed?",
                             step->xid));
    else
        note(settling, step,
             gd_arena_printf(settling->arena, "the server says \"%s\" of transaction %s",
                             answer[0] == '\0' ? "unknown" : answer, step->xid));
    return GD_DONE;
}

/* No row, no id. */
static void by_silence(struct settling *settling, const struct gd_story_step *step,
                       enum gd_step_state *out_state)
{
    bool rows_gone = settling->story->rows_kept && !settling->ledger->there;
    *out_state = rows_gone ? GD_STEP_UNKNOWN : GD_STEP_NOT_IN;
    if (rows_gone)
        note(settling, step,
             gd_arena_printf(settling->arena, "its row cannot be looked for: %s",
                             settling->ledger->why));
}

static struct gd_status settle_alone(struct settling *settling, const struct gd_story_step *step,
                                     enum gd_step_state *out_state, struct gd_error *err)
{
    const char *text = "";
    bool begun = step->state != GD_STEP_PLANNED || row_of(settling, step) != NULL;
    *out_state = GD_STEP_NOT_IN;
    if (!begun)
        return GD_DONE;
    GD_TRY(gd_recover_ask_catalogue(settling->pg, step, settling->arena, out_state, &text, err));
    note(settling, step, text);
    return GD_DONE;
}

/* A rollback that swaps databases: the name stands for another one once it is done. */
static const char swap[] = "database ";

static struct gd_status settle_swap(struct settling *settling, const struct gd_story_step *step,
                                    enum gd_step_state *out_state, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "ask which database this is",
        .sql = "SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) "
               "pg_catalog.current_database()",
    };
    GD_TRY(gd_pg_run(settling->pg, &call, &rows, err));
    bool same = strcmp(gd_pg_cell(rows, 0, 0), step->hash + sizeof swap - 1) == 0;
    *out_state = same ? GD_STEP_NOT_IN : GD_STEP_IN;
    return GD_DONE;
}

/* What changes nothing has no record of its own when it begins; REINDEX may leave a half behind. */
static struct gd_status look_for_leftovers(struct settling *settling,
                                           const struct gd_story_step *step, struct gd_error *err)
{
    enum gd_step_state unused;
    const char *text = "";
    if (strcmp(step->kind, "alone") == 0)
        GD_TRY(gd_recover_ask_catalogue(settling->pg, step, settling->arena, &unused, &text, err));
    note(settling, step, text);
    return GD_DONE;
}

static struct gd_status settle(struct settling *settling, const struct gd_story_step *step,
                               enum gd_step_state *out_state, struct gd_error *err)
{
    const struct gd_ledger_step *row = row_of(settling, step);
    *out_state = step->state;
    if (step->state == GD_STEP_IN || step->state == GD_STEP_NOT_IN)
        return GD_DONE; /* seen, and then recorded */
    *out_state = GD_STEP_NOT_IN;
    if (!gd_recover_writes(step))
        return look_for_leftovers(settling, step, err);
    if (row != NULL && strcmp(row->state, "in") == 0) {
        *out_state = GD_STEP_IN;
        return GD_DONE;
    }
    if (strncmp(step->hash, swap, sizeof swap - 1) == 0)
        return settle_swap(settling, step, out_state, err);
    if (strcmp(step->kind, "alone") == 0)
        return settle_alone(settling, step, out_state, err);
    if (step->xid[0] != '\0')
        return by_xid(settling, step, out_state, err);
    by_silence(settling, step, out_state);
    return GD_DONE;
}

struct gd_status gd_recover_steps(struct gd_pg *pg, const struct gd_ledger *ledger,
                                  struct gd_story *story, struct gd_texts *notes,
                                  struct gd_arena *arena, struct gd_error *err)
{
    struct settling settling = {
        .pg = pg, .ledger = ledger, .story = story, .notes = notes, .arena = arena};
    GD_TRY(gd_ledger_steps(pg, ledger, story->change, arena, &settling.rows, &settling.row_count,
                           err));
    for (size_t i = 0; i < story->step_count; i++) {
        enum gd_step_state state = GD_STEP_UNKNOWN;
        GD_TRY(settle(&settling, &story->steps[i], &state, err));
        const struct gd_ledger_step *row = row_of(&settling, &story->steps[i]);
        if (row != NULL && story->steps[i].xid[0] == '\0')
            story->steps[i].xid = row->xid;
        story->steps[i].state = state;
    }
    return GD_DONE;
}
