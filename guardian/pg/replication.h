/*
 * Replication: a session of the replication protocol, in which a server gives base backups and WAL.
 *
 * Simple queries only; nothing of gd_pg_begin() or gd_pg_run() works there. Behind a pooler there
 * is none: it is refused, with a hint. The role needs REPLICATION and an entry of pg_hba.conf for
 * "replication"; what is missing is named.
 *
 * A command is sent, and then what the server gives for it is taken, one thing after the other,
 * until GD_REPLICATION_END: an error may come behind the last byte of a COPY.
 *
 * Invariant  After a failure that is not the server's answer to a command (sqlstate is empty) the
 *            session is beyond use.
 * Owner      one thread at a time. Every wait has a limit, and ends when gd_interrupted().
 */
#ifndef GUARDIAN_PG_REPLICATION_H
#define GUARDIAN_PG_REPLICATION_H

#include "guardian/pg/connect.h"

struct gd_replication;

struct gd_replication_system {
    uint64_t system_identifier;
    uint32_t timeline;
    uint64_t lsn; /* flushed by the server */
    int version;  /* 150018 */
    uint64_t segment_bytes;
};

/** Connect and ask IDENTIFY_SYSTEM and wal_segment_size.
 *  @return GD_USAGE no such role, no right to replicate, a pooler; GD_SYSTEM no connection */
GD_MUST struct gd_status gd_replication_open(const struct gd_pg_options *options,
                                             struct gd_replication **out_replication,
                                             struct gd_replication_system *out_system,
                                             struct gd_error *err);
void gd_replication_close(struct gd_replication *replication);
/** As gd_pg_where(). */
const char *gd_replication_where(const struct gd_replication *replication);
int gd_replication_version(const struct gd_replication *replication);

/** IDENTIFY_SYSTEM once more. */
GD_MUST struct gd_status gd_replication_identify(struct gd_replication *replication,
                                                 struct gd_replication_system *out_system,
                                                 struct gd_error *err);

/* ---- any command ---- */

struct gd_replication_command {
    const char *what;   /* after "could not": "make a base backup" */
    const char *text;   /* the command, quoted by who makes it */
    uint32_t silent_ms; /* nothing came for so long: lost; 0: 60,000 */
    bool sends;         /* it asks for data: GD_REPLICATION_COPY_IN */
    /* Set when the server refused it; empty and NULL otherwise. */
    char sqlstate[6];
    const char *reason; /* its words; valid as long as the session */
};

enum gd_replication_next {
    GD_REPLICATION_END,       /* nothing more: the next command may be sent */
    GD_REPLICATION_ROWS,      /* of a result set; also a command that ended without rows */
    GD_REPLICATION_COPY_OUT,  /* read it with gd_replication_read() */
    GD_REPLICATION_COPY_BOTH, /* … and write with gd_replication_write() */
    GD_REPLICATION_COPY_IN,   /* write, then gd_replication_end_copy() */
};

GD_MUST struct gd_status gd_replication_send(struct gd_replication *replication,
                                             struct gd_replication_command *command,
                                             struct gd_error *err);
/** Wait for what comes next. @param out_rows  of GD_REPLICATION_ROWS (which may be none): free with
 *  gd_pg_rows_free(); NULL: not wanted
 *  @return GD_SYSTEM refused by the server (command->sqlstate), or lost */
GD_MUST struct gd_status gd_replication_next(struct gd_replication *replication,
                                             struct gd_replication_command *command,
                                             enum gd_replication_next *out_next,
                                             struct gd_pg_rows **out_rows, struct gd_error *err);
/** Send it, and take all of it; a COPY is a failure. @param out_rows  the first rows, which may be
 *  NULL when there are none to keep */
GD_MUST struct gd_status gd_replication_run(struct gd_replication *replication,
                                            struct gd_replication_command *command,
                                            struct gd_pg_rows **out_rows, struct gd_error *err);

/* ---- COPY ---- */

struct gd_replication_piece {
    const char *data; /* one message; a view, void after the next call. NULL: nothing came */
    size_t size;
    bool end; /* of the COPY: gd_replication_next() goes on, and says whether it ended well */
};
/**
 * Read one message.
 *
 * @param wait_ms  comes back with nothing after that; 0: takes only what is there already
 * @param wake_fd  comes back also when this descriptor can be read; -1: none
 */
GD_MUST struct gd_status gd_replication_read(struct gd_replication *replication,
                                             const struct gd_replication_command *command,
                                             uint32_t wait_ms, int wake_fd,
                                             struct gd_replication_piece *out_piece,
                                             struct gd_error *err);
/** Send one message; what the network does not take at once goes with the next read or write. */
GD_MUST struct gd_status gd_replication_write(struct gd_replication *replication,
                                              const struct gd_replication_command *command,
                                              const void *data, size_t size, struct gd_error *err);
/** Wait until all that was written has gone. */
GD_MUST struct gd_status gd_replication_flush(struct gd_replication *replication,
                                              const struct gd_replication_command *command,
                                              struct gd_error *err);
/** We have sent all: the server ends its side, too. Go on reading until `end`. */
GD_MUST struct gd_status gd_replication_end_copy(struct gd_replication *replication,
                                                 const struct gd_replication_command *command,
                                                 struct gd_error *err);

/** "16/B374D848", as the server writes it; NULL is none. */
bool gd_replication_read_lsn(const char *text, uint64_t *out_lsn);

/* ---- commands that everybody needs ---- */

/** The value of a setting, in `arena`. */
GD_MUST struct gd_status gd_replication_show(struct gd_replication *replication,
                                             const char *setting, struct gd_arena *arena,
                                             const char **out_value, struct gd_error *err);
/** The history file of a timeline, in `arena`. @return GD_CORRUPT the server has none */
GD_MUST struct gd_status gd_replication_history(struct gd_replication *replication,
                                                uint32_t timeline, struct gd_arena *arena,
                                                const char **out_text, size_t *out_size,
                                                struct gd_error *err);

/** Lower-case letters, digits and "_", at most 63. */
bool gd_replication_slot_valid(const char *name);
/** A physical slot that keeps WAL from now on (RESERVE_WAL). A temporary one ends with the session.
 *  @param out_lsn  from where on it keeps WAL; 0: a server before 15 does not say
 *  @return GD_BUSY there is one of this name; GD_USAGE no slot is free (max_replication_slots) */
GD_MUST struct gd_status gd_replication_slot_create(struct gd_replication *replication,
                                                    const char *name, bool temporary,
                                                    uint64_t *out_lsn, struct gd_error *err);
struct gd_replication_slot {
    bool known; /* false: the server is older than 15 and cannot be asked */
    bool there;
    uint64_t restart_lsn; /* 0: it keeps nothing: never used, or invalidated */
    uint32_t timeline;
};
/** @return GD_USAGE it is not a physical one */
GD_MUST struct gd_status gd_replication_slot_read(struct gd_replication *replication,
                                                  const char *name,
                                                  struct gd_replication_slot *out_slot,
                                                  struct gd_error *err);
/** One that is not there is no failure. @return GD_BUSY it is in use */
GD_MUST struct gd_status gd_replication_slot_drop(struct gd_replication *replication,
                                                  const char *name, struct gd_error *err);

static inline void gd_replication_cleanup_(struct gd_replication **replication)
{
    gd_replication_close(*replication);
}
#define gd_auto_replication                                                                        \
    __attribute__((cleanup(gd_replication_cleanup_))) struct gd_replication *

#endif
