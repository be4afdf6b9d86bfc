#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/classify/finding.h"

static void every_name_is_read_back_as_its_value(void **state)
{
    (void)state;
    for (int value = GD_CLASS_NONE; value <= GD_CLASS_UNKNOWN; value++) {
        enum gd_class found;
        assert_true(gd_class_parse(gd_class_name((enum gd_class)value), &found));
        assert_int_equal(found, value);
    }
    for (int value = GD_LOSES_NOTHING; value <= GD_LOSES_OUTSIDE; value++) {
        enum gd_loss found;
        assert_true(gd_loss_parse(gd_loss_name((enum gd_loss)value), &found));
        assert_int_equal(found, value);
    }
    for (int value = GD_SCOPE_NONE; value <= GD_SCOPE_DATABASE; value++) {
        enum gd_scope found;
        assert_true(gd_scope_parse(gd_scope_name((enum gd_scope)value), &found));
        assert_int_equal(found, value);
    }
}

static void a_word_that_is_no_name_is_refused_and_writes_nothing(void **state)
{
    (void)state;
    enum gd_class class = GD_CLASS_ENUM;
    assert_false(gd_class_parse("Destructive", &class));
    assert_false(gd_class_parse("", &class));
    assert_int_equal(class, GD_CLASS_ENUM);
    enum gd_loss loss = GD_LOSES_DATA;
    assert_false(gd_loss_parse("rows", &loss));
    assert_int_equal(loss, GD_LOSES_DATA);
    enum gd_scope scope = GD_SCOPE_TABLES;
    assert_false(gd_scope_parse("table", &scope));
    assert_int_equal(scope, GD_SCOPE_TABLES);
}

static void only_locks_that_stop_somebody_say_so(void **state)
{
    (void)state;
    assert_string_equal(gd_lock_name(GD_LOCK_AX), "ACCESS EXCLUSIVE");
    assert_string_equal(gd_lock_stops(GD_LOCK_AX), "stops reads and writes");
    assert_string_equal(gd_lock_stops(GD_LOCK_RX), "");
    assert_string_equal(gd_rerun_name(GD_RERUN_REPEATS), "repeats");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_read_back_as_its_value),
        cmocka_unit_test(a_word_that_is_no_name_is_refused_and_writes_nothing),
        cmocka_unit_test(only_locks_that_stop_somebody_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
