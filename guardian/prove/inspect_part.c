/*
 * A part of a table, read back: stored bytes, plain bytes, rows, content.
 *
 * Of several things that are wrong the deepest is told: bytes that are not those that were stored
 * explain rows that make no sense.
 */
#include <string.h>

#include "guardian/prove/archive.h"
#include "guardian/prove/inspect.h"

static struct gd_status read_rows(struct gd_inspector *inspector, struct gd_source *source,
                                  bool *out_source_failed, struct gd_error *err)
{
    for (;;) {
        void *room;
        size_t space, size;
        uint64_t rows = gd_copy_text_digest(inspector->text)->rows;
        GD_TRY(gd_copy_text_room(inspector->text, &room, &space, err));
        *out_source_failed = true;
        GD_TRY(gd_source_read(source, room, space, &size, err));
        *out_source_failed = false;
        if (size == 0)
            return gd_copy_text_end(inspector->text, err);
        GD_TRY(gd_copy_text_take(inspector->text, size, err));
        rows = gd_copy_text_digest(inspector->text)->rows - rows;
        *out_source_failed = true; /* an interrupt is not damage, either */
        GD_TRY(gd_inspector_went(inspector, size, rows, err));
        *out_source_failed = false;
    }
}

static struct gd_status compare(const struct gd_rows_digest *found,
                                const struct gd_rows_digest *recorded, struct gd_error *err)
{
    if (found->rows != recorded->rows)
        return gd_fail(err, GD_CORRUPT, "it has %llu rows where the manifest says %llu",
                       (unsigned long long)found->rows, (unsigned long long)recorded->rows);
    if (found->low != recorded->low || found->high != recorded->high)
        return gd_fail(err, GD_CORRUPT, "its rows are not those of the manifest's content digest");
    return GD_DONE;
}

/* The rows made no sense: are the bytes at least those that were stored? */
static struct gd_status explain(struct gd_source *source, struct gd_status status,
                                struct gd_error *err)
{
    struct gd_error deeper = {0};
    struct gd_status drained = gd_object_drain(source, &deeper);
    if (drained.code == GD_OK)
        return status;
    *err = deeper;
    return drained;
}

struct gd_status gd_inspect_part(struct gd_inspector *inspector, struct gd_error *err)
{
    const struct gd_inspection *run = inspector->run;
    const struct gd_object *object = inspector->object;
    gd_auto_source source = NULL;
    bool source_failed = false;
    gd_copy_text_begin(inspector->text, object->table->column_count,
                       strcmp(run->manifest->encoding, "SQL_ASCII") != 0);
    GD_TRY(gd_object_source_new(&run->place, object->stored, &source, err));
    struct gd_status status = read_rows(inspector, source, &source_failed, err);
    if (status.code != GD_OK)
        return source_failed ? status : explain(source, status, err);
    return compare(gd_copy_text_digest(inspector->text), &object->table->parts[object->part].digest,
                   err);
}
