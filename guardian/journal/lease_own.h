/*
 * Lease, from within: the lock in the database and the lease in the store, which know nothing of
 * each other. Only journal/ includes this.
 */
#ifndef GUARDIAN_JOURNAL_LEASE_OWN_H
#define GUARDIAN_JOURNAL_LEASE_OWN_H

#include "guardian/journal/lease.h"

/* --- the advisory lock ------------------------------------------------------------------------ */

/** Try once. `out_pid`: of our own session, in `arena`. */
GD_MUST struct gd_status gd_lock_try(struct gd_pg *pg, struct gd_arena *arena, bool *out_taken,
                                     const char **out_pid, struct gd_error *err);
/** Is it held by this very session? */
GD_MUST struct gd_status gd_lock_held(struct gd_pg *pg, bool *out_held, struct gd_error *err);
/** Who has it, in words: `"guardian 2026…", process 4711 of the server, since …`; "" nobody. */
GD_MUST struct gd_status gd_lock_holder(struct gd_pg *pg, struct gd_arena *arena,
                                        const char **out_words, struct gd_error *err);
GD_MUST struct gd_status gd_lock_release(struct gd_pg *pg, struct gd_error *err);
/** Is a session there with this process id, or with the application name of this change? */
GD_MUST struct gd_status gd_lock_session_there(struct gd_pg *pg, const char *pid,
                                               const char *change, bool *out_there,
                                               struct gd_error *err);

/* --- the lease in the store ------------------------------------------------------------------- */

/** What a generation says. Texts in the arena it was read into. */
struct gd_generation {
    uint32_t number; /* 0: there is none */
    bool released;
    int64_t modified_us;            /* the store's clock */
    const char *who, *change, *pid; /* pid "": no session */
    const char *since, *nonce;      /* since: when the lease was taken, by the holder's clock */
    uint32_t lease_ms;
    bool elsewhere;
};
/** The greatest one. One that cannot be read is there, with nothing known but its time. */
GD_MUST struct gd_status gd_generation_last(struct gd_store *store, const char *cluster,
                                            struct gd_arena *arena,
                                            struct gd_generation *out_generation,
                                            struct gd_error *err);
/** Put `mine`, and see that none is greater. @param out_won  false: somebody else was first */
GD_MUST struct gd_status gd_generation_put(struct gd_store *store, const char *cluster,
                                           const struct gd_generation *mine, bool *out_won,
                                           struct gd_error *err);
GD_MUST struct gd_status gd_generation_release(struct gd_store *store, const char *cluster,
                                               uint32_t number, struct gd_error *err);
/** The store's clock, by an object that is put and looked at. */
GD_MUST struct gd_status gd_generation_now(struct gd_store *store, const char *cluster,
                                           uint32_t number, int64_t *out_now_us,
                                           struct gd_error *err);
/** Remove what is older than `number` (a few hundred at a time), as long as `go_on` says yes. */
GD_MUST struct gd_status gd_generation_clean(struct gd_store *store, const char *cluster,
                                             uint32_t number, bool (*go_on)(void *context),
                                             void *context, struct gd_error *err);

#endif
