/*
 * Base: base backups in the store (docs/formats/base.md).
 *
 *     v1/<system identifier>/base/<id>/manifest.json           Guardian's; written last
 *                                      backup_manifest.zst     the server's, byte for byte
 *                                      config.tar.zst          settings from outside of the data
 * directory data/000001.tar.zst     whole files, as the server sent them
 *
 * The files that have no object of their own stand in the other objects in the order of the
 * server's manifest. Every data object is a tar archive of its own (with its end mark) of whole
 * files, so that several can be unpacked at once, and `zstd -dc | tar -x` of all of them into one
 * folder gives the data directory. The one with global/pg_control is the last. With a key each
 * object is sealed, bound to "<id>/<name>".
 *
 * Invariant 1  There is a base backup only when its manifest is there; that is written after all
 *              objects, and the WAL from start_lsn to stop_lsn, were read back from the store.
 * Invariant 2  An object may belong to an earlier backup (`owner`): a file that has not changed is
 *              stored once. Nothing that a backup names is ever removed before it.
 */
#ifndef GUARDIAN_SNAPSHOT_BASE_H
#define GUARDIAN_SNAPSHOT_BASE_H

#include "guardian/base/clock.h"
#include "guardian/base/events.h"
#include "guardian/io/crypt.h"
#include "guardian/pg/replication.h"
#include "guardian/snapshot/stream.h"

struct gd_base_object {
    const char *owner;       /* the id of the backup in whose folder it lies */
    struct gd_stored stored; /* name: data/000007.tar.zst; its sha256 is "": see files_sha256 */
    uint32_t tablespace;     /* oid; 0: of the data directory itself */
    uint64_t files;
    const char *file; /* the one file in it, when it has an object of its own; or NULL */
    /* Over what sha256sum prints of the plain files in it, in order: "<sha256>  <path>\n" with the
     * paths of the server's manifest. The server's manifest has its own word for each. */
    char files_sha256[GD_DIGEST_HEX_SIZE];
};

struct gd_base_tablespace {
    uint32_t oid;
    const char *path; /* on the server */
};

/** A file with settings that lies outside of the data directory. */
struct gd_base_setting {
    const char *name; /* in config.tar.zst; "config_file", "hba_file", "ident_file", or "more/1" */
    const char *path; /* on the server */
    bool saved;       /* false: the role may not read it */
};

struct gd_base {
    char id[GD_ID_SIZE];
    uint64_t system_identifier, segment_bytes;
    const char *label, *guardian_version, *server_text;
    int server_version; /* 150018 */
    uint32_t timeline;  /* of start_lsn */
    uint32_t stop_timeline;
    uint64_t start_lsn, stop_lsn;
    int64_t started_us, stopped_us; /* the server's clock: consistent from stopped_us on */
    const char *after; /* incremental: the id of the backup that it needs; "" for a full one */
    bool checksums;    /* of data pages */
    const char *key_id;
    struct gd_stored backup_manifest;
    struct gd_base_object *objects;
    size_t object_count;
    struct gd_base_tablespace *tablespaces;
    size_t tablespace_count;
    struct gd_stored config; /* name NULL: there is none */
    struct gd_base_setting *settings;
    size_t setting_count;
    uint64_t bytes, stored_bytes; /* of all objects, plain; what this backup added to the store */
};

enum { GD_BASE_FORMAT = 1 };

struct gd_base_options {
    const struct gd_pg_options *pg;
    struct gd_store *store;
    const struct gd_key *key;
    int level;              /* zstd; 0: 1 */
    unsigned workers;       /* that compress and upload; 0: the processors, at most 8 */
    bool spread_checkpoint; /* wait for the next one; default: at once */
    uint64_t rate_bytes;    /* a second, as the server limits it; 0: none */
    const char *label;
    const char *after; /* incremental: an id; "latest"; NULL: a full one */
    bool share;        /* files that have not changed since the last backup are not stored again */
    const struct gd_events *events;
};

/** @return GD_UNPROTECTED  rights, wal_level, checksum failures, the WAL is not in the store */
GD_MUST struct gd_status gd_base_take(const struct gd_base_options *options, struct gd_arena *arena,
                                      struct gd_base **out_base, struct gd_error *err);

struct gd_base_listed {
    const char *id;
    const struct gd_base *base; /* NULL: it cannot be read, or there is no manifest */
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    const char *problem; /* NULL: nothing that can be seen, or was found, without reading it all */
    bool unfinished;
    int64_t begun_us, touched_us; /* when something was stored there first, and last */
    uint64_t litter_bytes;        /* of an unfinished one: what lies there */
    const char *const *owners;    /* the backups whose folders hold objects of it, without itself */
    size_t owner_count;
};
/** Oldest first; without the lists of objects (base->objects NULL, object_count kept). */
GD_MUST struct gd_status gd_base_list(struct gd_store *store, uint64_t system_identifier,
                                      struct gd_arena *arena, struct gd_base_listed **out_listed,
                                      size_t *out_count, struct gd_error *err);
/** Which clusters have base backups or WAL in the store. */
GD_MUST struct gd_status gd_base_systems(struct gd_store *store, struct gd_arena *arena,
                                         uint64_t **out_identifiers, size_t *out_count,
                                         struct gd_error *err);
/** @return GD_USAGE no such backup; GD_CORRUPT */
GD_MUST struct gd_status gd_base_load(struct gd_store *store, uint64_t system_identifier,
                                      const char *id, struct gd_arena *arena,
                                      struct gd_base **out_base,
                                      char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err);
/** Which one is meant by `text`: an id, or the beginning of just one; `system_identifier` 0: of any
 *  cluster. One without a manifest is found, too. @return GD_USAGE none, or several */
GD_MUST struct gd_status gd_base_find(struct gd_store *store, uint64_t system_identifier,
                                      const char *text, struct gd_arena *arena,
                                      uint64_t *out_system_identifier, const char **out_id,
                                      struct gd_error *err);
/** As it is stored; malloc()ed. */
GD_MUST struct gd_status gd_base_format(const struct gd_base *base, char **out_text,
                                        size_t *out_size, struct gd_error *err);
/** Nothing is believed, as by gd_manifest_parse(). */
GD_MUST struct gd_status gd_base_parse(const char *text, size_t size, struct gd_arena *arena,
                                       struct gd_base **out_base, struct gd_error *err);
/** Do its values agree? @return GD_CORRUPT names the key */
GD_MUST struct gd_status gd_base_check(const struct gd_base *base, struct gd_error *err);
/** Put its manifest, last of all; read it back. @return GD_UNPROTECTED; then nothing is listed */
GD_MUST struct gd_status gd_base_store(struct gd_store *store, const struct gd_base *base,
                                       char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err);
/** What an object is made from again (snapshot/stream.h): gd_object_source_new() reads it. */
struct gd_place gd_base_place(const struct gd_base *base, const char *owner, struct gd_store *store,
                              const struct gd_key *key, struct gd_arena *arena);
/** "v1/<system identifier>/base/<id>/<name>" */
const char *gd_base_key(uint64_t system_identifier, const char *id, const char *name,
                        struct gd_arena *arena);

#endif
