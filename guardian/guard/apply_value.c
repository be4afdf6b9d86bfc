/*
 * ALTER TYPE … ADD VALUE of a value that is there already, because an earlier run of ours was cut
 * off, or failed, behind it: values go first, each committed alone, and nothing takes them back.
 *
 * Invariant  Only a value that a step of our own ledger added is passed over: its row in pg_enum
 *            was written by the transaction that the step's row names (and so by no savepoint's).
 *            Any other is the error that the server makes of it.
 */
#include "guardian/guard/apply_own.h"
#include "guardian/guard/value.h"

bool gd_apply_value_is_in(struct gd_applier *applier, const struct gd_apply_step *step,
                          size_t position)
{
    const struct gd_apply_stmt *stmt = &step->text->stmts[position];
    struct gd_value value;
    const char *sql =
        gd_arena_strndup(applier->arena, step->text->file->text + stmt->offset, stmt->size);
    if (!gd_value_read(sql, stmt->size, applier->arena, &value))
        return false;
    const char *change = gd_value_change(applier->pg, &value, applier->arena);
    if (change == NULL)
        return false;
    gd_texts_add(&applier->notices,
                 gd_arena_printf(applier->arena,
                                 "%s:%u: the value is there already: change %s added it",
                                 step->text->file->file->path, stmt->line, change),
                 applier->arena);
    return true;
}
