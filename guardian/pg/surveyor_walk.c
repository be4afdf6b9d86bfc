/*
 * Surveyor, the walk: which objects depend on what is named, and what they belong to.
 *
 * A few are asked for one step at a time; many, with one pass over pg_depend that is then walked
 * in memory.
 */
#include <stdlib.h>

#include "guardian/pg/array_text.h"
#include "guardian/pg/surveyor_own.h"

/* clang-format off */
#define SQL(name) static const char name##_sql[] =
SQL(edges_some)
#include "guardian/pg/sql/edges_some.sql.inc"
#include "guardian/pg/sql/edges.sql.inc"
    ;
SQL(edges_all)
#include "guardian/pg/sql/edges_all.sql.inc"
#include "guardian/pg/sql/edges.sql.inc"
    ;
SQL(owners)
#include "guardian/pg/sql/owners.sql.inc"
    ;
/* clang-format on */

enum { PASS_OVER_ALL = 500 }; /* so many lookups cost more than one pass over pg_depend */

static const uint32_t class_of[] = {GD_PG_CLASS, GD_PG_TYPE, GD_PG_PROC};

/* A dependency with what its row says of reading on. */
struct gd_whole_edge {
    struct gd_dependency edge;
    uint32_t load;
    bool expand;
};

/* --- what to read, what to expand --------------------------------------------------------------
 */

void gd_surveyor_want(struct gd_surveyor *surveyor, int kind, uint32_t oid)
{
    struct gd_address address = {class_of[kind], oid, 0};
    if (oid != 0 && gd_map_add(&surveyor->wanted, gd_address_key(address), 0, surveyor->arena))
        *(uint32_t *)gd_list_push(&surveyor->to_read[kind], surveyor->arena) = oid;
}

static void want_object(struct gd_surveyor *surveyor, struct gd_address address)
{
    for (int kind = GD_READ_TYPES; kind <= GD_READ_FUNCTIONS; kind++)
        if (address.class_oid == class_of[kind])
            gd_surveyor_want(surveyor, kind, address.oid);
}

static bool is_visited(const struct gd_surveyor *surveyor, struct gd_address address)
{
    return gd_map_get(&surveyor->finds.visited, gd_address_key(address)) != GD_MAP_NONE;
}

static void expand(struct gd_surveyor *surveyor, struct gd_address address)
{
    struct gd_address whole = {address.class_oid, address.oid, 0};
    if (is_visited(surveyor, whole))
        return;
    if (gd_map_add(&surveyor->finds.visited, gd_address_key(address), 0, surveyor->arena))
        *(struct gd_address *)gd_list_push(&surveyor->pending, surveyor->arena) = address;
}

/* Nothing can depend on these, so that nobody need ask. */
static bool is_leaf(const struct gd_dependency *edge)
{
    switch (edge->object.class_oid) {
    case GD_PG_POLICY:
    case GD_PG_REWRITE: /* of a view: the view is expanded instead */
        return true;
    case GD_PG_ATTRDEF: /* of a generated column, found through its formula: the column goes, too */
        return edge->type != 'n';
    default:
        return false;
    }
}

/* `object` was found because something that is expanded is needed by it. */
static void follow(struct gd_surveyor *surveyor, const struct gd_dependency *edge, uint32_t load,
                   bool expand_load)
{
    gd_surveyor_want(surveyor, GD_READ_RELATIONS, load);
    want_object(surveyor, edge->object);
    if (expand_load)
        expand(surveyor, (struct gd_address){GD_PG_CLASS, load, 0});
    if (!is_leaf(edge))
        expand(surveyor, edge->object);
}

static void read_edge(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows, size_t row)
{
    struct gd_dependency *edge = gd_list_push(&surveyor->finds.dependencies, surveyor->arena);
    edge->object = (struct gd_address){gd_pg_oid(rows, row, 0), gd_pg_oid(rows, row, 1),
                                       (int32_t)gd_pg_int(rows, row, 2)};
    edge->needs = (struct gd_address){gd_pg_oid(rows, row, 3), gd_pg_oid(rows, row, 4),
                                      (int32_t)gd_pg_int(rows, row, 5)};
    edge->type = gd_pg_char(rows, row, 6);
}

void gd_surveyor_take_edges(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        read_edge(surveyor, rows, row);
        const struct gd_list *all = &surveyor->finds.dependencies;
        follow(surveyor, gd_list_at(all, all->count - 1), gd_pg_oid(rows, row, 7),
               gd_pg_bool(rows, row, 8));
    }
}

/* The other way round: what a part belongs to goes when the part has to. */
static void follow_owner(struct gd_surveyor *surveyor, const struct gd_dependency *edge,
                         uint32_t load)
{
    gd_surveyor_want(surveyor, GD_READ_RELATIONS, load);
    want_object(surveyor, edge->needs);
    if (edge->type == 'i')
        expand(surveyor, edge->needs);
}

static void take_owners(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        read_edge(surveyor, rows, row);
        const struct gd_list *all = &surveyor->finds.dependencies;
        follow_owner(surveyor, gd_list_at(all, all->count - 1), gd_pg_oid(rows, row, 7));
    }
}

void gd_surveyor_take_roots(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_address root = {gd_pg_oid(rows, row, 0), gd_pg_oid(rows, row, 1), 0};
        gd_surveyor_want(surveyor, GD_READ_RELATIONS, gd_pg_oid(rows, row, 2));
        want_object(surveyor, root);
        if (root.class_oid == GD_PG_ROLE)
            *(uint32_t *)gd_list_push(&surveyor->opened_roles, surveyor->arena) = root.oid;
        if (root.class_oid == GD_PG_NAMESPACE)
            *(uint32_t *)gd_list_push(&surveyor->opened_oids, surveyor->arena) = root.oid;
        if (gd_pg_bool(rows, row, 3))
            expand(surveyor, root);
    }
}

void gd_surveyor_take_neighbours(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++)
        gd_surveyor_want(surveyor, GD_READ_RELATIONS, gd_pg_oid(rows, row, 0));
}

/* --- the walk over dependencies -----------------------------------------------------------------
 */

GD_MUST static struct gd_status expand_some(struct gd_surveyor *surveyor, struct gd_error *err)
{
    const char *values[3];
    gd_array_of_addresses(surveyor->arena, &surveyor->pending, values);
    surveyor->pending.count = 0;
    const struct gd_survey_query queries[] = {
        {"read dependencies", edges_some_sql, values, 3, NULL, gd_surveyor_take_edges},
        {"read owners of parts", owners_sql, values, 2, NULL, take_owners},
    };
    return gd_surveyor_run(surveyor, queries, 2, err);
}

/* --- the walk, when everything was fetched at once
 * ------------------------------------------------ */

static int compare_whole(const void *left, const void *right)
{
    const struct gd_whole_edge *one = left, *other = right;
    return gd_address_compare(one->edge.needs, other->edge.needs);
}

static int compare_positions(const void *left, const void *right, void *context)
{
    const struct gd_whole_edge *whole = context;
    return gd_address_compare(whole[*(const uint32_t *)left].edge.object,
                              whole[*(const uint32_t *)right].edge.object);
}

static void take_whole(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    size_t count = gd_pg_rows_count(rows);
    struct gd_list *dependencies = &surveyor->finds.dependencies;
    struct gd_whole_edge *whole = gd_arena_zalloc(surveyor->arena, count + 1, sizeof *whole);
    uint32_t *by_object = gd_arena_zalloc(surveyor->arena, count + 1, sizeof *by_object);
    for (size_t row = 0; row < count; row++) {
        read_edge(surveyor, rows, row);
        whole[row].edge =
            *(struct gd_dependency *)gd_list_at(dependencies, dependencies->count - 1);
        dependencies->count--;
        whole[row].load = gd_pg_oid(rows, row, 7);
        whole[row].expand = gd_pg_bool(rows, row, 8);
        by_object[row] = (uint32_t)row;
    }
    qsort(whole, count, sizeof *whole, compare_whole);
    qsort_r(by_object, count, sizeof *by_object, compare_positions, whole);
    surveyor->whole =
        (struct gd_list){.items = (char *)whole, .count = count, .size = sizeof *whole};
    surveyor->whole_by_object = by_object;
}

GD_MUST static struct gd_status fetch_whole(struct gd_surveyor *surveyor, struct gd_error *err)
{
    const char *opened = gd_array_of_oids(surveyor->arena, &surveyor->opened_oids);
    const struct gd_survey_query query = {
        "read all dependencies", edges_all_sql, &opened, 1, NULL, take_whole};
    return gd_surveyor_run(surveyor, &query, 1, err);
}

static void keep_edge(struct gd_surveyor *surveyor, const struct gd_dependency *edge)
{
    *(struct gd_dependency *)gd_list_push(&surveyor->finds.dependencies, surveyor->arena) = *edge;
}

static void walk_dependants(struct gd_surveyor *surveyor, struct gd_address needed)
{
    const struct gd_whole_edge *whole = (const void *)surveyor->whole.items;
    struct gd_address from = {needed.class_oid, needed.oid, INT32_MIN};
    size_t low = 0, high = surveyor->whole.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gd_address_compare(whole[middle].edge.needs, from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < surveyor->whole.count; low++) {
        const struct gd_dependency *edge = &whole[low].edge;
        if (edge->needs.class_oid != needed.class_oid || edge->needs.oid != needed.oid)
            return;
        if (needed.column != 0 && needed.column != edge->needs.column)
            continue;
        keep_edge(surveyor, edge);
        follow(surveyor, edge, whole[low].load, whole[low].expand);
    }
}

static bool is_part(const struct gd_dependency *edge)
{
    return edge->type == 'i' || edge->type == 'P' || edge->type == 'S' || edge->type == 'e' ||
           (edge->type == 'a' && edge->object.class_oid == GD_PG_CLASS &&
            edge->needs.class_oid == GD_PG_CLASS);
}

static void walk_owners(struct gd_surveyor *surveyor, struct gd_address part)
{
    const struct gd_whole_edge *whole = (const void *)surveyor->whole.items;
    const uint32_t *order = surveyor->whole_by_object;
    struct gd_address from = {part.class_oid, part.oid, INT32_MIN};
    size_t low = 0, high = surveyor->whole.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gd_address_compare(whole[order[middle]].edge.object, from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < surveyor->whole.count; low++) {
        const struct gd_dependency *edge = &whole[order[low]].edge;
        if (edge->object.class_oid != part.class_oid || edge->object.oid != part.oid)
            return;
        if (!is_part(edge))
            continue;
        keep_edge(surveyor, edge);
        follow_owner(surveyor, edge, edge->needs.class_oid == GD_PG_CLASS ? edge->needs.oid : 0);
    }
}

struct gd_status gd_surveyor_expand(struct gd_surveyor *surveyor, struct gd_error *err)
{
    while (surveyor->pending.count > 0) {
        if (surveyor->whole.items == NULL && surveyor->pending.count <= PASS_OVER_ALL) {
            GD_TRY(expand_some(surveyor, err));
            continue;
        }
        if (surveyor->whole.items == NULL)
            GD_TRY(fetch_whole(surveyor, err));
        if (surveyor->whole.items == NULL)
            return GD_DONE; /* not allowed to; the trouble is noted */
        size_t last = surveyor->pending.count - 1;
        struct gd_address next = *(struct gd_address *)gd_list_at(&surveyor->pending, last);
        surveyor->pending.count = last;
        walk_dependants(surveyor, next);
        walk_owners(surveyor, next);
    }
    return GD_DONE;
}
