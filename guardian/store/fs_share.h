/*
 * A folder that several users share: archive_command runs as the server's user, changes as another
 * one. Who may not read what the other has written is told whose it is, and what helps.
 */
#ifndef GUARDIAN_STORE_FS_SHARE_H
#define GUARDIAN_STORE_FS_SHARE_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/status.h"

/** `status` of what failed at `path`, with a hint when rights are why. */
struct gd_status gd_fs_advise(const char *path, bool writing, struct gd_status status,
                              struct gd_error *err);

/** The first folder near the top of the store in `root` that belongs to somebody else and is not
 *  shared by its group, in words that follow "the store "; "": there is none. */
void gd_fs_strangers(const char *root, char *out_text, size_t size);

#endif
