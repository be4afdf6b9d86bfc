/*
 * WAL as a server writes it: pages and records with their CRCs, in a store.
 */
#ifndef TESTS_HARNESS_WAL_H
#define TESTS_HARNESS_WAL_H

#include "guardian/wal/stored.h"

enum { TEST_WAL_SEGMENT = 1 << 20 };

struct test_wal {
    struct gd_wal_place place;
    uint32_t timeline;
    uint64_t lsn;   /* the next byte */
    uint64_t prev;  /* where the last record began */
    uint32_t left;  /* of the record that is being written */
    unsigned flags; /* of the next page, once more */
    unsigned char bytes[TEST_WAL_SEGMENT];
};

/** Begins at a segment's beginning. A segment is stored when its last byte was written. */
void test_wal_begin(struct test_wal *wal, const struct gd_wal_place *place, uint32_t timeline,
                    uint64_t lsn);
/** A record with a body of so many bytes. */
void test_wal_record(struct test_wal *wal, size_t body_bytes);
/** A commit, by the server's clock. */
void test_wal_commit(struct test_wal *wal, int64_t time_us);
/** The server's settings, of which wal_level (0: minimal). */
void test_wal_settings(struct test_wal *wal, int wal_level);
/** CREATE TABLESPACE. */
void test_wal_tablespace(struct test_wal *wal, uint32_t oid, const char *path);
/** The end of a segment before it is full. */
void test_wal_switch(struct test_wal *wal);
/** Records to the end of the segment, and over it. */
void test_wal_fill(struct test_wal *wal);
/** Records until so many bytes of the segment are left: a multiple of 8, less than a page has. */
void test_wal_fill_but(struct test_wal *wal, size_t left);
/** What was written of the segment since `from`, as a piece. */
void test_wal_piece(struct test_wal *wal, uint64_t from);

/** Put bytes as the WAL file of this name; what is there is replaced. */
void test_wal_put(const struct gd_wal_place *place, const struct gd_wal_name *name,
                  const void *bytes, size_t size);
/** An object with a label, as it would be put; what is there is replaced. */
void test_wal_object(const struct gd_wal_place *place, const char *key, const char *name,
                     const void *bytes, size_t size);

#endif
