/*
 * Manifest: what a snapshot holds, and how to know it again. docs/formats/snapshot.md describes
 * every key.
 *
 * Invariant 1  It is written last, under an id never used twice, and read back; objects without one
 *              are litter.
 * Invariant 2  What is read is untrusted: names of objects are checked (gd_manifest_parse) before
 *              they become keys or paths, numbers are in range, parts add up to their table.
 * Invariant 3  Version 1 is read for ever; a newer version is refused by name, never half
 *              understood.
 */
#ifndef GUARDIAN_SNAPSHOT_MANIFEST_H
#define GUARDIAN_SNAPSHOT_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/clock.h"
#include "guardian/base/status.h"
#include "guardian/io/digest.h"
#include "guardian/pg/copy.h"
#include "guardian/store/store.h"

enum { GD_MANIFEST_FORMAT = 1, GD_MANIFEST_BYTES_MAX = 64 * 1024 * 1024 };

enum gd_snapshot_scope { GD_SNAPSHOT_SCHEMA, GD_SNAPSHOT_TABLES, GD_SNAPSHOT_DATABASE };

/** One stored object. */
struct gd_stored {
    const char *name; /* below the snapshot's folder: "data/000007.copy.zst"; NULL: there is none */
    uint64_t bytes;   /* plain */
    uint64_t stored_bytes;
    char sha256[GD_DIGEST_HEX_SIZE];        /* of the plain form; "": other digests stand for it */
    char stored_sha256[GD_DIGEST_HEX_SIZE]; /* of what lies in the store */
};

struct gd_part {
    struct gd_stored stored;
    struct gd_rows_digest digest;
};

struct gd_table {
    uint32_t oid; /* at the source */
    const char *schema, *name;
    char kind;                  /* pg_class.relkind: r; f when its data was asked for */
    const char *const *columns; /* in COPY's order; generated ones are left out */
    size_t column_count;
    bool config;           /* an extension's configuration table: rows under `condition` only */
    const char *condition; /* "" or the WHERE clause of pg_extension_config_dump */
    bool left_out; /* its rows were not wanted (--exclude-table-data): a definition without parts */
    bool by_root;  /* rows are loaded through the partition root `root_schema`.`root_name` */
    const char *root_schema, *root_name;
    struct gd_rows_digest digest; /* of all parts */
    struct gd_part *parts;
    size_t part_count;
};

struct gd_sequence {
    const char *schema, *name;
    int64_t last_value;
    bool is_called;
};

struct gd_matview {
    const char *schema, *name;
    bool populated;
};

struct gd_extension {
    const char *name, *version, *schema;
};

struct gd_large_objects {
    uint64_t count, bytes;
    char digest[GD_ROWS_DIGEST_SIZE]; /* sum over "oid TAB sha256 of the content"; "" when there are
                                         none */
};

struct gd_manifest {
    char id[GD_ID_SIZE];
    const char *cluster; /* the folder in the store: <system identifier>-<escaped database name> */
    const char *change;  /* the change that it was made for, or "" */
    const char *reason;  /* free text, or "" */
    enum gd_snapshot_scope scope;
    const char *const *wanted; /* scope tables: what was asked for, as written */
    size_t wanted_count;
    bool sealed;
    const char *guardian_version;
    const char *system_identifier, *database, *database_owner;
    int server_version; /* 150018 */
    const char *server_text, *pg_dump_text;
    const char *encoding, *collate, *ctype, *provider, *icu_locale,
        *collation_version;                       /* "" when not there */
    const char *lsn, *pg_snapshot;                /* "0/16B3740"; pg_current_snapshot() */
    int64_t started_us, snapshot_us, finished_us; /* snapshot_us by the server's clock */
    const char *key_id;                           /* encryption; "" for none */
    struct gd_stored schema_dump;                 /* schema.dump: pg_dump custom format */
    struct gd_stored blobs_dump; /* blobs.dump: large objects, the same format; name NULL: none */
    struct gd_large_objects large_objects;
    struct gd_extension *extensions;
    size_t extension_count;
    struct gd_table *tables;
    size_t table_count;
    struct gd_sequence *sequences;
    size_t sequence_count;
    struct gd_matview *matviews;
    size_t matview_count;
    /* Verbatim JSON lists or objects for a person or a tool; see docs/formats: roles, tablespaces,
     * settings of roles and databases. */
    const char *globals_json;
    uint64_t rows, bytes, stored_bytes; /* over all objects; gd_manifest_add_up() */
};

/** "schema", "tables", "database". */
const char *gd_snapshot_scope_name(enum gd_snapshot_scope scope);

/** Fill in what follows from the parts: the digest of each table, and rows, bytes and stored bytes
 * over all objects (schema.dump, blobs.dump and every part). */
void gd_manifest_add_up(struct gd_manifest *manifest);

/** As it is stored: UTF-8 JSON, keys in a fixed order, two blanks indent, newline at the end.
 * malloc()ed. @return GD_UNPROTECTED a text that is not UTF-8 (names of an SQL_ASCII database) */
GD_MUST struct gd_status gd_manifest_format(const struct gd_manifest *manifest, char **out_text,
                                            size_t *out_size, struct gd_error *err);
/** Nothing is believed: every key must be there, none that is not known; names of objects are of
 * the known forms and used once; numbers are in range and add up. @return GD_CORRUPT with the key
 * that is wrong ("tables[3].parts[0].rows"); GD_USAGE for a newer format */
GD_MUST struct gd_status gd_manifest_parse(const char *text, size_t size, struct gd_arena *arena,
                                           struct gd_manifest **out_manifest, struct gd_error *err);

/** A copy of everything but the lists, which are empty in it, and the globals: for who keeps many.
 */
struct gd_manifest *gd_manifest_head(const struct gd_manifest *manifest, struct gd_arena *arena);

/* Keys. All in `arena`. */
/** "v1/<cluster>/snapshots/<id>/<name>"; name "" gives the folder with its slash. */
const char *gd_snapshot_key(const char *cluster, const char *id, const char *name,
                            struct gd_arena *arena);
/** "7301234567890123456-app": bytes outside A-Za-z0-9_ of the name become ~XX. */
const char *gd_cluster_name(const char *system_identifier, const char *database,
                            struct gd_arena *arena);
/** The name of the database in it; NULL: it is not of that form. */
const char *gd_cluster_database(const char *cluster, struct gd_arena *arena);
/** Of that form? What is none cannot reach a key. */
bool gd_cluster_valid(const char *cluster);
/** The form of an object's name: schema.dump, blobs.dump, data/000001.copy.zst. */
bool gd_object_name_valid(const char *name);
/** … in a base backup: backup_manifest.zst, config.tar.zst, data/000001.tar.zst. */
bool gd_base_object_name_valid(const char *name);

/** Do the sums of a manifest agree, are its objects' names fit to become keys, is each table there
 * once? gd_manifest_parse() and gd_manifest_store() ask this. @return GD_CORRUPT names the key */
GD_MUST struct gd_status gd_manifest_check(const struct gd_manifest *manifest,
                                           struct gd_error *err);

/** Put it, last of all, conditionally; read it back and compare byte for byte. `out_sha256` of what
 * is stored. What could not be read later is not stored. @return GD_UNPROTECTED; then nothing is
 * listed, as far as the store lets us take the manifest away again */
GD_MUST struct gd_status gd_manifest_store(struct gd_store *store,
                                           const struct gd_manifest *manifest,
                                           char out_sha256[GD_DIGEST_HEX_SIZE],
                                           struct gd_error *err);

/** The same for a text that was made before, of this manifest: an import keeps every byte. */
GD_MUST struct gd_status gd_manifest_store_text(struct gd_store *store,
                                                const struct gd_manifest *manifest,
                                                const char *text, size_t size,
                                                char out_sha256[GD_DIGEST_HEX_SIZE],
                                                struct gd_error *err);

/** The same for a text that is known to be readable, under `key`: last of all, conditionally, read
 *  back; taken away again when that fails. */
GD_MUST struct gd_status gd_manifest_put(struct gd_store *store, const char *key, const char *text,
                                         size_t size, char out_sha256[GD_DIGEST_HEX_SIZE],
                                         struct gd_error *err);

/** What the reason of a snapshot begins with that was taken of a server recovered to an earlier
 *  moment: its rows are older than its id says. */
#define GD_OF_THEN "of a recovered server: "
bool gd_manifest_is_of_then(const struct gd_manifest *manifest);

/** Are all objects of the manifest in the store, each with its size? Looks, and reads nothing. An
 * object that a listing does not show is asked for by itself. @return GD_CORRUPT names the first
 * that is not as it was */
GD_MUST struct gd_status gd_manifest_look(struct gd_store *store,
                                          const struct gd_manifest *manifest, struct gd_error *err);

/** The clusters that have something in the store, in ascending order. */
GD_MUST struct gd_status gd_store_clusters(struct gd_store *store, struct gd_arena *arena,
                                           const char *const **out_names, size_t *out_count,
                                           struct gd_error *err);

/** Which snapshot is meant by `text`: an id, or the beginning of just one; `cluster` NULL: of any.
 * One that was not finished is found, too. @return GD_USAGE none (the hint names near ones) or
 * several (the text names them) */
GD_MUST struct gd_status gd_snapshot_find(struct gd_store *store, const char *cluster,
                                          const char *text, struct gd_arena *arena,
                                          const char **out_cluster, const char **out_id,
                                          struct gd_error *err);

/** Read one by its id or the beginning of it; `cluster` NULL: wherever it is. @return GD_USAGE no
 * such snapshot (the hint names near ones, or says that its objects are there without a manifest);
 * GD_CORRUPT */
GD_MUST struct gd_status gd_manifest_load(struct gd_store *store, const char *cluster,
                                          const char *id, struct gd_arena *arena,
                                          struct gd_manifest **out_manifest,
                                          char out_sha256[GD_DIGEST_HEX_SIZE],
                                          struct gd_error *err);

#endif
