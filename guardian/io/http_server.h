/*
 * http server: a few pages for those who watch over a service, by libmicrohttpd; the one door to
 * it.
 *
 * GET and HEAD only; no state, no bodies, no TLS, 16 connections of 10 seconds each. On a thread of
 * its own.
 */
#ifndef GUARDIAN_IO_HTTP_SERVER_H
#define GUARDIAN_IO_HTTP_SERVER_H

#include "guardian/base/status.h"

struct gd_http_server;

struct gd_http_page {
    unsigned status;  /* 200; 404 when there is no such page */
    const char *type; /* of its content; a constant */
    char *text;       /* the server frees it; NULL: empty */
};
typedef struct gd_http_page gd_http_page_fn(void *context, const char *path);

/** @param listen  an address with a port: "127.0.0.1:9432", "[::1]:0". @return GD_USAGE */
GD_MUST struct gd_status gd_http_server_new(const char *listen, gd_http_page_fn *page,
                                            void *context, struct gd_http_server **out_server,
                                            struct gd_error *err);
unsigned gd_http_server_port(const struct gd_http_server *server);
/** Waits for pages that are being made. NULL is fine. */
void gd_http_server_free(struct gd_http_server *server);

#endif
