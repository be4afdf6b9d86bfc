#include "guardian/pg/base_backup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPED_SINCE = 150000,
    START_MS = 10 * 60 * 1000, /* a checkpoint that is made at once */
    SPREAD_MS =
        25 * 60 * 60 * 1000,   /* … when the time has come: checkpoint_timeout is at most a day */
    SILENT_MS = 5 * 60 * 1000, /* between two messages */
};
static const uint64_t RATE_MIN = 32 << 10, RATE_MAX = 1 << 30;

struct backup {
    struct gd_replication *replication;
    const struct gd_base_backup_options *options;
    const struct gd_base_backup_ops *ops;
    void *context;
    struct gd_replication_command command;
    struct gd_arena *arena;
    struct gd_base_backup_start start;
    bool in_archive, in_manifest;
};

/* ---- the command ---- */

static const char *quoted(const char *text, struct gd_arena *arena)
{
    char *copy = gd_arena_alloc(arena, 2 * strlen(text) + 3), *at = copy;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            *at++ = '\'';
        *at++ = *text;
    }
    *at++ = '\'';
    *at = '\0';
    return copy;
}

static uint64_t rate_of(const struct gd_base_backup_options *options)
{
    uint64_t rate = options->rate_bytes < RATE_MIN   ? RATE_MIN
                    : options->rate_bytes > RATE_MAX ? RATE_MAX
                                                     : options->rate_bytes;
    return rate / 1024;
}

/* WAL is received beside it and waited for there: the server need not wait for its archive. */
static const char *command_of(const struct gd_base_backup_options *options, int version,
                              struct gd_arena *arena)
{
    const char *label = quoted(options->label, arena), *rate = "";
    if (version < TYPED_SINCE) {
        if (options->rate_bytes > 0)
            rate = gd_arena_printf(arena, " MAX_RATE %" PRIu64, rate_of(options));
        return gd_arena_printf(arena,
                               "BASE_BACKUP LABEL %s PROGRESS%s NOWAIT%s TABLESPACE_MAP"
                               " MANIFEST 'yes' MANIFEST_CHECKSUMS 'SHA256'",
                               label, options->spread_checkpoint ? "" : " FAST", rate);
    }
    if (options->rate_bytes > 0)
        rate = gd_arena_printf(arena, ", MAX_RATE %" PRIu64, rate_of(options));
    return gd_arena_printf(arena,
                           "BASE_BACKUP (LABEL %s, PROGRESS true, CHECKPOINT '%s', WAIT false%s,"
                           " TABLESPACE_MAP true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256'%s)",
                           label, options->spread_checkpoint ? "spread" : "fast", rate,
                           options->incremental ? ", INCREMENTAL true" : "");
}

/* clang-format off */
static const struct { const char *part; const char *hint; } refusals[] = {
    {"checksum verification failure",
     "Pages of this server are damaged on its disk: its log names them. Look at them with pg_amcheck, and restore what is hit from a "
     "backup that was taken before."},
    {"WAL level not sufficient",
     "Set wal_level to replica, which needs a restart of the server; until then, guardian snapshot takes logical backups."},
    {"standby was promoted",
     "Take it again: a backup does not survive that its server becomes a primary."},
    {"recovery is in progress",
     "Take it from the primary, or wait until the standby is consistent."},
    {"full_page_writes",
     "WAL that was written while full_page_writes was off is no use for a backup from a standby: set it to on at the primary, "
     "and run a checkpoint there."},
    {"summarize",
     "Set summarize_wal to on and reload the server; an incremental backup can be taken after the next full one."},
    {"WAL summaries",
     "Set summarize_wal to on, and raise wal_summary_keep_time above the time between two backups; take a full one now."},
    {"permission denied",
     "The role needs REPLICATION. Where the provider gives it to nobody, guardian snapshot takes logical backups."},
};
/* clang-format on */

GD_MUST static struct gd_status advise(const struct backup *backup, struct gd_status status,
                                       struct gd_error *err)
{
    if (status.code != GD_SYSTEM || *backup->command.sqlstate == '\0')
        return status;
    status.code = err->code = GD_UNPROTECTED;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strstr(err->text, refusals[i].part) != NULL)
            return gd_hint(err, status, "%s", refusals[i].hint);
    return status;
}

GD_MUST static struct gd_status nonsense(const struct backup *backup, const char *what,
                                         struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "could not %s in %s: the server %s", backup->command.what,
                   gd_replication_where(backup->replication), what);
}

GD_MUST static struct gd_status next(struct backup *backup, enum gd_replication_next *out_next,
                                     struct gd_pg_rows **out_rows, struct gd_error *err)
{
    return advise(
        backup, gd_replication_next(backup->replication, &backup->command, out_next, out_rows, err),
        err);
}

GD_MUST static struct gd_status need_rows(struct backup *backup, struct gd_pg_rows **out_rows,
                                          struct gd_error *err)
{
    enum gd_replication_next what = GD_REPLICATION_END;
    GD_TRY(next(backup, &what, out_rows, err));
    return what == GD_REPLICATION_ROWS && *out_rows != NULL
               ? GD_DONE
               : nonsense(backup, "did not say what it was asked for", err);
}

/* ---- the rows before and behind ---- */

static bool read_position(const struct gd_pg_rows *rows, uint64_t *out_lsn, uint32_t *out_timeline)
{
    if (gd_pg_rows_count(rows) != 1 || !gd_replication_read_lsn(gd_pg_cell(rows, 0, 0), out_lsn))
        return false;
    *out_timeline = gd_pg_oid(rows, 0, 1);
    return *out_timeline != 0;
}

static void read_tablespaces(struct backup *backup, const struct gd_pg_rows *rows)
{
    size_t count = gd_pg_rows_count(rows);
    struct gd_base_backup_tablespace *list = gd_arena_zalloc(backup->arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const char *path = gd_pg_cell(rows, i, 1);
        list[i] = (struct gd_base_backup_tablespace){
            .oid = gd_pg_oid(rows, i, 0),
            .path = path == NULL ? NULL : gd_arena_strdup(backup->arena, path),
            .bytes = (uint64_t)gd_pg_int(rows, i, 2) * 1024,
        };
        backup->start.bytes += list[i].bytes;
    }
    backup->start.tablespaces = list;
    backup->start.tablespace_count = count;
}

GD_MUST static struct gd_status begin(struct backup *backup, struct gd_error *err)
{
    gd_auto_pg_rows position = NULL;
    gd_auto_pg_rows tablespaces = NULL;
    struct gd_base_backup_start *start = &backup->start;
    backup->command.silent_ms = backup->options->spread_checkpoint ? SPREAD_MS : START_MS;
    GD_TRY(gd_replication_send(backup->replication, &backup->command, err));
    GD_TRY(need_rows(backup, &position, err));
    backup->command.silent_ms = SILENT_MS;
    if (!read_position(position, &start->lsn, &start->timeline))
        return nonsense(backup, "did not say where it begins", err);
    GD_TRY(need_rows(backup, &tablespaces, err));
    read_tablespaces(backup, tablespaces);
    return backup->ops->start(backup->context, start, err);
}

GD_MUST static struct gd_status end(struct backup *backup, struct gd_base_backup_stop *out_stop,
                                    struct gd_error *err)
{
    gd_auto_pg_rows position = NULL;
    enum gd_replication_next what = GD_REPLICATION_ROWS;
    struct gd_base_backup_stop stop = {0};
    GD_TRY(need_rows(backup, &position, err));
    if (!read_position(position, &stop.lsn, &stop.timeline))
        return nonsense(backup, "did not say where it ends", err);
    while (what == GD_REPLICATION_ROWS)
        GD_TRY(next(backup, &what, NULL, err));
    if (what != GD_REPLICATION_END)
        return nonsense(backup, "went on behind the end", err);
    *out_stop = stop;
    return GD_DONE;
}

/* ---- what is copied ---- */

GD_MUST static struct gd_status end_archive(struct backup *backup, struct gd_error *err)
{
    if (!backup->in_archive)
        return GD_DONE;
    backup->in_archive = false;
    return backup->ops->archive_end(backup->context, err);
}

GD_MUST static struct gd_status begin_archive(struct backup *backup,
                                              const struct gd_base_backup_tablespace *tablespace,
                                              struct gd_error *err)
{
    GD_TRY(end_archive(backup, err));
    backup->in_archive = true;
    return backup->ops->archive(backup->context, tablespace, err);
}

/* "16400.tar" and the place, or "base.tar" and nothing; each with its NUL. */
GD_MUST static struct gd_status take_name(struct backup *backup, const char *data, size_t size,
                                          struct gd_error *err)
{
    const char *name = data + 1;
    if (backup->in_manifest || size < 3 || data[size - 1] != '\0')
        return nonsense(backup, "sent an archive without a name", err);
    uint32_t oid = (uint32_t)strtoul(name, NULL, 10);
    for (size_t i = 0; i < backup->start.tablespace_count; i++)
        if (backup->start.tablespaces[i].oid == oid)
            return begin_archive(backup, &backup->start.tablespaces[i], err);
    return nonsense(backup, "sent an archive that it did not announce", err);
}

GD_MUST static struct gd_status take_data(struct backup *backup, const char *data, size_t size,
                                          struct gd_error *err)
{
    if (size == 0)
        return GD_DONE;
    if (backup->in_manifest)
        return backup->ops->manifest(backup->context, data, size, err);
    if (!backup->in_archive)
        return nonsense(backup, "sent data of no archive", err);
    return backup->ops->data(backup->context, data, size, err);
}

/* From 15 on. */
GD_MUST static struct gd_status take_typed(struct backup *backup,
                                           const struct gd_replication_piece *piece,
                                           struct gd_error *err)
{
    switch (piece->data[0]) {
    case 'n':
        return take_name(backup, piece->data, piece->size, err);
    case 'd':
        return take_data(backup, piece->data + 1, piece->size - 1, err);
    case 'm':
        GD_TRY(end_archive(backup, err));
        backup->in_manifest = true;
        return GD_DONE;
    case 'p':
        return GD_DONE; /* we count what came ourselves */
    default:
        return nonsense(backup, "sent a message that is not known", err);
    }
}

GD_MUST static struct gd_status copy(struct backup *backup, bool typed, struct gd_error *err)
{
    enum gd_replication_next what = GD_REPLICATION_END;
    GD_TRY(next(backup, &what, NULL, err));
    if (what != GD_REPLICATION_COPY_OUT)
        return nonsense(backup, "sent no data", err);
    for (;;) {
        struct gd_replication_piece piece = {0};
        GD_TRY(gd_replication_read(backup->replication, &backup->command, UINT32_MAX, -1, &piece,
                                   err));
        if (piece.end)
            return end_archive(backup, err);
        if (piece.data == NULL)
            continue;
        GD_TRY(typed ? take_typed(backup, &piece, err)
                     : take_data(backup, piece.data, piece.size, err));
    }
}

/* Up to 14: one COPY for each, in the order in which they were announced. */
GD_MUST static struct gd_status copy_each(struct backup *backup, struct gd_error *err)
{
    for (size_t i = 0; i < backup->start.tablespace_count; i++) {
        GD_TRY(begin_archive(backup, &backup->start.tablespaces[i], err));
        GD_TRY(copy(backup, false, err));
    }
    backup->in_manifest = true;
    return copy(backup, false, err);
}

struct gd_status gd_base_backup_run(struct gd_replication *replication,
                                    const struct gd_base_backup_options *options,
                                    const struct gd_base_backup_ops *ops, void *context,
                                    struct gd_base_backup_stop *out_stop, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    int version = gd_replication_version(replication);
    struct backup backup = {
        .replication = replication,
        .options = options,
        .ops = ops,
        .context = context,
        .command = {.what = "make a base backup", .text = command_of(options, version, arena)},
        .arena = arena,
    };
    GD_TRY(begin(&backup, err));
    GD_TRY(version < TYPED_SINCE ? copy_each(&backup, err) : copy(&backup, true, err));
    return end(&backup, out_stop, err);
}

/* ---- what an incremental one goes on from ---- */

GD_MUST static struct gd_status send_manifest(struct backup *upload, struct gd_source *manifest,
                                              struct gd_error *err)
{
    enum { PIECE = 64 * 1024 };
    char *piece = gd_arena_alloc(upload->arena, PIECE);
    for (;;) {
        size_t size = 0;
        GD_TRY(gd_source_read(manifest, piece, PIECE, &size, err));
        if (size == 0)
            return gd_replication_end_copy(upload->replication, &upload->command, err);
        GD_TRY(gd_replication_write(upload->replication, &upload->command, piece, size, err));
        GD_TRY(gd_replication_flush(upload->replication, &upload->command, err));
    }
}

struct gd_status gd_base_backup_upload(struct gd_replication *replication,
                                       struct gd_source *manifest, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct backup upload = {
        .replication = replication,
        .command = {.what = "send the manifest of the backup before",
                    .text = "UPLOAD_MANIFEST",
                    .sends = true,
                    .silent_ms = SILENT_MS},
        .arena = arena,
    };
    enum gd_replication_next what = GD_REPLICATION_END;
    GD_TRY(gd_replication_send(replication, &upload.command, err));
    GD_TRY(next(&upload, &what, NULL, err));
    if (what != GD_REPLICATION_COPY_IN)
        return nonsense(&upload, "does not take it", err);
    GD_TRY(send_manifest(&upload, manifest, err));
    upload.command.sends = false;
    while (what != GD_REPLICATION_END)
        GD_TRY(next(&upload, &what, NULL, err));
    return GD_DONE;
}
