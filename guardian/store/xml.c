#include "guardian/store/xml.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "guardian/base/utf8.h"

enum { LEVELS_MAX = 16 };

/* An element whose end has not come yet. */
struct level {
    struct gd_xml *element;
    const struct gd_xml **tail; /* where its next child goes */
    char *text;
    size_t text_size, text_capacity;
};

struct reader {
    const char *at, *end;
    struct gd_arena *arena;
    struct level levels[LEVELS_MAX];
    unsigned depth;
    const struct gd_xml *root;
    const char *wrong; /* why it is refused; NULL: nothing yet */
};

static bool refuse(struct reader *reader, const char *why)
{
    if (reader->wrong == NULL)
        reader->wrong = why;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
}

static bool starts(const struct reader *reader, const char *with)
{
    size_t length = strlen(with);
    return (size_t)(reader->end - reader->at) >= length && memcmp(reader->at, with, length) == 0;
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && is_blank(*reader->at))
        reader->at++;
}

/* Behind the next `mark`. */
static bool skip_past(struct reader *reader, const char *mark)
{
    const char *found = memmem(reader->at, (size_t)(reader->end - reader->at), mark, strlen(mark));
    if (found == NULL)
        return refuse(reader, "it ends too early");
    reader->at = found + strlen(mark);
    return true;
}

static bool read_name(struct reader *reader, const char **out_name, size_t *out_length)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && is_name(*reader->at))
        reader->at++;
    if (reader->at == begin)
        return refuse(reader, "a name is missing");
    const char *colon = memchr(begin, ':', (size_t)(reader->at - begin));
    *out_name = colon == NULL ? begin : colon + 1;
    *out_length = (size_t)(reader->at - *out_name);
    return *out_length > 0 || refuse(reader, "a name is missing");
}

static bool skip_attributes(struct reader *reader)
{
    for (;;) {
        skip_blanks(reader);
        if (reader->at == reader->end || *reader->at == '>' || *reader->at == '/')
            return true;
        const char *name;
        size_t length;
        if (!read_name(reader, &name, &length))
            return false;
        skip_blanks(reader);
        if (!starts(reader, "="))
            return refuse(reader, "an attribute has no value");
        reader->at++;
        skip_blanks(reader);
        if (!starts(reader, "\"") && !starts(reader, "'"))
            return refuse(reader, "the value of an attribute has no quotes");
        char quote[2] = {*reader->at++, '\0'};
        if (!skip_past(reader, quote))
            return false;
    }
}

/* --- text --------------------------------------------------------------------------------------
 */

static void add_text(struct reader *reader, const char *text, size_t size)
{
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->text_size + size + 1 > level->text_capacity) {
        level->text_capacity = 2 * (level->text_size + size + 1);
        char *grown = gd_arena_alloc(reader->arena, level->text_capacity);
        if (level->text_size > 0)
            memcpy(grown, level->text, level->text_size);
        level->text = grown;
    }
    memcpy(level->text + level->text_size, text, size);
    level->text_size += size;
    level->text[level->text_size] = '\0';
}

static size_t utf8_of(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(code | (0xf00U >> length & 0xf0U));
    return length;
}

static bool numeric_reference(struct reader *reader, const char *digits, size_t length)
{
    uint32_t base = 10, code = 0;
    if (length > 0 && digits[0] == 'x') {
        base = 16;
        digits++;
        length--;
    }
    bool good = length > 0 && length <= 7;
    for (size_t i = 0; good && i < length; i++) {
        static const char all[] = "0123456789abcdef";
        const char *found = digits[i] == '\0' ? NULL : strchr(all, digits[i] | 0x20);
        good = found != NULL && (uint32_t)(found - all) < base;
        code = good ? code * base + (uint32_t)(found - all) : 0;
    }
    if (!good || code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return refuse(reader, "a character reference is no character");
    char bytes[4] = {0};
    size_t size = utf8_of(code, bytes);
    add_text(reader, bytes, size);
    return true;
}

static bool read_reference(struct reader *reader)
{
    static const struct {
        const char *name, *text;
    } named[] = {{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}};
    const char *begin = reader->at + 1;
    if (!skip_past(reader, ";"))
        return false;
    size_t length = (size_t)(reader->at - 1 - begin);
    if (length > 0 && *begin == '#')
        return numeric_reference(reader, begin + 1, length - 1);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strlen(named[i].name) == length && memcmp(named[i].name, begin, length) == 0) {
            add_text(reader, named[i].text, 1);
            return true;
        }
    return refuse(reader, "it uses an entity that XML does not have");
}

static bool read_text(struct reader *reader)
{
    if (*reader->at == '&')
        return reader->depth > 0 ? read_reference(reader) : refuse(reader, "text stands outside");
    const char *begin = reader->at;
    while (reader->at < reader->end && *reader->at != '<' && *reader->at != '&')
        reader->at++;
    size_t size = (size_t)(reader->at - begin);
    if (reader->depth > 0) {
        add_text(reader, begin, size);
        return true;
    }
    for (size_t i = 0; i < size; i++)
        if (!is_blank(begin[i]))
            return refuse(reader, "text stands outside");
    return true;
}

/* --- elements ----------------------------------------------------------------------------------
 */

static bool close_level(struct reader *reader)
{
    struct level *level = &reader->levels[--reader->depth];
    if (level->text_size > 0)
        level->element->text = level->text;
    return true;
}

static bool read_end(struct reader *reader)
{
    const char *name;
    size_t length;
    reader->at += 2;
    if (!read_name(reader, &name, &length))
        return false;
    skip_blanks(reader);
    if (!starts(reader, ">"))
        return refuse(reader, "the end of an element is not closed");
    reader->at++;
    if (reader->depth == 0)
        return refuse(reader, "an element ends that did not begin");
    const char *open = reader->levels[reader->depth - 1].element->name;
    if (strlen(open) != length || memcmp(open, name, length) != 0)
        return refuse(reader, "an element ends under another name");
    return close_level(reader);
}

static bool open_level(struct reader *reader, const char *name, size_t length)
{
    if (reader->depth == LEVELS_MAX)
        return refuse(reader, "it is nested too deeply");
    if (reader->depth == 0 && reader->root != NULL)
        return refuse(reader, "it has two roots");
    struct gd_xml *element = gd_arena_zalloc(reader->arena, 1, sizeof *element);
    element->name = gd_arena_strndup(reader->arena, name, length);
    element->text = "";
    if (reader->depth == 0) {
        reader->root = element;
    } else {
        struct level *parent = &reader->levels[reader->depth - 1];
        *parent->tail = element;
        parent->tail = &element->next;
    }
    reader->levels[reader->depth++] = (struct level){.element = element, .tail = &element->child};
    return true;
}

static bool read_begin(struct reader *reader)
{
    const char *name;
    size_t length;
    reader->at++;
    if (!read_name(reader, &name, &length) || !skip_attributes(reader) ||
        !open_level(reader, name, length))
        return false;
    if (starts(reader, "/>")) {
        reader->at += 2;
        return close_level(reader);
    }
    if (!starts(reader, ">"))
        return refuse(reader, "the beginning of an element is not closed");
    reader->at++;
    return true;
}

static bool read_one(struct reader *reader)
{
    if (*reader->at != '<')
        return read_text(reader);
    if (starts(reader, "<!--"))
        return skip_past(reader, "-->");
    if (starts(reader, "<!") || starts(reader, "<?"))
        return refuse(reader, "it holds more than elements and text");
    return starts(reader, "</") ? read_end(reader) : read_begin(reader);
}

static bool is_text(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint32_t code;
        at += gd_utf8_decode(text + at, size - at, &code);
        if (code == 0 || code == GD_UTF8_BAD)
            return false;
    }
    return true;
}

struct gd_status gd_xml_parse(const char *text, size_t size, struct gd_arena *arena,
                              const struct gd_xml **out_root, struct gd_error *err)
{
    struct reader reader = {.at = text, .end = text + size, .arena = arena};
    if (!is_text(text, size))
        return gd_fail(err, GD_CORRUPT, "the answer is not XML: it is not UTF-8 text");
    skip_blanks(&reader); /* some servers send blanks while they work, before the declaration */
    bool good = !starts(&reader, "<?xml ") || skip_past(&reader, "?>");
    while (good && reader.at < reader.end)
        good = read_one(&reader);
    if (good && reader.depth > 0)
        good = refuse(&reader, "it ends too early");
    if (good && reader.root == NULL)
        good = refuse(&reader, "it is empty");
    if (!good)
        return gd_fail(err, GD_CORRUPT, "the answer is not XML as expected: %s", reader.wrong);
    *out_root = reader.root;
    return GD_DONE;
}

/* --- looking -----------------------------------------------------------------------------------
 */

const struct gd_xml *gd_xml_named(const struct gd_xml *element, const char *name)
{
    while (element != NULL && strcmp(element->name, name) != 0)
        element = element->next;
    return element;
}

const struct gd_xml *gd_xml_child(const struct gd_xml *parent, const char *name)
{
    return parent == NULL ? NULL : gd_xml_named(parent->child, name);
}

const char *gd_xml_text(const struct gd_xml *parent, const char *name)
{
    const struct gd_xml *child = gd_xml_child(parent, name);
    return child == NULL ? "" : child->text;
}
