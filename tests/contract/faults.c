/* Each point of a put breaks in turn, by an error and by the end of the process: the object is
 * whole or absent, and what is left over can be swept. */
#include "contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/fault.h"

enum { SIZE = 7 << 20, CRASHED = 99 };

/* In two writes, so that there is something between them. */
static struct gd_status put_in_two(struct gd_store *store, const char *key, const char *bytes,
                                   struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    GD_TRY(gd_store_put(store, key, 0, &sink, err));
    GD_TRY(gd_sink_write(sink, bytes, SIZE / 2, err));
    GD_TRY(gd_sink_write(sink, bytes + SIZE / 2, SIZE - SIZE / 2, err));
    return gd_sink_finish(sink, err);
}

/* Whole or absent; absent in the end, so that the next attempt begins anew. */
static void assert_whole_or_absent(const struct scene *scene, const char *key, const char *bytes)
{
    if (is_there(scene, key))
        assert_holds(scene, key, bytes, SIZE);
    else
        assert_absent(scene, key);
    remove_key(scene, key);
}

static void an_object_is_whole_or_absent_under_every_failure(void **state)
{
    const struct scene *scene = *state;
    char *bytes = make_bytes(SIZE, 5);
    const char *key = key_of(scene, "faults/deep/x");
    for (unsigned nth = 1;; nth++) {
        struct gd_error err = {0};
        gd_fault_arm(nth);
        struct gd_status status = put_in_two(scene->store, key, bytes, &err);
        bool broken = gd_fault_fired();
        gd_fault_arm(0);
        if (!broken) {
            assert_int_equal(status.code, GD_OK);
            assert_holds(scene, key, bytes, SIZE);
            assert_true(nth > 5); /* else there is nothing that could break */
            break;
        }
        assert_int_not_equal(status.code, GD_OK);
        assert_whole_or_absent(scene, key, bytes);
    }
    free(bytes);
}

/* @return false when the child got to its end before the nth point */
static bool crash_at(unsigned nth, const char *key, const char *bytes)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct gd_error err = {0};
        struct gd_store *store = another_handle();
        gd_fault_arm_crash(nth);
        _exit(put_in_two(store, key, bytes, &err).code == GD_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CRASHED);
    return WEXITSTATUS(status) == CRASHED;
}

static void an_object_is_whole_or_absent_after_every_crash(void **state)
{
    const struct scene *scene = *state;
    char *bytes = make_bytes(SIZE, 6);
    const char *key = key_of(scene, "crashes/deep/x");
    uint64_t swept_in_all = 0;
    for (unsigned nth = 1; crash_at(nth, key, bytes); nth++) {
        struct gd_error err = {0};
        uint64_t swept = 0;
        assert_whole_or_absent(scene, key, bytes);
        assert_int_equal(gd_store_sweep(scene->store, scene->prefix, 0, &swept, &err).code, GD_OK);
        swept_in_all += swept;
        char *listed = list_of(scene, scene->prefix, false);
        assert_string_equal(listed, "");
        free(listed);
    }
    assert_holds(scene, key, bytes, SIZE);
    assert_true(swept_in_all > 0);
    free(bytes);
}

const struct CMUnitTest fault_tests[] = {
    cmocka_unit_test(an_object_is_whole_or_absent_under_every_failure),
    cmocka_unit_test(an_object_is_whole_or_absent_after_every_crash),
};
const size_t fault_test_count = sizeof fault_tests / sizeof fault_tests[0];
