/*
 * Large objects: the calls of blobs.dump, streamed to the server as they are read.
 *
 * A batch is a round trip. The transactions are those of the dump: lowrite() writes through the
 * descriptor 0, which the lo_open() of the same transaction made.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/restore/steps.h"

enum { AT_ONCE = 200, CALL_LIMIT_MS = 3600000 };
static const size_t batch_bytes = 1 << 20;

struct lo_batch {
    struct gd_restoring *restoring;
    struct gd_pg *pg;
    struct gd_arena *arena; /* of the texts of this batch */
    struct gd_pg_call calls[AT_ONCE];
    size_t count;
};

GD_MUST static struct gd_status flush(struct lo_batch *batch, struct gd_error *err)
{
    size_t count = batch->count;
    batch->count = 0;
    if (count == 0)
        return GD_DONE;
    GD_TRY(gd_fault("restore: large objects", err));
    GD_TRY(gd_pg_batch(batch->pg, batch->calls, count, NULL, NULL, err));
    gd_arena_reset(batch->arena);
    return GD_DONE;
}

/* Not known before: the archive is read while it is restored. */
static bool is_left_out(const struct gd_restoring *restoring, const struct gd_dump_item *item)
{
    if (!restoring->options->skip_missing_roles)
        return false;
    for (size_t i = 0; item->roles[i] != NULL; i++)
        if (!gd_texts_has(&restoring->present, item->roles[i]))
            return true;
    return false;
}

static struct gd_status take(const struct gd_dump_item *item, void *context, struct gd_error *err)
{
    struct lo_batch *batch = context;
    bool of_objects = item->kind == GD_DUMP_LARGE_OBJECT || item->kind == GD_DUMP_GRANT ||
                      item->node == GD_KIND_CommentStmt || item->node == GD_KIND_SecLabelStmt;
    if (!of_objects)
        return gd_fail(err, GD_CORRUPT, "\"%.60s\" is no statement about large objects", item->sql);
    if (is_left_out(batch->restoring, item))
        return GD_DONE;
    if (batch->count == AT_ONCE || gd_arena_used(batch->arena) > batch_bytes)
        GD_TRY(flush(batch, err));
    batch->calls[batch->count++] =
        (struct gd_pg_call){.what = gd_arena_strdup(batch->arena, item->what),
                            .sql = gd_arena_strdup(batch->arena, item->sql),
                            .limit_ms = CALL_LIMIT_MS};
    return GD_DONE;
}

struct gd_status gd_restore_large_objects(struct gd_restoring *restoring, struct gd_team *team,
                                          struct gd_error *err)
{
    const struct gd_restore_options *options = restoring->options;
    if (options->manifest->blobs_dump.name == NULL)
        return GD_DONE;
    gd_tell_stage(options->events, "copying large objects", 0);
    gd_auto_arena arena = gd_arena_new();
    struct lo_batch batch = {.restoring = restoring, .pg = gd_team_first(team), .arena = arena};
    GD_TRY(gd_dump_stream(options, &options->manifest->blobs_dump, take, &batch, err));
    return flush(&batch, err);
}
