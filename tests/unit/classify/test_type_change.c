#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify/type_change.h"
#include "guardian/sql/parse.h"

/* One ALTER COLUMN c TYPE … as the server would meet it. */
struct row {
    const char *old_type; /* as format_type() prints it; NULL: not known */
    const char *new_type;
    const char *using_sql; /* NULL: none */
    enum gd_change change;
    bool rewrite;
};

// clang-format off
static const struct row rows[] = {
    {"integer", "int4", NULL, GD_CHANGE_SAME, false},
    {"character varying(50)", "varchar(50)", NULL, GD_CHANGE_SAME, false},
    {"numeric(10,2)", "decimal(10, 2)", NULL, GD_CHANGE_SAME, false},
    {"numeric(10,0)", "numeric(10)", NULL, GD_CHANGE_SAME, false},
    {"timestamp with time zone", "timestamptz", "c", GD_CHANGE_SAME, false},
    {"integer[]", "int[]", NULL, GD_CHANGE_SAME, false},

    {"character varying(50)", "varchar(100)", NULL, GD_CHANGE_RELABEL, false},
    {"character varying(50)", "text", NULL, GD_CHANGE_RELABEL, false},
    {"text", "varchar", NULL, GD_CHANGE_RELABEL, false},
    {"numeric(10,2)", "numeric(12,2)", NULL, GD_CHANGE_RELABEL, false},
    {"numeric(10,2)", "numeric", NULL, GD_CHANGE_RELABEL, false},
    {"numeric(10,2)[]", "numeric[]", NULL, GD_CHANGE_RELABEL, false},
    {"timestamp(3) without time zone", "timestamp", NULL, GD_CHANGE_RELABEL, false},
    {"interval(0)", "interval", NULL, GD_CHANGE_RELABEL, false},
    {"bit varying(8)", "varbit(16)", NULL, GD_CHANGE_RELABEL, false},
    {"cidr", "inet", NULL, GD_CHANGE_RELABEL, false},
    {"text", "citext", NULL, GD_CHANGE_CASELESS, false},
    {"character varying(5)", "public.citext", NULL, GD_CHANGE_CASELESS, false},

    {"integer", "bigint", NULL, GD_CHANGE_WIDEN, true},
    {"integer", "bigint", "c::bigint", GD_CHANGE_WIDEN, true},
    {"integer", "numeric(12,2)", NULL, GD_CHANGE_WIDEN, true},
    {"integer[]", "bigint[]", NULL, GD_CHANGE_WIDEN, true},
    {"smallint", "real", NULL, GD_CHANGE_WIDEN, true},
    {"numeric(10,2)", "numeric(14,4)", NULL, GD_CHANGE_WIDEN, true},
    {"character(5)", "char(10)", NULL, GD_CHANGE_WIDEN, true},
    {"date", "timestamp", NULL, GD_CHANGE_WIDEN, true},
    {"boolean", "int", "c::int", GD_CHANGE_WIDEN, true},
    {"character varying(5)[]", "varchar(10)[]", NULL, GD_CHANGE_RELABEL, true},

    {"uuid", "text", NULL, GD_CHANGE_TEXT, true},
    {"integer", "text", "c::text", GD_CHANGE_TEXT, true},
    {"jsonb", "json", NULL, GD_CHANGE_TEXT, true},
    {"double precision", "text", NULL, GD_CHANGE_STYLED, true},
    {"timestamp with time zone", "varchar(80)", NULL, GD_CHANGE_STYLED, true},

    {"bigint", "int", NULL, GD_CHANGE_NARROW, true},
    {"integer", "numeric(5,2)", NULL, GD_CHANGE_NARROW, true},
    {"numeric(10,2)", "numeric(8,2)", NULL, GD_CHANGE_NARROW, true},
    {"numeric(10,0)", "bigint", NULL, GD_CHANGE_NARROW, true},
    {"text", "varchar(10)", NULL, GD_CHANGE_NARROW, true},
    {"character varying(50)", "varchar(49)", NULL, GD_CHANGE_NARROW, true},
    {"uuid", "varchar(10)", NULL, GD_CHANGE_NARROW, true},
    {"text", "varchar(10)", "c::varchar(10)", GD_CHANGE_CUT, true},
    {"text", "varchar(10)", "substr(c, 1, 10)", GD_CHANGE_COMPUTED, true},
    {"bit(8)", "bit(4)", "c::bit(4)", GD_CHANGE_CUT, true},
    {"text", "name", NULL, GD_CHANGE_CUT, true},

    {"character(10)", "text", NULL, GD_CHANGE_BLANKS, true},
    {"text", "char(10)", NULL, GD_CHANGE_BLANKS, true},
    {"inet", "cidr", NULL, GD_CHANGE_NETWORK, true},
    {"json", "jsonb", NULL, GD_CHANGE_JSON, true},
    {"timestamp without time zone", "date", NULL, GD_CHANGE_TIME, true},
    {"timestamp without time zone", "timestamp(3)", NULL, GD_CHANGE_TIME, true},
    {"interval", "interval day to minute", NULL, GD_CHANGE_TIME, true},
    {"time(3) without time zone", "interval(0)", NULL, GD_CHANGE_TIME, true},
    {"numeric(10,2)", "numeric(10,1)", NULL, GD_CHANGE_ROUND, true},
    {"numeric", "numeric(10,2)", NULL, GD_CHANGE_ROUND, true},
    {"numeric(10,2)", "int", NULL, GD_CHANGE_ROUND, true},
    {"double precision", "real", NULL, GD_CHANGE_ROUND, true},
    {"bigint", "double precision", NULL, GD_CHANGE_ROUND, true},
    {"double precision", "numeric(20,4)", NULL, GD_CHANGE_ROUND, true},
    {"bigint", "int", "c::numeric(5,0)::int", GD_CHANGE_NARROW, true},
    {"numeric", "numeric", "c::int", GD_CHANGE_ROUND, true},

    {"text", "int", "c::int", GD_CHANGE_READ, true},
    {"text", "uuid", "CAST(c AS uuid)", GD_CHANGE_READ, true},
    {"integer", "boolean", "c::boolean", GD_CHANGE_OTHER, true},
    {"point", "app.thing", NULL, GD_CHANGE_OTHER, true},
    {"integer", "app.int8", NULL, GD_CHANGE_OTHER, true},
    {"integer", "int", "-c", GD_CHANGE_COMPUTED, true},
    {"integer", "int", "b::int", GD_CHANGE_COMPUTED, true},
    {"integer", "int", "NULL", GD_CHANGE_COMPUTED, true},
    {NULL, "int", "NULL", GD_CHANGE_COMPUTED, true},
    {NULL, "bigint", NULL, GD_CHANGE_UNKNOWN, true},
    {NULL, "text", NULL, GD_CHANGE_UNKNOWN, true},
};
// clang-format on

static struct gd_type_form form_of(const char *text, struct gd_arena *arena)
{
    struct gd_type_form form;
    assert_true(gd_type_form_parse(text, arena, &form));
    return form;
}

static struct gd_change_answer answer_to(const struct row *row, bool enums, bool utc,
                                         struct gd_arena *arena)
{
    struct gd_type_form old_form;
    struct gd_change_question question = {.new_form = form_of(row->new_type, arena), .utc = utc};
    if (row->old_type != NULL) {
        old_form = form_of(row->old_type, arena);
        old_form.is_enum = enums && strcmp(old_form.name, "text") != 0;
        question.old_form = &old_form;
    }
    question.new_form.is_enum = enums && strcmp(question.new_form.name, "text") != 0;
    if (row->using_sql != NULL)
        question.using = gd_using_read(gd_parse_expression(row->using_sql, arena), "c");
    return gd_type_change(&question);
}

static struct gd_status each_pair(void *context, struct gd_error *err)
{
    (void)err;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gd_change_answer answer = answer_to(&rows[i], false, false, arena);
        if (answer.change != rows[i].change || answer.rewrite != rows[i].rewrite) {
            print_error("%s to %s using %s: %s, rewrite %d\n",
                        rows[i].old_type == NULL ? "?" : rows[i].old_type, rows[i].new_type,
                        rows[i].using_sql == NULL ? "nothing" : rows[i].using_sql,
                        gd_change_text(answer.change), answer.rewrite);
            ++*(int *)context;
        }
    }
    return GD_DONE;
}

static struct gd_status each_enum(void *context, struct gd_error *err)
{
    (void)err;
    // clang-format off
    static const struct row swaps[] = {
        {"public.mood", "public.mood_new", "c::text::public.mood_new", GD_CHANGE_ENUM, true},
        {"public.mood[]", "mood_new[]", "c::text[]::mood_new[]", GD_CHANGE_ENUM, true},
        {NULL, "mood_new", "c::text::mood_new", GD_CHANGE_ENUM, true},
        {NULL, "mood_new", "c::mood_new", GD_CHANGE_UNKNOWN, true},
        {"mood", "mood", NULL, GD_CHANGE_SAME, false},
        {"mood", "text", NULL, GD_CHANGE_TEXT, true},
        {"text", "mood", "c::mood", GD_CHANGE_LABELS, true},
        {"mood", "mood_new", "CASE c WHEN 'a' THEN 'b'::mood_new END", GD_CHANGE_COMPUTED, true},
    };
    // clang-format on
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof swaps / sizeof swaps[0]; i++) {
        struct gd_change_answer answer = answer_to(&swaps[i], true, false, arena);
        if (answer.change != swaps[i].change || answer.rewrite != swaps[i].rewrite) {
            print_error("%s to %s: %s\n", swaps[i].old_type, swaps[i].new_type,
                        gd_change_text(answer.change));
            ++*(int *)context;
        }
    }
    return GD_DONE;
}

static struct gd_status zones(void *context, struct gd_error *err)
{
    (void)err;
    static const struct row row = {"timestamp without time zone", "timestamptz", NULL,
                                   GD_CHANGE_ZONE, true};
    static const struct row limited = {"timestamp(3) without time zone", "timestamptz(3)", NULL,
                                       GD_CHANGE_ZONE, true};
    gd_auto_arena arena = gd_arena_new();
    *(int *)context += answer_to(&row, false, false, arena).change != GD_CHANGE_ZONE;
    *(int *)context += !answer_to(&row, false, false, arena).rewrite;
    *(int *)context += answer_to(&row, false, true, arena).change != GD_CHANGE_ZONE;
    *(int *)context += answer_to(&row, false, true, arena).rewrite;
    *(int *)context += !answer_to(&limited, false, true, arena).rewrite;
    return GD_DONE;
}

static struct gd_status domains(void *context, struct gd_error *err)
{
    (void)err;
    gd_auto_arena arena = gd_arena_new();
    struct gd_type_form old_form = form_of("integer", arena);
    struct gd_change_question question = {.old_form = &old_form, .new_form = old_form};
    question.new_form.checked = true;
    struct gd_change_answer into = gd_type_change(&question);
    *(int *)context += into.change != GD_CHANGE_DOMAIN || !into.rewrite;
    old_form.checked = true;
    question.new_form.checked = false;
    struct gd_change_answer back = gd_type_change(&question);
    *(int *)context += back.change != GD_CHANGE_SAME || back.rewrite;
    return GD_DONE;
}

static void assert_none_wrong(gd_deep_fn *cases)
{
    int wrong = 0;
    struct gd_error err = {0};
    assert_int_equal(gd_deep_call(cases, &wrong, &err).code, GD_OK);
    assert_int_equal(wrong, 0);
}

static void each_pair_of_types_has_its_change_and_its_rewrite(void **state)
{
    (void)state;
    assert_none_wrong(each_pair);
}

static void an_enum_that_goes_by_text_to_another_is_a_swap(void **state)
{
    (void)state;
    assert_none_wrong(each_enum);
}

static void a_zone_of_utc_keeps_the_file_but_not_the_meaning(void **state)
{
    (void)state;
    assert_none_wrong(zones);
    assert_true(gd_zone_is_utc("utc"));
    assert_false(gd_zone_is_utc("Europe/Berlin"));
    assert_false(gd_zone_is_utc("Europe/London"));
    assert_false(gd_zone_is_utc(NULL));
}

static void a_domain_with_constraints_looks_at_every_row(void **state)
{
    (void)state;
    assert_none_wrong(domains);
}

static struct gd_status no_types(void *context, struct gd_error *err)
{
    (void)err;
    gd_auto_arena arena = gd_arena_new();
    struct gd_type_form form = {.name = "untouched"};
    *(int *)context += gd_type_form_parse("???", arena, &form);
    *(int *)context += gd_type_form_parse("", arena, &form);
    *(int *)context += gd_type_form_parse("int) + (1", arena, &form);
    *(int *)context += strcmp(form.name, "untouched") != 0;
    return GD_DONE;
}

static void what_is_no_type_is_not_read(void **state)
{
    (void)state;
    assert_none_wrong(no_types);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_of_types_has_its_change_and_its_rewrite),
        cmocka_unit_test(an_enum_that_goes_by_text_to_another_is_a_swap),
        cmocka_unit_test(a_zone_of_utc_keeps_the_file_but_not_the_meaning),
        cmocka_unit_test(a_domain_with_constraints_looks_at_every_row),
        cmocka_unit_test(what_is_no_type_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
