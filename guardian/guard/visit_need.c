/*
 * What a refused statement needed, kept for whoever tries again: by database, and by the texts of
 * the transaction that it stood in, for the first of those is where the backup can still be made.
 */
#include <string.h>

#include "guardian/guard/visit_own.h"

enum { NEEDS_MAX = 256 };
static const int64_t keep_us = (int64_t)15 * 60 * 1000000;

static void drop(struct gd_visit_need **place)
{
    struct gd_visit_need *need = *place;
    *place = need->next;
    gd_arena_free(need->arena);
}

/* Those whose time is over, and what is too many. */
static void clean(struct gd_visits *visits)
{
    int64_t now_us = gd_clock_monotonic_us();
    size_t count = 0;
    struct gd_visit_need **place = &visits->needs;
    while (*place != NULL) {
        if ((*place)->until_us < now_us || ++count > NEEDS_MAX)
            drop(place);
        else
            place = &(*place)->next;
    }
}

static const char *hash_of(const char *text, size_t size, struct gd_arena *arena)
{
    char *hash = gd_arena_alloc(arena, GD_DIGEST_HEX_SIZE);
    gd_digest_of(text, size, hash);
    return hash;
}

static struct gd_backup copy_backup(const struct gd_backup *backup, struct gd_arena *arena)
{
    struct gd_backup copy = *backup;
    copy.tables = (struct gd_texts){0};
    for (size_t i = 0; i < backup->tables.count; i++)
        gd_texts_add(&copy.tables, gd_arena_strdup(arena, backup->tables.items[i]), arena);
    return copy;
}

/* The refused text, and what its transaction has done before. */
static void note_texts(struct gd_visit_need *need, const struct gd_visit_change *change,
                       const struct gd_gate_request *request)
{
    const struct gd_story *story = change->run->story;
    gd_texts_add(&need->hashes, hash_of(request->text, request->size, need->arena), need->arena);
    for (size_t i = 0; i < story->step_count; i++)
        if (story->steps[i].state == GD_STEP_APPLYING)
            gd_texts_add(&need->hashes, gd_arena_strdup(need->arena, story->steps[i].hash),
                         need->arena);
}

void gd_visit_remember(struct gd_visits *visits, const struct gd_visit_change *change,
                       const struct gd_gate_request *request)
{
    struct gd_arena *arena = gd_arena_new();
    struct gd_visit_need *need = gd_arena_zalloc(arena, 1, sizeof *need);
    *need = (struct gd_visit_need){
        .arena = arena,
        .backup = copy_backup(gd_run_needs(change->run), arena),
        .database = gd_arena_strdup(arena, change->client.database),
        .until_us = gd_clock_monotonic_us() + keep_us,
    };
    note_texts(need, change, request);
    pthread_mutex_lock(&visits->lock);
    need->next = visits->needs;
    visits->needs = need;
    clean(visits);
    pthread_mutex_unlock(&visits->lock);
}

/* All that the text was ever refused for, as one. @return false: nothing */
static bool find(struct gd_visits *visits, const char *database, const char *hash,
                 struct gd_arena *arena, struct gd_backup *out_backup)
{
    bool found = false;
    for (const struct gd_visit_need *need = visits->needs; need != NULL; need = need->next) {
        if (strcmp(need->database, database) != 0 || !gd_texts_has(&need->hashes, hash))
            continue;
        struct gd_backup one = copy_backup(&need->backup, arena);
        for (size_t i = 0; found && i < out_backup->tables.count; i++)
            gd_texts_add(&one.tables, out_backup->tables.items[i], arena);
        if (found && out_backup->scope > one.scope)
            one.scope = out_backup->scope;
        if (found && out_backup->proof > one.proof)
            one.proof = out_backup->proof;
        *out_backup = one;
        found = true;
    }
    return found;
}

void gd_visit_recall(struct gd_visits *visits, const struct gd_visit_change *change,
                     const struct gd_gate_request *request)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_backup backup = {0};
    const char *hash = hash_of(request->text, request->size, arena);
    pthread_mutex_lock(&visits->lock);
    clean(visits);
    bool found = find(visits, change->client.database, hash, arena, &backup);
    pthread_mutex_unlock(&visits->lock);
    if (found)
        gd_run_foresee(change->run, &backup);
}

void gd_visit_forget_all(struct gd_visits *visits)
{
    while (visits->needs != NULL)
        drop(&visits->needs);
}
