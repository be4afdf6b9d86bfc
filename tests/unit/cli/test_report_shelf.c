/* list, show and prune as they are printed and as JSON, compared with files in golden/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/cli/report_shelf.h"
#include "guardian/cli/report_show.h"
#include "harness/manifests.h"
#include "harness/reports.h"

enum { ITEMS = 6 };

static const int64_t now_us = 1795470487000000; /* 2026-11-23T21:48:07Z */

static struct gd_listed listed(const char *id, const struct gd_manifest *manifest)
{
    struct gd_listed item = {.cluster = TEST_CLUSTER,
                             .id = id,
                             .manifest = manifest,
                             .tables = manifest == NULL ? 0 : manifest->table_count,
                             .time_us = gd_snapshot_time_us(id)};
    memset(item.manifest_sha256, 'a', 64);
    return item;
}

static struct gd_shelved *shelf(struct gd_arena *arena)
{
    struct gd_shelved *items = gd_arena_zalloc(arena, ITEMS, sizeof *items);
    struct gd_manifest *tables = test_manifest(arena);
    tables->scope = GD_SNAPSHOT_TABLES;
    tables->database = "shop \x1b[2J\xe2\x80\xae";
    items[0].listed = listed("20261001T000000Z-00000000aa", test_manifest(arena));
    items[0].proof = GD_PROOF_DRILL;
    items[0].proven_us = items[0].listed.time_us + 60000000;
    items[0].listed.held = items[0].open_change = true;
    items[1].listed = listed("20261121T000000Z-00000000bb", tables);
    items[1].proof = GD_PROOF_DIGEST;
    items[1].proven_us = items[1].listed.time_us + 1000000;
    items[2].listed = listed("20261122T000000Z-00000000cc", test_manifest_small(NULL, arena));
    items[3].listed = listed("20261122T100000Z-00000000dd", NULL);
    items[3].listed.unfinished = true;
    items[3].listed.litter_bytes = 123456;
    items[3].listed.problem = "no manifest: not finished, or being made";
    items[4].listed = listed("20261122T110000Z-00000000ee", NULL);
    items[4].listed.problem =
        "could not read the manifest of snapshot \"x\": \"tables[3].rows\" is "
        "12, but its parts hold 11 \x1b[2J";
    items[5].listed = listed(TEST_SNAPSHOT_ID, test_manifest(arena));
    items[5].listed.problem = "object \"v1/data/000001.copy.zst\" is missing";
    items[5].proof = GD_PROOF_DIGEST;
    return items;
}

/* ---- changes ---- */

static struct gd_story_file files[] = {{.path = "sql/drop_age.sql"}, {.path = "-"}};

static struct gd_told told(const char *id, struct gd_story *story, bool open)
{
    story->change = id;
    story->last = open ? GD_RECORD_APPLYING : GD_RECORD_CLOSED;
    return (struct gd_told){.cluster = TEST_CLUSTER,
                            .change = id,
                            .time_us = gd_snapshot_time_us(id),
                            .open = open,
                            .story = story};
}

enum { CHANGES = 5 };

static struct gd_told_list changes(struct gd_arena *arena)
{
    struct gd_told *items = gd_arena_zalloc(arena, CHANGES, sizeof *items);
    struct gd_story *stories[CHANGES];
    for (size_t i = 0; i < CHANGES; i++)
        stories[i] = gd_story_new(arena);
    stories[0]->outcome = stories[1]->outcome = GD_OUTCOME_APPLIED;
    stories[0]->class = GD_CLASS_DESTRUCTIVE;
    stories[0]->loses = GD_LOSES_DATA;
    stories[0]->files = files;
    stories[0]->file_count = 2;
    stories[0]->changed = true;
    stories[0]->who = "ada";
    stories[0]->snapshot = "20261122T000000Z-00000000cc";
    stories[0]->rolled_back_by = "20261122T010000Z-00000000f2";
    stories[0]->ended_us = 1795305607000000;
    stories[1]->kind = GD_STORY_ROLLBACK;
    stories[1]->of = "20261121T235959Z-00000000f1";
    stories[2]->kind = GD_STORY_RUN;
    stories[2]->command = "bunx prisma db push\x1b[2J";
    stories[2]->outcome = GD_OUTCOME_FAILED;
    stories[2]->error = "relation \"x\" does not exist";
    stories[3]->class = GD_CLASS_ADDITIVE;
    stories[3]->files = files;
    stories[3]->file_count = 1;
    items[0] = told("20261121T235959Z-00000000f1", stories[0], false);
    items[1] = told("20261122T010000Z-00000000f2", stories[1], false);
    items[2] = told("20261122T020000Z-00000000f3", stories[2], false);
    items[3] = told("20261122T030000Z-00000000f4", stories[3], true);
    items[4] = told("20261123T000000Z-00000000f5", stories[4], true);
    items[4].story = NULL;
    items[4].problem = "object \"000002\" is damaged";
    return (struct gd_told_list){items, CHANGES, 12, NULL};
}

static struct gd_shelf_view list_view(struct gd_arena *arena, size_t count)
{
    return (struct gd_shelf_view){.store = "s3://bucket/prefix",
                                  .cluster = TEST_CLUSTER,
                                  .items = shelf(arena),
                                  .count = count,
                                  .now_us = now_us};
}

static const struct gd_keep_rules rules = {.last = 1, .daily = 7};

static struct gd_prune_view prune_view(struct gd_arena *arena, bool apply)
{
    struct gd_shelved *items = shelf(arena);
    struct gd_prune_item *decided = gd_arena_zalloc(arena, ITEMS, sizeof *decided);
    for (size_t i = 0; i < ITEMS; i++)
        decided[i] = (struct gd_prune_item){
            .shelved = &items[i], .keep = GD_KEEP_RULE, .because = "daily 2026-11-22"};
    decided[0].keep = GD_KEEP_HELD;
    decided[0].because = "held";
    decided[1].keep = decided[3].keep = GD_KEEP_NOT;
    decided[1].because = "no rule keeps it";
    decided[3].because = "never finished";
    decided[1].removed = apply;
    decided[4].keep = GD_KEEP_UNREADABLE;
    decided[4].because = "damaged: it stays until somebody looked at it";
    return (struct gd_prune_view){.store = "s3://bucket/prefix",
                                  .items = decided,
                                  .count = ITEMS,
                                  .rules = &rules,
                                  .apply = apply,
                                  .uploads_left = apply ? 2 : 0};
}

static struct gd_show_view show_view(struct gd_arena *arena, bool good)
{
    struct gd_show_view view = {.store = "s3://bucket/prefix",
                                .manifest =
                                    good ? test_manifest(arena) : test_manifest_small(NULL, arena),
                                .problem = good ? NULL : "object \"schema.dump\" is missing",
                                .proof = good ? GD_PROOF_DRILL : GD_PROOF_NONE,
                                .proven_us = 1795390000000000,
                                .now_us = now_us,
                                .held = good};
    memset(view.manifest_sha256, 'b', 64);
    return view;
}

/* ---- what is printed ---- */

typedef void print_fn(const struct gd_screen *screen, struct gd_arena *arena);

static void print_list(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_shelf_view view = list_view(arena, ITEMS);
    gd_report_list(&view, screen, arena);
}

static void print_changes(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_shelf_view view = list_view(arena, 3);
    view.changes = changes(arena);
    gd_report_list(&view, screen, arena);
    view.count = 0;
    view.changes.count = 2;
    view.changes.left = 0;
    gd_report_list(&view, screen, arena);
}

static void print_unproven(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_shelf_view view = list_view(arena, ITEMS);
    view.items += 2;
    view.count = 2;
    gd_report_list(&view, screen, arena);
}

static void print_empty(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_shelf_view view = list_view(arena, 0);
    gd_report_list(&view, screen, arena);
    view.others = true;
    gd_report_list(&view, screen, arena);
    view.others = false;
    view.cluster = NULL;
    gd_report_list(&view, screen, arena);
}

static void print_prune(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_prune_view view = prune_view(arena, false);
    gd_report_prune(&view, screen, arena);
}

static void print_pruned(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_prune_view view = prune_view(arena, true);
    gd_report_prune(&view, screen, arena);
}

static void print_show(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_show_view view = show_view(arena, true);
    gd_report_show(&view, screen, arena);
}

static void print_show_damaged(const struct gd_screen *screen, struct gd_arena *arena)
{
    struct gd_show_view view = show_view(arena, false);
    gd_report_show(&view, screen, arena);
}

/* clang-format off */
static const struct { const char *golden; print_fn *print; bool colour; } prints[] = {
    {"cli/golden/list.txt",         print_list,         false},
    {"cli/golden/list-colour.txt",  print_list,         true},
    {"cli/golden/list-changes.txt", print_changes,      false},
    {"cli/golden/list-unproven.txt", print_unproven,    false},
    {"cli/golden/list-empty.txt",   print_empty,        false},
    {"cli/golden/prune.txt",        print_prune,        false},
    {"cli/golden/pruned.txt",       print_pruned,       false},
    {"cli/golden/show.txt",         print_show,         false},
    {"cli/golden/show-damaged.txt", print_show_damaged, false},
};
/* clang-format on */

static void what_people_see_is_the_golden_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prints / sizeof prints[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        char *bytes = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&bytes, &size);
        struct gd_screen screen = {.stream = stream,
                                   .colour = prints[i].colour,
                                   .utf8 = true,
                                   .letters = true,
                                   .width = 100};
        prints[i].print(&screen, arena);
        fclose(stream);
        assert_true(prints[i].colour || strchr(bytes, '\x1b') == NULL);
        assert_true(test_golden(prints[i].golden, bytes, size));
        free(bytes);
    }
}

/* ---- JSON ---- */

static void assert_document(const char *golden, struct gd_json *take_document)
{
    struct gd_error err = {0};
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    gd_json_put(take_document, "warnings", gd_json_list());
    assert_int_equal(gd_json_write(take_document, stream, 1, &err).code, GD_OK);
    gd_json_free(take_document);
    fclose(stream);
    assert_true(test_golden(golden, bytes, size));
    free(bytes);
}

static void what_programs_read_is_the_golden_file(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_json *document = NULL;
    struct gd_shelf_view list = list_view(arena, ITEMS);
    list.changes = changes(arena);
    assert_document("cli/golden/shelf/list.json", gd_report_list_json(&list));
    struct gd_prune_view prune = prune_view(arena, true);
    assert_document("cli/golden/shelf/prune.json", gd_report_prune_json(&prune));
    struct gd_show_view show = show_view(arena, true);
    assert_int_equal(gd_report_show_json(&show, gd_json_list(), &document, &err).code, GD_OK);
    assert_document("cli/golden/shelf/show.json", document);
}

static void ages_are_for_people(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const int64_t minute = 60000000;
    assert_string_equal(gd_shelf_age(-5, arena), "moments");
    assert_string_equal(gd_shelf_age(minute - 1, arena), "moments");
    assert_string_equal(gd_shelf_age(59 * minute, arena), "59 min");
    assert_string_equal(gd_shelf_age(47 * 60 * minute, arena), "47 h");
    assert_string_equal(gd_shelf_age(48 * 60 * minute, arena), "2 days");
    assert_string_equal(gd_shelf_time(now_us, false, arena), "2026-11-23 21:48");
    assert_string_equal(gd_shelf_time(now_us, true, arena), "2026-11-23 21:48:07 UTC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_see_is_the_golden_file),
        cmocka_unit_test(what_programs_read_is_the_golden_file),
        cmocka_unit_test(ages_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
