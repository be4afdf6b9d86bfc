/*
 * Instance metadata (EC2), version 2 only: a token by PUT first, which no forwarded GET can get.
 *
 * A machine that is no instance does not answer; that is found out in a second.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/store/credentials_places.h"

enum { LIMIT_MS = 1000, LIMIT_MAX_S = 60, TRIES_MAX = 10 };

static const char roles_path[] = "/latest/meta-data/iam/security-credentials/";

static unsigned number_of(const char *variable, unsigned usual, unsigned most)
{
    const char *text = gd_search_variable(variable);
    char *end = NULL;
    unsigned long number = text == NULL ? 0 : strtoul(text, &end, 10);
    if (text == NULL || *end != '\0' || number < 1)
        return usual;
    return number > most ? most : (unsigned)number;
}

GD_MUST static struct gd_status find_service(const struct gd_search *search, const char **out_base,
                                             struct gd_error *err)
{
    const char *mode = gd_search_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    const char *base = gd_search_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (base == NULL)
        base = mode != NULL && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]"
                                                             : "http://169.254.169.254";
    struct gd_place_url url;
    GD_TRY(gd_place_url_read(base, "AWS_EC2_METADATA_SERVICE_ENDPOINT", search->arena, &url, err));
    size_t length = strlen(url.path);
    *out_base = gd_arena_printf(search->arena, "%s://%s%.*s", url.tls ? "https" : "http", url.host,
                                (int)(length - 1 + (url.path[length - 1] != '/')), url.path);
    return GD_DONE;
}

GD_MUST static struct gd_status ask(const struct gd_search *search, const char *method,
                                    const char *url, const char *header,
                                    struct gd_http_answer *out_answer,
                                    enum gd_http_trouble *out_trouble, struct gd_error *err)
{
    const char *const headers[] = {header, NULL};
    struct gd_place_request request = {
        .called = "instance metadata",
        .limit_ms = number_of("AWS_METADATA_SERVICE_TIMEOUT", LIMIT_MS / 1000, LIMIT_MAX_S) * 1000,
        .tries = number_of("AWS_METADATA_SERVICE_NUM_ATTEMPTS", 1, TRIES_MAX),
        .no_proxy = true,
        .http = {.method = method, .url = url, .headers = headers}};
    return gd_place_ask(search, &request, out_answer, out_trouble, err);
}

/* "x-aws-ec2-metadata-token: …"; NULL: nobody answers, and this is no instance. */
GD_MUST static struct gd_status get_token(struct gd_search *search, const char *base,
                                          const char **out_header, struct gd_error *err)
{
    struct gd_http_answer answer = {0};
    enum gd_http_trouble trouble = GD_HTTP_FINE;
    struct gd_error why = {0};
    *out_header = NULL;
    struct gd_status status =
        ask(search, "PUT", gd_arena_printf(search->arena, "%s/latest/api/token", base),
            "x-aws-ec2-metadata-token-ttl-seconds: 21600", &answer, &trouble, &why);
    if (trouble == GD_HTTP_NO_CONNECTION || trouble == GD_HTTP_LOST) {
        gd_search_looked(search, "instance metadata (no answer from %s)", base);
        return GD_DONE;
    }
    if (status.code != GD_OK) {
        *err = why;
        return status;
    }
    if (answer.status == 404 || answer.status == 405) { /* something else lives at that address */
        gd_search_looked(search, "instance metadata (%s knows no tokens)", base);
        return GD_DONE;
    }
    if (answer.status != 200 || answer.body_size == 0 || strpbrk(answer.body, "\r\n") != NULL)
        return gd_fail(err, GD_SYSTEM, "instance metadata gave no token: HTTP status %d",
                       answer.status);
    *out_header = gd_arena_printf(search->arena, "x-aws-ec2-metadata-token: %s", answer.body);
    gd_wipe_view(answer.body);
    return GD_DONE;
}

/* The name of the instance's role; NULL: it has none. */
GD_MUST static struct gd_status get_role(struct gd_search *search, const char *base,
                                         const char *header, const char **out_role,
                                         struct gd_error *err)
{
    struct gd_http_answer answer = {0};
    *out_role = NULL;
    GD_TRY(ask(search, "GET", gd_arena_printf(search->arena, "%s%s", base, roles_path), header,
               &answer, NULL, err));
    if (answer.status != 200 && answer.status != 404)
        return gd_fail(err, GD_SYSTEM, "instance metadata gave no role: HTTP status %d",
                       answer.status);
    size_t length = answer.status == 200 ? strcspn(answer.body, "\r\n") : 0;
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+=,.@_-";
    if (length > 0 && strspn(answer.body, allowed) < length)
        return gd_fail(err, GD_SYSTEM, "instance metadata gave something that is no role's name");
    if (length == 0)
        gd_search_looked(search, "instance metadata (the instance has no role)");
    else
        *out_role = gd_arena_strndup(search->arena, answer.body, length);
    return GD_DONE;
}

GD_MUST static struct gd_status get_credential(struct gd_search *search, const char *base,
                                               const char *header, const char *role,
                                               struct gd_credential *out_credential,
                                               struct gd_error *err)
{
    struct gd_http_answer answer = {0};
    GD_TRY(ask(search, "GET", gd_arena_printf(search->arena, "%s%s%s", base, roles_path, role),
               header, &answer, NULL, err));
    if (answer.status != 200)
        return gd_fail(err, GD_SYSTEM,
                       "instance metadata gave no credentials for role \"%s\": HTTP status %d",
                       role, answer.status);
    struct gd_status status = gd_credential_from_json(answer.body, answer.body_size, "Token",
                                                      "instance metadata", out_credential, err);
    gd_wipe_view(answer.body);
    return status;
}

struct gd_status gd_place_metadata(struct gd_search *search, bool *out_found,
                                   struct gd_credential *out_credential, struct gd_error *err)
{
    const char *disabled = gd_search_variable("AWS_EC2_METADATA_DISABLED");
    if (disabled != NULL && strcasecmp(disabled, "true") == 0) {
        gd_search_looked(search, "not instance metadata (AWS_EC2_METADATA_DISABLED)");
        return GD_DONE;
    }
    const char *base = NULL, *header = NULL, *role = NULL;
    GD_TRY(find_service(search, &base, err));
    GD_TRY(get_token(search, base, &header, err));
    if (header == NULL)
        return GD_DONE;
    struct gd_status status = get_role(search, base, header, &role, err);
    if (status.code == GD_OK && role != NULL)
        status = get_credential(search, base, header, role, out_credential, err);
    gd_wipe_view(header);
    *out_found = status.code == GD_OK && role != NULL;
    return status;
}
