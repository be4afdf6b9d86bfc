/*
 * HMAC-SHA-256, and MD5 where a protocol still asks for it: by OpenSSL.
 */
#ifndef GUARDIAN_IO_HMAC_H
#define GUARDIAN_IO_HMAC_H

#include <stdbool.h>
#include <stddef.h>

enum { GD_HMAC_BYTES = 32, GD_MD5_BYTES = 16 };

/** `out_bytes` may be the key itself. */
void gd_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                    unsigned char out_bytes[GD_HMAC_BYTES]);

/** S3's Content-MD5. It finds accidents, it proves nothing.
 *  @return false: this libcrypto must not compute it (FIPS) */
bool gd_md5_of(const void *data, size_t size, unsigned char out_bytes[GD_MD5_BYTES]);

/** Overwrite a secret, in a way that is not optimised away. */
void gd_wipe(void *data, size_t size);

#endif
