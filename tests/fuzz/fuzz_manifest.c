/*
 * Fuzz: a manifest. Whatever the bytes, the answer is a manifest that agrees with itself and is
 * written again in the same words, or an error with words; nothing in it can reach outside its
 * folder.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct gd_manifest *manifest)
{
    assert(gd_id_valid(manifest->id) && gd_cluster_valid(manifest->cluster));
    assert(strcmp(manifest->schema_dump.name, "schema.dump") == 0);
    for (size_t t = 0; t < manifest->table_count; t++)
        for (size_t p = 0; p < manifest->tables[t].part_count; p++) {
            const char *name = manifest->tables[t].parts[p].stored.name;
            assert(gd_object_name_valid(name) && strstr(name, "..") == NULL);
        }
}

/* Written and read once more, it says the same. */
static void check_again(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_manifest *again = NULL;
    char *text = NULL, *other = NULL;
    size_t size = 0, other_size = 0;
    struct gd_status status = gd_manifest_format(manifest, &text, &size, &err);
    assert(status.code == GD_OK);
    status = gd_manifest_parse(text, size, arena, &again, &err);
    assert(status.code == GD_OK);
    status = gd_manifest_format(again, &other, &other_size, &err);
    assert(status.code == GD_OK && size == other_size && memcmp(text, other, size) == 0);
    free(text);
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_manifest *manifest = NULL;
    struct gd_error err = {0};
    struct gd_status status = gd_manifest_parse((const char *)data, size, arena, &manifest, &err);
    if (status.code != GD_OK) {
        assert(status.code == GD_CORRUPT || status.code == GD_USAGE);
        assert(err.text[0] != '\0');
        return 0;
    }
    check_names(manifest);
    check_again(manifest, arena);
    return 0;
}
