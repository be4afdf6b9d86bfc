/*
 * http: one request and its answer, by libcurl; the one door to it.
 *
 * Knows nothing of S3 and never tries again: whoever knows what a request means does. TLS 1.2 or
 * newer, verified. No Expect header, no redirects followed, paths as they are, proxies as the
 * environment says. A connection whose upload failed is not used again. Being asked to stop
 * (gd_interrupted()) ends a transfer within a quarter of a second. Texts name host and port, never
 * a path, a query or a header: no secret can be in them. SIGPIPE is kept from the caller.
 */
#ifndef GUARDIAN_IO_HTTP_H
#define GUARDIAN_IO_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/io/source.h"

/** Connections kept for reuse. Its calls may come from several threads; each transfer has a
 *  connection of its own. */
struct gd_http;

struct gd_http_options {
    const char *ca_file; /* NULL: the system's */
    uint32_t connect_ms; /* 0: 10,000 */
    uint32_t stall_ms;   /* not a byte moved in this long is a time-out; 0: 30,000 */
    bool no_proxy;       /* for metadata services */
};
GD_MUST struct gd_status gd_http_new(const struct gd_http_options *options,
                                     struct gd_http **out_http, struct gd_error *err);
/** After every source of it. */
void gd_http_free(struct gd_http *http);

struct gd_http_request {
    const char *method;         /* GET HEAD PUT POST DELETE */
    const char *url;            /* encoded, with query */
    const char *const *headers; /* "name: value", NULL-terminated */
    const void *body;
    size_t body_size;
    size_t answer_max;       /* longest body kept in memory, 0: 1 MiB; longer is GD_SYSTEM */
    const atomic_bool *stop; /* another thread sets it to end the transfer; may be NULL */
    bool
        cleaning_up; /* goes on after gd_interrupted(), for five seconds at most: aborting an upload
                      */
};

struct gd_http_answer {
    int status;       /* 0 is never given: no answer is GD_SYSTEM */
    const char *body; /* NUL behind it */
    size_t body_size;
    const char **headers; /* "name: value", names in lower case, NULL-terminated */
};

/** What kind of failure: worth another try? Set with GD_SYSTEM. */
enum gd_http_trouble {
    GD_HTTP_FINE,
    GD_HTTP_NO_CONNECTION, /* refused, not resolved */
    GD_HTTP_LOST, /* reset, cut short, stalled: the request may or may not have been carried out */
    GD_HTTP_TLS,  /* certificate: another try will not help */
    GD_HTTP_STOPPED, /* by gd_interrupted() or request->stop */
    GD_HTTP_OTHER,
};

/** The answer lives in `arena`. Any HTTP status is GD_OK here. */
GD_MUST struct gd_status gd_http_run(struct gd_http *http, const struct gd_http_request *request,
                                     struct gd_arena *arena, struct gd_http_answer *out_answer,
                                     enum gd_http_trouble *out_trouble, struct gd_error *err);
const char *gd_http_header(const struct gd_http_answer *answer,
                           const char *name); /* NULL: not there */
/** The Date header, or another that holds an HTTP date. @return false: it is none */
bool gd_http_date(const char *text, int64_t *out_time_us);

/**
 * A body that is read as it comes, with back pressure (GET). `out_answer` holds status and headers;
 * for statuses above 299 the body, too, and no source. The source says GD_SYSTEM for a body shorter
 * than its Content-Length.
 */
GD_MUST struct gd_status gd_http_open(struct gd_http *http, const struct gd_http_request *request,
                                      struct gd_arena *arena, struct gd_http_answer *out_answer,
                                      struct gd_source **out_source,
                                      enum gd_http_trouble *out_trouble, struct gd_error *err);

#endif
