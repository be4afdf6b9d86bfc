/*
 * Rollback, texts: which tables a change wrote rows to, by the statements that were run.
 *
 * Definitions are compared, not read; but that rows were inserted or updated is seen in the text
 * only. What functions and blocks do was found by the judge, and stands among the losses.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

enum { TEXT_BYTES_MAX = 256 << 20 };

struct reading {
    struct gd_back *back;
    const char *text;
    size_t size;
    struct gd_status status;
    struct gd_error *err;
};

/* --- what is found ----------------------------------------------------------------------------*/

struct gd_back_written *gd_back_written(struct gd_back *back, const char *schema, const char *table)
{
    for (size_t i = 0; i < back->written_count; i++)
        if (strcmp(back->written[i].schema, schema) == 0 &&
            strcmp(back->written[i].table, table) == 0)
            return &back->written[i];
    struct gd_back_written *more =
        gd_arena_zalloc(back->arena, back->written_count + 1, sizeof *more);
    if (back->written_count > 0)
        memcpy(more, back->written, back->written_count * sizeof *more);
    back->written = more;
    struct gd_back_written *one = &more[back->written_count++];
    one->schema = schema;
    one->table = table;
    return one;
}

/* The schema of what is called so by the target's own session; NULL: there is no such thing. */
static const char *schema_found(struct reading *reading, const char *kind, const char *name)
{
    struct gd_back *back = reading->back;
    const char *quoted = gd_quoted_pair("", name, back->arena);
    bool type = strcmp(kind, "TYPE") == 0;
    struct gd_pg_call call = {
        .what = "look what a name means",
        .sql = type
                   ? "SELECT n.nspname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON "
                     "n.oid = t.typnamespace WHERE t.oid = pg_catalog.to_regtype($1::text)"
                   : "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                     "ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass($1::text)",
        .values = &quoted,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    if (reading->status.code != GD_OK)
        return NULL;
    reading->status = gd_pg_run(back->plain, &call, &rows, reading->err);
    if (reading->status.code != GD_OK || gd_pg_rows_count(rows) != 1)
        return NULL;
    return gd_arena_strdup(back->arena, gd_pg_cell(rows, 0, 0));
}

/* The only one before that is called so. */
static const char *schema_was(const struct gd_back *back, const char *kind, const char *name)
{
    const char *class = gd_back_class_of(kind), *schema = NULL;
    for (size_t i = 0; i < back->before.count; i++) {
        const struct gd_back_item *item = &back->before.items[i];
        if (strcmp(item->class, class) != 0 || strcmp(item->name, name) != 0)
            continue;
        if (schema != NULL)
            return NULL;
        schema = item->schema;
    }
    return schema;
}

/* In which schema was it, when the statement ran? What it is called later (`to`) may help, when it
 * is gone by now. */
static const char *schema_then(struct reading *reading, const char *kind, const char *schema,
                               const char *name, const char *to)
{
    struct gd_back *back = reading->back;
    if (*schema != '\0')
        return gd_arena_strdup(back->arena, schema);
    for (size_t i = 0; i < back->names.count; i++)
        if (strcmp(back->names.items[i].kind, kind) == 0 &&
            strcmp(back->names.items[i].name_now, name) == 0)
            return back->names.items[i].schema_now;
    const char *found = schema_found(reading, kind, name);
    if (found == NULL)
        found = schema_was(back, kind, name);
    return found != NULL || to == NULL ? found : schema_found(reading, kind, to);
}

/* A table that was there before the change, by its name of before; NULL: the change made it, or it
 * is none. */
static struct gd_back_written *resolve(struct reading *reading, const char *schema,
                                       const char *name)
{
    struct gd_back *back = reading->back;
    const char *then = schema_then(reading, "TABLE", schema, name, NULL);
    const char *was_schema, *was;
    if (then == NULL)
        return NULL;
    gd_back_name_before(&back->names, then, name, &was_schema, &was);
    const struct gd_back_moved *away =
        gd_back_moved_before(&back->names, "TABLE", was_schema, "", was);
    const struct gd_back_item *item = gd_back_find(&back->before, "table", was_schema, was, NULL);
    if (item == NULL || item->columns->foreign ||
        (away != NULL &&
         (strcmp(away->name_now, name) != 0 || strcmp(away->schema_now, then) != 0)))
        return NULL; /* what had the name is called otherwise by then */
    return gd_back_written(back, item->schema, item->name);
}

static struct gd_back_written *found(struct reading *reading, const struct gd_node *relation)
{
    if (relation == NULL || reading->status.code != GD_OK)
        return NULL;
    struct gd_back_written *one = resolve(reading, gd_node_text(relation, GD_F_schemaname),
                                          gd_node_text(relation, GD_F_relname));
    if (one != NULL)
        one->inherits |= gd_node_flag(relation, GD_F_inh);
    return one;
}

static const char *column_was(const struct reading *reading, const struct gd_back_written *one,
                              const char *name)
{
    struct gd_back *back = reading->back;
    return gd_back_column_before(&back->names, one->schema, one->table,
                                 gd_arena_strdup(back->arena, name));
}

static void note_columns(struct reading *reading, struct gd_back_written *one,
                         const struct gd_node *statement)
{
    for (size_t i = 0; i < gd_node_count(statement, GD_F_target_list); i++) {
        const char *name = gd_node_text(gd_node_at(statement, GD_F_target_list, i), GD_F_name);
        if (*name != '\0')
            gd_texts_add(&one->columns, column_was(reading, one, name), reading->back->arena);
    }
}

/* With `below`, as by TRUNCATE … CASCADE, also the tables that refer to it, and those that refer to
 * them. */
static void note_emptied(struct gd_back *back, const char *schema, const char *table, bool below)
{
    struct gd_back_written *one = gd_back_written(back, schema, table);
    if (one->emptied)
        return;
    one->deletes = one->emptied = true;
    for (size_t i = 0; below && i < back->before.count; i++) {
        const struct gd_back_item *item = &back->before.items[i];
        if (item->refers == NULL || strcmp(item->refers, table) != 0 ||
            strcmp(item->refers_schema, schema) != 0)
            continue;
        const struct gd_back_item *of =
            gd_back_find(&back->before, "table", item->schema, item->table, NULL);
        note_emptied(back, item->schema, item->table, true);
        if (of != NULL && strstr(of->columns->tail, "PARTITION BY") != NULL)
            gd_back_written(back, item->schema, item->table)->inherits = true;
    }
}

static void note_truncated(struct reading *reading, const struct gd_node *node)
{
    bool below = gd_node_enum_is(node, GD_F_behavior, "DROP_CASCADE");
    for (size_t i = 0; i < gd_node_count(node, GD_F_relations); i++) {
        const struct gd_back_written *one = found(reading, gd_node_at(node, GD_F_relations, i));
        if (one != NULL)
            note_emptied(reading->back, one->schema, one->table, below);
    }
}

/* --- what it made of values -------------------------------------------------------------------*/

struct calling {
    struct reading *reading;
    bool plain;
};

/* Only functions that give the same for the same, and do nothing besides. */
static enum gd_walk look_at_call(const struct gd_node *node, const struct gd_node *parent,
                                 void *context)
{
    struct calling *calling = context;
    enum gd_kind kind = gd_node_kind(node);
    (void)parent;
    if (kind == GD_KIND_SubLink || kind == GD_KIND_MultiAssignRef || kind == GD_KIND_SetToDefault)
        calling->plain = false;
    if (kind == GD_KIND_FuncCall) {
        const char *name = gd_node_name_last(node, GD_F_funcname);
        struct gd_pg_call call = {.what = "look for a function",
                                  .sql = "SELECT count(*) FROM pg_catalog.pg_proc WHERE proname = "
                                         "$1 AND provolatile <> 'i'",
                                  .values = &name,
                                  .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        struct reading *reading = calling->reading;
        reading->status = gd_pg_run(reading->back->plain, &call, &rows, reading->err);
        calling->plain &= reading->status.code == GD_OK && gd_pg_int(rows, 0, 0) == 0;
    }
    return calling->plain ? GD_WALK_INTO : GD_WALK_STOP;
}

static void note_effect(struct reading *reading, const struct gd_back_written *one,
                        const struct gd_node *relation, const char *column,
                        const struct gd_node *expression)
{
    struct gd_back *back = reading->back;
    struct calling calling = {reading, true};
    const struct gd_node *alias = gd_node_child(relation, GD_F_alias);
    if (expression == NULL || *column == '\0')
        return;
    gd_node_walk(expression, look_at_call, &calling);
    const char *sql = calling.plain ? gd_deparse_expression(expression, back->arena) : NULL;
    if (sql == NULL)
        return;
    struct gd_back_effect *more =
        gd_arena_zalloc(back->arena, back->effect_count + 1, sizeof *more);
    if (back->effect_count > 0)
        memcpy(more, back->effects, back->effect_count * sizeof *more);
    back->effects = more;
    more[back->effect_count++] = (struct gd_back_effect){
        one->schema, one->table, column_was(reading, one, column),
        gd_arena_strdup(back->arena, alias == NULL ? gd_node_text(relation, GD_F_relname)
                                                   : gd_node_text(alias, GD_F_aliasname)),
        sql};
}

/* Of which rows? */
static void note_deleted(struct reading *reading, struct gd_back_written *one,
                         const struct gd_node *node)
{
    struct gd_arena *arena = reading->back->arena;
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const struct gd_node *alias = gd_node_child(relation, GD_F_alias);
    const struct gd_node *condition = gd_node_child(node, GD_F_where_clause);
    struct calling calling = {reading, gd_node_count(node, GD_F_using_clause) == 0};
    if (condition == NULL && calling.plain) {
        one->emptied = true;
        return;
    }
    if (condition != NULL && calling.plain)
        gd_node_walk(condition, look_at_call, &calling);
    const char *sql =
        calling.plain && condition != NULL ? gd_deparse_expression(condition, arena) : NULL;
    if (sql == NULL) {
        one->blurred = true;
        return;
    }
    struct gd_back_condition *more = gd_arena_zalloc(arena, one->condition_count + 1, sizeof *more);
    if (one->condition_count > 0)
        memcpy(more, one->conditions, one->condition_count * sizeof *more);
    more[one->condition_count++] = (struct gd_back_condition){
        sql, gd_arena_strdup(arena, alias == NULL ? gd_node_text(relation, GD_F_relname)
                                                  : gd_node_text(alias, GD_F_aliasname))};
    one->conditions = more;
}

static void note_updates(struct reading *reading, const struct gd_back_written *one,
                         const struct gd_node *update)
{
    if (gd_node_count(update, GD_F_from_clause) > 0)
        return;
    for (size_t i = 0; i < gd_node_count(update, GD_F_target_list); i++) {
        const struct gd_node *target = gd_node_at(update, GD_F_target_list, i);
        note_effect(reading, one, gd_node_child(update, GD_F_relation),
                    gd_node_text(target, GD_F_name), gd_node_child(target, GD_F_val));
    }
}

/* ALTER COLUMN … TYPE … USING expression */
static void note_retyped(struct reading *reading, const struct gd_node *alter)
{
    const struct gd_node *relation = gd_node_child(alter, GD_F_relation);
    for (size_t i = 0; i < gd_node_count(alter, GD_F_cmds); i++) {
        const struct gd_node *command = gd_node_at(alter, GD_F_cmds, i);
        const struct gd_node *expression =
            gd_node_child(gd_node_child(command, GD_F_def), GD_F_raw_default);
        struct gd_back_written *one = NULL;
        if (!gd_node_enum_is(command, GD_F_subtype, "AT_AlterColumnType") || expression == NULL)
            continue;
        struct gd_back *back = reading->back;
        size_t had = back->written_count;
        one = found(reading, relation);
        if (one == NULL)
            return;
        note_effect(reading, one, relation, gd_node_text(command, GD_F_name), expression);
        back->written_count = had; /* no rows were written by it */
    }
}

/* --- other names ------------------------------------------------------------------------------*/

static const char *text_of(const struct reading *reading, const char *text)
{
    return gd_arena_strdup(reading->back->arena, text);
}

static void note_type(struct reading *reading, const struct gd_node *node)
{
    const struct gd_node *name = gd_node_child(node, GD_F_object);
    const char *from = text_of(reading, gd_node_name_last(name, GD_F_items));
    const char *to = text_of(reading, gd_node_text(node, GD_F_newname));
    const char *schema =
        schema_then(reading, "TYPE", gd_node_name_schema(name, GD_F_items), from, to);
    if (schema != NULL)
        gd_back_moves(&reading->back->names, "TYPE", schema, "", from, schema, to);
}

/* A column: `table` is the relation's name, and the column's name is a field of its own. */
static void note_column(struct reading *reading, const struct gd_node *node)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *table = text_of(reading, gd_node_text(relation, GD_F_relname));
    const char *schema =
        schema_then(reading, "TABLE", gd_node_text(relation, GD_F_schemaname), table, NULL);
    if (schema != NULL)
        gd_back_moves(&reading->back->names, "COLUMN", schema, table,
                      text_of(reading, gd_node_text(node, GD_F_subname)), "",
                      text_of(reading, gd_node_text(node, GD_F_newname)));
}

static void note_relation(struct reading *reading, const char *kind, const struct gd_node *relation,
                          const char *to)
{
    const char *from = text_of(reading, gd_node_text(relation, GD_F_relname));
    const char *schema =
        schema_then(reading, kind, gd_node_text(relation, GD_F_schemaname), from, to);
    if (schema != NULL)
        gd_back_moves(&reading->back->names, kind, schema, "", from, schema, to);
}

static void note_rename(struct reading *reading, const struct gd_node *node)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *to = text_of(reading, gd_node_text(node, GD_F_newname));
    if (gd_node_enum_is(node, GD_F_rename_type, "OBJECT_TYPE"))
        note_type(reading, node);
    else if (gd_node_enum_is(node, GD_F_rename_type, "OBJECT_SCHEMA"))
        gd_back_moves(&reading->back->names, "SCHEMA", "", "",
                      text_of(reading, gd_node_text(node, GD_F_subname)), "", to);
    else if (gd_node_enum_is(node, GD_F_rename_type, "OBJECT_COLUMN") &&
             gd_node_enum_is(node, GD_F_relation_type, "OBJECT_TABLE"))
        note_column(reading, node);
    else if (gd_node_enum_is(node, GD_F_rename_type, "OBJECT_TABLE"))
        note_relation(reading, "TABLE", relation, to);
    else if (gd_node_enum_is(node, GD_F_rename_type, "OBJECT_SEQUENCE"))
        note_relation(reading, "SEQUENCE", relation, to);
}

/* ALTER TABLE … SET SCHEMA takes the sequences along that its columns own. */
static void note_schema(struct reading *reading, const struct gd_node *node)
{
    struct gd_back *back = reading->back;
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *to = text_of(reading, gd_node_text(node, GD_F_newschema));
    bool table = gd_node_enum_is(node, GD_F_object_type, "OBJECT_TABLE");
    bool sequence = gd_node_enum_is(node, GD_F_object_type, "OBJECT_SEQUENCE");
    if (relation == NULL || (!table && !sequence))
        return;
    const char *kind = table ? "TABLE" : "SEQUENCE";
    const char *name = text_of(reading, gd_node_text(relation, GD_F_relname));
    const char *schema =
        schema_then(reading, kind, gd_node_text(relation, GD_F_schemaname), name, name);
    if (schema != NULL)
        gd_back_moves(&back->names, kind, schema, "", name, to, name);
}

/* INSERT, also with ON CONFLICT DO UPDATE; MERGE may do everything. */
static void note_one(struct reading *reading, const struct gd_node *node, enum gd_kind kind)
{
    struct gd_back_written *one = found(reading, gd_node_child(node, GD_F_relation));
    if (one == NULL)
        return;
    if (kind == GD_KIND_UpdateStmt) {
        note_columns(reading, one, node);
        note_updates(reading, one, node);
    }
    if (kind == GD_KIND_InsertStmt && gd_node_child(node, GD_F_on_conflict_clause) != NULL)
        note_columns(reading, one, gd_node_child(node, GD_F_on_conflict_clause));
    if (kind == GD_KIND_DeleteStmt)
        note_deleted(reading, one, node);
    one->blurred |= kind == GD_KIND_MergeStmt;
    one->inserts |= kind != GD_KIND_UpdateStmt && kind != GD_KIND_DeleteStmt;
    one->deletes |= kind == GD_KIND_DeleteStmt || kind == GD_KIND_MergeStmt;
}

static enum gd_walk visit(const struct gd_node *node, const struct gd_node *parent, void *context)
{
    struct reading *reading = context;
    enum gd_kind kind = gd_node_kind(node);
    (void)parent;
    if (kind == GD_KIND_TruncateStmt)
        note_truncated(reading, node);
    else if (kind == GD_KIND_RenameStmt)
        note_rename(reading, node);
    else if (kind == GD_KIND_AlterObjectSchemaStmt)
        note_schema(reading, node);
    else if (kind == GD_KIND_AlterTableStmt)
        note_retyped(reading, node);
    else if (kind == GD_KIND_InsertStmt || kind == GD_KIND_UpdateStmt ||
             kind == GD_KIND_DeleteStmt || kind == GD_KIND_MergeStmt ||
             (kind == GD_KIND_CopyStmt && gd_node_flag(node, GD_F_is_from)))
        note_one(reading, node, kind);
    return reading->status.code == GD_OK ? GD_WALK_INTO : GD_WALK_STOP;
}

/* --- texts ------------------------------------------------------------------------------------*/

/* SET search_path: names behind it are looked for where the file says. */
GD_MUST static struct gd_status follow_path(const struct reading *reading,
                                            const struct gd_node *node, struct gd_error *err)
{
    struct gd_arena *arena = reading->back->arena;
    const char *list = "";
    for (size_t i = 0; i < gd_node_count(node, GD_F_args); i++) {
        const char *one = gd_deparse_expression(gd_node_at(node, GD_F_args, i), arena);
        if (one == NULL)
            return GD_DONE;
        list = gd_arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ", one);
    }
    return gd_pg_command(reading->back->plain, "set the search path",
                         *list == '\0' ? "RESET search_path"
                                       : gd_arena_printf(arena, "SET search_path = %s", list),
                         err);
}

static bool sets_path(const struct gd_node *tree)
{
    return gd_node_kind(tree) == GD_KIND_VariableSetStmt &&
           strcasecmp(gd_node_text(tree, GD_F_name), "search_path") == 0;
}

GD_MUST static struct gd_status read_statements(void *context, struct gd_error *err)
{
    struct reading *reading = context;
    struct gd_memory_input input = {reading->text, reading->size};
    struct gd_script_options options = {
        .statement_bytes_max = TEXT_BYTES_MAX,
        .by_wire = reading->back->story->kind == GD_STORY_RUN,
    };
    struct gd_script *script = gd_script_new("the change", gd_memory_read, &input, &options);
    gd_auto_arena arena = gd_arena_new();
    reading->err = err;
    for (;;) {
        const struct gd_stmt *stmt = NULL;
        gd_arena_reset(arena);
        reading->status = gd_script_next(script, arena, &stmt, err);
        if (reading->status.code != GD_OK || stmt == NULL)
            break;
        if (stmt->tree != NULL && sets_path(stmt->tree))
            reading->status = follow_path(reading, stmt->tree, err);
        else if (stmt->tree != NULL)
            gd_node_walk(stmt->tree, visit, reading);
        if (reading->status.code != GD_OK)
            break;
    }
    gd_script_free(script);
    return reading->status;
}

GD_MUST static struct gd_status read_text(struct gd_back *back, const struct gd_story_file *file,
                                          struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_error missing = {0};
    if (*file->text_key == '\0' ||
        gd_journal_attachment(back->options->store, file->text_key, back->options->key,
                              TEXT_BYTES_MAX, &text, &size, &missing)
                .code != GD_OK) {
        back->text_known = false;
        return GD_DONE;
    }
    struct reading reading = {.back = back, .text = text, .size = size};
    struct gd_status status = gd_deep_call(read_statements, &reading, err);
    free(text);
    return status;
}

/* Tables of losses whose rows went, and which no statement names: functions, blocks, cascades. */
void gd_back_add_losses(struct gd_back *back)
{
    for (size_t i = 0; i < back->story->loss_count; i++) {
        const struct gd_story_loss *loss = &back->story->losses[i];
        if (loss->loses != GD_LOSES_DATA)
            continue;
        for (size_t t = 0; t < loss->tables.count; t++) {
            const struct gd_back_item *item = NULL;
            for (size_t n = 0; n < back->now.count && item == NULL; n++)
                if (strcmp(back->now.items[n].class, "table") == 0 &&
                    strcmp(gd_back_plain(back->now.items[n].schema, back->now.items[n].name,
                                         back->arena),
                           loss->tables.items[t]) == 0)
                    item = &back->now.items[n];
            if (item == NULL || item->alone || loss->columns.count > 0)
                continue; /* what the definitions differ in is seen there */
            struct gd_back_written *one = gd_back_written(back, item->schema, item->name);
            bool seen = one->deletes || one->columns.count > 0 || one->inserts;
            one->blurred |= !seen;
            one->deletes |= !seen;
        }
    }
}

/* Names without a schema are looked for where the change's request had them looked for. */
GD_MUST static struct gd_status look_where_it_ran(struct gd_back *back, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "set the search path",
                              .sql = "SELECT pg_catalog.set_config('search_path', $1, false)",
                              .values = &back->story->place,
                              .value_count = 1};
    if (back->story->place == NULL || *back->story->place == '\0')
        return GD_DONE;
    return gd_pg_run(back->plain, &call, NULL, err);
}

struct gd_status gd_back_read_texts(struct gd_back *back, struct gd_error *err)
{
    bool cut_off = back->story->kind == GD_STORY_RUN && back->story->file_count == 0;
    back->text_known = !cut_off; /* a run's statements are kept when it ends */
    GD_TRY(look_where_it_ran(back, err));
    for (size_t i = 0; i < back->story->file_count; i++)
        GD_TRY(read_text(back, &back->story->files[i], err));
    return gd_pg_command(back->plain, "set the search path", "RESET search_path", err);
}
