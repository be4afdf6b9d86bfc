#include "guardian/io/hmac.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in io/digest.c: libcrypto fails here only when memory is out or its build lacks the hash. */
static void must(bool good)
{
    if (!good) {
        fputs("guardian: libcrypto could not compute an HMAC; nothing was changed by this step\n",
              stderr);
        abort();
    }
}

void gd_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                    unsigned char out_bytes[GD_HMAC_BYTES])
{
    assert(key_size <= INT_MAX);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    must(HMAC(EVP_sha256(), key, (int)key_size, data, size, bytes, &length) != NULL);
    assert(length == GD_HMAC_BYTES);
    memcpy(out_bytes, bytes, GD_HMAC_BYTES);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

bool gd_md5_of(const void *data, size_t size, unsigned char out_bytes[GD_MD5_BYTES])
{
    unsigned length = 0;
    bool good = EVP_Digest(data, size, out_bytes, &length, EVP_md5(), NULL) == 1;
    ERR_clear_error(); /* nobody else shall find it in this thread's queue */
    assert(!good || length == GD_MD5_BYTES);
    return good;
}

void gd_wipe(void *data, size_t size)
{
    OPENSSL_cleanse(data, size);
}
