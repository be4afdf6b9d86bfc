/*
 * Shelves: a store in a folder of its own for one test, and snapshots put there by hand.
 */
#ifndef TESTS_HARNESS_SHELVES_H
#define TESTS_HARNESS_SHELVES_H

#include "guardian/snapshot/manifest.h"

struct test_shelf {
    char folder[64], url[96];
    struct gd_store *store;
};

/** For cmocka's set-up and tear-down; *state is a struct test_shelf. */
int test_shelf_open(void **state);
int test_shelf_close(void **state);

/** How many objects lie below `prefix`. */
size_t test_shelf_count(const struct test_shelf *shelf, const char *prefix);
/** The bytes of an object, with a NUL behind them; the caller frees them. */
char *test_shelf_bytes(const struct test_shelf *shelf, const char *key, size_t *out_size);
/** Put bytes there, whatever was there before. */
void test_shelf_put(const struct test_shelf *shelf, const char *key, const void *data, size_t size);
/** The small manifest under `id`, with the object that it names, of the right size. */
void test_shelf_snapshot(const struct test_shelf *shelf, const char *id);

#endif
