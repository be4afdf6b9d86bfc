/*
 * Run, a transaction of ours around a lone statement, and the id of the one that it runs in.
 */
#include "guardian/guard/run_own.h"

static bool is_control(const struct gd_judged *judged)
{
    return judged->form != NULL && judged->form[0] != '\0';
}

/* Of a text that is one transaction from its BEGIN to its COMMIT, ours is that: its BEGIN finds it
 * open, and its COMMIT ends it. */
static bool is_whole(const struct gd_run_look *look)
{
    struct gd_track_text text;
    return look->request->name == NULL &&
           gd_track_read(look->request->text, look->request->size, true, look->arena, &text) &&
           text.whole;
}

static bool can_wrap(const struct gd_run_look *look)
{
    const struct gd_gate_request *request = look->request;
    const struct gd_report *report = look->change.report;
    if (request->pg == NULL || request->state != GD_PG_OUTSIDE || request->parse)
        return false;
    bool whole = is_whole(look);
    for (size_t f = 0; f < report->file_count; f++) {
        if (!report->files[f]->transaction)
            return false;
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            if (!whole && is_control(report->files[f]->entries[e]))
                return false;
    }
    return true;
}

struct gd_status gd_run_wrap(struct gd_run *run, struct gd_run_look *look, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg *pg = look->request->pg;
    struct gd_pg_call begin = {.what = "begin a transaction", .sql = "BEGIN"};
    bool inside = pg != NULL && look->request->state == GD_PG_INSIDE;
    struct gd_pg_call ask = {.what = "ask for its id",
                             .sql = "SELECT pg_catalog.pg_current_xact_id()::text"};
    if (!inside && !can_wrap(look))
        return GD_DONE;
    if (!inside)
        GD_TRY(gd_run_letters_wrap(look, false, err));
    if (!inside)
        GD_TRY(gd_pg_run(pg, &begin, NULL, err));
    look->wrapped = !inside;
    if (!inside)
        GD_TRY(gd_run_letters_wrap(look, true, err));
    GD_TRY(gd_pg_run(pg, &ask, &rows, err));
    look->xid = gd_arena_strdup(look->arena, gd_pg_cell(rows, 0, 0));
    return gd_run_count_from(run, look, err);
}

void gd_run_unwrap(struct gd_run_look *look)
{
    struct gd_error ignored = {0};
    struct gd_pg_call call = {.what = "end a transaction", .sql = "ROLLBACK"};
    if (look->wrapped) {
        (void)gd_pg_run(look->request->pg, &call, NULL, &ignored).code;
        look->letters = GD_LETTERS_NONE; /* it went with the transaction */
        atomic_store(&look->request->session->sealed, false);
    }
    look->wrapped = false;
}
