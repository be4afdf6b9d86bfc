/*
 * Credentials: who we are to an S3 server, from where AWS's own tools look, in their order.
 *
 * Order        environment, web identity (token file + STS), profile files (static keys,
 *              credential_process, role with source_profile), container (ECS/EKS URI), instance
 *              metadata (IMDSv2).
 * Invariant 1  What expires is fetched anew five minutes before it does, by whoever asks next.
 * Invariant 2  No secret appears in an error text, an event or argv.
 * Owner        one gd_credentials per store; its calls may come from several threads.
 */
#ifndef GUARDIAN_STORE_CREDENTIALS_H
#define GUARDIAN_STORE_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/status.h"
#include "guardian/store/store.h"

struct gd_credentials;

enum { GD_ACCESS_KEY_SIZE = 256, GD_SECRET_KEY_SIZE = 512, GD_SESSION_TOKEN_SIZE = 8192 };

/** A copy for one request. */
struct gd_credential {
    char access_key[GD_ACCESS_KEY_SIZE];
    char secret_key[GD_SECRET_KEY_SIZE];
    char session_token[GD_SESSION_TOKEN_SIZE]; /* empty: none */
    int64_t expires_us;                        /* 0: never */
    const char *called; /* where it came from: "environment", "profile \"x\"", … */
};

/** Reads nothing yet. Also answers what the profile says of region and endpoint. */
GD_MUST struct gd_status gd_credentials_new(const struct gd_store_options *options,
                                            struct gd_credentials **out_credentials,
                                            struct gd_error *err);
void gd_credentials_free(struct gd_credentials *credentials);

/** @param refresh  true: what was given last did not work any more (ExpiredToken), fetch anew
 *  @return GD_USAGE none was found (the hint names every place that was looked at); GD_SYSTEM a
 * place failed */
GD_MUST struct gd_status gd_credentials_get(struct gd_credentials *credentials, bool refresh,
                                            struct gd_credential *out_credential,
                                            struct gd_error *err);
/** Wipe a copy. */
void gd_credential_wipe(struct gd_credential *credential);

/** What the profile says of "region", "endpoint_url", "ca_bundle" …, or NULL. */
const char *gd_credentials_setting(struct gd_credentials *credentials, const char *name);

#endif
