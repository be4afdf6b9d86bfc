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
