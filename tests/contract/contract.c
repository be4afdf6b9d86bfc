#include "contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/stores.h"

/* The store that is being tested, for another_handle(); set between groups, read by tests. */
static struct gd_arena *arena;
static struct gd_config config;

/* --- helpers of all tests --------------------------------------------------------------------- */

struct gd_store *another_handle(void)
{
    struct gd_error err = {0};
    struct gd_store *store = NULL;
    if (gd_cli_store(&config, arena, NULL, &store, &err).code != GD_OK)
        fail_msg("%s: %s", config.store, err.text);
    return store;
}

const char *key_of(const struct scene *scene, const char *name)
{
    static _Thread_local char keys[8][KEY_SIZE];
    static _Thread_local unsigned at;
    char *key = keys[at++ % 8];
    snprintf(key, KEY_SIZE, "%s%s", scene->prefix, name);
    return key;
}

char *make_bytes(size_t size, uint32_t seed)
{
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (char)state;
    }
    bytes[size] = '\0';
    return bytes;
}

void put(const struct scene *scene, const char *key, const void *data, size_t size)
{
    struct gd_error err = {0};
    if (gd_store_put_bytes(scene->store, key, data, size, &err).code != GD_OK)
        fail_msg("put %s: %s", key, err.text);
}

void put_text(const struct scene *scene, const char *key, const char *text)
{
    put(scene, key, text, strlen(text));
}

void assert_holds(const struct scene *scene, const char *key, const void *data, size_t size)
{
    struct gd_error err = {0};
    char *found = NULL;
    size_t found_size = 0;
    if (gd_store_get_bytes(scene->store, key, size + 1, &found, &found_size, &err).code != GD_OK)
        fail_msg("get %s: %s", key, err.text);
    if (found_size != size || memcmp(found, data, size) != 0)
        fail_msg("%s does not hold the %zu bytes that it should", key, size);
    free(found);
}

void assert_text(const struct scene *scene, const char *key, const char *text)
{
    assert_holds(scene, key, text, strlen(text));
}

bool is_there(const struct scene *scene, const char *key)
{
    struct gd_error err = {0};
    bool there = false;
    if (gd_store_head(scene->store, key, &there, NULL, &err).code != GD_OK)
        fail_msg("head %s: %s", key, err.text);
    return there;
}

void assert_absent(const struct scene *scene, const char *key)
{
    struct gd_error err = {0};
    struct gd_source *source = NULL;
    struct gd_status status = gd_store_get(scene->store, key, 0, 0, &source, &err);
    gd_source_free(source);
    if (status.code != GD_CORRUPT || is_there(scene, key))
        fail_msg("%s is there, and should not be", key);
}

void remove_key(const struct scene *scene, const char *key)
{
    struct gd_error err = {0};
    if (gd_store_remove(scene->store, key, &err).code != GD_OK)
        fail_msg("remove %s: %s", key, err.text);
}

struct found {
    char *text;
    size_t used, size, skip;
};

static struct gd_status add_found(void *context, const struct gd_store_entry *entry,
                                  struct gd_error *err)
{
    (void)err;
    struct found *found = context;
    size_t room = strlen(entry->key) + 2;
    if (found->used + room > found->size) {
        found->size = 2 * (found->size + room);
        found->text = realloc(found->text, found->size);
        assert_non_null(found->text);
    }
    found->used += (size_t)snprintf(found->text + found->used, found->size - found->used, "%s ",
                                    entry->key + found->skip);
    return GD_DONE;
}

char *list_of(const struct scene *scene, const char *prefix, bool folders)
{
    struct gd_error err = {0};
    struct found found = {.text = calloc(1, 1), .size = 1, .skip = strlen(scene->prefix)};
    struct gd_status status = folders
                                  ? gd_store_folders(scene->store, prefix, add_found, &found, &err)
                                  : gd_store_list(scene->store, prefix, add_found, &found, &err);
    if (status.code != GD_OK)
        fail_msg("list %s: %s", prefix, err.text);
    return found.text;
}

/* --- before and after each test --------------------------------------------------------------- */

static int set_up(void **state)
{
    char id[GD_ID_SIZE];
    struct gd_error err = {0};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    gd_id_new(id);
    snprintf(scene->prefix, sizeof scene->prefix, "contract-%s/", id);
    scene->store = another_handle();
    if (gd_store_probe(scene->store, scene->prefix, &scene->can, NULL, &err).code != GD_OK) {
        fprintf(stderr, "probe of %s: %s\n", gd_store_url(scene->store), err.text);
        return -1;
    }
    *state = scene;
    return 0;
}

static struct gd_status remove_listed(void *context, const struct gd_store_entry *entry,
                                      struct gd_error *err)
{
    return gd_store_remove(context, entry->key, err);
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    struct gd_error err = {0};
    uint64_t swept = 0;
    struct gd_status status =
        gd_store_list(scene->store, scene->prefix, remove_listed, scene->store, &err);
    if (status.code == GD_OK)
        status = gd_store_sweep(scene->store, scene->prefix, 0, &swept, &err);
    if (status.code != GD_OK)
        fprintf(stderr, "cleaning up: %s\n", err.text);
    gd_store_close(scene->store);
    free(scene);
    return status.code == GD_OK ? 0 : -1;
}

/* --- all tests, against one URL after the other ----------------------------------------------- */

static size_t add_tests(struct CMUnitTest *all, size_t count, const struct CMUnitTest *tests,
                        size_t added)
{
    for (size_t i = 0; i < added; i++) {
        all[count + i] = tests[i];
        all[count + i].setup_func = set_up;
        all[count + i].teardown_func = tear_down;
    }
    return count + added;
}

static int run_all(const char *url)
{
    enum { MOST = 64 };
    struct CMUnitTest all[MOST];
    size_t count = add_tests(all, 0, object_tests, object_test_count);
    count = add_tests(all, count, list_tests, list_test_count);
    count = add_tests(all, count, thread_tests, thread_test_count);
    count = add_tests(all, count, fault_tests, fault_test_count);
    assert_true(count <= MOST);
    config.store = url;
    return _cmocka_run_group_tests(url, all, count, NULL, NULL);
}

static int run_in_a_folder(void)
{
    char folder[] = "/tmp/gd-contract.XXXXXX", url[64], command[64];
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(url, sizeof url, "file://%s/store", folder);
    int failed = run_all(url);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? failed : 1;
}

static int run_list(char *urls)
{
    int failed = 0;
    char *rest = NULL;
    for (char *url = strtok_r(urls, " ", &rest); url != NULL; url = strtok_r(NULL, " ", &rest))
        failed += run_all(url);
    return failed;
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    struct gd_request request;
    char *nothing[] = {NULL};
    arena = gd_arena_new();
    setenv("GUARDIAN_STORE_PART_SIZE", "5MB", 0); /* so that large objects need not be very large */
    if (gd_config_load(arena, nothing, (const char *const *)environ, &config, &request, &err)
            .code != GD_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    int failed = 0;
    cmocka_set_skip_filter(
        getenv("GD_CONTRACT_SKIP")); /* a test that takes a slow server minutes */
    const char *urls = getenv("GD_CONTRACT_URLS");
    for (int i = 1; i < argc; i++)
        failed += run_all(argv[i]);
    if (argc == 1 && urls != NULL)
        failed += run_list(gd_arena_strdup(arena, urls));
    else if (argc == 1)
        failed += run_in_a_folder();
    gd_arena_free(arena);
    return failed == 0 ? 0 : 1;
}
