/*
 * Bare: a text without what it says: each literal is a question mark, and comments are gone.
 *
 * By the server's own scanner, so that it holds for any text that can be scanned, what does not
 * parse among it: bodies in dollar quotes, passwords, file names, numbers, and what SET gives a
 * setting without quotes.
 */
#ifndef GUARDIAN_SQL_BARE_H
#define GUARDIAN_SQL_BARE_H

#include <stddef.h>

#include "guardian/base/arena.h"

/** @return NULL: it cannot be scanned, and nothing of it may be shown */
const char *gd_sql_bare(const char *text, size_t size, struct gd_arena *arena);

#endif
