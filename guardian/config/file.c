/*
 * File: guardian.yaml, one mapping from names of options to values.
 *
 * Read through libyaml's events, because a wrong value is reported with the line on which it
 * stands; libcyaml, which reads the policies, builds on the same library but keeps no lines.
 *
 * Invariant 1  Strict: an unknown key, a key that stands twice, a value of the wrong shape, an
 * alias, an explicit tag, a second document are all errors with file and line.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "guardian/base/nearest.h"
#include "guardian/config/settings.h"

struct reader {
    struct gd_settings *settings;
    const char *path;
    yaml_parser_t parser;
    yaml_event_t event; /* the one being looked at */
    bool has_event;
    bool *seen; /* by option */
};

static void reader_done(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
}
#define auto_reader __attribute__((cleanup(reader_done))) struct reader

static size_t line_of(const struct reader *reader)
{
    return reader->event.start_mark.line + 1;
}

static struct gd_status refuse(struct reader *reader, const char *what, struct gd_error *err)
{
    return gd_fail(err, GD_USAGE, "%s:%zu: %s", reader->path, line_of(reader), what);
}

static struct gd_status next(struct reader *reader, struct gd_error *err)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = false;
    if (yaml_parser_parse(&reader->parser, &reader->event) == 0) {
        const char *problem = reader->parser.problem;
        size_t line =
            (reader->parser.error == YAML_READER_ERROR ? reader->parser.mark.line
                                                       : reader->parser.problem_mark.line);
        return gd_fail(err, GD_USAGE, "%s:%zu: this is not YAML: %s", reader->path, line + 1,
                       problem != NULL ? problem : "it cannot be read");
    }
    reader->has_event = true;
    return GD_DONE;
}

/* The text of a scalar. `what` is refused when it is something else, or holds a NUL. */
static struct gd_status scalar(struct reader *reader, const char *what, const char **out_text,
                               struct gd_error *err)
{
    if (reader->event.type != YAML_SCALAR_EVENT)
        return refuse(reader, what, err);
    const char *text = (const char *)reader->event.data.scalar.value;
    size_t length = reader->event.data.scalar.length;
    if (strlen(text) != length)
        return refuse(reader, "a value must not hold a NUL character", err);
    if (reader->event.data.scalar.tag != NULL)
        return refuse(reader, "tags such as !!str are not used here", err);
    *out_text = gd_arena_strdup(reader->settings->arena, text);
    return GD_DONE;
}

static struct gd_status refuse_key(struct reader *reader, const char *key, struct gd_error *err)
{
    struct gd_settings *settings = reader->settings;
    const struct gd_option *option =
        gd_option_find(settings->options, settings->count, key, strlen(key));
    if (option != NULL)
        return gd_fail(err, GD_USAGE, "%s:%zu: \"%s\" cannot be set in a file", reader->path,
                       line_of(reader), key);
    const char **known = gd_arena_zalloc(settings->arena, settings->count, sizeof *known);
    size_t count = 0;
    for (size_t i = 0; i < settings->count; i++)
        if ((settings->options[i].from & GD_FROM_FILE) != 0)
            known[count++] = settings->options[i].name;
    struct gd_status status = gd_fail(err, GD_USAGE, "%s:%zu: \"%s\" is not a setting",
                                      reader->path, line_of(reader), key);
    const char *meant = gd_nearest(key, known, count);
    return meant == NULL ? status : gd_hint(err, status, "Did you mean \"%s\"?", meant);
}

static struct gd_status find_key(struct reader *reader, const char *key,
                                 const struct gd_option **out_option, struct gd_error *err)
{
    struct gd_settings *settings = reader->settings;
    const struct gd_option *option =
        gd_option_find(settings->options, settings->count, key, strlen(key));
    if (option == NULL || (option->from & GD_FROM_FILE) == 0)
        return refuse_key(reader, key, err);
    bool *seen = &reader->seen[option - settings->options];
    if (*seen)
        return gd_fail(err, GD_USAGE, "%s:%zu: \"%s\" is set a second time", reader->path,
                       line_of(reader), key);
    *seen = true;
    *out_option = option;
    return GD_DONE;
}

static bool is_null(const struct reader *reader, const char *text)
{
    return reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static struct gd_status take_scalar(struct reader *reader, const struct gd_option *option,
                                    struct gd_error *err)
{
    const char *text = NULL;
    GD_TRY(scalar(reader,
                  option->type == GD_TYPE_LIST ? "an element of a list must be a plain value"
                                               : "this setting takes one value",
                  &text, err));
    assert(text != NULL);
    if (is_null(reader, text))
        return gd_fail(err, GD_USAGE, "%s:%zu: \"%s\" has no value", reader->path, line_of(reader),
                       option->name);
    const char *called = gd_arena_printf(reader->settings->arena, "%s:%zu: %s", reader->path,
                                         line_of(reader), option->name);
    return gd_settings_set(reader->settings, option, GD_FROM_FILE, called, text, err);
}

static struct gd_status take_value(struct reader *reader, const struct gd_option *option,
                                   struct gd_error *err)
{
    if (option->type != GD_TYPE_LIST || reader->event.type != YAML_SEQUENCE_START_EVENT)
        return take_scalar(reader, option, err);
    GD_TRY(next(reader, err));
    while (reader->event.type != YAML_SEQUENCE_END_EVENT) {
        GD_TRY(take_scalar(reader, option, err));
        GD_TRY(next(reader, err));
    }
    return GD_DONE;
}

static struct gd_status take_mapping(struct reader *reader, struct gd_error *err)
{
    if (reader->event.type != YAML_MAPPING_START_EVENT)
        return refuse(reader, "settings are written as \"name: value\"", err);
    for (;;) {
        GD_TRY(next(reader, err));
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            return GD_DONE;
        const char *key = NULL;
        const struct gd_option *option = NULL;
        GD_TRY(scalar(reader, "the name of a setting must be a plain word", &key, err));
        assert(key != NULL);
        GD_TRY(find_key(reader, key, &option, err));
        assert(option != NULL);
        GD_TRY(next(reader, err));
        GD_TRY(take_value(reader, option, err));
    }
}

static struct gd_status take_stream(struct reader *reader, struct gd_error *err)
{
    GD_TRY(next(reader, err)); /* stream start */
    GD_TRY(next(reader, err));
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return GD_DONE;        /* nothing but comments */
    GD_TRY(next(reader, err)); /* the root of the document */
    GD_TRY(take_mapping(reader, err));
    GD_TRY(next(reader, err)); /* document end */
    GD_TRY(next(reader, err));
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return refuse(reader, "a second document begins here", err);
    return GD_DONE;
}

static void close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

struct gd_status gd_settings_from_file(struct gd_settings *settings, const char *path,
                                       struct gd_error *err)
{
    __attribute__((cleanup(close_file))) FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return gd_fail(err, errno == ENOENT ? GD_USAGE : GD_SYSTEM,
                       "could not read settings from \"%s\": %s", path, strerror(errno));
    auto_reader reader = {.settings = settings, .path = path};
    reader.seen = gd_arena_zalloc(settings->arena, settings->count, sizeof *reader.seen);
    if (yaml_parser_initialize(&reader.parser) == 0)
        /* cppcheck-suppress resourceLeak ; the attribute closes it */
        return gd_fail(err, GD_SYSTEM, "could not read settings from \"%s\": out of memory", path);
    yaml_parser_set_input_file(&reader.parser, file);
    return take_stream(&reader, err);
}
