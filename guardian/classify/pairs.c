/*
 * Pairs: see pairs.h.
 *
 * Invariant  A DROP is half of a pair only when it drops one thing, without CASCADE, and nothing
 *            else was made of it in between: the next statement about the thing is its CREATE.
 */
#include "guardian/classify/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/classify/named.h"
#include "guardian/classify/relations.h"
#include "guardian/classify/same.h"
#include "guardian/classify/same_view.h"

struct half {
    uint32_t class_oid, oid;         /* what is dropped, in the catalogue */
    struct gd_judged *drop, *create; /* create: NULL until it comes */
    struct half *next;
};

struct gd_pairs {
    struct gd_arena *arena;
    struct half *first;
};

struct gd_pairs *gd_pairs_new(void)
{
    struct gd_pairs *pairs = calloc(1, sizeof *pairs);
    if (pairs == NULL)
        abort();
    pairs->arena = gd_arena_new();
    return pairs;
}

void gd_pairs_free(struct gd_pairs *pairs)
{
    if (pairs == NULL)
        return;
    gd_arena_free(pairs->arena);
    free(pairs);
}

/* ---- the first half ---- */

/* What DROP loses and CREATE does not bring back. */
static bool view_loses_more(const struct gd_look *look, const struct gd_relation *view)
{
    if (view->kind != 'v' || view->acl != NULL || view->options[0] != '\0' ||
        view->rule_count > 0 || view->trigger_count > 0 ||
        strcmp(view->owner, look->survey->user) != 0 || gd_state_role_changed(look->state))
        return true;
    for (size_t i = 0; i < view->column_count; i++)
        if (view->columns[i].comment != NULL || view->columns[i].default_sql != NULL)
            return true;
    return false;
}

static bool loses_more(const struct gd_look *look, const struct gd_named *named)
{
    if (!named->described || named->comment != NULL)
        return true;
    if (named->address.class_oid == GD_PG_CLASS) {
        const struct gd_relation *view = gd_survey_relation(look->survey, named->address.oid);
        return view == NULL || view_loses_more(look, view);
    }
    const struct gd_function *function = named->address.class_oid == GD_PG_PROC
                                             ? gd_survey_function(look->survey, named->address.oid)
                                             : NULL;
    return function != NULL &&
           (function->acl != NULL || strcmp(function->owner, look->survey->user) != 0);
}

static void note_drop(struct gd_pairs *pairs, const struct gd_look *look,
                      const struct gd_node *statement, struct gd_judged *entry)
{
    static const char *const types[] = {"OBJECT_TRIGGER",
                                        "OBJECT_POLICY",
                                        "OBJECT_FUNCTION",
                                        "OBJECT_PROCEDURE",
                                        "OBJECT_ROUTINE",
                                        "OBJECT_VIEW",
                                        NULL};
    const char *type = gd_node_enum(statement, GD_F_remove_type);
    if (!gd_is_among(type, types) || gd_node_count(statement, GD_F_objects) != 1 ||
        gd_says_cascade(statement))
        return;
    struct gd_named named =
        gd_named_find(look, type, gd_node_at(statement, GD_F_objects, 0), NULL, "");
    if (named.exists != GD_YES || named.fresh || named.address.oid == 0 || loses_more(look, &named))
        return;
    struct half *half = gd_arena_zalloc(pairs->arena, 1, sizeof *half);
    *half = (struct half){named.address.class_oid, named.address.oid, entry, NULL, pairs->first};
    pairs->first = half;
    entry->held = true;
}

/* ---- the second half ---- */

static uint32_t trigger_oid(const struct gd_relation *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->trigger_count; i++)
        if (strcmp(table->triggers[i].name, name) == 0)
            return table->triggers[i].oid;
    return 0;
}

static uint32_t policy_oid(const struct gd_relation *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->policy_count; i++)
        if (strcmp(table->policies[i].name, name) == 0)
            return table->policies[i].oid;
    return 0;
}

static const struct gd_relation *table_of(const struct gd_look *look, enum gd_field field)
{
    return gd_look_relation(look, gd_name_of_range(gd_node_child(look->node, field))).relation;
}

/* The view is gone for the script by now: the catalogue's counts. */
static const struct gd_relation *view_of(const struct gd_look *look)
{
    const struct gd_node *range = gd_node_child(look->node, GD_F_view);
    struct gd_target target = gd_look_new_relation(look, range);
    return gd_says_temporary(range)
               ? NULL
               : gd_survey_relation_named(look->survey, target.name.schema, target.name.name);
}

/* What the catalogue holds under the name that a CREATE uses; oid 0 when nothing. */
static struct gd_address made_by(const struct gd_look *look)
{
    enum gd_truth exists;
    const struct gd_function *function;
    const struct gd_relation *view;
    switch ((int)gd_node_kind(look->node)) {
    case GD_KIND_CreateTrigStmt:
        return (struct gd_address){
            GD_PG_TRIGGER,
            trigger_oid(table_of(look, GD_F_relation), gd_node_text(look->node, GD_F_trigname)), 0};
    case GD_KIND_CreatePolicyStmt:
        return (struct gd_address){
            GD_PG_POLICY,
            policy_oid(table_of(look, GD_F_table), gd_node_text(look->node, GD_F_policy_name)), 0};
    case GD_KIND_CreateFunctionStmt:
        function = gd_look_function(look, look->node, &exists);
        return (struct gd_address){GD_PG_PROC, function == NULL ? 0 : function->oid, 0};
    case GD_KIND_ViewStmt:
        view = view_of(look);
        return (struct gd_address){GD_PG_CLASS, view == NULL ? 0 : view->oid, 0};
    default:
        return (struct gd_address){0};
    }
}

static bool is_unchanged(const struct gd_look *look)
{
    switch ((int)gd_node_kind(look->node)) {
    case GD_KIND_CreateTrigStmt:
        return gd_same_trigger(look);
    case GD_KIND_CreatePolicyStmt:
        return gd_same_policy(look);
    case GD_KIND_ViewStmt:
        return gd_is_same_view_statement(look, view_of(look));
    default:
        return gd_same_routine(look);
    }
}

static void note_create(struct gd_pairs *pairs, const struct gd_look *look, struct gd_judged *entry)
{
    struct gd_address made = made_by(look);
    for (struct half *half = pairs->first; half != NULL && made.oid != 0; half = half->next)
        if (half->oid == made.oid && half->class_oid == made.class_oid && half->create == NULL &&
            half->drop->in_block == entry->in_block) {
            half->create = is_unchanged(look) ? entry : NULL;
            entry->held = true;
            half->oid = 0; /* the next CREATE is of something else */
            return;
        }
}

void gd_pairs_note(struct gd_pairs *pairs, const struct gd_look *look,
                   const struct gd_node *statement, struct gd_judged *entry)
{
    if (look->survey == NULL)
        return;
    if (gd_node_kind(statement) == GD_KIND_DropStmt)
        note_drop(pairs, look, statement, entry);
    else
        note_create(pairs, look, entry);
}

/* ---- together ---- */

static bool is_light(const struct gd_verdict *verdict)
{
    return verdict->class <= GD_CLASS_DESTRUCTIVE && verdict->loses <= GD_LOSES_DEFINITION &&
           verdict->scope <= GD_SCOPE_SCHEMA;
}

static void lower(struct gd_judged *entry, const char *reason)
{
    struct gd_verdict *verdict = &entry->verdict;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        struct gd_finding *finding = verdict->findings[i];
        finding->class = GD_CLASS_NONE;
        finding->loses = GD_LOSES_NOTHING;
        finding->scope = GD_SCOPE_NONE;
        finding->reason = reason;
        finding->instead = "";
        finding->notes = (struct gd_texts){0};
    }
    verdict->class = GD_CLASS_NONE;
    verdict->loses = GD_LOSES_NOTHING;
    verdict->scope = GD_SCOPE_NONE;
    verdict->rerun = GD_RERUN_OK; /* the DROP before makes room each time */
}

void gd_pairs_close(struct gd_pairs *pairs, struct gd_arena *arena)
{
    for (struct half *half = pairs->first; half != NULL; half = half->next) {
        if (half->create == NULL || !is_light(&half->drop->verdict) ||
            !is_light(&half->create->verdict))
            continue;
        lower(half->drop, gd_arena_printf(arena, "Line %u makes it again just as it is now.",
                                          half->create->line));
        lower(half->create,
              gd_arena_printf(arena, "It is what line %u dropped, unchanged.", half->drop->line));
    }
}
