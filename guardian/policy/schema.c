#include "guardian/policy/schema.h"

enum { ENTRIES_MAX = 1000 }; /* of any list: what reads them compares each with each */

/* ---- words ---- */

#define GIVEN(prefix, name, text) {text, GD_GIVEN(prefix##name)},
#define BIT(prefix, name, text) {text, 1 << (prefix##name)},

static const cyaml_strval_t class_bits[] = {
#define X(name, text) BIT(GD_CLASS_, name, text)
    GD_CLASSES(X)
#undef X
};
static const cyaml_strval_t loss_bits[] = {
#define X(name, text) BIT(GD_LOSES_, name, text)
    GD_LOSSES(X)
#undef X
};
static const cyaml_strval_t class_words[] = {
#define X(name, text) GIVEN(GD_CLASS_, name, text)
    GD_CLASSES(X)
#undef X
};
static const cyaml_strval_t loss_words[] = {
#define X(name, text) GIVEN(GD_LOSES_, name, text)
    GD_LOSSES(X)
#undef X
};
static const cyaml_strval_t scope_words[] = {
#define X(name, text) GIVEN(GD_SCOPE_, name, text)
    GD_SCOPES(X)
#undef X
};
static const cyaml_strval_t action_words[] = {
#define X(name, text) GIVEN(GD_ACTION_, name, text)
    GD_ACTIONS(X)
#undef X
};
static const cyaml_strval_t proof_words[] = {
#define X(name, text) GIVEN(GD_PROOF_, name, text)
    GD_PROOFS(X)
#undef X
};
static const cyaml_strval_t ask_words[] = {
#define X(name, text) GIVEN(GD_ASK_, name, text)
    GD_ASKS(X)
#undef X
};
static const cyaml_strval_t point_words[] = {
#define X(name, text) GIVEN(GD_POINT_, name, text)
    GD_POINT_USES(X)
#undef X
};
static const cyaml_strval_t keep_words[] = {
#define X(name, text) GIVEN(GD_KEEP_ACTION_, name, text)
    GD_KEEP_ACTIONS(X)
#undef X
};
static const cyaml_strval_t yes_words[] = {{"no", GD_GIVEN(0)}, {"yes", GD_GIVEN(1)}};
static const cyaml_strval_t waiver_words[] = {{"ignore", GD_GIVEN(0)}, {"honour", GD_GIVEN(1)}};
static const cyaml_strval_t seal_words[] = {{"never", GD_GIVEN(GD_SEAL_NEVER)},
                                            {"auto", GD_GIVEN(GD_SEAL_AUTO)},
                                            {"always", GD_GIVEN(GD_SEAL_ALWAYS)}};
static const cyaml_strval_t against_words[] = {{"change", GD_GIVEN(GD_AGAINST_CHANGE)},
                                               {"loss", GD_GIVEN(GD_AGAINST_LOSS)}};
static const cyaml_strval_t lift_bits[] = {
    {"backup", GD_LIFT_BACKUP}, {"protected", GD_LIFT_PROTECTED}, {"outside", GD_LIFT_OUTSIDE}};

/* ---- keys ---- */

#define LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define MAYBE (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define WORD (CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL)

static const struct cyaml_schema_value text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

#define TEXT(key, flags, type, member)                                                             \
    CYAML_FIELD_STRING_PTR(key, flags, type, member, 0, CYAML_UNLIMITED)
#define ONE_OF(key, flags, type, member, words)                                                    \
    CYAML_FIELD_ENUM(key, flags, type, member, words, CYAML_ARRAY_LEN(words))
#define ANY_OF(key, flags, type, member, words)                                                    \
    CYAML_FIELD_FLAGS(key, flags, type, member, words, CYAML_ARRAY_LEN(words))
#define TEXTS(key, flags, type, member)                                                            \
    CYAML_FIELD_SEQUENCE(key, flags, type, member, &text_entry, 0, ENTRIES_MAX)

static const cyaml_schema_field_t rule_fields[] = {
    ANY_OF("class", WORD, struct gd_policy_rule, yaml.classes, class_bits),
    ANY_OF("loses", WORD, struct gd_policy_rule, yaml.losses, loss_bits),
    TEXTS("objects", LIST, struct gd_policy_rule, yaml.objects),
    TEXTS("environment", LIST, struct gd_policy_rule, yaml.environments),
    TEXTS("rule", LIST, struct gd_policy_rule, yaml.rules),
    ONE_OF("empty", WORD, struct gd_policy_rule, yaml.empty, yes_words),
    ONE_OF("action", CYAML_FLAG_STRICT, struct gd_policy_rule, yaml.action, action_words),
    ONE_OF("scope", WORD, struct gd_policy_rule, yaml.scope, scope_words),
    ONE_OF("sealed", WORD, struct gd_policy_rule, yaml.sealed, seal_words),
    ONE_OF("proof", WORD, struct gd_policy_rule, yaml.proof, proof_words),
    ONE_OF("ask", WORD, struct gd_policy_rule, yaml.ask, ask_words),
    TEXTS("tell", LIST, struct gd_policy_rule, yaml.tell),
    TEXT("because", CYAML_FLAG_POINTER, struct gd_policy_rule, yaml.because),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t protected_fields[] = {
    TEXTS("objects", CYAML_FLAG_POINTER, struct gd_policy_protected, yaml.objects),
    ONE_OF("against", WORD, struct gd_policy_protected, yaml.against, against_words),
    TEXT("because", CYAML_FLAG_POINTER, struct gd_policy_protected, yaml.because),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t limit_fields[] = {
#define X(field, kind, value, meaning) TEXT(#field, MAYBE, struct gd_limits_yaml, field),
    GD_LIMITS(X)
#undef X
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t keep_fields[] = {
    ONE_OF("action", WORD, struct gd_keep_yaml, action, keep_words),
    TEXTS("files", LIST, struct gd_keep_yaml, files),
    TEXTS("objects", LIST, struct gd_keep_yaml, objects),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t example_fields[] = {
    TEXT("name", MAYBE, struct gd_policy_example, yaml.name),
    ONE_OF("class", CYAML_FLAG_STRICT, struct gd_policy_example, yaml.class, class_words),
    ONE_OF("loses", WORD, struct gd_policy_example, yaml.loses, loss_words),
    ONE_OF("needs", WORD, struct gd_policy_example, yaml.needs, scope_words),
    TEXT("rule", MAYBE, struct gd_policy_example, yaml.rule),
    TEXTS("objects", LIST, struct gd_policy_example, yaml.objects),
    TEXT("environment", MAYBE, struct gd_policy_example, yaml.environment),
    ONE_OF("empty", WORD, struct gd_policy_example, yaml.empty, yes_words),
    TEXT("database", MAYBE, struct gd_policy_example, yaml.database),
    TEXT("table", MAYBE, struct gd_policy_example, yaml.table),
    TEXT("waiver", MAYBE, struct gd_policy_example, yaml.waiver),
    ONE_OF("approved", WORD, struct gd_policy_example, yaml.approved, yes_words),
    ONE_OF("expect", CYAML_FLAG_STRICT, struct gd_policy_example, yaml.expect, action_words),
    ONE_OF("scope", WORD, struct gd_policy_example, yaml.scope, scope_words),
    ONE_OF("sealed", WORD, struct gd_policy_example, yaml.sealed, yes_words),
    ONE_OF("proof", WORD, struct gd_policy_example, yaml.proof, proof_words),
    ONE_OF("ask", WORD, struct gd_policy_example, yaml.ask, ask_words),
    ONE_OF("covers", WORD, struct gd_policy_example, yaml.covers, yes_words),
    CYAML_FIELD_END,
};

static const struct cyaml_schema_value rule_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gd_policy_rule, rule_fields)};
static const struct cyaml_schema_value protected_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gd_policy_protected, protected_fields)};
static const struct cyaml_schema_value example_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gd_policy_example, example_fields)};

static const cyaml_schema_field_t policy_fields[] = {
    TEXT("policy", CYAML_FLAG_POINTER, struct gd_policy_yaml, policy),
    TEXT("about", MAYBE, struct gd_policy_yaml, about),
    TEXT("extends", MAYBE, struct gd_policy_yaml, extends),
    TEXTS("environments", LIST, struct gd_policy_yaml, environments),
    ONE_OF("waivers", WORD, struct gd_policy_yaml, waivers, waiver_words),
    ANY_OF("waivers_may_lift", WORD, struct gd_policy_yaml, waivers_may_lift, lift_bits),
    ONE_OF("single_transaction", WORD, struct gd_policy_yaml, single_transaction, yes_words),
    ONE_OF("point_in_time", WORD, struct gd_policy_yaml, point_in_time, point_words),
    CYAML_FIELD_MAPPING("limits", CYAML_FLAG_OPTIONAL, struct gd_policy_yaml, limits, limit_fields),
    CYAML_FIELD_MAPPING("keep", CYAML_FLAG_OPTIONAL, struct gd_policy_yaml, keep, keep_fields),
    CYAML_FIELD_SEQUENCE("protected", LIST, struct gd_policy_yaml, protected, &protected_entry, 0,
                         ENTRIES_MAX),
    CYAML_FIELD_SEQUENCE("rules", LIST, struct gd_policy_yaml, rules, &rule_entry, 0, ENTRIES_MAX),
    CYAML_FIELD_SEQUENCE("examples", LIST, struct gd_policy_yaml, examples, &example_entry, 0,
                         ENTRIES_MAX),
    CYAML_FIELD_END,
};

const struct cyaml_schema_value gd_policy_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct gd_policy_yaml, policy_fields)};
