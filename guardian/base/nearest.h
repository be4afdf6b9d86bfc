/*
 * Nearest: the word that somebody probably meant.
 *
 * For options, commands, keys of a file: a short list, a word that is not in it.
 */
#ifndef GUARDIAN_BASE_NEAREST_H
#define GUARDIAN_BASE_NEAREST_H

#include <stddef.h>

/** Keystrokes between two words: a letter added, dropped or changed, two neighbours swapped.
 *  Letter case counts for nothing. Words longer than 63 bytes are infinitely far apart. */
size_t gd_edit_distance(const char *left, const char *right);

/** The candidate closest to `word`, or NULL when none is close enough to be worth offering (about
 *  one mistake in three letters) and `word` is not the beginning of exactly one of them. */
const char *gd_nearest(const char *word, const char *const *candidates, size_t count);

#endif
