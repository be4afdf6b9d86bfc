#include "guardian/pg/survey_describe.h"

#include <stdlib.h>
#include <string.h>

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static const char *quoted(const struct gd_describer *by, const char *name)
{
    bool plain = (*name >= 'a' && *name <= 'z') || *name == '_';
    for (const char *at = name; *at != '\0'; at++)
        plain = plain && ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_');
    if (plain && (by->keyword_count == 0 || bsearch(&name, by->keywords, by->keyword_count,
                                                    sizeof name, compare_texts) == NULL))
        return name;
    char *text = gd_arena_alloc(by->finds->arena, strlen(name) * 2 + 3), *to = text;
    *to++ = '"';
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"')
            *to++ = '"';
        *to++ = *at;
    }
    *to++ = '"';
    *to = '\0';
    return text;
}

static void describe(const struct gd_describer *by, struct gd_address address, const char *kind,
                     const char *identity, uint32_t relation_oid)
{
    struct gd_described *one = gd_list_push(&by->finds->descriptions, by->finds->arena);
    *one = (struct gd_described){address, kind, identity, relation_oid};
}

static const char *kind_of(char relkind, bool column)
{
    static const struct {
        char relkind;
        const char *kind, *column;
    } kinds[] = {
        {'r', "table", "table column"},
        {'p', "table", "table column"},
        {'v', "view", "view column"},
        {'m', "materialized view", "materialized view column"},
        {'f', "foreign table", "foreign table column"},
        {'c', "composite type", "composite type column"},
        {'S', "sequence", "sequence column"},
        {'i', "index", "index column"},
        {'I', "index", "index column"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].relkind == relkind)
            return column ? kinds[i].column : kinds[i].kind;
    return "relation";
}

/* An address is described once; @return true when it is this one's turn. */
static bool claim(const struct gd_describer *by, struct gd_address address)
{
    return gd_map_add(&by->finds->described, gd_address_key(address), 0, by->finds->arena);
}

static void describe_parts(const struct gd_describer *by, const struct gd_relation *relation,
                           const struct gd_map *needed)
{
    struct gd_arena *arena = by->finds->arena;
    for (size_t i = 0; i < relation->constraint_count; i++) {
        struct gd_address address = {GD_PG_CONSTRAINT, relation->constraints[i].oid, 0};
        if (gd_map_get(needed, gd_address_key(address)) != GD_MAP_NONE && claim(by, address))
            describe(by, address, "table constraint",
                     gd_arena_printf(arena, "%s on %s", quoted(by, relation->constraints[i].name),
                                     relation->qualified),
                     relation->oid);
    }
    for (size_t i = 0; i < relation->index_count; i++) {
        struct gd_address address = {GD_PG_CLASS, relation->indexes[i].oid, 0};
        if (gd_map_get(needed, gd_address_key(address)) != GD_MAP_NONE && claim(by, address))
            describe(by, address, "index",
                     gd_arena_printf(arena, "%s.%s", quoted(by, relation->indexes[i].schema),
                                     quoted(by, relation->indexes[i].name)),
                     relation->oid);
    }
    for (size_t i = 0; i < relation->trigger_count; i++) {
        struct gd_address address = {GD_PG_TRIGGER, relation->triggers[i].oid, 0};
        if (gd_map_get(needed, gd_address_key(address)) != GD_MAP_NONE && claim(by, address))
            describe(by, address, "trigger",
                     gd_arena_printf(arena, "%s on %s", quoted(by, relation->triggers[i].name),
                                     relation->qualified),
                     relation->oid);
    }
}

/* Identity of a relation or of a column of it; NULL when it is not known here. */
static const char *identity_of(const struct gd_describer *by, struct gd_address address,
                               const struct gd_relation **out_relation)
{
    const struct gd_relation *relation = gd_finds_relation(by->finds, address.oid);
    *out_relation = relation;
    if (relation == NULL || address.column == 0)
        return relation == NULL ? NULL : relation->qualified;
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i].number == address.column)
            return gd_arena_printf(by->finds->arena, "%s.%s", relation->qualified,
                                   quoted(by, relation->columns[i].name));
    return NULL;
}

static void describe_relation(const struct gd_describer *by, struct gd_address address)
{
    const struct gd_relation *relation = NULL;
    if (gd_map_get(&by->finds->described, gd_address_key(address)) != GD_MAP_NONE)
        return;
    const char *identity = identity_of(by, address, &relation);
    if (identity == NULL || !claim(by, address))
        return;
    uint32_t table = relation->index_table_oid != 0 ? relation->index_table_oid : relation->oid;
    describe(by, address, kind_of(relation->kind, address.column != 0), identity, table);
}

static void describe_default(const struct gd_describer *by, const struct gd_dependency *edge)
{
    const struct gd_relation *relation = NULL;
    const char *identity = identity_of(by, edge->needs, &relation);
    if (edge->needs.column == 0 || identity == NULL || !claim(by, edge->object))
        return;
    describe(by, edge->object, "default value",
             gd_arena_printf(by->finds->arena, "for %s", identity), relation->oid);
}

void gd_describe_here(const struct gd_describer *by, size_t from_relation, size_t from_edge,
                      struct gd_list *missing)
{
    struct gd_finds *finds = by->finds;
    struct gd_map needed = {0};
    for (size_t i = from_edge; i < finds->dependencies.count; i++) {
        const struct gd_dependency *edge = gd_list_at(&finds->dependencies, i);
        gd_map_add(&needed, gd_address_key(edge->object), 0, by->finds->arena);
        if (edge->object.class_oid == GD_PG_CLASS)
            describe_relation(by, edge->object);
        if (edge->needs.class_oid == GD_PG_CLASS)
            describe_relation(by, edge->needs);
        if (edge->object.class_oid == GD_PG_ATTRDEF && (edge->type == 'a' || edge->type == 'i') &&
            edge->needs.class_oid == GD_PG_CLASS)
            describe_default(by, edge);
        gd_map_add(&needed, gd_address_key(edge->needs), 0, by->finds->arena);
    }
    for (size_t i = from_relation; i < finds->relations.count; i++)
        describe_parts(by, gd_list_at(&finds->relations, i), &needed);
    for (size_t i = from_edge; i < finds->dependencies.count; i++) {
        const struct gd_dependency *edge = gd_list_at(&finds->dependencies, i);
        if (claim(by, edge->object))
            *(struct gd_address *)gd_list_push(missing, by->finds->arena) = edge->object;
        if (claim(by, edge->needs))
            *(struct gd_address *)gd_list_push(missing, by->finds->arena) = edge->needs;
    }
}
