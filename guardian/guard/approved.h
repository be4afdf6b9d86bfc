/*
 * Approved: a decision that knows the approvals of the store (guardian approve).
 */
#ifndef GUARDIAN_GUARD_APPROVED_H
#define GUARDIAN_GUARD_APPROVED_H

#include "guardian/policy/policy.h"
#include "guardian/store/store.h"

/** As gd_decide(); where that wants an approval, the store is asked for one of the text, and
 *  decided again. `notes`: who approved what. `store` may be NULL. */
GD_MUST struct gd_status gd_decide_approved(const struct gd_decide_input *input,
                                            struct gd_store *store, struct gd_texts *notes,
                                            struct gd_arena *arena,
                                            const struct gd_decision **out_decision,
                                            struct gd_error *err);

#endif
