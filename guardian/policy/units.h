/*
 * Units: sizes, durations and counts as a policy writes them, in PostgreSQL's units.
 */
#ifndef GUARDIAN_POLICY_UNITS_H
#define GUARDIAN_POLICY_UNITS_H

#include <stdint.h>

#include "guardian/base/arena.h"

enum gd_unit_kind { GD_UNIT_SIZE, GD_UNIT_DURATION, GD_UNIT_COUNT };

/** "20GB", "1.5h", "7", "unlimited" (UINT64_MAX) to bytes, milliseconds, a count.
 *  @return NULL, or what is wrong, in `arena` */
const char *gd_unit_parse(enum gd_unit_kind kind, const char *text, struct gd_arena *arena,
                          uint64_t *out_value);

#endif
