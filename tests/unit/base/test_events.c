#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/events.h"

struct heard {
    unsigned count;
    struct gd_event last;
    char text[64];
};

static void hear(void *context, const struct gd_event *event)
{
    struct heard *heard = context;
    heard->count++;
    heard->last = *event;
    strncpy(heard->text, event->text, sizeof heard->text - 1);
}

static void what_is_told_is_heard(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct gd_events events = {hear, &heard};
    gd_tell_stage(&events, "copying data", 42);
    assert_int_equal(heard.last.kind, GD_EVENT_STAGE);
    assert_int_equal(heard.last.total_bytes, 42);
    assert_int_equal(heard.last.worker, -1);
    gd_tell_note(&events, "%d tables", 3);
    assert_int_equal(heard.last.kind, GD_EVENT_NOTE);
    assert_string_equal(heard.text, "3 tables");
    assert_null(heard.last.hint);
    gd_tell_warning(&events, "Do this.", "%s is old", "it");
    assert_int_equal(heard.last.kind, GD_EVENT_WARNING);
    assert_string_equal(heard.text, "it is old");
    assert_string_equal(heard.last.hint, "Do this.");
    assert_int_equal(heard.count, 3);
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    gd_tell_note(NULL, "unheard");
    gd_tell_note(&(struct gd_events){0}, "unheard");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_heard),
        cmocka_unit_test(nobody_has_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
