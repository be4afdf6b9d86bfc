/*
 * The environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
 */
#include "guardian/store/credentials_places.h"

struct gd_status gd_place_environment(struct gd_search *search, bool *out_found,
                                      struct gd_credential *out_credential, struct gd_error *err)
{
    const char *access_key = gd_search_variable("AWS_ACCESS_KEY_ID");
    const char *secret_key = gd_search_variable("AWS_SECRET_ACCESS_KEY");
    const char *token = gd_search_variable("AWS_SESSION_TOKEN");
    if (access_key == NULL && secret_key == NULL) {
        gd_search_looked(search, "environment (AWS_ACCESS_KEY_ID)");
        return GD_DONE;
    }
    if (access_key == NULL || secret_key == NULL)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "the environment sets %s, but not %s",
                               access_key != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                               access_key == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"),
                       "Set both, or neither of them.");
    if (token == NULL)
        token = gd_search_variable("AWS_SECURITY_TOKEN");
    GD_TRY(gd_credential_fill(access_key, secret_key, token, "environment", out_credential, err));
    *out_found = true;
    return GD_DONE;
}
