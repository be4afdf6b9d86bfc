/*
 * The places where credentials may be found. Only the credentials_*.c files include this.
 *
 * Invariant 1  A place in which nothing is set up says so (not found); one that is set up and fails
 *              is an error and ends the search: nobody shall work under another name by accident.
 * Invariant 2  What a place reads is wiped by itself.
 */
#ifndef GUARDIAN_STORE_CREDENTIALS_PLACES_H
#define GUARDIAN_STORE_CREDENTIALS_PLACES_H

#include <stdbool.h>

#include "guardian/base/arena.h"
#include "guardian/io/http.h"
#include "guardian/store/credentials.h"
#include "guardian/store/profiles.h"

/** One look through the places. */
struct gd_search {
    const struct gd_store_options *options;
    struct gd_arena *arena; /* for the time of the search */
    struct gd_profiles *profiles;
    const char *profile; /* its name */
    bool profile_named;  /* by somebody: then it must be there */
    const char *looked;  /* "environment (AWS_ACCESS_KEY_ID), …" */
};

typedef struct gd_status gd_place_fn(struct gd_search *search, bool *out_found,
                                     struct gd_credential *out_credential, struct gd_error *err);
gd_place_fn gd_place_environment, gd_place_web_identity, gd_place_profile, gd_place_container,
    gd_place_metadata;

/** A service that gives credentials: where it is. */
struct gd_place_url {
    bool tls;
    const char *host; /* with its port, as in the Host header */
    const char *name; /* without port and brackets */
    const char *path; /* from "/", with query */
};

/** @return GD_USAGE it is no http(s) URL; the text does not repeat it, only `called` */
GD_MUST struct gd_status gd_place_url_read(const char *url, const char *called,
                                           struct gd_arena *arena, struct gd_place_url *out_url,
                                           struct gd_error *err);
bool gd_place_url_is_loopback(const struct gd_place_url *url);

/** How to ask it. */
struct gd_place_request {
    const char *called; /* for errors */
    const char *ca_file;
    uint32_t limit_ms; /* to connect, and without a byte; 0: that of http.h */
    unsigned tries;    /* 0: one */
    bool no_proxy;
    struct gd_http_request http;
};

/** Ask, and again where that may help (no connection, 429, 5xx). Any other HTTP status is GD_OK.
 *  @param out_trouble  may be NULL; set on failure, too */
GD_MUST struct gd_status gd_place_ask(const struct gd_search *search,
                                      const struct gd_place_request *request,
                                      struct gd_http_answer *out_answer,
                                      enum gd_http_trouble *out_trouble, struct gd_error *err);

/** A document with AccessKeyId, SecretAccessKey, `token_name` and Expiration.
 *  @return GD_SYSTEM it is none, or what it holds has ended already */
GD_MUST struct gd_status gd_credential_from_json(const char *text, size_t size,
                                                 const char *token_name, const char *called,
                                                 struct gd_credential *out_credential,
                                                 struct gd_error *err);
/** "2026-11-22T21:48:07Z", with any fraction, or "+00:00" for "Z". */
bool gd_credential_expiry(const char *text, int64_t *out_time_us);
/** Overwrite a text in memory that is not ours to free. */
void gd_wipe_view(const char *text);

/** A role to take on at the security token service. */
struct gd_sts_role {
    const char *arn, *session_name, *external_id, *duration_s; /* all but arn may be NULL */
    const char *token_file; /* web identity; NULL: the request is signed with `source` */
    const struct gd_credential *source;
    const char *called;
};
GD_MUST struct gd_status gd_sts_take_role(const struct gd_search *search,
                                          const struct gd_sts_role *role,
                                          struct gd_credential *out_credential,
                                          struct gd_error *err);

/** Run the command line of a profile and read what it prints. */
GD_MUST struct gd_status gd_credential_process(const struct gd_search *search, const char *command,
                                               const char *profile,
                                               struct gd_credential *out_credential,
                                               struct gd_error *err);

/** Remember where we looked in vain, for the hint. */
void gd_search_looked(struct gd_search *search, const char *format, ...) GD_PRINTF(2, 3);

/** A variable of the environment; an empty one counts as not set. */
const char *gd_search_variable(const char *name);
/** The region of the requests: option, environment, profile, "us-east-1". */
const char *gd_search_region(const struct gd_search *search);

/** Copies; `token` may be NULL, `called` must live in the search's arena or longer.
 *  @return GD_USAGE one is empty, too long or holds what cannot be in a header */
GD_MUST struct gd_status gd_credential_fill(const char *access_key, const char *secret_key,
                                            const char *token, const char *called,
                                            struct gd_credential *out_credential,
                                            struct gd_error *err);

#endif
