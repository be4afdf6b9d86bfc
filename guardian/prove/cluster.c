/* Cluster, see cluster.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/crypt.h"
#include "guardian/io/fd.h"
#include "guardian/io/leftover.h"
#include "guardian/io/process.h"
#include "guardian/io/sandbox.h"
#include "guardian/pg/connect.h"
#include "guardian/prove/cluster.h"
#include "guardian/snapshot/programs.h"

enum {
    FOLDER_MAX = 85, /* the socket's path has to fit into 107 bytes */
    START_MS = 60000,
    INITDB_MS = 120000,
    SECRET_DIGITS = 40,
};

struct gd_cluster {
    struct gd_arena *arena;
    const char *folder, *data;
    const char *bin, *postgres, *text;
    char secret[65]; /* password */
    char owner[32];  /* name of the superuser */
    uid_t uid;       /* 0: our own */
    gid_t gid;
    bool confined;
    struct gd_sandbox sandbox;
    struct gd_process *janitor, *server;
    int held; /* the folder; -1 */
};

/* --- what it is made of --- */

static struct gd_status find_user(struct gd_cluster *cluster, struct gd_error *err)
{
    if (geteuid() != 0)
        return GD_DONE;
    char buffer[4096];
    struct passwd entry, *found = NULL;
    if (getpwnam_r("nobody", &entry, buffer, sizeof buffer, &found) != 0 || found == NULL ||
        found->pw_uid == 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not start a server: PostgreSQL does not run as root, and "
                               "there is no user \"nobody\""),
                       "Run the drill as another user, or give a server with --scratch.");
    cluster->uid = found->pw_uid;
    cluster->gid = found->pw_gid;
    return GD_DONE;
}

static struct gd_status find_programs(struct gd_cluster *cluster,
                                      const struct gd_cluster_options *options,
                                      struct gd_error *err)
{
    int major = options->server_version / 10000;
    struct gd_program program;
    struct gd_status found =
        gd_program_find("postgres", options->pg_bin, major * 10000, cluster->arena, &program, err);
    if (found.code == GD_OK && program.version / 10000 != major)
        found = gd_fail(err, GD_USAGE, "\"%s\" is of version %d", program.path,
                        program.version / 10000);
    if (found.code != GD_OK)
        return gd_hint(
            err,
            gd_wrap(err, (struct gd_status){err->code = GD_USAGE},
                    "no server of PostgreSQL %d to restore into: ", major),
            "Install the server package of PostgreSQL %d, name its folder with --pg-bin, "
            "or give a server with --scratch.",
            major);
    const char *slash = strrchr(program.path, '/');
    cluster->postgres = program.path;
    cluster->bin = slash == NULL ? "."
                                 : gd_arena_strndup(cluster->arena, program.path,
                                                    (size_t)(slash - program.path));
    cluster->text = gd_arena_printf(cluster->arena, "PostgreSQL %d.%d of \"%s\"", major,
                                    program.version % 10000, cluster->bin);
    return GD_DONE;
}

static struct gd_status check_room(const char *folder, uint64_t room_bytes, struct gd_error *err)
{
    struct statvfs about;
    if (statvfs(folder, &about) != 0)
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", folder,
                       strerror(errno));
    uint64_t free_bytes = (uint64_t)about.f_bavail * about.f_frsize;
    if (free_bytes < room_bytes)
        return gd_hint(err,
                       gd_fail(err, GD_SYSTEM,
                               "\"%s\" has %llu MiB free, and the drill may need %llu MiB", folder,
                               (unsigned long long)(free_bytes >> 20),
                               (unsigned long long)(room_bytes >> 20)),
                       "Set TMPDIR to a larger place, or give a server with --scratch.");
    return GD_DONE;
}

static struct gd_status make_folder(struct gd_cluster *cluster,
                                    const struct gd_cluster_options *options, struct gd_error *err)
{
    const char *work = options->work_folder != NULL ? options->work_folder : getenv("TMPDIR");
    if (work == NULL || *work != '/' || strlen(work) > FOLDER_MAX - 24)
        work = "/tmp";
    GD_TRY(check_room(work, options->room_bytes, err));
    gd_leftovers_remove(work, cluster->uid);
    char *folder = gd_arena_printf(cluster->arena, "%s/guardian-drill.XXXXXX", work);
    if (mkdtemp(folder) == NULL)
        return gd_fail(err, GD_SYSTEM, "could not make a folder in \"%s\": %s", work,
                       strerror(errno));
    cluster->folder = folder;
    cluster->data = gd_arena_printf(cluster->arena, "%s/data", folder);
    GD_TRY(gd_leftover_hold(folder, &cluster->held, err));
    GD_TRY(gd_leftover_janitor(folder, &cluster->janitor, err));
    if (cluster->uid != 0 && chown(folder, cluster->uid, cluster->gid) != 0)
        return gd_fail(err, GD_SYSTEM, "could not give folder \"%s\" away: %s", folder,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status write_password(struct gd_cluster *cluster, const char *path,
                                       struct gd_error *err)
{
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || (cluster->uid != 0 && fchown(fd, cluster->uid, cluster->gid) != 0))
        return gd_fail(err, GD_SYSTEM, "could not create file \"%s\": %s", path, strerror(errno));
    return gd_fd_write_all(fd, path, cluster->secret, strlen(cluster->secret), err);
}

/* --- running it --- */

static struct gd_process_options program_options(const struct gd_cluster *cluster,
                                                 const char *const *argv)
{
    static const char *const environment[] = {"LC_ALL=C", "PGDATA", "PGOPTIONS", "PGPORT",
                                              "PGHOST",   "PGUSER", NULL};
    return (struct gd_process_options){.argv = argv,
                                       .environment = environment,
                                       .folder = cluster->folder,
                                       .uid = cluster->uid,
                                       .gid = cluster->gid};
}

static struct gd_status run_initdb(struct gd_cluster *cluster, struct gd_error *err)
{
    const char *pwfile = gd_arena_printf(cluster->arena, "%s/password", cluster->folder);
    GD_TRY(write_password(cluster, pwfile, err));
    const char *argv[] = {gd_arena_printf(cluster->arena, "%s/initdb", cluster->bin),
                          "--no-sync",
                          "--auth=scram-sha-256",
                          "--encoding=UTF8",
                          "--locale=C",
                          "--username",
                          cluster->owner,
                          "--pwfile",
                          pwfile,
                          "--pgdata",
                          cluster->data,
                          NULL};
    struct gd_process_options options = program_options(cluster, argv);
    options.limit_ms = INITDB_MS;
    gd_auto_process process = NULL;
    GD_TRY(gd_process_start(&options, &process, err));
    struct gd_status status = gd_process_finish(process, NULL, err);
    (void)unlink(pwfile);
    return status;
}

/* Nothing here has to survive a crash, and one restore runs in it. */
static struct gd_status run_server(struct gd_cluster *cluster, struct gd_error *err)
{
    static const char *const settings[] = {
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "archive_mode=off",
        "autovacuum=off",
        "checkpoint_timeout=1h",
        "max_wal_size=4GB",
        "shared_buffers=128MB",
        "maintenance_work_mem=128MB",
        "max_connections=40",
        "max_locks_per_transaction=2048",
        "dynamic_shared_memory_type=mmap",
        "jit=off",
        "logging_collector=off",
        "max_prepared_transactions=0",
    };
    enum { SETTINGS = sizeof settings / sizeof settings[0] };
    const char *argv[2 * SETTINGS + 8] = {cluster->postgres, "-D", cluster->data, "-k",
                                          cluster->folder};
    size_t count = 5;
    for (size_t i = 0; i < SETTINGS; i++) {
        argv[count++] = "-c";
        argv[count++] = settings[i];
    }
    struct gd_process_options options = program_options(cluster, argv);
    if (cluster->confined) {
        options.before = gd_sandbox_enter;
        options.before_context = &cluster->sandbox;
    }
    return gd_process_start(&options, &cluster->server, err);
}

static struct gd_status wait_for_server(struct gd_cluster *cluster, struct gd_error *err)
{
    const char *socket = gd_arena_printf(cluster->arena, "%s/.s.PGSQL.5432", cluster->folder);
    struct gd_pg_options options = {.target = gd_cluster_target(cluster, NULL, cluster->arena)};
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)START_MS * 1000;
    struct gd_error last = {0};
    while (gd_clock_monotonic_us() < until_us) {
        GD_TRY(gd_interrupt_check(err));
        if (!gd_process_running(cluster->server))
            return gd_fail(err, GD_SYSTEM, "the throwaway server ended at once: %s",
                           gd_process_said(cluster->server));
        gd_auto_pg pg = NULL;
        if (access(socket, F_OK) == 0 && gd_pg_connect(&options, &pg, &last).code == GD_OK)
            return GD_DONE;
        gd_sleep_ms(30);
    }
    return gd_fail(err, GD_SYSTEM, "the throwaway server did not start within %d s: %s",
                   START_MS / 1000, last.text);
}

/* The folder above bin, where lib and share are. */
static const char *programs_folder(const struct gd_cluster *cluster)
{
    char *folder = gd_arena_strdup(cluster->arena, cluster->bin);
    char *slash = strrchr(folder, '/');
    if (slash != NULL && slash != folder)
        *slash = '\0';
    return folder;
}

static struct gd_status start(struct gd_cluster *cluster, const struct gd_cluster_options *options,
                              struct gd_error *err)
{
    GD_TRY(find_user(cluster, err));
    GD_TRY(find_programs(cluster, options, err));
    GD_TRY(make_folder(cluster, options, err));
    gd_key_generate(cluster->secret);
    (void)snprintf(cluster->owner, sizeof cluster->owner, "guardian_%.16s", cluster->secret + 48);
    cluster->secret[SECRET_DIGITS] = '\0';
    cluster->confined = gd_sandbox_possible();
    cluster->sandbox =
        (struct gd_sandbox){.writable = cluster->folder, .programs = programs_folder(cluster)};
    GD_TRY(run_initdb(cluster, err));
    GD_TRY(run_server(cluster, err));
    return wait_for_server(cluster, err);
}

struct gd_status gd_cluster_start(const struct gd_cluster_options *options,
                                  struct gd_cluster **out_cluster, struct gd_error *err)
{
    gd_auto_cluster cluster = gd_memory_new(sizeof *cluster);
    cluster->arena = gd_arena_new();
    cluster->held = -1;
    GD_TRY(start(cluster, options, err));
    *out_cluster = GD_MOVE(cluster);
    return GD_DONE;
}

void gd_cluster_free(struct gd_cluster *cluster)
{
    if (cluster == NULL)
        return;
    if (cluster->server != NULL) {
        gd_process_signal(cluster->server, SIGQUIT); /* at once: nothing of it is kept */
        gd_process_free(cluster->server);
    }
    if (cluster->janitor != NULL) {
        gd_leftover_done(GD_MOVE(cluster->janitor));
    } else if (cluster->folder != NULL) {
        (void)rmdir(cluster->folder); /* nothing was put into it yet */
    }
    if (cluster->held >= 0)
        (void)close(cluster->held);
    explicit_bzero(cluster->secret, sizeof cluster->secret);
    gd_arena_free(cluster->arena);
    free(cluster);
}

const char *gd_cluster_target(const struct gd_cluster *cluster, const char *role,
                              struct gd_arena *arena)
{
    return gd_arena_printf(arena, "host='%s' port=5432 user='%s' password='%s' dbname=postgres",
                           cluster->folder, role == NULL ? cluster->owner : role, cluster->secret);
}

const char *gd_cluster_superuser(const struct gd_cluster *cluster)
{
    return cluster->owner;
}

const char *gd_cluster_password(const struct gd_cluster *cluster)
{
    return cluster->secret;
}

bool gd_cluster_confined(const struct gd_cluster *cluster)
{
    return cluster->confined;
}

const char *gd_cluster_text(const struct gd_cluster *cluster)
{
    return cluster->text;
}
