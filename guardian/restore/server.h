/*
 * Server: a server of ours in a data directory that was laid down, on a private socket.
 *
 * Invariant 1  It listens nowhere but on a socket in a folder of its own (0700), archives nothing,
 *              starts no library, job or subscription of the source's settings: it runs with
 *              settings of ours alone, but for postgresql.auto.conf, which was cleaned.
 * Invariant 2  It does not outlive this process, unless gd_server_detach() started it anew.
 * Invariant 3  What recovery did is read from its log and asked of the server, never concluded from
 *              a status.
 */
#ifndef GUARDIAN_RESTORE_SERVER_H
#define GUARDIAN_RESTORE_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guardian/base/arena.h"
#include "guardian/io/process.h"
#include "guardian/pg/connect.h"
#include "guardian/restore/control.h"

/** What the log has said so far; texts in the server's arena. */
struct gd_server_log {
    uint64_t offset;        /* read up to here */
    const char *stopping;   /* "recovery stopping before commit of transaction 750, time …" */
    bool pausing;           /* … and waits there */
    bool ended_before;      /* the WAL ended before the target */
    bool ready;             /* it says that it takes connections */
    bool insufficient;      /* hot standby wants larger settings; pg_control has them by then */
    int64_t last_commit_us; /* "last completed transaction was at log time" */
    uint64_t redo_done_lsn;
    const char *last_restored; /* the WAL file that came last */
    const char *fatal;         /* the last FATAL or PANIC, with its DETAIL and HINT */
    const char *fetching;      /* what restore_command said last of what went wrong */
    const char *tail[6];       /* the last lines that say something */
    size_t tail_count;
};

struct gd_server {
    struct gd_arena *arena;
    const char *data, *home; /* home: socket, settings, log */
    const char *bin, *postgres;
    const char *superuser, *database; /* to connect with */
    const char *const *environment;   /* for it and for restore_command; may be NULL */
    const char *restore_command;      /* over that of postgresql.auto.conf; NULL: that one */
    int version;
    uid_t uid; /* 0: ours */
    gid_t gid;
    bool throwaway;   /* nothing of it has to survive a crash */
    bool no_prefetch; /* it asks for no WAL before it has replayed what is before that */
    struct gd_control control;
    struct gd_control most; /* sizes: the largest that its control file ever asked for */
    struct gd_process *process;
    struct gd_server_log log;
};

/** Find the programs of its major version. @return GD_USAGE there are none */
GD_MUST struct gd_status gd_server_programs(struct gd_server *server, const char *pg_bin,
                                            int server_version, struct gd_error *err);
/** As whom a server runs: `name` when it is given; ourselves, unless we are root: then the owner of
 *  `folder` when it is there, of a folder of the store, the user postgres, or nobody.
 *  @return GD_USAGE no such user */
GD_MUST struct gd_status gd_server_user(const char *name, const char *folder, uid_t *out_uid,
                                        gid_t *out_gid, struct gd_error *err);
/** Make its home: a short path below TMPDIR or /tmp. */
GD_MUST struct gd_status gd_server_home(struct gd_server *server, struct gd_error *err);
void gd_server_home_remove(struct gd_server *server);

GD_MUST struct gd_status gd_server_start(struct gd_server *server, struct gd_error *err);
bool gd_server_running(struct gd_server *server);
/** Shut down in order, and see in pg_control that it did. */
GD_MUST struct gd_status gd_server_stop(struct gd_server *server, struct gd_error *err);
/** In the midst of recovery: it can be started again, and goes on near to where it was. */
void gd_server_halt(struct gd_server *server);
/** At once, without order. */
void gd_server_kill(struct gd_server *server);
/** Start it anew, so that it outlives us; on the same private socket. */
GD_MUST struct gd_status gd_server_detach(struct gd_server *server, struct gd_error *err);

/** "host='…' port=5432 user='…' dbname='…'"; database NULL: the one that can be connected to. */
const char *gd_server_target(const struct gd_server *server, const char *database,
                             struct gd_arena *arena);

struct gd_server_state {
    bool answers; /* the rest is set */
    bool in_recovery, paused;
    uint64_t lsn; /* replayed, or written */
    int64_t last_commit_us;
    uint32_t timeline;
};
/** Ask it. No answer yet is no failure; `out_state->answers` says it, and `err` why. */
void gd_server_ask(struct gd_server *server, struct gd_server_state *out_state,
                   struct gd_error *err);
/** Read on in its log. */
void gd_server_read_log(struct gd_server *server);
/** Everything it said last, for an error. */
const char *gd_server_said(struct gd_server *server);

/** server_check.c: what the server can say of its files. Running: pg_amcheck, each heap against its
 *  indexes; stopped: every checksum. What could not be looked at, and why, in `left_out`.
 *  @return GD_CORRUPT damage was found; the text names the first */
struct gd_texts;
GD_MUST struct gd_status gd_server_amcheck(struct gd_server *server, const char *pg_bin,
                                           unsigned jobs, bool *out_done, struct gd_texts *left_out,
                                           struct gd_error *err);
GD_MUST struct gd_status gd_server_checksums(struct gd_server *server, const char *pg_bin,
                                             bool *out_done, struct gd_texts *left_out,
                                             struct gd_error *err);
/** Run a program of the server's as its user. `out_exit` as of gd_process_finish(). */
GD_MUST struct gd_status gd_server_run(const struct gd_server *server, const char *const *argv,
                                       const char *folder, uint32_t limit_ms, int *out_exit,
                                       const char **out_said, struct gd_error *err);

/** server_role.c: the name of the role that initdb made (oid 10), read from the files of a data
 *  directory; "postgres" when it cannot be found. */
const char *gd_server_first_role(const char *folder, struct gd_arena *arena);

/** server_settings.c: "text" as postgresql.conf has it, in single quotes. */
const char *gd_server_quoted(const char *text, struct gd_arena *arena);
/** Take what the source set about recovery, archiving and following out of postgresql.auto.conf,
 *  and put `lines` (each with its line feed) behind the rest. */
GD_MUST struct gd_status gd_server_settings(const char *folder, const char *lines, uid_t uid,
                                            gid_t gid, struct gd_error *err);
/** An empty file of that name in the data directory (recovery.signal). */
GD_MUST struct gd_status gd_server_touch(const char *folder, const char *name, uid_t uid, gid_t gid,
                                         struct gd_error *err);

#endif
