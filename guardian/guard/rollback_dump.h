/*
 * Rollback, definitions: two dumps of one schema, before and now, as lists of what each statement
 * makes, how that is undone, and what stands in only one of them.
 *
 * Both are pg_dump's words about the same server, so that what is the same has the same text.
 *
 * Invariant    A statement of which it is not known how to undo it says so (undo NULL); it is never
 *              passed over.
 * Owner        the arena that they were read into.
 */
#ifndef GUARDIAN_GUARD_ROLLBACK_DUMP_H
#define GUARDIAN_GUARD_ROLLBACK_DUMP_H

#include "guardian/guard/rollback_names.h"
#include "guardian/pg/connect.h"
#include "guardian/restore/dump.h"

struct gd_back_column {
    const char *name, *type;
    const char *collation; /* " COLLATE …" or "" */
    const char *value;     /* of DEFAULT; NULL: none */
    const char *generated; /* of GENERATED ALWAYS AS … STORED; NULL: it is not */
    bool not_null;
    const char *not_null_name; /* NULL: the usual one */
};

/** What stands between the parentheses of CREATE TABLE. */
struct gd_back_table {
    const char *name; /* quoted, with its schema */
    struct gd_back_column *columns;
    size_t column_count;
    const char **checks, **check_names; /* "CONSTRAINT … CHECK …"; quoted names */
    size_t check_count;
    const char *head, *tail;    /* around the parentheses */
    const char *const *parents; /* INHERITS: quoted, with their schemas */
    size_t parent_count;
    bool unlogged, foreign;
    bool odd;       /* holds what is not understood */
    bool partition; /* its columns are those of its parent */
};

struct gd_back_item {
    const char *sql;
    enum gd_kind node;
    enum gd_dump_kind kind;
    bool post;         /* belongs behind the data */
    bool superuser;    /* only one may make it */
    const char *class; /* "table", "view", "index", "constraint", "comment" … */
    const char *schema, *name;
    const char *table;                /* the relation that it belongs to; "" */
    const char *about_schema, *about; /* the first qualified name of its text; "" */
    const char *what;                 /* for people: "index public.users_email_key" */
    const char *key;                  /* equal for the same object in both dumps */
    const char
        *undo; /* the statement that takes it away; "": goes with its object; NULL: unknown */
    const char *tablespace;
    struct gd_back_table *columns; /* of a table */
    const char *const *labels;     /* of an enum */
    size_t label_count;
    const char *const *keys; /* columns of a primary key or unique constraint */
    size_t key_count;
    bool primary;
    const char *refers_schema, *refers; /* of a foreign key: to which table; NULL */
    bool attached; /* an index or its constraint: a part of the one of the partition root */
    bool alone;    /* the other dump has no such statement */
    bool touched;  /* the same in both, and still taken away and made again */
    struct gd_back_item *other; /* the same object there, said differently; NULL: not there */
};

struct gd_back_dump {
    struct gd_back_item *items;
    size_t count;
    const struct gd_back_names *names; /* of now: it is told under the names of before; NULL */
};

/** The schema of a snapshot. @return as gd_dump_read() */
GD_MUST struct gd_status gd_back_read_snapshot(const struct gd_restore_options *options,
                                               struct gd_arena *arena,
                                               struct gd_back_dump *out_dump, struct gd_error *err);
/** The schema as it is now, by pg_dump. @return GD_USAGE no pg_dump fits; GD_BUSY a lock did not
 * come; GD_SYSTEM */
GD_MUST struct gd_status gd_back_read_now(const struct gd_restore_options *options,
                                          struct gd_pg *pg, const char *pg_dump, uint32_t lock_ms,
                                          struct gd_arena *arena, struct gd_back_dump *out_dump,
                                          struct gd_error *err);
/** From a text in hand. */
GD_MUST struct gd_status gd_back_read_text(const struct gd_restore_options *options,
                                           const char *text, struct gd_arena *arena,
                                           struct gd_back_dump *out_dump, struct gd_error *err);

/** An item with another text: described anew. */
GD_MUST struct gd_status gd_back_retell(struct gd_back_item *item, const char *sql,
                                        struct gd_arena *arena, struct gd_error *err);

/** Set `alone` and `other` in both. */
void gd_back_pair(struct gd_back_dump *before, struct gd_back_dump *now, struct gd_arena *arena);

/** The item that makes this; NULL: none. `table` NULL: whatever it belongs to. */
struct gd_back_item *gd_back_find(const struct gd_back_dump *dump, const char *class,
                                  const char *schema, const char *name, const char *table);
/** With the columns of the tables that it inherits from; itself when there are none. */
const struct gd_back_table *gd_back_all_columns(const struct gd_back_dump *dump,
                                                const struct gd_back_table *table,
                                                struct gd_arena *arena);
const struct gd_back_column *gd_back_column(const struct gd_back_table *table, const char *name);

/* rollback_undo.c: fills in class, names, key and undo of an item from its tree (may be NULL). */
void gd_back_describe(struct gd_back_item *item, const struct gd_node *tree,
                      struct gd_arena *arena);
/* rollback_table.c: columns of CREATE TABLE */
struct gd_back_table *gd_back_table_of(const char *sql, const struct gd_node *tree,
                                       struct gd_arena *arena);
/** public.users: for people and for the journal, quoted only where it must be. */
const char *gd_back_plain(const char *schema, const char *name, struct gd_arena *arena);

#endif
