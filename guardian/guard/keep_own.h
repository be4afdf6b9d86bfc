/*
 * Keep, from within: what its files share. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_KEEP_OWN_H
#define GUARDIAN_GUARD_KEEP_OWN_H

#include "guardian/guard/keep.h"

#define GD_KEEP_KINDS(X)                                                                           \
    X(TABLE, "table")                                                                              \
    X(COLUMN, "column")                                                                            \
    X(DEFAULT, "default")                                                                          \
    X(NOT_NULL, "not null")                                                                        \
    X(CONSTRAINT, "constraint")                                                                    \
    X(INDEX, "index")                                                                              \
    X(TYPE, "type")                                                                                \
    X(TRIGGER, "trigger")                                                                          \
    X(POLICY, "policy")                                                                            \
    X(RULE, "rule")                                                                                \
    X(VIEW, "view")                                                                                \
    X(SEQUENCE, "sequence")                                                                        \
    X(FUNCTION, "function")                                                                        \
    X(EXTENSION, "extension")                                                                      \
    X(SCHEMA, "schema")

enum gd_keep_kind {
#define X(name, text) GD_KEPT_##name,
    GD_KEEP_KINDS(X)
#undef X
};
const char *gd_keep_kind_name(enum gd_keep_kind kind);

/** One object that a statement makes, drops or renames, as it is written there. */
struct gd_keep_object {
    enum gd_keep_kind kind;
    const char *schema;         /* "": not said */
    const char *table;          /* of what is on one; "" */
    const char *name;           /* "": the server chooses it, and `node` tells */
    const struct gd_node *node; /* Constraint, IndexStmt */
    const char *column;         /* a Constraint of one column's own; "" */
    const char *owner;
    const struct gd_texts *path; /* what SET search_path said before it; NULL: nothing */
    bool gone;                   /* dropped later in the files */
};

enum gd_keep_deed { GD_KEEP_MADE, GD_KEEP_DROPPED, GD_KEEP_RENAMED };

/** @param newname  of GD_KEEP_RENAMED */
typedef void gd_keep_deed_fn(const struct gd_keep_object *object, enum gd_keep_deed deed,
                             const char *newname, void *context);

/* ---- keep_deeds.c ---- */
/** Every object that one statement makes, drops or renames, the statement's own first. */
void gd_keep_deeds(const struct gd_node *node, gd_keep_deed_fn *each, void *context);
/** The deeds of one AlterTableCmd. */
void gd_keep_deeds_of_command(const struct gd_node *relation, const struct gd_node *command,
                              gd_keep_deed_fn *each, void *context);
/** The object that part `index` of a DROP names. */
bool gd_keep_dropped(const struct gd_node *drop, size_t index, struct gd_keep_object *out_object);
/** What a RenameStmt or an AlterObjectSchemaStmt names. */
bool gd_keep_renamed(const struct gd_node *node, struct gd_keep_object *out_object);
/** The kind that the library's word means; false: none that can be kept. */
bool gd_keep_kind_of(const char *object_type, enum gd_keep_kind *out_kind);

/* ---- keep_read.c ---- */
struct gd_keep_name; /* a pattern, see keep_name.c */
struct gd_keeping {
    struct gd_arena *arena;
    struct gd_keep_object *objects;
    size_t object_count, object_capacity;
    const struct gd_node **own; /* top-level statements of the files */
    size_t own_count, own_capacity;
    struct gd_keep_name *names; /* a list, newest first */
    struct gd_texts files, notes;
    size_t statement_bytes_max;
};

/* ---- keep_name.c ---- */
/** @return NULL, or what is wrong with it */
const char *gd_keep_name_add(struct gd_keeping *keep, const char *pattern, const char *owner);

/* ---- keep_find.c ---- */
/** One object that is there. */
struct gd_keep_live {
    enum gd_keep_kind kind;
    const char *schema, *table, *name;  /* table "": it is on none */
    const struct gd_relation *relation; /* itself, or what it is on; NULL */
    const struct gd_constraint *constraint;
    const struct gd_index *index;
    struct gd_address address; /* oid 0: pg_depend does not know it by itself */
};

/** Whose it is; NULL: nobody's. */
const char *gd_keep_owner(const struct gd_keep_look *look, const struct gd_keep_live *live);
/** The owner of a pattern that names it; NULL. (keep_name.c) */
const char *gd_keep_name_owner(const struct gd_keeping *keep, const struct gd_keep_live *live);
/** The same of a name in words: "column public.users.age". (keep_name.c) */
bool gd_keep_parse(const char *text, struct gd_arena *arena, const char *out_parts[3],
                   size_t *out_count);

/** Find what a written object is. @return false: it is not there */
bool gd_keep_find(const struct gd_keep_look *look, const struct gd_keep_object *written,
                  struct gd_keep_live *out_live);
/** … what pg_depend means by an address. */
bool gd_keep_find_address(const struct gd_keep_look *look, struct gd_address address,
                          struct gd_keep_live *out_live);
const struct gd_relation *gd_keep_find_relation(const struct gd_survey *survey, const char *schema,
                                                const char *name);
/** "index public.users_email_idx", "default of public.users.role" */
const char *gd_keep_show(const struct gd_keep_live *live, struct gd_arena *arena);

/* ---- keep_touch.c ---- */
struct gd_keep_part { /* of a statement that does several things: which of them to leave out */
    bool *out;
    size_t count;
};
/** Does the statement stand in the declaring files? */
bool gd_keep_is_own(const struct gd_keeping *keep, const struct gd_node *tree);
/** Adds what it touches to `found`. @return what could be left out of it */
struct gd_keep_part gd_keep_touches(const struct gd_keep_look *look, const struct gd_node *tree,
                                    size_t statement, struct gd_keep_found *found);

/* ---- keep_cut.c ---- */
/** The text of an ALTER TABLE or a DROP without some of its parts; NULL when that is not exact. */
const char *gd_keep_cut(const char *text, const struct gd_node *tree,
                        const struct gd_keep_part *parts, struct gd_arena *arena);
/** How the server answers: "DROP INDEX". */
const char *gd_keep_tag(const struct gd_node *tree, struct gd_arena *arena);

#endif
