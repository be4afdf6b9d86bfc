/*
 * The contract: what every store keeps, whatever is behind it (guardian/store/store.h).
 *
 * One suite, run against each URL of GD_CONTRACT_URLS or of the command line; without any against a
 * folder. Settings of the store come from GUARDIAN_STORE_… and AWS_… as for the program itself.
 * Each test works below a prefix of its own and removes what it made.
 */
#ifndef GUARDIAN_TESTS_CONTRACT_H
#define GUARDIAN_TESTS_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/store/store.h"

enum { KEY_SIZE = 1024 };

/* What a test gets as its state. */
struct scene {
    struct gd_store *store;
    struct gd_store_capabilities can;
    char prefix[128]; /* "contract-<id>/" */
};

/** Another handle on the same store: for a child, or as another process would have it. */
struct gd_store *another_handle(void);

/** The prefix with `name` behind it; each of the last eight results stays. */
const char *key_of(const struct scene *scene, const char *name);

/** Bytes that look random and depend on `seed` alone; free() them. */
char *make_bytes(size_t size, uint32_t seed);

/* Each ends the test with the words of the error when it fails. */
void put(const struct scene *scene, const char *key, const void *data, size_t size);
void put_text(const struct scene *scene, const char *key, const char *text);
void assert_holds(const struct scene *scene, const char *key, const void *data, size_t size);
void assert_text(const struct scene *scene, const char *key, const char *text);
void assert_absent(const struct scene *scene, const char *key);
bool is_there(const struct scene *scene, const char *key);
void remove_key(const struct scene *scene, const char *key);
/** The keys of a list, each with a blank behind it and without the prefix of the scene. */
char *list_of(const struct scene *scene, const char *prefix, bool folders);

/* The tests, a table in each file. */
extern const struct CMUnitTest object_tests[], list_tests[], thread_tests[], fault_tests[];
extern const size_t object_test_count, list_test_count, thread_test_count, fault_test_count;

#endif
