/*
 * Environment: GUARDIAN_… variables, and second names such as DATABASE_URL.
 *
 * An empty variable is one that is not set: compose files and CI pass empty ones along all the
 * time.
 */
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/config/settings.h"

static const char prefix[] = "GUARDIAN_";

const char *gd_environment_get(const char *const *envp, const char *name)
{
    size_t length = strlen(name);
    for (; length > 0 && *envp != NULL; envp++)
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
            return (*envp)[length + 1] == '\0' ? NULL : *envp + length + 1;
    return NULL;
}

static struct gd_status take_variable(struct gd_settings *settings, const struct gd_option *option,
                                      const char *name, const char *text, struct gd_error *err)
{
    if (option->type != GD_TYPE_LIST)
        return gd_settings_set(settings, option, GD_FROM_ENV, name, text, err);
    while (*text != '\0') { /* a list is separated by commas */
        size_t length = strcspn(text, ",");
        const char *item = gd_arena_strndup(settings->arena, text, length);
        if (length > 0)
            GD_TRY(gd_settings_set(settings, option, GD_FROM_ENV, name, item, err));
        text += length + (text[length] == ',');
    }
    return GD_DONE;
}

/* A Kubernetes service called "guardian" makes GUARDIAN_SERVICE_HOST, GUARDIAN_PORT_5432_TCP … */
static bool is_made_by_a_platform(const char *name)
{
    return strncmp(name, "SERVICE_", 8) == 0 || strcmp(name, "PORT") == 0 ||
           strncmp(name, "PORT_", 5) == 0;
}

/* `name` has no prefix. Refused when it looks like an option that was misspelt. */
static struct gd_status check_unknown(struct gd_settings *settings, const char *name,
                                      struct gd_error *err)
{
    const char **known = gd_arena_zalloc(settings->arena, settings->count, sizeof *known);
    size_t count = 0;
    for (size_t i = 0; i < settings->count; i++) {
        const struct gd_option *option = &settings->options[i];
        if ((option->from & GD_FROM_ENV) == 0)
            continue;
        char full[GD_OPTION_ENV_SIZE];
        gd_option_env(option, full);
        known[count] = gd_arena_strdup(settings->arena, full + strlen(prefix));
        if (strcmp(known[count++], name) == 0)
            return GD_DONE;
    }
    const char *meant = is_made_by_a_platform(name) ? NULL : gd_nearest(name, known, count);
    if (meant == NULL)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "%s%s is not a setting", prefix, name),
                   "Did you mean %s%s?", prefix, meant);
}

static struct gd_status check_names(struct gd_settings *settings, const char *const *envp,
                                    struct gd_error *err)
{
    for (; *envp != NULL; envp++) {
        if (strncmp(*envp, prefix, strlen(prefix)) != 0)
            continue;
        const char *name = *envp + strlen(prefix);
        name = gd_arena_strndup(settings->arena, name, strcspn(name, "="));
        GD_TRY(check_unknown(settings, name, err));
    }
    return GD_DONE;
}

struct gd_status gd_settings_from_environment(struct gd_settings *settings, const char *const *envp,
                                              struct gd_error *err)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct gd_option *option = &settings->options[i];
        if ((option->from & GD_FROM_ENV) == 0)
            continue;
        char name[GD_OPTION_ENV_SIZE];
        gd_option_env(option, name);
        const char *called = name, *text = gd_environment_get(envp, name);
        if (text == NULL) {
            called = option->also;
            text = gd_environment_get(envp, option->also);
        }
        if (text != NULL)
            GD_TRY(take_variable(settings, option, called, text, err));
    }
    return check_names(settings, envp, err);
}
