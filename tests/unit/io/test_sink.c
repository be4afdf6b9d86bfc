#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/digest.h"
#include "guardian/io/source.h"

static void memory_keeps_what_was_written(void **state)
{
    (void)state;
    gd_auto_sink sink = gd_mem_sink_new(1000000);
    struct gd_error err = {0};
    size_t size = 77;
    assert_non_null(gd_mem_sink_data(sink, &size));
    assert_int_equal(size, 0);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(gd_sink_write(sink, "0123456789", 10, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, "", 0, &err).code, GD_OK);
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK);
    const char *data = gd_mem_sink_data(sink, &size);
    assert_int_equal(size, 100000);
    assert_memory_equal(data + 99990, "0123456789", 10);
}

static void memory_takes_its_limit_and_not_a_byte_more(void **state)
{
    (void)state;
    gd_auto_sink sink = gd_mem_sink_new(10);
    struct gd_error err = {0};
    assert_int_equal(gd_sink_write(sink, "01234567", 8, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, "89", 2, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, "x", 1, &err).code, GD_SYSTEM);
    assert_int_equal(sink->state, GD_SINK_BROKEN);
}

static void a_tally_counts_and_hashes_what_goes_through(void **state)
{
    (void)state;
    char hex[GD_DIGEST_HEX_SIZE], expected[GD_DIGEST_HEX_SIZE];
    struct gd_error err = {0};
    gd_auto_sink sink = gd_tally_sink_new(gd_null_sink_new());
    assert_int_equal(gd_sink_write(sink, "ab", 2, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, "c", 1, &err).code, GD_OK);
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK);
    assert_int_equal(gd_tally_sink_bytes(sink), 3);
    gd_tally_sink_sha256(sink, hex);
    gd_digest_of("abc", 3, expected);
    assert_string_equal(hex, expected);

    gd_auto_source source = gd_tally_source_new(gd_mem_source_new("abc", 3));
    uint64_t bytes = 0;
    gd_auto_sink mem = gd_mem_sink_new(10);
    assert_int_equal(gd_pump(source, mem, &bytes, &err).code, GD_OK);
    assert_int_equal(bytes, 3);
    assert_int_equal(gd_tally_source_bytes(source), 3);
    gd_tally_source_sha256(source, hex);
    assert_string_equal(hex, expected);
}

static void a_tally_does_not_count_what_was_not_taken(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_sink sink = gd_tally_sink_new(gd_mem_sink_new(2));
    assert_int_equal(gd_sink_write(sink, "abc", 3, &err).code, GD_SYSTEM);
    assert_int_equal(gd_tally_sink_bytes(sink), 0);
}

static void a_whole_source_has_a_limit(void **state)
{
    (void)state;
    static char many[300000];
    memset(many, 'm', sizeof many);
    static const struct {
        size_t size, limit;
        enum gd_code code;
    } cases[] = {
        {0, 0, GD_OK},
        {0, 10, GD_OK},
        {10, 10, GD_OK},
        {11, 10, GD_CORRUPT},
        {1, 0, GD_CORRUPT},
        {300000, 300000, GD_OK},
        {300000, 299999, GD_CORRUPT},
        {300000, 1 << 30, GD_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_source source = gd_mem_source_new(many, cases[i].size);
        char *data = NULL;
        size_t size = 0;
        struct gd_error err = {0};
        assert_int_equal(gd_source_all(source, cases[i].limit, &data, &size, &err).code,
                         cases[i].code);
        if (cases[i].code == GD_OK) {
            assert_int_equal(size, cases[i].size);
            assert_int_equal(data[size], 0);
            assert_int_equal(strlen(data), size);
        } else {
            assert_null(data);
        }
        free(data);
    }
}

static void a_pump_ends_where_the_sink_does(void **state)
{
    (void)state;
    static char many[300000];
    gd_auto_source source = gd_mem_source_new(many, sizeof many);
    gd_auto_sink sink = gd_mem_sink_new(200000);
    struct gd_error err = {0};
    assert_int_equal(gd_pump(source, sink, NULL, &err).code, GD_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_keeps_what_was_written),
        cmocka_unit_test(memory_takes_its_limit_and_not_a_byte_more),
        cmocka_unit_test(a_tally_counts_and_hashes_what_goes_through),
        cmocka_unit_test(a_tally_does_not_count_what_was_not_taken),
        cmocka_unit_test(a_whole_source_has_a_limit),
        cmocka_unit_test(a_pump_ends_where_the_sink_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
