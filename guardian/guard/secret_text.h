/*
 * Secret text: does SQL hold a password? What does is kept nowhere in the clear (promise P6).
 */
#ifndef GUARDIAN_GUARD_SECRET_TEXT_H
#define GUARDIAN_GUARD_SECRET_TEXT_H

#include "guardian/base/arena.h"

/** Where the first password's value begins: behind PASSWORD 'x', password=x, password => 'x' and
 *  option (password 'x'), in any letters. NULL: there is none that can be seen. */
const char *gd_secret_in_text(const char *text);

/** The beginning of a statement (200 bytes at most) on one line, for lists; what could be a
 * password ends it. In `arena`. */
const char *gd_first_words(const char *text, struct gd_arena *arena);

#endif
