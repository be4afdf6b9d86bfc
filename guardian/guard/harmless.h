/*
 * Harmless: texts that were found to do nothing but read or set, whatever the catalogue.
 *
 * Invariant  What is in it was judged without a catalogue; so it holds for every session, database
 *            and time, and one table may be shared by many runs. Any thread.
 */
#ifndef GUARDIAN_GUARD_HARMLESS_H
#define GUARDIAN_GUARD_HARMLESS_H

#include "guardian/guard/gate.h"

struct gd_harmless;

struct gd_harmless *gd_harmless_new(void);
/** NULL is fine. */
void gd_harmless_free(struct gd_harmless *harmless);

/** Was a text of this shape seen before? Less than a microsecond. `out_sets`: it may set what names
 *  mean (gd_calm_is_set_by()). */
bool gd_harmless_seen(struct gd_harmless *harmless, const char *text, size_t size, bool *out_sets);
/** It was found to be, by itself. */
void gd_harmless_remember(struct gd_harmless *harmless, const char *text, size_t size);
/** Grows with each change of definitions that comes by: what was asked of the catalogue before is
 *  void. Never 0. */
uint64_t gd_harmless_age(struct gd_harmless *harmless);
void gd_harmless_grow_older(struct gd_harmless *harmless);
/** By the text alone: its report when it does nothing but read or set, as far as it can be told
 * from that; it is remembered then. NULL: there is more in it, if only a temporary view. */
const struct gd_report *gd_harmless_alone(struct gd_harmless *harmless,
                                          const struct gd_gate_request *request,
                                          struct gd_arena *arena);
/** May our reading of the text be another than the server's? Why; NULL: no. */
const char *gd_harmless_misread(const struct gd_gate_session *session, const char *text,
                                size_t size);

#endif
