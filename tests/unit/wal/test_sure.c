/* Until when a server committed nothing: names are read on distrust, and a clock that was set back
 * is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utime.h>

#include <cmocka.h>

#include "guardian/wal/page.h"
#include "guardian/wal/sure.h"

#define NOON INT64_C(1795384140000000)
#define MINUTE INT64_C(60000000)

struct world {
    struct gd_arena *arena;
    struct gd_store *store;
    struct gd_wal_place place;
    char folder[64];
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct gd_error err = {0};
    char url[96];
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/gd-sure.XXXXXX");
    if (world == NULL || mkdtemp(world->folder) == NULL)
        return 1;
    (void)snprintf(url, sizeof url, "file://%s", world->folder);
    const struct gd_store_options options = {.url = url};
    world->arena = gd_arena_new();
    world->place.system_identifier = 7;
    *state = world;
    if (gd_store_open(&options, &world->store, &err).code != GD_OK)
        return 1;
    world->place.store = world->store;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    char command[96];
    gd_store_close(world->store);
    gd_arena_free(world->arena);
    (void)snprintf(command, sizeof command, "rm -rf %s", world->folder);
    int failed = system(command);
    free(world);
    return failed;
}

/* As if it had been stored so many minutes after noon. */
static void put(struct world *world, uint32_t timeline, uint64_t lsn, int64_t time_us, int stored)
{
    struct gd_error err = {0};
    char path[256];
    const struct gd_wal_sure sure = {.timeline = timeline, .lsn = lsn, .time_us = time_us};
    const struct utimbuf times = {.modtime = (time_t)(NOON / 1000000) + stored * 60,
                                  .actime = (time_t)(NOON / 1000000)};
    assert_int_equal(gd_wal_sure_put(&world->place, &sure, &err).code, GD_OK);
    (void)snprintf(path, sizeof path, "%s/v1/7/wal-sure/%08X-%016lX-%016ld", world->folder,
                   timeline, (unsigned long)lsn, (long)time_us);
    assert_int_equal(utime(path, &times), 0);
}

static size_t read_back(struct world *world, struct gd_wal_sure **out_sure)
{
    struct gd_error err = {0};
    size_t count = 99;
    assert_int_equal(gd_wal_sure_read(world->store, 7, world->arena, out_sure, &count, &err).code,
                     GD_OK);
    return count;
}

static void each_that_is_later_and_further_holds(void **state)
{
    struct gd_wal_sure *sure;
    put(*state, 1, 0x100, NOON, 0);
    put(*state, 1, 0x100, NOON, 0); /* twice is once */
    put(*state, 1, 0x100, NOON + MINUTE, 1);
    put(*state, 1, 0x200, NOON + 2 * MINUTE, 2);
    put(*state, 2, 0x50, NOON - MINUTE, 3); /* another timeline */
    assert_int_equal(read_back(*state, &sure), 4);
    assert_true(sure[2].timeline == 1 && sure[2].lsn == 0x200 &&
                sure[2].time_us == NOON + 2 * MINUTE);
    assert_true(sure[3].timeline == 2 && sure[3].time_us == NOON - MINUTE);
}

static void what_was_stored_before_the_clock_was_set_back_does_not_hold(void **state)
{
    struct gd_wal_sure *sure;
    put(*state, 1, 0x100, NOON + 9 * MINUTE, 0);
    put(*state, 1, 0x100, NOON + 2 * MINUTE, 1);
    put(*state, 1, 0x100, NOON + 3 * MINUTE, 2);
    assert_int_equal(read_back(*state, &sure), 2);
    assert_int_equal(sure[1].time_us, NOON + 3 * MINUTE);
    put(*state, 1, 0x200, NOON + MINUTE, 2); /* further in the WAL, and earlier */
    assert_int_equal(read_back(*state, &sure), 1);
    assert_int_equal(sure[0].lsn, 0x200);
}

static void the_newest_of_each_timeline_stays(void **state)
{
    struct world *world = *state;
    struct gd_wal_sure *sure;
    struct gd_error err = {0};
    put(world, 1, 0x100, NOON + 9 * MINUTE, 0); /* does not hold */
    put(world, 1, 0x100, NOON, 1);
    put(world, 1, 0x300, NOON + MINUTE, 2);
    put(world, 2, 0x400, NOON, 2);
    put(world, 2, 0x400, NOON + MINUTE, 3);
    assert_int_equal(gd_wal_sure_tidy(world->store, 7, &err).code, GD_OK);
    assert_int_equal(read_back(world, &sure), 2);
    assert_true(sure[0].lsn == 0x300 && sure[1].lsn == 0x400 && sure[1].time_us == NOON + MINUTE);
    assert_int_equal(gd_wal_sure_tidy(world->store, 7, &err).code, GD_OK);
    assert_int_equal(read_back(world, &sure), 2);
}

static void other_names_say_nothing(void **state)
{
    static const char *const names[] = {
        "00000001-0000000000000100", "00000000-0000000000000100-1795384140000000",
        "00000001-0000000000000100-179538414000000x", "x0000001-0000000000000100-1795384140000000",
        "00000001-0000000000000100-1795384140000000.json"};
    struct world *world = *state;
    struct gd_wal_sure *sure;
    struct gd_error err = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(
            gd_store_put_bytes(world->store,
                               gd_arena_printf(world->arena, "v1/7/wal-sure/%s", names[i]), "x", 1,
                               &err)
                .code,
            GD_OK);
    assert_int_equal(read_back(world, &sure), 0);
}

static void a_page_with_nothing_but_its_head_is_none_yet(void **state)
{
    const uint64_t segment = 16 << 20;
    (void)state;
    assert_int_equal(gd_wal_page_end(3 * segment + 40, segment), 3 * segment);
    assert_int_equal(gd_wal_page_end(3 * segment + 8192 + 24, segment), 3 * segment + 8192);
    /* the end of a record of which the last 16 bytes are on that page */
    assert_int_equal(gd_wal_page_end(3 * segment + 8192 + 40, segment), 3 * segment + 8192 + 40);
    assert_int_equal(gd_wal_page_end(3 * segment + 8192, segment), 3 * segment + 8192);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_that_is_later_and_further_holds),
        T(what_was_stored_before_the_clock_was_set_back_does_not_hold),
        T(the_newest_of_each_timeline_stays),
        T(other_names_say_nothing),
        T(a_page_with_nothing_but_its_head_is_none_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
