#include <stdio.h>
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/report_rule.h"
#include "guardian/config/generate.h"

static const struct {
    const char *name;
    void (*print)(FILE *to);
} texts[] = {
    {"man", gd_generate_man},           {"bash", gd_generate_bash},
    {"zsh", gd_generate_zsh},           {"fish", gd_generate_fish},
    {"sample", gd_generate_sample},     {"options", gd_generate_options},
    {"commands", gd_generate_commands},
};
enum { TEXT_COUNT = sizeof texts / sizeof texts[0] };

static int refuse(const char *name)
{
    const char *known[TEXT_COUNT];
    struct gd_error err = {0};
    for (size_t i = 0; i < TEXT_COUNT; i++)
        known[i] = texts[i].name;
    const char *meant = gd_nearest(name, known, TEXT_COUNT);
    struct gd_status status = gd_fail(&err, GD_USAGE, "\"%s\" cannot be generated", name);
    if (meant != NULL)
        (void)gd_hint(&err, status, "Did you mean \"%s\"?", meant).code;
    return gd_cli_fail(&err);
}

/* Without a letter the index of docs/rules/, with one the page of that group. */
static int generate_rules(int argc, char **argv)
{
    if (argc == 0)
        gd_generate_rules_index(stdout);
    else if (!gd_generate_rules_group(stdout, argv[0][0]))
        return refuse(argv[0]);
    return gd_cli_end(0);
}

int gd_cmd_generate(const struct gd_config *config, int argc, char **argv)
{
    (void)config;
    if (argc >= 1 && strcmp(argv[0], "rules") == 0)
        return generate_rules(argc - 1, argv + 1);
    if (argc != 1)
        return refuse("");
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (strcmp(texts[i].name, argv[0]) == 0) {
            texts[i].print(stdout);
            return gd_cli_end(0);
        }
    }
    return refuse(argv[0]);
}
