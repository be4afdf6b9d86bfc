/*
 * Input: a script's bytes, from a file or from memory.
 */
#ifndef GUARDIAN_CLASSIFY_INPUT_H
#define GUARDIAN_CLASSIFY_INPUT_H

#include "guardian/classify/classify.h"
#include "guardian/sql/script.h"

/** Called for every statement of a script. */
typedef struct gd_status gd_each_stmt_fn(const struct gd_stmt *stmt, struct gd_arena *scratch,
                                         void *context, struct gd_error *err);

/** Read all statements of one input; must run inside gd_deep_call(). `out_hash` and `out_bytes` may
 *  be NULL. */
GD_MUST struct gd_status gd_input_each(const struct gd_input *input, size_t statement_bytes_max,
                                       gd_each_stmt_fn *each, void *context, char out_hash[65],
                                       uint64_t *out_bytes, struct gd_error *err);

#endif
