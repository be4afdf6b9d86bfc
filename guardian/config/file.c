/*
 * File: guardian.yaml, one mapping from names of options to values.
 *
 * Invariant 1  Strict: an unknown key or a value of the wrong shape is an error with its place.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/config/settings.h"
#include "guardian/io/yaml.h"

static struct gd_status refuse_key(struct gd_settings *settings, const char *path,
                                   const struct gd_yaml *value, struct gd_error *err)
{
    if (gd_option_find(settings->options, settings->count, value->key, strlen(value->key)) != NULL)
        return gd_yaml_fail_key(path, value, err, "\"%s\" cannot be set in a file", value->key);
    const char **known = gd_arena_zalloc(settings->arena, settings->count, sizeof *known);
    size_t count = 0;
    for (size_t i = 0; i < settings->count; i++)
        if ((settings->options[i].from & GD_FROM_FILE) != 0)
            known[count++] = settings->options[i].name;
    struct gd_status status =
        gd_yaml_fail_key(path, value, err, "\"%.60s\" is not a setting", value->key);
    const char *meant = gd_nearest(value->key, known, count);
    return meant == NULL ? status : gd_hint(err, status, "Did you mean \"%s\"?", meant);
}

static bool is_nothing(const struct gd_yaml *value)
{
    return value->plain && (value->text[0] == '\0' || strcmp(value->text, "~") == 0 ||
                            strcmp(value->text, "null") == 0);
}

static struct gd_status take_scalar(struct gd_settings *settings, const char *path,
                                    const struct gd_option *option, const struct gd_yaml *value,
                                    struct gd_error *err)
{
    if (value->kind != GD_YAML_SCALAR)
        return gd_yaml_fail(path, value, err, "%s of \"%s\" is a single value",
                            option->type == GD_TYPE_LIST ? "an element" : "the value",
                            option->name);
    if (is_nothing(value))
        return gd_yaml_fail(path, value, err, "\"%s\" has no value", option->name);
    const char *called = gd_arena_printf(settings->arena, "%s:%u:%u: %s", path, value->line,
                                         value->column, option->name);
    return gd_settings_set(settings, option, GD_FROM_FILE, called, value->text, err);
}

static struct gd_status take_member(struct gd_settings *settings, const char *path,
                                    const struct gd_yaml *value, struct gd_error *err)
{
    const struct gd_option *option =
        gd_option_find(settings->options, settings->count, value->key, strlen(value->key));
    if (option == NULL || (option->from & GD_FROM_FILE) == 0)
        return refuse_key(settings, path, value, err);
    if (option->type != GD_TYPE_LIST || value->kind != GD_YAML_LIST)
        return take_scalar(settings, path, option, value, err);
    for (const struct gd_yaml *item = value->first; item != NULL; item = item->next)
        GD_TRY(take_scalar(settings, path, option, item, err));
    return GD_DONE;
}

/* One byte more than a file may have, so that one that is too large is seen. */
static struct gd_status read_file(const char *path, char *into, size_t *out_size,
                                  struct gd_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return gd_fail(err, errno == ENOENT ? GD_USAGE : GD_SYSTEM,
                       "could not read settings from \"%s\": %s", path, strerror(errno));
    size_t size = fread(into, 1, GD_YAML_BYTES_MAX + 1, file);
    int trouble = ferror(file) != 0 ? errno : 0;
    fclose(file);
    if (trouble != 0)
        return gd_fail(err, trouble == EISDIR ? GD_USAGE : GD_SYSTEM,
                       "could not read settings from \"%s\": %s", path, strerror(trouble));
    *out_size = size;
    return GD_DONE;
}

struct gd_status gd_settings_from_file(struct gd_settings *settings, const char *path,
                                       struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    char *text = gd_arena_alloc(scratch, GD_YAML_BYTES_MAX + 1);
    const struct gd_yaml *tree = NULL;
    size_t size = 0;
    GD_TRY(read_file(path, text, &size, err));
    GD_TRY(gd_yaml_read(path, text, size, scratch, &tree, err));
    assert(tree != NULL);
    if (tree->kind == GD_YAML_SCALAR && is_nothing(tree))
        return GD_DONE; /* nothing but comments */
    if (tree->kind != GD_YAML_MAP)
        return gd_yaml_fail(path, tree, err, "settings are written as \"name: value\"");
    for (const struct gd_yaml *value = tree->first; value != NULL; value = value->next)
        GD_TRY(take_member(settings, path, value, err));
    return GD_DONE;
}
