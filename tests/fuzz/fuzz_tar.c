/*
 * Fuzz: reading archives. Whatever the bytes, the answer is files with harmless names and the sizes
 * that they announce, or CORRUPT with words.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "guardian/io/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 16 << 20 }; /* holes make large files out of nothing */

static void check_name(const char *name)
{
    assert(name[0] != '/' && name[0] != '\0' && strstr(name, "//") == NULL);
    assert(strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0 && strstr(name, "/../") == NULL);
    for (; *name != '\0'; name++)
        assert(*name > ' ' && *name < 127);
}

static struct gd_status read_file(struct gd_source *source, uint64_t size, uint64_t *total,
                                  struct gd_error *err)
{
    static char buffer[65536];
    uint64_t read = 0;
    for (size_t got = 1; got > 0 && *total < LIMIT; *total += got, read += got)
        GD_TRY(gd_source_read(source, buffer, sizeof buffer, &got, err));
    assert(read == size || *total >= LIMIT);
    return GD_DONE;
}

static struct gd_status read_all(const uint8_t *data, size_t size, struct gd_error *err)
{
    gd_auto_tar_reader reader = NULL;
    uint64_t total = 0;
    GD_TRY(gd_tar_reader_new(gd_mem_source_new(data, size), &reader, err));
    while (total < LIMIT) {
        const char *name = NULL;
        uint64_t file_size = 0;
        struct gd_source *source = NULL;
        GD_TRY(gd_tar_reader_next(reader, &name, &file_size, &source, err));
        if (name == NULL)
            break;
        check_name(name);
        GD_TRY(read_file(source, file_size, &total, err));
    }
    return GD_DONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gd_error err = {0};
    struct gd_status status = read_all(data, size, &err);
    assert(status.code == GD_OK || status.code == GD_CORRUPT);
    assert((status.code == GD_OK) == (err.text[0] == '\0'));
    return 0;
}
