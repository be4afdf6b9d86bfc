/*
 * Page: what the pages of a segment say of themselves.
 *
 * Every page of 8 KiB begins with a header that holds its own place in the WAL; the first one of a
 * segment tells the system identifier and the segment's size, too. So a segment that was recycled,
 * torn, or is of another cluster is told from its bytes alone. Behind a switch (pg_switch_wal)
 * a segment is filled with zeros.
 *
 * Source: src/include/access/xlog_internal.h, XLogPageHeaderData, of PostgreSQL 13 to 18; numbers
 * are in the byte order of the server, which must be this machine's.
 */
#ifndef GUARDIAN_WAL_PAGE_H
#define GUARDIAN_WAL_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/status.h"
#include "guardian/wal/name.h"

enum { GD_WAL_PAGE_BYTES = 8192, GD_WAL_HEAD_BYTES = 40 };

struct gd_wal_head { /* of a segment's first page */
    uint16_t magic;  /* another one for each major version that changed the format */
    uint32_t timeline;
    uint64_t lsn;               /* of its first byte */
    uint64_t system_identifier; /* of the cluster */
    uint64_t segment_bytes;
    uint32_t page_bytes;
};

/** PostgreSQL's major version with this magic; 0: not known here. */
unsigned gd_wal_major(uint16_t magic);

/** Where WAL ends when the next record goes to `lsn`: a page of which there is nothing but the head
 *  is none yet. */
uint64_t gd_wal_page_end(uint64_t lsn, uint64_t segment_bytes);

/** @param bytes  the first GD_WAL_HEAD_BYTES of a segment
 *  @return GD_CORRUPT it is no head of a segment: why */
GD_MUST struct gd_status gd_wal_head_read(const void *bytes, struct gd_wal_head *out_head,
                                          struct gd_error *err);

/** Do the bytes of a segment follow each other? Given in any pieces, in order. */
struct gd_wal_pages {
    struct gd_wal_name name;
    struct gd_wal_head head;
    uint64_t seen; /* bytes so far */
    uint64_t used; /* bytes up to the end of the last page that is not empty */
    unsigned char start[GD_WAL_HEAD_BYTES]; /* of the page that is being read */
};
void gd_wal_pages_init(struct gd_wal_pages *pages, const struct gd_wal_name *name);
/** @return GD_CORRUPT a page is not the one that belongs there */
GD_MUST struct gd_status gd_wal_pages_add(struct gd_wal_pages *pages, const void *data, size_t size,
                                          struct gd_error *err);
/** All of it was given. @return GD_CORRUPT it is not as long as it says */
GD_MUST struct gd_status gd_wal_pages_end(const struct gd_wal_pages *pages, struct gd_error *err);

#endif
