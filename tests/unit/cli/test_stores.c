/* Which store the settings mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/stores.h"

static struct gd_config load(struct gd_arena *arena, const char *const *environment)
{
    struct gd_error err = {0};
    struct gd_config config;
    struct gd_request request;
    char *nothing[] = {NULL};
    if (gd_config_load(arena, nothing, environment, &config, &request, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return config;
}

static unsigned told;

static void hear(void *context, const struct gd_event *event)
{
    (void)context;
    assert_int_equal(event->kind, GD_EVENT_WARNING);
    assert_non_null(strstr(event->text, "on the same machine"));
    told++;
}

static void without_a_setting_it_is_a_folder_here_and_that_is_told(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const char *const nothing[] = {NULL};
    struct gd_config config = load(arena, nothing);
    const struct gd_events events = {.tell = hear};
    setenv("XDG_STATE_HOME", "/home/a b%c/state", 1);
    gd_auto_store store = NULL;
    assert_int_equal(gd_cli_store(&config, arena, &events, &store, &err).code, GD_OK);
    assert_string_equal(gd_store_url(store), geteuid() == 0
                                                 ? "file:///var/lib/guardian"
                                                 : "file:///home/a b%25c/state/guardian");
    assert_int_equal(told, 1);
}

/* As somebody who is not root, in this process. */
static void as_a_plain_user_the_folder_is_below_the_home(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const char *const nothing[] = {NULL};
    struct gd_config config = load(arena, nothing);
    static const struct {
        const char *state, *home, *url; /* NULL: not set; no URL: an error */
    } cases[] = {
        {"/s", "/h", "file:///s/guardian"},
        {NULL, "/h", "file:///h/.local/state/guardian"},
        {"relative", "/h", "file:///h/.local/state/guardian"}, /* XDG: counts as not set */
        {NULL, "/h?#%", "file:///h%3F%23%25/.local/state/guardian"},
        {NULL, NULL, NULL},
    };
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(65534), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *url = NULL;
        unsetenv("XDG_STATE_HOME");
        unsetenv("HOME");
        if (cases[i].state != NULL)
            setenv("XDG_STATE_HOME", cases[i].state, 1);
        if (cases[i].home != NULL)
            setenv("HOME", cases[i].home, 1);
        struct gd_status status = gd_cli_store_url(&config, arena, &url, &err);
        assert_int_equal(status.code, cases[i].url == NULL ? GD_USAGE : GD_OK);
        if (cases[i].url != NULL)
            assert_string_equal(url, cases[i].url);
    }
    if (root)
        assert_int_equal(seteuid(0), 0);
}

static void what_is_set_is_used_and_nothing_is_told(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const char *const set[] = {"GUARDIAN_STORE=file:///var/x", NULL};
    struct gd_config config = load(arena, set);
    const struct gd_events events = {.tell = hear};
    gd_auto_store store = NULL;
    told = 0;
    assert_int_equal(gd_cli_store(&config, arena, &events, &store, &err).code, GD_OK);
    assert_string_equal(gd_store_url(store), "file:///var/x");
    assert_int_equal(told, 0);
}

static void a_setting_that_would_have_no_effect_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *set[3], *problem;
    } cases[] = {
        {{"GUARDIAN_STORE_LOCK=governance"}, "store-lock and store-lock-days need each other"},
        {{"GUARDIAN_STORE_LOCK_DAYS=3"}, "store-lock and store-lock-days need each other"},
        {{"GUARDIAN_STORE_KMS_KEY=k"}, "store-kms-key needs"},
        {{"GUARDIAN_STORE_ENCRYPTION=customer"}, "need each other"},
        {{"GUARDIAN_STORE_CUSTOMER_KEY=hunter2"}, "need each other"},
        {{"GUARDIAN_STORE_LOCK=governance", "GUARDIAN_STORE_LOCK_DAYS=3"}, "no object lock"},
        {{"GUARDIAN_STORE_ENCRYPTION=aes256"}, "no server that encrypts"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        const char *const set[] = {"GUARDIAN_STORE=file:///var/x", cases[i].set[0], cases[i].set[1],
                                   NULL};
        struct gd_config config = load(arena, set);
        gd_auto_store store = NULL;
        assert_int_equal(gd_cli_store(&config, arena, NULL, &store, &err).code, GD_USAGE);
        if (strstr(err.text, cases[i].problem) == NULL)
            fail_msg("%s: %s", cases[i].set[0], err.text);
        assert_null(strstr(err.text, "hunter2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_setting_it_is_a_folder_here_and_that_is_told),
        cmocka_unit_test(as_a_plain_user_the_folder_is_below_the_home),
        cmocka_unit_test(what_is_set_is_used_and_nothing_is_told),
        cmocka_unit_test(a_setting_that_would_have_no_effect_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
