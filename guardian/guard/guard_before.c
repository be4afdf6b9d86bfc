/*
 * Guard: the definitions of the schema before the change, for the way back and for what is said of
 * the change afterwards.
 *
 * They are read beside the backup, for which the change's own session has nothing to do, when it
 * holds no locks meanwhile: whether the schema is still the one that was judged is asked behind
 * both, in the transaction that changes it. Invariant  The lines are in the store before the record
 * that ends the protection is written, and so before anything is changed.
 */
#include <string.h>

#include "guardian/guard/guard_own.h"

static struct gd_status read_definitions(void *context, struct gd_error *err)
{
    struct gd_before *before = context;
    return gd_pg_fingerprint(before->pg, before->arena, before->out, err);
}

/* Of the own arena into that of the change. */
static void keep(struct gd_guard *guard, const struct gd_fingerprint *found)
{
    const char **lines = gd_arena_zalloc(guard->arena, found->lines.count + 1, sizeof *lines);
    for (size_t i = 0; i < found->lines.count; i++)
        lines[i] = gd_arena_strdup(guard->arena, found->lines.items[i]);
    guard->before = *found;
    guard->before.lines = (struct gd_texts){
        .items = lines, .count = found->lines.count, .capacity = found->lines.count + 1};
}

GD_MUST static struct gd_status tell(struct gd_guard *guard, struct gd_error *err)
{
    const char *lines = gd_fingerprint_text(&guard->before, guard->arena);
    guard->story->fingerprint_before = gd_arena_strdup(guard->arena, guard->before.sha256);
    return gd_journal_attach(guard->journal, "schema-before", lines, strlen(lines),
                             guard->options->key, guard->arena, &guard->story->schema_key, err);
}

struct gd_status gd_guard_before_now(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_before before = {.pg = guard->pg, .arena = guard->arena, .out = &guard->before};
    GD_TRY(gd_guard_patiently(guard, read_definitions, &before, err));
    return tell(guard, err);
}

static void *main_of_thread(void *context)
{
    struct gd_before *before = context;
    before->status = read_definitions(before, &before->err);
    return NULL;
}

void gd_guard_before_begin(struct gd_guard *guard, struct gd_before *before)
{
    *before = (struct gd_before){
        .pg = guard->pg, .arena = gd_arena_new(), .out = &before->found, .status = {GD_BUSY}};
    before->running = pthread_create(&before->thread, NULL, main_of_thread, before) == 0;
}

struct gd_status gd_guard_before_end(struct gd_guard *guard, struct gd_before *before,
                                     struct gd_error *err)
{
    if (before->running)
        pthread_join(before->thread, NULL);
    struct gd_status status = before->status;
    if (status.code == GD_OK)
        keep(guard, &before->found);
    gd_arena_free(before->arena);
    if (status.code == GD_OK)
        return tell(guard, err);
    if (status.code == GD_BUSY) /* somebody was in the way, or there is no thread */
        return gd_guard_before_now(guard, err);
    *err = before->err;
    return status;
}
