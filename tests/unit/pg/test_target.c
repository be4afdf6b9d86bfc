#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/pg/target.h"

/* What a target comes to: "keyword=value" pairs in this order, joined by blanks. */
static const char *const shown[] = {"host",    "hostaddr",        "port",    "dbname",
                                    "user",    "password",        "sslmode", "sslrootcert",
                                    "sslcert", "sslkey",          "options", "connect_timeout",
                                    "service", "application_name"};

static const char *show(const struct gd_pg_target *target, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const char *value = gd_pg_target_get(target, shown[i]);
        if (value != NULL)
            text = gd_arena_printf(arena, "%s%s%s=%s", text, *text == '\0' ? "" : " ", shown[i],
                                   value);
    }
    if (target->schema != NULL)
        text = gd_arena_printf(arena, "%s schema:%s", text, target->schema);
    if (target->search_path != NULL)
        text = gd_arena_printf(arena, "%s search_path:%s", text, target->search_path);
    return target->pooler ? gd_arena_printf(arena, "%s pooler", text) : text;
}

/* clang-format off */
static const struct { const char *text, *meant; } readable[] = {
    {"postgresql://u:p@h:5433/app",           "host=h port=5433 dbname=app user=u password=p"},
    {"postgres://u@h/app",                    "host=h dbname=app user=u"},
    {"POSTGRES://h",                          "host=h"},
    {"postgresql://",                         ""},
    {"postgresql:///app",                     "dbname=app"},
    {"  postgresql://h/app\n",                "host=h dbname=app"},
    {"postgresql+psycopg2://u:p@h/app",       "host=h dbname=app user=u password=p"},
    {"postgresql://u:p%40s%3As%2F%23@h/app",  "host=h dbname=app user=u password=p@s:s/#"},
    {"postgresql://u:p:q@h/app",              "host=h dbname=app user=u password=p:q"},
    {"postgresql://u%2Bx:@h/a%20b",           "host=h dbname=a b user=u+x"},
    {"postgresql://[::1]:5433/app",           "host=::1 port=5433 dbname=app"},
    {"postgresql://[2001:db8::7]/app",        "host=2001:db8::7 dbname=app"},
    {"postgresql://a:1,b,[::1]:3/app",        "host=a,b,::1 port=1,,3 dbname=app"},
    {"postgresql://%2Fvar%2Frun:5433/app",    "host=/var/run port=5433 dbname=app"},
    {"postgresql://u@localhost/app?host=/var/run/postgresql", "host=/var/run/postgresql dbname=app user=u"},
    {"postgresql://h/app?",                   "host=h dbname=app"},
    {"postgresql://h/app?&&",                 "host=h dbname=app"},
    {"postgresql://h?dbname=b",               "host=h dbname=b"},
    /* Prisma */
    {"postgresql://u:p@h:5432/app?schema=public&connection_limit=5&pool_timeout=2",
                                              "host=h port=5432 dbname=app user=u password=p schema:public"},
    {"postgresql://h/app?schema=",            "host=h dbname=app"},
    {"postgresql://h/app?schema=My%20App",    "host=h dbname=app schema:My App"},
    {"postgresql://h/app?pgbouncer=true&statement_cache_size=0&socket_timeout=3", "host=h dbname=app pooler"},
    {"postgresql://h/app?pgbouncer=false",    "host=h dbname=app"},
    {"postgresql://h/app?sslmode=require&sslaccept=accept_invalid_certs", "host=h dbname=app sslmode=require"},
    {"postgresql://h/app?sslcert=/ca.pem",    "host=h dbname=app sslrootcert=/ca.pem"},
    {"postgresql://h/app?sslaccept=strict&sslcert=/ca.pem",
                                              "host=h dbname=app sslmode=verify-full sslrootcert=/ca.pem"},
    {"postgresql://h/app?connect_timeout=300&application_name=web", "host=h dbname=app connect_timeout=300 application_name=web"},
    /* libpq, JDBC, Go, node */
    {"postgresql://h/app?sslcert=/me.pem&sslkey=/me.key", "host=h dbname=app sslcert=/me.pem sslkey=/me.key"},
    {"postgresql://h/app?options=-c%20geqo%3Doff", "host=h dbname=app options=-c geqo=off"},
    {"postgresql://h/app?currentSchema=app",  "host=h dbname=app schema:app"},
    {"postgres://h/app?search_path=a,b&x-migrations-table=m", "host=h dbname=app search_path:a,b"},
    {"postgres://h/app?ssl=true",             "host=h dbname=app sslmode=require"},
    {"postgres://h/app?sslmode=disable&ssl=true", "host=h dbname=app sslmode=disable"},
    {"host=h user=u password='a b' dbname=app", "host=h dbname=app user=u password=a b"},
    {"service=prod",                          "service=prod"},
    {"host=h sslcert=/me.pem",                "host=h sslcert=/me.pem"},
    {"app",                                   "dbname=app"},
};

/* `said` stands in text or hint. */
static const struct { const char *text, *said; } refused[] = {
    {"",                                      "it is empty"},
    {" \n",                                   "it is empty"},
    {"mysql://u:hush@h/app",                  "PostgreSQL only"},
    {"prisma://accelerate.example/?api_key=hush", "directUrl"},
    {"jdbc:postgresql://h/app?user=u&password=hush", "Leave out"},
    {"\"postgresql://u:hush@h/app\"",         "begins with a quote"},
    {"postgresql://h/app?shcema=x",           "\"schema\""},
    {"postgresql://h/app?sslmod=require",     "\"sslmode\""},
    {"postgresql://h/app?zzzzzzzzzz=1",       "unknown parameter \"zzzzzzzzzz\""},
    {"postgresql://h/app?sslidentity=/x.p12&sslpassword=hush", "PKCS #12"},
    {"postgresql://h/app?sslaccept=maybe",    "accept_invalid_certs"},
    {"postgresql://h/app?pgbouncer=maybe",    "neither true nor false"},
    {"postgresql://h/app?replication=database", "another kind of connection"},
    {"postgresql://u:hu@sh@h/app",            "more than one \"@\""},
    {"postgresql://u:hu/sh@h/app",            "\"@\" after the \"/\""},
    {"postgresql://hush/sh@h/app",            "\"@\" after the \"/\""},
    {"postgresql://u:hu?sh@h/app",            "port is not a number"},
    {"postgresql://hush?sh@h/app",            "\"@\" after the \"?\""},
    {"postgresql://u:hu#sh@h/app",            "a \"#\" in it"},
    {"postgresql://u:hush%zz@h/app",          "hexadecimal"},
    {"postgresql://u:hush%0@h/app",           "hexadecimal"},
    {"postgresql://u:hush%00@h/app",          "hexadecimal"},
    {"postgresql://u:hush%",                  "port is not a number"},
    {"postgresql://h:hush/app",               "port is not a number"},
    {"postgresql://h:123456/app",             "port is not a number"},
    {"postgresql://[::1/app",                 "not closed"},
    {"postgresql://h/app?hu sh=1",            "character that no name has"},
    {"host=h password=hu sh",                 "not shown"},
    {"host=h password='hush",                 "not shown"},
    {"host=h pasword=hush",                   "\"password\""},
    {"//hush",                                "not shown"},
};
/* clang-format on */

static void each_way_of_writing_is_read(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        struct gd_pg_target target;
        struct gd_error err = {0};
        if (gd_pg_target_parse(readable[i].text, arena, &target, &err).code != GD_OK)
            fail_msg("%s: %s", readable[i].text, err.text);
        const char *read = show(&target, arena);
        if (strcmp(*read == ' ' ? read + 1 : read, readable[i].meant) != 0)
            fail_msg("%s was read as %s", readable[i].text, read);
    }
}

static void what_cannot_be_read_is_refused_without_a_secret(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct gd_pg_target target;
        struct gd_error err = {0};
        struct gd_status status = gd_pg_target_parse(refused[i].text, arena, &target, &err);
        if (status.code != GD_USAGE)
            fail_msg("%s was taken", refused[i].text);
        if (strstr(err.text, refused[i].said) == NULL && strstr(err.hint, refused[i].said) == NULL)
            fail_msg("%s: %s / %s", refused[i].text, err.text, err.hint);
        if (strstr(err.text, "hu") != NULL || strstr(err.hint, "hush") != NULL)
            fail_msg("%s gives its secret away: %s / %s", refused[i].text, err.text, err.hint);
    }
}

static void strict_certificates_fall_back_to_those_of_the_system(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_pg_target target;
    struct gd_error err = {0};
    assert_int_equal(
        gd_pg_target_parse("postgresql://h/app?sslaccept=strict", arena, &target, &err).code,
        GD_OK);
    assert_string_equal(gd_pg_target_get(&target, "sslmode"), "verify-full");
}

static void any_bytes_are_read_or_refused(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const char pieces[] = "@:/?#%&=[],'\\ a1\x80";
    uint32_t seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char text[40] = "postgresql://";
        size_t length = round % 2 == 0 ? strlen(text) : 0;
        size_t end = length + (seed >> 8) % 20;
        while (length < end) {
            seed = seed * 1664525 + 1013904223;
            text[length++] = pieces[(seed >> 16) % (sizeof pieces - 1)];
        }
        text[length] = '\0';
        struct gd_pg_target target;
        struct gd_error err = {0};
        struct gd_status status = gd_pg_target_parse(text, arena, &target, &err);
        assert_true(status.code == GD_OK || (status.code == GD_USAGE && err.text[0] != '\0'));
        gd_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_of_writing_is_read),
        cmocka_unit_test(what_cannot_be_read_is_refused_without_a_secret),
        cmocka_unit_test(strict_certificates_fall_back_to_those_of_the_system),
        cmocka_unit_test(any_bytes_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
