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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_values_come_out),
        cmocka_unit_test(pieces_give_what_the_whole_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
