/*
 * Wire: the messages of PostgreSQL's protocol 3, named, read and made. No I/O, no state.
 *
 * Layout       [type 1 byte][length u32, itself included][body], big-endian. Start-up packets have
 * no type and are not of this file. Invariant 1  A type or a length that the protocol does not know
 * is told, never guessed at. Invariant 2  Texts in a body end with a zero inside of it, or they are
 * none.
 */
#ifndef GUARDIAN_PG_WIRE_H
#define GUARDIAN_PG_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GD_WIRE_HEADER = 5, GD_WIRE_HEAD_MAX = 8192, GD_WIRE_NAME_MAX = 63 };

enum gd_wire_side { GD_WIRE_CLIENT, GD_WIRE_SERVER }; /* who says it */

enum gd_wire_need {                 /* how much of it must be at hand before it is looked at */
                    GD_WIRE_STREAM, /* type and length: the body goes by unread */
                    GD_WIRE_HEAD,   /* the whole, or its first GD_WIRE_HEAD_MAX bytes */
                    GD_WIRE_WHOLE,  /* every byte */
};

struct gd_wire_kind {
    char type;
    enum gd_wire_need need;
    uint32_t size_max; /* with the header, as the server allows it */
    const char *name;
};
/** NULL: there is no such message, or not once a session has begun. */
const struct gd_wire_kind *gd_wire_kind(enum gd_wire_side side, char type);

/** What is at hand of one message. */
struct gd_wire_message {
    const struct gd_wire_kind *kind;
    const uint8_t *bytes; /* from the type on */
    size_t have, size;    /* bytes at hand; of the whole message */
};

enum gd_wire_found {
    GD_WIRE_MORE,      /* not enough is there yet */
    GD_WIRE_MESSAGE,   /* as much as its kind needs */
    GD_WIRE_UNKNOWN,   /* no message of this side */
    GD_WIRE_BAD_LENGTH /* no length that it can have */
};
/** The message at the start of `bytes`; on GD_WIRE_MORE its kind and size, too, when at least the
 *  header is there (else kind is NULL). */
enum gd_wire_found gd_wire_look(enum gd_wire_side side, const void *bytes, size_t have,
                                struct gd_wire_message *out_message);

/* --- reading a body ----------------------------------------------------------------------------
 */

/** Goes through a body; what is not there reads as 0 and "", and `short_of` is set. */
struct gd_wire_cursor {
    const uint8_t *at, *end;
    bool short_of;
};
struct gd_wire_cursor gd_wire_body(const struct gd_wire_message *message);
const char *gd_wire_read_text(struct gd_wire_cursor *cursor);
uint8_t gd_wire_read_byte(struct gd_wire_cursor *cursor);
uint16_t gd_wire_read_u16(struct gd_wire_cursor *cursor);
uint32_t gd_wire_read_u32(struct gd_wire_cursor *cursor);
/** A field of an ErrorResponse or NoticeResponse ('C': its SQLSTATE), as far as it is at hand. */
const char *gd_wire_field(const struct gd_wire_message *message, char field);

/* --- making messages ---------------------------------------------------------------------------
 */

/** Grows; zero-initialise it, gd_wire_done() frees. */
struct gd_wire_out {
    uint8_t *bytes;
    size_t size, capacity;
    size_t begun; /* where the length of the open message stands */
};
void gd_wire_done(struct gd_wire_out *out);

void gd_wire_begin(struct gd_wire_out *out, char type);
void gd_wire_put(struct gd_wire_out *out, const void *bytes, size_t size);
void gd_wire_put_text(struct gd_wire_out *out, const char *text);
void gd_wire_put_u16(struct gd_wire_out *out, uint16_t value);
void gd_wire_put_u32(struct gd_wire_out *out, uint32_t value);
void gd_wire_end(struct gd_wire_out *out);

/** NULL or "": the field is left out; severity, sqlstate and message are a must. */
struct gd_wire_words {
    const char *severity, *sqlstate, *message, *detail, *hint;
};
void gd_wire_error(struct gd_wire_out *out, const struct gd_wire_words *words);
void gd_wire_notice(struct gd_wire_out *out, const struct gd_wire_words *words);
void gd_wire_parameter(struct gd_wire_out *out, const char *name, const char *value);
void gd_wire_key(struct gd_wire_out *out, uint32_t process, uint32_t secret);
void gd_wire_authenticated(struct gd_wire_out *out);
void gd_wire_ready(struct gd_wire_out *out, char state); /* 'I', 'T', 'E' */
void gd_wire_complete(struct gd_wire_out *out, const char *tag);
void gd_wire_notification(struct gd_wire_out *out, uint32_t process, const char *channel,
                          const char *payload);
void gd_wire_query(struct gd_wire_out *out, const char *text);
/** @param types  OIDs of the parameters as they go on the wire; their count before them */
void gd_wire_parse(struct gd_wire_out *out, const char *name, const char *text, const void *types,
                   size_t types_size);
void gd_wire_bare(struct gd_wire_out *out, char type); /* Sync, Flush, Terminate */

static inline void gd_wire_out_cleanup_(struct gd_wire_out *out)
{
    gd_wire_done(out);
}
#define gd_auto_wire_out __attribute__((cleanup(gd_wire_out_cleanup_))) struct gd_wire_out

#endif
