#include "guardian/io/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "guardian/base/nearest.h"

enum { DEPTH_MAX = 16, KEYS_MAX = 128 };

/* ---- places ---- */

const struct gd_yaml *gd_yaml_get(const struct gd_yaml *map, const char *key)
{
    if (map == NULL || map->kind != GD_YAML_MAP)
        return NULL;
    const struct gd_yaml *member = map->first;
    while (member != NULL && strcmp(member->key, key) != 0)
        member = member->next;
    return member;
}

const struct gd_yaml *gd_yaml_at(const struct gd_yaml *list, size_t index)
{
    if (list == NULL || list->kind != GD_YAML_LIST)
        return NULL;
    const struct gd_yaml *member = list->first;
    while (member != NULL && index-- > 0)
        member = member->next;
    return member;
}

static struct gd_status fail_at(const char *file, uint32_t line, uint32_t column,
                                struct gd_error *err, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));

static struct gd_status fail_at(const char *file, uint32_t line, uint32_t column,
                                struct gd_error *err, const char *format, va_list arguments)
{
    char text[GD_ERROR_TEXT_SIZE];
    vsnprintf(text, sizeof text, format, arguments);
    return gd_fail(err, GD_USAGE, "%s:%u:%u: %s", file, line, column, text);
}

struct gd_status gd_yaml_fail(const char *file, const struct gd_yaml *at, struct gd_error *err,
                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct gd_status status = fail_at(file, at == NULL ? 1 : at->line, at == NULL ? 1 : at->column,
                                      err, format, arguments);
    va_end(arguments);
    return status;
}

struct gd_status gd_yaml_fail_key(const char *file, const struct gd_yaml *at, struct gd_error *err,
                                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct gd_status status = fail_at(file, at->key_line, at->key_column, err, format, arguments);
    va_end(arguments);
    return status;
}

GD_PRINTF(4, 5)
static struct gd_status fail_at_mark(const char *file, yaml_mark_t mark, struct gd_error *err,
                                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct gd_status status =
        fail_at(file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, err, format, arguments);
    va_end(arguments);
    return status;
}

struct gd_status gd_yaml_hint_words(struct gd_status status, const char *word,
                                    const char *const *words, size_t count, struct gd_error *err)
{
    char list[GD_ERROR_HINT_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof list - 64; i++) {
        const char *between = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.40s", between, words[i]);
    }
    const char *meant = gd_nearest(word, words, count);
    if (meant != NULL)
        return gd_hint(err, status, "Did you mean \"%s\"? It can be %s.", meant, list);
    return gd_hint(err, status, "It can be %s.", list);
}

/* ---- text to tree ---- */

struct reader {
    yaml_parser_t parser;
    const char *file, *text;
    size_t size;
    struct gd_arena *arena;
};

/* One event of libyaml, as far as it matters here. */
struct event {
    yaml_event_type_t type;
    yaml_mark_t mark;
    const char *text;
    bool plain;
};

/* libyaml gives an offset for bytes that are no text, and nothing else. */
static yaml_mark_t mark_of_offset(const struct reader *reader, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < reader->size; i++) {
        mark.column++;
        if (reader->text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static bool line_is_indented_by_tab(const struct reader *reader, size_t line)
{
    const char *at = reader->text, *end = reader->text + reader->size;
    while (line-- > 0) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL)
            return false;
        at = newline + 1;
    }
    while (at < end && *at == ' ')
        at++;
    return at < end && *at == '\t';
}

static struct gd_status fail_to_parse(const struct reader *reader, struct gd_error *err)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_READER_ERROR)
        return fail_at_mark(reader->file, mark_of_offset(reader, parser->problem_offset), err,
                            "this is no UTF-8 text: %s", parser->problem);
    if (line_is_indented_by_tab(reader, parser->problem_mark.line))
        return gd_hint(err,
                       fail_at_mark(reader->file, parser->problem_mark, err,
                                    "a line is indented with a tab, which YAML does not take"),
                       "Indent with blanks.");
    if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line)
        return fail_at_mark(reader->file, parser->problem_mark, err,
                            "this is no YAML: %s, %s that "
                            "begins on line %zu",
                            parser->problem, parser->context, parser->context_mark.line + 1);
    return fail_at_mark(reader->file, parser->problem_mark, err, "this is no YAML: %s",
                        parser->problem == NULL ? "it cannot be read" : parser->problem);
}

/* The anchor and the tag of an event that can have one. */
static const yaml_char_t *decoration(const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_ALIAS_EVENT) {
        anchor = event->data.alias.anchor;
    }
    return anchor != NULL ? anchor : tag;
}

static bool is_text(const yaml_char_t *value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((value[i] < ' ' && value[i] != '\n' && value[i] != '\t') || value[i] == 0x7f)
            return false;
    return true;
}

static struct gd_status take_event(struct reader *reader, const yaml_event_t *raw,
                                   struct event *out_event, struct gd_error *err)
{
    const yaml_char_t *decorated = decoration(raw);
    if (decorated != NULL)
        return gd_hint(err,
                       fail_at_mark(reader->file, raw->start_mark, err,
                                    "anchors, aliases and tags (\"%.40s\") are not read here",
                                    (const char *)decorated),
                       "Write the value out. A text that begins with &, * or ! needs quotes.");
    *out_event = (struct event){.type = raw->type, .mark = raw->start_mark, .text = ""};
    if (raw->type != YAML_SCALAR_EVENT)
        return GD_DONE;
    if (!is_text(raw->data.scalar.value, raw->data.scalar.length))
        return fail_at_mark(reader->file, raw->start_mark, err,
                            "this text holds a control character");
    out_event->text = gd_arena_strndup(reader->arena, (const char *)raw->data.scalar.value,
                                       raw->data.scalar.length);
    out_event->plain = raw->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return GD_DONE;
}

static struct gd_status next_event(struct reader *reader, struct event *out_event,
                                   struct gd_error *err)
{
    yaml_event_t raw;
    if (yaml_parser_parse(&reader->parser, &raw) == 0)
        return fail_to_parse(reader, err);
    struct gd_status status = take_event(reader, &raw, out_event, err);
    yaml_event_delete(&raw);
    return status;
}

static struct gd_status read_value(struct reader *reader, const struct event *event, unsigned depth,
                                   struct gd_yaml **out_value, struct gd_error *err);

static struct gd_status read_member(struct reader *reader, const struct gd_yaml *parent,
                                    const struct event *event, unsigned depth,
                                    struct gd_yaml **out_member, struct gd_error *err)
{
    if (parent->kind == GD_YAML_LIST)
        return read_value(reader, event, depth, out_member, err);
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at_mark(reader->file, event->mark, err, "a key must be a single word");
    struct event value = {0};
    GD_TRY(next_event(reader, &value, err));
    GD_TRY(read_value(reader, &value, depth, out_member, err));
    (*out_member)->key = event->text;
    (*out_member)->key_line = (uint32_t)event->mark.line + 1;
    (*out_member)->key_column = (uint32_t)event->mark.column + 1;
    const struct gd_yaml *before = gd_yaml_get(parent, event->text);
    if (before != NULL)
        return gd_yaml_fail_key(reader->file, *out_member, err,
                                "key \"%.60s\" was given before, on line %u", event->text,
                                before->key_line);
    return GD_DONE;
}

static struct gd_status read_members(struct reader *reader, struct gd_yaml *parent, unsigned depth,
                                     struct gd_error *err)
{
    const struct gd_yaml **link = &parent->first;
    struct event event = {0};
    for (size_t count = 0;; count++) {
        GD_TRY(next_event(reader, &event, err));
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
            return GD_DONE;
        if (parent->kind == GD_YAML_MAP && count >= KEYS_MAX) /* looked through one by one */
            return fail_at_mark(reader->file, event.mark, err, "there are more than %d keys here",
                                KEYS_MAX);
        struct gd_yaml *member = NULL;
        GD_TRY(read_member(reader, parent, &event, depth, &member, err));
        assert(member != NULL);
        *link = member;
        link = &member->next;
    }
}

static struct gd_status read_value(struct reader *reader, const struct event *event, unsigned depth,
                                   struct gd_yaml **out_value, struct gd_error *err)
{
    if (depth > DEPTH_MAX)
        return fail_at_mark(reader->file, event->mark, err,
                            "values are nested more than %d levels deep", DEPTH_MAX);
    struct gd_yaml *value = gd_arena_zalloc(reader->arena, 1, sizeof *value);
    value->kind = event->type == YAML_SCALAR_EVENT           ? GD_YAML_SCALAR
                  : event->type == YAML_SEQUENCE_START_EVENT ? GD_YAML_LIST
                                                             : GD_YAML_MAP;
    value->line = (uint32_t)event->mark.line + 1;
    value->column = (uint32_t)event->mark.column + 1;
    value->text = event->text;
    value->plain = event->plain;
    *out_value = value;
    return value->kind == GD_YAML_SCALAR ? GD_DONE : read_members(reader, value, depth + 1, err);
}

static struct gd_status read_document(struct reader *reader, const struct gd_yaml **out_tree,
                                      struct gd_error *err)
{
    static const struct gd_yaml nothing = {.kind = GD_YAML_SCALAR, 1, 1, .text = "", .plain = true};
    struct event event = {0};
    struct gd_yaml *tree = NULL;
    GD_TRY(next_event(reader, &event, err)); /* the stream */
    GD_TRY(next_event(reader, &event, err));
    if (event.type == YAML_STREAM_END_EVENT) {
        *out_tree = &nothing;
        return GD_DONE;
    }
    GD_TRY(next_event(reader, &event, err));
    GD_TRY(read_value(reader, &event, 1, &tree, err));
    GD_TRY(next_event(reader, &event, err)); /* the document's end */
    GD_TRY(next_event(reader, &event, err));
    if (event.type != YAML_STREAM_END_EVENT)
        return fail_at_mark(reader->file, event.mark, err,
                            "a second document begins here; one file holds one");
    *out_tree = tree;
    return GD_DONE;
}

struct gd_status gd_yaml_read(const char *file, const char *text, size_t size,
                              struct gd_arena *arena, const struct gd_yaml **out_tree,
                              struct gd_error *err)
{
    if (size > GD_YAML_BYTES_MAX)
        return gd_fail(err, GD_USAGE, "%s:1:1: the file is larger than %d KiB", file,
                       GD_YAML_BYTES_MAX / 1024);
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* the mark that Windows leaves */
        text += 3;
        size -= 3;
    }
    struct reader reader = {.file = file, .text = text, .size = size, .arena = arena};
    if (yaml_parser_initialize(&reader.parser) == 0)
        return gd_fail(err, GD_SYSTEM, "could not read \"%s\": out of memory", file);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
    struct gd_status status = read_document(&reader, out_tree, err);
    yaml_parser_delete(&reader.parser);
    return status;
}
