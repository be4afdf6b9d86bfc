/*
 * Fingerprint's text: lines from keys and definitions, their order and their hash. Pure.
 *
 * A line is the key, a TAB, the definition; backslash, TAB, newline and carriage return within them
 * are written \\, \t, \n and \r. Lines are sorted by bytes, keys first; the hash is over all of
 * them, each with a newline.
 */
#ifndef GUARDIAN_PG_FINGERPRINT_TEXT_H
#define GUARDIAN_PG_FINGERPRINT_TEXT_H

#include "guardian/pg/fingerprint.h"

/** One line, in `arena`. The definition is brought to the form that it has after a dump and a
 *  restore. */
const char *gd_fingerprint_line(const char *key, const char *definition, struct gd_arena *arena);

/** PostgreSQL writes an implicit cast of an array back as one, reads it as casts of its elements,
 *  and writes those from then on: (ARRAY['a', 'b'])::text[] becomes ARRAY[('a')::text, …]. */
const char *gd_fingerprint_settled(const char *definition, struct gd_arena *arena);

/** Sort and hash `lines`, which it keeps. */
void gd_fingerprint_of(const char **lines, size_t count, struct gd_arena *arena,
                       struct gd_fingerprint *out_fingerprint);

#endif
