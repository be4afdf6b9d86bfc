/*
 * Guard: one change from end to end.
 *
 *     inputs ▸ lease ▸ recover ▸ survey ▸ judge ▸ checks ▸ decide ▸ ask ▸ protect ▸ prove ▸ apply ▸
 * check ▸ close
 *
 * guard.c holds the table of stages and is the only writer of a change's journal.
 */
#ifndef GUARDIAN_GUARD_GUARD_H
#define GUARDIAN_GUARD_GUARD_H

#include "guardian/guard/outcome.h"
#include "guardian/guard/protect.h"
#include "guardian/guard/recover.h"

/** Show the plan to a person. @return GD_REFUSED with the answer no */
typedef struct gd_status gd_guard_ask_fn(void *context, const struct gd_plan *plan,
                                         struct gd_error *err);

struct gd_keeping;

struct gd_guard_options {
    const struct gd_pg_options *pg;
    struct gd_store *store;
    const struct gd_key *key;
    const struct gd_policy *policy;
    const struct gd_keeping *keep; /* what other scripts own: guard/keep.h; NULL: nothing */
    const char *environment;
    const char *const *approvals;
    size_t approval_count;
    bool no_waivers;
    enum gd_point_use point;  /* what policy and request say together */
    const char *const *paths; /* operands: files, folders, "-" */
    size_t path_count;
    const struct gd_input *inputs; /* texts in hand, in place of paths */
    size_t input_count;
    size_t statement_bytes_max;
    uint32_t check_ms, samples, statement_ms, busy_ms; /* busy_ms: wait for another guardian */
    bool again;                                        /* run what the ledger has as done */
    bool whole;                                        /* all or nothing */
    const char *reason;
    unsigned workers;
    int level;
    const char *pg_dump, *pg_bin;
    const struct gd_pg_options *scratch;
    gd_guard_ask_fn *ask; /* NULL: nobody is asked */
    void *ask_context;
    const struct gd_events *events;
};

/** What gd_guard_apply() would do, as far as can be told: reads, asks, writes nothing. `store` may
 * be NULL: then nobody knows how long the backup takes. */
GD_MUST struct gd_status gd_guard_plan(const struct gd_guard_options *options,
                                       struct gd_arena *arena, const struct gd_plan **out_plan,
                                       struct gd_error *err);

/** One guarded change. `out_outcome` is set also on failure, as far as it came.
 *  @return the code whose status the contract gives: GD_OK for applied and nothing, GD_REFUSED,
 *          GD_UNPROTECTED, GD_FAILED, GD_PARTIAL, GD_BUSY, GD_SYSTEM, GD_USAGE */
GD_MUST struct gd_status gd_guard_apply(const struct gd_guard_options *options,
                                        struct gd_arena *arena, struct gd_outcome **out_outcome,
                                        struct gd_error *err);
#endif
