/*
 * Schema: the keys and words of a policy file, in libcyaml's terms.
 *
 * The one list of both: docs/formats/policy.md explains them, a test compares.
 */
#ifndef GUARDIAN_POLICY_SCHEMA_H
#define GUARDIAN_POLICY_SCHEMA_H

#include "guardian/policy/model.h"
#include "guardian/policy/yaml.h"

struct gd_limits_yaml {
#define X(field, kind, value, meaning) char *field;
    GD_LIMITS(X)
#undef X
};

struct gd_keep_yaml {
    int action; /* GD_GIVEN */
    char **files, **objects;
    uint32_t files_count, objects_count;
};

/** A file as libcyaml fills it. */
struct gd_policy_yaml {
    char *policy, *about, *extends;
    char **environments;
    uint32_t environments_count;
    int waivers; /* GD_GIVEN(honour) */
    uint32_t waivers_may_lift;
    int single_transaction; /* GD_GIVEN(yes) */
    int point_in_time;      /* GD_GIVEN */
    struct gd_limits_yaml limits;
    struct gd_keep_yaml keep;
    struct gd_policy_protected *protected;
    uint32_t protected_count;
    struct gd_policy_rule *rules;
    uint32_t rules_count;
    struct gd_policy_example *examples;
    uint32_t examples_count;
};

extern const struct cyaml_schema_value gd_policy_schema;

#endif
