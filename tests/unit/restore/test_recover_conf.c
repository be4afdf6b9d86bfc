#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/restore/recover_conf.h"

/* "/" is there on every machine: a folder that is there may be the living server's. */
static const struct {
    const char *line;
    bool stays;
} cases[] = {
    {"log_directory = '/'", false},          {"log_directory='/nowhere/at/all'", false},
    {"log_directory = '../log'", false},     {"log_directory = 'log/..'", false},
    {"LOG_DIRECTORY /var", false},           {"log_directory = 'log'", true},
    {"log_directory = 'log/..x'", true},     {"#log_directory = '/'", true},
    {"stats_temp_directory = '/'", false},   {"stats_temp_directory = 'pg_stat_tmp'", true},
    {"unix_socket_directories = '/'", true}, {"unix_socket_directories = '/nowhere/at/all'", false},
    {"data_directory = 'x'", false},         {"work_mem = '/'", true},
};

static void what_is_written_to_stays_within_the_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        const struct gd_base base = {.id = "20261123T120000Z-0000000001"};
        struct gd_recover_conf conf = {.arena = arena, .base = &base};
        gd_recover_conf_add(&conf, "config_file", gd_arena_printf(arena, "%s\n", cases[i].line));
        const char *text = gd_recover_conf_text(&conf);
        const char *left_out = gd_arena_printf(arena, "# guardian recover: %s\n", cases[i].line);
        bool stays = strcmp(text, left_out) != 0;
        if (stays != cases[i].stays || conf.left_out.count != !stays)
            fail_msg("%s: %s", cases[i].line, text);
        assert_true(!stays || strncmp(text, cases[i].line, strlen(cases[i].line)) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_to_stays_within_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
