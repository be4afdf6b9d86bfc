#include "guardian/journal/frame.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "guardian/base/crc32c.h"
#include "guardian/io/digest.h"

enum { LENGTH_AT = 4, CRC_AT = 8, CHAIN_AT = 12 };
static const char magic[4] = {'G', 'D', 'J', '1'};

/* --- the chain -------------------------------------------------------------------------------- */

static unsigned char hex_value(char digit)
{
    return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static struct gd_chain chain_of(struct gd_digest *take_digest)
{
    char hex[GD_DIGEST_HEX_SIZE];
    struct gd_chain chain;
    gd_digest_hex(take_digest, hex);
    gd_digest_free(take_digest);
    for (size_t i = 0; i < GD_CHAIN_BYTES; i++)
        chain.bytes[i] = (unsigned char)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
    return chain;
}

struct gd_chain gd_chain_first(const char *folder)
{
    struct gd_digest *digest = gd_digest_new();
    gd_digest_add(digest, folder, strlen(folder));
    return chain_of(digest);
}

struct gd_chain gd_chain_next(const struct gd_chain *before, const void *payload, size_t size)
{
    struct gd_digest *digest = gd_digest_new();
    gd_digest_add(digest, before->bytes, sizeof before->bytes);
    gd_digest_add(digest, payload, size);
    return chain_of(digest);
}

/* --- frames ----------------------------------------------------------------------------------- */

static void put_u32(unsigned char *at, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char)(number >> (8 * i));
}

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t crc_of(const unsigned char *head, const void *payload, size_t size)
{
    uint32_t crc = gd_crc32c(0, head, CRC_AT);
    crc = gd_crc32c(crc, head + CHAIN_AT, GD_CHAIN_BYTES);
    return gd_crc32c(crc, payload, size);
}

struct gd_status gd_frame_write(struct gd_sink *sink, struct gd_chain *chain, const void *payload,
                                size_t size, struct gd_error *err)
{
    assert(size > 0 && size <= GD_FRAME_PAYLOAD_MAX);
    unsigned char head[GD_FRAME_HEAD_BYTES];
    struct gd_chain next = gd_chain_next(chain, payload, size);
    memcpy(head, magic, sizeof magic);
    put_u32(head + LENGTH_AT, (uint32_t)size);
    memcpy(head + CHAIN_AT, next.bytes, sizeof next.bytes);
    put_u32(head + CRC_AT, crc_of(head, payload, size));
    GD_TRY(gd_sink_write(sink, head, sizeof head, err));
    GD_TRY(gd_sink_write(sink, payload, size, err));
    *chain = next;
    return GD_DONE;
}

static enum gd_frame_state not_whole(struct gd_frame_view *view, enum gd_frame_state state,
                                     const char *problem)
{
    *view = (struct gd_frame_view){.problem = problem};
    return state;
}

enum gd_frame_state gd_frame_read(const void *data, size_t size, const struct gd_chain *before,
                                  struct gd_frame_view *out_view)
{
    const unsigned char *head = data;
    if (size < GD_FRAME_HEAD_BYTES)
        return not_whole(out_view, GD_FRAME_DAMAGED, "it is cut short");
    if (memcmp(head, magic, sizeof magic) != 0)
        return not_whole(out_view, GD_FRAME_DAMAGED, "it does not begin as a record does");
    size_t length = get_u32(head + LENGTH_AT);
    if (length == 0 || length > GD_FRAME_PAYLOAD_MAX)
        return not_whole(out_view, GD_FRAME_DAMAGED, "its length cannot be");
    if (length > size - GD_FRAME_HEAD_BYTES)
        return not_whole(out_view, GD_FRAME_DAMAGED, "it is cut short");
    const unsigned char *payload = head + GD_FRAME_HEAD_BYTES;
    if (get_u32(head + CRC_AT) != crc_of(head, payload, length))
        return not_whole(out_view, GD_FRAME_DAMAGED, "its checksum does not match");

    struct gd_frame_view view = {payload, length, GD_FRAME_HEAD_BYTES + length, {{0}}, NULL};
    memcpy(view.chain.bytes, head + CHAIN_AT, GD_CHAIN_BYTES);
    if (before != NULL) {
        struct gd_chain next = gd_chain_next(before, payload, length);
        if (memcmp(next.bytes, view.chain.bytes, GD_CHAIN_BYTES) != 0)
            return not_whole(out_view, GD_FRAME_STRANGE,
                             "it does not follow from the record before it");
    }
    *out_view = view;
    return GD_FRAME_WHOLE;
}
