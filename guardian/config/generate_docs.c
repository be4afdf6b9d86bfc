#include <inttypes.h>
#include <string.h>

#include "guardian/base/arena.h"
#include "guardian/config/generate.h"
#include "guardian/config/options.h"
#include "guardian/config/settings.h"

static bool is_number(const struct gd_option *option)
{
    return option->type == GD_TYPE_INT || option->type == GD_TYPE_SIZE ||
           option->type == GD_TYPE_DURATION;
}

/* Each word of a list between backquotes. */
static void print_words(FILE *to, const char *words, const char *before, const char *after)
{
    size_t length = 0, count = 0;
    for (const char *word = gd_word_next(words, &length); length > 0;
         word = gd_word_next(word, &length))
        fprintf(to, "%s%s%.*s%s", count++ == 0 ? "" : ", ", before, (int)length, word, after);
}

static void print_range(FILE *to, const struct gd_option *option, const char *before)
{
    gd_auto_arena arena = gd_arena_new();
    fprintf(to, "%sFrom %s to %s.", before, gd_option_number_text(arena, option->type, option->min),
            gd_option_number_text(arena, option->type, option->max));
}

/* In a table a bar would end the cell. */
static void print_in_table(FILE *to, const struct gd_option *option)
{
    fprintf(to, "| command line | `--%s%s", option->name, option->value[0] == '\0' ? "" : " ");
    for (const char *letter = option->value; *letter != '\0'; letter++)
        fprintf(to, "%s%c", *letter == '|' ? "\\" : "", *letter);
    fputs("` |\n", to);
}

static void print_option_facts(FILE *to, const struct gd_option *option)
{
    char env[GD_OPTION_ENV_SIZE];
    gd_option_env(option, env);
    fputs("| where | written as |\n| --- | --- |\n", to);
    if ((option->from & GD_FROM_ARGV) != 0)
        print_in_table(to, option);
    if ((option->from & GD_FROM_ENV) != 0)
        fprintf(to, "| environment | `%s`%s%s%s |\n", env, option->also[0] == '\0' ? "" : ", or `",
                option->also, option->also[0] == '\0' ? "" : "`");
    if ((option->from & GD_FROM_FILE) != 0)
        fprintf(to, "| guardian.yaml | `%s:` |\n", option->name);
    fputs("\nTaken by ", to);
    if (option->verbs[0] == '\0')
        fputs("every command", to);
    else
        print_words(to, option->verbs, "`", "`");
    fputs(".", to);
    if (option->type == GD_TYPE_CHOICE) {
        fputs(" One of ", to);
        print_words(to, gd_option_choices(option), "`", "`");
        fputs(".", to);
    }
    if (is_number(option))
        print_range(to, option, " ");
    if (option->preset[0] != '\0')
        fprintf(to, " Default `%s`.", option->preset);
    fputs("\n\n", to);
}

void gd_generate_options(FILE *to)
{
    fputs(
        "# Options\n\nMade from `guardian/config/options.def` by `guardian generate options`; a "
        "test "
        "compares.\n\n"
        "A setting comes from the first of these that says something: command line, environment,\n"
        "`guardian.yaml`, default. An empty environment variable says nothing. A flag is `yes` or "
        "`no`\n"
        "where it has a value; a size takes B, kB, MB, GB, TB, a time takes ms, s, min, h, d.\n\n",
        to);
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        fprintf(to, "## %s\n\n%s.\n\n", option->name, option->help);
        print_option_facts(to, option);
        fprintf(to, "%s\n%s", option->manual, i + 1 < gd_options_count ? "\n" : "");
    }
}

void gd_generate_commands(FILE *to)
{
    fputs("# Commands\n\nMade from `guardian/config/commands.def` by `guardian generate commands`; "
          "a test "
          "compares.\n\n"
          "| exit status | means |\n| --- | --- |\n",
          to);
    for (int code = GD_OK; code < GD_INJECTED; code++)
        fprintf(to, "| %d | %s |\n", gd_exit_status((enum gd_code)code),
                gd_code_meaning((enum gd_code)code));
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        const struct gd_command *command = &gd_commands[i];
        if (gd_command_is_hidden(command))
            continue;
        fprintf(to, "\n## %s\n\n`guardian %s [OPTION...] %s`: %s.\n\n%s\n\nOptions:", command->verb,
                command->verb, command->operands, command->summary, command->manual);
        const char *before = " ";
        for (size_t j = 0; j < gd_options_count; j++) {
            if (!gd_option_is_for(&gd_options[j], command->verb))
                continue;
            fprintf(to, "%s[`--%s`](options.md#%s)", before, gd_options[j].name,
                    gd_options[j].name);
            before = ", ";
        }
        fputs(".\n", to);
    }
}

static void print_comment(FILE *to, const char *text)
{
    enum { WIDTH = 96 };
    size_t length = 0, at = 0;
    for (const char *word = gd_word_next(text, &length); length > 0;
         word = gd_word_next(word, &length)) {
        if (at == 0 || at + 1 + length > WIDTH) {
            fputs(at == 0 ? "#" : "\n#", to);
            at = 1;
        }
        fprintf(to, " %.*s", (int)length, word);
        at += 1 + length;
    }
    fputc('\n', to);
}

void gd_generate_sample(FILE *to)
{
    fputs("# guardian.yaml: settings of Guardian for this project. Everything below is a default:\n"
          "# remove the \"#\" in front of a setting to change it. Unknown words are errors.\n",
          to);
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        if ((option->from & GD_FROM_FILE) == 0)
            continue;
        fputc('\n', to);
        print_comment(to, option->manual);
        if (option->type == GD_TYPE_CHOICE) {
            fputs("# One of ", to);
            print_words(to, gd_option_choices(option), "", "");
            fputs(".\n", to);
        }
        if (is_number(option)) {
            print_range(to, option, "# ");
            fputc('\n', to);
        }
        const char *shown = option->preset[0] == '\0' ? option->value : option->preset;
        fprintf(to, "#%s: %s\n", option->name, shown);
    }
}
