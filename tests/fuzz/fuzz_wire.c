/*
 * Fuzz: the protocol of both sides, in pieces of any size. Whatever the bytes, what goes out is
 * exactly the messages that were passed, whole and in order, however they arrived.
 *
 * The first byte says which side speaks and seeds the sizes of the pieces; the rest is what it
 * says.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "guardian/pg/pipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WHOLE_MAX = 1 << 17 };

static void read_head(const struct gd_wire_message *message)
{
    struct gd_wire_cursor cursor = gd_wire_body(message);
    const char *first = gd_wire_read_text(&cursor), *second = gd_wire_read_text(&cursor);
    assert(strlen(first) + strlen(second) < message->have);
    (void)gd_wire_read_u16(&cursor);
    (void)gd_wire_read_u32(&cursor);
    assert(strlen(gd_wire_field(message, 'C')) < message->have);
}

/* Every fifth message is dropped, before every seventh a Sync of ours is put in. */
static bool handle(struct gd_pipe *pipe, unsigned *counter)
{
    struct gd_wire_message message;
    static const uint8_t ours[] = {'S', 0, 0, 0, 4};
    for (;;) {
        enum gd_pipe_found found = gd_pipe_next(pipe, &message);
        if (found == GD_PIPE_MORE)
            return true;
        if (found != GD_PIPE_MESSAGE && found != GD_PIPE_TOO_LARGE)
            return false;
        assert(message.size > WHOLE_MAX || found == GD_PIPE_MESSAGE);
        read_head(&message);
        unsigned turn = ++*counter;
        if (turn % 7 == 0)
            gd_pipe_insert(pipe, ours, sizeof ours);
        if (turn % 7 == 0)
            (void)gd_pipe_next(pipe, &message); /* it has moved */
        if (turn % 5 == 0)
            gd_pipe_drop(pipe, &message);
        else
            gd_pipe_pass(pipe, &message);
    }
}

struct sum {
    uint64_t hash, bytes;
    bool legal;
};

static void send_some(struct gd_pipe *pipe, size_t most, struct sum *sum)
{
    size_t size = 0;
    const uint8_t *run = gd_pipe_run(pipe, &size);
    size = size < most ? size : most;
    for (size_t i = 0; i < size; i++)
        sum->hash = (sum->hash ^ run[i]) * 0x100000001b3U;
    sum->bytes += size;
    if (size > 0)
        gd_pipe_sent(pipe, size);
}

static struct sum run(const uint8_t *data, size_t size, enum gd_wire_side side, uint32_t pieces)
{
    struct gd_pipe pipe;
    struct sum sum = {.hash = 0xcbf29ce484222325U, .legal = true};
    unsigned counter = 0;
    gd_pipe_init(&pipe, side, WHOLE_MAX);
    for (size_t at = 0; at < size && sum.legal;) {
        size_t room = 0;
        uint8_t *to = gd_pipe_room(&pipe, &room);
        size_t piece = size - at;
        pieces = pieces * 1103515245U + 12345U;
        if (pieces != 0 && piece > 1 + (pieces >> 16) % 700)
            piece = 1 + (pieces >> 16) % 700;
        piece = piece < room ? piece : room;
        memcpy(to, data + at, piece);
        gd_pipe_filled(&pipe, piece);
        at += piece;
        sum.legal = handle(&pipe, &counter);
        assert(pipe.capacity <= WHOLE_MAX + GD_PIPE_BASE);
        send_some(&pipe, room == 0 ? SIZE_MAX : 1 + (pieces >> 20) % 900, &sum);
    }
    send_some(&pipe, SIZE_MAX, &sum);
    gd_pipe_done(&pipe);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum gd_wire_side side = (data[0] & 1) != 0 ? GD_WIRE_CLIENT : GD_WIRE_SERVER;
    struct sum one = run(data + 1, size - 1, side, 0),
               other = run(data + 1, size - 1, side, data[0] + 1U);
    assert(one.legal == other.legal && one.bytes == other.bytes && one.hash == other.hash);
    return 0;
}
