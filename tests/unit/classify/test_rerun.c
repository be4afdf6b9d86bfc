/* Scripts that are made to run at every boot are told from those that run once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify/classify.h"

/* clang-format off */
static const struct {const char *says; bool safe; const char *sql; } cases[] = {
    {"a constraint that is taken away first", true,
     "ALTER TABLE t DROP CONSTRAINT IF EXISTS c; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);"},
    {"both in one statement: not seen, on the safe side", false,
     "ALTER TABLE t DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK (a > 0);"},
    {"a constraint alone", false, "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);"},
    {"another constraint is taken away", false,
     "ALTER TABLE t DROP CONSTRAINT IF EXISTS b; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);"},
    {"that of another table", false,
     "ALTER TABLE s DROP CONSTRAINT IF EXISTS c; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);"},
    {"the drop comes too late", false,
     "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); ALTER TABLE t DROP CONSTRAINT IF EXISTS c;"},
    {"a row that is looked for in its own table", true,
     "INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT FROM t WHERE a = 1);"},
    {"one that is looked for elsewhere", false,
     "INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT FROM s WHERE a = 1);"},
    {"one that must be there", false,
     "INSERT INTO t SELECT 1 WHERE EXISTS (SELECT FROM t WHERE a = 1);"},
    {"a row without a look", false, "INSERT INTO t SELECT 1;"},
};
/* clang-format on */

static void files_say_whether_they_can_run_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gd_arena *arena = gd_arena_new();
        struct gd_input input = {
            .path = "boot.sql", .text = cases[i].sql, .size = strlen(cases[i].sql)};
        struct gd_classify_options options = {0};
        struct gd_report *report = NULL;
        struct gd_error err = {0};
        if (gd_classify(&input, 1, &options, arena, &report, &err).code != GD_OK)
            fail_msg("%s: %s", cases[i].says, err.text);
        if (report->files[0]->rerun_safe != cases[i].safe)
            fail_msg("%s: rerun_safe is %d", cases[i].says, report->files[0]->rerun_safe);
        gd_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_say_whether_they_can_run_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
