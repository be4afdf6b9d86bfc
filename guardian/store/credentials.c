#include "guardian/store/credentials.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/base/texts.h"
#include "guardian/io/hmac.h"
#include "guardian/store/credentials_places.h"

static const int64_t second_us = 1000000;
enum {
    MARGIN_S = 300,    /* what ends sooner than this is fetched anew */
    ALIVE_S = 30,      /* what still lives that long may be used when fetching fails */
    AGAIN_S = 5,       /* how often fetching is tried while the old one still lives */
    SAME_REFUSAL_S = 1 /* threads that were refused together share one fetch */
};

struct gd_credentials {
    struct gd_store_options options;
    pthread_mutex_t lock;   /* over all below; held while fetching: the others need it, too */
    struct gd_arena *arena; /* names of places */
    struct gd_texts called;
    struct gd_profiles *settings; /* read at the first question; NULL: not yet, or not readable */
    struct gd_credential held;
    bool have;
    int64_t tried_us, renewed_us; /* monotonic */
};

/* In AWS's order. A profile that was asked for by option goes before the environment. */
static const struct place {
    gd_place_fn *look;
    bool of_environment;
} places[] = {
    {gd_place_environment, true}, {gd_place_web_identity, true}, {gd_place_profile, false},
    {gd_place_container, false},  {gd_place_metadata, false},
};

void gd_credential_wipe(struct gd_credential *credential)
{
    gd_wipe(credential, sizeof *credential);
}

#define auto_credential __attribute__((cleanup(gd_credential_wipe))) struct gd_credential

const char *gd_search_variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || *value == '\0' ? NULL : value;
}

const char *gd_search_region(const struct gd_search *search)
{
    const char *region = search->options->region;
    if (region == NULL || *region == '\0')
        region = gd_search_variable("AWS_REGION");
    if (region == NULL)
        region = gd_search_variable("AWS_DEFAULT_REGION");
    if (region == NULL && search->profiles != NULL)
        region = gd_profiles_get(search->profiles, GD_PROFILE, search->profile, "region");
    return region != NULL ? region : "us-east-1";
}

void gd_search_looked(struct gd_search *search, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *place = gd_arena_vprintf(search->arena, format, arguments);
    va_end(arguments);
    search->looked = search->looked == NULL
                         ? place
                         : gd_arena_printf(search->arena, "%s, %s", search->looked, place);
}

GD_MUST static struct gd_status copy_part(const char *part, const char *text, const char *called,
                                          char *target, size_t size, struct gd_error *err)
{
    size_t length = strlen(text);
    if (length >= size)
        return gd_fail(err, GD_USAGE, "the %s of %s is longer than %zu bytes", part, called,
                       size - 1);
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return gd_fail(err, GD_USAGE, "the %s of %s holds a byte that no key can hold", part,
                           called);
    memcpy(target, text, length + 1);
    return GD_DONE;
}

struct gd_status gd_credential_fill(const char *access_key, const char *secret_key,
                                    const char *token, const char *called,
                                    struct gd_credential *out_credential, struct gd_error *err)
{
    if (access_key == NULL || *access_key == '\0')
        return gd_fail(err, GD_USAGE, "%s gives no access key", called);
    if (secret_key == NULL || *secret_key == '\0')
        return gd_fail(err, GD_USAGE, "%s gives an access key without a secret key", called);
    auto_credential made = {.called = called};
    GD_TRY(
        copy_part("access key", access_key, called, made.access_key, sizeof made.access_key, err));
    GD_TRY(
        copy_part("secret key", secret_key, called, made.secret_key, sizeof made.secret_key, err));
    GD_TRY(copy_part("session token", token == NULL ? "" : token, called, made.session_token,
                     sizeof made.session_token, err));
    *out_credential = made;
    return GD_DONE;
}

struct gd_status gd_credentials_new(const struct gd_store_options *options,
                                    struct gd_credentials **out_credentials, struct gd_error *err)
{
    (void)err;
    struct gd_credentials *credentials = gd_memory_new(sizeof *credentials);
    credentials->options = *options;
    credentials->arena = gd_arena_new();
    int made = pthread_mutex_init(&credentials->lock, NULL);
    assert(made == 0);
    (void)made;
    *out_credentials = credentials;
    return GD_DONE;
}

void gd_credentials_free(struct gd_credentials *credentials)
{
    if (credentials == NULL)
        return;
    gd_profiles_free(credentials->settings);
    gd_credential_wipe(&credentials->held);
    gd_arena_free(credentials->arena);
    (void)pthread_mutex_destroy(&credentials->lock);
    free(credentials);
}

static void choose_profile(const struct gd_store_options *options, struct gd_search *search)
{
    search->profile = options->profile;
    if (search->profile == NULL || *search->profile == '\0')
        search->profile = gd_search_variable("AWS_PROFILE");
    if (search->profile == NULL)
        search->profile = gd_search_variable("AWS_DEFAULT_PROFILE");
    search->profile_named = search->profile != NULL;
    if (!search->profile_named)
        search->profile = "default";
}

GD_MUST static struct gd_status look_through(struct gd_search *search,
                                             struct gd_credential *out_credential,
                                             struct gd_error *err)
{
    bool by_option = search->options->profile != NULL && *search->options->profile != '\0';
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (by_option && places[i].of_environment)
            continue;
        if (i > 0 && search->profiles == NULL) /* keys in the environment need no files */
            GD_TRY(gd_profiles_read(&search->profiles, err));
        GD_TRY(places[i].look(search, &found, out_credential, err));
        if (found)
            return GD_DONE;
    }
    return gd_hint(
        err, gd_fail(err, GD_USAGE, "no credentials for \"%s\" were found", search->options->url),
        "Looked at: %s.", search->looked);
}

/* Names of places outlive the search; there are as many as profiles that were used. */
static const char *keep_name(struct gd_credentials *credentials, const char *called)
{
    for (size_t i = 0; i < credentials->called.count; i++)
        if (strcmp(credentials->called.items[i], called) == 0)
            return credentials->called.items[i];
    const char *kept = gd_arena_strdup(credentials->arena, called);
    (void)gd_texts_add(&credentials->called, kept, credentials->arena);
    return kept;
}

GD_MUST static struct gd_status fetch(struct gd_credentials *credentials, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    auto_credential found = {0};
    struct gd_search search = {.options = &credentials->options, .arena = arena};
    choose_profile(&credentials->options, &search);
    struct gd_status status = look_through(&search, &found, err);
    gd_profiles_free(search.profiles);
    GD_TRY(status);
    credentials->held = found;
    credentials->held.called = keep_name(credentials, found.called);
    credentials->have = true;
    return GD_DONE;
}

static bool lives_for(const struct gd_credential *credential, int64_t seconds)
{
    return credential->expires_us == 0 ||
           credential->expires_us - gd_clock_now_us() > seconds * second_us;
}

/* Whether what is held will do for this call. */
static bool will_do(const struct gd_credentials *credentials, bool refresh)
{
    int64_t now = gd_clock_monotonic_us();
    if (!credentials->have)
        return false;
    if (refresh)
        return credentials->renewed_us != 0 &&
               now - credentials->renewed_us < SAME_REFUSAL_S * second_us;
    return lives_for(&credentials->held, MARGIN_S) ||
           (now - credentials->tried_us < AGAIN_S * second_us &&
            lives_for(&credentials->held, ALIVE_S));
}

GD_MUST static struct gd_status renew(struct gd_credentials *credentials, bool refresh,
                                      struct gd_error *err)
{
    credentials->tried_us = gd_clock_monotonic_us();
    struct gd_error why = {0};
    struct gd_status status = fetch(credentials, &why);
    if (status.code == GD_OK) {
        if (refresh)
            credentials->renewed_us = gd_clock_monotonic_us();
        return status;
    }
    if (!refresh && credentials->have && lives_for(&credentials->held, ALIVE_S)) {
        gd_tell_warning(credentials->options.events, why.hint,
                        "could not renew the credentials, which will soon end: %s", why.text);
        return GD_DONE;
    }
    *err = why;
    return status;
}

struct gd_status gd_credentials_get(struct gd_credentials *credentials, bool refresh,
                                    struct gd_credential *out_credential, struct gd_error *err)
{
    (void)pthread_mutex_lock(&credentials->lock);
    struct gd_status status = GD_DONE;
    if (!will_do(credentials, refresh))
        status = renew(credentials, refresh, err);
    if (status.code == GD_OK)
        *out_credential = credentials->held;
    (void)pthread_mutex_unlock(&credentials->lock);
    return status;
}

/* An endpoint may stand in the profile, or for S3 alone in the services that the profile names. */
static const char *setting_of(const struct gd_profiles *profiles, const char *profile,
                              const char *name)
{
    if (strcmp(name, "endpoint_url") != 0)
        return gd_profiles_get(profiles, GD_PROFILE, profile, name);
    const char *ignored = gd_search_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (ignored != NULL && strcasecmp(ignored, "true") == 0)
        return NULL;
    const char *services = gd_profiles_get(profiles, GD_PROFILE, profile, "services");
    const char *endpoint = services == NULL ? NULL
                                            : gd_profiles_get(profiles, GD_PROFILE_SERVICES,
                                                              services, "s3.endpoint_url");
    return endpoint != NULL ? endpoint : gd_profiles_get(profiles, GD_PROFILE, profile, name);
}

const char *gd_credentials_setting(struct gd_credentials *credentials, const char *name)
{
    struct gd_search search = {.options = &credentials->options};
    choose_profile(&credentials->options, &search);
    struct gd_error unread = {0}; /* whoever asks for the keys will hear of it */
    (void)pthread_mutex_lock(&credentials->lock);
    const char *value = NULL;
    if (credentials->settings != NULL ||
        gd_profiles_read(&credentials->settings, &unread).code == GD_OK)
        value = setting_of(credentials->settings, search.profile, name);
    (void)pthread_mutex_unlock(&credentials->lock);
    return value;
}
