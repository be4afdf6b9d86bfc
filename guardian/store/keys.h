/*
 * Keys: which names an object may have, in every store.
 *
 * Narrow on purpose, so that one key is one file name and one URL path everywhere, without
 * escaping: letters, digits and "._~-", in segments that do not begin with a dot. What begins with
 * a dot in a folder is therefore never an object, and ".." cannot climb.
 */
#ifndef GUARDIAN_STORE_KEYS_H
#define GUARDIAN_STORE_KEYS_H

#include <stdbool.h>

#include "guardian/base/status.h"

enum {
    GD_KEY_BYTES_MAX = 900,
    GD_KEY_SEGMENT_MAX = 220, /* leaves room in a file name for what marks an unfinished file */
};

/** A whole key. @return GD_USAGE */
GD_MUST struct gd_status gd_store_key_check(const char *key, struct gd_error *err);

/** The beginning of keys: "", a folder with its slash, or cut off anywhere in a name.
 *  @param folder  true: only "" or a folder will do */
GD_MUST struct gd_status gd_store_prefix_check(const char *prefix, bool folder,
                                               struct gd_error *err);

/** Could `name` be one segment of a key? */
bool gd_store_segment_valid(const char *name);

#endif
