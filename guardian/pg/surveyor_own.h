/*
 * Surveyor: what its parts share: the queries (surveyor.c) and the walk over dependencies
 * (surveyor_walk.c).
 */
#ifndef GUARDIAN_PG_SURVEYOR_OWN_H
#define GUARDIAN_PG_SURVEYOR_OWN_H

#include <time.h>

#include "guardian/pg/survey_read.h"
#include "guardian/pg/surveyor.h"

enum { GD_READ_RELATIONS, GD_READ_TYPES, GD_READ_FUNCTIONS, GD_READ_KINDS };

struct gd_surveyor {
    struct gd_pg *pg;
    struct gd_arena *arena;
    struct gd_finds finds;
    struct timespec started;
    bool looked, visits_all, has_rights;
    bool plans_for_values;        /* the server plans for the values that are asked about */
    const char **asked, **opened; /* sorted */
    size_t asked_count, opened_count;

    struct gd_map wanted;                  /* addresses of relations, types, functions to be read */
    struct gd_list pending;                /* struct gd_address: to be expanded next */
    struct gd_list to_read[GD_READ_KINDS]; /* uint32_t: what was not yet asked for, by kind */
    struct gd_list opened_oids, opened_roles; /* uint32_t */
    struct gd_list whole; /* struct gd_whole_edge: every dependency there is, sorted by needs */
    uint32_t *whole_by_object;   /* positions, sorted by object */
    const char *const *keywords; /* sorted */
    size_t keyword_count;
    const char *trouble;
};

/* One query: what it is for, its text, its parameters, who takes its rows. */
struct gd_survey_query {
    const char *what, *sql;
    const char *const *values;
    size_t value_count;
    gd_read_fn *read; /* or … */
    void (*take)(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows);
};

/* Run queries[0 .. count) in one round trip. A catalogue that may not be read makes the survey
 * incomplete: its query is skipped, and the rest goes on behind the savepoint. */
GD_MUST struct gd_status gd_surveyor_run(struct gd_surveyor *surveyor,
                                         const struct gd_survey_query *queries, size_t count,
                                         struct gd_error *err);

/* ---- the walk ---- */

/* This relation, type or function is to be read. 0: none. */
void gd_surveyor_want(struct gd_surveyor *surveyor, int kind, uint32_t oid);
void gd_surveyor_take_edges(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows);
void gd_surveyor_take_roots(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows);
void gd_surveyor_take_neighbours(struct gd_surveyor *surveyor, const struct gd_pg_rows *rows);
/* Follow what is pending to its end. */
GD_MUST struct gd_status gd_surveyor_expand(struct gd_surveyor *surveyor, struct gd_error *err);

#endif
