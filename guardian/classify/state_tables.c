/*
 * State, tables: relations, their columns, keys and families, and what runs when rows are written.
 */
#include "guardian/classify/state_parts.h"

#include <string.h>

#include "guardian/classify/builtins.h"

enum { NAMEDATALEN = 64 };

/* ---- definitions that call something later ---- */

/* A column of a builtin type depends on nothing that a DROP could name. */
static bool is_plain_builtin_type(const struct gd_node *type_name)
{
    static const char *const types[] = {
        "int2",   "int4",   "int8",  "text",        "varchar",   "bpchar", "bool",   "numeric",
        "float4", "float8", "date",  "timestamptz", "timestamp", "time",   "timetz", "interval",
        "uuid",   "json",   "jsonb", "bytea",       "inet",      "cidr",   "bit",    "varbit",
    };
    struct gd_name name = gd_name_of_type(type_name);
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        known = known || strcmp(types[i], name.name) == 0;
    /* "int" and its like are given with pg_catalog by the grammar; text, uuid and so on are not. */
    return known && (name.schema[0] == '\0' || strcmp(name.schema, "pg_catalog") == 0);
}

static enum gd_walk find_user_call(const struct gd_node *node, const struct gd_node *parent,
                                   void *context)
{
    (void)parent;
    bool *found = context;
    enum gd_kind kind = gd_node_kind(node);
    if (kind == GD_KIND_TypeName) /* it may be a domain */
        *found = *found || !is_plain_builtin_type(node);
    if (kind == GD_KIND_A_Expr) {
        const char *operator= gd_node_name_last(node, GD_F_name);
        *found = *found || gd_node_count(node, GD_F_name) > 1 ||
                 (strstr(operator, "BETWEEN") == NULL && !gd_builtin_operator(operator));
    }
    if (kind != GD_KIND_FuncCall)
        return *found ? GD_WALK_STOP : GD_WALK_INTO;
    const char *schema = gd_node_name_schema(node, GD_F_funcname);
    *found = (schema[0] != '\0' && strcmp(schema, "pg_catalog") != 0) ||
             gd_builtin_function(gd_node_name_last(node, GD_F_funcname)) == GD_BUILTIN_NONE;
    return *found ? GD_WALK_STOP : GD_WALK_INTO;
}

/* Keep the text when it calls anything that is no builtin. */
static void attach(const struct gd_deed *deed, const struct gd_node *range)
{
    bool found = false;
    gd_node_walk(deed->node, find_user_call, &found);
    if (!found || range == NULL)
        return;
    struct gd_name name = gd_name_of_range(range);
    struct gd_attached *attached = gd_arena_zalloc(deed->state->arena, 1, sizeof *attached);
    attached->schema =
        gd_arena_strdup(deed->state->arena, gd_state_meet(deed->state, "relation", name));
    attached->name = gd_arena_strdup(deed->state->arena, name.name);
    attached->text = gd_arena_strdup(deed->state->arena, deed->text);
    attached->next = deed->state->attached;
    deed->state->attached = attached;
}

void gd_state_attach_to_relation(const struct gd_deed *deed)
{
    attach(deed, gd_node_child(deed->node, GD_F_relation));
}

/* ---- relations ---- */

static bool is_temporary(const struct gd_node *range)
{
    return strcmp(gd_node_text(range, GD_F_relpersistence), "t") == 0 ||
           strncmp(gd_node_text(range, GD_F_schemaname), "pg_temp", 7) == 0;
}

static struct gd_thing *make_relation(const struct gd_deed *deed, const struct gd_node *range,
                                      bool if_not_exists)
{
    struct gd_name name = gd_name_of_range(range);
    bool temporary = is_temporary(range);
    const char *schema = temporary ? "pg_temp" : gd_state_schema_of(deed->state, name);
    struct gd_thing *thing =
        gd_state_make(deed, "relation", schema, name.name, if_not_exists && !temporary);
    thing->temporary = temporary;
    thing->is_view = false;
    return thing;
}

static bool is_serial(const struct gd_node *column)
{
    static const char *const types[] = {"serial",  "bigserial", "smallserial",
                                        "serial4", "serial8",   "serial2"};
    const char *type = gd_node_name_last(gd_node_child(column, GD_F_type_name), GD_F_names);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return gd_column_constraint(column, "CONSTR_IDENTITY") != NULL;
}

/* A serial or identity column brings a sequence of its own, under a name that the server makes. */
static void make_sequence_of(const struct gd_deed *deed, const struct gd_thing *table,
                             const struct gd_node *column)
{
    if (gd_node_kind(column) != GD_KIND_ColumnDef || !is_serial(column))
        return;
    const char *name = gd_arena_printf(deed->state->arena, "%s_%s_seq", table->name,
                                       gd_node_text(column, GD_F_colname));
    if (strlen(name) < NAMEDATALEN) /* a longer one is shortened in a way of its own */
        gd_state_make(deed, "relation", table->schema, name, false)->temporary = table->temporary;
}

/* Outside of a block the statement's own transaction ends, and the table with it. */
static void ends_with_block(const struct gd_deed *deed, struct gd_thing *table,
                            const struct gd_node *holder)
{
    if (!table->temporary || !gd_node_enum_is(holder, GD_F_oncommit, "ONCOMMIT_DROP"))
        return;
    if (deed->state->in_block)
        table->ends_with_block = true;
    else
        gd_state_forget(table);
}

static enum gd_walk visit_key(const struct gd_node *node, const struct gd_node *parent,
                              void *context);

struct key_search {
    const struct gd_deed *deed;
    const struct gd_thing *from;
};

static void add_kin(const struct gd_deed *deed, const struct gd_thing *heir,
                    const struct gd_node *source, bool both)
{
    struct gd_name name = gd_name_of_range(source);
    struct gd_kin *kin = gd_arena_zalloc(deed->state->arena, 1, sizeof *kin);
    kin->heir_schema = heir->schema;
    kin->heir = heir->name;
    kin->source_schema =
        gd_arena_strdup(deed->state->arena, gd_state_meet(deed->state, "relation", name));
    kin->source = gd_arena_strdup(deed->state->arena, name.name);
    kin->both = both;
    kin->next = deed->state->kin;
    deed->state->kin = kin;
}

/* INHERITS, PARTITION OF, LIKE */
static void inherit(const struct gd_deed *deed, const struct gd_thing *table)
{
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_inh_relations); i++)
        add_kin(deed, table, gd_node_at(deed->node, GD_F_inh_relations, i), true);
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_table_elts); i++) {
        const struct gd_node *element = gd_node_at(deed->node, GD_F_table_elts, i);
        if (gd_node_kind(element) == GD_KIND_TableLikeClause)
            add_kin(deed, table, gd_node_child(element, GD_F_relation), false);
    }
}

void gd_state_apply_create_table(const struct gd_deed *deed)
{
    struct gd_thing *table = make_relation(deed, gd_node_child(deed->node, GD_F_relation),
                                           gd_node_flag(deed->node, GD_F_if_not_exists));
    inherit(deed, table);
    ends_with_block(deed, table, deed->node);
    struct key_search search = {deed, table};
    gd_node_walk(deed->node, visit_key, &search);
    for (size_t i = 0; table->fresh && i < gd_node_count(deed->node, GD_F_table_elts); i++)
        make_sequence_of(deed, table, gd_node_at(deed->node, GD_F_table_elts, i));
}

void gd_state_apply_create_foreign_table(const struct gd_deed *deed)
{
    struct gd_deed base = *deed;
    base.node = gd_node_child(deed->node, GD_F_base_stmt);
    gd_state_apply_create_table(&base);
}

void gd_state_apply_create_as(const struct gd_deed *deed)
{
    struct gd_thing *thing =
        make_relation(deed, gd_node_child(gd_node_child(deed->node, GD_F_into), GD_F_rel),
                      gd_node_flag(deed->node, GD_F_if_not_exists));
    thing->text = gd_arena_strdup(deed->state->arena, deed->text);
    ends_with_block(deed, thing, gd_node_child(deed->node, GD_F_into));
}

void gd_state_apply_select_into(const struct gd_deed *deed)
{
    const struct gd_node *into = gd_node_child(deed->node, GD_F_into_clause);
    if (into != NULL)
        make_relation(deed, gd_node_child(into, GD_F_rel), false);
}

void gd_state_apply_view(const struct gd_deed *deed)
{
    struct gd_thing *thing = make_relation(deed, gd_node_child(deed->node, GD_F_view),
                                           gd_node_flag(deed->node, GD_F_replace));
    thing->is_view = true;
    thing->text = gd_arena_strdup(deed->state->arena, deed->text);
}

void gd_state_apply_create_sequence(const struct gd_deed *deed)
{
    make_relation(deed, gd_node_child(deed->node, GD_F_sequence),
                  gd_node_flag(deed->node, GD_F_if_not_exists));
}

void gd_state_apply_index(const struct gd_deed *deed)
{
    const char *name = gd_node_text(deed->node, GD_F_idxname);
    if (name[0] == '\0')
        return;
    struct gd_name table = gd_name_of_range(gd_node_child(deed->node, GD_F_relation));
    gd_state_make(deed, "relation", gd_state_meet(deed->state, "relation", table), name,
                  gd_node_flag(deed->node, GD_F_if_not_exists));
}

/* ---- columns ---- */

struct gd_changed_column *gd_thing_column(const struct gd_thing *thing, const char *name)
{
    return gd_lookup_get(&thing->columns, "", "", name);
}

struct gd_changed_column *gd_state_changed_column(const struct gd_deed *deed,
                                                  struct gd_thing *thing, const char *name)
{
    struct gd_changed_column *column = gd_thing_column(thing, name);
    if (column == NULL) {
        column = gd_arena_zalloc(deed->state->arena, 1, sizeof *column);
        column->name = gd_arena_strdup(deed->state->arena, name);
        gd_lookup_set(&thing->columns, "", "", column->name, column, deed->state->arena);
    }
    column->line = deed->line;
    column->standing = GD_FORGOTTEN;
    column->fresh = false;
    column->catalogue_name = NULL;
    return column;
}

struct gd_thing *gd_state_relation_thing(const struct gd_deed *deed, const struct gd_node *range)
{
    struct gd_name name = gd_name_of_range(range);
    return gd_state_thing_of(deed->state, "relation", gd_state_meet(deed->state, "relation", name),
                             name.name);
}

static bool column_was_absent(const struct gd_deed *deed, const struct gd_thing *table,
                              const char *name, bool if_not_exists)
{
    const struct gd_changed_column *known = gd_thing_column(table, name);
    if (known != NULL && known->standing == GD_GONE)
        return true;
    if (known != NULL && known->standing == GD_THERE)
        return known->fresh;
    if (!if_not_exists)
        return true;
    if (deed->state->survey == NULL || !deed->state->survey->complete)
        return false;
    const struct gd_relation *relation =
        table->relation != NULL
            ? table->relation
            : gd_survey_relation_named(deed->state->survey, table->schema, table->name);
    return relation == NULL || gd_relation_column(relation, name) == NULL;
}

static void apply_add_column(const struct gd_deed *deed, struct gd_thing *table,
                             const struct gd_node *cmd)
{
    const char *name = gd_node_text(gd_node_child(cmd, GD_F_def), GD_F_colname);
    bool absent = column_was_absent(deed, table, name, gd_node_flag(cmd, GD_F_missing_ok));
    struct gd_changed_column *column = gd_state_changed_column(deed, table, name);
    if (!deed->sure || !absent)
        return;
    column->standing = GD_THERE;
    column->fresh = true;
    make_sequence_of(deed, table, gd_node_child(cmd, GD_F_def));
}

static void apply_drop_column(const struct gd_deed *deed, struct gd_thing *table,
                              const struct gd_node *cmd)
{
    struct gd_changed_column *column =
        gd_state_changed_column(deed, table, gd_node_text(cmd, GD_F_name));
    column->standing = deed->sure ? GD_GONE : GD_FORGOTTEN;
}

/* Its type is no longer the catalogue's. */
static void apply_retype(const struct gd_deed *deed, struct gd_thing *table,
                         const struct gd_node *cmd)
{
    const char *name = gd_node_text(cmd, GD_F_name);
    if (gd_thing_column(table, name) == NULL)
        gd_state_changed_column(deed, table, name);
}

static bool is_surely_fresh(const struct gd_thing *thing)
{
    return thing->standing == GD_THERE && (thing->fresh || thing->temporary);
}

static bool writes_on(const char *action)
{
    return strcmp(action, "c") == 0 || strcmp(action, "n") == 0 || strcmp(action, "d") == 0;
}

static enum gd_walk visit_key(const struct gd_node *node, const struct gd_node *parent,
                              void *context)
{
    (void)parent;
    const struct key_search *search = context;
    if (gd_node_kind(node) != GD_KIND_Constraint ||
        !gd_node_enum_is(node, GD_F_contype, "CONSTR_FOREIGN"))
        return GD_WALK_INTO;
    struct gd_state *state = search->deed->state;
    struct gd_key *key = gd_arena_zalloc(state->arena, 1, sizeof *key);
    const char *on_delete = gd_node_text(node, GD_F_fk_del_action);
    key->from = search->from;
    key->to = gd_state_relation_thing(search->deed, gd_node_child(node, GD_F_pktable));
    key->on_delete = writes_on(on_delete);
    key->deletes = strcmp(on_delete, "c") == 0;
    key->on_update = writes_on(gd_node_text(node, GD_F_fk_upd_action));
    key->next = state->keys;
    state->keys = key;
    return GD_WALK_INTO;
}

static void note_dependants(const struct gd_deed *deed, struct gd_thing *table,
                            const struct gd_node *cmd)
{
    static const char *const moving[] = {"AT_AlterColumnType", "AT_AddOf", "AT_AddInherit",
                                         "AT_AttachPartition"};
    const char *subtype = gd_node_enum(cmd, GD_F_subtype);
    bool plain = strcmp(subtype, "AT_AlterColumnType") == 0 &&
                 is_plain_builtin_type(gd_node_child(gd_node_child(cmd, GD_F_def), GD_F_type_name));
    for (size_t i = 0; i < sizeof moving / sizeof moving[0] && !plain; i++)
        if (strcmp(moving[i], subtype) == 0 && !is_surely_fresh(table))
            deed->state->moved_dependants = true;
    struct key_search search = {deed, table};
    gd_node_walk(cmd, visit_key, &search);
}

void gd_state_apply_alter_table(const struct gd_deed *deed)
{
    if (!gd_node_enum_is(deed->node, GD_F_objtype, "OBJECT_TABLE") &&
        !gd_node_enum_is(deed->node, GD_F_objtype, "OBJECT_FOREIGN_TABLE"))
        return;
    struct gd_thing *table =
        gd_state_relation_thing(deed, gd_node_child(deed->node, GD_F_relation));
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(deed->node, GD_F_cmds, i);
        const char *subtype = gd_node_enum(cmd, GD_F_subtype);
        note_dependants(deed, table, cmd);
        if (strcmp(subtype, "AT_AddColumn") == 0)
            apply_add_column(deed, table, cmd);
        else if (strcmp(subtype, "AT_DropColumn") == 0)
            apply_drop_column(deed, table, cmd);
        else if (strcmp(subtype, "AT_AlterColumnType") == 0)
            apply_retype(deed, table, cmd);
        else if (strcmp(subtype, "AT_AddConstraint") == 0 &&
                 gd_node_text(gd_node_child(cmd, GD_F_def), GD_F_conname)[0] != '\0')
            gd_state_make(deed, "constraint",
                          gd_arena_printf(deed->state->arena, "%s.%s", table->schema, table->name),
                          gd_node_text(gd_node_child(cmd, GD_F_def), GD_F_conname), false);
        else if (strcmp(subtype, "AT_DropConstraint") == 0)
            gd_state_drop(deed, "constraint",
                          gd_arena_printf(deed->state->arena, "%s.%s", table->schema, table->name),
                          gd_node_text(cmd, GD_F_name));
    }
}

/* A real table becomes the child of one that the script made: a drop of the parent takes it along.
 */
static void adopt(const struct gd_deed *deed, struct gd_thing *parent, const struct gd_node *range)
{
    const struct gd_thing *child = gd_state_relation_thing(deed, range);
    if (child->standing == GD_THERE && child->fresh)
        return;
    struct gd_name name = {child->schema, child->name};
    parent->fresh = false;
    gd_texts_add(&parent->adopted, gd_name_show(deed->state->arena, name), deed->state->arena);
}

void gd_state_apply_family(const struct gd_deed *deed)
{
    const struct gd_node *range = gd_node_child(deed->node, GD_F_relation);
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(deed->node, GD_F_cmds, i);
        const struct gd_node *def = gd_node_child(cmd, GD_F_def);
        if (gd_node_enum_is(cmd, GD_F_subtype, "AT_AttachPartition")) {
            const struct gd_node *part = gd_node_child(def, GD_F_name);
            add_kin(deed, gd_state_relation_thing(deed, part), range, true);
            adopt(deed, gd_state_relation_thing(deed, range), part);
        } else if (gd_node_enum_is(cmd, GD_F_subtype, "AT_AddInherit")) {
            add_kin(deed, gd_state_relation_thing(deed, range), def, true);
            adopt(deed, gd_state_relation_thing(deed, def), range);
        } else if (strncmp(gd_node_enum(cmd, GD_F_subtype), "AT_Enable", 9) == 0 ||
                   gd_node_enum_is(cmd, GD_F_subtype, "AT_ForceRowSecurity")) {
            gd_state_relation_thing(deed, range)->enables = true;
        }
    }
}
