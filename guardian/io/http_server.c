#include "guardian/io/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"

enum { CONNECTIONS = 16, TIMEOUT_S = 10 };

struct gd_http_server {
    struct MHD_Daemon *daemon;
    gd_http_page_fn *page;
    void *context;
};

static enum MHD_Result send_page(struct MHD_Connection *connection, struct gd_http_page page)
{
    size_t size = page.text == NULL ? 0 : strlen(page.text);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, page.text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(page.text);
        return MHD_NO;
    }
    if (page.type != NULL)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.type);
    enum MHD_Result result = MHD_queue_response(connection, page.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_size, void **request)
{
    struct gd_http_server *server = context;
    (void)version;
    (void)body;
    (void)request;
    bool reads =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    bool has_body = *body_size > 0;
    *body_size = 0; /* nothing of it is kept */
    if (!reads || has_body)
        return send_page(connection, (struct gd_http_page){.status = MHD_HTTP_METHOD_NOT_ALLOWED});
    return send_page(connection, server->page(server->context, path));
}

GD_MUST static struct gd_status resolve(const char *listen, struct addrinfo **out_found,
                                        struct gd_error *err)
{
    static const struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                           .ai_socktype = SOCK_STREAM};
    char host[256];
    const char *colon = strrchr(listen, ':');
    size_t size = colon == NULL ? 0 : (size_t)(colon - listen);
    bool bracket = size > 2 && listen[0] == '[' && listen[size - 1] == ']';
    if (colon != NULL && size > 0 && size < sizeof host) {
        memcpy(host, listen + (bracket ? 1 : 0), size - (bracket ? 2 : 0));
        host[size - (bracket ? 2 : 0)] = '\0';
        const char *name = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
        if (getaddrinfo(name, colon + 1, &wanted, out_found) == 0)
            return GD_DONE;
    }
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "could not listen on \"%s\": it is no address", listen),
                   "It is an address and a port: 127.0.0.1:9432, [::1]:9432.");
}

struct gd_status gd_http_server_new(const char *listen, gd_http_page_fn *page, void *context,
                                    struct gd_http_server **out_server, struct gd_error *err)
{
    struct addrinfo *found = NULL;
    GD_TRY(resolve(listen, &found, err));
    struct gd_http_server *server = gd_memory_new(sizeof *server);
    *server = (struct gd_http_server){.page = page, .context = context};
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
                     (found->ai_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0u);
    errno = 0;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, answer, server, MHD_OPTION_SOCK_ADDR, found->ai_addr,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_S, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    int why = errno;
    freeaddrinfo(found);
    if (server->daemon != NULL) {
        *out_server = server;
        return GD_DONE;
    }
    free(server);
    return gd_fail(err, GD_USAGE, "could not listen on \"%s\": %s", listen,
                   why == 0 ? "the library does not say why" : strerror(why));
}

unsigned gd_http_server_port(const struct gd_http_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info == NULL ? 0 : info->port;
}

void gd_http_server_free(struct gd_http_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
