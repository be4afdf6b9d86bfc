/* Survey, building: what was found, copied into sorted lists. */
#include <stdlib.h>
#include <string.h>

#include "guardian/pg/survey_read.h"

static void *copy_list(const struct gd_list *list, struct gd_arena *arena)
{
    void *items = gd_arena_zalloc(arena, list->count + 1, list->size);
    if (list->count > 0)
        memcpy(items, list->items, list->count * list->size);
    return items;
}

static int compare_oids(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* For structs that begin with their oid. */
static void *sorted_by_oid(const struct gd_list *list, struct gd_arena *arena, size_t *out_count)
{
    void *items = copy_list(list, arena);
    qsort(items, list->count, list->size, compare_oids);
    *out_count = list->count;
    return items;
}

static int compare_dependencies(const void *left, const void *right)
{
    const struct gd_dependency *one = left, *other = right;
    int order = gd_address_compare(one->needs, other->needs);
    if (order == 0)
        order = gd_address_compare(one->object, other->object);
    return order != 0 ? order : one->type - other->type;
}

static int compare_objects(const void *left, const void *right, void *context)
{
    const struct gd_dependency *all = context;
    return gd_address_compare(all[*(const uint32_t *)left].object,
                              all[*(const uint32_t *)right].object);
}

/* An edge may have been met from both of its ends. */
static void build_dependencies(const struct gd_finds *finds, struct gd_survey *survey)
{
    struct gd_dependency *all = copy_list(&finds->dependencies, finds->arena);
    size_t kept = 0;
    qsort(all, finds->dependencies.count, sizeof *all, compare_dependencies);
    for (size_t i = 0; i < finds->dependencies.count; i++)
        if (kept == 0 || compare_dependencies(&all[kept - 1], &all[i]) != 0)
            all[kept++] = all[i];
    uint32_t *by_object = gd_arena_zalloc(finds->arena, kept + 1, sizeof *by_object);
    for (size_t i = 0; i < kept; i++)
        by_object[i] = (uint32_t)i;
    qsort_r(by_object, kept, sizeof *by_object, compare_objects, all);
    survey->dependencies = all;
    survey->dependency_count = kept;
    survey->dependencies_by_object = by_object;
}

static int compare_descriptions(const void *left, const void *right)
{
    const struct gd_described *one = left, *other = right;
    return gd_address_compare(one->address, other->address);
}

static int compare_relation_names(const void *left, const void *right, void *context)
{
    const struct gd_relation *all = context;
    const struct gd_relation *one = &all[*(const uint32_t *)left];
    const struct gd_relation *other = &all[*(const uint32_t *)right];
    int order = strcmp(one->name, other->name);
    return order != 0 ? order : strcmp(one->schema, other->schema);
}

static bool was_expanded(const struct gd_finds *finds, uint32_t class_oid, uint32_t oid)
{
    struct gd_address address = {class_oid, oid, 0};
    return gd_map_get(&finds->visited, gd_address_key(address)) != GD_MAP_NONE;
}

static void build_relations(const struct gd_finds *finds, struct gd_survey *survey)
{
    struct gd_relation *all =
        sorted_by_oid(&finds->relations, finds->arena, &survey->relation_count);
    uint32_t *by_name = gd_arena_zalloc(finds->arena, survey->relation_count + 1, sizeof *by_name);
    for (size_t i = 0; i < survey->relation_count; i++) {
        all[i].expanded = was_expanded(finds, GD_PG_CLASS, all[i].oid);
        by_name[i] = (uint32_t)i;
    }
    qsort_r(by_name, survey->relation_count, sizeof *by_name, compare_relation_names, all);
    survey->relations = all;
    survey->relations_by_name = by_name;
}

/* --- where types are used
 * ------------------------------------------------------------------------- */

struct uses {
    const struct gd_finds *finds;
    const struct gd_survey *survey;
    struct gd_list list; /* struct gd_type_use */
    struct gd_map seen;  /* types: domains may lead in many ways to the same one */
};

static void add_use(struct uses *uses, struct gd_address column, bool array)
{
    const struct gd_relation *relation = gd_survey_relation(uses->survey, column.oid);
    for (size_t i = 0; relation != NULL && i < relation->column_count; i++)
        if (relation->columns[i].number == column.column)
            *(struct gd_type_use *)gd_list_push(&uses->list, uses->finds->arena) =
                (struct gd_type_use){relation->oid, relation->qualified, relation->columns[i].name,
                                     array};
}

static void collect_uses(struct uses *uses, uint32_t type_oid, bool array)
{
    const struct gd_survey *survey = uses->survey;
    size_t low = 0, high = survey->dependency_count;
    struct gd_address type = {GD_PG_TYPE, type_oid, 0};
    if (!gd_map_add(&uses->seen, type_oid, 0, uses->finds->arena))
        return;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gd_address_compare(survey->dependencies[middle].needs, type) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < survey->dependency_count; low++) {
        const struct gd_dependency *edge = &survey->dependencies[low];
        if (gd_address_compare(edge->needs, type) != 0)
            return;
        if (edge->object.class_oid == GD_PG_CLASS && edge->object.column != 0)
            add_use(uses, edge->object, array);
        else if (edge->object.class_oid == GD_PG_TYPE) /* its array ('i'), or a domain over it */
            collect_uses(uses, edge->object.oid, array || edge->type == 'i');
    }
}

static void build_types(const struct gd_finds *finds, struct gd_survey *survey)
{
    struct gd_type *all = sorted_by_oid(&finds->types, finds->arena, &survey->type_count);
    for (size_t i = 0; i < survey->type_count; i++) {
        all[i].expanded = was_expanded(finds, GD_PG_TYPE, all[i].oid);
        struct uses uses = {
            .finds = finds, .survey = survey, .list = {.size = sizeof(struct gd_type_use)}};
        if (all[i].expanded)
            collect_uses(&uses, all[i].oid, false);
        all[i].uses = (const void *)uses.list.items;
        all[i].use_count = uses.list.count;
    }
    survey->types = all;
}

const struct gd_survey *gd_survey_build(const struct gd_finds *finds)
{
    struct gd_survey *survey = gd_arena_alloc(finds->arena, sizeof *survey);
    *survey = finds->facts;
    build_relations(finds, survey);
    build_dependencies(finds, survey);
    build_types(finds, survey);
    survey->functions = sorted_by_oid(&finds->functions, finds->arena, &survey->function_count);
    survey->operators = sorted_by_oid(&finds->operators, finds->arena, &survey->operator_count);
    survey->casts = copy_list(&finds->casts, finds->arena);
    survey->cast_count = finds->casts.count;
    survey->hooks = copy_list(&finds->hooks, finds->arena);
    survey->hook_count = finds->hooks.count;
    survey->rights = copy_list(&finds->rights, finds->arena);
    survey->right_count = finds->rights.count;
    survey->others = copy_list(&finds->others, finds->arena);
    survey->other_count = finds->others.count;
    struct gd_described *descriptions = copy_list(&finds->descriptions, finds->arena);
    qsort(descriptions, finds->descriptions.count, sizeof *descriptions, compare_descriptions);
    survey->descriptions = descriptions;
    survey->description_count = finds->descriptions.count;
    return survey;
}
