/* Server, see server.h. */
#include "guardian/restore/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/fd.h"
#include "guardian/snapshot/programs.h"
#include "guardian/wal/name.h"

enum { HOME_MAX = 80, STOP_MS = 300000, DETACH_MS = 120000, CONNECT_MS = 5000, SPARE = 10 };

/* --- who and where --- */

struct gd_status gd_server_programs(struct gd_server *server, const char *pg_bin,
                                    int server_version, struct gd_error *err)
{
    int major = server_version / 10000;
    struct gd_program program;
    struct gd_status found =
        gd_program_find("postgres", pg_bin, major * 10000, server->arena, &program, err);
    if (found.code == GD_OK && program.version / 10000 != major)
        found = gd_fail(err, GD_USAGE, "\"%s\" is of version %d", program.path,
                        program.version / 10000);
    if (found.code != GD_OK)
        return gd_hint(err,
                       gd_wrap(err, (struct gd_status){err->code = GD_USAGE},
                               "no server of PostgreSQL %d to recover with: ", major),
                       "Install the server package of PostgreSQL %d, or name its folder with "
                       "--pg-bin.",
                       major);
    const char *slash = strrchr(program.path, '/');
    server->postgres = program.path;
    server->bin = slash == NULL ? "."
                                : gd_arena_strndup(server->arena, program.path,
                                                   (size_t)(slash - program.path));
    server->version = program.version;
    return GD_DONE;
}

static bool find_user(const char *name, uid_t *out_uid, gid_t *out_gid)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL ||
        found->pw_uid == 0)
        return false;
    *out_uid = found->pw_uid;
    *out_gid = found->pw_gid;
    return true;
}

struct gd_status gd_server_user(const char *name, const char *folder, uid_t *out_uid,
                                gid_t *out_gid, struct gd_error *err)
{
    struct stat about;
    *out_uid = 0;
    *out_gid = 0;
    if (geteuid() != 0)
        return GD_DONE;
    if (name != NULL) {
        if (find_user(name, out_uid, out_gid))
            return GD_DONE;
        return gd_fail(err, GD_USAGE,
                       "there is no user \"%s\" to run a server as (and PostgreSQL "
                       "does not run as root)",
                       name);
    }
    if (folder != NULL && stat(folder, &about) == 0 && about.st_uid != 0) {
        *out_uid = about.st_uid;
        *out_gid = about.st_gid;
        return GD_DONE;
    }
    if (find_user("postgres", out_uid, out_gid) || find_user("nobody", out_uid, out_gid))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not run a server: PostgreSQL does not run as "
                           "root, and there is no user \"postgres\""),
                   "Name one with --user.");
}

static struct gd_status put_file(const struct gd_server *server, const char *name, const char *text,
                                 struct gd_error *err)
{
    const char *path = gd_arena_printf(server->arena, "%s/%s", server->home, name);
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || (server->uid != 0 && fchown(fd, server->uid, server->gid) != 0))
        return gd_fail(err, GD_SYSTEM, "could not write \"%s\": %s", path, strerror(errno));
    return gd_fd_write_all(fd, path, text, strlen(text), err);
}

struct gd_status gd_server_home(struct gd_server *server, struct gd_error *err)
{
    const char *work = getenv("TMPDIR");
    if (server->home == NULL) {
        if (work == NULL || *work != '/' || strlen(work) > HOME_MAX - 26)
            work = "/tmp";
        char *home = gd_arena_printf(server->arena, "%s/guardian-recover.XXXXXX", work);
        if (mkdtemp(home) == NULL)
            return gd_fail(err, GD_SYSTEM, "could not make a folder in \"%s\": %s", work,
                           strerror(errno));
        if (server->uid != 0 && chown(home, server->uid, server->gid) != 0)
            return gd_fail(err, GD_SYSTEM, "could not give folder \"%s\" away: %s", home,
                           strerror(errno));
        server->home = home;
    }
    GD_TRY(put_file(server, "log", "", err));
    GD_TRY(put_file(server, "pg_hba.conf", "local all all trust\n", err));
    return put_file(server, "pg_ident.conf", "", err);
}

void gd_server_home_remove(struct gd_server *server)
{
    static const char *const names[] = {"log", "pg_hba.conf", "pg_ident.conf", "postgresql.conf",
                                        "start"};
    if (server->home == NULL)
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(gd_arena_printf(server->arena, "%s/%s", server->home, names[i]));
    (void)rmdir(server->home);
    server->home = NULL;
}

/* --- settings --- */

enum { SETTINGS_MAX = 64 };

struct settings {
    struct gd_arena *arena;
    const char *items[SETTINGS_MAX];
    size_t count;
};

static void set(struct settings *settings, const char *text)
{
    assert(settings->count < SETTINGS_MAX);
    settings->items[settings->count++] = text;
}

/* Hot standby wants no less than the source had. */
static void set_number(struct settings *settings, const char *name, uint32_t wanted, uint32_t least)
{
    set(settings, gd_arena_printf(settings->arena, "%s=%u", name, wanted > least ? wanted : least));
}

static void set_sizes(struct settings *settings, const struct gd_control *most)
{
    set_number(settings, "max_connections", most->max_connections, 60);
    set_number(settings, "max_worker_processes", most->max_worker_processes, 8);
    set_number(settings, "max_wal_senders", most->max_wal_senders, 0);
    set_number(settings, "max_prepared_transactions", most->max_prepared_transactions, 0);
    set_number(settings, "max_locks_per_transaction", most->max_locks_per_transaction, 256);
}

static void raise_to(uint32_t *most, uint32_t wanted)
{
    if (wanted > *most)
        *most = wanted;
}

/* The source may have raised one and lowered another on the way: WAL that is replayed again wants
   them all at once. */
static void keep_most(struct gd_control *most, const struct gd_control *control)
{
    raise_to(&most->max_connections, control->max_connections);
    raise_to(&most->max_worker_processes, control->max_worker_processes);
    raise_to(&most->max_wal_senders, control->max_wal_senders);
    raise_to(&most->max_prepared_transactions, control->max_prepared_transactions);
    raise_to(&most->max_locks_per_transaction, control->max_locks_per_transaction);
}

static void set_paths(struct settings *settings, const struct gd_server *server)
{
    struct gd_arena *arena = settings->arena;
    set(settings, gd_arena_printf(arena, "config_file=%s/postgresql.conf", server->home));
    set(settings, gd_arena_printf(arena, "hba_file=%s/pg_hba.conf", server->home));
    set(settings, gd_arena_printf(arena, "ident_file=%s/pg_ident.conf", server->home));
    set(settings, gd_arena_printf(arena, "unix_socket_directories=%s", server->home));
}

/* On the command line, where they are stronger than postgresql.auto.conf: nothing that the source
   had set starts a program, opens a door, writes WAL away or follows another server. */
static void settle(struct settings *settings, const struct gd_server *server)
{
    static const char *const plain[] = {"external_pid_file=",
                                        "listen_addresses=",
                                        "port=5432",
                                        "unix_socket_permissions=0700",
                                        "unix_socket_group=",
                                        "bonjour=off",
                                        "ssl=off",
                                        "hot_standby=on",
                                        "wal_level=replica",
                                        "archive_mode=off",
                                        "archive_command=",
                                        "autovacuum=off",
                                        "max_logical_replication_workers=0",
                                        "synchronous_standby_names=",
                                        "shared_preload_libraries=",
                                        "session_preload_libraries=",
                                        "local_preload_libraries=",
                                        "jit=off",
                                        "shared_buffers=128MB",
                                        "max_wal_size=4GB",
                                        "dynamic_shared_memory_type=mmap",
                                        "huge_pages=off",
                                        "max_standby_archive_delay=-1",
                                        "max_standby_streaming_delay=-1",
                                        "logging_collector=off",
                                        "log_destination=stderr",
                                        "log_line_prefix=",
                                        "log_timezone=UTC",
                                        "timezone=UTC",
                                        "lc_messages=C",
                                        "log_min_messages=warning",
                                        "log_statement=none",
                                        "log_checkpoints=off",
                                        "log_connections=off",
                                        "statement_timeout=0",
                                        "recovery_min_apply_delay=0",
                                        "restart_after_crash=off"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        set(settings, plain[i]);
    if (server->throwaway) {
        set(settings, "fsync=off");
        set(settings, "full_page_writes=off");
    }
    if (server->version < 150000) /* it is emptied at the start, and may be the source's own */
        set(settings, "stats_temp_directory=pg_stat_tmp");
    if (server->no_prefetch && server->version >= 150000)
        set(settings, "recovery_prefetch=off");
    if (server->version >= 170000) {
        set(settings, "event_triggers=off");
        set(settings, "summarize_wal=off");
    }
    if (server->restore_command != NULL)
        set(settings,
            gd_arena_printf(settings->arena, "restore_command=%s", server->restore_command));
    set_paths(settings, server);
    set_sizes(settings, &server->most);
}

/* --- running --- */

static struct gd_process_options program_options(const struct gd_server *server,
                                                 const char *const *argv)
{
    static const char *const plain[] = {"LC_ALL=C", "PGDATA", "PGOPTIONS",  "PGPORT",
                                        "PGHOST",   "PGUSER", "PGDATABASE", NULL};
    size_t count = 0, more = 0;
    while (server->environment != NULL && server->environment[more] != NULL)
        more++;
    const char **all = gd_arena_zalloc(server->arena, more + 8, sizeof *all);
    for (; plain[count] != NULL; count++)
        all[count] = plain[count];
    for (size_t i = 0; i < more; i++)
        all[count++] = server->environment[i];
    return (struct gd_process_options){.argv = argv,
                                       .environment = all,
                                       .folder = server->home,
                                       .uid = server->uid,
                                       .gid = server->gid};
}

struct gd_status gd_server_run(const struct gd_server *server, const char *const *argv,
                               const char *folder, uint32_t limit_ms, int *out_exit,
                               const char **out_said, struct gd_error *err)
{
    struct gd_process_options options = program_options(server, argv);
    gd_auto_process process = NULL;
    options.folder = folder;
    options.limit_ms = limit_ms;
    *out_said = "";
    GD_TRY(gd_process_start(&options, &process, err));
    struct gd_status status = gd_process_finish(process, out_exit, err);
    *out_said = gd_arena_strdup(server->arena, gd_process_said(process));
    return status;
}

/* Its log goes to a file, all of it: what happened stands at its beginning, too. */
struct gd_status gd_server_start(struct gd_server *server, struct gd_error *err)
{
    struct settings settings = {.arena = server->arena};
    const char **argv = gd_arena_zalloc(server->arena, 2 * SETTINGS_MAX + 16, sizeof *argv);
    size_t count = 0;
    const char *const head[] = {"/bin/sh",
                                "-c",
                                "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1",
                                "sh",
                                gd_arena_printf(server->arena, "%s/log", server->home),
                                server->postgres,
                                "-D",
                                server->data};
    gd_process_free(GD_MOVE(server->process));
    GD_TRY(gd_control_read(server->data, &server->control, err));
    keep_most(&server->most, &server->control);
    GD_TRY(put_file(server, "postgresql.conf", "", err));
    server->log = (struct gd_server_log){.offset = server->log.offset};
    settle(&settings, server);
    for (; count < sizeof head / sizeof head[0]; count++)
        argv[count] = head[count];
    for (size_t i = 0; i < settings.count; i++) {
        argv[count++] = "-c";
        argv[count++] = settings.items[i];
    }
    struct gd_process_options options = program_options(server, argv);
    return gd_process_start(&options, &server->process, err);
}

bool gd_server_running(struct gd_server *server)
{
    return server->process != NULL && gd_process_running(server->process);
}

static bool wait_for_end(struct gd_server *server, int64_t limit_ms)
{
    int64_t until_us = gd_clock_monotonic_us() + limit_ms * 1000;
    while (gd_server_running(server) && gd_clock_monotonic_us() < until_us)
        gd_sleep_ms(20);
    return !gd_server_running(server);
}

struct gd_status gd_server_stop(struct gd_server *server, struct gd_error *err)
{
    if (server->process == NULL)
        return GD_DONE;
    gd_process_signal(server->process, SIGINT); /* fast */
    if (!wait_for_end(server, STOP_MS))
        return gd_fail(err, GD_SYSTEM, "the recovered server did not stop within %d s",
                       STOP_MS / 1000);
    gd_process_free(GD_MOVE(server->process));
    GD_TRY(gd_control_read(server->data, &server->control, err));
    if (server->control.state == GD_CONTROL_SHUT_DOWN)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM, "the recovered server did not shut down in order; it said: %s",
                   gd_server_said(server));
}

void gd_server_kill(struct gd_server *server)
{
    if (server->process == NULL)
        return;
    gd_process_signal(server->process, SIGQUIT);
    (void)wait_for_end(server, 10000);
    gd_process_free(GD_MOVE(server->process));
}

void gd_server_halt(struct gd_server *server)
{
    if (server->process == NULL)
        return;
    gd_process_signal(server->process, SIGINT);
    if (!wait_for_end(server, STOP_MS))
        gd_server_kill(server);
    gd_server_read_log(server); /* what comes next is of the next one */
    gd_process_free(GD_MOVE(server->process));
}

static const char *shell_quoted(const char *text, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 4 * strlen(text) + 3), *at = out;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(at, "'\\'", 3);
            at += 3;
        }
        *at++ = *text;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}

struct gd_status gd_server_detach(struct gd_server *server, struct gd_error *err)
{
    struct settings settings = {.arena = server->arena};
    const char *more = "";
    settle(&settings, server);
    for (size_t i = 0; i < settings.count; i++)
        more = gd_arena_printf(server->arena, "%s -c %s", more,
                               shell_quoted(settings.items[i], server->arena));
    const char *argv[] = {gd_arena_printf(server->arena, "%s/pg_ctl", server->bin),
                          "-D",
                          server->data,
                          "-l",
                          gd_arena_printf(server->arena, "%s/log", server->home),
                          "-w",
                          "-t",
                          "100",
                          "-o",
                          more,
                          "start",
                          NULL};
    struct gd_process_options options = program_options(server, argv);
    gd_auto_process process = NULL;
    options.limit_ms = DETACH_MS;
    GD_TRY(gd_process_start(&options, &process, err));
    struct gd_status status = gd_process_finish(process, NULL, err);
    return status.code == GD_OK ? status
                                : gd_wrap(err, status, "could not leave the server running: ");
}

/* --- asking --- */

const char *gd_server_target(const struct gd_server *server, const char *database,
                             struct gd_arena *arena)
{
    return gd_arena_printf(arena, "host=%s port=5432 user=%s dbname=%s",
                           gd_server_quoted(server->home, arena),
                           gd_server_quoted(server->superuser, arena),
                           gd_server_quoted(database == NULL ? server->database : database, arena));
}

static const char state_sql[] =
    "SELECT r, CASE WHEN r THEN %s ELSE false END,"
    " (CASE WHEN r THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text,"
    " (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::bigint,"
    " (SELECT timeline_id FROM pg_control_checkpoint())"
    " FROM pg_is_in_recovery() AS r";

static struct gd_status ask(const struct gd_server *server, const char *database,
                            struct gd_server_state *state, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_options options = {.target = gd_server_target(server, database, arena),
                                    .connect_ms = CONNECT_MS,
                                    .no_advice = true};
    struct gd_pg_call call = {.what = "ask the recovered server",
                              .sql =
                                  gd_arena_printf(arena, state_sql,
                                                  server->version >= 140000
                                                      ? "pg_get_wal_replay_pause_state() = 'paused'"
                                                      : "pg_is_wal_replay_paused()")};
    GD_TRY(gd_pg_connect(&options, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    state->in_recovery = gd_pg_bool(rows, 0, 0);
    state->paused = gd_pg_bool(rows, 0, 1);
    const char *lsn = gd_pg_cell(rows, 0, 2);
    if (lsn != NULL && !gd_lsn_read(lsn, &state->lsn))
        return gd_fail(err, GD_SYSTEM, "the server's answer cannot be read: \"%s\"", lsn);
    state->last_commit_us = gd_pg_int(rows, 0, 3);
    state->timeline = (uint32_t)gd_pg_int(rows, 0, 4);
    state->answers = true;
    return GD_DONE;
}

/* A database of that name may have been dropped. */
void gd_server_ask(struct gd_server *server, struct gd_server_state *out_state,
                   struct gd_error *err)
{
    static const char *const databases[] = {"postgres", "template1"};
    char socket[128];
    *out_state = (struct gd_server_state){.answers = false};
    (void)snprintf(socket, sizeof socket, "%s/.s.PGSQL.5432", server->home);
    if (access(socket, F_OK) != 0)
        return;
    for (size_t i = 0; i < 2 && !out_state->answers; i++)
        if (ask(server, databases[i], out_state, err).code == GD_OK)
            server->database = databases[i];
}
