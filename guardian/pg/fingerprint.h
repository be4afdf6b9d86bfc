/*
 * Fingerprint: is the schema the one that it was?
 *
 * Two answers of different price. A stamp is cheap (no definition is deparsed) and changes with
 * DDL, whoever ran it, also when it was undone: equal stamps mean that nothing happened. (Not seen
 * is what changes a row of pg_class and back, as SET and RESET of a storage option: that catalogue
 * is taken by content, because TRUNCATE and REFRESH write to it.) A fingerprint says what the
 * schema means: equal on a restored copy, whatever the oids and the numbers of columns.
 *
 * Left out of both: schema "guardian" (our own records), temporary objects, TOAST, statistics,
 * rows, what sequences stand at, whether a materialized view is filled, large objects. Out of
 * fingerprints: what user mappings and subscriptions connect with.
 *
 * A dump leaves out indexes that are not valid, so that they are missing in a copy.
 */
#ifndef GUARDIAN_PG_FINGERPRINT_H
#define GUARDIAN_PG_FINGERPRINT_H

#include "guardian/base/texts.h"
#include "guardian/io/digest.h"
#include "guardian/pg/connect.h"

/** 32 hex digits, in `arena`. One query; works inside a transaction and outside. */
GD_MUST struct gd_status gd_pg_stamp(struct gd_pg *pg, struct gd_arena *arena,
                                     const char **out_stamp, struct gd_error *err);

struct gd_fingerprint {
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_texts lines; /* sorted: "column public.users.age<TAB>integer not null …" */
};
GD_MUST struct gd_status gd_pg_fingerprint(struct gd_pg *pg, struct gd_arena *arena,
                                           struct gd_fingerprint *out_fingerprint,
                                           struct gd_error *err);

/** What differs, in words: "column public.users.age is missing", "… is new", "… is now …". Pure. */
void gd_fingerprint_compare(const struct gd_fingerprint *before, const struct gd_fingerprint *after,
                            struct gd_arena *arena, struct gd_texts *out_differences);

/** For the store: lines, one each, and back. */
const char *gd_fingerprint_text(const struct gd_fingerprint *fingerprint, struct gd_arena *arena);
GD_MUST struct gd_status gd_fingerprint_parse(const char *text, size_t size, struct gd_arena *arena,
                                              struct gd_fingerprint *out_fingerprint,
                                              struct gd_error *err);
#endif
