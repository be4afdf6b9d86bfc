/*
 * Secret files: small files of keys and tokens, read whole and wiped when they are given back.
 */
#ifndef GUARDIAN_STORE_SECRET_FILE_H
#define GUARDIAN_STORE_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/status.h"

enum { GD_SECRET_FILE_MAX = 1 << 20 };

/** Read all of `path`, with a NUL behind it. @param may_miss  a file that is not there is empty
 *  @return GD_SYSTEM it cannot be read or is larger than GD_SECRET_FILE_MAX; GD_USAGE it holds a
 *  NUL */
GD_MUST struct gd_status gd_secret_file_read(const char *path, bool may_miss, char **out_text,
                                             size_t *out_size, struct gd_error *err);

/** Overwrite and free; NULL is fine. */
void gd_secret_file_wipe(char *text, size_t size);

#endif
