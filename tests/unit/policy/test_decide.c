/* Findings and a survey in, a decision out: who decides, what is demanded, what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/policy/policy.h"

enum { NAMES = 4, HASH = 64 };

/* One finding in short: lists end with NULL. */
struct brief {
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
    const char *object;
    const char *tables[NAMES], *columns[NAMES], *takes[NAMES];
    const char *lock_on;
    bool empty;
    const char *rule;
};

#define DROP_COLUMN(table, column)                                                                 \
    {                                                                                              \
        .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES,           \
        .object = "column " table "." column, .tables = {table}, .columns = {table "." column},    \
        .lock_on = table, .rule = "A015"                                                           \
    }
#define DROP_TABLE(table)                                                                          \
    {                                                                                              \
        .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES,           \
        .object = "table " table, .tables = {table}, .lock_on = table, .rule = "B001"              \
    }
#define ADD_COLUMN(table, column)                                                                  \
    {                                                                                              \
        .class = GD_CLASS_ADDITIVE, .object = "column " table "." column, .lock_on = table         \
    }
#define UNKNOWN                                                                                    \
    {                                                                                              \
        .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE,             \
        .object = ""                                                                               \
    }
#define ONE_BRIEF(...) ((const struct brief[]){__VA_ARGS__}), 1

/* A request being put together. */
struct request {
    struct gd_arena *arena;
    const struct gd_policy *policy;
    struct gd_judged_file file, *files[1];
    struct gd_judged *entries[16];
    struct gd_report report;
    struct gd_survey survey;
    struct gd_relation relations[8];
    const char *approvals[4];
    size_t approval_count;
    bool live;
    const char *environment;
};

static struct gd_texts texts(const char *const *names, struct gd_arena *arena)
{
    struct gd_texts list = {0};
    for (size_t i = 0; i < NAMES && names[i] != NULL; i++)
        gd_texts_add(&list, names[i], arena);
    return list;
}

static struct gd_finding *finding_of(const struct brief *brief, struct gd_arena *arena)
{
    struct gd_finding *finding = gd_arena_zalloc(arena, 1, sizeof *finding);
    struct gd_rule *rule = gd_arena_zalloc(arena, 1, sizeof *rule);
    rule->id = brief->rule;
    finding->rule = brief->rule == NULL ? NULL : rule;
    finding->class = brief->class;
    finding->loses = brief->loses;
    finding->scope = brief->scope;
    finding->object = brief->object;
    finding->lock_on = brief->lock_on;
    finding->empty = brief->empty;
    finding->tables = texts(brief->tables, arena);
    finding->columns = texts(brief->columns, arena);
    finding->takes = texts(brief->takes, arena);
    return finding;
}

/* Add a statement with these findings; its verdict is the worst of each. */
static struct gd_judged *add(struct request *request, const struct brief *briefs, size_t count,
                             const char *comment)
{
    struct gd_arena *arena = request->arena;
    struct gd_judged *judged = gd_arena_zalloc(arena, 1, sizeof *judged);
    struct gd_verdict *verdict = &judged->verdict;
    verdict->findings = gd_arena_zalloc(arena, count, sizeof(struct gd_finding *));
    verdict->finding_count = count;
    for (size_t i = 0; i < count; i++) {
        struct gd_finding *finding = finding_of(&briefs[i], arena);
        verdict->findings[i] = finding;
        if (finding->class >= verdict->class) {
            verdict->class = finding->class;
            verdict->lead = finding;
        }
        verdict->loses = finding->loses > verdict->loses ? finding->loses : verdict->loses;
        verdict->scope = finding->scope > verdict->scope ? finding->scope : verdict->scope;
    }
    judged->line = (uint32_t)(request->file.entry_count + 1) * 10;
    judged->comment = comment;
    judged->repeated = 1;
    judged->text = "";
    memset(judged->hash, 'a' + (char)request->file.entry_count, HASH);
    assert_true(request->file.entry_count < 16);
    request->entries[request->file.entry_count++] = judged;
    return judged;
}

static const struct gd_policy *load(const char *text, struct gd_arena *arena)
{
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    struct gd_status status =
        strchr(text, '\n') == NULL
            ? gd_policy_load(text, arena, &policy, &err)
            : gd_policy_load_text("p.yaml", text, strlen(text), arena, &policy, &err);
    if (status.code != GD_OK)
        fail_msg("%s (%s)", err.text, err.hint);
    return policy;
}

/* `policy` is a built-in name, or a text with a newline in it. */
static struct request *request_new(const char *policy, struct gd_arena *arena)
{
    struct request *request = gd_arena_zalloc(arena, 1, sizeof *request);
    request->arena = arena;
    request->policy = load(policy, arena);
    request->file.path = "m.sql";
    memset(request->file.hash, '0', HASH);
    request->file.entries = request->entries;
    request->files[0] = &request->file;
    request->report = (struct gd_report){.files = request->files, .file_count = 1};
    request->survey.relations = request->relations;
    return request;
}

static void add_table(struct request *request, const char *name, uint64_t bytes)
{
    request->live = true;
    request->relations[request->survey.relation_count].qualified = name;
    request->relations[request->survey.relation_count++].bytes = bytes;
}

static struct gd_status try(struct request *request, const struct gd_decision **out_decision,
                            struct gd_error *err)
{
    const struct gd_decide_input input = {
        .policy = request->policy,
        .report = &request->report,
        .survey = request->live ? &request->survey : NULL,
        .environment = request->environment,
        .approvals = request->approvals,
        .approval_count = request->approval_count,
    };
    return gd_decide(&input, request->arena, out_decision, err);
}

static const struct gd_decision *decide(struct request *request)
{
    struct gd_error err = {0};
    const struct gd_decision *decision = NULL;
    if (try(request, &decision, &err).code != GD_OK)
        fail_msg("%s (%s)", err.text, err.hint);
    return decision;
}

static const char *ground(const struct gd_ruling *ruling, size_t index, struct gd_arena *arena)
{
    assert_true(index < ruling->ground_count);
    return gd_ground_text(ruling->grounds[index], arena);
}

static void assert_has_note(const struct gd_decision *decision, const char *text)
{
    for (size_t i = 0; i < decision->notes.count; i++)
        if (strstr(decision->notes.items[i], text) != NULL)
            return;
    for (size_t i = 0; i < decision->notes.count; i++)
        print_message("note: %s\n", decision->notes.items[i]);
    fail_msg("no note says: %s", text);
}

/* ---- one statement under one policy ---- */

/* clang-format off */
#define P(rules)            "policy: p\nrules:\n" rules
#define WITH(top, rules)    "policy: p\n" top "\nrules:\n" rules
#define GO_ALL              "  - {action: go, because: free}\n"
#define REFUSE_ALL          "  - {action: refuse, because: no}\n"
#define BACKUP_ALL          "  - {action: back up, scope: tables, because: keep}\n"
#define PROTECT(pattern)    "protected:\n  - {objects: [" pattern "], because: hands off}"

static const struct {
    const char *name;
    const char *policy;
    struct brief briefs[2];
    enum gd_action action;
    const char *ground; /* the first one */
} cases[] = {
    {"the first rule that matches decides", P("  - {class: [enum], action: refuse, because: a}\n" GO_ALL),
     {DROP_TABLE("public.users")}, GD_ACTION_GO, "p.yaml:4: destructive that loses data goes ahead: free"},
    {"what no rule matches is refused", P("  - {class: [enum], action: go, because: x}\n"),
     {DROP_TABLE("public.users")}, GD_ACTION_REFUSE, "p.yaml: no rule of the policy is about destructive that loses data, so it is refused"},
    {"reading needs no rule", P("  - {class: [enum], action: go, because: x}\n"),
     {{.class = GD_CLASS_NONE}}, GD_ACTION_GO, "p.yaml: nothing is changed"},
    {"the strictest of the findings decides", P("  - {loses: [data], action: refuse, because: rows}\n" GO_ALL),
     {ADD_COLUMN("public.users", "x"), DROP_COLUMN("public.users", "age")}, GD_ACTION_REFUSE, "p.yaml:3: destructive that loses data is refused: rows"},
    {"a rule for an object decides for it", P("  - {objects: [cache.*], action: go, because: again}\n" REFUSE_ALL),
     {DROP_TABLE("cache.pages")}, GD_ACTION_GO, "p.yaml:3: destructive that loses data goes ahead: again"},
    {"a rule for one object does not let another pass", P("  - {objects: [cache.*], action: go, because: again}\n" REFUSE_ALL),
     {DROP_TABLE("cache.pages"), DROP_TABLE("public.users")}, GD_ACTION_REFUSE, "p.yaml:4: destructive that loses data is refused: no"},
    {"nor what goes along with it", P("  - {objects: [cache.*], action: go, because: again}\n" REFUSE_ALL),
     {{GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES, "table cache.pages", {"cache.pages"}, {0}, {"view public.all_pages"}, NULL, false, NULL}}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"nor a table that is reached by a foreign key", P("  - {objects: [cache.*], action: go, because: again}\n" REFUSE_ALL),
     {{GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES, "table cache.pages", {"cache.pages", "public.hits"}, {0}, {0}, NULL, false, NULL}}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"a rule for a column lets that column pass", P("  - {objects: [public.users.legacy_*], action: go, because: old}\n" REFUSE_ALL),
     {DROP_COLUMN("public.users", "legacy_id")}, GD_ACTION_GO, "p.yaml:3:"},
    {"and not its neighbour", P("  - {objects: [public.users.legacy_*], action: go, because: old}\n" REFUSE_ALL),
     {DROP_COLUMN("public.users", "email")}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"and not the table", P("  - {objects: [public.users.legacy_*], action: go, because: old}\n" REFUSE_ALL),
     {DROP_TABLE("public.users")}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"a rule for a table is one for its columns", P("  - {objects: [public.users], action: go, because: old}\n" REFUSE_ALL),
     {DROP_COLUMN("public.users", "email")}, GD_ACTION_GO, "p.yaml:3:"},
    {"what names nothing is not what a pattern means", P("  - {objects: ['*.*'], action: go, because: x}\n" REFUSE_ALL),
     {UNKNOWN}, GD_ACTION_REFUSE, "p.yaml:4: unknown that loses data is refused: no"},
    {"nor what cannot be read, whatever is seen in it", P("  - {objects: ['*.*'], action: go, because: x}\n" REFUSE_ALL),
     {{.class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .object = "EXECUTE 'DELETE FROM ' || cache.pages"}}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"a table without a schema is not taken for one with", P("  - {objects: [public.*], action: go, because: x}\n" REFUSE_ALL),
     {DROP_TABLE("users")}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"a rule by the classifier's id", P("  - {rule: [A015], action: go, because: x}\n" REFUSE_ALL),
     {DROP_COLUMN("public.users", "email")}, GD_ACTION_GO, "p.yaml:3:"},
    {"is not for another one", P("  - {rule: [A015], action: go, because: x}\n" REFUSE_ALL),
     {DROP_TABLE("public.users")}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"a role is named with its kind", P("  - {objects: [role app_*], action: go, because: x}\n" REFUSE_ALL),
     {{.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .object = "role app_reader"}}, GD_ACTION_GO, "p.yaml:3: destructive that loses settings of the cluster goes ahead: x"},
    {"empty yes is for what was seen to be empty", P("  - {empty: yes, action: go, because: x}\n" REFUSE_ALL),
     {{GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES, "table public.t", {"public.t"}, {0}, {0}, NULL, true, NULL}}, GD_ACTION_GO, "p.yaml:3:"},
    {"empty yes is not for what was not looked at", P("  - {empty: yes, action: go, because: x}\n" REFUSE_ALL),
     {DROP_TABLE("public.t")}, GD_ACTION_REFUSE, "p.yaml:4:"},

    /* protected objects */
    {"a protected table is not dropped", WITH(PROTECT("public.ledger"), GO_ALL),
     {DROP_TABLE("public.ledger")}, GD_ACTION_REFUSE, "p.yaml:3: public.ledger touches the protected public.ledger: hands off"},
    {"nor changed at all", WITH(PROTECT("public.ledger"), GO_ALL),
     {ADD_COLUMN("public.ledger", "x")}, GD_ACTION_REFUSE, "p.yaml:3: column public.ledger.x touches the protected public.ledger: hands off"},
    {"nor by what hangs on it", WITH(PROTECT("public.ledger"), GO_ALL),
     {{.class = GD_CLASS_ADDITIVE, .object = "index public.i", .lock_on = "public.ledger"}}, GD_ACTION_REFUSE, "p.yaml:3: a change of something on public.ledger touches the protected public.ledger: hands off"},
    {"nor along with another", WITH(PROTECT("audit.*"), GO_ALL),
     {{GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES, "table public.users", {"public.users", "audit.log"}, {0}, {0}, NULL, false, NULL}}, GD_ACTION_REFUSE, "p.yaml:3: audit.log touches the protected audit.*: hands off"},
    {"nor as a definition that goes along", WITH(PROTECT("audit.*"), GO_ALL),
     {{GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES, "table public.users", {"public.users"}, {0}, {"view audit.changes"}, NULL, false, NULL}}, GD_ACTION_REFUSE, "p.yaml:3: view audit.changes touches"},
    {"nor with its schema", WITH(PROTECT("audit.*"), GO_ALL),
     {{.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .object = "schema audit", .tables = {"audit2.x"}}}, GD_ACTION_REFUSE, "p.yaml:3: schema audit touches"},
    {"nor by a statement that cannot be read", WITH(PROTECT("audit.*"), GO_ALL),
     {UNKNOWN}, GD_ACTION_REFUSE, "p.yaml:3: a statement that may reach every object touches the protected audit.*: hands off"},
    {"nor under a name without a schema", WITH(PROTECT("audit.log"), GO_ALL),
     {DROP_TABLE("log")}, GD_ACTION_REFUSE, "p.yaml:3: log touches"},
    {"nor as the first of a list", WITH(PROTECT("audit.*"), GO_ALL),
     {{.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .object = "views audit.v, public.\"w, x\""}}, GD_ACTION_REFUSE, "p.yaml:3: views audit.v touches"},
    {"nor as the last of a list", WITH(PROTECT("role app"), GO_ALL),
     {{.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .object = "role x and app"}}, GD_ACTION_REFUSE, "p.yaml:3: role app touches"},
    {"nor among functions with arguments", WITH(PROTECT("audit.f"), GO_ALL),
     {{.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .object = "function audit.f(integer, text), public.g(integer)"}}, GD_ACTION_REFUSE, "p.yaml:3: function audit.f(integer, text) touches"},
    {"a rule for one of a list lets not the other pass", P("  - {objects: [cache.*], action: go, because: x}\n" REFUSE_ALL),
     {{.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .object = "views public.v, cache.w"}}, GD_ACTION_REFUSE, "p.yaml:4:"},
    {"a protected column goes with its table", WITH(PROTECT("public.users.email"), GO_ALL),
     {DROP_TABLE("public.users")}, GD_ACTION_REFUSE, "p.yaml:3: public.users touches the protected public.users.email"},
    {"its neighbour goes alone", WITH(PROTECT("public.users.email"), GO_ALL),
     {DROP_COLUMN("public.users", "age")}, GD_ACTION_GO, "p.yaml:5:"},
    {"another table is free", WITH(PROTECT("public.ledger"), GO_ALL),
     {DROP_TABLE("public.ledger2")}, GD_ACTION_GO, "p.yaml:5:"},
    {"reading what is protected is free", WITH(PROTECT("public.ledger"), GO_ALL),
     {{.class = GD_CLASS_NONE, .object = "table public.ledger"}}, GD_ACTION_GO, "p.yaml:5:"},
    {"against loss lets a column be added", WITH("protected:\n  - {objects: [public.*], against: loss, because: x}", GO_ALL),
     {ADD_COLUMN("public.ledger", "x")}, GD_ACTION_GO, "p.yaml:5:"},
    {"and stops one from being dropped", WITH("protected:\n  - {objects: [public.*], against: loss, because: x}", GO_ALL),
     {DROP_COLUMN("public.ledger", "x")}, GD_ACTION_REFUSE, "p.yaml:3:"},
};
/* clang-format on */

static void each_statement_is_decided_by_the_right_line(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct request *request = request_new(cases[i].policy, arena);
        bool two = cases[i].briefs[1].class != GD_CLASS_NONE;
        add(request, cases[i].briefs, two ? 2 : 1, NULL);
        const struct gd_decision *decision = decide(request);
        const char *text = ground(decision->rulings[0], 0, arena);
        if (decision->action == cases[i].action &&
            strncmp(text, cases[i].ground, strlen(cases[i].ground)) == 0)
            continue;
        print_message("%s: got %s by %s\n", cases[i].name, gd_action_name(decision->action), text);
        failures++;
    }
    assert_int_equal(failures, 0);
}

/* ---- the whole request ---- */

static void an_empty_request_goes(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct gd_decision *decision = decide(request_new("strict", arena));
    assert_int_equal(decision->action, GD_ACTION_GO);
    assert_null(decision->lead);
    assert_int_equal(decision->backup.scope, GD_SCOPE_NONE);
}

static void one_backup_satisfies_every_statement(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new(P(BACKUP_ALL), arena);
    add(request, ONE_BRIEF(ADD_COLUMN("public.a", "x")), NULL);
    add(request, ONE_BRIEF(DROP_COLUMN("public.users", "age")), NULL);
    add(request, ONE_BRIEF(DROP_TABLE("public.posts")), NULL);
    add_table(request, "public.users", 1000);
    add_table(request, "public.posts", 234);
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->ruling_count, 3);
    assert_int_equal(decision->rulings[0]->backup.scope, GD_SCOPE_SCHEMA);
    assert_false(decision->rulings[0]->backup.sealed);
    assert_int_equal(decision->rulings[1]->backup.scope, GD_SCOPE_TABLES);
    assert_int_equal(decision->rulings[1]->backup.bytes, 1000);
    assert_int_equal(decision->backup.scope, GD_SCOPE_TABLES);
    assert_int_equal(decision->backup.bytes, 1234);
    assert_int_equal(decision->backup.tables.count, 2);
    assert_true(gd_texts_has(&decision->backup.tables, "public.users"));
    assert_true(decision->backup.sealed);
    assert_true(decision->backup.covers);
    assert_ptr_equal(decision->lead, decision->rulings[1]);
    assert_int_equal(decision->notes.count, 0);
}

static void a_table_that_needs_no_backup_is_not_in_it(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request =
        request_new(P("  - {objects: [cache.*], action: go, because: x}\n" BACKUP_ALL), arena);
    add(request,
        ONE_BRIEF({GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES, "table public.users",
                   .tables = {"public.users", "cache.sessions"}}),
        NULL);
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->backup.tables.count, 1);
    assert_string_equal(decision->backup.tables.items[0], "public.users");
    assert_false(decision->backup.covers); /* the sessions are given up, and it says so */
    assert_int_equal(decision->rulings[0]->ground_count, 2);
}

static void rows_that_nobody_can_place_need_the_whole_database(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new(P(BACKUP_ALL), arena);
    add(request,
        ONE_BRIEF({.class = GD_CLASS_DESTRUCTIVE,
                   .loses = GD_LOSES_DATA,
                   .scope = GD_SCOPE_TABLES,
                   .object = ""}),
        NULL);
    assert_int_equal(decide(request)->backup.scope, GD_SCOPE_DATABASE);
}

static void a_verdict_worse_than_its_findings_is_decided_too(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request =
        request_new(P("  - {class: [unknown], action: refuse, because: x}\n" GO_ALL), arena);
    struct gd_judged *judged = add(request, ONE_BRIEF(ADD_COLUMN("public.a", "x")), NULL);
    judged->verdict.class = GD_CLASS_UNKNOWN;
    assert_int_equal(decide(request)->action, GD_ACTION_REFUSE);
    judged->verdict.finding_count = 0;
    judged->verdict.lead = NULL;
    assert_int_equal(decide(request)->action, GD_ACTION_REFUSE);
}

static void a_check_that_counted_nothing_shows_that_nothing_is_lost(void **state)
{
    (void)state;
    static const struct {
        const char *object;
        bool fails, done;
        int64_t count;
        enum gd_action action;
    } checks[] = {
        {"public.users.age", false, true, 0, GD_ACTION_BACKUP},
        {"public.users", false, true, 0, GD_ACTION_BACKUP},
        {"public.users.age", false, true, 3, GD_ACTION_REFUSE},
        {"public.users.age", false, false, -1, GD_ACTION_REFUSE},
        {"public.users.age", true, true, 0, GD_ACTION_REFUSE}, /* says that it will not fail */
        {"public.users.email", false, true, 0, GD_ACTION_REFUSE},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct request *request = request_new("boot", arena);
        struct gd_judged *judged =
            add(request, ONE_BRIEF(DROP_COLUMN("public.users", "age")), NULL);
        struct gd_check check = {.kind = "not null values",
                                 .object = checks[i].object,
                                 .fails = checks[i].fails,
                                 .done = checks[i].done,
                                 .count = checks[i].count};
        struct gd_check *list[] = {&check};
        judged->verdict.checks = list;
        judged->verdict.check_count = 1;
        assert_int_equal(decide(request)->action, checks[i].action);
    }
}

/* ---- sizes ---- */

static void a_large_database_falls_back_to_the_tables_and_names_the_limit(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("default", arena);
    add(request, ONE_BRIEF(DROP_COLUMN("public.users", "age")), NULL);
    add_table(request, "public.users", 5ull << 20);
    request->survey.database_bytes = 40ull << 30;
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->backup.scope, GD_SCOPE_TABLES);
    assert_int_equal(decision->backup.bytes, 5 << 20);
    const struct gd_ruling *ruling = decision->rulings[0];
    assert_int_equal(ruling->ground_count, 2);
    assert_string_equal(ground(ruling, 1, arena),
                        gd_arena_printf(arena,
                                        "default.yaml:%u: the database (40 GB) is above "
                                        "database_backup_max (20GB): the backup holds the tables "
                                        "in scope",
                                        decision->limits->database_backup_max.ground.line));
}

static void what_cannot_be_pinned_to_tables_does_not_fall_back(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("default", arena);
    add(request, ONE_BRIEF(UNKNOWN), NULL);
    request->live = true;
    request->survey.database_bytes = 40ull << 30;
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->backup.scope, GD_SCOPE_DATABASE);
    assert_int_equal(decision->backup.bytes, 40ull << 30);
    assert_false(decision->backup.sealed); /* all tables together are above sealed_table_max */
}

static void tables_too_large_to_seal_are_backed_up_online_or_refused(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("default", arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")), NULL);
    add(request, ONE_BRIEF(DROP_TABLE("public.b")), NULL);
    add_table(request, "public.a", 6ull << 30);
    add_table(request, "public.b", 5ull << 30);
    request->survey.database_bytes = 12ull << 30;
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->action, GD_ACTION_BACKUP);
    assert_false(decision->backup.sealed); /* they are locked together */
    assert_non_null(strstr(ground(decision->rulings[0], 1, arena),
                           "the tables in scope (11 GB) are above sealed_table_max (10GB): the "
                           "backup is made online"));

    request->policy = load("strict", arena);
    request->relations[0].bytes = 60ull << 30;
    decision = decide(request);
    assert_int_equal(decision->action, GD_ACTION_REFUSE);
    assert_non_null(strstr(ground(decision->rulings[0], 0, arena), "strict.yaml:"));
    assert_non_null(strstr(ground(decision->rulings[0], 0, arena),
                           "(65 GB) are above sealed_table_max (50GB): refused"));
}

static void sizes_that_are_not_known_are_told(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("default", arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")), NULL);
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->backup.scope, GD_SCOPE_DATABASE);
    assert_true(decision->backup.sealed);
    assert_has_note(decision, "sizes are not known without a database (--db)");
}

static void what_is_refused_demands_no_backup(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new(WITH(PROTECT("public.b"), BACKUP_ALL), arena);
    add(request, (const struct brief[]){DROP_TABLE("public.a"), DROP_TABLE("public.b")}, 2, NULL);
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->action, GD_ACTION_REFUSE);
    assert_int_equal(decision->backup.scope, GD_SCOPE_NONE);
    assert_int_equal(decision->backup.tables.count, 0);
}

/* ---- approvals ---- */

static void an_approval_is_for_exactly_one_text(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("strict", arena);
    struct gd_judged *first = add(request, ONE_BRIEF(DROP_TABLE("public.a")), NULL);
    add(request, ONE_BRIEF(DROP_TABLE("public.b")), NULL);
    request->approvals[0] = first->hash;
    request->approval_count = 1;
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->rulings[0]->action, GD_ACTION_BACKUP);
    assert_true(decision->rulings[0]->approval_needed);
    assert_string_equal(decision->rulings[0]->approved_by, first->hash);
    assert_int_equal(decision->rulings[1]->action, GD_ACTION_APPROVE);
    assert_null(decision->rulings[1]->approved_by);
    assert_int_equal(decision->action, GD_ACTION_APPROVE);
    assert_ptr_equal(decision->lead, decision->rulings[1]);
    assert_int_equal(decision->notes.count, 1); /* sizes */

    request->approvals[0] = gd_arena_printf(arena, "SHA256:%s", request->file.hash);
    decision = decide(request);
    assert_int_equal(decision->action, GD_ACTION_BACKUP);
    assert_true(gd_texts_has(&decision->tell, "whoever answers for the data"));
}

static void an_approval_of_another_text_is_reported(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("strict", arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")), NULL);
    char hash[HASH + 1] = "";
    memset(hash, 'd', HASH);
    request->approvals[0] = hash;
    request->approval_count = 1;
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->action, GD_ACTION_APPROVE);
    assert_has_note(decision, "approval dddddddddddd… is for no statement or file of this request");
}

static void statements_read_as_one_are_approved_by_their_file_only(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("strict", arena);
    struct gd_judged *judged = add(request, ONE_BRIEF(DROP_TABLE("public.a")), NULL);
    judged->repeated = 2;
    request->approvals[0] = judged->hash;
    request->approval_count = 1;
    assert_int_equal(decide(request)->action, GD_ACTION_APPROVE);
    request->approvals[0] = request->file.hash;
    assert_int_equal(decide(request)->action, GD_ACTION_BACKUP);
}

static void an_approval_that_is_no_hash_is_an_error(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "abc",
        "sha256:",
        "yes",
        /* 64, but not hex */
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct request *request = request_new("strict", arena);
        request->approvals[0] = wrong[i];
        request->approval_count = 1;
        struct gd_error err = {0};
        const struct gd_decision *decision = NULL;
        assert_int_equal(try(request, &decision, &err).code, GD_USAGE);
        assert_non_null(strstr(err.text, "is no SHA-256: 64 hex digits are needed"));
    }
}

/* ---- environments ---- */

static void the_environment_chooses_the_rule_and_must_be_known(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request =
        request_new(WITH("environments: [production, staging]",
                         "  - {environment: [staging], action: go, because: x}\n" REFUSE_ALL),
                    arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")), NULL);
    request->environment = "staging";
    assert_int_equal(decide(request)->action, GD_ACTION_GO);
    assert_string_equal(decide(request)->environment, "staging");
    request->environment = "production";
    assert_int_equal(decide(request)->action, GD_ACTION_REFUSE);

    struct gd_error err = {0};
    const struct gd_decision *decision = NULL;
    request->environment = "prodution";
    assert_int_equal(try(request, &decision, &err).code, GD_USAGE);
    assert_string_equal(err.text, "policy \"p\" does not know the environment \"prodution\"");
    assert_string_equal(err.hint, "Did you mean \"production\"? It knows production, staging.");
    request->environment = "";
    assert_int_equal(try(request, &decision, &err).code, GD_USAGE);
    assert_string_equal(err.text, "policy \"p\" decides by the environment, and none was named");
    assert_string_equal(err.hint, "Name it with --environment: production, staging.");
}

/* ---- waivers ---- */

/* clang-format off */
static const struct {
    const char *policy, *comment;
    struct brief brief;
    enum gd_action action;
    enum gd_scope scope;
    enum gd_waiver_state waiver;
    const char *why;
} waived[] = {
    {"boot", "-- guardian: allow destructive because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_WAIVER_COUNTS, NULL},
    {"boot", "-- guardian: allow A015 because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_WAIVER_COUNTS, NULL},
    {"boot", "-- guardian: allow A016 because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_WAIVER_REJECTED, "it allows A016, and the statement is destructive (rule A015)"},
    {"boot", "-- guardian: allow destructive on public.users.age because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_WAIVER_COUNTS, NULL},
    {"boot", "-- guardian: allow destructive on public.users because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_WAIVER_COUNTS, NULL},
    {"boot", "-- guardian: allow destructive on public.users.email because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_WAIVER_REJECTED, "it is for public.users.email, and the statement touches public.users.age"},
    {"boot", "-- guardian: allow destructive because moved", UNKNOWN,
     GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_WAIVER_REJECTED, "it allows destructive, and the statement is unknown (rule -)"},
    {"boot", "-- guardian: allow unknown because I wrote it", UNKNOWN,
     GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_WAIVER_COUNTS, NULL},
    {"boot", "-- guardian: allow destructive", DROP_COLUMN("public.users", "age"),
     GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_WAIVER_MALFORMED, "it names no reason: \"because\" is missing"},
    {"boot", "-- guardian: allow destructive because moved", ADD_COLUMN("public.users", "age"),
     GD_ACTION_BACKUP, GD_SCOPE_SCHEMA, GD_WAIVER_IDLE, NULL},
    {"boot", "-- guardian: allow destructive without backup because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_WAIVER_COUNTS, NULL},
    {"boot", "-- guardian: allow destructive because sure",
     {.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .object = ""},
     GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_WAIVER_REJECTED, "the policy lets no waiver lift what no backup can undo"},
    {"strict", "-- guardian: allow destructive because moved", DROP_COLUMN("public.users", "age"),
     GD_ACTION_APPROVE, GD_SCOPE_DATABASE, GD_WAIVER_REJECTED, "the policy does not let waivers count"},
    {WITH("waivers: honour\n" PROTECT("public.*"), GO_ALL), "-- guardian: allow destructive because moved", DROP_TABLE("public.a"),
     GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_WAIVER_REJECTED, "the policy lets no waiver lift a protected object"},
    {WITH("waivers: honour\nwaivers_may_lift: [protected]\n" PROTECT("public.*"), GO_ALL), "-- guardian: allow destructive because moved", DROP_TABLE("public.a"),
     GD_ACTION_GO, GD_SCOPE_NONE, GD_WAIVER_COUNTS, NULL},
    {WITH("waivers: honour\nwaivers_may_lift: [outside]", REFUSE_ALL), "-- guardian: allow destructive because moved",
     {.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .object = ""},
     GD_ACTION_BACKUP, GD_SCOPE_SCHEMA, GD_WAIVER_COUNTS, NULL},
    {WITH("waivers: honour\nwaivers_may_lift: [backup]", BACKUP_ALL), "-- guardian: allow destructive without backup because moved", DROP_TABLE("public.a"),
     GD_ACTION_GO, GD_SCOPE_NONE, GD_WAIVER_COUNTS, NULL},
    {WITH("waivers: honour\nwaivers_may_lift: [backup]", BACKUP_ALL), "-- guardian: allow destructive because moved", DROP_TABLE("public.a"),
     GD_ACTION_BACKUP, GD_SCOPE_TABLES, GD_WAIVER_IDLE, NULL},
    {WITH("waivers: honour", "  - {action: approve, scope: tables, because: x}\n"), "-- guardian: allow destructive because moved", DROP_TABLE("public.a"),
     GD_ACTION_BACKUP, GD_SCOPE_TABLES, GD_WAIVER_COUNTS, NULL},
    {WITH("waivers: honour", "  - {action: approve, scope: none, because: x}\n"), "-- guardian: allow destructive because moved", DROP_TABLE("public.a"),
     GD_ACTION_GO, GD_SCOPE_NONE, GD_WAIVER_COUNTS, NULL},
    {WITH("waivers: honour", REFUSE_ALL), "-- guardian: allow destructive because moved", DROP_TABLE("public.a"),
     GD_ACTION_BACKUP, GD_SCOPE_TABLES, GD_WAIVER_COUNTS, NULL},
};
/* clang-format on */

static void a_waiver_lifts_what_it_names_and_the_policy_lets_it(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof waived / sizeof waived[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct request *request = request_new(waived[i].policy, arena);
        struct gd_judged *judged = add(request, &waived[i].brief, 1, waived[i].comment);
        const struct gd_ruling *ruling = decide(request)->rulings[0];
        assert_int_equal(ruling->waiver_count, 1);
        const struct gd_waiver *waiver = ruling->waivers[0];
        const char *why = waiver->why == NULL ? "" : waiver->why;
        assert_string_equal(waiver->hash, judged->hash);
        if (ruling->action == waived[i].action && ruling->backup.scope == waived[i].scope &&
            waiver->state == waived[i].waiver &&
            strcmp(why, waived[i].why == NULL ? "" : waived[i].why) == 0)
            continue;
        print_message("row %zu \"%s\": %s, scope %s, state %d, %s\n", i, waived[i].comment,
                      gd_action_name(ruling->action), gd_scope_name(ruling->backup.scope),
                      (int)waiver->state, why);
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void a_waiver_is_for_one_statement(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("boot", arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")), "-- guardian: allow destructive because x");
    add(request, ONE_BRIEF(DROP_TABLE("public.b")), NULL);
    const struct gd_decision *decision = decide(request);
    assert_int_equal(decision->rulings[0]->action, GD_ACTION_BACKUP);
    assert_int_equal(decision->rulings[1]->action, GD_ACTION_REFUSE);
    request->entries[0]->repeated = 2;
    decision = decide(request);
    assert_int_equal(decision->rulings[0]->action, GD_ACTION_REFUSE);
    assert_has_note(decision, "it stands before several statements that were read as one");
}

static void what_a_waiver_lifted_is_among_the_grounds(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("boot", arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")),
        "-- guardian: allow destructive because it moved");
    const struct gd_ruling *ruling = decide(request)->rulings[0];
    assert_int_equal(ruling->ground_count, 2);
    assert_non_null(strstr(ground(ruling, 0, arena), "needs a backup"));
    assert_non_null(strstr(ground(ruling, 1, arena), "boot.yaml:"));
    assert_non_null(
        strstr(ground(ruling, 1, arena), "waived in the script (destructive): it moved"));
}

static void a_waiver_that_does_not_count_is_reported_with_its_line(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct request *request = request_new("boot", arena);
    add(request, ONE_BRIEF(DROP_TABLE("public.a")), "-- guardian: allow destructve because x");
    assert_has_note(decide(request),
                    "m.sql:10: the waiver \"guardian: allow destructve because x\" before this "
                    "statement is not understood and does not count: \"destructve\" is neither a "
                    "class nor the id of a rule; is \"destructive\" meant?; it should read: "
                    "-- guardian: allow destructive because REASON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_statement_is_decided_by_the_right_line),
        cmocka_unit_test(an_empty_request_goes),
        cmocka_unit_test(one_backup_satisfies_every_statement),
        cmocka_unit_test(a_table_that_needs_no_backup_is_not_in_it),
        cmocka_unit_test(rows_that_nobody_can_place_need_the_whole_database),
        cmocka_unit_test(a_verdict_worse_than_its_findings_is_decided_too),
        cmocka_unit_test(a_check_that_counted_nothing_shows_that_nothing_is_lost),
        cmocka_unit_test(a_large_database_falls_back_to_the_tables_and_names_the_limit),
        cmocka_unit_test(what_cannot_be_pinned_to_tables_does_not_fall_back),
        cmocka_unit_test(tables_too_large_to_seal_are_backed_up_online_or_refused),
        cmocka_unit_test(sizes_that_are_not_known_are_told),
        cmocka_unit_test(what_is_refused_demands_no_backup),
        cmocka_unit_test(an_approval_is_for_exactly_one_text),
        cmocka_unit_test(an_approval_of_another_text_is_reported),
        cmocka_unit_test(statements_read_as_one_are_approved_by_their_file_only),
        cmocka_unit_test(an_approval_that_is_no_hash_is_an_error),
        cmocka_unit_test(the_environment_chooses_the_rule_and_must_be_known),
        cmocka_unit_test(a_waiver_lifts_what_it_names_and_the_policy_lets_it),
        cmocka_unit_test(a_waiver_is_for_one_statement),
        cmocka_unit_test(what_a_waiver_lifted_is_among_the_grounds),
        cmocka_unit_test(a_waiver_that_does_not_count_is_reported_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
