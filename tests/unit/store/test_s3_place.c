#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/store/s3_place.h"

/* clang-format off */
static const struct {
    const char *url, *endpoint, *addressing, *host, *path;
} places[] = {
    {"s3://b-1/pre/fix", NULL, NULL, "b-1.s3.eu-west-9.amazonaws.com", "/pre/fix/k/x"},
    {"s3://b-1/pre/fix/", NULL, "path", "s3.eu-west-9.amazonaws.com", "/b-1/pre/fix/k/x"},
    {"s3://b-1", "", NULL, "b-1.s3.eu-west-9.amazonaws.com", "/k/x"},
    {"s3://with.dots", NULL, NULL, "s3.eu-west-9.amazonaws.com", "/with.dots/k/x"},
    {"s3://b-1/", "https://s3.example.org", NULL, "s3.example.org", "/b-1/k/x"},
    {"s3://b-1", "HTTPS://S3.Example.org:443/", NULL, "s3.example.org", "/b-1/k/x"},
    {"s3://b-1", "https://s3.example.org:9000/gate/", NULL, "s3.example.org:9000", "/gate/b-1/k/x"},
    {"s3://b-1", "https://s3.example.org", "virtual", "b-1.s3.example.org", "/k/x"},
    {"s3://b-1", "http://127.0.0.1:9000", NULL, "127.0.0.1:9000", "/b-1/k/x"},
    {"s3://b-1", "http://[::1]:80", NULL, "[::1]", "/b-1/k/x"},
    {"s3://b-1", "http://localhost", NULL, "localhost", "/b-1/k/x"},
    {"s3://b-1", "http://minio.localhost:1", NULL, "minio.localhost:1", "/b-1/k/x"},
    {"s3://a b", NULL, NULL, NULL, NULL},
    {"s3://ab", NULL, NULL, NULL, NULL},
    {"s3:///x", NULL, NULL, NULL, NULL},
    {"s3://b-1/x/../y", NULL, NULL, NULL, NULL},
    {"s3://b-1//x", NULL, NULL, NULL, NULL},
    {"s3://b-1/x?y", NULL, NULL, NULL, NULL},
    {"s3://b-1/x\ny", NULL, NULL, NULL, NULL},
    {"s3://b-1", "s3.example.org", NULL, NULL, NULL},
    {"s3://b-1", "ftp://s3.example.org", NULL, NULL, NULL},
    {"s3://b-1", "https://user:geheim@s3.example.org", NULL, NULL, NULL},
    {"s3://b-1", "https://s3.example.org?x=geheim", NULL, NULL, NULL},
    {"s3://b-1", "https://s3.example.org:x", NULL, NULL, NULL},
    {"s3://b-1", "https://", NULL, NULL, NULL},
    {"s3://b-1", "https://s3.example.org", "odd", NULL, NULL},
    {"s3://with.dots", NULL, "virtual", NULL, NULL},
    {"s3://b-1", "http://s3.example.org", NULL, NULL, NULL},
    {"s3://b-1", "http://127.0.0.1.example.org", NULL, NULL, NULL},
    {"s3://b-1", "http://127.evil", NULL, NULL, NULL},
    {"s3://b-1", "http://localhost.example.org", NULL, NULL, NULL},
};
/* clang-format on */

static void requests_go_where_the_settings_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        struct gd_s3_place place;
        struct gd_status status = gd_s3_place_read(places[i].url, places[i].endpoint,
                                                   places[i].addressing, false, &place, &err);
        if (status.code != (places[i].host == NULL ? GD_USAGE : GD_OK))
            fail_msg("%s, %s: code %d %s", places[i].url, places[i].endpoint, status.code,
                     err.text);
        assert_null(strstr(err.text, "geheim"));
        if (places[i].host == NULL)
            continue;
        assert_string_equal(gd_s3_place_host(&place, "eu-west-9", arena), places[i].host);
        assert_string_equal(gd_s3_place_path(&place, "k/x", arena), places[i].path);
    }
}

static void plain_http_over_the_network_must_be_allowed(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_s3_place place;
    assert_int_equal(
        gd_s3_place_read("s3://b-1", "http://s3.example.org", NULL, true, &place, &err).code,
        GD_OK);
    assert_false(place.tls);
    assert_false(place.loopback);
}

static void the_bucket_itself_has_a_path(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_s3_place place;
    assert_int_equal(gd_s3_place_read("s3://b-1/x", NULL, NULL, false, &place, &err).code, GD_OK);
    assert_string_equal(gd_s3_place_path(&place, NULL, arena), "/");
    assert_string_equal(gd_s3_place_host(&place, "cn-north-1", arena),
                        "b-1.s3.cn-north-1.amazonaws.com.cn");
    assert_int_equal(gd_s3_place_read("s3://b-1/x", NULL, "path", false, &place, &err).code, GD_OK);
    assert_string_equal(gd_s3_place_path(&place, NULL, arena), "/b-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_where_the_settings_say),
        cmocka_unit_test(plain_http_over_the_network_must_be_allowed),
        cmocka_unit_test(the_bucket_itself_has_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
