/*
 * UTF-8: one character after the other, and which of them must not reach a screen as they are.
 *
 * Invariant  Any bytes can be read: what is no UTF-8 comes out as GD_UTF8_BAD, one byte at a time,
 *            so that a reader always gets to the end.
 */
#ifndef GUARDIAN_BASE_UTF8_H
#define GUARDIAN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GD_UTF8_MAX = 4 }; /* bytes of the longest character */
#define GD_UTF8_BAD UINT32_MAX

/** Read the character at the front of `size` bytes (at least one).
 *  @return how many bytes it has; 1 with *out_code GD_UTF8_BAD when it is none: overlong forms,
 *          surrogates, numbers above U+10FFFF and cut ones are none */
size_t gd_utf8_decode(const char *text, size_t size, uint32_t *out_code);

/** Does the character drive a terminal or hide what a text says? Control characters (C0, DEL, C1),
 *  line and paragraph separators, direction marks, invisible characters. */
bool gd_utf8_deceives(uint32_t code);

#endif
