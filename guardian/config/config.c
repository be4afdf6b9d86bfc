#include "guardian/config/config.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/nearest.h"
#include "guardian/config/settings.h"

static const char usual_file[] = "guardian.yaml";

/* --- command line ----------------------------------------------------------------------------- */

struct command_line {
    struct gd_settings *settings;
    char **rest;     /* what is still to be read */
    char **operands; /* where the next operand goes: argv itself is reused, it only gets shorter */
};

static struct gd_status refuse_option(const struct gd_settings *settings, const char *name,
                                      size_t length, struct gd_error *err)
{
    const char *shown = gd_arena_strndup(settings->arena, name, length);
    if (strncmp(shown, "--", 2) != 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "there is no option \"%s\"", shown),
                       "Options are written out, for example --help.");
    const char **known = gd_arena_zalloc(settings->arena, settings->count, sizeof *known);
    size_t count = 0;
    for (size_t i = 0; i < settings->count; i++)
        if ((settings->options[i].from & GD_FROM_ARGV) != 0)
            known[count++] = settings->options[i].name;
    struct gd_status status = gd_fail(err, GD_USAGE, "there is no option \"%s\"", shown);
    const char *meant = gd_nearest(shown + 2, known, count);
    return meant == NULL ? status : gd_hint(err, status, "Did you mean --%s?", meant);
}

/* The value of an option that stands apart from it ("--db URI"). */
static struct gd_status detached_value(struct command_line *line, const struct gd_option *option,
                                       const char *called, char **out_value, struct gd_error *err)
{
    char *value = *line->rest;
    if (value == NULL || strncmp(value, "--", 2) == 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "%s needs a value", called),
                       "Write %s %s, or %s=%s.", called, option->value, called, option->value);
    line->rest++;
    *out_value = value;
    return GD_DONE;
}

static struct gd_status take_option(struct command_line *line, char *word, struct gd_error *err)
{
    struct gd_settings *settings = line->settings;
    size_t length = strcspn(word, "=");
    const struct gd_option *option =
        length < 2 ? NULL
                   : gd_option_find(settings->options, settings->count, word + 2, length - 2);
    if (strncmp(word, "--", 2) != 0 || option == NULL || (option->from & GD_FROM_ARGV) == 0)
        return refuse_option(settings, word, length, err);

    const char *called = gd_arena_printf(settings->arena, "--%s", option->name);
    char yes[] = "yes", *value = word[length] == '=' ? word + length + 1 : NULL;
    if (value == NULL && option->type == GD_TYPE_FLAG)
        value = yes;
    if (value == NULL)
        GD_TRY(detached_value(line, option, called, &value, err));
    assert(value != NULL);
    GD_TRY(gd_settings_set(settings, option, GD_FROM_ARGV, called, value, err));
    if (option->type == GD_TYPE_SECRET)
        memset(value, '*', strlen(value)); /* out of the list of processes */
    return GD_DONE;
}

static struct gd_status take_words(struct command_line *line, struct gd_error *err)
{
    bool options_are_over = false;
    while (*line->rest != NULL) {
        char *word = *line->rest++;
        if (!options_are_over && strcmp(word, "--") == 0)
            options_are_over = true;
        else if (!options_are_over && word[0] == '-' && word[1] != '\0')
            GD_TRY(take_option(line, word, err));
        else
            *line->operands++ = word;
    }
    *line->operands = NULL;
    return GD_DONE;
}

static struct gd_status check_options_fit(const struct gd_settings *settings, const char *verb,
                                          struct gd_error *err)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct gd_option *option = &settings->options[i];
        if (settings->origins[i].origin != GD_FROM_ARGV || gd_option_is_for(option, verb))
            continue;
        return gd_hint(
            err, gd_fail(err, GD_USAGE, "guardian %s takes no option --%s", verb, option->name),
            "Commands that take it: %s.", option->verbs);
    }
    return GD_DONE;
}

static struct gd_status read_command_line(struct gd_settings *settings, char **argv,
                                          struct gd_request *out_request, struct gd_error *err)
{
    struct command_line line = {settings, argv, argv};
    GD_TRY(take_words(&line, err));
    *out_request = (struct gd_request){.argc = (int)(line.operands - argv), .argv = argv};
    if (out_request->argc == 0)
        return GD_DONE;
    GD_TRY(gd_command_find(argv[0], &out_request->command, err));
    out_request->argc--;
    out_request->argv++;
    return check_options_fit(settings, out_request->command->verb, err);
}

/* --- what follows from several settings together ---------------------------------------------- */

static struct gd_status settle_format(struct gd_config *config, struct gd_error *err)
{
    const struct gd_setting_origin *json = &config->origins[GD_OPTION_json];
    const struct gd_setting_origin *format = &config->origins[GD_OPTION_format];
    if (config->json && format->origin == json->origin && config->format != GD_FORMAT_JSON)
        return gd_fail(err, GD_USAGE, "%s and %s ask for different formats", json->called,
                       format->called);
    if (config->json && json->origin > format->origin)
        config->format = GD_FORMAT_JSON;
    config->json = config->format == GD_FORMAT_JSON;
    return GD_DONE;
}

/* Good enough for a warning: pg/ reads the string for good. */
static bool holds_password(const char *database)
{
    const char *authority = strstr(database, "://");
    if (authority != NULL) {
        authority += 3;
        size_t length = strcspn(authority, "/?#");
        const char *at = memrchr(authority, '@', length);
        const char *colon = at == NULL ? NULL : memchr(authority, ':', (size_t)(at - authority));
        if (colon != NULL && colon + 1 < at)
            return true;
    }
    return strcasestr(database, "password=") != NULL;
}

static void warn(struct gd_config *config, const char *warning)
{
    for (size_t i = 0; i + 1 < GD_CONFIG_WARNINGS_MAX; i++) {
        if (config->warnings[i] == NULL) {
            config->warnings[i] = warning;
            return;
        }
    }
}

static bool others_can_read(const char *file)
{
    struct stat about;
    return stat(file, &about) == 0 && (about.st_mode & 044) != 0;
}

static void warn_about_password(struct gd_config *config, const char *file)
{
    enum gd_origin origin = config->origins[GD_OPTION_db].origin;
    if (!holds_password(config->db))
        return;
    if (origin == GD_FROM_ARGV)
        warn(config, "The password in --db could be read by every user of this machine while the "
                     "process started; set DATABASE_URL instead, or keep it in ~/.pgpass.");
    if (origin == GD_FROM_FILE && others_can_read(file))
        warn(config, "The file with settings holds a password and can be read by other users of "
                     "this machine; set DATABASE_URL instead, or chmod the file to 600.");
}

static void warn_about_customer_key(struct gd_config *config, const char *file)
{
    if (config->origins[GD_OPTION_store_customer_key].origin == GD_FROM_FILE &&
        others_can_read(file))
        warn(config, "The file with settings holds the key of the store and can be read by other "
                     "users of this machine; set GUARDIAN_STORE_CUSTOMER_KEY instead, or chmod "
                     "the file to 600.");
}

static void look_at_terminal_and_libpq(struct gd_config *config, const char *const *envp)
{
    static const char *const names[] = {"PGSERVICE",  "PGHOST", "PGHOSTADDR",
                                        "PGDATABASE", "PGUSER", "PGPORT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0] && config->pg_variable == NULL; i++)
        if (gd_environment_get(envp, names[i]) != NULL)
            config->pg_variable = names[i];
    const char *terminal = gd_environment_get(envp, "TERM");
    config->plain_terminal = gd_environment_get(envp, "NO_COLOR") != NULL ||
                             (terminal != NULL && strcmp(terminal, "dumb") == 0);
}

/* --- all of it -------------------------------------------------------------------------------- */

static struct gd_status read_file(struct gd_settings *settings, struct gd_config *config,
                                  struct gd_error *err)
{
    if (config->config_file[0] != '\0')
        return gd_settings_from_file(settings, config->config_file, err);
    if (access(usual_file, F_OK) != 0)
        return GD_DONE;
    config->config_file = usual_file;
    return gd_settings_from_file(settings, usual_file, err);
}

struct gd_status gd_config_load(struct gd_arena *arena, char **argv, const char *const *envp,
                                struct gd_config *out_config, struct gd_request *out_request,
                                struct gd_error *err)
{
    struct gd_config config = {0};
    struct gd_request request = {0};
    struct gd_settings settings = {arena, gd_options, gd_options_count, &config, config.origins};
    gd_settings_reset(&settings);
    GD_TRY(read_command_line(&settings, argv, &request, err));
    look_at_terminal_and_libpq(&config, envp);
    if (!config.help && !config.version) { /* help must not depend on settings being right */
        GD_TRY(gd_settings_from_environment(&settings, envp, err));
        GD_TRY(read_file(&settings, &config, err));
        GD_TRY(settle_format(&config, err));
        warn_about_password(&config, config.config_file);
        warn_about_customer_key(&config, config.config_file);
    }
    *out_config = config;
    *out_request = request;
    return GD_DONE;
}

struct gd_database_choice gd_config_database(const struct gd_config *config, bool or_environment)
{
    const struct gd_setting_origin *named = &config->origins[GD_OPTION_db];
    struct gd_database_choice of_option = {config->db, named->called};
    struct gd_database_choice none = {NULL, NULL};
    if (config->db[0] != '\0' && named->origin == GD_FROM_ARGV)
        return of_option;
    if (!or_environment && !config->live)
        return none;
    if (config->db[0] != '\0' && named->origin == GD_FROM_ENV)
        return of_option;
    if (config->pg_variable != NULL)
        return (struct gd_database_choice){"", config->pg_variable};
    return config->db[0] != '\0' ? of_option : none;
}

bool gd_config_use_color(const struct gd_config *config, int descriptor)
{
    if (config->color != GD_COLOR_AUTO)
        return config->color == GD_COLOR_ALWAYS;
    return !config->plain_terminal && isatty(descriptor) != 0;
}
