/*
 * Checks: the SQL that a statement leads to, on a catalogue written by hand. That the SQL counts
 * what really fails is shown by tests/system/test_checks.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify/classify.h"

/* clang-format off */
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const struct gd_column user_columns[] = {
    {.number = 1, .name = "id", .type_oid = 23, .type = "integer", .not_null = true},
    {.number = 2, .name = "email", .type_oid = 25, .type = "text"},
    {.number = 3, .name = "age", .type_oid = 23, .type = "integer"},
    {.number = 4, .name = "Odd \"name\"", .type_oid = 1043, .type = "character varying(50)"},
    {.number = 5, .name = "role", .type_oid = 20900, .type = "app.role"},
};
static const int16_t first_column[] = {1};
static const struct gd_constraint user_constraints[] = {
    {.oid = 50, .name = "users_pkey", .type = 'p', .definition = "PRIMARY KEY (id)", .validated = true,
     .columns = first_column, .column_count = 1},
    {.oid = 51, .name = "grown", .type = 'c', .definition = "CHECK ((age >= 18)) NOT VALID"},
};
static const struct gd_column odd_columns[] = {
    {.number = 1, .name = "It's", .type_oid = 23, .type = "integer"},
};
static const struct gd_column event_columns[] = {
    {.number = 1, .name = "at", .type_oid = 1082, .type = "date"},
};
static const uint32_t event_children[] = {104};
static const struct gd_relation relations[] = {
    {.oid = 100, .schema = "public", .name = "users", .qualified = "public.users", .kind = 'r', .persistence = 'p',
     .readable = true, .bytes = 8192, .options = "", .columns = user_columns, .column_count = COUNT(user_columns),
     .constraints = user_constraints, .constraint_count = COUNT(user_constraints)},
    {.oid = 101, .schema = "Odd", .name = "a \"b\"", .qualified = "\"Odd\".\"a \"\"b\"\"\"", .kind = 'r',
     .persistence = 'p', .readable = true, .bytes = 8192, .options = "", .columns = odd_columns, .column_count = 1},
    {.oid = 102, .schema = "public", .name = "secret", .qualified = "public.secret", .kind = 'r', .persistence = 'p',
     .readable = false, .bytes = 8192, .options = "", .columns = user_columns, .column_count = COUNT(user_columns)},
    {.oid = 103, .schema = "public", .name = "events", .qualified = "public.events", .kind = 'p', .persistence = 'p',
     .readable = true, .options = "", .partition_key = "RANGE (at)", .columns = event_columns, .column_count = 1,
     .children = event_children, .child_count = 1},
    {.oid = 104, .schema = "public", .name = "events_rest", .qualified = "public.events_rest", .kind = 'r',
     .persistence = 'p', .readable = true, .bytes = 8192, .options = "", .partition = true,
     .partition_bound = "DEFAULT", .columns = event_columns, .column_count = 1},
};
static const char *const roles[] = {"user", "it's"};
static const struct gd_type types[] = {
    {.oid = 20900, .schema = "app", .name = "role", .qualified = "app.role", .type = 'e', .labels = roles,
     .label_count = COUNT(roles)},
};
static const char *const path[] = {"public"};
static const char *const schemas[] = {"Odd", "app", "public"};
static struct gd_survey survey = {
    .server_version = 150000, .server_text = "15.0", .database = "shop", .user = "owner",
    .search_path = path, .search_path_count = 1, .search_path_setting = "public",
    .standard_conforming_strings = true, .time_zone = "UTC", .date_style = "ISO, MDY",
    .schemas = schemas, .schema_count = COUNT(schemas),
    .relations = relations, .relation_count = COUNT(relations),
    .types = types, .type_count = COUNT(types), .complete = true,
};

/* The last statement's checks of one kind, as SQL. NULL: there is none. */
static const struct {
    const char *name, *script, *kind, *sql;
    bool fails;
    int server;
} cases[] = {
    {"NULLs", "ALTER TABLE users ALTER age SET NOT NULL", "nulls",
     "SELECT count(*) FROM public.users AS users WHERE users.age IS NOT DISTINCT FROM NULL", true, 0},
    {"ONLY stays ONLY", "ALTER TABLE ONLY users ALTER age SET NOT NULL", "nulls",
     "SELECT count(*) FROM ONLY public.users AS users WHERE users.age IS NOT DISTINCT FROM NULL", true, 0},
    {"names are quoted", "ALTER TABLE \"Odd\".\"a \"\"b\"\"\" ALTER \"It's\" SET NOT NULL", "nulls",
     "SELECT count(*) FROM \"Odd\".\"a \"\"b\"\"\" AS \"a \"\"b\"\"\" WHERE \"a \"\"b\"\"\".\"It's\" IS NOT DISTINCT FROM NULL", true, 0},
    {"a renamed table goes by both names", "ALTER TABLE users RENAME TO people; ALTER TABLE people ALTER age SET NOT NULL", "nulls",
     "SELECT count(*) FROM public.users AS people WHERE people.age IS NOT DISTINCT FROM NULL", true, 0},
    {"a table that is written before does not fail", "UPDATE users SET age = 0 WHERE age IS NULL; ALTER TABLE users ALTER age SET NOT NULL", "nulls",
     "SELECT count(*) FROM public.users AS users WHERE users.age IS NOT DISTINCT FROM NULL", false, 0},
    {"what may not be read is not asked", "ALTER TABLE secret ALTER age SET NOT NULL", "nulls", NULL, false, 0},
    {"a column of the script is not asked", "ALTER TABLE users ADD COLUMN c int; ALTER TABLE users ALTER c SET NOT NULL", "nulls", NULL, false, 0},
    {"a predicate narrows down", "CREATE UNIQUE INDEX u ON users (lower(email), age) WHERE age > 1", "duplicates",
     "SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT k1, k2, count(*) AS n FROM (SELECT lower(email) AS k1, users.age AS k2 "
     "FROM ONLY public.users AS users WHERE (age > 1)) AS keyed WHERE k1 IS DISTINCT FROM NULL AND k2 IS DISTINCT FROM NULL "
     "GROUP BY k1, k2 HAVING count(*) > 1) AS repeated", true, 0},
    {"NULLs count when they are not distinct", "ALTER TABLE users ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (age)", "duplicates",
     "SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT k1, count(*) AS n FROM (SELECT users.age AS k1 FROM ONLY public.users AS users) AS keyed "
     "GROUP BY k1 HAVING count(*) > 1) AS repeated", true, 0},
    {"a function of the user's is not called", "CREATE UNIQUE INDEX u ON users (app.slug(email))", "duplicates", NULL, false, 0},
    {"a condition", "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0 AND \"Odd \"\"name\"\"\" <> 'it''s')", "violations",
     "SELECT count(*) FROM public.users AS users WHERE NOT (age > 0 AND \"Odd \"\"name\"\"\" <> 'it''s')", true, 0},
    {"NOT VALID looks at nothing", "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID", "violations", NULL, false, 0},
    {"VALIDATE takes the catalogue's word", "ALTER TABLE users VALIDATE CONSTRAINT grown", "violations",
     "SELECT count(*) FROM public.users AS users WHERE NOT (age >= 18)", true, 0},
    {"a foreign key", "ALTER TABLE \"Odd\".\"a \"\"b\"\"\" ADD FOREIGN KEY (\"It's\") REFERENCES users", "orphans",
     "SELECT count(*) FROM ONLY \"Odd\".\"a \"\"b\"\"\" AS referencing WHERE (referencing.\"It's\" IS NOT NULL) AND NOT EXISTS "
     "(SELECT 1 FROM ONLY public.users AS referenced WHERE referenced.id = referencing.\"It's\")", true, 0},
    {"a foreign key to a table of the script", "CREATE TABLE p (id int PRIMARY KEY); ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES p", "orphans", NULL, false, 0},
    {"integers", "ALTER TABLE users ALTER age TYPE smallint", "uncastable",
     "SELECT count(*) FROM public.users AS users WHERE NOT (round((users.age)::numeric) >= '-32768'::numeric AND "
     "round((users.age)::numeric) < '32768'::numeric)", true, 0},
    {"text that is too long", "ALTER TABLE users ALTER email TYPE varchar(3)", "uncastable",
     "SELECT count(*) FROM public.users AS users WHERE rtrim(substr((users.email)::text, 4), ' ') <> ''", true, 0},
    {"a newer server reads texts itself", "ALTER TABLE users ALTER email TYPE date USING email::date", "uncastable",
     "SELECT count(*) FROM public.users AS users WHERE (users.email)::text IS NOT NULL AND NOT "
     "(pg_input_is_valid((users.email)::text, 'date'))", true, 160000},
    {"an older one cannot", "ALTER TABLE users ALTER email TYPE date USING email::date", "uncastable", NULL, false, 150000},
    {"labels that go", "CREATE TYPE app.role2 AS ENUM ('it''s'); ALTER TABLE users ALTER role TYPE app.role2 USING role::text::app.role2", "enum values",
     "SELECT count(*) FROM public.users AS users WHERE (users.role)::text <> ALL (ARRAY['it''s']::text[])", true, 0},
    {"bounds of a partition", "CREATE TABLE p PARTITION OF events FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)", "violations",
     "SELECT count(*) FROM public.events_rest AS events_rest WHERE (at) IS NOT NULL AND ((at) >= '2024-01-01') AND (true)", true, 0},
    {"rows that DELETE touches", "DELETE FROM users u USING \"Odd\".\"a \"\"b\"\"\" x WHERE u.id = x.\"It's\"", "rows",
     "SELECT count(*) FROM users u WHERE EXISTS (SELECT 1 FROM \"Odd\".\"a \"\"b\"\"\" x WHERE u.id = x.\"It's\")", false, 0},
    {"what is not a column is not asked", "DELETE FROM users WHERE id = variable", "rows", NULL, false, 0},
    {"another search_path means other names", "SET search_path = app, public; DELETE FROM users WHERE id = 1", "rows", NULL, false, 0},
    {"what a DROP loses", "DROP TABLE users", "rows", "SELECT count(*) FROM public.users AS users", false, 0},
};
/* clang-format on */

static const struct gd_check *find_check(const struct gd_judged_file *file, const char *kind)
{
    if (file->entry_count == 0)
        return NULL;
    const struct gd_verdict *verdict = &file->entries[file->entry_count - 1]->verdict;
    for (size_t i = 0; i < verdict->check_count; i++)
        if (strcmp(verdict->checks[i]->kind, kind) == 0)
            return verdict->checks[i];
    return NULL;
}

static bool is_as_expected(size_t at)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_input input = {
        .path = "case.sql", .text = cases[at].script, .size = strlen(cases[at].script)};
    struct gd_survey own = survey;
    own.server_version = cases[at].server != 0 ? cases[at].server : 150000;
    struct gd_classify_options options = {.survey = &own};
    struct gd_report *report;
    struct gd_error err = {0};
    assert_int_equal(gd_classify(&input, 1, &options, arena, &report, &err).code, GD_OK);
    const struct gd_check *check = find_check(report->files[0], cases[at].kind);
    const char *sql = check == NULL ? "(none)" : check->count_sql;
    const char *wanted = cases[at].sql == NULL ? "(none)" : cases[at].sql;
    bool same = strcmp(sql, wanted) == 0 && (check == NULL || check->fails == cases[at].fails);
    if (!same)
        fprintf(stderr, "%s:\n  got    %s %s\n  wanted %s %s\n", cases[at].name, sql,
                check != NULL && check->fails ? "fails" : "", wanted,
                cases[at].fails ? "fails" : "");
    return same;
}

static void a_statement_leads_to_the_right_question(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT(cases); i++)
        wrong += !is_as_expected(i);
    assert_int_equal(wrong, 0);
}

/* Every sample is limited by a parameter, so that a reader of a billion rows stays polite. */
static void samples_are_limited(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_input input = {
            .path = "case.sql", .text = cases[i].script, .size = strlen(cases[i].script)};
        struct gd_classify_options options = {.survey = &survey};
        struct gd_report *report;
        struct gd_error err = {0};
        assert_int_equal(gd_classify(&input, 1, &options, arena, &report, &err).code, GD_OK);
        const struct gd_check *check = find_check(report->files[0], cases[i].kind);
        if (check == NULL || check->sample_sql == NULL)
            continue;
        size_t size = strlen(check->sample_sql);
        assert_true(size > 9 && strcmp(check->sample_sql + size - 9, " LIMIT $1") == 0);
    }
}

/* Without a database there is nobody to ask. */
static void no_database_no_question(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_input input = {
            .path = "case.sql", .text = cases[i].script, .size = strlen(cases[i].script)};
        struct gd_classify_options options = {0};
        struct gd_report *report;
        struct gd_error err = {0};
        assert_int_equal(gd_classify(&input, 1, &options, arena, &report, &err).code, GD_OK);
        assert_null(find_check(report->files[0], cases[i].kind));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_leads_to_the_right_question),
        cmocka_unit_test(samples_are_limited),
        cmocka_unit_test(no_database_no_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
