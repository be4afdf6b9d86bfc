/*
 * Grounds: which line of which policy said so, in words.
 */
#include <assert.h>
#include <string.h>

#include "guardian/policy/draft.h"

/* ---- names ---- */

static const char *const action_names[] = {
#define X(name, text) text,
    GD_ACTIONS(X)
#undef X
};
static const char *const proof_names[] = {
#define X(name, text) text,
    GD_PROOFS(X)
#undef X
};
static const char *const ask_names[] = {
#define X(name, text) text,
    GD_ASKS(X)
#undef X
};

static const char *const point_names[] = {
#define X(name, text) text,
    GD_POINT_USES(X)
#undef X
};

const char *gd_point_use_name(enum gd_point_use value)
{
    assert((size_t)value < sizeof point_names / sizeof point_names[0]);
    return point_names[value];
}

const char *gd_action_name(enum gd_action value)
{
    assert((size_t)value < sizeof action_names / sizeof action_names[0]);
    return action_names[value];
}

const char *gd_proof_name(enum gd_proof_kind value)
{
    assert((size_t)value < sizeof proof_names / sizeof proof_names[0]);
    return proof_names[value];
}

const char *gd_ask_name(enum gd_ask value)
{
    assert((size_t)value < sizeof ask_names / sizeof ask_names[0]);
    return ask_names[value];
}

const char *gd_ground_text(const struct gd_ground *ground, struct gd_arena *arena)
{
    if (ground->file == NULL)
        return gd_arena_strdup(arena, ground->text);
    if (ground->line == 0)
        return gd_arena_printf(arena, "%s: %s", ground->file, ground->text);
    return gd_arena_printf(arena, "%s:%u: %s", ground->file, ground->line, ground->text);
}

/* ---- grounds ---- */

const struct gd_ground *gd_ground_new(struct gd_arena *arena, const struct gd_ground *place,
                                      const char *text)
{
    struct gd_ground *ground = gd_arena_alloc(arena, sizeof *ground);
    *ground = *place;
    ground->text = text;
    return ground;
}

static bool same_ground(const struct gd_ground *left, const struct gd_ground *right)
{
    return left == right || (left->line == right->line && left->file == right->file &&
                             strcmp(left->text, right->text) == 0);
}

void gd_draft_add_ground(struct gd_draft *draft, const struct gd_ground *ground,
                         struct gd_arena *arena)
{
    struct gd_ruling *ruling = draft->ruling;
    for (size_t i = 0; i < ruling->ground_count; i++)
        if (same_ground(ruling->grounds[i], ground))
            return;
    if (ruling->ground_count == draft->grounds_capacity) {
        draft->grounds_capacity = draft->grounds_capacity == 0 ? 2 : draft->grounds_capacity * 2;
        const struct gd_ground **grown =
            gd_arena_zalloc(arena, draft->grounds_capacity, sizeof *grown);
        for (size_t i = 0; i < ruling->ground_count; i++)
            grown[i] = ruling->grounds[i];
        ruling->grounds = grown;
    }
    ruling->grounds[ruling->ground_count++] = ground;
}

/* The one that decides stands first. */
void gd_draft_lead_with(struct gd_draft *draft, const struct gd_ground *ground,
                        struct gd_arena *arena)
{
    gd_draft_add_ground(draft, ground, arena);
    const struct gd_ground **grounds = draft->ruling->grounds;
    size_t at = 0;
    while (!same_ground(grounds[at], ground))
        at++;
    for (; at > 0; at--)
        grounds[at] = grounds[at - 1];
    grounds[0] = ground;
}

const char *gd_loss_words(enum gd_loss loses)
{
    static const char *const words[] = {
        [GD_LOSES_NOTHING] = "",
        [GD_LOSES_DEFINITION] = " that loses a definition",
        [GD_LOSES_SEQUENCE] = " that loses the value of a sequence",
        [GD_LOSES_DATA] = " that loses data",
        [GD_LOSES_CLUSTER] = " that loses settings of the cluster",
        [GD_LOSES_OUTSIDE] = " that no backup can undo",
    };
    return words[loses];
}

static const char *action_words(enum gd_action action)
{
    static const char *const words[] = {
        [GD_ACTION_GO] = "goes ahead",
        [GD_ACTION_BACKUP] = "needs a backup",
        [GD_ACTION_APPROVE] = "needs approval",
        [GD_ACTION_REFUSE] = "is refused",
    };
    return words[action];
}

const struct gd_ground *gd_rule_ground(struct gd_decider *decider,
                                       const struct gd_policy_rule *rule,
                                       const struct gd_finding *finding)
{
    enum { CLASSES = GD_CLASS_UNKNOWN + 1, LOSSES = GD_LOSES_OUTSIDE + 1 };
    size_t at = (rule->number * CLASSES + finding->class) * LOSSES + finding->loses;
    if (decider->rule_grounds[at] == NULL)
        decider->rule_grounds[at] = gd_ground_new(
            decider->arena, &rule->ground,
            gd_arena_printf(decider->arena, "%s%s %s: %s", gd_class_name(finding->class),
                            gd_loss_words(finding->loses), action_words(rule->action),
                            rule->yaml.because));
    return decider->rule_grounds[at];
}
