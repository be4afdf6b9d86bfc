/*
 * Taking a base backup, from end to end: see base.h for what it promises.
 *
 * Order: the server begins; receive WAL from there on; stream the archives, cut, compress, store
 * and read back; the server's manifest against what came; the server's word that it ended well; WAL
 * up to the stop in the store; settings from elsewhere; Guardian's manifest, last of all. Whatever
 * fails before leaves objects without a manifest, which are no backup.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/snapshot/base_own.h"
#include "guardian/version.h"

enum {
    WORKERS_DEFAULT_MAX = 4,
    LEVEL_DEFAULT = 1,
    ARCHIVES_END_SINCE = 150000,
    AFTER_SINCE = 170000
};

struct take {
    const struct gd_base_options *options;
    struct gd_arena *arena;
    struct gd_base *base;
    struct gd_place place;
    struct gd_replication *replication;
    struct gd_replication_system system;
    struct gd_pg *pg; /* an ordinary session; NULL: there is none to be had */
    struct gd_base_wal *wal;
    struct gd_base_line *line;
    struct gd_base_cut *cut;
    struct gd_base_shared shared;
    struct gd_object_writer *manifest; /* the server's, while it comes */
    struct gd_base_files *files;
};

static void give_up(struct take *take)
{
    gd_object_writer_free(take->manifest);
    gd_base_files_free(take->files);
    gd_base_line_free(take->line); /* its threads write into what the cut has made */
    gd_base_cut_free(take->cut);
    gd_base_wal_free(take->wal);
    gd_pg_close(take->pg);
    gd_replication_close(take->replication);
}

/* ---- beginning ---- */

/* A role may have the right to replicate and none to look at a database. */
static void open_session(struct take *take)
{
    struct gd_error err = {0};
    if (gd_pg_connect(take->options->pg, &take->pg, &err).code != GD_OK)
        gd_tell_note(
            take->options->events,
            "no session could be had beside the backup: times are of this machine's clock, "
            "and settings outside of the data directory are not saved (%s)",
            err.text);
}

static int64_t server_now(const struct take *take)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error err = {0};
    struct gd_pg_call call = {.what = "read the server's clock",
                              .sql = "SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * "
                                     "1000000)::pg_catalog.int8"};
    if (take->pg == NULL || gd_pg_broken(take->pg) || gd_pg_begin(take->pg, &err).code != GD_OK)
        return gd_clock_now_us();
    struct gd_status status = gd_pg_run(take->pg, &call, &rows, &err);
    gd_pg_end(take->pg);
    return status.code == GD_OK ? gd_pg_int(rows, 0, 0) : gd_clock_now_us();
}

static const char *version_text(int version, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%d.%d", version / 10000, version % 10000);
}

static struct gd_status identify(struct take *take, struct gd_error *err)
{
    const struct gd_base_options *options = take->options;
    struct gd_base *base = take->base;
    const char *checksums = "off", *server = NULL;
    GD_TRY(gd_replication_open(options->pg, &take->replication, &take->system, err));
    GD_TRY(gd_replication_show(take->replication, "data_checksums", take->arena, &checksums, err));
    struct gd_error ignored = {0};
    if (gd_replication_show(take->replication, "server_version", take->arena, &server, &ignored)
            .code != GD_OK)
        server = version_text(take->system.version, take->arena);
    gd_id_new(base->id);
    base->system_identifier = take->system.system_identifier;
    base->segment_bytes = take->system.segment_bytes;
    base->server_version = take->system.version;
    base->server_text = server;
    base->checksums = strcmp(checksums, "on") == 0;
    base->guardian_version = gd_version();
    base->label = options->label == NULL || options->label[0] == '\0'
                      ? gd_arena_printf(take->arena, "guardian %s", base->id)
                      : options->label;
    base->key_id = options->key == NULL ? "" : gd_key_id(options->key);
    base->after = "";
    take->place = gd_base_place(base, base->id, options->store, options->key, take->arena);
    take->place.level = options->level == 0 ? LEVEL_DEFAULT : options->level;
    return GD_DONE;
}

/* ---- what an incremental one goes on from ---- */

GD_MUST static struct gd_status refuse_places(const struct gd_base *base, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "base backup \"%s\" has tablespaces, and nothing puts incremental ones "
                           "with tablespaces together again",
                           base->id),
                   "Take a full one: guardian base, without --incremental. Large files that have "
                   "not changed are not stored again.");
}

static struct gd_status find_before(struct take *take, struct gd_base **out_before,
                                    struct gd_error *err)
{
    const struct gd_base_options *options = take->options;
    struct gd_base_listed *listed = NULL;
    const char *id = options->after;
    size_t count = 0;
    char sha256[GD_DIGEST_HEX_SIZE];
    if (strcmp(id, "latest") == 0) {
        GD_TRY(gd_base_list(options->store, take->system.system_identifier, take->arena, &listed,
                            &count, err));
        while (count > 0 && (listed[count - 1].base == NULL || listed[count - 1].problem != NULL))
            count--;
        if (count == 0)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "there is no base backup that an incremental one could go on "
                                   "from"),
                           "Take a full one first: guardian base, without --incremental.");
        id = listed[count - 1].id;
    }
    GD_TRY(gd_base_load(options->store, take->system.system_identifier, id, take->arena, out_before,
                        sha256, err));
    return (*out_before)->tablespace_count > 0 ? refuse_places(*out_before, err) : GD_DONE;
}

static struct gd_status check_summaries(struct take *take, struct gd_error *err)
{
    const char *summarize = "off";
    if (take->system.version < AFTER_SINCE)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "PostgreSQL %d makes no incremental base backups",
                               take->system.version / 10000),
                       "From version 17 on it can. Files that have not changed since the last "
                       "backup are not stored again in any version.");
    GD_TRY(gd_replication_show(take->replication, "summarize_wal", take->arena, &summarize, err));
    if (strcmp(summarize, "on") == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "an incremental base backup needs summarize_wal, which is off"),
                   "Set summarize_wal to on and reload the server, then take a full backup: the "
                   "next one can be incremental.");
}

static struct gd_status send_before(struct take *take, struct gd_error *err)
{
    struct gd_base *before = NULL;
    gd_auto_source manifest = NULL;
    if (take->options->after == NULL)
        return GD_DONE;
    GD_TRY(check_summaries(take, err));
    GD_TRY(find_before(take, &before, err));
    if (before->key_id[0] != '\0' &&
        (take->options->key == NULL || !gd_key_opens(take->options->key, before->key_id)))
        return gd_fail(err, GD_USAGE,
                       "base backup \"%s\" is encrypted with key %s, which was not given",
                       before->id, before->key_id);
    struct gd_place place =
        gd_base_place(before, before->id, take->options->store, take->options->key, take->arena);
    GD_TRY(gd_object_source_new(&place, &before->backup_manifest, &manifest, err));
    GD_TRY(gd_base_backup_upload(take->replication, manifest, err));
    take->base->after = before->id;
    return GD_DONE;
}

/* ---- while it comes ---- */

static void keep_tablespaces(struct take *take, const struct gd_base_backup_start *start)
{
    struct gd_base *base = take->base;
    base->tablespaces =
        gd_arena_zalloc(take->arena, start->tablespace_count, sizeof *base->tablespaces);
    for (size_t i = 0; i < start->tablespace_count; i++)
        if (start->tablespaces[i].oid != 0)
            base->tablespaces[base->tablespace_count++] = (struct gd_base_tablespace){
                start->tablespaces[i].oid,
                gd_arena_strdup(take->arena, start->tablespaces[i].path)};
}

static struct gd_status see_start(void *context, const struct gd_base_backup_start *start,
                                  struct gd_error *err)
{
    struct take *take = context;
    struct gd_base *base = take->base;
    GD_TRY(gd_fault("base: the server has begun", err));
    base->started_us = server_now(take);
    base->start_lsn = start->lsn;
    base->timeline = start->timeline;
    keep_tablespaces(take, start);
    if (base->after[0] != '\0' && base->tablespace_count > 0)
        return refuse_places(base, err);
    GD_TRY(gd_base_wal_start(take->options, base, &take->wal, err));
    take->cut = gd_base_cut_new(take->line, base, &take->shared, start->bytes,
                                take->options->events, take->arena);
    gd_tell_stage(take->options->events, "copying the server", start->bytes);
    return GD_DONE;
}

static struct gd_status see_archive(void *context,
                                    const struct gd_base_backup_tablespace *tablespace,
                                    struct gd_error *err)
{
    return gd_base_cut_begin(((struct take *)context)->cut, tablespace->oid, err);
}

static struct gd_status see_data(void *context, const void *data, size_t size, struct gd_error *err)
{
    return gd_base_cut_feed(((struct take *)context)->cut, data, size, err);
}

static struct gd_status see_archive_end(void *context, struct gd_error *err)
{
    struct take *take = context;
    return gd_base_cut_end(take->cut, take->system.version >= ARCHIVES_END_SINCE, err);
}

/* All archives are here: before their manifest is looked at they are stored and read back. */
static struct gd_status begin_manifest(struct take *take, struct gd_error *err)
{
    GD_TRY(gd_base_line_finish(take->line, err));
    GD_TRY(gd_base_cut_finish(take->cut, err));
    take->files = gd_base_files_new(take->base);
    return gd_object_writer_new(&take->place, "backup_manifest.zst", 0, &take->manifest, err);
}

static struct gd_status see_manifest(void *context, const void *data, size_t size,
                                     struct gd_error *err)
{
    struct take *take = context;
    if (take->manifest == NULL)
        GD_TRY(begin_manifest(take, err));
    GD_TRY(gd_base_files_feed(take->files, data, size, err));
    return gd_sink_write(gd_object_writer_sink(take->manifest), data, size, err);
}

static struct gd_status read_back(const struct take *take, const struct gd_stored *stored,
                                  struct gd_error *err)
{
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    GD_TRY(gd_object_source_new(&take->place, stored, &source, err));
    return gd_pump(source, nowhere, NULL, err);
}

static struct gd_status end_manifest(struct take *take, struct gd_error *err)
{
    struct gd_stored *stored = &take->base->backup_manifest;
    if (take->manifest == NULL)
        return gd_fail(err, GD_SYSTEM, "the server sent no manifest");
    GD_TRY(gd_base_files_finish(take->files, err));
    GD_TRY(gd_object_writer_finish(take->manifest, take->arena, stored, err));
    return read_back(take, stored, err);
}

static unsigned workers_of(const struct gd_base_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->workers > 0)
        return options->workers;
    return processors < 1                     ? 1
           : processors > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX
                                              : (unsigned)processors;
}

static struct gd_status stream(struct take *take, struct gd_error *err)
{
    static const struct gd_base_backup_ops ops = {see_start, see_archive, see_data, see_archive_end,
                                                  see_manifest};
    const struct gd_base_options *options = take->options;
    struct gd_base *base = take->base;
    struct gd_base_backup_options backup = {.label = base->label,
                                            .spread_checkpoint = options->spread_checkpoint,
                                            .rate_bytes = options->rate_bytes,
                                            .incremental = base->after[0] != '\0'};
    struct gd_base_backup_stop stop = {0};
    GD_TRY(gd_base_line_new(&take->place, workers_of(options), options->events, &take->line, err));
    gd_tell_stage(options->events,
                  options->spread_checkpoint ? "waiting for the server's next checkpoint"
                                             : "waiting for a checkpoint",
                  0);
    GD_TRY(gd_base_backup_run(take->replication, &backup, &ops, take, &stop, err));
    GD_TRY(end_manifest(take, err));
    GD_TRY(gd_fault("base: the server has ended", err));
    base->stop_lsn = stop.lsn;
    base->stop_timeline = stop.timeline;
    base->stopped_us = server_now(take);
    if (base->stopped_us < base->started_us)
        base->stopped_us = base->started_us;
    return GD_DONE;
}

/* ---- the end ---- */

static void add_up(struct gd_base *base)
{
    const struct gd_stored *alone[] = {&base->backup_manifest, &base->config};
    base->bytes = base->stored_bytes = 0;
    for (size_t i = 0; i < 2; i++)
        if (alone[i]->name != NULL) {
            base->bytes += alone[i]->bytes;
            base->stored_bytes += alone[i]->stored_bytes;
        }
    for (size_t i = 0; i < base->object_count; i++) {
        const struct gd_base_object *object = &base->objects[i];
        base->bytes += object->stored.bytes;
        if (strcmp(object->owner, base->id) == 0)
            base->stored_bytes += object->stored.stored_bytes;
    }
}

static bool shares(const struct gd_base *base)
{
    for (size_t i = 0; i < base->object_count; i++)
        if (strcmp(base->objects[i].owner, base->id) != 0)
            return true;
    return false;
}

/* What was shared may have been removed while this backup had no manifest that held it. */
static struct gd_status look_again(struct take *take, struct gd_error *err)
{
    struct gd_base_listed *listed = NULL;
    size_t count = 0;
    GD_TRY(gd_fault("base: before what is shared is looked at again", err));
    GD_TRY(gd_base_list(take->options->store, take->base->system_identifier, take->arena, &listed,
                        &count, err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(listed[i].id, take->base->id) == 0)
            return listed[i].problem == NULL
                       ? GD_DONE
                       : gd_fail(err, GD_UNPROTECTED,
                                 "what the backup shares with an earlier one has gone: %s",
                                 listed[i].problem);
    return gd_fail(err, GD_UNPROTECTED, "the manifest of base backup \"%s\" is not in the store",
                   take->base->id);
}

static struct gd_status store(struct take *take, struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_base *base = take->base;
    add_up(base);
    GD_TRY(gd_fault("base: before its manifest", err));
    GD_TRY(gd_base_store(take->options->store, base, sha256, err));
    if (!shares(base))
        return GD_DONE;
    struct gd_status status = look_again(take, err);
    if (status.code == GD_OK)
        return status;
    struct gd_error ignored = {0};
    const char *key = gd_base_key(base->system_identifier, base->id, "manifest.json", take->arena);
    if (gd_store_remove(take->options->store, key, &ignored).code != GD_OK)
        return gd_hint(err, status, "Its manifest could not be taken away: \"%s\" is no backup.",
                       base->id);
    return status;
}

static struct gd_status run(struct take *take, struct gd_error *err)
{
    const struct gd_base_options *options = take->options;
    GD_TRY(identify(take, err));
    open_session(take);
    if (options->share && options->after == NULL)
        GD_TRY(gd_base_share(options->store, take->base, take->arena, &take->shared, err));
    GD_TRY(send_before(take, err));
    GD_TRY(stream(take, err));
    gd_tell_stage(options->events, "waiting for WAL in the store", 0);
    GD_TRY(gd_base_wal_finish(take->wal, take->base, err));
    GD_TRY(gd_base_outside(take->pg, &take->place, take->base, options->events, take->arena, err));
    return store(take, err);
}

struct gd_status gd_base_take(const struct gd_base_options *options, struct gd_arena *arena,
                              struct gd_base **out_base, struct gd_error *err)
{
    struct take take = {.options = options,
                        .arena = arena,
                        .base = gd_arena_zalloc(arena, 1, sizeof(struct gd_base))};
    struct gd_status status = run(&take, err);
    give_up(&take);
    if (status.code != GD_OK)
        return status;
    *out_base = take.base;
    return GD_DONE;
}
