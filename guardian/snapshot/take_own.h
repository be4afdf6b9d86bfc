/*
 * Take, from within: what its files share. No other file includes it.
 */
#ifndef GUARDIAN_SNAPSHOT_TAKE_OWN_H
#define GUARDIAN_SNAPSHOT_TAKE_OWN_H

#include <pthread.h>
#include <stdatomic.h>

#include "guardian/base/map.h"
#include "guardian/base/texts.h"
#include "guardian/snapshot/list.h"
#include "guardian/snapshot/programs.h"
#include "guardian/snapshot/take.h"

/** A relation that was looked at. */
struct gd_take_table {
    struct gd_table table;
    const char
        *only; /* a condition: rows that are not the change's own; not in the manifest; NULL */
    char persistence;                 /* p, u */
    uint64_t heap_bytes, toast_bytes; /* on disk */
    uint32_t file;                    /* relfilenode in the snapshot */
    bool heap;                        /* of PostgreSQL's own access method: can be cut by ctid */
    bool may_read, may_enter, row_security;
    bool hash;      /* partitioned by hash */
    bool wanted;    /* in scope */
    uint32_t upper; /* the partitioned table that it is a partition of, as position; or none */
};

/** One table hangs below another, both as positions. */
struct gd_take_link {
    uint32_t child, parent;
    bool partition; /* or an heir */
};

struct gd_take_sequence {
    struct gd_sequence sequence;
    bool known; /* its value was told */
    bool may_read;
    char persistence;
};

/** One piece of work: a table, or a range of its pages. */
struct gd_take_part {
    uint32_t table;                 /* position in struct gd_take */
    uint32_t first_page, last_page; /* [first, last); both 0: all of it; last 0: to the end */
    uint64_t weight;                /* bytes on disk */
    /* once it is done: */
    bool done;
    struct gd_part part;
};

struct gd_take {
    const struct gd_take_options *options;
    struct gd_arena *arena; /* of the main thread */
    struct gd_pg *pg;       /* holds the snapshot and the locks */
    struct gd_place place;
    struct gd_manifest *manifest;
    struct gd_program pg_dump;
    const char *snapshot;           /* its id, for other sessions */
    const char *const *environment; /* for pg_dump */
    const char *dump_encoding;
    bool in_recovery;
    uint32_t block_bytes;
    struct gd_take_table *tables;
    size_t table_count;
    struct gd_map by_oid;
    struct gd_take_link *links;
    size_t link_count;
    struct gd_texts rowless; /* wanted, and no table: gd_take_look() sees that they have no rows */
    struct gd_take_sequence *sequences;
    size_t sequence_count;
    uint64_t large_object_count;
    struct gd_take_part *parts;
    size_t part_count;
    unsigned workers;
    /* shared by all threads: */
    atomic_bool stop; /* somebody failed */
    pthread_mutex_t lock;
    size_t next_part;
    uint64_t bytes, rows;   /* done so far */
    uint64_t total_bytes;   /* an estimate */
    struct gd_status first; /* the first failure */
    struct gd_error first_err;
};

/* --- take_look.c: what is there ----------------------------------------------------------------
 */
/** Which database and server; the first query of all. */
GD_MUST struct gd_status gd_take_identify(struct gd_take *take, struct gd_error *err);
GD_MUST struct gd_status gd_take_look(struct gd_take *take, struct gd_error *err);
/** How large the tables are, once they are locked. */
GD_MUST struct gd_status gd_take_measure(struct gd_take *take, struct gd_error *err);
/** Last of all: what sequences stand at. */
GD_MUST struct gd_status gd_take_read_sequences(struct gd_take *take, struct gd_error *err);
/** Run a query that may be slow. */
GD_MUST struct gd_status gd_take_query(struct gd_take *take, const char *what, const char *sql,
                                       const char *value, struct gd_pg_rows **out_rows,
                                       struct gd_error *err);

/* --- take_choose.c: what is wanted -------------------------------------------------------------
 */
/** Marks tables as wanted and left out. `path`: schemas for names without one; the pure part. */
GD_MUST struct gd_status gd_take_choose(struct gd_take *take, const char *const *path,
                                        size_t path_count, struct gd_error *err);

/* --- take_rights.c: may we, and can it hold still -----------------------------------------------
 */
GD_MUST struct gd_status gd_take_check_rights(struct gd_take *take, struct gd_error *err);
/** From here on no statement of the main session waits for a lock longer than it may. */
GD_MUST struct gd_status gd_take_limit_waits(struct gd_take *take, struct gd_error *err);
GD_MUST struct gd_status gd_take_lock(struct gd_take *take, struct gd_error *err);
/** The hint of a lock that did not come: who holds it, or waits for it and before whom. `oids`
 * "{1,2}": of these tables; NULL: of any. Gives back `status`. */
GD_MUST struct gd_status gd_take_name_blocker(struct gd_take *take, const char *oids,
                                              struct gd_status status, struct gd_error *err);
/** The milliseconds of it. */
uint32_t gd_take_lock_ms(const struct gd_take *take);

/* --- take_queue.c: pure -------------------------------------------------------------------------
 */
/** Cut what is wanted into parts, biggest first. */
void gd_take_plan_parts(struct gd_take *take, int server_version);
/** "schema"."name", quoted as needed for any name. */
const char *gd_take_quote(const char *name, struct gd_arena *arena);
const char *gd_take_qualified(const struct gd_table *table, struct gd_arena *arena);
/** The COPY of a part. */
const char *gd_take_copy_sql(const struct gd_take_table *table, const struct gd_take_part *part,
                             struct gd_arena *arena);

/* --- take_work.c: workers ------------------------------------------------------------------------
 */
/** Remember the first failure and make everybody stop. */
void gd_take_failed(struct gd_take *take, struct gd_status status, const struct gd_error *err);
/** A failure of the system while storing is one of the store. */
GD_MUST struct gd_status gd_take_store_failed(struct gd_status status, struct gd_error *err);
/** Copies all parts; the digest of large objects is made beside. */
GD_MUST struct gd_status gd_take_copy_all(struct gd_take *take, struct gd_error *err);

/* --- take_dump.c: pg_dump, large objects
 * ---------------------------------------------------------- */
/** Run pg_dump into the object `name`. */
GD_MUST struct gd_status gd_take_dump_schema(struct gd_take *take, struct gd_arena *arena,
                                             struct gd_error *err);
GD_MUST struct gd_status gd_take_dump_blobs(struct gd_take *take, struct gd_arena *arena,
                                            struct gd_error *err);
GD_MUST struct gd_status gd_take_digest_blobs(struct gd_take *take, struct gd_error *err);

#endif
