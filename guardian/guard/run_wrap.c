/*
 * Run, a transaction of ours around a lone statement, and the id of the one that it runs in.
 */
#include "guardian/guard/run_own.h"

static const struct gd_pg_call ask_id = {.what = "ask for its id",
                                         .sql = "SELECT pg_catalog.pg_current_xact_id()::text"};

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

struct begun {
    struct gd_run *run;
    struct gd_run_look *look;
};

GD_MUST static struct gd_status take_begun(size_t index, const struct gd_pg_rows *rows,
                                           void *context, struct gd_error *err)
{
    const struct begun *begun = context;
    (void)err;
    if (index == 0)
        begun->look->wrapped = true;
    else if (index == 1)
        begun->look->xid = gd_arena_strdup(begun->look->arena, gd_pg_cell(rows, 0, 0));
    else
        gd_run_counted_from(begun->run, begun->look, rows);
    return GD_DONE;
}

/* In one round trip. What fails behind the BEGIN is rolled back by whoever asked. */
GD_MUST static struct gd_status begin(struct gd_run *run, struct gd_run_look *look,
                                      struct gd_error *err)
{
    struct begun begun = {run, look};
    struct gd_pg_call calls[] = {
        {.what = "begin a transaction", .sql = "BEGIN"},
        ask_id,
        {.what = "look at what the session has written", .sql = gd_ledger_counts_sql}};
    size_t count = look->letters != GD_LETTERS_NONE ? 1 : run->ledger.there ? 3 : 2;
    GD_TRY(gd_run_letters_wrap(look, false, err));
    GD_TRY(gd_pg_batch(look->request->pg, calls, count, take_begun, &begun, err));
    return gd_run_letters_wrap(look, true, err);
}

struct gd_status gd_run_wrap(struct gd_run *run, struct gd_run_look *look, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    const struct gd_gate_request *request = look->request;
    bool inside = request->pg != NULL && request->state == GD_PG_INSIDE;
    struct gd_pg_call ask = ask_id;
    if (!inside && !can_wrap(look))
        return GD_DONE;
    if (!inside)
        GD_TRY(begin(run, look, err));
    if (look->xid != NULL)
        return GD_DONE;
    GD_TRY(gd_pg_run(request->pg, &ask, &rows, err));
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
