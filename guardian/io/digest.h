/*
 * Digest: SHA-256 by OpenSSL, the one door to libcrypto's hashes.
 */
#ifndef GUARDIAN_IO_DIGEST_H
#define GUARDIAN_IO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { GD_DIGEST_HEX_SIZE = 65 }; /* 64 hex digits and a NUL */

struct gd_digest;

struct gd_digest *gd_digest_new(void);
void gd_digest_free(struct gd_digest *digest);
void gd_digest_add(struct gd_digest *digest, const void *data, size_t size);

/** The digest of all that was added so far, in lower-case hex; more can be added afterwards. */
void gd_digest_hex(const struct gd_digest *digest, char out_hex[GD_DIGEST_HEX_SIZE]);

/** The digest of one piece of memory. */
void gd_digest_of(const void *data, size_t size, char out_hex[GD_DIGEST_HEX_SIZE]);

/** Is `sha256` the digest of this text, as it is or with other line ends (all LF, or all CR LF)?
 *  Version control may change them between one machine and the next. */
bool gd_digest_is_of_text(const char *text, size_t size, const char *sha256);

#endif
