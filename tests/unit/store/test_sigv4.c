/* Signatures against what AWS published: its test suite for the general algorithm (service
 * "service"), and the examples of the S3 manual ("Signature calculations: header based"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/digest.h"
#include "guardian/store/sigv4.h"

enum { PAIRS_MAX = 6 };

struct vector {
    const char *name, *method, *path;
    struct gd_pair query[PAIRS_MAX], headers[PAIRS_MAX];
    const char *body, *token, *signature;
};

/* clang-format off */
static const struct vector suite[] = {
    {.name = "get-vanilla", .method = "GET", .path = "/",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-vanilla-query-order-key-case", .method = "GET", .path = "/",
     .query = {{"Param2", "value2"}, {"Param1", "value1"}},
     .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {.name = "get-vanilla-query-unreserved", .method = "GET", .path = "/",
     .query = {{"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}},
     .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {.name = "get-vanilla-utf8-query", .method = "GET", .path = "/",
     .query = {{"\xe1\x88\xb4", "bar"}},
     .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {.name = "get-utf8", .method = "GET", .path = "/\xe1\x88\xb4",
     .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {.name = "get-header-key-duplicate", .method = "GET", .path = "/",
     .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
     .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {.name = "get-header-value-trim", .method = "GET", .path = "/",
     .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {.name = "post-vanilla", .method = "POST", .path = "/",
     .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {.name = "post-vanilla-query", .method = "POST", .path = "/", .query = {{"Param1", "value1"}},
     .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
    {.name = "post-x-www-form-urlencoded", .method = "POST", .path = "/",
     .headers = {{"Content-Type", "application/x-www-form-urlencoded"}}, .body = "Param1=value1",
     .signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {.name = "post-sts-header-before", .method = "POST", .path = "/",
     .token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
     .signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
};

static const struct vector manual[] = {
    {.name = "GET Object", .method = "GET", .path = "/test.txt",
     .headers = {{"Range", "bytes=0-9"}},
     .signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {.name = "PUT Object", .method = "PUT", .path = "/test$file.text",
     .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
     .body = "Welcome to Amazon S3.",
     .signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {.name = "GET Bucket Lifecycle", .method = "GET", .path = "/", .query = {{"lifecycle", NULL}},
     .signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {.name = "GET Bucket (List Objects)", .method = "GET", .path = "/",
     .query = {{"prefix", "J"}, {"max-keys", "2"}},
     .signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};
/* clang-format on */

static size_t pairs_of(const struct gd_pair pairs[PAIRS_MAX])
{
    size_t count = 0;
    while (count < PAIRS_MAX && pairs[count].name != NULL)
        count++;
    return count;
}

static const char *authorization_of(const struct gd_sigv4_signed *made)
{
    for (const char *const *line = made->headers; *line != NULL; line++)
        if (strncmp(*line, "authorization: ", 15) == 0)
            return *line;
    return "";
}

struct place {
    const char *host, *region, *service, *time;
    struct gd_credential credential;
};

static const struct place suite_place = {
    "example.amazonaws.com",
    "us-east-1",
    "service",
    "2015-08-30T12:36:00Z",
    {.access_key = "AKIDEXAMPLE", .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}};
static const struct place manual_place = {
    "examplebucket.s3.amazonaws.com",
    "us-east-1",
    "s3",
    "2013-05-24T00:00:00Z",
    {.access_key = "AKIAIOSFODNN7EXAMPLE",
     .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}};

static void sign(const struct vector *vector, const struct place *place, struct gd_arena *arena,
                 struct gd_sigv4_signed *out_signed)
{
    struct gd_credential credential = place->credential;
    if (vector->token != NULL)
        snprintf(credential.session_token, sizeof credential.session_token, "%s", vector->token);
    char hash[GD_DIGEST_HEX_SIZE];
    if (vector->body != NULL)
        gd_digest_of(vector->body, strlen(vector->body), hash);
    struct gd_sigv4_request request = {
        .method = vector->method,
        .host = place->host,
        .path = vector->path,
        .query = vector->query,
        .query_count = pairs_of(vector->query),
        .headers = vector->headers,
        .header_count = pairs_of(vector->headers),
        .payload_sha256 = vector->body != NULL ? hash : NULL,
        .region = place->region,
        .service = place->service,
    };
    assert_true(gd_clock_parse(place->time, &request.time_us));
    gd_sigv4_sign(&request, &credential, arena, out_signed);
}

static void check(const struct vector *vectors, size_t count, const struct place *place)
{
    for (size_t i = 0; i < count; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_sigv4_signed made;
        sign(&vectors[i], place, arena, &made);
        if (strstr(authorization_of(&made), vectors[i].signature) == NULL)
            fail_msg("%s: %s", vectors[i].name, authorization_of(&made));
    }
}

static void the_test_suite_of_aws_holds(void **state)
{
    (void)state;
    check(suite, sizeof suite / sizeof suite[0], &suite_place);
}

static void the_examples_of_the_s3_manual_hold(void **state)
{
    (void)state;
    check(manual, sizeof manual / sizeof manual[0], &manual_place);
}

static void what_is_sent_is_what_was_signed(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct vector odd = {.method = "GET",
                               .path = "/b/a b+c=d&e/../x%20y/\xc3\xa9'()*!",
                               .query = {{"prefix", "a/b c"}, {"list-type", "2"}, {"acl", NULL}}};
    struct gd_sigv4_signed made;
    sign(&odd, &manual_place, arena, &made);
    assert_string_equal(made.target, "/b/a%20b%2Bc%3Dd%26e/../x%2520y/%C3%A9%27%28%29%2A%21"
                                     "?acl=&list-type=2&prefix=a%2Fb%20c");
}

/* "x-amz-server-side-encryption" before "x-amz-server-side-encryption-aws-kms-key-id", although
 * '-' comes before ':'. */
static void headers_are_sorted_by_their_names_alone(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct vector kms = {.method = "PUT",
                               .path = "/k",
                               .headers = {{"x-amz-server-side-encryption-aws-kms-key-id", "k"},
                                           {"X-Amz-Server-Side-Encryption", "aws:kms"}}};
    struct gd_sigv4_signed made;
    sign(&kms, &manual_place, arena, &made);
    assert_non_null(strstr(authorization_of(&made),
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                           "x-amz-server-side-encryption;"
                           "x-amz-server-side-encryption-aws-kms-key-id,"));
}

static void the_secret_is_nowhere_in_what_is_sent(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_sigv4_signed made;
    sign(&manual[0], &manual_place, arena, &made);
    assert_null(strstr(made.target, "wJalrXUtnFEMI"));
    for (const char *const *line = made.headers; *line != NULL; line++)
        assert_null(strstr(*line, "wJalrXUtnFEMI"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_suite_of_aws_holds),
        cmocka_unit_test(the_examples_of_the_s3_manual_hold),
        cmocka_unit_test(what_is_sent_is_what_was_signed),
        cmocka_unit_test(headers_are_sorted_by_their_names_alone),
        cmocka_unit_test(the_secret_is_nowhere_in_what_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
