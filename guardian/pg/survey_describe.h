/*
 * Descriptions of objects, as pg_identify_object() would give them, from what was read already: a
 * question less for each.
 */
#ifndef GUARDIAN_PG_SURVEY_DESCRIBE_H
#define GUARDIAN_PG_SURVEY_DESCRIBE_H

#include "guardian/pg/survey_read.h"

struct gd_describer {
    struct gd_finds *finds;
    const char *const *keywords; /* sorted: names that need quotes */
    size_t keyword_count;
};

/** Describe what the relations and edges from these on name; `missing` gets the addresses that the
 *  server must be asked about. Each address comes up once. */
void gd_describe_here(const struct gd_describer *by, size_t from_relation, size_t from_edge,
                      struct gd_list *missing);

#endif
