#include "guardian/pg/array_text.h"

static void put(struct gd_array_text *writer, char byte)
{
    *(char *)gd_list_push(&writer->bytes, writer->arena) = byte;
}

struct gd_array_text gd_array_begin(struct gd_arena *arena)
{
    struct gd_array_text writer = {.bytes = {.size = 1}, .arena = arena};
    put(&writer, '{');
    return writer;
}

void gd_array_number(struct gd_array_text *writer, int64_t number)
{
    char digits[24];
    size_t count = 0;
    uint64_t rest = number < 0 ? (uint64_t)-number : (uint64_t)number;
    if (writer->bytes.count > 1)
        put(writer, ',');
    if (number < 0)
        put(writer, '-');
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    while (count > 0)
        put(writer, digits[--count]);
}

void gd_array_text_add(struct gd_array_text *writer, const char *text)
{
    if (writer->bytes.count > 1)
        put(writer, ',');
    put(writer, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            put(writer, '\\');
        put(writer, *text);
    }
    put(writer, '"');
}

const char *gd_array_end(struct gd_array_text *writer)
{
    put(writer, '}');
    put(writer, '\0');
    return writer->bytes.items;
}

const char *gd_array_of_oids(struct gd_arena *arena, const struct gd_list *oids)
{
    struct gd_array_text writer = gd_array_begin(arena);
    for (size_t i = 0; i < oids->count; i++)
        gd_array_number(&writer, *(const uint32_t *)gd_list_at(oids, i));
    return gd_array_end(&writer);
}

const char *gd_array_of_texts(struct gd_arena *arena, const char *const *texts, size_t count)
{
    struct gd_array_text writer = gd_array_begin(arena);
    for (size_t i = 0; i < count; i++)
        gd_array_text_add(&writer, texts[i]);
    return gd_array_end(&writer);
}

void gd_array_of_addresses(struct gd_arena *arena, const struct gd_list *addresses,
                           const char *out_values[3])
{
    struct gd_array_text class = gd_array_begin(arena), oid = gd_array_begin(arena),
                         column = gd_array_begin(arena);
    for (size_t i = 0; i < addresses->count; i++) {
        const struct gd_address *address = gd_list_at(addresses, i);
        gd_array_number(&class, address->class_oid);
        gd_array_number(&oid, address->oid);
        gd_array_number(&column, address->column);
    }
    out_values[0] = gd_array_end(&class);
    out_values[1] = gd_array_end(&oid);
    out_values[2] = gd_array_end(&column);
}
