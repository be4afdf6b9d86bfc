#include "guardian/io/json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *inside(const struct gd_json *value)
{
    return (json_t *)(uintptr_t)value;
}

static struct gd_json *outside(json_t *value)
{
    if (value == NULL) /* jansson fails to build only when memory is out */
        abort();
    return (struct gd_json *)value;
}

struct gd_status gd_json_parse(const char *text, size_t size, struct gd_json **out_root,
                               struct gd_error *err)
{
    json_error_t why;
    json_t *root = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (root == NULL)
        return gd_fail(err, GD_CORRUPT, "could not read JSON at line %d, column %d: %s", why.line,
                       why.column, why.text);
    *out_root = outside(root);
    return GD_DONE;
}

void gd_json_free(struct gd_json *root)
{
    json_decref(inside(root));
}

const struct gd_json *gd_json_get(const struct gd_json *object, const char *key)
{
    return (const struct gd_json *)json_object_get(inside(object), key);
}

size_t gd_json_count(const struct gd_json *list_or_object)
{
    json_t *value = inside(list_or_object);
    return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

const struct gd_json *gd_json_at(const struct gd_json *list, size_t index)
{
    return (const struct gd_json *)json_array_get(inside(list), index);
}

const char *gd_json_text(const struct gd_json *value)
{
    const char *text = json_string_value(inside(value));
    return text == NULL ? "" : text;
}

int64_t gd_json_int(const struct gd_json *value)
{
    const json_t *inner = inside(value);
    return json_is_boolean(inner) ? json_is_true(inner) : json_integer_value(inner);
}

bool gd_json_is_object(const struct gd_json *value)
{
    return json_is_object(inside(value));
}

bool gd_json_is_list(const struct gd_json *value)
{
    return json_is_array(inside(value));
}

void gd_json_members(const struct gd_json *object, gd_json_member_fn *each, void *context)
{
    const char *key;
    json_t *value;
    json_object_foreach (inside(object), key, value)
        if (!each(key, (const struct gd_json *)value, context))
            return;
}

struct gd_json *gd_json_object(void)
{
    return outside(json_object());
}

struct gd_json *gd_json_list(void)
{
    return outside(json_array());
}

/* jansson refuses text that is not UTF-8; what is shown must not be lost for that. */
static json_t *replaced(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    if (copy == NULL)
        abort();
    for (size_t i = 0; i <= length; i++)
        copy[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : '?');
    json_t *value = json_string(copy);
    free(copy);
    return value;
}

struct gd_json *gd_json_new_text(const char *text)
{
    if (text == NULL)
        return gd_json_new_null();
    json_t *value = json_string(text);
    return outside(value == NULL ? replaced(text) : value);
}

struct gd_json *gd_json_new_int(int64_t number)
{
    return outside(json_integer(number));
}

struct gd_json *gd_json_new_real(double number)
{
    return outside(json_real(number));
}

struct gd_json *gd_json_new_bool(bool truth)
{
    return outside(json_boolean(truth));
}

struct gd_json *gd_json_new_null(void)
{
    return outside(json_null());
}

void gd_json_put(struct gd_json *object, const char *key, struct gd_json *take_value)
{
    if (json_object_set_new(inside(object), key, inside(take_value)) != 0)
        abort();
}

void gd_json_push(struct gd_json *list, struct gd_json *take_value)
{
    if (json_array_append_new(inside(list), inside(take_value)) != 0)
        abort();
}

struct gd_status gd_json_write(const struct gd_json *value, FILE *stream, unsigned indent,
                               struct gd_error *err)
{
    size_t flags = JSON_ENCODE_ANY | (indent == 0 ? JSON_COMPACT : JSON_INDENT(indent));
    if (json_dumpf(inside(value), stream, flags) != 0 || fputc('\n', stream) == EOF ||
        fflush(stream) != 0)
        return gd_fail(err, GD_SYSTEM, "could not write the JSON document: %s", strerror(errno));
    return GD_DONE;
}
