/*
 * Type change: what ALTER COLUMN … TYPE does to the values that are there.
 *
 * The answer comes from tables of what PostgreSQL's casts do to a value and of when the server
 * keeps the table's file; tests/system/test_type_change.py holds both against a running server.
 *
 * Invariant  What no table names is GD_CHANGE_OTHER, with a rewrite: never "nothing is lost".
 * Not here   the catalogue and the script's state: the caller says what it knows of both types.
 */
#ifndef GUARDIAN_CLASSIFY_TYPE_CHANGE_H
#define GUARDIAN_CLASSIFY_TYPE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/sql/tree.h"

/* Mildest first: a chain of casts is as bad as its worst link. */
#define GD_CHANGES(X)                                                                              \
    X(SAME, "same type")                                                                           \
    X(RELABEL, "the same bytes under another name or a wider limit")                               \
    X(CASELESS, "text and citext")                                                                 \
    X(DOMAIN, "a domain whose constraints every value must pass")                                  \
    X(WIDEN, "every old value has its exact counterpart")                                          \
    X(LABELS, "text that becomes an enum")                                                         \
    X(TEXT, "text form, the same whatever the settings")                                           \
    X(ENUM, "enum to enum, label by label")                                                        \
    X(NARROW, "fits or fails, trailing blanks aside")                                              \
    X(STYLED, "text form that follows the session's settings")                                     \
    X(BLANKS, "padding blanks go")                                                                 \
    X(ZONE, "read in the session's time zone")                                                     \
    X(NETWORK, "host bits go")                                                                     \
    X(JSON, "json's own text goes")                                                                \
    X(TIME, "part of a date or time goes")                                                         \
    X(ROUND, "numbers are rounded")                                                                \
    X(CUT, "an explicit cast cuts what is too long")                                               \
    X(READ, "text is read as a value, its spelling goes")                                          \
    X(OTHER, "nothing says that values survive")                                                   \
    X(COMPUTED, "USING is more than a cast of the column")                                         \
    X(UNKNOWN, "the old type is not known")

enum gd_change {
#define X(name, text) GD_CHANGE_##name,
    GD_CHANGES(X)
#undef X
};

const char *gd_change_text(enum gd_change change);

/** A type as far as its name and modifiers say: numeric(10,2)[] is {"numeric", {10, 2}, 2, true}.
 */
struct gd_type_form {
    const char *schema; /* "" when not written; builtins have "" */
    const char *name;   /* catalogue spelling: "int4", "varchar" */
    int64_t modifiers[2];
    size_t modifier_count;
    bool array;
    bool is_enum;    /* known to be one */
    bool checked;    /* a domain with constraints over this type */
    uint32_t domain; /* the domain that it was written as; 0: none, or one that is new */
};

/** Of a TypeName node. */
struct gd_type_form gd_type_form_of(const struct gd_node *type_name);

/** Of what format_type() printed: "character varying(50)[]". @return false when it does not read
 *  as a type; `out_form` is not written then */
bool gd_type_form_parse(const char *text, struct gd_arena *arena, struct gd_type_form *out_form);

bool gd_type_form_equal(const struct gd_type_form *left, const struct gd_type_form *right);

/** The casts that a USING applies to its own column, innermost first. */
enum { GD_CASTS_MAX = 4 };
struct gd_using {
    bool given;    /* there is one, and it is not the bare column */
    bool computed; /* more than casts of the column; `casts` is empty then */
    size_t cast_count;
    const struct gd_node *casts[GD_CASTS_MAX]; /* TypeName nodes */
};
struct gd_using gd_using_read(const struct gd_node *expression, const char *column);

struct gd_change_question {
    const struct gd_type_form *old_form; /* NULL: not known */
    struct gd_type_form new_form;
    struct gd_using using;
    bool utc; /* the session's time zone is known to be UTC */
};

struct gd_change_answer {
    enum gd_change change;
    bool rewrite; /* the table gets a new file */
};

struct gd_change_answer gd_type_change(const struct gd_change_question *question);

/** Is `name` a time zone that has never had another offset than zero? */
bool gd_zone_is_utc(const char *name);

#endif
