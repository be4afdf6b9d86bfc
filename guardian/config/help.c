#include "guardian/config/help.h"

#include <string.h>

#include "guardian/base/status.h"

enum { LINE_WIDTH = 79, OPTION_COLUMN = 30, OPERAND_WIDTH = 13, COMMAND_COLUMN = 27 };

/* Words of `text` from column `indent` on; the cursor already stands at column `at`. */
static void print_wrapped(FILE *to, const char *text, int indent, int at)
{
    size_t length = 0;
    for (const char *word = gd_word_next(text, &length); length > 0;
         word = gd_word_next(word, &length)) {
        bool fresh = at <= indent;
        if (!fresh && at + 1 + (int)length > LINE_WIDTH) {
            fputc('\n', to);
            at = 0;
            fresh = true;
        }
        if (fresh)
            fprintf(to, "%*s", indent - at, "");
        else
            fputc(' ', to);
        fprintf(to, "%.*s", (int)length, word);
        at = (fresh ? indent : at + 1) + (int)length;
    }
    fputc('\n', to);
}

/* 0 is "as it fits", or "none": the manual says which. */
static bool has_default(const struct gd_option *option)
{
    return option->type != GD_TYPE_FLAG && option->preset[0] != '\0' &&
           strcmp(option->preset, "0") != 0 && strcmp(option->preset, GD_CHOICE_UNSET) != 0;
}

static void print_option(FILE *to, const struct gd_option *option)
{
    char text[512];
    int at =
        fprintf(to, "  --%s%s%s", option->name, option->value[0] == '\0' ? "" : " ", option->value);
    if (at >= OPTION_COLUMN - 1) {
        fputc('\n', to);
        at = 0;
    }
    int used = snprintf(text, sizeof text, "%s", option->help);
    if (option->type == GD_TYPE_CHOICE)
        used += snprintf(text + used, sizeof text - (size_t)used, ": %.*s",
                         (int)strlen(gd_option_choices(option)) - 1, gd_option_choices(option));
    if (has_default(option))
        snprintf(text + used, sizeof text - (size_t)used, " (default %s)", option->preset);
    print_wrapped(to, text, OPTION_COLUMN, at);
}

/* What tells S3 servers apart stands behind what a command is about. */
enum group { GROUP_OWN, GROUP_STORE, GROUP_COMMON };

static enum group group_of(const struct gd_option *option)
{
    if (option->verbs[0] == '\0')
        return GROUP_COMMON;
    return strncmp(option->name, "store-", strlen("store-")) == 0 ? GROUP_STORE : GROUP_OWN;
}

static void print_options(FILE *to, const char *heading, const char *verb, enum group group)
{
    bool begun = false;
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        if ((option->from & GD_FROM_ARGV) == 0 || group_of(option) != group ||
            !gd_option_is_for(option, verb))
            continue;
        if (!begun)
            fprintf(to, "\n%s:\n", heading);
        begun = true;
        print_option(to, option);
    }
}

static void print_statuses(FILE *to)
{
    fputs("\nexit status:\n", to);
    for (int code = GD_OK; code < GD_INJECTED; code++)
        fprintf(to, "  %-4d %s\n", gd_exit_status((enum gd_code)code),
                gd_code_meaning((enum gd_code)code));
}

void gd_help_print(FILE *to)
{
    fputs("usage: guardian COMMAND [OPTION...] [OPERAND...]\n\n", to);
    print_wrapped(
        to,
        "Stands in front of every schema change of a PostgreSQL database: says what it can lose, "
        "makes a backup and proves it before anything risky runs, applies the change, and brings "
        "back the state before it with one command.",
        0, 0);
    fputs("\ncommands:\n", to);
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++)
        if (!gd_command_is_hidden(&gd_commands[i]))
            print_wrapped(to, gd_commands[i].summary, COMMAND_COLUMN,
                          fprintf(to, "  %-9s %-*s", gd_commands[i].verb, OPERAND_WIDTH,
                                  gd_commands[i].operands));
    print_options(to, "options of every command", NULL, GROUP_COMMON);
    print_statuses(to);
    fputs("\nguardian COMMAND --help shows the options of a command.\n", to);
}

void gd_help_print_command(const struct gd_command *command, FILE *to)
{
    fprintf(to, "usage: guardian %s [OPTION...]%s%s\n\n", command->verb,
            command->operands[0] == '\0' ? "" : " ", command->operands);
    print_wrapped(to, command->manual, 0, 0);
    print_options(to, "options", command->verb, GROUP_OWN);
    print_options(to, "options of the store", command->verb, GROUP_STORE);
    print_options(to, "options of every command", command->verb, GROUP_COMMON);
    fputc('\n', to);
    print_wrapped(to,
                  "Most options can also be set in the environment (--lock-timeout as "
                  "GUARDIAN_LOCK_TIMEOUT) or in guardian.yaml; man guardian says which.",
                  0, 0);
}
