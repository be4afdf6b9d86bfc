#include "guardian/pg/surveyor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/pg/survey_read.h"

/* clang-format off */
#define SQL(name) static const char name##_sql[] =
SQL(session)
#include "guardian/pg/sql/session.sql.inc"
    ;
SQL(settings)
#include "guardian/pg/sql/settings.sql.inc"
    ;
SQL(facts)
#include "guardian/pg/sql/facts.sql.inc"
    ;
SQL(keywords)
#include "guardian/pg/sql/keywords.sql.inc"
    ;
SQL(roots)
#include "guardian/pg/sql/roots.sql.inc"
    ;
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
SQL(possessions)
#include "guardian/pg/sql/possessions.sql.inc"
    ;
SQL(neighbours)
#include "guardian/pg/sql/neighbours.sql.inc"
    ;
SQL(relations)
#include "guardian/pg/sql/relations.sql.inc"
    ;
SQL(columns)
#include "guardian/pg/sql/columns.sql.inc"
    ;
SQL(statistics)
#include "guardian/pg/sql/statistics.sql.inc"
    ;
SQL(sequences)
#include "guardian/pg/sql/sequences.sql.inc"
    ;
SQL(owned)
#include "guardian/pg/sql/owned.sql.inc"
    ;
SQL(constraints)
#include "guardian/pg/sql/constraints.sql.inc"
    ;
SQL(domain_constraints)
#include "guardian/pg/sql/domain_constraints.sql.inc"
    ;
SQL(indexes)
#include "guardian/pg/sql/indexes.sql.inc"
    ;
SQL(triggers)
#include "guardian/pg/sql/triggers.sql.inc"
    ;
SQL(rules)
#include "guardian/pg/sql/rules.sql.inc"
    ;
SQL(policies)
#include "guardian/pg/sql/policies.sql.inc"
    ;
SQL(types)
#include "guardian/pg/sql/types.sql.inc"
    ;
SQL(functions)
#include "guardian/pg/sql/functions.sql.inc"
    ;
SQL(operators)
#include "guardian/pg/sql/operators.sql.inc"
    ;
SQL(casts)
#include "guardian/pg/sql/casts.sql.inc"
    ;
SQL(hooks)
#include "guardian/pg/sql/hooks.sql.inc"
    ;
SQL(rights)
#include "guardian/pg/sql/rights.sql.inc"
    ;
SQL(others)
#include "guardian/pg/sql/others.sql.inc"
    ;
SQL(describe)
#include "guardian/pg/sql/describe.sql.inc"
    ;

/* Words of the queries that older servers do not know. */
static const struct { const char *token; int since; const char *sql, *before; } versioned[] = {
    {"@compression@",        140000, "a.attcompression",                "''"},
    {"@analysed@",           140000, "c.reltuples >= 0",                "false"},
    {"@statistics@",              0, "coalesce(a.attstattarget, -1)",   ""},
    {"@nulls_not_distinct@", 150000, "i.indnullsnotdistinct",           "false"},
    {"@enforced@",           180000, "con.conenforced",                 "true"},
    {"@sql_body@",           140000, "pg_get_function_sqlbody(p.oid)",  "NULL::text"},
    {"@subscription_oid@",   150000, "oid",                             "0"},
};
/* clang-format on */

enum {
    PASS_OVER_ALL = 500,  /* so many lookups cost more than one pass over pg_depend */
    STATISTICS_MAX = 200, /* relations for which pg_stats is read */
    SEQUENCES_MAX = 200,  /* sequences whose value is read: each is one more lock */
    QUERIES_MAX = 16,
};

enum { RELATIONS, TYPES, FUNCTIONS, KINDS };

/* A dependency with what its row says of reading on. */
struct whole {
    struct gd_dependency edge;
    uint32_t load;
    bool expand;
};

struct gd_surveyor {
    struct gd_pg *pg;
    struct gd_arena *arena;
    struct gd_finds finds;
    struct timespec started;
    bool looked, visits_all, has_rights;
    const char **asked, **opened; /* sorted */
    size_t asked_count, opened_count;

    struct gd_map wanted;          /* addresses of relations, types, functions to be read */
    struct gd_list pending;        /* struct gd_address: to be expanded next */
    struct gd_list to_read[KINDS]; /* uint32_t: relations, types, functions not yet asked for */
    struct gd_list opened_oids, opened_roles; /* uint32_t */
    struct gd_list whole;        /* struct whole: every dependency there is, sorted by needs */
    uint32_t *whole_by_object;   /* positions, sorted by object */
    const char *const *keywords; /* sorted */
    size_t keyword_count;
    const char *trouble;
};

static const uint32_t class_of[] = {GD_PG_CLASS, GD_PG_TYPE, GD_PG_PROC};

/* --- queries ------------------------------------------------------------------------------------
 */

/* One query: what it is for, its text, its parameters, who takes its rows. */
struct query {
    const char *what, *sql;
    const char *const *values;
    size_t value_count;
    gd_read_fn *read; /* or … */
    void (*take)(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows);
};

static const char *for_version(const struct gd_surveyor *surveyor, const char *sql)
{
    for (size_t i = 0; i < sizeof versioned / sizeof versioned[0]; i++) {
        const char *token = versioned[i].token, *found;
        const char *put = gd_pg_version(surveyor->pg) >= versioned[i].since ? versioned[i].sql
                                                                            : versioned[i].before;
        while ((found = strstr(sql, token)) != NULL)
            sql = gd_arena_printf(surveyor->arena, "%.*s%s%s", (int)(found - sql), sql, put,
                                  found + strlen(token));
    }
    return sql;
}

struct batch {
    struct gd_surveyor *surveyor;
    const struct query *queries; /* of the call behind the savepoint */
};

GD_MUST static struct gd_status take_rows(size_t index, const struct gd_pg_rows *rows,
                                          void *context, struct gd_error *err)
{
    (void)err;
    const struct batch *batch = context;
    if (index == 0)
        return GD_DONE; /* the savepoint */
    const struct query *query = &batch->queries[index - 1];
    if (query->read != NULL)
        query->read(&batch->surveyor->finds, rows);
    else if (query->take != NULL)
        query->take(batch->surveyor, rows);
    return GD_DONE;
}

static void note_trouble(struct gd_surveyor *surveyor, const char *trouble)
{
    if (surveyor->trouble == NULL)
        surveyor->trouble = gd_arena_strdup(surveyor->arena, trouble);
}

/* What a failure in the server means for the survey. */
GD_MUST static struct gd_status judge(struct gd_surveyor *surveyor, const struct gd_pg_call *call,
                                      struct gd_status status, struct gd_error *err)
{
    if (strcmp(call->sqlstate, "42501") == 0 && !gd_pg_broken(surveyor->pg)) {
        note_trouble(surveyor, err->text);
        *err = (struct gd_error){0};
        return GD_DONE;
    }
    if (strcmp(call->sqlstate, "55P03") == 0)
        return gd_hint(err, status,
                       "Another session holds a lock on something that is looked at: "
                       "wait for it, or allow a longer lock wait.");
    if (strcmp(call->sqlstate, "XX000") == 0) {
        struct gd_status busy = gd_fail(err, GD_BUSY,
                                        "could not %s: the catalogue of %s was "
                                        "changed meanwhile",
                                        call->what, gd_pg_where(surveyor->pg));
        return gd_hint(err, busy, "Another session changes the schema: try again when it is done.");
    }
    return status;
}

/* Run queries[0 .. count) in one round trip. A catalogue that may not be read makes the survey
 * incomplete: its query is skipped, and the rest goes on behind the savepoint. */
GD_MUST static struct gd_status run(struct gd_surveyor *surveyor, const struct query *queries,
                                    size_t count, struct gd_error *err)
{
    assert(count <= QUERIES_MAX);
    struct gd_pg_call calls[QUERIES_MAX + 1];
    for (size_t from = 0; from < count;) {
        size_t some = count - from;
        calls[0] = (struct gd_pg_call){.what = "set a savepoint", .sql = "SAVEPOINT guardian"};
        for (size_t i = 0; i < some; i++)
            calls[i + 1] = (struct gd_pg_call){.what = queries[from + i].what,
                                               .sql = for_version(surveyor, queries[from + i].sql),
                                               .values = queries[from + i].values,
                                               .value_count = queries[from + i].value_count};
        struct batch batch = {.surveyor = surveyor, .queries = &queries[from]};
        struct gd_status status =
            gd_pg_batch(surveyor->pg, calls, some + 1, take_rows, &batch, err);
        if (status.code == GD_OK)
            return status;
        size_t bad = 0;
        while (bad < some && calls[bad].sqlstate[0] == '\0')
            bad++;
        GD_TRY(judge(surveyor, &calls[bad], status, err));
        struct gd_pg_call back = {.what = "return to a savepoint",
                                  .sql = "ROLLBACK TO SAVEPOINT guardian"};
        GD_TRY(gd_pg_run(surveyor->pg, &back, NULL, err));
        from += bad == 0 ? 1 : bad;
    }
    return GD_DONE;
}

/* --- parameters ---------------------------------------------------------------------------------
 */

/* A text that grows; the parts of an array parameter. */
struct writer {
    struct gd_list bytes;
    struct gd_arena *arena;
};

static void put(struct writer *writer, char byte)
{
    *(char *)gd_list_push(&writer->bytes, writer->arena) = byte;
}

static struct writer writer_new(struct gd_arena *arena)
{
    struct writer writer = {.bytes = {.size = 1}, .arena = arena};
    put(&writer, '{');
    return writer;
}

static void put_number(struct writer *writer, int64_t number)
{
    char digits[24];
    size_t count = 0;
    uint64_t rest = number < 0 ? (uint64_t)-number : (uint64_t)number;
    if (writer->bytes.count > 1)
        put(writer, ',');
    if (number < 0)
        put(writer, '-');
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    while (count > 0)
        put(writer, digits[--count]);
}

static void put_text(struct writer *writer, const char *text)
{
    if (writer->bytes.count > 1)
        put(writer, ',');
    put(writer, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            put(writer, '\\');
        put(writer, *text);
    }
    put(writer, '"');
}

static const char *finish(struct writer *writer)
{
    put(writer, '}');
    put(writer, '\0');
    return writer->bytes.items;
}

static const char *oids_parameter(struct gd_arena *arena, const struct gd_list *oids)
{
    struct writer writer = writer_new(arena);
    for (size_t i = 0; i < oids->count; i++)
        put_number(&writer, *(const uint32_t *)gd_list_at(oids, i));
    return finish(&writer);
}

static const char *texts_parameter(struct gd_arena *arena, const char *const *texts, size_t count)
{
    struct writer writer = writer_new(arena);
    for (size_t i = 0; i < count; i++)
        put_text(&writer, texts[i]);
    return finish(&writer);
}

/* Three arrays out of one list of addresses. */
static void addresses_parameters(struct gd_arena *arena, const struct gd_list *addresses,
                                 const char *out_values[3])
{
    struct writer class = writer_new(arena), oid = writer_new(arena), column = writer_new(arena);
    for (size_t i = 0; i < addresses->count; i++) {
        const struct gd_address *address = gd_list_at(addresses, i);
        put_number(&class, address->class_oid);
        put_number(&oid, address->oid);
        put_number(&column, address->column);
    }
    out_values[0] = finish(&class);
    out_values[1] = finish(&oid);
    out_values[2] = finish(&column);
}

/* --- what to read, what to expand ---------------------------------------------------------------
 */

static void want(struct gd_surveyor *surveyor, int kind, uint32_t oid)
{
    struct gd_address address = {class_of[kind], oid, 0};
    if (oid != 0 && gd_map_add(&surveyor->wanted, gd_address_key(address), 0, surveyor->arena))
        *(uint32_t *)gd_list_push(&surveyor->to_read[kind], surveyor->arena) = oid;
}

static void want_object(struct gd_surveyor *surveyor, struct gd_address address)
{
    for (int kind = TYPES; kind <= FUNCTIONS; kind++)
        if (address.class_oid == class_of[kind])
            want(surveyor, kind, address.oid);
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
    want(surveyor, RELATIONS, load);
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

static void take_edges(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
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
    want(surveyor, RELATIONS, load);
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

static void take_roots(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_address root = {gd_pg_oid(rows, row, 0), gd_pg_oid(rows, row, 1), 0};
        want(surveyor, RELATIONS, gd_pg_oid(rows, row, 2));
        want_object(surveyor, root);
        if (root.class_oid == GD_PG_ROLE)
            *(uint32_t *)gd_list_push(&surveyor->opened_roles, surveyor->arena) = root.oid;
        if (root.class_oid == GD_PG_NAMESPACE)
            *(uint32_t *)gd_list_push(&surveyor->opened_oids, surveyor->arena) = root.oid;
        if (gd_pg_bool(rows, row, 3))
            expand(surveyor, root);
    }
}

static void take_neighbours(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++)
        want(surveyor, RELATIONS, gd_pg_oid(rows, row, 0));
}

/* --- the walk over dependencies -----------------------------------------------------------------
 */

GD_MUST static struct gd_status expand_some(struct gd_surveyor *surveyor, struct gd_error *err)
{
    const char *values[3];
    addresses_parameters(surveyor->arena, &surveyor->pending, values);
    surveyor->pending.count = 0;
    const struct query queries[] = {
        {"read dependencies", edges_some_sql, values, 3, NULL, take_edges},
        {"read owners of parts", owners_sql, values, 2, NULL, take_owners},
    };
    return run(surveyor, queries, 2, err);
}

/* --- the walk, when everything was fetched at once
 * ------------------------------------------------ */

static int compare_whole(const void *left, const void *right)
{
    const struct whole *one = left, *other = right;
    return gd_address_compare(one->edge.needs, other->edge.needs);
}

static int compare_positions(const void *left, const void *right, void *context)
{
    const struct whole *whole = context;
    return gd_address_compare(whole[*(const uint32_t *)left].edge.object,
                              whole[*(const uint32_t *)right].edge.object);
}

static void take_whole(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    size_t count = gd_pg_rows_count(rows);
    struct gd_list *dependencies = &surveyor->finds.dependencies;
    struct whole *whole = gd_arena_zalloc(surveyor->arena, count + 1, sizeof *whole);
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
    const char *opened = oids_parameter(surveyor->arena, &surveyor->opened_oids);
    const struct query query = {"read dependencies", edges_all_sql, &opened, 1, NULL, take_whole};
    return run(surveyor, &query, 1, err);
}

static void keep_edge(struct gd_surveyor *surveyor, const struct gd_dependency *edge)
{
    *(struct gd_dependency *)gd_list_push(&surveyor->finds.dependencies, surveyor->arena) = *edge;
}

static void walk_dependants(struct gd_surveyor *surveyor, struct gd_address needed)
{
    const struct whole *whole = (const void *)surveyor->whole.items;
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
    const struct whole *whole = (const void *)surveyor->whole.items;
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

GD_MUST static struct gd_status expand_pending(struct gd_surveyor *surveyor, struct gd_error *err)
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

/* --- names --------------------------------------------------------------------------------------
 */

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, each once, without those of `known`. */
static size_t new_texts(struct gd_arena *arena, const char *const *texts, size_t count,
                        const char *const *known, size_t known_count, const char ***out_texts)
{
    const char **fresh = gd_arena_zalloc(arena, count + 1, sizeof *fresh);
    size_t made = 0;
    for (size_t i = 0; i < count; i++)
        if (known_count == 0 ||
            bsearch(&texts[i], known, known_count, sizeof *known, compare_texts) == NULL)
            fresh[made++] = gd_arena_strdup(arena, texts[i]);
    qsort(fresh, made, sizeof *fresh, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < made; i++)
        if (kept == 0 || strcmp(fresh[kept - 1], fresh[i]) != 0)
            fresh[kept++] = fresh[i];
    *out_texts = fresh;
    return kept;
}

static void remember(struct gd_arena *arena, const char ***known, size_t *known_count,
                     const char *const *fresh, size_t count)
{
    const char **all = gd_arena_zalloc(arena, *known_count + count + 1, sizeof *all);
    for (size_t i = 0; i < *known_count; i++)
        all[i] = (*known)[i];
    for (size_t i = 0; i < count; i++)
        all[*known_count + i] = fresh[i];
    *known_count += count;
    qsort(all, *known_count, sizeof *all, compare_texts);
    *known = all;
}

static void take_keywords(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows)
{
    surveyor->keywords =
        gd_pg_texts(gd_pg_cell(rows, 0, 0), surveyor->arena, &surveyor->keyword_count);
}

/* What is asked once, before anything else: the order matters, settings change what is seen. */
GD_MUST static struct gd_status ask_facts(struct gd_surveyor *surveyor, struct gd_error *err)
{
    const struct query queries[] = {
        {"read the settings of the session", session_sql, NULL, 0, gd_read_session, NULL},
        {"set the style of the session", settings_sql, NULL, 0, NULL, NULL},
        {"read the facts of the server", facts_sql, NULL, 0, gd_read_facts, NULL},
        {"read the key words", keywords_sql, NULL, 0, NULL, take_keywords},
        {"read the casts", casts_sql, NULL, 0, gd_read_casts, NULL},
        {"read the hooks", hooks_sql, NULL, 0, gd_read_hooks, NULL},
    };
    surveyor->looked = true;
    return run(surveyor, queries, sizeof queries / sizeof queries[0], err);
}

GD_MUST static struct gd_status find_roots(struct gd_surveyor *surveyor,
                                           const struct gd_survey_wants *wants,
                                           struct gd_error *err)
{
    struct gd_arena *arena = surveyor->arena;
    const char **names = NULL, **opened = NULL;
    size_t opened_count = new_texts(arena, wants->opened, wants->opened_count, surveyor->opened,
                                    surveyor->opened_count, &opened);
    size_t name_count = new_texts(arena, wants->names, wants->name_count, surveyor->asked,
                                  surveyor->asked_count, &names);
    if (name_count == 0 && opened_count == 0)
        return GD_DONE;
    if (opened_count > 0)
        surveyor->whole = (struct gd_list){0}; /* it left out what these schemas hold */
    remember(arena, &surveyor->asked, &surveyor->asked_count, names, name_count);
    remember(arena, &surveyor->opened, &surveyor->opened_count, opened, opened_count);
    const char *const values[] = {texts_parameter(arena, names, name_count),
                                  texts_parameter(arena, opened, opened_count)};
    const char **both = gd_arena_zalloc(arena, name_count + opened_count + 1, sizeof *both);
    memcpy(both, names, name_count * sizeof *both);
    memcpy(both + name_count, opened, opened_count * sizeof *both);
    const char *all = texts_parameter(arena, both, name_count + opened_count);
    const struct query queries[] = {
        {"look up names", roots_sql, values, 2, NULL, take_roots},
        {"look up operators", operators_sql, values, 1, gd_read_operators, NULL},
        {"look up other names", others_sql, &all, 1, gd_read_others, NULL},
    };
    return run(surveyor, queries, 3, err);
}

/* Asked with the first look that wants any. */
GD_MUST static struct gd_status find_rights(struct gd_surveyor *surveyor,
                                            const struct gd_survey_wants *wants,
                                            struct gd_error *err)
{
    if (!wants->grants || surveyor->has_rights)
        return GD_DONE;
    surveyor->has_rights = true;
    const char *schemas = texts_parameter(surveyor->arena, wants->granted, wants->granted_count);
    const struct query query = {"read rights", rights_sql, &schemas, 1, gd_read_rights, NULL};
    return run(surveyor, &query, 1, err);
}

GD_MUST static struct gd_status find_possessions(struct gd_surveyor *surveyor, struct gd_error *err)
{
    if (surveyor->opened_roles.count == 0)
        return GD_DONE;
    const char *roles = oids_parameter(surveyor->arena, &surveyor->opened_roles);
    surveyor->opened_roles.count = 0;
    const struct query query = {
        "read what roles own", possessions_sql, &roles, 1, NULL, take_edges};
    return run(surveyor, &query, 1, err);
}

/* --- details ------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status read_relations(struct gd_surveyor *surveyor, struct gd_error *err)
{
    struct gd_list *relations = &surveyor->to_read[RELATIONS];
    if (relations->count == 0)
        return GD_DONE;
    const char *known = oids_parameter(surveyor->arena, relations);
    const struct query neighbours = {"read neighbours", neighbours_sql, &known, 1, NULL,
                                     take_neighbours};
    GD_TRY(run(surveyor, &neighbours, 1, err));
    const char *oids = oids_parameter(surveyor->arena, relations);
    relations->count = 0;
    const struct query queries[] = {
        {"read relations", relations_sql, &oids, 1, gd_read_relations, NULL},
        {"read columns", columns_sql, &oids, 1, gd_read_columns, NULL},
        {"read owned sequences", owned_sql, &oids, 1, gd_read_owned, NULL},
        {"read sequences", sequences_sql, &oids, 1, gd_read_sequences, NULL},
        {"read constraints", constraints_sql, &oids, 1, gd_read_constraints, NULL},
        {"read indexes", indexes_sql, &oids, 1, gd_read_indexes, NULL},
        {"read triggers", triggers_sql, &oids, 1, gd_read_triggers, NULL},
        {"read rules", rules_sql, &oids, 1, gd_read_rules, NULL},
        {"read row level security", policies_sql, &oids, 1, gd_read_policies, NULL},
    };
    return run(surveyor, queries, sizeof queries / sizeof queries[0], err);
}

enum { FIRST_USER_OID = 16384 };

/* A hook on a relation that nobody names runs only when the whole database is visited. */
static bool may_run(const struct gd_surveyor *surveyor, const struct gd_hook *hook)
{
    struct gd_address object = {hook->object.class_oid, hook->object.oid, 0};
    if (hook->kind == GD_HOOK_AGGREGATE)
        return gd_map_get(&surveyor->wanted, gd_address_key(object)) != GD_MAP_NONE;
    if (hook->relation_oid == 0)
        return true;
    bool visited = hook->kind == GD_HOOK_INDEX || hook->kind == GD_HOOK_STATISTICS;
    return (visited && surveyor->visits_all) ||
           gd_finds_relation(&surveyor->finds, hook->relation_oid) != NULL;
}

/* Types and functions that the relations from `from` on, operators, casts and triggers name. */
static void want_what_is_used(struct gd_surveyor *surveyor, size_t from)
{
    const struct gd_finds *finds = &surveyor->finds;
    for (size_t i = from; i < finds->relations.count; i++) {
        const struct gd_relation *relation = gd_list_at(&finds->relations, i);
        for (size_t k = 0; k < relation->column_count; k++)
            if (relation->columns[k].type_oid >= FIRST_USER_OID)
                want(surveyor, TYPES, relation->columns[k].type_oid);
        for (size_t k = 0; k < relation->trigger_count; k++)
            want(surveyor, FUNCTIONS, relation->triggers[k].function_oid);
    }
    for (size_t i = 0; i < finds->operators.count; i++) {
        const struct gd_operator_definition *one = gd_list_at(&finds->operators, i);
        want(surveyor, FUNCTIONS, one->function_oid);
    }
    for (size_t i = 0; i < finds->casts.count; i++) {
        const struct gd_cast_definition *one = gd_list_at(&finds->casts, i);
        want(surveyor, FUNCTIONS, one->function_oid);
    }
    for (size_t i = 0; i < finds->event_functions.count; i++)
        want(surveyor, FUNCTIONS, *(const uint32_t *)gd_list_at(&finds->event_functions, i));
    for (size_t i = 0; i < finds->hooks.count; i++) {
        const struct gd_hook *hook = gd_list_at(&finds->hooks, i);
        if (may_run(surveyor, hook))
            want(surveyor, FUNCTIONS, hook->function_oid);
    }
}

/* --- descriptions -------------------------------------------------------------------------------
 */

static const char *quoted(const struct gd_surveyor *surveyor, const char *name)
{
    bool plain = (*name >= 'a' && *name <= 'z') || *name == '_';
    for (const char *at = name; *at != '\0'; at++)
        plain = plain && ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_');
    if (plain &&
        (surveyor->keyword_count == 0 || bsearch(&name, surveyor->keywords, surveyor->keyword_count,
                                                 sizeof name, compare_texts) == NULL))
        return name;
    char *text = gd_arena_alloc(surveyor->arena, strlen(name) * 2 + 3), *to = text;
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

static void describe(struct gd_surveyor *surveyor, struct gd_address address, const char *kind,
                     const char *identity, uint32_t relation_oid)
{
    struct gd_described *one = gd_list_push(&surveyor->finds.descriptions, surveyor->arena);
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
static bool claim(struct gd_surveyor *surveyor, struct gd_address address)
{
    return gd_map_add(&surveyor->finds.described, gd_address_key(address), 0, surveyor->arena);
}

static void describe_parts(struct gd_surveyor *surveyor, const struct gd_relation *relation,
                           const struct gd_map *needed)
{
    struct gd_arena *arena = surveyor->arena;
    for (size_t i = 0; i < relation->constraint_count; i++) {
        struct gd_address address = {GD_PG_CONSTRAINT, relation->constraints[i].oid, 0};
        if (gd_map_get(needed, gd_address_key(address)) != GD_MAP_NONE && claim(surveyor, address))
            describe(surveyor, address, "table constraint",
                     gd_arena_printf(arena, "%s on %s",
                                     quoted(surveyor, relation->constraints[i].name),
                                     relation->qualified),
                     relation->oid);
    }
    for (size_t i = 0; i < relation->index_count; i++) {
        struct gd_address address = {GD_PG_CLASS, relation->indexes[i].oid, 0};
        if (gd_map_get(needed, gd_address_key(address)) != GD_MAP_NONE && claim(surveyor, address))
            describe(surveyor, address, "index",
                     gd_arena_printf(arena, "%s.%s", quoted(surveyor, relation->indexes[i].schema),
                                     quoted(surveyor, relation->indexes[i].name)),
                     relation->oid);
    }
    for (size_t i = 0; i < relation->trigger_count; i++) {
        struct gd_address address = {GD_PG_TRIGGER, relation->triggers[i].oid, 0};
        if (gd_map_get(needed, gd_address_key(address)) != GD_MAP_NONE && claim(surveyor, address))
            describe(surveyor, address, "trigger",
                     gd_arena_printf(arena, "%s on %s",
                                     quoted(surveyor, relation->triggers[i].name),
                                     relation->qualified),
                     relation->oid);
    }
}

/* Identity of a relation or of a column of it; NULL when it is not known here. */
static const char *identity_of(struct gd_surveyor *surveyor, struct gd_address address,
                               const struct gd_relation **out_relation)
{
    const struct gd_relation *relation = gd_finds_relation(&surveyor->finds, address.oid);
    *out_relation = relation;
    if (relation == NULL || address.column == 0)
        return relation == NULL ? NULL : relation->qualified;
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i].number == address.column)
            return gd_arena_printf(surveyor->arena, "%s.%s", relation->qualified,
                                   quoted(surveyor, relation->columns[i].name));
    return NULL;
}

static void describe_relation(struct gd_surveyor *surveyor, struct gd_address address)
{
    const struct gd_relation *relation = NULL;
    if (gd_map_get(&surveyor->finds.described, gd_address_key(address)) != GD_MAP_NONE)
        return;
    const char *identity = identity_of(surveyor, address, &relation);
    if (identity == NULL || !claim(surveyor, address))
        return;
    uint32_t table = relation->index_table_oid != 0 ? relation->index_table_oid : relation->oid;
    describe(surveyor, address, kind_of(relation->kind, address.column != 0), identity, table);
}

static void describe_default(struct gd_surveyor *surveyor, const struct gd_dependency *edge)
{
    const struct gd_relation *relation = NULL;
    const char *identity = identity_of(surveyor, edge->needs, &relation);
    if (edge->needs.column == 0 || identity == NULL || !claim(surveyor, edge->object))
        return;
    describe(surveyor, edge->object, "default value",
             gd_arena_printf(surveyor->arena, "for %s", identity), relation->oid);
}

/* Most can be described by what was read; `missing` gets the rest, for the server. */
static void describe_here(struct gd_surveyor *surveyor, size_t from_relation, size_t from_edge,
                          struct gd_list *missing)
{
    struct gd_finds *finds = &surveyor->finds;
    struct gd_map needed = {0};
    for (size_t i = from_edge; i < finds->dependencies.count; i++) {
        const struct gd_dependency *edge = gd_list_at(&finds->dependencies, i);
        gd_map_add(&needed, gd_address_key(edge->object), 0, surveyor->arena);
        if (edge->object.class_oid == GD_PG_CLASS)
            describe_relation(surveyor, edge->object);
        if (edge->needs.class_oid == GD_PG_CLASS)
            describe_relation(surveyor, edge->needs);
        if (edge->object.class_oid == GD_PG_ATTRDEF && (edge->type == 'a' || edge->type == 'i') &&
            edge->needs.class_oid == GD_PG_CLASS)
            describe_default(surveyor, edge);
        gd_map_add(&needed, gd_address_key(edge->needs), 0, surveyor->arena);
    }
    for (size_t i = from_relation; i < finds->relations.count; i++)
        describe_parts(surveyor, gd_list_at(&finds->relations, i), &needed);
    for (size_t i = from_edge; i < finds->dependencies.count; i++) {
        const struct gd_dependency *edge = gd_list_at(&finds->dependencies, i);
        if (claim(surveyor, edge->object))
            *(struct gd_address *)gd_list_push(missing, surveyor->arena) = edge->object;
        if (claim(surveyor, edge->needs))
            *(struct gd_address *)gd_list_push(missing, surveyor->arena) = edge->needs;
    }
}

/* --- the second wave: what only the first one could name
 * ------------------------------------------ */

/* Reading a value takes a lock that is kept to the end: only so many. NULL when there is none. */
static const char *sequence_values_sql(const struct gd_surveyor *surveyor, size_t from)
{
    const struct gd_list *relations = &surveyor->finds.relations;
    const char *sql = NULL;
    size_t count = 0;
    for (size_t i = from; i < relations->count && count < SEQUENCES_MAX; i++) {
        const struct gd_relation *one = gd_list_at(relations, i);
        if (one->kind != 'S' || !one->readable)
            continue;
        count++;
        sql = gd_arena_printf(surveyor->arena, "%s%sSELECT %u, last_value, is_called FROM %s",
                              sql == NULL ? "" : sql, sql == NULL ? "" : " UNION ALL ", one->oid,
                              one->qualified);
    }
    return sql;
}

static size_t statistics_values(const struct gd_surveyor *surveyor, size_t from,
                                const char *out_values[2])
{
    const struct gd_list *relations = &surveyor->finds.relations;
    struct writer oids = writer_new(surveyor->arena), names = writer_new(surveyor->arena);
    size_t count = relations->count - from;
    if (count > STATISTICS_MAX)
        return 0;
    for (size_t i = from; i < relations->count; i++) {
        const struct gd_relation *one = gd_list_at(relations, i);
        put_number(&oids, one->oid);
        put_text(&names, one->name);
    }
    out_values[0] = finish(&oids);
    out_values[1] = finish(&names);
    return count;
}

GD_MUST static struct gd_status read_second_wave(struct gd_surveyor *surveyor, size_t from_relation,
                                                 size_t from_edge, struct gd_error *err)
{
    struct query queries[6];
    size_t count = 0;
    const char *statistics[2], *missing_values[3];
    want_what_is_used(surveyor, from_relation);
    const char *types = oids_parameter(surveyor->arena, &surveyor->to_read[TYPES]);
    const char *functions = oids_parameter(surveyor->arena, &surveyor->to_read[FUNCTIONS]);
    struct gd_list missing = {.size = sizeof(struct gd_address)};
    describe_here(surveyor, from_relation, from_edge, &missing);
    addresses_parameters(surveyor->arena, &missing, missing_values);
    const char *values_sql = sequence_values_sql(surveyor, from_relation);

    if (surveyor->to_read[TYPES].count > 0) {
        queries[count++] = (struct query){"read types", types_sql, &types, 1, gd_read_types, NULL};
        queries[count++] = (struct query){"read the constraints of domains",
                                          domain_constraints_sql,
                                          &types,
                                          1,
                                          gd_read_domain_constraints,
                                          NULL};
    }
    if (surveyor->to_read[FUNCTIONS].count > 0)
        queries[count++] =
            (struct query){"read functions", functions_sql, &functions, 1, gd_read_functions, NULL};
    if (values_sql != NULL)
        queries[count++] = (struct query){"read the values of sequences", values_sql, NULL, 0,
                                          gd_read_sequence_values,        NULL};
    if (statistics_values(surveyor, from_relation, statistics) > 0)
        queries[count++] = (struct query){
            "read statistics", statistics_sql, statistics, 2, gd_read_statistics, NULL};
    if (missing.count > 0)
        queries[count++] = (struct query){"describe what depends", describe_sql, missing_values, 3,
                                          gd_read_descriptions,    NULL};
    surveyor->to_read[TYPES].count = surveyor->to_read[FUNCTIONS].count = 0;
    return count == 0 ? GD_DONE : run(surveyor, queries, count, err);
}

/* --- the surveyor -------------------------------------------------------------------------------
 */

struct gd_status gd_surveyor_open(struct gd_pg *pg, struct gd_arena *arena,
                                  struct gd_surveyor **out_surveyor, struct gd_error *err)
{
    GD_TRY(gd_pg_begin(pg, err));
    struct gd_surveyor *surveyor = gd_arena_zalloc(arena, 1, sizeof *surveyor);
    surveyor->pg = pg;
    surveyor->arena = surveyor->finds.arena = arena;
    clock_gettime(CLOCK_MONOTONIC, &surveyor->started);
    surveyor->finds.relations.size = sizeof(struct gd_relation);
    surveyor->finds.types.size = sizeof(struct gd_type);
    surveyor->finds.functions.size = sizeof(struct gd_function);
    surveyor->finds.operators.size = sizeof(struct gd_operator_definition);
    surveyor->finds.casts.size = sizeof(struct gd_cast_definition);
    surveyor->finds.others.size = sizeof(struct gd_other);
    surveyor->finds.rights.size = sizeof(struct gd_rights);
    surveyor->finds.hooks.size = sizeof(struct gd_hook);
    surveyor->finds.dependencies.size = sizeof(struct gd_dependency);
    surveyor->finds.descriptions.size = sizeof(struct gd_described);
    surveyor->finds.event_functions.size = sizeof(uint32_t);
    surveyor->finds.facts.pooled = gd_pg_pooled(pg);
    surveyor->pending.size = sizeof(struct gd_address);
    surveyor->opened_oids.size = surveyor->opened_roles.size = sizeof(uint32_t);
    for (size_t kind = 0; kind < KINDS; kind++)
        surveyor->to_read[kind].size = sizeof(uint32_t);
    *out_surveyor = surveyor;
    return GD_DONE;
}

void gd_surveyor_close(struct gd_surveyor *surveyor)
{
    if (surveyor != NULL)
        gd_pg_end(surveyor->pg);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

struct gd_status gd_surveyor_look(struct gd_surveyor *surveyor, const struct gd_survey_wants *wants,
                                  const struct gd_survey **out_survey, struct gd_error *err)
{
    struct gd_finds *finds = &surveyor->finds;
    size_t from_relation = finds->relations.count, from_edge = finds->dependencies.count;
    surveyor->visits_all = surveyor->visits_all || wants->visits_all;
    if (!surveyor->looked)
        GD_TRY(ask_facts(surveyor, err));
    GD_TRY(find_roots(surveyor, wants, err));
    GD_TRY(find_rights(surveyor, wants, err));
    GD_TRY(find_possessions(surveyor, err));
    GD_TRY(expand_pending(surveyor, err));
    GD_TRY(read_relations(surveyor, err));
    GD_TRY(read_second_wave(surveyor, from_relation, from_edge, err));
    finds->facts.complete = surveyor->trouble == NULL;
    finds->facts.trouble = surveyor->trouble;
    finds->facts.seconds = seconds_since(&surveyor->started);
    *out_survey = gd_survey_build(finds);
    return GD_DONE;
}

struct gd_status gd_survey_take(struct gd_pg *pg, const struct gd_survey_wants *wants,
                                struct gd_arena *arena, const struct gd_survey **out_survey,
                                struct gd_error *err)
{
    gd_auto_surveyor surveyor = NULL;
    GD_TRY(gd_surveyor_open(pg, arena, &surveyor, err));
    return gd_surveyor_look(surveyor, wants, out_survey, err);
}
