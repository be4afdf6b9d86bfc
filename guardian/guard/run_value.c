/*
 * Run, enum values: a text that adds a value and uses it cannot run as the one transaction that the
 * server makes of it. The values go first, on the client's own session, each committed alone; in
 * the text they get IF NOT EXISTS, so that the client is given the answers that it counts on.
 *
 * Invariant  Only of a text that comes alone (a Query outside of a transaction), and only when each
 *            of its values may go first. A value that the server refuses stays as it was written:
 *            then the text fails as it would have, in the server's words.
 */
#include <string.h>
#include <strings.h>

#include "guardian/base/fault.h"
#include "guardian/guard/run_own.h"
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

bool gd_run_splits(const struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    const struct gd_judged_file *file = text_of(look);
    if (!file->split_needed || request->pg == NULL || request->state != GD_PG_OUTSIDE ||
        request->name != NULL || request->earlier[0] != '\0')
        return false;
    for (size_t i = 0; i < file->entry_count; i++)
        if (file->entries[i]->adds_value_to != NULL &&
            (!file->entries[i]->value_can_go_first || !is_exact(look, file->entries[i])))
            return false;
    return true;
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

/* ---- one value ---- */

GD_MUST static struct gd_status begin(struct gd_pg *pg, struct gd_arena *arena,
                                      const char **out_xid, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call ask = {.what = "ask for its id",
                             .sql = "SELECT pg_catalog.pg_current_xact_id()::text"};
    GD_TRY(gd_pg_command(pg, "begin a transaction", "BEGIN", err));
    GD_TRY(gd_pg_run(pg, &ask, &rows, err));
    *out_xid = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

/* @param out_added  false: the server does not want it, and nothing of it is in */
GD_MUST static struct gd_status add(struct gd_run *run, const struct gd_run_look *look,
                                    const struct gd_judged *judged, const struct gd_permit *permit,
                                    bool *out_added, struct gd_error *err)
{
    struct gd_pg *pg = look->request->pg;
    struct gd_error refused = {0};
    const char *xid;
    GD_TRY(begin(pg, run->arena, &xid, err));
    uint32_t number = gd_run_tell_value(run, look, judged, xid);
    struct gd_story_step *step = &run->story->steps[number - 1];
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(gd_run_announce(run, number, look->request, permit, err));
    GD_TRY(gd_fault("run: announced a value", err));
    struct gd_status status = gd_pg_command(pg, "add the value", judged->text, &refused);
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

/* ---- all of them ---- */

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
        bool added = false;
        if (judged->adds_value_to == NULL)
            continue;
        size_t place = place_of(look, judged);
        GD_TRY(add(run, look, judged, permit, &added, err));
        if (!added)
            break;
        told++;
        if (place == 0)
            continue;
        text = gd_arena_printf(request->arena, "%s%.*s%s", text, (int)(place - from),
                               request->text + from, words);
        from = place;
    }
    answer->text = gd_arena_printf(request->arena, "%s%s", text, request->text + from);
    if (told > 0)
        answer->notice = gd_arena_printf(
            request->arena, "guardian: %zu enum value%s that the same text uses %s committed first",
            told, told == 1 ? "" : "s", told == 1 ? "was" : "were");
    return GD_DONE;
}
