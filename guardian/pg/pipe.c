#include "guardian/pg/pipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"

void gd_pipe_init(struct gd_pipe *pipe, enum gd_wire_side side, size_t whole_max)
{
    *pipe = (struct gd_pipe){.side = side, .whole_max = whole_max};
}

void gd_pipe_done(struct gd_pipe *pipe)
{
    free(pipe->bytes);
    *pipe = (struct gd_pipe){.side = pipe->side};
}

static void resize(struct gd_pipe *pipe, size_t capacity)
{
    pipe->bytes = gd_memory_grow(pipe->bytes, capacity);
    pipe->capacity = capacity;
}

/* What was sent makes room. */
static void close_up(struct gd_pipe *pipe)
{
    if (pipe->sent == 0)
        return;
    memmove(pipe->bytes, pipe->bytes + pipe->sent, pipe->filled - pipe->sent);
    pipe->passed -= pipe->sent;
    pipe->filled -= pipe->sent;
    pipe->sent = 0;
}

/* A full buffer with nothing to send is the beginning of a message that must be whole. */
static void grow_for_message(struct gd_pipe *pipe)
{
    struct gd_wire_message message;
    enum gd_wire_found found = gd_wire_look(pipe->side, pipe->bytes, pipe->filled, &message);
    assert(found == GD_WIRE_MORE && message.kind != NULL && message.size <= pipe->whole_max);
    (void)found;
    resize(pipe, pipe->capacity > message.size / 2 ? message.size : pipe->capacity * 2);
}

uint8_t *gd_pipe_room(struct gd_pipe *pipe, size_t *out_size)
{
    if (pipe->capacity < GD_PIPE_BASE)
        resize(pipe, GD_PIPE_BASE);
    if (pipe->filled == pipe->capacity)
        close_up(pipe);
    if (pipe->filled == pipe->capacity && pipe->passed == 0)
        grow_for_message(pipe);
    *out_size = pipe->capacity - pipe->filled;
    return pipe->bytes + pipe->filled;
}

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* Throw away `size` bytes of what was not looked at. */
static void cut(struct gd_pipe *pipe, size_t size)
{
    size_t rest = pipe->filled - pipe->passed - size;
    if (rest > 0)
        memmove(pipe->bytes + pipe->passed, pipe->bytes + pipe->passed + size, rest);
    pipe->filled -= size;
}

void gd_pipe_filled(struct gd_pipe *pipe, size_t size)
{
    assert(size <= pipe->capacity - pipe->filled);
    pipe->filled += size;
}

enum gd_pipe_found gd_pipe_next(struct gd_pipe *pipe, struct gd_wire_message *out_message)
{
    size_t by = smaller(pipe->streaming, pipe->filled - pipe->passed);
    pipe->passed += by;
    pipe->streaming -= by;
    size_t away = smaller(pipe->dropping, pipe->filled - pipe->passed);
    if (away > 0)
        cut(pipe, away);
    pipe->dropping -= away;
    if (pipe->streaming > 0 || pipe->dropping > 0 || pipe->passed == pipe->filled)
        return GD_PIPE_MORE;
    enum gd_wire_found found = gd_wire_look(pipe->side, pipe->bytes + pipe->passed,
                                            pipe->filled - pipe->passed, out_message);
    if (found == GD_WIRE_UNKNOWN || found == GD_WIRE_BAD_LENGTH)
        return found == GD_WIRE_UNKNOWN ? GD_PIPE_UNKNOWN : GD_PIPE_BAD_LENGTH;
    const struct gd_wire_kind *kind = out_message->kind;
    if (kind != NULL && kind->need == GD_WIRE_WHOLE && out_message->size > pipe->whole_max)
        return GD_PIPE_TOO_LARGE;
    return found == GD_WIRE_MORE ? GD_PIPE_MORE : GD_PIPE_MESSAGE;
}

void gd_pipe_pass(struct gd_pipe *pipe, const struct gd_wire_message *message)
{
    assert(message->bytes == pipe->bytes + pipe->passed);
    size_t there = smaller(message->size, pipe->filled - pipe->passed);
    pipe->passed += there;
    pipe->streaming = message->size - there;
}

void gd_pipe_drop(struct gd_pipe *pipe, const struct gd_wire_message *message)
{
    assert(message->bytes == pipe->bytes + pipe->passed);
    size_t there = smaller(message->size, pipe->filled - pipe->passed);
    pipe->dropping = message->size - there;
    cut(pipe, there);
}

void gd_pipe_used(struct gd_pipe *pipe, size_t size)
{
    assert(size <= pipe->filled - pipe->passed);
    cut(pipe, size);
}

void gd_pipe_forget(struct gd_pipe *pipe)
{
    pipe->filled = pipe->passed;
    pipe->dropping = 0;
}

bool gd_pipe_between(const struct gd_pipe *pipe)
{
    return pipe->streaming == 0;
}

void gd_pipe_insert(struct gd_pipe *pipe, const void *bytes, size_t size)
{
    assert(gd_pipe_between(pipe));
    if (size == 0)
        return;
    if (pipe->capacity - pipe->filled < size)
        close_up(pipe);
    if (pipe->capacity - pipe->filled < size)
        resize(pipe, pipe->filled + size);
    uint8_t *at = pipe->bytes + pipe->passed;
    memmove(at + size, at, pipe->filled - pipe->passed);
    memcpy(at, bytes, size);
    pipe->passed += size;
    pipe->filled += size;
}

void gd_pipe_sent(struct gd_pipe *pipe, size_t size)
{
    assert(size <= pipe->passed - pipe->sent);
    pipe->sent += size;
    if (pipe->sent < pipe->filled)
        return;
    pipe->sent = pipe->passed = pipe->filled = 0;
    if (pipe->capacity > GD_PIPE_BASE)
        resize(pipe, GD_PIPE_BASE);
}
