/*
 * Look: what a rule may ask about the statement before it.
 *
 * A look joins three sources: the tree (what the text says), the state (what the script has done
 * so far), and the survey (what the live catalogue holds; NULL without a database). Answers are
 * truths with a third value: without a database most of the world is GD_UNSURE, and a rule takes
 * the worse side then.
 */
#ifndef GUARDIAN_CLASSIFY_LOOK_H
#define GUARDIAN_CLASSIFY_LOOK_H

#include "guardian/base/arena.h"
#include "guardian/classify/finding.h"
#include "guardian/classify/rule.h"
#include "guardian/pg/survey.h"
#include "guardian/sql/script.h"
#include "guardian/sql/tree.h"

enum gd_truth { GD_NO, GD_YES, GD_UNSURE };

struct gd_state;
struct gd_judge;

struct gd_look {
    const struct gd_node *node;   /* what the row's kind names: an AlterTableCmd, a DropStmt … */
    const struct gd_node *parent; /* the statement that holds it; == node for a statement */
    const char *sub;              /* its `sub` value; "" when the kind has none */
    struct gd_state *state;
    const struct gd_survey *survey;
    struct gd_judge *judge; /* for effects that judge something nested */
    struct gd_arena *arena; /* findings live here */
    uint32_t line;
    bool guarded; /* in a DO block that looks first, or that catches the error of
                     doing it twice */
};

/* ---- names ---- */

/** As written: `schema` is "" when it is not given. */
struct gd_name {
    const char *schema;
    const char *name;
};

struct gd_name gd_name_of_range(const struct gd_node *range_var);
/** A list of String: DefineStmt.defnames, CreateEnumStmt.type_name … */
struct gd_name gd_name_of_list(const struct gd_node *node, enum gd_field field);
/** One item of DropStmt.objects, or an `object` field: List, TypeName, ObjectWithArgs, String. */
struct gd_name gd_name_of_object(const struct gd_node *object);
/** The type that a TypeName names; pg_catalog names keep their catalogue spelling ("int4"). */
struct gd_name gd_name_of_type(const struct gd_node *type_name);

/** `public.users`, `"App"."User"`: each part quoted when it must be; without a schema just the
 *  name. */
const char *gd_name_show(struct gd_arena *arena, struct gd_name name);
const char *gd_quote_identifier(struct gd_arena *arena, const char *name);

/* ---- relations, types, functions as this statement meets them ---- */

struct gd_target {
    struct gd_name name;   /* the schema filled in, as far as it is known */
    const char *qualified; /* for scopes and for people */
    enum gd_truth exists;
    bool fresh;          /* made by this script and surely not there before */
    uint32_t fresh_line; /* where */
    bool temporary;      /* a temporary one of this session */
    bool doubtful;       /* the name may stand for another relation, or for more of them */
    bool system;         /* in pg_catalog, information_schema or pg_toast */
    const struct gd_relation *relation; /* the catalogue's; NULL when unknown, fresh or absent */
};

/** Resolve a relation as the server would: search_path, pg_temp first, renames and drops of this
 *  script applied. */
struct gd_target gd_look_relation(const struct gd_look *look, struct gd_name name);
/** The relation in field `relation` of the statement (look->parent). */
struct gd_target gd_look_table(const struct gd_look *look);

struct gd_type_target {
    struct gd_name name;
    const char *qualified;
    enum gd_truth exists;
    bool fresh;
    uint32_t fresh_line;
    enum gd_truth is_enum;
    enum gd_truth is_domain;
    const struct gd_type *type;
};
struct gd_type_target gd_look_type(const struct gd_look *look, struct gd_name name);

/** Labels of an enum as the script left it so far; count 0 when not known. */
size_t gd_look_enum_labels(const struct gd_look *look, const struct gd_type_target *type,
                           const char *const **out_labels);

/** A column of a target. `exists` counts columns that this script added or dropped. */
struct gd_column_target {
    enum gd_truth exists;
    bool fresh; /* added by this script: holds nothing that was there before */
    uint32_t fresh_line;
    const struct gd_column *column; /* the catalogue's, or NULL */
    const char *qualified;          /* table.column */
};
struct gd_column_target gd_look_column(const struct gd_look *look, const struct gd_target *table,
                                       const char *column);

/** Does the object of a kind that has only existence here (role, schema, extension, database,
 *  publication, …; the words of struct gd_other) exist? `out_other` may be NULL. */
enum gd_truth gd_look_other(const struct gd_look *look, const char *kind, struct gd_name name,
                            const struct gd_other **out_other);

/** A function by name and argument list: an ObjectWithArgs, or a CreateFunctionStmt. With the
 *  catalogue the one overload with the same input types; NULL and `*out_exists` tells the rest. */
const struct gd_function *gd_look_function(const struct gd_look *look,
                                           const struct gd_node *with_arguments,
                                           enum gd_truth *out_exists);

/** Was the object (kind: "function public.f", "trigger t on public.x", "policy …", "index …") made
 *  by this script? `kind` is the lower-case word, `name` what gd_name_show gives. */
bool gd_look_fresh(const struct gd_look *look, const char *kind, const char *name,
                   uint32_t *out_line);

/** Is a database being looked at (and was all that was named seen)? */
bool gd_look_live(const struct gd_look *look);

/* ---- what a finding is made of ---- */

void gd_finding_note(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
    GD_PRINTF(3, 4);
void gd_finding_reason(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
    GD_PRINTF(3, 4);
void gd_finding_object(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
    GD_PRINTF(3, 4);

/** The rows of `table` are at stake: add it to the scope, with its children and partitions unless
 *  the statement says ONLY. Sets scope to GD_SCOPE_TABLES when it was lower. A fresh or temporary
 *  table adds nothing. */
void gd_finding_table(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table);
/** The same where one column is enough. */
void gd_finding_column(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *column);

/** Nothing of value is lost: the object was made by this script (line), or is temporary. Lowers
 *  class to none (`loses` nothing, scope none) and says so in `fresh`. */
void gd_finding_is_fresh(struct gd_look *look, struct gd_finding *finding, uint32_t line);

/** The statement finds its work done: class none, loses nothing, `reason` says what was found. */
void gd_finding_is_done(struct gd_look *look, struct gd_finding *finding, const char *format, ...)
    GD_PRINTF(3, 4);

/** Raise the three together, never lower. */
void gd_finding_raise(struct gd_finding *finding, enum gd_class class, enum gd_loss loses,
                      enum gd_scope scope);

/** Add what DROP of `address` takes along to `takes`, and the tables whose columns or rows go to
 *  the scope (raising the loss to data when rows are among them). Without a survey it notes that
 *  the dependants are not known; with CASCADE the scope is the database then. */
void gd_finding_dependents(struct gd_look *look, struct gd_finding *finding,
                           struct gd_address address, bool cascade);

/** DELETE, UPDATE, TRUNCATE … of `table`: add what foreign keys, triggers and rules reach from it.
 *  `event` is "insert", "update", "delete" or "truncate". Trigger functions are read. */
void gd_finding_write_closure(struct gd_look *look, struct gd_finding *finding,
                              const struct gd_target *table, const char *event);

/** Judge an expression that this statement evaluates now (a default that fills rows, a CHECK that
 *  is validated): calls in it raise the finding's class. The engine does it by itself for all that
 *  stands in an executed statement; see engine.c for the list of kinds where it does not. */
void gd_finding_expression(struct gd_look *look, struct gd_finding *finding,
                           const struct gd_node *expression);

/* ---- data-dependent checks (checks.c) ---- */

void gd_check_not_null(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *column); /* NULLs: 23502 */
void gd_check_any_row(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table); /* NOT NULL without default: 23502 */
void gd_check_values(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_target *table, const char *column); /* what a drop loses */
void gd_check_rows(struct gd_look *look, struct gd_finding *finding,
                   const struct gd_target *table); /* what a drop or truncate loses */
/** `definition` is an IndexStmt or a Constraint (unique, primary key): duplicates, 23505. */
void gd_check_unique(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_target *table, const struct gd_node *definition);
/** `constraint` is a Constraint with CONSTR_CHECK: violations, 23514. */
void gd_check_condition(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_target *table, const struct gd_node *constraint);
/** `constraint` is a Constraint with CONSTR_FOREIGN: orphans, 23503. */
void gd_check_foreign_key(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *table, const struct gd_node *constraint);
/** VALIDATE CONSTRAINT: rows that break the constraint of that name in the catalogue. */
void gd_check_validate(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *name);
/** ALTER COLUMN TYPE: values that do not cast, are cut or rounded, or are removed enum labels. */
void gd_check_type_change(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *table, const struct gd_node *alter_cmd);
/** ALTER DOMAIN … ADD CONSTRAINT / SET NOT NULL: every column of the domain. */
void gd_check_domain(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_type_target *domain, const struct gd_node *alter_domain);
/** ATTACH PARTITION: rows out of bounds, and rows of the default partition inside them. */
void gd_check_partition(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_target *parent, const struct gd_node *partition_cmd);
/** UPDATE or DELETE: how many rows it would touch. */
void gd_check_touched(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table, const struct gd_node *statement);

/* ---- small readers that many rules share ---- */

/** The behaviour field says CASCADE. */
bool gd_says_cascade(const struct gd_node *statement);
/** Options: the DefElem called `name` (any case) in a list field; NULL when absent. */
const struct gd_node *gd_option(const struct gd_node *node, enum gd_field list, const char *name);
/** Is a boolean DefElem on: no value, true, on, 1 … */
bool gd_option_on(const struct gd_node *def_elem);
/** Text of a DefElem's value: String, Float, Integer, TypeName; "" when there is none. */
const char *gd_option_text(struct gd_arena *arena, const struct gd_node *def_elem);
/** The constraint of a kind ("CONSTR_NOTNULL") in a ColumnDef; NULL when absent. */
const struct gd_node *gd_column_constraint(const struct gd_node *column_def, const char *kind);

/** What an expression may do when it is evaluated. */
enum gd_volatility {
    GD_VOLATILITY_CONSTANT, /* constants and immutable or stable builtins */
    GD_VOLATILITY_BUILTIN, /* a volatile builtin that changes nothing of value: random(), now … */
    GD_VOLATILITY_USER     /* calls something that is no builtin, or has side effects */
};
enum gd_volatility gd_expression_volatility(const struct gd_look *look,
                                            const struct gd_node *expression);

#endif
