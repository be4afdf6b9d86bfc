#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/proxy/door_own.h"

/* A door that nobody opened: only what the environment tells of it. */
static struct gd_door tcp = {.host = "127.0.0.1", .port = "40231", .password = "secret"};
static struct gd_door local = {
    .host = "/run/x y", .port = "5432", .local = true, .password = "secret"};

static const char *value_of(const struct gd_texts *lines, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < lines->count; i++)
        if (strncmp(lines->items[i], name, size) == 0 && lines->items[i][size] == '=')
            return lines->items[i] + size + 1;
    return NULL;
}

static struct gd_texts environment_of(const struct gd_door *door, const char *target,
                                      struct gd_arena *arena)
{
    static const char *const names[] = {"MY_URL"};
    struct gd_door_visitor visitor = {
        .user = "m e", .database = "shop", .target = target, .names = names, .name_count = 1};
    struct gd_texts lines = {0};
    struct gd_error err = {0};
    if (gd_door_environment(door, &visitor, arena, &lines, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return lines;
}

static void of_a_url_all_stays_but_who_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *target, *url;
    } cases[] = {
        {NULL, "postgresql://m%20e:secret@127.0.0.1:40231/shop?sslmode=disable"},
        {"postgresql://u:p@db:5432/other?schema=app&connection_limit=5&pgbouncer=true",
         "postgresql://m%20e:secret@127.0.0.1:40231/shop?schema=app&connection_limit=5&"
         "pgbouncer=true&sslmode=disable"},
        {"postgres://db/x?sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k&"
         "channel_binding=require&application_name=a%20b",
         "postgres://m%20e:secret@127.0.0.1:40231/shop?application_name=a%20b&sslmode=disable"},
        {"postgresql://db/x?sslaccept=strict&schema=a", "postgresql://m%20e:secret@127.0.0.1:40231/"
                                                        "shop?schema=a&sslmode=disable"},
        {"postgresql://u:p@localhost/x?host=/run/postgresql&port=5433&options=-c%20a%3Db",
         "postgresql://m%20e:secret@127.0.0.1:40231/shop?options=-c%20a%3Db&sslmode=disable"},
        {"postgresql+psycopg2://u:p@db/x?application_name=z",
         "postgresql+psycopg2://m%20e:secret@127.0.0.1:40231/shop?application_name=z"},
        {"postgresql+psycopg2://u:p@db/x?sslmode=require",
         "postgresql+psycopg2://m%20e:secret@127.0.0.1:40231/shop?sslmode=disable"},
        {"host=db user=u password=p dbname=x sslmode=require application_name='a b'",
         "postgresql://m%20e:secret@127.0.0.1:40231/shop?application_name=a%20b&sslmode=disable"},
        {"postgresql://db/x?%68ost=evil&PO%72t=1&sch%65ma=app",
         "postgresql://m%20e:secret@127.0.0.1:40231/shop?sch%65ma=app&sslmode=disable"},
        {"shop", "postgresql://m%20e:secret@127.0.0.1:40231/shop?sslmode=disable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_texts lines = environment_of(&tcp, cases[i].target, arena);
        assert_string_equal(value_of(&lines, "DATABASE_URL"), cases[i].url);
        assert_string_equal(value_of(&lines, "MY_URL"), cases[i].url);
    }
}

static void a_unix_socket_is_named_by_its_folder(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts lines = environment_of(&local, "postgresql://u@db/x?schema=a", arena);
    assert_string_equal(
        value_of(&lines, "DATABASE_URL"),
        "postgresql://m%20e:secret@localhost:5432/shop?schema=a&host=%2Frun%2Fx%20y&"
        "sslmode=disable");
    assert_string_equal(value_of(&lines, "PGHOST"), "/run/x y");
}

static void libpqs_variables_lead_to_the_door_and_nowhere_else(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts lines = environment_of(&tcp, NULL, arena);
    static const struct {
        const char *name, *value;
    } cases[] = {{"PGHOST", "127.0.0.1"},  {"PGPORT", "40231"},    {"PGUSER", "m e"},
                 {"PGPASSWORD", "secret"}, {"PGDATABASE", "shop"}, {"PGSSLMODE", "disable"}};
    static const char *const gone[] = {
        "PGSERVICE",     "PGSERVICEFILE",        "PGPASSFILE",    "PGHOSTADDR",
        "PGREQUIRESSL",  "PGCHANNELBINDING",     "PGSSLROOTCERT", "PGREQUIREAUTH",
        "PGREQUIREPEER", "PGTARGETSESSIONATTRS", "PGGSSENCMODE"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(value_of(&lines, cases[i].name), cases[i].value);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        assert_true(gd_texts_has(&lines, gone[i]));
}

static void other_urls_of_the_same_server_come_through_the_door_too(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    setenv("DIRECT_URL", "postgresql://owner:pw@DB:5432/shop?schema=app", 1);
    setenv("SHADOW_DATABASE_URL", "postgres://db/shadow", 1);
    setenv("FLYWAY_URL", "jdbc:postgresql://db/shop?ssl=true&currentSchema=app", 1);
    setenv("POOLED_URL", "postgresql://u:p@pooler:6432/shop", 1);
    setenv("REDIS_URL", "redis://db:5432/0", 1);
    struct gd_texts lines = environment_of(&tcp, "postgresql://u:p@db/shop", arena);
    assert_string_equal(
        value_of(&lines, "DIRECT_URL"),
        "postgresql://owner:secret@127.0.0.1:40231/shop?schema=app&sslmode=disable");
    assert_string_equal(value_of(&lines, "SHADOW_DATABASE_URL"),
                        "postgres://m%20e:secret@127.0.0.1:40231/shadow?sslmode=disable");
    assert_string_equal(value_of(&lines, "FLYWAY_URL"),
                        "jdbc:postgresql://127.0.0.1:40231/shop?currentSchema=app&sslmode=disable&"
                        "user=m%20e&password=secret");
    assert_null(value_of(&lines, "POOLED_URL"));
    assert_null(value_of(&lines, "REDIS_URL"));

    struct gd_door_visitor visitor = {.target = "postgresql://u:p@db/shop"};
    struct gd_texts elsewhere = {0};
    gd_door_elsewhere(&visitor, arena, &elsewhere);
    assert_int_equal(elsewhere.count, 1);
    assert_string_equal(elsewhere.items[0], "POOLED_URL");

    /* One machine has several names for itself, and a port that is not said is the usual one. */
    setenv("DIRECT_URL", "postgresql://[::1]/shop", 1);
    lines = environment_of(&tcp, "postgresql://u:p@127.0.0.1:5432/shop", arena);
    assert_non_null(value_of(&lines, "DIRECT_URL"));
    lines = environment_of(&tcp, "postgresql://u:p@127.0.0.1:5433/shop", arena);
    assert_null(value_of(&lines, "DIRECT_URL"));
    setenv("DIRECT_URL", "postgresql://localhost/shop?host=/run/db", 1);
    lines = environment_of(&tcp, "postgresql:///shop?host=/run/db", arena);
    assert_non_null(value_of(&lines, "DIRECT_URL"));
    unsetenv("DIRECT_URL");
    unsetenv("SHADOW_DATABASE_URL");
    unsetenv("FLYWAY_URL");
    unsetenv("POOLED_URL");
    unsetenv("REDIS_URL");
}

static void other_schemes_are_led_and_what_is_no_url_is_named(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const struct {
        const char *name, *value, *led;
        bool unled;
    } cases[] = {
        {"A_URL", "psql://u:pw@db/shop", "psql://u:secret@127.0.0.1:40231/shop", false},
        {"B_URL", "pgsql://u:pw@db/shop?charset=utf8",
         "pgsql://u:secret@127.0.0.1:40231/shop?charset=utf8", false},
        {"C_URL", "postgis://u:pw@db:5432/shop?sslmode=require",
         "postgis://u:secret@127.0.0.1:40231/shop?sslmode=disable", false},
        {"D_DSN", "host=db dbname=shop password=pw", NULL, true},
        {"E_DSN", "Host=db;Port=5432;Username=u;Password=pw", NULL, true},
        {"F_DSN", "pgsql:host = db;dbname = shop", NULL, true},
        {"G_DSN", "service=shop", NULL, true},
        {"H_URL", "r2dbc:postgresql://u:pw@db/shop", NULL, true},
        {"NAMED", "host=db dbname=shop", "", false},
        {"I_NONE", "localhost=1 user=me", NULL, false},
        {"J_NONE", "https://db/?host=a&user=b", NULL, false},
        {"K_NONE", "mysql://u:pw@db/shop", NULL, false},
    };
    const char *const names[] = {"NAMED"};
    struct gd_door_visitor visitor = {
        .target = "postgresql://u:p@db/shop", .names = names, .name_count = 1};
    struct gd_texts unled = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        setenv(cases[i].name, cases[i].value, 1);
    struct gd_texts lines = environment_of(&tcp, "postgresql://u:p@db/shop", arena);
    gd_door_unled(&visitor, arena, &unled);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].led == NULL)
            assert_null(value_of(&lines, cases[i].name));
        else if (*cases[i].led != '\0')
            assert_string_equal(value_of(&lines, cases[i].name), cases[i].led);
        assert_int_equal(gd_texts_has(&unled, cases[i].name), cases[i].unled);
        unsetenv(cases[i].name);
    }
}

static void a_target_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_door_visitor visitor = {.user = "u", .database = "d", .target = "mysql://x"};
    struct gd_texts lines = {0};
    struct gd_error err = {0};
    assert_int_equal(gd_door_environment(&tcp, &visitor, arena, &lines, &err).code, GD_USAGE);
    static const char *const wrong[] = {"A B", "A=B", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        visitor = (struct gd_door_visitor){
            .user = "u", .database = "d", .names = &wrong[i], .name_count = 1};
        assert_int_equal(gd_door_environment(&tcp, &visitor, arena, &lines, &err).code, GD_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_url_all_stays_but_who_and_where),
        cmocka_unit_test(a_unix_socket_is_named_by_its_folder),
        cmocka_unit_test(libpqs_variables_lead_to_the_door_and_nowhere_else),
        cmocka_unit_test(other_urls_of_the_same_server_come_through_the_door_too),
        cmocka_unit_test(other_schemes_are_led_and_what_is_no_url_is_named),
        cmocka_unit_test(a_target_that_cannot_be_read_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
