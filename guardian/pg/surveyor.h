/*
 * Surveyor: makes a survey (pg/survey.h) from a live server.
 *
 * The cost follows what is named, not the size of the database: about eight round trips, and a few
 * more where dependencies are deep. Everything is read in one read-only, repeatable-read
 * transaction with the limits of the connection, so that what was read first still holds for what
 * is read last.
 *
 * A caller that finds further names in what was read (bodies of functions, views) looks again:
 *
 *     GD_TRY(gd_surveyor_open(pg, arena, &surveyor, err));
 *     do
 *         GD_TRY(gd_surveyor_look(surveyor, &wants, &survey, err));
 *     while (find_names_not_asked_for(survey, &wants));
 *     gd_surveyor_close(surveyor);
 *
 * Owner        everything lives in the arena given to open; close ends the transaction.
 */
#ifndef GUARDIAN_PG_SURVEYOR_H
#define GUARDIAN_PG_SURVEYOR_H

#include "guardian/pg/connect.h"
#include "guardian/pg/survey.h"

struct gd_survey_wants {
    /* Bare names as the server would store them (unquoted, folded, at most 63 bytes). All objects
       of that name count, in any schema and of any kind: relations, types, functions, operators
       that call a user's function, schemas, roles … Triggers, rules, policies and columns are
       reached by naming their table. A builtin's name is cheap. */
    const char *const *names;
    size_t name_count;
    /* Schemas, roles and extensions of which also the contents are wanted, as DROP SCHEMA, DROP
       OWNED and DROP EXTENSION need them. The schema that merely qualifies a name belongs in
       neither list. */
    const char *const *opened;
    size_t opened_count;
    /* Indexes and statistics of every table may be computed: VACUUM, ANALYZE, REINDEX DATABASE. */
    bool visits_all;
    /* Rights are given on everything in these schemas, or on what is made later. */
    bool grants;
    const char *const *granted;
    size_t granted_count;
};

struct gd_surveyor;

/** @return GD_BUSY or GD_SYSTEM as gd_pg_run() */
GD_MUST struct gd_status gd_surveyor_open(struct gd_pg *pg, struct gd_arena *arena,
                                          struct gd_surveyor **out_surveyor, struct gd_error *err);

/**
 * Look up what is wanted, on top of what earlier looks found. Names that were asked for before cost
 * nothing. A survey that was handed out earlier stays valid, without the new finds.
 *
 * @return GD_BUSY    somebody holds a lock that reading a definition waits for, or changed the
 *                    catalogue meanwhile; try again
 *         GD_SYSTEM  the connection or the server failed
 * @note A catalogue that the role may not read is no failure: survey->complete is false then.
 */
GD_MUST struct gd_status gd_surveyor_look(struct gd_surveyor *surveyor,
                                          const struct gd_survey_wants *wants,
                                          const struct gd_survey **out_survey,
                                          struct gd_error *err);

void gd_surveyor_close(struct gd_surveyor *surveyor);

static inline void gd_surveyor_cleanup_(struct gd_surveyor **surveyor)
{
    gd_surveyor_close(*surveyor);
}
#define gd_auto_surveyor __attribute__((cleanup(gd_surveyor_cleanup_))) struct gd_surveyor *

/** Open, look once, close. */
GD_MUST struct gd_status gd_survey_take(struct gd_pg *pg, const struct gd_survey_wants *wants,
                                        struct gd_arena *arena, const struct gd_survey **out_survey,
                                        struct gd_error *err);

#endif
