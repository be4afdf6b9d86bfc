#include "guardian/store/s3.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/base/base64.h"
#include "guardian/base/memory.h"
#include "guardian/io/digest.h"
#include "guardian/io/hmac.h"

/* --- settings ----------------------------------------------------------------------------------
 */

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* An option, else an environment variable, else the profile. */
static const char *setting(const struct gd_s3 *s3, const char *option, const char *variable,
                           const char *profile)
{
    if (is_set(option))
        return option;
    const char *value = getenv(variable);
    if (is_set(value))
        return value;
    return profile == NULL ? NULL : gd_credentials_setting(s3->credentials, profile);
}

static const char *endpoint_of(const struct gd_s3 *s3)
{
    const char *endpoint = setting(s3, s3->options.endpoint, "AWS_ENDPOINT_URL_S3", NULL);
    return is_set(endpoint) ? endpoint : setting(s3, NULL, "AWS_ENDPOINT_URL", "endpoint_url");
}

static struct gd_status read_region(struct gd_s3 *s3, struct gd_error *err)
{
    const char *region = setting(s3, s3->options.region, "AWS_REGION", NULL);
    if (!is_set(region))
        region = setting(s3, NULL, "AWS_DEFAULT_REGION", "region");
    if (!is_set(region))
        region = "us-east-1";
    size_t length = strlen(region);
    if (length >= sizeof s3->region ||
        strspn(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
            length)
        return gd_fail(err, GD_USAGE, "\"%.80s\" is not the name of a region", region);
    memcpy(s3->region, region, length + 1);
    return GD_DONE;
}

static struct gd_status read_customer_key(struct gd_s3 *s3, struct gd_error *err)
{
    const char *text = s3->options.customer_key;
    unsigned char key[33], md5[GD_MD5_BYTES];
    size_t size = 0;
    bool good = is_set(text) && gd_base64_read(text, key, sizeof key, &size) && size == 32;
    bool hashed = gd_md5_of(key, good ? size : 0, md5);
    gd_wipe(key, sizeof key);
    if (!good)
        return gd_hint(
            err, gd_fail(err, GD_USAGE, "the customer key of the store is not 32 bytes in base64"),
            "Make one with \"openssl rand -base64 32\", and keep it: without it, nothing "
            "can be read.");
    if (!hashed)
        return gd_fail(err, GD_USAGE,
                       "a customer key goes with its MD5, which this machine's "
                       "libcrypto must not compute");
    if (!s3->place.tls && !s3->place.loopback)
        return gd_fail(err, GD_USAGE, "a customer key may only be sent over https://");
    gd_base64_write(md5, sizeof md5, s3->customer_md5);
    s3->customer[0] = (struct gd_pair){"x-amz-server-side-encryption-customer-algorithm", "AES256"};
    s3->customer[1] = (struct gd_pair){"x-amz-server-side-encryption-customer-key", text};
    s3->customer[2] =
        (struct gd_pair){"x-amz-server-side-encryption-customer-key-md5", s3->customer_md5};
    s3->customer_count = 3;
    return GD_DONE;
}

static struct gd_status read_encryption(struct gd_s3 *s3, struct gd_error *err)
{
    const char *encryption = s3->options.encryption;
    if (is_set(s3->options.kms_key_id) &&
        (!is_set(encryption) || strcmp(encryption, "aws:kms") != 0))
        return gd_fail(err, GD_USAGE, "a KMS key is named, but the encryption is not \"aws:kms\"");
    if (is_set(encryption) && strcmp(encryption, "customer") == 0)
        return read_customer_key(s3, err);
    if (is_set(s3->options.customer_key))
        return gd_fail(err, GD_USAGE,
                       "a customer key is given, but the encryption is not \"customer\"");
    if (!is_set(encryption) || strcmp(encryption, "none") == 0 ||
        strcmp(encryption, "AES256") == 0 || strcmp(encryption, "aws:kms") == 0)
        return GD_DONE;
    return gd_fail(
        err, GD_USAGE,
        "encryption \"%.40s\" is none of \"none\", \"AES256\", \"aws:kms\" and \"customer\"",
        encryption);
}

static struct gd_status read_lock(const struct gd_s3 *s3, struct gd_error *err)
{
    const char *mode = s3->options.lock_mode;
    if (!is_set(mode))
        return s3->options.lock_days == 0
                   ? GD_DONE
                   : gd_fail(err, GD_USAGE, "days of object lock are set, but no mode");
    if (strcmp(mode, "GOVERNANCE") != 0 && strcmp(mode, "COMPLIANCE") != 0)
        return gd_fail(err, GD_USAGE,
                       "object lock \"%.40s\" is neither \"GOVERNANCE\" nor \"COMPLIANCE\"", mode);
    if (s3->options.lock_days == 0 || s3->options.lock_days > 36500)
        return gd_fail(err, GD_USAGE, "object lock needs 1 to 36,500 days");
    return GD_DONE;
}

/* What becomes a header must not become two. */
static struct gd_status check_texts(const struct gd_s3 *s3, struct gd_error *err)
{
    const struct {
        const char *called, *text;
    } texts[] = {{"storage class", s3->options.storage_class},
                 {"KMS key id", s3->options.kms_key_id},
                 {"list of tags", s3->options.tags}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (const char *c = texts[i].text; c != NULL && *c != '\0'; c++)
            if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
                return gd_hint(err,
                               gd_fail(err, GD_USAGE,
                                       "the %s of the store holds a character that "
                                       "a header must not hold",
                                       texts[i].called),
                               "Write other characters as %%XX.");
    return GD_DONE;
}

static struct gd_status read_settings(struct gd_s3 *s3, struct gd_error *err)
{
    GD_TRY(gd_credentials_new(&s3->options, &s3->credentials, err));
    GD_TRY(gd_s3_place_read(s3->options.url, endpoint_of(s3), s3->options.addressing,
                            s3->options.allow_http, &s3->place, err));
    GD_TRY(read_region(s3, err));
    GD_TRY(read_encryption(s3, err));
    GD_TRY(read_lock(s3, err));
    GD_TRY(check_texts(s3, err));
    const struct gd_http_options http = {
        .ca_file = setting(s3, s3->options.ca_file, "AWS_CA_BUNDLE", "ca_bundle"),
        .stall_ms = s3->options.stall_ms,
        .no_proxy = s3->place.loopback, /* a proxy elsewhere would look on its own machine */
    };
    return gd_http_new(&http, &s3->http, err);
}

/* --- opening and closing -----------------------------------------------------------------------
 */

static void s3_close(struct gd_store *store)
{
    struct gd_s3 *s3 = gd_s3_of(store);
    gd_http_free(s3->http);
    gd_credentials_free(s3->credentials);
    pthread_mutex_destroy(&s3->lock);
    free(s3->store.url);
    free(s3);
}

static bool s3_unconditional(const struct gd_store *store)
{
    return atomic_load(&((const struct gd_s3 *)store)->conditional) == GD_S3_NO;
}

static const struct gd_store_ops s3_ops = {
    .put = gd_s3_put,
    .get = gd_s3_get,
    .head = gd_s3_head,
    .list = gd_s3_list,
    .remove = gd_s3_remove,
    .capabilities = gd_s3_capabilities,
    .sweep = gd_s3_sweep,
    .unconditional = s3_unconditional,
    .close = s3_close,
};

struct gd_status gd_s3_store_open(const struct gd_store_options *options,
                                  struct gd_store **out_store, struct gd_error *err)
{
    struct gd_s3 *s3 = gd_memory_new(sizeof *s3);
    s3->store.ops = &s3_ops;
    s3->store.url = gd_memory_strdup(options->url);
    s3->options = *options;
    pthread_mutex_init(&s3->lock, NULL);
    struct gd_status status = read_settings(s3, err);
    if (status.code != GD_OK) {
        s3_close(&s3->store);
        return status;
    }
    *out_store = &s3->store;
    return GD_DONE;
}

/* --- what objects carry ------------------------------------------------------------------------
 */

void gd_s3_customer_headers(const struct gd_s3 *s3, struct gd_s3_request *request)
{
    for (size_t i = 0; i < s3->customer_count; i++)
        gd_s3_header(request, s3->customer[i].name, s3->customer[i].value);
}

const char *gd_s3_lock_until(const struct gd_s3 *s3, struct gd_arena *arena)
{
    time_t until = (time_t)(gd_s3_now_us(s3) / 1000000) + (time_t)s3->options.lock_days * 86400;
    struct tm parts;
    char text[32];
    gmtime_r(&until, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return gd_arena_strdup(arena, text);
}

static void lock_headers(const struct gd_s3 *s3, struct gd_s3_request *request,
                         struct gd_arena *arena)
{
    gd_s3_header(request, "x-amz-object-lock-mode", s3->options.lock_mode);
    gd_s3_header(request, "x-amz-object-lock-retain-until-date", gd_s3_lock_until(s3, arena));
}

static bool is_probe(const char *key)
{
    const char *slash = strrchr(key, '/');
    return strncmp(slash == NULL ? key : slash + 1, GD_S3_PROBE, strlen(GD_S3_PROBE)) == 0;
}

void gd_s3_object_headers(struct gd_s3 *s3, struct gd_s3_request *request, const char *id,
                          struct gd_arena *arena)
{
    const struct gd_store_options *options = &s3->options;
    bool server_key = is_set(options->encryption) && s3->customer_count == 0 &&
                      strcmp(options->encryption, "none") != 0;
    gd_s3_header(request, GD_S3_ID_HEADER, id);
    if (server_key)
        gd_s3_header(request, "x-amz-server-side-encryption", options->encryption);
    if (server_key && is_set(options->kms_key_id))
        gd_s3_header(request, "x-amz-server-side-encryption-aws-kms-key-id", options->kms_key_id);
    if (is_set(options->storage_class))
        gd_s3_header(request, "x-amz-storage-class", options->storage_class);
    if (is_set(options->tags))
        gd_s3_header(request, "x-amz-tagging", options->tags);
    if (is_set(options->lock_mode) && !is_probe(request->key))
        lock_headers(s3, request, arena);
    gd_s3_customer_headers(s3, request);
}

static const char *base64_of_hex(const char *hex, struct gd_arena *arena)
{
    unsigned char bytes[(GD_DIGEST_HEX_SIZE - 1) / 2];
    for (size_t i = 0; i < sizeof bytes; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    char *text = gd_arena_alloc(arena, GD_BASE64_SIZE(sizeof bytes));
    gd_base64_write(bytes, sizeof bytes, text);
    return text;
}

void gd_s3_body(struct gd_s3_request *request, const void *body, size_t size, bool checksum,
                struct gd_arena *arena)
{
    char *hex = gd_arena_alloc(arena, GD_DIGEST_HEX_SIZE);
    gd_digest_of(size > 0 ? body : "", size, hex);
    request->body = body;
    request->body_size = size;
    request->body_sha256 = hex;
    if (checksum) {
        gd_s3_header(request, "x-amz-checksum-sha256", base64_of_hex(hex, arena));
        return;
    }
    unsigned char md5[GD_MD5_BYTES];
    if (!gd_md5_of(size > 0 ? body : "", size, md5))
        return; /* FIPS: what is signed holds the SHA-256 all the same */
    char *text = gd_arena_alloc(arena, GD_BASE64_SIZE(sizeof md5));
    gd_base64_write(md5, sizeof md5, text);
    gd_s3_header(request, "content-md5", text);
}
