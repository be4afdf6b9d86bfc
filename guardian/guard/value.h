/*
 * Value: what ALTER TYPE … ADD VALUE adds, and whether a step of ours has added it before.
 */
#ifndef GUARDIAN_GUARD_VALUE_H
#define GUARDIAN_GUARD_VALUE_H

#include "guardian/base/arena.h"
#include "guardian/pg/connect.h"

struct gd_value {
    const char *type; /* as to_regtype() reads it */
    const char *label;
};

/** @return false: the text is no such statement */
bool gd_value_read(const char *sql, size_t size, struct gd_arena *arena,
                   struct gd_value *out_value);

/** The change that added it: its row in pg_enum was written by the transaction that a step's row in
 *  the ledger names (and so by no savepoint's). Names are read as `pg` does. NULL: none of ours */
const char *gd_value_change(struct gd_pg *pg, const struct gd_value *value, struct gd_arena *arena);

#endif
