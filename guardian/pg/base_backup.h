/*
 * Base backup: BASE_BACKUP of the replication protocol, 13 to 18, given on as it comes.
 *
 * Up to version 14 each tablespace is a COPY of its own and the manifest another one; from 15 on
 * all is one COPY of messages with a type. Tablespaces come first, the data directory last, then
 * the manifest. Source: PostgreSQL manual, "Streaming Replication Protocol", BASE_BACKUP.
 *
 * Invariant  Success means that the server has ended the backup well: a failure can come behind the
 *            last byte (checksums that failed, a standby that was promoted) and makes all of it
 * void.
 */
#ifndef GUARDIAN_PG_BASE_BACKUP_H
#define GUARDIAN_PG_BASE_BACKUP_H

#include "guardian/io/source.h"
#include "guardian/pg/replication.h"

struct gd_base_backup_options {
    const char *label;
    bool spread_checkpoint; /* wait for the next one; else at once */
    uint64_t rate_bytes;    /* a second; 0: none. The server takes 32 kB to 1 GB */
    bool incremental;       /* after gd_base_backup_upload() */
};

struct gd_base_backup_tablespace {
    uint32_t oid;     /* 0: the data directory */
    const char *path; /* on the server; NULL: of the data directory */
    uint64_t bytes;   /* about; 0: not known */
};

struct gd_base_backup_start {
    uint64_t lsn;
    uint32_t timeline;
    const struct gd_base_backup_tablespace *tablespaces;
    size_t tablespace_count;
    uint64_t bytes; /* about, all of them */
};

struct gd_base_backup_ops {
    /* The checkpoint is done, the backup has begun. */
    struct gd_status (*start)(void *context, const struct gd_base_backup_start *start,
                              struct gd_error *err);
    /* The archive of a tablespace begins; data() gives its bytes, archive_end() says it is whole.
     */
    struct gd_status (*archive)(void *context, const struct gd_base_backup_tablespace *tablespace,
                                struct gd_error *err);
    struct gd_status (*data)(void *context, const void *data, size_t size, struct gd_error *err);
    struct gd_status (*archive_end)(void *context, struct gd_error *err);
    struct gd_status (*manifest)(void *context, const void *data, size_t size,
                                 struct gd_error *err);
};

struct gd_base_backup_stop {
    uint64_t lsn;
    uint32_t timeline;
};

/**
 * Make one. All archives carry two blocks of zeros at their end from 15 on, and none before.
 *
 * @return GD_UNPROTECTED  the server refuses or voids it; the hint says what helps
 *         GD_SYSTEM       the connection was lost
 */
GD_MUST struct gd_status gd_base_backup_run(struct gd_replication *replication,
                                            const struct gd_base_backup_options *options,
                                            const struct gd_base_backup_ops *ops, void *context,
                                            struct gd_base_backup_stop *out_stop,
                                            struct gd_error *err);

/** UPLOAD_MANIFEST: give the server the manifest of the backup that an incremental one goes on
 *  from. 17 and later. */
GD_MUST struct gd_status gd_base_backup_upload(struct gd_replication *replication,
                                               struct gd_source *manifest, struct gd_error *err);

#endif
