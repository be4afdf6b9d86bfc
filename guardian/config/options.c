#include "guardian/config/options.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/config/config.h"

const struct gd_option gd_options[] = {
#define GD_OPTION(...) GD_OPTION_ROW(struct gd_config, __VA_ARGS__)
#include "guardian/config/options.def"
#undef GD_OPTION
};
const size_t gd_options_count = sizeof gd_options / sizeof gd_options[0];

const struct gd_command gd_commands[GD_COMMAND_COUNT] = {
#define GD_COMMAND(verb, ...) {#verb, __VA_ARGS__},
#include "guardian/config/commands.def"
#undef GD_COMMAND
};

const struct gd_option *gd_option_find(const struct gd_option *options, size_t count,
                                       const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static struct gd_status refuse_command(const char *verb, struct gd_error *err)
{
    const char *known[GD_COMMAND_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++)
        if (!gd_command_is_hidden(&gd_commands[i]))
            known[count++] = gd_commands[i].verb;
    struct gd_status status = gd_fail(err, GD_USAGE, "there is no command \"%s\"", verb);
    const char *meant = gd_nearest(verb, known, count);
    if (meant == NULL)
        return gd_hint(err, status, "guardian --help lists the commands.");
    return gd_hint(err, status, "Did you mean \"%s\"?", meant);
}

struct gd_status gd_command_find(const char *verb, const struct gd_command **out_command,
                                 struct gd_error *err)
{
    for (size_t i = 0; i < GD_COMMAND_COUNT; i++) {
        if (strcmp(gd_commands[i].verb, verb) == 0) {
            *out_command = &gd_commands[i];
            return GD_DONE;
        }
    }
    return refuse_command(verb, err);
}

bool gd_command_is_hidden(const struct gd_command *command)
{
    return command->summary[0] == '\0';
}

const char *gd_word_next(const char *word, size_t *length)
{
    word += *length;
    word += strspn(word, " ");
    *length = strcspn(word, " ");
    return word;
}

const char *gd_option_choices(const struct gd_option *option)
{
    bool unset = strcmp(option->preset, GD_CHOICE_UNSET) == 0;
    return option->choices + (unset ? strlen(GD_CHOICE_UNSET " ") : 0);
}

bool gd_option_is_for(const struct gd_option *option, const char *verb)
{
    if (option->verbs[0] == '\0')
        return true;
    size_t length = 0;
    for (const char *word = gd_word_next(option->verbs, &length); length > 0;
         word = gd_word_next(word, &length))
        if (verb != NULL && strlen(verb) == length && memcmp(verb, word, length) == 0)
            return true;
    return false;
}

void gd_option_env(const struct gd_option *option, char into[GD_OPTION_ENV_SIZE])
{
    static const char prefix[] = "GUARDIAN_";
    size_t length = strlen(option->name);
    assert(sizeof prefix + length <= GD_OPTION_ENV_SIZE);
    memcpy(into, prefix, sizeof prefix - 1);
    char *to = into + sizeof prefix - 1;
    for (size_t i = 0; i < length; i++) {
        char letter = option->name[i];
        to[i] = letter == '-' ? '_' : (char)toupper((unsigned char)letter);
    }
    to[length] = '\0';
}
