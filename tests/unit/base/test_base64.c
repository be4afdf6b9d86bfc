#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/base64.h"

/* RFC 4648, section 10 */
static const struct {
    const char *plain, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe\xfd", "//79"},
};

static void the_published_vectors_hold_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char text[GD_BASE64_SIZE(8)];
        gd_base64_write(vectors[i].plain, strlen(vectors[i].plain), text);
        assert_string_equal(text, vectors[i].text);
        char plain[8];
        size_t size = 99;
        assert_true(gd_base64_read(vectors[i].text, plain, sizeof plain, &size));
        assert_int_equal(size, strlen(vectors[i].plain));
        assert_memory_equal(plain, vectors[i].plain, size);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Z",    "Zg",   "Zg=",      "Z===",   "====", "Zh==",
                                        "Zm9=", "Zm 9", "Zg==Zg==", "Zm9v\n", "Zm-_", "\xc3\xa9zz"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char plain[16];
        size_t size;
        if (gd_base64_read(wrong[i], plain, sizeof plain, &size))
            fail_msg("\"%s\" was read", wrong[i]);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    char plain[6];
    size_t size;
    assert_false(gd_base64_read("Zm9vYmFy", plain, 5, &size));
    assert_true(gd_base64_read("Zm9vYmFy", plain, 6, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_hold_both_ways),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
