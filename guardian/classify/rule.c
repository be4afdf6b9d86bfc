#include "guardian/classify/rule.h"

#include <string.h>

#include "guardian/classify/rules.h"

const struct gd_rule_group gd_rule_groups[] = {
#define X(letter, file, name) {letter, name, gd_rules_##file, &gd_rules_##file##_count},
    GD_RULE_GROUPS(X)
#undef X
};
const size_t gd_rule_group_count = sizeof gd_rule_groups / sizeof gd_rule_groups[0];

static size_t rows_of(const struct gd_rule_group *group)
{
    return group->rules == NULL || group->count == NULL ? 0 : *group->count;
}

const struct gd_rule *gd_rule_at(size_t index)
{
    for (size_t g = 0; g < gd_rule_group_count; g++) {
        if (index < rows_of(&gd_rule_groups[g]))
            return &gd_rule_groups[g].rules[index];
        index -= rows_of(&gd_rule_groups[g]);
    }
    return NULL;
}

const struct gd_rule *gd_rule_find(const char *id)
{
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (strcmp(rule->id, id) == 0)
            return rule;
    return NULL;
}
