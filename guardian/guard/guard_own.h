/*
 * Guard, from within: what its files share. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_GUARD_OWN_H
#define GUARDIAN_GUARD_GUARD_OWN_H

#include <pthread.h>

#include "guardian/guard/apply.h"
#include "guardian/guard/check.h"
#include "guardian/guard/guard.h"
#include "guardian/guard/holders.h"
#include "guardian/guard/scripts.h"
#include "guardian/journal/lease.h"
#include "guardian/journal/net_key.h"

struct gd_guard {
    const struct gd_guard_options *options;
    struct gd_arena *arena;
    struct gd_outcome *outcome;
    struct gd_story *story;
    char change_id[GD_ID_SIZE];
    int64_t began_us;              /* monotonic */
    struct gd_pg *pg;              /* the one session that looks, locks and applies */
    struct gd_scripts asked, todo; /* all that was named; what is still to be done */
    struct gd_ledger ledger;
    const char *stamp; /* of the schema that was judged */
    struct gd_change change;
    const struct gd_decision *decision;
    struct gd_texts kept; /* what another script owns and this one would change: sentences */
    struct gd_plan_options planning;
    const struct gd_plan *plan;
    uint32_t skip_steps;     /* of the plan: in already, by a change that was cut off */
    struct gd_texts goes_on; /* changes that brought those in */
    struct gd_lease *lease;
    struct gd_journal *journal;
    struct gd_fingerprint before;
    struct gd_apply_file *apply_files;
    struct gd_net net; /* the second one, which wants to know what runs */
    struct gd_applier *applier;
    struct gd_seal_clock held; /* those who write are kept waiting */
    bool in_loss;              /* the applier stands inside the first losing transaction */
    struct gd_protection protection;
    struct gd_cover *cover; /* a point in time can be the backup; NULL: a snapshot is */
    const char *no_point;   /* why not, although WAL is kept; NULL */
    bool point_only;        /* … and nothing else can: the tables are too large */
    bool wal_kept, wal_kept_known, unmarked;
    const struct gd_permit *permit;
    bool asked_person;
    bool seen_open; /* the journal was read, and a change in it is open */
    bool over;      /* the outcome is known: no further stage runs */
};

typedef struct gd_status gd_guard_stage_fn(struct gd_guard *guard, struct gd_error *err);

/* ---- guard_look.c: reads, changes nothing ---- */
gd_guard_stage_fn gd_guard_read, gd_guard_connect, gd_guard_look, gd_guard_ask;
/** The same as gd_guard_look(), for somebody who only wants to see the plan. */
gd_guard_stage_fn gd_guard_foresee;
/** The lease, what was left open, and whether what was judged still stands. */
gd_guard_stage_fn gd_guard_hold;

/** `look` again and again, as the policy's lock_retries say, while somebody holds what it reads. */
GD_MUST struct gd_status gd_guard_patiently(struct gd_guard *guard, gd_look_fn *look, void *context,
                                            struct gd_error *err);

/* ---- guard_kept.c ---- */
/** Fill `kept`. */
gd_guard_stage_fn gd_guard_find_kept;
/** @return GD_REFUSED there is something in it */
GD_MUST struct gd_status gd_guard_check_kept(const struct gd_guard *guard, struct gd_error *err);

/* ---- guard_done.c ---- */
/** Leave out of `todo` what was applied and is done; `*out_last`: the newest of it, or NULL. */
GD_MUST struct gd_status gd_guard_leave_out_done(struct gd_guard *guard,
                                                 const struct gd_ledger_file **out_last,
                                                 struct gd_error *err);
/** Without a ledger: the newest change of the same request, when it stopped half way; or NULL. */
GD_MUST struct gd_status gd_guard_left_in_journal(const struct gd_guard *guard,
                                                  const struct gd_story **out_old,
                                                  struct gd_error *err);
/** Will anything of it be there once it is over? A migration leaves its record. */
bool gd_guard_leaves_something(const struct gd_guard *guard);
/** Is there a statement in it that does its work anew whenever it is run? */
bool gd_guard_acts_each_time(const struct gd_judged_file *file);
/** No statement changes anything, or acts each time. */
bool gd_guard_does_nothing(const struct gd_report *report);

/* ---- guard_before.c ---- */
struct gd_before {
    struct gd_pg *pg;
    struct gd_arena *arena;
    struct gd_fingerprint *out, found;
    struct gd_status status;
    struct gd_error err;
    pthread_t thread;
    bool running;
};
/** The definitions of the schema, into `guard`, story and store. */
GD_MUST struct gd_status gd_guard_before_now(struct gd_guard *guard, struct gd_error *err);
/** The same beside something else. guard->pg is not to be touched until it ended. */
void gd_guard_before_begin(struct gd_guard *guard, struct gd_before *before);
GD_MUST struct gd_status gd_guard_before_end(struct gd_guard *guard, struct gd_before *before,
                                             struct gd_error *err);

/* ---- guard_protect.c ---- */
/** Are the definitions read beside the backup, and not before it? */
bool gd_guard_reads_beside(const struct gd_guard *guard);
/** A limit of milliseconds or tries. "Unlimited" is eleven days, which a server's setting holds. */
uint32_t gd_guard_bounded(const struct gd_limit *limit);
gd_guard_stage_fn gd_guard_prepare, gd_guard_open_seal, gd_guard_protect, gd_guard_permit;
/** The applier stands inside a losing transaction that is not the first: what was written since? */
gd_guard_stage_fn gd_guard_measure_later;

/** For what the decision demands. */
struct gd_protect_options gd_guard_protect_options(const struct gd_guard *guard);

/* ---- guard_point.c ---- */
/** Does somebody keep WAL of the server in the store? Asked once; false with --point-in-time never.
 */
bool gd_guard_wal_kept(struct gd_guard *guard);
/** Into the decision, for who reads the plan. */
gd_guard_stage_fn gd_guard_foresee_point;
/** Decide again what was refused because it is too large to be copied while writers wait. */
GD_MUST struct gd_status gd_guard_decide_by_point(struct gd_guard *guard,
                                                  const struct gd_decide_input *input,
                                                  struct gd_error *err);
/** All of a point in time that takes long. @return GD_UNPROTECTED it is required, and is not there
 */
gd_guard_stage_fn gd_guard_prepare_point;
/** The change's restore point before it (unless the backup is one) or behind it, without waiting.
 *  What fails is a note. */
/** Has this change brought anything in that is more than a setting? */
bool gd_guard_something_is_in(const struct gd_guard *guard);

GD_MUST struct gd_status gd_guard_mark(struct gd_guard *guard, bool after, struct gd_error *err);

/* ---- guard_story.c: words ---- */
void gd_guard_story_begin(struct gd_guard *guard);
void gd_guard_story_decided(struct gd_guard *guard);
/** Over, without a change: `because` is a sentence. */
void gd_guard_over(struct gd_guard *guard, enum gd_outcome_kind kind, const char *because);
void gd_guard_way_back(struct gd_guard *guard);
GD_MUST struct gd_status gd_guard_git(struct gd_guard *guard, struct gd_error *err);

#endif
