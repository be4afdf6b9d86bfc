/*
 * Statements that commit by themselves, and that nobody saw end: what does the catalogue show?
 *
 * A row for each kind of statement whose end can be seen. What is not here, or has no name of its
 * own, is unknown: a person must look.
 */
#include <string.h>

#include "guardian/guard/recover_own.h"
#include "guardian/sql/parse.h"

struct look {
    struct gd_pg *pg;
    struct gd_arena *arena;
    const char *text;
    enum gd_step_state state;
    const char *note;
};

typedef struct gd_status look_fn(struct look *look, const struct gd_node *node,
                                 struct gd_error *err);

/* --- asking ----------------------------------------------------------------------------------- */

/* One row, one column; NULL: no row. */
static struct gd_status ask(struct look *look, const char *sql, const char *const *values,
                            size_t count, const char **out_answer, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "ask the catalogue what became of a step",
                              .sql = sql,
                              .values = values,
                              .value_count = count};
    GD_TRY(gd_pg_run(look->pg, &call, &rows, err));
    const char *answer = gd_pg_rows_count(rows) == 0 ? NULL : gd_pg_cell(rows, 0, 0);
    *out_answer = answer == NULL ? NULL : gd_arena_strdup(look->arena, answer);
    return GD_DONE;
}

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

/* As to_regclass() and to_regtype() read it. */
static const char *qualified(const char *schema, const char *name, struct gd_arena *arena)
{
    return *schema == '\0'
               ? quoted(name, arena)
               : gd_arena_printf(arena, "%s.%s", quoted(schema, arena), quoted(name, arena));
}

/* --- statements ------------------------------------------------------------------------------- */

static struct gd_status create_index(struct look *look, const struct gd_node *node,
                                     struct gd_error *err)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *index = gd_node_text(node, GD_F_idxname), *answer = NULL;
    if (*index == '\0')
        return GD_DONE; /* the server chose its name */
    const char *values[] = {index, qualified(gd_node_text(relation, GD_F_schemaname),
                                             gd_node_text(relation, GD_F_relname), look->arena)};
    GD_TRY(ask(look,
               "SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid "
               "OPERATOR(pg_catalog.=) i.indexrelid WHERE c.relname OPERATOR(pg_catalog.=) "
               "$1::pg_catalog.name AND i.indrelid OPERATOR(pg_catalog.=) "
               "pg_catalog.to_regclass($2)",
               values, 2, &answer, err));
    look->state = answer != NULL && *answer == 't' ? GD_STEP_IN : GD_STEP_NOT_IN;
    if (answer != NULL && *answer == 'f')
        look->note =
            gd_arena_printf(look->arena,
                            "index %s was left invalid: it is dropped and built again when "
                            "the change is run again",
                            index);
    return GD_DONE;
}

static struct gd_status drop_index(struct look *look, const struct gd_node *node,
                                   struct gd_error *err)
{
    const struct gd_node *names = gd_node_at(node, GD_F_objects, 0);
    const char *answer = NULL;
    if (!gd_node_enum_is(node, GD_F_remove_type, "OBJECT_INDEX") ||
        gd_node_count(node, GD_F_objects) != 1)
        return GD_DONE;
    const char *values[] = {qualified(gd_node_name_schema(names, GD_F_items),
                                      gd_node_name_last(names, GD_F_items), look->arena)};
    GD_TRY(ask(look, "SELECT pg_catalog.to_regclass($1)", values, 1, &answer, err));
    look->state = answer == NULL ? GD_STEP_IN : GD_STEP_NOT_IN;
    return GD_DONE;
}

static struct gd_status add_value(struct look *look, const struct gd_node *node,
                                  struct gd_error *err)
{
    const char *answer = NULL, *renamed = gd_node_text(node, GD_F_old_val);
    if (*renamed != '\0')
        return GD_DONE;
    const char *values[] = {qualified(gd_node_name_schema(node, GD_F_type_name),
                                      gd_node_name_last(node, GD_F_type_name), look->arena),
                            gd_node_text(node, GD_F_new_val)};
    GD_TRY(ask(look,
               "SELECT true FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) "
               "pg_catalog.to_regtype($1) AND e.enumlabel OPERATOR(pg_catalog.=) "
               "$2::pg_catalog.name",
               values, 2, &answer, err));
    look->state = answer != NULL ? GD_STEP_IN : GD_STEP_NOT_IN;
    return GD_DONE;
}

static struct gd_status database_there(struct look *look, const struct gd_node *node,
                                       bool *out_there, struct gd_error *err)
{
    const char *answer = NULL, *values[] = {gd_node_text(node, GD_F_dbname)};
    GD_TRY(ask(look,
               "SELECT true FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) "
               "$1::pg_catalog.name",
               values, 1, &answer, err));
    *out_there = answer != NULL;
    return GD_DONE;
}

static struct gd_status create_database(struct look *look, const struct gd_node *node,
                                        struct gd_error *err)
{
    bool there = false;
    GD_TRY(database_there(look, node, &there, err));
    look->state = there ? GD_STEP_IN : GD_STEP_NOT_IN;
    return GD_DONE;
}

static struct gd_status drop_database(struct look *look, const struct gd_node *node,
                                      struct gd_error *err)
{
    bool there = false;
    GD_TRY(database_there(look, node, &there, err));
    look->state = there ? GD_STEP_NOT_IN : GD_STEP_IN;
    return GD_DONE;
}

/* Whether it ended or not, a second run does the same once more and harms nothing. */
static struct gd_status repeats(struct look *look, const struct gd_node *node, struct gd_error *err)
{
    (void)node;
    (void)err;
    look->state = GD_STEP_NOT_IN;
    look->note = "whether it ended cannot be seen, and a second run of it does no harm";
    return GD_DONE;
}

static const struct {
    enum gd_kind kind;
    look_fn *look;
} looks[] = {
    {GD_KIND_IndexStmt, create_index},   {GD_KIND_DropStmt, drop_index},
    {GD_KIND_AlterEnumStmt, add_value},  {GD_KIND_CreatedbStmt, create_database},
    {GD_KIND_DropdbStmt, drop_database}, {GD_KIND_ReindexStmt, repeats},
    {GD_KIND_VacuumStmt, repeats},       {GD_KIND_ClusterStmt, repeats},
    {GD_KIND_CheckPointStmt, repeats},
};

/* --- the statement ---------------------------------------------------------------------------- */

static struct gd_status look_at(void *context, struct gd_error *err)
{
    struct look *look = context;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    size_t size = strlen(look->text);
    if (gd_text_check(look->text, size) != size ||
        !gd_parse(look->text, size, look->arena, &parsed, &refusal) || parsed.count != 1)
        return GD_DONE; /* cut off, or of a newer grammar */
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        if (looks[i].kind == gd_node_kind(parsed.statements[0]))
            return looks[i].look(look, parsed.statements[0], err);
    return GD_DONE;
}

struct gd_status gd_recover_ask_catalogue(struct gd_pg *pg, const char *sql, struct gd_arena *arena,
                                          enum gd_step_state *out_state, const char **out_note,
                                          struct gd_error *err)
{
    struct look look = {
        .pg = pg, .arena = arena, .text = sql, .state = GD_STEP_UNKNOWN, .note = ""};
    GD_TRY(gd_deep_call(look_at, &look, err));
    *out_state = look.state;
    *out_note = look.note;
    return GD_DONE;
}
