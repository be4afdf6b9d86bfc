#include "guardian/io/json.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/utf8.h"

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

double gd_json_real(const struct gd_json *value)
{
    return json_number_value(inside(value));
}

bool gd_json_is_object(const struct gd_json *value)
{
    return json_is_object(inside(value));
}

bool gd_json_is_list(const struct gd_json *value)
{
    return json_is_array(inside(value));
}

enum gd_json_kind gd_json_kind(const struct gd_json *value)
{
    static const enum gd_json_kind kinds[] = {
        [JSON_OBJECT] = GD_JSON_OBJECT, [JSON_ARRAY] = GD_JSON_LIST, [JSON_STRING] = GD_JSON_TEXT,
        [JSON_INTEGER] = GD_JSON_INT,   [JSON_REAL] = GD_JSON_REAL,  [JSON_TRUE] = GD_JSON_BOOL,
        [JSON_FALSE] = GD_JSON_BOOL,    [JSON_NULL] = GD_JSON_NULL};
    return value == NULL ? GD_JSON_NONE : kinds[json_typeof(inside(value))];
}

size_t gd_json_text_size(const struct gd_json *value)
{
    return json_string_length(inside(value));
}

void gd_json_members(const struct gd_json *object, gd_json_member_fn *each, void *context)
{
    const char *key;
    json_t *value;
    json_object_foreach(inside(object), key,
                        value) if (!each(key, (const struct gd_json *)value, context)) return;
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
    static const char mark[] = "\xef\xbf\xbd"; /* U+FFFD */
    size_t size = strlen(text), used = 0;
    char *copy = malloc(size * (sizeof mark - 1) + 1);
    if (copy == NULL)
        abort();
    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t step = gd_utf8_decode(text + at, size - at, &code);
        const char *from = code == GD_UTF8_BAD ? mark : text + at;
        size_t length = code == GD_UTF8_BAD ? sizeof mark - 1 : step;
        memcpy(copy + used, from, length);
        used += length;
        at += step;
    }
    json_t *value = json_stringn(copy, used);
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

struct gd_json *gd_json_new_time(int64_t time_us)
{
    char text[GD_TIME_SIZE];
    gd_clock_text(time_us, text);
    return time_us == 0 ? gd_json_new_null() : gd_json_new_text(text);
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

void gd_json_put_text(struct gd_json *object, const char *key, const char *text_or_none)
{
    bool none = text_or_none == NULL || text_or_none[0] == '\0';
    gd_json_put(object, key, gd_json_new_text(none ? NULL : text_or_none));
}

struct gd_json *gd_json_new_texts(const struct gd_texts *texts)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < texts->count; i++)
        gd_json_push(list, gd_json_new_text(texts->items[i]));
    return list;
}

/* Pass `size` bytes on to the stream; characters that deceive a reader of the document (they stand
 * inside strings, there is no other place for them) go out escaped. */
static int write_safely(const char *text, size_t size, void *context)
{
    FILE *stream = context;
    size_t begin = 0;
    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t step = gd_utf8_decode(text + at, size - at, &code);
        if (code >= 0x7f && code != GD_UTF8_BAD && gd_utf8_deceives(code)) {
            if (fwrite(text + begin, 1, at - begin, stream) != at - begin)
                return -1;
            uint32_t high = 0xd800 + ((code - 0x10000) >> 10), low = 0xdc00 + (code & 0x3ff);
            int written = code > 0xffff ? fprintf(stream, "\\u%04x\\u%04x", high, low)
                                        : fprintf(stream, "\\u%04x", code);
            if (written < 0)
                return -1;
            begin = at + step;
        }
        at += step;
    }
    return fwrite(text + begin, 1, size - begin, stream) == size - begin ? 0 : -1;
}

static struct gd_status write_failed(struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "could not write the JSON document: %s", strerror(errno));
}

struct gd_status gd_json_write(const struct gd_json *value, FILE *stream, unsigned indent,
                               struct gd_error *err)
{
    size_t flags = JSON_ENCODE_ANY | (indent == 0 ? JSON_COMPACT : JSON_INDENT(indent));
    if (json_dump_callback(inside(value), write_safely, stream, flags) != 0 ||
        fputc('\n', stream) == EOF || fflush(stream) != 0)
        return write_failed(err);
    return GD_DONE;
}

enum { DEPTH_MAX = 16 };

struct gd_json_writer {
    FILE *stream;
    bool broken;
    int why;                /* errno of the first write that failed */
    unsigned depth;         /* containers that are open */
    char closes[DEPTH_MAX]; /* what ends each of them */
    bool begun[DEPTH_MAX];  /* has a member */
};

struct gd_json_writer *gd_json_writer_new(FILE *stream)
{
    struct gd_json_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        abort();
    writer->stream = stream;
    return writer;
}

void gd_json_writer_free(struct gd_json_writer *writer)
{
    free(writer);
}

static void check(struct gd_json_writer *writer, bool written)
{
    if (written || writer->broken)
        return;
    writer->broken = true;
    writer->why = errno;
}

static void dump(struct gd_json_writer *writer, const json_t *value)
{
    size_t flags = JSON_ENCODE_ANY | JSON_COMPACT;
    if (!writer->broken)
        check(writer, json_dump_callback(value, write_safely, writer->stream, flags) == 0);
}

static void put_text(struct gd_json_writer *writer, const char *text)
{
    if (!writer->broken)
        check(writer, fputs(text, writer->stream) != EOF);
}

static void new_line(struct gd_json_writer *writer)
{
    put_text(writer, "\n");
    for (unsigned i = 0; i < writer->depth; i++)
        put_text(writer, " ");
}

/* What stands before a member: the comma after the one before, a line of its own, its key. */
static void lead_in(struct gd_json_writer *writer, const char *key)
{
    if (writer->depth == 0) {
        assert(key == NULL);
        return;
    }
    unsigned top = writer->depth - 1;
    assert((key != NULL) == (writer->closes[top] == '}'));
    if (writer->begun[top])
        put_text(writer, ",");
    writer->begun[top] = true;
    new_line(writer);
    if (key == NULL)
        return;
    json_t *name = inside(gd_json_new_text(key));
    dump(writer, name);
    json_decref(name);
    put_text(writer, ":");
}

static void begin(struct gd_json_writer *writer, const char *key, const char *opens, char closes)
{
    lead_in(writer, key);
    put_text(writer, opens);
    assert(writer->depth < DEPTH_MAX);
    writer->closes[writer->depth] = closes;
    writer->begun[writer->depth] = false;
    writer->depth++;
}

void gd_json_begin_object(struct gd_json_writer *writer, const char *key)
{
    begin(writer, key, "{", '}');
}

void gd_json_begin_list(struct gd_json_writer *writer, const char *key)
{
    begin(writer, key, "[", ']');
}

void gd_json_add(struct gd_json_writer *writer, const char *key, struct gd_json *take_value)
{
    lead_in(writer, key);
    dump(writer, inside(take_value));
    gd_json_free(take_value);
}

void gd_json_end(struct gd_json_writer *writer)
{
    assert(writer->depth > 0);
    unsigned top = --writer->depth;
    if (writer->begun[top])
        new_line(writer);
    put_text(writer, (const char[]){writer->closes[top], '\0'});
}

struct gd_status gd_json_writer_finish(struct gd_json_writer *writer, struct gd_error *err)
{
    assert(writer->depth == 0);
    put_text(writer, "\n");
    if (!writer->broken)
        check(writer, fflush(writer->stream) == 0);
    errno = writer->why;
    return writer->broken ? write_failed(err) : GD_DONE;
}
