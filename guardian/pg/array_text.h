/*
 * Array texts: parameters of queries that are arrays, as the server reads them: {1,2}, {"a","b"}.
 *
 * Owner  the arena.
 */
#ifndef GUARDIAN_PG_ARRAY_TEXT_H
#define GUARDIAN_PG_ARRAY_TEXT_H

#include "guardian/pg/survey_read.h"

struct gd_array_text {
    struct gd_list bytes;
    struct gd_arena *arena;
};

struct gd_array_text gd_array_begin(struct gd_arena *arena);
void gd_array_number(struct gd_array_text *writer, int64_t number);
void gd_array_text_add(struct gd_array_text *writer, const char *text);
const char *gd_array_end(struct gd_array_text *writer);

const char *gd_array_of_oids(struct gd_arena *arena, const struct gd_list *oids);
const char *gd_array_of_texts(struct gd_arena *arena, const char *const *texts, size_t count);
/** Three arrays out of one list of addresses: classes, oids, columns. */
void gd_array_of_addresses(struct gd_arena *arena, const struct gd_list *addresses,
                           const char *out_values[3]);

#endif
