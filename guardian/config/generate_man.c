#include <string.h>

#include "guardian/config/generate.h"
#include "guardian/config/options.h"
#include "guardian/version.h"

/* Text as roff reads it: a backslash, a leading dot and an apostrophe are its own, and a plain
 * hyphen would come out as a dash. */
static void print_text(FILE *to, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", to);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", to);
        else if (*text == '-')
            fputs("\\-", to);
        else if (*text == '"')
            fputs("\\(dq", to);
        else
            fputc(*text, to);
    }
}

static void print_line(FILE *to, const char *before, const char *text, const char *after)
{
    fputs(before, to);
    print_text(to, text);
    fputs(after, to);
}

static void print_commands(FILE *to)
{
    fputs(".SH COMMANDS\n", to);
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        const struct gd_command *command = &gd_commands[i];
        if (gd_command_is_hidden(command))
            continue;
        print_line(to, ".TP\n\\fB", command->verb, "\\fR");
        print_line(to, " \\fI", command->operands, "\\fR\n");
        print_line(to, "", command->summary, ".\n");
        print_line(to, "", command->manual, "\n");
    }
}

static void print_where(FILE *to, const struct gd_option *option)
{
    char env[GD_OPTION_ENV_SIZE];
    gd_option_env(option, env);
    if ((option->from & GD_FROM_ENV) != 0)
        print_line(to, " Environment: ", env, "");
    if (option->also[0] != '\0')
        print_line(to, ", ", option->also, "");
    if ((option->from & GD_FROM_ENV) != 0)
        fputs(".", to);
    if ((option->from & GD_FROM_FILE) == 0)
        fputs(" Not in guardian.yaml.", to);
    fputc('\n', to);
}

static void print_options(FILE *to)
{
    fputs(".SH OPTIONS\n", to);
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        print_line(to, ".TP\n\\fB\\-\\-", option->name, "\\fR");
        if (option->value[0] != '\0')
            print_line(to, " \\fI", option->value, "\\fR");
        print_line(to, "\n", option->help, ".\n");
        print_line(to, "", option->manual, "\n");
        if (option->type == GD_TYPE_CHOICE)
            print_line(to, "One of: ", gd_option_choices(option), "\n");
        print_line(to, "Commands: ", option->verbs[0] == '\0' ? "all" : option->verbs, ".");
        if (option->preset[0] != '\0')
            print_line(to, " Default: ", option->preset, ".");
        print_where(to, option);
    }
}

static void print_statuses(FILE *to)
{
    fputs(".SH EXIT STATUS\n", to);
    for (int code = GD_OK; code < GD_INJECTED; code++) {
        fprintf(to, ".TP\n%d\n", gd_exit_status((enum gd_code)code));
        print_line(to, "", gd_code_meaning((enum gd_code)code), "\n");
    }
}

void gd_generate_man(FILE *to)
{
    fprintf(to, ".TH GUARDIAN 1 \"\" \"guardian %s\" \"Guardian\"\n", gd_version());
    fputs(
        ".SH NAME\nguardian \\- guard every schema change of a PostgreSQL database\n"
        ".SH SYNOPSIS\n.B guardian\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIOPERAND\\fR...]\n"
        ".SH DESCRIPTION\n"
        "Guardian reads a change of a schema and says, statement by statement, what it does, what "
        "it\n"
        "can lose, which lock it takes, and what the policy in force demands.\n.PP\n"
        "An option can stand before or after the command. Its value follows as the next word, or\n"
        "behind an equals sign; a flag can be given the value yes or no in the same way. After a\n"
        "word \\fB\\-\\-\\fR everything is an operand.\n",
        to);
    print_commands(to);
    print_options(to);
    print_statuses(to);
    fputs(".SH ENVIRONMENT\n"
          "Each option has a variable, named above. An empty variable counts as not set. Besides:\n"
          ".TP\nPGHOST, PGDATABASE, PGUSER and the other variables of libpq\n"
          "name the database when neither an option nor DATABASE_URL does.\n"
          ".TP\nNO_COLOR, TERM\nturn colour off when NO_COLOR is set or TERM is dumb.\n"
          ".SH FILES\n.TP\nguardian.yaml\n"
          "settings, in the working directory: one line \\(dqname: value\\(dq for each option.\n"
          ".SH SEE ALSO\n.BR psql (1),\n.BR pg_dump (1)\n",
          to);
}
