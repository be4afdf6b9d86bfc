/* The tree is read by name: the names must be the library's, and complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/sql/parse.h"
#include "guardian/sql/tree.h"

struct call {
    const char *sql;
    void (*look)(const struct gd_parsed *parsed, struct gd_arena *arena);
};

static struct gd_status parse_and_look(void *context, struct gd_error *err)
{
    struct call *call = context;
    struct gd_parsed parsed;
    struct gd_refusal refusal = {NULL, 0};
    gd_auto_arena arena = gd_arena_new();
    if (!gd_parse(call->sql, strlen(call->sql), arena, &parsed, &refusal))
        return gd_fail(err, GD_USAGE, "%s at %zu", refusal.message, refusal.offset);
    call->look(&parsed, arena);
    return GD_DONE;
}

static void with(const char *sql, void (*look)(const struct gd_parsed *, struct gd_arena *))
{
    struct call call = {sql, look};
    struct gd_error err = {0};
    assert_int_equal(gd_deep_call(parse_and_look, &call, &err).code, GD_OK);
}

static void look_at_drop(const struct gd_parsed *parsed, struct gd_arena *arena)
{
    (void)arena;
    assert_int_equal(parsed->count, 1);
    const struct gd_node *drop = parsed->statements[0];
    assert_int_equal(gd_node_kind(drop), GD_KIND_DropStmt);
    assert_string_equal(gd_node_enum(drop, GD_F_remove_type), "OBJECT_TABLE");
    assert_true(gd_node_enum_is(drop, GD_F_behavior, "DROP_CASCADE"));
    assert_true(gd_node_flag(drop, GD_F_missing_ok));
    assert_int_equal(gd_node_count(drop, GD_F_objects), 2);
    const struct gd_node *name = gd_node_at(drop, GD_F_objects, 0);
    assert_string_equal(gd_node_name_last(name, GD_F_items), "users");
    assert_string_equal(gd_node_name_schema(name, GD_F_items), "app");
    assert_null(gd_node_at(drop, GD_F_objects, 2));
    assert_null(gd_node_child(drop, GD_F_relation));
    assert_string_equal(gd_node_text(drop, GD_F_relname), "");
    assert_int_equal(gd_node_int(NULL, GD_F_missing_ok), 0);
}

static void a_statement_is_read_by_name(void **state)
{
    (void)state;
    with("DROP TABLE IF EXISTS app.users, b CASCADE", look_at_drop);
}

static void look_at_constants(const struct gd_parsed *parsed, struct gd_arena *arena)
{
    (void)arena;
    const struct gd_node *target = gd_node_at(parsed->statements[0], GD_F_target_list, 0);
    const struct gd_node *value = gd_node_child(target, GD_F_val);
    assert_int_equal(gd_node_kind(value), GD_KIND_A_Const);
    assert_string_equal(gd_node_kind_name(value), "A_Const");
    assert_string_equal(gd_node_string(value), "it's");
    value = gd_node_child(gd_node_at(parsed->statements[0], GD_F_target_list, 1), GD_F_val);
    assert_null(gd_node_string(value)); /* a number is no text */
}

static void constants_are_told_apart(void **state)
{
    (void)state;
    with("SELECT 'it''s', 7", look_at_constants);
}

static void look_for_equal(const struct gd_parsed *parsed, struct gd_arena *arena)
{
    (void)arena;
    assert_true(gd_node_equal(parsed->statements[0], parsed->statements[1]));
    assert_false(gd_node_equal(parsed->statements[0], parsed->statements[2]));
}

static void equality_leaves_out_positions(void **state)
{
    (void)state;
    with("SELECT a + 1 FROM t; SELECT  a  +  1  FROM  t; SELECT a + 2 FROM t", look_for_equal);
}

static enum gd_walk count_calls(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    (void)parent;
    *(int *)context += gd_node_kind(node) == GD_KIND_FuncCall;
    return GD_WALK_INTO;
}

static void look_everywhere(const struct gd_parsed *parsed, struct gd_arena *arena)
{
    (void)arena;
    int calls = 0;
    gd_node_walk(parsed->statements[0], count_calls, &calls);
    assert_int_equal(calls, 7);
}

static void a_walk_reaches_every_corner(void **state)
{
    (void)state;
    with("WITH c AS (SELECT f1()) SELECT f2() FILTER (WHERE f3()) OVER (PARTITION BY f4()) FROM c "
         "JOIN LATERAL f5() ON f6() ORDER BY f7()",
         look_everywhere);
}

static void tree_def_knows_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; gd_tree_kind(i) != NULL; i++) {
        bool found = false;
        static const char *const names[] = {
#define GD_KIND(name) #name,
#include "guardian/sql/tree.def"
#undef GD_KIND
        };
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            found = found || strcmp(names[n], gd_tree_kind(i)) == 0;
        if (!found)
            fail_msg("tree.def lacks GD_KIND(%s)", gd_tree_kind(i));
    }
}

static void tree_def_is_sorted(void **state)
{
    (void)state;
    static const char *const fields[] = {
#define GD_FIELD(name) #name,
#include "guardian/sql/tree.def"
#undef GD_FIELD
    };
    for (size_t i = 1; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i - 1], fields[i]) >= 0)
            fail_msg("%s stands before %s: fields are looked up by halving", fields[i - 1],
                     fields[i]);
}

static void a_refusal_tells_the_byte(void **state)
{
    (void)state;
    struct call call = {"SELECT 'é', FROM t", NULL};
    struct gd_error err = {0};
    assert_int_equal(gd_deep_call(parse_and_look, &call, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "at 13")); /* FROM, behind a character of two bytes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_is_read_by_name),
        cmocka_unit_test(constants_are_told_apart),
        cmocka_unit_test(equality_leaves_out_positions),
        cmocka_unit_test(a_walk_reaches_every_corner),
        cmocka_unit_test(tree_def_knows_every_kind),
        cmocka_unit_test(tree_def_is_sorted),
        cmocka_unit_test(a_refusal_tells_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
