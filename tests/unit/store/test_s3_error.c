#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/store/s3.h"

static char url[] = "s3://b-1/p";

/* An answer as a request would have read it, turned into a failure. */
static struct gd_error refused(int status, const char *code, const char *message, bool is_xml)
{
    static const struct gd_xml root = {.name = "Error", .text = ""};
    const struct gd_s3 s3 = {.store = {.url = url}};
    const struct gd_s3_answer answer = {
        .http = {.status = status, .body = "", .body_size = message[0] != '\0' || !is_xml},
        .xml = is_xml ? &root : NULL,
        .code = code,
        .message = message,
    };
    struct gd_error err = {0};
    assert_int_equal(gd_s3_refused(&s3, &answer, &err, "could not store \"%s\"", "k").code,
                     GD_SYSTEM);
    return err;
}

static void a_refusal_says_what_where_and_why(void **state)
{
    (void)state;
    struct gd_error err = refused(507, "QuotaExceeded", "full", true);
    assert_string_equal(err.text, "could not store \"k\" in s3://b-1/p: the server answered 507 "
                                  "QuotaExceeded (full)");
    assert_string_equal(err.hint, "Make room in the store.");
    err = refused(418, "", "", true);
    assert_string_equal(err.text, "could not store \"k\" in s3://b-1/p: the server answered 418");
    assert_string_equal(err.hint, "");
}

static void a_bare_403_is_a_matter_of_rights(void **state)
{
    (void)state;
    struct gd_error named = refused(403, "AccessDenied", "no", true);
    struct gd_error bare = refused(403, "", "", true);
    assert_non_null(strstr(named.hint, "s3:PutObject"));
    assert_string_equal(bare.hint, named.hint);
}

static void who_does_not_speak_s3_is_recognised(void **state)
{
    (void)state;
    struct gd_error err = refused(404, "", "", false);
    assert_non_null(strstr(err.hint, "endpoint"));
}

static void the_words_of_a_server_cannot_drive_a_screen(void **state)
{
    (void)state;
    char long_message[4096];
    memset(long_message, 'x', sizeof long_message - 1);
    long_message[sizeof long_message - 1] = '\0';
    struct gd_error err = refused(400, "Odd\x1b[2J", "a\nb\xff\xe2\x80\xae", true);
    assert_null(strpbrk(err.text, "\x1b\n\xff"));
    assert_null(strstr(err.text, "\xe2\x80\xae"));
    err = refused(400, "Long", long_message, true);
    assert_true(strlen(err.text) < 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_says_what_where_and_why),
        cmocka_unit_test(a_bare_403_is_a_matter_of_rights),
        cmocka_unit_test(who_does_not_speak_s3_is_recognised),
        cmocka_unit_test(the_words_of_a_server_cannot_drive_a_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
