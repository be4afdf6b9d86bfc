/*
 * A container's credentials: ECS task roles (relative URI), EKS pod identity and others (full URI).
 *
 * Invariant 1  Over http only to this machine and to the addresses that AWS keeps for this purpose:
 *              the token in the request would give everything away.
 * Invariant 2  The token file is read anew each time.
 */
#include <string.h>

#include "guardian/store/credentials_places.h"
#include "guardian/store/secret_file.h"

enum { TRIES = 3, LIMIT_MS = 2000 };

static const char task_host[] = "http://169.254.170.2";

static bool is_allowed(const struct gd_place_url *url)
{
    static const char *const names[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
    if (url->tls || gd_place_url_is_loopback(url))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(url->name, names[i]) == 0)
            return true;
    return false;
}

/* NULL: none is set up. */
GD_MUST static struct gd_status find_url(struct gd_search *search, const char **out_url,
                                         struct gd_error *err)
{
    const char *relative = gd_search_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = gd_search_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    *out_url = NULL;
    if (relative != NULL && *relative != '/')
        return gd_fail(err, GD_USAGE,
                       "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with \"/\"");
    if (relative != NULL)
        full = gd_arena_printf(search->arena, "%s%s", task_host, relative);
    if (full == NULL)
        return GD_DONE;
    struct gd_place_url url;
    GD_TRY(gd_place_url_read(full, "AWS_CONTAINER_CREDENTIALS_FULL_URI", search->arena, &url, err));
    if (!is_allowed(&url))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "AWS_CONTAINER_CREDENTIALS_FULL_URI names \"%s\" over http",
                               url.host),
                       "Only loopback and the addresses of ECS and EKS may be asked over http; use "
                       "https.");
    *out_url = full;
    return GD_DONE;
}

/* "authorization: token", or no header. What is in a file goes before the variable. */
GD_MUST static struct gd_status authorize(struct gd_search *search, const char **out_header,
                                          struct gd_error *err)
{
    const char *file = gd_search_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = gd_search_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    char *text = NULL;
    size_t size = 0;
    if (file != NULL) {
        GD_TRY(gd_secret_file_read(file, false, &text, &size, err));
        while (size > 0 && strchr("\r\n", text[strlen(text) - 1]) != NULL && *text != '\0')
            text[strlen(text) - 1] = '\0';
        token = text;
    }
    bool plain = token == NULL || strpbrk(token, "\r\n") == NULL;
    *out_header =
        token == NULL || !plain ? NULL : gd_arena_printf(search->arena, "authorization: %s", token);
    gd_secret_file_wipe(text, size);
    if (!plain)
        return gd_fail(err, GD_USAGE, "the authorization token of the container has several lines");
    return GD_DONE;
}

struct gd_status gd_place_container(struct gd_search *search, bool *out_found,
                                    struct gd_credential *out_credential, struct gd_error *err)
{
    const char *url = NULL, *headers[] = {NULL, NULL};
    GD_TRY(find_url(search, &url, err));
    if (url == NULL) {
        gd_search_looked(search, "container (AWS_CONTAINER_CREDENTIALS_*_URI)");
        return GD_DONE;
    }
    GD_TRY(authorize(search, &headers[0], err));
    struct gd_place_request request = {.called = "container",
                                       .limit_ms = LIMIT_MS,
                                       .tries = TRIES,
                                       .no_proxy = true,
                                       .http = {.method = "GET", .url = url, .headers = headers}};
    struct gd_http_answer answer = {0};
    struct gd_status status = gd_place_ask(search, &request, &answer, NULL, err);
    gd_wipe_view(headers[0]);
    GD_TRY(status);
    if (answer.status != 200)
        return gd_fail(err, GD_SYSTEM,
                       "the container's service gave no credentials: HTTP status %d",
                       answer.status);
    status = gd_credential_from_json(answer.body, answer.body_size, "Token", "container",
                                     out_credential, err);
    gd_wipe_view(answer.body);
    *out_found = status.code == GD_OK;
    return status;
}
