/*
 * Base64 (RFC 4648, with padding, no line breaks).
 */
#ifndef GUARDIAN_BASE_BASE64_H
#define GUARDIAN_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes that the text of `size` bytes needs, with its NUL. */
#define GD_BASE64_SIZE(size) (((size) + 2) / 3 * 4 + 1)

/** `out_text` holds GD_BASE64_SIZE(size) bytes. */
void gd_base64_write(const void *data, size_t size, char *out_text);

/** Strict: no white space, padding where it belongs, unused bits zero. @return false: it is none,
 *  or longer than `capacity` bytes */
bool gd_base64_read(const char *text, void *out_data, size_t capacity, size_t *out_size);

#endif
