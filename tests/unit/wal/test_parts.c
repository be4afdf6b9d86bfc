#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/store/memory.h"
#include "guardian/wal/parts.h"

static const struct gd_wal_name segment = {GD_WAL_SEGMENT, 1, 0, 0x42, 0};

static void names_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_one;
    } cases[] = {
        {"00000000-00012000.zst", true},  {"00FFFFFF-01000000.zst", true},
        {"00012000-00012000.zst", false}, {"00012000-00000000.zst", false},
        {"00000000-00012000", false},     {"00000000-00012000.zst2", false},
        {"00000000_00012000.zst", false}, {"0000000g-00012000.zst", false},
        {"00000000-0001200a.zst", false}, {"", false},
        {"0000000-000012000.zst", false},
    };
    struct gd_wal_part part;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (gd_wal_part_read_name(cases[i].text, &part) != cases[i].is_one)
            fail_msg("%s", cases[i].text);
    char text[GD_WAL_PART_NAME_SIZE];
    gd_wal_part_name(&segment, 0x12000, 0x40000000, text);
    assert_string_equal(text, "000000010000000000000042.part/00012000-40000000");
}

static void a_way_leads_as_far_as_pieces_do(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t parts[6][2];
        size_t count;
        uint32_t offset, end;
        size_t used;
    } cases[] = {
        {"none", {{0, 0}}, 0, 0, 0, 0},
        {"one after the other", {{0, 10}, {10, 20}, {20, 30}}, 3, 0, 30, 3},
        {"a hole ends it", {{0, 10}, {11, 20}}, 2, 0, 10, 1},
        {"the first is missing", {{10, 20}}, 1, 0, 0, 0},
        {"one put together of others",
         {{0, 10}, {0, 30}, {10, 20}, {20, 30}, {30, 31}},
         5,
         0,
         31,
         2},
        {"two receivers", {{0, 10}, {0, 12}, {10, 25}, {12, 20}, {20, 40}}, 5, 0, 40, 3},
        {"the longer one leads nowhere", {{0, 10}, {0, 12}, {10, 25}, {25, 30}}, 4, 0, 30, 3},
        {"from the middle", {{0, 10}, {10, 20}, {20, 30}}, 3, 15, 30, 2},
        {"from where one ends", {{0, 10}, {10, 20}}, 2, 20, 20, 0},
        {"a short one within", {{0, 10}, {2, 5}, {10, 11}}, 3, 0, 11, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_wal_part parts[6];
        size_t used;
        for (size_t k = 0; k < 6; k++)
            parts[k] =
                (struct gd_wal_part){.start = cases[i].parts[k][0], .end = cases[i].parts[k][1]};
        uint32_t end = gd_wal_parts_way(parts, cases[i].count, cases[i].offset, &used);
        if (end != cases[i].end || used != cases[i].used)
            fail_msg("%s: %u with %zu", cases[i].name, end, used);
        uint32_t at = cases[i].offset;
        for (size_t k = 0; k < used; k++) {
            assert_true(parts[k].start <= at && parts[k].end > at);
            at = parts[k].end;
        }
    }
}

static void pieces_come_back_as_one(void **state)
{
    (void)state;
    struct gd_error err = {0};
    char wal[100];
    for (size_t i = 0; i < sizeof wal; i++)
        wal[i] = (char)i;
    const struct gd_wal_place place = {
        .store = gd_memory_store_new((size_t)1 << 20), .system_identifier = 42, .level = 1};
    static const struct {
        uint32_t start, size;
    } cuts[] = {{0, 30}, {20, 30}, {30, 40}, {70, 30}};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
        assert_int_equal(gd_wal_part_put(&place, &segment, cuts[i].start, wal + cuts[i].start,
                                         cuts[i].size, &err)
                             .code,
                         GD_OK);
    /* again: it is there, and the same */
    assert_int_equal(gd_wal_part_put(&place, &segment, 0, wal, 30, &err).code, GD_OK);
    assert_int_equal(gd_wal_part_put(&place, &segment, 0, wal + 1, 30, &err).code, GD_REFUSED);

    struct gd_arena *arena = gd_arena_new();
    struct gd_wal_part *parts;
    size_t count, used, size;
    char *got;
    assert_int_equal(gd_wal_parts_list(&place, &segment, arena, &parts, &count, &err).code, GD_OK);
    assert_int_equal(count, 4);
    assert_int_equal(gd_wal_parts_way(parts, count, 5, &used), 100);
    struct gd_source *source = gd_wal_parts_source_new(&place, &segment, parts, used, 5);
    assert_int_equal(gd_source_all(source, 1000, &got, &size, &err).code, GD_OK);
    gd_source_free(source);
    assert_int_equal(size, 95);
    assert_memory_equal(got, wal + 5, 95);
    free(got);

    /* one that is gone is no end */
    const char *key = gd_wal_part_key(&place, &segment, 70, 100, arena);
    assert_int_equal(gd_store_remove(place.store, key, &err).code, GD_OK);
    source = gd_wal_parts_source_new(&place, &segment, parts, used, 5);
    assert_int_equal(gd_source_all(source, 1000, &got, &size, &err).code, GD_CORRUPT);
    gd_source_free(source);
    gd_arena_free(arena);
    gd_store_close(place.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_and_written),
        cmocka_unit_test(a_way_leads_as_far_as_pieces_do),
        cmocka_unit_test(pieces_come_back_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
