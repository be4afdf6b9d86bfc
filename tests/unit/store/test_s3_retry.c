#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/store/s3_retry.h"

static const int64_t second_us = 1000000;

/* clang-format off */
static const struct {
    const char *name;
    struct gd_s3_try made;
    enum gd_s3_step step;
} cases[] = {
    {"good", {.status = 200, .code = ""}, GD_S3_ANSWER},
    {"not there", {.status = 404, .code = "NoSuchKey"}, GD_S3_ANSWER},
    {"forbidden", {.status = 403, .code = "AccessDenied"}, GD_S3_ANSWER},
    {"taken", {.status = 412, .code = "PreconditionFailed"}, GD_S3_ANSWER},
    {"lacking", {.status = 501, .code = "NotImplemented"}, GD_S3_ANSWER},
    {"slow down", {.status = 503, .code = "SlowDown"}, GD_S3_AGAIN},
    {"internal", {.status = 500, .code = "InternalError"}, GD_S3_AGAIN},
    {"an error under 200", {.status = 200, .code = "InternalError"}, GD_S3_AGAIN},
    {"another error under 200", {.status = 200, .code = "NoSuchUpload"}, GD_S3_ANSWER},
    {"a gateway without words", {.status = 502, .code = ""}, GD_S3_AGAIN},
    {"too many", {.status = 429, .code = ""}, GD_S3_AGAIN},
    {"body came too slowly", {.status = 400, .code = "RequestTimeout"}, GD_S3_AGAIN},
    {"another writer at this moment", {.status = 409, .code = "ConditionalRequestConflict"}, GD_S3_AGAIN},
    {"a bucket that is just made", {.status = 307, .code = "TemporaryRedirect"}, GD_S3_AGAIN},
    {"damaged on the way", {.status = 400, .code = "BadDigest"}, GD_S3_AGAIN},
    {"nobody listens", {.trouble = GD_HTTP_NO_CONNECTION, .code = ""}, GD_S3_AGAIN},
    {"cut", {.trouble = GD_HTTP_LOST, .code = ""}, GD_S3_AGAIN},
    {"a wrong certificate", {.trouble = GD_HTTP_TLS, .code = ""}, GD_S3_ANSWER},
    {"told to stop", {.trouble = GD_HTTP_STOPPED, .code = ""}, GD_S3_ANSWER},
    {"clock", {.status = 403, .code = "RequestTimeTooSkewed", .skew_us = 3600000000}, GD_S3_CLOCK},
    {"clock, without words", {.status = 403, .code = "", .skew_us = -3600000000}, GD_S3_CLOCK},
    {"forbidden, by a clock that is a little off", {.status = 403, .code = "AccessDenied", .skew_us = 60000000}, GD_S3_ANSWER},
    {"expired", {.status = 400, .code = "ExpiredToken"}, GD_S3_CREDENTIAL},
    {"HEAD with what may have expired", {.status = 403, .code = "", .is_head = true, .expires_us = 1}, GD_S3_CREDENTIAL},
    {"HEAD with what never expires", {.status = 403, .code = "", .is_head = true}, GD_S3_ANSWER},
    {"elsewhere", {.status = 301, .code = "PermanentRedirect", .new_region = true}, GD_S3_REGION},
    {"signed for elsewhere", {.status = 400, .code = "AuthorizationHeaderMalformed", .new_region = true}, GD_S3_REGION},
    {"elsewhere, nobody says where", {.status = 301, .code = "PermanentRedirect"}, GD_S3_ANSWER},
};
/* clang-format on */

static void each_failure_has_its_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_s3_tries tries = {0};
        enum gd_s3_step step = gd_s3_judge(&cases[i].made, &tries, 0, 60000);
        if (step != cases[i].step)
            fail_msg("%s: step %d", cases[i].name, step);
    }
}

/* What is set right and does not help is not set right for ever. */
static void each_failure_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_s3_tries tries = {0};
        unsigned made = 0;
        while (gd_s3_judge(&cases[i].made, &tries, (int64_t)made * second_us, 60000) !=
               GD_S3_ANSWER)
            if (++made > 62)
                fail_msg("%s never ends", cases[i].name);
    }
}

static void there_is_always_a_second_try(void **state)
{
    (void)state;
    struct gd_s3_tries tries = {0};
    const struct gd_s3_try busy = {.status = 503, .code = "SlowDown"};
    assert_int_equal(gd_s3_judge(&busy, &tries, 900 * second_us, 0), GD_S3_AGAIN);
    assert_int_equal(gd_s3_judge(&busy, &tries, 1900 * second_us, 0), GD_S3_ANSWER);
}

static void the_budget_counts_from_the_first_failure(void **state)
{
    (void)state;
    struct gd_s3_tries tries = {0};
    const struct gd_s3_try busy = {.status = 503, .code = "SlowDown"};
    assert_int_equal(gd_s3_judge(&busy, &tries, 100 * second_us, 5000), GD_S3_AGAIN);
    assert_int_equal(gd_s3_judge(&busy, &tries, 104 * second_us, 5000), GD_S3_AGAIN);
    assert_int_equal(gd_s3_judge(&busy, &tries, 105 * second_us, 5000), GD_S3_ANSWER);
}

static void pauses_are_anything_up_to_a_limit_that_doubles(void **state)
{
    (void)state;
    static const uint32_t limits[] = {200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000};
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        assert_int_equal(gd_s3_pause_ms(i + 1, limits[i]), limits[i]);
        assert_int_equal(gd_s3_pause_ms(i + 1, limits[i] + 1), 0);
        assert_int_equal(gd_s3_pause_ms(i + 1, 0), 0);
        assert_true(gd_s3_pause_ms(i + 1, UINT32_MAX) <= limits[i]);
    }
    assert_true(gd_s3_pause_ms(4000000000U, UINT32_MAX) <= 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_has_its_step),
        cmocka_unit_test(each_failure_ends),
        cmocka_unit_test(there_is_always_a_second_try),
        cmocka_unit_test(the_budget_counts_from_the_first_failure),
        cmocka_unit_test(pauses_are_anything_up_to_a_limit_that_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
