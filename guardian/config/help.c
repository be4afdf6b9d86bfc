#include "guardian/config/help.h"

#include <string.h>

#include "guardian/base/status.h"

enum { LINE_WIDTH = 79, OPTION_COLUMN = 30 };

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

static bool has_default(const struct gd_option *option)
{
    return option->type != GD_TYPE_FLAG && option->preset[0] != '\0';
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
                         (int)strlen(option->choices) - 1, option->choices);
    if (has_default(option))
        snprintf(text + used, sizeof text - (size_t)used, " (default %s)", option->preset);
    print_wrapped(to, text, OPTION_COLUMN, at);
}

static void print_options(FILE *to, const char *heading, const char *verb, bool common)
{
    fprintf(to, "\n%s:\n", heading);
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        if ((option->from & GD_FROM_ARGV) != 0 && (option->verbs[0] == '\0') == common &&
            gd_option_is_for(option, verb))
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
        "Guards every schema change of a PostgreSQL database: says what a change does and "
        "what it can lose before it runs.",
        0, 0);
    fputs("\ncommands:\n", to);
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++)
        if (!gd_command_is_hidden(&gd_commands[i]))
            fprintf(to, "  %-9s %-13s  %s\n", gd_commands[i].verb, gd_commands[i].operands,
                    gd_commands[i].summary);
    print_options(to, "options of every command", NULL, true);
    print_statuses(to);
    fputs("\nguardian COMMAND --help shows the options of a command.\n", to);
}

static bool has_own_options(const char *verb)
{
    for (size_t i = 0; i < gd_options_count; i++)
        if (gd_options[i].verbs[0] != '\0' && gd_option_is_for(&gd_options[i], verb))
            return true;
    return false;
}

void gd_help_print_command(const struct gd_command *command, FILE *to)
{
    fprintf(to, "usage: guardian %s [OPTION...] %s\n\n", command->verb, command->operands);
    print_wrapped(to, command->manual, 0, 0);
    if (has_own_options(command->verb))
        print_options(to, "options", command->verb, false);
    print_options(to, "options of every command", command->verb, true);
    fputs("\nMost options can also be set in the environment (--lock-timeout as "
          "GUARDIAN_LOCK_TIMEOUT)\nor in guardian.yaml; man guardian says which.\n",
          to);
}
