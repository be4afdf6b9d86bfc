/*
 * ALTER TYPE … ADD VALUE of a value that is there already, because an earlier run of ours was cut
 * off, or failed, behind it: values go first, each committed alone, and nothing takes them back.
 *
 * Invariant  Only a value that a step of our own ledger added is passed over: its row in pg_enum
 *            was written by the transaction that the step's row names (and so by no savepoint's).
 *            Any other is the error that the server makes of it.
 */
#include <string.h>

#include "guardian/guard/apply_own.h"
#include "guardian/sql/parse.h"

struct value {
    struct gd_arena *arena;
    const char *sql;
    size_t size;
    const char *type, *label; /* NULL: not such a statement */
};

static const char *quoted(const char *name, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 2 * strlen(name) + 3), *at = out;
    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

static struct gd_status read_value(void *context, struct gd_error *err)
{
    (void)err;
    struct value *value = context;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(value->sql, value->size, value->arena, &parsed, &refusal) || parsed.count != 1 ||
        gd_node_kind(parsed.statements[0]) != GD_KIND_AlterEnumStmt)
        return GD_DONE;
    const struct gd_node *tree = parsed.statements[0];
    const char *schema = gd_node_name_schema(tree, GD_F_type_name);
    const char *name = quoted(gd_node_name_last(tree, GD_F_type_name), value->arena);
    value->label = gd_arena_strdup(value->arena, gd_node_text(tree, GD_F_new_val));
    value->type = *schema == '\0'
                      ? name
                      : gd_arena_printf(value->arena, "%s.%s", quoted(schema, value->arena), name);
    return GD_DONE;
}

static const char ours_sql[] =
    "SELECT s.change FROM guardian.steps s JOIN pg_catalog.pg_enum e"
    " ON e.xmin::pg_catalog.text = (s.xid::pg_catalog.text::pg_catalog.numeric"
    " OPERATOR(pg_catalog.%) 4294967296)::pg_catalog.text"
    " WHERE e.enumtypid = pg_catalog.to_regtype($1) AND e.enumlabel = $2::pg_catalog.name"
    " AND s.state = 'in'";

/* @return the change that added it; NULL: none of ours */
static const char *change_that_added(struct gd_applier *applier, const struct value *value)
{
    struct gd_error ignored = {0};
    const char *const values[] = {value->type, value->label};
    struct gd_pg_call call = {
        .what = "look who added the value", .sql = ours_sql, .values = values, .value_count = 2};
    gd_auto_pg_rows rows = NULL;
    if (gd_pg_run(applier->pg, &call, &rows, &ignored).code != GD_OK || gd_pg_rows_count(rows) == 0)
        return NULL;
    return gd_arena_strdup(applier->arena, gd_pg_cell(rows, 0, 0));
}

bool gd_apply_value_is_in(struct gd_applier *applier, const struct gd_apply_step *step,
                          size_t position)
{
    const struct gd_apply_stmt *stmt = &step->text->stmts[position];
    struct gd_error ignored = {0};
    struct value value = {
        .arena = applier->arena,
        .sql = gd_arena_strndup(applier->arena, step->text->file->text + stmt->offset, stmt->size),
        .size = stmt->size,
    };
    if (gd_deep_call(read_value, &value, &ignored).code != GD_OK || value.type == NULL)
        return false;
    const char *change = change_that_added(applier, &value);
    if (change == NULL)
        return false;
    gd_texts_add(&applier->notices,
                 gd_arena_printf(applier->arena,
                                 "%s:%u: the value is there already: change %s added it",
                                 step->text->file->file->path, stmt->line, change),
                 applier->arena);
    return true;
}
