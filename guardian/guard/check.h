/*
 * Check: after a change, is everything as it should be?
 */
#ifndef GUARDIAN_GUARD_CHECK_H
#define GUARDIAN_GUARD_CHECK_H

#include "guardian/guard/plan.h"
#include "guardian/pg/fingerprint.h"

struct gd_checked {
    struct gd_texts problems;    /* "index public.users_email_key is invalid": the change is in, and
                                    this is wrong */
    struct gd_texts differences; /* what the change did to the schema, by fingerprint */
    const char *fingerprint, *stamp;
};

/** Objects that the statements name are there (or gone), no invalid index and no constraint that is
 * not validated which was not so before, and what the schema is now. `before` may be NULL. */
GD_MUST struct gd_status gd_check_after(struct gd_pg *pg, const struct gd_plan *plan,
                                        const struct gd_fingerprint *before, struct gd_arena *arena,
                                        struct gd_checked *out_checked, struct gd_error *err);
#endif
