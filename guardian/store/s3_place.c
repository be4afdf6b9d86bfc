#include "guardian/store/s3_place.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_bucket(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789.-_";
    size_t length = strlen(name);
    return length >= 3 && length <= 255 && strspn(name, letters) == length && name[0] != '.' &&
           name[0] != '-' && strstr(name, "..") == NULL;
}

/* Segments that a server or a proxy might fold would make one key another. */
static bool is_prefix(const char *prefix)
{
    if (prefix[strcspn(prefix, "?#\\")] != '\0')
        return false;
    for (const char *c = prefix; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    while (*prefix != '\0') {
        size_t length = strcspn(prefix, "/");
        if (length == 0 || (length == 1 && prefix[0] == '.') ||
            (length == 2 && prefix[0] == '.' && prefix[1] == '.'))
            return false;
        prefix += length + (prefix[length] == '/' ? 1 : 0);
    }
    return true;
}

static struct gd_status read_url(const char *url, struct gd_s3_place *place, struct gd_error *err)
{
    const char *bucket = url + strlen("s3://");
    if (strncmp(url, "s3://", strlen("s3://")) != 0)
        return gd_fail(err, GD_USAGE, "store \"%s\" is not s3://bucket/prefix", url);
    size_t length = strcspn(bucket, "/");
    const char *prefix = bucket + length + (bucket[length] == '/' ? 1 : 0);
    if (length >= sizeof place->bucket)
        return gd_fail(err, GD_USAGE, "store \"%s\" names no bucket that can be", url);
    memcpy(place->bucket, bucket, length);
    if (!is_bucket(place->bucket))
        return gd_hint(err, gd_fail(err, GD_USAGE, "store \"%s\" names no bucket that can be", url),
                       "Names of buckets have 3 to 63 lower-case letters, digits, dots and "
                       "hyphens.");
    size_t size = strlen(prefix);
    if (size > 0 && prefix[size - 1] == '/')
        size--;
    if (size + 2 > sizeof place->prefix)
        return gd_fail(err, GD_USAGE, "the prefix of store \"%s\" is too long", url);
    memcpy(place->prefix, prefix, size);
    if (!is_prefix(place->prefix))
        return gd_fail(err, GD_USAGE,
                       "the prefix of store \"%s\" holds characters or segments that a key must "
                       "not hold",
                       url);
    if (size > 0)
        place->prefix[size] = '/';
    return GD_DONE;
}

/* The name alone, without port and brackets. */
static bool is_loopback(const char *host)
{
    char name[256];
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    memcpy(name, host, length);
    name[length] = '\0';
    if (strcmp(name, "[::1]") == 0 || strcmp(name, "localhost") == 0)
        return true;
    if (length > 10 && strcmp(name + length - 10, ".localhost") == 0)
        return true;
    return strncmp(name, "127.", 4) == 0 && strspn(name, "0123456789.") == length;
}

static bool is_host(const char *host)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t length;
    if (host[0] == '[') {
        length = strcspn(host, "]");
        if (host[length] != ']' || strspn(host + 1, "0123456789abcdef:.") != length - 1)
            return false;
        length++;
    } else {
        length = strspn(host, letters);
    }
    if (length == 0 || host[length] == '\0')
        return length > 0;
    size_t digits = strspn(host + length + 1, "0123456789");
    return host[length] == ':' && digits >= 1 && digits <= 5 && host[length + 1 + digits] == '\0';
}

/* curl leaves out the scheme's own port in the Host header: what is signed must, too. */
static void drop_own_port(char *host, bool tls)
{
    const char *own = tls ? ":443" : ":80";
    size_t length = strlen(host), size = strlen(own);
    if (length > size && strcmp(host + length - size, own) == 0)
        host[length - size] = '\0';
}

static struct gd_status read_endpoint(const char *endpoint, struct gd_s3_place *place,
                                      struct gd_error *err)
{
    place->tls = strncasecmp(endpoint, "https://", 8) == 0;
    bool plain = strncasecmp(endpoint, "http://", 7) == 0;
    const char *host = endpoint + (place->tls ? 8 : 7);
    size_t length = place->tls || plain ? strcspn(host, "/") : 0;
    size_t base = length == 0 ? 0 : strlen(host + length);
    if (base > 0 && host[length + base - 1] == '/')
        base--;
    bool fits = length > 0 && length < sizeof place->host && base < sizeof place->base;
    if (fits) {
        for (size_t i = 0; i < length; i++)
            place->host[i] = (char)tolower((unsigned char)host[i]);
        memcpy(place->base, host + length, base);
    }
    /* Not repeated: somebody may have written a password into it. */
    if (!fits || !is_host(place->host) || (base > 0 && !is_prefix(place->base + 1)))
        return gd_hint(err, gd_fail(err, GD_USAGE, "the endpoint of the store cannot be read"),
                       "Write it as https://host:port.");
    drop_own_port(place->host, place->tls);
    place->loopback = is_loopback(place->host);
    return GD_DONE;
}

static struct gd_status choose_addressing(const char *addressing, struct gd_s3_place *place,
                                          struct gd_error *err)
{
    bool dotted = strchr(place->bucket, '.') != NULL;
    place->in_host = place->aws && !dotted;
    if (addressing == NULL || addressing[0] == '\0')
        return GD_DONE;
    place->in_host = strcmp(addressing, "virtual") == 0;
    if (!place->in_host && strcmp(addressing, "path") != 0)
        return gd_fail(err, GD_USAGE, "addressing \"%s\" is neither \"path\" nor \"virtual\"",
                       addressing);
    if (place->in_host && dotted && place->tls)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "bucket \"%s\" cannot be part of a host name under TLS: no "
                               "certificate covers its dots",
                               place->bucket),
                       "Use addressing \"path\".");
    return GD_DONE;
}

struct gd_status gd_s3_place_read(const char *url, const char *endpoint, const char *addressing,
                                  bool allow_http, struct gd_s3_place *out_place,
                                  struct gd_error *err)
{
    struct gd_s3_place place = {.tls = true, .aws = endpoint == NULL || endpoint[0] == '\0'};
    GD_TRY(read_url(url, &place, err));
    if (!place.aws)
        GD_TRY(read_endpoint(endpoint, &place, err));
    GD_TRY(choose_addressing(addressing, &place, err));
    if (!place.tls && !place.loopback && !allow_http)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "the endpoint \"http://%s\" sends backups over the network in "
                               "the clear",
                               place.host),
                       "Use https://, or allow http:// for this store.");
    *out_place = place;
    return GD_DONE;
}

const char *gd_s3_place_host(const struct gd_s3_place *place, const char *region,
                             struct gd_arena *arena)
{
    const char *host = place->host;
    if (place->aws)
        host = gd_arena_printf(arena, "s3.%s.amazonaws.com%s", region,
                               strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
    return place->in_host ? gd_arena_printf(arena, "%s.%s", place->bucket, host) : host;
}

const char *gd_s3_place_path(const struct gd_s3_place *place, const char *key,
                             struct gd_arena *arena)
{
    const char *bucket = place->in_host ? "" : place->bucket;
    const char *slash = place->in_host ? "" : "/";
    if (key == NULL)
        return gd_arena_printf(arena, "%s%s%s%s", place->base, slash, bucket,
                               place->in_host ? "/" : "");
    return gd_arena_printf(arena, "%s%s%s/%s%s", place->base, slash, bucket, place->prefix, key);
}
