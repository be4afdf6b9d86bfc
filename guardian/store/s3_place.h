/*
 * Where a bucket is: host, path and addressing of requests, from the settings. Pure.
 */
#ifndef GUARDIAN_STORE_S3_PLACE_H
#define GUARDIAN_STORE_S3_PLACE_H

#include <stdbool.h>

#include "guardian/base/arena.h"

struct gd_s3_place {
    bool tls, loopback;
    bool aws;     /* no endpoint was named: the host follows the region */
    bool in_host; /* virtual addressing: the bucket is part of the host's name */
    char bucket[256];
    char prefix[512]; /* "" or "a/b/" */
    char host[256];   /* of the endpoint, with a port unless it is the scheme's own */
    char base[256];   /* path of the endpoint: "" or "/x" */
};

/**
 * @param endpoint    "https://host[:port][/path]", or NULL for AWS
 * @param addressing  "path", "virtual" or NULL: virtual on AWS unless the name has dots
 * @return GD_USAGE: what cannot be read, and http:// to a host that is not loopback unless
 *         `allow_http`
 */
GD_MUST struct gd_status gd_s3_place_read(const char *url, const char *endpoint,
                                          const char *addressing, bool allow_http,
                                          struct gd_s3_place *out_place, struct gd_error *err);

/** The Host header of a request. */
const char *gd_s3_place_host(const struct gd_s3_place *place, const char *region,
                             struct gd_arena *arena);
/** The path of a request, not encoded; `key` NULL: the bucket itself. */
const char *gd_s3_place_path(const struct gd_s3_place *place, const char *key,
                             struct gd_arena *arena);

#endif
