/*
 * Completion for bash, zsh and fish: commands, the options that each takes, the words of a choice.
 */
#include <string.h>

#include "guardian/config/generate.h"
#include "guardian/config/options.h"

static bool is_typed(const struct gd_option *option)
{
    return (option->from & GD_FROM_ARGV) != 0;
}

static bool has_value(const struct gd_option *option)
{
    return option->type != GD_TYPE_FLAG;
}

static bool takes_files(const char *described)
{
    return strstr(described, "FILE") != NULL;
}

/* Between single quotes, in all three shells: the quote itself becomes '\''. `special` are letters
 * that the shell reads even there, and gets a backslash for. */
static void print_quoted(FILE *to, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", to);
        else if (strchr(special, *text) != NULL)
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
    }
}

static void print_verbs(FILE *to, const char *separator)
{
    const char *before = "";
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        if (gd_command_is_hidden(&gd_commands[i]))
            continue;
        fprintf(to, "%s%s", before, gd_commands[i].verb);
        before = separator;
    }
}

/* The options of one command; NULL: those of every command. */
static void print_option_words(FILE *to, const char *verb)
{
    for (size_t i = 0; i < gd_options_count; i++)
        if (is_typed(&gd_options[i]) && gd_option_is_for(&gd_options[i], verb))
            fprintf(to, " --%s", gd_options[i].name);
}

static void print_bash_values(FILE *to)
{
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        if (!is_typed(option) || !has_value(option))
            continue;
        fprintf(to, "    --%s) ", option->name);
        if (option->type == GD_TYPE_CHOICE)
            fprintf(to, "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$current\")",
                    gd_option_choices(option));
        else if (takes_files(option->value))
            fputs("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")", to);
        else
            fputs("COMPREPLY=()", to);
        fputs("; return ;;\n", to);
    }
}

static void print_bash_verbs(FILE *to)
{
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        const struct gd_command *command = &gd_commands[i];
        if (gd_command_is_hidden(command))
            continue;
        fprintf(to, "    %s) options='", command->verb);
        print_option_words(to, command->verb);
        fprintf(to, "' files=%s ;;\n", takes_files(command->operands) ? "yes" : "");
    }
}

void gd_generate_bash(FILE *to)
{
    fputs("# bash completion for guardian; made by: guardian generate bash\n"
          "_guardian() {\n"
          "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  local word verb='' options='' files=''\n"
          "  case $previous in\n",
          to);
    print_bash_values(to);
    fputs("  esac\n"
          "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
          "    case $word in ",
          to);
    print_verbs(to, "|");
    fputs(") verb=$word; break ;; esac\n"
          "  done\n"
          "  case $verb in\n",
          to);
    print_bash_verbs(to);
    fputs("    *) options='", to);
    print_verbs(to, " ");
    print_option_words(to, NULL);
    fputs("' ;;\n"
          "  esac\n"
          "  if [[ $verb == help ]]; then options='",
          to);
    print_verbs(to, " ");
    fputs("'; fi\n"
          "  if [[ -n $files && $current != -* ]]; then\n"
          "    compopt -o filenames\n"
          "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
          "  else\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
          "  fi\n"
          "}\n"
          "complete -F _guardian guardian\n",
          to);
}

static void print_zsh_option(FILE *to, const struct gd_option *option, const char *indent)
{
    fprintf(to, "%s'--%s%s[", indent, option->name, has_value(option) ? "=" : "");
    print_quoted(to, option->help, "[]:");
    fputc(']', to);
    if (has_value(option)) {
        fputc(':', to);
        print_quoted(to, option->value, "[]:");
        if (option->type == GD_TYPE_CHOICE)
            fprintf(to, ":(%.*s)", (int)strlen(gd_option_choices(option)) - 1,
                    gd_option_choices(option));
        else
            fputs(takes_files(option->value) ? ":_files" : ": ", to);
    }
    fputs("'\n", to);
}

static void print_zsh_options(FILE *to, const char *verb, const char *indent)
{
    for (size_t i = 0; i < gd_options_count; i++)
        if (is_typed(&gd_options[i]) && gd_option_is_for(&gd_options[i], verb))
            print_zsh_option(to, &gd_options[i], indent);
}

void gd_generate_zsh(FILE *to)
{
    fputs("#compdef guardian\n"
          "# zsh completion for guardian; made by: guardian generate zsh\n"
          "_guardian() {\n"
          "  local -a commands options\n"
          "  local verb\n"
          "  commands=(\n",
          to);
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        if (gd_command_is_hidden(&gd_commands[i]))
            continue;
        fprintf(to, "    '%s:", gd_commands[i].verb);
        print_quoted(to, gd_commands[i].summary, ":");
        fputs("'\n", to);
    }
    fputs("  )\n"
          "  verb=${words[2,CURRENT-1][(r)(",
          to);
    print_verbs(to, "|");
    fputs(")]}\n"
          "  case $verb in\n",
          to);
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        const struct gd_command *command = &gd_commands[i];
        if (gd_command_is_hidden(command))
            continue;
        fprintf(to, "    %s)\n      options=(\n", command->verb);
        print_zsh_options(to, command->verb, "        ");
        fprintf(to, "        '1: :'\n        '*:%s:%s'\n      ) ;;\n", command->operands,
                takes_files(command->operands) ? "_files" : " ");
    }
    fputs("    *)\n      options=(\n        '1:command:{_describe command commands}'\n", to);
    print_zsh_options(to, NULL, "        ");
    fputs("      ) ;;\n"
          "  esac\n"
          "  _arguments -s $options\n"
          "}\n"
          "_guardian \"$@\"\n",
          to);
}

static void print_fish_condition(FILE *to, const struct gd_option *option)
{
    if (option->verbs[0] != '\0')
        fprintf(to, " -n '__fish_seen_subcommand_from %s'", option->verbs);
}

void gd_generate_fish(FILE *to)
{
    fputs("# fish completion for guardian; made by: guardian generate fish\n"
          "set -l commands ",
          to);
    print_verbs(to, " ");
    fputs("\ncomplete -c guardian -f\n", to);
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        const struct gd_command *command = &gd_commands[i];
        if (gd_command_is_hidden(command))
            continue;
        fprintf(to,
                "complete -c guardian -n \"not __fish_seen_subcommand_from $commands\" -a %s -d '",
                command->verb);
        print_quoted(to, command->summary, "\\");
        fputs("'\n", to);
        if (takes_files(command->operands))
            fprintf(to, "complete -c guardian -n '__fish_seen_subcommand_from %s' -F\n",
                    command->verb);
    }
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        if (!is_typed(option))
            continue;
        fputs("complete -c guardian", to);
        print_fish_condition(to, option);
        fprintf(to, " -l %s", option->name);
        if (option->type == GD_TYPE_CHOICE)
            fprintf(to, " -x -a '%.*s'", (int)strlen(gd_option_choices(option)) - 1,
                    gd_option_choices(option));
        else if (has_value(option))
            fputs(takes_files(option->value) ? " -r -F" : " -x", to);
        fputs(" -d '", to);
        print_quoted(to, option->help, "\\");
        fputs("'\n", to);
    }
}
