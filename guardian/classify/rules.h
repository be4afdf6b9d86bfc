/*
 * Rules: the groups of rows, one pair of names per file of rows.
 */
#ifndef GUARDIAN_CLASSIFY_RULES_H
#define GUARDIAN_CLASSIFY_RULES_H

#include "guardian/classify/rule.h"

/* letter, file, name */
#define GD_RULE_GROUPS(X)                                                                          \
    X('A', tables_alter, "Changing tables")                                                        \
    X('B', tables, "Making and dropping tables")                                                   \
    X('C', indexes, "Indexes and statistics")                                                      \
    X('D', types, "Types, enums and domains")                                                      \
    X('E', views, "Views and materialized views")                                                  \
    X('F', routines, "Functions, procedures and DO blocks")                                        \
    X('G', triggers, "Triggers, rules and policies")                                               \
    X('H', sequences, "Sequences and large objects")                                               \
    X('I', dml, "Rows: reading and writing")                                                       \
    X('J', functions, "Functions with side effects")                                               \
    X('K', maintenance, "Maintenance")                                                             \
    X('L', privileges, "Comments, privileges and roles")                                           \
    X('M', cluster, "Schemas, databases and extensions")                                           \
    X('N', foreign, "Foreign data, replication and other objects")                                 \
    X('O', session, "Session and transaction")                                                     \
    X('Z', unread, "What cannot be read")

#define X(letter, file, name)                                                                      \
    extern const struct gd_rule gd_rules_##file[];                                                 \
    extern const size_t gd_rules_##file##_count;
GD_RULE_GROUPS(X)
#undef X

#endif
