/*
 * Rules, printed: one row for `guardian explain`, all rows for docs/rules/.
 *
 * Invariant  Everything that is said comes from the row: a page and an explanation cannot differ.
 */
#ifndef GUARDIAN_CLI_REPORT_RULE_H
#define GUARDIAN_CLI_REPORT_RULE_H

#include <stdio.h>

#include "guardian/classify/rule.h"
#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"

/** The group that holds the rule. */
const struct gd_rule_group *gd_rule_group_of(const struct gd_rule *rule);

/** Rows of a group; 0 for one without any. */
size_t gd_rule_group_rows(const struct gd_rule_group *group);

void gd_report_rule(const struct gd_rule *rule, const struct gd_screen *screen);

/** One line a rule, under the name of its group. */
void gd_report_rule_group(const struct gd_rule_group *group, const struct gd_screen *screen);

/** The row as an object, keys as in `classify --json` where they mean the same. */
struct gd_json *gd_report_rule_json(const struct gd_rule *rule);

/** The pages of docs/rules/, as Markdown: the index, and one a group. `letter` may be of either
 *  case. @return false when there is no such group */
void gd_generate_rules_index(FILE *to);
bool gd_generate_rules_group(FILE *to, char letter);

#endif
