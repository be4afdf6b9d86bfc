/*
 * A profile of ~/.aws/credentials and ~/.aws/config: a role for other credentials or for a token
 * file, keys of its own, or a program that prints some; in this order, which is AWS's.
 */
#include <string.h>

#include "guardian/store/credentials_places.h"

enum { DEPTH_MAX = 8 };

static const char *get(const struct gd_search *search, const char *profile, const char *name)
{
    return gd_profiles_get(search->profiles, GD_PROFILE, profile, name);
}

GD_MUST static struct gd_status is_missing(struct gd_search *search, const char *profile,
                                           struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "there is no profile \"%s\"", profile),
                   "Looked in \"%s\" and \"%s\".", gd_profiles_credentials_path(search->profiles),
                   gd_profiles_config_path(search->profiles));
}

GD_MUST static struct gd_status use_keys(struct gd_search *search, const char *profile,
                                         struct gd_credential *out_credential, struct gd_error *err)
{
    return gd_credential_fill(
        get(search, profile, "aws_access_key_id"), get(search, profile, "aws_secret_access_key"),
        get(search, profile, "aws_session_token"),
        gd_arena_printf(search->arena, "profile \"%s\"", profile), out_credential, err);
}

/* credential_source: one of the places, which must have some. */
GD_MUST static struct gd_status use_place(struct gd_search *search, const char *profile,
                                          const char *source, struct gd_credential *out_credential,
                                          struct gd_error *err)
{
    static const struct {
        const char *name;
        gd_place_fn *look;
    } sources[] = {{"Environment", gd_place_environment},
                   {"Ec2InstanceMetadata", gd_place_metadata},
                   {"EcsContainer", gd_place_container}};
    bool found = false;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(source, sources[i].name) != 0)
            continue;
        GD_TRY(sources[i].look(search, &found, out_credential, err));
        if (found)
            return GD_DONE;
        return gd_fail(err, GD_USAGE,
                       "profile \"%s\" takes its credentials from \"%s\", which has none", profile,
                       source);
    }
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "credential_source \"%s\" of profile \"%s\" is not known",
                           source, profile),
                   "It is Environment, Ec2InstanceMetadata or EcsContainer.");
}

GD_MUST static struct gd_status resolve(struct gd_search *search, const char *profile,
                                        unsigned depth, bool *out_found,
                                        struct gd_credential *out_credential, struct gd_error *err);

/* source_profile: another profile; or the same one, which then has keys of its own. */
GD_MUST static struct gd_status use_source(struct gd_search *search, const char *profile,
                                           const char *source, unsigned depth,
                                           struct gd_credential *out_credential,
                                           struct gd_error *err)
{
    bool found = false;
    if (strcmp(source, profile) == 0)
        return use_keys(search, source, out_credential, err);
    if (!gd_profiles_has(search->profiles, source))
        return is_missing(search, source, err);
    if (depth == DEPTH_MAX)
        return gd_fail(err, GD_USAGE, "profile \"%s\" takes its credentials from itself",
                       search->profile);
    GD_TRY(resolve(search, source, depth + 1, &found, out_credential, err));
    if (!found)
        return gd_fail(err, GD_USAGE,
                       "profile \"%s\" takes its credentials from profile \"%s\", which has none",
                       profile, source);
    return GD_DONE;
}

GD_MUST static struct gd_status find_source(struct gd_search *search, const char *profile,
                                            unsigned depth, struct gd_credential *out_credential,
                                            struct gd_error *err)
{
    const char *source = get(search, profile, "source_profile");
    const char *place = get(search, profile, "credential_source");
    if (get(search, profile, "mfa_serial") != NULL)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "the role of profile \"%s\" needs a code from a device", profile),
                       "Guardian also runs where nobody can type one: use a role without "
                       "mfa_serial, or set AWS_SESSION_TOKEN and its keys.");
    if (source != NULL)
        return use_source(search, profile, source, depth, out_credential, err);
    if (place != NULL)
        return use_place(search, profile, place, out_credential, err);
    return gd_fail(err, GD_USAGE,
                   "profile \"%s\" names a role, but neither source_profile, credential_source nor "
                   "web_identity_token_file",
                   profile);
}

GD_MUST static struct gd_status use_role(struct gd_search *search, const char *profile,
                                         unsigned depth, struct gd_credential *out_credential,
                                         struct gd_error *err)
{
    struct gd_sts_role role = {.arn = get(search, profile, "role_arn"),
                               .session_name = get(search, profile, "role_session_name"),
                               .external_id = get(search, profile, "external_id"),
                               .duration_s = get(search, profile, "duration_seconds"),
                               .token_file = get(search, profile, "web_identity_token_file"),
                               .called =
                                   gd_arena_printf(search->arena, "role \"%s\" of profile \"%s\"",
                                                   get(search, profile, "role_arn"), profile)};
    if (role.token_file != NULL)
        return gd_sts_take_role(search, &role, out_credential, err);
    struct gd_credential source = {0};
    struct gd_status status = find_source(search, profile, depth, &source, err);
    role.source = &source;
    if (status.code == GD_OK)
        status = gd_sts_take_role(search, &role, out_credential, err);
    gd_credential_wipe(&source);
    return status;
}

GD_MUST static struct gd_status sign_in_needed(const char *profile, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "profile \"%s\" signs in through a browser (SSO), which Guardian cannot",
                           profile),
                   "Put \"credential_process = aws configure export-credentials --profile %s "
                   "--format process\" into another profile, and use that.",
                   profile);
}

static bool signs_in(const struct gd_search *search, const char *profile)
{
    return get(search, profile, "sso_session") != NULL ||
           get(search, profile, "sso_start_url") != NULL ||
           get(search, profile, "login_session") != NULL;
}

GD_MUST static struct gd_status resolve(struct gd_search *search, const char *profile,
                                        unsigned depth, bool *out_found,
                                        struct gd_credential *out_credential, struct gd_error *err)
{
    const char *command = get(search, profile, "credential_process");
    *out_found = true;
    if (get(search, profile, "role_arn") != NULL)
        return use_role(search, profile, depth, out_credential, err);
    if (get(search, profile, "aws_access_key_id") != NULL)
        return use_keys(search, profile, out_credential, err);
    if (command != NULL)
        return gd_credential_process(search, command, profile, out_credential, err);
    if (signs_in(search, profile))
        return sign_in_needed(profile, err);
    *out_found = false;
    return GD_DONE;
}

struct gd_status gd_place_profile(struct gd_search *search, bool *out_found,
                                  struct gd_credential *out_credential, struct gd_error *err)
{
    const char *profile = search->profile;
    if (search->profile_named && !gd_profiles_has(search->profiles, profile))
        return is_missing(search, profile, err);
    GD_TRY(resolve(search, profile, 0, out_found, out_credential, err));
    if (!*out_found)
        gd_search_looked(search, "profile \"%s\" (%s, %s)", profile,
                         gd_profiles_credentials_path(search->profiles),
                         gd_profiles_config_path(search->profiles));
    return GD_DONE;
}
