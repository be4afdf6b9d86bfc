#include "guardian/guard/value.h"

#include <string.h>

#include "guardian/pg/copy.h"
#include "guardian/sql/parse.h"

struct reading {
    struct gd_arena *arena;
    const char *sql;
    size_t size;
    struct gd_value value; /* its type NULL: not such a statement */
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
    struct reading *reading = context;
    struct gd_value *value = &reading->value;
    struct gd_arena *arena = reading->arena;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(reading->sql, reading->size, arena, &parsed, &refusal) || parsed.count != 1 ||
        gd_node_kind(parsed.statements[0]) != GD_KIND_AlterEnumStmt)
        return GD_DONE;
    const struct gd_node *tree = parsed.statements[0];
    const char *schema = gd_node_name_schema(tree, GD_F_type_name);
    const char *name = quoted(gd_node_name_last(tree, GD_F_type_name), arena);
    value->label = gd_arena_strdup(arena, gd_node_text(tree, GD_F_new_val));
    value->type =
        *schema == '\0' ? name : gd_arena_printf(arena, "%s.%s", quoted(schema, arena), name);
    return GD_DONE;
}

bool gd_value_read(const char *sql, size_t size, struct gd_arena *arena, struct gd_value *out_value)
{
    struct gd_error ignored = {0};
    struct reading reading = {.arena = arena, .sql = sql, .size = size};
    if (gd_deep_call(read_value, &reading, &ignored).code != GD_OK || reading.value.type == NULL)
        return false;
    *out_value = reading.value;
    return true;
}

static const char ours_sql[] =
    "SELECT s.change FROM guardian.steps s JOIN pg_catalog.pg_enum e"
    " ON e.xmin::pg_catalog.text = (s.xid::pg_catalog.text::pg_catalog.numeric"
    " OPERATOR(pg_catalog.%) 4294967296)::pg_catalog.text"
    " WHERE e.enumtypid = pg_catalog.to_regtype($1) AND e.enumlabel = $2::pg_catalog.name"
    " AND s.state = 'in'";

const char *gd_value_change(struct gd_pg *pg, const struct gd_value *value, struct gd_arena *arena)
{
    struct gd_error ignored = {0};
    const char *const values[] = {value->type, value->label};
    struct gd_pg_call call = {
        .what = "look who added the value", .sql = ours_sql, .values = values, .value_count = 2};
    gd_auto_pg_rows rows = NULL;
    if (gd_pg_run(pg, &call, &rows, &ignored).code != GD_OK || gd_pg_rows_count(rows) == 0)
        return NULL;
    return gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
}
