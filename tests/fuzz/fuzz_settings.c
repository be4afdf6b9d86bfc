/*
 * Fuzz: guardian.yaml. Whatever the bytes, the answer is settings or an error with words.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guardian/config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_of(const uint8_t *data, size_t size)
{
    int file = memfd_create("guardian.yaml", MFD_CLOEXEC);
    assert(file >= 0);
    while (size > 0) {
        ssize_t written = write(file, data, size);
        assert(written > 0);
        data += written;
        size -= (size_t)written;
    }
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gd_config config = {0};
    struct gd_error err = {0};
    gd_auto_arena arena = gd_arena_new();
    struct gd_settings settings = {arena, gd_options, gd_options_count, &config, config.origins};
    gd_settings_reset(&settings);

    int file = file_of(data, size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct gd_status status = gd_settings_from_file(&settings, path, &err);
    close(file);
    assert(status.code == GD_OK || status.code == GD_USAGE);
    assert((status.code == GD_OK) == (err.text[0] == '\0'));
    assert(config.samples >= 0 && config.samples <= 1000);
    assert(config.policy != NULL && config.db != NULL);
    return 0;
}
