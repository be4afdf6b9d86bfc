/* Calm: see the header. */
#include "guardian/guard/calm.h"

#include <string.h>
#include <strings.h>

#include "guardian/guard/run_own.h"

/* clang-format off */
static const char ask_sql[] =
#include "guardian/guard/sql/calm.sql.inc"
    ;
/* clang-format on */

static bool known_for(const struct gd_gate_session *session, struct gd_harmless *harmless,
                      int64_t most_us)
{
    return atomic_load(&session->calm_at) == gd_harmless_age(harmless) &&
           gd_clock_monotonic_us() - atomic_load(&session->calm_us) < most_us;
}

bool gd_calm_known(const struct gd_gate_session *session, struct gd_harmless *harmless)
{
    return known_for(session, harmless, GD_CALM_LASTS_US);
}

/* ---- asking ---- */

/* What runs nobody's code, whatever names mean. */
static bool is_plain(enum gd_kind kind)
{
    return kind == GD_KIND_TransactionStmt || kind == GD_KIND_VariableSetStmt ||
           kind == GD_KIND_VariableShowStmt || kind == GD_KIND_DiscardStmt ||
           kind == GD_KIND_ListenStmt || kind == GD_KIND_UnlistenStmt ||
           kind == GD_KIND_DeallocateStmt || kind == GD_KIND_ClosePortalStmt ||
           kind == GD_KIND_ConstraintsSetStmt;
}

static bool all_plain(const struct gd_report *alone)
{
    for (size_t f = 0; f < alone->file_count; f++)
        for (size_t e = 0; e < alone->files[f]->entry_count; e++)
            if (!is_plain(alone->files[f]->entries[e]->kind))
                return false;
    return true;
}

static bool is_single(const struct gd_report *alone)
{
    size_t count = 0;
    for (size_t f = 0; f < alone->file_count; f++)
        count += alone->files[f]->statements;
    return count <= 1;
}

/* The question is asked ten times a second, and to plan it takes longer than to answer it. In the
 * tool's own transaction it is planned anew: a plan that the tool has thrown away is an error,
 * which would end that. */
GD_MUST static struct gd_status ask_server(struct gd_pg *pg, bool outside, bool *out_calm,
                                           struct gd_error *err)
{
    static const char what[] = "look whether reading is harmless here";
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = what, .sql = ask_sql, .keep = outside ? what : NULL, .keep_anywhere = true};
    struct gd_status status = gd_pg_run(pg, &call, &rows, err);
    if (status.code != GD_OK && gd_pg_lost_plan(&call)) {
        gd_pg_forget_plans(pg);
        *err = (struct gd_error){0};
        status = gd_pg_run(pg, &call, &rows, err);
    }
    GD_TRY(status);
    *out_calm = gd_pg_bool(rows, 0, 0) && gd_pg_bool(rows, 0, 1);
    return GD_DONE;
}

struct gd_status gd_calm_ask(struct gd_gate_session *session, struct gd_harmless *harmless,
                             const struct gd_gate_request *request, const struct gd_report *alone,
                             enum gd_calm *out_calm, struct gd_error *err)
{
    uint64_t age = gd_harmless_age(harmless);
    int64_t now_us = gd_clock_monotonic_us(); /* before it is asked */
    int64_t most_us = request->pg == NULL ? 10 * GD_CALM_LASTS_US : GD_CALM_LASTS_US;
    bool calm = false;
    *out_calm = GD_CALM;
    bool defines = gd_run_is_ddl(alone); /* a temporary view: what is read later means another */
    if (all_plain(alone) || (!defines && known_for(session, harmless, most_us)))
        return GD_DONE;
    if (request->state == GD_PG_ABORTED) { /* a lone one fails; behind a ROLLBACK it would run */
        *out_calm = is_single(alone) ? GD_CALM : GD_CALM_NEVER;
        return GD_DONE;
    }
    if (request->pg == NULL) {
        *out_calm = request->settle == GD_SETTLE_NO ? GD_CALM_NEVER : GD_CALM_SETTLE;
        return GD_DONE;
    }
    if (!defines)
        GD_TRY(ask_server(request->pg, request->state == GD_PG_OUTSIDE, &calm, err));
    if (request->state == GD_PG_OUTSIDE) {
        atomic_store(&session->calm_us, now_us);
        atomic_store(&session->calm_at, calm ? age : 0);
    }
    *out_calm = calm ? GD_CALM : GD_CALM_LOOK;
    return GD_DONE;
}

/* ---- what makes it void ---- */

bool gd_calm_is_set_by(const char *text)
{
    static const char *const words[] = {"search_path", "set_config", "discard", "reset", "u&"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasestr(text, words[i]) != NULL)
            return true;
    return false;
}

void gd_calm_forget(struct gd_gate_session *session)
{
    atomic_store(&session->calm_at, 0);
}

void gd_calm_note_text(struct gd_gate_session *session, const char *text)
{
    if (gd_calm_is_set_by(text))
        gd_calm_forget(session);
}

static bool writes_rows(enum gd_kind kind)
{
    return kind == GD_KIND_InsertStmt || kind == GD_KIND_UpdateStmt || kind == GD_KIND_DeleteStmt ||
           kind == GD_KIND_MergeStmt || kind == GD_KIND_CopyStmt || kind == GD_KIND_TruncateStmt;
}

/* Rows apart, whatever changes something may change definitions. */
static bool moves(const struct gd_report *looked)
{
    if (looked == NULL || gd_run_is_ddl(looked))
        return true;
    for (size_t f = 0; f < looked->file_count && gd_run_changes(looked); f++)
        for (size_t e = 0; e < looked->files[f]->entry_count; e++)
            if (!writes_rows(looked->files[f]->entries[e]->kind))
                return true;
    return false;
}

void gd_calm_note_passed(struct gd_gate_session *session, struct gd_harmless *harmless,
                         const struct gd_report *looked)
{
    atomic_store(&session->calm_at, 0); /* a function may have set something */
    if (!moves(looked))
        return;
    atomic_store(&session->moving, true);
    gd_harmless_grow_older(harmless);
}

void gd_calm_note_ended(struct gd_gate_session *session, struct gd_harmless *harmless, bool outside)
{
    if (!atomic_load(&session->moving))
        return;
    gd_harmless_grow_older(harmless);
    if (outside)
        atomic_store(&session->moving, false);
}
