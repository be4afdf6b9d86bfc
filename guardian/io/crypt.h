/*
 * crypt: AES-256-GCM in sealed frames (docs/formats/encryption.md), the one door to libcrypto's
 * ciphers.
 *
 * Each object has a data key of its own, derived (HKDF-SHA-256) from the key and a random salt that
 * stands in the object's head, so that no nonce can be used twice. Frames are numbered, and the
 * last one says that it is the last: frames that are missing, swapped, repeated or cut off are
 * found. The name of the object is bound in, so that two objects cannot be exchanged. The head
 * commits to the key: nobody can make an object that two keys open.
 */
#ifndef GUARDIAN_IO_CRYPT_H
#define GUARDIAN_IO_CRYPT_H

#include <stdbool.h>

#include "guardian/io/sink.h"
#include "guardian/io/source.h"

enum { GD_KEY_BYTES = 32, GD_KEY_ID_SIZE = 17 /* 16 hex digits and a NUL */ };

/** A key; its bytes are wiped when it is freed. Behind the first, which seals, there may be older
 *  ones: they only open what was sealed with them. */
struct gd_key;

/** From 64 hex digits or 44 characters of base64; up to 16 of them, the one that seals first, with
 * white space between. A passphrase is not a key. @return GD_USAGE; the text never holds any part
 * of it */
GD_MUST struct gd_status gd_key_parse(const char *text, struct gd_key **out_key,
                                      struct gd_error *err);
/** 64 fresh hex digits. */
void gd_key_generate(char out_hex[65]);
void gd_key_free(struct gd_key *key);
/** Tells keys apart and reveals nothing of them (a derived value): for manifests. */
const char *gd_key_id(const struct gd_key *key);
/** How many there are, and the id of each; the first one seals. */
size_t gd_key_count(const struct gd_key *key);
const char *gd_key_id_at(const struct gd_key *key, size_t index);
/** Is one of them the key with this id? */
bool gd_key_opens(const struct gd_key *key, const char *id);

/** How many bytes a sealed object of `bytes` plain bytes has. */
uint64_t gd_sealed_bytes(uint64_t bytes);

GD_MUST struct gd_status gd_seal_sink_new(struct gd_sink *take_next, const struct gd_key *key,
                                          const char *object_name, struct gd_sink **out_sink,
                                          struct gd_error *err);
/** Both keep what they need of key and name. @return from reading: GD_CORRUPT for damage or another
 * object's bytes; for another key, too: the hint tells it apart */
GD_MUST struct gd_status gd_open_source_new(struct gd_source *take_below, const struct gd_key *key,
                                            const char *object_name, struct gd_source **out_source,
                                            struct gd_error *err);

static inline void gd_key_cleanup_(struct gd_key **key)
{
    gd_key_free(*key);
}
#define gd_auto_key __attribute__((cleanup(gd_key_cleanup_))) struct gd_key *

#endif
