/*
 * Recover, settings: postgresql.conf, pg_hba.conf and pg_ident.conf of a server that kept them
 * outside of its data directory (Debian), so that what was recovered starts by itself.
 *
 *     saved with the base backup ▸ without what leads back to the old places ▸ into the folder
 *     not saved ▸ a minimal one: peer on the socket, SCRAM on the loopback
 *
 * Invariant 1  A file that the data directory has of its own is not touched.
 * Invariant 2  A pg_hba.conf of which a part is missing is not used: it may be the part that keeps
 *              somebody out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/io/file.h"
#include "guardian/io/tar.h"
#include "guardian/restore/recover_conf.h"
#include "guardian/restore/recover_own.h"

enum { TEXT_MAX = 4 << 20 };

struct settings {
    struct gd_recovering *recovering;
    struct gd_recover_conf conf;
    const char *saved; /* names of the files that were put, for a person */
};

static bool is_there(const struct settings *settings, const char *name)
{
    struct stat about;
    const char *path = gd_arena_printf(settings->recovering->arena, "%s/%s",
                                       settings->recovering->server.data, name);
    return lstat(path, &about) == 0;
}

static void say(struct settings *settings, const char *text)
{
    (void)gd_texts_add(&settings->recovering->settings, text, settings->recovering->arena);
}

/* --- what was saved --- */

static struct gd_status unpack(struct settings *settings, struct gd_error *err)
{
    const struct gd_recovering *recovering = settings->recovering;
    const struct gd_base *base = recovering->base;
    const struct gd_wal_place *from = &recovering->options->place;
    gd_auto_source source = NULL;
    gd_auto_tar_reader reader = NULL;
    struct gd_place place =
        gd_base_place(base, base->id, from->store, from->key, recovering->arena);
    GD_TRY(gd_object_source_new(&place, &base->config, &source, err));
    GD_TRY(gd_tar_reader_new(GD_MOVE(source), &reader, err));
    for (;;) {
        const char *name = NULL;
        char *text = NULL;
        uint64_t bytes = 0;
        size_t size = 0;
        struct gd_source *content = NULL;
        GD_TRY(gd_tar_reader_next(reader, &name, &bytes, &content, err));
        if (name == NULL)
            return GD_DONE;
        const char *kept = gd_arena_strdup(recovering->arena, name);
        GD_TRY(gd_source_all(content, TEXT_MAX, &text, &size, err));
        gd_recover_conf_add(&settings->conf, kept, gd_arena_strdup(recovering->arena, text));
        free(text);
    }
}

/* That they cannot be read is no reason to give up a server that was recovered. */
static void read_saved(struct settings *settings)
{
    struct gd_recovering *recovering = settings->recovering;
    struct gd_error why = {0};
    settings->conf = (struct gd_recover_conf){.arena = recovering->arena, .base = recovering->base};
    if (recovering->base->config.name == NULL || unpack(settings, &why).code == GD_OK)
        return;
    settings->conf.saved_count = 0;
    gd_tell_warning(recovering->options->events, why.hint,
                    "the settings that were saved with the base backup cannot be read: %s",
                    why.text);
}

/* --- into the folder --- */

static struct gd_status put(struct settings *settings, const char *name, const char *text,
                            struct gd_error *err)
{
    const struct gd_server *server = &settings->recovering->server;
    const char *path = gd_arena_printf(settings->recovering->arena, "%s/%s", server->data, name);
    gd_auto_sink sink = NULL;
    GD_TRY(gd_file_sink_new(path, GD_FILE_NEW, &sink, err));
    GD_TRY(gd_sink_write(sink, text, strlen(text), err));
    GD_TRY(gd_sink_finish(sink, err));
    if (chmod(path, 0600) != 0 || (server->uid != 0 && lchown(path, server->uid, server->gid) != 0))
        return gd_fail(err, GD_SYSTEM, "could not give \"%s\" to the server's user: %s", path,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status put_saved(struct settings *settings, const char *name, const char *text,
                                  struct gd_error *err)
{
    struct gd_arena *arena = settings->recovering->arena;
    settings->saved =
        settings->saved == NULL ? name : gd_arena_printf(arena, "%s, %s", settings->saved, name);
    return put(settings, name, text, err);
}

static struct gd_status put_minimal(struct settings *settings, const char *name, const char *text,
                                    const char *why, struct gd_error *err)
{
    struct gd_recovering *recovering = settings->recovering;
    const char *said =
        gd_arena_printf(recovering->arena, "%s is a minimal one: that of the server %s", name, why);
    say(settings, said);
    gd_tell_warning(recovering->options->events,
                    "It lets in by peer on the socket, and with passwords (SCRAM) on the loopback. "
                    "Put your own into its place before the server goes live.",
                    "%s", said);
    return put(settings, name, text, err);
}

/* --- each of them --- */

static const char minimal_hba[] = "# guardian recover: the server's own was not saved\n"
                                  "local all all              peer\n"
                                  "host  all all 127.0.0.1/32 scram-sha-256\n"
                                  "host  all all ::1/128      scram-sha-256\n";
static const char minimal_ident[] = "# guardian recover: the server's own was not saved\n";

/* As large as the server was: prepared transactions need their places. */
static struct gd_status minimal_conf(const struct settings *settings, const char **out_text,
                                     struct gd_error *err)
{
    struct gd_control control;
    GD_TRY(gd_control_read(settings->recovering->server.data, &control, err));
    *out_text = gd_arena_printf(
        settings->recovering->arena,
        "# guardian recover: the server's own was not saved; these are as it had them\n"
        "max_connections = %u\nmax_worker_processes = %u\nmax_wal_senders = %u\n"
        "max_prepared_transactions = %u\nmax_locks_per_transaction = %u\n",
        control.max_connections, control.max_worker_processes, control.max_wal_senders,
        control.max_prepared_transactions, control.max_locks_per_transaction);
    return GD_DONE;
}

static const char *joined(const struct gd_texts *texts, struct gd_arena *arena)
{
    const char *all = "";
    for (size_t i = 0; i < texts->count; i++)
        all = gd_arena_printf(arena, "%s%s%s", all, i == 0 ? "" : ", ", texts->items[i]);
    return all;
}

static struct gd_status put_conf(struct settings *settings, struct gd_error *err)
{
    struct gd_recover_conf *conf = &settings->conf;
    struct gd_arena *arena = settings->recovering->arena;
    const char *text = gd_recover_conf_text(conf);
    if (text == NULL) {
        GD_TRY(minimal_conf(settings, &text, err));
        return put_minimal(settings, "postgresql.conf", text, "was not saved with the base backup",
                           err);
    }
    if (conf->left_out.count > 0)
        say(settings, gd_arena_printf(arena, "left out of postgresql.conf: %s",
                                      joined(&conf->left_out, arena)));
    if (conf->missing.count > 0)
        say(settings, gd_arena_printf(arena, "named in postgresql.conf, and not here: %s",
                                      joined(&conf->missing, arena)));
    return put_saved(settings, "postgresql.conf", text, err);
}

static struct gd_status put_access(struct settings *settings, const char *kind, const char *name,
                                   const char *minimal, struct gd_error *err)
{
    const char *text = gd_recover_conf_saved(&settings->conf, kind);
    if (text == NULL)
        return put_minimal(settings, name, minimal, "was not saved with the base backup", err);
    if (!gd_recover_conf_alone(text))
        return put_minimal(settings, name, minimal,
                           "takes in other files, which were not saved with the base backup", err);
    return put_saved(settings, name, text, err);
}

/* One of its own that leads elsewhere is left as it is. */
static void say_elsewhere(struct settings *settings)
{
    const struct gd_base *base = settings->recovering->base;
    for (size_t i = 0; i < base->setting_count; i++)
        if (strcmp(base->settings[i].name, "hba_file") == 0 ||
            strcmp(base->settings[i].name, "ident_file") == 0)
            say(settings, gd_arena_printf(settings->recovering->arena,
                                          "postgresql.conf is its own, and names \"%s\" as %s",
                                          base->settings[i].path, base->settings[i].name));
}

struct gd_status gd_recover_settings(struct gd_recovering *recovering, struct gd_error *err)
{
    struct settings settings = {.recovering = recovering};
    bool conf = is_there(&settings, "postgresql.conf"), hba = is_there(&settings, "pg_hba.conf");
    bool ident = is_there(&settings, "pg_ident.conf");
    if (conf)
        say_elsewhere(&settings);
    if (conf && hba && ident)
        return GD_DONE;
    read_saved(&settings);
    if (!conf)
        GD_TRY(put_conf(&settings, err));
    if (!hba)
        GD_TRY(put_access(&settings, "hba_file", "pg_hba.conf", minimal_hba, err));
    if (!ident)
        GD_TRY(put_access(&settings, "ident_file", "pg_ident.conf", minimal_ident, err));
    if (settings.saved != NULL)
        say(&settings, gd_arena_printf(recovering->arena,
                                       "%s: as saved with the base backup, from outside of the "
                                       "data directory",
                                       settings.saved));
    return GD_DONE;
}
