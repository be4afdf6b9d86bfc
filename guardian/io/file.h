/*
 * file: files that are whole or absent.
 */
#ifndef GUARDIAN_IO_FILE_H
#define GUARDIAN_IO_FILE_H

#include <stdbool.h>

#include "guardian/io/sink.h"
#include "guardian/io/source.h"

enum gd_file_mode {
    GD_FILE_NEW, /* refuse to overwrite, decided at finish without a gap (link or RENAME_NOREPLACE)
                  */
    GD_FILE_REPLACE, /* take the place of what is there, at finish */
    GD_FILE_SHARED,  /* as GD_FILE_NEW; in a folder that a group shares (setgid, and it may write)
                        the group may read the file (0640), and folders that are made are shared */
};

/**
 * Writes to a hidden name beside `path`; finish does fsync, rename, fsync of the folder. Folders
 * are made as needed (0700), each fsynced into its own. Mode 0600.
 *
 * @return GD_REFUSED from finish: GD_FILE_NEW and something is there; GD_SYSTEM: anything else, a
 * full disk among it
 */
GD_MUST struct gd_status gd_file_sink_new(const char *path, enum gd_file_mode mode,
                                          struct gd_sink **out_sink, struct gd_error *err);

/** Is this the hidden name of a file that was never finished? Whoever sweeps a folder may remove it
 * when it is old. (name in the folder, not a path) */
bool gd_file_is_hidden(const char *name);

/** Reads `size` bytes from `offset`; size 0 means to the end. @return GD_CORRUPT when the file is
 * missing or is shorter */
GD_MUST struct gd_status gd_file_source_new(const char *path, uint64_t offset, uint64_t size,
                                            struct gd_source **out_source, struct gd_error *err);

/** Standard output or another open descriptor, which stays open; finish does not fsync a pipe. */
struct gd_sink *gd_fd_sink_new(int fd, const char *called);
struct gd_source *gd_fd_source_new(int fd, const char *called);

#endif
