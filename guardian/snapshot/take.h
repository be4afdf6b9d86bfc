/*
 * Take: a snapshot of a database, or a part of it, into the store.
 *
 * Order        look, export one snapshot, pg_dump the schema under it while workers COPY the data,
 *              sequences read last, release the server, manifest last, read back. A failure or a
 *              signal leaves nothing that is listed.
 * Memory       fixed buffers for each worker; nothing is kept on local disk.
 * Not here     proof: a taken snapshot is not proven until prove/ has read it back.
 */
#ifndef GUARDIAN_SNAPSHOT_TAKE_H
#define GUARDIAN_SNAPSHOT_TAKE_H

#include "guardian/base/events.h"
#include "guardian/base/map.h"
#include "guardian/snapshot/stream.h"

struct gd_take_options {
    const struct gd_pg_options *pg; /* the database */
    struct gd_store *store;
    const struct gd_key *key; /* NULL: not encrypted */
    enum gd_snapshot_scope scope;
    /* Scope tables: patterns: schema.table, "Quoted".name, schema.* ; a name without a schema is
       looked for in all of the search path. Partition roots bring their leaves. */
    const char *const *tables;
    size_t table_count;
    /* A name of `tables` that stands for nothing, or for what has no rows of its own (a view, a
       sequence), is no failure: a change names what it touches, not what can be copied. */
    bool rowless_too;
    const char *const *exclude_data; /* tables whose rows are left out; the manifest says so */
    size_t exclude_count;
    unsigned workers;            /* 0: the smaller of 8 and the processors */
    int level;                   /* zstd 1 to 19; 0: 1 */
    uint64_t part_bytes;         /* heap bytes from which a table is cut into parts; 0: 256 MiB */
    bool foreign_data;           /* rows of foreign tables, too */
    const char *pg_dump;         /* path; NULL: found (snapshot/programs.h) */
    const char *change, *reason; /* for the manifest; NULL: "" */
    /* The server is one that was recovered, and rows are to be compared with those of the one that
     * lives on: what was committed there, as that one told it then (pg_current_snapshot()). NULL:
     * asked. */
    const char *pg_snapshot;
    /* Share a snapshot that somebody holds (the sealed snapshot of guard/): its id; NULL: one of
     * our own. */
    const char *shared_snapshot;
    bool sealed;
    /* Rows that these transactions wrote (ids of 32 bits, by commas; NULL: none) are left out of
     * tables whose files are still those of the map (oid to relfilenode): the change's own, which
     * were not there before it. */
    const char *own_ids;
    const struct gd_map *own_files;
    uint32_t lock_ms; /* for ACCESS SHARE on the tables: 2,000; then GD_BUSY */
    bool recovered;   /* from a base backup and WAL: what is unlogged is empty there */
    const struct gd_events *events;
};

/**
 * @return GD_OK          the manifest is in the store and was read back
 *         GD_USAGE       a table is not there, no pg_dump fits the server (the hint says which and
 * how to get it) GD_UNPROTECTED privileges are missing (named, all of them at once), a pooler, row
 * security, the store failed GD_BUSY        a lock did not come in time
 */
GD_MUST struct gd_status gd_snapshot_take(const struct gd_take_options *options,
                                          struct gd_arena *arena, struct gd_manifest **out_manifest,
                                          struct gd_error *err);

#endif
