/*
 * Select: some tables of a dump, and what they need, under the name of another schema.
 *
 * Statements are not made anew: their own words are kept, and each qualified name of what moves
 * along ("public"."users") gets the other schema. What a name stands for is told by the pair of
 * schema and name alone. Inside restore/ only.
 */
#ifndef GUARDIAN_RESTORE_SELECT_H
#define GUARDIAN_RESTORE_SELECT_H

#include "guardian/restore/steps.h"

/** The tables that patterns name, as in gd_take_options, and below them their partitions; without a
 * schema, those of every schema. "schema.table" of each, quoted. @return GD_USAGE a pattern fits
 * none */
GD_MUST struct gd_status gd_select_tables(const struct gd_dump *before, const char *const *patterns,
                                          size_t pattern_count, struct gd_arena *arena,
                                          struct gd_texts *out_tables, struct gd_error *err);

/** Does "schema"."name" stand in a list that gd_select_tables() made? */
bool gd_select_has(const struct gd_texts *tables, const char *schema, const char *name,
                   struct gd_arena *arena);

/**
 * Keep of both sections what makes these tables: their types, sequences, defaults, indexes,
 * constraints and comments, with `schema` in the place of theirs. Owners, grants, triggers, rules,
 * policies, and foreign keys to other tables stay behind.
 *
 * @param out_sequences  "schema"."name" of those that came along, as they were called
 * @return GD_USAGE two of the tables would get the same name
 */
GD_MUST struct gd_status gd_select_move(struct gd_restoring *restoring,
                                        const struct gd_texts *tables, const char *schema,
                                        struct gd_texts *out_sequences, struct gd_error *err);

#endif
