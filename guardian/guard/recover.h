/*
 * Recover: what became of a change that nobody closed.
 *
 * Runs at the start of apply, rollback and run, once the lease is ours: whoever wrote an open
 * change is dead then. The table in recover.c says what each last record means.
 */
#ifndef GUARDIAN_GUARD_RECOVER_H
#define GUARDIAN_GUARD_RECOVER_H

#include "guardian/guard/ledger.h"
#include "guardian/journal/journal.h"

enum gd_recovery {
    GD_RECOVERY_UNTOUCHED, /* nothing of it is in: closed as failed */
    GD_RECOVERY_IN,        /* all of it is in: checked and closed as applied */
    GD_RECOVERY_PART,      /* some steps are in: a run of the same files goes on behind them */
    GD_RECOVERY_UNKNOWN,   /* a person must look: what is not known is named */
};
struct gd_recovered {
    struct gd_story *story; /* with the steps' states as they were settled */
    enum gd_recovery what;
    const char *text; /* one or more sentences for a person */
    bool still_open;  /* PART and UNKNOWN, when they were not closed */
};

/** Settle every open change of this cluster, and sum up old ones that are over (journal/fold.h).
 * UNTOUCHED and IN are closed in the journal. PART stays open when `text_sha256` is the request of
 * that change (guard goes on with it), otherwise it is closed as partial. UNKNOWN stays open until
 * gd_recover_close(). Waits (up to 10 s) for backends of the dead process that still run, by
 * application_name "guardian <change>".
 *  @param change  the one that will be begun; NULL none
 *  @return GD_BUSY one of them still runs, or `change` is older than what is summed up;
 * GD_UNPROTECTED the journal could not be written */
GD_MUST struct gd_status gd_recover(struct gd_pg *pg, struct gd_store *store, const char *cluster,
                                    const char *change, const char *text_sha256,
                                    const struct gd_ledger *ledger, const struct gd_events *events,
                                    struct gd_arena *arena, struct gd_recovered **out_recovered,
                                    size_t *out_count, struct gd_error *err);

/** A person has looked: close an open change as they say. `outcome`: APPLIED, FAILED (nothing of it
 * is in), PARTIAL or ROLLED_BACK. The lease must be held. @return GD_USAGE it is closed already, or
 * there is none */
GD_MUST struct gd_status gd_recover_close(struct gd_store *store, const char *cluster,
                                          const char *change, enum gd_outcome_kind outcome,
                                          const char *who, const char *reason,
                                          struct gd_error *err);
#endif
