/*
 * What should be there after a change, by the text of its statements. When in doubt nothing is
 * expected: a name that the search path may resolve elsewhere, what a CASCADE or a piece of code
 * may have taken away again.
 */
#include <string.h>
#include <strings.h>

#include "guardian/classify/look.h"
#include "guardian/guard/check_own.h"
#include "guardian/sql/parse.h"

struct expecting {
    const struct gd_plan *plan;
    struct gd_arena *arena;
    struct gd_expectations *out;
    bool path_changes; /* the files set search_path or a role: bare names mean nothing here */
    const char *place;
};

/* ---- names ---- */

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

/* NULL when it cannot be told what is meant. */
static const char *full(const struct expecting *expecting, const char *schema, const char *name)
{
    if (*name == '\0' || strcmp(schema, "pg_temp") == 0 ||
        (*schema == '\0' && expecting->path_changes))
        return NULL;
    if (*schema == '\0')
        return quoted(name, expecting->arena);
    return gd_arena_printf(expecting->arena, "%s.%s", quoted(schema, expecting->arena),
                           quoted(name, expecting->arena));
}

static const char *of_range(const struct expecting *expecting, const struct gd_node *range)
{
    if (gd_node_text(range, GD_F_catalogname)[0] != '\0' ||
        strcmp(gd_node_text(range, GD_F_relpersistence), "t") == 0)
        return NULL;
    return full(expecting, gd_node_text(range, GD_F_schemaname), gd_node_text(range, GD_F_relname));
}

static const char *of_list(const struct expecting *expecting, const struct gd_node *node,
                           enum gd_field field)
{
    return gd_node_count(node, field) > 2
               ? NULL
               : full(expecting, gd_node_name_schema(node, field), gd_node_name_last(node, field));
}

/* ---- the list ---- */

static bool is_same(const struct gd_expected *left, const struct gd_expected *right)
{
    return left->kind == right->kind && strcmp(left->name, right->name) == 0 &&
           strcmp(left->part, right->part) == 0;
}

static void grow(struct gd_expectations *out, struct gd_arena *arena)
{
    size_t wider = out->capacity == 0 ? 32 : out->capacity * 2;
    struct gd_expected *items = gd_arena_zalloc(arena, wider, sizeof *items);
    if (out->count > 0)
        memcpy(items, out->items, out->count * sizeof *items);
    out->items = items;
    out->capacity = wider;
}

/* The last word about an object counts. */
static void expect(struct expecting *expecting, struct gd_expected wanted)
{
    struct gd_expectations *out = expecting->out;
    if (wanted.name == NULL || wanted.part == NULL)
        return;
    wanted.name = gd_arena_strdup(expecting->arena, wanted.name);
    wanted.part = gd_arena_strdup(expecting->arena, wanted.part);
    wanted.place = expecting->place;
    for (size_t i = 0; i < out->count; i++)
        if (is_same(&out->items[i], &wanted))
            out->items[i].forgotten = true;
    if (out->count == out->capacity)
        grow(out, expecting->arena);
    out->items[out->count++] = wanted;
}

static void forget_all(struct expecting *expecting)
{
    for (size_t i = 0; i < expecting->out->count; i++)
        expecting->out->items[i].forgotten = true;
}

/* Indexes and constraints go with what they are made of. */
static void forget_made_of(struct expecting *expecting)
{
    for (size_t i = 0; i < expecting->out->count; i++) {
        struct gd_expected *item = &expecting->out->items[i];
        if (item->index || item->kind == GD_EXPECTED_CONSTRAINT)
            item->forgotten = true;
    }
}

static void forget_columns(struct expecting *expecting)
{
    for (size_t i = 0; i < expecting->out->count; i++)
        if (expecting->out->items[i].kind == GD_EXPECTED_COLUMN)
            expecting->out->items[i].forgotten = true;
}

/* ---- statements ---- */

static void relation_there(struct expecting *expecting, const struct gd_node *range)
{
    expect(expecting, (struct gd_expected){.kind = GD_EXPECTED_RELATION,
                                           .name = of_range(expecting, range),
                                           .part = "",
                                           .there = true});
}

static void index_there(struct expecting *expecting, const struct gd_node *tree)
{
    const struct gd_node *table = gd_node_child(tree, GD_F_relation);
    if (of_range(expecting, table) == NULL)
        return;
    expect(expecting,
           (struct gd_expected){.kind = GD_EXPECTED_RELATION,
                                .name = full(expecting, gd_node_text(table, GD_F_schemaname),
                                             gd_node_text(tree, GD_F_idxname)),
                                .part = "",
                                .there = true,
                                .index = true});
}

static void type_there(struct expecting *expecting, const char *name)
{
    expect(expecting,
           (struct gd_expected){.kind = GD_EXPECTED_TYPE, .name = name, .part = "", .there = true});
}

static void value_there(struct expecting *expecting, const struct gd_node *tree)
{
    const char *type = of_list(expecting, tree, GD_F_type_name);
    const char *old = gd_node_text(tree, GD_F_old_val);
    if (*old != '\0')
        expect(expecting,
               (struct gd_expected){.kind = GD_EXPECTED_VALUE, .name = type, .part = old});
    expect(expecting, (struct gd_expected){.kind = GD_EXPECTED_VALUE,
                                           .name = type,
                                           .part = gd_node_text(tree, GD_F_new_val),
                                           .there = true});
}

static void note_not_valid(struct expecting *expecting, const struct gd_node *constraint)
{
    const char *name = gd_node_text(constraint, GD_F_conname);
    if (!gd_node_flag(constraint, GD_F_skip_validation))
        return;
    if (*name == '\0')
        expecting->out->any_not_valid = true;
    else
        gd_texts_add(&expecting->out->not_valid, gd_arena_strdup(expecting->arena, name),
                     expecting->arena);
}

static void alter_one(struct expecting *expecting, const char *table, const struct gd_node *cmd)
{
    const char *what = gd_node_enum(cmd, GD_F_subtype);
    const struct gd_node *def = gd_node_child(cmd, GD_F_def);
    const char *name = gd_node_text(cmd, GD_F_name);
    struct gd_expected wanted = {.kind = GD_EXPECTED_COLUMN, .name = table, .part = name};
    if (strcmp(what, "AT_AddColumn") == 0) {
        wanted.part = gd_node_text(def, GD_F_colname);
        wanted.there = true;
    } else if (strcmp(what, "AT_DropColumn") == 0) {
        forget_made_of(expecting);
    } else if (strcmp(what, "AT_AddConstraint") == 0) {
        note_not_valid(expecting, def);
        wanted.kind = GD_EXPECTED_CONSTRAINT;
        wanted.part = gd_node_text(def, GD_F_conname);
        wanted.there = true;
    } else if (strcmp(what, "AT_DropConstraint") == 0) {
        forget_made_of(expecting);
        wanted.kind = GD_EXPECTED_CONSTRAINT;
    } else {
        return;
    }
    if (*wanted.part != '\0')
        expect(expecting, wanted);
}

static void alter_table(struct expecting *expecting, const struct gd_node *tree)
{
    const char *table = of_range(expecting, gd_node_child(tree, GD_F_relation));
    for (size_t i = 0; i < gd_node_count(tree, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(tree, GD_F_cmds, i);
        if (gd_node_enum_is(cmd, GD_F_behavior, "DROP_CASCADE"))
            forget_all(expecting);
        if (table != NULL)
            alter_one(expecting, table, cmd);
    }
}

static bool kind_of_drop(const char *object, enum gd_expected_kind *out_kind)
{
    static const char *const relations[] = {"OBJECT_TABLE",   "OBJECT_VIEW",
                                            "OBJECT_INDEX",   "OBJECT_SEQUENCE",
                                            "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE"};
    *out_kind = GD_EXPECTED_RELATION;
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++)
        if (strcmp(object, relations[i]) == 0)
            return true;
    *out_kind = GD_EXPECTED_TYPE;
    return strcmp(object, "OBJECT_TYPE") == 0 || strcmp(object, "OBJECT_DOMAIN") == 0;
}

static void drop(struct expecting *expecting, const struct gd_node *tree)
{
    enum gd_expected_kind kind;
    if (gd_node_enum_is(tree, GD_F_behavior, "DROP_CASCADE"))
        forget_all(expecting);
    forget_made_of(expecting);
    forget_columns(expecting);
    if (!kind_of_drop(gd_node_enum(tree, GD_F_remove_type), &kind))
        return;
    for (size_t i = 0; i < gd_node_count(tree, GD_F_objects); i++) {
        struct gd_name name = gd_name_of_object(gd_node_at(tree, GD_F_objects, i));
        expect(expecting, (struct gd_expected){.kind = kind,
                                               .name = full(expecting, name.schema, name.name),
                                               .part = ""});
    }
}

static void schema_there(struct expecting *expecting, const struct gd_node *tree)
{
    const char *name = gd_node_text(tree, GD_F_schemaname);
    expect(expecting,
           (struct gd_expected){.kind = GD_EXPECTED_SCHEMA,
                                .name = *name == '\0' ? NULL : quoted(name, expecting->arena),
                                .part = "",
                                .there = true});
}

/* @return false: it is none of those that make or drop an object by a name */
static bool expect_object(struct expecting *expecting, const struct gd_node *tree)
{
    switch (gd_node_kind(tree)) {
    case GD_KIND_CreateStmt:
        relation_there(expecting, gd_node_child(tree, GD_F_relation));
        return true;
    case GD_KIND_CreateForeignTableStmt:
        relation_there(expecting,
                       gd_node_child(gd_node_child(tree, GD_F_base_stmt), GD_F_relation));
        return true;
    case GD_KIND_CreateTableAsStmt:
        relation_there(expecting, gd_node_child(gd_node_child(tree, GD_F_into), GD_F_rel));
        return true;
    case GD_KIND_ViewStmt:
        relation_there(expecting, gd_node_child(tree, GD_F_view));
        return true;
    case GD_KIND_CreateSeqStmt:
        relation_there(expecting, gd_node_child(tree, GD_F_sequence));
        return true;
    case GD_KIND_IndexStmt:
        index_there(expecting, tree);
        return true;
    case GD_KIND_CreateEnumStmt:
        type_there(expecting, of_list(expecting, tree, GD_F_type_name));
        return true;
    case GD_KIND_CreateDomainStmt:
        type_there(expecting, of_list(expecting, tree, GD_F_domainname));
        return true;
    case GD_KIND_CompositeTypeStmt:
        type_there(expecting, of_range(expecting, gd_node_child(tree, GD_F_typevar)));
        return true;
    case GD_KIND_CreateSchemaStmt:
        schema_there(expecting, tree);
        return true;
    default:
        return false;
    }
}

static void expect_of(struct expecting *expecting, const struct gd_judged *judged,
                      const struct gd_node *tree)
{
    if (expect_object(expecting, tree))
        return;
    switch (gd_node_kind(tree)) {
    case GD_KIND_AlterEnumStmt:
        value_there(expecting, tree);
        break;
    case GD_KIND_AlterTableStmt:
        alter_table(expecting, tree);
        break;
    case GD_KIND_DropStmt:
        drop(expecting, tree);
        break;
    case GD_KIND_NONE:
    case GD_KIND_DoStmt:
    case GD_KIND_CallStmt:
    case GD_KIND_ExecuteStmt:
    case GD_KIND_SelectStmt:
        if (judged->verdict.class != GD_CLASS_NONE) {
            expecting->out->any_not_valid = true;
            forget_all(expecting);
        }
        break;
    case GD_KIND_RenameStmt:
    case GD_KIND_AlterObjectSchemaStmt:
    case GD_KIND_DropOwnedStmt:
    case GD_KIND_AlterExtensionStmt:
        forget_all(expecting);
        break;
    default:
        break;
    }
}

/* ---- the plan ---- */

static bool may_change_path(const struct gd_judged *judged)
{
    switch (judged->kind) {
    case GD_KIND_VariableSetStmt:
    case GD_KIND_SelectStmt:
        return strcasestr(judged->text, "search_path") != NULL ||
               strcasestr(judged->text, "role") != NULL ||
               strcasestr(judged->text, "authorization") != NULL ||
               strcasestr(judged->text, "schema") != NULL ||
               strcasestr(judged->text, "all") != NULL;
    case GD_KIND_DoStmt:
    case GD_KIND_CallStmt:
    case GD_KIND_DiscardStmt:
        return true;
    default:
        return false;
    }
}

static bool any_changes_path(const struct gd_plan *plan)
{
    for (size_t s = 0; s < plan->step_count; s++)
        for (size_t i = 0; i < plan->steps[s]->statement_count; i++)
            if (may_change_path(plan->steps[s]->statements[i]))
                return true;
    return false;
}

static void expect_statement(struct expecting *expecting, const struct gd_step *step,
                             const struct gd_judged *judged)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    gd_auto_arena scratch = gd_arena_new();
    expecting->place = gd_arena_printf(expecting->arena, "%s:%u", step->file->path, judged->line);
    if (gd_parse(judged->text, strlen(judged->text), scratch, &parsed, &refusal) &&
        parsed.count == 1)
        expect_of(expecting, judged, parsed.statements[0]);
    else if (judged->verdict.class != GD_CLASS_NONE) /* cut, or of a newer server */
        forget_all(expecting);
}

static struct gd_status expect_plan(void *context, struct gd_error *err)
{
    (void)err;
    struct expecting *expecting = context;
    for (size_t s = 0; s < expecting->plan->step_count; s++) {
        const struct gd_step *step = expecting->plan->steps[s];
        for (size_t i = 0; i < step->statement_count && !step->rolled_back; i++)
            if (step->statements[i]->kind != GD_KIND_TransactionStmt)
                expect_statement(expecting, step, step->statements[i]);
            else /* back to a savepoint: what was done since is not there */
                forget_all(expecting);
    }
    return GD_DONE;
}

struct gd_status gd_expect(const struct gd_plan *plan, struct gd_arena *arena,
                           struct gd_expectations *out_expected, struct gd_error *err)
{
    struct expecting expecting = {.plan = plan, .arena = arena, .out = out_expected};
    expecting.path_changes = any_changes_path(plan);
    return gd_deep_call(expect_plan, &expecting, err);
}
