/*
 * AWS Signature Version 4: what a request must carry so that an S3 or STS server believes it.
 *
 * Invariant 1  What is signed is what is sent: path, query and headers are encoded and sorted here,
 *              and the transport takes the result as it is.
 * Invariant 2  The path is encoded once and never normalised, as S3 wants it (other services want
 *              it twice; of them only STS is called, whose path is "/").
 * Not here     the clock: the caller knows how far the server's differs.
 * Source       AWS, "Create a signed AWS API request"; vectors in tests/unit/store/test_sigv4.c
 */
#ifndef GUARDIAN_STORE_SIGV4_H
#define GUARDIAN_STORE_SIGV4_H

#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/store/credentials.h"

struct gd_pair {
    const char *name, *value;
};

struct gd_sigv4_request {
    const char *method;
    const char *host; /* as in the Host header: with a port unless it is the scheme's own */
    const char *path; /* plain, from "/" */
    const struct gd_pair *query; /* plain, in any order; value NULL or "": "name=" */
    size_t query_count;
    const struct gd_pair *headers; /* besides those that are added: host, x-amz-date,
                                      x-amz-security-token and, for s3, x-amz-content-sha256 */
    size_t header_count;
    const char *payload_sha256; /* hex; NULL: of nothing */
    const char *region, *service;
    int64_t time_us;
};

struct gd_sigv4_signed {
    const char *target;         /* path and query, encoded: for the URL */
    const char *const *headers; /* "name: value", Authorization among them, NULL-terminated */
};

/** Everything lives in `arena`, the secret's derivations do not. */
void gd_sigv4_sign(const struct gd_sigv4_request *request, const struct gd_credential *credential,
                   struct gd_arena *arena, struct gd_sigv4_signed *out_signed);

/** RFC 3986: all but A-Za-z0-9-_.~ as %XX; "/" stays when `keep_slash`. */
const char *gd_uri_encode(const char *text, bool keep_slash, struct gd_arena *arena);

#endif
