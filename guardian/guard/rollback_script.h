/*
 * Rollback, the script: the statements that make the schema what it was, and what they do to rows.
 *
 * Made from two dumps and a look at what depends on what; nothing is run here.
 *
 * Phases       old names; take away; make (tables get their columns back, without rows); [rows];
 *              firm up (NOT NULL, checks); indexes and keys; partitions join the roots that are
 *              there; the rest behind the rows; grants; last.
 */
#ifndef GUARDIAN_GUARD_ROLLBACK_SCRIPT_H
#define GUARDIAN_GUARD_ROLLBACK_SCRIPT_H

#include "guardian/guard/rollback_dump.h"

enum gd_back_phase {
    GD_BACK_RENAME,
    GD_BACK_UNDO,
    GD_BACK_MAKE,
    GD_BACK_FIRM,
    GD_BACK_INDEX,
    GD_BACK_JOIN,
    GD_BACK_POST,
    GD_BACK_GRANT,
    GD_BACK_LAST,
    GD_BACK_PHASES
};

struct gd_back_statement {
    enum gd_back_phase phase;
    const char *what, *sql, *tablespace;
};

/** A column whose values the script changes or loses. */
enum gd_back_fate {
    GD_BACK_RETURNS, /* it was dropped, and is added again */
    GD_BACK_RETYPED, /* its type becomes what it was */
    GD_BACK_LEAVES,  /* the change made it: its values go */
    GD_BACK_SWAPPED  /* its enum type is made anew */
};
struct gd_back_value {
    enum gd_back_fate fate;
    const char *schema, *table, *column;
    const char *type, *type_now; /* before, now */
    const char *value;           /* RETURNS: its default; NULL: none */
    bool not_null;               /* before */
    const char
        *strange; /* SWAPPED: the labels that the type did not have, as a list of literals; ""
                   */
    bool missing; /* SWAPPED: it had labels that it has no more */
};

struct gd_back_named {
    const char *schema, *name;
};

struct gd_back_script {
    struct gd_arena *arena;
    const struct gd_back_names *names; /* what is called otherwise now; NULL: nothing */
    struct gd_back_statement *statements;
    size_t count, capacity;
    struct gd_back_value *values;
    size_t value_count, value_capacity;
    struct gd_back_named *returns; /* tables that were dropped, and come back empty */
    size_t return_count, return_capacity;
    struct gd_back_named *leaves; /* tables that the change made */
    size_t leave_count, leave_capacity;
    struct gd_back_named *sequences; /* made again: they stand at their start */
    size_t sequence_count, sequence_capacity;
    struct gd_back_named *matviews; /* made again, empty */
    size_t matview_count, matview_capacity;
    struct gd_texts locked;  /* tables that it alters, quoted */
    struct gd_texts unknown; /* why it would not be exact, phrases */
};

/** @param pg  for what depends on what; nothing is changed */
GD_MUST struct gd_status gd_back_script(struct gd_back_dump *before, struct gd_back_dump *now,
                                        struct gd_pg *pg, struct gd_arena *arena,
                                        struct gd_back_script **out_script, struct gd_error *err);

/* Inside the rollback only. */
void gd_back_say(struct gd_back_script *script, enum gd_back_phase phase, const char *what,
                 const char *sql, const char *tablespace);
void gd_back_name(struct gd_back_script *script, struct gd_back_named **items, size_t *count,
                  size_t *capacity, const char *schema, const char *name);
struct gd_back_value *gd_back_value(struct gd_back_script *script);
/** rollback_alter.c: both sides of a table that is there in both. */
void gd_back_alter(struct gd_back_script *script, const struct gd_back_item *before,
                   const struct gd_back_item *now);
void gd_back_alter_undo(struct gd_back_script *script, const struct gd_back_item *before,
                        const struct gd_back_item *now);
/** rollback_enum.c: an enum whose labels differ; `dump` is the one of before. */
GD_MUST struct gd_status gd_back_swap(struct gd_back_script *script,
                                      const struct gd_back_dump *dump, struct gd_pg *pg,
                                      const struct gd_back_item *before,
                                      const struct gd_back_item *now, struct gd_error *err);
bool gd_back_is_relabelled(const struct gd_back_item *before, const struct gd_back_item *now);
/** rollback_touch.c: what stands in the way of statements is taken away, too, and made again. */
GD_MUST struct gd_status gd_back_touch(struct gd_back_script *script, struct gd_back_dump *before,
                                       struct gd_back_dump *now, struct gd_pg *pg,
                                       struct gd_error *err);
/** CREATE OR REPLACE would do: only the body differs. */
bool gd_back_is_same_head(const struct gd_back_item *before, const struct gd_back_item *now);

#endif
