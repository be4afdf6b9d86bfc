#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/classify/builtins.h"

/* clang-format off */
static const struct { const char *name; enum gd_builtin verdict; } cases[] = {
    {"lower",                    GD_BUILTIN_STABLE},
    {"now",                      GD_BUILTIN_STABLE},
    {"count",                    GD_BUILTIN_STABLE},
    {"uuid",                     GD_BUILTIN_STABLE},   /* a type: uuid('…') is a cast */
    {"json_array",               GD_BUILTIN_STABLE},   /* a constructor since 16 */
    {"random",                   GD_BUILTIN_HARMLESS},
    {"gen_random_uuid",          GD_BUILTIN_HARMLESS},
    {"uuidv7",                   GD_BUILTIN_HARMLESS}, /* since 18 */
    {"nextval",                  GD_BUILTIN_HARMLESS},
    {"RI_FKey_cascade_del",      GD_BUILTIN_HARMLESS}, /* answers a caller with an error */
    {"setval",                   GD_BUILTIN_EFFECT},
    {"set_config",               GD_BUILTIN_EFFECT},
    {"lo_unlink",                GD_BUILTIN_EFFECT},
    {"query_to_xml",             GD_BUILTIN_EFFECT},
    {"table_to_xml",             GD_BUILTIN_EFFECT},   /* stable, but reads any view */
    {"ts_stat",                  GD_BUILTIN_EFFECT},
    {"pg_drop_replication_slot", GD_BUILTIN_EFFECT},
    {"pg_start_backup",          GD_BUILTIN_EFFECT},   /* until 14 */
    {"pg_backup_start",          GD_BUILTIN_EFFECT},   /* since 15 */
    {"pg_clear_relation_stats",  GD_BUILTIN_EFFECT},   /* since 18 */
    {"Lower",                    GD_BUILTIN_NONE},
    {"dblink_exec",              GD_BUILTIN_NONE},     /* an extension's */
    {"",                         GD_BUILTIN_NONE},
};
/* clang-format on */

static void a_name_tells_what_a_call_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (gd_builtin_function(cases[i].name) != cases[i].verdict)
            fail_msg("%s: %d", cases[i].name, (int)gd_builtin_function(cases[i].name));
}

static void every_name_is_found_where_it_stands(void **state)
{
    (void)state;
    const char *before = "";
    size_t index = 0;
    for (const char *name; (name = gd_builtin_function_at(index)) != NULL; index++) {
        if (strcmp(before, name) >= 0)
            fail_msg("\"%s\" stands after \"%s\"", name, before);
        assert_int_not_equal(gd_builtin_function(name), GD_BUILTIN_NONE);
        before = name;
    }
    assert_true(index > 2500);
}

static void operators_are_known_by_name(void **state)
{
    (void)state;
    static const char *const known[] = {"=", "<>", "||", "->>", "@>", "~~*", "!~", "-|-"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!gd_builtin_operator(known[i]))
            fail_msg("%s is not known", known[i]);
    assert_false(gd_builtin_operator("==="));
    assert_false(gd_builtin_operator(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_tells_what_a_call_does),
        cmocka_unit_test(every_name_is_found_where_it_stands),
        cmocka_unit_test(operators_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
