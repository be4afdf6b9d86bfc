/*
 * Examples: a policy's own decision table, run through gd_decide() like any request.
 *
 * A row becomes one statement with one finding; what the row does not say is what is usual for its
 * class and loss.
 */
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/policy/model.h"

enum { HASH_LENGTH = 64 };

/* The request that a row stands for. */
struct made {
    struct gd_rule rule;
    struct gd_finding finding, *findings[1];
    struct gd_judged judged, *entries[1];
    struct gd_judged_file file, *files[1];
    struct gd_report report;
    struct gd_survey survey;
    const char *approvals[1];
};

static enum gd_loss loss_of(const struct gd_policy_example *example)
{
    if (example->yaml.loses != 0)
        return (enum gd_loss)(example->yaml.loses - 1);
    return example->yaml.class == GD_GIVEN(GD_CLASS_UNKNOWN)       ? GD_LOSES_DATA
           : example->yaml.class == GD_GIVEN(GD_CLASS_DESTRUCTIVE) ? GD_LOSES_DATA
                                                                   : GD_LOSES_NOTHING;
}

static enum gd_scope scope_of(const struct gd_policy_example *example, enum gd_loss loses)
{
    if (example->yaml.needs != 0)
        return (enum gd_scope)(example->yaml.needs - 1);
    if (example->yaml.class == GD_GIVEN(GD_CLASS_UNKNOWN))
        return GD_SCOPE_DATABASE;
    if (loses == GD_LOSES_DATA || loses == GD_LOSES_SEQUENCE)
        return GD_SCOPE_TABLES;
    return loses == GD_LOSES_NOTHING || loses == GD_LOSES_OUTSIDE ? GD_SCOPE_NONE : GD_SCOPE_SCHEMA;
}

/* public.users.age is a column of the table public.users. */
static void add_object(struct made *made, const char *object, struct gd_arena *arena)
{
    struct gd_name name = gd_name_parse(object, arena);
    struct gd_finding *finding = &made->finding;
    if (finding->object[0] == '\0')
        finding->object = object;
    else
        gd_texts_add(&finding->takes, object, arena);
    if (finding->scope != GD_SCOPE_TABLES || name.count < 2)
        return;
    const char *table = object;
    if (name.count == GD_NAME_PARTS) {
        gd_texts_add(&finding->columns, object, arena);
        table = gd_arena_strndup(arena, object, (size_t)(strrchr(object, '.') - object));
    }
    gd_texts_add(&finding->tables, table, arena);
}

static void make_finding(struct made *made, const struct gd_policy_example *example,
                         struct gd_arena *arena)
{
    struct gd_finding *finding = &made->finding;
    made->rule.id = example->yaml.rule;
    finding->rule = example->yaml.rule == NULL ? NULL : &made->rule;
    finding->class = (enum gd_class)(example->yaml.class - 1);
    finding->loses = loss_of(example);
    finding->scope = scope_of(example, finding->loses);
    finding->object = "";
    finding->empty = example->yaml.empty == GD_GIVEN(1);
    for (size_t i = 0; i < example->yaml.objects_count; i++)
        add_object(made, example->yaml.objects[i], arena);
}

static void make_survey(struct made *made, const struct gd_policy_example *example,
                        struct gd_arena *arena)
{
    const struct gd_texts *tables = &made->finding.tables;
    struct gd_relation *relations = gd_arena_zalloc(arena, tables->count, sizeof *relations);
    for (size_t i = 0; i < tables->count; i++) {
        relations[i].qualified = tables->items[i];
        relations[i].bytes = example->table_bytes;
    }
    made->survey.relations = relations;
    made->survey.relation_count = tables->count;
    made->survey.database_bytes = example->database_bytes;
}

static void make_statement(struct made *made, const struct gd_policy_example *example,
                           struct gd_arena *arena)
{
    struct gd_judged *judged = &made->judged;
    memset(judged->hash, 'e', HASH_LENGTH);
    memset(made->file.hash, 'f', HASH_LENGTH);
    judged->line = example->ground.line;
    judged->text = "";
    judged->repeated = 1;
    if (example->yaml.waiver != NULL)
        judged->comment = gd_arena_printf(arena, "-- guardian: %s", example->yaml.waiver);
    made->findings[0] = &made->finding;
    judged->verdict = (struct gd_verdict){
        .class = made->finding.class,
        .loses = made->finding.loses,
        .scope = made->finding.scope,
        .lead = &made->finding,
        .findings = made->findings,
        .finding_count = 1,
    };
}

static struct made *make(const struct gd_policy_example *example, struct gd_arena *arena)
{
    struct made *made = gd_arena_zalloc(arena, 1, sizeof *made);
    make_finding(made, example, arena);
    make_survey(made, example, arena);
    make_statement(made, example, arena);
    made->entries[0] = &made->judged;
    made->file.path = example->ground.file;
    made->file.entries = made->entries;
    made->file.entry_count = 1;
    made->files[0] = &made->file;
    made->report = (struct gd_report){.files = made->files, .file_count = 1};
    made->approvals[0] = made->judged.hash;
    return made;
}

/* ---- what came out against what was expected ---- */

static void add_difference(const char **wrong, const char *what, const char *expected,
                           const char *got, struct gd_arena *arena)
{
    *wrong = gd_arena_printf(arena, "%s%s%s is \"%s\", not \"%s\"", *wrong == NULL ? "" : *wrong,
                             *wrong == NULL ? "" : "; ", what, got, expected);
}

static const char *yes_or_no(bool value)
{
    return value ? "yes" : "no";
}

static const char *compare(const struct gd_policy_example *example, const struct gd_ruling *ruling,
                           struct gd_arena *arena)
{
    const char *wrong = NULL;
    if (example->yaml.expect != GD_GIVEN((int)ruling->action))
        add_difference(&wrong, "the action",
                       gd_action_name((enum gd_action)(example->yaml.expect - 1)),
                       gd_action_name(ruling->action), arena);
    if (example->yaml.scope != 0 && example->yaml.scope != GD_GIVEN((int)ruling->backup.scope))
        add_difference(&wrong, "scope", gd_scope_name((enum gd_scope)(example->yaml.scope - 1)),
                       gd_scope_name(ruling->backup.scope), arena);
    if (example->yaml.proof != 0 && example->yaml.proof != GD_GIVEN((int)ruling->backup.proof))
        add_difference(&wrong, "proof",
                       gd_proof_name((enum gd_proof_kind)(example->yaml.proof - 1)),
                       gd_proof_name(ruling->backup.proof), arena);
    if (example->yaml.ask != 0 && example->yaml.ask != GD_GIVEN((int)ruling->ask))
        add_difference(&wrong, "ask", gd_ask_name((enum gd_ask)(example->yaml.ask - 1)),
                       gd_ask_name(ruling->ask), arena);
    if (example->yaml.sealed != 0 && example->yaml.sealed != GD_GIVEN((int)ruling->backup.sealed))
        add_difference(&wrong, "sealed", yes_or_no(!ruling->backup.sealed),
                       yes_or_no(ruling->backup.sealed), arena);
    if (example->yaml.covers != 0 && example->yaml.covers != GD_GIVEN((int)ruling->backup.covers))
        add_difference(&wrong, "covers", yes_or_no(!ruling->backup.covers),
                       yes_or_no(ruling->backup.covers), arena);
    return wrong;
}

static const char *example_words(const struct gd_policy_example *example,
                                 const struct gd_finding *finding, struct gd_arena *arena)
{
    if (example->yaml.name != NULL)
        return example->yaml.name;
    return gd_arena_printf(arena, "%s, loses %s%s%s", gd_class_name(finding->class),
                           gd_loss_name(finding->loses), finding->object[0] == '\0' ? "" : ", ",
                           finding->object);
}

static struct gd_example_result run(const struct gd_policy *policy,
                                    const struct gd_policy_example *example, struct gd_arena *arena)
{
    struct made *made = make(example, arena);
    struct gd_example_result result = {.ground = example->ground};
    result.ground.text = example_words(example, &made->finding, arena);
    const struct gd_decide_input input = {
        .policy = policy,
        .report = &made->report,
        .survey = &made->survey,
        .environment = example->yaml.environment,
        .approvals = made->approvals,
        .approval_count = example->yaml.approved == GD_GIVEN(1) ? 1 : 0,
    };
    const struct gd_decision *decision = NULL;
    struct gd_error err = {0};
    if (gd_decide(&input, arena, &decision, &err).code != GD_OK) {
        result.wrong = gd_arena_strdup(arena, err.text);
        return result;
    }
    const char *wrong = compare(example, decision->rulings[0], arena);
    if (wrong != NULL)
        result.wrong = gd_arena_printf(arena, "%s (%s)", wrong,
                                       gd_ground_text(decision->rulings[0]->grounds[0], arena));
    return result;
}

size_t gd_policy_check_examples(const struct gd_policy *policy, struct gd_arena *arena,
                                const struct gd_example_result **out_results, size_t *out_failures)
{
    struct gd_example_result *results =
        gd_arena_zalloc(arena, policy->example_count, sizeof *results);
    *out_failures = 0;
    for (size_t i = 0; i < policy->example_count; i++) {
        results[i] = run(policy, &policy->examples[i], arena);
        *out_failures += results[i].wrong != NULL;
    }
    *out_results = results;
    return policy->example_count;
}
