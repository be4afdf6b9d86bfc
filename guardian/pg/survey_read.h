/*
 * Survey, reading: rows of the queries in pg/sql/ become the structs of pg/survey.h.
 *
 * Each query is one row of a table: its text, which list of oids it is asked for, and the function
 * that takes its rows. Inside pg/ only.
 */
#ifndef GUARDIAN_PG_SURVEY_READ_H
#define GUARDIAN_PG_SURVEY_READ_H

#include "guardian/base/map.h"
#include "guardian/pg/connect.h"
#include "guardian/pg/survey.h"

/** A list that grows in an arena; items move when it does. */
struct gd_list {
    char *items;
    size_t count, capacity, size;
};

void *gd_list_push(struct gd_list *list, struct gd_arena *arena); /* zeroed */
void *gd_list_at(const struct gd_list *list, size_t index);

/** What has been found so far. */
struct gd_finds {
    struct gd_arena *arena;
    struct gd_survey facts; /* the fields that are no lists */
    struct gd_list relations, types, functions, operators, casts, others, hooks, rights;
    struct gd_list dependencies, descriptions;
    struct gd_map relation_at, type_at, function_at, described; /* keys: oid; oid; oid; address */
    struct gd_map visited;          /* addresses whose dependants were looked up */
    struct gd_list event_functions; /* uint32_t: of event triggers */
};

/** A key that is the address itself: catalogues have small oids. */
uint64_t gd_address_key(struct gd_address address);

/** By class, oid, column. */
int gd_address_compare(struct gd_address left, struct gd_address right);

struct gd_relation *gd_finds_relation(const struct gd_finds *finds, uint32_t oid);

/** Arrays as the server prints them: {a,"b c",NULL} and {1,2} or "1 2". */
const char *const *gd_pg_texts(const char *array, struct gd_arena *arena, size_t *out_count);
const int16_t *gd_pg_shorts(const char *array, struct gd_arena *arena, size_t *out_count);
const uint32_t *gd_pg_oids(const char *array, struct gd_arena *arena, size_t *out_count);

typedef void gd_read_fn(struct gd_finds *finds, const struct gd_pg_rows *rows);

gd_read_fn gd_read_session, gd_read_facts, gd_read_relations, gd_read_columns, gd_read_statistics,
    gd_read_sequences, gd_read_sequence_values, gd_read_owned, gd_read_constraints,
    gd_read_domain_constraints, gd_read_indexes, gd_read_triggers, gd_read_rules, gd_read_policies,
    gd_read_types, gd_read_functions, gd_read_operators, gd_read_casts, gd_read_hooks,
    gd_read_rights, gd_read_others, gd_read_descriptions;

/** What was found so far as one struct with sorted lists, in new memory. */
const struct gd_survey *gd_survey_build(const struct gd_finds *finds);

#endif
