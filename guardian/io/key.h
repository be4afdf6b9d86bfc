/* What keys look like inside: for io/crypt.c and io/key.c alone. */
#ifndef GUARDIAN_IO_KEY_H
#define GUARDIAN_IO_KEY_H

#include "guardian/io/crypt.h"

enum { GD_KEYS_MAX = 16, GD_KEY_ID_BYTES = 8 };

struct gd_one_key {
    unsigned char bytes[GD_KEY_BYTES];
    unsigned char id[GD_KEY_ID_BYTES];
    char id_text[GD_KEY_ID_SIZE];
};

struct gd_key {
    struct gd_one_key keys[GD_KEYS_MAX];
    size_t count;
};

/** HKDF-SHA-256. */
GD_MUST struct gd_status gd_derive(const unsigned char key[GD_KEY_BYTES], const void *salt,
                                   size_t salt_size, const char *info, unsigned char *out_bytes,
                                   size_t size, struct gd_error *err);

#endif
