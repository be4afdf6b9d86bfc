/* What a session remembers: answers that are due, and what names mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

static void add(struct gd_expected *expected, enum gd_expect_kind kind)
{
    gd_expected_add(expected, (struct gd_expect){.kind = kind, .more = gd_memory_strdup("x")});
}

static void answers_come_in_order_however_many(void **state)
{
    (void)state;
    struct gd_expected expected = {0};
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < GD_EXPECT_MAX; i++)
            gd_expected_add(&expected, (struct gd_expect){.kind = GD_EXPECT_BIND, .ticket = i});
        assert_true(gd_expected_full(&expected));
        for (size_t i = 0; i < GD_EXPECT_MAX; i++) {
            assert_int_equal(gd_expected_head(&expected)->ticket, i);
            gd_expected_pop(&expected);
        }
        assert_null(gd_expected_head(&expected));
    }
    gd_expected_done(&expected);
}

static void a_copy_swallows_syncs_up_to_its_end(void **state)
{
    (void)state;
    struct gd_expected expected = {0};
    add(&expected, GD_EXPECT_EXECUTE);
    add(&expected, GD_EXPECT_SYNC);
    add(&expected, GD_EXPECT_COPY_END);
    add(&expected, GD_EXPECT_SYNC);
    assert_int_equal(gd_expected_copies(&expected), GD_COPY_ENDS);
    gd_expected_pop(&expected);
    assert_int_equal(gd_expected_head(&expected)->kind, GD_EXPECT_SYNC);
    assert_int_equal(expected.count, 1);
    gd_expected_pop(&expected);

    add(&expected, GD_EXPECT_EXECUTE);
    add(&expected, GD_EXPECT_SYNC);
    assert_int_equal(gd_expected_copies(&expected), GD_COPY_GOES_ON);
    gd_expected_pop(&expected);
    assert_null(gd_expected_head(&expected));

    add(&expected, GD_EXPECT_QUERY);
    add(&expected, GD_EXPECT_SYNC);
    add(&expected, GD_EXPECT_QUERY);
    assert_int_equal(gd_expected_copies(&expected), GD_COPY_BROKEN);
    gd_expected_done(&expected);
}

static struct gd_named *statement(struct gd_names *names, const char *name, const char *text)
{
    struct gd_named *named = gd_names_add(names, false, name);
    named->text = gd_memory_strdup(text);
    named->size = strlen(text);
    names->bytes += named->size;
    return named;
}

static void a_name_means_what_was_confirmed_last(void **state)
{
    (void)state;
    struct gd_names names = {0};
    gd_names_settle(&names, statement(&names, "s", "one"));
    struct gd_named *second = statement(&names, "s", "second");
    assert_ptr_equal(gd_names_find(&names, false, "s"), second); /* for what is sent behind it */
    gd_names_drop(&names, second);                               /* it failed */
    assert_string_equal(gd_names_find(&names, false, "s")->text, "one");
    gd_names_settle(&names, statement(&names, "s", "third"));
    assert_string_equal(gd_names_find(&names, false, "s")->text, "third");
    assert_int_equal(names.bytes, strlen("third"));

    struct gd_named *next = statement(&names, "s", "next");
    gd_names_close(&names, false, "s"); /* the Close was sent before the next Parse */
    assert_ptr_equal(gd_names_find(&names, false, "s"), next);
    assert_null(gd_names_find(&names, true, "s"));
    gd_names_done(&names);
    assert_int_equal(names.bytes, 0);
}

static void names_count_by_their_first_63_bytes(void **state)
{
    (void)state;
    struct gd_names names = {0};
    char one[80], other[80];
    memset(one, 'n', sizeof one);
    memset(other, 'n', sizeof other);
    one[79] = other[79] = '\0';
    one[63] = '1';
    other[63] = '2';
    statement(&names, one, "text");
    assert_non_null(gd_names_find(&names, false, other));
    other[62] = 'x';
    assert_null(gd_names_find(&names, false, other));
    gd_names_done(&names);
}

static void portals_end_with_their_transaction(void **state)
{
    (void)state;
    struct gd_names names = {0};
    gd_names_settle(&names, gd_names_add(&names, true, "p"));
    (void)gd_names_add(&names, true, "sent for the next one");
    gd_names_settle(&names, statement(&names, "p", "text"));
    gd_names_end_transaction(&names);
    assert_null(gd_names_find(&names, true, "p"));
    assert_non_null(gd_names_find(&names, true, "sent for the next one"));
    assert_non_null(gd_names_find(&names, false, "p"));
    gd_names_done(&names);
}

static void call(struct gd_wire_out *out, uint32_t oid, const char *argument, uint32_t size)
{
    gd_wire_begin(out, 'F');
    gd_wire_put_u32(out, oid);
    gd_wire_put_u16(out, 1);
    gd_wire_put_u16(out, 1);
    gd_wire_put_u16(out, 1);
    gd_wire_put_u32(out, size);
    gd_wire_put(out, argument, size);
    gd_wire_put_u16(out, 1);
    gd_wire_end(out);
}

static void a_function_call_reads_as_sql(void **state)
{
    (void)state;
    static const struct {
        uint32_t oid;
        const char *argument;
        uint32_t size;
        const char *text; /* NULL: refused */
    } cases[] = {
        {964, "\0\0\x12\x67", 4, "SELECT pg_catalog.lo_unlink(4711)"},
        {957, "\xff\xff\xff\xff", 4, "SELECT pg_catalog.lo_creat(-1)"},
        {964, "text", 3, NULL},
        {2093, "\0\0\0\1", 4, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_wire_out out = {0};
        char text[GD_FUNCTION_TEXT_SIZE];
        struct gd_wire_message message;
        call(&out, cases[i].oid, cases[i].argument, cases[i].size);
        assert_int_equal(gd_wire_look(GD_WIRE_CLIENT, out.bytes, out.size, &message),
                         GD_WIRE_MESSAGE);
        assert_int_equal(gd_function_text(&message, text), cases[i].text != NULL);
        if (cases[i].text != NULL)
            assert_string_equal(text, cases[i].text);
        message.have = GD_WIRE_HEADER + 6; /* cut short */
        assert_false(gd_function_text(&message, text));
    }
}

static void an_unknown_statement_is_run_as_by_execute(void **state)
{
    (void)state;
    char text[GD_EXECUTE_TEXT_SIZE], quotes[80];
    gd_session_execute_text("a\"b", text);
    assert_string_equal(text, "EXECUTE \"a\"\"b\"");
    memset(quotes, '"', sizeof quotes);
    quotes[79] = '\0';
    gd_session_execute_text(quotes, text);
    assert_int_equal(strlen(text), strlen("EXECUTE \"\"") + 126);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_in_order_however_many),
        cmocka_unit_test(a_copy_swallows_syncs_up_to_its_end),
        cmocka_unit_test(a_name_means_what_was_confirmed_last),
        cmocka_unit_test(names_count_by_their_first_63_bytes),
        cmocka_unit_test(portals_end_with_their_transaction),
        cmocka_unit_test(a_function_call_reads_as_sql),
        cmocka_unit_test(an_unknown_statement_is_run_as_by_execute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
