/*
 * Keep, what is touched: a tool's statement against the declared objects that are there.
 *
 * A table or a column that goes is the loss itself, and the policy's business: what is on it goes
 * with it without a word here, unless it is another's (an index over two columns, a view, a foreign
 * key of another table). What a change of type builds anew is not lost.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/guard/keep_own.h"
#include "guardian/guard/secret_text.h"

struct touching {
    const struct gd_keep_look *look;
    struct gd_keep_found *found;
    size_t statement;
    struct gd_keep_part parts;
    size_t part;             /* the one that is being read */
    bool adds;               /* … is an ADD COLUMN: its default is no other's */
    struct gd_texts dropped; /* declared objects that this very statement would drop */
};

static const char *const want_names[] = {
#define X(name, text) [GD_KEEP_##name] = text,
    GD_KEEP_WANTS(X)
#undef X
};

const char *gd_keep_want_name(enum gd_keep_want want)
{
    return want_names[want];
}

static bool same(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

/* ---- what was found ---- */

static void add_touch(struct gd_keep_found *found, struct gd_keep_touch touch,
                      struct gd_arena *arena)
{
    for (size_t i = 0; i < found->touch_count; i++)
        if (same(found->touches[i].object, touch.object) && found->touches[i].want == touch.want &&
            found->touches[i].statement == touch.statement)
            return;
    if (found->touch_count == found->touch_capacity) {
        size_t capacity = found->touch_capacity == 0 ? 8 : 2 * found->touch_capacity;
        struct gd_keep_touch *touches = gd_arena_zalloc(arena, capacity, sizeof *touches);
        if (found->touch_count > 0)
            memcpy(touches, found->touches, found->touch_count * sizeof *touches);
        found->touches = touches;
        found->touch_capacity = capacity;
    }
    found->touches[found->touch_count++] = touch;
    found->fixed |= touch.fixed;
}

static void touch_live(struct touching *touching, const struct gd_keep_live *live,
                       const char *owner, enum gd_keep_want want, bool fixed)
{
    struct gd_arena *arena = touching->look->arena;
    struct gd_keep_touch touch = {
        .want = want,
        .object = gd_keep_show(live, arena),
        .owner = owner,
        .within = "",
        .statement = touching->statement,
        .fixed = fixed,
    };
    add_touch(touching->found, touch, arena);
    if (!fixed)
        touching->parts.out[touching->part] = true;
    if (want == GD_KEEP_DROP)
        gd_texts_add(&touching->dropped, touch.object, arena);
}

/* Touches what is written, if it is there and declared. */
static bool touch(struct touching *touching, const struct gd_keep_object *object,
                  enum gd_keep_want want, bool fixed)
{
    struct gd_keep_live live;
    if (!gd_keep_find(touching->look, object, &live))
        return false;
    const char *owner = gd_keep_owner(touching->look, &live);
    if (owner != NULL)
        touch_live(touching, &live, owner, want, fixed);
    return owner != NULL;
}

/* Made by a tool that believes it gone. */
static void touch_again(struct touching *touching, const struct gd_keep_object *object)
{
    struct gd_keep_live live;
    if (object->name[0] == '\0' || !gd_keep_find(touching->look, object, &live))
        return;
    const char *owner = gd_keep_owner(touching->look, &live);
    const char *shown = gd_keep_show(&live, touching->look->arena);
    if (owner != NULL &&
        (gd_texts_has(touching->look->spared, shown) || gd_texts_has(&touching->dropped, shown)))
        touch_live(touching, &live, owner, GD_KEEP_MAKE, false);
}

/* ---- what goes along ---- */

/* Is it a part of what goes, and of nothing else? */
static bool goes_with(const struct gd_keep_live *root, const struct gd_keep_live *part)
{
    if (part->kind == GD_KEPT_SEQUENCE) /* its own */
        return root->kind == GD_KEPT_TABLE || root->kind == GD_KEPT_COLUMN;
    if (part->relation == NULL || root->relation != part->relation)
        return false;
    return root->kind == GD_KEPT_TABLE || root->kind == GD_KEPT_VIEW;
}

static void touch_taken(struct touching *touching, const struct gd_keep_live *root, bool cascade)
{
    struct gd_address *taken;
    if (root->address.oid == 0)
        return;
    size_t count = gd_survey_dependents(touching->look->survey, root->address, cascade,
                                        touching->look->arena, &taken);
    for (size_t i = 0; i < count; i++) {
        struct gd_keep_live live;
        if (!gd_keep_find_address(touching->look, taken[i], &live) || goes_with(root, &live))
            continue;
        const char *owner = gd_keep_owner(touching->look, &live);
        if (owner != NULL)
            touch_live(touching, &live, owner, GD_KEEP_TAKE, true);
    }
}

/* A drop of what is written: itself, or what goes along with it. */
static void touch_drop(struct touching *touching, const struct gd_keep_object *object, bool cascade)
{
    struct gd_keep_live live;
    if (!gd_keep_find(touching->look, object, &live))
        return;
    const char *owner = gd_keep_owner(touching->look, &live);
    if (owner != NULL)
        touch_live(touching, &live, owner, GD_KEEP_DROP, false);
    else
        touch_taken(touching, &live, cascade);
}

static void touch_owned(struct touching *touching, const struct gd_node *node)
{
    for (size_t i = 0; i < gd_node_count(node, GD_F_roles); i++) {
        const char *name = gd_node_text(gd_node_at(node, GD_F_roles, i), GD_F_rolename);
        const struct gd_other *role = gd_survey_other(touching->look->survey, "role", NULL, name);
        struct gd_keep_live root = {.kind = GD_KEPT_SCHEMA, .name = name};
        if (role == NULL)
            continue;
        root.address = role->address;
        touch_taken(touching, &root, true);
    }
}

/* ---- ALTER TABLE ---- */

static void each_command_deed(const struct gd_keep_object *object, enum gd_keep_deed deed,
                              const char *newname, void *context)
{
    struct touching *touching = context;
    (void)newname;
    if (deed == GD_KEEP_MADE && object->kind == GD_KEPT_DEFAULT && !touching->adds)
        touch(touching, object, GD_KEEP_CHANGE, false);
    else if (deed == GD_KEEP_MADE)
        touch_again(touching, object);
}

static void touch_column(struct touching *touching, const struct gd_node *relation,
                         const char *name, enum gd_keep_kind kind)
{
    struct gd_keep_object object = {
        .kind = kind,
        .schema = gd_node_text(relation, GD_F_schemaname),
        .table = gd_node_text(relation, GD_F_relname),
        .name = name,
        .column = "",
    };
    touch(touching, &object, GD_KEEP_CHANGE, false);
}

static void touch_command(struct touching *touching, const struct gd_node *relation,
                          const struct gd_node *command)
{
    static const struct {
        const char *command;
        enum gd_keep_kind kind;
        bool drop;
    } rows[] = {
        {"AT_DropColumn", GD_KEPT_COLUMN, true},
        {"AT_DropNotNull", GD_KEPT_NOT_NULL, true},
        {"AT_DropIdentity", GD_KEPT_DEFAULT, true},
        {"AT_DropConstraint", GD_KEPT_CONSTRAINT, true},
        {"AT_AlterColumnType", GD_KEPT_COLUMN, false},
        {"AT_DropExpression", GD_KEPT_COLUMN, false},
        {"AT_SetExpression", GD_KEPT_COLUMN, false},
        {"AT_SetIdentity", GD_KEPT_DEFAULT, false},
        {"AT_DisableTrig", GD_KEPT_TRIGGER, false},
        {"AT_EnableReplicaTrig", GD_KEPT_TRIGGER, false},
    };
    const char *sub = gd_node_enum(command, GD_F_subtype), *name = gd_node_text(command, GD_F_name);
    struct gd_keep_object object = {
        .schema = gd_node_text(relation, GD_F_schemaname),
        .table = gd_node_text(relation, GD_F_relname),
        .name = name,
        .column = "",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (same(rows[i].command, sub)) {
            object.kind = rows[i].kind;
            if (rows[i].drop)
                touch_drop(touching, &object, gd_says_cascade(command));
            else
                touch_column(touching, relation, name, rows[i].kind);
        }
    bool undefault = same(sub, "AT_ColumnDefault") && gd_node_child(command, GD_F_def) == NULL;
    object.kind = GD_KEPT_DEFAULT;
    if (undefault)
        touch(touching, &object, GD_KEEP_DROP, false);
    if (same(sub, "AT_AlterConstraint")) {
        object.kind = GD_KEPT_CONSTRAINT;
        object.name = gd_node_text(gd_node_child(command, GD_F_def), GD_F_conname);
        touch(touching, &object, GD_KEEP_CHANGE, false);
    }
    touching->adds = same(sub, "AT_AddColumn");
    gd_keep_deeds_of_command(relation, command, each_command_deed, touching);
}

/* ---- the rest ---- */

/* What is declared names the column: once it has another name, its own script fails. */
static void touch_standing(struct touching *touching, const struct gd_keep_object *column)
{
    static const enum gd_keep_kind own[] = {GD_KEPT_DEFAULT, GD_KEPT_NOT_NULL};
    struct gd_keep_live live;
    struct gd_address *taken;
    if (!gd_keep_find(touching->look, column, &live) || live.address.oid == 0)
        return;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        struct gd_keep_object part = *column;
        part.kind = own[i];
        touch(touching, &part, GD_KEEP_CHANGE, true);
    }
    size_t count = gd_survey_dependents(touching->look->survey, live.address, true,
                                        touching->look->arena, &taken);
    for (size_t i = 0; i < count; i++) {
        struct gd_keep_live part;
        const char *owner = gd_keep_find_address(touching->look, taken[i], &part)
                                ? gd_keep_owner(touching->look, &part)
                                : NULL;
        if (owner != NULL)
            touch_live(touching, &part, owner, GD_KEEP_CHANGE, true);
    }
}

static void touch_rename(struct touching *touching, const struct gd_node *node)
{
    struct gd_keep_object object;
    if (!gd_keep_renamed(node, &object))
        return;
    bool small = object.kind == GD_KEPT_INDEX || object.kind == GD_KEPT_CONSTRAINT ||
                 object.kind == GD_KEPT_TRIGGER || object.kind == GD_KEPT_POLICY ||
                 object.kind == GD_KEPT_RULE;
    /* What comes after may count on the new name. */
    if (!touch(touching, &object, GD_KEEP_RENAME, !small) && object.kind == GD_KEPT_COLUMN)
        touch_standing(touching, &object);
}

/* One that is made: again after a drop, or in place of the declared one. */
static void each_deed(const struct gd_keep_object *object, enum gd_keep_deed deed,
                      const char *newname, void *context)
{
    struct touching *touching = context;
    (void)newname;
    if (deed == GD_KEEP_MADE && touching->parts.count == 1)
        touch_again(touching, object);
}

static void each_replaced(const struct gd_keep_object *object, enum gd_keep_deed deed,
                          const char *newname, void *context)
{
    (void)newname;
    if (deed == GD_KEEP_MADE)
        touch(context, object, GD_KEEP_CHANGE, false);
}

static void touch_named(struct touching *touching, enum gd_keep_kind kind, struct gd_name name)
{
    struct gd_keep_object object = {
        .kind = kind, .schema = name.schema, .table = "", .name = name.name, .column = ""};
    touch(touching, &object, GD_KEEP_CHANGE, false);
}

static void touch_policy(struct touching *touching, const struct gd_node *node)
{
    struct gd_name table = gd_name_of_range(gd_node_child(node, GD_F_table));
    struct gd_keep_object object = {
        .kind = GD_KEPT_POLICY,
        .schema = table.schema,
        .table = table.name,
        .name = gd_node_text(node, GD_F_policy_name),
        .column = "",
    };
    touch(touching, &object, GD_KEEP_CHANGE, false);
}

static void touch_others(struct touching *touching, const struct gd_node *node)
{
    switch (gd_node_kind(node)) {
    case GD_KIND_RenameStmt:
    case GD_KIND_AlterObjectSchemaStmt:
        touch_rename(touching, node);
        return;
    case GD_KIND_DropOwnedStmt:
        touch_owned(touching, node);
        return;
    case GD_KIND_AlterEnumStmt: /* a value that is added is no loss */
        if (gd_node_text(node, GD_F_old_val)[0] != '\0')
            touch_named(touching, GD_KEPT_TYPE, gd_name_of_list(node, GD_F_type_name));
        return;
    case GD_KIND_AlterDomainStmt:
        touch_named(touching, GD_KEPT_TYPE, gd_name_of_list(node, GD_F_type_name));
        return;
    case GD_KIND_AlterSeqStmt:
        touch_named(touching, GD_KEPT_SEQUENCE,
                    gd_name_of_range(gd_node_child(node, GD_F_sequence)));
        return;
    case GD_KIND_AlterFunctionStmt:
        touch_named(touching, GD_KEPT_FUNCTION, gd_name_of_object(gd_node_child(node, GD_F_func)));
        return;
    case GD_KIND_AlterPolicyStmt:
        touch_policy(touching, node);
        return;
    default:
        gd_keep_deeds(node, gd_node_flag(node, GD_F_replace) ? each_replaced : each_deed, touching);
    }
}

bool gd_keep_is_own(const struct gd_keeping *keep, const struct gd_node *tree)
{
    for (size_t i = 0; i < keep->own_count; i++)
        if (gd_node_kind(keep->own[i]) == gd_node_kind(tree) && gd_node_equal(keep->own[i], tree))
            return true;
    return false;
}

struct gd_keep_part gd_keep_touches(const struct gd_keep_look *look, const struct gd_node *tree,
                                    size_t statement, struct gd_keep_found *found)
{
    struct touching touching = {.look = look, .found = found, .statement = statement};
    bool alter = gd_node_kind(tree) == GD_KIND_AlterTableStmt;
    bool drop = gd_node_kind(tree) == GD_KIND_DropStmt;
    size_t count = alter  ? gd_node_count(tree, GD_F_cmds)
                   : drop ? gd_node_count(tree, GD_F_objects)
                          : 1;
    touching.parts.count = count;
    touching.parts.out = gd_arena_zalloc(look->arena, count + 1, sizeof *touching.parts.out);
    if (gd_keep_is_own(look->keep, tree))
        return touching.parts;
    for (size_t i = 0; i < count; i++) {
        struct gd_keep_object object;
        touching.part = i;
        if (alter)
            touch_command(&touching, gd_node_child(tree, GD_F_relation),
                          gd_node_at(tree, GD_F_cmds, i));
        else if (drop && gd_keep_dropped(tree, i, &object))
            touch_drop(&touching, &object, gd_says_cascade(tree));
        else if (!drop)
            touch_others(&touching, tree);
    }
    return touching.parts;
}

/* ---- inside of functions and blocks ---- */

static bool names_it(const struct gd_keep_look *look, const struct gd_keep_object *object,
                     const char *const parts[3], size_t count)
{
    struct gd_keep_live live;
    const char *schema = count > 0 ? parts[0] : "", *last = count > 0 ? parts[count - 1] : "";
    bool on_table = count == 3 && same(parts[1], object->table);
    if (object->gone || object->name[0] == '\0' || !same(last, object->name) ||
        (object->schema[0] != '\0' && schema[0] != '\0' && !same(object->schema, schema)) ||
        (object->table[0] != '\0' && !on_table && object->kind != GD_KEPT_INDEX))
        return false;
    return gd_keep_find(look, object, &live) && gd_keep_owner(look, &live) != NULL;
}

void gd_keep_look_within(const struct gd_keep_look *look, const struct gd_texts *names,
                         const char *within, struct gd_keep_found *found)
{
    for (size_t n = 0; n < names->count; n++) {
        const char *parts[3] = {"", "", ""};
        size_t count = 0;
        if (!gd_keep_parse(names->items[n], look->arena, parts, &count))
            continue;
        for (size_t i = 0; i < look->keep->object_count; i++) {
            const struct gd_keep_object *object = &look->keep->objects[i];
            if (!names_it(look, object, parts, count))
                continue;
            struct gd_keep_touch touched = {.want = GD_KEEP_CHANGE,
                                            .object = names->items[n],
                                            .owner = object->owner,
                                            .within = within,
                                            .fixed = true};
            add_touch(found, touched, look->arena);
        }
    }
}
