/*
 * Patterns: which objects a rule, a protection or a waiver is about.
 *
 * A pattern has two or three parts, schema.object or schema.object.column, each a glob with * and ?
 * that stays within its part; or a kind and one part ("role app_*") for what stands in no schema.
 * Letters count as the catalogue keeps them: public.User is Prisma's table "User".
 */
#ifndef GUARDIAN_POLICY_PATTERN_H
#define GUARDIAN_POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

enum { GD_NAME_PARTS = 3 };

/** The name of an object, in parts, quotes taken off. */
struct gd_name {
    const char *kind;                 /* "column", "table", "role"; "" when not said */
    const char *parts[GD_NAME_PARTS]; /* the first is NULL when the schema is not known */
    size_t count;                     /* 0: no name could be read */
};

struct gd_pattern {
    const char *text; /* as it was written */
    const char *kind; /* "" when every kind counts */
    const char *parts[GD_NAME_PARTS];
    size_t count;
};

enum gd_match {
    GD_MATCH_NOT,
    GD_MATCH_MAYBE,    /* the schema is not known, the rest fits */
    GD_MATCH_CONTAINS, /* the object holds what the pattern names: a schema for audit.* */
    GD_MATCH_WITHIN,   /* the object is what the pattern names, or a part of it */
};

/** "column public.users.age", "policy p on public.users", "function public.f(integer, text)". */
struct gd_name gd_name_parse(const char *text, struct gd_arena *arena);

/** Is `inner` the same object as `outer`, or a part of it? */
bool gd_name_within(const struct gd_name *inner, const struct gd_name *outer);

/** @return NULL, or what is wrong with the pattern, in `arena` */
const char *gd_pattern_parse(const char *text, struct gd_arena *arena,
                             struct gd_pattern *out_pattern);

enum gd_match gd_pattern_match(const struct gd_pattern *pattern, const struct gd_name *name);

/** Does the whole of `text` fit a glob of * and ? */
bool gd_glob(const char *glob, const char *text);

#endif
