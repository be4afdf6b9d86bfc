#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "guardian/io/hmac.h"

static void assert_hex(const unsigned char *bytes, size_t size, const char *expected)
{
    char hex[2 * GD_HMAC_BYTES + 1];
    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(hex, expected);
}

/* RFC 4231, cases 2 and 6 */
static void the_vectors_of_the_rfc_hold(void **state)
{
    (void)state;
    unsigned char out[GD_HMAC_BYTES], key[131];
    gd_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_hex(out, sizeof out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    gd_hmac_sha256(key, sizeof key, text, strlen(text), out);
    assert_hex(out, sizeof out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void a_key_may_be_replaced_by_what_it_makes(void **state)
{
    (void)state;
    unsigned char apart[GD_HMAC_BYTES], key[GD_HMAC_BYTES] = {1, 2, 3};
    gd_hmac_sha256(key, sizeof key, "x", 1, apart);
    gd_hmac_sha256(key, sizeof key, "x", 1, key);
    assert_memory_equal(key, apart, sizeof key);
}

/* RFC 1321 */
static void md5_is_md5(void **state)
{
    (void)state;
    unsigned char out[GD_MD5_BYTES];
    assert_true(gd_md5_of("", 0, out));
    assert_hex(out, sizeof out, "d41d8cd98f00b204e9800998ecf8427e");
    assert_true(gd_md5_of("message digest", 14, out));
    assert_hex(out, sizeof out, "f96b697d7cb7938d525a2f31aaf161d0");
}

static void where_md5_is_forbidden_that_is_said(void **state)
{
    (void)state;
    unsigned char out[GD_MD5_BYTES];
    assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
    bool good = gd_md5_of("", 0, out);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
    assert_false(good);
}

static void what_is_wiped_is_gone(void **state)
{
    (void)state;
    char secret[] = "secret";
    gd_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(a_key_may_be_replaced_by_what_it_makes),
        cmocka_unit_test(md5_is_md5),
        cmocka_unit_test(where_md5_is_forbidden_that_is_said),
        cmocka_unit_test(what_is_wiped_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
