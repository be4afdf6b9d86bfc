/*
 * Rule: one fact about PostgreSQL, in one row.
 *
 * A row names the node that it is about (kind, and for kinds that come in many forms the `sub`
 * value: ALTER TABLE's subcommand, DROP's object type …), says when it applies, and what then
 * holds. All rows that match count; the worst leads. A node without a matching row is unknown.
 *
 * Rows stand in rules_*.c, grouped as the manual groups its pages. docs/rules/ and
 * `guardian explain ID` print them.
 */
#ifndef GUARDIAN_CLASSIFY_RULE_H
#define GUARDIAN_CLASSIFY_RULE_H

#include "guardian/classify/finding.h"
#include "guardian/sql/tree.h"

struct gd_look;

/** Does the row apply? Pure: reads the look, changes nothing. */
typedef bool gd_when_fn(const struct gd_look *look);

/** Sharpen a finding that the row has just made: name the tables, the columns, what goes along,
 *  the checks; it may raise the class, or lower it where the catalogue proves it. */
typedef void gd_effect_fn(struct gd_look *look, struct gd_finding *finding);

struct gd_rule {
    const char *id;       /* "A015": letter of the group, number within it; never used again */
    const char *title;    /* "DROP COLUMN" */
    enum gd_kind kind;    /* GD_KIND_AlterTableCmd, GD_KIND_DropStmt, GD_KIND_FuncCall … */
    const char *sub;      /* "AT_DropColumn", "OBJECT_TABLE", "setval"; NULL: every form */
    gd_when_fn *when;     /* NULL: always */
    gd_effect_fn *effect; /* NULL: nothing to add */
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
    enum gd_lock lock; /* on the named relation */
    bool rewrite, scan;
    bool alone; /* refuses to run inside a transaction block */
    enum gd_rerun rerun;
    short since_pg, until_pg; /* majors; 0: all that Guardian knows */
    const char *sqlstate;     /* of the second run or of the usual failure; NULL */
    const char *because;      /* why it has this class: a full sentence */
    const char *instead;      /* what to do rather than this; "" when it is fine */
    const char *source;       /* page of the manual: "sql-altertable" */
};

/** A group of rows. */
struct gd_rule_group {
    char letter;
    const char *name; /* "Tables and columns" */
    const struct gd_rule *rules;
    const size_t *count;
};

/** All groups, in the order of their letters. */
extern const struct gd_rule_group gd_rule_groups[];
extern const size_t gd_rule_group_count;

const struct gd_rule *gd_rule_find(const char *id);

/** Walk all rules: NULL after the last. */
const struct gd_rule *gd_rule_at(size_t index);

#endif
