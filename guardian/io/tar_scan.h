/*
 * Tar, scanned: archives as PostgreSQL's base backups are, given piece by piece.
 *
 * Names are any bytes (io/tar.h, which reads archives of our own, takes safe ones only), sizes from
 * 8 GiB on are in base 256, the end mark may be missing. Anything but files, folders and symbolic
 * links is no base backup.
 *
 * Invariant 1  Every byte that is fed is handed on exactly once, in order: heads, contents,
 * fillers. Invariant 2  The names that are handed on stay below their folder: not absolute, no
 * "..".
 */
#ifndef GUARDIAN_IO_TAR_SCAN_H
#define GUARDIAN_IO_TAR_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/status.h"

enum { GD_TAR_BLOCK = 512, GD_TAR_END = 2 * GD_TAR_BLOCK };

enum gd_scan_kind { GD_SCAN_FILE, GD_SCAN_FOLDER, GD_SCAN_LINK };

struct gd_scan_entry {
    enum gd_scan_kind kind;
    char name[257]; /* without "./" before it and "/" behind it; of the folder itself: "" */
    char link[101]; /* where a link leads */
    uint64_t size;  /* of a file */
    uint32_t mode;  /* permissions */
    int64_t time_s; /* modified */
};

struct gd_tar_scan_ops {
    /* An entry begins; `head` are its GD_TAR_BLOCK bytes. */
    struct gd_status (*entry)(void *context, const struct gd_scan_entry *entry, const void *head,
                              struct gd_error *err);
    /* Content of the file that began last; at least one byte. */
    struct gd_status (*data)(void *context, const void *data, size_t size, struct gd_error *err);
    /* The file is whole; `fill` zero bytes follow it in the archive. Of files only. */
    struct gd_status (*end)(void *context, size_t fill, struct gd_error *err);
};

struct gd_tar_scan {
    const struct gd_tar_scan_ops *ops;
    void *context;
    uint64_t left;  /* of the content */
    size_t fill;    /* left of the filler behind it */
    bool in_file;   /* between entry and end of a file */
    unsigned zeros; /* blocks of zeros: the end mark */
    size_t filled;  /* of the head */
    unsigned char head[GD_TAR_BLOCK];
};

void gd_tar_scan_begin(struct gd_tar_scan *scan, const struct gd_tar_scan_ops *ops, void *context);
/** @return GD_CORRUPT what came is no such archive; or what a callback returned */
GD_MUST struct gd_status gd_tar_scan_feed(struct gd_tar_scan *scan, const void *data, size_t size,
                                          struct gd_error *err);
/** The archive has ended. @param need_mark  two blocks of zeros must have been there
 *  @return GD_CORRUPT it was cut off */
GD_MUST struct gd_status gd_tar_scan_finish(const struct gd_tar_scan *scan, bool need_mark,
                                            struct gd_error *err);

#endif
