/*
 * Run, limits of the tool's session that count while nothing is said in its transaction: a
 * statement that is held for a backup must not be ended for that. They are put back before it goes
 * on, and so end a tool that falls silent itself, as without us.
 *
 * SHOW and SET alone, for they take no snapshot: the tool may be about to set its isolation level.
 */
#include <string.h>

#include "guardian/guard/run_own.h"

enum { HAS_WHOLE = 170000 };

static const char idle_name[] = "idle_in_transaction_session_timeout";
static const char whole_name[] = "transaction_timeout";

static bool is_inside(const struct gd_run_look *look)
{
    return look->request->pg != NULL && (look->wrapped || look->request->state == GD_PG_INSIDE);
}

/* "0": none, or none that is known */
static const char *read_limit(struct gd_run_look *look, const char *name)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    struct gd_pg_call call = {.what = "look at a limit",
                              .sql = gd_arena_printf(look->arena, "SHOW %s", name)};
    if (gd_pg_run(look->request->pg, &call, &rows, &ignored).code != GD_OK)
        return "0";
    return gd_arena_strdup(look->arena, gd_pg_cell(rows, 0, 0));
}

/* What cannot be set is left as it is: then its transaction has failed already, or is lost. */
static void set_limit(struct gd_run_look *look, const char *name, const char *before,
                      const char *now)
{
    struct gd_error ignored = {0};
    struct gd_pg_call call = {.what = "set a limit",
                              .sql =
                                  gd_arena_printf(look->arena, "SET LOCAL %s TO '%s'", name, now)};
    if (strcmp(before, "0") != 0)
        (void)gd_pg_run(look->request->pg, &call, NULL, &ignored).code;
}

void gd_run_hush(struct gd_run_look *look)
{
    struct gd_run_hushed *hushed = &look->hushed;
    if (hushed->known || !is_inside(look))
        return;
    hushed->known = true;
    hushed->idle = read_limit(look, idle_name);
    hushed->whole =
        gd_pg_version(look->request->pg) >= HAS_WHOLE ? read_limit(look, whole_name) : "0";
    set_limit(look, idle_name, hushed->idle, "0");
    set_limit(look, whole_name, hushed->whole, "0");
}

void gd_run_unhush(struct gd_run_look *look)
{
    struct gd_run_hushed *hushed = &look->hushed;
    if (!hushed->known || !is_inside(look))
        return;
    set_limit(look, idle_name, hushed->idle, hushed->idle);
    set_limit(look, whole_name, hushed->whole, hushed->whole);
    hushed->known = false;
}
