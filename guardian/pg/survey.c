/* Survey: finding things in one. Pure; how it is made is in surveyor.c. */
#include "guardian/pg/survey.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/arena.h"
#include "guardian/pg/survey_read.h"

/* Up to here a list need not be sorted: surveys written by hand are not. */
enum { SHORT_LIST = 64 };

/* Every struct that is found by its oid begins with it. */
static const void *find_oid(const void *items, size_t count, size_t size, uint32_t oid)
{
    const char *base = items;
    if (count <= SHORT_LIST) {
        for (size_t i = 0; i < count; i++)
            if (*(const uint32_t *)(const void *)(base + i * size) == oid)
                return base + i * size;
        return NULL;
    }
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t here = *(const uint32_t *)(const void *)(base + middle * size);
        if (here == oid)
            return base + middle * size;
        if (here < oid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct gd_relation *gd_survey_relation(const struct gd_survey *survey, uint32_t oid)
{
    static_assert(offsetof(struct gd_relation, oid) == 0, "found by its first member");
    return find_oid(survey->relations, survey->relation_count, sizeof *survey->relations, oid);
}

const struct gd_type *gd_survey_type(const struct gd_survey *survey, uint32_t oid)
{
    static_assert(offsetof(struct gd_type, oid) == 0, "found by its first member");
    return find_oid(survey->types, survey->type_count, sizeof *survey->types, oid);
}

const struct gd_function *gd_survey_function(const struct gd_survey *survey, uint32_t oid)
{
    static_assert(offsetof(struct gd_function, oid) == 0, "found by its first member");
    return find_oid(survey->functions, survey->function_count, sizeof *survey->functions, oid);
}

static int compare_names(const struct gd_relation *relation, const char *schema, const char *name)
{
    int order = strcmp(relation->name, name);
    return order != 0 ? order : strcmp(relation->schema, schema);
}

const struct gd_relation *gd_survey_relation_named(const struct gd_survey *survey,
                                                   const char *schema, const char *name)
{
    size_t low = 0, high = survey->relation_count;
    if (survey->relations_by_name == NULL) {
        for (size_t i = 0; i < high; i++)
            if (compare_names(&survey->relations[i], schema, name) == 0)
                return &survey->relations[i];
        return NULL;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gd_relation *here = &survey->relations[survey->relations_by_name[middle]];
        int order = compare_names(here, schema, name);
        if (order == 0)
            return here;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct gd_type *gd_survey_type_named(const struct gd_survey *survey, const char *schema,
                                           const char *name)
{
    for (size_t i = 0; i < survey->type_count; i++)
        if (strcmp(survey->types[i].name, name) == 0 &&
            strcmp(survey->types[i].schema, schema) == 0)
            return &survey->types[i];
    return NULL;
}

const struct gd_other *gd_survey_other(const struct gd_survey *survey, const char *kind,
                                       const char *schema, const char *name)
{
    for (size_t i = 0; i < survey->other_count; i++) {
        const struct gd_other *other = &survey->others[i];
        if (strcmp(other->kind, kind) == 0 && strcmp(other->name, name) == 0 &&
            (schema == NULL || strcmp(other->schema, schema) == 0))
            return other;
    }
    return NULL;
}

bool gd_survey_has_schema(const struct gd_survey *survey, const char *schema)
{
    for (size_t i = 0; i < survey->schema_count; i++)
        if (strcmp(survey->schemas[i], schema) == 0)
            return true;
    return false;
}

const struct gd_column *gd_relation_column(const struct gd_relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (strcmp(relation->columns[i].name, name) == 0)
            return &relation->columns[i];
    return NULL;
}

const struct gd_constraint *gd_relation_constraint(const struct gd_relation *relation,
                                                   const char *name)
{
    for (size_t i = 0; i < relation->constraint_count; i++)
        if (strcmp(relation->constraints[i].name, name) == 0)
            return &relation->constraints[i];
    return NULL;
}

const struct gd_index *gd_relation_index(const struct gd_relation *relation, uint32_t oid)
{
    for (size_t i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].oid == oid)
            return &relation->indexes[i];
    return NULL;
}

/* --- addresses ----------------------------------------------------------------------------------
 */

int gd_address_compare(struct gd_address left, struct gd_address right)
{
    if (left.class_oid != right.class_oid)
        return left.class_oid < right.class_oid ? -1 : 1;
    if (left.oid != right.oid)
        return left.oid < right.oid ? -1 : 1;
    return left.column < right.column ? -1 : left.column > right.column;
}

static bool same_object(struct gd_address left, struct gd_address right)
{
    return left.class_oid == right.class_oid && left.oid == right.oid;
}

const struct gd_described *gd_survey_describe(const struct gd_survey *survey,
                                              struct gd_address address)
{
    size_t low = 0, high = survey->description_count;
    if (high <= SHORT_LIST) {
        for (size_t i = 0; i < high; i++)
            if (gd_address_compare(survey->descriptions[i].address, address) == 0)
                return &survey->descriptions[i];
        return NULL;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = gd_address_compare(survey->descriptions[middle].address, address);
        if (order == 0)
            return &survey->descriptions[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* --- what goes along ----------------------------------------------------------------------------
 */

struct walk {
    const struct gd_survey *survey;
    struct gd_arena *arena;
    bool cascade;
    struct gd_address *gone; /* [0] is the root; also the queue */
    size_t count, capacity;
    uint32_t *slots; /* open addressing over `gone`, position + 1 */
    size_t slot_count;
};

static size_t slot_of(const struct walk *walk, struct gd_address address)
{
    uint64_t hash = (uint64_t)address.oid * 0x9E3779B97F4A7C15u ^
                    ((uint64_t)address.class_oid << 20) ^ (uint32_t)address.column;
    hash ^= hash >> 29;
    size_t slot = (size_t)(hash * 0xBF58476D1CE4E5B9u) & (walk->slot_count - 1);
    while (walk->slots[slot] != 0 &&
           gd_address_compare(walk->gone[walk->slots[slot] - 1], address) != 0)
        slot = (slot + 1) & (walk->slot_count - 1);
    return slot;
}

static bool is_gone(const struct walk *walk, struct gd_address address)
{
    if (walk->slots[slot_of(walk, address)] != 0)
        return true;
    struct gd_address whole = {address.class_oid, address.oid, 0};
    return address.column != 0 && walk->slots[slot_of(walk, whole)] != 0;
}

static void grow(struct walk *walk)
{
    size_t capacity = walk->capacity == 0 ? 32 : walk->capacity * 2;
    struct gd_address *gone = gd_arena_zalloc(walk->arena, capacity, sizeof *gone);
    if (walk->count > 0)
        memcpy(gone, walk->gone, walk->count * sizeof *gone);
    walk->gone = gone;
    walk->capacity = capacity;
    walk->slot_count = capacity * 4;
    walk->slots = gd_arena_zalloc(walk->arena, walk->slot_count, sizeof *walk->slots);
    for (size_t i = 0; i < walk->count; i++)
        walk->slots[slot_of(walk, gone[i])] = (uint32_t)i + 1;
}

/* Position of the first dependency whose `needs` is not before `address`. */
static size_t first_on(const struct gd_survey *survey, struct gd_address address)
{
    size_t low = 0, high = survey->dependency_count;
    if (high <= SHORT_LIST)
        return 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gd_address_compare(survey->dependencies[middle].needs, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The n-th dependency of which `address` is the object, or NULL. */
static const struct gd_dependency *nth_need(const struct gd_survey *survey,
                                            struct gd_address address, size_t n)
{
    const uint32_t *order = survey->dependencies_by_object;
    size_t low = 0, high = survey->dependency_count;
    while (order != NULL && low < high) {
        size_t middle = low + (high - low) / 2;
        if (gd_address_compare(survey->dependencies[order[middle]].object, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < survey->dependency_count; i++) {
        const struct gd_dependency *one = &survey->dependencies[order == NULL ? i : order[i]];
        if (gd_address_compare(one->object, address) == 0 && n-- == 0)
            return one;
        if (order != NULL && gd_address_compare(one->object, address) != 0)
            return NULL;
    }
    return NULL;
}

static void take(struct walk *walk, struct gd_address address);

/* What is only a part (the rule of a view, the array of a type, a member of an extension) cannot go
 * alone: the server then drops the owner. */
static void take_owners(struct walk *walk, struct gd_address part)
{
    const struct gd_dependency *one;
    for (size_t n = 0; (one = nth_need(walk->survey, part, n)) != NULL; n++)
        if ((one->type == 'i' || one->type == 'e') && !is_gone(walk, one->needs))
            take(walk, one->needs);
}

static void take(struct walk *walk, struct gd_address address)
{
    if (is_gone(walk, address))
        return;
    if (walk->count == walk->capacity)
        grow(walk);
    walk->gone[walk->count++] = address;
    walk->slots[slot_of(walk, address)] = (uint32_t)walk->count;
    take_owners(walk, address);
}

static void take_dependents(struct walk *walk, struct gd_address needed)
{
    const struct gd_survey *survey = walk->survey;
    bool sorted = survey->dependency_count > SHORT_LIST;
    struct gd_address from = {needed.class_oid, needed.oid, INT32_MIN};
    for (size_t i = first_on(survey, from); i < survey->dependency_count; i++) {
        const struct gd_dependency *one = &survey->dependencies[i];
        if (!same_object(one->needs, needed)) {
            if (sorted)
                return;
            continue;
        }
        bool touched = needed.column == 0 || one->needs.column == needed.column;
        if (touched && (one->type != 'n' || walk->cascade))
            take(walk, one->object);
    }
}

static bool is_covered(const struct walk *walk, struct gd_address address)
{
    struct gd_address whole = {address.class_oid, address.oid, 0};
    return address.column != 0 && walk->slots[slot_of(walk, whole)] != 0;
}

/* ALTER TABLE … DROP COLUMN goes down to the children; no dependency says so. That a child may have
 * declared the column itself, and then keeps it, is left out: taken is the safe side. */
static void take_inherited(struct walk *walk, struct gd_address root)
{
    const struct gd_relation *parent = gd_survey_relation(walk->survey, root.oid);
    const char *name = NULL;
    for (size_t i = 0; parent != NULL && i < parent->column_count; i++)
        if (parent->columns[i].number == root.column)
            name = parent->columns[i].name;
    for (size_t i = 0; name != NULL && i < parent->child_count; i++) {
        const struct gd_relation *child = gd_survey_relation(walk->survey, parent->children[i]);
        const struct gd_column *column = child == NULL ? NULL : gd_relation_column(child, name);
        if (column == NULL || !column->inherited)
            continue;
        struct gd_address address = {GD_PG_CLASS, child->oid, column->number};
        bool known = is_gone(walk, address);
        take(walk, address);
        if (!known)
            take_inherited(walk, address);
    }
}

size_t gd_survey_dependents(const struct gd_survey *survey, struct gd_address root, bool cascade,
                            struct gd_arena *arena, struct gd_address **out_taken)
{
    struct walk walk = {.survey = survey, .arena = arena, .cascade = cascade};
    grow(&walk);
    walk.gone[walk.count++] = root;
    walk.slots[slot_of(&walk, root)] = 1;
    if (root.class_oid == GD_PG_CLASS && root.column != 0)
        take_inherited(&walk, root);
    for (size_t i = 0; i < walk.count; i++)
        take_dependents(&walk, walk.gone[i]);
    struct gd_address *taken = gd_arena_zalloc(arena, walk.count, sizeof *taken);
    size_t count = 0;
    for (size_t i = 1; i < walk.count; i++)
        if (!is_covered(&walk, walk.gone[i]))
            taken[count++] = walk.gone[i];
    *out_taken = taken;
    return count;
}
