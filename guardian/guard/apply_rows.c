/*
 * A step's row in the ledger, written in the step's own transaction before its first statement:
 * what the file does to roles, to the search path or to savepoints cannot get in its way. Behind
 * the last one the row is completed with what the step wrote; that may fail, and the step stays.
 */
#include <string.h>

#include "guardian/guard/apply_own.h"

const char gd_apply_to_own_role[] =
    "SELECT pg_catalog.set_config('guardian.role', pg_catalog.current_setting('role'), true),"
    " pg_catalog.set_config('role', 'none', true)";
const char gd_apply_back_to_role[] =
    "SELECT pg_catalog.set_config('role', pg_catalog.current_setting('guardian.role'), true)";

bool gd_apply_keeps_rows(const struct gd_applier *applier)
{
    const struct gd_ledger *ledger = applier->options.ledger;
    return applier->rows != GD_ROWS_NONE && ledger != NULL && ledger->there;
}

size_t gd_apply_row_calls(const struct gd_applier *applier, const struct gd_apply_step *step,
                          const char *state, struct gd_pg_call *calls)
{
    const char *sql = NULL;
    if (applier->rows != GD_ROWS_NONE && step != applier->rowless && step->class != GD_CLASS_NONE &&
        !step->step->rolled_back)
        sql = gd_ledger_step_sql(applier->options.ledger, applier->options.story->change,
                                 step->step->number, step->story->hash, state, applier->arena);
    if (sql == NULL)
        return 0;
    bool own = applier->rows == GD_ROWS_OWN_ROLE;
    size_t count = 0;
    if (own)
        calls[count++] =
            (struct gd_pg_call){.what = "become the own role", .sql = gd_apply_to_own_role};
    calls[count++] = (struct gd_pg_call){.what = "note the step in the database", .sql = sql};
    if (own)
        calls[count++] =
            (struct gd_pg_call){.what = "become the file's role", .sql = gd_apply_back_to_role};
    return count;
}

const char *gd_apply_wrote_sql(const struct gd_applier *applier, const struct gd_apply_step *step)
{
    const char *sql =
        gd_ledger_wrote_sql(applier->options.ledger, applier->options.story->change,
                            step->step->number, step->story->hash, applier->counts, applier->arena);
    if (applier->touched) /* the file may have taken a role */
        return gd_arena_printf(applier->arena, "%s;\n%s\n;%s", gd_apply_to_own_role, sql,
                               gd_apply_back_to_role);
    return sql;
}

static bool state_is(const char *state, const char *const *states)
{
    for (; *states != NULL; states++)
        if (strcmp(state, *states) == 0)
            return true;
    return false;
}

/* clang-format off */
static const char *const no_right[] = {"42501", NULL};
static const char *const not_there[] = {
    "42501", "42P01", "3F000", "42703", "42883", "42704", NULL}; /* dropped by the change */
/* clang-format on */

/* From here on the transactions' ids in the journal must do. */
static void give_up_rows(struct gd_applier *applier)
{
    applier->rows = GD_ROWS_NONE;
    applier->options.story->rows_kept = false;
}

bool gd_apply_row_fallback(struct gd_applier *applier, const struct gd_apply_step *step,
                           const struct gd_pg_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (calls[i].sqlstate[0] == '\0')
            continue;
        if (applier->rows == GD_ROWS_PLAIN && state_is(calls[i].sqlstate, no_right))
            applier->rows = GD_ROWS_OWN_ROLE;
        else if (strcmp(calls[i].sqlstate, "25006") == 0) /* a transaction that only reads */
            applier->rowless = step;
        else if (state_is(calls[i].sqlstate, not_there))
            give_up_rows(applier);
        else
            return false;
        return true;
    }
    return false;
}
