/*
 * Dump: the SQL of a snapshot's archive, read, looked at, and sorted by what each statement is.
 *
 * pg_restore turns the archive into text; the text is cut and parsed here; nothing has been run
 * yet.
 * Invariant 1  A snapshot is untrusted input: a statement whose kind is not on the list of what
 *              pg_dump writes is refused, and so is one that reaches outside the database, unless
 *              the options say "trust".
 * Invariant 2  Names of the archive never reach argv or a path. Inside restore/ only.
 */
#ifndef GUARDIAN_RESTORE_DUMP_H
#define GUARDIAN_RESTORE_DUMP_H

#include "guardian/base/texts.h"
#include "guardian/restore/restore.h"
#include "guardian/sql/script.h"

enum gd_dump_kind {
    GD_DUMP_OTHER,       /* runs in its place */
    GD_DUMP_DATABASE,    /* about the database itself: its name is put in when it runs */
    GD_DUMP_EXTENSION,   /* CREATE EXTENSION */
    GD_DUMP_GRANT,       /* GRANT, REVOKE */
    GD_DUMP_INDEX,       /* CREATE INDEX */
    GD_DUMP_KEY,         /* ADD CONSTRAINT … PRIMARY KEY or UNIQUE */
    GD_DUMP_FOREIGN_KEY, /* ADD CONSTRAINT … FOREIGN KEY */
    GD_DUMP_LATE,        /* event triggers: after everything else */
    GD_DUMP_LARGE_OBJECT /* calls of lo_create, lo_open, lowrite, lo_close; BEGIN, COMMIT */
};

struct gd_dump_item {
    enum gd_dump_kind kind;
    enum gd_kind node;      /* of the tree; GD_KIND_NONE: the grammar is older than the statement */
    const char *sql;        /* names of roles are mapped already */
    const char *what;       /* for messages: "create TABLE "users" of schema "public"" */
    const char *tablespace; /* default_tablespace under which it runs; "" */
    const char *access_method;     /* default_table_access_method; "" */
    size_t name_offset, name_size; /* DATABASE: where its name stands in `sql` */
    const char *schema, *table;    /* INDEX, KEY, FOREIGN_KEY: the relation */
    const char *name;              /* of the index, the constraint, the extension */
    const char *build, *attach;    /* KEY: CREATE UNIQUE INDEX, and ADD CONSTRAINT … USING INDEX;
                                      FOREIGN_KEY: NOT VALID, and VALIDATE; NULL: only as it is */
    const char *refers_schema, *refers_table; /* FOREIGN_KEY: to whom */
    const char *const *roles; /* roles that must be there, mapped; NULL-terminated */
    const char *owner;        /* OWNER TO: whom; or NULL */
    bool expression;          /* INDEX: has expressions or a condition */
    bool not_valid;           /* the constraint stays NOT VALID */
    bool superuser;           /* only a superuser may */
    bool of_schema;           /* makes a schema, says whose it is, or who may use it */
    bool forgiven; /* a plain role may be refused this (comments of extensions, schema public):
                      a warning then */
};

struct gd_dump {
    struct gd_arena *arena; /* of the lists */
    struct gd_dump_item *items;
    size_t count, capacity;
    struct gd_texts roles;     /* all that are named, mapped, without PUBLIC */
    struct gd_texts owners;    /* of them those that shall own something */
    struct gd_texts not_valid; /* "schema.table.constraint" that stay NOT VALID */
    struct gd_texts refused;   /* statements that reach outside, as "what: why" */
    struct gd_texts tablespaces;
};

/** Which part of an archive. */
enum gd_dump_section { GD_DUMP_PRE_DATA, GD_DUMP_POST_DATA, GD_DUMP_ALL };

/** @return GD_CORRUPT the object is damaged, or not what pg_dump writes; GD_REFUSED statements that
 * reach outside the database (all of them named) and no trust; GD_USAGE no pg_restore */
GD_MUST struct gd_status gd_dump_read(const struct gd_restore_options *options,
                                      const struct gd_stored *stored, enum gd_dump_section section,
                                      struct gd_arena *arena, struct gd_dump *out_dump,
                                      struct gd_error *err);

/** Called with each item while the archive is read (large objects: too many to keep). The item and
 * its texts are void afterwards. */
typedef struct gd_status gd_dump_each_fn(const struct gd_dump_item *item, void *context,
                                         struct gd_error *err);
GD_MUST struct gd_status gd_dump_stream(const struct gd_restore_options *options,
                                        const struct gd_stored *stored, gd_dump_each_fn *each,
                                        void *context, struct gd_error *err);

/** The text of an archive is cut and judged from any reader: for tests, and for texts in hand. */
GD_MUST struct gd_status gd_dump_cut(const struct gd_restore_options *options, gd_read_fn *read,
                                     void *context, struct gd_arena *arena,
                                     struct gd_dump *out_dump, struct gd_error *err);

/** What one statement is. `out_item` is filled; roles and tablespaces are added to `dump`.
 *  @return GD_CORRUPT a statement that pg_dump never writes */
GD_MUST struct gd_status gd_dump_judge(const struct gd_restore_options *options,
                                       const struct gd_stmt *stmt, struct gd_arena *arena,
                                       struct gd_dump *dump, struct gd_dump_item *item,
                                       struct gd_error *err);

/** A SET or set_config() of pg_dump's header: `settings` holds them from now on, and nothing is to
 * be run. @return GD_CORRUPT a setting that pg_dump does not make */
GD_MUST struct gd_status gd_dump_setting(const struct gd_stmt *stmt, struct gd_dump *dump,
                                         struct gd_dump_item *settings, bool *out_taken,
                                         struct gd_error *err);

/** Put other names of roles in; notes in `item` and `dump` which are named. */
GD_MUST struct gd_status gd_dump_roles(const struct gd_restore_options *options,
                                       const struct gd_stmt *stmt, struct gd_arena *arena,
                                       struct gd_dump *dump, struct gd_dump_item *item,
                                       struct gd_error *err);

/** The name that stands for a recorded role: of map_roles, or the same. */
const char *gd_mapped_role(const struct gd_restore_options *options, const char *role,
                           struct gd_arena *arena);

/** "name", quoted always. */
const char *gd_quoted(const char *name, struct gd_arena *arena);
/** "schema"."name"; without a schema the name alone. */
const char *gd_quoted_pair(const char *schema, const char *name, struct gd_arena *arena);
/** "a", "b": a list of columns; "" of none. */
const char *gd_quoted_list(const char *const *names, size_t count, struct gd_arena *arena);
/** 'text' as a literal, whatever is in it. */
const char *gd_literal(const char *text, struct gd_arena *arena);
/** `sql` of a DATABASE item with another name in it. */
const char *gd_dump_named(const struct gd_dump_item *item, const char *database,
                          struct gd_arena *arena);

#endif
