/*
 * Notes: what effects write into a finding, with the closure rules for scopes.
 *
 * Invariant  Nothing here lowers a class, except gd_finding_is_fresh() and gd_finding_is_done(),
 *            whose callers have the proof.
 */
#include <stdarg.h>
#include <string.h>

#include "guardian/classify/hidden.h"
#include "guardian/classify/judge.h"
#include "guardian/classify/look.h"
#include "guardian/classify/state.h"
#include "guardian/sql/parse.h"

#define FORMAT_INTO(arena, target, format)                                                         \
    do {                                                                                           \
        va_list arguments_;                                                                        \
        va_start(arguments_, format);                                                              \
        (target) = gd_arena_vprintf(arena, format, arguments_);                                    \
        va_end(arguments_);                                                                        \
    } while (0)

void gd_finding_note(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
{
    const char *text;
    FORMAT_INTO(look->arena, text, format);
    gd_texts_add(&finding->notes, text, look->arena);
}

void gd_finding_reason(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
{
    FORMAT_INTO(look->arena, finding->reason, format);
}

void gd_finding_object(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
{
    FORMAT_INTO(look->arena, finding->object, format);
}

void gd_finding_raise(struct gd_finding *finding, enum gd_class class, enum gd_loss loses,
                      enum gd_scope scope)
{
    if (finding->class < class)
        finding->class = class;
    if (finding->loses < loses)
        finding->loses = loses;
    if (finding->scope < scope)
        finding->scope = scope;
}

static void loses_nothing(struct gd_finding *finding)
{
    finding->class = GD_CLASS_NONE;
    finding->loses = GD_LOSES_NOTHING;
    finding->scope = GD_SCOPE_NONE;
    finding->tables = finding->columns = (struct gd_texts){0};
}

void gd_finding_is_fresh(struct gd_look *look, struct gd_finding *finding, uint32_t line)
{
    loses_nothing(finding);
    finding->fresh = line == 0
                         ? "it belongs to this session only"
                         : gd_arena_printf(look->arena, "made by line %u of this script", line);
}

void gd_finding_is_done(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
{
    loses_nothing(finding);
    FORMAT_INTO(look->arena, finding->reason, format);
    finding->rewrite = finding->scan = false;
    finding->instead = "";
    finding->rerun = GD_RERUN_SKIPS;
}

/* ---- scopes ---- */

static void add_family(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_relation *relation, unsigned depth)
{
    if (relation == NULL || depth > 32)
        return;
    if (!gd_texts_add(&finding->tables, relation->qualified, look->arena))
        return;
    for (size_t i = 0; i < relation->child_count; i++)
        add_family(look, finding, gd_survey_relation(look->survey, relation->children[i]),
                   depth + 1);
}

static bool says_only(const struct gd_look *look)
{
    const struct gd_node *range = gd_node_child(look->parent, GD_F_relation);
    return range != NULL && !gd_node_flag(range, GD_F_inh);
}

void gd_finding_table(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table)
{
    if (table->fresh || table->temporary)
        return;
    if (finding->scope < GD_SCOPE_TABLES)
        finding->scope = GD_SCOPE_TABLES;
    if (table->doubtful) {
        finding->scope = GD_SCOPE_DATABASE;
        gd_finding_note(look, finding,
                        "which rows %s stands for at this place cannot be told for sure, so the "
                        "whole database counts",
                        table->qualified);
    }
    /* ONLY on a partitioned table still reaches its rows when it is dropped. */
    if (table->relation != NULL && (!says_only(look) || table->relation->kind == 'p'))
        add_family(look, finding, table->relation, 0);
    else
        gd_texts_add(&finding->tables, table->qualified, look->arena);
    const struct gd_thing *thing =
        gd_state_find(look->state, "relation", table->name.schema, table->name.name);
    for (size_t i = 0; thing != NULL && i < thing->adopted.count; i++)
        gd_texts_add(&finding->tables, gd_arena_strdup(look->arena, thing->adopted.items[i]),
                     look->arena); /* the state ends before the report */
}

void gd_finding_column(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *column)
{
    struct gd_column_target target = gd_look_column(look, table, column);
    if (table->fresh || table->temporary || target.fresh)
        return;
    gd_finding_table(look, finding, table);
    gd_texts_add(&finding->columns, target.qualified, look->arena);
}

/* ---- dependants ---- */

static bool same_address(struct gd_address left, struct gd_address right)
{
    return left.class_oid == right.class_oid && left.oid == right.oid &&
           left.column == right.column;
}

/* Things that follow their owner without anybody missing them: row types, TOAST, internal ones. */
static bool is_worth_naming(const struct gd_described *what)
{
    static const char *const silent[] = {"toast table", "type", "rule", "default value"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (strcmp(what->kind, silent[i]) == 0)
            return false;
    return true;
}

static void lose_rows(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_relation *relation)
{
    if (strchr("rpmf", relation->kind) == NULL)
        return;
    if (relation->kind == 'f') /* its rows live elsewhere */
        return;
    gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES);
    add_family(look, finding, relation, 0);
}

static void take_along(struct gd_look *look, struct gd_finding *finding, struct gd_address taken)
{
    const struct gd_described *what = gd_survey_describe(look->survey, taken);
    if (what == NULL) {
        gd_finding_note(look, finding, "takes along an object that could not be described");
        gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_DATABASE);
        return;
    }
    const struct gd_relation *relation =
        taken.class_oid == GD_PG_CLASS ? gd_survey_relation(look->survey, taken.oid) : NULL;
    if (relation != NULL && taken.column == 0)
        lose_rows(look, finding, relation);
    if (relation != NULL && taken.column != 0 && strchr("rpm", relation->kind) != NULL) {
        gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES);
        add_family(look, finding, relation, 0);
        gd_texts_add(&finding->columns, what->identity, look->arena);
    }
    if (taken.class_oid == GD_PG_CLASS && relation == NULL && strcmp(what->kind, "table") == 0) {
        gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES);
        gd_texts_add(&finding->tables, what->identity, look->arena);
    }
    if (is_worth_naming(what))
        gd_texts_add(&finding->takes,
                     gd_arena_printf(look->arena, "%s %s", what->kind, what->identity),
                     look->arena);
}

static bool is_part_of(const struct gd_survey *survey, struct gd_address taken,
                       struct gd_address whole)
{
    const struct gd_described *what = gd_survey_describe(survey, taken);
    return what != NULL && whole.class_oid == GD_PG_CLASS && what->relation_oid == whole.oid;
}

void gd_finding_dependents(struct gd_look *look, struct gd_finding *finding,
                           struct gd_address address, bool cascade)
{
    if (look->survey == NULL) {
        if (cascade) {
            gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_DATABASE);
            gd_finding_note(look, finding,
                            "CASCADE takes along what depends on it; only the live catalogue can "
                            "name that (--db), so the whole database counts");
        }
        return;
    }
    if (address.oid == 0)
        return;
    struct gd_address *taken;
    size_t count = gd_survey_dependents(look->survey, address, cascade, look->arena, &taken);
    /* First what belongs to others: nobody misses that a table's indexes go with it. */
    for (size_t i = 0; i < count; i++)
        if (!same_address(taken[i], address) && !is_part_of(look->survey, taken[i], address))
            take_along(look, finding, taken[i]);
    for (size_t i = 0; i < count; i++)
        if (!same_address(taken[i], address) && is_part_of(look->survey, taken[i], address))
            take_along(look, finding, taken[i]);
}

/* ---- what a write reaches ---- */

struct closure {
    struct gd_look *look;
    struct gd_finding *finding;
    bool enables; /* the script turns on triggers and rules that are off */
    unsigned depth;
};

static void reach(struct closure closure, const struct gd_relation *relation, const char *event);

/* Does a foreign key's action write the referencing table when the referenced row goes or moves? */
static bool key_writes(const struct gd_constraint *key, const char *event)
{
    char action = strcmp(event, "delete") == 0   ? key->on_delete
                  : strcmp(event, "update") == 0 ? key->on_update
                                                 : 'a';
    return action == 'c' || action == 'n' || action == 'd';
}

static void reach_referencing(struct closure closure, const struct gd_relation *relation,
                              const char *event)
{
    const struct gd_survey *survey = closure.look->survey;
    closure.depth++;
    for (size_t r = 0; r < survey->relation_count; r++) {
        const struct gd_relation *other = &survey->relations[r];
        for (size_t c = 0; c < other->constraint_count; c++) {
            const struct gd_constraint *key = &other->constraints[c];
            if (key->type != 'f' || key->referenced_oid != relation->oid || !key_writes(key, event))
                continue;
            bool known = gd_texts_has(&closure.finding->tables, other->qualified);
            gd_finding_raise(closure.finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES);
            add_family(closure.look, closure.finding, other, 0);
            if (!known) {
                char action = strcmp(event, "delete") == 0 ? key->on_delete : key->on_update;
                gd_finding_note(closure.look, closure.finding, "the foreign key %s of %s %s",
                                key->name, other->qualified,
                                action == 'c' ? "passes it on to its rows"
                                              : "overwrites the column that points here");
                reach(closure, other,
                      action == 'c' && strcmp(event, "delete") == 0 ? "delete" : "update");
            }
        }
    }
}

/* TRUNCATE … CASCADE empties every table that refers to it, whatever its ON DELETE says. */
static void reach_truncated(struct closure closure, const struct gd_relation *relation)
{
    const struct gd_survey *survey = closure.look->survey;
    closure.depth++;
    for (size_t r = 0; r < survey->relation_count; r++) {
        const struct gd_relation *other = &survey->relations[r];
        for (size_t c = 0; c < other->constraint_count; c++)
            if (other->constraints[c].type == 'f' &&
                other->constraints[c].referenced_oid == relation->oid &&
                !gd_texts_has(&closure.finding->tables, other->qualified)) {
                add_family(closure.look, closure.finding, other, 0);
                gd_texts_add(
                    &closure.finding->takes,
                    gd_arena_printf(closure.look->arena, "all rows of table %s", other->qualified),
                    closure.look->arena);
                reach_truncated(closure, other);
            }
    }
}

static uint32_t event_bit(const char *event)
{
    return strcmp(event, "insert") == 0   ? GD_EVENT_INSERT
           : strcmp(event, "update") == 0 ? GD_EVENT_UPDATE
           : strcmp(event, "delete") == 0 ? GD_EVENT_DELETE
                                          : GD_EVENT_TRUNCATE;
}

/* pg_trigger.tgtype */
static bool trigger_fires(const struct gd_trigger *trigger, const char *event, bool enables)
{
    static const struct {
        uint32_t event;
        uint16_t bit;
    } bits[] = {
        {GD_EVENT_INSERT, 4}, {GD_EVENT_DELETE, 8}, {GD_EVENT_UPDATE, 16}, {GD_EVENT_TRUNCATE, 32}};
    uint32_t wanted = event_bit(event);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (bits[i].event == wanted)
            return (trigger->events & bits[i].bit) != 0 && (trigger->enabled != 'D' || enables);
    return true;
}

static bool rule_fires(const struct gd_rule_definition *rule, const char *event, bool enables)
{
    char wanted = strcmp(event, "insert") == 0   ? '3'
                  : strcmp(event, "update") == 0 ? '2'
                  : strcmp(event, "delete") == 0 ? '4'
                                                 : ' ';
    return rule->event == wanted && (rule->enabled != 'D' || enables);
}

static void reach_triggers(struct closure closure, const struct gd_relation *relation,
                           const char *event)
{
    struct gd_look *look = closure.look;
    for (size_t i = 0; i < relation->trigger_count; i++) {
        const struct gd_trigger *trigger = &relation->triggers[i];
        if (!trigger_fires(trigger, event, closure.enables))
            continue;
        const char *why =
            gd_arena_printf(look->arena, "trigger %s on %s", trigger->name, relation->qualified);
        const struct gd_function *function =
            gd_survey_function(look->survey, trigger->function_oid);
        if (function != NULL)
            gd_judge_catalogue_function(look->judge, function, why);
        else
            gd_judge_add(look->judge, "Z006", look->node)->object = why;
        gd_texts_add(&closure.finding->fires, why, look->arena);
    }
    for (size_t i = 0; i < relation->rule_count; i++)
        if (rule_fires(&relation->rules[i], event, closure.enables))
            gd_judge_text(look->judge, relation->rules[i].definition,
                          gd_arena_printf(look->arena, "rule %s on %s", relation->rules[i].name,
                                          relation->qualified));
}

/* Rows of a partition or a child fire its own triggers, whatever table is named. */
static void reach_children(struct closure closure, const struct gd_relation *relation,
                           const char *event)
{
    closure.depth++;
    for (size_t i = 0; closure.depth <= 16 && i < relation->child_count; i++) {
        const struct gd_relation *child =
            gd_survey_relation(closure.look->survey, relation->children[i]);
        if (child == NULL)
            continue;
        reach_triggers(closure, child, event);
        reach_children(closure, child, event);
    }
}

static void reach(struct closure closure, const struct gd_relation *relation, const char *event)
{
    if (closure.depth > 16)
        return;
    reach_triggers(closure, relation, event);
    if (relation->kind == 'p' || strcmp(event, "insert") != 0)
        reach_children(closure, relation, event);
    if (strcmp(event, "truncate") != 0)
        reach_referencing(closure, relation, event);
    else if (gd_says_cascade(closure.look->node))
        reach_truncated(closure, relation);
}

/* Triggers and rules that the script itself put on the table. */
static void reach_of_script(struct gd_look *look, struct gd_finding *finding,
                            const struct gd_target *table, const char *event)
{
    const char *key = gd_arena_printf(look->arena, "%s.%s", table->name.schema, table->name.name);
    for (const struct gd_thing *thing = gd_state_on_table(look->state, key); thing != NULL;
         thing = thing->next_on_table) {
        if (thing->standing != GD_THERE || (thing->events & event_bit(event)) == 0)
            continue;
        const char *why =
            gd_arena_printf(look->arena, "%s %s on %s", thing->kind, thing->name, table->qualified);
        gd_texts_add(&finding->fires, why, look->arena);
        if (strcmp(thing->kind, "rule") == 0)
            gd_judge_text(look->judge, thing->text, why);
        else if (!gd_judge_script_function(look->judge, thing->function, why) &&
                 look->survey == NULL)
            gd_judge_add(look->judge, "Z006", look->node)->object = why;
    }
}

static struct closure closure_of(struct gd_look *look, struct gd_finding *finding,
                                 const struct gd_target *table)
{
    const struct gd_thing *thing =
        gd_state_find(look->state, "relation", table->name.schema, table->name.name);
    return (struct closure){
        .look = look, .finding = finding, .enables = thing != NULL && thing->enables};
}

static void reach_triggers_of(struct gd_look *look, struct gd_finding *finding,
                              const struct gd_target *table, const char *event)
{
    reach_of_script(look, finding, table, event);
    if (table->relation != NULL)
        reach_triggers(closure_of(look, finding, table), table->relation, event);
}

/* A write that the statement does not name reaches the rows of `target`. */
static void write_on(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_target *target, const char *event)
{
    if (!target->fresh && !target->temporary && target->exists != GD_NO) {
        gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES);
        gd_finding_table(look, finding, target);
        finding->fresh = NULL;
    }
    gd_finding_write_closure(look, finding, target, event);
}

/* Foreign keys that the script made, towards the table that is written. */
static void reach_by_keys(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *table, const char *event)
{
    bool deletes = strcmp(event, "delete") == 0, updates = strcmp(event, "update") == 0;
    bool truncates = strcmp(event, "truncate") == 0 && gd_says_cascade(look->node);
    for (const struct gd_key *key = gd_state_keys(look->state); key != NULL; key = key->next) {
        bool passed_on = (deletes && key->on_delete) || (updates && key->on_update) || truncates;
        if (!passed_on || strcmp(key->to->name, table->name.name) != 0 ||
            strcmp(key->to->schema, table->name.schema) != 0)
            continue;
        struct gd_name name = {key->from->schema, key->from->name};
        struct gd_target from = gd_look_relation(look, name);
        const char *once = gd_arena_printf(look->arena, "%s of %s by a key of %s", event,
                                           table->qualified, from.qualified);
        if (!gd_judge_first_time(look->judge, once))
            continue;
        gd_finding_note(look, finding, "a foreign key that this script made passes it on to %s",
                        from.qualified);
        write_on(look, finding, &from,
                 truncates                 ? "truncate"
                 : deletes && key->deletes ? "delete"
                                           : "update");
    }
}

struct beneath {
    struct gd_look *look;
    struct gd_finding *finding;
    const struct gd_target *view;
    const char *event;
};

static enum gd_walk visit_beneath(const struct gd_node *node, const struct gd_node *parent,
                                  void *context)
{
    (void)parent;
    const struct beneath *beneath = context;
    if (gd_node_kind(node) != GD_KIND_RangeVar)
        return GD_WALK_INTO;
    struct gd_target target = gd_look_relation(beneath->look, gd_name_of_range(node));
    if (strcmp(target.qualified, beneath->view->qualified) == 0)
        return GD_WALK_INTO;
    if (strcmp(beneath->event, "insert") == 0)
        gd_finding_write_closure(beneath->look, beneath->finding, &target, beneath->event);
    else
        write_on(beneath->look, beneath->finding, &target, beneath->event);
    return GD_WALK_INTO;
}

/* A write to a view is one to the tables that it shows. */
static void reach_beneath(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *view, const char *event)
{
    const struct gd_thing *thing =
        gd_state_find(look->state, "relation", view->name.schema, view->name.name);
    bool live = view->relation != NULL && view->relation->kind == 'v';
    const char *text = live                                      ? view->relation->view_sql
                       : thing != NULL && view->relation == NULL ? thing->text
                                                                 : NULL;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    const char *once = gd_arena_printf(look->arena, "%s of %s", event, view->qualified);
    if (text == NULL || !gd_judge_first_time(look->judge, once))
        return;
    if (!gd_parse(text, strlen(text), look->arena, &parsed, &refusal)) {
        gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_DATABASE);
        return;
    }
    struct beneath beneath = {look, finding, view, event};
    for (size_t i = 0; i < parsed.count; i++)
        if (live || gd_node_kind(parsed.statements[i]) == GD_KIND_ViewStmt ||
            gd_node_kind(parsed.statements[i]) == GD_KIND_CreateSchemaStmt)
            gd_node_walk(parsed.statements[i], visit_beneath, &beneath);
}

/* Triggers and rules of tables whose rows are this one's, too: partitions, parents, children. */
static void reach_kin(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table, const char *event)
{
    for (const struct gd_kin *kin = gd_state_kin(look->state); kin != NULL; kin = kin->next) {
        bool heir = strcmp(kin->heir_schema, table->name.schema) == 0 &&
                    strcmp(kin->heir, table->name.name) == 0;
        bool source = strcmp(kin->source_schema, table->name.schema) == 0 &&
                      strcmp(kin->source, table->name.name) == 0;
        if (!kin->both || (!heir && !source))
            continue;
        struct gd_name other = heir ? (struct gd_name){kin->source_schema, kin->source}
                                    : (struct gd_name){kin->heir_schema, kin->heir};
        struct gd_target target = gd_look_relation(look, other);
        reach_triggers_of(look, finding, &target, event);
    }
}

static void reach_family(struct gd_look *look, struct gd_finding *finding,
                         const struct gd_relation *relation, const char *event, unsigned depth)
{
    for (size_t i = 0; relation != NULL && depth < 16 && i < relation->parent_count; i++) {
        const struct gd_relation *parent = gd_survey_relation(look->survey, relation->parents[i]);
        if (parent == NULL)
            continue;
        struct gd_target target =
            gd_look_relation(look, (struct gd_name){parent->schema, parent->name});
        reach_of_script(look, finding, &target, event);
        reach_family(look, finding, parent, event, depth + 1);
    }
    for (size_t i = 0; relation != NULL && depth == 0 && i < relation->child_count; i++) {
        const struct gd_relation *child = gd_survey_relation(look->survey, relation->children[i]);
        if (child == NULL)
            continue;
        struct gd_target target =
            gd_look_relation(look, (struct gd_name){child->schema, child->name});
        reach_of_script(look, finding, &target, event);
    }
}

void gd_finding_write_closure(struct gd_look *look, struct gd_finding *finding,
                              const struct gd_target *table, const char *event)
{
    reach_of_script(look, finding, table, event);
    reach_kin(look, finding, table, event);
    reach_family(look, finding, table->relation, event, 0);
    reach_by_keys(look, finding, table, event);
    reach_beneath(look, finding, table, event);
    if (strcmp(event, "insert") == 0 || strcmp(event, "update") == 0)
        gd_hidden_write(look->judge, table);
    if (table->relation != NULL)
        reach(closure_of(look, finding, table), table->relation, event);
    else if (look->survey == NULL && !table->fresh && !table->temporary) {
        gd_finding_note(look, finding,
                        "without the live catalogue (--db) triggers, rules and foreign keys of %s "
                        "cannot be seen",
                        table->qualified);
        if (strcmp(event, "truncate") == 0 && gd_says_cascade(look->node))
            gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_DATABASE);
    }
}

void gd_finding_expression(struct gd_look *look, struct gd_finding *finding,
                           const struct gd_node *expression)
{
    (void)finding; /* what is found becomes a finding of its own, in the same verdict */
    gd_judge_calls(look->judge, expression);
}
