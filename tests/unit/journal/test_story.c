#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/journal/story_shape.h"
#include "harness/shelves.h"

#define CLUSTER "7301234567890123456-shop"
#define CHANGE "20261120T000000Z-00000000aa"
#define OTHER "20261121T000000Z-00000000bb"

/* --- a story in which everything has a value of its own ----------------------------------------
 */

static void *member(void *base, size_t offset)
{
    return (char *)base + offset;
}

static void fill(const struct gd_told_shape *shape, void *base, unsigned *seed,
                 struct gd_arena *arena);

static void fill_texts(struct gd_texts *texts, unsigned *seed, struct gd_arena *arena)
{
    gd_texts_add(texts, gd_arena_printf(arena, "one %u", ++*seed), arena);
    gd_texts_add(texts, gd_arena_printf(arena, "t\xc3\xb6 \"%u\"", ++*seed), arena);
}

static void fill_field(const struct gd_told_field *field, void *base, unsigned *seed,
                       struct gd_arena *arena)
{
    void *at = member(base, field->offset);
    unsigned number = ++*seed;
    switch (field->kind) {
    case GD_TOLD_TEXT:
        *(const char **)at = gd_arena_printf(arena, "%s %u", field->key, number);
        break;
    case GD_TOLD_BOOL:
        *(bool *)at = true;
        break;
    case GD_TOLD_NUMBER:
        *(int64_t *)at = (int64_t)number << 33;
        break;
    case GD_TOLD_COUNT:
        *(uint32_t *)at = number;
        break;
    case GD_TOLD_REAL:
        *(double *)at = number + 0.25;
        break;
    case GD_TOLD_TIME:
        *(int64_t *)at = INT64_C(1790000000000000) + number;
        break;
    case GD_TOLD_WORD:
        *(unsigned *)at = field->words->count - 1;
        break;
    case GD_TOLD_TEXTS:
        fill_texts(at, seed, arena);
        break;
    case GD_TOLD_LIST: {
        char *items = gd_arena_zalloc(arena, 3, field->shape->size);
        for (size_t i = 0; i < 3; i++)
            fill(field->shape, items + i * field->shape->size, seed, arena);
        *(void **)at = items;
        *(size_t *)member(base, field->beside) = 3;
        break;
    }
    }
}

static void fill(const struct gd_told_shape *shape, void *base, unsigned *seed,
                 struct gd_arena *arena)
{
    for (size_t i = 0; i < shape->count; i++)
        fill_field(&shape->fields[i], base, seed, arena);
}

static struct gd_story *full_story(struct gd_arena *arena)
{
    struct gd_story *story = gd_story_new(arena);
    unsigned seed = 0;
    fill(&gd_story_shape, story, &seed, arena);
    story->change = CHANGE;
    story->cluster = CLUSTER;
    return story;
}

static char *text_of(const struct gd_story *story)
{
    struct gd_error err = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    struct gd_json *body = gd_story_body(story, GD_RECORD_CLOSED);
    assert_int_equal(gd_json_write(body, stream, 0, &err).code, GD_OK);
    gd_json_free(body);
    fclose(stream);
    return text;
}

static void assert_same(const struct gd_story *one, const struct gd_story *other)
{
    char *left = text_of(one), *right = text_of(other);
    assert_string_equal(left, right);
    free(left);
    free(right);
}

static void tell(const struct test_shelf *shelf, const struct gd_story *story, const char *change,
                 enum gd_record_kind last)
{
    struct gd_error err = {0};
    struct gd_journal *journal = NULL;
    assert_int_equal(gd_journal_new(shelf->store, CLUSTER, change, &journal, &err).code, GD_OK);
    for (int kind = 0; kind <= (int)last; kind++) {
        enum gd_record_kind now = (enum gd_record_kind)kind;
        if (gd_journal_write(journal, now, gd_story_body(story, now), &err).code != GD_OK)
            fail_msg("%s", err.text);
    }
    gd_journal_free(journal);
}

static struct gd_story *told(const struct test_shelf *shelf, const char *change,
                             struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_story *story = NULL;
    if (gd_story_read(shelf->store, CLUSTER, change, arena, &story, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return story;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void every_field_comes_back(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    const struct gd_story *story = full_story(arena);
    tell(shelf, story, CHANGE, GD_RECORD_CLOSED);
    struct gd_story *back = told(shelf, CHANGE, arena);
    assert_same(story, back);
    assert_string_equal(back->change, CHANGE);
    assert_int_equal(back->last, GD_RECORD_CLOSED);
    assert_true(back->closed && !back->torn);
    assert_string_equal(back->steps[2].text, story->steps[2].text);
    assert_int_equal(back->steps[1].state, GD_STEP_UNKNOWN);
    assert_int_equal(back->losses[0].columns.count, 2);
    assert_int_equal(back->drifts[1].rows_gone, story->drifts[1].rows_gone);
    assert_int_equal(back->outcome, GD_OUTCOME_ROLLED_BACK);
    assert_true(back->began_us == story->began_us && back->ended_us == story->ended_us);
}

static void the_records_before_the_last_hold_all_that_they_can(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_story *story = full_story(arena);
    tell(shelf, story, CHANGE, GD_RECORD_CHECKED);
    struct gd_story *back = told(shelf, CHANGE, arena);
    assert_false(back->closed);
    assert_int_equal(back->outcome, GD_OUTCOME_OPEN);
    /* what only the last record says */
    story->outcome = GD_OUTCOME_OPEN;
    story->ended_us = 0;
    story->git_commit = story->git_path = "";
    assert_same(story, back);
}

static void a_later_record_says_more_of_the_same_steps(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_story *story = full_story(arena);
    struct gd_journal *journal = NULL;
    assert_int_equal(gd_journal_new(shelf->store, CLUSTER, CHANGE, &journal, &err).code, GD_OK);
    for (size_t i = 0; i < story->step_count; i++)
        story->steps[i].state = GD_STEP_PLANNED;
    assert_int_equal(
        gd_journal_write(journal, GD_RECORD_DECIDED, gd_story_body(story, GD_RECORD_DECIDED), &err)
            .code,
        GD_OK);
    story->steps[1].state = GD_STEP_IN;
    story->steps[1].xid = "4711";
    struct gd_json *brief = gd_story_body(story, GD_RECORD_APPLYING);
    const struct gd_json *step = gd_json_at(gd_json_get(brief, "steps"), 1);
    assert_null(gd_json_get(step, "text"));
    assert_string_equal(gd_json_text(gd_json_get(step, "state")), "in");
    assert_int_equal(gd_journal_write(journal, GD_RECORD_APPLYING, brief, &err).code, GD_OK);
    gd_journal_free(journal);
    struct gd_story *back = told(shelf, CHANGE, arena);
    assert_int_equal(back->step_count, 3);
    assert_string_equal(back->steps[1].text, story->steps[1].text);
    assert_string_equal(back->steps[1].xid, "4711");
    assert_int_equal(back->steps[1].state, GD_STEP_IN);
    assert_int_equal(back->steps[0].state, GD_STEP_PLANNED);
}

static void what_is_missing_strange_or_new_is_no_obstacle(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    static const char text[] =
        "{\"outcome\":\"evaporated\",\"class\":\"mystic\",\"steps\":[{\"state\":\"dreamt\"},7],"
        "\"files\":\"none\",\"drift_rows\":\"many\",\"began\":12,\"who\":null,\"later\":[1,2],"
        "\"sealed\":\"x\",\"waived\":{\"a\":1}}";
    struct gd_json *body = NULL;
    assert_int_equal(gd_json_parse(text, sizeof text - 1, &body, &err).code, GD_OK);
    struct gd_story *story = gd_story_new(arena);
    gd_story_learn(story, body, arena);
    gd_json_free(body);
    assert_int_equal(story->class, GD_CLASS_UNKNOWN);
    assert_int_equal(story->outcome, GD_OUTCOME_OPEN);
    assert_int_equal(story->step_count, 2);
    assert_int_equal(story->steps[0].state, GD_STEP_UNKNOWN);
    assert_string_equal(story->steps[1].text, "");
    assert_int_equal(story->file_count, 0);
    assert_string_equal(story->who, "");
    assert_string_equal(story->policy, "");
    assert_false(story->sealed);
    assert_true(story->began_us == 0);
}

static void nothing_known_is_written_too(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_story *story = gd_story_new(arena);
    assert_int_equal(story->drift_rows, -1);
    story->who = NULL;
    struct gd_json *body = gd_story_body(story, GD_RECORD_CLOSED);
    assert_string_equal(gd_json_text(gd_json_get(body, "who")), "");
    assert_int_equal(gd_json_kind(gd_json_get(body, "ended")), GD_JSON_NULL);
    assert_string_equal(gd_json_text(gd_json_get(body, "outcome")), "open");
    gd_json_free(body);
}

static void all_changes_are_told_and_the_damaged_one_by_its_problem(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_told_list list = {0};
    const struct gd_story *story = full_story(arena);
    tell(shelf, story, CHANGE, GD_RECORD_CLOSED);
    tell(shelf, story, OTHER, GD_RECORD_APPLYING);
    assert_int_equal(gd_journal_rolled_back(shelf->store, CLUSTER, CHANGE, OTHER, &err).code,
                     GD_OK);
    assert_int_equal(gd_story_list(shelf->store, NULL, 0, arena, &list, &err).code, GD_OK);
    assert_int_equal(list.count, 2);
    assert_same(story, list.items[0].story); /* the copy of the last record says all of it */
    assert_string_equal(list.items[0].story->rolled_back_by, OTHER);
    assert_int_equal(list.items[1].story->last, GD_RECORD_APPLYING);
    assert_int_equal(list.items[1].story->outcome, GD_OUTCOME_OPEN);
    assert_null(list.items[1].problem);
    tell(shelf, story, "20261122T000000Z-00000000cc", GD_RECORD_CLOSED);
    assert_int_equal(gd_story_list(shelf->store, CLUSTER, 1, arena, &list, &err).code, GD_OK);
    assert_int_equal(list.count, 2); /* the newest, and the open one */
    assert_int_equal(list.left, 1);
    assert_true(list.items[0].open && !list.items[1].open);
    test_shelf_put(shelf, "v1/" CLUSTER "/changes/" OTHER "/000002", "x", 1);
    assert_int_equal(gd_story_list(shelf->store, NULL, 0, arena, &list, &err).code, GD_OK);
    assert_null(list.items[1].story);
    assert_non_null(strstr(list.items[1].problem, "000002"));
}

static enum gd_code resolve(const struct test_shelf *shelf, const char *text, const char **change,
                            struct gd_arena *arena)
{
    struct gd_error err = {0};
    const char *cluster = NULL;
    *change = "";
    return gd_journal_resolve(shelf->store, CLUSTER, text, arena, &cluster, change, &err).code;
}

static void a_change_is_found_by_its_beginning_and_the_last_by_what_it_did(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_story *story = full_story(arena);
    const char *change = NULL;
    assert_int_equal(resolve(shelf, "last", &change, arena), GD_USAGE);
    tell(shelf, story, CHANGE, GD_RECORD_CLOSED);
    story->changed = false;
    tell(shelf, story, OTHER, GD_RECORD_CLOSED);
    tell(shelf, story, "20261122T000000Z-00000000cc", GD_RECORD_DECIDED);
    assert_int_equal(resolve(shelf, "20261121", &change, arena), GD_OK);
    assert_string_equal(change, OTHER);
    assert_int_equal(resolve(shelf, CHANGE, &change, arena), GD_OK);
    assert_int_equal(resolve(shelf, "2026112", &change, arena), GD_USAGE);
    assert_int_equal(resolve(shelf, "", &change, arena), GD_USAGE);
    assert_int_equal(resolve(shelf, "2027", &change, arena), GD_USAGE);
    assert_int_equal(resolve(shelf, "last", &change, arena), GD_OK);
    assert_string_equal(change, CHANGE);
    tell(shelf, story, "20261123T000000Z-00000000dd", GD_RECORD_APPLYING);
    assert_int_equal(resolve(shelf, "last", &change, arena), GD_OK);
    assert_string_equal(change, "20261123T000000Z-00000000dd");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_shelf_open, test_shelf_close)
    const struct CMUnitTest tests[] = {
        TEST(every_field_comes_back),
        TEST(the_records_before_the_last_hold_all_that_they_can),
        TEST(a_later_record_says_more_of_the_same_steps),
        cmocka_unit_test(what_is_missing_strange_or_new_is_no_obstacle),
        cmocka_unit_test(nothing_known_is_written_too),
        TEST(all_changes_are_told_and_the_damaged_one_by_its_problem),
        TEST(a_change_is_found_by_its_beginning_and_the_last_by_what_it_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
