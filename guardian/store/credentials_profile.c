/*
 * A profile of ~/.aws/credentials and ~/.aws/config: keys of its own.
 */
#include "guardian/store/credentials_places.h"

static const char *profile_get(const struct gd_search *search, const char *profile,
                               const char *name)
{
    return gd_profiles_get(search->profiles, GD_PROFILE, profile, name);
}

GD_MUST static struct gd_status is_missing(struct gd_search *search, struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "there is no profile \"%s\"", search->profile),
                   "Looked in \"%s\" and \"%s\".", gd_profiles_credentials_path(search->profiles),
                   gd_profiles_config_path(search->profiles));
}

struct gd_status gd_place_profile(struct gd_search *search, bool *out_found,
                                  struct gd_credential *out_credential, struct gd_error *err)
{
    const char *profile = search->profile;
    if (search->profile_named && !gd_profiles_has(search->profiles, profile))
        return is_missing(search, err);
    const char *called = gd_arena_printf(search->arena, "profile \"%s\"", profile);
    if (profile_get(search, profile, "aws_access_key_id") == NULL) {
        gd_search_looked(search, "%s (%s, %s)", called,
                         gd_profiles_credentials_path(search->profiles),
                         gd_profiles_config_path(search->profiles));
        return GD_DONE;
    }
    GD_TRY(gd_credential_fill(profile_get(search, profile, "aws_access_key_id"),
                              profile_get(search, profile, "aws_secret_access_key"),
                              profile_get(search, profile, "aws_session_token"), called,
                              out_credential, err));
    *out_found = true;
    return GD_DONE;
}
