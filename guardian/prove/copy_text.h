/*
 * COPY text: is this what a server wrote, to its last byte?
 *
 * Strict on purpose: only what COPY … TO STDOUT writes is taken, not all that COPY … FROM would
 * read. A field count that is off, an escape that no server writes, a bare carriage return, a NUL,
 * an end-of-data mark ("\." ends a load early and silently), bytes that are no UTF-8, and a last
 * row without its line feed are damage.
 *
 * Invariant 1  Memory is one buffer, which grows only for a row that does not fit, up to the
 *              server's own limit for a row.
 * Invariant 2  Every byte is looked at once, in blocks; the rows digest is made on the way.
 * Owner        one thread at a time; used again for the next part.
 */
#ifndef GUARDIAN_PROVE_COPY_TEXT_H
#define GUARDIAN_PROVE_COPY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/status.h"
#include "guardian/pg/copy.h"

struct gd_copy_text;

struct gd_copy_text *gd_copy_text_new(void);
void gd_copy_text_free(struct gd_copy_text *text);

/** Begin a stream of rows with `columns` fields each (0: a table without columns).
 *  @param utf8  the bytes must be UTF-8; false: any encoding that keeps ASCII as it is */
void gd_copy_text_begin(struct gd_copy_text *text, size_t columns, bool utf8);

/** Where the next bytes go: `*out_room` with place for `*out_size` (> 0) bytes, void after the next
 *  call. @return GD_CORRUPT a row is longer than any server writes */
GD_MUST struct gd_status gd_copy_text_room(struct gd_copy_text *text, void **out_room,
                                           size_t *out_size, struct gd_error *err);
/** `size` bytes were put there. @return GD_CORRUPT with the number of the row and what is wrong */
GD_MUST struct gd_status gd_copy_text_take(struct gd_copy_text *text, size_t size,
                                           struct gd_error *err);
/** No more comes. @return GD_CORRUPT the last row is not ended */
GD_MUST struct gd_status gd_copy_text_end(struct gd_copy_text *text, struct gd_error *err);

/** Of all whole rows so far. */
const struct gd_rows_digest *gd_copy_text_digest(const struct gd_copy_text *text);

static inline void gd_copy_text_cleanup_(struct gd_copy_text **text)
{
    gd_copy_text_free(*text);
}
#define gd_auto_copy_text __attribute__((cleanup(gd_copy_text_cleanup_))) struct gd_copy_text *

#endif
