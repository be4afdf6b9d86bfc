#include "guardian/pg/surveyor_own.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/pg/array_text.h"
#include "guardian/pg/survey_describe.h"

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
    STATISTICS_MAX = 200, /* relations for which pg_stats is read */
    SEQUENCES_MAX = 200,  /* sequences whose value is read: each is one more lock */
    QUERIES_MAX = 16,
};

/* --- queries ------------------------------------------------------------------------------------
 */

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
    const struct gd_survey_query *queries; /* of the call behind the savepoint */
};

/* Most of a survey's time is planning. A plan that knows no values fits a few of them; what is
 * asked about many is planned for these (below). The text that reads sequences is another one each
 * time. */
static bool is_worth_keeping(const struct gd_surveyor *surveyor,
                             const struct gd_survey_query *query)
{
    enum { FEW = 2048 }; /* bytes: some two hundred oids */
    size_t size = 0;
    for (size_t i = 0; i < query->value_count; i++)
        size += query->values[i] == NULL ? 0 : strlen(query->values[i]);
    return size < FEW && surveyor->opened_count == 0 && query->read != gd_read_sequence_values;
}

static struct gd_pg_call call_of(const struct gd_surveyor *surveyor,
                                 const struct gd_survey_query *query)
{
    return (struct gd_pg_call){.what = query->what,
                               .sql = for_version(surveyor, query->sql),
                               .values = query->values,
                               .value_count = query->value_count,
                               .keep = is_worth_keeping(surveyor, query) ? query->what : NULL,
                               .keep_anywhere = true};
}

/* Left to itself the server plans what is kept for its values all the same, again and again, since
 * it expects more of them than there are. The settings of the survey tell it not to; what is asked
 * about many needs it to. A failure that brings the setting back costs time only. */
GD_MUST static struct gd_status set_plans(struct gd_surveyor *surveyor,
                                          const struct gd_survey_query *queries, size_t count,
                                          struct gd_error *err)
{
    bool many = false;
    for (size_t i = 0; i < count; i++)
        many |= queries[i].value_count > 0 && !is_worth_keeping(surveyor, &queries[i]);
    if (many == surveyor->plans_for_values)
        return GD_DONE;
    const char *mode = many ? "auto" : "force_generic_plan";
    struct gd_pg_call call = {.what = "say how to plan",
                              .sql = "SELECT pg_catalog.set_config('plan_cache_mode', $1, true)",
                              .values = &mode,
                              .value_count = 1};
    surveyor->plans_for_values = many;
    return gd_pg_run(surveyor->pg, &call, NULL, err);
}

GD_MUST static struct gd_status take_rows(size_t index, const struct gd_pg_rows *rows,
                                          void *context, struct gd_error *err)
{
    (void)err;
    const struct batch *batch = context;
    if (index == 0)
        return GD_DONE; /* the savepoint */
    const struct gd_survey_query *query = &batch->queries[index - 1];
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

struct gd_status gd_surveyor_run(struct gd_surveyor *surveyor,
                                 const struct gd_survey_query *queries, size_t count,
                                 struct gd_error *err)
{
    assert(count <= QUERIES_MAX);
    struct gd_pg_call calls[QUERIES_MAX + 1];
    bool again = true;
    GD_TRY(set_plans(surveyor, queries, count, err));
    for (size_t from = 0; from < count;) {
        size_t some = count - from;
        calls[0] = (struct gd_pg_call){.what = "set a savepoint", .sql = "SAVEPOINT guardian"};
        for (size_t i = 0; i < some; i++)
            calls[i + 1] = call_of(surveyor, &queries[from + i]);
        struct batch batch = {.surveyor = surveyor, .queries = &queries[from]};
        struct gd_status status =
            gd_pg_batch(surveyor->pg, calls, some + 1, take_rows, &batch, err);
        if (status.code == GD_OK)
            return status;
        size_t bad = 0;
        while (bad < some && calls[bad].sqlstate[0] == '\0')
            bad++;
        bool lost = again && bad > 0 && gd_pg_lost_plan(&calls[bad]);
        if (!lost)
            GD_TRY(judge(surveyor, &calls[bad], status, err));
        struct gd_pg_call back = {.what = "return to a savepoint",
                                  .sql = "ROLLBACK TO SAVEPOINT guardian"};
        GD_TRY(gd_pg_run(surveyor->pg, &back, NULL, err));
        if (lost)
            gd_pg_forget_plans(surveyor->pg);
        again = again && !lost;
        from += lost ? bad - 1 : bad == 0 ? 1 : bad;
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
    const struct gd_survey_query queries[] = {
        {"read the settings of the session", session_sql, NULL, 0, gd_read_session, NULL},
        {"set the style of the session", settings_sql, NULL, 0, NULL, NULL},
        {"read the facts of the server", facts_sql, NULL, 0, gd_read_facts, NULL},
        {"read the key words", keywords_sql, NULL, 0, NULL, take_keywords},
        {"read the casts", casts_sql, NULL, 0, gd_read_casts, NULL},
        {"read the hooks", hooks_sql, NULL, 0, gd_read_hooks, NULL},
    };
    surveyor->looked = true;
    return gd_surveyor_run(surveyor, queries, sizeof queries / sizeof queries[0], err);
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
    const char *const values[] = {gd_array_of_texts(arena, names, name_count),
                                  gd_array_of_texts(arena, opened, opened_count)};
    const char **both = gd_arena_zalloc(arena, name_count + opened_count + 1, sizeof *both);
    memcpy(both, names, name_count * sizeof *both);
    memcpy(both + name_count, opened, opened_count * sizeof *both);
    const char *all = gd_array_of_texts(arena, both, name_count + opened_count);
    const struct gd_survey_query queries[] = {
        {"look up names", roots_sql, values, 2, NULL, gd_surveyor_take_roots},
        {"look up operators", operators_sql, values, 1, gd_read_operators, NULL},
        {"look up other names", others_sql, &all, 1, gd_read_others, NULL},
    };
    return gd_surveyor_run(surveyor, queries, 3, err);
}

/* Asked with the first look that wants any. */
GD_MUST static struct gd_status find_rights(struct gd_surveyor *surveyor,
                                            const struct gd_survey_wants *wants,
                                            struct gd_error *err)
{
    if (!wants->grants || surveyor->has_rights)
        return GD_DONE;
    surveyor->has_rights = true;
    const char *schemas = gd_array_of_texts(surveyor->arena, wants->granted, wants->granted_count);
    const struct gd_survey_query query = {"read rights",  rights_sql, &schemas, 1,
                                          gd_read_rights, NULL};
    return gd_surveyor_run(surveyor, &query, 1, err);
}

GD_MUST static struct gd_status find_possessions(struct gd_surveyor *surveyor, struct gd_error *err)
{
    if (surveyor->opened_roles.count == 0)
        return GD_DONE;
    const char *roles = gd_array_of_oids(surveyor->arena, &surveyor->opened_roles);
    surveyor->opened_roles.count = 0;
    const struct gd_survey_query query = {"read what roles own", possessions_sql, &roles, 1, NULL,
                                          gd_surveyor_take_edges};
    return gd_surveyor_run(surveyor, &query, 1, err);
}

/* --- details ------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status read_relations(struct gd_surveyor *surveyor, struct gd_error *err)
{
    struct gd_list *relations = &surveyor->to_read[GD_READ_RELATIONS];
    if (relations->count == 0)
        return GD_DONE;
    const char *known = gd_array_of_oids(surveyor->arena, relations);
    const struct gd_survey_query neighbours = {
        "read neighbours", neighbours_sql, &known, 1, NULL, gd_surveyor_take_neighbours};
    GD_TRY(gd_surveyor_run(surveyor, &neighbours, 1, err));
    const char *oids = gd_array_of_oids(surveyor->arena, relations);
    relations->count = 0;
    const struct gd_survey_query queries[] = {
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
    return gd_surveyor_run(surveyor, queries, sizeof queries / sizeof queries[0], err);
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
                gd_surveyor_want(surveyor, GD_READ_TYPES, relation->columns[k].type_oid);
        for (size_t k = 0; k < relation->trigger_count; k++)
            gd_surveyor_want(surveyor, GD_READ_FUNCTIONS, relation->triggers[k].function_oid);
    }
    for (size_t i = 0; i < finds->operators.count; i++) {
        const struct gd_operator_definition *one = gd_list_at(&finds->operators, i);
        gd_surveyor_want(surveyor, GD_READ_FUNCTIONS, one->function_oid);
    }
    for (size_t i = 0; i < finds->casts.count; i++) {
        const struct gd_cast_definition *one = gd_list_at(&finds->casts, i);
        gd_surveyor_want(surveyor, GD_READ_FUNCTIONS, one->function_oid);
    }
    for (size_t i = 0; i < finds->event_functions.count; i++)
        gd_surveyor_want(surveyor, GD_READ_FUNCTIONS,
                         *(const uint32_t *)gd_list_at(&finds->event_functions, i));
    for (size_t i = 0; i < finds->hooks.count; i++) {
        const struct gd_hook *hook = gd_list_at(&finds->hooks, i);
        if (may_run(surveyor, hook))
            gd_surveyor_want(surveyor, GD_READ_FUNCTIONS, hook->function_oid);
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
    struct gd_array_text oids = gd_array_begin(surveyor->arena),
                         names = gd_array_begin(surveyor->arena);
    size_t count = relations->count - from;
    if (count > STATISTICS_MAX)
        return 0;
    for (size_t i = from; i < relations->count; i++) {
        const struct gd_relation *one = gd_list_at(relations, i);
        gd_array_number(&oids, one->oid);
        gd_array_text_add(&names, one->name);
    }
    out_values[0] = gd_array_end(&oids);
    out_values[1] = gd_array_end(&names);
    return count;
}

GD_MUST static struct gd_status read_second_wave(struct gd_surveyor *surveyor, size_t from_relation,
                                                 size_t from_edge, struct gd_error *err)
{
    struct gd_survey_query queries[6];
    size_t count = 0;
    const char *statistics[2], *missing_values[3];
    want_what_is_used(surveyor, from_relation);
    const char *types = gd_array_of_oids(surveyor->arena, &surveyor->to_read[GD_READ_TYPES]);
    const char *functions =
        gd_array_of_oids(surveyor->arena, &surveyor->to_read[GD_READ_FUNCTIONS]);
    struct gd_list missing = {.size = sizeof(struct gd_address)};
    struct gd_describer describer = {&surveyor->finds, surveyor->keywords, surveyor->keyword_count};
    gd_describe_here(&describer, from_relation, from_edge, &missing);
    gd_array_of_addresses(surveyor->arena, &missing, missing_values);
    const char *values_sql = sequence_values_sql(surveyor, from_relation);

    if (surveyor->to_read[GD_READ_TYPES].count > 0) {
        queries[count++] =
            (struct gd_survey_query){"read types", types_sql, &types, 1, gd_read_types, NULL};
        queries[count++] = (struct gd_survey_query){"read the constraints of domains",
                                                    domain_constraints_sql,
                                                    &types,
                                                    1,
                                                    gd_read_domain_constraints,
                                                    NULL};
    }
    if (surveyor->to_read[GD_READ_FUNCTIONS].count > 0)
        queries[count++] = (struct gd_survey_query){"read functions",  functions_sql, &functions, 1,
                                                    gd_read_functions, NULL};
    if (values_sql != NULL)
        queries[count++] = (struct gd_survey_query){
            "read the values of sequences", values_sql, NULL, 0, gd_read_sequence_values, NULL};
    if (statistics_values(surveyor, from_relation, statistics) > 0)
        queries[count++] = (struct gd_survey_query){
            "read statistics", statistics_sql, statistics, 2, gd_read_statistics, NULL};
    if (missing.count > 0)
        queries[count++] = (struct gd_survey_query){
            "describe what depends", describe_sql, missing_values, 3, gd_read_descriptions, NULL};
    surveyor->to_read[GD_READ_TYPES].count = surveyor->to_read[GD_READ_FUNCTIONS].count = 0;
    return count == 0 ? GD_DONE : gd_surveyor_run(surveyor, queries, count, err);
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
    for (size_t kind = 0; kind < GD_READ_KINDS; kind++)
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
    GD_TRY(gd_surveyor_expand(surveyor, err));
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
