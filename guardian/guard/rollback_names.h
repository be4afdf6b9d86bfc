/*
 * Rollback, names: what is called otherwise now than before the change, whatever took its place
 * meanwhile.
 *
 * Found in the text of the change, statement by statement, so that a name that was given away and
 * taken by something else is followed; tables are found again by their oid, too, where the snapshot
 * has it.
 *
 * Invariant    Two things never have the same name in the list, neither before nor now.
 */
#ifndef GUARDIAN_GUARD_ROLLBACK_NAMES_H
#define GUARDIAN_GUARD_ROLLBACK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/arena.h"

/** One thing with two names. */
struct gd_back_moved {
    const char *kind;                  /* "SCHEMA", "TABLE", "SEQUENCE", "TYPE", "COLUMN" */
    const char *schema, *table, *name; /* before; table: of a column, else "" */
    const char *schema_now, *name_now; /* of a column only the name */
    bool made;    /* the change made it, under the name of something older: `name` is a new one */
    bool by_oid;  /* not only the text says so */
    bool along;   /* it goes where its table goes */
    bool invalid; /* it is not so in the end */
};

struct gd_back_names {
    struct gd_arena *arena;
    struct gd_back_moved *items;
    size_t count;
    struct gd_back_moved *seen; /* every name that tables and columns went by, at any time */
    size_t seen_count;
};

/** A name of before, as the server knows it now: quoted, with its schema. */
const char *gd_back_now_name(const struct gd_back_names *names, const char *schema,
                             const char *name);
/** A column of a table of before, as it is called now: plain. */
const char *gd_back_now_column(const struct gd_back_names *names, const char *schema,
                               const char *table, const char *column);
/** Any column of it has another name. */
bool gd_back_has_moved_columns(const struct gd_back_names *names, const char *schema,
                               const char *table);
/** The other way round: a name of now, as it was before. */
void gd_back_name_before(const struct gd_back_names *names, const char *schema, const char *name,
                         const char **out_schema, const char **out_name);
const char *gd_back_column_before(const struct gd_back_names *names, const char *schema,
                                  const char *table, const char *column);

/** What stands in the list by its name of now; NULL: nothing. `table`: of before, of a column. */
struct gd_back_moved *gd_back_moved_now(const struct gd_back_names *names, const char *kind,
                                        const char *schema, const char *table, const char *name);
/** By its name of before. */
struct gd_back_moved *gd_back_moved_before(const struct gd_back_names *names, const char *kind,
                                           const char *schema, const char *table, const char *name);
struct gd_back_moved *gd_back_moved_add(struct gd_back_names *names,
                                        const struct gd_back_moved *moved);

/** A statement of the change, in order: `schema` and `schema_to` are those of then. */
void gd_back_moves(struct gd_back_names *names, const char *kind, const char *schema,
                   const char *table, const char *from, const char *schema_to, const char *to);

#endif
