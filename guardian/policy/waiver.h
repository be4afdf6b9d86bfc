/*
 * Waivers: what the author of a script allows, in the comment right before one statement.
 *
 *     -- guardian: allow WORD [on OBJECT] [without backup] because REASON
 *
 * WORD is a class or the id of a rule. Whether a waiver counts is the policy's business; here it is
 * only read.
 */
#ifndef GUARDIAN_POLICY_WAIVER_H
#define GUARDIAN_POLICY_WAIVER_H

#include "guardian/base/arena.h"
#include "guardian/policy/pattern.h"
#include "guardian/policy/policy.h"

#define GD_WAIVER_SHAPE "-- guardian: allow destructive because REASON"

/** A waiver that was read, and what it needs to be applied. */
struct gd_waiver_read {
    struct gd_waiver waiver; /* IDLE or MALFORMED */
    struct gd_pattern on;    /* when waiver.on is not NULL */
};

/** Read every waiver in `comment`; NULL is no comment. @return how many; `out_waivers` in `arena`
 */
size_t gd_waivers_read(const char *comment, struct gd_arena *arena,
                       struct gd_waiver_read **out_waivers);

/** Is `word` the id of a classifier's rule by its looks: A015? */
bool gd_is_rule_id(const char *word);

#endif
