/*
 * How tables are cut into parts, in which order they come, and the COPY of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those four first */
#include <cmocka.h>
#include <string.h>

#include "guardian/snapshot/take_own.h"

enum { BLOCK = 8192 };
static const uint64_t MEGABYTE = 1 << 20;

struct fixture {
    struct gd_arena *arena;
    struct gd_take_options options;
    struct gd_take_table tables[8];
    struct gd_take take;
};

static void set_up(struct fixture *fixture, unsigned workers)
{
    *fixture = (struct fixture){.arena = gd_arena_new()};
    fixture->take.arena = fixture->arena;
    fixture->take.options = &fixture->options;
    fixture->take.tables = fixture->tables;
    fixture->take.block_bytes = BLOCK;
    fixture->take.workers = workers;
}

static struct gd_take_table *add(struct fixture *fixture, uint64_t heap_bytes)
{
    struct gd_take_table *table = &fixture->tables[fixture->take.table_count++];
    *table =
        (struct gd_take_table){.table = {.schema = "s", .name = "t", .kind = 'r', .condition = ""},
                               .heap_bytes = heap_bytes,
                               .heap = true,
                               .wanted = true,
                               .upper = GD_MAP_NONE};
    return table;
}

/* Every page of a table is in one part, and only in one; the last part is open. */
static size_t check_cover(const struct fixture *fixture, uint32_t table)
{
    uint64_t pages = fixture->tables[table].heap_bytes / BLOCK, covered = 0;
    size_t count = 0, open = 0;
    for (uint64_t page = 0;;) {
        const struct gd_take_part *found = NULL;
        for (size_t i = 0; i < fixture->take.part_count; i++)
            if (fixture->take.parts[i].table == table && fixture->take.parts[i].first_page == page)
                found = &fixture->take.parts[i];
        assert_non_null(found);
        count++;
        open += found->last_page == 0;
        if (found->last_page == 0)
            break;
        assert_true(found->last_page > found->first_page && found->last_page < pages);
        covered += found->last_page - found->first_page;
        page = found->last_page;
    }
    assert_int_equal(open, 1);
    assert_true(covered <= pages);
    return count;
}

/* clang-format off */
static const struct {
    const char *name;
    uint64_t heap, toast, part_bytes;
    unsigned workers;
    int version;
    bool heap_access, config;
    size_t parts;
} cuts[] = {
    {"an empty table is one part",                 0,    0,    0, 2, 150000, true,  false, 1},
    {"one page is one part whatever is asked",     0,  100, 1024, 2, 150000, true,  false, 1},
    {"a small table is not cut",                  15,    0,    0, 2, 150000, true,  false, 1},
    {"a large one is cut for all workers",      1600,    0,    0, 2, 150000, true,  false, 16},
    {"parts are no larger than 256 MB",       100000,    0,    0, 2, 150000, true,  false, 391},
    {"the size asked for counts",                100,    0, 10 << 20, 2, 150000, true,  false, 10},
    {"rows that lie outside the heap count",      10,  990, 100 << 20, 2, 150000, true,  false, 10},
    {"13 reads all pages for each part",       10000,    0,    0, 3, 130000, true,  false, 3},
    {"another access method is not cut",       10000,    0,    0, 2, 150000, false, false, 1},
    {"a table with a condition is not cut",    10000,    0,    0, 2, 150000, true,  true,  1},
};
/* clang-format on */

static void tables_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct fixture fixture;
        set_up(&fixture, cuts[i].workers);
        fixture.options.part_bytes = cuts[i].part_bytes;
        struct gd_take_table *table =
            add(&fixture, cuts[i].part_bytes == 1024 ? BLOCK : cuts[i].heap * MEGABYTE);
        table->toast_bytes = cuts[i].toast * MEGABYTE;
        table->heap = cuts[i].heap_access;
        table->table.config = cuts[i].config;
        gd_take_plan_parts(&fixture.take, cuts[i].version);
        if (fixture.take.part_count != cuts[i].parts)
            fail_msg("%s: %zu parts", cuts[i].name, fixture.take.part_count);
        assert_int_equal(check_cover(&fixture, 0), cuts[i].parts);
        gd_arena_free(fixture.arena);
    }
}

static void the_biggest_part_comes_first_and_what_is_not_wanted_never(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture, 2);
    add(&fixture, 2 * MEGABYTE);
    add(&fixture, 900 * MEGABYTE);
    add(&fixture, 9 * MEGABYTE);
    add(&fixture, 5 * MEGABYTE)->wanted = false;
    add(&fixture, 5 * MEGABYTE)->table.left_out = true;
    add(&fixture, 0)->table.kind = 'p';
    gd_take_plan_parts(&fixture.take, 150000);
    for (size_t i = 1; i < fixture.take.part_count; i++) {
        assert_true(fixture.take.parts[i - 1].weight >= fixture.take.parts[i].weight);
        assert_true(fixture.take.parts[i].table < 3);
    }
    assert_int_equal(fixture.take.parts[fixture.take.part_count - 1].table, 0);
    gd_arena_free(fixture.arena);
}

static void nothing_wanted_is_no_part(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture, 2);
    gd_take_plan_parts(&fixture.take, 150000);
    assert_int_equal(fixture.take.part_count, 0);
    gd_arena_free(fixture.arena);
}

static const char *const plain[] = {"id", "na\"me", "new\nline"}, *const one[] = {"x"};

static void the_copy_of_a_part(void **state)
{
    (void)state;
    static const struct {
        const char *const *columns;
        size_t count;
        char kind;
        const char *condition, *sql;
        uint32_t first, last;
    } cases[] = {
        {plain, 3, 'r', "", "COPY \"s\".\"t\" (\"id\",\"na\"\"me\",\"new\nline\") TO STDOUT", 0, 0},
        {NULL, 0, 'r', "", "COPY \"s\".\"t\" TO STDOUT", 0, 0},
        {one, 1, 'r', "",
         "COPY (SELECT \"x\" FROM ONLY \"s\".\"t\" WHERE ctid >= '(0,0)' AND ctid < '(7,0)') TO "
         "STDOUT",
         0, 7},
        {one, 1, 'r', "",
         "COPY (SELECT \"x\" FROM ONLY \"s\".\"t\" WHERE ctid >= '(7,0)') TO STDOUT", 7, 0},
        {NULL, 0, 'r', "", "COPY (SELECT  FROM ONLY \"s\".\"t\" WHERE ctid >= '(7,0)') TO STDOUT",
         7, 0},
        {one, 1, 'r', "WHERE x > 1",
         "COPY (SELECT \"x\" FROM ONLY \"s\".\"t\" WHERE x > 1) TO STDOUT", 0, 0},
        {one, 1, 'f', "", "COPY (SELECT \"x\" FROM ONLY \"s\".\"t\" ) TO STDOUT", 0, 0},
    };
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_take_table table = {.table = {.schema = "s",
                                                .name = "t",
                                                .kind = cases[i].kind,
                                                .columns = cases[i].columns,
                                                .column_count = cases[i].count,
                                                .condition = cases[i].condition}};
        struct gd_take_part part = {.first_page = cases[i].first, .last_page = cases[i].last};
        assert_string_equal(gd_take_copy_sql(&table, &part, arena), cases[i].sql);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_cut),
        cmocka_unit_test(the_biggest_part_comes_first_and_what_is_not_wanted_never),
        cmocka_unit_test(nothing_wanted_is_no_part),
        cmocka_unit_test(the_copy_of_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
