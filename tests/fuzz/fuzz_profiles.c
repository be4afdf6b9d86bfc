/*
 * Fuzz: profile files of any content, as config and as credentials.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guardian/store/profiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct gd_profiles *profiles)
{
    static const char *const sections[] = {"default", "x", "", "my team"};
    static const char *const names[] = {"region", "aws_access_key_id", "s3.endpoint_url", ""};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            const char *value = gd_profiles_get(profiles, GD_PROFILE, sections[i], names[j]);
            assert(value == NULL || (*value != '\0' && gd_profiles_has(profiles, sections[i])));
            (void)gd_profiles_get(profiles, GD_PROFILE_SERVICES, sections[i], names[j]);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int file = memfd_create("profiles", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    for (int as_config = 0; as_config < 2; as_config++) {
        struct gd_error err = {0};
        struct gd_profiles *profiles = NULL;
        (void)setenv("AWS_CONFIG_FILE", as_config ? path : "/nonexistent", 1);
        (void)setenv("AWS_SHARED_CREDENTIALS_FILE", as_config ? "/nonexistent" : path, 1);
        if (gd_profiles_read(&profiles, &err).code == GD_OK)
            ask(profiles);
        gd_profiles_free(profiles);
    }
    (void)close(file);
    return 0;
}
