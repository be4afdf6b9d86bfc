/*
 * Known as: what makes a file the same file.
 *
 * The same text for another schema is another change. So a file is known by its SHA-256 and by the
 * place that the request names for it: the schemas of ?schema=, ?search_path= or options. What the
 * server has set for a role or a database is no part of it: a file may set that itself, and would
 * be another one from then on. The usual place, schema "public", is no part of it either, so that
 * naming it changes nothing.
 */
#ifndef GUARDIAN_GUARD_KNOWN_AS_H
#define GUARDIAN_GUARD_KNOWN_AS_H

#include "guardian/base/arena.h"
#include "guardian/io/digest.h"
#include "guardian/pg/connect.h"

/** The place: schemas, as search_path takes them; "" the usual one, or none is named. */
const char *gd_known_place(const struct gd_pg_options *pg, struct gd_arena *arena);
/** The same of texts: schema as ?schema= gives it, search_path, startup options; NULL: not given.
 * The first that is given counts. */
const char *gd_known_place_of(const char *schema, const char *search_path, const char *options,
                              struct gd_arena *arena);

/** The name of a text at a place; without a place that of the text. */
void gd_known_as(const char *sha256, const char *place, char out_name[GD_DIGEST_HEX_SIZE]);

#endif
