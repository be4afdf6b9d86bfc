/*
 * Pipe: what one side says, on its way to the other. Bytes come in as they come, messages are
 * looked at one by one, and what was passed goes out in runs that are as long as they can be.
 *
 *     sent ──▶ passed ──▶ filled
 *     └ to be sent ┘└ not looked at ┘
 *
 * Invariant 1  Nothing goes out that was not passed or inserted; a message is never cut by another.
 * Invariant 2  One buffer of GD_PIPE_BASE bytes; it grows for a message alone that must be there as
 *              a whole, no further than what has arrived asks for, and never beyond `whole_max`.
 * Owner        one thread at a time. No I/O.
 */
#ifndef GUARDIAN_PG_PIPE_H
#define GUARDIAN_PG_PIPE_H

#include "guardian/pg/wire.h"

enum { GD_PIPE_BASE = 32768 };

struct gd_pipe {
    enum gd_wire_side side;
    uint8_t *bytes;
    size_t capacity, sent, passed, filled;
    size_t streaming; /* of the message that goes by: bytes that are still to come */
    size_t dropping;  /* the same of one that is thrown away */
    size_t whole_max;
};

enum gd_pipe_found {
    GD_PIPE_MORE,       /* read on */
    GD_PIPE_MESSAGE,    /* pass it, drop it, or leave it and come back */
    GD_PIPE_TOO_LARGE,  /* would have to be whole, and is beyond the limit: pass, drop or give up */
    GD_PIPE_UNKNOWN,    /* not the protocol: nothing can be understood any more */
    GD_PIPE_BAD_LENGTH, /* the same */
};

void gd_pipe_init(struct gd_pipe *pipe, enum gd_wire_side side, size_t whole_max);
void gd_pipe_done(struct gd_pipe *pipe);

/** Where to read to; *out_size 0: first something must be sent. */
uint8_t *gd_pipe_room(struct gd_pipe *pipe, size_t *out_size);
void gd_pipe_filled(struct gd_pipe *pipe, size_t size);

/** The next message. It stays the next one until it is passed or dropped; a view, valid until
 * then. */
enum gd_pipe_found gd_pipe_next(struct gd_pipe *pipe, struct gd_wire_message *out_message);
void gd_pipe_pass(struct gd_pipe *pipe, const struct gd_wire_message *message);
void gd_pipe_drop(struct gd_pipe *pipe, const struct gd_wire_message *message);
/** Put bytes of our own, whole messages, in front of the next message. Only between messages. */
void gd_pipe_insert(struct gd_pipe *pipe, const void *bytes, size_t size);
bool gd_pipe_between(const struct gd_pipe *pipe); /* no message has gone in part */
/** Before the messages begin: the first `size` bytes of what was not looked at are done with. */
void gd_pipe_used(struct gd_pipe *pipe, size_t size);
/** What was not passed yet will not be. */
void gd_pipe_forget(struct gd_pipe *pipe);

/** What may go out now. */
static inline const uint8_t *gd_pipe_run(const struct gd_pipe *pipe, size_t *out_size)
{
    *out_size = pipe->passed - pipe->sent;
    return pipe->bytes == NULL ? NULL : pipe->bytes + pipe->sent;
}
void gd_pipe_sent(struct gd_pipe *pipe, size_t size);
/** What may go out does not: nobody takes it any more. */
static inline void gd_pipe_discard(struct gd_pipe *pipe)
{
    gd_pipe_sent(pipe, pipe->passed - pipe->sent);
}

#endif
