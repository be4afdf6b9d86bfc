#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/store/memory.h"
#include "guardian/wal/fetch.h"
#include "guardian/wal/outside.h"
#include "harness/wal.h"

#define SEGMENT ((uint64_t)TEST_WAL_SEGMENT)

struct world {
    struct gd_wal_place place;
    struct test_wal wal;
    char folder[32], path[48];
};

/* One segment, at whose end a record begins. */
static int begin(void **state)
{
    enum { IN_IT = 24 }; /* its head */
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->place = (struct gd_wal_place){
        .store = gd_memory_store_new((size_t)8 << 20), .system_identifier = 42, .level = 1};
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/gd-outside.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->path, sizeof world->path, "%s/wal", world->folder);
    test_wal_begin(&world->wal, &world->place, 1, SEGMENT);
    test_wal_fill_but(&world->wal, IN_IT);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    gd_store_close(world->place.store);
    (void)unlink(world->path);
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

/* The rest of the segment that is being written is the copy that a new timeline begins with. */
static void fail_over(struct world *world, uint32_t timeline)
{
    world->wal.timeline = timeline;
    test_wal_fill(&world->wal);
}

/* What is said when a server asks for the first segment. */
static struct gd_error look(struct world *world, enum gd_code code)
{
    const struct gd_wal_fetch_options options = {.asks_again = true};
    const struct gd_wal_name name = gd_wal_segment_at(1, SEGMENT, SEGMENT);
    struct gd_wal_fetched fetched;
    struct gd_error err = {0};
    if (gd_wal_fetch(&world->place, &name, &options, world->path, &fetched, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(fetched.found, GD_WAL_WHOLE);
    struct gd_status status = gd_wal_outside(&world->place, &name, world->path,
                                             fetched.segment_bytes, world->folder, &err);
    if (status.code != code)
        fail_msg("status %d, not %d: %s", status.code, code, err.text);
    return err;
}

static void a_record_goes_on_in_the_next_segment(void **state)
{
    struct world *world = *state;
    test_wal_tablespace(&world->wal, 16384, "/etc");
    fail_over(world, 1);
    assert_non_null(strstr(look(world, GD_REFUSED).text, "at \"/etc\""));
}

static void it_goes_on_in_the_copy_of_a_later_timeline(void **state)
{
    struct world *world = *state;
    test_wal_tablespace(&world->wal, 16384, "/etc");
    fail_over(world, 3);
    assert_non_null(strstr(look(world, GD_REFUSED).text, "at \"/etc\""));
}

static void an_empty_folder_may_be_filled_behind_a_failover_too(void **state)
{
    struct world *world = *state;
    char empty[] = "/tmp/gd-outside-empty.XXXXXX";
    assert_non_null(mkdtemp(empty));
    test_wal_tablespace(&world->wal, 16384, empty);
    test_wal_tablespace(&world->wal, 16385, "/etc"); /* of the segment behind it: its own look */
    fail_over(world, 2);
    (void)look(world, GD_OK);
    (void)rmdir(empty);
}

static void what_is_nowhere_yet_is_refused(void **state)
{
    struct world *world = *state;
    test_wal_tablespace(&world->wal, 16384, "/etc");
    assert_non_null(strstr(look(world, GD_REFUSED).text, "is not in the store"));
}

/* A timeline that has other WAL in that place does not have the rest. */
static void other_wal_is_not_taken_for_the_rest(void **state)
{
    struct world *world = *state;
    struct test_wal *other = calloc(1, sizeof *other);
    assert_non_null(other);
    test_wal_begin(other, &world->place, 2, 2 * SEGMENT);
    test_wal_fill(other);
    free(other);
    test_wal_tablespace(&world->wal, 16384, "/etc");
    assert_non_null(strstr(look(world, GD_REFUSED).text, "is not in the store"));
}

static void wal_may_end_in_any_other_record(void **state)
{
    struct world *world = *state;
    test_wal_record(&world->wal, 1000);
    (void)look(world, GD_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_record_goes_on_in_the_next_segment),
        T(it_goes_on_in_the_copy_of_a_later_timeline),
        T(an_empty_folder_may_be_filled_behind_a_failover_too),
        T(what_is_nowhere_yet_is_refused),
        T(other_wal_is_not_taken_for_the_rest),
        T(wal_may_end_in_any_other_record),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
