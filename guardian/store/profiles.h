/*
 * Profiles: what ~/.aws/config and ~/.aws/credentials say, as AWS's own tools read them.
 *
 * Format       sections "[default]", "[profile x]" and "[services x]" in config, "[x]" in
 *              credentials; "name = value"; indented lines below "name =" are "name.inner".
 * Invariant 1  A file that is not there is an empty one; one that cannot be read is an error.
 * Invariant 2  The text, which holds secrets, is in one piece of memory that is wiped at the end.
 * Owner        views are valid until gd_profiles_free().
 */
#ifndef GUARDIAN_STORE_PROFILES_H
#define GUARDIAN_STORE_PROFILES_H

#include <stdbool.h>

#include "guardian/base/status.h"

struct gd_profiles;

enum gd_profile_kind { GD_PROFILE, GD_PROFILE_SERVICES };

/** @return GD_SYSTEM a file is there and cannot be read; GD_USAGE it is not such a file */
GD_MUST struct gd_status gd_profiles_read(struct gd_profiles **out_profiles, struct gd_error *err);
void gd_profiles_free(struct gd_profiles *profiles);

/** NULL: not set. What the credentials file says goes before what the config file says; letter case
 *  of `name` does not matter. */
const char *gd_profiles_get(const struct gd_profiles *profiles, enum gd_profile_kind kind,
                            const char *section, const char *name);
bool gd_profiles_has(const struct gd_profiles *profiles, const char *section);

/** "~/.aws/config" and "~/.aws/credentials" with the home folder in full, or what the environment
 * says instead. */
const char *gd_profiles_config_path(const struct gd_profiles *profiles);
const char *gd_profiles_credentials_path(const struct gd_profiles *profiles);

static inline void gd_profiles_cleanup_(struct gd_profiles **profiles)
{
    gd_profiles_free(*profiles);
}
#define gd_auto_profiles __attribute__((cleanup(gd_profiles_cleanup_))) struct gd_profiles *

#endif
