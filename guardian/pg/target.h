/*
 * Target: which database is meant, from whatever people paste.
 *
 * Takes a URL as Prisma, JDBC, Go or libpq write it, or libpq's "key=value" text, or a bare
 * database name, and gives the keywords that libpq understands. Opens nothing, reads no
 * environment.
 *
 * Invariant 1  No error text holds any part of a password, also not of a URL that cannot be read.
 * Invariant 2  A parameter is passed on, translated, or dropped because it is listed as harmless
 *              here; any other is an error, so that a mistyped sslmode cannot go unnoticed.
 */
#ifndef GUARDIAN_PG_TARGET_H
#define GUARDIAN_PG_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

enum { GD_PG_KEYWORDS_MAX = 64 };

struct gd_pg_target {
    const char *keywords[GD_PG_KEYWORDS_MAX + 1]; /* NULL-terminated, each once */
    const char *values[GD_PG_KEYWORDS_MAX + 1];
    size_t count;
    const char *schema;      /* ?schema=: one schema name, unquoted; NULL when not given */
    const char *search_path; /* ?search_path=: as SET takes it; NULL when not given */
    bool pooler;             /* the URL says that a pooler stands between */
};

/**
 * @return GD_USAGE  not a PostgreSQL target; bad percent-encoding; an unknown parameter (the hint
 *                   names the nearest one); a parameter that cannot be honoured
 */
GD_MUST struct gd_status gd_pg_target_parse(const char *text, struct gd_arena *arena,
                                            struct gd_pg_target *out_target, struct gd_error *err);

/** The value of a keyword, or NULL. */
const char *gd_pg_target_get(const struct gd_pg_target *target, const char *keyword);

/** Set a keyword, over what was there. The texts are not copied. */
void gd_pg_target_set(struct gd_pg_target *target, const char *keyword, const char *value);

#endif
