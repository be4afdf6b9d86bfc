#include "guardian/classify/swap.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/lookup.h"

enum step { STEP_CREATE, STEP_ALTER, STEP_RENAME, STEP_DROP, STEP_DEFAULT };

struct event {
    enum step step;
    const char *type;   /* of CREATE, RENAME (before), DROP; the new type of ALTER; shown */
    const char *to;     /* RENAME: after */
    const char *column; /* ALTER, DEFAULT: table.column */
    bool to_text;       /* ALTER: parks the values as text */
    const char *const *labels;
    size_t label_count;
    struct gd_judged *entry;
    struct event *first_of_entry; /* the events of an entry follow each other */
    struct event *next, *next_of_type, *next_of_column;
};

/* Events that share a type or a column, in order. */
struct list {
    struct event *first, *last;
    const struct event *closed_for; /* a column's: the CREATE TYPE whose swap it was closed for */
};

struct gd_swaps {
    struct gd_arena *arena;
    struct event *first, *newest;
    struct gd_lookup types;   /* event.type: struct list */
    struct gd_lookup columns; /* event.column: struct list */
    struct gd_lookup moves;   /* type and column of ALTER */
};

struct gd_swaps *gd_swaps_new(void)
{
    struct gd_swaps *swaps = calloc(1, sizeof *swaps);
    if (swaps == NULL)
        abort();
    swaps->arena = gd_arena_new();
    return swaps;
}

void gd_swaps_free(struct gd_swaps *swaps)
{
    if (swaps == NULL)
        return;
    gd_arena_free(swaps->arena);
    free(swaps);
}

static struct event *add(struct gd_swaps *swaps, enum step step, struct gd_judged *entry)
{
    struct event *event = gd_arena_zalloc(swaps->arena, 1, sizeof *event);
    struct event *before = swaps->newest;
    event->step = step;
    event->entry = entry;
    event->first_of_entry =
        before != NULL && before->entry == entry ? before->first_of_entry : event;
    if (before == NULL)
        swaps->first = event;
    else
        before->next = event;
    swaps->newest = event;
    entry->held = true;
    return event;
}

static struct list *list_of(struct gd_swaps *swaps, struct gd_lookup *lookup, const char *name)
{
    struct list *list = gd_lookup_get(lookup, "", "", name);
    if (list == NULL) {
        list = gd_arena_zalloc(swaps->arena, 1, sizeof *list);
        gd_lookup_set(lookup, "", "", name, list, swaps->arena);
    }
    return list;
}

static void set_type(struct gd_swaps *swaps, struct event *event, const char *type)
{
    event->type = gd_arena_strdup(swaps->arena, type);
    struct list *list = list_of(swaps, &swaps->types, event->type);
    if (list->first == NULL)
        list->first = event;
    else
        list->last->next_of_type = event;
    list->last = event;
}

static void set_column(struct gd_swaps *swaps, struct event *event, const char *column)
{
    event->column = column;
    struct list *list = list_of(swaps, &swaps->columns, event->column);
    if (list->first == NULL)
        list->first = event;
    else
        list->last->next_of_column = event;
    list->last = event;
}

static struct event *first_of_type(const struct gd_swaps *swaps, const char *type)
{
    const struct list *list = type == NULL ? NULL : gd_lookup_get(&swaps->types, "", "", type);
    return list == NULL ? NULL : list->first;
}

static const char *keep(struct gd_swaps *swaps, const char *text)
{
    return gd_arena_strdup(swaps->arena, text);
}

static void keep_labels(struct gd_swaps *swaps, struct event *event, const struct gd_look *look,
                        const struct gd_type_target *type)
{
    const char *const *labels;
    size_t count = gd_look_enum_labels(look, type, &labels);
    const char **copy = gd_arena_zalloc(swaps->arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = keep(swaps, labels[i]);
    event->labels = copy;
    event->label_count = count;
}

static void note_create(struct gd_swaps *swaps, const struct gd_look *look,
                        const struct gd_node *node, struct gd_judged *entry)
{
    struct event *event = add(swaps, STEP_CREATE, entry);
    struct gd_name name = gd_name_of_list(node, GD_F_type_name);
    set_type(swaps, event, gd_look_type(look, name).qualified);
    size_t count = gd_node_count(node, GD_F_vals);
    const char **labels = gd_arena_zalloc(swaps->arena, count + 1, sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        const char *label = gd_node_string(gd_node_at(node, GD_F_vals, i));
        labels[i] = keep(swaps, label == NULL ? "" : label);
    }
    event->labels = labels;
    event->label_count = count;
}

static void note_rename(struct gd_swaps *swaps, const struct gd_look *look,
                        const struct gd_node *node, struct gd_judged *entry)
{
    if (!gd_node_enum_is(node, GD_F_rename_type, "OBJECT_TYPE"))
        return;
    struct gd_type_target type =
        gd_look_type(look, gd_name_of_object(gd_node_child(node, GD_F_object)));
    struct gd_name to = {type.name.schema, gd_node_text(node, GD_F_newname)};
    struct event *event = add(swaps, STEP_RENAME, entry);
    set_type(swaps, event, type.qualified);
    event->to = keep(swaps, gd_name_show(look->arena, to));
    keep_labels(swaps, event, look, &type);
}

static void note_drop(struct gd_swaps *swaps, const struct gd_look *look,
                      const struct gd_node *node, struct gd_judged *entry)
{
    if (!gd_node_enum_is(node, GD_F_remove_type, "OBJECT_TYPE") || gd_says_cascade(node) ||
        gd_node_count(node, GD_F_objects) != 1)
        return;
    struct gd_type_target type =
        gd_look_type(look, gd_name_of_object(gd_node_at(node, GD_F_objects, 0)));
    struct event *event = add(swaps, STEP_DROP, entry);
    set_type(swaps, event, type.qualified);
    keep_labels(swaps, event, look, &type);
}

static bool is_cast(const struct gd_node *node)
{
    while (gd_node_kind(node) == GD_KIND_TypeCast)
        node = gd_node_child(node, GD_F_arg);
    return node == NULL || gd_node_kind(node) == GD_KIND_ColumnRef;
}

static bool is_text(const char *type)
{
    return strcmp(type, "text") == 0 || strcmp(type, "varchar") == 0;
}

/* Only statements whose every command is a step count: nothing else may hide among them. */
static void note_alter(struct gd_swaps *swaps, const struct gd_look *look,
                       const struct gd_node *node, struct gd_judged *entry)
{
    size_t count = gd_node_count(node, GD_F_cmds);
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *cmd = gd_node_at(node, GD_F_cmds, i);
        bool type = gd_node_enum_is(cmd, GD_F_subtype, "AT_AlterColumnType");
        if ((!type && !gd_node_enum_is(cmd, GD_F_subtype, "AT_ColumnDefault")) ||
            (type && !is_cast(gd_node_child(gd_node_child(cmd, GD_F_def), GD_F_raw_default))))
            return;
    }
    struct gd_target table =
        gd_look_relation(look, gd_name_of_range(gd_node_child(node, GD_F_relation)));
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *cmd = gd_node_at(node, GD_F_cmds, i);
        bool type = gd_node_enum_is(cmd, GD_F_subtype, "AT_AlterColumnType");
        struct event *event = add(swaps, type ? STEP_ALTER : STEP_DEFAULT, entry);
        set_column(
            swaps, event,
            gd_arena_printf(swaps->arena, "%s.%s", table.qualified, gd_node_text(cmd, GD_F_name)));
        if (!type)
            continue;
        struct gd_name name =
            gd_name_of_type(gd_node_child(gd_node_child(cmd, GD_F_def), GD_F_type_name));
        event->to_text = is_text(name.name);
        set_type(swaps, event, gd_look_type(look, name).qualified);
        gd_lookup_set(&swaps->moves, "", event->type, event->column, event, swaps->arena);
    }
}

void gd_swaps_note(struct gd_swaps *swaps, const struct gd_look *look,
                   const struct gd_node *statement, struct gd_judged *entry)
{
    switch (gd_node_kind(statement)) {
    case GD_KIND_CreateEnumStmt:
        note_create(swaps, look, statement, entry);
        return;
    case GD_KIND_RenameStmt:
        note_rename(swaps, look, statement, entry);
        return;
    case GD_KIND_DropStmt:
        note_drop(swaps, look, statement, entry);
        return;
    case GD_KIND_AlterTableStmt:
        note_alter(swaps, look, statement, entry);
        return;
    default:
        return;
    }
}

/* ---- the pattern ---- */

/* One swap, gathered around the CREATE TYPE of the new enum. */
struct swap {
    const struct event *create;
    const char *final;       /* the name that stays */
    const char *aside;       /* what the old one is renamed to; NULL when it is dropped at once */
    const struct event *old; /* the event that knew the old labels */
    bool moved;              /* a column went to the new type */
    bool removed;            /* the old type was put aside or dropped */
};

static bool same(const char *left, const char *right)
{
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

static struct swap gather(const struct gd_swaps *swaps, const struct event *create)
{
    struct swap swap = {.create = create, .final = create->type};
    for (const struct event *event = create; event != NULL; event = event->next_of_type) {
        if (event->step == STEP_ALTER)
            swap.moved = true;
        if (event->step == STEP_RENAME)
            swap.final = event->to;
    }
    for (const struct event *event = first_of_type(swaps, swap.final); event != NULL;
         event = event->next_of_type) {
        if (event->step == STEP_RENAME) {
            swap.aside = event->to;
            swap.old = event;
        }
        if (event->step == STEP_DROP) {
            swap.removed = true;
            swap.old = swap.old == NULL ? event : swap.old;
        }
    }
    swap.removed = swap.removed || swap.aside != NULL;
    return swap;
}

static bool moves_column(const struct gd_swaps *swaps, const struct swap *swap, const char *column)
{
    return gd_lookup_get(&swaps->moves, "", swap->create->type, column) != NULL;
}

static bool is_member(const struct gd_swaps *swaps, const struct swap *swap,
                      const struct event *event)
{
    switch (event->step) {
    case STEP_CREATE:
        return event == swap->create;
    case STEP_ALTER:
        return same(event->type, swap->create->type) ||
               (event->to_text && moves_column(swaps, swap, event->column));
    case STEP_RENAME:
        return same(event->type, swap->create->type) ||
               (same(event->type, swap->final) && same(event->to, swap->aside));
    case STEP_DROP:
        return same(event->type, swap->final) || same(event->type, swap->aside);
    case STEP_DEFAULT:
        return moves_column(swaps, swap, event->column);
    }
    return false;
}

/* Every event of its entry belongs to the swap. */
static bool entry_belongs(const struct gd_swaps *swaps, const struct swap *swap,
                          const struct event *event)
{
    for (const struct event *at = event->first_of_entry; at != NULL && at->entry == event->entry;
         at = at->next)
        if (!is_member(swaps, swap, at))
            return false;
    return true;
}

static bool has_label(const char *const *labels, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(labels[i], label) == 0)
            return true;
    return false;
}

static const char *lost_labels(const struct swap *swap, struct gd_arena *arena)
{
    const char *out = "";
    for (size_t i = 0; swap->old != NULL && i < swap->old->label_count; i++)
        if (!has_label(swap->create->labels, swap->create->label_count, swap->old->labels[i]))
            out = gd_arena_printf(arena, "%s%s'%s'", out, *out == '\0' ? "" : ", ",
                                  swap->old->labels[i]);
    return out;
}

static void make_enum(struct gd_judged *entry, const char *part_of)
{
    struct gd_verdict *verdict = &entry->verdict;
    entry->part_of = part_of;
    if (verdict->class != GD_CLASS_DESTRUCTIVE && verdict->class != GD_CLASS_ADDITIVE &&
        verdict->class != GD_CLASS_NONE)
        return;
    for (size_t i = 0; i < verdict->finding_count; i++)
        if (verdict->findings[i]->class != GD_CLASS_NONE)
            verdict->findings[i]->class = GD_CLASS_ENUM;
    verdict->class = GD_CLASS_ENUM;
}

/* What the entries of one swap are told. */
struct words {
    const char *part_of;
    const char *loses; /* NULL: no value is lost */
    struct gd_arena *arena;
};

static void close_event(const struct gd_swaps *swaps, const struct swap *swap,
                        const struct event *event, const struct words *words)
{
    if (!is_member(swaps, swap, event) || !entry_belongs(swaps, swap, event))
        return;
    make_enum(event->entry, words->part_of);
    if (event->step == STEP_ALTER && words->loses != NULL)
        gd_texts_add(&event->entry->verdict.findings[0]->notes, words->loses, words->arena);
}

/* Each column once: a script may change the same one over and over. */
static void close_column(const struct gd_swaps *swaps, const struct swap *swap, const char *column,
                         const struct words *words)
{
    struct list *list = gd_lookup_get(&swaps->columns, "", "", column);
    if (list == NULL || list->closed_for == swap->create)
        return;
    list->closed_for = swap->create;
    for (const struct event *event = list->first; event != NULL; event = event->next_of_column)
        close_event(swaps, swap, event, words);
}

/* Members share the new type, the old one under either name, or a column that moves. */
static void close_swap(const struct gd_swaps *swaps, const struct swap *swap,
                       struct gd_arena *arena)
{
    const char *lost = lost_labels(swap, arena);
    struct words words = {gd_arena_printf(arena, "enum change of %s", swap->final), NULL, arena};
    if (*lost != '\0')
        words.loses = gd_arena_printf(arena, "removes %s from %s: rows that hold one make it fail",
                                      lost, swap->final);
    const char *types[] = {swap->create->type, swap->final, swap->aside};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        for (const struct event *event = first_of_type(swaps, types[i]); event != NULL;
             event = event->next_of_type) {
            close_event(swaps, swap, event, &words);
            if (event->step == STEP_ALTER && i == 0)
                close_column(swaps, swap, event->column, &words);
        }
}

void gd_swaps_close(struct gd_swaps *swaps, struct gd_arena *arena)
{
    for (const struct event *event = swaps->first; event != NULL; event = event->next) {
        if (event->step != STEP_CREATE)
            continue;
        struct swap swap = gather(swaps, event);
        if (swap.moved && swap.removed)
            close_swap(swaps, &swap, arena);
    }
}
