#include "guardian/guard/holders.h"

#include <inttypes.h>
#include <stdio.h>

#include "guardian/base/clock.h"
#include "guardian/guard/protect_own.h"

enum { SHOWN_MAX = 3, PAUSE_MS = 100, PAUSE_MAX_MS = 1000 };

/* Inside of a transaction the server shows the activity as it was at the first look. */
static const char forget_sql[] = "SELECT pg_catalog.pg_stat_clear_snapshot()";

/* clang-format off */
static const char holders_sql[] =
#include "guardian/guard/sql/holders.sql.inc"
    ;
/* clang-format on */

static const char *holder_text(const struct gd_pg_rows *rows, size_t row, bool reads,
                               struct gd_arena *arena)
{
    const char *program = gd_pg_cell(rows, row, 2), *state = gd_pg_cell(rows, row, 3);
    const char *query = gd_pg_cell(rows, row, 5), *verb = reads ? "reads" : "holds a lock on";
    if (gd_pg_cell(rows, row, 0) == NULL)
        return gd_arena_printf(arena, "a prepared transaction %s %s", verb,
                               gd_pg_cell(rows, row, 6));
    return gd_arena_printf(
        arena, "process %" PRId64 " (%s%s%s) %s %s, %s, in a transaction of %" PRId64 " s%s%s",
        gd_pg_int(rows, row, 0), gd_pg_cell(rows, row, 1), *program == '\0' ? "" : ", ", program,
        verb, gd_pg_cell(rows, row, 6), *state == '\0' ? "in the background" : state,
        gd_pg_int(rows, row, 4), *query == '\0' ? "" : ": ", query);
}

struct gd_status gd_holders_find(struct gd_pg *pg, const struct gd_holders_query *query,
                                 struct gd_arena *arena, struct gd_holders *out_holders,
                                 struct gd_error *err)
{
    char older[16];
    snprintf(older, sizeof older, "%u", query->older_ms);
    const char *const values[] = {
        query->tables, query->readers ? "t" : "f",
        query->among == NULL ? NULL : gd_protect_array(query->among, arena), older};
    struct gd_pg_call forget = {.what = "look who holds a lock", .sql = forget_sql};
    struct gd_pg_call call = {
        .what = "look who holds a lock", .sql = holders_sql, .values = values, .value_count = 4};
    gd_auto_pg_rows rows = NULL;
    struct gd_holders found = {.text = ""};
    GD_TRY(gd_pg_run(pg, &forget, NULL, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    found.count = gd_pg_rows_count(rows);
    for (size_t i = 0; i < found.count; i++) {
        gd_texts_add(&found.transactions, gd_arena_strdup(arena, gd_pg_cell(rows, i, 7)), arena);
        if (i < SHOWN_MAX)
            found.text = gd_arena_printf(arena, "%s%s%s", found.text, i == 0 ? "" : "; ",
                                         holder_text(rows, i, query->readers, arena));
    }
    *out_holders = found;
    return GD_DONE;
}

/* --- looking, and looking again ------------------------------------------------------------------
 */

/* Of a lock that some definition waited for only the relation's holder is known. */
static const char *who_alters(struct gd_pg *pg, struct gd_arena *arena)
{
    const struct gd_holders_query query = {0};
    struct gd_holders found = {0};
    struct gd_error ignored = {0};
    if (gd_pg_broken(pg) || gd_holders_find(pg, &query, arena, &found, &ignored).code != GD_OK)
        return "";
    return found.text;
}

static struct gd_status still_busy(struct gd_status status, const char *who, uint32_t tries,
                                   struct gd_error *err)
{
    struct gd_error why = *err;
    return gd_hint(err,
                   gd_fail(err, status.code, "%s; tries: %u%s%s", why.text, tries,
                           *who == '\0' ? "" : "; ", who),
                   "%s",
                   *who == '\0' ? why.hint
                                : "Try again when that transaction is "
                                  "over, end it with pg_terminate_backend(PID), or allow a "
                                  "longer --lock-timeout.");
}

struct gd_status gd_look_patiently(struct gd_pg *pg, const struct gd_patience *patience,
                                   gd_look_fn *look, void *context, struct gd_arena *arena,
                                   struct gd_error *err)
{
    uint32_t pause_ms = PAUSE_MS;
    for (uint32_t tries = 1;; tries++) {
        struct gd_status status = look(context, err);
        if (status.code != GD_BUSY || gd_pg_broken(pg))
            return status;
        const char *who = who_alters(pg, arena);
        if (tries > patience->retries)
            return still_busy(status, who, tries, err);
        gd_tell_note(patience->events, "trying again (%u of %u): %s%s%s", tries, patience->retries,
                     err->text, *who == '\0' ? "" : "; ", who);
        *err = (struct gd_error){0};
        gd_sleep_ms(pause_ms);
        pause_ms = 2 * pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : 2 * pause_ms;
        GD_TRY(gd_interrupt_check(err));
    }
}
