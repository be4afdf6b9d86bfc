/*
 * Recover, laying down: one base backup, or a chain of incremental ones.
 *
 *     FOLDER/guardian.chain/1 …    each backup of the chain, the full one first
 *     FOLDER/guardian.chain/out    what pg_combinebackup makes of them
 *
 * What came out is moved up by renaming, the folder with pg_control last. There must be room for
 * the chain and for what comes out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/io/fd.h"
#include "guardian/restore/recover_own.h"
#include "guardian/snapshot/programs.h"

enum { CHAIN_MAX = 256 };

struct chain {
    struct gd_recovering *recovering;
    const char *folder; /* guardian.chain */
    const char *program;
    const struct gd_base *bases[CHAIN_MAX]; /* the full one last */
    size_t count;
};

static struct gd_lay_options lay_options(const struct gd_recovering *recovering,
                                         const struct gd_base *base, const char *folder)
{
    const struct gd_recover_options *options = recovering->options;
    return (struct gd_lay_options){.store = options->place.store,
                                   .key = options->place.key,
                                   .base = base,
                                   .folder = folder,
                                   .delta = options->delta,
                                   .no_sync = recovering->server.throwaway,
                                   .tablespaces = options->tablespaces,
                                   .tablespace_count = options->tablespace_count,
                                   .tablespace_folder = recovering->tablespace_folder,
                                   .workers = gd_recover_workers(options),
                                   .uid = recovering->server.uid,
                                   .gid = recovering->server.gid,
                                   .events = options->events};
}

/* --- a chain --- */

static struct gd_status find_program(struct chain *chain, struct gd_error *err)
{
    const struct gd_recovering *recovering = chain->recovering;
    const struct gd_base *base = recovering->base;
    const char *places[] = {recovering->server.bin, NULL};
    struct gd_program program;
    int major = base->server_version / 10000;
    for (size_t i = 0; i < 2; i++) {
        struct gd_error why = {0};
        if (gd_program_find("pg_combinebackup", places[i], major * 10000, recovering->arena,
                            &program, &why)
                    .code == GD_OK &&
            program.version / 10000 == major) {
            chain->program = program.path;
            return GD_DONE;
        }
    }
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "base backup \"%s\" is incremental, and there is no pg_combinebackup of "
                           "PostgreSQL %d to put it together",
                           base->id, major),
                   "Install the package of that version, or name a full base backup with --base.");
}

static struct gd_status load_chain(struct chain *chain, struct gd_error *err)
{
    const struct gd_recovering *recovering = chain->recovering;
    const struct gd_base *base = recovering->base;
    char sha256[GD_DIGEST_HEX_SIZE];
    for (;;) {
        if (base->tablespace_count > 0)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "base backup \"%s\" is incremental and has tablespaces of its "
                                   "own: these are not put together here",
                                   recovering->base->id),
                           "Name a full one with --base.");
        if (chain->count == CHAIN_MAX)
            return gd_fail(err, GD_CORRUPT, "the chain of base backup \"%s\" does not end",
                           recovering->base->id);
        chain->bases[chain->count++] = base;
        if (base->after[0] == '\0')
            return GD_DONE;
        struct gd_base *next = NULL;
        GD_TRY(gd_base_load(recovering->options->place.store, base->system_identifier, base->after,
                            recovering->arena, &next, sha256, err));
        base = next;
    }
}

/* "…/1" is the full one. */
static const char *input_of(const struct chain *chain, size_t index)
{
    return gd_arena_printf(chain->recovering->arena, "%s/%zu", chain->folder, chain->count - index);
}

static struct gd_status remove_tree(const char *path, struct gd_error *err)
{
    const char *argv[] = {"/bin/rm", "-rf", "--", path, NULL};
    struct gd_process_options options = {.argv = argv, .folder = "/"};
    gd_auto_process process = NULL;
    GD_TRY(gd_process_start(&options, &process, err));
    return gd_process_finish(process, NULL, err);
}

/* Nothing of an attempt before can be kept. */
static struct gd_status empty_folder(const struct chain *chain, struct gd_error *err)
{
    struct gd_arena *arena = chain->recovering->arena;
    const char *path = chain->recovering->options->folder;
    DIR *folder = opendir(path);
    const struct dirent *entry;
    struct gd_status status = GD_DONE;
    if (folder == NULL)
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", path,
                       strerror(errno));
    while (status.code == GD_OK && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, GD_LAY_MARK) != 0)
            status = remove_tree(gd_arena_printf(arena, "%s/%s", path, entry->d_name), err);
    (void)closedir(folder);
    return status;
}

static struct gd_status make_folder(const struct chain *chain, struct gd_error *err)
{
    const struct gd_server *server = &chain->recovering->server;
    if (mkdir(chain->folder, 0700) != 0 ||
        (server->uid != 0 && chown(chain->folder, server->uid, server->gid) != 0))
        return gd_fail(err, GD_SYSTEM, "could not make folder \"%s\": %s", chain->folder,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status lay_inputs(const struct chain *chain, struct gd_error *err)
{
    const struct gd_recovering *recovering = chain->recovering;
    for (size_t i = chain->count; i-- > 0;) {
        struct gd_laid laid;
        struct gd_lay_options options =
            lay_options(recovering, chain->bases[i], input_of(chain, i));
        options.delta = false;
        options.no_sync = options.manifest_too = true;
        GD_TRY(gd_lay_down(&options, recovering->arena, &laid, err));
        GD_TRY(gd_lay_done(options.folder, err));
        recovering->out->bytes = laid.bytes;
    }
    return GD_DONE;
}

static struct gd_status combine(const struct chain *chain, const char *out, struct gd_error *err)
{
    const struct gd_recovering *recovering = chain->recovering;
    const char *argv[CHAIN_MAX + 8] = {chain->program, "--no-sync", "--no-manifest", "-o", out};
    const char *said = "";
    size_t count = 5;
    int exit_status = 0;
    for (size_t i = chain->count; i-- > 0;)
        argv[count++] = input_of(chain, i);
    gd_tell_stage(recovering->options->events, "putting incremental backups together", 0);
    struct gd_status status =
        gd_server_run(&recovering->server, argv, chain->folder, 0, &exit_status, &said, err);
    return status.code == GD_OK
               ? status
               : gd_wrap(err, status,
                         "could not put base backup \"%s\" together: ", recovering->base->id);
}

static struct gd_status move_up(const struct chain *chain, const char *out, const char *name,
                                struct gd_error *err)
{
    const char *from = gd_arena_printf(chain->recovering->arena, "%s/%s", out, name);
    const char *to = gd_arena_printf(chain->recovering->arena, "%s/%s",
                                     chain->recovering->options->folder, name);
    if (rename(from, to) != 0)
        return gd_fail(err, GD_SYSTEM, "could not move \"%s\" to \"%s\": %s", from, to,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status sync_folder(const struct chain *chain, struct gd_error *err)
{
    const char *path = chain->recovering->options->folder;
    gd_auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!chain->recovering->server.throwaway && (fd < 0 || syncfs(fd) != 0))
        return gd_fail(err, GD_SYSTEM, "could not sync what lies in \"%s\": %s", path,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status move_all(const struct chain *chain, const char *out, struct gd_error *err)
{
    DIR *folder = opendir(out);
    const struct dirent *entry;
    struct gd_status status = GD_DONE;
    if (folder == NULL)
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", out, strerror(errno));
    while (status.code == GD_OK && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, "global") != 0)
            status = move_up(chain, out, entry->d_name, err);
    (void)closedir(folder);
    GD_TRY(status);
    GD_TRY(sync_folder(chain, err));
    GD_TRY(gd_fault("recover: before pg_control", err));
    GD_TRY(move_up(chain, out, "global", err));
    return sync_folder(chain, err);
}

static struct gd_status lay_chain(struct gd_recovering *recovering, struct gd_error *err)
{
    struct chain chain = {.recovering = recovering};
    struct gd_lay_options options =
        lay_options(recovering, recovering->base, recovering->options->folder);
    chain.folder =
        gd_arena_printf(recovering->arena, "%s/guardian.chain", recovering->options->folder);
    const char *out = gd_arena_printf(recovering->arena, "%s/out", chain.folder);
    GD_TRY(find_program(&chain, err));
    GD_TRY(load_chain(&chain, err));
    GD_TRY(gd_lay_claim(&options, recovering->arena, err));
    GD_TRY(empty_folder(&chain, err));
    GD_TRY(make_folder(&chain, err));
    GD_TRY(lay_inputs(&chain, err));
    GD_TRY(combine(&chain, out, err));
    GD_TRY(move_all(&chain, out, err));
    return remove_tree(chain.folder, err);
}

struct gd_status gd_recover_lay(struct gd_recovering *recovering, struct gd_error *err)
{
    const struct gd_base *base = recovering->base;
    struct gd_laid laid = {.files = 0};
    if (base->after[0] != '\0')
        return lay_chain(recovering, err);
    struct gd_lay_options options = lay_options(recovering, base, recovering->options->folder);
    GD_TRY(gd_lay_down(&options, recovering->arena, &laid, err));
    recovering->out->bytes = laid.bytes;
    recovering->out->kept_bytes = laid.kept_bytes;
    return GD_DONE;
}
