#include "guardian/io/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto fails here only when memory is out or its build lacks SHA-256: neither can be met by
 * going on. */
static void must(int good)
{
    if (good != 1) {
        fputs("guardian: libcrypto could not compute SHA-256; nothing was changed by this step\n",
              stderr);
        abort();
    }
}

struct gd_digest {
    EVP_MD_CTX *context;
};

static EVP_MD_CTX *context_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL);
    return context;
}

struct gd_digest *gd_digest_new(void)
{
    struct gd_digest *digest = malloc(sizeof *digest);
    must(digest != NULL);
    digest->context = context_new();
    must(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL));
    return digest;
}

void gd_digest_free(struct gd_digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

void gd_digest_add(struct gd_digest *digest, const void *data, size_t size)
{
    must(EVP_DigestUpdate(digest->context, data, size));
}

static void to_hex(const unsigned char bytes[32], char out_hex[GD_DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out_hex[2 * i] = digits[bytes[i] >> 4];
        out_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    out_hex[64] = '\0';
}

void gd_digest_hex(const struct gd_digest *digest, char out_hex[GD_DIGEST_HEX_SIZE])
{
    EVP_MD_CTX *copy = context_new();
    must(EVP_MD_CTX_copy_ex(copy, digest->context));
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    must(EVP_DigestFinal_ex(copy, bytes, &size));
    EVP_MD_CTX_free(copy);
    assert(size == 32);
    to_hex(bytes, out_hex);
}

void gd_digest_of(const void *data, size_t size, char out_hex[GD_DIGEST_HEX_SIZE])
{
    struct gd_digest *digest = gd_digest_new();
    gd_digest_add(digest, data, size);
    gd_digest_hex(digest, out_hex);
    gd_digest_free(digest);
}

/* The digest of the text with every line end as `end`. */
static void digest_with(const char *text, size_t size, const char *end,
                        char out_hex[GD_DIGEST_HEX_SIZE])
{
    struct gd_digest *digest = gd_digest_new();
    const char *at = text, *stop = text + size;
    while (at < stop) {
        const char *line_end = memchr(at, '\n', (size_t)(stop - at));
        const char *upto = line_end == NULL ? stop : line_end;
        if (line_end != NULL && upto > at && upto[-1] == '\r')
            upto--;
        gd_digest_add(digest, at, (size_t)(upto - at));
        if (line_end == NULL)
            break;
        gd_digest_add(digest, end, strlen(end));
        at = line_end + 1;
    }
    gd_digest_hex(digest, out_hex);
    gd_digest_free(digest);
}

bool gd_digest_is_of_text(const char *text, size_t size, const char *sha256)
{
    static const char *const ends[] = {"\n", "\r\n"};
    char hex[GD_DIGEST_HEX_SIZE];
    gd_digest_of(text, size, hex);
    for (size_t i = 0; i < 2 && strcmp(hex, sha256) != 0; i++)
        digest_with(text, size, ends[i], hex);
    return strcmp(hex, sha256) == 0;
}
