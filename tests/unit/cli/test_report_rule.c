#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/cli/report_rule.h"
#include "harness/reports.h"

/* clang-format off */
static const struct gd_rule full = {
    .id = "A015", .title = "DROP COLUMN <name> | the whole of it", .kind = GD_KIND_AlterTableCmd,
    .sub = "AT_DropColumn", .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA,
    .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rewrite = true, .alone = true,
    .rerun = GD_RERUN_FAILS, .since_pg = 14, .until_pg = 17, .sqlstate = "42703",
    .because = "The values cannot be read any more once the transaction commits.",
    .instead = "Stop using the column first, and drop it when nobody can want it back.",
    .source = "sql-altertable#notes"};
static const struct gd_rule bare = {
    .id = "O001", .title = "SET", .kind = GD_KIND_VariableSetStmt, .class = GD_CLASS_NONE,
    .because = "Only the session changes.", .instead = ""};
/* clang-format on */

static char *rendered(size_t *out_size)
{
    char *bytes = NULL;
    FILE *stream = open_memstream(&bytes, out_size);
    struct gd_error err = {0};
    struct gd_screen screen = {.stream = stream, .utf8 = true, .letters = true, .width = 80};
    gd_report_rule(&full, &screen);
    gd_report_rule(&bare, &screen);
    struct gd_json *list = gd_json_list();
    gd_json_push(list, gd_report_rule_json(&full));
    gd_json_push(list, gd_report_rule_json(&bare));
    assert_int_equal(gd_json_write(list, stream, 1, &err).code, GD_OK);
    gd_json_free(list);
    fclose(stream);
    return bytes;
}

static void a_row_is_told_as_it_was_agreed(void **state)
{
    (void)state;
    size_t size = 0;
    char *bytes = rendered(&size);
    bool same = test_golden("cli/golden/rule.txt", bytes, size);
    free(bytes);
    assert_true(same);
}

static void every_rule_has_a_group_and_every_group_a_page(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    for (size_t i = 0; i < gd_rule_group_count; i++)
        assert_true(gd_generate_rules_group(stream, gd_rule_groups[i].letter));
    assert_false(gd_generate_rules_group(stream, '?'));
    fclose(stream);
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++) {
        char heading[64];
        snprintf(heading, sizeof heading, "\n## %s\n", rule->id);
        if (strstr(bytes, heading) == NULL)
            fail_msg("%s stands on no page", rule->id);
        assert_int_equal(gd_rule_group_of(rule)->letter, rule->id[0]);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_told_as_it_was_agreed),
        cmocka_unit_test(every_rule_has_a_group_and_every_group_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
