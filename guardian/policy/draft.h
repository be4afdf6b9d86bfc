/*
 * Drafts: a decision while it is made. Shared by decide.c (who decides), ground.c (which line),
 * touch.c (what a statement touches) and settle.c (one backup for all); nobody else includes it.
 */
#ifndef GUARDIAN_POLICY_DRAFT_H
#define GUARDIAN_POLICY_DRAFT_H

#include "guardian/policy/model.h"
#include "guardian/policy/waiver.h"

enum { GD_HASH_LENGTH = 64 };

struct gd_touch {
    const char *text; /* "": the finding names nothing */
    struct gd_name name;
    bool lock_only; /* not changed itself, but locked: protections look at it, rules do not */
};

struct gd_touches {
    struct gd_touch *items;
    size_t count, capacity;
};

/* A ruling while it is made. */
struct gd_draft {
    struct gd_ruling *ruling;
    enum gd_seal seal;
    const struct gd_ground *seal_ground;
    size_t grounds_capacity;
};

struct gd_decider {
    const struct gd_decide_input *input;
    const struct gd_policy *policy;
    const char *environment; /* NULL: none */
    struct gd_arena *arena;
    struct gd_decision *decision;
    struct gd_draft *drafts;
    const struct gd_ground **rule_grounds; /* made once: [rule][class][loss] */
    char (*approvals)[GD_HASH_LENGTH + 1];
    bool *approval_used;
    bool size_missing; /* a size was wanted and not known */
};

/** A ground at that place, saying `text`. */
const struct gd_ground *gd_ground_new(struct gd_arena *arena, const struct gd_ground *place,
                                      const char *text);
void gd_draft_add_ground(struct gd_draft *draft, const struct gd_ground *ground,
                         struct gd_arena *arena);

/** The one that decides the action stands first. */
void gd_draft_lead_with(struct gd_draft *draft, const struct gd_ground *ground,
                        struct gd_arena *arena);

/** "destructive that loses data needs approval: …", made once for each rule, class and loss. */
const struct gd_ground *gd_rule_ground(struct gd_decider *decider,
                                       const struct gd_policy_rule *rule,
                                       const struct gd_finding *finding);

/** " that loses data"; "" for nothing. */
const char *gd_loss_words(enum gd_loss loses);

/** What a finding touches: its columns, its tables where no column is enough, its object, what goes
 *  along. Never empty: what names nothing is one touch without a name. */
struct gd_touches gd_touches_of(const struct gd_finding *finding, struct gd_arena *arena);

/** Was it seen, in the catalogue or by a check that counted, that there is nothing to lose? */
bool gd_nothing_to_lose(const struct gd_verdict *verdict, const struct gd_finding *finding,
                        struct gd_arena *arena);

/** Seal, size and merge all drafts into the decision. */
void gd_settle(struct gd_decider *decider);

#endif
