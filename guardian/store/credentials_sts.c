/*
 * The security token service: a role for a token file (web identity), or for other credentials.
 *
 * The token file is read anew each time: whoever mounts it replaces it before it ends.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/base/clock.h"
#include "guardian/io/digest.h"
#include "guardian/io/hmac.h"
#include "guardian/store/credentials_places.h"
#include "guardian/store/secret_file.h"
#include "guardian/store/sigv4.h"
#include "guardian/store/xml.h"

enum { TRIES = 3, LIMIT_MS = 10000 };

static const char *profile_get(const struct gd_search *search, const char *name)
{
    return gd_profiles_get(search->profiles, GD_PROFILE, search->profile, name);
}

/* As for S3: the service's own variable, the common one, the profile's services, the profile. */
static const char *named_endpoint(const struct gd_search *search)
{
    const char *ignored = gd_search_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (ignored != NULL && strcasecmp(ignored, "true") == 0)
        return NULL;
    const char *endpoint = gd_search_variable("AWS_ENDPOINT_URL_STS");
    if (endpoint == NULL)
        endpoint = gd_search_variable("AWS_ENDPOINT_URL");
    const char *services = profile_get(search, "services");
    if (endpoint == NULL && services != NULL)
        endpoint =
            gd_profiles_get(search->profiles, GD_PROFILE_SERVICES, services, "sts.endpoint_url");
    return endpoint != NULL ? endpoint : profile_get(search, "endpoint_url");
}

static const char *ca_file(const struct gd_search *search)
{
    const char *file = search->options->ca_file;
    if (file == NULL || *file == '\0')
        file = gd_search_variable("AWS_CA_BUNDLE");
    return file != NULL ? file : profile_get(search, "ca_bundle");
}

GD_MUST static struct gd_status find_service(const struct gd_search *search,
                                             struct gd_place_url *out_url, struct gd_error *err)
{
    const char *endpoint = named_endpoint(search), *region = gd_search_region(search);
    if (endpoint == NULL)
        endpoint = gd_arena_printf(search->arena, "https://sts.%s.amazonaws.com%s", region,
                                   strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
    GD_TRY(gd_place_url_read(endpoint, "the endpoint of the token service", search->arena, out_url,
                             err));
    if (!out_url->tls && !gd_place_url_is_loopback(out_url) && !search->options->allow_http)
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "the token service at \"%s\" is asked over http", out_url->host),
            "Use https, or --store-allow-http in a network that nobody can listen to.");
    return GD_DONE;
}

static const char *add_field(struct gd_arena *arena, const char *form, const char *name,
                             const char *value)
{
    if (value == NULL || *value == '\0')
        return form;
    const char *encoded = gd_uri_encode(value, false, arena);
    const char *longer =
        gd_arena_printf(arena, "%s%s%s=%s", form, *form == '\0' ? "" : "&", name, encoded);
    gd_wipe_view(encoded);
    gd_wipe_view(form);
    return longer;
}

static const char *write_form(const struct gd_search *search, const struct gd_sts_role *role,
                              const char *token)
{
    struct gd_arena *arena = search->arena;
    const char *session = role->session_name;
    if (session == NULL)
        session = gd_arena_printf(arena, "guardian-%lld", (long long)(gd_clock_now_us() / 1000000));
    const char *form = gd_arena_strdup(arena, "Version=2011-06-15");
    form = add_field(arena, form, "Action",
                     token != NULL ? "AssumeRoleWithWebIdentity" : "AssumeRole");
    form = add_field(arena, form, "RoleArn", role->arn);
    form = add_field(arena, form, "RoleSessionName", session);
    form = add_field(arena, form, "DurationSeconds", role->duration_s);
    form = add_field(arena, form, "ExternalId", role->external_id);
    return add_field(arena, form, "WebIdentityToken", token);
}

static const char *const *sign(const struct gd_search *search, const struct gd_place_url *service,
                               const struct gd_sts_role *role, const char *form)
{
    static const char *const plain[] = {"content-type: application/x-www-form-urlencoded", NULL};
    static const struct gd_pair type = {"content-type", "application/x-www-form-urlencoded"};
    if (role->source == NULL)
        return plain;
    char digest[GD_DIGEST_HEX_SIZE];
    gd_digest_of(form, strlen(form), digest);
    struct gd_sigv4_signed made = {0};
    gd_sigv4_sign(&(struct gd_sigv4_request){.method = "POST",
                                             .host = service->host,
                                             .path = service->path,
                                             .headers = &type,
                                             .header_count = 1,
                                             .payload_sha256 = digest,
                                             .region = gd_search_region(search),
                                             .service = "sts",
                                             .time_us = gd_clock_now_us()},
                  role->source, search->arena, &made);
    return made.headers;
}

/* What the service says is shown: it holds no secrets, and it is the only explanation. */
GD_MUST static struct gd_status explain(const struct gd_search *search,
                                        const struct gd_http_answer *answer,
                                        const struct gd_sts_role *role, struct gd_error *err)
{
    const struct gd_xml *root = NULL;
    struct gd_error unread = {0};
    const struct gd_xml *error = NULL;
    if (gd_xml_parse(answer->body, answer->body_size, search->arena, &root, &unread).code == GD_OK)
        error = strcmp(root->name, "Error") == 0 ? root : gd_xml_child(root, "Error");
    const char *code = gd_xml_text(error, "Code");
    return gd_fail(
        err, GD_SYSTEM, "the token service did not give %s: HTTP status %d%s%.100s%s%.300s",
        role->called, answer->status, *code == '\0' ? "" : ", ", code,
        *gd_xml_text(error, "Message") == '\0' ? "" : ": ", gd_xml_text(error, "Message"));
}

GD_MUST static struct gd_status read_answer(const struct gd_search *search,
                                            const struct gd_http_answer *answer,
                                            const struct gd_sts_role *role,
                                            struct gd_credential *out_credential,
                                            struct gd_error *err)
{
    if (answer->status != 200)
        return explain(search, answer, role, err);
    const struct gd_xml *root = NULL;
    struct gd_error unread = {0}; /* its text may repeat what was read */
    if (gd_xml_parse(answer->body, answer->body_size, search->arena, &root, &unread).code != GD_OK)
        return gd_fail(err, GD_SYSTEM, "the token service gave something that is no XML for %s",
                       role->called);
    const struct gd_xml *result = gd_xml_child(root, "AssumeRoleWithWebIdentityResult");
    if (result == NULL)
        result = gd_xml_child(root, "AssumeRoleResult");
    const struct gd_xml *found = gd_xml_child(result, "Credentials");
    const char *secret = gd_xml_text(found, "SecretAccessKey");
    const char *token = gd_xml_text(found, "SessionToken");
    int64_t expires_us = 0;
    bool ends = gd_credential_expiry(gd_xml_text(found, "Expiration"), &expires_us);
    struct gd_status status = gd_credential_fill(gd_xml_text(found, "AccessKeyId"), secret, token,
                                                 role->called, out_credential, err);
    gd_wipe_view(secret);
    gd_wipe_view(token);
    if (status.code != GD_OK || !ends)
        return gd_fail(err, GD_SYSTEM,
                       "the token service gave an answer without credentials for %s", role->called);
    out_credential->expires_us = expires_us;
    return GD_DONE;
}

GD_MUST static struct gd_status ask(const struct gd_search *search, const struct gd_sts_role *role,
                                    const char *token, struct gd_credential *out_credential,
                                    struct gd_error *err)
{
    struct gd_place_url service;
    GD_TRY(find_service(search, &service, err));
    const char *form = write_form(search, role, token);
    struct gd_place_request request = {
        .called = gd_arena_printf(search->arena, "the token service for %s", role->called),
        .ca_file = ca_file(search),
        .limit_ms = LIMIT_MS,
        .tries = TRIES,
        .http = {.method = "POST",
                 .url = gd_arena_printf(search->arena, "%s://%s%s", service.tls ? "https" : "http",
                                        service.host, service.path),
                 .headers = sign(search, &service, role, form),
                 .body = form,
                 .body_size = strlen(form)}};
    struct gd_http_answer answer = {0};
    struct gd_status status = gd_place_ask(search, &request, &answer, NULL, err);
    gd_wipe_view(form);
    GD_TRY(status);
    status = read_answer(search, &answer, role, out_credential, err);
    gd_wipe_view(answer.body);
    return status;
}

/* Only the line of the token: files that are mounted or written by hand may end with a newline. */
GD_MUST static struct gd_status read_token(const char *path, char **out_token, size_t *out_size,
                                           struct gd_error *err)
{
    GD_TRY(gd_secret_file_read(path, false, out_token, out_size, err));
    (*out_token)[strcspn(*out_token, "\r\n")] = '\0';
    if (**out_token != '\0')
        return GD_DONE;
    gd_secret_file_wipe(*out_token, *out_size);
    return gd_fail(err, GD_SYSTEM, "the token file \"%s\" is empty", path);
}

struct gd_status gd_sts_take_role(const struct gd_search *search, const struct gd_sts_role *role,
                                  struct gd_credential *out_credential, struct gd_error *err)
{
    if (role->token_file == NULL)
        return ask(search, role, NULL, out_credential, err);
    char *token = NULL;
    size_t size = 0;
    GD_TRY(read_token(role->token_file, &token, &size, err));
    struct gd_status status = ask(search, role, token, out_credential, err);
    gd_secret_file_wipe(token, size);
    return status;
}

struct gd_status gd_place_web_identity(struct gd_search *search, bool *out_found,
                                       struct gd_credential *out_credential, struct gd_error *err)
{
    const char *file = gd_search_variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *arn = gd_search_variable("AWS_ROLE_ARN");
    if (file == NULL) {
        gd_search_looked(search, "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)");
        return GD_DONE;
    }
    if (arn == NULL)
        return gd_hint(
            err, gd_fail(err, GD_USAGE, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but not AWS_ROLE_ARN"),
            "Set both, or neither of them.");
    struct gd_sts_role role = {
        .arn = arn,
        .session_name = gd_search_variable("AWS_ROLE_SESSION_NAME"),
        .token_file = file,
        .called = gd_arena_printf(search->arena, "role \"%s\" by web identity", arn)};
    GD_TRY(gd_sts_take_role(search, &role, out_credential, err));
    *out_found = true;
    return GD_DONE;
}
