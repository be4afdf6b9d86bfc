/*
 * Check, from within: what the statements of a plan say should be there. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_CHECK_OWN_H
#define GUARDIAN_GUARD_CHECK_OWN_H

#include "guardian/guard/check.h"

enum gd_expected_kind {
    GD_EXPECTED_RELATION, /* a table, a view, an index, a sequence */
    GD_EXPECTED_TYPE,
    GD_EXPECTED_SCHEMA,
    GD_EXPECTED_COLUMN,     /* `part` of relation `name` */
    GD_EXPECTED_CONSTRAINT, /* the same */
    GD_EXPECTED_VALUE,      /* label `part` of enum `name` */
};

struct gd_expected {
    enum gd_expected_kind kind;
    const char *name;  /* as the server reads it: "public"."users" */
    const char *part;  /* "" where the kind has none */
    bool there;        /* or gone */
    bool index;        /* it goes with its table, and with a column */
    bool forgotten;    /* something that came later may have changed it */
    const char *place; /* app.sql:3 */
};

struct gd_expectations {
    struct gd_expected *items;
    size_t count, capacity;
    struct gd_texts not_valid; /* constraints that were added NOT VALID, by name */
    bool any_not_valid;        /* one without a name, or in code that runs */
};

/** What the plan's statements leave behind, as far as their text says it for sure. */
GD_MUST struct gd_status gd_expect(const struct gd_plan *plan, struct gd_arena *arena,
                                   struct gd_expectations *out_expected, struct gd_error *err);

#endif
