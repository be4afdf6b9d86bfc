#include "harness/shelves.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/manifests.h"

/* A test's own steps must work; what went wrong is said before it ends. */
static void must(struct gd_status status, const struct gd_error *err)
{
    if (status.code != GD_OK)
        fprintf(stderr, "shelf: %s\n", err->text);
    assert(status.code == GD_OK);
}

int test_shelf_open(void **state)
{
    struct gd_error err = {0};
    struct test_shelf *shelf = calloc(1, sizeof *shelf);
    assert(shelf != NULL);
    snprintf(shelf->folder, sizeof shelf->folder, "/tmp/gd-shelf.XXXXXX");
    if (mkdtemp(shelf->folder) == NULL)
        abort();
    snprintf(shelf->url, sizeof shelf->url, "file://%s/store", shelf->folder);
    must(gd_store_open(&(struct gd_store_options){.url = shelf->url}, &shelf->store, &err), &err);
    *state = shelf;
    return 0;
}

int test_shelf_close(void **state)
{
    struct test_shelf *shelf = *state;
    char command[128];
    gd_store_close(shelf->store);
    snprintf(command, sizeof command, "rm -rf '%s'", shelf->folder);
    int status = system(command);
    free(shelf);
    return status;
}

static struct gd_status count_one(void *context, const struct gd_store_entry *entry,
                                  struct gd_error *err)
{
    (void)entry;
    (void)err;
    ++*(size_t *)context;
    return GD_DONE;
}

size_t test_shelf_count(const struct test_shelf *shelf, const char *prefix)
{
    struct gd_error err = {0};
    size_t count = 0;
    must(gd_store_list(shelf->store, prefix, count_one, &count, &err), &err);
    return count;
}

char *test_shelf_bytes(const struct test_shelf *shelf, const char *key, size_t *out_size)
{
    struct gd_error err = {0};
    char *data = NULL;
    must(gd_store_get_bytes(shelf->store, key, 64 * 1024 * 1024, &data, out_size, &err), &err);
    return data;
}

void test_shelf_put(const struct test_shelf *shelf, const char *key, const void *data, size_t size)
{
    struct gd_error err = {0};
    must(gd_store_remove(shelf->store, key, &err), &err);
    must(gd_store_put_bytes(shelf->store, key, data, size, &err), &err);
}

void test_shelf_snapshot(const struct test_shelf *shelf, const char *id)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_manifest *manifest = test_manifest_small(id, arena);
    size_t size = (size_t)manifest->schema_dump.stored_bytes;
    char *bytes = gd_arena_zalloc(arena, size, 1);
    test_shelf_put(shelf, gd_snapshot_key(manifest->cluster, id, "schema.dump", arena), bytes,
                   size);
    must(gd_manifest_store(shelf->store, manifest, sha256, &err), &err);
}
