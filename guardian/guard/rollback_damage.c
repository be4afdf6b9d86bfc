/* Rollback, without its snapshot: what is damaged, and what else brings something back. */
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/guard/rollback_own.h"
#include "guardian/prove/shelf.h"

/* The newest that was whole, as far as anybody has looked, when the change had not begun. */
static const struct gd_shelved *older(const struct gd_rollback_options *options,
                                      const struct gd_story *story, struct gd_arena *arena)
{
    struct gd_shelved *items;
    struct gd_error ignored = {0};
    size_t count = 0;
    if (gd_shelf_read(options->store, options->cluster, arena, &items, &count, &ignored).code !=
        GD_OK)
        return NULL;
    for (size_t i = count; i-- > 0;) {
        const struct gd_listed *listed = &items[i].listed;
        if (listed->manifest != NULL && listed->problem == NULL &&
            listed->manifest->scope != GD_SNAPSHOT_SCHEMA &&
            strcmp(listed->id, story->snapshot) != 0 && listed->time_us < story->began_us)
            return &items[i];
    }
    return NULL;
}

/* A run may have made several; which of them is meant, the error says. */
static const char *ids_of(const struct gd_story *story, struct gd_arena *arena)
{
    const char *text = story->snapshot;
    for (size_t i = 0; i < story->snapshots.count; i++)
        text = gd_arena_printf(arena, "%s%s%s", i == 0 ? "" : text, i == 0 ? "" : ", or ",
                               story->snapshots.items[i]);
    return text;
}

struct gd_status gd_back_damaged(const struct gd_rollback_options *options,
                                 const struct gd_story *story, struct gd_status status,
                                 struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char when[GD_TIME_SIZE];
    if (status.code != GD_CORRUPT)
        return status;
    const struct gd_shelved *other = older(options, story, arena);
    err->code = GD_UNPROTECTED;
    status = gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                     "the snapshot of change %s is damaged: ", story->change);
    if (other == NULL)
        return gd_hint(
            err, status,
            "guardian verify %s names all of what is damaged; there is no older snapshot "
            "with rows. The database was not touched.",
            ids_of(story, arena));
    gd_clock_text(other->listed.time_us, when);
    return gd_hint(
        err, status,
        "guardian verify %s names all of what is damaged. Snapshot %s of %.16sZ%s is "
        "older: guardian restore %s --into NEW shows it beside, without what was written "
        "after it. The database was not touched.",
        ids_of(story, arena), other->listed.id, when,
        other->listed.manifest->scope == GD_SNAPSHOT_DATABASE ? "" : " (some tables)",
        other->listed.id);
}
