/*
 * Schema text: do two plain-text dumps define the same?
 *
 * A dump is cut at its headers ("-- Name: users; Type: TABLE; …") and compared entry by entry, so
 * that the order of entries does not matter. What a dump says about itself (versions, settings, the
 * \restrict key) is left out.
 *
 * Server-made texts do not always come out of a second dump as they went in: brackets and casts of
 * an expression can change while it means the same. Such entries count as alike, and are counted.
 */
#ifndef GUARDIAN_PROVE_SCHEMA_TEXT_H
#define GUARDIAN_PROVE_SCHEMA_TEXT_H

#include <stddef.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

struct gd_schema_text;

struct gd_schema_text *gd_schema_text_new(struct gd_arena *arena);
/** One line, without its line feed; copied. */
void gd_schema_text_line(struct gd_schema_text *text, const char *line, size_t size);

/** @param out_reworded  entries that differ in brackets and casts only
 *  @return GD_CORRUPT the first entry that differs, with the first line that does */
GD_MUST struct gd_status gd_schema_text_compare(struct gd_schema_text *recorded,
                                                struct gd_schema_text *restored,
                                                size_t *out_reworded, struct gd_error *err);

#endif
