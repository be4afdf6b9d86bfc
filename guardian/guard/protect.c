#include "guardian/guard/protect.h"

#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/guard/protect_own.h"

static double seconds_since(int64_t began_us)
{
    return (double)(gd_clock_monotonic_us() - began_us) / 1e6;
}

static enum gd_snapshot_scope scope_of(const struct gd_backup *backup)
{
    switch (backup->scope) {
    case GD_SCOPE_NONE:
    case GD_SCOPE_SCHEMA:
        return GD_SNAPSHOT_SCHEMA;
    case GD_SCOPE_TABLES:
        return backup->tables.count == 0 ? GD_SNAPSHOT_DATABASE : GD_SNAPSHOT_TABLES;
    case GD_SCOPE_DATABASE:
        break;
    }
    return GD_SNAPSHOT_DATABASE;
}

/* Whatever kept the backup from being made, the change has none. */
GD_MUST static struct gd_status unprotected(struct gd_status status, struct gd_error *err)
{
    bool own = status.code == GD_USAGE || (status.code == GD_SYSTEM && !gd_interrupted());
    if (!own)
        return status;
    err->code = GD_UNPROTECTED;
    return (struct gd_status){GD_UNPROTECTED};
}

/* --- take ---------------------------------------------------------------------------------------
 */

/* Rows of foreign tables are copied when the change can lose them. */
GD_MUST static struct gd_status wants_foreign(const struct gd_protect_options *options,
                                              struct gd_arena *arena, bool *out_foreign,
                                              struct gd_error *err)
{
    const struct gd_backup *backup = &options->decision->backup;
    struct gd_protected *tables = NULL;
    size_t count = 0;
    gd_auto_pg pg = NULL;
    *out_foreign = false;
    if (backup->scope < GD_SCOPE_TABLES || backup->tables.count == 0)
        return GD_DONE;
    GD_TRY(gd_pg_connect(options->pg, &pg, err));
    GD_TRY(gd_protected_tables(pg, backup, arena, &tables, &count, err));
    for (size_t i = 0; i < count; i++)
        *out_foreign |= tables[i].kind == 'f';
    return GD_DONE;
}

GD_MUST static struct gd_status take(const struct gd_protect_options *options,
                                     const char *shared_snapshot, struct gd_arena *arena,
                                     struct gd_protection *protection, struct gd_error *err)
{
    const struct gd_backup *backup = &options->decision->backup;
    struct gd_manifest *manifest = NULL;
    struct gd_take_options taking = {
        .pg = options->pg,
        .store = options->store,
        .key = options->key,
        .scope = scope_of(backup),
        .tables = backup->tables.items,
        .table_count = backup->tables.count,
        .rowless_too = true,
        .workers = options->workers,
        .level = options->level,
        .pg_dump = options->pg_dump,
        .change = options->change,
        .reason = options->reason,
        .shared_snapshot = shared_snapshot,
        .sealed = shared_snapshot != NULL || options->held,
        .own_ids = options->own_ids,
        .own_files = options->own_files,
        .lock_ms = options->lock_ms,
        .events = options->events,
    };
    int64_t began = gd_clock_monotonic_us();
    GD_TRY(wants_foreign(options, arena, &taking.foreign_data, err));
    GD_TRY(gd_snapshot_take(&taking, arena, &manifest, err));
    protection->manifest = manifest;
    protection->sealed = taking.sealed;
    protection->pg_snapshot = manifest->pg_snapshot;
    protection->take_seconds = seconds_since(began);
    return GD_DONE;
}

/* --- prove --------------------------------------------------------------------------------------
 */

/* Also a schema is read back when no policy asks for it: what was not read back is no backup. */
GD_MUST static struct gd_status prove(const struct gd_protect_options *options,
                                      struct gd_arena *arena, struct gd_protection *protection,
                                      struct gd_error *err)
{
    bool drill = options->decision->backup.proof == GD_PROOF_DRILL;
    struct gd_prove_options proving = {
        .store = options->store,
        .key = options->key,
        .workers = options->workers,
        .events = options->events,
        .scratch = options->scratch,
        .pg_bin = options->pg_bin,
    };
    struct gd_prove_outcome outcome = {0};
    const struct gd_manifest *manifest = protection->manifest;
    int64_t began = gd_clock_monotonic_us();
    gd_tell_stage(options->events,
                  drill ? "restoring the backup to try it" : "reading the backup back",
                  manifest->stored_bytes);
    struct gd_status status = (drill ? gd_prove_drill : gd_prove_digest)(
        &proving, manifest->cluster, manifest->id, arena, &protection->proof, &outcome, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status,
                       "snapshot %s was written, but it is not proven: ", manifest->id);
    protection->proof_seconds = seconds_since(began);
    return GD_DONE;
}

GD_MUST static struct gd_status by_snapshot(const struct gd_protect_options *options,
                                            const char *shared_snapshot, struct gd_arena *arena,
                                            struct gd_protection *out_protection,
                                            struct gd_error *err)
{
    struct gd_protection protection = {0};
    struct gd_status status = take(options, shared_snapshot, arena, &protection, err);
    if (status.code == GD_OK)
        status = gd_fault("protect: taken, not proven", err);
    if (status.code == GD_OK)
        status = prove(options, arena, &protection, err);
    if (status.code == GD_OK)
        status = gd_fault("protect: proven", err);
    if (status.code != GD_OK)
        return unprotected(status, err);
    *out_protection = protection;
    return GD_DONE;
}

/* A snapshot in place of a point in time; said once it is there. */
GD_MUST static struct gd_status by_snapshot_instead(const struct gd_protect_options *options,
                                                    const char *shared_snapshot, const char *why,
                                                    struct gd_arena *arena,
                                                    struct gd_protection *out_protection,
                                                    struct gd_error *err)
{
    GD_TRY(by_snapshot(options, shared_snapshot, arena, out_protection, err));
    if (why != NULL && options->notes != NULL)
        gd_texts_add(options->notes,
                     gd_arena_printf(arena,
                                     "no point in time, but a snapshot was taken as the backup: %s",
                                     why),
                     arena);
    return GD_DONE;
}

struct gd_status gd_protect(const struct gd_protect_options *options, const char *shared_snapshot,
                            struct gd_arena *arena, struct gd_protection *out_protection,
                            struct gd_error *err)
{
    struct gd_error why = {0};
    if (options->cover == NULL || options->decision->backup.scope < GD_SCOPE_TABLES)
        return by_snapshot_instead(options, shared_snapshot, options->no_point, arena,
                                   out_protection, err);
    bool held = shared_snapshot != NULL || options->held;
    struct gd_status status = gd_protect_by_point(options, held, arena, out_protection, &why);
    if (status.code == GD_OK)
        return GD_DONE;
    if (!options->point_only && status.code != GD_INJECTED && !gd_interrupted()) {
        gd_tell_note(options->events, "no point in time, a snapshot is taken: %s", why.text);
        return by_snapshot_instead(options, shared_snapshot, gd_arena_strdup(arena, why.text),
                                   arena, out_protection, err);
    }
    *err = why;
    if (status.code == GD_CORRUPT) { /* of WAL, and the database was not touched */
        err->code = GD_UNPROTECTED;
        return (struct gd_status){GD_UNPROTECTED};
    }
    return unprotected(status, err);
}

struct gd_status gd_protect_prove(const struct gd_protect_options *options, struct gd_arena *arena,
                                  struct gd_protection *protection, struct gd_error *err)
{
    if (protection->cover != NULL)
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED,
                               "the backup is a point in time that stands on base backup %s, which "
                               "was not restored on trial",
                               protection->cover->base),
                       "Run guardian verify %s --drill, then this again.", protection->cover->base);
    struct gd_status status = prove(options, arena, protection, err);
    return status.code == GD_OK ? status : unprotected(status, err);
}
