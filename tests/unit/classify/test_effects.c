#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "guardian/classify/builtins.h"

static const struct {
    const char *schema, *name;
} effects[] = {
#define GD_EFFECT(schema, name, family) {schema, name},
#include "guardian/classify/effects.def"
#undef GD_EFFECT
};
enum { EFFECTS = sizeof effects / sizeof effects[0] };

static bool has_line(const char *name)
{
    for (size_t i = 0; i < EFFECTS; i++)
        if (effects[i].schema[0] == '\0' && strcmp(effects[i].name, name) == 0)
            return true;
    return false;
}

static void every_builtin_with_an_effect_has_a_family(void **state)
{
    (void)state;
    const char *name;
    for (size_t i = 0; (name = gd_builtin_function_at(i)) != NULL; i++)
        if (gd_builtin_function(name) == GD_BUILTIN_EFFECT && !has_line(name))
            fail_msg("%s() does something, and no line of effects.def says what", name);
}

static void every_builtin_in_a_family_is_one_with_an_effect(void **state)
{
    (void)state;
    for (size_t i = 0; i < EFFECTS; i++)
        if (effects[i].schema[0] == '\0' &&
            gd_builtin_function(effects[i].name) != GD_BUILTIN_EFFECT)
            fail_msg("%s() is no builtin with an effect", effects[i].name);
}

static void a_name_stands_once_per_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < EFFECTS; i++)
        for (size_t j = i + 1; j < EFFECTS; j++)
            if (strcmp(effects[i].name, effects[j].name) == 0 &&
                strcmp(effects[i].schema, effects[j].schema) == 0)
                fail_msg("%s() stands twice", effects[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_builtin_with_an_effect_has_a_family),
        cmocka_unit_test(every_builtin_in_a_family_is_one_with_an_effect),
        cmocka_unit_test(a_name_stands_once_per_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
