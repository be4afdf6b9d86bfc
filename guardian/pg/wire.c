#include "guardian/pg/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"

/* What the server itself allows (PQ_SMALL_MESSAGE_LIMIT, PQ_LARGE_MESSAGE_LIMIT), with the type. */
enum { SMALL = 10001, LARGE = 0x3fffffff, ANY = 0x7fffffff };

/* clang-format off */
static const struct gd_wire_kind client_kinds[] = {
    {'Q', GD_WIRE_WHOLE,  LARGE, "Query"},
    {'P', GD_WIRE_WHOLE,  LARGE, "Parse"},
    {'B', GD_WIRE_HEAD,   LARGE, "Bind"},
    {'D', GD_WIRE_HEAD,   SMALL, "Describe"},
    {'E', GD_WIRE_HEAD,   SMALL, "Execute"},
    {'C', GD_WIRE_HEAD,   SMALL, "Close"},
    {'F', GD_WIRE_HEAD, LARGE, "FunctionCall"},
    {'S', GD_WIRE_WHOLE,  SMALL, "Sync"},
    {'H', GD_WIRE_WHOLE,  SMALL, "Flush"},
    {'X', GD_WIRE_WHOLE,  SMALL, "Terminate"},
    {'d', GD_WIRE_STREAM, LARGE, "CopyData"},
    {'c', GD_WIRE_WHOLE,  SMALL, "CopyDone"},
    {'f', GD_WIRE_STREAM, SMALL, "CopyFail"},
};
static const struct gd_wire_kind server_kinds[] = {
    {'1', GD_WIRE_WHOLE,  SMALL, "ParseComplete"},
    {'2', GD_WIRE_WHOLE,  SMALL, "BindComplete"},
    {'3', GD_WIRE_WHOLE,  SMALL, "CloseComplete"},
    {'A', GD_WIRE_STREAM, ANY,   "NotificationResponse"},
    {'C', GD_WIRE_HEAD,   ANY,   "CommandComplete"},
    {'D', GD_WIRE_STREAM, ANY,   "DataRow"},
    {'E', GD_WIRE_HEAD,   ANY,   "ErrorResponse"},
    {'G', GD_WIRE_STREAM, ANY,   "CopyInResponse"},
    {'H', GD_WIRE_STREAM, ANY,   "CopyOutResponse"},
    {'I', GD_WIRE_WHOLE,  SMALL, "EmptyQueryResponse"},
    {'K', GD_WIRE_WHOLE,  SMALL, "BackendKeyData"},
    {'N', GD_WIRE_STREAM, ANY,   "NoticeResponse"},
    {'R', GD_WIRE_STREAM, ANY,   "Authentication"},
    {'S', GD_WIRE_HEAD,   ANY,   "ParameterStatus"},
    {'T', GD_WIRE_STREAM, ANY,   "RowDescription"},
    {'V', GD_WIRE_STREAM, ANY,   "FunctionCallResponse"},
    {'W', GD_WIRE_STREAM, ANY,   "CopyBothResponse"},
    {'Z', GD_WIRE_WHOLE,  SMALL, "ReadyForQuery"},
    {'c', GD_WIRE_WHOLE,  SMALL, "CopyDone"},
    {'d', GD_WIRE_STREAM, ANY,   "CopyData"},
    {'n', GD_WIRE_WHOLE,  SMALL, "NoData"},
    {'s', GD_WIRE_WHOLE,  SMALL, "PortalSuspended"},
    {'t', GD_WIRE_STREAM, ANY,   "ParameterDescription"},
    {'v', GD_WIRE_STREAM, ANY,   "NegotiateProtocolVersion"},
};
/* Where in its table a type stands, plus one: rows go by in millions. */
static const uint8_t client_places[128] = {
    ['Q'] = 1, ['P'] = 2, ['B'] = 3, ['D'] = 4, ['E'] = 5, ['C'] = 6, ['F'] = 7, ['S'] = 8,
    ['H'] = 9, ['X'] = 10, ['d'] = 11, ['c'] = 12, ['f'] = 13,
};
static const uint8_t server_places[128] = {
    ['1'] = 1, ['2'] = 2, ['3'] = 3, ['A'] = 4, ['C'] = 5, ['D'] = 6, ['E'] = 7, ['G'] = 8,
    ['H'] = 9, ['I'] = 10, ['K'] = 11, ['N'] = 12, ['R'] = 13, ['S'] = 14, ['T'] = 15, ['V'] = 16,
    ['W'] = 17, ['Z'] = 18, ['c'] = 19, ['d'] = 20, ['n'] = 21, ['s'] = 22, ['t'] = 23, ['v'] = 24,
};
/* clang-format on */

const struct gd_wire_kind *gd_wire_kind(enum gd_wire_side side, char type)
{
    bool client = side == GD_WIRE_CLIENT;
    unsigned char at = (unsigned char)type;
    uint8_t place = at >= 128 ? 0 : client ? client_places[at] : server_places[at];
    if (place == 0)
        return NULL;
    const struct gd_wire_kind *kind = client ? &client_kinds[place - 1] : &server_kinds[place - 1];
    assert(kind->type == type);
    return kind;
}

static uint32_t load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static size_t needed(const struct gd_wire_message *message)
{
    switch (message->kind->need) {
    case GD_WIRE_STREAM:
        return GD_WIRE_HEADER;
    case GD_WIRE_HEAD:
        return message->size < GD_WIRE_HEAD_MAX ? message->size : GD_WIRE_HEAD_MAX;
    default:
        return message->size;
    }
}

enum gd_wire_found gd_wire_look(enum gd_wire_side side, const void *bytes, size_t have,
                                struct gd_wire_message *out_message)
{
    const uint8_t *at = bytes;
    *out_message = (struct gd_wire_message){.bytes = at};
    if (have == 0)
        return GD_WIRE_MORE;
    const struct gd_wire_kind *kind = gd_wire_kind(side, (char)at[0]);
    if (kind == NULL)
        return GD_WIRE_UNKNOWN;
    if (have < GD_WIRE_HEADER)
        return GD_WIRE_MORE;
    uint32_t length = load_u32(at + 1);
    if (length < 4 || length >= kind->size_max)
        return GD_WIRE_BAD_LENGTH;
    out_message->kind = kind;
    out_message->size = (size_t)length + 1;
    out_message->have = have < out_message->size ? have : out_message->size;
    return out_message->have < needed(out_message) ? GD_WIRE_MORE : GD_WIRE_MESSAGE;
}

/* --- reading ------------------------------------------------------------------------------------
 */

struct gd_wire_cursor gd_wire_body(const struct gd_wire_message *message)
{
    assert(message->have >= GD_WIRE_HEADER);
    return (struct gd_wire_cursor){.at = message->bytes + GD_WIRE_HEADER,
                                   .end = message->bytes + message->have};
}

const char *gd_wire_read_text(struct gd_wire_cursor *cursor)
{
    const uint8_t *end = memchr(cursor->at, 0, (size_t)(cursor->end - cursor->at));
    if (end == NULL) {
        cursor->short_of = true;
        cursor->at = cursor->end;
        return "";
    }
    const char *text = (const char *)cursor->at;
    cursor->at = end + 1;
    return text;
}

static const uint8_t *take(struct gd_wire_cursor *cursor, size_t size)
{
    static const uint8_t nothing[4] = {0};
    if ((size_t)(cursor->end - cursor->at) < size) {
        cursor->short_of = true;
        cursor->at = cursor->end;
        return nothing;
    }
    const uint8_t *at = cursor->at;
    cursor->at += size;
    return at;
}

uint8_t gd_wire_read_byte(struct gd_wire_cursor *cursor)
{
    return take(cursor, 1)[0];
}

uint16_t gd_wire_read_u16(struct gd_wire_cursor *cursor)
{
    const uint8_t *at = take(cursor, 2);
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

uint32_t gd_wire_read_u32(struct gd_wire_cursor *cursor)
{
    return load_u32(take(cursor, 4));
}

const char *gd_wire_field(const struct gd_wire_message *message, char field)
{
    struct gd_wire_cursor cursor = gd_wire_body(message);
    for (;;) {
        uint8_t found = gd_wire_read_byte(&cursor);
        const char *text = found == 0 ? "" : gd_wire_read_text(&cursor);
        if (found == 0 || (char)found == field)
            return text;
    }
}

/* --- making -------------------------------------------------------------------------------------
 */

void gd_wire_done(struct gd_wire_out *out)
{
    free(out->bytes);
    *out = (struct gd_wire_out){0};
}

void gd_wire_put(struct gd_wire_out *out, const void *bytes, size_t size)
{
    assert(size <= ANY - out->size);
    if (out->capacity - out->size < size) {
        size_t wanted = out->capacity == 0 ? 256 : out->capacity;
        while (wanted - out->size < size)
            wanted *= 2;
        out->bytes = gd_memory_grow(out->bytes, wanted);
        out->capacity = wanted;
    }
    if (size > 0)
        memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

void gd_wire_put_text(struct gd_wire_out *out, const char *text)
{
    gd_wire_put(out, text, strlen(text) + 1);
}

void gd_wire_put_u16(struct gd_wire_out *out, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    gd_wire_put(out, bytes, sizeof bytes);
}

static void store_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

void gd_wire_put_u32(struct gd_wire_out *out, uint32_t value)
{
    uint8_t bytes[4];
    store_u32(bytes, value);
    gd_wire_put(out, bytes, sizeof bytes);
}

void gd_wire_begin(struct gd_wire_out *out, char type)
{
    gd_wire_put(out, &type, 1);
    out->begun = out->size;
    gd_wire_put_u32(out, 0);
}

void gd_wire_end(struct gd_wire_out *out)
{
    store_u32(out->bytes + out->begun, (uint32_t)(out->size - out->begun));
}

static void put_field(struct gd_wire_out *out, char field, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    gd_wire_put(out, &field, 1);
    gd_wire_put_text(out, text);
}

static void put_words(struct gd_wire_out *out, char type, const struct gd_wire_words *words)
{
    gd_wire_begin(out, type);
    put_field(out, 'S', words->severity);
    put_field(out, 'V', words->severity);
    put_field(out, 'C', words->sqlstate);
    put_field(out, 'M', words->message);
    put_field(out, 'D', words->detail);
    put_field(out, 'H', words->hint);
    gd_wire_put(out, "", 1);
    gd_wire_end(out);
}

void gd_wire_error(struct gd_wire_out *out, const struct gd_wire_words *words)
{
    put_words(out, 'E', words);
}

void gd_wire_notice(struct gd_wire_out *out, const struct gd_wire_words *words)
{
    put_words(out, 'N', words);
}

void gd_wire_parameter(struct gd_wire_out *out, const char *name, const char *value)
{
    gd_wire_begin(out, 'S');
    gd_wire_put_text(out, name);
    gd_wire_put_text(out, value);
    gd_wire_end(out);
}

void gd_wire_key(struct gd_wire_out *out, uint32_t process, uint32_t secret)
{
    gd_wire_begin(out, 'K');
    gd_wire_put_u32(out, process);
    gd_wire_put_u32(out, secret);
    gd_wire_end(out);
}

void gd_wire_authenticated(struct gd_wire_out *out)
{
    gd_wire_begin(out, 'R');
    gd_wire_put_u32(out, 0);
    gd_wire_end(out);
}

void gd_wire_ready(struct gd_wire_out *out, char state)
{
    gd_wire_begin(out, 'Z');
    gd_wire_put(out, &state, 1);
    gd_wire_end(out);
}

void gd_wire_complete(struct gd_wire_out *out, const char *tag)
{
    gd_wire_begin(out, 'C');
    gd_wire_put_text(out, tag);
    gd_wire_end(out);
}

void gd_wire_notification(struct gd_wire_out *out, uint32_t process, const char *channel,
                          const char *payload)
{
    gd_wire_begin(out, 'A');
    gd_wire_put_u32(out, process);
    gd_wire_put_text(out, channel);
    gd_wire_put_text(out, payload);
    gd_wire_end(out);
}

void gd_wire_query(struct gd_wire_out *out, const char *text)
{
    gd_wire_begin(out, 'Q');
    gd_wire_put_text(out, text);
    gd_wire_end(out);
}

void gd_wire_parse(struct gd_wire_out *out, const char *name, const char *text, const void *types,
                   size_t types_size)
{
    gd_wire_begin(out, 'P');
    gd_wire_put_text(out, name);
    gd_wire_put_text(out, text);
    gd_wire_put_u16(out, (uint16_t)(types_size / 4));
    gd_wire_put(out, types, types_size);
    gd_wire_end(out);
}

void gd_wire_bare(struct gd_wire_out *out, char type)
{
    gd_wire_begin(out, type);
    gd_wire_end(out);
}
