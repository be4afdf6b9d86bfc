/*
 * What the rows of group A (rules_tables_alter.c) ask and add.
 *
 * Predicates read like sentences and are NULL-safe; effects first settle what is not there, then
 * sharpen, then let go of what this script made itself.
 */
#ifndef GUARDIAN_CLASSIFY_RULES_TABLES_ALTER_H
#define GUARDIAN_CLASSIFY_RULES_TABLES_ALTER_H

#include "guardian/classify/look.h"
#include "guardian/classify/type_change.h"

/* ---- shared ---- */

/** The ALTER TABLE that holds the command or constraint. */
const struct gd_node *gd_alter_statement(const struct gd_look *look);
/** Is the statement ALTER <type> ("OBJECT_TABLE")? */
bool gd_alter_says(const struct gd_look *look, const char *object_type);
/** relkind of the target, from the catalogue or else from the statement's own word. */
char gd_alter_relkind(const struct gd_look *look, const struct gd_target *target);
/** "table public.users": the word for its kind, and its name. */
const char *gd_alter_show(const struct gd_look *look, const struct gd_target *target);

/** Look at the target. @return false when it is not there: the finding says so already. */
bool gd_alter_begin(struct gd_look *look, struct gd_finding *finding, struct gd_target *out_target);
/** What a fresh or temporary table holds is not lost. */
void gd_alter_end(struct gd_look *look, struct gd_finding *finding, const struct gd_target *target);
/** The column that the command names. @return false when it is not there */
bool gd_alter_begin_column(struct gd_look *look, struct gd_finding *finding,
                           struct gd_target *out_target, struct gd_column_target *out_column);
/** Note each object for which the server would refuse the command; `code` is its SQLSTATE. */
void gd_alter_note_blockers(struct gd_look *look, struct gd_finding *finding,
                            struct gd_address root, const char *code);
struct gd_address gd_alter_column_address(const struct gd_target *target,
                                          const struct gd_column_target *column);
/** The same value or call, whatever casts the server has written into it. */
bool gd_alter_same_expression(const struct gd_node *left, const struct gd_node *right);
/** Another command of the same statement adds this column. */
bool gd_alter_adds(const struct gd_look *look, const char *column);
/** The column definition around a Constraint of ADD COLUMN; NULL for a table constraint. */
const struct gd_node *gd_alter_column_def(const struct gd_look *look);
/** ADD COLUMN IF NOT EXISTS that finds the column. */
bool gd_alter_finds_column(const struct gd_look *look);

/* ---- by what is altered ---- */
bool gd_alter_on_table(const struct gd_look *look);
bool gd_alter_on_foreign_table(const struct gd_look *look);
bool gd_alter_on_view(const struct gd_look *look);
bool gd_alter_on_index(const struct gd_look *look);
bool gd_alter_on_sequence(const struct gd_look *look);
bool gd_alter_on_composite(const struct gd_look *look);
bool gd_alter_on_relation(const struct gd_look *look); /* all but composites */

/** Only settles and lets go. */
void gd_alter_plain(struct gd_look *look, struct gd_finding *finding);
/** The same for a command that names a column. */
void gd_alter_plain_column(struct gd_look *look, struct gd_finding *finding);

/* ---- columns ---- */
bool gd_alter_adds_serial(const struct gd_look *look);
bool gd_alter_adds_domain(const struct gd_look *look);
bool gd_alter_default_is_constant(const struct gd_look *look);
bool gd_alter_default_is_volatile(const struct gd_look *look);
bool gd_alter_lacks_default(const struct gd_look *look);
bool gd_alter_has_default(const struct gd_look *look);
bool gd_alter_is_timing(const struct gd_look *look);
bool gd_alter_column_def_is_there(const struct gd_look *look);
bool gd_alter_drops_computed(const struct gd_look *look);
bool gd_alter_drops_restrict(const struct gd_look *look);
bool gd_alter_drops_cascade(const struct gd_look *look);
bool gd_alter_sets_default(const struct gd_look *look);
bool gd_alter_drops_default(const struct gd_look *look);
bool gd_alter_restarts(const struct gd_look *look);
bool gd_alter_keeps_counter(const struct gd_look *look);
void gd_alter_add_column(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_attribute(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_part(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_generated(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_not_null(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_column(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_attribute(struct gd_look *look, struct gd_finding *finding);
void gd_alter_set_default(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_default(struct gd_look *look, struct gd_finding *finding);
void gd_alter_set_not_null(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_not_null(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_identity(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_identity(struct gd_look *look, struct gd_finding *finding);
void gd_alter_set_identity(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_expression(struct gd_look *look, struct gd_finding *finding);
void gd_alter_set_expression(struct gd_look *look, struct gd_finding *finding);

/* ---- types: one predicate per kind of change ---- */
#define GD_ALTER_CHANGES(X)                                                                        \
    X(SAME, same)                                                                                  \
    X(RELABEL, relabel)                                                                            \
    X(CASELESS, caseless)                                                                          \
    X(DOMAIN, domain)                                                                              \
    X(WIDEN, widen)                                                                                \
    X(LABELS, labels)                                                                              \
    X(TEXT, text)                                                                                  \
    X(ENUM, enum)                                                                                  \
    X(NARROW, narrow)                                                                              \
    X(STYLED, styled)                                                                              \
    X(BLANKS, blanks)                                                                              \
    X(ZONE, zone)                                                                                  \
    X(NETWORK, network)                                                                            \
    X(JSON, json)                                                                                  \
    X(TIME, time)                                                                                  \
    X(ROUND, round)                                                                                \
    X(CUT, cut)                                                                                    \
    X(READ, read)                                                                                  \
    X(OTHER, other)                                                                                \
    X(COMPUTED, computed)                                                                          \
    X(UNKNOWN, unknown)
#define X(name, word) bool gd_alter_type_##word(const struct gd_look *look);
GD_ALTER_CHANGES(X)
#undef X
bool gd_alter_type_collates(const struct gd_look *look);
void gd_alter_type(struct gd_look *look, struct gd_finding *finding);
void gd_alter_type_collation(struct gd_look *look, struct gd_finding *finding);
void gd_alter_attribute_type(struct gd_look *look, struct gd_finding *finding);
/** The column's type as this statement meets it. @return false when it is not known */
bool gd_alter_old_form(const struct gd_look *look, const struct gd_column *column,
                       struct gd_type_form *out_form);
/** A TypeName as the server would resolve it: an enum is known as one, a domain is its base. */
struct gd_type_form gd_alter_new_form(const struct gd_look *look, const struct gd_node *type_name);

/* ---- constraints ---- */
bool gd_alter_validates(const struct gd_look *look);
bool gd_alter_skips_validation(const struct gd_look *look);
bool gd_alter_builds_index(const struct gd_look *look);
bool gd_alter_uses_index(const struct gd_look *look);
bool gd_alter_is_table_constraint(const struct gd_look *look);
bool gd_alter_changes_constraint(const struct gd_look *look);
bool gd_alter_will_cascade(const struct gd_look *look);
void gd_alter_add_constraint(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_check(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_unique(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_primary(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_foreign(struct gd_look *look, struct gd_finding *finding);
void gd_alter_add_exclusion(struct gd_look *look, struct gd_finding *finding);
void gd_alter_change_constraint(struct gd_look *look, struct gd_finding *finding);
void gd_alter_validate(struct gd_look *look, struct gd_finding *finding);
void gd_alter_drop_constraint(struct gd_look *look, struct gd_finding *finding);

/* ---- the rest ---- */
bool gd_alter_options_tune(const struct gd_look *look);
bool gd_alter_attaches_table(const struct gd_look *look);
bool gd_alter_detaches_online(const struct gd_look *look);
bool gd_alter_detaches_at_once(const struct gd_look *look);
void gd_alter_switch_trigger(struct gd_look *look, struct gd_finding *finding);
void gd_alter_switch_rule(struct gd_look *look, struct gd_finding *finding);
void gd_alter_row_security(struct gd_look *look, struct gd_finding *finding);
void gd_alter_cluster(struct gd_look *look, struct gd_finding *finding);
void gd_alter_logged(struct gd_look *look, struct gd_finding *finding);
void gd_alter_unlogged(struct gd_look *look, struct gd_finding *finding);
void gd_alter_tablespace(struct gd_look *look, struct gd_finding *finding);
void gd_alter_access_method(struct gd_look *look, struct gd_finding *finding);
void gd_alter_options(struct gd_look *look, struct gd_finding *finding);
void gd_alter_inherit(struct gd_look *look, struct gd_finding *finding);
void gd_alter_no_inherit(struct gd_look *look, struct gd_finding *finding);
void gd_alter_owner(struct gd_look *look, struct gd_finding *finding);
void gd_alter_replica_identity(struct gd_look *look, struct gd_finding *finding);
void gd_alter_attach(struct gd_look *look, struct gd_finding *finding);
void gd_alter_detach(struct gd_look *look, struct gd_finding *finding);
void gd_alter_rename(struct gd_look *look, struct gd_finding *finding);
void gd_alter_rename_column(struct gd_look *look, struct gd_finding *finding);
void gd_alter_rename_constraint(struct gd_look *look, struct gd_finding *finding);
void gd_alter_set_schema(struct gd_look *look, struct gd_finding *finding);

#endif
