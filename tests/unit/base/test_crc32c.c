#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/crc32c.h"

/* RFC 3720, B.4, and the check value of the Castagnoli polynomial. */
static void the_published_values_come_out(void **state)
{
    (void)state;
    unsigned char bytes[32];
    assert_int_equal(gd_crc32c(0, "123456789", 9), UINT32_C(0xE3069283));
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), UINT32_C(0x8A9136AA));
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), UINT32_C(0x62A8AB43));
    for (unsigned char i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), UINT32_C(0x46DD794E));
}

static void pieces_give_what_the_whole_gives(void **state)
{
    (void)state;
    const char *text = "123456789";
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(gd_crc32c(gd_crc32c(0, text, cut), text + cut, 9 - cut),
                         UINT32_C(0xE3069283));
}

/* Bit by bit, as the definition has it. */
static uint32_t by_definition(uint32_t crc, const unsigned char *bytes, size_t size)
{
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? UINT32_C(0x82F63B78) : 0);
    }
    return ~crc;
}

static void every_length_at_every_place_is_as_defined(void **state)
{
    (void)state;
    unsigned char bytes[320];
    uint32_t random = 20261123;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(random >> 24);
    }
    for (size_t from = 0; from < 17; from++)
        for (size_t size = 0; size <= 300; size++) {
            uint32_t before = (uint32_t)(size * 2654435761u) * (uint32_t)(from % 2);
            uint32_t expected = by_definition(before, bytes + from, size);
            assert_int_equal(gd_crc32c(before, bytes + from, size), expected);
            assert_int_equal(gd_crc32c_by_tables(before, bytes + from, size), expected);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_values_come_out),
        cmocka_unit_test(pieces_give_what_the_whole_gives),
        cmocka_unit_test(every_length_at_every_place_is_as_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
