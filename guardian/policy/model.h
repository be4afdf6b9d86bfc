/*
 * Model: a policy in memory, as load.c made it and decide.c reads it.
 *
 * The parts named `yaml` are filled by libcyaml and hold the words of the file; load.c turns them
 * into what stands beside them.
 */
#ifndef GUARDIAN_POLICY_MODEL_H
#define GUARDIAN_POLICY_MODEL_H

#include "guardian/policy/pattern.h"
#include "guardian/policy/policy.h"

/* In the file 0 means that the key is missing; otherwise 1 + the value. */
#define GD_GIVEN(value) ((value) + 1)

enum gd_seal {
    GD_SEAL_NEVER,
    GD_SEAL_AUTO,   /* when the tables are within sealed_table_max */
    GD_SEAL_ALWAYS, /* refused when they are not */
};

enum gd_against {
    GD_AGAINST_CHANGE, /* every change */
    GD_AGAINST_LOSS,   /* what loses something, or may */
};

/* What a waiver can lift only where the policy says so. Bits. */
enum gd_lift {
    GD_LIFT_BACKUP = 1,
    GD_LIFT_PROTECTED = 2,
    GD_LIFT_OUTSIDE = 4,
};

struct gd_words { /* a list in the file */
    char **items;
    uint32_t items_count;
};

struct gd_patterns {
    struct gd_pattern *items;
    struct gd_ground *places;
    size_t count;
};

struct gd_policy_rule {
    struct {                      /* as in the file */
        uint32_t classes, losses; /* bits, 1 << value; 0: all */
        char **objects, **environments, **rules, **tell;
        uint32_t objects_count, environments_count, rules_count, tell_count;
        int empty; /* 0: either; 1: it was seen that nothing is there to lose; 2: it was not */
        int action, scope, sealed, proof, ask; /* GD_GIVEN */
        char *because;
    } yaml;
    struct gd_ground ground; /* without text */
    struct gd_patterns objects;
    enum gd_action action;
    enum gd_scope scope;
    enum gd_seal seal;
    enum gd_proof_kind proof;
    enum gd_ask ask;
    size_t number; /* within the policy */
};

struct gd_policy_protected {
    struct {
        char **objects;
        uint32_t objects_count;
        int against; /* GD_GIVEN */
        char *because;
    } yaml;
    struct gd_patterns objects;
    enum gd_against against;
    const char *because;
};

struct gd_policy_example {
    struct {
        char *name;
        int class, loses, needs; /* GD_GIVEN */
        char *rule;
        char **objects;
        uint32_t objects_count;
        char *environment;
        int empty;
        char *database, *table;
        char *waiver;
        int approved;
        int expect, scope, sealed, proof, ask, covers;
    } yaml;
    struct gd_ground ground;
    uint64_t database_bytes, table_bytes;
};

struct gd_policy {
    const char *name, *file, *about;
    const struct gd_policy *base; /* what it extends, or NULL */
    char **environments;          /* declared; NULL: none */
    size_t environment_count;
    bool by_environment; /* some rule asks for it */
    bool honours_waivers;
    bool single_transaction;
    enum gd_point_use point_in_time;
    uint32_t lifts;           /* enum gd_lift */
    struct gd_ground waivers; /* the line that says so */
    struct gd_limits limits;
    struct gd_keep_rule keep;
    const struct gd_policy_rule **rules; /* own ones first, then the base's */
    size_t rule_count;
    const struct gd_policy_protected **protected; /* all of both */
    size_t protected_count;
    struct gd_policy_example *examples; /* own ones only */
    size_t example_count;
};

#endif
