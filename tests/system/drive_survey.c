/*
 * Drives pg/ for tests/system/test_survey.py: takes a target and a task, prints one JSON document.
 *
 *   drive_survey TARGET connect
 *   drive_survey TARGET survey NAME… [+ OPENED…] [, MORE NAMES…]…    a comma begins the next look
 *   drive_survey TARGET gone CLASS OID COLUMN cascade|restrict NAME… [+ OPENED…]
 *   drive_survey TARGET probe CHECK_MS TOTAL_MS SAMPLES SQL [SAMPLE_SQL] , …
 *   drive_survey TARGET time ROUNDS NAME…
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/io/json.h"
#include "guardian/pg/probe.h"
#include "guardian/pg/surveyor.h"

static struct gd_json *text(const char *value)
{
    return gd_json_new_text(value);
}

static struct gd_json *letter(char value)
{
    return value == '\0' ? gd_json_new_null() : text((const char[]){value, '\0'});
}

static struct gd_json *numbers(const int16_t *items, size_t count)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, gd_json_new_int(items[i]));
    return list;
}

static struct gd_json *texts(const char *const *items, size_t count)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, text(items[i]));
    return list;
}

static struct gd_json *oids(const uint32_t *items, size_t count)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, gd_json_new_int(items[i]));
    return list;
}

static struct gd_json *column_json(const struct gd_column *column)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "number", gd_json_new_int(column->number));
    gd_json_put(one, "name", text(column->name));
    gd_json_put(one, "type", text(column->type));
    gd_json_put(one, "collation", text(column->collation));
    gd_json_put(one, "not_null", gd_json_new_bool(column->not_null));
    gd_json_put(one, "inherited", gd_json_new_bool(column->inherited));
    gd_json_put(one, "default", text(column->default_sql));
    gd_json_put(one, "volatile", gd_json_new_bool(column->default_volatile));
    gd_json_put(one, "identity", letter(column->identity));
    gd_json_put(one, "generated", letter(column->generated));
    gd_json_put(one, "comment", text(column->comment));
    gd_json_put(one, "owned_sequence", text(column->owned_sequence));
    gd_json_put(one, "null_fraction", gd_json_new_real(column->null_fraction));
    return one;
}

static struct gd_json *constraint_json(const struct gd_constraint *constraint)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "name", text(constraint->name));
    gd_json_put(one, "type", letter(constraint->type));
    gd_json_put(one, "definition", text(constraint->definition));
    gd_json_put(one, "validated", gd_json_new_bool(constraint->validated));
    gd_json_put(one, "columns", numbers(constraint->columns, constraint->column_count));
    gd_json_put(one, "referenced", text(constraint->referenced));
    gd_json_put(one, "on_delete", letter(constraint->on_delete));
    gd_json_put(one, "on_update", letter(constraint->on_update));
    return one;
}

static struct gd_json *index_json(const struct gd_index *index)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "name", text(index->name));
    gd_json_put(one, "definition", text(index->definition));
    gd_json_put(one, "unique", gd_json_new_bool(index->unique));
    gd_json_put(one, "primary", gd_json_new_bool(index->primary));
    gd_json_put(one, "columns", numbers(index->columns, index->column_count));
    gd_json_put(one, "predicate", text(index->predicate));
    gd_json_put(one, "clustered", gd_json_new_bool(index->clustered));
    return one;
}

static void put_parts(struct gd_json *one, const struct gd_relation *relation)
{
    struct gd_json *columns = gd_json_list(), *constraints = gd_json_list();
    struct gd_json *indexes = gd_json_list(), *triggers = gd_json_list();
    struct gd_json *rules = gd_json_list(), *policies = gd_json_list();
    for (size_t i = 0; i < relation->column_count; i++)
        gd_json_push(columns, column_json(&relation->columns[i]));
    for (size_t i = 0; i < relation->constraint_count; i++)
        gd_json_push(constraints, constraint_json(&relation->constraints[i]));
    for (size_t i = 0; i < relation->index_count; i++)
        gd_json_push(indexes, index_json(&relation->indexes[i]));
    for (size_t i = 0; i < relation->trigger_count; i++)
        gd_json_push(triggers, text(relation->triggers[i].definition));
    for (size_t i = 0; i < relation->rule_count; i++)
        gd_json_push(rules, text(relation->rules[i].definition));
    for (size_t i = 0; i < relation->policy_count; i++) {
        struct gd_json *policy = gd_json_object();
        gd_json_put(policy, "name", text(relation->policies[i].name));
        gd_json_put(policy, "roles", text(relation->policies[i].roles));
        gd_json_put(policy, "using", text(relation->policies[i].using_sql));
        gd_json_push(policies, policy);
    }
    gd_json_put(one, "columns", columns);
    gd_json_put(one, "constraints", constraints);
    gd_json_put(one, "indexes", indexes);
    gd_json_put(one, "triggers", triggers);
    gd_json_put(one, "rules", rules);
    gd_json_put(one, "policies", policies);
}

static struct gd_json *relation_json(const struct gd_relation *relation)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "oid", gd_json_new_int(relation->oid));
    gd_json_put(one, "kind", letter(relation->kind));
    gd_json_put(one, "persistence", letter(relation->persistence));
    gd_json_put(one, "partition", gd_json_new_bool(relation->partition));
    gd_json_put(one, "populated", gd_json_new_bool(relation->populated));
    gd_json_put(one, "owner", text(relation->owner));
    gd_json_put(one, "rows", gd_json_new_real(relation->rows));
    gd_json_put(one, "bytes", gd_json_new_int((int64_t)relation->bytes));
    gd_json_put(one, "estimated", gd_json_new_bool(relation->bytes_estimated));
    gd_json_put(one, "row_security", gd_json_new_bool(relation->row_security));
    gd_json_put(one, "options", text(relation->options));
    gd_json_put(one, "comment", text(relation->comment));
    gd_json_put(one, "partition_bound", text(relation->partition_bound));
    gd_json_put(one, "partition_key", text(relation->partition_key));
    gd_json_put(one, "view_sql", text(relation->view_sql));
    gd_json_put(one, "readable", gd_json_new_bool(relation->readable));
    gd_json_put(one, "expanded", gd_json_new_bool(relation->expanded));
    gd_json_put(one, "extension", gd_json_new_int(relation->extension_oid));
    gd_json_put(one, "index_table", gd_json_new_int(relation->index_table_oid));
    gd_json_put(one, "children", oids(relation->children, relation->child_count));
    gd_json_put(one, "parents", oids(relation->parents, relation->parent_count));
    gd_json_put(one, "sequence_known", gd_json_new_bool(relation->sequence_known));
    gd_json_put(one, "sequence_last", gd_json_new_int(relation->sequence_last));
    gd_json_put(one, "sequence_called", gd_json_new_bool(relation->sequence_called));
    gd_json_put(one, "sequence_owner", text(relation->sequence_owner));
    put_parts(one, relation);
    return one;
}

static struct gd_json *type_json(const struct gd_type *type)
{
    struct gd_json *one = gd_json_object(), *uses = gd_json_list();
    for (size_t i = 0; i < type->use_count; i++) {
        struct gd_json *use = gd_json_object();
        gd_json_put(use, "relation", text(type->uses[i].relation));
        gd_json_put(use, "column", text(type->uses[i].column));
        gd_json_put(use, "array", gd_json_new_bool(type->uses[i].array));
        gd_json_push(uses, use);
    }
    gd_json_put(one, "oid", gd_json_new_int(type->oid));
    gd_json_put(one, "type", letter(type->type));
    gd_json_put(one, "base", text(type->base));
    gd_json_put(one, "labels", texts(type->labels, type->label_count));
    gd_json_put(one, "expanded", gd_json_new_bool(type->expanded));
    gd_json_put(one, "constraints", gd_json_new_int((int64_t)type->constraint_count));
    gd_json_put(one, "uses", uses);
    return one;
}

static struct gd_json *function_json(const struct gd_function *function)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "oid", gd_json_new_int(function->oid));
    gd_json_put(one, "kind", letter(function->kind));
    gd_json_put(one, "language", text(function->language));
    gd_json_put(one, "volatility", letter(function->volatility));
    gd_json_put(one, "source", text(function->source));
    gd_json_put(one, "atomic", gd_json_new_bool(function->atomic_body));
    gd_json_put(one, "result", text(function->result));
    gd_json_put(one, "builtin", gd_json_new_bool(function->builtin));
    gd_json_put(one, "extension", gd_json_new_int(function->extension_oid));
    return one;
}

static struct gd_json *other_json(const struct gd_other *other)
{
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "class", gd_json_new_int(other->address.class_oid));
    gd_json_put(one, "oid", gd_json_new_int(other->address.oid));
    gd_json_put(one, "schema", text(other->schema));
    gd_json_put(one, "owner", text(other->owner));
    gd_json_put(one, "comment", text(other->comment));
    gd_json_put(one, "detail", text(other->detail));
    return one;
}

static struct gd_json *address_json(struct gd_address address, const struct gd_survey *survey)
{
    const struct gd_described *described = gd_survey_describe(survey, address);
    struct gd_json *one = gd_json_object();
    gd_json_put(one, "class", gd_json_new_int(address.class_oid));
    gd_json_put(one, "oid", gd_json_new_int(address.oid));
    gd_json_put(one, "column", gd_json_new_int(address.column));
    gd_json_put(one, "kind", text(described == NULL ? NULL : described->kind));
    gd_json_put(one, "identity", text(described == NULL ? NULL : described->identity));
    gd_json_put(one, "relation", gd_json_new_int(described == NULL ? 0 : described->relation_oid));
    return one;
}

static void put_facts(struct gd_json *root, const struct gd_survey *survey)
{
    gd_json_put(root, "version", gd_json_new_int(survey->server_version));
    gd_json_put(root, "database", text(survey->database));
    gd_json_put(root, "user", text(survey->user));
    gd_json_put(root, "superuser", gd_json_new_bool(survey->superuser));
    gd_json_put(root, "search_path", texts(survey->search_path, survey->search_path_count));
    gd_json_put(root, "search_path_setting", text(survey->search_path_setting));
    gd_json_put(root, "schemas", texts(survey->schemas, survey->schema_count));
    gd_json_put(root, "large_objects", gd_json_new_bool(survey->large_objects));
    gd_json_put(root, "complete", gd_json_new_bool(survey->complete));
    gd_json_put(root, "trouble", text(survey->trouble));
    gd_json_put(root, "seconds", gd_json_new_real(survey->seconds));
}

static struct gd_json *survey_json(const struct gd_survey *survey, struct gd_arena *arena)
{
    struct gd_json *root = gd_json_object(), *relations = gd_json_object();
    struct gd_json *types = gd_json_object(), *functions = gd_json_object();
    struct gd_json *others = gd_json_object(), *descriptions = gd_json_list();
    struct gd_json *operators = gd_json_list(), *casts = gd_json_list();
    put_facts(root, survey);
    for (size_t i = 0; i < survey->relation_count; i++)
        gd_json_put(relations, survey->relations[i].qualified,
                    relation_json(&survey->relations[i]));
    for (size_t i = 0; i < survey->type_count; i++)
        gd_json_put(types, survey->types[i].qualified, type_json(&survey->types[i]));
    for (size_t i = 0; i < survey->function_count; i++)
        gd_json_put(functions, survey->functions[i].identity, function_json(&survey->functions[i]));
    for (size_t i = 0; i < survey->other_count; i++)
        gd_json_put(others,
                    gd_arena_printf(arena, "%s %s", survey->others[i].kind, survey->others[i].name),
                    other_json(&survey->others[i]));
    for (size_t i = 0; i < survey->operator_count; i++)
        gd_json_push(operators, text(survey->operators[i].name));
    for (size_t i = 0; i < survey->cast_count; i++)
        gd_json_push(casts, text(survey->casts[i].target));
    for (size_t i = 0; i < survey->description_count; i++)
        gd_json_push(descriptions, address_json(survey->descriptions[i].address, survey));
    gd_json_put(root, "relations", relations);
    gd_json_put(root, "types", types);
    gd_json_put(root, "functions", functions);
    gd_json_put(root, "others", others);
    gd_json_put(root, "operators", operators);
    gd_json_put(root, "casts", casts);
    gd_json_put(root, "descriptions", descriptions);
    gd_json_put(root, "dependencies", gd_json_new_int((int64_t)survey->dependency_count));
    return root;
}

/* --- tasks --------------------------------------------------------------------------------------
 */

static int print(struct gd_json *root)
{
    struct gd_error err = {0};
    struct gd_status status = gd_json_write(root, stdout, 0, &err);
    gd_json_free(root);
    return gd_exit_status(status.code);
}

static int print_error(struct gd_status status, const struct gd_error *err)
{
    struct gd_json *root = gd_json_object();
    gd_json_put(root, "error", text(err->text));
    gd_json_put(root, "hint", text(err->hint));
    gd_json_put(root, "code", text(gd_code_name(status.code)));
    print(root);
    return gd_exit_status(status.code);
}

/* Words up to a comma; behind a plus they are to be opened. */
static int next_wants(char **words, int count, struct gd_survey_wants *wants)
{
    int end = 0, plus = -1;
    for (; end < count && strcmp(words[end], ",") != 0; end++)
        if (strcmp(words[end], "+") == 0)
            plus = end;
    *wants = (struct gd_survey_wants){.names = (const char *const *)words,
                                      .name_count = (size_t)(plus < 0 ? end : plus)};
    if (plus >= 0) {
        wants->opened = (const char *const *)words + plus + 1;
        wants->opened_count = (size_t)(end - plus - 1);
    }
    return end < count ? end + 1 : end;
}

GD_MUST static struct gd_status look(struct gd_pg *pg, struct gd_arena *arena, char **words,
                                     int count, const struct gd_survey **out_survey,
                                     struct gd_error *err)
{
    gd_auto_surveyor surveyor = NULL;
    GD_TRY(gd_surveyor_open(pg, arena, &surveyor, err));
    int at = 0;
    do {
        struct gd_survey_wants wants;
        at += next_wants(words + at, count - at, &wants);
        GD_TRY(gd_surveyor_look(surveyor, &wants, out_survey, err));
    } while (at < count);
    return GD_DONE;
}

static int run_connect(struct gd_pg *pg)
{
    struct gd_json *root = gd_json_object();
    gd_json_put(root, "where", text(gd_pg_where(pg)));
    gd_json_put(root, "version", gd_json_new_int(gd_pg_version(pg)));
    gd_json_put(root, "pooled", gd_json_new_bool(gd_pg_pooled(pg)));
    struct gd_error err = {0};
    struct gd_pg_call call = {
        .what = "read settings",
        .sql = "SELECT current_setting('application_name'), current_setting('client_encoding'), "
               "current_setting('statement_timeout'), current_setting('lock_timeout'), "
               "current_setting('transaction_read_only'), current_setting('search_path')"};
    gd_auto_pg_rows rows = NULL;
    struct gd_status status = gd_pg_begin(pg, &err);
    if (status.code == GD_OK)
        status = gd_pg_run(pg, &call, &rows, &err);
    if (status.code != GD_OK) {
        gd_json_free(root);
        return print_error(status, &err);
    }
    static const char *const names[] = {"application_name", "client_encoding", "statement_timeout",
                                        "lock_timeout",     "read_only",       "search_path"};
    for (size_t i = 0; i < 6; i++)
        gd_json_put(root, names[i], text(gd_pg_cell(rows, 0, i)));
    gd_pg_end(pg);
    return print(root);
}

static int run_survey(struct gd_pg *pg, struct gd_arena *arena, char **words, int count)
{
    const struct gd_survey *survey = NULL;
    struct gd_error err = {0};
    struct gd_status status = look(pg, arena, words, count, &survey, &err);
    if (status.code != GD_OK)
        return print_error(status, &err);
    return print(survey_json(survey, arena));
}

static int run_gone(struct gd_pg *pg, struct gd_arena *arena, char **words, int count)
{
    const struct gd_survey *survey = NULL;
    struct gd_error err = {0};
    struct gd_status status = look(pg, arena, words + 4, count - 4, &survey, &err);
    if (status.code != GD_OK)
        return print_error(status, &err);
    struct gd_address root = {(uint32_t)strtoul(words[0], NULL, 10),
                              (uint32_t)strtoul(words[1], NULL, 10),
                              (int32_t)strtol(words[2], NULL, 10)};
    struct gd_address *gone = NULL;
    size_t gone_count =
        gd_survey_dependents(survey, root, strcmp(words[3], "cascade") == 0, arena, &gone);
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < gone_count; i++)
        gd_json_push(list, address_json(gone[i], survey));
    return print(list);
}

enum { CHECKS_MAX = 32 };

static size_t read_checks(char **words, int count, struct gd_check *checks)
{
    size_t made = 0;
    int at = 0;
    while (at < count && made < CHECKS_MAX) {
        checks[made] = (struct gd_check){.kind = "rows", .object = "", .count_sql = words[at]};
        if (at + 1 < count && strcmp(words[at + 1], ",") != 0)
            checks[made].sample_sql = words[++at];
        made++;
        at += 2; /* and the comma */
    }
    return made;
}

static int run_probe(struct gd_pg *pg, struct gd_arena *arena, char **words, int count)
{
    struct gd_probe_limits limits = {.check_ms = (uint32_t)strtoul(words[0], NULL, 10),
                                     .total_ms = (uint32_t)strtoul(words[1], NULL, 10),
                                     .samples = (uint32_t)strtoul(words[2], NULL, 10)};
    struct gd_check checks[CHECKS_MAX], *pointers[CHECKS_MAX];
    size_t check_count = read_checks(words + 3, count - 3, checks);
    for (size_t i = 0; i < check_count; i++)
        pointers[i] = &checks[i];
    size_t answered = gd_probe_run(pg, pointers, check_count, &limits, arena);
    struct gd_json *root = gd_json_object(), *list = gd_json_list();
    for (size_t i = 0; i < check_count; i++) {
        struct gd_json *one = gd_json_object();
        gd_json_put(one, "done", gd_json_new_bool(checks[i].done));
        gd_json_put(one, "count", gd_json_new_int(checks[i].count));
        gd_json_put(one, "gave_up", text(checks[i].gave_up));
        gd_json_put(one, "samples", texts(checks[i].samples.items, checks[i].samples.count));
        gd_json_push(list, one);
    }
    gd_json_put(root, "answered", gd_json_new_int((int64_t)answered));
    gd_json_put(root, "checks", list);
    return print(root);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Each round has a connection of its own, as a command has: the server's caches are cold. */
static int run_time(const char *target, char **words, int count)
{
    struct gd_json *root = gd_json_object(), *list = gd_json_list();
    long rounds = strtol(words[0], NULL, 10);
    for (long round = 0; round < rounds; round++) {
        gd_auto_arena arena = gd_arena_new();
        gd_auto_pg pg = NULL;
        struct gd_error err = {0};
        const struct gd_survey *survey = NULL;
        struct gd_status status =
            gd_pg_connect(&(struct gd_pg_options){.target = target}, &pg, &err);
        double start = seconds();
        if (status.code == GD_OK)
            status = look(pg, arena, words + 1, count - 1, &survey, &err);
        if (status.code != GD_OK)
            return print_error(status, &err);
        struct gd_json *one = gd_json_object();
        gd_json_put(one, "seconds", gd_json_new_real(seconds() - start));
        gd_json_put(one, "relations", gd_json_new_int((int64_t)survey->relation_count));
        gd_json_put(one, "dependencies", gd_json_new_int((int64_t)survey->dependency_count));
        gd_json_put(one, "bytes", gd_json_new_int((int64_t)gd_arena_used(arena)));
        gd_json_push(list, one);
    }
    gd_json_put(root, "rounds", list);
    return print(root);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg pg = NULL;
    struct gd_error err = {0};
    const char *target = *argv[1] == '\0' ? NULL : argv[1];
    if (strcmp(argv[2], "time") == 0 && argc > 3)
        return run_time(target, argv + 3, argc - 3);
    struct gd_pg_options options = {.target = target, .connect_ms = 3000, .lock_ms = 500};
    struct gd_status status = gd_pg_connect(&options, &pg, &err);
    if (status.code != GD_OK)
        return print_error(status, &err);
    if (strcmp(argv[2], "connect") == 0)
        return run_connect(pg);
    if (strcmp(argv[2], "survey") == 0)
        return run_survey(pg, arena, argv + 3, argc - 3);
    if (strcmp(argv[2], "gone") == 0 && argc > 6)
        return run_gone(pg, arena, argv + 3, argc - 3);
    if (strcmp(argv[2], "probe") == 0 && argc > 6)
        return run_probe(pg, arena, argv + 3, argc - 3);
    return 2;
}
