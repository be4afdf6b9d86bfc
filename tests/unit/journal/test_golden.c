/*
 * A journal as format 1 left it. It is never made anew: whoever changes what is read finds out here
 * whether what people have in their stores can still be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/journal/fold.h"
#include "guardian/journal/story.h"

#define CLUSTER "7711143739912281663-golden"
#define CHANGE "20261123T021500Z-2c0de4aa11"

static struct gd_store *store_at(const char *url)
{
    struct gd_error err = {0};
    struct gd_store *store = NULL;
    struct gd_store_options options = {.url = url};
    if (gd_store_open(&options, &store, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return store;
}

static struct gd_store *golden_store(void)
{
    return store_at("file://" GD_SOURCE_DIR "/tests/golden/journal-1");
}

static void check_story(const struct gd_story *story)
{
    assert_true(story->closed && !story->torn && story->changed && story->sealed && story->covers);
    assert_string_equal(story->database, "golden");
    assert_int_equal(story->class, GD_CLASS_DESTRUCTIVE);
    assert_int_equal(story->outcome, GD_OUTCOME_APPLIED);
    assert_int_equal(story->proof, GD_PROOF_DIGEST);
    assert_string_equal(story->snapshot, "20261123T021501Z-1a2b3c4d5e");
    assert_int_equal(story->step_count, 2);
    assert_string_equal(story->steps[1].xid, "815");
    assert_string_equal(story->steps[1].text, "ALTER TABLE people DROP COLUMN note");
    assert_int_equal(story->steps[1].state, GD_STEP_IN);
    assert_string_equal(story->losses[0].columns.items[0], "public.people.note");
    assert_string_equal(story->waived.items[0], "drop column public.people.nick");
    assert_int_equal(story->drift_rows, 2);
    assert_true(story->began_us == INT64_C(1795486500123456));
    assert_string_equal(story->git_path, "sql/drop_note.sql");
    assert_string_equal(story->rolled_back_by, "20261123T031500Z-0badc0ffee");
}

static void all_its_records_tell_the_story(void **state)
{
    (void)state;
    gd_auto_store store = golden_store();
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_story *story = NULL;
    if (gd_story_read(store, CLUSTER, CHANGE, arena, &story, &err).code != GD_OK)
        fail_msg("%s", err.text);
    check_story(story);
}

static void the_copy_of_the_last_one_tells_it_too(void **state)
{
    (void)state;
    gd_auto_store store = golden_store();
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_told_list list = {0};
    if (gd_story_list(store, NULL, 0, arena, &list, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(list.count, 1);
    assert_null(list.items[0].problem);
    check_story(list.items[0].story);
}

/* Its journals are not there: all that is told stands in the summary. */
static void the_summary_tells_it_by_itself(void **state)
{
    (void)state;
    gd_auto_store store = store_at("file://" GD_SOURCE_DIR "/tests/golden/folded-1");
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_told_list list = {0};
    struct gd_folded folded;
    if (gd_folded_look(store, CLUSTER, arena, &folded, &err).code != GD_OK ||
        gd_story_list(store, CLUSTER, 5, arena, &list, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_null(folded.problem);
    assert_string_equal(folded.upto, CHANGE);
    assert_true(folded.count == 1 && folded.last == 1 && folded.newest.after[0] == '\0');
    assert_true(list.count == 1 && list.left == 0 && list.problem == NULL);
    check_story(list.items[0].story);
}

static void the_text_that_was_applied_is_there(void **state)
{
    (void)state;
    gd_auto_store store = golden_store();
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_story *story = NULL;
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(gd_story_read(store, CLUSTER, CHANGE, arena, &story, &err).code, GD_OK);
    if (gd_journal_attachment(store, story->files[0].text_key, NULL, 1000, &data, &size, &err)
            .code != GD_OK)
        fail_msg("%s", err.text);
    assert_string_equal(data, "ALTER TABLE people DROP COLUMN note;\n");
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_its_records_tell_the_story),
        cmocka_unit_test(the_copy_of_the_last_one_tells_it_too),
        cmocka_unit_test(the_summary_tells_it_by_itself),
        cmocka_unit_test(the_text_that_was_applied_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
