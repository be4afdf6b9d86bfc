/*
 * XML: the few fixed answers of S3 and STS servers, strictly.
 *
 * Elements, text, the five named and the numeric character references, comments, one declaration at
 * the start. Anything else (a DOCTYPE, CDATA, other instructions, bytes that are not UTF-8, more
 * than 16 levels) is refused: no S3 server sends it, so whoever sends it is none. Attributes are
 * checked for form and dropped, prefixes of names too.
 */
#ifndef GUARDIAN_STORE_XML_H
#define GUARDIAN_STORE_XML_H

#include "guardian/base/arena.h"

/** One element. */
struct gd_xml {
    const char *name;           /* without its prefix */
    const char *text;           /* its own, put together; never NULL */
    const struct gd_xml *child; /* the first inside */
    const struct gd_xml *next;  /* beside it */
};

/** @return GD_CORRUPT: it is not XML of this kind */
GD_MUST struct gd_status gd_xml_parse(const char *text, size_t size, struct gd_arena *arena,
                                      const struct gd_xml **out_root, struct gd_error *err);

/** The first child of that name, or NULL; `parent` may be NULL. */
const struct gd_xml *gd_xml_child(const struct gd_xml *parent, const char *name);
/** From `element` on (itself included), the first of that name, or NULL: for loops. */
const struct gd_xml *gd_xml_named(const struct gd_xml *element, const char *name);
/** The text of the first child of that name; "" when there is none. */
const char *gd_xml_text(const struct gd_xml *parent, const char *name);

#endif
